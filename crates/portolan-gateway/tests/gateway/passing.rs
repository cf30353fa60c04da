//! What passes through to the speech-to-text API: to its own region and no other, as it is listed
//! and not otherwise.

use std::net::SocketAddr;

use crate::harness::{ADMIN, Build, EU, Gate, POLICY, Told, US, config, engine, not_served};
use crate::operation::keys;
use crate::upstream::{Act, Upstream};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The allow-list over these hosts.
pub(crate) fn passing(us: SocketAddr, eu: SocketAddr) -> String {
    let lines = "uploads: [POST /v2/upload], json: [POST /v2/transcript, GET /v2/transcript, \
                 GET /v2/transcript/*, DELETE /v2/transcript/*], sockets: [GET /v3/ws]";
    let price = "[{value: 0.27, until: 2026-06-01}, {value: 0.15, from: 2026-06-01}]";
    format!(
        "
pass_through:
  assemblyai:
    endpoint: us
    usd_per_audio_hour: {price}
    hosts: [{{url: 'http://{us}', place: US, {lines}}}]
  eu.assemblyai:
    endpoint: eu
    hosts: [{{url: 'http://{eu}', place: DE, {lines}}}]
"
    )
}

fn over(us: &Upstream, eu: &Upstream) -> Build {
    Build::over(us, eu).with(&passing(us.address, eu.address))
}

