//! What a verdict says, and how those on candidates become one.

use super::intern::Interner;
use super::store::Diagram;
use crate::policy::RuleId;

/// What a verdict says. Routes are positions among the model's routes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    /// Nothing yet.
    Pass,
    /// The request itself is refused.
    Refused(RuleId),
    /// No candidate survives: the reason of the one that got furthest, and how far that is.
    Fell {
        rule: RuleId,
        route: Option<u16>,
        reached: u32,
    },
    /// No candidate survives, and this one got past every exclude: some lock stands against it.
    Locked(u16),
    /// The candidates that survive every exclude and every lock, in catalog order.
    Survive(Box<[u16]>),
}

/// The verdicts and orders of all shapes, each once.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) verdicts: Interner<Verdict>,
    pub(super) orders: Interner<Vec<u16>>,
    /// Routes in all sets of survivors together.
    pub(super) survivors: usize,
}

/// All survivors; where there is none, the reason of whoever got furthest, the first of equals.
pub(super) fn furthest(answers: &mut Answers, a: Diagram, b: Diagram) -> Option<Diagram> {
    let verdicts = &mut answers.verdicts;
    let (one, other) = (verdicts.get(a.value()?)?, verdicts.get(b.value()?)?);
    let joined = match (one, other) {
        (Verdict::Survive(one), Verdict::Survive(other)) => {
            answers.survivors += one.len() + other.len() + 8;
            Verdict::Survive(one.iter().chain(other).copied().collect())
        }
        (Verdict::Survive(_), _) => return Some(a),
        (_, Verdict::Survive(_)) => return Some(b),
        (one, other) => {
            return Some(if reached(other) > reached(one) { b } else { a });
        }
    };
    Some(Diagram::terminal(verdicts.intern(joined)))
}

/// How far a candidate got: a lock stands behind every exclude.
const fn reached(verdict: &Verdict) -> u64 {
    match verdict {
        Verdict::Fell { reached, .. } => *reached as u64,
        Verdict::Locked(_) | Verdict::Survive(_) => u64::MAX,
        Verdict::Pass | Verdict::Refused(_) => 0,
    }
}
