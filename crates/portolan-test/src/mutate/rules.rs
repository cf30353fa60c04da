//! Mutations of what a policy's own files say: rules, their conditions, and the order of routes.

use std::collections::BTreeSet;

use portolan_core::engine::Engine;
use portolan_core::source::Span;
use portolan_core::syntax::ast::{
    Clause, ClauseKind, Comparison, Condition, ConditionKind, Define, Head, Item, ItemKind, Name,
    Operand, OperandKind, Rule,
};

use super::{Found, short, values};
use crate::tree::Tree;

/// Every mutation of what changes a decision.
pub(super) fn of<'a>(engine: &'a Engine, tree: &Tree, found: &mut Found<'a>) {
    let mut walk = Walk {
        engine,
        found,
        called: BTreeSet::new(),
        rule: String::new(),
    };
    for item in tree.items() {
        walk.item(item);
    }
    // What rules call by name is theirs; a name that only claims use decides nothing.
    let mut known = 0;
    while walk.called.len() > known {
        known = walk.called.len();
        let defines = tree.items().iter().filter_map(defined);
        for define in defines {
            if walk.called.contains(&define.name.value) {
                walk.rule.clone_from(&define.name.value);
                walk.condition(&define.body);
            }
        }
    }
}

fn defined(item: &Item) -> Option<&Define> {
    if let ItemKind::Define(define) = &item.kind {
        Some(define)
    } else {
        None
    }
}

struct Walk<'a, 'f> {
    engine: &'a Engine,
    found: &'f mut Found<'a>,
    /// Single words in conditions: those of them that are defined are called.
    called: BTreeSet<String>,
    /// The rule that is being changed.
    rule: String,
}

impl Walk<'_, '_> {
    fn item(&mut self, item: &Item) {
        let whole = item.span;
        self.rule = short(self.found.text(whole));
        match &item.kind {
            ItemKind::Rule(rule) => self.rule(rule, whole),
            ItemKind::OptIn(_) | ItemKind::ModelPrefix(_) | ItemKind::ThroughAnyEndpoint => {
                self.drop(whole);
            }
            ItemKind::Prefer(keys) => {
                self.drop(whole);
                let texts: Vec<&str> = self
                    .found
                    .text(whole)
                    .trim_start_matches("prefer")
                    .split(',')
                    .map(str::trim)
                    .collect();
                if let [first, second, rest @ ..] = texts.as_slice() {
                    let swapped = [&[*second, *first], rest].concat().join(", ");
                    self.found.swap(whole, format!("prefer {swapped}"));
                }
                for key in keys {
                    let (was, is) = if key.lowest {
                        ("lowest", "highest")
                    } else {
                        ("highest", "lowest")
                    };
                    self.before(whole, key.path.span, was, is);
                }
            }
            ItemKind::Default(_, value) => self.literal(value),
            ItemKind::PlanAtMost(most) => self.number(most.span),
            ItemKind::Advance(classes) => self.one_less(classes),
            ItemKind::Timeout(spans) => {
                for (_, span) in spans {
                    self.duration(span.span);
                }
            }
            ItemKind::Attribute(attribute) => {
                if let Some(default) = &attribute.default {
                    self.literal(default);
                }
            }
            ItemKind::Edition(_)
            | ItemKind::Policy(_)
            | ItemKind::Overlay(..)
            | ItemKind::UseCatalog(_)
            | ItemKind::Include(_)
            | ItemKind::Define(_)
            | ItemKind::Table(_)
            | ItemKind::Amend(_)
            | ItemKind::Unique(_)
            | ItemKind::Prove(_)
            | ItemKind::Test(_) => {}
        }
    }

    /// Takes an item away.
    fn drop(&mut self, whole: Span) {
        let first = self.found.text(whole).lines().next().unwrap_or("");
        let what = format!("`{}` is dropped", short(first));
        self.found.put(whole, "", what);
    }

    fn rule(&mut self, rule: &Rule, whole: Span) {
        self.rule = short(self.found.text(rule.head_span));
        self.drop(whole);
        self.head(&rule.head, rule.head_span);
        for clause in &rule.clauses {
            self.clause(clause);
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::When(condition) => {
                let what = format!("`{}` has no condition", self.rule);
                self.found.put(clause.span, "", what);
                self.condition(condition);
            }
            ClauseKind::From(_) | ClauseKind::Until(_) => {
                let text = self.found.text(clause.span);
                let what = format!("`{}` is dropped", short(text));
                self.found.put(clause.span, "", what);
                if let Some((word, date)) = text.split_once(char::is_whitespace)
                    && let Some(later) = values::date(date.trim())
                {
                    self.found.swap(clause.span, format!("{word} {later}"));
                }
            }
            ClauseKind::Else(status, code) => self.verdict(status.span, status.value, code),
            ClauseKind::WithoutFallbacks => self.drop(clause.span),
            ClauseKind::Noting(code, _) => self.code(code),
            ClauseKind::Blame(_)
            | ClauseKind::Say(_)
            | ClauseKind::Help(_)
            | ClauseKind::As(_)
            | ClauseKind::Overridable => {}
        }
    }

