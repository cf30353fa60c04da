//! Each finding once: what a YAML alias repeats is read several times and wrong once.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;

/// Remembers what was reported.
#[derive(Debug, Default)]
pub(super) struct Once {
    reported: BTreeSet<(Span, String)>,
}

impl Once {
    /// Says whether nothing was said in these words of this place before.
    pub(super) fn is_new(&mut self, diagnostic: &Diagnostic) -> bool {
        if self.reported.len() > limits::DIAGNOSTICS {
            // More than anybody is shown: they are only counted.
            return true;
        }
        let span = diagnostic.primary.span;
        self.reported.insert((span, diagnostic.message.clone()))
    }
}
