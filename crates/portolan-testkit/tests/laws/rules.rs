//! Random policies over a random catalog, as text, so that the parser and the resolver take part.
//!
//! Locks are kept as data as well, for the oracle. Conditions of other rules are in `asked.rs`.

use std::fmt::Write as _;

use crate::asked;
use crate::dice::Dice;
use crate::world::{DATES, PLACES, Period, World};

/// What a lock judges.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fact {
    Processing,
    Storage,
    Ingress,
    Retention,
}

/// Within what.
#[derive(Debug)]
pub(crate) enum Bound {
    Places(Vec<&'static str>),
    Days(u32),
    /// The column of the request's tenant.
    Tenant,
}

/// What a lock's condition asks, with what it means where the field is absent.
#[derive(Debug)]
pub(crate) enum Atom {
    Endpoint(String),
    From(&'static str),
    Tier(&'static str),
    Strict,
    TeamUnsetOr(&'static str),
    RegionUnset,
    RegionUnsetOr(String),
}

#[derive(Debug)]
pub(crate) enum Condition {
    Atom(Atom),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) facts: Vec<Fact>,
    pub(crate) bound: Bound,
    pub(crate) when: Option<Condition>,
    pub(crate) period: Period,
}

/// The rows of the table that every generated policy has: residency, and days kept.
pub(crate) fn tenant(key: &str) -> (&'static str, u32) {
    match key {
        "t2" => ("US", 30),
        "t3" => ("world", 7),
        _ => ("EU27", 0),
    }
}

/// What a policy has, so that rules read only what is there.
pub(crate) struct Declared<'w> {
    pub(crate) world: &'w World,
    pub(crate) opted_in: bool,
    pub(crate) max_tokens_default: bool,
    pub(crate) sets_stream: bool,
}

/// A policy: its text, and its locks.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) text: String,
    pub(crate) locks: Vec<Lock>,
    /// One more rule, for the law that a rule never adds a survivor.
    pub(crate) extra: String,
    pub(crate) extra_lock: Option<Lock>,
}

const HEAD: &str = "edition 1
policy generated
use catalog \"catalog.yaml\"

attribute tier: one of { free, paid, gold } = free
attribute strict: bool = false
attribute team: optional one of { red, blue }
table tenants(residency: place, keeps: retention)
  row t1: EU27, zero
  row t2: US, 30d
  row t3: world, 7d
attribute tenant: key of tenants = t1
";

impl Rules {
    pub(crate) fn random(dice: &mut Dice, world: &World) -> Self {
        let declared = Declared {
            world,
            opted_in: dice.chance(50),
            max_tokens_default: dice.chance(50),
            sets_stream: dice.chance(40),
        };
        let mut text = HEAD.to_owned();
        for (given, line) in [
            (declared.opted_in, "opt-in request.model_region"),
            (
                declared.max_tokens_default,
                "default request.max_tokens = 500",
            ),
            (dice.chance(30), "default request.fallback_depth = 2"),
            (dice.chance(30), "model prefix \"vendor/\""),
            (dice.chance(35), "through any endpoint"),
        ] {
            if given {
                writeln!(text, "{line}").unwrap();
            }
        }
        writeln!(
            text,
            "define asked = {}",
            asked::about_request(dice, &declared, 1)
        )
        .unwrap();
        writeln!(text, "define over(n: tokens) = request.input_tokens > n").unwrap();
        let mut locks = Vec::new();
        for number in 0..dice.below(4) {
            let lock = lock(dice, &declared);
            text.push_str(&lock_text(dice, &lock, &format!("lock-{number}-here")));
            locks.push(lock);
        }
        points(dice, &mut text);
        for number in 0..dice.between(1, 5) {
            text.push_str(&deciding(dice, &declared, &format!("fault-{number}n")));
        }
        shaping(dice, &declared, &mut text);
        let (extra, extra_lock) = if dice.chance(50) {
            let lock = lock(dice, &declared);
            (lock_text(dice, &lock, "one-more"), Some(lock))
        } else {
            let mut rule = deciding(dice, &declared, "one-more");
            while rule.starts_with("skip") || rule.starts_with("refuse chain") {
                rule = deciding(dice, &declared, "one-more");
            }
            (rule, None)
        };
        Self {
            text,
            locks,
            extra,
            extra_lock,
        }
    }
}

fn lock(dice: &mut Dice, declared: &Declared<'_>) -> Lock {
    let places = [Fact::Processing, Fact::Storage, Fact::Ingress];
    let mut facts: Vec<Fact> = places.into_iter().filter(|_| dice.chance(45)).collect();
    let bound = if facts.is_empty() {
        facts.push(Fact::Retention);
        if dice.chance(25) {
            Bound::Tenant
        } else {
            Bound::Days(*dice.one_of(&[0, 7, 30]))
        }
    } else if dice.chance(25) {
        Bound::Tenant
    } else {
        let names = [dice.pick(&PLACES), dice.pick(&PLACES[..8])];
        Bound::Places(names[..dice.between(1, 2)].to_vec())
    };
    let when = dice.chance(75).then(|| lock_condition(dice, declared, 2));
    let period = if dice.chance(20) {
        Period::random(dice)
    } else {
        Period::default()
    };
    Lock {
        facts,
        bound,
        when,
        period,
    }
}

fn lock_condition(dice: &mut Dice, declared: &Declared<'_>, depth: usize) -> Condition {
    if depth > 0 && dice.chance(40) {
        let (a, b) = (
            lock_condition(dice, declared, depth - 1),
            lock_condition(dice, declared, depth - 1),
        );
        let (a, b) = (Box::new(a), Box::new(b));
        return if dice.chance(50) {
            Condition::And(a, b)
        } else {
            Condition::Or(a, b)
        };
    }
    let atom = match dice.below(7) {
        0 | 1 => Atom::Endpoint(dice.one_of(&declared.world.endpoints).name.clone()),
        2 => Atom::From(DATES[dice.below(DATES.len())]),
        3 => Atom::Tier(dice.pick(&["free", "paid", "gold"])),
        4 => Atom::Strict,
        5 if declared.opted_in && dice.chance(50) => Atom::RegionUnset,
        5 if declared.opted_in => {
            Atom::RegionUnsetOr(dice.one_of(&declared.world.regions).name.clone())
        }
        _ => Atom::TeamUnsetOr(dice.pick(&["red", "blue"])),
    };
    let always_there = matches!(
        atom,
        Atom::Endpoint(_) | Atom::From(_) | Atom::Tier(_) | Atom::Strict
    );
    let atom = Condition::Atom(atom);
    if always_there && dice.chance(25) {
        Condition::Not(Box::new(atom))
    } else {
        atom
    }
}

fn condition_text(condition: &Condition) -> String {
    match condition {
        Condition::And(a, b) => format!("({}) and ({})", condition_text(a), condition_text(b)),
        Condition::Or(a, b) => format!("({}) or ({})", condition_text(a), condition_text(b)),
        Condition::Not(a) => format!("not ({})", condition_text(a)),
        Condition::Atom(atom) => match atom {
            Atom::Endpoint(name) => format!("request.endpoint == {name}"),
            Atom::From(date) => format!("request.at >= {date}"),
            Atom::Tier(value) => format!("request.tier == {value}"),
            Atom::Strict => "request.strict".to_owned(),
            Atom::TeamUnsetOr(value) => {
                format!("request.team is not set or request.team == {value}")
            }
            Atom::RegionUnset => "request.model_region is not set".to_owned(),
            Atom::RegionUnsetOr(value) => {
                format!("request.model_region is not set or request.model_region == {value:?}")
            }
        },
    }
}

fn lock_text(dice: &mut Dice, lock: &Lock, name: &str) -> String {
    let facts: Vec<&str> = lock
        .facts
        .iter()
        .map(|fact| match fact {
            Fact::Processing => "processing",
            Fact::Storage => "storage",
            Fact::Ingress => "ingress",
            Fact::Retention => "retention",
        })
        .collect();
    let bound = match &lock.bound {
        Bound::Places(names) if names.len() == 1 => name_of_place(names[0]),
        Bound::Places(names) => {
            let names: Vec<String> = names.iter().map(|name| name_of_place(name)).collect();
            format!("{{ {} }}", names.join(", "))
        }
        Bound::Days(0) => "zero".to_owned(),
        Bound::Days(days) => format!("{days}d"),
        Bound::Tenant if facts[0] == "retention" => "request.tenant.keeps".to_owned(),
        Bound::Tenant => "request.tenant.residency".to_owned(),
    };
    let mut text = format!("lock {} within {bound}\n  as {name}\n", facts.join(", "));
    if let Some(when) = &lock.when {
        writeln!(text, "  when {}", condition_text(when)).unwrap();
    }
    period(&mut text, lock.period);
    if dice.chance(30) {
        text.push_str("  else 451 not-here\n");
    }
    if dice.chance(30) {
        text.push_str("  say \"`{route.model}` in `{route.region}` breaks a lock\"\n  help \"use {alternatives}\"\n");
    }
    text
}

fn period(text: &mut String, period: Period) {
    for (word, date) in [("from", period.from), ("until", period.until)] {
        if let Some(date) = date {
            writeln!(text, "  {word} {date}").unwrap();
        }
    }
}

fn name_of_place(name: &str) -> String {
    format!("{name:?}")
}

fn points(dice: &mut Dice, text: &mut String) {
    if dice.chance(60) {
        let chain = dice.pick(&["", "chain "]);
        writeln!(
            text,
            "on unknown-model {chain}refuse 404 model-not-found\n  blame model\n  say \"no model `{{request.model}}`\"\n  help \"did you mean {{near}}?\""
        )
        .unwrap();
    }
    if dice.chance(40) {
        text.push_str("on not-offered exclude 404 not-sold\n  say \"not sold\"\n  help \"use {successor}\"\n  help \"use {alternatives}\"\n");
    }
    if dice.chance(30) && text.contains("through any endpoint") {
        text.push_str(
            "on other-endpoint exclude 404 elsewhere\n  say \"through `{route.endpoint}` only\"\n",
        );
    }
}

/// A rule that refuses, excludes or skips.
fn deciding(dice: &mut Dice, declared: &Declared<'_>, code: &str) -> String {
    let mut text = match dice.below(10) {
        0..=2 => {
            let chain = dice.pick(&["", "", "chain "]);
            let when = asked::about_request(dice, declared, 2);
            let status = dice.pick(&["400", "401", "403", "422"]);
            format!(
                "refuse {chain}{status} {code}\n  when {when}\n  say \"not at `{{request.endpoint}}`\"\n  help \"use {{alternatives}}\"\n"
            )
        }
        3..=7 => {
            let when = asked::about_route(dice, declared, 2);
            format!(
                "exclude 404 {code}\n  when {when}\n  blame model\n  say \"`{{route.model}}` not in `{{route.region}}`\"\n  help \"use {{successor}}\"\n  help \"use {{alternatives}}\"\n  help \"sold in {{sold-in}}\"\n"
            )
        }
        _ => {
            let when = asked::about_state(dice, declared);
            let status = dice.pick(&["429", "503"]);
            format!("skip {status} {code}\n  when {when}\n  say \"`{{route.model}}` not now\"\n")
        }
    };
    if dice.chance(20) {
        period(&mut text, Period::random(dice));
    }
    text
}

/// What orders, changes and warns.
fn shaping(dice: &mut Dice, declared: &Declared<'_>, text: &mut String) {
    if declared.sets_stream {
        let when = asked::about_route(dice, declared, 1);
        writeln!(
            text,
            "set stream = false\n  when {when}\n  noting stream-ignored \"in one piece\""
        )
        .unwrap();
    }
    if dice.chance(30) {
        text.push_str("set body.store = false\n");
    }
    for number in 0..dice.below(3) {
        let when = asked::about_route(dice, declared, 2);
        writeln!(
            text,
            "warn soon-{number}n \"`{{route.model}}` soon\"\n  when {when}"
        )
        .unwrap();
    }
    if dice.chance(50) {
        let key = dice.pick(&["model", "request.tier", "request.tenant"]);
        writeln!(text, "limit 30 requests per 60s for each {key}").unwrap();
    }
    if dice.chance(50) {
        let only = dice.pick(&["", "\n  without fallbacks"]);
        let when = asked::about_request(dice, declared, 1);
        writeln!(
            text,
            "retry on 5xx, timeout twice after 250ms\n  when {when}{only}"
        )
        .unwrap();
    }
    if dice.chance(60) {
        let keys = dice.pick(&[
            "lowest route.price.output",
            "highest route.score.quality, lowest route.price.input",
            "highest route.context_window",
        ]);
        writeln!(text, "prefer {keys}").unwrap();
    }
    if dice.chance(25) {
        writeln!(text, "plan at most {} per model", dice.between(1, 3)).unwrap();
    }
}
