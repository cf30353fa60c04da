//! Every lint, one file each. This list is the only registry.

mod alias_to_nothing;
mod bidi_character;
mod cache_read_dearer_than_input;
mod code_with_two_statuses;
mod confusable_id;
mod constant_condition;
mod date_only_comparison;
mod date_without_hour;
mod dead_rule;
mod duplicate_test;
mod endpoint_without_offerings;
mod expired_rule;
mod fallback_does_less;
mod fallback_in_same_domain;
mod gap;
mod gap_in_dates;
mod ids_differ_by_case;
mod illegal_advice;
mod inconclusive_analysis;
mod ingress_elsewhere;
mod lock_without_proof;
mod missing_premium;
mod needless_not;
mod never_sold;
mod order_decides;
mod output_cheaper_than_input;
mod price_outlier;
mod price_unit_slip;
mod redundant_condition;
mod refusal_without_blame;
mod refusal_without_help;
mod region_elsewhere;
mod repeated_fallback;
mod retired_model_in_rule;
mod retires_without_successor;
mod routes_in_one_domain;
mod rule_never_decides;
mod rule_not_yet;
mod secret_in_message;
mod silence_without_reason;
mod stale_fact;
mod successor_fewer_capabilities;
mod successor_not_there;
mod successor_retired;
mod successor_smaller_window;
mod unconstrained_attribute;
mod unique_overlap;
mod unknown_expectation;
mod unknown_processing;
mod unknown_silence;
mod unmet_by_catalog;
mod unpriced_offering;
mod unreached_region;
mod unread_attribute;
mod unread_opt_in;
mod unsold_model;
mod unused_capability;
mod unused_define;
mod unused_maker;
mod unused_provider;
mod unused_table;
mod useless_silence;
mod vacuous_proof;
mod wildcard_captures_regional_id;

use crate::lint::Lint;

/// All lints, by code.
pub const LINTS: &[Lint] = &[
    alias_to_nothing::LINT,
    bidi_character::LINT,
    cache_read_dearer_than_input::LINT,
    code_with_two_statuses::LINT,
    confusable_id::LINT,
    constant_condition::LINT,
    date_only_comparison::LINT,
    date_without_hour::LINT,
    dead_rule::LINT,
    duplicate_test::LINT,
    endpoint_without_offerings::LINT,
    expired_rule::LINT,
    fallback_does_less::LINT,
    fallback_in_same_domain::LINT,
    gap::LINT,
    gap_in_dates::LINT,
    ids_differ_by_case::LINT,
    illegal_advice::LINT,
    inconclusive_analysis::LINT,
    ingress_elsewhere::LINT,
    lock_without_proof::LINT,
    missing_premium::LINT,
    needless_not::LINT,
    never_sold::LINT,
    order_decides::LINT,
    output_cheaper_than_input::LINT,
    price_outlier::LINT,
    price_unit_slip::LINT,
    redundant_condition::LINT,
    refusal_without_blame::LINT,
    refusal_without_help::LINT,
    region_elsewhere::LINT,
    repeated_fallback::LINT,
    retired_model_in_rule::LINT,
    retires_without_successor::LINT,
    routes_in_one_domain::LINT,
    rule_never_decides::LINT,
    rule_not_yet::LINT,
    secret_in_message::LINT,
    silence_without_reason::LINT,
    stale_fact::LINT,
    successor_fewer_capabilities::LINT,
    successor_not_there::LINT,
    successor_retired::LINT,
    successor_smaller_window::LINT,
    unconstrained_attribute::LINT,
    unique_overlap::LINT,
    unknown_expectation::LINT,
    unknown_processing::LINT,
    unknown_silence::LINT,
    unmet_by_catalog::LINT,
    unpriced_offering::LINT,
    unreached_region::LINT,
    unread_attribute::LINT,
    unread_opt_in::LINT,
    unsold_model::LINT,
    unused_capability::LINT,
    unused_define::LINT,
    unused_maker::LINT,
    unused_provider::LINT,
    unused_table::LINT,
    useless_silence::LINT,
    vacuous_proof::LINT,
    wildcard_captures_regional_id::LINT,
];

/// The lint with this code.
pub(crate) fn named(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}
