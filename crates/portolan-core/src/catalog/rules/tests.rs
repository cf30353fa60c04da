//! Catalogs written in the rules language give what the same catalog in YAML gives.

use proptest::prelude::*;

use super::*;
use crate::catalog::{parse, read as read_file, tests::GOOD, validate, write_rules};
use crate::source::Sources;

const RULES: &str = r#"
// A comment.
edition 1
catalog "Two regions"
as_of: 2026-03-15
source: docs
source docs { title: "Cloud endpoints", url: "https://example.com/" }
place benelux: [BE, NL, LU]
place "aws:eu-central-1": DE
score lmarena { better: higher }
capabilities: [stream, tools]
region eu {
  processing: EU27
  storage: EU27 // where else
  multiplier: [{value: 1.00, until: 2026-07-01}, {value: 1.10, from: 2026-07-01}]
}
endpoint eu { host: llm.eu.example.com, path: "/v1", ingress: EU27, region: eu }
provider bedrock { title: "Amazon \"Bedrock\"", retention: zero }
model "claude-sonnet-4-6" {
  context_window: 199_999
  scores: {lmarena: 1457}
  offering {
    region: eu
    provider: bedrock
    pair { endpoint: eu, storage: DE }
  }
  offering { region: eu, provider: bedrock, upstream_id: other }
}
alias sonnet: "claude-sonnet-4-6"
"#;

fn in_notation<T>(
    text: &str,
    name: &str,
    then: impl FnOnce(Option<Node<'_>>, Vec<Diagnostic>) -> T,
) -> T {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let mut diagnostics = Diagnostics::default();
    let tree = read_file(&sources, id, &mut diagnostics);
    then(tree, diagnostics.into_sorted())
}

fn codes(text: &str) -> Vec<(&'static str, String)> {
    in_notation(text, "a.portolan", |_, found| {
        let under = |d: &Diagnostic| {
            text.get(d.primary.span.start as usize..d.primary.span.end as usize)
                .unwrap()
                .to_owned()
        };
        found.iter().map(|d| (d.code, under(d))).collect()
    })
}

#[test]
fn a_catalog_in_the_rules_language_is_a_catalog() {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let id = sources.add("catalog.portolan", RULES);
    let raw = parse(&sources, id, &mut diagnostics).unwrap();
    let catalog = validate(vec![raw], &mut diagnostics);
    assert_eq!(diagnostics.into_sorted(), []);
    let catalog = catalog.unwrap();
    assert_eq!(catalog.offerings.len(), 2);
    assert_eq!(catalog.offerings[0].pairs.len(), 1);
    assert_eq!(
        catalog.providers[0].title.as_deref(),
        Some("Amazon \"Bedrock\"")
    );
}

#[test]
fn both_notations_of_the_documented_catalog_have_the_same_data() {
    let rules = in_notation(GOOD, "a.yaml", |tree, _| {
        let tree = tree.unwrap();
        let rules = write_rules(&tree).unwrap();
        in_notation(&rules, "a.portolan", |again, found| {
            assert_eq!(found, [], "{rules}");
            assert!(again.unwrap().same_data(&tree), "{rules}");
        });
        rules
    });
    assert!(rules.contains("model claude-sonnet-4-6 {"), "{rules}");
    assert!(rules.contains("  offering {"), "{rules}");
}

#[test]
fn data_differs_by_text_order_and_absence_and_by_nothing_else() {
    let same = |a: &str, b: &str| {
        let node = |text: &str, then: &mut dyn FnMut(&Node<'_>)| {
            in_notation(text, "a.yaml", |tree, _| then(&tree.unwrap()));
        };
        let mut same = false;
        node(a, &mut |a| node(b, &mut |b| same = a.same_data(b)));
        same
    };
    assert!(same("{a: 1, b: [x, ~]}", "a: '1'\nb:\n  - \"x\"\n  -\n"));
    assert!(!same("a: 1.0", "a: 1.00"));
    assert!(!same("a: null", "a: 'null'"));
    assert!(!same("a: ''", "a:"));
    assert!(!same("{a: 1, b: 2}", "{b: 2, a: 1}"));
    assert!(!same("[a]", "[a, b]"));
    assert!(!same("[a]", "a"));
}

#[test]
fn every_broken_item_is_reported() {
    let text = "edition 1\nregion eu { processing EU27 }\nregoin us { }\nregion { }\nregion us { offering x { } }\nplace a: \"\\q\"\nregion fine { }\nplace b: [DE\n";
    let found = codes(text);
    let found: Vec<_> = found
        .iter()
        .map(|(code, under)| (*code, under.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("syntax", "}"),
            ("unknown-block", "regoin"),
            ("missing-name", "region"),
            ("unexpected-name", "x"),
            ("bad-escape", "\"\\q\""),
            ("syntax", ""),
        ]
    );
}

#[test]
fn duplicate_names_and_keys_are_reported() {
    assert_eq!(
        codes("region a {}\nregion a {}\n"),
        [("duplicate-key", "a".to_owned())]
    );
    assert_eq!(
        codes("region a { usage: x, usage: y }\n"),
        [("duplicate-key", "usage".to_owned())]
    );
}

#[test]
fn what_could_cost_much_is_refused() {
    assert_eq!(
        codes(&format!("a: {}", "[".repeat(100_000)))[0].0,
        "too-deep"
    );
    assert_eq!(
        codes(&format!("region a {}", "{".repeat(100_000)))[0].0,
        "too-deep"
    );
    assert_eq!(
        codes(&format!("a: {}", "x".repeat(limits::SCALAR_BYTES + 1)))[0].0,
        "scalar-too-large"
    );
    assert_eq!(
        codes(&format!("a: {}", "x ".repeat(limits::CATALOG_ITEM_BYTES)))[0].0,
        "item-too-large"
    );
    assert_eq!(codes("title: \"a\u{202e}b\"\n")[0].0, "invalid-character");
}

/// Documents whose keys are often those of catalogs.
fn document() -> impl Strategy<Value = serde_yaml::Value> {
    let text = prop_oneof![
        "[a-z0-9_.-]{1,8}",
        "\\PC{0,10}",
        "[a-z:#\\-'\"\\\\{}\\[\\], \n\t\u{85}\u{feff}\u{1f30d}]{0,10}",
        Just("~".to_owned()),
        Just("null".to_owned()),
        Just("//".to_owned()),
        Just("-1".to_owned()),
        Just("---".to_owned()),
        Just("<<".to_owned()),
        Just("edition".to_owned()),
    ];
    let keys = prop_oneof![
        Just("catalog".to_owned()),
        Just("title".to_owned()),
        Just("regions".to_owned()),
        Just("models".to_owned()),
        Just("offerings".to_owned()),
        Just("pairs".to_owned()),
        Just("edition".to_owned()),
        "[a-z_]{1,6}",
        "[a-z:/{} \"]{1,4}",
    ];
    let leaf = prop_oneof![
        9 => text.prop_map(serde_yaml::Value::String),
        1 => Just(serde_yaml::Value::Null),
    ];
    let map = |inner: BoxedStrategy<serde_yaml::Value>, keys: BoxedStrategy<String>| {
        proptest::collection::btree_map(keys, inner, 0..5).prop_map(|map| {
            let pairs = map
                .into_iter()
                .map(|(k, v)| (serde_yaml::Value::String(k), v));
            serde_yaml::Value::Mapping(pairs.collect())
        })
    };
    let keys = keys.boxed();
    let inner_keys = keys.clone();
    let inner = leaf.prop_recursive(5, 60, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_yaml::Value::Sequence),
            map(inner, inner_keys.clone()),
        ]
    });
    map(inner.boxed(), keys)
}

