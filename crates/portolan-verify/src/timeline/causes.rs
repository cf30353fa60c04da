//! Why an answer changes at an instant: facts of the catalog and rules that begin or end then, as
//! far as the rules at hand read them.

use portolan_core::catalog::{Catalog, ModelId, Offering, PriceRow};
use portolan_core::engine::Engine;
use portolan_core::instant::{Dated, Instant, Window};
use portolan_core::policy::{
    Condition, EndpointFact, LockFact, ModelFact, Policy, RouteFact, Rule, RuleKind, Term, Value,
};

use super::{Asked, What};

/// Something that happens at an instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The model can no longer be called.
    Retires(String),
    /// The model can be called.
    Released(String),
    /// The model is offered in the region.
    Offered {
        /// The model.
        model: String,
        /// The region.
        region: String,
        /// Offered from now on, or no more.
        now: bool,
    },
    /// The price of the model, in one region where it has prices of its own.
    Price {
        /// The model.
        model: String,
        /// The region.
        region: Option<String>,
    },
    /// What list prices are multiplied by in the region, of one model where it has its own.
    Multiplier {
        /// The region.
        region: String,
        /// The model.
        model: Option<String>,
    },
    /// Another dated fact.
    Fact {
        /// Which: `processing`.
        fact: &'static str,
        /// Of what kind of thing: `region`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A named place has other territories.
    Place(String),
    /// The rule comes into force.
    RuleFrom(String),
    /// The rule is no longer in force.
    RuleUntil(String),
    /// The rule names this instant.
    RuleNames(String),
    /// Something happens so many seconds later, or earlier, and the rule asks for that.
    Ahead {
        /// So many seconds.
        seconds: i64,
        /// It lies ahead; it is past where this is false.
        ahead: bool,
        /// What happens then.
        of: Box<Cause>,
    },
    /// The id comes to stand for something else.
    Alias(String),
}

/// What kind of fact a rule reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Retires,
    Released,
    Offered,
    Price,
    Processing,
    Storage,
    Ingress,
    Retention,
    Context,
    Output,
    Capabilities,
    Parameters,
    Score,
}

/// The causes of a change at an instant.
pub(super) fn of(
    engine: &Engine,
    id: &Asked,
    model: Option<ModelId>,
    what: &What,
    at: Instant,
) -> Vec<Cause> {
    let (catalog, policy) = (engine.catalog(), engine.policy());
    let rules: Vec<&Rule> = policy
        .rules
        .iter()
        .filter(|rule| concerns(what, rule))
        .collect();
    let mut reads: Vec<Read> = Vec::new();
    let mut shifts: Vec<i64> = Vec::new();
    let mut causes = Vec::new();
    for rule in &rules {
        of_rule(rule, at, &mut causes);
        for term in terms(rule) {
            reads.extend(read(term));
            if let Term::Offset(_, seconds) = term {
                shifts.push(*seconds);
            }
        }
        reads.extend(demanded(rule));
    }
    reads.extend(shown(policy, what));
    let wanted = |found: Vec<(Read, Cause)>| {
        let found = found.into_iter().filter(|(kind, _)| reads.contains(kind));
        found.map(|(_, cause)| cause).collect::<Vec<_>>()
    };
    causes.extend(wanted(facts(catalog, model, at)));
    for seconds in shifts {
        for moved in [seconds, -seconds] {
            let then = at.plus_seconds(moved);
            let of = wanted(facts(catalog, model, then)).into_iter();
            causes.extend(of.map(|cause| Cause::Ahead {
                seconds: moved.saturating_abs(),
                ahead: moved > 0,
                of: Box::new(cause),
            }));
        }
    }
    if let (What::Means, Asked::Id(id)) = (what, id) {
        causes.push(Cause::Alias(id.to_string()));
    }
    if causes.is_empty() {
        // What the rules at hand do not read: another candidate got further.
        causes.extend(
            facts(catalog, model, at)
                .into_iter()
                .map(|(_, cause)| cause),
        );
        policy
            .rules
            .iter()
            .for_each(|rule| of_rule(rule, at, &mut causes));
    }
    causes.sort();
    causes.dedup();
    causes
}

