//! How a caller authenticated, from headers and query string. The key itself is looked at and
//! never kept, compared or printed.

use portolan_core::request::{AUTHORIZATION, Auth, bare, is_misspelt};

/// Query parameters that hold keys, with case and separators aside.
const IN_QUERY: [&str; 8] = [
    "accesstoken",
    "apikey",
    "apitoken",
    "authorisation",
    "authorization",
    "key",
    "token",
    "xapikey",
];

/// Judges the names and values of headers and query parameters, in the order in which they came.
///
/// Also gives the header that held the key, as sent, where it is not the right one. The right
/// header wins over everything else; then a key in the query string, an empty header, a misspelt
/// one. Of several right headers the first that is not empty counts.
pub fn judge<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    query: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> (Auth, Option<String>) {
    let mut empty = false;
    let mut others = Vec::new();
    for (name, value) in headers {
        if name.eq_ignore_ascii_case(AUTHORIZATION) {
            match scheme(value) {
                Auth::Empty => empty = true,
                auth @ (Auth::Bearer
                | Auth::Raw
                | Auth::NotJudged
                | Auth::Missing
                | Auth::Misspelt
                | Auth::InQuery) => return (auth, None),
            }
        } else if !value.trim().is_empty() {
            others.push(name);
        }
    }
    let key = |(name, value): (&str, &str)| {
        !value.trim().is_empty() && IN_QUERY.contains(&bare(name).as_str())
    };
    if query.into_iter().any(key) {
        return (Auth::InQuery, None);
    }
    if empty {
        return (Auth::Empty, None);
    }
    // Looking for likenesses takes time, and is seldom needed.
    match others.into_iter().find(|name| is_misspelt(name)) {
        Some(name) => (Auth::Misspelt, Some(name.to_owned())),
        None => (Auth::Missing, None),
    }
}

fn scheme(value: &str) -> Auth {
    let value = value.trim();
    let (first, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    let bearer = first.eq_ignore_ascii_case("bearer");
    match (value.is_empty(), bearer, rest.trim().is_empty()) {
        (true, _, _) | (_, true, true) => Auth::Empty,
        (false, true, false) => Auth::Bearer,
        (false, false, _) => Auth::Raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_send_a_key_has_its_name() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: [(Pairs, Pairs, Auth, Option<&str>); 22] = [
            (&[], &[], Auth::Missing, None),
            (
                &[("content-type", "x")],
                &[("model", "x")],
                Auth::Missing,
                None,
            ),
            (&[("authorization", "abc")], &[], Auth::Raw, None),
            (&[("Authorization", "abc def")], &[], Auth::Raw, None),
            (&[("AUTHORIZATION", "Bearer abc")], &[], Auth::Bearer, None),
            (&[("authorization", "bearer\tabc")], &[], Auth::Bearer, None),
            (&[("authorization", "bearerabc")], &[], Auth::Raw, None),
            (&[("authorization", "  ")], &[], Auth::Empty, None),
            (&[("authorization", "Bearer ")], &[], Auth::Empty, None),
            (
                &[("authorization", ""), ("Authorization", "k")],
                &[],
                Auth::Raw,
                None,
            ),
            (
                &[("Authorisation", "k")],
                &[],
                Auth::Misspelt,
                Some("Authorisation"),
            ),
            (
                &[("X-API-Key", "k")],
                &[],
                Auth::Misspelt,
                Some("X-API-Key"),
            ),
            (&[("api_key", "k")], &[], Auth::Misspelt, Some("api_key")),
            (
                &[("autorization", "k")],
                &[],
                Auth::Misspelt,
                Some("autorization"),
            ),
            (&[("x-api-key", "")], &[], Auth::Missing, None),
            (
                &[("x-api-key", "k"), ("authorization", "k")],
                &[],
                Auth::Raw,
                None,
            ),
            (
                &[("x-api-key", "k"), ("authorization", "")],
                &[],
                Auth::Empty,
                None,
            ),
            (&[("automation", "k")], &[], Auth::Missing, None),
            (&[], &[("api_key", "k")], Auth::InQuery, None),
            (&[], &[("Token", "k")], Auth::InQuery, None),
            (
                &[("authorization", "")],
                &[("key", "k")],
                Auth::InQuery,
                None,
            ),
            (&[("authorization", "k")], &[("key", "k")], Auth::Raw, None),
        ];
        for (headers, query, auth, header) in table {
            let found = judge(headers.iter().copied(), query.iter().copied());
            assert_eq!(
                found,
                (auth, header.map(str::to_owned)),
                "{headers:?} {query:?}"
            );
        }
    }
}
