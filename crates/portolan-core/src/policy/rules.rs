//! Rules: heads and clauses to typed rules.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a notation that the expected type does not take is one and the same fault"
)]

use std::collections::BTreeSet;

use super::diags;
use super::policy::{
    Blame, BlameField, Condition, LockFact, Policy, Rule, RuleKind, SetField, Template, Verdict,
};
use super::scope::{Env, Reach, Resolver};
use super::types::{BodyField, RouteFact, Term, Type, Value};
use crate::instant::{Instant, Window};
use crate::near;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Clause, ClauseKind, Head, Name, Operand, OperandKind, Path};

const POINTS: [&str; 3] = ["unknown-model", "not-offered", "other-endpoint"];

/// The clauses of one rule, sorted by kind.
#[derive(Default)]
struct Clauses<'a> {
    when: Option<&'a ast::Condition>,
    blame: Option<&'a Operand>,
    say: Option<&'a Name>,
    help: Vec<&'a Name>,
    noting: Option<(&'a Name, &'a Name)>,
    name: Option<&'a Name>,
    from: Option<Instant>,
    until: Option<(Instant, Span)>,
    otherwise: Option<(&'a Spanned<u16>, &'a Name)>,
    without_fallbacks: bool,
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
        let (when, mut known) = match clauses.when {
            None => (Condition::Constant(true), BTreeSet::new()),
            Some(when) => {
                let narrowed = self.condition(when, &env)?;
                (narrowed.condition, narrowed.when_true)
            }
        };
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
        self.check_shape(rule, &clauses, &kind, &when);
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
        when: &Condition,
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
                if let Some(written) = clauses.when {
                    self.check_lock(when, written.span);
                }
            }
            RuleKind::BeyondDepth(_)
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. } => {}
        }
        if let RuleKind::Skip(_) = kind
            && !super::conditions::terms(when)
                .iter()
                .any(|t| matches!(t, Term::State(..)))
        {
            self.report(diags::skip_without_state(rule.head_span));
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a kind of rule")]
    fn kind(
        &mut self,
        rule: &ast::Rule,
        clauses: &Clauses<'_>,
        reach: Reach,
        known: &BTreeSet<Term>,
    ) -> Option<RuleKind> {
        let word = word(&rule.head);
        Some(match &rule.head {
            Head::On {
                point,
                chain,
                exclude,
                status,
                code,
            } => {
                let verdict =
                    self.verdict(status, code, if *exclude { "exclude" } else { "refuse" });
                match (point.value.as_str(), exclude) {
                    ("unknown-model", false) => RuleKind::UnknownModel {
                        chain: *chain,
                        verdict,
                    },
                    ("not-offered", true) => RuleKind::NotOffered(verdict),
                    ("other-endpoint", true) => RuleKind::OtherEndpoint(verdict),
                    ("unknown-model", true) => {
                        self.report(diags::clause_not_here(
                            rule.head_span,
                            "exclude",
                            "on unknown-model",
                        ));
                        return None;
                    }
                    ("not-offered" | "other-endpoint", false) => {
                        self.report(diags::clause_not_here(
                            rule.head_span,
                            "refuse",
                            "on not-offered",
                        ));
                        return None;
                    }
                    (other, _) => {
                        let near = near::nearest(other, POINTS);
                        self.report(diags::unknown_name(
                            point.span,
                            "built-in point",
                            other,
                            near,
                        ));
                        return None;
                    }
                }
            }
            Head::Refuse {
                chain,
                status,
                code,
            } => RuleKind::Refuse {
                chain: *chain,
                verdict: self.verdict(status, code, word),
            },
            Head::Exclude { status, code } => RuleKind::Exclude(self.verdict(status, code, word)),
            Head::Skip { status, code } => RuleKind::Skip(self.verdict(status, code, word)),
            Head::Lock { facts, bound } => {
                let (facts, bound) = self.lock(facts, bound, known)?;
                let verdict = match clauses.otherwise {
                    Some((status, code)) => self.verdict(status, code, word),
                    None => Verdict {
                        status: 403,
                        code: "lock-not-met".into(),
                    },
                };
                RuleKind::Lock {
                    facts,
                    bound,
                    verdict,
                }
            }
            Head::Set { field, value } => {
                let (field, value) = self.set(field, value)?;
                let noting = clauses.noting.map(|(code, _)| self.code(code));
                RuleKind::Set {
                    field,
                    value,
                    noting,
                }
            }
            Head::Warn { code, .. } => RuleKind::Warn {
                code: self.code(code),
            },
            Head::Limit {
                requests,
                window_ms,
                key,
            } => {
                self.range(requests, "a limit", 1, 1_000_000_000);
                if window_ms.value < 1000 || window_ms.value > 86_400_000 {
                    self.report(diags::out_of_range(
                        window_ms.span,
                        "a window in milliseconds",
                        1000,
                        86_400_000,
                    ));
                }
                let key = self.limit_key(key, reach, known)?;
                RuleKind::Limit {
                    requests: requests.value,
                    window_s: window_ms.value / 1000,
                    key,
                }
            }
            Head::Retry {
                on,
                times,
                after_ms,
            } => {
                self.range(times, "retries", 1, 5);
                RuleKind::Retry {
                    on: self.classes(on),
                    times: times.value,
                    after_ms: *after_ms,
                    without_fallbacks: clauses.without_fallbacks,
                }
            }
        })
    }

    pub(super) fn range(&mut self, n: &Spanned<i64>, what: &str, least: i64, most: i64) {
        if !(least..=most).contains(&n.value) {
            self.report(diags::out_of_range(n.span, what, least, most));
        }
    }

    fn verdict(&mut self, status: &Spanned<u16>, code: &Name, word: &str) -> Verdict {
        let fits = match word {
            "skip" => status.value == 429 || (500..=599).contains(&status.value),
            _ => {
                (400..=499).contains(&status.value)
                    && !matches!(status.value, 408 | 409 | 425 | 429)
            }
        };
        if !fits {
            self.report(diags::bad_status(status.span, status.value, word));
        }
        Verdict {
            status: status.value,
            code: self.code(code),
        }
    }

    fn code(&mut self, code: &Name) -> Box<str> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !code.value.chars().all(plain) || code.value.ends_with('-') {
            self.report(diags::bad_code(code.span, &code.value));
        }
        code.value.as_str().into()
    }

    /// Outcome classes of an attempt.
    pub(super) fn classes(&mut self, classes: &[Name]) -> Vec<Box<str>> {
        let words = ["connect", "timeout", "reset", "truncated", "garbage"];
        for class in classes {
            let text = class.value.as_str();
            let status = text.len() == 3
                && text.starts_with(['4', '5'])
                && (text.ends_with("xx") || text.bytes().all(|b| b.is_ascii_digit()));
            if !status && !words.contains(&text) {
                self.report(diags::bad_class(class.span, text));
            }
        }
        classes.iter().map(|c| c.value.as_str().into()).collect()
    }

    fn lock(
        &mut self,
        facts: &[Name],
        bound: &Operand,
        known: &BTreeSet<Term>,
    ) -> Option<(Vec<LockFact>, Term)> {
        let names = [
            ("processing", LockFact::Processing),
            ("storage", LockFact::Storage),
            ("ingress", LockFact::Ingress),
            ("retention", LockFact::Retention),
        ];
        let mut found = Vec::new();
        for fact in facts {
            if let Some((_, fact)) = names.iter().find(|(name, _)| *name == fact.value) {
                found.push(*fact);
            } else {
                let near = near::nearest(&fact.value, names.iter().map(|(name, _)| *name));
                self.report(diags::unknown_name(
                    fact.span,
                    "fact that a lock judges",
                    &fact.value,
                    near,
                ));
                return None;
            }
        }
        let retention = found.contains(&LockFact::Retention);
        if retention && found.iter().any(|f| *f != LockFact::Retention) {
            let span = facts.first()?.span.to(facts.last()?.span);
            self.report(diags::lock_mixed(span));
            return None;
        }
        let of = if retention {
            Type::Retention
        } else {
            Type::Place
        };
        let env = Env::knowing(Reach::REQUEST, known);
        let (term, found_type) = self.typed(bound, Some(&of), &env)?;
        if found_type != of {
            self.report(diags::not_comparable(bound.span, &of, &found_type));
            return None;
        }
        if !matches!(term, Term::Constant(_) | Term::Column(..)) {
            self.report(diags::lock_bound(bound.span));
            return None;
        }
        self.check_read(&term, &env, bound.span);
        Some((found, term))
    }

    fn set(&mut self, field: &Path, value: &Operand) -> Option<(SetField, Value)> {
        let names: Vec<&str> = field.segments.iter().map(|s| s.value.as_str()).collect();
        let settable = [
            BodyField::Stream,
            BodyField::MaxTokens,
            BodyField::ServiceTier,
            BodyField::ZeroDataRetention,
        ];
        let known = |name: &str| settable.into_iter().find(|f| f.name() == name);
        match names.as_slice() {
            [name] | ["request", name] => {
                let Some(found) = known(name) else {
                    self.report(diags::set_field(field.span, name));
                    return None;
                };
                Some((SetField::Known(found), self.value(value, &found.of())?))
            }
            ["body", name] => {
                let judged = BodyField::ALL
                    .iter()
                    .any(|f| f.wire().split('.').next() == Some(name))
                    || crate::request::PARAMETERS.contains(name);
                if judged {
                    self.report(diags::set_field(field.span, name));
                    return None;
                }
                let of = match &value.kind {
                    OperandKind::Integer(_) => Type::Count,
                    OperandKind::Text(_) => Type::Text,
                    _ => Type::Bool,
                };
                Some((SetField::Other((*name).into()), self.value(value, &of)?))
            }
            _ => {
                self.report(diags::set_field(field.span, &names.join(".")));
                None
            }
        }
    }

    fn limit_key(&mut self, key: &Path, reach: Reach, known: &BTreeSet<Term>) -> Option<Term> {
        if let [name] = key.segments.as_slice()
            && name.value == "model"
        {
            return Some(Term::Route(RouteFact::Model));
        }
        let operand = Operand {
            kind: OperandKind::Path(key.clone()),
            span: key.span,
        };
        if key.segments.len() == 1 {
            self.report(diags::limit_key(key.span));
            return None;
        }
        let env = Env::knowing(reach, known);
        let (term, _) = self.typed(&operand, None, &env)?;
        if !matches!(term, Term::Attribute(_)) {
            self.report(diags::limit_key(key.span));
            return None;
        }
        self.check_read(&term, &env, key.span);
        Some(term)
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
            let reads = |term: &Term| matches!(term, Term::Body(read) if read == field || read.parts().contains(field));
            let reader = policy
                .rules
                .iter()
                .filter(decides)
                .find(|r| super::conditions::terms(&r.when).iter().any(|t| reads(t)));
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
    }
}

fn allowed(rule: &str, clause: &str) -> bool {
    match clause {
        "as" => true,
        // A built-in point judges always: at every instant there is an answer.
        "when" | "from" | "until" => rule != "on",
        "say" => !matches!(rule, "warn" | "set" | "limit" | "retry"),
        "help" | "blame" => !matches!(rule, "set" | "limit" | "retry"),
        "noting" => rule == "set",
        "else" => rule == "lock",
        _ => rule == "retry",
    }
}
