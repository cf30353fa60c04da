//! Claims over all requests, and examples.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::absence::{Absence, read_by};
use super::claim::{Claim, Expect, Goal, Prove, Test};
use super::conditions::atoms;
use super::diags;
use super::load::Loaded;
use super::policy::{Condition, Policy, Rule, RuleKind};
use super::schema::{BodyField, RouteFact};
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::{Type, Value};
use crate::instant::Window;
use crate::near;
use crate::source::Span;
use crate::syntax::ast::{self, Comparison, ExpectKind, ItemKind, Name, OperandKind};

impl Resolver<'_> {
    /// Every `prove`, once all rules are known.
    pub(super) fn proves(&mut self, loaded: &Loaded, policy: &Policy) -> Vec<Prove> {
        let mut out = Vec::new();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for item in &loaded.items {
            let ItemKind::Prove(prove) = &item.kind else {
                continue;
            };
            let name = &prove.name;
            if let Some(first) = seen.get(name.value.as_str()) {
                let first = *first;
                self.report(diags::duplicate(name.span, "prove", &name.value, first));
            } else {
                seen.insert(&name.value, name.span);
            }
            self.check_codes(prove, loaded, policy);
            out.extend(self.prove(prove, item.span));
        }
        out
    }

    fn prove(&mut self, prove: &ast::Prove, whole: Span) -> Option<Prove> {
        if let Some((from, until)) = &prove.between
            && until.value <= *from
        {
            self.report(diags::empty_between(until.span));
        }
        let filter = match &prove.filter {
            None => None,
            Some(filter) => Some(self.condition(filter, &Env::new(Reach::FILTER))?),
        };
        if let (ast::Goal::SomeModelRoutes(_), Some(filter), Some(written)) =
            (&prove.goal, &filter, &prove.filter)
        {
            let atoms = atoms(&filter.condition).into_iter();
            let mut read = atoms.flat_map(read_by).flat_map(Term::walk);
            if read.any(|term| *term == Term::Body(BodyField::Model)) {
                self.report(diags::model_is_sought(written.span));
            }
        }
        let known = filter.as_ref().map(|filter| &filter.when_true);
        let env = goal_env(known.unwrap_or(&BTreeSet::new()));
        let goal = match &prove.goal {
            ast::Goal::Claim { premises, claim } => {
                let mut given = Vec::new();
                for premise in premises {
                    given.push(self.claim(premise, &env)?);
                }
                Goal::Claim {
                    premises: given,
                    claim: self.claim(claim, &env)?,
                }
            }
            ast::Goal::SomeModelRoutes(None) => Goal::SomeModelRoutes(Condition::Constant(true)),
            ast::Goal::SomeModelRoutes(Some(wanted)) => {
                let mut env = env;
                let model = (Term::Route(RouteFact::Model), Type::Model);
                env.bindings.insert("model".to_owned(), model);
                Goal::SomeModelRoutes(self.condition(wanted, &env)?.condition)
            }
            ast::Goal::SameDecisionAs(other) => Goal::SameDecisionAs {
                path: other.value.as_str().into(),
                span: other.span,
            },
        };
        let (from, until) = prove.between.unzip();
        Some(Prove {
            name: prove.name.value.as_str().into(),
            filter: filter.map_or(Condition::Constant(true), |filter| filter.condition),
            between: Window {
                from,
                until: until.map(|until| until.value),
            },
            goal,
            span: prove.name.span,
            whole,
        })
    }

    fn claim(&mut self, claim: &ast::Claim, env: &Env) -> Option<Claim> {
        Some(match claim {
            ast::Claim::Every(condition) => {
                // Each is a condition of its own.
                let env = Env {
                    spent: Rc::default(),
                    ..env.clone()
                };
                Claim::Every(self.condition(condition, &env)?.condition)
            }
            ast::Claim::PriceAtMost(most) => {
                Claim::Every(price_at_most(&Term::Constant(Value::Decimal(*most))))
            }
            ast::Claim::Routes => Claim::Routes,
            ast::Claim::Refused => Claim::Refused,
            ast::Claim::RefusedWith(code) => Claim::RefusedWith(code.value.as_str().into()),
        })
    }

    /// Checks that every code that a `prove` names is one that a request can be refused with.
    fn check_codes(&mut self, prove: &ast::Prove, loaded: &Loaded, policy: &Policy) {
        let ast::Goal::Claim { premises, claim } = &prove.goal else {
            return;
        };
        let refusing = policy.rules.iter().filter(|rule| refuses_for_good(rule));
        let given: BTreeSet<&str> = refusing.map(|rule| rule.kind.code()).collect();
        for said in premises.iter().chain([claim]) {
            let ast::Claim::RefusedWith(code) = said else {
                continue;
            };
            let name = code.value.as_str();
            if given.contains(name) || loaded.replaced.contains(name) {
                continue;
            }
            let skip =
                |rule: &&Rule| matches!(rule.kind, RuleKind::Skip(_)) && rule.kind.code() == name;
            let near = || near::nearest(name, given.iter().copied());
            self.report(policy.rules.iter().find(skip).map_or_else(
                || diags::unknown_code(code.span, name, near()),
                |skip| diags::refused_for_now(code.span, name, skip.span),
            ));
        }
    }

    pub(super) fn test(&mut self, test: &ast::Test, span: Span) -> Option<Test> {
        let mut fallbacks = Vec::new();
        let mut request = Vec::new();
        for (name, operand) in &test.request {
            if name.value == "fallbacks" {
                let OperandKind::Set(items) = &operand.kind else {
                    self.report(diags::type_mismatch(
                        operand.span,
                        &Type::Set(Box::new(Type::Model)),
                        "one value",
                    ));
                    return None;
                };
                for item in items {
                    if let Value::Text(model) = self.value(item, &Type::Text)? {
                        fallbacks.push(model);
                    }
                }
                continue;
            }
            let of = self.test_field(name)?;
            request.push((name.value.as_str().into(), self.value(operand, &of)?));
        }
        let mut expect = Vec::new();
        for expected in &test.expect {
            expect.push(match &expected.kind {
                ExpectKind::Refuse(status, code) => {
                    Expect::Refuse(*status, code.value.as_str().into())
                }
                ExpectKind::Warn(code) => Expect::Warn(code.value.as_str().into()),
                ExpectKind::Drop(code) => Expect::Drop(code.value.as_str().into()),
                ExpectKind::Route(fields) => {
                    let mut facts = Vec::new();
                    for (name, operand) in fields {
                        let table = super::schema::RouteFact::table();
                        let Some((_, _, of, _)) = table.iter().find(|(n, ..)| *n == name.value)
                        else {
                            let near = near::nearest(&name.value, table.iter().map(|(n, ..)| *n));
                            self.report(diags::unknown_field(
                                name.span,
                                "route",
                                &name.value,
                                near,
                            ));
                            return None;
                        };
                        facts.push((name.value.as_str().into(), self.value(operand, of)?));
                    }
                    Expect::Route(facts)
                }
            });
        }
        Some(Test {
            name: test.name.value.as_str().into(),
            request,
            fallbacks,
            at: test.at,
            expect,
            span,
        })
    }

    pub(super) fn test_field(&mut self, name: &Name) -> Option<Type> {
        if name.value == "endpoint" {
            return Some(Type::Endpoint);
        }
        if let Some(attribute) = self.attributes.iter().find(|a| *a.name == *name.value) {
            return Some(attribute.of.clone());
        }
        let fields = [
            BodyField::Model,
            BodyField::ModelRegion,
            BodyField::MaxTokens,
            BodyField::InputTokens,
            BodyField::Temperature,
            BodyField::Stream,
            BodyField::FallbackDepth,
            BodyField::FallbackRetry,
        ];
        match fields.into_iter().find(|f| f.name() == name.value) {
            Some(BodyField::Model) => Some(Type::Text),
            Some(field) => Some(field.of()),
            None => {
                let names = fields
                    .iter()
                    .map(|f| f.name())
                    .chain(["endpoint", "fallbacks"]);
                let near = near::nearest(
                    &name.value,
                    names.chain(self.attributes.iter().map(|a| &*a.name)),
                );
                let near = near.map(str::to_owned);
                self.report(diags::unknown_field(
                    name.span,
                    "request",
                    &name.value,
                    near.as_deref(),
                ));
                None
            }
        }
    }
}

