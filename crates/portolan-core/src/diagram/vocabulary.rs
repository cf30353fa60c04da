//! What a policy's rules ask, each question once, and the constants that answers are compared
//! with: texts, words of sets, classes of table rows.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{Defaults, Field, Kind, SetField, TextField, kind};
use super::store::Inconclusive;
use crate::catalog::Catalog;
use crate::instant::Window;
use crate::limits;
use crate::policy::{
    BodyField, Condition, EndpointFact, Glob, LockFact, Policy, RouteFact, RuleKind, Term, Type,
    Value,
};
use crate::request::AttributeValue;

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

/// What a question depends on beside the request's fields; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Request,
    Endpoint,
    Model,
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

/// The rows of an attribute's table in classes of equal effect.
#[derive(Debug, Clone, Default)]
pub(super) struct Classes {
    /// The class of each row.
    pub(super) of: Vec<i64>,
    /// A row of each class.
    pub(super) rows: Vec<u32>,
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
}

impl<'a> Vocabulary<'a> {
    pub(super) fn new(catalog: &'a Catalog, policy: &'a Policy) -> Result<Self, Inconclusive> {
        let default = |field| policy.defaults.get(&field).copied();
        let mut vocabulary = Self {
            catalog,
            policy,
            asked: Vec::new(),
            rules: Vec::new(),
            demands: Vec::new(),
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
            },
        };
        let mut known = Positions::default();
        vocabulary.sold = vocabulary.ask(Atom::Sold, &mut known);
        for rule in &policy.rules {
            let when = vocabulary.formula(&rule.when, &mut known);
            let formula = if rule.window == Window::ALWAYS {
                when
            } else {
                let in_force = vocabulary.ask(Atom::InForce(rule.window), &mut known);
                Formula::And(vec![Formula::Atom(in_force), when])
            };
            vocabulary.rules.push(formula);
            let demands = match &rule.kind {
                RuleKind::Lock { facts, bound, .. } => facts
                    .iter()
                    .map(|fact| vocabulary.ask(Atom::Met(*fact, bound), &mut known))
                    .collect(),
                RuleKind::UnknownModel { .. }
                | RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Exclude(_)
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => Vec::new(),
            };
            vocabulary.demands.push(demands);
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
        });
        known.insert(atom, position);
        position
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
    pub(super) fn field(&self, term: &Term) -> Option<Field> {
        match term {
            Term::At => Some(Field::At),
            Term::Offset(inner, _) => self.field(inner),
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

    /// The texts, words and rows that anything is compared with.
    fn collect(&mut self, keys: &[&Term]) -> Result<(), Inconclusive> {
        let mut texts: BTreeMap<Field, BTreeSet<Box<[u8]>>> = BTreeMap::new();
        let mut begun = BTreeSet::new();
        let mut words: BTreeMap<SetField, BTreeSet<Box<str>>> = BTreeMap::new();
        let mut named_rows: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
        let mut columns: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
        let mut tiers = self.order.priced;
        for asked in &self.asked {
            tiers |= asked.priced;
            let terms = terms(asked.atom);
            for term in terms.iter().copied().chain(keys.iter().copied()) {
                for part in term.walk() {
                    if let Term::Column(key, _, column) = part
                        && let Some(attribute) = attribute(key)
                    {
                        columns.entry(attribute).or_default().insert(*column);
                    }
                }
            }
            match asked.atom {
                Atom::When(Condition::Matches(term, glob)) => {
                    if let Some(field) = self.text_field(term) {
                        texts.entry(field).or_default().extend(prefix(glob));
                        begun.insert(field);
                    }
                }
                Atom::When(Condition::Compare(a, _, b)) => {
                    for (one, other) in [(a, b), (b, a)] {
                        if let Some(field) = self.text_field(one) {
                            let found = texts.entry(field).or_default();
                            self.each_text(other, &mut |text| found.extend(exactly(text)));
                        }
                        for set in sets(one).into_iter().chain(sets(other)) {
                            let found = words.entry(set).or_default();
                            self.each_text(other, &mut |text| {
                                found.insert(text.into());
                            });
                        }
                        if let Term::Attribute(_) = one
                            && let Some(attribute) = attribute(one)
                        {
                            let found = named_rows.entry(attribute).or_default();
                            found.extend(self.each_row(other));
                        }
                    }
                }
                Atom::When(_) | Atom::Met(..) | Atom::Sold | Atom::InForce(_) => {}
            }
        }
        if tiers {
            let found = texts
                .entry(Field::Text(TextField::ServiceTier))
                .or_default();
            let models = self.catalog.models.iter().flat_map(|m| &m.price);
            let offerings = self.catalog.offerings.iter().flat_map(|o| &o.price);
            for tier in models
                .chain(offerings)
                .filter_map(|r| r.service_tier.as_deref())
            {
                found.extend(exactly(tier));
            }
        }
        if words.values().any(|w| w.len() > limits::DIAGRAM_WORDS) {
            return Err(Inconclusive);
        }
        let list = |set: BTreeSet<Box<[u8]>>| set.into_iter().collect();
        self.begun = begun;
        self.texts = texts.into_iter().map(|(f, set)| (f, list(set))).collect();
        self.words = words
            .into_iter()
            .map(|(f, set)| (f, set.into_iter().collect()))
            .collect();
        for (index, attribute) in (0u16..).zip(&self.policy.attributes) {
            if let Type::Key(table) = attribute.of {
                let columns = columns.remove(&index).unwrap_or_default();
                let named = named_rows.remove(&index).unwrap_or_default();
                let classes = self.classes_of(table, &columns, &named);
                self.classes.insert(index, classes);
            }
        }
        Ok(())
    }

    /// The field of a text of the request; an attribute's only where it is free text.
    fn text_field(&self, term: &Term) -> Option<Field> {
        if let Term::Body(BodyField::Model) = term {
            return Some(Field::Text(TextField::Model));
        }
        match self.field(term)? {
            field @ Field::Text(_) => Some(field),
            field @ Field::Attribute(index) => {
                let of = &self.policy.attributes.get(usize::from(index))?.of;
                (*of == Type::Text).then_some(field)
            }
            Field::Flag(_)
            | Field::Applies(_)
            | Field::Meets(..)
            | Field::At
            | Field::Number(_)
            | Field::State(..) => None,
        }
    }

    /// Every text that a term of the catalog, a table or a constant may be, or may hold.
    fn each_text(&self, term: &Term, found: &mut dyn FnMut(&str)) {
        match term {
            Term::Constant(value) => texts_in(value, found),
            Term::Column(_, table, column) => {
                let rows = self.policy.tables.get(*table as usize).map(|t| &t.rows);
                let cells = rows.into_iter().flatten();
                for cell in cells.filter_map(|row| row.get(*column as usize)) {
                    texts_in(cell, found);
                }
            }
            Term::Route(RouteFact::UpstreamId) => {
                let models = self.catalog.models.iter().map(|m| &m.id);
                let offerings = self.catalog.offerings.iter();
                let own = offerings.clone().filter_map(|o| o.upstream_id.as_ref());
                let pairs = offerings.flat_map(|o| &o.pairs);
                let pairs = pairs.filter_map(|p| p.upstream_id.as_ref());
                models.chain(own).chain(pairs).for_each(|id| found(id));
            }
            Term::OfEndpoint(_, EndpointFact::Host) => {
                self.catalog.endpoints.iter().for_each(|e| found(&e.host));
            }
            Term::Route(_) | Term::OfModel(..) => {
                // Sets of words; the few that there are in all.
                let catalog = self.catalog;
                let known = catalog.capabilities.iter().chain(catalog.parameters.iter());
                known.for_each(|word| found(word));
                crate::catalog::PARAMETERS
                    .iter()
                    .for_each(|word| found(word));
            }
            Term::Without(a, b) => {
                self.each_text(a, found);
                self.each_text(b, found);
            }
            Term::Endpoint
            | Term::At
            | Term::Auth
            | Term::AuthHeader
            | Term::Attribute(_)
            | Term::Body(_)
            | Term::OfEndpoint(..)
            | Term::State(..)
            | Term::Offset(..) => {}
        }
    }

    fn each_row(&self, term: &Term) -> Vec<u32> {
        let mut rows = Vec::new();
        let mut add = |value: &Value| {
            if let Value::Row(_, row) = value {
                rows.push(*row);
            }
        };
        match term {
            Term::Constant(Value::Set(set)) => set.iter().for_each(add),
            Term::Constant(value) => add(value),
            Term::Column(_, table, column) => {
                let table = self.policy.tables.get(*table as usize);
                for cells in table.into_iter().flat_map(|t| &t.rows) {
                    match cells.get(*column as usize) {
                        Some(Value::Set(set)) => set.iter().for_each(&mut add),
                        Some(value) => add(value),
                        None => {}
                    }
                }
            }
            Term::Endpoint
            | Term::At
            | Term::Auth
            | Term::AuthHeader
            | Term::Attribute(_)
            | Term::Body(_)
            | Term::OfModel(..)
            | Term::OfEndpoint(..)
            | Term::Route(_)
            | Term::State(..)
            | Term::Offset(..)
            | Term::Without(..) => {}
        }
        rows
    }

    /// Rows that no rule can tell apart are one class; classes stand in the order of what they
    /// hold, so that few ranges describe them.
    fn classes_of(&self, table: u32, columns: &BTreeSet<u32>, named: &BTreeSet<u32>) -> Classes {
        let rows = self
            .policy
            .tables
            .get(table as usize)
            .map_or(&[][..], |t| &t.rows);
        let mut keyed: Vec<(Vec<Option<&Value>>, Option<u32>, u32)> = (0u32..)
            .zip(rows)
            .map(|(row, cells)| {
                let held = columns.iter().map(|c| cells.get(*c as usize)).collect();
                (held, named.contains(&row).then_some(row), row)
            })
            .collect();
        keyed.sort();
        let mut classes = Classes {
            of: vec![0; rows.len()],
            rows: Vec::new(),
        };
        let mut last: Option<(&Vec<Option<&Value>>, Option<u32>)> = None;
        for (held, name, row) in &keyed {
            if last != Some((held, *name)) {
                classes.rows.push(*row);
                last = Some((held, *name));
            }
            if let Some(class) = classes.of.get_mut(*row as usize) {
                *class = i64::try_from(classes.rows.len()).unwrap_or(i64::MAX) - 1;
            }
        }
        classes
    }
}

/// The code of an attribute's value, by the classes of its table and the texts it is compared
/// with.
pub(super) fn attribute_code(
    value: &AttributeValue,
    classes: Option<&Classes>,
    texts: Option<&Vec<Box<[u8]>>>,
) -> i64 {
    match value {
        AttributeValue::Bool(value) => i64::from(*value),
        AttributeValue::Choice(choice) => i64::from(*choice),
        AttributeValue::Row(row) => classes
            .and_then(|c| c.of.get(*row as usize))
            .copied()
            .unwrap_or(super::field::ABSENT),
        AttributeValue::Integer(value) => (*value).max(i64::MIN + 1),
        AttributeValue::Text(text) => rank(texts.map_or(&[][..], Vec::as_slice), text),
    }
}

/// A text's rank among sorted bounds.
pub(super) fn rank(bounds: &[Box<[u8]>], text: &str) -> i64 {
    let below = bounds.partition_point(|bound| **bound <= *text.as_bytes());
    i64::try_from(below).unwrap_or(i64::MAX)
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

fn terms(atom: Atom<'_>) -> Vec<&Term> {
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
    parts.max().unwrap_or(Reach::Request).max(own)
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

/// The request's sets that a term reads.
fn sets(term: &Term) -> Vec<SetField> {
    let set = |part: &Term| match part {
        Term::Body(field) => match kind(*field) {
            Kind::Set(set) => Some(set),
            Kind::Model | Kind::Flag(_) | Kind::Text(_) | Kind::Number(_) => None,
        },
        Term::Constant(_)
        | Term::Endpoint
        | Term::At
        | Term::Auth
        | Term::AuthHeader
        | Term::Attribute(_)
        | Term::Column(..)
        | Term::OfModel(..)
        | Term::OfEndpoint(..)
        | Term::Route(_)
        | Term::State(..)
        | Term::Offset(..)
        | Term::Without(..) => None,
    };
    term.walk().into_iter().filter_map(set).collect()
}

fn texts_in(value: &Value, found: &mut dyn FnMut(&str)) {
    if let Value::Text(text) = value {
        found(text);
    }
    if let Value::Set(set) = value {
        for value in set {
            texts_in(value, found);
        }
    }
}

/// The bounds of one text: itself and the next.
pub(super) fn exactly(text: &str) -> [Box<[u8]>; 2] {
    [
        text.as_bytes().into(),
        text.bytes().chain([0]).collect::<Vec<u8>>().into(),
    ]
}

/// The bounds of the texts that begin as a glob does: `None` for those without an end.
pub(super) fn prefix(glob: &Glob) -> Vec<Box<[u8]>> {
    let start = glob.0.strip_suffix('*').unwrap_or(&glob.0).as_bytes();
    let mut bounds: Vec<Box<[u8]>> = vec![start.into()];
    // Text is UTF-8: its last byte is never 255.
    if let Some((last, before)) = start.split_last() {
        let end = before.iter().copied().chain([last.saturating_add(1)]);
        bounds.push(end.collect::<Vec<u8>>().into());
    }
    bounds
}
