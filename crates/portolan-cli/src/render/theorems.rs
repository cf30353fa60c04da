//! Built-in theorems, for people and for programs.

use std::fmt::Write as _;

use portolan_core::catalog::Route;
use portolan_core::engine::Engine;
use portolan_core::request::State;
use portolan_verify::theorems::{Because, Law, Outcome, Theorem, Unknown, Violation};
use serde::Serialize;

use super::paint::{Paint, visible};

/// For people: one line each, and a request for what is violated.
pub(crate) fn human(theorems: &[Theorem], engine: &Engine, paint: Paint) -> String {
    let mut out = String::new();
    for theorem in theorems {
        let name = theorem.law.name();
        let looked = paint.faint(&format!("({})", looked(theorem)));
        let _ = match &theorem.outcome {
            Outcome::Holds => writeln!(out, "{}: `{name}` {looked}", paint.good("holds")),
            Outcome::Violated(violation) => {
                let _ = writeln!(out, "{}: `{name}` {looked}", paint.error("violated"));
                let why = because(&violation.because, engine);
                let _ = writeln!(out, "  {} {}", paint.faint("because:"), visible(&why));
                let request = request(violation);
                writeln!(out, "  {} {}", paint.faint("request:"), visible(&request))
            }
            Outcome::Unknown(unknown) => {
                let word = paint.warning("unknown");
                writeln!(out, "{word}: `{name}`: {}", reason(*unknown))
            }
        };
    }
    out
}

/// What a law says.
pub(crate) const fn sentence(law: Law) -> &'static str {
    match law {
        Law::LocksHold => "every attempt meets every lock that applies to it",
        Law::OnlyOptInsWiden => {
            "no field of the body but an opt-in lets a request go to other places or providers"
        }
        Law::HelpIsLegal => "every model that a help line names routes in the request's place",
        Law::TenantsAreApart => {
            "renaming or removing a key of a table changes no decision on requests that do not name it"
        }
    }
}

/// How much was looked at.
pub(crate) fn looked(theorem: &Theorem) -> String {
    let what = match theorem.law {
        Law::LocksHold => "locks, each with a candidate of a slice",
        Law::OnlyOptInsWiden => "fields, each with a candidate of a slice",
        Law::HelpIsLegal => "suggestions, each to a refused request",
        Law::TenantsAreApart => "rows of tables",
    };
    format!("{} {what}", theorem.looked)
}

/// What is wrong with a request, in words.
pub(crate) fn because(because: &Because, engine: &Engine) -> String {
    let rule = |id| {
        let rule = engine.policy().rule(id);
        rule.map_or("", |rule| &*rule.name)
    };
    match because {
        Because::Lock { lock, route } => {
            format!(
                "it routes to {}, which breaks `{}`",
                to(*route, engine),
                rule(*lock)
            )
        }
        Because::Field { field, route } => format!(
            "it routes to {}; without `{}`, no opt-in, it could go nowhere as wide",
            to(*route, engine),
            field.name()
        ),
        Because::Advice { rule: id, model } => {
            format!(
                "the help of `{}` names `{model}`, which does not route",
                rule(*id)
            )
        }
    }
}

fn to(route: Route, engine: &Engine) -> String {
    let catalog = engine.catalog();
    let offering = catalog.offering(route.offering);
    let model = offering.and_then(|offering| catalog.model(offering.model));
    let region = offering.and_then(|offering| catalog.region(offering.region));
    format!(
        "`{}` in region `{}`",
        model.map_or("", |model| &*model.id),
        region.map_or("", |region| &*region.name)
    )
}

/// A violating request, as `portolan decide --request` takes it.
pub(crate) fn request(violation: &Violation) -> String {
    let written = portolan_wire::write_request(&violation.draft, &State::default());
    written.unwrap_or_else(|why| why.to_string())
}

/// Why nobody knows.
pub(crate) const fn reason(unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::TooLarge => "the policy asks for more than the analysis allows",
        Unknown::NotReplayed => "some requests may violate it, and none that was tried does",
        Unknown::ReadsOthers => {
            "a request may be decided by a row of a table that it does not name"
        }
    }
}

/// For programs.
///
/// # Errors
/// When a request cannot be written as JSON.
pub(crate) fn entries(theorems: &[Theorem], engine: &Engine) -> anyhow::Result<Vec<Entry>> {
    let entry = |theorem: &Theorem| {
        let (outcome, violation, unknown) = match &theorem.outcome {
            Outcome::Holds => ("holds", None, None),
            Outcome::Violated(violation) => ("violated", Some(violation), None),
            Outcome::Unknown(unknown) => ("unknown", None, Some(reason(*unknown))),
        };
        let written = violation.map(|violation| serde_json::from_str(&request(violation)));
        Ok(Entry {
            name: theorem.law.name(),
            outcome,
            looked_at: theorem.looked,
            reason: unknown,
            because: violation.map(|violation| because(&violation.because, engine)),
            request: written.transpose()?,
        })
    };
    theorems.iter().map(entry).collect()
}

/// One theorem.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    name: &'static str,
    outcome: &'static str,
    looked_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<serde_json::Value>,
}
