//! Findings as SARIF 2.1.0, which code hosts and editors read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portolan_core::diagnostic::{Diagnostic, Fix, Safety, Severity};
use portolan_core::source::{SourceId, Span};
use portolan_lint::LINTS;
use serde_json::{Value, json};

use super::Findings;

/// Where the format is defined; readers compare the text and do not fetch it.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

impl Findings<'_> {
    /// One run with all findings.
    ///
    /// # Errors
    /// Never in practice: everything in it is text and numbers.
    pub(crate) fn sarif(&self) -> serde_json::Result<String> {
        let mut codes: Vec<&str> = self
            .diagnostics
            .iter()
            .map(|finding| finding.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        let results: Vec<Value> = self
            .diagnostics
            .iter()
            .map(|finding| self.result(finding, &codes))
            .collect();
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "portolan",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
                }},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        Ok(serde_json::to_string_pretty(&log)? + "\n")
    }

    fn result(&self, finding: &Diagnostic, codes: &[&str]) -> Value {
        let lines = std::iter::once(&finding.message).chain(&finding.help);
        let text: Vec<&str> = lines.map(String::as_str).collect();
        let mut result = json!({
            "ruleId": finding.code,
            "ruleIndex": codes.binary_search(&finding.code).unwrap_or(0),
            "level": level(finding.severity),
            "message": {"text": text.join("\n")},
            "locations": [self.location(finding.primary.span, &finding.primary.message)],
        });
        let related: Vec<Value> = finding
            .related
            .iter()
            .map(|label| self.location(label.span, &label.message))
            .collect();
        if !related.is_empty() {
            put(&mut result, "relatedLocations", related.into());
        }
        // Hosts apply what they are given without asking: what must be read first is not given.
        if let Some(fix) = finding
            .fix
            .as_ref()
            .filter(|fix| fix.safety == Safety::Safe)
        {
            put(&mut result, "fixes", json!([self.fix(fix, finding)]));
        }
        result
    }

    fn location(&self, span: Span, message: &str) -> Value {
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": self.artifact(span.source),
                "region": self.region(span),
            },
        });
        if !message.is_empty() {
            put(&mut location, "message", json!({ "text": message }));
        }
        location
    }

    fn artifact(&self, id: SourceId) -> Value {
        let name = self.sources.get(id).map_or("", |source| source.name());
        json!({ "uri": uri(&self.policy.shown(name)) })
    }

    fn region(&self, span: Span) -> Value {
        let start = self.sources.locate(span).start;
        let source = self.sources.get(span.source);
        let end = source.map_or(start, |source| source.line_column(span.end));
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }

    fn fix(&self, fix: &Fix, finding: &Diagnostic) -> Value {
        let mut files: BTreeMap<SourceId, Vec<Value>> = BTreeMap::new();
        for edit in &fix.edits {
            files.entry(edit.span.source).or_default().push(json!({
                "deletedRegion": self.region(edit.span),
                "insertedContent": {"text": edit.replacement},
            }));
        }
        let changes = files.into_iter().map(|(id, replacements)| {
            json!({"artifactLocation": self.artifact(id), "replacements": replacements})
        });
        let said = finding.help.first().unwrap_or(&finding.message);
        json!({
            "description": {"text": said},
            "artifactChanges": changes.collect::<Vec<_>>(),
        })
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// What a code means, where a lint says.
fn rule(code: &str) -> Value {
    let Some(lint) = LINTS.iter().find(|lint| lint.code == code) else {
        return json!({ "id": code });
    };
    let severity = lint.level.severity();
    json!({
        "id": code,
        "shortDescription": {"text": lint.summary},
        "fullDescription": {"text": lint.page.what},
        "help": {"text": lint.page.fix, "markdown": lint.markdown()},
        "defaultConfiguration": {
            "enabled": severity.is_some(),
            "level": severity.map_or("none", level),
        },
        "properties": {"tags": [lint.group.name()]},
    })
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(key.to_owned(), value);
    }
}

/// A path as a reference: `/` between parts, and nothing that means more in one.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
