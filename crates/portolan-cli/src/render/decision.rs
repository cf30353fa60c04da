//! A decision for people: where a request goes, or why not and what would work.

use std::fmt::Write;

use portolan_core::answer::{
    Answer, Attempt, Candidate, Dropped, Limit, Outcome, Plan, Reason, Refusal, Retry, RuleRef,
    SetValue, Timeouts, Verdict, Warning,
};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;

use super::paint::{Paint, visible};
use super::table::Table;
use crate::load::Policy;

/// Prints a decision.
pub(crate) fn human(answer: &Answer, policy: &Policy, paint: Paint) -> String {
    match &answer.outcome {
        Outcome::Route(plan) => route(plan, answer, paint),
        Outcome::Refuse(refusal) => refuse(refusal, answer, policy, paint),
    }
}

fn route(plan: &Plan, answer: &Answer, paint: Paint) -> String {
    let mut out = String::new();
    if let Some(first) = plan.attempts.first() {
        let _ = writeln!(
            out,
            "{}: `{}` in region `{}`, judged for {}",
            paint.good("routed"),
            visible(&first.model),
            visible(&first.region),
            answer.at.short()
        );
    }
    out.push('\n');
    out.push_str(&attempts(&plan.attempts, paint));
    out.push('\n');
    for (index, attempt) in plan.attempts.iter().enumerate() {
        for (field, value) in &attempt.set {
            let what = format!("attempt {} sets", index + 1);
            fact(&mut out, &what, &set(field, value), paint);
        }
    }
    // What became of a fallback is said once, below.
    let of_dropped = |field: &Option<String>| {
        let named = |d: &Dropped| Some(format!("fallbacks[{}]", d.fallback)) == *field;
        plan.dropped.iter().any(named)
    };
    for warning in plan.warnings.iter().filter(|w| !of_dropped(&w.field)) {
        out.push_str(&warn(warning, paint));
    }
    out.push_str(&dropped(&plan.dropped, paint));
    if !plan.warnings.is_empty() || !plan.dropped.is_empty() {
        out.push('\n');
    }
    if let Some(planned) = &plan.retry {
        fact(&mut out, "retry", &retry(planned), paint);
    }
    if plan.attempts.len() > 1 && !plan.advance.is_empty() {
        fact(&mut out, "next attempt on", &plan.advance.join(", "), paint);
    }
    if let Some(limits) = timeouts(plan.timeouts) {
        fact(&mut out, "timeouts", &limits, paint);
    }
    if let Some(kept) = &plan.limit {
        fact(&mut out, "limit", &limit(kept), paint);
    }
    let until = plan
        .valid_until
        .map_or("further notice".into(), Instant::short);
    fact(&mut out, "valid until", &until, paint);
    fact(&mut out, "snapshot", &answer.snapshot, paint);
    out
}

fn attempts(attempts: &[Attempt], paint: Paint) -> String {
    let mut table = Table::new(&[
        "#", "from", "model", "asked as", "region", "provider", "process", "store", "usage",
        "input", "output", "×", "stream", "url",
    ]);
    let streams = attempts.iter().any(|a| a.stream);
    let chain = attempts.iter().any(|a| a.fallback.is_some());
    for (index, attempt) in attempts.iter().enumerate() {
        let from = match attempt.fallback {
            _ if !chain => String::new(),
            None => "the request".to_owned(),
            Some(i) => format!("fallbacks[{i}]"),
        };
        let stream = if !streams {
            ""
        } else if attempt.stream {
            "yes"
        } else {
            "no"
        };
        let multiplier = attempt.price.multiplier.map(|m| m.to_string_with(2));
        table.row([
            (index + 1).to_string(),
            from,
            attempt.model.clone(),
            attempt.alias.clone().unwrap_or_default(),
            attempt.region.clone(),
            attempt.providers.join(" + "),
            place(&attempt.processing),
            place(&attempt.storage),
            attempt.usage_region.clone(),
            money(attempt.price.input),
            money(attempt.price.output),
            multiplier.unwrap_or_default(),
            stream.to_owned(),
            attempt.url.clone(),
        ]);
    }
    table.print("  ", paint)
}

fn refuse(refusal: &Refusal, answer: &Answer, policy: &Policy, paint: Paint) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} {}: {}",
        paint.error(&refusal.status.to_string()),
        paint.error(&visible(&refusal.code)),
        paint.strong(&visible(&refusal.message))
    );
    let _ = writeln!(
        out,
        "  {} {}",
        paint.faint("rule:"),
        rule(&refusal.rule, policy)
    );
    if let Some(field) = &refusal.field {
        let _ = writeln!(out, "  {} `{}`", paint.faint("field:"), visible(field));
    }
    for help in &refusal.help {
        let _ = writeln!(out, "  {} {}", paint.help("help:"), visible(help));
    }
    if refusal.retryable {
        let when = match refusal.retry_after_s {
            Some(seconds) => format!("the same request may succeed in {seconds} s"),
            None => "the same request may succeed later".to_owned(),
        };
        let _ = writeln!(out, "  {} {when}", paint.help("retryable:"));
    }
    if !refusal.candidates.is_empty() {
        let _ = writeln!(out, "\n{}", paint.strong("candidates"));
        out.push_str(&candidates(&refusal.candidates, paint));
    }
    if !refusal.also.is_empty() {
        let _ = writeln!(out, "\n{}", paint.strong("also"));
        let mut table = Table::new(&["code", "why", "rule"]);
        for reason in &refusal.also {
            table.row(also(reason, policy));
        }
        out.push_str(&table.print("  ", paint));
    }
    if !refusal.dropped.is_empty() {
        out.push('\n');
        out.push_str(&dropped(&refusal.dropped, paint));
    }
    out.push('\n');
    fact(&mut out, "judged for", &answer.at.short(), paint);
    fact(&mut out, "snapshot", &answer.snapshot, paint);
    out
}