    fn head(&mut self, head: &Head, span: Span) {
        match head {
            Head::On {
                chain,
                status,
                code,
                ..
            }
            | Head::Refuse {
                chain,
                status,
                code,
            } => {
                if *chain {
                    self.before(span, status.span, "chain ", "");
                }
                self.verdict(status.span, status.value, code);
            }
            Head::Exclude { status, code } | Head::Skip { status, code } => {
                self.verdict(status.span, status.value, code);
            }
            Head::Lock { facts, bound } => {
                self.one_less(facts);
                self.looser(bound);
            }
            Head::Set { value, .. } => self.literal(value),
            Head::Warn { code, .. } => self.code(code),
            Head::Limit {
                requests,
                window_ms,
                ..
            } => {
                self.number(requests.span);
                self.duration(window_ms.span);
            }
            Head::Retry { on, times, .. } => {
                self.one_less(on);
                let more = match self.found.text(times.span) {
                    "once" => Some("twice".to_owned()),
                    "twice" => Some("once".to_owned()),
                    other => other.split_whitespace().next().and_then(values::number),
                };
                if let Some(more) = more {
                    self.found.swap(times.span, more);
                }
            }
        }
    }

    fn verdict(&mut self, span: Span, status: u16, code: &Name) {
        let other = match status {
            429 => 503,
            500.. => 429,
            404 => 400,
            _ => 404,
        };
        self.found.swap(span, other.to_string());
        self.code(code);
    }

    fn code(&mut self, code: &Name) {
        self.found.swap(code.span, format!("{}-x", code.value));
    }

    /// Takes each name of a list away in turn; a list of one has none to spare.
    fn one_less(&mut self, names: &[Name]) {
        let (Some(first), Some(last)) = (names.first(), names.last()) else {
            return;
        };
        if names.len() < 2 {
            return;
        }
        for without in names {
            let left = names.iter().filter(|name| name.span != without.span);
            let left: Vec<&str> = left.map(|name| name.value.as_str()).collect();
            let what = format!("`{}` is taken out of `{}`", without.value, self.rule);
            self.found
                .put(first.span.to(last.span), left.join(", "), what);
        }
    }

    /// A lock that demands less.
    fn looser(&mut self, bound: &Operand) {
        let text = self.found.text(bound.span);
        let duration = matches!(bound.kind, OperandKind::Duration(_)) || text == "zero";
        if text == "zero" {
            self.found.swap(bound.span, "30d");
        } else if duration {
            self.duration(bound.span);
        } else {
            self.found.swap(bound.span, "world");
        }
    }

    fn number(&mut self, span: Span) {
        if let Some(next) = values::number(self.found.text(span)) {
            self.found.swap(span, next);
        }
    }

    fn duration(&mut self, span: Span) {
        if let Some(longer) = values::duration(self.found.text(span)) {
            self.found.swap(span, longer);
        }
    }

    /// Changes the word that stands before a part of a text.
    fn before(&mut self, whole: Span, part: Span, was: &str, is: &str) {
        let text = self.found.text(Span {
            end: part.start,
            ..whole
        });
        let Some(at) = text.rfind(was) else { return };
        let start = whole.start + u32::try_from(at).unwrap_or(0);
        let end = start + u32::try_from(was.len()).unwrap_or(0);
        self.found.swap(
            Span {
                start,
                end,
                ..whole
            },
            is,
        );
    }

