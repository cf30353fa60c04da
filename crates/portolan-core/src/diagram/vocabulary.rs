//! What a policy's rules ask, each question once. What answers are compared with is
//! `constants.rs`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::constants::Classes;
use super::field::{Defaults, Field, Kind, SetField, TextField, kind};
use super::store::Inconclusive;
use crate::catalog::Catalog;
use crate::instant::Window;
use crate::policy::{BodyField, Condition, Glob, LockFact, Policy, RouteFact, RuleKind, Term};

/// A question that some rule asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Atom<'a> {
    /// A leaf of a condition.
    When(&'a Condition),
    /// Whether a route's fact is within a lock's bound.
    Met(LockFact, &'a Term),
    /// Whether the offering is sold.
    Sold,
    /// Whether a rule is in force.
    InForce(Window),
}

/// What is asked beside the rules.
#[derive(Debug, Clone, Copy)]
pub enum Topic<'a> {
    /// Whether a condition is true.
    When(&'a Condition),
    /// Whether the instant is in a window.
    During(Window),
    /// Whether a route's fact is within a lock's bound.
    Within(LockFact, &'a Term),
    /// In which order candidates go; as a condition it is always true.
    Order,
}

/// What a question depends on beside the request's fields; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Request,
    Endpoint,
    Model,
    /// What the model or the offering states itself: the same through every endpoint, and for all
    /// offerings of a model that state the same.
    Stated,
    Route,
}

/// A question and what must be known to fold it.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) atom: Atom<'a>,
    pub(super) reach: Reach,
    /// Attributes whose table rows it reads.
    pub(super) rows: Vec<u16>,
    /// It reads a price, which depends on tokens and service tier.
    pub(super) priced: bool,
    /// Beside the request it reads only where an offering is and how long it is kept, through the
    /// endpoint of its route.
    pub(super) placed: bool,
}

/// A condition over questions, by their positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Formula {
    Constant(bool),
    Atom(u32),
    And(Vec<Formula>),
    Or(Vec<Formula>),
    Not(Box<Formula>),
}

