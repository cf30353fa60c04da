//! `prove` and `test`: grammar to tree.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enum has a variant for every token; each place knows the few that can come"
)]

use pest::iterators::Pair;

use super::ast::{Claim, Expect, ExpectKind, Goal, Name, Operand, Prove, Test};
use super::condition;
use super::parser::{Builder, Rule, meaningful};
use crate::source::Spanned;

impl Builder<'_> {
    pub(super) fn prove<'i>(
        &mut self,
        mut parts: impl Iterator<Item = Pair<'i, Rule>>,
    ) -> Option<Prove> {
        let name = self.name(&parts.next()?);
        let mut filter = None;
        let mut between = None;
        let mut goal = None;
        for part in parts {
            let token = part.as_rule();
            let mut inner = meaningful(part);
            match token {
                Rule::where_part => filter = Some(self.condition(inner.next()?)?),
                Rule::between_part => {
                    let from = self.instant(&inner.next()?)?;
                    let until = inner.next()?;
                    let span = self.span(&until);
                    between = Some((from, Spanned::new(self.instant(&until)?, span)));
                }
                _ => goal = Some(self.goal(inner.next()?)?),
            }
        }
        Some(Prove {
            name,
            filter,
            between,
            goal: goal?,
        })
    }

    fn goal(&mut self, pair: Pair<'_, Rule>) -> Option<Goal> {
        let token = pair.as_rule();
        Some(match token {
            Rule::some_model_routes => {
                let wanted = meaningful(pair).next();
                let condition = wanted.and_then(|part| meaningful(part).next());
                Goal::SomeModelRoutes(match condition {
                    Some(condition) => Some(self.condition(condition)?),
                    None => None,
                })
            }
            Rule::same_decision => Goal::SameDecisionAs(self.string(meaningful(pair).next()?)),
            Rule::claim => Goal::Claim {
                premises: Vec::new(),
                claim: self.claim(pair)?,
            },
            _ => {
                let mut parts = self.each(meaningful(pair), Self::claim)?;
                let claim = parts.pop()?;
                Goal::Claim {
                    premises: parts,
                    claim,
                }
            }
        })
    }

    /// A claim or a premise: both are said of one decision.
    fn claim(&mut self, pair: Pair<'_, Rule>) -> Option<Claim> {
        let what = meaningful(pair).next()?;
        let token = what.as_rule();
        let inner = meaningful(what).next();
        Some(match token {
            Rule::every_attempt => Claim::Every(self.condition(inner?)?),
            Rule::given_every => Claim::Every(condition::negation(self, inner?)?),
            Rule::price_at_most => Claim::PriceAtMost(condition::money(self, &inner?)?),
            Rule::always_routes | Rule::given_routes => Claim::Routes,
            Rule::never_routes => Claim::Refused,
            _ => match inner {
                Some(code) => Claim::RefusedWith(self.name(&meaningful(code).next()?)),
                None => Claim::Refused,
            },
        })
    }

    pub(super) fn test<'i>(
        &mut self,
        mut parts: impl Iterator<Item = Pair<'i, Rule>>,
    ) -> Option<Test> {
        let name = self.string(parts.next()?);
        let request = self.fields(parts.next()?)?;
        let mut at = None;
        let mut expect = Vec::new();
        for part in parts {
            if part.as_rule() == Rule::instant {
                at = Some(self.instant(&part)?);
            } else {
                expect.push(self.expect(part)?);
            }
        }
        Some(Test {
            name,
            request,
            at,
            expect,
        })
    }

    pub(super) fn fields(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<(Name, Operand)>> {
        self.each(meaningful(pair), |this, field| {
            let mut parts = meaningful(field);
            let name = this.name_or_string(parts.next()?);
            Some((name, this.operand(parts.next()?)?))
        })
    }

    pub(super) fn expect(&mut self, pair: Pair<'_, Rule>) -> Option<Expect> {
        let span = self.span(&pair);
        let inner = meaningful(pair).next()?;
        let token = inner.as_rule();
        let mut parts = meaningful(inner);
        let kind = match token {
            Rule::expect_refuse => {
                ExpectKind::Refuse(self.status(&parts.next()?).value, self.name(&parts.next()?))
            }
            Rule::expect_route => match parts.next() {
                Some(fields) => ExpectKind::Route(self.fields(fields)?),
                None => ExpectKind::Route(Vec::new()),
            },
            Rule::expect_warn => ExpectKind::Warn(self.name(&parts.next()?)),
            _ => ExpectKind::Drop(self.name(&parts.next()?)),
        };
        Some(Expect { kind, span })
    }
}
