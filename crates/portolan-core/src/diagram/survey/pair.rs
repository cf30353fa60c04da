//! Two policies over all requests at once: where they say something different, slice by slice.
//!
//! A slice is what one pair of shapes comes to through one endpoint. Both sides are drawn over one
//! coding of requests, one set of ranks and in one store, so that they can be laid on each other.
//! What a difference is called, and in which direction it goes, is decided outside the core.

mod cells;
mod coding;
mod draw;
mod facts;
mod ids;
mod said;
mod slice;
mod unfold;
mod whole;

pub use cells::{Axis, Cell, Span, tidy};
pub use coding::{Coding, Kind, Shared};
pub use said::{Aspect, Difference, Said};

use std::collections::BTreeMap;

use coding::Recoding;
use said::Sayings;

use super::super::compile::routes_of;
use super::super::field::{Field, TextField};
use super::super::fold::{Fold, Subject};
use super::super::intern::Memo;
use super::super::key::{Key, Strips};
use super::super::profile::Profile;
use super::super::shape::{Questions, Slots};
use super::super::sketch::Sketch;
use super::super::store::Inconclusive;
use super::super::verdict::Answers;
use super::super::vocabulary::Vocabulary;
use super::super::{constants, sketch};
use crate::catalog::{AliasTarget, Catalog, EndpointId, Route};
use crate::instant::Window;
use crate::policy::Policy;

/// Why two policies cannot be compared to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It takes more than a line of `limits` allows.
    Budget,
    /// Both declare the attribute, with types that share no coding.
    Attribute(Box<str>),
    /// They take different prefixes off a model id, and ask how an unknown id begins.
    Prefix,
}

impl From<Inconclusive> for Obstacle {
    fn from(Inconclusive: Inconclusive) -> Self {
        Self::Budget
    }
}

/// A policy and its catalog.
pub type Side<'a> = (&'a Catalog, &'a Policy);

/// One id, with what it stands for on each side.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// The id as a request has it, but for a prefix that both take off; none where there is none.
    pub id: Option<Box<str>>,
    /// It is any id that stands for nothing on both sides.
    pub unknown: bool,
    /// When it stands for this.
    pub window: Window,
    /// What it stands for.
    pub targets: [Option<AliasTarget>; 2],
    /// Routes of either, each with the route it is on each side.
    pub routes: Vec<[Option<Route>; 2]>,
}

/// Whether an effective request is the body's own or a fallback's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The body's own.
    Primary,
    /// A fallback's.
    Fallback,
}

/// What is different for some ids through one endpoint.
#[derive(Debug)]
pub struct Slice<'s> {
    /// What codes mean.
    pub coding: &'s Coding,
    /// The ids.
    pub pairings: &'s [Pairing],
    /// The endpoint, on each side.
    pub endpoint: [EndpointId; 2],
    /// The roles in which it is.
    pub roles: &'s [Role],
    /// What is different.
    pub differences: Vec<Difference>,
    /// The requests, in boxes that share none.
    pub cells: Vec<Cell>,
}

