//! What loading costs, stage by stage: `cargo run --release -p portolan-testkit --example load`,
//! with numbers of models behind it for other sizes than those of `docs/scale.md`.
//!
//! Each stage runs in a process of its own, so that peaks are its own. Memory is the system's
//! word (Linux only): the most that was resident, and what was resident at the end.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use portolan_core::catalog;
use portolan_core::diagnostic::Diagnostics;
use portolan_core::engine;
use portolan_core::source::{Files, Sources};
use portolan_testkit::scale;

const SIZES: [usize; 4] = [25, 1_000, 10_000, 100_000];

/// How far to go, each from the text on.
const STAGES: [&str; 4] = ["nodes", "written", "checked", "engine"];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|a| a == "--stage") {
        let models = arguments.get(2).and_then(|n| n.parse().ok()).unwrap_or(0);
        let stage = arguments.get(1).map_or("", String::as_str);
        println!("{}", measured(stage, models));
        return;
    }
    if arguments.is_empty() {
        arguments = SIZES.map(|size| size.to_string()).to_vec();
    }
    println!("| models | file MB | up to | ms | peak MB | × file | at rest MB |");
    println!("|---|---|---|---|---|---|---|");
    for size in arguments {
        for stage in STAGES {
            let Ok(own) = std::env::current_exe() else {
                continue;
            };
            let output = Command::new(own).args(["--stage", stage, &size]).output();
            let line = output.map_or_else(
                |error| error.to_string(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            );
            println!("{line}");
        }
    }
}

/// One line of the table.
fn measured(stage: &str, models: usize) -> String {
    let text = scale::catalog(models);
    let size = text.len();
    // The best of several runs for sizes where a run is short; the last run is measured for memory.
    let runs = (20_000 / models.max(1)).clamp(1, 20);
    let mut best = Duration::MAX;
    for _ in 1..runs {
        let copy = text.clone();
        best = best.min(run(stage, copy, || ()));
    }
    let before = kilobytes("VmRSS");
    let (mut peak, mut rest) = (0, 0);
    best = best.min(run(stage, text, || {
        peak = kilobytes("VmHWM");
        rest = kilobytes("VmRSS");
    }));
    let text_kilobytes = size as f64 / 1_024.0;
    let own = |kilobytes: u64| (kilobytes.saturating_sub(before)) as f64 + text_kilobytes;
    format!(
        "| {models} | {:.2} | {stage} | {:.1} | {:.1} | {:.1} | {:.1} |",
        size as f64 / 1e6,
        best.as_secs_f64() * 1e3,
        own(peak) / 1_024.0,
        own(peak) / text_kilobytes,
        own(rest) / 1_024.0,
    )
}

/// Runs up to a stage, calls `look` while its result is held, and says how long it took.
fn run(stage: &str, text: String, look: impl FnOnce()) -> Duration {
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let start = Instant::now();
    if stage == "engine" {
        let compilation = engine::compile("policy.portolan", &mut Loaded(Some(text)));
        assert!(
            compilation.engine.is_some(),
            "the generated catalog has no fault"
        );
        let took = start.elapsed();
        look();
        black_box(compilation);
        return took;
    }
    let id = sources.add("catalog.yaml", text);
    if stage == "nodes" {
        let nodes = catalog::read(&sources, id, &mut found);
        let took = start.elapsed();
        look();
        black_box(nodes);
        return took;
    }
    let written = catalog::parse(&sources, id, &mut found);
    if stage == "written" {
        let took = start.elapsed();
        look();
        black_box(written);
        return took;
    }
    let checked = catalog::validate(written.into_iter().collect(), &mut found);
    let took = start.elapsed();
    look();
    black_box(checked);
    took
}

/// A number of kilobytes that the system knows of this process; 0 where it says nothing.
fn kilobytes(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(of));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// A policy of few rules, and a catalog that is handed over once.
struct Loaded(Option<String>);

impl Files for Loaded {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "policy.portolan" => Ok(scale::POLICY.into()),
            _ => self
                .0
                .take()
                .map(String::into_bytes)
                .ok_or_else(|| "read twice".to_owned()),
        }
    }
}