/// Says whether a request can be refused for good by a rule: not one that drops a fallback or puts
/// a route aside.
fn refuses_for_good(rule: &Rule) -> bool {
    match &rule.kind {
        RuleKind::UnknownModel { .. }
        | RuleKind::NotOffered(_)
        | RuleKind::OtherEndpoint(_)
        | RuleKind::Refuse { .. }
        | RuleKind::Exclude(_)
        | RuleKind::Lock { .. } => true,
        RuleKind::BeyondDepth(_)
        | RuleKind::Skip(_)
        | RuleKind::Set { .. }
        | RuleKind::Warn { .. }
        | RuleKind::Limit { .. }
        | RuleKind::Retry { .. } => false,
    }
}

/// What a goal may read, given what the `where` makes sure is set.
fn goal_env(known: &BTreeSet<Term>) -> Env {
    // A fallback names a model of its own, which may lack what the primary's has.
    let of_the_model = |term: &&Term| !matches!(term, Term::OfModel(..));
    let known = known.iter().filter(of_the_model).cloned();
    Env {
        known: known.chain([Term::Body(BodyField::Model)]).collect(),
        absence: Absence::Fails,
        ..Env::new(Reach::GOAL)
    }
}

/// Both prices, where the catalog gives them, are at most this.
fn price_at_most(most: &Term) -> Condition {
    let prices = [RouteFact::PriceInput, RouteFact::PriceOutput];
    let each = prices.into_iter().map(Term::Route).map(|price| {
        let unknown = Condition::Not(Box::new(Condition::IsSet(price.clone())));
        let within = Condition::Compare(price, Comparison::AtMost, most.clone());
        Condition::Or(vec![unknown, within])
    });
    Condition::And(each.collect())
}

#[cfg(test)]
mod tests;
