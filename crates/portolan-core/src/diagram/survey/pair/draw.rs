//! One side of a slice: what it says of every aspect of a decision, as diagrams.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Side;
use super::said::{Aspect, Said, Sayings, set_name, term_text, words};
use crate::diagram::field::{Field, TextField};
use crate::diagram::intern::Memo;
use crate::diagram::sketch::Sketch;
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::diagram::survey::Chart;
use crate::diagram::verdict::Verdict;
use crate::policy::{BodyField, Rule, RuleId, RuleKind, Scope, SetField, Term, Value};

/// What one side says: positions among what is said.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// As a primary, and as a fallback.
    pub(super) outcomes: [Option<Diagram>; 2],
    /// Of an aspect that is not here nothing is said.
    pub(super) aspects: BTreeMap<Aspect, Diagram>,
}

type Built = Result<Diagram, Inconclusive>;

const NOTHING: Diagram = Diagram::terminal(Sayings::NOTHING);

/// Draws one side.
pub(super) struct Draw<'d, 's> {
    pub(super) chart: Chart<'s>,
    pub(super) side: Side<'s>,
    pub(super) said: &'d mut Sayings,
    /// The routes of this side, by position, among those of either.
    pub(super) matched: &'d [u16],
    /// Some side has rules that put routes aside for now.
    pub(super) skips: bool,
}

