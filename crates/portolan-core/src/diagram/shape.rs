//! Shapes: models whose folded questions differ in nothing but their numbers are one shape.
//!
//! Every number becomes its rank among the numbers that the model's own questions compare a
//! field with; what remains is the shape, and the numbers are the model's slots.

use std::collections::BTreeMap;

use super::field::{Field, SetField};
use super::fold::{Context, Fold, Subject};
use super::profile::Profile;
use super::sketch::{Mask, Sketch};
use super::store::Inconclusive;
use super::vocabulary::{Formula, Reach, Vocabulary};
use crate::catalog::EndpointId;
use crate::limits;
use crate::policy::{Policy, RuleId, RuleKind};

/// Which questions are folded once, once an endpoint, a model, a route.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) request: Vec<Sketch>,
    pub(super) endpoint: Vec<Vec<Sketch>>,
    /// Positions of the questions about a model.
    pub(super) model: Vec<u32>,
    /// Positions of the questions about what a model or an offering states of itself.
    pub(super) stated: Vec<u32>,
    /// Positions of the other questions about a route.
    pub(super) route: Vec<u32>,
    /// By question: how far it reaches, and its position among those that reach as far.
    pub(super) place: Vec<(Reach, usize)>,
    /// By rule: how far its questions reach.
    pub(super) reach: Vec<Reach>,
    /// The cuts that no model brings.
    pub(super) cuts: BTreeMap<Field, Vec<i64>>,
    pub(super) masks: Vec<(SetField, Mask)>,
    pub(super) rules: Lists,
}

/// Rules by what they do, in source order.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Those that a candidate may fall for, locks apart.
    pub(super) excluding: Vec<RuleId>,
    /// Those that shape an attempt.
    pub(super) shaping: Vec<RuleId>,
    pub(super) skipping: Vec<RuleId>,
    pub(super) retrying: Vec<RuleId>,
}

impl Lists {
    fn new(policy: &Policy) -> Self {
        let mut lists = Self::default();
        for (id, rule) in policy.rules() {
            let list = match rule.kind {
                RuleKind::NotOffered(_) | RuleKind::OtherEndpoint(_) | RuleKind::Exclude(_) => {
                    &mut lists.excluding
                }
                RuleKind::Set { .. } | RuleKind::Warn { .. } | RuleKind::Limit { .. } => {
                    &mut lists.shaping
                }
                RuleKind::Skip(_) => &mut lists.skipping,
                RuleKind::Retry { .. } => &mut lists.retrying,
                RuleKind::UnknownModel { .. }
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Lock { .. } => continue,
            };
            list.push(id);
        }
        lists
    }
}

impl Questions {
    /// How far a formula's questions reach.
    fn reach(&self, formula: &Formula) -> Reach {
        match formula {
            Formula::Constant(_) => Reach::Request,
            Formula::Atom(position) => {
                let place = self.place.get(*position as usize);
                place.map_or(Reach::Route, |(reach, _)| *reach)
            }
            Formula::Not(inner) => self.reach(inner),
            Formula::And(parts) | Formula::Or(parts) => {
                let parts = parts.iter().map(|part| self.reach(part));
                parts.max().unwrap_or(Reach::Request)
            }
        }
    }

    /// The cuts of a field that no model brings.
    pub(super) fn constants(&self, field: Field) -> &[i64] {
        self.cuts.get(&field).map_or(&[], Vec::as_slice)
    }

