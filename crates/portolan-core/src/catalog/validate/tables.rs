//! Names of one section: who was first, where, and under which number.

use std::collections::BTreeMap;

use super::{Checker, diags};
use crate::catalog::raw;
use crate::diagnostic::Diagnostics;
use crate::source::Span;

/// The names of one section.
pub(super) struct Table {
    /// What one of them is, for people.
    of: &'static str,
    ids: BTreeMap<Box<str>, (u32, Span)>,
}

impl Table {
    /// Takes down every entry's name, and reports those that stand twice.
    pub(super) fn of<T>(
        of: &'static str,
        entries: &[raw::Named<T>],
        found: &mut Diagnostics,
    ) -> Self {
        let mut table = Self {
            of,
            ids: BTreeMap::new(),
        };
        for (id, entry) in (0u32..).zip(entries) {
            let name = &entry.name;
            if let Some((_, first)) = table.ids.get(&name.value) {
                found.push(diags::duplicate_name(name.span, of, &name.value, *first));
            } else {
                table.ids.insert(name.value.clone(), (id, name.span));
            }
        }
        table
    }

    /// Takes down words, which several files may declare.
    pub(super) fn of_words(of: &'static str, words: &[raw::Text]) -> Self {
        let numbered = (0u32..).zip(words);
        let ids = numbered.map(|(id, word)| (word.value.clone(), (id, word.span)));
        Self {
            of,
            ids: ids.collect(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<(u32, Span)> {
        self.ids.get(name).copied()
    }

    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids.keys().map(|name| &**name)
    }
}

impl Checker {
    /// The number of a name, or a report that nothing has it.
    pub(super) fn resolve(
        &mut self,
        table: impl Fn(&Self) -> &Table,
        name: &raw::Text,
    ) -> Option<u32> {
        if let Some((id, _)) = table(self).get(&name.value) {
            return Some(id);
        }
        let mut speller = std::mem::take(&mut self.speller);
        let names = table(self);
        let near = speller.nearest(&name.value, names.names());
        let found = diags::unknown_name(name.span, names.of, &name.value, near);
        self.speller = speller;
        self.report(found);
        None
    }

    /// Reports the items of a list that stand in it before.
    pub(super) fn no_repetition(&mut self, names: &[raw::Text]) {
        if names.len() < 2 {
            return;
        }
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for name in names {
            match seen.get(&*name.value) {
                Some(first) => self.report(diags::repeated_item(name.span, &name.value, *first)),
                None => {
                    seen.insert(&name.value, name.span);
                }
            }
        }
    }
}

/// Every circle in `next`, each once, from its smallest member on.
pub(super) fn circles(next: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut seen_from: Vec<Option<usize>> = vec![None; next.len()];
    let mut circles = Vec::new();
    for start in 0..next.len() {
        let mut path = Vec::new();
        let mut here = Some(start);
        while let Some(at) = here {
            match seen_from.get_mut(at) {
                Some(slot @ None) => *slot = Some(start),
                Some(Some(walk)) if *walk == start => {
                    let circle = path.iter().position(|p| *p == at);
                    let circle = circle.and_then(|first| path.get(first..));
                    circles.extend(circle.map(<[usize]>::to_vec));
                    break;
                }
                Some(Some(_)) | None => break,
            }
            path.push(at);
            here = next.get(at).copied().flatten();
        }
    }
    for circle in &mut circles {
        let smallest = circle.iter().enumerate().min_by_key(|(_, at)| **at);
        let offset = smallest.map_or(0, |(i, _)| i);
        circle.rotate_left(offset);
    }
    circles
}

/// `a`, `b` and `a` again, cut when long.
pub(super) fn around<'a>(names: impl ExactSizeIterator<Item = &'a str> + Clone) -> String {
    let left_out = names.len() > 6;
    let first = names.clone().next();
    let mut parts: Vec<_> = names
        .take(6)
        .map(|name| format!("`{}`", crate::text::echo(name)))
        .collect();
    if left_out {
        parts.push("…".to_owned());
    }
    parts.extend(first.map(|name| format!("`{}`", crate::text::echo(name))));
    parts.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_circle_is_found_once() {
        let next = [Some(1), Some(2), Some(1), Some(3), None, Some(0)];
        assert_eq!(circles(&next), [vec![1, 2], vec![3]]);
        assert_eq!(circles(&[Some(9)]), Vec::<Vec<usize>>::new());
    }
}
