//! What routes of many models have in common: where they are called, and how their prices move.

#![expect(
    clippy::inline_always,
    reason = "a price handed over in memory costs more than the product"
)]

use std::hint::select_unpredictable;
use std::sync::Arc;

use super::intern::{Interner, Memo};
use crate::catalog::{self, Catalog, EndpointId, OfferingId, Price, RegionId};
use crate::decimal::Decimal;
use crate::instant::Instant;

/// How a model is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Sale {
    /// The offering that its routes are counted from.
    offering: u32,
    /// Where its routes begin among those of all models.
    lot: u32,
    /// What prices are multiples of.
    base: Base,
}

/// Where no routes begin, nor is anywhere near.
const NO_LOT: u32 = 1 << 31;

impl Sale {
    /// No route.
    pub(super) const NOTHING: Self = Self {
        offering: 0,
        lot: NO_LOT,
        base: NO_PRICE,
    };
}

impl Default for Sale {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// A route as many models have it: how many offerings after the first, and a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Route {
    after: u32,
    site: u32,
}

/// Routes and their sites while they are collected.
#[derive(Debug, Default)]
pub(super) struct Selling {
    spots: Interner<Spot>,
    urls: Interner<Option<Box<str>>>,
    lots: Memo<Box<[Route]>>,
    routes: Vec<Route>,
}

impl Selling {
    /// A URL's position; none where it holds the model's id.
    pub(super) fn url(&mut self, url: Option<Box<str>>) -> u32 {
        self.urls.intern(url)
    }

    /// How a model is sold that has these routes, each an offering and where it is called.
    pub(super) fn sale(&mut self, routes: Vec<(OfferingId, Spot)>, base: Base) -> Sale {
        let first = routes.first().map_or(0, |(offering, _)| offering.0);
        let each = routes.into_iter().map(|(offering, spot)| Route {
            // Offerings are numbered round and round.
            after: offering.0.wrapping_sub(first),
            site: self.spots.intern(spot),
        });
        let lot: Box<[Route]> = each.collect();
        let start = self.lots.get(&lot).unwrap_or_else(|| {
            let start = u32::try_from(self.routes.len()).unwrap_or(u32::MAX);
            self.routes.extend_from_slice(&lot);
            self.lots.insert(lot, start);
            start
        });
        Sale {
            offering: first,
            lot: start,
            base,
        }
    }

    pub(super) fn finish(self, catalog: &Catalog) -> Sold {
        let urls = self.urls.into_keys().into_iter();
        let urls: Vec<Option<Arc<str>>> = urls.map(|url| url.map(Arc::from)).collect();
        let regions = catalog.regions.iter();
        let usages: Vec<&str> = regions.map(|region| &*region.usage).collect();
        let spots = self.spots.into_keys();
        let routes = self.routes.into_iter().filter_map(|route| {
            let spot = spots.get(route.site as usize)?;
            let site = Site {
                endpoint: spot.endpoint,
                url: urls.get(spot.url as usize).cloned().flatten(),
                usage: Box::from(*usages.get(spot.region.index()).unwrap_or(&"")),
                prices: spot.prices.clone(),
            };
            Some(Placed {
                after: route.after,
                plain: Plain::of(&site),
                site,
            })
        });
        Sold {
            routes: routes.collect(),
        }
    }
}

/// How all models are sold.
#[derive(Debug, Default)]
pub(super) struct Sold {
    routes: Box<[Placed]>,
}

/// A route with its site, which lies where it is read: some cache lines, so that finding it takes a
/// shift.
#[derive(Debug)]
#[repr(align(64))]
struct Placed {
    /// How many offerings after the model's first.
    after: u32,
    site: Site,
    plain: Option<Plain>,
}

/// What a plan says of a site whose URL holds no id and whose prices are both there: one test says
/// whether all of it can be read without another.
#[derive(Debug)]
struct Plain {
    url: Box<str>,
    pace: Pace,
}

impl Plain {
    fn of(site: &Site) -> Option<Self> {
        let Prices::Pace(pace) = site.prices else {
            return None;
        };
        let priced = |of: &Stretch| of.input != NO_AMOUNT && of.output != NO_AMOUNT;
        pace.stretches.iter().all(priced).then_some(())?;
        Some(Self {
            url: Box::from(&**site.url.as_ref()?),
            pace,
        })
    }
}

/// What is sent where a route leads that says all of it at once.
pub(super) struct Lead<'a> {
    pub(super) route: catalog::Route,
    pub(super) url: &'a str,
    pub(super) usage: &'a str,
    pub(super) price: Price,
}

impl Sold {
    #[inline(always)]
    pub(super) fn site(&self, at: u32) -> Option<&Site> {
        self.routes.get(at as usize).map(|placed| &placed.site)
    }

