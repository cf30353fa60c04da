//! `portolan prove`: every claim of a policy over all requests, proved, or refuted by a request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{anyhow, ensure};
use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_core::{near, text};
use portolan_gateway::proof::{self, Proof as Reach};
use portolan_verify::prove::{Asking, Outcome, Proof, prove, prove_and_theorems};
use portolan_verify::theorems::{self, Theorem};

use super::check::Format;
use super::gateway;
use crate::load::Policy;
use crate::render::paint::{self, Color};
use crate::render::{diagnostic, proofs};
use crate::{Report, Status};

/// What `prove` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Ask the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// Only the claim of this name; give the flag again for another
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Write the questions for an SMT solver instead: `unsat` is proved, `sat` is refuted
    #[arg(long, conflicts_with = "format")]
    smt2: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Proves.
///
/// # Errors
/// When there is no policy to ask, or none of its claims has a name that was given.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot prove anything of `{}`: this is a catalog; name a policy that uses it",
        arguments.policy.display()
    );
    let compiled = policy.read();
    let Some(engine) = &compiled.engine else {
        let findings = diagnostic::Findings {
            diagnostics: &compiled.diagnostics,
            sources: &compiled.sources,
            policy: &policy,
            left_out: compiled.left_out,
        };
        return Ok(Report {
            status: Status::Wrong,
            out: String::new(),
            err: match arguments.format {
                Format::Human => findings.human(color.on_stderr()),
                Format::Compact => findings.compact(),
                Format::Json => findings.json()?,
                Format::Sarif => findings.sarif()?,
                Format::Github => findings.github(),
                Format::Junit => findings.junit(&|_| true),
            },
        });
    };
    let wanted = wanted(engine, &arguments.only)?;
    if arguments.smt2 {
        return smt2(engine, &wanted);
    }
    let begun = Instant::now();
    let asking = Asking {
        wanted: &wanted,
        posted: &posted,
        other: &|path| policy.beside(path).read().engine,
    };
    // One claim that is named is asked alone.
    let (proofs, theorems) = if arguments.only.is_empty() {
        prove_and_theorems(engine, asking)
    } else {
        (prove(engine, asking), Vec::new())
    };
    let taken = begun.elapsed();
    let reach = match reach(arguments, &policy, engine)? {
        Ok(reach) => reach,
        Err(wrong) => {
            return Ok(Report {
                status: Status::Wrong,
                out: String::new(),
                err: wrong,
            });
        }
    };
    let proved = |proof: &Proof| matches!(proof.outcome, Outcome::Proved);
    let holds = |theorem: &Theorem| matches!(theorem.outcome, theorems::Outcome::Holds);
    let shown = proofs::Shown {
        engine,
        policy: &policy,
        named: &arguments.policy,
        overlay: arguments.overlay.as_deref(),
        proofs: &proofs,
        theorems: &theorems,
        reach: reach.as_ref(),
        taken,
    };
    let failures = shown.findings();
    let of = |diagnostics| diagnostic::Findings {
        diagnostics,
        sources: &compiled.sources,
        policy: &policy,
        left_out: 0,
    };
    Ok(Report {
        status: if proofs.iter().all(proved)
            && theorems.iter().all(holds)
            && reach.as_ref().is_none_or(Reach::stands)
        {
            Status::Yes
        } else {
            Status::Wrong
        },
        out: match arguments.format {
            Format::Human => shown.human(color.on_stdout()),
            Format::Json => shown.json()?,
            Format::Compact => of(&failures).compact(),
            Format::Sarif => of(&failures).sarif()?,
            Format::Github => of(&failures).github(),
            Format::Junit => shown.junit(),
        },
        err: match (arguments.format, &reach) {
            (Format::Human | Format::Json, _) | (_, None) => String::new(),
            (_, Some(reach)) => reach.problems.join("\n"),
        },
    })
}

/// Where the listeners of the configuration beside a policy reach, if there is one and all is
/// asked; else what is wrong with it.
fn reach(
    arguments: &Arguments,
    policy: &Policy,
    engine: &Engine,
) -> anyhow::Result<Result<Option<Reach>, String>> {
    let mut sources = engine.sources().clone();
    let read = if arguments.only.is_empty() {
        gateway::beside(policy, engine, &BTreeMap::new(), &mut sources)?
    } else {
        None
    };
    let Some(read) = read else {
        return Ok(Ok(None));
    };
    let Some(config) = read.config else {
        let findings = diagnostic::Findings {
            diagnostics: &read.findings,
            sources: &sources,
            policy,
            left_out: 0,
        };
        return Ok(Err(findings.human(paint::Paint { colored: false })));
    };
    let reach = proof::reach(engine, &config, proof::Destination::Network, super::now());
    Ok(Ok(Some(reach)))
}

/// Says whether some posted request is this one.
pub(super) fn posted(draft: &Draft) -> bool {
    portolan_wire::write_request(draft, &State::default()).is_ok()
}

/// The positions of the claims that were named; all where none was.
fn wanted(engine: &Engine, names: &[String]) -> anyhow::Result<Vec<usize>> {
    let proves = &engine.policy().proves;
    if names.is_empty() {
        return Ok((0..proves.len()).collect());
    }
    let mut wanted = Vec::new();
    for name in names {
        let position = proves.iter().position(|prove| *prove.name == **name);
        let position = position.ok_or_else(|| {
            let near = near::nearest(name, proves.iter().map(|prove| &*prove.name));
            let near = near.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            anyhow!("no `prove` is named `{}`{near}", text::echo(name))
        })?;
        wanted.push(position);
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

fn smt2(engine: &Engine, wanted: &[usize]) -> anyhow::Result<Report> {
    let mut out = String::new();
    let mut err = String::new();
    for position in wanted {
        let Some(prove) = engine.policy().proves.get(*position) else {
            continue;
        };
        match portolan_verify::smt::smt2(engine, prove) {
            Ok(script) => {
                out.push_str(&script);
                out.push('\n');
            }
            Err(why) => {
                let _ = writeln!(err, "`{}` is left out: {why}", prove.name);
            }
        }
    }
    ensure!(!out.is_empty() || err.is_empty(), "{}", err.trim_end());
    Ok(Report {
        status: if err.is_empty() {
            Status::Yes
        } else {
            Status::Wrong
        },
        out,
        err,
    })
}
