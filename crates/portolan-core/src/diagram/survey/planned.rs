//! Which survivors make it into a plan that has room for only so many, in some state.

use std::rc::Rc;

use super::chart::Built;
use super::{Chart, Region};
use crate::diagram::field::Field;
use crate::diagram::intern::Memo;
use crate::diagram::store::{Diagram, Inconclusive};
use crate::policy::{RuleKind, Scope};

/// The candidates of a slice as a plan with too little room for all of them sees them. What is
/// known of the model is a field of these regions; what is known of each route is not.
#[derive(Debug)]
pub struct Room {
    /// Legal.
    legal: Vec<Region>,
    /// What is known of the route may leave it in.
    usable: Vec<Region>,
    /// It is legal, and nothing that may be known of the route puts it aside.
    stays: Vec<Region>,
    /// By candidate and another: where the other goes first.
    before: Vec<Vec<Region>>,
    most: usize,
}

impl Chart<'_> {
    /// The room in the plan for each candidate; none where it has room for all of them.
    ///
    /// # Errors
    /// As `and`, and where `Topic::Order` is not among the survey's topics.
    pub fn room(&mut self) -> Result<Option<Rc<Room>>, Inconclusive> {
        if let Some(known) = &self.ruled.room {
            return Ok(Some(Rc::clone(known)));
        }
        let most = self.policy().plan_at_most.unwrap_or(usize::MAX);
        let count = self.candidates().len();
        if most >= count {
            return Ok(None);
        }
        let mut room = Room {
            legal: Vec::with_capacity(count),
            usable: Vec::with_capacity(count),
            stays: Vec::with_capacity(count),
            before: vec![vec![Region::NONE; count]; count],
            most,
        };
        for candidate in 0..count {
            let aside = self.put_aside(candidate)?;
            let may_be_aside = self.whatever(Scope::Route, aside)?;
            let stays = self.without(Region::ALL, aside)?;
            room.usable.push(self.whatever(Scope::Route, stays)?);
            let legal = self.legal(candidate)?;
            room.stays.push(self.without(legal, may_be_aside)?);
            room.legal.push(legal);
        }
        for (one, other, first) in self.precedences()? {
            let second = self.without(Region::ALL, first)?;
            for (of, rival, goes) in [(other, one, first), (one, other, second)] {
                let place = room.before.get_mut(of).and_then(|row| row.get_mut(rival));
                *place.ok_or(Inconclusive)? = goes;
            }
        }
        let room = Rc::new(room);
        self.ruled.room = Some(Rc::clone(&room));
        Ok(Some(room))
    }

    /// The requests of a region for which, in some state, a candidate is planned, and nothing is
    /// planned beside it but what fulfils a condition: `fulfils` says of each candidate where it
    /// does.
    ///
    /// # Errors
    /// As `and`.
    pub fn planned(
        &mut self,
        room: &Room,
        among: Region,
        candidate: usize,
        fulfils: &[Region],
    ) -> Built {
        let at = |list: &[Region], at: usize| list.get(at).copied().ok_or(Inconclusive);
        let mut planned = self.and(among, at(&room.legal, candidate)?)?;
        planned = self.and(planned, at(&room.usable, candidate)?)?;
        planned = self.in_room(room, planned, candidate, candidate)?;
        planned = self.and(planned, at(fulfils, candidate)?)?;
        for other in (0..room.legal.len()).filter(|other| *other != candidate) {
            let wrong = self.without(at(&room.stays, other)?, at(fulfils, other)?)?;
            let wrong = self.and(wrong, planned)?;
            if !wrong.is_empty() {
                let wrong = self.in_room(room, wrong, other, candidate)?;
                planned = self.without(planned, wrong)?;
            }
        }
        self.whatever(Scope::Model, planned)
    }

    /// The requests of a region for which a candidate is among the first so many of those that
    /// stay, and of one that is left in.
    fn in_room(&mut self, room: &Room, among: Region, candidate: usize, left_in: usize) -> Built {
        // At position n: more than n of those that were looked at go before it.
        let mut more = vec![Region::NONE; room.most];
        let rivals = room.before.get(candidate).ok_or(Inconclusive)?;
        for (rival, before) in rivals.iter().enumerate() {
            if rival == candidate {
                continue;
            }
            let mut ahead = self.and(among, *before)?;
            if rival != left_in {
                let stays = *room.stays.get(rival).ok_or(Inconclusive)?;
                ahead = self.and(ahead, stays)?;
            }
            if ahead.is_empty() {
                continue;
            }
            let mut fewer = Region::ALL;
            for known in &mut more {
                let also = self.and(fewer, ahead)?;
                fewer = *known;
                *known = self.or(fewer, also)?;
            }
        }
        match more.last() {
            Some(too_many) => self.without(among, *too_many),
            None => Ok(Region::NONE),
        }
    }

    /// Where some rule puts a candidate aside, by what is known about now.
    fn put_aside(&mut self, candidate: usize) -> Built {
        let mut aside = Diagram::FALSE;
        for (id, rule) in self.policy().rules() {
            if let RuleKind::Skip(_) = rule.kind {
                let holds = self.build.holds(id, self.end, Some(candidate))?;
                aside = self.build.store.or(aside, holds)?;
            }
        }
        Ok(Region(aside))
    }

    /// The requests of a region, whatever is known about now of a route, or of a model.
    fn whatever(&mut self, of: Scope, region: Region) -> Built {
        let known =
            |field: u16| matches!(Field::at(field), Some(Field::State(scope, _)) if scope == of);
        let store = &mut *self.build.store;
        let forgotten = store.forget(&mut Memo::default(), region.0, &known);
        forgotten.map(Region)
    }
}
