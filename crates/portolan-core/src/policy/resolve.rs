//! Names to ids: a loaded policy over a checked catalog becomes a typed one.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each pass takes the items that are its own and leaves the others"
)]

use std::collections::BTreeMap;

use super::diags;
use super::load::Loaded;
use super::policy::{
    Attribute, Condition, Expect, Goal, Piece, Policy, PreferKey, Prove, Rule, RuleKind, Slot,
    Table, Template, Test, Verdict,
};
use super::scope::{Env, Reach, Resolver};
use super::types::{BodyField, Term, Type, Value};
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostics;
use crate::instant::Window;
use crate::near;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ExpectKind, InputType, Item, ItemKind, Name, Operand, OperandKind};

/// Resolves every item. Faults go to `diagnostics`; the policy is whole only if there is none.
pub fn resolve(loaded: &Loaded, catalog: &Catalog, diagnostics: &mut Diagnostics) -> Policy {
    let mut resolver = Resolver {
        catalog,
        diagnostics,
        attributes: Vec::new(),
        tables: Vec::new(),
        defines: BTreeMap::new(),
        opt_ins: std::collections::BTreeSet::new(),
        defaults: BTreeMap::new(),
        nodes: 0,
        ordinals: BTreeMap::new(),
    };
    let mut policy = Policy {
        name: loaded.name.value.as_str().into(),
        ..Policy::default()
    };
    let items = &loaded.items;
    for item in items {
        resolver.declare_table(item);
    }
    for item in items {
        resolver.declare(item, &mut policy);
    }
    resolver.check_defines();
    for item in items {
        resolver.item(item, &mut policy);
    }
    built_in_points(&mut policy, loaded.name.span);
    resolver.check_names(&policy);
    resolver.check_sets(&policy);
    policy.attributes = resolver.attributes;
    policy.tables = resolver.tables;
    policy.opt_ins = resolver.opt_ins;
    policy.defaults = resolver.defaults;
    policy
}