impl Draw<'_, '_> {
    /// Everything; of routes only those that both sides have.
    pub(super) fn all<'f>(
        mut self,
        both: &dyn Fn(u16) -> bool,
        facts: impl Iterator<Item = (&'f Aspect, &'f Sketch)>,
    ) -> Result<Drawn, Inconclusive> {
        let mut drawn = Drawn::default();
        let routed = self.routed()?;
        for (outcome, primary) in drawn.outcomes.iter_mut().zip([true, false]) {
            *outcome = Some(self.outcome(routed, primary)?);
        }
        for candidate in 0..self.chart.end.routes.len() {
            let Some(route) = self.route(candidate).filter(|route| both(*route)) else {
                continue;
            };
            self.shaped(candidate, route, &mut drawn.aspects)?;
        }
        for (aspect, sketch) in facts {
            let tier = if let Aspect::Price(route) = aspect {
                let tier = Aspect::Set(*route, BodyField::ServiceTier.wire().into());
                drawn.aspects.get(&tier).copied()
            } else {
                None
            };
            let fact = self.fact(sketch, tier)?;
            drawn.aspects.insert(aspect.clone(), fact);
        }
        let retry = self.retry(false)?;
        drawn.aspects.insert(Aspect::Retry, retry);
        let retry = self.retry(true)?;
        drawn.aspects.insert(Aspect::RetryBesideFallbacks, retry);
        let timeouts = self.side.1.timeouts;
        let limits = [
            ("connect", timeouts.connect),
            ("first byte", timeouts.first_byte),
            ("idle", timeouts.idle),
            ("total", timeouts.total),
        ];
        let mut advance = format!("on {}", self.side.1.advance.join(", "));
        for (what, within) in limits {
            if let Some(within) = within {
                let _ = write!(advance, ", {what} within {within} ms");
            }
        }
        let advance = Diagram::terminal(self.said.text(advance));
        drawn.aspects.insert(Aspect::Advance, advance);
        Ok(drawn)
    }

    /// A candidate's route among those of either.
    fn route(&self, candidate: usize) -> Option<u16> {
        let own = self.chart.end.routes.get(candidate)?;
        self.matched.get(usize::from(*own)).copied()
    }

    /// Where it routes, or why no candidate survives; refusals are left out.
    fn routed(&mut self) -> Built {
        let mut candidates = Vec::with_capacity(self.chart.end.routes.len());
        for candidate in 0..self.chart.end.routes.len() {
            candidates.push(self.chart.verdict(candidate)?);
        }
        let all = self.chart.build.furthest_of(candidates)?;
        let end = self.chart.end;
        let order = self.chart.build.grow(&end.order, &Diagram::terminal)?;
        let pending: Vec<u32> = (0..end.routes.len())
            .map(|position| self.said.text(format!("\0{position}")))
            .collect();
        let most = self.side.1.plan_at_most;
        let routes = |order: &[u16], survivors: &[u16], matched: &[u16]| {
            let own = order
                .iter()
                .filter_map(|at| end.routes.get(usize::from(*at)));
            let left = own.filter(|route| survivors.contains(route));
            let of_either = left.filter_map(|route| matched.get(usize::from(*route)));
            of_either.copied().collect::<Vec<u16>>()
        };
        let (side, skips, matched) = (self.side, self.skips, self.matched);
        let (said, answers) = (&mut *self.said, &*self.chart.build.answers);
        let mut join = |verdict: Diagram, order: Diagram| {
            let saying = match answers.verdicts.get(verdict.value()?)? {
                Verdict::Survive(survivors) => {
                    let order = answers.orders.get(order.value()?)?;
                    let mut routes = routes(order, survivors, matched);
                    let mut most = most.filter(|most| *most < routes.len());
                    if let (Some(few), false) = (most, skips) {
                        routes.truncate(few);
                        most = None;
                    }
                    said.say(Said::Routes { routes, most })
                }
                Verdict::Fell { rule, .. } => said.say(refused(side, *rule, false)),
                Verdict::Locked(route) => {
                    let position = end.routes.iter().position(|own| own == route)?;
                    *pending.get(position)?
                }
                Verdict::Pass | Verdict::Refused(_) => Sayings::NOTHING,
            };
            Some(Diagram::terminal(saying))
        };
        let store = &mut *self.chart.build.store;
        let mut sum = store.join(&mut Memo::default(), &mut join, all, order)?;
        for (candidate, waiting) in pending.iter().enumerate() {
            let store = &mut *self.chart.build.store;
            let waits = store.map(sum, &|value| truth(value == *waiting))?;
            if waits != Diagram::FALSE {
                let reason = self.chart.reason(candidate)?;
                let reason = self.refusals(reason, false)?;
                sum = self.chart.build.store.choose(waits, reason, sum)?;
            }
        }
        Ok(sum)
    }

    /// A diagram of rules that refuse as one of what they say.
    pub(super) fn refusals(&mut self, verdicts: Diagram, fallback: bool) -> Built {
        let (side, said) = (self.side, &mut *self.said);
        let answers = &*self.chart.build.answers;
        let mut join = |verdict: Diagram, _: Diagram| {
            let saying = match answers.verdicts.get(verdict.value()?)? {
                Verdict::Refused(rule) => said.say(refused(side, *rule, fallback)),
                Verdict::Pass | Verdict::Fell { .. } | Verdict::Locked(_) | Verdict::Survive(_) => {
                    Sayings::NOTHING
                }
            };
            Some(Diagram::terminal(saying))
        };
        let store = &mut *self.chart.build.store;
        store.join(&mut Memo::default(), &mut join, verdicts, NOTHING)
    }

    fn outcome(&mut self, routed: Diagram, primary: bool) -> Built {
        if let (false, Some(rule)) = (primary, self.unknown_to_the_chain()) {
            return self.refused_as_a_whole(rule);
        }
        let refused = self.chart.refused(primary)?;
        let refused = self.refusals(refused, !primary)?;
        let mut first = |refused: Diagram, routed: Diagram| {
            if refused == NOTHING {
                return Some(routed);
            }
            refused.value().map(|_| refused)
        };
        let store = &mut *self.chart.build.store;
        store.join(&mut Memo::default(), &mut first, refused, routed)
    }

    /// What goes with an attempt on a route.
    fn shaped(
        &mut self,
        candidate: usize,
        route: u16,
        aspects: &mut BTreeMap<Aspect, Diagram>,
    ) -> Result<(), Inconclusive> {
        let (catalog, policy) = self.side;
        let mut found: BTreeMap<Aspect, Vec<(RuleId, Diagram, Said)>> = BTreeMap::new();
        let mut set: BTreeMap<Box<str>, Diagram> = BTreeMap::new();
        for (id, rule) in policy.rules() {
            let text = |text: String, rule: &Rule| Said::Text {
                text: text.into(),
                rule: Some(id),
                words: words(rule, catalog, policy),
            };
            let (aspect, said) = match &rule.kind {
                RuleKind::Set {
                    field, value: of, ..
                } => {
                    let mut value = crate::reference::display(of, catalog, policy);
                    if let (SetField::Other(_), Value::Text(_)) = (field, of) {
                        value = format!("\"{value}\"");
                    }
                    (Aspect::Set(route, set_name(field)), wordless(value, id))
                }
                RuleKind::Warn { code } => (
                    Aspect::Warn(route, code.clone()),
                    text(code.to_string(), rule),
                ),
                RuleKind::Limit {
                    requests,
                    window_s,
                    key,
                } => {
                    let key = term_text(key, catalog, policy);
                    let limit = format!("{requests} requests per {window_s}s for each {key}");
                    (Aspect::Limit(route), wordless(limit, id))
                }
                RuleKind::Skip(verdict) => {
                    let terms = rule.when.terms();
                    let reads = |wanted: Scope| {
                        let of =
                            |term: &Term| matches!(term, Term::State(scope, _) if *scope == wanted);
                        terms.iter().any(|term| of(term))
                    };
                    let waits = match (reads(Scope::Model), reads(Scope::Route)) {
                        (false, false) => "",
                        (true, false) => " by the model's usage",
                        (false, true) => " by the route's usage",
                        (true, true) => " by the model's and the route's usage",
                    };
                    let said = format!("{} {}{waits}", verdict.status, verdict.code);
                    let said = text(said, rule);
                    (Aspect::Skip(route), said)
                }
                RuleKind::UnknownModel { .. }
                | RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Retry { .. } => continue,
            };
            let end = self.chart.end;
            let mut holds = self.chart.build.holds(id, end, Some(candidate))?;
            if let RuleKind::Set { field, noting, .. } = &rule.kind {
                // Only the first of a field speaks, and is noted.
                let taken = set.entry(set_name(field)).or_insert(Diagram::FALSE);
                let store = &mut *self.chart.build.store;
                let first = store.choose(*taken, Diagram::FALSE, holds)?;
                *taken = store.or(*taken, holds)?;
                holds = first;
                if let Some(code) = noting {
                    let noted = text(code.to_string(), rule);
                    let list = found.entry(Aspect::Warn(route, code.clone())).or_default();
                    list.push((id, holds, noted));
                }
            }
            found.entry(aspect).or_default().push((id, holds, said));
        }
        for (aspect, mut list) in found {
            list.sort_by_key(|(id, ..)| *id);
            let first = if let Aspect::Skip(_) = aspect {
                self.every(list)?
            } else {
                self.first(list)?
            };
            if first != NOTHING {
                aspects.insert(aspect, first);
            }
        }
        Ok(())
    }

    /// What the first that holds says.
    fn first(&mut self, list: Vec<(RuleId, Diagram, Said)>) -> Built {
        let mut sum = NOTHING;
        for (_, holds, said) in list.into_iter().rev() {
            let said = Diagram::terminal(self.said.say(said));
            sum = self.chart.build.store.choose(holds, said, sum)?;
        }
        Ok(sum)
    }

    /// What each that holds says, in order: how long to wait depends on all of them.
    fn every(&mut self, list: Vec<(RuleId, Diagram, Said)>) -> Built {
        let mut sum = NOTHING;
        for (_, holds, more) in list.into_iter().rev() {
            let said = &mut *self.said;
            let mut join = |holds: Diagram, rest: Diagram| {
                if holds == Diagram::FALSE {
                    return Some(rest);
                }
                let (_, rest) = (holds.value()?, rest.value()?);
                let both = more.before(said.get(rest)?);
                Some(Diagram::terminal(said.say(both)))
            };
            let store = &mut *self.chart.build.store;
            sum = store.join(&mut Memo::default(), &mut join, holds, sum)?;
        }
        Ok(sum)
    }

    /// The retry that is planned, also where a fallback is.
    fn retry(&mut self, with_fallback: bool) -> Built {
        let mut list = Vec::new();
        for (id, rule) in self.side.1.rules() {
            if let RuleKind::Retry {
                on,
                times,
                after_ms,
                without_fallbacks,
            } = &rule.kind
            {
                if with_fallback && *without_fallbacks {
                    continue;
                }
                let end = self.chart.end;
                let holds = self.chart.build.holds(id, end, None)?;
                let text = format!("on {} {times} times after {after_ms} ms", on.join(", "));
                list.push((id, holds, wordless(text, id)));
            }
        }
        self.first(list)
    }

    /// What is observed of a route, in the service tier that will be asked for.
    fn fact(&mut self, sketch: &Sketch, tier: Option<Diagram>) -> Built {
        let build = &mut self.chart.build;
        let plain = build.grow(sketch, &Diagram::terminal)?;
        let Some(tier) = tier else { return Ok(plain) };
        let field = Field::Text(TextField::ServiceTier);
        let position = field.position().ok_or(Inconclusive)?;
        let bounds = build.vocabulary.texts.get(&field);
        let bounds = bounds.map_or(&[][..], Vec::as_slice);
        let mut sum = plain;
        for (number, name) in texts_of(build.store, tier, self.said)? {
            let code = crate::diagram::constants::rank(bounds, &name);
            let rank = build.slots.rank(build.questions, field, code);
            let there = build.store.map(tier, &|value| truth(value == number))?;
            let priced = build.store.restrict(plain, position, rank)?;
            sum = build.store.choose(there, priced, sum)?;
        }
        Ok(sum)
    }
}

