//! YAML text to nodes, within budgets.
//!
//! Every plain scalar stays text, so `NO` is Norway. A file that would grow beyond what
//! `limits.rs` allows is refused before it does. `plain` reads what most catalogs are written in;
//! what it does not know, or finds wrong, granit reads from the start.

mod builder;
mod diags;
mod plain;

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};

use super::tree::{Node, Streams};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits;
use crate::source::{SourceId, Span};
use builder::{Builder, Stop, forbidden};

/// Reads one document; `None` when it cannot be read to its end.
pub(super) fn read<'a>(
    text: &'a str,
    source: SourceId,
    taker: &mut dyn Streams<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Node<'a>> {
    if text.len() > limits::SOURCE_BYTES {
        diagnostics.push(diags::source_too_large(Span::new(source, 0, 0)));
        return None;
    }
    // Readers differ on both: one ends the file at a NUL, one drops a later byte order mark.
    let mark = text.match_indices('\u{feff}').find(|(at, _)| *at > 0);
    let found = text.find('\0').map(|at| (at, '\0'));
    if let Some((at, c)) = found.or(mark.map(|(at, _)| (at, '\u{feff}'))) {
        let span = Span::new(source, at, at + c.len_utf8());
        diagnostics.push(diags::invalid_character(span, c));
        return None;
    }
    if let Some(root) = plain::read(text, source, taker) {
        return Some(root);
    }
    taker.restart();
    fully(text, source, taker, diagnostics)
}

/// Reads all of YAML.
fn fully<'a>(
    text: &'a str,
    source: SourceId,
    taker: &mut dyn Streams<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Node<'a>> {
    let mut builder = Builder::new(source, diagnostics, taker);
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: limits::SCALAR_BYTES,
        flow_nesting_limit: limits::YAML_NESTING + 1,
        block_nesting_limit: limits::YAML_NESTING + 1,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let step = match next {
            Ok((event, span)) => take(&mut builder, event, &span),
            Err(error) => builder.stop(syntax_error(&error, text, source)),
        };
        if let Err(Stop) = step {
            return None;
        }
    }
    Some(builder.finish())
}

fn syntax_error(error: &ScanError, text: &str, source: SourceId) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    let at = at.min(text.len());
    let line = text.get(at..).and_then(|rest| rest.lines().next());
    let culprit = line.and_then(|line| line.char_indices().find(|(_, c)| forbidden(*c)));
    if let Some((offset, c)) = culprit {
        let start = at + offset;
        return diags::invalid_character(Span::new(source, start, start + c.len_utf8()), c);
    }
    let end = text.get(at..).and_then(|rest| rest.chars().next());
    let width = end.filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let span = Span::new(source, at, at + width);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        diags::too_deep(span)
    } else {
        diags::syntax(span, &error.info())
    }
}

/// What one of granit's events means.
fn take<'a>(
    builder: &mut Builder<'a, '_>,
    event: Event<'a>,
    span: &granit_parser::Span,
) -> Result<(), Stop> {
    let range = span.byte_range().unwrap_or(0..0);
    let place = Span::new(builder.source, range.start, range.end);
    if event.tag().is_some() {
        let tag = span.tag_start().and_then(|mark| mark.byte_offset());
        let start = tag.unwrap_or(range.start);
        let at = Span::new(builder.source, start, range.start.max(start));
        builder.diagnostics.push(diags::tag(at));
    }
    match event {
        Event::DocumentStart(..) => builder.document(place),
        Event::Alias(id) => builder.alias(id, place),
        Event::UnresolvedAlias(name) => builder.stop(diags::unknown_anchor(place, &name)),
        Event::Scalar(text, style, anchor, _) => {
            let quoted = style != ScalarStyle::Plain;
            // The parser writes `~` for a value that is not there.
            let absent = range.is_empty() && !quoted;
            let text = if absent { Cow::Borrowed("") } else { text };
            builder.scalar(text, quoted, place, anchor)
        }
        Event::SequenceStart(_, anchor, _) => builder.open_sequence(place, anchor),
        Event::MappingStart(_, anchor, _) => builder.open_map(place, anchor),
        Event::SequenceEnd | Event::MappingEnd => {
            builder.close(place);
            Ok(())
        }
        Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentEnd
        | Event::Anchor(..)
        | Event::Comment(..) => Ok(()),
        // A later parser's news: better refused than ignored.
        _ => builder.stop(diags::syntax(place, "this notation is not known")),
    }
}

#[cfg(test)]
mod tests;
