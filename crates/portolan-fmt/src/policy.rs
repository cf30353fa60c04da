//! Policies: which tokens begin a line, and how far in.
//!
//! An item's first line begins in the first column and its clauses two columns in, with what they
//! say one below the other. What one line holds is `layout`'s to break.

use crate::layout::{Layout, Node, Phrase, Style, phrase};
use crate::token::{Token, Tokens};
use crate::writer::Writer;

/// Where clauses begin.
const CLAUSE: usize = 2;

/// Clauses of rules that say something.
const VALUED: [&str; 9] = [
    "when", "blame", "say", "help", "noting", "as", "from", "until", "else",
];

/// Words with which a `prove` begins to say what it claims.
const GOALS: [&str; 7] = ["if", "every", "price", "never", "always", "some", "same"];

/// What an item is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One line.
    Plain,
    /// A head and clauses.
    Rule,
    /// A head and rows.
    Table,
    /// Name, requests, goal.
    Prove,
    /// Name, request, expectations.
    Test,
}

impl Kind {
    fn of(opener: &str) -> Self {
        match opener {
            "on" | "refuse" | "exclude" | "lock" | "skip" | "set" | "warn" | "limit" | "retry"
            | "amend" => Self::Rule,
            "table" => Self::Table,
            "prove" => Self::Prove,
            "test" => Self::Test,
            _ => Self::Plain,
        }
    }
}

/// Writes a policy whose items begin at these offsets.
pub(crate) fn write(file: &Tokens<'_>, starts: &[usize]) -> String {
    let mut writer = Writer::new();
    let items = chunks(&file.tokens, |position| {
        let token = file.tokens.get(position);
        token.is_some_and(|token| starts.binary_search(&token.start).is_ok())
    });
    let mut first = true;
    for tokens in items {
        let Some(opener) = tokens.first() else {
            continue;
        };
        writer.keep_blanks(true);
        between(&mut writer, &opener.before, first);
        first = false;
        item(&mut writer, tokens, Kind::of(opener.text));
    }
    writer.keep_blanks(true);
    between(&mut writer, &file.rest, first);
    writer.finish()
}

/// Writes comments between items: those that are indented below one belong to it.
fn between<'a>(writer: &mut Writer<'a>, comments: &[crate::token::Comment<'a>], first: bool) {
    let ends = |comment: &&crate::token::Comment<'_>| comment.indented && !comment.apart;
    let inside = if first {
        0
    } else {
        comments.iter().take_while(ends).count()
    };
    for (position, comment) in comments.iter().enumerate() {
        writer.line(if position < inside { CLAUSE } else { 0 });
        writer.comment(comment);
    }
    writer.line(0);
}

fn item<'a>(writer: &mut Writer<'a>, tokens: &[Token<'a>], kind: Kind) {
    let begins = beginnings(tokens, kind);
    let lines = chunks(tokens, |position| begins.contains(&position));
    let column = column(&lines, kind);
    for (position, line) in lines.iter().enumerate() {
        if position == 0 {
            writer.begin(0);
            head(writer, line, kind);
            writer.keep_blanks(kind == Kind::Table);
        } else {
            writer.begin(CLAUSE);
            clause(writer, line, kind, column);
        }
    }
}

/// An item's first line; what stands above it has been written.
fn head<'a>(writer: &mut Writer<'a>, line: &[Token<'a>], kind: Kind) {
    let Some((opener, rest)) = line.split_first() else {
        return;
    };
    let style = if kind == Kind::Table {
        Style::Columns
    } else {
        Style::Policy
    };
    if opener.apart {
        writer.blank();
    }
    writer.bare(opener, false);
    Layout::new(style).write(writer, &phrase(rest, style), Some(opener.text), CLAUSE);
}

/// What follows, a line each.
fn clause<'a>(writer: &mut Writer<'a>, line: &[Token<'a>], kind: Kind, column: usize) {
    // The tokens before the column, and those from it on.
    let named = match kind {
        Kind::Rule => usize::from(line.first().is_some_and(is_valued)),
        Kind::Table => 3,
        Kind::Prove | Kind::Test | Kind::Plain => 0,
    };
    let (front, rest) = line.split_at(named.min(line.len()));
    let layout = Layout::new(Style::Policy);
    let mut behind = None;
    for name in front {
        writer.token(name, name.text != ":");
        behind = Some(name.text);
    }
    if named > 0 && !writer.ended() {
        writer.fill(column);
    }
    layout.write(writer, &pieces(rest, kind), behind, CLAUSE + 2);
}

