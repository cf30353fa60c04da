//! What a side says of one aspect of a decision, and what is different about it.

use std::hash::Hash;

use crate::catalog::Catalog;
use crate::diagram::intern::Interner;
use crate::policy::{
    Blame, BlameField, Piece, Policy, Rule, RuleId, RuleKind, SetField, Slot, Template, Term,
};

/// What a decision says something about. Routes are positions among a pairing's routes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Whether it routes, where and in which order; or why not.
    Outcome,
    /// What an attempt costs.
    Price(u16),
    /// A fact of an attempt's route, by name.
    Fact(u16, &'static str),
    /// A body field that is set.
    Set(u16, Box<str>),
    /// A warning, by its code.
    Warn(u16, Box<str>),
    /// A rate limit.
    Limit(u16),
    /// Whether facts about now put the route aside.
    Skip(u16),
    /// The retry of a plan without fallbacks.
    Retry,
    /// The retry of a plan in which a fallback is.
    RetryBesideFallbacks,
    /// What moves a plan on, and its time limits.
    Advance,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// It does not route.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: Box<str>,
        /// The rule that decided.
        rule: RuleId,
        /// What is said in words.
        words: Box<str>,
        /// A fallback's id refuses the whole request.
        whole: bool,
    },
    /// It routes, in this order.
    Routes {
        /// Positions among the pairing's routes.
        routes: Vec<u16>,
        /// At most so many of them are planned, which is fewer than there are.
        most: Option<usize>,
    },
    /// Anything else, as text.
    Text {
        /// What.
        text: Box<str>,
        /// By which rule.
        rule: Option<RuleId>,
        /// What is said in words.
        words: Box<str>,
    },
}

/// What is different about one aspect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Difference {
    /// Of what.
    pub aspect: Aspect,
    /// What is said on each side.
    pub said: [Said; 2],
    /// Only the words differ.
    pub reworded: bool,
}

impl Said {
    /// This, and then what follows.
    pub(super) fn before(&self, rest: &Self) -> Self {
        match (self, rest) {
            (
                Self::Text { text, rule, words },
                Self::Text {
                    text: more,
                    words: more_words,
                    ..
                },
            ) => Self::Text {
                text: format!("{text}, {more}").into(),
                rule: *rule,
                words: format!("{words}\n{more_words}").into(),
            },
            (first, _) => first.clone(),
        }
    }
}

impl Difference {
    /// What is different between two things said, if anything is.
    pub(super) fn between(aspect: &Aspect, said: [&Said; 2]) -> Option<Self> {
        let [old, new] = said;
        let (same, reworded) = match (old, new) {
            (
                Said::Refused {
                    status,
                    code,
                    words,
                    whole,
                    ..
                },
                Said::Refused {
                    status: other_status,
                    code: other_code,
                    words: other_words,
                    whole: other_whole,
                    ..
                },
            ) => (
                (status, code, whole) == (other_status, other_code, other_whole),
                words != other_words,
            ),
            (
                Said::Text { text, words, .. },
                Said::Text {
                    text: other,
                    words: other_words,
                    ..
                },
            ) => (text == other, words != other_words),
            (old, new) => (old == new, false),
        };
        (!same || reworded).then(|| Self {
            aspect: aspect.clone(),
            said: [old.clone(), new.clone()],
            reworded: same,
        })
    }
}

/// Everything that is said, each once; diagrams answer with positions. The first is nothing.
#[derive(Debug)]
pub(super) struct Sayings {
    all: Interner<Said>,
}

impl Default for Sayings {
    fn default() -> Self {
        let mut all = Interner::default();
        all.intern(Said::Nothing);
        Self { all }
    }
}

impl Sayings {
    /// The position of nothing.
    pub(super) const NOTHING: u32 = 0;

    pub(super) fn say(&mut self, said: Said) -> u32 {
        self.all.intern(said)
    }

    pub(super) fn get(&self, position: u32) -> Option<&Said> {
        self.all.get(position)
    }

