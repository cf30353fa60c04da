//! Grammar to tree: the only file that sees pest.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enum has a variant for every token; each place knows the few that can come"
)]

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::{Pair, Pairs};

use super::ast::{
    Attribute, Define, InputType, Item, ItemKind, Name, Operand, Path, PreferKey, Table, Unique,
};
use super::condition;
use super::diags;
use super::items;
use super::literal;
use super::symbols::symbol;
use crate::diagnostic::Diagnostics;
use crate::near;
use crate::source::{Source, SourceId, Span, Spanned};
use crate::text;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "syntax/rules.pest"]
    pub(super) struct Grammar;
}
pub(super) use grammar::Rule;

/// Parses a policy file: every item that can be read, and a diagnostic for every one that cannot.
pub fn parse(id: SourceId, source: &Source, diagnostics: &mut Diagnostics) -> Vec<Item> {
    let mut out = Vec::new();
    invisible(id, source, diagnostics);
    for span in items::split(id, source, diagnostics) {
        let start = span.start as usize;
        let chunk = source.text().get(start..span.end as usize).unwrap_or("");
        match grammar::Grammar::parse(Rule::one, chunk) {
            Err(error) => {
                let found = syntax_error(id, start, chunk, &error);
                let at = source.text().get(found.primary.span.start as usize..);
                // What cannot be seen has been reported as such.
                if !at.is_some_and(|text| text.starts_with(hidden)) {
                    diagnostics.push(found);
                }
            }
            Ok(pairs) => {
                let mut builder = Builder {
                    id,
                    start,
                    diagnostics,
                    faulty: false,
                };
                match builder.item(pairs) {
                    Some(item) if !builder.faulty => out.push(item),
                    Some(_) => {}
                    None if builder.faulty => {}
                    None => diagnostics.push(diags::unreadable(span)),
                }
            }
        }
    }
    out
}

/// Characters that change how the text looks without being seen.
fn invisible(id: SourceId, source: &Source, diagnostics: &mut Diagnostics) {
    let characters = source.text().char_indices();
    for (i, c) in characters.filter(|(i, c)| hidden(*c) && !(*i == 0 && *c == '\u{feff}')) {
        diagnostics.push(diags::invisible_character(
            Span::new(id, i, i + c.len_utf8()),
            c,
        ));
    }
}

/// Draws nothing, and is no ordinary blank.
fn hidden(c: char) -> bool {
    !matches!(c, '\n' | '\r' | '\t') && text::invisible(c)
}

fn syntax_error(
    id: SourceId,
    start: usize,
    chunk: &str,
    error: &Error<Rule>,
) -> crate::diagnostic::Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let rest = chunk.get(at..).unwrap_or("");
    let rest = rest.trim_start();
    let at = chunk.len() - rest.len();
    let word_char = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length = match rest.find(|c: char| !word_char(c)) {
        Some(0) => rest.chars().next().map_or(0, char::len_utf8),
        Some(end) => end,
        None => rest.len(),
    };
    let found = rest.get(..length).unwrap_or("");
    let mut expected: Vec<&'static str> = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => {
            positives.iter().map(|r| symbol(*r)).collect()
        }
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    expected.retain(|word| *word != "a blank");
    let quoted = expected
        .iter()
        .filter_map(|w| w.strip_prefix('`')?.strip_suffix('`'));
    let clauses = expected.contains(&"a clause").then_some(items::CLAUSES);
    let known = quoted.chain(clauses.into_iter().flatten());
    let misspelt = near::nearest(found, known).map(str::to_owned);
    // Where the text breaks off, point at what came before rather than at nothing.
    let span = if found.is_empty() {
        let end = chunk.trim_end().len();
        let last = chunk
            .get(..end)
            .and_then(|c| c.chars().next_back())
            .map_or(0, char::len_utf8);
        Span::new(id, start + end - last, start + end)
    } else {
        Span::new(id, start + at, start + at + length)
    };
    let fault = diags::unexpected(span, found, &expected, misspelt.as_deref());
    let line = chunk
        .get(..at)
        .and_then(|before| before.rsplit('\n').next());
    let indented = line.is_some_and(|line| line.trim().is_empty());
    if indented && items::OPENERS.contains(&found) && expected.contains(&"a clause") {
        return fault.help(format!(
            "`{found}` opens an item: begin it at the start of its line"
        ));
    }
    if expected.contains(&"`set`") && expected.contains(&"`not`") {
        return fault.help("to compare, write `==`; `is` asks only whether something is set");
    }
    fault
}

/// Builds the tree of one item.
pub(super) struct Builder<'a> {
    id: SourceId,
    start: usize,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// A literal in the item was reported.
    pub(super) faulty: bool,
}

