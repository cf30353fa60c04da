//! What a subject was seen to answer, in one shape for all subjects, so that any two compare.

use std::collections::BTreeMap;

use portolan_core::answer::{Answer, Attempt, Outcome, Plan, Refusal, SetValue, Timeouts};
use portolan_core::decimal::Decimal;
use serde_json::Value;

/// What a subject answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// Where to call.
    Route(ObservedPlan),
    /// Why not.
    Refuse(ObservedRefusal),
    /// The input is not a request that this policy can judge.
    Error(String),
}

/// A route, with what the expectations look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObservedPlan {
    /// Facts of each attempt by the names that expectations use.
    pub attempts: Vec<BTreeMap<String, String>>,
    /// Fallback, model, code and message of what was dropped.
    pub dropped: Vec<ObservedDropped>,
    /// Times and milliseconds.
    pub retry: Option<(i64, i64)>,
    /// The outcome classes that are retried.
    pub retry_on: Vec<String>,
    /// The outcome classes that move the plan on.
    pub advance: Vec<String>,
    /// Milliseconds by the name of the time limit.
    pub timeouts: BTreeMap<String, i64>,
    /// Requests and seconds.
    pub limit: Option<(i64, i64)>,
    /// RFC 3339.
    pub valid_until: Option<String>,
    /// Codes and messages.
    pub warnings: Vec<(String, String)>,
}

/// A fallback that fell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedDropped {
    /// Its position.
    pub fallback: u64,
    /// Why.
    pub code: String,
    /// In words.
    pub message: String,
}

/// A refusal, with what the expectations look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObservedRefusal {
    /// The status.
    pub status: u64,
    /// The code.
    pub code: String,
    /// The field at fault.
    pub field: Option<String>,
    /// Whether waiting may help.
    pub retryable: bool,
    /// How long.
    pub retry_after_s: Option<i64>,
    /// What is.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// The deciding rule.
    pub rule: String,
    /// `model@region: code`, one line a reason.
    pub candidates: Vec<String>,
    /// Codes of the other reasons.
    pub also: Vec<String>,
    /// What was dropped.
    pub dropped: Vec<ObservedDropped>,
}

impl From<&Answer> for Observed {
    fn from(answer: &Answer) -> Self {
        match &answer.outcome {
            Outcome::Route(plan) => Self::Route(plan.into()),
            Outcome::Refuse(refusal) => Self::Refuse(refusal.into()),
        }
    }
}

impl From<&Plan> for ObservedPlan {
    fn from(plan: &Plan) -> Self {
        Self {
            attempts: plan.attempts.iter().map(attempt).collect(),
            dropped: plan.dropped.iter().map(ObservedDropped::from).collect(),
            retry: plan.retry.as_ref().map(|r| (r.times, r.after_ms)),
            retry_on: plan.retry.iter().flat_map(|r| r.on.clone()).collect(),
            advance: plan.advance.clone(),
            timeouts: timeouts(plan.timeouts),
            limit: plan.limit.as_ref().map(|l| (l.requests, l.window_s)),
            valid_until: plan.valid_until.map(|at| at.to_string()),
            warnings: plan
                .warnings
                .iter()
                .map(|w| (w.code.clone(), w.message.clone()))
                .collect(),
        }
    }
}

impl From<&portolan_core::answer::Dropped> for ObservedDropped {
    fn from(dropped: &portolan_core::answer::Dropped) -> Self {
        Self {
            fallback: dropped.fallback as u64,
            code: dropped.code.clone(),
            message: dropped.message.clone(),
        }
    }
}

impl From<&Refusal> for ObservedRefusal {
    fn from(refusal: &Refusal) -> Self {
        let candidates = refusal.candidates.iter().flat_map(|candidate| {
            let name = format!("{}@{}", candidate.model, candidate.region);
            let reasons = candidate.reasons.iter();
            reasons.map(move |reason| format!("{name}: {}", reason.code))
        });
        Self {
            status: u64::from(refusal.status),
            code: refusal.code.clone(),
            field: refusal.field.clone(),
            retryable: refusal.retryable,
            retry_after_s: refusal.retry_after_s,
            message: refusal.message.clone(),
            help: refusal.help.clone(),
            rule: refusal.rule.name.clone(),
            candidates: candidates.collect(),
            also: refusal.also.iter().map(|r| r.code.clone()).collect(),
            dropped: refusal.dropped.iter().map(ObservedDropped::from).collect(),
        }
    }
}

fn attempt(attempt: &Attempt) -> BTreeMap<String, String> {
    let money = |amount: Option<Decimal>| amount.map(Decimal::money);
    let set = attempt.set.iter().map(|(field, value)| match value {
        SetValue::Remove => format!("{field}: null"),
        SetValue::Bool(value) => format!("{field}: {value}"),
        SetValue::Integer(value) => format!("{field}: {value}"),
        SetValue::Text(value) => format!("{field}: {value}"),
    });
    let set: Vec<String> = set.collect();
    let facts = [
        ("model", Some(attempt.model.clone())),
        ("alias", attempt.alias.clone()),
        ("maker", attempt.maker.clone()),
        ("provider", Some(attempt.providers.join(", "))),
        ("region", Some(attempt.region.clone())),
        ("endpoint", Some(attempt.endpoint.clone())),
        ("url", Some(attempt.url.clone())),
        ("upstream_id", Some(attempt.upstream_id.clone())),
        ("processing", Some(attempt.processing.join("+"))),
        ("storage", Some(attempt.storage.join("+"))),
        ("usage_region", Some(attempt.usage_region.clone())),
        ("input", money(attempt.price.input)),
        ("output", money(attempt.price.output)),
        ("multiplier", money(attempt.price.multiplier)),
        ("stream", Some(attempt.stream.to_string())),
        ("set", Some(set.join(", "))),
    ];
    kept(facts)
}

