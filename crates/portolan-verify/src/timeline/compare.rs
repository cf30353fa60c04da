//! One slice before and at an instant: which regions differ, and a request of each that shows it.

use portolan_core::catalog::{Price, Route};
use portolan_core::diagram::survey::{Chart, Inconclusive, Member, Region, Standing};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};

use super::gather::Gathered;
use super::prices::Tariff;
use super::stretch::Stretch;
use super::{Asked, Change, Range, What, Who, causes, dates, samples};
use crate::words;

type Found = Result<(), Inconclusive>;

/// Classes that say for whom an answer changes.
const CLASSES: usize = 3;

/// Looks at every instant of every id of a slice.
pub(super) fn slice(
    engine: &Engine,
    range: &Range,
    tariff: &Tariff,
    chart: &mut Chart<'_>,
    gathered: &mut Gathered,
) -> Found {
    let members = chart.members();
    if !members.iter().any(|member| range.has(member.id)) {
        return Ok(());
    }
    let whole = Stretch::of(engine, chart, tariff)?;
    for member in members.iter().filter(|member| range.has(member.id)) {
        let mut before: Option<Stretch> = None;
        for at in instants(engine, range.window, chart, member) {
            let then = match before.take() {
                Some(then) => then,
                None => whole.at(chart, member, at.plus_seconds(-1))?,
            };
            let now = whole.at(chart, member, at)?;
            let mut turn = Turn {
                engine,
                chart,
                member,
                at,
                then: &then,
                now: &now,
                gathered,
                means: false,
            };
            turn.outcomes()?;
            turn.plans()?;
            turn.effects()?;
            turn.routes()?;
            before = Some(now);
        }
    }
    Ok(())
}

/// The instants of a range at which an answer to a member's requests may change, while the id
/// stands for what it does.
fn instants(
    engine: &Engine,
    range: Window,
    chart: &Chart<'_>,
    member: &Member<'_>,
) -> Vec<Instant> {
    let mut all = chart.instants(member);
    for route in routes(chart, member) {
        all.extend(dates::shown(engine.catalog(), route));
    }
    all.sort_unstable();
    all.dedup();
    let own = member.window;
    let inside = |at: &Instant| own.contains(*at) && own.from != Some(*at);
    all.retain(|at| range.contains(*at) && inside(at) && *at > Instant::MIN);
    all
}

/// The candidates of a member.
pub(super) fn routes(chart: &Chart<'_>, member: &Member<'_>) -> Vec<Route> {
    let positions = chart.candidates().iter();
    let routes = positions.filter_map(|position| member.routes.get(usize::from(*position)));
    routes.copied().collect()
}

/// The id that requests of a member name.
pub(super) fn asked(chart: &Chart<'_>, member: &Member<'_>) -> Asked {
    match chart.standing() {
        Standing::Unknown if !member.id.is_empty() => Asked::Id(member.id.into()),
        Standing::Model => Asked::Id(member.id.into()),
        Standing::Unknown => Asked::Unknown,
        Standing::Absent => Asked::Nothing,
    }
}

/// The name of a slice's endpoint.
pub(super) fn endpoint(engine: &Engine, chart: &Chart<'_>) -> String {
    let endpoint = engine.catalog().endpoint(chart.endpoint());
    endpoint.map_or_else(String::new, |endpoint| endpoint.name.to_string())
}

/// One member at one instant.
pub(super) struct Turn<'a, 'c> {
    pub(super) engine: &'a Engine,
    pub(super) chart: &'a mut Chart<'c>,
    pub(super) member: &'a Member<'a>,
    pub(super) at: Instant,
    pub(super) then: &'a Stretch,
    pub(super) now: &'a Stretch,
    pub(super) gathered: &'a mut Gathered,
    /// The id comes to stand for something else, and that is why.
    pub(super) means: bool,
}

impl Turn<'_, '_> {
    /// What routes and what is refused, and with which code.
    pub(super) fn outcomes(&mut self) -> Found {
        let (then, now) = (self.then, self.now);
        for (code, refused) in &now.refused {
            let stops = self.chart.and(then.routes, *refused)?;
            self.found(What::Stops { code: code.clone() }, stops, then.routes)?;
        }
        for (code, refused) in &then.refused {
            let starts = self.chart.and(*refused, now.routes)?;
            self.found(What::Starts { code: code.clone() }, starts, *refused)?;
            for (other, refused_now) in &now.refused {
                let before = then.refused.iter().find(|(known, _)| known == other);
                let as_before = before.is_some_and(|(_, before)| before == refused_now);
                if other == code || as_before {
                    continue;
                }
                let otherwise = self.chart.and(*refused, *refused_now)?;
                let what = What::RefusedOtherwise {
                    before: code.clone(),
                    after: other.clone(),
                };
                self.found(what, otherwise, *refused)?;
            }
        }
        Ok(())
    }

