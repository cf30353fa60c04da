//! Every lint, one file each. This list is the only registry.

mod alias_to_nothing;
mod bidi_character;
mod cache_read_dearer_than_input;
mod confusable_id;
mod date_without_hour;
mod dead_rule;
mod endpoint_without_offerings;
mod gap_in_dates;
mod ids_differ_by_case;
mod inconclusive_analysis;
mod ingress_elsewhere;
mod missing_premium;
mod never_sold;
mod output_cheaper_than_input;
mod price_outlier;
mod price_unit_slip;
mod refusal_without_help;
mod region_elsewhere;
mod retires_without_successor;
mod silence_without_reason;
mod stale_fact;
mod successor_fewer_capabilities;
mod successor_not_there;
mod successor_retired;
mod successor_smaller_window;
mod unknown_processing;
mod unknown_silence;
mod unpriced_offering;
mod unreached_region;
mod unsold_model;
mod unused_capability;
mod unused_define;
mod unused_maker;
mod unused_provider;
mod useless_silence;

use crate::lint::Lint;

/// All lints, by code.
pub const LINTS: &[Lint] = &[
    alias_to_nothing::LINT,
    bidi_character::LINT,
    cache_read_dearer_than_input::LINT,
    confusable_id::LINT,
    date_without_hour::LINT,
    dead_rule::LINT,
    endpoint_without_offerings::LINT,
    gap_in_dates::LINT,
    ids_differ_by_case::LINT,
    inconclusive_analysis::LINT,
    ingress_elsewhere::LINT,
    missing_premium::LINT,
    never_sold::LINT,
    output_cheaper_than_input::LINT,
    price_outlier::LINT,
    price_unit_slip::LINT,
    refusal_without_help::LINT,
    region_elsewhere::LINT,
    retires_without_successor::LINT,
    silence_without_reason::LINT,
    stale_fact::LINT,
    successor_fewer_capabilities::LINT,
    successor_not_there::LINT,
    successor_retired::LINT,
    successor_smaller_window::LINT,
    unknown_processing::LINT,
    unknown_silence::LINT,
    unpriced_offering::LINT,
    unreached_region::LINT,
    unsold_model::LINT,
    unused_capability::LINT,
    unused_define::LINT,
    unused_maker::LINT,
    unused_provider::LINT,
    useless_silence::LINT,
];

/// The lint with this code.
pub(crate) fn named(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}