    pub(super) fn new(vocabulary: &Vocabulary<'_>, fold: &Fold<'_>) -> Result<Self, Inconclusive> {
        let mut questions = Self {
            request: Vec::new(),
            endpoint: Vec::new(),
            model: Vec::new(),
            stated: Vec::new(),
            route: Vec::new(),
            place: Vec::new(),
            reach: Vec::new(),
            cuts: BTreeMap::new(),
            masks: Vec::new(),
            rules: Lists::new(vocabulary.policy),
        };
        let endpoints = 0..u32::try_from(vocabulary.catalog.endpoints.len()).unwrap_or(u32::MAX);
        let context = |endpoint| Context {
            subject: Subject::Absent,
            endpoint: EndpointId(endpoint),
            route: None,
        };
        for (position, asked) in (0u32..).zip(&vocabulary.asked) {
            let at = match asked.reach {
                Reach::Request => {
                    let sketch = fold.question(position, asked, context(0))?;
                    questions.request.push(sketch);
                    questions.request.len()
                }
                Reach::Endpoint => {
                    let each = endpoints
                        .clone()
                        .map(|endpoint| fold.question(position, asked, context(endpoint)));
                    questions.endpoint.push(each.collect::<Result<_, _>>()?);
                    questions.endpoint.len()
                }
                Reach::Model => {
                    questions.model.push(position);
                    questions.model.len()
                }
                Reach::Stated => {
                    questions.stated.push(position);
                    questions.stated.len()
                }
                Reach::Route => {
                    questions.route.push(position);
                    questions.route.len()
                }
            };
            questions.place.push((asked.reach, at - 1));
        }
        let rules = vocabulary.rules.iter();
        questions.reach = rules.map(|rule| questions.reach(rule)).collect();
        let Self {
            request,
            endpoint,
            cuts: found,
            masks: known,
            ..
        } = &mut questions;
        for sketch in request.iter().chain(endpoint.iter().flatten()) {
            cuts(sketch, &mut |field, cut| {
                found.entry(field).or_default().push(cut);
            });
            masks(sketch, &mut |set, mask| {
                if !known.contains(&(set, mask)) {
                    known.push((set, mask));
                }
            });
        }
        for (attribute, classes) in &vocabulary.classes {
            let codes = i64::try_from(classes.rows.len()).unwrap_or(i64::MAX);
            let found = found.entry(Field::Attribute(*attribute)).or_default();
            found.extend(0..codes);
        }
        for cuts in found.values_mut() {
            cuts.sort_unstable();
            cuts.dedup();
        }
        Ok(questions)
    }
}

/// The numbers of one model: cuts that no rule has as a constant, by field and size, and masks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slots {
    pub(super) cuts: Vec<(Field, i64)>,
    pub(super) masks: Vec<(SetField, Mask)>,
}

/// A cut of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    /// One that rules have as a constant, or that the catalog brings for all models.
    Constant(i64),
    /// One of a model's own, by its position among these and by its value.
    Own(usize, i64),
}

impl Cut {
    /// The first value that is not below it.
    pub(super) const fn value(self) -> i64 {
        match self {
            Self::Constant(value) | Self::Own(_, value) => value,
        }
    }
}

impl Slots {
    /// The numbers of a profile that are not constants.
    pub(super) fn of(profile: &Profile, questions: &Questions, fold: &Fold<'_>) -> Self {
        let mut slots = Self::default();
        let known = fold.known.borrow();
        let constant = |field: Field, cut: i64| {
            let cuts = questions.cuts.get(&field);
            cuts.is_some_and(|cuts| cuts.binary_search(&cut).is_ok())
        };
        let mut add = |field: Field, cut: i64| {
            if !constant(field, cut) {
                slots.cuts.push((field, cut));
            }
        };
        let mut found = Vec::new();
        for sketch in profile.sketches() {
            cuts(sketch, &mut add);
            if let Sketch::Known(position) = sketch
                && let Some((_, cuts)) = known.get(*position as usize)
            {
                for (field, cut) in cuts {
                    add(*field, *cut);
                }
            }
            masks(sketch, &mut |set, mask| {
                if !questions.masks.contains(&(set, mask)) && !found.contains(&(set, mask)) {
                    found.push((set, mask));
                }
            });
        }
        slots.cuts.sort_unstable();
        slots.cuts.dedup();
        slots.masks = found;
        slots
    }

