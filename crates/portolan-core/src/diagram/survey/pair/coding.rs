//! One coding of requests for two policies: what a value of a field is called in both of them.
//!
//! Each policy numbers its attributes, their values and its texts by itself, and puts its own
//! defaults in the place of what a body leaves out. A code here is what the request itself says;
//! `Recoding` turns a sketch over one policy's codes into one over these.

use std::collections::BTreeMap;

use super::Obstacle;
use crate::diagram::constants::{attribute_code, exactly};
use crate::diagram::field::{ABSENT, Field, Number, SetField, TextField};
use crate::diagram::fold::Known;
use crate::diagram::sketch::Sketch;
use crate::diagram::vocabulary::Vocabulary;
use crate::limits;
use crate::policy::{Attribute, Type, Value};
use crate::request::AttributeValue;

/// What the codes of fields mean.
#[derive(Debug, Clone, Default)]
pub struct Coding {
    /// Attributes that both policies declare, in the order of the new one.
    pub attributes: Vec<Shared>,
    /// Words of sets; the positions are the bits of masks, the highest bit is any other word.
    pub words: BTreeMap<SetField, Vec<Box<str>>>,
    /// Where texts are told apart: a code is the rank among these, in byte order.
    pub texts: BTreeMap<TextField, Vec<Box<[u8]>>>,
    /// What stands in for `max_tokens` where a body gives none, on each side.
    pub max_tokens: [Option<i64>; 2],
    /// What stands in for the depth.
    pub depth: [Option<i64>; 2],
}

/// An attribute that both policies declare.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Its name.
    pub name: Box<str>,
    /// What its codes mean.
    pub of: Kind,
    /// A request may leave it out, and that is no value that it could give as well.
    pub absent: bool,
    /// The value that a request gives by leaving it out.
    pub missing: Option<i64>,
}

/// What the codes of an attribute mean.
#[derive(Debug, Clone)]
pub enum Kind {
    /// 0 and 1.
    Bool,
    /// A whole number is its own code.
    Integer,
    /// Words, or keys in classes that neither policy tells apart; a code is a position.
    Words(Vec<Vec<Box<str>>>),
    /// A text's rank among these.
    Text(Vec<Box<[u8]>>),
}

/// How one policy's codes come from the shared ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Recoding {
    attributes: Vec<Own>,
    /// By number: what stands in where nothing is given, where the two policies differ in that.
    max_tokens: Option<i64>,
    depth: Option<i64>,
    /// The rank of the model id's text, where it is known and stands for nothing.
    pub(super) model: Option<i64>,
}

/// One policy's attribute.
#[derive(Debug, Clone)]
enum Own {
    /// The other does not declare it: a request that both accept leaves it out.
    Fixed(i64),
    /// Its codes are the shared ones; what it reads where it is left out may be another.
    Same(u16, Option<i64>),
    /// Shared codes, in order, each with its own.
    Mapped(u16, Vec<(i64, i64)>),
}

