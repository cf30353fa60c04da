//! Lines as they grow: indentation, comments, and where those at the ends of lines stand.

use crate::token::{Comment, Token};

/// Columns that a line should not grow beyond.
pub(crate) const WIDTH: usize = 100;
/// Blanks from the longest of some neighbouring lines to the comments behind them.
const GAP: usize = 3;

/// One line.
struct Line<'a> {
    text: String,
    comment: Option<&'a str>,
    /// It ends in an opening bracket, or in something else that no blank line may follow.
    opens: bool,
    /// It stays as it is, also where it is blank.
    kept: bool,
}

/// Lines, the last of which is being written.
pub(crate) struct Writer<'a> {
    lines: Vec<Line<'a>>,
    current: String,
    /// Where the current line began.
    indent: usize,
    /// The comment at the end of the current line; nothing may follow it there.
    comment: Option<&'a str>,
    /// Nothing but blanks is on the current line.
    fresh: bool,
    /// The current line ends in an opening bracket.
    opens: bool,
    /// Where a line begins that only a comment made necessary.
    hanging: usize,
    /// Blank lines stay, one at a time.
    airy: bool,
}

impl<'a> Writer<'a> {
    /// Writes nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            lines: Vec::new(),
            current: String::new(),
            indent: 0,
            comment: None,
            fresh: true,
            opens: false,
            hanging: 0,
            airy: false,
        }
    }

    /// Goes to a new line, unless nothing is on this one.
    pub(crate) fn line(&mut self, indent: usize) {
        if !self.fresh {
            let text = std::mem::take(&mut self.current);
            let bare = text.trim_end_matches(' ');
            // A blank behind a backslash is said.
            let said = bare.len() + usize::from(bare.ends_with('\\'));
            self.lines.push(Line {
                text: text.get(..said).unwrap_or(&text).to_owned(),
                comment: self.comment.take(),
                opens: self.opens,
                kept: false,
            });
        }
        self.current.clear();
        self.current.push_str(&" ".repeat(indent));
        self.indent = indent;
        self.fresh = true;
    }

    /// Goes to a new line with which something begins: what belongs to it hangs two columns in.
    pub(crate) fn begin(&mut self, indent: usize) {
        self.line(indent);
        self.hanging = indent + 2;
    }

    /// Says where lines begin that only a comment makes necessary, and where they did before.
    pub(crate) fn hang(&mut self, hanging: usize) -> usize {
        std::mem::replace(&mut self.hanging, hanging)
    }

    /// Says whether blank lines stay.
    pub(crate) fn keep_blanks(&mut self, airy: bool) {
        self.airy = airy;
    }

    /// Leaves a line blank, but no second one, and none at the top of a file or of brackets.
    pub(crate) fn blank(&mut self) {
        let apart = |last: &Line<'_>| !last.text.is_empty() && !last.opens;
        if self.airy && self.fresh && self.lines.last().is_some_and(apart) {
            self.lines.push(Line {
                text: String::new(),
                comment: None,
                opens: false,
                kept: false,
            });
        }
    }

    /// Writes a comment on a line of its own.
    pub(crate) fn comment(&mut self, comment: &Comment<'a>) {
        if !self.fresh {
            self.line(self.hanging);
        }
        if comment.apart {
            self.blank();
        }
        self.current.push_str(comment.text);
        self.fresh = false;
        self.opens = false;
        self.line(self.indent);
    }

    /// Writes a token with its comments.
    pub(crate) fn token(&mut self, token: &Token<'a>, spaced: bool) {
        for comment in &token.before {
            self.comment(comment);
        }
        if token.apart {
            self.blank();
        }
        self.bare(token, spaced);
    }

    /// Writes a token without what stands before it.
    pub(crate) fn bare(&mut self, token: &Token<'a>, spaced: bool) {
        self.word(token.text, spaced);
        self.comment = token.after.map(|comment| comment.text);
    }

    /// Writes text that stands for several tokens, the last of which is this one.
    pub(crate) fn last_word(&mut self, text: &str, last: &Token<'a>) {
        self.word(text, true);
        self.comment = last.after.map(|comment| comment.text);
    }

    /// Ends the current line in a comment.
    pub(crate) fn end(&mut self, comment: Option<Comment<'a>>) {
        if let Some(comment) = comment {
            self.comment = Some(comment.text);
        }
    }

    /// Says that what follows stands below the current line, without a blank one.
    pub(crate) fn opens(&mut self) {
        self.opens = true;
    }

    /// Writes a line as it is.
    pub(crate) fn verbatim(&mut self, text: &str) {
        self.line(0);
        self.lines.push(Line {
            text: text.to_owned(),
            comment: None,
            opens: false,
            kept: true,
        });
    }

    /// Says that a blank line behind the last one would not be nothing.
    pub(crate) fn tight(&mut self) {
        if let Some(last) = self.lines.last_mut() {
            last.opens = true;
        }
    }

    /// Writes text of ours behind what stands there.
    pub(crate) fn word(&mut self, text: &str, spaced: bool) {
        if self.comment.is_some() {
            self.line(self.hanging);
        }
        if spaced && !self.fresh {
            self.current.push(' ');
        }
        self.current.push_str(text);
        self.fresh = false;
        self.opens = matches!(text, "{" | "(" | "[");
    }

    /// Writes a comma, before the comment at the line's end.
    pub(crate) fn comma(&mut self, comma: Option<&Token<'a>>) {
        self.current.push(',');
        self.fresh = false;
        if let Some(comment) = comma.and_then(|comma| comma.after) {
            self.comment = Some(comment.text);
        }
    }

    /// Fills up with blanks to a column, counted from 0.
    pub(crate) fn fill(&mut self, column: usize) {
        let missing = column.saturating_sub(self.column());
        self.current.push_str(&" ".repeat(missing));
    }

    /// The column of what comes next, counted from 0.
    pub(crate) fn column(&self) -> usize {
        self.current.chars().count()
    }

    /// The current line's indentation.
    pub(crate) fn indent(&self) -> usize {
        self.indent
    }

    /// Says whether nothing is on the current line.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Says whether the current line ends in a comment.
    pub(crate) fn ended(&self) -> bool {
        self.comment.is_some()
    }

    /// All lines, with the comments behind neighbouring ones one below the other.
    pub(crate) fn finish(mut self) -> String {
        self.line(0);
        while self
            .lines
            .last()
            .is_some_and(|last| last.text.is_empty() && !last.kept)
        {
            self.lines.pop();
        }
        let mut out = String::new();
        let neighbours = |a: &Line<'_>, b: &Line<'_>| a.comment.is_some() == b.comment.is_some();
        for run in self.lines.chunk_by(neighbours) {
            let widths = run.iter().map(|line| line.text.chars().count());
            let column = widths.max().unwrap_or(0) + GAP;
            for line in run {
                out.push_str(&line.text);
                if let Some(comment) = line.comment {
                    let width = line.text.chars().count();
                    out.push_str(&" ".repeat(column.saturating_sub(width)));
                    out.push_str(comment);
                }
                out.push('\n');
            }
        }
        out
    }
}
