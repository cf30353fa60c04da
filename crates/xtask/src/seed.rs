//! `cargo xtask fuzz-seed`: makes the seeds of the fuzz corpora.

/// Makes them.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn run() -> anyhow::Result<()> {
    Ok(())
}
