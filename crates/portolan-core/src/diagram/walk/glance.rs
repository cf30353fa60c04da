//! Deciding by one look at a panel: the shortest way, put into whoever calls it.

#![expect(
    clippy::inline_always,
    reason = "small structs handed over in memory cost more than the tests"
)]

use std::borrow::Cow;

use super::{Ground, refuse};
use crate::decision::{Decision, Fate, Outcome, Snapshot};
use crate::diagram::Compiled;
use crate::diagram::flat::Basics;
use crate::diagram::panel::{Ending, NO_ROUTE, UNCOUNTED, What};
use crate::diagram::table::Record;
use crate::diagram::view::First;
use crate::instant::Instant;
use crate::policy::RuleId;
use crate::request::Call;

/// What one look came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance<'a> {
    subject: u32,
    record: &'a Record,
    /// The cell's position.
    at: u32,
    ending: &'a Ending,
}

impl<'a> Ground<'a> {
    /// Decides by one look, where nothing has to be walked: there are no fallbacks, nothing is
    /// known about now, and the panel has room for the question.
    #[inline(always)]
    pub(crate) fn glance(self, call: &Call<'_>) -> Option<Glance<'a>> {
        if !call.fallbacks.is_empty() || !self.state.is_empty() {
            return None;
        }
        let compiled = self.compiled;
        let model = self.model(call.body.model);
        let (subject, record) = match model {
            Some(id) => match compiled.table.find(id) {
                Some(found) => found,
                None => self.record(compiled.unknown)?,
            },
            None => self.record(compiled.absent)?,
        };
        let row = compiled.panel.row(record, call.caller.endpoint.0)?;
        let basics = compiled.flat.basics(&self.asking(call, &call.body, model));
        let mut at = compiled.panel.look(row, record, &basics);
        if compiled.panel.wide {
            at = at.wrapping_add(self.further(*call, subject, basics)?);
        }
        let ending = compiled.panel.ending(at)?;
        Some(Glance {
            subject,
            record,
            at,
            ending,
        })
    }

    /// How far those tests lead for which basic fields, or the cuts of a record, are not enough.
    #[inline(never)]
    fn further(self, call: Call<'_>, subject: u32, basics: Basics) -> Option<u32> {
        let asking = self.asking(&call, &call.body, self.model(call.body.model));
        let panel = &self.compiled.panel;
        let values = self.compiled.flat.read(&panel.others, &asking, &basics);
        panel.further(subject, &values)
    }

    #[inline(always)]
    fn record(self, subject: u32) -> Option<(u32, &'a Record)> {
        Some((subject, self.compiled.table.record(subject)?))
    }

    /// The decision that a look comes to; `None` where somebody has to ask more.
    #[inline(always)]
    pub(crate) fn decided(
        self,
        snapshot: Snapshot,
        at: Instant,
        glance: &Glance<'_>,
    ) -> Option<Decision> {
        let ending = glance.ending;
        let outcome = match ending.what {
            What::Survives => Outcome::Route,
            What::Refused => {
                let facts = if ending.route == NO_ROUTE {
                    None
                } else {
                    self.compiled.sold.facts(&glance.record.sale, ending.route)
                };
                refuse(RuleId(ending.rule), None, facts.map(|facts| facts.route()))
            }
            What::Locked => return None,
        };
        Some(Decision {
            snapshot,
            at,
            outcome,
            fate: Fate {
                subject: glance.subject,
                verdict: self.compiled.panel.verdict(glance.at),
                ending: glance.at,
            },
        })
    }
}

impl Glance<'_> {
    /// The first attempt, of what was looked at in this compiled form, where it is routed; `None`
    /// where more has to be read.
    #[inline(always)]
    pub(crate) fn first<'e>(&self, compiled: &'e Compiled, at: Instant) -> Option<First<'e>> {
        let ending = self.ending;
        if ending.warnings == UNCOUNTED {
            return None;
        }
        let facts = compiled.sold.facts(&self.record.sale, ending.route)?;
        Some(First {
            route: facts.route(),
            url: Cow::Borrowed(facts.site.url.as_deref()?),
            usage_region: &facts.site.usage,
            price: facts.price(at)?,
            warnings: usize::from(ending.warnings),
        })
    }
}
