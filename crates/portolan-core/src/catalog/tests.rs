//! Whole catalogs: what a good one means, what each fault is called and where it is shown.

mod faults;

use super::*;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::instant::Instant;

/// The catalog of `docs/catalog.md`, without its include.
pub(super) const GOOD: &str = r#"
catalog: 1
title: A gateway with two regions
as_of: 2026-03-15
source: docs

sources:
  docs: {title: Cloud endpoints and data residency, as_of: 2026-03-15}

places:
  "aws:eu-central-1": DE
  benelux: [BE, NL, LU]
  dated-set:
    members: [benelux, {place: GB, until: 2020-02-01}]

scores:
  lmarena: {better: higher}
  latency: {better: lower, unit: s per 10k tokens}

capabilities: [stream, tools]
parameters: [top_k]

regions:
  us: {processing: US, storage: US}
  eu:
    processing: EU27
    storage: EU27
    multiplier:
      - {value: 1.00, until: 2026-07-01}
      - {value: 1.10, from: 2026-07-01}
  global: {processing: world, storage: US, multiplier: 1.00, usage: global}

endpoints:
  us:
    host: llm.example.com
    path: /v1/chat/completions
    ingress: US
    region: us
    default: true
    executes: [retry, fallbacks]
  eu: {host: llm.eu.example.com, path: /v1/chat/completions, ingress: EU27, region: eu}

makers:
  anthropic: {title: Anthropic}

providers:
  bedrock: {title: Amazon Bedrock, retention: zero}
  openai: {title: OpenAI API, retention: 30d}

models:
  claude-sonnet-4-6:
    title: Claude Sonnet 4.6
    maker: anthropic
    released: 2026-02-17
    retires: 2027-03-01
    successor: claude-next
    context_window: 199_999
    max_output: 64k
    capabilities: [tools]
    parameters: [temperature, tools, top_k]
    scores: {lmarena: 1457}
    price: {input: 3.00, output: 15.00, cache_read: 0.30, cache_write: 3.75}
    offerings:
      - {region: us, provider: bedrock}
      - {region: eu, providers: [bedrock, openai]}
      - {region: global, provider: bedrock, from: 2026-06-01, endpoints: [us]}
  claude-next:
    title: Next
    offerings: []

aliases:
  claude-latest: claude-sonnet-4-6
  sonnet:
    - {model: claude-sonnet-4-6, region: eu, until: 2027-03-01}
    - {model: claude-next, from: 2027-03-01}
"#;

/// Checks files together; what came of it, and what was found in order of place.
pub(super) fn check(files: &[&str]) -> (Option<Catalog>, Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let mut raw = Vec::new();
    for (i, text) in files.iter().enumerate() {
        let id = sources.add(format!("{i}.yaml"), *text);
        raw.extend(parse(&sources, id, &mut diagnostics));
    }
    let all_read = raw.len() == files.len();
    let catalog = validate(raw, &mut diagnostics).filter(|_| all_read);
    (catalog, diagnostics.into_sorted(), sources)
}

