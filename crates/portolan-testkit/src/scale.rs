//! Catalogs and policies of any size and of realistic variety, for tests and measurements of load
//! and speed.
//!
//! The same number is always the same text. As in real lists of models, the numbers differ from
//! model to model, and which facts a model has at all follows one of a few patterns.

mod rules;
mod tenants;

use std::fmt::Write as _;

pub use rules::ruled;
pub use tenants::{residency, tenant, tenants_by_rules, tenants_by_table};

const REGIONS: [(&str, &str); 12] = [
    ("us-east-1", "US"),
    ("us-west-2", "US"),
    ("ca-central-1", "CA"),
    ("eu-central-1", "DE"),
    ("eu-west-1", "IE"),
    ("eu-west-3", "FR"),
    ("eu-north-1", "SE"),
    ("ap-southeast-2", "AU"),
    ("ap-northeast-1", "JP"),
    ("sa-east-1", "BR"),
    ("eu", "EU27"),
    ("global", "world"),
];

const FAMILIES: [&str; 32] = [
    "claude",
    "gpt",
    "gemini",
    "llama",
    "mistral",
    "qwen",
    "command",
    "nova",
    "deepseek",
    "phi",
    "grok",
    "jamba",
    "yi",
    "falcon",
    "granite",
    "olmo",
    "mixtral",
    "gemma",
    "codestral",
    "pixtral",
    "titan",
    "solar",
    "dbrx",
    "aya",
    "kimi",
    "glm",
    "ernie",
    "hunyuan",
    "internlm",
    "starcoder",
    "minimax",
    "palm",
];

const SIZES: [&str; 6] = ["mini", "small", "medium", "large", "pro", "turbo-preview"];

/// Thousands of tokens of context windows.
const WINDOWS: [usize; 12] = [4, 8, 16, 32, 64, 128, 131, 200, 256, 400, 1_000, 1_048];

const CAPABILITIES: [&str; 5] = [
    "[stream]",
    "[stream, tools]",
    "[stream, tools, vision]",
    "[stream, tools, vision, audio, reasoning]",
    "[]",
];

const PARAMETERS: [&str; 6] = [
    "[temperature, top_p, stop]",
    "[temperature, tools, top_p]",
    "[temperature, tools, tool_choice, top_p, stop, seed, response_format]",
    "[tools, tool_choice, reasoning, reasoning_effort, response_format]",
    "[temperature, top_p, top_k, stop, frequency_penalty, presence_penalty]",
    "[cache_control, n, parallel_tool_calls, reasoning, seed, stop, temperature, tools, top_p]",
];

/// A policy for these catalogs: a lock, excludes with advice, an order.
pub const POLICY: &str = "edition 1
policy large
use catalog \"catalog.yaml\"

on unknown-model refuse 404 model-not-found
  say \"no model is named `{request.model}`\"
  help \"did you mean {near}?\"

lock processing within EU27
  when request.endpoint == eu

exclude 404 model-not-in-region
  when request.endpoint == eu and not (route.processing within EU27)
  say \"`{route.model}` is not offered in `{request.endpoint.region}`\"
  help \"it is offered in {sold-in}\"
  help \"here, use {alternatives}\"

exclude 404 model-retired
  when route.model.retires is set and request.at >= route.model.retires
  say \"`{route.model}` is retired\"
  help \"use {successor}\"
  help \"use {alternatives}\"

prefer lowest route.price.output
";

/// A catalog with so many models, about two and a half offerings each: limits of a few dozen
/// kinds, prices, scores, dates, successors, an alias for every tenth model, and on some models
/// and offerings dated limits and prices, tiers, facts of their own.
pub fn catalog(models: usize) -> String {
    let mut out = String::from(
        "catalog: 1\nscores: {arena: {better: higher}}\ncapabilities: [stream, tools, vision, audio, reasoning]\nregions:\n",
    );
    for (name, place) in REGIONS {
        let premium = if name.starts_with("eu") {
            ", multiplier: [{value: 1.00, until: 2026-07-01}, {value: 1.10, from: 2026-07-01}]"
        } else {
            ""
        };
        line(
            &mut out,
            format_args!("  {name}: {{processing: {place}, storage: {place}{premium}}}"),
        );
    }
    out.push_str("endpoints:\n");
    for (name, region, ingress) in [("us", "us-east-1", "US"), ("eu", "eu", "EU27")] {
        let default = if name == "us" { ", default: true" } else { "" };
        line(
            &mut out,
            format_args!(
                "  {name}: {{host: {name}.example.com, path: /v1, ingress: {ingress}, region: {region}{default}}}"
            ),
        );
    }
    out.push_str("makers:\n");
    for family in FAMILIES {
        line(&mut out, format_args!("  maker-of-{family}: {{}}"));
    }
    out.push_str("providers:\n");
    for number in 0..24 {
        let retention = pick(&["zero", "30d", "7d"], number);
        line(
            &mut out,
            format_args!("  provider-{number}: {{retention: {retention}}}"),
        );
    }
    out.push_str("models:\n");
    for number in 0..models {
        model(&mut out, number, models);
    }
    out.push_str("aliases:\n");
    for number in (0..models).step_by(10) {
        alias(&mut out, number);
    }
    out
}

/// The id of the model with this number.
pub fn id(number: usize) -> String {
    let (major, minor) = (1 + number % 5, mixed(number, 1) % 10);
    let size = pick(&SIZES, mixed(number, 2));
    format!("{}-{major}.{minor}-{size}-{number}", family(number))
}

/// Another id of every tenth model.
pub fn alias_of(number: usize) -> String {
    format!("{}-latest-{number}", family(number))
}

