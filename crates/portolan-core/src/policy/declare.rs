//! Declarations: tables, attributes, defines, opt-ins, defaults.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each pass takes the items that are its own and leaves the others"
)]

use std::collections::BTreeMap;

use super::absence::Absence;
use super::diags;
use super::policy::{Attribute, Policy, Table};
use super::schema::BodyField;
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::{Type, Value};
use crate::near;
use crate::source::Span;
use crate::syntax::ast::{self, InputType, Item, ItemKind, Name, Operand, OperandKind};

impl Resolver<'_> {
    pub(super) fn declare_table(&mut self, item: &Item) {
        let ItemKind::Table(table) = &item.kind else {
            return;
        };
        if let Some(first) = self.tables.iter().find(|t| *t.name == *table.name.value) {
            let first = first.span;
            self.report(diags::duplicate(
                table.name.span,
                "table",
                &table.name.value,
                first,
            ));
            return;
        }
        let mut columns = Vec::new();
        for (name, of) in &table.columns {
            if let Some(of) = self.named_type(of) {
                columns.push((name.value.as_str().into(), of));
            }
        }
        if columns.len() != table.columns.len() {
            return;
        }
        for (index, (name, _)) in table.columns.iter().enumerate() {
            let first = table
                .columns
                .iter()
                .take(index)
                .find(|(n, _)| n.value == name.value);
            if let Some((first, _)) = first {
                self.report(diags::duplicate(
                    name.span,
                    "column",
                    &name.value,
                    first.span,
                ));
            }
        }
        let mut resolved = Table {
            name: table.name.value.as_str().into(),
            columns,
            keys: Vec::new(),
            rows: Vec::new(),
            index: BTreeMap::new(),
            span: table.name.span,
        };
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for (key, cells) in &table.rows {
            if key.value.trim().is_empty() {
                self.report(diags::empty_key(key.span));
            } else if let Some(first) = first.get(key.value.as_str()) {
                self.report(diags::duplicate(key.span, "key", &key.value, *first));
            } else {
                first.insert(&key.value, key.span);
                self.row(&mut resolved, key, cells);
            }
        }
        self.tables.push(resolved);
    }

    /// A row under a key that stands for the first time.
    fn row(&mut self, table: &mut Table, key: &Name, cells: &[Operand]) {
        if cells.len() != table.columns.len() {
            self.report(diags::cells(key.span, table.columns.len(), cells.len()));
            return;
        }
        let mut row = Vec::new();
        for (cell, (_, of)) in cells.iter().zip(&table.columns) {
            row.extend(self.value(cell, of));
        }
        if row.len() == cells.len() {
            let index = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
            table.index.insert(key.value.as_str().into(), index);
            table.keys.push(key.value.as_str().into());
            table.rows.push(row);
        }
    }

    pub(super) fn declare(&mut self, item: &Item, policy: &mut Policy) {
        match &item.kind {
            ItemKind::Attribute(attribute) => self.attribute(attribute),
            ItemKind::Define(define) => {
                let name = define.name.value.clone();
                let first = self.defines.get(&name).map(|d| d.name.span);
                let taken = ["request", "route", "attempt", "model", "true", "false"]
                    .contains(&name.as_str());
                match first {
                    Some(first) => {
                        self.report(diags::duplicate(define.name.span, "define", &name, first));
                    }
                    None if taken => self.report(diags::ambiguous_name(
                        define.name.span,
                        &name,
                        &Type::Presence,
                    )),
                    None => {
                        self.defines.insert(name, define.clone());
                    }
                }
            }
            ItemKind::OptIn(path) => {
                let field = body_field(path).filter(|f| f.optional() && *f != BodyField::Model);
                match field {
                    Some(field) => {
                        self.opt_ins.insert(field);
                    }
                    None => self.report(diags::opt_in_not_here(path.span)),
                }
            }
            ItemKind::Default(path, value) => {
                let field = body_field(path)
                    .filter(|f| matches!(f, BodyField::MaxTokens | BodyField::FallbackDepth));
                let Some(field) = field else {
                    let name = path
                        .segments
                        .iter()
                        .map(|s| s.value.as_str())
                        .collect::<Vec<_>>()
                        .join(".");
                    self.report(diags::default_not_here(path.span, &name));
                    return;
                };
                if let Some(Value::Integer(n)) = self.value(value, &field.of()) {
                    self.defaults.insert(field, n);
                }
            }
            ItemKind::ModelPrefix(prefix) => {
                policy.model_prefix = Some(prefix.value.as_str().into());
            }
            ItemKind::ThroughAnyEndpoint => policy.through_any_endpoint = true,
            _ => {}
        }
    }

    pub(super) fn attribute(&mut self, attribute: &ast::Attribute) {
        let name = &attribute.name;
        let first = self
            .attributes
            .iter()
            .find(|a| *a.name == *name.value)
            .map(|a| a.span);
        if let Some(first) = first {
            self.report(diags::duplicate(name.span, "attribute", &name.value, first));
            return;
        }
        let taken = [
            "endpoint",
            "at",
            "auth",
            "auth_header",
            "headers",
            "query",
            "state",
            "body",
        ];
        if BodyField::named(&name.value).is_some() || taken.contains(&name.value.as_str()) {
            self.report(diags::ambiguous_name(
                name.span,
                &name.value,
                &Type::Presence,
            ));
            return;
        }
        let of = match &attribute.of {
            InputType::OneOf(words) => {
                Type::Choice(words.iter().map(|w| w.value.as_str().into()).collect())
            }
            InputType::KeyOf(table) => {
                let position = self.tables.iter().position(|t| *t.name == *table.value);
                let Some(position) = position.and_then(|p| u32::try_from(p).ok()) else {
                    let near = near::nearest(&table.value, self.tables.iter().map(|t| &*t.name))
                        .map(str::to_owned);
                    self.report(diags::unknown_name(
                        table.span,
                        "table",
                        &table.value,
                        near.as_deref(),
                    ));
                    return;
                };
                Type::Key(position)
            }
            InputType::Named(of) => match self.named_type(of) {
                Some(found @ (Type::Bool | Type::Count | Type::Text)) => found,
                Some(_) => {
                    self.report(diags::unknown_name(
                        of.span,
                        "type for an attribute",
                        &of.value,
                        None,
                    ));
                    return;
                }
                None => return,
            },
        };
        let default = attribute.default.as_ref().and_then(|d| self.value(d, &of));
        self.attributes.push(Attribute {
            name: name.value.as_str().into(),
            of,
            optional: attribute.optional,
            default,
            span: name.span,
        });
    }

    /// Checks every define on its own, so that a misspelt field is found even in one that
    /// nothing uses.
    pub(super) fn check_defines(&mut self) {
        let defines: Vec<ast::Define> = self.defines.values().cloned().collect();
        for define in defines {
            let mut env = Env::new(Reach::STATE);
            env.absence = Absence::Ignored;
            env.expanding.push(define.name.value.clone());
            for (parameter, of) in &define.parameters {
                if let Some(of) = self.named_type(of) {
                    let stand_in = Term::Constant(Value::Bool(false));
                    env.bindings.insert(parameter.value.clone(), (stand_in, of));
                }
            }
            if let ast::ConditionKind::Operand(value) = &define.body.kind
                && !matches!(&value.kind, OperandKind::Path(_) | OperandKind::Call(..))
            {
                continue;
            }
            self.condition(&define.body, &env);
        }
    }
}

/// The body field that `request.FIELD` names.
fn body_field(path: &ast::Path) -> Option<BodyField> {
    match path.segments.as_slice() {
        [root, field] if root.value == "request" => BodyField::named(&field.value),
        _ => None,
    }
}
