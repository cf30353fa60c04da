//! Questions over all requests, judged for one request by the interpreter; and what a solver says
//! of the same question. How a question is written for a solver is `portolan-verify`'s.

use std::collections::BTreeMap;

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::judgement::Outcome;
use portolan_core::policy::{BodyField, Claim, Condition, Goal, Prove, Term};
use portolan_core::request::{Auth, Body, Draft, Request, State};
use portolan_verify::smt::YEAR_0;

use crate::dice::Dice;
use crate::domain::{Domain, atoms, terms_of};

/// Says whether a request speaks against what a `prove` claims, by the interpreter.
///
/// # Errors
/// When the draft is no request, or the question is about two policies.
pub fn speaks_against(
    engine: &Engine,
    prove: &Prove,
    draft: &Draft,
    state: &State,
) -> Result<bool, String> {
    let request = engine.request(draft.clone()).map_err(|e| e.to_string())?;
    let asked = engine.fulfils(&request, None, None, &prove.filter);
    if !asked || !prove.between.contains(draft.at) || !plain_enough(prove, draft) {
        return Ok(false);
    }
    match &prove.goal {
        Goal::Claim { premises, claim } => {
            let named = request.primary().target.is_some();
            if matches!(claim, Claim::Routes) && !named {
                return Ok(false);
            }
            let mut premises = premises.iter();
            Ok(
                premises.all(|premise| given(engine, &request, state, premise))
                    && !holds(engine, &request, state, claim),
            )
        }
        Goal::SomeModelRoutes(condition) => {
            let models = engine.catalog().models.iter().map(|model| &model.id);
            let ids = models.chain(engine.catalog().aliases.iter().map(|alias| &alias.id));
            let mut routes = ids.map(|id| routes_as(engine, draft, id, condition));
            Ok(!routes.any(|routes| routes))
        }
        Goal::SameDecisionAs { .. } => Err("it is about two policies".to_owned()),
    }
}

/// What must route, or be refused for one reason, or find some model, is said of plain requests:
/// as far as the `where` does not ask.
fn plain_enough(prove: &Prove, draft: &Draft) -> bool {
    let plain = match &prove.goal {
        Goal::Claim { claim, .. } => matches!(claim, Claim::Routes | Claim::RefusedWith(_)),
        Goal::SomeModelRoutes(_) | Goal::SameDecisionAs { .. } => true,
    };
    let asked: Vec<&Term> = atoms(&prove.filter)
        .into_iter()
        .flat_map(terms_of)
        .collect();
    let asks = |terms: &[Term]| terms.iter().any(|term| asked.contains(&term));
    let of_body = |fields: &[BodyField]| {
        let terms: Vec<Term> = fields.iter().map(|field| Term::Body(*field)).collect();
        asks(&terms)
    };
    let fault = [
        BodyField::Fault,
        BodyField::FaultPath,
        BodyField::FaultDetail,
    ];
    let alone = draft.chain.count <= 0 && draft.fallbacks.is_empty();
    !plain
        || (draft.auth == Auth::NotJudged || asks(&[Term::Auth, Term::AuthHeader]))
            && (draft.body.faults.is_empty() || of_body(&fault))
            && (draft.chain.fault.is_none() || of_body(&[BodyField::FallbackFault]))
            && (alone || of_body(&[BodyField::FallbackCount]))
}

/// Says whether one decision is what a premise says. One about attempts is not asked of a state in
/// which all of them are put aside.
fn given(engine: &Engine, request: &Request, state: &State, premise: &Claim) -> bool {
    let routes = |state: &State| {
        let judged = engine.judge(request, state);
        matches!(judged.outcome, Outcome::Route(_))
    };
    let aside = matches!(premise, Claim::Every(_)) && routes(&State::default()) && !routes(state);
    !aside && holds(engine, request, state, premise)
}

/// Says whether one decision is what a claim says. Whether it routes is said for good, whatever is
/// known about now.
fn holds(engine: &Engine, request: &Request, state: &State, claim: &Claim) -> bool {
    let for_good = engine.judge(request, &State::default()).outcome;
    match (claim, &for_good) {
        (Claim::Routes, outcome) => matches!(outcome, Outcome::Route(_)),
        (Claim::Refused, outcome) => matches!(outcome, Outcome::Refuse(_)),
        (Claim::RefusedWith(code), Outcome::Refuse(refusal)) => {
            let rule = engine.policy().rule(refusal.rule);
            rule.is_some_and(|rule| rule.kind.code() == &**code)
        }
        (Claim::RefusedWith(_), Outcome::Route(_)) => false,
        (Claim::Every(condition), _) => every(engine, request, state, condition),
    }
}

fn every(engine: &Engine, request: &Request, state: &State, condition: &Condition) -> bool {
    let Outcome::Route(plan) = engine.judge(request, state).outcome else {
        return true;
    };
    plan.attempts.iter().all(|attempt| {
        let route = Some(attempt.route.route());
        engine.fulfils(request, attempt.fallback, route, condition)
    })
}

