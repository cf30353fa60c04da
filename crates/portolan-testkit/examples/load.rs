//! What loading costs: `cargo run --release -p portolan-testkit --example load`, with numbers of
//! models behind it for other sizes than those of `docs/scale.md`.
//!
//! Each figure is measured in a process of its own, so that peaks are its own. Time is the
//! processor's, so that whoever else uses the machine is not measured. Both it and memory are the
//! system's word (Linux only): the most that was resident, beyond what was before the file.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use portolan_core::catalog;
use portolan_core::diagnostic::Diagnostics;
use portolan_core::engine;
use portolan_core::source::{Files, Sources};
use portolan_testkit::scale;

const MODELS: [usize; 4] = [25, 1_000, 10_000, 100_000];
const TENANTS: [usize; 2] = [1_000, 10_000];

/// Models beside the tenants.
const BESIDE: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, stage, size] = arguments.as_slice()
        && flag == "--stage"
    {
        measure(stage, size.parse().unwrap_or(0));
        return;
    }
    let given = arguments.iter().filter_map(|n| n.parse().ok());
    let sizes: Vec<usize> = if arguments.is_empty() {
        MODELS.to_vec()
    } else {
        given.collect()
    };
    println!("| models | file MB | read ms | checked ms | compiled ms | peak MB | × file |");
    println!("|---|---|---|---|---|---|---|");
    for size in sizes {
        let [read, checked, engine] = ["read", "checked", "engine"].map(|s| figures(s, size));
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            thousands(size),
            hundredths(engine.bytes, 1_000_000),
            hundredths(read.micros, 1_000),
            hundredths(checked.micros, 1_000),
            hundredths(engine.micros, 1_000),
            hundredths(engine.peak_bytes, 1_000_000),
            hundredths(engine.peak_bytes, engine.bytes),
        );
    }
    if !arguments.is_empty() {
        return;
    }
    println!();
    println!(
        "| tenants, beside {} models | files MB | compiled ms | peak MB |",
        thousands(BESIDE)
    );
    println!("|---|---|---|---|");
    for size in TENANTS {
        for stage in ["table", "rules"] {
            let found = figures(stage, size);
            println!(
                "| {} by {stage} | {} | {} | {} |",
                thousands(size),
                hundredths(found.bytes, 1_000_000),
                hundredths(found.micros, 1_000),
                hundredths(found.peak_bytes, 1_000_000),
            );
        }
    }
}

/// What one process found.
#[derive(Default)]
struct Figures {
    bytes: u64,
    micros: u64,
    peak_bytes: u64,
}

fn figures(stage: &str, size: usize) -> Figures {
    let size = size.to_string();
    let output = std::env::current_exe()
        .and_then(|own| Command::new(own).args(["--stage", stage, &size]).output());
    let text = output.map_or(String::new(), |o| {
        String::from_utf8_lossy(&o.stdout).into_owned()
    });
    let mut numbers = text.split_whitespace().map(|n| n.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Figures {
        bytes: next(),
        micros: next(),
        peak_bytes: next(),
    }
}

/// Prints the bytes of the files, the microseconds and the peak in bytes.
fn measure(stage: &str, size: usize) {
    let mut files = match stage {
        "table" => scale::tenants_by_table(size),
        "rules" => scale::tenants_by_rules(size),
        _ => BTreeMap::from([("policy.portolan".to_owned(), scale::POLICY.to_owned())]),
    };
    let tenants = matches!(stage, "table" | "rules");
    let models = if tenants { BESIDE } else { size };
    files.insert("catalog.yaml".to_owned(), scale::catalog(models));
    let bytes: usize = files.values().map(String::len).sum();
    let before = kilobytes("VmRSS");
    let mut peak = 0;
    let took = run(stage, files.clone(), || peak = kilobytes("VmHWM"));
    // The mean of many where a run is short: the system counts in steps of milliseconds.
    let runs = u32::try_from((20_000 / size.max(1)).clamp(2, 200)).unwrap_or(1);
    let all: Duration = (0..runs).map(|_| run(stage, files.clone(), || ())).sum();
    let took = if runs > 2 {
        all / runs
    } else {
        took.min(all / runs)
    };
    let peak = 1_024 * peak.saturating_sub(before);
    println!("{bytes} {} {peak}", took.as_micros());
}

/// Runs up to a stage, calls `look` while its result is held, and says how long it took.
fn run(stage: &str, mut files: BTreeMap<String, String>, look: impl FnOnce()) -> Duration {
    if !matches!(stage, "read" | "checked") {
        let start = spent();
        let compilation = engine::compile("policy.portolan", &mut Given(files));
        let took = spent().saturating_sub(start);
        look();
        assert!(
            compilation.engine.is_some(),
            "what is generated has no fault"
        );
        return took;
    }
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let text = files.remove("catalog.yaml").unwrap_or_default();
    let start = spent();
    let id = sources.add("catalog.yaml", text);
    let read = catalog::parse(&sources, id, &mut found);
    if stage == "read" {
        let took = spent().saturating_sub(start);
        look();
        black_box(read);
        return took;
    }
    let checked = catalog::validate(read.into_iter().collect(), &mut found);
    let took = spent().saturating_sub(start);
    look();
    black_box(checked);
    took
}

/// The processor's time that this process had so far.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// A number of kilobytes that the system knows of this process; 0 where it says nothing.
fn kilobytes(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(of));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn thousands(number: usize) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{thousands},{:03}", number % 1_000),
    }
}

/// A quotient with as many digits as matter.
fn hundredths(number: u64, by: u64) -> String {
    let hundredths = 100 * number / by.max(1);
    match hundredths {
        0..1_000 => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        1_000..10_000 => format!("{}.{}", hundredths / 100, hundredths / 10 % 10),
        _ => (hundredths / 100).to_string(),
    }
}

/// Files that are handed over once.
struct Given(BTreeMap<String, String>);

impl Files for Given {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let file = self.0.remove(path).map(String::into_bytes);
        file.ok_or_else(|| "there is no such file".to_owned())
    }
}
