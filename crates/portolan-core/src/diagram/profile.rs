//! What the questions about one model come to: folded for every endpoint that is called and for
//! every candidate there.

use std::rc::Rc;

use super::fold::{Context, Fold, Subject};
use super::shape::Questions;
use super::sketch::Sketch;
use super::sketches::Sketches;
use super::store::Inconclusive;
use crate::catalog::{EndpointId, Route};

/// What one model's questions come to.
#[derive(Debug)]
pub(super) struct Profile {
    /// By the endpoint called.
    pub(super) ends: Vec<End>,
}

/// What they come to through one endpoint that is called.
#[derive(Debug)]
pub(super) struct End {
    pub(super) endpoint: EndpointId,
    /// The candidates, by their positions among the model's routes.
    pub(super) routes: Vec<u16>,
    /// Of every candidate, whether it goes through another endpoint.
    pub(super) elsewhere: Vec<bool>,
    /// Questions about the model, in the order of `Questions::model`.
    pub(super) model: Sketches,
    /// Questions about what each candidate states, in the order of `Questions::stated`.
    pub(super) stated: Vec<Rc<Sketches>>,
    /// The others about each candidate, in the order of `Questions::route`.
    pub(super) of_route: Vec<Sketches>,
    /// The order of candidates.
    pub(super) order: Sketch,
    /// What the sketches are known by without their numbers, where they were asked for that.
    pub(super) marks: Option<Marks>,
}

/// What sketches are known by without their numbers: equal marks make equal diagrams.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) model: u32,
    /// By candidate: of everything that the verdict on it reads.
    pub(super) candidates: Vec<u32>,
}

impl End {
    /// What asks about no model and no route.
    pub(super) fn without_routes(endpoint: EndpointId) -> Self {
        Self {
            endpoint,
            routes: Vec::new(),
            elsewhere: Vec::new(),
            model: Sketches::default(),
            stated: Vec::new(),
            of_route: Vec::new(),
            order: Sketch::Leaf(0),
            marks: None,
        }
    }
}

impl Profile {
    /// Folds every question for one model and its routes.
    pub(super) fn new<'a>(
        fold: &Fold<'a>,
        questions: &Questions,
        subject: Subject<'a>,
        routes: &[Route],
        order: &dyn Fn(Vec<u16>) -> u32,
    ) -> Result<Self, Inconclusive> {
        let vocabulary = fold.vocabulary;
        let endpoints = 0..u32::try_from(vocabulary.catalog.endpoints.len()).unwrap_or(u32::MAX);
        let any = vocabulary.policy.through_any_endpoint;
        // What offerings state that state the same is folded once, whichever endpoint is called.
        let mut known: Vec<(usize, Rc<Sketches>)> = Vec::new();
        let mut ends = Vec::new();
        for endpoint in endpoints.map(EndpointId) {
            let own = |route: &Route| route.endpoint == endpoint;
            let candidates: Vec<(u16, Route)> = (0u16..)
                .zip(routes.iter().copied())
                .filter(|(_, route)| any || own(route))
                .collect();
            let context = Context {
                subject,
                endpoint,
                route: None,
            };
            let ask = |positions: &[u32], context: Context<'a>| {
                let mut all = Vec::with_capacity(positions.len());
                for position in positions {
                    let asked = vocabulary.asked.get(*position as usize);
                    all.push(fold.question(*position, asked.ok_or(Inconclusive)?, context)?);
                }
                Sketches::new(all.into_iter()).ok_or(Inconclusive)
            };
            let mut stated = Vec::with_capacity(candidates.len());
            let mut of_route = Vec::with_capacity(candidates.len());
            for (_, route) in &candidates {
                let context = Context {
                    route: Some(*route),
                    ..context
                };
                let by = fold.stated_by(*route)?;
                let same = known.iter().find(|(other, _)| *other == by);
                let own = if let Some((_, own)) = same {
                    Rc::clone(own)
                } else {
                    let own = Rc::new(ask(&questions.stated, context)?);
                    known.push((by, Rc::clone(&own)));
                    own
                };
                stated.push(own);
                of_route.push(ask(&questions.route, context)?);
            }
            let routes: Vec<Route> = candidates.iter().map(|(_, route)| *route).collect();
            let ordered = vocabulary.ordered && !vocabulary.policy.prefer.is_empty();
            ends.push(End {
                endpoint,
                elsewhere: routes.iter().map(|route| !own(route)).collect(),
                model: ask(&questions.model, context)?,
                stated,
                of_route,
                order: if ordered && routes.len() > 1 {
                    fold.order(context, &routes, order)?
                } else {
                    Sketch::Leaf(order((0u16..).zip(&routes).map(|(i, _)| i).collect()))
                },
                marks: None,
                routes: candidates.into_iter().map(|(i, _)| i).collect(),
            });
        }
        Ok(Self { ends })
    }

    /// Every sketch that depends on the request.
    pub(super) fn sketches(&self) -> impl Iterator<Item = &Sketch> {
        self.ends.iter().flat_map(|end| {
            let stated = end.stated.iter().flat_map(|own| own.held());
            let own = end.model.held().iter().chain(stated);
            let own = own.chain(end.of_route.iter().flat_map(Sketches::held));
            own.chain(std::iter::once(&end.order))
        })
    }

    /// Changes every sketch.
    pub(super) fn change(
        &mut self,
        change: &dyn Fn(&Sketch) -> Sketch,
    ) -> Result<(), Inconclusive> {
        for end in &mut self.ends {
            end.model = end.model.map(change).ok_or(Inconclusive)?;
            for own in &mut end.stated {
                *own = Rc::new(own.map(change).ok_or(Inconclusive)?);
            }
            for own in &mut end.of_route {
                *own = own.map(change).ok_or(Inconclusive)?;
            }
            end.order = change(&end.order);
            end.marks = None;
        }
        Ok(())
    }
}
