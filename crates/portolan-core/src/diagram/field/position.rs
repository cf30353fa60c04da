//! Fields as positions in the order in which diagrams ask. A field has the same position in every
//! diagram, so that what many shapes have in common is one diagram.

use super::{Field, Flag, Number, SetField, TextField};
use crate::policy::{Scope, StateFact};

const ATTRIBUTES: u16 = 0x1000;
const APPLIES: u16 = 0x6000;
const MEETS: u16 = 0x8000;
const TEXTS: u16 = 0xa000;
const AT: u16 = 0xb000;
const NUMBERS: u16 = 0xc000;
const STATES: u16 = 0xd000;

/// Masks of one set that have a position.
const MASKS: u16 = 0x800;

/// The facts about now, in order.
const NOW: [(Scope, StateFact); 4] = [
    (Scope::Model, StateFact::Healthy),
    (Scope::Model, StateFact::Used),
    (Scope::Route, StateFact::Healthy),
    (Scope::Route, StateFact::Used),
];

impl Field {
    /// Where it stands; none where there are more of its kind than have a position.
    pub(in crate::diagram) fn position(self) -> Option<u16> {
        let (start, end, at) = match self {
            Self::Flag(flag) => (0, ATTRIBUTES, flag as u16),
            Self::Attribute(index) => (ATTRIBUTES, APPLIES, index),
            Self::Applies(group) => (APPLIES, MEETS, group),
            Self::Meets(set, mask) => {
                let start = MEETS + MASKS * (set as u16);
                (start, start + MASKS, mask)
            }
            Self::Text(text) => (TEXTS, AT, text as u16),
            Self::At => (AT, NUMBERS, 0),
            Self::Number(number) => (NUMBERS, STATES, number as u16),
            Self::State(scope, fact) => {
                let at = NOW.iter().position(|now| *now == (scope, fact))?;
                (STATES, u16::MAX, u16::try_from(at).ok()?)
            }
        };
        start.checked_add(at).filter(|position| *position < end)
    }

    /// The field at a position.
    pub(in crate::diagram) fn at(position: u16) -> Option<Self> {
        let from = |start: u16| position - start;
        let nth = |start: u16| usize::from(position - start);
        Some(match position {
            STATES.. => {
                let (scope, fact) = *NOW.get(nth(STATES))?;
                Self::State(scope, fact)
            }
            NUMBERS.. => Self::Number(*Number::ALL.get(nth(NUMBERS))?),
            AT.. => (position == AT).then_some(Self::At)?,
            TEXTS.. => Self::Text(*TextField::ALL.get(nth(TEXTS))?),
            MEETS.. => {
                let set = *SetField::ALL.get(usize::from(from(MEETS) / MASKS))?;
                Self::Meets(set, from(MEETS) % MASKS)
            }
            APPLIES.. => Self::Applies(from(APPLIES)),
            ATTRIBUTES.. => Self::Attribute(from(ATTRIBUTES)),
            0.. => Self::Flag(*Flag::ALL.get(nth(0))?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_in_the_order_of_fields_and_lead_back() {
        let mut fields: Vec<Field> = Flag::ALL.map(Field::Flag).into();
        fields.extend([0, 7, 20_000].map(Field::Attribute));
        fields.extend([0, 255].map(Field::Applies));
        for set in SetField::ALL {
            fields.extend([0, 1, 255].map(|mask| Field::Meets(set, mask)));
        }
        fields.extend(TextField::ALL.map(Field::Text));
        fields.push(Field::At);
        fields.extend(Number::ALL.map(Field::Number));
        fields.extend(NOW.map(|(scope, fact)| Field::State(scope, fact)));
        assert!(fields.is_sorted());
        let positions: Vec<u16> = fields.iter().map(|f| f.position().unwrap()).collect();
        assert!(positions.is_sorted());
        let back: Vec<Field> = positions.iter().map(|p| Field::at(*p).unwrap()).collect();
        assert_eq!(back, fields);
        assert_eq!(Field::Meets(SetField::Parameters, MASKS).position(), None);
        assert_eq!(Field::at(12), None);
    }
}
