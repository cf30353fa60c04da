//! What changes, for whom and why, in words.

use portolan_core::catalog::{Price, Route};
use portolan_core::decimal::Decimal;
use portolan_core::engine::Engine;
use portolan_core::instant::Window;
use portolan_core::policy::{BodyField, SetField, Value};
use portolan_core::text::{echo, join, quoted};
use portolan_verify::timeline::answer::Answer;
use portolan_verify::timeline::promises::{Broken, Promise};
use portolan_verify::timeline::{Asked, Cause, Change, What};

/// Ids, and endpoints, that one line names.
const NAMED: usize = 6;
const DAY: i64 = 86_400;

/// A status and a code.
pub(super) type Code<'a> = (u16, &'a str);

/// Puts changes into words.
pub(super) struct Words<'a> {
    pub(super) engine: &'a Engine,
}

/// A range in words.
pub(super) fn range(window: Window) -> String {
    match (window.from, window.until) {
        (None, None) => "of all time".to_owned(),
        _ => window.to_string(),
    }
}

impl Words<'_> {
    /// What changes.
    pub(super) fn says(&self, change: &Change) -> String {
        let code = |(status, code): &(u16, Box<str>)| format!("{status} `{}`", echo(code));
        match &change.what {
            What::Stops { code: refused } => {
                format!("what routed is refused, {}", code(refused))
            }
            What::Starts { code: refused } => {
                format!("what was refused, {}, routes", code(refused))
            }
            What::RefusedOtherwise { before, after } => {
                format!("what was refused, {}, is now {}", code(before), code(after))
            }
            What::Loses(route) => {
                format!("no longer goes to {}, only elsewhere", self.route(*route))
            }
            What::Gains(route) => format!("also goes to {}", self.route(*route)),
            What::Reordered => {
                let (before, after) = (self.first(&change.before), self.first(&change.after));
                if before == after {
                    "the order of attempts behind the first changes".to_owned()
                } else {
                    format!("goes to {after} before it goes to {before}")
                }
            }
            What::Priced {
                route,
                tier,
                least,
                before,
                after,
            } => {
                let tier = tier.as_ref().map_or_else(String::new, |tier| {
                    format!(" in service tier `{}`", echo(tier))
                });
                let least = if *least > 0 {
                    format!(" from {least} input tokens on")
                } else {
                    String::new()
                };
                let prices = prices(before, after);
                format!("{}{tier}{least} costs {prices}", self.route(*route))
            }
            What::Placed(route) => format!("{} is somewhere else", self.route(*route)),
            What::Warns { code, now: true } => format!("warns `{}`", echo(code)),
            What::Warns { code, now: false } => format!("no longer warns `{}`", echo(code)),
            What::Sets { field, value, now } => {
                let (field, value) = (set_field(field), set_value(value));
                if *now {
                    format!("sets `{field}` to {value}")
                } else {
                    format!("no longer sets `{field}` to {value}")
                }
            }
            What::Limits {
                requests,
                window_s,
                now,
            } => {
                let not = if *now { "" } else { "no longer " };
                format!("is {not}limited to {requests} requests in {window_s} seconds")
            }
            What::Retries { retry, now } => {
                let not = if *now { "plans" } else { "no longer plans" };
                let (on, times, after_ms) = retry;
                let on = quoted(on.iter().map(|class| &**class), "and");
                format!("{not} a retry on {on}, {times} in all, after {after_ms} ms")
            }
            What::Means => {
                let goes = |answer: &Answer| match answer {
                    Answer::Route(_) => format!("goes to {}", self.first(answer)),
                    Answer::Refusal { status, code } => {
                        format!("is refused, {status} `{}`", echo(code))
                    }
                };
                let (before, after) = (goes(&change.before), goes(&change.after));
                format!("means something else: {before} until then, {after} after")
            }
        }
    }

    /// What was refused and is refused otherwise: by the code now, or by the code before, which
    /// ever are fewer.
    pub(super) fn refused_otherwise(codes: &[(Code<'_>, Code<'_>)]) -> Vec<String> {
        let shown = |(status, code): &Code<'_>| format!("{status} `{}`", echo(code));
        let (mut before, mut after): (Vec<_>, Vec<_>) = codes.iter().copied().unzip();
        before.sort_unstable();
        before.dedup();
        after.sort_unstable();
        after.dedup();
        let list = |codes: &mut dyn Iterator<Item = Code<'_>>| {
            let codes: Vec<String> = codes.map(|code| shown(&code)).collect();
            join(&codes, "or")
        };
        if after.len() <= before.len() {
            let lines = after.iter().map(|now| {
                let mut those = codes.iter().filter(|(_, after)| after == now);
                let were = list(&mut those.by_ref().map(|(before, _)| *before));
                format!("what was refused, {were}, is now {}", shown(now))
            });
            lines.collect()
        } else {
            let lines = before.iter().map(|then| {
                let mut those = codes.iter().filter(|(before, _)| before == then);
                let are = list(&mut those.by_ref().map(|(_, after)| *after));
                format!("what was refused, {}, is now {are}", shown(then))
            });
            lines.collect()
        }
    }

    /// For which ids and endpoints.
    pub(super) fn whose(&self, ids: &[Asked], endpoints: &[String]) -> String {
        let mut named: Vec<String> = ids.iter().take(NAMED).map(id).collect();
        let more = ids.len().saturating_sub(NAMED);
        if more > 0 {
            named.push(format!("{more} more"));
        }
        format!("{} {}", join(&named, "and"), self.through(endpoints))
    }

    /// Through which endpoints; nothing where there is but one.
    fn through(&self, endpoints: &[String]) -> String {
        let all = self.engine.catalog().endpoints.len();
        if endpoints.len() == all && all > 1 {
            return "through every endpoint".to_owned();
        }
        let named = endpoints.iter().take(NAMED);
        let mut named: Vec<String> = named.map(|e| format!("`{}`", echo(e))).collect();
        let more = endpoints.len().saturating_sub(NAMED);
        if more > 0 {
            named.push(format!("{more} more"));
        }
        format!("through {}", join(&named, "and"))
    }

    /// Why.
    pub(super) fn because(causes: &[Cause]) -> Option<String> {
        let causes: Vec<String> = causes.iter().map(cause).collect();
        (!causes.is_empty()).then(|| format!("because {}", join(&causes, "and")))
    }

    /// A promise that is not kept.
    pub(super) fn broken(&self, broken: &Broken) -> String {
        let at = broken.at.short();
        let endpoint = self.through(&broken.endpoints);
        let why = match &broken.answer {
            Answer::Refusal { status, code } => format!("{status} `{}`", echo(code)),
            Answer::Route(_) => String::new(),
        };
        match broken.promise {
            Promise::AlwaysRoutes => {
                let id = broken.id.as_ref().map_or_else(String::new, id);
                format!("always routes: from {at} on {id} {endpoint} is refused, {why}")
            }
            Promise::SomeModelRoutes => {
                let last = broken.sample.body.model.as_deref().unwrap_or_default();
                format!(
                    "some model routes: from {at} on none does {endpoint}; the last was `{}`",
                    echo(last)
                )
            }
        }
    }

    /// A route by its region, and by its endpoint where that is not the only one.
    fn route(&self, route: Route) -> String {
        let catalog = self.engine.catalog();
        let offering = catalog.offering(route.offering);
        let region = offering.and_then(|offering| catalog.region(offering.region));
        let region = region.map_or("", |region| &region.name);
        let endpoint = catalog.endpoint(route.endpoint);
        let endpoint = endpoint.map_or("", |endpoint| &endpoint.name);
        if self.engine.policy().through_any_endpoint {
            format!("`{}` at `{}`", echo(region), echo(endpoint))
        } else {
            format!("region `{}`", echo(region))
        }
    }

    /// Where an answer goes first.
    fn first(&self, answer: &Answer) -> String {
        let plan = answer.plan();
        let first = plan.and_then(|plan| plan.attempts.first());
        first.map_or_else(String::new, |attempt| {
            let catalog = self.engine.catalog();
            let offering = catalog.offering(attempt.route.offering);
            let model = offering.and_then(|offering| catalog.model(offering.model));
            let model = model.map_or("", |model| &model.id);
            format!("`{}` in {}", echo(model), self.route(attempt.route))
        })
    }
}

