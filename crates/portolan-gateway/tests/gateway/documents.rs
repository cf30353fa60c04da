//! What the documents show works as it is printed: the configuration is read, and every `curl` of
//! the front page is answered as it says.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Build, EU, Gate, POLICY, Told, US, config, engine};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use portolan::{Files, compile};
use portolan_gateway::config::{Config, Listener};
use portolan_gateway::{Load, Settings};

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap().to_owned()
}

/// The fenced blocks of a page that begin so.
fn blocks(page: &str, fence: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let fence = format!("```{fence}\n");
    let parts = text.split(&fence).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_configuration_that_is_shown_is_read() {
    let policy = POLICY
        .replace(
            "account: one of { free, counted } = free",
            "account: one of { free, paid } = free",
        )
        .replace("request.account == counted", "request.account == paid")
        .replace("table keys", "table tenants")
        .replace("key of keys", "key of tenants")
        .replace("attribute key:", "attribute tenant:")
        .replace("request.key.", "request.tenant.");
    let shown = blocks("docs/gateway.md", "yaml");
    let config = config(&shown[0], &engine(&policy)).unwrap();
    assert_eq!(config.listeners.len(), 3);
}

/// The service's hosts of each region, by the shipped example: none of another region, and none
/// that picks a region by itself.
#[tokio::test]
async fn the_shipped_example_passes_each_region_to_its_own_hosts() {
    let path = root().join("rules/assemblyai/examples/gateway.yaml");
    let yaml = fs::read_to_string(path).unwrap();
    let load: Load = Box::new(move || {
        let mut files = Directory(root().join("rules/assemblyai"));
        let engine = compile("policy.portolan", &mut files).engine.unwrap();
        let mut config = config(&yaml, &engine).map_err(|e| e.join("\n"))?;
        for listener in &mut config.listeners {
            listener.address.set_port(0);
        }
        config.admin = None;
        Ok((engine, config))
    });
    let gate = Gate::over(load, true, Settings::default()).await;
    let config = gate.gateway.config();
    let origins = |name: &str| {
        let group = config.passing.iter().find(|group| group.name == name);
        let hosts = group.unwrap().hosts.iter();
        hosts.map(|host| host.origin.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        origins("eu.assemblyai"),
        [
            "https://api.eu.assemblyai.com",
            "https://streaming.eu.assemblyai.com"
        ]
    );
    assert_eq!(
        origins("assemblyai"),
        [
            "https://api.assemblyai.com",
            "https://streaming.us.assemblyai.com"
        ]
    );
    for (listener, path, code) in [
        (EU, "/eu.assemblyai/v2/transcript/a", (200, "")),
        (EU, "/assemblyai/v2/transcript/a", (403, "lock-not-met")),
        (US, "/assemblyai/v2/transcript/a/vtt", (200, "")),
        (US, "/eu.assemblyai/v2/transcript/a", (403, "lock-not-met")),
        (US, "/assemblyai/v3/token", (404, "no-such-path")),
        (
            US,
            "/assemblyai/lemur/v3/generate/task",
            (404, "no-such-path"),
        ),
    ] {
        let told = gate.get(listener, path).await;
        assert_eq!(told.code(), code, "{path}: {}", told.text);
    }
}

struct Directory(PathBuf);

impl Files for Directory {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.0.join(path)).map_err(|error| error.to_string())
    }
}

/// The policy of the front page, as its command serves it.
async fn served() -> Gate {
    let load: Load = Box::new(|| {
        let mut files = Directory(root().join("rules/assemblyai"));
        let engine = compile("policy.portolan", &mut files).engine;
        let engine = engine.ok_or("the policy has errors")?;
        let any = "127.0.0.1:0".parse().unwrap();
        let listeners = ["us", "eu"].map(|endpoint| Listener::of_endpoint(endpoint, any));
        Ok((engine, Config::of_listeners(listeners.to_vec())))
    });
    Gate::over(load, true, Settings::default()).await
}