/// Says whether a rule may be behind a change.
fn concerns(what: &What, rule: &Rule) -> bool {
    let with = |code: &(u16, Box<str>)| {
        let verdict = rule.kind.verdict();
        verdict.is_some_and(|v| v.status == code.0 && v.code == code.1)
    };
    match what {
        What::Stops { code } | What::Starts { code } => with(code),
        What::RefusedOtherwise { before, after } => with(before) || with(after),
        What::Loses(_) | What::Gains(_) => rule.kind.verdict().is_some(),
        What::Warns { code, .. } => rule.kind.code() == &**code,
        What::Sets { .. } => matches!(rule.kind, RuleKind::Set { .. }),
        What::Limits { .. } => matches!(rule.kind, RuleKind::Limit { .. }),
        What::Retries { .. } => matches!(rule.kind, RuleKind::Retry { .. }),
        What::Reordered | What::Priced { .. } | What::Placed(_) | What::Means => false,
    }
}

/// What an answer shows without any rule.
fn shown(policy: &Policy, what: &What) -> Vec<Read> {
    match what {
        What::Priced { .. } => vec![Read::Price],
        What::Placed(_) => vec![Read::Processing, Read::Storage],
        What::Reordered => {
            let keys = policy.prefer.iter().flat_map(|key| key.term.walk());
            keys.filter_map(read).collect()
        }
        What::Stops { .. }
        | What::Starts { .. }
        | What::RefusedOtherwise { .. }
        | What::Loses(_)
        | What::Gains(_)
        | What::Warns { .. }
        | What::Sets { .. }
        | What::Limits { .. }
        | What::Retries { .. }
        | What::Means => Vec::new(),
    }
}

/// A rule that begins, ends or names the instant.
fn of_rule(rule: &Rule, at: Instant, causes: &mut Vec<Cause>) {
    let name = || rule.name.to_string();
    if rule.window.from == Some(at) {
        causes.push(Cause::RuleFrom(name()));
    }
    if rule.window.until == Some(at) {
        causes.push(Cause::RuleUntil(name()));
    }
    let named = |term: &Term| {
        if let Term::Constant(Value::Instant(named)) = term {
            *named == at || named.next() == at
        } else {
            false
        }
    };
    if terms(rule).into_iter().any(named) {
        causes.push(Cause::RuleNames(name()));
    }
}

/// Every term of a rule's condition.
fn terms(rule: &Rule) -> Vec<&Term> {
    let mut found = Vec::new();
    walk(&rule.when, &mut found);
    found
}

fn walk<'r>(condition: &'r Condition, found: &mut Vec<&'r Term>) {
    match condition {
        Condition::Constant(_) => {}
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                walk(part, found);
            }
        }
        Condition::Not(inner) => walk(inner, found),
        Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => {
            found.extend(term.walk());
        }
        Condition::Compare(a, _, b) => {
            found.extend(a.walk());
            found.extend(b.walk());
        }
    }
}

/// What a lock, or the point that a model is not offered, reads without a condition.
fn demanded(rule: &Rule) -> Vec<Read> {
    if let RuleKind::Lock { facts, .. } = &rule.kind {
        let facts = facts.iter().map(|fact| match fact {
            LockFact::Processing => Read::Processing,
            LockFact::Storage => Read::Storage,
            LockFact::Ingress => Read::Ingress,
            LockFact::Retention => Read::Retention,
        });
        return facts.collect();
    }
    if let RuleKind::NotOffered(_) = rule.kind {
        return vec![Read::Offered];
    }
    Vec::new()
}

