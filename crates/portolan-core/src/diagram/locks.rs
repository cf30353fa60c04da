//! Locks that demand the same, together. Verdicts say only that a candidate broke some lock:
//! which one is asked of the locks' own diagrams, so that ten thousand tenants with a lock each
//! do not make ten thousand verdicts.

use std::collections::BTreeMap;

use super::build::Build;
use super::field::Field;
use super::flat::{At, Laying};
use super::profile::End;
use super::sketch::{NO, Sketch, YES};
use super::store::{Diagram, Inconclusive};
use super::verdict::Verdict;
use super::vocabulary::{Formula, Reach};
use crate::policy::{RuleId, RuleKind};

/// Edges up to which the question whether a group applies is asked within a verdict's diagram;
/// past it the group is asked apart, so that verdicts stay small however many tenants there are.
const FEW: usize = 64;

/// Locks that demand the same.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Questions, all of which a route must answer with yes.
    pub(super) demands: Vec<u32>,
    /// Whether one of those applies that ask about no model.
    pub(super) applies: Sketch,
    /// A walk to the first of them, as a verdict.
    pub(super) reason: At,
    /// Those that ask about the model.
    pub(super) open: Vec<RuleId>,
}

/// A group's diagrams for one shape.
#[derive(Debug)]
pub(super) struct Locks {
    pub(super) reason: At,
    pub(super) open: Vec<(RuleId, Diagram)>,
    /// Whether each candidate meets the demands.
    pub(super) met: Vec<Diagram>,
    /// Whether any of them applies.
    pub(super) applies: Diagram,
}

