//! Deciding in batches beside deciding one by one, over the largest catalog: the decision alone,
//! without reading the plan.

use std::hint::black_box;

use portolan::core::decision::Decision;
use portolan::core::engine::Engine;
use portolan::core::request::{Call, Caller, State};

use crate::contenders::compiled;
use crate::job::{Host, Job};
use crate::measure::{self, Timed, Timing};
use crate::seven;

/// Calls handed over at once.
const HANDED: usize = 256;

/// One by one, and in batches.
pub(crate) fn measure(models: usize, rounds: usize) -> anyhow::Result<[Timing; 2]> {
    let (world, jobs) = seven::world(models)?;
    let engine = compiled::engine(&world)?;
    let callers = compiled::callers(&engine)?;
    let mut single = Single {
        engine: &engine,
        callers: &callers,
        state: State::default(),
    };
    let mut batched = Batched {
        engine: &engine,
        callers: &callers,
        state: State::default(),
        decisions: Vec::with_capacity(HANDED),
    };
    let mut both: [&mut dyn Timed<Job>; 2] = [&mut single, &mut batched];
    let timings = measure::rounds(&mut both, &jobs, rounds, None);
    timings
        .try_into()
        .map_err(|_| anyhow::anyhow!("two were timed"))
}

struct Single<'a> {
    engine: &'a Engine,
    callers: &'a [Caller; 2],
    state: State,
}

struct Batched<'a> {
    engine: &'a Engine,
    callers: &'a [Caller; 2],
    state: State,
    decisions: Vec<Decision>,
}

fn call<'a>(job: &'a Job, [us, eu]: &'a [Caller; 2]) -> Call<'a> {
    let caller = match job.host {
        Host::Us => us,
        Host::Eu => eu,
    };
    compiled::call(job, caller)
}

impl Timed<Job> for Single<'_> {
    fn run(&mut self, jobs: &[Job]) {
        for job in jobs {
            let call = call(job, self.callers);
            black_box(self.engine.decide_call(&call, &self.state));
        }
    }
}

impl Timed<Job> for Batched<'_> {
    fn run(&mut self, jobs: &[Job]) {
        let mut calls = Vec::with_capacity(HANDED);
        for few in jobs.chunks(HANDED) {
            calls.clear();
            calls.extend(few.iter().map(|job| call(job, self.callers)));
            self.engine
                .decide_batch(&calls, &self.state, &mut self.decisions);
            black_box(&self.decisions);
        }
    }
}
