//! Shapes: models whose folded questions differ in nothing but their numbers are one shape.
//!
//! Every number becomes its rank among the numbers that the model's own questions compare a
//! field with; what remains is the shape, and the numbers are the model's slots.

use std::collections::BTreeMap;

use super::field::{Field, SetField};
use super::fold::{Context, Fold, Known, Subject};
use super::sketch::{Mask, Sketch};
use super::store::Inconclusive;
use super::vocabulary::{Reach, Vocabulary};
use crate::catalog::{EndpointId, Route};

/// Bytes of a usual key, and cuts of a usual profile.
const USUAL: usize = 960;
const USUAL_CUTS: usize = 40;

/// What one model's questions come to.
#[derive(Debug)]
pub(super) struct Profile {
    /// By the endpoint called.
    pub(super) ends: Vec<End>,
}

/// What they come to through one endpoint that is called.
#[derive(Debug)]
pub(super) struct End {
    pub(super) endpoint: EndpointId,
    /// The candidates, by their positions among the model's routes.
    pub(super) routes: Vec<u16>,
    /// Of every candidate, whether it goes through another endpoint.
    pub(super) elsewhere: Vec<bool>,
    /// Questions about the model, in the order of `Questions::model`.
    pub(super) model: Vec<Sketch>,
    /// Questions about each candidate, in the order of `Questions::route`.
    pub(super) of_route: Vec<Vec<Sketch>>,
    /// The order of candidates.
    pub(super) order: Sketch,
}

impl End {
    /// What asks about no model and no route.
    pub(super) fn without_routes(endpoint: EndpointId) -> Self {
        Self {
            endpoint,
            routes: Vec::new(),
            elsewhere: Vec::new(),
            model: Vec::new(),
            of_route: Vec::new(),
            order: Sketch::Leaf(0),
        }
    }
}

/// Which questions are folded once, once an endpoint, a model, a route.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) request: Vec<Sketch>,
    pub(super) endpoint: Vec<Vec<Sketch>>,
    /// Positions of the questions about a model.
    pub(super) model: Vec<u32>,
    /// Positions of the questions about a route.
    pub(super) route: Vec<u32>,
    /// By question: how far it reaches, and its position among those that reach as far.
    pub(super) place: Vec<(Reach, usize)>,
    /// The cuts that no model brings.
    pub(super) cuts: BTreeMap<Field, Vec<i64>>,
    pub(super) masks: Vec<(SetField, Mask)>,
}

impl Questions {
    pub(super) fn new(vocabulary: &Vocabulary<'_>, fold: &Fold<'_>) -> Result<Self, Inconclusive> {
        let mut questions = Self {
            request: Vec::new(),
            endpoint: Vec::new(),
            model: Vec::new(),
            route: Vec::new(),
            place: Vec::new(),
            cuts: BTreeMap::new(),
            masks: Vec::new(),
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
                Reach::Route => {
                    questions.route.push(position);
                    questions.route.len()
                }
            };
            questions.place.push((asked.reach, at - 1));
        }
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

impl Profile {
    /// Folds every question for one model and its routes.
    pub(super) fn new<'a>(
        fold: &Fold<'a>,
        questions: &Questions,
        subject: Subject<'a>,
        routes: &[Route],
        order: &dyn Fn(Vec<u16>) -> u32,
    ) -> Result<Self, Inconclusive> {
        let vocabulary = fold.vocabulary;
        let endpoints = 0..u32::try_from(vocabulary.catalog.endpoints.len()).unwrap_or(u32::MAX);
        let any = vocabulary.policy.through_any_endpoint;
        let mut ends = Vec::new();
        for endpoint in endpoints.map(EndpointId) {
            let own = |route: &Route| route.endpoint == endpoint;
            let candidates: Vec<(u16, Route)> = (0u16..)
                .zip(routes.iter().copied())
                .filter(|(_, route)| any || own(route))
                .collect();
            let context = Context {
                subject,
                endpoint,
                route: None,
            };
            let ask = |positions: &[u32], context: Context<'a>| {
                let mut sketches = Vec::with_capacity(positions.len());
                for position in positions {
                    let asked = vocabulary.asked.get(*position as usize);
                    let asked = asked.ok_or(Inconclusive)?;
                    sketches.push(fold.question(*position, asked, context)?);
                }
                Ok(sketches)
            };
            let of_route = candidates.iter().map(|(_, route)| {
                let route = Some(*route);
                ask(&questions.route, Context { route, ..context })
            });
            let of_route = of_route.collect::<Result<_, _>>()?;
            let routes: Vec<Route> = candidates.iter().map(|(_, route)| *route).collect();
            let ordered = routes.len() > 1 && !vocabulary.policy.prefer.is_empty();
            ends.push(End {
                endpoint,
                elsewhere: routes.iter().map(|route| !own(route)).collect(),
                model: ask(&questions.model, context)?,
                of_route,
                order: if ordered {
                    fold.order(context, &routes, order)?
                } else {
                    Sketch::Leaf(order((0u16..).zip(&routes).map(|(i, _)| i).collect()))
                },
                routes: candidates.into_iter().map(|(i, _)| i).collect(),
            });
        }
        Ok(Self { ends })
    }

    fn sketches(&self) -> impl Iterator<Item = &Sketch> {
        self.ends.iter().flat_map(|end| {
            let own = end.model.iter().chain(end.of_route.iter().flatten());
            own.chain(std::iter::once(&end.order))
        })
    }
}