/// The texts that a diagram may say.
fn texts_of(
    store: &mut Store,
    diagram: Diagram,
    said: &Sayings,
) -> Result<BTreeMap<u32, Box<str>>, Inconclusive> {
    let found = std::cell::RefCell::new(BTreeMap::new());
    store.map(diagram, &|value| {
        if let Some(Said::Text { text, .. }) = said.get(value) {
            found.borrow_mut().insert(value, text.clone());
        }
        Diagram::FALSE
    })?;
    Ok(found.into_inner())
}

const fn truth(value: bool) -> Diagram {
    if value { Diagram::TRUE } else { Diagram::FALSE }
}

fn wordless(text: String, rule: RuleId) -> Said {
    Said::Text {
        text: text.into(),
        rule: Some(rule),
        words: Box::default(),
    }
}

/// A refusal by a rule.
pub(super) fn refused((catalog, policy): Side<'_>, id: RuleId, fallback: bool) -> Said {
    let rule = policy.rule(id);
    let verdict = rule.and_then(|rule| rule.kind.verdict());
    Said::Refused {
        status: verdict.map_or(0, |verdict| verdict.status),
        code: verdict.map_or(Box::default(), |verdict| verdict.code.clone()),
        rule: id,
        words: rule.map_or(Box::default(), |rule| words(rule, catalog, policy)),
        whole: fallback
            && rule.is_some_and(|r| matches!(r.kind, RuleKind::UnknownModel { chain: true, .. })),
    }
}
