//! Whether one request refutes a question, by the interpreter.

use portolan_core::diagram::survey::{Class, Standing};
use portolan_core::engine::Engine;
use portolan_core::instant::Window;
use portolan_core::judgement::{Judgement, Outcome};
use portolan_core::policy::{Claim, Goal, Prove, RuleId};
use portolan_core::request::{Draft, Request, State};

use super::aside;
use super::guards::let_through;

/// A request that refutes a question, judged.
#[derive(Debug, Clone)]
pub struct Refutation {
    /// The request.
    pub draft: Draft,
    /// What is known about now.
    pub state: State,
    /// What the interpreter says to it.
    pub judgement: Judgement,
    /// The first attempt that does not fulfil the claim's condition, by its position.
    pub attempt: Option<usize>,
    /// Rules that guard what the claim is about, and do not hold for this request.
    pub through: Vec<RuleId>,
    /// Conditions any of which, added to the question, makes its answer yes.
    pub mends: Vec<String>,
}

/// Judges a request and says whether it refutes a question about single decisions: where nothing
/// is known about now, or in some state in which a plan that has room for only so many attempts
/// comes to one that does not fulfil the claim's condition.
pub fn refutation(engine: &Engine, prove: &Prove, draft: &Draft) -> Option<Refutation> {
    in_state(engine, prove, draft, &State::default())
        .or_else(|| aside::refutation(engine, prove, draft))
}

/// As [`refutation`], in one state.
pub(super) fn in_state(
    engine: &Engine,
    prove: &Prove,
    draft: &Draft,
    state: &State,
) -> Option<Refutation> {
    let Goal::Claim { premises, claim } = &prove.goal else {
        return None;
    };
    let request = engine.request(draft.clone()).ok()?;
    let about =
        prove.between.contains(request.at()) && engine.fulfils(&request, None, None, &prove.filter);
    if !about {
        return None;
    }
    let judgement = engine.judge(&request, state);
    let given = premises.iter();
    let given = given.map(|premise| judged(engine, &request, &judgement, premise));
    if given.into_iter().any(|given| given.is_err()) {
        return None;
    }
    let attempt = judged(engine, &request, &judgement, claim).err()?;
    let fallback = match (&judgement.outcome, attempt) {
        (Outcome::Route(plan), Some(attempt)) => plan.attempts.get(attempt)?.fallback,
        (Outcome::Route(_) | Outcome::Refuse(_), _) => None,
    };
    let through = let_through(engine, &request, &judgement, claim, fallback);
    Some(Refutation {
        draft: draft.clone(),
        state: state.clone(),
        judgement,
        attempt,
        through,
        mends: Vec::new(),
    })
}

/// Whether a claim is true of a decision. If it is not: the attempt that it is not true of, where
/// it is about attempts.
fn judged(
    engine: &Engine,
    request: &Request,
    judgement: &Judgement,
    claim: &Claim,
) -> Result<(), Option<usize>> {
    let whole = |holds: bool| if holds { Ok(()) } else { Err(None) };
    match (claim, &judgement.outcome) {
        (Claim::Routes, outcome) => whole(matches!(outcome, Outcome::Route(_))),
        (Claim::Refused, outcome) => whole(matches!(outcome, Outcome::Refuse(_))),
        (Claim::RefusedWith(_), Outcome::Route(_)) => whole(false),
        (Claim::RefusedWith(code), Outcome::Refuse(refusal)) => {
            let rule = engine.policy().rule(refusal.rule);
            whole(rule.is_some_and(|rule| rule.kind.code() == &**code))
        }
        (Claim::Every(_), Outcome::Refuse(_)) => Ok(()),
        (Claim::Every(condition), Outcome::Route(plan)) => {
            let mut attempts = plan.attempts.iter();
            let breaks = attempts.position(|attempt| {
                let route = Some(attempt.route.route());
                !engine.fulfils(request, attempt.fallback, route, condition)
            });
            breaks.map_or(Ok(()), |attempt| Err(Some(attempt)))
        }
    }
}

/// A class with some model's id in the place of its own.
pub(super) fn named(engine: &Engine, class: &Class) -> Option<Class> {
    let id = ids(engine).next()?;
    Some(Class {
        standing: Standing::Model,
        id: id.into(),
        window: Window::ALWAYS,
        ..class.clone()
    })
}

/// A class without a model.
pub(super) fn nameless(class: &Class) -> Class {
    Class {
        standing: Standing::Absent,
        id: Box::default(),
        window: Window::ALWAYS,
        ..class.clone()
    }
}

/// Every id of a model or an alias.
fn ids(engine: &Engine) -> impl Iterator<Item = &str> {
    let catalog = engine.catalog();
    let models = catalog.models.iter().map(|model| &*model.id);
    models.chain(catalog.aliases.iter().map(|alias| &*alias.id))
}

/// Says whether a request, whatever model it names, finds none that routes and fulfils the
/// condition of a question about all models.
pub(super) fn unserved(engine: &Engine, prove: &Prove, mut draft: Draft) -> Option<Refutation> {
    let Goal::SomeModelRoutes(condition) = &prove.goal else {
        return None;
    };
    let prefix = engine.policy().model_prefix.as_deref();
    let nameless = draft.body.model.is_none().then(|| draft.clone());
    let mut shown: Option<Refutation> = None;
    let mut telling = false;
    for id in ids(engine) {
        // A prefix is taken off once.
        let prefix = prefix.filter(|prefix| id.starts_with(prefix));
        draft.body.model = Some(format!("{}{id}", prefix.unwrap_or_default()));
        let request = engine.request(draft.clone()).ok()?;
        let about = prove.between.contains(request.at())
            && engine.fulfils(&request, None, None, &prove.filter);
        if !about {
            return None;
        }
        let judgement = engine.judge(&request, &State::default());
        let fulfils = |route| engine.fulfils(&request, None, Some(route), condition);
        if let Outcome::Route(plan) = &judgement.outcome
            && plan
                .attempts
                .iter()
                .any(|own| own.fallback.is_none() && fulfils(own.route.route()))
        {
            return None;
        }
        // One that would do but for the policy is worth showing, rather than the first.
        let would_do = !telling && engine.candidates(&request).into_iter().any(fulfils);
        if shown.is_none() || would_do {
            telling |= would_do;
            shown = Some(Refutation {
                draft: draft.clone(),
                state: State::default(),
                judgement,
                attempt: None,
                through: Vec::new(),
                mends: Vec::new(),
            });
        }
    }
    let Some(draft) = nameless else {
        return shown;
    };
    let mut shown = shown?;
    let request = engine.request(draft.clone()).ok()?;
    shown.judgement = engine.judge(&request, &shown.state);
    shown.draft = draft;
    Some(shown)
}
