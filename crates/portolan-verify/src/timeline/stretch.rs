//! One slice during a stretch of time: every region that tells one answer from another.

use portolan_core::diagram::survey::{Chart, Inconclusive, Member, Region};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{BodyField, Policy, Rule, RuleId, RuleKind, SetField, Value};

use super::answer::{Retry, retry_of, verdict};
use super::prices::Tariff;

type Found<T> = Result<T, Inconclusive>;

/// A status and a code.
pub(super) type Code = (u16, Box<str>);

/// A service tier, and what asks for it.
pub(super) type Tier = (Box<str>, Region);

/// Regions of one slice.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// Of what routes.
    pub(super) routes: Region,
    /// By code: of what is refused with it.
    pub(super) refused: Vec<(Code, Region)>,
    /// By candidate: of what it is an attempt of.
    pub(super) attempts: Vec<Region>,
    /// Of what one candidate goes before another for.
    pub(super) order: Vec<(usize, usize, Region)>,
    /// By candidate and code: of what is warned.
    pub(super) warned: Vec<(usize, Box<str>, Region)>,
    /// By candidate: of what a field is set to a value for.
    pub(super) set: Vec<(usize, (SetField, Value), Region)>,
    /// By candidate: of what is limited to so many requests in so many seconds.
    pub(super) limited: Vec<(usize, (i64, i64), Region)>,
    /// Of what is retried.
    pub(super) retried: Vec<(Retry, Region)>,
    /// By candidate and service tier: of what is asked for in it.
    pub(super) tiers: Vec<(usize, Option<Box<str>>, Region)>,
    /// By step of input tokens: of what has so many.
    pub(super) steps: Vec<(u64, Region)>,
}

/// The rules of a kind, in source order.
fn rules<'p, T>(
    policy: &'p Policy,
    pick: impl Fn(&'p Rule) -> Option<T>,
) -> impl Iterator<Item = (RuleId, T)> {
    policy
        .rules()
        .filter_map(move |(id, rule)| pick(rule).map(|picked| (id, picked)))
}

