//! Random conditions, by what a rule may read. Each asks whether what may be absent is set before
//! it reads it, in one of the ways in which the language lets it.

use portolan_core::policy::Type;

use super::catalog::World;
use super::fields::{Field, KEYS};
use super::values::{literal, quoted};
use crate::dice::Dice;

/// What a condition may read.
pub(super) struct Scope<'a> {
    pub(super) world: &'a World,
    pub(super) fields: Vec<&'a Field>,
    /// Conditions with names, as they are called.
    pub(super) defines: Vec<String>,
    /// Values with names: the name and its type.
    pub(super) values: &'a [(&'static str, Type)],
    /// The rule is about a model, so that `request.model` is sure to be set.
    pub(super) about_model: bool,
    /// It may ask whether two sets overlap, which a lock may not.
    pub(super) overlaps: bool,
}

const ORDER: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

/// A condition of some depth.
pub(super) fn condition(dice: &mut Dice, scope: &Scope<'_>, depth: usize) -> String {
    if depth == 0 || dice.chance(35) {
        return leaf(dice, scope);
    }
    match dice.below(12) {
        0 | 1 => format!("not ({})", condition(dice, scope, depth - 1)),
        2 => {
            // Asked once, read more than once.
            let Some(field) = dice.one_of(&scope.fields).filter(|f| f.asks) else {
                return condition(dice, scope, depth - 1);
            };
            let path = &field.path;
            let (a, b) = (about(dice, scope, field), about(dice, scope, field));
            let other = condition(dice, scope, depth - 1);
            match dice.below(3) {
                0 => format!("({path} is set and ({a} or {other}) and not ({b}))"),
                1 => format!("({path} is not set or {a} and ({other} or {b}))"),
                _ => format!("not ({path} is not set or ({other}) or {b})"),
            }
        }
        n => {
            let join = if n < 8 { "and" } else { "or" };
            let mut parts = Vec::new();
            for _ in 0..dice.between(2, 3) {
                parts.push(format!("({})", condition(dice, scope, depth - 1)));
            }
            parts.join(&format!(" {join} "))
        }
    }
}

/// One question.
pub(super) fn leaf(dice: &mut Dice, scope: &Scope<'_>) -> String {
    if !scope.defines.is_empty() && dice.chance(12) {
        return dice.pick(&scope.defines);
    }
    if dice.chance(2) {
        return dice.word(&["true", "false"]).to_owned();
    }
    let Some(field) = dice.one_of(&scope.fields) else {
        return "true".to_owned();
    };
    let path = &field.path;
    let sure = scope.about_model && path == "request.model";
    if field.of == Type::Presence || field.asks && dice.chance(20) {
        return format!("{path} is {}", dice.word(&["set", "not set"]));
    }
    let asked = about(dice, scope, field);
    if !field.asks || sure {
        return asked;
    }
    if dice.chance(65) {
        format!("{path} is set and {asked}")
    } else {
        format!("({path} is not set or {asked})")
    }
}

/// A field of the same type to compare with: never two fields of the request.
fn other<'a>(dice: &mut Dice, scope: &Scope<'a>, field: &Field, of: &Type) -> Option<&'a Field> {
    let fits = |other: &&&Field| {
        let both = other.of_request && field.of_request;
        other.of == *of && !both && !other.asks && other.path != field.path
    };
    let found: Vec<&Field> = scope.fields.iter().filter(fits).copied().collect();
    dice.one_of(&found).copied()
}

/// A value to compare with: a constant, a named constant, or another field.
fn value(dice: &mut Dice, scope: &Scope<'_>, field: &Field, of: &Type) -> String {
    if dice.chance(40)
        && let Some(other) = other(dice, scope, field, of)
    {
        return other.path.clone();
    }
    let named: Vec<&str> = scope
        .values
        .iter()
        .filter(|(_, known)| known == of)
        .map(|(name, _)| *name)
        .collect();
    if !named.is_empty() && dice.chance(15) {
        return dice.word(&named).to_owned();
    }
    literal(dice, of, scope.world, &KEYS).unwrap_or_default()
}

