//! What a refusal with its full explanation costs, near spellings over all ids included:
//! `cargo run --release -p portolan-testkit --example refusal -- 100000`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant as Clock};

use portolan_core::answer::{Answer, Outcome};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, printed};
use portolan_testkit::scale;

fn main() {
    let models = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let models = models.unwrap_or(100_000);
    let entry = "policy.portolan".to_owned();
    let files = BTreeMap::from([
        (entry.clone(), scale::POLICY.to_owned()),
        ("catalog.yaml".to_owned(), scale::catalog(models)),
    ]);
    let compiled = compile(&Origin::Inline { entry, files });
    let Some(engine) = compiled.engine else {
        eprint!("{}", printed(&compiled.diagnostics, &compiled.sources));
        return;
    };
    println!("| {models} models, refused | answers | median µs | 99 % µs | worst µs | for |");
    println!("|---|---|---|---|---|---|");
    let ids = (0..models).step_by((models / 400).max(1)).map(scale::id);
    let ids: Vec<String> = ids.collect();
    let misspelt = |slip: fn(&str) -> String| ids.iter().map(|id| slip(id)).collect::<Vec<_>>();
    let kinds: [(&str, Vec<String>); 6] = [
        ("one slip", misspelt(|id| id.replacen('-', "x", 1))),
        (
            "three slips",
            misspelt(|id| format!("x{}yz", id.replacen('a', "", 1))),
        ),
        ("a vendor before it", misspelt(|id| format!("vendor/{id}"))),
        (
            "the beginning of many",
            misspelt(|id| id.get(..id.len() / 2).unwrap_or(id).to_owned()),
        ),
        (
            "like nothing",
            misspelt(|id| {
                id.chars()
                    .rev()
                    .map(|c| if c == '-' { 'q' } else { c })
                    .collect()
            }),
        ),
        ("not in the region", ids.clone()),
    ];
    for (kind, names) in kinds {
        row(&engine, kind, &names);
    }
}

fn row(engine: &Engine, kind: &str, names: &[String]) {
    let Ok(at) = Instant::parse("2026-06-01") else {
        return;
    };
    let mut took: Vec<(Duration, &str)> = Vec::new();
    for name in names {
        let draft = Draft {
            endpoint: Some("eu".to_owned()),
            ..Draft::new(name.clone(), at)
        };
        let Ok(request) = engine.request(draft) else {
            continue;
        };
        // The best of several, so that whoever else uses the machine is not measured.
        let mut best = Duration::MAX;
        let mut refused = true;
        for _ in 0..5 {
            let start = Clock::now();
            let answer = answer(engine, &request);
            best = best.min(start.elapsed());
            refused &= matches!(answer.outcome, Outcome::Refuse(_));
        }
        if refused {
            took.push((best, name));
        }
    }
    took.sort_unstable();
    let micros = |share: usize| {
        let found = took.get((took.len().saturating_sub(1)) * share / 100);
        found.map_or(0.0, |(took, _)| took.as_secs_f64() * 1e6)
    };
    println!(
        "| {kind} | {} | {:.0} | {:.0} | {:.0} | `{}` |",
        took.len(),
        micros(50),
        micros(99),
        micros(100),
        took.last().map_or("", |(_, name)| *name)
    );
}

fn answer(engine: &Engine, request: &portolan_core::request::Request) -> Answer {
    let state = State::default();
    engine.answer(request, &state)
}
