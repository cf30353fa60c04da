//! Every catalog says the same in either notation: those we ship and those that nobody wrote.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use portolan_core::catalog::tree::{Entry, Value};
use portolan_core::engine::{self, Engine};
use portolan_core::instant::Instant;
use portolan_core::request::State;
use portolan_core::source::{SourceId, Span};
use portolan_wire::Overrides;
use proptest::prelude::*;

use super::*;

/// The tree of a text that must be read without a fault.
fn reading<T>(name: &str, text: &str, then: impl FnOnce(&Node<'_>) -> T) -> T {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let mut diagnostics = Diagnostics::default();
    let root = catalog::read(&sources, id, &mut diagnostics);
    assert_eq!(diagnostics.into_sorted(), [], "{text}");
    then(&root.unwrap())
}

fn converted(name: &str, text: &str, to: Notation) -> String {
    reading(name, text, |root| write(root, to).unwrap())
}

fn shipped() -> Vec<PathBuf> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let directories = fs::read_dir(rules).unwrap().map(|entry| entry.unwrap());
    let directories = directories.filter(|entry| entry.path().is_dir());
    let files = directories.flat_map(|entry| fs::read_dir(entry.path()).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect()
}

#[test]
fn every_shipped_catalog_says_the_same_in_both_notations() {
    let paths = shipped();
    assert!(paths.len() > 5, "{paths:?}");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let rules = converted("a.yaml", &text, Notation::Rules);
        let yaml = converted("a.portolan", &rules, Notation::Yaml);
        reading("a.yaml", &text, |first| {
            reading("a.yaml", &yaml, |last| {
                assert!(first.same_data(last), "{}", path.display());
            });
        });
        // Written again, nothing moves.
        assert_eq!(converted("a.yaml", &yaml, Notation::Rules), rules);
        assert_eq!(converted("a.yaml", &yaml, Notation::Yaml), yaml);
    }
}

#[test]
fn money_keeps_its_digits_and_whole_numbers_their_looks() {
    let text = "price: {input: 3.00, cache: 0.30}\nwindow: 200_000\nscore: 1457\ndefault: true\nplace: NO\nzip: 007\nnone:\n";
    let yaml = converted("a.yaml", text, Notation::Yaml);
    assert_eq!(
        yaml,
        "price:\n  input: '3.00'\n  cache: '0.30'\nwindow: 200_000\nscore: 1457\ndefault: true\nplace: NO\nzip: '007'\nnone: null\n"
    );
}

#[test]
fn what_a_notation_cannot_say_is_not_printed() {
    reading("a.portolan", "title: \"a\\u{7}b\"\n", |root| {
        let error = write(root, Notation::Yaml).unwrap_err();
        assert!(error.to_string().contains("not accepted"), "{error}");
    });
    reading("a.yaml", "[a, b]\n", |root| {
        let error = write(root, Notation::Rules).unwrap_err();
        assert_eq!(error.to_string(), "it is not a map");
    });
}

fn compiled(files: &BTreeMap<&'static str, String>) -> Engine {
    let compilation = engine::compile("policy.portolan", &mut &*files);
    assert_eq!(compilation.diagnostics, []);
    compilation.engine.unwrap()
}

/// The answer but for the snapshot, which is of the text.
fn answered(engine: &Engine, asked: &Overrides) -> serde_json::Value {
    let call = asked.clone().alone(Instant::parse("2026-01-01").unwrap());
    let request = engine.request(call.draft).unwrap();
    let state = State::default();
    let answer = engine.answer(&request, &state);
    let mut value: serde_json::Value =
        serde_json::from_str(&portolan_wire::answer_json(&answer, None)).unwrap();
    value.as_object_mut().unwrap().remove("snapshot").unwrap();
    value
}

