//! That a comment fits, and that its counts add up.

use std::path::Path;

use portolan_core::engine::Engine;

use super::*;
use crate::load::Policy;

fn engine(side: &str) -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/diff");
    let policy = Policy::find(&root.join(side), None).unwrap();
    policy.compile().engine.unwrap()
}

fn real() -> Diff {
    portolan_verify::diff::diff(&engine("old"), &engine("new"))
}

/// The regions that rows show, and those that lines count.
fn accounted(text: &str) -> usize {
    let rows = text.lines().filter(|line| line.starts_with("| for "));
    let rows = rows.filter(|line| !line.starts_with("| for | where"));
    let hidden = text.lines().filter(|line| line.contains("not shown"));
    let hidden = hidden.map(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap());
    rows.count() + hidden.sum::<usize>()
}

fn regions(diff: &Diff) -> usize {
    let changes = diff.groups.iter().flat_map(|group| &group.changes);
    changes.map(|change| change.regions.len()).sum()
}

#[test]
fn what_fits_is_shown_in_full() {
    let diff = real();
    assert_eq!(markdown(&diff, false), markdown(&diff, true));
    assert_eq!(accounted(&markdown(&diff, false)), regions(&diff));
}

#[test]
fn many_regions_of_a_change_are_counted_past_the_first() {
    let mut diff = real();
    for change in diff.groups.iter_mut().flat_map(|group| &mut group.changes) {
        change.regions = vec![change.regions.clone(); 500].concat();
    }
    let text = markdown(&diff, false);
    assert!(text.len() <= COMMENT);
    assert!(text.contains("not shown: `--all` shows them"));
    assert_eq!(accounted(&text), regions(&diff));
    assert_eq!(accounted(&markdown(&diff, true)), regions(&diff));
}

#[test]
fn very_many_causes_are_counted() {
    let mut diff = real();
    diff.groups = vec![diff.groups.clone(); 2_000].concat();
    let text = markdown(&diff, false);
    assert!(text.len() <= COMMENT, "{}", text.len());
    let counts = text.lines().filter(|line| line.starts_with("- "));
    let counted = counts.filter_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.iter().position(|word| word.starts_with("region"))?;
        words.get(at - 1)?.parse::<usize>().ok()
    });
    assert_eq!(counted.sum::<usize>(), regions(&diff));
    let last = text.lines().last().unwrap();
    assert!(last.contains("more causes with"), "{last}");
}
