//! Deciding by one look at a panel: the shortest way, put into whoever calls it.

#![expect(
    clippy::inline_always,
    reason = "small structs handed over in memory cost more than the tests"
)]

use super::{Ground, refuse};
use crate::decision::{Decision, Fate, Outcome, Snapshot};
use crate::diagram::panel::{NO_ROUTE, Values, What};
use crate::diagram::table::Record;
use crate::policy::RuleId;
use crate::request::Call;

impl<'a> Ground<'a> {
    /// Decides by one look, where nothing has to be walked: there are no fallbacks, nothing is
    /// known about now, and the panel has room for the question.
    #[inline(always)]
    pub(crate) fn glance(self, snapshot: Snapshot, call: &Call<'_>) -> Option<Decision> {
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
        let asking = self.asking(call, &call.body, model);
        let basics = compiled.flat.basics(&asking);
        // In the place where they are read: what was written word by word is slow to copy.
        let mut values: Values = Default::default();
        for (value, basic) in values.iter_mut().zip(basics) {
            *value = basic;
        }
        if !compiled.panel.others.is_empty() {
            compiled
                .flat
                .read(&compiled.panel.others, &asking, &mut values);
        }
        let at = compiled.panel.look(row, (subject, record), &values)?;
        let ending = compiled.panel.ending(at)?;
        let outcome = match ending.what {
            What::Survives => Outcome::Route,
            What::Refused => {
                let route = if ending.route == NO_ROUTE {
                    None
                } else {
                    let facts = compiled.sold.facts(&record.sale, ending.route)?;
                    Some(facts.route())
                };
                refuse(RuleId(ending.rule), None, route)
            }
            What::Locked => return None,
        };
        Some(Decision {
            snapshot,
            at: call.at,
            outcome,
            fate: Fate {
                subject,
                verdict: ending.verdict,
                ending: at,
            },
        })
    }

    #[inline(always)]
    fn record(self, subject: u32) -> Option<(u32, &'a Record)> {
        Some((subject, self.compiled.table.record(subject)?))
    }
}
