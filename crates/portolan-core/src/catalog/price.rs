//! What a route costs: its own prices, or the list price times a multiplier.

use super::route::{Known, Route, earlier, first};
use super::{Catalog, PriceRow};
use crate::decimal::Decimal;
use crate::instant::Instant;

impl Catalog {
    /// The price of a route for so many input tokens in a service tier: the offering's own, else
    /// the model's list price times the offering's or region's multiplier.
    pub fn price(
        &self,
        route: Route,
        at: Instant,
        input_tokens: u64,
        service_tier: Option<&str>,
    ) -> Known<Price> {
        let offering = self.offering(route.offering);
        let own = offering.map_or(&[][..], |o| &o.price);
        if !own.is_empty() {
            let row = price_row(own, at, input_tokens, service_tier);
            let amount = |pick: fn(&PriceRow) -> Option<Decimal>| row.value.and_then(pick);
            return Known {
                value: Price {
                    input: amount(|r| r.input),
                    output: amount(|r| r.output),
                    cache_read: amount(|r| r.cache_read),
                    cache_write: amount(|r| r.cache_write),
                    multiplier: None,
                },
                next_change: row.next_change,
            };
        }
        let model = offering.and_then(|o| self.model(o.model));
        let region = offering.and_then(|o| self.region(o.region));
        let list = price_row(
            model.map_or(&[][..], |m| &m.price),
            at,
            input_tokens,
            service_tier,
        );
        let multiplier = first(
            offering
                .map(|o| &o.multiplier)
                .into_iter()
                .chain(region.map(|r| &r.multiplier)),
            at,
        );
        // Without a multiplier the list price holds; in a gap of one nobody knows the price.
        let stated = multiplier.is_some();
        let multiplier = multiplier.unwrap_or(Known {
            value: None,
            next_change: None,
        });
        let factor = match multiplier.value {
            None if !stated => Some(Decimal::ONE),
            factor => factor,
        };
        let times = |amount: Option<Decimal>| amount?.times(factor?);
        let row = list.value;
        Known {
            value: Price {
                input: times(row.and_then(|r| r.input)),
                output: times(row.and_then(|r| r.output)),
                cache_read: times(row.and_then(|r| r.cache_read)),
                cache_write: times(row.and_then(|r| r.cache_write)),
                multiplier: multiplier.value,
            },
            next_change: earlier(list.next_change, multiplier.next_change),
        }
    }
}

/// The price of a route at an instant, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Price {
    /// Input tokens.
    pub input: Option<Decimal>,
    /// Output tokens.
    pub output: Option<Decimal>,
    /// Input tokens read from a cache.
    pub cache_read: Option<Decimal>,
    /// Input tokens written to a cache.
    pub cache_write: Option<Decimal>,
    /// What the list price was multiplied by; absent where the offering has prices of its own.
    pub multiplier: Option<Decimal>,
}

/// The row for these tokens and this tier; a tier without rows falls back to the standard one.
fn price_row<'a>(
    rows: &'a [PriceRow],
    at: Instant,
    input_tokens: u64,
    service_tier: Option<&str>,
) -> Known<Option<&'a PriceRow>> {
    let next_change = rows.iter().filter_map(|r| r.window.next_change(at)).min();
    let of_tier = |tier: Option<&str>| {
        rows.iter()
            .filter(|r| r.window.contains(at) && r.service_tier.as_deref() == tier)
            .filter(|r| r.above_input_tokens == 0 || input_tokens > r.above_input_tokens)
            .max_by_key(|r| r.above_input_tokens)
    };
    Known {
        value: service_tier
            .and_then(|tier| of_tier(Some(tier)))
            .or_else(|| of_tier(None)),
        next_change,
    }
}
