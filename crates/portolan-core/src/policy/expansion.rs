//! How large a condition becomes when its defines are expanded, known before expanding any.
//!
//! Without this, a few dozen defines that each name another one twice would be worked through up
//! to the bound again and again.

use std::collections::BTreeMap;

use super::scope::Resolver;
use crate::syntax::ast::{Condition, ConditionKind, Operand, OperandKind};

impl Resolver<'_> {
    /// Measures every define, those it calls expanded. One that stands for itself measures
    /// `usize::MAX`. Walks with a stack of its own: a chain of defines may be long.
    pub(super) fn measure_defines(&mut self) {
        let mut bodies: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
        for (name, define) in &self.defines {
            let mut calls = Vec::new();
            let own = measure(&define.body, &mut calls);
            calls.retain(|called| self.defines.contains_key(*called));
            bodies.insert(name, (own, calls));
        }
        let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
        let mut open: Vec<&str> = Vec::new();
        let mut left: Vec<&str> = bodies.keys().copied().collect();
        while let Some(name) = left.last().copied() {
            let Some((own, calls)) = bodies.get(name).filter(|_| !sizes.contains_key(name)) else {
                left.pop();
                continue;
            };
            let unmeasured = |called: &&&str| !sizes.contains_key(**called);
            if open.last() == Some(&name) {
                // All that it calls is measured, or calls it back.
                let size = |called: &&str| sizes.get(*called).copied().unwrap_or(usize::MAX);
                let sum = calls.iter().map(size).fold(*own, usize::saturating_add);
                sizes.insert(name.to_owned(), sum);
                open.pop();
                left.pop();
            } else if open.contains(&name) {
                // On the way already: a cycle, which its first call will measure.
                left.pop();
            } else {
                open.push(name);
                left.extend(calls.iter().filter(unmeasured));
            }
        }
        self.sizes = sizes;
    }
}

/// The parts of a condition, and the names in it that may be defines.
fn measure<'a>(condition: &'a Condition, calls: &mut Vec<&'a str>) -> usize {
    match &condition.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            let mut sum: usize = 1;
            for part in parts {
                sum = sum.saturating_add(measure(part, calls));
            }
            sum
        }
        ConditionKind::Not(inner) => measure(inner, calls).saturating_add(1),
        ConditionKind::Operand(operand) => {
            calls.extend(named(operand));
            1
        }
        ConditionKind::IsSet(..) | ConditionKind::Compare(..) | ConditionKind::Matches(..) => 1,
    }
}

/// The define that an operand may call.
fn named(operand: &Operand) -> Option<&str> {
    if let OperandKind::Call(name, _) = &operand.kind {
        return Some(&name.value);
    }
    let OperandKind::Path(path) = &operand.kind else {
        return None;
    };
    match path.segments.as_slice() {
        [name] => Some(&name.value),
        _ => None,
    }
}
