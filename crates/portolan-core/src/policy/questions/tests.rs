//! What the forms of `prove` come to.

use crate::catalog;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostics;
use crate::instant::Instant;
use crate::policy::schema::{ModelFact, RouteFact};
use crate::policy::term::Term;
use crate::policy::types::Value;
use crate::policy::{Claim, Condition, Goal, Prove, load, resolve};
use crate::source::{Files, Sources};
use crate::syntax::ast::Comparison;

const CATALOG: &str = r"
catalog: 1
regions: {us: {processing: US, storage: US}}
endpoints: {us: {host: us.example.com, path: /v1, ingress: US, region: us, default: true}}
providers: {here: {retention: zero}}
models: {alpha: {offerings: [{region: us, provider: here}]}}
";

/// One policy in `rules/a`, with its catalog beside it.
struct One(String);

impl Files for One {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "rules/a/policy.portolan" => Ok(self.0.clone().into_bytes()),
            "rules/a/catalog.yaml" => Ok(CATALOG.as_bytes().to_vec()),
            other => Err(format!("no {other}")),
        }
    }
}

/// A `prove` of everything after its name.
fn asked(rest: &str) -> Prove {
    let policy = format!(
        "edition 1\npolicy p\nuse catalog \"catalog.yaml\"\nprove this for every request {rest}\n"
    );
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let entry = "rules/a/policy.portolan";
    let mut loaded = load(entry, &mut One(policy), &mut sources, &mut found).unwrap();
    let catalog = catalog::validate(loaded.catalogs.take().unwrap(), &mut found).unwrap();
    let policy = resolve(&loaded, &catalog, &mut found);
    assert!(!found.has_errors(), "{found:?}");
    policy.proves[0].clone()
}

fn every(rest: &str) -> Condition {
    let Goal::Claim {
        claim: Claim::Every(condition),
        ..
    } = asked(rest).goal
    else {
        panic!("a claim about every attempt");
    };
    condition
}

fn output(comparison: Comparison, dollars: &str) -> Condition {
    let amount = Term::Constant(Value::Decimal(Decimal::parse(dollars).unwrap()));
    Condition::Compare(Term::Route(RouteFact::PriceOutput), comparison, amount)
}

fn has_output() -> Condition {
    Condition::IsSet(Term::Route(RouteFact::PriceOutput))
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

#[test]
fn a_claim_about_a_fact_that_a_route_lacks_does_not_hold_also_below_a_not() {
    assert_eq!(
        every("every attempt.price.output <= $4.00"),
        Condition::And(vec![has_output(), output(Comparison::AtMost, "4")])
    );
    assert_eq!(
        every("every not (attempt.price.output > $4.00)"),
        not(Condition::Or(vec![
            not(has_output()),
            output(Comparison::Greater, "4")
        ]))
    );
}

#[test]
fn what_was_asked_is_not_asked_again() {
    assert_eq!(
        every("every attempt.price.output is not set or attempt.price.output <= $4.00"),
        Condition::Or(vec![not(has_output()), output(Comparison::AtMost, "4")])
    );
    let once = Condition::And(vec![has_output(), output(Comparison::AtLeast, "1")]);
    assert_eq!(
        every("every attempt.price.output >= $1.00 and attempt.price.output <= $4.00"),
        Condition::And(vec![once, output(Comparison::AtMost, "4")])
    );
}

#[test]
fn a_price_that_nobody_gives_is_below_every_ceiling() {
    let Condition::And(prices) = every("price at most $4.00") else {
        panic!("two prices");
    };
    assert_eq!(prices.len(), 2);
    assert_eq!(
        prices[1],
        Condition::Or(vec![not(has_output()), output(Comparison::AtMost, "4")])
    );
}

#[test]
fn the_model_of_some_model_is_that_of_the_route() {
    let Goal::SomeModelRoutes(Condition::And(parts)) =
        asked("some model routes where model.context_window >= 100k").goal
    else {
        panic!("a question and a comparison");
    };
    let model = Box::new(Term::Route(RouteFact::Model));
    let window = Term::OfModel(model, ModelFact::ContextWindow);
    assert_eq!(parts[0], Condition::IsSet(window));
}

#[test]
fn premises_come_before_the_claim_in_their_order() {
    let Goal::Claim { premises, claim } =
        asked("if refused with model-not-found and routes then never routes").goal
    else {
        panic!("a claim");
    };
    assert!(
        matches!(&premises[..], [Claim::RefusedWith(code), Claim::Routes] if **code == *"model-not-found")
    );
    assert!(matches!(claim, Claim::Refused));
}

#[test]
fn another_policy_is_seen_from_the_file_that_names_it() {
    let Goal::SameDecisionAs { path, .. } = asked("same decision as \"../b/policy.portolan\"").goal
    else {
        panic!("another policy");
    };
    assert_eq!(&*path, "rules/b/policy.portolan");
}

#[test]
fn the_second_date_is_left_out() {
    let between = asked("between 2026-01-01 and 2028-01-01 always routes").between;
    let at = |text: &str| Instant::parse(text).unwrap();
    assert!(between.contains(at("2026-01-01")));
    assert!(!between.contains(at("2028-01-01")));
}
