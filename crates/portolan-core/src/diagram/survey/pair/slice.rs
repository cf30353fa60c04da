//! One slice: both sides drawn, and laid on each other.

use std::collections::{BTreeMap, BTreeSet};

use super::draw::{Draw, Drawn};
use super::said::{Aspect, Difference, Said, Sayings};
use super::unfold::unfold;
use super::{Group, Obstacle, Pair, Pairing, Role, Slice};
use crate::catalog::EndpointId;
use crate::diagram::build::Common;
use crate::diagram::intern::{Interner, Memo};
use crate::diagram::shape::{Questions, Slots};
use crate::diagram::sketch::{Sketch, YES};
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::diagram::survey::Chart;
use crate::policy::RuleKind;

type Built = Result<Diagram, Inconclusive>;

const NOTHING: Diagram = Diagram::terminal(Sayings::NOTHING);

/// What is different, by role: diagrams whose answers are positions among lists of differences.
struct Laid {
    roles: [Diagram; 2],
    lists: Interner<Vec<u32>>,
    differences: Interner<Difference>,
}

impl Pair<'_> {
    /// Visits every slice, in the order of ids and then of the new side's endpoints.
    pub(super) fn each(&mut self, visit: &mut dyn FnMut(Slice<'_>)) -> Result<(), Obstacle> {
        let [old, new] = self.vocabularies;
        let mut endpoints = Vec::new();
        for (position, endpoint) in (0u32..).zip(&new.catalog.endpoints) {
            if let Some(before) = old.catalog.endpoint_named(&endpoint.name) {
                endpoints.push([before, EndpointId(position)]);
            }
        }
        let groups = std::mem::take(&mut self.groups);
        let mut outcome = Ok(());
        let mut store = Store::default();
        for group in &groups {
            for endpoint in &endpoints {
                store.clear();
                let drawn = self.slice(group, *endpoint, &mut store, visit);
                outcome = outcome.and(drawn.map_err(Obstacle::from));
            }
        }
        outcome
    }

    fn slice(
        &mut self,
        group: &Group<'_>,
        endpoint: [EndpointId; 2],
        store: &mut Store,
        visit: &mut dyn FnMut(Slice<'_>),
    ) -> Result<(), Inconclusive> {
        let (slots, pairings) = group.pairings.first().ok_or(Inconclusive)?;
        let pairing = pairings.first().ok_or(Inconclusive)?;
        let laid = self.laid(group, pairing, slots, endpoint, store)?;
        let [questions, _] = self.questions;
        let [primary, fallback] = laid.roles;
        let roles: Vec<(Diagram, &[Role])> = if primary == fallback {
            vec![(primary, &[Role::Primary, Role::Fallback])]
        } else {
            vec![(primary, &[Role::Primary]), (fallback, &[Role::Fallback])]
        };
        for (diagram, roles) in roles {
            if diagram == NOTHING {
                continue;
            }
            for (slots, pairings) in &group.pairings {
                let numbers = (questions, slots);
                let found = unfold(store, diagram, numbers, self.coding)?;
                for (list, cells) in found {
                    let list = laid.lists.get(list).cloned().unwrap_or_default();
                    let differences = list.iter();
                    let differences = differences.filter_map(|at| laid.differences.get(*at));
                    visit(Slice {
                        coding: self.coding,
                        pairings,
                        endpoint,
                        roles,
                        differences: differences.cloned().collect(),
                        cells,
                    });
                }
            }
        }
        Ok(())
    }

    /// Draws both sides and lays them on each other.
    fn laid(
        &mut self,
        group: &Group<'_>,
        pairing: &Pairing,
        slots: &Slots,
        endpoint: [EndpointId; 2],
        store: &mut Store,
    ) -> Result<Laid, Inconclusive> {
        let both = |route: u16| {
            let sides = pairing.routes.get(usize::from(route));
            sides.is_some_and(|sides| sides.iter().all(Option::is_some))
        };
        let [old, new] = self.vocabularies;
        let skip = |kind: &RuleKind| matches!(kind, RuleKind::Skip(_));
        let mut all = old.policy.rules.iter().chain(&new.policy.rules);
        let skips = all.any(|rule| skip(&rule.kind));
        let mut drawn = Vec::with_capacity(2);
        for (side, endpoint) in endpoint.into_iter().enumerate() {
            let (Some(vocabulary), Some(questions), Some(fold), Some(profile), Some(matched)) = (
                self.vocabularies.get(side),
                self.questions.get(side),
                self.folds.get(side),
                group.profiles.get(side),
                group.matched.get(side),
            ) else {
                return Err(Inconclusive);
            };
            let end = profile.ends.get(endpoint.index()).ok_or(Inconclusive)?;
            let subject = *group.subjects.get(side).ok_or(Inconclusive)?;
            let answers = &mut self.answers;
            let common = &mut Common::default();
            let chart = Chart::over(
                vocabulary,
                questions,
                fold,
                (store, answers, common),
                (subject, profile, end),
                slots,
                &[],
            )?;
            let draw = Draw {
                chart,
                side: (vocabulary.catalog, vocabulary.policy),
                said: &mut self.said,
                matched,
                skips,
            };
            let facts = group.facts.iter();
            let facts = facts.filter_map(|(aspect, sides)| Some((aspect, sides.get(side)?)));
            drawn.push(draw.all(&both, facts)?);
        }
        let Ok([old, new]) = <[Drawn; 2]>::try_from(drawn) else {
            return Err(Inconclusive);
        };
        let [questions, _] = self.questions;
        let window = during(&group.window, questions, slots, store)?;
        let mut laid = Laid {
            roles: [NOTHING; 2],
            lists: Interner::default(),
            differences: Interner::default(),
        };
        laid.lists.intern(Vec::new());
        let mut roles = [NOTHING; 2];
        for ((sum, outcomes), role) in roles
            .iter_mut()
            .zip(old.outcomes.iter().zip(&new.outcomes))
            .zip([Role::Primary, Role::Fallback])
        {
            let (Some(a), Some(b)) = outcomes else {
                return Err(Inconclusive);
            };
            *sum = self.role(store, &mut laid, (*a, *b), [&old, &new], role)?;
            *sum = store.choose(window, *sum, NOTHING)?;
        }
        laid.roles = roles;
        Ok(laid)
    }

    /// What is different for requests in one role.
    fn role(
        &self,
        store: &mut Store,
        laid: &mut Laid,
        (a, b): (Diagram, Diagram),
        sides: [&Drawn; 2],
        role: Role,
    ) -> Built {
        let mut sum = NOTHING;
        let outcome = self.between(store, laid, &Aspect::Outcome, [a, b])?;
        sum = joined(store, laid, sum, outcome)?;
        let aspects: BTreeSet<&Aspect> = sides.iter().flat_map(|s| s.aspects.keys()).collect();
        let mut planned: BTreeMap<Option<u16>, Diagram> = BTreeMap::new();
        for aspect in aspects {
            let route = match aspect {
                Aspect::Price(route)
                | Aspect::Fact(route, _)
                | Aspect::Set(route, _)
                | Aspect::Warn(route, _)
                | Aspect::Limit(route)
                | Aspect::Skip(route) => Some(*route),
                Aspect::Retry | Aspect::RetryBesideFallbacks if role == Role::Fallback => continue,
                Aspect::Outcome
                | Aspect::Retry
                | Aspect::RetryBesideFallbacks
                | Aspect::Advance => None,
            };
            let own = sides.map(|side| side.aspects.get(aspect).copied().unwrap_or(NOTHING));
            let different = self.between(store, laid, aspect, own)?;
            if different == NOTHING {
                continue;
            }
            let there = if let Some(there) = planned.get(&route) {
                *there
            } else {
                let there = self.planned(store, [a, b], route)?;
                planned.insert(route, there);
                there
            };
            let different = store.choose(there, different, NOTHING)?;
            sum = joined(store, laid, sum, different)?;
        }
        Ok(sum)
    }

    /// Where both route, and plan a route if one is given.
    fn planned(&self, store: &mut Store, outcomes: [Diagram; 2], route: Option<u16>) -> Built {
        let mut both = Diagram::TRUE;
        for outcome in outcomes {
            let planned = store.map(outcome, &|value| match self.said.get(value) {
                Some(Said::Routes { routes, .. })
                    if route.is_none_or(|route| routes.contains(&route)) =>
                {
                    Diagram::TRUE
                }
                _ => Diagram::FALSE,
            })?;
            both = store.and(both, planned)?;
        }
        Ok(both)
    }

    /// What is different about one aspect: positions among lists of one difference.
    fn between(
        &self,
        store: &mut Store,
        laid: &mut Laid,
        aspect: &Aspect,
        sides: [Diagram; 2],
    ) -> Built {
        let [a, b] = sides;
        let mut join = |a: Diagram, b: Diagram| {
            let said = [self.said.get(a.value()?)?, self.said.get(b.value()?)?];
            Some(match Difference::between(aspect, said) {
                None => NOTHING,
                Some(difference) => {
                    let at = laid.differences.intern(difference);
                    Diagram::terminal(laid.lists.intern(vec![at]))
                }
            })
        };
        store.join(&mut Memo::default(), &mut join, a, b)
    }
}

/// The instants that a sketch says yes to.
fn during(window: &Sketch, questions: &Questions, slots: &Slots, store: &mut Store) -> Built {
    let truth = |sketch: &Sketch| {
        if *sketch == Sketch::Leaf(YES) {
            Diagram::TRUE
        } else {
            Diagram::FALSE
        }
    };
    let Sketch::Steps(field, steps) = window else {
        return Ok(truth(window));
    };
    let edges = steps
        .iter()
        .map(|(from, step)| (slots.rank(questions, *field, *from), truth(step)));
    let at = field.position().ok_or(Inconclusive)?;
    store.range(at, edges.collect())
}

/// Two lists of differences one after the other.
fn joined(store: &mut Store, laid: &mut Laid, a: Diagram, b: Diagram) -> Built {
    let lists = &mut laid.lists;
    let mut join = |a: Diagram, b: Diagram| {
        if a == NOTHING {
            return Some(b);
        }
        if b == NOTHING {
            return Some(a);
        }
        let mut list = lists.get(a.value()?)?.clone();
        list.extend(lists.get(b.value()?)?);
        Some(Diagram::terminal(lists.intern(list)))
    };
    store.join(&mut Memo::default(), &mut join, a, b)
}
