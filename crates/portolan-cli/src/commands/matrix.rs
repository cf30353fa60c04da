//! `portolan matrix`: which model is available where, through which endpoint, when, at what price.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{anyhow, ensure};
use portolan_core::catalog::Catalog;
use portolan_core::instant::Instant;
use portolan_core::policy::Glob;
use portolan_core::{near, text};
use portolan_verify::matrix::{By, Filter, Options, Span, matrix};

use super::{attribute, now, quoted};
use crate::load::Policy;
use crate::render::{diagnostic, matrix as render, paint::Color};
use crate::{Report, Status};

/// What `matrix` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Ask by the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// One instant: `2026-04-20` (00:00 UTC) or `2026-04-20T09:30:00Z`; now where no date is
    /// given
    #[arg(long, value_name = "DATE", value_parser = Instant::parse,
          conflicts_with_all = ["from", "until"])]
    at: Option<Instant>,
    /// From this instant on, with every later change; now where only `--until` is given
    #[arg(long, value_name = "DATE", value_parser = Instant::parse)]
    from: Option<Instant>,
    /// Changes before this instant; all where only `--from` is given
    #[arg(long, value_name = "DATE", value_parser = Instant::parse)]
    until: Option<Instant>,
    /// The order: `model`, `maker`, `provider`, `region`, `endpoint`, `price`, `quality`, or the
    /// name of a score, such as `latency`
    #[arg(long, value_name = "WHAT", default_value = "model")]
    by: String,
    /// Only models with this id, or one that a `*` matches; give the flag again for another
    #[arg(long, value_name = "ID")]
    model: Vec<String>,
    /// Only models of this maker; give the flag again for another
    #[arg(long, value_name = "NAME")]
    maker: Vec<String>,
    /// Only what this provider may run; give the flag again for another
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// Only what is sold in this region; give the flag again for another
    #[arg(long, value_name = "NAME")]
    region: Vec<String>,
    /// Only through this endpoint; give the flag again for another
    #[arg(long, value_name = "NAME")]
    endpoint: Vec<String>,
    /// An attribute that the policy declares; give the flag again for another
    #[arg(long, value_name = "NAME=VALUE", value_parser = attribute)]
    set: Vec<(String, String)>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For people, on a terminal.
    #[default]
    Human,
    /// For people, in a pull request.
    Markdown,
    /// For spreadsheets: one line a route and stretch of time.
    Csv,
    /// For programs.
    Json,
    /// One page for a browser or a printer, with nothing from elsewhere.
    Html,
}

impl Format {
    /// As it is written after `--format`.
    const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Html => "html",
        }
    }
}

/// Shows the table.
///
/// # Errors
/// When the policy does not compile, or has no such model, region or attribute.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let span = span(arguments)?;
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot ask `{}`: this is a catalog; name a policy that uses it",
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
            err: match arguments.format {
                Format::Json => findings.json()?,
                Format::Human | Format::Markdown | Format::Csv | Format::Html => {
                    findings.human(color.on_stderr())
                }
            },
        });
    };
    let catalog = engine.catalog();
    let by = By::named(&arguments.by, catalog).ok_or_else(|| unordered(&arguments.by, catalog))?;
    let options = Options {
        span,
        attributes: super::attributes(&arguments.set)?,
        filter: filter(arguments, catalog)?,
    };
    let mut table = matrix(&engine, &options).map_err(|errors| {
        let lines: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
        anyhow::Error::msg(lines.join("\n"))
    })?;
    table.sort(by, catalog);
    let shown = render::Shown {
        matrix: &table,
        catalog,
        by,
        command: command(arguments, span),
    };
    Ok(Report {
        status: Status::Yes,
        out: match arguments.format {
            Format::Human => render::human(&shown, color.on_stdout()),
            Format::Markdown => render::markdown(&shown),
            Format::Csv => render::csv(&shown)?,
            Format::Json => render::json(&shown)?,
            Format::Html => render::html(&shown)?,
        },
        err: String::new(),
    })
}

