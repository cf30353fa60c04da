//! Runs the built command from the root of the repository.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// What was printed, without the content hash, which changes with every edit of a policy.
    pub(crate) fn out(&self) -> String {
        let lines = self.stdout.lines().map(|line| {
            let hash = line.starts_with("snapshot: ");
            if hash { "snapshot: …" } else { line }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap().to_owned()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command
        .args(arguments)
        .current_dir(root())
        .env_remove("NO_COLOR")
        .env_remove("CI")
        .stdin(Stdio::null());
    command
}

/// Runs with nothing to read.
pub(crate) fn portolan(arguments: &[&str]) -> Ran {
    command(arguments).output().unwrap().into()
}

/// Runs with a text on standard input.
pub(crate) fn portolan_reading(arguments: &[&str], input: &str) -> Ran {
    let mut command = command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

/// Runs with a standard output that nobody reads.
pub(crate) fn portolan_unread(arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap().into()
}

/// Runs with a standard output that is full.
#[cfg(target_os = "linux")]
pub(crate) fn portolan_into_full(arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    command.stdout(full).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    child.wait_with_output().unwrap().into()
}

/// A directory with these files, made anew.
pub(crate) fn scratch(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let files = files.iter().map(|(name, text)| (*name, text.as_bytes()));
    scratch_bytes(name, files)
}

/// The same for files that are not text.
pub(crate) fn scratch_bytes<'a>(
    name: &str,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).unwrap();
    for (name, bytes) in files {
        fs::write(directory.join(name), bytes).unwrap();
    }
    directory
}
