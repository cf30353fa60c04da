//! What became of a policy's mutants: a count, and every survivor at its line.

use std::fmt::Write as _;

use portolan_core::answer::{Answer, Outcome};
use portolan_test::mutate::{Fate, Killer, Mutation, Witness};
use serde::Serialize;

use crate::load::Policy;
use crate::render::paint::{Paint, visible};

/// Mutants that were tried.
pub(crate) struct Mutants<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) tried: Vec<(&'a Mutation, Fate)>,
}

/// How many came to what.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Count {
    mutants: usize,
    killed: usize,
    killed_by_tests: usize,
    killed_by_proofs: usize,
    survived: usize,
    equivalent: usize,
    stillborn: usize,
    /// Of those that differ, in hundredths of a percent, so that nothing is rounded up.
    killed_bp: usize,
}

#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    count: Count,
    survivors: Vec<Survivor<'a>>,
}

#[derive(Serialize)]
struct Survivor<'a> {
    file: String,
    line: u32,
    what: &'a str,
    request: Option<String>,
    now: Option<String>,
    then: Option<String>,
}

impl Mutants<'_> {
    fn count(&self) -> Count {
        let mut count = Count::default();
        for (_, fate) in &self.tried {
            match fate {
                Fate::Stillborn => count.stillborn += 1,
                Fate::Equivalent => count.equivalent += 1,
                Fate::Killed(Killer::Test(_)) => count.killed_by_tests += 1,
                Fate::Killed(Killer::Proof(_)) => count.killed_by_proofs += 1,
                Fate::Survived(_) => count.survived += 1,
            }
        }
        count.killed = count.killed_by_tests + count.killed_by_proofs;
        count.mutants = count.killed + count.survived;
        count.killed_bp = (count.killed * 10_000)
            .checked_div(count.mutants)
            .unwrap_or(10_000);
        count
    }

    /// How many of those that differ are killed, in hundredths of a percent.
    pub(crate) fn share(&self) -> usize {
        self.count().killed_bp
    }

    fn survivors(&self) -> impl Iterator<Item = Survivor<'_>> {
        self.tried.iter().filter_map(|(mutation, fate)| {
            let Fate::Survived(witness) = fate else {
                return None;
            };
            let witness = witness.as_deref();
            let request = witness.and_then(|Witness { draft, state, .. }| {
                portolan_wire::write_request(draft, state).ok()
            });
            let [now, then] = match witness {
                Some(Witness { answers, .. }) => answers.each_ref().map(|a| Some(said(a))),
                None => [None, None],
            };
            Some(Survivor {
                file: self.policy.shown(&mutation.file),
                line: mutation.line,
                what: &mutation.what,
                request,
                now,
                then,
            })
        })
    }

    /// Prints them for people.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        for survivor in self.survivors() {
            let what = paint.strong(&visible(survivor.what));
            let _ = writeln!(out, "{}: {what}", paint.warning("survived"));
            let place = format!("{}:{}", survivor.file, survivor.line);
            let _ = writeln!(out, "  {}", paint.faint(&visible(&place)));
            match survivor.request {
                Some(request) => {
                    let _ = writeln!(out, "  such as {}", visible(&request));
                }
                None => out.push_str("  no request was found that shows it\n"),
            }
            if let (Some(now), Some(then)) = (survivor.now, survivor.then) {
                let _ = writeln!(out, "  policy: {}", visible(&now));
                let _ = writeln!(out, "  mutant: {}", visible(&then));
            }
            out.push('\n');
        }
        let count = self.count();
        let Count {
            mutants,
            killed,
            killed_by_proofs,
            survived,
            equivalent,
            stillborn,
            killed_bp,
            ..
        } = count;
        let _ = writeln!(
            out,
            "{mutants} mutants: {killed} killed ({}.{:02} %), {killed_by_proofs} of them by proofs \
             alone; {survived} survived",
            killed_bp / 100,
            killed_bp % 100
        );
        let _ = writeln!(
            out,
            "not counted: {equivalent} that decide every request alike, {stillborn} that do not \
             compile"
        );
        out
    }

    /// Them for programs.
    pub(crate) fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(Page {
            count: self.count(),
            survivors: self.survivors().collect(),
        })
    }
}

/// An answer in a line.
fn said(answer: &Answer) -> String {
    match &answer.outcome {
        Outcome::Refuse(refusal) => format!("refused {} {}", refusal.status, refusal.code),
        Outcome::Route(plan) => {
            let attempts = plan.attempts.iter();
            let attempts: Vec<String> = attempts
                .map(|attempt| {
                    let mut text = format!("{}@{}", attempt.model, attempt.region);
                    for (name, amount) in [
                        ("input", attempt.price.input),
                        ("output", attempt.price.output),
                    ] {
                        if let Some(amount) = amount {
                            let _ = write!(text, " {name} {}", amount.money());
                        }
                    }
                    for (field, _) in &attempt.set {
                        let _ = write!(text, " sets {field}");
                    }
                    if let Some(limit) = &attempt.limit {
                        let _ = write!(text, " limit {} in {}s", limit.requests, limit.window_s);
                    }
                    text
                })
                .collect();
            let mut text = format!("routed to {}", attempts.join(", "));
            for warning in &plan.warnings {
                let _ = write!(text, ", warns {}", warning.code);
            }
            for dropped in &plan.dropped {
                let _ = write!(text, ", drops {} for {}", dropped.fallback, dropped.code);
            }
            if let Some(retry) = &plan.retry {
                let on = retry.on.join(" ");
                let _ = write!(text, ", retries {} on {on}", retry.times);
            }
            text
        }
    }
}
