//! `timeline`: every instant at which an answer changes, for whom, and why.
//!
//! Slice by slice, the regions that tell one answer from another (`stretch.rs`) are compared
//! before and at every instant that the catalog and the rules distinguish (`compare.rs`). Nothing
//! is reported without a request whose answer the interpreter changes at that instant. What may
//! not change in a range is `promises.rs`'s.
//!
//! Answers are those to requests without fallbacks, with nothing known about now.

mod aliases;
pub mod answer;
mod causes;
mod compare;
mod dates;
mod gather;
mod prices;
pub mod promises;
mod samples;
mod stretch;

pub use causes::Cause;

use portolan_core::catalog::{Price, Route};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::policy::{SetField, Value};
use portolan_core::request::Draft;

use answer::{Answer, Retry};

/// Instants at which answers change.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// In order.
    pub moments: Vec<Moment>,
    /// Every slice was within its budget: nothing is missing.
    pub complete: bool,
}

/// One instant.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The first second of what is new.
    pub at: Instant,
    /// What is.
    pub changes: Vec<Change>,
}

/// One way in which answers change.
#[derive(Debug, Clone)]
pub struct Change {
    /// How.
    pub what: What,
    /// For requests with these ids.
    pub ids: Vec<Asked>,
    /// Through these endpoints, by name.
    pub endpoints: Vec<String>,
    /// Which of them.
    pub who: Who,
    /// Because of these.
    pub causes: Vec<Cause>,
    /// One of them, at this instant: its answer was another the second before.
    pub sample: Draft,
    /// The sample's answer the second before.
    pub before: Answer,
    /// The sample's answer at this instant.
    pub after: Answer,
}

/// What a request names as its model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A model's id, or an alias.
    Id(Box<str>),
    /// An id that stands for nothing.
    Unknown,
    /// None.
    Nothing,
}

/// Which requests of an id through an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// All that got the first answer before.
    All,
    /// Some of them: classes in words, each a list of conditions that hold together.
    Some {
        /// Wide classes, which may overlap.
        classes: Vec<Vec<String>>,
        /// These are all.
        whole: bool,
    },
}

/// How answers change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// What was routed is refused.
    Stops {
        /// The status and code.
        code: (u16, Box<str>),
    },
    /// What was refused is routed.
    Starts {
        /// The status and code that it was refused with.
        code: (u16, Box<str>),
    },
    /// What was refused is refused with another code.
    RefusedOtherwise {
        /// The status and code before.
        before: (u16, Box<str>),
        /// Those now.
        after: (u16, Box<str>),
    },
    /// A route is no more among the attempts; others are left.
    Loses(Route),
    /// A route is among the attempts, beside others.
    Gains(Route),
    /// The order of attempts is another.
    Reordered,
    /// An attempt costs something else.
    Priced {
        /// Which.
        route: Route,
        /// In this service tier; none is the standard one.
        tier: Option<Box<str>>,
        /// For at least so many input tokens.
        least: u64,
        /// What it cost.
        before: Box<Price>,
        /// What it costs.
        after: Box<Price>,
    },
    /// An attempt is processed, or its data stored, elsewhere.
    Placed(Route),
    /// A warning is given, or no more.
    Warns {
        /// Its code.
        code: Box<str>,
        /// Whether it is given now.
        now: bool,
    },
    /// A body field is set, or no more.
    Sets {
        /// The field.
        field: SetField,
        /// The value.
        value: Value,
        /// Whether it is set now.
        now: bool,
    },
    /// A rate limit holds, or no more.
    Limits {
        /// So many requests.
        requests: i64,
        /// In so many seconds.
        window_s: i64,
        /// Whether it holds now.
        now: bool,
    },
    /// A retry is planned, or no more.
    Retries {
        /// Which.
        retry: Retry,
        /// Whether it is planned now.
        now: bool,
    },
    /// The id stands for something else.
    Means,
}

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something that routed does not, or has fewer routes.
    Tightens,
    /// Something that did not route does, or has more routes.
    Loosens,
    /// It goes elsewhere, or in another order.
    Reroutes,
    /// It costs something else.
    Reprices,
    /// Something beside the route is another: a code, a warning, a limit.
    Notes,
}

impl Kind {
    /// Every kind with its name.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("tightens", Self::Tightens),
        ("loosens", Self::Loosens),
        ("reroutes", Self::Reroutes),
        ("re-prices", Self::Reprices),
        ("notes", Self::Notes),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, kind)| *kind == self);
        named.map_or("", |(name, _)| name)
    }
}

impl Change {
    /// What kind of change it is.
    pub fn kind(&self) -> Kind {
        match self.what {
            What::Stops { .. } | What::Loses(_) => Kind::Tightens,
            What::Starts { .. } | What::Gains(_) => Kind::Loosens,
            What::Reordered | What::Placed(_) => Kind::Reroutes,
            What::Means => match (self.before.routes(), self.after.routes()) {
                (true, false) => Kind::Tightens,
                (false, true) => Kind::Loosens,
                (true, true) => Kind::Reroutes,
                (false, false) => Kind::Notes,
            },
            What::Priced { .. } => Kind::Reprices,
            What::RefusedOtherwise { .. }
            | What::Warns { .. }
            | What::Sets { .. }
            | What::Limits { .. }
            | What::Retries { .. } => Kind::Notes,
        }
    }
}

/// What is asked of a timeline.
#[derive(Debug, Clone, Default)]
pub struct Range {
    /// Instants between these, the first included.
    pub window: Window,
    /// Of these ids alone; of all where there are none.
    pub ids: Vec<String>,
}

impl Range {
    fn has(&self, id: &str) -> bool {
        self.ids.is_empty() || self.ids.iter().any(|own| own == id)
    }
}

/// Every instant of a range at which an answer changes.
pub fn timeline(engine: &Engine, range: &Range) -> Timeline {
    let tariff = prices::Tariff::new(engine.catalog());
    let surveyed = engine.survey(&tariff.topics(), |survey| {
        let mut gathered = gather::Gathered::default();
        // A slice past its budget ends in an error after all of them.
        let walked =
            survey.each(&mut |chart| compare::slice(engine, range, &tariff, chart, &mut gathered));
        let switched = aliases::switches(engine, range, &tariff, survey, &mut gathered);
        (gathered, walked.and(switched).is_ok())
    });
    match surveyed {
        Ok((gathered, complete)) => Timeline {
            moments: gathered.moments(),
            complete,
        },
        Err(_) => Timeline {
            moments: Vec::new(),
            complete: false,
        },
    }
}