/// The numbers of one model: cuts that no rule has as a constant, by field and size, and masks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slots {
    pub(super) cuts: Vec<(Field, i64)>,
    pub(super) masks: Vec<(SetField, Mask)>,
}

/// What is left of a profile without its numbers, as bytes: two profiles have the same where they
/// are of one shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// The same without room for more, for keeping.
    pub(super) fn kept(mut self) -> Self {
        self.0.shrink_to_fit();
        self
    }
}

/// What a key is made of. It tells what follows it, so that no two lists of parts are written alike.
#[derive(Debug, Clone, Copy)]
enum Part {
    Absent,
    Unknown,
    Model,
    Field(Field),
    /// So many constants lie below a slot's cut.
    Below(u32),
    Leaf(u32),
    Known(u32),
    Steps(Field, u32),
    From(u32),
    Meets(SetField, u32),
    Route(u16, bool),
    End,
}

/// A key while it is written.
#[derive(Debug, Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn push(&mut self, part: Part) {
        match part {
            Part::Absent => self.0.push(0),
            Part::Unknown => self.0.push(1),
            Part::Model => self.0.push(2),
            Part::End => self.0.push(3),
            Part::Field(field) => {
                self.0.push(4);
                self.field(field);
            }
            Part::Below(count) => self.numbered(5, count),
            Part::Leaf(value) => self.numbered(6, value),
            Part::Known(position) => self.numbered(7, position),
            Part::From(rank) => self.numbered(8, rank),
            Part::Route(position, false) => self.numbered(9, position.into()),
            Part::Route(position, true) => self.numbered(10, position.into()),
            Part::Steps(field, count) => {
                self.numbered(11, count);
                self.field(field);
            }
            Part::Meets(set, mask) => {
                self.numbered(12, mask);
                self.0.push(set as u8);
            }
        }
    }

    /// A mark and a number: most are small, and one byte.
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn numbered(&mut self, mark: u8, mut number: u32) {
        self.0.push(mark);
        while number >= 0x80 {
            self.0.push(0x80 | (number & 0x7f) as u8);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn field(&mut self, field: Field) {
        match field {
            Field::At => self.0.push(0),
            Field::Flag(flag) => self.0.extend([1, flag as u8]),
            Field::Text(text) => self.0.extend([2, text as u8]),
            Field::Number(number) => self.0.extend([3, number as u8]),
            Field::State(scope, fact) => self.0.extend([4, scope as u8, fact as u8]),
            Field::Attribute(index) => self.numbered(5, index.into()),
            Field::Applies(group) => self.numbered(6, group.into()),
            Field::Meets(set, mask) => {
                self.numbered(7, mask.into());
                self.0.push(set as u8);
            }
        }
    }
}

impl Slots {
    /// The numbers of a profile that are not constants.
    pub(super) fn of(profile: &Profile, questions: &Questions, fold: &Fold<'_>) -> Self {
        let mut slots = Self {
            cuts: Vec::with_capacity(USUAL_CUTS),
            masks: Vec::new(),
        };
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

    /// What is left of the profile.
    pub(super) fn key(
        &self,
        subject: Subject<'_>,
        profile: &Profile,
        questions: &Questions,
        known: &[Known],
    ) -> Key {
        let mut parts = Parts(Vec::with_capacity(USUAL));
        parts.push(match subject {
            Subject::Absent => Part::Absent,
            Subject::Unknown => Part::Unknown,
            Subject::Model(..) => Part::Model,
        });
        let mut last = None;
        for (field, cut) in &self.cuts {
            if last != Some(*field) {
                parts.push(Part::Field(*field));
                last = Some(*field);
            }
            let constants = questions.cuts.get(field).map_or(&[][..], Vec::as_slice);
            let below = constants.partition_point(|constant| constant < cut);
            parts.push(Part::Below(u32::try_from(below).unwrap_or(u32::MAX)));
        }
        for end in &profile.ends {
            parts.push(Part::End);
            for (route, elsewhere) in end.routes.iter().zip(&end.elsewhere) {
                parts.push(Part::Route(*route, *elsewhere));
            }
            let own = end.model.iter().chain(end.of_route.iter().flatten());
            for sketch in own.chain(std::iter::once(&end.order)) {
                self.strip(sketch, questions, known, &mut parts);
            }
        }
        Key(parts.0)
    }

    /// What is left of sketches.
    pub(super) fn key_of<'s>(
        &self,
        sketches: impl Iterator<Item = &'s Sketch>,
        questions: &Questions,
    ) -> Key {
        let mut parts = Parts::default();
        for sketch in sketches {
            self.strip(sketch, questions, &[], &mut parts);
        }
        Key(parts.0)
    }

    fn strip(&self, sketch: &Sketch, questions: &Questions, known: &[Known], parts: &mut Parts) {
        match sketch {
            Sketch::Leaf(value) => parts.push(Part::Leaf(*value)),
            Sketch::Known(position) => {
                parts.push(Part::Known(*position));
                // Where its cuts stand among this model's own is part of the shape.
                for (field, cut) in known.get(*position as usize).map_or(&[][..], |(_, c)| c) {
                    if self.cuts.iter().any(|(own, _)| own == field) {
                        parts.push(Part::From(self.rank(questions, *field, *cut)));
                    }
                }
            }
            Sketch::Steps(field, steps) => {
                let count = u32::try_from(steps.len()).unwrap_or(u32::MAX);
                parts.push(Part::Steps(*field, count));
                for (from, step) in steps {
                    parts.push(Part::From(self.rank(questions, *field, *from)));
                    self.strip(step, questions, known, parts);
                }
            }
            Sketch::Meets(set, mask, sides) => {
                parts.push(Part::Meets(*set, self.mask(questions, *set, **mask)));
                self.strip(&sides.0, questions, known, parts);
                self.strip(&sides.1, questions, known, parts);
            }
        }
    }

    /// The rank of a value: how many cuts of its field are not above it.
    pub(super) fn rank(&self, questions: &Questions, field: Field, value: i64) -> u32 {
        let constants = questions.cuts.get(&field).map_or(&[][..], Vec::as_slice);
        let constants = constants.partition_point(|cut| *cut <= value);
        let own = self.cuts.partition_point(|slot| *slot <= (field, value));
        let before = self.cuts.partition_point(|slot| slot.0 < field);
        u32::try_from(constants + own - before).unwrap_or(u32::MAX)
    }

    /// The position of a mask: constants first.
    pub(super) fn mask(&self, questions: &Questions, set: SetField, mask: Mask) -> u32 {
        let same = |known: &(SetField, Mask)| *known == (set, mask);
        let all = questions.masks.iter().chain(&self.masks);
        let position = all.into_iter().position(same).unwrap_or(usize::MAX);
        u32::try_from(position).unwrap_or(u32::MAX)
    }
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
            found(*set, **mask);
            masks(&sides.0, found);
            masks(&sides.1, found);
        }
    }
}