#[test]
fn a_policy_decides_the_same_over_its_catalog_in_the_rules_language() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/assemblyai");
    let policy = fs::read_to_string(directory.join("policy.portolan")).unwrap();
    let yaml = fs::read_to_string(directory.join("catalog.yaml")).unwrap();
    let rules = converted("catalog.yaml", &yaml, Notation::Rules);
    let named = r#"use catalog "catalog.yaml""#;
    assert!(policy.contains(named));
    let over_rules = policy.replace(named, r#"use catalog "catalog.portolan""#);
    let one = compiled(&BTreeMap::from([
        ("policy.portolan", policy),
        ("catalog.yaml", yaml),
    ]));
    let other = compiled(&BTreeMap::from([
        ("policy.portolan", over_rules),
        ("catalog.portolan", rules),
    ]));
    let mut models: Vec<&str> = one.catalog().models.iter().map(|m| &*m.id).collect();
    models.push("no-such-model");
    let mut outcomes = BTreeMap::new();
    for model in models {
        for endpoint in ["us", "eu"] {
            for at in ["2026-01-15", "2026-07-15", "2027-06-01"] {
                for region in [None, Some("global")] {
                    let asked = Overrides {
                        endpoint: Some(endpoint.to_owned()),
                        model: Some(model.to_owned()),
                        model_region: region.map(str::to_owned),
                        at: Instant::parse(at).ok(),
                        ..Overrides::default()
                    };
                    let answer = answered(&one, &asked);
                    assert_eq!(answer, answered(&other, &asked), "{asked:?}");
                    *outcomes.entry(answer["outcome"].to_string()).or_insert(0) += 1;
                }
            }
        }
    }
    assert!(outcomes.values().all(|n| *n > 20), "{outcomes:?}");
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
}

/// Text, often such as means something in YAML or here.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9_.-]{1,8}",
        "\\PC{0,10}",
        "[a-z:#\\-'\"\\\\{}\\[\\], \n\t\r\u{feff}\u{1f30d}]{0,10}",
        prop::sample::select(vec![
            "",
            "~",
            "null",
            "true",
            "no",
            "//",
            "-1",
            "---",
            "...",
            "<<",
            "edition",
            "0x1f",
            "1e3",
            "1_000",
            "007",
            "18446744073709551616",
            ".inf",
            "2026-01-01",
            "=",
            "- ",
            "? ",
            "|",
            " a",
            "a ",
        ])
        .prop_map(str::to_owned),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let sections = vec![
        "catalog",
        "title",
        "regions",
        "models",
        "offerings",
        "pairs",
        "edition",
    ];
    prop_oneof![
        prop::sample::select(sections).prop_map(str::to_owned),
        text(),
    ]
}

fn node(value: Value<'static>) -> Node<'static> {
    let span = Span::new(SourceId(0), 0, 0);
    Node { span, value }
}

fn map(inner: impl Strategy<Value = Node<'static>>) -> impl Strategy<Value = Node<'static>> {
    let entries = prop::collection::btree_map(key(), inner, 0..5);
    entries.prop_map(|entries| {
        let entries = entries.into_iter().map(|(key, value)| Entry {
            key: Cow::Owned(key),
            key_span: value.span,
            value,
        });
        node(Value::Map(entries.collect()))
    })
}

fn tree() -> impl Strategy<Value = Node<'static>> {
    let scalar = (text(), any::<bool>()).prop_map(|(text, quoted)| {
        let text = Cow::Owned(text);
        node(Value::Scalar { text, quoted })
    });
    let inner = scalar.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|n| node(Value::Sequence(n))),
            map(inner),
        ]
    });
    map(inner)
}

/// What a YAML file can hold: no control characters, no line ends of which editions of YAML
/// disagree, no key that is taken for a merge.
fn sayable(node: &Node<'_>) -> bool {
    let apart = |c: char| match c {
        '\t' | '\n' | '\r' => false,
        '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => true,
        c => c.is_control(),
    };
    let fine = |text: &str| !text.contains(apart);
    match &node.value {
        Value::Scalar { text, .. } => fine(text),
        Value::Sequence(items) => items.iter().all(sayable),
        Value::Map(entries) => entries
            .iter()
            .all(|e| fine(&e.key) && e.key != "<<" && sayable(&e.value)),
    }
}

proptest! {
    #[test]
    fn no_notation_loses_data(tree in tree().prop_filter("sayable in YAML", sayable)) {
        let rules = write(&tree, Notation::Rules).unwrap();
        let yaml = converted("a.portolan", &rules, Notation::Yaml);
        let again = converted("a.yaml", &yaml, Notation::Rules);
        prop_assert!(reading("a.portolan", &again, |last| last.same_data(&tree)), "{}", yaml);
        write(&tree, Notation::Yaml).unwrap();
    }
}
