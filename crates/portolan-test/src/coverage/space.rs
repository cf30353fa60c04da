//! All requests in regions: those of one shape of models, through one endpoint, for which the same
//! rule refuses or the same candidates survive. Which of them some test lies in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use portolan_core::answer::Verdict;
use portolan_core::diagram::survey::{Chart, Inconclusive, Region, Standing};
use portolan_core::engine::Engine;
use portolan_core::judgement::Outcome;
use portolan_core::policy::RuleId;
use portolan_core::request::{Draft, Request};
use portolan_verify::witness;

use super::nothing;
use crate::suite::Asked;
use crate::unfold::named;

/// Candidates of one slice that are told apart; of more, only whether any survives.
const CANDIDATES: usize = 8;

/// Classes of a region that a request is looked for in.
const TRIES: usize = 48;

/// All requests, in regions.
#[derive(Debug, Clone, Default)]
pub struct Space {
    /// How many regions have a request.
    pub regions: usize,
    /// How many of them some test lies in.
    pub touched: usize,
    /// The others, the largest first.
    pub gaps: Vec<Gap>,
    /// Regions of which it is not known whether they have a request, and slices past their budget.
    pub unknown: usize,
}

/// A region that no test lies in.
#[derive(Debug, Clone)]
pub struct Gap {
    /// What their ids stand for.
    pub standing: Standing,
    /// The ids of its models; empty where there is no id, or one that stands for nothing.
    pub ids: Vec<String>,
    /// The endpoint.
    pub endpoint: String,
    /// What comes of its requests.
    pub what: What,
    /// How many classes of requests it has, by all that rules ask.
    pub classes: u64,
    /// One of its requests.
    pub sample: Draft,
}

/// What comes of the requests of a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The rule of this name refuses.
    Refused(String),
    /// These survive, each a region and an endpoint.
    Routes(Vec<String>),
}

impl Gap {
    /// Whom it is for, in words: the first of its ids stands for all of them.
    pub fn whom(&self) -> String {
        let id = match self.standing {
            Standing::Absent => "no id".to_owned(),
            Standing::Unknown => "an unknown id".to_owned(),
            Standing::Model => {
                let first = self.ids.first().map_or("", String::as_str);
                format!("`{first}`")
            }
        };
        let others = match self.ids.len() {
            0 | 1 => String::new(),
            many => format!(" and {} like it", many - 1),
        };
        format!("{id}{others} through `{}`", self.endpoint)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(rule) => write!(f, "refused by `{rule}`"),
            Self::Routes(to) => write!(f, "routed to {}", to.join(", ")),
        }
    }
}

/// An effective request that some test has: its id, its endpoint, and what comes of it.
type Key = (String, String, What);

pub(super) fn space(engine: &Engine, asked: &[Asked]) -> Space {
    let touched: BTreeSet<Key> = asked.iter().flat_map(|asked| keys(engine, asked)).collect();
    let mut space = Space::default();
    let surveyed = engine.survey(&[], |survey| {
        survey.each(&mut |chart| {
            let mut slice = Slice {
                engine,
                touched: &touched,
                space: &mut space,
            };
            slice.visit(chart)
        })
    });
    if !matches!(surveyed, Ok(Ok(()))) {
        space.unknown += 1;
    }
    space.gaps.sort_by_key(|gap| Reverse(gap.classes));
    space
}

struct Slice<'s> {
    engine: &'s Engine,
    touched: &'s BTreeSet<Key>,
    space: &'s mut Space,
}

