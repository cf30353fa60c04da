//! Files that are texts in memory: for tests, embedded policies and examples. Files on a disk are
//! the host's to read.

use std::collections::BTreeMap;

use portolan_core::source::Files;

/// Texts by path.
///
/// ```
/// use portolan::{Files, MemoryFiles};
///
/// let mut files = MemoryFiles::from([("policy.portolan", "edition 1")]);
/// assert_eq!(files.read("policy.portolan"), Ok(b"edition 1".to_vec()));
/// assert!(files.read("catalog.yaml").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// Adds a file, or puts it in the place of the one that has this path.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), bytes.into());
    }
}

impl<P: Into<String>, B: Into<Vec<u8>>> FromIterator<(P, B)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> Self {
        let files = files
            .into_iter()
            .map(|(path, bytes)| (path.into(), bytes.into()));
        Self(files.collect())
    }
}

impl<P: Into<String>, B: Into<Vec<u8>>, const N: usize> From<[(P, B); N]> for MemoryFiles {
    fn from(files: [(P, B); N]) -> Self {
        files.into_iter().collect()
    }
}

impl Files for MemoryFiles {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let bytes = self.0.get(path).cloned();
        bytes.ok_or_else(|| "there is no such file".to_owned())
    }
}
