//! `cargo xtask codes`: writes the page of every code into `docs/codes`, from the definitions that
//! `portolan explain` prints.

use std::fs;

use anyhow::Context as _;

use crate::shell;

/// Writes every page, and removes those of codes that are gone.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn run() -> anyhow::Result<()> {
    let directory = shell::root().join("docs/codes");
    fs::create_dir_all(&directory).context("cannot make docs/codes")?;
    let mut kept = Vec::new();
    for lint in portolan_lint::LINTS {
        let name = format!("{}.md", lint.code);
        fs::write(directory.join(&name), lint.markdown())
            .with_context(|| format!("cannot write the page of `{}`", lint.code))?;
        kept.push(name);
    }
    for entry in fs::read_dir(&directory).context("cannot list docs/codes")? {
        let entry = entry.context("cannot list docs/codes")?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !kept.contains(&name) {
            fs::remove_file(entry.path()).with_context(|| format!("cannot remove `{name}`"))?;
        }
    }
    Ok(())
}
