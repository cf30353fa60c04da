//! Messages: `{field}` and `{slot}` checked at compile time.

use std::collections::BTreeSet;

use super::diags;
use super::policy::{Piece, Slot, Template};
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::Type;
use crate::near;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Name, Operand, OperandKind, Path};

impl Resolver<'_> {
    /// Resolves a message. `advice` says whether slots such as `{successor}` may stand in it.
    pub(super) fn template(
        &mut self,
        text: &Name,
        reach: Reach,
        known: &BTreeSet<Term>,
        advice: bool,
    ) -> Template {
        let env = Env::knowing(reach, known);
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.value.char_indices().peekable();
        while let Some((start, c)) = rest.next() {
            match c {
                '{' if rest.next_if(|(_, c)| *c == '{').is_some() => plain.push('{'),
                '}' if rest.next_if(|(_, c)| *c == '}').is_some() => plain.push('}'),
                '}' => {
                    self.report(diags::bad_template(
                        inside(text, start, start + 1),
                        "a lone `}` in a message",
                    ));
                    return Template::default();
                }
                '{' => {
                    let Some(end) = text
                        .value
                        .get(start..)
                        .and_then(|t| t.find('}'))
                        .map(|n| start + n)
                    else {
                        let span = inside(text, start, text.value.len());
                        self.report(diags::bad_template(span, "a `{` that nothing closes"));
                        return Template::default();
                    };
                    while rest.next_if(|(i, _)| *i <= end).is_some() {}
                    let slot = text.value.get(start + 1..end).unwrap_or("");
                    let span = inside(text, start + 1, end);
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
                    }
                    pieces.extend(self.slot(slot, span, &env, advice));
                }
                other => plain.push(other),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Template { pieces }
    }

    fn slot(&mut self, slot: &str, span: Span, env: &Env, advice: bool) -> Option<Piece> {
        if let Some((_, known)) = Slot::NAMES.into_iter().find(|(name, _)| *name == slot) {
            if !advice {
                self.report(diags::slot_not_here(span, slot));
                return None;
            }
            return Some(Piece::Slot(known));
        }
        if !slot.contains('.') {
            let fields = Slot::NAMES.into_iter().map(|(name, _)| name);
            let near = near::nearest(slot, fields);
            self.report(diags::unknown_slot(span, slot, near));
            return None;
        }
        let operand = match slot.split_once(" without ") {
            Some((a, b)) => Operand {
                kind: OperandKind::Without(Box::new(path(a, span)), Box::new(path(b, span))),
                span,
            },
            None => path(slot, span),
        };
        let (term, of) = self.typed(&operand, None, env)?;
        if of == Type::Presence {
            self.report(diags::only_presence(span, slot));
            return None;
        }
        self.check_read(&term, env, span);
        Some(Piece::Term(term))
    }
}

/// A dotted path inside a message, every segment at the slot's place.
fn path(text: &str, span: Span) -> Operand {
    let segments = text
        .trim()
        .split('.')
        .map(|s| Spanned::new(s.to_owned(), span))
        .collect();
    Operand {
        kind: OperandKind::Path(Path { segments, span }),
        span,
    }
}

/// The place of a part of a string; the whole string where escapes shift it.
fn inside(text: &Name, start: usize, end: usize) -> Span {
    let written = (text.span.end - text.span.start) as usize;
    if written == text.value.len() + 2 {
        let base = text.span.start as usize + 1;
        Span::new(text.span.source, base + start, base + end)
    } else {
        text.span
    }
}
