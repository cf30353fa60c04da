//! Trees without places, so that two texts of one meaning have equal ones.
//!
//! Every span is set to nothing. A span that were forgotten here would make equal trees differ,
//! and formatting refuse: never the other way round.

use portolan_core::source::{SourceId, Span, Spanned};
use portolan_core::syntax::ast::{
    Claim, Clause, ClauseKind, Condition, ConditionKind, Goal, Head, InputType, Item, ItemKind,
    Name, Operand, OperandKind, Path,
};

const NOWHERE: Span = Span {
    source: SourceId(0),
    start: 0,
    end: 0,
};

/// Forgets where items and all of their parts stand.
pub(crate) fn spans(items: &mut [Item]) {
    items.iter_mut().for_each(item);
}

fn at<T>(spanned: &mut Spanned<T>) {
    spanned.span = NOWHERE;
}

fn names(names: &mut [Name]) {
    names.iter_mut().for_each(at);
}

fn pairs(pairs: &mut [(Name, Name)]) {
    for (first, second) in pairs {
        at(first);
        at(second);
    }
}

fn fields(fields: &mut [(Name, Operand)]) {
    for (field, value) in fields {
        at(field);
        operand(value);
    }
}

fn item(item: &mut Item) {
    item.span = NOWHERE;
    match &mut item.kind {
        ItemKind::Edition(number) | ItemKind::PlanAtMost(number) => at(number),
        ItemKind::Policy(name)
        | ItemKind::UseCatalog(name)
        | ItemKind::Include(name)
        | ItemKind::ModelPrefix(name) => at(name),
        ItemKind::Overlay(name, of) => {
            at(name);
            at(of);
        }
        ItemKind::Attribute(attribute) => {
            at(&mut attribute.name);
            match &mut attribute.of {
                InputType::OneOf(values) => names(values),
                InputType::KeyOf(name) | InputType::Named(name) => at(name),
            }
            attribute.default.iter_mut().for_each(operand);
        }
        ItemKind::OptIn(field) => path(field),
        ItemKind::Default(field, value) => {
            path(field);
            operand(value);
        }
        ItemKind::Define(define) => {
            at(&mut define.name);
            pairs(&mut define.parameters);
            condition(&mut define.body);
        }
        ItemKind::Table(table) => {
            at(&mut table.name);
            table.from.iter_mut().for_each(at);
            pairs(&mut table.columns);
            for (key, cells) in &mut table.rows {
                at(key);
                cells.iter_mut().for_each(operand);
            }
        }
        ItemKind::ThroughAnyEndpoint => {}
        ItemKind::Rule(rule) => {
            rule.head_span = NOWHERE;
            head(&mut rule.head);
            rule.clauses.iter_mut().for_each(clause);
        }
        ItemKind::Amend(amend) => {
            at(&mut amend.rule);
            if let Some((status, code)) = &mut amend.to {
                at(status);
                at(code);
            }
            amend.clauses.iter_mut().for_each(clause);
        }
        ItemKind::Prefer(keys) => keys.iter_mut().for_each(|key| path(&mut key.path)),
        ItemKind::Advance(classes) => names(classes),
        ItemKind::Timeout(spans) => {
            for (name, milliseconds) in spans {
                at(name);
                at(milliseconds);
            }
        }
        ItemKind::Unique(unique) => {
            at(&mut unique.name);
            names(&mut unique.rules);
        }
        ItemKind::Prove(prove) => {
            at(&mut prove.name);
            prove.filter.iter_mut().for_each(condition);
            if let Some((_, until)) = &mut prove.between {
                at(until);
            }
            goal(&mut prove.goal);
        }
        ItemKind::Test(test) => {
            use portolan_core::syntax::ast::ExpectKind;
            at(&mut test.name);
            fields(&mut test.request);
            for expect in &mut test.expect {
                expect.span = NOWHERE;
                match &mut expect.kind {
                    ExpectKind::Refuse(_, name)
                    | ExpectKind::Warn(name)
                    | ExpectKind::Drop(name) => {
                        at(name);
                    }
                    ExpectKind::Route(facts) => fields(facts),
                }
            }
        }
    }
}

fn head(head: &mut Head) {
    match head {
        Head::On {
            point,
            chain: _,
            exclude: _,
            status,
            code,
        } => {
            at(point);
            at(status);
            at(code);
        }
        Head::Refuse {
            chain: _,
            status,
            code,
        }
        | Head::Exclude { status, code }
        | Head::Skip { status, code } => {
            at(status);
            at(code);
        }
        Head::Lock { facts, bound } => {
            names(facts);
            operand(bound);
        }
        Head::Set { field, value } => {
            path(field);
            operand(value);
        }
        Head::Warn { code, say } => {
            at(code);
            at(say);
        }
        Head::Limit {
            requests,
            window_ms,
            key,
        } => {
            at(requests);
            at(window_ms);
            path(key);
        }
        Head::Retry {
            on,
            times,
            after_ms: _,
        } => {
            names(on);
            at(times);
        }
    }
}

fn clause(clause: &mut Clause) {
    clause.span = NOWHERE;
    match &mut clause.kind {
        ClauseKind::When(when) => condition(when),
        ClauseKind::Blame(field) => operand(field),
        ClauseKind::Say(name) | ClauseKind::Help(name) | ClauseKind::As(name) => at(name),
        ClauseKind::Noting(code, text) => {
            at(code);
            at(text);
        }
        ClauseKind::Else(status, code) => {
            at(status);
            at(code);
        }
        ClauseKind::From(_)
        | ClauseKind::Until(_)
        | ClauseKind::WithoutFallbacks
        | ClauseKind::Overridable => {}
    }
}

fn goal(goal: &mut Goal) {
    match goal {
        Goal::Claim { premises, claim } => {
            for claim in premises.iter_mut().chain([claim]) {
                match claim {
                    Claim::Every(every) => condition(every),
                    Claim::RefusedWith(code) => at(code),
                    Claim::PriceAtMost(_) | Claim::Routes | Claim::Refused => {}
                }
            }
        }
        Goal::SomeModelRoutes(filter) => filter.iter_mut().for_each(condition),
        Goal::SameDecisionAs(policy) => at(policy),
    }
}

fn condition(of: &mut Condition) {
    of.span = NOWHERE;
    match &mut of.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            parts.iter_mut().for_each(condition);
        }
        ConditionKind::Not(inner) => condition(inner),
        ConditionKind::Operand(value) | ConditionKind::IsSet(value, _) => operand(value),
        ConditionKind::Compare(left, _, right) => {
            operand(left);
            operand(right);
        }
        ConditionKind::Matches(value, pattern) => {
            operand(value);
            at(pattern);
        }
    }
}

fn operand(of: &mut Operand) {
    of.span = NOWHERE;
    match &mut of.kind {
        OperandKind::Path(of) => path(of),
        OperandKind::Call(name, arguments) => {
            at(name);
            arguments.iter_mut().for_each(operand);
        }
        OperandKind::Set(members) => members.iter_mut().for_each(operand),
        OperandKind::Offset(date, _) => operand(date),
        OperandKind::Without(one, other) => {
            operand(one);
            operand(other);
        }
        OperandKind::Text(_)
        | OperandKind::Integer(_)
        | OperandKind::Decimal(_)
        | OperandKind::Money(_)
        | OperandKind::Instant(_)
        | OperandKind::Duration(_)
        | OperandKind::Cell(_) => {}
    }
}

fn path(of: &mut Path) {
    of.span = NOWHERE;
    names(&mut of.segments);
}
