//! All requests of a policy at once: regions of them, as diagrams, one slice after the other.
//!
//! A slice is what one shape of models comes to through one endpoint. Its chart makes regions out
//! of what the policy says and what somebody asks beside it, and joins them; a region's classes
//! say which requests are in it. What questions are made of regions lives outside the core.

mod attributes;
mod bounded;
mod chart;
mod class;
mod cover;
mod labels;
mod near;
mod order;
pub mod pair;
mod planned;
mod ruled;
mod through;
mod unsaid;

pub use super::field::{Flag, Number, SetField, TextField};
pub use super::store::Inconclusive;
pub use chart::{Chart, Likeness, Likenesses, Region};
pub use class::{Bound, Bounded, Class, Values};
pub use cover::Cover;
pub use order::Precedence;
pub use planned::Room;

use super::build::Common;
use super::compile::routes_of;
use super::fold::{Fold, Subject};
use super::intern::Memo;
use super::key::{Key, Strips};
use super::profile::Profile;
use super::shape::{Questions, Slots};
use super::store::Store;
use super::verdict::Answers;
pub use super::vocabulary::Topic;
use super::vocabulary::Vocabulary;
use crate::catalog::{AliasTarget, Catalog, ModelId, Route};
use crate::instant::Window;
use crate::policy::Policy;

/// What the model id of a slice's requests stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no id.
    Absent,
    /// Nothing.
    Unknown,
    /// A model, or some of its offerings.
    Model,
}

/// One id, with what it stands for.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// The id; empty where there is none, or where it stands for nothing.
    pub id: &'a str,
    /// What it stands for; none where it stands for nothing.
    pub model: Option<ModelId>,
    /// When it stands for that.
    pub window: Window,
    /// Its routes, through every endpoint, in catalog order.
    pub routes: Vec<Route>,
    slots: Slots,
    /// The position of the window among the topics.
    during: Option<usize>,
}

/// Ids of one shape.
#[derive(Debug)]
struct Shape<'a> {
    subject: Subject<'a>,
    profile: Profile,
    members: Vec<Member<'a>>,
}

/// A policy over a catalog, open to questions over all requests.
pub struct Survey<'a> {
    vocabulary: &'a Vocabulary<'a>,
    fold: &'a Fold<'a>,
    questions: &'a Questions,
    store: Store,
    answers: Answers,
    common: Common,
    strips: Strips,
    shapes: Vec<Shape<'a>>,
}

