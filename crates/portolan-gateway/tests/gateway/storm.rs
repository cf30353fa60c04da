//! Many callers at once, upstreams that do everything an upstream can do wrong, and reloads in the
//! middle: no call is lost, none gets two answers or another's, none goes to the wrong region, and
//! the log says of each what became of it.
//!
//! `PORTOLAN_STORM=100` makes it so many times as long.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use crate::chaos::Chaos;
use crate::harness::{ADMIN, Build, EU, Gate, POLICY, Told, US};
use crate::residency::Dice;

/// Callers at once, and calls of each.
const CALLERS: usize = 40;
const CALLS: usize = 15;

/// What an upstream does to a try, and the classes that it may then be of. Whatever it does, a
/// connection may be refused meanwhile, and on a busy machine time may run out.
const WORDS: [(&str, &str); 12] = [
    ("ok", "answered"),
    ("slow", "answered"),
    ("twice", "answered"),
    ("close", "reset"),
    ("rst", "reset"),
    ("half", "reset"),
    ("garbage", "reset"),
    ("cut", "truncated"),
    ("html", "garbage"),
    ("redirect", "307"),
    ("429", "429"),
    ("503", "503"),
];

/// One call.
struct Call {
    number: usize,
    listener: usize,
    script: Vec<&'static str>,
    fallback: bool,
    streams: bool,
    /// The caller goes away without waiting for the answer.
    leaves: bool,
}

impl Call {
    fn new(number: usize) -> Self {
        let mut dice = Dice(0x5eed_0000 + 77 * u64::try_from(number).unwrap());
        for _ in 0..8 {
            dice.roll(2);
        }
        let leaves = dice.roll(15) == 0;
        let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        let mut script = vec![dice.one(&words), dice.one(&words), dice.one(&words)];
        match (leaves, dice.roll(60)) {
            (true, _) => script[0] = "hang",
            (false, 0) => script[0] = "400",
            _ => {}
        }
        Self {
            number,
            listener: if dice.roll(2) == 0 { EU } else { US },
            script,
            fallback: dice.roll(2) == 0,
            streams: dice.roll(3) == 0,
            leaves,
        }
    }

    fn request(&self, gate: &Gate) -> http::Request<http_body_util::Full<bytes::Bytes>> {
        let fallbacks = if self.fallback {
            r#","fallbacks":[{"model":"m-3"}]"#
        } else {
            ""
        };
        let streams = self.streams;
        let body = format!(
            r#"{{"model":"m-1","messages":[{{"role":"user","content":"the prompt canary"}}],"stream":{streams}{fallbacks}}}"#
        );
        let agent = format!("storm/{} {}", self.number, self.script.join(","));
        let headers = [("user-agent", &*agent)];
        gate.posted(self.listener, crate::harness::CHAT, &body, &headers)
    }

    /// The answer is this call's, whole or said to be broken, and said once.
    fn check(&self, told: &Told) {
        let own = format!("\"content\":\"{}\"", self.number);
        if told.status == 200 {
            assert_eq!(told.text.matches(&own).count(), 1, "{}", told.text);
            let ends = told.text.matches("data: [DONE]").count()
                + told.text.matches("data: {\"error\"").count();
            assert_eq!(ends, usize::from(self.streams), "{}", told.text);
        } else {
            let error = told.json()["error"].clone();
            assert!(error["message"].is_string(), "{}", told.text);
            assert!(!told.text.contains("canary"), "{}", told.text);
        }
    }

    /// The log tells a story that the script and the plan allow, and that ends as the answer did.
    fn explained(&self, line: &Value, status: Option<u16>) {
        let none = Vec::new();
        let tries = line["attempts"].as_array().unwrap_or(&none);
        if self.leaves {
            assert_eq!(line["outcome"], "cancelled", "{line}");
            return;
        }
        assert_eq!(line["status"], status.unwrap(), "{line}");
        // A try that never reached the upstream leaves its word to the next.
        let mut words = self.script.iter();
        for tried in tries {
            assert_eq!(
                tried["region"],
                if self.listener == EU { "eu" } else { "us" }
            );
            let outcome = tried["outcome"].as_str().unwrap();
            if matches!(outcome, "connect" | "timeout") {
                continue;
            }
            let fits = |word: &&&str| {
                let class = WORDS.iter().find(|(name, _)| name == *word);
                let class = class.map_or("400", |(_, class)| class);
                // What is cut or odd within a stream comes after its answer began.
                class == outcome || (**word == "cut" && outcome == "answered" && self.streams)
            };
            // A reset may have come before the upstream read what to do.
            let known = outcome == "reset" || words.any(|word| fits(&word));
            assert!(known, "{outcome} of {:?}: {line}", self.script);
        }
        assert!(tries.len() <= 3, "{line}");
        let last = tries.last().unwrap();
        let told = match last["outcome"].as_str().unwrap() {
            "answered" => 200,
            "timeout" => 504,
            "400" => 400,
            "429" => 429,
            "503" => 503,
            _ => 502,
        };
        assert_eq!(line["status"], told, "{line}");
    }
}

