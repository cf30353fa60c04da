//! What each key may spend. The estimate of a call is set aside before the call is made, so that
//! calls at the same time cannot spend the same money; once it has ended, what it used takes the
//! place of the estimate. Windows are fixed, as those of limits are, and this process's own.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portolan_core::request::{Effective, Request};

use crate::audio;
use crate::config::Budget;
use crate::ledger::{cost, cost_of};
use crate::log::Line;
use crate::plan::Plan;

/// What is taken for the output of a call that names no limit.
const OUTPUT_TOKENS: u64 = 4096;

/// All purses, by the hash of their key.
#[derive(Debug, Default)]
pub(crate) struct Budgets(Mutex<BTreeMap<String, Purse>>);

/// One key's money, in 10⁻¹⁵ dollars.
#[derive(Debug, Clone, Copy, Default)]
struct Purse {
    from_ms: i64,
    spent: i128,
    reserved: i128,
}

/// Money set aside for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reserved {
    key: String,
    amount: i128,
}

impl Budgets {
    /// Sets the estimate of a call aside; `None` where that is more than is left.
    pub(crate) fn reserve(
        &self,
        key: &str,
        budget: Budget,
        amount: i128,
        now_ms: i64,
    ) -> Option<Reserved> {
        let mut purses = self.lock();
        let purse = purse(&mut purses, key, budget, now_ms);
        let most = cost(1_000_000, Some(budget.usd))?;
        let committed = purse.spent.saturating_add(purse.reserved);
        if committed.saturating_add(amount) > most {
            return None;
        }
        purse.reserved = purse.reserved.saturating_add(amount);
        Some(Reserved {
            key: key.to_owned(),
            amount,
        })
    }

    /// Begins a call whose cost nobody knows before it has ended; and whether anything is left.
    pub(crate) fn begin(&self, key: &str, budget: Budget, now_ms: i64) -> (Reserved, bool) {
        let mut purses = self.lock();
        let purse = purse(&mut purses, key, budget, now_ms);
        let committed = purse.spent.saturating_add(purse.reserved);
        let most = cost(1_000_000, Some(budget.usd));
        let reserved = Reserved {
            key: key.to_owned(),
            amount: 0,
        };
        (reserved, most.is_some_and(|most| committed < most))
    }

    /// Gives back what was set aside for a call that is judged again.
    pub(crate) fn release(&self, reserved: &Reserved) {
        self.settled(reserved, 0);
    }

    /// Settles a call that has ended. Where an upstream worked and nobody counted, as where a caller
    /// went away, the estimate stands; what was refused or failed costs its key nothing. Audio that
    /// was heard for the first time costs what it costs.
    pub(crate) fn settle(&self, line: &Line, heard: bool) {
        let Some(reserved) = &line.reserved else {
            return;
        };
        let used = line.usage.zip(line.attempts.last());
        let spent = match used.and_then(|(used, tried)| cost_of(used, &tried.price)) {
            Some(cost) => cost,
            None if matches!(line.outcome, "refused" | "failed") => 0,
            None => reserved.amount,
        };
        let audio = if heard { audio::cost(line) } else { 0 };
        self.settled(reserved, spent.saturating_add(audio));
    }

    fn settled(&self, reserved: &Reserved, spent: i128) {
        if let Some(purse) = self.lock().get_mut(&reserved.key) {
            purse.reserved = purse.reserved.saturating_sub(reserved.amount);
            purse.spent = purse.spent.saturating_add(spent);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Purse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The money of a key, in the window of now.
fn purse<'p>(
    purses: &'p mut BTreeMap<String, Purse>,
    key: &str,
    budget: Budget,
    now_ms: i64,
) -> &'p mut Purse {
    let fresh = Purse {
        from_ms: now_ms,
        ..Purse::default()
    };
    let purse = purses.entry(key.to_owned()).or_insert(fresh);
    let length_ms = i64::try_from(budget.window_s).unwrap_or(i64::MAX);
    let length_ms = length_ms.saturating_mul(1000);
    if now_ms >= purse.from_ms.saturating_add(length_ms) || now_ms < purse.from_ms {
        // What is still set aside is of calls that have not ended.
        purse.from_ms = now_ms;
        purse.spent = 0;
    }
    purse
}

/// What the dearest attempt of a plan may come to: its input as estimated, its output as far as it
/// may go. `None` where a price is not known.
pub(crate) fn estimate(plan: &Plan<'_>, request: &Request) -> Option<i128> {
    let each = plan.attempts.iter().map(|attempt| {
        let own = match attempt.fallback {
            None => Some(request.primary()),
            Some(position) => request.fallbacks().get(position),
        };
        let (input, output) = own.map_or((0, OUTPUT_TOKENS), tokens);
        let (input, output) = (
            cost(input, attempt.price.input)?,
            cost(output, attempt.price.output)?,
        );
        Some(input.saturating_add(output))
    });
    each.collect::<Option<Vec<i128>>>()?.into_iter().max()
}

fn tokens(own: &Effective) -> (u64, u64) {
    let count = |tokens: i64| u64::try_from(tokens).unwrap_or(0);
    let output = own.body.max_tokens.map_or(OUTPUT_TOKENS, count);
    (count(own.body.input_tokens), output)
}
