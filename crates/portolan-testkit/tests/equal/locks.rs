//! Very many locks, decided alike: of tenants by rules and by table, and with conditions that mix
//! tenants with other attributes, dates and the facts of models. What is said of a lock that is not
//! met names the first of them, however they are gathered.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use portolan_core::catalog::Route;
use portolan_core::decision::Outcome;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_testkit::agree::{Asked, agree};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::policies::{compile, printed};
use portolan_testkit::scale;

use super::shown;

/// Models of the catalog.
const MODELS: usize = 24;

/// Where answers change, and between.
const INSTANTS: [&str; 6] = [
    "2024-01-01",
    "2025-06-01",
    "2026-02-28T23:59:59Z",
    "2026-03-01",
    "2026-07-01",
    "2027-12-31",
];

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn engine(mut files: BTreeMap<String, String>) -> Engine {
    let catalog = files.entry("catalog.yaml".to_owned());
    catalog.or_insert_with(|| scale::catalog(MODELS));
    let entry = "policy.portolan".to_owned();
    let policy = files.get(&entry).cloned();
    let compiled = compile(&Origin::Inline { entry, files });
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    let engine = compiled.engine;
    let engine = engine.unwrap_or_else(|| panic!("{findings}\n{}", policy.unwrap_or_default()));
    assert_eq!(engine.extent().interpreted, 0);
    engine
}

fn draft(attributes: &[(&str, String)], endpoint: &str, model: &str, at: Instant) -> Draft {
    let attributes = attributes.iter();
    Draft {
        endpoint: Some(endpoint.to_owned()),
        attributes: attributes
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        ..Draft::new(model, at)
    }
}

/// Asks the reference and the compiled form; they must agree.
fn ask(engine: &Engine, draft: &Draft) -> Asked {
    let state = State::default();
    let said = match agree(engine, draft, &state) {
        Ok(asked @ (Asked::Route | Asked::Refuse)) => return asked,
        Ok(Asked::NotAccepted) => "no request".to_owned(),
        Err(said) => said,
    };
    panic!("{}", shown(draft, &state, &said));
}

/// The routes in order, or the name of the rule that refuses.
fn told(engine: &Engine, draft: &Draft) -> Result<Vec<Route>, String> {
    let request = engine.request(draft.clone()).unwrap();
    let state = State::default();
    let decision = engine.decide(&request, &state);
    let view = engine.view(&request, &state, &decision);
    match decision.outcome {
        Outcome::Route => Ok(view.attempts().map(|attempt| attempt.route()).collect()),
        Outcome::Refuse(refusal) => {
            let rule = engine.policy().rule(refusal.rule);
            Err(rule.unwrap().name.to_string())
        }
    }
}

#[test]
fn tenants_by_rules_are_decided_like_tenants_by_table_and_like_the_reference_says() {
    let (mut routes, mut locked) = (0, 0);
    // Few enough to be asked about within verdicts, and too many.
    for tenants in [1, 90, 300, 400] {
        let by_rules = engine(scale::tenants_by_rules(tenants));
        let by_table = engine(scale::tenants_by_table(tenants));
        let sampled = (0..tenants).step_by(tenants / 12 + 1).chain([tenants - 1]);
        for (number, model) in sampled.flat_map(|t| (0..MODELS).step_by(3).map(move |m| (t, m))) {
            let tenant = [("tenant", scale::tenant(number))];
            for (endpoint, date) in ["us", "eu"]
                .into_iter()
                .flat_map(|e| INSTANTS.map(|i| (e, i)))
            {
                let draft = draft(&tenant, endpoint, &scale::id(model), at(date));
                routes += u32::from(ask(&by_rules, &draft) == Asked::Route);
                ask(&by_table, &draft);
                match (told(&by_rules, &draft), told(&by_table, &draft)) {
                    (Ok(rules), Ok(table)) => assert_eq!(rules, table, "{draft:#?}"),
                    (Err(rule), Err(of_table)) => {
                        let own = rule == format!("{}-stays", scale::tenant(number));
                        assert!(own || rule == of_table, "{rule} and {of_table}: {draft:#?}");
                        locked += u32::from(own);
                    }
                    (rules, table) => panic!("{rules:?} and {table:?}: {draft:#?}"),
                }
            }
        }
    }
    assert!(routes > 500 && locked > 500, "{routes} {locked}");
}

