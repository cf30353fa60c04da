//! `portolan decide`: one request, from flags or as it was posted, and what the policy says to it.

use portolan_verify::fixes::fixes;

use super::Format;
use super::asking::Asking;
use crate::render::{decision, fixes as render, paint::Color, trace};
use crate::{Report, Status};

/// What `decide` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    asking: Asking,
    /// Add the verdict of every rule that judges a request or a candidate for every candidate, with the values that made it, and for people the nearest changes that would help
    #[arg(long)]
    explain: bool,
}

/// Decides.
///
/// # Errors
/// When the policy does not compile or the request is not one it can judge.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let asked = match arguments.asking.ask("decide", color)? {
        Ok(asked) => asked,
        Err(findings) => return Ok(findings),
    };
    let (engine, policy) = (&asked.engine, &asked.policy);
    let answer = engine.answer(&asked.request, &asked.state);
    let traced = arguments
        .explain
        .then(|| engine.trace(&asked.request, &asked.state));
    let body = asked.body.as_ref();
    let out = match (arguments.asking.format(), &traced) {
        (Format::Human, traced) => {
            let paint = color.on_stdout();
            let mut out = decision::human(&answer, policy, paint);
            if let Some(traced) = traced {
                let found = fixes(engine, &asked.draft, &asked.state);
                let page = render::Page {
                    answer: &answer,
                    fixes: found.as_deref().ok(),
                    state: &asked.state,
                };
                out += &(page.human(paint) + &trace::human(traced, policy, paint));
            }
            out
        }
        (Format::Json, None) => portolan_wire::answer_json(&answer, body) + "\n",
        (Format::Json, Some(traced)) => portolan_wire::explained_json(&answer, body, traced) + "\n",
    };
    Ok(Report {
        status: Status::of(&answer.outcome),
        out,
        err: String::new(),
    })
}
