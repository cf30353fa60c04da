//! What a gateway looks at while it serves, beside the calls themselves: where upstreams say that
//! they served.
//!
//! None of it changes an answer.

use std::collections::BTreeMap;

use portolan_core::place::PlaceId;

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
