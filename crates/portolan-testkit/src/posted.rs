//! Random request files as people post them: JSON with nothing wrong in it, or with one of the
//! plainest faults.

use serde_json::Value;

use crate::dice::Dice;
use crate::domain::Domain;

/// Values that the members of a body may have, apart from those whose texts come from a domain.
const VALUES: [(&str, &[&str]); 17] = [
    (
        "messages",
        &[
            "[]",
            "[]",
            "[{\"role\":\"user\"}]",
            "[{\"role\":\"user\",\"content\":\"12345\"}]",
            "[{\"role\":\"user\",\"content\":\"{{ transcript }}\"},{\"role\":\"x\",\"content\":\"\"}]",
            "[{\"role\":\"user\",\"cache_control\":{},\"content\":[{\"type\":\"image\"}]}]",
            "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"123 {{ transcript }}\",\"cache_control\":{}}]}]",
            "[{\"role\":\"user\",\"content\":[{\"type\":\"image\"},{\"type\":\"\"},{\"type\":\"text\",\"text\":\"1\"}]}]",
        ],
    ),
    (
        "prompt",
        &[
            "\"\"",
            "\"12345678901234567890\"",
            "\"{{ transcript }}\"",
            "\"\u{e9}\"",
        ],
    ),
    ("temperature", &["0.7", "1e400", "-0", "0.0000000001"]),
    ("top_p", &["1", "-1E2"]),
    ("stream", &["true", "false"]),
    (
        "tools",
        &[
            "[]",
            "[{\"type\":\"web\"}]",
            "[{\"function\":{\"name\":\"f\"},\"cache_control\":{}}]",
            "[{\"type\":\"web\",\"cache_control\":{}},{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
        ],
    ),
    (
        "tool_choice",
        &[
            "\"auto\"",
            "\"function\"",
            "\"\\u0066unction\"",
            "{}",
            "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
        ],
    ),
    (
        "response_format",
        &[
            "{\"type\":\"text\"}",
            "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{}}}",
        ],
    ),
    (
        "reasoning",
        &["{}", "{\"effort\":\"low\"}", "{\"effort\":\"\"}"],
    ),
    ("reasoning_effort", &["1"]),
    ("zero_data_retention", &["true", "false"]),
    ("transcript_id", &["\"a-1\"", "\"a b\"", "\"\""]),
    (
        "post_processing_steps",
        &["[]", "[{\"type\":\"json-repair\"},{\"type\":\"x\"}]"],
    ),
    ("cache_control", &["{}"]),
    ("seed", &["[]"]),
    ("unknown", &["0"]),
    (
        "fallback_config",
        &["{}", "{\"depth\":-3}", "{\"depth\":1,\"retry\":false}"],
    ),
];

/// Headers, and a query where one says more.
const CALLERS: [&str; 7] = [
    "",
    "\"headers\":{},",
    "\"headers\":{\"Authorization\":\"Bearer k\"},",
    "\"headers\":{\"authorization\":\"k\"},",
    "\"headers\":{\"authorization\":\" \"},",
    "\"headers\":{\"Autorization\":\"k\"},",
    "\"headers\":{},\"query\":{\"api_key\":\"k\"},",
];

/// A request file whose values are those of a domain, where a domain has any.
pub fn envelope(dice: &mut Dice, domain: &Domain) -> String {
    let mut parts = Vec::new();
    let mut put = |name: &str, value: Value| {
        parts.push(format!("{}:{value}", Value::from(name)));
    };
    if dice.chance(60) {
        put("endpoint", dice.pick(&domain.endpoints).into());
    }
    let at = dice.one_of(&domain.cuts.instants);
    let at = at
        .filter(|at| at.unix_seconds() > 0)
        .map(ToString::to_string);
    let other = dice.word(&["2026-03-01T00:00:01Z", "0001-01-01"]);
    put("at", at.map_or_else(|| other.into(), Value::from));
    for (name, values, spared) in &domain.attributes {
        if !spared || dice.chance(50) {
            put(name, dice.pick(values).into());
        }
    }
    if dice.chance(50) {
        put(
            "input_tokens",
            dice.pick(&domain.cuts.integers).max(0).into(),
        );
    }
    let caller = dice.word(&CALLERS);
    let body = match dice.below(30) {
        0 => "\"\"".to_owned(),
        _ => body(dice, domain),
    };
    format!("{{{},{caller}\"body\":{body}}}", parts.join(","))
}

fn body(dice: &mut Dice, domain: &Domain) -> String {
    let mut parts = Vec::new();
    if dice.chance(5) {
        parts.extend(["\"x\":0".to_owned(), "\"x\":1".to_owned()]);
    }
    let often = dice.pick(&[10, 30, 60]);
    parts.extend(members(dice, domain, often, true));
    let many = match dice.below(12) {
        0..=5 => 0,
        6..=10 => dice.between(1, 3),
        _ => dice.between(15, 18),
    };
    if many > 0 {
        let entries: Vec<String> = (0..many).map(|_| entry(dice, domain)).collect();
        parts.push(format!("\"fallbacks\":[{}]", entries.join(",")));
    }
    format!("{{{}}}", parts.join(","))
}

fn entry(dice: &mut Dice, domain: &Domain) -> String {
    let often = dice.pick(&[0, 10, 30]);
    let mut parts = members(dice, domain, often, false);
    if dice.chance(4) {
        parts.push("\"fallbacks\":[]".to_owned());
    }
    format!("{{{}}}", parts.join(","))
}

fn members(dice: &mut Dice, domain: &Domain, often: usize, posted: bool) -> Vec<String> {
    let mut parts = Vec::new();
    let mut text = |dice: &mut Dice, name: &str, of: &[String], often: usize| {
        if dice.chance(often) {
            let value = Value::from(dice.pick(of));
            parts.push(format!("\"{name}\":{value}"));
        }
    };
    let ids = if dice.chance(80) {
        &domain.models
    } else {
        &domain.cuts.ids
    };
    text(dice, "model", ids, 95);
    text(dice, "model_region", &domain.cuts.texts, often);
    text(dice, "service_tier", &domain.cuts.tiers, often);
    if dice.chance(often) {
        let name = dice.word(&["max_tokens", "max_completion_tokens"]);
        let most = dice.pick(&domain.cuts.integers);
        parts.push(format!("\"{name}\":{most}"));
    }
    for (name, values) in VALUES {
        if dice.chance(often) && (posted || name != "fallback_config") {
            parts.push(format!("\"{name}\":{}", dice.word(values)));
        }
    }
    parts
}
