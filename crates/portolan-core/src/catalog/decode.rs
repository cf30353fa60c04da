//! Nodes to the catalog as written: which keys an entry takes, and what each value is.
//!
//! Every fault is reported at its place and leaves a hole; reading goes on. Nothing here looks at
//! two entries at once.

mod diags;
mod entries;
mod facts;
mod models;

use super::once::Once;
use super::raw;
use super::shape;
use super::spelling::Speller;
use super::tree::{self, Node, Streams, Value};
use crate::decimal::{Decimal, DecimalError};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::instant::Instant;
use crate::source::{SourceId, Span, Spanned};

/// Reads a file: entries of its large sections as they come, and the rest when all is there.
#[derive(Default)]
pub(super) struct Reading {
    decoder: Decoder,
    models: Vec<raw::Named<raw::Model>>,
    aliases: Vec<raw::Named<raw::Fact<raw::AliasTarget>>>,
}

impl<'a> Streams<'a> for Reading {
    fn takes(&self, section: &str) -> Option<&'static str> {
        ["models", "aliases"].into_iter().find(|s| *s == section)
    }

    fn take(&mut self, section: &'static str, entry: tree::Entry<'a>) {
        if section == "models" {
            let model = self.decoder.named(entry, Decoder::model);
            self.models.push(model);
        } else {
            let alias = self.decoder.named(entry, Decoder::alias);
            self.aliases.push(alias);
        }
    }

    fn restart(&mut self) {
        *self = Self::default();
    }
}

impl Reading {
    /// Reads what was not taken, and gives all.
    pub(super) fn finish(
        self,
        root: Node<'_>,
        file: SourceId,
        diagnostics: &mut Diagnostics,
    ) -> raw::Catalog {
        let mut decoder = self.decoder;
        let mut catalog = raw::Catalog {
            file,
            faulty: false,
            title: None,
            aside: None,
            include: Vec::new(),
            sources: Vec::new(),
            places: Vec::new(),
            scores: Vec::new(),
            capabilities: Vec::new(),
            parameters: Vec::new(),
            regions: Vec::new(),
            endpoints: Vec::new(),
            makers: Vec::new(),
            providers: Vec::new(),
            models: self.models,
            aliases: self.aliases,
        };
        let at = Span {
            end: root.span.start,
            ..root.span
        };
        let form = Form {
            of: "a catalog",
            shape: &shape::CATALOG,
            at,
        };
        catalog.aside = decoder.keys(root, &form, |d, key, node| match key {
            "catalog" => d.edition(&node),
            "title" => catalog.title = d.text(&node, "a title"),
            "include" => {
                let paths = d.list(node, "a list of paths", Decoder::name);
                catalog.include = paths.into_iter().map(|p| p.map(String::from)).collect();
            }
            "sources" => catalog.sources = d.section(node, "sources", Decoder::origin),
            "places" => catalog.places = d.section(node, "places", Decoder::place),
            "scores" => catalog.scores = d.section(node, "scores", Decoder::score),
            "capabilities" => catalog.capabilities = d.words(node),
            "parameters" => catalog.parameters = d.words(node),
            "regions" => catalog.regions = d.section(node, "regions", Decoder::region),
            "endpoints" => catalog.endpoints = d.section(node, "endpoints", Decoder::endpoint),
            "makers" => catalog.makers = d.section(node, "makers", Decoder::maker),
            "providers" => catalog.providers = d.section(node, "providers", Decoder::provider),
            "models" => catalog
                .models
                .extend(d.section(node, "models", Decoder::model)),
            "aliases" => catalog
                .aliases
                .extend(d.section(node, "aliases", Decoder::alias)),
            _ => {}
        });
        diagnostics.extend(decoder.diagnostics);
        catalog
    }
}

/// What an entry is read as.
struct Form<'f> {
    /// What it is, for people.
    of: &'f str,
    /// What it takes.
    shape: &'static shape::Form,
    /// Where it is named, for what is missing.
    at: Span,
}

/// What stands beside an entry that has something: most have nothing, and a box for each would
/// double a large catalog.
fn beside(aside: &mut Option<Box<raw::Aside>>) -> &mut raw::Aside {
    aside.get_or_insert_default()
}

#[derive(Default)]
struct Decoder {
    diagnostics: Diagnostics,
    once: Once,
    speller: Speller,
}

