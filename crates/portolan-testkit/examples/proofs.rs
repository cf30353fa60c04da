//! What proving costs: `cargo run --release -p portolan-testkit --example proofs`, with numbers of
//! models behind it for other sizes than those of `docs/scale.md`.
//!
//! Each figure is measured in a process of its own, so that peaks are its own. Time is the
//! processor's, so that whoever else uses the machine is not measured. Both it and memory are the
//! system's word (Linux only): the most that was resident, beyond what was before the file.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use portolan_core::engine::Engine;
use portolan_core::request::State;
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::scale;
use portolan_verify::prove::{Asking, Outcome, prove};

const MODELS: [usize; 3] = [1_000, 10_000, 100_000];
const RULES: usize = 200;
const CLAIMS: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, what] = arguments.as_slice()
        && flag == "--measure"
    {
        measure(what);
        return;
    }
    let given: Vec<String> = if arguments.is_empty() {
        let sizes = MODELS.iter().map(ToString::to_string);
        shipped().into_iter().chain(sizes).collect()
    } else {
        arguments
    };
    println!(
        "| policy | claims | proved | refuted | inconclusive | compiled ms | answered ms | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for what in given {
        let output = std::env::current_exe()
            .and_then(|own| Command::new(own).args(["--measure", &what]).output());
        let printed = output.map_or(String::new(), |output| {
            String::from_utf8_lossy(&output.stdout).into_owned()
        });
        println!("{}", printed.trim_end());
    }
}

/// Prints one line of the table: of a shipped policy, or of so many models.
fn measure(what: &str) {
    let (name, origin) = match what.parse::<usize>() {
        Ok(models) => {
            let files = [
                ("policy.portolan", scale::ruled(RULES, CLAIMS)),
                ("catalog.yaml", scale::catalog(models)),
            ];
            let files: BTreeMap<String, String> = files
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text))
                .collect();
            let entry = "policy.portolan".to_owned();
            (
                format!("{models} models, {RULES} rules"),
                Origin::Inline { entry, files },
            )
        }
        Err(_) => (format!("`{what}`"), Origin::Shipped(what.to_owned())),
    };
    let before = kilobytes("VmRSS");
    let start = spent();
    let compiled = compile(&origin);
    let loaded = spent().saturating_sub(start);
    let Some(engine) = compiled.engine else {
        let findings = &compiled.diagnostics;
        let first = findings.first().map_or("", |found| &found.message);
        println!("| {name} does not compile: {first} |");
        return;
    };
    let start = spent();
    let [proved, refuted, open] = answered(&engine);
    let took = spent().saturating_sub(start);
    let peak = kilobytes("VmHWM").saturating_sub(before) / 1_000;
    println!(
        "| {name} | {} | {proved} | {refuted} | {open} | {} | {} | {peak} |",
        engine.policy().proves.len(),
        loaded.as_millis(),
        took.as_millis(),
    );
}

fn answered(engine: &Engine) -> [usize; 3] {
    let wanted: Vec<usize> = (0..engine.policy().proves.len()).collect();
    let asking = Asking {
        wanted: &wanted,
        posted: &|draft| portolan_wire::write_request(draft, &State::default()).is_ok(),
        other: &|_| None,
    };
    let mut counts = [0; 3];
    for proof in prove(engine, asking) {
        let [proved, refuted, open] = &mut counts;
        match proof.outcome {
            Outcome::Proved => *proved += 1,
            Outcome::Refuted(_) => *refuted += 1,
            Outcome::Inconclusive(_) => *open += 1,
        }
    }
    counts
}

/// The processor's time that this process had so far.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// A number of kilobytes that the system knows of this process; 0 where it says nothing.
fn kilobytes(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(of));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}
