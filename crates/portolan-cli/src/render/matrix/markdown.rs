//! The table as Markdown, as a pull request shows it.

use std::fmt::Write;

use super::{Shown, tables};
use crate::render::paint::visible;

/// Writes it.
pub(crate) fn markdown(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    let policy = text(shown.matrix.policy);
    let _ = writeln!(out, "## What is available by {policy}, {}\n", shown.span());
    let tables::Page { sections, legend } = tables::page(shown);
    for section in &sections {
        // A column in which no row says anything is left out.
        let says = |column: &usize| {
            let mut cells = section.rows.iter().filter_map(|row| row.get(*column));
            cells.any(|cell| !cell.is_empty())
        };
        let columns: Vec<usize> = (0..section.header.len()).filter(says).collect();
        let line = |cells: &[String]| {
            let cells = columns.iter().filter_map(|column| cells.get(*column));
            let cells: Vec<String> = cells.map(|cell| text(cell)).collect();
            format!("| {} |", cells.join(" | "))
        };
        let _ = writeln!(out, "### {}\n", text(&section.title));
        let _ = writeln!(out, "{}", line(&section.header));
        let _ = writeln!(out, "|{}", "---|".repeat(columns.len()));
        for row in &section.rows {
            let _ = writeln!(out, "{}", line(row));
        }
        out.push('\n');
    }
    if sections.is_empty() {
        out.push_str("Nothing is offered.\n\n");
    }
    for line in legend {
        let _ = writeln!(out, "- {}", text(&line));
    }
    let _ = writeln!(out, "- snapshot: {}", shown.matrix.snapshot);
    let _ = writeln!(out, "- made with: {}", text(&shown.command));
    out
}

/// Text with nothing in it that Markdown or HTML would take for more. Words keep their hyphens,
/// dots and underscores, which mean nothing between letters and digits.
fn text(raw: &str) -> String {
    let mut out = String::new();
    let visible = visible(raw);
    let mut before = ' ';
    let mut rest = visible.chars().peekable();
    while let Some(c) = rest.next() {
        let word = |c: char| c.is_alphanumeric();
        let inside = word(before) && rest.peek().is_some_and(|next| word(*next));
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '|' | '*' | '[' | ']' | '`' | '~' | '!' | '#' | '@' => {
                out.push('\\');
                out.push(c);
            }
            '_' if !inside => out.push_str("\\_"),
            // An address is no address without its colon.
            ':' if rest.peek() == Some(&'/') => out.push_str("&#58;"),
            c => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(text("gpt-4.1_mini"), "gpt-4.1_mini");
        assert_eq!(text("a|b`c`*d*"), r"a\|b\`c\`\*d\*");
        assert_eq!(text("<script>x</script>"), "&lt;script&gt;x&lt;/script&gt;");
        assert_eq!(text("[x](http://a)"), r"\[x\](http&#58;//a)");
        assert_eq!(text("_x_"), r"\_x\_");
        assert_eq!(text("a\nb\u{202e}"), "a\\\\u{a}b\\\\u{202e}");
    }
}