/// For when.
fn span(arguments: &Arguments) -> anyhow::Result<Span> {
    let (from, until) = (arguments.from, arguments.until);
    if from.is_none() && until.is_none() {
        return Ok(Span::At(arguments.at.unwrap_or_else(now)));
    }
    let start = from.unwrap_or_else(now);
    if let Some(until) = until {
        let given = if from.is_some() { "`--from`" } else { "now," };
        ensure!(
            start < until,
            "`--until` {} is not after {given} {}",
            until.short(),
            start.short()
        );
    }
    Ok(Span::Between { from: start, until })
}

/// What is not an order, and what is one.
fn unordered(word: &str, catalog: &Catalog) -> anyhow::Error {
    let words = ["model", "maker", "provider", "region", "endpoint", "price"];
    let scores = catalog.scores.iter().map(|score| &*score.name);
    let quality = (!catalog.scores.is_empty()).then_some("quality");
    let all = words.into_iter().chain(quality).chain(scores);
    anyhow!(
        "cannot sort by `{}`; this catalog is sorted by {}",
        text::echo(word),
        text::quoted(all, "or")
    )
}

/// Names to what they name.
fn filter(arguments: &Arguments, catalog: &Catalog) -> anyhow::Result<Filter> {
    let models: Vec<Glob> = arguments
        .model
        .iter()
        .map(|id| Glob(id.as_str().into()))
        .collect();
    for glob in &models {
        let mut ids = catalog.models.iter().map(|model| &*model.id);
        if !ids.any(|id| glob.matches(id)) {
            let mut nearest = None;
            catalog.near(&glob.0, 1, |id| {
                nearest = Some(id);
                std::ops::ControlFlow::Break(())
            });
            return Err(unknown("model", &glob.0, nearest));
        }
    }
    let makers: Vec<&str> = catalog.makers.iter().map(|m| &*m.name).collect();
    let providers: Vec<&str> = catalog.providers.iter().map(|p| &*p.name).collect();
    let regions: Vec<&str> = catalog.regions.iter().map(|r| &*r.name).collect();
    let endpoints: Vec<&str> = catalog.endpoints.iter().map(|e| &*e.name).collect();
    let given = arguments;
    Ok(Filter {
        models,
        makers: named("maker", &given.maker, &makers, |n| catalog.maker_named(n))?,
        providers: named("provider", &given.provider, &providers, |n| {
            catalog.provider_named(n)
        })?,
        regions: named("region", &given.region, &regions, |n| {
            catalog.region_named(n)
        })?,
        endpoints: named("endpoint", &given.endpoint, &endpoints, |n| {
            catalog.endpoint_named(n)
        })?,
    })
}

fn named<T: Ord>(
    what: &str,
    given: &[String],
    names: &[&str],
    find: impl Fn(&str) -> Option<T>,
) -> anyhow::Result<BTreeSet<T>> {
    let found = given.iter().map(|name| {
        let nearest = || near::nearest(name, names.iter().copied());
        find(name).ok_or_else(|| unknown(what, name, nearest()))
    });
    found.collect()
}

fn unknown(what: &str, name: &str, nearest: Option<&str>) -> anyhow::Error {
    let near = nearest.map_or(String::new(), |n| format!("; did you mean `{n}`?"));
    anyhow!("the catalog has no {what} `{}`{near}", text::echo(name))
}

/// The command that prints the same again, whatever the time of day.
fn command(arguments: &Arguments, span: Span) -> String {
    let mut words = vec!["portolan".to_owned(), "matrix".to_owned()];
    words.push(arguments.policy.display().to_string());
    let mut flag = |name: &str, value: String| {
        words.push(format!("--{name}"));
        words.push(value);
    };
    if let Some(overlay) = &arguments.overlay {
        flag("overlay", overlay.clone());
    }
    match span {
        Span::At(at) => flag("at", at.short()),
        Span::Between { from, until } => {
            flag("from", from.short());
            if let Some(until) = until {
                flag("until", until.short());
            }
        }
    }
    if arguments.by != "model" {
        flag("by", arguments.by.clone());
    }
    for (name, values) in [
        ("model", &arguments.model),
        ("maker", &arguments.maker),
        ("provider", &arguments.provider),
        ("region", &arguments.region),
        ("endpoint", &arguments.endpoint),
    ] {
        for value in values {
            flag(name, value.clone());
        }
    }
    for (name, value) in &arguments.set {
        flag("set", format!("{name}={value}"));
    }
    if arguments.format != Format::Human {
        flag("format", arguments.format.name().to_owned());
    }
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}
