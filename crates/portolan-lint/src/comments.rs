//! Comments of a document, in either notation: where each stands and what it says.

use portolan_core::source::{Source, SourceId, Span};

/// A comment: from its mark to the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    /// All of it.
    pub(crate) span: Span,
    /// What stands behind the mark.
    pub(crate) text: &'a str,
    /// Nothing but blanks stands before it.
    pub(crate) alone: bool,
}

/// The comments of a file; none of one that is neither rules nor YAML.
pub(crate) fn comments(id: SourceId, source: &Source) -> Vec<Comment<'_>> {
    let start = match source.name().rsplit_once('.') {
        Some((_, "portolan")) => in_rules,
        Some((_, "yaml" | "yml")) => in_yaml,
        Some(_) | None => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut offset = 0;
    for line in source.text().split_inclusive('\n') {
        let end = line.trim_end().len();
        if let Some((column, mark)) = start(line)
            && let Some(text) = line.get(column + mark..end.max(column + mark))
            && let Some(before) = line.get(..column)
        {
            found.push(Comment {
                span: Span::new(id, offset + column, offset + end.max(column + mark)),
                text,
                alone: before.trim().is_empty(),
            });
        }
        offset += line.len();
    }
    found
}

/// Where `//` stands outside a text; no text goes past its line.
fn in_rules(line: &str) -> Option<(usize, usize)> {
    let mut in_text = false;
    let mut escaped = false;
    let mut before = 0;
    for (column, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'/' if !in_text && before == b'/' => return Some((column - 1, 2)),
            _ => {}
        }
        before = if in_text { 0 } else { byte };
    }
    None
}

/// Where `#` stands behind a blank or at the start, outside quotes that this line opens.
fn in_yaml(line: &str) -> Option<(usize, usize)> {
    let mut quote = None;
    let mut before = b' ';
    // A quote opens a scalar only where one can begin.
    let mut begins = true;
    for (column, byte) in line.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) => {
                if byte == open && !(open == b'"' && before == b'\\') {
                    quote = None;
                }
            }
            (None, b'"' | b'\'') if begins => quote = Some(byte),
            (None, b'#') if before.is_ascii_whitespace() => return Some((column, 1)),
            (None, _) => {}
        }
        begins = match byte {
            b'[' | b'{' | b',' | b':' | b'-' => true,
            _ => begins && byte.is_ascii_whitespace(),
        };
        before = byte;
    }
    None
}

#[cfg(test)]
mod tests {
    use portolan_core::source::Sources;

    use super::*;

    fn texts(name: &str, text: &str) -> Vec<(String, bool)> {
        let mut sources = Sources::default();
        let id = sources.add(name, text);
        let source = sources.get(id).unwrap();
        let found = comments(id, source).into_iter();
        found
            .map(|c| (sources.slice(c.span).to_owned(), c.alone))
            .collect()
    }

    #[test]
    fn a_mark_in_a_text_opens_no_comment() {
        let rules = "say \"see https://a\" // why\n  // alone\nhelp \"a \\\" // b\"\n";
        assert_eq!(
            texts("p.portolan", rules),
            [("// why".to_owned(), false), ("// alone".to_owned(), true)]
        );
        let yaml = "a: 'x # y' # one\n# two\nb: it's # three\nc: d#e\nf: \"\\\" # g\"\n";
        assert_eq!(
            texts("c.yaml", yaml),
            [
                ("# one".to_owned(), false),
                ("# two".to_owned(), true),
                ("# three".to_owned(), false)
            ]
        );
        assert!(texts("t.csv", "# a\n").is_empty());
    }
}
