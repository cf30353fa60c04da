//! One style for policies and catalogs, and no options.
//!
//! Formatting changes layout and nothing else: what comes out is read again, and where it would
//! not say the same, with the same comments in the same order, nothing comes out. Text that cannot
//! be read is left alone. Nothing here touches a disk.
//!
//! ```
//! use portolan_fmt::{Notation, format};
//!
//! let text = "edition 1\npolicy p\nlock storage   within EU27 when request.endpoint==eu";
//! let style = "edition 1\npolicy p\nlock storage within EU27\n  when request.endpoint == eu\n";
//! assert_eq!(format("p.portolan", text, Notation::Policy).unwrap(), style);
//! ```

mod catalog;
mod diags;
mod erase;
mod layout;
mod policy;
mod token;
mod writer;
mod yaml;

use portolan_core::catalog::{self as catalogs, tree};
use portolan_core::diagnostic::{Diagnostic, Diagnostics};
use portolan_core::source::{SourceId, Sources};
use portolan_core::syntax::{self, ast};

/// What a text is, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// A policy, an overlay, or a part of one.
    Policy,
    /// A catalog in the rules language.
    Catalog,
    /// A catalog in YAML.
    Yaml,
}

impl Notation {
    /// What a file is, by its name and, where both languages share an ending, by what is in it.
    pub fn of(name: &str, text: &str) -> Self {
        if catalogs::Notation::of(name) == catalogs::Notation::Yaml {
            return Self::Yaml;
        }
        let mut sources = Sources::default();
        let id = sources.add(name, text);
        if policy_of(&sources, id).is_ok() {
            return Self::Policy;
        }
        if catalog_of(&sources, id).is_ok() {
            return Self::Catalog;
        }
        // Neither can be read: what it was meant to be says its first word.
        let code = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default());
        let mut words = code.flat_map(str::split_whitespace);
        let first = words.find(|word| *word != "edition" && word.parse::<u32>().is_err());
        match first {
            Some("catalog") => Self::Catalog,
            Some(_) | None => Self::Policy,
        }
    }
}

/// Why nothing was formatted.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What is wrong; at least one finding.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there are.
    pub left_out: usize,
}

impl Refusal {
    fn new(diagnostics: Diagnostics) -> Self {
        Self {
            left_out: diagnostics.left_out(),
            diagnostics: diagnostics.into_sorted(),
        }
    }
}

/// The text in the one style. Spans of findings are of a first source with this name and text.
///
/// # Errors
/// When the text cannot be read, or when what would come out says something else.
pub fn format(name: &str, text: &str, notation: Notation) -> Result<String, Refusal> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let styled = match notation {
        Notation::Policy => policy_in_style(&mut sources, id)?,
        Notation::Catalog => catalog_in_style(&mut sources, id)?,
        Notation::Yaml => yaml_in_style(&mut sources, id)?,
    };
    styled.ok_or_else(|| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(diags::says_something_else(id, name));
        Refusal::new(diagnostics)
    })
}

/// A policy in style; nothing where that does not read back.
fn policy_in_style(sources: &mut Sources, id: SourceId) -> Result<Option<String>, Refusal> {
    let mut items = policy_of(sources, id)?;
    let starts: Vec<usize> = items.iter().map(|item| item.span.start as usize).collect();
    let text = text_of(sources, id);
    let Some(mut file) = token::tokens(&text, token::in_policy) else {
        return Ok(None);
    };
    let comments = token::comments(&file);
    token::settle_commas(&mut file, |_| false);
    let styled = policy::write(&file, &starts);
    let again = sources.add("styled.portolan", styled.as_str());
    let Ok(mut items_again) = policy_of(sources, again) else {
        return Ok(None);
    };
    erase::spans(&mut items);
    erase::spans(&mut items_again);
    let file_again = token::tokens(&styled, token::in_policy);
    let same = file_again.is_some_and(|file| token::comments(&file) == comments);
    Ok((same && items == items_again).then_some(styled))
}

/// A catalog in the rules language in style; nothing where that does not read back.
fn catalog_in_style(sources: &mut Sources, id: SourceId) -> Result<Option<String>, Refusal> {
    let text = text_of(sources, id);
    catalog_of(sources, id)?;
    let Some(mut file) = token::tokens(&text, token::in_catalog) else {
        return Ok(None);
    };
    let comments = token::comments(&file);
    let needless = catalog::needless_commas(&file);
    token::settle_commas(&mut file, |position| {
        needless.binary_search(&position).is_ok()
    });
    let styled = catalog::write(&file);
    let again = sources.add("styled.portolan", styled.as_str());
    let (Ok(root), Ok(root_again)) = (catalog_of(sources, id), catalog_of(sources, again)) else {
        return Ok(None);
    };
    let file_again = token::tokens(&styled, token::in_catalog);
    let same = file_again.is_some_and(|file| token::comments(&file) == comments);
    let same = same && catalog::same(&root, &root_again);
    Ok(same.then_some(styled))
}

/// A catalog in YAML in style; nothing where that does not read back.
fn yaml_in_style(sources: &mut Sources, id: SourceId) -> Result<Option<String>, Refusal> {
    let text = text_of(sources, id);
    catalog_of(sources, id)?;
    let Some(document) = yaml::read(&text) else {
        return Ok(None);
    };
    let styled = yaml::print(&document);
    let again = sources.add("styled.yaml", styled.as_str());
    if catalog_of(sources, again).is_err() {
        return Ok(None);
    }
    let same = yaml::said(&text).is_some_and(|said| yaml::said(&styled) == Some(said));
    Ok(same.then_some(styled))
}

fn text_of(sources: &Sources, id: SourceId) -> String {
    sources
        .get(id)
        .map_or("", |source| source.text())
        .to_owned()
}

fn policy_of(sources: &Sources, id: SourceId) -> Result<Vec<ast::Item>, Refusal> {
    let mut diagnostics = Diagnostics::default();
    let source = sources.get(id);
    let items = source.map(|source| syntax::parse(id, source, &mut diagnostics));
    match items {
        Some(items) if !diagnostics.has_errors() => Ok(items),
        Some(_) | None => Err(Refusal::new(diagnostics)),
    }
}

fn catalog_of(sources: &Sources, id: SourceId) -> Result<tree::Node<'_>, Refusal> {
    let mut diagnostics = Diagnostics::default();
    match catalogs::read(sources, id, &mut diagnostics) {
        Some(root) if !diagnostics.has_errors() => Ok(root),
        Some(_) | None => Err(Refusal::new(diagnostics)),
    }
}

#[cfg(test)]
mod tests;
