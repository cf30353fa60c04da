//! What must hold of one call, whatever it was: where it went, and how what was sent reads.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::BodyExt;
use portolan_core::answer::Outcome;
use portolan_core::instant::Instant;
use portolan_core::request::{Body, State};
use portolan_testkit::dice::Dice;
use portolan_wire::{Call, read_body};

use super::Tally;
use super::careless;
use super::heard::Heard;
use super::posted;
use super::worlds::{FIRST, SECRET, SPEECH, World};

/// Headers that may go up.
const UP: [&str; 5] = [
    "accept",
    "authorization",
    "content-type",
    "traceparent",
    "user-agent",
];

/// What the gateway knew of a call when it sent it.
struct Known<'a> {
    /// What was posted.
    said: &'a [u8],
    at: Instant,
    /// The transcript that it fetched; nothing where it fetched none.
    transcript: Option<&'a str>,
}

/// The tag that a transcript takes the place of.
const TAG: &str = "{{ transcript }}";

/// Makes one call and holds the gateway to its promises.
pub(crate) fn held(world: &World, dice: &mut Dice) -> Tally {
    let seconds = FIRST + i64::try_from(dice.below(30_000)).unwrap_or(0) * 1000;
    world.now.set(seconds);
    let most = if world.retries { 200 } else { 429 };
    let answers = [
        200, 200, 200, 200, 200, 200, 429, 400, 299, 401, 307, most, 503,
    ];
    let last = if world.retries {
        answers.len()
    } else {
        answers.len() - 1
    };
    let answers = answers.get(..last).unwrap_or_default();
    let answers = (0..4).map(|_| dice.pick(answers)).collect();
    let spoken = Heard::some(dice);
    world.upstream.expect(answers, spoken.clone());
    let (listener, request) = posted::call(world, dice);
    let Some(listener) = world.listeners.get(listener) else {
        return Tally::default();
    };
    let said = request.body().clone();
    let shown = format!("{request:?}");
    let reads = request.method() == Method::GET;
    let (status, answer) = world.runtime.block_on(async {
        let response = world.gateway.answer(listener, request).await;
        let (head, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        (head, body.unwrap_or_default())
    });
    let said = world.runtime.block_on(said.collect());
    let said = said
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let sent = world.upstream.take();
    let text = String::from_utf8_lossy(&spoken.answer);
    let told = || {
        format!(
            "{shown}\n{}\n{text}\n{sent:#?}",
            String::from_utf8_lossy(&said)
        )
    };
    let (fetched, posted): (Vec<_>, Vec<_>) = sent.iter().partition(|r| r.method() == Method::GET);
    let known = Known {
        said: &said,
        at: Instant::from_unix_seconds(seconds),
        transcript: spoken.text.as_deref().filter(|_| !fetched.is_empty()),
    };
    let mut wrong = sent.iter().find_map(|request| residency(world, request));
    // What passes through by its own path is only looked at for where it went.
    if !reads {
        wrong = wrong.or_else(|| fetched_as_judged(world, &known, &fetched, &posted));
        let mut posted = posted.iter();
        wrong = wrong.or_else(|| posted.find_map(|r| reads_as_judged(world, &known, r)));
    }
    assert!(wrong.is_none(), "{}\n{}", wrong.unwrap_or_default(), told());
    // One line, and nothing behind it.
    let log = world.lines.take();
    assert_eq!(log.split(|byte| *byte == b'\n').count(), 2, "{}", told());
    let error = if status.status.is_success() {
        &[][..]
    } else {
        &answer
    };
    for text in [&log, error] {
        let quiet = !text.windows(6).any(|word| word == b"canary");
        assert!(quiet, "{}\n{}", String::from_utf8_lossy(text), told());
    }
    // The upstream says nothing that could be mended into JSON.
    let answer = String::from_utf8_lossy(&answer);
    let expected = status.status != 500 || answer.contains("json-not-repaired");
    assert!(expected, "{answer}\n{}", told());
    let injected = u64::from(known.transcript.is_some() && !posted.is_empty());
    let sent = u64::try_from(posted.len()).unwrap_or(0);
    Tally {
        calls: 1,
        answered: u64::from(status.status == 200),
        sent,
        again: sent.saturating_sub(1),
        injected,
    }
}

/// What is wrong with where a request went, and with what.
fn residency(world: &World, request: &Request<Bytes>) -> Option<String> {
    let uri = request.uri();
    let transcript = request.method() == Method::GET;
    let host = if transcript { SPEECH } else { &*world.eu };
    if uri.scheme_str() != Some("https")
        || uri.authority().map(http::uri::Authority::as_str) != Some(host)
    {
        return Some(format!("a call left the EU: {uri}"));
    }
    let headers = request.headers();
    let other = headers.keys().find(|name| !UP.contains(&name.as_str()));
    if let Some(name) = other {
        return Some(format!("the header `{name}` went up"));
    }
    let key = headers
        .get("authorization")
        .map(http::HeaderValue::as_bytes);
    (key != Some(SECRET.as_bytes())).then(|| "another key than ours went up".to_owned())
}

/// What is wrong with the transcripts that were fetched for a call: it is one where a tag waits for
/// it, the one that is named, and it is there.
fn fetched_as_judged(
    world: &World,
    known: &Known<'_>,
    fetched: &[&Request<Bytes>],
    posted: &[&Request<Bytes>],
) -> Option<String> {
    let judged = read_body(known.said, None);
    let mut judged = std::iter::once(&judged.body).chain(&judged.fallbacks);
    let Some(first) = fetched.first() else {
        let waits = judged.any(|body| body.transcript_id.is_some() && body.has_transcript_tag);
        let wrong = waits && !world.executes && !posted.is_empty();
        return wrong.then(|| "a tag was sent that waits for a transcript".to_owned());
    };
    if fetched.len() > 1 || world.executes || !first.body().is_empty() {
        return Some("more was fetched than one transcript".to_owned());
    }
    let named = |body: &Body| {
        let id = body.transcript_id.as_deref().unwrap_or_default();
        first.uri() == &*format!("https://{SPEECH}/v2/transcript/{id}")
    };
    if !judged.all(named) {
        return Some("another transcript was fetched than the one that is named".to_owned());
    }
    let nothing = known.transcript.is_none() && !posted.is_empty();
    nothing.then(|| "a call was sent whose transcript is not there".to_owned())
}

/// What is wrong with how a body reads.
fn reads_as_judged(world: &World, known: &Known<'_>, request: &Request<Bytes>) -> Option<String> {
    let Some(seen) = careless::read(request.body()) else {
        return Some("what was sent is no JSON".to_owned());
    };
    // An upstream may know a model by another name than ours.
    let sent_as = careless::text(&seen, "model").unwrap_or_default();
    let model = sent_as.strip_prefix("up-").unwrap_or(&sent_as);
    let mut again = Call::received(&*seen, [("authorization", "k")], "", known.at);
    let strict = read_body(request.body(), None).body;
    if facts(&strict, None) != facts(&again.draft.body, None) {
        return Some(format!(
            "a careful reader reads {strict:#?}\nand a careless one {seen}"
        ));
    }
    let written = careless::read(known.said).unwrap_or_default();
    let mut written = careless::texts(&written).into_iter();
    let texts = careless::texts(&seen).into_iter().next();
    if !written.any(|written| Some(put_in(written, known.transcript)) == texts) {
        return Some(format!("nobody wrote the texts that were sent: {seen}"));
    }
    let judged = read_body(known.said, None);
    let mut judged = std::iter::once(&judged.body).chain(&judged.fallbacks);
    let set: &[&str] = if world.retries { &LIMITS } else { &[] };
    let mine = facts(&again.draft.body, Some(set));
    if !judged.any(|judged| facts(judged, Some(set)) == mine) {
        return Some(format!("nobody judged what was sent: {seen}"));
    }
    again.draft.body.model = Some(model.to_owned());
    again.draft.endpoint = Some("eu".to_owned());
    let request_again = match world.engine.request(again.draft) {
        Ok(request) => request,
        Err(why) => return Some(why.to_string()),
    };
    match world
        .engine
        .answer(&request_again, &State::default())
        .outcome
    {
        Outcome::Refuse(refusal) => Some(format!("what was sent is refused: {}", refusal.message)),
        Outcome::Route(plan) => {
            let first = plan.attempts.first();
            let meant = first.is_some_and(|first| {
                let path = request.uri().path();
                first.upstream_id == sent_as && first.url.ends_with(path)
            });
            let others = plan.attempts.len() > 1 || !plan.dropped.is_empty();
            let eu = plan
                .attempts
                .iter()
                .all(|a| a.region == "eu" && a.endpoint == "eu");
            (!meant || others || !eu).then(|| format!("what was sent is another call: {plan:#?}"))
        }
    }
}

/// Texts with a transcript in the place of the first tag.
fn put_in(mut texts: Vec<String>, transcript: Option<&str>) -> Vec<String> {
    let tagged = texts.iter_mut().find(|text| text.contains(TAG));
    if let (Some(text), Some(transcript)) = (tagged, transcript) {
        *text = text.replacen(TAG, transcript, 1);
    }
    texts
}

/// What the lax policy sets.
const LIMITS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// What a rule can read of a body, apart from what a plan changes of it: the model's name, whether
/// it streams, what a policy sets, and what the gateway does in the endpoint's place. Its texts are
/// looked at by themselves.
fn facts(body: &Body, changed: Option<&[&str]>) -> Body {
    let mut facts = Body {
        faults: Vec::new(),
        paths: BTreeMap::new(),
        ..body.clone()
    };
    // One that is no function is kept as it is written.
    facts.tool_choice = facts.tool_choice.filter(|choice| !choice.starts_with('{'));
    if let Some(changed) = changed {
        facts.model = None;
        facts.stream = false;
        facts.transcript_id = None;
        facts.transcript_id_malformed = false;
        facts.has_transcript_tag = false;
        facts.input_tokens = 0;
        facts.post_processing.clear();
        if changed.contains(&"max_tokens") {
            facts.max_tokens = None;
        }
        let kept = |name: &String| {
            name != "stream" && name != "stream_options" && !changed.contains(&&**name)
        };
        facts.parameters.retain(kept);
    }
    facts
}
