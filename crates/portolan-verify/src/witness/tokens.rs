//! Counts of tokens: what goes in, the most that may come out, and their sum, exactly.

use portolan_core::diagram::survey::Number;

use super::domain::{Codes, Domain};

/// What the counts of one effective request may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens {
    input: Codes,
    most: Codes,
    total: Codes,
    default: Option<i64>,
}

/// One way to say the most tokens, with the inputs that go with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// The body says it itself.
    pub(super) said: bool,
    pub(super) from: i64,
    pub(super) last: i64,
}

impl Way {
    /// The inputs that go with both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            said: self.said,
            from: self.from.max(other.from),
            last: self.last.min(other.last),
        }
    }

    pub(super) const fn is_possible(self) -> bool {
        self.from <= self.last
    }
}

impl Tokens {
    /// With the policy's default for the most tokens.
    pub(super) fn of(domain: &Domain<'_>, default: Option<i64>) -> Self {
        Self {
            input: domain.number(Number::InputTokens),
            most: domain.number(Number::MaxTokens),
            total: domain.number(Number::TotalTokens),
            default,
        }
    }

    /// The ways there are with inputs between two numbers; the one that says nothing first.
    pub(super) fn ways(self, fewest: i64, most: i64) -> impl Iterator<Item = Way> {
        let unsaid = match self.default {
            None => self.most.absent.then_some((0, 0)),
            Some(default) => self.most.has(default).then_some((default, default)),
        };
        let said = self
            .most
            .present()
            .then_some((self.most.from, self.most.last));
        let input = self.input.within(fewest.max(0), most);
        let ways = [(false, unsaid), (true, said)];
        let ways = ways.into_iter().filter_map(move |(said, outs)| {
            let (least, most) = outs?;
            // The sum saturates: a total of the largest number has no end.
            let (least, most) = (least.max(0), most.max(0));
            let end = (self.total.last < i64::MAX).then(|| self.total.last.checked_sub(least));
            let end = end.map_or(Some(i64::MAX), |end| end)?;
            Some(Way {
                said,
                from: input.from.max(self.total.from.saturating_sub(most)),
                last: input.last.min(end),
            })
        });
        ways.filter(|way| way.is_possible())
    }

    /// The most tokens that a body says with an input, where it says any.
    pub(super) fn most(self, way: Way, input: i64) -> Option<i64> {
        let wanted = self.most.value().filter(|_| way.said)?;
        let fewest = self.total.from.saturating_sub(input);
        let end = match self.total.last {
            i64::MAX => i64::MAX,
            total => total.saturating_sub(input),
        };
        let counted = wanted.max(0).min(end).max(fewest);
        // Below one all count the same.
        Some(if counted == wanted.max(0) {
            wanted
        } else {
            counted
        })
    }
}
