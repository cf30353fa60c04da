//! What checking and proving cost: `cargo run --release -p portolan-testkit --example proofs`, with
//! numbers of models behind it for other sizes than those of `docs/scale.md`. `--write 10000 DIR`
//! writes such a policy for `portolan check` and `portolan prove`.
//!
//! *Read* is what `portolan check` and `portolan prove` do first, from the bytes of the files to an
//! engine that asks the interpreter; *claims* is what the policy's own claims take beyond it, *with
//! theorems* what those and the theorems do.
//!
//! Each figure is measured in a process of its own, so that peaks are its own. Time is the
//! processor's, so that whoever else uses the machine is not measured. Both it and memory are the
//! system's word (Linux only): the most that was resident, beyond what was before the file.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use portolan_core::engine::Engine;
use portolan_core::request::State;
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{read, shipped};
use portolan_testkit::scale;
use portolan_verify::prove::{Asking, Outcome, Proof, prove, prove_and_theorems};

const MODELS: [usize; 2] = [1_000, 10_000];
const RULES: usize = 200;
const CLAIMS: usize = 20;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, what] = arguments.as_slice()
        && flag == "--measure"
    {
        measure(what);
        return Ok(());
    }
    if let [flag, what] = arguments.as_slice()
        && flag == "--theorems"
    {
        println!("{}", with_theorems(what).as_millis());
        return Ok(());
    }
    if let [flag, models, directory] = arguments.as_slice()
        && flag == "--write"
        && let Ok(models) = models.parse()
    {
        return write(models, Path::new(directory));
    }
    let given: Vec<String> = if arguments.is_empty() {
        let sizes = MODELS.iter().map(ToString::to_string);
        shipped().into_iter().chain(sizes).collect()
    } else {
        arguments
    };
    println!(
        "| policy | claims | proved | refuted | inconclusive | read ms | claims ms | with theorems ms | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for what in given {
        println!("{}", apart("--measure", &what));
    }
    Ok(())
}

/// Writes the policy over so many models where the command can read it.
fn write(models: usize, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, text) in files(models) {
        fs::write(directory.join(name), text)?;
    }
    Ok(())
}

/// What a process of its own prints.
fn apart(flag: &str, what: &str) -> String {
    let output =
        std::env::current_exe().and_then(|own| Command::new(own).args([flag, what]).output());
    let printed = output.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    printed.trim_end().to_owned()
}

/// A shipped policy, or one over so many models, and its name.
fn origin(what: &str) -> (String, Origin) {
    let Ok(models) = what.parse::<usize>() else {
        return (format!("`{what}`"), Origin::Shipped(what.to_owned()));
    };
    let files = files(models)
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect::<BTreeMap<String, String>>();
    let entry = "policy.portolan".to_owned();
    (
        format!("{models} models, {RULES} rules"),
        Origin::Inline { entry, files },
    )
}

/// The files of a policy over so many models.
fn files(models: usize) -> [(&'static str, String); 2] {
    [
        ("policy.portolan", scale::ruled(RULES, CLAIMS)),
        ("catalog.yaml", scale::catalog(models)),
    ]
}

/// How long the claims and the theorems of a policy take together.
fn with_theorems(what: &str) -> Duration {
    let (_, origin) = origin(what);
    let Some(engine) = read(&origin).engine else {
        return Duration::ZERO;
    };
    let start = spent();
    asked(&engine, &|engine, asking| {
        prove_and_theorems(engine, asking).0
    });
    spent().saturating_sub(start)
}

/// Prints one line of the table.
fn measure(what: &str) {
    let (name, origin) = origin(what);
    let before = kilobytes("VmRSS");
    let start = spent();
    let compiled = read(&origin);
    let loaded = spent().saturating_sub(start);
    let Some(engine) = compiled.engine else {
        let findings = &compiled.diagnostics;
        let first = findings.first().map_or("", |found| &found.message);
        println!("| {name} does not compile: {first} |");
        return;
    };
    let start = spent();
    let [proved, refuted, open] = asked(&engine, &|engine, asking| prove(engine, asking));
    let took = spent().saturating_sub(start);
    let peak = kilobytes("VmHWM").saturating_sub(before) / 1_000;
    println!(
        "| {name} | {} | {proved} | {refuted} | {open} | {} | {} | {} | {peak} |",
        engine.policy().proves.len(),
        loaded.as_millis(),
        took.as_millis(),
        apart("--theorems", what),
    );
}

/// Asks a policy's claims, and counts what was proved, refuted and neither.
fn asked(engine: &Engine, ask: &dyn Fn(&Engine, Asking<'_>) -> Vec<Proof>) -> [usize; 3] {
    let wanted: Vec<usize> = (0..engine.policy().proves.len()).collect();
    let asking = Asking {
        wanted: &wanted,
        posted: &|draft| portolan_wire::write_request(draft, &State::default()).is_ok(),
        other: &|_| None,
    };
    let mut counts = [0; 3];
    for proof in ask(engine, asking) {
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
