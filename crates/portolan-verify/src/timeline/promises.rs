//! What must stay as it is throughout a range: what routes goes on routing, and nobody is left
//! without a model.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::decision::Outcome;
use portolan_core::diagram::survey::{Chart, Inconclusive, Member, Region, Standing};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::limits;
use portolan_core::request::{Call, Draft, Fields, State};
use portolan_core::text::echo;

use super::answer::Answer;
use super::compare::{asked, endpoint};
use super::{Asked, Range, Who, aliases, samples};
use crate::words;

/// What must not happen in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// A request that routes when the range begins is refused later in it.
    AlwaysRoutes,
    /// An endpoint and attributes that had a model for a plain request have none any more.
    SomeModelRoutes,
}

impl Promise {
    /// Every promise with its name.
    pub const NAMES: [(&'static str, Self); 2] = [
        ("always routes", Self::AlwaysRoutes),
        ("some model routes", Self::SomeModelRoutes),
    ];
}

/// A promise that is not kept.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Which.
    pub promise: Promise,
    /// The id that does not route any more; none where no model does.
    pub id: Option<Asked>,
    /// Through these endpoints.
    pub endpoints: Vec<String>,
    /// For these requests.
    pub who: Who,
    /// From this instant on.
    pub at: Instant,
    /// A request that routed, at that instant.
    pub sample: Draft,
    /// Its answer then.
    pub answer: Answer,
}

/// Every place in a range where a promise is not kept.
///
/// # Errors
/// When there is more to look at than a limit allows: nobody knows.
pub fn broken(
    engine: &Engine,
    promise: Promise,
    range: &Range,
) -> Result<Vec<Broken>, Inconclusive> {
    let mut found = match promise {
        Promise::AlwaysRoutes => always_routes(engine, range),
        Promise::SomeModelRoutes => some_model_routes(engine, range),
    }?;
    found.sort_by_key(|broken| broken.at);
    let mut joined: Vec<Broken> = Vec::with_capacity(found.len());
    for broken in found {
        let key = |b: &Broken| (b.at, b.id.clone(), b.who.clone(), b.answer.clone());
        match joined.iter_mut().find(|known| key(known) == key(&broken)) {
            Some(known) => known.endpoints.extend(broken.endpoints),
            None => joined.push(broken),
        }
    }
    Ok(joined)
}

/// Says whether an instant lies in a range and after its first one.
fn later(window: Window, at: Instant) -> bool {
    window.contains(at) && window.from.is_none_or(|from| from < at)
}

/// Every instant that any rule or fact distinguishes, for any id.
fn instants(engine: &Engine) -> Result<BTreeSet<Instant>, Inconclusive> {
    let mut all = BTreeSet::new();
    engine.survey(&[], |survey| {
        survey.each(&mut |chart| {
            for member in chart.members() {
                all.extend(chart.instants(member));
            }
            Ok(())
        })
    })??;
    Ok(all)
}

