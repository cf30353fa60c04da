//! What people read, as tables of text: what is available, what is not and why, what changes.

mod changes;
mod models;
mod offerings;

use portolan_core::catalog::{OfferingId, RegionId};
use portolan_verify::matrix::{By, Period, Row};

use super::{Shown, legend};

/// Tables, and lines that explain words in them.
#[derive(Debug)]
pub(super) struct Page {
    /// In the order in which they are read; none is empty.
    pub(super) sections: Vec<Section>,
    /// What words mean.
    pub(super) legend: Vec<String>,
}

/// A table under a title.
#[derive(Debug)]
pub(super) struct Section {
    /// What it shows.
    pub(super) title: String,
    /// Names of columns.
    pub(super) header: Vec<String>,
    /// Cells; an empty one says nothing.
    pub(super) rows: Vec<Vec<String>>,
}

/// What changes later on; nothing for a single instant.
pub(super) fn changes(shown: &Shown<'_>) -> Option<Section> {
    changes::section(shown)
}

/// Lays everything out.
pub(super) fn page(shown: &Shown<'_>) -> Page {
    let mut sections = match shown.by {
        By::Maker | By::Score(_) => models::sections(shown),
        By::Model | By::Provider | By::Region | By::Endpoint | By::Price => {
            vec![offerings::available(shown)]
        }
    };
    sections.push(offerings::not_available(shown));
    sections.extend(changes::section(shown));
    sections.retain(|section| !section.rows.is_empty());
    let says = |word: &str| {
        let cells = sections.iter().flat_map(|s| s.rows.iter().flatten());
        cells.into_iter().any(|cell| cell.contains(word))
    };
    let all = shown.matrix.rows.iter().flat_map(|row| &row.periods);
    let lines = legend(all.map(|period| &period.standing));
    let used = |line: &String| line.split(':').next().is_some_and(says);
    Page {
        legend: lines.into_iter().filter(used).collect(),
        sections,
    }
}

impl Section {
    fn new(title: impl Into<String>, header: &[&str]) -> Self {
        Self {
            title: title.into(),
            header: header.iter().map(|name| (*name).to_owned()).collect(),
            rows: Vec::new(),
        }
    }
}

/// What holds at the start.
fn first<'r>(row: &'r Row<'_>) -> Option<&'r Period<'r>> {
    row.periods.first()
}

fn region_of(shown: &Shown<'_>, offering: OfferingId) -> Option<RegionId> {
    let offering = shown.catalog.offering(offering);
    offering.map(|offering| offering.region)
}

impl Shown<'_> {
    /// The first instant, in words.
    fn start(&self) -> String {
        format!("at {}", self.matrix.span.from().short())
    }
}
