//! Few wide classes that say which requests are in a region, for people.
//!
//! The classes of `class.rs` are disjoint and bound every field that a path asks for. Those in here
//! may overlap, and bound as few fields as will do to tell the region from what it is taken out of.

use std::collections::BTreeMap;

use super::{Bounded, Chart, Class, Member, Region, Values};
use crate::diagram::field::{Field, Flag};
use crate::diagram::intern::Memo;
use crate::diagram::store::{Diagram, Inconclusive};
use crate::policy::Type;
use crate::request::{Auth, ChainFaultKind, FaultKind};

/// Some requests of a region, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Wide classes.
    pub classes: Vec<Class>,
    /// They are all of the region.
    pub whole: bool,
}

/// By field, the ranks between which it is: the first, and the first after.
type Cube = BTreeMap<u16, (u32, Option<u32>)>;

impl Chart<'_> {
    /// At most so many classes that cover a region of a member's requests, as far as it is among
    /// others: outside of those, a class may hold anything.
    ///
    /// # Errors
    /// As `and`.
    pub fn cover(
        &mut self,
        region: Region,
        among: Region,
        member: &Member<'_>,
        most: usize,
    ) -> Result<Cover, Inconclusive> {
        let region = self.and(region, among)?;
        let elsewhere = self.without(Region::ALL, among)?;
        let allowed = self.or(region, elsewhere)?.0;
        let mut rest = region.0;
        let mut classes = Vec::new();
        while classes.len() < most {
            let mut cube = Cube::new();
            if !self.path(rest, member, &mut cube) {
                break;
            }
            self.widen(&mut cube, allowed, member)?;
            let mut bounds = Vec::with_capacity(cube.len());
            for (field, (from, end)) in &cube {
                let field = Field::at(*field).ok_or(Inconclusive)?;
                bounds.extend(self.values(field, *from, *end, &member.slots));
            }
            classes.push(self.class(member, bounds));
            let cube = self.of_cube(&cube)?;
            rest = self.build.store.choose(cube, Diagram::FALSE, rest)?;
        }
        let whole = !self.path(rest, member, &mut Cube::new());
        Ok(Cover { classes, whole })
    }

    /// Finds a path to yes that some value of every field takes.
    fn path(&self, diagram: Diagram, member: &Member<'_>, cube: &mut Cube) -> bool {
        let Some(node) = self.build.store.node(diagram) else {
            return diagram == Diagram::TRUE;
        };
        let Some(field) = Field::at(node.field) else {
            return false;
        };
        let ends = node.edges.iter().skip(1).map(|(cut, _)| Some(*cut));
        for ((cut, to), end) in node.edges.iter().zip(ends.chain([None])) {
            let dead = *to == Diagram::FALSE;
            if dead || !self.has_values(field, *cut, end, member) {
                continue;
            }
            cube.insert(node.field, (*cut, end));
            if self.path(*to, member, cube) {
                return true;
            }
            cube.remove(&node.field);
        }
        false
    }

    /// Says whether some request has a value of a field between two ranks.
    fn has_values(&self, field: Field, from: u32, end: Option<u32>, member: &Member<'_>) -> bool {
        let bound = self.values(field, from, end, &member.slots);
        bound.is_some_and(|bound| match bound.values {
            Values::Codes { absent, from, last } => {
                absent
                    || self
                        .last_code(bound.field)
                        .is_none_or(|most| from <= most && last >= 0)
            }
            Values::Rows { absent, rows } => absent || !rows.is_empty(),
            Values::Texts { .. } | Values::Words { .. } => true,
        })
    }

    /// The last code of a field that has few, from 0 on.
    fn last_code(&self, field: Bounded) -> Option<i64> {
        let many = |count: usize| i64::try_from(count).ok();
        match field {
            Bounded::Flag(flag) => match flag {
                Flag::Auth => many(Auth::NAMES.len() - 1),
                // The first is that there is none.
                Flag::Fault => many(FaultKind::NAMES.len()),
                Flag::ChainFault => many(ChainFaultKind::NAMES.len()),
                Flag::Messages
                | Flag::Prompt
                | Flag::Stream
                | Flag::Estimated
                | Flag::ZeroDataRetention
                | Flag::MalformedTranscript
                | Flag::HasTranscriptId
                | Flag::HasTranscriptTag
                | Flag::Retry => Some(1),
            },
            Bounded::Attribute(position) => {
                let policy = self.build.vocabulary.policy;
                let of = &policy.attributes.get(usize::from(position))?.of;
                if let Type::Choice(words) = of {
                    many(words.len().checked_sub(1)?)
                } else {
                    (*of == Type::Bool).then_some(1)
                }
            }
            Bounded::Set(_) | Bounded::Text(_) | Bounded::At | Bounded::Number(_) => None,
        }
    }

    /// Takes bounds away as long as all requests that are left are allowed.
    fn widen(
        &mut self,
        cube: &mut Cube,
        allowed: Diagram,
        member: &Member<'_>,
    ) -> Result<(), Inconclusive> {
        let fields: Vec<u16> = cube.keys().rev().copied().collect();
        for field in fields {
            let Some((from, end)) = cube.remove(&field) else {
                continue;
            };
            if self.inside(allowed, cube, member, &mut Memo::default())? {
                continue;
            }
            let mut kept = (from, end);
            // A range of texts means nothing to anybody: one text does.
            let number = matches!(Field::at(field), Some(Field::Number(_)));
            for wider in [(0, end), (from, None)] {
                if !number {
                    break;
                }
                cube.insert(field, wider);
                if wider != kept && self.inside(allowed, cube, member, &mut Memo::default())? {
                    kept = wider;
                    break;
                }
            }
            cube.insert(field, kept);
        }
        Ok(())
    }

    /// Says whether every request between the bounds leads to yes.
    fn inside(
        &mut self,
        diagram: Diagram,
        cube: &Cube,
        member: &Member<'_>,
        memo: &mut Memo<Diagram>,
    ) -> Result<bool, Inconclusive> {
        if diagram.value().is_some() {
            return Ok(diagram == Diagram::TRUE);
        }
        if let Some(known) = memo.get(&diagram) {
            return Ok(known == 1);
        }
        self.build.store.spend()?;
        let node = self.build.store.node(diagram).ok_or(Inconclusive)?;
        let (position, edges) = (node.field, node.edges.to_vec());
        let field = Field::at(position).ok_or(Inconclusive)?;
        let (first, last) = cube.get(&position).copied().unwrap_or((0, None));
        let ends = edges.iter().skip(1).map(|(cut, _)| Some(*cut));
        let mut all = true;
        for ((cut, to), end) in edges.iter().zip(ends.chain([None])) {
            let before = end.is_some_and(|end| end <= first);
            let after = last.is_some_and(|last| *cut >= last);
            if before || after || !self.has_values(field, *cut, end, member) {
                continue;
            }
            if !self.inside(*to, cube, member, memo)? {
                all = false;
                break;
            }
        }
        memo.insert(diagram, u32::from(all));
        Ok(all)
    }

    /// The requests between the bounds.
    fn of_cube(&mut self, cube: &Cube) -> Result<Diagram, Inconclusive> {
        let mut inner = Diagram::TRUE;
        for (field, (from, end)) in cube.iter().rev() {
            let mut edges = Vec::with_capacity(3);
            if *from > 0 {
                edges.push((0, Diagram::FALSE));
            }
            edges.push((*from, inner));
            edges.extend(end.map(|end| (end, Diagram::FALSE)));
            inner = self.build.store.range(*field, edges)?;
        }
        Ok(inner)
    }
}
