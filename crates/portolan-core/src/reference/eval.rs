//! What a condition means for one effective request, one candidate, one state.
//!
//! Truth has three values here, because facts about now may be missing: a comparison with a
//! missing fact is neither true nor false, and a rule holds only where its condition is true.
//! While it reads, the evaluator keeps the next instant at which anything it read may change.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use std::cell::{Cell, RefCell};

use crate::catalog::{Catalog, Known, Route, earlier};
use crate::instant::Instant;
use crate::place::Place;
use crate::policy::{
    BodyField, Condition, EndpointFact, ModelFact, Policy, RouteFact, Rule, Scope, StateFact, Term,
    Value,
};
use crate::request::{
    AttributeValue, Auth, ChainFaultKind, Effective, FaultKind, Request, State, Usage,
};
use crate::syntax::ast::Comparison;

/// What was read, and what it was.
pub(crate) type Reads = RefCell<Vec<(Term, Option<Value>)>>;

/// Everything that a condition may read.
pub(crate) struct Facts<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) policy: &'a Policy,
    pub(crate) request: &'a Request,
    pub(crate) effective: &'a Effective,
    pub(crate) route: Option<Route>,
    pub(crate) state: &'a State,
    /// The next instant at which anything that was read may change.
    pub(crate) horizon: &'a Cell<Option<Instant>>,
    /// What was read, where somebody wants to know.
    pub(crate) reads: Option<&'a Reads>,
}

