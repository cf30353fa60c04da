//! Dates, provenance and dated facts: what all entries share.

use std::collections::BTreeSet;

use super::{Checker, diags};
use crate::catalog::catalog::{Names, Retention};
use crate::catalog::raw;
use crate::decimal::Decimal;
use crate::instant::{Dated, Window};
use crate::limits;
use crate::place::PlaceId;
use crate::source::{Span, Spanned};

impl Checker {
    /// Checks that a `source` is one of `sources`.
    pub(super) fn provenance(&mut self, aside: Option<&raw::Aside>) {
        let source = aside.and_then(|a| a.provenance.source.as_ref());
        if let Some(source) = source {
            self.resolve(|c| &c.sources, source);
        }
    }

    /// The window beside an entry or fact, its provenance checked on the way.
    pub(super) fn aside(&mut self, aside: Option<&raw::Aside>) -> Window {
        self.provenance(aside);
        let Some(aside) = aside else {
            return Window::ALWAYS;
        };
        let raw::Window { from, until } = aside.window;
        if let (Some(from), Some(until)) = (from, until)
            && until.value <= from.value
        {
            self.report(diags::empty_period(until.span, from.span));
        }
        Window {
            from: from.map(|f| f.value),
            until: until.map(|u| u.value),
        }
    }

    /// The window of one period.
    pub(super) fn period<T>(&mut self, period: &raw::Period<T>) -> Window {
        self.aside(period.aside.as_deref())
    }

    /// Reports every window that begins before an earlier one has ended.
    pub(super) fn disjoint(&mut self, windows: &[(Window, Span)], of: &str) -> bool {
        if windows.len() > limits::FACT_PERIODS {
            if let Some((_, span)) = windows.last() {
                self.report(diags::too_many_periods(*span, of));
            }
            return false;
        }
        if windows.len() < 2 {
            return true;
        }
        let mut order: Vec<_> = windows.iter().collect();
        order.sort_by_key(|(window, _)| window.from);
        let mut disjoint = true;
        let mut latest: Option<&(Window, Span)> = None;
        for here in order {
            if let Some(before) = latest
                && before.0.overlaps(here.0)
            {
                let (first, second) = (before.1.min(here.1), before.1.max(here.1));
                self.report(diags::overlapping_dates(second, first, of));
                disjoint = false;
            }
            let longer = latest.is_none_or(|before| match (before.0.until, here.0.until) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(before), Some(here)) => here > before,
            });
            if longer {
                latest = Some(here);
            }
        }
        disjoint
    }

    /// A fact whose values need `convert` to be checked; values that fail are left out.
    pub(super) fn dated<T, U>(
        &mut self,
        fact: raw::Fact<T>,
        of: &str,
        mut convert: impl FnMut(&mut Self, Spanned<T>) -> Option<U>,
    ) -> Dated<U> {
        if fact.is_empty() {
            return Dated::default();
        }
        let windows: Vec<_> = fact
            .iter()
            .map(|period| (self.period(period), period.value.span))
            .collect();
        let disjoint = self.disjoint(&windows, of);
        let mut periods = Vec::with_capacity(fact.len());
        for (period, (window, _)) in fact.into_iter().zip(windows) {
            if let Some(value) = convert(self, period.value) {
                periods.push((window, value));
            }
        }
        if disjoint {
            Dated::new(periods).unwrap_or_default()
        } else {
            Dated::default()
        }
    }

    pub(super) fn tokens(&mut self, fact: raw::Fact<u64>, of: &str) -> Dated<u64> {
        self.dated(fact, of, |_, value| Some(value.value))
    }

    pub(super) fn decimals(&mut self, fact: raw::Fact<Decimal>, of: &str) -> Dated<Decimal> {
        self.dated(fact, of, |_, value| Some(value.value))
    }

    pub(super) fn retention(&mut self, fact: raw::Fact<Retention>) -> Dated<Retention> {
        self.dated(fact, "a retention", |_, value| Some(value.value))
    }

    pub(super) fn place_names(
        &mut self,
        fact: raw::Fact<Vec<raw::Text>>,
        of: &str,
    ) -> Dated<Vec<PlaceId>> {
        self.dated(fact, of, |c, names| {
            c.no_repetition(&names.value);
            let mut ids = Vec::with_capacity(names.value.len());
            for name in &names.value {
                match c.places.named(&name.value) {
                    Some(id) => ids.push(id),
                    None => c.unknown_place(name),
                }
            }
            Some(ids)
        })
    }

    pub(super) fn unknown_place(&mut self, name: &raw::Text) {
        let allowed = self
            .speller
            .allows(self.places.names().count(), &name.value);
        let near = self.places.meant(&name.value).filter(|_| allowed);
        let found = diags::unknown_name(name.span, "place", &name.value, near);
        self.report(found);
    }

    pub(super) fn capabilities(&mut self, fact: raw::Fact<Vec<raw::Text>>) -> Dated<Names> {
        self.dated(fact, "capabilities", |c, names| {
            c.no_repetition(&names.value);
            for name in &names.value {
                c.resolve(|c| &c.capabilities, name);
            }
            Some(c.set(names.value))
        })
    }

    /// A set of names, the one that equal facts have where there is one.
    fn set(&mut self, names: Vec<raw::Text>) -> Names {
        let set: BTreeSet<Box<str>> = names.into_iter().map(|name| name.value).collect();
        if let Some(known) = self.sets.get(&set) {
            return known.clone();
        }
        let set = Names::from(set);
        self.sets.insert(set.clone());
        set
    }

    pub(super) fn parameters(&mut self, fact: raw::Fact<Vec<raw::Text>>) -> Dated<Names> {
        self.dated(fact, "parameters", |c, names| {
            c.no_repetition(&names.value);
            for name in &names.value {
                let known = crate::catalog::PARAMETERS.contains(&&*name.value);
                if !known && c.parameters.get(&name.value).is_none() {
                    c.unknown_parameter(name);
                }
            }
            Some(c.set(names.value))
        })
    }

    fn unknown_parameter(&mut self, name: &raw::Text) {
        let known = crate::catalog::PARAMETERS.into_iter();
        let declared = self.parameters.names();
        let count = known.len() + declared.len();
        let all = known.chain(declared);
        let near = self.speller.nearest_of(&name.value, count, all);
        let found = diags::unknown_name(name.span, "parameter", &name.value, near)
            .help("declare it in `parameters` of the catalog");
        self.report(found);
    }
}
