//! Phrases to lines: what fits on one stays on one; what does not is broken where it is widest,
//! between the operands of `or` and `and`, and at the commas inside brackets.

use crate::token::Token;
use crate::writer::{WIDTH, Writer};

/// A piece of a phrase.
#[derive(Debug)]
pub(crate) enum Node<'t, 'a> {
    /// A token.
    Token(&'t Token<'a>),
    /// What stands between brackets.
    Brackets(Brackets<'t, 'a>),
    /// Operands, each but the first with its operator in front.
    Chain(Vec<Phrase<'t, 'a>>),
    /// What goes to a line of its own where the phrase is broken.
    Tail(Phrase<'t, 'a>),
}

/// Pieces in order.
pub(crate) type Phrase<'t, 'a> = Vec<Node<'t, 'a>>;

/// Brackets and what is in them.
#[derive(Debug)]
pub(crate) struct Brackets<'t, 'a> {
    open: &'t Token<'a>,
    elements: Vec<(Phrase<'t, 'a>, Option<&'t Token<'a>>)>,
    close: Option<&'t Token<'a>>,
}

/// What differs from one language to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{ a, b }`, and `and` and `or` join conditions.
    Policy,
    /// As a policy, where brackets behind a name do not hug it.
    Columns,
    /// `{a: b}`
    Catalog,
}

/// Reads tokens as one phrase. The depth of brackets is bounded by whoever parsed them before.
pub(crate) fn phrase<'t, 'a>(tokens: &'t [Token<'a>], style: Style) -> Phrase<'t, 'a> {
    let mut tokens = tokens.iter();
    let mut nodes = Vec::new();
    while let Some(token) = tokens.next() {
        nodes.push(node(token, &mut tokens, style));
    }
    if style == Style::Catalog {
        nodes
    } else {
        chained(nodes)
    }
}

fn node<'t, 'a>(
    token: &'t Token<'a>,
    rest: &mut std::slice::Iter<'t, Token<'a>>,
    style: Style,
) -> Node<'t, 'a> {
    if !matches!(token.text, "{" | "(" | "[") {
        return Node::Token(token);
    }
    let mut elements = Vec::new();
    let mut element = Vec::new();
    let mut close = None;
    let whole = |nodes| {
        if style == Style::Catalog {
            nodes
        } else {
            chained(nodes)
        }
    };
    while let Some(token) = rest.next() {
        match token.text {
            "}" | ")" | "]" => {
                close = Some(token);
                break;
            }
            "," => elements.push((whole(std::mem::take(&mut element)), Some(token))),
            _ => element.push(node(token, rest, style)),
        }
    }
    if !element.is_empty() {
        elements.push((whole(element), None));
    }
    Node::Brackets(Brackets {
        open: token,
        elements,
        close,
    })
}

/// Joins what stands between `or`, and within that between `and`.
fn chained<'t, 'a>(nodes: Phrase<'t, 'a>) -> Phrase<'t, 'a> {
    let parts = split(nodes, "or");
    let inner = parts.into_iter().map(|part| joined(split(part, "and")));
    joined(inner.collect())
}

fn joined<'t, 'a>(mut parts: Vec<Phrase<'t, 'a>>) -> Phrase<'t, 'a> {
    if parts.len() > 1 {
        return vec![Node::Chain(parts)];
    }
    parts.pop().unwrap_or_default()
}

/// Begins a new part at each such operator.
fn split<'t, 'a>(nodes: Phrase<'t, 'a>, operator: &str) -> Vec<Phrase<'t, 'a>> {
    let mut parts = vec![Vec::new()];
    for node in nodes {
        if matches!(&node, Node::Token(token) if token.text == operator) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(node);
        }
    }
    parts
}

/// Writes phrases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    style: Style,
}

impl Layout {
    /// A layout in this style.
    pub(crate) fn new(style: Style) -> Self {
        Self { style }
    }

