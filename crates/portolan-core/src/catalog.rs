//! Catalogs: read with spans, validated into a type of its own, asked about routes.
//!
//! `tree` is what both notations (YAML and the rules language) parse to; `raw` is the catalog as
//! written; `catalog` is the checked one. Nothing here knows rules or requests.

#[expect(
    clippy::module_inception,
    reason = "`catalog::Catalog` is the one type that this module is about"
)]
mod catalog;
mod route;
pub mod tree;
mod yaml;

pub use catalog::{
    Alias, AliasTarget, Catalog, Endpoint, EndpointId, Executes, Maker, MakerId, Model, ModelId,
    Names, Offering, OfferingId, Pair, PriceRow, Provider, ProviderId, Region, RegionId, Retention,
    ScoreId, ScoreKind,
};
pub use route::{Known, Price, Route, earlier};
