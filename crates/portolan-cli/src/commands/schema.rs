//! `portolan schema`: what an editor needs to complete and check a catalog in YAML.

use crate::render::schema;
use crate::{Report, Status};

/// What `schema` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Of which documents
    #[arg(value_enum, default_value_t)]
    of: Documents,
}

/// Documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Documents {
    /// Catalogs in YAML.
    #[default]
    Catalog,
}

/// Prints a JSON Schema.
///
/// # Errors
/// Never in practice: everything in it is text and numbers.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let schema = match arguments.of {
        Documents::Catalog => schema::catalog(),
    };
    Ok(Report {
        status: Status::Yes,
        out: serde_json::to_string_pretty(&schema)? + "\n",
        err: String::new(),
    })
}
