//! Text to tree: the only place that sees pest.
//!
//! `items` splits a file, `parser` and `condition` build the tree, `literal` reads numbers and
//! dates, `symbols` and `diags` word what went wrong. Names are not resolved here.

pub mod ast;
mod condition;
mod diags;
mod head;
mod items;
mod literal;
mod parser;
mod question;
mod symbols;

pub use parser::parse;
