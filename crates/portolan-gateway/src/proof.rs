//! The proof that stands before the first call: no listener reaches an upstream outside its lock.
//!
//! Two parts. That every attempt of every plan meets every lock is asked of the policy itself, over
//! all requests, by `portolan-verify`. That a plan's attempts go where the catalog says holds by
//! construction, but for upstreams that a configuration puts in the place of a catalog's host: each
//! states its place, and that must lie within where the endpoint itself receives requests, from now
//! on and for good. Then whatever a lock says of the endpoint holds of what stands in its place.
//!
//! What is assumed is said with it: places are taken from the catalog and the configuration.

use portolan_core::catalog::{EndpointId, earlier};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::limits;
use portolan_core::place::PlaceId;
use portolan_core::policy::Goal;
use portolan_core::request::{Draft, State};
use portolan_core::text::{echo, join};
use portolan_verify::prove::{Asking, Outcome, prove_and_theorems};
use portolan_verify::theorems::{self, Law, Theorem};

use crate::config::passing::{Host, Passing};
use crate::config::{Config, Instead};
use crate::fences::{Way, lock_before};

/// What was asked and what came of it, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// One line for what holds, and for what is assumed.
    pub lines: Vec<String>,
    /// One line for what does not hold or is not known. The proof stands when there is none.
    pub problems: Vec<String>,
}

impl Proof {
    /// Says whether everything holds.
    pub fn stands(&self) -> bool {
        self.problems.is_empty()
    }

    fn put(&mut self, holds: bool, line: String) {
        if holds {
            self.lines.push(line);
        } else {
            self.problems.push(line);
        }
    }
}

/// Where calls go in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To upstreams over the network.
    Network,
    /// To the mock of this process: nothing leaves it.
    Mock,
}

/// Asks everything, for calls from an instant on.
pub fn prove(engine: &Engine, config: &Config, to: Destination, from: Instant) -> Proof {
    let mut proof = Proof::default();
    of_policy(engine, &mut proof);
    let reach = reach(engine, config, to, from);
    proof.lines.extend(reach.lines);
    proof.problems.extend(reach.problems);
    proof
}

/// Asks the configuration alone: where its listeners reach, and what stands in the place of the
/// catalog's hosts. For whoever has asked the policy already.
pub fn reach(engine: &Engine, config: &Config, to: Destination, from: Instant) -> Proof {
    let mut proof = Proof::default();
    for listener in &config.listeners {
        for name in listener.endpoints() {
            let Some(id) = engine.catalog().endpoint_named(name) else {
                let problem = format!("the catalog has no endpoint `{}`", echo(name));
                proof.problems.push(problem);
                continue;
            };
            let place = ingress(engine, id, from);
            let line = format!(
                "listener {}: endpoint `{}`, received in {place}, called at {}",
                listener.address,
                echo(name),
                called(engine, config, to, id)
            );
            proof.lines.push(line);
        }
    }
    if to == Destination::Network {
        for (name, upstream) in &config.upstreams {
            let id = engine.catalog().endpoint_named(name);
            if let (Some(id), Some(instead)) = (id, &upstream.instead) {
                overridden(engine, id, instead, from, &mut proof);
            }
        }
    }
    for passing in &config.passing {
        for host in &passing.hosts {
            passed(engine, config, passing, host, (to, from), &mut proof);
        }
    }
    if let Some(traces) = &config.traces {
        proof.lines.push(format!(
            "spans of calls go to `{}`: ids, names and numbers, and no word of a call or an answer",
            echo(&traces.url)
        ));
    }
    proof.lines.push(
        "assumed: endpoints and upstreams are where the catalog and the configuration say, and \
         so is what calls pass through to; no name is looked up and no address located"
            .to_owned(),
    );
    proof
}