    fn condition(&mut self, condition: &Condition) {
        let text = self.found.text(condition.span);
        let not = |text: &str| format!("not ({text}\n)");
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                let and = matches!(condition.kind, ConditionKind::And(_));
                let (own, other) = if and { ("and", "or") } else { ("or", "and") };
                let texts: Vec<String> = parts
                    .iter()
                    .map(|part| format!("({}\n)", self.found.text(part.span)))
                    .collect();
                let joined = |texts: &[String], word: &str| {
                    format!("({})", texts.join(&format!(" {word} ")))
                };
                let what = format!("`{own}` becomes `{other}` in `{}`", short(text));
                self.found.put(condition.span, joined(&texts, other), what);
                for (position, part) in parts.iter().enumerate() {
                    let mut left = texts.clone();
                    left.remove(position);
                    let gone = short(self.found.text(part.span));
                    let what = format!("`{gone}` is taken out of `{}`", self.rule);
                    self.found.put(condition.span, joined(&left, own), what);
                    self.condition(part);
                }
            }
            ConditionKind::Not(inner) => {
                let what = format!("`{}` loses its `not`", short(text));
                let plain = format!("({}\n)", self.found.text(inner.span));
                self.found.put(condition.span, plain, what);
                self.condition(inner);
            }
            ConditionKind::Operand(operand) => {
                self.called.insert(text.to_owned());
                if let OperandKind::Call(name, arguments) = &operand.kind {
                    self.called.insert(name.value.clone());
                    for argument in arguments {
                        self.literal(argument);
                    }
                }
                self.found.swap(condition.span, not(text));
            }
            ConditionKind::IsSet(operand, set) => {
                let word = if *set { "is not set" } else { "is set" };
                let operand = self.found.text(operand.span);
                self.found.swap(condition.span, format!("{operand} {word}"));
            }
            ConditionKind::Matches(..) => self.found.swap(condition.span, not(text)),
            ConditionKind::Compare(left, operator, right) => {
                let (a, b) = (self.found.text(left.span), self.found.text(right.span));
                match others(*operator) {
                    [] => self.found.swap(condition.span, not(text)),
                    signs => {
                        for sign in signs {
                            self.found.swap(condition.span, format!("{a} {sign} {b}"));
                        }
                    }
                }
                self.literal(left);
                self.literal(right);
            }
        }
    }

    /// The nearest other constant; fields are left.
    fn literal(&mut self, operand: &Operand) {
        let text = self.found.text(operand.span);
        let next = match &operand.kind {
            OperandKind::Integer(_) => values::number(text),
            OperandKind::Decimal(_) => values::amount(text),
            OperandKind::Money(_) => {
                let amount = text.strip_prefix('$').and_then(values::amount);
                amount.map(|amount| format!("${amount}"))
            }
            OperandKind::Instant(_) => values::date(text),
            OperandKind::Duration(_) => values::duration(text),
            OperandKind::Text(own) => Some(format!("\"{}-x\"", own.escape_default())),
            OperandKind::Set(members) => {
                for without in members {
                    let left = members.iter().filter(|m| m.span != without.span);
                    let left: Vec<&str> = left.map(|m| self.found.text(m.span)).collect();
                    self.found
                        .swap(operand.span, format!("{{ {} }}", left.join(", ")));
                }
                None
            }
            OperandKind::Offset(inner, _) => {
                self.literal(inner);
                let moved = Span {
                    start: inner.span.end,
                    ..operand.span
                };
                let tail = self.found.text(moved);
                let length = tail.trim_start_matches([' ', '+', '-']);
                let sign = tail.len() - length.len();
                let start = moved.start + u32::try_from(sign).unwrap_or(0);
                self.duration(Span { start, ..moved });
                None
            }
            OperandKind::Path(path) => match path.segments.as_slice() {
                [name] => self.another(&name.value),
                _ => None,
            },
            OperandKind::Call(..) | OperandKind::Cell(_) | OperandKind::Without(..) => None,
        };
        if let Some(next) = next {
            self.found.swap(operand.span, next);
        }
    }

    /// Another name of the same kind: an endpoint, a region, a word of an attribute, a place.
    fn another(&self, name: &str) -> Option<String> {
        let catalog = self.engine.catalog();
        let other = |names: &[&str]| {
            let known = names.contains(&name);
            let other = names.iter().find(|other| **other != name);
            other.filter(|_| known).map(|other| (*other).to_owned())
        };
        if let "true" | "false" = name {
            return Some((name != "true").to_string());
        }
        let endpoints: Vec<&str> = catalog.endpoints.iter().map(|e| &*e.name).collect();
        let regions: Vec<&str> = catalog.regions.iter().map(|r| &*r.name).collect();
        let providers: Vec<&str> = catalog.providers.iter().map(|p| &*p.name).collect();
        let mut found = other(&endpoints).or_else(|| other(&regions));
        found = found.or_else(|| other(&providers));
        for attribute in &self.engine.policy().attributes {
            if let portolan_core::policy::Type::Choice(words) = &attribute.of {
                let words: Vec<&str> = words.iter().map(|word| &**word).collect();
                found = found.or_else(|| other(&words));
            }
        }
        let place = name.chars().next().is_some_and(char::is_uppercase);
        found.or_else(|| place.then(|| "world".to_owned()))
    }
}

/// The operators that say something else of the same two values, the nearest first.
const fn others(operator: Comparison) -> &'static [&'static str] {
    match operator {
        Comparison::Equal => &["!="],
        Comparison::NotEqual => &["=="],
        Comparison::Less => &["<=", ">="],
        Comparison::AtMost => &["<", ">"],
        Comparison::Greater => &[">=", "<="],
        Comparison::AtLeast => &[">", "<"],
        Comparison::In | Comparison::Within | Comparison::Overlaps | Comparison::SubsetOf => &[],
    }
}
