//! From a class of requests to the smallest request that is in it.
//!
//! A class bounds fields one by one. What ties fields to each other is known here: which of them
//! are derived from others, what a posted body can say at all, what a fallback takes over. A field
//! that may be absent is; a number is the first that it may be, a text the shortest.
//!
//! No witness means that no posted request is in the class. The other way round, a fault with words
//! that no reader has for it is given where a class asks for just that; writing such a request down
//! fails.

#![expect(
    clippy::option_option,
    reason = "the outer says whether there is a request, the inner whether it has the field"
)]

mod body;
mod domain;
mod envelope;
mod said;
pub(crate) mod text;
mod tokens;
mod words;

use portolan_core::catalog::Catalog;
use portolan_core::diagram::survey::{
    Bound, Bounded, Class, Flag, SetField, Standing, TextField, Values,
};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::BodyField;
use portolan_core::request::{Draft, Fault, FaultKind};

use domain::Domain;
use envelope::{Chained, Envelope};

/// The smallest request whose own effective request is in a class; `None` where there is none.
///
/// Where the class asks for fallbacks they are the same body again.
pub fn witness(engine: &Engine, class: &Class) -> Option<Draft> {
    let catalog = engine.catalog();
    let unknown = |id: &str, at| catalog.lookup(id, at).value.is_none();
    Reader::of(engine, &unknown).witness(class)
}

/// Who reads a request, as far as that says what it is.
pub(crate) struct Reader<'e> {
    pub(crate) engine: &'e Engine,
    /// What stands in for `max_tokens` where a body gives none.
    pub(crate) most: Option<i64>,
    /// What stands in for the depth.
    pub(crate) depth: Option<i64>,
    /// Says whether an id stands for nothing at an instant.
    pub(crate) unknown: &'e dyn Fn(&str, Instant) -> bool,
}

impl<'e> Reader<'e> {
    fn of(engine: &'e Engine, unknown: &'e dyn Fn(&str, Instant) -> bool) -> Self {
        let default = |field| engine.policy().defaults.get(&field).copied();
        Self {
            engine,
            most: default(BodyField::MaxTokens),
            depth: default(BodyField::FallbackDepth),
            unknown,
        }
    }

    /// As [`witness`].
    pub(crate) fn witness(&self, class: &Class) -> Option<Draft> {
        alone(self, class)
    }
}

fn alone(reader: &Reader<'_>, class: &Class) -> Option<Draft> {
    let domain = Domain::new([class]);
    let envelope = Envelope::of(reader.engine, class.endpoint, &domain)?;
    let (at, models) = moment(reader, &[class])?;
    let model = models.into_iter().next()?;
    let nothing = nothing(class);
    let default = reader.most;
    faults(&domain).into_iter().find_map(|fault| {
        let unread = fault.as_ref().is_some_and(leaves_nothing);
        let mut body = if unread {
            let body = body::alone(&domain.and(&nothing), default)?;
            let said = body.max_tokens.is_some() || model.is_some();
            (!said).then_some(body)?
        } else {
            body::alone(&domain, default)?
        };
        body.model.clone_from(&model);
        let chain = if unread {
            Chained::unread(&domain, reader)?
        } else {
            Chained::of(&domain, reader, &body, None)?
        };
        body.faults = fault.into_iter().collect();
        Some(envelope.draft(at, body, chain))
    })
}

/// The smallest request whose own effective request is in one class and whose first fallback's is
/// in another; `None` where there is none.
pub fn with_fallback(engine: &Engine, outer: &Class, inner: &Class) -> Option<Draft> {
    if outer.endpoint != inner.endpoint {
        return None;
    }
    let catalog = engine.catalog();
    let unknown = |id: &str, at| catalog.lookup(id, at).value.is_none();
    let reader = &Reader::of(engine, &unknown);
    let [own, over] = [outer, inner].map(|class| Domain::new([class]));
    let both = own.and(inner);
    let envelope = Envelope::of(engine, outer.endpoint, &both)?;
    let (at, models) = moment(reader, &[outer, inner])?;
    // The faults are the posted body's.
    faults(&over).into_iter().find(Option::is_none)?;
    let read = |fault: &Option<Fault>| !fault.as_ref().is_some_and(leaves_nothing);
    let fault = faults(&own).into_iter().find(read)?;
    let (mut body, mut fallback) = body::pair([&own, &over], reader.most)?;
    let mut models = models.into_iter();
    body.model = models.next()?;
    fallback.model = models.next()?;
    let chain = Chained::of(&both, reader, &body, Some(fallback))?;
    body.faults = fault.into_iter().collect();
    Some(envelope.draft(at, body, chain))
}

/// The instant, and the model of each class as it is written.
fn moment(reader: &Reader<'_>, classes: &[&Class]) -> Option<(Instant, Vec<Option<String>>)> {
    let catalog = reader.engine.catalog();
    let domain = Domain::new(classes.iter().copied());
    let mut codes = domain.codes(Bounded::At);
    for window in classes.iter().map(|class| class.window) {
        let from = window.from.map_or(i64::MIN, Instant::unix_seconds);
        let last = window
            .until
            .map_or(i64::MAX, |until| until.unix_seconds() - 1);
        codes = codes.within(from, last);
    }
    let possible = |at: Instant| codes.has(at.unix_seconds()).then_some(at);
    let first = possible(Instant::from_unix_seconds(codes.value()?))?;
    let changes = || changes(catalog, classes).into_iter().filter_map(possible);
    let mut instants = std::iter::once(first).chain(std::iter::once_with(changes).flatten());
    instants.find_map(|at| {
        let models = classes.iter().map(|class| model(reader, class, at));
        Some((at, models.collect::<Option<Vec<_>>>()?))
    })
}

