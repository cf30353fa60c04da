//! Every cell of the compressed grid of each shipped policy, where there are at most two million:
//! a proof for one effective request, not a sample. Where there are more, every cell of the fields
//! that judge candidates while the others are plain, every triple of fields while all others are
//! plain, and a part of the rest, evenly spread.
//!
//! In a build without optimisation a part of each is asked, evenly spread: the whole takes minutes.

use std::fmt::Write as _;

use portolan_core::engine::Engine;
use portolan_testkit::agree::{Asked, agree};
use portolan_testkit::case::Origin;
use portolan_testkit::grid::{Axis, Grid};
use portolan_testkit::policies::{compile, shipped};

/// A grid of more cells is cut into parts.
const CELLS: u64 = 2_000_000;
/// Cells of one part.
const PART: u64 = 4_000_000;
/// Cells of all fields together, where there are too many of them.
const SPREAD: u64 = 300_000;
/// Cells of each part that are asked about without optimisation.
const BOUNDED: u64 = 15_000;
/// From one cell to the next.
const STEP: u128 = 1_000_000_007;

/// Cells that were asked about, and what came of them.
#[derive(Default)]
struct Count {
    cells: u64,
    asked: u64,
    routes: u64,
}

impl Count {
    /// Asks about at most so many cells of some grids, evenly spread.
    fn ask(&mut self, engine: &Engine, grids: &[Grid], most: u64) {
        let all = total(grids);
        self.cells += all;
        let most = if cfg!(debug_assertions) {
            most.min(BOUNDED)
        } else {
            most
        };
        let most = most.min(all);
        for grid in grids {
            let cells = grid.cells();
            let share = u128::from(cells) * u128::from(most) / u128::from(all.max(1));
            let share = u64::try_from(share).unwrap_or(u64::MAX).clamp(1, cells);
            for number in 0..share {
                // Steps of a prime: each cell at most once, and all values of every field in turn.
                let number = u128::from(number) * STEP % u128::from(cells);
                let (draft, state) = grid.cell(u64::try_from(number).unwrap_or(0));
                let asked = agree(engine, &draft, &state);
                let said = asked.as_ref().err().map_or("no request", String::as_str);
                let accepted = asked.is_ok() && asked != Ok(Asked::NotAccepted);
                assert!(accepted, "{said}\n{draft:#?}\n{state:#?}");
                self.routes += u64::from(asked == Ok(Asked::Route));
                self.asked += 1;
            }
        }
    }
}

fn total(grids: &[Grid]) -> u64 {
    grids.iter().map(Grid::cells).fold(0, u64::saturating_add)
}

fn part(grids: &[Grid], wanted: impl Fn(&Axis) -> bool) -> Vec<Grid> {
    grids.iter().map(|grid| grid.only(&wanted)).collect()
}

/// Every three fields with each other, for each of some grids.
fn triples(grids: &[Grid]) -> Vec<Grid> {
    let mut out = Vec::new();
    for grid in grids {
        let keys: Vec<_> = grid.axes.iter().map(|axis| axis.key).collect();
        for (i, a) in keys.iter().enumerate() {
            for (j, b) in keys.iter().enumerate().skip(i + 1) {
                for c in keys.iter().skip(j + 1) {
                    out.push(grid.only(|axis| [a, b, c].contains(&&axis.key)));
                }
            }
        }
    }
    out
}

#[test]
fn every_cell_of_the_grid_of_a_shipped_policy_is_decided_alike() {
    let mut report = String::new();
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        let grids = Grid::all(&engine);
        let all = total(&grids);
        writeln!(report, "{name}: {all} cells of {} ids", grids.len()).unwrap();
        let mut say = |what: &str, count: &Count| {
            let Count {
                cells,
                asked,
                routes,
            } = count;
            let share = if cells == asked {
                "every one".to_owned()
            } else {
                asked.to_string()
            };
            writeln!(
                report,
                "  {what}: {cells} cells, asked {share}, {routes} route"
            )
            .unwrap();
            assert!(*routes > 0, "{name}: nothing routes in {what}");
        };
        let mut count = Count::default();
        if all <= CELLS {
            count.ask(&engine, &grids, CELLS);
            say("all fields", &count);
            continue;
        }
        count.ask(&engine, &part(&grids, |axis| axis.deciding), PART);
        say("fields that judge candidates", &count);
        // Models that are much alike have much the same triples.
        let some: Vec<Grid> = grids.into_iter().step_by(4).collect();
        let mut count = Count::default();
        count.ask(&engine, &triples(&some), PART);
        say("triples of fields, for every fourth id", &count);
        let mut count = Count::default();
        count.ask(&engine, &Grid::all(&engine), SPREAD);
        say("all fields, spread", &count);
    }
    println!("{report}");
}
