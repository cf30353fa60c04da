//! The diagrams of one shape: the verdict for each endpoint, one yes or no for each other rule
//! and route, the order of routes. How rules become a verdict is `verdicts.rs`'s.

mod verdicts;

use std::collections::BTreeSet;

use super::field::Field;
use super::fold::{Fold, Subject};
use super::intern::Memo;
use super::locks::{Group, Locks};
use super::profile::{End, Profile};
use super::shape::{Questions, Slots};
use super::sketch::{NO, Sketch, YES};
use super::sketches::Answer;
use super::store::{Diagram, Inconclusive, Store};
use super::verdict::Answers;
use super::vocabulary::{Formula, Reach, Vocabulary};
use crate::policy::RuleId;

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

/// What the diagrams of every shape have in common: whatever asks about no model.
#[derive(Debug, Default)]
pub(super) struct Common {
    /// How often the store had forgotten all diagrams when these were made.
    since: u32,
    /// Answers to questions, by question, truth and endpoint.
    truths: Memo<(u32, bool, u32), Diagram>,
    /// Where rules hold, by rule and endpoint.
    rules: Memo<(RuleId, u32), Diagram>,
    /// What refuses, as verdicts.
    refused: Memo<Refusing, Diagram>,
    /// The verdicts on candidates, and whether they survive.
    verdicts: Memo<(Marked, u16), Diagram>,
    survives: Memo<Marked, Diagram>,
    /// What no refuse rule refuses.
    pub(super) passes: Memo<Refusing, Diagram>,
    /// By endpoint and the position of a group of locks: where one of them applies.
    pub(super) applies: Memo<(u32, usize), Diagram>,
    /// By topic and endpoint: the envelopes behind which it may be true.
    pub(super) behind: Memo<(usize, u32), Diagram>,
    /// How many classes a region has.
    pub(super) counts: Memo<Diagram, u64>,
    /// By diagram of verdicts and region: the position of the rules that it names there.
    pub(super) labels: Memo<(Diagram, Diagram)>,
    pub(super) named: Vec<BTreeSet<RuleId>>,
    /// Where a diagram of verdicts says that a lock is broken.
    pub(super) locked: Memo<Diagram, Diagram>,
    /// The first lock that a candidate breaks.
    pub(super) reasons: Memo<Marked, Diagram>,
}

/// What of a shape the refuse rules read: the endpoint, what its ids stand for, the mark of the
/// model; and whether it is the primary.
pub(super) type Refusing = (u32, u8, u32, bool);

/// What of a shape the verdict on a candidate reads, as one number.
pub(super) type Marked = u32;

impl Common {
    /// Forgets what a store has forgotten.
    pub(super) fn of(&mut self, store: &Store) -> &mut Self {
        if self.since != store.forgotten() {
            self.since = store.forgotten();
            self.truths.clear();
            self.rules.clear();
            self.refused.clear();
            self.verdicts.clear();
            self.survives.clear();
            self.passes.clear();
            self.applies.clear();
            self.behind.clear();
            self.counts.clear();
            self.labels.clear();
            self.named.clear();
            self.locked.clear();
            self.reasons.clear();
        }
        self
    }
}

/// A rule, and where it holds.
pub(super) type Holding = (RuleId, Diagram);

/// Builds.
pub(super) struct Build<'a> {
    pub(super) vocabulary: &'a Vocabulary<'a>,
    pub(super) questions: &'a Questions,
    pub(super) fold: &'a Fold<'a>,
    pub(super) profile: &'a Profile,
    pub(super) slots: &'a Slots,
    pub(super) store: &'a mut Store,
    pub(super) answers: &'a mut Answers,
    /// What is the same for every shape.
    pub(super) common: &'a mut Common,
    /// Answers to questions, by question, truth, endpoint and candidate.
    pub(super) truths: Memo<Truth, Diagram>,
    /// By endpoint: locks that demand the same.
    pub(super) groups: &'a [Vec<Group>],
}

