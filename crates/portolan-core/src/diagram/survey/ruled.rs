//! What the policy says in one slice: what is refused, who survives, what routes. Each is made when
//! it is first asked for, and kept.
//!
//! Where a yes or no will do, only that is made: the verdicts, which say why, are larger.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::chart::Built;
use super::planned::Room;
use super::{Chart, Region};
use crate::diagram::build::{Build, Holding};
use crate::diagram::locks::Locks;
use crate::diagram::store::{Diagram, Inconclusive};
use crate::diagram::verdict::Verdict;
use crate::diagram::vocabulary::Reach;
use crate::policy::{RuleId, RuleKind};

/// What was made so far.
#[derive(Default)]
pub(super) struct Ruled {
    /// By whether it is the primary: the refuse rules, in source order.
    refusing: BTreeMap<bool, Vec<Holding>>,
    /// By whether it is the primary: the first of them that holds, as verdicts.
    refused: BTreeMap<bool, Diagram>,
    /// By whether it is the primary: what none of them refuses.
    passes: BTreeMap<bool, Region>,
    /// By whether it is the primary.
    routes: BTreeMap<bool, Region>,
    locks: Option<Vec<Locks>>,
    /// By candidate: where it survives every exclude and lock.
    legal: BTreeMap<usize, Region>,
    /// By candidate: its own verdict.
    verdicts: BTreeMap<usize, Diagram>,
    fallen: Option<Diagram>,
    /// Where the plan has room for only some candidates: for whom.
    pub(super) room: Option<Rc<Room>>,
}

