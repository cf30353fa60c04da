//! Deciding: find the model, walk its verdict, put the chain together. Nothing here allocates.

use super::build::Verdict;
use super::field::codes;
use super::flat::{NO_STATE, Reading, StateCodes, state_codes};
use super::table::ALIAS;
use super::{Compiled, End, RouteFacts};
use crate::catalog::{Catalog, Route};
use crate::decision::{Decision, Fate, Fates, Outcome, Refusal, Snapshot};
use crate::limits;
use crate::policy::{Policy, RuleId, Scope, Term};
use crate::request::{Call, Fallbacks, Fields, State};

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

impl<'a> Ground<'a> {
    /// Decides; `None` where only the interpreter can.
    pub(crate) fn decide(
        self,
        snapshot: Snapshot,
        call: &Call<'_>,
        fallbacks: Fallbacks<'_>,
    ) -> Option<Decision> {
        if self.compiled.interpreted {
            return None;
        }
        let mut fates = Fates {
            primary: Fate::NONE,
            fallbacks: [Fate::NONE; limits::FALLBACKS],
            interpreted: false,
        };
        let outcome = self.outcome(call, fallbacks, &mut fates)?;
        Some(Decision {
            snapshot,
            at: call.at,
            outcome,
            fates,
        })
    }

    fn outcome(
        self,
        call: &Call<'_>,
        fallbacks: Fallbacks<'_>,
        fates: &mut Fates,
    ) -> Option<Outcome> {
        let (fate, primary) = self.reading(call, &call.body, true)?;
        fates.primary = fate;
        let verdict = self.compiled.verdicts.get(fate.verdict as usize)?;
        let depth = self.depth(call, fallbacks.count());
        if depth == 0 {
            return match verdict {
                Verdict::Survive(_) if self.state.is_empty() => Some(Outcome::Route),
                _ => self.alone(fate, &primary, verdict),
            };
        }
        self.chained(call, fallbacks, fates, &primary, verdict, depth)
    }

    /// The outcome where no fallback is looked at.
    fn alone(self, fate: Fate, primary: &Reading<'_>, verdict: &Verdict) -> Option<Outcome> {
        Some(match self.came(fate, verdict, primary) {
            Came::Routes(_) => Outcome::Route,
            Came::Never(rule, route) => refuse(rule, None, route),
            Came::NotNow(rule, route) => self.not_now(fate, primary, rule, route),
            Came::Unbuilt => return None,
        })
    }

    fn chained(
        self,
        call: &Call<'_>,
        fallbacks: Fallbacks<'_>,
        fates: &mut Fates,
        primary: &Reading<'_>,
        verdict: &Verdict,
        depth: usize,
    ) -> Option<Outcome> {
        let fate = fates.primary;
        if let Some((unknown, true)) = self.compiled.rules.unknown {
            let first = match verdict {
                Verdict::Refused(rule) => Some(*rule),
                Verdict::Pass | Verdict::Fell { .. } | Verdict::Survive(_) => None,
            };
            if first.is_none_or(|rule| unknown < rule) {
                for position in 0..depth {
                    let fields = fallbacks.fields(position)?;
                    let model = self.model(fields.model);
                    if model.is_some() && self.subject(call, model) == self.compiled.unknown {
                        return Some(refuse(unknown, Some(position), None));
                    }
                }
            }
        }
        let came = self.came(fate, verdict, primary);
        if let Came::Never(rule, route) = came {
            return Some(refuse(rule, None, route));
        }
        let mut routes = matches!(came, Came::Routes(_));
        for (position, place) in fates.fallbacks.iter_mut().enumerate().take(depth) {
            let fields = fallbacks.fields(position)?;
            let (fate, reading) = self.reading(call, &fields, false)?;
            *place = fate;
            let verdict = self.compiled.verdicts.get(fate.verdict as usize)?;
            match self.came(fate, verdict, &reading) {
                Came::Routes(_) => routes = true,
                Came::Never(..) | Came::NotNow(..) => {}
                Came::Unbuilt => return None,
            }
        }
        Some(match came {
            Came::NotNow(rule, route) if !routes => self.not_now(fate, primary, rule, route),
            Came::Routes(_) | Came::NotNow(..) => Outcome::Route,
            Came::Never(..) | Came::Unbuilt => return None,
        })
    }

    /// The fallbacks within the depth.
    pub(super) fn depth(self, call: &Call<'_>, sent: usize) -> usize {
        if sent == 0 {
            return 0;
        }
        match call.chain.depth.or(self.compiled.defaults.depth) {
            Some(depth) => usize::try_from(depth).unwrap_or(0).min(sent),
            None => sent,
        }
    }

