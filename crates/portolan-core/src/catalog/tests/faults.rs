//! One small catalog for each fault: its code, and the text under the carets.

use proptest::prelude::*;

use super::{GOOD, check};

/// A fault: what stands below `catalog: 1`, its code, and the text that is shown.
pub(super) struct Fault(&'static str, &'static str, &'static str);

/// The whole text of a fault's file.
pub(super) fn text(fault: &Fault) -> String {
    format!("catalog: 1\n{}\n", fault.0)
}

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    // The notation.
    Fault("title: a\ntitle: b", "duplicate-key", "title"),
    Fault("regions: {us: {usage: a, usage: b}}", "duplicate-key", "usage"),
    Fault("models: {m: {<<: {title: x}}}", "merge-key", "<<"),
    Fault("title: !env HOME", "yaml-tag", "!env "),
    Fault("title: a\n---\ntitle: b", "several-documents", "---"),
    Fault("title: [a", "yaml-syntax", "["),
    Fault("title: *gone", "unknown-anchor", "*gone"),
    Fault("title: a\u{1}b", "invalid-character", "\u{1}"),
    // One entry.
    Fault("titel: a", "unknown-key", "titel"),
    Fault("regions: {us: {procesing: US}}", "unknown-key", "procesing"),
    Fault("models: {m: {offerings: [{regoin: us}]}}", "unknown-key", "regoin"),
    Fault("models: {m: {context_window: {value: 1, form: 2026-01-01}}}", "unknown-key", "form"),
    Fault("regions: [us]", "wrong-kind", "[us]"),
    Fault("regions: {us: US}", "wrong-kind", "US"),
    Fault("title: {a: b}", "wrong-kind", "{a: b}"),
    Fault("models: {m: {offerings: {region: us}}}", "wrong-kind", "{region: us}"),
    Fault("models: {m: {context_window: [1]}}", "wrong-kind", "[1]"),
    Fault("title:", "missing-value", ""),
    Fault("endpoints: {us: {path: /v1, region: us}}\nregions: {us: {}}", "missing-key", "us"),
    Fault("endpoints: {us: {host: a.b, region: us}}\nregions: {us: {}}", "missing-key", "us"),
    Fault("models: {m: {context_window: {from: 2026-01-01}}}", "missing-key", "{from: 2026-01-01}"),
    Fault("scores: {s: {unit: ms}}", "missing-key", "s"),
    Fault("endpoints: {us: {host: a.b, path: /v1, url: 'https://{host}/', region: us}}\nregions: {us: {}}", "conflicting-keys", "'https://{host}/'"),
    Fault("makers: {'': {}}", "bad-name", "''"),
    Fault("makers: {\"a\\u202eb\": {}}", "bad-name", "\"a\\u202eb\""),
    Fault("models: {m: {released: 2026-02-30}}", "bad-date", "2026-02-30"),
    Fault("models: {m: {released: 2026-02-01T10:00:00}}", "bad-date", "2026-02-01T10:00:00"),
    Fault("models: {m: {context_window: 1.5k}}", "bad-tokens", "1.5k"),
    Fault("models: {m: {context_window: 1e400}}", "bad-tokens", "1e400"),
    Fault("models: {m: {scores: {s: high}}}\nscores: {s: {better: higher}}", "bad-number", "high"),
    Fault("models: {m: {price: {input: free}}}", "bad-money", "free"),
    Fault("models: {m: {price: {input: 3e0}}}", "bad-money", "3e0"),
    Fault("models: {m: {price: {input: -0.01}}}", "negative-money", "-0.01"),
    Fault("models: {m: {price: {input: 0.0000000001}}}", "imprecise-money", "0.0000000001"),
    Fault("regions: {us: {multiplier: -1}}", "negative-multiplier", "-1"),
    Fault("providers: {p: {retention: 30}}", "bad-retention", "30"),
    Fault("scores: {s: {better: more}}", "unknown-value", "more"),
    Fault("endpoints: {us: {host: a.b, path: /v1, region: us, default: yes}}\nregions: {us: {}}", "unknown-value", "yes"),
    Fault("endpoints: {us: {host: a.b, path: /v1, region: us, executes: [retries]}}\nregions: {us: {}}", "unknown-value", "retries"),
    Fault("places: {nowhere: []}", "empty-list", "[]"),
    Fault("models: {m: {price: {service_tier: flex}}}", "empty-price", "{service_tier: flex}"),
    // Names.
    Fault("source: docs", "unknown-name", "docs"),
    Fault("models: {m: {context_window: {value: 1, source: docs}}}", "unknown-name", "docs"),
    Fault("regions: {us: {processing: UK}}", "unknown-name", "UK"),
    Fault("places: {a: XX}", "unknown-name", "XX"),
    Fault("places: {DE: FR}", "duplicate-name", "DE"),
    Fault("regions: {us: {processing: [DE, DE]}}", "duplicate-name", "DE"),
    Fault("models: {m: {maker: nobody}}", "unknown-name", "nobody"),
    Fault("models: {m: {offerings: [{region: mars}]}}", "unknown-name", "mars"),
    Fault("models: {m: {offerings: [{region: us, provider: nobody}]}}\nregions: {us: {}}", "unknown-name", "nobody"),
    Fault("models: {m: {offerings: [{region: us, endpoints: [gone]}]}}\nregions: {us: {}}", "unknown-name", "gone"),
    Fault("models: {m: {offerings: [{region: us, pairs: [{endpoint: gone}]}]}}\nregions: {us: {}}", "unknown-name", "gone"),
    Fault("models: {m: {scores: {s: 1}}}", "unknown-name", "s"),
    Fault("models: {m: {capabilities: [fly]}}", "unknown-name", "fly"),
    Fault("models: {m: {parameters: [temprature]}}", "unknown-name", "temprature"),
    Fault("models: {m: {successor: gone}}", "unknown-name", "gone"),
    Fault("aliases: {a: gone}", "unknown-name", "gone"),
    Fault("endpoints: {us: {host: a.b, path: /v1, region: mars}}", "unknown-name", "mars"),
    // Dates.
    Fault("models: {m: {context_window: [{value: 1, until: 2026-02-01}, {value: 2, from: 2026-01-01}]}}", "overlapping-dates", "2"),
    Fault("models: {m: {price: [{input: 1}, {input: 2, from: 2026-01-01}]}}", "overlapping-dates", "{input: 2, from: 2026-01-01}"),
    Fault("models: {m: {}}\naliases: {a: [{model: m}, {model: m, from: 2026-01-01}]}", "overlapping-dates", "{model: m, from: 2026-01-01}"),
    Fault("models: {m: {offerings: [{region: us, from: 2026-01-01, until: 2026-01-01}]}}\nregions: {us: {}}", "empty-period", "2026-01-01"),
    Fault("models: {m: {max_output: {value: 1, from: 2026-02-01, until: 2026-01-01}}}", "empty-period", "2026-01-01"),
    Fault("models: {m: {released: 2026-02-01, retires: 2026-01-31}}", "retired-before-release", "2026-01-31"),
    // Limits and money.
    Fault("models: {m: {context_window: 1k, max_output: 1001}}", "output-above-context", "1001"),
    Fault("models: {m: {context_window: [{value: 2k, until: 2026-01-01}, {value: 1k, from: 2026-01-01}], max_output: 2k}}", "output-above-context", "2k"),
    Fault("models: {m: {max_output: 2k, offerings: [{region: us, context_window: 1k}]}}\nregions: {us: {}}", "output-above-context", "2k"),
    Fault("models: {m: {price: {input: 0.000000001}, offerings: [{region: us}]}}\nregions: {us: {multiplier: 1.1}}", "imprecise-money", "0.000000001"),
    Fault("models: {m: {price: {input: 9000000000}, offerings: [{region: us, multiplier: 2}]}}\nregions: {us: {}}", "imprecise-money", "9000000000"),
    // Entries together.
    Fault("places: {a: b, b: c, c: a}", "place-cycle", "b"),
    Fault("models: {m: {}}\naliases: {a: m, b: a}", "alias-of-alias", "a"),
    Fault("aliases: {a: a}", "alias-cycle", "a"),
    Fault("aliases: {b: c, c: b}", "alias-cycle", "c"),
    Fault("models: {m: {}}\naliases: {m: m}", "alias-shadows-model", "m"),
    Fault("models: {m: {}}\nregions: {us: {}}\naliases: {a: {model: m, region: us}}", "not-offered", "us"),
    Fault("models: {m: {successor: n}, n: {successor: m}}", "successor-cycle", "n"),
    Fault("models: {m: {successor: m}}", "successor-cycle", "m"),
    Fault("models: {m: {successor: a}, n: {}}\naliases: {a: n}", "successor-is-alias", "a"),
    Fault("endpoints: {a: {host: a.b, path: /v1, region: us, default: true}, b: {host: b.b, path: /v1, region: us, default: true}}\nregions: {us: {}}", "second-default-endpoint", "true"),
    Fault("models: {m: {offerings: [{region: us}, {region: us, until: 2026-01-01}]}}\nregions: {us: {}}", "ambiguous-offering", "us"),
    Fault("models: {m: {offerings: [{region: us, endpoints: [a], pairs: [{endpoint: b}]}]}}\nregions: {us: {}}\nendpoints: {a: {host: a.b, path: /, region: us}, b: {host: b.b, path: /, region: us}}", "unreached-pair", "b"),
    // URLs.
    Fault("regions: {us: {url: 'https://{hots}/v1'}}", "unknown-slot", "'https://{hots}/v1'"),
    Fault("regions: {us: {url: 'https://{host/v1'}}", "bad-url", "'https://{host/v1'"),
    Fault("regions: {us: {url: 'ftp://a/'}}", "bad-url", "'ftp://a/'"),
    Fault("endpoints: {us: {host: 'https://a.b', path: /v1, region: us}}\nregions: {us: {}}", "bad-url", "'https://a.b'"),
    Fault("endpoints: {us: {host: a.b, path: v1, region: us}}\nregions: {us: {}}", "bad-url", "v1"),
];

