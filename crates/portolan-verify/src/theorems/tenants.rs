//! Tenants are apart: what a table says of one key is nobody else's business.
//!
//! A *tenant* is a key of a table that an attribute is a key of. **To rename or to remove one changes
//! no decision on a request that does not name it**: not the outcome, nor its reason, words,
//! attempts, or anything else that is in a decision but the snapshot, which is a hash of the files.
//! A rule that names the key itself is taken to be renamed with it, or to hold of nobody any more.
//!
//! It follows from two things. They are looked at, and not taken from how the language is made.
//!
//! - **What rules read**: every column that a rule's condition, bound, key or words read, or that
//!   routes are ordered by, is one of the row that an attribute of the request names; and a row that
//!   a rule names is asked only whether it is the attribute's own: `==`, `!=`, `in`. Of two keys
//!   that a request does not name each such question has the same answer. So the interpreter's
//!   judgement is the same, whatever other rows there are.
//! - **What the compiled form keeps**: rows that it takes for one another have the same value in every
//!   column that is read, and are named by no rule. So a request is decided as by its own row,
//!   whichever row stands for it. This is looked at row by row.
//!
//! An attribute's default is the tenant of whoever names none, and such requests are that tenant's.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::diagram::survey::Survey;
use portolan_core::policy::{Condition, Piece, Policy, RuleKind, Term, Type, Value};
use portolan_core::syntax::ast::Comparison;

use super::{Inquiry, Unknown};

/// Looks at every row of every table that an attribute is a key of.
pub(super) fn look(inquiry: &mut Inquiry<'_>, survey: &Survey<'_>) {
    let policy = inquiry.engine.policy();
    let stands = |attribute| survey.rows_alike(attribute);
    match apart(policy, &stands) {
        Some(rows) => inquiry.looked += rows,
        None => inquiry.unknown = Some(Unknown::ReadsOthers),
    }
}

/// How many rows there are, each of which decides about its own tenant alone; none where one may
/// decide about another. `stands` says of an attribute's rows which row each is taken for.
fn apart(policy: &Policy, stands: &dyn Fn(u16) -> Vec<(u32, u32)>) -> Option<u64> {
    let reads = Reads::of(policy)?;
    let mut rows = 0;
    for (position, attribute) in (0u16..).zip(&policy.attributes) {
        let Type::Key(table) = attribute.of else {
            continue;
        };
        let table = policy.tables.get(table as usize)?;
        let read = reads.columns.get(&position).cloned().unwrap_or_default();
        let named = reads.rows.get(&position).cloned().unwrap_or_default();
        let stands = stands(position);
        if stands.len() != table.rows.len() {
            return None;
        }
        for (row, other) in stands {
            let [own, others] = [row, other].map(|row| table.rows.get(row as usize));
            let same = |column: &u32| {
                let [own, others] =
                    [own, others].map(|cells| cells.and_then(|cells| cells.get(*column as usize)));
                own.is_some() && own == others
            };
            let called = named.contains(&row) || named.contains(&other);
            if row != other && (called || !read.iter().all(same)) {
                return None;
            }
            rows += 1;
        }
    }
    Some(rows)
}

/// What rules read of tables, by attribute.
#[derive(Default)]
struct Reads {
    columns: BTreeMap<u16, BTreeSet<u32>>,
    /// Rows that a rule names.
    rows: BTreeMap<u16, BTreeSet<u32>>,
}

impl Reads {
    /// None where a rule reads a row that the request does not name.
    fn of(policy: &Policy) -> Option<Self> {
        let mut reads = Self::default();
        for key in &policy.prefer {
            reads.term(&key.term)?;
        }
        for rule in &policy.rules {
            reads.condition(&rule.when)?;
            if let RuleKind::Lock { bound: term, .. } | RuleKind::Limit { key: term, .. } =
                &rule.kind
            {
                reads.term(term)?;
            }
            let words = std::iter::once(&rule.say).chain(&rule.help);
            for piece in words.flat_map(|words| &words.pieces) {
                if let Piece::Term(term) = piece {
                    reads.term(term)?;
                }
            }
        }
        Some(reads)
    }

    fn condition(&mut self, condition: &Condition) -> Option<()> {
        match condition {
            Condition::Constant(_) => Some(()),
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().try_for_each(|part| self.condition(part))
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => {
                self.term(term)
            }
            Condition::Compare(one, comparison, other) => {
                self.names(one, *comparison, other)?;
                self.names(other, *comparison, one)
            }
        }
    }

    /// One side of a comparison, which may name rows.
    fn names(&mut self, side: &Term, comparison: Comparison, other: &Term) -> Option<()> {
        let mut rows = Vec::new();
        if let Term::Constant(value) = side {
            rows_in(value, &mut rows);
        }
        if rows.is_empty() {
            return self.term(side);
        }
        let equality = match comparison {
            Comparison::Equal | Comparison::NotEqual | Comparison::In => true,
            Comparison::Less
            | Comparison::AtMost
            | Comparison::Greater
            | Comparison::AtLeast
            | Comparison::Within
            | Comparison::Overlaps
            | Comparison::SubsetOf => false,
        };
        let attribute = attribute(other).filter(|_| equality)?;
        self.rows.entry(attribute).or_default().extend(rows);
        Some(())
    }

    /// A term that names no row, and reads none but an attribute's own.
    fn term(&mut self, term: &Term) -> Option<()> {
        for part in term.walk() {
            match part {
                Term::Column(key, _, column) => {
                    let own = self.columns.entry(attribute(key)?).or_default();
                    own.insert(*column);
                }
                Term::Constant(value) => {
                    let mut rows = Vec::new();
                    rows_in(value, &mut rows);
                    if !rows.is_empty() {
                        return None;
                    }
                }
                Term::Endpoint
                | Term::At
                | Term::Auth
                | Term::AuthHeader
                | Term::Attribute(_)
                | Term::Body(_)
                | Term::OfModel(..)
                | Term::OfEndpoint(..)
                | Term::Route(_)
                | Term::State(..)
                | Term::Offset(..)
                | Term::Without(..) => {}
            }
        }
        Some(())
    }
}

/// The attribute that a term is.
fn attribute(term: &Term) -> Option<u16> {
    if let Term::Attribute(position) = term {
        return u16::try_from(*position).ok();
    }
    None
}

/// The rows that a constant is, or holds.
fn rows_in(value: &Value, found: &mut Vec<u32>) {
    if let Value::Row(_, row) = value {
        found.push(*row);
    }
    if let Value::Set(set) = value {
        for value in set {
            rows_in(value, found);
        }
    }
}

#[cfg(test)]
mod tests;
