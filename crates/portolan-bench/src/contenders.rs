//! The contenders, one a file.

#[cfg(feature = "engines")]
pub(crate) mod cedar;
#[cfg(feature = "engines")]
pub(crate) mod cel;
#[cfg(feature = "engines")]
pub(crate) mod datalogic;
pub(crate) mod compiled;
pub(crate) mod limit;
pub(crate) mod naive;
pub(crate) mod reference;
#[cfg(feature = "engines")]
pub(crate) mod regorus;
#[cfg(feature = "engines")]
pub(crate) mod wirefilter;
#[cfg(feature = "engines")]
pub(crate) mod zen;

/// What an expression's number means: the place of a reason, or the one past the last. An engine
/// that fails says nothing that agrees with anybody.
#[cfg(feature = "engines")]
fn numbered(first: Option<i64>) -> crate::job::Verdict<'static> {
    use crate::job::{Reason, Verdict};

    let Some(place) = first.and_then(|first| usize::try_from(first).ok()) else {
        return Verdict::Refuse {
            status: 500,
            code: "engine-failed",
        };
    };
    Reason::ALL
        .get(place)
        .map_or(Verdict::Allowed, |reason| Verdict::refuse(*reason))
}
