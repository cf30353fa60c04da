//! One request to one policy, from flags or as it was posted: what `decide` and `why-not` take.

use std::path::PathBuf;

use anyhow::ensure;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, Request, State};
use portolan_wire::{BodyText, Call, Overrides};

use super::{Format, attribute, now};
use crate::load::{self, Policy};
use crate::render::{diagnostic, paint::Color};
use crate::{Report, Status};

/// A policy and a request to it. Flags override the request file.
#[derive(Debug, clap::Args)]
#[command(group(
    clap::ArgGroup::new("call").args(["model", "request"]).required(true).multiple(true)
))]
pub(crate) struct Asking {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Decide by the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// A request as it is posted, in its envelope; `-` for standard input
    #[arg(long, value_name = "FILE")]
    request: Option<String>,
    /// The endpoint called; the default one where not given
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// The model asked for
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// The region asked for
    #[arg(long, value_name = "REGION")]
    model_region: Option<String>,
    /// The most tokens to produce: `8000` or `8k`
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true, value_parser = tokens)]
    max_tokens: Option<i64>,
    /// Tokens that go in: `12000` or `12k`
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true, value_parser = count)]
    input_tokens: Option<i64>,
    /// The answer is wanted as a stream
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_name = "BOOL")]
    stream: Option<bool>,
    /// The instant to judge for: `2026-04-20` (00:00 UTC) or `2026-04-20T09:30:00Z`; now where
    /// not given
    #[arg(long, value_name = "DATE", value_parser = Instant::parse)]
    at: Option<Instant>,
    /// An attribute that the policy declares; give the flag again for another
    #[arg(long, value_name = "NAME=VALUE", value_parser = attribute)]
    set: Vec<(String, String)>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A request that a policy has accepted.
pub(crate) struct Asked {
    /// The policy's files.
    pub(crate) policy: Policy,
    /// The policy, compiled.
    pub(crate) engine: Engine,
    /// The request as it came.
    pub(crate) draft: Draft,
    /// The request as it was accepted.
    pub(crate) request: Request,
    /// What is known about now.
    pub(crate) state: State,
    /// What was posted, if anything was.
    pub(crate) body: Option<BodyText>,
}

impl Asking {
    /// How to print.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Compiles and accepts; what is wrong with a policy that does not compile is a report.
    ///
    /// # Errors
    /// When there is no policy, or the request is not one it can judge.
    pub(crate) fn ask(&self, verb: &str, color: Color) -> anyhow::Result<Result<Asked, Report>> {
        let policy = Policy::find(&self.policy, self.overlay.as_deref())?;
        ensure!(
            !policy.is_catalog(),
            "cannot {verb} by `{}`: this is a catalog; name a policy that uses it",
            self.policy.display()
        );
        let compiled = policy.read();
        let Some(engine) = compiled.engine else {
            let findings = diagnostic::Findings {
                diagnostics: &compiled.diagnostics,
                sources: &compiled.sources,
                policy: &policy,
                left_out: compiled.left_out,
            };
            return Ok(Err(Report {
                status: Status::Wrong,
                out: String::new(),
                err: match self.format {
                    Format::Human => findings.human(color.on_stderr()),
                    Format::Json => findings.json()?,
                },
            }));
        };
        let call = call(self, engine.policy().attribute_names())?;
        let request = engine.request(call.draft.clone()).map_err(|errors| {
            let lines: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
            anyhow::Error::msg(lines.join("\n"))
        })?;
        Ok(Ok(Asked {
            policy,
            engine,
            draft: call.draft,
            request,
            state: call.state,
            body: call.body,
        }))
    }
}

/// The call as posted, or made of flags; flags win.
fn call<'n>(arguments: &Asking, attributes: impl Iterator<Item = &'n str>) -> anyhow::Result<Call> {
    let set = super::attributes(&arguments.set)?;
    let flags = Overrides {
        endpoint: arguments.endpoint.clone(),
        model: arguments.model.clone(),
        model_region: arguments.model_region.clone(),
        max_tokens: arguments.max_tokens,
        input_tokens: arguments.input_tokens,
        stream: arguments.stream,
        at: arguments.at,
        attributes: set,
    };
    let Some(path) = &arguments.request else {
        return Ok(flags.alone(now()));
    };
    let bytes = load::request(path)?;
    let posted = portolan_wire::read_envelope(&bytes, attributes, now())?;
    Ok(flags.over(posted))
}

/// Reads a number of tokens as policies write it: `8_000`, `8k`, `1M`.
fn tokens(text: &str) -> Result<i64, String> {
    whole(text).ok_or_else(|| "write a whole number, like `8000` or `8k`".to_owned())
}

/// Reads a number of tokens that were counted.
fn count(text: &str) -> Result<i64, String> {
    let counted = whole(text).filter(|count| *count >= 0);
    counted.ok_or_else(|| "write a whole number from 0, like `8000` or `8k`".to_owned())
}

fn whole(text: &str) -> Option<i64> {
    let (digits, unit) = match (text.strip_suffix('k'), text.strip_suffix('M')) {
        (Some(digits), _) => (digits, 1_000),
        (None, Some(digits)) => (digits, 1_000_000),
        (None, None) => (text, 1),
    };
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.replace('_', "").parse().ok()?;
    number.checked_mul(unit)
}
