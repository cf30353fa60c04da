//! One id through all of time: whatever it comes to stand for, in one space.

use std::cell::RefCell;

use super::{Chart, Inconclusive, Member, Shape, Standing, Survey};
use crate::catalog::EndpointId;
use crate::diagram::field::{Field, TextField};
use crate::diagram::fold::Subject;
use crate::diagram::profile::Profile;
use crate::diagram::shape::Slots;
use crate::diagram::survey::Region;
use crate::instant::Window;

impl<'a> Survey<'a> {
    /// Visits an alias once for each thing that it stands for, in the order of time, and for each
    /// gap in between in which it stands for nothing. A region of one chart means the same to the
    /// next. Members keep the id in gaps too, so that their classes are those of requests that name
    /// it.
    ///
    /// # Errors
    /// When all of them together go past the budget of one slice, or a visit does.
    pub fn through(
        &mut self,
        alias: &str,
        endpoint: EndpointId,
        visit: &mut dyn FnMut(&mut Chart<'_>, &Member<'_>) -> Result<(), Inconclusive>,
    ) -> Result<(), Inconclusive> {
        let all = self.shapes.iter();
        let all = all.flat_map(|shape| shape.members.iter().map(move |member| (shape, member)));
        let own = all.clone().filter(|(_, member)| member.id == alias);
        let unknown = all
            .clone()
            .find(|(shape, _)| matches!(shape.subject, Subject::Unknown));
        let (nothing, unknown) = unknown.ok_or(Inconclusive)?;
        let mut periods: Vec<(&Shape<'a>, Member<'a>)> =
            own.map(|(shape, member)| (shape, member.clone())).collect();
        periods.sort_by_key(|(_, member)| member.window.from);
        let windows: Vec<Window> = periods.iter().map(|(_, member)| member.window).collect();
        for window in gaps(&windows) {
            let id = periods.first().map_or("", |(_, member)| member.id);
            let member = Member {
                id,
                window,
                ..unknown.clone()
            };
            periods.push((nothing, member));
        }
        periods.sort_by_key(|(_, member)| member.window.from);
        let merged = Slots::merged(periods.iter().map(|(_, member)| &member.slots));
        self.store.next();
        for (shape, member) in periods {
            let subject = match (shape.subject, member.model) {
                (Subject::Model(..), Some(model)) => Subject::Model(model, member.id),
                (subject, _) => subject,
            };
            let orders = RefCell::new(&mut self.answers.orders);
            let number = |order| orders.borrow_mut().intern(order);
            let (fold, questions) = (self.fold, self.questions);
            let profile = Profile::new(fold, questions, subject, &member.routes, &number)?;
            let member = Member {
                slots: merged.clone(),
                ..member
            };
            let mut chart = Chart::new(
                self.vocabulary,
                questions,
                fold,
                (&mut self.store, &mut self.answers, &mut self.common),
                (
                    subject,
                    &profile,
                    profile.ends.get(endpoint.index()).ok_or(Inconclusive)?,
                ),
                std::slice::from_ref(&member),
            )?;
            visit(&mut chart, &member)?;
        }
        Ok(())
    }
}

/// What lies before, between and behind windows, which are in order and share no instant.
fn gaps(windows: &[Window]) -> Vec<Window> {
    let mut gaps = Vec::new();
    // Where the last one ended; none where it goes on for ever.
    let mut reached = Some(None);
    for window in windows {
        let Some(from) = reached else { break };
        if window.from != from {
            gaps.push(Window {
                from,
                until: window.from,
            });
        }
        reached = window.until.map(Some);
    }
    if let Some(from) = reached {
        gaps.push(Window { from, until: None });
    }
    gaps
}

impl Chart<'_> {
    /// A region's requests whose id, which stands for nothing here, is a member's.
    ///
    /// # Errors
    /// As `and`.
    pub fn called(&mut self, region: Region, member: &Member<'_>) -> Result<Region, Inconclusive> {
        let field = Field::Text(TextField::Model);
        if self.standing() != Standing::Unknown || member.id.is_empty() {
            return Ok(region);
        }
        let bounds = self.build.vocabulary.texts.get(&field);
        let bounds = bounds.map_or(&[][..], Vec::as_slice);
        let code = crate::diagram::constants::rank(bounds, member.id);
        let rank = member.slots.rank(self.build.questions, field, code);
        let position = field.position().ok_or(Inconclusive)?;
        self.fixed(region, position, rank)
    }
}
