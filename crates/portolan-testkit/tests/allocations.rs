//! Deciding and reading a decision allocate nothing, whatever comes of it; what is shared is
//! `Send + Sync`, and what is kept is small and `Copy`.
//!
//! What is decided is `tests/equal`'s business; here the outcomes are looked at so that no kind of
//! them is left out.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests panic to fail")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use allocation_counter::measure;
use portolan_core::catalog::Route;
use portolan_core::decision::{Decision, Outcome};
use portolan_core::diagram::{Attempt, View};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::RuleId;
use portolan_core::request::{Auth, Body, Call, ChainFields, Draft, Extras, Fields, Rest, State};
use portolan_testkit::agree::agree;
use portolan_testkit::case::{DecideFile, Origin, decide_files};
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::subject::NOW;

/// Random requests to each policy.
const REQUESTS: u64 = 400;

/// Rules that nothing here runs into: over the shipped catalogs another reason goes before theirs.
const SILENT: [(&str, &str); 9] = [
    ("rules/assemblyai", "eu-stays-in-eu"),
    ("rules/assemblyai", "us-keeps-data-in-us"),
    ("rules/assemblyai", "us-processes-in-us"),
    ("rules/assemblyai", "model-not-offered"),
    ("rules/bedrock", "entered-at-home"),
    ("rules/bedrock", "fallback-beyond-depth"),
    ("rules/multi-cloud-eu", "stored-in-the-union"),
    ("rules/multi-cloud-eu", "received-in-the-union"),
    ("rules/multi-cloud-eu", "model-not-offered"),
];

