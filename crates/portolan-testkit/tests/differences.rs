//! Differences between the compiled form and the reference that were found once, each with the
//! smallest policy that showed it.

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_testkit::agree::{Asked, agree};
use portolan_testkit::policies::engine_of;

const CATALOG: &str = "catalog: 1
regions: {eu: {processing: EU27, storage: EU27}}
endpoints: {eu: {host: a.example, path: /, region: eu, ingress: EU27, default: true}}
providers: {p: {retention: zero}}
models:
  acme-1: {offerings: [{region: eu, provider: p}]}
";

fn engine(rules: &str) -> Engine {
    over(CATALOG, rules)
}

fn over(catalog: &str, rules: &str) -> Engine {
    let policy = format!("edition 1\npolicy found\nuse catalog \"catalog.yaml\"\n{rules}");
    engine_of(&policy, catalog)
}

fn draft() -> Draft {
    Draft::new("acme-1", Instant::from_unix_seconds(1_780_000_000))
}

/// Found by the fuzz target: a few texts were told apart by which one they are, although what
/// they begin with was asked for as well, wherever the ends of a beginning were among them.
#[test]
fn a_beginning_is_not_one_of_the_texts_at_its_ends() {
    let some = "request.tool_choice == \"a\" or request.tool_choice == \"b\"";
    for (when, texts) in [
        (
            format!("({some} or request.tool_choice matches \"a*\")"),
            ["ab", "c"],
        ),
        (
            "(request.tool_choice == \"\" or request.tool_choice matches \"*\")".to_owned(),
            ["eu", ""],
        ),
    ] {
        let engine = engine(&format!(
            "refuse 400 odd\n  when request.tool_choice is set and {when}\n  say \"no\"\n"
        ));
        for text in texts {
            let mut draft = draft();
            draft.body.tool_choice = Some(text.to_owned());
            let refused = text != "c";
            let expected = if refused { Asked::Refuse } else { Asked::Route };
            assert_eq!(
                agree(&engine, &draft, &State::default()),
                Ok(expected),
                "{text}"
            );
        }
    }
}

/// Found by a reader: what a lock demands of a place that moves is remembered once for all models,
/// and two of them whose dates stand elsewhere among their own were taken for one shape. One of
/// them then left the Union by the other's dates.
#[test]
fn a_place_that_moves_between_other_dates_is_another_shape() {
    let sold = |from: &str, until: &str| {
        format!("{{offerings: [{{region: moves, provider: p, from: {from}, until: {until}}}]}}")
    };
    let before = format!("  before: {}\n", sold("2026-01-01", "2026-03-01"));
    let after = format!("  after: {}\n", sold("2026-03-01", "2026-06-01"));
    for models in [format!("{before}{after}"), format!("{after}{before}")] {
        let catalog = format!(
            "catalog: 1
places:
  drift: {{members: [{{place: DE, until: 2026-03-01}}, {{place: US, from: 2026-03-01}}]}}
regions: {{moves: {{processing: drift, storage: DE}}}}
endpoints: {{eu: {{host: a.example, path: /, region: moves, ingress: EU27, default: true}}}}
providers: {{p: {{retention: zero}}}}
models:
{models}"
        );
        let engine = over(&catalog, "lock processing within EU27\n");
        for model in ["before", "after"] {
            for month in 1..=7 {
                let at = Instant::parse(&format!("2026-0{month}-15")).unwrap();
                let draft = Draft::new(model, at);
                let expected = if model == "before" && month < 3 {
                    Asked::Route
                } else {
                    Asked::Refuse
                };
                let asked = agree(&engine, &draft, &State::default());
                assert_eq!(asked, Ok(expected), "{model} in month {month}\n{catalog}");
            }
        }
    }
}

/// Found by a reader: a refusal for a fallback was read as if the primary were called.
#[test]
fn a_refused_request_has_no_first_attempt() {
    let rules = "on unknown-model chain refuse 404 model-not-found say \"no\"\n";
    let engine = engine(rules);
    let mut draft = draft();
    let mut fallback = draft.body.clone();
    fallback.model = Some("nobody".to_owned());
    draft.fallbacks.push(fallback);
    draft.chain.count = 1;
    assert_eq!(agree(&engine, &draft, &State::default()), Ok(Asked::Refuse));
    let (request, state) = (engine.request(draft).unwrap(), State::default());
    let decision = engine.decide(&request, &state);
    assert!(engine.view(&request, &state, &decision).first().is_none());
}

/// Found by a reader: what is left of a set is there only where both sets are.
#[test]
fn what_is_left_of_a_set_that_nobody_states_is_not_set() {
    let engine = engine(
        "exclude 400 unknown\n  when request.parameters without route.parameters is not set\n  say \"no\"\n",
    );
    let asked = agree(&engine, &draft(), &State::default());
    assert_eq!(asked, Ok(Asked::Refuse));
}

/// Found by a reader: a text and the same with a NUL behind it are two.
#[test]
fn texts_that_differ_in_a_last_nul_are_told_apart() {
    let engine = engine(
        "refuse 400 odd\n  when request.tool_choice is set and (request.tool_choice == \"a\\u{0}\" \
         or request.tool_choice == \"a\\u{0}\\u{0}\")\n  say \"no\"\n\
         refuse 400 other\n  when request.tool_choice is set and request.tool_choice == \"a\"\n  say \"no\"\n",
    );
    for text in ["a", "a\0", "a\0\0", "a\0\0\0", "b"] {
        let mut draft = draft();
        draft.body.tool_choice = Some(text.to_owned());
        let asked = agree(&engine, &draft, &State::default());
        assert!(asked.is_ok(), "{text:?}: {asked:?}");
    }
}