pub(super) fn good(text: &str) -> Catalog {
    let (catalog, found, _) = check(&[text]);
    assert_eq!(found, []);
    catalog.expect("a catalog without faults")
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

#[test]
fn the_documented_catalog_means_what_its_page_says() {
    let catalog = good(GOOD);
    let model = catalog.model_named("claude-sonnet-4-6").unwrap();
    let eu = catalog.endpoint_named("eu").unwrap();
    let offering = catalog.model(model).unwrap().offerings[1];
    let route = Route {
        offering,
        endpoint: eu,
    };
    let price = |when| catalog.price(route, at(when), 100, None).value;
    assert_eq!(
        price("2026-06-30T23:59:59Z").input,
        Decimal::parse("3.00").ok()
    );
    assert_eq!(price("2026-07-01").input, Decimal::parse("3.30").ok());
    assert_eq!(
        price("2026-07-01").cache_write,
        Decimal::parse("4.125").ok()
    );
    assert_eq!(
        catalog.retention(route, at("2026-07-01")).value,
        Retention::Days(30)
    );
    assert_eq!(
        catalog.context_window(route, at("2026-07-01")).value,
        Some(199_999)
    );
    assert_eq!(
        catalog.max_output(route, at("2026-07-01")).value,
        Some(64_000)
    );
    assert_eq!(
        catalog.url(route),
        "https://llm.eu.example.com/v1/chat/completions"
    );
    let places = catalog.processing(route, at("2026-07-01")).value.unwrap();
    assert_eq!(catalog.places.name(places[0]), "EU27");
    let global = catalog.model(model).unwrap().offerings[2];
    assert!(!catalog.reaches(Route {
        offering: global,
        endpoint: eu
    }));
    let latest = catalog
        .lookup("claude-latest", at("2026-07-01"))
        .value
        .unwrap();
    assert_eq!(latest.model, model);
    let sonnet = catalog.lookup("sonnet", at("2027-03-01")).value.unwrap();
    assert_eq!(&*catalog.model(sonnet.model).unwrap().id, "claude-next");
    assert_eq!(catalog.default_endpoint(), catalog.endpoint_named("us"));
    let dated = catalog.places.named("dated-set").unwrap();
    assert_eq!(
        catalog
            .places
            .at(dated, at("2019-01-01"))
            .countries()
            .count(),
        4
    );
    assert_eq!(
        catalog
            .places
            .at(dated, at("2026-01-01"))
            .countries()
            .count(),
        3
    );
}

#[test]
fn the_examples_of_the_page_are_accepted() {
    let page = include_str!("../../../../docs/catalog.md");
    let block = |fence: &str| {
        let (_, rest) = page.split_once(fence).unwrap();
        let (block, _) = rest.split_once("```").unwrap();
        let lines = block.lines().filter(|line| !line.starts_with("include:"));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(good(&block("```yaml\n")).offerings.len(), 3);
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let id = sources.add("catalog.portolan", block("```portolan\n"));
    let raw = parse(&sources, id, &mut diagnostics).into_iter().collect();
    let catalog = validate(raw, &mut diagnostics);
    assert_eq!(diagnostics.into_sorted(), []);
    assert_eq!(catalog.unwrap().offerings.len(), 1);
}

#[test]
fn norway_is_a_country() {
    let catalog = good("catalog: 1\nplaces: {nordic: [NO, SE]}\nregions: {no: {processing: NO}}\n");
    assert!(catalog.places.named("nordic").is_some());
    assert!(catalog.region_named("no").is_some());
}

#[test]
fn anchors_repeat_facts_and_their_faults_are_shown_once() {
    let text = "catalog: 1
regions: {us: {}, eu: {}}
models:
  a: {offerings: &sold [{region: us, provider: gone}, {region: eu}]}
  b: {offerings: *sold}
";
    let (catalog, found, _) = check(&[text]);
    assert!(catalog.is_none());
    assert_eq!(found.len(), 1, "{found:?}");
    let catalog = good(&text.replace(", provider: gone", ""));
    assert_eq!(catalog.offerings.len(), 4);
}

#[test]
fn files_are_merged_and_see_each_other() {
    let places = "catalog: 1\nplaces: {here: DE}\ncapabilities: [stream]\n";
    let models = "catalog: 1\nregions: {eu: {processing: here}}\ncapabilities: [stream]\nmodels: {m: {capabilities: [stream]}}\n";
    let (catalog, found, _) = check(&[models, places]);
    assert_eq!(found, []);
    assert_eq!(catalog.unwrap().models.len(), 1);
}

#[test]
fn a_name_in_two_files_is_shown_in_both() {
    let one = "catalog: 1\nregions: {eu: {}}\nplaces: {here: DE}\n";
    let two = "catalog: 1\nregions: {eu: {}}\nplaces: {here: FR}\n";
    let (catalog, found, sources) = check(&[one, two]);
    assert!(catalog.is_none());
    assert_eq!(found.len(), 2);
    for diagnostic in found {
        assert_eq!(diagnostic.code, "duplicate-name");
        assert_eq!(sources.locate(diagnostic.primary.span).file, "1.yaml");
        assert_eq!(sources.locate(diagnostic.related[0].span).file, "0.yaml");
    }
}

#[test]
fn all_of_many_faults_are_reported_in_one_run() {
    let text = "catalog: 1
titel: x
regions:
  eu: {procesing: DE, storage: [DE, XX]}
models:
  m:
    released: yesterday
    context_window: many
    price: {input: -1, output: 0.0000000001}
    offerings: [{region: ue}, {region: eu, from: 2026-02-01, until: 2026-01-01}]
    offerings: []
aliases: {a: b, b: a}
";
    let (_, found, _) = check(&[text]);
    let mut codes: Vec<_> = found.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "alias-cycle",
            "bad-date",
            "bad-tokens",
            "duplicate-key",
            "empty-period",
            "imprecise-money",
            "negative-money",
            "unknown-key",
            "unknown-key",
            "unknown-name",
            "unknown-name",
        ]
    );
}

#[test]
fn every_message_keeps_to_the_house_style() {
    for fault in faults::FAULTS {
        let (_, found, _) = check(&[&faults::text(fault)]);
        for diagnostic in found {
            let message = &diagnostic.message;
            assert!(!message.ends_with('.'), "{message}");
            assert!(!message.contains('\n'), "{message}");
            assert!(
                !message.starts_with(|c: char| c.is_uppercase()),
                "{message}"
            );
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(diagnostic.code.chars().all(kebab), "{}", diagnostic.code);
        }
    }
}
