//! What routes of many models have in common: where they are called, and how their prices move.

#![expect(
    clippy::inline_always,
    reason = "a price handed over in memory costs more than the product"
)]

use super::intern::Interner;
use crate::catalog::{EndpointId, OfferingId, Price, RegionId, Route};
use crate::decimal::Decimal;
use crate::instant::Instant;

/// A route as its model keeps it: the offering, and a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Sold {
    pub(super) offering: u32,
    pub(super) site: u32,
}

impl Sold {
    /// No route.
    pub(super) const NOTHING: Self = Self {
        offering: u32::MAX,
        site: u32::MAX,
    };

    /// As a number, to lie behind those of its model.
    pub(super) fn packed(self) -> i64 {
        (u64::from(self.offering) << 32 | u64::from(self.site)).cast_signed()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    pub(super) const fn unpacked(packed: i64) -> Self {
        let packed = packed.cast_unsigned();
        Self {
            offering: (packed >> 32) as u32,
            site: packed as u32,
        }
    }
}

/// Where routes are called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Site {
    pub(super) endpoint: EndpointId,
    pub(super) region: RegionId,
    /// A URL's position.
    pub(super) url: u32,
    /// How the prices move that are multiples of their model's base; none of other prices.
    pub(super) pace: Option<Pace>,
}

/// A candidate and where it is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct RouteFacts<'a> {
    pub(super) offering: OfferingId,
    pub(super) site: &'a Site,
}

impl RouteFacts<'_> {
    #[inline(always)]
    pub(super) const fn route(&self) -> Route {
        Route {
            offering: self.offering,
            endpoint: self.site.endpoint,
        }
    }
}

/// Sites, each once.
pub(super) type Sites = Interner<Site>;

/// What the amounts of a model are multiplied by: one factor up to an instant, another from then
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Pace {
    split: i64,
    factors: [i64; 2],
    /// Part of a price themselves; `NO_AMOUNT` for none.
    multipliers: [i64; 2],
}

/// What amounts are multiples of: input, output, cache read, cache write.
pub(super) type Base = [u32; 4];

/// An amount that a price does not have.
const NO_BASE: u32 = u32::MAX;
const NO_AMOUNT: i64 = i64::MIN;

/// Nothing that any price is a multiple of.
pub(super) const NO_PRICE: Base = [NO_BASE; 4];

impl Pace {
    /// The price at an instant of a model with this base.
    #[inline(always)]
    pub(super) fn price(&self, base: &Base, at: Instant) -> Price {
        let later = at.unix_seconds() >= self.split;
        let one_of = |[first, then]: [i64; 2]| if later { then } else { first };
        let factor = one_of(self.factors);
        let amount = |base: u32| {
            let amount = i64::from(base).wrapping_mul(factor);
            (base != NO_BASE).then(|| Decimal::from_billionths(amount))
        };
        let multiplier = one_of(self.multipliers);
        let [input, output, cache_read, cache_write] = base.map(amount);
        Price {
            input,
            output,
            cache_read,
            cache_write,
            multiplier: (multiplier != NO_AMOUNT).then(|| Decimal::from_billionths(multiplier)),
        }
    }

    /// How these prices move, each from its instant on, over a base: this one, or one that is
    /// found where there is none yet. `None` where they are no multiples of it.
    pub(super) fn of(prices: &[(Instant, Price)], base: Option<Base>) -> Option<(Self, Base)> {
        let [first, others @ ..] = prices else {
            return None;
        };
        let (then, split) = match others {
            [] => (first, i64::MAX),
            [then] => (then, then.0.unix_seconds()),
            _ => return None,
        };
        let pair = [first.1, then.1];
        let bases = base.map_or_else(|| candidates(&pair), |base| vec![base]);
        bases.into_iter().find_map(|base| {
            let [Some(before), Some(after)] = pair.map(|price| factor(&price, &base)) else {
                return None;
            };
            let pace = Self {
                split,
                factors: [before, after],
                multipliers: pair
                    .map(|price| price.multiplier.map_or(NO_AMOUNT, Decimal::billionths)),
            };
            let same = prices
                .iter()
                .all(|(at, price)| pace.price(&base, *at) == *price);
            same.then_some((pace, base))
        })
    }
}

const fn amounts(price: &Price) -> [Option<Decimal>; 4] {
    [
        price.input,
        price.output,
        price.cache_read,
        price.cache_write,
    ]
}

/// What a price may be a multiple of: the price before its multiplier, or itself, in the largest
/// of a few units.
fn candidates(prices: &[Price]) -> Vec<Base> {
    let mut found = Vec::new();
    for price in prices {
        let one = Decimal::ONE.billionths();
        let multiplier = price.multiplier.map_or(one, Decimal::billionths);
        for divisor in [multiplier, one] {
            let plain = amounts(price).map(|amount| {
                let amount = i128::from(amount?.billionths()) * i128::from(one);
                let divisor = i128::from(divisor);
                Some(amount.checked_rem(divisor)? == 0).filter(|exact| *exact)?;
                i64::try_from(amount / divisor).ok()
            });
            let whole = plain.iter().zip(amounts(price));
            if whole
                .clone()
                .any(|(plain, amount)| plain.is_some() != amount.is_some())
            {
                continue;
            }
            let units = [10_000_000, 1_000_000, 1_000, 1];
            found.extend(units.iter().find_map(|unit| in_units(&plain, *unit)));
        }
    }
    found
}

fn in_units(amounts: &[Option<i64>; 4], unit: i64) -> Option<Base> {
    let mut base = NO_PRICE;
    for (base, amount) in base.iter_mut().zip(amounts) {
        let Some(amount) = amount else { continue };
        if amount % unit != 0 {
            return None;
        }
        *base = u32::try_from(amount / unit)
            .ok()
            .filter(|b| *b != NO_BASE)?;
    }
    Some(base)
}

/// What a base is to be multiplied by, as its first amount but zero tells.
fn factor(price: &Price, base: &Base) -> Option<i64> {
    for (base, amount) in base.iter().zip(amounts(price)) {
        if *base != NO_BASE && *base != 0 {
            let amount = amount?.billionths();
            let exact = amount % i64::from(*base) == 0;
            return exact.then_some(amount / i64::from(*base));
        }
    }
    Some(0)
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
        assert_eq!(base, [300, 1505, NO_BASE, NO_BASE]);
        assert_eq!(pace.price(&base, at(49)), us[0].1);
        assert_eq!(pace.price(&base, at(50)), us[1].1);
        let (found, same) = Pace::of(&eu, Some(base)).unwrap();
        assert_eq!(found.price(&same, at(50)), eu[0].1);
        assert_eq!(Pace::of(&eu, None).unwrap().1, base);
    }

    #[test]
    fn prices_that_are_no_multiples_have_no_pace() {
        let one = (Instant::MIN, price("3", "15", None));
        let other = (Instant::from_unix_seconds(1), price("3", "16", None));
        assert!(Pace::of(&[one, other], None).is_none());
        assert!(Pace::of(&[one], Some([3, 4, NO_BASE, NO_BASE])).is_none());
        assert!(Pace::of(&[one, one, one], None).is_none());
        let free = [(Instant::MIN, price("0", "0", None))];
        let (pace, base) = Pace::of(&free, None).unwrap();
        assert_eq!(pace.price(&base, Instant::MAX), free[0].1);
    }
}