    /// Writes a phrase behind the token that stands there already, if one does; what goes to lines
    /// of its own begins at `hang`.
    pub(crate) fn write<'a>(
        self,
        writer: &mut Writer<'a>,
        phrase: &[Node<'_, 'a>],
        behind: Option<&str>,
        hang: usize,
    ) {
        if self.fits(writer, phrase, behind, 0) {
            self.flat(writer, phrase, behind);
        } else {
            self.broken(writer, phrase, behind, hang, 0);
        }
    }

    /// A phrase as text, without its comments.
    pub(crate) fn one_line(self, phrase: &[Node<'_, '_>]) -> String {
        let mut flat = Vec::new();
        self.flatten(phrase, None, &mut flat);
        let mut out = String::new();
        for (token, spaced) in flat {
            out.push_str(if spaced && !out.is_empty() { " " } else { "" });
            out.push_str(token.text);
        }
        out
    }

    /// Writes a phrase over several lines.
    fn broken<'a>(
        self,
        writer: &mut Writer<'a>,
        phrase: &[Node<'_, 'a>],
        behind: Option<&str>,
        hang: usize,
        free: usize,
    ) {
        let mut behind = behind;
        for (position, node) in phrase.iter().enumerate() {
            let rest = phrase.get(position + 1..).unwrap_or_default();
            let alone = std::slice::from_ref(node);
            let last = last_word(alone);
            match node {
                Node::Token(_) => self.flat(writer, alone, behind),
                Node::Tail(tail) => {
                    writer.line(hang);
                    self.part(writer, tail, None, hang + 2, free);
                }
                Node::Brackets(_) | Node::Chain(_)
                    if self.fits(writer, alone, behind, self.bound(rest, last, free)) =>
                {
                    self.flat(writer, alone, behind);
                }
                Node::Brackets(brackets) => self.brackets(writer, brackets, behind),
                Node::Chain(parts) => {
                    for (position, part) in parts.iter().enumerate() {
                        if position > 0 {
                            writer.line(hang);
                            behind = None;
                        }
                        let free = if position + 1 == parts.len() { free } else { 0 };
                        self.part(writer, part, behind, hang + 2, free);
                    }
                }
            }
            behind = last;
        }
    }

    fn part<'a>(
        self,
        writer: &mut Writer<'a>,
        phrase: &[Node<'_, 'a>],
        behind: Option<&str>,
        hang: usize,
        free: usize,
    ) {
        if self.fits(writer, phrase, behind, free) {
            self.flat(writer, phrase, behind);
        } else {
            self.broken(writer, phrase, behind, hang, free);
        }
    }

    /// One element a line.
    fn brackets<'a>(
        self,
        writer: &mut Writer<'a>,
        brackets: &Brackets<'_, 'a>,
        behind: Option<&str>,
    ) {
        let base = writer.indent();
        let inner = base + 2;
        writer.token(brackets.open, self.spaced(behind, brackets.open.text));
        let hanging = writer.hang(inner + 2);
        let lists = brackets.open.text != "(" || self.style == Style::Columns;
        for (position, (element, comma)) in brackets.elements.iter().enumerate() {
            let more = lists || position + 1 < brackets.elements.len();
            writer.line(inner);
            // Conditions in brackets stand below each other; all else hangs.
            let hang = if lists { inner + 2 } else { inner };
            self.part(writer, element, None, hang, usize::from(more));
            if more {
                writer.comma(*comma);
            }
        }
        if let Some(close) = brackets.close {
            if !close.before.is_empty() {
                writer.line(inner);
                close
                    .before
                    .iter()
                    .for_each(|comment| writer.comment(comment));
            }
            writer.line(base);
            writer.bare(close, false);
        }
        writer.hang(hanging);
    }

    /// Says whether a phrase fits on the current line with so many columns behind it.
    fn fits(
        self,
        writer: &Writer<'_>,
        phrase: &[Node<'_, '_>],
        behind: Option<&str>,
        free: usize,
    ) -> bool {
        let mut flat = Vec::new();
        self.flatten(phrase, behind, &mut flat);
        let last = flat.len().saturating_sub(1);
        let divided = flat.iter().enumerate().any(|(position, (token, _))| {
            let before = !token.before.is_empty() && (position > 0 || !writer.is_fresh());
            before || token.after.is_some() && position < last
        });
        !divided && !writer.ended() && writer.column() + width(&flat) + free <= WIDTH
    }

    /// The columns that must follow on the same line, up to where it may break again.
    fn bound(self, rest: &[Node<'_, '_>], behind: Option<&str>, free: usize) -> usize {
        let tokens = rest
            .iter()
            .take_while(|node| matches!(node, Node::Token(_)));
        let tokens = tokens.count();
        let mut flat = Vec::new();
        self.flatten(rest.get(..tokens).unwrap_or_default(), behind, &mut flat);
        width(&flat) + if tokens == rest.len() { free } else { 0 }
    }

    /// Writes a phrase without breaking it.
    fn flat<'a>(self, writer: &mut Writer<'a>, phrase: &[Node<'_, 'a>], behind: Option<&str>) {
        let mut flat = Vec::new();
        self.flatten(phrase, behind, &mut flat);
        for (token, spaced) in flat {
            writer.token(token, spaced);
        }
    }

    /// The tokens of a phrase, and whether a blank stands before each.
    fn flatten<'n, 't, 'a>(
        self,
        phrase: &'n [Node<'t, 'a>],
        behind: Option<&str>,
        flat: &mut Vec<(&'n Token<'a>, bool)>,
    ) where
        't: 'n,
    {
        let push = |token: &'n Token<'a>, flat: &mut Vec<(&'n Token<'a>, bool)>| {
            let behind = flat.last().map(|(token, _)| token.text).or(behind);
            flat.push((token, self.spaced(behind, token.text)));
        };
        for node in phrase {
            match node {
                Node::Token(token) => push(token, flat),
                Node::Tail(tail) => self.flatten(tail, behind, flat),
                Node::Chain(parts) => {
                    for part in parts {
                        self.flatten(part, behind, flat);
                    }
                }
                Node::Brackets(brackets) => {
                    push(brackets.open, flat);
                    for (element, comma) in &brackets.elements {
                        self.flatten(element, behind, flat);
                        if let Some(comma) = comma {
                            push(comma, flat);
                        }
                    }
                    if let Some(close) = brackets.close {
                        push(close, flat);
                    }
                }
            }
        }
    }

    /// Says whether a blank stands between two tokens.
    fn spaced(self, behind: Option<&str>, token: &str) -> bool {
        let Some(behind) = behind else {
            return true;
        };
        match (behind, token) {
            (_, "," | ":" | ")" | "]") | ("(" | "[", _) | ("{", "}") => false,
            (_, "}") | ("{", _) => self.style != Style::Catalog,
            (_, "(") => self.style != Style::Policy || !takes_arguments(behind),
            (_, _) => true,
        }
    }
}

/// Words behind which brackets hold a condition.
const BEFORE_CONDITIONS: [&str; 13] = [
    "and", "or", "not", "when", "where", "every", "in", "within", "overlaps", "of", "matches",
    "without", "is",
];

/// Says whether brackets behind a word hold what it is called with.
fn takes_arguments(word: &str) -> bool {
    let name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    name && !BEFORE_CONDITIONS.contains(&word)
}

fn width(flat: &[(&Token<'_>, bool)]) -> usize {
    let widths = flat
        .iter()
        .map(|(token, spaced)| token.text.chars().count() + usize::from(*spaced));
    widths.sum()
}

fn last_word<'a>(phrase: &[Node<'_, 'a>]) -> Option<&'a str> {
    match phrase.last()? {
        Node::Token(token) => Some(token.text),
        Node::Brackets(brackets) => brackets.close.map(|close| close.text),
        Node::Tail(tail) => last_word(tail),
        Node::Chain(parts) => last_word(parts.last()?),
    }
}
