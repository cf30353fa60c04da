//! The program that anybody would write first: a hash map of records, and ifs in order.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Host, Job, Model, PREMIUM_FROM, Reason, Shipment, URL_EU, URL_US, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "hand-written, naive",
    gives: "everything",
    kind: Kind::HandWritten,
    load,
};

struct Naive {
    models: HashMap<String, Model>,
}

#[expect(clippy::unnecessary_wraps, reason = "as the others")]
fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    let models = world
        .models
        .iter()
        .map(|model| (model.id.clone(), model.clone()))
        .collect();
    Ok(Box::new(Naive { models }))
}

impl Contender for Naive {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        show(self.verdict(job))
    }
}

impl Naive {
    #[inline]
    fn verdict(&self, job: &Job) -> Verdict<'static> {
        if job
            .model_region
            .as_ref()
            .is_some_and(|region| region != "global")
        {
            return Verdict::refuse(Reason::InvalidModelRegion);
        }
        let global = job.model_region.is_some();
        let Some(model) = self.models.get(&job.model) else {
            return Verdict::refuse(Reason::ModelNotFound);
        };
        if job.at < model.released || model.retires.is_some_and(|retires| job.at >= retires) {
            return Verdict::refuse(Reason::ModelNotAvailable);
        }
        if global && !(model.global && job.host == Host::Us) {
            return Verdict::refuse(Reason::GlobalNotEligible);
        }
        let sold_here = match job.host {
            Host::Us => model.us,
            Host::Eu => model.eu,
        };
        if !global && !sold_here {
            return Verdict::refuse(Reason::ModelNotInRegion);
        }
        if job.max_tokens > model.max_output {
            return Verdict::refuse(Reason::MaxTokensOutOfRange);
        }
        if job.input_tokens.saturating_add(job.max_tokens) > model.context_window {
            return Verdict::refuse(Reason::ContextWindowExceeded);
        }
        let premium = !global && job.at >= PREMIUM_FROM;
        let billionths_per_cent = if premium { 11_000_000 } else { 10_000_000 };
        Verdict::Route(Shipment {
            url: Cow::Borrowed(match job.host {
                Host::Us => URL_US,
                Host::Eu => URL_EU,
            }),
            usage_region: if global { "global" } else { job.host.name() },
            input: model.input_cents * billionths_per_cent,
            output: model.output_cents * billionths_per_cent,
            warnings: usize::from(job.stream && !model.streams),
        })
    }
}
