//! Calls counted in fixed windows, for each account and key of a limit, in memory.
//!
//! A call is counted when an attempt is about to be made, and never for a refusal. Looking and
//! counting are one step, so that no number of calls at once passes a limit together.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portolan_core::answer::Limit;
use portolan_core::request::{State, Usage};

/// Windows that are kept before those that are over are thrown away.
const KEPT: usize = 100_000;

/// An account, and the key of a limit.
type Name = (String, String);

/// All windows.
#[derive(Debug, Default)]
pub(crate) struct Windows(Mutex<BTreeMap<Name, Window>>);

/// Calls under one key, in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    model: String,
    from_ms: i64,
    length_ms: i64,
    limit: i64,
    used: i64,
}

/// A limit as it stands after a call was counted, or was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: i64,
    pub(crate) remaining: i64,
    pub(crate) reset_s: i64,
}

impl Window {
    fn reset_s(&self, now_ms: i64) -> i64 {
        let left = self.from_ms.saturating_add(self.length_ms) - now_ms;
        // Whole seconds, rounded up: after that long the window is over.
        (left.max(0) + 999) / 1000
    }

    fn is_over(&self, now_ms: i64) -> bool {
        now_ms >= self.from_ms.saturating_add(self.length_ms) || now_ms < self.from_ms
    }
}

impl Windows {
    /// Counts a call that an attempt is about to make.
    ///
    /// # Errors
    /// The window is full: nothing is counted.
    pub(crate) fn take(
        &self,
        account: &str,
        model: &str,
        limit: &Limit,
        now_ms: i64,
    ) -> Result<Standing, Standing> {
        let mut windows = self.lock();
        if windows.len() > KEPT {
            windows.retain(|_, window| !window.is_over(now_ms));
        }
        let fresh = || Window {
            model: model.to_owned(),
            from_ms: now_ms,
            length_ms: limit.window_s.max(1).saturating_mul(1000),
            limit: limit.requests,
            used: 0,
        };
        let name = (account.to_owned(), limit.key.clone());
        let window = windows.entry(name).or_insert_with(fresh);
        if window.is_over(now_ms) {
            *window = fresh();
        }
        let free = window.used < limit.requests;
        if free {
            window.used += 1;
        }
        let standing = Standing {
            limit: limit.requests,
            remaining: limit.requests - window.used,
            reset_s: window.reset_s(now_ms),
        };
        if free { Ok(standing) } else { Err(standing) }
    }

    /// Keeps what was counted elsewhere.
    pub(crate) fn note(
        &self,
        account: &str,
        model: &str,
        limit: &Limit,
        used: i64,
        left_ms: i64,
        now_ms: i64,
    ) {
        let length_ms = limit.window_s.max(1).saturating_mul(1000);
        let window = Window {
            model: model.to_owned(),
            // It ends when the other one does, and none that began later is taken for an earlier.
            from_ms: now_ms.saturating_sub((length_ms - left_ms).max(0)),
            length_ms,
            limit: limit.requests,
            used,
        };
        let name = (account.to_owned(), limit.key.clone());
        let mut windows = self.lock();
        if windows.len() > KEPT {
            windows.retain(|_, window| !window.is_over(now_ms));
        }
        windows.insert(name, window);
    }

    /// How one account's limit of a model stands: of several, that with the least left.
    pub(crate) fn standing(&self, account: &str, model: &str, now_ms: i64) -> Option<Standing> {
        let windows = self.lock();
        let own = open(&windows, account, now_ms).filter(|window| window.model == model);
        let standings = own.map(|window| Standing {
            limit: window.limit,
            remaining: (window.limit - window.used).max(0),
            reset_s: window.reset_s(now_ms),
        });
        standings.min_by_key(|standing| standing.remaining)
    }

    /// Adds what one account has used to what is known now.
    pub(crate) fn tell(&self, account: &str, now_ms: i64, state: &mut State) {
        for window in open(&self.lock(), account, now_ms) {
            let usage: &mut Usage = state.models.entry(window.model.clone()).or_default();
            if usage.used.is_none_or(|used| used < window.used) {
                usage.used = Some(window.used);
                usage.reset_s = Some(window.reset_s(now_ms));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The windows of an account that are not over.
fn open<'w>(
    windows: &'w BTreeMap<Name, Window>,
    account: &str,
    now_ms: i64,
) -> impl Iterator<Item = &'w Window> {
    let first = (account.to_owned(), String::new());
    let own = windows.range(first..);
    let own = own.take_while(move |((of, _), _)| of == account);
    let windows = own.map(|(_, window)| window);
    windows.filter(move |window| !window.is_over(now_ms))
}