impl Slice<'_> {
    fn visit(&mut self, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
        let rules: Vec<(RuleId, String)> = self
            .engine
            .policy()
            .rules()
            .filter(|(_, rule)| rule.kind.verdict().is_some())
            .map(|(id, rule)| (id, rule.name.to_string()))
            .collect();
        for (id, name) in rules {
            let region = chart.refused_by(true, &|rule| rule == id)?;
            self.region(chart, region, What::Refused(name));
        }
        let count = chart.candidates().len();
        let mut parts = vec![(chart.routes(true)?, Vec::new())];
        for candidate in (0..count).filter(|_| count <= CANDIDATES) {
            let survives = chart.survives(candidate, true)?;
            let name = self.candidate(chart, candidate);
            let mut finer = Vec::with_capacity(parts.len() * 2);
            for (region, names) in parts {
                let both = chart.and(region, survives)?;
                let rest = chart.without(region, survives)?;
                let with: Vec<String> = names.iter().cloned().chain([name.clone()]).collect();
                finer.extend(
                    [(both, with), (rest, names)]
                        .into_iter()
                        .filter(|(r, _)| !r.is_empty()),
                );
            }
            parts = finer;
        }
        for (region, mut names) in parts {
            names.sort();
            self.region(chart, region, What::Routes(names));
        }
        Ok(())
    }

    /// A candidate's region and endpoint.
    fn candidate(&self, chart: &Chart<'_>, candidate: usize) -> String {
        let route = chart.candidates().get(candidate).and_then(|position| {
            let member = chart.members().first()?;
            member.routes.get(usize::from(*position)).copied()
        });
        let name = route.and_then(|route| named(self.engine, route));
        let endpoint = route.and_then(|route| self.engine.catalog().endpoint(route.endpoint));
        let endpoint = endpoint.map_or("", |endpoint| &endpoint.name);
        let region = name.as_deref().and_then(|name| name.rsplit_once('@'));
        format!("{}/{endpoint}", region.map_or("", |(_, region)| region))
    }

    fn region(&mut self, chart: &mut Chart<'_>, region: Region, what: What) {
        if region.is_empty() {
            return;
        }
        let endpoint = self.engine.catalog().endpoint(chart.endpoint());
        let endpoint = endpoint.map_or(String::new(), |endpoint| endpoint.name.to_string());
        let members = chart.members();
        let touched = members.iter().any(|member| {
            let key = (
                id_of(chart.standing(), member.id),
                endpoint.clone(),
                what.clone(),
            );
            self.touched.contains(&key)
        });
        if touched {
            self.space.regions += 1;
            self.space.touched += 1;
            return;
        }
        let mut tries = TRIES;
        let mut sample = None;
        for member in members {
            chart.classes(region, member, &mut |class| {
                tries = tries.saturating_sub(1);
                sample = witness(self.engine, class).filter(|draft| self.shows(draft, &what));
                sample.is_none() && tries > 0
            });
            if sample.is_some() || tries == 0 {
                break;
            }
        }
        let Some(sample) = sample else {
            // Past the last class there is none; before it nobody knows.
            self.space.unknown += usize::from(tries == 0);
            return;
        };
        self.space.regions += 1;
        let ids = members.iter().filter(|member| !member.id.is_empty());
        let each = chart.count(region);
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        self.space.gaps.push(Gap {
            standing: chart.standing(),
            ids: ids.map(|member| member.id.to_owned()).collect(),
            endpoint,
            what,
            classes: each.saturating_mul(count),
            sample,
        });
    }

    /// Says whether a request can be posted, and comes out so.
    fn shows(&self, draft: &Draft, what: &What) -> bool {
        let posted = portolan_wire::write_request(draft, &nothing()).is_ok();
        let Ok(request) = self.engine.request(draft.clone()) else {
            return false;
        };
        posted && primary(self.engine, &request).as_ref() == Some(what)
    }
}

/// What an id is known by: a model's, or one word for those that stand for nothing.
fn id_of(standing: Standing, id: &str) -> String {
    match standing {
        Standing::Absent => "(absent)".to_owned(),
        Standing::Unknown => "(unknown)".to_owned(),
        Standing::Model => id.to_owned(),
    }
}

/// What comes of a request's own body, whatever is known about now.
fn primary(engine: &Engine, request: &Request) -> Option<What> {
    outcomes(engine, request).remove(&None)
}

/// What comes of the body and of each fallback.
fn outcomes(engine: &Engine, request: &Request) -> BTreeMap<Option<usize>, What> {
    let state = nothing();
    let name = |rule: RuleId| {
        let rule = engine.policy().rule(rule);
        What::Refused(rule.map_or(String::new(), |rule| rule.name.to_string()))
    };
    let mut found = BTreeMap::new();
    match engine.judge(request, &state).outcome {
        Outcome::Refuse(refusal) => {
            found.insert(None, name(refusal.rule));
        }
        Outcome::Route(plan) => {
            for dropped in &plan.dropped {
                found.insert(Some(dropped.fallback), name(dropped.rule));
            }
            for of in engine.trace(request, &state).requests {
                let survive = of.candidates.iter().map(|traced| &traced.candidate);
                let survive = survive.filter(|candidate| candidate.verdict == Verdict::Routed);
                let mut names: Vec<String> = survive
                    .map(|candidate| format!("{}/{}", candidate.region, candidate.endpoint))
                    .collect();
                names.sort();
                found.entry(of.fallback).or_insert(What::Routes(names));
            }
        }
    }
    found
}

/// What a test touches.
fn keys(engine: &Engine, asked: &Asked) -> Vec<Key> {
    let draft = &asked.draft;
    let catalog = engine.catalog();
    let endpoint = draft.endpoint.clone().or_else(|| {
        let default = catalog.endpoints.iter().find(|endpoint| endpoint.default);
        default.map(|endpoint| endpoint.name.to_string())
    });
    let Some(endpoint) = endpoint else {
        return Vec::new();
    };
    let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
    let id = |model: &Option<String>| match model {
        None => id_of(Standing::Absent, ""),
        Some(id) => {
            let id = id.strip_prefix(prefix).unwrap_or(id);
            if catalog.lookup(id, draft.at).value.is_some() {
                id.to_owned()
            } else {
                id_of(Standing::Unknown, "")
            }
        }
    };
    let outcomes = outcomes(engine, &asked.request).into_iter();
    let keys = outcomes.filter_map(|(fallback, what)| {
        let body = match fallback {
            None => &draft.body,
            Some(position) => draft.fallbacks.get(position)?,
        };
        Some((id(&body.model), endpoint.clone(), what))
    });
    keys.collect()
}
