//! Interval decision diagrams: reduced, shared, canonical.
//!
//! A node asks for one field and has an edge for every range of its ranks. Equal functions over
//! equal ranks are equal ids. Building stops at a budget, and says so.

use super::intern::{Index, Memo, mix};
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

/// An edge: the first rank of its range, and where it leads.
pub(super) type Edge = (u32, Diagram);

/// One node: its field by position, and its edges, the first of them from rank 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'s> {
    pub(super) field: u16,
    pub(super) edges: &'s [Edge],
}

/// Where a node's edges stand among those of all nodes.
#[derive(Debug, Clone, Copy)]
struct Span {
    field: u16,
    from: u32,
    end: u32,
}

impl Span {
    fn node(self, edges: &[Edge]) -> Option<Node<'_>> {
        let edges = edges.get(self.from as usize..self.end as usize)?;
        Some(Node {
            field: self.field,
            edges,
        })
    }
}

/// Nodes, each once.
#[derive(Debug, Default)]
pub(super) struct Store {
    nodes: Vec<Span>,
    edges: Vec<Edge>,
    index: Index,
    /// Edges of nodes that are being made, those of the innermost last.
    open: Vec<Edge>,
    choices: Memo<(Diagram, Diagram, Diagram)>,
    /// What lasting joins came to.
    joins: [Memo<(Diagram, Diagram)>; 2],
    /// Diagrams for one rank of a field.
    restricted: Memo<(Diagram, u16, u32)>,
    steps: usize,
    /// Steps taken for shapes before this one.
    before: usize,
    /// Edges that were there before this shape.
    earlier: usize,
    /// How often every node was forgotten.
    forgotten: u32,
}

/// A join whose results hold for as long as the nodes do: what it makes of two diagrams is always
/// the same.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lasting {
    /// The first verdict that says something.
    First,
    /// The verdict on two candidates.
    Furthest,
}

/// A diagram on its way through the ranges of a field.
#[derive(Clone, Copy)]
struct Way {
    /// Where it leads in this range.
    to: Diagram,
    /// Where its other edges stand.
    next: u32,
    end: u32,
}

