//! Questions over all requests that a compiled policy can be asked. Answers are data; how they
//! are shown is the command's.

pub mod diff;
