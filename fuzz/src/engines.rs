//! The engines that targets decide by: the shipped policies, and files in memory.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use portolan_core::engine::{self, Engine};
use portolan_core::source::Files;

/// Files of a policy that lies in memory.
pub(crate) struct Memory<'a>(pub(crate) &'a [(&'a str, &'a [u8])]);

impl Files for Memory<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found
            .map(|(_, bytes)| bytes.to_vec())
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

struct Disk(PathBuf);

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|error| error.to_string())
    }
}

/// Every shipped policy, compiled once.
pub(crate) fn shipped() -> &'static [Engine] {
    static ENGINES: OnceLock<Vec<Engine>> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
        let mut directories: Vec<PathBuf> = std::fs::read_dir(rules)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join("policy.portolan").is_file())
            .collect();
        directories.sort();
        let compiled = directories
            .into_iter()
            .map(|directory| engine::compile("policy.portolan", &mut Disk(directory)));
        compiled.filter_map(|compiled| compiled.engine).collect()
    })
}
