//! The request that a solver looks for: a variable for each field that a question reads, and what
//! its numbers stand for. Which formulas they are put into is not here.

use std::collections::BTreeMap;

use portolan_core::catalog::{Catalog, EndpointId, ModelId, RegionId};
use portolan_core::instant::Instant;
use portolan_core::policy::{BodyField, Policy, Prove, StateFact, Type, Value};
use portolan_core::request::{Auth, ChainFaultKind, FaultKind};

use super::formula::{Formulas, Variable};
use super::ranges::Ranges;
use super::texts::{self, Texts};

/// Whose body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The primary's; of what no fallback overrides, the call's.
    Primary,
    /// A fallback's.
    Fallback,
}

/// What a variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// The endpoint called.
    Endpoint,
    /// The instant, in seconds.
    At,
    /// How the caller authenticated.
    Auth,
    /// The header that held the key.
    AuthHeader,
    /// An attribute, by position.
    Attribute(u32),
    /// Whether an attribute that is a number is there.
    AttributeGiven(u32),
    /// Whether the request has a fallback that is judged.
    Chained,
    /// Whether that fallback has a text of its own.
    OwnText,
    /// A field of a body, or of the chain.
    Body(Part, BodyField),
    /// Whether a number of a body is there.
    Given(Part, BodyField),
    /// What is known now about a model, or about its routes in one region through one endpoint.
    State(ModelId, Option<(RegionId, EndpointId)>, StateFact),
    /// Whether anything is known of a number of those.
    StateGiven(ModelId, Option<(RegionId, EndpointId)>, StateFact),
    /// Whether a set of a body holds a word, by its position among those that something names;
    /// past the last, whether it holds any other word.
    Word(Part, BodyField, u32),
}

/// What a model id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A model's own id.
    Model(ModelId),
    /// An alias, by position.
    Alias(usize),
    /// Nothing; such an id.
    Unknown(Box<str>),
    /// There is none.
    Absent,
}

/// What the numbers of a variable are.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    /// 0 is no, 1 is yes.
    Flag,
    /// Positions in a list; `None` is that the field is absent.
    Values(Vec<Option<Value>>),
    /// Positions in the list of what a model id may stand for.
    Named,
    /// Whole numbers, counts of tokens.
    Integer,
    /// Billionths.
    Decimal,
    /// Seconds since 1970.
    Instant,
}

/// The variables of one question.
#[derive(Debug)]
pub(super) struct Space<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) policy: &'a Policy,
    pub(super) texts: Texts,
    /// What a model id may stand for.
    pub(super) named: Vec<Named>,
    ids: Texts,
    variables: BTreeMap<Field, Variable>,
    fields: Vec<(Field, Meaning)>,
}

impl<'a> Space<'a> {
    pub(super) fn new(catalog: &'a Catalog, policy: &'a Policy, prove: &Prove) -> Self {
        let (texts, ids) = texts::of(catalog, policy, prove);
        let models = (0u32..).zip(&catalog.models);
        let mut named: Vec<Named> = models.map(|(id, _)| Named::Model(ModelId(id))).collect();
        named.extend((0..catalog.aliases.len()).map(Named::Alias));
        let unknown = ids.classes().iter().filter(|id| ids.position(id).is_none());
        named.extend(unknown.cloned().map(Named::Unknown));
        named.push(Named::Absent);
        Self {
            catalog,
            policy,
            texts,
            named,
            ids,
            variables: BTreeMap::new(),
            fields: Vec::new(),
        }
    }

    /// The variable of a field, new where nobody asked for it before.
    pub(super) fn variable(&mut self, all: &mut Formulas, field: Field) -> Variable {
        let field = shared(field);
        if let Some(known) = self.variables.get(&field) {
            return *known;
        }
        let meaning = self.meaning(field);
        let new = all.variable(self.domain(field, &meaning));
        self.variables.insert(field, new);
        self.fields.push((field, meaning));
        new
    }

    /// The variable of a field that somebody asked for.
    pub(super) fn known(&self, field: Field) -> Option<Variable> {
        self.variables.get(&shared(field)).copied()
    }

