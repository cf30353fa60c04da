//! Regions merged as far as they go: two that differ in one dimension alone are one.
//!
//! There are thousands of them, so that they are held as rows of numbers while they are merged.
//! What a region is stands in `boxes.rs`.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::diagram::survey::pair::{Axis, Coding, Span, tidy};

use super::boxes::{Dimension, Region};

/// Merges regions that differ in one dimension until no two do.
pub(super) fn merged(regions: Vec<Region>, coding: &Coding) -> Vec<Region> {
    let dimensions: BTreeSet<Dimension> = regions.iter().flat_map(|r| r.keys().copied()).collect();
    let columns: Vec<Column> = dimensions
        .iter()
        .map(|of| Column::of(*of, coding))
        .collect();
    let mut rows = Rows::default();
    for region in &regions {
        rows.add(region, &dimensions);
    }
    drop(regions);
    // A dimension is done with once nothing has merged since its last turn.
    let mut unchanged = 0;
    while unchanged < columns.len() {
        for (position, column) in columns.iter().enumerate() {
            let before = rows.all.len();
            rows.along(position, column);
            unchanged = if rows.all.len() < before {
                1
            } else {
                unchanged + 1
            };
            if unchanged >= columns.len() {
                break;
            }
        }
    }
    rows.regions(&dimensions)
}

/// A dimension, and how values of it go together.
struct Column {
    /// The field, where it is one.
    axis: Option<Axis>,
    /// Every value there is, where that is known.
    all: Option<Vec<Span>>,
}

impl Column {
    fn of(dimension: Dimension, coding: &Coding) -> Self {
        match dimension {
            Dimension::Axis(axis) => Self {
                axis: Some(axis),
                all: Some(axis.codes(coding)),
            },
            Dimension::Role | Dimension::Endpoint | Dimension::Model => Self {
                axis: None,
                all: None,
            },
        }
    }

    /// Values in parts, each of which one region can have.
    fn parts(&self, spans: Vec<Span>) -> Vec<Vec<Span>> {
        match self.axis {
            Some(axis) => axis.parts(spans),
            None => vec![spans],
        }
    }
}

/// Any value: the number that no list of spans has.
const ANY: u32 = 0;

/// Regions, each a number for every dimension.
#[derive(Default)]
struct Rows {
    all: Vec<Box<[u32]>>,
    /// Lists of spans; the first is `ANY`.
    spans: Vec<Vec<Span>>,
    known: BTreeMap<Vec<Span>, u32>,
}

impl Rows {
    fn add(&mut self, region: &Region, dimensions: &BTreeSet<Dimension>) {
        let row = dimensions.iter().map(|dimension| {
            let spans = region.get(dimension);
            spans.map_or(ANY, |spans| self.number(spans))
        });
        let row = row.collect();
        self.all.push(row);
    }

    fn number(&mut self, spans: &[Span]) -> u32 {
        if let Some(known) = self.known.get(spans) {
            return *known;
        }
        if self.spans.is_empty() {
            self.spans.push(Vec::new());
        }
        let number = u32::try_from(self.spans.len()).unwrap_or(u32::MAX);
        self.spans.push(spans.to_vec());
        self.known.insert(spans.to_vec(), number);
        number
    }

    fn spans_of(&self, number: u32) -> &[Span] {
        let spans = self.spans.get(number as usize);
        spans.map_or(&[], Vec::as_slice)
    }

    /// Merges rows that differ in this column alone.
    fn along(&mut self, position: usize, column: &Column) {
        let mut all = std::mem::take(&mut self.all);
        let like = |a: &[u32], b: &[u32]| besides(a, position).cmp(&besides(b, position));
        all.sort_unstable_by(|a, b| like(a, b).then_with(|| a.cmp(b)));
        all.dedup();
        let mut rows = all.into_iter().peekable();
        while let Some(row) = rows.next() {
            let mut numbers: Vec<u32> = row.get(position).copied().into_iter().collect();
            while let Some(next) = rows.next_if(|next| like(&row, next).is_eq()) {
                numbers.extend(next.get(position));
            }
            // Any value stands for itself; it sorts before the others.
            if numbers.first() == Some(&ANY) {
                self.all.push(row.clone());
                numbers.remove(0);
            }
            let numbers = if numbers.len() < 2 {
                numbers
            } else {
                self.joined(&numbers, column)
            };
            for number in numbers {
                let mut row = row.clone();
                if let Some(own) = row.get_mut(position) {
                    *own = number;
                }
                self.all.push(row);
            }
        }
    }

    /// The numbers of the values of all of these, in as few parts as there can be.
    fn joined(&mut self, numbers: &[u32], column: &Column) -> Vec<u32> {
        let all = numbers.iter().flat_map(|number| self.spans_of(*number));
        let parts = column.parts(tidy(all.copied().collect()));
        let parts = parts.iter().map(|part| {
            let all = column.all.as_ref() == Some(part);
            if all { ANY } else { self.number(part) }
        });
        parts.collect()
    }

    fn regions(&self, dimensions: &BTreeSet<Dimension>) -> Vec<Region> {
        let region = |row: &[u32]| {
            let named = dimensions.iter().zip(row).filter(|(_, n)| **n != ANY);
            named
                .map(|(dimension, number)| (*dimension, self.spans_of(*number).to_vec()))
                .collect()
        };
        let mut regions: Vec<Region> = self.all.iter().map(|row| region(row)).collect();
        regions.sort_unstable();
        regions.dedup();
        regions
    }
}

/// A row without one of its columns.
fn besides(row: &[u32], position: usize) -> Option<(&[u32], &[u32])> {
    let (before, rest) = row.split_at_checked(position)?;
    Some((before, rest.get(1..)?))
}
