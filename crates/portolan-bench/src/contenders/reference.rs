//! Portolan's reference interpreter: the meaning of a policy, without an index.

use std::borrow::Cow;

use portolan::core::catalog::Catalog;
use portolan::core::judgement::{Outcome, Plan};
use portolan::{Draft, Engine, Instant, State};

use super::compiled::refused;
use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Shipment, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "Portolan, reference",
    gives: "everything",
    kind: Kind::Reference,
    load,
};

struct Reference {
    engine: Engine,
    state: State,
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    Ok(Box::new(Reference {
        engine: super::compiled::engine(world)?,
        state: State::default(),
    }))
}

impl Contender for Reference {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        let at = Instant::from_unix_seconds(job.at);
        let mut draft = Draft::new(job.model.clone(), at);
        draft.endpoint = Some(job.host.name().to_owned());
        draft.body.model_region.clone_from(&job.model_region);
        draft.body.stream = job.stream;
        draft.body.max_tokens = Some(job.max_tokens);
        draft.body.input_tokens = job.input_tokens;
        let Ok(request) = self.engine.request(draft) else {
            return show(Verdict::Denied);
        };
        match self.engine.judge(&request, &self.state).outcome {
            Outcome::Refuse(refusal) => show(refused(&self.engine, refusal.rule)),
            Outcome::Route(plan) => {
                let catalog = self.engine.catalog();
                show(routed(catalog, &plan, job).unwrap_or(Verdict::Denied))
            }
        }
    }
}

fn routed<'a>(catalog: &'a Catalog, plan: &Plan, job: &Job) -> Option<Verdict<'a>> {
    let route = plan.attempts.first()?.route.route();
    let at = Instant::from_unix_seconds(job.at);
    let tokens = job.input_tokens.max(0).cast_unsigned();
    let price = catalog.price(route, at, tokens, None).value;
    let offering = catalog.offering(route.offering)?;
    Some(Verdict::Route(Shipment {
        url: Cow::Owned(catalog.url(route)),
        usage_region: &catalog.region(offering.region)?.usage,
        input: price.input?.billionths(),
        output: price.output?.billionths(),
        warnings: plan.warnings.len(),
    }))
}
