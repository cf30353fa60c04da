//! Catalogs in YAML: events to a tree that keeps comments and what was written, and back to text.
//!
//! What is normalised: two columns a level, lists indented below their key, one blank around
//! values and between what stands in brackets, single quotes to double ones where nothing in them
//! would change, blank lines, blanks at the ends of lines, where comments stand, and the marks
//! around the document. What was written in brackets on one line stays on one, however long. What
//! was written in brackets over several goes on one line where it fits; else a list of scalars
//! fills lines, and all else stands an item a line, as it does where a comment stands in it.
//! Scalars keep their words, and text over several lines outside brackets keeps its lines.

mod print;
mod said;

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};
use portolan_core::limits;

use crate::token::Comment;

pub(crate) use print::print;
pub(crate) use said::said;

/// A node as written.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// Comments on lines of their own before it.
    before: Vec<Comment<'a>>,
    /// Comments on lines of their own behind what is in it.
    behind: Vec<Comment<'a>>,
    /// A blank line stands before it, behind its comments.
    apart: bool,
    /// Where it begins and ends.
    start: usize,
    end: usize,
    anchor: Option<&'a str>,
    kind: Kind<'a>,
}

/// What a node is.
#[derive(Debug)]
enum Kind<'a> {
    /// On one line or over several, in quotes or not; an alias, too.
    Text(&'a str),
    /// A block: its sign with what says how it ends, the comment behind that, and its lines
    /// without their indentation.
    Block(&'a str, Option<Comment<'a>>, Vec<&'a str>),
    /// Nodes in order.
    Sequence(Shape, Vec<Node<'a>>),
    /// Pairs in order.
    Map(Shape, Vec<(Node<'a>, Node<'a>)>),
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// An item a line, without brackets.
    Lines,
    /// In brackets, over several lines.
    Opened,
    /// In brackets, on one line.
    Brackets,
}

/// A document as written.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    root: Option<Node<'a>>,
    /// Comments behind it.
    rest: Vec<Comment<'a>>,
    /// Comments at the ends of lines, by where that ends which they stand behind.
    after: BTreeMap<usize, Comment<'a>>,
}

/// A collection whose end has not come.
struct Frame<'a> {
    node: Node<'a>,
    column: usize,
    key: Option<Node<'a>>,
}

/// What has been read so far.
struct Reader<'a> {
    text: &'a str,
    stack: Vec<Frame<'a>>,
    document: Document<'a>,
    pending: Vec<Comment<'a>>,
    /// Columns of the comments that are pending.
    columns: Vec<usize>,
    /// Where the last scalar, alias or bracket ends.
    content: usize,
    /// The same, or where the last comment ends.
    last: usize,
    /// The rest of the line behind the last block's sign.
    sign: Range<usize>,
}

/// A parser that says all there is to say; the core has read the text before, within its bounds.
fn parser(text: &str) -> Parser<'_, granit_parser::StrInput<'_>> {
    let options = granit_parser::options! {
        emit_comments: true,
        emit_anchor_events: true,
        max_buffered_comment_events: text.len(),
        simple_key_max_lookahead: limits::SCALAR_BYTES,
        flow_nesting_limit: limits::YAML_NESTING + 1,
        block_nesting_limit: limits::YAML_NESTING + 1,
    };
    Parser::new_from_str_with_options(text, options)
}

/// Reads a document; nothing where it is not understood.
pub(crate) fn read(text: &str) -> Option<Document<'_>> {
    let mut reader = Reader {
        text,
        stack: Vec::new(),
        document: Document {
            root: None,
            rest: Vec::new(),
            after: BTreeMap::new(),
        },
        pending: Vec::new(),
        columns: Vec::new(),
        content: 0,
        last: 0,
        sign: 0..0,
    };
    for next in parser(text) {
        let (event, span) = next.ok()?;
        let range = span.byte_range()?;
        reader.take(event, range.start, range.end)?;
    }
    reader.document.rest = reader.pending;
    Some(reader.document)
}

/// Where one of the signs first stands, comments left out.
fn outside_comments(text: &str, signs: [char; 2]) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let said = line.find('#').unwrap_or(line.len());
        if let Some(found) = line.get(..said)?.find(signs) {
            return Some(at + found);
        }
        at += line.len();
    }
    None
}

