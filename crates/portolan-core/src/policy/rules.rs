//! Rules: heads and clauses to typed rules.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a notation that the expected type does not take is one and the same fault"
)]

use std::collections::BTreeSet;

use super::conditions::may_hold_without_state;
use super::diags;
use super::policy::{Blame, BlameField, Condition, Policy, Rule, RuleKind, SetField, Template};
use super::schema::{BodyField, RouteFact};
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::Type;
use crate::instant::{Instant, Window};
use crate::near;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Clause, ClauseKind, Head, Name, Operand, OperandKind};

/// The clauses of one rule, sorted by kind.
#[derive(Default)]
pub(super) struct Clauses<'a> {
    pub(super) when: Option<&'a ast::Condition>,
    pub(super) blame: Option<&'a Operand>,
    pub(super) say: Option<&'a Name>,
    pub(super) help: Vec<&'a Name>,
    pub(super) noting: Option<(&'a Name, &'a Name)>,
    pub(super) name: Option<&'a Name>,
    pub(super) from: Option<Instant>,
    pub(super) until: Option<(Instant, Span)>,
    pub(super) otherwise: Option<(&'a Spanned<u16>, &'a Name)>,
    pub(super) without_fallbacks: bool,
}

impl Resolver<'_> {
    /// Resolves one rule; `ordinal` names those that have no code.
    pub(super) fn rule(&mut self, rule: &ast::Rule, ordinal: usize) -> Option<Rule> {
        let word = word(&rule.head);
        let clauses = self.clauses(rule, word);
        let reach = reach(&rule.head);
        let mut env = Env::new(reach);
        let about_model = reach.route || matches!(&rule.head, Head::On { .. });
        if about_model {
            env.known.insert(Term::Body(BodyField::Model));
        }
        let errors = self.diagnostics.errors();
        let (when, mut known) = match clauses.when {
            None => (Condition::Constant(true), BTreeSet::new()),
            Some(when) => {
                let narrowed = self.condition(when, &env)?;
                (narrowed.condition, narrowed.when_true)
            }
        };
        // A condition with a fault of its own says nothing about failing closed.
        let sound = self.diagnostics.errors() == errors;
        known.extend(env.known.iter().cloned());
        let kind = self.kind(rule, &clauses, reach, &known)?;
        // A lock's condition reads the request alone; its words may name the route it judged.
        let reach = if let RuleKind::Lock { .. } = kind {
            known.insert(Term::Body(BodyField::Model));
            Reach::ROUTE
        } else {
            reach
        };
        let advice = kind.verdict().is_some() || matches!(kind, RuleKind::Warn { .. });
        let say = match (&rule.head, clauses.say, clauses.noting) {
            (Head::Warn { say, .. }, ..) | (_, Some(say), _) | (_, None, Some((_, say))) => {
                self.template(say, reach, &known, false)
            }
            (_, None, None) => Template::default(),
        };
        let help = clauses
            .help
            .iter()
            .map(|h| self.template(h, reach, &known, advice))
            .collect();
        let blame = match clauses.blame {
            Some(blame) => Some(self.blame(blame, reach, &known)?),
            None => None,
        };
        self.check_shape(rule, &clauses, &kind, sound.then_some(&when));
        let name = match clauses.name {
            Some(name) => name.value.as_str().into(),
            None => match &kind {
                RuleKind::Lock { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. }
                | RuleKind::Set { noting: None, .. } => format!("{word}-{ordinal}").into(),
                _ => kind.code().into(),
            },
        };
        if let (Some(from), Some((until, span))) = (clauses.from, clauses.until)
            && until <= from
        {
            self.report(diags::window(span));
        }
        Some(Rule {
            name,
            kind,
            window: Window {
                from: clauses.from,
                until: clauses.until.map(|(until, _)| until),
            },
            when,
            blame,
            say,
            help,
            span: rule.head_span,
            built_in: false,
        })
    }

    fn clauses<'a>(&mut self, rule: &'a ast::Rule, word: &'static str) -> Clauses<'a> {
        let mut out = Clauses::default();
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for clause in &rule.clauses {
            let name = clause_word(clause);
            if !allowed(word, name) {
                self.report(diags::clause_not_here(clause.span, name, word));
                continue;
            }
            if name != "help" {
                if let Some((_, first)) = seen.iter().find(|(n, _)| *n == name) {
                    let first = *first;
                    self.report(diags::duplicate_clause(clause.span, name, first));
                    continue;
                }
                seen.push((name, clause.span));
            }
            match &clause.kind {
                ClauseKind::When(when) => out.when = Some(when),
                ClauseKind::Blame(blame) => out.blame = Some(blame),
                ClauseKind::Say(say) => out.say = Some(say),
                ClauseKind::Help(help) => out.help.push(help),
                ClauseKind::Noting(code, say) => out.noting = Some((code, say)),
                ClauseKind::As(name) => out.name = Some(name),
                ClauseKind::From(from) => out.from = Some(*from),
                ClauseKind::Until(until) => out.until = Some((*until, clause.span)),
                ClauseKind::Else(status, code) => out.otherwise = Some((status, code)),
                ClauseKind::WithoutFallbacks => out.without_fallbacks = true,
                // The overlay that amends it has read this.
                ClauseKind::Overridable => {}
            }
        }
        out
    }

    /// What a kind of rule needs and what it may not do.
    fn check_shape(
        &mut self,
        rule: &ast::Rule,
        clauses: &Clauses<'_>,
        kind: &RuleKind,
        when: Option<&Condition>,
    ) {
        let word = kind.word();
        match kind {
            RuleKind::Refuse { .. } | RuleKind::Exclude(_) | RuleKind::Skip(_) => {
                if clauses.when.is_none() {
                    self.report(diags::clause_missing(rule.head_span, "when", word));
                }
                if clauses.say.is_none() {
                    self.report(diags::clause_missing(rule.head_span, "say", word));
                }
            }
            RuleKind::UnknownModel { .. }
            | RuleKind::NotOffered(_)
            | RuleKind::OtherEndpoint(_) => {
                if clauses.say.is_none() {
                    self.report(diags::clause_missing(rule.head_span, "say", word));
                }
            }
            RuleKind::Lock { .. } => {
                if let (Some(written), Some(when)) = (clauses.when, when) {
                    self.check_lock(when, written.span);
                }
            }
            RuleKind::BeyondDepth(_)
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. } => {}
        }
        if let (RuleKind::Exclude(_), Some(when), Some(written)) = (kind, when, clauses.when) {
            self.check_opt_in(when, written.span);
        }
        if let (RuleKind::Skip(_), Some(when)) = (kind, when) {
            let now = |t: &&Term| matches!(t, Term::State(..));
            if !when.terms().iter().any(now) {
                self.report(diags::skip_without_state(rule.head_span));
            } else if let (true, Some(written)) = (may_hold_without_state(when), clauses.when) {
                self.report(diags::skip_beside_state(written.span));
            }
        }
    }

    /// Where a candidate may be is judged by what the client sends only where the policy says so.
    fn check_opt_in(&mut self, when: &Condition, span: Span) {
        let terms = when.terms();
        let place = |term: &&&Term| {
            matches!(
                term,
                Term::Route(
                    RouteFact::Region
                        | RouteFact::Endpoint
                        | RouteFact::Processing
                        | RouteFact::Storage
                        | RouteFact::Ingress
                        | RouteFact::Retention
                        | RouteFact::Providers
                )
            )
        };
        let client = |term: &&&Term| match term {
            Term::Body(BodyField::Model) => false,
            Term::Body(field) => field.optional() && !self.opt_ins.contains(field),
            _ => false,
        };
        if terms.iter().any(|t| place(&t))
            && let Some(term) = terms.iter().find(client)
        {
            let name = self.term_name(term);
            self.report(diags::opt_in_missing(span, &name));
        }
    }

    fn blame(&mut self, blame: &Operand, reach: Reach, known: &BTreeSet<Term>) -> Option<Blame> {
        if matches!(blame.kind, OperandKind::Without(..)) {
            let env = Env::knowing(reach, known);
            let (term, _) = self.typed(blame, None, &env)?;
            self.check_read(&term, &env, blame.span);
            return Some(Blame::Members(term));
        }
        let OperandKind::Path(path) = &blame.kind else {
            self.report(diags::type_mismatch(
                blame.span,
                &Type::Presence,
                "something else",
            ));
            return None;
        };
        let name = match path.segments.as_slice() {
            [name] => name,
            [root, name] if root.value == "request" => name,
            _ => {
                self.report(diags::unknown_root(blame.span, "this", None));
                return None;
            }
        };
        let attribute = self.attributes.iter().position(|a| *a.name == *name.value);
        let field = match (name.value.as_str(), attribute) {
            ("endpoint", _) => BlameField::Endpoint,
            ("authorization" | "auth", _) => BlameField::Auth,
            (_, Some(index)) => BlameField::Attribute(u32::try_from(index).ok()?),
            (other, None) => {
                if let Some(field) = BodyField::named(other) {
                    BlameField::Body(field)
                } else {
                    let fields = BodyField::ALL
                        .iter()
                        .map(|f| f.name())
                        .chain(["endpoint", "authorization"]);
                    let near = near::nearest(other, fields);
                    self.report(diags::unknown_field(name.span, "request", other, near));
                    return None;
                }
            }
        };
        Some(Blame::Field(field))
    }

    /// Checks that no `set` touches what a deciding rule reads.
    pub(super) fn check_sets(&mut self, policy: &Policy) {
        let decides = |rule: &&Rule| rule.kind.verdict().is_some();
        for rule in &policy.rules {
            let RuleKind::Set {
                field: SetField::Known(field),
                ..
            } = &rule.kind
            else {
                continue;
            };
            let reads = |term: &Term| match term {
                Term::Body(read) => read == field || read.parts().contains(field),
                Term::Route(fact) => *field == BodyField::ServiceTier && fact.is_of_price(),
                _ => false,
            };
            let reader = policy
                .rules
                .iter()
                .filter(decides)
                .find(|r| r.when.terms().iter().any(|t| reads(t)));
            if let Some(reader) = reader {
                self.report(diags::set_read(rule.span, field.name(), reader.span));
            }
        }
    }
}

