//! `gateway.yaml` beside a policy: read and held against it by `check` and `prove`, and by `serve`.

use std::collections::BTreeMap;
use std::path::Path;

use portolan_core::diagnostic::{Diagnostic, Diagnostics};
use portolan_core::engine::Engine;
use portolan_core::source::Sources;
use portolan_gateway::config::{Config, read};

use crate::load::{self, Policy};

/// The file's name.
pub(crate) const FILE: &str = "gateway.yaml";

/// A configuration that was read, or what is wrong with it.
pub(crate) struct Read {
    /// `None` where anything is an error.
    pub(crate) config: Option<Config>,
    /// By place.
    pub(crate) findings: Vec<Diagnostic>,
}

/// The configuration beside a policy, if there is one. Its text joins the policy's sources. Texts
/// that a file would have after a change are taken in its place.
///
/// # Errors
/// When there is one and it cannot be read.
pub(crate) fn beside(
    policy: &Policy,
    engine: &Engine,
    changed: &BTreeMap<String, String>,
    sources: &mut Sources,
) -> anyhow::Result<Option<Read>> {
    let path = policy.beside_directory(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    // An overlay names its files from where it lies.
    let beside = Path::new(&policy.shown(FILE)).is_file();
    let name = if beside {
        FILE.to_owned()
    } else {
        format!("../{FILE}")
    };
    let text = match changed.get(&name) {
        Some(text) => text.clone(),
        None => load::text(&path)?,
    };
    Ok(Some(read_text(text, name, engine, sources)))
}

/// A configuration, which its findings are shown to be of by this name.
pub(crate) fn read_text(
    text: String,
    name: String,
    engine: &Engine,
    sources: &mut Sources,
) -> Read {
    let id = sources.add(name, text);
    let mut diagnostics = Diagnostics::default();
    let config = read(sources, id, engine, &mut diagnostics);
    Read {
        config,
        findings: diagnostics.into_sorted(),
    }
}
