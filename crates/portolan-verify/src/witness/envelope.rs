//! What stands around the bodies of a request: who calls and how, and the chain of fallbacks.

use std::collections::BTreeMap;

use portolan_core::catalog::EndpointId;
use portolan_core::diagram::survey::{Bounded, Flag, Number, TextField};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::limits;
use portolan_core::policy::{Attribute, Policy, Type, Value};
use portolan_core::request::{Auth, Body, Chain, ChainFault, ChainFaultKind, Draft};

use super::Reader;
use super::domain::Domain;

/// A header that is taken for a misspelt one; it is shown where any will do.
const MISSPELT: &str = "x-api-key";

/// Everything but the instant, the bodies and the chain.
pub(super) struct Envelope {
    endpoint: Option<String>,
    attributes: BTreeMap<String, String>,
    auth: Auth,
    auth_header: Option<String>,
}

impl Envelope {
    pub(super) fn of(engine: &Engine, endpoint: EndpointId, domain: &Domain<'_>) -> Option<Self> {
        let catalog = engine.catalog();
        let name = catalog.endpoints.get(endpoint.index())?.name.to_string();
        let named = catalog.default_endpoint() != Some(endpoint);
        let (auth, auth_header) = authentication(domain)?;
        Some(Self {
            endpoint: named.then_some(name),
            attributes: attributes(engine.policy(), domain)?,
            auth,
            auth_header,
        })
    }

    pub(super) fn draft(&self, at: Instant, body: Body, chained: Chained) -> Draft {
        Draft {
            endpoint: self.endpoint.clone(),
            at,
            attributes: self.attributes.clone(),
            auth: self.auth,
            auth_header: self.auth_header.clone(),
            body,
            fallbacks: chained.fallbacks,
            chain: chained.chain,
        }
    }
}

/// A misspelt header, and no other, is named.
fn authentication(domain: &Domain<'_>) -> Option<(Auth, Option<String>)> {
    let (codes, header) = (domain.flag(Flag::Auth), domain.text(TextField::AuthHeader));
    let named = (0i64..).zip(Auth::NAMES);
    let mut possible = named.filter(|(code, _)| codes.has(*code));
    possible.find_map(|(_, (_, auth))| match auth {
        Auth::Misspelt if header.has(MISSPELT) => Some((auth, Some(MISSPELT.to_owned()))),
        Auth::Misspelt => header.misspelt().map(|header| (auth, Some(header))),
        Auth::NotJudged
        | Auth::Missing
        | Auth::Empty
        | Auth::Bearer
        | Auth::Raw
        | Auth::InQuery => header.absent.then_some((auth, None)),
    })
}

fn attributes(policy: &Policy, domain: &Domain<'_>) -> Option<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    for (index, attribute) in (0u16..).zip(&policy.attributes) {
        if let Some(value) = value(policy, index, attribute, domain)? {
            given.insert(attribute.name.to_string(), value);
        }
    }
    Some(given)
}

/// An attribute's value as it is given: left out where that will do.
fn value(
    policy: &Policy,
    index: u16,
    attribute: &Attribute,
    domain: &Domain<'_>,
) -> Option<Option<String>> {
    let field = Bounded::Attribute(index);
    let codes = domain.codes(field);
    let default = attribute.default.as_ref();
    let unset = default.is_none() && attribute.optional;
    let left_out_or = |default: Option<i64>, most: i64| {
        if default.is_some_and(|code| codes.has(code)) || unset && codes.absent {
            return Some(None);
        }
        codes.within(0, most).value().map(Some)
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the policy has checked the type: every other one is text"
    )]
    match &attribute.of {
        Type::Bool => {
            let default = default.map(|value| i64::from(*value == Value::Bool(true)));
            let code = left_out_or(default, 1)?;
            Some(code.map(|code| (code == 1).to_string()))
        }
        Type::Choice(words) => {
            let position = |value: &Value| {
                words
                    .iter()
                    .position(|word| *value == Value::Text(word.clone()))
            };
            let default = default
                .and_then(position)
                .and_then(|at| i64::try_from(at).ok());
            let last = i64::try_from(words.len()).ok()?.checked_sub(1)?;
            let word = |code: i64| {
                let word = usize::try_from(code).ok().and_then(|at| words.get(at))?;
                Some(word.to_string())
            };
            match left_out_or(default, last)? {
                None => Some(None),
                Some(code) => word(code).map(Some),
            }
        }
        Type::Count => {
            let said = match default {
                Some(Value::Integer(default)) => !codes.has(*default),
                _ => !(unset && codes.absent),
            };
            if !said {
                return Some(None);
            }
            codes.value().map(|count| Some(count.to_string()))
        }
        Type::Key(table) => {
            let keys = &policy.tables.get(*table as usize)?.keys;
            let rows = domain.rows(index);
            let may = |row: u32| rows.as_ref().is_none_or(|(_, rows)| rows.contains(&row));
            let absent = rows.as_ref().is_none_or(|(absent, _)| *absent);
            let left_out = match default {
                Some(Value::Row(_, row)) => may(*row),
                _ => unset && absent,
            };
            if left_out {
                return Some(None);
            }
            let mut keys = (0u32..).zip(keys);
            let key = keys.find(|(row, _)| may(*row));
            key.map(|(_, key)| Some(key.to_string()))
        }
        _ => {
            let texts = domain.texts(field);
            let left_out = match default {
                Some(Value::Text(default)) => texts.has(default),
                _ => unset && texts.absent,
            };
            if left_out {
                return Some(None);
            }
            texts.value().map(Some)
        }
    }
}