pub(super) fn word(head: &Head) -> &'static str {
    match head {
        Head::On { .. } => "on",
        Head::Refuse { .. } => "refuse",
        Head::Exclude { .. } => "exclude",
        Head::Skip { .. } => "skip",
        Head::Lock { .. } => "lock",
        Head::Set { .. } => "set",
        Head::Warn { .. } => "warn",
        Head::Limit { .. } => "limit",
        Head::Retry { .. } => "retry",
    }
}

fn reach(head: &Head) -> Reach {
    match head {
        Head::Refuse { .. } | Head::Lock { .. } | Head::Retry { .. } => Reach::REQUEST,
        Head::On { point, .. } if point.value != "other-endpoint" => Reach::REQUEST,
        Head::On { .. }
        | Head::Exclude { .. }
        | Head::Set { .. }
        | Head::Warn { .. }
        | Head::Limit { .. } => Reach::ROUTE,
        Head::Skip { .. } => Reach::STATE,
    }
}

pub(super) fn clause_word(clause: &Clause) -> &'static str {
    match &clause.kind {
        ClauseKind::When(_) => "when",
        ClauseKind::Blame(_) => "blame",
        ClauseKind::Say(_) => "say",
        ClauseKind::Help(_) => "help",
        ClauseKind::Noting(..) => "noting",
        ClauseKind::As(_) => "as",
        ClauseKind::From(_) => "from",
        ClauseKind::Until(_) => "until",
        ClauseKind::Else(..) => "else",
        ClauseKind::WithoutFallbacks => "without fallbacks",
        ClauseKind::Overridable => "overridable",
    }
}

fn allowed(rule: &str, clause: &str) -> bool {
    match clause {
        "as" => true,
        // A built-in point judges always: at every instant there is an answer.
        "when" | "from" | "until" => rule != "on",
        "say" => !matches!(rule, "warn" | "set" | "limit" | "retry"),
        "help" => !matches!(rule, "set" | "limit" | "retry"),
        "blame" => !matches!(rule, "limit" | "retry"),
        "noting" => rule == "set",
        "else" => rule == "lock",
        // Locks are absolute; what only shapes a plan is the policy's alone.
        "overridable" => matches!(rule, "on" | "refuse" | "exclude" | "skip" | "warn"),
        _ => rule == "retry",
    }
}
