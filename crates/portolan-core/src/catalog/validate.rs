//! The catalog as written to the checked one: names resolved, dates disjoint, prices exact.
//!
//! All files of one policy are judged together, and everything wrong with them is reported in
//! one run. Work is linear in the text but for the comparisons that `limits.rs` counts.

mod aliases;
mod diags;
mod entries;
mod facts;
mod models;
mod offerings;
mod places;
mod prices;
mod tables;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::catalog::{Catalog, Names, Own};
use super::once::Once;
use super::ranking::Ranking;
use super::raw;
use super::spelling::Speller;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits;
use crate::near;
use crate::place::Places;
use crate::source::Span;
use tables::Table;

/// Checks all files of one policy together; `None` when any of them has an error.
pub fn validate(files: Vec<raw::Catalog>, diagnostics: &mut Diagnostics) -> Option<Catalog> {
    let faulty = files.iter().any(|file| file.faulty);
    let (checker, raw) = Checker::new(files);
    let (catalog, found) = checker.check(raw);
    let broken = faulty || found.has_errors();
    diagnostics.extend(found);
    (!broken).then_some(catalog)
}

/// All sections of all files, in the order in which they were loaded.
struct Sections {
    places: Vec<raw::Named<raw::Place>>,
    scores: Vec<raw::Named<raw::Score>>,
    regions: Vec<raw::Named<raw::Region>>,
    endpoints: Vec<raw::Named<raw::Endpoint>>,
    makers: Vec<raw::Named<raw::Maker>>,
    providers: Vec<raw::Named<raw::Provider>>,
    models: Vec<raw::Named<raw::Model>>,
    aliases: Vec<raw::Named<raw::Fact<raw::AliasTarget>>>,
}

/// Names of every section, and what was found so far.
struct Checker {
    found: Diagnostics,
    once: Once,
    speller: Speller,
    comparisons_left: usize,
    /// Sets of names that some fact has: equal ones are kept once.
    sets: BTreeSet<Names>,
    /// What an offering has that states nothing itself.
    nothing: Arc<Own>,
    places: Places,
    sources: Table,
    scores: Table,
    capabilities: Table,
    parameters: Table,
    regions: Table,
    endpoints: Table,
    makers: Table,
    providers: Table,
    models: Table,
    aliases: Table,
}

impl Checker {
    /// Merges the files and takes down every name.
    fn new(mut files: Vec<raw::Catalog>) -> (Self, Sections) {
        macro_rules! merge {
            ($section:ident) => {
                files
                    .iter_mut()
                    .flat_map(|file| std::mem::take(&mut file.$section))
                    .collect::<Vec<_>>()
            };
        }
        let sources: Vec<raw::Named<raw::Origin>> = merge!(sources);
        let asides: Vec<_> = files.iter_mut().filter_map(|f| f.aside.take()).collect();
        let (capabilities, parameters) = (merge!(capabilities), merge!(parameters));
        let sections = Sections {
            places: merge!(places),
            scores: merge!(scores),
            regions: merge!(regions),
            endpoints: merge!(endpoints),
            makers: merge!(makers),
            providers: merge!(providers),
            models: merge!(models),
            aliases: merge!(aliases),
        };
        let mut found = Diagnostics::default();
        let mut checker = Self {
            once: Once::default(),
            speller: Speller::default(),
            comparisons_left: limits::CATALOG_COMPARISONS,
            sets: BTreeSet::new(),
            nothing: Arc::default(),
            places: Places::standard(),
            sources: Table::of("source", &sources, &mut found),
            scores: Table::of("kind of score", &sections.scores, &mut found),
            capabilities: Table::of_words("capability", &capabilities),
            parameters: Table::of_words("parameter", &parameters),
            regions: Table::of("region", &sections.regions, &mut found),
            endpoints: Table::of("endpoint", &sections.endpoints, &mut found),
            makers: Table::of("maker", &sections.makers, &mut found),
            providers: Table::of("provider", &sections.providers, &mut found),
            models: Table::of("model", &sections.models, &mut found),
            aliases: Table::of("alias", &sections.aliases, &mut found),
            found,
        };
        for aside in asides {
            checker.provenance(Some(&aside));
        }
        for source in sources {
            checker.provenance(source.aside.as_deref());
        }
        (checker, sections)
    }

    fn check(mut self, raw: Sections) -> (Catalog, Diagnostics) {
        self.define_places(&raw.places);
        let mut catalog = Catalog {
            scores: self.check_scores(raw.scores),
            capabilities: Arc::new(self.capabilities.names().map(Box::from).collect()),
            parameters: Arc::new(self.parameters.names().map(Box::from).collect()),
            regions: self.check_regions(raw.regions),
            makers: self.check_makers(raw.makers),
            providers: self.check_providers(raw.providers),
            ..Catalog::default()
        };
        catalog.endpoints = self.check_endpoints(raw.endpoints);
        self.check_models(raw.models, &mut catalog);
        self.check_aliases(raw.aliases, &mut catalog);
        catalog.places = self.places;
        let models = catalog.models.iter().map(|model| &*model.id);
        let aliases = catalog.aliases.iter().map(|alias| &*alias.id);
        catalog.ids = near::Index::of(models.chain(aliases));
        catalog.ranking = Ranking::of(&catalog);
        (catalog, self.found)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.once.is_new(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Says whether so many comparisons may still be made; reports the first time when not.
    fn afford(&mut self, comparisons: usize, at: Span) -> bool {
        if self.comparisons_left == 0 {
            return false;
        }
        self.comparisons_left = self.comparisons_left.saturating_sub(comparisons);
        if self.comparisons_left == 0 {
            self.report(diags::too_many_comparisons(at));
            return false;
        }
        true
    }
}