impl Decoder {
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.once.is_new(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Hands every known key of a map to `put`, and keeps dates and provenance.
    fn keys<'a>(
        &mut self,
        node: Node<'a>,
        form: &Form<'_>,
        mut put: impl FnMut(&mut Self, &str, Node<'a>),
    ) -> Option<Box<raw::Aside>> {
        let span = node.span;
        let absent = node.is_absent();
        let kind = node.kind();
        let Value::Map(entries) = node.value else {
            let expected = format!("{} as a map", form.of);
            self.report(if absent {
                diags::missing_value(span, &expected)
            } else {
                diags::wrong_kind(span, &expected, kind)
            });
            return None;
        };
        let required = form.shape.required.iter().copied();
        let mut missing: Vec<&str> = required
            .filter(|key| !entries.iter().any(|entry| entry.key == *key))
            .collect();
        let mut aside: Option<Box<raw::Aside>> = None;
        for entry in entries {
            let key = &*entry.key;
            let node = entry.value;
            match key {
                "source" => beside(&mut aside).provenance.source = self.name(&node),
                "as_of" => beside(&mut aside).provenance.as_of = self.instant(&node),
                "note" => beside(&mut aside).provenance.note = self.text(&node, "a note"),
                "from" if form.shape.dated => beside(&mut aside).window.from = self.instant(&node),
                "until" if form.shape.dated => {
                    beside(&mut aside).window.until = self.instant(&node);
                }
                key if form.shape.takes(key) => put(self, key, node),
                key => {
                    let takes = form.shape.all_keys();
                    let takes: Vec<&str> = takes.map(|key| key.name).collect();
                    let near = self.speller.nearest(key, takes.iter().copied());
                    // Misspelt is not missing.
                    missing.retain(|missing| Some(*missing) != near);
                    let found = diags::unknown_key(entry.key_span, key, form.of, &takes, near);
                    self.report(found);
                }
            }
        }
        for key in missing {
            self.report(diags::missing_key(form.at, key, form.of));
        }
        aside
    }

    /// Reads a map of names to entries.
    fn section<'a, T>(
        &mut self,
        node: Node<'a>,
        of: &str,
        read: impl Fn(&mut Self, &raw::Text, Node<'a>) -> (T, Option<Box<raw::Aside>>),
    ) -> Vec<raw::Named<T>> {
        let span = node.span;
        let kind = node.kind();
        let Value::Map(entries) = node.value else {
            let expected = format!("a map of {of}");
            self.report(diags::wrong_kind(span, &expected, kind));
            return Vec::new();
        };
        let mut named = Vec::with_capacity(entries.len());
        for entry in entries {
            named.push(self.named(entry, &read));
        }
        named
    }

    /// Reads one entry under its name.
    fn named<'a, T>(
        &mut self,
        entry: tree::Entry<'a>,
        read: impl Fn(&mut Self, &raw::Text, Node<'a>) -> (T, Option<Box<raw::Aside>>),
    ) -> raw::Named<T> {
        if unfit(&entry.key) {
            self.report(diags::bad_name(entry.key_span, &entry.key));
        }
        let name = Spanned::new(Box::from(&*entry.key), entry.key_span);
        let (value, aside) = read(self, &name, entry.value);
        raw::Named { name, value, aside }
    }

    fn edition(&mut self, node: &Node<'_>) {
        if let Some(text) = self.text(node, "an edition")
            && &*text.value != "1"
        {
            self.report(diags::unknown_edition(text.span, &text.value));
        }
    }

    /// Reads a list, each item with `read`.
    fn list<'a, T>(
        &mut self,
        node: Node<'a>,
        expected: &str,
        read: impl Fn(&mut Self, &Node<'a>) -> Option<T>,
    ) -> Vec<T> {
        let kind = node.kind();
        if let Value::Sequence(items) = node.value {
            return items.iter().filter_map(|item| read(self, item)).collect();
        }
        self.report(diags::wrong_kind(node.span, expected, kind));
        Vec::new()
    }

    /// Reads a list of words.
    fn words(&mut self, node: Node<'_>) -> Vec<raw::Text> {
        self.list(node, "a list of words", Self::name)
    }

    /// Reads any text.
    fn text(&mut self, node: &Node<'_>, expected: &str) -> Option<raw::Text> {
        let text = self.written(node, expected)?;
        Some(Spanned::new(Box::from(text), node.span))
    }

    /// The text of a node, where it is some.
    fn written<'n>(&mut self, node: &'n Node<'_>, expected: &str) -> Option<&'n str> {
        match &node.value {
            Value::Scalar { .. } if node.is_absent() => {
                self.report(diags::missing_value(node.span, expected));
                None
            }
            Value::Scalar { text, .. } => Some(text),
            Value::Sequence(_) | Value::Map(_) => {
                self.report(diags::wrong_kind(node.span, expected, node.kind()));
                None
            }
        }
    }

    /// Reads text that names something: not empty, nothing invisible in it.
    fn name(&mut self, node: &Node<'_>) -> Option<raw::Text> {
        let text = self.text(node, "a name")?;
        if unfit(&text.value) {
            self.report(diags::bad_name(text.span, &text.value));
            return None;
        }
        Some(text)
    }

    /// Reads text and turns it into a value, or into what is wrong with it.
    fn parsed<T>(
        &mut self,
        node: &Node<'_>,
        expected: &str,
        parse: impl Fn(Span, &str) -> Result<T, Box<Diagnostic>>,
    ) -> Option<Spanned<T>> {
        let text = self.written(node, expected)?;
        match parse(node.span, text) {
            Ok(value) => Some(Spanned::new(value, node.span)),
            Err(found) => {
                self.report(*found);
                None
            }
        }
    }

    fn instant(&mut self, node: &Node<'_>) -> Option<Spanned<Instant>> {
        self.parsed(node, "a date", |span, text| {
            Instant::parse(text).map_err(|why| diags::bad_date(span, &why).into())
        })
    }

    fn tokens(&mut self, node: &Node<'_>) -> Option<Spanned<u64>> {
        self.parsed(node, "a number of tokens", |span, text| {
            tokens(text).ok_or_else(|| diags::bad_tokens(span, text).into())
        })
    }

    fn decimal(&mut self, node: &Node<'_>) -> Option<Spanned<Decimal>> {
        self.parsed(node, "a number", |span, text| {
            let why = |why: DecimalError| diags::bad_number(span, text, &why.to_string()).into();
            Decimal::parse(text).map_err(why)
        })
    }

    fn multiplier(&mut self, node: &Node<'_>) -> Option<Spanned<Decimal>> {
        let factor = self.decimal(node)?;
        if factor.value < Decimal::ZERO {
            let text = factor.value.to_string();
            self.report(diags::negative_multiplier(factor.span, &text));
            return None;
        }
        Some(factor)
    }

    fn money(&mut self, node: &Node<'_>) -> Option<Spanned<Decimal>> {
        self.parsed(node, "an amount", |span, text| match Decimal::parse(text) {
            Ok(amount) if amount < Decimal::ZERO => Err(diags::negative_money(span, text).into()),
            Ok(amount) => Ok(amount),
            Err(DecimalError::Imprecise) => Err(diags::imprecise_money(span, text).into()),
            Err(DecimalError::Malformed | DecimalError::TooLarge) => {
                Err(diags::bad_money(span, text).into())
            }
        })
    }

    fn choice(&mut self, node: &Node<'_>, choices: &[&'static str]) -> Option<Spanned<usize>> {
        let text = self.text(node, "a word")?;
        let found = choices.iter().position(|choice| **choice == *text.value);
        if found.is_none() {
            let near = self.speller.nearest(&text.value, choices.iter().copied());
            let found = diags::unknown_value(text.span, &text.value, choices, near);
            self.report(found);
        }
        found.map(|value| Spanned::new(value, text.span))
    }

