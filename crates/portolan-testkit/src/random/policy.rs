//! Random policies over a random catalog: inputs, locks, points, deciding and shaping rules.
//!
//! Shaping rules are in `shaping.rs`, what is declared in `declared.rs`. What a condition asks is in `conditions.rs`, what it may ask about in `fields.rs`.

use portolan_core::policy::{BodyField, Type};

use super::catalog::World;
use super::conditions::{Scope, condition, leaf};
use super::declared::{Declared, declare, some};
use super::fields::{self, Field};
use super::values::{DATES, PLACES, literal, quoted};
use crate::dice::Dice;

/// Writes a policy, with so many questions over all requests.
pub(super) fn text(dice: &mut Dice, world: &World, proves: usize) -> String {
    let mut out = "edition 1\npolicy random\nuse catalog \"catalog.yaml\"\n".to_owned();
    let declared = declare(dice, world, &mut out);
    let all = fields::all(&declared, world);
    let all = some(dice, &all);
    let mut writer = Writer {
        world,
        declared: &declared,
        all: &all,
        values: Vec::new(),
        count: 0,
        out,
    };
    writer.named_values(dice);
    writer.defines(dice);
    for _ in 0..dice.below(3) {
        writer.lock(dice);
    }
    // Built-in points stand anywhere in the order.
    let mut points = vec![0, 1, 2];
    for _ in 0..dice.between(1, 6) {
        if dice.chance(25) && !points.is_empty() {
            let point = points.remove(dice.below(points.len()));
            writer.point(dice, point);
        }
        writer.deciding(dice);
    }
    for _ in 0..dice.below(6) {
        writer.shaping(dice);
    }
    writer.order(dice);
    for _ in 0..proves {
        writer.prove(dice);
    }
    writer.out
}

/// Which fields a rule may read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reach {
    /// The request, and what no `set` touches.
    Refuse,
    /// The candidate, and either where it is or what the client sends.
    Exclude {
        place: bool,
    },
    Skip,
    /// Anything but facts about now.
    Shape,
    /// The request, for what goes with the plan as a whole.
    Retry,
    /// The endpoint, the instant, attributes and opt-ins.
    Lock,
    /// What every rule but a lock may read.
    Any,
}

pub(super) struct Writer<'a> {
    pub(super) world: &'a World,
    pub(super) declared: &'a Declared,
    pub(super) all: &'a [Field],
    values: Vec<(&'static str, Type)>,
    count: usize,
    pub(super) out: String,
}

