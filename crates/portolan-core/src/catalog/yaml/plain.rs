//! The YAML that catalogs are mostly written in, read in one pass: block maps and lists, flow
//! collections, scalars of one line, comments.
//!
//! It answers only where there is one answer: what it does not know, and every fault, makes it
//! give up, and the whole text is read by granit. A property holds it to granit's nodes and places.

use std::borrow::Cow;

use super::builder::Builder;
use crate::catalog::tree::{Node, Streams};
use crate::diagnostic::Diagnostics;
use crate::limits;
use crate::source::{SourceId, Span};

/// Bytes of a key beyond which granit decides.
const KEY_BYTES: usize = 512;

/// Reads a document; `None` where granit must.
pub(super) fn read<'a>(
    text: &'a str,
    source: SourceId,
    taker: &mut dyn Streams<'a>,
) -> Option<Node<'a>> {
    let mut found = Diagnostics::default();
    let mut reader = Reader {
        text,
        at: 0,
        column: 0,
        builder: Builder::new(source, &mut found, taker),
    };
    reader.next_line()?;
    if reader.at_end() || reader.column > 0 {
        return None;
    }
    reader.map(0)?;
    let root = reader.at_end().then(|| reader.builder.finish());
    root.filter(|_| found.is_empty())
}

struct Reader<'a, 'd> {
    text: &'a str,
    /// The next byte.
    at: usize,
    /// The column of the line's first character, where `at` is there.
    column: usize,
    builder: Builder<'a, 'd>,
}

/// A scalar that was read and not yet handed on.
struct Scalar<'a> {
    text: &'a str,
    quoted: bool,
    start: usize,
    end: usize,
}

