//! Diagrams against brute force over small domains.

use super::*;

const FIELDS: u16 = 3;
const RANKS: u32 = 4;

/// Every point of the domain.
fn points() -> Vec<[u32; 3]> {
    let ranks = 0..RANKS;
    let mut points = Vec::new();
    for a in ranks.clone() {
        for b in ranks.clone() {
            points.extend(ranks.clone().map(|c| [a, b, c]));
        }
    }
    points
}

fn walk(store: &Store, diagram: Diagram, point: [u32; 3]) -> u32 {
    let mut at = diagram;
    while let Some(node) = store.node(at) {
        at = node.at(point[usize::from(node.field)]).unwrap();
    }
    at.value().unwrap()
}

/// Some ranges, taken from a number's digits.
fn any(store: &mut Store, seed: u32) -> Diagram {
    let mut sum = Diagram::terminal(seed % 3);
    for step in 0..4 {
        let digits = seed.rotate_left(step * 7).wrapping_mul(2_654_435_761) >> 8;
        let field = u16::try_from(digits % 3).unwrap() % FIELDS;
        let cut = 1 + (digits / 3) % (RANKS - 1);
        let other = Diagram::terminal((digits / 16) % 3);
        let edges = vec![(0, Diagram::FALSE), (cut, Diagram::TRUE)];
        let reached = store.range(field, edges).unwrap();
        sum = store.choose(reached, other, sum).unwrap();
    }
    sum
}

#[test]
fn joins_are_pointwise_and_equal_functions_are_one_diagram() {
    let mut store = Store::default();
    for seed in 0..300u32 {
        let (a, b) = (any(&mut store, seed), any(&mut store, seed * 31 + 7));
        let mut memo = Memo::default();
        let mut larger =
            |a: Diagram, b: Diagram| Some(Diagram::terminal(a.value()?.max(b.value()?)));
        let joined = store.join(&mut memo, &mut larger, a, b).unwrap();
        let mut memo = Memo::default();
        let turned = store.join(&mut memo, &mut larger, b, a).unwrap();
        assert_eq!(joined, turned, "seed {seed}");
        for point in points() {
            let most = walk(&store, a, point).max(walk(&store, b, point));
            assert_eq!(walk(&store, joined, point), most, "seed {seed}, {point:?}");
        }
    }
}

#[test]
fn a_node_asks_only_what_matters() {
    let mut store = Store::default();
    let same = vec![(0, Diagram::TRUE), (2, Diagram::TRUE)];
    assert_eq!(store.range(0, same), Ok(Diagram::TRUE));
    let low = store
        .range(1, vec![(0, Diagram::TRUE), (2, Diagram::FALSE)])
        .unwrap();
    let high = store
        .range(1, vec![(0, Diagram::FALSE), (2, Diagram::TRUE)])
        .unwrap();
    assert_eq!(store.or(low, high), Ok(Diagram::TRUE));
    assert_eq!(store.and(low, high), Ok(Diagram::FALSE));
}

#[test]
fn past_the_budget_there_is_no_diagram() {
    let mut store = Store {
        steps: limits::DIAGRAM_STEPS,
        ..Store::default()
    };
    let edges = vec![(0, Diagram::TRUE), (2, Diagram::FALSE)];
    assert_eq!(store.range(0, edges), Err(Inconclusive));
}
