//! Deciding: find the model, walk its verdict, put the chain together. What needs no
//! walk is `glance`'s. Nothing here allocates.

#![expect(
    clippy::inline_always,
    reason = "small structs handed over in memory cost more than the walk"
)]

mod glance;

pub(crate) use glance::Glance;

use super::field::Asking;
use super::flat::{NO_STATE, Reading, state_codes};
use super::panel::NO_ENDING;
use super::site::{RouteFacts, Sale};
use super::table::ALIAS;
use super::verdict::Verdict;
use super::{Compiled, End};
use crate::catalog::{Catalog, Route};
use crate::decision::{Decision, Fate, Outcome, Refusal, Snapshot};
use crate::policy::{Policy, RuleId, Scope, Term};
use crate::request::{Call, Fallbacks, Fields, State, Usage};

/// What a walk needs beside the compiled form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) compiled: &'a Compiled,
    pub(crate) catalog: &'a Catalog,
    pub(crate) policy: &'a Policy,
    pub(crate) state: &'a State,
}

/// What came of one effective request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Came<'a> {
    /// Candidates survive; some of them can be called now.
    Routes(&'a [u16]),
    /// The request is refused, or no candidate survives.
    Never(RuleId, Option<Route>),
    /// Candidates survive, none can be called now.
    NotNow(RuleId, Option<Route>),
    /// No diagram was built: nobody knows without the interpreter.
    Unbuilt,
}

/// One effective request at the record that its model id found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) fate: Fate,
    pub(super) end: &'a End,
    pub(super) slots: &'a [i64],
    sale: &'a Sale,
}

impl<'a> Ground<'a> {
    /// Decides by walking; `None` where only the interpreter can.
    #[inline(never)]
    pub(crate) fn decide(
        self,
        snapshot: Snapshot,
        call: &Call<'_>,
        fallbacks: Fallbacks<'_>,
    ) -> Option<Decision> {
        let standing = self.standing(call, &call.body, true)?;
        let fate = standing.fate;
        let verdict = self.compiled.verdicts.get(fate.verdict as usize)?;
        let depth = self.depth(call, fallbacks.count());
        let outcome = match verdict {
            Verdict::Survive(_) if depth == 0 && self.state.is_empty() => Outcome::Route,
            Verdict::Refused(rule) if depth == 0 => refuse(*rule, None, None),
            Verdict::Fell {
                rule,
                route: Some(route),
                ..
            } if depth == 0 => refuse(*rule, None, Some(self.facts(&standing, *route)?.route())),
            Verdict::Pass
            | Verdict::Refused(_)
            | Verdict::Fell { .. }
            | Verdict::Locked(_)
            | Verdict::Survive(_) => self.weighed(call, fallbacks, &standing, verdict, depth)?,
        };
        Some(Decision {
            snapshot,
            at: call.at,
            outcome,
            fate,
        })
    }

