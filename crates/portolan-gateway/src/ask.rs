//! `POST /v1/decide`: an envelope in, its decision out; an array of envelopes, an array of
//! decisions. Nothing is called and nothing is counted.

use http::Response;
use http::request::Parts;
use portolan_wire::http::Fault;
use portolan_wire::{answer_json, read_envelope};
use serde_json::json;
use serde_json::value::RawValue;

use crate::chat::{read, refused_unread};
use crate::exchange::Exchange;
use crate::gateway::Caller;
use crate::log::Record;
use crate::transport::Body;

/// Envelopes of one call.
const MOST: usize = 1_000;

/// Answers a question.
pub(crate) async fn decide<B>(
    exchange: &Exchange,
    head: &Parts,
    body: B,
    mut record: Record,
) -> Response<Body>
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
{
    let served = exchange.served.clone();
    let most = served.config.bounds.body_bytes;
    if let Some(fault) = refused_unread(&head.headers, most) {
        return exchange.fault(&mut record, fault);
    }
    let caller = match served.caller(&head.headers) {
        Ok(caller) => caller,
        Err(fault) => return exchange.fault(&mut record, fault),
    };
    record.line.account = caller.row.map(|row| row.row.clone());
    let body = match read(exchange, body).await {
        Ok(body) => body,
        Err(fault) => return exchange.fault(&mut record, fault),
    };
    record.line.snapshot = Some(served.engine.snapshot().to_string());
    let batch = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if !batch {
        return match answer(exchange, &caller, &body) {
            Ok(json) => exchange.say(&mut record, json),
            Err(what) => exchange.fault(&mut record, Fault::WrongEnvelope { what: &what }),
        };
    }
    let Ok(envelopes) = serde_json::from_slice::<Vec<&RawValue>>(&body) else {
        let what = "the batch is no array of JSON";
        return exchange.fault(&mut record, Fault::WrongEnvelope { what });
    };
    if envelopes.len() > MOST {
        let what = format!(
            "a batch has at most {MOST} envelopes, got {}",
            envelopes.len()
        );
        return exchange.fault(&mut record, Fault::WrongEnvelope { what: &what });
    }
    let answers = envelopes.iter().map(|envelope| {
        let answer = answer(exchange, &caller, envelope.get().as_bytes());
        answer.unwrap_or_else(|what| json!({"error": what}).to_string())
    });
    let answers: Vec<String> = answers.collect();
    exchange.say(&mut record, format!("[{}]", answers.join(",")))
}

/// The decision on one envelope, or what is wrong with it.
fn answer(exchange: &Exchange, caller: &Caller<'_>, envelope: &[u8]) -> Result<String, String> {
    let engine = &exchange.served.engine;
    let attributes = engine.policy().attributes.iter().map(|a| &*a.name);
    let call = read_envelope(envelope, attributes, exchange.at());
    let mut call = call.map_err(|error| error.to_string().replace('\n', "; "))?;
    // A listener is for its endpoint: a question that names none is about that one.
    call.draft
        .endpoint
        .get_or_insert_with(|| exchange.endpoint.clone());
    for (name, value) in &caller.attributes {
        let given = call.draft.attributes.entry(name.clone());
        given.or_insert_with(|| value.clone());
    }
    if let (Some(keys), Some(row)) = (&exchange.served.config.keys, caller.row) {
        let (name, own) = (&keys.attribute, &row.row);
        // Whose key it is, the key says.
        if call.draft.attributes.get(name) != Some(own) {
            return Err(format!("`{name}` is `{own}` for this key; leave it out"));
        }
    }
    let request = engine.request(call.draft).map_err(|e| e.to_string())?;
    let answer = engine.answer(&request, &call.state);
    Ok(answer_json(&answer, call.body.as_ref()))
}
