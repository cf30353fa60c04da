//! `cargo xtask bench`: builds and runs the bench, which is a workspace of its own in
//! `crates/portolan-bench`. What is measured, and how, lives there.

use std::env;

use crate::shell;

/// What to pass on.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Two small catalogs and few rounds, without the engines of others: to see that it works
    #[arg(long)]
    quick: bool,
    /// Nothing but instructions a decision, counted by valgrind; fails where they are too many
    #[arg(long)]
    instructions: bool,
    /// Passed on to the bench: `--engine-filter TEXT`, `--rounds N`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds and runs it, with the engines of others where they are measured.
///
/// # Errors
/// When the build fails, or a contender does another job than the others.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = "crates/portolan-bench/Cargo.toml";
    let mut run = shell::command(&cargo, &["run", "--quiet", "--release", "--locked"]);
    run.args(["--manifest-path", manifest, "--target-dir"]);
    run.arg(shell::target_directory());
    let own = [
        (arguments.quick, "--quick"),
        (arguments.instructions, "--instructions"),
    ];
    if own.iter().all(|(asked, _)| !asked) {
        run.args(["--features", "engines"]);
    }
    run.arg("--");
    run.args(own.iter().filter(|(asked, _)| *asked).map(|(_, flag)| flag));
    run.args(&arguments.rest);
    shell::finish(run)
}
