//! Events to nodes, within budgets: whoever reads the text says what stands where, and this puts
//! it together. Entries of large sections go to whoever takes them, and are not kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::diags;
use crate::catalog::tree::{self, Entry, Node, Streams, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits;
use crate::source::{SourceId, Span};

/// A collection whose end has not come.
struct Frame<'a> {
    span: Span,
    anchor: usize,
    /// Nodes of the document before it, itself not counted.
    nodes_before: usize,
    content: Content<'a>,
}

enum Content<'a> {
    /// Items of the builder from this position on.
    Sequence(usize),
    /// Entries of the builder from this position on.
    Map(usize, Pending<'a>),
    /// A map whose entries somebody takes, one by one.
    Taken(Taken<'a>, Pending<'a>),
}

/// What is left of a map whose entries are taken.
struct Taken<'a> {
    section: &'static str,
    /// Its keys so far.
    first: BTreeMap<Cow<'a, str>, Span>,
    /// Where its last entry stands.
    last: Option<Span>,
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
pub(super) struct Stop;

pub(super) struct Builder<'a, 'd> {
    pub(super) source: SourceId,
    pub(super) diagnostics: &'d mut Diagnostics,
    taker: &'d mut dyn Streams<'a>,
    /// Sections that somebody takes and whose key was seen: a second one is a fault.
    sections: Vec<&'static str>,
    stack: Vec<Frame<'a>>,
    /// Items of all lists that are open, outermost first.
    items: Vec<Node<'a>>,
    /// Entries of all maps that are open, outermost first.
    entries: Vec<Entry<'a>>,
    anchors: BTreeMap<usize, Anchored<'a>>,
    nodes: usize,
    alias_nodes: usize,
    anchored_nodes: usize,
    documents: usize,
    root: Option<Node<'a>>,
}

impl<'a, 'd> Builder<'a, 'd> {
    pub(super) fn new(
        source: SourceId,
        diagnostics: &'d mut Diagnostics,
        taker: &'d mut dyn Streams<'a>,
    ) -> Self {
        Self {
            source,
            diagnostics,
            taker,
            sections: Vec::new(),
            stack: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            alias_nodes: 0,
            anchored_nodes: 0,
            documents: 0,
            root: None,
        }
    }

    /// The whole document; an empty one is absent.
    pub(super) fn finish(self) -> Node<'a> {
        self.root.unwrap_or_else(|| Node {
            span: Span::new(self.source, 0, 0),
            value: Value::Scalar {
                text: Cow::Borrowed(""),
                quoted: false,
            },
        })
    }

    pub(super) fn stop(&mut self, why: Diagnostic) -> Result<(), Stop> {
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

    pub(super) fn document(&mut self, place: Span) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 {
            return self.stop(diags::second_document(place));
        }
        Ok(())
    }

    pub(super) fn scalar(
        &mut self,
        text: Cow<'a, str>,
        quoted: bool,
        place: Span,
        anchor: usize,
    ) -> Result<(), Stop> {
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
        let value = Value::Scalar { text, quoted };
        self.complete(Node { span: place, value }, anchor, 1);
        Ok(())
    }

    pub(super) fn open_sequence(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        let start = self.items.len();
        self.open(span, anchor, Content::Sequence(start))
    }

    pub(super) fn open_map(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        let content = match self.section(anchor) {
            None => Content::Map(self.entries.len(), Pending::Nothing),
            Some(section) => {
                let (first, last) = (BTreeMap::new(), None);
                let taken = Taken {
                    section,
                    first,
                    last,
                };
                Content::Taken(taken, Pending::Nothing)
            }
        };
        self.open(span, anchor, content)
    }

    /// The section that a map would be, where somebody takes its entries: it stands under a key of
    /// the root for the first time, and nothing repeats it.
    fn section(&mut self, anchor: usize) -> Option<&'static str> {
        let [root] = self.stack.as_slice() else {
            return None;
        };
        let Content::Map(_, Pending::Key(key, _)) = &root.content else {
            return None;
        };
        let section = self.taker.takes(key)?;
        let new = !self.sections.contains(&section);
        (new && anchor == 0 && root.anchor == 0).then_some(section)
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

    pub(super) fn close(&mut self, end: Span) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        // A block ends where its last entry ends, not before the next token.
        let flow = frame.span.end > frame.span.start;
        let (last, value) = match frame.content {
            Content::Sequence(start) => {
                let items: Vec<_> = self.items.drain(start.min(self.items.len())..).collect();
                (items.last().map(|node| node.span), Value::Sequence(items))
            }
            Content::Map(start, _) => {
                let start = start.min(self.entries.len());
                let entries: Vec<_> = self.entries.drain(start..).collect();
                let last = entries.last().map(|e| e.key_span.to(e.value.span));
                (last, Value::Map(tree::unique(entries, self.diagnostics)))
            }
            Content::Taken(taken, _) => (taken.last, Value::Map(Vec::new())),
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

    pub(super) fn alias(&mut self, id: usize, place: Span) -> Result<(), Stop> {
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
        let outermost = self.stack.len() == 1;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        let pending = match &mut frame.content {
            Content::Sequence(_) => return self.items.push(node),
            Content::Map(_, pending) | Content::Taken(_, pending) => pending,
        };
        match std::mem::replace(pending, Pending::Nothing) {
            Pending::Refused => {}
            Pending::Nothing => *pending = key(node, by_alias, self.diagnostics),
            Pending::Key(key, key_span) => {
                let entry = Entry {
                    key,
                    key_span,
                    value: node,
                };
                match &mut frame.content {
                    Content::Sequence(_) => {}
                    Content::Map(..) => {
                        if outermost {
                            let section = self.taker.takes(&entry.key);
                            let new = |s: &&'static str| !self.sections.contains(s);
                            let section = section.filter(new);
                            self.sections.extend(section);
                        }
                        self.entries.push(entry);
                    }
                    Content::Taken(taken, _) => {
                        taken.last = Some(entry.key_span.to(entry.value.span));
                        if let Some(first) = taken.first.get(&entry.key) {
                            let (span, key) = (entry.key_span, &entry.key);
                            self.diagnostics
                                .push(tree::duplicate_key(span, key, *first));
                        } else {
                            taken.first.insert(entry.key.clone(), entry.key_span);
                            self.taker.take(taken.section, entry);
                        }
                    }
                }
            }
        }
    }
}

/// What a node is as a key.
fn key<'a>(node: Node<'a>, by_alias: bool, diagnostics: &mut Diagnostics) -> Pending<'a> {
    match node.value {
        Value::Scalar { text, quoted } if !by_alias => {
            if !quoted && text == "<<" {
                diagnostics.push(diags::merge_key(node.span));
                Pending::Refused
            } else {
                Pending::Key(text, node.span)
            }
        }
        Value::Scalar { .. } | Value::Sequence(_) | Value::Map(_) => {
            diagnostics.push(diags::key_not_text(node.span));
            Pending::Refused
        }
    }
}

/// What YAML calls not printable.
pub(super) fn forbidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        c => c.is_control(),
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
