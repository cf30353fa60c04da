//! Which of two candidates goes first, as regions.

use super::{Chart, Region};
use crate::diagram::store::{Diagram, Inconclusive};

/// Two candidates, and the requests for which the first of them goes before the second.
pub type Precedence = (usize, usize, Region);

impl Chart<'_> {
    /// For every two candidates, the earlier of the catalog first: the requests for which it goes
    /// before the other by the policy's keys.
    ///
    /// # Errors
    /// As `and`, and where `Topic::Order` is not among the survey's topics.
    pub fn precedences(&mut self) -> Result<Vec<Precedence>, Inconclusive> {
        if !self.build.vocabulary.ordered {
            return Err(Inconclusive);
        }
        let order = &self.end.order;
        let order = self.build.grow(order, &Diagram::terminal)?;
        let count = self.end.routes.len();
        let mut pairs = Vec::new();
        for one in 0..count {
            for other in one + 1..count {
                let orders = &self.build.answers.orders;
                let precedes = |value: u32| {
                    let mut places = orders.get(value).into_iter().flatten();
                    let first = places.find(|place| {
                        let place = usize::from(**place);
                        place == one || place == other
                    });
                    if first.is_none_or(|place| usize::from(*place) == one) {
                        Diagram::TRUE
                    } else {
                        Diagram::FALSE
                    }
                };
                let region = self.build.store.map(order, &precedes)?;
                pairs.push((one, other, Region(region)));
            }
        }
        Ok(pairs)
    }
}
