//! Named places, defined in an order in which every member exists.

use std::collections::{BTreeMap, VecDeque};

use super::tables::{around, circles};
use super::{Checker, diags};
use crate::catalog::raw;
use crate::instant::Window;
use crate::place::DefineError;
use crate::source::Span;

/// A member and when it belongs.
type Member<'a> = (Window, &'a raw::Period<Box<str>>);

impl Checker {
    pub(super) fn define_places(&mut self, places: &[raw::Named<raw::Place>]) {
        let mut ids: BTreeMap<Box<str>, (usize, Span)> = BTreeMap::new();
        for (i, place) in places.iter().enumerate() {
            let name = &place.name;
            self.provenance(place.aside.as_deref());
            if self.places.named(&name.value).is_some() {
                self.report(diags::standard_place(name.span, &name.value));
            } else if let Some((_, first)) = ids.get(&name.value) {
                let found = diags::duplicate_name(name.span, "place", &name.value, *first);
                self.report(found);
            } else {
                ids.insert(name.value.clone(), (i, name.span));
            }
        }
        let members: Vec<Vec<Member<'_>>> = places
            .iter()
            .map(|place| {
                let members = place.value.members.iter();
                members
                    .map(|member| (self.period(member), member))
                    .collect()
            })
            .collect();

        // Kahn's order: a place is ready when all of its members are.
        let mut waits: Vec<usize> = vec![0; places.len()];
        let mut waiters: Vec<Vec<usize>> = vec![Vec::new(); places.len()];
        for (i, members) in members.iter().enumerate() {
            for (_, member) in members {
                if let Some((other, _)) = ids.get(&member.value.value)
                    && let (Some(waits), Some(waiters)) =
                        (waits.get_mut(i), waiters.get_mut(*other))
                {
                    *waits += 1;
                    waiters.push(i);
                }
            }
        }
        let free = waits.iter().enumerate().filter(|(_, n)| **n == 0);
        let mut ready: VecDeque<usize> = free.map(|(i, _)| i).collect();
        while let Some(i) = ready.pop_front() {
            if let (Some(place), Some(members)) = (places.get(i), members.get(i)) {
                let owner = ids.get(&place.name.value).is_some_and(|(id, _)| *id == i);
                self.define(&place.name, members, &ids, owner);
            }
            for waiter in waiters.get(i).into_iter().flatten() {
                if let Some(left) = waits.get_mut(*waiter) {
                    *left -= 1;
                    if *left == 0 {
                        ready.push_back(*waiter);
                    }
                }
            }
        }
        self.report_place_circles(places, &ids, &waits);
    }

    fn define(
        &mut self,
        name: &raw::Text,
        members: &[Member<'_>],
        ids: &BTreeMap<Box<str>, (usize, Span)>,
        owner: bool,
    ) {
        let mut resolved = Vec::with_capacity(members.len());
        for (window, member) in members {
            let member = &member.value;
            match self.places.named(&member.value) {
                Some(id) => resolved.push((*window, id)),
                // Declared, and refused already.
                None if ids.contains_key(&member.value) => {}
                None => self.unknown_place(member),
            }
        }
        if owner {
            let defined = self.places.define(&name.value, &resolved);
            if defined == Err(DefineError::TooManyPeriods) {
                self.report(diags::place_changes_too_often(name.span, &name.value));
            }
        }
    }

    fn report_place_circles(
        &mut self,
        places: &[raw::Named<raw::Place>],
        ids: &BTreeMap<Box<str>, (usize, Span)>,
        waits: &[usize],
    ) {
        let stuck = |i: usize| waits.get(i).is_some_and(|left| *left > 0);
        let stuck_member = |i: usize| {
            let members = places.get(i).map(|place| &place.value.members);
            let others = members.into_iter().flatten().filter_map(|member| {
                let (other, _) = ids.get(&member.value.value)?;
                Some((*other, member.value.span))
            });
            others.into_iter().find(|(other, _)| stuck(*other))
        };
        let next: Vec<Option<usize>> = (0..places.len())
            .map(|i| {
                if stuck(i) {
                    stuck_member(i).map(|m| m.0)
                } else {
                    None
                }
            })
            .collect();
        for circle in circles(&next) {
            let names: Vec<&str> = circle
                .iter()
                .filter_map(|i| places.get(*i).map(|p| &*p.name.value))
                .collect();
            let at = circle.first().and_then(|i| stuck_member(*i));
            if let Some((_, span)) = at {
                self.report(diags::place_cycle(span, &around(names.into_iter())));
            }
        }
    }
}