impl Build<'_> {
    /// The groups of locks, where no model is asked about.
    pub(super) fn groups(
        &mut self,
        end: &End,
        apart: &mut Vec<At>,
        lay: &mut dyn FnMut(&Self, Diagram) -> Result<At, Inconclusive>,
    ) -> Result<Vec<Group>, Inconclusive> {
        let vocabulary = self.vocabulary;
        let mut by_demands: BTreeMap<&Vec<u32>, Vec<RuleId>> = BTreeMap::new();
        for ((id, rule), demands) in vocabulary.policy.rules().zip(&vocabulary.demands) {
            if let RuleKind::Lock { .. } = rule.kind {
                by_demands.entry(demands).or_default().push(id);
            }
        }
        let mut groups = Vec::new();
        for (demands, rules) in by_demands {
            let mut open = Vec::new();
            let mut reasons = Vec::new();
            let mut any = Vec::new();
            for rule in rules {
                let formula = vocabulary.rules.get(rule.0 as usize).ok_or(Inconclusive)?;
                if self.of_model(formula) {
                    open.push(rule);
                    continue;
                }
                let holds = self.holds(rule, end, None)?;
                reasons.push(self.labelled(holds, Verdict::Refused(rule))?);
                any.push(holds);
            }
            let reason = self.first_of(reasons)?;
            let any = self.any_of(any)?;
            let mut budget = FEW;
            let applies = match self.unfold(any, &mut budget) {
                Ok(leaf @ Sketch::Leaf(_)) => leaf,
                Ok(sketch) => Sketch::Known(self.fold.know(sketch)),
                Err(Inconclusive) => {
                    let group = u16::try_from(apart.len()).map_err(|_| Inconclusive)?;
                    apart.push(lay(self, any)?);
                    let parts = vec![(i64::MIN, Sketch::Leaf(NO)), (1, Sketch::Leaf(YES))];
                    Sketch::Steps(Field::Applies(group), parts)
                }
            };
            groups.push(Group {
                demands: demands.clone(),
                applies,
                reason: lay(self, reason)?,
                open,
            });
        }
        Ok(groups)
    }

    fn of_model(&self, formula: &Formula) -> bool {
        match formula {
            Formula::Constant(_) => false,
            Formula::Atom(position) => {
                let place = self.questions.place.get(*position as usize);
                place.is_none_or(|(reach, _)| *reach > Reach::Endpoint)
            }
            Formula::And(parts) | Formula::Or(parts) => parts.iter().any(|p| self.of_model(p)),
            Formula::Not(inner) => self.of_model(inner),
        }
    }

    /// A diagram over constants as a sketch.
    fn unfold(&self, diagram: Diagram, budget: &mut usize) -> Result<Sketch, Inconclusive> {
        if let Some(value) = diagram.value() {
            return Ok(Sketch::Leaf(if value == 1 { YES } else { NO }));
        }
        let node = self.store.node(diagram).ok_or(Inconclusive)?;
        let field = Field::at(node.field).ok_or(Inconclusive)?;
        *budget = budget.checked_sub(node.edges.len()).ok_or(Inconclusive)?;
        if let Field::Meets(set, mask) = field {
            let [(_, otherwise), (_, then)] = *node.edges else {
                return Err(Inconclusive);
            };
            let (_, mask) = *self
                .questions
                .masks
                .get(usize::from(mask))
                .ok_or(Inconclusive)?;
            let then = self.unfold(then, budget)?;
            return Ok(Sketch::meets(
                set,
                mask,
                then,
                self.unfold(otherwise, budget)?,
            ));
        }
        let mut steps = Vec::with_capacity(node.edges.len());
        for (rank, to) in node.edges {
            let from = if *rank == 0 {
                i64::MIN
            } else {
                let cut = self.slots.cut(self.questions, field, *rank);
                cut.ok_or(Inconclusive)?.value()
            };
            steps.push((from, self.unfold(*to, budget)?));
        }
        Ok(Sketch::steps(field, steps))
    }

    /// The groups for one shape through one endpoint.
    pub(super) fn locks(&mut self, end: &End) -> Result<Vec<Locks>, Inconclusive> {
        let groups = self.groups;
        let groups = groups.get(end.endpoint.index()).ok_or(Inconclusive)?;
        let mut locks = Vec::with_capacity(groups.len());
        for (position, group) in groups.iter().enumerate() {
            let key = (end.endpoint.0, position);
            let mut applies = if let Some(known) = self.common.applies.get(&key) {
                known
            } else {
                let made = self.grow(&group.applies, &|value| {
                    if value == YES {
                        Diagram::TRUE
                    } else {
                        Diagram::FALSE
                    }
                })?;
                self.common.applies.insert(key, made);
                made
            };
            let mut open = Vec::new();
            for rule in &group.open {
                let holds = self.holds(*rule, end, None)?;
                applies = self.store.or(applies, holds)?;
                open.push((*rule, holds));
            }
            let mut met = Vec::new();
            for candidate in 0..end.routes.len() {
                let mut all = Diagram::TRUE;
                for demand in &group.demands {
                    let one = self.atom(*demand, true, end, Some(candidate))?;
                    all = self.store.and(all, one)?;
                }
                met.push(all);
            }
            locks.push(Locks {
                reason: group.reason,
                open,
                met,
                applies,
            });
        }
        Ok(locks)
    }

    /// Where any of many holds; neighbours are joined first.
    pub(super) fn any_of(&mut self, mut items: Vec<Diagram>) -> Result<Diagram, Inconclusive> {
        while items.len() > 1 {
            let mut joined = Vec::with_capacity(items.len() / 2 + 1);
            for pair in items.chunks(2) {
                joined.push(match pair {
                    [a, b] => self.store.or(*a, *b)?,
                    rest => rest.first().copied().ok_or(Inconclusive)?,
                });
            }
            items = joined;
        }
        Ok(items.first().copied().unwrap_or(Diagram::FALSE))
    }
}

/// A group's diagrams laid out.
#[derive(Debug)]
pub(super) struct LaidLocks {
    pub(super) reason: At,
    pub(super) open: Box<[(RuleId, At)]>,
    /// Whether each of the model's routes meets the demands.
    pub(super) met: Box<[At]>,
}

/// Lays them out, by the positions of the model's routes.
pub(super) fn lay(
    laying: &mut Laying<'_>,
    locks: &[Locks],
    routes: &[u16],
) -> Result<Box<[LaidLocks]>, Inconclusive> {
    let last = routes.last().map_or(0, |last| usize::from(*last) + 1);
    let mut laid = Vec::with_capacity(locks.len());
    for lock in locks {
        let mut met = vec![laying.lay(Diagram::TRUE)?; last];
        for (route, diagram) in routes.iter().zip(&lock.met) {
            if let Some(place) = met.get_mut(usize::from(*route)) {
                *place = laying.lay(*diagram)?;
            }
        }
        let open = lock.open.iter();
        let open = open.map(|(id, holds)| Ok((*id, laying.lay(*holds)?)));
        laid.push(LaidLocks {
            reason: lock.reason,
            open: open.collect::<Result<_, Inconclusive>>()?,
            met: met.into(),
        });
    }
    Ok(laid.into())
}
