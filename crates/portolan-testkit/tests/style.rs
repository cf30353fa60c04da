//! What formatting promises, over everything that is shipped, every fixture and what dice make.
//!
//! That the tree is kept is checked by `format` itself, which says nothing it has not read back;
//! what is shipped, fixtures and generated texts it must never have to refuse.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use portolan_fmt::{Notation, Refusal, format};
use portolan_testkit::case::{CompileFile, DecideFile, FmtFile, Origin};
use portolan_testkit::policies::root;
use portolan_testkit::random::Example;
use proptest::prelude::*;

/// The text in style; formatting that again changes nothing.
fn stable(name: &str, text: &str) -> Result<String, Refusal> {
    let notation = Notation::of(name, text);
    let styled = format(name, text, notation)?;
    let again = format(name, &styled, notation);
    assert_eq!(again.as_deref(), Ok(&*styled), "{name}\n{text}");
    Ok(styled)
}

/// The codes of what stands against formatting.
fn codes(refusal: &Refusal) -> Vec<&str> {
    refusal.diagnostics.iter().map(|d| d.code).collect()
}

fn below(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn formatted(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("portolan" | "yaml"))
}

#[test]
fn what_is_shipped_is_in_style() {
    let mut files = Vec::new();
    below(&root().join("rules"), &mut files);
    files.retain(|path| formatted(path));
    assert!(files.len() > 20);
    let mut complaints = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        // Case files are YAML as well.
        let catalog = text.lines().any(|line| line.starts_with("catalog:"));
        if path.extension().is_some_and(|ending| ending == "yaml") && !catalog {
            continue;
        }
        let styled = stable(&path.display().to_string(), &text).unwrap();
        if styled != text {
            complaints.push(path.display().to_string());
        }
    }
    assert!(
        complaints.is_empty(),
        "run `portolan fmt rules` for {complaints:#?}"
    );
}

#[test]
fn every_fixture_that_can_be_read_is_formatted_once_and_for_all() {
    let mut files = Vec::new();
    below(&root().join("tests/cases"), &mut files);
    let (mut read, mut not) = (0, 0);
    for path in files {
        let inside = |area: &str| path.starts_with(root().join("tests/cases").join(area));
        let origin = if inside("compile") {
            CompileFile::read(&path).map(|file| file.origin)
        } else if inside("decide") {
            DecideFile::read(&path).map(|file| file.origin)
        } else {
            continue;
        };
        let Ok(Origin::Inline { files, .. }) = origin else {
            continue;
        };
        for (name, text) in files {
            if !formatted(Path::new(&name)) {
                continue;
            }
            match stable(&name, &text) {
                Ok(_) => read += 1,
                Err(refusal) => {
                    let refused = codes(&refusal).contains(&"format-changes-meaning");
                    assert!(!refused, "{}: {name}", path.display());
                    not += 1;
                }
            }
        }
    }
    assert!(read > 150 && not > 5, "{read} were read, {not} were not");
}

/// Texts of every kind, small enough to be changed often.
fn texts() -> &'static [(String, String)] {
    static TEXTS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let mut files = Vec::new();
        below(&root().join("tests/cases/fmt"), &mut files);
        files.sort();
        let files = files.iter().map(|path| FmtFile::read(path).unwrap());
        files.map(|file| (file.file, file.before)).collect()
    })
}

/// What is put into texts.
const SCRAPS: [&str; 22] = [
    " ", "\n", "\n\n", "\t", "\r\n", "// c\n", " # c\n", ",", ":", "{", "}", "[", "]", "(", ")",
    "\"", "'", "-", "- ", "|\n", "and", "é",
];

/// A text with some of it taken out, and something put in its place.
fn scratched(text: &str, edits: &[(usize, usize, usize)]) -> String {
    let mut text = text.to_owned();
    for (at, length, scrap) in edits {
        let bounds: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        let from = bounds.get(at % bounds.len().max(1)).copied().unwrap_or(0);
        let to = bounds.iter().copied().find(|to| *to >= from + length);
        let to = to.unwrap_or(text.len());
        text.replace_range(from..to, SCRAPS[scrap % SCRAPS.len()]);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_scratched_is_formatted_or_left_alone(
        which: usize,
        edits in proptest::collection::vec((0usize..4096, 0usize..3, 0usize..64), 1..4),
    ) {
        let (name, text) = &texts()[which % texts().len()];
        let text = scratched(text, &edits);
        // Whatever is formatted stays so. A text that comes out otherwise is refused: what a
        // parser takes and no specification allows, as a comment within words, has no style.
        let _either = stable(name, &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_dice_make_is_formatted_once_and_for_all(seed: u64) {
        let example = Example::with_proves(seed, 4);
        stable("policy.portolan", &example.policy).unwrap();
        stable("catalog.yaml", &example.catalog).unwrap();
    }

    #[test]
    fn layout_has_no_say_in_the_style(seed: u64) {
        let example = Example::with_proves(seed, 4);
        let styled = stable("policy.portolan", &example.policy).unwrap();
        // Blanks doubled, lines of items joined: what is left is the order of the words.
        let joined = example.policy.replace("\n  ", "  ").replace(" and ", "\n   and  ");
        prop_assert_eq!(stable("policy.portolan", &joined).unwrap(), styled);
    }
}
