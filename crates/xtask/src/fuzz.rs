//! `cargo xtask fuzz`: builds a target with libFuzzer on stable Rust and runs it.
//!
//! The coverage flags are what `cargo fuzz` passes, without a sanitizer: the code forbids unsafe,
//! and sanitizers need a nightly compiler. What the targets check lives in the `fuzz` crate.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, bail, ensure};

use crate::shell;

/// The targets, each with a program in `fuzz/fuzz_targets`.
pub(crate) const TARGETS: [&str; 7] = [
    "catalog", "policy", "request", "decide", "agree", "fmt", "gateway",
];

const FLAGS: [&str; 8] = [
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// What to fuzz, and for how long.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The target; `all` takes each in turn
    target: String,
    /// Seconds to run each target for
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Targets to run at the same time
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Only build
    #[arg(long)]
    build_only: bool,
}

/// Builds and runs.
///
/// # Errors
/// When the build fails or an input breaks a promise; libFuzzer prints which.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let chosen: Vec<&str> = match arguments.target.as_str() {
        "all" => TARGETS.to_vec(),
        name => TARGETS.into_iter().filter(|t| *t == name).collect(),
    };
    ensure!(
        !chosen.is_empty(),
        "no fuzz target `{}`: there are {}",
        arguments.target,
        TARGETS.join(", ")
    );
    let host = host()?;
    let directory = shell::target_directory().join("fuzz");
    build(&chosen, &host, &directory)?;
    if arguments.build_only {
        return Ok(());
    }
    for batch in chosen.chunks(arguments.jobs.max(1)) {
        run_batch(
            batch,
            &directory.join(&host).join("fuzz"),
            arguments.seconds,
        )?;
    }
    Ok(())
}

fn build(targets: &[&str], host: &str, directory: &Path) -> anyhow::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = shell::command(
        &cargo,
        &["build", "--package", "portolan-fuzz", "--profile", "fuzz"],
    );
    build.args(["--features", "libfuzzer", "--target", host]);
    for target in targets {
        build.args(["--bin", &format!("fuzz-{target}")]);
    }
    build.arg("--target-dir").arg(directory);
    build.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    shell::finish(build)
}

/// Runs a few targets side by side, each over its own corpus, and waits for all of them.
fn run_batch(targets: &[&str], programs: &Path, seconds: u32) -> anyhow::Result<()> {
    let mut running = Vec::new();
    for target in targets {
        let seeds = shell::root().join("fuzz/corpus").join(target);
        let found = programs.join("found").join(target);
        let artifacts = shell::root().join("fuzz/artifacts").join(target);
        for directory in [&seeds, &found, &artifacts] {
            fs::create_dir_all(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
        }
        let mut command = Command::new(programs.join(format!("fuzz-{target}")));
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=16384"])
            .args(["-print_final_stats=1", "-verbosity=0"])
            .arg(found)
            .arg(seeds)
            .current_dir(shell::root());
        let child = command
            .spawn()
            .with_context(|| format!("cannot start the fuzz target `{target}`"))?;
        running.push((*target, child));
    }
    let mut failed = Vec::new();
    for (target, mut child) in running {
        if !child.wait()?.success() {
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!(
        "an input broke a promise of {}; it lies in fuzz/artifacts",
        failed.join(", ")
    )
}

/// The platform this compiler runs on, so that build scripts are spared the coverage flags.
fn host() -> anyhow::Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = shell::command(&rustc, &["-vV"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
