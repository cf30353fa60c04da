//! `gateway.yaml` beside a policy: `check` finds what is wrong with it, `prove` where it reaches.

use std::path::PathBuf;

use crate::run::{Ran, portolan, scratch};

const POLICY: &str = "edition 1
policy small
use catalog \"catalog.yaml\"

lock processing, storage, ingress within EU27
  as   eu-stays-in-eu
  when request.endpoint == eu

on not-offered exclude 404 model-not-offered
  say \"`{request.model}` is not offered\"
on unknown-model chain refuse 404 model-not-found
  say \"no model `{request.model}`\"

prove eu-stays-in-eu
  for every request where request.endpoint == eu
  every attempt.processing within EU27
";

const CATALOG: &str = "catalog: 1
regions: {eu: {processing: EU27, storage: EU27}}
endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
providers: {acme: {retention: zero}}
models: {m-1: {offerings: [{region: eu, provider: acme}]}}
";

fn beside(name: &str, gateway: &str) -> PathBuf {
    let files = [
        ("policy.portolan", POLICY),
        ("catalog.yaml", CATALOG),
        ("gateway.yaml", gateway),
    ];
    scratch(name, &files)
}

fn run(verb: &str, directory: &std::path::Path, format: &str) -> Ran {
    portolan(&[verb, directory.to_str().unwrap(), "--format", format])
}

#[test]
fn what_is_wrong_with_it_is_found_by_check_at_its_line() {
    let directory = beside(
        "gateway-wrong",
        "gateway: 1\nlisteners: [{address: 127.0.0.1:80, endpoint: ue}]\n",
    );
    let ran = run("check", &directory, "compact");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stdout
            .contains("gateway.yaml:2:47: error[unknown-name]"),
        "{}",
        ran.stdout
    );
    let ran = run("prove", &directory, "human");
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr.contains("`ue` is no endpoint of this catalog"),
        "{}",
        ran.stderr
    );
}

#[test]
fn where_it_reaches_is_proved_or_not() {
    let gateway = |place: &str| {
        format!(
            "gateway: 1\nlisteners: [{{address: 127.0.0.1:80, endpoint: eu}}]\n\
             upstreams: {{eu: {{url: 'https://proxy.example.com', place: {place}}}}}\n"
        )
    };
    let inside = beside("gateway-inside", &gateway("DE"));
    let ran = run("prove", &inside, "human");
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    for line in [
        "listener 127.0.0.1:80: endpoint `eu`, received in `EU27`, called at `https://proxy.example.com`",
        "proved: `https://proxy.example.com`, in `DE`, lies within where endpoint `eu` receives",
        "assumed: endpoints and upstreams are where the catalog and the configuration say",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
    let outside = beside("gateway-outside", &gateway("CH"));
    let ran = run("prove", &outside, "human");
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout
            .contains("not proved: `https://proxy.example.com`"),
        "{}",
        ran.stdout
    );
    let json: serde_json::Value =
        serde_json::from_str(&run("prove", &outside, "json").stdout).unwrap();
    assert_eq!(json["gateway"]["problems"].as_array().unwrap().len(), 1);
    let ran = run("prove", &outside, "github");
    assert!(
        ran.stderr.contains("is not within `EU27`"),
        "{}",
        ran.stderr
    );
}
