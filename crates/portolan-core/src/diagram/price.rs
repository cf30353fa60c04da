//! What routes cost whose prices are no multiples of their model's: the rows of each stretch of
//! time, amounts worked out.

use std::collections::BTreeMap;

use super::intern::Interner;
use crate::catalog::{Catalog, EndpointId, OfferingId, Price, PriceRow, Route};
use crate::decimal::Decimal;
use crate::instant::Instant;
use crate::limits;

/// Amounts for one stretch of time, service tier and number of input tokens: a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(64))]
struct Row {
    from: Instant,
    above: u64,
    amounts: [i64; 5],
    /// A tier's position; `STANDARD` is the standard one.
    tier: u32,
    /// Rows of the same list that follow.
    left: u32,
}

const STANDARD: u32 = u32::MAX;

/// No amount; money is never negative.
const NONE: i64 = i64::MIN;

/// Prices while they are collected.
#[derive(Debug, Default)]
pub(super) struct Collected {
    lists: Interner<Box<[Row]>>,
    starts: Vec<u32>,
    rows: Vec<Row>,
    tiers: Interner<Box<str>>,
    /// What was said of an offering before.
    listed: BTreeMap<OfferingId, Option<u32>>,
}

/// The prices of offerings: lists of rows, one after the other.
#[derive(Debug, Default)]
pub(super) struct Prices {
    rows: Box<[Row]>,
    tiers: Box<[Box<str>]>,
}

/// Stretches of time that are looked at, of prices that only time changes.
const STRETCHES: usize = 2;

/// The prices of an offering, each from an instant on, where only time changes them, and seldom.
pub(super) fn plain(catalog: &Catalog, id: OfferingId) -> Option<Vec<(Instant, Price)>> {
    let listed = listed(catalog, id);
    let standard = |row: &PriceRow| row.service_tier.is_none() && row.above_input_tokens == 0;
    if !listed.iter().all(standard) {
        return None;
    }
    let mut prices = Vec::with_capacity(STRETCHES);
    let mut at = Instant::MIN;
    for _ in 0..STRETCHES {
        let price = catalog.price(anywhere(id), at, 0, None);
        prices.push((at, price.value));
        match price.next_change {
            Some(next) if next > at => at = next,
            _ => return Some(prices),
        }
    }
    None
}

/// The rows that an offering's prices come from: its own, or its model's.
fn listed(catalog: &Catalog, id: OfferingId) -> &[PriceRow] {
    let offering = catalog.offering(id);
    let model = offering.and_then(|o| catalog.model(o.model));
    let own = offering.map_or(&[][..], |o| &o.price);
    if own.is_empty() {
        model.map_or(&[][..], |m| &m.price)
    } else {
        own
    }
}

/// The endpoint is not part of a price.
const fn anywhere(offering: OfferingId) -> Route {
    Route {
        offering,
        endpoint: EndpointId(0),
    }
}

impl Collected {
    /// Where the list of an offering's prices begins; `None` where the catalog says the price.
    pub(super) fn add(&mut self, catalog: &Catalog, id: OfferingId) -> Option<u32> {
        if let Some(known) = self.listed.get(&id) {
            return *known;
        }
        let list = self.list(catalog, id);
        self.listed.insert(id, list);
        list
    }

    fn list(&mut self, catalog: &Catalog, id: OfferingId) -> Option<u32> {
        let mut rows = Vec::new();
        let route = anywhere(id);
        let mut at = Instant::MIN;
        for _ in 0..limits::DIAGRAM_PIECES {
            if rows.len() + self.rows.len() > limits::DIAGRAM_PRICES {
                return None;
            }
            let mut next = catalog.price(route, at, 0, None).next_change;
            let mut push = |tier: Option<&str>, above: u64| {
                let input = if above == 0 {
                    0
                } else {
                    above.saturating_add(1)
                };
                let price = catalog.price(route, at, input, tier);
                next = crate::catalog::earlier(next, price.next_change);
                rows.push(Row {
                    from: at,
                    above,
                    amounts: amounts(price.value),
                    tier: tier.map_or(STANDARD, |tier| self.tiers.intern(tier.into())),
                    left: 0,
                });
            };
            push(None, 0);
            for row in listed(catalog, id)
                .iter()
                .filter(|row| row.window.contains(at))
            {
                let standard = row.service_tier.is_none() && row.above_input_tokens == 0;
                if !standard {
                    push(row.service_tier.as_deref(), row.above_input_tokens);
                }
            }
            match next {
                Some(next) if next > at => at = next,
                _ => break,
            }
        }
        for (row, left) in rows.iter_mut().rev().zip(0..) {
            row.left = left;
        }
        let list = self.lists.intern(rows.clone().into());
        if let Some(start) = self.starts.get(list as usize) {
            return Some(*start);
        }
        let start = u32::try_from(self.rows.len()).ok()?;
        self.starts.push(start);
        self.rows.append(&mut rows);
        Some(start)
    }

    pub(super) fn finish(self) -> Prices {
        Prices {
            rows: self.rows.into_boxed_slice(),
            tiers: self.tiers.into_keys().into_boxed_slice(),
        }
    }
}

fn amounts(price: Price) -> [i64; 5] {
    let all = [
        price.input,
        price.output,
        price.cache_read,
        price.cache_write,
        price.multiplier,
    ];
    all.map(|amount| amount.map_or(NONE, Decimal::billionths))
}

impl Row {
    fn price(&self) -> Price {
        let amount = |amount: i64| (amount != NONE).then(|| Decimal::from_billionths(amount));
        let [input, output, cache_read, cache_write, multiplier] = self.amounts.map(amount);
        Price {
            input,
            output,
            cache_read,
            cache_write,
            multiplier,
        }
    }
}

impl Prices {
    fn list(&self, start: u32) -> &[Row] {
        let rows = self.rows.get(start as usize..).unwrap_or_default();
        let count = rows.first().map_or(0, |row| row.left as usize + 1);
        rows.get(..count).unwrap_or_default()
    }

    /// The price by a list at an instant, where neither tiers nor tokens change it then.
    pub(super) fn plain(&self, list: u32, at: Instant) -> Option<Price> {
        let rows = self.list(list);
        let mut begun = rows.iter().rev().skip_while(|row| row.from > at);
        let newest = begun.next()?;
        let alone = begun.next().is_none_or(|row| row.from < newest.from);
        alone.then(|| newest.price())
    }

    /// The price by a list at an instant, for a service tier and so many input tokens.
    pub(super) fn get(&self, list: u32, at: Instant, tier: Option<&str>, input: i64) -> Price {
        let rows = self.list(list);
        let until = rows.partition_point(|row| row.from <= at);
        let begun = rows.get(..until).unwrap_or_default();
        let from = begun.last().map(|row| row.from);
        let first = begun.partition_point(|row| Some(row.from) < from);
        let now = begun.get(first..).unwrap_or_default();
        let input = u64::try_from(input).unwrap_or(0);
        let best = |wanted: Option<&str>| {
            now.iter()
                .filter(|row| self.tier(row) == wanted)
                .filter(|row| row.above == 0 || input > row.above)
                .max_by_key(|row| row.above)
        };
        let row = tier
            .and_then(|tier| best(Some(tier)))
            .or_else(|| best(None));
        row.map_or(Price::default(), Row::price)
    }

    fn tier(&self, row: &Row) -> Option<&str> {
        self.tiers.get(row.tier as usize).map(|tier| &**tier)
    }
}
