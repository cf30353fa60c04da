//! What a case expects, written by hand, and whether an answer meets it.

use std::collections::BTreeMap;

use portolan_core::instant::Instant;
use serde::Deserialize;

use crate::observed::{Observed, ObservedDropped, ObservedPlan, ObservedRefusal};

/// What is expected of an answer; the keys are described in `docs/testing.md`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    route: Option<Vec<String>>,
    status: Option<u64>,
    error: Option<String>,
    code: Option<String>,
    field: Option<String>,
    retryable: Option<bool>,
    retry_after_s: Option<i64>,
    message_contains: Option<Texts>,
    help_contains: Option<Texts>,
    help_lacks: Option<Texts>,
    also: Option<Vec<String>>,
    rule: Option<String>,
    candidates: Option<Vec<String>>,
    first: Option<BTreeMap<String, Scalar>>,
    warnings: Option<Vec<String>>,
    dropped: Option<Vec<Dropped>>,
    retry: Option<RetryOrNone>,
    advance: Option<Vec<String>>,
    timeouts: Option<BTreeMap<String, i64>>,
    limit: Option<LimitOrNone>,
    valid_until: Option<String>,
}

/// One text or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Texts {
    fn iter(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::One(text) => std::slice::from_ref(text).iter(),
            Self::Many(texts) => texts.iter(),
        }
    }
}

/// A scalar of YAML, compared as text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    fn text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dropped {
    fallback: u64,
    code: String,
    message_contains: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum RetryOrNone {
    None(NoneWord),
    Some(Retry),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum LimitOrNone {
    None(NoneWord),
    Some(Limit),
}

/// The word `none`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NoneWord {
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    times: i64,
    after_ms: i64,
    on: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    requests: i64,
    window_s: i64,
}

/// Collects what was not met.
#[derive(Debug, Default)]
pub struct Complaints(pub Vec<String>);

impl Complaints {
    /// Complains unless two texts are equal.
    pub fn equal(&mut self, what: &str, expected: &str, found: &str) {
        if expected != found {
            self.0
                .push(format!("{what}: expected {expected}, found {found}"));
        }
    }

    /// Complains of every text that stands in no line.
    pub fn contains(&mut self, what: &str, texts: Option<&Texts>, lines: &[String]) {
        for text in texts.into_iter().flat_map(Texts::iter) {
            if !lines.iter().any(|line| line.contains(text.as_str())) {
                let lines = lines.join("\n    ");
                self.0
                    .push(format!("{what}: expected `{text}` in\n    {lines}"));
            }
        }
    }
}

fn words(texts: &[String]) -> String {
    format!("[{}]", texts.join(", "))
}

fn maybe(text: Option<&str>) -> &str {
    text.unwrap_or("nothing")
}

fn pair(pair: Option<(i64, i64)>) -> String {
    pair.map_or("none".to_owned(), |(a, b)| format!("({a}, {b})"))
}