fn id(asked: &Asked) -> String {
    match asked {
        Asked::Id(id) => format!("`{}`", echo(id)),
        Asked::Unknown => "an unknown id".to_owned(),
        Asked::Nothing => "no model".to_owned(),
    }
}

/// A cause.
pub(super) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Retires(model) => format!("`{}` retires", echo(model)),
        Cause::Released(model) => format!("`{}` is released", echo(model)),
        Cause::Offered { model, region, now } => {
            let is = if *now { "is" } else { "is no longer" };
            format!("`{}` {is} offered in `{}`", echo(model), echo(region))
        }
        Cause::Price {
            model,
            region: None,
        } => format!("the list price of `{}` changes", echo(model)),
        Cause::Price {
            model,
            region: Some(region),
        } => format!(
            "the price of `{}` in `{}` changes",
            echo(model),
            echo(region)
        ),
        Cause::Multiplier {
            region,
            model: None,
        } => format!("the multiplier of region `{}` changes", echo(region)),
        Cause::Multiplier {
            region,
            model: Some(model),
        } => format!(
            "the multiplier of `{}` in `{}` changes",
            echo(model),
            echo(region)
        ),
        Cause::Fact { fact, kind, name } => {
            format!("`{fact}` of {kind} `{}` changes", echo(name))
        }
        Cause::Place(name) => format!("the place `{}` has other territories", echo(name)),
        Cause::RuleFrom(rule) => format!("rule `{}` comes into force", echo(rule)),
        Cause::RuleUntil(rule) => format!("rule `{}` is no longer in force", echo(rule)),
        Cause::RuleNames(rule) => format!("rule `{}` names this instant", echo(rule)),
        Cause::Ahead { seconds, ahead, of } => {
            let of = self::cause(of);
            let span = if seconds % DAY == 0 {
                format!("{} days", seconds / DAY)
            } else {
                format!("{seconds} seconds")
            };
            if *ahead {
                format!("in {span} {of}")
            } else {
                format!("{span} ago {of}")
            }
        }
        Cause::Alias(id) => format!("the alias `{}` is dated", echo(id)),
    }
}

