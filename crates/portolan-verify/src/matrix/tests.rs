//! The table is what the engine decides, at every instant.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only some types of attributes have few values"
)]

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::answer::{Answer, Outcome};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{Glob, Type};
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, engine_of, shipped};
use portolan_testkit::random::Example;

use super::{Ask, By, Filter, Matrix, Options, Row, Span, Standing, matrix};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn engine(path: &str) -> Engine {
    compile(&Origin::Shipped(path.into())).engine.unwrap()
}

/// Somebody that the policy takes.
fn attributes(engine: &Engine) -> BTreeMap<String, String> {
    let policy = engine.policy();
    let mut given = BTreeMap::new();
    for attribute in &policy.attributes {
        if attribute.default.is_some() || attribute.optional {
            continue;
        }
        let value = match &attribute.of {
            Type::Key(table) => policy.tables[*table as usize].keys[0].to_string(),
            Type::Choice(words) => words[0].to_string(),
            Type::Bool => "true".to_owned(),
            _ => "1".to_owned(),
        };
        given.insert(attribute.name.to_string(), value);
    }
    given
}

fn asked(engine: &Engine, span: Span) -> Matrix<'_> {
    let options = Options {
        span,
        attributes: attributes(engine),
        filter: Filter::default(),
    };
    matrix(engine, &options).unwrap()
}

fn between(from: &str, until: &str) -> Span {
    Span::Between {
        from: at(from),
        until: Some(at(until)),
    }
}

/// The row of a model in a region through an endpoint.
fn row<'m, 'e>(matrix: &'m Matrix<'e>, model: &str, region: &str, endpoint: &str) -> &'m Row<'e> {
    let is = |row: &&Row<'_>| {
        &*row.model.id == model && &*row.region.name == region && &*row.endpoint.name == endpoint
    };
    matrix.rows.iter().find(is).unwrap()
}

fn standing<'e>(matrix: &Matrix<'e>, model: &str, region: &str, endpoint: &str) -> Standing<'e> {
    row(matrix, model, region, endpoint).periods[0].standing
}

#[test]
fn a_region_that_is_asked_for_by_name_is_asked_for_and_any_other_is_not() {
    let engine = engine("rules/assemblyai");
    let matrix = asked(&engine, Span::At(at("2026-03-15")));
    let sonnet = |region, endpoint| standing(&matrix, "claude-sonnet-4-6", region, endpoint);
    let first = |ask| Standing::Routed { ask, place: 0 };
    assert_eq!(sonnet("us", "us"), first(Ask::Plain));
    assert_eq!(sonnet("eu", "eu"), first(Ask::Plain));
    assert!(matches!(
        sonnet("global", "us"),
        Standing::Routed {
            ask: Ask::OptIn {
                value: "global",
                ..
            },
            place: 0
        }
    ));
    let refused = |status, code| Standing::Refused { status, code };
    assert_eq!(
        sonnet("global", "eu"),
        refused(400, "global-on-regional-endpoint")
    );
    let to_eu = Standing::Elsewhere {
        region: "eu",
        endpoint: "eu",
    };
    assert_eq!(sonnet("us", "eu"), to_eu);
    assert_eq!(
        standing(&matrix, "gpt-5", "us", "eu"),
        refused(404, "model-not-in-region")
    );
}

#[test]
fn a_profile_is_asked_for_by_its_own_id_and_what_stands_behind_it_is_said_to() {
    let bedrock = engine("rules/bedrock");
    let matrix = asked(&bedrock, Span::At(at("2026-11-21")));
    let model = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let alias = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    assert_eq!(
        standing(&matrix, model, "eu", "eu-central-1"),
        Standing::Routed {
            ask: Ask::Alias(alias),
            place: 0
        }
    );
    let clouds = engine("rules/multi-cloud-eu");
    let matrix = asked(&clouds, Span::At(at("2026-06-01")));
    let places: BTreeSet<usize> = matrix
        .rows
        .iter()
        .filter(|row| &*row.model.id == "claude-sonnet-4-5")
        .filter_map(|row| match row.periods[0].standing {
            Standing::Routed { place, .. } => Some(place),
            Standing::Refused { .. } | Standing::Elsewhere { .. } => None,
        })
        .collect();
    assert_eq!(places, BTreeSet::from([0, 1, 2]));
}

#[test]
fn the_stretches_of_a_row_are_those_of_the_catalog() {
    let engine = engine("rules/assemblyai");
    let matrix = asked(&engine, between("2026-01-01", "2028-01-01"));
    let gpt = row(&matrix, "gpt-5", "us", "us");
    let told: Vec<(String, bool, String)> = gpt
        .periods
        .iter()
        .map(|p| {
            let output = p.price.output.unwrap().money();
            (p.from.short(), p.standing.is_routed(), output)
        })
        .collect();
    let expected = [
        ("2026-01-01", true, "10.00"),
        ("2026-07-01", true, "11.00"),
        ("2026-12-11", false, "11.00"),
    ];
    let expected = expected.map(|(from, routed, money)| (from.into(), routed, money.into()));
    assert_eq!(told, expected);
    assert_eq!(gpt.window.to_string(), "from 2025-08-07 until 2026-12-11");
    assert!(matrix.instants.contains(&at("2026-12-11")));
    // A warning may begin earlier; it changes nothing that stands in the table.
    assert!(
        !matrix
            .instants
            .contains(&at("2026-12-11").plus_seconds(-60 * 86_400))
    );
}

