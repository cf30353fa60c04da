//! A rule's lines with the values of their parts below them, each under the text that it is of.

use std::fmt::Write as _;

use portolan_test::unfold::{Line, Mark, Unfolded};

use super::paint::{Paint, visible};
use crate::load::Policy;

/// Draws a rule.
pub(super) fn drawn(unfolded: &Unfolded, policy: &Policy, paint: Paint) -> String {
    let mut out = String::new();
    let digits = unfolded
        .lines
        .iter()
        .map(|line| line.number.to_string().len());
    let width = digits.max().unwrap_or(1);
    let mut last: Option<(&str, u32)> = None;
    for line in &unfolded.lines {
        if last.is_none_or(|(file, _)| file != line.file) {
            let place = format!("{}:{}", policy.shown(&line.file), line.number);
            let _ = writeln!(out, "{:width$}{}", "", paint.faint(&format!("--> {place}")));
        } else if last.is_some_and(|(_, number)| number + 1 < line.number) {
            let _ = writeln!(out, "{}", paint.faint("..."));
        }
        let number = paint.faint(&format!("{:width$} |", line.number));
        let _ = writeln!(out, "{number} {}", visible(&line.text.replace('\t', " ")));
        for row in rows(&line.marks) {
            let bar = paint.faint(&format!("{:width$} |", ""));
            let _ = writeln!(out, "{bar} {}", paint.help(&visible(&row)));
        }
        last = Some((&line.file, line.number));
    }
    out
}

/// What is about a rule, in words.
pub(super) fn about(unfolded: &Unfolded) -> String {
    let of = match (&unfolded.candidate, unfolded.fallback) {
        (Some(candidate), None) => format!(" for `{}`", visible(candidate)),
        (Some(candidate), Some(fallback)) => {
            format!(" for `{}` of fallbacks[{fallback}]", visible(candidate))
        }
        (None, Some(fallback)) => format!(" for fallbacks[{fallback}]"),
        (None, None) => String::new(),
    };
    let state = match (unfolded.kind, unfolded.holds, unfolded.in_force) {
        (_, _, false) => "is not in force at this date",
        ("lock", true, _) => "applies",
        ("lock", false, _) => "does not apply",
        (_, true, _) => "holds",
        (_, false, _) => "does not hold",
    };
    let name = visible(&unfolded.name);
    format!("{} `{name}` {state}{of}", unfolded.kind)
}

/// Rows of values, the rightmost first; bars lead down to those that have no room yet.
fn rows(marks: &[Mark]) -> Vec<String> {
    let mut left: Vec<(usize, &str)> = Vec::new();
    for mark in marks {
        let column = (mark.column as usize).saturating_sub(1);
        left.push((column, &mark.text));
    }
    let mut out = Vec::new();
    if !left.is_empty() {
        let bars: Vec<(usize, &str)> = left.iter().map(|(column, _)| (*column, "|")).collect();
        out.push(row(&bars));
    }
    while !left.is_empty() {
        let mut cells: Vec<(usize, &str)> = Vec::new();
        let mut waiting = Vec::new();
        // From the right: a value has room where the cell after it begins far enough away.
        let mut free = usize::MAX;
        for (column, text) in left.iter().rev() {
            if column + text.chars().count() < free {
                cells.push((*column, text));
                free = *column;
            } else {
                waiting.push((*column, *text));
                cells.push((*column, "|"));
                free = *column;
            }
        }
        cells.reverse();
        waiting.reverse();
        out.push(row(&cells));
        left = waiting;
    }
    out
}

fn row(cells: &[(usize, &str)]) -> String {
    let mut out = String::new();
    for (column, text) in cells {
        let length = out.chars().count();
        // Two values of one column stand below one another.
        if length > *column {
            continue;
        }
        out.extend(std::iter::repeat_n(' ', column - length));
        out.push_str(text);
    }
    out
}

/// A rule for programs.
#[derive(serde::Serialize)]
pub(super) struct Drawn<'a> {
    rule: &'a str,
    kind: &'a str,
    holds: bool,
    in_force: bool,
    candidate: Option<&'a str>,
    fallback: Option<usize>,
    lines: Vec<DrawnLine<'a>>,
}

#[derive(serde::Serialize)]
struct DrawnLine<'a> {
    file: String,
    line: u32,
    text: &'a str,
    values: Vec<(u32, &'a str)>,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(unfolded: &'a Unfolded, policy: &Policy) -> Self {
        let line = |line: &'a Line| DrawnLine {
            file: policy.shown(&line.file),
            line: line.number,
            text: &line.text,
            values: line
                .marks
                .iter()
                .map(|mark| (mark.column, &*mark.text))
                .collect(),
        };
        Self {
            rule: &unfolded.name,
            kind: unfolded.kind,
            holds: unfolded.holds,
            in_force: unfolded.in_force,
            candidate: unfolded.candidate.as_deref(),
            fallback: unfolded.fallback,
            lines: unfolded.lines.iter().map(line).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_under_their_columns_and_never_on_each_other() {
        let mark = |column, text: &str| Mark {
            column,
            text: text.to_owned(),
        };
        let marks = [mark(1, "true"), mark(4, "false"), mark(9, "us")];
        assert_eq!(
            rows(&marks),
            ["|  |    |", "|  |    us", "|  false", "true"]
        );
        assert!(rows(&[]).is_empty());
    }
}
