//! `portolan explain`: the page of a code.

use anyhow::anyhow;
use portolan_core::{near, text};

use crate::pages::PAGES;
use crate::{Report, Status};

/// What `explain` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The code, as it stands in brackets in a finding; every code with a page where none is given
    code: Option<String>,
}

/// Explains.
///
/// # Errors
/// When no finding has that code.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let out = match &arguments.code {
        None => {
            let codes: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
            codes.join("\n") + "\n"
        }
        Some(code) => {
            let page = PAGES.iter().find(|(known, _)| known == code);
            let (_, page) = page.ok_or_else(|| {
                let near = near::nearest(code, PAGES.iter().map(|(known, _)| *known));
                let near = near.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
                anyhow!("no finding has the code `{}`{near}", text::echo(code))
            })?;
            (*page).to_owned()
        }
    };
    Ok(Report {
        status: Status::Yes,
        out,
        err: String::new(),
    })
}
