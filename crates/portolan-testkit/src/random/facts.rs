//! Random facts of a catalog: dated ones with gaps, places, prices by tier.

use std::fmt::Write as _;

use super::values::{DATES, PLACES, quoted};
use crate::dice::Dice;

/// A period's two ends, each perhaps open.
pub(super) fn period(dice: &mut Dice, percent: usize) -> String {
    let split = dice.between(1, DATES.len() - 1);
    let (early, late) = DATES.split_at(split);
    let mut out = String::new();
    if dice.chance(percent) {
        write!(out, ", from: {}", dice.word(early)).unwrap_or_default();
    }
    if dice.chance(percent) {
        write!(out, ", until: {}", dice.word(late)).unwrap_or_default();
    }
    out
}

/// A fact that holds always, changes once, perhaps with a gap, or holds for a while only.
pub(super) fn dated(
    dice: &mut Dice,
    key: &str,
    value: &mut dyn FnMut(&mut Dice) -> String,
) -> String {
    let first = value(dice);
    match dice.below(6) {
        0..=2 => format!("{key}: {first}"),
        3 => format!("{key}: [{{value: {first}{}}}]", period(dice, 60)),
        _ => {
            let split = dice.between(1, DATES.len() - 1);
            let (early, late) = DATES.split_at(split);
            let until = dice.word(early);
            let from = if dice.chance(60) {
                until
            } else {
                dice.word(late)
            };
            let second = value(dice);
            format!(
                "{key}: [{{value: {first}, until: {until}}}, {{value: {second}, from: {from}}}]"
            )
        }
    }
}

pub(super) fn places(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => "unknown".to_owned(),
        1 => "[DE, unknown]".to_owned(),
        2..=4 => format!("[{}, benelux]", dice.word(&["DE", "FR", "GB", "US", "JP"])),
        _ => quoted(dice.word(&PLACES)),
    }
}

pub(super) fn retention(dice: &mut Dice) -> String {
    dice.word(&["zero", "7d", "30d", "30d", "unknown"])
        .to_owned()
}

/// A list without repetition, as YAML.
pub(super) fn list(dice: &mut Dice, of: &[&str], percent: usize) -> String {
    format!("[{}]", dice.some_of(of, percent).join(", "))
}

pub(super) fn amounts(dice: &mut Dice) -> String {
    let mut out = vec![format!("output: {}.00", dice.below(9))];
    for kind in ["input", "cache_read", "cache_write"] {
        if dice.chance(60) {
            out.push(format!(
                "{kind}: {}.{}",
                dice.below(6),
                dice.word(&["0", "5", "25"])
            ));
        }
    }
    out.join(", ")
}

/// Rows by time, by input tokens and by service tier.
pub(super) fn price(dice: &mut Dice) -> String {
    if dice.chance(30) {
        return format!("price: {{{}}}", amounts(dice));
    }
    let mut rows = Vec::new();
    let tiers = [
        "",
        ", above_input_tokens: 1000",
        ", above_input_tokens: 128k",
        ", service_tier: priority",
        ", service_tier: priority, above_input_tokens: 1000",
        ", service_tier: flex",
    ];
    for tier in dice.some_of(&tiers, 45) {
        if dice.chance(60) {
            let window = if dice.chance(30) {
                period(dice, 60)
            } else {
                String::new()
            };
            rows.push(format!("{{{}{tier}{window}}}", amounts(dice)));
        } else {
            let split = dice.between(1, DATES.len() - 1);
            let (early, late) = DATES.split_at(split);
            let (until, from) = (dice.word(early), dice.word(late));
            rows.push(format!("{{{}{tier}, until: {until}}}", amounts(dice)));
            rows.push(format!("{{{}{tier}, from: {from}}}", amounts(dice)));
        }
    }
    if rows.is_empty() {
        return format!("price: {{{}}}", amounts(dice));
    }
    format!("price: [{}]", rows.join(", "))
}