/// The fallbacks, and what is said of all of them.
pub(super) struct Chained {
    fallbacks: Vec<Body>,
    chain: Chain,
}

impl Chained {
    /// No chain at all, where that will do: that of a body in which nothing is read.
    pub(super) fn unread(domain: &Domain<'_>, reader: &Reader<'_>) -> Option<Self> {
        let body = Body::default();
        let none = Self::of(domain, reader, &body, None)?;
        (none.chain == Chain::default()).then_some(none)
    }

    /// Behind a body, with a first fallback where there has to be one.
    pub(super) fn of(
        domain: &Domain<'_>,
        reader: &Reader<'_>,
        body: &Body,
        first: Option<Body>,
    ) -> Option<Self> {
        let depth = domain.number(Number::Depth);
        let depth = match reader.depth {
            Some(default) if depth.has(default) => None,
            Some(_) => Some(depth.value()?),
            None => depth.optional()?,
        };
        let retry = domain.flag(Flag::Retry).within(0, 1).optional()?;
        let here = i64::from(first.is_some());
        let nameless = first.as_ref().is_some_and(|first| first.model.is_none());
        let looked_at = i64::try_from(limits::FALLBACKS).ok()?;
        let codes = domain.flag(Flag::ChainFault);
        let kinds = ChainFaultKind::NAMES.map(|(_, kind)| Some(kind));
        let kinds = (0i64..).zip(std::iter::once(None).chain(kinds));
        let mut possible = kinds.filter(|(code, _)| codes.has(*code));
        let (kind, count) = possible.find_map(|(_, kind)| {
            let (fewest, most) = match kind {
                Some(ChainFaultKind::MissingModel) if nameless => (here, i64::MAX),
                // The first fault counts.
                _ if nameless => return None,
                None => (here, looked_at),
                Some(ChainFaultKind::MissingModel) => (here + 1, i64::MAX),
                Some(ChainFaultKind::Nested) => (1, i64::MAX),
                Some(ChainFaultKind::TooMany) => (looked_at + 1, i64::MAX),
            };
            let count = domain.number(Number::Count).within(fewest, most);
            count.present().then_some((kind, count.from))
        })?;
        let fallbacks = fallbacks(reader.engine, body, first, kind, count);
        let at = match kind {
            Some(ChainFaultKind::MissingModel) => fallbacks.iter().position(|f| f.model.is_none()),
            Some(ChainFaultKind::TooMany) => Some(limits::FALLBACKS),
            Some(ChainFaultKind::Nested) | None => Some(0),
        };
        let at = at.unwrap_or_default();
        let fault = kind.map(|kind| ChainFault {
            kind,
            path: format!("fallbacks[{at}]"),
        });
        Some(Self {
            fallbacks,
            chain: Chain {
                depth,
                retry: retry.map(|code| code == 1),
                count,
                fault,
            },
        })
    }
}

/// So many fallbacks as are looked at: the first one, where there is one, and the same again.
fn fallbacks(
    engine: &Engine,
    body: &Body,
    first: Option<Body>,
    kind: Option<ChainFaultKind>,
    count: i64,
) -> Vec<Body> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut others = first.clone().unwrap_or_else(|| body.clone());
    let some = engine.catalog().models.first().map(|model| &*model.id);
    let model = others.model.take();
    others.model = Some(model.unwrap_or_else(|| some.unwrap_or("x").to_owned()));
    others.faults.clear();
    let missing = kind == Some(ChainFaultKind::MissingModel);
    let named = first.as_ref().is_none_or(|first| first.model.is_some());
    let nameless = (missing && named).then(|| Body {
        model: None,
        ..others.clone()
    });
    let given = first.into_iter().chain(nameless);
    let all = given.chain(std::iter::repeat(others));
    all.take(count.min(limits::FALLBACKS)).collect()
}
