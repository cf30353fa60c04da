//! Requests that show a change: made of the classes of a region, and kept where the interpreter
//! answers them as the change says.

use portolan_core::catalog::Route;
use portolan_core::diagram::survey::{Chart, Member, Region, Standing};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Auth, Draft};

use super::What;
use super::answer::{Answer, Plan};
use super::compare::endpoint;
use crate::witness;

/// Classes of requests that are tried in search of one whose answer changes.
const TRIED: usize = 512;
/// Requests of which the smallest is shown.
const COMPARED: usize = 24;

/// Requests of a region: the plainest first, if it is one, then one of each class. Stops when
/// `visit` says so.
pub(super) fn requests(
    engine: &Engine,
    chart: &Chart<'_>,
    member: &Member<'_>,
    region: Region,
    visit: &mut dyn FnMut(Draft) -> bool,
) {
    if chart.standing() == Standing::Model || !member.id.is_empty() {
        let plain = Draft {
            endpoint: Some(endpoint(engine, chart)),
            ..Draft::new(member.id, Instant::MIN)
        };
        if !visit(plain) {
            return;
        }
    }
    let mut left = TRIED;
    chart.classes(region, member, &mut |class| {
        left -= 1;
        let more = witness(engine, class).is_none_or(&mut *visit);
        more && left > 0
    });
}

/// The smallest of some requests whose answer changes so.
pub(super) fn smallest(
    engine: &Engine,
    chart: &Chart<'_>,
    member: &Member<'_>,
    region: Region,
    (what, at): (&What, Instant),
) -> Option<(Draft, Answer, Answer)> {
    let mut best: Option<(usize, Draft, Answer, Answer)> = None;
    let mut left = COMPARED;
    requests(engine, chart, member, region, &mut |draft| {
        let before = Answer::of(engine, &draft, at.plus_seconds(-1));
        let after = Answer::of(engine, &draft, at);
        let (Some(before), Some(after)) = (before, after) else {
            return true;
        };
        if !shows(what, &before, &after) {
            return true;
        }
        let size = size(&draft);
        if best.as_ref().is_none_or(|(least, ..)| size < *least) {
            let draft = Draft { at, ..draft };
            best = Some((size, draft, before, after));
        }
        left -= 1;
        left > 0
    });
    best.map(|(_, draft, before, after)| (draft, before, after))
}

/// How much there is to read in a request: the fields that it does not leave at their defaults.
fn size(draft: &Draft) -> usize {
    let body = &draft.body;
    let fields = [
        draft.auth != Auth::NotJudged,
        draft.auth_header.is_some(),
        draft.chain.depth.is_some(),
        draft.chain.retry.is_some(),
        draft.chain.fault.is_some(),
        body.prompt,
        body.model_region.is_some(),
        body.max_tokens.is_some(),
        body.temperature.is_some(),
        body.top_p.is_some(),
        body.stream,
        body.tool_choice.is_some(),
        body.response_format.is_some(),
        body.reasoning_effort.is_some(),
        body.service_tier.is_some(),
        body.zero_data_retention.is_some(),
        body.transcript_id.is_some(),
        body.has_transcript_tag,
        body.input_tokens_estimated,
        body.input_tokens != 0,
    ];
    let sets = [
        &body.post_processing,
        &body.content,
        &body.tool_types,
        &body.parameters,
    ];
    let words: usize = sets.iter().map(|set| set.len()).sum();
    let set = fields.iter().filter(|is| **is).count();
    set + words + body.faults.len() + draft.attributes.len() + draft.fallbacks.len()
}

/// Says whether two answers differ as a change says.
fn shows(what: &What, before: &Answer, after: &Answer) -> bool {
    let has = |plan: Option<&Plan>, route: Route| {
        plan.is_some_and(|plan| plan.attempts.iter().any(|a| a.route == route))
    };
    let attempt = |answer: &Answer, route: Route| {
        let plan = answer.plan()?;
        let attempt = plan.attempts.iter().find(|a| a.route == route)?;
        Some((attempt.price, attempt.places.clone()))
    };
    let refused = |answer: &Answer, as_with: &(u16, Box<str>)| match answer {
        Answer::Refusal { status, code } => (*status, code) == (as_with.0, &as_with.1),
        Answer::Route(_) => false,
    };
    match what {
        What::Stops { code } => before.routes() && refused(after, code),
        What::Starts { code } => refused(before, code) && after.routes(),
        What::RefusedOtherwise {
            before: one,
            after: other,
        } => refused(before, one) && refused(after, other),
        What::Loses(route) => {
            has(before.plan(), *route) && after.routes() && !has(after.plan(), *route)
        }
        What::Gains(route) => {
            before.routes() && !has(before.plan(), *route) && has(after.plan(), *route)
        }
        What::Reordered => {
            let common = |one: &Answer, other: &Answer| -> Vec<Route> {
                let plan = one.plan().into_iter();
                let routes = plan.flat_map(|plan| plan.attempts.iter().map(|a| a.route));
                routes.filter(|r| has(other.plan(), *r)).collect()
            };
            common(before, after) != common(after, before)
        }
        What::Priced {
            route,
            before: cost,
            after: costs,
            ..
        } => {
            let price = |answer| attempt(answer, *route).map(|(price, _)| price);
            price(before) == Some(**cost) && price(after) == Some(**costs)
        }
        What::Placed(route) => {
            let places = |answer| attempt(answer, *route).map(|(_, places)| places);
            places(before).is_some() && places(after).is_some() && places(before) != places(after)
        }
        What::Warns { code, now } => {
            let (Some(before), Some(after)) = (before.plan(), after.plan()) else {
                return false;
            };
            let (more, fewer) = if *now {
                (after, before)
            } else {
                (before, after)
            };
            more.warnings.contains(code) && !fewer.warnings.contains(code)
        }
        What::Sets { .. } | What::Limits { .. } | What::Retries { .. } | What::Means => {
            before != after
        }
    }
}
