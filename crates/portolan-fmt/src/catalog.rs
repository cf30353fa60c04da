//! Catalogs in the rules language: blocks with a setting a line, or on one line where they were
//! written so and fit.

use portolan_core::catalog::tree::{Node, Value};

use crate::layout::{Layout, Style, phrase};
use crate::token::{Token, Tokens};
use crate::writer::{WIDTH, Writer};

/// The positions of commas between the settings of blocks, which may be left out.
pub(crate) fn needless_commas(file: &Tokens<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut inside: Vec<bool> = Vec::new();
    let mut behind = "";
    for (position, token) in file.tokens.iter().enumerate() {
        match token.text {
            "{" => inside.push(!matches!(behind, ":" | "[" | "," | "{")),
            "[" => inside.push(false),
            "}" | "]" => {
                inside.pop();
            }
            "," if inside.last() == Some(&true) => found.push(position),
            _ => {}
        }
        behind = token.text;
    }
    found
}

/// Writes a catalog.
pub(crate) fn write(file: &Tokens<'_>) -> String {
    let mut writer = Writer::new();
    writer.keep_blanks(true);
    let mut rest = file.tokens.as_slice();
    while !rest.is_empty() {
        let (entry, behind) = rest.split_at(entry_length(rest).clamp(1, rest.len()));
        write_entry(&mut writer, entry, 0);
        rest = behind;
    }
    writer.line(0);
    file.rest.iter().for_each(|comment| writer.comment(comment));
    writer.finish()
}

/// How many tokens the first entry has: `key: value`, `word name: value`, `word name { … }`, or
/// two words.
fn entry_length(tokens: &[Token<'_>]) -> usize {
    let at = |position: usize| tokens.get(position).map_or("", |token| token.text);
    let value = |from: usize| from + bracketed(tokens.get(from..).unwrap_or_default());
    match (at(0), at(1), at(2)) {
        (_, ":", _) => value(2),
        (_, "{", _) => value(1),
        (_, _, ":") => value(3),
        (_, _, "{") => value(2),
        (_, _, _) => 2,
    }
}

/// How many tokens a value has.
fn bracketed(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0usize;
    for (position, token) in tokens.iter().enumerate() {
        match token.text {
            "{" | "[" => depth += 1,
            "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return position + 1;
        }
    }
    tokens.len()
}

/// Writes an entry; its depth was bounded when it was read.
fn write_entry<'a>(writer: &mut Writer<'a>, entry: &[Token<'a>], indent: usize) {
    writer.begin(indent);
    let body = entry
        .iter()
        .position(|token| matches!(token.text, "{" | "[" | ":"));
    let opens = body.filter(|at| entry.get(*at).is_some_and(|token| token.text == "{"));
    let Some(at) = opens.filter(|at| *at > 0) else {
        let layout = Layout::new(Style::Catalog);
        return layout.write(writer, &phrase(entry, Style::Catalog), None, indent + 2);
    };
    let (head, body) = entry.split_at(at);
    for token in head {
        writer.token(token, true);
    }
    let inner = body
        .get(1..body.len().saturating_sub(1))
        .unwrap_or_default();
    let entries = entries(inner);
    let (Some(open), Some(close)) = (body.first(), body.last()) else {
        return;
    };
    let flat = one_line(body, &entries).filter(|flat| {
        let leads = inner.first().is_some_and(|token| token.leads);
        !writer.ended() && !leads && writer.column() + 1 + flat.chars().count() <= WIDTH
    });
    if let Some(flat) = flat {
        return writer.last_word(&flat, close);
    }
    writer.token(open, true);
    for entry in entries {
        write_entry(writer, entry, indent + 2);
    }
    writer.line(indent + 2);
    close
        .before
        .iter()
        .for_each(|comment| writer.comment(comment));
    writer.line(indent);
    writer.bare(close, false);
}

/// What stands in a body, entry by entry; their commas are gone.
fn entries<'t, 'a>(inner: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut entries = Vec::new();
    let mut rest = inner;
    while !rest.is_empty() {
        let (entry, behind) = rest.split_at(entry_length(rest).clamp(1, rest.len()));
        entries.push(entry);
        rest = behind;
    }
    entries
}

/// A body on one line; nothing where comments stand in it, or blocks.
fn one_line(body: &[Token<'_>], entries: &[&[Token<'_>]]) -> Option<String> {
    let last = body.len().saturating_sub(1);
    let divided = body.iter().enumerate().any(|(position, token)| {
        !token.before.is_empty() || token.after.is_some() && position < last
    });
    let settings = entries
        .iter()
        .all(|entry| entry.get(1).is_some_and(|colon| colon.text == ":"));
    if divided || !settings {
        return None;
    }
    let layout = Layout::new(Style::Catalog);
    let entries = entries
        .iter()
        .map(|entry| layout.one_line(&phrase(entry, Style::Catalog)));
    let inner = entries.collect::<Vec<_>>().join(", ");
    Some(if inner.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {inner} }}")
    })
}

/// Says whether two nodes are the same but for their places.
pub(crate) fn same(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (&one.value, &other.value) {
        (
            Value::Scalar { text, quoted },
            Value::Scalar {
                text: others,
                quoted: others_quoted,
            },
        ) => text == others && quoted == others_quoted,
        (Value::Sequence(items), Value::Sequence(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(a, b)| same(a, b))
        }
        (Value::Map(entries), Value::Map(others)) => {
            let mut pairs = entries.iter().zip(others);
            entries.len() == others.len()
                && pairs.all(|(a, b)| a.key == b.key && same(&a.value, &b.value))
        }
        (Value::Scalar { .. } | Value::Sequence(_) | Value::Map(_), _) => false,
    }
}
