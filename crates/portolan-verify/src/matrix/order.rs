//! In which order a table is read.

use portolan_core::catalog::{Catalog, ScoreId};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;

use super::{Matrix, Row};

/// What a table is sorted by; what is equal keeps catalog order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The catalog's own order of models.
    Model,
    /// Who trained the model.
    Maker,
    /// Who runs the offering.
    Provider,
    /// The region it is sold in.
    Region,
    /// The endpoint called.
    Endpoint,
    /// What output costs, then input, the cheapest first.
    Price,
    /// A score, the best first.
    Score(ScoreId),
}

impl By {
    /// What a word stands for: one of the words above; `quality` for the catalog's first score;
    /// a score's name, with or without the unit that ends it (`latency` for `latency_s`).
    pub fn named(word: &str, catalog: &Catalog) -> Option<Self> {
        let kinds = || (0u32..).map(ScoreId).zip(&catalog.scores);
        let bare = || {
            let mut found = kinds().filter(|(_, kind)| {
                let cut = kind.name.rsplit_once('_');
                cut.is_some_and(|(name, _)| name == word)
            });
            found.next().filter(|_| found.next().is_none())
        };
        match word {
            "model" => Some(Self::Model),
            "maker" => Some(Self::Maker),
            "provider" => Some(Self::Provider),
            "region" => Some(Self::Region),
            "endpoint" => Some(Self::Endpoint),
            "price" => Some(Self::Price),
            _ => {
                let exact = catalog.score_named(word);
                let first = || kinds().next().filter(|_| word == "quality");
                let found = exact.or_else(|| bare().or_else(first).map(|(id, _)| id));
                found.map(Self::Score)
            }
        }
    }
}

impl Matrix<'_> {
    /// Sorts the rows, by what holds at the start of the span.
    pub fn sort(&mut self, by: By, catalog: &Catalog) {
        let at = self.span.from();
        let last = u32::MAX;
        match by {
            By::Model => self.rows.sort_by_key(|row| row.model_id),
            By::Maker => self.rows.sort_by_key(|row| {
                let maker = row.model.maker.map_or(last, |maker| maker.0);
                (maker, row.model_id)
            }),
            By::Provider => self.rows.sort_by_cached_key(|row| {
                let offering = catalog.offering(row.route.offering);
                offering.map(|offering| offering.providers.to_vec())
            }),
            By::Region => self.rows.sort_by_key(|row| {
                let offering = catalog.offering(row.route.offering);
                offering.map_or(last, |offering| offering.region.0)
            }),
            By::Endpoint => self.rows.sort_by_key(|row| row.route.endpoint),
            By::Price => self.rows.sort_by_key(price),
            By::Score(kind) => {
                let higher = catalog.scores.get(kind.index());
                let higher = higher.is_some_and(|kind| kind.higher_is_better);
                self.rows.sort_by_key(|row| {
                    let worth = worth(row, kind, at, higher);
                    (worth.is_none(), worth, row.model_id)
                });
            }
        }
    }
}

/// The dearest come last, and those without a price behind them.
fn price(row: &Row<'_>) -> [(bool, Option<Decimal>); 2] {
    let price = row.periods.first().map(|period| period.price);
    let key = |amount: Option<Decimal>| (amount.is_none(), amount);
    [
        key(price.and_then(|price| price.output)),
        key(price.and_then(|price| price.input)),
    ]
}

/// The better, the smaller.
fn worth(row: &Row<'_>, kind: ScoreId, at: Instant, higher: bool) -> Option<i64> {
    let score = row.model.scores.get(kind)?.at(at)?.billionths();
    // The complement turns the order around, and has no overflow.
    Some(if higher { !score } else { score })
}
