//! `portolan timeline`: every instant at which an answer changes, and what must not change.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::text;
use portolan_verify::timeline::promises::{self, Broken, Promise};
use portolan_verify::timeline::{Kind, Range, timeline};

use super::now;
use crate::load::Policy;
use crate::render::paint::Color;
use crate::render::{diagnostic, timeline as render};
use crate::{Report, Status};

/// What `timeline` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Add the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// The first instant to list: `2026-04-20` (00:00 UTC) or `2026-04-20T09:30:00Z`; now, where
    /// `always routes` is asked
    #[arg(long, value_name = "DATE", value_parser = Instant::parse)]
    from: Option<Instant>,
    /// The first instant to list no more
    #[arg(long, value_name = "DATE", value_parser = Instant::parse)]
    until: Option<Instant>,
    /// List what changes for this id alone; give the flag again for another
    #[arg(long, value_name = "ID")]
    model: Vec<String>,
    /// Fail if this does not hold throughout the range, or if there is a change of this kind:
    /// `always routes`, `some model routes`, `tightens`, `loosens`, `reroutes`, `re-prices`,
    /// `notes`; give the flag again for another
    #[arg(long, value_name = "WHAT", value_parser = failing)]
    fail_on: Vec<Failing>,
    /// Show a request whose answer changes, as a request file, below each change
    #[arg(long)]
    samples: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For a pull request
    Markdown,
    /// For programs
    Json,
    /// For a calendar (iCalendar)
    Ics,
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    /// A promise that is not kept.
    Promise(Promise),
    /// A change of this kind.
    Kind(Kind),
}

/// Reads what fails.
fn failing(given: &str) -> Result<Failing, String> {
    // In a shell a hyphen is easier to write than a blank.
    let spaced = given.replace('-', " ");
    let promise = Promise::NAMES.iter().find(|(name, _)| *name == spaced);
    let kind = Kind::NAMES.iter().find(|(name, _)| *name == given);
    let promise = promise.map(|(_, promise)| Failing::Promise(*promise));
    let kind = kind.map(|(_, kind)| Failing::Kind(*kind));
    promise.or(kind).ok_or_else(|| {
        let promises = Promise::NAMES.iter().map(|(name, _)| *name);
        let kinds = Kind::NAMES.iter().map(|(name, _)| *name);
        format!("write {}", text::quoted(promises.chain(kinds), "or"))
    })
}

/// Lists.
///
/// # Errors
/// When the policy does not compile, or nobody knows whether something holds.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot list what changes by `{}`: this is a catalog; name a policy that uses it",
        arguments.policy.display()
    );
    let compiled = policy.compile();
    let Some(engine) = compiled.engine else {
        let findings = diagnostic::Findings {
            diagnostics: &compiled.diagnostics,
            sources: &compiled.sources,
            policy: &policy,
            left_out: compiled.left_out,
        };
        return Ok(Report {
            status: Status::Wrong,
            out: String::new(),
            err: if arguments.format == Format::Json {
                findings.json()?
            } else {
                findings.human(color.on_stderr())
            },
        });
    };
    let range = range(arguments, &engine)?;
    let timeline = timeline(&engine, &range);
    ensure!(
        timeline.complete,
        "some questions are past the limits of what is looked at: name fewer ids with `--model`"
    );
    let broken = broken(arguments, &engine, &range)?;
    let kinds = arguments
        .fail_on
        .iter()
        .filter_map(|failing| match failing {
            Failing::Kind(kind) => Some(*kind),
            Failing::Promise(_) => None,
        });
    let page = render::Page {
        engine: &engine,
        range: range.window,
        timeline: &timeline,
        broken: &broken,
        failing: kinds.collect(),
        samples: arguments.samples,
    };
    Ok(Report {
        status: if page.fails() {
            Status::Wrong
        } else {
            Status::Yes
        },
        out: match arguments.format {
            Format::Human => page.human(color.on_stdout()),
            Format::Markdown => page.markdown(),
            Format::Json => page.json()?,
            Format::Ics => page.ics(),
        },
        err: String::new(),
    })
}

/// What to look at.
fn range(arguments: &Arguments, engine: &Engine) -> anyhow::Result<Range> {
    let until = arguments.until;
    // What routes when the range begins must go on routing: now, where nobody says when.
    let always = Failing::Promise(Promise::AlwaysRoutes);
    let begins = arguments.fail_on.contains(&always).then(now);
    let from = arguments.from.or(begins);
    if let (Some(from), Some(until)) = (from, until) {
        ensure!(
            from < until,
            "nothing lies from {} until {}",
            from.short(),
            until.short()
        );
    }
    let catalog = engine.catalog();
    for id in &arguments.model {
        let alias = catalog.aliases.iter().any(|alias| *alias.id == **id);
        ensure!(
            alias || catalog.model_named(id).is_some(),
            "no model `{}` in this catalog",
            text::echo(id)
        );
    }
    Ok(Range {
        window: Window { from, until },
        ids: arguments.model.clone(),
    })
}

/// Where what must hold does not.
fn broken(arguments: &Arguments, engine: &Engine, range: &Range) -> anyhow::Result<Vec<Broken>> {
    let mut all = Vec::new();
    for failing in &arguments.fail_on {
        let Failing::Promise(promise) = failing else {
            continue;
        };
        let found = promises::broken(engine, *promise, range);
        all.extend(found.ok().context(
            "whether that holds is past the limits of what is looked at: name fewer ids with `--model`",
        )?);
    }
    Ok(all)
}
