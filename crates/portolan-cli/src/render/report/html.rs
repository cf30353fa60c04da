//! The document as one page, for a browser or a printer. It loads nothing and runs nothing: its
//! content security policy names its one style.

use std::fmt::Write as _;

use super::{Block, Document};
use crate::render::escape::{escaped, hash};

const STYLE: &str = include_str!("report.css");

/// Writes it.
pub(crate) fn html(document: &Document) -> String {
    let title = escaped(&document.title);
    let mut out = format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"referrer\" content=\"no-referrer\">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
",
        hash(STYLE)
    );
    for block in &document.blocks {
        let _ = match block {
            Block::Section(title) => writeln!(out, "<h2>{}</h2>", escaped(title)),
            Block::Entry { name, outcome } => writeln!(
                out,
                "<h3><span class=\"outcome {outcome}\">{outcome}</span> {}</h3>",
                escaped(name)
            ),
            Block::Text(text) => writeln!(out, "<p>{}</p>", escaped(text)),
            Block::Code(text) => {
                let lines: Vec<String> = text.lines().map(escaped).collect();
                writeln!(out, "<pre><code>{}</code></pre>", lines.join("\n"))
            }
            Block::Facts(facts) => {
                out.push_str("<table>\n<tbody>\n");
                for (name, value) in facts {
                    let (name, value) = (escaped(name), escaped(value));
                    let _ = writeln!(
                        out,
                        "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"
                    );
                }
                writeln!(out, "</tbody>\n</table>")
            }
        };
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}
