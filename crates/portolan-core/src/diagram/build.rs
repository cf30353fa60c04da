//! The diagrams of one shape: the verdict for each endpoint, one yes or no for each other rule
//! and route, the order of routes. How rules become a verdict is `verdicts.rs`'s.

mod verdicts;

use super::field::Field;
use super::fold::{Fold, Subject};
use super::intern::Memo;
use super::locks::{Group, Locks};
use super::shape::{End, Profile, Questions, Slots};
use super::sketch::{NO, Sketch, YES};
use super::store::{Diagram, Inconclusive, Store};
use super::verdict::Answers;
use super::vocabulary::{Formula, Reach, Vocabulary};
use crate::limits;
use crate::policy::{RuleId, RuleKind};

type Built = Result<Diagram, Inconclusive>;

/// The diagrams of one shape through one endpoint.
#[derive(Debug)]
pub(super) struct Diagrams {
    /// Of the primary, and of a fallback.
    pub(super) verdicts: [Diagram; 2],
    pub(super) order: Diagram,
    pub(super) routes: Vec<u16>,
    /// By candidate: rules that shape its attempt, and rules that skip it.
    pub(super) effects: Vec<Vec<(RuleId, Diagram)>>,
    pub(super) skips: Vec<Vec<(RuleId, Diagram)>>,
    pub(super) retries: Vec<(RuleId, Diagram)>,
    pub(super) locks: Vec<Locks>,
}

/// A question, whether yes or no is wanted, the endpoint and the candidate it is asked of.
pub(super) type Truth = (u32, bool, u32, usize);

/// A rule, and where it holds.
pub(super) type Holding = (RuleId, Diagram);

/// Builds.
pub(super) struct Build<'a> {
    pub(super) vocabulary: &'a Vocabulary<'a>,
    pub(super) questions: &'a Questions,
    pub(super) fold: &'a Fold<'a>,
    pub(super) profile: &'a Profile,
    pub(super) slots: &'a Slots,
    /// Every field that is asked for, in order.
    pub(super) fields: Vec<Field>,
    pub(super) store: &'a mut Store,
    pub(super) answers: &'a mut Answers,
    /// Answers to questions, by question, truth, endpoint and candidate.
    pub(super) truths: Memo<Truth, Diagram>,
    /// By endpoint: locks that demand the same.
    pub(super) groups: &'a [Vec<Group>],
}

