//! Every example of `docs/language.md` and of `README.md` compiles and does what its `test`
//! blocks say, or fails with the code it names.
//!
//! `portolan,header` are the lines above every fragment; `portolan,file=NAME` and `csv,file=NAME` are
//! files that later examples may name; `portolan,fails code=CODE` must have errors of that code and no other.
//! What an example claims with `prove` must hold of the requests that it is asked of.
//! The first whole policy is what overlays stand over; they lie in `overlays`. The first `yaml` block is the catalog.

use portolan::{Compilation, Engine, MemoryFiles, compile};
use portolan_testkit::claims::Asked;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;

use crate::blocks::{Block, blocks, read};

const PAGE: &str = "docs/language.md";
/// Requests that the claims of an example are asked of.
const REQUESTS: u64 = 400;

/// The files that an example may name.
fn files(found: &[Block]) -> MemoryFiles {
    let mut files = MemoryFiles::default();
    let catalog = found.iter().find(|b| b.info == "yaml").unwrap();
    files.insert("catalog.yaml", catalog.text.as_str());
    let whole = |b: &&Block| b.info == "portolan" && b.text.starts_with("edition 1");
    let base = found.iter().find(whole).unwrap();
    files.insert("policy.portolan", base.text.as_str());
    for block in found {
        let file = block.info.strip_prefix("portolan,file=");
        if let Some(name) = file.or_else(|| block.info.strip_prefix("csv,file=")) {
            files.insert(name, block.text.as_str());
        }
    }
    files
}

#[test]
fn every_example_compiles_or_fails_as_it_says() {
    let found = blocks(&read(PAGE));
    let mut files = files(&found);
    let header = found.iter().find(|b| b.info == "portolan,header").unwrap();
    let mut complaints = Vec::new();
    let mut examples = 0;
    let readme = blocks(&read("README.md"));
    let pages = [(PAGE, &found), ("README.md", &readme)];
    let blocks = pages
        .iter()
        .flat_map(|(page, found)| found.iter().map(move |b| (page, b)));
    for (page, block) in blocks {
        let fails = block.info.strip_prefix("portolan,fails code=");
        if block.info != "portolan" && fails.is_none() {
            assert!(!block.info.starts_with("portolan,fails"), "{}", block.line);
            continue;
        }
        examples += 1;
        let text = if block.text.starts_with("edition ") {
            block.text.clone()
        } else {
            format!("{}\n{}", header.text, block.text)
        };
        let overlay = text.lines().any(|line| line.starts_with("overlay "));
        let name = if overlay {
            "overlays/example.portolan"
        } else {
            "example.portolan"
        };
        files.insert(name, text);
        let compilation = compile(name, &mut files);
        let mut codes: Vec<&str> = compilation.diagnostics.iter().map(|d| d.code).collect();
        codes.dedup();
        let expected: Vec<&str> = fails.into_iter().collect();
        if codes != expected {
            complaints.push(format!("{page}:{}: {}", block.line, told(&compilation)));
        }
        assert_eq!(compilation.engine.is_some(), codes.is_empty());
        let unmet = compilation
            .engine
            .iter()
            .flat_map(portolan_testkit::examples::unmet);
        complaints.extend(unmet.map(|why| format!("{page}:{}: {why}", block.line)));
        let broken = compilation.engine.iter().flat_map(broken_claims);
        complaints.extend(broken.map(|why| format!("{page}:{}: {why}", block.line)));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert!(examples > 30, "{examples}");
}

/// The claims of an example that one of some hundred requests breaks.
fn broken_claims(engine: &Engine) -> Vec<String> {
    if engine.policy().proves.is_empty() {
        return Vec::new();
    }
    let (domain, asked) = (Domain::of(engine), Asked::of(engine));
    let broken = (0..REQUESTS).find_map(|seed| {
        let mut dice = Dice::new(seed);
        let draft = domain.draft(&mut dice);
        let broken = asked.broken(&draft, &mut dice);
        let told = |(claim, draft): &(&str, _)| format!("`{claim}` does not hold of {draft:?}");
        (!broken.is_empty()).then(|| broken.iter().map(told).collect())
    });
    broken.unwrap_or_default()
}

fn told(compilation: &Compilation) -> String {
    let lines = compilation.diagnostics.iter().map(|d| {
        let place = compilation.sources.locate(d.primary.span);
        format!("{} at {place}: {}", d.code, d.message)
    });
    lines.collect::<Vec<_>>().join("; ")
}