impl Chart<'_> {
    /// Locks that demand the same, each group with where one of them applies.
    fn gathered(&mut self) -> Result<Vec<Locks>, Inconclusive> {
        let vocabulary = self.build.vocabulary;
        let mut groups: BTreeMap<&Vec<u32>, Vec<RuleId>> = BTreeMap::new();
        for ((id, rule), demands) in vocabulary.policy.rules().zip(&vocabulary.demands) {
            if let RuleKind::Lock { .. } = rule.kind {
                groups.entry(demands).or_default().push(id);
            }
        }
        let mut locks = Vec::with_capacity(groups.len());
        for (position, (demands, rules)) in groups.into_iter().enumerate() {
            let applies = self.applies(position, &rules)?;
            let mut met = Vec::with_capacity(self.end.routes.len());
            for candidate in 0..self.end.routes.len() {
                met.push(self.met(demands, candidate)?);
            }
            locks.push(Locks {
                reason: 0,
                open: Vec::new(),
                met,
                applies,
            });
        }
        Ok(locks)
    }

    /// Where one of a group of locks applies: the same in every slice of an endpoint, where none
    /// of them asks about the model.
    fn applies(&mut self, group: usize, rules: &[RuleId]) -> Result<Diagram, Inconclusive> {
        let reach = &self.build.questions.reach;
        let own = |id: &RuleId| {
            reach
                .get(id.0 as usize)
                .is_none_or(|r| *r > Reach::Endpoint)
        };
        let key = (self.end.endpoint.0, group);
        let lasts = !rules.iter().any(own);
        if let Some(known) = self.build.common.applies.get(&key).filter(|_| lasts) {
            return Ok(known);
        }
        let mut applies = Vec::with_capacity(rules.len());
        for id in rules {
            applies.push(self.build.holds(*id, self.end, None)?);
        }
        let made = self.build.any_of(applies)?;
        if lasts {
            self.build.common.applies.insert(key, made);
        }
        Ok(made)
    }

    /// Makes something of the locks, which are gathered once.
    fn with_locks<T>(
        &mut self,
        make: impl FnOnce(&mut Self, &[Locks]) -> Result<T, Inconclusive>,
    ) -> Result<T, Inconclusive> {
        let locks = match self.ruled.locks.take() {
            Some(locks) => locks,
            None => self.gathered()?,
        };
        let done = make(self, &locks);
        self.ruled.locks = Some(locks);
        done
    }

    /// The refuse rules, in source order.
    fn refusing(&mut self, primary: bool) -> Result<Vec<Holding>, Inconclusive> {
        if let Some(known) = self.ruled.refusing.get(&primary) {
            return Ok(known.clone());
        }
        let made = self.build.refusing(self.end, self.subject, primary)?;
        self.ruled.refusing.insert(primary, made.clone());
        Ok(made)
    }

    /// The first refuse rule that holds, as verdicts.
    pub(super) fn refused(&mut self, primary: bool) -> Result<Diagram, Inconclusive> {
        if let Some(known) = self.ruled.refused.get(&primary) {
            return Ok(*known);
        }
        let made = self.build.refused(self.end, self.subject, primary)?;
        self.ruled.refused.insert(primary, made);
        Ok(made)
    }

    /// The requests that no refuse rule refuses, as a primary or as a fallback.
    ///
    /// # Errors
    /// As `and`.
    pub fn passes(&mut self, primary: bool) -> Built {
        if let Some(known) = self.ruled.passes.get(&primary) {
            return Ok(*known);
        }
        let key = Build::refusing_by(self.end, self.subject, primary);
        let made = if let Some(known) = key.and_then(|key| self.build.common.passes.get(&key)) {
            Region(known)
        } else {
            let refusing = self.refusing(primary)?;
            let refused = refusing.into_iter().map(|(_, holds)| holds).collect();
            let refused = self.build.any_of(refused).map(Region)?;
            let made = self.without(Region::ALL, refused)?;
            if let Some(key) = key {
                self.build.common.passes.insert(key, made.0);
            }
            made
        };
        self.ruled.passes.insert(primary, made);
        Ok(made)
    }

    /// The requests for which a candidate survives every refuse rule, exclude and lock.
    ///
    /// # Errors
    /// As `and`.
    pub fn survives(&mut self, candidate: usize, primary: bool) -> Built {
        let legal = self.legal(candidate)?;
        self.passing(legal, primary)
    }

    /// The requests of a region that no refuse rule refuses, as a primary or as a fallback.
    ///
    /// # Errors
    /// As `and`.
    pub fn passing(&mut self, region: Region, primary: bool) -> Built {
        if region.is_empty() {
            return Ok(region);
        }
        let passes = self.passes(primary)?;
        self.and(passes, region)
    }

    /// The requests for which a candidate survives every exclude and lock; refuse rules are not
    /// looked at.
    ///
    /// # Errors
    /// As `and`.
    pub fn legal(&mut self, candidate: usize) -> Built {
        if let Some(known) = self.ruled.legal.get(&candidate) {
            return Ok(*known);
        }
        let end = self.end;
        let legal = self.with_locks(|chart, locks| chart.build.survives(end, candidate, locks))?;
        self.ruled.legal.insert(candidate, Region(legal));
        Ok(Region(legal))
    }

    /// The verdict on a candidate: why it does not survive, or that it does.
    pub(super) fn verdict(&mut self, candidate: usize) -> Result<Diagram, Inconclusive> {
        if let Some(known) = self.ruled.verdicts.get(&candidate) {
            return Ok(*known);
        }
        let end = self.end;
        let route = *end.routes.get(candidate).ok_or(Inconclusive)?;
        let made = self.with_locks(|chart, locks| {
            let build = &mut chart.build;
            build.candidate(end, candidate, route, locks)
        })?;
        self.ruled.verdicts.insert(candidate, made);
        Ok(made)
    }

    /// The requests that route, whatever is known about now: some candidate survives.
    ///
    /// # Errors
    /// As `and`.
    pub fn routes(&mut self, primary: bool) -> Built {
        if let Some(known) = self.ruled.routes.get(&primary) {
            return Ok(*known);
        }
        let made = self.routing(Region::ALL, primary)?;
        self.ruled.routes.insert(primary, made);
        Ok(made)
    }

    /// The requests of a region that route.
    ///
    /// # Errors
    /// As `and`.
    pub fn routing(&mut self, region: Region, primary: bool) -> Built {
        if region.is_empty() {
            return Ok(region);
        }
        let mut any = Region::NONE;
        for candidate in 0..self.end.routes.len() {
            let legal = self.legal(candidate)?;
            let legal = self.and(legal, region)?;
            any = self.or(any, legal)?;
        }
        self.passing(any, primary)
    }

    /// The requests that one of the wanted rules refuses: it is the reason that is shown.
    ///
    /// # Errors
    /// As `and`.
    pub fn refused_by(&mut self, primary: bool, wanted: &dyn Fn(RuleId) -> bool) -> Built {
        let refusing = self.refusing(primary)?;
        let last = refusing.iter().rposition(|(id, _)| wanted(*id));
        let (mut before, mut by_refuse) = (Region::NONE, Region::NONE);
        for (id, holds) in refusing.into_iter().take(last.map_or(0, |last| last + 1)) {
            let holds = Region(holds);
            if wanted(id) {
                let first = self.without(holds, before)?;
                by_refuse = self.or(by_refuse, first)?;
            }
            before = self.or(before, holds)?;
        }
        let of_candidates = |kind: &RuleKind| match kind {
            RuleKind::NotOffered(_)
            | RuleKind::OtherEndpoint(_)
            | RuleKind::Exclude(_)
            | RuleKind::Lock { .. } => true,
            RuleKind::UnknownModel { .. }
            | RuleKind::BeyondDepth(_)
            | RuleKind::Refuse { .. }
            | RuleKind::Skip(_)
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. } => false,
        };
        let mut rules = self.policy().rules();
        if !rules.any(|(id, rule)| of_candidates(&rule.kind) && wanted(id)) {
            return Ok(by_refuse);
        }
        let fallen = self.fallen()?;
        let named =
            |verdict: &Verdict| matches!(verdict, Verdict::Fell { rule, .. } if wanted(*rule));
        let mut by_candidate = self.verdicts(fallen, &named)?;
        for candidate in 0..self.end.routes.len() {
            let by_lock = self.locked_by(fallen, candidate, wanted)?;
            by_candidate = self.build.store.or(by_candidate, by_lock)?;
        }
        let by_candidate = self.passing(Region(by_candidate), primary)?;
        self.or(by_refuse, by_candidate)
    }

    /// Where a diagram of verdicts says what is wanted.
    pub(super) fn verdicts(
        &mut self,
        diagram: Diagram,
        wanted: &dyn Fn(&Verdict) -> bool,
    ) -> Result<Diagram, Inconclusive> {
        let answers = &self.build.answers.verdicts;
        self.build.store.map(diagram, &|value| {
            if answers.get(value).is_some_and(wanted) {
                Diagram::TRUE
            } else {
                Diagram::FALSE
            }
        })
    }

    /// The verdict on all candidates; who survives is left out.
    pub(super) fn fallen(&mut self) -> Result<Diagram, Inconclusive> {
        if let Some(known) = self.ruled.fallen {
            return Ok(known);
        }
        let nobody = self.build.terminal(Verdict::Survive(Box::default()));
        let mut own = Vec::with_capacity(self.end.routes.len());
        for candidate in 0..self.end.routes.len() {
            let verdict = self.verdict(candidate)?;
            let survives = self.legal(candidate)?;
            own.push(self.build.store.choose(survives.0, nobody, verdict)?);
        }
        let made = self.build.furthest_of(own)?;
        self.ruled.fallen = Some(made);
        Ok(made)
    }

    /// Where a candidate got furthest and the first lock that it breaks is a wanted one.
    fn locked_by(
        &mut self,
        fallen: Diagram,
        candidate: usize,
        wanted: &dyn Fn(RuleId) -> bool,
    ) -> Result<Diagram, Inconclusive> {
        let route = *self.end.routes.get(candidate).ok_or(Inconclusive)?;
        let its = |verdict: &Verdict| *verdict == Verdict::Locked(route);
        let locked = self.verdicts(fallen, &its)?;
        if locked == Diagram::FALSE {
            return Ok(locked);
        }
        let reason = self.reason(candidate)?;
        let named = |verdict: &Verdict| matches!(verdict, Verdict::Refused(id) if wanted(*id));
        let named = self.verdicts(reason, &named)?;
        self.build.store.and(locked, named)
    }

    /// The first lock that a candidate breaks, as verdicts.
    pub(super) fn reason(&mut self, candidate: usize) -> Result<Diagram, Inconclusive> {
        let marked = Build::marked(self.end, candidate);
        if let Some(known) = marked.and_then(|marked| self.build.common.reasons.get(&marked)) {
            return Ok(known);
        }
        let vocabulary = self.build.vocabulary;
        let mut reasons = Vec::new();
        for ((id, rule), demands) in vocabulary.policy.rules().zip(&vocabulary.demands) {
            if let RuleKind::Lock { .. } = rule.kind {
                let met = self.met(demands, candidate)?;
                let applies = self.build.holds(id, self.end, None)?;
                let breaks = self.build.store.choose(met, Diagram::FALSE, applies)?;
                reasons.push(self.build.labelled(breaks, Verdict::Refused(id))?);
            }
        }
        let made = self.build.first_of(reasons)?;
        if let Some(marked) = marked {
            self.build.common.reasons.insert(marked, made);
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests;
