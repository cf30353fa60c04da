//! `cargo xtask bench`: what a routing decision costs, side by side, on one job.
//!
//! Prints Markdown. What the job is lives in `job.rs`, who takes part in `contender.rs`, how time
//! is taken in `measure.rs`.

mod allocations;
mod contender;
mod contenders;
mod generate;
mod golden;
mod job;
mod measure;
mod report;
mod seven;

use std::io::Write as _;

use clap::Parser;

use crate::contender::Kind;

/// What a routing decision costs, side by side, on one job.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    /// Two small catalogs and few rounds, to see that it works
    #[arg(long)]
    quick: bool,
    /// Only engines with this in their name, beside the hand-written programs and Portolan
    #[arg(long, value_name = "TEXT")]
    engine_filter: Option<String>,
    /// Rounds; each figure is a median over them
    #[arg(long)]
    rounds: Option<usize>,
    /// Nothing but Portolan's decisions over so many models, for a profiler
    #[arg(long, value_name = "MODELS")]
    profile: Option<usize>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(models) = arguments.profile {
        return seven::profile(models);
    }
    let mut out = std::io::stdout().lock();
    let sizes: &[usize] = if arguments.quick {
        &[25, 1_000]
    } else {
        &[25, 1_000, 100_000]
    };
    let rounds = arguments
        .rounds
        .unwrap_or(if arguments.quick { 5 } else { 41 });
    let mut entries = contender::all();
    entries.retain(|entry| match (entry.kind, &arguments.engine_filter) {
        (Kind::Engine, _) if arguments.quick => false,
        (Kind::Engine, Some(text)) => entry.name.contains(text.as_str()),
        _ => true,
    });
    let mut fields = Vec::new();
    for models in sizes {
        let note = format!("{} models", report::thousands(*models));
        writeln!(
            std::io::stderr(),
            "measuring {} contenders over {note}",
            entries.len()
        )?;
        fields.push(seven::measure(&entries, *models, rounds)?);
    }
    writeln!(
        out,
        "Seven rules, {} different requests, 40 % of them refused. Nanoseconds a decision: the median of \
         {rounds} rounds, and the 99th percentile of batches of {}.\n",
        report::thousands(seven::DIFFERENT),
        measure::BATCH,
    )?;
    writeln!(out, "{}", report::table(&entries, &fields))?;
    writeln!(out, "What more models cost, over the same requests:\n")?;
    writeln!(out, "{}", report::growth(&entries, &fields))?;
    writeln!(
        out,
        "{} requests in turn:\n",
        report::thousands(seven::REPEATED)
    )?;
    writeln!(out, "{}", report::repeated(&entries, &fields))?;
    writeln!(std::io::stderr(), "measuring the golden policy")?;
    let golden = golden::measure(
        if arguments.quick {
            4_096
        } else {
            seven::DIFFERENT
        },
        rounds,
    )?;
    writeln!(
        out,
        "The golden policy over its real catalog, {} different requests each:\n",
        report::thousands(if arguments.quick {
            4_096
        } else {
            seven::DIFFERENT
        })
    )?;
    writeln!(out, "{}", report::golden(&golden))?;
    let (to_limit, from_engines) = report::verdicts(&entries, &fields);
    let figure =
        |figure: Option<f64>| figure.map_or("not measured".to_owned(), |f| format!("{f:.2}"));
    writeln!(out, "portolan / hand-written limit: {}", figure(to_limit))?;
    writeln!(
        out,
        "fastest policy engine / portolan: {}",
        figure(from_engines)
    )?;
    Ok(())
}
