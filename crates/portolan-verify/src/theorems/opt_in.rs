//! Only opt-ins widen.
//!
//! A field of the body *widens* where a request goes if, with the field, some route survives that
//! the same request without it could not have gone to, nor to any as wide: one whose processing,
//! storage and providers contain those of the first. Without it means absent, `false` or empty, or
//! what the policy gives in its place; two requests are compared where no `refuse` speaks against
//! either. A model and a fallback are what a request names, not what widens it; each fallback is a
//! request of its own here.
//!
//! Where this is not all of the idea:
//! - A field that a `refuse` rule demands, such as `messages`, is not judged where it is demanded:
//!   without it there is nothing to compare with.
//! - Fields derived from the one left out stay as they are in the diagrams; what is reported was
//!   compared by the interpreter, from a request without the field, and has them anew.
//! - One route must be as wide; two that are so together do not count. A catalog may change which
//!   routes are as wide as others from one date to the next; here one must be so at every date.
//!   Where only that makes a difference, the answer is that nobody knows.

use std::collections::BTreeSet;

use portolan_core::catalog::{Catalog, Route};
use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::judgement::Outcome;
use portolan_core::policy::{BodyField, RuleKind};
use portolan_core::request::{Body, Draft, State};

use super::{Because, Inquiry, Unknown, Violation};

/// Looks for what a field widens, in one slice.
pub(super) fn look(inquiry: &mut Inquiry<'_>, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
    let passes = chart.passes(true)?;
    let fields = BodyField::ALL.iter().copied();
    let opt_ins = &chart.policy().opt_ins;
    let fields = fields.filter(|field| said(*field) && !opt_ins.contains(field));
    let mut survivors = Vec::new();
    for candidate in 0..chart.candidates().len() {
        // What is like one for which no field widens need not be looked at again.
        let known = |likeness| inquiry.kept.contains(likeness);
        if !chart.likeness(candidate).is_some_and(known) {
            survivors.push((candidate, chart.survives(candidate, true)?));
        }
    }
    let mut widened = BTreeSet::new();
    for field in fields {
        inquiry.looked += u64::try_from(chart.candidates().len()).unwrap_or(u64::MAX);
        if survivors.is_empty() {
            continue;
        }
        let passes_without = chart.unsaid(passes, field)?;
        for (candidate, survives) in survivors.iter().copied() {
            let still = chart.unsaid(survives, field)?;
            if still == survives {
                continue;
            }
            let compared = chart.and(survives, passes_without)?;
            let gained = chart.without(compared, still)?;
            if !gained.is_empty() {
                // Whether another candidate is as wide is a question to this slice.
                widened.insert(candidate);
                suspect(inquiry, chart, (field, candidate), gained)?;
            }
            if inquiry.found.is_some() {
                return Ok(());
            }
        }
    }
    let kept = survivors.iter().map(|(candidate, _)| *candidate);
    let kept = kept.filter(|candidate| !widened.contains(candidate));
    for likeness in kept.filter_map(|candidate| chart.likeness(candidate)) {
        inquiry.kept.insert(likeness);
    }
    Ok(())
}