fn made() -> Act {
    Act::Json(200, r#"{"id":"t-1","status":"queued"}"#.to_owned())
}

async fn posted(gate: &Gate, listener: usize, path: &str, body: &str) -> Told {
    gate.told(gate.posted(listener, path, body, &[])).await
}

async fn shown(gate: &Gate, listener: usize, path: &str, key: &str) -> Told {
    let request = Request::get(gate.uri(listener, path)).header("authorization", key);
    gate.told(request.body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn a_transcription_passes_with_the_key_of_its_region_and_no_other() {
    let done = r#"{"id":"t-1","status":"completed","audio_duration":8,"text":"hi"}"#;
    let url = Act::Json(200, r#"{"upload_url":"https://cdn/1"}"#.to_owned());
    let eu = Upstream::new(vec![url, made(), Act::Json(200, done.to_owned())]).await;
    let us = Upstream::new(vec![made()]).await;
    let gate = over(&us, &eu).start().await;
    let audio = gate.posted(
        EU,
        "/eu.assemblyai/v2/upload?token=query-key-canary&a=b",
        "pcm",
        &[
            ("content-type", "application/octet-stream"),
            ("cookie", "a=b"),
            ("x-forwarded-for", "1.2.3.4"),
        ],
    );
    let told = gate.told(audio).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.text, r#"{"upload_url":"https://cdn/1"}"#);
    assert_eq!(told.header("content-type"), "application/json");
    assert_eq!(told.header("x-portolan-region"), "eu");
    let body = r#"{"audio_url": "https://cdn/1",  "speech_model": "best"}"#;
    let told = posted(&gate, EU, "/eu.assemblyai/v2/transcript", body).await;
    assert_eq!(told.status, 200, "{}", told.text);
    for _ in 0..2 {
        let told = shown(&gate, EU, "/eu.assemblyai/v2/transcript/t-1", "k").await;
        assert_eq!(told.text, done);
    }
    let seen = eu.seen();
    let heads: Vec<&str> = seen.iter().map(|s| s.lines().next().unwrap()).collect();
    assert_eq!(
        heads,
        [
            "POST /v2/upload?a=b HTTP/1.1",
            "POST /v2/transcript HTTP/1.1",
            "GET /v2/transcript/t-1 HTTP/1.1",
            "GET /v2/transcript/t-1 HTTP/1.1",
        ]
    );
    assert!(seen[0].ends_with("\r\n\r\npcm"), "{}", seen[0]);
    assert!(seen[1].ends_with(body), "{}", seen[1]);
    for call in &seen {
        let call = call.to_ascii_lowercase();
        assert!(call.contains("authorization: bearer upstream-secret-canary"));
        for gone in ["client-key", "query-key", "cookie", "forwarded"] {
            assert!(!call.contains(gone), "{gone}: {call}");
        }
    }
    assert_eq!(us.seen(), [""; 0]);
    let line = gate.logged(4).await;
    assert_eq!(line["passed"]["place"], "DE");
    assert_eq!(line["passed"]["audio_s"], "8");
    assert_eq!(gate.log()[0]["passed"]["bytes"], 3);
}

#[tokio::test]
async fn no_path_leads_to_another_region() {
    let us = Upstream::new(vec![made()]).await;
    let eu = Upstream::new(vec![made()]).await;
    let gate = over(&us, &eu).start().await;
    for (listener, path, code) in [
        (EU, "/assemblyai/v2/transcript", (403, "lock-not-met")),
        // It would be received in the US.
        (US, "/eu.assemblyai/v2/transcript", (403, "lock-not-met")),
        (US, "/assemblyai/v2/transcript", (200, "")),
        (EU, "/eu.assemblyai/v2/transcript", (200, "")),
    ] {
        let told = posted(&gate, listener, path, "{}").await;
        assert_eq!(told.code(), code, "{path}: {}", told.text);
        if code.0 == 403 {
            assert!(told.text.contains("eu-stays-in-eu"), "{}", told.text);
            assert_eq!(told.header("x-should-retry"), "false");
        }
    }
    assert_eq!((us.seen().len(), eu.seen().len()), (1, 1));
}

#[tokio::test]
async fn a_key_passes_where_it_has_a_secret_and_its_row_allows() {
    let us = Upstream::new(vec![made()]).await;
    let eu = Upstream::new(vec![made()]).await;
    let gate = over(&us, &eu).with(&keys()).start().await;
    let (us_path, eu_path) = (
        "/assemblyai/v2/transcript/a",
        "/eu.assemblyai/v2/transcript/a",
    );
    for (listener, path, key, code) in [
        (US, us_path, "Bearer sk-everybody", (200, "")),
        (
            EU,
            eu_path,
            "Bearer sk-everybody",
            (403, "key-wrong-region"),
        ),
        (EU, eu_path, "sk-north", (200, "")),
        // It has a secret for the US, and its row demands processing in the EU.
        (US, us_path, "sk-north", (403, "lock-not-met")),
        (EU, us_path, "sk-north", (403, "lock-not-met")),
        (US, us_path, "sk-nobody", (401, "unknown-key")),
        (US, us_path, "", (401, "unknown-key")),
    ] {
        let told = shown(&gate, listener, path, key).await;
        assert_eq!(told.code(), code, "{key} {path}: {}", told.text);
    }
    assert_eq!((us.seen().len(), eu.seen().len()), (1, 1));
    let log = serde_json::to_string(&gate.log()).unwrap();
    assert!(!log.contains("sk-") && !log.contains("canary"), "{log}");
}

#[tokio::test]
async fn what_is_not_listed_is_no_path() {
    let us = Upstream::new(vec![made()]).await;
    let gate = over(&us, &us).start().await;
    for path in [
        "/assemblyai/lemur/v3/generate/task",
        "/assemblyai/v1/understanding",
        "/assemblyai/v2/transcript/a/../../upload",
        "/assemblyai/v2/transcript/a%2Fsentences",
        "/assemblyai/v2//transcript",
        "/assemblyai/v2/transcript/",
        "/assemblyai//v2/transcript",
        "/assemblyai",
        "/assemblyai/",
        "/ASSEMBLYAI/v2/transcript",
        "/eu.assemblyai.example/v2/transcript",
        "/v2/transcript",
    ] {
        let told = posted(&gate, US, path, "{}").await;
        assert_eq!(told.code(), (404, "no-such-path"), "{path}: {}", told.text);
    }
    let told = posted(&gate, US, "/assemblyai/v2/transcript/a", "{}").await;
    assert_eq!(told.code(), (405, "method-not-allowed"));
    assert_eq!(told.header("allow"), "GET, DELETE");
    assert_eq!(us.seen(), [""; 0]);
}

#[tokio::test]
async fn a_call_to_a_model_inside_a_body_is_judged() {
    let eu = Upstream::new(vec![made()]).await;
    let gate = over(&eu, &eu).start().await;
    let path = "/eu.assemblyai/v2/transcript";
    for (body, code) in [
        // Sold in the US only.
        (
            r#"{"llm_gateway":{"model":"m-2","messages":[]}}"#,
            (404, "model-not-in-region"),
        ),
        (
            r#"{"llm_gateway":{"model":"who"}}"#,
            (404, "model-not-found"),
        ),
        (
            r#"{"llm_gateway":"{\"model\":\"m-2\"}"}"#,
            (400, "bad-body"),
        ),
        (
            r#"{"llm_gateway":{"model":"m-1"},"LLM_gateway":{"model":"m-2"}}"#,
            (400, "ambiguous-field"),
        ),
        (
            r#"{"steps":[{"llm_gateway":{"model":"m-2"}}]}"#,
            (400, "ambiguous-field"),
        ),
        ("[1]", (400, "invalid-json")),
    ] {
        let told = posted(&gate, EU, path, body).await;
        assert_eq!(told.code(), code, "{body}: {}", told.text);
    }
    let query = format!("{path}?llm_gateway=%7B%22model%22%3A%22m-2%22%7D");
    let told = posted(&gate, EU, &query, "{}").await;
    assert_eq!(told.code(), (404, "model-not-in-region"), "{}", told.text);
    assert_eq!(eu.seen(), [""; 0]);
    // What may be made is made without what the policy does not know to be carried out.
    let body =
        r#"{"a": 1.0, "llm_gateway":{"model":"m-1","messages":[],"fallbacks":[{"model":"m-2"}]}}"#;
    let told = posted(&gate, EU, path, body).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let seen = eu.seen();
    let sent = r#"{"a": 1.0, "llm_gateway":{"model":"m-1","messages":[]}}"#;
    assert!(seen[0].ends_with(sent), "{}", seen[0]);
    assert_eq!(gate.log().last().unwrap()["model"], "m-1");
}

#[tokio::test]
async fn an_upload_goes_up_as_it_comes() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let us = Upstream::new(vec![made()]).await;
    let gate = Build::over(&us, &us)
        .with(&passing(socket.local_addr().unwrap(), us.address))
        .start()
        .await;
    let mut caller = TcpStream::connect(gate.addresses[US]).await.unwrap();
    let head = "POST /assemblyai/v2/upload HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\nfour";
    caller.write_all(head.as_bytes()).await.unwrap();
    let (mut upstream, _) = socket.accept().await.unwrap();
    let mut read = String::new();
    // Half of it has arrived while the other half is not sent yet.
    while !read.ends_with("four") {
        let mut piece = [0; 512];
        let count = upstream.read(&mut piece).await.unwrap();
        read.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
    assert!(read.contains("content-length: 8"), "{read}");
    caller.write_all(b"more").await.unwrap();
    let mut rest = [0; 4];
    upstream.read_exact(&mut rest).await.unwrap();
    assert_eq!(&rest, b"more");
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    upstream.write_all(answer.as_bytes()).await.unwrap();
    let mut told = [0; 15];
    caller.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn an_upload_that_is_too_long_or_breaks_off_is_refused_and_not_sent_again() {
    let us = Upstream::new(vec![made()]).await;
    let gate = over(&us, &us)
        .with("bounds: {upload_bytes: 10}")
        .start()
        .await;
    let told = posted(&gate, US, "/assemblyai/v2/upload", "eleven bytes").await;
    assert_eq!(told.code(), (413, "body-too-large"));
    let mut caller = TcpStream::connect(gate.addresses[US]).await.unwrap();
    let long = "POST /assemblyai/v2/upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\
                \r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n";
    caller.write_all(long.as_bytes()).await.unwrap();
    let mut told = [0; 12];
    caller.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 413");
    let mut caller = TcpStream::connect(gate.addresses[US]).await.unwrap();
    let half = "POST /assemblyai/v2/upload HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\nfour";
    caller.write_all(half.as_bytes()).await.unwrap();
    drop(caller);
    let line = gate.logged(3).await;
    assert_ne!(line["outcome"], "answered");
    let zipped = gate.posted(
        US,
        "/assemblyai/v2/upload",
        "x",
        &[("content-encoding", "gzip")],
    );
    assert_eq!(gate.told(zipped).await.code(), (415, "compressed-request"));
    // Whoever says no length is cut off on the way: the end of it never arrives.
    let seen = us.seen();
    assert!(seen.len() <= 1, "{seen:?}");
    assert!(
        seen.iter().all(|call| !call.ends_with("\r\n0\r\n\r\n")),
        "{seen:?}"
    );
}

#[tokio::test]
async fn what_goes_wrong_upstream_is_told_once_and_without_keys() {
    let said = r#"{"error":"the key upstream-secret-canary is odd"}"#.to_owned();
    let moved = "location: https://elsewhere.example.com/\r\n".to_owned();
    for (act, code, words) in [
        (
            Act::Full(302, moved, String::new()),
            (502, "upstream-redirected"),
            "",
        ),
        (
            Act::Json(401, said.clone()),
            (502, "upstream-key-refused"),
            "",
        ),
        (Act::Json(400, said), (400, ""), "the key … is odd"),
        (Act::Close, (502, "upstream-unreachable"), ""),
        (Act::Truncate, (502, "upstream-invalid"), ""),
    ] {
        let us = Upstream::new(vec![act.clone(), made()]).await;
        let gate = over(&us, &us).start().await;
        let told = posted(&gate, US, "/assemblyai/v2/transcript", "{}").await;
        assert_eq!(told.code(), code, "{act:?}: {}", told.text);
        assert!(told.text.contains(words), "{}", told.text);
        assert!(!told.text.contains("canary"), "{}", told.text);
        assert_eq!(us.seen().len(), 1, "{act:?}");
    }
}

#[tokio::test]
async fn audio_is_counted_once_at_the_price_of_its_day() {
    let done = |id: &str| {
        let body = format!(r#"{{"id":"{id}","status":"completed","audio_duration":8}}"#);
        Act::Json(200, body)
    };
    let waits = Act::Json(
        200,
        r#"{"id":"a","status":"processing","audio_duration":8}"#.to_owned(),
    );
    let us = Upstream::new(vec![waits, done("a"), done("a"), done("b")]).await;
    let gate = over(&us, &us).start().await;
    for day in [0, 0, 0, 100] {
        gate.clock.pass(day * 86_400);
        let told = shown(&gate, US, "/assemblyai/v2/transcript/x", "k").await;
        assert_eq!(told.status, 200);
    }
    gate.logged(4).await;
    let usage: Value = gate.get(ADMIN, "/usage").await.json();
    let audio = &usage["audio"][0];
    assert_eq!(audio["audio_seconds"], "16");
    // 8 s at 0.27 and 8 s at 0.15 dollars an hour.
    assert_eq!(audio["cost_usd"], "0.000933333333333333");
    assert_eq!(audio["recordings"], 2);
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    let line = r#"portolan_audio_milliseconds_total{endpoint="us",name="assemblyai"} 16000"#;
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn the_mock_takes_what_passes_through() {
    let nowhere: SocketAddr = "192.0.2.1:9".parse().unwrap();
    let gate = Build::over_mock()
        .with(&passing(nowhere, nowhere))
        .start()
        .await;
    let told = posted(&gate, US, "/assemblyai/v2/upload", "{}").await;
    assert!(told.json()["upload_url"].is_string(), "{}", told.text);
    assert_eq!(told.header("x-portolan-mock"), "1");
    let told = posted(
        &gate,
        US,
        "/assemblyai/v2/transcript",
        r#"{"audio_url":"u"}"#,
    )
    .await;
    assert_eq!(told.json()["status"], "queued");
    let id = told.json()["id"].as_str().unwrap().to_owned();
    let told = gate
        .get(US, &format!("/assemblyai/v2/transcript/{id}"))
        .await;
    assert_eq!(told.json()["audio_duration"], 8);
    let told = posted(&gate, EU, "/assemblyai/v2/transcript", "{}").await;
    assert_eq!(told.code(), (403, "lock-not-met"));
}

#[tokio::test]
async fn a_dry_run_says_where_it_would_pass() {
    let us = Upstream::new(vec![made()]).await;
    let mut build = over(&us, &us);
    build.dry_run = true;
    let gate = build.start().await;
    let told = posted(&gate, US, "/assemblyai/v2/transcript", "{}").await;
    assert_eq!(told.json()["outcome"], "pass");
    assert_eq!(us.seen(), [""; 0]);
}

#[tokio::test]
async fn what_passes_through_is_part_of_the_proof() {
    let us = Upstream::new(vec![made()]).await;
    let gate = over(&us, &us).start().await;
    let lines = gate.gateway.proof().lines.join("\n");
    for line in [
        "within where endpoint `eu` receives",
        "called through endpoint `us`: refused by `eu-stays-in-eu`",
        "called through endpoint `eu`: open",
        "so is what calls pass through to",
    ] {
        assert!(lines.contains(line), "{line}\n{lines}");
    }
    let yaml = over(&us, &us)
        .yaml
        .replace("place: DE, uploads", "place: US, uploads");
    let why = not_served(POLICY, &yaml, false).to_string();
    assert!(
        why.starts_with("`/eu.assemblyai` passes through endpoint `eu` to "),
        "{why}"
    );
    let yaml = over(&us, &us).with(&keys()).yaml;
    let gate = over(&us, &us).with(&keys()).start().await;
    let lines = gate.gateway.proof().lines.join("\n");
    assert!(lines.contains("open to 1 of 2 keys"), "{lines}");
    assert!(config(&yaml, &engine(POLICY)).is_ok());
}

#[test]
fn what_is_wrong_with_an_allow_list_is_said_at_its_place() {
    let yaml = "gateway: 1
listeners: [{address: '127.0.0.1:1', endpoint: us}]
pass_through:
  v1: {endpoint: us, hosts: []}
  a: {endpoint: mars, hosts: []}
  b:
    endpoint: us
    usd_per_audio_hour: [{value: 1}, {value: 2}]
    hosts:
      - {url: 'http://x', json: [get /v2], place: US}
      - {url: 'http://x', sockets: [POST /v3/ws], uploads: [POST /v2/%41]}
      - {url: 'ftp://x', place: US, json: [GET /v2/*, GET /v2/list], xml: []}
  c: {endpoint: us, usd_per_audio_hour: cheap}
";
    let wrong = config(yaml, &engine(POLICY)).unwrap_err();
    let codes: Vec<&str> = wrong
        .iter()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    for code in [
        "gateway.yaml:4:3 bad-path",
        "gateway.yaml:5:17 unknown-name",
        "gateway.yaml:8:25 overlapping-periods",
        "gateway.yaml:10:34 bad-path",
        "gateway.yaml:11:37 bad-path",
        "gateway.yaml:11:61 bad-path",
        "gateway.yaml:11:9 missing-key",
        "gateway.yaml:12:15 bad-url",
        "gateway.yaml:12:70 unknown-key",
        "gateway.yaml:13:41 bad-number",
        "gateway.yaml:13:6 missing-key",
    ] {
        assert!(codes.contains(&code), "{code} not in {codes:?}");
    }
}

/// A handler that nothing may reach.
#[tokio::test]
async fn a_body_of_another_kind_is_not_read() {
    let us = Upstream::new(vec![made()]).await;
    let gate = over(&us, &us).start().await;
    let request = Request::post(gate.uri(US, "/assemblyai/v2/transcript"))
        .header("content-type", "text/plain")
        .body(Full::<Bytes>::from("{}"))
        .unwrap();
    let told = gate.told(request).await;
    assert_eq!(told.code(), (415, "unsupported-media-type"));
    assert_eq!(us.seen(), [""; 0]);
}