/// The policy's part: the law that locks hold, and what the policy claims by itself. A comparison
/// with another policy is its author's to make.
fn of_policy(engine: &Engine, proof: &mut Proof) {
    let proves = engine.policy().proves.iter().enumerate();
    let own = proves.filter(|(_, prove)| !matches!(prove.goal, Goal::SameDecisionAs { .. }));
    let wanted: Vec<usize> = own.map(|(position, _)| position).collect();
    let posted = |draft: &Draft| portolan_wire::write_request(draft, &State::default()).is_ok();
    let asking = Asking {
        wanted: &wanted,
        posted: &posted,
        other: &|_| None,
    };
    let (answers, theorems) = prove_and_theorems(engine, asking);
    locks(&theorems, proof);
    for answer in answers {
        let prove = engine.policy().proves.get(answer.prove);
        let name = prove.map_or("", |prove| &*prove.name);
        match &answer.outcome {
            Outcome::Proved => proof.lines.push(format!("proved: `{name}`")),
            Outcome::Refuted(refutation) => proof.problems.push(format!(
                "refuted: `{name}`, by the request {}",
                request(&refutation.draft)
            )),
            Outcome::Inconclusive(_) => {
                proof.problems.push(format!("not known: `{name}`"));
            }
        }
    }
}

/// Every attempt of every plan meets every lock that applies to it.
fn locks(theorems: &[Theorem], proof: &mut Proof) {
    let Some(theorem) = theorems.iter().find(|t| t.law == Law::LocksHold) else {
        let problem = "not known: `locks-hold`: the policy asks for more than a limit allows";
        proof.problems.push(problem.to_owned());
        return;
    };
    let name = theorem.law.name();
    match &theorem.outcome {
        theorems::Outcome::Holds => proof.lines.push(format!(
            "proved: `{name}`: every attempt of every request meets every lock that applies to it"
        )),
        theorems::Outcome::Violated(violation) => proof.problems.push(format!(
            "violated: `{name}`, by the request {}",
            request(&violation.draft)
        )),
        theorems::Outcome::Unknown(_) => {
            proof.problems.push(format!("not known: `{name}`"));
        }
    }
}

fn request(draft: &Draft) -> String {
    portolan_wire::write_request(draft, &State::default()).unwrap_or_default()
}

/// What stands in the place of an endpoint's host is where that endpoint is, at every instant.
fn overridden(
    engine: &Engine,
    id: EndpointId,
    instead: &Instead,
    from: Instant,
    proof: &mut Proof,
) {
    let catalog = engine.catalog();
    let Some(endpoint) = catalog.endpoint(id) else {
        return;
    };
    let place = catalog.places.name(instead.place);
    let outside = outside(engine, id, instead.place, from);
    let name = echo(&endpoint.name);
    let origin = echo(&instead.origin);
    match outside {
        None => proof.put(
            true,
            format!(
                "proved: `{origin}`, in `{place}`, lies within where endpoint `{name}` receives"
            ),
        ),
        Some(at) => proof.put(
            false,
            format!(
                "`{origin}` stands for endpoint `{name}` and is in `{place}`, which is not within \
                 {} on {}",
                ingress(engine, id, at),
                at.short()
            ),
        ),
    }
}

/// The first instant from which on a place is not within where an endpoint receives requests.
fn outside(engine: &Engine, id: EndpointId, place: PlaceId, from: Instant) -> Option<Instant> {
    let catalog = engine.catalog();
    let endpoint = catalog.endpoint(id)?;
    let (mut at, mut left) = (from, limits::FACT_PERIODS * limits::PLACE_PERIODS);
    loop {
        let own = catalog.union(endpoint.ingress.at(at).map(Vec::as_slice), at);
        let other = catalog.union(Some(&[place]), at);
        if !other.value.within(own.value) {
            return Some(at);
        }
        let next = earlier(own.next_change, other.next_change);
        let next = earlier(next, endpoint.ingress.next_change(at));
        left = left.saturating_sub(1);
        at = next.filter(|next| *next > at && left > 0)?;
    }
}

