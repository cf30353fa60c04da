//! What tests came to, for programs: one line of JSON.

use serde::Serialize;

use super::coverage::Covered;
use super::mutants::Mutants;
use super::{Came, Count, Measured, Ran, count};
use crate::render::unfolded::Drawn;

#[derive(Serialize)]
struct Page<'a> {
    version: u32,
    #[serde(flatten)]
    count: Count,
    tests: Vec<Tested<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutation: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Tested<'a> {
    name: &'a str,
    file: String,
    line: u32,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    complaints: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<Drawn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wanted: Vec<Drawn<'a>>,
}

/// Writes results.
pub(crate) fn json(ran: &[Ran<'_>], more: &Measured<'_>) -> anyhow::Result<String> {
    let page = Page {
        version: 1,
        count: count(ran),
        tests: ran.iter().map(tested).collect(),
        coverage: more.coverage.as_ref().map(Covered::json).transpose()?,
        mutation: more.mutants.as_ref().map(Mutants::json).transpose()?,
    };
    Ok(serde_json::to_string(&page)? + "\n")
}

fn tested<'a>(ran: &'a Ran<'_>) -> Tested<'a> {
    let (outcome, failure) = match &ran.came {
        Came::Passed => ("passed", None),
        Came::Failed(failure) => ("failed", Some(failure)),
        Came::Pending => ("pending", None),
    };
    let complaints = failure.into_iter().flat_map(|failure| &failure.complaints);
    let wanted = failure.into_iter().flat_map(|failure| &failure.wanted);
    Tested {
        name: &ran.test.name,
        file: ran.file(),
        line: ran.test.line,
        outcome,
        complaints: complaints.map(String::as_str).collect(),
        decided: failure
            .and_then(|failure| failure.decided.as_ref())
            .map(|rule| Drawn::new(rule, ran.policy)),
        wanted: wanted.map(|rule| Drawn::new(rule, ran.policy)).collect(),
    }
}
