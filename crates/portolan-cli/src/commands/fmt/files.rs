//! Which files are formatted, and how they are replaced: all of them or none.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};

use super::Styled;
use crate::load::{Policy, in_words};

/// How deep directories are searched.
const DEPTH: usize = 16;
/// The most files that one run formats.
const FILES: usize = 10_000;

/// The files that paths name: a file itself; of a directory all rules, and all catalogs in YAML.
///
/// # Errors
/// When a path is neither, or there is nothing to format.
pub(super) fn of(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let meta = fs::metadata(path);
        let meta = meta
            .map_err(|error| anyhow!("cannot read `{}`: {}", path.display(), in_words(&error)))?;
        if meta.is_dir() {
            let before = found.len();
            below(path, 0, &mut found)?;
            ensure!(
                found.len() > before,
                "there are no rules and no catalogs in `{}`",
                path.display()
            );
        } else {
            ensure!(
                is_rules(path) || is_yaml(path),
                "cannot format `{}`: only rules (`.portolan`) and catalogs (`.yaml`) have a style",
                path.display()
            );
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Adds what a directory holds; hidden files and links to directories are passed over.
fn below(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    ensure!(
        depth < DEPTH,
        "`{}` is nested too deep: name it itself",
        directory.display()
    );
    let entries = fs::read_dir(directory).map_err(|error| {
        let why = in_words(&error);
        anyhow!("cannot read `{}`: {why}", directory.display())
    })?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read `{}`", directory.display()))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let path = entry.path();
        let kind = entry.file_type().ok();
        if hidden {
            continue;
        }
        if kind.is_some_and(|kind| kind.is_dir()) {
            below(&path, depth + 1, found)?;
        } else if is_rules(&path) || is_yaml(&path) && is_catalog(&path)? {
            found.push(path);
        }
        ensure!(
            found.len() <= FILES,
            "there are more than {FILES} files: name fewer directories"
        );
    }
    Ok(())
}

fn ending(path: &Path) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}

fn is_rules(path: &Path) -> bool {
    ending(path) == "portolan"
}

fn is_yaml(path: &Path) -> bool {
    matches!(ending(path), "yaml" | "yml")
}

/// Says whether a YAML file says of itself that it is a catalog.
fn is_catalog(path: &Path) -> anyhow::Result<bool> {
    let text = Policy::of_file(path)?.text()?;
    let says = |line: &str| {
        let key = line.trim_start_matches(['"', '\'']);
        let rest = key.strip_prefix("catalog");
        rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
    };
    Ok(text.lines().any(says))
}

/// A file that lies beside the one that it will replace.
struct Staged<'s> {
    styled: &'s Styled,
    /// What is replaced, links followed.
    target: PathBuf,
    beside: PathBuf,
}

/// Writes all files, or none.
///
/// # Errors
/// When one cannot be written; then those that had been are as before.
pub(in crate::commands) fn replace(changes: &[&Styled]) -> anyhow::Result<()> {
    let mut staged: Vec<Staged<'_>> = Vec::new();
    for styled in changes {
        if let Err(error) = stage(styled, &mut staged) {
            for file in &staged {
                // Nobody needs it; what is wrong is said below.
                let _ = fs::remove_file(&file.beside);
            }
            return Err(error);
        }
    }
    for (position, file) in staged.iter().enumerate() {
        let Err(error) = fs::rename(&file.beside, &file.target) else {
            continue;
        };
        let (done, left) = staged.split_at(position);
        let restored = done
            .iter()
            .all(|file| fs::write(&file.target, &file.styled.before).is_ok());
        for file in left {
            let _ = fs::remove_file(&file.beside);
        }
        let path = file.styled.path.display();
        let why = in_words(&error);
        if !restored {
            bail!("cannot write `{path}`: {why}; some files were formatted before");
        }
        bail!("cannot write `{path}`: {why}; no file was changed");
    }
    Ok(())
}

/// Writes a file beside its target, with the same permissions.
fn stage<'s>(styled: &'s Styled, staged: &mut Vec<Staged<'s>>) -> anyhow::Result<()> {
    let failed = |error: std::io::Error| {
        let why = in_words(&error);
        anyhow!(
            "cannot write `{}`: {why}; no file was changed",
            styled.path.display()
        )
    };
    let target = fs::canonicalize(&styled.path).map_err(failed)?;
    let permissions = fs::metadata(&target).map_err(failed)?.permissions();
    ensure!(
        !permissions.readonly(),
        "cannot write `{}`: it is read-only; no file was changed",
        styled.path.display()
    );
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
    staged.push(Staged {
        styled,
        target,
        beside: beside.clone(),
    });
    fs::write(&beside, &styled.after).map_err(failed)?;
    fs::set_permissions(&beside, permissions).map_err(failed)
}
