//! The compiled form of a policy over a catalog: interval decision diagrams, walked.
//!
//! `vocabulary` lists what rules ask. `fold` answers each question for one model and route as far
//! as the catalog can; `shape` takes the numbers out, so that many models share one shape;
//! `build` makes the diagrams of a shape in a `store`; `flat` lays them out; `table` finds a
//! model by its id; `walk` decides, by one look at a `panel` where that has room for the question.
//!
//! INVARIANT: what could not be built within `limits` is not in here, and the interpreter decides
//! it. No answer is ever a guess.

mod build;
mod compile;
mod constants;
mod field;
mod flat;
mod fold;
mod intern;
mod key;
mod locks;
mod panel;
mod price;
mod profile;
mod shape;
mod site;
mod sketch;
mod sketches;
mod store;
pub mod survey;
mod table;
mod verdict;
mod view;
mod vocabulary;
mod walk;

pub use view::{Attempt, Attempts, First, View, Warnings};
pub(crate) use view::{Held, Seen, Told};
pub(crate) use walk::{Glance, Ground};

use std::collections::BTreeMap;

use constants::Classes;
use field::Defaults;
use flat::{At, Flat};
use locks::LaidLocks;
use panel::Panel;
use price::Prices;
use site::Sold;
use store::Inconclusive;
use table::Table;
use verdict::Verdict;

use crate::catalog::{Catalog, EndpointId};
use crate::instant::Window;
use crate::policy::{Policy, RuleId, Scope};
use crate::request::AttributeValue;

/// A policy over a catalog, ready to be walked.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    flat: Flat,
    table: Table,
    shapes: Vec<Shape>,
    /// What aliases stand for, by date: records.
    aliases: Vec<Vec<(Window, u32)>>,
    panel: Panel,
    sold: Sold,
    prices: Prices,
    verdicts: Vec<Verdict>,
    orders: Vec<Vec<u16>>,
    rules: Rules,
    defaults: Defaults,
    attributes: BTreeMap<u16, Known>,
    /// Ids of which nothing was compiled, because the policy as a whole could not be.
    left_out: usize,
    /// The records of a request without a model, and of an id that stands for nothing.
    absent: u32,
    unknown: u32,
    /// One look at the panel needs nothing but an id and basic fields.
    pub(crate) plain: bool,
}

/// The classes of an attribute's rows, and the texts that it is compared with.
type Known = (Classes, Vec<Box<[u8]>>);

/// Rules, each with where a walk to its answer begins.
type Roots = Box<[(RuleId, At)]>;

/// The diagrams of one shape, by the endpoint called; none where they could not be built.
#[derive(Debug)]
struct Shape {
    ends: Box<[End]>,
    /// How many numbers its models have.
    slots: u32,
}

/// Where walks begin.
#[derive(Debug)]
struct End {
    /// Of the primary, and of a fallback.
    verdicts: [At; 2],
    order: At,
    /// Candidates, by their positions among the model's routes.
    routes: Box<[u16]>,
    /// By route: rules that shape its attempt, and rules that skip it.
    effects: Box<[Box<[Effect]>]>,
    skips: Box<[Roots]>,
    retries: Box<[(RuleId, At)]>,
    locks: Box<[LaidLocks]>,
}

/// A rule that shapes an attempt, and where a walk to its answer begins.
#[derive(Debug, Clone, Copy)]
struct Effect {
    rule: RuleId,
    root: At,
    does: Does,
}

/// What such a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Sets a field, by the field's position among those that any rule sets.
    Set {
        field: u16,
        noting: bool,
    },
    Warn,
    Limit,
}

/// Rules that decisions name by what they are.
#[derive(Debug, Default)]
struct Rules {
    /// For an id that stands for nothing, and whether it judges the whole chain.
    unknown: Option<(RuleId, bool)>,
    beyond_depth: Option<RuleId>,
    /// By rule: what a warning of it is told by.
    warnings: Vec<Option<Warns>>,
    /// Some rule sets the service tier.
    sets_tier: bool,
    /// By rule: what it does to an attempt.
    effects: Vec<Option<Does>>,
    /// By skip rule: what it reads of now.
    scopes: BTreeMap<RuleId, Vec<Scope>>,
}

#[derive(Debug, Clone)]
struct Warns {
    /// Equal for rules that warn with the same code.
    code: u32,
    /// No other rule warns with it.
    only: bool,
    /// It reads facts of its attempt.
    of_attempt: bool,
    /// It reads facts of its attempt's route.
    of_route: bool,
}

impl Warns {
    /// Says whether nothing else can have told it before.
    fn alone(&self) -> bool {
        self.of_attempt && self.only
    }
}

/// How much of a catalog and policy was compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// What ids stand for, none and nothing included, whose decisions walk a diagram.
    pub compiled: usize,
    /// Those that the interpreter decides, because their diagrams went past a limit.
    pub interpreted: usize,
    /// Different shapes.
    pub shapes: usize,
    /// Tests of all diagrams together.
    pub tests: usize,
    /// What ids stand for, as above, whose decisions need no walk where a request has no fallbacks
    /// and nothing is known about now.
    pub panelled: usize,
}

impl Compiled {
    /// Compiles as much as the limits allow.
    pub(crate) fn new(catalog: &Catalog, policy: &Policy) -> Self {
        compile::compile(catalog, policy)
            .unwrap_or_else(|Inconclusive| Self::nothing(catalog, policy))
    }

    /// Compiles nothing: without a record the interpreter decides everything.
    pub(crate) fn nothing(catalog: &Catalog, _: &Policy) -> Self {
        Self {
            left_out: catalog.models.len() + catalog.aliases.len(),
            ..Self::default()
        }
    }

    /// How much was compiled.
    pub(crate) fn extent(&self) -> Extent {
        let (mut compiled, mut interpreted) = (0, self.left_out);
        for shape in self.table.shapes() {
            if self.shapes.get(shape as usize).is_some() {
                compiled += 1;
            } else {
                interpreted += 1;
            }
        }
        Extent {
            compiled,
            interpreted,
            shapes: self.shapes.len(),
            tests: self.flat.len(),
            panelled: self.table.panelled(),
        }
    }

    /// Where the rows of an endpoint are among those of each kind of model.
    pub(crate) fn row(&self, endpoint: EndpointId) -> u32 {
        self.panel.row(endpoint.0)
    }

    /// Attributes as codes.
    pub(crate) fn attribute_codes(&self, attributes: &[Option<AttributeValue>]) -> Vec<i64> {
        let code = |(index, value): (u16, &Option<AttributeValue>)| {
            let known = self.attributes.get(&index);
            value.as_ref().map_or(field::ABSENT, |value| {
                let (classes, texts) = known.map(|(c, t)| (c, t)).unzip();
                constants::attribute_code(value, classes, texts)
            })
        };
        (0u16..).zip(attributes).map(code).collect()
    }
}
