//! Every bound on size, number and depth: input just beyond it is a finding with a code of its
//! own, soon and once. What fits into a file of a few lines is a fixture instead.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use portolan_core::engine;
use portolan_core::limits;
use portolan_core::source::Files;
use portolan_testkit::policies::printed;

/// What a debug build on a busy machine may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct Bytes(BTreeMap<String, Vec<u8>>);

impl Files for Bytes {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

const POLICY: &str = "edition 1\npolicy p\nuse catalog \"catalog.yaml\"\n";
const CATALOG: &str = "catalog: 1
regions:
  us: {processing: US, storage: US}
endpoints:
  us: {host: us.example.com, path: /v1, ingress: US, region: us, default: true}
providers:
  here: {retention: zero}
models:
  alpha:
    offerings: [{region: us, provider: here}]
";

/// Compiles, and says which codes were found, in order of place.
fn codes(files: &[(&str, &[u8])]) -> Vec<&'static str> {
    let mut all = BTreeMap::from([
        ("policy.portolan".to_owned(), POLICY.as_bytes().to_vec()),
        ("catalog.yaml".to_owned(), CATALOG.as_bytes().to_vec()),
    ]);
    all.extend(
        files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())),
    );
    let started = Instant::now();
    let compiled = engine::compile("policy.portolan", &mut Bytes(all));
    let took = started.elapsed();
    assert!(took < PATIENCE, "{took:?}");
    let shown = printed(&compiled.diagnostics, &compiled.sources);
    assert!(shown.len() < 1_000_000, "{} bytes of findings", shown.len());
    compiled
        .diagnostics
        .iter()
        .map(|found| found.code)
        .collect()
}

fn policy(rest: &str) -> Vec<&'static str> {
    codes(&[("policy.portolan", format!("{POLICY}{rest}").as_bytes())])
}

fn catalog(rest: &str) -> Vec<&'static str> {
    codes(&[("catalog.yaml", format!("{CATALOG}{rest}").as_bytes())])
}

/// A rule with this condition.
fn refusing(when: &str) -> Vec<&'static str> {
    policy(&format!("refuse 400 no\n  when {when}\n  say \"no\"\n"))
}

fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

#[test]
fn files_are_of_bounded_size() {
    let large = vec![b' '; limits::SOURCE_BYTES + 1];
    assert_eq!(codes(&[("catalog.yaml", &large)]), ["file-too-large"]);
    assert_eq!(codes(&[("policy.portolan", &large)]), ["file-too-large"]);
}

#[test]
fn files_are_of_bounded_number_and_depth() {
    let mut files = Vec::new();
    for number in 0..40 {
        let next = format!("edition 1\ninclude \"f{}.portolan\"\n", number + 1);
        files.push((format!("f{number}.portolan"), next));
    }
    let start = format!("{POLICY}include \"f0.portolan\"\n");
    let mut all: Vec<(&str, &[u8])> = vec![("policy.portolan", start.as_bytes())];
    all.extend(
        files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_bytes())),
    );
    assert_eq!(codes(&all), ["too-many-files"]);
    let many = repeated(limits::SOURCE_FILES + 1, |n| {
        format!("include \"g{n}.portolan\"\n")
    });
    let names: Vec<String> = (0..=limits::SOURCE_FILES)
        .map(|n| format!("g{n}.portolan"))
        .collect();
    let start = format!("{POLICY}{many}");
    let mut all: Vec<(&str, &[u8])> = vec![("policy.portolan", start.as_bytes())];
    all.extend(
        names
            .iter()
            .map(|name| (name.as_str(), &b"edition 1\n"[..])),
    );
    let found = codes(&all);
    assert!(found.contains(&"too-many-files"), "{found:?}");
}

#[test]
fn a_path_of_many_steps_up_is_only_a_file_that_is_not_there() {
    let up = "../".repeat(10_000);
    assert_eq!(
        policy(&format!("include \"{up}x.portolan\"\n")),
        ["unreadable-file"]
    );
}

#[test]
fn a_file_is_utf_8() {
    assert_eq!(
        codes(&[("policy.portolan", b"edition 1\npolicy \xff\xfe\n")]),
        ["not-utf-8"]
    );
    assert_eq!(
        codes(&[("catalog.yaml", b"catalog: 1 # \xc3\x28\n")]),
        ["not-utf-8"]
    );
    // A surrogate, which some writers of UTF-8 let through.
    assert_eq!(
        codes(&[("catalog.yaml", b"catalog: 1 # \xed\xa0\x80\n")]),
        ["not-utf-8"]
    );
}

#[test]
fn an_invisible_character_is_shown() {
    assert_eq!(policy("define \u{0} = true\n"), ["invisible-character"]);
    let found = catalog("title: \"a\u{7}b\"\n");
    assert_eq!(found, ["invalid-character"]);
}

