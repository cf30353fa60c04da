//! The instants at which an id comes to stand for something else: the requests before and after
//! are in two slices, and are told apart by what the interpreter says to them.

use portolan_core::diagram::survey::{Chart, Inconclusive, Member, Region};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::request::Draft;

use super::answer::Answer;
use super::compare::{asked, endpoint};
use super::gather::Gathered;
use super::samples::requests;
use super::stretch::Stretch;
use super::{Change, What, Who, causes};

/// Looks at both ends of the time for which a member's id stands for what it does.
pub(super) fn ends(
    engine: &Engine,
    range: Window,
    chart: &mut Chart<'_>,
    member: &Member<'_>,
    whole: &Stretch,
    gathered: &mut Gathered,
) -> Result<(), Inconclusive> {
    let window = member.window;
    let before = |at: Instant| at.plus_seconds(-1);
    // Each end, and an instant next to it at which the id stands for this.
    let ends = [
        window.from.map(|at| (at, at)),
        window.until.map(|at| (at, before(at))),
    ];
    for (at, inside) in ends.into_iter().flatten() {
        if !range.contains(at) || gathered.has_alias(at, member.id, &endpoint(engine, chart)) {
            continue;
        }
        let stretch = whole.at(chart, member, inside)?;
        let refused = stretch.refused.iter().map(|(_, region)| *region);
        let regions: Vec<Region> = std::iter::once(stretch.routes).chain(refused).collect();
        let mut found: Option<(Draft, Answer, Answer)> = None;
        for region in regions {
            if found.is_some() {
                break;
            }
            requests(engine, chart, member, region, &mut |draft| {
                let then = Answer::of(engine, &draft, before(at));
                let now = Answer::of(engine, &draft, at);
                if let (Some(then), Some(now)) = (then, now)
                    && then != now
                {
                    found = Some((Draft { at, ..draft }, then, now));
                }
                found.is_none()
            });
        }
        if let Some((sample, then, now)) = found {
            let id = asked(chart, member);
            let change = Change {
                causes: causes::of(engine, &id, member.model, &What::Means, at),
                what: What::Means,
                ids: vec![id],
                endpoints: vec![endpoint(engine, chart)],
                who: Who::Some {
                    classes: Vec::new(),
                    whole: false,
                },
                sample,
                before: then,
                after: now,
            };
            gathered.add(at, change);
        }
    }
    Ok(())
}
