//! What a gateway looks at while it serves, beside the calls themselves: where upstreams say that
//! they served; and where it tells of calls.
//!
//! None of it changes an answer.

use std::collections::BTreeMap;

use portolan_core::place::PlaceId;

use super::Secret;

/// How an upstream says where it served a call, and what its words mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedRegion {
    /// Where its word stands.
    pub stands: Stands,
    /// Places by its words, in lower case.
    pub regions: BTreeMap<String, PlaceId>,
}

/// Where an upstream's word stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// In a header of its answer, named in lower case.
    Header(String),
    /// In a field of its answer's body, or of the first event of a stream: a JSON pointer.
    Field(String),
}

/// Where spans of calls are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// `http://…` or `https://…`, as a collector has it for OTLP over HTTP.
    pub url: String,
    /// Headers that the collector asks for, and where their values stand.
    pub headers: BTreeMap<String, Secret>,
    /// The name under which the gateway is known there.
    pub service: String,
    /// Who runs models, in other words than the catalog's.
    pub providers: BTreeMap<String, String>,
    /// Spans that wait at most.
    pub queue: usize,
}
