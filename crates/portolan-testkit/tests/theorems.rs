//! What should hold of every policy holds of every shipped one, and what a policy can get wrong is
//! shown by a request.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::fs;

use portolan_core::answer;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::BodyField;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, engine_of, root, shipped};
use portolan_verify::theorems::{Because, Law, Outcome, Theorem, theorems};

/// Says whether some posted request is this one.
fn posted(draft: &Draft) -> bool {
    portolan_wire::write_request(draft, &State::default()).is_ok()
}

fn of(engine: &Engine) -> [Theorem; 4] {
    theorems(engine, &posted).try_into().unwrap()
}

fn holds(theorem: &Theorem) -> bool {
    matches!(theorem.outcome, Outcome::Holds)
}

#[test]
fn every_law_holds_of_every_shipped_policy_and_was_put_to_the_test() {
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        for theorem in of(&engine) {
            assert!(holds(&theorem), "{name}: {theorem:?}");
            let tables = !engine.policy().tables.is_empty();
            let least = match theorem.law {
                Law::LocksHold | Law::OnlyOptInsWiden | Law::HelpIsLegal => 100,
                Law::TenantsAreApart => u64::from(tables),
            };
            assert!(theorem.looked >= least, "{name}: {theorem:?}");
        }
    }
}

/// What leaks there is what a policy claims of itself; no law forbids it.
#[test]
fn every_law_holds_of_every_leaky_policy() {
    let entries = fs::read_dir(root().join("rules/examples/leaky")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap().to_string_lossy();
        let origin = Origin::Shipped(format!("rules/examples/leaky/{name}"));
        let engine = compile(&origin).engine.unwrap();
        for theorem in of(&engine) {
            assert!(holds(&theorem), "{name}: {theorem:?}");
        }
    }
}

const CATALOG: &str = "catalog: 1
title: t
as_of: 2026-03-15
source: t
sources: {t: {title: t}}
regions:
  us: {processing: US, storage: US}
  eu: {processing: EU27, storage: EU27}
endpoints:
  all: {host: all.example.com, path: /v1, ingress: EU27, region: eu, default: true}
providers: {here: {retention: zero}}
models:
  chat-1:
    price: {input: 2.50, output: 10.00}
    offerings:
      - {region: us, provider: here}
      - {region: eu, provider: here, multiplier: 1.10}
";

/// A policy under which a price is no obstacle to whoever names a service tier.
fn engine(heads: &str) -> Engine {
    let policy = format!(
        "edition 1\npolicy p\nuse catalog \"catalog.yaml\"\n{heads}
exclude 404 dear
  when request.service_tier is not set and route.price.output is set
    and route.price.output > $10.50
  say \"costs too much\"
lock ingress within EU27
"
    );
    engine_of(&policy, CATALOG)
}

#[test]
fn a_field_that_lets_a_request_go_to_another_continent_is_found_unless_it_is_an_opt_in() {
    let engine_without = engine("");
    let [locks, opt_ins, ..] = of(&engine_without);
    assert!(holds(&locks), "{locks:?}");
    assert_eq!(opt_ins.law, Law::OnlyOptInsWiden);
    let Outcome::Violated(violation) = &opt_ins.outcome else {
        panic!("{opt_ins:?}");
    };
    let Because::Field { field, route } = &violation.because else {
        panic!("{violation:?}");
    };
    assert_eq!(*field, BodyField::ServiceTier);
    let offering = engine_without.catalog().offering(route.offering).unwrap();
    let region = engine_without.catalog().region(offering.region).unwrap();
    assert_eq!(&*region.name, "eu");
    assert!(violation.draft.body.service_tier.is_some());

    let [_, opt_ins, ..] = of(&engine("opt-in request.service_tier"));
    assert!(holds(&opt_ins), "{opt_ins:?}");
}

const TENANTS: [(&str, &str); 5] = [
    ("north", "EU27, 2_000"),
    ("south", "US, 2_000"),
    ("east", "EU27, 2_000"),
    ("west", "US, 9_000"),
    ("named", "EU27, 9_000"),
];

/// A policy with these tenants. It names one of them, and orders routes by what another is.
fn with_tenants<'t>(tenants: impl Iterator<Item = (&'t str, &'t str)>, named: &str) -> Engine {
    let rows: Vec<String> = tenants
        .map(|(name, row)| format!("  row {name}: {row}\n"))
        .collect();
    engine(&format!(
        "table tenants (home: place, most: tokens)
{}attribute tenant: key of tenants
lock processing within request.tenant.home
  say \"`{{request.tenant}}` stays in {{request.tenant.home}}\"
  help \"use {{alternatives}}\"
exclude 400 too-long
  when request.input_tokens > request.tenant.most
  say \"at most {{request.tenant.most}} tokens\"
exclude 403 not-there
  when request.tenant == {named} and route.region == eu
  say \"not there\"
",
        rows.concat()
    ))
}

/// Everything that is said to requests of one tenant.
fn answers(engine: &Engine, tenant: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for model in ["chat-1", "unknown"] {
        for tokens in [0, 2_000, 2_001, 9_001] {
            let at = Instant::from_unix_seconds(1_772_323_200);
            let mut draft = Draft::new(model, at);
            draft
                .attributes
                .insert("tenant".to_owned(), tenant.to_owned());
            draft.body.input_tokens = tokens;
            draft.body.service_tier = Some("any".to_owned());
            let request = engine.request(draft).unwrap();
            let state = State::default();
            let decision = engine.decide(&request, &state);
            let decided = engine.view(&request, &state, &decision).to_judgement();
            let words = match engine.answer(&request, &state).outcome {
                answer::Outcome::Route(plan) => format!("{:?}", plan.attempts),
                answer::Outcome::Refuse(refusal) => {
                    format!("{} {:?}", refusal.message, refusal.help)
                }
            };
            answers.push(format!("{:?} {words}", decided.outcome));
        }
    }
    answers
}

#[test]
fn removing_or_renaming_one_tenant_changes_nothing_for_any_other() {
    let whole = with_tenants(TENANTS.into_iter(), "named");
    let [.., apart] = of(&whole);
    assert_eq!(apart.law, Law::TenantsAreApart);
    assert!(holds(&apart), "{apart:?}");
    assert_eq!(apart.looked, TENANTS.len() as u64);
    for (gone, _) in TENANTS {
        let others = TENANTS.into_iter().filter(|(name, _)| *name != gone);
        // A rule that names it holds of nobody any more: of a tenant that is asked nothing.
        let named = if gone == "named" { "nobody" } else { "named" };
        let nobody = Some(("nobody", "world, 0")).filter(|_| gone == "named");
        let removed = with_tenants(others.clone().chain(nobody), named);
        let renamed = TENANTS.into_iter();
        let new = |(name, row)| (if name == gone { "new" } else { name }, row);
        let named = if gone == "named" { "new" } else { "named" };
        let renamed = with_tenants(renamed.map(new), named);
        for (other, _) in others {
            let before = answers(&whole, other);
            assert_eq!(before, answers(&removed, other), "{gone} removed, {other}");
            assert_eq!(before, answers(&renamed, other), "{gone} renamed, {other}");
        }
    }
}
