//! Runs every file of `tests/cases`, one named test each.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

use std::path::Path;

use datatest_stable::Result;
use insta::Settings;
use portolan_fmt::Notation;
use portolan_testkit::case::{Case, CompileFile, DecideFile, FmtFile, Origin};
use portolan_testkit::expect::unmet_findings;
use portolan_testkit::observed::comparable;
use portolan_testkit::policies::{compile, printed};
use portolan_testkit::subject::{Core, Subject, Wire};

/// The answers meet what was expected, from every subject, and their exact words are pinned.
fn decide(path: &Path) -> Result<()> {
    let file = DecideFile::read(path)?;
    let compiled = compile(&file.origin);
    let Some(engine) = &compiled.engine else {
        let findings = printed(&compiled.diagnostics, &compiled.sources);
        return Err(format!("the policy does not compile\n{findings}").into());
    };
    let core = Core(engine);
    let wire = Wire(engine);
    let mut complaints = Vec::new();
    let mut words = String::new();
    for case in &file.requests {
        let seen = core.decide(case);
        for unmet in case.expect.iter().flat_map(|expect| expect.unmet(&seen)) {
            complaints.push(format!("{}\n  {unmet}", case.why));
        }
        let on_wire = wire.decide(case);
        if comparable(on_wire.clone()) != comparable(seen.clone()) {
            complaints.push(format!(
                "{}\n  core and wire differ\n  {seen:?}\n  {on_wire:?}",
                case.why
            ));
        }
        words.push_str(&exact(&wire, case));
    }
    if !complaints.is_empty() {
        return Err(format!("{}\n{}", file.why, complaints.join("\n")).into());
    }
    pin(path, &words);
    Ok(())
}

/// The exact answer, without the content hash, which changes with every edit of a policy.
fn exact(wire: &Wire<'_>, case: &Case) -> String {
    let text = match wire.json(case) {
        Err(error) => format!("error: {error}"),
        Ok(json) => {
            let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
            value["snapshot"] = "…".into();
            serde_json::to_string_pretty(&value).unwrap()
        }
    };
    format!("# {}\n{text}\n\n", case.why)
}

/// The findings are those expected and no others, and their exact words are pinned.
fn findings(path: &Path) -> Result<()> {
    let file = CompileFile::read(path)?;
    let compiled = compile(&file.origin);
    let words = printed(&compiled.diagnostics, &compiled.sources);
    let complaints = unmet_findings(&file.expect, &compiled.diagnostics, &compiled.sources);
    if !complaints.is_empty() {
        return Err(format!("{}\n  {}\n{words}", file.why, complaints.join("\n  ")).into());
    }
    let failed = compiled.diagnostics.iter().any(is_error);
    if failed == compiled.engine.is_some() {
        return Err("an engine must come without errors, and only so".into());
    }
    if let Origin::Inline { .. } = file.origin {
        pin(path, &words);
    }
    Ok(())
}

/// A text in style is exactly what was written by hand, and stays so.
fn style(path: &Path) -> Result<()> {
    let file = FmtFile::read(path)?;
    let notation = Notation::of(&file.file, &file.before);
    match (
        portolan_fmt::format(&file.file, &file.before, notation),
        &file.after,
    ) {
        (Ok(styled), Some(after)) => {
            assert_eq!(styled, *after, "{}", file.why);
            assert_eq!(
                portolan_fmt::format(&file.file, after, notation).as_ref(),
                Ok(after)
            );
        }
        (Err(refusal), None) => {
            let codes: Vec<&str> = refusal.diagnostics.iter().map(|d| d.code).collect();
            assert_eq!(codes, file.refused, "{}", file.why);
        }
        (seen, _) => return Err(format!("{}: {seen:?}", file.why).into()),
    }
    Ok(())
}

fn is_error(diagnostic: &portolan_core::diagnostic::Diagnostic) -> bool {
    diagnostic.severity == portolan_core::diagnostic::Severity::Error
}

/// Compares with the snapshot beside the fixture.
fn pin(path: &Path, words: &str) {
    let mut settings = Settings::clone_current();
    let path = path.canonicalize().unwrap();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    settings.bind(|| insta::assert_snapshot!(name, words));
}

datatest_stable::harness! {
    { test = decide, root = "../../tests/cases/decide", pattern = r"\.yaml$" },
    { test = style, root = "../../tests/cases/fmt", pattern = r"\.yaml$" },
    { test = decide, root = "../../rules", pattern = r"/tests/.*\.yaml$" },
    { test = findings, root = "../../tests/cases/compile", pattern = r"\.yaml$" },
}