/// Words of the attribute `tenant`, and rows of the table of accounts.
const TENANTS: usize = 200;
const ACCOUNTS: usize = 12;
const PLACES: [&str; 6] = [
    "EU27",
    "US",
    "{ EU27, US }",
    "DE",
    "world",
    "{ US, CA, JP }",
];
const DAYS: [&str; 5] = [
    "2025-06-01",
    "2026-03-01",
    "2026-06-01",
    "2026-07-01",
    "2027-01-01",
];

/// A policy of so many locks whose conditions mix all that a lock may ask about.
fn mixed(locks: usize, dice: &mut Dice) -> String {
    let mut out = String::from("edition 1\npolicy locks\nuse catalog \"catalog.yaml\"\n\n");
    let mut line = |text: String| writeln!(out, "{text}").unwrap();
    line("table accounts (home: place, keeps: retention, favourite: model, weight: count)".into());
    for row in 0..ACCOUNTS {
        let place = dice.word(&["EU27", "US", "world", "DE"]);
        let days = dice.word(&["zero", "7d", "30d"]);
        let favourite = scale::id(dice.below(MODELS));
        line(format!(
            "  row account-{row}: {place}, {days}, \"{favourite}\", {row}"
        ));
    }
    let names: Vec<String> = (0..TENANTS).map(scale::tenant).collect();
    line(format!(
        "attribute tenant: one of {{ {} }}",
        names.join(", ")
    ));
    line("attribute account: key of accounts".into());
    line("attribute plan: one of { gold, silver, bronze } = bronze".into());
    line("attribute strict: bool = false".into());
    line("attribute seats: count".into());
    line("opt-in request.model_region".into());
    for number in 0..locks {
        let when = condition(dice);
        let facts = dice.some_of(&["processing", "storage", "ingress"], 40);
        let (facts, bound) = if facts.is_empty() {
            let bound = dice.word(&["zero", "7d", "30d", "request.account.keeps"]);
            ("retention".to_owned(), bound)
        } else if dice.chance(20) {
            (facts.join(", "), "request.account.home")
        } else {
            (facts.join(", "), dice.word(&PLACES))
        };
        line(format!(
            "\nlock {facts} within {bound}\n  as lock-{number}\n  when {when}"
        ));
        if dice.chance(10) {
            line("  from 2026-03-01\n  until 2026-07-01".into());
        }
    }
    line("\nprefer lowest route.price.output".into());
    out
}

/// Who, and when or what else. Mostly few tenants, so that many locks leave some routes.
fn condition(dice: &mut Dice) -> String {
    let from = dice.below(TENANTS);
    let tenants: Vec<String> = (0..dice.between(1, 5))
        .map(|step| scale::tenant((from + 7 * step) % TENANTS))
        .collect();
    let who = format!("request.tenant in {{ {} }}", tenants.join(", "));
    let (one, other) = (part(dice), part(dice));
    match dice.below(10) {
        0..=4 => format!("{who} and {one}"),
        5 | 6 => format!("{who} and ({one} or {other})"),
        7 => format!("{one} and {other} and {who}"),
        8 => format!("{who} or ({one} and {other})"),
        _ => who,
    }
}

fn part(dice: &mut Dice) -> String {
    let favourite = "request.account.favourite";
    match dice.below(9) {
        0 => format!("request.plan == {}", dice.word(&["gold", "silver"])),
        1 => "request.strict".to_owned(),
        2 => format!("request.seats > {}", dice.below(4)),
        3 => format!("request.endpoint == {}", dice.word(&["us", "eu"])),
        4 => {
            let (early, late) = DAYS.split_at(dice.between(1, DAYS.len() - 1));
            let (from, until) = (dice.word(early), dice.word(late));
            format!("request.at >= {from} and request.at < {until}")
        }
        5 => "request.model_region is not set".to_owned(),
        6 => format!("request.account.weight > {}", dice.below(ACCOUNTS)),
        7 => {
            let maker = dice.word(&["claude", "gpt", "llama"]);
            format!("({favourite}.maker is not set or {favourite}.maker != maker-of-{maker})")
        }
        _ => format!("({favourite}.retires is not set or request.at < {favourite}.retires)"),
    }
}