    fn flag(&mut self, node: &Node<'_>) -> Option<Spanned<bool>> {
        let choice = self.choice(node, &["true", "false"])?;
        Some(choice.map(|index| index == 0))
    }
}

fn unfit(name: &str) -> bool {
    name.is_empty() || name.chars().any(crate::text::invisible)
}

/// `199_999`, `200k`, `1M`.
fn tokens(text: &str) -> Option<u64> {
    let (digits, unit) = match (text.strip_suffix('k'), text.strip_suffix('M')) {
        (Some(digits), _) => (digits, 1_000),
        (None, Some(digits)) => (digits, 1_000_000),
        (None, None) => (text, 1),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut value: u64 = 0;
    for byte in digits.bytes().filter(|b| *b != b'_') {
        let digit = byte.checked_sub(b'0').filter(|d| *d < 10)?;
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    value.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_whole_numbers_with_units() {
        assert_eq!(tokens("199_999"), Some(199_999));
        assert_eq!(tokens("200k"), Some(200_000));
        assert_eq!(tokens("1M"), Some(1_000_000));
        for text in [
            "",
            "k",
            "_1",
            "-1",
            "1.5k",
            "1e3",
            "1kM",
            "18446744073709551616",
        ] {
            assert_eq!(tokens(text), None, "{text}");
        }
    }
}
