//! What the head of a posted call says: its media type, and the names in its query.

use portolan_core::limits;

/// `application/json`, or a type whose suffix says so, whatever its parameters are.
pub fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
        || media
            .rsplit_once('+')
            .is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}

/// The names and values of a query string, as they stand: a key is looked for and never used.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let pair = |part| str::split_once(part, '=').unwrap_or((part, ""));
    parts.take(limits::BODY_KEYS).map(pair)
}
