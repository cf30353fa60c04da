//! Near spellings: what a misspelt name was probably meant to be.

mod index;

pub use index::Index;

use crate::limits;

/// The candidates within a third of the name's length, nearest first, then by name; at most
/// [`limits::SUGGESTIONS`].
///
/// Case and the separators `-`, `_`, `.` and space count as small slips: names that differ in
/// nothing else come first. So does a vendor's name before a `/`. A name that leaves off the last
/// words of another, such as a date, comes right after.
pub fn near<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = ranked(name, candidates);
    found.truncate(limits::SUGGESTIONS);
    found
}

/// All candidates within reach of a name, nearest first, then by name.
pub fn ranked<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let sought = Sought::of(name);
    let length = sought.folded.chars().count();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            if sought.left_off(candidate) {
                return Some((1, candidate));
            }
            if !sought.may_be(candidate) {
                return None;
            }
            let other = fold(candidate);
            if other.chars().count().abs_diff(length) > sought.reach {
                return None;
            }
            let distance = strsim::osa_distance(&sought.folded, &other);
            (distance <= sought.reach).then_some((distance, candidate))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, name)| name).collect()
}

/// The nearest candidate, if any is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(name, candidates).first().copied()
}

/// A name that others are compared with.
struct Sought<'n> {
    name: &'n str,
    /// Without a vendor's name before it.
    bare: &'n str,
    folded: String,
    /// The largest distance of a near spelling.
    reach: usize,
}

impl<'n> Sought<'n> {
    fn of(name: &'n str) -> Self {
        let bare = name.rsplit_once('/').map_or(name, |(_, bare)| bare);
        let folded = fold(bare);
        let reach = (folded.chars().count() / 3).clamp(1, FARTHEST);
        Self {
            name,
            bare,
            folded,
            reach,
        }
    }

    /// Says whether it is a candidate without its last words.
    fn left_off(&self, candidate: &str) -> bool {
        let rest = candidate.strip_prefix(self.bare);
        self.bare.len() > 3
            && candidate != self.name
            && rest.is_some_and(|rest| rest.starts_with(SEPARATORS))
    }

    /// Says whether a candidate is another name of about the same length.
    fn may_be(&self, candidate: &str) -> bool {
        candidate != self.name && candidate.len().abs_diff(self.bare.len()) <= self.reach * 4
    }
}

/// The most slips of a near spelling.
const FARTHEST: usize = 4;

/// What stands between the words of a name.
const SEPARATORS: [char; 3] = ['-', '.', '_'];

fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' | ' ' => {}
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slips_of_case_and_separator_come_first() {
        let ids = ["qwen3-32B", "qwen3-8B", "gpt-5", "gpt-5.1"];
        assert_eq!(near("qwen3-32b", ids), ["qwen3-32B", "qwen3-8B"]);
        assert_eq!(near("gpt5", ids), ["gpt-5", "gpt-5.1"]);
        assert_eq!(near("something-else", ids), Vec::<&str>::new());
    }

    #[test]
    fn a_vendor_before_and_a_date_behind_are_found() {
        let ids = ["claude-sonnet-4-5-20250929", "gpt-5", "gpt-5-mini"];
        assert_eq!(
            near("claude-sonnet-4-5", ids),
            ["claude-sonnet-4-5-20250929"]
        );
        assert_eq!(near("openai/gpt-5", ids), ["gpt-5", "gpt-5-mini"]);
    }

    /// What the index hands over, up to a number.
    fn indexed<'a>(name: &str, names: &[&'a str], most: usize) -> Vec<&'a str> {
        let index = Index::of(names.iter().copied());
        let mut found = Vec::new();
        let name_of = |number: u32| names[number as usize];
        index.ranked(name, most, name_of, |near| {
            found.push(near);
            ControlFlow::Continue(())
        });
        found
    }

    fn names() -> impl Strategy<Value = BTreeSet<String>> {
        let name = "([abAB][abAB12._-]{0,7}|[ab]{2}[12-]{0,3}|(v/)?abc-[12]{0,3}[ä._-]?[ab]{0,9})";
        proptest::collection::btree_set(name, 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 500 } else { 50_000 }))]

        #[test]
        fn the_index_says_what_comparing_with_each_says(
            names in names(),
            sought in 0usize..40,
            slip in "[ab12._-]{0,2}",
            at in 0usize..12,
            other in "(v/)?[abAB12._-]{0,14}",
            most in prop_oneof![Just(512usize), 0usize..5],
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let near_one = names.get(sought).map(|name| {
                let mut chars: Vec<char> = name.chars().collect();
                let at = at.min(chars.len());
                chars.splice(at..(at + 1).min(chars.len()), slip.chars());
                chars.into_iter().collect::<String>()
            });
            for sought in near_one.iter().chain([&other]) {
                let mut plain = ranked(sought, names.iter().copied());
                plain.truncate(most);
                prop_assert_eq!(indexed(sought, &names, most), plain, "{}", sought);
            }
        }
    }
}
