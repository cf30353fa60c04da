//! Which rules decide in a region: the labels of the diagrams that verdicts are made of.

use std::collections::BTreeSet;

use super::{Chart, Region};
use crate::diagram::store::{Diagram, Inconclusive};
use crate::diagram::verdict::Verdict;
use crate::policy::RuleId;

type Labels = Result<BTreeSet<RuleId>, Inconclusive>;

impl Chart<'_> {
    /// The rules that refuse some request of a region by itself, whatever its candidates are.
    ///
    /// # Errors
    /// Past the slice's budget.
    pub fn refusers(&mut self, within: Region, primary: bool) -> Labels {
        let refused = self.refused(primary)?;
        self.labels(refused, within)
    }

    /// The rules that are the first a candidate fails, of all excludes and then of all locks, for
    /// some request of a region that nothing refuses by itself.
    ///
    /// # Errors
    /// Past the slice's budget.
    pub fn excluders(&mut self, within: Region, candidate: usize) -> Labels {
        let (primary, fallback) = (self.passes(true)?, self.passes(false)?);
        let passes = self.or(primary, fallback)?;
        let within = self.and(within, passes)?;
        let verdict = self.verdict(candidate)?;
        let mut labels = self.labels(verdict, within)?;
        if self.locked(verdict, within)? {
            let reason = self.reason(candidate)?;
            let locks = self.labels(reason, within)?;
            labels.extend(locks);
        }
        Ok(labels)
    }

    /// The rules that refuse some request and are the reason shown: what refuses it by itself, or
    /// why the candidate that got furthest fell.
    ///
    /// # Errors
    /// Past the slice's budget.
    pub fn shown(&mut self, primary: bool) -> Labels {
        let mut shown = self.refusers(Region::ALL, primary)?;
        let (passes, fallen) = (self.passes(primary)?, self.fallen()?);
        shown.extend(self.labels(fallen, passes)?);
        if !self.locked(fallen, passes)? {
            return Ok(shown);
        }
        for candidate in 0..self.end.routes.len() {
            let route = *self.end.routes.get(candidate).ok_or(Inconclusive)?;
            let its = |verdict: &Verdict| *verdict == Verdict::Locked(route);
            let locked = Region(self.verdicts(fallen, &its)?);
            let locked = self.and(locked, passes)?;
            if !locked.is_empty() {
                let reason = self.reason(candidate)?;
                shown.extend(self.labels(reason, locked)?);
            }
        }
        Ok(shown)
    }

    /// Says whether some request of a region gets past every exclude of a candidate's verdict,
    /// and not past every lock.
    fn locked(&mut self, verdict: Diagram, within: Region) -> Result<bool, Inconclusive> {
        let where_locked = if let Some(known) = self.build.common.locked.get(&verdict) {
            known
        } else {
            let locked = |verdict: &Verdict| matches!(verdict, Verdict::Locked(_));
            let made = self.verdicts(verdict, &locked)?;
            self.build.common.locked.insert(verdict, made);
            made
        };
        let both = self.build.store.and(within.0, where_locked)?;
        Ok(both != Diagram::FALSE)
    }

    /// The rules that a diagram of verdicts names for some request of a region.
    fn labels(&mut self, diagram: Diagram, within: Region) -> Labels {
        let key = (diagram, within.0);
        if let Some(known) = self.build.common.labels.get(&key) {
            let named = self.build.common.named.get(known as usize);
            return named.cloned().ok_or(Inconclusive);
        }
        let labels = self.looked_up(diagram, within)?;
        let common = &mut *self.build.common;
        let position = u32::try_from(common.named.len()).map_err(|_| Inconclusive)?;
        common.labels.insert(key, position);
        common.named.push(labels.clone());
        Ok(labels)
    }

    fn looked_up(&mut self, diagram: Diagram, within: Region) -> Labels {
        let nothing = self.build.terminal(Verdict::Pass);
        let restricted = self.build.store.choose(within.0, diagram, nothing)?;
        let mut labels = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut left = vec![restricted];
        while let Some(diagram) = left.pop() {
            if !seen.insert(diagram) {
                continue;
            }
            if let Some(node) = self.build.store.node(diagram) {
                left.extend(node.edges.iter().map(|(_, to)| *to));
            } else if let Some(value) = diagram.value() {
                match self.build.answers.verdicts.get(value) {
                    Some(Verdict::Refused(rule) | Verdict::Fell { rule, .. }) => {
                        labels.insert(*rule);
                    }
                    Some(Verdict::Pass | Verdict::Locked(_) | Verdict::Survive(_)) | None => {}
                }
            }
        }
        Ok(labels)
    }
}
