//! Proofs, for people and for programs.

mod findings;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use portolan_core::answer::{Answer, Outcome as Decided};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::policy::{Prove, RuleId};
use portolan_gateway::proof::Proof as Reach;
use portolan_verify::prove::{Covered, Outcome, Proof, Reason, Refutation};
use portolan_verify::theorems::Theorem;
use serde::Serialize;

use super::paint::{Paint, visible};
use super::theorems;
use crate::load::Policy;

/// What is shown.
pub(crate) struct Shown<'a> {
    /// The policy, compiled.
    pub(crate) engine: &'a Engine,
    /// Where it was read.
    pub(crate) policy: &'a Policy,
    /// As it was named.
    pub(crate) named: &'a Path,
    /// The overlay.
    pub(crate) overlay: Option<&'a str>,
    /// The answers.
    pub(crate) proofs: &'a [Proof],
    /// What holds of every policy, where that was asked.
    pub(crate) theorems: &'a [Theorem],
    /// Where a gateway's listeners reach, where there is a configuration of one.
    pub(crate) reach: Option<&'a Reach>,
    /// How long it took.
    pub(crate) taken: Duration,
}

impl Shown<'_> {
    /// For people.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        if self.engine.policy().proves.is_empty() {
            let named = self.named.display().to_string();
            let _ = writeln!(
                out,
                "no `prove` in `{}`: it claims nothing",
                visible(&named)
            );
        } else {
            self.claims(&mut out, paint);
        }
        if !self.theorems.is_empty() {
            out.push('\n');
            out.push_str(&theorems::human(self.theorems, self.engine, paint));
        }
        if let Some(reach) = self.reach {
            out.push('\n');
            for line in &reach.lines {
                let _ = writeln!(out, "{}", visible(line));
            }
            for problem in &reach.problems {
                let word = paint.error("not proved");
                let _ = writeln!(out, "{word}: {}", visible(problem));
            }
        }
        out
    }

    /// Each claim with what came of it, and how many came to what.
    fn claims(&self, out: &mut String, paint: Paint) {
        for proof in self.proofs {
            let Some(prove) = self.engine.policy().proves.get(proof.prove) else {
                continue;
            };
            let name = visible(&prove.name);
            match &proof.outcome {
                Outcome::Proved => {
                    let covered = paint.faint(&covered(proof.covered, prove.between));
                    let _ = writeln!(out, "{}: `{name}` {covered}", paint.good("proved"));
                }
                Outcome::Refuted(refutation) => {
                    let place = self.place(prove);
                    let _ = writeln!(out, "{}: `{name}` at {place}", paint.error("refuted"));
                    self.refuted(out, refutation, paint);
                }
                Outcome::Inconclusive(reason) => {
                    let place = self.place(prove);
                    let word = paint.warning("inconclusive");
                    let _ = writeln!(out, "{word}: `{name}` at {place}: {}", why(*reason));
                }
            }
        }
        let count = |of: fn(&Outcome) -> bool| {
            let outcomes = self.proofs.iter().filter(|proof| of(&proof.outcome));
            outcomes.count()
        };
        let _ = writeln!(
            out,
            "{} proved, {} refuted, {} inconclusive; snapshot {}; {} ms",
            count(|o| matches!(o, Outcome::Proved)),
            count(|o| matches!(o, Outcome::Refuted(_))),
            count(|o| matches!(o, Outcome::Inconclusive(_))),
            self.engine.snapshot(),
            self.taken.as_millis()
        );
    }

    /// The request, what became of it, what let it through, and how to see it again.
    fn refuted(&self, out: &mut String, refutation: &Refutation, paint: Paint) {
        let request = written(refutation);
        let _ = writeln!(out, "  {} {}", paint.faint("request:"), visible(&request));
        if let Some(answer) = self.answer(refutation) {
            let decided = decided(&answer, refutation.attempt);
            let _ = writeln!(out, "  {} {}", paint.faint("decision:"), visible(&decided));
        }
        for rule in &refutation.through {
            let said = self.through(*rule);
            let _ = writeln!(out, "  {} {}", paint.faint("let through:"), visible(&said));
        }
        for condition in &refutation.mends {
            let _ = writeln!(
                out,
                "  {} `{}`",
                paint.help("it would hold with:"),
                visible(condition)
            );
        }
        let _ = writeln!(
            out,
            "  {} portolan decide {} --request FILE",
            paint.faint("replay:"),
            visible(&self.arguments())
        );
    }

    /// The policy as it was named on the command line.
    fn arguments(&self) -> String {
        let overlay = self.overlay.map(|name| format!(" --overlay {name}"));
        format!("{}{}", self.named.display(), overlay.unwrap_or_default())
    }

    pub(super) fn place(&self, prove: &Prove) -> String {
        let located = self.engine.sources().locate(prove.span);
        let source = self.engine.sources().get(prove.span.source);
        let path = source.map_or(String::new(), |source| self.policy.shown(source.name()));
        format!("{path}:{}:{}", located.start.line, located.start.column)
    }

    pub(super) fn through(&self, rule: RuleId) -> String {
        let Some(found) = self.engine.policy().rule(rule) else {
            return String::new();
        };
        let located = self.engine.sources().locate(found.span);
        let source = self.engine.sources().get(found.span.source);
        let path = source.map_or(String::new(), |source| self.policy.shown(source.name()));
        format!(
            "`{}` at {path}:{}:{} does not hold for it",
            found.name, located.start.line, located.start.column
        )
    }

    pub(super) fn answer(&self, refutation: &Refutation) -> Option<Answer> {
        let request = self.engine.request(refutation.draft.clone()).ok()?;
        Some(self.engine.answer(&request, &refutation.state))
    }

    /// For programs.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let mut proofs = Vec::new();
        for proof in self.proofs {
            let Some(prove) = self.engine.policy().proves.get(proof.prove) else {
                continue;
            };
            proofs.push(self.entry(proof, prove)?);
        }
        let document = Document {
            version: 1,
            snapshot: self.engine.snapshot().to_string(),
            taken_ms: u64::try_from(self.taken.as_millis()).unwrap_or(u64::MAX),
            proofs,
            theorems: theorems::entries(self.theorems, self.engine)?,
            gateway: self.reach.map(|reach| ReachJson {
                lines: &reach.lines,
                problems: &reach.problems,
            }),
        };
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }

    fn entry<'p>(&self, proof: &'p Proof, prove: &'p Prove) -> anyhow::Result<Entry<'p>> {
        let (outcome, refutation, reason) = match &proof.outcome {
            Outcome::Proved => ("proved", None, None),
            Outcome::Refuted(refutation) => ("refuted", Some(refutation), None),
            Outcome::Inconclusive(reason) => ("inconclusive", None, Some(why(*reason))),
        };
        let parse = |text: String| serde_json::from_str::<serde_json::Value>(&text);
        let request = refutation.map(|r| parse(written(r))).transpose()?;
        let answer = refutation.and_then(|r| Some((r, self.answer(r)?)));
        let decision = answer.map(|(refutation, answer)| {
            // What is patched is the body as it is written.
            let text = written(refutation);
            let names = self.engine.policy().attribute_names();
            let call = portolan_wire::read_envelope(text.as_bytes(), names, refutation.draft.at);
            let body = call.ok().and_then(|call| call.body);
            parse(portolan_wire::answer_json(&answer, body.as_ref()))
        });
        let window = prove.between;
        Ok(Entry {
            name: &prove.name,
            at: self.place(prove),
            outcome,
            covered: Count {
                ids: proof.covered.ids,
                slices: proof.covered.slices,
                classes: proof.covered.classes,
                from: window.from.map(Instant::short),
                until: window.until.map(Instant::short),
            },
            reason,
            request,
            decision: decision.transpose()?,
            attempt: refutation.and_then(|r| r.attempt),
            let_through: refutation.map_or(Vec::new(), |r| {
                let names = r.through.iter();
                let names = names.filter_map(|id| self.engine.policy().rule(*id));
                names.map(|rule| rule.name.to_string()).collect()
            }),
            would_hold_with: refutation.map_or(&[], |r| &r.mends),
        })
    }
}

