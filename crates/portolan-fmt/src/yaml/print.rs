//! A document as written, to text in style.

use std::borrow::Cow;

use super::{Document, Kind, Node, Shape};
use crate::token::Comment;
use crate::writer::{WIDTH, Writer};

/// Writes a document.
pub(crate) fn print(document: &Document<'_>) -> String {
    let mut printer = Printer {
        writer: Writer::new(),
        document,
    };
    printer.writer.keep_blanks(true);
    if let Some(root) = &document.root {
        printer.comments(&root.before, 0);
        if is_lines(root) {
            printer.lines(root, 0, false);
        } else {
            printer.value(root, 0);
        }
    }
    printer.writer.line(0);
    for comment in &document.rest {
        printer.writer.comment(comment);
    }
    printer.writer.finish()
}

struct Printer<'d, 'a> {
    writer: Writer<'a>,
    document: &'d Document<'a>,
}

/// Says whether a node goes to lines below its key.
fn is_lines(node: &Node<'_>) -> bool {
    matches!(
        &node.kind,
        Kind::Sequence(Shape::Lines, _) | Kind::Map(Shape::Lines, _)
    )
}

/// What shares the line on which a collection without brackets begins.
fn first_line<'n, 'a>(node: &'n Node<'a>) -> Option<&'n Node<'a>> {
    match &node.kind {
        Kind::Sequence(Shape::Lines, items) => items.first(),
        Kind::Map(Shape::Lines, entries) => entries.first().map(|(key, _)| key),
        Kind::Sequence(..) | Kind::Map(..) | Kind::Text(_) | Kind::Block(..) => None,
    }
}