    /// Text that no rule says.
    pub(super) fn text(&mut self, text: impl Into<Box<str>>) -> u32 {
        self.say(Said::Text {
            text: text.into(),
            rule: None,
            words: Box::default(),
        })
    }
}

/// What a rule says in words, without an id that means nothing to another policy.
pub(super) fn words(rule: &Rule, catalog: &Catalog, policy: &Policy) -> Box<str> {
    let mut out = String::new();
    if let Some(blame) = &rule.blame {
        out.push_str(&blamed(blame, catalog, policy));
    }
    for template in std::iter::once(&rule.say).chain(&rule.help) {
        out.push('\n');
        out.push_str(&spelled(template, catalog, policy));
    }
    out.into()
}

/// Everything that a rule does and says when it holds.
pub(super) fn whole(rule: &Rule, catalog: &Catalog, policy: &Policy) -> String {
    let does = match &rule.kind {
        RuleKind::UnknownModel { chain, .. } | RuleKind::Refuse { chain, .. } => chain.to_string(),
        RuleKind::NotOffered(_)
        | RuleKind::OtherEndpoint(_)
        | RuleKind::BeyondDepth(_)
        | RuleKind::Exclude(_)
        | RuleKind::Lock { .. }
        | RuleKind::Skip(_) => String::new(),
        RuleKind::Set {
            field,
            value,
            noting,
        } => {
            let value = crate::reference::display(value, catalog, policy);
            let noting = noting.as_deref().unwrap_or_default();
            format!("{} {value} {noting}", set_name(field))
        }
        RuleKind::Warn { code } => code.to_string(),
        RuleKind::Limit {
            requests,
            window_s,
            key,
        } => format!("{requests} {window_s} {}", term_text(key, catalog, policy)),
        RuleKind::Retry {
            on,
            times,
            after_ms,
            without_fallbacks,
        } => format!("{} {times} {after_ms} {without_fallbacks}", on.join(",")),
    };
    let verdict = rule.kind.verdict();
    let verdict = verdict.map_or(String::new(), |v| format!("{} {}", v.status, v.code));
    let words = words(rule, catalog, policy);
    format!("{} {verdict} {does}\n{words}", rule.kind.word())
}

/// The body field that a rule sets, as a body has it.
pub(super) fn set_name(field: &SetField) -> Box<str> {
    match field {
        SetField::Known(field) => field.wire().into(),
        SetField::Other(name) => name.clone(),
    }
}

fn blamed(blame: &Blame, catalog: &Catalog, policy: &Policy) -> String {
    match blame {
        Blame::Field(BlameField::Attribute(index)) => {
            let attribute = policy.attributes.get(*index as usize);
            attribute.map_or(String::new(), |a| a.name.to_string())
        }
        Blame::Field(BlameField::Endpoint) => "endpoint".to_owned(),
        Blame::Field(BlameField::Auth) => "authorization".to_owned(),
        Blame::Field(BlameField::Body(field)) => field.wire().to_owned(),
        Blame::Members(term) => term_text(term, catalog, policy),
    }
}

fn spelled(template: &Template, catalog: &Catalog, policy: &Policy) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.to_string(),
        Piece::Term(term) => format!("{{{}}}", term_text(term, catalog, policy)),
        Piece::Slot(slot) => {
            let mut names = Slot::NAMES.iter().filter(|(_, named)| named == slot);
            names
                .next()
                .map_or(String::new(), |(name, _)| format!("{{{name}}}"))
        }
    };
    template.pieces.iter().map(piece).collect()
}

/// A term as text that is the same for the same term of another policy.
pub(super) fn term_text(term: &Term, catalog: &Catalog, policy: &Policy) -> String {
    if let Term::Constant(value) = term {
        return crate::reference::display(value, catalog, policy);
    }
    crate::policy::term_name(term, catalog, &policy.attributes, &policy.tables)
}