/// A refuting request, as `portolan decide --request` takes it.
pub(super) fn written(refutation: &Refutation) -> String {
    let written = portolan_wire::write_request(&refutation.draft, &refutation.state);
    written.unwrap_or_else(|why| why.to_string())
}

/// What was looked at.
pub(super) fn covered(covered: Covered, between: Window) -> String {
    let dates = match (between.from, between.until) {
        (None, None) => "all dates".to_owned(),
        (from, until) => {
            let from = from.map(|from| format!("from {}", from.short()));
            let until = until.map(|until| format!("until {}", until.short()));
            let said: Vec<String> = from.into_iter().chain(until).collect();
            said.join(" ")
        }
    };
    format!(
        "({} ids, {} slices, {} classes, {dates})",
        covered.ids, covered.slices, covered.classes
    )
}

/// One line about a decision; of a plan, the attempt in question.
pub(super) fn decided(answer: &Answer, attempt: Option<usize>) -> String {
    match &answer.outcome {
        Decided::Refuse(refusal) => {
            format!("{} `{}`: {}", refusal.status, refusal.code, refusal.message)
        }
        Decided::Route(plan) => {
            let position = attempt.unwrap_or(0);
            let Some(attempt) = plan.attempts.get(position) else {
                return "routed".to_owned();
            };
            let from = attempt
                .fallback
                .map_or("the request itself".to_owned(), |fallback| {
                    format!("`fallbacks[{fallback}]`")
                });
            format!(
                "attempt {} of {}, from {from}: `{}` in region `{}`, processed in `{}`, stored in `{}`",
                position + 1,
                plan.attempts.len(),
                attempt.model,
                attempt.region,
                attempt.processing.join(", "),
                attempt.storage.join(", ")
            )
        }
    }
}

/// Why nobody knows, and what to do.
pub(super) const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::TooLarge => {
            "the policy asks for more than the analysis allows; ask about fewer requests with `where`"
        }
        Reason::NotReplayed => {
            "some requests may refute it, and none that was tried does; ask about fewer requests with `where`"
        }
        Reason::OtherPolicy => "the other policy does not compile; run `portolan check` on it",
        Reason::OtherInputs => {
            "the other policy declares other attributes or endpoints; run `portolan diff`"
        }
        Reason::NamesModel => {
            "the question is about all models, and its `where` asks which one is called; ask that after `some model routes where`"
        }
    }
}

#[derive(Debug, Serialize)]
struct Document<'p> {
    version: u32,
    snapshot: String,
    taken_ms: u64,
    proofs: Vec<Entry<'p>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    theorems: Vec<theorems::Entry>,
    /// Left out where no gateway is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<ReachJson<'p>>,
}

#[derive(Debug, Serialize)]
struct ReachJson<'p> {
    lines: &'p [String],
    problems: &'p [String],
}

#[derive(Debug, Serialize)]
struct Entry<'p> {
    name: &'p str,
    at: String,
    outcome: &'static str,
    covered: Count,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    let_through: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    would_hold_with: &'p [String],
}

#[derive(Debug, Serialize)]
struct Count {
    ids: usize,
    slices: usize,
    classes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}
