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
mod once;
pub mod raw;
mod route;
mod spelling;
pub mod tree;
mod validate;
mod yaml;

use crate::diagnostic::Diagnostics;
use crate::source::{SourceId, Sources};

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
    let text = sources.get(id)?.text();
    let root = yaml::read(text, id, &mut found);
    let catalog = root.map(|root| decode::catalog(root, id, &mut found));
    let faulty = found.has_errors();
    diagnostics.extend(found);
    catalog.map(|catalog| raw::Catalog { faulty, ..catalog })
}

pub use catalog::{
    Alias, AliasTarget, Catalog, Endpoint, EndpointId, Executes, Maker, MakerId, Model, ModelId,
    Names, Offering, OfferingId, Pair, PriceRow, Provider, ProviderId, Region, RegionId, Retention,
    ScoreId, ScoreKind,
};
pub use route::{Known, Price, Route, earlier};
pub use validate::{REQUEST_PARAMETERS, validate};

#[cfg(test)]
mod tests;
