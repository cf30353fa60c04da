//! Texts as a few classes: each text that rules or the catalog name, and for each beginning that
//! rules ask for, every other text that begins so. No condition can tell two texts of one class
//! apart.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{Catalog, EndpointId, OfferingId, Route};
use portolan_core::instant::Dated;
use portolan_core::policy::{
    BodyField, Claim, Condition, EndpointFact, Goal, ModelFact, Policy, Prove, RouteFact, RuleKind,
    Term, Value,
};
use portolan_core::request::{is_misspelt, misspelt_beginning};

use super::ties::NAMED;

/// Classes of texts, by a text of each.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Sorted, so that all that begin alike stand together.
    classes: Vec<Box<str>>,
    /// Those that something names, sorted: each is a class of its own.
    named: Vec<Box<str>>,
    /// Beginnings that something asks for, sorted; the empty one always.
    beginnings: Vec<Box<str>>,
    /// In no text that is named and in no beginning.
    fresh: String,
}

impl Texts {
    fn new(mut found: Found) -> Self {
        found.beginnings.insert("".into());
        let used: BTreeSet<char> = found
            .named
            .iter()
            .chain(&found.beginnings)
            .flat_map(|text| text.chars())
            .collect();
        let plain = ('a'..='z').rev().chain('0'..='9');
        let mut fresh = plain.chain('\u{4e00}'..='\u{9fff}');
        let fresh = fresh.find(|c| !used.contains(c)).unwrap_or('\u{10ffff}');
        let other = |beginning: &str| format!("{beginning}{fresh}").into_boxed_str();
        let mut classes: BTreeSet<Box<str>> = found.beginnings.iter().map(|b| other(b)).collect();
        classes.extend(found.named.iter().cloned());
        Self {
            classes: classes.into_iter().collect(),
            named: found.named.into_iter().collect(),
            beginnings: found.beginnings.into_iter().collect(),
            fresh: fresh.to_string(),
        }
    }

    /// A text of each class.
    pub(super) fn classes(&self) -> &[Box<str>] {
        &self.classes
    }

    /// Every text that something names.
    pub(super) fn named(&self) -> &[Box<str>] {
        &self.named
    }

    /// A text that nothing names.
    pub(super) fn other(&self) -> &str {
        &self.fresh
    }

    /// The position of a text that something names, among those.
    pub(super) fn position(&self, text: &str) -> Option<usize> {
        self.named
            .binary_search_by(|known| (**known).cmp(text))
            .ok()
    }

    /// By class: whether a text of it can be such, and whether one can be otherwise. Letters behind
    /// a text change nothing about what it is by its other characters.
    pub(super) fn can_be(&self, such: impl Fn(&str) -> bool) -> Vec<(Box<str>, (bool, bool))> {
        let class = |text: &str| {
            let is = such(text);
            let can = if self.position(text).is_some() {
                (is, !is)
            } else {
                (is, true)
            };
            (text.into(), can)
        };
        self.classes.iter().map(|text| class(text)).collect()
    }

    /// By class: a header of it that is taken for the right one, where one is found.
    pub(super) fn misspelt(&self) -> BTreeMap<Box<str>, String> {
        let mut found = BTreeMap::new();
        let named = self.named.iter().filter(|text| is_misspelt(text));
        let beginnings = self.beginnings.iter().flat_map(|b| {
            let next = ('a'..='z').map(move |next| format!("{b}{next}"));
            std::iter::once(b.to_string()).chain(next)
        });
        let begun = beginnings.flat_map(|b| misspelt_beginning(&b).collect::<Vec<_>>());
        for header in named.map(ToString::to_string).chain(begun) {
            if let Some(class) = self.classes.get(self.class(&header)) {
                found.entry(class.clone()).or_insert(header);
            }
        }
        found
    }

    /// The class of any text.
    pub(super) fn class(&self, text: &str) -> usize {
        let find = |text: &str| self.classes.binary_search_by(|known| (**known).cmp(text));
        if self.position(text).is_some() {
            return find(text).unwrap_or(0);
        }
        let begins = self.beginnings.iter().filter(|b| text.starts_with(&***b));
        let longest = begins.max_by_key(|b| b.len()).map_or("", |b| &**b);
        find(&format!("{longest}{}", self.fresh)).unwrap_or(0)
    }
}

/// The texts of a question, then the ids that no model has.
pub(super) fn of(catalog: &Catalog, policy: &Policy, prove: &Prove) -> (Texts, Texts) {
    let mut texts = Found::default();
    let mut ids = Found::default();
    for condition in conditions(policy, prove) {
        texts.condition(condition, catalog, policy, &mut ids);
    }
    for rule in &policy.rules {
        if let RuleKind::Lock { bound, .. } = &rule.kind {
            texts.term(bound, catalog, policy);
        }
    }
    for key in &policy.prefer {
        texts.term(&key.term, catalog, policy);
    }
    if texts.ties {
        texts.named.extend(NAMED.map(Box::from));
    }
    let known = catalog.models.iter().map(|model| &model.id);
    let known = known.chain(catalog.aliases.iter().map(|alias| &alias.id));
    ids.named.extend(known.cloned());
    ids.beginnings.extend(policy.model_prefix.clone());
    (Texts::new(texts), Texts::new(ids))
}

/// Every condition that a question depends on.
fn conditions<'a>(policy: &'a Policy, prove: &'a Prove) -> Vec<&'a Condition> {
    let mut out: Vec<&Condition> = policy.rules.iter().map(|rule| &rule.when).collect();
    out.push(&prove.filter);
    let claims: Vec<&Claim> = match &prove.goal {
        Goal::Claim { premises, claim } => premises.iter().chain([claim]).collect(),
        Goal::SomeModelRoutes(condition) => {
            out.push(condition);
            Vec::new()
        }
        Goal::SameDecisionAs { .. } => Vec::new(),
    };
    for claim in claims {
        match claim {
            Claim::Every(condition) => out.push(condition),
            Claim::Routes | Claim::Refused | Claim::RefusedWith(_) => {}
        }
    }
    out
}

