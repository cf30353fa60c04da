//! Faults planted in copies of the shipped policies: each is found by the lint that names it, and
//! by no other.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]
#![expect(clippy::disallowed_methods, reason = "tests read the repository")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use portolan_core::diagnostic::Severity;
use portolan_core::engine::study;
use portolan_core::instant::Instant;
use portolan_core::source::Files;
use portolan_lint::{Levels, Subject, lint};
use portolan_testkit::policies::{printed, root};

/// Files of a directory, one of them changed.
struct Changed {
    directory: PathBuf,
    name: &'static str,
    text: String,
}

impl Files for Changed {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        if path == self.name {
            return Ok(self.text.clone().into_bytes());
        }
        fs::read(self.directory.join(path)).map_err(|_| "there is no such file".to_owned())
    }
}

/// A fault: in which file what is replaced, or put behind its end where nothing is, by what.
struct Fault {
    code: &'static str,
    file: &'static str,
    old: &'static str,
    new: &'static str,
}

const fn rule(code: &'static str, new: &'static str) -> Fault {
    Fault {
        code,
        file: "policy.portolan",
        old: "",
        new,
    }
}

const fn change(code: &'static str, old: &'static str, new: &'static str) -> Fault {
    Fault {
        code,
        file: "policy.portolan",
        old,
        new,
    }
}

const FAULTS: &[Fault] = &[
    rule(
        "dead-rule",
        "refuse 403 free-again\n  when request.account == free and request.prompt is set\n  say \"no\"\n  help \"upgrade\"\n",
    ),
    rule(
        "dead-rule",
        "refuse 400 no-text\n  when request.fault == none and request.messages is not set and request.prompt is not set and request.input_tokens > 5\n  say \"no\"\n  help \"send either\"\n",
    ),
    rule(
        "dead-rule",
        "warn free-account \"a free account\"\n  when request.account == free\n",
    ),
    rule(
        "constant-condition",
        "refuse 400 odd\n  when request.input_tokens < 10 and request.input_tokens > 20\n  say \"no\"\n  help \"no\"\n",
    ),
    rule(
        "constant-condition",
        "warn both \"either account\"\n  when request.account == free or request.account == paid\n",
    ),
    rule(
        "redundant-condition",
        "refuse 400 far-too-much\n  when request.input_tokens > 20M and request.input_tokens > 10M\n  say \"no\"\n  help \"send less\"\n",
    ),
    rule(
        "expired-rule",
        "warn beta \"beta\"\n  when request.stream\n  until 2025-01-01\n",
    ),
    rule("unused-define", "define nobody = request.stream\n"),
    rule("unread-attribute", "attribute team: optional text\n"),
    rule(
        "unused-table",
        "table teams (home: place)\n  row north: EU27\n",
    ),
    rule(
        "needless-not",
        "warn in-eu \"in the EU\"\n  when not (request.endpoint != eu)\n",
    ),
    rule(
        "secret-in-message",
        "attribute api_key: optional text\n\nrefuse 401 wrong-api-key\n  when request.api_key is set and request.api_key == \"none\"\n  say \"no account for `{request.api_key}`\"\n  help \"ask for a key\"\n",
    ),
    rule(
        "date-only-comparison",
        "warn late \"it is late\"\n  when request.at > 2026-08-01\n",
    ),
    rule(
        "vacuous-proof",
        "prove nobody\n  for every request where request.input_tokens < 10 and request.input_tokens > 20\n  never routes\n",
    ),
    rule(
        "lock-without-proof",
        "lock retention within 30d\n  as month\n  when request.account == paid\n",
    ),
    rule(
        "silence-without-reason",
        "// allow(unused-define)\ndefine nobody = request.stream\n",
    ),
    rule(
        "unknown-silence",
        "// allow(unused-defin): used elsewhere\n",
    ),
    rule(
        "useless-silence",
        "// allow(dead-rule): kept for old clients\nwarn in-eu \"in the EU\"\n  when request.endpoint == eu\n",
    ),
    rule(
        "code-with-two-statuses",
        "refuse 400 plan-not-entitled\n  as no-streams-for-nobody\n  when request.prompt is set and request.input_tokens > 20M\n  say \"no\"\n  help \"no\"\n",
    ),
    change(
        "unread-opt-in",
        "opt-in request.model_region\n",
        "opt-in request.model_region\nopt-in request.service_tier\n",
    ),
    change(
        "gap",
        "  as   us-keeps-data-in-us\n  when request.endpoint == us\n",
        "  as   us-keeps-data-in-us\n  when request.endpoint == us and in-region\n",
    ),
];

/// What is found, notes left out: code and line.
fn found(file: &'static str, text: String) -> Result<Vec<(String, u32)>, String> {
    let directory = root().join("rules/assemblyai");
    let mut files = Changed {
        directory,
        name: file,
        text,
    };
    let study = study("policy.portolan", &mut files);
    let compiled = &study.compilation;
    let Some(engine) = &compiled.engine else {
        return Err(printed(&compiled.diagnostics, &compiled.sources));
    };
    let today = Instant::parse("2026-03-01").unwrap();
    let findings = lint(
        &Subject::new(engine, &study.documents, today),
        &Levels::default(),
    );
    let loud = findings.iter().filter(|f| f.severity > Severity::Info);
    let found = loud.map(|finding| {
        let at = compiled.sources.locate(finding.primary.span).start;
        (finding.code.to_owned(), at.line)
    });
    Ok(found.collect())
}

#[test]
fn each_planted_fault_is_found_by_the_lint_that_names_it_and_by_no_other() {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut complaints = Vec::new();
    for fault in FAULTS {
        let text = texts.entry(fault.file).or_insert_with(|| {
            let path = Path::new("rules/assemblyai").join(fault.file);
            fs::read_to_string(root().join(path)).unwrap()
        });
        let planted = if fault.old.is_empty() {
            format!("{text}\n{}", fault.new)
        } else {
            assert!(
                text.contains(fault.old),
                "{}: nothing to replace",
                fault.code
            );
            text.replacen(fault.old, fault.new, 1)
        };
        match found(fault.file, planted) {
            Err(why) => complaints.push(format!("{}: {why}", fault.code)),
            Ok(found) if found.len() == 1 && found.iter().all(|(code, _)| code == fault.code) => {}
            Ok(found) => complaints.push(format!("{} by {}: {found:?}", fault.code, fault.new)),
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
