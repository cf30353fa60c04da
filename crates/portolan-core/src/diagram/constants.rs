//! The constants that answers are compared with: texts, words of sets, classes of table rows.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{Field, Kind, SetField, TextField, kind};
use super::store::Inconclusive;
use super::vocabulary::{Atom, Vocabulary, attribute, terms};
use crate::limits;
use crate::policy::{BodyField, Condition, EndpointFact, Glob, RouteFact, Term, Type, Value};
use crate::request::AttributeValue;

/// The rows of an attribute's table in classes of equal effect.
#[derive(Debug, Clone, Default)]
pub(super) struct Classes {
    /// The class of each row.
    pub(super) of: Vec<i64>,
    /// A row of each class.
    pub(super) rows: Vec<u32>,
}

impl Vocabulary<'_> {
    /// The texts, words and rows that anything is compared with.
    pub(super) fn collect(&mut self, keys: &[&Term]) -> Result<(), Inconclusive> {
        let mut texts: BTreeMap<Field, BTreeSet<Box<[u8]>>> = BTreeMap::new();
        let mut words: BTreeMap<SetField, BTreeSet<Box<str>>> = BTreeMap::new();
        let mut named_rows: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
        let mut columns: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
        let mut begun = BTreeSet::new();
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
                        begun.insert(field);
                        texts.entry(field).or_default().extend(prefix(glob));
                    }
                }
                Atom::When(Condition::Compare(a, _, b)) => {
                    for (one, other) in [(a, b), (b, a)] {
                        if let Some(field) = self.text_field(one) {
                            let found = texts.entry(field).or_default();
                            self.each_text(other, &mut |text| found.extend(exactly(text)));
                        }
                        for set in sets(one).chain(sets(other)) {
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
        self.begun = begun;
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
        match Self::field(term)? {
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
                for word in crate::catalog::PARAMETERS {
                    found(word);
                }
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
        let mut keyed: Vec<_> = (0u32..)
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

/// The set of the request that a term is, or is what is left of.
pub(super) fn request_set(term: &Term) -> Option<SetField> {
    match term {
        Term::Body(field) => match kind(*field) {
            Kind::Set(set) => Some(set),
            Kind::Model | Kind::Flag(_) | Kind::Text(_) | Kind::Number(_) => None,
        },
        Term::Without(a, b) => request_set(a).or_else(|| request_set(b)),
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
        | Term::Offset(..) => None,
    }
}

/// Every set of the request that a term reads.
fn sets(term: &Term) -> impl Iterator<Item = SetField> {
    term.walk().into_iter().filter_map(request_set)
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

/// The bounds of the texts that begin as a glob does: where they start and, unless every text
/// does, where they end.
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
