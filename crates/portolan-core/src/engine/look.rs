//! What the parts of a condition come to for one request: truths and values, as the interpreter
//! finds them. Which parts are shown, and how, is for whoever looks.

use std::cell::Cell;

use super::Engine;
use crate::answer::SetValue;
use crate::catalog::Route;
use crate::explain;
use crate::policy::{Condition, RuleId, RuleKind, Term};
use crate::reference::Facts;
use crate::request::{Request, State};

/// What a condition is looked at for.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The request.
    pub request: &'a Request,
    /// What is known about now.
    pub state: &'a State,
    /// The fallback whose effective request it is; `None` for the body itself.
    pub fallback: Option<usize>,
    /// The candidate, where the condition reads one.
    pub route: Option<Route>,
}

impl Engine {
    /// The truth of a condition; `None` where a fact about now is missing.
    pub fn truth(&self, about: About<'_>, condition: &Condition) -> Option<bool> {
        self.facts_about(about, |facts| facts.truth(condition))
    }

    /// A term's value as messages show it; `None` where it is absent.
    pub fn value(&self, about: About<'_>, term: &Term) -> Option<String> {
        self.facts_about(about, |facts| {
            facts.value(term).map(|value| facts.text(&value))
        })
    }

    /// What a `set` rule sets: the field as bodies have it, and its value. `None` for any other rule.
    pub fn set(&self, rule: RuleId) -> Option<(String, SetValue)> {
        let RuleKind::Set { field, value, .. } = &self.policy.rule(rule)?.kind else {
            return None;
        };
        Some(explain::set(field, value))
    }

    fn facts_about<R>(
        &self,
        about: About<'_>,
        look: impl FnOnce(&Facts<'_>) -> Option<R>,
    ) -> Option<R> {
        let effective = match about.fallback {
            None => &about.request.primary,
            Some(position) => about.request.fallbacks.get(position)?,
        };
        let horizon = Cell::new(None);
        let case = self.case(about.request, about.state);
        look(&case.facts(effective, &horizon).of(about.route))
    }
}
