//! The two lemmas of `docs/proofs.md` about chains, by brute force over short ones.

use std::collections::BTreeSet;

use portolan_core::catalog::Route;
use portolan_core::engine::Engine;
use portolan_core::judgement::Outcome;
use portolan_core::request::{Body, Draft, State};
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::posted;
use portolan_testkit::random::Example;

use crate::{read, scale};

const POLICIES: u64 = 60;
const REQUESTS: u64 = 120;

fn engines() -> impl Iterator<Item = (u64, Engine)> {
    (0..POLICIES * scale()).filter_map(|seed| {
        let engine = Example::from_seed(seed).compile().engine?;
        Some((seed, engine))
    })
}

/// Says whether every field of a body that is there is there in a fallback's as well.
fn takes_nothing_away(body: &Body, fallback: &Body) -> bool {
    let stays = |there: bool, still: bool| !there || still;
    let used = body.parameters.iter();
    let mut used = used.filter(|name| *name != "cache_control");
    stays(body.messages, fallback.messages)
        && stays(body.prompt, fallback.prompt)
        && stays(body.model_region.is_some(), fallback.model_region.is_some())
        && stays(body.max_tokens.is_some(), fallback.max_tokens.is_some())
        && stays(body.temperature.is_some(), fallback.temperature.is_some())
        && stays(body.top_p.is_some(), fallback.top_p.is_some())
        && stays(body.tool_choice.is_some(), fallback.tool_choice.is_some())
        && stays(body.response_format.is_some(), fallback.response_format.is_some())
        && stays(body.service_tier.is_some(), fallback.service_tier.is_some())
        && stays(
            body.zero_data_retention.is_some(),
            fallback.zero_data_retention.is_some(),
        )
        && stays(body.transcript_id.is_some(), fallback.transcript_id.is_some())
        && used.all(|name| fallback.parameters.contains(name))
        // Tokens that the caller counted are those of every text but a fallback's own.
        && (fallback.input_tokens_estimated || fallback.input_tokens == body.input_tokens)
}

#[test]
fn a_fallback_shares_the_envelope_and_takes_no_field_away() {
    let mut seen = 0;
    for (seed, engine) in engines() {
        let domain = Domain::of(&engine);
        for request in 0..REQUESTS {
            let dice = &mut Dice::new(seed * 7_919 + request);
            let draft = read(&engine, &posted::envelope(dice, &domain));
            for fallback in &draft.fallbacks {
                seen += 1;
                let stays = takes_nothing_away(&draft.body, fallback);
                assert!(stays, "{:#?}\n{fallback:#?}", draft.body);
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

/// The routes that a request's attempts take, by fallback; none where it is refused.
fn attempts(engine: &Engine, draft: &Draft, state: &State) -> Option<BTreeSet<(usize, Route)>> {
    let request = engine.request(draft.clone()).unwrap();
    let Outcome::Route(plan) = engine.judge(&request, state).outcome else {
        return None;
    };
    // The primary is 0, its first fallback 1.
    let each = plan.attempts.iter().map(|attempt| {
        let place = attempt.fallback.map_or(0, |fallback| fallback + 1);
        (place, attempt.route.route())
    });
    Some(each.collect())
}

fn of(attempts: &BTreeSet<(usize, Route)>, place: usize) -> BTreeSet<Route> {
    let own = attempts.iter().filter(|(own, _)| *own == place);
    own.map(|(_, route)| *route).collect()
}

#[test]
fn a_routes_fate_is_that_of_its_effective_request_alone() {
    let (mut compared, mut surviving) = (0, 0);
    for (seed, engine) in engines() {
        // A plan with room for few says less than who survives.
        if engine.policy().plan_at_most.is_some() {
            continue;
        }
        let domain = Domain::of(&engine);
        for request in 0..REQUESTS {
            let dice = &mut Dice::new(seed * 104_729 + request);
            let mut draft = domain.draft(dice);
            while draft.fallbacks.len() < 2 {
                draft.fallbacks.push(domain.draft(dice).body);
            }
            draft.fallbacks.truncate(2);
            draft.chain.depth = Some(2);
            draft.chain.count = 2;
            // Behind another body, and in another order.
            let mut other = draft.clone();
            other.body = domain.draft(dice).body;
            other.fallbacks.reverse();
            let none = State::default();
            let both = attempts(&engine, &draft, &none).zip(attempts(&engine, &other, &none));
            let Some((one, two)) = both else { continue };
            for (here, there) in [(1, 2), (2, 1)] {
                compared += 1;
                let (own, same) = (of(&one, here), of(&two, there));
                surviving += usize::from(!own.is_empty());
                assert_eq!(own, same, "seed {seed}\n{draft:#?}\n{other:#?}");
            }
        }
    }
    assert!(
        compared > 500 && surviving > 100,
        "{surviving} of {compared}"
    );
}

#[test]
fn what_is_known_about_now_only_takes_attempts_away() {
    let (mut fewer, mut as_many) = (0, 0);
    for (seed, engine) in engines() {
        // What leaves a plan makes room in one that has room for few.
        if engine.policy().plan_at_most.is_some() {
            continue;
        }
        let domain = Domain::of(&engine);
        for request in 0..REQUESTS {
            let dice = &mut Dice::new(seed * 15_485_863 + request);
            let (mut draft, state) = (domain.draft(dice), domain.state(dice));
            draft.fallbacks.truncate(2);
            let legal = attempts(&engine, &draft, &State::default()).unwrap_or_default();
            let now = attempts(&engine, &draft, &state).unwrap_or_default();
            assert!(now.is_subset(&legal), "seed {seed}\n{draft:#?}\n{state:#?}");
            if now.len() < legal.len() {
                fewer += 1;
            } else {
                as_many += 1;
            }
        }
    }
    assert!(fewer > 100 && as_many > 100, "{fewer} and {as_many}");
}