impl Builder<'_> {
    /// The place of a pair in the whole file.
    pub(super) fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let trimmed = span.as_str().trim_end().len();
        Span::new(
            self.id,
            self.start + span.start(),
            self.start + span.start() + trimmed,
        )
    }

    /// Reports a fault of a literal.
    pub(super) fn fault(&mut self, diagnostic: crate::diagnostic::Diagnostic) {
        self.faulty = true;
        self.diagnostics.push(diagnostic);
    }

    fn item(&mut self, mut pairs: Pairs<'_, Rule>) -> Option<Item> {
        let one = pairs.next()?;
        let item = one.into_inner().find(|p| p.as_rule() == Rule::item)?;
        let span = self.span(&item);
        let kind = self.item_kind(item.into_inner().next()?)?;
        Some(Item { kind, span })
    }

    fn item_kind(&mut self, pair: Pair<'_, Rule>) -> Option<ItemKind> {
        let token = pair.as_rule();
        let span = self.span(&pair);
        let mut parts = meaningful(pair);
        if token == Rule::edition {
            return Some(ItemKind::Edition(self.integer(&parts.next()?)));
        }
        Some(match token {
            Rule::policy => ItemKind::Policy(self.name(&parts.next()?)),
            Rule::overlay => {
                ItemKind::Overlay(self.name(&parts.next()?), self.string(parts.next()?))
            }
            Rule::use_catalog => ItemKind::UseCatalog(self.string(parts.next()?)),
            Rule::include => ItemKind::Include(self.string(parts.next()?)),
            Rule::attribute => ItemKind::Attribute(self.attribute(parts)?),
            Rule::opt_in => ItemKind::OptIn(self.path(&parts.next()?)),
            Rule::default => {
                ItemKind::Default(self.path(&parts.next()?), self.operand(parts.next()?)?)
            }
            Rule::define => ItemKind::Define(self.define(parts)?),
            Rule::table => ItemKind::Table(self.table(parts)?),
            Rule::model_prefix => ItemKind::ModelPrefix(self.string(parts.next()?)),
            Rule::through => ItemKind::ThroughAnyEndpoint,
            Rule::rule => ItemKind::Rule(self.rule(parts)?),
            Rule::amend => ItemKind::Amend(self.amend(parts)?),
            Rule::prefer => ItemKind::Prefer(self.each(parts, Self::prefer_key)?),
            Rule::plan => ItemKind::PlanAtMost(self.integer(&parts.next()?)),
            Rule::advance => ItemKind::Advance(self.classes(parts.next()?)),
            Rule::timeout => ItemKind::Timeout(self.each(parts, Self::span_of)?),
            Rule::unique => ItemKind::Unique(Unique {
                name: self.name(&parts.next()?),
                rules: parts.map(|rule| self.name(&rule)).collect(),
            }),
            Rule::prove => ItemKind::Prove(Box::new(self.prove(parts)?)),
            Rule::test => ItemKind::Test(self.test(parts)?),
            _ => {
                self.fault(diags::unreadable(span));
                return None;
            }
        })
    }

    pub(super) fn each<'i, T>(
        &mut self,
        pairs: impl Iterator<Item = Pair<'i, Rule>>,
        mut read: impl FnMut(&mut Self, Pair<'i, Rule>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut out = Vec::new();
        for pair in pairs {
            out.push(read(self, pair)?);
        }
        Some(out)
    }

    fn prefer_key(&mut self, pair: Pair<'_, Rule>) -> Option<PreferKey> {
        let lowest = pair
            .clone()
            .into_inner()
            .any(|p| p.as_rule() == Rule::kw_lowest);
        let path = self.path(&meaningful(pair).next()?);
        Some(PreferKey { lowest, path })
    }

    fn span_of(&mut self, pair: Pair<'_, Rule>) -> Option<(Name, Spanned<i64>)> {
        let mut parts = meaningful(pair);
        let name = self.name(&parts.next()?);
        Some((name, self.duration(&parts.next()?)))
    }

    fn attribute<'i>(&mut self, parts: impl Iterator<Item = Pair<'i, Rule>>) -> Option<Attribute> {
        let mut name = None;
        let mut optional = false;
        let mut of = None;
        let mut default = None;
        for part in parts {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::kw_optional => optional = true,
                Rule::input_type => of = Some(self.input_type(part)?),
                Rule::operand => default = Some(self.operand(part)?),
                _ => {}
            }
        }
        Some(Attribute {
            name: name?,
            optional,
            of: of?,
            default,
        })
    }

    fn input_type(&mut self, pair: Pair<'_, Rule>) -> Option<InputType> {
        let inner = pair.into_inner().next()?;
        let token = inner.as_rule();
        let mut names: Vec<Name> = meaningful(inner).map(|p| self.name(&p)).collect();
        if token == Rule::one_of {
            return Some(InputType::OneOf(names));
        }
        let name = names.pop()?;
        Some(if token == Rule::key_of {
            InputType::KeyOf(name)
        } else {
            InputType::Named(name)
        })
    }

    fn define<'i>(&mut self, mut parts: impl Iterator<Item = Pair<'i, Rule>>) -> Option<Define> {
        let name = self.name(&parts.next()?);
        let mut next = parts.next()?;
        let mut parameters = Vec::new();
        if next.as_rule() == Rule::parameters {
            parameters = self.parameters(next)?;
            next = parts.next()?;
        }
        let body = self.condition(next)?;
        Some(Define {
            name,
            parameters,
            body,
        })
    }

    pub(super) fn parameters(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<(Name, Name)>> {
        self.each(meaningful(pair), |this, parameter| {
            let mut parts = meaningful(parameter);
            let name = this.name(&parts.next()?);
            let of = this.name(&meaningful(parts.next()?).next()?);
            Some((name, of))
        })
    }

    fn table<'i>(&mut self, mut parts: impl Iterator<Item = Pair<'i, Rule>>) -> Option<Table> {
        let name = self.name(&parts.next()?);
        let mut next = parts.next()?;
        let mut from = None;
        if next.as_rule() == Rule::string {
            from = Some(self.string(next));
            next = parts.next()?;
        }
        let columns = self.parameters(next)?;
        let rows = self.each(parts, |this, row| {
            let mut cells = meaningful(row);
            let key = this.name_or_string(cells.next()?);
            let cells = this.each(cells, Self::operand)?;
            Some((key, cells))
        })?;
        Some(Table {
            name,
            from,
            columns,
            rows,
        })
    }

    pub(super) fn condition(&mut self, pair: Pair<'_, Rule>) -> Option<super::ast::Condition> {
        condition::condition(self, pair)
    }

    pub(super) fn operand(&mut self, pair: Pair<'_, Rule>) -> Option<Operand> {
        condition::operand(self, pair)
    }

    /// A dotted name, or a bare one as a path of one segment.
    pub(super) fn path(&mut self, pair: &Pair<'_, Rule>) -> Path {
        let span = self.span(pair);
        let word = |p: &Pair<'_, Rule>| matches!(p.as_rule(), Rule::word | Rule::segment);
        let inner = pair.clone().into_inner().filter(word);
        let segments = inner
            .map(|p| Spanned::new(p.as_str().to_owned(), self.span(&p)))
            .collect();
        Path { segments, span }
    }

    /// The text of a name.
    pub(super) fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        Spanned::new(pair.as_str().trim_end().to_owned(), self.span(pair))
    }

    pub(super) fn name_or_string(&mut self, pair: Pair<'_, Rule>) -> Name {
        if pair.as_rule() == Rule::string {
            self.string(pair)
        } else {
            self.name(&pair)
        }
    }

    /// A string with its escapes undone; the span is that of the quotes and all.
    pub(super) fn string(&mut self, pair: Pair<'_, Rule>) -> Name {
        literal::string(self, pair)
    }

    /// A whole number.
    pub(super) fn integer(&mut self, pair: &Pair<'_, Rule>) -> Spanned<i64> {
        literal::integer(self, pair)
    }

    /// A duration in milliseconds.
    pub(super) fn duration(&mut self, pair: &Pair<'_, Rule>) -> Spanned<i64> {
        literal::duration(self, pair)
    }

    /// A date or an instant.
    pub(super) fn instant(&mut self, pair: &Pair<'_, Rule>) -> Option<crate::instant::Instant> {
        literal::instant(self, pair)
    }

    pub(super) fn status(&mut self, pair: &Pair<'_, Rule>) -> Spanned<u16> {
        Spanned::new(
            pair.as_str().trim_end().parse().unwrap_or(0),
            self.span(pair),
        )
    }
}