#[derive(Default)]
struct Found {
    named: BTreeSet<Box<str>>,
    beginnings: BTreeSet<Box<str>>,
    /// A field is read whose ties name words of their own.
    ties: bool,
}

impl Found {
    fn condition(
        &mut self,
        condition: &Condition,
        catalog: &Catalog,
        policy: &Policy,
        ids: &mut Self,
    ) {
        match condition {
            Condition::Constant(_) => {}
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    self.condition(part, catalog, policy, ids);
                }
            }
            Condition::Not(inner) => self.condition(inner, catalog, policy, ids),
            Condition::IsSet(term) | Condition::Holds(term) => self.term(term, catalog, policy),
            Condition::Compare(left, _, right) => {
                self.term(left, catalog, policy);
                self.term(right, catalog, policy);
            }
            Condition::Matches(term, glob) => {
                self.term(term, catalog, policy);
                let begins = glob.0.split('*').next().unwrap_or_default();
                let of_ids = *term == Term::Body(BodyField::Model);
                let to = if of_ids { ids } else { self };
                to.beginnings.insert(begins.into());
            }
        }
    }

    fn term(&mut self, term: &Term, catalog: &Catalog, policy: &Policy) {
        for part in term.walk() {
            match part {
                Term::Constant(value) => self.value(value),
                Term::Column(_, table, column) => {
                    let table = policy.tables.get(*table as usize);
                    for row in table.map_or(&[][..], |table| &table.rows) {
                        row.get(*column as usize)
                            .into_iter()
                            .for_each(|cell| self.value(cell));
                    }
                }
                Term::OfEndpoint(_, EndpointFact::Host) => {
                    let hosts = catalog.endpoints.iter().map(|e| e.host.clone());
                    self.named.extend(hosts);
                }
                Term::OfModel(_, fact) => match fact {
                    ModelFact::Capabilities | ModelFact::Parameters => self.words(catalog),
                    ModelFact::Maker
                    | ModelFact::Released
                    | ModelFact::Retires
                    | ModelFact::Successor
                    | ModelFact::ContextWindow
                    | ModelFact::MaxOutput => {}
                },
                Term::Route(RouteFact::Capabilities | RouteFact::Parameters) => self.words(catalog),
                Term::Route(RouteFact::UpstreamId) => self.upstream(catalog),
                Term::Route(fact) if fact.is_of_price() => {
                    self.ties = true;
                    let of_models = catalog.models.iter().flat_map(|m| &m.price);
                    let own = catalog.offerings.iter().flat_map(|o| &o.price);
                    let tiers = of_models.chain(own);
                    self.named
                        .extend(tiers.filter_map(|row| row.service_tier.clone()));
                }
                Term::Body(
                    BodyField::Content
                    | BodyField::Parameters
                    | BodyField::InputTokens
                    | BodyField::InputTokensEstimated
                    | BodyField::TotalTokens
                    | BodyField::Messages
                    | BodyField::Prompt
                    | BodyField::HasTranscriptTag,
                ) => self.ties = true,
                Term::Endpoint
                | Term::At
                | Term::Auth
                | Term::AuthHeader
                | Term::Attribute(_)
                | Term::Body(_)
                | Term::OfEndpoint(..)
                | Term::Route(_)
                | Term::State(..)
                | Term::Offset(..)
                | Term::Without(..) => {}
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                self.named.insert(text.clone());
            }
            Value::Set(members) => members.iter().for_each(|member| self.value(member)),
            Value::Bool(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Instant(_)
            | Value::Model(_)
            | Value::Maker(_)
            | Value::Provider(_)
            | Value::Endpoint(_)
            | Value::Region(_)
            | Value::Places(_)
            | Value::UnknownPlace
            | Value::Retention(_)
            | Value::Row(..) => {}
        }
    }

    /// What models can do and take.
    fn words(&mut self, catalog: &Catalog) {
        let mut add = |dated: &Dated<portolan_core::catalog::Names>| {
            for (_, names) in dated.periods() {
                self.named.extend(names.iter().cloned());
            }
        };
        for model in &catalog.models {
            add(&model.capabilities);
            add(&model.parameters);
        }
        for offering in &catalog.offerings {
            add(&offering.capabilities);
            add(&offering.parameters);
        }
    }

    fn upstream(&mut self, catalog: &Catalog) {
        let offerings = (0u32..).map(OfferingId).take(catalog.offerings.len());
        for offering in offerings {
            for endpoint in (0u32..).map(EndpointId).take(catalog.endpoints.len()) {
                let route = Route { offering, endpoint };
                self.named.insert(catalog.upstream_id(route).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_the_class_of_its_longest_beginning() {
        let texts = |all: &[&str]| all.iter().map(|t| Box::from(*t)).collect();
        let texts = Texts::new(Found {
            named: texts(&["eu", "eu.a", "zyx"]),
            beginnings: texts(&["eu", "eu.", "us"]),
            ties: false,
        });
        let class = |text: &str| &*texts.classes()[texts.class(text)];
        assert_eq!(class("eu"), "eu");
        assert_eq!(class("eu.a"), "eu.a");
        assert_eq!(class("eu.ab"), "eu.w");
        assert_eq!(class("euro"), "euw");
        assert_eq!(class("e"), "w");
        assert_eq!(class(""), "w");
        assert_eq!(class("us"), "usw");
        for text in texts.classes() {
            assert_eq!(class(text), &**text);
        }
    }
}
