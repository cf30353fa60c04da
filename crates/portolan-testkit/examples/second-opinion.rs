//! Puts every `prove` of every shipped policy, of the ones below `tests/z3`, and questions over
//! generated policies, to z3, and replays what it found through the interpreter. `tests/z3/run`
//! calls it.
//!
//!     cargo run -p portolan-testkit --example second-opinion -- [PATH OF Z3] [POLICIES]
//!
//! Policies are so many (`1000`), or those of some seeds (`200..400`), and then no others.
//!
//! The last line says how many questions were answered alike. The exit status is 1 where z3 gives
//! no answer, where it finds a request that the interpreter does not decide so or that nobody can
//! post, and where the prover says otherwise; a generated policy is then shown as small as it can
//! be made. That the prover leaves a question open is printed; where a few seeds are named, it is
//! shown so too.

#![expect(clippy::print_stdout, reason = "its output is the answer")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::Range;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use portolan_core::engine::Engine;
use portolan_core::policy::Prove;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, differed, leaky, shipped};
use portolan_testkit::random::Example;
use portolan_testkit::second_opinion::{Said, read, request, speaks_against};
use portolan_testkit::shrink::smallest_example;
use portolan_verify::prove::{Outcome, Reason, answers};
use portolan_verify::smt::{Question, Unsupported};
use portolan_wire::write_request;

/// Generated policies, and questions to each of them.
const POLICIES: u64 = 50;
const QUESTIONS: usize = 6;
/// Questions to a generated policy that are asked of single requests, and of how many.
const ALONE: usize = 3;
const REQUESTS: usize = 4;
/// So many seeds may be named for what the prover leaves open to be made small.
const LOOKED_AT: u64 = 10;
/// Differences that are shown as small as can be, at most: each takes some seconds.
const SHOWN: usize = 5;

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    /// Both say that it is proved.
    Proved,
    /// Both say that it is refuted.
    Refuted,
    /// The prover has no answer.
    Open(&'static str),
    /// It is none that a solver can be asked.
    Unasked,
    /// They differ, or what was found is wrong: how, and in words.
    Wrong(Fault, String),
}

/// How two answers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// z3 gives none.
    NoAnswer,
    /// What z3 found is not decided so.
    NotReplayed,
    /// What z3 found cannot be posted.
    NotPosted,
    /// z3 proves what the prover refutes.
    OnlyProved,
    /// z3 refutes what the prover proves.
    OnlyRefuted,
}

#[derive(Debug, Default)]
struct Tally {
    proved: usize,
    refuted: usize,
    /// Questions to which the prover has no answer.
    open: usize,
    wrong: Vec<String>,
    /// Requests that a question was asked of alone, and how many speak against the claim.
    alone: [usize; 2],
    longest: Duration,
    largest: usize,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let z3 = arguments.next().unwrap_or_else(|| "z3".to_owned());
    let seeds = match arguments.next() {
        None => Some((true, 0..POLICIES)),
        Some(said) => seeds(&said),
    };
    let Some((with_others, seeds)) = seeds else {
        println!("how many policies? say `1000`, or of which seeds: `200..400`");
        return ExitCode::FAILURE;
    };
    if let Err(why) = run(&z3, "(check-sat)") {
        println!("{why}; install it, or name the one to use");
        return ExitCode::FAILURE;
    }
    let mut tallies = Vec::new();
    if with_others {
        let leak = "policies that leak, open and locked";
        let once = "policies on which they once differed";
        tallies.push(known(&z3, "shipped policies", &shipped()));
        tallies.push(known(&z3, leak, &leaky()));
        tallies.push(known(&z3, once, &differed()));
    }
    let shows_open = !with_others && seeds.end.saturating_sub(seeds.start) <= LOOKED_AT;
    tallies.push(generated(&z3, seeds, shows_open));
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    for said in tallies.iter().flat_map(|tally| &tally.wrong) {
        println!("wrong: {said}");
    }
    let (proved, refuted) = (sum(|tally| tally.proved), sum(|tally| tally.refuted));
    println!(
        "z3 and the prover agree on {} questions: {proved} proved, {refuted} refuted; \
         the prover leaves {} open, on {} they differ",
        proved + refuted,
        sum(|tally| tally.open),
        sum(|tally| tally.wrong.len()),
    );
    ExitCode::from(u8::from(sum(|tally| tally.wrong.len()) > 0))
}