fn family(number: usize) -> &'static str {
    pick(&FAMILIES, number)
}

fn model(out: &mut String, number: usize, models: usize) {
    // What a model is like; each of a dozen patterns has its own facts.
    let pattern = mixed(number, 3) % 12;
    let draw = |salt: usize| mixed(number, salt);
    line(
        out,
        format_args!(
            "  {}:\n    title: Model {number}\n    maker: maker-of-{}",
            id(number),
            family(number)
        ),
    );
    let (year, month, day) = (2023 + draw(4) % 4, 1 + draw(5) % 12, 1 + draw(6) % 28);
    if pattern != 11 {
        line(
            out,
            format_args!("    released: {}-{month:02}-{day:02}", year.min(2025)),
        );
    }
    if pattern.is_multiple_of(4) {
        line(
            out,
            format_args!(
                "    retires: {}-{month:02}-{day:02}",
                year.min(2025) + 1 + draw(7) % 3
            ),
        );
    }
    if pattern % 5 == 1 && number + 8 < models {
        line(out, format_args!("    successor: {}", id(number + 8)));
    }
    let window = 1_000 * pick(&WINDOWS, draw(8)) - pick(&[0, 0, 1], draw(9));
    let output = window / pick(&[1, 2, 4, 8, 16], draw(10));
    if pattern == 3 {
        let day = 1 + draw(11) % 28;
        line(
            out,
            format_args!(
                "    context_window: [{{value: {window}, until: 2026-03-{day:02}}}, {{value: {}, from: 2026-03-{day:02}}}]",
                2 * window
            ),
        );
    } else {
        line(out, format_args!("    context_window: {window}"));
    }
    line(out, format_args!("    max_output: {output}"));
    if pattern < 10 {
        line(
            out,
            format_args!("    capabilities: {}", pick(&CAPABILITIES, draw(12))),
        );
    }
    if pattern % 3 != 2 {
        line(
            out,
            format_args!("    parameters: {}", pick(&PARAMETERS, draw(13))),
        );
    }
    if pattern == 5 {
        line(
            out,
            format_args!(
                "    scores: {{arena: {{value: {}, from: 2026-0{}-01}}}}",
                1_000 + draw(14) % 500,
                1 + draw(15) % 9
            ),
        );
    } else if pattern != 9 {
        line(
            out,
            format_args!("    scores: {{arena: {}}}", 1_000 + draw(14) % 500),
        );
    }
    line(out, format_args!("    price: {}", price(pattern, number)));
    out.push_str("    offerings:\n");
    for place in 0..=draw(16) % 4 {
        offering(out, number, place, window);
    }
}

fn price(pattern: usize, number: usize) -> String {
    let (input, output) = (mixed(number, 17) % 900, 100 + mixed(number, 18) % 7_000);
    let row = |percent: usize, more: &str| {
        let cents = |amount: usize| {
            let amount = amount * percent / 100;
            format!("{}.{:02}", amount / 100, amount % 100)
        };
        format!(
            "{{input: {}, output: {}{more}}}",
            cents(input),
            cents(output)
        )
    };
    match pattern {
        0 => {
            let (before, after) = (
                row(100, ", until: 2026-07-01"),
                row(80, ", from: 2026-07-01"),
            );
            format!("[{before}, {after}]")
        }
        2 => format!(
            "[{}, {}]",
            row(100, ""),
            row(200, ", above_input_tokens: 200000")
        ),
        7 => format!(
            "[{}, {}]",
            row(100, ""),
            row(150, ", service_tier: priority")
        ),
        _ => row(100, &format!(", cache_read: 0.{}", 1 + number % 9)),
    }
}

fn offering(out: &mut String, number: usize, place: usize, window: usize) {
    let (region, _) = pick(&REGIONS, mixed(number, 19) + 5 * place);
    let provider = mixed(number, 20 + place) % 24;
    let own = match mixed(number, 30 + place) % 60 {
        0..10 => ", from: 2025-01-01, until: 2027-01-01".to_owned(),
        10..13 => format!(", upstream_id: \"{region}/{}\"", id(number)),
        13 | 14 => format!(", context_window: {}", 2 * window),
        15 => ", multiplier: 1.20".to_owned(),
        16 | 17 => format!(
            ", price: {{input: {}.50, output: {}.00}}",
            number % 7,
            number % 40
        ),
        18 => ", retention: zero".to_owned(),
        19 => ", endpoints: [us]".to_owned(),
        20 => ", pairs: [{endpoint: eu, storage: EU27}]".to_owned(),
        21 => ", processing: [US, CA]".to_owned(),
        _ => String::new(),
    };
    line(
        out,
        format_args!("      - {{region: {region}, provider: provider-{provider}{own}}}"),
    );
}

fn alias(out: &mut String, number: usize) {
    let (name, id) = (alias_of(number), id(number));
    if number.is_multiple_of(50) {
        line(
            out,
            format_args!("  {name}: [{{model: {id}, from: 2024-01-01}}]"),
        );
    } else {
        line(out, format_args!("  {name}: {id}"));
    }
}

/// A number that looks like chance and is always the same for the same model and question.
fn mixed(number: usize, salt: usize) -> usize {
    let mut x = (number as u64).wrapping_mul(64).wrapping_add(salt as u64);
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((x ^ (x >> 31)) >> 33).unwrap_or(0)
}

fn pick<T: Copy + Default, const N: usize>(of: &[T; N], number: usize) -> T {
    of.get(number % N).copied().unwrap_or_default()
}

/// Adds a line; writing to a string cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = writeln!(out, "{text}");
    debug_assert!(written.is_ok());
}