/// Visits whatever is different between two policies, and says what codes mean; nothing is
/// comparable where no request is one that both accept.
///
/// # Errors
/// An obstacle, where there was one; what was visited is true, and not all.
pub fn compare(
    old: Side<'_>,
    new: Side<'_>,
    visit: &mut dyn FnMut(Slice<'_>),
) -> Result<Coding, Obstacle> {
    let mut vocabularies = [
        Vocabulary::new(old.0, old.1, &[])?,
        Vocabulary::new(new.0, new.1, &[])?,
    ];
    let Some((coding, recodings)) = coding::share(&mut vocabularies)? else {
        return Ok(Coding::default());
    };
    let [old, new] = &vocabularies;
    let folds = [Fold::new(old), Fold::new(new)];
    let [of_old, of_new] = &folds;
    let mut questions = [Questions::new(old, of_old)?, Questions::new(new, of_new)?];
    for ((questions, fold), recoding) in questions.iter_mut().zip(&folds).zip(&recodings) {
        recode(questions, fold, recoding);
    }
    unite(&mut questions);
    let prefixes = [old, new].map(|side| side.policy.model_prefix.as_deref().unwrap_or(""));
    let [first, second] = prefixes;
    if first != second && coding.texts.contains_key(&TextField::Model) {
        return Err(Obstacle::Prefix);
    }
    let mut pair = Pair {
        coding: &coding,
        vocabularies: &vocabularies,
        folds: &folds,
        questions: &questions,
        recodings,
        answers: Answers::default(),
        said: Sayings::default(),
        alike: alike(&vocabularies, &questions),
        groups: Vec::new(),
        known: Memo::default(),
        strips: Strips::default(),
    };
    for (subjects, pairing) in ids::pairings([old.catalog, new.catalog], prefixes) {
        pair.add(subjects, pairing)?;
    }
    pair.each(visit)?;
    Ok(coding)
}

/// Says whether two policies have the same rules, in the same order, but for what they ask about
/// models.
fn alike(vocabularies: &[Vocabulary<'_>; 2], questions: &[Questions; 2]) -> bool {
    let [old, new] = vocabularies;
    let [first, second] = questions;
    let says = |side: &Vocabulary<'_>| {
        let rules = side.policy.rules.iter();
        let rules = rules.map(|rule| said::whole(rule, side.catalog, side.policy));
        rules.collect::<Vec<String>>()
    };
    let endpoints = |side: &Vocabulary<'_>| {
        let endpoints = side.catalog.endpoints.iter();
        endpoints.map(|e| e.name.clone()).collect::<Vec<_>>()
    };
    let plan = |side: &Vocabulary<'_>| {
        let policy = side.policy;
        (policy.plan_at_most, policy.timeouts, policy.advance.clone())
    };
    old.rules == new.rules
        && old.demands == new.demands
        && first.place == second.place
        && first.request == second.request
        && first.endpoint == second.endpoint
        && endpoints(old) == endpoints(new)
        && plan(old) == plan(new)
        && says(old) == says(new)
}

/// Questions over the shared codes.
fn recode(questions: &mut Questions, fold: &Fold<'_>, recoding: &Recoding) {
    let known = fold.known.borrow();
    let all = questions.request.iter_mut();
    for sketch in all.chain(questions.endpoint.iter_mut().flatten()) {
        *sketch = recoding.sketch(sketch, &known);
    }
}

/// Cuts and masks of both become those of each.
fn unite(questions: &mut [Questions; 2]) {
    let mut cuts: BTreeMap<Field, Vec<i64>> = BTreeMap::new();
    let mut masks = Vec::new();
    for side in &*questions {
        for sketch in side.request.iter().chain(side.endpoint.iter().flatten()) {
            collect(sketch, &mut cuts, &mut masks);
        }
    }
    for cuts in cuts.values_mut() {
        cuts.sort_unstable();
        cuts.dedup();
    }
    for side in questions {
        side.cuts.clone_from(&cuts);
        side.masks.clone_from(&masks);
    }
}

fn collect(
    sketch: &Sketch,
    cuts: &mut BTreeMap<Field, Vec<i64>>,
    masks: &mut Vec<(super::SetField, sketch::Mask)>,
) {
    super::super::shape::cuts(sketch, &mut |field, cut| {
        cuts.entry(field).or_default().push(cut);
    });
    super::super::shape::masks(sketch, &mut |set, mask| {
        if !masks.contains(&(set, mask)) {
            masks.push((set, mask));
        }
    });
}

/// Ids whose comparison comes to the same.
struct Group<'p> {
    subjects: [Subject<'p>; 2],
    profiles: [Profile; 2],
    /// What is observed of routes beside what rules say, where the sides differ in it.
    facts: Vec<(Aspect, [Sketch; 2])>,
    /// When the ids stand for this.
    window: Sketch,
    /// By side and position among the routes of that side: the position among those of either.
    matched: [Vec<u16>; 2],
    /// Ids with the same numbers, together.
    pairings: Vec<(Slots, Vec<Pairing>)>,
}

/// What makes two comparisons the same: shapes, facts and how routes are matched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Same {
    keys: [Key; 2],
    facts: Key,
    of: Vec<Aspect>,
    matched: [Vec<u16>; 2],
}

/// Two policies laid on each other.
struct Pair<'p> {
    coding: &'p Coding,
    vocabularies: &'p [Vocabulary<'p>; 2],
    folds: &'p [Fold<'p>; 2],
    questions: &'p [Questions; 2],
    recodings: [Recoding; 2],
    answers: Answers,
    said: Sayings,
    /// The rules of both are the same, as far as they ask about no model.
    alike: bool,
    groups: Vec<Group<'p>>,
    known: Memo<Same>,
    strips: Strips,
}

