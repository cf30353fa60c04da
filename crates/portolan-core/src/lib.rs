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
pub mod text;
pub mod source;
pub mod diagnostic;
pub mod near;
pub mod instant;
pub mod decimal;
pub mod place;
pub mod syntax;
pub mod catalog;
pub mod request;
pub mod answer;
pub mod policy;
pub mod reference;
pub mod decision;
pub mod explain;
pub mod engine;
