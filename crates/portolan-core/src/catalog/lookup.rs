//! Finding things in a catalog: by id, by name.

use std::ops::ControlFlow;

use super::route::{Known, known};
use super::{
    Alias, AliasTarget, Catalog, Endpoint, EndpointId, Maker, MakerId, Model, ModelId, Offering,
    OfferingId, Provider, ProviderId, Region, RegionId, ScoreId,
};
use crate::instant::Instant;

impl Catalog {
    /// A model by id.
    pub fn model(&self, id: ModelId) -> Option<&Model> {
        self.models.get(id.index())
    }

    /// An offering by id.
    pub fn offering(&self, id: OfferingId) -> Option<&Offering> {
        self.offerings.get(id.index())
    }

    /// A region by id.
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        self.regions.get(id.index())
    }

    /// An endpoint by id.
    pub fn endpoint(&self, id: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(id.index())
    }

    /// A provider by id.
    pub fn provider(&self, id: ProviderId) -> Option<&Provider> {
        self.providers.get(id.index())
    }

    /// A maker by id.
    pub fn maker(&self, id: MakerId) -> Option<&Maker> {
        self.makers.get(id.index())
    }

    /// The model with exactly this id, aliases not considered.
    pub fn model_named(&self, id: &str) -> Option<ModelId> {
        let number = self.ids.find(id, |number| self.id(number))?;
        Some(ModelId(number)).filter(|model| model.index() < self.models.len())
    }

    /// What an id stands for at an instant: a model's own id first, then an alias.
    pub fn lookup(&self, id: &str, at: Instant) -> Known<Option<AliasTarget>> {
        let number = self.ids.find(id, |number| self.id(number));
        match number.map(|number| self.named(number)) {
            Some(Named::Model(model)) => Known {
                value: Some(AliasTarget {
                    model,
                    region: None,
                }),
                next_change: None,
            },
            Some(Named::Alias(alias)) => known(&alias.target, at),
            Some(Named::Nothing) | None => Known {
                value: None,
                next_change: None,
            },
        }
    }

    /// Hands over the ids of models and aliases that are spelled nearly like another, nearest
    /// first, then by name, until told to stop or so many were handed over.
    pub fn near<'a>(
        &'a self,
        id: &str,
        most: usize,
        found: impl FnMut(&'a str) -> ControlFlow<()>,
    ) {
        self.ids.ranked(id, most, |number| self.id(number), found);
    }

    fn id(&self, number: u32) -> &str {
        match self.named(number) {
            Named::Model(id) => self.model(id).map_or("", |model| &model.id),
            Named::Alias(alias) => &alias.id,
            Named::Nothing => "",
        }
    }

    /// What has a number in the index of ids: models come first.
    fn named(&self, number: u32) -> Named<'_> {
        let position = number as usize;
        match position.checked_sub(self.models.len()) {
            None => Named::Model(ModelId(number)),
            Some(position) => {
                let alias = self.aliases.get(position);
                alias.map_or(Named::Nothing, Named::Alias)
            }
        }
    }

    /// Finds by name.
    pub fn region_named(&self, name: &str) -> Option<RegionId> {
        position(self.regions.iter().map(|r| &r.name), name).map(RegionId)
    }

    /// Finds by name.
    pub fn endpoint_named(&self, name: &str) -> Option<EndpointId> {
        position(self.endpoints.iter().map(|e| &e.name), name).map(EndpointId)
    }

    /// Finds by name.
    pub fn provider_named(&self, name: &str) -> Option<ProviderId> {
        position(self.providers.iter().map(|p| &p.name), name).map(ProviderId)
    }

    /// Finds by name.
    pub fn maker_named(&self, name: &str) -> Option<MakerId> {
        position(self.makers.iter().map(|m| &m.name), name).map(MakerId)
    }

    /// Finds by name.
    pub fn score_named(&self, name: &str) -> Option<ScoreId> {
        position(self.scores.iter().map(|s| &s.name), name).map(ScoreId)
    }

    /// The endpoint of a request that names none.
    pub fn default_endpoint(&self) -> Option<EndpointId> {
        let mut ids = (0u32..).map(EndpointId).zip(&self.endpoints);
        ids.find(|(_, e)| e.default).map(|(id, _)| id)
    }
}

/// What an id is of.
enum Named<'a> {
    Model(ModelId),
    Alias(&'a Alias),
    Nothing,
}

fn position<'a>(mut names: impl Iterator<Item = &'a Box<str>>, name: &str) -> Option<u32> {
    names
        .position(|n| **n == *name)
        .and_then(|i| u32::try_from(i).ok())
}
