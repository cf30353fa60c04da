//! Small policies decided in full: one request of each cell of the grid, and each of them as a
//! fallback of each other. What is proved holds of all of them; what is refuted by one request
//! alone is refuted by some cell. Where there are too many cells, some are asked, evenly spread.

use portolan_core::engine::Engine;
use portolan_core::policy::{Claim, Goal, Prove};
use portolan_core::request::{Draft, State};
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::grid::Grid;
use portolan_testkit::random::{Example, ask};
use portolan_testkit::second_opinion::{lay_over, speaks_against};
use portolan_verify::prove::{Outcome, answers};

use crate::{postable, scale, shown};

/// Policies that are looked at, and questions to each.
const POLICIES: u64 = 200;
const QUESTIONS: usize = 3;
/// A question with more cells is put to some of them.
const CELLS: u64 = 4_000;
const SPREAD: u64 = 8;
/// Pairs of a request and its fallback, evenly spread where there are more.
const PAIRS: u64 = 500;
/// From one pair to the next.
const STEP: u128 = 1_000_000_007;

#[derive(Debug, Default)]
struct Count {
    proved: usize,
    refuted: usize,
    inconclusive: usize,
    /// Put to every cell.
    whole: usize,
    cells: u64,
    pairs: u64,
}

fn total(grids: &[Grid]) -> u64 {
    grids.iter().map(Grid::cells).fold(0, u64::saturating_add)
}

/// The cells of some grids, without facts about now. Attributes that nobody reads have any value.
fn cells(engine: &Engine, grids: &[Grid]) -> Vec<Draft> {
    let needed = Domain::of(engine).attributes.into_iter();
    let needed = needed.filter(|(_, _, spared)| !spared);
    let needed: Vec<(String, String)> = needed
        .filter_map(|(name, values, _)| Some((name, values.into_iter().next()?)))
        .collect();
    let of = |grid: &Grid, number: u64| {
        let (mut draft, _) = grid.cell(number);
        for (name, value) in &needed {
            let given = draft.attributes.entry(name.clone());
            given.or_insert_with(|| value.clone());
        }
        tie(&mut draft);
        draft
    };
    let whole = total(grids) <= CELLS;
    let mut found = Vec::new();
    for grid in grids {
        let all = grid.cells();
        let most = if whole { all } else { all.min(SPREAD) };
        found.extend((0..most).map(|number| {
            let number = u128::from(number) * STEP % u128::from(all);
            of(grid, u64::try_from(number).unwrap())
        }));
    }
    found
}

/// Whoever gives a parameter a value uses it.
fn tie(draft: &mut Draft) {
    let body = &mut draft.body;
    let used = [
        ("temperature", body.temperature.is_some()),
        ("top_p", body.top_p.is_some()),
        ("tool_choice", body.tool_choice.is_some()),
        ("response_format", body.response_format.is_some()),
        ("reasoning", body.reasoning_effort.is_some()),
        ("tools", !body.tool_types.is_empty()),
    ];
    let used = used.into_iter().filter(|(_, used)| *used);
    body.parameters
        .extend(used.map(|(name, _)| name.to_owned()));
}

fn against(engine: &Engine, prove: &Prove, draft: &Draft) -> bool {
    speaks_against(engine, prove, draft, &State::default()).unwrap() && postable(draft)
}

/// A request with another's body as its fallback.
fn chained(outer: &Draft, inner: &Draft) -> Draft {
    let mut draft = outer.clone();
    let mut fallback = inner.body.clone();
    lay_over(&mut fallback, &draft.body);
    fallback.faults.clear();
    draft.fallbacks = vec![fallback];
    draft.chain.count = 1;
    draft
}

fn is_about_attempts(prove: &Prove) -> bool {
    matches!(
        prove.goal,
        Goal::Claim {
            claim: Claim::Every(_),
            ..
        }
    )
}

#[test]
fn small_policies_are_decided_as_every_cell_of_their_grid_says() {
    let mut count = Count::default();
    for seed in 0..POLICIES * scale() {
        let Some(engine) = Example::with_proves(seed, 2).compile().engine else {
            continue;
        };
        let dice = &mut Dice::new(seed ^ 0xce11);
        let proves = engine.policy().proves.clone().into_iter();
        let asked = (0..QUESTIONS).filter_map(|_| ask(dice, engine.policy()));
        for prove in proves.chain(asked) {
            let grids = Grid::asked(&engine, &prove);
            let whole = total(&grids) <= CELLS;
            let cells = cells(&engine, &grids);
            count.ask(&engine, &prove, (&cells, whole), seed);
        }
    }
    println!("{count:?}");
    assert!(count.proved > 100 && count.whole > 20, "{count:?}");
}

impl Count {
    fn ask(&mut self, engine: &Engine, prove: &Prove, (cells, whole): (&[Draft], bool), seed: u64) {
        let mut answered = answers(engine, &[prove], &postable, &|_| None);
        let (_, outcome) = answered.remove(0);
        self.cells += cells.len() as u64;
        self.whole += usize::from(whole);
        let alone = || cells.iter().find(|draft| against(engine, prove, draft));
        match outcome {
            Outcome::Proved => {
                self.proved += 1;
                let broken = alone();
                assert!(
                    broken.is_none(),
                    "seed {seed}: {}\n{broken:#?}",
                    shown(prove)
                );
                if is_about_attempts(prove) {
                    self.pairs(engine, prove, cells, seed);
                }
            }
            Outcome::Refuted(found) => {
                self.refuted += 1;
                let chained = !found.draft.fallbacks.is_empty();
                let told = chained || !whole || alone().is_some();
                assert!(told, "seed {seed}: {}\n{:#?}", shown(prove), found.draft);
            }
            Outcome::Inconclusive(_) => self.inconclusive += 1,
        }
    }

    fn pairs(&mut self, engine: &Engine, prove: &Prove, cells: &[Draft], seed: u64) {
        let all = (cells.len() * cells.len()) as u64;
        for number in 0..all.min(PAIRS) {
            let number = u128::from(number) * STEP % u128::from(all);
            let number = usize::try_from(number).unwrap();
            let cell = |at: usize| cells.get(at).unwrap();
            let (outer, inner) = (cell(number / cells.len()), cell(number % cells.len()));
            let draft = chained(outer, inner);
            self.pairs += 1;
            let broken = against(engine, prove, &draft);
            assert!(!broken, "seed {seed}: {}\n{draft:#?}", shown(prove));
        }
    }
}
