//! A catalog as written: every field with its place, no name resolved, nothing compared.
//!
//! Values that can be judged alone (numbers, dates, money) are read; whatever needs another
//! entry is `validate`'s. What could not be read is absent, reported, and marks the file `faulty`.

use super::catalog::Retention;
use crate::decimal::Decimal;
use crate::instant::Instant;
use crate::source::{SourceId, Span, Spanned};

/// Text and its place.
pub type Text = Spanned<Box<str>>;

/// Where a fact comes from.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// One of `sources`.
    pub source: Option<Text>,
    /// When it was read; never bounds the fact.
    pub as_of: Option<Spanned<Instant>>,
    /// A remark.
    pub note: Option<Text>,
}

/// When a fact holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    /// The first instant.
    pub from: Option<Spanned<Instant>>,
    /// The first instant after.
    pub until: Option<Spanned<Instant>>,
}

/// What stands beside a value or an entry; most have nothing.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    /// When it holds.
    pub window: Window,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A value for a stretch of time.
#[derive(Debug, Clone)]
pub struct Period<T> {
    /// The value.
    pub value: Spanned<T>,
    /// Dates and provenance, where there are any.
    pub aside: Option<Box<Aside>>,
}

impl<T> Period<T> {
    /// When it holds.
    pub fn window(&self) -> Window {
        self.aside.as_ref().map_or(Window::default(), |a| a.window)
    }
}

/// A fact in periods, as written; empty where nothing is.
pub type Fact<T> = Vec<Period<T>>;

/// An entry under its name.
#[derive(Debug, Clone)]
pub struct Named<T> {
    /// The name.
    pub name: Text,
    /// The entry.
    pub value: T,
    /// Where it comes from.
    pub aside: Option<Box<Aside>>,
}

/// A source of facts.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What people call it.
    pub title: Option<Text>,
    /// Where to read it.
    pub url: Option<Text>,
}

/// A named place.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// What people call it.
    pub title: Option<Text>,
    /// What it is made of, each for a stretch of time.
    pub members: Vec<Period<Box<str>>>,
}

/// A kind of score.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Whether more is better.
    pub higher_is_better: Option<bool>,
    /// Its unit.
    pub unit: Option<Text>,
}

/// A region.
#[derive(Debug, Clone, Default)]
pub struct Region {
    /// What people call it.
    pub title: Option<Text>,
    /// Default processing places.
    pub processing: Fact<Vec<Text>>,
    /// Default storage places.
    pub storage: Fact<Vec<Text>>,
    /// What list prices are multiplied by.
    pub multiplier: Fact<Decimal>,
    /// The bucket that usage is counted in.
    pub usage: Option<Text>,
    /// URL template.
    pub url: Option<Text>,
}

/// An endpoint.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// The host.
    pub host: Option<Text>,
    /// The path below `https://{host}`.
    pub path: Option<Text>,
    /// A whole URL template in place of the path.
    pub url: Option<Text>,
    /// Where a request enters.
    pub ingress: Fact<Vec<Text>>,
    /// The region in which it processes by default.
    pub region: Option<Text>,
    /// Chosen where a request names none.
    pub default: Option<Spanned<bool>>,
    /// What it does itself.
    pub executes: Vec<Text>,
}

/// A provider.
#[derive(Debug, Clone, Default)]
pub struct Provider {
    /// What people call it.
    pub title: Option<Text>,
    /// How long it keeps data.
    pub retention: Fact<Retention>,
    /// Where it processes.
    pub processing: Fact<Vec<Text>>,
    /// Where it stores.
    pub storage: Fact<Vec<Text>>,
    /// URL template.
    pub url: Option<Text>,
}

/// A maker.
#[derive(Debug, Clone, Default)]
pub struct Maker {
    /// What people call it.
    pub title: Option<Text>,
}

/// Amounts for one stretch of time and one tier.
#[derive(Debug, Clone, Default)]
pub struct PriceRow {
    /// Where it stands.
    pub span: Option<Span>,
    /// More input tokens than this.
    pub above_input_tokens: Option<Spanned<u64>>,
    /// The service tier.
    pub service_tier: Option<Text>,
    /// Input tokens.
    pub input: Option<Spanned<Decimal>>,
    /// Output tokens.
    pub output: Option<Spanned<Decimal>>,
    /// Tokens read from a cache.
    pub cache_read: Option<Spanned<Decimal>>,
    /// Tokens written to a cache.
    pub cache_write: Option<Spanned<Decimal>>,
    /// Dates and provenance.
    pub aside: Option<Box<Aside>>,
}

