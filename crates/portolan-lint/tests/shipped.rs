//! The shipped policies and catalogs, looked at by every lint at its usual level.
//! What is only worth knowing may be found.

#![expect(clippy::disallowed_methods, reason = "tests read the repository")]

use portolan_core::diagnostic::{Diagnostic, Severity};
use portolan_core::engine::study;
use portolan_core::instant::Instant;
use portolan_core::source::Files;
use portolan_lint::{Levels, Subject, lint};
use portolan_testkit::policies;

/// Files of the workspace.
struct Disk;

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(policies::root().join(path)).map_err(|error| error.to_string())
    }
}

#[test]
fn nothing_stands_against_what_is_shipped() {
    let today = Instant::parse("2026-11-21").unwrap();
    let mut complaints = String::new();
    for entry in policies::shipped() {
        let study = study(&format!("{entry}/policy.portolan"), &mut Disk);
        let compiled = &study.compilation;
        let engine = compiled.engine.as_ref().unwrap();
        let found = lint(
            &Subject::new(engine, &study.documents, today),
            &Levels::default(),
        );
        let found: Vec<Diagnostic> = found
            .into_iter()
            .filter(|finding| finding.severity != Severity::Info)
            .collect();
        complaints.push_str(&policies::printed(&found, &compiled.sources));
    }
    assert!(complaints.is_empty(), "{complaints}");
}