    /// The numbers of many models together.
    pub(super) fn merged<'s>(all: impl Iterator<Item = &'s Self>) -> Self {
        let mut merged = Self::default();
        for slots in all {
            merged.cuts.extend_from_slice(&slots.cuts);
            merged.masks.extend_from_slice(&slots.masks);
        }
        merged.cuts.sort_unstable();
        merged.cuts.dedup();
        merged.masks.sort_unstable();
        merged.masks.dedup();
        merged
    }

    /// The rank of a value. Ranks are in the order of values, and 0 is below every cut. A
    /// constant has the same rank in every shape: room for a shape's own cuts is left between.
    pub(super) fn rank(&self, questions: &Questions, field: Field, value: i64) -> u32 {
        let constants = questions.constants(field);
        let below = constants.partition_point(|cut| *cut <= value);
        let last = below.checked_sub(1).and_then(|last| constants.get(last));
        let own = self.cuts.partition_point(|slot| *slot <= (field, value));
        let before = match last {
            Some(last) => self.cuts.partition_point(|slot| *slot <= (field, *last)),
            None => self.cuts.partition_point(|slot| slot.0 < field),
        };
        let own = u32::try_from(own - before).unwrap_or(u32::MAX);
        let below = u32::try_from(below).unwrap_or(u32::MAX);
        (below << room(constants)) | own
    }

    /// The cut at which a rank begins: a constant, or the position of a cut of these.
    pub(super) fn cut(&self, questions: &Questions, field: Field, rank: u32) -> Option<Cut> {
        let constants = questions.constants(field);
        let room = room(constants);
        let (below, own) = ((rank >> room) as usize, rank & ((1 << room) - 1));
        let last = below.checked_sub(1);
        let last = last.map(|last| constants.get(last).ok_or(())).transpose();
        let last = last.ok()?.copied();
        let Some(own) = own.checked_sub(1) else {
            return last.map(Cut::Constant);
        };
        let before = match last {
            Some(last) => self.cuts.partition_point(|slot| *slot <= (field, last)),
            None => self.cuts.partition_point(|slot| slot.0 < field),
        };
        let position = before + own as usize;
        let slot = self.cuts.get(position).filter(|slot| slot.0 == field);
        slot.map(|(_, cut)| Cut::Own(position, *cut))
    }

    /// Says whether every cut has a rank, and every mask a position, and no more fields are asked
    /// for than may be.
    pub(super) fn fit(&self, questions: &Questions) -> bool {
        let mut fields = questions.cuts.len() + questions.masks.len() + self.masks.len();
        for of_field in self.cuts.chunk_by(|a, b| a.0 == b.0) {
            let Some((field, _)) = of_field.first() else {
                continue;
            };
            let constants = questions.constants(*field);
            fields += usize::from(!questions.cuts.contains_key(field));
            if of_field.len() >= 1 << room(constants) || field.position().is_none() {
                return false;
            }
        }
        fields <= limits::DIAGRAM_FIELDS
    }

    /// The position of a mask: constants first.
    pub(super) fn mask(&self, questions: &Questions, set: SetField, mask: Mask) -> u32 {
        let same = |known: &(SetField, Mask)| *known == (set, mask);
        let all = questions.masks.iter().chain(&self.masks);
        let position = all.into_iter().position(same).unwrap_or(usize::MAX);
        u32::try_from(position).unwrap_or(u32::MAX)
    }
}

/// How many bits of a rank are for cuts between two constants.
fn room(constants: &[i64]) -> u32 {
    let count = u32::try_from(constants.len()).unwrap_or(u32::MAX);
    count.leading_zeros().min(u32::BITS - 1)
}

/// Every value at which a sketch changes, by field.
pub(super) fn cuts(sketch: &Sketch, found: &mut dyn FnMut(Field, i64)) {
    match sketch {
        Sketch::Leaf(_) | Sketch::Known(_) => {}
        Sketch::Steps(field, steps) => {
            for (from, step) in steps {
                if *from != i64::MIN {
                    found(*field, *from);
                }
                cuts(step, found);
            }
        }
        Sketch::Meets(_, _, sides) => {
            cuts(&sides.0, found);
            cuts(&sides.1, found);
        }
    }
}

/// Every mask that a sketch asks for.
pub(super) fn masks(sketch: &Sketch, found: &mut dyn FnMut(SetField, Mask)) {
    match sketch {
        Sketch::Leaf(_) | Sketch::Known(_) => {}
        Sketch::Steps(_, steps) => {
            for (_, step) in steps {
                masks(step, found);
            }
        }
        Sketch::Meets(set, mask, sides) => {
            found(*set, *mask);
            masks(&sides.0, found);
            masks(&sides.1, found);
        }
    }
}
