//! Catalogs in the rules language: blocks and settings to the same nodes that YAML gives.
//!
//! `model "m" { … }` is an entry of `models`, `offering { … }` an item of `offerings`; all else is
//! `key: value`. Which keys exist is `decode`'s.

mod diags;
mod items;

use std::borrow::Cow;
use std::collections::BTreeMap;

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;

use super::tree::{self, Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits;
use crate::source::{SourceId, Span};

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "syntax/catalog.pest"]
    pub(super) struct Grammar;
}
use grammar::Rule;

/// The word that opens an entry, and the section it belongs to.
pub(super) const BLOCKS: [(&str, &str); 9] = [
    ("source", "sources"),
    ("place", "places"),
    ("score", "scores"),
    ("region", "regions"),
    ("endpoint", "endpoints"),
    ("maker", "makers"),
    ("provider", "providers"),
    ("model", "models"),
    ("alias", "aliases"),
];

/// The word that opens an item of a list inside an entry, and the list.
pub(super) const INNER_BLOCKS: [(&str, &str); 2] = [("offering", "offerings"), ("pair", "pairs")];

/// Reads a file; `None` when an item of it cannot be read.
pub(super) fn read<'a>(
    text: &'a str,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<Node<'a>> {
    let whole = Span::new(source, 0, text.len());
    if text.len() > limits::SOURCE_BYTES {
        diagnostics.push(diags::source_too_large(Span::new(source, 0, 0)));
        return None;
    }
    let hidden = |(at, c): &(usize, char)| {
        let plain = matches!(c, '\n' | '\r' | '\t') || (*at == 0 && *c == '\u{feff}');
        !plain && crate::text::invisible(*c)
    };
    let mut reader = Reader {
        source,
        start: 0,
        diagnostics,
        broken: false,
    };
    for (at, c) in text.char_indices().filter(hidden) {
        let span = Span::new(source, at, at + c.len_utf8());
        reader.report(diags::invalid_character(span, c));
    }
    let mut entries = Entries::default();
    for (start, chunk) in items::split(text) {
        reader.start = start;
        if let Some(too_large) = items::refused(chunk, start, source) {
            reader.report(too_large);
            continue;
        }
        match grammar::Grammar::parse(Rule::one, chunk) {
            Err(error) => reader.syntax(chunk, &error),
            Ok(pairs) => {
                for item in pairs.flat_map(Pair::into_inner) {
                    reader.item(item, &mut entries);
                }
            }
        }
    }
    let broken = reader.broken;
    let entries = entries.finish(diagnostics);
    (!broken).then_some(Node {
        span: whole,
        value: Value::Map(entries),
    })
}

/// Entries of a map, with blocks gathered under their section or list.
#[derive(Default)]
struct Entries<'a> {
    entries: Vec<Entry<'a>>,
    gathered: BTreeMap<&'static str, usize>,
}

impl<'a> Entries<'a> {
    fn gather(
        &mut self,
        key: &'static str,
        span: Span,
        empty: Value<'a>,
    ) -> Option<&mut Value<'a>> {
        let at = *self.gathered.entry(key).or_insert_with(|| {
            self.entries.push(Entry {
                key: Cow::Borrowed(key),
                key_span: span,
                value: Node { span, value: empty },
            });
            self.entries.len() - 1
        });
        self.entries.get_mut(at).map(|entry| &mut entry.value.value)
    }

    fn finish(mut self, diagnostics: &mut Diagnostics) -> Vec<Entry<'a>> {
        for entry in &mut self.entries {
            if self.gathered.contains_key(&*entry.key)
                && let Value::Map(named) = &mut entry.value.value
            {
                *named = tree::unique(std::mem::take(named), diagnostics);
            }
        }
        tree::unique(self.entries, diagnostics)
    }
}

struct Reader<'d> {
    source: SourceId,
    /// Where the item begins that is being read.
    start: usize,
    diagnostics: &'d mut Diagnostics,
    broken: bool,
}