impl<'a> Facts<'a> {
    /// The same facts about another candidate.
    pub(crate) fn of(&self, route: Option<Route>) -> Facts<'a> {
        Facts { route, ..*self }
    }

    /// Says whether a rule is in force and its condition is true.
    pub(crate) fn holds(&self, rule: &Rule) -> bool {
        self.changes(rule.window.next_change(self.request.at));
        rule.window.contains(self.request.at) && self.truth(&rule.when) == Some(true)
    }

    /// The truth of a condition; `None` where a fact about now is missing.
    pub(crate) fn truth(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Constant(value) => Some(*value),
            Condition::And(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match self.truth(part) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = None,
                    }
                }
                all
            }
            Condition::Or(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match self.truth(part) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
            Condition::Not(inner) => self.truth(inner).map(|truth| !truth),
            Condition::IsSet(term) => Some(self.read(term).is_some()),
            Condition::Holds(term) => match self.read(term)? {
                Value::Bool(value) => Some(value),
                _ => Some(false),
            },
            Condition::Matches(term, glob) => {
                let text = match (term, self.read(term)?) {
                    (Term::Body(BodyField::Model), _) => {
                        self.effective.model_text.clone().unwrap_or_default()
                    }
                    (_, value) => self.text(&value),
                };
                Some(glob.matches(&text))
            }
            Condition::Compare(left, comparison, right) => {
                let a = self.read(left)?;
                let b = self.read(right)?;
                self.watch(left, &a, *comparison, right, &b);
                Some(self.compare(&a, *comparison, &b))
            }
        }
    }

    /// Reads a term and notes that it was read.
    fn read(&self, term: &Term) -> Option<Value> {
        let value = self.value(term);
        if let Some(reads) = self.reads
            && !matches!(term, Term::Constant(_))
        {
            let mut reads = reads.borrow_mut();
            if !reads.iter().any(|(read, _)| read == term) {
                reads.push((term.clone(), value.clone()));
            }
        }
        value
    }

    /// Notes an instant at which something that was read may change.
    pub(crate) fn changes(&self, at: Option<Instant>) {
        self.horizon.set(earlier(self.horizon.get(), at));
    }

    fn known<T>(&self, known: Known<T>) -> T {
        self.changes(known.next_change);
        known.value
    }

    /// Notes when a comparison of the request's instant with a date changes its truth.
    fn watch(&self, left: &Term, a: &Value, comparison: Comparison, right: &Term, b: &Value) {
        let (moved, dates) = match (moving(left), moving(right), a, b) {
            (Some(seconds), None, _, Value::Instant(date))
            | (None, Some(seconds), Value::Instant(date), _) => (seconds, vec![*date]),
            (Some(seconds), None, _, Value::Set(dates)) => {
                let date = |value: &Value| match value {
                    Value::Instant(date) => Some(*date),
                    _ => None,
                };
                (seconds, dates.iter().filter_map(date).collect())
            }
            _ => return,
        };
        let after = matches!(
            comparison,
            Comparison::Greater
                | Comparison::AtMost
                | Comparison::Equal
                | Comparison::NotEqual
                | Comparison::In
        );
        for date in dates {
            let flips = date.plus_seconds(-moved);
            let both = [Some(flips), after.then(|| flips.next())];
            for flip in both.into_iter().flatten() {
                if flip > self.request.at {
                    self.changes(Some(flip));
                }
            }
        }
    }

    fn compare(&self, a: &Value, comparison: Comparison, b: &Value) -> bool {
        match comparison {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            Comparison::Less => a < b,
            Comparison::AtMost => a <= b,
            Comparison::Greater => a > b,
            Comparison::AtLeast => a >= b,
            Comparison::In => matches!(b, Value::Set(set) if set.contains(a)),
            Comparison::SubsetOf => {
                matches!((a, b), (Value::Set(a), Value::Set(b)) if a.is_subset(b))
            }
            Comparison::Within => self.within(a, b),
            Comparison::Overlaps => match (a, b) {
                (Value::Set(a), Value::Set(b)) => !a.is_disjoint(b),
                _ => self.place(a).overlaps(self.place(b)),
            },
        }
    }

    /// Places by inclusion, retention by length; the unknown is within nothing.
    pub(crate) fn within(&self, a: &Value, b: &Value) -> bool {
        use crate::catalog::Retention;
        match (a, b) {
            (Value::Retention(Retention::Unknown), Value::Retention(_)) => false,
            (Value::Retention(a), Value::Retention(b)) => a <= b,
            _ => self.place(a).within(self.place(b)),
        }
    }

    /// The territories of a value at the request's instant.
    pub(crate) fn place(&self, value: &Value) -> Place {
        match value {
            Value::Places(names) => self.known(self.catalog.union(Some(names), self.request.at)),
            _ => Place::UNKNOWN,
        }
    }

    /// The value of a term, `None` where it is absent.
    pub(crate) fn value(&self, term: &Term) -> Option<Value> {
        let request = self.request;
        match term {
            Term::Constant(value) => Some(value.clone()),
            Term::Endpoint => Some(Value::Endpoint(request.caller.endpoint)),
            Term::At => Some(Value::Instant(request.at)),
            Term::Auth => Some(named(&Auth::NAMES, request.auth)),
            Term::AuthHeader => request.auth_header.as_deref().map(text),
            Term::Attribute(index) => {
                let value = request.caller.attributes.get(*index as usize)?.as_ref()?;
                Some(self.attribute(*index, value))
            }
            Term::Column(key, table, column) => {
                let Value::Row(_, row) = self.value(key)? else {
                    return None;
                };
                let table = self.policy.tables.get(*table as usize)?;
                table.rows.get(row as usize)?.get(*column as usize).cloned()
            }
            Term::Body(field) => self.body(*field),
            Term::OfModel(model, fact) => match self.value(model)? {
                Value::Model(id) => self.of_model(id, *fact),
                _ => None,
            },
            Term::OfEndpoint(endpoint, fact) => {
                let Value::Endpoint(id) = self.value(endpoint)? else {
                    return None;
                };
                let endpoint = self.catalog.endpoint(id)?;
                Some(match fact {
                    EndpointFact::Region => Value::Region(endpoint.region),
                    EndpointFact::Host => text(&endpoint.host),
                    EndpointFact::Ingress => {
                        self.changes(endpoint.ingress.next_change(request.at));
                        places(endpoint.ingress.at(request.at).cloned())
                    }
                })
            }
            Term::Route(fact) => self.of_route(self.route?, *fact),
            Term::State(scope, fact) => self.of_state(*scope, *fact),
            Term::Offset(inner, seconds) => match self.value(inner)? {
                Value::Instant(at) => Some(Value::Instant(at.plus_seconds(*seconds))),
                _ => None,
            },
            Term::Without(a, b) => match (self.value(a)?, self.value(b)?) {
                (Value::Set(a), Value::Set(b)) => {
                    Some(Value::Set(a.difference(&b).cloned().collect()))
                }
                _ => None,
            },
        }
    }

    fn attribute(&self, index: u32, value: &AttributeValue) -> Value {
        use crate::policy::Type;
        let of = self.policy.attributes.get(index as usize).map(|a| &a.of);
        match (value, of) {
            (AttributeValue::Bool(value), _) => Value::Bool(*value),
            (AttributeValue::Integer(value), _) => Value::Integer(*value),
            (AttributeValue::Text(value), _) => text(value),
            (AttributeValue::Row(row), Some(Type::Key(table))) => Value::Row(*table, *row),
            (AttributeValue::Choice(choice), Some(Type::Choice(words))) => {
                words.get(*choice as usize).map_or(text(""), |w| text(w))
            }
            (AttributeValue::Row(_) | AttributeValue::Choice(_), _) => text(""),
        }
    }

    fn body(&self, field: BodyField) -> Option<Value> {
        let body = &self.effective.body;
        let chain = &self.request.chain;
        let optional = |value: &Option<String>| value.as_deref().map(text);
        let set = |names: &std::collections::BTreeSet<String>| {
            Value::Set(names.iter().map(|n| text(n)).collect())
        };
        match field {
            BodyField::Model => {
                self.changes(self.effective.target_changes);
                match &self.effective.target {
                    Some(target) => Some(Value::Model(target.model)),
                    None => optional(&self.effective.model_text),
                }
            }
            BodyField::Messages => body.messages.then_some(Value::Bool(true)),
            BodyField::Prompt => body.prompt.then_some(Value::Bool(true)),
            BodyField::ModelRegion => optional(&body.model_region),
            BodyField::MaxTokens => body.max_tokens.map(Value::Integer),
            BodyField::InputTokens => Some(Value::Integer(body.input_tokens)),
            BodyField::InputTokensEstimated => Some(Value::Bool(body.input_tokens_estimated)),
            BodyField::TotalTokens => Some(Value::Integer(
                body.input_tokens
                    .saturating_add(body.max_tokens.unwrap_or(0).max(0)),
            )),
            BodyField::Temperature => body.temperature.map(Value::Decimal),
            BodyField::TopP => body.top_p.map(Value::Decimal),
            BodyField::Stream => Some(Value::Bool(body.stream)),
            BodyField::ToolChoice => optional(&body.tool_choice),
            BodyField::ResponseFormat => optional(&body.response_format),
            BodyField::ReasoningEffort => optional(&body.reasoning_effort),
            BodyField::ServiceTier => optional(&body.service_tier),
            BodyField::ZeroDataRetention => body.zero_data_retention.map(Value::Bool),
            BodyField::TranscriptId => optional(&body.transcript_id),
            BodyField::HasTranscriptId => Some(Value::Bool(body.transcript_id.is_some())),
            BodyField::TranscriptIdMalformed => Some(Value::Bool(body.transcript_id_malformed)),
            BodyField::HasTranscriptTag => Some(Value::Bool(body.has_transcript_tag)),
            BodyField::PostProcessing => Some(set(&body.post_processing)),
            BodyField::Content => Some(set(&body.content)),
            BodyField::ToolTypes => Some(set(&body.tool_types)),
            BodyField::Parameters => Some(set(&body.parameters)),
            BodyField::Fault => Some(match body.faults.first() {
                Some(fault) => named(&FaultKind::NAMES, fault.kind),
                None => text("none"),
            }),
            BodyField::FaultPath => body
                .faults
                .first()
                .filter(|f| !f.path.is_empty())
                .map(|f| text(&f.path)),
            BodyField::FaultDetail => body.faults.first().map(|f| text(&f.detail)),
            BodyField::FallbackDepth => chain.depth.map(Value::Integer),
            BodyField::FallbackRetry => chain.retry.map(Value::Bool),
            BodyField::FallbackCount => Some(Value::Integer(chain.count)),
            BodyField::FallbackFault => Some(match &chain.fault {
                Some(fault) => named(&ChainFaultKind::NAMES, fault.kind),
                None => text("none"),
            }),
        }
    }

    fn of_model(&self, id: crate::catalog::ModelId, fact: ModelFact) -> Option<Value> {
        let model = self.catalog.model(id)?;
        let at = self.request.at;
        let tokens = |n: &u64| Value::Integer(i64::try_from(*n).unwrap_or(i64::MAX));
        match fact {
            ModelFact::Maker => model.maker.map(Value::Maker),
            ModelFact::Released => model.released.map(Value::Instant),
            ModelFact::Retires => model.retires.map(Value::Instant),
            ModelFact::Successor => model.successor.map(Value::Model),
            ModelFact::ContextWindow => {
                self.changes(model.context_window.next_change(at));
                model.context_window.at(at).map(tokens)
            }
            ModelFact::MaxOutput => {
                self.changes(model.max_output.next_change(at));
                model.max_output.at(at).map(tokens)
            }
            ModelFact::Capabilities => {
                self.changes(model.capabilities.next_change(at));
                Some(names(
                    model.capabilities.at(at).cloned().unwrap_or_default(),
                ))
            }
            ModelFact::Parameters => {
                self.changes(model.parameters.next_change(at));
                model.parameters.at(at).cloned().map(names)
            }
        }
    }

    /// The price of a candidate for the tokens and tier of the effective request.
    pub(crate) fn price(&self, route: Route) -> Known<crate::catalog::Price> {
        self.price_in(route, self.effective.body.service_tier.as_deref())
    }

    /// The price of a candidate for the tokens of the effective request in a service tier.
    pub(crate) fn price_in(
        &self,
        route: Route,
        tier: Option<&str>,
    ) -> Known<crate::catalog::Price> {
        let input = u64::try_from(self.effective.body.input_tokens).unwrap_or(0);
        self.catalog.price(route, self.request.at, input, tier)
    }

    fn of_route(&self, route: Route, fact: RouteFact) -> Option<Value> {
        let catalog = self.catalog;
        let at = self.request.at;
        let offering = catalog.offering(route.offering)?;
        let tokens = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        match fact {
            RouteFact::Model => Some(Value::Model(offering.model)),
            RouteFact::Maker => catalog.model(offering.model)?.maker.map(Value::Maker),
            RouteFact::Providers => Some(Value::Set(
                offering
                    .providers
                    .iter()
                    .map(|p| Value::Provider(*p))
                    .collect(),
            )),
            RouteFact::Region => Some(Value::Region(offering.region)),
            RouteFact::Endpoint => Some(Value::Endpoint(route.endpoint)),
            RouteFact::Processing => Some(places(self.known(catalog.processing(route, at)))),
            RouteFact::Storage => Some(places(self.known(catalog.storage(route, at)))),
            RouteFact::Ingress => Some(places(self.known(catalog.ingress(route, at)))),
            RouteFact::Retention => {
                Some(Value::Retention(self.known(catalog.retention(route, at))))
            }
            RouteFact::UpstreamId => Some(text(catalog.upstream_id(route))),
            RouteFact::ContextWindow => self.known(catalog.context_window(route, at)).map(tokens),
            RouteFact::MaxOutput => self.known(catalog.max_output(route, at)).map(tokens),
            RouteFact::Capabilities => Some(names(self.known(catalog.capabilities(route, at)))),
            RouteFact::Parameters => self.known(catalog.parameters(route, at)).map(names),
            RouteFact::From => offering.window.from.map(Value::Instant),
            RouteFact::Until => offering.window.until.map(Value::Instant),
            RouteFact::PriceChanges => {
                let price = self.price(route);
                self.changes(price.next_change);
                price.next_change.map(Value::Instant)
            }
            RouteFact::Multiplier => self.known(self.price(route)).multiplier.map(Value::Decimal),
            RouteFact::PriceInput => self.known(self.price(route)).input.map(Value::Decimal),
            RouteFact::PriceOutput => self.known(self.price(route)).output.map(Value::Decimal),
            RouteFact::PriceCacheRead => {
                self.known(self.price(route)).cache_read.map(Value::Decimal)
            }
            RouteFact::PriceCacheWrite => self
                .known(self.price(route))
                .cache_write
                .map(Value::Decimal),
            RouteFact::Score(score) => self
                .known(catalog.score(offering.model, score, at))
                .map(Value::Decimal),
        }
    }

    fn of_state(&self, scope: Scope, fact: StateFact) -> Option<Value> {
        let usage = self.usage(scope)?;
        match fact {
            StateFact::Healthy => usage.healthy.map(Value::Bool),
            StateFact::Used => usage.used.map(Value::Integer),
        }
    }

    /// What is known now about the candidate or its model.
    pub(crate) fn usage(&self, scope: Scope) -> Option<Usage> {
        let route = self.route?;
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

    /// A value as text: what a message shows.
    pub(crate) fn text(&self, value: &Value) -> String {
        crate::reference::display(value, self.catalog, self.policy)
    }
}

/// Seconds by which a term is the request's instant moved; `None` for any other term.
fn moving(term: &Term) -> Option<i64> {
    match term {
        Term::At => Some(0),
        Term::Offset(inner, seconds) => moving(inner).map(|more| more.saturating_add(*seconds)),
        _ => None,
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn names(words: crate::catalog::Names) -> Value {
    let words = std::sync::Arc::unwrap_or_clone(words);
    Value::Set(words.into_iter().map(Value::Text).collect())
}

fn places(names: Option<Vec<crate::place::PlaceId>>) -> Value {
    names.map_or(Value::UnknownPlace, Value::Places)
}

fn named<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> Value {
    text(
        names
            .iter()
            .find(|(_, v)| *v == value)
            .map_or("", |(name, _)| name),
    )
}
