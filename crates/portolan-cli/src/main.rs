//! The `portolan` command: reads the command line, runs a verb, prints what it says, and turns
//! the outcome into an exit status. Verbs live in `commands`, what people read in `render`.

mod commands;
mod load;
mod pages;
mod render;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use portolan_core::answer::Outcome;

use crate::render::paint::{self, Color};

/// What serves is what allocates most.
#[cfg(feature = "serve")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Decides which model endpoint a request may go to, by rules.
///
/// Exit status: 0 yes, 1 the input is wrong or a check failed, 2 the command line is wrong,
/// 3 refused.
#[derive(Debug, Parser)]
#[command(name = "portolan", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Decides one request: where it goes, or why not and what would work
    Decide(Box<commands::decide::Arguments>),
    /// Finds the nearest changes under which a refused request would route, and who may make them
    WhyNot(Box<commands::why_not::Arguments>),
    /// Checks a policy and its catalog: errors and lints, each at its line, with fixes
    Check(Box<commands::check::Arguments>),
    /// Prints the page of a finding's code: what it means, why, and how to mend it
    Explain(commands::explain::Arguments),
    /// Puts rules and catalogs into the one style; changes layout and nothing else
    Fmt(commands::fmt::Arguments),
    /// Runs a policy's `test` blocks and case files, and shows why one came out otherwise
    Test(commands::test::Arguments),
    /// Writes cases for requests that no test touches, to be reviewed
    GenTests(commands::gen_tests::Arguments),
    /// Lists every instant at which an answer changes: for whom, how and why
    Timeline(commands::timeline::Arguments),
    /// Proves what a policy claims of all requests, or shows a request that refutes it
    Prove(commands::prove::Arguments),
    /// Writes down what was proved, for which snapshot and dates, and how to prove it again
    Report(commands::report::Arguments),
    /// Shows which model is available where, through which endpoint, when and at what price
    Matrix(Box<commands::matrix::Arguments>),
    /// Says what changes for whom between two policies, with a sample request for each change
    Diff(commands::diff::Arguments),
    /// Serves a policy: a gateway that carries its plans out, until it is told to stop
    #[cfg(feature = "serve")]
    Serve(Box<commands::serve::Arguments>),
    /// Writes what a support team asks for about a call, out of a gateway's decision log
    Support(commands::support::Arguments),
    /// Writes a catalog in YAML or in the rules language
    Convert(commands::convert::Arguments),
    /// Prints the JSON Schema of catalogs, by which editors complete and check them
    Schema(commands::schema::Arguments),
    /// Writes a new policy that already checks, tests and proves, with a workflow for CI
    Init(commands::init::Arguments),
    /// Prints a script by which a shell completes this command
    Completions(commands::completions::Arguments),
    /// Prints a page for `man`, of this command or of one verb
    Man(commands::completions::ManArguments),
}

/// What a verb came to; the number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Yes, routed, sound.
    Yes = 0,
    /// The input is wrong or a check failed.
    Wrong = 1,
    /// Refused.
    Refused = 3,
}

impl Status {
    /// What a decision comes to.
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Route(_) => Self::Yes,
            Outcome::Refuse(_) => Self::Refused,
        }
    }
}

/// What a verb prints, and what it came to.
#[derive(Debug)]
struct Report {
    status: Status,
    /// The answer.
    out: String,
    /// What stands in the way of one.
    err: String,
}

/// What is wrong, one line each where there are several things.
fn wrong(error: &anyhow::Error, color: Color) -> String {
    let word = color.on_stderr().error("error");
    let text = format!("{error:#}");
    let mut out = String::new();
    for line in text.lines() {
        let _ = writeln!(out, "{word}: {}", paint::visible(line));
    }
    out
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let color = arguments.color;
    let report = match arguments.verb {
        Verb::Decide(arguments) => commands::decide::run(&arguments, color),
        Verb::WhyNot(arguments) => commands::why_not::run(&arguments, color),
        Verb::Check(arguments) => commands::check::run(&arguments, color),
        Verb::Explain(arguments) => commands::explain::run(&arguments),
        Verb::Fmt(arguments) => commands::fmt::run(&arguments, color),
        Verb::Test(arguments) => commands::test::run(&arguments, color),
        Verb::GenTests(arguments) => commands::gen_tests::run(&arguments, color),
        Verb::Timeline(arguments) => commands::timeline::run(&arguments, color),
        Verb::Prove(arguments) => commands::prove::run(&arguments, color),
        Verb::Report(arguments) => commands::report::run(&arguments, color),
        Verb::Matrix(arguments) => commands::matrix::run(&arguments, color),
        Verb::Diff(arguments) => commands::diff::run(&arguments, color),
        #[cfg(feature = "serve")]
        Verb::Serve(arguments) => commands::serve::run(&arguments),
        Verb::Support(arguments) => commands::support::run(&arguments),
        Verb::Convert(arguments) => commands::convert::run(&arguments, color),
        Verb::Schema(arguments) => commands::schema::run(&arguments),
        Verb::Init(arguments) => commands::init::run(&arguments),
        Verb::Completions(arguments) => {
            Ok(commands::completions::run(&arguments, Arguments::command()))
        }
        Verb::Man(arguments) => commands::completions::man(&arguments, Arguments::command()),
    };
    let report = report.unwrap_or_else(|error| Report {
        status: Status::Wrong,
        out: String::new(),
        err: wrong(&error, color),
    });
    let printed = print(io::stdout().lock(), &report.out);
    let complained = print(io::stderr().lock(), &report.err);
    let Err(error) = printed.and(complained) else {
        return ExitCode::from(report.status as u8);
    };
    let error = anyhow::anyhow!("cannot write: {}", load::in_words(&error));
    // Where this cannot be written either, the status alone says it.
    let _ = io::stderr()
        .lock()
        .write_all(wrong(&error, color).as_bytes());
    ExitCode::from(Status::Wrong as u8)
}

/// Writes all of a text. A reader that closed the pipe has seen what it wanted.
fn print(mut to: impl io::Write, text: &str) -> io::Result<()> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
