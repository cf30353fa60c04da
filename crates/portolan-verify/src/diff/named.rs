//! Differences by name: the same change for two models is one change here.

use portolan_core::catalog::{Catalog, Route};
use portolan_core::diagram::survey::pair::{Aspect, Difference, Pairing, Said};
use portolan_core::engine::Engine;
use portolan_core::policy::RuleId;

/// In which direction a change goes, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// What was refused routes, or more routes are legal.
    Loosens,
    /// What routed is refused, or fewer routes are legal.
    Tightens,
    /// It routes elsewhere, or in another order.
    Reroutes,
    /// It costs something else.
    Reprices,
    /// It is refused with another status or code.
    Recodes,
    /// Warnings, limits, retries or what is set are others.
    Reshapes,
    /// Only words differ.
    Rewords,
}

impl Direction {
    /// Every direction.
    pub const ALL: [Self; 7] = [
        Self::Loosens,
        Self::Tightens,
        Self::Reroutes,
        Self::Reprices,
        Self::Recodes,
        Self::Reshapes,
        Self::Rewords,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loosens => "loosens",
            Self::Tightens => "tightens",
            Self::Reroutes => "reroutes",
            Self::Reprices => "reprices",
            Self::Recodes => "recodes",
            Self::Reshapes => "reshapes",
            Self::Rewords => "rewords",
        }
    }
}

/// One difference: what it is of, what was said and what is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// In which direction it goes.
    pub direction: Direction,
    /// Of what: `outcome`, `price`, `stream`, …
    pub of: String,
    /// The route that it is about, where it is about one.
    pub route: Option<String>,
    /// What was said.
    pub old: String,
    /// What is said.
    pub new: String,
    /// The rules that say so, by name.
    pub rules: [Option<String>; 2],
}

impl Named {
    /// In words.
    pub fn text(&self) -> String {
        let route = self.route.as_ref();
        let route = route.map_or(String::new(), |route| format!(" of {route}"));
        if self.direction == Direction::Rewords {
            return format!("{}{route} in other words", self.of);
        }
        if self.of == "outcome" {
            return format!("{} → {}", self.old, self.new);
        }
        format!("{}{route} {} → {}", self.of, self.old, self.new)
    }

    /// Names one.
    pub(super) fn of(engines: [&Engine; 2], pairing: &Pairing, difference: &Difference) -> Self {
        let [old, new] = &difference.said;
        let [before, after] = engines;
        let (of, route) = aspect(&difference.aspect);
        let name = |engine: &Engine, id: Option<RuleId>| {
            let rule = engine.policy().rule(id?);
            rule.map(|rule| rule.name.to_string())
        };
        Self {
            direction: direction(difference),
            of,
            route: route.map(|route| route_name(engines, pairing, route)),
            old: said(engines, pairing, old),
            new: said(engines, pairing, new),
            rules: [name(before, rule(old)), name(after, rule(new))],
        }
    }
}

