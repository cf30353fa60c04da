//! Every cell of the compressed grid of each shipped policy, where there are at most two million;
//! where there are more, every cell of the parts that decide together, and some of the rest.

use portolan_core::engine::Engine;
use portolan_testkit::agree::agree;
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::grid::{Axis, Grid, Key};
use portolan_testkit::policies::{compile, shipped};

/// A grid of more cells is cut into parts.
const CELLS: u64 = 2_000_000;

#[test]
fn x() {
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        let grids = Grid::all(&engine);
        let total: u64 = grids.iter().map(Grid::cells).fold(0, u64::saturating_add);
        println!("{name}: {total} {}", grids.len());
        let d: u64 = grids.iter().map(|g| g.only(|a| a.deciding).cells()).sum();
        let ds: u64 = grids
            .iter()
            .map(|g| {
                g.only(|a| a.deciding && !matches!(a.key, Key::State(..)))
                    .cells()
            })
            .sum();
        println!("  deciding {d} {ds}");
        println!("{:?}", grids[0]);
        println!("{:?}", grids[grids.len() / 2]);
    }
    panic!();
}
