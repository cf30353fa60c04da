//! Faults in rules.

use crate::{ASSEMBLYAI, BEDROCK, CLOUDS, Fault, Policy};

/// Something more at the end of a policy.
const fn more(policy: Policy, code: &'static str, new: &'static str) -> Fault {
    change(policy, code, "", new)
}

/// Something else in its place.
const fn change(policy: Policy, code: &'static str, old: &'static str, new: &'static str) -> Fault {
    Fault {
        code,
        policy,
        file: "policy.portolan",
        old,
        new,
    }
}

pub(crate) const FAULTS: &[Fault] = &[
    more(
        ASSEMBLYAI,
        "dead-rule",
        r#"refuse 403 free-again
  when  request.account == free and request.prompt is set
  blame account
  say   "no"
  help  "upgrade"
"#,
    ),
    // Two rules kill this one, and neither does alone.
    more(
        ASSEMBLYAI,
        "dead-rule",
        r#"refuse 400 no-text
  when  request.fault == none and request.messages is not set and request.prompt is not set and request.input_tokens > 5
  blame messages
  say   "no"
  help  "send either"
"#,
    ),
    more(
        ASSEMBLYAI,
        "dead-rule",
        r#"warn free-account "a free account"
  when request.account == free
"#,
    ),
    more(
        CLOUDS,
        "dead-rule",
        r#"exclude 404 long-retired
  when  route.model.retires is set and request.at >= route.model.retires + 30d
  blame model
  say   "no"
  help  "use {alternatives}"
"#,
    ),
    change(
        ASSEMBLYAI,
        "rule-never-decides",
        "exclude 404 model-retired\n",
        r#"exclude 404 not-globally
  when in-region and route.region == global
  say  "no"
  help "use {alternatives}"

exclude 404 model-retired
"#,
    ),
    more(
        ASSEMBLYAI,
        "constant-condition",
        r#"refuse 400 odd
  when  request.input_tokens < 10 and request.input_tokens > 20
  blame input_tokens
  say   "no"
  help  "no"
"#,
    ),
    more(
        ASSEMBLYAI,
        "constant-condition",
        r#"warn both "either account"
  when request.account == free or request.account == paid
"#,
    ),
    more(
        BEDROCK,
        "constant-condition",
        r#"warn long-and-short "long, and short"
  when request.total_tokens > 10k and request.total_tokens < 1k
"#,
    ),
    more(
        ASSEMBLYAI,
        "redundant-condition",
        r#"refuse 400 far-too-much
  when  request.input_tokens > 20M and request.input_tokens > 10M
  blame input_tokens
  say   "no"
  help  "send less"
"#,
    ),
    change(
        CLOUDS,
        "redundant-condition",
        "when  request.fault == none and request.model is not set",
        "when  request.fault == none and request.fault != invalid-json and request.model is not set",
    ),
    more(
        ASSEMBLYAI,
        "needless-not",
        r#"warn in-eu "in the EU"
  when not (request.endpoint != eu)
"#,
    ),
    change(
        BEDROCK,
        "needless-not",
        "where request.tenant != public",
        "where not (request.tenant == public)",
    ),
    change(
        ASSEMBLYAI,
        "order-decides",
        "limit 30 requests per 60s for each model\n",
        r"limit 10 requests per 60s for each model
  when request.zero_retention

limit 30 requests per 60s for each model
",
    ),
    more(
        ASSEMBLYAI,
        "unique-overlap",
        "unique one-notice { retires-soon, price-change-soon }\n",
    ),
    change(
        ASSEMBLYAI,
        "gap",
        "  as   us-keeps-data-in-us\n  when request.endpoint == us\n",
        "  as   us-keeps-data-in-us\n  when request.endpoint == us and in-region\n",
    ),
    more(
        ASSEMBLYAI,
        "expired-rule",
        "warn beta \"beta\"\n  when request.stream\n  until 2025-01-01\n",
    ),
    more(
        CLOUDS,
        "rule-not-yet",
        "warn beta \"beta\"\n  when request.stream\n  from 2027-03-01\n",
    ),
    more(
        ASSEMBLYAI,
        "date-only-comparison",
        "warn late \"it is late\"\n  when request.at > 2026-08-01\n",
    ),
    more(
        CLOUDS,
        "retired-model-in-rule",
        r#"warn flash "an old model"
  when request.model is set and request.model == "gemini-2.5-flash"
"#,
    ),
    more(
        CLOUDS,
        "wildcard-captures-regional-id",
        r#"warn omni "the model `gpt-4o`"
  when request.model is set and request.model matches "gpt-4o*"
"#,
    ),
    more(
        BEDROCK,
        "unmet-by-catalog",
        r#"warn huge "a huge window"
  when route.context_window is set and route.context_window > 100M
"#,
    ),
    more(
        ASSEMBLYAI,
        "unused-define",
        "define nobody = request.stream\n",
    ),
    more(
        ASSEMBLYAI,
        "unread-attribute",
        "attribute team: optional text\n",
    ),
    more(
        BEDROCK,
        "unconstrained-attribute",
        r#"attribute team: optional text

warn of-a-team "sent by a team"
  when request.team is set
"#,
    ),
    change(
        ASSEMBLYAI,
        "unread-opt-in",
        "opt-in request.model_region\n",
        "opt-in request.model_region\nopt-in request.service_tier\n",
    ),
    more(
        ASSEMBLYAI,
        "unused-table",
        "table teams (home: place)\n  row north: EU27\n",
    ),
    more(
        ASSEMBLYAI,
        "code-with-two-statuses",
        r#"refuse 400 plan-not-entitled
  as    no-streams-for-nobody
  when  request.prompt is set and request.input_tokens > 20M
  blame input_tokens
  say   "no"
  help  "no"
"#,
    ),
    change(ASSEMBLYAI, "refusal-without-blame", "  blame account\n", ""),
    change(
        ASSEMBLYAI,
        "refusal-without-help",
        "  help  \"upgrade the account\"\n",
        "",
    ),
    change(
        ASSEMBLYAI,
        "illegal-advice",
        "  help  \"use `{successor}`\"\n",
        "  help  \"use `gpt-5`\"\n",
    ),
    more(
        ASSEMBLYAI,
        "secret-in-message",
        r#"attribute api_key: optional text

refuse 401 wrong-api-key
  when  request.api_key is set and request.api_key == "none"
  blame api_key
  say   "no account for `{request.api_key}`"
  help  "ask for a key"
"#,
    ),
    change(
        ASSEMBLYAI,
        "duplicate-test",
        "} at 2026-06-30\n",
        "} at 2026-07-01\n",
    ),
    more(
        ASSEMBLYAI,
        "repeated-fallback",
        r#"test "somebody answers"
  request { model: "gpt-5", fallbacks: { "gemini-2.5-flash", "assemblyai/gpt-5" } } at 2026-03-01
  expect route
"#,
    ),
    more(
        ASSEMBLYAI,
        "fallback-in-same-domain",
        r#"test "somebody answers"
  request { model: "gpt-5", fallbacks: { "gpt-5.2" } } at 2026-03-01
  expect route
"#,
    ),
    more(
        ASSEMBLYAI,
        "fallback-does-less",
        r#"test "somebody answers"
  request { model: "claude-sonnet-4-6", fallbacks: { "gpt-5.2" } } at 2026-03-01
  expect route
"#,
    ),
    change(
        ASSEMBLYAI,
        "unknown-expectation",
        "  expect warn fallback-dropped\n",
        "  expect warn fallbacks-dropped\n",
    ),
    more(
        ASSEMBLYAI,
        "vacuous-proof",
        r"prove nobody
  for every request where request.input_tokens < 10 and request.input_tokens > 20
  never routes
",
    ),
    more(
        ASSEMBLYAI,
        "lock-without-proof",
        "lock retention within 30d\n  as month\n  when request.account == paid\n",
    ),
    more(
        ASSEMBLYAI,
        "silence-without-reason",
        "// allow(unused-define)\ndefine nobody = request.stream\n",
    ),
    more(
        ASSEMBLYAI,
        "unknown-silence",
        "// allow(unused-defin): used elsewhere\n",
    ),
    more(
        ASSEMBLYAI,
        "useless-silence",
        "// allow(dead-rule): kept for old clients\nwarn in-eu \"in the EU\"\n  when request.endpoint == eu\n",
    ),
];
