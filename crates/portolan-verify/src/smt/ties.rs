//! What holds of every request that can be posted: fields that are derived from others, what a
//! body says together, what a fallback takes over. Only fields that a question reads are tied.
//!
//! What stands around bodies (the chain, faults) is in `around.rs`.

use portolan_core::limits;
use portolan_core::policy::BodyField;
use portolan_core::request::{PARAMETERS, is_transcript_id};

use super::encoder::Encoder;
use super::formula::{Formula, Variable};
use super::ranges::Ranges;
use super::space::{Field, Part};

/// Parameters that a body uses by giving a field a value.
pub(super) const VALUED: [(&str, BodyField); 4] = [
    ("temperature", BodyField::Temperature),
    ("top_p", BodyField::TopP),
    ("tool_choice", BodyField::ToolChoice),
    ("response_format", BodyField::ResponseFormat),
];
/// Words that ties name, beside what rules name.
pub(super) const NAMED: [&str; 8] = [
    "text",
    "temperature",
    "top_p",
    "tool_choice",
    "response_format",
    "reasoning",
    "tools",
    "cache_control",
];
/// The fewest tokens that a text with the tag of a transcript is estimated at.
const TAGGED: i128 = 4;

/// Everything that ties the variables of a question.
#[derive(Debug, Default)]
pub(super) struct Ties {
    /// All of them hold; each with the field that it is tied at.
    pub(super) formulas: Vec<(Field, Formula)>,
    /// Totals of tokens, by whose body they are of.
    pub(super) totals: Vec<Part>,
    /// Two variables have the same value, unless the formula holds.
    pub(super) same: Vec<(Formula, Variable, Variable)>,
}

