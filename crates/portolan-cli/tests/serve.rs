//! `portolan serve` as a process: it says what it proved, where it listens and that it is ready,
//! answers, and does not start where something is wrong.

#![cfg(feature = "serve")]
#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is how a broken promise is reported"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap().to_owned()
}

fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command
        .arg("serve")
        .args(arguments)
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_proves_says_that_it_is_ready_and_answers() {
    let listen = ["--listen", "us=127.0.0.1:0", "--listen", "eu=127.0.0.1:0"];
    let mut arguments = vec!["rules/assemblyai", "--upstream", "mock"];
    arguments.extend(listen);
    let mut running = Running(serve(&arguments).spawn().unwrap());
    let out = BufReader::new(running.0.stdout.take().unwrap());
    let mut said = Vec::new();
    for line in out.lines() {
        said.push(line.unwrap());
        if said.last().is_some_and(|line| line.starts_with("ready: ")) {
            break;
        }
    }
    assert!(
        said.contains(&"proved: `eu-stays-in-eu`".to_owned()),
        "{said:?}"
    );
    let eu = said
        .iter()
        .find_map(|line| line.strip_prefix("listening: `eu` at http://"));
    let mut stream = TcpStream::connect(eu.unwrap()).unwrap();
    let head = "GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""available_regions":["eu"]"#), "{answer}");
}

const CATALOG: &str = "
catalog: 1
regions:
  eu: {processing: EU27, storage: EU27}
endpoints:
  eu: {host: eu.example.com, path: /v1/chat, ingress: EU27, region: eu, default: true}
makers: {acme: {title: Acme}}
providers: {acme: {title: Acme Cloud, retention: zero}}
models:
  m-1:
    maker: acme
    offerings: [{region: eu, provider: acme}]
";

const POLICY: &str = r#"
edition 1
policy small
use catalog "catalog.yaml"
refuse 400 bad-body
  when  request.fault != none
  say   "the body is wrong"
"#;

#[test]
fn a_file_that_changes_is_loaded_without_being_asked_for() {
    let name = format!("portolan-serve-{}", std::process::id());
    let place = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&place).unwrap();
    let write = |name: &str, text: &str| std::fs::write(place.join(name), text).unwrap();
    write("catalog.yaml", CATALOG);
    write("policy.portolan", POLICY);
    let yaml = "gateway: 1\nlisteners: [{address: 127.0.0.1:0, endpoint: eu}]\nwatch_s: 1\n";
    write("gateway.yaml", yaml);
    let arguments = [place.to_str().unwrap(), "--upstream", "mock"];
    let mut running = Running(serve(&arguments).spawn().unwrap());
    let out = BufReader::new(running.0.stdout.take().unwrap());
    let mut lines = out.lines().map(Result::unwrap);
    lines.find(|line| line.starts_with("ready: ")).unwrap();
    let (told, hears) = mpsc::channel();
    let err = BufReader::new(running.0.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in err.lines().map_while(Result::ok) {
            let _ = told.send(line);
        }
    });
    let next = || hears.recv_timeout(Duration::from_mins(1)).unwrap();
    write("policy.portolan", "edition 1\npolicy broken");
    let said = next();
    assert!(
        said.starts_with("not reloaded, the old policy stays: the policy is wrong"),
        "{said}"
    );
    write("policy.portolan", &POLICY.replace("is wrong", "is odd"));
    let mut said = next();
    while !said.starts_with("reloaded: snapshot ") {
        assert!(!said.starts_with("not reloaded"), "{said}");
        said = next();
    }
    drop(running);
    std::fs::remove_dir_all(&place).unwrap();
}

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = serve(arguments).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn it_does_not_start_without_a_key_for_its_upstreams() {
    let (status, said) = refused(&["rules/assemblyai"]);
    assert_eq!(status, Some(1));
    assert!(
        said.starts_with("error: there is no key for endpoint `us`: name it in `gateway.yaml`"),
        "{said}"
    );
}

#[test]
fn it_does_not_start_where_a_claim_is_refuted() {
    let (status, said) = refused(&[
        "rules/examples/leaky/uksouth",
        "--upstream",
        "mock",
        "--set",
        "customer=eu",
    ]);
    assert_eq!(status, Some(1));
    assert!(
        said.starts_with("error: refuted: `customers-of-the-union-stay-in-it`, by the request {"),
        "{said}"
    );
}

#[test]
fn an_endpoint_that_the_catalog_does_not_have_is_named() {
    let (status, said) = refused(&[
        "rules/assemblyai",
        "--upstream",
        "mock",
        "--listen",
        "uk=127.0.0.1:0",
    ]);
    assert_eq!(
        (status, &*said),
        (Some(1), "error: the catalog has no endpoint `uk`\n")
    );
}
