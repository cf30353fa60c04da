//! The words of a choice. There may be ten thousand of them, and as many rules that name one: a
//! copy shares them, and one is found without looking at all.

use std::ops::Deref;
use std::sync::Arc;

/// A closed list of words, in the order of their declaration. It reads as a slice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Words(Arc<List>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct List {
    words: Box<[Box<str>]>,
    /// Positions as the words sort.
    sorted: Box<[u32]>,
}

impl Words {
    /// The position of a word; of one that stands twice, the first.
    pub fn position(&self, word: &str) -> Option<u32> {
        let List { words, sorted } = &*self.0;
        let at = |position: u32| words.get(position as usize).map(|w| &**w);
        let first = sorted.partition_point(|p| at(*p) < Some(word));
        let found = sorted.get(first).copied();
        found.filter(|position| at(*position) == Some(word))
    }
}

impl FromIterator<Box<str>> for Words {
    fn from_iter<I: IntoIterator<Item = Box<str>>>(words: I) -> Self {
        let words: Box<[Box<str>]> = words.into_iter().collect();
        let mut numbered: Vec<(&str, u32)> = words.iter().map(|w| &**w).zip(0..).collect();
        numbered.sort_unstable();
        let sorted = numbered.into_iter().map(|(_, position)| position);
        let sorted = sorted.collect();
        Self(Arc::new(List { words, sorted }))
    }
}

impl Deref for Words {
    type Target = [Box<str>];

    fn deref(&self) -> &[Box<str>] {
        &self.0.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_where_it_first_stands() {
        let list = ["b", "a", "c", "a", ""];
        let words: Words = list.into_iter().map(Box::from).collect();
        for word in ["a", "b", "c", "", "d", "aa"] {
            let first = list.iter().position(|w| *w == word);
            let found = words.position(word).map(|p| p as usize);
            assert_eq!(found, first, "{word}");
        }
    }
}
