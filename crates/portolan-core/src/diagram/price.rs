//! What routes cost, ready to be read: the rows of each stretch of time, amounts worked out.

use super::intern::Interner;
use crate::catalog::{Catalog, EndpointId, OfferingId, Price, Route};
use crate::instant::Instant;
use crate::limits;

/// Amounts for one stretch of time, service tier and number of input tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Row {
    from: Instant,
    /// A tier's position; `None` is the standard one.
    tier: Option<u32>,
    above: u64,
    price: u32,
}

/// Marks a price that never changes: the rest is its position.
const CONSTANT: u32 = 1 << 31;

/// Prices while they are collected.
#[derive(Debug, Default)]
pub(super) struct Collected {
    lists: Interner<Box<[Row]>>,
    prices: Interner<Price>,
    tiers: Interner<Box<str>>,
}

/// The prices of every offering, by list.
#[derive(Debug, Default)]
pub(super) struct Prices {
    lists: Box<[Box<[Row]>]>,
    prices: Box<[Price]>,
    tiers: Box<[Box<str>]>,
}

impl Collected {
    /// The list of an offering's prices; a price that never changes is no list.
    pub(super) fn add(&mut self, catalog: &Catalog, id: OfferingId) -> u32 {
        let mut rows = Vec::new();
        let offering = catalog.offering(id);
        let model = offering.and_then(|o| catalog.model(o.model));
        let own = offering.map_or(&[][..], |o| &o.price);
        let listed = if own.is_empty() {
            model.map_or(&[][..], |m| &m.price)
        } else {
            own
        };
        // The endpoint is not part of a price.
        let route = Route {
            offering: id,
            endpoint: EndpointId(0),
        };
        let mut at = Instant::MIN;
        for _ in 0..limits::DIAGRAM_PIECES {
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
                    tier: tier.map(|tier| self.tiers.intern(tier.into())),
                    above,
                    price: self.prices.intern(price.value),
                });
            };
            push(None, 0);
            for row in listed.iter().filter(|row| row.window.contains(at)) {
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
        match rows.as_slice() {
            [only] => only.price | CONSTANT,
            _ => self.lists.intern(rows.into()),
        }
    }

    pub(super) fn finish(self) -> Prices {
        Prices {
            lists: self.lists.into_keys().into_boxed_slice(),
            prices: self.prices.into_keys().into_boxed_slice(),
            tiers: self.tiers.into_keys().into_boxed_slice(),
        }
    }
}

impl Prices {
    /// The price at an instant, where neither tiers nor tokens change it then.
    #[inline]
    pub(super) fn plain(&self, list: u32, at: Instant) -> Option<&Price> {
        if list & CONSTANT != 0 {
            return self.prices.get((list & !CONSTANT) as usize);
        }
        let rows = self.lists.get(list as usize)?;
        let mut begun = rows.iter().rev().skip_while(|row| row.from > at);
        let last = begun.next()?;
        let alone = begun.next().is_none_or(|row| row.from < last.from);
        if !alone {
            return None;
        }
        self.prices.get(last.price as usize)
    }

    /// The price by a list, at an instant, for a service tier and so many input tokens.
    pub(super) fn get(&self, list: u32, at: Instant, tier: Option<&str>, input: i64) -> Price {
        let rows = self.lists.get(list as usize).map_or(&[][..], |l| l);
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
        row.map_or(Price::default(), |row| self.price(row))
    }

    fn tier(&self, row: &Row) -> Option<&str> {
        let tier = self.tiers.get(row.tier? as usize)?;
        Some(tier)
    }

    fn price(&self, row: &Row) -> Price {
        let price = self.prices.get(row.price as usize);
        price.copied().unwrap_or_default()
    }
}
