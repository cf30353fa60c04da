//! What names mean where: declarations, and which fields a kind of rule may read.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::absence::Absence;
use super::policy::{Attribute, Table};
use super::schema::BodyField;
use super::term::Term;
use super::types::Type;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::limits;
use crate::source::Span;
use crate::syntax::ast;

/// Which fields an expression may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// Facts of the candidate.
    pub(super) route: bool,
    /// Facts about now.
    pub(super) state: bool,
    /// What the place is called in messages.
    pub(super) here: &'static str,
}

impl Reach {
    pub(super) const REQUEST: Self = Self {
        route: false,
        state: false,
        here: "a rule that judges the request alone",
    };
    pub(super) const ROUTE: Self = Self {
        route: true,
        state: false,
        here: "a rule that must not depend on state",
    };
    pub(super) const STATE: Self = Self {
        route: true,
        state: true,
        here: "this rule",
    };
    /// The requests that a `prove` is about.
    pub(super) const FILTER: Self = Self {
        here: "the `where` of a `prove`, which chooses requests",
        ..Self::REQUEST
    };
    /// What a `prove` claims.
    pub(super) const GOAL: Self = Self {
        here: "a goal, which speaks of every state",
        ..Self::ROUTE
    };
}

/// What is known while one expression is resolved.
#[derive(Debug, Clone)]
pub(super) struct Env {
    pub(super) reach: Reach,
    /// Optional terms that are sure to be set here.
    pub(super) known: BTreeSet<Term>,
    /// Parameters of the define being expanded.
    pub(super) bindings: BTreeMap<String, (Term, Type)>,
    /// Parts of the expression resolved so far, its defines expanded; shared by all copies.
    pub(super) spent: Rc<Cell<usize>>,
    /// Defines being expanded, outermost first.
    pub(super) expanding: Vec<String>,
    /// What becomes of an optional field that is read without asking.
    pub(super) absence: Absence,
}

impl Env {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            known: BTreeSet::new(),
            bindings: BTreeMap::new(),
            spent: Rc::default(),
            expanding: Vec::new(),
            absence: Absence::Reported,
        }
    }

    pub(super) fn knowing(reach: Reach, known: &BTreeSet<Term>) -> Self {
        Self {
            known: known.clone(),
            ..Self::new(reach)
        }
    }
}

/// Turns names into ids, with all that a policy declares.
pub(super) struct Resolver<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) attributes: Vec<Attribute>,
    pub(super) tables: Vec<Table>,
    pub(super) defines: BTreeMap<String, ast::Define>,
    pub(super) opt_ins: BTreeSet<BodyField>,
    pub(super) defaults: BTreeMap<BodyField, i64>,
    /// Parts of each define with its own defines expanded.
    pub(super) sizes: BTreeMap<String, usize>,
    /// Rules of each kind so far, to name those that have no code.
    pub(super) ordinals: BTreeMap<&'static str, usize>,
}

impl Resolver<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Counts one more part of an expression; `None` once it has too many or nests too deep, which
    /// is reported the first time.
    pub(super) fn spend(&mut self, env: &Env, span: Span, depth: usize) -> Option<()> {
        let spent = env.spent.get().saturating_add(1);
        env.spent.set(spent);
        let deep = depth.max(env.expanding.len()) > limits::CONDITION_DEPTH;
        if spent <= limits::CONDITION_NODES && !deep {
            return Some(());
        }
        if spent <= limits::CONDITION_NODES + 1 {
            self.report(super::diags::too_large(span));
        }
        env.spent.set(usize::MAX);
        None
    }

    /// Says whether a term may itself be absent, its inner terms aside.
    pub(super) fn may_be_absent(&self, term: &Term) -> bool {
        match term {
            Term::Body(field) => field.optional() && !self.defaults.contains_key(field),
            Term::Attribute(index) => self
                .attributes
                .get(*index as usize)
                .is_some_and(|a| a.optional && a.default.is_none()),
            Term::AuthHeader => true,
            Term::OfModel(inner, fact) => {
                **inner == Term::Body(BodyField::Model) || fact.optional()
            }
            Term::Route(fact) => super::operands::route_fact_optional(*fact),
            Term::Constant(_)
            | Term::Endpoint
            | Term::At
            | Term::Auth
            | Term::Column(..)
            | Term::OfEndpoint(..)
            | Term::State(..)
            | Term::Offset(..)
            | Term::Without(..) => false,
        }
    }

    /// Reports every part of a term that may be absent and is not known to be set.
    pub(super) fn check_read(&mut self, term: &Term, env: &Env, span: Span) {
        let goal = match env.absence {
            Absence::Reported => false,
            Absence::Fails | Absence::Holds => true,
            Absence::Ignored => return,
        };
        let unasked = self.unasked(term, env);
        let fault = |part: &Term| !(goal && part.is_of_the_route());
        // The innermost one is the cause.
        if let Some(part) = unasked.into_iter().rev().find(fault) {
            let name = self.term_name(&part);
            self.report(super::diags::optional_read(span, &name));
        }
    }

    /// The parts of a term that may be absent and are not known to be set, outermost first.
    pub(super) fn unasked(&self, term: &Term, env: &Env) -> Vec<Term> {
        let absent = |part: &&Term| self.may_be_absent(part) && !env.known.contains(*part);
        term.walk().into_iter().filter(absent).cloned().collect()
    }

    /// A term as rules write it.
    pub(super) fn term_name(&self, term: &Term) -> String {
        super::names::term_name(term, self.catalog, &self.attributes, &self.tables)
    }
}
