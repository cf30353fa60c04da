//! What decisions look like.

use insta::assert_snapshot;
use portolan_core::catalog::Price;

use super::*;

fn policy() -> Policy {
    Policy::of_files("rules/p", "policy.portolan")
}

fn text(answer: &Answer) -> String {
    human(answer, &policy(), Paint { colored: false })
}

fn rule_ref(name: &str, line: u32) -> RuleRef {
    RuleRef {
        name: name.to_owned(),
        file: "policy.portolan".to_owned(),
        line,
        column: 1,
    }
}

fn attempt(model: &str, fallback: Option<usize>) -> Attempt {
    let amount = |text| Decimal::parse(text).ok();
    Attempt {
        fallback,
        model: model.to_owned(),
        alias: None,
        maker: Some("anthropic".to_owned()),
        providers: vec!["bedrock".to_owned()],
        region: "eu".to_owned(),
        endpoint: "eu".to_owned(),
        url: "https://llm-gateway.eu.example.com/v1/chat/completions".to_owned(),
        upstream_id: model.to_owned(),
        processing: vec!["EU27".to_owned()],
        storage: vec![],
        usage_region: "eu".to_owned(),
        price: Price {
            input: amount("3.3"),
            output: amount("16.5"),
            multiplier: amount("1.1"),
            ..Price::default()
        },
        stream: false,
        set: vec![("stream".to_owned(), SetValue::Remove)],
        executes: vec![],
        limit: None,
    }
}

fn answer(outcome: Outcome) -> Answer {
    Answer {
        snapshot: "0123456789abcdef".to_owned(),
        at: Instant::parse("2026-03-01").unwrap(),
        outcome,
    }
}

#[test]
fn a_route_shows_each_attempt_and_what_was_dropped() {
    let plan = Plan {
        attempts: vec![
            attempt("claude-sonnet-4-6", None),
            attempt("claude-haiku-4-5-20251001", Some(1)),
        ],
        dropped: vec![Dropped {
            fallback: 0,
            model: Some("gpt-5".to_owned()),
            code: "model-not-in-region".to_owned(),
            message: "`gpt-5` is not offered in region `eu`".to_owned(),
        }],
        retry: Some(Retry {
            on: vec!["5xx".to_owned()],
            times: 1,
            after_ms: 500,
        }),
        advance: vec!["429".to_owned(), "5xx".to_owned()],
        timeouts: Timeouts {
            connect: Some(2_000),
            ..Timeouts::default()
        },
        limit: Some(Limit {
            requests: 30,
            window_s: 60,
            key: "claude-sonnet-4-6".to_owned(),
        }),
        valid_until: Some(Instant::parse("2026-11-30").unwrap()),
        warnings: vec![Warning {
            code: "stream-ignored".to_owned(),
            attempt: Some(0),
            field: Some("stream".to_owned()),
            message: "`claude-sonnet-4-6` does not stream".to_owned(),
        }],
    };
    assert_snapshot!(text(&answer(Outcome::Route(plan))));
}

#[test]
fn a_refusal_shows_the_rule_the_help_and_why_each_candidate_fell() {
    let reason = |code: &str, message: &str| Reason {
        code: code.to_owned(),
        rule: rule_ref(code, 31),
        message: message.to_owned(),
    };
    let refusal = Refusal {
        status: 404,
        code: "model-not-in-region".to_owned(),
        field: Some("model".to_owned()),
        retryable: false,
        retry_after_s: None,
        message: "`gpt-5` is not offered in region `eu`".to_owned(),
        help: vec![
            "it is offered in `us`".to_owned(),
            "here, use `claude-opus-4-6` or `gemini-3-pro-preview`".to_owned(),
        ],
        rule: rule_ref("model-not-in-region", 31),
        candidates: vec![Candidate {
            model: "gpt-5".to_owned(),
            region: "us".to_owned(),
            endpoint: "eu".to_owned(),
            verdict: Verdict::Excluded,
            reasons: vec![
                reason(
                    "model-not-in-region",
                    "`gpt-5` is not offered in region `eu`",
                ),
                reason("lock-not-met", "processing in `US` is not within `EU27`"),
            ],
        }],
        also: vec![reason("temperature-out-of-range", "`temperature` is 3")],
        dropped: vec![],
    };
    assert_snapshot!(text(&answer(Outcome::Refuse(refusal))));
}

#[test]
fn a_refusal_that_may_pass_says_when() {
    let refusal = Refusal {
        status: 429,
        code: "rate-limited".to_owned(),
        field: None,
        retryable: true,
        retry_after_s: Some(12),
        message: "30 requests were used".to_owned(),
        help: vec![],
        rule: RuleRef {
            name: "rate-limited".to_owned(),
            file: String::new(),
            line: 0,
            column: 0,
        },
        candidates: vec![],
        also: vec![],
        dropped: vec![],
    };
    assert_snapshot!(text(&answer(Outcome::Refuse(refusal))));
}