    /// Every variable's field, in the order of the variables.
    pub(super) fn fields(&self) -> &[(Field, Meaning)] {
        &self.fields
    }

    /// What a field's values are, where they are a list.
    pub(super) fn values(&self, field: Field) -> &[Option<Value>] {
        let number = self.known(field).map(|variable| variable.0 as usize);
        match number.and_then(|number| self.fields.get(number)) {
            Some((_, Meaning::Values(values))) => values,
            _ => &[],
        }
    }

    /// An id, as a text, that a position of [`Named`] stands for.
    pub(super) fn id<'n>(&'n self, named: &'n Named) -> Option<&'n str> {
        match named {
            Named::Model(id) => self.catalog.model(*id).map(|model| &*model.id),
            Named::Alias(alias) => self.catalog.aliases.get(*alias).map(|alias| &*alias.id),
            Named::Unknown(id) => Some(id),
            Named::Absent => None,
        }
    }

    /// The position of what a model id, without the policy's prefix, stands for.
    pub(super) fn class_of_id(&self, id: Option<&str>) -> usize {
        let Some(id) = id else {
            return self.named.len().saturating_sub(1);
        };
        let class = self.ids.classes().get(self.ids.class(id));
        let same = |named: &Named| self.id(named) == class.map(|class| &**class);
        self.named.iter().position(same).unwrap_or(0)
    }

    /// Says whether a field always has a value.
    pub(super) fn always(&self, field: BodyField) -> bool {
        !field.optional() || self.policy.defaults.contains_key(&field)
    }

    fn meaning(&self, field: Field) -> Meaning {
        match field {
            Field::Endpoint => {
                let ids = (0u32..).map(EndpointId).take(self.catalog.endpoints.len());
                Meaning::Values(ids.map(|id| Some(Value::Endpoint(id))).collect())
            }
            Field::At => Meaning::Instant,
            Field::Auth => Meaning::Values(words(Auth::NAMES.iter().map(|(name, _)| *name))),
            Field::AuthHeader => self.text(true),
            Field::Attribute(index) => self.attribute(index),
            Field::AttributeGiven(_)
            | Field::Chained
            | Field::OwnText
            | Field::Given(..)
            | Field::StateGiven(..)
            | Field::Word(..) => Meaning::Flag,
            Field::State(_, _, StateFact::Healthy) => Meaning::Values(maybe()),
            Field::State(_, _, StateFact::Used) => Meaning::Integer,
            Field::Body(_, field) => self.body(field),
        }
    }

    fn attribute(&self, index: u32) -> Meaning {
        let Some(attribute) = self.policy.attributes.get(index as usize) else {
            return Meaning::Flag;
        };
        let absent = attribute.optional && attribute.default.is_none();
        let mut values = if absent { vec![None] } else { Vec::new() };
        match &attribute.of {
            Type::Count => return Meaning::Integer,
            Type::Bool if !absent => return Meaning::Flag,
            Type::Bool => values = maybe(),
            Type::Choice(list) => values.extend(words(list.iter().map(|word| &**word))),
            Type::Key(table) => {
                let rows = self.policy.tables.get(*table as usize);
                let rows = rows.map_or(0, |table| table.rows.len());
                let rows = (0u32..).take(rows);
                values.extend(rows.map(|row| Some(Value::Row(*table, row))));
            }
            Type::Tokens
            | Type::Number
            | Type::Money
            | Type::Instant
            | Type::Duration
            | Type::Text
            | Type::Word(_)
            | Type::Model
            | Type::Maker
            | Type::Provider
            | Type::Endpoint
            | Type::Region
            | Type::Place
            | Type::Retention
            | Type::Set(_)
            | Type::Presence => return self.text(absent),
        }
        Meaning::Values(values)
    }

    fn text(&self, absent: bool) -> Meaning {
        let classes = self.texts.classes().iter();
        let classes = classes.map(|text| Some(Value::Text(text.clone())));
        let absent = absent.then_some(None);
        Meaning::Values(absent.into_iter().chain(classes).collect())
    }

