//! What Portolan's own tests share: the format of the fixtures in `tests/cases`, the subjects
//! that they are put to, and generators of requests for the laws. Not published.
//!
//! The tests themselves live in `tests/`. The format is described in `tests/cases/README.md`.

pub mod case;
pub mod examples;
pub mod expect;
pub mod generate;
pub mod observed;
pub mod policies;
pub mod scale;
pub mod subject;
