//! Where truths change: constants of the policy, facts of the catalog, and their neighbours.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only some kinds of values and terms have cuts"
)]

use std::collections::BTreeSet;

use portolan_core::catalog::{
    Catalog, Model, ModelId, Offering, PriceRow, Provider, Region, ScoreId,
};
use portolan_core::decimal::Decimal;
use portolan_core::engine::Engine;
use portolan_core::instant::{Dated, Instant, Window};
use portolan_core::place::PlaceId;
use portolan_core::policy::{BodyField, Condition, Policy, RuleKind, Term, Value};

/// Values worth asking about, each kind sorted and without repetition.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    /// Whole numbers: each constant and limit, one less and one more.
    pub integers: Vec<i64>,
    /// Decimals, in the same way.
    pub decimals: Vec<Decimal>,
    /// The instants at which something changes.
    pub instants: Vec<Instant>,
    /// Texts that rules compare with, and those on both sides of a prefix.
    pub texts: Vec<String>,
    /// Model ids on both sides of a prefix, and ids that nobody has.
    pub ids: Vec<String>,
    /// Service tiers that something is priced for.
    pub tiers: Vec<String>,
    /// Parameters that a rule or a model knows.
    pub parameters: Vec<String>,
    /// The body fields that the policy reads.
    pub body: Vec<BodyField>,
}

/// The leaves of a condition.
pub fn atoms(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().flat_map(atoms).collect(),
        Condition::Not(inner) => atoms(inner),
        leaf => vec![leaf],
    }
}

/// The terms of one leaf, parts of terms included.
pub fn terms_of(atom: &Condition) -> Vec<&Term> {
    match atom {
        Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => {
            term.walk()
        }
        Condition::Compare(left, _, right) => {
            let mut both = left.walk();
            both.extend(right.walk());
            both
        }
        _ => Vec::new(),
    }
}

#[derive(Default)]
struct Found {
    integers: BTreeSet<i64>,
    decimals: BTreeSet<Decimal>,
    dates: BTreeSet<Instant>,
    offsets: BTreeSet<i64>,
    texts: BTreeSet<String>,
    ids: BTreeSet<String>,
    body: BTreeSet<BodyField>,
    places: BTreeSet<PlaceId>,
}

impl Cuts {
    /// Of an engine.
    pub fn of(engine: &Engine) -> Self {
        let (catalog, policy) = (engine.catalog(), engine.policy());
        let mut found = Found::default();
        found.integers.extend([0, 1, 1_000]);
        found.offsets.insert(0);
        found.policy(policy);
        found.catalog(catalog);
        found.territories(catalog);
        let mut ids = BTreeSet::from(["nobody/has-this".to_owned(), String::new()]);
        ids.append(&mut found.ids);
        let regions = catalog.regions.iter().map(|r| r.name.to_string());
        found.texts.extend(regions);
        found.texts.extend([String::new(), "odd".to_owned()]);
        let rows = prices(catalog);
        let tiers: BTreeSet<String> = rows
            .iter()
            .filter_map(|row| row.service_tier.as_deref())
            .map(str::to_owned)
            .collect();
        let mut parameters = found.texts.clone();
        parameters.extend(["tools", "temperature", "seed"].map(str::to_owned));
        parameters.extend(catalog.parameters.iter().map(ToString::to_string));
        parameters.retain(|p| p.len() > 1 && !p.contains(' '));
        let near = |n: &i64| [n.saturating_sub(1), *n, n.saturating_add(1)];
        let integers: BTreeSet<i64> = found.integers.iter().flat_map(near).collect();
        let decimals: BTreeSet<i64> = found
            .decimals
            .iter()
            .flat_map(|d| near(&d.billionths()))
            .collect();
        let instants: BTreeSet<Instant> = found
            .dates
            .iter()
            .flat_map(|date| found.offsets.iter().map(|by| date.plus_seconds(-by)))
            .collect();
        Self {
            integers: integers.into_iter().collect(),
            decimals: decimals.into_iter().map(Decimal::from_billionths).collect(),
            instants: instants.into_iter().collect(),
            texts: found.texts.into_iter().collect(),
            ids: ids.into_iter().collect(),
            tiers: tiers.into_iter().collect(),
            parameters: parameters.into_iter().collect(),
            body: found.body.into_iter().collect(),
        }
    }
}

impl Found {
    fn policy(&mut self, policy: &Policy) {
        for rule in &policy.rules {
            self.window(rule.window);
            for atom in atoms(&rule.when) {
                self.atom(atom);
            }
            if let RuleKind::Lock { bound, .. } = &rule.kind {
                bound.walk().into_iter().for_each(|term| self.term(term));
            }
        }
        for key in &policy.prefer {
            key.term.walk().into_iter().for_each(|term| self.term(term));
        }
        for table in &policy.tables {
            let cells = table.rows.iter().take(64).flatten();
            cells.for_each(|cell| self.value(cell));
        }
    }

