//! Fenced blocks of a Markdown file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One fenced block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// What stands after the opening fence.
    pub(crate) info: String,
    /// The lines between the fences, each with its line break.
    pub(crate) text: String,
    /// The line of the opening fence, from 1.
    pub(crate) line: usize,
}

pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap().to_owned()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The front page, the one of `rules`, and every page right under `docs`.
pub(crate) fn documents() -> Vec<String> {
    let pages = fs::read_dir(root().join("docs")).unwrap();
    let mut found: Vec<String> = pages
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(format!("docs/{}.md", name.strip_suffix(".md")?)))
        .collect();
    found.extend(["README.md", "rules/README.md"].map(str::to_owned));
    found.sort();
    found
}

pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(info), None) => {
                open = Some(Block {
                    info: info.trim().to_owned(),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence that nothing closes");
    found
}

/// What the command prints, on both streams, its content hash and the time it took written as `…`.
pub(crate) fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    without_time(&without_hash(&text))
}

/// A number of milliseconds at the end of a line, where it ends a list.
fn without_time(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let timed = line
            .trim_end()
            .strip_suffix(" ms")
            .and_then(|rest| rest.rsplit_once("; "));
        match timed {
            Some((before, number)) if number.parse::<u64>().is_ok() => format!("{before}; … ms\n"),
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

fn without_hash(text: &str) -> String {
    let mut words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let mut out = String::new();
    for word in words.by_ref() {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hash = bare.len() == 32 && bare.bytes().all(|b| b.is_ascii_hexdigit());
        out.push_str(&if hash {
            word.replace(bare, "…")
        } else {
            word.to_owned()
        });
    }
    out
}
