//! `cargo xtask codes`: writes the page of every code into `docs/codes`, and the list of them that
//! `portolan explain` has built in.
//!
//! A lint's page is its definition's. The page of a code of the compiler is the smallest case of
//! `tests/cases/compile` that makes it, in the words of the case's snapshot: what cannot be tested
//! cannot be documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use portolan_testkit::case::{CompileFile, Origin};

use crate::shell;

/// Codes that no small document makes, each with what it means.
const WITHOUT_CASE: &[(&str, &str)] = &[
    (
        "bad-config",
        "`portolan.toml` is not TOML. Mend it at the place that is named",
    ),
    (
        "bad-setting",
        "a setting of `portolan.toml` has a value that it does not take",
    ),
    (
        "broken-law",
        "something that should hold of every policy does not hold of this one; the request that \
         shows it is named. `portolan prove` says which rule lets it through",
    ),
    (
        "file-too-large",
        "a file of a policy is larger than one that is read. Split it with `include`",
    ),
    (
        "inconclusive-claim",
        "whether a `prove` holds could not be found out; that counts as a failure",
    ),
    (
        "invalid-character",
        "a character stands in a catalog that YAML has no room for. Remove it",
    ),
    (
        "item-too-large",
        "an item of a catalog is larger than one that is read. Split it",
    ),
    (
        "not-utf-8",
        "a file is not UTF-8 from the byte on that is named. Save it as UTF-8",
    ),
    (
        "refuted-claim",
        "a `prove` does not hold; the request that refutes it is shown. Mend the rules, or the claim",
    ),
    (
        "scalar-too-large",
        "a value of a catalog is longer than one that is read",
    ),
    (
        "source-too-large",
        "a file is larger than one that is read. Split it and use `include`",
    ),
    (
        "text-too-long",
        "a text of a policy is longer than one that is read. Shorten it",
    ),
    (
        "too-many-alias-nodes",
        "the aliases of a YAML file repeat more than is read. Write out less, or split the file",
    ),
    (
        "too-many-comparisons",
        "a condition makes more comparisons, its defines written out, than are allowed. Split the rule",
    ),
    (
        "too-many-files",
        "a policy names more files than are read. Join some of them",
    ),
    (
        "too-many-items",
        "a file has more items than are read. Split it and use `include`",
    ),
    (
        "too-many-nodes",
        "a YAML file has more nodes than are read. Split it and use `include`",
    ),
    (
        "too-many-offerings",
        "catalogs have more offerings than are read",
    ),
    (
        "too-many-periods",
        "a dated fact has more periods than are read",
    ),
    (
        "unknown-law",
        "whether something holds that should hold of every policy could not be found out; that \
         counts as a failure",
    ),
    (
        "unknown-lint",
        "`portolan.toml` names a lint that there is not. Spell it as its page does",
    ),
    (
        "unknown-setting",
        "`portolan.toml` has a setting that there is not",
    ),
];

/// Writes every page, and removes those of codes that are gone.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn run() -> anyhow::Result<()> {
    let directory = shell::root().join("docs/codes");
    fs::create_dir_all(&directory).context("cannot make docs/codes")?;
    let pages = pages()?;
    for (code, page) in &pages {
        let path = directory.join(format!("{code}.md"));
        fs::write(path, page).with_context(|| format!("cannot write the page of `{code}`"))?;
    }
    for entry in fs::read_dir(&directory).context("cannot list docs/codes")? {
        let path = entry.context("cannot list docs/codes")?.path();
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        if !pages.contains_key(&*code) {
            fs::remove_file(&path)
                .with_context(|| format!("cannot remove the page of `{code}`"))?;
        }
    }
    fs::write(shell::root().join(LIST), list(&pages)).context("cannot write the list of pages")
}

/// The list of pages that the command has built in.
pub(crate) const LIST: &str = "crates/portolan-cli/src/pages.rs";

