//! Every rule's verdict as JSON: what `--explain` shows. The values are those that the rules read.

use portolan_core::answer::{CandidateTrace, RequestTrace, RuleTrace, Trace};
use serde::Serialize;

use crate::answer::{CandidateJson, RuleJson, write};

/// Writes a trace as one line of JSON.
pub fn trace_json(trace: &Trace) -> String {
    write(&TraceJson::new(trace))
}

#[derive(Serialize)]
pub(crate) struct TraceJson<'a> {
    requests: Vec<RequestJson<'a>>,
}

impl<'a> TraceJson<'a> {
    pub(crate) fn new(trace: &'a Trace) -> Self {
        Self {
            requests: trace.requests.iter().map(RequestJson::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct RequestJson<'a> {
    fallback: Option<usize>,
    model: Option<&'a str>,
    rules: Vec<VerdictJson<'a>>,
    candidates: Vec<JudgedJson<'a>>,
}

impl<'a> RequestJson<'a> {
    fn new(request: &'a RequestTrace) -> Self {
        Self {
            fallback: request.fallback,
            model: request.model.as_deref(),
            rules: request.rules.iter().map(VerdictJson::new).collect(),
            candidates: request.candidates.iter().map(JudgedJson::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct JudgedJson<'a> {
    #[serde(flatten)]
    candidate: CandidateJson<'a>,
    rules: Vec<VerdictJson<'a>>,
}

impl<'a> JudgedJson<'a> {
    fn new(judged: &'a CandidateTrace) -> Self {
        Self {
            candidate: CandidateJson::new(&judged.candidate, true),
            rules: judged.rules.iter().map(VerdictJson::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct VerdictJson<'a> {
    rule: RuleJson<'a>,
    kind: &'static str,
    holds: bool,
    values: Vec<ValueJson<'a>>,
}

impl<'a> VerdictJson<'a> {
    fn new(verdict: &'a RuleTrace) -> Self {
        let values = verdict.values.iter();
        Self {
            rule: RuleJson::new(&verdict.rule),
            kind: verdict.kind,
            holds: verdict.holds,
            values: values
                .map(|(field, value)| ValueJson { field, value })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct ValueJson<'a> {
    field: &'a str,
    value: &'a str,
}
