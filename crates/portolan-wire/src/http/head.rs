//! What the head of a posted call says: what stands against reading its body, and the names in its
//! query.

use portolan_core::limits;

use super::Fault;

/// What stands against a call before its body is read: the body is compressed, of another media
/// type, or longer than it may be. `header` gives a header as text, by its name in lower case.
pub fn refused_unread<'h>(
    header: impl Fn(&str) -> Option<&'h str>,
    limit: usize,
) -> Option<Fault<'h>> {
    let coding = header("content-encoding").map(str::trim);
    if let Some(found) = coding.filter(|c| !c.is_empty() && !c.eq_ignore_ascii_case("identity")) {
        return Some(Fault::CompressedRequest { found });
    }
    if let Some(found) = header("content-type").filter(|media| !is_json(media)) {
        return Some(Fault::UnsupportedMediaType { found });
    }
    let length = header("content-length").and_then(|length| length.parse::<u64>().ok());
    let long = length.is_some_and(|length| usize::try_from(length).map_or(true, |l| l > limit));
    long.then_some(Fault::BodyTooLarge { limit })
}

/// `application/json`, or a type whose suffix says so, whatever its parameters are.
fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
        || media
            .rsplit_once('+')
            .is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}

/// The names and values of a query string, as they stand: a key is looked for and never used.
pub(crate) fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let pair = |part| str::split_once(part, '=').unwrap_or((part, ""));
    parts.take(limits::BODY_KEYS).map(pair)
}
