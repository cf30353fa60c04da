//! The conditions of rules in parts: the whole, and what its outermost `and` or `or` joins, each
//! with its place, what it means, and what slices show of it.

use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::policy::{Condition, RuleId, RuleKind, Term};
use portolan_core::source::Span;
use portolan_core::syntax::ast::{self, ConditionKind};

use crate::context::Context;

/// One part of a condition. What nobody asks for is not looked for: see `told`.
#[derive(Debug, Clone)]
pub struct Part {
    /// Whose condition it is of.
    pub rule: RuleId,
    /// Its text.
    pub span: Span,
    /// Its role.
    pub role: Role,
    /// What it asks about.
    pub asks: Asks,
    /// Some request fulfils it.
    pub ever: bool,
    /// Every request fulfils it.
    pub always: bool,
    /// Without it, some request would be told from others differently.
    pub needed: bool,
}

impl Part {
    /// Says whether all is known of it that anybody asks for: of parts that the catalog answers
    /// the whole alone matters, and a guard has to be there even where nothing needs it.
    pub(super) fn told(&self) -> bool {
        match self.asks {
            Asks::TheCatalog => self.ever || self.role != Role::Whole,
            Asks::Presence => self.ever && (!self.always || self.role == Role::Conjunct),
            Asks::TheRequest => self.ever && !self.always && self.needed,
        }
    }
}

/// What a condition asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The request alone.
    TheRequest,
    /// The request alone, and some of it asks whether a field is set, which other parts may need
    /// to be asked.
    Presence,
    /// A fact of a catalog or a table, too.
    TheCatalog,
}

/// What a part is to its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The whole condition.
    Whole,
    /// One of those that must all be true.
    Conjunct,
    /// One of those of which one must be true.
    Disjunct,
}

/// The parts of all rules, and by part its condition.
pub(super) fn parts<'a>(context: &Context<'a>) -> (Vec<Part>, Vec<&'a Condition>) {
    let mut parts = Vec::new();
    let mut conditions = Vec::new();
    for rule in context.rules() {
        // What a skip asks is about now, and no request says it.
        if matches!(rule.typed.kind, RuleKind::Skip(_)) {
            continue;
        }
        let Some(written) = rule.when() else { continue };
        let mut push = |span, role, typed: &'a Condition| {
            parts.push(Part {
                rule: rule.id,
                span: context.trimmed(span),
                role,
                asks: asks(typed),
                ever: false,
                always: true,
                needed: role == Role::Whole,
            });
            conditions.push(typed);
        };
        push(written.span, Role::Whole, &rule.typed.when);
        let (role, written, typed) = match (&written.kind, &rule.typed.when) {
            (ConditionKind::And(written), Condition::And(typed)) => {
                (Role::Conjunct, written, typed)
            }
            (ConditionKind::Or(written), Condition::Or(typed)) => (Role::Disjunct, written, typed),
            _ => continue,
        };
        if written.len() == typed.len() {
            let spans = written.iter().map(|part: &ast::Condition| part.span);
            for (span, typed) in spans.zip(typed) {
                push(span, role, typed);
            }
        }
    }
    (parts, conditions)
}

/// What one slice shows of parts of conditions.
pub(super) fn conditions_of(
    chart: &mut Chart<'_>,
    real: Region,
    candidates: &[usize],
    parts: &mut [Part],
) -> Result<(), Inconclusive> {
    let policy = chart.policy();
    let mut start = 0;
    while let Some(whole) = parts.get(start) {
        let rule = whole.rule;
        let own = parts
            .iter()
            .skip(start)
            .take_while(|part| part.rule == rule);
        let (mut end, mut told) = (start, true);
        for part in own {
            end += 1;
            told &= part.told();
        }
        if told {
            start = end;
            continue;
        }
        // A request, or each of its candidates: what a rule judges.
        let judges = policy.rule(rule).map(|rule| &rule.kind);
        let alone = matches!(
            judges,
            Some(RuleKind::Refuse { .. } | RuleKind::Lock { .. })
        );
        let scopes: Vec<Option<usize>> = if alone {
            vec![None]
        } else {
            candidates.iter().copied().map(Some).collect()
        };
        for scope in scopes {
            let mut regions = Vec::new();
            for topic in start..end {
                let region = chart.topic(topic, scope)?;
                regions.push(chart.and(region, real)?);
            }
            let own = parts.get_mut(start..end).unwrap_or_default();
            told_apart(chart, real, own, &regions)?;
        }
        start = end;
    }
    Ok(())
}

/// What the regions of one rule's parts show of them.
fn told_apart(
    chart: &mut Chart<'_>,
    real: Region,
    parts: &mut [Part],
    regions: &[Region],
) -> Result<(), Inconclusive> {
    for (position, part) in parts.iter_mut().enumerate() {
        let Some(own) = regions.get(position) else {
            continue;
        };
        part.ever |= !own.is_empty();
        part.always &= chart.without(real, *own)?.is_empty();
        if part.needed {
            continue;
        }
        let conjunct = part.role == Role::Conjunct;
        let mut others = if conjunct { real } else { Region::NONE };
        // The first region is that of the whole.
        for (other, region) in regions.iter().enumerate().skip(1) {
            if other == position {
                continue;
            }
            others = if conjunct {
                chart.and(others, *region)?
            } else {
                chart.or(others, *region)?
            };
        }
        let told = if conjunct {
            chart.without(others, *own)?
        } else {
            chart.without(*own, others)?
        };
        part.needed = !told.is_empty();
    }
    Ok(())
}

fn asks(condition: &Condition) -> Asks {
    match (of_the_request(condition), guards(condition)) {
        (false, _) => Asks::TheCatalog,
        (true, true) => Asks::Presence,
        (true, false) => Asks::TheRequest,
    }
}

/// Says whether a condition asks of nothing but the request and constants.
fn of_the_request(condition: &Condition) -> bool {
    let terms = condition.terms();
    terms.iter().flat_map(|term| term.walk()).all(|term| {
        !matches!(
            term,
            Term::OfModel(..)
                | Term::OfEndpoint(..)
                | Term::Column(..)
                | Term::Route(_)
                | Term::State(..)
        )
    })
}

fn guards(condition: &Condition) -> bool {
    match condition {
        Condition::IsSet(_) => true,
        Condition::Not(inner) => guards(inner),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(guards),
        Condition::Constant(_)
        | Condition::Holds(_)
        | Condition::Compare(..)
        | Condition::Matches(..) => false,
    }
}
