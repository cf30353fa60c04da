//! The chain of fallbacks, and what a fallback's effective body is.
//!
//! The merge is defined once, on the members of the posted text: what is judged and what would be
//! sent are read from the same result. How a body's facts follow from its members is `body.rs`.

use portolan_core::limits;
use portolan_core::request::{Body, Chain, ChainFault, ChainFaultKind};

use crate::body::{self, Deriver, FIELDS};
use crate::faults::{self, Faults, Keys};
use crate::json::{Kind, Member};
use crate::path::Path;

const CONFIG_FIELDS: [&str; 2] = ["depth", "retry"];

/// What a posted body says: its own facts, each fallback's, and the chain's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The posted body, with the faults of the whole document.
    pub body: Body,
    /// Each fallback's effective body, in order, at most `limits::FALLBACKS`; without faults.
    pub fallbacks: Vec<Body>,
    /// The chain as a whole.
    pub chain: Chain,
}

/// Reads a posted body. Whatever the bytes are, there is an answer: faults are facts.
///
/// `input_tokens` is the caller's count for the posted messages; without it they are estimated,
/// and so they are for a fallback that brings messages of its own.
pub fn read_body(bytes: &[u8], input_tokens: Option<i64>) -> Reading {
    read(bytes, input_tokens).0
}

/// The same, with the members that the posted body has.
pub(crate) fn read(bytes: &[u8], input_tokens: Option<i64>) -> (Reading, Vec<Member<'_>>) {
    let mut faults = Faults::default();
    let mut deriver = Deriver::new(input_tokens);
    let mut reader = ChainReader::default();
    let outer = body::open(bytes, &mut faults).unwrap_or_default();
    let mut body = deriver.derive(&outer, Some(&mut reader), &mut faults);
    body.faults = faults.into_vec();
    let entries = reader.entries.iter();
    let merged: Vec<Vec<Member<'_>>> = entries.map(|entry| merge(&outer, entry)).collect();
    let fallbacks = merged
        .iter()
        .map(|members| deriver.derive(members, None, &mut Faults::default()))
        .collect();
    let reading = Reading {
        body,
        fallbacks,
        chain: reader.chain,
    };
    (reading, outer)
}

/// A fallback's effective members: the posted body's, with the fallback's put over them.
///
/// - `null` in a fallback is absence, so the posted value stays.
/// - A fallback names its own model or none: the posted model is never inherited.
/// - `max_tokens` and `max_completion_tokens` are one field: either replaces both.
/// - Keys are matched as a reader that folds case does, so that no lookalike stays beside.
pub(crate) fn merge<'a>(outer: &[Member<'a>], fallback: &[Member<'a>]) -> Vec<Member<'a>> {
    let over: Vec<&Member<'a>> = fallback
        .iter()
        .filter(|member| Kind::of(member.value) != Kind::Null)
        .collect();
    let inherited = outer.iter().filter(|member| {
        let slot = slot(&member.key);
        slot != "model" && !over.iter().any(|o| self::slot(&o.key) == slot)
    });
    inherited.chain(over.iter().copied()).cloned().collect()
}

/// What a key sets: keys with one slot replace each other.
fn slot(key: &str) -> &str {
    match faults::known(key, &FIELDS) {
        Some("max_completion_tokens") => "max_tokens",
        Some(field) => field,
        None => key,
    }
}

/// Reads `fallbacks` and `fallback_config`.
#[derive(Default)]
pub(crate) struct ChainReader<'a> {
    pub(crate) chain: Chain,
    /// Each entry's own members.
    pub(crate) entries: Vec<Vec<Member<'a>>>,
}

impl<'a> ChainReader<'a> {
    pub(crate) fn entries(
        &mut self,
        value: &'a str,
        path: &Path<'_>,
        deriver: &mut Deriver<'a>,
        faults: &mut Faults,
    ) {
        self.entries.clear();
        self.chain.count = 0;
        self.chain.fault = None;
        faults.each_item(value, path, |faults, index, entry| {
            self.chain.count = self.chain.count.saturating_add(1);
            if index >= limits::FALLBACKS {
                self.fault(ChainFaultKind::TooMany, index);
                return;
            }
            let mut members = faults.members(entry, &path.index(index));
            for member in &mut members {
                member.origin = Some(index);
            }
            deriver.derive(&members, None, faults);
            self.judge(&members, index);
            self.entries.push(members);
        });
    }

    /// A fallback names a model and no chain of its own. A model of the wrong type is a fault of
    /// its type, which is noted elsewhere.
    fn judge(&mut self, members: &[Member<'a>], index: usize) {
        let present = |field: &str| {
            let named = |m: &&Member<'_>| faults::folds_to(&m.key, field);
            let mut found = members.iter().filter(named);
            found.any(|m| Kind::of(m.value) != Kind::Null)
        };
        if !present("model") {
            self.fault(ChainFaultKind::MissingModel, index);
        }
        if present("fallbacks") || present("fallback_config") {
            self.fault(ChainFaultKind::Nested, index);
        }
    }

    fn fault(&mut self, kind: ChainFaultKind, index: usize) {
        self.chain.fault.get_or_insert_with(|| ChainFault {
            kind,
            path: Path::Fallback(index).to_string(),
        });
    }

    pub(crate) fn config(&mut self, value: &'a str, path: &Path<'_>, faults: &mut Faults) {
        let members = faults.members(value, path);
        let mut keys = Keys::of(&CONFIG_FIELDS);
        self.chain.depth = None;
        self.chain.retry = None;
        for member in &members {
            let Some(name) = keys.admit(&member.key, path, faults) else {
                continue;
            };
            if Kind::of(member.value) == Kind::Null {
                continue;
            }
            let path = path.key(name);
            match name {
                "depth" => self.chain.depth = faults.integer(member.value, &path),
                _ => self.chain.retry = faults.boolean(member.value, &path),
            }
        }
    }
}

#[cfg(test)]
mod tests;