impl<'p> Pair<'p> {
    /// Adds one id to those that compare like it.
    fn add(&mut self, subjects: [Subject<'p>; 2], mut pairing: Pairing) -> Result<(), Obstacle> {
        let [old, new] = self.vocabularies;
        let mut profiles = Vec::with_capacity(2);
        let sides = subjects.iter().zip(pairing.targets).zip(self.folds);
        let sides = sides.zip(self.questions).zip(&self.recodings);
        let mut own_routes = Vec::with_capacity(2);
        for ((((subject, target), fold), questions), recoding) in sides {
            let catalog = fold.vocabulary.catalog;
            let routes = target.map_or(Vec::new(), |target| routes_of(catalog, target));
            if routes.len() > usize::from(u16::MAX / 2) {
                return Err(Obstacle::Budget);
            }
            let orders = std::cell::RefCell::new(&mut self.answers.orders);
            let number = |order| orders.borrow_mut().intern(order);
            let mut profile = Profile::new(fold, questions, *subject, &routes, &number)?;
            let mut recoding = recoding.clone();
            if let (Subject::Unknown, Some(id)) = (subject, &pairing.id) {
                let bounds = self.coding.texts.get(&TextField::Model);
                recoding.model = Some(constants::rank(bounds.map_or(&[], |b| b), id));
            }
            let known = fold.known.borrow();
            profile.change(&|sketch| recoding.sketch(sketch, &known))?;
            profiles.push(profile);
            own_routes.push(routes);
        }
        let (Ok(mut profiles), Ok([before, after])) = (
            <[Profile; 2]>::try_from(profiles),
            <[Vec<Route>; 2]>::try_from(own_routes),
        ) else {
            return Err(Obstacle::Budget);
        };
        let (routes, matched) = facts::matched((old.catalog, &before), (new.catalog, &after));
        pairing.routes = routes;
        let facts = facts::facts(self.folds, &pairing.routes, &mut self.said)?;
        let window = super::super::fold::window(pairing.window);
        let slots = self.slots(&profiles, &facts, &window);
        let (strips, questions) = (&mut self.strips, self.questions);
        let mut keys = Vec::with_capacity(2);
        for ((subject, profile), questions) in subjects.iter().zip(&mut profiles).zip(questions) {
            let key = Key::new(&slots, *subject, profile, questions, &[], strips);
            keys.push(key);
        }
        let (Ok([first, second]), [questions, _]) = (<[Key; 2]>::try_from(keys), questions) else {
            return Err(Obstacle::Budget);
        };
        let [old_routes, new_routes] = &matched;
        if self.alike && facts.is_empty() && first == second && old_routes == new_routes {
            return Ok(());
        }
        let sketches = facts.iter().flat_map(|(_, sides)| sides).chain([&window]);
        let same = Same {
            keys: [first, second],
            facts: Key::of(&slots, sketches, questions),
            of: facts.iter().map(|(aspect, _)| aspect.clone()).collect(),
            matched: matched.clone(),
        };
        if let Some(group) = self.known.get(&same) {
            let group = self.groups.get_mut(group as usize).ok_or(Inconclusive)?;
            let like = group.pairings.iter_mut().find(|(own, _)| *own == slots);
            if let Some((_, pairings)) = like {
                pairings.push(pairing);
            } else {
                group.pairings.push((slots, vec![pairing]));
            }
            return Ok(());
        }
        let position = u32::try_from(self.groups.len()).map_err(|_| Inconclusive)?;
        self.known.insert(same, position);
        self.groups.push(Group {
            subjects,
            profiles,
            facts,
            window,
            matched,
            pairings: vec![(slots, vec![pairing])],
        });
        Ok(())
    }

    /// The numbers of both sides.
    fn slots(
        &self,
        profiles: &[Profile; 2],
        facts: &[(Aspect, [Sketch; 2])],
        window: &Sketch,
    ) -> Slots {
        let mut slots = Slots::default();
        for ((profile, questions), fold) in profiles.iter().zip(self.questions).zip(self.folds) {
            let own = Slots::of(profile, questions, fold);
            slots.cuts.extend(own.cuts);
            for mask in own.masks {
                if !slots.masks.contains(&mask) {
                    slots.masks.push(mask);
                }
            }
        }
        let [questions, _] = self.questions;
        let more = facts.iter().flat_map(|(_, sides)| sides).chain([window]);
        for sketch in more {
            super::super::shape::cuts(sketch, &mut |field, cut| {
                let constants = questions.cuts.get(&field);
                if constants.is_none_or(|cuts| cuts.binary_search(&cut).is_err()) {
                    slots.cuts.push((field, cut));
                }
            });
        }
        slots.cuts.sort_unstable();
        slots.cuts.dedup();
        slots
    }
}
