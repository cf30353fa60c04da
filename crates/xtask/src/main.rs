//! `cargo xtask`: the project's own chores. What a chore does lives in its module.

mod bench;
mod codes;
mod fuzz;
mod seed;
mod shell;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measures what a decision costs, beside hand-written Rust and other engines
    Bench(bench::Arguments),
    /// Writes the page of every code into `docs/codes`
    Codes,
    /// Does exactly what continuous integration does
    Ci,
    /// Feeds a fuzz target with new inputs for a bounded time
    Fuzz(fuzz::Arguments),
    /// Makes the seeds of the fuzz corpora from the fixtures and shipped policies
    FuzzSeed,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Codes => codes::run(),
        Chore::Ci => shell::run(shell::root().join(".ci/run").as_os_str(), &[]),
        Chore::Fuzz(arguments) => fuzz::run(&arguments),
        Chore::FuzzSeed => seed::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
