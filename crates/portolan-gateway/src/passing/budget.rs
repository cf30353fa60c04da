//! What passes through for a key that has a budget. How long audio is nobody knows before it is
//! heard, so nothing is set aside: work begins while anything is left, and what it turns out to cost
//! is taken when it is told. Reading what is there is never refused.

use portolan_wire::http::Fault;

use super::Passage;
use crate::config::passing::{Carries, Entry};
use crate::log::Record;

impl Passage<'_> {
    /// Whether the caller's key can pay for a call of this line.
    pub(super) fn paid_for(
        &self,
        entry: &Entry,
        record: &mut Record,
    ) -> Result<(), Fault<'static>> {
        let Some(budget) = self.caller.row.and_then(|row| row.budget) else {
            return Ok(());
        };
        let budgets = &self.exchange.gateway.budgets;
        let (begun, left) = budgets.begin(&self.caller.key, budget, self.exchange.now_ms);
        record.line.reserved = Some(begun);
        let reads = entry.carries == Carries::Json && matches!(&*entry.method, "GET" | "DELETE");
        if reads {
            return Ok(());
        }
        if self.passing.price.at(self.exchange.at()).is_none() {
            let what = "audio whose price is not known: it has a budget";
            return Err(Fault::KeyOutOfScope { what });
        }
        if left {
            Ok(())
        } else {
            Err(Fault::BudgetExhausted)
        }
    }

    /// A call to a model inside another, whose tokens nobody tells the gateway, is not for a key that
    /// has a budget.
    pub(super) fn is_counted(&self) -> Result<(), Fault<'static>> {
        let budget = self.caller.row.and_then(|row| row.budget);
        let what = "a model inside what passes through: it has a budget";
        budget.map_or(Ok(()), |_| Err(Fault::KeyOutOfScope { what }))
    }
}
