//! Whatever is sent to the EU, nothing reaches another upstream, and what reaches the EU's reads to
//! the most careless reader as what was judged.

use crate::harness::{Build, CHAT, Gate};
use crate::upstream::{Upstream, answer};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;

/// Requests of one run. The seed is fixed: what is tried is the same every time.
const REQUESTS: usize = 400;

/// Dice that always fall alike.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const MODELS: [&str; 8] = ["m-1", "m-3", "m-1", "m-3", "m-2", "M-1", "m-9", ""];
const MODEL_KEYS: [&str; 7] = [
    "model",
    "model",
    "model",
    "m\\u006fdel",
    "Model",
    "MODEL",
    "model ",
];
const FALLBACKS: [&str; 5] = [
    "fallbacks",
    "Fallbacks",
    "fallback\u{17f}",
    "fallbac\u{212a}s",
    "FALLBACKS",
];
const HOSTS: [&str; 7] = [
    "eu.example.com",
    "EU.example.com:8443",
    "eu.example.com.",
    "eu.EXAMPLE.com",
    "us.example.com.eu.example.com",
    "eu.example.com@us.example.com",
    "",
];

/// A body of keys that some readers take for each other.
fn body(dice: &mut Dice) -> String {
    let mut members = vec![r#""messages":[{"role":"user","content":"us"}]"#.to_owned()];
    for _ in 0..=usize::from(dice.roll(3) == 0) {
        let (key, model) = (dice.one(&MODEL_KEYS), dice.one(&MODELS));
        members.push(format!(r#""{key}":"{model}""#));
    }
    for _ in 0..dice.roll(2) {
        let key = dice.one(&FALLBACKS);
        let (first, second) = (dice.one(&MODELS), dice.one(&MODELS));
        members.push(format!(
            r#""{key}":[{{"model":"{first}"}},{{"model":"{second}","Model":"m-2"}}]"#
        ));
    }
    if dice.roll(3) == 0 {
        members.push(r#""model_region":"us""#.to_owned());
    }
    let at = dice.roll(members.len());
    members.rotate_left(at);
    format!("{{{}}}", members.join(","))
}

/// The values of a field and of every key that some reader takes for it.
fn careless<'a>(body: &'a serde_json::Value, field: &str) -> Vec<&'a serde_json::Value> {
    let members = body.as_object().unwrap().iter();
    let folds = |key: &str| {
        let key = key.replace('\u{17f}', "s").replace('\u{212a}', "k");
        key.eq_ignore_ascii_case(field)
    };
    let alike = members.filter(|(key, _)| folds(key));
    alike.map(|(_, value)| value).collect()
}

async fn shared(us: &Upstream, eu: &Upstream) -> Gate {
    let mut build = Build::over(us, eu);
    let listeners = "  - {address: '127.0.0.1:0', endpoint: us}
  - {address: '127.0.0.1:0', endpoint: eu}";
    let hosts = "  - {address: '127.0.0.1:0', hosts: {us.example.com: us, eu.example.com: eu}}";
    build.yaml = build.yaml.replace(listeners, hosts);
    build.start().await
}

#[tokio::test]
async fn what_is_sent_to_the_eu_reaches_no_other_upstream() {
    let us = Upstream::new(vec![answer("us")]).await;
    let eu = Upstream::new(vec![answer("eu")]).await;
    let gate = shared(&us, &eu).await;
    let mut dice = Dice(0x5eed_cafe);
    for _ in 0..REQUESTS {
        let (host, body) = (dice.one(&HOSTS), body(&mut dice));
        let mut request = Request::post(gate.uri(0, CHAT))
            .header("authorization", "k")
            .header("x-portolan-endpoint", "us")
            .header("x-forwarded-host", "us.example.com");
        if !host.is_empty() {
            request = request.header("host", host);
        }
        let told = gate
            .told(request.body(Full::<Bytes>::from(body)).unwrap())
            .await;
        assert!(told.status < 500, "{}", told.text);
    }
    assert_eq!(us.seen(), [""; 0]);
    let seen = eu.seen();
    assert!(seen.len() > 20, "{}", seen.len());
    let log = gate.log();
    assert_eq!(log.len(), REQUESTS);
    let served = log
        .iter()
        .filter_map(|line| line["attempts"].as_array().cloned());
    let served: Vec<_> = served.flatten().collect();
    assert_eq!(served.len(), seen.len());
    for (call, tried) in seen.iter().zip(served) {
        let (_, body) = call.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(careless(&body, "model"), [&tried["model"]], "{call}");
        assert!(call.matches(r#""model":"#).count() <= 1, "{call}");
        assert!(careless(&body, "fallbacks").is_empty(), "{call}");
        assert_eq!(tried["region"], "eu");
    }
}
