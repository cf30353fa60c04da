//! Sets of words that have what some masks ask for and nothing that others forbid.

use std::collections::BTreeSet;

use super::domain::Mask;

/// A small set with all the words that are forced and whatever else the masks ask for; `None`
/// where there is no set. Words are taken from the known ones in order; where those are not all
/// that there are, some word that no mask names is one more.
pub(super) fn smallest(
    masks: &[Mask<'_>],
    forced: &BTreeSet<String>,
    known: Option<&[&str]>,
    refused: &dyn Fn(&str) -> bool,
) -> Option<BTreeSet<String>> {
    let allowed = |word: &str| {
        let mut forbidding = masks.iter().filter(|mask| !mask.has);
        !refused(word) && !forbidding.any(|mask| mask.contains(word))
    };
    if !forced.iter().all(|word| allowed(word)) {
        return None;
    }
    let mut set = forced.clone();
    let asked = |mask: &&Mask<'_>| mask.has && !forced.iter().any(|word| mask.contains(word));
    let mut open: Vec<&Mask<'_>> = masks.iter().filter(asked).collect();
    if open.is_empty() {
        return Some(set);
    }
    let fresh = fresh(masks);
    let words: Vec<&str> = if let Some(known) = known {
        known.to_vec()
    } else {
        let named: BTreeSet<&str> = masks.iter().flat_map(Mask::named).collect();
        named.into_iter().chain([fresh.as_str()]).collect()
    };
    let words: Vec<&str> = words.into_iter().filter(|word| allowed(word)).collect();
    if let Some(pair) = pair(&words, &open) {
        set.extend(pair.map(str::to_owned));
        return Some(set);
    }
    // More than two are needed: the word that meets most, then the next.
    while !open.is_empty() {
        let met = |word: &str| open.iter().filter(|mask| mask.contains(word)).count();
        let counted = words.iter().map(|word| (met(word), *word));
        let best = counted.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (_, word) = best.filter(|(met, _)| *met > 0)?;
        open.retain(|mask| !mask.contains(word));
        set.insert(word.to_owned());
    }
    Some(set)
}

/// One word, or two, that meet every mask.
fn pair<'w>(words: &[&'w str], masks: &[&Mask<'_>]) -> Option<[&'w str; 2]> {
    let meets = |word: &str, other: &str| {
        let mut masks = masks.iter();
        masks.all(|mask| mask.contains(word) || mask.contains(other))
    };
    let one = words.iter().find(|word| meets(word, word));
    let one = one.map(|word| [*word, *word]);
    one.or_else(|| {
        words.iter().enumerate().find_map(|(index, word)| {
            let mut later = words.iter().skip(index + 1);
            later
                .find(|other| meets(word, other))
                .map(|other| [*word, *other])
        })
    })
}

/// A word that no mask names.
fn fresh(masks: &[Mask<'_>]) -> String {
    let named: BTreeSet<&str> = masks.iter().flat_map(Mask::named).collect();
    let mut word = "x".to_owned();
    // At most one step for each word that is named.
    while named.contains(word.as_str()) {
        word.push('x');
    }
    word
}