    /// Which attempts there are, and in which order.
    fn plans(&mut self) -> Found {
        let (then, now) = (self.then, self.now);
        let both = self.chart.and(then.routes, now.routes)?;
        let routes = routes(self.chart, self.member);
        for ((route, then), now) in routes.iter().zip(&then.attempts).zip(&now.attempts) {
            if then == now {
                continue;
            }
            let among = self.chart.and(both, *then)?;
            let lost = self.chart.without(among, *now)?;
            self.found(What::Loses(*route), lost, among)?;
            let among = self.chart.without(both, *then)?;
            let gained = self.chart.and(among, *now)?;
            self.found(What::Gains(*route), gained, among)?;
        }
        let (mut reordered, mut among) = (Region::NONE, Region::NONE);
        for ((one, other, before), (.., after)) in then.order.iter().zip(&now.order) {
            if before == after {
                continue;
            }
            let (one, other) = (self.lasting(*one)?, self.lasting(*other)?);
            let all = self.chart.and(one, other)?;
            let differ = self.differ(*before, *after)?;
            let differ = self.chart.and(all, differ)?;
            among = self.chart.or(among, all)?;
            reordered = self.chart.or(reordered, differ)?;
        }
        self.found(What::Reordered, reordered, among)
    }

    /// Where one of two is and the other is not.
    pub(super) fn differ(&mut self, a: Region, b: Region) -> Result<Region, Inconclusive> {
        let one = self.chart.without(a, b)?;
        let other = self.chart.without(b, a)?;
        self.chart.or(one, other)
    }

    /// Of what a candidate is an attempt, before and now.
    fn lasting(&mut self, candidate: usize) -> Result<Region, Inconclusive> {
        let of = |attempts: &[Region]| attempts.get(candidate).copied().ok_or(Inconclusive);
        let (then, now) = (of(&self.then.attempts)?, of(&self.now.attempts)?);
        self.chart.and(then, now)
    }

    /// Warnings, fields that are set, limits, retries.
    fn effects(&mut self) -> Found {
        let (then, now) = (self.then, self.now);
        self.warnings()?;
        let sets = |(field, value): &(_, _), now| What::Sets {
            field: Clone::clone(field),
            value: Clone::clone(value),
            now,
        };
        self.with_attempts(&then.set, &now.set, &sets)?;
        let limits = |(requests, window_s): &(i64, i64), now| What::Limits {
            requests: *requests,
            window_s: *window_s,
            now,
        };
        self.with_attempts(&then.limited, &now.limited, &limits)?;
        let both = self.chart.and(then.routes, now.routes)?;
        for ((retry, before), (_, after)) in then.retried.iter().zip(&now.retried) {
            let what = |now| What::Retries {
                retry: retry.clone(),
                now,
            };
            self.turned(both, *before, *after, &what)?;
        }
        Ok(())
    }