/// What passes through stays where its endpoint receives, at every instant; and who may pass.
fn passed(
    engine: &Engine,
    config: &Config,
    passing: &Passing,
    host: &Host,
    (to, from): (Destination, Instant),
    proof: &mut Proof,
) {
    let catalog = engine.catalog();
    let Some(id) = catalog.endpoint_named(&passing.endpoint) else {
        return;
    };
    let (path, name) = (echo(&passing.name), echo(&passing.endpoint));
    let place = catalog.places.name(host.place);
    let origin = match to {
        Destination::Network => format!("`{}`", echo(&host.origin)),
        Destination::Mock => "the mock of this process".to_owned(),
    };
    let outside = outside(engine, id, host.place, from);
    if let Some(at) = outside {
        let received = ingress(engine, id, at);
        proof.problems.push(format!(
            "`/{path}` passes through endpoint `{name}` to {origin}, in `{place}`, which is not \
             within {received} on {}",
            at.short()
        ));
        return;
    }
    proof.lines.push(format!(
        "proved: `/{path}` passes to {origin}, in `{place}`, within where endpoint `{name}` receives"
    ));
    for called in called_endpoints(config) {
        let way = Way {
            called,
            through: &passing.endpoint,
            place: host.place,
        };
        let who = who(engine, config, way, from);
        let called = echo(called);
        proof.lines.push(format!(
            "`/{path}` to {origin}, called through endpoint `{called}`: {who}; every lock is asked \
             at every call"
        ));
    }
}

/// The endpoints that listeners serve, each once.
fn called_endpoints(config: &Config) -> Vec<&str> {
    let mut names: Vec<&str> = config
        .listeners
        .iter()
        .flat_map(|l| l.endpoints())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Who passes now, and what refuses the others.
fn who(engine: &Engine, config: &Config, way: Way<'_>, at: Instant) -> String {
    let judged = |attributes: &_| match lock_before(engine, way, attributes, at) {
        Ok(None) => None,
        Ok(Some(rule)) => Some(format!("`{}`", echo(&rule.name))),
        Err(errors) => Some(echo(&errors.to_string())),
    };
    let Some(keys) = &config.keys else {
        return match judged(&config.attributes) {
            None => "open".to_owned(),
            Some(lock) => format!("refused by {lock}"),
        };
    };
    let open = keys.rows.values().filter(|row| {
        let mut attributes = config.attributes.clone();
        attributes.insert(keys.attribute.clone(), row.row.clone());
        row.upstreams.contains_key(way.through) && judged(&attributes).is_none()
    });
    format!("open to {} of {} keys", open.count(), keys.rows.len())
}

/// Where an endpoint receives requests, by name.
fn ingress(engine: &Engine, id: EndpointId, at: Instant) -> String {
    let catalog = engine.catalog();
    let places = catalog
        .endpoint(id)
        .and_then(|endpoint| endpoint.ingress.at(at));
    let names = places.map(|places| {
        let names = places
            .iter()
            .map(|id| format!("`{}`", catalog.places.name(*id)));
        join(&names.collect::<Vec<_>>(), "and")
    });
    names.unwrap_or_else(|| "a place that nobody states".to_owned())
}

/// Which addresses the plans of an endpoint's calls name.
fn called(engine: &Engine, config: &Config, to: Destination, id: EndpointId) -> String {
    if to == Destination::Mock {
        return "the mock of this process".to_owned();
    }
    let catalog = engine.catalog();
    let any = engine.policy().through_any_endpoint;
    let reached = catalog.endpoints.iter().enumerate();
    let reached = reached.filter(|(index, _)| any || *index == id.index());
    let origins = reached.map(|(_, endpoint)| {
        let upstream = config.upstreams.get(&*endpoint.name);
        let instead = upstream.and_then(|upstream| upstream.instead.as_ref());
        match instead {
            Some(instead) => format!("`{}`", echo(&instead.origin)),
            None => format!("`{}`", echo(&endpoint.host)),
        }
    });
    join(&origins.collect::<Vec<_>>(), "or")
}
