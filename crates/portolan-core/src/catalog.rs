//! Catalogs: read with spans, validated into a type of its own, asked about routes.
//!
//! `tree` is what both notations (YAML and the rules language) parse to; `raw` is the catalog as
//! written; `catalog` is the checked one. Nothing here knows rules or requests.

#[expect(
    clippy::module_inception,
    reason = "`catalog::Catalog` is the one type that this module is about"
)]
mod catalog;
mod decode;
mod few;
mod once;
mod print;
mod ranking;
pub mod raw;
mod lookup;
mod price;
mod route;
mod rules;
pub mod shape;
mod spelling;
pub mod tree;
mod validate;
mod yaml;

use crate::diagnostic::Diagnostics;
use crate::source::{SourceId, Sources};

/// How a catalog is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// YAML.
    Yaml,
    /// The rules language, in files that end in `.portolan`.
    Rules,
}

impl Notation {
    /// What a file's name says.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.') {
            Some((_, "portolan")) => Self::Rules,
            Some(_) | None => Self::Yaml,
        }
    }
}

/// Reads a file to nodes in the notation that its name says; `None` when it cannot be read.
pub fn read<'a>(
    sources: &'a Sources,
    id: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<tree::Node<'a>> {
    taken(sources, id, &mut tree::Whole, diagnostics)
}

/// The same, but for the entries that somebody takes.
fn taken<'a>(
    sources: &'a Sources,
    id: SourceId,
    taker: &mut dyn tree::Streams<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<tree::Node<'a>> {
    let source = sources.get(id)?;
    match Notation::of(source.name()) {
        Notation::Yaml => yaml::read(source.text(), id, taker, diagnostics),
        Notation::Rules => rules::read(source.text(), id, diagnostics),
    }
}

/// Writes nodes in the rules language, without comments; `None` when they are no catalog at all.
///
/// YAML is for the host to write, with a library.
pub fn write_rules(root: &tree::Node<'_>) -> Option<String> {
    print::rules(root)
}

/// Reads a catalog file as written; `None` when its text cannot be read to the end.
///
/// Every fault found is reported; a catalog with faults is still returned, so that validation
/// finds what else is wrong. Where one of several files cannot be read, validating the others
/// would only report names that the missing one declares.
pub fn parse(
    sources: &Sources,
    id: SourceId,
    diagnostics: &mut Diagnostics,
) -> Option<raw::Catalog> {
    let mut found = Diagnostics::default();
    let mut reading = decode::Reading::default();
    let root = taken(sources, id, &mut reading, &mut found);
    let catalog = root.map(|root| reading.finish(root, id, &mut found));
    let faulty = found.has_errors();
    diagnostics.extend(found);
    catalog.map(|catalog| raw::Catalog { faulty, ..catalog })
}

pub use catalog::{
    Alias, AliasTarget, Catalog, Endpoint, EndpointId, Executes, Maker, MakerId, Model, ModelId,
    Names, Offering, OfferingId, Own, PARAMETERS, Pair, PriceRow, Provider, ProviderId, Region,
    RegionId, Retention, ScoreId, ScoreKind, Scores,
};
pub use few::Few;
pub use price::Price;
pub use route::{Known, Route, earlier};
pub use validate::validate;

#[cfg(test)]
mod tests;
