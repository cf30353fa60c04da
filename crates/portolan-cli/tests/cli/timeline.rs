//! `portolan timeline`: exit statuses, what must not change, calendars.

use icalendar::parser::{read_calendar, unfold};

use crate::run::{portolan, scratch};

const RANGE: [&str; 6] = [
    "timeline",
    "rules/assemblyai",
    "--from",
    "2026-03-01",
    "--until",
    "2027-06-01",
];

/// Some models, for the sake of speed.
const FEW: [&str; 6] = [
    "--model",
    "gpt-5.1",
    "--model",
    "claude-sonnet-4-6",
    "--model",
    "gemini-3.5-flash",
];

fn timeline(more: &[&str]) -> crate::run::Ran {
    portolan(&[&RANGE[..], more].concat())
}

#[test]
fn a_retirement_next_april_fails_today() {
    let plain = timeline(&["--model", "gpt-5.1"]);
    assert_eq!(plain.status, 0, "{}", plain.stderr);
    let failing = timeline(&["--model", "gpt-5.1", "--fail-on", "always routes"]);
    assert_eq!(failing.status, 1);
    let says = "from 2027-04-01 on `gpt-5.1` through `us` is refused, 404 `model-retired`";
    assert!(failing.stdout.contains(says), "{}", failing.stdout);
    let before = ["--until", "2027-04-01", "--fail-on", "always-routes"];
    let before = [
        &[
            "timeline",
            "rules/assemblyai",
            "--from",
            "2026-03-01",
            "--model",
            "gpt-5.1",
        ][..],
        &before[..],
    ];
    assert_eq!(portolan(&before.concat()).status, 0);
}

#[test]
fn what_was_broken_long_ago_fails_only_who_asks_for_those_years() {
    let catalog = "catalog: 1\nregions: {eu: {processing: EU27, storage: EU27}}\n\
                   endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, \
                   default: true}}\nproviders: {acme: {retention: zero}}\nmodels:\n  \
                   tern-1: {context_window: 1000, retires: 2001-09-01, offerings: [{region: eu, \
                   provider: acme}]}\n";
    let policy = "edition 1\npolicy terns\nuse catalog \"catalog.yaml\"\n\n\
                  on unknown-model refuse 404 model-not-found\n  say \"no such model\"\n\n\
                  exclude 404 model-retired\n  when route.model.retires is set and request.at >= \
                  route.model.retires\n  say \"it is gone\"\n";
    let files = [("policy.portolan", policy), ("catalog.yaml", catalog)];
    let directory = scratch("retired-long-ago", &files);
    let directory = directory.to_str().unwrap();
    let asked = ["timeline", directory, "--fail-on", "always routes"];
    let from_now = portolan(&asked);
    assert_eq!(from_now.status, 0, "{from_now:?}");
    let long_ago = portolan(&[&asked[..], &["--from", "2001-01-01"]].concat());
    assert_eq!(long_ago.status, 1, "{long_ago:?}");
    assert!(long_ago.stdout.contains("from 2001-09-01 on `tern-1`"));
}

#[test]
fn a_tenant_that_is_left_without_a_model_fails_today() {
    let failing = ["--model", "gpt-5.1", "--fail-on", "some model routes"];
    let failing = timeline(&failing);
    assert_eq!(failing.status, 1);
    let says = "from 2027-04-01 on none does through `us`; the last was `gpt-5.1`";
    assert!(failing.stdout.contains(says), "{}", failing.stdout);
    let kept = ["--fail-on", "some-model-routes", "--model", "gpt-4.1"];
    let kept = timeline(&kept);
    assert_eq!(kept.status, 0, "{}", kept.stdout);
}

#[test]
fn a_kind_of_change_can_fail_too() {
    let model = ["--model", "claude-sonnet-4-6", "--fail-on"];
    assert_eq!(timeline(&[&model[..], &["re-prices"]].concat()).status, 1);
    assert_eq!(timeline(&[&model[..], &["tightens"]].concat()).status, 0);
    let wrong = timeline(&["--fail-on", "everything"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("`always routes`"), "{}", wrong.stderr);
}

#[test]
fn what_is_asked_wrongly_says_what_to_do() {
    // What routes now: nothing lies from then until a day that is over.
    let over = ["--until", "2020-01-01", "--fail-on", "always routes"];
    let over = portolan(&[&["timeline", "rules/assemblyai"], &over[..]].concat());
    assert_eq!(over.status, 1);
    assert!(over.stderr.contains("until 2020-01-01"), "{}", over.stderr);
    let unknown = timeline(&["--model", "gpt-6"]);
    assert_eq!(
        (unknown.status, &*unknown.stderr),
        (1, "error: no model `gpt-6` in this catalog\n")
    );
    let backwards = [
        "timeline",
        "rules/bedrock",
        "--from",
        "2027-01-01",
        "--until",
        "2026-01-01",
    ];
    let backwards = portolan(&backwards);
    assert_eq!(
        backwards.stderr,
        "error: nothing lies from 2027-01-01 until 2026-01-01\n"
    );
}

#[test]
fn for_programs_every_change_has_a_request_that_shows_it() {
    let ran = timeline(&[&FEW[..], &["--format", "json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["version"], 1);
    let moments = value["moments"].as_array().unwrap();
    assert!(moments.len() > 5);
    let mut changes = moments
        .iter()
        .flat_map(|m| m["changes"].as_array().unwrap());
    assert!(
        changes.all(|change| change["request"].is_object()
            && !change["because"].as_array().unwrap().is_empty())
    );
}

#[test]
fn the_calendar_is_read_by_a_parser_and_is_the_same_each_time() {
    let arguments = [&FEW[..], &["--format", "ics"]].concat();
    let ran = timeline(&arguments);
    assert_eq!(ran.stdout, timeline(&arguments).stdout);
    assert!(
        ran.stdout
            .split("\r\n")
            .all(|line| line.len() <= 75 && !line.contains('\n'))
    );
    let unfolded = unfold(&ran.stdout);
    let calendar = read_calendar(&unfolded).unwrap();
    let mut uids = Vec::new();
    for event in &calendar.components {
        assert_eq!(event.name.as_ref(), "VEVENT");
        let property = |name: &str| {
            let mut found = event.properties.iter().filter(|p| p.name.as_ref() == name);
            let value = found.next().unwrap().val.as_ref().to_owned();
            assert!(found.next().is_none());
            value
        };
        uids.push(property("UID"));
        assert!(property("DTSTAMP").starts_with(&property("DTSTART")));
        assert!(!property("SUMMARY").is_empty() && !property("DESCRIPTION").is_empty());
    }
    assert!(uids.len() > 5);
    let all = uids.len();
    uids.sort();
    uids.dedup();
    assert_eq!(uids.len(), all);
}