impl Writer<'_> {
    fn may_read(&self, reach: Reach, field: &Field) -> bool {
        let set = |of: BodyField| {
            let parts = of.parts();
            let sets = &self.declared.sets;
            sets.iter().any(|s| *s == of || parts.contains(s))
        };
        let client = field.body.is_some_and(|of| {
            of.optional() && of != BodyField::Model && !self.declared.opt_ins.contains(&of)
        });
        let priced = field.priced && self.declared.sets.contains(&BodyField::ServiceTier);
        let decides = !field.body.is_some_and(set) && !priced;
        match reach {
            Reach::Refuse => !field.of_route && !field.of_state && decides,
            Reach::Exclude { place } => {
                !field.of_state && decides && if place { !client } else { !field.place }
            }
            Reach::Skip => decides,
            Reach::Shape => !field.of_state,
            Reach::Retry => !field.of_route && !field.of_state,
            Reach::Lock => {
                let judged = matches!(field.of, Type::Place | Type::Retention);
                let opted = |of| self.declared.opt_ins.contains(&of) && !set(of);
                let auth = field.path.starts_with("request.auth");
                let now = field.of_state || field.of_route;
                !judged && !auth && !now && field.body.is_none_or(opted)
            }
            Reach::Any => !field.of_route && !field.of_state && decides && !client && !field.place,
        }
    }

    pub(super) fn scope(&self, reach: Reach) -> Scope<'_> {
        let fields = self.all.iter().filter(|f| self.may_read(reach, f));
        let mut defines = Vec::new();
        if matches!(
            reach,
            Reach::Refuse | Reach::Exclude { .. } | Reach::Skip | Reach::Shape
        ) {
            defines = vec![
                "asked".to_owned(),
                "asked-twice".to_owned(),
                "over(1k)".to_owned(),
                "over(128k)".to_owned(),
            ];
        }
        Scope {
            world: self.world,
            fields: fields.collect(),
            defines,
            values: &self.values,
            about_model: matches!(reach, Reach::Exclude { .. } | Reach::Skip | Reach::Shape),
            overlaps: reach != Reach::Lock,
        }
    }

    pub(super) fn condition(&self, dice: &mut Dice, reach: Reach, depth: usize) -> String {
        condition(dice, &self.scope(reach), depth)
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn name(&mut self) -> String {
        self.count += 1;
        format!("n{}", self.count)
    }

    fn named_values(&mut self, dice: &mut Dice) {
        let named = [
            ("much", Type::Tokens),
            ("dear", Type::Money),
            ("then", Type::Instant),
            ("word", Type::Text),
        ];
        for (name, of) in named {
            if dice.chance(50) {
                let value = literal(dice, &of, self.world, &fields::KEYS).unwrap_or_default();
                self.line(&format!("define {name} = {value}"));
                self.values.push((name, of));
            }
        }
    }

    fn defines(&mut self, dice: &mut Dice) {
        self.line("define over(n: tokens) = request.input_tokens > n");
        let asked = self.condition(dice, Reach::Any, 1);
        self.line(&format!("define asked = {asked}"));
        let twice = self.condition(dice, Reach::Any, 1);
        self.line(&format!(
            "define asked-twice = (asked or over(4k)) and ({twice})"
        ));
    }

    fn lock(&mut self, dice: &mut Dice) {
        let mut facts = dice.some_of(&["processing", "storage", "ingress"], 45);
        let tenant = dice.chance(25);
        let bound = if facts.is_empty() {
            facts.push("retention");
            let days = dice.word(&["zero", "7d", "30d"]);
            (if tenant { "request.tenant.keeps" } else { days }).to_owned()
        } else if tenant {
            "request.tenant.residency".to_owned()
        } else if dice.chance(60) {
            let (a, b) = (dice.word(&PLACES), dice.word(&["EEA", "world", "world"]));
            format!("{{ {}, {} }}", quoted(a), quoted(b))
        } else {
            quoted(dice.word(&PLACES))
        };
        let name = self.name();
        self.line(&format!(
            "lock {} within {bound}\n  as {name}",
            facts.join(", ")
        ));
        if dice.chance(75) {
            let when = self.closed(dice, 2);
            self.line(&format!("  when {when}"));
        }
        self.window(dice);
        if dice.chance(30) {
            self.line("  else 451 not-here");
        }
        if dice.chance(30) {
            self.line("  say \"`{route.model}` in `{route.region}` breaks a lock\"");
        }
    }

    /// A condition that fails closed: what may be absent is asked about, and not under a `not`.
    fn closed(&self, dice: &mut Dice, depth: usize) -> String {
        if depth > 0 && dice.chance(45) {
            let (a, b) = (self.closed(dice, depth - 1), self.closed(dice, depth - 1));
            return format!("({a}) {} ({b})", dice.word(&["and", "or"]));
        }
        let mut scope = self.scope(Reach::Lock);
        let asks = dice.chance(40) && scope.fields.iter().any(|f| f.asks);
        scope.fields.retain(|f| f.asks == asks);
        if !asks {
            let asked = leaf(dice, &scope);
            return if dice.chance(25) {
                format!("not ({asked})")
            } else {
                asked
            };
        }
        let path = dice.one_of(&scope.fields).map_or("", |f| &f.path);
        let path = path.to_owned();
        scope.fields.retain(|f| f.path == path);
        if dice.chance(40) {
            return format!("{path} is not set");
        }
        let asked = leaf(dice, &scope);
        match asked.split_once(" is set and ") {
            Some((path, asked)) => format!("{path} is not set or {asked}"),
            None if asked.ends_with(" is set") => format!("{path} is not set"),
            None => asked,
        }
    }

    pub(super) fn window(&mut self, dice: &mut Dice) {
        if dice.chance(80) {
            return;
        }
        let split = dice.between(1, DATES.len() - 1);
        let (early, late) = DATES.split_at(split);
        let (from, until) = (dice.word(early), dice.word(late));
        if dice.chance(60) {
            self.line(&format!("  from {from}"));
        }
        if dice.chance(60) {
            self.line(&format!("  until {until}"));
        }
    }

    fn point(&mut self, dice: &mut Dice, point: usize) {
        match point {
            0 => {
                let chain = dice.word(&["", "chain "]);
                self.line(&format!(
                    "on unknown-model {chain}refuse 404 no-model\n  say \"no `{{request.model}}`\""
                ));
            }
            1 => self.line("on not-offered exclude 404 not-sold\n  say \"not sold\""),
            _ if self.declared.through_any_endpoint => self.line(
                "on other-endpoint exclude 404 elsewhere\n  say \"through `{route.endpoint}` only\"",
            ),
            _ => {}
        }
    }

    /// A rule that refuses, excludes or skips.
    fn deciding(&mut self, dice: &mut Dice) {
        let name = self.name();
        let code = dice.word(&["wrong", "odd", "late"]);
        match dice.below(10) {
            0 | 1 => {
                let chain = dice.word(&["", "", "chain "]);
                let status = dice.word(&["400", "401", "403", "422"]);
                let mut when = self.condition(dice, Reach::Refuse, 2);
                if dice.chance(75) {
                    // Rarer, so that something is left to route.
                    let more = self.condition(dice, Reach::Refuse, 1);
                    when = format!("({when}) and ({more})");
                }
                self.line(&format!(
                    "refuse {chain}{status} {code}\n  as {name}\n  when {when}\n  say \"no\""
                ));
            }
            2..=6 => {
                let place = dice.chance(50);
                let mut when = self.condition(dice, Reach::Exclude { place }, 2);
                if dice.chance(50) {
                    let more = self.condition(dice, Reach::Exclude { place }, 1);
                    when = format!("({when}) and ({more})");
                }
                self.line(&format!(
                    "exclude 404 {code}\n  as {name}\n  when {when}\n  say \"`{{route.model}}`\""
                ));
            }
            _ => {
                let status = dice.word(&["429", "503"]);
                let now = now(dice);
                let when = if dice.chance(50) {
                    let other = self.condition(dice, Reach::Skip, 2);
                    format!("({other}) and {now}")
                } else {
                    now
                };
                self.line(&format!(
                    "skip {status} {code}\n  as {name}\n  when {when}\n  say \"not now\""
                ));
            }
        }
        self.window(dice);
    }
}

/// A question about now that is open where nothing is known.
fn now(dice: &mut Dice) -> String {
    let n = dice.word(&["0", "1", "5", "30", "49"]);
    match dice.below(8) {
        0 => "not route.healthy".to_owned(),
        1 => "route.healthy".to_owned(),
        2 => format!("not (model.used < {n})"),
        3 => format!("route.used in {{ {n}, 30 }}"),
        4 => format!("(not model.healthy or route.used > {n})"),
        5 => format!("(model.healthy == false and not (route.used <= {n}))"),
        6 => format!("route.used {} {n}", dice.word(&[">", ">=", "==", "!="])),
        _ => format!("model.used >= {n}"),
    }
}
