//! A rule's lines with what every part of its condition came to for one request: each value and
//! truth has the column of the text that it is of. How they are drawn is the host's.

use std::collections::BTreeMap;

use portolan_core::catalog::Route;
use portolan_core::engine::{About, Engine};
use portolan_core::policy::{Condition, RuleId, RuleKind, Term};
use portolan_core::source::{SourceId, Span};
use portolan_core::syntax::ast::{self, Comparison, ConditionKind, Head, Operand, OperandKind};

use crate::tree::Tree;

/// A rule, looked at for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfolded {
    /// The rule's name.
    pub name: String,
    /// The word that opens it.
    pub kind: &'static str,
    /// Whether it holds; for a lock, whether it applies.
    pub holds: bool,
    /// It is in force at the request's instant.
    pub in_force: bool,
    /// The candidate it was looked at for, as `model@region`.
    pub candidate: Option<String>,
    /// The fallback it was looked at for.
    pub fallback: Option<usize>,
    /// Its lines, and those of the names in it that are defined. None for a built-in point.
    pub lines: Vec<Line>,
}

/// One line of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file, as the policy names it.
    pub file: String,
    /// From 1.
    pub number: u32,
    /// As it stands there.
    pub text: String,
    /// What its parts came to, by column.
    pub marks: Vec<Mark>,
}

/// What a part of a line came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// From 1, in characters.
    pub column: u32,
    /// The value, or the truth.
    pub text: String,
}

/// Looks at a rule for a request.
pub(crate) fn unfold(
    engine: &Engine,
    tree: &Tree,
    id: RuleId,
    about: About<'_>,
) -> Option<Unfolded> {
    let rule = engine.policy().rule(id)?;
    let mut view = Unfolder {
        engine,
        tree,
        about,
        marks: BTreeMap::new(),
        defines: Vec::new(),
    };
    if !rule.built_in {
        view.line(rule.span);
    }
    if let Some(written) = tree.rule(rule) {
        view.lock(&written.head, &rule.kind);
    }
    if let Some(written) = tree.when(rule) {
        view.condition(written, &rule.when);
    }
    // A name that stands for another one unfolds after it.
    let mut next = 0;
    while let Some((name, typed)) = view.defines.get(next).cloned() {
        next += 1;
        if let Some(define) = tree.define(&name) {
            view.condition(&define.body, &typed);
        }
    }
    let in_force = rule.window.contains(about.request.at());
    let condition = engine.truth(about, &rule.when) == Some(true);
    Some(Unfolded {
        name: rule.name.to_string(),
        kind: rule.kind.word(),
        holds: in_force && condition,
        in_force,
        candidate: about.route.and_then(|route| named(engine, route)),
        fallback: about.fallback,
        lines: view.lines(),
    })
}

/// A candidate as `model@region`.
pub(crate) fn named(engine: &Engine, route: Route) -> Option<String> {
    let catalog = engine.catalog();
    let offering = catalog.offering(route.offering)?;
    let (model, region) = (
        catalog.model(offering.model)?,
        catalog.region(offering.region)?,
    );
    Some(format!("{}@{}", model.id, region.name))
}

/// Gathers marks, by source and line.
struct Unfolder<'a> {
    engine: &'a Engine,
    tree: &'a Tree,
    about: About<'a>,
    marks: BTreeMap<(SourceId, u32), Vec<Mark>>,
    /// Names that are defined, in the order in which they were met, each once.
    defines: Vec<(String, Condition)>,
}