/// One coding for two vocabularies, whose texts and words become those of both; none where no
/// request is one that both accept.
pub(super) fn share(
    vocabularies: &mut [Vocabulary<'_>; 2],
) -> Result<Option<(Coding, [Recoding; 2])>, Obstacle> {
    let [old, new] = vocabularies;
    let mut coding = Coding {
        max_tokens: [old.defaults.max_tokens, new.defaults.max_tokens],
        depth: [old.defaults.depth, new.defaults.depth],
        ..Coding::default()
    };
    unite(old, new, &mut coding)?;
    let mut recodings = [Recoding::default(), Recoding::default()];
    for (recoding, side) in recodings.iter_mut().zip([0, 1]) {
        let differ = |pair: [Option<i64>; 2]| pair.first() != pair.last();
        let own = |pair: [Option<i64>; 2]| pair.get(side).copied().flatten();
        if differ(coding.max_tokens) {
            recoding.max_tokens = own(coding.max_tokens);
        }
        if differ(coding.depth) {
            recoding.depth = own(coding.depth);
        }
    }
    let [of_old, of_new] = &mut recodings;
    for (position, attribute) in (0u16..).zip(&old.policy.attributes) {
        let declared = |a: &Attribute| a.name == attribute.name;
        of_old
            .attributes
            .push(if new.policy.attributes.iter().any(declared) {
                // Replaced below.
                Own::Fixed(ABSENT)
            } else if let Some(code) = left_out(old, position, attribute) {
                Own::Fixed(code)
            } else {
                return Ok(None);
            });
    }
    for (position, attribute) in (0u16..).zip(&new.policy.attributes) {
        let mut declared = (0u16..).zip(&old.policy.attributes);
        let before = declared.find(|(_, a)| a.name == attribute.name);
        let Some((before, own)) = before else {
            let Some(code) = left_out(new, position, attribute) else {
                return Ok(None);
            };
            of_new.attributes.push(Own::Fixed(code));
            continue;
        };
        let shared = u16::try_from(coding.attributes.len()).unwrap_or(u16::MAX);
        let sides = [(&*old, before, own), (&*new, position, attribute)];
        let Some((meaning, [first, second])) = one(shared, sides)? else {
            return Ok(None);
        };
        coding.attributes.push(meaning);
        if let Some(place) = of_old.attributes.get_mut(usize::from(before)) {
            *place = first;
        }
        of_new.attributes.push(second);
    }
    Ok(Some((coding, recodings)))
}

/// Texts and words of both become those of each.
fn unite(
    old: &mut Vocabulary<'_>,
    new: &mut Vocabulary<'_>,
    coding: &mut Coding,
) -> Result<(), Obstacle> {
    let mut texts: BTreeMap<TextField, Vec<Box<[u8]>>> = BTreeMap::new();
    let mut words: BTreeMap<SetField, Vec<Box<str>>> = BTreeMap::new();
    for side in [&*old, &*new] {
        for (field, bounds) in &side.texts {
            if let Field::Text(text) = field {
                texts.entry(*text).or_default().extend_from_slice(bounds);
            }
        }
        for (set, own) in &side.words {
            words.entry(*set).or_default().extend_from_slice(own);
        }
    }
    // Prices are compared whether rules read them or not.
    let tiers = [&*old, &*new].map(|side| side.catalog);
    for catalog in tiers {
        let models = catalog.models.iter().flat_map(|m| &m.price);
        let rows = models.chain(catalog.offerings.iter().flat_map(|o| &o.price));
        for tier in rows.filter_map(|row| row.service_tier.as_deref()) {
            let bounds = texts.entry(TextField::ServiceTier).or_default();
            bounds.extend(exactly(tier));
        }
    }
    for bounds in texts.values_mut() {
        bounds.sort_unstable();
        bounds.dedup();
    }
    for words in words.values_mut() {
        words.sort_unstable();
        words.dedup();
        if words.len() > limits::DIAGRAM_WORDS {
            return Err(Obstacle::Budget);
        }
    }
    for attribute in &new.policy.attributes {
        let fields = [&*old, &*new].map(|side| text_attribute(side, &attribute.name));
        if let [Some(a), Some(b)] = fields {
            let own = |side: &Vocabulary<'_>, field| side.texts.get(&field).cloned();
            let mut bounds = own(old, a).unwrap_or_default();
            bounds.extend(own(new, b).unwrap_or_default());
            bounds.sort_unstable();
            bounds.dedup();
            old.texts.insert(a, bounds.clone());
            new.texts.insert(b, bounds);
        }
    }
    for (text, bounds) in &texts {
        old.texts.insert(Field::Text(*text), bounds.clone());
        new.texts.insert(Field::Text(*text), bounds.clone());
    }
    old.words.clone_from(&words);
    new.words.clone_from(&words);
    coding.texts = texts;
    coding.words = words;
    Ok(())
}

/// The field of an attribute that is free text.
fn text_attribute(side: &Vocabulary<'_>, name: &str) -> Option<Field> {
    let mut own = (0u16..).zip(&side.policy.attributes);
    let (position, attribute) = own.find(|(_, a)| &*a.name == name)?;
    (attribute.of == Type::Text).then_some(Field::Attribute(position))
}

/// The code that a policy reads of an attribute that a request leaves out; none if it must not.
fn left_out(side: &Vocabulary<'_>, position: u16, attribute: &Attribute) -> Option<i64> {
    let Some(default) = &attribute.default else {
        return attribute.optional.then_some(ABSENT);
    };
    let value = match (default, &attribute.of) {
        (Value::Bool(value), _) => AttributeValue::Bool(*value),
        (Value::Integer(value), _) => AttributeValue::Integer(*value),
        (Value::Row(_, row), _) => AttributeValue::Row(*row),
        (Value::Text(word), Type::Choice(words)) => AttributeValue::Choice(words.position(word)?),
        (Value::Text(text), _) => AttributeValue::Text(text.to_string()),
        _ => return None,
    };
    let classes = side.classes.get(&position);
    let texts = side.texts.get(&Field::Attribute(position));
    Some(attribute_code(&value, classes, texts))
}

type Declared<'a, 'p> = (&'a Vocabulary<'p>, u16, &'a Attribute);

/// What both make of one attribute; none where they share no value of it.
fn one(shared: u16, sides: [Declared<'_, '_>; 2]) -> Result<Option<(Shared, [Own; 2])>, Obstacle> {
    let [(old, before, own), (new, position, attribute)] = sides;
    let missing = [
        left_out(old, before, own),
        left_out(new, position, attribute),
    ];
    let name = attribute.name.clone();
    let kind = match (&own.of, &attribute.of) {
        (Type::Bool, Type::Bool) => Kind::Bool,
        (Type::Count, Type::Count) => Kind::Integer,
        (Type::Text, Type::Text) => {
            let bounds = new.texts.get(&Field::Attribute(position));
            Kind::Text(bounds.cloned().unwrap_or_default())
        }
        (Type::Choice(_), Type::Choice(_)) | (Type::Key(_), Type::Key(_)) => {
            let Some(values) = listed([(old, before, own), (new, position, attribute)]) else {
                return Ok(None);
            };
            let of = |side: usize| {
                let each = (0i64..).zip(&values);
                each.map(|(code, (_, own))| (code, own.get(side).copied().unwrap_or(ABSENT)))
                    .collect::<Vec<_>>()
            };
            let absent = differ_absent(missing, &|own, other| {
                values.iter().any(|(_, codes)| *codes == [own, other])
            });
            let mut maps = [of(0), of(1)];
            if absent {
                for (map, missing) in maps.iter_mut().zip(missing) {
                    map.insert(0, (ABSENT, missing.unwrap_or(ABSENT)));
                }
            }
            let [first, second] = maps;
            let given = values
                .iter()
                .position(|(_, codes)| codes.map(Some) == missing);
            let of = Kind::Words(values.into_iter().map(|(names, _)| names).collect());
            let own = [Own::Mapped(shared, first), Own::Mapped(shared, second)];
            let attribute = Shared {
                name,
                of,
                absent,
                missing: given.and_then(|code| i64::try_from(code).ok()),
            };
            return Ok(Some((attribute, own)));
        }
        _ => return Err(Obstacle::Attribute(name)),
    };
    let absent = differ_absent(missing, &|own, other| own == other && own != ABSENT);
    let own = missing.map(|missing| Own::Same(shared, missing.filter(|_| absent)));
    let [given, _] = missing;
    let attribute = Shared {
        name,
        of: kind,
        absent,
        missing: given.filter(|_| !absent && missing.iter().all(Option::is_some)),
    };
    Ok(Some((attribute, own)))
}

/// Says whether both accept a request that leaves the attribute out, and no value that it could
/// give says the same to both.
fn differ_absent(missing: [Option<i64>; 2], given: &dyn Fn(i64, i64) -> bool) -> bool {
    match missing {
        [Some(own), Some(other)] => !given(own, other),
        _ => false,
    }
}

/// A shared value: what it is called, and its code on each side.
type Listed = (Vec<Box<str>>, [i64; 2]);

/// The values of an attribute of listed words or keys that both accept; none if there is none.
fn listed(sides: [Declared<'_, '_>; 2]) -> Option<Vec<Listed>> {
    let codes = sides.map(|(side, position, attribute)| {
        let mut codes: BTreeMap<Box<str>, i64> = BTreeMap::new();
        let mut order: Vec<Box<str>> = Vec::new();
        if let Type::Choice(words) = &attribute.of {
            for (word, code) in words.iter().zip(0i64..) {
                codes.entry(word.clone()).or_insert(code);
                order.push(word.clone());
            }
        } else if let Type::Key(table) = attribute.of {
            let table = side.policy.tables.get(table as usize);
            let classes = side.classes.get(&position);
            for (key, row) in table.iter().flat_map(|t| &t.keys).zip(0usize..) {
                let class = classes.and_then(|c| c.of.get(row)).copied();
                codes.insert(key.clone(), class.unwrap_or(ABSENT));
                order.push(key.clone());
            }
        }
        (codes, order)
    });
    let [(old, _), (new, order)] = &codes;
    let keys = sides.iter().all(|(_, _, a)| matches!(a.of, Type::Key(_)));
    let mut groups: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    let mut values: Vec<Listed> = Vec::new();
    for word in order {
        let (Some(before), Some(after)) = (old.get(word), new.get(word)) else {
            continue;
        };
        let known = groups.get(&(*before, *after)).filter(|_| keys);
        if let Some((names, _)) = known.and_then(|at| values.get_mut(*at)) {
            names.push(word.clone());
        } else {
            groups.insert((*before, *after), values.len());
            values.push((vec![word.clone()], [*before, *after]));
        }
    }
    (!values.is_empty()).then_some(values)
}

/// The step that is for a code.
fn at(steps: &[(i64, Sketch)], code: i64) -> Sketch {
    let after = steps.partition_point(|(from, _)| *from <= code);
    let step = steps.get(after.saturating_sub(1));
    step.map_or(Sketch::Leaf(0), |(_, step)| step.clone())
}

/// Steps of which the first is for absence alone.
fn with_absent(absent: Sketch, steps: Vec<(i64, Sketch)>) -> Vec<(i64, Sketch)> {
    let mut parts = vec![(ABSENT, absent), (ABSENT + 1, at(&steps, ABSENT + 1))];
    parts.extend(steps.into_iter().filter(|(from, _)| *from > ABSENT + 1));
    parts
}

impl Recoding {
    /// A sketch over one policy's codes as one over the shared ones.
    pub(super) fn sketch(&self, sketch: &Sketch, known: &[Known]) -> Sketch {
        match sketch {
            Sketch::Leaf(_) => sketch.clone(),
            Sketch::Known(position) => known
                .get(*position as usize)
                .map_or(Sketch::Leaf(0), |(sketch, _)| self.sketch(sketch, known)),
            Sketch::Meets(set, mask, sides) => {
                let then = self.sketch(&sides.0, known);
                Sketch::meets(*set, *mask, then, self.sketch(&sides.1, known))
            }
            Sketch::Steps(field, steps) => {
                let steps = steps.iter();
                let steps = steps.map(|(from, step)| (*from, self.sketch(step, known)));
                self.steps(*field, steps.collect())
            }
        }
    }

    fn steps(&self, field: Field, steps: Vec<(i64, Sketch)>) -> Sketch {
        match field {
            Field::Attribute(own) => match self.attributes.get(usize::from(own)) {
                Some(Own::Fixed(code)) => at(&steps, *code),
                Some(Own::Same(shared, missing)) => {
                    let steps = match missing {
                        Some(code) => with_absent(at(&steps, *code), steps),
                        None => steps,
                    };
                    Sketch::steps(Field::Attribute(*shared), steps)
                }
                Some(Own::Mapped(shared, codes)) => {
                    let parts = codes.iter().enumerate().map(|(position, (code, own))| {
                        let from = if position == 0 { i64::MIN } else { *code };
                        (from, at(&steps, *own))
                    });
                    Sketch::steps(Field::Attribute(*shared), parts.collect())
                }
                None => Sketch::steps(field, steps),
            },
            Field::Number(Number::MaxTokens) => Self::given(field, self.max_tokens, steps),
            Field::Number(Number::Depth) => Self::given(field, self.depth, steps),
            Field::Number(Number::TotalTokens) => self.total(steps),
            Field::Text(TextField::Model) => match self.model {
                Some(rank) => at(&steps, rank),
                None => Sketch::steps(field, steps),
            },
            Field::Flag(_)
            | Field::Applies(_)
            | Field::Meets(..)
            | Field::Text(_)
            | Field::At
            | Field::Number(_)
            | Field::State(..) => Sketch::steps(field, steps),
        }
    }

    /// A number in whose place a default stands.
    fn given(field: Field, default: Option<i64>, steps: Vec<(i64, Sketch)>) -> Sketch {
        Sketch::steps(
            field,
            match default {
                Some(code) => with_absent(at(&steps, code), steps),
                None => steps,
            },
        )
    }

    /// The total without what a default adds to it.
    fn total(&self, steps: Vec<(i64, Sketch)>) -> Sketch {
        let total = Field::Number(Number::TotalTokens);
        let Some(default) = self.max_tokens else {
            return Sketch::steps(total, steps);
        };
        let shift = |from: i64| {
            if from == i64::MIN {
                from
            } else {
                from.saturating_sub(default.max(0))
            }
        };
        let mut less: Vec<(i64, Sketch)> = Vec::with_capacity(steps.len());
        for (from, step) in &steps {
            let from = shift(*from);
            // What sinks below every total is the first step.
            if less.last().is_some_and(|(last, _)| *last == from) {
                less.pop();
            }
            less.push((from, step.clone()));
        }
        let without = Sketch::steps(total, less);
        let with = Sketch::steps(total, steps);
        let parts = vec![(ABSENT, without), (ABSENT + 1, with)];
        Sketch::steps(Field::Number(Number::MaxTokens), parts)
    }
}
