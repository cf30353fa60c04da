//! YAML text to nodes: granit's events, within budgets.
//!
//! Every plain scalar stays text, so `NO` is Norway. A file that would grow beyond what
//! `limits.rs` allows is refused before it does.

mod diags;

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};

use super::tree::{self, Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits;
use crate::source::{SourceId, Span};

/// Reads one document; `None` when it cannot be read to its end.
pub(super) fn read<'a>(
    text: &'a str,
    source: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<Node<'a>> {
    if text.len() > limits::SOURCE_BYTES {
        diagnostics.push(diags::source_too_large(Span::new(source, 0, 0)));
        return None;
    }
    // Readers differ on both: one ends the file at a NUL, one drops a later byte order mark.
    let mark = text.match_indices('\u{feff}').find(|(at, _)| *at > 0);
    let found = text.find('\0').map(|at| (at, '\0'));
    if let Some((at, c)) = found.or(mark.map(|(at, _)| (at, '\u{feff}'))) {
        let span = Span::new(source, at, at + c.len_utf8());
        diagnostics.push(diags::invalid_character(span, c));
        return None;
    }
    let mut builder = Builder {
        source,
        diagnostics,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        alias_nodes: 0,
        anchored_nodes: 0,
        documents: 0,
        root: None,
    };
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: limits::SCALAR_BYTES,
        flow_nesting_limit: limits::YAML_NESTING + 1,
        block_nesting_limit: limits::YAML_NESTING + 1,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let step = match next {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => builder.stop(syntax_error(&error, text, source)),
        };
        if let Err(Stop) = step {
            return None;
        }
    }
    Some(builder.root.unwrap_or_else(|| {
        let text = Cow::Borrowed("");
        Node {
            span: Span::new(source, 0, 0),
            value: Value::Scalar {
                text,
                quoted: false,
            },
        }
    }))
}

/// What YAML calls not printable.
fn forbidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        c => c.is_control(),
    }
}

fn syntax_error(error: &ScanError, text: &str, source: SourceId) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    let at = at.min(text.len());
    let line = text.get(at..).and_then(|rest| rest.lines().next());
    let culprit = line.and_then(|line| line.char_indices().find(|(_, c)| forbidden(*c)));
    if let Some((offset, c)) = culprit {
        let start = at + offset;
        return diags::invalid_character(Span::new(source, start, start + c.len_utf8()), c);
    }
    let end = text.get(at..).and_then(|rest| rest.chars().next());
    let width = end.filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let span = Span::new(source, at, at + width);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        diags::too_deep(span)
    } else {
        diags::syntax(span, &error.info())
    }
}

/// A collection whose end has not come.
struct Frame<'a> {
    span: Span,
    anchor: usize,
    /// Nodes of the document before it, itself not counted.
    nodes_before: usize,
    content: Content<'a>,
}

enum Content<'a> {
    Sequence(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>, Pending<'a>),
}

/// What stands before a map's next node.
enum Pending<'a> {
    /// Nothing: the node is a key.
    Nothing,
    Key(Cow<'a, str>, Span),
    /// A key that was refused; its value is dropped.
    Refused,
}

/// What an anchor stands for.
enum Anchored<'a> {
    Node(Node<'a>, usize),
    TooLarge,
}

/// Reading ends here; why has been reported.
struct Stop;

struct Builder<'a, 'd> {
    source: SourceId,
    diagnostics: &'d mut Diagnostics,
    stack: Vec<Frame<'a>>,
    anchors: BTreeMap<usize, Anchored<'a>>,
    nodes: usize,
    alias_nodes: usize,
    anchored_nodes: usize,
    documents: usize,
    root: Option<Node<'a>>,
}

