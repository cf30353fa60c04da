//! Every lint, one file each. This list is the only registry.

mod code_with_two_statuses;
mod constant_condition;
mod date_only_comparison;
mod dead_rule;
mod duplicate_test;
mod expired_rule;
mod gap;
mod illegal_advice;
mod inconclusive_analysis;
mod lock_without_proof;
mod needless_not;
mod order_decides;
mod redundant_condition;
mod refusal_without_blame;
mod refusal_without_help;
mod retired_model_in_rule;
mod rule_never_decides;
mod rule_not_yet;
mod secret_in_message;
mod silence_without_reason;
mod unconstrained_attribute;
mod unknown_silence;
mod unmet_by_catalog;
mod unread_attribute;
mod unread_opt_in;
mod unused_define;
mod unused_table;
mod useless_silence;
mod vacuous_proof;
mod wildcard_captures_regional_id;

use crate::lint::Lint;

/// All lints, by code.
pub const LINTS: &[Lint] = &[
    code_with_two_statuses::LINT,
    constant_condition::LINT,
    date_only_comparison::LINT,
    dead_rule::LINT,
    duplicate_test::LINT,
    expired_rule::LINT,
    gap::LINT,
    illegal_advice::LINT,
    inconclusive_analysis::LINT,
    lock_without_proof::LINT,
    needless_not::LINT,
    order_decides::LINT,
    redundant_condition::LINT,
    refusal_without_blame::LINT,
    refusal_without_help::LINT,
    retired_model_in_rule::LINT,
    rule_never_decides::LINT,
    rule_not_yet::LINT,
    secret_in_message::LINT,
    silence_without_reason::LINT,
    unconstrained_attribute::LINT,
    unknown_silence::LINT,
    unmet_by_catalog::LINT,
    unread_attribute::LINT,
    unread_opt_in::LINT,
    unused_define::LINT,
    unused_table::LINT,
    useless_silence::LINT,
    vacuous_proof::LINT,
    wildcard_captures_regional_id::LINT,
];

/// The lint with this code.
pub(crate) fn named(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}
