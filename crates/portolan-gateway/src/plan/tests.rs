//! The plan that the compiled form gives, held against the interpreter's, part by part.

use portolan::{MemoryFiles, compile};
use portolan_core::answer::{self, Answer};
use portolan_core::request::{Auth, State, Usage};
use portolan_wire::{BodyText, Call, Carrier};

use super::*;
use crate::clock::MachineClock;
use crate::config::{Config, Listener};
use crate::gateway::{Load, Served};

/// The shipped policy, served over the mock.
fn shipped() -> Served {
    let policy = include_str!("../../../../rules/assemblyai/policy.portolan");
    let catalog = include_str!("../../../../rules/assemblyai/catalog.yaml");
    let load: Load = Box::new(move || {
        let mut files = MemoryFiles::from([("policy.portolan", policy), ("catalog.yaml", catalog)]);
        let engine = compile("policy.portolan", &mut files).engine;
        let engine = engine.ok_or("the policy has errors")?;
        let address = "127.0.0.1:0".parse().map_err(|_| "no address")?;
        let listeners = vec![Listener::of_endpoint("us", address)];
        Ok((engine, Config::of_listeners(listeners)))
    });
    Served::new(&load, true, &MachineClock).unwrap()
}

/// What goes out of the interpreter's plan that the gateway acts on, and the same of ours.
fn compared(plan: &Plan<'_>, told: &answer::Plan, body: &BodyText) {
    assert_eq!(plan.attempts.len(), told.attempts.len());
    for (at, (ours, theirs)) in plan.attempts.iter().zip(&told.attempts).enumerate() {
        let way = &ours.way;
        assert_eq!(
            (&way.model, &way.region, &way.endpoint, &way.url),
            (&theirs.model, &theirs.region, &theirs.endpoint, &theirs.url)
        );
        assert_eq!(
            (&way.usage_region, &way.upstream_id, &way.executes),
            (&theirs.usage_region, &theirs.upstream_id, &theirs.executes)
        );
        assert_eq!(
            (ours.fallback, ours.stream, ours.price),
            (theirs.fallback, theirs.stream, theirs.price)
        );
        assert_eq!((&ours.set, &ours.limit), (&theirs.set, &theirs.limit));
        for counts in [false, true] {
            let carrier = Carrier {
                counts,
                ..Carrier::default()
            };
            assert_eq!(
                body.outgoing_for(ours.sending(), carrier),
                body.outgoing_for(theirs, carrier)
            );
        }
        let about = |w: &&answer::Warning| w.attempt.is_none_or(|of| of == at);
        let codes = told.warnings.iter().filter(about);
        let mut codes: Vec<String> = codes.map(|warning| warning.code.clone()).collect();
        codes.dedup();
        assert_eq!(plan.warned(at), codes);
    }
    let words =
        |words: &[Box<str>]| -> Vec<String> { words.iter().map(ToString::to_string).collect() };
    assert_eq!(words(plan.advance), told.advance);
    assert_eq!(plan.timeouts, told.timeouts);
    let ours = plan.retry.map(|r| (words(r.on), r.times, r.after_ms));
    let theirs = told.retry.as_ref();
    assert_eq!(ours, theirs.map(|r| (r.on.clone(), r.times, r.after_ms)));
    for later in [0, 1, 60, 86_400, 1 << 31] {
        let now = Instant::from_unix_seconds(plan.request.at().unix_seconds() + later);
        let over = told.valid_until.is_some_and(|until| now >= until);
        assert_eq!(plan.is_over(now), over);
    }
}

/// A model's body: as plain as it can be, or with something that rules read.
fn body(model: &str, other: &str, kind: usize) -> String {
    let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
    let more = match kind {
        0 => String::new(),
        1 => r#","stream":true,"max_tokens":64000"#.to_owned(),
        2 => r#","model_region":"global","top_k":3,"temperature":0.5"#.to_owned(),
        3 => format!(r#","stream":true,"fallbacks":[{{"model":"{other}"}}]"#),
        4 => format!(
            r#","fallbacks":[{{"model":"{other}","stream":true}},{{"model":"{model}"}}],"fallback_config":{{"depth":2}}"#
        ),
        5 => {
            r#","post_processing_steps":[{"type":"json-repair"}],"transcript_id":"t-1""#.to_owned()
        }
        6 => r#","fallback_config":{"retry":false},"tools":[]"#.to_owned(),
        _ => r#","model":"twice""#.to_owned(),
    };
    format!(r#"{{"model":"{model}",{messages}{more}}}"#)
}

#[test]
fn what_is_carried_out_is_what_the_interpreter_says() {
    let served = shipped();
    let engine = &served.engine;
    let models: Vec<&str> = engine.catalog().models.iter().map(|m| &*m.id).collect();
    let (mut routed, mut refused) = (0, 0);
    for (at, model) in models.iter().enumerate() {
        let other = models[(at + 7) % models.len()];
        for kind in 0..8 {
            let turn = at + kind;
            let date = ["2025-11-03", "2026-03-01", "2026-06-20", "2026-11-21"][turn % 4];
            let text = body(model, other, kind);
            let date = Instant::parse(date).unwrap();
            let mut call = Call::posted(text, None, date);
            call.draft.auth = [Auth::Raw, Auth::Bearer, Auth::Missing]
                [usize::from(turn % 3 == 0) + usize::from(turn % 23 == 0)];
            call.draft.endpoint = Some(["us", "eu"][turn / 2 % 2].to_owned());
            let request = engine.request(call.draft).unwrap();
            let mut state = State::default();
            if turn % 3 == 1 {
                let used = Some(if turn % 2 == 0 { 30 } else { 3 });
                let usage = Usage {
                    used,
                    ..Usage::default()
                };
                state.models.insert((*model).to_owned(), usage);
            }
            let Answer { outcome, .. } = engine.answer(&request, &state);
            match (Plan::of(&served, &request, state), outcome) {
                (Ok(plan), Outcome::Route(told)) => {
                    routed += 1;
                    compared(&plan, &told, &call.body.unwrap());
                }
                (Err(_), Outcome::Refuse(_)) => refused += 1,
                (Ok(_), Outcome::Refuse(why)) => panic!("routed, and refused: {}", why.message),
                (Err(_), Outcome::Route(_)) => panic!("refused, and routed: {model}"),
            }
        }
    }
    assert!(routed > 50 && refused > 50, "{routed} {refused}");
}