/// Everything that is asked.
#[derive(Debug)]
pub(super) struct Vocabulary<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) policy: &'a Policy,
    pub(super) asked: Vec<Asked<'a>>,
    /// By rule: in force and true.
    pub(super) rules: Vec<Formula>,
    /// By rule: what a lock demands.
    pub(super) demands: Vec<Vec<u32>>,
    /// By topic: true.
    pub(super) topics: Vec<Formula>,
    /// The question whether the offering is sold.
    pub(super) sold: u32,
    pub(super) texts: BTreeMap<Field, Vec<Box<[u8]>>>,
    /// The fields of which a rule asks how they begin.
    pub(super) begun: BTreeSet<Field>,
    pub(super) words: BTreeMap<SetField, Vec<Box<str>>>,
    pub(super) classes: BTreeMap<u16, Classes>,
    pub(super) defaults: Defaults,
    /// The attributes and tiers that the order of routes reads.
    pub(super) order: Asked<'a>,
    /// Whether anybody wants to know the order.
    pub(super) ordered: bool,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        policy: &'a Policy,
        topics: &[Topic<'a>],
    ) -> Result<Self, Inconclusive> {
        let default = |field| policy.defaults.get(&field).copied();
        let mut vocabulary = Self {
            catalog,
            policy,
            asked: Vec::new(),
            rules: Vec::new(),
            demands: Vec::new(),
            topics: Vec::new(),
            sold: 0,
            texts: BTreeMap::new(),
            begun: BTreeSet::new(),
            words: BTreeMap::new(),
            classes: BTreeMap::new(),
            defaults: Defaults {
                max_tokens: default(BodyField::MaxTokens),
                depth: default(BodyField::FallbackDepth),
            },
            order: Asked {
                atom: Atom::Sold,
                reach: Reach::Route,
                rows: Vec::new(),
                priced: false,
                placed: false,
            },
            ordered: true,
        };
        let mut known = Positions::default();
        vocabulary.sold = vocabulary.ask(Atom::Sold, &mut known);
        for rule in &policy.rules {
            let when = vocabulary.formula(&rule.when, &mut known);
            let in_force = vocabulary.during(rule.window, &mut known);
            let formula = if in_force == Formula::Constant(true) {
                when
            } else {
                Formula::And(vec![in_force, when])
            };
            vocabulary.rules.push(formula);
            let demands = if let RuleKind::Lock { facts, bound, .. } = &rule.kind {
                let asked = facts.iter().map(|fact| Atom::Met(*fact, bound));
                asked.map(|atom| vocabulary.ask(atom, &mut known)).collect()
            } else {
                Vec::new()
            };
            vocabulary.demands.push(demands);
        }
        for topic in topics {
            let formula = match *topic {
                Topic::When(condition) => vocabulary.formula(condition, &mut known),
                Topic::During(window) => vocabulary.during(window, &mut known),
                Topic::Within(fact, bound) => {
                    Formula::Atom(vocabulary.ask(Atom::Met(fact, bound), &mut known))
                }
                Topic::Order => Formula::Constant(true),
            };
            vocabulary.topics.push(formula);
        }
        let keys: Vec<&Term> = policy.prefer.iter().map(|key| &key.term).collect();
        vocabulary.order.rows = rows(&keys);
        vocabulary.order.priced = keys.iter().any(|term| priced(term));
        vocabulary.collect(&keys)?;
        Ok(vocabulary)
    }

    /// A question and its position; the same question is asked once.
    fn ask(&mut self, atom: Atom<'a>, known: &mut Positions<'a>) -> u32 {
        if let Some(position) = known.find(atom) {
            return position;
        }
        let terms = terms(atom);
        let position = u32::try_from(self.asked.len()).unwrap_or(u32::MAX);
        self.asked.push(Asked {
            atom,
            reach: reach(atom, &terms),
            rows: rows(&terms),
            priced: terms.iter().any(|term| priced(term)),
            placed: placed(atom, &terms),
        });
        known.insert(atom, position);
        position
    }

    /// Whether the instant is in a window.
    fn during(&mut self, window: Window, known: &mut Positions<'a>) -> Formula {
        if window == Window::ALWAYS {
            return Formula::Constant(true);
        }
        Formula::Atom(self.ask(Atom::InForce(window), known))
    }

    fn formula(&mut self, condition: &'a Condition, known: &mut Positions<'a>) -> Formula {
        match condition {
            Condition::Constant(value) => Formula::Constant(*value),
            Condition::And(parts) => {
                Formula::And(parts.iter().map(|p| self.formula(p, known)).collect())
            }
            Condition::Or(parts) => {
                Formula::Or(parts.iter().map(|p| self.formula(p, known)).collect())
            }
            Condition::Not(inner) => Formula::Not(Box::new(self.formula(inner, known))),
            Condition::IsSet(_)
            | Condition::Holds(_)
            | Condition::Compare(..)
            | Condition::Matches(..) => Formula::Atom(self.ask(Atom::When(condition), known)),
        }
    }

    /// The field that a term is of the request; `None` for a fact of the catalog or a constant.
    /// Sets are none: they are read by masks.
    pub(super) fn field(term: &Term) -> Option<Field> {
        match term {
            Term::At => Some(Field::At),
            Term::Offset(inner, _) => Self::field(inner),
            Term::Auth => Some(Field::Flag(super::field::Flag::Auth)),
            Term::AuthHeader => Some(Field::Text(TextField::AuthHeader)),
            Term::Attribute(index) => u16::try_from(*index).ok().map(Field::Attribute),
            Term::Body(field) => match kind(*field) {
                Kind::Flag(flag) => Some(Field::Flag(flag)),
                Kind::Text(text) => Some(Field::Text(text)),
                Kind::Number(number) => Some(Field::Number(number)),
                Kind::Set(_) | Kind::Model => None,
            },
            Term::State(scope, fact) => Some(Field::State(*scope, *fact)),
            Term::Constant(_)
            | Term::Endpoint
            | Term::Column(..)
            | Term::OfModel(..)
            | Term::OfEndpoint(..)
            | Term::Route(_)
            | Term::Without(..) => None,
        }
    }
}

/// Positions of questions that were asked before.
#[derive(Default)]
struct Positions<'a> {
    leaves: BTreeMap<LeafKey<'a>, u32>,
    others: Vec<(Atom<'a>, u32)>,
}

/// A leaf condition as something that sorts: what kind, its terms, what stands between them.
type LeafKey<'a> = (u8, &'a Term, Option<&'a Term>, Option<&'a Glob>);

