//! Portolan's reference interpreter: the meaning of a policy, without an index.

use std::borrow::Cow;

use anyhow::Context as _;
use portolan::core::catalog::{Catalog, Route};
use portolan::{Draft, Engine, Instant, MemoryFiles, Outcome, State, compile};

use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Job, Shipment, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "Portolan, reference",
    gives: "everything",
    kind: Kind::Reference,
    load,
};

const POLICY: &str = include_str!("../../job/policy.portolan");

struct Reference {
    engine: Engine,
    state: State,
}

/// Reads, checks and compiles the job's policy over the catalog.
pub(crate) fn engine(world: &World) -> anyhow::Result<Engine> {
    let mut files = MemoryFiles::from([("policy.portolan", POLICY), ("catalog.yaml", &world.yaml)]);
    let compilation = compile("policy.portolan", &mut files);
    let first = compilation
        .diagnostics
        .first()
        .map_or(String::new(), |d| format!("{}: {}", d.code, d.message));
    compilation
        .engine
        .with_context(|| format!("the job's policy does not compile: {first}"))
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    Ok(Box::new(Reference {
        engine: engine(world)?,
        state: State::default(),
    }))
}

impl Contender for Reference {
    fn decide<'a>(&'a mut self, job: &'a Job) -> Verdict<'a> {
        let at = Instant::from_unix_seconds(job.at);
        let mut draft = Draft::new(job.model.clone(), at);
        draft.endpoint = Some(job.host.name().to_owned());
        draft.body.model_region.clone_from(&job.model_region);
        draft.body.stream = job.stream;
        draft.body.max_tokens = Some(job.max_tokens);
        draft.body.input_tokens = job.input_tokens;
        let Ok(request) = self.engine.request(draft) else {
            return Verdict::Denied;
        };
        let decision = self.engine.decide(&request, &self.state);
        match decision.outcome {
            Outcome::Refuse(refusal) => {
                let refuses = self
                    .engine
                    .policy()
                    .rule(refusal.rule)
                    .and_then(|rule| rule.kind.verdict());
                refuses.map_or(Verdict::Denied, |says| Verdict::Refuse {
                    status: says.status,
                    code: &says.code,
                })
            }
            Outcome::Route(plan) => {
                let catalog = self.engine.catalog();
                let Some(first) = plan.attempts.first() else {
                    return Verdict::Allowed;
                };
                let route = first.route.route();
                let tokens = job.input_tokens.max(0).cast_unsigned();
                let price = catalog.price(route, at, tokens, None).value;
                let (Some(input), Some(output)) = (price.input, price.output) else {
                    return Verdict::Allowed;
                };
                Verdict::Route(Shipment {
                    url: Cow::Owned(catalog.url(route)),
                    usage_region: usage_region(catalog, route).unwrap_or_default(),
                    input: input.billionths(),
                    output: output.billionths(),
                    warnings: plan.warnings.len(),
                })
            }
        }
    }
}

fn usage_region(catalog: &Catalog, route: Route) -> Option<&str> {
    let offering = catalog.offering(route.offering)?;
    Some(&catalog.region(offering.region)?.usage)
}
