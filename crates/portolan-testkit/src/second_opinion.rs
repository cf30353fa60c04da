//! Questions over all requests, judged for one request by the interpreter; and what a solver says
//! of the same question. How a question is written for a solver is `portolan-verify`'s.

use std::collections::BTreeMap;

use portolan_core::engine::Engine;
use portolan_core::judgement::Outcome;
use portolan_core::policy::{Claim, Condition, Goal, Prove};
use portolan_core::request::{Draft, Request, State};

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
    let asked = engine.truth(&prove.filter, &request, None, None) == Some(true);
    if !asked || !prove.between.contains(draft.at) {
        return Ok(false);
    }
    match &prove.goal {
        Goal::Claim { premises, claim } => {
            // Of a request that names one model and no fallback.
            if matches!(claim, Claim::Routes) && draft.chain.count > 0 {
                return Ok(false);
            }
            let mut premises = premises.iter();
            Ok(
                premises.all(|premise| holds(engine, &request, state, premise))
                    && !holds(engine, &request, state, claim),
            )
        }
        Goal::SomeModelRoutes(condition) => {
            let models = engine.catalog().models.iter();
            let mut models = models.map(|model| routes_as(engine, draft, &model.id, condition));
            Ok(!models.any(|routes| routes))
        }
        Goal::SameDecisionAs { .. } => Err("it is about two policies".to_owned()),
    }
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
        engine.truth(condition, request, attempt.fallback, route) == Some(true)
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
        engine.truth(condition, &request, None, route) == Some(true)
    })
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