#[test]
fn locks_that_ask_about_much_else_are_decided_alike() {
    let mut routes = 0;
    let mut asked = 0;
    let mut named = BTreeSet::new();
    for (seed, locks) in (0u64..).zip([3, 12, 40, 100, 200]) {
        let mut dice = Dice::new(seed);
        let policy = mixed(locks, &mut dice);
        let engine = engine(BTreeMap::from([("policy.portolan".to_owned(), policy)]));
        for _ in 0..700 {
            let attributes = [
                ("tenant", scale::tenant(dice.below(TENANTS))),
                ("account", format!("account-{}", dice.below(ACCOUNTS))),
                ("plan", dice.word(&["gold", "silver", "bronze"]).to_owned()),
                ("strict", dice.chance(50).to_string()),
                ("seats", dice.below(5).to_string()),
            ];
            let by = i64::try_from(dice.below(3)).unwrap() - 1;
            let day = at(dice.word(&DAYS)).plus_seconds(by);
            let endpoint = dice.word(&["us", "eu"]);
            let mut draft = draft(&attributes, endpoint, &scale::id(dice.below(MODELS)), day);
            draft.body.model_region = dice.chance(30).then(|| "global".to_owned());
            routes += u32::from(ask(&engine, &draft) == Asked::Route);
            asked += 1;
            named.extend(told(&engine, &draft).err().map(|rule| (seed, rule)));
        }
    }
    let many = named.len();
    assert!(
        routes * 10 > asked && many > 100,
        "{routes} of {asked}, {many} locks: {named:?}"
    );
}

const CATALOG: &str = "catalog: 1
regions:
  us: {processing: US, storage: US}
endpoints:
  us: {host: us.example.com, path: /v1, ingress: US, region: us, default: true}
makers:
  acme: {}
  other: {}
providers:
  here: {retention: 30d}
models:
  alpha:
    maker: acme
    offerings: [{region: us, provider: here}]
  beta:
    maker: other
    offerings: [{region: us, provider: here}]
";

/// Two demands; in each group locks that ask about a model's facts stand among others.
const FIRST_NAMED: &str = "edition 1
policy locks
use catalog \"catalog.yaml\"

table accounts (favourite: model)
  row likes-alpha: alpha
  row likes-beta:  beta

attribute account: key of accounts
attribute tenant: one of { north, south, west }
attribute plan: one of { gold, silver }

define acme-is-liked = request.account.favourite.maker is not set
  or request.account.favourite.maker == acme

lock processing within EU27
  as in-spring
  when request.plan == gold and request.at >= 2026-03-01 and request.at < 2026-06-01

lock retention within zero
  as acme-keeps-nothing
  when acme-is-liked and request.tenant == north

lock processing within EU27
  as north-stays
  when request.tenant == north

lock processing within EU27
  as acme-stays
  when acme-is-liked

lock retention within zero
  as south-keeps-nothing
  when request.tenant == south and request.plan == silver

lock processing within EU27
  as south-stays
  when request.tenant == south
";

#[test]
fn the_first_lock_that_is_not_met_is_named_whichever_group_it_is_of() {
    let engine = engine(BTreeMap::from([
        ("policy.portolan".to_owned(), FIRST_NAMED.to_owned()),
        ("catalog.yaml".to_owned(), CATALOG.to_owned()),
    ]));
    let spring = "2026-05-31T23:59:59Z";
    let summer = "2026-06-01";
    for (account, tenant, plan, day, expected) in [
        ("likes-alpha", "north", "gold", "2026-03-01", "in-spring"),
        ("likes-alpha", "north", "gold", spring, "in-spring"),
        ("likes-alpha", "north", "gold", summer, "acme-keeps-nothing"),
        (
            "likes-alpha",
            "north",
            "silver",
            spring,
            "acme-keeps-nothing",
        ),
        ("likes-beta", "north", "silver", spring, "north-stays"),
        (
            "likes-beta",
            "north",
            "gold",
            "2026-02-28T23:59:59Z",
            "north-stays",
        ),
        ("likes-alpha", "south", "silver", spring, "acme-stays"),
        ("likes-alpha", "west", "gold", summer, "acme-stays"),
        (
            "likes-beta",
            "south",
            "silver",
            spring,
            "south-keeps-nothing",
        ),
        ("likes-beta", "south", "gold", spring, "in-spring"),
        ("likes-beta", "south", "gold", summer, "south-stays"),
        ("likes-beta", "west", "gold", spring, "in-spring"),
        ("likes-beta", "west", "silver", spring, ""),
        ("likes-beta", "west", "gold", summer, ""),
    ] {
        let attributes = [
            ("account", account.to_owned()),
            ("tenant", tenant.to_owned()),
            ("plan", plan.to_owned()),
        ];
        let draft = draft(&attributes, "us", "beta", at(day));
        ask(&engine, &draft);
        let found = told(&engine, &draft).err().unwrap_or_default();
        assert_eq!(found, expected, "{draft:#?}");
    }
}