/// Which policies are made, and whether the others are asked about too.
fn seeds(said: &str) -> Option<(bool, Range<u64>)> {
    let Some((from, until)) = said.split_once("..") else {
        return Some((true, 0..said.parse().ok()?));
    };
    Some((false, from.parse().ok()?..until.parse().ok()?))
}

/// Does so many pieces of work, each processor the next that nobody has begun, and takes what came
/// of them in their order, as soon as it is there.
fn in_order<T: Send>(count: u64, work: &(dyn Fn(u64) -> T + Sync), take: &mut dyn FnMut(T)) {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(0);
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || sender.send((number, work(number))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut taken) = (BTreeMap::new(), 0);
        for (number, came) in receiver {
            waiting.insert(number, came);
            while let Some(came) = waiting.remove(&taken) {
                take(came);
                taken += 1;
            }
        }
    });
}

/// Asks about policies on the disk.
fn known(z3: &str, what: &str, names: &[String]) -> Tally {
    let one = |name: &String| {
        let (mut tally, mut lines) = (Tally::default(), Vec::new());
        let Some(engine) = compile(&Origin::Shipped(name.clone())).engine else {
            tally.wrong.push(format!("{name} does not compile"));
            return (tally, lines);
        };
        for (prove, came) in tally.policy(z3, &engine, engine.policy().proves.iter().collect()) {
            lines.push(format!("{name}: `{}` {}", prove.name, came.words()));
            tally.note(name, prove, &came);
        }
        (tally, lines)
    };
    let mut sum = Tally::default();
    let nth = |number: u64| {
        usize::try_from(number)
            .ok()
            .and_then(|n| names.get(n))
            .map(one)
    };
    in_order(names.len() as u64, &nth, &mut |came| {
        if let Some((tally, lines)) = came {
            for line in lines {
                println!("{line}");
            }
            sum.add(tally);
        }
    });
    sum.print(what);
    sum
}

/// Asks about the policies of some seeds. What the prover leaves open is made small as well, if
/// that is wanted.
fn generated(z3: &str, seeds: Range<u64>, shows_open: bool) -> Tally {
    let one = |number: u64| {
        let seed = seeds.start + number;
        let (mut tally, mut looked) = (Tally::default(), Vec::new());
        let example = Example::with_proves(seed, QUESTIONS);
        let Some(engine) = example.compile().engine else {
            return (tally, seed, looked);
        };
        let place = format!("seed {seed}");
        for (prove, came) in tally.policy(z3, &engine, engine.policy().proves.iter().collect()) {
            tally.note(&place, prove, &came);
            match came {
                Came::Open(_) | Came::Wrong(..) => looked.push((prove.name.to_string(), came)),
                Came::Proved | Came::Refuted | Came::Unasked => {}
            }
        }
        let dice = &mut Dice::new(seed ^ 0x2a3);
        for prove in engine.policy().proves.iter().take(ALONE) {
            tally.ask_alone(z3, &place, &engine, prove, dice);
        }
        (tally, seed, looked)
    };
    let (mut sum, mut shown) = (Tally::default(), 0);
    let count = seeds.end.saturating_sub(seeds.start);
    in_order(count, &one, &mut |(tally, seed, looked)| {
        sum.add(tally);
        for (name, came) in looked {
            println!("seed {seed}: `{name}` {}", came.words());
            let wanted = matches!(came, Came::Wrong(..)) || shows_open;
            if wanted && shown < SHOWN {
                shown += 1;
                let example = Example::with_proves(seed, QUESTIONS);
                println!("{}", smallest(z3, &example, &name, &came));
            }
        }
    });
    sum.print("generated policies");
    sum
}

