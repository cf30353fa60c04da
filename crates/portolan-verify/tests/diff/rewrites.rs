//! The same policy in other words is no change; another policy is.

use portolan_testkit::policies::engine_of;
use portolan_verify::diff::{Diff, Direction, diff};

const CATALOG: &str = "
catalog: 1
regions: {eu: {processing: EU27, storage: EU27}, us: {processing: US, storage: US}}
endpoints:
  eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}
  us: {host: us.example.com, path: /v1, ingress: US, region: us}
providers: {acme: {retention: zero}}
models:
  m-1: {context_window: 1000, offerings: [{region: eu, provider: acme}, {region: us, provider: acme}]}
  m-2: {context_window: 2000, retires: 2026-06-01, offerings: [{region: us, provider: acme}]}
";

const POLICY: &str = r#"
edition 1
policy p
use catalog "catalog.yaml"
attribute account: one of { free, paid } = paid
default request.max_tokens = 100

define small = request.input_tokens < 500

refuse 403 not-entitled when request.account == free and not small say "not entitled"
refuse 400 too-hot when request.temperature is set and request.temperature > 2 say "too hot"
refuse 400 odd when request.model_region is set or request.service_tier is set say "odd"
lock processing within EU27 when request.endpoint == eu
exclude 404 retired
  when route.model.retires is set and request.at >= route.model.retires
  say "retired"
warn large "large" when request.input_tokens >= 400 and request.input_tokens < 800
limit 30 requests per 60s for each model when request.account == paid
"#;

fn compared(policy: &str) -> Diff {
    diff(&engine_of(POLICY, CATALOG), &engine_of(policy, CATALOG))
}

fn unchanged(policy: &str) {
    assert_ne!(policy, POLICY);
    let diff = compared(policy);
    let said: Vec<&str> = diff
        .groups
        .iter()
        .flat_map(|group| &group.changes)
        .flat_map(|change| &change.what)
        .map(|named| named.new.as_str())
        .collect();
    assert!(diff.is_empty(), "{said:?} {:?}", diff.inconclusive);
}

#[test]
fn the_policy_itself_is_no_change() {
    assert!(compared(POLICY).is_empty());
}

#[test]
fn independent_rules_in_another_order_are_no_change() {
    let lock = "lock processing within EU27 when request.endpoint == eu\n";
    let moved = POLICY.replace(lock, "");
    unchanged(&format!("{moved}{lock}"));
}

#[test]
fn a_definition_put_in_its_place_is_no_change() {
    unchanged(&POLICY.replace("not small", "not (request.input_tokens < 500)"));
    unchanged(&POLICY.replace("not small", "request.input_tokens >= 500"));
}

#[test]
fn equivalent_conditions_are_no_change() {
    unchanged(&POLICY.replace("request.account == free", "request.account != paid"));
    unchanged(&POLICY.replace(
        "request.input_tokens < 800",
        "not (request.input_tokens > 799)",
    ));
    unchanged(&POLICY.replace("request.endpoint == eu", "not (request.endpoint != eu)"));
}

#[test]
fn an_or_split_in_two_rules_of_one_code_is_no_change() {
    let parts = "request.model_region is set say \"odd\"\n\
                 refuse 400 odd as odd-tier when request.service_tier is set";
    let whole = "request.model_region is set or request.service_tier is set";
    unchanged(&POLICY.replace(whole, parts));
}

#[test]
fn an_attribute_that_nobody_reads_is_declared_and_changes_nothing() {
    let more = POLICY.replace(
        "default request",
        "attribute team: text = \"a\"\ndefault request",
    );
    let diff = compared(&more);
    assert!(diff.groups.is_empty() && diff.inconclusive.is_empty());
    assert_eq!(diff.declared.len(), 1);
}

#[test]
fn a_threshold_that_moves_is_one_change_for_all() {
    let diff = compared(&POLICY.replace("request.temperature > 2", "request.temperature > 1"));
    assert_eq!(diff.inconclusive, Vec::<String>::new());
    assert!(diff.directions().contains(&Direction::Tightens));
    let conditions = diff.groups.iter().flat_map(|g| &g.changes);
    let mut conditions = conditions
        .flat_map(|c| &c.regions)
        .flat_map(|r| &r.conditions);
    assert!(conditions.any(
        |c| c == "request.temperature > 1 and request.temperature <= 2"
            || c.starts_with("request.temperature >= 1.000000001")
    ));
}

#[test]
fn a_default_that_moves_is_told_from_what_is_given() {
    let policy = format!("{POLICY}refuse 400 many when request.total_tokens > 600 say \"many\"\n");
    let other = policy.replace("max_tokens = 100", "max_tokens = 300");
    let diff = diff(&engine_of(&policy, CATALOG), &engine_of(&other, CATALOG));
    assert_eq!(diff.inconclusive, Vec::<String>::new());
    let regions: Vec<&Vec<String>> = diff
        .groups
        .iter()
        .flat_map(|g| &g.changes)
        .flat_map(|c| &c.regions)
        .map(|r| &r.conditions)
        .collect();
    assert!(!regions.is_empty());
    let left_out = |c: &String| c == "request.max_tokens is not set";
    assert!(
        regions
            .iter()
            .all(|conditions| conditions.iter().any(left_out))
    );
}
