//! Headers that people write where `Authorization` belongs: which ones are taken for it. How a
//! request's headers are judged is the wire crate's.

use crate::near;

/// The right header.
pub const AUTHORIZATION: &str = "authorization";

/// Headers that people write instead, with case and the separators `-` and `_` aside.
const MISSPELT: [&str; 10] = [
    "apikey",
    "apitoken",
    "auth",
    "authentication",
    "authorisation",
    "authtoken",
    "proxyauthorization",
    "xapikey",
    "xapitoken",
    "xauthorization",
];

/// The most characters by which a header that is nearly the right one is longer or shorter.
const LONGER: usize = 2;

/// Says whether a header is taken for a misspelt `Authorization`. The right one is nobody's
/// spelling mistake, in whatever case: that it is not asked about is up to the caller.
pub fn is_misspelt(header: &str) -> bool {
    let close = header.len().abs_diff(AUTHORIZATION.len()) <= LONGER;
    MISSPELT.contains(&bare(header).as_str())
        || close && near::nearest(header, [AUTHORIZATION]).is_some()
}

/// Misspelt headers that begin so, one for each way in which a text may go on; none where no
/// header that begins so is taken for the right one.
pub fn misspelt_beginning(beginning: &str) -> impl Iterator<Item = String> {
    let plain = bare(beginning);
    let rests = MISSPELT
        .into_iter()
        .filter_map(move |whole| whole.strip_prefix(plain.as_str()));
    // What is nearly the right one goes on as the right one does, from somewhere on.
    let ends = (0..=AUTHORIZATION.len()).filter_map(|at| AUTHORIZATION.get(at..));
    let all = rests
        .chain(ends)
        .map(move |rest| format!("{beginning}{rest}"));
    all.filter(|header| is_misspelt(header) && !header.eq_ignore_ascii_case(AUTHORIZATION))
}

/// A name without case and separators.
pub fn bare(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_begin_so_are_found_where_there_are_any() {
        let table = [
            ("", true),
            ("x-", true),
            ("X_API", true),
            ("q", true),
            ("auth", true),
            ("authorizations", true),
            ("authorization", true),
            ("ac", true),
            ("json_schema", false),
            ("host", true),
            ("zzzzzzzz", false),
        ];
        for (beginning, expected) in table {
            let found: Vec<String> = misspelt_beginning(beginning).collect();
            assert_eq!(!found.is_empty(), expected, "{beginning}: {found:?}");
            let right = |header: &&String| header.starts_with(beginning) && is_misspelt(header);
            assert_eq!(found.iter().filter(right).count(), found.len(), "{found:?}");
        }
    }
}
