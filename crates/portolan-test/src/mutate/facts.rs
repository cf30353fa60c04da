//! Mutations of catalogs: facts that some rule reads by name, and what is sold.

use std::collections::BTreeSet;

use portolan_core::catalog::tree::{Node, Value};
use portolan_core::catalog::{self, Notation};
use portolan_core::diagnostic::Diagnostics;
use portolan_core::syntax::ast::ClauseKind;
use portolan_core::syntax::ast::{
    Condition, ConditionKind, Head, Item, ItemKind, Operand, OperandKind, Path, Rule,
};

use super::{Found, short, values};
use crate::tree::Tree;

/// Every mutation of a fact that matters to a rule.
pub(super) fn of(tree: &Tree, found: &mut Found<'_>) {
    let mut read = BTreeSet::new();
    for item in tree.items() {
        reads(item, &mut read);
    }
    let sources = found.sources;
    for (id, source) in sources.iter() {
        if Notation::of(source.name()) != Notation::Yaml {
            continue;
        }
        let node = catalog::read(sources, id, &mut Diagnostics::default());
        let Some(Node {
            value: Value::Map(entries),
            ..
        }) = node
        else {
            continue;
        };
        let parts = ["regions", "endpoints", "providers", "models"];
        for entry in &entries {
            if !parts.contains(&&*entry.key) {
                continue;
            }
            let Value::Map(named) = &entry.value.value else {
                continue;
            };
            for one in named {
                let mut walk = Walk {
                    read: &read,
                    of: &one.key,
                    found,
                };
                walk.fields(&one.value);
            }
        }
    }
}

struct Walk<'w, 'f> {
    /// Names of fields that rules read.
    read: &'w BTreeSet<String>,
    /// The entry.
    of: &'w str,
    found: &'w mut Found<'f>,
}

impl Walk<'_, '_> {
    fn fields(&mut self, node: &Node<'_>) {
        let Value::Map(entries) = &node.value else {
            return;
        };
        for entry in entries {
            match &*entry.key {
                "offerings" => self.offerings(&entry.value),
                "multiplier" if self.read.contains("price") => self.dates(&entry.value),
                key if self.read.contains(key) => self.fact(key, &entry.value),
                _ => {}
            }
        }
    }

    /// What is sold: less of it, and each at other times.
    fn offerings(&mut self, node: &Node<'_>) {
        let Value::Sequence(items) = &node.value else {
            return;
        };
        for item in items {
            let Value::Map(entries) = &item.value else {
                continue;
            };
            let region = entries.iter().find(|entry| entry.key == "region");
            if let Some(region) = region {
                // An offering that never begins is none.
                let text = self.found.text(region.value.span);
                let never = format!("{text}, from: 9999-01-01");
                let flow = self.found.text(item.span).starts_with('{');
                let dated = entries.iter().any(|entry| entry.key == "from");
                if flow && !dated {
                    let what = format!("`{}` is not sold in `{text}`", self.of);
                    self.found.put(region.value.span, never, what);
                }
            }
            for entry in entries {
                match &*entry.key {
                    "from" | "until" => self.scalar(&entry.key, &entry.value),
                    key if key != "region" && self.read.contains(key) => {
                        self.fact(key, &entry.value);
                    }
                    _ => {}
                }
            }
        }
    }

    /// A fact, in any of its forms: a value, a value with its source, several by date.
    fn fact(&mut self, key: &str, node: &Node<'_>) {
        match &node.value {
            Value::Scalar { .. } => self.scalar(key, node),
            Value::Map(entries) => {
                for entry in entries {
                    match &*entry.key {
                        "value" => self.fact(key, &entry.value),
                        "from" | "until" => self.scalar(&entry.key, &entry.value),
                        _ => {}
                    }
                }
            }
            Value::Sequence(items) => {
                let words = items
                    .iter()
                    .all(|item| matches!(item.value, Value::Scalar { .. }));
                if !words {
                    for item in items {
                        self.fact(key, item);
                    }
                    return;
                }
                for without in items {
                    let left = items.iter().filter(|item| item.span != without.span);
                    let left: Vec<&str> = left.map(|item| self.found.text(item.span)).collect();
                    let gone = short(self.found.text(without.span));
                    let what = format!("`{gone}` is taken out of `{key}` of `{}`", self.of);
                    self.found
                        .put(node.span, format!("[{}]", left.join(", ")), what);
                }
            }
        }
    }

    /// When something holds, whatever it is.
    fn dates(&mut self, node: &Node<'_>) {
        match &node.value {
            Value::Scalar { .. } => {}
            Value::Map(entries) => {
                for entry in entries {
                    if let "from" | "until" = &*entry.key {
                        self.scalar(&entry.key, &entry.value);
                    }
                }
            }
            Value::Sequence(items) => {
                for item in items {
                    self.dates(item);
                }
            }
        }
    }

    fn scalar(&mut self, key: &str, node: &Node<'_>) {
        let text = self.found.text(node.span);
        let next = match text {
            "true" => Some("false".to_owned()),
            "false" => Some("true".to_owned()),
            "zero" => Some("30d".to_owned()),
            "world" => Some("US".to_owned()),
            _ => values::date(text)
                .or_else(|| values::number(text))
                .or_else(|| values::duration(text))
                .or_else(|| {
                    let place = matches!(key, "processing" | "storage" | "ingress");
                    place.then(|| "world".to_owned())
                }),
        };
        if let Some(next) = next {
            let what = format!("`{key}` of `{}`: `{text}` becomes `{next}`", self.of);
            self.found.put(node.span, next, what);
        }
    }
}

/// The names of fields that an item's conditions read.
fn reads(item: &Item, read: &mut BTreeSet<String>) {
    if let ItemKind::Define(define) = &item.kind {
        of_condition(&define.body, read);
    }
    let ItemKind::Rule(Rule { head, clauses, .. }) = &item.kind else {
        return;
    };
    if let Head::Lock { facts, .. } = head {
        read.extend(facts.iter().map(|fact| fact.value.clone()));
    }
    for clause in clauses {
        if let ClauseKind::When(condition) = &clause.kind {
            of_condition(condition, read);
        }
    }
}

fn of_condition(condition: &Condition, read: &mut BTreeSet<String>) {
    match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            for part in parts {
                of_condition(part, read);
            }
        }
        ConditionKind::Not(inner) => of_condition(inner, read),
        ConditionKind::Operand(operand)
        | ConditionKind::IsSet(operand, _)
        | ConditionKind::Matches(operand, _) => of_operand(operand, read),
        ConditionKind::Compare(left, _, right) => {
            of_operand(left, read);
            of_operand(right, read);
        }
    }
}

fn of_operand(operand: &Operand, read: &mut BTreeSet<String>) {
    let path = |path: &Path, read: &mut BTreeSet<String>| {
        for segment in path.segments.iter().skip(1) {
            read.insert(segment.value.clone());
            // When a price changes is a fact of prices.
            if segment.value == "price_changes" {
                read.insert("price".to_owned());
            }
        }
    };
    match &operand.kind {
        OperandKind::Path(of) => path(of, read),
        OperandKind::Offset(inner, _) => of_operand(inner, read),
        OperandKind::Call(_, arguments) => {
            for argument in arguments {
                of_operand(argument, read);
            }
        }
        OperandKind::Text(_)
        | OperandKind::Integer(_)
        | OperandKind::Decimal(_)
        | OperandKind::Money(_)
        | OperandKind::Instant(_)
        | OperandKind::Duration(_)
        | OperandKind::Set(_)
        | OperandKind::Cell(_)
        | OperandKind::Without(..) => {}
    }
}
