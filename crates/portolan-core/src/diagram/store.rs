//! Interval decision diagrams: reduced, shared, canonical.
//!
//! A node asks for one field and has an edge for every range of its ranks. Equal functions over
//! equal ranks are equal ids. Building stops at a budget, and says so.

use super::intern::{Interner, Memo};
use crate::limits;

/// A diagram: a terminal, or a node of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Diagram(u32);

const TERMINAL: u32 = 1 << 31;

impl Diagram {
    pub(super) const FALSE: Self = Self::terminal(0);
    pub(super) const TRUE: Self = Self::terminal(1);

    /// The diagram that answers this to every request.
    pub(super) const fn terminal(value: u32) -> Self {
        Self(value | TERMINAL)
    }

    /// The answer, where it is the same for every request.
    pub(super) const fn value(self) -> Option<u32> {
        if self.0 & TERMINAL == 0 {
            None
        } else {
            Some(self.0 & !TERMINAL)
        }
    }
}

/// No diagram within the budget. Whoever asks must say that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inconclusive;

type Built = Result<Diagram, Inconclusive>;

/// One node: its field by position, and its edges, each with the first rank of its range.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) field: u16,
    pub(super) edges: Box<[(u32, Diagram)]>,
}

/// Nodes, each once.
#[derive(Debug, Default)]
pub(super) struct Store {
    nodes: Interner<Node>,
    edges: usize,
    choices: Memo<(Diagram, Diagram, Diagram)>,
    steps: usize,
    /// Steps taken for shapes before this one.
    before: usize,
}

impl Store {
    pub(super) fn node(&self, diagram: Diagram) -> Option<&Node> {
        if diagram.value().is_some() {
            return None;
        }
        self.nodes.get(diagram.0)
    }

