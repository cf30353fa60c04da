//! `gateway.yaml`: what is wrong with one is found at its place, all of it at once; and what is not
//! proved is not served.

use crate::harness::{POLICY, config, engine, not_served};

#[test]
fn a_configuration_is_read() {
    let yaml = "
gateway: 1
listeners:
  - {address: 127.0.0.1:8080, endpoint: us, dialect: assemblyai-current}
  - {address: 0.0.0.0:443, hosts: {a.example.com: us, b.example.com: eu}}
upstreams:
  us: {key: env:US_KEY}
  eu: {key: file:/run/secrets/eu, url: https://proxy.example.com, place: DE, scheme: bearer}
attributes: {account: counted}
keys:
  attribute: key
  rows:
    - {sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, row: north, upstreams: {eu: env:NORTH}}
admin: 127.0.0.1:9090
log: decisions.ndjson
bounds: {body_bytes: 1_000_000, drain_s: 5}
breaker: {failures: 3, open_s: 10}
";
    let config = config(yaml, &engine(POLICY)).unwrap();
    assert_eq!(config.listeners.len(), 2);
    assert_eq!(config.breaker.failures, 3);
    assert_eq!(config.bounds.body_bytes, 1_000_000);
    assert_eq!(config.keys.unwrap().rows.len(), 1);
}

#[test]
fn everything_that_is_wrong_is_found_at_its_place() {
    let yaml = "gateway: 2
listeners:
  - {address: 127.0.0.1, endpoint: us}
  - {address: 127.0.0.1:80, endpoint: uk}
  - {address: 127.0.0.1:81, hosts: {'a b': us}}
  - {adress: 127.0.0.1:82, endpoint: us}
  - {address: 0.0.0.0:83, endpoint: us}
upstreams:
  us: {key: sk-live-123}
  eu: {url: https://a.example.com/v1, place: EUU}
  us2: {}
attributes: {acount: free}
keys: {rows: [{sha256: abc, row: north}]}
bounds: {drain_s: soon}
extra: 1
";
    let wrong = config(yaml, &engine(POLICY)).unwrap_err();
    let codes: Vec<&str> = wrong
        .iter()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    for code in [
        "gateway.yaml:1:10 unknown-edition",
        "gateway.yaml:3:15 bad-address",
        "gateway.yaml:4:39 unknown-name",
        "gateway.yaml:5:37 bad-host",
        "gateway.yaml:6:6 unknown-key",
        "gateway.yaml:9:13 secret-in-file",
        "gateway.yaml:10:13 bad-url",
        "gateway.yaml:10:46 unknown-name",
        "gateway.yaml:11:3 unknown-name",
        "gateway.yaml:13:24 bad-hash",
        "gateway.yaml:14:19 bad-number",
        "gateway.yaml:15:1 unknown-key",
    ] {
        assert!(codes.contains(&code), "{code} is not in {wrong:#?}");
    }
    assert!(
        wrong.iter().any(|line| line.contains("acount")),
        "{wrong:#?}"
    );
    assert!(
        !wrong.iter().any(|line| line.contains("without `address`")),
        "{wrong:#?}"
    );
    // Whoever writes a secret into the file must not find it in a message.
    assert!(
        !wrong.iter().any(|line| line.contains("sk-live")),
        "{wrong:#?}"
    );
}

#[test]
fn a_listener_that_others_reach_needs_keys_or_a_word() {
    let listener = |rest: &str| {
        format!("gateway: 1\nlisteners: [{{address: 0.0.0.0:80, endpoint: us{rest}}}]\n")
    };
    let engine = engine(POLICY);
    let wrong = config(&listener(""), &engine).unwrap_err();
    assert!(wrong[0].contains("open-listener"), "{wrong:?}");
    assert!(config(&listener(", open: true"), &engine).is_ok());
}

#[test]
fn an_upstream_outside_the_place_of_its_endpoint_is_not_served() {
    let yaml = "
gateway: 1
listeners: [{address: 127.0.0.1:0, endpoint: eu}]
upstreams: {eu: {url: http://127.0.0.1:9, place: CH}}
";
    let why = not_served(POLICY, yaml, false).to_string();
    assert_eq!(
        why,
        "`http://127.0.0.1:9` stands for endpoint `eu` and is in `CH`, which is not within `EU27` \
         on 2026-03-01"
    );
}

#[test]
fn an_override_without_a_place_is_no_configuration() {
    let yaml = "
gateway: 1
listeners: [{address: 127.0.0.1:0, endpoint: eu}]
upstreams: {eu: {url: http://127.0.0.1:9}}
";
    let wrong = config(yaml, &engine(POLICY)).unwrap_err();
    assert!(
        wrong[0].contains("an upstream override without `place`"),
        "{wrong:?}"
    );
}

#[test]
fn a_policy_that_does_not_keep_its_claims_is_not_served() {
    let policy = POLICY.replace(
        "as   eu-stays-in-eu\n  when request.endpoint == eu",
        "as nothing\n  when request.endpoint == us and request.endpoint == eu",
    );
    let policy = policy.replace(
        "when  route.region != request.endpoint.region",
        "when request.endpoint == us and route.region != us",
    );
    let yaml = "gateway: 1\nlisteners: [{address: 127.0.0.1:0, endpoint: eu}]\n";
    let why = not_served(&policy, yaml, true).to_string();
    assert!(
        why.starts_with("refuted: `eu-stays-in-eu`, by the request {"),
        "{why}"
    );
}

#[test]
fn a_secret_that_is_not_there_is_named_and_not_served() {
    let yaml = "
gateway: 1
listeners: [{address: 127.0.0.1:0, endpoint: us}]
upstreams: {us: {key: env:PORTOLAN_NO_SUCH_SECRET}}
";
    let why = not_served(POLICY, yaml, false).to_string();
    assert_eq!(why, "there is no secret `env:PORTOLAN_NO_SUCH_SECRET`");
}
