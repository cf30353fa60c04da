//! Which routes answer: failures in a row, and when a route is tried again.
//!
//! A fact about now, like a count: what follows from it is the policy's to say, by a `skip`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portolan_core::request::{State, Usage};

use crate::config::Breaker;
use crate::ways::Way;

type Name = (String, String, String);

/// The routes that failed lately. One that answers is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<BTreeMap<Name, Failing>>);

#[derive(Debug, Clone, Copy, Default)]
struct Failing {
    in_a_row: u32,
    until_ms: Option<i64>,
}

impl Health {
    /// An attempt was answered.
    pub(crate) fn answered(&self, way: &Way) {
        let mut routes = self.lock();
        if !routes.is_empty() {
            routes.remove(&name(way));
        }
    }

    /// An attempt failed, in a way that says something about its route.
    pub(crate) fn failed(&self, way: &Way, breaker: Breaker, now_ms: i64) {
        let mut routes = self.lock();
        let failing = routes.entry(name(way)).or_default();
        failing.in_a_row = failing.in_a_row.saturating_add(1);
        if failing.in_a_row >= breaker.failures {
            let open = i64::try_from(breaker.open_s).unwrap_or(i64::MAX);
            failing.until_ms = Some(now_ms.saturating_add(open.saturating_mul(1000)));
        }
    }

    /// Takes a route for an attempt. One that was unhealthy takes one call when its time is over;
    /// until that is answered, or as long again, it is unhealthy to all others. `false` where it is
    /// unhealthy now.
    pub(crate) fn takes(&self, way: &Way, breaker: Breaker, now_ms: i64) -> bool {
        let mut routes = self.lock();
        if routes.is_empty() {
            return true;
        }
        let failing = routes.get_mut(&name(way));
        let Some(until) = failing.and_then(|failing| failing.until_ms.as_mut()) else {
            return true;
        };
        let over = now_ms >= *until;
        if over {
            let open = i64::try_from(breaker.open_s).unwrap_or(i64::MAX);
            *until = now_ms.saturating_add(open.saturating_mul(1000));
        }
        over
    }

    /// Adds the routes that are unhealthy to what is known now. One whose time is over counts as
    /// nothing known: it is tried, and one more failure makes it unhealthy again.
    pub(crate) fn tell(&self, now_ms: i64, state: &mut State) {
        for (name, failing) in self.lock().iter() {
            let Some(until) = failing.until_ms.filter(|until| now_ms < *until) else {
                continue;
            };
            let usage = Usage {
                healthy: Some(false),
                used: None,
                reset_s: Some((until - now_ms + 999) / 1000),
            };
            state.routes.insert(name.clone(), usage);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(way: &Way) -> Name {
    (way.model.clone(), way.region.clone(), way.endpoint.clone())
}
