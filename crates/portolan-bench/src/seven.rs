//! The job of seven rules, measured over catalogs of several sizes.

use anyhow::{Context as _, bail};

use crate::allocations::counted;
use crate::calm::Probe;
use crate::contender::{Entry, Kind, Runner, World};
use crate::contenders;
use crate::generate;
use crate::instructions;
use crate::job::Job;
use crate::measure::{self, Timed, Timing};

/// Requests that are all different: more than any cache near the core remembers.
pub(crate) const DIFFERENT: usize = 65_536;

/// Models that the caches near the core hold.
const FEW: usize = 8_192;

/// Requests that come again and again.
pub(crate) const REPEATED: usize = 1_024;

/// What was measured of one contender at one size.
pub(crate) struct Figures {
    /// Over requests that are all different.
    pub(crate) different: Timing,
    /// Over few requests in turn.
    pub(crate) repeated: Timing,
    /// Heap calls for a request that is allowed.
    pub(crate) heap_routes: f64,
    /// Heap calls for a request that is refused.
    pub(crate) heap_refusals: f64,
    /// From text or records to ready, in milliseconds of processor time.
    pub(crate) load_ms: f64,
    /// Bytes held once ready.
    pub(crate) held: i64,
}

/// What was measured of everybody at one size.
pub(crate) struct Field {
    /// Models in the catalog.
    pub(crate) models: usize,
    /// In the order of the contenders.
    pub(crate) figures: Vec<Figures>,
}

/// Loads, compares and times everybody over a catalog of so many models.
///
/// # Errors
/// When a contender cannot be loaded, or says something else than the naive program.
pub(crate) fn measure(entries: &[Entry], models: usize, rounds: usize) -> anyhow::Result<Field> {
    let (world, jobs) = world(models)?;
    let mut runners = Vec::new();
    let mut loads = Vec::new();
    for entry in entries {
        let begun = measure::processor_time();
        let (runner, asked) = counted(|| (entry.load)(&world));
        let runner = runner.with_context(|| format!("{} does not load", entry.name))?;
        loads.push(((measure::processor_time() - begun) / 1e6, asked.held));
        runners.push(runner);
    }
    compare(entries, &mut runners, &jobs)?;
    let naive = &mut runners[position(entries)?];
    let (routes, refusals) = split(naive.as_mut(), jobs.iter().take(4_096).cloned());
    let mut timed: Vec<&mut dyn Timed<Job>> = Vec::new();
    for runner in &mut runners {
        timed.push(runner.as_mut());
    }
    let different = measure::rounds(&mut timed, &jobs, rounds, probe(models, rounds));
    let repeated = measure::rounds(&mut timed, &jobs[..REPEATED], rounds, None);
    let mut figures = Vec::new();
    for ((runner, (load_ms, held)), (different, repeated)) in runners
        .iter_mut()
        .zip(loads)
        .zip(different.into_iter().zip(repeated))
    {
        figures.push(Figures {
            different,
            repeated,
            heap_routes: measure::heap_calls(runner.as_mut(), &routes),
            heap_refusals: measure::heap_calls(runner.as_mut(), &refusals),
            load_ms,
            held,
        });
    }
    Ok(Field { models, figures })
}

/// What tells a calm machine, where the caches near the core do not hold the models.
fn probe(models: usize, rounds: usize) -> Option<Probe> {
    (models > FEW).then(|| Probe::new(rounds))
}

/// Lets nothing but Portolan decide, a few million times.
///
/// # Errors
/// When it cannot be loaded.
pub(crate) fn profile(models: usize) -> anyhow::Result<()> {
    let (world, jobs) = world(models)?;
    let mut portolan = (contenders::compiled::ENTRY.load)(&world)?;
    for _ in 0..200 {
        portolan.run(&jobs);
    }
    Ok(())
}

/// Times the hand-written limit and Portolan alone, over a catalog of so many models.
///
/// # Errors
/// When one cannot be loaded.
pub(crate) fn pair(models: usize, rounds: usize) -> anyhow::Result<[Timing; 2]> {
    let (world, jobs) = world(models)?;
    let mut limit = (contenders::limit::ENTRY.load)(&world)?;
    let mut portolan = (contenders::compiled::ENTRY.load)(&world)?;
    let mut both: [&mut dyn Timed<Job>; 2] = [limit.as_mut(), portolan.as_mut()];
    let timings = measure::rounds(&mut both, &jobs, rounds, probe(models, rounds));
    timings
        .try_into()
        .map_err(|_| anyhow::anyhow!("two were timed"))
}

/// Lets one program decide requests of one kind, for valgrind.
///
/// # Errors
/// When it cannot be loaded.
pub(crate) fn count(hand_written: bool, allowed: bool) -> anyhow::Result<()> {
    let (world, jobs) = world(1_000)?;
    let mut naive = (contenders::naive::ENTRY.load)(&world)?;
    let (routes, refusals) = split(naive.as_mut(), jobs.into_iter());
    let mut kind = if allowed { routes } else { refusals };
    kind.truncate(instructions::COUNT);
    let entry = if hand_written {
        contenders::limit::ENTRY
    } else {
        contenders::compiled::ENTRY
    };
    let mut program = (entry.load)(&world)?;
    instructions::counted(&mut || program.run(&kind));
    Ok(())
}

/// The catalog of so many models, and requests to it.
pub(crate) fn world(models: usize) -> anyhow::Result<(World, Vec<Job>)> {
    let models = generate::models(models);
    let jobs = generate::jobs(&models, DIFFERENT)?;
    let yaml = generate::yaml(&models)?;
    Ok((World { models, yaml }, jobs))
}

/// Nobody is timed who does another job.
fn compare(entries: &[Entry], runners: &mut [Box<dyn Runner>], jobs: &[Job]) -> anyhow::Result<()> {
    let naive = position(entries)?;
    for job in jobs {
        let (before, rest) = runners.split_at_mut(naive);
        let (judge, after) = rest
            .split_first_mut()
            .context("the naive program takes part")?;
        let others = entries[..naive].iter().zip(before);
        let mut others: Vec<_> = others
            .chain(entries[naive + 1..].iter().zip(after))
            .collect();
        let mut complaint = None;
        judge.show(job, &mut |expected| {
            for (entry, runner) in &mut others {
                runner.show(job, &mut |verdict| {
                    if !verdict.agrees_with(expected) {
                        let name = entry.name;
                        complaint = Some(format!(
                            "{name} says {verdict:?} to {job:?}, not {expected:?}"
                        ));
                    }
                });
            }
        });
        if let Some(complaint) = complaint {
            bail!(complaint);
        }
    }
    Ok(())
}

/// Those that are allowed, and those that are refused.
fn split(naive: &mut dyn Runner, jobs: impl Iterator<Item = Job>) -> (Vec<Job>, Vec<Job>) {
    jobs.partition(|job| {
        let mut allowed = false;
        naive.show(job, &mut |verdict| allowed = !verdict.refuses());
        allowed
    })
}

fn position(entries: &[Entry]) -> anyhow::Result<usize> {
    let judge = entries
        .iter()
        .position(|entry| entry.kind == Kind::HandWritten);
    judge.context("the naive program takes part")
}
