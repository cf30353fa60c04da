//! Running other programs, from the root of the repository.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}

/// Where builds go.
pub(crate) fn target_directory() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(named.unwrap_or_else(|| "target".into()))
}

/// A program to be run from the root.
pub(crate) fn command(program: &OsStr, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn run(program: &OsStr, arguments: &[&str]) -> anyhow::Result<()> {
    finish(command(program, arguments))
}

/// Runs a prepared command to its end.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn finish(mut command: Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot start `{name}`"))?;
    ensure!(status.success(), "`{name}` failed: {status}");
    Ok(())
}