    /// One of the routes of where an effective request stands.
    #[inline]
    pub(super) fn facts(self, standing: &Standing<'a>, position: u16) -> Option<RouteFacts<'a>> {
        self.compiled.sold.facts(standing.sale, position)
    }

    /// Touches what the decisions on these calls will read first, so that the waits for memory
    /// fall together rather than one after the other. Answers nothing.
    pub(crate) fn fetch(self, calls: &[Call<'_>]) {
        let table = &self.compiled.table;
        let mut touched = 0;
        for call in calls {
            touched ^= self.model(call.body.model).map_or(0, |id| table.touch(id));
        }
        std::hint::black_box(touched);
    }

    /// The outcome where there are fallbacks, or something is known about now, or a lock is broken.
    #[inline(never)]
    fn weighed(
        self,
        call: &Call<'_>,
        fallbacks: Fallbacks<'_>,
        primary: &Standing<'a>,
        verdict: &'a Verdict,
        depth: usize,
    ) -> Option<Outcome> {
        if let Some((unknown, true)) = self.compiled.rules.unknown {
            let first = match verdict {
                Verdict::Refused(rule) => Some(*rule),
                Verdict::Pass | Verdict::Fell { .. } | Verdict::Locked(_) | Verdict::Survive(_) => {
                    None
                }
            };
            if first.is_none_or(|rule| unknown < rule) {
                for position in 0..depth {
                    let model = self.model(fallbacks.fields(position)?.model);
                    if model.is_some() && self.subject(call, model) == self.compiled.unknown {
                        return Some(refuse(unknown, Some(position), None));
                    }
                }
            }
        }
        let came = self.came(call, &call.body, primary, verdict);
        if let Came::Never(rule, route) = came {
            return Some(refuse(rule, None, route));
        }
        let mut routes = matches!(came, Came::Routes(_));
        for position in 0..depth {
            let fields = fallbacks.fields(position)?;
            let standing = self.standing(call, &fields, false)?;
            let verdict = self.verdict(standing.fate)?;
            match self.came(call, &fields, &standing, verdict) {
                Came::Routes(_) => routes = true,
                Came::Never(..) | Came::NotNow(..) => {}
                Came::Unbuilt => return None,
            }
        }
        Some(match came {
            Came::NotNow(rule, route) if !routes => self.not_now(call, primary, rule, route),
            Came::Routes(_) | Came::NotNow(..) => Outcome::Route,
            Came::Never(..) | Came::Unbuilt => return None,
        })
    }

    /// The fallbacks within the depth.
    #[inline(always)]
    pub(super) fn depth(self, call: &Call<'_>, sent: usize) -> usize {
        if sent == 0 {
            return 0;
        }
        match call.chain.depth.or(self.compiled.defaults.depth) {
            Some(depth) => usize::try_from(depth).unwrap_or(0).min(sent),
            None => sent,
        }
    }

    /// One effective request at its record, with its verdict.
    #[inline(always)]
    pub(super) fn standing(
        self,
        call: &Call<'_>,
        fields: &Fields<'_>,
        outer: bool,
    ) -> Option<Standing<'a>> {
        let model = self.model(fields.model);
        let subject = match model {
            None => self.compiled.absent,
            Some(_) => self.subject(call, model),
        };
        let mut standing = self.at(call, subject)?;
        let reading = self.reading(call, fields, standing.slots);
        let [primary, fallback] = standing.end.verdicts;
        let root = if outer { primary } else { fallback };
        standing.fate.verdict = self.compiled.flat.walk(root, &reading, &NO_STATE);
        Some(standing)
    }

    /// A record's diagrams through the endpoint called; no verdict yet.
    #[inline(always)]
    pub(super) fn at(self, call: &Call<'_>, subject: u32) -> Option<Standing<'a>> {
        let table = &self.compiled.table;
        let shape = self.compiled.shapes.get(table.shape(subject) as usize)?;
        let slots = table.numbers(subject, shape.slots);
        Some(Standing {
            fate: Fate {
                subject,
                verdict: 0,
                ending: NO_ENDING,
            },
            end: shape.ends.get(call.caller.endpoint.index())?,
            slots,
            sale: &table.record(subject)?.sale,
        })
    }

    /// One effective request as tests read it.
    #[inline(always)]
    pub(super) fn reading<'r>(
        self,
        call: &'r Call<'r>,
        body: &'r Fields<'r>,
        slots: &'r [i64],
    ) -> Reading<'r>
    where
        'a: 'r,
    {
        let asking = self.asking(call, body, self.model(body.model));
        Reading {
            basics: self.compiled.flat.basics(&asking),
            asking,
            slots,
        }
    }

    #[inline(always)]
    fn asking<'r>(
        self,
        call: &'r Call<'r>,
        body: &'r Fields<'r>,
        model: Option<&'r str>,
    ) -> Asking<'r>
    where
        'a: 'r,
    {
        Asking {
            call,
            body,
            model,
            defaults: &self.compiled.defaults,
        }
    }

