//! Prices: rows that do not overlap, and products with multipliers that stay exact.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, diags};
use crate::catalog::catalog::PriceRow;
use crate::catalog::raw;
use crate::decimal::Decimal;
use crate::instant::{Dated, Window};
use crate::limits;
use crate::source::{Span, Spanned};

/// A service tier and the input tokens above which it holds.
type Tier = (Option<Box<str>>, u64);

/// The amounts of one list price with their places.
pub(super) struct Listed {
    window: Window,
    amounts: Vec<Spanned<Decimal>>,
}

/// What a list price is multiplied by, when.
pub(super) struct Factor<'a> {
    pub(super) window: Window,
    pub(super) value: &'a Dated<Decimal>,
    /// Where the multiplier, or the region that has it, is declared.
    pub(super) span: Span,
}

impl Checker {
    pub(super) fn prices(&mut self, rows: Vec<raw::PriceRow>) -> (Vec<PriceRow>, Vec<Listed>) {
        if let Some(span) = rows.get(limits::FACT_PERIODS).and_then(|row| row.span) {
            self.report(diags::too_many_periods(span, "a price"));
            return (Vec::new(), Vec::new());
        }
        let mut checked: Vec<PriceRow> = Vec::with_capacity(rows.len());
        let mut listed = Vec::with_capacity(rows.len());
        let mut tiers: BTreeMap<Tier, Vec<(Window, Span)>> = BTreeMap::new();
        let several = rows.len() > 1;
        for row in rows {
            let window = self.aside(row.aside.as_deref());
            let amounts: Vec<_> = row.amounts().collect();
            let above = row.above_input_tokens.map_or(0, |above| above.value);
            let tier = row.service_tier.map(|tier| tier.value);
            if let (Some(span), true) = (row.span, several) {
                let rows = tiers.entry((tier.clone(), above)).or_default();
                rows.push((window, span));
            }
            checked.push(PriceRow {
                window,
                above_input_tokens: above,
                service_tier: tier,
                input: row.input.map(|amount| amount.value),
                output: row.output.map(|amount| amount.value),
                cache_read: row.cache_read.map(|amount| amount.value),
                cache_write: row.cache_write.map(|amount| amount.value),
            });
            listed.push(Listed { window, amounts });
        }
        for windows in tiers.values() {
            self.disjoint(windows, "a price");
        }
        (checked, listed)
    }

    /// Reports list prices that a multiplier makes inexact at a time when both hold.
    pub(super) fn exact(&mut self, listed: &[Listed], factors: &[Factor<'_>]) {
        let mut reported: BTreeSet<(Span, Decimal)> = BTreeSet::new();
        for factor in factors {
            let periods = factor.value.periods();
            if !self.afford(listed.len() * (1 + periods.len()), factor.span) {
                return;
            }
            for (window, multiplier) in periods {
                for row in listed {
                    // Intervals that meet pairwise have an instant in common.
                    let meet = window.overlaps(row.window)
                        && window.overlaps(factor.window)
                        && row.window.overlaps(factor.window);
                    for amount in row.amounts.iter().filter(|_| meet) {
                        if amount.value.times(*multiplier).is_none()
                            && reported.insert((amount.span, *multiplier))
                        {
                            self.report(diags::inexact_price(
                                amount.span,
                                &amount.value.money(),
                                &multiplier.to_string(),
                                factor.span,
                            ));
                        }
                    }
                }
            }
        }
    }
}
