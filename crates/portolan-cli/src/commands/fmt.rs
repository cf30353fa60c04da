//! `portolan fmt`: rules and catalogs in the one style.
//!
//! All files are formatted before the first is written, and all are written or none. What the
//! style is, and that it changes nothing but layout, is `portolan-fmt`'s.

pub(super) mod files;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use portolan_core::source::Sources;
use portolan_fmt::{Notation, Refusal};
use serde::Serialize;
use similar::TextDiff;

use super::Format;
use crate::load::{Policy, standard_input};
use crate::render::diagnostic::{self, Findings};
use crate::render::paint::Color;
use crate::{Report, Status};

/// What `fmt` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Directories, rules and catalogs; `-` formats standard input to standard output
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing; fail where something would change
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,
    /// What standard input is called: its ending tells rules from YAML
    #[arg(long, value_name = "NAME", default_value = "policy.portolan")]
    stdin_filename: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A file, as it is and in style.
#[derive(Debug)]
pub(super) struct Styled {
    pub(super) path: PathBuf,
    pub(super) before: String,
    pub(super) after: String,
}

impl Styled {
    fn changes(&self) -> bool {
        self.before != self.after
    }
}

/// Formats.
///
/// # Errors
/// When there is nothing to format, or it cannot be read or written.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    if arguments.paths.iter().any(|path| path == Path::new("-")) {
        ensure!(
            arguments.paths.len() == 1,
            "`-` is standard input, and stands alone"
        );
        return of_standard_input(arguments, color);
    }
    let mut styled = Vec::new();
    let mut findings = String::new();
    let mut broken = 0;
    for path in files::of(&arguments.paths)? {
        let file = Policy::of_file(&path)?;
        let before = file.whole_text()?;
        match in_style(file.entry(), &before) {
            Ok(after) => styled.push(Styled {
                path,
                before,
                after,
            }),
            Err(refusal) => {
                broken += 1;
                findings.push_str(&shown(&refusal, &file, &before, arguments.format, color)?);
            }
        }
    }
    let changes: Vec<&Styled> = styled.iter().filter(|file| file.changes()).collect();
    let writes = !arguments.check && !arguments.diff;
    if writes && broken == 0 {
        files::replace(&changes)?;
    }
    let failed = broken > 0 || arguments.check && !changes.is_empty();
    let status = if failed { Status::Wrong } else { Status::Yes };
    if broken > 0 {
        if writes && !changes.is_empty() && arguments.format == Format::Human {
            findings.push_str("nothing was written\n");
        }
        return Ok(Report {
            status,
            out: String::new(),
            err: findings,
        });
    }
    let out = match arguments.format {
        Format::Json => json(&styled)?,
        Format::Human if arguments.diff => changes.iter().map(|file| diff(file)).collect(),
        Format::Human => listed(&changes, styled.len(), arguments.check),
    };
    Ok(Report {
        status,
        out,
        err: String::new(),
    })
}

/// Text that comes in, and goes out in style or not at all.
fn of_standard_input(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let before = standard_input()?;
    let name = &arguments.stdin_filename;
    let file = Policy::of_file(Path::new(name))?;
    let after = match in_style(file.entry(), &before) {
        Ok(after) => after,
        Err(refusal) => {
            return Ok(Report {
                status: Status::Wrong,
                out: String::new(),
                err: shown(&refusal, &file, &before, arguments.format, color)?,
            });
        }
    };
    let styled = Styled {
        path: PathBuf::from(name),
        before,
        after,
    };
    let failed = arguments.check && styled.changes();
    let out = match (arguments.format, arguments.diff, arguments.check) {
        (Format::Json, _, _) => json(std::slice::from_ref(&styled))?,
        (Format::Human, true, _) => diff(&styled),
        (Format::Human, false, true) => String::new(),
        (Format::Human, false, false) => styled.after,
    };
    Ok(Report {
        status: if failed { Status::Wrong } else { Status::Yes },
        out,
        err: String::new(),
    })
}

fn in_style(name: &str, text: &str) -> Result<String, Refusal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    portolan_fmt::format(name, text, Notation::of(name, text))
}

/// What stands against formatting a file, at its lines.
fn shown(
    refusal: &Refusal,
    file: &Policy,
    text: &str,
    format: Format,
    color: Color,
) -> anyhow::Result<String> {
    let mut sources = Sources::default();
    sources.add(file.entry(), text.strip_prefix('\u{feff}').unwrap_or(text));
    let findings = Findings {
        diagnostics: &refusal.diagnostics,
        sources: &sources,
        policy: file,
        left_out: refusal.left_out,
    };
    Ok(match format {
        Format::Human => findings.human(color.on_stderr()),
        Format::Json => findings.json()?,
    })
}

/// What would change in one file.
pub(super) fn diff(file: &Styled) -> String {
    let path = file.path.display().to_string();
    let lines = TextDiff::from_lines(&file.before, &file.after);
    let mut unified = lines.unified_diff();
    unified.header(&path, &path).to_string()
}

/// Which files changed, or would.
fn listed(changes: &[&Styled], all: usize, check: bool) -> String {
    let mut out = String::new();
    let word = if check { "not in style" } else { "formatted" };
    for file in changes {
        let _ = writeln!(out, "{word}: `{}`", file.path.display());
    }
    let _ = match (changes.len(), all) {
        (0, 1) => writeln!(out, "the file is in style"),
        (0, all) => writeln!(out, "all {all} files are in style"),
        (some, all) => writeln!(out, "{some} of {}", diagnostic::counted(all, "file")),
    };
    out
}

#[derive(Serialize)]
struct Json {
    version: u32,
    files: Vec<JsonFile>,
}

#[derive(Serialize)]
struct JsonFile {
    file: String,
    /// It was not in style before.
    changed: bool,
}

fn json(styled: &[Styled]) -> anyhow::Result<String> {
    let files = styled.iter().map(|file| JsonFile {
        file: file.path.display().to_string(),
        changed: file.changes(),
    });
    let files = files.collect();
    Ok(serde_json::to_string_pretty(&Json { version: 1, files })? + "\n")
}
