//! What findings look like.

use insta::assert_snapshot;
use portolan_core::source::SourceId;

use super::*;
use crate::render::paint::Paint;

const TEXT: &str = "edition 1\npolicy p\n\nexclude 404 gone\n  when route.model.retire is set\n  say \"gone\"\n\nexclude 404 gone\n  when true\n";

fn span(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(SourceId(0), start, start + part.len())
}

fn printed(text: &str, diagnostics: &[Diagnostic]) -> (String, String) {
    let mut sources = Sources::default();
    sources.add("policy.portolan", text);
    let policy = Policy::of_files("rules/p", "policy.portolan");
    let findings = Findings {
        diagnostics,
        sources: &sources,
        policy: &policy,
        left_out: 0,
    };
    let human = findings.human(Paint { colored: false });
    (human, findings.json().unwrap())
}

#[test]
fn carets_labels_help_and_a_summary() {
    let second = TEXT.rfind("gone\n").unwrap();
    let diagnostics = [
        Diagnostic::error(
            "unknown-field",
            span(TEXT, "retire"),
            "a model has no field `retire`",
        )
        .near(Some("retires")),
        Diagnostic::error(
            "duplicate-rule",
            Span::new(SourceId(0), second, second + 4),
            "two rules are named `gone`",
        )
        .label("the second one")
        .related(span(TEXT, "gone"), "the first one")
        .help("name one of them with `as`"),
        Diagnostic::warning("no-effect", span(TEXT, "true"), "this always holds"),
    ];
    let (human, json) = printed(TEXT, &diagnostics);
    assert_snapshot!(human);
    assert_snapshot!("carets_labels_help_and_a_summary_as_json", json);
}

#[test]
fn labels_far_apart_get_an_excerpt_each() {
    let text = format!("first: 1\n{}first: 2\n", "other: 0\n".repeat(500));
    let again = text.rfind("first").unwrap();
    let again = Span::new(SourceId(0), again, again + 5);
    let diagnostic = Diagnostic::error("duplicate-key", again, "`first` is here twice")
        .related(span(&text, "first"), "the first time");
    assert_snapshot!(printed(&text, &[diagnostic]).0);
}

#[test]
fn a_place_that_is_odd_is_still_shown() {
    let long = "x".repeat(5_000);
    let texts = [
        "",
        "\u{feff}",
        "a\r\nb\r\n",
        "é",
        "\u{1b}[2J\u{202e}\t\0",
        &long,
    ];
    for text in texts {
        for (start, end) in [
            (0, 0),
            (0, 1),
            (1, 1),
            (0, 9_000),
            (4_000, 4_001),
            (9_999, 9_999),
        ] {
            let span = Span::new(SourceId(0), start, end);
            let diagnostic = Diagnostic::error("odd", span, "odd\u{1b}").related(span, "again");
            let (human, json) = printed(text, &[diagnostic]);
            assert!(human.contains("error[odd]: odd"), "{human}");
            assert!(
                !human.contains('\u{1b}') && !human.contains('\u{202e}'),
                "{human:?}"
            );
            assert!(json.contains("\"code\": \"odd\""));
        }
    }
    let nowhere = Span::new(SourceId(7), 3, 4);
    let human = printed("", &[Diagnostic::error("lost", nowhere, "no file")]).0;
    assert_snapshot!(human);
}
