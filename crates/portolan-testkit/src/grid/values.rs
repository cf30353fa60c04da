//! The values that cut one field into intervals: constants it is compared with, and facts of the
//! models that a grid is about.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only what a field is compared with cuts it"
)]

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{Model, ModelId, Names, Offering, PriceRow};
use portolan_core::engine::Engine;
use portolan_core::instant::{Dated, Instant};
use portolan_core::policy::{BodyField, Condition, ModelFact, RouteFact, Term, Value};
use portolan_core::syntax::ast::Comparison;

use super::reads::{Key, Reads};
use crate::domain::dates_of;

/// A text that no rule compares with.
const OTHER: &str = "no-rule-says-this";
/// A set of more words than this is not taken apart into all of its subsets.
const WORDS: usize = 4;

pub(super) struct Values<'a> {
    pub(super) engine: &'a Engine,
    pub(super) reads: &'a Reads,
    pub(super) models: &'a BTreeSet<ModelId>,
}

/// A value of each interval between cuts, each of which is the first value of one.
pub(super) fn intervals(cuts: &BTreeSet<i64>) -> Vec<i64> {
    let below = cuts.first().map_or(0, |first| first.saturating_sub(1));
    std::iter::once(below).chain(cuts.iter().copied()).collect()
}

impl Values<'_> {
    fn atoms(&self, key: Key) -> &[Condition] {
        self.reads.atoms.get(&key).map_or(&[][..], Vec::as_slice)
    }

    /// A value of each interval of a number; decimals in billionths.
    pub(super) fn integers(&self, key: Key, field: Option<BodyField>) -> Vec<i64> {
        intervals(&self.cuts(key, field))
    }

    /// The first value of each interval but the lowest.
    pub(super) fn cuts(&self, key: Key, field: Option<BodyField>) -> BTreeSet<i64> {
        let own = |term: &Term| match (field, term) {
            (Some(field), Term::Body(body)) => *body == field,
            (Some(_), _) => false,
            (None, term) => matches!(term, Term::Attribute(_) | Term::State(..)),
        };
        let mut cuts = BTreeSet::new();
        for atom in self.atoms(key) {
            let Condition::Compare(left, comparison, right) = atom else {
                continue;
            };
            let (other, first) = match (own(left), own(right)) {
                (true, _) => (right, true),
                (_, true) => (left, false),
                _ => continue,
            };
            // The numbers at which the truth turns: at the one compared with, behind it, or both.
            let (at, behind) = match comparison {
                Comparison::Less | Comparison::AtLeast => (first, !first),
                Comparison::Greater | Comparison::AtMost => (!first, first),
                _ => (true, true),
            };
            for n in self.numbers(other) {
                cuts.extend(at.then_some(n));
                cuts.extend(behind.then_some(n.saturating_add(1)));
            }
        }
        cuts
    }

    fn numbers(&self, term: &Term) -> Vec<i64> {
        fn number(value: &Value) -> Vec<i64> {
            match value {
                Value::Integer(n) => vec![*n],
                Value::Decimal(d) => vec![d.billionths()],
                Value::Set(members) => members.iter().flat_map(number).collect(),
                _ => Vec::new(),
            }
        }
        match term {
            Term::Constant(value) => number(value),
            Term::Column(_, table, column) => {
                let table = self.engine.policy().tables.get(*table as usize);
                let rows = table.map_or(&[][..], |table| &table.rows);
                let cells = rows.iter().filter_map(|row| row.get(*column as usize));
                cells.flat_map(number).collect()
            }
            Term::Route(RouteFact::ContextWindow) | Term::OfModel(_, ModelFact::ContextWindow) => {
                self.limits(|m| &m.context_window, |o| &o.context_window)
            }
            Term::Route(RouteFact::MaxOutput) | Term::OfModel(_, ModelFact::MaxOutput) => {
                self.limits(|m| &m.max_output, |o| &o.max_output)
            }
            _ => Vec::new(),
        }
    }

    fn of_models(&self) -> impl Iterator<Item = &Model> {
        let catalog = self.engine.catalog();
        self.models.iter().filter_map(|id| catalog.model(*id))
    }

    fn of_offerings(&self) -> impl Iterator<Item = &Offering> {
        let catalog = self.engine.catalog();
        let ids = self.of_models().flat_map(|model| &model.offerings);
        ids.filter_map(|id| catalog.offering(*id))
    }

    fn limits(
        &self,
        of_model: fn(&Model) -> &Dated<u64>,
        of_offering: fn(&Offering) -> &Dated<u64>,
    ) -> Vec<i64> {
        let facts = self.of_models().map(of_model);
        let facts = facts.chain(self.of_offerings().map(of_offering));
        let limits = facts.flat_map(portolan_core::instant::Dated::periods);
        limits
            .filter_map(|(_, limit)| i64::try_from(*limit).ok())
            .collect()
    }

    fn rows(&self) -> impl Iterator<Item = &PriceRow> {
        let own = self.of_offerings().flat_map(|offering| &offering.price);
        self.of_models().flat_map(|model| &model.price).chain(own)
    }

    /// The first input tokens of every price tier but the lowest.
    pub(super) fn input_tiers(&self) -> BTreeSet<i64> {
        let above = self.rows().map(|row| row.above_input_tokens);
        let above = above.filter(|above| *above > 0);
        above.filter_map(|n| i64::try_from(n + 1).ok()).collect()
    }

    /// Service tiers that something is priced for.
    pub(super) fn tiers(&self) -> BTreeSet<String> {
        let tiers = self.rows().filter_map(|row| row.service_tier.as_deref());
        tiers.map(str::to_owned).collect()
    }

    /// The texts that a field is compared with, the beginnings of patterns, and another.
    pub(super) fn texts(&self, key: Key) -> Vec<String> {
        let mut found = self.words(key);
        for atom in self.atoms(key) {
            if let Condition::Matches(_, glob) = atom {
                let prefix = glob.0.split('*').next().unwrap_or_default();
                found.insert(prefix.to_owned());
                found.insert(format!("{prefix}-more"));
            }
        }
        found.insert(OTHER.to_owned());
        found.into_iter().collect()
    }

    /// The values of a choice that rules name, and one that they do not.
    pub(super) fn named<T: Copy>(&self, key: Key, names: &[(&str, T)]) -> Vec<T> {
        let words = self.words(key);
        let (known, mut others): (Vec<_>, Vec<_>) =
            names.iter().partition(|(name, _)| words.contains(*name));
        others.truncate(1);
        others.extend(known);
        others.into_iter().map(|(_, value)| value).collect()
    }

    fn words(&self, key: Key) -> BTreeSet<String> {
        fn collect(value: &Value, found: &mut BTreeSet<String>) {
            match value {
                Value::Text(text) => {
                    found.insert(text.to_string());
                }
                Value::Set(members) => members.iter().for_each(|m| collect(m, found)),
                _ => {}
            }
        }
        let mut found = BTreeSet::new();
        for atom in self.atoms(key) {
            for term in crate::domain::terms_of(atom) {
                if let Term::Constant(value) = term {
                    collect(value, &mut found);
                }
            }
        }
        found
    }

    /// Sets of the words that a field is compared with, of one word of each kind that models tell
    /// apart, and of another.
    pub(super) fn sets(&self, key: Key) -> Vec<BTreeSet<String>> {
        let mut words = self.words(key);
        let of_parameters = |fact: &Term| {
            matches!(
                fact,
                Term::Route(RouteFact::Parameters) | Term::OfModel(_, ModelFact::Parameters)
            )
        };
        let atoms = self.atoms(key).iter();
        let mut terms = atoms.flat_map(crate::domain::terms_of);
        if terms.any(of_parameters) {
            words.extend(self.parameters());
        }
        words.insert(OTHER.to_owned());
        let words: Vec<String> = words.into_iter().collect();
        let mut sets = vec![BTreeSet::new()];
        if words.len() <= WORDS {
            for word in &words {
                let with = |set: &BTreeSet<String>| {
                    let mut set = set.clone();
                    set.insert(word.clone());
                    set
                };
                let more: Vec<_> = sets.iter().map(with).collect();
                sets.extend(more);
            }
            return sets;
        }
        sets.extend(words.iter().map(|word| BTreeSet::from([word.clone()])));
        sets.push(words.into_iter().collect());
        sets
    }

    /// One parameter for each way in which it is in some of the models' lists and not in others.
    fn parameters(&self) -> Vec<String> {
        let of_models = self.of_models().map(|model| &model.parameters);
        let own = self.of_offerings().map(|offering| &offering.parameters);
        let lists = of_models.chain(own).flat_map(Dated::periods);
        let lists: Vec<&Names> = lists.map(|(_, names)| names).collect();
        let mut kinds: BTreeMap<Vec<bool>, String> = BTreeMap::new();
        for name in lists.iter().flat_map(|names| names.iter()) {
            let kind = lists.iter().map(|list| list.contains(name)).collect();
            kinds.entry(kind).or_insert_with(|| name.to_string());
        }
        kinds.into_values().collect()
    }

    /// The instants at which something about the models changes, or a comparison of the request's
    /// instant does.
    pub(super) fn instants(&self) -> BTreeSet<Instant> {
        let mut dates = dates_of(self.engine, self.models);
        dates.extend(&self.reads.dates);
        let mut cuts = dates.clone();
        for atom in self.atoms(Key::At) {
            let Condition::Compare(left, comparison, right) = atom else {
                continue;
            };
            let first = left.walk().contains(&&Term::At);
            let (own, other) = if first { (left, right) } else { (right, left) };
            let ((_, before), (fact, after)) = (moved(own), moved(other));
            let compared: BTreeSet<Instant> = match fact {
                Term::OfModel(_, ModelFact::Retires) => self.dates(|m| m.retires),
                Term::OfModel(_, ModelFact::Released) => self.dates(|m| m.released),
                _ => dates.clone(),
            };
            let (at, behind) = match comparison {
                Comparison::Less | Comparison::AtLeast => (first, !first),
                Comparison::Greater | Comparison::AtMost => (!first, first),
                _ => (true, true),
            };
            for date in compared {
                let cut = date.plus_seconds(after - before);
                cuts.extend(at.then_some(cut));
                cuts.extend(behind.then(|| cut.next()));
            }
        }
        cuts
    }

    /// A date of the models and of those that come after them.
    fn dates(&self, of: fn(&Model) -> Option<Instant>) -> BTreeSet<Instant> {
        let catalog = self.engine.catalog();
        let mut found = BTreeSet::new();
        for model in self.of_models() {
            let mut next = Some(model);
            while let Some(model) = next {
                found.extend(of(model));
                next = model.successor.and_then(|id| catalog.model(id));
            }
        }
        found
    }
}

/// A term without its offset, and the offset in seconds.
fn moved(term: &Term) -> (&Term, i64) {
    match term {
        Term::Offset(inner, seconds) => (inner, *seconds),
        other => (other, 0),
    }
}
