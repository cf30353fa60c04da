//! Which other models are worth naming to whoever asked for one that does not route.

use std::ops::ControlFlow;

use portolan_core::catalog::{ModelId, ScoreId};
use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::Member;
use portolan_core::engine::Engine;
use portolan_core::limits;
use portolan_core::request::Request;

/// Models by how well they stand in: the successor, then those of the same maker, then by the
/// catalog's first score, then in the catalog's order.
#[derive(Debug)]
pub(super) struct Ranks {
    /// Ids that are spelled nearly so, where the one asked for stands for nothing.
    near: Vec<Box<str>>,
    best: Vec<ModelId>,
}

impl Ranks {
    pub(super) fn new(engine: &Engine, request: &Request) -> Self {
        let catalog = engine.catalog();
        let asked = request.primary().target.map(|target| target.model);
        let asked_model = asked.and_then(|id| catalog.model(id));
        let better = catalog.scores.first().map(|kind| kind.higher_is_better);
        let mut keyed: Vec<_> = (0u32..)
            .map(ModelId)
            .zip(&catalog.models)
            .map(|(id, model)| {
                let successor = asked_model.is_some_and(|asked| asked.successor == Some(id));
                let maker = asked_model.is_some_and(|asked| asked.maker == model.maker);
                let score = catalog.score(id, ScoreId(0), request.at()).value;
                let score = score.map(|score| match better {
                    Some(true) => Decimal::from_billionths(score.billionths().saturating_neg()),
                    Some(false) | None => score,
                });
                let same = Some(id) == asked;
                ((!same, !successor, !maker, score.is_none(), score, id), id)
            })
            .collect();
        keyed.sort();
        let best = keyed.into_iter().map(|(_, id)| id);
        let mut near = Vec::new();
        if let (None, Some(text)) = (asked, &request.primary().model_text) {
            catalog.near(text, limits::SUGGESTIONS, |id| {
                near.push(id.into());
                ControlFlow::Continue(())
            });
        }
        Self {
            near,
            best: best.take(limits::ALTERNATIVES_TRIED).collect(),
        }
    }

    /// The place of a member's id, from 1; none for those that are not worth trying. A model's own
    /// id goes before an alias.
    pub(super) fn of(&self, engine: &Engine, member: &Member<'_>) -> Option<u32> {
        let own = engine.catalog().model(member.model?)?.id == member.id.into();
        let near = self.near.iter().position(|id| **id == *member.id);
        let position = near.or_else(|| {
            let best = self.best.iter().position(|id| Some(*id) == member.model);
            best.map(|position| position + self.near.len())
        })?;
        u32::try_from(2 * position + 1 + usize::from(!own)).ok()
    }
}