impl Reader<'_> {
    fn report(&mut self, found: Diagnostic) {
        self.broken = true;
        self.diagnostics.push(found);
    }

    fn syntax(&mut self, chunk: &str, error: &pest::error::Error<Rule>) {
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        let next = chunk.get(at..).and_then(|rest| rest.chars().next());
        let width = next.filter(|c| *c != '\n').map_or(0, char::len_utf8);
        let span = Span::new(self.source, self.start + at, self.start + at + width);
        let mut expected: Vec<&str> = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => {
                positives.iter().copied().map(spoken).collect()
            }
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        expected.sort_unstable();
        expected.dedup();
        let words: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        let words = if words.is_empty() {
            "something else".to_owned()
        } else {
            crate::text::join(&words, "or")
        };
        self.report(diags::syntax(span, &words));
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(
            self.source,
            self.start + span.start(),
            self.start + span.end(),
        )
    }

    fn item<'a>(&mut self, pair: Pair<'a, Rule>, entries: &mut Entries<'a>) {
        let span = self.span(&pair);
        let headers = [(Rule::edition, "catalog"), (Rule::title, "title")];
        let header = headers
            .into_iter()
            .find(|(rule, _)| *rule == pair.as_rule());
        if let Some((_, key)) = header {
            let text = pair.into_inner().find(|part| part.as_rule() == Rule::text);
            if let Some(value) = text.map(|text| self.text(&text)) {
                entries.entries.push(Entry {
                    key: Cow::Borrowed(key),
                    key_span: span,
                    value,
                });
            }
        } else if pair.as_rule() == Rule::setting {
            entries.entries.extend(self.setting(pair));
        } else if pair.as_rule() == Rule::block {
            self.block(pair, entries);
        }
    }

    /// `region eu { … }` or `place benelux: [ … ]`.
    fn block<'a>(&mut self, pair: Pair<'a, Rule>, entries: &mut Entries<'a>) {
        let Block {
            word,
            word_span,
            name,
            value,
        } = self.parts(pair);
        let Some((_, section)) = BLOCKS.into_iter().find(|(known, _)| *known == word) else {
            let known = BLOCKS.map(|(known, _)| known);
            let near = crate::near::nearest(word, known);
            return self.report(diags::unknown_block(word_span, word, &known, near));
        };
        let Some((key, key_span)) = name else {
            return self.report(diags::unnamed_block(word_span, word));
        };
        if let Some(Value::Map(map)) = entries.gather(section, word_span, Value::Map(Vec::new())) {
            map.push(Entry {
                key,
                key_span,
                value,
            });
        }
    }

    fn parts<'a>(&mut self, pair: Pair<'a, Rule>) -> Block<'a> {
        let span = self.span(&pair);
        let mut block = Block {
            word: "",
            word_span: span,
            name: None,
            value: Node {
                span,
                value: Value::Map(Vec::new()),
            },
        };
        for part in parts(pair) {
            let rule = part.as_rule();
            if rule == Rule::word {
                block.word_span = self.span(&part);
                block.word = part.as_str();
            } else if rule == Rule::text {
                let node = self.text(&part);
                if let Value::Scalar { text, .. } = node.value {
                    block.name = Some((text, node.span));
                }
            } else if rule == Rule::body {
                block.value = self.body(part);
            } else {
                block.value = self.value(part);
            }
        }
        block
    }

    fn body<'a>(&mut self, pair: Pair<'a, Rule>) -> Node<'a> {
        let span = self.span(&pair);
        let mut entries = Entries::default();
        for part in parts(pair) {
            if part.as_rule() == Rule::setting {
                entries.entries.extend(self.setting(part));
                continue;
            }
            let Block {
                word,
                word_span,
                name,
                value,
            } = self.parts(part);
            if let Some((name, name_span)) = name {
                self.report(diags::named_inner(name_span, &name));
            }
            let list = INNER_BLOCKS.into_iter().find(|(known, _)| *known == word);
            let Some((_, list)) = list else {
                let known = INNER_BLOCKS.map(|(known, _)| known);
                let near = crate::near::nearest(word, known);
                self.report(diags::unknown_block(word_span, word, &known, near));
                continue;
            };
            let empty = Value::Sequence(Vec::new());
            if let Some(Value::Sequence(items)) = entries.gather(list, word_span, empty) {
                items.push(value);
            }
        }
        Node {
            span,
            value: Value::Map(entries.finish(self.diagnostics)),
        }
    }

    fn setting<'a>(&mut self, pair: Pair<'a, Rule>) -> Option<Entry<'a>> {
        let mut parts = parts(pair);
        let (key, value) = (parts.next()?, parts.next()?);
        let key = self.text(&key);
        let value = self.value(value);
        match key.value {
            Value::Scalar { text, .. } => Some(Entry {
                key: text,
                key_span: key.span,
                value,
            }),
            Value::Sequence(_) | Value::Map(_) => None,
        }
    }

    /// A value; how deep it nests was counted before.
    fn value<'a>(&mut self, pair: Pair<'a, Rule>) -> Node<'a> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let value = if rule == Rule::map {
            let entries = parts(pair).filter_map(|s| self.setting(s)).collect();
            Value::Map(tree::unique(entries, self.diagnostics))
        } else if rule == Rule::list {
            Value::Sequence(parts(pair).map(|item| self.value(item)).collect())
        } else if rule == Rule::value
            && let Some(inner) = pair.clone().into_inner().next()
        {
            return self.value(inner);
        } else {
            return self.text(&pair);
        };
        Node { span, value }
    }

    fn text<'a>(&mut self, pair: &Pair<'a, Rule>) -> Node<'a> {
        let span = self.span(pair);
        let written = pair.as_str();
        if written.len() > limits::SCALAR_BYTES {
            let start = Span {
                end: span.start,
                ..span
            };
            self.report(diags::text_too_large(start));
        }
        let inner = written.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        let text = match inner {
            None => Cow::Borrowed(written),
            Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
            Some(inner) => unescape(inner).map_or_else(
                || {
                    self.report(diags::bad_escape(span));
                    Cow::Borrowed("")
                },
                Cow::Owned,
            ),
        };
        Node {
            span,
            value: Value::Scalar {
                text,
                quoted: inner.is_some(),
            },
        }
    }
}

