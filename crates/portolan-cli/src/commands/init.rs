//! `portolan init`: a new policy that already checks, tests and proves, with what a repository
//! needs to keep it so.
//!
//! What is written lies in files beside this one. Nothing is overwritten, and where something
//! cannot be written, nothing stays.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use portolan_core::instant::Instant;

use super::{now, quoted};
use crate::load::in_words;
use crate::render::schema;
use crate::{Report, Status};

/// What `init` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where to put the policy; the directory is made if there is none
    directory: PathBuf,
}

/// The files as they are written, but for the schema, which is made, and the day in the catalog.
const FILES: [(&str, &str); 4] = [
    ("policy.portolan", include_str!("init/policy.portolan")),
    ("catalog.yaml", include_str!("init/catalog.yaml")),
    ("README.md", include_str!("init/README.md")),
    (
        ".github/workflows/rules.yml",
        include_str!("init/rules.yml"),
    ),
];
const SCHEMA: &str = "catalog.schema.json";
/// Seconds of a day.
const DAY: i64 = 86_400;
/// How the catalog says on which day it was written.
const WRITTEN_ON: &str = "as_of: 2026-01-01";

/// Writes a new policy.
///
/// # Errors
/// When a file is there already or cannot be written; then the disk is as before.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let directory = &arguments.directory;
    let schema = serde_json::to_string_pretty(&schema::catalog())? + "\n";
    let written_on = format!("as_of: {}", today().short());
    let files = FILES.into_iter().chain([(SCHEMA, &*schema)]);
    let files: Vec<(&str, String)> = files
        .map(|(name, text)| (name, text.replace(WRITTEN_ON, &written_on)))
        .collect();
    for (name, _) in &files {
        let path = directory.join(name);
        ensure!(
            fs::symlink_metadata(&path).is_err(),
            "`{}` is there already: name another directory",
            path.display()
        );
    }
    let mut made = Made::default();
    for (name, text) in &files {
        if let Err(error) = made.write(&directory.join(name), text) {
            made.undo();
            return Err(error);
        }
    }
    let mut out = String::new();
    for (name, _) in &files {
        let _ = writeln!(out, "wrote `{}`", directory.join(name).display());
    }
    let named = quoted(&directory.display().to_string());
    let _ = write!(
        out,
        "\nnext:\n  portolan check {named} --deny warnings\n  portolan test {named}\n  portolan prove {named}\n"
    );
    Ok(Report {
        status: Status::Yes,
        out,
        err: String::new(),
    })
}

/// The first instant of the day.
fn today() -> Instant {
    let seconds = now().unix_seconds();
    Instant::from_unix_seconds(seconds - seconds.rem_euclid(DAY))
}

/// What was made, in order, so that it can be taken back.
#[derive(Debug, Default)]
struct Made {
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn write(&mut self, path: &Path, text: &str) -> anyhow::Result<()> {
        let failed = |error: std::io::Error| {
            let why = in_words(&error);
            anyhow!(
                "cannot write `{}`: {why}; nothing was written",
                path.display()
            )
        };
        let missing = path.ancestors().skip(1);
        let missing = missing.take_while(|above| {
            !above.as_os_str().is_empty() && fs::symlink_metadata(above).is_err()
        });
        for above in missing.collect::<Vec<_>>().into_iter().rev() {
            fs::create_dir(above).map_err(failed)?;
            self.directories.push(above.to_owned());
        }
        let mut file = File::create_new(path).map_err(failed)?;
        self.files.push(path.to_owned());
        file.write_all(text.as_bytes()).map_err(failed)
    }

    fn undo(self) {
        for file in self.files {
            // What stands in the way is said by whoever calls this.
            let _ = fs::remove_file(file);
        }
        for directory in self.directories.into_iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}
