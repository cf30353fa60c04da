//! Finding things in a catalog: by id, by name.

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
        let name = |model: &ModelId| self.model(*model).map(|m| &*m.id);
        let found = self
            .models_by_id
            .binary_search_by(|model| name(model).cmp(&Some(id)));
        found.ok().and_then(|i| self.models_by_id.get(i)).copied()
    }

    fn alias_named(&self, id: &str) -> Option<&Alias> {
        let alias = |position: u32| self.aliases.get(position as usize);
        let found = self
            .aliases_by_id
            .binary_search_by(|position| alias(*position).map(|a| &*a.id).cmp(&Some(id)));
        let position = found.ok().and_then(|i| self.aliases_by_id.get(i));
        position.and_then(|position| alias(*position))
    }

    /// What an id stands for at an instant: a model's own id first, then an alias.
    pub fn lookup(&self, id: &str, at: Instant) -> Known<Option<AliasTarget>> {
        if let Some(model) = self.model_named(id) {
            return Known {
                value: Some(AliasTarget {
                    model,
                    region: None,
                }),
                next_change: None,
            };
        }
        self.alias_named(id).map_or(
            Known {
                value: None,
                next_change: None,
            },
            |alias| known(&alias.target, at),
        )
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

fn position<'a>(mut names: impl Iterator<Item = &'a Box<str>>, name: &str) -> Option<u32> {
    names
        .position(|n| **n == *name)
        .and_then(|i| u32::try_from(i).ok())
}
