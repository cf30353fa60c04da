//! The pure core of Portolan.

#![cfg_attr(
    test,
    allow(clippy::missing_panics_doc, reason = "tests panic to fail")
)]

pub mod answer;
pub mod catalog;
pub mod decimal;
pub mod diagnostic;
pub mod engine;
pub mod instant;
pub mod limits;
pub mod near;
pub mod place;
pub mod syntax;
pub mod request;
pub mod source;
pub mod text;
