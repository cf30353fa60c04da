//! The contenders, one a file.

pub(crate) mod limit;
pub(crate) mod naive;
pub(crate) mod reference;
