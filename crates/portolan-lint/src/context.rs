//! What lints look at: a policy as written, as typed and as compiled, and what more than one of
//! them asks of it.

use std::cell::OnceCell;
use std::ops::Deref;

use portolan_core::catalog::raw;
use portolan_core::diagnostic::Fix;
use portolan_core::engine::{Documents, Engine};
use portolan_core::instant::Instant;
use portolan_core::policy::{self, RuleId};
use portolan_core::source::{SourceId, Sources, Span};
use portolan_core::syntax::ast::{self, Item, ItemKind};

use crate::comments::{Comment, comments};
use crate::silence::{self, Silence};
use crate::survey::Surveyed;

/// A policy to look at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Every file.
    pub sources: &'a Sources,
    /// The policy's items, includes in their place and overlays applied.
    pub items: &'a [Item],
    /// The catalogs as written.
    pub catalogs: &'a [raw::Catalog],
    /// The policy and its catalog, checked and compiled.
    pub engine: &'a Engine,
    /// The instant for which dates are judged.
    pub today: Instant,
}

impl<'a> Subject<'a> {
    /// A policy that compiled, and what it was compiled from.
    pub fn new(engine: &'a Engine, documents: &'a Documents, today: Instant) -> Self {
        Self {
            sources: engine.sources(),
            items: &documents.items,
            catalogs: &documents.catalogs,
            engine,
            today,
        }
    }
}

/// A rule as written and as typed.
#[derive(Clone, Copy)]
pub struct WrittenRule<'a> {
    /// Its position.
    pub id: RuleId,
    /// With every name resolved.
    pub typed: &'a policy::Rule,
    /// As written.
    pub written: &'a ast::Rule,
    /// All of its text.
    pub span: Span,
}

impl<'a> WrittenRule<'a> {
    /// Its condition as written, where it has one.
    pub fn when(&self) -> Option<&'a ast::Condition> {
        let mut clauses = self.written.clauses.iter();
        clauses.find_map(|clause| {
            if let ast::ClauseKind::When(condition) = &clause.kind {
                Some(condition)
            } else {
                None
            }
        })
    }
}

/// A subject, and what is worked out about it once.
pub struct Context<'a> {
    subject: Subject<'a>,
    items: Vec<Span>,
    comments: Vec<Comment<'a>>,
    silences: Vec<Silence>,
    surveyed: OnceCell<Option<Surveyed>>,
}

impl<'a> Deref for Context<'a> {
    type Target = Subject<'a>;

    fn deref(&self) -> &Subject<'a> {
        &self.subject
    }
}

impl<'a> Context<'a> {
    pub(crate) fn new(subject: &Subject<'a>) -> Self {
        let subject = *subject;
        let files = subject.sources.iter();
        let comments: Vec<Comment<'a>> = files
            .flat_map(|(id, source)| comments(id, source))
            .collect();
        let items: Vec<Span> = subject
            .items
            .iter()
            .map(|item| trimmed(subject.sources, &comments, item.span, |c| c.alone))
            .collect();
        let silences = comments.iter().filter_map(|comment| {
            let silence = silence::read(comment)?;
            let source = subject.sources.get(comment.span.source)?;
            Some(Silence {
                scope: silence::scope(comment, source, &items),
                ..silence
            })
        });
        Self {
            subject,
            silences: silences.collect(),
            items,
            comments,
            surveyed: OnceCell::new(),
        }
    }

    /// The comments that silence something, or mean to.
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// Every item with its text, which ends before the comments that belong to the next one.
    pub fn items(&self) -> impl Iterator<Item = (&'a Item, Span)> {
        self.subject.items.iter().zip(self.items.iter().copied())
    }