/// The amounts that differ.
fn prices(before: &Price, after: &Price) -> String {
    let amounts = [
        ("input", before.input, after.input),
        ("output", before.output, after.output),
        ("cache read", before.cache_read, after.cache_read),
        ("cache write", before.cache_write, after.cache_write),
    ];
    let shown = |amount: Option<Decimal>| match amount {
        Some(amount) => format!("${}", amount.money()),
        None => "no price".to_owned(),
    };
    let mut differ: Vec<String> = amounts
        .iter()
        .filter(|(_, before, after)| before != after)
        .map(|(kind, before, after)| {
            format!("{} instead of {} ({kind})", shown(*after), shown(*before))
        })
        .collect();
    if differ.is_empty() {
        let factor = |factor: Option<Decimal>| match factor {
            Some(factor) => factor.to_string(),
            None => "none".to_owned(),
        };
        differ.push(format!(
            "the same, by a multiplier of {} instead of {}",
            factor(after.multiplier),
            factor(before.multiplier)
        ));
    }
    join(&differ, "and")
}

fn set_field(field: &SetField) -> String {
    match field {
        SetField::Known(field) => BodyField::name(*field).to_owned(),
        SetField::Other(name) => echo(name),
    }
}

fn set_value(value: &Value) -> String {
    if let Value::Text(text) = value {
        format!("\"{}\"", echo(text))
    } else if let Value::Bool(value) = value {
        value.to_string()
    } else if let Value::Integer(value) = value {
        value.to_string()
    } else {
        "another value".to_owned()
    }
}