impl PriceRow {
    /// Every amount with its place.
    pub fn amounts(&self) -> impl Iterator<Item = Spanned<Decimal>> {
        let all = [self.input, self.output, self.cache_read, self.cache_write];
        all.into_iter().flatten()
    }
}

/// A model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What people call it.
    pub title: Option<Text>,
    /// Who trained it.
    pub maker: Option<Text>,
    /// From when it can be called.
    pub released: Option<Spanned<Instant>>,
    /// From when it can no longer be called.
    pub retires: Option<Spanned<Instant>>,
    /// The model that replaces it.
    pub successor: Option<Text>,
    /// Largest total of tokens.
    pub context_window: Fact<u64>,
    /// Largest output.
    pub max_output: Fact<u64>,
    /// What it can do.
    pub capabilities: Fact<Vec<Text>>,
    /// What it takes.
    pub parameters: Fact<Vec<Text>>,
    /// Scores by name.
    pub scores: Vec<(Text, Fact<Decimal>)>,
    /// List prices.
    pub price: Vec<PriceRow>,
    /// As sold.
    pub offerings: Vec<Offering>,
}

/// A model as sold in one region.
#[derive(Debug, Clone)]
pub struct Offering {
    /// Where it stands.
    pub span: Span,
    /// The region.
    pub region: Option<Text>,
    /// Who runs it.
    pub providers: Vec<Text>,
    /// What it states itself, where it does.
    pub own: Option<Box<Own>>,
    /// When it is sold, and where that comes from.
    pub aside: Option<Box<Aside>>,
}

/// What an offering states itself, rather than its model, region and providers.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// The endpoints that reach it; absent for all.
    pub endpoints: Option<Vec<Text>>,
    /// What it has in common with a pair.
    pub terms: Terms,
    /// Own context window.
    pub context_window: Fact<u64>,
    /// Own output limit.
    pub max_output: Fact<u64>,
    /// Own capabilities.
    pub capabilities: Fact<Vec<Text>>,
    /// Own parameters.
    pub parameters: Fact<Vec<Text>>,
    /// Own prices.
    pub price: Vec<PriceRow>,
    /// Own multiplier.
    pub multiplier: Fact<Decimal>,
    /// Facts through one endpoint.
    pub pairs: Vec<Pair>,
}

/// Facts that an offering has, and a pair overrides.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Where it processes.
    pub processing: Fact<Vec<Text>>,
    /// Where it stores.
    pub storage: Fact<Vec<Text>>,
    /// How long data is kept.
    pub retention: Fact<Retention>,
    /// The id upstream.
    pub upstream_id: Option<Text>,
    /// URL template.
    pub url: Option<Text>,
}

/// Facts of an offering through one endpoint.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Where it stands.
    pub span: Span,
    /// The endpoint.
    pub endpoint: Option<Text>,
    /// The facts.
    pub terms: Terms,
    /// Where they come from.
    pub aside: Option<Box<Aside>>,
}

/// What an alias stands for.
#[derive(Debug, Clone)]
pub struct AliasTarget {
    /// The model.
    pub model: Text,
    /// Only its offerings in this region.
    pub region: Option<Text>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The file.
    pub file: SourceId,
    /// Something in it was reported and is not here; no checked catalog can come of it.
    pub faulty: bool,
    /// What people call it.
    pub title: Option<Text>,
    /// Where its facts come from, unless they say.
    pub aside: Option<Box<Aside>>,
    /// Paths of other catalogs, relative to this one.
    pub include: Vec<Spanned<String>>,
    /// Sources of facts.
    pub sources: Vec<Named<Origin>>,
    /// Places.
    pub places: Vec<Named<Place>>,
    /// Kinds of scores.
    pub scores: Vec<Named<Score>>,
    /// The words that models may use.
    pub capabilities: Vec<Text>,
    /// Request parameters beyond those the request schema knows.
    pub parameters: Vec<Text>,
    /// Regions.
    pub regions: Vec<Named<Region>>,
    /// Endpoints.
    pub endpoints: Vec<Named<Endpoint>>,
    /// Makers.
    pub makers: Vec<Named<Maker>>,
    /// Providers.
    pub providers: Vec<Named<Provider>>,
    /// Models.
    pub models: Vec<Named<Model>>,
    /// Second ids.
    pub aliases: Vec<Named<Fact<AliasTarget>>>,
}