fn shape(style: StructureStyle) -> Shape {
    match style {
        StructureStyle::Block => Shape::Lines,
        StructureStyle::Flow => Shape::Brackets,
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> Option<()> {
        match event {
            Event::Comment(..) => self.comment(start, end),
            Event::Anchor(_, _) => self.anchor(start, end),
            Event::Scalar(value, style, _, _) => {
                let node = if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    self.block(&value, end)?
                } else {
                    self.node(start, end, Kind::Text(self.text.get(start..end)?))
                };
                // What is not there is nowhere.
                if end > start {
                    self.passed(node.end);
                }
                self.place(node)
            }
            Event::Alias(_) => {
                let node = self.node(start, end, Kind::Text(self.text.get(start..end)?));
                self.passed(end);
                self.place(node)
            }
            Event::SequenceStart(style, _, _) => {
                self.open(start, end, Kind::Sequence(shape(style), Vec::new()));
                Some(())
            }
            Event::MappingStart(style, _, _) => {
                self.open(start, end, Kind::Map(shape(style), Vec::new()));
                Some(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start, end),
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd => Some(()),
            // A later parser's news, or an alias of nothing.
            Event::UnresolvedAlias(_) | _ => None,
        }
    }

    fn passed(&mut self, end: usize) {
        self.content = self.content.max(end);
        self.last = self.last.max(end);
    }

    /// The lines that begin between here and there.
    fn breaks(&self, from: usize, to: usize) -> usize {
        let between = self.text.get(from..to).unwrap_or_default();
        between.matches('\n').count() + usize::from(from == 0)
    }

    /// Says whether a blank line lies between here and there.
    fn apart(&self, from: usize, to: usize) -> bool {
        let between = self.text.get(from..to).unwrap_or_default();
        let mut lines = between.split('\n');
        // What these two hold belongs to what stands around.
        lines.next();
        lines.next_back();
        lines.any(|line| line.trim().is_empty())
    }

    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.strip_prefix('\u{feff}').unwrap_or(line).len()
    }

    fn comment(&mut self, start: usize, end: usize) -> Option<()> {
        if self.sign.contains(&start) {
            return Some(());
        }
        let column = self.column(start);
        let comment = Comment {
            text: self
                .text
                .get(start..end)?
                .trim_end_matches([' ', '\t', '\r']),
            apart: self.apart(self.last, start),
            indented: column > 0,
        };
        if self.breaks(self.content, start) == 0 {
            self.document.after.insert(self.content, comment);
        } else {
            self.pending.push(comment);
            self.columns.push(column);
        }
        self.last = end;
        Some(())
    }

    fn node(&mut self, start: usize, end: usize, kind: Kind<'a>) -> Node<'a> {
        // Comments before a value that is not there belong to what comes next.
        let key = self
            .stack
            .last()
            .is_some_and(|frame| matches!(frame.node.kind, Kind::Map(..)) && frame.key.is_none());
        let there = key || !matches!(kind, Kind::Text(""));
        let before = if there {
            self.columns.clear();
            std::mem::take(&mut self.pending)
        } else {
            Vec::new()
        };
        Node {
            before,
            behind: Vec::new(),
            apart: there && self.apart(self.last, start),
            start,
            end,
            anchor: None,
            kind,
        }
    }

    /// A block's sign stands before what the parser says of it.
    fn block(&mut self, value: &str, end: usize) -> Option<Node<'a>> {
        let ahead = self.text.get(self.content..)?;
        let sign = self.content + outside_comments(ahead, ['|', '>'])?;
        let rest = self.text.get(sign..)?;
        let sign_end = rest
            .find([' ', '\t', '\r', '\n', '#'])
            .unwrap_or(rest.len());
        let header = rest.get(..sign_end)?;
        let line_end = sign + rest.find('\n').unwrap_or(rest.len());
        let body = self
            .text
            .get(line_end + 1..end.max(line_end + 1))
            .unwrap_or_default();
        let filled = |line: &&str| !line.trim_end().is_empty();
        let lead = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let written = body.lines().find(filled).map_or(0, lead);
        let meant = value.lines().find(filled).map(lead);
        let indent = written.saturating_sub(meant.unwrap_or(0));
        let lines = body.lines().map(|line| {
            let blanks = lead(line).min(indent);
            // A tab that does not stand as far in as the block is nothing in it.
            let outside = blanks < indent && line.trim().is_empty();
            let inside = line.get(blanks..).filter(|_| !outside);
            inside.unwrap_or_default()
        });
        let mut lines: Vec<&str> = lines.collect();
        let comment = self.behind_sign(sign, sign_end..line_end - sign);
        // Blanks at the end of a line are said, empty lines behind the last only where that is.
        let blank = |line: &&str| line.is_empty() || meant.is_none();
        while lines.last().is_some_and(blank) {
            lines.pop();
        }
        if header.contains('+') {
            let ends = value.len() - value.trim_end_matches('\n').len();
            let empty = ends.saturating_sub(usize::from(!lines.is_empty()));
            lines.extend(std::iter::repeat_n("", empty));
        }
        let filled = if meant.is_some() {
            1 + body.trim_end().len()
        } else {
            0
        };
        let end = (line_end + filled).min(self.text.len());
        Some(self.node(sign, end, Kind::Block(header, comment, lines)))
    }

    /// The comment behind a block's sign, of which the parser speaks before the block or after it.
    fn behind_sign(&mut self, sign: usize, rest: Range<usize>) -> Option<Comment<'a>> {
        self.sign = sign + rest.start..sign + rest.end;
        let text = self.text.get(self.sign.clone())?.trim();
        if text.is_empty() {
            return None;
        }
        if self.breaks(self.content, sign) == 0 {
            self.document.after.remove(&self.content);
        }
        Some(Comment {
            text,
            apart: false,
            indented: true,
        })
    }

    fn open(&mut self, start: usize, end: usize, kind: Kind<'a>) {
        let column = self.column(start);
        let node = self.node(start, end, kind);
        if end > start {
            self.passed(end);
        }
        self.stack.push(Frame {
            node,
            column,
            key: None,
        });
    }

    fn close(&mut self, start: usize, end: usize) -> Option<()> {
        let mut frame = self.stack.pop()?;
        let above = self.stack.last().map(|frame| frame.column);
        let broken = self.breaks(frame.node.start.max(1), end) > 0;
        let lines = match &mut frame.node.kind {
            Kind::Sequence(shape, _) | Kind::Map(shape, _) => {
                if *shape == Shape::Brackets && broken {
                    *shape = Shape::Opened;
                }
                *shape == Shape::Lines
            }
            Kind::Text(_) | Kind::Block(..) => false,
        };
        // Of comments behind a block those belong to it that stand as far in as it does.
        let inside = |column: &&usize| {
            !lines || **column >= frame.column && above.is_none_or(|above| **column > above)
        };
        let count = self.columns.iter().take_while(inside).count();
        frame.node.behind = self.pending.drain(..count).collect();
        self.columns.drain(..count);
        frame.node.end = if end > start { end } else { self.content };
        if end > start {
            self.passed(end);
        }
        self.place(frame.node)
    }

    fn place(&mut self, node: Node<'a>) -> Option<()> {
        let Some(frame) = self.stack.last_mut() else {
            self.document.root = Some(node);
            return Some(());
        };
        match &mut frame.node.kind {
            Kind::Sequence(_, items) => items.push(node),
            Kind::Map(_, entries) => match frame.key.take() {
                None => frame.key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            Kind::Text(_) | Kind::Block(..) => return None,
        }
        Some(())
    }

    /// An anchor comes behind its node, and before what is in that.
    fn anchor(&mut self, start: usize, end: usize) -> Option<()> {
        let text = self.text.get(start..end)?;
        let Some(frame) = self.stack.last_mut() else {
            self.document.root.as_mut()?.anchor = Some(text);
            return Some(());
        };
        let node = match &mut frame.node.kind {
            Kind::Sequence(_, items) if !items.is_empty() => items.last_mut(),
            Kind::Map(_, _) if frame.key.is_some() => frame.key.as_mut(),
            Kind::Map(_, entries) if !entries.is_empty() => {
                entries.last_mut().map(|(_, value)| value)
            }
            Kind::Sequence(..) | Kind::Map(..) | Kind::Text(_) | Kind::Block(..) => {
                Some(&mut frame.node)
            }
        };
        node?.anchor = Some(text);
        Some(())
    }
}
