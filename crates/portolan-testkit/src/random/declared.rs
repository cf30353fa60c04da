//! What a random policy declares: a table, attributes, opt-ins, defaults; and which of all fields
//! its rules read.

use portolan_core::policy::{BodyField, Type, Words};

use super::catalog::World;
use super::fields::{self, Field};
use super::values::{literal, quoted};
use crate::dice::Dice;

/// What a policy declares, so that rules read only what is there.
pub(super) struct Declared {
    pub(super) attributes: Vec<(String, Type, bool)>,
    pub(super) columns: Vec<(String, Type)>,
    pub(super) defaults: Vec<BodyField>,
    pub(super) opt_ins: Vec<BodyField>,
    /// Fields that the policy sets, and that no deciding rule may read therefore.
    pub(super) sets: Vec<BodyField>,
    pub(super) through_any_endpoint: bool,
}

/// A policy reads a few fields, each more than once, rather than every field once.
pub(super) fn some(dice: &mut Dice, all: &[Field]) -> Vec<Field> {
    let always = ["request.endpoint", "route.region", "request.input_tokens"];
    let wanted = dice.between(6, 24);
    let mut kept: Vec<Field> = all
        .iter()
        .filter(|f| f.of_state || always.contains(&f.path.as_str()))
        .cloned()
        .collect();
    for _ in 0..wanted {
        kept.extend(dice.one_of(all).cloned());
    }
    kept
}

pub(super) fn declare(dice: &mut Dice, world: &World, out: &mut String) -> Declared {
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    let (columns, rows) = fields::table(dice, world);
    let heads = columns
        .iter()
        .map(|(name, of)| format!("{name}: {}", fields::type_word(of)));
    let heads: Vec<String> = heads.collect();
    line(format!(
        "table tenants({})\n{}",
        heads.join(", "),
        rows.join("\n")
    ));
    let words: Words = ["free", "paid", "gold"]
        .map(Box::from)
        .into_iter()
        .collect();
    let choices = [
        (
            "tier",
            Type::Choice(words.clone()),
            "one of { free, paid, gold }",
        ),
        ("team", Type::Choice(words), "one of { free, paid, gold }"),
        ("strict", Type::Bool, "bool"),
        ("seats", Type::Count, "count"),
        ("label", Type::Text, "text"),
        ("tenant", Type::Key(0), "key of tenants"),
        ("other", Type::Key(0), "key of tenants"),
    ];
    let mut attributes = Vec::new();
    for (name, of, written) in choices {
        let how = dice.below(6);
        let (optional, default) = match how {
            0 | 1 if name != "tenant" => ("optional ", String::new()),
            2..=4 => {
                // With a default even an optional one is never absent.
                let optional = dice.word(&["", "", "", "optional "]);
                let value = literal(dice, &of, world, &fields::KEYS).unwrap_or_default();
                (optional, format!(" = {value}"))
            }
            _ => ("", String::new()),
        };
        line(format!("attribute {name}: {optional}{written}{default}"));
        let absent = !optional.is_empty() && default.is_empty();
        attributes.push((name.to_owned(), of, absent));
    }
    let mut opt_ins = Vec::new();
    for field in BodyField::ALL.iter().copied() {
        let likely = if field == BodyField::ModelRegion {
            50
        } else {
            10
        };
        if field.optional() && field != BodyField::Model && dice.chance(likely) {
            line(format!("opt-in request.{}", field.name()));
            opt_ins.push(field);
        }
    }
    let mut defaults = Vec::new();
    for (field, values) in [
        (BodyField::MaxTokens, ["500", "1k"]),
        (BodyField::FallbackDepth, ["1", "2"]),
    ] {
        if dice.chance(40) {
            line(format!(
                "default request.{} = {}",
                field.name(),
                dice.word(&values)
            ));
            defaults.push(field);
        }
    }
    let through_any_endpoint = dice.chance(40);
    if through_any_endpoint {
        line("through any endpoint".to_owned());
    }
    if dice.chance(30) {
        line(format!(
            "model prefix {}",
            quoted(dice.word(&["vendor/", "eu.", "a"]))
        ));
    }
    let settable = [
        BodyField::Stream,
        BodyField::MaxTokens,
        BodyField::ServiceTier,
        BodyField::ZeroDataRetention,
    ];
    Declared {
        attributes,
        columns,
        defaults,
        opt_ins,
        sets: dice.some_of(&settable, 30),
        through_any_endpoint,
    }
}