    fn atom(&mut self, atom: &Condition) {
        for term in terms_of(atom) {
            self.term(term);
        }
        if let Condition::Matches(_, glob) = atom {
            let prefix = glob.0.split('*').next().unwrap_or_default();
            let mut shorter = prefix.to_owned();
            shorter.pop();
            let next: String = shorter
                .chars()
                .chain(
                    prefix
                        .chars()
                        .last()
                        .and_then(|c| char::from_u32(c as u32 + 1)),
                )
                .collect();
            for text in [
                prefix.to_owned(),
                shorter,
                next,
                format!("{prefix}\u{10ffff}x"),
            ] {
                self.texts.insert(text.clone());
                self.ids.insert(text);
            }
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Constant(value) => self.value(value),
            Term::Offset(_, seconds) => {
                self.offsets.insert(*seconds);
                self.offsets.insert(-seconds);
            }
            Term::Body(field) => {
                self.body.insert(*field);
            }
            Term::Route(fact) if fact.is_of_price() => {
                self.body.insert(BodyField::ServiceTier);
                self.body.insert(BodyField::InputTokens);
            }
            _ => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Integer(n) => {
                self.integers.insert(*n);
            }
            Value::Decimal(d) => {
                self.decimals.insert(*d);
            }
            Value::Instant(at) => {
                self.dates.insert(*at);
            }
            Value::Text(text) => {
                self.texts.insert(text.to_string());
            }
            Value::Places(places) => self.places.extend(places),
            Value::Set(members) => members.iter().for_each(|member| self.value(member)),
            _ => {}
        }
    }

    fn window(&mut self, window: Window) {
        self.dates
            .extend([window.from, window.until].into_iter().flatten());
    }

    fn placed(&mut self, fact: &Dated<Vec<PlaceId>>) {
        self.dated(fact);
        for (_, places) in fact.periods() {
            self.places.extend(places);
        }
    }

    fn dated<T>(&mut self, fact: &Dated<T>) {
        for (window, _) in fact.periods() {
            self.window(*window);
        }
    }

    fn limit(&mut self, fact: &Dated<u64>) {
        self.dated(fact);
        for (_, limit) in fact.periods() {
            self.integers.extend(i64::try_from(*limit));
        }
    }

    fn catalog(&mut self, catalog: &Catalog) {
        for model in &catalog.models {
            self.model(catalog, model);
        }
        for offering in &catalog.offerings {
            self.offering(offering);
        }
        for region in &catalog.regions {
            self.region(region);
        }
        for endpoint in &catalog.endpoints {
            self.placed(&endpoint.ingress);
        }
        for provider in &catalog.providers {
            self.provider(provider);
        }
        for alias in &catalog.aliases {
            self.dated(&alias.target);
        }
    }

    fn model(&mut self, catalog: &Catalog, model: &Model) {
        self.dates
            .extend([model.released, model.retires].into_iter().flatten());
        self.limit(&model.context_window);
        self.limit(&model.max_output);
        self.dated(&model.capabilities);
        self.dated(&model.parameters);
        let kinds = (0u32..).map(ScoreId).take(catalog.scores.len());
        let scores = kinds.filter_map(|kind| model.scores.get(kind));
        scores.for_each(|score| self.dated(score));
        self.rows(&model.price);
    }

    fn rows(&mut self, rows: &[PriceRow]) {
        for row in rows {
            self.window(row.window);
            self.integers.extend(i64::try_from(row.above_input_tokens));
        }
    }

    fn offering(&mut self, offering: &Offering) {
        self.window(offering.window);
        self.placed(&offering.processing);
        self.placed(&offering.storage);
        self.dated(&offering.retention);
        self.limit(&offering.context_window);
        self.limit(&offering.max_output);
        self.dated(&offering.capabilities);
        self.dated(&offering.parameters);
        self.dated(&offering.multiplier);
        for pair in &offering.pairs {
            self.placed(&pair.processing);
            self.placed(&pair.storage);
            self.dated(&pair.retention);
        }
        self.rows(&offering.price);
    }

    fn region(&mut self, region: &Region) {
        self.placed(&region.processing);
        self.placed(&region.storage);
        self.dated(&region.multiplier);
    }

    fn provider(&mut self, provider: &Provider) {
        self.placed(&provider.processing);
        self.placed(&provider.storage);
        self.dated(&provider.retention);
    }

    /// When the territories change of the places that were named.
    fn territories(&mut self, catalog: &Catalog) {
        for place in self.places.clone() {
            let mut at = Instant::MIN;
            while let Some(next) = catalog.places.next_change(place, at) {
                self.dates.insert(next);
                at = next;
            }
        }
    }
}

/// Every date at which something changes for some models, their successors and offerings.
pub fn dates_of(engine: &Engine, models: &BTreeSet<ModelId>) -> BTreeSet<Instant> {
    let (catalog, policy) = (engine.catalog(), engine.policy());
    let mut found = Found::default();
    found.policy(policy);
    for endpoint in &catalog.endpoints {
        found.placed(&endpoint.ingress);
    }
    for id in models {
        let mut next = Some(*id);
        while let Some(model) = next.and_then(|id| catalog.model(id)) {
            found.model(catalog, model);
            next = model.successor;
        }
        let own = catalog.model(*id).map_or(&[][..], |m| &m.offerings);
        for offering in own.iter().filter_map(|id| catalog.offering(*id)) {
            found.offering(offering);
            catalog
                .region(offering.region)
                .into_iter()
                .for_each(|region| found.region(region));
            let providers = offering.providers.iter();
            providers
                .filter_map(|id| catalog.provider(*id))
                .for_each(|provider| found.provider(provider));
        }
    }
    for alias in &catalog.aliases {
        let targets = alias.target.periods();
        if targets.iter().any(|(_, to)| models.contains(&to.model)) {
            found.dated(&alias.target);
        }
    }
    found.territories(catalog);
    found.dates
}

fn prices(catalog: &Catalog) -> Vec<&PriceRow> {
    let of_models = catalog.models.iter().flat_map(|m| &m.price);
    let of_offerings = catalog.offerings.iter().flat_map(|o| &o.price);
    of_models.chain(of_offerings).collect()
}