impl<'a> Reader<'a, '_> {
    fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// A byte; past the end it is the end of a line.
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    fn here(&self) -> u8 {
        self.byte(self.at)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.builder.source, start, end)
    }

    fn spaces(&mut self) {
        while self.here() == b' ' {
            self.at += 1;
        }
    }

    /// From the start of a line to the first character of one that says something.
    fn next_line(&mut self) -> Option<()> {
        while !self.at_end() {
            let start = self.at;
            self.spaces();
            self.column = self.at - start;
            match self.here() {
                b'\n' => self.at += 1,
                b'#' => self.comment()?,
                _ => return (self.column > 0 || !self.marker()).then_some(()),
            }
        }
        self.column = 0;
        Some(())
    }

    /// A mark between documents, or a directive.
    fn marker(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.starts_with("---") || rest.starts_with("...") || rest.starts_with('%')
    }

    fn comment(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let line = rest.split('\n').next()?;
        self.at += line.len() + 1;
        line.chars().all(tame).then_some(())
    }

    /// From behind a value to the first character of the next line.
    fn end_of_line(&mut self) -> Option<()> {
        let end = self.at;
        self.spaces();
        match self.here() {
            b'\n' => self.at += 1,
            b'#' if self.at > end => self.comment()?,
            _ => return None,
        }
        self.next_line()
    }

    fn dash(&self) -> bool {
        self.here() == b'-' && self.byte(self.at + 1) == b' '
    }

    /// A block map, its first key next.
    fn map(&mut self, indent: usize) -> Option<()> {
        let place = self.span(self.at, self.at);
        self.builder.open_map(place, 0).ok()?;
        loop {
            let key = self.scalar(false)?;
            self.key(&key)?;
            self.value(indent)?;
            if self.at_end() || self.column < indent {
                break;
            }
            if self.column > indent {
                return None;
            }
        }
        self.builder.close(place);
        Some(())
    }

    /// Hands on a key and passes its colon.
    fn key(&mut self, key: &Scalar<'a>) -> Option<()> {
        let colon = self.here() == b':' && matches!(self.byte(self.at + 1), b' ' | b'\n');
        if !colon || key.text.len() > KEY_BYTES {
            return None;
        }
        self.at += 1;
        self.hand_on(key)
    }

    fn hand_on(&mut self, scalar: &Scalar<'a>) -> Option<()> {
        let place = self.span(scalar.start, scalar.end);
        let text = Cow::Borrowed(scalar.text);
        self.builder.scalar(text, scalar.quoted, place, 0).ok()
    }

    /// What stands behind the colon of a block map's key, to the end of its last line.
    fn value(&mut self, indent: usize) -> Option<()> {
        let colon = self.at;
        self.spaces();
        match self.here() {
            b'\n' | b'#' => {
                self.at = colon;
                self.end_of_line()?;
                let deeper = self.column > indent;
                if self.at_end() || self.column < indent {
                    None
                } else if self.dash() {
                    self.list(self.column, deeper)
                } else if deeper {
                    self.map(self.column)
                } else {
                    None
                }
            }
            b'[' | b'{' => {
                self.flow(indent)?;
                self.end_of_line()
            }
            _ => {
                let scalar = self.scalar(false)?;
                self.hand_on(&scalar)?;
                self.end_of_line()
            }
        }
    }

    /// A block list, its first dash next. One as deep as its key begins at its first item, as
    /// granit has it.
    fn list(&mut self, indent: usize, deeper: bool) -> Option<()> {
        let rest = self.text.get(self.at + 1..)?;
        let item = self.at + 1 + (rest.len() - rest.trim_start_matches(' ').len());
        let start = if deeper { self.at } else { item };
        let place = self.span(start, start);
        self.builder.open_sequence(place, 0).ok()?;
        loop {
            let dash = self.at;
            self.at += 1;
            self.spaces();
            let start = self.at;
            if matches!(self.here(), b'[' | b'{') {
                self.flow(indent)?;
                self.end_of_line()?;
            } else {
                let scalar = self.scalar(false)?;
                if self.here() == b':' {
                    self.at = start;
                    self.map(indent + (start - dash))?;
                } else {
                    self.hand_on(&scalar)?;
                    self.end_of_line()?;
                }
            }
            if self.at_end() || self.column < indent || (self.column == indent && !self.dash()) {
                break;
            }
            if self.column > indent {
                return None;
            }
        }
        self.builder.close(place);
        Some(())
    }

    /// A flow collection within a block that is indented so.
    fn flow(&mut self, indent: usize) -> Option<()> {
        let place = self.span(self.at, self.at + 1);
        let map = self.here() == b'{';
        let close = if map { b'}' } else { b']' };
        if map {
            self.builder.open_map(place, 0).ok()?;
        } else {
            self.builder.open_sequence(place, 0).ok()?;
        }
        self.at += 1;
        self.flow_space(indent)?;
        while self.here() != close {
            if map {
                let key = self.scalar(true)?;
                self.key(&key)?;
                self.flow_space(indent)?;
            }
            if matches!(self.here(), b'[' | b'{') {
                self.flow(indent)?;
            } else {
                let scalar = self.scalar(true)?;
                self.hand_on(&scalar)?;
            }
            self.flow_space(indent)?;
            if self.here() == b',' {
                self.at += 1;
                self.flow_space(indent)?;
            } else if self.here() != close {
                return None;
            }
        }
        self.builder.close(self.span(self.at, self.at + 1));
        self.at += 1;
        Some(())
    }

    /// Spaces, and ends of lines that go on deeper than the block around.
    fn flow_space(&mut self, indent: usize) -> Option<()> {
        self.spaces();
        while self.here() == b'\n' {
            self.at += 1;
            let start = self.at;
            self.spaces();
            let deeper = self.at - start > indent || self.here() == b'\n';
            if self.at_end() || !deeper {
                return None;
            }
        }
        Some(())
    }

    /// A scalar of one line.
    fn scalar(&mut self, in_flow: bool) -> Option<Scalar<'a>> {
        match self.here() {
            quote @ (b'"' | b'\'') => self.quoted(quote),
            _ => self.plain(in_flow),
        }
    }

    fn quoted(&mut self, quote: u8) -> Option<Scalar<'a>> {
        let start = self.at;
        let inner = self.text.get(start + 1..)?;
        let mut within = inner.bytes().take(limits::SCALAR_BYTES);
        let length = within.position(|b| b == quote)?;
        let text = inner.get(..length)?;
        self.at = start + 1 + length + 1;
        let doubled = self.here() == quote;
        let escapes = quote == b'"' && text.contains('\\');
        if doubled || escapes || !text.chars().all(tame) {
            return None;
        }
        let (quoted, end) = (true, self.at);
        Some(Scalar {
            text,
            quoted,
            start,
            end,
        })
    }

    fn plain(&mut self, in_flow: bool) -> Option<Scalar<'a>> {
        let start = self.at;
        let first = match self.here() {
            b'-' => self.byte(start + 1),
            first => first,
        };
        let begins = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80 || b"_./~<".contains(&b);
        if !begins(first) {
            return None;
        }
        let mut end = start;
        loop {
            let byte = self.here();
            match byte {
                b'\n' => break,
                b' ' => {
                    self.spaces();
                    if self.here() == b'#' {
                        break;
                    }
                    continue;
                }
                b':' => {
                    let next = self.byte(self.at + 1);
                    if matches!(next, b' ' | b'\n') {
                        break;
                    }
                    if in_flow && matches!(next, b',' | b'[' | b']' | b'{' | b'}') {
                        return None;
                    }
                }
                b',' | b'[' | b']' | b'{' | b'}' if in_flow => break,
                0x80.. => {
                    let c = self.text.get(self.at..)?.chars().next()?;
                    if !tame(c) {
                        return None;
                    }
                    self.at += c.len_utf8() - 1;
                }
                0..0x20 | 0x7f => return None,
                _ if end - start > limits::SCALAR_BYTES => return None,
                _ => {}
            }
            self.at += 1;
            end = self.at;
        }
        self.at = end;
        let (text, quoted) = (self.text.get(start..end)?, false);
        Some(Scalar {
            text,
            quoted,
            start,
            end,
        })
    }
}

/// A character that means the same to every reader.
fn tame(c: char) -> bool {
    matches!(
        c,
        ' '..='~' | '–' | '—' | '‘' | '’' | '“' | '”' | '…' | '·' | '×' | '€' | '™'
    ) || c.is_alphanumeric()
}
