//! A request of a region, made and replayed: both reference interpreters are asked about it before
//! it is shown.

use std::collections::BTreeSet;

use portolan_core::answer::{Answer, Outcome, RuleRef};
use portolan_core::diagram::survey::pair::Cell;
use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};

use super::boxes::{Dimension, OTHER_ID, Region, positions};
use super::make::{Made, Make};
use super::named::{Direction, Named};
use super::place::Ground;

/// A request and what both say to it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The request.
    pub draft: Draft,
    /// What is known about now.
    pub state: State,
    /// What both say.
    pub answers: [Answer; 2],
}

/// What a caller acts on: an answer without its words and without when it goes stale.
pub fn essence(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.snapshot = String::default();
    match &mut answer.outcome {
        Outcome::Route(plan) => {
            plan.valid_until = None;
            for warning in &mut plan.warnings {
                warning.message.clear();
                warning.field = None;
            }
            for dropped in &mut plan.dropped {
                dropped.message.clear();
            }
        }
        Outcome::Refuse(refusal) => {
            refusal.message.clear();
            refusal.help.clear();
            refusal.field = None;
            refusal.rule = RuleRef {
                name: String::new(),
                file: String::new(),
                line: 0,
                column: 0,
            };
            refusal.candidates.clear();
            refusal.also.clear();
            for dropped in &mut refusal.dropped {
                dropped.message.clear();
            }
        }
    }
    answer
}

/// What came of looking for a request.
pub(super) enum Sampled {
    /// One that shows the change.
    Shown(Box<Sample>),
    /// No posted request is in the region.
    Nobody,
    /// There is one, and none that was tried shows the change.
    Lost,
}

/// Tries that are made to find one that shows the change.
const TRIES: usize = 24;

/// A posted request of a region that both decide differently, replayed.
pub(super) fn sample(
    engines: [&Engine; 2],
    ground: &Ground,
    region: &Region,
    what: &[Named],
) -> Sampled {
    let words = what
        .iter()
        .all(|named| named.direction == Direction::Rewords);
    let beyond = what.iter().any(|named| named.route.is_some());
    let beyond = beyond && engines.iter().any(|e| e.policy().plan_at_most.is_some());
    let Ground { coding, names, .. } = ground;
    let make = Make {
        engines,
        coding,
        cell: cell(region),
    };
    let (mut tries, mut lost) = (0, false);
    // What a body can say does not depend on which model it names, or where it is posted.
    let mut nobody = BTreeSet::new();
    for endpoint in names.endpoints(region) {
        for model in positions(region, Dimension::Model) {
            let id = names.model(model);
            if nobody.contains(&(id.is_some(), model.min(OTHER_ID))) {
                continue;
            }
            tries += 1;
            if tries > TRIES {
                return Sampled::Lost;
            }
            let (draft, state) = match make.draft(id, model, &endpoint) {
                Made::Request(draft, state) => (draft, state),
                Made::Nobody => {
                    nobody.insert((id.is_some(), model.min(OTHER_ID)));
                    continue;
                }
                Made::TooMany => {
                    lost = true;
                    continue;
                }
            };
            lost = true;
            for draft in make.roles(region, &draft) {
                let mut states = vec![state.clone()];
                if beyond {
                    // A route past those that are planned comes up where others are put aside.
                    states.extend(make.with_others_aside(&draft, &state));
                }
                for state in states {
                    let Some(answers) = ask(engines, &draft, &state) else {
                        continue;
                    };
                    if differ(&answers, words) {
                        return Sampled::Shown(Box::new(Sample {
                            draft,
                            state,
                            answers,
                        }));
                    }
                }
            }
        }
    }
    if lost { Sampled::Lost } else { Sampled::Nobody }
}

/// Says whether two answers differ: in their words, or in what a caller acts on.
pub(super) fn differ([old, new]: &[Answer; 2], words: bool) -> bool {
    if words {
        without_snapshot(old) != without_snapshot(new)
    } else {
        essence(old) != essence(new)
    }
}

/// What both interpreters say; none where one does not accept the request.
pub(super) fn ask(engines: [&Engine; 2], draft: &Draft, state: &State) -> Option<[Answer; 2]> {
    let [old, new] = engines;
    let answer = |engine: &Engine| {
        let request = engine.request(draft.clone()).ok()?;
        Some(engine.answer(&request, state))
    };
    Some([answer(old)?, answer(new)?])
}

fn without_snapshot(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.snapshot = String::default();
    answer
}

/// The fields of a region.
fn cell(region: &Region) -> Cell {
    let bounds = region
        .iter()
        .filter_map(|(dimension, spans)| match dimension {
            Dimension::Axis(axis) => Some((*axis, spans.clone())),
            Dimension::Role | Dimension::Endpoint | Dimension::Model => None,
        });
    Cell {
        bounds: bounds.collect(),
    }
}
