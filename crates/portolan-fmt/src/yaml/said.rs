//! What a YAML text says, layout left aside: two texts with equal lists are the same data, written
//! with the same quotes, anchors and brackets, and have the same comments in the same order.

use std::borrow::Cow;

use granit_parser::{Event, ScalarStyle, StructureStyle};

use super::parser;

/// One thing that is said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// A scalar: its text, how it is quoted, its anchor.
    Scalar(Cow<'a, str>, Quoted, usize),
    /// An alias of an anchor.
    Alias(usize),
    /// An anchor's name.
    Anchor(Cow<'a, str>),
    /// A collection begins: a map or a list, in brackets or not, its anchor.
    Open(bool, bool, usize),
    /// A collection ends.
    Close,
}

/// How a scalar is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Quoted {
    /// As it is, or not at all.
    Plain(bool),
    /// In quotes of either kind.
    Quotes,
    /// As a block, lines kept or folded.
    Block(bool),
}

/// All that a text says, and its comments; nothing where it cannot be read.
pub(crate) fn said(text: &str) -> Option<(Vec<Said<'_>>, Vec<String>)> {
    let (mut all, mut comments) = (Vec::new(), Vec::new());
    for next in parser(text) {
        let (event, span) = next.ok()?;
        let flow = |style| style == StructureStyle::Flow;
        match event {
            Event::Comment(text, _) => {
                comments.push(text.trim_end_matches([' ', '\t', '\r']).to_owned());
            }
            Event::Anchor(_, name) => all.push(Said::Anchor(name)),
            Event::Alias(anchor) => all.push(Said::Alias(anchor)),
            Event::Scalar(text, style, anchor, _) => {
                let written = span.byte_range().is_some_and(|range| !range.is_empty());
                let quoted = match style {
                    ScalarStyle::Plain => Quoted::Plain(written),
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Quoted::Quotes,
                    ScalarStyle::Literal => Quoted::Block(true),
                    ScalarStyle::Folded => Quoted::Block(false),
                };
                all.push(Said::Scalar(text, quoted, anchor));
            }
            Event::SequenceStart(style, anchor, _) => {
                all.push(Said::Open(false, flow(style), anchor));
            }
            Event::MappingStart(style, anchor, _) => {
                all.push(Said::Open(true, flow(style), anchor));
            }
            Event::SequenceEnd | Event::MappingEnd => all.push(Said::Close),
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd => {}
            Event::UnresolvedAlias(_) | _ => return None,
        }
    }
    Some((all, comments))
}