    fn body(&self, field: BodyField) -> Meaning {
        match field {
            BodyField::Model => Meaning::Named,
            BodyField::Messages
            | BodyField::Prompt
            | BodyField::InputTokensEstimated
            | BodyField::Stream
            | BodyField::TranscriptIdMalformed
            | BodyField::HasTranscriptTag
            // Sets have a variable for each word.
            | BodyField::PostProcessing
            | BodyField::Content
            | BodyField::ToolTypes
            | BodyField::Parameters => Meaning::Flag,
            BodyField::ZeroDataRetention | BodyField::FallbackRetry => Meaning::Values(maybe()),
            BodyField::Temperature | BodyField::TopP => Meaning::Decimal,
            BodyField::MaxTokens
            | BodyField::InputTokens
            | BodyField::TotalTokens
            | BodyField::FallbackDepth
            | BodyField::FallbackCount => Meaning::Integer,
            BodyField::Fault => {
                let kinds = FaultKind::NAMES.iter().map(|(name, _)| *name);
                Meaning::Values(words(["none"].into_iter().chain(kinds)))
            }
            BodyField::FallbackFault => {
                let kinds = ChainFaultKind::NAMES.iter().map(|(name, _)| *name);
                Meaning::Values(words(["none"].into_iter().chain(kinds)))
            }
            BodyField::ModelRegion
            | BodyField::ToolChoice
            | BodyField::ResponseFormat
            | BodyField::ReasoningEffort
            | BodyField::ServiceTier
            | BodyField::TranscriptId
            | BodyField::HasTranscriptId
            | BodyField::FaultPath
            | BodyField::FaultDetail => self.text(true),
        }
    }

    fn domain(&self, field: Field, meaning: &Meaning) -> Ranges {
        let positions = |count: usize| {
            let count = i128::try_from(count).unwrap_or(i128::MAX);
            Ranges::between(0, count.saturating_sub(1))
        };
        match meaning {
            Meaning::Flag => positions(2),
            Meaning::Values(values) => positions(values.len()),
            Meaning::Named => positions(self.named.len()),
            Meaning::Integer => {
                // Nobody sends less than nothing.
                let counted = [
                    BodyField::FallbackCount,
                    BodyField::InputTokens,
                    BodyField::TotalTokens,
                ];
                let counts = |field| {
                    matches!(field, Field::Body(_, of) if counted.contains(&of))
                        || matches!(field, Field::State(..))
                };
                let least = if counts(field) { 0 } else { i64::MIN };
                let least = i128::from(least);
                Ranges::between(least, i128::from(i64::MAX))
            }
            Meaning::Decimal => Ranges::between(i128::from(i64::MIN), i128::from(i64::MAX)),
            Meaning::Instant => {
                Ranges::between(i128::from(YEAR_0), i128::from(Instant::MAX.unix_seconds()))
            }
        }
    }
}

/// When year 0 begins, in Unix seconds: a year before it has no four digits, no posted request says
/// one, and no question is about it.
pub const YEAR_0: i64 = -62_167_219_200;

/// What no fallback overrides is the call's.
fn shared(field: Field) -> Field {
    let of_call = |body: BodyField| {
        matches!(
            body,
            BodyField::FallbackDepth
                | BodyField::FallbackRetry
                | BodyField::FallbackCount
                | BodyField::FallbackFault
        )
    };
    if let Field::Body(_, body) = field
        && of_call(body)
    {
        return Field::Body(Part::Primary, body);
    }
    if let Field::Given(_, body) = field
        && of_call(body)
    {
        return Field::Given(Part::Primary, body);
    }
    field
}

/// Absent, no, yes.
fn maybe() -> Vec<Option<Value>> {
    vec![None, Some(Value::Bool(false)), Some(Value::Bool(true))]
}

fn words<'w>(list: impl IntoIterator<Item = &'w str>) -> Vec<Option<Value>> {
    let texts = list.into_iter().map(|word| Value::Text(word.into()));
    texts.map(Some).collect()
}