/// What a `curl` as the front page writes it is answered.
async fn curl(gate: &Gate, command: &str) -> Told {
    let words = command.replace("\\\n", " ");
    // Odd pieces stand in quotes, so that nothing else has to be known of a shell.
    let mut request = Request::post("/");
    let mut body = String::new();
    let pieces: Vec<&str> = words.split('\'').collect();
    for pair in pieces.chunks(2) {
        let (flags, value) = (pair[0], pair.get(1).copied().unwrap_or_default());
        let port = |port: &str| flags.contains(&format!("http://127.0.0.1:{port}/v1/chat/"));
        if port("8080") || port("8081") {
            let listener = if port("8080") { US } else { EU };
            request = request.uri(gate.uri(listener, "/v1/chat/completions"));
        }
        match flags.trim().rsplit(' ').next() {
            Some("-H") => {
                let (name, value) = value.split_once(": ").unwrap();
                request = request.header(name, value);
            }
            Some("-d") => value.clone_into(&mut body),
            _ => assert_eq!(value, ""),
        }
    }
    gate.told(request.body(Full::<Bytes>::from(body)).unwrap())
        .await
}

#[tokio::test]
async fn every_curl_of_the_front_page_is_answered_as_it_says() {
    let gate = served().await;
    let commands = blocks("README.md", "sh");
    let curls: Vec<&String> = commands.iter().filter(|c| c.starts_with("curl")).collect();
    assert_eq!(curls.len(), 3);
    let streamed = curl(&gate, curls[0]).await;
    assert_eq!(streamed.status, 200, "{}", streamed.text);
    assert!(
        streamed.text.ends_with("data: [DONE]\n\n"),
        "{}",
        streamed.text
    );
    let refused = curl(&gate, curls[1]).await;
    assert_eq!(refused.code(), (404, "model-not-in-region"));
    let shown = blocks("README.md", "json");
    let shown = shown
        .iter()
        .find(|block| block.contains("\"request_id\""))
        .unwrap();
    let shown: serde_json::Value = serde_json::from_str(shown).unwrap();
    let told = refused.json();
    for field in ["type", "param", "code"] {
        assert_eq!(shown["error"][field], told["error"][field]);
    }
    let begins = shown["error"]["message"]
        .as_str()
        .unwrap()
        .split('…')
        .next()
        .unwrap();
    assert!(
        told["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with(begins),
        "{told}"
    );
    let rehearsed = curl(&gate, curls[2]).await;
    assert_eq!(rehearsed.status, 200, "{}", rehearsed.text);
    let line = gate.logged(3).await;
    let tries = line["attempts"].as_array().unwrap().len();
    assert_eq!(tries, 2, "{line}");
}

#[tokio::test]
async fn the_mock_does_what_its_words_say() {
    // The words are what is looked at, not what follows from failing often.
    let build = Build::over_mock().with("breaker: {failures: 1000}");
    let gate = build.start().await;
    for (word, code) in [
        ("400", (400, "upstream-error")),
        ("401", (502, "upstream-key-refused")),
        ("connect,connect", (502, "upstream-unreachable")),
        ("reset", (502, "upstream-unreachable")),
        ("truncated", (502, "upstream-unreachable")),
        ("garbage", (502, "upstream-invalid")),
        ("redirect", (502, "upstream-redirected")),
        ("500,ok", (200, "")),
    ] {
        let script = [("x-portolan-mock", word)];
        let told = gate.chat(US, &crate::harness::ask("m-1"), &script).await;
        assert_eq!(told.code(), code, "{word}: {}", told.text);
    }
    // Asked through a stream a tool is called: by a model that streams in pieces, by another in one
    // chunk. What the tool said ends it.
    let tools = r#""stream":true,"tools":[{"type":"function","function":{"name":"look"}}]"#;
    for (model, pieces) in [("m-1", 3), ("m-3", 1)] {
        for (role, calls) in [("user", pieces), ("tool", 0)] {
            let body = format!(r#"{{"model":"{model}","messages":[{{"role":"{role}"}}],{tools}}}"#);
            let told = gate.chat(US, &body, &[]).await;
            let found = told.text.matches(r#""tool_calls":[{"#).count();
            assert_eq!(found, calls, "{model} {role}: {}", told.text);
            let reason = if calls > 0 { "tool_calls" } else { "stop" };
            let ended = format!(r#""finish_reason":"{reason}""#);
            assert!(told.text.contains(&ended), "{model} {role}: {}", told.text);
        }
    }
}
