//! The verdict on a request: which rule refuses it, which candidates survive, and why others do
//! not.

use super::{Build, Built, Holding};
use crate::diagram::fold::Subject;
use crate::diagram::locks::Locks;
use crate::diagram::profile::End;
use crate::diagram::store::{Diagram, Inconclusive, Lasting};
use crate::diagram::verdict::{Verdict, furthest};
use crate::limits;
use crate::policy::{RuleId, RuleKind};

impl Build<'_> {
    /// The first refuse rule that holds for an effective request, in source order.
    pub(in crate::diagram) fn refused(
        &mut self,
        end: &End,
        subject: Subject<'_>,
        outer: bool,
    ) -> Built {
        let key = Self::refusing_by(end, subject, outer);
        if let Some(known) = key.and_then(|key| self.common.refused.get(&key)) {
            return Ok(known);
        }
        let refusing = self.refusing(end, subject, outer)?;
        let mut items = Vec::with_capacity(refusing.len());
        for (id, holds) in refusing {
            items.push(self.labelled(holds, Verdict::Refused(id))?);
        }
        let made = self.first_of(items)?;
        if let Some(key) = key {
            self.common.refused.insert(key, made);
        }
        Ok(made)
    }

    /// The refuse rules that speak of an effective request, in the order in which the first that
    /// holds is its reason.
    pub(in crate::diagram) fn refusing(
        &mut self,
        end: &End,
        subject: Subject<'_>,
        outer: bool,
    ) -> Result<Vec<Holding>, Inconclusive> {
        let mut items = Vec::new();
        let mut unknown = None;
        for (id, rule) in self.vocabulary.policy.rules() {
            match rule.kind {
                RuleKind::Refuse { chain, .. } if outer || !chain => {
                    let holds = self.holds(id, end, None)?;
                    if holds != Diagram::FALSE {
                        items.push((id, holds));
                    }
                }
                RuleKind::UnknownModel { .. } if unknown.is_none() => {
                    unknown = Some(id);
                    if let Subject::Unknown = subject {
                        items.push((id, Diagram::TRUE));
                    }
                }
                RuleKind::UnknownModel { .. }
                | RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => {}
            }
        }
        // No model at all is worded by the policy's own rules; the unknown model speaks last.
        if let (Subject::Absent, Some(id)) = (subject, unknown) {
            items.push((id, Diagram::TRUE));
        }
        Ok(items)
    }

    /// Who survives, or why nobody does.
    pub(super) fn candidates(&mut self, end: &End, locks: &[Locks]) -> Built {
        let mut each = Vec::with_capacity(end.routes.len());
        for (candidate, route) in end.routes.iter().enumerate() {
            each.push(self.candidate(end, candidate, *route, locks)?);
        }
        self.furthest_of(each)
    }

    /// The verdict on many candidates; where there is none, nothing is offered.
    pub(in crate::diagram) fn furthest_of(&mut self, candidates: Vec<Diagram>) -> Built {
        let mut all = None;
        for one in candidates {
            all = Some(match all {
                None => one,
                Some(all) => {
                    let answers = &mut *self.answers;
                    let mut join = |a, b| furthest(answers, a, b);
                    let joined = self.store.lasting(Lasting::Furthest, &mut join, all, one)?;
                    // A join no more than doubles what there was before it.
                    if self.answers.survivors > limits::DIAGRAM_SURVIVORS {
                        return Err(Inconclusive);
                    }
                    joined
                }
            });
        }
        let mut rules = self.vocabulary.policy.rules();
        let rule = rules.find(|(_, rule)| matches!(rule.kind, RuleKind::NotOffered(_)));
        let rule = rule.map_or(RuleId(0), |(id, _)| id);
        Ok(all.unwrap_or_else(|| {
            self.terminal(Verdict::Fell {
                rule,
                route: None,
                reached: 0,
            })
        }))
    }

    /// One candidate: its first exclude, else its first broken lock, else it survives.
    pub(in crate::diagram) fn candidate(
        &mut self,
        end: &End,
        candidate: usize,
        route: u16,
        locks: &[Locks],
    ) -> Built {
        let key = Self::marked(end, candidate).map(|marked| (marked, route));
        if let Some(known) = key.and_then(|key| self.common.verdicts.get(&key)) {
            return Ok(known);
        }
        let mut items = Vec::new();
        for (id, fails) in self.excluding(end, candidate)? {
            let verdict = Verdict::Fell {
                rule: id,
                route: Some(route),
                reached: id.0,
            };
            items.push(self.labelled(fails, verdict)?);
        }
        let excluded = self.first_of(items)?;
        let broken = self.broken(candidate, locks)?;
        let broken = self.labelled(broken, Verdict::Locked(route))?;
        // INVARIANT: the only place where a route comes to survive, and only behind every lock.
        let survives = self.terminal(Verdict::Survive(Box::new([route])));
        let locked = self.first(broken, survives)?;
        let made = self.first(excluded, locked)?;
        if let Some(key) = key {
            self.common.verdicts.insert(key, made);
        }
        Ok(made)
    }

    /// Where the verdict on one candidate is that it survives; why it does not is left out.
    pub(in crate::diagram) fn survives(
        &mut self,
        end: &End,
        candidate: usize,
        locks: &[Locks],
    ) -> Built {
        let key = Self::marked(end, candidate);
        if let Some(known) = key.and_then(|key| self.common.survives.get(&key)) {
            return Ok(known);
        }
        let fails = self.excluding(end, candidate)?;
        let fails = self.any_of(fails.into_iter().map(|(_, fails)| fails).collect())?;
        let broken = self.broken(candidate, locks)?;
        let either = self.store.or(fails, broken)?;
        let made = self.store.choose(either, Diagram::FALSE, Diagram::TRUE)?;
        if let Some(key) = key {
            self.common.survives.insert(key, made);
        }
        Ok(made)
    }

    /// The excludes that a candidate may fail, in source order.
    fn excluding(&mut self, end: &End, candidate: usize) -> Result<Vec<Holding>, Inconclusive> {
        let mut items = Vec::new();
        let questions = self.questions;
        for id in &questions.rules.excluding {
            let id = *id;
            let rule = self.vocabulary.policy.rule(id).ok_or(Inconclusive)?;
            let fails = match rule.kind {
                RuleKind::NotOffered(_) => {
                    self.atom(self.vocabulary.sold, false, end, Some(candidate))?
                }
                RuleKind::OtherEndpoint(_) => {
                    if end.elsewhere.get(candidate) != Some(&true) {
                        continue;
                    }
                    self.holds(id, end, Some(candidate))?
                }
                RuleKind::Exclude(_) => self.holds(id, end, Some(candidate))?,
                RuleKind::UnknownModel { .. }
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => continue,
            };
            if fails != Diagram::FALSE {
                items.push((id, fails));
            }
        }
        Ok(items)
    }

    /// Whether a candidate breaks a lock that applies.
    pub(super) fn broken(&mut self, candidate: usize, locks: &[Locks]) -> Built {
        let mut broken = Diagram::FALSE;
        for lock in locks {
            let met = *lock.met.get(candidate).ok_or(Inconclusive)?;
            let breaks = self.store.choose(met, Diagram::FALSE, lock.applies)?;
            broken = self.store.or(broken, breaks)?;
        }
        Ok(broken)
    }

    pub(in crate::diagram) fn terminal(&mut self, verdict: Verdict) -> Diagram {
        Diagram::terminal(self.answers.verdicts.intern(verdict))
    }

    /// A verdict where a condition holds; nothing yet elsewhere.
    pub(in crate::diagram) fn labelled(&mut self, holds: Diagram, verdict: Verdict) -> Built {
        let verdict = self.terminal(verdict);
        let pass = self.terminal(Verdict::Pass);
        self.store.choose(holds, verdict, pass)
    }

    /// The first, or where it says nothing yet the second.
    pub(super) fn first(&mut self, a: Diagram, b: Diagram) -> Built {
        let pass = self.terminal(Verdict::Pass);
        self.store.lasting(
            Lasting::First,
            &mut |a, b| {
                if a == pass {
                    Some(b)
                } else if a.value().is_some() || b == pass || a == b {
                    Some(a)
                } else {
                    None
                }
            },
            a,
            b,
        )
    }

    /// The first of many that says something: neighbours are joined first, so that many small
    /// ones cost little more than one large one.
    pub(in crate::diagram) fn first_of(&mut self, mut items: Vec<Diagram>) -> Built {
        while items.len() > 1 {
            let mut joined = Vec::with_capacity(items.len() / 2 + 1);
            for pair in items.chunks(2) {
                joined.push(match pair {
                    [a, b] => self.first(*a, *b)?,
                    rest => rest.first().copied().ok_or(Inconclusive)?,
                });
            }
            items = joined;
        }
        let pass = self.terminal(Verdict::Pass);
        Ok(items.first().copied().unwrap_or(pass))
    }
}