    /// Where a route of a model leads, where all of it can be read at once.
    #[inline(always)]
    pub(super) fn lead(&self, sale: &Sale, position: u16, at: Instant) -> Option<Lead<'_>> {
        let (_, placed, offering) = self.placed(sale, position)?;
        let plain = placed.plain.as_ref()?;
        Some(Lead {
            route: catalog::Route {
                offering,
                endpoint: placed.site.endpoint,
            },
            url: &plain.url,
            usage: &placed.site.usage,
            price: plain.pace.stretch(at).both(sale.base),
        })
    }

    /// A route of a model, by its position among them.
    #[inline(always)]
    pub(super) fn facts(&self, sale: &Sale, position: u16) -> Option<RouteFacts<'_>> {
        let (at, placed, offering) = self.placed(sale, position)?;
        Some(RouteFacts {
            offering,
            site: &placed.site,
            at,
            base: sale.base,
        })
    }

    /// Where a route of a model lies, and which of its offerings it is.
    #[inline(always)]
    fn placed(&self, sale: &Sale, position: u16) -> Option<(u32, &Placed, OfferingId)> {
        let at = sale.lot.wrapping_add(u32::from(position));
        let placed = self.routes.get(at as usize)?;
        let offering = OfferingId(sale.offering.wrapping_add(placed.after));
        Some((at, placed, offering))
    }
}

/// Where routes are called, by ids and positions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) endpoint: EndpointId,
    pub(super) region: RegionId,
    pub(super) url: u32,
    pub(super) prices: Prices,
}

/// Where routes are called, as a plan says it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) endpoint: EndpointId,
    /// None where it holds the model's id.
    pub(super) url: Option<Arc<str>>,
    /// The bucket that usage is counted in.
    pub(super) usage: Box<str>,
    pub(super) prices: Prices,
}

/// What says what a route costs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Prices {
    /// How the multiples of its model's base move.
    Pace(Pace),
    /// A list of its own, by where it begins.
    List(u32),
    Catalog,
}

/// A candidate and where it is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct RouteFacts<'a> {
    pub(super) offering: OfferingId,
    pub(super) site: &'a Site,
    /// The site's position.
    pub(super) at: u32,
    base: Base,
}

impl RouteFacts<'_> {
    #[inline(always)]
    pub(super) const fn route(&self) -> catalog::Route {
        catalog::Route {
            offering: self.offering,
            endpoint: self.site.endpoint,
        }
    }

    /// The price at an instant, where it is a multiple of what the model's prices are.
    #[inline(always)]
    pub(super) fn price(&self, at: Instant) -> Option<Price> {
        match &self.site.prices {
            Prices::Pace(pace) => Some(pace.price(self.base, at)),
            Prices::List(_) | Prices::Catalog => None,
        }
    }
}

/// How prices move: one stretch of time up to an instant, another from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Pace {
    split: i64,
    stretches: [Stretch; 2],
}

/// What a model's base is multiplied by for a stretch of time; `NO_AMOUNT` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stretch {
    input: i64,
    output: i64,
    /// Multiples of input.
    cache_read: i64,
    cache_write: i64,
    /// Part of a price itself.
    multiplier: i64,
}

/// What amounts are multiples of: input and output.
pub(super) type Base = [u32; 2];

/// An amount that a price does not have; money is never negative.
const NO_AMOUNT: i64 = i64::MIN;

/// Of models without a price that is a multiple of anything.
pub(super) const NO_PRICE: Base = [0; 2];

impl Stretch {
    /// The price of a stretch that has both amounts.
    #[inline(always)]
    fn both(&self, base: Base) -> Price {
        let [input, output] = base;
        let amount = |base: u32, factor: i64| {
            Some(Decimal::from_billionths(
                i64::from(base).wrapping_mul(factor),
            ))
        };
        Price {
            input: amount(input, self.input),
            output: amount(output, self.output),
            ..self.price(base)
        }
    }

    #[inline(always)]
    fn price(&self, [input, output]: Base) -> Price {
        let amount = |base: u32, factor: i64| {
            let amount = i64::from(base).wrapping_mul(factor);
            (factor != NO_AMOUNT).then(|| Decimal::from_billionths(amount))
        };
        let multiplier = Decimal::from_billionths(self.multiplier);
        Price {
            input: amount(input, self.input),
            output: amount(output, self.output),
            cache_read: amount(input, self.cache_read),
            cache_write: amount(input, self.cache_write),
            multiplier: (self.multiplier != NO_AMOUNT).then_some(multiplier),
        }
    }

