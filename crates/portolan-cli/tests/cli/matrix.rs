//! `portolan matrix`: every format, every order, and what it refuses.

use insta::assert_snapshot;

use crate::run::portolan;

#[test]
fn a_span_that_ends_before_it_begins_is_an_error() {
    let dates = ["--from", "2026-07-05", "--until", "2026-03-15"];
    let ran = portolan(&[&["matrix", "rules/assemblyai"][..], &dates[..]].concat());
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert_snapshot!(ran.stderr);
}
