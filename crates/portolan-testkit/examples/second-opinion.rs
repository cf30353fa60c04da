//! Puts every `prove` of every shipped policy, and questions over generated ones, to z3, and
//! replays what it found through the interpreter. `tests/z3/run` calls it.
//!
//!     cargo run -p portolan-testkit --example second-opinion -- [PATH OF Z3] [POLICIES]
//!
//! The last line says how many questions were answered. The exit status is 1 where z3 gives no
//! answer, where it finds a request that the interpreter does not decide so or that nobody can
//! post, and where the prover says otherwise. That it leaves a question open is printed.

#![expect(clippy::print_stdout, reason = "its output is the answer")]

use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use portolan_core::engine::Engine;
use portolan_core::policy::Prove;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::random::Example;
use portolan_testkit::second_opinion::{Said, read, request, speaks_against};
use portolan_verify::prove::{Asking, Outcome, Reason, prove};
use portolan_verify::smt::{Question, Unsupported};
use portolan_wire::write_request;

/// Generated policies, and questions to each of them.
const POLICIES: u64 = 60;
const QUESTIONS: usize = 6;
/// Questions to a generated policy that are asked of single requests, and of how many.
const ALONE: usize = 3;
const REQUESTS: usize = 4;

#[derive(Debug, Default)]
struct Tally {
    proved: usize,
    refuted: usize,
    /// Questions that the prover answers alike.
    agreed: usize,
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
    let policies = arguments.next().and_then(|n| n.parse().ok());
    if let Err(why) = run(&z3, "(check-sat)") {
        println!("{why}; install it, or name the one to use");
        return ExitCode::FAILURE;
    }
    let mut shipped_ones = Tally::default();
    for name in shipped() {
        let Some(engine) = compile(&Origin::Shipped(name.clone())).engine else {
            shipped_ones.wrong.push(format!("{name} does not compile"));
            continue;
        };
        for (said, prove) in shipped_ones.policy(&z3, &name, &engine) {
            println!("{name}: `{}` {said}", prove.name);
        }
    }
    shipped_ones.print("shipped policies");
    let mut generated = Tally::default();
    for seed in 0..policies.unwrap_or(POLICIES) {
        let Some(engine) = Example::with_proves(seed, QUESTIONS).compile().engine else {
            continue;
        };
        let place = format!("seed {seed}");
        generated.policy(&z3, &place, &engine);
        let dice = &mut Dice::new(seed ^ 0x2a3);
        for prove in engine.policy().proves.iter().take(ALONE) {
            generated.ask_alone(&z3, &place, &engine, prove, dice);
        }
    }
    generated.print("generated policies");
    let wrong = shipped_ones.wrong.iter().chain(&generated.wrong);
    let wrong: Vec<&String> = wrong.collect();
    for said in &wrong {
        println!("{said}");
    }
    let proved = shipped_ones.proved + generated.proved;
    let refuted = shipped_ones.refuted + generated.refuted;
    let all = proved + refuted;
    println!("z3 answers {all} questions: {proved} proved, {refuted} refuted");
    ExitCode::from(u8::from(!wrong.is_empty()))
}

impl Tally {
    fn print(&self, what: &str) {
        println!(
            "{what}: {} proved, {} refuted, {} of them as the prover says, {} that it leaves open; of {} requests alone {} speak against the claim; \
             at most {} ms and {} kB a question",
            self.proved,
            self.refuted,
            self.agreed,
            self.open,
            self.alone[0],
            self.alone[1],
            self.longest.as_millis(),
            self.largest / 1_000,
        );
    }

    /// Asks every question of a policy, and the prover the same.
    fn policy<'e>(
        &mut self,
        z3: &str,
        place: &str,
        engine: &'e Engine,
    ) -> Vec<(&'static str, &'e Prove)> {
        let proves = &engine.policy().proves;
        let all: Vec<usize> = (0..proves.len()).collect();
        let posted = |draft: &Draft| write_request(draft, &State::default()).is_ok();
        let asking = Asking {
            wanted: &all,
            posted: &posted,
            other: &|_| None,
        };
        let proofs = prove(engine, asking);
        let mut out = Vec::new();
        for (prove, proof) in proves.iter().zip(proofs) {
            let before = (self.proved, self.refuted);
            let said = self.ask(z3, place, engine, prove);
            let agrees = match &proof.outcome {
                Outcome::Proved => self.proved > before.0,
                Outcome::Refuted(_) => self.refuted > before.1,
                Outcome::Inconclusive(_) => false,
            };
            if agrees {
                self.agreed += 1;
            } else if let Outcome::Inconclusive(why) = &proof.outcome {
                let why = match why {
                    Reason::TooLarge => "past its limits",
                    Reason::NotReplayed => "no request that was tried replays",
                    Reason::OtherPolicy | Reason::OtherInputs => "another policy is asked",
                    Reason::NamesModel => "it names the model",
                };
                println!(
                    "{place}: `{}` {said} for z3; the prover does not know: {why}",
                    prove.name
                );
                self.open += 1;
            } else if before != (self.proved, self.refuted) {
                let outcome = match &proof.outcome {
                    Outcome::Proved => "proved".to_owned(),
                    Outcome::Refuted(found) => format!("refuted by {:?}", found.draft),
                    Outcome::Inconclusive(_) => "left open".to_owned(),
                };
                let name = &prove.name;
                let said = format!("{place}: `{name}` {said} for z3, {outcome} for the prover");
                self.wrong.push(said);
            }
            out.push((said, prove));
        }
        out
    }

    /// Asks one question; what it finds against the claim is replayed.
    fn ask(&mut self, z3: &str, place: &str, engine: &Engine, prove: &Prove) -> &'static str {
        let question = match Question::new(engine, prove) {
            Ok(question) => question,
            Err(Unsupported::NamesModel | Unsupported::OtherPolicy) => return "cannot be asked",
            Err(why) => {
                self.wrong.push(format!("{place}: {why}"));
                return "cannot be asked";
            }
        };
        self.largest = self.largest.max(question.script().len());
        let started = Instant::now();
        let printed = run(z3, question.script());
        self.longest = self.longest.max(started.elapsed());
        match printed.and_then(|printed| read(&printed)) {
            Err(why) => {
                self.wrong.push(format!("{place}: `{}`: {why}", prove.name));
                "has no answer"
            }
            Ok(Said::Proved) => {
                self.proved += 1;
                "is proved"
            }
            Ok(Said::Refuted(values)) => {
                let (draft, state) = question.request(&values);
                let replayed = speaks_against(engine, prove, &draft, &state);
                if replayed != Ok(true) {
                    let name = &prove.name;
                    self.wrong.push(format!(
                        "{place}: `{name}`: the interpreter says {replayed:?} of {draft:?} in {state:?}"
                    ));
                    return "is refuted by a request that does not replay";
                }
                if let Err(why) = write_request(&draft, &state) {
                    let name = &prove.name;
                    self.wrong
                        .push(format!("{place}: `{name}`: {why}: {draft:?} in {state:?}"));
                    return "is refuted by a request that nobody can post";
                }
                self.refuted += 1;
                "is refuted"
            }
        }
    }
}

impl Tally {
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