impl Unfolder<'_> {
    /// The marks of the line on which a span begins.
    fn line(&mut self, span: Span) -> (&mut Vec<Mark>, u32) {
        let at = self.engine.sources().locate(span).start;
        let marks = self.marks.entry((span.source, at.line)).or_default();
        (marks, at.column)
    }

    fn mark(&mut self, span: Span, text: String) {
        let (marks, column) = self.line(span);
        marks.push(Mark { column, text });
    }

    fn truth(&mut self, span: Span, condition: &Condition) {
        let text = match self.engine.truth(self.about, condition) {
            Some(truth) => truth.to_string(),
            None => "not known".to_owned(),
        };
        self.mark(span, text);
    }

    fn condition(&mut self, written: &ast::Condition, typed: &Condition) {
        match (&written.kind, typed) {
            (ConditionKind::And(parts), Condition::And(of))
            | (ConditionKind::Or(parts), Condition::Or(of)) => {
                for (part, of) in parts.iter().zip(of) {
                    self.condition(part, of);
                }
                if let [first, second, ..] = parts.as_slice() {
                    let joint = self.after(first.span, second.span, &[')']);
                    self.truth(joint, typed);
                }
            }
            (ConditionKind::Not(part), Condition::Not(of)) => {
                self.truth(written.span, typed);
                self.condition(part, of);
            }
            (ConditionKind::IsSet(operand, false), Condition::Not(asked)) => {
                if let Condition::IsSet(term) = &**asked {
                    self.asked(written, operand, term, typed);
                }
            }
            (ConditionKind::IsSet(operand, true), Condition::IsSet(term))
            | (ConditionKind::Matches(operand, _), Condition::Matches(term, _)) => {
                self.asked(written, operand, term, typed);
            }
            (ConditionKind::Compare(left, _, right), Condition::Compare(a, _, b)) => {
                self.operand(left, a);
                self.operand(right, b);
                let operator = self.after(left.span, right.span, &[]);
                self.truth(operator, typed);
            }
            (ConditionKind::Operand(operand), _) => self.lone(operand, typed),
            // What the resolver made something else of is left without marks.
            _ => {}
        }
    }

    /// One operand, and the word after it that asks something.
    fn asked(
        &mut self,
        written: &ast::Condition,
        operand: &Operand,
        term: &Term,
        typed: &Condition,
    ) {
        self.operand(operand, term);
        let word = self.after(operand.span, written.span, &[]);
        self.truth(word, typed);
    }

    /// A boolean field, or a name that is defined.
    fn lone(&mut self, operand: &Operand, typed: &Condition) {
        self.truth(operand.span, typed);
        let name = match &operand.kind {
            OperandKind::Call(name, _) => Some(name),
            OperandKind::Path(path) => match path.segments.as_slice() {
                [name] => Some(name),
                _ => None,
            },
            OperandKind::Text(_)
            | OperandKind::Integer(_)
            | OperandKind::Decimal(_)
            | OperandKind::Money(_)
            | OperandKind::Instant(_)
            | OperandKind::Duration(_)
            | OperandKind::Set(_)
            | OperandKind::Cell(_)
            | OperandKind::Offset(..)
            | OperandKind::Without(..) => None,
        };
        let Some(name) = name.filter(|name| self.tree.define(&name.value).is_some()) else {
            return;
        };
        if !self.defines.iter().any(|(known, _)| *known == name.value) {
            self.defines.push((name.value.clone(), typed.clone()));
        }
    }

    fn operand(&mut self, operand: &Operand, term: &Term) {
        if let Term::Constant(_) = term {
            return;
        }
        let value = self.engine.value(self.about, term);
        let value = value.unwrap_or_else(|| "absent".to_owned());
        if let (OperandKind::Offset(inner, _), Term::Offset(of, _)) = (&operand.kind, term) {
            self.operand(inner, of);
            let sign = self.after(inner.span, operand.span, &[]);
            self.mark(sign, value);
        } else {
            self.mark(operand.span, value);
        }
    }

    /// What a lock demands, fact by fact.
    fn lock(&mut self, head: &Head, kind: &RuleKind) {
        let (
            Head::Lock { facts, bound },
            RuleKind::Lock {
                facts: judged,
                bound: limit,
                ..
            },
        ) = (head, kind)
        else {
            return;
        };
        let mut met = Vec::new();
        for (written, fact) in facts.iter().zip(judged) {
            let term = Term::Route(fact.fact());
            let value = self.engine.value(self.about, &term);
            self.mark(written.span, value.unwrap_or_else(|| "absent".to_owned()));
            met.push(Condition::Compare(term, Comparison::Within, limit.clone()));
        }
        if let Some(last) = facts.last() {
            let word = self.after(last.span, bound.span, &[]);
            self.truth(word, &Condition::And(met));
        }
        self.operand(bound, limit);
    }

    /// Where the text begins that stands between two parts, blanks and some signs aside.
    fn after(&self, first: Span, second: Span, besides: &[char]) -> Span {
        let until = if second.start >= first.end {
            second.start
        } else {
            second.end
        };
        let gap = Span {
            source: first.source,
            start: first.end,
            end: until,
        };
        let text = self.engine.sources().slice(gap);
        let blank = |c: char| c.is_whitespace() || besides.contains(&c);
        let skipped = text.len() - text.trim_start_matches(blank).len();
        let skipped = u32::try_from(skipped).unwrap_or(0);
        Span {
            start: gap.start + skipped,
            ..gap
        }
    }

    fn lines(self) -> Vec<Line> {
        let sources = self.engine.sources();
        let lines = self
            .marks
            .into_iter()
            .filter_map(|((id, number), mut marks)| {
                let source = sources.get(id)?;
                let text = source.text().lines().nth(number.checked_sub(1)? as usize)?;
                marks.sort();
                marks.dedup();
                Some(Line {
                    file: source.name().to_owned(),
                    number,
                    text: text.to_owned(),
                    marks,
                })
            });
        lines.collect()
    }
}
