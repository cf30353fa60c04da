//! A question folded for one model and route: every fact of the catalog in its place, what is
//! left is steps over the fields of a request.
//!
//! Written from the language, not from the interpreter: the two share the catalog and nothing
//! else, so that each can find the other wrong.

mod against;
mod known;
mod over;
mod sets;

use against::flipped;
use over::Moment;

use std::cell::{Cell, RefCell};

use super::constants::prefix;
use super::field::{ABSENT, Field, Flag, Number, TextField};
use super::intern::{Interner, Memo};
use super::sketch::{NO, Sketch, UNKNOWN, YES};
use super::store::Inconclusive;
use super::vocabulary::{Asked, Atom, Reach, Vocabulary};
use crate::catalog::{EndpointId, ModelId, OfferingId, ProviderId, RegionId, Route};
use crate::instant::{Instant, Window};
use crate::policy::{BodyField, Condition, Term, Value};
use crate::syntax::ast::Comparison;

type Folded = Result<Sketch, Inconclusive>;

/// What a model id of a request stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// There is none.
    Absent,
    /// It stands for nothing.
    Unknown,
    /// A model, by this id of its own or an alias.
    Model(ModelId, &'a str),
}

/// What a question is folded for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) endpoint: EndpointId,
    pub(super) route: Option<Route>,
}

/// Folds questions.
pub(super) struct Fold<'a> {
    pub(super) vocabulary: &'a Vocabulary<'a>,
    /// Folds that are the same for many routes, each with the cuts that it brings.
    pub(super) known: RefCell<Vec<Known>>,
    /// Demands by question, placing and endpoint: a sketch that is known, or a leaf.
    met: RefCell<Memo<(u32, u32, EndpointId)>>,
    placings: RefCell<Interner<Placing>>,
    /// The placing that was asked for last.
    last: Cell<(Option<OfferingId>, u32)>,
    masks: RefCell<sets::Masks>,
    spent: Cell<usize>,
}

/// A sketch, and every cut that it brings.
pub(super) type Known = (Sketch, Vec<(Field, i64)>);

/// Marks a leaf among the demands that are known.
const LEAF: u32 = 1 << 31;

/// An offering's own facts, by where they stand; its region; its providers.
type Placing = (usize, RegionId, Vec<ProviderId>);

impl<'a> Fold<'a> {
    pub(super) fn new(vocabulary: &'a Vocabulary<'a>) -> Self {
        Self {
            vocabulary,
            known: RefCell::default(),
            met: RefCell::default(),
            placings: RefCell::default(),
            last: Cell::new((None, 0)),
            masks: RefCell::default(),
            spent: Cell::new(0),
        }
    }

    /// Folds the question at this position.
    pub(super) fn question(
        &self,
        position: u32,
        asked: &Asked<'a>,
        context: Context<'a>,
    ) -> Folded {
        self.spend(1)?;
        match asked.atom {
            Atom::Sold => {
                let offering = context
                    .route
                    .and_then(|r| self.vocabulary.catalog.offering(r.offering));
                Ok(window(offering.map(|o| o.window).unwrap_or_default()))
            }
            Atom::InForce(period) => Ok(window(period)),
            Atom::Met(fact, bound) => self.remembered(position, context, &|| {
                self.over(asked, context, &|moment| {
                    Ok(self.met(fact, bound, context, moment))
                })
            }),
            Atom::When(condition) => {
                let folded = || {
                    self.over(asked, context, &|moment| {
                        self.truth(condition, context, moment)
                    })
                };
                if asked.placed && asked.reach == Reach::Route {
                    return self.remembered(position, context, &folded);
                }
                folded()
            }
        }
    }

    /// What is asked of an offering's place, such as a lock's demand: once for all offerings that
    /// are placed alike, rather than once a route.
    ///
    /// INVARIANT: a bound is a constant or a column of a table. It reads neither the endpoint
    /// that is called nor the model, which are no part of what is remembered by; nor do other
    /// questions that are `placed`.
    fn remembered(
        &self,
        position: u32,
        context: Context<'a>,
        folded: &dyn Fn() -> Folded,
    ) -> Folded {
        let route = context.route.ok_or(Inconclusive)?;
        let key = (position, self.placing(route)?, route.endpoint);
        let known = self.met.borrow().get(&key);
        if let Some(known) = known {
            return Ok(if known & LEAF == 0 {
                Sketch::Known(known)
            } else {
                Sketch::Leaf(known & !LEAF)
            });
        }
        let sketch = folded()?;
        let found = if let Sketch::Leaf(value) = sketch {
            value | LEAF
        } else {
            self.know(sketch.clone())
        };
        self.met.borrow_mut().insert(key, found);
        Ok(if found & LEAF == 0 {
            Sketch::Known(found)
        } else {
            sketch
        })
    }

