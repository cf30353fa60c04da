//! Literals of every type, as rules write them.

use portolan_core::policy::{Type, Vocabulary};

use super::catalog::World;
use crate::dice::Dice;

/// Dates around which things happen.
pub const DATES: [&str; 9] = [
    "2019-12-01",
    "2020-02-01",
    "2025-06-01",
    "2026-01-01",
    "2026-03-01",
    "2026-03-02",
    "2026-07-01",
    "2026-07-31",
    "2027-01-01",
];

/// Names of places that catalogs and rules use.
pub const PLACES: [&str; 12] = [
    "DE",
    "FR",
    "GB",
    "US",
    "JP",
    "EU27",
    "EEA",
    "world",
    "benelux",
    "drift",
    "cloud:x-1",
    "mixed",
];

/// Texts, some of them the beginning of others or where a beginning ends, some of them not plain.
pub(super) const TEXTS: [&str; 16] = [
    "global",
    "eu",
    "us",
    "e",
    "a",
    "ab",
    "b",
    "f",
    "auto",
    "text",
    "image_url",
    "priority",
    "json_schema",
    "",
    "\u{e9}",
    "messages[0].content",
];

/// In quotes. Nothing that is drawn here holds a quote or a backslash.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A literal of a type; nothing for a type that has none.
pub(super) fn literal(dice: &mut Dice, of: &Type, world: &World, keys: &[&str]) -> Option<String> {
    Some(match of {
        Type::Bool => dice.word(&["true", "false"]).to_owned(),
        Type::Tokens => dice
            .word(&[
                "0", "1", "100", "500", "900", "1k", "1_001", "4k", "128k", "1M",
            ])
            .to_owned(),
        Type::Count => dice.word(&["0", "1", "2", "3", "5", "30", "49"]).to_owned(),
        Type::Number => dice
            .word(&["0", "0.7", "1", "1.1", "1.5", "2", "2.5", "71", "-1"])
            .to_owned(),
        Type::Money => dice
            .word(&["$0", "$0.50", "$1.00", "$2.25", "$3.00", "$5.00", "$8"])
            .to_owned(),
        Type::Instant => match dice.below(8) {
            0 => "2026-03-01T12:00:00Z".to_owned(),
            1 => "2026-01-01T00:00:00+02:00".to_owned(),
            _ => dice.word(&DATES).to_owned(),
        },
        Type::Duration => dice.word(&["500ms", "60s", "5m", "2h", "30d"]).to_owned(),
        Type::Text => quoted(&dice.pick(&world.texts)),
        Type::Choice(words) => quoted(&dice.pick(words)),
        Type::Word(Vocabulary::Capability) => quoted(&dice.pick(&world.capabilities)),
        Type::Word(Vocabulary::Parameter) => {
            quoted(dice.word(&["tools", "temperature", "odd", "top_k2", "seed"]))
        }
        Type::Model => quoted(&dice.pick(&world.models)),
        Type::Maker => dice.pick(&world.makers),
        Type::Provider => dice.pick(&world.providers),
        Type::Endpoint => dice.pick(&world.endpoints),
        Type::Region => dice.pick(&world.regions),
        Type::Place => match dice.below(5) {
            0 => {
                let (a, b) = (dice.word(&PLACES), dice.word(&PLACES));
                format!("{{ {}, {} }}", quoted(a), quoted(b))
            }
            _ => quoted(dice.word(&PLACES)),
        },
        Type::Retention => dice.word(&["zero", "7d", "30d"]).to_owned(),
        Type::Key(_) => dice.word(keys).to_owned(),
        Type::Set(of) => {
            let mut members = Vec::new();
            for _ in 0..dice.below(4) {
                members.push(literal(dice, of, world, keys)?);
            }
            format!("{{ {} }}", members.join(", "))
        }
        Type::Presence => return None,
    })
}
