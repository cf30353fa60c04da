//! Policies of so many rules, with so many claims, over the catalogs of `scale.rs`.

use std::fmt::Write as _;

use super::{FAMILIES, line, pick};

const TEAMS: usize = 8;
const HEAD: &str = "edition 1
policy large
use catalog \"catalog.yaml\"
attribute team: one of { t0, t1, t2, t3, t4, t5, t6, t7 } = t0

on unknown-model refuse 404 model-not-found
  say \"no model is named `{request.model}`\"

lock processing within EU27
  when request.endpoint == eu

exclude 404 model-retired
  when route.model.retires is set and request.at >= route.model.retires
  say \"`{route.model}` is retired\"

exclude 400 context-window-exceeded
  when route.context_window is set and request.total_tokens > route.context_window
  say \"`{route.model}` takes {route.context_window} tokens\"
";

/// A policy with so many rules: what a team may not call, how long its requests may be, where its
/// data has to stay, from when on; and with so many claims, of which the last does not hold.
pub fn ruled(rules: usize, claims: usize) -> String {
    let mut out = HEAD.to_owned();
    for number in 0..rules.saturating_sub(4) {
        rule(&mut out, number);
    }
    out.push_str("prefer lowest route.price.output\n");
    for number in 0..claims {
        claim(&mut out, number, number + 1 == claims);
    }
    out
}

fn rule(out: &mut String, number: usize) {
    let (team, maker) = (number % TEAMS, pick(&FAMILIES, 7 * number));
    let mut text = String::new();
    let written = match number % 6 {
        0 => write!(
            text,
            "exclude 403 maker-{number}\n  when request.team == t{team} and route.maker is set and route.maker == maker-of-{maker}"
        ),
        1 => write!(
            text,
            "refuse 400 hot-{number}\n  when request.team == t{team} and request.temperature is set and request.temperature > 1.{number:03}"
        ),
        2 => write!(
            text,
            "exclude 400 long-{number}\n  when request.team == t{team} and request.input_tokens > {} and route.max_output is set and route.max_output < {}",
            1_000 * (1 + number),
            500 * (1 + number)
        ),
        3 => write!(
            text,
            "lock storage within {}\n  when request.team == t{team} and request.endpoint == eu and request.at >= 2026-0{}-01",
            pick(&["EU27", "EEA"], number),
            1 + number % 9
        ),
        4 => write!(
            text,
            "exclude 404 blind-{number}\n  when request.team == t{team} and not (\"tools\" in route.capabilities) and request.at >= 2026-0{}-0{}",
            1 + number % 9,
            1 + number / 9 % 9
        ),
        _ => write!(
            text,
            "refuse 400 parts-{number}\n  when request.team == t{team} and request.content overlaps {{ \"part-{}\", \"part-{}\" }}",
            number % 23,
            number % 29
        ),
    };
    debug_assert!(written.is_ok(), "writing to a string");
    line(out, format_args!("{text}"));
    if !text.starts_with("lock") {
        line(
            out,
            format_args!("  say \"team `{{request.team}}` may not\""),
        );
    }
    line(out, format_args!(""));
}

fn claim(out: &mut String, number: usize, fails: bool) {
    let team = number % TEAMS;
    let (asked, goal) = match (number % 5, fails) {
        (_, true) => (
            "request.endpoint == us".to_owned(),
            "every attempt.processing within EU27".to_owned(),
        ),
        (0, false) => (
            format!("request.endpoint == eu and request.team == t{team}"),
            "every attempt.processing within EU27".to_owned(),
        ),
        (1, false) => (
            format!("request.team == t{team}"),
            "price at most $400.00".to_owned(),
        ),
        (2, false) => (
            format!(
                "request.team == t{team} and request.model.retires is set and request.at >= request.model.retires"
            ),
            "never routes".to_owned(),
        ),
        (3, false) => (
            format!("request.team == t{team} and request.total_tokens > 3M"),
            "every attempt.context_window is not set".to_owned(),
        ),
        (_, false) => (
            format!(
                "request.endpoint == eu and request.at >= 2027-01-01 and request.team == t{team}"
            ),
            "every attempt.processing within EEA and attempt.ingress within EU27".to_owned(),
        ),
    };
    line(
        out,
        format_args!("prove claim-{number}\n  for every request where {asked}\n  {goal}\n"),
    );
}