impl Build<'_> {
    /// The fields that a shape's diagrams may ask for.
    pub(super) fn fields(questions: &Questions, slots: &Slots) -> Result<Vec<Field>, Inconclusive> {
        let own = slots.cuts.iter().map(|(field, _)| *field);
        let masks = questions.masks.iter().chain(&slots.masks);
        let masks = (0u16..)
            .zip(masks)
            .map(|(i, (set, _))| Field::Meets(*set, i));
        let mut fields: Vec<Field> = questions
            .cuts
            .keys()
            .copied()
            .chain(own)
            .chain(masks)
            .collect();
        fields.sort_unstable();
        fields.dedup();
        if fields.len() > limits::DIAGRAM_FIELDS {
            return Err(Inconclusive);
        }
        Ok(fields)
    }

    /// Every diagram, by the endpoint called.
    pub(super) fn all(mut self, subject: Subject<'_>) -> Result<Vec<Diagrams>, Inconclusive> {
        let profile = self.profile;
        profile
            .ends
            .iter()
            .map(|end| self.end(end, subject))
            .collect()
    }

    fn end(&mut self, end: &End, subject: Subject<'_>) -> Result<Diagrams, Inconclusive> {
        let policy = self.vocabulary.policy;
        let locks = self.locks(end)?;
        let survivors = self.candidates(end, &locks)?;
        let mut verdicts = [Diagram::FALSE; 2];
        for (verdict, outer) in verdicts.iter_mut().zip([true, false]) {
            let refused = self.refused(end, subject, outer)?;
            *verdict = self.first(refused, survivors)?;
        }
        let mut effects = Vec::new();
        let mut skips = Vec::new();
        for candidate in 0..end.routes.len() {
            let mut shaping = Vec::new();
            let mut skipping = Vec::new();
            for (id, rule) in policy.rules() {
                let shapes = matches!(
                    rule.kind,
                    RuleKind::Set { .. } | RuleKind::Warn { .. } | RuleKind::Limit { .. }
                );
                let list = if shapes {
                    &mut shaping
                } else if let RuleKind::Skip(_) = rule.kind {
                    &mut skipping
                } else {
                    continue;
                };
                let holds = self.holds(id, end, Some(candidate))?;
                if holds != Diagram::FALSE {
                    list.push((id, holds));
                }
            }
            effects.push(shaping);
            skips.push(skipping);
        }
        let mut retries = Vec::new();
        for (id, rule) in policy.rules() {
            if let RuleKind::Retry { .. } = rule.kind {
                let holds = self.holds(id, end, None)?;
                if holds != Diagram::FALSE {
                    retries.push((id, holds));
                }
            }
        }
        Ok(Diagrams {
            verdicts,
            order: self.grow(&end.order, &Diagram::terminal)?,
            routes: end.routes.clone(),
            effects,
            skips,
            retries,
            locks,
        })
    }

    /// Where a rule holds.
    pub(super) fn holds(&mut self, rule: RuleId, end: &End, candidate: Option<usize>) -> Built {
        let formula = self
            .vocabulary
            .rules
            .get(rule.0 as usize)
            .ok_or(Inconclusive)?;
        self.formula(formula, true, end, candidate)
    }

    /// Where a formula is true, or where it is false: neither where a fact is missing.
    pub(super) fn formula(
        &mut self,
        formula: &Formula,
        truth: bool,
        end: &End,
        candidate: Option<usize>,
    ) -> Built {
        self.store.spend()?;
        match formula {
            Formula::Constant(value) => Ok(if *value == truth {
                Diagram::TRUE
            } else {
                Diagram::FALSE
            }),
            Formula::Atom(position) => self.atom(*position, truth, end, candidate),
            Formula::Not(inner) => self.formula(inner, !truth, end, candidate),
            Formula::And(parts) | Formula::Or(parts) => {
                let all = matches!(formula, Formula::And(_)) == truth;
                let mut sum = if all { Diagram::TRUE } else { Diagram::FALSE };
                for part in parts {
                    let part = self.formula(part, truth, end, candidate)?;
                    sum = if all {
                        self.store.and(sum, part)?
                    } else {
                        self.store.or(sum, part)?
                    };
                }
                Ok(sum)
            }
        }
    }

    /// Where the answer to a question is yes, or no.
    pub(super) fn atom(
        &mut self,
        position: u32,
        truth: bool,
        end: &End,
        candidate: Option<usize>,
    ) -> Built {
        let place = self.questions.place.get(position as usize);
        let (reach, at) = *place.ok_or(Inconclusive)?;
        let (endpoint, route) = (end.endpoint.0, candidate.unwrap_or(usize::MAX));
        let (key, sketch) = match reach {
            Reach::Request => ((u32::MAX, usize::MAX), self.questions.request.get(at)),
            Reach::Endpoint => {
                let each = self.questions.endpoint.get(at);
                let sketch = each.and_then(|each| each.get(end.endpoint.index()));
                ((endpoint, usize::MAX), sketch)
            }
            Reach::Model => ((endpoint, usize::MAX), end.model.get(at)),
            Reach::Route => {
                let each = candidate.and_then(|c| end.of_route.get(c));
                ((endpoint, route), each.and_then(|each| each.get(at)))
            }
        };
        let key = (position, truth, key.0, key.1);
        if let Some(known) = self.truths.get(&key) {
            return Ok(known);
        }
        let wanted = if truth { YES } else { NO };
        let leaf = |value: u32| {
            if value == wanted {
                Diagram::TRUE
            } else {
                Diagram::FALSE
            }
        };
        let made = self.grow(sketch.ok_or(Inconclusive)?, &leaf)?;
        self.truths.insert(key, made);
        Ok(made)
    }

    /// A sketch as a diagram over ranks.
    pub(super) fn grow(&mut self, sketch: &Sketch, leaf: &dyn Fn(u32) -> Diagram) -> Built {
        match sketch {
            Sketch::Leaf(value) => Ok(leaf(*value)),
            Sketch::Known(position) => {
                let fold = self.fold;
                let known = fold.known.borrow();
                let (sketch, _) = known.get(*position as usize).ok_or(Inconclusive)?;
                self.grow(sketch, leaf)
            }
            Sketch::Steps(field, steps) => {
                let at = self.position(*field)?;
                let mut edges = Vec::with_capacity(steps.len());
                for (from, step) in steps {
                    let rank = self.slots.rank(self.questions, *field, *from);
                    edges.push((rank, self.grow(step, leaf)?));
                }
                self.branch(at, edges)
            }
            Sketch::Meets(set, mask, sides) => {
                let mask = self.slots.mask(self.questions, *set, **mask);
                let mask = u16::try_from(mask).map_err(|_| Inconclusive)?;
                let at = self.position(Field::Meets(*set, mask))?;
                let then = self.grow(&sides.0, leaf)?;
                let otherwise = self.grow(&sides.1, leaf)?;
                self.branch(at, vec![(0, otherwise), (1, then)])
            }
        }
    }

    /// A node for a field, also where some branch asks for an earlier field.
    fn branch(&mut self, field: u16, edges: Vec<(u32, Diagram)>) -> Built {
        let later = |diagram: &Diagram| {
            let node = self.store.node(*diagram);
            node.is_none_or(|node| node.field > field)
        };
        if edges.iter().all(|(_, to)| later(to)) {
            return self.store.range(field, edges);
        }
        let mut edges = edges.into_iter();
        let (_, mut sum) = edges.next().ok_or(Inconclusive)?;
        for (from, to) in edges {
            let reached = vec![(0, Diagram::FALSE), (from, Diagram::TRUE)];
            let reached = self.store.range(field, reached)?;
            sum = self.store.choose(reached, to, sum)?;
        }
        Ok(sum)
    }

    fn position(&self, field: Field) -> Result<u16, Inconclusive> {
        let position = self
            .fields
            .binary_search(&field)
            .map_err(|_| Inconclusive)?;
        u16::try_from(position).map_err(|_| Inconclusive)
    }
}