/// Asserts that the table over a stretch of time is the table at each of these instants.
fn agree(engine: &Engine, whole: &Matrix<'_>, instants: &[Instant]) -> usize {
    let mut routed = 0;
    for at in instants {
        let now = asked(engine, Span::At(*at));
        for (then, now) in whole.rows.iter().zip(&now.rows) {
            let (then, now) = (then.at(*at).unwrap(), &now.periods[0]);
            let same = then.differs_in_nothing_but_time(now);
            assert!(same, "{at}: {then:?}\nis now {now:?}");
            routed += usize::from(now.standing.is_routed());
        }
    }
    routed
}

#[test]
fn a_table_over_time_is_the_table_of_every_day() {
    for path in shipped() {
        let engine = engine(&path);
        let whole = asked(&engine, between("2025-06-01", "2027-08-01"));
        let mut instants = Vec::new();
        let mut day = at("2025-06-01");
        while day < at("2027-08-01") {
            instants.extend([day, day.plus_seconds(86_399)]);
            day = day.plus_seconds(86_400);
        }
        assert!(agree(&engine, &whole, &instants) > 5_000, "{path}");
    }
}

#[test]
fn a_table_over_time_of_random_policies_is_the_table_of_every_instant() {
    let (mut tables, mut routed) = (0, 0);
    for seed in 0..100 {
        let Some(engine) = Example::from_seed(seed).compile().engine else {
            continue;
        };
        let span = between("2025-01-01", "2028-01-01");
        let whole = asked(&engine, span);
        tables += 1;
        // Every instant that anything of catalog or policy names, and those beside it.
        let dates = portolan_testkit::domain::Cuts::of(&engine).instants;
        let beside = dates
            .iter()
            .flat_map(|at| [at.plus_seconds(-1), *at, at.next()]);
        let inside = beside.filter(|at| span.goes_on_to(*at));
        let mut instants: Vec<Instant> = inside.collect();
        instants.dedup();
        routed += agree(&engine, &whole, &instants);
    }
    assert!(tables > 50 && routed > 5_000, "{tables} {routed}");
}

/// What the interpreter says to the same request.
fn answer(engine: &Engine, row: &Row<'_>, at: Instant, ask: Ask<'_>) -> Answer {
    let id = match ask {
        Ask::Plain | Ask::OptIn { .. } => &row.model.id,
        Ask::Alias(alias) => alias,
    };
    let mut draft = Draft::new(id, at);
    draft.endpoint = Some(row.endpoint.name.to_string());
    draft.attributes = attributes(engine);
    if let Ask::OptIn { value, .. } = ask {
        draft.body.model_region = Some(value.to_owned());
    }
    engine.answer(&engine.request(draft).unwrap(), &State::default())
}

#[test]
fn what_is_said_to_route_is_in_the_plan_that_the_interpreter_makes() {
    for path in shipped() {
        let engine = engine(&path);
        for date in ["2025-12-01", "2026-03-15", "2026-08-01", "2027-01-01"] {
            let at = at(date);
            for row in asked(&engine, Span::At(at)).rows {
                let period = &row.periods[0];
                match period.standing {
                    Standing::Routed { ask, place } => {
                        let Outcome::Route(plan) = answer(&engine, &row, at, ask).outcome else {
                            panic!("{} is refused", row.model.id);
                        };
                        let attempt = &plan.attempts[place];
                        assert_eq!(attempt.model, *row.model.id);
                        assert_eq!(attempt.region, *row.region.name);
                        assert_eq!(attempt.endpoint, *row.endpoint.name);
                        assert_eq!(attempt.price, period.price);
                        assert_eq!(attempt.processing, *period.processing);
                        assert_eq!(attempt.storage, *period.storage);
                    }
                    Standing::Refused { status, code } => {
                        let name = &*row.region.name;
                        let field = portolan_core::policy::BodyField::ModelRegion;
                        let aliases = engine.catalog().aliases.iter();
                        let own = aliases.filter(|alias| {
                            let target = alias.target.at(at);
                            target.is_some_and(|target| target.model == row.model_id)
                        });
                        let ways = [Ask::Plain, Ask::OptIn { field, value: name }];
                        let ways = ways
                            .into_iter()
                            .chain(own.map(|alias| Ask::Alias(&alias.id)));
                        let says = |ask| match answer(&engine, &row, at, ask).outcome {
                            Outcome::Refuse(refusal) => {
                                refusal.status == status && refusal.code == code
                            }
                            Outcome::Route(_) => false,
                        };
                        assert!({ ways }.any(says), "{} {code}", row.model.id);
                    }
                    Standing::Elsewhere { region, endpoint } => {
                        let answer = answer(&engine, &row, at, Ask::Plain);
                        let Outcome::Route(plan) = answer.outcome else {
                            panic!("{} is refused", row.model.id);
                        };
                        let first = &plan.attempts[0];
                        assert_eq!([&*first.region, &*first.endpoint], [region, endpoint]);
                    }
                }
            }
        }
    }
}