/// What became of all of them.
async fn storm(gate: &Gate, upstreams: [&Chaos; 2], calls: &[Call]) -> BTreeMap<usize, Told> {
    let done = AtomicBool::new(false);
    let each = calls.len().div_ceil(CALLERS);
    let callers = calls.chunks(each).map(|own| async move {
        let mut told = Vec::new();
        for call in own {
            let request = call.request(gate);
            if call.leaves {
                let upstream = upstreams[call.listener];
                let arrived = async {
                    while !upstream.seen().contains_key(&call.number) {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                };
                // Whichever comes first: the call may have met a closed door.
                tokio::select! {
                    () = arrived => {}
                    _ = gate.told(request) => {}
                }
            } else {
                let answer = gate.told(request).await;
                call.check(&answer);
                told.push((call.number, answer));
            }
        }
        told
    });
    let disturb = async {
        let mut turn = 0;
        while !done.load(Ordering::SeqCst) || turn < 8 {
            turn += 1;
            let policy = match turn % 3 {
                0 => "edition 1\npolicy broken".to_owned(),
                _ => quick(&POLICY.replace("no model", &format!("no model {turn}"))),
            };
            gate.write_policy(&policy);
            let request = http::Request::post(gate.uri(ADMIN, "/reload"));
            let told = gate.told(request.body(http_body_util::Full::default()).unwrap());
            let status = told.await.status;
            assert_eq!(status, if turn % 3 == 0 { 422 } else { 200 });
            upstreams[turn % 2].set_down(turn % 4 == 0);
            tokio::time::sleep(Duration::from_millis(20)).await;
            upstreams[turn % 2].set_down(false);
        }
    };
    let all = async {
        let told = join_all(callers).await;
        done.store(true, Ordering::SeqCst);
        told
    };
    let (told, ()) = tokio::join!(all, disturb);
    told.into_iter().flatten().collect()
}

/// The policy with waits that a test has the time for.
fn quick(policy: &str) -> String {
    policy.replace("after 20ms", "after 2ms")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_gets_its_one_answer_and_its_one_line_whatever_upstreams_do() {
    let more = std::env::var("PORTOLAN_STORM").ok();
    let times: usize = more.and_then(|times| times.parse().ok()).unwrap_or(1);
    let (us, eu) = (Chaos::new().await, Chaos::new().await);
    us.redirect_to(eu.address);
    eu.redirect_to(us.address);
    let build = Build::at([us.address, eu.address]).with("breaker: {failures: 1000000}");
    let policy = quick(&build.policy);
    let gate = Build { policy, ..build }.start().await;
    let calls: Vec<Call> = (0..CALLERS * CALLS * times).map(Call::new).collect();
    let told = storm(&gate, [&us, &eu], &calls).await;

    // Of each call one line, whether the caller waited for its answer or not.
    gate.logged(calls.len()).await;
    let log = gate.log();
    assert_eq!(log.len(), calls.len());
    let mut lines: BTreeMap<&str, &Value> = BTreeMap::new();
    for line in &log {
        let id = line["request_id"].as_str().unwrap();
        assert!(lines.insert(id, line).is_none(), "{id} twice");
    }
    let (mut classes, mut reached) = (BTreeMap::new(), [0, 0]);
    for call in calls.iter().filter(|call| !call.leaves) {
        let answer = told.get(&call.number).unwrap();
        let line = lines
            .remove(answer.header("x-portolan-request-id"))
            .unwrap();
        call.explained(line, Some(answer.status));
        for tried in line["attempts"].as_array().unwrap() {
            *classes.entry(tried["outcome"].to_string()).or_insert(0) += 1;
        }
    }
    // What is left over is of those who went away.
    assert_eq!(lines.len(), calls.iter().filter(|call| call.leaves).count());
    for line in lines.into_values() {
        assert!(
            line["outcome"] == "cancelled" || line["status"] != 200,
            "{line}"
        );
    }
    // What upstreams were sent is what calls of their own region were worth.
    for (index, upstream) in [&us, &eu].into_iter().enumerate() {
        for (number, times) in upstream.seen() {
            assert_eq!(
                calls[number].listener, index,
                "{number} in the wrong region"
            );
            assert!(times <= 3, "{number} came {times} times");
            reached[index] += times;
        }
    }
    assert!(reached.into_iter().all(|times| times > 100), "{reached:?}");
    for class in [
        "answered",
        "reset",
        "truncated",
        "garbage",
        "307",
        "429",
        "503",
    ] {
        assert!(
            classes.contains_key(&format!("\"{class}\"")),
            "{class}: {classes:?}"
        );
    }
    let text = serde_json::to_string(&log).unwrap()
        + &gate.get(ADMIN, "/metrics").await.text
        + &gate.get(ADMIN, "/usage").await.text;
    assert!(
        !text.contains("canary"),
        "a prompt or a key is where it should not be"
    );
}