/// What is inside, without punctuation.
fn parts(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    let punctuation = [
        Rule::colon,
        Rule::comma,
        Rule::lbrace,
        Rule::rbrace,
        Rule::lbracket,
        Rule::rbracket,
    ];
    let inner = pair.into_inner();
    inner.filter(move |part| !punctuation.contains(&part.as_rule()))
}

struct Block<'a> {
    word: &'a str,
    word_span: Span,
    name: Option<(Cow<'a, str>, Span)>,
    value: Node<'a>,
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut tail = after.chars();
        match tail.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            c @ ('"' | '\\') => out.push(c),
            'u' => {
                let (digits, end) = tail.as_str().strip_prefix('{')?.split_once('}')?;
                let code = u32::from_str_radix(digits, 16).ok()?;
                out.push(char::from_u32(code)?);
                tail = end.chars();
            }
            _ => return None,
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
    Some(out)
}

/// What the grammar's names are called in a message.
fn spoken(rule: Rule) -> &'static str {
    match rule {
        Rule::EOI => "the next item in the first column",
        Rule::string => "a text in quotes",
        Rule::map | Rule::body | Rule::lbrace => "`{`",
        Rule::list | Rule::lbracket => "`[`",
        Rule::rbrace => "`}`",
        Rule::rbracket => "`]`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::text | Rule::bare | Rule::word => "a name",
        Rule::value => "a value",
        Rule::setting => "a setting",
        Rule::block => "a block",
        Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::one
        | Rule::item
        | Rule::edition
        | Rule::title
        | Rule::bare_char
        | Rule::kw_edition
        | Rule::kw_catalog => "an item",
    }
}

#[cfg(test)]
mod tests;
