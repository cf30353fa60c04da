//! The verbs, one file each: what they take, and what they come to.

pub(crate) mod check;
pub(crate) mod convert;
pub(crate) mod decide;
pub(crate) mod diff;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}