impl Store {
    pub(super) fn node(&self, diagram: Diagram) -> Option<Node<'_>> {
        self.span(diagram)?.node(&self.edges)
    }

    fn span(&self, diagram: Diagram) -> Option<Span> {
        if diagram.value().is_some() {
            return None;
        }
        self.nodes.get(diagram.0 as usize).copied()
    }

    /// Goes on to the next shape, whose ranks mean something else. Diagrams are the same where
    /// they ask the same of ranks, so all are kept, unless they have become too many.
    pub(super) fn next(&mut self) {
        let joins: usize = self.joins.iter().map(Memo::len).sum();
        let made = self.choices.len() + joins + self.restricted.len();
        if self.edges.len() + made > limits::DIAGRAM_KEPT {
            self.clear();
        }
        self.open.clear();
        self.before += self.steps;
        self.steps = 0;
        self.earlier = self.edges.len();
    }

    /// Forgets every node: diagrams made so far mean nothing any more.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.edges.clear();
        self.index.clear();
        self.open.clear();
        self.choices.clear();
        self.joins.iter_mut().for_each(Memo::clear);
        self.restricted.clear();
        self.before += self.steps;
        self.steps = 0;
        self.earlier = 0;
        self.forgotten = self.forgotten.wrapping_add(1);
    }

    /// What diagrams are known by lasts as long as this stays the same.
    pub(super) fn forgotten(&self) -> u32 {
        self.forgotten
    }

    /// Counts a step; past the budget of a shape, or of all of them, there is no next one.
    pub(super) fn spend(&mut self) -> Result<(), Inconclusive> {
        self.steps += 1;
        let spent = self.steps > limits::DIAGRAM_STEPS
            || self.before + self.steps > limits::DIAGRAM_STEPS_IN_ALL;
        if spent || self.edges.len() - self.earlier > limits::DIAGRAM_EDGES {
            return Err(Inconclusive);
        }
        Ok(())
    }

    /// An edge more of the innermost open node, which began at `base`, unless it leads where the
    /// one before it does.
    fn edge(&mut self, base: usize, rank: u32, to: Diagram) {
        let own = self.open.get(base..);
        if own.and_then(<[Edge]>::last).is_none_or(|last| last.1 != to) {
            self.open.push((rank, to));
        }
    }

    /// The node of the innermost open edges, those from `base` on, unless all lead to one and the
    /// same diagram.
    fn close(&mut self, field: u16, base: usize) -> Built {
        let open = self.open.get(base..).ok_or(Inconclusive)?;
        if let [(_, only)] = open {
            let only = *only;
            self.open.truncate(base);
            return Ok(only);
        }
        let wanted = |id: u32| {
            let node = self.node(Diagram(id));
            node.is_some_and(|node| node.field == field && node.edges == open)
        };
        let free = match self.index.probe(hash(field, open), wanted) {
            Ok(found) => {
                self.open.truncate(base);
                return Ok(Diagram(found));
            }
            Err(free) => free,
        };
        let place = |length: usize| u32::try_from(length).map_err(|_| Inconclusive);
        let id = place(self.nodes.len())?;
        let from = place(self.edges.len())?;
        self.edges.extend_from_slice(open);
        self.open.truncate(base);
        let end = place(self.edges.len())?;
        if id >= TERMINAL {
            return Err(Inconclusive);
        }
        self.nodes.push(Span { field, from, end });
        let (nodes, edges) = (&self.nodes, &self.edges);
        self.index.insert(free, |id| {
            let node = nodes.get(id as usize).and_then(|span| span.node(edges));
            node.map_or(0, |node| hash(node.field, node.edges))
        });
        Ok(Diagram(id))
    }

    /// A node for a field: each edge from its rank on, the first from rank 0.
    pub(super) fn range(&mut self, field: u16, edges: Vec<Edge>) -> Built {
        self.spend()?;
        let base = self.open.len();
        for (rank, to) in edges {
            self.edge(base, rank, to);
        }
        self.close(field, base)
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
        let (field, mut ways) = self.split([condition, then, otherwise]);
        let (base, mut rank) = (self.open.len(), Some(0));
        while let Some(from) = rank {
            let [condition, then, otherwise] = ways.map(|way| way.to);
            let to = self.choose(condition, then, otherwise)?;
            self.edge(base, from, to);
            rank = self.advance(&mut ways);
        }
        let made = self.close(field, base)?;
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
        let (field, mut ways) = self.split([a, b]);
        let (base, mut rank) = (self.open.len(), Some(0));
        while let Some(from) = rank {
            let [left, right] = ways.map(|way| way.to);
            let to = self.join(memo, join, left, right)?;
            self.edge(base, from, to);
            rank = self.advance(&mut ways);
        }
        let made = self.close(field, base)?;
        memo.insert((a, b), made.0);
        Ok(made)
    }

    /// As `join`, and remembered from shape to shape.
    pub(super) fn lasting(
        &mut self,
        which: Lasting,
        join: &mut dyn FnMut(Diagram, Diagram) -> Option<Diagram>,
        a: Diagram,
        b: Diagram,
    ) -> Built {
        let at = which as usize;
        let mut memo = self.joins.get_mut(at).map(std::mem::take);
        let none = &mut Memo::default();
        let made = self.join(memo.as_mut().unwrap_or(none), join, a, b);
        if let (Some(place), Some(memo)) = (self.joins.get_mut(at), memo) {
            *place = memo;
        }
        made
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
        self.rebuilt(memo, diagram, &mut |store, memo, to| {
            store.mapped(memo, to, answer)
        })
    }

    /// A diagram that asks no more for some fields: true where any value of them made it so.
    pub(super) fn forget(
        &mut self,
        memo: &mut Memo<Diagram>,
        diagram: Diagram,
        forgotten: &dyn Fn(u16) -> bool,
    ) -> Built {
        let Some(span) = self.span(diagram) else {
            return Ok(diagram);
        };
        if !forgotten(span.field) {
            return self.rebuilt(memo, diagram, &mut |store, memo, to| {
                store.forget(memo, to, forgotten)
            });
        }
        if let Some(known) = memo.get(&diagram) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let mut any = Diagram::FALSE;
        for at in span.from..span.end {
            self.steps += 1;
            let (_, to) = self.edge_at(at)?;
            let to = self.forget(memo, to, forgotten)?;
            any = self.or(any, to)?;
        }
        memo.insert(diagram, any.0);
        Ok(any)
    }

    /// A diagram for one rank of a field.
    pub(super) fn restrict(&mut self, diagram: Diagram, field: u16, rank: u32) -> Built {
        let Some(span) = self.span(diagram).filter(|span| span.field <= field) else {
            return Ok(diagram);
        };
        if span.field == field {
            let node = span.node(&self.edges).ok_or(Inconclusive)?;
            return Ok(node.at(rank).unwrap_or(diagram));
        }
        let key = (diagram, field, rank);
        if let Some(known) = self.restricted.get(&key) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let base = self.open.len();
        for at in span.from..span.end {
            self.steps += 1;
            let (from, to) = self.edge_at(at)?;
            let to = self.restrict(to, field, rank)?;
            self.edge(base, from, to);
        }
        let made = self.close(span.field, base)?;
        self.restricted.insert(key, made.0);
        Ok(made)
    }

    /// A node with what another diagram makes of each that it leads to, once.
    fn rebuilt(
        &mut self,
        memo: &mut Memo<Diagram>,
        diagram: Diagram,
        rebuild: &mut dyn FnMut(&mut Self, &mut Memo<Diagram>, Diagram) -> Built,
    ) -> Built {
        if let Some(known) = memo.get(&diagram) {
            return Ok(Diagram(known));
        }
        self.spend()?;
        let span = self.span(diagram).ok_or(Inconclusive)?;
        let base = self.open.len();
        for at in span.from..span.end {
            self.steps += 1;
            let (rank, to) = self.edge_at(at)?;
            let to = rebuild(self, memo, to)?;
            self.edge(base, rank, to);
        }
        let made = self.close(span.field, base)?;
        memo.insert(diagram, made.0);
        Ok(made)
    }

    fn edge_at(&self, at: u32) -> Result<Edge, Inconclusive> {
        self.edges.get(at as usize).copied().ok_or(Inconclusive)
    }

    /// The first field that any of them asks for, and where each leads in its first range.
    fn split<const N: usize>(&mut self, parts: [Diagram; N]) -> (u16, [Way; N]) {
        self.steps += 1;
        let spans = parts.map(|part| self.span(part));
        let fields = spans.iter().flatten().map(|span| span.field);
        let field = fields.min().unwrap_or(u16::MAX);
        let mut ways = parts.map(|to| Way {
            to,
            next: 0,
            end: 0,
        });
        for (way, span) in ways.iter_mut().zip(spans) {
            if let Some(span) = span.filter(|span| span.field == field)
                && let Some((_, to)) = self.edges.get(span.from as usize)
            {
                *way = Way {
                    to: *to,
                    next: span.from + 1,
                    end: span.end,
                };
            }
        }
        (field, ways)
    }

    /// Goes on to the next rank at which any of them branches, if there is one.
    fn advance<const N: usize>(&mut self, ways: &mut [Way; N]) -> Option<u32> {
        let edges = &self.edges;
        let next = |way: &Way| {
            let next = edges.get(way.next as usize);
            next.filter(|_| way.next < way.end).copied()
        };
        let (rank, _) = ways.iter().filter_map(next).min_by_key(|edge| edge.0)?;
        for way in ways {
            if let Some((_, to)) = next(way).filter(|edge| edge.0 == rank) {
                (way.to, way.next) = (to, way.next + 1);
            }
        }
        self.steps += 1;
        Some(rank)
    }
}

impl Node<'_> {
    /// Where it leads for a rank of its field.
    pub(super) fn at(&self, rank: u32) -> Option<Diagram> {
        let after = self.edges.partition_point(|(cut, _)| *cut <= rank);
        let edge = self.edges.get(after.checked_sub(1)?)?;
        Some(edge.1)
    }
}

fn hash(field: u16, edges: &[Edge]) -> u64 {
    let hash = edges.iter().fold(u64::from(field), |hash, (rank, to)| {
        mix(hash, u64::from(*rank) << 32 | u64::from(to.0))
    });
    mix(hash, edges.len() as u64)
}

#[cfg(test)]
mod tests;