#[test]
fn a_filter_takes_rows_away_and_changes_none() {
    let engine = engine("rules/assemblyai");
    let catalog = engine.catalog();
    let span = between("2026-01-01", "2027-01-01");
    let all = asked(&engine, span);
    let filter = Filter {
        models: vec![Glob("gemini-*".into())],
        makers: catalog.maker_named("google").into_iter().collect(),
        providers: catalog.provider_named("vertex").into_iter().collect(),
        regions: catalog.region_named("eu").into_iter().collect(),
        endpoints: catalog.endpoint_named("eu").into_iter().collect(),
    };
    let options = Options {
        span,
        attributes: BTreeMap::new(),
        filter,
    };
    let few = matrix(&engine, &options).unwrap();
    assert!(few.rows.len() > 3 && few.rows.len() < all.rows.len() / 4);
    for one in &few.rows {
        let before = row(&all, &one.model.id, "eu", "eu");
        assert_eq!(before.periods, one.periods);
    }
}

#[test]
fn a_table_is_sorted_by_score_by_price_or_by_who() {
    let engine = engine("rules/assemblyai");
    let catalog = engine.catalog();
    let sorted = |word: &str| {
        let mut matrix = asked(&engine, Span::At(at("2026-03-15")));
        matrix.sort(By::named(word, catalog).unwrap(), catalog);
        let mut models: Vec<&str> = matrix.rows.iter().map(|row| &*row.model.id).collect();
        models.dedup();
        models
    };
    assert_eq!(
        sorted("quality")[..2],
        ["claude-opus-4-6", "gemini-3-pro-preview"]
    );
    assert_eq!(sorted("quality"), sorted("lmarena"));
    assert_eq!(
        sorted("latency")[..2],
        ["gemini-2.5-flash-lite", "gpt-oss-20b"]
    );
    assert_eq!(sorted("price")[0], "gpt-oss-20b");
    assert_eq!(sorted("maker")[0], "claude-opus-4-6");
    assert_eq!(By::named("beauty", catalog), None);
}

#[test]
fn a_catalog_without_models_has_a_table_without_rows() {
    let engine = engine_of(
        "edition 1\npolicy empty\nuse catalog \"catalog.yaml\"\n",
        "catalog: 1\nregions: {us: {processing: US}}\nendpoints: {us: {host: us.example.com, path: /v1, ingress: US, region: us}}\n",
    );
    let matrix = asked(&engine, between("2026-01-01", "2027-01-01"));
    assert!(matrix.rows.is_empty());
    assert_eq!(matrix.instants, [at("2026-01-01")]);
}

#[test]
fn a_date_that_a_rule_moves_or_compares_with_is_a_change() {
    let engine = engine_of(
        "edition 1\npolicy moved\nuse catalog \"catalog.yaml\"\n\
         exclude 404 early\n  when request.at < 2026-02-01\n  say \"early\"\n\
         exclude 404 late\n  when route.model.retires is set and request.at > route.model.retires - 30d\n  say \"late\"\n",
        "catalog: 1\nregions: {us: {processing: US}}\nendpoints: {us: {host: us.example.com, path: /v1, ingress: US, region: us}}\nproviders: {p: {}}\nmodels: {m: {retires: 2026-12-31, offerings: [{region: us, provider: p}]}}\n",
    );
    let matrix = asked(&engine, between("2026-01-01", "2027-01-01"));
    let starts: Vec<String> = matrix.instants.iter().map(|at| at.short()).collect();
    assert_eq!(starts, ["2026-01-01", "2026-02-01", "2026-12-01T00:00:01Z"]);
}

#[test]
fn who_asks_is_taken_as_the_policy_declares_it() {
    let engine = engine("rules/bedrock");
    let options = |given: &[(&str, &str)]| Options {
        span: Span::At(at("2026-11-21")),
        attributes: given
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect(),
        filter: Filter::default(),
    };
    let missing = matrix(&engine, &options(&[])).unwrap_err();
    assert!(missing.to_string().contains("`tenant` is needed"));
    let routed = |tenant: &str| {
        let matrix = matrix(&engine, &options(&[("tenant", tenant)])).unwrap();
        let routed = matrix
            .rows
            .iter()
            .filter(|r| r.periods[0].standing.is_routed());
        routed.count()
    };
    assert!(routed("public") > routed("berlin") && routed("berlin") > 0);
}