impl Expect {
    /// Says whether the expectation itself makes sense.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let kinds = [
            self.route.is_some(),
            self.status.is_some(),
            self.error.is_some(),
        ];
        if kinds.into_iter().filter(|given| *given).count() != 1 {
            return Err("expect exactly one of `route`, `status` and `error`".to_owned());
        }
        if self.status.is_some() && self.code.is_none() {
            return Err("a refusal has a `code`".to_owned());
        }
        Ok(())
    }

    /// Everything about an answer that is not as expected.
    pub fn unmet(&self, observed: &Observed) -> Vec<String> {
        let mut complaints = Complaints::default();
        match observed {
            Observed::Route(plan) => match &self.route {
                Some(route) => self.of_plan(route, plan, &mut complaints),
                None => complaints.0.push(format!(
                    "expected {}, found the route {}",
                    self.intent(),
                    words(&plan.route())
                )),
            },
            Observed::Refuse(refusal) => match self.status {
                Some(status) => self.of_refusal(status, refusal, &mut complaints),
                None => complaints.0.push(format!(
                    "expected {}, found {} {}: {}",
                    self.intent(),
                    refusal.status,
                    refusal.code,
                    refusal.message
                )),
            },
            Observed::Error(message) => match &self.error {
                Some(text) if message.contains(text.as_str()) => {}
                Some(_) | None => complaints.0.push(format!(
                    "expected {}, found the error: {message}",
                    self.intent()
                )),
            },
        }
        complaints.0
    }

    /// The attempts that are wanted, as `model@region`.
    pub(crate) fn route(&self) -> Option<&[String]> {
        self.route.as_deref()
    }

    /// The codes and names of rules that are wanted.
    pub(crate) fn codes(&self) -> Vec<String> {
        let dropped = self.dropped.iter().flatten();
        let dropped = dropped.map(|dropped| dropped.code.clone());
        let warnings = self.warnings.iter().flatten().cloned();
        // A rule that is named says more than a code that several share.
        let refusing = self.rule.clone().or_else(|| self.code.clone());
        refusing
            .into_iter()
            .chain(dropped)
            .chain(warnings)
            .collect()
    }

    fn intent(&self) -> String {
        match (&self.route, self.status, &self.error) {
            (Some(route), _, _) => format!("the route {}", words(route)),
            (None, Some(status), _) => {
                format!("{status} {}", self.code.as_deref().unwrap_or_default())
            }
            (None, None, error) => format!("an error with {}", maybe(error.as_deref())),
        }
    }

    fn of_plan(&self, route: &[String], plan: &ObservedPlan, complaints: &mut Complaints) {
        complaints.equal("route", &words(route), &words(&plan.route()));
        let nothing = BTreeMap::new();
        let first = plan.attempts.first().unwrap_or(&nothing);
        for (name, expected) in self.first.iter().flatten() {
            let found = first.get(name).cloned().unwrap_or_default();
            complaints.equal(&format!("first.{name}"), &expected.text(), &found);
        }
        if let Some(warnings) = &self.warnings {
            let mut expected = warnings.clone();
            let mut found: Vec<String> = plan.warnings.iter().map(|(c, _)| c.clone()).collect();
            expected.sort();
            found.sort();
            complaints.equal("warnings", &words(&expected), &words(&found));
        }
        let said: Vec<String> = plan.warnings.iter().map(|(_, m)| m.clone()).collect();
        complaints.contains("warnings", self.message_contains.as_ref(), &said);
        self.of_dropped(&plan.dropped, complaints);
        if let Some(RetryOrNone::Some(Retry { on: Some(on), .. })) = &self.retry {
            complaints.equal("retry.on", &words(on), &words(&plan.retry_on));
        }
        if let Some(advance) = &self.advance {
            complaints.equal("advance", &words(advance), &words(&plan.advance));
        }
        if let Some(timeouts) = &self.timeouts {
            let show = |of: &BTreeMap<String, i64>| {
                let all = of.iter().map(|(name, value)| format!("{name}: {value}"));
                words(&all.collect::<Vec<_>>())
            };
            complaints.equal("timeouts", &show(timeouts), &show(&plan.timeouts));
        }
        let retry = self.retry.as_ref().map(|retry| match retry {
            RetryOrNone::None(NoneWord::None) => None,
            RetryOrNone::Some(retry) => Some((retry.times, retry.after_ms)),
        });
        if let Some(retry) = retry {
            complaints.equal("retry", &pair(retry), &pair(plan.retry));
        }
        let limit = self.limit.as_ref().map(|limit| match limit {
            LimitOrNone::None(NoneWord::None) => None,
            LimitOrNone::Some(limit) => Some((limit.requests, limit.window_s)),
        });
        if let Some(limit) = limit {
            complaints.equal("limit", &pair(limit), &pair(plan.limit));
        }
        if let Some(until) = &self.valid_until {
            let expected = (until != "never").then(|| {
                Instant::parse(until).map_or_else(|error| error.to_string(), |at| at.to_string())
            });
            let found = plan.valid_until.as_deref();
            complaints.equal("valid_until", maybe(expected.as_deref()), maybe(found));
        }
    }

    fn of_dropped(&self, found: &[ObservedDropped], complaints: &mut Complaints) {
        let Some(expected) = &self.dropped else {
            return;
        };
        let show = |fallback: u64, code: &str| format!("{fallback}: {code}");
        let wanted: Vec<String> = expected.iter().map(|d| show(d.fallback, &d.code)).collect();
        let there: Vec<String> = found.iter().map(|d| show(d.fallback, &d.code)).collect();
        complaints.equal("dropped", &words(&wanted), &words(&there));
        for (expected, found) in expected.iter().zip(found) {
            let text = expected.message_contains.clone().map(Texts::One);
            let message = [found.message.clone()];
            complaints.contains("dropped", text.as_ref(), &message);
        }
    }

    fn of_refusal(&self, status: u64, refusal: &ObservedRefusal, complaints: &mut Complaints) {
        complaints.equal("status", &status.to_string(), &refusal.status.to_string());
        if let Some(code) = &self.code {
            complaints.equal("code", code, &refusal.code);
        }
        if let Some(field) = &self.field {
            let field = (field != "none").then_some(field.as_str());
            complaints.equal("field", maybe(field), maybe(refusal.field.as_deref()));
        }
        if let Some(retryable) = self.retryable {
            let found = refusal.retryable.to_string();
            complaints.equal("retryable", &retryable.to_string(), &found);
        }
        if let Some(seconds) = self.retry_after_s {
            let found = refusal.retry_after_s.map(|s| s.to_string());
            let found = maybe(found.as_deref());
            complaints.equal("retry_after_s", &seconds.to_string(), found);
        }
        if let Some(rule) = &self.rule {
            complaints.equal("rule", rule, &refusal.rule);
        }
        if let Some(also) = &self.also {
            let mut expected = also.clone();
            let mut found = refusal.also.clone();
            expected.sort();
            found.sort();
            complaints.equal("also", &words(&expected), &words(&found));
        }
        if let Some(candidates) = &self.candidates {
            let found = words(&refusal.candidates);
            complaints.equal("candidates", &words(candidates), &found);
        }
        let message = [refusal.message.clone()];
        complaints.contains("message", self.message_contains.as_ref(), &message);
        complaints.contains("help", self.help_contains.as_ref(), &refusal.help);
        for text in self.help_lacks.iter().flat_map(Texts::iter) {
            if let Some(line) = refusal
                .help
                .iter()
                .find(|line| line.contains(text.as_str()))
            {
                complaints
                    .0
                    .push(format!("help: `{text}` must not stand in `{line}`"));
            }
        }
        self.of_dropped(&refusal.dropped, complaints);
    }
}

impl ObservedPlan {
    /// Each attempt as `model@region`.
    pub fn route(&self) -> Vec<String> {
        let part = |attempt: &BTreeMap<String, String>, name: &str| {
            attempt.get(name).cloned().unwrap_or_default()
        };
        let attempts = self.attempts.iter();
        attempts
            .map(|a| format!("{}@{}", part(a, "model"), part(a, "region")))
            .collect()
    }
}
