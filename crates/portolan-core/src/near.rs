//! Near spellings: what a misspelt name was probably meant to be.

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
    let bare = name.rsplit_once('/').map_or(name, |(_, bare)| bare);
    let folded = fold(bare);
    let length = folded.chars().count();
    let reach = (length / 3).clamp(1, 4);
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .filter_map(|candidate| {
            if left_off(bare, candidate) {
                return Some((1, candidate));
            }
            if candidate.len().abs_diff(bare.len()) > reach * 4 {
                return None;
            }
            let other = fold(candidate);
            if other.chars().count().abs_diff(length) > reach {
                return None;
            }
            let distance = strsim::osa_distance(&folded, &other);
            (distance <= reach).then_some((distance, candidate))
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

/// Says whether a name is another one without its last words.
fn left_off(name: &str, candidate: &str) -> bool {
    let rest = candidate.strip_prefix(name);
    name.len() > 3 && rest.is_some_and(|rest| rest.starts_with(['-', '_', '.']))
}

fn fold(name: &str) -> String {
    let separator = |c: char| matches!(c, '-' | '_' | '.' | ' ');
    name.chars()
        .filter(|c| !separator(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
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
}
