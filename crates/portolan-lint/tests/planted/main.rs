//! Faults planted in copies of the shipped policies and catalogs: each is found by the lint that
//! names it, once, and by no other. The faults are in `rules` and `catalogs`; here is what is done
//! with them.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]
#![expect(clippy::disallowed_methods, reason = "tests read the repository")]

mod catalogs;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use portolan_core::engine::study;
use portolan_core::instant::Instant;
use portolan_core::source::Files;
use portolan_lint::{LINTS, Levels, Subject, lint};
use portolan_testkit::policies::{printed, root};

/// A fault: in which file what is replaced, or put behind its end where nothing is, by what.
struct Fault {
    code: &'static str,
    policy: Policy,
    file: &'static str,
    old: &'static str,
    new: &'static str,
}

/// A shipped policy, and the day for which its dates are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Policy {
    directory: &'static str,
    today: &'static str,
}

const ASSEMBLYAI: Policy = Policy {
    directory: "rules/assemblyai",
    today: "2026-03-01",
};
const BEDROCK: Policy = Policy {
    directory: "rules/bedrock",
    today: "2026-11-21",
};
const CLOUDS: Policy = Policy {
    directory: "rules/multi-cloud-eu",
    today: "2026-11-21",
};

/// The one lint whose fault is a policy that is too large to go through.
const TOO_LARGE_TO_PLANT: &str = "inconclusive-analysis";

/// Files of the repository, one of them changed.
struct Changed<'a> {
    path: PathBuf,
    text: &'a str,
}

impl Files for Changed<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let path = root().join(path);
        if path == self.path {
            return Ok(self.text.as_bytes().to_vec());
        }
        fs::read(path).map_err(|_| "there is no such file".to_owned())
    }
}

/// What is found: how often each code says each thing. Lines move, so they do not count.
type Found = BTreeMap<(&'static str, String), usize>;

/// What is found in a policy one of whose files reads otherwise, notes included.
fn found(policy: Policy, file: &str, text: &str) -> Result<Found, String> {
    let mut files = Changed {
        path: root().join(policy.directory).join(file),
        text,
    };
    let study = study(&format!("{}/policy.portolan", policy.directory), &mut files);
    let compiled = &study.compilation;
    let Some(engine) = &compiled.engine else {
        return Err(printed(&compiled.diagnostics, &compiled.sources));
    };
    let today = Instant::parse(policy.today).unwrap();
    let subject = Subject::new(engine, &study.documents, today);
    let mut found = Found::new();
    for finding in lint(&subject, &Levels::default()) {
        *found.entry((finding.code, finding.message)).or_default() += 1;
    }
    Ok(found)
}

/// What is found with a fault and not without it.
fn news(fault: &Fault, before: &Found, text: &str) -> Result<Vec<(&'static str, String)>, String> {
    assert!(
        text.contains(fault.old),
        "{}: nothing to replace",
        fault.code
    );
    let planted = if fault.old.is_empty() {
        format!("{text}\n{}", fault.new)
    } else {
        text.replacen(fault.old, fault.new, 1)
    };
    let after = found(fault.policy, fault.file, &planted)?;
    let more = after.into_iter().flat_map(|(what, count)| {
        let known = before.get(&what).copied().unwrap_or_default();
        vec![what; count.saturating_sub(known)]
    });
    Ok(more.collect())
}

/// Plants those of some faults that are for one policy, one at a time.
fn plant(policy: Policy, faults: &[Fault]) {
    let mut complaints = Vec::new();
    let read = |file: &str| fs::read_to_string(root().join(policy.directory).join(file)).unwrap();
    let before = found(policy, "policy.portolan", &read("policy.portolan")).unwrap();
    for fault in faults.iter().filter(|fault| fault.policy == policy) {
        let Fault { code, new, .. } = fault;
        match news(fault, &before, &read(fault.file)) {
            Err(why) => complaints.push(format!("{code}: {why}")),
            Ok(news) if matches!(news.as_slice(), [(found, _)] if found == code) => {}
            Ok(news) => complaints.push(format!("{code} by {new}: {news:?}")),
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn faults() -> impl Iterator<Item = &'static Fault> {
    rules::FAULTS.iter().chain(catalogs::FAULTS)
}

// A test for each, so that they run beside each other.

#[test]
fn each_fault_in_rules_of_the_gateway_is_found_once_by_the_lint_that_names_it() {
    plant(ASSEMBLYAI, rules::FAULTS);
}

#[test]
fn each_fault_in_the_catalog_of_the_gateway_is_found_once_by_the_lint_that_names_it() {
    plant(ASSEMBLYAI, catalogs::FAULTS);
}

#[test]
fn each_fault_in_bedrock_is_found_once_by_the_lint_that_names_it() {
    plant(BEDROCK, rules::FAULTS);
    plant(BEDROCK, catalogs::FAULTS);
}

#[test]
fn each_fault_in_the_clouds_is_found_once_by_the_lint_that_names_it() {
    plant(CLOUDS, rules::FAULTS);
    plant(CLOUDS, catalogs::FAULTS);
}

#[test]
fn at_least_fifty_faults_are_planted_and_every_lint_finds_one() {
    assert!(faults().count() >= 50, "{} faults", faults().count());
    let planted: BTreeSet<&str> = faults().map(|fault| fault.code).collect();
    let lints = LINTS.iter().map(|lint| lint.code);
    let wanted = lints.filter(|code| *code != TOO_LARGE_TO_PLANT);
    assert_eq!(planted, wanted.collect());
}
