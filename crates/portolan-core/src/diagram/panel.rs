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
mod kinds;

pub(super) use fill::{Walked, build};

use std::hint::{cold_path, select_unpredictable};

use super::field::{ABSENT, Flag, Number, TextField};
use super::flat::{Ask, Basics, basic};
use super::table::Record;

/// Cuts that a record has room for; others lie in a list of their own.
pub(super) const INLINE: usize = 4;

/// Models whose rows are the same, by where the first of these begins.
pub(super) type Kind = u32;

/// Of no kind; no row begins there, nor anywhere near, also where positions have 32 bits.
pub(super) const UNPANELLED: Kind = 1 << 31;

/// No ending of a panel.
pub(super) const NO_ENDING: u32 = u32::MAX;

/// Fields that are read beside the basic ones.
pub(super) const OTHERS: usize = 8;

/// What tests are made on: the basic fields, and others.
pub(super) type Values = [i64; 8 + OTHERS];

/// One test of every request, of a field that its place among the columns tells.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    /// What it adds to the position of the cell where the value is not below the cut.
    stride: u32,
    /// The cut, unless each model has its own.
    cut: i64,
}

/// One test of every request, of any field.
#[derive(Debug, Clone, Copy, Default)]
struct Further {
    column: Column,
    /// Where the value lies.
    field: u32,
}

/// What a decision comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    /// Why, where it is refused.
    pub(super) rule: u32,
    /// The first route, or the candidate that got furthest, among the model's; `NO_ROUTE`.
    pub(super) route: u16,
    pub(super) what: What,
    /// How many warnings there are, where some candidates survive and somebody counted.
    pub(super) warnings: u8,
}

/// Nobody, or nobody knows yet.
pub(super) const NO_ROUTE: u16 = u16::MAX;

/// Which kind of verdict it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Some candidates survive.
    Survives,
    /// So they do, and warnings have to be counted.
    Uncounted,
    /// The request itself is refused, or no candidate survives.
    Refused,
    /// Which lock is broken has to be asked.
    Locked,
}

const REGION: u32 = basic(Ask::Text(TextField::ModelRegion)) as u32;
const AT: u32 = basic(Ask::At) as u32;
const MOST: u32 = basic(Ask::Number(Number::MaxTokens)) as u32;
const IN_ALL: u32 = basic(Ask::Number(Number::TotalTokens)) as u32;
const STREAM: u32 = basic(Ask::Flag(Flag::Stream)) as u32;

/// By where they stand among the basic ones: the fields of the columns that compare with constants,
/// and of those that compare with a model's own cuts. It is what nearly every policy asks, each from
/// where it was read to its test without a list.
const FIELDS: [[u32; 4]; 2] = [[REGION, REGION, STREAM, AT], [AT, AT, MOST, IN_ALL]];

/// What all models are asked alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared {
    /// Where the tests with constants lead.
    cell: u32,
    /// What is compared with a record's cuts, each in its place.
    values: [i32; INLINE],
}

/// A model's own cut as its record has it, where it has room for it.
fn kept(field: u32, cut: u32) -> Option<i32> {
    match field {
        AT => Some(dated(cut)),
        // Fewer than none, or nothing said, are compared as none: those are below every cut but this.
        MOST if cut == 0 => None,
        _ => i32::try_from(cut).ok(),
    }
}

/// An instant of 32 bits in the order of signed numbers, of which several are compared at once.
const fn dated(at: u32) -> i32 {
    (at ^ 1 << 31).cast_signed()
}

/// The tests of every decision, and what they come to.
#[derive(Debug, Default)]
pub(super) struct Panel {
    /// Of the region asked for: none is reached where there is none.
    regions: [Column; 2],
    /// What a stream adds.
    stream: u32,
    /// Of the instant.
    dated: Column,
    /// For the cuts of a model's own that its record has room for: strides.
    own: [u32; INLINE],
    /// Cells of one row. A kind has a row for each endpoint that may be called, one behind the other.
    width: u32,
    cells: Box<[Ending]>,
    /// By cell: as a walk would say it.
    verdicts: Box<[u32]>,
    /// There are tests beside those.
    pub(super) wide: bool,
    /// Fields beside the basic ones.
    pub(super) others: Box<[Ask]>,
    /// For constants.
    further: Box<[Further]>,
    /// For cuts of a model's own.
    wider: Box<[Further]>,
    /// By record: those cuts.
    more: Box<[u32]>,
}

impl Panel {
    /// Where the rows of an endpoint of the catalog are among those of each kind.
    pub(super) const fn row(&self, endpoint: u32) -> u32 {
        endpoint.wrapping_mul(self.width)
    }

    /// What all models are asked alike, by where the rows of an endpoint begin; `None` where a
    /// number is too large to be compared with a record's cuts.
    #[inline(always)]
    pub(super) fn shared(&self, row: u32, basics: &Basics) -> Option<Shared> {
        let [region, at, max_tokens, input_tokens, _, stream, _, _] = *basics;
        let mut cell = row;
        let mut add = |reached: bool, stride: u32| {
            cell = cell.wrapping_add(select_unpredictable(reached, stride, 0));
        };
        if region != ABSENT {
            for column in &self.regions {
                add(region >= column.cut, column.stride);
            }
        }
        add(stream != 0, self.stream);
        add(at >= self.dated.cut, self.dated.stride);
        let most = max_tokens.max(0);
        // Where `most` is as small as it has to be, this wraps around to negative numbers only.
        let in_all = input_tokens.wrapping_add(most);
        if (at >> 1 | most | in_all) >> 31 != 0 {
            cold_path();
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "31 bits each, and 32 of the instant: looked at above"
        )]
        let (at, most, in_all) = (dated(at as u32), most as i32, in_all as i32);
        let values = [at, at, most, in_all];
        Some(Shared { cell, values })
    }

    /// Where, from there, the tests of a record lead. Written so that all four are made by one
    /// instruction: a processor keeps a short list of what waits for the record, and of its reads.
    #[inline(always)]
    pub(super) fn own(&self, shared: &Shared, record: &Record) -> u32 {
        let mut cell = 0_u32;
        for ((value, cut), stride) in shared.values.iter().zip(&record.cuts).zip(&self.own) {
            let reached = if value >= cut { u32::MAX } else { 0 };
            cell = cell.wrapping_add(reached & stride);
        }
        cell.wrapping_add(shared.cell).wrapping_add(record.kind)
    }

    /// How much farther all other tests lead.
    #[inline(never)]
    pub(super) fn further(&self, subject: u32, values: &Values) -> Option<u32> {
        let mut cell = 0;
        let value = |further: &Further| values.get(further.field as usize).copied().unwrap_or(0);
        for further in &self.further {
            let reached = value(further) >= further.column.cut;
            cell += select_unpredictable(reached, further.column.stride, 0);
        }
        if !self.wider.is_empty() {
            let cuts = self.more.get(subject as usize * self.wider.len()..)?;
            for (further, cut) in self.wider.iter().zip(cuts) {
                let reached = value(further) >= i64::from(*cut);
                cell += select_unpredictable(reached, further.column.stride, 0);
            }
        }
        Some(cell)
    }

    /// What a cell tells; `None` where somebody has to walk.
    #[inline(always)]
    pub(super) fn ending(&self, cell: u32) -> Option<&Ending> {
        self.cells.get(cell as usize)
    }

    /// The verdict of a cell, as a walk would say it.
    #[inline(always)]
    pub(super) fn verdict(&self, cell: u32) -> u32 {
        let verdict = self.verdicts.get(cell as usize);
        verdict.copied().unwrap_or(u32::MAX)
    }
}