impl Encoder<'_> {
    /// Ties of the variables that there are. They may need more variables, which are tied in turn.
    pub(super) fn ties(&mut self) -> Ties {
        let mut ties = Ties::default();
        let of_fault = [BodyField::FaultPath, BodyField::FaultDetail];
        let of_fault = of_fault.map(|body| Field::Body(Part::Primary, body));
        if of_fault
            .iter()
            .any(|field| self.space.known(*field).is_some())
        {
            // What is tied to it is tied only where it is known.
            let fault = Field::Body(Part::Primary, BodyField::Fault);
            self.space.variable(&mut self.all, fault);
        }
        let mut next = 0;
        while let Some((field, _)) = self.space.fields().get(next) {
            let field = *field;
            next += 1;
            if let Field::Body(part, BodyField::TotalTokens) = field {
                self.total(part);
                ties.totals.push(part);
            }
            if says_text(field) {
                self.own_text(field, &mut ties);
            }
            let own = self.tie(field);
            let around = self.around(field);
            let inherited = self.inherited(field);
            let found = [own, around, inherited].into_iter().flatten();
            ties.formulas.extend(found.map(|tie| (field, tie)));
        }
        ties.formulas.retain(|(_, tie)| *tie != Formula::TRUE);
        ties
    }

    fn total(&mut self, part: Part) {
        for field in BodyField::TotalTokens.parts() {
            self.space
                .variable(&mut self.all, Field::Body(part, *field));
        }
        self.given(part, BodyField::MaxTokens);
    }

    /// What a field says about others of its body.
    fn tie(&mut self, field: Field) -> Option<Formula> {
        match field {
            Field::Body(part, BodyField::TranscriptIdMalformed) => Some(self.malformed(part)),
            Field::Body(part, BodyField::InputTokensEstimated) => Some(self.estimated(part)),
            Field::Body(part, BodyField::HasTranscriptTag) => {
                let tagged = self.flag(field);
                let text = self.holds_text(part);
                Some(self.all.implies(tagged, text))
            }
            Field::Word(part, BodyField::Content, _) => {
                let word = self.flag(field);
                let messages = self.flag(Field::Body(part, BodyField::Messages));
                Some(self.all.implies(word, messages))
            }
            Field::Word(part, BodyField::ToolTypes, _) => {
                let word = self.flag(field);
                let tools = self.uses(part, "tools")?;
                Some(self.all.implies(word, tools))
            }
            Field::Word(part, BodyField::Parameters, word) => self.parameter(part, word),
            Field::Body(part, BodyField::ReasoningEffort) => {
                let given = self.there(field)?;
                let used = self.uses(part, "reasoning")?;
                Some(self.all.implies(given, used))
            }
            Field::Body(part, body) | Field::Given(part, body) => {
                let (name, _) = VALUED.iter().find(|(_, field)| *field == body)?;
                let used = self.uses(part, name)?;
                let given = if matches!(field, Field::Given(..)) {
                    self.flag(field)
                } else {
                    self.there(field)?
                };
                let (a, b) = (self.all.implies(given, used), self.all.implies(used, given));
                Some(self.all.and([a, b]))
            }
            Field::Endpoint
            | Field::At
            | Field::Auth
            | Field::AuthHeader
            | Field::Attribute(_)
            | Field::AttributeGiven(_)
            | Field::Chained
            | Field::OwnText
            | Field::State(..)
            | Field::StateGiven(..)
            | Field::Word(..) => None,
        }
    }

    /// A word of the parameters that somebody asks for: where the set is asked about at all.
    fn uses(&mut self, part: Part, word: &str) -> Option<Formula> {
        let position = u32::try_from(self.space.texts.position(word)?).ok()?;
        let field = Field::Word(part, BodyField::Parameters, position);
        self.space.known(field)?;
        Some(self.flag(field))
    }

    /// A parameter is one of those that a body can use. Values were tied where they are read; what
    /// is not read is given where the parameter is used.
    fn parameter(&mut self, part: Part, word: u32) -> Option<Formula> {
        let field = Field::Word(part, BodyField::Parameters, word);
        let used = self.flag(field);
        let named = self.space.texts.named();
        let Some(word) = named.get(word as usize) else {
            // Some parameter that nothing names.
            let left = PARAMETERS.iter().any(|p| named.iter().all(|w| **w != **p));
            return (!left).then(|| self.all.not(used));
        };
        let known = PARAMETERS.contains(&&**word);
        if !known {
            return Some(self.all.not(used));
        }
        let word = word.clone();
        let (_, valued) = VALUED.iter().find(|(name, _)| *name == &*word)?;
        let asked = [Field::Body(part, *valued), Field::Given(part, *valued)];
        let asked = asked.into_iter().find(|field| {
            let of_number = matches!(valued, BodyField::Temperature | BodyField::TopP);
            self.space.known(*field).is_some() && of_number == matches!(field, Field::Given(..))
        })?;
        self.tie(asked)
    }

    fn malformed(&mut self, part: Part) -> Formula {
        let malformed = self.flag(Field::Body(part, BodyField::TranscriptIdMalformed));
        let id = Field::Body(part, BodyField::TranscriptId);
        let classes = self.space.texts.can_be(is_transcript_id);
        let texts = |fits: &dyn Fn(&(bool, bool)) -> bool| {
            let found = classes.iter().filter(|(_, can)| fits(can));
            found.map(|(text, _)| text.clone()).collect::<Vec<_>>()
        };
        let well = texts(&|(well, _)| *well);
        let ill = texts(&|(_, ill)| *ill);
        let one_of = |list: Vec<Box<str>>| {
            move |value: &Option<portolan_core::policy::Value>| match value {
                Some(portolan_core::policy::Value::Text(text)) => list.contains(text),
                _ => false,
            }
        };
        let ill = self.one_of(id, one_of(ill));
        let well = one_of(well);
        let well = self.one_of(id, |value| value.is_none() || well(value));
        self.all.choose(malformed, ill, well)
    }

    /// Some text stands in the prompt or in a message.
    fn holds_text(&mut self, part: Part) -> Formula {
        let prompt = self.flag(Field::Body(part, BodyField::Prompt));
        let messages = self.flag(Field::Body(part, BodyField::Messages));
        let text = self.space.texts.position("text");
        let text = text.and_then(|position| u32::try_from(position).ok());
        let text = match text {
            Some(position) => self.flag(Field::Word(part, BodyField::Content, position)),
            None => Formula::TRUE,
        };
        let said = self.all.and([messages, text]);
        self.all.or([prompt, said])
    }

    /// An estimate is of some text, and of no more than a body holds.
    fn estimated(&mut self, part: Part) -> Formula {
        let estimated = self.flag(Field::Body(part, BodyField::InputTokensEstimated));
        let input = Field::Body(part, BodyField::InputTokens);
        let tagged = self.flag(Field::Body(part, BodyField::HasTranscriptTag));
        let most = i128::try_from(limits::BODY_BYTES / 4).unwrap_or(i128::MAX);
        let nothing = self.within(input, &Ranges::one(0));
        let text = self.holds_text(part);
        let enough = self.within(input, &Ranges::between(TAGGED, i128::MAX));
        let (text, enough) = (
            self.all.or([nothing, text]),
            self.all.implies(tagged, enough),
        );
        let fits = self.within(input, &Ranges::between(0, most));
        let real = self.all.and([text, enough, fits]);
        self.all.implies(estimated, real)
    }

    /// A fallback has a text of its own, which is always estimated, or says what the primary says.
    fn own_text(&mut self, field: Field, ties: &mut Ties) {
        let own = self.flag(Field::OwnText);
        let of = |body| Field::Body(Part::Fallback, body);
        let [messages, prompt] = [BodyField::Messages, BodyField::Prompt].map(of);
        let (messages, prompt) = (self.flag(messages), self.flag(prompt));
        let estimated = self.flag(of(BodyField::InputTokensEstimated));
        let some = self.all.or([messages, prompt]);
        let real = self.all.and([some, estimated]);
        ties.formulas.push((field, self.all.implies(own, real)));
        let outer = if let Field::Body(_, body) = field {
            Field::Body(Part::Primary, body)
        } else if let Field::Word(_, body, word) = field {
            Field::Word(Part::Primary, body, word)
        } else {
            field
        };
        let outer = self.space.variable(&mut self.all, outer);
        let inner = self.space.variable(&mut self.all, field);
        ties.same.push((own, inner, outer));
    }

    /// A fallback takes nothing away: what it lacks, the primary lacks.
    fn inherited(&mut self, field: Field) -> Option<Formula> {
        let (of_fallback, of_primary) = match field {
            Field::Body(Part::Fallback, body) if !is_its_own(body) => {
                let outer = Field::Body(Part::Primary, body);
                self.space.known(outer)?;
                if matches!(body, BodyField::Messages | BodyField::Prompt) {
                    (self.flag(field), self.flag(outer))
                } else {
                    (self.there(field)?, self.there(outer)?)
                }
            }
            Field::Given(Part::Fallback, body) => {
                let outer = Field::Given(Part::Primary, body);
                self.space.known(outer)?;
                (self.flag(field), self.flag(outer))
            }
            Field::Word(Part::Fallback, BodyField::Parameters, word) => {
                let outer = Field::Word(Part::Primary, BodyField::Parameters, word);
                self.space.known(outer)?;
                let mut inner = self.flag(field);
                let named = self.space.texts.named().get(word as usize);
                if named.is_some_and(|word| &**word == "cache_control") {
                    let kept_elsewhere = self.kept_elsewhere();
                    inner = self.all.or([inner, kept_elsewhere]);
                }
                (inner, self.flag(outer))
            }
            Field::Endpoint
            | Field::At
            | Field::Auth
            | Field::AuthHeader
            | Field::Attribute(_)
            | Field::AttributeGiven(_)
            | Field::Chained
            | Field::OwnText
            | Field::Body(..)
            | Field::Given(..)
            | Field::State(..)
            | Field::StateGiven(..)
            | Field::Word(..) => return None,
        };
        Some(self.all.implies(of_primary, of_fallback))
    }

    /// The primary may keep its `cache_control` in what a fallback replaces: tools, or messages.
    fn kept_elsewhere(&mut self) -> Formula {
        let own = self.flag(Field::OwnText);
        let messages = self.flag(Field::Body(Part::Primary, BodyField::Messages));
        let in_messages = self.all.and([own, messages]);
        let tools = self.uses(Part::Primary, "tools").unwrap_or(Formula::TRUE);
        let words = self.space.texts.named().len();
        let words = (0u32..).take(words.saturating_add(1));
        let mut some = Vec::new();
        for word in words {
            let word = Field::Word(Part::Primary, BodyField::ToolTypes, word);
            if self.space.known(word).is_some() {
                some.push(self.flag(word));
            }
        }
        let some = if some.is_empty() {
            Formula::TRUE
        } else {
            self.all.or(some)
        };
        let in_tools = self.all.and([tools, some]);
        self.all.or([in_messages, in_tools])
    }

    /// A field that may be absent has a value.
    pub(super) fn there(&mut self, field: Field) -> Option<Formula> {
        self.space.values(field).contains(&None).then_some(())?;
        Some(self.one_of(field, Option::is_some))
    }
}

/// A field that a fallback does not take over: its model is its own, it may say `reasoning` without
/// an effort, and faults are the posted body's.
fn is_its_own(body: BodyField) -> bool {
    matches!(
        body,
        BodyField::Model
            | BodyField::ReasoningEffort
            | BodyField::Fault
            | BodyField::FaultPath
            | BodyField::FaultDetail
    )
}

/// A field of a fallback that its text decides.
fn says_text(field: Field) -> bool {
    match field {
        Field::Body(Part::Fallback, body) => matches!(
            body,
            BodyField::Messages
                | BodyField::Prompt
                | BodyField::HasTranscriptTag
                | BodyField::InputTokens
                | BodyField::InputTokensEstimated
        ),
        Field::Word(Part::Fallback, body, _) => body == BodyField::Content,
        Field::Endpoint
        | Field::At
        | Field::Auth
        | Field::AuthHeader
        | Field::Attribute(_)
        | Field::AttributeGiven(_)
        | Field::Chained
        | Field::OwnText
        | Field::Body(Part::Primary, _)
        | Field::Given(..)
        | Field::State(..)
        | Field::StateGiven(..)
        | Field::Word(Part::Primary, ..) => false,
    }
}