/// Every candidate, one line a reason.
fn candidates(candidates: &[Candidate], paint: Paint) -> String {
    let mut table = Table::new(&["model", "region", "endpoint", "verdict", "code", "why"]);
    for candidate in candidates {
        let mut reasons = candidate.reasons.iter();
        let cells = |reason: Option<&Reason>| {
            reason.map_or_else(Default::default, |r| (r.code.clone(), r.message.clone()))
        };
        let (code, why) = cells(reasons.next());
        table.row([
            candidate.model.clone(),
            candidate.region.clone(),
            candidate.endpoint.clone(),
            candidate.verdict.name().to_owned(),
            code,
            why,
        ]);
        for reason in reasons {
            let (code, why) = cells(Some(reason));
            let empty = String::new;
            table.row([empty(), empty(), empty(), empty(), code, why]);
        }
    }
    table.print("  ", paint)
}

fn also(reason: &Reason, policy: &Policy) -> [String; 3] {
    [
        reason.code.clone(),
        reason.message.clone(),
        place_of(&reason.rule, policy),
    ]
}

/// A rule's name and place, in one phrase.
fn rule(rule: &RuleRef, policy: &Policy) -> String {
    if rule.file.is_empty() {
        "built in; this policy has no words for it".to_owned()
    } else {
        format!("`{}` at {}", visible(&rule.name), place_of(rule, policy))
    }
}

/// Where a rule stands, as editors open it.
pub(super) fn place_of(rule: &RuleRef, policy: &Policy) -> String {
    if rule.file.is_empty() {
        "built in".to_owned()
    } else {
        let file = policy.shown(&rule.file);
        format!("{}:{}:{}", visible(&file), rule.line, rule.column)
    }
}

/// A verdict in its colour.
pub(super) fn verdict(verdict: Verdict, paint: Paint) -> String {
    match verdict {
        Verdict::Routed => paint.good(verdict.name()),
        Verdict::Excluded => paint.error(verdict.name()),
        Verdict::Skipped => paint.warning(verdict.name()),
    }
}

fn warn(warning: &Warning, paint: Paint) -> String {
    let attempt = warning
        .attempt
        .map_or(String::new(), |i| format!(" (attempt {})", i + 1));
    format!(
        "{}{attempt}: {}\n",
        paint.warning(&format!("warning[{}]", visible(&warning.code))),
        visible(&warning.message)
    )
}

fn dropped(dropped: &[Dropped], paint: Paint) -> String {
    let mut out = String::new();
    for one in dropped {
        let model = one.model.as_deref().map(visible);
        let _ = writeln!(
            out,
            "{} `fallbacks[{}]`{}: {} ({})",
            paint.warning("dropped"),
            one.fallback,
            model.map_or(String::new(), |m| format!(" `{m}`")),
            visible(&one.message),
            visible(&one.code)
        );
    }
    out
}

fn fact(out: &mut String, name: &str, value: &str, paint: Paint) {
    let _ = writeln!(
        out,
        "{} {}",
        paint.faint(&format!("{name}:")),
        visible(value)
    );
}

fn set(field: &str, value: &SetValue) -> String {
    match value {
        SetValue::Remove => format!("`{field}` taken out"),
        SetValue::Bool(value) => format!("`{field}` to {value}"),
        SetValue::Integer(value) => format!("`{field}` to {value}"),
        SetValue::Text(value) => format!("`{field}` to `{value}`"),
    }
}

fn retry(retry: &Retry) -> String {
    let times = match retry.times {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    let on = retry.on.join(", ");
    format!("{times} after {} ms on {on}", retry.after_ms)
}

fn limit(limit: &Limit) -> String {
    format!(
        "{} requests per {} s, counted for `{}`",
        limit.requests, limit.window_s, limit.key
    )
}

fn timeouts(timeouts: Timeouts) -> Option<String> {
    let named = [
        ("connect", timeouts.connect),
        ("first byte", timeouts.first_byte),
        ("idle", timeouts.idle),
        ("total", timeouts.total),
    ];
    let given = named
        .iter()
        .filter_map(|(name, ms)| Some(format!("{name} {} ms", (*ms)?)));
    let given: Vec<String> = given.collect();
    (!given.is_empty()).then(|| given.join(", "))
}

fn place(names: &[String]) -> String {
    if names.is_empty() {
        "unknown".to_owned()
    } else {
        names.join(" + ")
    }
}

fn money(amount: Option<Decimal>) -> String {
    amount.map_or(String::new(), |a| format!("${}", a.money()))
}

#[cfg(test)]
mod tests;