    /// Keeps a sketch that many profiles have.
    pub(super) fn know(&self, sketch: Sketch) -> u32 {
        let mut cuts = Vec::new();
        super::shape::cuts(&sketch, &mut |field, cut| cuts.push((field, cut)));
        cuts.sort_unstable();
        cuts.dedup();
        let mut known = self.known.borrow_mut();
        known.push((sketch, cuts));
        u32::try_from(known.len() - 1).unwrap_or(u32::MAX)
    }

    /// What decides where an offering is and how long it is kept: equal for offerings that say
    /// nothing of their own in one region by the same providers.
    fn placing(&self, route: Route) -> Result<u32, Inconclusive> {
        let (last, placing) = self.last.get();
        if last == Some(route.offering) {
            return Ok(placing);
        }
        let offering = self.vocabulary.catalog.offering(route.offering);
        let offering = offering.ok_or(Inconclusive)?;
        let own = &offering.own;
        let elsewhere = !own.processing.is_empty()
            || !own.storage.is_empty()
            || !own.retention.is_empty()
            || !own.pairs.is_empty();
        let own = if elsewhere {
            std::sync::Arc::as_ptr(own).addr()
        } else {
            0
        };
        let providers = offering.providers.to_vec();
        let key = (own, offering.region, providers);
        let placing = self.placings.borrow_mut().intern(key);
        self.last.set((Some(route.offering), placing));
        Ok(placing)
    }

    /// Equal for routes of one model whose offerings state the same of what a model may state too.
    pub(super) fn stated_by(&self, route: Route) -> Result<usize, Inconclusive> {
        let offering = self.vocabulary.catalog.offering(route.offering);
        let own = &offering.ok_or(Inconclusive)?.own;
        let nothing = own.context_window.is_empty()
            && own.max_output.is_empty()
            && own.capabilities.is_empty()
            && own.parameters.is_empty();
        Ok(if nothing {
            0
        } else {
            std::sync::Arc::as_ptr(own).addr()
        })
    }

    /// A leaf of a condition.
    fn truth(&self, condition: &Condition, context: Context<'a>, moment: &Moment<'_>) -> Folded {
        match condition {
            Condition::IsSet(term) => Ok(self.is_set(term, context, moment)),
            Condition::Holds(term) => Ok(match Self::varying(term, context) {
                Some(field) => self.ranges(field, [(1, Some(2))]),
                None => match self.value(term, context, moment) {
                    None => Sketch::Leaf(UNKNOWN),
                    Some(value) => Sketch::truth(Some(value == Value::Bool(true))),
                },
            }),
            Condition::Matches(term, glob) => {
                let Some(field) = Self::varying(term, context) else {
                    let text = match (term, context.subject) {
                        (Term::Body(BodyField::Model), Subject::Model(_, text)) => {
                            Some(text.to_owned())
                        }
                        _ => self.text(term, context, moment)?,
                    };
                    return Ok(Sketch::truth(text.map(|text| glob.matches(&text))));
                };
                if !glob.0.ends_with('*') || glob.0.matches('*').count() != 1 {
                    return Err(Inconclusive);
                }
                let bounds = self.bounds(field);
                let codes: Vec<i64> = prefix(glob)
                    .iter()
                    .filter_map(|bound| bounds.iter().position(|b| b == bound))
                    .filter_map(|position| i64::try_from(position + 1).ok())
                    .collect();
                Ok(match codes.as_slice() {
                    [from] => self.ranges(field, [(*from, None)]),
                    [from, until] => self.ranges(field, [(*from, Some(*until))]),
                    _ => return Err(Inconclusive),
                })
            }
            Condition::Compare(a, comparison, b) => {
                self.compare(a, *comparison, b, context, moment)
            }
            Condition::Constant(_) | Condition::And(_) | Condition::Or(_) | Condition::Not(_) => {
                Err(Inconclusive)
            }
        }
    }