/// Requests to shipped policies, each with what comes of it: the routes in order and the fallbacks
/// that are dropped, or the refusal.
const PICKED: &str = r#"
# Routes.
assemblyai: gpt-5@us <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": []}}
assemblyai: claude-sonnet-4-6@global <- {"at": "2026-07-15", "body": {"model": "claude-sonnet-4-6", "model_region": "global", "messages": []}}
multi-cloud-eu: claude-sonnet-4-5@bedrock-eu, claude-sonnet-4-5@assemblyai-eu <- {"at": "2026-09-01", "zero_retention": true, "body": {"model": "claude-sonnet-4-5", "messages": []}}
bedrock: amazon.nova-lite-v1:0@in-region <- {"tenant": "leeds", "endpoint": "eu-west-2", "at": "2026-03-01", "body": {"model": "amazon.nova-lite-v1:0", "messages": []}}
bedrock: anthropic.claude-sonnet-4-5-20250929-v1:0@global <- {"tenant": "public", "endpoint": "eu-central-1", "at": "2026-11-21", "body": {"model": "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "messages": []}}
# Models that are unknown, retired, too new, elsewhere.
assemblyai: 404 model-not-found <- {"at": "2026-03-15", "body": {"model": "gpt-6-stellar", "messages": []}}
assemblyai: 400 missing-field <- {"at": "2026-03-15", "body": {"messages": []}}
assemblyai: 404 model-not-in-region <- {"endpoint": "eu", "at": "2026-03-15", "body": {"model": "gpt-5", "messages": []}}
assemblyai: 400 global-not-eligible <- {"at": "2026-03-15", "body": {"model": "gpt-5", "model_region": "global", "messages": []}}
multi-cloud-eu: 404 model-not-found <- {"at": "2026-03-15", "body": {"model": "gpt-4o@uksuth", "messages": []}}
bedrock: 404 model-retired <- {"tenant": "berlin", "endpoint": "eu-central-1", "at": "2026-10-14", "body": {"model": "eu.anthropic.claude-sonnet-4-20250514-v1:0", "messages": []}}
bedrock: 404 model-not-offered <- {"tenant": "berlin", "endpoint": "eu-west-1", "at": "2026-03-01", "body": {"model": "us.meta.llama4-maverick-17b-instruct-v1:0", "messages": []}}
bedrock: 400 no-bare-form <- {"tenant": "berlin", "endpoint": "eu-central-1", "at": "2026-03-01", "body": {"model": "anthropic.claude-sonnet-4-5-20250929-v1:0", "messages": []}}
# Locks.
assemblyai: 403 lock-not-met <- {"at": "2026-03-15", "zero_retention": true, "body": {"model": "gpt-5", "messages": []}}
bedrock: 403 outside-home <- {"tenant": "berlin", "endpoint": "eu-west-2", "at": "2026-11-21", "body": {"model": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "messages": []}}
multi-cloud-eu: 403 outside-the-union <- {"at": "2026-09-01", "body": {"model": "gpt-4o@uksouth", "messages": []}}
multi-cloud-eu: 403 data-would-be-kept <- {"at": "2026-09-01", "zero_retention": true, "body": {"model": "gpt-4o", "messages": []}}
# Limits.
assemblyai: 400 max-tokens-out-of-range <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "max_tokens": 0}}
assemblyai: 400 max-tokens-out-of-range <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "max_tokens": 100000000}}
assemblyai: 400 context-window-exceeded <- {"at": "2026-03-15", "input_tokens": 100000000, "body": {"model": "gpt-5", "messages": []}}
assemblyai: 400 temperature-out-of-range <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "temperature": 3}}
bedrock: 400 context-window-exceeded <- {"tenant": "berlin", "endpoint": "eu-central-1", "input_tokens": 300001, "body": {"model": "eu.amazon.nova-lite-v1:0", "messages": []}}
# Callers.
assemblyai: 403 plan-not-entitled <- {"account": "free", "body": {"model": "gpt-5", "messages": []}}
assemblyai: 401 missing-api-key <- {"headers": {}, "body": {"model": "gpt-5", "messages": []}}
# Shapes.
assemblyai: 400 invalid-json <- {"body": "{"}
assemblyai: 400 ambiguous-field <- {"body": {"model": "gpt-5", "Model": "gpt-5", "messages": []}}
assemblyai: 400 wrong-type <- {"body": {"model": "gpt-5", "messages": "hello"}}
assemblyai: 400 missing-field <- {"body": {"model": "gpt-5"}}
assemblyai: 400 unsupported-content <- {"body": {"model": "gpt-5", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}}
assemblyai: 400 invalid-model-region <- {"body": {"model": "gpt-5", "messages": [], "model_region": "mars"}}
multi-cloud-eu: 400 invalid-body <- {"body": "{"}
bedrock: 400 invalid-body <- {"tenant": "berlin", "endpoint": "eu-central-1", "body": {"model": "eu.amazon.nova-lite-v1:0", "messages": 7}}
# Chains with a fault.
assemblyai: 400 invalid-fallback <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "fallbacks": [{}]}}
assemblyai: 400 invalid-fallback <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "fallbacks": [{"model": "gpt-5-mini", "fallbacks": []}]}}
assemblyai: 400 fallback-depth-exceeded <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "fallbacks": [{"model": "gpt-5-mini"}], "fallback_config": {"depth": 3}}}
# Fallbacks: routed, dropped, beyond the depth, unknown.
bedrock: amazon.nova-lite-v1:0@eu, amazon.nova-pro-v1:0@eu <- {"tenant": "berlin", "endpoint": "eu-central-1", "body": {"model": "eu.amazon.nova-lite-v1:0", "messages": [], "fallbacks": [{"model": "eu.amazon.nova-pro-v1:0"}]}}
multi-cloud-eu: gpt-5-mini@azure-datazone-eu, gpt-4o@azure-swedencentral, gpt-4o@azure-datazone-eu <- {"at": "2026-03-15", "body": {"model": "gpt-5-mini", "messages": [], "fallbacks": [{"model": "gpt-4o"}]}}
multi-cloud-eu: gpt-5-mini@azure-datazone-eu, drops outside-the-union <- {"at": "2026-03-15", "body": {"model": "gpt-5-mini", "messages": [], "fallbacks": [{"model": "gpt-4o@uksouth"}]}}
assemblyai: claude-sonnet-4-6@us, drops lock-not-met, drops fallback-beyond-depth <- {"at": "2026-03-15", "zero_retention": true, "body": {"model": "claude-sonnet-4-6", "messages": [], "fallbacks": [{"model": "gpt-5"}, {"model": "claude-opus-4-6"}]}}
assemblyai: 404 model-not-found <- {"at": "2026-03-15", "body": {"model": "gpt-5", "messages": [], "fallbacks": [{"model": "nope"}]}}
bedrock: amazon.nova-lite-v1:0@eu, drops model-not-found <- {"tenant": "berlin", "endpoint": "eu-central-1", "body": {"model": "eu.amazon.nova-lite-v1:0", "messages": [], "fallbacks": [{"model": "nope"}]}}
# What is known about now.
assemblyai: gpt-5@us <- {"at": "2026-03-15", "state": {"models": {"gpt-5": {"used": 29, "reset_s": 30}}}, "body": {"model": "gpt-5", "messages": []}}
assemblyai: 429 rate-limited, again in 30 s <- {"at": "2026-03-15", "state": {"models": {"gpt-5": {"used": 30, "reset_s": 30}}}, "body": {"model": "gpt-5", "messages": []}}
assemblyai: claude-sonnet-4-6@us <- {"at": "2026-03-15", "state": {"models": {"gpt-5": {"used": 30, "reset_s": 12}}}, "body": {"model": "gpt-5", "messages": [], "fallbacks": [{"model": "claude-sonnet-4-6"}]}}
assemblyai: 429 rate-limited, again in 12 s, drops rate-limited <- {"at": "2026-03-15", "state": {"models": {"gpt-5": {"used": 30, "reset_s": 12}, "claude-sonnet-4-6": {"used": 30}}}, "body": {"model": "gpt-5", "messages": [], "fallbacks": [{"model": "claude-sonnet-4-6"}]}}
multi-cloud-eu: gemini-2.5-flash@vertex-eu, gemini-2.5-flash@assemblyai-eu <- {"at": "2026-03-15", "state": {"routes": [{"model": "gemini-2.5-flash", "region": "vertex-europe-west4", "endpoint": "vertex-europe-west4", "healthy": false}]}, "body": {"model": "gemini-2.5-flash", "messages": []}}
multi-cloud-eu: 503 route-down <- {"at": "2026-03-15", "state": {"routes": [{"model": "gpt-5-mini", "region": "azure-datazone-eu", "endpoint": "azure-sweden", "healthy": false}]}, "body": {"model": "gpt-5-mini", "messages": []}}
bedrock: 503 region-down, again in 7 s <- {"tenant": "berlin", "endpoint": "eu-central-1", "state": {"routes": [{"model": "amazon.nova-lite-v1:0", "region": "eu", "endpoint": "eu-central-1", "healthy": false, "reset_s": 7}]}, "body": {"model": "eu.amazon.nova-lite-v1:0", "messages": []}}
"#;

