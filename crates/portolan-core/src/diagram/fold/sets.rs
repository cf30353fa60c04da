//! Sets of a request against sets that are known: masks over the words that any rule names.

use super::{Context, Fold, Folded, Moment};
use crate::catalog::Names;
use crate::diagram::constants::request_set;
use crate::diagram::field::SetField;
use crate::diagram::intern::Memo;
use crate::diagram::sketch::{Mask, NO, Sketch, UNKNOWN, YES};
use crate::diagram::store::Inconclusive;
use crate::policy::{Term, Value};
use crate::syntax::ast::Comparison;

/// Masks of the catalog's sets, by where a set stands.
#[derive(Debug, Default)]
pub(super) struct Masks {
    known: Memo<(SetField, usize)>,
    masks: Vec<Mask>,
}

/// A set as far as it is known, over the words of one set of the request.
#[derive(Clone, Copy)]
enum Words {
    /// Known whole.
    Known(Mask),
    /// What the request's set has beyond a mask.
    Request(Mask),
    /// What a mask has beyond the request's set.
    Missing(Mask),
}

impl<'a> Fold<'a> {
    /// Says whether a term reads a set of the request.
    pub(super) fn is_request_set(term: &Term) -> bool {
        request_set(term).is_some()
    }

    /// A comparison in which a set of the request takes part.
    pub(super) fn compare_sets(
        &self,
        a: &Term,
        comparison: Comparison,
        b: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Folded {
        let (first, second) = (request_set(a), request_set(b));
        let set = first.or(second).ok_or(Inconclusive)?;
        if first.is_some() && second.is_some() && first != second {
            return Err(Inconclusive);
        }
        let right = self.words(b, set, context, moment)?;
        let left = self.left(a, comparison, set, context, moment)?;
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(Sketch::Leaf(UNKNOWN));
        };
        let meets = |mask: Mask| Sketch::meets(set, mask, Sketch::Leaf(YES), Sketch::Leaf(NO));
        let lacks = |mask: Mask| Sketch::meets(set, mask, Sketch::Leaf(NO), Sketch::Leaf(YES));
        let holds = |truth: bool| Sketch::truth(Some(truth));
        Ok(match comparison {
            Comparison::SubsetOf | Comparison::In => match (left, right) {
                (Words::Known(a), Words::Known(b)) => holds(a & !b == 0),
                (Words::Request(minus), Words::Known(b)) => lacks(!(b | minus)),
                (Words::Known(a), Words::Request(minus)) if a & minus == 0 => has_all(set, a, true),
                (Words::Missing(a), Words::Known(b)) => has_all(set, a & !b, true),
                (Words::Known(a), Words::Missing(b)) if a & !b == 0 => lacks(a),
                (Words::Known(_), Words::Request(_) | Words::Missing(_)) => Sketch::Leaf(NO),
                (Words::Request(_) | Words::Missing(_), Words::Request(_) | Words::Missing(_)) => {
                    return Err(Inconclusive);
                }
            },
            Comparison::Overlaps => match (left, right) {
                (Words::Known(a), Words::Known(b)) => holds(a & b != 0),
                (Words::Request(minus), Words::Known(b))
                | (Words::Known(b), Words::Request(minus)) => meets(b & !minus),
                (Words::Missing(a), Words::Known(b)) | (Words::Known(b), Words::Missing(a)) => {
                    has_all(set, a & b, false)
                }
                (Words::Request(_) | Words::Missing(_), Words::Request(_) | Words::Missing(_)) => {
                    return Err(Inconclusive);
                }
            },
            Comparison::Equal
            | Comparison::NotEqual
            | Comparison::Less
            | Comparison::AtMost
            | Comparison::Greater
            | Comparison::AtLeast
            | Comparison::Within => return Err(Inconclusive),
        })
    }

    /// The left side: a set, or with `in` one word.
    fn left(
        &self,
        term: &Term,
        comparison: Comparison,
        set: SetField,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Result<Option<Words>, Inconclusive> {
        if comparison != Comparison::In {
            return self.words(term, set, context, moment);
        }
        if Self::varying(term, context).is_some() {
            return Err(Inconclusive);
        }
        match self.value(term, context, moment) {
            None => Ok(None),
            Some(Value::Text(word)) => Ok(Some(Words::Known(self.word(set, &word)?))),
            Some(_) => Err(Inconclusive),
        }
    }

    fn words(
        &self,
        term: &Term,
        set: SetField,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Result<Option<Words>, Inconclusive> {
        if let Term::Body(_) = term {
            return Ok(request_set(term).map(|_| Words::Request(0)));
        }
        if let Term::Without(a, b) = term
            && Self::is_request_set(term)
        {
            let a = self.words(a, set, context, moment)?;
            let b = self.words(b, set, context, moment)?;
            let (Some(a), Some(b)) = (a, b) else {
                return Ok(None);
            };
            return without(a, b).map(Some);
        }
        if let Some(names) = self.names(term, context.route, moment) {
            return Ok(Some(Words::Known(self.of_names(set, names)?)));
        }
        match self.value(term, context, moment) {
            None => Ok(None),
            Some(Value::Set(values)) => {
                let mut mask = 0;
                for value in &values {
                    let Value::Text(word) = value else {
                        return Err(Inconclusive);
                    };
                    mask |= self.word(set, word)?;
                }
                Ok(Some(Words::Known(mask)))
            }
            Some(_) => Err(Inconclusive),
        }
    }

    /// The mask of names; equal sets of the catalog are mostly one, and looked up once.
    fn of_names(&self, set: SetField, names: &Names) -> Result<Mask, Inconclusive> {
        let key = (set, std::ptr::from_ref(&**names).addr());
        let mut masks = self.masks.borrow_mut();
        let known = masks.known.get(&key);
        if let Some(mask) = known.and_then(|at| masks.masks.get(at as usize)) {
            return Ok(*mask);
        }
        let mut mask = 0;
        for name in names.iter() {
            mask |= self.word(set, name)?;
        }
        let at = u32::try_from(masks.masks.len()).map_err(|_| Inconclusive)?;
        masks.masks.push(mask);
        masks.known.insert(key, at);
        Ok(mask)
    }

    /// The bit of a word, all of which were collected.
    fn word(&self, set: SetField, word: &str) -> Result<Mask, Inconclusive> {
        let words = self.vocabulary.words.get(&set).ok_or(Inconclusive)?;
        let position = words.binary_search_by(|known| (**known).cmp(word));
        Ok(1 << position.map_err(|_| Inconclusive)?)
    }
}

fn without(a: Words, b: Words) -> Result<Words, Inconclusive> {
    Ok(match (a, b) {
        (Words::Known(a), Words::Known(b)) => Words::Known(a & !b),
        (Words::Request(minus), Words::Known(b)) => Words::Request(minus | b),
        (Words::Missing(a), Words::Known(b)) => Words::Missing(a & !b),
        (Words::Known(a), Words::Request(0)) => Words::Missing(a),
        (
            Words::Known(_) | Words::Request(_) | Words::Missing(_),
            Words::Request(_) | Words::Missing(_),
        ) => return Err(Inconclusive),
    })
}

/// Whether the request's set has every word of a mask: `yes` where it has.
fn has_all(set: SetField, mask: Mask, yes: bool) -> Sketch {
    let no = Sketch::truth(Some(!yes));
    let bits = (0..Mask::BITS).map(|bit| 1 << bit);
    bits.filter(|bit| mask & bit != 0)
        .fold(Sketch::truth(Some(yes)), |all, bit| {
            Sketch::meets(set, bit, all, no.clone())
        })
}
