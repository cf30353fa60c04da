//! What Portolan's own tests share: the format of the fixtures in `tests/cases`, the subjects
//! that they are put to, and generators of policies and requests. Not published.
//!
//! The tests themselves live in `tests/`. The format is described in `tests/cases/README.md`.

pub mod agree;
pub mod case;
pub mod claims;
pub mod dice;
pub mod domain;
pub mod expect;
pub mod generate;
pub mod grid;
pub mod mutate;
pub mod policies;
pub mod posted;
pub mod random;
pub mod scale;
pub mod second_opinion;
pub mod shrink;
pub mod subject;

pub use portolan_test::{examples, observed};