    /// What a base has to be multiplied by for this price; `None` where it is no multiple of it.
    fn of(price: &Price, [input, output]: Base) -> Option<Self> {
        let factor = |amount: Option<Decimal>, base: u32| match (amount, i64::from(base)) {
            (None, _) => Some(NO_AMOUNT),
            (Some(Decimal::ZERO), _) => Some(0),
            (Some(amount), base) => {
                let amount = amount.billionths();
                (amount.checked_rem(base)? == 0).then_some(amount / base)
            }
        };
        let made = Self {
            input: factor(price.input, input)?,
            output: factor(price.output, output)?,
            cache_read: factor(price.cache_read, input)?,
            cache_write: factor(price.cache_write, input)?,
            multiplier: price.multiplier.map_or(NO_AMOUNT, Decimal::billionths),
        };
        (made.price([input, output]) == *price).then_some(made)
    }
}

impl Pace {
    #[inline(always)]
    fn price(&self, base: Base, at: Instant) -> Price {
        self.stretch(at).price(base)
    }

    #[inline(always)]
    fn stretch(&self, at: Instant) -> &Stretch {
        let [first, then] = &self.stretches;
        let later = at.unix_seconds() >= self.split;
        select_unpredictable(later, then, first)
    }

    /// How these prices move, each from its instant on, over a base: this one, or one that is
    /// found where there is none yet. `None` where they are no multiples of it.
    pub(super) fn of(prices: &[(Instant, Price)], base: Option<Base>) -> Option<(Self, Base)> {
        let (first, then, split) = match prices {
            [(_, only)] => (only, only, i64::MAX),
            [(_, first), (at, then)] => (first, then, at.unix_seconds()),
            _ => return None,
        };
        let bases = base.map_or_else(|| candidates(&[*first, *then]), |base| vec![base]);
        bases.into_iter().find_map(|base| {
            let stretches = [Stretch::of(first, base)?, Stretch::of(then, base)?];
            Some((Self { split, stretches }, base))
        })
    }
}

/// What prices may be multiples of: input and output before the multiplier, or as they are, in
/// the largest of a few units.
fn candidates(prices: &[Price]) -> Vec<Base> {
    let one = Decimal::ONE.billionths();
    let mut found = Vec::new();
    for price in prices {
        let multiplier = price.multiplier.map(Decimal::billionths);
        for divisor in [multiplier.unwrap_or(one), one] {
            let plain = [price.input, price.output].map(|amount| {
                let amount = amount.unwrap_or(Decimal::ZERO).billionths();
                if divisor == one {
                    return Some(amount);
                }
                let (amount, divisor) = (i128::from(amount) * i128::from(one), divisor.into());
                let exact = amount.checked_rem(divisor)? == 0;
                exact.then_some(i64::try_from(amount / divisor).ok()?)
            });
            let [Some(input), Some(output)] = plain else {
                continue;
            };
            let units = [10_000_000, 1_000_000, 1_000, 1];
            let fitting = |unit: i64| {
                let exact = input % unit == 0 && output % unit == 0;
                let base = [
                    u32::try_from(input / unit).ok()?,
                    u32::try_from(output / unit).ok()?,
                ];
                exact.then_some(base)
            };
            found.extend(units.into_iter().find_map(fitting));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input: &str, output: &str, multiplier: Option<&str>) -> Price {
        let read = |text| Decimal::parse(text).unwrap();
        Price {
            input: Some(read(input)),
            output: Some(read(output)),
            multiplier: multiplier.map(read),
            cache_read: Some(Decimal::parse("0.3").unwrap()),
            ..Price::default()
        }
    }

    #[test]
    fn prices_are_multiples_of_one_base_in_every_region() {
        let at = Instant::from_unix_seconds;
        let us = [
            (Instant::MIN, price("3.00", "15.05", Some("1"))),
            (at(50), price("3.3", "16.555", Some("1.1"))),
        ];
        let eu = [(Instant::MIN, price("3.3", "16.555", Some("1.1")))];
        let (pace, base) = Pace::of(&us, None).unwrap();
        assert_eq!(base, [300, 1505]);
        assert_eq!(pace.price(base, at(49)), us[0].1);
        assert_eq!(pace.price(base, at(50)), us[1].1);
        let (found, same) = Pace::of(&eu, Some(base)).unwrap();
        assert_eq!(found.price(same, at(50)), eu[0].1);
        assert_eq!(Pace::of(&eu, None).unwrap().1, base);
    }

    #[test]
    fn prices_that_are_no_multiples_have_no_pace() {
        let one = (Instant::MIN, price("3", "7", None));
        let other = (Instant::from_unix_seconds(1), price("3", "11", None));
        assert!(Pace::of(&[one, other], None).is_none());
        assert!(Pace::of(&[one], Some([9, 4])).is_none());
        assert!(Pace::of(&[one, one, one], None).is_none());
        let mut free = [(Instant::MIN, price("0", "0", None))];
        assert!(Pace::of(&free, None).is_none());
        free[0].1.cache_read = Some(Decimal::ZERO);
        let (pace, base) = Pace::of(&free, None).unwrap();
        assert_eq!(pace.price(base, Instant::MAX), free[0].1);
    }
}
