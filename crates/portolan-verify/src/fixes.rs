//! `why-not`: the nearest changes under which a refused request would route.
//!
//! Slice by slice, the region of what routes is cut down to the requests that differ from the
//! refused one in one field, in two, in three. Locks are part of that region, so that no change is
//! ever found that breaks one; and each is judged again, whole, by the interpreter before it is
//! given out. Which fields there are and whose they are is in `field.rs`, how one is changed in
//! `apply.rs`.

mod apply;
mod field;
mod models;

pub use field::{By, Field};

use portolan_core::diagram::survey::{Bounded, Chart, Class, Inconclusive, Member, Standing};
use portolan_core::engine::Engine;
use portolan_core::judgement::Outcome;
use portolan_core::limits;
use portolan_core::request::{Draft, Request, State};

/// Changes of a request under which it routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whoever has to take part.
    pub by: By,
    /// What differs; at least one thing.
    pub changes: Vec<Change>,
    /// The request as changed. It routes.
    pub draft: Draft,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub field: Field,
    /// Its name.
    pub name: String,
    /// Its value in the request; none where it is absent.
    pub before: Option<String>,
    /// Its value as changed.
    pub after: Option<String>,
}

/// Fields that are changed together, at most, of the id that was named. What takes more is not
/// found.
pub const TOGETHER: usize = 3;
/// Fields that are changed together, at most, beside the id.
pub const BESIDE_ANOTHER: usize = 1;
/// Classes that are tried for one set of fields.
const TRIED: usize = 48;
/// Fixes for each of those who may make them.
const SHOWN: usize = 3;

/// The nearest fixes of a refused request, smallest first; at most three for each of those who may
/// make them. None for a request that routes, or that is no request of this engine.
///
/// # Errors
/// When there is more to look at than a limit allows, and nothing was found: nobody knows.
pub fn fixes(engine: &Engine, draft: &Draft, state: &State) -> Result<Vec<Fix>, Inconclusive> {
    let Ok(request) = engine.request(draft.clone()) else {
        return Ok(Vec::new());
    };
    let mut search = Search {
        engine,
        draft,
        state,
        request: &request,
        models: models::Ranks::new(engine, &request),
        found: Vec::new(),
        left: limits::FIXES_TRIED,
    };
    if search.routes(draft) {
        return Ok(Vec::new());
    }
    search.without_fallbacks();
    let looked = engine.survey(&[], |survey| survey.each(&mut |chart| search.slice(chart)));
    let fixes = search.nearest();
    match looked.and_then(|looked| looked) {
        Err(why) if fixes.is_empty() => Err(why),
        Ok(()) | Err(Inconclusive) => Ok(fixes),
    }
}

/// What a fix is sorted by: fewer fields first, then the same id, then better ids, then less of
/// a change.
type Distance = (usize, u32, u128);

struct Search<'a> {
    engine: &'a Engine,
    draft: &'a Draft,
    state: &'a State,
    request: &'a Request,
    models: models::Ranks,
    found: Vec<(Distance, Fix)>,
    /// Sets of fields that may still be tried.
    left: usize,
}

