//! Silences: comments by which an author says that a finding is meant, and why.
//!
//! `// allow(dead-rule): kept for the migration` in rules, with `#` in YAML. Behind something, it
//! is about its own line. Alone on its line, it is about what comes next: the whole item of a
//! policy; in a catalog, and inside an item, the next line and all that is indented below it.

use portolan_core::diagnostic::Diagnostic;
use portolan_core::source::{Source, Span};

use crate::comments::Comment;
use crate::context::Context;

/// One silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// The codes it names, each with its place.
    pub codes: Vec<(String, Span)>,
    /// Why; empty where nobody says.
    pub reason: String,
    /// The comment.
    pub span: Span,
    /// What it is about.
    pub scope: Span,
}

/// The silence that a comment is, before anybody knows what it is about.
pub(crate) fn read(comment: &Comment<'_>) -> Option<Silence> {
    let rest = comment.text.trim_start().strip_prefix("allow(")?;
    let (inside, after) = rest.split_once(')')?;
    let marked = comment.span.end as usize - rest.len();
    let mut codes = Vec::new();
    let mut offset = marked;
    for part in inside.split(',') {
        let lead = part.len() - part.trim_start().len();
        let code = part.trim();
        let start = offset + lead;
        let span = Span::new(comment.span.source, start, start + code.len());
        codes.push((code.to_owned(), span));
        offset += part.len() + 1;
    }
    let reason = after.trim_start().strip_prefix(':').unwrap_or("").trim();
    Some(Silence {
        codes,
        reason: reason.to_owned(),
        span: comment.span,
        scope: comment.span,
    })
}

/// What a silence in a file is about; `items` are where the items of policies stand.
pub(crate) fn scope(comment: &Comment<'_>, source: &Source, items: &[Span]) -> Span {
    let text = source.text();
    let file = comment.span.source;
    let start = comment.span.start as usize;
    if !comment.alone {
        let line = text.get(..start).and_then(|before| before.rfind('\n'));
        return Span::new(file, line.map_or(0, |at| at + 1), comment.span.end as usize);
    }
    let after = comment.span.end as usize;
    let rest = text.get(after..).unwrap_or("");
    let mut offset = after;
    let mut scope: Option<(usize, usize, usize)> = None;
    for line in rest.split_inclusive('\n') {
        let bare = line.trim();
        let indent = line.len() - line.trim_start().len();
        let note = bare.is_empty() || bare.starts_with("//") || bare.starts_with('#');
        match &mut scope {
            _ if note => {}
            None => scope = Some((offset, offset + line.len(), indent)),
            Some((_, end, first)) if indent > *first => *end = offset + line.len(),
            Some(_) => break,
        }
        offset += line.len();
    }
    let Some((start, end, indent)) = scope else {
        return comment.span;
    };
    let from = start + indent;
    let whole = items
        .iter()
        .find(|item| item.source == file && item.start as usize == from);
    whole.map_or(Span::new(file, start, end), |item| {
        // Clauses need not be indented.
        Span::new(file, start, end.max(item.end as usize))
    })
}

/// The findings that nobody silenced, and the codes of silences that silenced nothing.
pub(crate) fn apply(
    context: &Context<'_>,
    found: Vec<Diagnostic>,
) -> (Vec<Diagnostic>, Vec<Silence>) {
    let mut unused: Vec<Silence> = context.silences().to_vec();
    let kept = found.into_iter().filter(|finding| {
        let mut silenced = false;
        for (silence, unused) in context.silences().iter().zip(&mut unused) {
            let named = silence.codes.iter().any(|(code, _)| code == finding.code);
            if named && covers(silence.scope, finding.primary.span) {
                silenced = true;
                unused.codes.retain(|(code, _)| code != finding.code);
            }
        }
        !silenced
    });
    let kept = kept.collect();
    unused.retain(|silence| !silence.codes.is_empty());
    (kept, unused)
}

fn covers(scope: Span, span: Span) -> bool {
    scope.source == span.source && scope.start <= span.start && span.start < scope.end
}
