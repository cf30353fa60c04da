//! The pure core of Portolan: may this request go to this model, from here, at this moment?
//!
//! It reads a catalog and rules, checks them, and returns a routing decision or a precise
//! refusal. No I/O, no clock, no randomness, no threads: the same input gives the same answer
//! everywhere. The modules below stand in the order in which text becomes an answer, and import
//! only from those above them.

// Bounds, text, places in text.
pub mod limits;
pub mod text;
pub mod source;
pub mod diagnostic;
pub mod near;

// Values.
pub mod instant;
pub mod decimal;
pub mod place;

// Documents: rules as written, catalogs.
pub mod syntax;
pub mod catalog;

// What is asked, and what an answer says.
pub mod request;
pub mod answer;

// Meaning: typed rules, a decision in ids, the interpreter, its words, the compiled form.
pub mod policy;
pub mod decision;
pub mod judgement;
pub mod reference;
mod explain;
pub mod diagram;

// What a host holds.
pub mod engine;
