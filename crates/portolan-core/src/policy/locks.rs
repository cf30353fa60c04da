//! Locks fail closed: what a lock's condition may read, and that absence never opens it.

use std::collections::BTreeSet;

use super::conditions::atoms;
use super::diags;
use super::policy::Condition;
use super::scope::Resolver;
use super::term::Term;
use crate::limits;
use crate::source::Span;
use crate::syntax::ast::Comparison;

impl Resolver<'_> {
    /// Checks a lock's condition.
    ///
    /// Every field in it is one that no client chooses, or an opt-in; and where a field may be
    /// absent, the lock applies without it wherever it would apply with it.
    pub(super) fn check_lock(&mut self, when: &Condition, span: Span) {
        let read: BTreeSet<Term> = when.terms().into_iter().cloned().collect();
        for term in &read {
            if let Term::Body(field) = term
                && !self.opt_ins.contains(field)
            {
                let name = self.term_name(term);
                self.report(diags::lock_reads_client_field(span, &name));
                return;
            }
            if matches!(term, Term::Auth | Term::AuthHeader) {
                let name = self.term_name(term);
                self.report(diags::lock_reads_client_field(span, &name));
                return;
            }
        }
        let atoms = atoms(when);
        if atoms.len() > limits::LOCK_ATOMS {
            self.report(diags::lock_too_complex(span));
            return;
        }
        for atom in &atoms {
            if reads_place(atom) {
                self.report(diags::lock_reads_place(span));
                return;
            }
        }
        for term in &read {
            if self.may_be_absent(term) && opens_without(when, &atoms, term) {
                let name = self.term_name(term);
                self.report(diags::lock_not_closed(span, &name));
            }
        }
    }
}

/// Says whether some truth of the atoms makes the condition hold with the term present and not
/// hold with it absent. Atoms are free: this errs on the side of reporting.
fn opens_without(when: &Condition, atoms: &[&Condition], term: &Term) -> bool {
    (0u32..1 << atoms.len()).any(|truth| {
        let value = |atom: &Condition, present: bool| {
            if mentions(atom, term) {
                if let Condition::IsSet(_) = atom {
                    return present;
                }
                if !present {
                    return false;
                }
            }
            let index = atoms.iter().position(|a| *a == atom);
            index.is_some_and(|i| (truth >> i) & 1 == 1)
        };
        evaluate(when, &|atom| value(atom, true)) && !evaluate(when, &|atom| value(atom, false))
    })
}

/// Says whether a comparison depends on territories, which may be unknown: what is unknown must
/// not open a lock.
fn reads_place(atom: &Condition) -> bool {
    matches!(
        atom,
        Condition::Compare(_, Comparison::Within | Comparison::Overlaps, _)
    )
}

fn mentions(atom: &Condition, term: &Term) -> bool {
    atom.terms().contains(&term)
}

fn evaluate(condition: &Condition, value: &dyn Fn(&Condition) -> bool) -> bool {
    match condition {
        Condition::Constant(constant) => *constant,
        Condition::And(parts) => parts.iter().all(|p| evaluate(p, value)),
        Condition::Or(parts) => parts.iter().any(|p| evaluate(p, value)),
        Condition::Not(inner) => !evaluate(inner, value),
        Condition::IsSet(_)
        | Condition::Holds(_)
        | Condition::Compare(..)
        | Condition::Matches(..) => value(condition),
    }
}
