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

    /// Says whether some request of a region gets past every exclude of a candidate's verdict,
    /// and not past every lock.
    fn locked(&mut self, verdict: Diagram, within: Region) -> Result<bool, Inconclusive> {
        let verdicts = &self.build.answers.verdicts;
        let locked = |verdict: &Verdict| matches!(verdict, Verdict::Locked(_));
        let answer = |value| {
            if verdicts.get(value).is_some_and(locked) {
                Diagram::TRUE
            } else {
                Diagram::FALSE
            }
        };
        let where_locked = self.build.store.map(verdict, &answer)?;
        let both = self.build.store.and(within.0, where_locked)?;
        Ok(both != Diagram::FALSE)
    }

    /// The rules that a diagram of verdicts names for some request of a region.
    fn labels(&mut self, diagram: Diagram, within: Region) -> Labels {
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
