//! What a region's requests would be, had they left out a field of the body.

use super::class::possible;
use super::{Chart, Inconclusive, Region};
use crate::diagram::field::{ABSENT, Field, Kind, Number, kind};
use crate::policy::BodyField;

impl Chart<'_> {
    /// The requests that are in a region once a field of the body is left out: absent, `false` or
    /// empty, or what the policy gives in its place. Fields that are derived from it stay as they
    /// are. Of a field that no request can leave out the region stays as it is.
    ///
    /// # Errors
    /// As `and`.
    pub fn unsaid(&mut self, region: Region, field: BodyField) -> Result<Region, Inconclusive> {
        let own = match kind(field) {
            Kind::Model => return Ok(region),
            Kind::Flag(flag) => Field::Flag(flag),
            Kind::Text(text) => Field::Text(text),
            Kind::Number(number) => Field::Number(number),
            Kind::Set(set) => {
                let masks = self.build.questions.masks.iter();
                let masks = (0u16..).zip(masks.chain(&self.build.slots.masks));
                let own = masks.filter(|(_, (of, _))| *of == set);
                let own: Vec<u16> = own.map(|(mask, _)| mask).collect();
                return own.into_iter().try_fold(region, |region, mask| {
                    let position = Field::Meets(set, mask).position().ok_or(Inconclusive)?;
                    // Rank 0: it has none of the words.
                    self.fixed(region, position, 0)
                });
            }
        };
        let slots = &self.build.slots.cuts;
        let asked = !self.build.questions.constants(own).is_empty()
            || slots.iter().any(|(field, _)| *field == own);
        let Some(code) = self.left_out(own).filter(|_| asked) else {
            return Ok(region);
        };
        let position = own.position().ok_or(Inconclusive)?;
        let rank = self.build.slots.rank(self.build.questions, own, code);
        self.fixed(region, position, rank)
    }

    /// A region's requests that have a rank of a field, whatever they have.
    pub(super) fn fixed(
        &mut self,
        region: Region,
        field: u16,
        rank: u32,
    ) -> Result<Region, Inconclusive> {
        let fixed = self.build.store.restrict(region.0, field, rank);
        fixed.map(Region)
    }

    /// The code of a field that a body does not say.
    fn left_out(&self, field: Field) -> Option<i64> {
        let (optional, ..) = possible(field, self.build.vocabulary);
        if optional {
            return Some(ABSENT);
        }
        if let Field::Flag(_) = field {
            return Some(0);
        }
        let defaults = &self.build.vocabulary.defaults;
        if field == Field::Number(Number::MaxTokens) {
            defaults.max_tokens
        } else if field == Field::Number(Number::Depth) {
            defaults.depth
        } else {
            None
        }
    }
}
