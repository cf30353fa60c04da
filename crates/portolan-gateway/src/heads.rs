//! Which headers pass, in both directions: those of a list, and no others.
//!
//! Hop-by-hop headers, those that `connection` names, cookies, `x-forwarded-*` and the caller's key
//! are on neither list, so that nothing has to know them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use portolan_core::limits;

use crate::config::Scheme;
use crate::mock;

/// What goes up with a call. None of these is hop-by-hop.
const UP: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::USER_AGENT,
    HeaderName::from_static("traceparent"),
];

/// What comes down with an answer that passes through.
const DOWN: [HeaderName; 7] = [
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    HeaderName::from_static("x-ratelimit-service"),
];

/// Characters of a client's own id that are kept.
const CLIENT_ID: usize = 128;

/// The request that an attempt makes. Its length is the body's, as hyper writes it.
pub(crate) fn outgoing(
    uri: Uri,
    body: Bytes,
    from: &HeaderMap,
    key: Option<HeaderValue>,
    scripted: bool,
) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.reserve(UP.len() + 2);
    lifted(from, headers);
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    if let Some(key) = key {
        headers.insert(header::AUTHORIZATION, key);
    }
    if let Some(script) = from.get(mock::HEADER).filter(|_| scripted) {
        headers.insert(HeaderName::from_static(mock::HEADER), script.clone());
    }
    request
}

/// Takes over those headers of a call that go up.
pub(crate) fn lifted(from: &HeaderMap, to: &mut HeaderMap) {
    let named = connection_named(from);
    for name in UP {
        if let Some(value) = from.get(&name).filter(|_| !named.contains(&name)) {
            to.insert(name, value.clone());
        }
    }
}

/// Takes over those headers of an answer that come down with what passes through.
pub(crate) fn lowered(from: &HeaderMap, to: &mut HeaderMap) {
    for name in DOWN {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
}

/// The headers that `connection` names: hop-by-hop, whatever they are otherwise.
fn connection_named(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter();
    let words = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    words.filter_map(|word| word.trim().parse().ok()).collect()
}

/// A key as a header, which nothing prints.
pub(crate) fn authorization(key: &str, scheme: Scheme) -> Option<HeaderValue> {
    let text = match scheme {
        Scheme::Raw => key.to_owned(),
        Scheme::Bearer => format!("Bearer {key}"),
    };
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Headers as text; bytes that are none are read as far as they are.
pub(crate) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = headers.iter().take(limits::BODY_KEYS);
    all.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("?")))
}

/// A header as text.
pub(crate) fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The id that a client gave its call: for the log, bounded, adopted nowhere.
pub(crate) fn client_id(headers: &HeaderMap) -> Option<String> {
    let id = text(headers, "x-request-id").or_else(|| text(headers, "x-client-request-id"))?;
    Some(id.chars().take(CLIENT_ID).collect())
}

/// The key that a caller shows: bare or behind `Bearer`. Of two that differ neither is.
pub(crate) fn shown_key(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let value = all.next()?;
    if all.any(|other| other != value) {
        return None;
    }
    let value = value.to_str().ok()?.trim();
    let (first, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    let key = if first.eq_ignore_ascii_case("bearer") {
        rest.trim()
    } else {
        value
    };
    (!key.is_empty()).then_some(key)
}

/// Seconds of a `retry-after` header, of a day at most; a date is so long from the answer's own.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let after = text(headers, header::RETRY_AFTER)?.trim();
    let seconds = after.parse().ok().or_else(|| {
        let of = |text: &str| httpdate::parse_http_date(text).ok();
        let (then, sent) = (of(after)?, of(text(headers, header::DATE)?)?);
        let left = then.duration_since(sent).unwrap_or_default();
        i64::try_from(left.as_secs()).ok()
    })?;
    (0..=86_400).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_once() {
        for (keys, shown) in [
            (&["sk-a"][..], Some("sk-a")),
            (&["bearer\tsk-a"], Some("sk-a")),
            (&["Bearer sk-a", "Bearer sk-a"], Some("sk-a")),
            (&["sk-a", "sk-b"], None),
            (&["Bearer"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append(header::AUTHORIZATION, key.parse().unwrap());
            }
            assert_eq!(shown_key(&headers), shown, "{keys:?}");
        }
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_until_a_date() {
        let date = "Sun, 01 Mar 2026 00:00:10 GMT";
        for (after, sent, seconds) in [
            ("7", "", Some(7)),
            (" 0 ", "", Some(0)),
            ("-1", "", None),
            ("86401", "", None),
            (date, "Sun, 01 Mar 2026 00:00:00 GMT", Some(10)),
            (date, "Sun, 01 Mar 2026 00:00:20 GMT", Some(0)),
            (date, "Fri, 27 Feb 2026 00:00:00 GMT", None),
            (date, "", None),
            ("soon", date, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, after.parse().unwrap());
            if !sent.is_empty() {
                headers.insert(header::DATE, sent.parse().unwrap());
            }
            assert_eq!(retry_after(&headers), seconds, "{after} {sent}");
        }
    }
}
