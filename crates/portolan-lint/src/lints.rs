//! Every lint, one file each. This list is the only registry.

mod dead_rule;
mod inconclusive_analysis;
mod refusal_without_help;
mod silence_without_reason;
mod unknown_silence;
mod unused_define;
mod useless_silence;

use crate::lint::Lint;

/// All lints, by code.
pub const LINTS: &[Lint] = &[
    dead_rule::LINT,
    inconclusive_analysis::LINT,
    refusal_without_help::LINT,
    silence_without_reason::LINT,
    unknown_silence::LINT,
    unused_define::LINT,
    useless_silence::LINT,
];

/// The lint with this code.
pub(crate) fn named(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}
