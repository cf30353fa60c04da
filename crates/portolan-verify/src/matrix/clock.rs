//! The instants at which the rows of one model may change.
//!
//! All of them, and more: an instant too many is asked about for nothing, one too few would be a
//! wrong table. They come from the dates of the catalog's facts, moved as far as a rule moves
//! them (`retires - 60d`), from rules' own windows, and from dates that rules compare with. In
//! `dates` the catalog is taken apart field by field, so that a new field does not compile until
//! somebody has said there whether it has a date.

mod dates;

use std::collections::{BTreeMap, BTreeSet};

use dates::Dates;
use portolan_core::catalog::{Alias, Catalog, Model, ModelId, ScoreId};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{Condition, Policy, RuleKind, Term};
use portolan_core::syntax::ast::Comparison;

use super::{Options, Span};

/// What the instants of every model are made of.
pub(super) struct Clock<'e> {
    catalog: &'e Catalog,
    span: Span,
    shifts: Shifts,
    /// Those that may matter to every model.
    everywhere: BTreeSet<Instant>,
    aliases: BTreeMap<ModelId, Vec<&'e Alias>>,
    kinds: Vec<ScoreId>,
}

/// How far rules move a date before they compare it.
#[derive(Debug)]
struct Shifts {
    by: BTreeSet<i64>,
    /// Some rule may tell an instant from the next: the second after a date counts, too.
    strict: bool,
}

impl<'e> Clock<'e> {
    pub(super) fn new(engine: &'e Engine, options: &Options) -> Self {
        let (catalog, policy) = (engine.catalog(), engine.policy());
        let mut aliases: BTreeMap<ModelId, Vec<&Alias>> = BTreeMap::new();
        for alias in &catalog.aliases {
            for (_, target) in alias.target.periods() {
                aliases.entry(target.model).or_default().push(alias);
            }
        }
        let shifts = Shifts::of(policy);
        let mut clock = Self {
            catalog,
            span: options.span,
            everywhere: BTreeSet::new(),
            aliases,
            kinds: (0u32..).map(ScoreId).take(catalog.scores.len()).collect(),
            shifts,
        };
        if let Span::At(_) = options.span {
            return clock;
        }
        let mut dates = Dates::default();
        dates.policy(&clock, policy, options);
        for endpoint in &catalog.endpoints {
            dates.endpoint(endpoint);
        }
        dates.territories(catalog, options.span);
        clock.everywhere = clock.within(&dates);
        clock
    }

    /// The instants of one model, the start of the span first.
    pub(super) fn of(&self, id: ModelId, model: &Model) -> BTreeSet<Instant> {
        if matches!(self.span, Span::At(_)) {
            return BTreeSet::from([self.span.from()]);
        }
        let mut dates = Dates::default();
        dates.model(self, id, model);
        let mut instants = self.within(&dates);
        instants.extend(&self.everywhere);
        instants.insert(self.span.from());
        instants
    }

    /// Dates as the instants at which a rule sees them come, within the span.
    fn within(&self, dates: &Dates) -> BTreeSet<Instant> {
        let mut out = BTreeSet::new();
        for date in dates.iter() {
            for by in &self.shifts.by {
                let moved = date.plus_seconds(*by);
                out.insert(moved);
                if self.shifts.strict {
                    out.insert(moved.next());
                }
            }
        }
        out.retain(|at| self.span.goes_on_to(*at));
        out
    }
}

impl Shifts {
    fn of(policy: &Policy) -> Self {
        let mut shifts = Self {
            by: BTreeSet::from([0]),
            strict: false,
        };
        for rule in policy.rules.iter().filter(|rule| counts(&rule.kind)) {
            for leaf in leaves(&rule.when) {
                shifts.leaf(leaf);
            }
        }
        shifts
    }

    fn leaf(&mut self, leaf: &Condition) {
        let Condition::Compare(left, comparison, right) = leaf else {
            return;
        };
        let (before, after) = (offset(left), offset(right));
        for by in [before, after, after.saturating_sub(before)] {
            self.by.extend([by, by.saturating_neg()]);
        }
        let turns = match comparison {
            Comparison::Less | Comparison::AtLeast => is_now(left),
            Comparison::Greater | Comparison::AtMost => is_now(right),
            Comparison::Equal
            | Comparison::NotEqual
            | Comparison::In
            | Comparison::Within
            | Comparison::Overlaps
            | Comparison::SubsetOf => false,
        };
        let asks = [left, right].iter().any(|term| is_now(term));
        self.strict |= asks && !turns;
    }
}

/// Says whether a rule of this kind has a say in where a request goes, or at what price.
fn counts(kind: &RuleKind) -> bool {
    match kind {
        RuleKind::UnknownModel { .. }
        | RuleKind::NotOffered(_)
        | RuleKind::OtherEndpoint(_)
        | RuleKind::BeyondDepth(_)
        | RuleKind::Refuse { .. }
        | RuleKind::Exclude(_)
        | RuleKind::Lock { .. }
        | RuleKind::Skip(_)
        | RuleKind::Set { .. } => true,
        RuleKind::Warn { .. } | RuleKind::Limit { .. } | RuleKind::Retry { .. } => false,
    }
}

fn leaves(condition: &Condition) -> Vec<&Condition> {
    let mut found = Vec::new();
    let mut left = vec![condition];
    while let Some(condition) = left.pop() {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => left.extend(parts),
            Condition::Not(inner) => left.push(inner),
            Condition::Constant(_)
            | Condition::IsSet(_)
            | Condition::Holds(_)
            | Condition::Compare(..)
            | Condition::Matches(..) => found.push(condition),
        }
    }
    found
}

/// By how many seconds a term is moved in all.
fn offset(term: &Term) -> i64 {
    let all = term.walk().into_iter();
    let moves = all.map(|term| {
        if let Term::Offset(_, seconds) = term {
            *seconds
        } else {
            0
        }
    });
    moves.fold(0, i64::saturating_add)
}

fn is_now(term: &Term) -> bool {
    term.walk().contains(&&Term::At)
}