impl Search<'_> {
    fn routes(&self, draft: &Draft) -> bool {
        let Ok(request) = self.engine.request(draft.clone()) else {
            return false;
        };
        let judged = self.engine.judge(&request, self.state);
        matches!(judged.outcome, Outcome::Route(_))
    }

    /// What stands in a fallback's way may stand in the request's: without it, it may route.
    fn without_fallbacks(&mut self) {
        if self.draft.fallbacks.is_empty() && self.draft.chain.fault.is_none() {
            return;
        }
        let mut changed = self.draft.clone();
        apply::without_fallbacks(&mut changed);
        self.offer(changed, &[Field::Fallbacks], 0);
    }

    /// Keeps a request, if it routes.
    fn offer(&mut self, draft: Draft, fields: &[Field], rank: u32) -> bool {
        let changes = field::changes(self.engine, self.draft, &draft);
        if changes.is_empty() || !self.routes(&draft) {
            return false;
        }
        let far = field::far(self.draft, &draft);
        let by = fields.iter().map(|field| field.by()).max();
        let fix = Fix {
            by: by.unwrap_or(By::Client),
            changes,
            draft,
        };
        self.found.push(((fix.changes.len(), rank, far), fix));
        true
    }

    /// Looks at one slice.
    fn slice(&mut self, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
        if chart.standing() != Standing::Model {
            return Ok(());
        }
        let elsewhere = chart.endpoint() != self.request.endpoint();
        for member in chart.members() {
            let named = self.request.primary().model_text.as_deref();
            let other = named != Some(member.id);
            let mut base = Vec::new();
            if other {
                base.push(Field::Model);
            }
            if elsewhere {
                base.push(Field::Endpoint);
            }
            let together = if other { 1 + BESIDE_ANOTHER } else { TOGETHER };
            let Some(more) = together.checked_sub(base.len()) else {
                continue;
            };
            let rank = if other {
                let Some(rank) = self.models.of(self.engine, member) else {
                    continue;
                };
                rank
            } else {
                0
            };
            self.member(chart, member, &base, more, rank)?;
        }
        Ok(())
    }

    /// Looks for changes of so many fields, beside those of the slice.
    fn member(
        &mut self,
        chart: &mut Chart<'_>,
        member: &Member<'_>,
        base: &[Field],
        more: usize,
        rank: u32,
    ) -> Result<(), Inconclusive> {
        let routes = chart.routes(true)?;
        let during = chart.during(member)?;
        let routes = chart.and(routes, during)?;
        if routes.is_empty() {
            return Ok(());
        }
        let mut all = Field::all(self.engine);
        if base.contains(&Field::Model) {
            // Who names another model need not wait for one.
            all.retain(|field| *field != Field::At);
        }
        let mut done: Vec<Vec<Field>> = Vec::new();
        let mut level: Vec<Vec<Field>> = vec![Vec::new()];
        for size in 0..=more {
            // Nothing has to change of an endpoint and a model alone where none of them does.
            if size > 0 || !base.is_empty() {
                for fields in &level {
                    let known = |done: &Vec<Field>| done.iter().all(|f| fields.contains(f));
                    if done.iter().any(known) {
                        continue;
                    }
                    if self.try_fields(chart, member, routes, (base, fields, rank))? {
                        done.push(fields.clone());
                    }
                }
            }
            // Three fields at once are asked for only where nothing smaller was found.
            if size == more || (size == 2 && !self.found.is_empty()) {
                break;
            }
            level = level
                .iter()
                .flat_map(|fields| {
                    let last = fields.last().copied();
                    let next = all
                        .iter()
                        .filter(move |field| last.is_none_or(|l| **field > l));
                    next.map(|field| fields.iter().copied().chain([*field]).collect())
                })
                .collect();
        }
        Ok(())
    }

    /// Tries to route by changing exactly these fields; says whether that can be done.
    fn try_fields(
        &mut self,
        chart: &mut Chart<'_>,
        member: &Member<'_>,
        routes: portolan_core::diagram::survey::Region,
        (base, fields, rank): (&[Field], &[Field], u32),
    ) -> Result<bool, Inconclusive> {
        self.left = self.left.checked_sub(1).ok_or(Inconclusive)?;
        let free = |bounded: Bounded| fields.iter().any(|field| field.frees(bounded));
        let region = chart.near(routes, member, self.request, &free)?;
        if region.is_empty() {
            return Ok(false);
        }
        let mut classes: Vec<Class> = Vec::new();
        chart.classes(region, member, &mut |class| {
            classes.push(class.clone());
            classes.len() < TRIED
        });
        let all: Vec<Field> = base.iter().chain(fields).copied().collect();
        let before = self.found.len();
        let mut changed: Vec<Draft> = classes
            .iter()
            .flat_map(|class| apply::apply(self.engine, self.draft, self.request, class, &all))
            .collect();
        changed.sort_by_key(|draft| field::far(self.draft, draft));
        for draft in changed {
            if self.offer(draft, &all, rank) {
                break;
            }
        }
        Ok(self.found.len() > before)
    }

    /// The nearest for each of those who may make them.
    fn nearest(self) -> Vec<Fix> {
        let mut found = self.found;
        found.sort_by_key(|(distance, _)| *distance);
        let mut shown: Vec<Fix> = Vec::new();
        for (_, fix) in found {
            let same = shown.iter().filter(|known| known.by == fix.by);
            let least = same.clone().map(|known| known.changes.len()).min();
            let smaller = least.is_some_and(|least| fix.changes.len() > least);
            let known = shown.iter().any(|known| known.changes == fix.changes);
            if same.count() < SHOWN && !smaller && !known {
                shown.push(fix);
            }
        }
        shown.sort_by_key(|fix| (fix.changes.len(), fix.by));
        shown
    }
}
