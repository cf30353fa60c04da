//! Commands in documents print what the documents show.
//!
//! In a `console` block a line that starts with `$ cargo run --release -- ` is a command, and the
//! lines up to the next one are what it prints, exactly; only the content hash is written `…`. A
//! `json,output ARGUMENTS` block is what those arguments print, laid out over several lines. A
//! `json,file=PATH` or `yaml,file=PATH` block is that file.
//!
//! After a change of what is printed, `UPDATE_DOCS=1 cargo test -p portolan-cli --test docs` writes
//! the documents anew; read the diff.

use std::fs;

use crate::blocks::{Block, blocks, documents, printed, read, root};

const PROMPT: &str = "$ cargo run --release -- ";

#[test]
fn every_command_prints_what_its_document_shows() {
    let shown = check(|block| {
        let file = |kind: &str| block.info.strip_prefix(kind);
        if let Some(path) = file("json,file=").or_else(|| file("yaml,file=")) {
            return Some(read(path));
        }
        match block.info.strip_prefix("json,output ") {
            None => (block.info == "console").then(|| run_again(&block.text)),
            Some(arguments) => {
                let arguments: Vec<&str> = arguments.split_whitespace().collect();
                Some(laid_out_like(&block.text, &printed(&arguments)))
            }
        }
    });
    assert!(shown > 6);
}

/// Compares the blocks that a command makes with what it makes of them now; says how many.
fn check(now: impl Fn(&Block) -> Option<String>) -> usize {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut complaints = Vec::new();
    let mut shown = 0;
    for document in documents() {
        let mut page = read(&document);
        for block in blocks(&page.clone()) {
            let Some(text) = now(&block) else { continue };
            shown += 1;
            if text == block.text {
                continue;
            }
            if update {
                page = page.replace(&block.text, &text);
            } else {
                complaints.push(format!("{document}:{}: now it is\n{text}", block.line));
            }
        }
        if page != read(&document) {
            fs::write(root().join(&document), page).unwrap();
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    shown
}

/// The commands of a block, each with what it prints.
fn run_again(block: &str) -> String {
    let commands = block.lines().filter_map(|line| line.strip_prefix(PROMPT));
    let again = commands.map(|command| {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        let lines = printed(&arguments);
        let lines: Vec<&str> = lines.trim_end().lines().map(str::trim_end).collect();
        format!("{PROMPT}{command}\n{}\n", lines.join("\n"))
    });
    again.collect::<Vec<_>>().concat()
}

/// The tokens of one JSON text with the blanks of another; as it is where they do not match up.
fn laid_out_like(layout: &str, json: &str) -> String {
    let tokens = tokens(json);
    let places = self::tokens(layout);
    if tokens.len() != places.len() {
        return json.to_owned();
    }
    let pairs = places.iter().zip(&tokens);
    let text: Vec<&str> = pairs
        .flat_map(|((blank, _), (_, token))| [*blank, *token])
        .collect();
    text.concat() + "\n"
}

/// The tokens of a JSON text, each with the blanks before it.
fn tokens(json: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = json;
    loop {
        let token = rest.trim_start();
        let (blank, token) = rest.split_at(rest.len() - token.len());
        let Some(first) = token.chars().next() else {
            return found;
        };
        let end = match first {
            '"' => {
                let mut escaped = false;
                let close = token.char_indices().skip(1).find(|(_, c)| {
                    let ends = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                });
                close.unwrap().0 + 1
            }
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => token
                .find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c))
                .unwrap_or(token.len()),
        };
        let (token, after) = token.split_at(end);
        found.push((blank, token));
        rest = after;
    }
}