fn read(term: &Term) -> Option<Read> {
    match term {
        Term::OfModel(_, fact) => match fact {
            ModelFact::Released => Some(Read::Released),
            ModelFact::Retires => Some(Read::Retires),
            ModelFact::ContextWindow => Some(Read::Context),
            ModelFact::MaxOutput => Some(Read::Output),
            ModelFact::Capabilities => Some(Read::Capabilities),
            ModelFact::Parameters => Some(Read::Parameters),
            ModelFact::Maker | ModelFact::Successor => None,
        },
        Term::OfEndpoint(_, EndpointFact::Ingress) => Some(Read::Ingress),
        Term::Route(fact) => match fact {
            RouteFact::Processing => Some(Read::Processing),
            RouteFact::Storage => Some(Read::Storage),
            RouteFact::Ingress => Some(Read::Ingress),
            RouteFact::Retention => Some(Read::Retention),
            RouteFact::ContextWindow => Some(Read::Context),
            RouteFact::MaxOutput => Some(Read::Output),
            RouteFact::Capabilities => Some(Read::Capabilities),
            RouteFact::Parameters => Some(Read::Parameters),
            RouteFact::From | RouteFact::Until => Some(Read::Offered),
            RouteFact::PriceChanges
            | RouteFact::Multiplier
            | RouteFact::PriceInput
            | RouteFact::PriceOutput
            | RouteFact::PriceCacheRead
            | RouteFact::PriceCacheWrite => Some(Read::Price),
            RouteFact::Score(_) => Some(Read::Score),
            RouteFact::Model
            | RouteFact::Maker
            | RouteFact::Providers
            | RouteFact::Region
            | RouteFact::Endpoint
            | RouteFact::UpstreamId => None,
        },
        Term::OfEndpoint(_, EndpointFact::Region | EndpointFact::Host)
        | Term::Constant(_)
        | Term::Endpoint
        | Term::At
        | Term::Auth
        | Term::AuthHeader
        | Term::Attribute(_)
        | Term::Column(..)
        | Term::Body(_)
        | Term::State(..)
        | Term::Offset(..)
        | Term::Without(..) => None,
    }
}

/// What happens to a model, or to all, at an instant.
struct Happening<'c> {
    catalog: &'c Catalog,
    at: Instant,
    found: Vec<(Read, Cause)>,
}

fn facts(catalog: &Catalog, model: Option<ModelId>, at: Instant) -> Vec<(Read, Cause)> {
    let mut happening = Happening {
        catalog,
        at,
        found: Vec::new(),
    };
    if let Some(id) = model {
        happening.model(id);
    }
    happening.everywhere();
    happening.found
}