    #[inline(always)]
    pub(super) fn verdict(self, fate: Fate) -> Option<&'a Verdict> {
        self.compiled.verdicts.get(fate.verdict as usize)
    }

    /// A model id without the policy's prefix.
    #[inline(always)]
    fn model(self, text: Option<&str>) -> Option<&str> {
        match (text, self.policy.model_prefix.as_deref()) {
            (Some(text), Some(prefix)) => Some(text.strip_prefix(prefix).unwrap_or(text)),
            (text, _) => text,
        }
    }

    /// The record of what a model id stands for.
    #[inline(always)]
    fn subject(self, call: &Call<'_>, model: Option<&str>) -> u32 {
        let compiled = self.compiled;
        let Some((found, _)) = model.and_then(|model| compiled.table.find(model)) else {
            return compiled.unknown;
        };
        let shape = compiled.table.shape(found);
        if shape & ALIAS == 0 {
            return found;
        }
        let periods = compiled.aliases.get((shape & !ALIAS) as usize);
        let now = periods
            .into_iter()
            .flatten()
            .find(|(window, _)| window.contains(call.at));
        now.map_or(compiled.unknown, |(_, record)| *record)
    }

    /// What a verdict comes to in this state.
    pub(super) fn came(
        self,
        call: &Call<'_>,
        fields: &Fields<'_>,
        standing: &Standing<'a>,
        verdict: &'a Verdict,
    ) -> Came<'a> {
        match verdict {
            Verdict::Refused(rule) => Came::Never(*rule, None),
            Verdict::Fell { rule, route, .. } => {
                let route = route.and_then(|route| self.facts(standing, route));
                Came::Never(*rule, route.map(|r| r.route()))
            }
            Verdict::Locked(position) => {
                let reading = self.reading(call, fields, standing.slots);
                let rule = self.lock(standing, *position, &reading);
                let route = self.facts(standing, *position).map(|r| r.route());
                rule.map_or(Came::Unbuilt, |rule| Came::Never(rule, route))
            }
            Verdict::Survive(set) if self.state.is_empty() => Came::Routes(set),
            Verdict::Survive(set) => {
                let reading = self.reading(call, fields, standing.slots);
                self.now(standing, set, &reading)
            }
            Verdict::Pass => Came::Unbuilt,
        }
    }

    /// The first lock in the source that a candidate breaks.
    fn lock(self, standing: &Standing<'a>, route: u16, reading: &Reading<'_>) -> Option<RuleId> {
        let flat = &self.compiled.flat;
        let walk = |root| flat.walk(root, reading, &NO_STATE);
        let broken = standing.end.locks.iter().filter(|lock| {
            let met = lock.met.get(usize::from(route));
            met.is_some_and(|root| walk(*root) != 1)
        });
        let rules = broken.filter_map(|lock| {
            let fixed = match self.compiled.verdicts.get(walk(lock.reason) as usize)? {
                Verdict::Refused(rule) => Some(*rule),
                Verdict::Pass | Verdict::Fell { .. } | Verdict::Locked(_) | Verdict::Survive(_) => {
                    None
                }
            };
            let mut open = lock.open.iter().filter(|(_, root)| walk(*root) == 1);
            let open = open.next().map(|(rule, _)| *rule);
            fixed.into_iter().chain(open).min()
        });
        rules.min()
    }

    #[cold]
    fn now(self, standing: &Standing<'a>, set: &'a [u16], reading: &Reading<'_>) -> Came<'a> {
        let skipped = |route: &u16| self.skips(standing, *route, reading).next();
        if set.iter().any(|route| skipped(route).is_none()) {
            return Came::Routes(set);
        }
        let first = set.first();
        let rule = first.and_then(skipped);
        let route = first.and_then(|route| self.facts(standing, *route));
        match rule {
            Some(rule) => Came::NotNow(rule, route.map(|r| r.route())),
            None => Came::Unbuilt,
        }
    }

    /// The skip rules that hold for a candidate now.
    pub(super) fn skips<'r>(
        self,
        standing: &Standing<'a>,
        route: u16,
        reading: &'r Reading<'r>,
    ) -> impl Iterator<Item = RuleId> + use<'a, 'r>
    where
        'a: 'r,
    {
        let rules = standing.end.skips.get(usize::from(route));
        let rules = rules.map_or(&[][..], |rules| rules);
        let state = if rules.is_empty() || self.state.is_empty() {
            NO_STATE
        } else {
            let usage = |scope| self.usage(standing, route, scope);
            state_codes(usage(Scope::Model), usage(Scope::Route))
        };
        let flat = &self.compiled.flat;
        rules
            .iter()
            .filter(move |(_, root)| flat.walk(*root, reading, &state) == 1)
            .map(|(id, _)| *id)
    }

    fn usage(self, standing: &Standing<'a>, position: u16, scope: Scope) -> Option<Usage> {
        let route = self.facts(standing, position)?.route();
        let offering = self.catalog.offering(route.offering)?;
        let model = &self.catalog.model(offering.model)?.id;
        match scope {
            Scope::Model => self.state.models.get(&**model).copied(),
            Scope::Route => {
                let region = &self.catalog.region(offering.region)?.name;
                let endpoint = &self.catalog.endpoint(route.endpoint)?.name;
                self.state.routes.get(model, region, endpoint)
            }
        }
    }

    /// A refusal of the primary for now: the least wait of any survivor.
    #[cold]
    fn not_now(
        self,
        call: &Call<'_>,
        standing: &Standing<'a>,
        rule: RuleId,
        route: Option<Route>,
    ) -> Outcome {
        let set = match self.verdict(standing.fate) {
            Some(Verdict::Survive(set)) => &**set,
            Some(
                Verdict::Pass | Verdict::Refused(_) | Verdict::Fell { .. } | Verdict::Locked(_),
            )
            | None => &[],
        };
        let reading = self.reading(call, &call.body, standing.slots);
        let waits = set.iter().filter_map(|route| {
            let skips = self.skips(standing, *route, &reading);
            skips
                .filter_map(|rule| self.wait(standing, *route, rule))
                .max()
        });
        Outcome::Refuse(Refusal {
            rule,
            fallback: None,
            route,
            retryable: true,
            retry_after_s: waits.min(),
        })
    }

    /// The longest reset of what a skip rule reads.
    fn wait(self, standing: &Standing<'a>, route: u16, rule: RuleId) -> Option<i64> {
        let scopes = self.compiled.rules.scopes.get(&rule)?;
        let resets = scopes.iter().filter_map(|scope| {
            let usage = self.usage(standing, route, *scope);
            usage.and_then(|usage| usage.reset_s)
        });
        resets.max()
    }
}

fn refuse(rule: RuleId, fallback: Option<usize>, route: Option<Route>) -> Outcome {
    Outcome::Refuse(Refusal {
        rule,
        fallback,
        route,
        retryable: false,
        retry_after_s: None,
    })
}

/// What a skip rule reads of now.
pub(super) fn scopes(terms: &[&Term]) -> Vec<Scope> {
    let reads = |scope: &Scope| {
        terms
            .iter()
            .any(|term| matches!(term, Term::State(of, _) if of == scope))
    };
    [Scope::Model, Scope::Route]
        .into_iter()
        .filter(reads)
        .collect()
}
