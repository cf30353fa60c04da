//! `prove` and `test`: grammar to tree.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enum has a variant for every token; each place knows the few that can come"
)]

use pest::iterators::Pair;

use super::ast::{Expect, ExpectKind, Goal, Name, Operand, Prove, Test};
use super::parser::{Builder, Rule, meaningful};

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
                    between = Some((self.instant(&inner.next()?)?, self.instant(&inner.next()?)?));
                }
                Rule::goal => {
                    let what = inner.next()?;
                    goal = Some(match what.as_rule() {
                        Rule::every_attempt => {
                            Goal::Every(self.condition(meaningful(what).next()?)?)
                        }
                        Rule::never_routes => Goal::NeverRoutes,
                        Rule::always_routes => Goal::AlwaysRoutes,
                        _ => Goal::AlwaysRefused(self.name(&meaningful(what).next()?)),
                    });
                }
                _ => {}
            }
        }
        Some(Prove {
            name,
            filter,
            between,
            goal: goal?,
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