impl<'a> Printer<'_, 'a> {
    /// The comment at the end of the line on which something ends.
    fn after(&self, end: usize) -> Option<Comment<'a>> {
        self.document.after.get(&end).copied()
    }

    /// What stands above a node.
    fn lead(&mut self, node: &Node<'a>) {
        for comment in &node.before {
            self.writer.comment(comment);
        }
        if node.apart {
            self.writer.blank();
        }
    }

    fn comments(&mut self, comments: &[Comment<'a>], indent: usize) {
        if !comments.is_empty() {
            self.writer.line(indent);
        }
        for comment in comments {
            self.writer.comment(comment);
        }
    }

    /// A collection without brackets; its first line may have begun already. As deep as the
    /// nodes, which `limits::YAML_NESTING` bounds.
    fn lines(&mut self, node: &Node<'a>, indent: usize, begun: bool) {
        let starts = |printer: &mut Self, position: usize, first: &Node<'a>| {
            if position > 0 || !begun {
                printer.writer.begin(indent);
                printer.lead(first);
                // What stands above the first of it, where that shares its line.
                let mut node = first;
                while let (None, Some(within)) = (node.anchor, first_line(node)) {
                    printer.lead(within);
                    node = within;
                }
            }
        };
        match &node.kind {
            Kind::Sequence(_, items) => {
                for (position, item) in items.iter().enumerate() {
                    starts(self, position, item);
                    self.item(item, indent);
                }
            }
            Kind::Map(_, entries) => {
                for (position, (key, value)) in entries.iter().enumerate() {
                    starts(self, position, key);
                    self.entry(key, value, indent);
                }
            }
            Kind::Text(_) | Kind::Block(..) => {}
        }
        self.comments(&node.behind, indent);
    }

    fn item(&mut self, item: &Node<'a>, indent: usize) {
        self.writer.word("-", true);
        if let Kind::Text(_) | Kind::Block(..) = item.kind {
            return self.value(item, indent);
        }
        if !is_lines(item) {
            return self.value(item, indent + 2);
        }
        if let Some(anchor) = item.anchor {
            self.writer.word(anchor, true);
        }
        let begun = item.anchor.is_none();
        if !begun {
            self.writer.opens();
        }
        self.lines(item, indent + 2, begun);
    }

    fn entry(&mut self, key: &Node<'a>, value: &Node<'a>, indent: usize) {
        self.key(key, indent);
        let comment = self.after(key.end);
        if is_lines(value) {
            if let Some(anchor) = value.anchor {
                self.writer.word(anchor, true);
            }
            self.writer.end(comment);
            self.writer.opens();
            self.comments(&value.before, indent + 2);
            return self.lines(value, indent + 2, false);
        }
        let absent = matches!(&value.kind, Kind::Text("")) && value.anchor.is_none();
        let block = matches!(value.kind, Kind::Block(..));
        if absent {
            self.writer.end(comment);
        } else if !value.before.is_empty() || comment.is_some() && !block {
            self.writer.end(comment);
            self.writer.opens();
            self.writer.line(indent + 2);
            self.lead(value);
            // A block is as deep as its sign would be on the key's line.
            self.value(value, if block { indent } else { indent + 2 });
        } else if block {
            self.block(value, comment, indent);
        } else {
            self.value(value, indent);
        }
    }

    fn key(&mut self, key: &Node<'a>, indent: usize) {
        if let Some(anchor) = key.anchor {
            self.writer.word(anchor, true);
        }
        if let Kind::Text(text) = &key.kind {
            self.folded(text, indent);
            // `*a:` would be an alias with a colon in its name.
            self.writer
                .word(if text.starts_with('*') { " :" } else { ":" }, false);
        }
    }

    /// A scalar, or a collection in brackets, with the comment behind it.
    fn value(&mut self, node: &Node<'a>, base: usize) {
        if let Kind::Block(..) = node.kind {
            return self.block(node, None, base);
        }
        if let Some(anchor) = node.anchor {
            self.writer.word(anchor, true);
        }
        match &node.kind {
            Kind::Text(text) => self.text(text, base),
            Kind::Sequence(..) | Kind::Map(..) => self.brackets(node, base),
            Kind::Block(..) => {}
        }
        self.comment_behind(node);
    }

    fn comment_behind(&mut self, node: &Node<'a>) {
        // What is not there ends where something before it does, whose comment it is.
        if node.end > node.start {
            self.writer.end(self.after(node.end));
        }
    }

    /// Text in brackets or before a colon: on one line, where its lines mean nothing.
    fn folded(&mut self, text: &str, base: usize) {
        if keeps_lines(text) {
            self.text(text, base);
        } else {
            self.writer.word(&quoted(&one_line(text)), true);
        }
    }

    /// Text over several lines keeps them; a blank among them is a line break.
    fn text(&mut self, text: &str, base: usize) {
        let mut lines = text.lines();
        match lines.next() {
            Some(first) => self.writer.word(&quoted(first), true),
            None => return,
        }
        for line in lines {
            let line = line.trim_start_matches([' ', '\t']);
            if line.trim_end().is_empty() {
                self.writer.verbatim("");
            } else {
                self.writer.line(base + 2);
                self.writer.word(line, false);
            }
        }
    }

    /// A block. The comment before it goes behind its sign, where there is none yet.
    fn block(&mut self, node: &Node<'a>, before: Option<Comment<'a>>, base: usize) {
        let Kind::Block(header, behind, lines) = &node.kind else {
            return;
        };
        if behind.is_some() && before.is_some() {
            self.writer.end(before);
            self.writer.line(base + 2);
        }
        if let Some(anchor) = node.anchor {
            self.writer.word(anchor, true);
        }
        let ours = |c: char| if c.is_ascii_digit() { '2' } else { c };
        let header: String = header.chars().map(ours).collect();
        self.writer.word(&header, true);
        self.writer.end(behind.or(before));
        let indent = " ".repeat(base + 2);
        for line in lines {
            let indent = if line.is_empty() { "" } else { &indent };
            self.writer.verbatim(&[indent, line].concat());
        }
        if header.contains('+') {
            self.writer.tight();
        }
    }

    /// A collection in brackets.
    fn brackets(&mut self, node: &Node<'a>, base: usize) {
        let (open, close) = signs(node);
        if !self.commented(node) && !holds_lines(node) {
            let text = flat(node);
            // A blank before it, and perhaps a comma behind.
            let width = self.writer.column() + text.chars().count() + 2;
            if !is_opened(node) || width <= WIDTH {
                return self.writer.word(&text, true);
            }
            if let Some(words) = words(node) {
                return self.fill(&words, base);
            }
        }
        self.writer.word(open, true);
        self.writer.end(self.after(node.start + 1));
        let inner = base + 2;
        match &node.kind {
            Kind::Sequence(_, items) => {
                for item in items {
                    self.writer.line(inner);
                    self.lead(item);
                    self.element(item, inner);
                }
            }
            Kind::Map(_, entries) => {
                for (key, value) in entries {
                    self.writer.line(inner);
                    self.lead(key);
                    self.key(key, inner);
                    let comment = self.after(key.end);
                    if comment.is_some() || !value.before.is_empty() {
                        self.writer.end(comment);
                        self.writer.line(inner + 2);
                        self.lead(value);
                    }
                    self.element(value, inner);
                }
            }
            Kind::Text(_) | Kind::Block(..) => {}
        }
        self.comments(&node.behind, inner);
        self.writer.line(base);
        self.writer.word(close, false);
    }

    /// An item in brackets, its comma, and the comment behind both.
    fn element(&mut self, node: &Node<'a>, base: usize) {
        if let Some(anchor) = node.anchor {
            self.writer.word(anchor, true);
        }
        match &node.kind {
            Kind::Text("") | Kind::Block(..) => {}
            Kind::Text(text) => self.folded(text, base),
            Kind::Sequence(..) | Kind::Map(..) => self.brackets(node, base),
        }
        self.writer.comma(None);
        self.comment_behind(node);
    }

    /// Words in brackets, as many on a line as fit.
    fn fill(&mut self, words: &[String], base: usize) {
        self.writer.word("[", true);
        self.writer.line(base + 2);
        for word in words {
            if self.writer.column() + word.chars().count() + 2 > WIDTH {
                self.writer.line(base + 2);
            }
            self.writer.word(word, true);
            self.writer.comma(None);
        }
        self.writer.line(base);
        self.writer.word("]", false);
    }

    /// Says whether comments stand in a collection in brackets.
    fn commented(&self, node: &Node<'a>) -> bool {
        let from = node.start.saturating_add(1);
        let mut ends = self.document.after.range(from..node.end.max(from));
        ends.next().is_some() || holds_comments(node)
    }
}

