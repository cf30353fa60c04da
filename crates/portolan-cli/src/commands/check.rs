//! `portolan check`: every finding about a policy and its catalog, at its line; mends what can be
//! mended.

mod mend;
mod settings;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use portolan_core::diagnostic::{Diagnostic, Severity};
use portolan_core::instant::Instant;
use portolan_core::source::Sources;
use portolan_lint::baseline::Baseline;
use portolan_lint::{Level, Subject, lint};

use super::gateway;
use crate::load::{Policy, in_words};
use crate::render::diagnostic::Findings;
use crate::render::paint::Color;
use crate::{Report, Status};
use settings::Settings;

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Check the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What else fails the check
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Run only this lint, this group's lints, or `all`; give the flag again for others
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not run this lint, or this group's; give the flag again for others
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// How much a lint or a group matters: `off`, `info`, `warn` or `error`
    #[arg(long, value_name = "CODE=LEVEL", value_parser = level)]
    level: Vec<(String, Level)>,
    /// The instant for which dates are judged; now where none is given
    #[arg(long, value_name = "DATE", value_parser = instant)]
    at: Option<Instant>,
    /// Apply the fixes that decide nothing otherwise and lose nothing
    #[arg(long)]
    fix: bool,
    /// Apply also those that must be read first
    #[arg(long)]
    unsafe_fixes: bool,
    /// Write nothing; show what fixes would change
    #[arg(long)]
    diff: bool,
    /// Show only findings that are not in this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to a file, to show only new ones from then on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "unsafe_fixes", "diff"])]
    write_baseline: Option<PathBuf>,
}

/// How to print findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// One line a finding.
    Compact,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// Annotations of a GitHub pull request.
    Github,
    /// For a server that collects results.
    Junit,
}

/// What fails a check besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// Warnings, too.
    Warnings,
}

fn level(text: &str) -> Result<(String, Level), String> {
    let names = || portolan_core::text::quoted(Level::NAMES.iter().map(|(name, _)| *name), "or");
    let split = text.split_once('=');
    let (code, level) = split.ok_or_else(|| "write it like `dead-rule=error`".to_owned())?;
    let level = Level::named(level).ok_or_else(|| format!("a level is {}", names()))?;
    Ok((code.to_owned(), level))
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|_| "write it like `2026-03-01`".to_owned())
}

/// What was found in a policy as it is, or as it would be.
struct Checked {
    findings: Vec<Diagnostic>,
    sources: Sources,
    left_out: usize,
    /// There is an engine.
    compiles: bool,
}

impl Checked {
    fn new(
        policy: &Policy,
        changed: &BTreeMap<String, String>,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let study = policy.study(changed);
        let compiled = study.compilation;
        let mut findings = compiled.diagnostics;
        let mut sources = compiled.sources;
        if let Some(engine) = &compiled.engine {
            let subject = Subject::new(engine, &study.documents, settings.today);
            findings.extend(lint(&subject, &settings.levels));
            if let Some(read) = gateway::beside(policy, engine, changed, &mut sources)? {
                findings.extend(read.findings);
            }
            findings.sort_by_key(|finding| finding.primary.span);
        }
        Ok(Self {
            findings,
            sources,
            left_out: compiled.left_out,
            compiles: compiled.engine.is_some(),
        })
    }
}

/// Checks.
///
/// # Errors
/// When there is no policy to check, or a file of findings cannot be read or written.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot check `{}`: this is a catalog; check a policy that uses it",
        arguments.policy.display()
    );
    let settings = match Settings::new(&policy, arguments)? {
        Ok(settings) => settings,
        Err((sources, found)) => {
            let findings = Findings {
                diagnostics: &found,
                sources: &sources,
                policy: &settings::place(&policy)?,
                left_out: 0,
            };
            return Ok(Report {
                status: Status::Wrong,
                out: printed(&findings, arguments.format, &|_| true, color)?,
                err: String::new(),
            });
        }
    };
    if arguments.diff {
        return mend::diff(&policy, &settings);
    }
    let (mended, mut checked) = if settings.fixes.is_some() {
        mend::mend(&policy, &settings)?
    } else {
        let checked = Checked::new(&policy, &BTreeMap::new(), &settings)?;
        (String::new(), checked)
    };
    if let Some(path) = &arguments.write_baseline {
        return write_baseline(path, &checked);
    }
    if let Some(baseline) = &settings.baseline {
        checked.findings = baseline.new_ones(checked.findings, &checked.sources);
    }
    let fails = |severity| match severity {
        Severity::Error => true,
        Severity::Warning => settings.deny_warnings,
        Severity::Info => false,
    };
    let failed = checked.findings.iter().any(|f| fails(f.severity));
    let findings = Findings {
        diagnostics: &checked.findings,
        sources: &checked.sources,
        policy: &policy,
        left_out: checked.left_out,
    };
    Ok(Report {
        status: if failed || !checked.compiles {
            Status::Wrong
        } else {
            Status::Yes
        },
        out: printed(&findings, arguments.format, &fails, color)?,
        err: mended,
    })
}

fn printed(
    findings: &Findings<'_>,
    format: Format,
    fails: &dyn Fn(Severity) -> bool,
    color: Color,
) -> anyhow::Result<String> {
    Ok(match format {
        Format::Human => findings.human(color.on_stdout()),
        Format::Compact => findings.compact(),
        Format::Json => findings.json()?,
        Format::Sarif => findings.sarif()?,
        Format::Github => findings.github(),
        Format::Junit => findings.junit(fails),
    })
}

/// Writes what was found as what is known from now on.
fn write_baseline(path: &Path, checked: &Checked) -> anyhow::Result<Report> {
    ensure!(
        checked.compiles,
        "the policy does not compile: a baseline is for findings of lints; run without \
         `--write-baseline` to see what is wrong"
    );
    let baseline = Baseline::of(&checked.findings, &checked.sources);
    fs::write(path, baseline.write())
        .map_err(|error| anyhow!("cannot write `{}`: {}", path.display(), in_words(&error)))?;
    let counted = crate::render::diagnostic::counted(checked.findings.len(), "finding");
    Ok(Report {
        status: Status::Yes,
        out: format!("{counted} written to `{}`\n", path.display()),
        err: String::new(),
    })
}
