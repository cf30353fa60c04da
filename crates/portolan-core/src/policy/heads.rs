//! Heads of rules: what a rule does, its status and code, its fields and bounds.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a notation that the expected type does not take is one and the same fault"
)]

use std::collections::BTreeSet;

use super::diags;
use super::policy::{LockFact, RuleKind, SetField, Verdict};
use super::rules::{Clauses, word};
use super::schema::{BodyField, RouteFact};
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::{Type, Value};
use crate::near;
use crate::source::Spanned;
use crate::syntax::ast::{self, Head, Name, Operand, OperandKind, Path};
use crate::text;

const POINTS: [&str; 3] = ["unknown-model", "not-offered", "other-endpoint"];

impl Resolver<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm a kind of rule")]
    pub(super) fn kind(
        &mut self,
        rule: &ast::Rule,
        clauses: &Clauses<'_>,
        reach: Reach,
        known: &BTreeSet<Term>,
    ) -> Option<RuleKind> {
        let word = word(&rule.head);
        Some(match &rule.head {
            Head::On {
                point,
                chain,
                exclude,
                status,
                code,
            } => {
                let verdict =
                    self.verdict(status, code, if *exclude { "exclude" } else { "refuse" });
                match (point.value.as_str(), exclude) {
                    ("unknown-model", false) => RuleKind::UnknownModel {
                        chain: *chain,
                        verdict,
                    },
                    ("not-offered", true) => RuleKind::NotOffered(verdict),
                    ("other-endpoint", true) => RuleKind::OtherEndpoint(verdict),
                    ("unknown-model", true) => {
                        self.report(diags::clause_not_here(
                            rule.head_span,
                            "exclude",
                            "on unknown-model",
                        ));
                        return None;
                    }
                    ("not-offered" | "other-endpoint", false) => {
                        self.report(diags::clause_not_here(
                            rule.head_span,
                            "refuse",
                            "on not-offered",
                        ));
                        return None;
                    }
                    (other, _) => {
                        let near = near::nearest(other, POINTS);
                        self.report(diags::unknown_name(
                            point.span,
                            "built-in point",
                            other,
                            near,
                        ));
                        return None;
                    }
                }
            }
            Head::Refuse {
                chain,
                status,
                code,
            } => RuleKind::Refuse {
                chain: *chain,
                verdict: self.verdict(status, code, word),
            },
            Head::Exclude { status, code } => RuleKind::Exclude(self.verdict(status, code, word)),
            Head::Skip { status, code } => RuleKind::Skip(self.verdict(status, code, word)),
            Head::Lock { facts, bound } => {
                let (facts, bound) = self.lock(facts, bound, known)?;
                let verdict = match clauses.otherwise {
                    Some((status, code)) => self.verdict(status, code, word),
                    None => Verdict {
                        status: 403,
                        code: "lock-not-met".into(),
                    },
                };
                RuleKind::Lock {
                    facts,
                    bound,
                    verdict,
                }
            }
            Head::Set { field, value } => {
                let (field, value) = self.set(field, value)?;
                let noting = clauses.noting.map(|(code, _)| self.code(code));
                RuleKind::Set {
                    field,
                    value,
                    noting,
                }
            }
            Head::Warn { code, .. } => RuleKind::Warn {
                code: self.code(code),
            },
            Head::Limit {
                requests,
                window_ms,
                key,
            } => {
                self.range(requests, "a limit", 1, 1_000_000_000);
                if window_ms.value % 1000 != 0 {
                    self.report(diags::whole(window_ms.span, "seconds"));
                }
                if window_ms.value < 1000 || window_ms.value > 86_400_000 {
                    self.report(diags::out_of_range(
                        window_ms.span,
                        "a window in milliseconds",
                        1000,
                        86_400_000,
                    ));
                }
                let key = self.limit_key(key, reach, known)?;
                RuleKind::Limit {
                    requests: requests.value,
                    window_s: window_ms.value / 1000,
                    key,
                }
            }
            Head::Retry {
                on,
                times,
                after_ms,
            } => {
                self.range(times, "retries", 1, 5);
                RuleKind::Retry {
                    on: self.classes(on),
                    times: times.value,
                    after_ms: *after_ms,
                    without_fallbacks: clauses.without_fallbacks,
                }
            }
        })
    }

    pub(super) fn range(&mut self, n: &Spanned<i64>, what: &str, least: i64, most: i64) {
        if !(least..=most).contains(&n.value) {
            self.report(diags::out_of_range(n.span, what, least, most));
        }
    }

    pub(super) fn verdict(&mut self, status: &Spanned<u16>, code: &Name, word: &str) -> Verdict {
        let fits = match word {
            "skip" => status.value == 429 || (500..=599).contains(&status.value),
            _ => {
                (400..=499).contains(&status.value)
                    && !matches!(status.value, 408 | 409 | 425 | 429)
            }
        };
        if !fits {
            self.report(diags::bad_status(status.span, status.value, word));
        }
        Verdict {
            status: status.value,
            code: self.code(code),
        }
    }

    pub(super) fn code(&mut self, code: &Name) -> Box<str> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !code.value.chars().all(plain) || code.value.ends_with('-') {
            self.report(diags::bad_code(code.span, &code.value));
        }
        code.value.as_str().into()
    }

    /// Outcome classes of an attempt.
    pub(super) fn classes(&mut self, classes: &[Name]) -> Vec<Box<str>> {
        let words = ["connect", "timeout", "reset", "truncated", "garbage"];
        for class in classes {
            let text = class.value.as_str();
            let status = text.len() == 3
                && text.starts_with(['4', '5'])
                && (text.ends_with("xx") || text.bytes().all(|b| b.is_ascii_digit()));
            if !status && !words.contains(&text) {
                self.report(diags::bad_class(class.span, text));
            }
        }
        classes.iter().map(|c| c.value.as_str().into()).collect()
    }

    pub(super) fn lock(
        &mut self,
        facts: &[Name],
        bound: &Operand,
        known: &BTreeSet<Term>,
    ) -> Option<(Vec<LockFact>, Term)> {
        let names = [
            ("processing", LockFact::Processing),
            ("storage", LockFact::Storage),
            ("ingress", LockFact::Ingress),
            ("retention", LockFact::Retention),
        ];
        let mut found = Vec::new();
        for fact in facts {
            if let Some((_, fact)) = names.iter().find(|(name, _)| *name == fact.value) {
                found.push(*fact);
            } else {
                let near = near::nearest(&fact.value, names.iter().map(|(name, _)| *name));
                self.report(diags::unknown_name(
                    fact.span,
                    "fact that a lock judges",
                    &fact.value,
                    near,
                ));
                return None;
            }
        }
        let retention = found.contains(&LockFact::Retention);
        if retention && found.iter().any(|f| *f != LockFact::Retention) {
            let span = facts.first()?.span.to(facts.last()?.span);
            self.report(diags::lock_mixed(span));
            return None;
        }
        let of = if retention {
            Type::Retention
        } else {
            Type::Place
        };
        let env = Env::knowing(Reach::REQUEST, known);
        let (term, found_type) = self.typed(bound, Some(&of), &env)?;
        if found_type != of {
            self.report(diags::not_comparable(bound.span, &of, &found_type));
            return None;
        }
        if !matches!(term, Term::Constant(_) | Term::Column(..)) {
            self.report(diags::lock_bound(bound.span));
            return None;
        }
        self.check_read(&term, &env, bound.span);
        Some((found, term))
    }

    pub(super) fn set(&mut self, field: &Path, value: &Operand) -> Option<(SetField, Value)> {
        let names: Vec<&str> = field.segments.iter().map(|s| s.value.as_str()).collect();
        let settable = [
            BodyField::Stream,
            BodyField::MaxTokens,
            BodyField::ServiceTier,
            BodyField::ZeroDataRetention,
        ];
        let known = |name: &str| settable.into_iter().find(|f| f.name() == name);
        match names.as_slice() {
            [name] | ["request", name] => {
                let Some(found) = known(name) else {
                    self.report(diags::set_field(field.span, name));
                    return None;
                };
                Some((SetField::Known(found), self.value(value, &found.of())?))
            }
            ["body", name] => {
                let known = BodyField::ALL
                    .iter()
                    .filter_map(|f| f.wire().split('.').next());
                let judged = known
                    .chain(crate::request::PARAMETERS)
                    .chain(["fallback_config", "max_completion_tokens"])
                    .any(|field| text::folds_to(name, field));
                if judged {
                    self.report(diags::set_field(field.span, name));
                    return None;
                }
                let of = match &value.kind {
                    OperandKind::Integer(_) => Type::Count,
                    OperandKind::Text(_) => Type::Text,
                    _ => Type::Bool,
                };
                Some((SetField::Other((*name).into()), self.value(value, &of)?))
            }
            _ => {
                self.report(diags::set_field(field.span, &names.join(".")));
                None
            }
        }
    }

    pub(super) fn limit_key(
        &mut self,
        key: &Path,
        reach: Reach,
        known: &BTreeSet<Term>,
    ) -> Option<Term> {
        if let [name] = key.segments.as_slice()
            && name.value == "model"
        {
            return Some(Term::Route(RouteFact::Model));
        }
        if key.segments.len() == 1 {
            self.report(diags::limit_key(key.span));
            return None;
        }
        let operand = Operand {
            kind: OperandKind::Path(key.clone()),
            span: key.span,
        };
        let env = Env::knowing(reach, known);
        let (term, _) = self.typed(&operand, None, &env)?;
        if !matches!(term, Term::Attribute(_)) {
            self.report(diags::limit_key(key.span));
            return None;
        }
        self.check_read(&term, &env, key.span);
        Some(term)
    }
}