impl<'a> Builder<'a, '_> {
    fn event(&mut self, event: Event<'a>, span: &granit_parser::Span) -> Result<(), Stop> {
        let range = span.byte_range().unwrap_or(0..0);
        let place = Span::new(self.source, range.start, range.end);
        if event.tag().is_some() {
            let tag = span.tag_start().and_then(|mark| mark.byte_offset());
            let start = tag.unwrap_or(range.start);
            let at = Span::new(self.source, start, range.start.max(start));
            self.diagnostics.push(diags::tag(at));
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.stop(diags::second_document(place));
                }
                Ok(())
            }
            Event::Alias(id) => self.alias(id, place),
            Event::UnresolvedAlias(name) => self.stop(diags::unknown_anchor(place, &name)),
            Event::Scalar(text, style, anchor, _) => {
                if text.len() > limits::SCALAR_BYTES {
                    // Only where it begins: nobody wants to see all of it.
                    let start = Span {
                        end: place.start,
                        ..place
                    };
                    return self.stop(diags::scalar_too_large(start));
                }
                self.count(1, place)?;
                if let Some(c) = text.chars().find(|c| forbidden(*c)) {
                    self.diagnostics.push(diags::invalid_character(place, c));
                }
                let quoted = style != ScalarStyle::Plain;
                // The parser writes `~` for a value that is not there.
                let text = if range.is_empty() && !quoted {
                    Cow::Borrowed("")
                } else {
                    text
                };
                let value = Value::Scalar { text, quoted };
                self.complete(Node { span: place, value }, anchor, 1);
                Ok(())
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(place, anchor, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(place, anchor, Content::Map(Vec::new(), Pending::Nothing))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(place);
                Ok(())
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..) => Ok(()),
            // A later parser's news: better refused than ignored.
            _ => self.stop(diags::syntax(place, "this notation is not known")),
        }
    }

    fn stop(&mut self, why: Diagnostic) -> Result<(), Stop> {
        self.diagnostics.push(why);
        Err(Stop)
    }

    fn count(&mut self, nodes: usize, place: Span) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > limits::YAML_NODES {
            return self.stop(diags::too_many_nodes(place));
        }
        Ok(())
    }

    fn open(&mut self, span: Span, anchor: usize, content: Content<'a>) -> Result<(), Stop> {
        if self.stack.len() >= limits::YAML_NESTING {
            return self.stop(diags::too_deep(span));
        }
        let nodes_before = self.nodes;
        self.count(1, span)?;
        self.stack.push(Frame {
            span,
            anchor,
            nodes_before,
            content,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        // A block ends where its last entry ends, not before the next token.
        let flow = frame.span.end > frame.span.start;
        let (last, value) = match frame.content {
            Content::Sequence(items) => {
                (items.last().map(|node| node.span), Value::Sequence(items))
            }
            Content::Map(entries, _) => {
                let last = entries.last().map(|e| e.key_span.to(e.value.span));
                (last, Value::Map(tree::unique(entries, self.diagnostics)))
            }
        };
        let last = if flow { Some(end) } else { last };
        let span = Span {
            end: last.map_or(frame.span.end, |l| l.end.max(frame.span.end)),
            ..frame.span
        };
        let size = self.nodes - frame.nodes_before;
        self.complete(Node { span, value }, frame.anchor, size);
    }

    /// Puts a whole node where it belongs.
    fn complete(&mut self, node: Node<'a>, anchor: usize, size: usize) {
        if anchor > 0 {
            // Copies are bounded here too; only an alias to one that was not kept is an error.
            let fits = size <= limits::YAML_ALIAS_NODES
                && self.anchored_nodes + size <= limits::YAML_NODES;
            let anchored = if fits {
                self.anchored_nodes += size;
                Anchored::Node(node.clone(), size)
            } else {
                Anchored::TooLarge
            };
            self.anchors.insert(anchor, anchored);
        }
        self.place(node, false);
    }

    fn alias(&mut self, id: usize, place: Span) -> Result<(), Stop> {
        let (node, size) = match self.anchors.get(&id) {
            None => return self.stop(diags::anchor_inside_itself(place)),
            Some(Anchored::TooLarge) => return self.stop(diags::too_many_alias_nodes(place)),
            Some(Anchored::Node(node, size)) => (node, *size),
        };
        if self.alias_nodes + size > limits::YAML_ALIAS_NODES {
            return self.stop(diags::too_many_alias_nodes(place));
        }
        if self.stack.len() + depth(node) > limits::YAML_NESTING {
            return self.stop(diags::too_deep(place));
        }
        let node = node.clone();
        self.alias_nodes += size;
        self.count(size, place)?;
        self.place(node, true);
        Ok(())
    }

    fn place(&mut self, node: Node<'a>, by_alias: bool) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Map(entries, pending) => match std::mem::replace(pending, Pending::Nothing) {
                Pending::Key(key, key_span) => entries.push(Entry {
                    key,
                    key_span,
                    value: node,
                }),
                Pending::Refused => {}
                Pending::Nothing => {
                    *pending = match node.value {
                        Value::Scalar { text, quoted } if !by_alias => {
                            if !quoted && text == "<<" {
                                self.diagnostics.push(diags::merge_key(node.span));
                                Pending::Refused
                            } else {
                                Pending::Key(text, node.span)
                            }
                        }
                        Value::Scalar { .. } | Value::Sequence(_) | Value::Map(_) => {
                            self.diagnostics.push(diags::key_not_text(node.span));
                            Pending::Refused
                        }
                    };
                }
            },
        }
    }
}

/// Nested collections of a node; as deep as `limits::YAML_NESTING` at most, by construction.
fn depth(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Scalar { .. } => 0,
        Value::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => 1 + entries.iter().map(|e| depth(&e.value)).max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