    /// One effective request as tests read it, and its verdict.
    fn reading<'r>(
        self,
        call: &'r Call<'r>,
        fields: &Fields<'r>,
        outer: bool,
    ) -> Option<(Fate, Reading<'r>)>
    where
        'a: 'r,
    {
        let model = self.model(fields.model);
        let subject = match model {
            None => self.compiled.absent,
            Some(_) => self.subject(call, model),
        };
        let reading = self.read(call, fields, subject)?;
        let end = self.end(subject, call)?;
        let [primary, fallback] = end.verdicts;
        let root = if outer { primary } else { fallback };
        let verdict = self.compiled.flat.walk(root, &reading, &NO_STATE);
        Some((Fate { subject, verdict }, reading))
    }

    /// One effective request as tests read it, for a record that is known.
    pub(super) fn read<'r>(
        self,
        call: &'r Call<'r>,
        fields: &Fields<'r>,
        subject: u32,
    ) -> Option<Reading<'r>>
    where
        'a: 'r,
    {
        let table = &self.compiled.table;
        let record = table.record(subject)?;
        Some(Reading {
            codes: codes(call, fields, self.compiled.defaults),
            call,
            body: *fields,
            model: self.model(fields.model),
            slots: table.numbers(record),
        })
    }

    /// A model id without the policy's prefix.
    fn model<'t>(self, text: Option<&'t str>) -> Option<&'t str> {
        match (text, self.policy.model_prefix.as_deref()) {
            (Some(text), Some(prefix)) => Some(text.strip_prefix(prefix).unwrap_or(text)),
            (text, _) => text,
        }
    }

    /// The record of what a model id stands for.
    fn subject(self, call: &Call<'_>, model: Option<&str>) -> u32 {
        let compiled = self.compiled;
        let Some(found) = model.and_then(|model| compiled.table.find(model)) else {
            return compiled.unknown;
        };
        let shape = compiled.table.record(found).map_or(0, |r| r.shape);
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

    /// The diagrams of a record through the endpoint called.
    pub(super) fn end(self, subject: u32, call: &Call<'_>) -> Option<&'a End> {
        let record = self.compiled.table.record(subject)?;
        let shape = self.compiled.shapes.get(record.shape as usize)?;
        shape.ends.get(call.caller.endpoint.index())
    }

    /// A record's route by its position.
    pub(super) fn route(self, subject: u32, position: u16) -> Option<&'a RouteFacts> {
        let record = self.compiled.table.record(subject)?;
        let at = record.routes as usize + usize::from(position);
        self.compiled.routes.get(at)
    }

    /// What a verdict comes to in this state.
    pub(super) fn came(self, fate: Fate, verdict: &'a Verdict, reading: &Reading<'_>) -> Came<'a> {
        match verdict {
            Verdict::Refused(rule) => Came::Never(*rule, None),
            Verdict::Fell { rule, route, .. } => {
                let route = route.and_then(|route| self.route(fate.subject, route));
                Came::Never(*rule, route.map(|r| r.route))
            }
            Verdict::Survive(set) if self.state.is_empty() => Came::Routes(set),
            Verdict::Survive(set) => self.now(fate, set, reading),
            Verdict::Pass => Came::Unbuilt,
        }
    }

    fn now(self, fate: Fate, set: &'a [u16], reading: &Reading<'_>) -> Came<'a> {
        let skipped = |route: &u16| self.skips(fate, *route, reading).next();
        if set.iter().any(|route| skipped(route).is_none()) {
            return Came::Routes(set);
        }
        let first = set.first();
        let rule = first.and_then(skipped);
        let route = first.and_then(|route| self.route(fate.subject, *route));
        match rule {
            Some(rule) => Came::NotNow(rule, route.map(|r| r.route)),
            None => Came::Unbuilt,
        }
    }

    /// The skip rules that hold for a candidate now.
    pub(super) fn skips<'r>(
        self,
        fate: Fate,
        route: u16,
        reading: &'r Reading<'r>,
    ) -> impl Iterator<Item = RuleId> + use<'a, 'r>
    where
        'a: 'r,
    {
        let end = self.end(fate.subject, reading.call);
        let position = end.and_then(|end| end.routes.binary_search(&route).ok());
        let rules = end.zip(position).and_then(|(end, at)| end.skips.get(at));
        let rules = rules.map_or(&[][..], |rules| rules);
        let state = if rules.is_empty() || self.state.is_empty() {
            NO_STATE
        } else {
            self.state_of(fate, route)
        };
        let flat = &self.compiled.flat;
        rules
            .iter()
            .filter(move |(_, root)| flat.walk(*root, reading, &state) == 1)
            .map(|(id, _)| *id)
    }

    fn state_of(self, fate: Fate, position: u16) -> StateCodes {
        let usage = |scope| self.usage(fate, position, scope);
        state_codes(usage(Scope::Model), usage(Scope::Route))
    }

    fn usage(self, fate: Fate, position: u16, scope: Scope) -> Option<crate::request::Usage> {
        let route = self.route(fate.subject, position)?.route;
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

    /// A refusal for now: the least wait of any survivor.
    fn not_now(
        self,
        fate: Fate,
        reading: &Reading<'_>,
        rule: RuleId,
        route: Option<Route>,
    ) -> Outcome {
        let verdict = self.compiled.verdicts.get(fate.verdict as usize);
        let set = match verdict {
            Some(Verdict::Survive(set)) => &**set,
            Some(Verdict::Pass | Verdict::Refused(_) | Verdict::Fell { .. }) | None => &[],
        };
        let waits = set.iter().filter_map(|route| {
            let skips = self.skips(fate, *route, reading);
            skips.filter_map(|rule| self.wait(fate, *route, rule)).max()
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
    fn wait(self, fate: Fate, route: u16, rule: RuleId) -> Option<i64> {
        let scopes = self.compiled.rules.scopes.get(&rule)?;
        let resets = scopes.iter().filter_map(|scope| {
            let usage = self.usage(fate, route, *scope);
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