fn node(value: &serde_yaml::Value) -> Node<'static> {
    let span = Span::new(SourceId(0), 0, 0);
    let scalar = |text: &str, quoted| Value::Scalar {
        text: Cow::Owned(text.to_owned()),
        quoted,
    };
    let value = match value {
        serde_yaml::Value::Sequence(items) => Value::Sequence(items.iter().map(node).collect()),
        serde_yaml::Value::Mapping(map) => Value::Map(
            map.iter()
                .map(|(key, value)| Entry {
                    key: Cow::Owned(key.as_str().unwrap_or_default().to_owned()),
                    key_span: span,
                    value: node(value),
                })
                .collect(),
        ),
        serde_yaml::Value::String(text) => scalar(text, true),
        serde_yaml::Value::Null
        | serde_yaml::Value::Bool(_)
        | serde_yaml::Value::Number(_)
        | serde_yaml::Value::Tagged(_) => scalar("", false),
    };
    Node { span, value }
}

proptest! {
    #[test]
    fn nothing_is_lost_in_the_rules_language(value in document()) {
        let root = node(&value);
        let rules = write_rules(&root).unwrap();
        in_notation(&rules, "a.portolan", |again, found| {
            assert_eq!(found, [], "{rules}");
            assert!(again.unwrap().same_data(&root), "{rules}");
        });
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ \na-c:\\[\\]{},\"\\\\/0-9]{0,60}", word in "(region|model|offering|edition|catalog)? ?") {
        let text = format!("{word}{text}");
        in_notation(&text, "a.portolan", |tree, found| {
            assert!(tree.is_some() || !found.is_empty());
            for diagnostic in found {
                let span = diagnostic.primary.span;
                assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
        });
    }
}

#[test]
fn nothing_before_the_first_item_goes_unread() {
    assert_eq!(codes("  title: indented\nregion eu {}\n"), []);
    assert_eq!(codes("// a comment\n\n}\nregion eu {}\n").len(), 1);
    assert_eq!(codes("  a: 1\n  b: 2\n").len(), 1);
}
