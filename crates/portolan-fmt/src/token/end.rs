//! Where a token ends, in policies and in catalogs. Laxer than the grammars, which have read the
//! text before: it is enough that no token of theirs is cut in two.

/// The length of a policy's token.
pub(crate) fn in_policy(rest: &str) -> Option<usize> {
    let mut bytes = rest.bytes();
    let (first, second) = (bytes.next()?, bytes.next());
    match first {
        b'"' => text(rest),
        b'{' | b'}' | b'(' | b')' | b',' | b':' | b'+' => Some(1),
        b'=' | b'!' | b'<' | b'>' => Some(if second == Some(b'=') { 2 } else { 1 }),
        b'-' => Some(1 + rest.get(1..).map_or(0, negative)),
        b'$' => Some(1 + rest.get(1..).map_or(0, number)),
        _ if first.is_ascii_digit() => Some(number(rest)),
        _ if first.is_ascii_alphabetic() || first == b'_' => Some(name(rest)),
        _ => None,
    }
}

/// The length of a catalog's token.
pub(crate) fn in_catalog(rest: &str) -> Option<usize> {
    match rest.bytes().next()? {
        b'"' => text(rest),
        b'{' | b'}' | b'[' | b']' | b',' | b':' => Some(1),
        _ => Some(run(rest, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-' | b'~')
        })),
    }
}

/// How many bytes at the front are such ones.
fn run(rest: &str, of: impl Fn(u8) -> bool) -> usize {
    rest.bytes().take_while(|byte| of(*byte)).count()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn text(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            _ => {}
        }
    }
    None
}

/// A number behind a minus; nothing where it is a duration, which is taken from a date.
fn negative(rest: &str) -> usize {
    let length = number(rest);
    let duration = rest
        .get(..length)
        .is_some_and(|number| number.ends_with(['s', 'm', 'h', 'd']));
    if duration { 0 } else { length }
}

/// A number of any kind, a status, a class such as `5xx`, a date, an instant.
fn number(rest: &str) -> usize {
    let mut length = run(rest, is_word);
    let word = rest.get(..length).unwrap_or_default();
    if word.as_bytes().get(10) == Some(&b'T') && word.as_bytes().get(4) == Some(&b'-') {
        let more = |byte: u8| is_word(byte) || matches!(byte, b':' | b'.' | b'+');
        return run(rest, more);
    }
    let behind = rest.get(length..).unwrap_or_default();
    if let Some(fraction) = behind.strip_prefix('.') {
        let digits = run(fraction, is_word);
        length += if digits > 0 { 1 + digits } else { 0 };
    }
    length
}

/// A word such as `aws:eu-central-1`, or a path.
fn name(rest: &str) -> usize {
    let at = |length: usize| rest.get(length..).unwrap_or_default();
    let mut length = run(rest, is_word);
    while let Some(part) = at(length).strip_prefix(':') {
        if !part.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            break;
        }
        length += 1 + run(part, is_word);
    }
    while let Some(segment) = at(length).strip_prefix('.') {
        let more = run(segment, is_word);
        if more == 0 {
            break;
        }
        length += 1 + more;
    }
    length
}
