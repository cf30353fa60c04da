//! Terms to values that depend on the request.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use std::collections::BTreeMap;

use portolan_core::catalog::Route;
use portolan_core::policy::{BodyField, EndpointFact, Scope, StateFact, Term, Value};

use super::Unsupported;
use super::encoder::{Encoder, View};
use super::formula::Formula;
use super::ranges::Ranges;
use super::space::{Field, Meaning, Named, Part};
use super::symbol::{Cases, Number, Symbol, Words};

impl Encoder<'_> {
    /// The value of a term.
    pub(super) fn term(&mut self, view: View, term: &Term) -> Result<Symbol, Unsupported> {
        match term {
            Term::Constant(value) => Ok(Symbol::constant(Some(value.clone()))),
            Term::Endpoint => Ok(self.field(Field::Endpoint)),
            Term::At => Ok(self.number(Field::At, Formula::TRUE)),
            Term::Auth => Ok(self.field(Field::Auth)),
            Term::AuthHeader => Ok(self.field(Field::AuthHeader)),
            Term::Attribute(index) => Ok(self.attribute(*index)),
            Term::Column(key, table, column) => {
                let policy = self.space.policy;
                let table = policy.tables.get(*table as usize);
                let cell = |row: u32| {
                    let row = table?.rows.get(row as usize)?;
                    row.get(*column as usize).cloned()
                };
                let key = self.term(view, key)?;
                self.each(key, |_, value| {
                    Symbol::constant(match value {
                        Value::Row(_, row) => cell(row),
                        _ => None,
                    })
                })
            }
            Term::Body(BodyField::Model) => Ok(self.model(view)),
            Term::Body(field) => Ok(self.body(view.part, *field)),
            Term::OfModel(model, fact) => {
                let model = self.term(view, model)?;
                self.each(model, |encoder, value| match value {
                    Value::Model(id) => encoder.of_model(id, *fact),
                    _ => Symbol::absent(),
                })
            }
            Term::OfEndpoint(endpoint, fact) => {
                let catalog = self.space.catalog;
                let endpoint = self.term(view, endpoint)?;
                self.each(endpoint, |encoder, value| {
                    let Value::Endpoint(id) = value else {
                        return Symbol::absent();
                    };
                    let Some(endpoint) = catalog.endpoint(id) else {
                        return Symbol::absent();
                    };
                    match fact {
                        EndpointFact::Region => {
                            Symbol::constant(Some(Value::Region(endpoint.region)))
                        }
                        EndpointFact::Host => {
                            Symbol::constant(Some(Value::Text(endpoint.host.clone())))
                        }
                        EndpointFact::Ingress => encoder.enters(&endpoint.ingress),
                    }
                })
            }
            Term::Route(fact) => match view.route {
                Some(route) => Ok(self.of_route(view.part, route, *fact)),
                None => Ok(Symbol::absent()),
            },
            Term::State(scope, fact) => Ok(self.state(view, *scope, *fact)),
            Term::Offset(inner, seconds) => match self.term(view, inner)? {
                Symbol::Number(mut number) => {
                    number.moved.push(*seconds);
                    Ok(Symbol::Number(number))
                }
                found => self.each(found, |_, value| {
                    Symbol::constant(match value {
                        Value::Instant(at) => Some(Value::Instant(at.plus_seconds(*seconds))),
                        _ => None,
                    })
                }),
            },
            Term::Without(a, b) => {
                let (a, b) = (self.term(view, a)?, self.term(view, b)?);
                let (a, b) = (self.words(a)?, self.words(b)?);
                self.without(&a, &b)
            }
        }
    }

    /// What is known now about a candidate.
    fn state(&mut self, view: View, scope: Scope, fact: StateFact) -> Symbol {
        let offering = |route: Route| self.space.catalog.offering(route.offering);
        let Some((route, offering)) = view.route.and_then(|r| Some((r, offering(r)?))) else {
            return Symbol::absent();
        };
        let of = match scope {
            Scope::Model => None,
            Scope::Route => Some((offering.region, route.endpoint)),
        };
        let field = Field::State(offering.model, of, fact);
        match fact {
            StateFact::Healthy => self.field(field),
            StateFact::Used => {
                let given = self.flag(Field::StateGiven(offering.model, of, fact));
                self.number(field, given)
            }
        }
    }

    /// What each value of a term in turn comes to.
    fn each(
        &mut self,
        symbol: Symbol,
        mut then: impl FnMut(&mut Self, Value) -> Symbol,
    ) -> Result<Symbol, Unsupported> {
        let Symbol::Cases(cases) = symbol else {
            return Err(Unsupported::OpenValue);
        };
        let mut out = Cases::default();
        for (when, value) in cases {
            let found = match value {
                Some(value) => then(self, value),
                None => Symbol::absent(),
            };
            let Symbol::Cases(found) = found else {
                return Err(Unsupported::OpenValue);
            };
            for (also, value) in found {
                let when = self.all.and([when, also]);
                out.add(self, when, value);
            }
        }
        Ok(Symbol::Cases(out.into_vec()))
    }

    /// A field with a list of values, or a flag.
    fn field(&mut self, field: Field) -> Symbol {
        let variable = self.space.variable(&mut self.all, field);
        if matches!(self.meaning(field), Some(Meaning::Flag)) {
            let yes = self.flag(field);
            return self.truth_value(yes);
        }
        let values: Vec<Option<Value>> = self.space.values(field).to_vec();
        let mut out = Vec::new();
        for (position, value) in (0..).zip(values) {
            let when = self.all.within(variable, &Ranges::one(position));
            out.push((when, value));
        }
        Symbol::Cases(out)
    }

    fn truth_value(&mut self, yes: Formula) -> Symbol {
        let no = self.all.not(yes);
        Symbol::Cases(vec![
            (yes, Some(Value::Bool(true))),
            (no, Some(Value::Bool(false))),
        ])
    }

    fn number(&mut self, field: Field, given: Formula) -> Symbol {
        Symbol::Number(Number {
            given,
            variable: self.space.variable(&mut self.all, field),
            moved: Vec::new(),
        })
    }

    fn attribute(&mut self, index: u32) -> Symbol {
        let field = Field::Attribute(index);
        self.space.variable(&mut self.all, field);
        if !matches!(self.meaning(field), Some(Meaning::Integer)) {
            return self.field(field);
        }
        let attribute = self.space.policy.attributes.get(index as usize);
        let always = attribute.is_none_or(|a| !a.optional || a.default.is_some());
        let given = if always {
            Formula::TRUE
        } else {
            self.flag(Field::AttributeGiven(index))
        };
        self.number(field, given)
    }

    fn body(&mut self, part: Part, field: BodyField) -> Symbol {
        match field {
            BodyField::Model => self.model(View::of(part)),
            // Only whether they are there can be asked.
            BodyField::Messages | BodyField::Prompt => {
                let there = self.flag(Field::Body(part, field));
                let not = self.all.not(there);
                Symbol::Cases(vec![(there, Some(Value::Bool(true))), (not, None)])
            }
            BodyField::HasTranscriptId => {
                let id = Field::Body(part, BodyField::TranscriptId);
                let there = self.one_of(id, Option::is_some);
                self.truth_value(there)
            }
            BodyField::MaxTokens
            | BodyField::Temperature
            | BodyField::TopP
            | BodyField::FallbackDepth => {
                let given = self.given(part, field);
                self.number(Field::Body(part, field), given)
            }
            BodyField::InputTokens | BodyField::TotalTokens | BodyField::FallbackCount => {
                self.number(Field::Body(part, field), Formula::TRUE)
            }
            BodyField::PostProcessing
            | BodyField::Content
            | BodyField::ToolTypes
            | BodyField::Parameters => Symbol::Set(self.set(part, field)),
            BodyField::ModelRegion
            | BodyField::InputTokensEstimated
            | BodyField::Stream
            | BodyField::ToolChoice
            | BodyField::ResponseFormat
            | BodyField::ReasoningEffort
            | BodyField::ServiceTier
            | BodyField::ZeroDataRetention
            | BodyField::TranscriptId
            | BodyField::TranscriptIdMalformed
            | BodyField::HasTranscriptTag
            | BodyField::Fault
            | BodyField::FaultPath
            | BodyField::FaultDetail
            | BodyField::FallbackRetry
            | BodyField::FallbackFault => self.field(Field::Body(part, field)),
        }
    }

    /// A number of a body is there.
    pub(super) fn given(&mut self, part: Part, field: BodyField) -> Formula {
        if self.space.always(field) {
            Formula::TRUE
        } else {
            self.flag(Field::Given(part, field))
        }
    }

    fn set(&mut self, part: Part, field: BodyField) -> Words {
        let named: Vec<Box<str>> = self.space.texts.named().to_vec();
        let mut members = BTreeMap::new();
        let mut last = 0u32;
        for (position, word) in (0u32..).zip(named) {
            let member = self.flag(Field::Word(part, field, position));
            members.insert(Value::Text(word), member);
            last = position.saturating_add(1);
        }
        Words {
            given: Formula::TRUE,
            members,
            other: self.flag(Field::Word(part, field, last)),
        }
    }

    /// What the model id stands for, as a value: a known model, or a text that is none.
    fn model(&mut self, view: View) -> Symbol {
        let catalog = self.space.catalog;
        // A candidate is always one of the model that was asked for.
        if let Some(offering) = view
            .route
            .and_then(|route| catalog.offering(route.offering))
        {
            return Symbol::constant(Some(Value::Model(offering.model)));
        }
        let mut out = Cases::default();
        for (position, named) in self.names(view) {
            let when = self.asked(view, position);
            match named {
                Named::Model(id) => out.add(self, when, Some(Value::Model(id))),
                Named::Alias(alias) => {
                    let Some(alias) = catalog.aliases.get(alias) else {
                        continue;
                    };
                    let id = Value::Text(alias.id.clone());
                    let targets = self.dated(|at| portolan_core::catalog::Known {
                        value: alias.target.at(at).map(|target| target.model),
                        next_change: alias.target.next_change(at),
                    });
                    for (during, target) in targets {
                        let when = self.all.and([when, during]);
                        let value = target.map_or(id.clone(), Value::Model);
                        out.add(self, when, Some(value));
                    }
                }
                Named::Unknown(id) => out.add(self, when, Some(Value::Text(id))),
                Named::Absent => out.add(self, when, None),
            }
        }
        Symbol::Cases(out.into_vec())
    }

    /// Everything that the model id may stand for, by position.
    pub(super) fn names(&self, view: View) -> Vec<(usize, Named)> {
        let all = self.space.named.iter().cloned().enumerate();
        all.filter(|(position, _)| view.named.is_none_or(|only| only == *position))
            .collect()
    }

    /// The model id is the one at this position.
    pub(super) fn asked(&mut self, view: View, position: usize) -> Formula {
        match view.named {
            Some(only) if only == position => Formula::TRUE,
            Some(_) => Formula::FALSE,
            None => {
                let position = i128::try_from(position).unwrap_or(-1);
                let field = Field::Body(view.part, BodyField::Model);
                self.within(field, &Ranges::one(position))
            }
        }
    }

    /// A value as a set.
    pub(super) fn words(&mut self, symbol: Symbol) -> Result<Words, Unsupported> {
        let cases = match symbol {
            Symbol::Set(words) => return Ok(words),
            Symbol::Number(_) => return Err(Unsupported::OpenValue),
            Symbol::Cases(cases) => cases,
        };
        let mut out = Words {
            given: Formula::FALSE,
            members: BTreeMap::new(),
            other: Formula::FALSE,
        };
        for (when, value) in cases {
            let Some(Value::Set(members)) = value else {
                continue;
            };
            out.given = self.all.or([out.given, when]);
            for member in members {
                let known = out.members.get(&member).copied();
                let known = self.all.or([known.unwrap_or(Formula::FALSE), when]);
                out.members.insert(member, known);
            }
        }
        Ok(out)
    }

    /// What the first set has and the second has not.
    fn without(&mut self, a: &Words, b: &Words) -> Result<Symbol, Unsupported> {
        if a.other != Formula::FALSE && b.other != Formula::FALSE {
            return Err(Unsupported::OpenValue);
        }
        let mut members = BTreeMap::new();
        for (member, inside) in &a.members {
            let other = b.members.get(member).copied().unwrap_or(Formula::FALSE);
            let not = self.all.not(other);
            members.insert(member.clone(), self.all.and([*inside, not]));
        }
        Ok(Symbol::Set(Words {
            given: self.all.and([a.given, b.given]),
            members,
            other: a.other,
        }))
    }
}
