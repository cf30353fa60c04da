//! `--mutate`: every mutant of the policy under test, on every processor.

use portolan_test::coverage;
use portolan_test::mutate::{self, Mutation, Subject, Trial};
use portolan_test::suite::Test;

use super::gather::Gathered;
use super::workers;
use crate::render::tests::mutants::Mutants;

/// Every mutation of the policy under test.
pub(in crate::commands) fn mutations(gathered: &Gathered) -> Vec<Mutation> {
    mutate::mutations(&gathered.own.engine)
}

/// Tries them.
pub(in crate::commands) fn tried<'g>(
    gathered: &'g Gathered,
    mutations: &'g [Mutation],
) -> Mutants<'g> {
    let own = &gathered.own;
    let subjects = gathered.groups().map(|group| Subject {
        engine: &group.engine,
        tests: group.tests.iter().filter(|test| !test.is_open()).collect(),
    });
    let other = |path: &str| own.policy.beside(path).compile().engine;
    let tests: Vec<&Test> = own.tests.iter().collect();
    let untouched = coverage::untouched(&own.engine, &tests).into_iter();
    let tried = untouched.map(|gap| gap.sample).collect();
    let trial = Trial::new(subjects.collect(), tried, &other);
    let fates = workers::each("trying mutant", mutations, |mutation| trial.judge(mutation));
    Mutants {
        policy: &own.policy,
        tried: mutations.iter().zip(fates).collect(),
    }
}
