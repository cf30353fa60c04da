//! Every rule's verdict with the values that made it: `--explain`, for people.

use std::fmt::Write;

use portolan_core::answer::{RuleTrace, Trace};

use super::decision::{place_of, verdict};
use super::paint::{Paint, visible};
use super::table::Table;
use crate::load::Policy;

/// Prints a trace.
pub(crate) fn human(trace: &Trace, policy: &Policy, paint: Paint) -> String {
    let mut out = String::new();
    for request in &trace.requests {
        let name = match request.fallback {
            None => "the request".to_owned(),
            Some(index) => format!("fallbacks[{index}]"),
        };
        let model = request.model.as_deref().map(visible);
        let model = model.map_or("no model".to_owned(), |m| format!("`{m}`"));
        let _ = writeln!(out, "\n{} {model}", paint.strong(&format!("{name}:")));
        out.push_str(&rules(&request.rules, policy, paint));
        for considered in &request.candidates {
            let candidate = &considered.candidate;
            let _ = writeln!(
                out,
                "\n  {} `{}` in `{}` through `{}`: {}",
                paint.strong("candidate"),
                visible(&candidate.model),
                visible(&candidate.region),
                visible(&candidate.endpoint),
                verdict(candidate.verdict, paint)
            );
            out.push_str(&rules(&considered.rules, policy, paint));
        }
        if request.candidates.is_empty() {
            let _ = writeln!(out, "\n  {}", paint.faint("no candidates were considered"));
        }
    }
    out
}

fn rules(rules: &[RuleTrace], policy: &Policy, paint: Paint) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["verdict", "verb", "rule", "at", "because"]);
    for traced in rules {
        let verdict = match (traced.kind, traced.holds) {
            ("lock", true) => "met",
            ("lock", false) => "broken",
            (_, true) => "holds",
            (_, false) => "-",
        };
        let values = traced.values.iter();
        let values: Vec<String> = values
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        table.row([
            verdict.to_owned(),
            traced.kind.to_owned(),
            traced.rule.name.clone(),
            place_of(&traced.rule, policy),
            values.join(", "),
        ]);
    }
    table.print("    ", paint)
}
