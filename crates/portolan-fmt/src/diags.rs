//! The one finding of this crate's own, in words.

use portolan_core::diagnostic::Diagnostic;
use portolan_core::source::{SourceId, Span};
use portolan_core::text::echo;

/// What would be written does not read back as the same: a fault of ours, found in time.
pub(crate) fn says_something_else(id: SourceId, name: &str) -> Diagnostic {
    let message = format!("formatting `{}` would change what it says", echo(name));
    Diagnostic::error("format-changes-meaning", Span::new(id, 0, 0), message)
        .help("leave the file as it is, and report it with the text")
}
