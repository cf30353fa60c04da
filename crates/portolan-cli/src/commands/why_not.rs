//! `portolan why-not`: why a request is refused, and the nearest changes under which it routes.

use portolan_verify::fixes::fixes;

use super::Format;
use super::asking::Asking;
use crate::render::paint::Color;
use crate::render::{decision, fixes as render};
use crate::{Report, Status};

/// What `why-not` takes: what `decide` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    asking: Asking,
}

/// Says why, and what would help.
///
/// # Errors
/// When the policy does not compile, or the request is not one it can judge.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let asked = match arguments.asking.ask("say why not", color)? {
        Ok(asked) => asked,
        Err(findings) => return Ok(findings),
    };
    let answer = asked.engine.answer(&asked.request, &asked.state);
    let found = fixes(&asked.engine, &asked.draft, &asked.state);
    let page = render::Page {
        answer: &answer,
        fixes: found.as_deref().ok(),
        state: &asked.state,
    };
    let paint = color.on_stdout();
    Ok(Report {
        status: Status::of(&answer.outcome),
        out: match arguments.asking.format() {
            Format::Human => decision::human(&answer, &asked.policy, paint) + &page.human(paint),
            Format::Json => page.json()?,
        },
        err: String::new(),
    })
}
