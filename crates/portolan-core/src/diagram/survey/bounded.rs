//! From a bound back to the requests of a slice that are within it.

use super::class::possible;
use super::{Bound, Bounded, Chart, Region, Values};
use crate::diagram::field::{ABSENT, Field};
use crate::diagram::sketch::Mask;
use crate::diagram::store::{Diagram, Inconclusive};

impl Chart<'_> {
    /// The requests that are within a bound; none where nothing in this slice asks for just that.
    ///
    /// # Errors
    /// Past the slice's budget.
    pub fn bounded(&mut self, bound: &Bound) -> Result<Region, Inconclusive> {
        let Some((field, ranges)) = self.ranges(bound) else {
            return Ok(Region::NONE);
        };
        if !self.asks(field) {
            return Ok(Region::NONE);
        }
        let position = field.position().ok_or(Inconclusive)?;
        let mut any = Diagram::FALSE;
        for (from, last) in ranges {
            let Some((from, end)) = self.ranks(field, from, last) else {
                return Ok(Region::NONE);
            };
            let mut edges = vec![(0, Diagram::FALSE), (from, Diagram::TRUE)];
            edges.extend(end.map(|end| (end, Diagram::FALSE)));
            // The first edge begins at rank 0.
            edges.dedup_by(|next, previous| {
                let same = next.0 == previous.0;
                if same {
                    previous.1 = next.1;
                }
                same
            });
            let one = self.build.store.range(position, edges)?;
            any = self.build.store.or(any, one)?;
        }
        Ok(Region(any))
    }

    /// Says whether anything in this slice may ask for a field.
    fn asks(&self, field: Field) -> bool {
        let (questions, slots) = (self.build.questions, self.build.slots);
        let own = slots.cuts.binary_search_by_key(&field, |(of, _)| *of);
        matches!(field, Field::Meets(..)) || questions.cuts.contains_key(&field) || own.is_ok()
    }

    /// The field, and the codes between which a bound's values lie.
    fn ranges(&self, bound: &Bound) -> Option<(Field, Vec<(i64, i64)>)> {
        let vocabulary = self.build.vocabulary;
        let field = match bound.field {
            Bounded::Flag(flag) => Field::Flag(flag),
            Bounded::Attribute(index) => Field::Attribute(index),
            Bounded::Text(text) => Field::Text(text),
            Bounded::At => Field::At,
            Bounded::Number(number) => Field::Number(number),
            Bounded::Set(set) => {
                let Values::Words {
                    words, others, has, ..
                } = &bound.values
                else {
                    return None;
                };
                let mut mask: Mask = Mask::from(*others) << 127;
                for (bit, word) in vocabulary.words.get(&set)?.iter().enumerate() {
                    mask |= Mask::from(words.contains(word)) << bit;
                }
                let masks = self.build.questions.masks.iter();
                let mut masks = masks.chain(&self.build.slots.masks);
                let position = masks.position(|known| *known == (set, mask))?;
                let field = Field::Meets(set, u16::try_from(position).ok()?);
                let side = i64::from(*has);
                return Some((field, vec![(side, side)]));
            }
        };
        let (_, lowest, _) = possible(field, vocabulary);
        // Between absence and the lowest code there is nothing.
        let join = |absent: bool, mut there: Vec<(i64, i64)>| {
            match there
                .first_mut()
                .filter(|(from, _)| absent && *from <= lowest)
            {
                Some((from, _)) => *from = ABSENT,
                None if absent => there.push((ABSENT, lowest - 1)),
                None => {}
            }
            there
        };
        let ranges = match &bound.values {
            Values::Codes { absent, from, last } => {
                let there = (from <= last).then_some((*from, *last));
                join(*absent, there.into_iter().collect())
            }
            Values::Rows { absent, rows } => {
                let Bounded::Attribute(index) = bound.field else {
                    return None;
                };
                let classes = vocabulary.classes.get(&index)?;
                let codes = rows.iter().map(|row| classes.of.get(*row as usize));
                let codes = codes.map(|code| code.map(|code| (*code, *code)));
                join(*absent, codes.collect::<Option<Vec<_>>>()?)
            }
            Values::Texts {
                absent,
                from,
                until,
            } => {
                let bounds = vocabulary.texts.get(&field)?;
                let code = |text: &[u8]| {
                    let below = bounds.partition_point(|bound| **bound <= *text);
                    i64::try_from(below).ok()
                };
                let from = match from {
                    Some(from) => Some(code(from)?),
                    None => None,
                };
                let last = match until {
                    Some(until) => code(until)? - 1,
                    None => i64::MAX,
                };
                let there = from.map(|from| (from, last));
                join(*absent, there.into_iter().collect())
            }
            Values::Words { .. } => return None,
        };
        Some((field, ranges))
    }

    /// The ranks of the codes between two, where cuts lie at both ends.
    fn ranks(&self, field: Field, from: i64, last: i64) -> Option<(u32, Option<u32>)> {
        if let Field::Meets(..) = field {
            let from = u32::try_from(from).ok()?;
            return Some((from, (from == 0).then_some(1)));
        }
        let rank = |code: i64| self.build.slots.rank(self.build.questions, field, code);
        let (optional, lowest, highest) = possible(field, self.build.vocabulary);
        let lowest = if optional { ABSENT } else { lowest };
        let first = if from <= lowest { 0 } else { rank(from) };
        let begins = from <= lowest || rank(from - 1) < first;
        if last >= highest {
            return begins.then_some((first, None));
        }
        let end = rank(last + 1);
        (begins && end > rank(last)).then_some((first, Some(end)))
    }
}