/// The request with another model's id routes to where a condition holds.
fn routes_as(engine: &Engine, draft: &Draft, id: &str, condition: &Condition) -> bool {
    let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
    let mut draft = draft.clone();
    draft.body.model = Some(format!("{prefix}{id}"));
    let Ok(request) = engine.request(draft) else {
        return false;
    };
    let judged = engine.judge(&request, &State::default());
    let Outcome::Route(plan) = judged.outcome else {
        return false;
    };
    let own = plan.attempts.iter().filter(|a| a.fallback.is_none());
    own.into_iter().any(|attempt| {
        let route = Some(attempt.route.route());
        engine.fulfils(&request, None, route, condition)
    })
}

/// A request that a question can be asked of: nothing less than nothing in it, no year before 0,
/// and at most one fallback, which names something that the catalog knows.
pub fn request(dice: &mut Dice, engine: &Engine, domain: &Domain, prove: &Prove) -> Draft {
    let mut draft = domain.draft(dice);
    draft.at = draft.at.max(Instant::from_unix_seconds(YEAR_0));
    draft.fallbacks.truncate(1);
    let attempts = match &prove.goal {
        Goal::Claim { premises, claim } => {
            let mut all = premises.iter().chain([claim]);
            all.any(|claim| matches!(claim, Claim::Every(_)))
        }
        Goal::SomeModelRoutes(_) | Goal::SameDecisionAs { .. } => false,
    };
    if !attempts {
        draft.fallbacks.clear();
    }
    let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
    let known = |id: &str| {
        let id = id.strip_prefix(prefix).unwrap_or(id);
        engine.catalog().lookup(id, draft.at).value.is_some()
    };
    let named = draft.fallbacks.first().and_then(|body| body.model.clone());
    if !named.is_some_and(|id| known(&id)) {
        draft.fallbacks.clear();
    }
    draft.chain.count = draft.chain.count.max(0);
    for body in [&mut draft.body].into_iter().chain(&mut draft.fallbacks) {
        body.input_tokens = body.input_tokens.max(0);
        body.transcript_id_malformed &= body.transcript_id.is_some();
    }
    if let (Some(fallback), body) = (draft.fallbacks.first_mut(), &draft.body) {
        lay_over(fallback, body);
    }
    if draft.chain.count == 0 && draft.fallbacks.is_empty() {
        draft.chain.fault = None;
    }
    // Most often a plain request, which is what many questions are about.
    if dice.chance(70) {
        draft.auth = Auth::NotJudged;
        draft.auth_header = None;
        draft.body.faults.clear();
        draft.chain.fault = None;
        draft.chain.count = 0;
    }
    draft
}

/// Makes a fallback's effective body of what it says and of the body that it is a fallback of.
pub fn lay_over(fallback: &mut Body, body: &Body) {
    // A fallback takes nothing away.
    fallback.messages |= body.messages;
    fallback.prompt |= body.prompt;
    let text = |own: &mut Option<String>, of: &Option<String>| {
        *own = own.take().or_else(|| of.clone());
    };
    text(&mut fallback.model_region, &body.model_region);
    text(&mut fallback.tool_choice, &body.tool_choice);
    text(&mut fallback.response_format, &body.response_format);
    text(&mut fallback.reasoning_effort, &body.reasoning_effort);
    text(&mut fallback.service_tier, &body.service_tier);
    text(&mut fallback.transcript_id, &body.transcript_id);
    fallback.max_tokens = fallback.max_tokens.or(body.max_tokens);
    fallback.temperature = fallback.temperature.or(body.temperature);
    fallback.top_p = fallback.top_p.or(body.top_p);
    fallback.zero_data_retention = fallback.zero_data_retention.or(body.zero_data_retention);
    if fallback.faults.is_empty() {
        fallback.faults.clone_from(&body.faults);
    }
}

/// What a solver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// `unsat`: nothing speaks against it.
    Proved,
    /// `sat`, with the values of the symbols; flags are 0 and 1.
    Refuted(BTreeMap<String, i128>),
}

/// Reads what a solver printed.
///
/// # Errors
/// When it is neither `sat` with values nor `unsat`.
pub fn read(printed: &str) -> Result<Said, String> {
    let (first, rest) = printed.split_once('\n').unwrap_or((printed, ""));
    match first.trim() {
        "unsat" => Ok(Said::Proved),
        "sat" => values(rest).map(Said::Refuted),
        _ => Err(format!("the solver said: {}", printed.trim())),
    }
}

/// Pairs of a symbol and a value: `((a 1) (b (- 2)) (c true))`.
fn values(text: &str) -> Result<BTreeMap<String, i128>, String> {
    let spaced = text.replace(['(', ')'], " ");
    let mut words = spaced.split_whitespace();
    let mut out = BTreeMap::new();
    while let Some(symbol) = words.next() {
        let broken = || format!("the solver gave no value for {symbol}");
        let value = match words.next().ok_or_else(broken)? {
            "true" => 1,
            "false" => 0,
            "-" => {
                let n: i128 = words
                    .next()
                    .and_then(|n| n.parse().ok())
                    .ok_or_else(broken)?;
                -n
            }
            n => n.parse().map_err(|_| broken())?,
        };
        out.insert(symbol.to_owned(), value);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_solver_prints_is_read() {
        assert_eq!(read("unsat\n(error \"no model\")"), Ok(Said::Proved));
        let printed = "sat\n((a 1)\n (b (- 2)) (c? true) (d false))\n";
        let values = [("a", 1), ("b", -2), ("c?", 1), ("d", 0)];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(read(printed), Ok(Said::Refuted(BTreeMap::from(values))));
        assert!(read("unknown").is_err());
    }
}