    /// Every rule that the policy words, in source order.
    pub fn rules(&self) -> impl Iterator<Item = WrittenRule<'a>> {
        let policy = self.subject.engine.policy();
        self.items().filter_map(move |(item, span)| {
            let ItemKind::Rule(written) = &item.kind else {
                return None;
            };
            let (id, typed) = policy
                .rules()
                .find(|(_, rule)| rule.span == written.head_span && !rule.built_in)?;
            Some(WrittenRule {
                id,
                typed,
                written,
                span,
            })
        })
    }

    /// What all requests show of the rules; `None` where there are too many to go through.
    pub fn surveyed(&self) -> Option<&Surveyed> {
        let made = self.surveyed.get_or_init(|| Surveyed::new(self));
        made.as_ref()
    }

    /// An item's text with the end of its line, where nothing else stands on it: what to delete.
    pub fn with_its_line(&self, span: Span) -> Span {
        let source = self.subject.sources.get(span.source);
        let rest = source.and_then(|source| source.text().get(span.end as usize..));
        let rest = rest.unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let newline = rest
            .get(blanks..)
            .is_some_and(|rest| rest.starts_with('\n'));
        let more = if newline { blanks + 1 } else { 0 };
        Span {
            end: span.end + u32::try_from(more).unwrap_or(0),
            ..span
        }
    }

    /// A fix that deletes an item whose lack changes no decision. It is safe where no comment
    /// stands inside it.
    pub fn deletion(&self, item: Span) -> Fix {
        let whole = self.with_its_line(item);
        if self.has_comment(item) {
            Fix::risky(whole, "")
        } else {
            Fix::safe(whole, "")
        }
    }

    /// Says whether a comment stands in a text.
    pub fn has_comment(&self, span: Span) -> bool {
        self.comments.iter().any(|comment| {
            let at = comment.span;
            at.source == span.source && span.start <= at.start && at.start < span.end
        })
    }

    /// The first line of a longer text.
    pub fn first_line(&self, span: Span) -> Span {
        let line = self.slice(span).lines().next().unwrap_or("");
        let length = u32::try_from(line.trim_end().len()).unwrap_or(0);
        Span {
            end: span.start + length,
            ..span
        }
    }

    /// A text without the blanks and comments at its end.
    pub fn trimmed(&self, span: Span) -> Span {
        trimmed(self.subject.sources, &self.comments, span, |_| true)
    }

    /// The first line of the first file: what is said of a policy as a whole is said there.
    pub fn whole(&self) -> Span {
        let first = self.subject.sources.iter().next();
        let (id, text) = first.map_or((SourceId(0), ""), |(id, source)| (id, source.text()));
        let line = text.lines().next().unwrap_or("");
        Span::new(id, 0, line.trim_end().len())
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'a str {
        self.subject.sources.slice(span)
    }

    /// Two places with the same number have the same cause: an item of a policy, a line elsewhere.
    pub(crate) fn cause(&self, span: Span) -> u64 {
        let holds = |item: &&Span| {
            item.source == span.source && item.start <= span.start && span.start < item.end
        };
        let line = || {
            let source = self.subject.sources.get(span.source);
            let text = source.map_or("", |source| source.text());
            let before = text.get(..span.start as usize).unwrap_or("");
            let line = before.rfind('\n').map_or(0, |at| at + 1);
            u32::try_from(line).unwrap_or(u32::MAX)
        };
        let item = self.items.iter().find(holds);
        let start = item.map_or_else(line, |item| item.start);
        u64::from(span.source.0) << 32 | u64::from(start)
    }
}

/// A text without the blanks at its end, and without such comments there.
fn trimmed(
    sources: &Sources,
    comments: &[Comment<'_>],
    span: Span,
    such: impl Fn(&Comment<'_>) -> bool,
) -> Span {
    let bare = |span: Span| {
        let text = sources.slice(span).trim_end();
        Span {
            end: span.start + u32::try_from(text.len()).unwrap_or(0),
            ..span
        }
    };
    let mut span = bare(span);
    for comment in comments.iter().rev() {
        let at_the_end = comment.span.source == span.source && comment.span.end == span.end;
        if at_the_end && comment.span.start >= span.start && such(comment) {
            let end = comment.span.start;
            span = bare(Span { end, ..span });
        }
    }
    span
}
