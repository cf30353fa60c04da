//! What tests leave untested: rules, conditions, and regions of requests.

use std::fmt::Write as _;

use portolan_core::request::State;
use portolan_test::coverage::{Coverage, Gap};
use serde::Serialize;

use crate::load::Policy;
use crate::render::paint::{Paint, visible};

/// Regions that people are shown.
const SHOWN: usize = 10;

/// What tests leave untested.
pub(crate) struct Covered<'g> {
    pub(crate) policy: &'g Policy,
    pub(crate) coverage: Coverage,
}

#[derive(Serialize)]
struct Page<'a> {
    rules: usize,
    silent_rules: Vec<Silent<'a>>,
    conditions: usize,
    one_sided_conditions: Vec<OneSided<'a>>,
    regions: usize,
    touched: usize,
    unknown: usize,
    untouched: Vec<Region<'a>>,
}

#[derive(Serialize)]
struct Silent<'a> {
    rule: &'a str,
    file: String,
    line: u32,
    held: bool,
}

#[derive(Serialize)]
struct OneSided<'a> {
    rule: &'a str,
    text: &'a str,
    file: String,
    line: u32,
    always: Option<bool>,
}

#[derive(Serialize)]
struct Region<'a> {
    models: &'a [String],
    endpoint: &'a str,
    outcome: String,
    classes: u64,
    request: Option<String>,
}

impl Covered<'_> {
    /// Prints it for people.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let coverage = &self.coverage;
        let mut out = String::new();
        let decided = coverage.rules - coverage.silent.len();
        let _ = writeln!(
            out,
            "{}: {decided} of {} rules decided a test",
            paint.strong("rules"),
            coverage.rules
        );
        for rule in &coverage.silent {
            let place = format!("{}:{}", self.policy.shown(&rule.file), rule.line);
            let held = if rule.held {
                "held, and something else decided"
            } else {
                "never held"
            };
            let name = visible(&rule.name);
            let _ = writeln!(
                out,
                "  {} `{name}` {held}: {}",
                rule.kind,
                paint.faint(&place)
            );
        }
        let both = coverage.conditions - coverage.one_sided.len();
        let _ = writeln!(
            out,
            "{}: {both} of {} came out both ways",
            paint.strong("conditions"),
            coverage.conditions
        );
        for leaf in &coverage.one_sided {
            let place = format!("{}:{}", self.policy.shown(&leaf.file), leaf.line);
            let always = match leaf.always {
                Some(true) => "always true",
                Some(false) => "always false",
                None => "never asked",
            };
            let text = leaf.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(
                out,
                "  {always}: `{}`: {}",
                visible(&text),
                paint.faint(&place)
            );
        }
        let space = &coverage.space;
        let _ = writeln!(
            out,
            "{}: tests touch {} of {}",
            paint.strong("regions of requests"),
            space.touched,
            space.regions
        );
        for gap in space.gaps.iter().take(SHOWN) {
            let classes = match gap.classes {
                1 => "1 class".to_owned(),
                many => format!("{many} classes"),
            };
            let gap_of = format!("{}: {}", gap.whom(), gap.what);
            let _ = writeln!(out, "  {}, {classes}", visible(&gap_of));
            if let Some(request) = request(gap) {
                let _ = writeln!(out, "    such as {}", visible(&request));
            }
        }
        if space.gaps.len() > SHOWN {
            let more = space.gaps.len() - SHOWN;
            let _ = writeln!(out, "  and {more} more, which `--format json` lists");
        }
        if space.unknown > 0 {
            let unknown = space.unknown;
            let _ = writeln!(
                out,
                "  of {unknown} more it is not known whether they are empty"
            );
        }
        out
    }

    /// It for programs.
    pub(crate) fn json(&self) -> serde_json::Result<serde_json::Value> {
        let coverage = &self.coverage;
        let silent = coverage.silent.iter().map(|rule| Silent {
            rule: &rule.name,
            file: self.policy.shown(&rule.file),
            line: rule.line,
            held: rule.held,
        });
        let one_sided = coverage.one_sided.iter().map(|leaf| OneSided {
            rule: &leaf.rule,
            text: &leaf.text,
            file: self.policy.shown(&leaf.file),
            line: leaf.line,
            always: leaf.always,
        });
        let gaps = coverage.space.gaps.iter().map(|gap| Region {
            models: &gap.ids,
            endpoint: &gap.endpoint,
            outcome: gap.what.to_string(),
            classes: gap.classes,
            request: request(gap),
        });
        serde_json::to_value(Page {
            rules: coverage.rules,
            silent_rules: silent.collect(),
            conditions: coverage.conditions,
            one_sided_conditions: one_sided.collect(),
            regions: coverage.space.regions,
            touched: coverage.space.touched,
            unknown: coverage.space.unknown,
            untouched: gaps.collect(),
        })
    }
}

fn request(gap: &Gap) -> Option<String> {
    portolan_wire::write_request(&gap.sample, &State::default()).ok()
}
