//! Requests for the golden policy: 60 % allowed, the rest spoilt in one of some thirty ways.

use std::collections::BTreeSet;

use anyhow::bail;
use portolan::Engine;
use portolan::core::decimal::Decimal;
use portolan::core::request::{Auth, Body, Chain, ChainFault, ChainFaultKind, Fault, FaultKind};

use super::by_hand::ByHand;
use super::{Answer, Asked, Program};
use crate::generate::Sequence;
use crate::job::Host;

/// 2026-01-01 and a year of seconds.
const YEAR: i64 = 1_767_225_600;
const SECONDS: i64 = 365 * 86_400;
const TRIES: usize = 100_000;

/// So many requests, each with so many fallbacks. The hand-written program says which are allowed.
pub(super) fn all(
    judge: &mut ByHand,
    engine: &Engine,
    count: usize,
    fallbacks: usize,
) -> anyhow::Result<Vec<Asked>> {
    let models: Vec<&str> = engine
        .catalog()
        .models
        .iter()
        .map(|model| &*model.id)
        .collect();
    let mut sequence = Sequence::new(3);
    let mut wanted: Vec<bool> = (0..count).map(|number| number % 5 < 3).collect();
    sequence.shuffle(&mut wanted);
    let mut way = 0;
    let mut all = Vec::with_capacity(count);
    for allowed in wanted {
        let mut left = TRIES;
        loop {
            let mut asked = plain(&mut sequence, &models, fallbacks);
            if !allowed {
                spoil(&mut sequence, &mut asked, way);
            }
            let routed = judge.answer(&asked, |answer| matches!(answer, Answer::Route(_)));
            if routed == allowed {
                all.push(asked);
                break;
            }
            left -= 1;
            if left == 0 {
                bail!("no request is spoilt in way {way}");
            }
        }
        way = (way + usize::from(!allowed)) % WAYS;
    }
    Ok(all)
}

fn plain(sequence: &mut Sequence, models: &[&str], fallbacks: usize) -> Asked {
    let body = body(sequence, models);
    let fallbacks: Vec<Body> = (0..fallbacks)
        .map(|_| Body {
            model: Some(sequence.one_of(models).to_owned()),
            ..body.clone()
        })
        .collect();
    let count = i64::try_from(fallbacks.len()).unwrap_or(0);
    let deep = count > 1 && sequence.percent(75);
    let chain = Chain {
        depth: deep.then_some(2),
        retry: sequence.percent(10).then_some(false),
        count,
        fault: None,
    };
    let auth = [Auth::NotJudged, Auth::Raw, Auth::Raw, Auth::Bearer];
    Asked {
        host: sequence.one_of(&[Host::Us, Host::Eu]),
        at: YEAR + sequence.between(0, SECONDS - 1),
        paid: true,
        zero_retention: sequence.percent(10),
        auth: sequence.one_of(&auth),
        auth_header: None,
        body,
        fallbacks,
        chain,
    }
}

fn body(sequence: &mut Sequence, models: &[&str]) -> Body {
    let mut parameters = BTreeSet::new();
    for parameter in ["temperature", "tools", "tool_choice", "top_p", "seed"] {
        if sequence.percent(25) {
            parameters.insert(parameter.to_owned());
        }
    }
    let model = sequence.one_of(models);
    let prefix = if sequence.percent(5) {
        "assemblyai/"
    } else {
        ""
    };
    let has = |word: &str| parameters.contains(word);
    let billionths = sequence.between(0, 20) * 100_000_000;
    Body {
        model: Some(format!("{prefix}{model}")),
        messages: true,
        content: words(&["text"]),
        model_region: sequence.percent(20).then(|| "global".to_owned()),
        max_tokens: sequence.percent(80).then(|| sequence.between(1, 4_096)),
        temperature: has("temperature").then(|| Decimal::from_billionths(billionths)),
        tool_choice: has("tool_choice").then(|| "auto".to_owned()),
        tool_types: if has("tools") {
            words(&["function"])
        } else {
            BTreeSet::new()
        },
        transcript_id: sequence.percent(5).then(|| "6dba9b2f-7d2a".to_owned()),
        has_transcript_tag: sequence.percent(50),
        stream: sequence.percent(40),
        input_tokens: if sequence.percent(10) {
            sequence.between(1, 250_000)
        } else {
            sequence.between(1, 8_000)
        },
        parameters,
        ..Body::default()
    }
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// In how many ways a request is spoilt.
const WAYS: usize = 28;

fn spoil(sequence: &mut Sequence, asked: &mut Asked, way: usize) {
    let body = &mut asked.body;
    let mut fault = |kind: FaultKind, path: &str| {
        body.faults = vec![Fault {
            kind,
            path: path.to_owned(),
            detail: "a string, expected an array".to_owned(),
        }];
    };
    match way {
        0 => asked.auth = Auth::Missing,
        1 => {
            asked.auth = Auth::Misspelt;
            asked.auth_header = Some("x-api-key".to_owned());
        }
        2 => asked.auth = Auth::Empty,
        3 => asked.auth = Auth::InQuery,
        4 => asked.paid = false,
        5 => fault(FaultKind::InvalidJson, ""),
        6 => fault(FaultKind::AmbiguousField, "model"),
        7 => fault(FaultKind::WrongType, sequence.one_of(&["", "messages"])),
        8 => fault(FaultKind::MissingField, "messages[0].role"),
        9 => body.model = None,
        10 => body.messages = false,
        11 => body.content = words(&["image_url", "text"]),
        12 => body.tool_choice = Some("required".to_owned()),
        13 => body.response_format = Some("json_object".to_owned()),
        14 => body.tool_types = words(&["function", "web_search"]),
        15 => body.post_processing = words(&["translate"]),
        16 => {
            body.transcript_id = Some("no such id!".to_owned());
            body.transcript_id_malformed = true;
        }
        17 => body.model_region = Some(sequence.one_of(&["eu", "us", "Global"]).to_owned()),
        18 => {
            body.model_region = Some("global".to_owned());
            asked.host = Host::Eu;
        }
        19 => body.max_tokens = Some(sequence.one_of(&[0, -1, 200_000, 2_000_000])),
        20 => {
            body.temperature = Some(Decimal::from_billionths(
                sequence.one_of(&[-1, 2_000_000_001]),
            ));
        }
        21 => {
            let kind = sequence.one_of(&[ChainFaultKind::MissingModel, ChainFaultKind::Nested]);
            asked.chain.fault = Some(ChainFault {
                kind,
                path: "fallbacks[0]".to_owned(),
            });
        }
        22 => asked.chain.depth = Some(sequence.one_of(&[-1, 3])),
        23 => {
            let model = body.model.get_or_insert_default();
            model.pop();
            model.push_str("-latest");
        }
        24 => body.input_tokens = 3_000_000,
        25 => {
            body.parameters.insert("response_format".to_owned());
            body.response_format = Some("json_schema".to_owned());
        }
        // Not allowed as it came: retired, not yet there, not sold here, kept by its provider.
        26 => asked.zero_retention = true,
        _ => asked.at = YEAR + sequence.between(0, SECONDS - 1),
    }
}