/// The instants at which an id that a class allows begins to stand for nothing, or last does.
fn changes(catalog: &Catalog, classes: &[&Class]) -> Vec<Instant> {
    let mut changes = Vec::new();
    let unknown = |class: &&&Class| class.standing == Standing::Unknown;
    for class in classes.iter().filter(unknown) {
        let texts = Domain::new([*class]).text(TextField::Model);
        let aliases = catalog.aliases.iter();
        for alias in aliases.filter(|alias| texts.has(&alias.id)) {
            for (window, _) in alias.target.periods() {
                changes.extend(window.until);
                changes.extend(window.from.map(|from| from.plus_seconds(-1)));
            }
        }
    }
    changes
}

/// The model as a request of a class writes it.
fn model(reader: &Reader<'_>, class: &Class, at: Instant) -> Option<Option<String>> {
    let engine = reader.engine;
    let catalog = engine.catalog();
    let texts = Domain::new([class]).text(TextField::Model);
    let id = match class.standing {
        Standing::Absent => return texts.absent.then_some(None),
        Standing::Model => texts.has(&class.id).then(|| class.id.to_string())?,
        Standing::Unknown => {
            let known = catalog.models.len() + catalog.aliases.len();
            texts.value_where(known, &|id| (reader.unknown)(id, at))?
        }
    };
    // A prefix is taken off once.
    let prefix = engine.policy().model_prefix.as_deref();
    let prefix = prefix.filter(|prefix| id.starts_with(prefix));
    Some(Some(format!("{}{id}", prefix.unwrap_or_default())))
}

/// The faults that a body may have, none before any.
fn faults(domain: &Domain<'_>) -> Vec<Option<Fault>> {
    let codes = domain.flag(Flag::Fault);
    let (path, detail) = (
        domain.text(TextField::FaultPath),
        domain.text(TextField::FaultDetail),
    );
    let mut faults = Vec::new();
    if codes.has(0) && path.absent && detail.absent {
        faults.push(None);
    }
    for (code, (_, kind)) in (1i64..).zip(FaultKind::NAMES) {
        if !codes.has(code) {
            continue;
        }
        let fits = |fault: &Fault| {
            let at = if fault.path.is_empty() {
                path.absent
            } else {
                path.has(&fault.path)
            };
            at && detail.has(&fault.detail)
        };
        let simplest = Fault::simplest(kind);
        let paths = [
            path.value()
                .filter(|path| kind != FaultKind::InvalidJson && !path.is_empty()),
            (path.absent && kind != FaultKind::MissingField).then(String::new),
        ];
        let detail = if detail.has(&simplest.detail) {
            Some(simplest.detail.clone())
        } else {
            detail.value()
        };
        let others = paths.into_iter().flatten().zip(detail.iter().cycle());
        let others = others.map(|(path, detail)| Fault {
            kind,
            path,
            detail: detail.clone(),
        });
        let all: Vec<Fault> = Some(simplest)
            .filter(fits)
            .into_iter()
            .chain(others)
            .collect();
        faults.extend(all.into_iter().map(Some));
    }
    faults
}

/// Says whether a fault is that of a body in which nothing can be read.
fn leaves_nothing(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::InvalidJson => true,
        FaultKind::WrongType => fault.path.is_empty(),
        FaultKind::AmbiguousField | FaultKind::MissingField => false,
    }
}

/// The requests with a body in which nothing was read.
fn nothing(class: &Class) -> Class {
    let exactly = |code| Values::Codes {
        absent: false,
        from: code,
        last: code,
    };
    let absent = Values::Codes {
        absent: true,
        from: i64::MAX,
        last: i64::MIN,
    };
    let flags = [
        (Flag::Messages, absent.clone()),
        (Flag::Prompt, absent.clone()),
        (Flag::ZeroDataRetention, absent.clone()),
        (Flag::Stream, exactly(0)),
        (Flag::HasTranscriptTag, exactly(0)),
        (Flag::HasTranscriptId, exactly(0)),
    ];
    let flags = flags.map(|(flag, values)| (Bounded::Flag(flag), values));
    let texts = [
        TextField::ModelRegion,
        TextField::ToolChoice,
        TextField::ResponseFormat,
        TextField::ReasoningEffort,
        TextField::ServiceTier,
    ];
    let texts = texts.map(|text| {
        let absent = Values::Texts {
            absent: true,
            from: None,
            until: None,
        };
        (Bounded::Text(text), absent)
    });
    let sets = SetField::ALL.map(|set| {
        let empty = Values::Words {
            words: Vec::new(),
            others: true,
            besides: Vec::new(),
            has: false,
        };
        (Bounded::Set(set), empty)
    });
    let bounds = flags.into_iter().chain(texts).chain(sets);
    let bounds = bounds.map(|(field, values)| Bound { field, values });
    Class {
        bounds: bounds.collect(),
        ..class.clone()
    }
}