impl Resolver<'_> {
    fn declare_table(&mut self, item: &Item) {
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
        let mut resolved = Table {
            name: table.name.value.as_str().into(),
            columns,
            keys: Vec::new(),
            rows: Vec::new(),
            index: BTreeMap::new(),
            span: table.name.span,
        };
        for (key, cells) in &table.rows {
            self.row(&mut resolved, table, key, cells);
        }
        self.tables.push(resolved);
    }

    fn row(&mut self, table: &mut Table, written: &ast::Table, key: &Name, cells: &[Operand]) {
        if table.index.contains_key(key.value.as_str()) {
            let first = written.rows.iter().find(|(k, _)| k.value == key.value);
            let first = first.map_or(key.span, |(k, _)| k.span);
            self.report(diags::duplicate(key.span, "key", &key.value, first));
            return;
        }
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

    fn declare(&mut self, item: &Item, policy: &mut Policy) {
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

    fn attribute(&mut self, attribute: &ast::Attribute) {
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
    fn check_defines(&mut self) {
        let defines: Vec<ast::Define> = self.defines.values().cloned().collect();
        for define in defines {
            let mut env = Env::new(Reach::STATE);
            env.lenient = true;
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

    fn item(&mut self, item: &Item, policy: &mut Policy) {
        match &item.kind {
            ItemKind::Rule(rule) => {
                let ordinal = self
                    .ordinals
                    .entry(super::rules::word(&rule.head))
                    .or_default();
                *ordinal += 1;
                let ordinal = *ordinal;
                policy.rules.extend(self.rule(rule, ordinal));
            }
            ItemKind::Prefer(keys) => {
                for key in keys {
                    policy.prefer.extend(self.prefer(key));
                }
            }
            ItemKind::PlanAtMost(most) => {
                self.range(most, "attempts per model", 1, 64);
                policy.plan_at_most = usize::try_from(most.value).ok();
            }
            ItemKind::Advance(classes) => policy.advance = self.classes(classes),
            ItemKind::Timeout(limits) => {
                for limit in limits {
                    self.timeout(limit, policy);
                }
            }
            ItemKind::Prove(prove) => policy.proves.extend(self.prove(prove)),
            ItemKind::Test(test) => policy.tests.extend(self.test(test, item.span)),
            _ => {}
        }
    }

    fn prefer(&mut self, key: &ast::PreferKey) -> Option<PreferKey> {
        let operand = Operand {
            kind: OperandKind::Path(key.path.clone()),
            span: key.path.span,
        };
        let (term, of) = self.typed(&operand, None, &Env::new(Reach::ROUTE))?;
        let ordered = matches!(
            of,
            Type::Money | Type::Number | Type::Tokens | Type::Instant
        );
        if !ordered || !matches!(term, Term::Route(_) | Term::OfModel(..)) {
            self.report(diags::wrong_operator(key.path.span, "prefer", &of));
            return None;
        }
        Some(PreferKey {
            lowest: key.lowest,
            term,
        })
    }

    fn timeout(&mut self, (name, limit): &(Name, Spanned<i64>), policy: &mut Policy) {
        self.range(limit, "a time limit in milliseconds", 1, 86_400_000);
        let slot = match name.value.as_str() {
            "connect" => &mut policy.timeouts.connect,
            "first-byte" => &mut policy.timeouts.first_byte,
            "idle" => &mut policy.timeouts.idle,
            "total" => &mut policy.timeouts.total,
            other => {
                let near = near::nearest(other, ["connect", "first-byte", "idle", "total"]);
                self.report(diags::unknown_name(name.span, "time limit", other, near));
                return;
            }
        };
        *slot = Some(limit.value);
    }

    fn prove(&mut self, prove: &ast::Prove) -> Option<Prove> {
        let filter = match &prove.filter {
            None => Condition::Constant(true),
            Some(filter) => self.condition(filter, &Env::new(Reach::REQUEST))?.condition,
        };
        let goal = match &prove.goal {
            ast::Goal::Every(condition) => {
                let mut env = Env::new(Reach::ROUTE);
                env.known.insert(Term::Body(BodyField::Model));
                Goal::Every(self.condition(condition, &env)?.condition)
            }
            ast::Goal::NeverRoutes => Goal::NeverRoutes,
            ast::Goal::AlwaysRoutes => Goal::AlwaysRoutes,
            ast::Goal::AlwaysRefused(code) => Goal::AlwaysRefused(code.value.as_str().into()),
        };
        let (from, until) = prove.between.unzip();
        Some(Prove {
            name: prove.name.value.as_str().into(),
            filter,
            between: Window { from, until },
            goal,
            span: prove.name.span,
        })
    }

    fn test(&mut self, test: &ast::Test, span: Span) -> Option<Test> {
        let mut fallbacks = Vec::new();
        let mut request = Vec::new();
        for (name, operand) in &test.request {
            if name.value == "fallbacks" {
                let OperandKind::Set(items) = &operand.kind else {
                    self.report(diags::type_mismatch(
                        operand.span,
                        &Type::Set(Box::new(Type::Model)),
                        "one value",
                    ));
                    return None;
                };
                for item in items {
                    if let Value::Text(model) = self.value(item, &Type::Text)? {
                        fallbacks.push(model);
                    }
                }
                continue;
            }
            let of = self.test_field(name)?;
            request.push((name.value.as_str().into(), self.value(operand, &of)?));
        }
        let mut expect = Vec::new();
        for expected in &test.expect {
            expect.push(match &expected.kind {
                ExpectKind::Refuse(status, code) => {
                    Expect::Refuse(*status, code.value.as_str().into())
                }
                ExpectKind::Warn(code) => Expect::Warn(code.value.as_str().into()),
                ExpectKind::Drop(code) => Expect::Drop(code.value.as_str().into()),
                ExpectKind::Route(fields) => {
                    let mut facts = Vec::new();
                    for (name, operand) in fields {
                        let table = super::types::RouteFact::table();
                        let Some((_, _, of, _)) = table.iter().find(|(n, ..)| *n == name.value)
                        else {
                            let near = near::nearest(&name.value, table.iter().map(|(n, ..)| *n));
                            self.report(diags::unknown_field(
                                name.span,
                                "route",
                                &name.value,
                                near,
                            ));
                            return None;
                        };
                        facts.push((name.value.as_str().into(), self.value(operand, of)?));
                    }
                    Expect::Route(facts)
                }
            });
        }
        Some(Test {
            name: test.name.value.as_str().into(),
            request,
            fallbacks,
            at: test.at,
            expect,
            span,
        })
    }

    fn test_field(&mut self, name: &Name) -> Option<Type> {
        if name.value == "endpoint" {
            return Some(Type::Endpoint);
        }
        if let Some(attribute) = self.attributes.iter().find(|a| *a.name == *name.value) {
            return Some(attribute.of.clone());
        }
        let fields = [
            BodyField::Model,
            BodyField::ModelRegion,
            BodyField::MaxTokens,
            BodyField::InputTokens,
            BodyField::Temperature,
            BodyField::Stream,
            BodyField::FallbackDepth,
            BodyField::FallbackRetry,
        ];
        match fields.into_iter().find(|f| f.name() == name.value) {
            Some(BodyField::Model) => Some(Type::Text),
            Some(field) => Some(field.of()),
            None => {
                let names = fields
                    .iter()
                    .map(|f| f.name())
                    .chain(["endpoint", "fallbacks"]);
                let near = near::nearest(
                    &name.value,
                    names.chain(self.attributes.iter().map(|a| &*a.name)),
                );
                let near = near.map(str::to_owned);
                self.report(diags::unknown_field(
                    name.span,
                    "request",
                    &name.value,
                    near.as_deref(),
                ));
                None
            }
        }
    }

    fn check_names(&mut self, policy: &Policy) {
        let mut points: Vec<(std::mem::Discriminant<RuleKind>, Span)> = Vec::new();
        for rule in policy
            .rules
            .iter()
            .filter(|r| !r.built_in && r.kind.word() == "on")
        {
            let point = std::mem::discriminant(&rule.kind);
            match points.iter().find(|(p, _)| *p == point) {
                Some((_, first)) => {
                    let first = *first;
                    self.report(diags::duplicate(
                        rule.span,
                        "line for the point",
                        rule.kind.code(),
                        first,
                    ));
                }
                None => points.push((point, rule.span)),
            }
        }
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for rule in policy.rules.iter().filter(|r| !r.built_in) {
            match seen.get(&*rule.name) {
                Some(first) => {
                    let first = *first;
                    self.report(diags::duplicate_rule(rule.span, &rule.name, first));
                }
                None => {
                    seen.insert(&rule.name, rule.span);
                }
            }
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

/// Adds the built-in points that the policy does not word.
fn built_in_points(policy: &mut Policy, span: Span) {
    let has = |policy: &Policy, matches: fn(&RuleKind) -> bool| {
        policy.rules.iter().any(|r| matches(&r.kind))
    };
    let model = Piece::Term(Term::Body(BodyField::Model));
    let say = |before: &str, after: &str| Template {
        pieces: vec![
            Piece::Text(before.into()),
            model.clone(),
            Piece::Text(after.into()),
        ],
    };
    let rule = |kind: RuleKind, say: Template, help: Vec<Template>| Rule {
        name: kind.code().into(),
        kind,
        window: Window::ALWAYS,
        when: Condition::Constant(true),
        blame: Some(super::policy::Blame::Field(
            super::policy::BlameField::Body(BodyField::Model),
        )),
        say,
        help,
        span,
        built_in: true,
    };
    let verdict = |code: &str| Verdict {
        status: 404,
        code: code.into(),
    };
    if !has(policy, |k| matches!(k, RuleKind::UnknownModel { .. })) {
        let help = Template {
            pieces: vec![
                Piece::Text("did you mean ".into()),
                Piece::Slot(Slot::Near),
                Piece::Text("?".into()),
            ],
        };
        let kind = RuleKind::UnknownModel {
            chain: false,
            verdict: verdict("model-not-found"),
        };
        policy
            .rules
            .push(rule(kind, say("no model `", "`"), vec![help]));
    }
    if !has(policy, |k| matches!(k, RuleKind::NotOffered(_))) {
        let kind = RuleKind::NotOffered(verdict("model-not-offered"));
        policy.rules.insert(
            0,
            rule(
                kind,
                say("`", "` is not offered here at this date"),
                Vec::new(),
            ),
        );
    }
    let kind = RuleKind::BeyondDepth(Verdict {
        status: 400,
        code: "fallback-beyond-depth".into(),
    });
    policy.rules.push(rule(
        kind,
        say("`", "` stands beyond the depth of the fallback chain"),
        Vec::new(),
    ));
}
