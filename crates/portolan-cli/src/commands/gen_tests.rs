//! `portolan gen-tests`: a case for each region of requests that no test touches, and for each
//! mutant that none notices, to be reviewed by somebody who knows what should be.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{anyhow, bail, ensure};
use portolan_test::coverage;
use portolan_test::generate::{self, Missing};
use portolan_test::mutate::Fate;
use portolan_test::suite::Test;

use super::test::{gather, mutating};
use crate::load::{Policy, in_words};
use crate::render::paint::Color;
use crate::{Report, Status};

/// What `gen-tests` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Case files that are there; those below the policy's `tests` where none is given
    files: Vec<PathBuf>,
    /// Write for the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// A case as well for every small change of the policy that no test and no proof notices
    #[arg(long)]
    mutate: bool,
    /// At most so many cases, those of the largest regions first
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    /// The file to write; one that is there is left as it is
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes what is missing.
///
/// # Errors
/// When there is no policy, or the file is there already.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot write tests for `{}`: this is a catalog; name a policy that uses it",
        arguments.policy.display()
    );
    if let Some(path) = arguments.out.as_ref().filter(|path| path.exists()) {
        bail!("`{}` is there already; name another file", path.display());
    }
    let files = gather::files(&arguments.policy, &arguments.files)?;
    let gathered = match gather::gather(policy, &files, color)? {
        Ok(gathered) => gathered,
        Err(report) => return Ok(report),
    };
    let engine = &gathered.own.engine;
    let tests: Vec<&Test> = gathered.own.tests.iter().collect();
    let mut missing = Vec::new();
    if arguments.mutate {
        let mutations = mutating::mutations(&gathered);
        for (mutation, fate) in mutating::tried(&gathered, &mutations).tried {
            if let Fate::Survived(Some(witness)) = fate {
                missing.push(Missing {
                    why: format!("{}:{}: {}", mutation.file, mutation.line, mutation.what),
                    draft: witness.draft,
                    state: witness.state,
                });
            }
        }
    }
    let untouched = coverage::untouched(engine, &tests);
    missing.extend(untouched.iter().map(Missing::from));
    missing.truncate(arguments.most.unwrap_or(usize::MAX));
    let why = "requests that no test touched: review each, then take the words off its why";
    let (text, count) = generate::file(engine, why, &missing);
    let said = match count {
        0 => return Ok(told("nothing is missing\n".to_owned())),
        1 => "1 case".to_owned(),
        many => format!("{many} cases"),
    };
    let Some(path) = &arguments.out else {
        return Ok(told(text));
    };
    let shown = path.display();
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(told(format!("wrote {said} to review to `{shown}`\n"))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("`{shown}` is there already; name another file")
        }
        Err(error) => Err(anyhow!("cannot write `{shown}`: {}", in_words(&error))),
    }
}

fn told(out: String) -> Report {
    Report {
        status: Status::Yes,
        out,
        err: String::new(),
    }
}