/// That list, for these pages.
pub(crate) fn list(pages: &BTreeMap<String, String>) -> String {
    let mut out = String::from(
        "//! The page of every code, built in. Written by `cargo xtask codes`.\n\n\
         macro_rules! pages {\n    ($($code:literal)*) => {\n        \
         [$(($code, include_str!(concat!(\"../../../docs/codes/\", $code, \".md\")))),*]\n    };\n}\n\n\
         /// Codes and their pages, by code.\n",
    );
    let _ = writeln!(
        out,
        "pub(crate) const PAGES: [(&str, &str); {}] = pages! {{",
        pages.len()
    );
    for code in pages.keys() {
        let _ = writeln!(out, "    \"{code}\"");
    }
    out.push_str("};\n");
    out
}

/// Every page, by code.
///
/// # Errors
/// When a case cannot be read.
pub(crate) fn pages() -> anyhow::Result<BTreeMap<String, String>> {
    let mut pages = BTreeMap::new();
    for (code, text) in WITHOUT_CASE {
        pages.insert(
            (*code).to_owned(),
            format!("# {code}\n\n{}.\n", capitalized(text)),
        );
    }
    for (code, (_, _, path)) in smallest_cases()? {
        let page = of_case(&code, &path)?;
        pages.insert(code, page);
    }
    for lint in portolan_lint::LINTS {
        pages.insert(lint.code.to_owned(), lint.markdown());
    }
    Ok(pages)
}

/// The case with the fewest codes, then bytes, that makes each code.
fn smallest_cases() -> anyhow::Result<BTreeMap<String, (usize, usize, PathBuf)>> {
    let mut smallest: BTreeMap<String, (usize, usize, PathBuf)> = BTreeMap::new();
    for area in ["catalog", "rules"] {
        let directory = shell::root().join("tests/cases/compile").join(area);
        for entry in fs::read_dir(&directory).context("cannot list the cases")? {
            let path = entry.context("cannot list the cases")?.path();
            if path.extension().is_none_or(|ending| ending != "yaml") {
                continue;
            }
            let text = fs::read_to_string(&path).context("cannot read a case")?;
            let codes = text.split("code: ").skip(1);
            let codes: BTreeSet<&str> = codes
                .filter_map(|rest| rest.split([',', '}', '\n']).next())
                .map(str::trim)
                .collect();
            for code in &codes {
                let size = (codes.len(), text.len(), path.clone());
                let known = smallest.entry((*code).to_owned()).or_insert(size.clone());
                if size < *known {
                    *known = size;
                }
            }
        }
    }
    Ok(smallest)
}

/// The page of a code that a case makes.
fn of_case(code: &str, path: &Path) -> anyhow::Result<String> {
    let case = CompileFile::read(path)?;
    let words =
        fs::read_to_string(path.with_extension("snap")).context("cannot read a snapshot")?;
    let words = words.splitn(3, "---\n").nth(2).unwrap_or_default();
    let mut out = format!(
        "# {code}\n\nThe policy does not compile: {}.\n",
        case.why.trim()
    );
    out.push_str("\n## Example\n");
    if let Origin::Inline { files, .. } = &case.origin {
        for (name, text) in files {
            let yaml = Path::new(name).extension().is_some_and(|e| e == "yaml");
            let language = if yaml { "yaml" } else { "text" };
            let _ = write!(
                out,
                "\n`{name}`\n\n````{language}\n{}\n````\n",
                text.trim_end()
            );
        }
    }
    let _ = write!(
        out,
        "\n## What is said\n\n````text\n{}\n````\n",
        words.trim_end()
    );
    Ok(out)
}

fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_page_that_its_definition_or_its_case_says() {
        let pages = pages().unwrap();
        let root = shell::root();
        for (code, page) in &pages {
            let there = fs::read_to_string(root.join(format!("docs/codes/{code}.md")));
            let same = there.is_ok_and(|there| there == *page);
            assert!(same, "`{code}`: run `cargo xtask codes`");
        }
        let there = fs::read_dir(root.join("docs/codes")).unwrap().count();
        assert_eq!(there, pages.len(), "run `cargo xtask codes`");
        let built_in = fs::read_to_string(root.join(LIST)).unwrap();
        assert!(built_in == list(&pages), "run `cargo xtask codes`");
    }
}