/// Opens a policy to questions over all requests that read these topics beside the rules.
///
/// # Errors
/// When the policy asks for more than a limit of `limits` allows.
pub fn survey<R>(
    catalog: &Catalog,
    policy: &Policy,
    topics: &[Topic<'_>],
    run: impl FnOnce(&mut Survey<'_>) -> R,
) -> Result<R, Inconclusive> {
    let subjects = subjects(catalog);
    let mut windows: Vec<Window> = subjects.iter().map(|(_, _, window)| *window).collect();
    windows.retain(|window| *window != Window::ALWAYS);
    windows.sort_unstable_by_key(|window| (window.from, window.until));
    windows.dedup();
    let all = topics.iter().copied();
    let all: Vec<Topic<'_>> = all
        .chain(windows.iter().map(|w| Topic::During(*w)))
        .collect();
    let mut vocabulary = Vocabulary::new(catalog, policy, &all)?;
    vocabulary.ordered = topics.iter().any(|topic| matches!(topic, Topic::Order));
    let fold = Fold::new(&vocabulary);
    let questions = Questions::new(&vocabulary, &fold)?;
    let mut survey = Survey {
        vocabulary: &vocabulary,
        fold: &fold,
        questions: &questions,
        store: Store::default(),
        answers: Answers::default(),
        common: Common::default(),
        strips: Strips::default(),
        shapes: Vec::new(),
    };
    let mut known = Memo::default();
    for (id, target, window) in subjects {
        let during = windows.iter().position(|own| *own == window);
        let during = during.map(|position| topics.len() + position);
        let routes = target.map_or(Vec::new(), |target| routes_of(catalog, target));
        let member = Member {
            id,
            model: target.map(|target| target.model),
            window,
            routes,
            slots: Slots::default(),
            during,
        };
        survey.add(Subject::of(id, target), member, &mut known)?;
    }
    Ok(run(&mut survey))
}

/// Everything that an id of a request may stand for, and when.
fn subjects(catalog: &Catalog) -> Vec<(&str, Option<AliasTarget>, Window)> {
    let models = (0u32..).zip(&catalog.models).map(|(id, model)| {
        let target = AliasTarget {
            model: ModelId(id),
            region: None,
        };
        (&*model.id, Some(target), Window::ALWAYS)
    });
    // A model's own id goes before an alias.
    let aliases = catalog.aliases.iter();
    let aliases = aliases.filter(|alias| catalog.model_named(&alias.id).is_none());
    let aliases = aliases.flat_map(|alias| {
        let periods = alias.target.periods().iter();
        periods.map(|(window, target)| (&*alias.id, Some(*target), *window))
    });
    let nobody = [
        (ABSENT, None, Window::ALWAYS),
        (UNKNOWN, None, Window::ALWAYS),
    ];
    models.chain(aliases).chain(nobody).collect()
}

/// How the two that stand for no model are told apart.
const ABSENT: &str = "";
const UNKNOWN: &str = "\0";

impl<'a> Subject<'a> {
    fn of(id: &'a str, target: Option<AliasTarget>) -> Self {
        match target {
            Some(target) => Self::Model(target.model, id),
            None if id == ABSENT => Self::Absent,
            None => Self::Unknown,
        }
    }
}

impl<'a> Survey<'a> {
    /// Adds an id to those of its shape.
    fn add(
        &mut self,
        subject: Subject<'a>,
        mut member: Member<'a>,
        known: &mut Memo<Key>,
    ) -> Result<(), Inconclusive> {
        if member.routes.len() > usize::from(u16::MAX) {
            return Err(Inconclusive);
        }
        let answers = &mut self.answers;
        let orders = std::cell::RefCell::new(&mut answers.orders);
        let number = |order| orders.borrow_mut().intern(order);
        let (fold, questions) = (self.fold, self.questions);
        let mut profile = Profile::new(fold, questions, subject, &member.routes, &number)?;
        let slots = Slots::of(&profile, questions, fold);
        let known_sketches = fold.known.borrow();
        let strips = &mut self.strips;
        let key = Key::new(
            &slots,
            subject,
            &mut profile,
            questions,
            &known_sketches,
            strips,
        );
        member.slots = slots;
        if member.model.is_none() {
            member.id = "";
        }
        if let Some(shape) = known.get(&key) {
            let shape = self.shapes.get_mut(shape as usize).ok_or(Inconclusive)?;
            shape.members.push(member);
            return Ok(());
        }
        let position = u32::try_from(self.shapes.len()).map_err(|_| Inconclusive)?;
        known.insert(key, position);
        self.shapes.push(Shape {
            subject,
            profile,
            members: vec![member],
        });
        Ok(())
    }

    /// What the questions come to for an id; the order of its routes is left out.
    fn profile(&self, subject: Subject<'a>, routes: &[Route]) -> Result<Profile, Inconclusive> {
        Profile::new(self.fold, self.questions, subject, routes, &|_| 0)
    }

    /// How many shapes there are.
    pub fn shapes(&self) -> usize {
        self.shapes.len()
    }

    /// Visits every slice, in the order of the catalog's models and then of its endpoints.
    ///
    /// # Errors
    /// When some visit ended in one, after all of them: a slice went past its budget.
    pub fn each(
        &mut self,
        visit: &mut dyn FnMut(&mut Chart<'_>) -> Result<(), Inconclusive>,
    ) -> Result<(), Inconclusive> {
        let mut outcome = Ok(());
        for shape in &self.shapes {
            for end in &shape.profile.ends {
                self.store.next();
                let chart = Chart::new(
                    self.vocabulary,
                    self.questions,
                    self.fold,
                    (&mut self.store, &mut self.answers, &mut self.common),
                    (shape.subject, &shape.profile, end),
                    &shape.members,
                );
                outcome = outcome.and(chart.and_then(|mut chart| visit(&mut chart)));
            }
        }
        outcome
    }

    /// Visits every id by itself, all ids of one endpoint in one space: until the endpoint
    /// changes, a region of one chart means the same to the next. A visit that says no ends those
    /// of its endpoint.
    ///
    /// # Errors
    /// When the ids together go past the budget of one slice.
    pub fn together(
        &mut self,
        visit: &mut dyn FnMut(&mut Chart<'_>) -> Result<bool, Inconclusive>,
    ) -> Result<(), Inconclusive> {
        let members = || self.shapes.iter().flat_map(|shape| &shape.members);
        let merged = Slots::merged(members().map(|member| &member.slots));
        let endpoints = self.vocabulary.catalog.endpoints.len();
        for endpoint in 0..endpoints {
            self.store.next();
            'ids: for shape in &self.shapes {
                for member in &shape.members {
                    let subject = match (shape.subject, member.model) {
                        (Subject::Model(..), Some(model)) => Subject::Model(model, member.id),
                        (subject, _) => subject,
                    };
                    // The shape's own has marks, which are for its own numbers.
                    let profile = self.profile(subject, &member.routes)?;
                    let member = Member {
                        slots: merged.clone(),
                        ..member.clone()
                    };
                    let mut chart = Chart::new(
                        self.vocabulary,
                        self.questions,
                        self.fold,
                        (&mut self.store, &mut self.answers, &mut self.common),
                        (
                            subject,
                            &profile,
                            profile.ends.get(endpoint).ok_or(Inconclusive)?,
                        ),
                        std::slice::from_ref(&member),
                    )?;
                    if !visit(&mut chart)? {
                        break 'ids;
                    }
                }
            }
        }
        Ok(())
    }
}