    /// The field that a term is here: none where the catalog says what it is.
    fn varying(term: &Term, context: Context<'_>) -> Option<Field> {
        match (term, context.subject) {
            (Term::Body(BodyField::Model), Subject::Unknown) => Some(Field::Text(TextField::Model)),
            _ => Vocabulary::field(term),
        }
    }

    fn is_set(&self, term: &Term, context: Context<'a>, moment: &Moment<'_>) -> Sketch {
        if let (Term::Body(BodyField::Model), Subject::Unknown) = (term, context.subject) {
            return Sketch::Leaf(YES);
        }
        match Vocabulary::field(term) {
            Some(field) if self.absentable(field) => Sketch::steps(
                field,
                vec![(ABSENT, Sketch::Leaf(NO)), (ABSENT + 1, Sketch::Leaf(YES))],
            ),
            Some(_) => Sketch::Leaf(YES),
            None => Sketch::truth(Some(self.is_there(term, context, moment))),
        }
    }

    /// Says whether a term that is no single field has a value: a set of the request always has,
    /// what is left of a set where both sets have.
    fn is_there(&self, term: &Term, context: Context<'a>, moment: &Moment<'_>) -> bool {
        if let Term::Without(a, b) = term {
            return self.is_there(a, context, moment) && self.is_there(b, context, moment);
        }
        Self::is_request_set(term) || self.value(term, context, moment).is_some()
    }

    /// Says whether a request may leave the field out.
    fn absentable(&self, field: Field) -> bool {
        let defaults = self.vocabulary.defaults;
        match field {
            Field::Flag(flag) => matches!(
                flag,
                Flag::Messages | Flag::Prompt | Flag::ZeroDataRetention | Flag::Retry
            ),
            Field::Attribute(index) => {
                let attribute = self.vocabulary.policy.attributes.get(usize::from(index));
                attribute.is_none_or(|a| a.optional)
            }
            Field::Text(TextField::Model) | Field::At | Field::Meets(..) | Field::Applies(_) => {
                false
            }
            Field::Text(_) | Field::State(..) => true,
            Field::Number(number) => match number {
                Number::Temperature | Number::TopP => true,
                Number::Depth => defaults.depth.is_none(),
                Number::MaxTokens => defaults.max_tokens.is_none(),
                Number::Count | Number::InputTokens | Number::TotalTokens => false,
            },
        }
    }

    fn ranges(&self, field: Field, ranges: impl IntoIterator<Item = (i64, Option<i64>)>) -> Sketch {
        Sketch::ranges(field, self.absentable(field), ranges)
    }

    fn bounds(&self, field: Field) -> &[Box<[u8]>] {
        self.vocabulary.texts.get(&field).map_or(&[], Vec::as_slice)
    }

    fn compare(
        &self,
        a: &Term,
        comparison: Comparison,
        b: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Folded {
        if Self::is_request_set(a) || Self::is_request_set(b) {
            return self.compare_sets(a, comparison, b, context, moment);
        }
        match (
            Self::varying_value(a, context),
            Self::varying_value(b, context),
        ) {
            (None, None) => Ok(Sketch::truth(
                self.known_comparison(a, comparison, b, context, moment),
            )),
            (Some(field), None) => match self.value(b, context, moment) {
                None => Ok(Sketch::Leaf(UNKNOWN)),
                Some(value) => self.against(a, field, comparison, &value),
            },
            (None, Some(field)) => match self.value(a, context, moment) {
                None => Ok(Sketch::Leaf(UNKNOWN)),
                Some(value) => self.against(b, field, flipped(comparison)?, &value),
            },
            (Some(_), Some(_)) => Err(Inconclusive),
        }
    }

    /// As `varying`, but an unknown model id equals no model, whatever its text.
    fn varying_value(term: &Term, context: Context<'_>) -> Option<Field> {
        Self::varying(term, context).filter(|field| *field != Field::Text(TextField::Model))
    }
}

/// Yes within a window.
pub(super) fn window(window: Window) -> Sketch {
    let from = window.from.map_or(i64::MIN, Instant::unix_seconds);
    let until = window.until.map(Instant::unix_seconds);
    if until.is_some_and(|until| until <= from) {
        return Sketch::Leaf(NO);
    }
    Sketch::ranges(Field::At, false, [(from, until)])
}