/// A question about a field that is sure to have a value, in brackets.
fn about(dice: &mut Dice, scope: &Scope<'_>, field: &Field) -> String {
    let path = field.path.as_str();
    let of = &field.of;
    let plain = |dice: &mut Dice| literal(dice, of, scope.world, &KEYS).unwrap_or_default();
    let asked = match of {
        Type::Bool => match dice.below(4) {
            0 => format!("{path} == {}", value(dice, scope, field, of)),
            1 => format!("not {path}"),
            _ => path.to_owned(),
        },
        Type::Tokens | Type::Count | Type::Number | Type::Money | Type::Duration => {
            match dice.below(10) {
                0 => format!("{path} in {{ {}, {} }}", plain(dice), plain(dice)),
                1 => format!(
                    "{} {} {path}",
                    value(dice, scope, field, of),
                    dice.word(&ORDER)
                ),
                _ => format!(
                    "{path} {} {}",
                    dice.word(&ORDER),
                    value(dice, scope, field, of)
                ),
            }
        }
        Type::Instant => {
            let moved = dice.word(&["", "", " + 30d", " - 10d", " - 60s", " + 1s"]);
            match dice.below(8) {
                0 => format!("{path}{moved} in {{ {}, {} }}", plain(dice), plain(dice)),
                1 => format!(
                    "{} {} {path}{moved}",
                    value(dice, scope, field, of),
                    dice.word(&ORDER)
                ),
                2 => {
                    let other = value(dice, scope, field, of);
                    let back = dice.word(&["", " - 30d", " + 5m"]);
                    // A constant is written with its offset added already.
                    let back = if other.contains('.') { back } else { "" };
                    format!("{path}{moved} {} {other}{back}", dice.word(&ORDER))
                }
                _ => format!(
                    "{path}{moved} {} {}",
                    dice.word(&ORDER),
                    value(dice, scope, field, of)
                ),
            }
        }
        Type::Text | Type::Model => match dice.below(5) {
            0 => format!("{path} in {{ {}, {} }}", plain(dice), plain(dice)),
            1 => {
                let globs: &[&str] = if field.of_request {
                    &["a*", "e*", "ac*", "acme-1*", "acme-1-*", "*", "u*", "zen.*"]
                } else {
                    &[
                        "a*",
                        "*1",
                        "o*1",
                        "*",
                        "acme-*-mini",
                        "*.example.com",
                        "up-*",
                        "eu",
                    ]
                };
                format!("{path} matches {}", quoted(dice.word(globs)))
            }
            n => format!(
                "{path} {} {}",
                if n == 2 { "!=" } else { "==" },
                value(dice, scope, field, of)
            ),
        },
        Type::Choice(_)
        | Type::Maker
        | Type::Provider
        | Type::Endpoint
        | Type::Region
        | Type::Key(_)
        | Type::Word(_) => membership(dice, scope, field),
        Type::Place => {
            let other = value(dice, scope, field, of);
            let by = dice.word(&["within", "overlaps"]);
            if dice.chance(75) {
                format!("{path} {by} {other}")
            } else {
                format!("{other} {by} {path}")
            }
        }
        Type::Retention => {
            let other = value(dice, scope, field, of);
            match dice.below(5) {
                0 => format!("{path} == {other}"),
                1 => format!("{other} within {path}"),
                _ => format!("{path} within {other}"),
            }
        }
        Type::Set(member) => sets(dice, scope, field, member),
        Type::Presence => format!("{path} is set"),
    };
    format!("({asked})")
}

/// One of several.
fn membership(dice: &mut Dice, scope: &Scope<'_>, field: &Field) -> String {
    let (path, of) = (field.path.as_str(), &field.of);
    let sets = Type::Set(Box::new(of.clone()));
    match dice.below(6) {
        0 | 1 => {
            let mut members = Vec::new();
            for _ in 0..dice.between(1, 3) {
                members.extend(literal(dice, of, scope.world, &KEYS));
            }
            format!("{path} in {{ {} }}", members.join(", "))
        }
        2 => match other(dice, scope, field, &sets) {
            Some(set) => format!("{path} in {}", set.path),
            None => format!("{path} != {}", value(dice, scope, field, of)),
        },
        3 => format!("{path} != {}", value(dice, scope, field, of)),
        _ => format!("{path} == {}", value(dice, scope, field, of)),
    }
}

/// Sets against sets and members.
fn sets(dice: &mut Dice, scope: &Scope<'_>, field: &Field, member: &Type) -> String {
    let path = field.path.as_str();
    let set = |dice: &mut Dice| value(dice, scope, field, &field.of);
    match dice.below(8) {
        2 | 5 if !scope.overlaps => format!("{path} subset of {}", set(dice)),
        0 => {
            let one = literal(dice, member, scope.world, &KEYS).unwrap_or_default();
            format!("{one} in {path}")
        }
        2 => format!("{path} overlaps {}", set(dice)),
        3 => format!("{} subset of {path}", set(dice)),
        4 => format!(
            "{path} without {} subset of {}",
            set(dice),
            plain_set(dice, scope, field)
        ),
        1 => {
            let (less, other) = (plain_set(dice, scope, field), plain_set(dice, scope, field));
            let by = dice.word(if scope.overlaps {
                &["overlaps", "subset of"]
            } else {
                &["subset of"]
            });
            format!("{path} without {less} {by} {other}")
        }
        5 => format!(
            "{path} without {} overlaps {}",
            set(dice),
            plain_set(dice, scope, field)
        ),
        _ => format!("{path} subset of {}", set(dice)),
    }
}

fn plain_set(dice: &mut Dice, scope: &Scope<'_>, field: &Field) -> String {
    literal(dice, &field.of, scope.world, &KEYS).unwrap_or_default()
}
