//! Which fields a policy reads, and what each is compared with.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only fields of the request have axes"
)]

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::policy::{
    BodyField, Claim, Condition, Goal, Prove, Rule, RuleKind, Scope, StateFact, Term, Value,
};

use crate::domain::{atoms, terms_of};

/// A field of the grid. Fields that make one value together are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The instant.
    At,
    /// The endpoint.
    Endpoint,
    /// How the caller authenticated.
    Auth,
    /// The header that is nearly right.
    AuthHeader,
    /// An attribute.
    Attribute(u32),
    /// Input tokens and `max_tokens`, which add up.
    Tokens,
    /// Kind, path and words of the first fault.
    Fault,
    /// Any other field of the body or the chain.
    Body(BodyField),
    /// A fact about now.
    State(Scope, StateFact),
}

/// Which fields are read where.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    /// By what judges candidates: excludes, locks, skips, the order.
    pub deciding: BTreeSet<Key>,
    /// By any rule.
    pub all: BTreeSet<Key>,
    /// Every leaf of every condition by the fields that it reads.
    pub atoms: BTreeMap<Key, Vec<Condition>>,
    /// Price rows are read, or ordered by.
    pub prices: bool,
    /// Instants that a question names.
    pub dates: BTreeSet<Instant>,
}

fn key(term: &Term) -> Option<Key> {
    Some(match term {
        Term::At => Key::At,
        Term::Endpoint => Key::Endpoint,
        Term::Auth => Key::Auth,
        Term::AuthHeader => Key::AuthHeader,
        Term::Attribute(index) => Key::Attribute(*index),
        Term::Body(field) => match field {
            // The id is what a grid is for.
            BodyField::Model => return None,
            BodyField::MaxTokens | BodyField::InputTokens | BodyField::TotalTokens => Key::Tokens,
            BodyField::Fault | BodyField::FaultPath | BodyField::FaultDetail => Key::Fault,
            BodyField::HasTranscriptId => Key::Body(BodyField::TranscriptId),
            other => Key::Body(*other),
        },
        Term::State(scope, fact) => Key::State(*scope, *fact),
        _ => return None,
    })
}

impl Reads {
    /// Of an engine's policy.
    pub fn of(engine: &Engine) -> Self {
        let policy = engine.policy();
        let mut reads = Self::default();
        // Every fact of a candidate may change with the date.
        reads.all.insert(Key::At);
        reads.deciding.insert(Key::At);
        if !policy.through_any_endpoint {
            reads.all.insert(Key::Endpoint);
            reads.deciding.insert(Key::Endpoint);
        }
        for rule in &policy.rules {
            reads.rule(rule);
        }
        for key in &policy.prefer {
            reads.term(&key.term, true);
        }
        reads
    }

    /// The same, and what a question reads.
    #[must_use]
    pub fn and(mut self, prove: &Prove) -> Self {
        let Window { from, until } = prove.between;
        self.dates.extend([from, until].into_iter().flatten());
        self.condition(&prove.filter, false);
        match &prove.goal {
            Goal::Claim { premises, claim } => {
                for claim in premises.iter().chain([claim]) {
                    if let Claim::Every(condition) = claim {
                        self.condition(condition, false);
                    }
                }
            }
            Goal::SomeModelRoutes(condition) => self.condition(condition, false),
            Goal::SameDecisionAs { .. } => {}
        }
        self
    }

    fn rule(&mut self, rule: &Rule) {
        let decides = matches!(
            rule.kind,
            RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
                | RuleKind::OtherEndpoint(_)
        );
        if let RuleKind::OtherEndpoint(_) = rule.kind {
            self.term(&Term::Endpoint, true);
        }
        if let RuleKind::Lock { bound, .. } = &rule.kind {
            bound
                .walk()
                .into_iter()
                .for_each(|term| self.term(term, true));
        }
        self.condition(&rule.when, decides);
    }

    fn condition(&mut self, condition: &Condition, decides: bool) {
        for atom in atoms(condition) {
            for term in terms_of(atom) {
                self.term(term, decides);
                if let Term::Constant(Value::Instant(at)) = term {
                    self.dates.insert(*at);
                }
                if let Some(key) = key(term) {
                    let known = self.atoms.entry(key).or_default();
                    if !known.contains(atom) {
                        known.push(atom.clone());
                    }
                }
            }
        }
    }

    fn term(&mut self, term: &Term, decides: bool) {
        if let Term::Route(fact) = term {
            self.prices |= fact.is_of_price();
        }
        if let Some(key) = key(term) {
            self.all.insert(key);
            if decides {
                self.deciding.insert(key);
            }
        }
    }
}
