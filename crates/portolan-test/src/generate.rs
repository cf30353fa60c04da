//! Tests that are missing, written as a case file: a request of each region that no test lies in,
//! with the decision as the interpreter gives it. What they expect is what is, and not what
//! somebody wants: each says that it is to be reviewed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use serde_json::{Value, json};

use crate::coverage::Gap;
use crate::observed::{Observed, ObservedPlan, ObservedRefusal};

/// How a case that nobody has looked at begins.
pub const REVIEW: &str = "to review: ";

/// A request that wants a case.
#[derive(Debug, Clone)]
pub struct Missing {
    /// What it is for.
    pub why: String,
    /// The request.
    pub draft: Draft,
    /// What is known about now.
    pub state: State,
}

impl From<&Gap> for Missing {
    fn from(gap: &Gap) -> Self {
        Self {
            why: format!("{}: {}", gap.whom(), gap.what),
            draft: gap.sample.clone(),
            state: State::default(),
        }
    }
}

/// Writes a case file, and says how many cases it has. A request that cannot be posted has none.
pub fn file(engine: &Engine, why: &str, missing: &[Missing]) -> (String, usize) {
    let mut out = format!("why: {}\nrequests:\n", Value::from(why));
    let mut count = 0;
    // Two reasons for one request are one case.
    let mut written = BTreeSet::new();
    for missing in missing {
        let Some((request, expect)) = case(engine, missing) else {
            continue;
        };
        if !written.insert(request.clone()) {
            continue;
        }
        count += 1;
        let why = Value::from(format!("{REVIEW}{}", missing.why));
        let _ = writeln!(out, "  - why: {why}");
        let _ = writeln!(out, "    request: {}", flow(&request));
        let _ = writeln!(out, "    expect: {}", flow(&expect));
    }
    (out, count)
}

/// An envelope, and what comes of it now.
fn case(engine: &Engine, missing: &Missing) -> Option<(String, String)> {
    let request = portolan_wire::write_request(&missing.draft, &missing.state).ok()?;
    let accepted = engine.request(missing.draft.clone()).ok()?;
    let answer = engine.answer(&accepted, &missing.state);
    let expect = match Observed::from(&answer) {
        Observed::Route(plan) => routed(&plan),
        Observed::Refuse(refusal) => refused(&refusal),
        Observed::Error(_) => return None,
    };
    Some((request, expect.to_string()))
}

fn routed(plan: &ObservedPlan) -> Value {
    let mut expect = json!({"route": plan.route()});
    let mut put = |key: &str, value: Value| {
        if let Some(expect) = expect.as_object_mut() {
            expect.insert(key.to_owned(), value);
        }
    };
    let first = plan.attempts.first();
    let facts = ["processing", "storage", "input", "output", "set"];
    let facts = facts.into_iter().filter_map(|fact| {
        let value = first?.get(fact)?;
        Some((fact.to_owned(), Value::from(value.as_str())))
    });
    put("first", Value::Object(facts.collect()));
    let codes: Vec<&str> = plan
        .warnings
        .iter()
        .map(|(code, _)| code.as_str())
        .collect();
    put("warnings", codes.into());
    if !plan.dropped.is_empty() {
        let dropped = plan.dropped.iter();
        let dropped = dropped.map(|d| json!({"fallback": d.fallback, "code": d.code}));
        put("dropped", dropped.collect());
    }
    expect
}

fn refused(refusal: &ObservedRefusal) -> Value {
    json!({
        "status": refusal.status,
        "code": refusal.code,
        "rule": refusal.rule,
        "field": refusal.field.as_deref().unwrap_or("none"),
    })
}

/// JSON is YAML, but for a tab and what YAML takes for the end of a line.
fn flow(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') || c.is_control() {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
