//! Where text came from: sources, spans, line and column.
//!
//! Offsets are `u32` bytes; `limits::SOURCE_BYTES` keeps every file below that.
//! Nothing here renders; the command line does.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Identifies one source file within [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A half-open byte range in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span; offsets past `u32::MAX` saturate.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            source,
            start: clamp(start),
            end: clamp(end),
        }
    }

    /// The smallest span that covers both; the first one's file wins.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A value and the text it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Keeps the place and changes the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: f(self.value),
            span: self.span,
        }
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Lines from one mark of a file to the next: a mark for each line would cost a tenth of the file.
const LINES_BETWEEN_MARKS: usize = 64;

/// One file: its name as the host gave it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    /// Where every `LINES_BETWEEN_MARKS`th line starts, from the first on.
    marks: Vec<u32>,
}

impl Source {
    fn new(name: String, text: String) -> Self {
        let breaks = text.match_indices('\n').skip(LINES_BETWEEN_MARKS - 1);
        let starts = breaks.step_by(LINES_BETWEEN_MARKS);
        let later = starts.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX));
        let marks = std::iter::once(0).chain(later).collect();
        Self { name, text, marks }
    }

    /// The name as the host gave it, usually a path relative to the policy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let passed = self.marks.partition_point(|mark| *mark <= offset);
        let before = passed.saturating_sub(1);
        let mark = self.marks.get(before).map_or(0, |mark| *mark as usize);
        let offset = (offset as usize).min(self.text.len());
        let since = self.text.as_bytes().get(mark..offset).unwrap_or_default();
        let mut lines = since.split(|byte| *byte == b'\n');
        let start = offset - lines.next_back().map_or(0, <[u8]>::len);
        let breaks = lines.count();
        let head = self.text.get(start..offset);
        let line = before * LINES_BETWEEN_MARKS + breaks + 1;
        let column = head.map_or(1, |text| text.chars().count() + 1);
        LineColumn {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

/// All files of one policy, in the order in which they were loaded. A clone shares their text.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let source = Source::new(name.into(), text.into());
        self.files.push(Arc::new(source));
        id
    }

    /// The file with this id.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.files.get(id.0 as usize).map(Arc::as_ref)
    }

    /// The text that a span covers, empty when the span is not of these sources.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|s| s.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// File name, line and column of a span's start.
    pub fn locate(&self, span: Span) -> Location<'_> {
        let source = self.get(span.source);
        Location {
            file: source.map_or("", Source::name),
            start: source.map_or(LineColumn { line: 1, column: 1 }, |s| {
                s.line_column(span.start)
            }),
        }
    }

    /// Every file with its id.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        let files = self.files.iter().map(Arc::as_ref);
        (0u32..).map(SourceId).zip(files)
    }
}

/// Where a span starts, for people: `policy.portolan:31:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Its line and column.
    pub start: LineColumn,
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineColumn { line, column } = self.start;
        write!(f, "{}:{line}:{column}", self.file)
    }
}

/// Hands over the bytes of a file that a policy names.
///
/// The core does no I/O: the host decides what a path means. Paths are as seen from where the
/// entry path is, with `/` and without `.` or needless `..`.
pub trait Files {
    /// The bytes of the file.
    ///
    /// # Errors
    /// Why there are none, in words for the diagnostic.
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String>;
}

/// Texts in memory, by path.
impl<K: Ord + Borrow<str>> Files for &BTreeMap<K, String> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let found = self.get(path).map(|text| text.clone().into_bytes());
        found.ok_or_else(|| "there is no such file".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a", "ab\nçd\n");
        let source = sources.get(id).unwrap();
        assert_eq!(source.line_column(0), LineColumn { line: 1, column: 1 });
        assert_eq!(source.line_column(5), LineColumn { line: 2, column: 2 });
        assert_eq!(source.line_column(999).line, 3);
    }

    #[test]
    fn every_offset_of_a_long_file_has_the_line_that_counting_gives() {
        let lines = (0..300).map(|n| "ä".repeat(n % 5)).collect::<Vec<_>>();
        let text = lines.join("\n");
        let mut sources = Sources::default();
        let id = sources.add("a", text.clone());
        let source = sources.get(id).unwrap();
        for (offset, _) in text.char_indices() {
            let (before, _) = text.split_at(offset);
            let line = before.rsplit('\n').next().unwrap();
            let counted = LineColumn {
                line: 1 + u32::try_from(before.matches('\n').count()).unwrap(),
                column: 1 + u32::try_from(line.chars().count()).unwrap(),
            };
            let offset = u32::try_from(offset).unwrap();
            assert_eq!(source.line_column(offset), counted, "{offset}");
        }
    }
}
