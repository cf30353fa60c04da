//! Limits that replicas share through Redis: here through one that speaks its protocol in this
//! process and does what the script says; `tests/redis/run` makes the same calls with a real one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{ADMIN, Build, Gate, US, ask};
use crate::upstream::{Upstream, answer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A Redis to which a script is known only once it was run.
#[derive(Clone, Default)]
struct Double {
    windows: Arc<Mutex<BTreeMap<String, (i64, Instant)>>>,
    /// Whether it has run.
    loaded: Arc<Mutex<bool>>,
    commands: Arc<Mutex<Vec<String>>>,
}

impl Double {
    async fn start(&self) -> (SocketAddr, JoinHandle<()>) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let double = self.clone();
        let serving = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                open.spawn(double.clone().serve(stream));
            }
        });
        (address, serving)
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(words) = command(&mut stream).await {
            let said = self.answer(&words);
            stream.get_mut().write_all(said.as_bytes()).await.unwrap();
        }
    }

    fn answer(&self, words: &[String]) -> String {
        let name = words[0].to_ascii_uppercase();
        self.commands.lock().unwrap().push(name.clone());
        match &*name {
            "EVALSHA" if !*self.loaded.lock().unwrap() => "-NOSCRIPT no script\r\n".to_owned(),
            "EVALSHA" | "EVAL" => {
                *self.loaded.lock().unwrap() = true;
                assert_eq!(words[2], "1");
                assert!(
                    words[3].contains('{') && words[3].ends_with('}'),
                    "{}",
                    words[3]
                );
                let [most, length] = [&words[4], &words[5]].map(|n| n.parse::<i64>().unwrap());
                let mut windows = self.windows.lock().unwrap();
                let now = Instant::now();
                let fresh = now + Duration::from_millis(length.unsigned_abs());
                let window = windows.entry(words[3].clone()).or_insert((0, fresh));
                if window.1 <= now {
                    *window = (0, fresh);
                }
                let free = i64::from(window.0 < most);
                window.0 += free;
                let left = (window.1 - now).as_millis();
                format!("*3\r\n:{free}\r\n:{}\r\n:{left}\r\n", window.0)
            }
            _ => "+OK\r\n".to_owned(),
        }
    }
}

/// One command: an array of texts.
async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let count: usize = line.trim().strip_prefix('*')?.parse().ok()?;
    let mut words = Vec::new();
    for _ in 0..count {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let length: usize = line.trim().strip_prefix('$')?.parse().ok()?;
        let mut text = vec![0; length + 2];
        stream.read_exact(&mut text).await.ok()?;
        text.truncate(length);
        words.push(String::from_utf8(text).unwrap());
    }
    Some(words)
}

/// A replica.
async fn replica(us: &Upstream, redis: &str) -> Gate {
    let build = Build::over(us, us)
        .with("attributes: {account: counted}")
        .with(&format!(
            "shared_limits: {{redis: 'file:{redis}', replicas: 2}}"
        ));
    build.start().await
}

/// The address of a Redis as a secret.
fn secret(name: &str, url: &str) -> String {
    let path = std::env::temp_dir().join(format!("portolan-{name}-{}", std::process::id()));
    std::fs::write(&path, url).unwrap();
    path.to_string_lossy().into_owned()
}

#[tokio::test]
async fn replicas_share_the_windows_of_their_limits() {
    let us = Upstream::new(vec![answer("well")]).await;
    let double = Double::default();
    let (address, _) = double.start().await;
    let real = std::env::var("PORTOLAN_REDIS").ok();
    let url = real.clone().unwrap_or_else(|| format!("redis://{address}"));
    let redis = secret("shared", &url);
    let gates = [replica(&us, &redis).await, replica(&us, &redis).await];
    let body = ask("m-1");
    let first = gates[0].chat(US, &body, &[]).await;
    assert_eq!(
        (first.status, first.header("x-ratelimit-remaining")),
        (200, "1")
    );
    let second = gates[1].chat(US, &body, &[]).await;
    assert_eq!(
        (second.status, second.header("x-ratelimit-remaining")),
        (200, "0")
    );
    // The first replica learns here that the window is full, and the policy says what follows.
    for gate in [&gates[0], &gates[0], &gates[1]] {
        let told = gate.chat(US, &body, &[]).await;
        assert_eq!(told.code(), (429, "rate-limited"), "{}", told.text);
        assert!(told.header("retry-after").parse::<u32>().unwrap() <= 60);
    }
    assert_eq!(us.seen().len(), 2);
    // Another model has a window of its own.
    assert_eq!(gates[1].chat(US, &ask("m-2"), &[]).await.status, 200);
    if real.is_none() {
        let commands = double.commands.lock().unwrap().clone();
        let loads = commands.iter().filter(|name| *name == "EVAL").count();
        assert_eq!(loads, 1, "{commands:?}");
    }
    std::fs::remove_file(redis).unwrap();
}

#[tokio::test]
async fn without_redis_each_replica_has_its_part_of_a_limit() {
    let us = Upstream::new(vec![answer("well")]).await;
    let double = Double::default();
    let (address, serving) = double.start().await;
    let redis = secret("lost", &format!("redis://{address}"));
    let gate = replica(&us, &redis).await;
    let body = ask("m-1");
    assert_eq!(gate.chat(US, &ask("m-3"), &[]).await.status, 200);
    serving.abort();
    // Half of a limit of 2.
    let told = gate.chat(US, &body, &[]).await;
    assert_eq!(
        (told.status, told.header("x-ratelimit-limit")),
        (200, "1"),
        "{}",
        told.text
    );
    let told = gate.chat(US, &body, &[]).await;
    assert_eq!(told.code(), (429, "rate-limited"), "{}", told.text);
    let events = |gate: &Gate| -> Vec<String> {
        let log = gate.log();
        let events = log.iter().filter_map(|line| line["event"].as_str());
        events.map(str::to_owned).collect()
    };
    assert_eq!(events(&gate), ["shared-limits-lost"]);
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    assert!(
        metrics.contains("portolan_shared_limits_lost_total 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("portolan_shared_limits_reached 0"),
        "{metrics}"
    );
    // It is asked again a second later, and the window is over a minute later.
    gate.clock.pass(61);
    assert_eq!(gate.chat(US, &body, &[]).await.status, 200);
    std::fs::remove_file(redis).unwrap();
}

#[tokio::test]
async fn an_address_that_is_none_is_not_served() {
    let redis = secret("wrong", "127.0.0.1 or so");
    let us = Upstream::new(vec![answer("well")]).await;
    let build = Build::over(&us, &us).with(&format!("shared_limits: {{redis: 'file:{redis}'}}"));
    let why = crate::harness::not_served(&build.policy, &build.yaml, false).to_string();
    assert!(
        why.ends_with("is no address of a Redis, such as `redis://127.0.0.1:6379`"),
        "{why}"
    );
    std::fs::remove_file(redis).unwrap();
}
