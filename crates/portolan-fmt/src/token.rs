//! Text to tokens, with the comments and blank lines around them: what a tree leaves behind.
//!
//! Tokens are slices of the text, and nothing but blanks lies between them and their comments.
//! What they mean is known to `policy` and `catalog`; where one ends, to `token/end.rs`.

mod end;

pub(crate) use end::{in_catalog, in_policy};

/// A comment, from its sign to the end of its line, without blanks at its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comment<'a> {
    /// Its text, sign included.
    pub(crate) text: &'a str,
    /// A blank line stands before it.
    pub(crate) apart: bool,
    /// It does not begin in the first column.
    pub(crate) indented: bool,
}

/// A word, a number, a text, a sign.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    /// As written.
    pub(crate) text: &'a str,
    /// The offset of its first byte.
    pub(crate) start: usize,
    /// A blank line stands before it, behind its comments.
    pub(crate) apart: bool,
    /// It is the first of its line.
    pub(crate) leads: bool,
    /// Comments on lines of their own before it.
    pub(crate) before: Vec<Comment<'a>>,
    /// A comment behind it on its line.
    pub(crate) after: Option<Comment<'a>>,
}

/// A file as tokens.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    /// In order.
    pub(crate) tokens: Vec<Token<'a>>,
    /// Comments behind the last one.
    pub(crate) rest: Vec<Comment<'a>>,
}

/// Says where the token ends that a text begins with; nothing where it begins with none.
pub(crate) type End = fn(&str) -> Option<usize>;

/// Takes a text apart; nothing where some of it is no token of the language.
pub(crate) fn tokens(text: &str, end: End) -> Option<Tokens<'_>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = text.len() - body.len();
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut comments: Vec<Comment<'_>> = Vec::new();
    // Line breaks since the last token or comment; a file begins on a line of its own.
    let mut breaks = 1;
    let mut column = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = matches!(rest.as_bytes().first(), Some(b' ' | b'\t' | b'\r' | b'\n'));
        if blank {
            let ends_line = rest.starts_with('\n');
            breaks += usize::from(ends_line);
            column = if ends_line { 0 } else { column + 1 };
            at += 1;
        } else if rest.starts_with("//") {
            let line = rest.split('\n').next().unwrap_or(rest);
            let comment = Comment {
                text: line.trim_end_matches([' ', '\t', '\r']),
                apart: breaks > 1,
                indented: column > 0,
            };
            match found.last_mut() {
                Some(last) if breaks == 0 => last.after = Some(comment),
                Some(_) | None => comments.push(comment),
            }
            at += line.len();
            breaks = 0;
            column = line.len();
        } else {
            let length = end(rest).filter(|length| *length > 0)?;
            found.push(Token {
                text: rest.get(..length)?,
                start: at,
                apart: breaks > 1,
                leads: breaks > 0,
                before: std::mem::take(&mut comments),
                after: None,
            });
            at += length;
            breaks = 0;
            column += length;
        }
    }
    Some(Tokens {
        tokens: found,
        rest: comments,
    })
}

/// Every comment of a file, in order.
pub(crate) fn comments<'a>(file: &Tokens<'a>) -> Vec<&'a str> {
    let around = file.tokens.iter();
    let around = around.flat_map(|token| token.before.iter().chain(&token.after));
    around
        .chain(&file.rest)
        .map(|comment| comment.text)
        .collect()
}

/// Puts commas before the comments behind what they follow, and takes out those that are not
/// needed: layout writes them where they belong.
pub(crate) fn settle_commas(file: &mut Tokens<'_>, needless: impl Fn(usize) -> bool) {
    let mut settled: Vec<Token<'_>> = Vec::with_capacity(file.tokens.len());
    let mut left = std::mem::take(&mut file.tokens)
        .into_iter()
        .enumerate()
        .peekable();
    while let Some((position, mut token)) = left.next() {
        if token.text != "," {
            settled.push(token);
            continue;
        }
        let earlier = settled.last_mut().and_then(|last| last.after.take());
        let own_line = !token.before.is_empty();
        let (stays, leads) = match (earlier, token.after.take()) {
            (None, behind) if !own_line => (behind, None),
            (stays, behind) => (stays, behind),
        };
        let mut ahead = std::mem::take(&mut token.before);
        ahead.extend(leads);
        let next = left.peek_mut().map(|(_, next)| next);
        let closes = next
            .as_ref()
            .is_some_and(|next| matches!(next.text, "}" | "]" | ")"));
        if closes || needless(position) {
            if let Some(last) = settled.last_mut() {
                last.after = stays;
            }
        } else {
            token.after = stays;
            settled.push(token);
        }
        match next {
            Some(next) => {
                ahead.append(&mut next.before);
                next.before = ahead;
            }
            None => file.rest.splice(0..0, ahead).for_each(drop),
        }
    }
    file.tokens = settled;
}
