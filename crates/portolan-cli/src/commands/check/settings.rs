//! How a check runs: what the directory's `portolan.toml` says, and the command line over it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use portolan_core::diagnostic::{Diagnostic, Safety};
use portolan_core::instant::Instant;
use portolan_core::source::Sources;
use portolan_core::text;
use portolan_lint::baseline::Baseline;
use portolan_lint::config::{self, Config};
use portolan_lint::{Level, Levels, UnknownLint};

use super::Arguments;
use crate::commands::now;
use crate::load::{Policy, in_words};

/// How a check runs.
pub(super) struct Settings {
    pub(super) levels: Levels,
    pub(super) deny_warnings: bool,
    pub(super) today: Instant,
    pub(super) baseline: Option<Baseline>,
    /// The least safe fixes to apply, where any are.
    pub(super) fixes: Option<Safety>,
}

/// What is wrong with the configuration, with its text.
type Faulty = (Sources, Vec<Diagnostic>);

impl Settings {
    /// Reads the configuration, if there is one.
    ///
    /// # Errors
    /// When a file cannot be read, or the command line names what there is not.
    pub(super) fn new(
        policy: &Policy,
        arguments: &Arguments,
    ) -> anyhow::Result<Result<Self, Faulty>> {
        let path = policy.beside_directory(config::FILE);
        let config = if path.is_file() {
            let mut sources = Sources::default();
            let id = sources.add(config::FILE, Policy::of_file(&path)?.text()?);
            let read = sources.get(id).map(|source| Config::read(id, source));
            match read {
                Some(Err(found)) => return Ok(Err((sources, found))),
                Some(Ok(config)) => config,
                None => Config::default(),
            }
        } else {
            Config::default()
        };
        let mut levels = config.levels;
        let unknown = |name: &str, UnknownLint { near }: UnknownLint| {
            let near = near.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            anyhow!("there is no lint `{}`{near}", text::echo(name))
        };
        for (name, level) in &arguments.level {
            levels
                .set(name, *level)
                .map_err(|error| unknown(name, error))?;
        }
        for name in &arguments.select {
            levels.select(name).map_err(|error| unknown(name, error))?;
        }
        for name in &arguments.ignore {
            levels
                .set(name, Level::Off)
                .map_err(|error| unknown(name, error))?;
        }
        let beside = config.baseline.map(|name| policy.beside_directory(&name));
        let baseline = match (&arguments.write_baseline, &arguments.baseline, beside) {
            (Some(_), _, _) | (None, None, None) => None,
            (None, Some(path), _) => Some(baseline(path)?),
            (None, None, Some(path)) => Some(baseline(&path)?),
        };
        let fixes = if arguments.unsafe_fixes {
            Some(Safety::Unsafe)
        } else {
            (arguments.fix || arguments.diff).then_some(Safety::Safe)
        };
        Ok(Ok(Self {
            levels,
            deny_warnings: arguments.deny.is_some() || config.deny_warnings,
            today: arguments.at.unwrap_or_else(now),
            baseline,
            fixes,
        }))
    }
}

/// The configuration file's place, so that findings in it are shown there.
///
/// # Errors
/// When it has no name, which a file that was read has.
pub(super) fn place(policy: &Policy) -> anyhow::Result<Policy> {
    Policy::of_file(&policy.beside_directory(config::FILE))
}

fn baseline(path: &Path) -> anyhow::Result<Baseline> {
    let shown = PathBuf::from(path).display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| anyhow!("cannot read `{shown}`: {}", in_words(&error)))?;
    Baseline::read(&text).map_err(|why| anyhow!("`{shown}` is not a baseline: {why}"))
}
