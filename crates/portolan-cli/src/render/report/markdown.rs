//! The document as Markdown.

use std::fmt::Write as _;

use super::{Block, Document};
use crate::render::escape::in_markdown;
use crate::render::paint::visible;

/// Writes it.
pub(crate) fn markdown(document: &Document) -> String {
    let mut out = format!("# {}\n", in_markdown(&document.title));
    for block in &document.blocks {
        out.push('\n');
        let _ = match block {
            Block::Section(title) => writeln!(out, "## {}", in_markdown(title)),
            Block::Entry { name, outcome } => {
                writeln!(out, "### {outcome}: {}", in_markdown(name))
            }
            Block::Text(text) => writeln!(out, "{}", in_markdown(text)),
            Block::Code(text) => {
                let fence = fence(text);
                let lines: Vec<String> = text.lines().map(visible).collect();
                writeln!(out, "{fence}text\n{}\n{fence}", lines.join("\n"))
            }
            Block::Facts(facts) => {
                out.push_str("| | |\n|---|---|\n");
                for (name, value) in facts {
                    let (name, value) = (in_markdown(name), in_markdown(value));
                    let _ = writeln!(out, "| {name} | {value} |");
                }
                Ok(())
            }
        };
    }
    out
}

/// A fence that is longer than any run of backticks in a text, so that nothing in it ends it.
fn fence(text: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_fence() {
        assert_eq!(fence("a"), "```");
        assert_eq!(fence("a ```` b"), "`````");
    }
}