    /// Warnings, which are given once however many attempts they are about; where the attempts
    /// are others, that is what changes.
    fn warnings(&mut self) -> Found {
        let mut same = self.chart.and(self.then.routes, self.now.routes)?;
        for (before, after) in self.then.attempts.iter().zip(&self.now.attempts) {
            if before != after {
                let differ = self.differ(*before, *after)?;
                same = self.chart.without(same, differ)?;
            }
        }
        let mut codes: Vec<&Box<str>> = Vec::new();
        for (_, code, _) in &self.then.warned {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        for code in codes {
            let before = self.warned(self.then, code)?;
            let after = self.warned(self.now, code)?;
            let what = |now| What::Warns {
                code: code.clone(),
                now,
            };
            self.turned(same, before, after, &what)?;
        }
        Ok(())
    }

    /// Of what some attempt is warned about.
    fn warned(&mut self, stretch: &Stretch, code: &str) -> Result<Region, Inconclusive> {
        let mut any = Region::NONE;
        for (candidate, of, region) in &stretch.warned {
            if **of == *code {
                let attempt = stretch.attempts.get(*candidate).copied();
                let warned = self.chart.and(attempt.ok_or(Inconclusive)?, *region)?;
                any = self.chart.or(any, warned)?;
            }
        }
        Ok(any)
    }

    /// What goes with attempts: by what it is, for all candidates together.
    fn with_attempts<T: PartialEq>(
        &mut self,
        then: &[(usize, T, Region)],
        now: &[(usize, T, Region)],
        what: &dyn Fn(&T, bool) -> What,
    ) -> Found {
        let mut seen: Vec<&T> = Vec::new();
        for (_, thing, _) in then {
            if seen.contains(&thing) {
                continue;
            }
            seen.push(thing);
            for begins in [true, false] {
                let (mut all, mut turned) = (Region::NONE, Region::NONE);
                for ((candidate, other, before), (.., after)) in then.iter().zip(now) {
                    if other != thing {
                        continue;
                    }
                    let (from, to) = if begins {
                        (*before, *after)
                    } else {
                        (*after, *before)
                    };
                    let lasting = self.lasting(*candidate)?;
                    all = self.chart.or(all, lasting)?;
                    if from == to {
                        continue;
                    }
                    let differ = self.chart.without(to, from)?;
                    let differ = self.chart.and(lasting, differ)?;
                    turned = self.chart.or(turned, differ)?;
                }
                self.found(what(thing, begins), turned, all)?;
            }
        }
        Ok(())
    }

    /// Where something begins, and where it ends.
    fn turned(
        &mut self,
        among: Region,
        before: Region,
        after: Region,
        what: &dyn Fn(bool) -> What,
    ) -> Found {
        if before == after {
            return Ok(());
        }
        for (from, to, now) in [(before, after, true), (after, before, false)] {
            let turned = self.chart.without(to, from)?;
            let turned = self.chart.and(among, turned)?;
            self.found(what(now), turned, among)?;
        }
        Ok(())
    }

    /// Prices and places of attempts.
    fn routes(&mut self) -> Found {
        let catalog = self.engine.catalog();
        let (earlier, at) = (self.at.plus_seconds(-1), self.at);
        for (candidate, route) in routes(self.chart, self.member).into_iter().enumerate() {
            let lasting = self.lasting(candidate)?;
            if lasting.is_empty() {
                continue;
            }
            let places = |at| {
                let processing = catalog.processing(route, at).value;
                (processing, catalog.storage(route, at).value)
            };
            if places(earlier) != places(at) {
                self.found(What::Placed(route), lasting, lasting)?;
            }
            let tiers = self.then.tiers.iter().zip(&self.now.tiers);
            for ((of, tier, then), (.., now)) in tiers {
                if *of != candidate {
                    continue;
                }
                let asked = self.chart.and(*then, *now)?;
                let mut last = None;
                for (least, step) in &self.now.steps {
                    let price = |at| catalog.price(route, at, *least, tier.as_deref()).value;
                    let (before, after) = (price(earlier), price(at));
                    // A step at which neither price changes is none of this route.
                    if before == after || last == Some((before, after)) {
                        continue;
                    }
                    last = Some((before, after));
                    let region = self.priced_alike(asked, *least, *step, (route, tier), last)?;
                    let region = self.chart.and(lasting, region)?;
                    let what = What::Priced {
                        route,
                        tier: tier.clone(),
                        least: *least,
                        before: Box::new(before),
                        after: Box::new(after),
                    };
                    self.found(what, region, lasting)?;
                }
            }
        }
        Ok(())
    }

    /// The requests from a step of input tokens on whose price changes alike.
    fn priced_alike(
        &mut self,
        asked: Region,
        from: u64,
        first: Region,
        (route, tier): (Route, &Option<Box<str>>),
        prices: Option<(Price, Price)>,
    ) -> Result<Region, Inconclusive> {
        let catalog = self.engine.catalog();
        let mut region = first;
        for (least, step) in &self.now.steps {
            let price = |at| catalog.price(route, at, *least, tier.as_deref()).value;
            let both = (price(self.at.plus_seconds(-1)), price(self.at));
            if *least > from && Some(both) == prices {
                region = self.chart.or(region, *step)?;
            }
        }
        self.chart.and(asked, region)
    }

    /// Reports a change, if there is a request that shows it.
    pub(super) fn found(&mut self, what: What, region: Region, among: Region) -> Found {
        if region.is_empty() {
            return Ok(());
        }
        let who = if region == among {
            Who::All
        } else {
            let cover = self.chart.cover(region, among, self.member, CLASSES)?;
            let classes = cover.classes.iter();
            let classes = classes.map(|class| words::class(self.engine, class));
            Who::Some {
                classes: classes.collect(),
                whole: cover.whole,
            }
        };
        self.reported(what, region, who);
        Ok(())
    }

    /// Reports a change for these, if there is a request that shows it.
    pub(super) fn reported(&mut self, what: What, region: Region, who: Who) {
        let Some((sample, before, after)) = samples::smallest(
            self.engine,
            self.chart,
            self.member,
            region,
            (&what, self.at),
        ) else {
            return;
        };
        let why = if self.means { &What::Means } else { &what };
        let causes = causes::of(
            self.engine,
            &asked(self.chart, self.member),
            self.member.model,
            why,
            self.at,
        );
        let change = Change {
            ids: vec![asked(self.chart, self.member)],
            endpoints: vec![endpoint(self.engine, self.chart)],
            what,
            who,
            causes,
            sample,
            before,
            after,
        };
        self.gathered.add(self.at, change);
    }
}