/// The inner pairs that carry meaning: keywords and punctuation left out, except the words that
/// are themselves what is said.
pub(super) fn meaningful(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    pair.into_inner().filter(|p| {
        matches!(
            p.as_rule(),
            Rule::name
                | Rule::string
                | Rule::path
                | Rule::operand
                | Rule::condition
                | Rule::integer
                | Rule::instant
                | Rule::duration
                | Rule::status
                | Rule::input_type
                | Rule::parameters
                | Rule::parameter
                | Rule::type_name
                | Rule::row
                | Rule::clause
                | Rule::key
                | Rule::classes
                | Rule::class
                | Rule::times
                | Rule::span_of
                | Rule::where_part
                | Rule::between_part
                | Rule::goal
                | Rule::implication
                | Rule::premise
                | Rule::given_every
                | Rule::given_routes
                | Rule::given_refused
                | Rule::claim
                | Rule::every_attempt
                | Rule::price_at_most
                | Rule::never_routes
                | Rule::always_routes
                | Rule::always_refused
                | Rule::with_code
                | Rule::some_model_routes
                | Rule::same_decision
                | Rule::negation
                | Rule::money
                | Rule::fields
                | Rule::field
                | Rule::expect
                | Rule::expect_refuse
                | Rule::expect_route
                | Rule::expect_warn
                | Rule::expect_drop
                | Rule::on_point
                | Rule::refuse
                | Rule::exclude
                | Rule::lock
                | Rule::skip
                | Rule::set
                | Rule::warn
                | Rule::limit
                | Rule::retry
                | Rule::kw_optional
                | Rule::kw_chain
        )
    })
}
