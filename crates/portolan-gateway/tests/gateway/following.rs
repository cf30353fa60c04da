//! A reload when files change by themselves.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::harness::{ADMIN, CATALOG, EU, Gate, POLICY, US, ask, config};
use portolan::{MemoryFiles, compile};
use portolan_gateway::{Following, Load, Loaded, NotServed, Notes, Settings};

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("portolan-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const YAML: &str = "
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
  - {address: '127.0.0.1:0', endpoint: eu}
admin: 127.0.0.1:0
";

/// A gateway over the files of a directory, and who looks at them.
async fn followed(directory: &Directory) -> (Gate, Following) {
    let loaded = Loaded::default();
    let (told, root) = (loaded.clone(), directory.0.clone());
    let load: Load = Box::new(move || {
        let mut notes = Notes::default();
        let mut text = |name: &str| {
            notes.look(&root.join(name));
            fs::read_to_string(root.join(name)).map_err(|error| error.to_string())
        };
        let (policy, yaml) = (text("policy.portolan"), text("gateway.yaml"));
        told.tell(notes);
        let policy = policy?;
        let mut files =
            MemoryFiles::from([("policy.portolan", &*policy), ("catalog.yaml", CATALOG)]);
        let engine = compile("policy.portolan", &mut files).engine;
        let engine = engine.ok_or("the policy has errors")?;
        let config = config(&yaml?, &engine).map_err(|wrong| wrong.join("\n"))?;
        Ok((engine, config))
    });
    let gate = Gate::over(load, true, Settings::default()).await;
    let following = Following::new(Arc::clone(&gate.gateway), loaded);
    (gate, following)
}

#[tokio::test]
async fn a_file_that_has_changed_is_served_once_it_has_looked_the_same_twice() {
    let directory = Directory::new("followed");
    directory.write("policy.portolan", POLICY);
    directory.write("gateway.yaml", YAML);
    let (gate, mut following) = followed(&directory).await;
    let before = gate.get(ADMIN, "/readyz").await.text;
    assert_eq!(following.look().await, None);

    // Written in pieces: neither piece is loaded before it has stood for a while.
    let changed = POLICY.replace("is not offered", "is not sold");
    directory.write("policy.portolan", changed.get(..100).unwrap());
    assert_eq!(following.look().await, None);
    directory.write("policy.portolan", &changed);
    assert_eq!(following.look().await, None);
    assert_eq!(gate.get(ADMIN, "/readyz").await.text, before);
    assert_eq!(following.look().await, Some(Ok(())));
    assert_ne!(gate.get(ADMIN, "/readyz").await.text, before);
    let told = gate.chat(EU, &ask("m-2"), &[]).await;
    assert!(told.text.contains("is not sold"), "{}", told.text);
    assert_eq!(following.look().await, None);

    // Of the configuration too.
    directory.write(
        "gateway.yaml",
        &format!("{YAML}attributes: {{account: counted}}\n"),
    );
    following.look().await;
    assert_eq!(following.look().await, Some(Ok(())));
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.header("x-ratelimit-limit"), "2");
}

#[tokio::test]
async fn what_is_wrong_is_told_once_and_the_old_policy_stays() {
    let directory = Directory::new("refused");
    directory.write("policy.portolan", POLICY);
    directory.write("gateway.yaml", YAML);
    let (gate, mut following) = followed(&directory).await;
    let before = gate.get(ADMIN, "/readyz").await.text;

    directory.write("policy.portolan", "edition 1\npolicy broken");
    following.look().await;
    let wrong = NotServed::Unsound("the policy has errors".to_owned());
    assert_eq!(following.look().await, Some(Err(wrong)));
    for _ in 0..3 {
        assert_eq!(following.look().await, None);
    }
    // Sound, and not proved.
    let leaks = POLICY.replace("lock processing, storage, ingress within EU27\n  as   eu-stays-in-eu\n  when request.endpoint == eu\n", "")
        .replace("  when  route.region != request.endpoint.region\n", "  when  route.region != request.endpoint.region and request.endpoint == us\n");
    directory.write("policy.portolan", &leaks);
    following.look().await;
    let told = following.look().await;
    assert!(
        matches!(told, Some(Err(NotServed::NotProved(_)))),
        "{told:?}"
    );
    // Gone, and back.
    fs::remove_file(directory.0.join("policy.portolan")).unwrap();
    following.look().await;
    let told = following.look().await;
    assert!(matches!(told, Some(Err(NotServed::Unsound(_)))), "{told:?}");
    assert_eq!(gate.get(ADMIN, "/readyz").await.text, before);
    directory.write("policy.portolan", POLICY);
    following.look().await;
    assert_eq!(following.look().await, Some(Ok(())));
    assert_eq!(gate.get(ADMIN, "/readyz").await.text, before);
}
