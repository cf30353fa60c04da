//! Why something changes: the rules and facts that the two interpreters see differently when they
//! are asked about a sample.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::answer::Trace;
use portolan_core::engine::Engine;

use super::named::Named;
use super::sample::Sample;

/// Rules and facts, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cause {
    /// Rules that say something else.
    pub rules: BTreeSet<String>,
    /// Facts of the catalog, or of a table, that are others.
    pub facts: BTreeSet<String>,
}

/// A rule's verdict and what it read, by where it was asked.
type Asked = BTreeMap<(usize, String, String), (bool, Vec<(String, String)>)>;

/// What made the two decide a sample differently; without one, whose rules say so.
pub(super) fn cause(engines: [&Engine; 2], sample: Option<&Sample>, what: &[Named]) -> Cause {
    let mut cause = Cause::default();
    for named in what {
        // Prices and places are facts themselves; nobody judged them.
        if named.rules.iter().all(Option::is_none) && named.of != "outcome" {
            cause.facts.insert(named.of.clone());
        }
    }
    let traces = engines.map(|engine| {
        let trace = sample.and_then(|sample| {
            let request = engine.request(sample.draft.clone()).ok()?;
            Some(engine.trace(&request, &sample.state))
        });
        trace.unwrap_or_default()
    });
    let [before, after] = traces.map(|trace| asked(&trace));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (_, _, rule) = key;
        match (before.get(key), after.get(key)) {
            (Some((held, read)), Some((holds, now))) if held != holds => {
                cause.rules.insert(rule.clone());
                for (field, value) in now {
                    let same = |(other, _): &&(String, String)| other == field;
                    let other = read.iter().find(same);
                    if other.is_some_and(|(_, other)| other != value) {
                        cause.facts.insert(field.clone());
                    }
                }
            }
            (Some((true, _)), None) | (None, Some((true, _))) => {
                cause.rules.insert(rule.clone());
            }
            (Some(_) | None, Some(_) | None) => {}
        }
    }
    if cause == Cause::default() {
        let named = what.iter().flat_map(|named| named.rules.iter().flatten());
        cause.rules.extend(named.cloned());
    }
    if cause == Cause::default() {
        cause.facts.insert("offerings".to_owned());
    }
    cause
}

fn asked(trace: &Trace) -> Asked {
    let mut found = Asked::new();
    for (position, request) in trace.requests.iter().enumerate() {
        for rule in &request.rules {
            let key = (position, String::new(), rule.rule.name.clone());
            found.insert(key, (rule.holds, rule.values.clone()));
        }
        for candidate in &request.candidates {
            let of = &candidate.candidate;
            let place = format!("{} {} {}", of.model, of.region, of.endpoint);
            for rule in &candidate.rules {
                let key = (position, place.clone(), rule.rule.name.clone());
                // A lock that holds is met.
                let holds = rule.holds != (rule.kind == "lock");
                found.insert(key, (holds, rule.values.clone()));
            }
        }
    }
    found
}
