//! A call's decision with its first attempt, in one go: what a gateway needs that sends the call on.
//! How it comes about is `diagram`'s; all of a plan is a view's.

#![expect(
    clippy::inline_always,
    reason = "a decision handed over in memory costs more than making it"
)]

use super::Engine;
use crate::decision::Decision;
use crate::diagram::{First, Glance};
use crate::request::{Call, State};

impl Engine {
    /// Decides a call and reads its first attempt, if there is one: the same as `decide_call`, then
    /// `view_call`, and quicker than one after the other.
    #[inline(always)]
    pub fn decide_first(&self, call: &Call<'_>, state: &State) -> (Decision, Option<First<'_>>) {
        if let Some(quick) = self.decide_at_once(call, state) {
            return quick;
        }
        // Put elsewhere and taken from there: what is handed over in memory stays in memory.
        let mut slow = None;
        self.decide_and_view(*call, state, &mut slow);
        slow.unwrap_or_else(|| (self.foreign(call.at), None))
    }

    /// The same where one look tells all of it, as it does for nearly every call; `None` where more
    /// has to be asked, by `decide_first`.
    ///
    /// Whoever makes the call anew for that keeps nothing of it until then, which is quickest.
    #[inline(always)]
    pub fn decide_at_once(
        &self,
        call: &Call<'_>,
        state: &State,
    ) -> Option<(Decision, Option<First<'_>>)> {
        if call.caller.stamp != self.at_once {
            return None;
        }
        let glance = self.ground(state).sight(call)?;
        self.told_by(&glance, call, state)
    }

    /// A call's decision and first attempt, where one look told all of them.
    #[inline(always)]
    fn told_by(
        &self,
        glance: &Glance<'_>,
        call: &Call<'_>,
        state: &State,
    ) -> Option<(Decision, Option<First<'_>>)> {
        let first = glance.first(&self.compiled, call.at).ok()?;
        let decision = self.ground(state).decided(self.snapshot, call.at, glance)?;
        Some((decision, first))
    }

    /// Takes a copy, which nobody makes before: what is handed over by reference has to be written
    /// down where one look is enough, too.
    #[inline(never)]
    fn decide_and_view<'a>(
        &'a self,
        call: Call<'_>,
        state: &State,
        slow: &mut Option<(Decision, Option<First<'a>>)>,
    ) {
        let call = &call;
        if call.caller.stamp == self.snapshot.stamp()
            && let Some(glance) = self.ground(state).glance(call)
            && let Some(quick) = self.told_by(&glance, call, state)
        {
            *slow = Some(quick);
            return;
        }
        let decision = self.decide_call(call, state);
        let view = self.view_call(call, state, &decision);
        *slow = Some((decision, view.lead(&self.compiled, &self.catalog)));
    }
}
