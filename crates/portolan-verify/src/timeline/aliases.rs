//! The instants at which an id comes to stand for something else: what it stood for and what it
//! stands for, in one space, so that it is known of every request what becomes of it.

use portolan_core::catalog::{EndpointId, Route};
use portolan_core::diagram::survey::{Chart, Inconclusive, Member, Region, Survey};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;

use super::compare::{Turn, routes};
use super::gather::Gathered;
use super::prices::Tariff;
use super::stretch::Stretch;
use super::{Range, What, Who, dates};

/// What an id stood for until the last second.
struct Stood {
    stretch: Stretch,
    routes: Vec<Route>,
}

/// The ids of a range that do not stand for one model for all of time.
pub(super) fn ids<'e>(engine: &'e Engine, range: &Range) -> Vec<&'e str> {
    let catalog = engine.catalog();
    // A model's own id goes before an alias.
    let own = catalog.aliases.iter();
    let own = own.filter(|alias| catalog.model_named(&alias.id).is_none());
    let own = own.filter(|alias| dates::periods(&alias.target).next().is_some());
    let wanted = own.filter(|alias| range.has(&alias.id));
    wanted.map(|alias| &*alias.id).collect()
}

/// Every endpoint.
pub(super) fn endpoints(engine: &Engine) -> impl Iterator<Item = EndpointId> {
    (0u32..)
        .map(EndpointId)
        .take(engine.catalog().endpoints.len())
}

/// Looks at every instant of a range at which an id comes to stand for something else.
pub(super) fn switches(
    engine: &Engine,
    range: &Range,
    tariff: &Tariff,
    survey: &mut Survey<'_>,
    gathered: &mut Gathered,
) -> Result<(), Inconclusive> {
    let mut outcome = Ok(());
    for id in ids(engine, range) {
        for endpoint in endpoints(engine) {
            let mut stood: Option<Stood> = None;
            let looked = survey.through(id, endpoint, &mut |chart, member| {
                let whole = Stretch::of(engine, chart, tariff)?;
                let window = member.window;
                if let (Some(before), Some(at)) = (stood.take(), window.from)
                    && range.window.contains(at)
                    && at > Instant::MIN
                {
                    let now = whole.at(chart, member, at)?;
                    let turn = Turn {
                        engine,
                        chart,
                        member,
                        at,
                        then: &before.stretch,
                        now: &now,
                        gathered,
                        means: true,
                    };
                    turn.switched(&before.routes)?;
                }
                if let Some(until) = window.until {
                    stood = Some(Stood {
                        stretch: whole.at(chart, member, until.plus_seconds(-1))?,
                        routes: routes(chart, member),
                    });
                }
                Ok(())
            });
            outcome = outcome.and(looked);
        }
    }
    outcome
}

impl Turn<'_, '_> {
    /// What the id stood for, and what it stands for now.
    fn switched(mut self, before: &[Route]) -> Result<(), Inconclusive> {
        self.outcomes()?;
        let both = self.chart.and(self.then.routes, self.now.routes)?;
        let after = routes(self.chart, self.member);
        let attempt = |routes: &[Route], attempts: &[Region], route| {
            let mut own = routes.iter().zip(attempts);
            let found = own.find(|(own, _)| **own == route);
            found.map_or(Region::NONE, |(_, region)| *region)
        };
        let mut other = Region::NONE;
        for route in before.iter().chain(&after) {
            let then = attempt(before, &self.then.attempts, *route);
            let now = attempt(&after, &self.now.attempts, *route);
            let differ = self.differ(then, now)?;
            other = self.chart.or(other, differ)?;
        }
        let other = self.chart.and(both, other)?;
        self.found(What::Means, other, both)?;
        // Of what goes to the same routes some may cost something else from now on.
        let same = self.chart.without(both, other)?;
        if !same.is_empty() {
            let who = Who::Some {
                classes: Vec::new(),
                whole: false,
            };
            self.reported(What::Means, same, who);
        }
        Ok(())
    }
}

/// One id through one endpoint, from an instant on.
pub(super) fn from(
    survey: &mut Survey<'_>,
    id: &str,
    endpoint: EndpointId,
    start: Instant,
    visit: &mut dyn FnMut(&mut Chart<'_>, &Member<'_>, Instant) -> Result<(), Inconclusive>,
) -> Result<(), Inconclusive> {
    survey.through(id, endpoint, &mut |chart, member| {
        let window = member.window;
        let first = window.from.map_or(start, |from| from.max(start));
        let mut instants = chart.instants(member);
        instants.push(first);
        instants.retain(|at| *at >= first && window.contains(*at));
        instants.sort_unstable();
        instants.dedup();
        instants
            .into_iter()
            .try_for_each(|at| visit(chart, member, at))
    })
}
