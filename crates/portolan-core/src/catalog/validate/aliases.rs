//! Aliases: dated second ids, one hop.

use super::tables::{around, circles};
use super::{Checker, diags};
use crate::catalog::catalog::{Alias, AliasTarget, Catalog, ModelId, RegionId};
use crate::catalog::raw;
use crate::source::Span;

impl Checker {
    pub(super) fn check_aliases(
        &mut self,
        raw: Vec<raw::Named<raw::Fact<raw::AliasTarget>>>,
        catalog: &mut Catalog,
    ) {
        let edges = self.alias_edges(&raw);
        let next: Vec<Option<usize>> = edges.iter().map(|e| e.map(|(to, _)| to)).collect();
        let found = circles(&next);
        for circle in &found {
            let members = circle.iter().filter_map(|i| raw.get(*i));
            let names: Vec<&str> = members.map(|alias| &*alias.name.value).collect();
            let at = circle
                .first()
                .and_then(|i| edges.get(*i).copied().flatten());
            if let Some((_, span)) = at {
                self.report(diags::alias_cycle(span, &around(names.into_iter())));
            }
        }
        let circular: std::collections::BTreeSet<usize> = found.into_iter().flatten().collect();
        for (i, alias) in raw.into_iter().enumerate() {
            let name = alias.name;
            if let Some((_, model)) = self.models.get(&name.value) {
                self.report(diags::alias_shadows_model(name.span, &name.value, model));
            }
            let in_circle = circular.contains(&i);
            let target = self.dated(alias.value, "an alias", |c, target| {
                c.target(&target.value, in_circle, catalog)
            });
            catalog.aliases.push(Alias {
                id: name.value,
                target,
                span: name.span,
            });
        }
    }

    /// For each alias the first alias that it stands for, and where it says so.
    fn alias_edges(
        &self,
        raw: &[raw::Named<raw::Fact<raw::AliasTarget>>],
    ) -> Vec<Option<(usize, Span)>> {
        let edge = |period: &raw::Period<raw::AliasTarget>| {
            let model = &period.value.value.model;
            if self.models.get(&model.value).is_some() {
                return None;
            }
            let (id, _) = self.aliases.get(&model.value)?;
            Some((id as usize, model.span))
        };
        let aliases = raw.iter();
        aliases
            .map(|alias| alias.value.iter().find_map(edge))
            .collect()
    }

    fn target(
        &mut self,
        raw: &raw::AliasTarget,
        in_circle: bool,
        catalog: &Catalog,
    ) -> Option<AliasTarget> {
        let name = &raw.model;
        let region = raw.region.as_ref();
        let region_id = region
            .and_then(|r| self.resolve(|c| &c.regions, r))
            .map(RegionId);
        if self.models.get(&name.value).is_none()
            && let Some((_, alias)) = self.aliases.get(&name.value)
        {
            if !in_circle {
                self.report(diags::alias_of_alias(name.span, &name.value, alias));
            }
            return None;
        }
        let model = self.resolve(|c| &c.models, name).map(ModelId)?;
        if let (Some(region), Some(id)) = (region, region_id) {
            let offerings = catalog.model(model).map_or(&[][..], |m| &m.offerings);
            let mut sold = offerings.iter().filter_map(|o| catalog.offering(*o));
            if !sold.any(|offering| offering.region == id) {
                self.report(diags::alias_region(region.span, &region.value, &name.value));
            }
        }
        Some(AliasTarget {
            model,
            region: region_id,
        })
    }
}
