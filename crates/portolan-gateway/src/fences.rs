//! Which locks of a policy stand before a host that calls pass through to.
//!
//! Such a call names no model and has no route, so no plan is made for it. But it has a caller and
//! an endpoint, and it goes to a place. It is taken for a call that opts into nothing: a lock that
//! applies to that must hold of the host, which processes and stores where it is, and receives
//! there and wherever the caller's own endpoint does. Of its retention nothing is known.
//!
//! It is judged for the endpoint that was called and for the one that it passes through: whoever is
//! kept in a place by either is kept there.

use std::collections::BTreeMap;

use portolan_core::catalog::Catalog;
use portolan_core::engine::{About, Engine};
use portolan_core::instant::Instant;
use portolan_core::place::PlaceId;
use portolan_core::policy::{Condition, LockFact, Rule, RuleKind, Term, Value};
use portolan_core::request::{Draft, Request, RequestErrors, State};
use portolan_core::syntax::ast::Comparison;

/// Where a call comes in, and where it would go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    /// The endpoint that was called.
    pub(crate) called: &'a str,
    /// The endpoint that the host is of.
    pub(crate) through: &'a str,
    /// Where the host is.
    pub(crate) place: PlaceId,
}

/// The first lock that applies to a caller and that a host does not meet.
///
/// # Errors
/// When the caller is none of the policy's.
pub(crate) fn lock_before<'e>(
    engine: &'e Engine,
    way: Way<'_>,
    attributes: &BTreeMap<String, String>,
    at: Instant,
) -> Result<Option<&'e Rule>, RequestErrors> {
    let mut endpoints = vec![way.called];
    if way.through != way.called {
        endpoints.push(way.through);
    }
    for endpoint in endpoints {
        let mut draft = Draft::new("", at);
        draft.body.model = None;
        draft.endpoint = Some(endpoint.to_owned());
        draft.attributes.clone_from(attributes);
        let request = engine.request(draft)?;
        let judge = Judge {
            engine,
            request: &request,
            way,
            at,
        };
        let rules = engine.policy().rules().map(|(_, rule)| rule);
        if let Some(rule) = rules.into_iter().find(|rule| judge.breaks(rule)) {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

struct Judge<'a> {
    engine: &'a Engine,
    request: &'a Request,
    way: Way<'a>,
    at: Instant,
}

impl Judge<'_> {
    fn breaks(&self, rule: &Rule) -> bool {
        let RuleKind::Lock { facts, bound, .. } = &rule.kind else {
            return false;
        };
        // Whatever is not known to be false applies.
        let applies = rule.window.contains(self.at) && self.truth(&rule.when) != Some(false);
        applies && !facts.iter().all(|fact| self.meets(*fact, bound))
    }

    fn meets(&self, fact: LockFact, bound: &Term) -> bool {
        let places = match fact {
            LockFact::Processing | LockFact::Storage => Some(vec![self.way.place]),
            LockFact::Ingress => self.received(),
            LockFact::Retention => None,
        };
        let Some(places) = places else {
            return false;
        };
        let places = Term::Constant(Value::Places(places));
        let within = Condition::Compare(places, Comparison::Within, bound.clone());
        self.truth(&within) == Some(true)
    }

    /// Where the call is received: at the endpoint that was called, and at the host.
    fn received(&self) -> Option<Vec<PlaceId>> {
        let mut places = ingress(self.engine.catalog(), self.way.called, self.at)?;
        places.push(self.way.place);
        Some(places)
    }

    fn truth(&self, condition: &Condition) -> Option<bool> {
        let state = &State::default();
        let about = About {
            request: self.request,
            state,
            fallback: None,
            route: None,
        };
        self.engine.truth(about, condition)
    }
}

fn ingress(catalog: &Catalog, endpoint: &str, at: Instant) -> Option<Vec<PlaceId>> {
    let endpoint = catalog.endpoint(catalog.endpoint_named(endpoint)?)?;
    endpoint.ingress.at(at).cloned()
}
