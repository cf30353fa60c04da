//! Kinds: which models share their rows of a panel, and where these lie.

use super::fill::{Filling, UNTOLD};
use super::{Ending, Kind};
use crate::diagram::intern::Memo;
use crate::limits;

/// Where no row begins.
pub(super) const NO_ROW: u32 = u32::MAX;

/// Models whose rows are the same.
pub(super) struct Kinds<'a> {
    /// By shape and endpoint.
    rows: &'a [u32],
    ends: usize,
    filling: &'a Filling<'a>,
    known: Memo<Box<[u32]>, Kind>,
    /// The rows of each kind, one behind the other.
    pub(super) cells: Vec<Ending>,
    pub(super) verdicts: Vec<u32>,
}

impl<'a> Kinds<'a> {
    pub(super) fn new(rows: &'a [u32], ends: usize, filling: &'a Filling<'a>) -> Self {
        Self {
            rows,
            ends,
            filling,
            known: Memo::default(),
            cells: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    /// The kind of a shape's models.
    pub(super) fn of(&mut self, shape: u32) -> Option<Kind> {
        let start = (shape as usize).checked_mul(self.ends)?;
        let rows = self.rows.get(start..start.checked_add(self.ends)?)?;
        let key = rows.into();
        if let Some(known) = self.known.get(&key) {
            return Some(known);
        }
        let Filling {
            width,
            cells,
            verdicts,
            ..
        } = self.filling;
        let most = limits::PANEL_CELLS_IN_ALL;
        if width.saturating_mul(self.ends) > most.saturating_sub(self.cells.len()) {
            return None;
        }
        let made = Kind::try_from(self.cells.len()).ok()?;
        for row in rows {
            let row = *row as usize..(*row as usize).saturating_add(*width);
            if let (Some(cells), Some(verdicts)) = (cells.get(row.clone()), verdicts.get(row)) {
                self.cells.extend_from_slice(cells);
                self.verdicts.extend_from_slice(verdicts);
            } else {
                let (cells, verdicts) = (self.cells.len(), self.verdicts.len());
                self.cells.resize(cells + width, UNTOLD);
                self.verdicts.resize(verdicts + width, u32::MAX);
            }
        }
        self.known.insert(key, made);
        Some(made)
    }
}
