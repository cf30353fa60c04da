//! Rules: heads and clauses, grammar to tree.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enum has a variant for every token; each place knows the few that can come"
)]

use pest::iterators::Pair;

use super::ast::{Amend, Clause, ClauseKind, Head, Name};
use super::diags;
use super::parser::{Builder, Rule, meaningful};
use crate::source::Spanned;

impl Builder<'_> {
    pub(super) fn rule<'i>(
        &mut self,
        mut parts: impl Iterator<Item = Pair<'i, Rule>>,
    ) -> Option<super::ast::Rule> {
        let head = parts.next()?;
        let head_span = self.span(&head);
        let head = self.head(head)?;
        let clauses = self.each(parts, Self::clause)?;
        Some(super::ast::Rule {
            head,
            head_span,
            clauses,
        })
    }

    pub(super) fn head(&mut self, pair: Pair<'_, Rule>) -> Option<Head> {
        let token = pair.as_rule();
        let span = self.span(&pair);
        let chain = pair
            .clone()
            .into_inner()
            .any(|p| p.as_rule() == Rule::kw_chain);
        let exclude = pair
            .clone()
            .into_inner()
            .any(|p| p.as_rule() == Rule::kw_exclude);
        let mut parts = meaningful(pair).filter(|p| p.as_rule() != Rule::kw_chain);
        Some(match token {
            Rule::on_point => Head::On {
                point: self.name(&parts.next()?),
                chain,
                exclude,
                status: self.status(&parts.next()?),
                code: self.name(&parts.next()?),
            },
            Rule::refuse => Head::Refuse {
                chain,
                status: self.status(&parts.next()?),
                code: self.name(&parts.next()?),
            },
            Rule::exclude => Head::Exclude {
                status: self.status(&parts.next()?),
                code: self.name(&parts.next()?),
            },
            Rule::skip => Head::Skip {
                status: self.status(&parts.next()?),
                code: self.name(&parts.next()?),
            },
            Rule::lock => {
                let mut facts = Vec::new();
                let mut bound = None;
                for part in parts {
                    match part.as_rule() {
                        Rule::name => facts.push(self.name(&part)),
                        Rule::operand => bound = Some(self.operand(part)?),
                        _ => {}
                    }
                }
                Head::Lock {
                    facts,
                    bound: bound?,
                }
            }
            Rule::set => Head::Set {
                field: self.path(&parts.next()?),
                value: self.operand(parts.next()?)?,
            },
            Rule::warn => Head::Warn {
                code: self.name(&parts.next()?),
                say: self.string(parts.next()?),
            },
            Rule::limit => Head::Limit {
                requests: self.integer(&parts.next()?),
                window_ms: self.duration(&parts.next()?),
                key: self.path(&parts.next()?),
            },
            Rule::retry => Head::Retry {
                on: self.classes(parts.next()?),
                times: self.times(parts.next()?)?,
                after_ms: parts.next().map_or(0, |p| self.duration(&p).value),
            },
            _ => {
                self.fault(diags::unreadable(span));
                return None;
            }
        })
    }

    pub(super) fn times(&mut self, pair: Pair<'_, Rule>) -> Option<Spanned<i64>> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        Some(match inner.as_rule() {
            Rule::kw_once => Spanned::new(1, span),
            Rule::kw_twice => Spanned::new(2, span),
            _ => self.integer(&inner),
        })
    }

    pub(super) fn classes(&mut self, pair: Pair<'_, Rule>) -> Vec<Name> {
        meaningful(pair).map(|p| self.name(&p)).collect()
    }

    pub(super) fn clause(&mut self, pair: Pair<'_, Rule>) -> Option<Clause> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let token = inner.as_rule();
        let mut parts = meaningful(inner);
        let kind = match token {
            Rule::when => ClauseKind::When(self.condition(parts.next()?)?),
            Rule::blame => ClauseKind::Blame(self.operand(parts.next()?)?),
            Rule::say => ClauseKind::Say(self.string(parts.next()?)),
            Rule::help => ClauseKind::Help(self.string(parts.next()?)),
            Rule::noting => {
                ClauseKind::Noting(self.name(&parts.next()?), self.string(parts.next()?))
            }
            Rule::named => ClauseKind::As(self.name(&parts.next()?)),
            Rule::from => ClauseKind::From(self.instant(&parts.next()?)?),
            Rule::until => ClauseKind::Until(self.instant(&parts.next()?)?),
            Rule::otherwise => {
                ClauseKind::Else(self.status(&parts.next()?), self.name(&parts.next()?))
            }
            Rule::without_fallbacks => ClauseKind::WithoutFallbacks,
            Rule::overridable => ClauseKind::Overridable,
            _ => {
                self.fault(diags::unreadable(span));
                return None;
            }
        };
        Some(Clause { kind, span })
    }

    pub(super) fn amend<'i>(
        &mut self,
        mut parts: impl Iterator<Item = Pair<'i, Rule>>,
    ) -> Option<Amend> {
        let rule = self.name(&parts.next()?);
        let mut parts = parts.peekable();
        let mut to = None;
        if let Some(status) = parts.next_if(|p| p.as_rule() == Rule::status) {
            to = Some((self.status(&status), self.name(&parts.next()?)));
        }
        let clauses = self.each(parts, Self::clause)?;
        Some(Amend { rule, to, clauses })
    }
}
