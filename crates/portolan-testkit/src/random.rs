//! Random catalogs and policies, typed as the language types them, so that nearly all of them
//! compile: every field of the schema, every operator, every kind of rule.
//!
//! They are text, so that the parser and the resolver take part. Requests over them are made in
//! `domain.rs`, from the engine that comes of them.

mod catalog;
mod conditions;
mod declared;
mod facts;
mod fields;
mod policy;
mod proves;
mod shaping;
mod values;

use std::collections::BTreeMap;

use portolan_core::engine::Compilation;

use crate::case::Origin;
use crate::dice::Dice;
use crate::policies::compile;

pub use catalog::World;
pub use proves::ask;
pub use values::{DATES, PLACES};

/// A policy and its catalog, as text.
#[derive(Debug, Clone)]
pub struct Example {
    /// `policy.portolan`
    pub policy: String,
    /// `catalog.yaml`
    pub catalog: String,
}

impl Example {
    /// What two sources of choices make; the policy's own names nothing that the catalog has not.
    pub fn random(catalog: &mut Dice, policy: &mut Dice) -> Self {
        Self::asked(catalog, policy, 0)
    }

    fn asked(catalog: &mut Dice, policy: &mut Dice, proves: usize) -> Self {
        let world = World::random(catalog);
        Self {
            policy: policy::text(policy, &world, proves),
            catalog: world.yaml,
        }
    }

    /// What a seed makes.
    pub fn from_seed(seed: u64) -> Self {
        Self::random(&mut Dice::new(seed), &mut Dice::new(!seed))
    }

    /// The same with so many questions over all requests behind its rules.
    pub fn with_proves(seed: u64, proves: usize) -> Self {
        Self::asked(&mut Dice::new(seed), &mut Dice::new(!seed), proves)
    }

    /// Compiles it.
    pub fn compile(&self) -> Compilation {
        let files = [
            ("policy.portolan", &self.policy),
            ("catalog.yaml", &self.catalog),
        ];
        let files: BTreeMap<String, String> = files
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.clone()))
            .collect();
        let entry = "policy.portolan".to_owned();
        compile(&Origin::Inline { entry, files })
    }
}