impl Happening<'_> {
    fn on(&self, window: Window) -> bool {
        window.from == Some(self.at) || window.until == Some(self.at)
    }

    fn priced(&self, rows: &[PriceRow]) -> bool {
        rows.iter().any(|row| self.on(row.window))
    }

    /// A dated fact of something with a name.
    fn dated<T>(
        &mut self,
        fact: &Dated<T>,
        (read, word): (Read, &'static str),
        (kind, name): (&'static str, &str),
    ) {
        if fact.periods().iter().any(|(window, _)| self.on(*window)) {
            let cause = Cause::Fact {
                fact: word,
                kind,
                name: name.to_owned(),
            };
            self.found.push((read, cause));
        }
    }

    fn model(&mut self, id: ModelId) {
        let catalog = self.catalog;
        let Some(model) = catalog.model(id) else {
            return;
        };
        let name = || model.id.to_string();
        if model.retires == Some(self.at) {
            self.found.push((Read::Retires, Cause::Retires(name())));
        }
        if model.released == Some(self.at) {
            self.found.push((Read::Released, Cause::Released(name())));
        }
        if self.priced(&model.price) {
            let cause = Cause::Price {
                model: name(),
                region: None,
            };
            self.found.push((Read::Price, cause));
        }
        let of = ("model", &*model.id);
        self.dated(&model.context_window, CONTEXT, of);
        self.dated(&model.max_output, OUTPUT, of);
        self.dated(&model.capabilities, CAPABILITIES, of);
        self.dated(&model.parameters, PARAMETERS, of);
        for (position, kind) in (0u32..).zip(&catalog.scores) {
            let score = model.scores.get(portolan_core::catalog::ScoreId(position));
            if score.is_some_and(|score| score.periods().iter().any(|(w, _)| self.on(*w))) {
                let cause = Cause::Fact {
                    fact: "score",
                    kind: "model",
                    name: format!("{}, {}", model.id, kind.name),
                };
                self.found.push((Read::Score, cause));
            }
        }
        for offering in &model.offerings {
            if let Some(offering) = catalog.offering(*offering) {
                self.offering(&model.id, offering);
            }
        }
    }

    fn offering(&mut self, model: &str, offering: &Offering) {
        let region = self.catalog.region(offering.region);
        let region = region.map_or("", |region| &region.name);
        for (end, now) in [(offering.window.from, true), (offering.window.until, false)] {
            if end == Some(self.at) {
                let cause = Cause::Offered {
                    model: model.to_owned(),
                    region: region.to_owned(),
                    now,
                };
                self.found.push((Read::Offered, cause));
            }
        }
        if self.priced(&offering.price) {
            let cause = Cause::Price {
                model: model.to_owned(),
                region: Some(region.to_owned()),
            };
            self.found.push((Read::Price, cause));
        }
        if offering
            .multiplier
            .periods()
            .iter()
            .any(|(w, _)| self.on(*w))
        {
            let cause = Cause::Multiplier {
                region: region.to_owned(),
                model: Some(model.to_owned()),
            };
            self.found.push((Read::Price, cause));
        }
        let name = format!("{model} in {region}");
        let of = ("offering", &*name);
        self.dated(&offering.processing, PROCESSING, of);
        self.dated(&offering.storage, STORAGE, of);
        self.dated(&offering.retention, RETENTION, of);
        self.dated(&offering.context_window, CONTEXT, of);
        self.dated(&offering.max_output, OUTPUT, of);
        self.dated(&offering.capabilities, CAPABILITIES, of);
        self.dated(&offering.parameters, PARAMETERS, of);
        for pair in &offering.pairs {
            self.dated(&pair.processing, PROCESSING, of);
            self.dated(&pair.storage, STORAGE, of);
            self.dated(&pair.retention, RETENTION, of);
        }
        if let Some(region) = self.catalog.region(offering.region) {
            let of = ("region", &*region.name);
            self.dated(&region.processing, PROCESSING, of);
            self.dated(&region.storage, STORAGE, of);
            if region.multiplier.periods().iter().any(|(w, _)| self.on(*w)) {
                let cause = Cause::Multiplier {
                    region: region.name.to_string(),
                    model: None,
                };
                self.found.push((Read::Price, cause));
            }
        }
        for provider in &offering.providers {
            if let Some(provider) = self.catalog.provider(*provider) {
                let of = ("provider", &*provider.name);
                self.dated(&provider.processing, PROCESSING, of);
                self.dated(&provider.storage, STORAGE, of);
                self.dated(&provider.retention, RETENTION, of);
            }
        }
    }

    /// Named places and endpoints: no model's own.
    fn everywhere(&mut self) {
        let catalog = self.catalog;
        for endpoint in &catalog.endpoints {
            let of = ("endpoint", &*endpoint.name);
            self.dated(&endpoint.ingress, (Read::Ingress, "ingress"), of);
        }
        let before = self.at.plus_seconds(-1);
        for name in catalog.places.names() {
            let Some(id) = catalog.places.named(name) else {
                continue;
            };
            if catalog.places.next_change(id, before) == Some(self.at) {
                for read in [Read::Processing, Read::Storage, Read::Ingress] {
                    self.found.push((read, Cause::Place(name.to_owned())));
                }
            }
        }
    }
}

const CONTEXT: (Read, &str) = (Read::Context, "context_window");
const OUTPUT: (Read, &str) = (Read::Output, "max_output");
const CAPABILITIES: (Read, &str) = (Read::Capabilities, "capabilities");
const PARAMETERS: (Read, &str) = (Read::Parameters, "parameters");
const PROCESSING: (Read, &str) = (Read::Processing, "processing");
const STORAGE: (Read, &str) = (Read::Storage, "storage");
const RETENTION: (Read, &str) = (Read::Retention, "retention");
