//! What is written reads back as what was asked for, and whatever can be posted can be written.

use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use portolan_core::request::{Body, Chain, ChainFault, Fault, FaultKind, PARAMETERS};
use proptest::prelude::*;

use super::*;
use crate::envelope::Call;

fn at() -> Instant {
    Instant::parse("2026-03-01").unwrap()
}

fn read(text: &str) -> Call {
    read_envelope(text.as_bytes(), ["account", "batch"], at()).unwrap()
}

/// What a rule may read of a call: no paths, and of several faults the first.
fn facts(call: Call) -> (Draft, State) {
    let mut draft = call.draft;
    for body in std::iter::once(&mut draft.body).chain(&mut draft.fallbacks) {
        body.paths.clear();
        body.faults.truncate(1);
    }
    if let Some(fault) = &mut draft.chain.fault {
        fault.path.clear();
    }
    (draft, call.state)
}

fn write(call: &Call) -> Result<String, Unwritable> {
    write_request(&call.draft, &call.state)
}

#[test]
fn only_what_is_asked_for_is_written() {
    let draft = Draft::new("gpt-5", at());
    let text = r#"{"at":"2026-03-01","input_tokens":0,"body":{"model":"gpt-5","messages":[]}}"#;
    assert_eq!(
        write_request(&draft, &State::default()).as_deref(),
        Ok(text)
    );
    for text in [
        r#"{"endpoint":"eu","at":"2026-03-01T10:00:00Z","account":"paid","input_tokens":1200,"body":{"model":"gpt-5","messages":[{"role":"user","content":"{{ transcript }}"}],"max_tokens":1000}}"#,
        r#"{"at":"2026-03-01","batch":"true","headers":{},"query":{"key":"a-key"},"body":{"prompt":"xxxxx"}}"#,
        r#"{"at":"2026-03-01","headers":{"X-Api-Key":"a-key"},"state":{"models":{"a":{"healthy":false,"used":3,"reset_s":4}},"routes":[{"model":"a","region":"eu","endpoint":"eu","used":1}]},"body":{}}"#,
        r#"{"at":"2026-03-01","input_tokens":9,"body":{"model":"a","messages":[{"role":"user","content":[{"type":"image"},{"type":"text","text":""}]}],"temperature":0.5,"tools":[{"type":"function","function":{"name":"x"}},{"type":"web"}],"tool_choice":{"type":"function","function":{"name":"x"}},"reasoning":{"effort":"low"},"transcript_id":"a b","post_processing_steps":[{"type":"json-repair"}],"seed":0,"fallbacks":[{"model":"b","temperature":0.7},{"messages":[]}],"fallback_config":{"depth":2,"retry":false}}}"#,
        r#"{"at":"2026-03-01","body":""}"#,
        r#"{"at":"2026-03-01","body":"null"}"#,
        r#"{"at":"2026-03-01","body":{"max_tokens":0.5,"model":"a"}}"#,
        r#"{"at":"2026-03-01","body":{"x":0,"x":0,"model":"a"}}"#,
        r#"{"at":"2026-03-01","body":{"post_processing_steps":[{},{"type":"a"}]}}"#,
        r#"{"at":"2026-03-01","body":{"post_processing_steps":[0],"fallbacks":[{"model":"a"},{"model":"b","fallbacks":[]}]}}"#,
    ] {
        assert_eq!(write(&read(text)).as_deref(), Ok(text));
    }
}