/// Says whether something is so of anything in a collection. As deep as the nodes, which
/// `limits::YAML_NESTING` bounds.
fn any_within(node: &Node<'_>, is: &dyn Fn(&Node<'_>) -> bool) -> bool {
    let found = |node: &Node<'_>| is(node) || any_within(node, is);
    match &node.kind {
        Kind::Sequence(_, items) => items.iter().any(found),
        Kind::Map(_, entries) => {
            let mut entries = entries.iter();
            entries.any(|(key, value)| found(key) || found(value))
        }
        Kind::Text(_) | Kind::Block(..) => false,
    }
}

/// Says whether comments stand on lines of their own in a collection in brackets.
fn holds_comments(node: &Node<'_>) -> bool {
    let led = |node: &Node<'_>| !node.before.is_empty() || !node.behind.is_empty();
    !node.behind.is_empty() || any_within(node, &led)
}

fn is_opened(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Sequence(shape, _) | Kind::Map(shape, _) => *shape == Shape::Opened,
        Kind::Text(_) | Kind::Block(..) => false,
    }
}

/// What a list holds, if it holds scalars only.
fn words(node: &Node<'_>) -> Option<Vec<String>> {
    let Kind::Sequence(_, items) = &node.kind else {
        return None;
    };
    let word =
        |item: &Node<'_>| matches!(item.kind, Kind::Text(_)).then(|| anchored(item, flat(item)));
    items.iter().map(word).collect()
}

/// Text behind its anchor.
fn anchored(node: &Node<'_>, text: String) -> String {
    match node.anchor {
        Some(anchor) if text.is_empty() => anchor.to_owned(),
        Some(anchor) => format!("{anchor} {text}"),
        None => text,
    }
}

fn signs(node: &Node<'_>) -> (&'static str, &'static str) {
    match &node.kind {
        Kind::Sequence(..) => ("[", "]"),
        Kind::Map(..) | Kind::Text(_) | Kind::Block(..) => ("{", "}"),
    }
}

/// A collection in brackets on one line.
fn flat(node: &Node<'_>) -> String {
    let whole = |node: &Node<'_>| anchored(node, flat(node));
    let parts: Vec<String> = match &node.kind {
        Kind::Text(text) => return quoted(&one_line(text)).into_owned(),
        Kind::Block(..) => return String::new(),
        Kind::Sequence(_, items) => items.iter().map(whole).collect(),
        Kind::Map(_, entries) => {
            let pair = |(key, value): &(Node<'_>, Node<'_>)| {
                let (name, value) = (whole(key), whole(value));
                let colon = if name.starts_with('*') { " :" } else { ":" };
                let blank = if value.is_empty() { "" } else { " " };
                format!("{name}{colon}{blank}{value}")
            };
            entries.iter().map(pair).collect()
        }
    };
    let (open, close) = signs(node);
    format!("{open}{}{close}", parts.join(", "))
}

/// Says whether text of which lines have to stay is in a collection in brackets.
fn holds_lines(node: &Node<'_>) -> bool {
    any_within(
        node,
        &|node| matches!(&node.kind, Kind::Text(text) if keeps_lines(text)),
    )
}

/// Says whether text would mean something else on one line: an empty line in it is a line break,
/// and what ends a line with a backslash joins the next without a blank.
fn keeps_lines(text: &str) -> bool {
    let mut lines = text.split('\n');
    let last = lines.next_back();
    last.is_some_and(|last| last.len() < text.len())
        && lines.any(|line| line.trim().is_empty() || line.trim_end().ends_with('\\'))
}

/// Text over several lines, folded.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Cow::Owned(lines.join(" "))
}

/// Double quotes for single ones, where nothing in them would be read otherwise.
fn quoted(text: &str) -> Cow<'_, str> {
    let inner = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    match inner {
        Some(inner) if !inner.contains(['\'', '"', '\\', '\n']) => {
            Cow::Owned(format!("\"{inner}\""))
        }
        Some(_) | None => Cow::Borrowed(text),
    }
}
