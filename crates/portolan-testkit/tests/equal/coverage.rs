//! What random policies ask about: everything in the schema, by every operator, in every kind of
//! rule. A field that is added to the language and to no generator fails here.

use std::collections::BTreeSet;
use std::mem::Discriminant;

use portolan_core::policy::{
    BodyField, Condition, EndpointFact, ModelFact, Policy, RouteFact, RuleKind, Scope, StateFact,
    Term,
};
use portolan_testkit::domain::{atoms, terms_of};

type Wanted<'a> = &'a dyn Fn(&Term) -> bool;

#[derive(Default)]
struct Seen {
    terms: BTreeSet<Term>,
    comparisons: BTreeSet<String>,
    kinds: Vec<Discriminant<RuleKind>>,
    preferred: BTreeSet<Term>,
}

impl Seen {
    fn policy(&mut self, policy: &Policy) {
        for rule in &policy.rules {
            let kind = std::mem::discriminant(&rule.kind);
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
            for atom in atoms(&rule.when) {
                self.terms.extend(terms_of(atom).into_iter().cloned());
                let operator = match atom {
                    Condition::Compare(_, comparison, _) => format!("{comparison:?}"),
                    Condition::IsSet(_) => "is set".to_owned(),
                    Condition::Matches(..) => "matches".to_owned(),
                    Condition::Holds(_) => "holds".to_owned(),
                    Condition::Constant(_)
                    | Condition::And(_)
                    | Condition::Or(_)
                    | Condition::Not(_) => "constant".to_owned(),
                };
                self.comparisons.insert(operator);
            }
        }
        for key in &policy.prefer {
            self.preferred.insert(key.term.clone());
        }
    }
}

#[test]
fn every_field_operator_and_rule_is_exercised() {
    let mut seen = Seen::default();
    for (_, _, engine) in &super::compiled().all {
        seen.policy(engine.policy());
    }
    let reads = |wanted: Wanted<'_>| seen.terms.iter().any(wanted);
    let mut missing = Vec::new();
    for field in BodyField::ALL {
        if !reads(&|t| *t == Term::Body(*field)) {
            missing.push(format!("request.{}", field.name()));
        }
    }
    for fact in ModelFact::ALL {
        if !reads(&|t| matches!(t, Term::OfModel(_, of) if of == fact)) {
            missing.push(format!("model.{}", fact.name()));
        }
    }
    for fact in EndpointFact::ALL {
        if !reads(&|t| matches!(t, Term::OfEndpoint(_, of) if of == fact)) {
            missing.push(format!("endpoint.{}", fact.name()));
        }
    }
    for (name, fact, ..) in RouteFact::table() {
        if !reads(&|t| *t == Term::Route(fact)) {
            missing.push(format!("route.{name}"));
        }
    }
    for fact in StateFact::ALL {
        for scope in [Scope::Model, Scope::Route] {
            if !reads(&|t| *t == Term::State(scope, *fact)) {
                missing.push(format!("{scope:?} {}", fact.name()));
            }
        }
    }
    let others: [(&str, Wanted); 8] = [
        ("an attribute", &|t| matches!(t, Term::Attribute(_))),
        ("a column", &|t| matches!(t, Term::Column(..))),
        ("an offset", &|t| matches!(t, Term::Offset(..))),
        ("without", &|t| matches!(t, Term::Without(..))),
        ("a score", &|t| {
            matches!(t, Term::Route(RouteFact::Score(_)))
        }),
        ("auth", &|t| matches!(t, Term::Auth)),
        ("auth_header", &|t| matches!(t, Term::AuthHeader)),
        (
            "a successor's fact",
            &|t| matches!(t, Term::OfModel(of, _) if matches!(**of, Term::OfModel(_, ModelFact::Successor))),
        ),
    ];
    for (name, wanted) in others {
        if !reads(wanted) {
            missing.push(name.to_owned());
        }
    }
    assert!(
        missing.is_empty(),
        "nobody asks about {}",
        missing.join(", ")
    );
    // Ten comparisons, `is set`, `matches`, a lone boolean, a constant.
    assert_eq!(seen.comparisons.len(), 14, "{:?}", seen.comparisons);
    // Four built-in points and eight kinds of rules.
    assert_eq!(seen.kinds.len(), 12);
    assert!(seen.preferred.len() >= 10, "{:?}", seen.preferred);
}