/// Looks for a request that goes where it could not go without a field.
fn suspect(
    inquiry: &mut Inquiry<'_>,
    chart: &mut Chart<'_>,
    (field, candidate): (BodyField, usize),
    gained: Region,
) -> Result<(), Inconclusive> {
    let engine = inquiry.engine;
    let routes = |candidate: usize, chart: &Chart<'_>| {
        let position = chart.candidates().get(candidate).copied();
        let members = chart.members().iter();
        let routes = members.filter_map(|member| member.routes.get(usize::from(position?)));
        routes.copied().collect::<Vec<Route>>()
    };
    let own = routes(candidate, chart);
    let mut left = gained;
    for other in 0..chart.candidates().len() {
        let others = routes(other, chart);
        let mut pairs = others.iter().zip(&own);
        if pairs.all(|(wide, narrow)| always_as_wide(engine.catalog(), *wide, *narrow)) {
            let survives = chart.survives(other, true)?;
            let still = chart.unsaid(survives, field)?;
            left = chart.without(left, still)?;
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let mut found = None;
    inquiry.requests(chart, left, &mut |draft, _| {
        found = widened(engine, draft, field).map(|route| Violation {
            draft: draft.clone(),
            because: Because::Field { field, route },
        });
        found.is_some()
    })?;
    inquiry.found = found;
    if inquiry.found.is_none() {
        inquiry.unknown.get_or_insert(Unknown::NotReplayed);
    }
    Ok(())
}

/// The first route that a request goes to and could not have gone to without a field, by the
/// interpreter.
fn widened(engine: &Engine, draft: &Draft, field: BodyField) -> Option<Route> {
    let mut without = draft.clone();
    leave_out(&mut without.body, field);
    let reached = |draft: &Draft| {
        let request = engine.request(draft.clone()).ok()?;
        match engine.judge(&request, &State::default()).outcome {
            Outcome::Route(plan) => {
                let own = plan.attempts.iter();
                let own = own.filter(|attempt| attempt.fallback.is_none());
                Some(own.map(|attempt| attempt.route.route()).collect())
            }
            Outcome::Refuse(refusal) => {
                let kind = &engine.policy().rule(refusal.rule)?.kind;
                let refuses = matches!(
                    kind,
                    RuleKind::Refuse { .. } | RuleKind::UnknownModel { .. }
                );
                (!refuses).then(Vec::<Route>::new)
            }
        }
    };
    let (with, without) = (reached(draft)?, reached(&without)?);
    with.into_iter().find(|route| {
        let wide = |wide: &Route| as_wide(engine.catalog(), *wide, *route, draft.at).0;
        !without.iter().any(wide)
    })
}

/// Says whether one route is as wide as another at every date.
fn always_as_wide(catalog: &Catalog, wide: Route, narrow: Route) -> bool {
    if wide == narrow {
        return true;
    }
    let mut at = Some(Instant::from_unix_seconds(i64::MIN));
    for _ in 0..DATES {
        let Some(now) = at else { return true };
        let (holds, next) = as_wide(catalog, wide, narrow, now);
        if !holds {
            return false;
        }
        at = next;
    }
    false
}

/// Changes of two routes' places that are looked at.
const DATES: usize = 64;

/// Says whether one route's places and providers contain another's, and when that may change.
fn as_wide(catalog: &Catalog, wide: Route, narrow: Route, at: Instant) -> (bool, Option<Instant>) {
    let mut next: Option<Instant> = None;
    let mut later = |change: Option<Instant>| {
        next = next.into_iter().chain(change).min();
    };
    let places = [Catalog::processing, Catalog::storage].map(|fact| {
        let [outer, inner] = [wide, narrow].map(|route| {
            let names = fact(catalog, route, at);
            let place = catalog.union(names.value.as_deref(), at);
            later(names.next_change);
            later(place.next_change);
            place.value
        });
        inner.within(outer)
    });
    let providers = |route: Route| catalog.offering(route.offering).map(|o| &o.providers);
    let run = match (providers(wide), providers(narrow)) {
        (Some(outer), Some(inner)) => inner.iter().all(|provider| outer.contains(provider)),
        (None, _) | (_, None) => false,
    };
    (
        wide == narrow || (run && places.iter().all(|within| *within)),
        next,
    )
}

/// Says whether a field is one that a body says, and that does not name where it goes.
const fn said(field: BodyField) -> bool {
    match field {
        BodyField::Messages
        | BodyField::Prompt
        | BodyField::ModelRegion
        | BodyField::MaxTokens
        | BodyField::Temperature
        | BodyField::TopP
        | BodyField::Stream
        | BodyField::ToolChoice
        | BodyField::ResponseFormat
        | BodyField::ReasoningEffort
        | BodyField::ServiceTier
        | BodyField::ZeroDataRetention
        | BodyField::TranscriptId
        | BodyField::HasTranscriptId
        | BodyField::HasTranscriptTag
        | BodyField::PostProcessing
        | BodyField::Content
        | BodyField::ToolTypes
        | BodyField::Parameters => true,
        BodyField::Model
        | BodyField::InputTokens
        | BodyField::InputTokensEstimated
        | BodyField::TotalTokens
        | BodyField::TranscriptIdMalformed
        | BodyField::Fault
        | BodyField::FaultPath
        | BodyField::FaultDetail
        | BodyField::FallbackDepth
        | BodyField::FallbackRetry
        | BodyField::FallbackCount
        | BodyField::FallbackFault => false,
    }
}

/// Takes a field out of a body.
fn leave_out(body: &mut Body, field: BodyField) {
    match field {
        BodyField::Messages => body.messages = false,
        BodyField::Prompt => body.prompt = false,
        BodyField::ModelRegion => body.model_region = None,
        BodyField::MaxTokens => body.max_tokens = None,
        BodyField::Temperature => body.temperature = None,
        BodyField::TopP => body.top_p = None,
        BodyField::Stream => body.stream = false,
        BodyField::ToolChoice => body.tool_choice = None,
        BodyField::ResponseFormat => body.response_format = None,
        BodyField::ReasoningEffort => body.reasoning_effort = None,
        BodyField::ServiceTier => body.service_tier = None,
        BodyField::ZeroDataRetention => body.zero_data_retention = None,
        BodyField::TranscriptId | BodyField::HasTranscriptId => body.transcript_id = None,
        BodyField::HasTranscriptTag => body.has_transcript_tag = false,
        BodyField::PostProcessing => body.post_processing.clear(),
        BodyField::Content => body.content.clear(),
        BodyField::ToolTypes => body.tool_types.clear(),
        BodyField::Parameters => body.parameters.clear(),
        BodyField::Model
        | BodyField::InputTokens
        | BodyField::InputTokensEstimated
        | BodyField::TotalTokens
        | BodyField::TranscriptIdMalformed
        | BodyField::Fault
        | BodyField::FaultPath
        | BodyField::FaultDetail
        | BodyField::FallbackDepth
        | BodyField::FallbackRetry
        | BodyField::FallbackCount
        | BodyField::FallbackFault => {}
    }
}
