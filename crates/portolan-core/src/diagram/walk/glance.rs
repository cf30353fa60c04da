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
use crate::diagram::panel::{Ending, NO_ROUTE, Shared, What};
use crate::diagram::table::Record;
use crate::diagram::view::First;
use crate::instant::Instant;
use crate::policy::RuleId;
use crate::request::Call;

/// What one look came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance<'a> {
    looked: Looked<'a>,
    ending: &'a Ending,
}

/// Where a look leads.
#[derive(Debug, Clone, Copy)]
struct Looked<'a> {
    subject: u32,
    record: &'a Record,
    /// The cell's position.
    at: u32,
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
        let found = match model {
            Some(id) => match compiled.table.find(id) {
                Some(found) => found,
                None => self.record(compiled.unknown)?,
            },
            None => self.record(compiled.absent)?,
        };
        let asking = self.asking(call, &call.body, model);
        let basics = compiled.flat.basics(&asking);
        let glance = self.looked(&self.shared(call, &basics)?, found);
        if !compiled.panel.wide {
            return self.ended(glance);
        }
        let values = compiled.flat.read(&compiled.panel.others, &asking, &basics);
        let further = compiled.panel.further(glance.subject, &values)?;
        self.ended(Looked {
            at: glance.at.wrapping_add(further),
            ..glance
        })
    }

    /// What a glance at a policy that is `plain` comes to, where it takes nothing beside what nearly
    /// every call does: the id is recognised as it stands, or nobody's. What is called on the way, or
    /// where ways meet that do, takes values out of registers and puts them back.
    #[inline(always)]
    pub(crate) fn sight(self, call: &Call<'_>) -> Option<Glance<'a>> {
        let compiled = self.compiled;
        let simple = call.fallbacks.is_empty() && self.state.is_empty();
        let id = call.body.model.filter(|_| simple)?;
        let basics = compiled
            .flat
            .basics(&self.asking(call, &call.body, Some(id)));
        // What is known already is few numbers while the record is on its way.
        let shared = self.shared(call, &basics)?;
        let found = match compiled.table.recognise(id) {
            Ok(found) => found,
            Err(true) => self.record(compiled.unknown)?,
            Err(false) => return None,
        };
        self.ended(self.looked(&shared, found))
    }

    /// What all models are asked alike.
    #[inline(always)]
    fn shared(self, call: &Call<'_>, basics: &Basics) -> Option<Shared> {
        self.compiled.panel.shared(call.caller.row, basics)
    }

    /// Where, with that, a record leads.
    #[inline(always)]
    fn looked(self, shared: &Shared, (subject, record): (u32, &'a Record)) -> Looked<'a> {
        Looked {
            subject,
            record,
            at: self.compiled.panel.own(shared, record),
        }
    }

    #[inline(always)]
    fn ended(self, looked: Looked<'a>) -> Option<Glance<'a>> {
        let ending = self.compiled.panel.ending(looked.at)?;
        Some(Glance { looked, ending })
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
            What::Survives | What::Uncounted => Outcome::Route,
            What::Refused => {
                let facts = if ending.route == NO_ROUTE {
                    None
                } else {
                    self.compiled
                        .sold
                        .facts(&glance.looked.record.sale, ending.route)
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
                subject: glance.looked.subject,
                verdict: self.compiled.panel.verdict(glance.looked.at),
                ending: glance.looked.at,
            },
        })
    }
}

/// More has to be read than a look tells.
#[derive(Debug)]
pub(crate) struct Unread;

impl Glance<'_> {
    /// The first attempt, of what was looked at in this compiled form, where it is routed.
    #[inline(always)]
    pub(crate) fn first<'e>(
        &self,
        compiled: &'e Compiled,
        at: Instant,
    ) -> Result<Option<First<'e>>, Unread> {
        let ending = self.ending;
        // One after the other: a jump by a table would wait for the record to know where to.
        if ending.what == What::Refused {
            return Ok(None);
        }
        if ending.what != What::Survives {
            return Err(Unread);
        }
        let sale = &self.looked.record.sale;
        let lead = compiled.sold.lead(sale, ending.route, at);
        let lead = lead.ok_or(Unread)?;
        Ok(Some(First {
            route: lead.route,
            url: Cow::Borrowed(lead.url),
            usage_region: lead.usage,
            price: lead.price,
            warnings: usize::from(ending.warnings),
        }))
    }
}
