//! Formulas over integer variables, each distinct one stored once. An atom says that a variable
//! lies in a set of integers; which variables there are is `space.rs`'s, how formulas are written
//! is `script.rs`'s.

use std::collections::BTreeMap;

use portolan_core::limits;

use super::ranges::Ranges;

/// A formula, by position. One that is made of others has a higher number than each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Formula(u32);

/// A variable, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variable(pub(super) u32);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    False,
    True,
    In(Variable, Ranges),
    Not(Formula),
    And(Vec<Formula>),
    Or(Vec<Formula>),
}

impl Formula {
    pub(super) const FALSE: Self = Self(0);
    pub(super) const TRUE: Self = Self(1);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Formulas, each once, and the whole domain of each variable.
#[derive(Debug)]
pub(super) struct Formulas {
    nodes: Vec<Node>,
    known: BTreeMap<Node, Formula>,
    domains: Vec<Ranges>,
    overflowed: bool,
}

impl Default for Formulas {
    fn default() -> Self {
        let mut new = Self {
            nodes: Vec::new(),
            known: BTreeMap::new(),
            domains: Vec::new(),
            overflowed: false,
        };
        new.store(Node::False);
        new.store(Node::True);
        new
    }
}

impl Formulas {
    /// A new variable.
    pub(super) fn variable(&mut self, domain: Ranges) -> Variable {
        let number = u32::try_from(self.domains.len()).unwrap_or(u32::MAX);
        self.domains.push(domain);
        Variable(number)
    }

    pub(super) fn node(&self, formula: Formula) -> &Node {
        self.nodes.get(formula.index()).unwrap_or(&Node::False)
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn domain(&self, variable: Variable) -> &Ranges {
        const NOTHING: &Ranges = &Ranges::EMPTY;
        self.domains.get(variable.0 as usize).unwrap_or(NOTHING)
    }

    /// Says whether there were more than [`limits::SMT_NODES`]; then what was made means nothing.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    fn store(&mut self, node: Node) -> Formula {
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        if self.nodes.len() >= limits::SMT_NODES {
            self.overflowed = true;
            return Formula::FALSE;
        }
        let new = Formula(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node.clone());
        self.known.insert(node, new);
        new
    }

    /// The variable lies in the set.
    pub(super) fn within(&mut self, variable: Variable, set: &Ranges) -> Formula {
        let domain = self.domain(variable);
        let set = set.intersection(domain);
        if set.is_empty() {
            Formula::FALSE
        } else if set == *domain {
            Formula::TRUE
        } else {
            self.store(Node::In(variable, set))
        }
    }

    pub(super) fn not(&mut self, formula: Formula) -> Formula {
        match self.node(formula).clone() {
            Node::False => Formula::TRUE,
            Node::True => Formula::FALSE,
            Node::Not(inner) => inner,
            Node::In(variable, set) => {
                let rest = self.domain(variable).without(&set);
                self.within(variable, &rest)
            }
            Node::And(_) | Node::Or(_) => self.store(Node::Not(formula)),
        }
    }

    pub(super) fn and(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, true)
    }

    pub(super) fn or(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, false)
    }

    /// Not the first, or the second.
    pub(super) fn implies(&mut self, given: Formula, then: Formula) -> Formula {
        let not = self.not(given);
        self.or([not, then])
    }

    /// The second where the first holds, else the third.
    pub(super) fn choose(&mut self, test: Formula, yes: Formula, no: Formula) -> Formula {
        let not = self.not(test);
        let (yes, no) = (self.and([test, yes]), self.and([not, no]));
        self.or([yes, no])
    }

    /// A conjunction, or a disjunction: nested ones opened, what is said of one variable in one
    /// place, and nothing that is decided left in it.
    fn join(&mut self, parts: impl IntoIterator<Item = Formula>, all: bool) -> Formula {
        let (neutral, decided) = if all {
            (Formula::TRUE, Formula::FALSE)
        } else {
            (Formula::FALSE, Formula::TRUE)
        };
        let mut atoms: BTreeMap<Variable, Ranges> = BTreeMap::new();
        let mut kept: Vec<Formula> = Vec::new();
        for part in parts {
            let opened = match (self.node(part), all) {
                (Node::And(inner), true) | (Node::Or(inner), false) => inner.clone(),
                _ => vec![part],
            };
            for part in opened {
                if part == decided {
                    return decided;
                }
                if part == neutral {
                    continue;
                }
                if let Node::In(variable, set) = self.node(part) {
                    let known = atoms.entry(*variable).or_insert_with(|| set.clone());
                    *known = if all {
                        known.intersection(set)
                    } else {
                        known.union(set)
                    };
                } else {
                    kept.push(part);
                }
            }
        }
        for (variable, set) in atoms {
            let atom = self.within(variable, &set);
            if atom == decided {
                return decided;
            }
            kept.push(atom);
        }
        kept.sort_unstable();
        kept.dedup();
        for part in &kept {
            let opposite = match self.node(*part) {
                Node::Not(inner) => kept.binary_search(inner).is_ok(),
                Node::False | Node::True | Node::In(..) | Node::And(_) | Node::Or(_) => false,
            };
            if opposite {
                return decided;
            }
        }
        match kept.as_slice() {
            [] => neutral,
            [one] => *one,
            _ => self.store(if all { Node::And(kept) } else { Node::Or(kept) }),
        }
    }

    /// The truth of every formula where each variable has a value, by position.
    pub(super) fn truths(&self, value: impl Fn(Variable) -> i128) -> Vec<bool> {
        let mut out: Vec<bool> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let known = |part: &Formula| out.get(part.index()).copied().unwrap_or(false);
            let truth = match node {
                Node::False => false,
                Node::True => true,
                Node::In(variable, set) => set.contains(value(*variable)),
                Node::Not(inner) => !known(inner),
                Node::And(parts) => parts.iter().all(known),
                Node::Or(parts) => parts.iter().any(known),
            };
            out.push(truth);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_formulas_are_one_and_decided_ones_vanish() {
        let mut all = Formulas::default();
        let a = all.variable(Ranges::between(0, 9));
        let b = all.variable(Ranges::between(0, 1));
        let low = all.within(a, &Ranges::between(-5, 3));
        let high = all.within(a, &Ranges::between(4, 20));
        let yes = all.within(b, &Ranges::one(1));
        assert_eq!(all.or([low, high]), Formula::TRUE);
        assert_eq!(all.and([low, high]), Formula::FALSE);
        assert_eq!(all.not(low), high);
        assert_eq!(all.within(b, &Ranges::between(-1, 1)), Formula::TRUE);
        let both = all.and([low, yes]);
        assert_eq!(all.and([yes, low, Formula::TRUE, both]), both);
        let not = all.not(both);
        assert_eq!(all.not(not), both);
        assert_eq!(all.or([not, both]), Formula::TRUE);
        let chosen = all.choose(yes, low, high);
        for (a, b) in [(3, 0), (3, 1), (4, 0), (4, 1)] {
            let truths = all.truths(|v| if v == Variable(0) { a } else { b });
            assert_eq!(truths[chosen.index()], (b == 1) == (a <= 3));
            assert_eq!(truths[both.index()], b == 1 && a <= 3);
        }
    }
}
