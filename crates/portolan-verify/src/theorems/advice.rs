//! Help is legal: models that a help line names are called in the request's place.

use portolan_core::diagram::survey::{Chart, Inconclusive};
use portolan_core::judgement::Outcome;
use portolan_core::policy::{Piece, Policy, Rule, RuleId, Slot};
use portolan_core::request::{Draft, State};

use super::{Advised, Because, Inquiry, Violation};

/// Asks one refused request of each rule, in one slice.
pub(super) fn look(
    inquiry: &mut Inquiry<'_>,
    advised: &Advised<'_>,
    chart: &mut Chart<'_>,
) -> Result<(), Inconclusive> {
    for (rule, slots) in advising(chart.policy()) {
        let refused = chart.refused_by(true, &|id| id == rule)?;
        if refused.is_empty() || inquiry.left == 0 {
            continue;
        }
        let mut sample = None;
        inquiry.requests(chart, refused, &mut |draft, _| {
            sample = Some(draft.clone());
            true
        })?;
        let Some(draft) = sample else { continue };
        let Ok(request) = inquiry.engine.request(draft.clone()) else {
            continue;
        };
        for slot in slots {
            for model in advised(&request, slot) {
                inquiry.looked += 1;
                if !works(inquiry, &draft, &model) && inquiry.found.is_none() {
                    inquiry.found = Some(Violation {
                        draft: draft.clone(),
                        because: Because::Advice { rule, model },
                    });
                }
            }
        }
    }
    Ok(())
}

/// The rules whose help names models, each with the slots that do. `{sold-in}` says where a model
/// is sold; it does not say that this request may go there.
fn advising(policy: &Policy) -> Vec<(RuleId, Vec<Slot>)> {
    let slots = |rule: &Rule| {
        let pieces = rule.help.iter().flat_map(|line| &line.pieces);
        let slots = pieces.filter_map(|piece| match piece {
            Piece::Slot(slot @ (Slot::Successor | Slot::Alternatives | Slot::Near)) => Some(*slot),
            Piece::Slot(Slot::SoldIn) | Piece::Text(_) | Piece::Term(_) => None,
        });
        slots.collect::<Vec<_>>()
    };
    let rules = policy.rules().map(|(id, rule)| (id, slots(rule)));
    rules.filter(|(_, slots)| !slots.is_empty()).collect()
}

/// Says whether a request routes once it names another model.
fn works(inquiry: &Inquiry<'_>, draft: &Draft, model: &str) -> bool {
    let mut other = draft.clone();
    other.body.model = Some(model.to_owned());
    let request = inquiry.engine.request(other);
    request.is_ok_and(|request| {
        let judgement = inquiry.engine.judge(&request, &State::default());
        match judgement.outcome {
            Outcome::Route(_) => true,
            // A fault of a fallback is none of the model's.
            Outcome::Refuse(refusal) => refusal.fallback.is_some(),
        }
    })
}
