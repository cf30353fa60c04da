//! `portolan completions` and `portolan man`: the command line, told to shells and to readers.

use anyhow::Context as _;
use clap::Command;
use clap_complete::Shell;
use portolan_core::text::echo;

use crate::{Report, Status};

/// What `completions` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// What `man` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArguments {
    /// The page of this verb; without one, that of the whole command
    verb: Option<String>,
}

/// Prints a script that completes verbs and flags.
pub(crate) fn run(arguments: &Arguments, mut command: Command) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "portolan", &mut script);
    printed(&script)
}

/// Prints a page for `man`.
///
/// # Errors
/// When there is no such verb.
pub(crate) fn man(arguments: &ManArguments, mut command: Command) -> anyhow::Result<Report> {
    command.build();
    let page = match &arguments.verb {
        None => command,
        Some(verb) => {
            let found = command.find_subcommand(verb);
            let found = found.filter(|found| found.get_name() != "help");
            let found = found.with_context(|| format!("there is no verb `{}`", echo(verb)))?;
            found.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    Ok(printed(&text))
}

fn printed(text: &[u8]) -> Report {
    Report {
        status: Status::Yes,
        out: String::from_utf8_lossy(text).into_owned(),
        err: String::new(),
    }
}
