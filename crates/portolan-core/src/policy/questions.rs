//! Claims over all requests, and examples.

use super::diags;
use super::policy::{Claim, Condition, Expect, Goal, Prove, Test};
use super::schema::BodyField;
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::{Type, Value};
use crate::instant::Window;
use crate::near;
use crate::source::Span;
use crate::syntax::ast::{self, ExpectKind, Name, OperandKind};

impl Resolver<'_> {
    pub(super) fn prove(&mut self, prove: &ast::Prove) -> Option<Prove> {
        let filter = match &prove.filter {
            None => Condition::Constant(true),
            Some(filter) => self.condition(filter, &Env::new(Reach::REQUEST))?.condition,
        };
        let claim = match &prove.goal {
            ast::Goal::Every(condition) => {
                let mut env = Env::new(Reach::ROUTE);
                env.known.insert(Term::Body(BodyField::Model));
                Claim::Every(self.condition(condition, &env)?.condition)
            }
            ast::Goal::NeverRoutes => Claim::Refused,
            ast::Goal::AlwaysRoutes => Claim::Routes,
            ast::Goal::AlwaysRefused(code) => Claim::RefusedWith(code.value.as_str().into()),
        };
        let (from, until) = prove.between.unzip();
        Some(Prove {
            name: prove.name.value.as_str().into(),
            filter,
            between: Window { from, until },
            goal: Goal::Claim {
                premises: Vec::new(),
                claim,
            },
            span: prove.name.span,
        })
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
