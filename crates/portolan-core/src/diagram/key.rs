//! What is left of a profile without its numbers: models of which the same is left are of one
//! shape.

use std::rc::Rc;

use super::fold::{Known, Subject};
use super::intern::Interner;
use super::profile::{Marks, Profile};
use super::shape::{Questions, Slots};
use super::sketch::Sketch;
use super::sketches::Sketches;

/// A profile without its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(Box<[u32]>);

/// Lists of sketches without their numbers, each once; and what is asked of a candidate.
#[derive(Debug, Default)]
pub(super) struct Strips {
    lists: Interner<Box<[u32]>>,
    candidates: Interner<Candidate>,
}

/// What the verdict on a candidate reads: the endpoint, whether it goes through another, and the
/// marks of the model, of what is stated and of the rest.
type Candidate = (u32, bool, u32, u32, u32);

/// Writes sketches down without their numbers.
struct Stripping<'s> {
    slots: &'s Slots,
    questions: &'s Questions,
    known: &'s [Known],
    words: Vec<u32>,
}

impl Key {
    /// What is left of a profile, whose marks are set.
    pub(super) fn new(
        slots: &Slots,
        subject: Subject<'_>,
        profile: &mut Profile,
        questions: &Questions,
        known: &[Known],
        strips: &mut Strips,
    ) -> Self {
        let mut stripping = Stripping {
            slots,
            questions,
            known,
            words: Vec::new(),
        };
        let mut own = vec![match subject {
            Subject::Absent => 0,
            Subject::Unknown => 1,
            Subject::Model(..) => 2,
        }];
        own.push(number(slots.cuts.len()));
        for (field, cut) in &slots.cuts {
            let constants = questions.constants(*field);
            let below = constants.partition_point(|constant| constant < cut);
            own.extend([field.position().map_or(u32::MAX, u32::from), number(below)]);
        }
        for end in &mut profile.ends {
            let model = stripping.list(&end.model, strips);
            own.extend([number(end.routes.len()), model]);
            let mut candidates = Vec::with_capacity(end.routes.len());
            let mut elsewhere = end.elsewhere.iter();
            let endpoint = end.endpoint.0;
            let mut last: Option<(&Rc<Sketches>, u32)> = None;
            for (stated, of_route) in end.stated.iter().zip(&end.of_route) {
                let same = last.filter(|(list, _)| Rc::ptr_eq(list, stated));
                let mark = match same {
                    Some((_, mark)) => mark,
                    None => stripping.list(stated, strips),
                };
                last = Some((stated, mark));
                let of_route = stripping.list(of_route, strips);
                let elsewhere = elsewhere.next().copied().unwrap_or_default();
                let asked = (endpoint, elsewhere, model, mark, of_route);
                candidates.push(strips.candidates.intern(asked));
            }
            for (route, marks) in end.routes.iter().zip(&candidates) {
                own.extend([u32::from(*route), *marks]);
            }
            stripping.sketch(&end.order);
            own.append(&mut stripping.words);
            end.marks = Some(Marks { model, candidates });
        }
        Self(own.into())
    }

    /// What is left of sketches.
    pub(super) fn of<'s>(
        slots: &Slots,
        sketches: impl Iterator<Item = &'s Sketch>,
        questions: &Questions,
    ) -> Self {
        let mut stripping = Stripping {
            slots,
            questions,
            known: &[],
            words: Vec::new(),
        };
        for sketch in sketches {
            stripping.sketch(sketch);
        }
        Self(stripping.words.into())
    }
}

impl Stripping<'_> {
    /// The mark of a list.
    fn list(&mut self, list: &Sketches, strips: &mut Strips) -> u32 {
        self.words.push(number(list.codes().len()));
        let pairs = list.codes().chunks(2).map(|pair| match *pair {
            [one, other] => u32::from(one) << 16 | u32::from(other),
            [one] => u32::from(one) << 16,
            _ => 0,
        });
        self.words.extend(pairs);
        for sketch in list.held() {
            self.sketch(sketch);
        }
        let mark = strips.lists.intern_slice(&self.words);
        self.words.clear();
        mark
    }

    fn sketch(&mut self, sketch: &Sketch) {
        match sketch {
            Sketch::Leaf(value) => self.words.extend([0, *value]),
            Sketch::Known(position) => {
                self.words.extend([1, *position]);
                // Where its cuts stand among this model's own is part of the shape.
                let cuts = self.known.get(*position as usize);
                for (field, cut) in cuts.map_or(&[][..], |(_, cuts)| cuts) {
                    if self.slots.cuts.iter().any(|(own, _)| own == field) {
                        let rank = self.slots.rank(self.questions, *field, *cut);
                        self.words.push(rank);
                    }
                }
            }
            Sketch::Steps(field, steps) => {
                let position = field.position().map_or(u32::MAX, u32::from);
                self.words.extend([2, position, number(steps.len())]);
                for (from, step) in steps {
                    let rank = self.slots.rank(self.questions, *field, *from);
                    self.words.push(rank);
                    self.sketch(step);
                }
            }
            Sketch::Meets(set, mask, sides) => {
                let mask = self.slots.mask(self.questions, *set, *mask);
                self.words.extend([3, *set as u32, mask]);
                self.sketch(&sides.0);
                self.sketch(&sides.1);
            }
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
