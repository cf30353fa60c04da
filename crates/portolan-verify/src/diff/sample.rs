//! A request of a region, made and replayed: both reference interpreters are asked about it before
//! it is shown.

use portolan_core::answer::{Answer, Outcome, RuleRef};
use portolan_core::diagram::survey::pair::Cell;
use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};

use super::boxes::{Dimension, Region, positions};
use super::make::Make;
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

/// Tries that are made to find one that shows the change.
const TRIES: usize = 24;

/// A request of a region that both decide differently, replayed.
pub(super) fn sample(
    engines: [&Engine; 2],
    ground: &Ground,
    region: &Region,
    what: &[Named],
) -> Option<Sample> {
    let words = what
        .iter()
        .all(|named| named.direction == Direction::Rewords);
    let mut tries = 0;
    let Ground { coding, names, .. } = ground;
    for endpoint in names.endpoints(region) {
        for model in positions(region, Dimension::Model) {
            tries += 1;
            if tries > TRIES {
                return None;
            }
            let make = Make {
                engines,
                coding,
                cell: cell(region),
            };
            let Some((draft, state)) = make.draft(names.model(model), model, &endpoint) else {
                continue;
            };
            let beyond = what.iter().any(|named| named.route.is_some());
            for draft in make.roles(region, &draft) {
                let mut states = vec![state.clone()];
                if beyond && engines.iter().any(|e| e.policy().plan_at_most.is_some()) {
                    // A route past those that are planned comes up where others are put aside.
                    states.extend(make.with_others_aside(&draft, &state));
                }
                for state in states {
                    let Some(answers) = ask(engines, &draft, &state) else {
                        continue;
                    };
                    if differ(&answers, words) {
                        return Some(Sample {
                            draft,
                            state,
                            answers,
                        });
                    }
                }
            }
        }
    }
    None
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
