//! The instants at which the rows of one model may change.
//!
//! All of them, and more: an instant too many is asked about for nothing, one too few would be a
//! wrong table. They come from the dates of the catalog's facts, moved as far as a rule moves
//! them (`retires - 60d`), from rules' own windows, and from dates that rules compare with. What
//! is read of a catalog is taken apart field by field, so that a new field does not compile
//! until somebody has said here whether it has a date.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{
    Alias, Catalog, Endpoint, Model, ModelId, Offering, Own, Pair, PriceRow, Provider, Region,
    ScoreId,
};
use portolan_core::engine::Engine;
use portolan_core::instant::{Dated, Instant, Window};
use portolan_core::limits;
use portolan_core::place::PlaceId;
use portolan_core::policy::{Condition, Policy, RuleKind, Term, Type, Value};
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
        for date in &dates.0 {
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

/// Dates of facts, before anything moves them.
#[derive(Debug, Default)]
struct Dates(BTreeSet<Instant>);

impl Dates {
    fn window(&mut self, window: Window) {
        let Window { from, until } = window;
        self.0.extend([from, until].into_iter().flatten());
    }

    fn fact<T>(&mut self, fact: &Dated<T>) {
        for (window, _) in fact.periods() {
            self.window(*window);
        }
    }

    fn prices(&mut self, rows: &[PriceRow]) {
        for row in rows {
            self.window(row.window);
        }
    }

    fn policy(&mut self, clock: &Clock<'_>, policy: &Policy, options: &Options) {
        for rule in policy.rules.iter().filter(|rule| counts(&rule.kind)) {
            self.window(rule.window);
            for leaf in leaves(&rule.when) {
                let (first, second) = match leaf {
                    Condition::IsSet(term)
                    | Condition::Holds(term)
                    | Condition::Matches(term, _) => (term, None),
                    Condition::Compare(left, _, right) => (left, Some(right)),
                    Condition::Constant(_)
                    | Condition::And(_)
                    | Condition::Or(_)
                    | Condition::Not(_) => continue,
                };
                for term in std::iter::once(first).chain(second) {
                    self.term(clock, term);
                }
            }
            if let RuleKind::Lock { bound, .. } = &rule.kind {
                self.term(clock, bound);
            }
        }
        for key in &policy.prefer {
            self.term(clock, &key.term);
        }
        for attribute in &policy.attributes {
            let Type::Key(table) = &attribute.of else {
                continue;
            };
            let table = policy.tables.get(*table as usize);
            let given = options.attributes.get(&*attribute.name);
            let row = match (given, &attribute.default) {
                (Some(key), _) => table.and_then(|table| table.index.get(&**key)),
                (None, Some(Value::Row(_, row))) => Some(row),
                (None, _) => None,
            };
            let cells = row.and_then(|row| table?.rows.get(*row as usize));
            for cell in cells.into_iter().flatten() {
                self.value(clock, cell);
            }
        }
    }

    /// Constants, and what hangs on them.
    fn term(&mut self, clock: &Clock<'_>, term: &Term) {
        for term in term.walk() {
            if let Term::Constant(value) = term {
                self.value(clock, value);
            }
        }
    }

    /// A date; the dates of a model, whose facts a rule may read by its name.
    fn value(&mut self, clock: &Clock<'_>, value: &Value) {
        if let Value::Instant(at) = value {
            self.0.insert(*at);
        } else if let Value::Model(id) = value {
            if let Some(model) = clock.catalog.model(*id) {
                self.model(clock, *id, model);
            }
        } else if let Value::Set(members) = value {
            let dates = members.iter().filter(|m| matches!(m, Value::Instant(_)));
            for member in dates {
                self.value(clock, member);
            }
        }
    }

    /// When the territories of some place change.
    fn territories(&mut self, catalog: &Catalog, span: Span) {
        let places = u32::try_from(catalog.places.names().len()).unwrap_or(u32::MAX);
        for place in (0..places).map(PlaceId) {
            let mut at = Instant::MIN;
            for _ in 0..=limits::PLACE_PERIODS {
                let Some(next) = catalog.places.next_change(place, at) else {
                    break;
                };
                if span.goes_on_to(next) {
                    self.0.insert(next);
                }
                at = next;
            }
        }
    }

    /// A model, its successors, whatever it is sold as, and its other names.
    fn model(&mut self, clock: &Clock<'_>, id: ModelId, model: &Model) {
        self.facts_of(clock, model);
        let mut next = model.successor;
        for _ in 0..limits::SUCCESSOR_HOPS {
            let Some(model) = next.and_then(|id| clock.catalog.model(id)) else {
                break;
            };
            self.facts_of(clock, model);
            next = model.successor;
        }
        for offering in &model.offerings {
            if let Some(offering) = clock.catalog.offering(*offering) {
                self.offering(clock, offering);
            }
        }
        for alias in clock.aliases.get(&id).into_iter().flatten() {
            let Alias {
                id: _,
                target,
                span: _,
            } = alias;
            self.fact(target);
        }
    }

    fn facts_of(&mut self, clock: &Clock<'_>, model: &Model) {
        let Model {
            id: _,
            title: _,
            maker: _,
            released,
            retires,
            successor: _,
            context_window,
            max_output,
            capabilities,
            parameters,
            scores,
            price,
            offerings: _,
            span: _,
        } = model;
        self.0.extend([*released, *retires].into_iter().flatten());
        self.fact(context_window);
        self.fact(max_output);
        self.fact(capabilities);
        self.fact(parameters);
        for kind in &clock.kinds {
            scores.get(*kind).into_iter().for_each(|s| self.fact(s));
        }
        self.prices(price);
    }

    fn offering(&mut self, clock: &Clock<'_>, offering: &Offering) {
        let Offering {
            model: _,
            region,
            providers,
            window,
            own,
            span: _,
        } = offering;
        self.window(*window);
        self.own(own);
        if let Some(region) = clock.catalog.region(*region) {
            self.region(region);
        }
        for provider in providers {
            if let Some(provider) = clock.catalog.provider(*provider) {
                self.provider(provider);
            }
        }
    }

    fn own(&mut self, own: &Own) {
        let Own {
            endpoints: _,
            upstream_id: _,
            url: _,
            processing,
            storage,
            retention,
            context_window,
            max_output,
            capabilities,
            parameters,
            price,
            multiplier,
            pairs,
        } = own;
        self.fact(processing);
        self.fact(storage);
        self.fact(retention);
        self.fact(context_window);
        self.fact(max_output);
        self.fact(capabilities);
        self.fact(parameters);
        self.fact(multiplier);
        self.prices(price);
        for pair in pairs {
            let Pair {
                endpoint: _,
                processing,
                storage,
                retention,
                upstream_id: _,
                url: _,
                span: _,
            } = pair;
            self.fact(processing);
            self.fact(storage);
            self.fact(retention);
        }
    }

    fn region(&mut self, region: &Region) {
        let Region {
            name: _,
            processing,
            storage,
            multiplier,
            usage: _,
            url: _,
            span: _,
        } = region;
        self.fact(processing);
        self.fact(storage);
        self.fact(multiplier);
    }

    fn provider(&mut self, provider: &Provider) {
        let Provider {
            name: _,
            title: _,
            retention,
            processing,
            storage,
            url: _,
            span: _,
        } = provider;
        self.fact(retention);
        self.fact(processing);
        self.fact(storage);
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        let Endpoint {
            name: _,
            host: _,
            url: _,
            ingress,
            region: _,
            default: _,
            executes: _,
            span: _,
        } = endpoint;
        self.fact(ingress);
    }
}