/// The directions of a change, the gravest first.
pub(super) fn directions(what: &[Named]) -> Vec<Direction> {
    let mut all: Vec<Direction> = what.iter().map(|named| named.direction).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn rule(said: &Said) -> Option<RuleId> {
    match said {
        Said::Nothing | Said::Routes { .. } => None,
        Said::Refused { rule, .. } => Some(*rule),
        Said::Text { rule, .. } => *rule,
    }
}

fn aspect(aspect: &Aspect) -> (String, Option<u16>) {
    match aspect {
        Aspect::Outcome => ("outcome".to_owned(), None),
        Aspect::Price(route) => ("price".to_owned(), Some(*route)),
        Aspect::Fact(route, fact) => ((*fact).to_owned(), Some(*route)),
        Aspect::Set(route, field) => (format!("set {field}"), Some(*route)),
        Aspect::Warn(route, code) => (format!("warning {code}"), Some(*route)),
        Aspect::Limit(route) => ("limit".to_owned(), Some(*route)),
        Aspect::Skip(route) => ("skip".to_owned(), Some(*route)),
        Aspect::Retry => ("retry".to_owned(), None),
        Aspect::RetryBesideFallbacks => ("retry beside fallbacks".to_owned(), None),
        Aspect::Advance => ("advance".to_owned(), None),
    }
}

fn direction(difference: &Difference) -> Direction {
    if difference.reworded {
        return Direction::Rewords;
    }
    match (&difference.aspect, &difference.said) {
        (Aspect::Outcome, [Said::Refused { .. }, Said::Routes { .. }])
        | (Aspect::Skip(_), [_, Said::Nothing]) => Direction::Loosens,
        (Aspect::Outcome, [Said::Routes { .. }, Said::Refused { .. }])
        | (Aspect::Skip(_), [Said::Nothing, _]) => Direction::Tightens,
        (
            Aspect::Outcome,
            [
                Said::Routes { routes: old, .. },
                Said::Routes { routes: new, .. },
            ],
        ) => {
            let all = |some: &[u16], of: &[u16]| some.iter().all(|route| of.contains(route));
            match (all(new, old), all(old, new)) {
                (true, false) => Direction::Tightens,
                (false, true) => Direction::Loosens,
                (true, true) | (false, false) => Direction::Reroutes,
            }
        }
        (Aspect::Outcome | Aspect::Skip(_), _) => Direction::Recodes,
        (Aspect::Price(_), _) => Direction::Reprices,
        (Aspect::Fact(..), _) => Direction::Reroutes,
        (
            Aspect::Set(..)
            | Aspect::Warn(..)
            | Aspect::Limit(_)
            | Aspect::Retry
            | Aspect::RetryBesideFallbacks
            | Aspect::Advance,
            _,
        ) => Direction::Reshapes,
    }
}

fn said(engines: [&Engine; 2], pairing: &Pairing, said: &Said) -> String {
    match said {
        Said::Nothing => "nothing".to_owned(),
        Said::Refused {
            status,
            code,
            whole,
            ..
        } => {
            let whole = if *whole { " of the whole request" } else { "" };
            format!("refused {status} {code}{whole}")
        }
        Said::Routes { routes, most } => {
            let names = routes.iter();
            let names = names.map(|route| route_name(engines, pairing, *route));
            let names: Vec<String> = names.collect();
            let most = most.map_or(String::new(), |most| format!(", at most {most} of them"));
            format!("routes to {}{most}", names.join(", then "))
        }
        Said::Text { text, .. } => text.to_string(),
    }
}

/// A route by its provider, region and endpoint, and by its model where the id does not say it.
fn route_name(engines: [&Engine; 2], pairing: &Pairing, route: u16) -> String {
    let [old, new] = engines;
    let Some(sides) = pairing.routes.get(usize::from(route)) else {
        return String::new();
    };
    let [before, after] = *sides;
    let (engine, route) = match (before, after) {
        (_, Some(route)) => (new, route),
        (Some(route), None) => (old, route),
        (None, None) => return String::new(),
    };
    let catalog = engine.catalog();
    let mut name = place(catalog, route);
    let model = catalog.offering(route.offering);
    let model = model.and_then(|offering| catalog.model(offering.model));
    if let Some(model) = model.filter(|model| Some(&model.id) != pairing.id.as_ref()) {
        name = format!("{} by {name}", model.id);
    }
    let any = engines
        .iter()
        .any(|engine| engine.policy().through_any_endpoint);
    if let Some(endpoint) = catalog.endpoint(route.endpoint).filter(|_| any) {
        name = format!("{name} through {}", endpoint.name);
    }
    name
}

fn place(catalog: &Catalog, route: Route) -> String {
    let Some(offering) = catalog.offering(route.offering) else {
        return String::new();
    };
    let providers = offering.providers.iter();
    let providers = providers.filter_map(|id| catalog.provider(*id).map(|p| &*p.name));
    let providers: Vec<&str> = providers.collect();
    let region = catalog.region(offering.region).map_or("", |r| &r.name);
    format!("{} in {region}", providers.join("+"))
}
