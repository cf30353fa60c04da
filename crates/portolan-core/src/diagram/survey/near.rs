//! What a region comes to when most fields of a request stay as they are.

use std::collections::BTreeMap;

use super::{Bounded, Chart, Member, Region};
use crate::diagram::constants::{attribute_code, rank};
use crate::diagram::field::{ABSENT, Asking, Field};
use crate::diagram::store::{Diagram, Inconclusive};
use crate::request::Request;

impl Chart<'_> {
    /// The requests of a region that have a request's own values in every field that is not free.
    /// The id and the endpoint are those of the slice, whatever the request's are.
    ///
    /// # Errors
    /// As `and`.
    pub fn near(
        &mut self,
        region: Region,
        member: &Member<'_>,
        request: &Request,
        free: &dyn Fn(Bounded) -> bool,
    ) -> Result<Region, Inconclusive> {
        let call = request.call();
        let asking = Asking {
            call: &call,
            body: &call.body,
            model: request.primary.model_text.as_deref(),
            defaults: &self.build.vocabulary.defaults,
        };
        let near = self.held(region.0, member, &asking, free, &mut BTreeMap::new());
        near.map(Region)
    }

    /// Follows the edges of a request's own values, and all of those that are free.
    fn held(
        &mut self,
        diagram: Diagram,
        member: &Member<'_>,
        asking: &Asking<'_>,
        free: &dyn Fn(Bounded) -> bool,
        memo: &mut BTreeMap<Diagram, Diagram>,
    ) -> Result<Diagram, Inconclusive> {
        if let Some(known) = memo.get(&diagram) {
            return Ok(*known);
        }
        let Some(node) = self.build.store.node(diagram) else {
            return Ok(diagram);
        };
        let (position, edges) = (node.field, node.edges.to_vec());
        self.build.store.spend()?;
        let field = Field::at(position).ok_or(Inconclusive)?;
        let made = if bounded(field).is_some_and(free) {
            let mut made = Vec::with_capacity(edges.len());
            for (cut, to) in edges {
                made.push((cut, self.held(to, member, asking, free, memo)?));
            }
            self.build.store.range(position, made)?
        } else {
            let rank = self.rank_of(field, member, asking);
            let after = edges.partition_point(|(cut, _)| *cut <= rank);
            let edge = edges.get(after.saturating_sub(1));
            let (_, to) = *edge.ok_or(Inconclusive)?;
            self.held(to, member, asking, free, memo)?
        };
        memo.insert(diagram, made);
        Ok(made)
    }

    /// The rank of a request's value among those that this slice tells apart.
    fn rank_of(&self, field: Field, member: &Member<'_>, asking: &Asking<'_>) -> u32 {
        let vocabulary = self.build.vocabulary;
        let text = |text: Option<&str>| {
            let bounds = vocabulary.texts.get(&field).map_or(&[][..], Vec::as_slice);
            text.map_or(ABSENT, |text| rank(bounds, text))
        };
        let code = match field {
            Field::Flag(flag) => asking.flag(flag),
            Field::Number(number) => asking.number(number),
            Field::At => asking.call.at.unix_seconds(),
            Field::Text(of) => text(asking.text(of)),
            Field::Attribute(index) => {
                let values = &asking.call.caller.attributes;
                let value = values.get(usize::from(index)).and_then(Option::as_ref);
                value.map_or(ABSENT, |value| {
                    let classes = vocabulary.classes.get(&index);
                    attribute_code(value, classes, vocabulary.texts.get(&field))
                })
            }
            Field::Meets(set, mask) => {
                let masks = self.build.questions.masks.iter();
                let mut masks = masks.chain(&member.slots.masks);
                let (_, mask) = masks.nth(usize::from(mask)).copied().unwrap_or((set, 0));
                let known = vocabulary.words.get(&set).map_or(&[][..], Vec::as_slice);
                let meets = asking.set(set).into_iter().flatten().any(|word| {
                    let found = known.binary_search_by(|known| (**known).cmp(word.as_str()));
                    mask & (1 << found.unwrap_or(127)) != 0
                });
                return u32::from(meets);
            }
            // Nothing is known about now.
            Field::Applies(_) | Field::State(..) => ABSENT,
        };
        member.slots.rank(self.build.questions, field, code)
    }
}

/// The field of a request that a node asks for.
fn bounded(field: Field) -> Option<Bounded> {
    match field {
        Field::Flag(flag) => Some(Bounded::Flag(flag)),
        Field::Attribute(index) => Some(Bounded::Attribute(index)),
        Field::Meets(set, _) => Some(Bounded::Set(set)),
        Field::Text(text) => Some(Bounded::Text(text)),
        Field::At => Some(Bounded::At),
        Field::Number(number) => Some(Bounded::Number(number)),
        Field::Applies(_) | Field::State(..) => None,
    }
}
