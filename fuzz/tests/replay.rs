//! Replays the seeds, and every input that once broke a promise, as an ordinary test.

use std::fs;
use std::path::Path;

use portolan_fuzz::{TARGETS, run};

#[test]
fn no_seed_breaks_a_promise() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in TARGETS {
        let mut replayed = 0;
        for entry in fs::read_dir(corpora.join(target)).unwrap() {
            let data = fs::read(entry.unwrap().path()).unwrap();
            assert!(run(target, &data), "no function for the target {target}");
            replayed += 1;
        }
        assert!(replayed > 0, "{target} has no seeds");
    }
}

#[test]
fn every_target_has_its_program() {
    for target in TARGETS {
        let program = format!("fuzz_targets/{target}.rs");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(program);
        assert!(path.is_file(), "{} is missing", path.display());
        assert!(run(target, b""));
    }
    assert!(!run("none", b""));
}
