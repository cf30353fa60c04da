//! Findings about documents: the text with carets under it for people. Programs and services have
//! a file each.

pub(crate) mod compact;
pub(crate) mod github;
mod json;
pub(crate) mod junit;
pub(crate) mod sarif;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use portolan_core::diagnostic::{Diagnostic, Label, Severity};
use portolan_core::source::{LineColumn, Source, Sources, Span};

use super::paint::{Paint, visible};
use crate::load::Policy;

/// Lines longer than this are named and not shown.
const LINE_BYTES: usize = 1_000;
/// Labels no further apart than this many lines share an excerpt.
const NEAR_LINES: u32 = 40;

/// Findings and what is needed to show them.
pub(crate) struct Findings<'a> {
    /// In order.
    pub(crate) diagnostics: &'a [Diagnostic],
    /// The files they are about.
    pub(crate) sources: &'a Sources,
    /// Where those files lie.
    pub(crate) policy: &'a Policy,
    /// How many more there are.
    pub(crate) left_out: usize,
}

impl Findings<'_> {
    /// For people: every finding, then how many there are.
    pub(crate) fn human(&self, paint: Paint) -> String {
        let renderer = if paint.colored {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut out = String::new();
        let shown = self.diagnostics.iter();
        for diagnostic in shown.filter(|d| d.severity > Severity::Info) {
            out.push_str(&self.one(diagnostic, &renderer));
            out.push_str("\n\n");
        }
        let count = |severity, word: &str| {
            Some(self.count(severity))
                .filter(|n| *n > 0)
                .map(|n| counted(n, word))
        };
        let parts = [
            count(Severity::Error, "error").map(|text| paint.error(&text)),
            count(Severity::Warning, "warning").map(|text| paint.warning(&text)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let mut summary = if parts.is_empty() {
            paint.good("no errors")
        } else {
            parts.join(", ")
        };
        if let Some(notes) = count(Severity::Info, "note") {
            let _ = write!(summary, ", {notes} that `--format compact` shows");
        }
        let more = match self.left_out {
            0 => String::new(),
            n => format!(" and {n} more that are not shown"),
        };
        let page = match self.codes().as_slice() {
            [] => String::new(),
            [code] => format!("; `portolan explain {code}` says more"),
            _ => "; `portolan explain CODE` says more of each".to_owned(),
        };
        let _ = writeln!(out, "{summary}{more}{page}");
        out
    }

    /// The codes of the findings that are shown to people, each once.
    fn codes(&self) -> Vec<&str> {
        let shown = self
            .diagnostics
            .iter()
            .filter(|d| d.severity > Severity::Info);
        let codes: BTreeSet<&str> = shown.map(|finding| finding.code).collect();
        codes.into_iter().collect()
    }

    fn count(&self, severity: Severity) -> usize {
        let same = self.diagnostics.iter().filter(|d| d.severity == severity);
        same.count()
    }

    fn one(&self, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let mut group = level
            .primary_title(visible(&diagnostic.message))
            .id(diagnostic.code)
            .elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
        for excerpt in self.excerpts(diagnostic) {
            group = match excerpt.text {
                None => group.element(
                    Origin::path(excerpt.path)
                        .line(excerpt.at.line as usize)
                        .char_column(excerpt.at.column as usize),
                ),
                Some(text) => {
                    let mut snippet = Snippet::source(text)
                        .path(excerpt.path)
                        .line_start(excerpt.first_line);
                    for (range, kind, label) in excerpt.marks {
                        let mark = kind.span(range);
                        let label = (!label.is_empty()).then_some(label);
                        snippet = snippet.annotation(mark.label(label));
                    }
                    group.element(snippet)
                }
            };
        }
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        renderer.render(&[group])
    }

    /// The primary label's excerpt first, then those of the related labels that are too far away
    /// to share it.
    fn excerpts<'s>(&'s self, diagnostic: &'s Diagnostic) -> Vec<Excerpt<'s>> {
        let mut clusters: Vec<Vec<(&Label, AnnotationKind)>> =
            vec![vec![(&diagnostic.primary, AnnotationKind::Primary)]];
        for label in &diagnostic.related {
            let near = clusters.iter_mut().find(|cluster| {
                cluster
                    .first()
                    .is_some_and(|(first, _)| self.near(first.span, label.span))
            });
            match near {
                Some(cluster) => cluster.push((label, AnnotationKind::Context)),
                None => clusters.push(vec![(label, AnnotationKind::Context)]),
            }
        }
        clusters
            .iter()
            .filter_map(|cluster| self.excerpt(cluster))
            .collect()
    }

    fn near(&self, a: Span, b: Span) -> bool {
        let line = |span: Span| self.sources.locate(span).start.line;
        a.source == b.source && line(a).abs_diff(line(b)) <= NEAR_LINES
    }

    fn excerpt<'s>(&'s self, cluster: &[(&'s Label, AnnotationKind)]) -> Option<Excerpt<'s>> {
        let (first, _) = cluster.first()?;
        let source = self.sources.get(first.span.source)?;
        let at = source.line_column(first.span.start);
        let path = self.policy.shown(source.name());
        let ranges: Vec<Range<usize>> = cluster
            .iter()
            .map(|(label, _)| clamp(source, label.span))
            .collect();
        let from = ranges.iter().map(|range| range.start).min()?;
        let to = ranges.iter().map(|range| range.end).max()?;
        let text = source.text();
        let start = text.get(..from)?.rfind('\n').map_or(0, |i| i + 1);
        let end = text.get(to..)?.find('\n').map_or(text.len(), |i| to + i);
        let lines = text.get(start..end)?;
        let marks = ranges.into_iter().zip(cluster);
        let marks = marks.map(|(range, (label, kind))| {
            let range = range.start - start..range.end - start;
            (range, *kind, visible(&label.message))
        });
        let shown = lines.lines().all(|line| line.len() <= LINE_BYTES);
        Some(Excerpt {
            path,
            at,
            text: shown.then_some(lines),
            first_line: source
                .line_column(u32::try_from(start).unwrap_or(u32::MAX))
                .line as usize,
            marks: marks.collect(),
        })
    }
}

/// Some lines of a file and what to mark in them.
struct Excerpt<'a> {
    path: String,
    at: LineColumn,
    /// Absent where a line is too long to show.
    text: Option<&'a str>,
    first_line: usize,
    marks: Vec<(Range<usize>, AnnotationKind, String)>,
}

/// A span as a range that lies in the text and splits no character.
fn clamp(source: &Source, span: Span) -> Range<usize> {
    let text = source.text();
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary(span.end as usize);
    start..end.max(start)
}

/// A number of things.
pub(crate) fn counted(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

#[cfg(test)]
mod tests;
