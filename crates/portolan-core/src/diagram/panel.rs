//! Panels: every test that a decision may ask for is made, without a branch, and one cell says
//! what comes of all of them together.
//!
//! There is one set of columns for all models. A model's cuts lie in its record; what the outcomes
//! of the tests come to lies in rows of cells, which models of a shape share. What is asked in
//! more tests than a panel has room for is walked; both say the same.

#![expect(
    clippy::inline_always,
    reason = "values handed over in memory cost more than the tests"
)]

mod columns;
mod fill;

pub(super) use fill::{Walked, build};

use std::hint::select_unpredictable;

use super::flat::Ask;
use super::table::Record;

/// Cuts that a record has room for; others lie in a list of their own.
pub(super) const INLINE: usize = 4;

/// Tests of constants that every decision makes.
const CONSTANTS: usize = 4;

/// No row of a panel.
pub(super) const UNPANELLED: u32 = u32::MAX;

/// No ending of a panel.
pub(super) const NO_ENDING: u32 = u32::MAX;

/// Fields that are read beside the basic ones.
pub(super) const OTHERS: usize = 8;

/// What tests are made on: the basic fields, and others.
pub(super) type Values = [i64; 8 + OTHERS];

/// One test of every request.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    /// What it adds to the position of the cell where the value is not below the cut.
    stride: u32,
    /// Where the value lies.
    field: u32,
    /// The cut, unless each model has its own.
    cut: i64,
}

/// What a decision comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ending {
    /// As a walk would say it.
    pub(super) verdict: u32,
    /// Why, where it is refused.
    pub(super) rule: u32,
    /// The first route, or the candidate that got furthest, among the model's; `NO_ROUTE`.
    pub(super) route: u16,
    pub(super) what: What,
    /// How many warnings there are; `UNCOUNTED`.
    pub(super) warnings: u8,
}

/// Nobody, or nobody knows yet.
pub(super) const NO_ROUTE: u16 = u16::MAX;

/// Somebody has to look.
pub(super) const UNCOUNTED: u8 = u8::MAX;

/// Which kind of verdict it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    /// Some candidates survive.
    Survives,
    /// The request itself is refused, or no candidate survives.
    Refused,
    /// Which lock is broken has to be asked.
    Locked,
}

/// The tests of every decision, and what they come to.
#[derive(Debug, Default)]
pub(super) struct Panel {
    /// Fields beside the basic ones.
    pub(super) others: Box<[Ask]>,
    constants: [Column; CONSTANTS],
    /// Those that there is no room for among the first.
    further: Box<[Column]>,
    /// For the cuts of a model's own that its record has room for.
    own: [Column; INLINE],
    /// For those that it has no room for.
    wider: Box<[Column]>,
    /// By record: those cuts.
    more: Box<[u32]>,
    /// By what is panelled, and the endpoint called: where its cells begin.
    rows: Box<[u32]>,
    cells: Box<[u32]>,
    endings: Box<[Ending]>,
}

impl Panel {
    /// Where the cells of a record begin; `None` where it has to be walked.
    #[inline(always)]
    pub(super) fn row(&self, record: &Record, endpoint: u32) -> Option<u32> {
        let row = record.panel as usize + endpoint as usize;
        self.rows.get(row).copied()
    }

    /// What a request comes to in a row; `None` where that has to be walked.
    #[inline(always)]
    pub(super) fn look<const FIELDS: usize>(
        &self,
        row: u32,
        (subject, record): (u32, &Record),
        values: &[i64; FIELDS],
    ) -> Option<u32> {
        let mut cell = row as usize;
        let value = |column: &Column| {
            let value = values.get(column.field as usize % FIELDS);
            value.copied().unwrap_or(0)
        };
        for column in &self.constants {
            let reached = value(column) >= column.cut;
            cell += select_unpredictable(reached, column.stride as usize, 0);
        }
        if !self.further.is_empty() {
            for column in &self.further {
                let reached = value(column) >= column.cut;
                cell += select_unpredictable(reached, column.stride as usize, 0);
            }
        }
        for (column, cut) in self.own.iter().zip(&record.cuts) {
            let reached = value(column) >= i64::from(*cut);
            cell += select_unpredictable(reached, column.stride as usize, 0);
        }
        if !self.wider.is_empty() {
            let cuts = self.more.get(subject as usize * self.wider.len()..)?;
            for (column, cut) in self.wider.iter().zip(cuts) {
                let reached = value(column) >= i64::from(*cut);
                cell += select_unpredictable(reached, column.stride as usize, 0);
            }
        }
        self.cells.get(cell).copied()
    }

    /// What is told of an ending.
    #[inline(always)]
    pub(super) fn ending(&self, at: u32) -> Option<&Ending> {
        self.endings.get(at as usize)
    }
}
