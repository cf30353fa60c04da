//! Requests that two policies are asked: plain ones for every model, endpoint and instant in turn,
//! plain ones with a field or two that are not, and random ones.

use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;

use crate::scale;

/// How many of the grid there are, at most twice as many.
const GRID: usize = 150;
const NUDGED: u64 = 250;
const RANDOM: u64 = 60;

/// Requests that fit either side; which of the grid they are and what the dice say depends on the
/// seed.
pub(crate) fn requests(engines: [&Engine; 2], seed: u64) -> Vec<(Draft, State)> {
    let domains = engines.map(Domain::of);
    let grid = grid(&domains);
    let step = (grid.len() / GRID).max(1);
    let first = usize::try_from(seed).unwrap() % step;
    let some = grid.iter().skip(first).step_by(step).cloned();
    let mut all: Vec<(Draft, State)> = some.map(|draft| (draft, State::default())).collect();
    for turn in 0..(NUDGED + RANDOM) * scale() {
        let mut dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(turn));
        let domain = &domains[usize::from(turn % 2 == 0)];
        let random = domain.draft(&mut dice);
        let mut state = State::default();
        let draft = if turn % (NUDGED + RANDOM) < RANDOM {
            if turn % 4 == 0 {
                state = domain.state(&mut dice);
            }
            random
        } else {
            let mut draft = dice.one_of(&grid).unwrap().clone();
            for _ in 0..=dice.below(2) {
                nudge(&mut draft, &random, &mut dice);
            }
            if dice.chance(10) {
                state = domain.state(&mut dice);
            }
            draft
        };
        all.push((draft, state));
    }
    all
}

/// A plain request for every model, endpoint and instant.
fn grid(domains: &[Domain; 2]) -> Vec<Draft> {
    let mut grid = Vec::new();
    for domain in domains {
        for model in &domain.models {
            for endpoint in &domain.endpoints {
                for at in &domain.cuts.instants {
                    let mut draft = Draft::new(model.clone(), *at);
                    draft.endpoint = Some(endpoint.clone());
                    grid.push(draft);
                }
            }
        }
    }
    grid
}

/// Gives a request something of another.
fn nudge(draft: &mut Draft, of: &Draft, dice: &mut Dice) {
    match dice.below(14) {
        0 => {
            draft.auth = of.auth;
            draft.auth_header.clone_from(&of.auth_header);
        }
        1 => draft.attributes.clone_from(&of.attributes),
        2 | 3 => draft.body.model_region = Some("global".to_owned()),
        4 => draft.body.model_region.clone_from(&of.body.model_region),
        5 | 6 => draft.body.max_tokens = of.body.max_tokens,
        7 => draft.body.input_tokens = of.body.input_tokens,
        8 => draft.body.temperature = of.body.temperature,
        9 => {
            draft.body.parameters.clone_from(&of.body.parameters);
            draft.body.stream = of.body.stream;
        }
        10 => {
            draft.body.content.clone_from(&of.body.content);
            draft.body.tool_types.clone_from(&of.body.tool_types);
            draft
                .body
                .post_processing
                .clone_from(&of.body.post_processing);
        }
        11 => {
            draft.body.tool_choice.clone_from(&of.body.tool_choice);
            draft
                .body
                .response_format
                .clone_from(&of.body.response_format);
        }
        12 => draft.chain = of.chain.clone(),
        _ => {
            draft.fallbacks.clone_from(&of.fallbacks);
            draft.body.faults.clone_from(&of.body.faults);
        }
    }
}