impl<'a> Positions<'a> {
    fn find(&self, atom: Atom<'a>) -> Option<u32> {
        if let Some(key) = leaf_key(atom) {
            return self.leaves.get(&key).copied();
        }
        let same = |(other, _): &&(Atom<'a>, u32)| *other == atom;
        self.others.iter().find(same).map(|(_, position)| *position)
    }

    fn insert(&mut self, atom: Atom<'a>, position: u32) {
        if let Some(key) = leaf_key(atom) {
            self.leaves.insert(key, position);
        } else {
            self.others.push((atom, position));
        }
    }
}

fn leaf_key(atom: Atom<'_>) -> Option<LeafKey<'_>> {
    match atom {
        Atom::When(condition) => match condition {
            Condition::IsSet(term) => Some((0, term, None, None)),
            Condition::Holds(term) => Some((1, term, None, None)),
            Condition::Matches(term, glob) => Some((2, term, None, Some(glob))),
            Condition::Compare(a, comparison, b) => Some((3 + *comparison as u8, a, Some(b), None)),
            Condition::Constant(_) | Condition::And(_) | Condition::Or(_) | Condition::Not(_) => {
                None
            }
        },
        Atom::Met(fact, bound) => Some((100 + fact as u8, bound, None, None)),
        Atom::Sold | Atom::InForce(_) => None,
    }
}

pub(super) fn terms(atom: Atom<'_>) -> Vec<&Term> {
    match atom {
        Atom::When(condition) => match condition {
            Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => {
                vec![term]
            }
            Condition::Compare(a, _, b) => vec![a, b],
            Condition::Constant(_) | Condition::And(_) | Condition::Or(_) | Condition::Not(_) => {
                Vec::new()
            }
        },
        Atom::Met(_, bound) => vec![bound],
        Atom::Sold | Atom::InForce(_) => Vec::new(),
    }
}

fn reach(atom: Atom<'_>, terms: &[&Term]) -> Reach {
    let of = |term: &Term| match term {
        Term::Route(_) => Reach::Route,
        Term::OfModel(..) | Term::Body(BodyField::Model) => Reach::Model,
        Term::Endpoint | Term::OfEndpoint(..) => Reach::Endpoint,
        Term::Constant(_)
        | Term::At
        | Term::Auth
        | Term::AuthHeader
        | Term::Attribute(_)
        | Term::Column(..)
        | Term::Body(_)
        | Term::State(..)
        | Term::Offset(..)
        | Term::Without(..) => Reach::Request,
    };
    let parts = terms.iter().flat_map(|term| term.walk()).map(of);
    let own = match atom {
        Atom::Met(..) | Atom::Sold => Reach::Route,
        Atom::When(_) | Atom::InForce(_) => Reach::Request,
    };
    let reach = parts.max().unwrap_or(Reach::Request).max(own);
    let stated = matches!(atom, Atom::When(_)) && terms.iter().all(|term| stated(term));
    if reach == Reach::Route && stated {
        return Reach::Stated;
    }
    reach
}

/// Says whether beside the request a question reads only where a route is placed.
fn placed(atom: Atom<'_>, terms: &[&Term]) -> bool {
    let of_place = |part: &&Term| match part {
        Term::Route(fact) => matches!(
            fact,
            RouteFact::Processing
                | RouteFact::Storage
                | RouteFact::Ingress
                | RouteFact::Retention
                | RouteFact::Providers
                | RouteFact::Region
                | RouteFact::Endpoint
        ),
        Term::Body(field) => *field != BodyField::Model,
        Term::Endpoint | Term::OfEndpoint(..) | Term::OfModel(..) => false,
        Term::Constant(_)
        | Term::At
        | Term::Auth
        | Term::AuthHeader
        | Term::Attribute(_)
        | Term::Column(..)
        | Term::State(..)
        | Term::Offset(..)
        | Term::Without(..) => true,
    };
    let parts = terms.iter().flat_map(|term| term.walk());
    match atom {
        Atom::Met(..) => true,
        Atom::When(_) => parts.into_iter().all(|part| of_place(&part)),
        Atom::Sold | Atom::InForce(_) => false,
    }
}

/// Says whether of all that is known of a route a term reads only what its model and its offering
/// state.
fn stated(term: &Term) -> bool {
    term.walk().into_iter().all(|part| match part {
        Term::Route(fact) => matches!(
            fact,
            RouteFact::Model
                | RouteFact::Maker
                | RouteFact::ContextWindow
                | RouteFact::MaxOutput
                | RouteFact::Capabilities
                | RouteFact::Parameters
        ),
        Term::Endpoint | Term::OfEndpoint(..) => false,
        Term::Constant(_)
        | Term::At
        | Term::Auth
        | Term::AuthHeader
        | Term::Attribute(_)
        | Term::Column(..)
        | Term::Body(_)
        | Term::OfModel(..)
        | Term::State(..)
        | Term::Offset(..)
        | Term::Without(..) => true,
    })
}

/// The attribute at the root of a table's key.
pub(super) fn attribute(term: &Term) -> Option<u16> {
    match term {
        Term::Attribute(index) => u16::try_from(*index).ok(),
        Term::Column(key, ..) => attribute(key),
        Term::Constant(_)
        | Term::Endpoint
        | Term::At
        | Term::Auth
        | Term::AuthHeader
        | Term::Body(_)
        | Term::OfModel(..)
        | Term::OfEndpoint(..)
        | Term::Route(_)
        | Term::State(..)
        | Term::Offset(..)
        | Term::Without(..) => None,
    }
}

/// The attributes whose rows these terms read.
fn rows(terms: &[&Term]) -> Vec<u16> {
    let parts = terms.iter().flat_map(|term| term.walk());
    let mut rows: Vec<u16> = parts
        .filter(|part| matches!(part, Term::Column(..)))
        .filter_map(attribute)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn priced(term: &Term) -> bool {
    let of_price = |part: &&Term| matches!(part, Term::Route(fact) if fact.is_of_price());
    term.walk().iter().any(of_price)
}