/// Policy, outcome and envelope of each.
fn picked() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lines = PICKED.trim().lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (told, envelope) = line.split_once(" <- ").unwrap();
        let (policy, outcome) = told.split_once(": ").unwrap();
        (policy, outcome, envelope)
    })
}

#[test]
fn every_kind_of_outcome_is_decided_and_read_without_allocating() {
    let engines: BTreeMap<&str, Engine> = ["assemblyai", "bedrock", "multi-cloud-eu"]
        .into_iter()
        .map(|name| (name, engine(&format!("rules/{name}"))))
        .collect();
    let mut wrong = Vec::new();
    for (policy, expected, envelope) in picked() {
        let engine = engines.get(policy).unwrap();
        let (draft, state) = posted(engine, envelope).unwrap();
        let mut seen = Seen::default();
        let found = free(engine, &draft, &state, &mut seen);
        if found != expected {
            wrong.push(format!("{envelope}\nexpected {expected}\nfound    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_reason_of_a_shipped_policy_is_given_without_allocating() {
    let mut seen = Seen::default();
    for policy in shipped() {
        let engine = engine(&policy);
        seen.reasons.clear();
        for file in fixtures(&policy) {
            for case in file.requests {
                // Some cases are of envelopes that are none.
                if let Ok((draft, state)) = posted(&engine, &case.envelope()) {
                    free(&engine, &draft, &state, &mut seen);
                }
            }
        }
        random(&engine, &mut seen);
        let rules = engine.policy().rules();
        let silent: Vec<&str> = rules
            .filter(|(id, rule)| rule.kind.verdict().is_some() && !seen.reasons.contains(id))
            .map(|(_, rule)| &*rule.name)
            .filter(|name| !SILENT.contains(&(&*policy, name)))
            .collect();
        assert!(silent.is_empty(), "{policy}: {silent:?}");
    }
    let counts = &seen.counts;
    assert!(counts.values().all(|count| *count >= 10), "{counts:?}");
    println!("{counts:?}");
}

#[test]
fn an_engine_is_shared_and_a_decision_is_small_and_copied() {
    fn is_shared<T: Send + Sync + 'static>() {}
    fn is_plain<T: Copy + Send + Sync + 'static>() {}
    is_shared::<Engine>();
    is_plain::<Decision>();
    let size = size_of::<Decision>();
    assert!(size <= 128, "{size} bytes");
}

#[test]
fn the_interpreter_allocates_and_is_seen_to() {
    let engine = engine("rules/assemblyai");
    let at = Instant::from_unix_seconds(NOW);
    let request = engine.request(Draft::new("gpt-5", at)).unwrap();
    let state = State::default();
    let judged = measure(|| {
        black_box(engine.judge(&request, &state));
    });
    assert!(judged.count_total > 0, "{judged:?}");
    let decided = measure(|| {
        black_box(engine.decide(&request, &state));
    });
    assert_eq!(decided.count_total, 0, "{decided:?}");
}

fn engine(policy: &str) -> Engine {
    let engine = compile(&Origin::Shipped(policy.to_owned())).engine;
    engine.unwrap_or_else(|| panic!("{policy} does not compile"))
}

/// What an envelope asks of a policy, where it can be asked.
fn posted(engine: &Engine, envelope: &str) -> Result<(Draft, State), String> {
    let now = Instant::from_unix_seconds(NOW);
    let names = engine.policy().attribute_names();
    let call = portolan_wire::read_envelope(envelope.as_bytes(), names, now);
    let call = call.map_err(|error| format!("{envelope}: {error}"))?;
    let request = engine.request(call.draft.clone());
    request.map_err(|error| format!("{envelope}: {error}"))?;
    Ok((call.draft, call.state))
}

/// The fixtures of a policy.
fn fixtures(policy: &str) -> Vec<DecideFile> {
    let files = decide_files().into_iter();
    let mut files: Vec<DecideFile> = files.map(|path| DecideFile::read(&path).unwrap()).collect();
    files.retain(|file| file.origin == Origin::Shipped(policy.to_owned()));
    assert!(!files.is_empty(), "{policy} has no fixtures");
    files
}

/// Asks random requests: at the values where something changes, and plain ones.
fn random(engine: &Engine, seen: &mut Seen) {
    let domain = Domain::of(engine);
    for request in 0..REQUESTS {
        let mut dice = Dice::new(request);
        let (edgy, state) = (domain.draft(&mut dice), domain.state(&mut dice));
        free(engine, &edgy, &state, seen);
        let mut plain = Draft {
            endpoint: edgy.endpoint,
            attributes: edgy.attributes,
            auth: Auth::NotJudged,
            ..Draft::new(dice.pick(&domain.models), edgy.at)
        };
        plain.body.stream = dice.chance(50);
        let fallbacks = (0..dice.below(3)).map(|_| Body {
            model: Some(dice.pick(&domain.models)),
            ..plain.body.clone()
        });
        plain.fallbacks = fallbacks.collect();
        plain.chain.count = i64::try_from(plain.fallbacks.len()).unwrap();
        free(engine, &plain, &state, seen);
    }
}

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    /// Rules of the policy at hand that refused, or dropped a fallback.
    reasons: BTreeSet<RuleId>,
    counts: BTreeMap<&'static str, usize>,
}

impl Seen {
    fn count(&mut self, what: &'static str, many: usize) {
        *self.counts.entry(what).or_default() += many;
    }
}

/// What reading a view comes to, in values that hold no memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Read {
    attempts: usize,
    of_fallbacks: usize,
    first: Option<Route>,
    sets: usize,
    limits: usize,
    warnings: usize,
    dropped: usize,
    retry: Option<RuleId>,
}

fn read(view: &View<'_>) -> Read {
    let mut read = Read {
        first: view.first().map(|first| first.route()),
        warnings: view.warnings().count(),
        dropped: view.dropped().count(),
        retry: view.retry(),
        ..Read::default()
    };
    for attempt in view.attempts() {
        black_box((attempt.route(), attempt.usage_region(), attempt.price()));
        read.attempts += 1;
        read.of_fallbacks += usize::from(attempt.fallback().is_some());
        read.sets += attempt.sets().count();
        read.limits += usize::from(attempt.limit().is_some());
    }
    let walked = view.warnings().fold(0, |count, _| count + 1);
    assert_eq!(walked, read.warnings);
    read
}

/// Runs something that must not allocate.
fn without_allocating<R>(what: &str, draft: &Draft, run: impl FnOnce() -> R) -> R {
    let mut came = None;
    let found = measure(|| came = Some(run()));
    let count = found.count_total;
    assert!(count == 0, "{what} allocates {count} times\n{draft:#?}");
    came.unwrap()
}

/// Decides and reads without allocating: as a request, as a call of an owned body and as a call of
/// borrowed fields. Says what came of it.
fn free(engine: &Engine, draft: &Draft, state: &State, seen: &mut Seen) -> String {
    let request = engine.request(draft.clone()).unwrap();
    let decision = without_allocating("a request", draft, || engine.decide(&request, state));
    let view = without_allocating("its view", draft, || {
        engine.view(&request, state, &decision)
    });
    let found = without_allocating("reading it", draft, || read(&view));
    urls(&view, draft, seen);

    assert!(agree(engine, draft, state).is_ok(), "{draft:#?}");
    note(&decision, &view, found, seen);
    if !state.is_empty() {
        let nothing = State::default();
        let otherwise = engine.decide(&request, &nothing);
        let otherwise = read(&engine.view(&request, &nothing, &otherwise));
        let moved = found.attempts > 0 && otherwise.first != found.first;
        seen.count("plans that start elsewhere for now", usize::from(moved));
    }

    let caller = engine.caller(draft.endpoint.as_deref(), &draft.attributes);
    let caller = caller.unwrap();
    let extras: Vec<Extras<'_>> = draft.fallbacks.iter().map(Extras::from).collect();
    let own = Extras::from(&draft.body);
    let owned: Vec<Fields<'_>> = draft.fallbacks.iter().map(Fields::from).collect();
    let borrowed: Vec<Fields<'_>> = owned.iter().zip(&extras).map(borrow).collect();
    let body = Fields::from(&draft.body);
    for (body, fallbacks) in [(body, &owned), (borrow((&body, &own)), &borrowed)] {
        let call = Call {
            auth: draft.auth,
            auth_header: draft.auth_header.as_deref(),
            fallbacks,
            chain: ChainFields::from(&draft.chain),
            ..Call::new(&caller, draft.at, body)
        };
        let again = without_allocating("a call", draft, || engine.decide_call(&call, state));
        assert_eq!(again, decision, "{draft:#?}");
        let view = without_allocating("its view", draft, || {
            engine.view_call(&call, state, &decision)
        });
        let again = without_allocating("reading it", draft, || read(&view));
        assert_eq!(again, found, "{draft:#?}");
        let written = |attempt: Attempt<'_>| matches!(attempt.url(), Cow::Owned(_));
        if !view.first().is_some_and(written) {
            let first = || engine.decide_first(&call, state);
            let (again, first) = without_allocating("its first attempt", draft, first);
            assert_eq!(again, decision, "{draft:#?}");
            assert_eq!(first.is_some(), found.attempts > 0, "{draft:#?}");
        }
        urls(&view, draft, seen);
    }
    told(engine, &decision, &view)
}

fn borrow<'a>((fields, extras): (&Fields<'a>, &'a Extras<'a>)) -> Fields<'a> {
    Fields {
        rest: Rest::Extras(extras),
        ..*fields
    }
}