    /// Forgets every node: diagrams made so far mean nothing any more.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.choices.clear();
        self.edges = 0;
        self.before += self.steps;
        self.steps = 0;
    }

    /// Counts a step; past the budget of a shape, or of all of them, there is no next one.
    pub(super) fn spend(&mut self) -> Result<(), Inconclusive> {
        self.steps += 1;
        let spent = self.steps > limits::DIAGRAM_STEPS
            || self.before + self.steps > limits::DIAGRAM_STEPS_IN_ALL;
        if spent || self.edges > limits::DIAGRAM_EDGES {
            return Err(Inconclusive);
        }
        Ok(())
    }

    /// A node, unless all its edges lead to one and the same diagram. Edges are by first rank,
    /// the first of them 0.
    fn reduced(&mut self, field: u16, mut edges: Vec<(u32, Diagram)>) -> Built {
        edges.dedup_by(|next, previous| next.1 == previous.1);
        if let [(_, only)] = edges.as_slice() {
            return Ok(*only);
        }
        let node = Node {
            field,
            edges: edges.into(),
        };
        let before = self.nodes.len();
        let edges = node.edges.len();
        let id = self.nodes.intern(node);
        if self.nodes.len() > before {
            self.edges += edges;
        }
        if id >= TERMINAL {
            return Err(Inconclusive);
        }
        Ok(Diagram(id))
    }

    /// A node for a field: each edge from its rank on, the first from rank 0.
    pub(super) fn range(&mut self, field: u16, edges: Vec<(u32, Diagram)>) -> Built {
        self.spend()?;
        self.reduced(field, edges)
    }

    /// `then` where the condition holds, `otherwise` elsewhere.
    pub(super) fn choose(
        &mut self,
        condition: Diagram,
        then: Diagram,
        otherwise: Diagram,
    ) -> Built {
        match condition {
            Diagram::TRUE => return Ok(then),
            Diagram::FALSE => return Ok(otherwise),
            _ if then == otherwise => return Ok(then),
            _ if then == Diagram::TRUE && otherwise == Diagram::FALSE => return Ok(condition),
            _ => {}
        }
        let key = (condition, then, otherwise);
        if let Some(known) = self.choices.get(&key) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let parts = [condition, then, otherwise];
        let (field, cuts) = self.split(&parts);
        let mut edges = Vec::with_capacity(cuts.len());
        for cut in cuts {
            let [condition, then, otherwise] = parts.map(|part| self.at(part, field, cut));
            edges.push((cut, self.choose(condition, then, otherwise)?));
        }
        let made = self.reduced(field, edges)?;
        self.choices.insert(key, made.0);
        Ok(made)
    }

    pub(super) fn and(&mut self, a: Diagram, b: Diagram) -> Built {
        self.choose(a, b, Diagram::FALSE)
    }

    pub(super) fn or(&mut self, a: Diagram, b: Diagram) -> Built {
        self.choose(a, Diagram::TRUE, b)
    }

    /// Two diagrams joined answer by answer. `join` may answer for whole diagrams early; it must
    /// for two terminals. What was joined is remembered in `memo`, which is the operation's own.
    pub(super) fn join(
        &mut self,
        memo: &mut Memo<(Diagram, Diagram)>,
        join: &mut dyn FnMut(Diagram, Diagram) -> Option<Diagram>,
        a: Diagram,
        b: Diagram,
    ) -> Built {
        if let Some(done) = join(a, b) {
            return Ok(done);
        }
        if let Some(known) = memo.get(&(a, b)) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let parts = [a, b];
        let (field, cuts) = self.split(&parts);
        let mut edges = Vec::with_capacity(cuts.len());
        for cut in cuts {
            let [left, right] = parts.map(|part| self.at(part, field, cut));
            edges.push((cut, self.join(memo, join, left, right)?));
        }
        let made = self.reduced(field, edges)?;
        memo.insert((a, b), made.0);
        Ok(made)
    }

    /// A diagram with every answer replaced.
    pub(super) fn map(&mut self, diagram: Diagram, answer: &dyn Fn(u32) -> Diagram) -> Built {
        self.mapped(&mut Memo::default(), diagram, answer)
    }

    fn mapped(
        &mut self,
        memo: &mut Memo<Diagram>,
        diagram: Diagram,
        answer: &dyn Fn(u32) -> Diagram,
    ) -> Built {
        if let Some(value) = diagram.value() {
            return Ok(answer(value));
        }
        if let Some(known) = memo.get(&diagram) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let node = self.node(diagram).ok_or(Inconclusive)?.clone();
        self.steps += node.edges.len();
        let mut edges = Vec::with_capacity(node.edges.len());
        for (cut, to) in node.edges {
            edges.push((cut, self.mapped(memo, to, answer)?));
        }
        let made = self.reduced(node.field, edges)?;
        memo.insert(diagram, made.0);
        Ok(made)
    }

    /// A diagram that asks no more for some fields: true where any value of them made it so.
    pub(super) fn forget(
        &mut self,
        memo: &mut Memo<Diagram>,
        diagram: Diagram,
        forgotten: &dyn Fn(u16) -> bool,
    ) -> Built {
        if diagram.value().is_some() {
            return Ok(diagram);
        }
        if let Some(known) = memo.get(&diagram) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let node = self.node(diagram).ok_or(Inconclusive)?.clone();
        self.steps += node.edges.len();
        let mut edges = Vec::with_capacity(node.edges.len());
        for (cut, to) in node.edges {
            edges.push((cut, self.forget(memo, to, forgotten)?));
        }
        let made = if forgotten(node.field) {
            let mut any = Diagram::FALSE;
            for (_, to) in edges {
                any = self.or(any, to)?;
            }
            any
        } else {
            self.reduced(node.field, edges)?
        };
        memo.insert(diagram, made.0);
        Ok(made)
    }

    /// A diagram for one rank of a field.
    pub(super) fn restrict(
        &mut self,
        memo: &mut Memo<Diagram>,
        diagram: Diagram,
        field: u16,
        rank: u32,
    ) -> Built {
        let Some(node) = self.node(diagram).filter(|node| node.field <= field) else {
            return Ok(diagram);
        };
        if node.field == field {
            return Ok(self.at(diagram, field, rank));
        }
        if let Some(known) = memo.get(&diagram) {
            return Ok(Diagram(known));
        }
        let node = node.clone();
        self.spend()?;
        self.steps += node.edges.len();
        let mut edges = Vec::with_capacity(node.edges.len());
        for (cut, to) in node.edges {
            edges.push((cut, self.restrict(memo, to, field, rank)?));
        }
        let made = self.reduced(node.field, edges)?;
        memo.insert(diagram, made.0);
        Ok(made)
    }

    /// The first field that any of them asks for, and every rank at which any of them branches.
    fn split(&mut self, parts: &[Diagram]) -> (u16, Vec<u32>) {
        let nodes = || parts.iter().filter_map(|part| self.node(*part));
        let field = nodes().map(|node| node.field).min().unwrap_or(u16::MAX);
        let mut cuts: Vec<u32> = nodes()
            .filter(|node| node.field == field)
            .flat_map(|node| node.edges.iter().map(|(cut, _)| *cut))
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        self.steps += cuts.len();
        (field, cuts)
    }

    /// Where a diagram leads for a rank of a field; itself, if it does not ask for it first.
    fn at(&self, diagram: Diagram, field: u16, rank: u32) -> Diagram {
        match self.node(diagram) {
            Some(node) if node.field == field => {
                let after = node.edges.partition_point(|(cut, _)| *cut <= rank);
                let edge = node.edges.get(after.saturating_sub(1));
                edge.map_or(diagram, |(_, to)| *to)
            }
            _ => diagram,
        }
    }
}

#[cfg(test)]
mod tests;