#[test]
fn every_fault_is_found_once_and_under_the_right_text() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let text = text(fault);
        let (catalog, found, sources) = check(&[&text]);
        assert!(catalog.is_none(), "{text}");
        let shown: Vec<_> = found
            .iter()
            .map(|d| (d.code, sources.slice(d.primary.span)))
            .collect();
        if shown != [(fault.1, fault.2)] {
            wrong.push(format!("{text}{shown:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn an_edition_must_be_given_and_known() {
    for (text, code) in [
        ("title: a", "missing-key"),
        ("catalog: 2", "unknown-edition"),
        ("", "missing-value"),
        ("[]", "wrong-kind"),
    ] {
        let (catalog, found, _) = check(&[text]);
        assert!(catalog.is_none());
        assert_eq!(found[0].code, code, "{text}");
    }
}

#[test]
fn slips_are_shown_with_the_near_spelling() {
    for (text, near) in [
        ("regions: {us: {procesing: US}}", "processing"),
        ("regions: {us: {processing: eu27}}", "EU27"),
        ("models: {m: {parameters: [temprature]}}", "temperature"),
        (
            "models: {claude-opus-4-6: {}}\naliases: {a: claude-opus-4.6}",
            "claude-opus-4-6",
        ),
    ] {
        let (_, found, _) = check(&[&format!("catalog: 1\n{text}\n")]);
        let fix = found[0]
            .fix
            .as_ref()
            .map(|fix| fix.edits[0].replacement.as_str());
        assert_eq!(fix, Some(near), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_fault_is_accepted() {
    for text in [
        "models: {m: {context_window: 1k, max_output: 1k}}",
        "models: {m: {context_window: [{value: 1k, until: 2026-01-01}], max_output: {value: 2k, from: 2026-01-01}}}",
        "models: {m: {context_window: [{value: 2, from: 2026-01-01}, {value: 1, until: 2026-01-01}]}}",
        "models: {m: {offerings: [{region: us, until: 2026-01-01}, {region: us, from: 2026-01-01}]}}\nregions: {us: {}}",
        "models: {m: {offerings: [{region: us, upstream_id: a}, {region: us, upstream_id: b}]}}\nregions: {us: {}}",
        "models: {m: {price: [{input: 1}, {input: 2, above_input_tokens: 200k}, {input: 3, service_tier: flex}]}}",
        "models: {m: {price: {value: {input: 1, output: 2}, source: s}}}\nsources: {s: {}}",
        "models: {m: {price: {input: 0.000000001}, offerings: [{region: us, price: {input: 1}}]}}\nregions: {us: {multiplier: 1.1}}",
        "models: {m: {price: {input: 0.000000001, until: 2026-01-01}, offerings: [{region: us}]}}\nregions: {us: {multiplier: {value: 1.1, from: 2026-01-01}}}",
        "models: {m: {offerings: [{region: us, processing: unknown, retention: unknown}]}}\nregions: {us: {}}",
        "places: {b: a, a: DE}",
        "models: {'1': {}, 'true': {}, 'null': {}}\naliases: {'~': '1'}",
    ] {
        let (catalog, found, _) = check(&[&format!("catalog: 1\n{text}\n")]);
        assert_eq!(found, [], "{text}");
        assert!(catalog.is_some(), "{text}");
    }
}

/// Small cuts and pastes in a good catalog reach deeper than random text.
fn broken() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just(String::new()),
        Just("- ".to_owned()),
        Just("{".to_owned()),
        Just("]".to_owned()),
        Just(": ".to_owned()),
        Just("unknown".to_owned()),
        Just("until: 2026-07-01".to_owned()),
        Just("-1e400".to_owned()),
        "\\PC{0,4}",
    ];
    let edit = (any::<proptest::sample::Index>(), 0usize..12, pieces);
    proptest::collection::vec(edit, 1..4).prop_map(|edits| {
        let mut text: Vec<char> = GOOD.chars().collect();
        for (at, length, piece) in edits {
            let start = at.index(text.len());
            let end = (start + length).min(text.len());
            text.splice(start..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn no_broken_catalog_makes_the_checker_panic(text in broken()) {
        let (catalog, found, sources) = check(&[&text]);
        let errors = found.iter().any(|d| d.severity == crate::diagnostic::Severity::Error);
        prop_assert_eq!(catalog.is_none(), errors);
        for diagnostic in found {
            let span = diagnostic.primary.span;
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            let _ = sources.locate(span).to_string();
        }
    }
}
