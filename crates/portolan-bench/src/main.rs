//! `cargo xtask bench`: what a routing decision costs, side by side, on one job.
//!
//! Prints Markdown. What the job is lives in `job.rs`, who takes part in `contender.rs`, how time
//! is taken in `measure.rs`.

mod allocations;
mod batch;
mod calm;
mod contender;
mod contenders;
mod generate;
mod golden;
mod instructions;
mod job;
mod measure;
mod report;
mod seven;

#[cfg(test)]
mod tests;

use std::io::Write;

use anyhow::ensure;
use clap::Parser;

use crate::contender::{Entry, Kind};
use crate::instructions::{Case, Program};
use crate::seven::Field;

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
    /// Nothing but Portolan beside the hand-written limit over so many models
    #[arg(long, value_name = "MODELS")]
    pair: Option<usize>,
    /// Nothing but instructions a decision, by valgrind; fails where they are above the line
    #[arg(long)]
    instructions: bool,
    /// What runs under valgrind
    #[arg(long, hide = true, requires = "program")]
    count: Option<Case>,
    /// Who runs under valgrind
    #[arg(long, hide = true)]
    program: Option<Program>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(models) = arguments.profile {
        return seven::profile(models);
    }
    if let Some((case, program)) = arguments.count.zip(arguments.program) {
        return instructions::run(case, program);
    }
    let mut out = std::io::stdout().lock();
    if let Some(models) = arguments.pair {
        let [limit, portolan] = seven::pair(models, arguments.rounds.unwrap_or(41))?;
        writeln!(
            out,
            "hand-written limit: {} ns, Portolan: {} ns, {:.2} of it; the quickest rounds: {} ns, {} ns",
            report::figure(limit.median()),
            report::figure(portolan.median()),
            portolan.over(&limit),
            report::figure(limit.least()),
            report::figure(portolan.least()),
        )?;
        return Ok(());
    }
    if arguments.instructions {
        return hold_the_line(&mut out);
    }
    let sizes: &[usize] = if arguments.quick {
        &[25, 1_000]
    } else {
        &[25, 1_000, 100_000]
    };
    let usual = if arguments.quick { 5 } else { 41 };
    let rounds = arguments.rounds.unwrap_or(usual);
    let entries = entries(&arguments);
    let fields = seven_rules(&mut out, &entries, sizes, rounds)?;
    let largest = sizes.last().copied().unwrap_or(25);
    note("measuring batches")?;
    let [single, batched] = batch::measure(largest, rounds)?;
    writeln!(
        out,
        "The decision alone over {} models: {} ns one by one, {} ns in `decide_batch`, {:.2} of it.\n",
        report::thousands(largest),
        report::figure(single.median()),
        report::figure(batched.median()),
        batched.over(&single),
    )?;
    golden_policy(
        &mut out,
        if arguments.quick {
            4_096
        } else {
            seven::DIFFERENT
        },
        rounds,
    )?;
    if arguments.quick || !instructions::available() {
        writeln!(
            out,
            "Instructions are counted where valgrind is installed, and not by `--quick`.\n"
        )?;
    } else {
        note("counting instructions")?;
        writeln!(out, "Instructions a decision, counted by valgrind:\n")?;
        writeln!(out, "{}", report::instructions(&instructions::all()?))?;
    }
    let (to_limit, from_engines) = report::verdicts(&entries, &fields);
    let figure = |f: Option<f64>| f.map_or("not measured".to_owned(), |f| format!("{f:.2}"));
    writeln!(out, "portolan / hand-written limit: {}", figure(to_limit))?;
    writeln!(
        out,
        "fastest policy engine / portolan: {}",
        figure(from_engines)
    )?;
    Ok(())
}

fn entries(arguments: &Arguments) -> Vec<Entry> {
    let mut entries = contender::all();
    entries.retain(|entry| match (entry.kind, &arguments.engine_filter) {
        (Kind::Engine, _) if arguments.quick => false,
        (Kind::Engine, Some(text)) => entry.name.contains(text.as_str()),
        _ => true,
    });
    entries
}

/// Progress, for whoever waits.
fn note(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{text}")
}

fn seven_rules(
    out: &mut impl Write,
    entries: &[Entry],
    sizes: &[usize],
    rounds: usize,
) -> anyhow::Result<Vec<Field>> {
    let mut fields = Vec::new();
    for models in sizes {
        let models_in_words = report::thousands(*models);
        note(&format!(
            "measuring {} contenders over {models_in_words} models",
            entries.len()
        ))?;
        fields.push(seven::measure(entries, *models, rounds)?);
    }
    writeln!(
        out,
        "Seven rules, {} different requests, 40 % of them refused. Nanoseconds a decision: the \
         median of {rounds} rounds, and the 99th percentile of batches of {}.\n",
        report::thousands(seven::DIFFERENT),
        measure::BATCH,
    )?;
    writeln!(out, "{}", report::table(entries, &fields))?;
    writeln!(out, "{}", report::disturbed(&fields))?;
    writeln!(out, "What more models cost, over the same requests:\n")?;
    writeln!(out, "{}", report::growth(entries, &fields))?;
    writeln!(
        out,
        "{} requests in turn:\n",
        report::thousands(seven::REPEATED)
    )?;
    writeln!(out, "{}", report::repeated(entries, &fields))?;
    Ok(fields)
}

fn golden_policy(out: &mut impl Write, count: usize, rounds: usize) -> anyhow::Result<()> {
    note("measuring the golden policy")?;
    let lines = golden::measure(count, rounds)?;
    let count = report::thousands(count);
    writeln!(
        out,
        "The golden policy over its real catalog, {count} different requests each:\n"
    )?;
    writeln!(out, "{}", report::golden(&lines))?;
    Ok(())
}

/// Fails where Portolan takes more instructions than it may.
fn hold_the_line(out: &mut impl Write) -> anyhow::Result<()> {
    let rows = instructions::all()?;
    writeln!(out, "{}", report::instructions(&rows))?;
    for row in &rows {
        let [_, portolan] = row.taken;
        ensure!(
            portolan <= row.most,
            "{}: {portolan:.0} instructions, at most {:.0}",
            row.case,
            row.most
        );
    }
    Ok(())
}
