//! Answers of cases that expect nothing: compared with the snapshot beside the file, recorded as
//! pending where there is none, and taken only by somebody who says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use portolan_test::suite::{Failure, Test};

use crate::load::{self, in_words};
use crate::render::paint::Color;
use crate::render::tests::{Came, changed};
use crate::{Report, Status};

/// The answers of each file's open cases, as they are now.
pub(super) struct Snapshots {
    files: BTreeMap<String, Held>,
    /// Whether pending ones may be written.
    recorded: bool,
    /// Nobody is there to review.
    unattended: bool,
}

/// One file's snapshot, and what it would be now.
struct Held {
    /// By the case's name.
    stored: BTreeMap<String, String>,
    now: String,
    differs: bool,
}

impl Snapshots {
    pub(super) fn new(whole: bool) -> Self {
        let unattended = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        Self {
            files: BTreeMap::new(),
            recorded: whole && !unattended,
            unattended,
        }
    }

    /// What an answer comes to beside the one that is held.
    pub(super) fn compare(&mut self, test: &Test, now: &str) -> Came {
        let held = self.files.entry(test.file.clone());
        let held = held.or_insert_with(|| {
            let stored = fs::read_to_string(snap(Path::new(&test.file)));
            Held {
                stored: sections(&stored.unwrap_or_default()),
                now: String::new(),
                differs: false,
            }
        });
        held.now.push_str(now);
        held.now.push('\n');
        let failed = |why: String| {
            Came::Failed(Failure {
                complaints: vec![why],
                ..Failure::default()
            })
        };
        match held.stored.get(&test.name) {
            Some(stored) if stored.trim_end() == now.trim_end() => Came::Passed,
            Some(stored) => {
                held.differs = true;
                let lines = changed(stored, now);
                failed(format!("the answer is not that of the snapshot\n{lines}"))
            }
            None => {
                held.differs = true;
                if self.unattended {
                    failed("no snapshot holds its answer, and it expects nothing".to_owned())
                } else {
                    Came::Pending
                }
            }
        }
    }

    /// Records what is pending.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        if !self.recorded {
            return Ok(());
        }
        for (file, held) in self.files.iter().filter(|(_, held)| held.differs) {
            let path = pending(Path::new(file));
            fs::write(&path, &held.now).map_err(|error| {
                anyhow!("cannot write `{}`: {}", path.display(), in_words(&error))
            })?;
        }
        Ok(())
    }
}

fn snap(file: &Path) -> PathBuf {
    file.with_extension("snap")
}

fn pending(file: &Path) -> PathBuf {
    file.with_extension("snap.new")
}

/// The answers in a snapshot, by the name of the case.
fn sections(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut name = None;
    for line in text.lines() {
        if let Some(own) = line.strip_prefix("# ") {
            name = Some(own.to_owned());
        }
        if let Some(name) = &name {
            let section = found.entry(name.clone()).or_default();
            section.push_str(line);
            section.push('\n');
        }
    }
    found
}

/// Takes what is pending: all of it, or what somebody says yes to.
///
/// # Errors
/// When a file cannot be read, moved or removed.
pub(super) fn decide(files: &[PathBuf], all: bool, color: Color) -> anyhow::Result<Report> {
    let waiting: Vec<&PathBuf> = files
        .iter()
        .filter(|file| pending(file).is_file())
        .collect();
    let mut out = String::new();
    let mut left = 0;
    let mut answers = io::stdin().lock().lines();
    for file in &waiting {
        let (old, new) = (snap(file), pending(file));
        let failed =
            |error: io::Error| anyhow!("cannot move `{}`: {}", new.display(), in_words(&error));
        let taken = if all {
            Some(true)
        } else {
            let before = fs::read_to_string(&old).unwrap_or_default();
            let mut question = color.on_stderr().strong(&old.display().to_string());
            question.push('\n');
            question.push_str(&changed(&before, &load::text(&new)?));
            question.push_str("take it? [y]es, [n]o, or enter to leave it: ");
            crate::print(io::stderr().lock(), &question).map_err(failed)?;
            let answer = answers.next().transpose().map_err(failed)?;
            match answer.unwrap_or_default().trim() {
                "y" | "yes" => Some(true),
                "n" | "no" => Some(false),
                _ => None,
            }
        };
        match taken {
            Some(true) => {
                fs::rename(&new, &old).map_err(failed)?;
                let _ = writeln!(out, "took `{}`", old.display());
            }
            Some(false) => {
                fs::remove_file(&new).map_err(failed)?;
                let _ = writeln!(out, "threw `{}` away", new.display());
            }
            None => left += 1,
        }
    }
    if waiting.is_empty() {
        out.push_str("no snapshot is pending\n");
    }
    if left > 0 {
        let _ = writeln!(out, "{left} left pending");
    }
    Ok(Report {
        status: if left == 0 {
            Status::Yes
        } else {
            Status::Wrong
        },
        out,
        err: String::new(),
    })
}
