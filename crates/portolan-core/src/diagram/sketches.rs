//! Many sketches in a row, as a model or a route has them: most are the same for every request and
//! take two bytes.

use super::sketch::Sketch;

/// The answers to a list of questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sketches {
    /// An answer that is the same for every request, or past those the position of a sketch.
    codes: Box<[u16]>,
    held: Box<[Sketch]>,
}

/// The answer to one question.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer<'s> {
    /// The same for every request.
    Always(u32),
    /// One that depends on the request.
    Depends(&'s Sketch),
}

/// Answers that have a code of their own: yes, no and unknown.
const OWN: u16 = 3;

impl Sketches {
    /// Packs sketches; none where they are more than have a code.
    pub(super) fn new(all: impl Iterator<Item = Sketch>) -> Option<Self> {
        let mut codes = Vec::with_capacity(all.size_hint().0);
        let mut held = Vec::new();
        for sketch in all {
            if let Sketch::Leaf(value) = sketch
                && value < u32::from(OWN)
            {
                codes.push(u16::try_from(value).ok()?);
                continue;
            }
            codes.push(u16::try_from(held.len()).ok()?.checked_add(OWN)?);
            held.push(sketch);
        }
        Some(Self {
            codes: codes.into(),
            held: held.into(),
        })
    }

    /// The answer at a position.
    pub(super) fn get(&self, at: usize) -> Option<Answer<'_>> {
        let code = *self.codes.get(at)?;
        Some(match code.checked_sub(OWN) {
            None => Answer::Always(u32::from(code)),
            Some(held) => Answer::of(self.held.get(usize::from(held))?),
        })
    }

    /// The codes of all.
    pub(super) fn codes(&self) -> &[u16] {
        &self.codes
    }

    /// Those that depend on the request, in order.
    pub(super) fn held(&self) -> &[Sketch] {
        &self.held
    }

    /// The same with every sketch changed.
    pub(super) fn map(&self, change: &dyn Fn(&Sketch) -> Sketch) -> Option<Self> {
        let all = self.codes.iter().map(|code| {
            let held = code.checked_sub(OWN);
            let held = held.and_then(|held| self.held.get(usize::from(held)));
            held.map_or(Sketch::Leaf(u32::from(*code)), change)
        });
        Self::new(all)
    }
}

impl<'s> Answer<'s> {
    /// What a sketch comes to.
    pub(super) const fn of(sketch: &'s Sketch) -> Self {
        match sketch {
            Sketch::Leaf(value) => Self::Always(*value),
            sketch @ (Sketch::Steps(..) | Sketch::Meets(..) | Sketch::Known(_)) => {
                Self::Depends(sketch)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::field::Field;

    #[test]
    fn what_was_packed_is_there() {
        let steps = Sketch::Steps(Field::At, vec![(0, Sketch::Leaf(1)), (7, Sketch::Leaf(0))]);
        let all = [
            Sketch::Leaf(1),
            steps.clone(),
            Sketch::Leaf(9),
            Sketch::Leaf(2),
        ];
        let packed = Sketches::new(all.iter().cloned()).unwrap();
        assert_eq!(packed.held(), [steps, Sketch::Leaf(9)]);
        let answers = (0..5).map(|at| packed.get(at).map(|answer| format!("{answer:?}")));
        let expected = all
            .iter()
            .map(|sketch| Some(format!("{:?}", Answer::of(sketch))));
        assert!(answers.eq(expected.chain([None])));
        assert_eq!(packed.map(&Sketch::clone), Some(packed));
    }
}
