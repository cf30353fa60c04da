//! What tests leave untested: rules that never decided one, conditions that were never true or
//! never false, and regions of requests that none of them lies in.

mod conditions;
mod space;

use std::collections::BTreeSet;

use portolan_core::engine::Engine;
use portolan_core::judgement::Outcome;
use portolan_core::policy::RuleId;
use portolan_core::request::State;

pub use conditions::OneSided;
pub use space::{Gap, Space, What};

use crate::suite::{Asked, Test};
use crate::tree::Tree;

/// What tests leave untested.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// How many rules the policy words.
    pub rules: usize,
    /// Those that no test was decided, or shaped, by.
    pub silent: Vec<Silent>,
    /// How many conditions these rules have.
    pub conditions: usize,
    /// Those that came out one way only.
    pub one_sided: Vec<OneSided>,
    /// All requests, in regions.
    pub space: Space,
}

/// A rule that decided nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// Its name.
    pub name: String,
    /// The word that opens it.
    pub kind: &'static str,
    /// The file, as the policy names it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// It held in some test, and something else decided.
    pub held: bool,
}

/// Measures tests of one policy.
pub fn coverage(engine: &Engine, tests: &[&Test]) -> Coverage {
    let asked: Vec<Asked> = tests
        .iter()
        .filter_map(|test| test.ask(engine).ok())
        .collect();
    let (mut decided, mut held) = (BTreeSet::new(), BTreeSet::new());
    for asked in &asked {
        spoke(engine, asked, &mut decided, &mut held);
    }
    let tree = Tree::of(engine.sources());
    let leaves = conditions::measured(engine, &tree, &asked);
    let worded = || engine.policy().rules().filter(|(_, rule)| !rule.built_in);
    let silent = worded().filter(|(id, _)| !decided.contains(id));
    let silent = silent.map(|(id, rule)| {
        let place = engine.sources().locate(rule.span);
        Silent {
            name: rule.name.to_string(),
            kind: rule.kind.word(),
            file: place.file.to_owned(),
            line: place.start.line,
            held: held.contains(&id),
        }
    });
    Coverage {
        rules: worded().count(),
        silent: silent.collect(),
        conditions: leaves.len(),
        one_sided: leaves
            .into_iter()
            .filter_map(conditions::Leaf::one_sided)
            .collect(),
        space: space::space(engine, &asked),
    }
}

/// The regions that no test lies in, the largest first.
pub fn untouched(engine: &Engine, tests: &[&Test]) -> Vec<Gap> {
    let asked = tests.iter().filter_map(|test| test.ask(engine).ok());
    space::space(engine, &asked.collect::<Vec<_>>()).gaps
}

/// The rules that decided about a request or one of its candidates, and those that hold.
fn spoke(
    engine: &Engine,
    asked: &Asked,
    decided: &mut BTreeSet<RuleId>,
    held: &mut BTreeSet<RuleId>,
) {
    match engine.judge(&asked.request, &asked.state).outcome {
        Outcome::Refuse(refusal) => {
            decided.insert(refusal.rule);
            decided.extend(refusal.dropped.iter().map(|dropped| dropped.rule));
            held.extend(refusal.also.iter().map(|(rule, _)| *rule));
        }
        Outcome::Route(plan) => {
            decided.extend(plan.dropped.iter().map(|dropped| dropped.rule));
            decided.extend(plan.warnings.iter().map(|warning| warning.rule));
            decided.extend(plan.retry);
            for attempt in &plan.attempts {
                decided.extend(attempt.sets.iter().copied());
                decided.extend(attempt.limit);
            }
        }
    }
    // What stood against a candidate decided about it, even where another one routed.
    let trace = engine.trace(&asked.request, &asked.state);
    let named = |name: &str| {
        let mut rules = engine.policy().rules();
        rules
            .find(|(_, rule)| &*rule.name == name)
            .map(|(id, _)| id)
    };
    for candidate in trace
        .requests
        .iter()
        .flat_map(|request| &request.candidates)
    {
        let reasons = &candidate.candidate.reasons;
        decided.extend(reasons.first().and_then(|reason| named(&reason.rule.name)));
        held.extend(reasons.iter().filter_map(|reason| named(&reason.rule.name)));
    }
}

/// Nothing is known about now.
fn nothing() -> State {
    State::default()
}