impl Build<'_> {
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
        let questions = self.questions;
        let rules = &questions.rules;
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
            let lists = [
                (&rules.shaping, &mut shaping),
                (&rules.skipping, &mut skipping),
            ];
            for (rules, list) in lists {
                for id in rules {
                    let holds = self.holds(*id, end, Some(candidate))?;
                    if holds != Diagram::FALSE {
                        list.push((*id, holds));
                    }
                }
            }
            effects.push(shaping);
            skips.push(skipping);
        }
        let mut retries = Vec::new();
        for id in &rules.retrying {
            let holds = self.holds(*id, end, None)?;
            if holds != Diagram::FALSE {
                retries.push((*id, holds));
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

    /// What refusals depend on, where that is known.
    pub(super) fn refusing_by(end: &End, subject: Subject<'_>, outer: bool) -> Option<Refusing> {
        let standing = match subject {
            Subject::Absent => 0,
            Subject::Unknown => 1,
            Subject::Model(..) => 2,
        };
        let marks = end.marks.as_ref()?;
        Some((end.endpoint.0, standing, marks.model, outer))
    }

    /// What the verdict on a candidate depends on, where that is known.
    pub(super) fn marked(end: &End, candidate: usize) -> Option<Marked> {
        end.marks.as_ref()?.candidates.get(candidate).copied()
    }

    /// Where a rule holds.
    pub(super) fn holds(&mut self, rule: RuleId, end: &End, candidate: Option<usize>) -> Built {
        let vocabulary = self.vocabulary;
        let formula = vocabulary.rules.get(rule.0 as usize).ok_or(Inconclusive)?;
        let reach = self.questions.reach.get(rule.0 as usize);
        if reach.is_none_or(|reach| *reach > Reach::Endpoint) {
            return self.formula(formula, true, end, candidate);
        }
        let key = (rule, end.endpoint.0);
        if let Some(known) = self.common.rules.get(&key) {
            return Ok(known);
        }
        let made = self.formula(formula, true, end, candidate)?;
        self.common.rules.insert(key, made);
        Ok(made)
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
                let (mut sum, decided) = if all {
                    (Diagram::TRUE, Diagram::FALSE)
                } else {
                    (Diagram::FALSE, Diagram::TRUE)
                };
                // What the catalog has answered already comes before all that takes diagrams.
                let known = |part| self.known(part, truth, end, candidate) == Some(decided);
                if parts.iter().any(known) {
                    return Ok(decided);
                }
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

    /// Where a question is true, or false, that has one answer for all requests.
    fn known(
        &self,
        formula: &Formula,
        truth: bool,
        end: &End,
        candidate: Option<usize>,
    ) -> Option<Diagram> {
        match formula {
            Formula::Not(inner) => self.known(inner, !truth, end, candidate),
            Formula::Atom(position) => {
                let (reach, at) = *self.questions.place.get(*position as usize)?;
                match folded(self.questions, (reach, at), end, candidate)? {
                    Answer::Always(value) => Some(answer(truth)(value)),
                    Answer::Depends(_) => None,
                }
            }
            Formula::Constant(_) | Formula::And(_) | Formula::Or(_) => None,
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
        let (questions, endpoint) = (self.questions, end.endpoint.0);
        let sketch = folded(questions, (reach, at), end, candidate);
        let leaf = answer(truth);
        let sketch = match sketch.ok_or(Inconclusive)? {
            Answer::Always(value) => return Ok(leaf(value)),
            Answer::Depends(sketch) => sketch,
        };
        let of_route = if reach > Reach::Model {
            candidate.unwrap_or(usize::MAX)
        } else {
            usize::MAX
        };
        let own = (position, truth, endpoint, of_route);
        let common = (position, truth, endpoint);
        let known = if reach > Reach::Endpoint {
            self.truths.get(&own)
        } else {
            self.common.truths.get(&common)
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let made = self.grow(sketch, &leaf)?;
        if reach > Reach::Endpoint {
            self.truths.insert(own, made);
        } else {
            self.common.truths.insert(common, made);
        }
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
                let at = field.position().ok_or(Inconclusive)?;
                let mut edges = Vec::with_capacity(steps.len());
                for (from, step) in steps {
                    let rank = self.slots.rank(self.questions, *field, *from);
                    edges.push((rank, self.grow(step, leaf)?));
                }
                self.branch(at, edges)
            }
            Sketch::Meets(set, mask, sides) => {
                let mask = self.slots.mask(self.questions, *set, *mask);
                let mask = u16::try_from(mask).map_err(|_| Inconclusive)?;
                let field = Field::Meets(*set, mask);
                let at = field.position().ok_or(Inconclusive)?;
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
}

/// Where an answer is yes, or no: nowhere, if it is neither.
fn answer(truth: bool) -> impl Fn(u32) -> Diagram {
    let wanted = if truth { YES } else { NO };
    move |value| {
        if value == wanted {
            Diagram::TRUE
        } else {
            Diagram::FALSE
        }
    }
}

/// What a question comes to.
fn folded<'s>(
    questions: &'s Questions,
    (reach, at): (Reach, usize),
    end: &'s End,
    candidate: Option<usize>,
) -> Option<Answer<'s>> {
    match reach {
        Reach::Request => questions.request.get(at).map(Answer::of),
        Reach::Endpoint => {
            let each = questions.endpoint.get(at)?;
            each.get(end.endpoint.index()).map(Answer::of)
        }
        Reach::Model => end.model.get(at),
        Reach::Stated => end.stated.get(candidate?)?.get(at),
        Reach::Route => end.of_route.get(candidate?)?.get(at),
    }
}