/// A panel compares each number by itself: one second or one token too late is another decision.
/// Random requests seldom stand on such an edge, and never on that of a sum.
#[test]
fn a_panel_turns_where_its_numbers_stand() {
    let catalog = CATALOG.replace(
        "acme-1: {",
        "acme-1: {released: 2026-01-01, retires: 2026-07-01, max_output: 100, context_window: 1000, ",
    );
    let rules = r#"
opt-in request.model_region
default request.max_tokens = 10
refuse 400 invalid-model-region
  when request.model_region is set and request.model_region != "global"
  say "no"
exclude 404 model-not-available
  when (route.model.released is set and request.at < route.model.released)
    or (route.model.retires is set and request.at >= route.model.retires)
  say "no"
exclude 400 max-tokens-out-of-range
  when route.max_output is set and request.max_tokens > route.max_output
  say "no"
exclude 400 context-window-exceeded
  when route.context_window is set and request.total_tokens > route.context_window
  say "no"
warn dear "it costs more now"
  when request.at >= 2026-04-01
set stream = false
  when request.stream
  noting stream-ignored "it comes in one piece"
"#;
    let engine = over(&catalog, rules);
    let extent = engine.extent();
    assert_eq!(extent.panelled, extent.compiled);
    let dates = ["2026-01-01", "2026-04-01", "2026-07-01"];
    let dates = dates.map(|date| Instant::parse(date).unwrap().unix_seconds());
    let instants = dates.into_iter().flat_map(|at| [at - 1, at]);
    let (mut routes, mut refusals) = (0, 0);
    for at in instants {
        for region in [
            None,
            Some("global"),
            Some("globak"),
            Some("globam"),
            Some(""),
        ] {
            for (most, input) in [(100, 900), (100, 901), (101, 0), (-5, 1000), (-5, 1001)] {
                for stream in [false, true] {
                    let mut draft = Draft::new("acme-1", Instant::from_unix_seconds(at));
                    draft.body.model_region = region.map(str::to_owned);
                    draft.body.max_tokens = Some(most);
                    draft.body.input_tokens = input;
                    draft.body.stream = stream;
                    match agree(&engine, &draft, &State::default()) {
                        Ok(Asked::Route) => routes += 1,
                        Ok(Asked::Refuse) => refusals += 1,
                        other => panic!("{draft:?}: {other:?}"),
                    }
                }
            }
        }
    }
    // Sold at four of the six instants, for two of the five regions, for two of the five sums.
    assert_eq!((routes, refusals), (32, 268));
}

/// A panel compares in few bits. What does not fit, of a model or of a request, is walked.
#[test]
fn numbers_that_a_panel_has_no_room_for_are_compared_all_the_same() {
    let windows = [
        0,
        1,
        2_147_483_646,
        2_147_483_647,
        4_294_967_295,
        9_007_199_254_740_991_i64,
    ];
    let released = ["1970-01-01", "2038-01-20", "2106-02-08"];
    let rules = r#"
exclude 404 too-early
  when route.model.released is set and request.at < route.model.released
  say "no"
exclude 400 max-tokens-out-of-range
  when route.max_output is set and request.max_tokens is set and request.max_tokens >= route.max_output
  say "no"
exclude 400 context-window-exceeded
  when route.context_window is set and request.total_tokens > route.context_window
  say "no"
"#;
    let dates = released.map(|date| Instant::parse(date).unwrap().unix_seconds());
    let instants = dates.into_iter().flat_map(|at| [at - 1, at]);
    let instants: Vec<i64> = instants.chain([1 << 31, (1 << 32) - 1, 1 << 32]).collect();
    let tokens = [
        -1,
        0,
        1,
        (1 << 31) - 2,
        (1 << 31) - 1,
        1 << 31,
        1 << 32,
        i64::MAX,
    ];
    let (mut routes, mut refusals) = (0, 0);
    for (window, released) in windows.iter().flat_map(|w| released.map(|date| (w, date))) {
        let model = format!(
            "acme-1: {{released: {released}, max_output: {window}, context_window: {window}, "
        );
        let engine = over(&CATALOG.replace("acme-1: {", &model), rules);
        for at in &instants {
            let sums = tokens
                .iter()
                .flat_map(|most| tokens.map(|input| (Some(*most), input)));
            for (most, input) in sums.chain(tokens.map(|input| (None, input))) {
                let mut draft = Draft::new("acme-1", Instant::from_unix_seconds(*at));
                (draft.body.max_tokens, draft.body.input_tokens) = (most, input);
                match agree(&engine, &draft, &State::default()) {
                    Ok(Asked::Route) => routes += 1,
                    Ok(Asked::Refuse) => refusals += 1,
                    other => panic!("{draft:?}: {other:?}"),
                }
            }
        }
    }
    assert!(routes > 1_000 && refusals > 1_000, "{routes}, {refusals}");
}

/// A decision and a caller of another engine mean nothing to this one.
#[test]
fn what_another_engine_accepted_is_refused() {
    let (ours, other) = (engine(""), engine("lock processing within EU27\n"));
    let (request, state) = (other.request(draft()).unwrap(), State::default());
    let decision = ours.decide(&request, &state);
    assert!(matches!(
        decision.outcome,
        portolan_core::decision::Outcome::Refuse(_)
    ));
    let ours_request = ours.request(draft()).unwrap();
    let foreign = other.decide(&request, &state);
    let view = ours.view(&ours_request, &state, &foreign);
    assert_eq!(view.attempts().count(), 1);
}
