//! What would help a refused request: for people and for programs.

use std::fmt::Write as _;

use portolan_core::answer::{Answer, Outcome};
use portolan_core::request::State;
use portolan_verify::fixes::{BESIDE_ANOTHER, By, Change, Field, Fix, TOGETHER};
use serde::Serialize;
use serde_json::value::RawValue;

use super::paint::{Paint, visible};

/// What is shown.
pub(crate) struct Page<'a> {
    /// What came of the request.
    pub(crate) answer: &'a Answer,
    /// What would help; nothing where nobody knows.
    pub(crate) fixes: Option<&'a [Fix]>,
    /// What is known about now.
    pub(crate) state: &'a State,
}

#[derive(Serialize)]
struct Shown<'a> {
    version: u32,
    outcome: &'static str,
    status: Option<u16>,
    code: Option<&'a str>,
    message: Option<&'a str>,
    retryable: bool,
    complete: bool,
    tried: Tried,
    fixes: Vec<ShownFix<'a>>,
}

/// How many fields were changed together, at most.
#[derive(Serialize)]
struct Tried {
    fields: usize,
    beside_another_model: usize,
}

#[derive(Serialize)]
struct ShownFix<'a> {
    by: &'static str,
    changes: Vec<ShownChange<'a>>,
    request: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct ShownChange<'a> {
    field: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

impl Page<'_> {
    /// For people: below the decision.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let Outcome::Refuse(refusal) = &self.answer.outcome else {
            return String::new();
        };
        let mut out = String::from("\n");
        let Some(fixes) = self.fixes else {
            out.push_str("whether anything would help is past the limits of what is looked at\n");
            return out;
        };
        if fixes.is_empty() {
            if refusal.retryable {
                out.push_str("it may route later as it is\n");
            } else {
                let _ = writeln!(
                    out,
                    "no change of at most {TOGETHER} fields makes it route, nor one of the model \
                     and at most {BESIDE_ANOTHER} field more; larger ones were not tried"
                );
            }
            return out;
        }
        let _ = writeln!(out, "{}", paint.strong("it would route"));
        for fix in fixes {
            let changes: Vec<String> = fix.changes.iter().map(change).collect();
            let by = format!("{:>8}", who(fix.by));
            let changes = visible(&changes.join(", and "));
            let _ = writeln!(out, "  {} {changes}", paint.help(&by));
        }
        out
    }

    /// For programs.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let refusal = match &self.answer.outcome {
            Outcome::Route(_) => None,
            Outcome::Refuse(refusal) => Some(refusal),
        };
        let fixes = self.fixes.unwrap_or_default().iter().map(|fix| ShownFix {
            by: fix.by.name(),
            changes: fix
                .changes
                .iter()
                .map(|change| ShownChange {
                    field: &change.name,
                    before: change.before.as_deref(),
                    after: change.after.as_deref(),
                })
                .collect(),
            request: portolan_wire::write_request(&fix.draft, self.state)
                .ok()
                .and_then(|text| RawValue::from_string(text).ok()),
        });
        let shown = Shown {
            version: 1,
            outcome: if refusal.is_some() { "refuse" } else { "route" },
            status: refusal.map(|refusal| refusal.status),
            code: refusal.map(|refusal| &*refusal.code),
            message: refusal.map(|refusal| &*refusal.message),
            retryable: refusal.is_some_and(|refusal| refusal.retryable),
            complete: self.fixes.is_some(),
            tried: Tried {
                fields: TOGETHER,
                beside_another_model: BESIDE_ANOTHER,
            },
            fixes: fixes.collect(),
        };
        Ok(serde_json::to_string(&shown)? + "\n")
    }
}

/// Who makes a change.
fn who(by: By) -> &'static str {
    match by {
        By::Client | By::Operator => by.name(),
        By::Nobody => "time",
    }
}

/// One change as what to do.
fn change(change: &Change) -> String {
    let name = &change.name;
    let was = match &change.before {
        Some(before) => format!("instead of `{before}`"),
        None => "where there is none".to_owned(),
    };
    match (change.field, &change.after) {
        (Field::At, Some(after)) => format!("from {after} on"),
        (Field::Fallbacks, None) => "without `fallbacks`".to_owned(),
        (Field::Flag(_), None) => format!("without `{name}`"),
        (_, None) => format!("without `{name}`, {was}").replace(", instead of", ", which is"),
        (_, Some(after)) => format!("with `{name}` `{after}` {was}"),
    }
}
