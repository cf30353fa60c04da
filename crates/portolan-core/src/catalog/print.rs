//! Nodes to text in the rules language. What is printed reads back as the same nodes; comments and
//! layout are not nodes and are lost. YAML is not written here: the host has a library for it.

use super::rules::{BLOCKS, INNER_BLOCKS};
use super::tree::{Entry, Node, Value};

/// A catalog in the rules language; `None` when the root is no map.
pub(super) fn rules(root: &Node<'_>) -> Option<String> {
    let Value::Map(entries) = &root.value else {
        return None;
    };
    let mut out = String::new();
    for entry in entries {
        let block = BLOCKS
            .into_iter()
            .find(|(_, section)| *section == entry.key);
        match (&*entry.key, &entry.value.value, block) {
            ("catalog", Value::Scalar { .. }, _) => {
                out.push_str(&format_line("edition ", &bare_or_quoted(&entry.value)));
            }
            ("title", Value::Scalar { .. }, _) if !entry.value.is_absent() => {
                out.push_str(&format_line("catalog ", &bare_or_quoted(&entry.value)));
            }
            (_, Value::Map(named), Some((word, _))) if !named.is_empty() => {
                for entry in named {
                    block_of(word, entry, &mut out);
                }
            }
            _ => setting(entry, 0, &mut out),
        }
    }
    Some(out)
}

fn format_line(before: &str, after: &str) -> String {
    [before, after, "\n"].concat()
}

fn block_of(word: &str, entry: &Entry<'_>, out: &mut String) {
    out.push_str(&[word, " ", &name(&entry.key)].concat());
    match &entry.value.value {
        Value::Map(inner) => {
            out.push(' ');
            body(inner, 1, out);
            out.push('\n');
        }
        Value::Scalar { .. } | Value::Sequence(_) => {
            out.push_str(": ");
            flow(&entry.value, out);
            out.push('\n');
        }
    }
}

/// A body in braces; as deep as the nodes, which `limits::YAML_NESTING` bounds.
fn body(entries: &[Entry<'_>], depth: usize, out: &mut String) {
    if entries.is_empty() {
        return out.push_str("{}");
    }
    let indent = "  ".repeat(depth);
    out.push_str("{\n");
    for entry in entries {
        let list = INNER_BLOCKS
            .into_iter()
            .find(|(_, list)| *list == entry.key);
        let maps = match &entry.value.value {
            Value::Sequence(items) => items.iter().map(as_map).collect::<Option<Vec<_>>>(),
            Value::Scalar { .. } | Value::Map(_) => None,
        };
        match (list, maps.filter(|maps| !maps.is_empty())) {
            (Some((word, _)), Some(maps)) => {
                for map in maps {
                    out.push_str(&[&indent, word, " "].concat());
                    body(map, depth + 1, out);
                    out.push('\n');
                }
            }
            _ => setting(entry, depth, out),
        }
    }
    out.push_str(&"  ".repeat(depth - 1));
    out.push('}');
}

fn as_map<'n, 'a>(node: &'n Node<'a>) -> Option<&'n [Entry<'a>]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        Value::Scalar { .. } | Value::Sequence(_) => None,
    }
}

fn setting(entry: &Entry<'_>, depth: usize, out: &mut String) {
    out.push_str(&"  ".repeat(depth));
    out.push_str(&name(&entry.key));
    out.push_str(": ");
    flow(&entry.value, out);
    out.push('\n');
}

/// A value on one line.
fn flow(node: &Node<'_>, out: &mut String) {
    match &node.value {
        Value::Scalar { .. } => out.push_str(&bare_or_quoted(node)),
        Value::Sequence(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                flow(item, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (i, entry) in entries.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                out.push_str(&name(&entry.key));
                out.push_str(": ");
                flow(&entry.value, out);
            }
            out.push('}');
        }
    }
}

/// Quotes are written where they are needed, wherever they were read.
fn bare_or_quoted(node: &Node<'_>) -> String {
    match &node.value {
        Value::Scalar { .. } if node.is_absent() => "~".to_owned(),
        Value::Scalar { text, .. } => name(text),
        Value::Sequence(_) | Value::Map(_) => String::new(),
    }
}

fn name(text: &str) -> String {
    if plain(text) {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// Says whether text needs no quotes, here as in YAML.
fn plain(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'+' | b'-');
    rest.bytes().all(word)
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(text, "null" | "Null" | "NULL")
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if crate::text::invisible(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
