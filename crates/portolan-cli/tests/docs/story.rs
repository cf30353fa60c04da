//! The first five commands of a new user, run as the document shows them, one after another, in a
//! directory where there is nothing yet.
//!
//! In a `console,story` block a line that starts with `$ ` is typed into a shell, and so are those
//! after it that start with `> `. The other lines are what is printed, exactly; where the last of
//! them is `…`, there is more. `UPDATE_DOCS=1` writes the blocks anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::blocks::{blocks, read, root};

const DOCUMENT: &str = "docs/start.md";

/// One command with what is printed after it.
struct Typed {
    /// As it stands in the document, with its prompts.
    shown: String,
    /// As the shell gets it.
    script: String,
    /// What the document says is printed.
    prints: String,
}

/// The commands of a block.
fn typed(block: &str) -> Vec<Typed> {
    let mut found: Vec<Typed> = Vec::new();
    for line in block.lines() {
        if let Some(first) = line.strip_prefix("$ ") {
            found.push(Typed {
                shown: format!("{line}\n"),
                script: format!("{first}\n"),
                prints: String::new(),
            });
            continue;
        }
        let last = found.last_mut().unwrap();
        match line.strip_prefix('>') {
            Some(more) if last.prints.is_empty() => {
                last.shown.extend([line, "\n"]);
                last.script
                    .extend([more.strip_prefix(' ').unwrap_or(more), "\n"]);
            }
            _ => last.prints.extend([line, "\n"]),
        }
    }
    found
}

/// Where the story is played.
fn stage() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story");
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Types a command: its status, and what is printed.
fn run(script: &str, directory: &Path) -> (i32, String) {
    let command = Path::new(env!("CARGO_BIN_EXE_portolan"));
    let mut path = vec![command.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(directory)
        .env("PATH", std::env::join_paths(path).unwrap())
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    (output.status.code().unwrap(), text)
}

/// What is printed, cut where the document cuts it.
fn cut_like(shown: &str, printed: &str) -> String {
    if shown.lines().last() != Some("…") {
        return printed.to_owned();
    }
    let kept = printed.lines().take(shown.lines().count() - 1);
    kept.chain(["…"]).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn five_commands_lead_to_a_failing_check_that_explains_itself() {
    let (directory, mut page) = (stage(), read(DOCUMENT));
    let (mut statuses, mut complaints) = (Vec::new(), Vec::new());
    for block in blocks(&page.clone()) {
        if block.info != "console,story" {
            continue;
        }
        let mut now = String::new();
        for Typed {
            shown,
            script,
            prints,
        } in typed(&block.text)
        {
            let (status, printed) = run(&script, &directory);
            statuses.push(status);
            now.push_str(&shown);
            now.push_str(&cut_like(&prints, &printed));
        }
        if now != block.text {
            complaints.push(format!("{DOCUMENT}:{}: now it is\n{now}", block.line));
            page = page.replace(&block.text, &now);
        }
    }
    // A policy, checked; a change of it, refused; and why.
    assert_eq!(statuses, [0, 0, 0, 1, 0]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(DOCUMENT), page).unwrap();
    } else {
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }
}

#[test]
fn the_command_that_fails_is_the_one_that_a_pull_request_runs_and_nothing_fails_before_it() {
    let page = read(DOCUMENT);
    let blocks = blocks(&page);
    let story = blocks.iter().filter(|block| block.info == "console,story");
    let commands: Vec<Typed> = story.flat_map(|block| typed(&block.text)).collect();
    let failing = commands[3].script.trim().replace("gateway", "\"$POLICY\"");
    let action = read(".github/actions/portolan/action.yml");
    let steps = action.lines().map(str::trim);
    let mut runs = steps.filter_map(|line| {
        let line = line.strip_prefix("run: ").unwrap_or(line);
        line.starts_with("portolan ").then_some(line)
    });
    // Style comes first: what is added in the story is in style.
    let style = runs.next().unwrap();
    assert!(style.starts_with("portolan fmt "), "{style}");
    assert!(runs.any(|run| run.starts_with(&failing)), "{failing}");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story-style");
    fs::create_dir_all(&directory).unwrap();
    let _ = fs::remove_dir_all(directory.join("gateway"));
    for command in [&commands[0], &commands[2]] {
        assert_eq!(run(&command.script, &directory).0, 0);
    }
    let style = style.replace("\"$POLICY\"", "gateway");
    assert_eq!(run(&style, &directory), (0, String::new()));
}
