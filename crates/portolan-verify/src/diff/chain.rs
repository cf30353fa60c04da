//! What changes about a chain of fallbacks as a whole: how many are looked at, and why the others
//! are dropped.

use portolan_core::diagram::survey::Number;
use portolan_core::diagram::survey::pair::{Axis, Cell, Coding, Span};
use portolan_core::engine::Engine;
use portolan_core::policy::{BodyField, RuleKind};
use portolan_core::request::Draft;

use super::boxes::{CHAIN, Dimension, OTHER_ID, Region};
use super::make::{Made, Make};
use super::named::{Direction, Named};
use super::sample::{Sample, ask, differ};

/// A change, the requests that it is for, and one of them.
pub(super) struct Chained {
    pub(super) what: Named,
    pub(super) region: Region,
    /// None where no request was found that shows it.
    pub(super) sample: Option<Sample>,
}

/// Every change of the chain.
pub(super) fn chained(engines: [&Engine; 2], coding: &Coding) -> Vec<Chained> {
    let mut found = Vec::new();
    let depth = engines.map(|engine| engine.policy().defaults.get(&BodyField::FallbackDepth));
    let [old, new] = depth.map(Option::<&i64>::copied);
    let least = match (old, new) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b).unwrap_or(i64::MAX),
    };
    if old != new {
        let text = |depth: Option<i64>| depth.map_or("all".to_owned(), |depth| depth.to_string());
        let what = Named {
            direction: if old.is_none_or(|old| new.is_some_and(|new| new < old)) {
                Direction::Tightens
            } else {
                Direction::Loosens
            },
            of: "fallbacks looked at".to_owned(),
            route: None,
            old: text(old),
            new: text(new),
            rules: [None, None],
        };
        let absent = (Axis::ABSENT, Axis::ABSENT);
        let more = least.max(0).saturating_add(1);
        let region = region([(Number::Depth, absent), (Number::Count, (more, i64::MAX))]);
        let sample = sample(engines, coding, None, more);
        found.push(Chained {
            what,
            region,
            sample,
        });
    }
    let beyond = engines.map(|engine| {
        let rules = engine.policy().rules.iter();
        let mut beyond = rules.filter(|rule| matches!(rule.kind, RuleKind::BeyondDepth(_)));
        let verdict = beyond.next().and_then(|rule| rule.kind.verdict());
        verdict.map_or(String::new(), |verdict| verdict.code.to_string())
    });
    let [old, new] = beyond;
    if old != new {
        let what = Named {
            direction: Direction::Recodes,
            of: "fallback beyond the depth".to_owned(),
            route: None,
            old: format!("dropped {old}"),
            new: format!("dropped {new}"),
            rules: [None, None],
        };
        found.push(Chained {
            what,
            region: region([
                (Number::Count, (1, i64::MAX)),
                (Number::Count, (1, i64::MAX)),
            ]),
            sample: sample(engines, coding, Some(0), 1),
        });
    }
    found
}

fn region(bounds: [(Number, Span); 2]) -> Region {
    let mut region = Region::from([(Dimension::Role, vec![(CHAIN, CHAIN)])]);
    for (number, span) in bounds {
        region.insert(Dimension::Axis(Axis::Number(number)), vec![span]);
    }
    region
}

/// Fallbacks that are tried, at most.
const MOST: i64 = 8;

/// A request that routes and has so many fallbacks.
fn sample(
    engines: [&Engine; 2],
    coding: &Coding,
    depth: Option<i64>,
    fallbacks: i64,
) -> Option<Sample> {
    let [_, new] = engines;
    let make = Make {
        engines,
        coding,
        cell: Cell::default(),
    };
    let many = usize::try_from(fallbacks.min(MOST)).ok()?;
    for endpoint in &new.catalog().endpoints {
        for model in &new.catalog().models {
            let one = make.draft(Some(&model.id), OTHER_ID + 1, &endpoint.name);
            let Made::Request(mut draft, state) = one else {
                continue;
            };
            draft.chain.depth = depth;
            draft.fallbacks = vec![draft.body.clone(); many];
            draft.chain.count = fallbacks;
            let with: Draft = *draft;
            let Some(answers) = ask(engines, &with, &state) else {
                continue;
            };
            if differ(&answers, false) {
                return Some(Sample {
                    draft: with,
                    state,
                    answers,
                });
            }
        }
    }
    None
}
