//! The conditions of rules, each as it is written, and how they came out in tests.

use portolan_core::catalog::Route;
use portolan_core::engine::{About, Engine};
use portolan_core::policy::{Condition, Rule, RuleKind};
use portolan_core::source::Span;
use portolan_core::syntax::ast::{self, ConditionKind};

use crate::suite::Asked;
use crate::tree::Tree;

/// A condition that came out one way only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneSided {
    /// As it is written.
    pub text: String,
    /// The rule's name.
    pub rule: String,
    /// The file, as the policy names it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// How it came out; `None` if nothing was decided by it at all.
    pub always: Option<bool>,
}

/// One condition, and what it was seen to be.
pub(super) struct Leaf {
    at: OneSided,
    seen: [bool; 2],
}

impl Leaf {
    pub(super) fn one_sided(self) -> Option<OneSided> {
        let always = match self.seen {
            [true, true] => return None,
            [false, true] => Some(true),
            [true, false] => Some(false),
            [false, false] => None,
        };
        Some(OneSided { always, ..self.at })
    }
}

/// Every condition of every rule, over all that is asked.
pub(super) fn measured(engine: &Engine, tree: &Tree, asked: &[Asked]) -> Vec<Leaf> {
    let routes: Vec<Vec<Route>> = asked
        .iter()
        .map(|asked| engine.candidates(&asked.request))
        .collect();
    let mut found = Vec::new();
    for (_, rule) in engine.policy().rules() {
        let Some(written) = tree.when(rule) else {
            continue;
        };
        let mut leaves = Vec::new();
        parts(written, &rule.when, &mut leaves);
        for (span, condition) in leaves {
            let place = engine.sources().locate(span);
            found.push(Leaf {
                at: OneSided {
                    text: engine.sources().slice(span).to_owned(),
                    rule: rule.name.to_string(),
                    file: place.file.to_owned(),
                    line: place.start.line,
                    always: None,
                },
                seen: seen(engine, rule, condition, asked, &routes),
            });
        }
    }
    found
}

/// Whether a condition was seen to be false, and whether it was seen to be true.
fn seen(
    engine: &Engine,
    rule: &Rule,
    condition: &Condition,
    asked: &[Asked],
    routes: &[Vec<Route>],
) -> [bool; 2] {
    let of_request = matches!(rule.kind, RuleKind::Refuse { .. } | RuleKind::Retry { .. });
    let mut seen = [false; 2];
    for (asked, routes) in asked.iter().zip(routes) {
        let about = |fallback, route| About {
            request: &asked.request,
            state: &asked.state,
            fallback,
            route,
        };
        let mut all = Vec::new();
        if of_request {
            let fallbacks = (0..asked.draft.fallbacks.len()).map(Some);
            all.extend(
                std::iter::once(None)
                    .chain(fallbacks)
                    .map(|f| about(f, None)),
            );
        } else {
            all.extend(routes.iter().map(|route| about(None, Some(*route))));
        }
        for about in all {
            match engine.truth(about, condition) {
                Some(true) => seen = [seen.first() == Some(&true), true],
                Some(false) => seen = [true, seen.last() == Some(&true)],
                None => {}
            }
        }
        if seen == [true, true] {
            break;
        }
    }
    seen
}

/// The parts of a condition that are not made of others, each with its text.
fn parts<'c>(
    written: &ast::Condition,
    typed: &'c Condition,
    found: &mut Vec<(Span, &'c Condition)>,
) {
    match (&written.kind, typed) {
        (ConditionKind::And(parts_of), Condition::And(of))
        | (ConditionKind::Or(parts_of), Condition::Or(of)) => {
            for (part, of) in parts_of.iter().zip(of) {
                parts(part, of, found);
            }
        }
        (ConditionKind::Not(part), Condition::Not(of)) => parts(part, of, found),
        _ => found.push((written.span, typed)),
    }
}
