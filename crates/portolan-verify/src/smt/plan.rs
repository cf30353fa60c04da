//! The attempts that come of one effective request: its survivors, and where a policy says
//! `plan at most`, those that make it into the plan in some state.

use portolan_core::policy::{RuleKind, Value};

use super::Unsupported;
use super::decision::{Candidate, Outcome};
use super::encoder::{Encoder, View};
use super::formula::Formula;
use super::symbol::Symbol;

impl Encoder<'_> {
    /// Where each candidate, by its position, is an attempt.
    pub(super) fn attempts(
        &mut self,
        view: View,
        outcome: &Outcome,
    ) -> Result<Vec<Formula>, Unsupported> {
        let policy = self.space.policy;
        let all = outcome.candidates.len();
        let most = policy.plan_at_most.unwrap_or(usize::MAX);
        if most >= all {
            return Ok(outcome.candidates.iter().map(|c| c.survives).collect());
        }
        let mut usable = Vec::new();
        for candidate in &outcome.candidates {
            let mut skips = Vec::new();
            for rule in &policy.rules {
                if matches!(rule.kind, RuleKind::Skip(_)) {
                    skips.push(self.holds(view.at(candidate.route), rule)?);
                }
            }
            let skipped = self.all.or(skips);
            let not = self.all.not(skipped);
            usable.push(self.all.and([candidate.survives, not]));
        }
        let mut out = Vec::new();
        for (position, candidate) in outcome.candidates.iter().enumerate() {
            // How many before it make it: at position n, whether more than n do.
            let mut more = vec![Formula::FALSE; most];
            for (other, rival) in outcome.candidates.iter().enumerate() {
                if other == position || rival.model != candidate.model {
                    continue;
                }
                let first = self.before(view, rival, candidate, other < position)?;
                let there = usable.get(other).copied().unwrap_or(Formula::FALSE);
                let ahead = self.all.and([there, first]);
                for n in (0..most).rev() {
                    let fewer = match n.checked_sub(1) {
                        None => Formula::TRUE,
                        Some(n) => more.get(n).copied().unwrap_or(Formula::FALSE),
                    };
                    let also = self.all.and([fewer, ahead]);
                    if let Some(known) = more.get_mut(n) {
                        *known = self.all.or([*known, also]);
                    }
                }
            }
            let too_many = match most.checked_sub(1) {
                None => Formula::TRUE,
                Some(n) => more.get(n).copied().unwrap_or(Formula::FALSE),
            };
            let room = self.all.not(too_many);
            let there = usable.get(position).copied().unwrap_or(Formula::FALSE);
            out.push(self.all.and([there, room]));
        }
        Ok(out)
    }

    /// One candidate comes before another, by the policy's keys and then by catalog order.
    fn before(
        &mut self,
        view: View,
        a: &Candidate,
        b: &Candidate,
        listed_first: bool,
    ) -> Result<Formula, Unsupported> {
        let policy = self.space.policy;
        let mut out = if listed_first {
            Formula::TRUE
        } else {
            Formula::FALSE
        };
        for key in policy.prefer.iter().rev() {
            let left = self.term(view.at(a.route), &key.term)?;
            let right = self.term(view.at(b.route), &key.term)?;
            let (Symbol::Cases(left), Symbol::Cases(right)) = (left, right) else {
                return Err(Unsupported::OpenValue);
            };
            let (mut first, mut level) = (Vec::new(), Vec::new());
            for (when, x) in &left {
                for (also, y) in &right {
                    let both = self.all.and([*when, *also]);
                    if x == y {
                        level.push(both);
                    } else if precedes(x.as_ref(), y.as_ref(), key.lowest) {
                        first.push(both);
                    }
                }
            }
            let (first, level) = (self.all.or(first), self.all.or(level));
            let then = self.all.and([level, out]);
            out = self.all.or([first, then]);
        }
        Ok(out)
    }
}

/// Of two different values, the first comes first; an absent one comes last.
fn precedes(a: Option<&Value>, b: Option<&Value>, lowest: bool) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a < b) == lowest,
        (found, _) => found.is_some(),
    }
}
