//! The shape of a decision, pinned.

use super::*;