impl Stretch {
    /// The regions of a slice, for all of time.
    pub(super) fn of(engine: &Engine, chart: &mut Chart<'_>, tariff: &Tariff) -> Found<Self> {
        let policy = engine.policy();
        let mut codes: Vec<Code> = Vec::new();
        for (id, ()) in rules(policy, |rule| rule.kind.verdict().map(|_| ())) {
            let code = verdict(engine, id);
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        let mut refused = Vec::new();
        for code in codes {
            let region = chart.refused_by(true, &|id| verdict(engine, id) == code)?;
            if !region.is_empty() {
                refused.push((code, region));
            }
        }
        let order = chart.precedences()?;
        let attempts = attempts(chart, &order, policy.plan_at_most)?;
        let mut stretch = Self {
            routes: chart.routes(true)?,
            refused,
            attempts,
            order,
            warned: Vec::new(),
            set: Vec::new(),
            limited: Vec::new(),
            retried: retried(policy, chart)?,
            tiers: Vec::new(),
            steps: Vec::new(),
        };
        for candidate in 0..chart.candidates().len() {
            stretch.effects(policy, chart, candidate)?;
        }
        tariff.regions(chart, &mut stretch)?;
        Ok(stretch)
    }

    /// What goes with an attempt of one candidate.
    fn effects(&mut self, policy: &Policy, chart: &mut Chart<'_>, candidate: usize) -> Found<()> {
        let mut fields: Vec<(&SetField, Region)> = Vec::new();
        let mut limited = Region::NONE;
        for (id, rule) in policy.rules() {
            if let RuleKind::Warn { code } = &rule.kind {
                let holds = chart.holds(id, Some(candidate))?;
                self.warns(chart, candidate, code, holds)?;
            } else if let RuleKind::Set {
                field,
                value,
                noting,
            } = &rule.kind
            {
                let holds = chart.holds(id, Some(candidate))?;
                let known = fields.iter_mut().find(|(known, _)| *known == field);
                let before = known.as_ref().map_or(Region::NONE, |(_, before)| *before);
                let wins = chart.without(holds, before)?;
                let set = chart.or(holds, before)?;
                match known {
                    Some((_, before)) => *before = set,
                    None => fields.push((field, set)),
                }
                if let Some(code) = noting {
                    self.warns(chart, candidate, code, wins)?;
                }
                let what = (field.clone(), value.clone());
                add(chart, &mut self.set, candidate, what, wins)?;
            } else if let RuleKind::Limit {
                requests, window_s, ..
            } = rule.kind
            {
                let holds = chart.holds(id, Some(candidate))?;
                let wins = chart.without(holds, limited)?;
                limited = chart.or(limited, holds)?;
                add(
                    chart,
                    &mut self.limited,
                    candidate,
                    (requests, window_s),
                    wins,
                )?;
            }
        }
        Ok(())
    }

    fn warns(
        &mut self,
        chart: &mut Chart<'_>,
        candidate: usize,
        code: &str,
        holds: Region,
    ) -> Found<()> {
        add(chart, &mut self.warned, candidate, code.into(), holds)
    }

    /// The regions of a service tier that rules ask for, and of every request for which any does.
    pub(super) fn tiers_set(
        &self,
        chart: &mut Chart<'_>,
        candidate: usize,
    ) -> Found<(Vec<Tier>, Region)> {
        let tier = SetField::Known(BodyField::ServiceTier);
        let (mut named, mut any) = (Vec::new(), Region::NONE);
        for (of, (field, value), region) in &self.set {
            if *of == candidate
                && *field == tier
                && let Value::Text(text) = value
            {
                named.push((text.clone(), *region));
                any = chart.or(any, *region)?;
            }
        }
        Ok((named, any))
    }

    /// The same at one instant.
    pub(super) fn at(
        &self,
        chart: &mut Chart<'_>,
        member: &Member<'_>,
        at: Instant,
    ) -> Found<Self> {
        let mut now = self.clone();
        let regions = std::iter::once(&mut now.routes)
            .chain(now.refused.iter_mut().map(|(_, region)| region))
            .chain(&mut now.attempts)
            .chain(now.order.iter_mut().map(|(.., region)| region))
            .chain(now.warned.iter_mut().map(|(.., region)| region))
            .chain(now.set.iter_mut().map(|(.., region)| region))
            .chain(now.limited.iter_mut().map(|(.., region)| region))
            .chain(now.retried.iter_mut().map(|(_, region)| region))
            .chain(now.tiers.iter_mut().map(|(.., region)| region))
            .chain(now.steps.iter_mut().map(|(_, region)| region));
        for region in regions {
            let then = chart.at(*region, member, at)?;
            *region = chart.called(then, member)?;
        }
        Ok(now)
    }
}

/// Adds a region to that of the same candidate and thing.
fn add<T: PartialEq>(
    chart: &mut Chart<'_>,
    all: &mut Vec<(usize, T, Region)>,
    candidate: usize,
    what: T,
    region: Region,
) -> Found<()> {
    if region.is_empty() {
        return Ok(());
    }
    let same = |(of, known, _): &&mut (usize, T, Region)| *of == candidate && *known == what;
    if let Some((.., known)) = all.iter_mut().find(same) {
        *known = chart.or(*known, region)?;
    } else {
        all.push((candidate, what, region));
    }
    Ok(())
}

/// The first retry rule that holds, where no fallback stands in.
fn retried(policy: &Policy, chart: &mut Chart<'_>) -> Found<Vec<(Retry, Region)>> {
    let mut all: Vec<(Retry, Region)> = Vec::new();
    let mut before = Region::NONE;
    for (id, retry) in rules(policy, |rule| retry_of(&rule.kind)) {
        let holds = chart.holds(id, None)?;
        let wins = chart.without(holds, before)?;
        before = chart.or(before, holds)?;
        match all.iter_mut().find(|(known, _)| *known == retry) {
            Some((_, region)) => *region = chart.or(*region, wins)?,
            None => all.push((retry, wins)),
        }
    }
    Ok(all)
}

/// By candidate: what it is an attempt of. Where a plan is cut short, what has so many candidates
/// before this one is left out.
fn attempts(
    chart: &mut Chart<'_>,
    order: &[(usize, usize, Region)],
    most: Option<usize>,
) -> Found<Vec<Region>> {
    let count = chart.candidates().len();
    let mut survives = Vec::with_capacity(count);
    for candidate in 0..count {
        survives.push(chart.survives(candidate, true)?);
    }
    let Some(most) = most.filter(|most| *most < count) else {
        return Ok(survives);
    };
    let mut attempts = Vec::with_capacity(count);
    for (candidate, own) in survives.iter().enumerate() {
        // By number: of what has at least so many before it.
        let mut before = vec![Region::ALL];
        before.resize(most + 1, Region::NONE);
        for (other, theirs) in survives.iter().enumerate() {
            let goes = order.iter().find_map(|(one, two, region)| {
                if (*one, *two) == (other, candidate) {
                    Some((*region, true))
                } else if (*one, *two) == (candidate, other) {
                    Some((*region, false))
                } else {
                    None
                }
            });
            let Some((region, forward)) = goes else {
                continue;
            };
            let region = if forward {
                chart.and(*theirs, region)?
            } else {
                chart.without(*theirs, region)?
            };
            for number in (1..=most).rev() {
                let fewer = before.get(number - 1).copied().unwrap_or(Region::NONE);
                let one_more = chart.and(fewer, region)?;
                if let Some(known) = before.get_mut(number) {
                    *known = chart.or(*known, one_more)?;
                }
            }
        }
        let cut = before.get(most).copied().unwrap_or(Region::NONE);
        attempts.push(chart.without(*own, cut)?);
    }
    Ok(attempts)
}
