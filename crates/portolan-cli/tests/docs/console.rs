//! Commands in documents print what the documents show.
//!
//! In a `console` block a line that starts with `$ cargo run --release -- ` is a command, and the
//! lines up to the next one are what it prints, exactly; only the content hash is written `…`. A
//! `json,output ARGUMENTS` block is what those arguments print, laid out over several lines.

use crate::blocks::{blocks, documents, printed, read};

const PROMPT: &str = "$ cargo run --release -- ";

#[test]
fn every_command_prints_what_its_document_shows() {
    let mut complaints = Vec::new();
    let mut commands = 0;
    for document in documents() {
        for block in blocks(&read(&document)) {
            if block.info != "console" {
                continue;
            }
            let mut shown: Vec<(&str, Vec<&str>)> = Vec::new();
            for line in block.text.lines() {
                if let Some(command) = line.strip_prefix(PROMPT) {
                    shown.push((command, Vec::new()));
                } else {
                    let (_, lines) = shown.last_mut().expect("a command comes first");
                    lines.push(line);
                }
            }
            for (command, lines) in shown {
                commands += 1;
                let arguments: Vec<&str> = command.split_whitespace().collect();
                let actual = printed(&arguments);
                let plain = |lines: Vec<&str>| lines.join("\n").trim_end().to_owned();
                let actual = plain(actual.lines().map(str::trim_end).collect());
                if actual != plain(lines) {
                    let place = format!("{document}:{}", block.line);
                    complaints.push(format!("{place}: `{command}` prints\n{actual}\n"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert!(commands > 2);
}

#[test]
fn every_decision_shown_as_json_is_what_the_command_prints() {
    let mut shown = 0;
    for document in documents() {
        for block in blocks(&read(&document)) {
            let Some(arguments) = block.info.strip_prefix("json,output ") else {
                continue;
            };
            shown += 1;
            let arguments: Vec<&str> = arguments.split_whitespace().collect();
            let place = format!("{document}:{}", block.line);
            assert_eq!(dense(&block.text), dense(&printed(&arguments)), "{place}");
        }
    }
    assert!(shown >= 2);
}

/// JSON without the blanks between its tokens.
fn dense(json: &str) -> String {
    let mut in_text = false;
    let mut escaped = false;
    let keep = |c: &char| {
        let blank = !in_text && c.is_ascii_whitespace();
        if *c == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && *c == '\\' && !escaped;
        !blank
    };
    json.chars().filter(keep).collect()
}
