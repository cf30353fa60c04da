//! `redundant-condition`: a part of a condition that changes nothing beside the others.

use portolan_core::diagnostic::Fix;
use portolan_core::source::Span;

use crate::survey::{Asks, Part, Role};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "redundant-condition",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a part of a condition that changes nothing beside the others",
    page: Page {
        what: "Finds a part joined by `and` that the others imply, or one joined by `or` that \
               implies the others, for every request. Parts that ask whether a field is set are \
               left alone: others may only be asked behind them. So are parts that read the \
               catalog, which may change.",
        why: "It reads as if it narrowed the rule, and somebody will change it and wonder why \
               nothing happens.",
        example: r#"```portolan
refuse 400 too-much
  when request.input_tokens > 10k and request.input_tokens > 5k   // the second is implied
  say  "no"
```"#,
        fix: "Leave the part out. The fix is safe: it is offered only where nothing but `and` or \
               `or` stands between it and the part before it.",
    },
    yields_to: &["constant-condition"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    let mut rules: Vec<_> = surveyed.parts.iter().map(|part| part.rule).collect();
    rules.dedup();
    for rule in rules {
        let own: Vec<&Part> = surveyed
            .parts
            .iter()
            .filter(|part| part.rule == rule)
            .collect();
        let redundant = |part: &&&Part| {
            !part.needed && part.ever && !part.always && part.asks == Asks::TheRequest
        };
        // Of two that imply each other one is needed: only the last is named.
        let Some(part) = own.iter().rev().find(redundant) else {
            continue;
        };
        let message = if part.role == Role::Conjunct {
            "the other parts imply this one"
        } else {
            "this part implies one of the others"
        };
        let mut finding = LINT.finding(part.span, message).help("leave it out");
        if let Some(gap) = before(context, &own, part) {
            finding = finding.fix(Fix::safe(gap, ""));
        }
        findings.push(finding);
    }
}

/// The part with the word that joins it to the one before, where that is all there is.
fn before(context: &Context<'_>, own: &[&Part], part: &Part) -> Option<Span> {
    let ends = own.iter().filter(|other| other.role == part.role);
    let previous = ends
        .map(|other| other.span)
        .rfind(|span| span.end <= part.span.start)?;
    let between = Span {
        start: previous.end,
        end: part.span.start,
        ..part.span
    };
    let word = context.slice(between).trim();
    let whole = Span {
        start: previous.end,
        ..part.span
    };
    let plain = matches!(word, "and" | "or") && !context.has_comment(whole);
    plain.then_some(whole)
}
