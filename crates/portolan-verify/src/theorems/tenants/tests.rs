//! Policies that no compiler makes, and rows that no compiler takes for one another.

use portolan_core::policy::{LockFact, Rule};
use portolan_testkit::policies::engine_of;

use super::*;

/// Two tenants of two homes, a third at home with the first, and a lock that keeps each at home.
fn policy() -> Policy {
    let policy = "edition 1
policy p
use catalog \"catalog.yaml\"
table tenants (home: place, note: text)
  row north: EU27, \"one\"
  row south: US, \"two\"
  row east: EU27, \"three\"
attribute tenant: key of tenants
lock processing within request.tenant.home
";
    let catalog = "catalog: 1
title: t
as_of: 2026-03-15
source: t
sources: {t: {title: t}}
regions: {eu: {processing: EU27, storage: EU27}}
endpoints: {all: {host: all.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
providers: {here: {retention: zero}}
models: {m: {offerings: [{region: eu, provider: here}]}}
";
    engine_of(policy, catalog).policy().clone()
}

const APART: [(u32, u32); 3] = [(0, 0), (1, 1), (2, 2)];
const ALIKE: [(u32, u32); 3] = [(0, 0), (1, 1), (2, 0)];

fn looked(policy: &Policy, stands: &[(u32, u32)]) -> Option<u64> {
    apart(policy, &|_| stands.to_vec())
}

fn lock(policy: &mut Policy) -> &mut Rule {
    let is_lock = |rule: &&mut Rule| matches!(rule.kind, RuleKind::Lock { .. });
    policy.rules.iter_mut().find(is_lock).unwrap()
}

#[test]
fn every_row_decides_about_its_own_tenant() {
    assert_eq!(looked(&policy(), &APART), Some(3));
    assert_eq!(looked(&policy(), &ALIKE), Some(3));
}

#[test]
fn a_rule_that_reads_the_row_of_somebody_else_is_found() {
    let mut policy = policy();
    let row = Term::Constant(Value::Row(0, 1));
    let foreign = Term::Column(Box::new(row), 0, 0);
    let rule = lock(&mut policy);
    if let RuleKind::Lock { bound, facts, .. } = &mut rule.kind {
        assert_eq!(facts, &[LockFact::Processing]);
        *bound = foreign;
    }
    assert_eq!(looked(&policy, &APART), None);
}

#[test]
fn rows_may_be_asked_for_and_not_put_in_an_order() {
    let north = || Term::Constant(Value::Row(0, 0));
    let tenant = || Term::Attribute(0);
    let asked = |comparison| {
        let mut policy = policy();
        lock(&mut policy).when = Condition::Compare(tenant(), comparison, north());
        policy
    };
    assert_eq!(looked(&asked(Comparison::Equal), &APART), Some(3));
    assert_eq!(looked(&asked(Comparison::Less), &APART), None);
    // Who is named is like nobody else.
    assert_eq!(looked(&asked(Comparison::Equal), &ALIKE), None);
    let mut policy = policy();
    lock(&mut policy).when = Condition::Compare(north(), Comparison::Equal, north());
    assert_eq!(looked(&policy, &APART), None);
}

#[test]
fn rows_that_say_something_else_are_not_one_another() {
    let wrong = [(0, 0), (1, 0), (2, 0)];
    assert_eq!(looked(&policy(), &wrong), None);
    assert_eq!(looked(&policy(), &[(0, 0)]), None);
    // A column that nobody reads may differ.
    let mut policy = policy();
    policy.tables[0].rows[2][0] = policy.tables[0].rows[1][0].clone();
    assert_eq!(looked(&policy, &ALIKE), None);
}
