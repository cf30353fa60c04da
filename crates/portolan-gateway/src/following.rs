//! A reload when what a policy was loaded from changes: files are looked at from time to time, by
//! what stands in them, and loaded anew once they have looked the same twice.
//!
//! Who loads notes each file before it is read ([`Notes`]), so that whatever changes after that is
//! seen. What was loaded and refused is noted like what is served: it is told once, and not tried
//! again until something changes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portolan_core::limits;
use sha2::{Digest as _, Sha256};

use crate::gateway::{Gateway, NotServed};

/// What stands in a file, or in many.
type Hash = [u8; 32];

/// How long nothing is looked at, where nobody wants that; a reload may change it.
const IDLE: Duration = Duration::from_secs(30);

/// Files and what stood in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes(BTreeMap<PathBuf, Option<Hash>>);

impl Notes {
    /// Notes what stands in a file now, or that there is none that can be read.
    pub fn look(&mut self, path: &Path) {
        self.0.insert(path.to_owned(), hash(path));
    }

    /// The same files as they are now.
    fn again(&self) -> Self {
        let mut now = Self::default();
        for path in self.0.keys() {
            now.look(path);
        }
        now
    }
}

/// The content of a plain file, as far as a source may be long.
fn hash(path: &Path) -> Option<Hash> {
    // Asked before opening: to open a pipe is to wait for its writer.
    fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    let mut file = File::open(path).ok()?.take(limits::SOURCE_BYTES as u64 + 1);
    file.read_to_end(&mut bytes).ok()?;
    Some(Sha256::digest(&bytes).into())
}

/// What was loaded last, for whoever loads to tell and for whoever follows to compare.
#[derive(Debug, Clone, Default)]
pub struct Loaded(Arc<Mutex<Notes>>);

impl Loaded {
    /// Tells what was looked at, whatever came of it.
    pub fn tell(&self, notes: Notes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = notes;
    }

    fn last(&self) -> Notes {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.clone()
    }
}

/// Looks at files for a gateway.
pub struct Following {
    gateway: Arc<Gateway>,
    loaded: Loaded,
    /// How they looked the last time, where that is not what was loaded.
    before: Option<Notes>,
}

impl Following {
    /// One that has not looked yet.
    pub fn new(gateway: Arc<Gateway>, loaded: Loaded) -> Self {
        Self {
            gateway,
            loaded,
            before: None,
        }
    }

    /// Looks at what was loaded. Where something else stands there now, and stood there the last
    /// time too, that is loaded: a file that is still being written is left alone.
    ///
    /// `None` where nothing was loaded.
    pub async fn look(&mut self) -> Option<Result<(), NotServed>> {
        let last = self.loaded.last();
        let (now, last) = tokio::task::spawn_blocking(move || (last.again(), last))
            .await
            .ok()?;
        if now == last {
            self.before = None;
            return None;
        }
        if self.before.as_ref() != Some(&now) {
            self.before = Some(now);
            return None;
        }
        self.before = None;
        let gateway = Arc::clone(&self.gateway);
        let loading = tokio::task::spawn_blocking(move || gateway.reload());
        Some(loading.await.ok()?.map(|_| ()))
    }

    /// Looks for good, as often as the configuration says, and tells what came of each reload.
    pub async fn follow(mut self, told: impl Fn(Result<(), NotServed>)) {
        loop {
            let every = self.gateway.config().watch_s;
            if every == 0 {
                tokio::time::sleep(IDLE).await;
                continue;
            }
            tokio::time::sleep(Duration::from_secs(every)).await;
            if let Some(outcome) = self.look().await {
                told(outcome);
            }
        }
    }
}
