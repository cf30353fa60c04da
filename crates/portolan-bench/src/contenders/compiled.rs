//! Portolan: the compiled form, asked with a borrowed call, its first attempt read.
//!
//! Its callers, one a host, are accepted once; everything else is done for each request.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use portolan::core::decision::Decision;
use portolan::core::diagram::First;
use portolan::core::engine::Engine;
use portolan::core::policy::RuleId;
use portolan::core::request::{Call, Caller, Fields, State};
use portolan::{Instant, MemoryFiles, Outcome, compile};

use crate::contender::{Contender, Entry, Kind, Runner, World};
use crate::job::{Host, Job, Shipment, Verdict};

/// Its line of the table.
pub(crate) const ENTRY: Entry = Entry {
    name: "Portolan",
    gives: "everything",
    kind: Kind::Portolan,
    load,
};

const POLICY: &str = include_str!("../../job/policy.portolan");

struct Compiled {
    engine: Engine,
    us: Caller,
    eu: Caller,
    state: State,
}

/// Reads, checks and compiles the job's policy over the catalog.
pub(crate) fn engine(world: &World) -> anyhow::Result<Engine> {
    let mut files = MemoryFiles::from([("policy.portolan", POLICY), ("catalog.yaml", &world.yaml)]);
    let compilation = compile("policy.portolan", &mut files);
    let first = compilation.diagnostics.first();
    let first = first.map_or(String::new(), |d| format!("{}: {}", d.code, d.message));
    let engine = compilation.engine;
    engine.with_context(|| format!("the job's policy does not compile: {first}"))
}

fn load(world: &World) -> anyhow::Result<Box<dyn Runner>> {
    let engine = engine(world)?;
    let extent = engine.extent();
    ensure!(
        extent.interpreted == 0,
        "not all of the job is compiled: {extent:?}"
    );
    let [us, eu] = callers(&engine)?;
    Ok(Box::new(Compiled {
        us,
        eu,
        engine,
        state: State::default(),
    }))
}

/// A caller for each host.
pub(crate) fn callers(engine: &Engine) -> anyhow::Result<[Caller; 2]> {
    let caller = |host: Host| engine.caller(Some(host.name()), &BTreeMap::new());
    Ok([caller(Host::Us)?, caller(Host::Eu)?])
}

/// A job as a call.
pub(crate) fn call<'a>(job: &'a Job, caller: &'a Caller) -> Call<'a> {
    let body = Fields {
        model: Some(&job.model),
        model_region: job.model_region.as_deref(),
        messages: true,
        stream: job.stream,
        max_tokens: Some(job.max_tokens),
        input_tokens: job.input_tokens,
        ..Fields::default()
    };
    Call::new(caller, Instant::from_unix_seconds(job.at), body)
}

impl Contender for Compiled {
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R {
        let Some((decision, first)) = self.at_once(job) else {
            return show(self.slowly(job));
        };
        match (decision.outcome, first) {
            (Outcome::Refuse(refusal), _) => show(refused(&self.engine, refusal.rule)),
            (Outcome::Route, Some(first)) => show(routed(first)),
            (Outcome::Route, None) => show(Verdict::Denied),
        }
    }
}

impl Compiled {
    #[expect(
        clippy::inline_always,
        reason = "a decision handed over in memory costs more than making it"
    )]
    #[inline(always)]
    fn at_once(&self, job: &Job) -> Option<(Decision, Option<First<'_>>)> {
        let call = call(job, self.caller(job.host));
        self.engine.decide_at_once(&call, &self.state)
    }

    #[cold]
    fn slowly(&self, job: &Job) -> Verdict<'_> {
        let call = call(job, self.caller(job.host));
        let (decision, first) = self.engine.decide_first(&call, &self.state);
        match (decision.outcome, first) {
            (Outcome::Refuse(refusal), _) => refused(&self.engine, refusal.rule),
            (Outcome::Route, Some(first)) => routed(first),
            (Outcome::Route, None) => Verdict::Denied,
        }
    }

    const fn caller(&self, host: Host) -> &Caller {
        match host {
            Host::Us => &self.us,
            Host::Eu => &self.eu,
        }
    }
}

/// A refusal's status and code.
pub(crate) fn refused(engine: &Engine, rule: RuleId) -> Verdict<'_> {
    let says = engine.verdict(rule);
    says.map_or(Verdict::Denied, |says| Verdict::Refuse {
        status: says.status,
        code: &says.code,
    })
}

/// The first attempt as the job has it.
#[expect(
    clippy::inline_always,
    reason = "what is shown is made where it is read, once for each who reads"
)]
#[inline(always)]
fn routed(first: First<'_>) -> Verdict<'_> {
    let (Some(input), Some(output)) = (first.price.input, first.price.output) else {
        return Verdict::Denied;
    };
    Verdict::Route(Shipment {
        usage_region: first.usage_region,
        input: input.billionths(),
        output: output.billionths(),
        warnings: first.warnings,
        url: first.url,
    })
}
