//! The policies that the laws are put to: every shipped one, and generated ones.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use portolan_core::answer::{Answer, Attempt, Outcome, Plan, Refusal, Verdict};
use portolan_core::engine::{Compilation, Engine};
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::generate::{Palette, attributes};
use portolan_testkit::policies::{compile, printed, shipped};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::dice::Dice;
use crate::rules::Rules;
use crate::world::World;

/// Generated policies, requests put to each, and requests put to each shipped policy.
/// `PORTOLAN_LAWS` multiplies the first and the last.
const WORLDS: usize = 100;
const REQUESTS: usize = 30;
const SHIPPED_REQUESTS: usize = 300;

/// One policy, compiled twice, and once with one more rule.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) engine: Engine,
    pub(crate) twin: Engine,
    pub(crate) more: Option<Engine>,
    pub(crate) generated: Option<(World, Rules)>,
    palette: Palette,
    requests: usize,
}

/// Every subject, and how many generated policies were tried.
pub(crate) struct Subjects {
    pub(crate) all: Vec<Subject>,
    pub(crate) tried: usize,
    pub(crate) rejected: Vec<String>,
}

fn scale() -> usize {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}

pub(crate) fn subjects() -> &'static Subjects {
    static SUBJECTS: OnceLock<Subjects> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        let mut subjects = Subjects {
            all: shipped_subjects(),
            tried: 0,
            rejected: Vec::new(),
        };
        let shipped = subjects.all.len();
        let mut seed = 0;
        let wanted = WORLDS * scale() + subjects.all.len();
        let patience = WORLDS * scale();
        let mut refused = 0;
        while subjects.all.len() < wanted {
            match generated(seed) {
                Ok(subject) => subjects.all.push(subject),
                // Rightly refused: by chance it moves a request by a field that is no opt-in.
                Err(why) if why.starts_with("error[opt-in-missing]") => refused += 1,
                Err(why) => subjects.rejected.push(why),
            }
            assert!(refused < patience, "{refused} policies refused for opt-ins");
            assert!(
                subjects.rejected.len() < patience,
                "{}",
                subjects.rejected[0]
            );
            seed += 1;
        }
        subjects.tried = subjects.all.len() - shipped + subjects.rejected.len();
        subjects
    })
}

fn subject(name: String, engine: Engine, twin: Engine, requests: usize) -> Subject {
    let palette = Palette::new(engine.catalog(), attributes(&engine));
    Subject {
        name,
        engine,
        twin,
        more: None,
        generated: None,
        palette,
        requests,
    }
}

/// The files of a shipped policy's directory; its catalogs' includes lie beside it.
fn shipped_subjects() -> Vec<Subject> {
    let policies = shipped();
    assert!(!policies.is_empty());
    let each = policies.into_iter().map(|name| {
        let engine = || {
            let compiled = compile(&Origin::Shipped(name.clone()));
            compiled
                .engine
                .unwrap_or_else(|| panic!("{name} does not compile"))
        };
        subject(name.clone(), engine(), engine(), SHIPPED_REQUESTS * scale())
    });
    each.collect()
}

fn engine(files: &BTreeMap<String, String>) -> Result<Engine, String> {
    let entry = "policy.portolan".to_owned();
    let Compilation {
        engine,
        sources,
        diagnostics,
        ..
    } = compile(&Origin::Inline {
        entry,
        files: files.clone(),
    });
    engine.ok_or_else(|| printed(&diagnostics, &sources))
}

/// The world and the policy that a seed makes.
fn generated(seed: u64) -> Result<Subject, String> {
    let mut dice = Dice::new(seed);
    let world = World::random(&mut dice);
    let rules = Rules::random(&mut dice, &world);
    let files = |policy: &str| {
        BTreeMap::from([
            ("policy.portolan".to_owned(), policy.to_owned()),
            ("catalog.yaml".to_owned(), world.yaml.clone()),
        ])
    };
    let shown = |why: String| format!("{why}\n{}\n{}", rules.text, world.yaml);
    let base = engine(&files(&rules.text)).map_err(shown)?;
    let twin = engine(&files(&rules.text)).map_err(shown)?;
    let more = format!("{}\n{}", rules.text, rules.extra);
    let more = engine(&files(&more)).map_err(|why| format!("{why}\n{more}\n{}", world.yaml))?;
    let mut subject = subject(format!("seed {seed}"), base, twin, REQUESTS);
    subject.more = Some(more);
    subject.generated = Some((world, rules));
    Ok(subject)
}

/// Puts a law to every policy.
pub(crate) fn for_every_policy(law: impl Fn(&Subject, Draft, State) -> Result<(), TestCaseError>) {
    for subject in &subjects().all {
        let cases = (subject.palette.drafts(), subject.palette.states());
        let count = u32::try_from(subject.requests).unwrap_or(u32::MAX);
        let config = Config {
            failure_persistence: None,
            ..Config::with_cases(count)
        };
        let mut runner = TestRunner::new(config);
        if let Err(broken) = runner.run(&cases, |(draft, state)| law(subject, draft, state)) {
            let generated = subject.generated.as_ref();
            let files = generated.map_or(String::new(), |(world, rules)| {
                format!(
                    "{}\n--- one more:\n{}\n---\n{}",
                    rules.text, rules.extra, world.yaml
                )
            });
            panic!("{}: {broken}\n{files}", subject.name);
        }
    }
}

pub(crate) fn ask(engine: &Engine, draft: &Draft, state: &State) -> Option<Answer> {
    let request = engine.request(draft.clone()).ok()?;
    Some(engine.answer(&request, state))
}

pub(crate) fn plan(answer: Option<&Answer>) -> Option<&Plan> {
    match answer.map(|answer| &answer.outcome) {
        Some(Outcome::Route(plan)) => Some(plan),
        Some(Outcome::Refuse(_)) | None => None,
    }
}

pub(crate) fn refusal(answer: Option<&Answer>) -> Option<&Refusal> {
    match answer.map(|answer| &answer.outcome) {
        Some(Outcome::Refuse(refusal)) => Some(refusal),
        Some(Outcome::Route(_)) | None => None,
    }
}

/// What tells an attempt from all others of its plan.
pub(crate) fn name(attempt: &Attempt) -> (Option<usize>, &str, &str, &str, &str) {
    (
        attempt.fallback,
        &attempt.model,
        &attempt.region,
        &attempt.endpoint,
        &attempt.upstream_id,
    )
}

/// Every candidate that no rule and no lock stands against, by fallback and catalog order.
pub(crate) fn survivors(
    engine: &Engine,
    draft: &Draft,
    state: &State,
) -> Vec<(Option<usize>, usize)> {
    let Ok(request) = engine.request(draft.clone()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for of in engine.trace(&request, state).requests {
        if of.rules.iter().any(|rule| rule.holds) {
            continue;
        }
        let legal = of
            .candidates
            .iter()
            .enumerate()
            .filter(|(_, c)| c.candidate.verdict != Verdict::Excluded);
        found.extend(legal.map(|(index, _)| (of.fallback, index)));
    }
    found
}