#[test]
fn what_no_body_says_is_named() {
    type Change = fn(&mut Draft);
    let table: [(Change, &str); 16] = [
        (|d| d.body.temperature = Some(Decimal::ONE), "parameters"),
        (
            |d| d.body.parameters = ["temperature".to_owned()].into(),
            "parameters",
        ),
        (
            |d| d.body.tool_types = ["web".to_owned()].into(),
            "parameters",
        ),
        (|d| d.body.input_tokens = -1, "input_tokens"),
        (|d| d.body.has_transcript_tag = true, "has_transcript_tag"),
        (
            |d| d.body.transcript_id_malformed = true,
            "transcript_id_malformed",
        ),
        (
            |d| d.auth_header = Some("X-Api-Key".to_owned()),
            "auth_header",
        ),
        (|d| d.auth = Auth::Misspelt, "auth"),
        (|d| d.at = Instant::MIN, "at"),
        (
            |d| d.attributes = [("body".to_owned(), "x".to_owned())].into(),
            "body",
        ),
        (|d| d.chain.count = 3, "fallback_count"),
        (|d| d.chain.count = i64::MAX, "fallback_count"),
        (
            |d| {
                d.body.input_tokens = i64::MAX;
                d.body.input_tokens_estimated = true;
                d.body.content = ["text".to_owned()].into();
            },
            "input_tokens",
        ),
        (
            |d| {
                d.body.faults = vec![Fault {
                    kind: FaultKind::WrongType,
                    path: "model".to_owned(),
                    detail: "odd".to_owned(),
                }];
            },
            "fault",
        ),
        (
            |d| {
                d.body.model_region = Some("global".to_owned());
                d.fallbacks = vec![Draft::new("b", d.at).body];
            },
            "fallbacks[0].model_region",
        ),
        (
            |d| {
                d.fallbacks = vec![Draft::new("b", d.at).body];
                d.fallbacks[0].input_tokens = 7;
            },
            "fallbacks[0].input_tokens",
        ),
    ];
    for (change, field) in table {
        let mut draft = Draft::new("a", at());
        change(&mut draft);
        let error = write_request(&draft, &State::default()).unwrap_err();
        assert_eq!(error.field, field);
    }
    let error = Unwritable::field("parameters").to_string();
    assert_eq!(error, "no posted request has this `parameters`");
}

#[test]
fn every_parameter_can_be_used() {
    for name in PARAMETERS {
        let mut draft = Draft::new("a", at());
        let body = &mut draft.body;
        match name {
            "temperature" => body.temperature = Some(Decimal::ONE),
            "top_p" => body.top_p = Some(Decimal::MIN),
            "tool_choice" => body.tool_choice = Some("\"function\"".to_owned()),
            "response_format" => body.response_format = Some("json_schema".to_owned()),
            _ => {}
        }
        body.parameters.insert(name.to_owned());
        write_request(&draft, &State::default()).unwrap();
    }
}

#[test]
fn every_simplest_fault_can_be_had_on_its_own() {
    for (_, kind) in FaultKind::NAMES {
        let fault = Fault::simplest(kind);
        let mut draft = Draft::new("a", at());
        draft.body.temperature = Some(Decimal::ONE);
        draft.body.parameters.insert("temperature".to_owned());
        if fault.kind == FaultKind::InvalidJson {
            draft.body = Body::default();
        }
        draft.body.faults = vec![fault];
        write_request(&draft, &State::default()).unwrap();
    }
}

#[test]
fn every_fault_of_the_chain_can_be_had() {
    for (index, (_, kind)) in ChainFaultKind::NAMES.into_iter().enumerate() {
        let mut draft = Draft::new("a", at());
        let (count, sent) = [(1, 1), (2, 2), (limits::FALLBACKS, 40)][index];
        draft.fallbacks = vec![draft.body.clone(); count];
        if kind == ChainFaultKind::MissingModel {
            draft.fallbacks[0].model = None;
        }
        draft.chain = Chain {
            count: sent,
            fault: Some(ChainFault {
                kind,
                path: "fallbacks[1]".to_owned(),
            }),
            ..Chain::default()
        };
        write_request(&draft, &State::default()).unwrap();
    }
}

proptest! {
    #[test]
    fn what_is_written_of_a_damaged_body_is_the_same(
        at in any::<prop::sample::Index>(), byte in 32u8..127
    ) {
        let mut bytes = br#"{"model":"a","messages":[{"role":"user","content":"b"}],"max_tokens":7,"stream":true,"tools":[{"type":"web"}],"fallbacks":[{"model":"b"}],"fallback_config":{"depth":1}}"#.to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let call = Call::posted(bytes, Some(5), self::at());
        if let Ok(written) = write(&call) {
            prop_assert_eq!(facts(read(&written)), facts(call));
        }
    }
}