/// The smallest policy of which the same question comes to the same.
fn smallest(z3: &str, example: &Example, name: &str, came: &Came) -> String {
    let of = |example: &Example| {
        let engine = example.compile().engine?;
        let proves = engine.policy().proves.iter();
        let proves = proves.filter(|prove| &*prove.name == name).collect();
        let mut came = Tally::default().policy(z3, &engine, proves);
        came.pop().map(|(_, came)| came)
    };
    let still = &mut |example: &Example| of(example).is_some_and(|other| other.is_like(came));
    let small = smallest_example(example, still);
    let said = of(&small).map(|came| came.words()).unwrap_or_default();
    let Example { policy, catalog } = small;
    format!("as small as can be:\n{policy}---\n{catalog}---\n{said}")
}

impl Came {
    /// The same, but for the words.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wrong(one, _), Self::Wrong(other, _)) => one == other,
            (one, other) => one == other,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Proved => "is proved".to_owned(),
            Self::Refuted => "is refuted".to_owned(),
            Self::Open(why) => format!("is left open by the prover: {why}"),
            Self::Unasked => "cannot be asked".to_owned(),
            Self::Wrong(_, why) => why.clone(),
        }
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.proved += other.proved;
        self.refuted += other.refuted;
        self.open += other.open;
        self.wrong.extend(other.wrong);
        for (own, more) in self.alone.iter_mut().zip(other.alone) {
            *own += more;
        }
        self.longest = self.longest.max(other.longest);
        self.largest = self.largest.max(other.largest);
    }

    fn note(&mut self, place: &str, prove: &Prove, came: &Came) {
        match came {
            Came::Proved => self.proved += 1,
            Came::Refuted => self.refuted += 1,
            Came::Open(_) => self.open += 1,
            Came::Unasked => {}
            Came::Wrong(_, why) => self.wrong.push(format!("{place}: `{}` {why}", prove.name)),
        }
    }

    fn print(&self, what: &str) {
        println!(
            "{what}: {} proved and {} refuted by both, {} that the prover leaves open; of {} \
             requests alone {} speak against the claim; at most {} ms and {} kB a question",
            self.proved,
            self.refuted,
            self.open,
            self.alone[0],
            self.alone[1],
            self.longest.as_millis(),
            self.largest / 1_000,
        );
    }

    /// Asks z3 and the prover the same questions of a policy.
    fn policy<'e>(
        &mut self,
        z3: &str,
        engine: &'e Engine,
        proves: Vec<&'e Prove>,
    ) -> Vec<(&'e Prove, Came)> {
        let posted = |draft: &Draft| write_request(draft, &State::default()).is_ok();
        let outcomes = answers(engine, &proves, &posted, &|_| None);
        let asked = proves.into_iter().zip(outcomes);
        asked
            .map(|(prove, (_, outcome))| (prove, self.compare(z3, engine, prove, &outcome)))
            .collect()
    }

    /// Asks z3 one question, and compares.
    fn compare(&mut self, z3: &str, engine: &Engine, prove: &Prove, outcome: &Outcome) -> Came {
        let question = match Question::new(engine, prove) {
            Ok(question) => question,
            Err(Unsupported::NamesModel | Unsupported::OtherPolicy) => return Came::Unasked,
            Err(why) => return Came::Wrong(Fault::NoAnswer, why.to_string()),
        };
        self.largest = self.largest.max(question.script().len());
        let started = Instant::now();
        let found = found(z3, engine, &question, question.script());
        self.longest = self.longest.max(started.elapsed());
        let found = match found {
            Err((Fault::NotPosted, why)) => {
                match self::found(z3, engine, &question, &question.of_short_texts()) {
                    Ok(Some(found)) => Some(found),
                    Ok(None) | Err(_) => return Came::Wrong(Fault::NotPosted, why),
                }
            }
            Err((fault, why)) => return Came::Wrong(fault, why),
            Ok(found) => found,
        };
        match (&found, outcome) {
            (None, Outcome::Proved) => Came::Proved,
            (Some(_), Outcome::Refuted(_)) => Came::Refuted,
            (_, Outcome::Inconclusive(why)) => Came::Open(match why {
                Reason::TooLarge => "past its limits",
                Reason::NotReplayed => "no request that was tried replays",
                Reason::OtherPolicy | Reason::OtherInputs => "another policy is asked",
                Reason::NamesModel => "it names the model",
            }),
            (None, Outcome::Refuted(found)) => {
                let (draft, state) = (&found.draft, &found.state);
                let judged = speaks_against(engine, prove, draft, state);
                let formulas = question.refuted_by(draft, state);
                let left_out = question.left_out_by(draft, state);
                let why = format!(
                    "is proved for z3, refuted for the prover by {draft:?}: the interpreter says \
                     {judged:?}, the formulas {formulas}, and leave it out at {left_out:?}"
                );
                Came::Wrong(Fault::OnlyProved, why)
            }
            (Some((draft, state)), Outcome::Proved) => {
                let why =
                    format!("is proved for the prover, refuted for z3 by {draft:?} in {state:?}");
                Came::Wrong(Fault::OnlyRefuted, why)
            }
        }
    }

    /// Asks one question of some requests alone: z3 must say what the interpreter says.
    fn ask_alone(
        &mut self,
        z3: &str,
        place: &str,
        engine: &Engine,
        prove: &Prove,
        dice: &mut Dice,
    ) {
        let Ok(question) = Question::new(engine, prove) else {
            return;
        };
        let domain = Domain::of(engine);
        let mut requests = Vec::new();
        for _ in 0..REQUESTS {
            let draft = request(dice, engine, &domain, prove);
            requests.push((draft, State::default()));
        }
        let printed = run(z3, &question.about(&requests)).unwrap_or_else(|why| why);
        let answers: Vec<&str> = printed.lines().collect();
        for (number, (draft, state)) in requests.iter().enumerate() {
            let against = speaks_against(engine, prove, draft, state);
            let includes = question.includes(draft, state);
            let expected = if against == Ok(true) && includes {
                "sat"
            } else {
                "unsat"
            };
            self.alone[0] += 1;
            self.alone[1] += usize::from(expected == "sat");
            if answers.get(number) != Some(&expected) {
                let said = format!("{place}: z3 says {printed}, not {expected}, of {draft:?}");
                self.wrong.push(said);
            }
        }
    }
}

/// Asks z3; what it finds against the claim is replayed.
fn found(
    z3: &str,
    engine: &Engine,
    question: &Question<'_>,
    script: &str,
) -> Result<Option<(Draft, State)>, (Fault, String)> {
    let printed = run(z3, script).and_then(|printed| read(&printed));
    let values = match printed.map_err(|why| (Fault::NoAnswer, why))? {
        Said::Proved => return Ok(None),
        Said::Refuted(values) => values,
    };
    let (draft, state) = question.request(&values);
    let replayed = speaks_against(engine, question.prove(), &draft, &state);
    if replayed != Ok(true) {
        let why = format!("the interpreter says {replayed:?} of {draft:?} in {state:?}");
        return Err((Fault::NotReplayed, why));
    }
    if let Err(why) = write_request(&draft, &state) {
        let why = format!("nobody can post what z3 finds, {why}: {draft:?} in {state:?}");
        return Err((Fault::NotPosted, why));
    }
    Ok(Some((draft, state)))
}

fn run(z3: &str, script: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot run `{z3}`: {error}");
    let mut child = Command::new(z3)
        .args(["-in", "-T:60"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
