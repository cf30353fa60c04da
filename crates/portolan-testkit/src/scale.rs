//! Catalogs of any size and of realistic variety, for tests and measurements of load and speed.
//!
//! The same number of models is always the same text. What a policy says of them is the test's.

use std::fmt::Write as _;

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

const FAMILIES: [&str; 8] = [
    "claude", "gpt", "gemini", "llama", "mistral", "qwen", "command", "nova",
];

/// A policy for these catalogs: a lock, an exclude with advice, an order.
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

/// A catalog with so many models: about two offerings each, dated facts on some, limits,
/// prices, scores, successors, and an alias for every tenth model.
pub fn catalog(models: usize) -> String {
    let mut out = String::from(
        "catalog: 1\nscores: {arena: {better: higher}}\ncapabilities: [stream, tools, vision]\nregions:\n",
    );
    for (name, place) in REGIONS {
        line(
            &mut out,
            format_args!("  {name}: {{processing: {place}, storage: {place}}}"),
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
        let retention = ["zero", "30d", "7d"]
            .get(number % 3)
            .copied()
            .unwrap_or("zero");
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
        line(&mut out, format_args!("  latest-{number}: {}", id(number)));
    }
    out
}

/// The id of the model with this number.
pub fn id(number: usize) -> String {
    let family = FAMILIES
        .get(number % FAMILIES.len())
        .copied()
        .unwrap_or("model");
    format!("{family}-{}-{number}", number % 7)
}

fn model(out: &mut String, number: usize, models: usize) {
    line(out, format_args!("  {}:", id(number)));
    let family = FAMILIES
        .get(number % FAMILIES.len())
        .copied()
        .unwrap_or("model");
    line(
        out,
        format_args!("    title: Model {number}\n    maker: maker-of-{family}"),
    );
    let (year, month) = (2023 + number % 3, 1 + number % 12);
    line(out, format_args!("    released: {year}-{month:02}-01"));
    if number.is_multiple_of(4) {
        line(out, format_args!("    retires: {}-{month:02}-15", year + 3));
    }
    if number % 5 == 1 && number + 8 < models {
        line(out, format_args!("    successor: {}", id(number + 8)));
    }
    let window = 1_000
        * [8, 32, 128, 200, 1_000]
            .get(number % 5)
            .copied()
            .unwrap_or(8);
    line(
        out,
        format_args!(
            "    context_window: {window}\n    max_output: {}",
            window / 4
        ),
    );
    if number.is_multiple_of(3) {
        line(
            out,
            format_args!(
                "    capabilities: [stream, tools]\n    parameters: [temperature, tools, top_p]"
            ),
        );
    }
    line(
        out,
        format_args!("    scores: {{arena: {}}}", 1_000 + number % 500),
    );
    let (input, output) = (1 + number % 9, 2 + number % 70);
    if number.is_multiple_of(10) {
        line(
            out,
            format_args!(
                "    price: [{{input: {input}.00, output: {output}.00, until: 2026-07-01}}, {{input: {input}.50, output: {output}.50, from: 2026-07-01}}]"
            ),
        );
    } else {
        line(
            out,
            format_args!(
                "    price: {{input: {input}.25, output: {output}.10, cache_read: 0.{input}}}"
            ),
        );
    }
    out.push_str("    offerings:\n");
    for offering in 0..=number % 4 {
        let (region, _) = REGIONS
            .get((number * 5 + offering) % REGIONS.len())
            .copied()
            .unwrap_or(("us-east-1", ""));
        let provider = (number + offering * 7) % 24;
        let window = if (number + offering).is_multiple_of(6) {
            ", from: 2025-01-01, until: 2027-01-01"
        } else {
            ""
        };
        line(
            out,
            format_args!("      - {{region: {region}, provider: provider-{provider}{window}}}"),
        );
    }
}

/// Adds a line; writing to a string cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = writeln!(out, "{text}");
    debug_assert!(written.is_ok());
}