/// Reads the URLs: those in which no model's id stands are there already.
fn urls(view: &View<'_>, draft: &Draft, seen: &mut Seen) {
    for attempt in view.attempts() {
        let mut url = Cow::Borrowed("");
        let found = measure(|| url = attempt.url());
        match url {
            Cow::Borrowed(url) => {
                assert!(
                    !url.is_empty() && found.count_total == 0,
                    "{url}\n{draft:#?}"
                );
                seen.count("plain URLs", 1);
            }
            Cow::Owned(url) => {
                assert!(found.count_total > 0, "{url}\n{draft:#?}");
                seen.count("URLs with an id", 1);
            }
        }
    }
}

/// Notes what was seen.
fn note(decision: &Decision, view: &View<'_>, found: Read, seen: &mut Seen) {
    let refusal = match decision.outcome {
        Outcome::Route => None,
        Outcome::Refuse(refusal) => Some(refusal),
    };
    seen.reasons.extend(refusal.map(|refusal| refusal.rule));
    seen.reasons
        .extend(view.dropped().map(|dropped| dropped.rule));
    let retryable = refusal.is_some_and(|refusal| refusal.retryable);
    for (what, many) in [
        ("refusals", usize::from(refusal.is_some())),
        ("refusals for now", usize::from(retryable)),
        ("attempts", found.attempts),
        ("attempts of fallbacks", found.of_fallbacks),
        ("dropped fallbacks", found.dropped),
        ("warnings", found.warnings),
        ("retries", usize::from(found.retry.is_some())),
        ("limits", found.limits),
        ("sets", found.sets),
    ] {
        seen.count(what, many);
    }
}

/// A decision in short: routes in order, or status and code; dropped fallbacks.
fn told(engine: &Engine, decision: &Decision, view: &View<'_>) -> String {
    let catalog = engine.catalog();
    let verdict = |rule: RuleId| engine.policy().rule(rule)?.kind.verdict();
    let mut told: Vec<String> = Vec::new();
    for attempt in view.attempts() {
        let offering = catalog.offering(attempt.route().offering).unwrap();
        let model = catalog.model(offering.model).unwrap();
        let region = catalog.region(offering.region).unwrap();
        told.push(format!("{}@{}", model.id, region.name));
    }
    if let Outcome::Refuse(refusal) = decision.outcome {
        let verdict = verdict(refusal.rule).unwrap();
        told.push(format!("{} {}", verdict.status, verdict.code));
        let again = refusal.retry_after_s;
        told.extend(again.map(|seconds| format!("again in {seconds} s")));
    }
    let dropped = view.dropped().filter_map(|dropped| verdict(dropped.rule));
    told.extend(dropped.map(|verdict| format!("drops {}", verdict.code)));
    told.join(", ")
}
