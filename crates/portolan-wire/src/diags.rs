//! The words for what is wrong with a body's shape or with an envelope: one function a message.
//!
//! What is shown of a body's own text goes through `text::echo`; credentials never come here.

use portolan_core::{limits, near, text};

use crate::problems::{Problems, join};

/// A number with a fraction or an exponent.
pub(crate) const NOT_WHOLE: &str = "a number with a fraction or exponent";

/// A whole number that does not fit.
pub(crate) const BEYOND_64_BITS: &str = "a number beyond 64 bits";

pub(crate) fn wrong_type(found: &str, expected: &str) -> String {
    format!("{found}, expected {expected}")
}

pub(crate) fn too_large(found: &str) -> String {
    wrong_type(
        found,
        &format!("one of at most {} bytes", limits::SCALAR_BYTES),
    )
}

pub(crate) fn too_many_types() -> String {
    format!("more than {} different types", limits::TYPES)
}

pub(crate) fn missing(expected: &str) -> String {
    format!("missing, expected {expected}")
}

pub(crate) fn duplicate(key: &str) -> String {
    format!(
        "`{}` twice: readers differ in which one counts",
        text::echo(key)
    )
}

pub(crate) fn lookalike(key: &str, field: &str) -> String {
    format!(
        "`{}`, which some readers take for `{field}` and others do not",
        text::echo(key)
    )
}

pub(crate) fn two_limits(first: &str, second: &str) -> String {
    format!("`{first}` and `{second}` say the same thing with different values")
}

pub(crate) fn too_long() -> String {
    format!("longer than {} bytes", limits::BODY_BYTES)
}

pub(crate) fn not_utf8(at: usize) -> String {
    format!("not UTF-8 at byte {at}")
}

pub(crate) fn byte_order_mark() -> String {
    "starts with a byte order mark".to_owned()
}

pub(crate) fn nothing() -> String {
    "empty, expected an object".to_owned()
}

pub(crate) fn nul(at: usize) -> String {
    format!("a NUL at byte {at}")
}

pub(crate) fn lone_surrogate(at: usize) -> String {
    format!("half a surrogate pair at byte {at}, which is no character")
}

pub(crate) fn not_json(why: &str) -> String {
    text::echo(why)
}

pub(crate) fn too_many_keys() -> String {
    format!("an object with more than {} keys", limits::BODY_KEYS)
}

pub(crate) fn envelope_type(path: &str, found: &str, expected: &str) -> String {
    if path.is_empty() {
        format!("the envelope is {found}, expected {expected}")
    } else {
        format!("`{path}` is {found}, expected {expected}")
    }
}

pub(crate) fn envelope_not_json(why: &str) -> String {
    format!("the envelope is not JSON: {why}")
}

pub(crate) fn envelope_duplicate(path: &str) -> String {
    format!("`{path}` stands twice")
}

pub(crate) fn envelope_bad_string(path: &str) -> String {
    format!("`{path}` holds half a surrogate pair, which is no character")
}

pub(crate) fn envelope_count(path: &str, found: &str) -> String {
    format!(
        "`{path}` is `{}`, expected a whole number from 0 that fits 64 bits",
        text::echo(found)
    )
}

pub(crate) fn envelope_date(path: &str, why: &str) -> String {
    format!("`{path}`: {why}")
}

pub(crate) fn leave_it_out() -> String {
    "leave it out instead".to_owned()
}

pub(crate) fn same_route(path: &str) -> String {
    format!("`{path}` names a route that an earlier entry names")
}

pub(crate) fn missing_key(problems: &mut Problems, path: &str, key: &str) {
    let whole = join(path, key);
    problems.push(&whole, format!("`{whole}` is missing"), None);
}

pub(crate) fn unknown_key(problems: &mut Problems, path: &str, key: &str, known: &[&str]) {
    let near = near::near(key, known.iter().copied());
    let help = match near.as_slice() {
        [] => format!("use {}", text::quoted(known.iter().copied(), "or")),
        near => format!("did you mean {}?", text::quoted(near.iter().copied(), "or")),
    };
    problems.push(path, format!("no key `{path}`"), Some(help));
}
