//! The golden policy, `rules/assemblyai`, over its real catalog: all of it by hand, and by Portolan.
//!
//! Here is what is asked and answered, and how it is measured; the programs and the requests live
//! in `golden/`.

mod by_hand;
mod by_portolan;
mod requests;

use std::borrow::Cow;

use anyhow::{Context as _, bail};
use portolan::core::request::{Auth, Body, Chain};
use portolan::{Engine, MemoryFiles, compile};

use crate::instructions;
use crate::job::Host;
use crate::measure::{self, Timed, Timing};

const POLICY: &str = include_str!("../../../rules/assemblyai/policy.portolan");
const CATALOG: &str = include_str!("../../../rules/assemblyai/catalog.yaml");

/// One request as a gateway holds it after reading its JSON.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The host called.
    host: Host,
    /// When, in seconds of Unix time.
    at: i64,
    /// The account pays.
    paid: bool,
    /// The account wants nothing kept.
    zero_retention: bool,
    /// How the caller authenticated.
    auth: Auth,
    /// The header that held the key, where it is not the right one.
    auth_header: Option<String>,
    /// The posted body.
    body: Body,
    /// Each fallback put over the posted body.
    fallbacks: Vec<Body>,
    /// The chain of fallbacks as a whole.
    chain: Chain,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer<'a> {
    /// Not allowed.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Why.
        code: &'a str,
        /// The fallback at fault.
        fallback: Option<usize>,
    },
    /// Allowed.
    Route(Plan<'a>),
}

/// Where to, first, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan<'a> {
    url: Cow<'a, str>,
    usage_region: &'a str,
    /// A million input tokens, in billionths of a US dollar, where somebody prices them.
    input: Option<i64>,
    output: Option<i64>,
    attempts: usize,
    dropped: usize,
    warnings: usize,
    retries: bool,
    limited: bool,
}

/// Something that answers.
trait Program {
    /// Answers once and shows what came of it.
    fn answer<R>(&mut self, asked: &Asked, show: impl FnOnce(Answer<'_>) -> R) -> R;
}

/// A program behind a pointer.
trait Runner: Timed<Asked> {
    fn show(&mut self, asked: &Asked, show: &mut dyn FnMut(&Answer<'_>));
}

/// Makes a program one that can be timed and compared.
struct Run<P>(P);

impl<P: Program> Timed<Asked> for Run<P> {
    fn run(&mut self, jobs: &[Asked]) {
        for asked in jobs {
            self.0.answer(std::hint::black_box(asked), |answer| {
                std::hint::black_box(&answer);
            });
        }
    }
}

impl<P: Program> Runner for Run<P> {
    fn show(&mut self, asked: &Asked, show: &mut dyn FnMut(&Answer<'_>)) {
        self.0.answer(asked, |answer| show(&answer));
    }
}

/// What was measured of one program over one kind of request.
pub(crate) struct Line {
    /// What kind of request.
    pub(crate) requests: &'static str,
    /// Which program.
    pub(crate) program: &'static str,
    /// Its time.
    pub(crate) timing: Timing,
    /// How often the hand-written program's time.
    pub(crate) ratio: f64,
    /// Heap calls for a route, and for a refusal.
    pub(crate) heap: [f64; 2],
}

fn engine() -> anyhow::Result<Engine> {
    let mut files = MemoryFiles::from([("policy.portolan", POLICY), ("catalog.yaml", CATALOG)]);
    let compilation = compile("policy.portolan", &mut files);
    compilation
        .engine
        .context("the golden policy does not compile")
}

/// Compares the programs on every request, and times them.
///
/// # Errors
/// When they do not say the same.
pub(crate) fn measure(count: usize, rounds: usize) -> anyhow::Result<Vec<Line>> {
    let names = ["hand-written", "Portolan", "Portolan, reference"];
    let mut programs: [Box<dyn Runner>; 3] = [
        Box::new(Run(by_hand::ByHand::load(&engine()?)?)),
        Box::new(Run(by_portolan::Compiled::load(engine()?)?)),
        Box::new(Run(by_portolan::Interpreted::load(engine()?))),
    ];
    let mut by_hand = by_hand::ByHand::load(&engine()?)?;
    let mut lines = Vec::new();
    for (requests, fallbacks) in [("no fallbacks", 0), ("two fallbacks", 2)] {
        let asked = requests::all(&mut by_hand, &engine()?, count, fallbacks)?;
        let (routes, refusals) = compare(&names, &mut programs, &asked)?;
        let timings = {
            let mut timed: Vec<&mut dyn Timed<Asked>> = Vec::new();
            for program in &mut programs {
                timed.push(program.as_mut());
            }
            measure::rounds(&mut timed, &asked, rounds, None)
        };
        let first = timings.first().cloned().unwrap_or_default();
        for ((program, runner), timing) in names.into_iter().zip(&mut programs).zip(timings) {
            lines.push(Line {
                requests,
                program,
                ratio: timing.over(&first),
                timing,
                heap: [
                    measure::heap_calls(runner.as_mut(), &routes),
                    measure::heap_calls(runner.as_mut(), &refusals),
                ],
            });
        }
    }
    Ok(lines)
}

/// Lets one program answer requests with so many fallbacks, for valgrind.
///
/// # Errors
/// When it cannot be loaded.
pub(crate) fn count(hand_written: bool, fallbacks: usize) -> anyhow::Result<()> {
    let engine = engine()?;
    let mut by_hand = by_hand::ByHand::load(&engine)?;
    let asked = requests::all(&mut by_hand, &engine, instructions::COUNT, fallbacks)?;
    let mut program: Box<dyn Runner> = if hand_written {
        Box::new(Run(by_hand))
    } else {
        Box::new(Run(by_portolan::Compiled::load(engine)?))
    };
    instructions::counted(&mut || program.run(&asked));
    Ok(())
}

/// Nobody is timed who answers something else. Some that are allowed and some that are refused.
fn compare(
    names: &[&str],
    programs: &mut [Box<dyn Runner>],
    asked: &[Asked],
) -> anyhow::Result<(Vec<Asked>, Vec<Asked>)> {
    let (mut routes, mut refusals) = (Vec::new(), Vec::new());
    let (judge, others) = programs.split_first_mut().context("somebody takes part")?;
    for one in asked {
        let mut complaint = None;
        judge.show(one, &mut |expected| {
            let half = if matches!(expected, Answer::Route(_)) {
                &mut routes
            } else {
                &mut refusals
            };
            if half.len() < 2_048 {
                half.push(one.clone());
            }
            for (name, other) in names.iter().skip(1).zip(others.iter_mut()) {
                other.show(one, &mut |answer| {
                    if answer != expected {
                        complaint = Some(format!(
                            "{name} says {answer:?} to {one:?}, not {expected:?}"
                        ));
                    }
                });
            }
        });
        if let Some(complaint) = complaint {
            bail!(complaint);
        }
    }
    Ok((routes, refusals))
}
