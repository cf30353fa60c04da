//! `portolan support`: what a support team asks for about a call, out of the decision log. The log
//! holds no prompt, so an example of the body is whoever asks's to add.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{anyhow, ensure};
use portolan_core::request::{AUTHORIZATION, is_misspelt};
use portolan_core::text::{echo, quoted};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Format;
use crate::load::{self, in_words};
use crate::render::paint::visible;
use crate::{Report, Status};

/// What `support` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Ids of calls: the upstream's, the gateway's or the client's own
    #[arg(required = true)]
    id: Vec<String>,
    /// The decision log that the gateway wrote
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// A small body that shows the trouble, as JSON, to stand in the bundle
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// A bundle.
#[derive(Debug, Serialize)]
struct Bundle {
    calls: Vec<Line>,
    /// A body that shows the trouble; whoever asks has to make one.
    example: Option<Value>,
}

/// A line of the log, as far as a support team needs it.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    at: String,
    /// The upstream's: what its support looks for.
    upstream_request_id: Option<String>,
    /// The gateway's.
    request_id: String,
    client_request_id: Option<String>,
    model: Option<String>,
    /// The endpoint that was called.
    #[serde(default)]
    endpoint: String,
    status: u16,
    outcome: String,
    code: Option<String>,
    #[serde(default)]
    attempts: Vec<Tried>,
    #[serde(default)]
    warnings: Vec<String>,
    stream: Option<bool>,
    snapshot: Option<String>,
    /// What the upstream said, without what the call said.
    upstream_body: Option<String>,
    ms: u64,
}

/// One try.
#[derive(Debug, Serialize, Deserialize)]
struct Tried {
    model: String,
    region: String,
    #[serde(default)]
    url: String,
    outcome: String,
    ms: u64,
}

impl Line {
    fn is(&self, id: &str) -> bool {
        self.request_id == id
            || self.upstream_request_id.as_deref() == Some(id)
            || self.client_request_id.as_deref() == Some(id)
    }
}

/// Writes the bundle.
///
/// # Errors
/// When the log cannot be read, or holds no call of one of the ids.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let calls = found(arguments)?;
    for id in &arguments.id {
        ensure!(
            calls.iter().any(|line| line.is(id)),
            "`{}` has no call `{}`",
            arguments.log.display(),
            echo(id)
        );
    }
    let example = match &arguments.request {
        None => None,
        Some(path) => {
            let text = load::text(path)?;
            let body = serde_json::from_str(&text);
            let wrong = |error| anyhow!("`{}` is not JSON: {error}", path.display());
            let mut body: Value = body.map_err(wrong)?;
            take_keys_out(&mut body);
            Some(body)
        }
    };
    let bundle = Bundle { calls, example };
    let out = match arguments.format {
        Format::Human => human(&bundle),
        Format::Json => serde_json::to_string_pretty(&bundle)? + "\n",
    };
    Ok(Report {
        status: Status::Yes,
        out,
        err: String::new(),
    })
}

/// Takes out whatever stands where a caller may put its key.
fn take_keys_out(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name.eq_ignore_ascii_case(AUTHORIZATION) || is_misspelt(name) {
                    *value = "…".into();
                } else {
                    take_keys_out(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(take_keys_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The lines of the log that are about the ids, in the order of the log.
fn found(arguments: &Arguments) -> anyhow::Result<Vec<Line>> {
    let unread = |error| {
        let path = arguments.log.display();
        anyhow!("cannot read `{path}`: {}", in_words(&error))
    };
    let file = File::open(&arguments.log).map_err(unread)?;
    let mut calls = Vec::new();
    for text in BufReader::new(file).lines() {
        let text = text.map_err(unread)?;
        // Most lines are about other calls: looking for the text costs less than reading them.
        if !arguments.id.iter().any(|id| text.contains(id.as_str())) {
            continue;
        }
        // Whatever else was written between the lines is none of ours.
        let Ok(line) = serde_json::from_str::<Line>(&text) else {
            continue;
        };
        if arguments.id.iter().any(|id| line.is(id)) {
            calls.push(line);
        }
    }
    Ok(calls)
}

/// The bundle as a letter.
fn human(bundle: &Bundle) -> String {
    let mut out = String::new();
    for line in &bundle.calls {
        call(&mut out, line);
        out.push('\n');
    }
    out.push_str("example of the request, the key taken out:\n");
    match &bundle.example {
        Some(body) => {
            let body = serde_json::to_string_pretty(body).unwrap_or_default();
            for line in body.lines() {
                let _ = writeln!(out, "  {line}");
            }
        }
        None => out
            .push_str("  none: the log holds no prompts; give a small one with `--request FILE`\n"),
    }
    out
}

fn call(out: &mut String, line: &Line) {
    let mut say = |name: &str, value: &str| {
        let _ = writeln!(out, "{name}: {}", visible(value));
    };
    let none = "none: no upstream gave one";
    say(
        "request_id",
        line.upstream_request_id.as_deref().unwrap_or(none),
    );
    say("gateway's id", &line.request_id);
    if let Some(id) = &line.client_request_id {
        say("client's id", id);
    }
    say("time", &line.at);
    say("model", line.model.as_deref().unwrap_or("none was named"));
    say("region", &line.endpoint);
    let code = line.code.as_deref().map(|code| format!(", `{code}`"));
    let (status, code) = (line.status, code.unwrap_or_default());
    say(
        "status",
        &format!("{status}, {}{code}, after {} ms", line.outcome, line.ms),
    );
    if line.stream == Some(true) {
        say("stream", "asked for");
    }
    if !line.warnings.is_empty() {
        say(
            "warnings",
            &quoted(line.warnings.iter().map(String::as_str), "and"),
        );
    }
    if let Some(snapshot) = &line.snapshot {
        say("policy", snapshot);
    }
    for (number, tried) in (1..).zip(&line.attempts) {
        let Tried {
            model,
            region,
            url,
            outcome,
            ms,
        } = tried;
        let what = format!("{model} in {region}, {outcome} after {ms} ms, {url}");
        say(&format!("try {number}"), &what);
    }
    match &line.upstream_body {
        Some(body) => {
            out.push_str("upstream's error body:\n");
            for line in body.lines() {
                let _ = writeln!(out, "  {}", visible(line));
            }
        }
        None => out.push_str("upstream's error body: none\n"),
    }
}