#[test]
fn items_and_texts_of_a_policy_are_bounded() {
    let many = repeated(limits::ITEMS + 5, |n| format!("define d{n} = true\n"));
    let found = policy(&many);
    assert!(found.contains(&"too-many-items"), "{:?}", found.first());
    let long = "x".repeat(limits::SCALAR_BYTES + 1);
    assert_eq!(
        policy(&format!("warn long \"{long}\"\n  when request.stream\n")),
        ["text-too-long"]
    );
    let brackets = "(".repeat(100_000) + "true" + &")".repeat(100_000);
    assert_eq!(refusing(&brackets), ["too-nested"]);
}

#[test]
fn long_chains_of_words_are_one_finding() {
    for word in [" and ", " or "] {
        let chain = vec!["request.stream"; 100_000].join(word);
        assert_eq!(refusing(&chain), ["condition-too-large"], "{word}");
    }
    let not = "not ".repeat(100_000) + "request.stream";
    // Two of them are none: what is left is one condition.
    assert!(refusing(&not).is_empty());
}

#[test]
fn defines_that_double_each_other_stay_small() {
    let doubling = repeated(200, |n| format!("define d{} = d{n} and d{n}\n", n + 1));
    let found = policy(&format!(
        "define d0 = request.stream\n{doubling}refuse 400 no\n  when d200\n  say \"no\"\n"
    ));
    assert!(
        found.iter().all(|code| *code == "condition-too-large"),
        "{:?}",
        found.first()
    );
    assert!(found.len() < 250, "{}", found.len());
    let calls = repeated(100, |n| {
        format!("define c{}(n: tokens) = c{n}(n) or c{n}(n)\n", n + 1)
    });
    let found = policy(&format!(
        "define c0(n: tokens) = request.input_tokens > n\n{calls}refuse 400 no\n  when c100(5)\n  say \"no\"\n"
    ));
    assert!(
        found.iter().all(|code| *code == "condition-too-large"),
        "{:?}",
        found.first()
    );
    let cycle = repeated(1_000, |n| {
        format!("define e{n} = not e{}\n", (n + 1) % 1_000)
    });
    let found = policy(&cycle);
    assert!(
        found
            .iter()
            .all(|code| ["define-cycle", "condition-too-large"].contains(code)),
        "{:?}",
        found.first()
    );
}

#[test]
fn a_yaml_catalog_is_bounded() {
    let long = "x".repeat(limits::SCALAR_BYTES + 1);
    assert_eq!(catalog(&format!("title: {long}\n")), ["scalar-too-large"]);
    let mut bomb = String::from("places:\n  a0: &a0 [DE, FR, IT, ES, PT, NL, BE, LU, AT]\n");
    for n in 1..40 {
        let all = vec![format!("*a{}", n - 1); 9].join(", ");
        writeln!(bomb, "  a{n}: &a{n} [{all}]").unwrap();
    }
    assert!(catalog(&bomb).contains(&"too-many-alias-nodes"));
    let deep = format!("places: {}", "[".repeat(100_000));
    assert_eq!(catalog(&deep), ["too-deep"]);
    let periods = repeated(limits::FACT_PERIODS + 1, |n| {
        format!(
            "{{value: {}, from: {:04}-01-01, until: {:04}-02-01}}, ",
            n + 1,
            1900 + n,
            1900 + n
        )
    });
    let with_periods = CATALOG.replace(
        "  alpha:\n",
        &format!("  alpha:\n    context_window: [{periods}]\n"),
    );
    assert_eq!(
        codes(&[("catalog.yaml", with_periods.as_bytes())]),
        ["too-many-periods"]
    );
    let offerings = repeated(limits::OFFERINGS + 1, |n| {
        format!("{{region: us, provider: here, upstream_id: o{n}}}, ")
    });
    let many = CATALOG.replace("{region: us, provider: here}", &offerings);
    assert_eq!(
        codes(&[("catalog.yaml", many.as_bytes())]),
        ["too-many-offerings"]
    );
}

#[test]
fn no_small_catalog_makes_for_long_work() {
    let periods = repeated(limits::FACT_PERIODS, |n| {
        let (from, until) = (1700 + n, 1701 + n);
        format!("{{value: 1.{n:03}, from: {from}-01-01, until: {until}-01-01}}, ")
    });
    let region = format!("us: {{multiplier: [{periods}], processing: US");
    let rows = repeated(limits::FACT_PERIODS, |n| {
        let (from, until) = (1700 + n, 1701 + n);
        format!("{{input: 3.00, from: {from}-01-01, until: {until}-01-01}}, ")
    });
    let offerings = repeated(limits::OFFERINGS, |n| {
        format!("{{region: us, provider: here, upstream_id: o{n}}}, ")
    });
    let models = repeated(3, |n| {
        format!("  beta{n}: {{price: [{rows}], offerings: [{offerings}]}}\n")
    });
    let catalog = CATALOG.replace("us: {processing: US", &region) + &models;
    assert_eq!(
        codes(&[("catalog.yaml", catalog.as_bytes())]),
        ["too-many-comparisons"]
    );
}
