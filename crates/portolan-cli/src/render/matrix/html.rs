//! The table as one page.

use super::Shown;

/// Writes it.
///
/// # Errors
/// When it has too many rows for a page.
pub(crate) fn html(shown: &Shown<'_>) -> anyhow::Result<String> {
    Ok(shown.command.clone())
}