/// The facts that are there and say something.
fn kept<const N: usize>(facts: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    let there = facts
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    there.filter(|(_, value)| !value.is_empty()).collect()
}

impl Observed {
    /// Reads the JSON of the wire back.
    ///
    /// # Errors
    /// When it is not the shape of a decision.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match value.get("outcome").and_then(Value::as_str) {
            Some("route") => Ok(Self::Route(plan_of(&value))),
            Some("refuse") => Ok(Self::Refuse(refusal_of(&value))),
            _ => Err(format!("not a decision: {text}")),
        }
    }
}

/// A scalar as text; a list of them joined by commas; nothing for null and absence.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::Null | Value::Object(_) => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Array(values) => {
            let words = values.iter().filter_map(Value::as_str);
            Some(words.collect::<Vec<_>>().join(", "))
        }
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let list = value.get(name).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn integers(value: Option<&Value>, names: [&str; 2]) -> Option<(i64, i64)> {
    let integer = |name: &str| value?.get(name)?.as_i64();
    let [first, second] = names;
    Some((integer(first)?, integer(second)?))
}

/// The words of `on`.
fn words(value: Option<&Value>) -> Vec<String> {
    let on = value.map_or(&[][..], |value| list(value, "on"));
    on.iter()
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}

/// The time limits that there are, by name.
fn timeouts(timeouts: Timeouts) -> BTreeMap<String, i64> {
    let all = [
        ("connect", timeouts.connect),
        ("first_byte", timeouts.first_byte),
        ("idle", timeouts.idle),
        ("total", timeouts.total),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn dropped_of(value: &Value) -> Vec<ObservedDropped> {
    let one = |dropped: &Value| ObservedDropped {
        fallback: dropped
            .get("fallback")
            .and_then(Value::as_u64)
            .unwrap_or(u64::MAX),
        code: text(dropped, "code").unwrap_or_default(),
        message: text(dropped, "message").unwrap_or_default(),
    };
    list(value, "dropped").iter().map(one).collect()
}

fn plan_of(value: &Value) -> ObservedPlan {
    ObservedPlan {
        attempts: list(value, "attempts").iter().map(attempt_of).collect(),
        dropped: dropped_of(value),
        retry: integers(value.get("retry"), ["times", "after_ms"]),
        retry_on: words(value.get("retry")),
        advance: words(value.get("advance")),
        timeouts: value
            .get("timeout_ms")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_i64()?)))
            .collect(),
        limit: integers(value.get("limit"), ["requests", "window_s"]),
        valid_until: text(value, "valid_until"),
        warnings: list(value, "warnings")
            .iter()
            .map(|w| {
                (
                    text(w, "code").unwrap_or_default(),
                    text(w, "message").unwrap_or_default(),
                )
            })
            .collect(),
    }
}

fn attempt_of(value: &Value) -> BTreeMap<String, String> {
    let price = value.get("price").cloned().unwrap_or_default();
    let names = [
        "model",
        "alias",
        "maker",
        "provider",
        "region",
        "endpoint",
        "url",
        "processing",
        "storage",
        "usage_region",
        "stream",
    ];
    let mut facts = kept(names.map(|name| (name, text(value, name))));
    let spills_to = text(value, "spills_to").unwrap_or_default();
    if let Some(provider) = facts.get_mut("provider").filter(|_| !spills_to.is_empty()) {
        provider.push_str(", ");
        provider.push_str(&spills_to);
    }
    facts.extend(kept([
        ("input", text(&price, "input_per_mtok")),
        ("output", text(&price, "output_per_mtok")),
        ("multiplier", text(&price, "multiplier")),
    ]));
    facts
}

fn refusal_of(value: &Value) -> ObservedRefusal {
    let candidates = list(value, "candidates").iter().flat_map(|candidate| {
        let part = |name| text(candidate, name).unwrap_or_default();
        let name = format!("{}@{}", part("model"), part("region"));
        let reasons = list(candidate, "reasons").iter();
        reasons.map(move |r| format!("{name}: {}", text(r, "code").unwrap_or_default()))
    });
    let word = |name| text(value, name).unwrap_or_default();
    ObservedRefusal {
        status: value.get("status").and_then(Value::as_u64).unwrap_or(0),
        code: word("code"),
        field: text(value, "field"),
        retryable: value.get("retryable") == Some(&Value::Bool(true)),
        retry_after_s: value.get("retry_after_s").and_then(Value::as_i64),
        message: word("message"),
        help: list(value, "help")
            .iter()
            .filter_map(|line| line.as_str().map(str::to_owned))
            .collect(),
        rule: value
            .get("rule")
            .and_then(|rule| text(rule, "name"))
            .unwrap_or_default(),
        candidates: candidates.collect(),
        also: list(value, "also")
            .iter()
            .map(|reason| text(reason, "code").unwrap_or_default())
            .collect(),
        dropped: dropped_of(value),
    }
}

/// The same without what one subject alone says: patches are shown differently on the wire.
pub fn comparable(mut observed: Observed) -> Observed {
    if let Observed::Route(plan) = &mut observed {
        for attempt in &mut plan.attempts {
            attempt.remove("set");
            attempt.remove("upstream_id");
        }
    }
    observed
}
