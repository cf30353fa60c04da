//! Fuzz targets as plain functions, so that ordinary tests replay the corpora.
//!
//! Each function takes bytes and panics when a promise is broken; a panic in the code under test
//! is a broken promise as well. Driving them with new inputs is libFuzzer's work, through the
//! programs in `fuzz_targets`. Seeds are made by `cargo xtask fuzz-seed`.

#![expect(
    clippy::missing_panics_doc,
    reason = "panicking is what a target is for"
)]

mod agree;
mod engines;
mod gateway;
mod reader;

use portolan_core::answer::{Answer, Outcome};
use portolan_core::diagnostic::Severity;
use portolan_core::engine::{self, Compilation, Engine};
use portolan_core::instant::Instant;
use portolan_core::request::Body;
use portolan_fmt::Notation;
use portolan_wire::Call;

pub use crate::gateway::{Tally, World, residency};

use crate::engines::Memory;

/// The names of all targets; each has a function here, a program and a corpus.
pub const TARGETS: [&str; 7] = [
    "catalog", "policy", "request", "decide", "agree", "fmt", "gateway",
];

/// Runs the target of that name; says whether there is one.
pub fn run(target: &str, data: &[u8]) -> bool {
    match target {
        "catalog" => catalog(data),
        "policy" => policy(data),
        "request" => request(data),
        "decide" => decide(data),
        "agree" => agree(data),
        "fmt" => fmt(data),
        "gateway" => gateway(data),
        _ => return false,
    }
    true
}

/// Reads bytes as a catalog: an engine comes of it exactly where no error was found, and every
/// finding has its place in the text.
pub fn catalog(data: &[u8]) {
    let policy = b"edition 1\npolicy fuzz\nuse catalog \"catalog.yaml\"\n";
    compile(&[("policy.portolan", policy), ("catalog.yaml", data)]);
}

/// Reads bytes as a policy over a small catalog; the same promises.
pub fn policy(data: &[u8]) {
    let catalog = include_bytes!("../fixtures/catalog.yaml");
    let compiled = compile(&[("policy.portolan", data), ("catalog.yaml", catalog)]);
    if let Some(engine) = compiled.engine {
        let at = Instant::from_unix_seconds(1_780_000_000);
        let body = br#"{"model":"beta","messages":[],"fallbacks":[{"model":"alpha"}]}"#;
        judge(&engine, Call::posted(body.as_slice(), None, at));
    }
}

fn compile(files: &[(&str, &[u8])]) -> Compilation {
    let compiled = engine::compile("policy.portolan", &mut Memory(files));
    let errors = compiled.diagnostics.iter();
    let errors = errors.filter(|d| d.severity == Severity::Error).count();
    assert_eq!(compiled.engine.is_some(), errors == 0);
    for diagnostic in &compiled.diagnostics {
        let span = diagnostic.primary.span;
        let source = compiled.sources.get(span.source);
        let text = source.map_or("", |source| source.text());
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(start <= end && text.get(start..end).is_some(), "{span:?}");
        assert!(!diagnostic.message.contains('\n'));
    }
    compiled
}

/// Reads bytes as a request envelope, and as a posted body: a reader that folds the case of keys
/// and takes the last of two sees what was judged.
pub fn request(data: &[u8]) {
    let at = Instant::from_unix_seconds(1_780_000_000);
    let _ = portolan_wire::read_envelope(data, ["account"], at);
    let call = Call::posted(data, None, at);
    if call.draft.body.faults.is_empty() {
        let Some(seen) = reader::Seen::of(data) else {
            return;
        };
        let Body {
            model,
            model_region,
            stream,
            ..
        } = &call.draft.body;
        assert_eq!(seen.text("model").as_ref(), model.as_ref());
        assert_eq!(seen.text("model_region").as_ref(), model_region.as_ref());
        assert_eq!(seen.flag("stream").unwrap_or(false), *stream);
    }
}

/// Reads bytes as a request envelope and decides it by every shipped policy.
pub fn decide(data: &[u8]) {
    let at = Instant::from_unix_seconds(1_780_000_000);
    for engine in engines::shipped() {
        if let Ok(call) = portolan_wire::read_envelope(data, engine.policy().attribute_names(), at)
        {
            judge(engine, call);
        }
    }
}

/// Takes bytes for dice, which make a catalog, a policy and requests, or requests to a shipped
/// policy: the compiled form says what the reference interpreter says.
pub fn agree(data: &[u8]) {
    agree::run(data);
}

/// Takes bytes for dice, which make a call of a key that is locked to the EU: it goes nowhere else,
/// and reads to the most careless reader as what was judged.
pub fn gateway(data: &[u8]) {
    gateway::run(data);
}

/// Formats bytes as each kind of document: what can be read is formatted, and once is enough. That
/// nothing but layout changes is for the formatter to make sure of; it must never have to refuse.
pub fn fmt(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for (name, notation) in [
        ("policy.portolan", Notation::Policy),
        ("catalog.portolan", Notation::Catalog),
        ("catalog.yaml", Notation::Yaml),
    ] {
        match portolan_fmt::format(name, text, notation) {
            Ok(styled) => {
                let again = portolan_fmt::format(name, &styled, notation);
                assert_eq!(again.as_deref(), Ok(&*styled), "{name}\n{text}");
            }
            Err(refusal) => {
                let codes = refusal.diagnostics.iter().map(|d| d.code);
                let changed = codes
                    .into_iter()
                    .any(|code| code == "format-changes-meaning");
                // A YAML parser takes more than YAML allows, which has no style and is left alone.
                assert!(!changed || notation == Notation::Yaml, "{name}\n{text}");
            }
        }
    }
}

/// The same answer twice, and no permanent refusal that looks as if waiting helped.
fn judge(engine: &Engine, call: Call) {
    let Call {
        draft, state, body, ..
    } = call;
    let Ok(request) = engine.request(draft) else {
        return;
    };
    let answer = || -> (Answer, String) {
        let answer = engine.answer(&request, &state);
        let json = portolan_wire::answer_json(&answer, body.as_ref());
        (answer, json)
    };
    let (first, json) = answer();
    assert_eq!(json, answer().1);
    match first.outcome {
        Outcome::Route(plan) => assert!(!plan.attempts.is_empty()),
        Outcome::Refuse(refusal) => {
            let passing = refusal.status == 429 || refusal.status >= 500;
            assert_eq!(refusal.retryable, passing, "{}", refusal.code);
            assert!(passing || refusal.retry_after_s.is_none());
        }
    }
    let _ = portolan_wire::trace_json(&engine.trace(&request, &state));
}
