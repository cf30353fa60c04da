//! The pure core of Portolan. The modules stand in the order of the flow; imports go upward only.

#![cfg_attr(
    test,
    allow(clippy::missing_panics_doc, reason = "tests panic to fail")
)]

pub mod limits;
pub mod text;
pub mod source;
pub mod diagnostic;
pub mod near;
pub mod decimal;
pub mod instant;
pub mod place;
pub mod syntax;
pub mod catalog;
pub mod request;
pub mod answer;
pub mod engine;