fn always_routes(engine: &Engine, range: &Range) -> Result<Vec<Broken>, Inconclusive> {
    let window = range.window;
    let start = window.from.unwrap_or(Instant::MIN);
    let mut found = Vec::new();
    engine.survey(&[], |survey| {
        let ids = aliases::ids(engine, range);
        survey.each(&mut |chart| {
            if chart.standing() != Standing::Model {
                return Ok(());
            }
            for member in chart.members() {
                if !range.has(member.id) || ids.contains(&member.id) {
                    continue;
                }
                let mut watch = Watch::new(engine, start, &mut found);
                watch.look(chart, member, start)?;
                for at in chart.instants(member) {
                    if later(window, at) {
                        watch.look(chart, member, at)?;
                    }
                }
            }
            Ok(())
        })?;
        for id in ids {
            for endpoint in aliases::endpoints(engine) {
                let mut watch = Watch::new(engine, start, &mut found);
                aliases::from(survey, id, endpoint, start, &mut |chart, member, at| {
                    if at == start || later(window, at) {
                        watch.look(chart, member, at)?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    })??;
    Ok(found)
}

/// Classes that say who is concerned.
const CLASSES: usize = 3;

/// The requests of one id that routed first, at one instant after the other.
struct Watch<'a> {
    engine: &'a Engine,
    start: Instant,
    /// Those that routed first.
    first: Option<Region>,
    /// Those of them that route still.
    left: Region,
    found: &'a mut Vec<Broken>,
}

impl<'a> Watch<'a> {
    fn new(engine: &'a Engine, start: Instant, found: &'a mut Vec<Broken>) -> Self {
        Self {
            engine,
            start,
            first: None,
            left: Region::NONE,
            found,
        }
    }

    /// Which of them stop routing at an instant.
    fn look(
        &mut self,
        chart: &mut Chart<'_>,
        member: &Member<'_>,
        at: Instant,
    ) -> Result<(), Inconclusive> {
        let routes = chart.routes(true)?;
        let now = chart.at(routes, member, at)?;
        let now = chart.called(now, member)?;
        let Some(first) = self.first else {
            self.first = Some(now);
            self.left = now;
            return Ok(());
        };
        let lost = chart.without(self.left, now)?;
        if lost.is_empty() {
            return Ok(());
        }
        let who = if lost == first {
            Who::All
        } else {
            let cover = chart.cover(lost, first, member, CLASSES)?;
            let classes = cover.classes.iter();
            Who::Some {
                classes: classes.map(|c| words::class(self.engine, c)).collect(),
                whole: cover.whole,
            }
        };
        self.left = chart.and(self.left, now)?;
        self.report(chart, member, (at, lost), who);
        Ok(())
    }

    /// Reports them, if there is a request that shows it.
    fn report(
        &mut self,
        chart: &Chart<'_>,
        member: &Member<'_>,
        (at, lost): (Instant, Region),
        who: Who,
    ) {
        let mut shown = None;
        samples::requests(self.engine, chart, member, lost, &mut |draft| {
            let then = Answer::of(self.engine, &draft, self.start);
            let now = Answer::of(self.engine, &draft, at);
            if let (Some(then), Some(now)) = (then, now)
                && then.routes()
                && !now.routes()
            {
                shown = Some((Draft { at, ..draft }, now));
            }
            shown.is_none()
        });
        self.found.extend(shown.map(|(sample, answer)| Broken {
            promise: Promise::AlwaysRoutes,
            id: Some(asked(chart, member)),
            endpoints: vec![endpoint(self.engine, chart)],
            who,
            at,
            sample,
            answer,
        }));
    }
}

/// Attributes by name; those that are left out are not in it.
type Given = BTreeMap<String, String>;

fn some_model_routes(engine: &Engine, range: &Range) -> Result<Vec<Broken>, Inconclusive> {
    let mut all: Vec<Instant> = instants(engine)?.into_iter().collect();
    all.retain(|at| range.window.contains(*at) && *at > Instant::MIN);
    let tenants = engine.survey(&[], |survey| {
        let values = (0u16..).zip(&engine.policy().attributes);
        let values = values.map(|(position, attribute)| {
            let values = survey.attribute_values(position);
            (attribute.name.to_string(), values)
        });
        combinations(&values.collect::<Vec<_>>())
    })??;
    let catalog = engine.catalog();
    let models = catalog.models.iter().map(|model| &*model.id);
    let aliases = catalog.aliases.iter().map(|alias| &*alias.id);
    let ids: Vec<&str> = models.chain(aliases).filter(|id| range.has(id)).collect();
    let mut search = Availability {
        engine,
        ids,
        left: limits::TIMELINE_DECISIONS,
    };
    let mut found = Vec::new();
    for endpoint in &catalog.endpoints {
        // By tenant: a model that routed when last asked.
        let mut had: Vec<Option<usize>> = Vec::with_capacity(tenants.len());
        let first = all.first().map_or(Instant::MIN, |at| at.plus_seconds(-1));
        for tenant in &tenants {
            had.push(search.any(&endpoint.name, tenant, first, None)?);
        }
        for at in &all {
            let mut now = Vec::with_capacity(tenants.len());
            for (tenant, had) in tenants.iter().zip(&had) {
                now.push(search.any(&endpoint.name, tenant, *at, *had)?);
            }
            found.extend(search.lost(&endpoint.name, &tenants, &had, &now, *at));
            had = now;
        }
    }
    Ok(found)
}

/// Every combination of values, one for each attribute.
fn combinations(values: &[(String, Vec<Option<String>>)]) -> Result<Vec<Given>, Inconclusive> {
    let mut all = vec![Given::new()];
    for (name, values) in values {
        let mut next = Vec::new();
        for given in &all {
            for value in values {
                let mut given = given.clone();
                given.extend(value.clone().map(|value| (name.clone(), value)));
                next.push(given);
            }
            if next.len() > limits::TIMELINE_TENANTS {
                return Err(Inconclusive);
            }
        }
        all = next;
    }
    Ok(all)
}

/// Looks for models that route a plain request.
struct Availability<'a> {
    engine: &'a Engine,
    ids: Vec<&'a str>,
    /// Decisions that may still be made.
    left: usize,
}

impl Availability<'_> {
    /// An id that routes, by position: the one that did before if it still does.
    fn any(
        &mut self,
        endpoint: &str,
        tenant: &Given,
        at: Instant,
        before: Option<usize>,
    ) -> Result<Option<usize>, Inconclusive> {
        let Ok(caller) = self.engine.caller(Some(endpoint), tenant) else {
            return Ok(None);
        };
        for position in before.into_iter().chain(0..self.ids.len()) {
            self.left = self.left.checked_sub(1).ok_or(Inconclusive)?;
            let body = Fields {
                model: self.ids.get(position).copied(),
                messages: true,
                ..Fields::default()
            };
            let call = Call::new(&caller, at, body);
            let decision = self.engine.decide_call(&call, &State::default());
            if decision.outcome == Outcome::Route {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// Those that had a model and have none, in words.
    fn lost(
        &self,
        endpoint: &str,
        tenants: &[Given],
        had: &[Option<usize>],
        now: &[Option<usize>],
        at: Instant,
    ) -> Option<Broken> {
        let were: Vec<(&Given, usize, bool)> = tenants
            .iter()
            .zip(had)
            .zip(now)
            .filter_map(|((tenant, had), now)| Some((tenant, (*had)?, now.is_none())))
            .collect();
        let mut lost = were.iter().filter(|(.., lost)| *lost);
        let (tenant, model, _) = lost.next()?;
        let sample = Draft {
            endpoint: Some(endpoint.to_owned()),
            attributes: (*tenant).clone(),
            ..Draft::new(*self.ids.get(*model)?, at)
        };
        let then = Answer::of(self.engine, &sample, at.plus_seconds(-1))?;
        let answer = Answer::of(self.engine, &sample, at)?;
        (then.routes() && !answer.routes()).then(|| Broken {
            promise: Promise::SomeModelRoutes,
            id: None,
            endpoints: vec![endpoint.to_owned()],
            who: who(&were),
            at,
            sample,
            answer,
        })
    }
}

/// Which of those that had a model lost the last of them.
fn who(were: &[(&Given, usize, bool)]) -> Who {
    if were.iter().all(|(.., lost)| *lost) {
        return Who::All;
    }
    let within = |class: &Given, tenant: &Given| {
        class
            .iter()
            .all(|(name, value)| tenant.get(name) == Some(value))
    };
    let mut classes: Vec<Given> = Vec::new();
    let mut whole = true;
    for (tenant, _, lost) in were {
        if !lost || classes.iter().any(|class| within(class, tenant)) {
            continue;
        }
        if classes.len() == CLASSES {
            whole = false;
            break;
        }
        let mut class = (*tenant).clone();
        for name in tenant.keys() {
            let value = class.remove(name);
            let all = were.iter().filter(|(other, ..)| within(&class, other));
            if all.clone().any(|(.., lost)| !lost) {
                class.extend(value.map(|value| (name.clone(), value)));
            }
        }
        classes.push(class);
    }
    let words = |class: &Given| {
        let each = class.iter();
        each.map(|(name, value)| format!("request.{name} == {}", echo(value)))
            .collect()
    };
    Who::Some {
        classes: classes.iter().map(words).collect(),
        whole,
    }
}