/// A clause with the parts of a `prove` that may go to lines of their own.
fn pieces<'t, 'a>(tokens: &'t [Token<'a>], kind: Kind) -> Phrase<'t, 'a> {
    let word = match (kind, tokens.first().map(|token| token.text)) {
        (Kind::Prove, Some("for")) => "between",
        (Kind::Prove, Some("if")) => "then",
        (_, _) => return phrase(tokens, Style::Policy),
    };
    let at = outside_brackets(tokens).find(|(_, token)| token.text == word);
    let Some((at, _)) = at else {
        return phrase(tokens, Style::Policy);
    };
    let (first, tail) = tokens.split_at(at);
    let mut pieces = phrase(first, Style::Policy);
    pieces.push(Node::Tail(if word == "between" {
        // The `and` in it joins no conditions.
        tail.iter().map(Node::Token).collect()
    } else {
        phrase(tail, Style::Policy)
    }));
    pieces
}

/// The column at which clauses say what they say.
fn column(lines: &[&[Token<'_>]], kind: Kind) -> usize {
    let clauses = lines.iter().skip(1);
    let width = |token: &Token<'_>| token.text.chars().count();
    match kind {
        Kind::Rule => {
            let words = clauses.filter_map(|line| line.first().filter(|word| is_valued(word)));
            CLAUSE + words.map(width).max().unwrap_or(0)
        }
        Kind::Table => {
            let keys = clauses.filter_map(|line| line.get(1));
            CLAUSE + "row :".len() + keys.map(width).max().unwrap_or(0)
        }
        Kind::Prove | Kind::Test | Kind::Plain => 0,
    }
}

fn is_valued(token: &Token<'_>) -> bool {
    VALUED.contains(&token.text)
}

/// Where lines of an item begin, besides its first.
fn beginnings(tokens: &[Token<'_>], kind: Kind) -> Vec<usize> {
    let mut found = Vec::new();
    let mut claims = false;
    for (position, token) in outside_brackets(tokens).skip(1) {
        let at = |position: usize| tokens.get(position).map_or("", |token| token.text);
        let begins = match kind {
            Kind::Plain => false,
            Kind::Rule => {
                is_valued(token)
                    || token.text == "overridable"
                    || (token.text == "without" && at(position + 1) == "fallbacks")
            }
            Kind::Table => token.text == "row",
            Kind::Test => token.text == "expect" || (position == 2 && token.text == "request"),
            Kind::Prove => {
                // `for every request` has an `every` of its own.
                let goal = position > 4 && !claims && GOALS.contains(&token.text);
                let goal = goal && !joins(at(position.saturating_sub(1)));
                claims |= goal;
                goal || position == 2
            }
        };
        if begins {
            found.push(position);
        }
    }
    found
}

/// Says whether a word expects a value behind it.
fn joins(word: &str) -> bool {
    matches!(
        word,
        "and" | "or" | "not" | "where" | "in" | "within" | "overlaps" | "of" | "matches"
    ) || word.starts_with(['=', '!', '<', '>'])
}

/// Tokens outside brackets, those that open or close included.
fn outside_brackets<'t, 'a>(
    tokens: &'t [Token<'a>],
) -> impl Iterator<Item = (usize, &'t Token<'a>)> {
    let mut depth = 0usize;
    tokens.iter().enumerate().filter(move |(_, token)| {
        let outside = depth == 0;
        match token.text {
            "{" | "(" => depth += 1,
            "}" | ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        outside
    })
}

/// Cuts before each such position.
fn chunks<'t, 'a>(tokens: &'t [Token<'a>], cut: impl Fn(usize) -> bool) -> Vec<&'t [Token<'a>]> {
    let cuts = (1..tokens.len()).filter(|position| cut(*position));
    let mut chunks = Vec::new();
    let mut from = 0;
    for to in cuts.chain([tokens.len()]) {
        chunks.extend(tokens.get(from..to));
        from = to;
    }
    chunks
}
