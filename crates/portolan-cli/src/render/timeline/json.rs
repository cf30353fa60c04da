//! A timeline for programs.

use portolan_core::request::{Draft, State};
use portolan_verify::timeline::answer::Answer;
use portolan_verify::timeline::promises::{Broken, Promise};
use portolan_verify::timeline::{Asked, Change, Who};
use serde::Serialize;
use serde_json::value::RawValue;

use super::words::cause;
use super::{Page, Words};

#[derive(Serialize)]
struct Shown {
    version: u32,
    snapshot: String,
    from: Option<String>,
    until: Option<String>,
    moments: Vec<ShownMoment>,
    broken: Vec<ShownBroken>,
}

#[derive(Serialize)]
struct ShownMoment {
    at: String,
    changes: Vec<ShownChange>,
}

#[derive(Serialize)]
struct ShownChange {
    kind: &'static str,
    message: String,
    models: Vec<Option<String>>,
    unknown_id: bool,
    endpoints: Vec<String>,
    because: Vec<String>,
    only_where: Option<Only>,
    before: ShownAnswer,
    after: ShownAnswer,
    request: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct ShownBroken {
    promise: &'static str,
    at: String,
    message: String,
    model: Option<String>,
    endpoints: Vec<String>,
    only_where: Option<Only>,
    after: ShownAnswer,
    request: Option<Box<RawValue>>,
}

/// Classes of requests: each a list of conditions that hold together.
#[derive(Serialize)]
struct Only {
    any_of: Vec<Vec<String>>,
    all_told: bool,
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
enum ShownAnswer {
    Route,
    Refuse { status: u16, code: String },
}

impl Page<'_> {
    /// For programs.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let words = self.words();
        let moments = self.timeline.moments.iter().map(|moment| ShownMoment {
            at: moment.at.to_string(),
            changes: moment.changes.iter().map(|c| change(&words, c)).collect(),
        });
        let shown = Shown {
            version: 1,
            snapshot: self.engine.snapshot().to_string(),
            from: self.range.from.map(|at| at.to_string()),
            until: self.range.until.map(|at| at.to_string()),
            moments: moments.collect(),
            broken: self.broken.iter().map(|b| broken(&words, b)).collect(),
        };
        Ok(serde_json::to_string(&shown)? + "\n")
    }
}

fn change(words: &Words<'_>, change: &Change) -> ShownChange {
    let models = change.ids.iter().filter_map(|id| match id {
        Asked::Id(id) => Some(Some(id.to_string())),
        Asked::Nothing => Some(None),
        Asked::Unknown => None,
    });
    ShownChange {
        kind: change.kind().name(),
        message: words.says(change),
        models: models.collect(),
        unknown_id: change.ids.contains(&Asked::Unknown),
        endpoints: change.endpoints.clone(),
        because: change.causes.iter().map(cause).collect(),
        only_where: only(&change.who),
        before: answer(&change.before),
        after: answer(&change.after),
        request: request(&change.sample),
    }
}

fn broken(words: &Words<'_>, broken: &Broken) -> ShownBroken {
    let named = |promise: Promise| {
        let mut all = Promise::NAMES.iter();
        let found = all.find(|(_, known)| *known == promise);
        found.map_or("", |(name, _)| name)
    };
    ShownBroken {
        promise: named(broken.promise),
        at: broken.at.to_string(),
        message: words.broken(broken),
        model: match &broken.id {
            Some(Asked::Id(id)) => Some(id.to_string()),
            Some(Asked::Unknown | Asked::Nothing) | None => None,
        },
        endpoints: broken.endpoints.clone(),
        only_where: only(&broken.who),
        after: answer(&broken.answer),
        request: request(&broken.sample),
    }
}

fn only(who: &Who) -> Option<Only> {
    match who {
        Who::All => None,
        Who::Some { classes, whole } => Some(Only {
            any_of: classes.clone(),
            all_told: *whole,
        }),
    }
}

fn answer(answer: &Answer) -> ShownAnswer {
    match answer {
        Answer::Route(_) => ShownAnswer::Route,
        Answer::Refusal { status, code } => ShownAnswer::Refuse {
            status: *status,
            code: code.to_string(),
        },
    }
}

/// A request as a request file holds it; none where no file can.
fn request(draft: &Draft) -> Option<Box<RawValue>> {
    let text = portolan_wire::write_request(draft, &State::default()).ok()?;
    RawValue::from_string(text).ok()
}
