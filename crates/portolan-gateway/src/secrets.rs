//! Secrets that a configuration names: read when a policy is served, and the headers that carry them
//! made once.

use std::collections::BTreeMap;

use http::HeaderValue;

use crate::config::{Config, Scheme, Secret};
use crate::gateway::NotServed;
use crate::heads;

/// The secrets to call upstreams with.
#[derive(Default)]
pub(crate) struct Secrets(BTreeMap<Secret, Kept>);

/// A secret that was read, and the headers that carry it.
struct Kept {
    text: String,
    raw: Option<HeaderValue>,
    bearer: Option<HeaderValue>,
}

impl Secrets {
    /// Every one that a configuration names.
    ///
    /// # Errors
    /// The one that is not there.
    pub(crate) fn of(config: &Config) -> Result<Self, NotServed> {
        let shared = config.upstreams.values().filter_map(|u| u.key.as_ref());
        let rows = config.keys.iter().flat_map(|keys| keys.rows.values());
        let own = rows.flat_map(|row| row.upstreams.values());
        let mut secrets = BTreeMap::new();
        for named in shared.chain(own) {
            let text = secret(named)?;
            let kept = Kept {
                raw: heads::authorization(&text, Scheme::Raw),
                bearer: heads::authorization(&text, Scheme::Bearer),
                text,
            };
            secrets.insert(named.clone(), kept);
        }
        Ok(Self(secrets))
    }

    pub(crate) fn text(&self, named: &Secret) -> Option<&str> {
        self.0.get(named).map(|kept| &*kept.text)
    }

    pub(crate) fn header(&self, named: &Secret, scheme: Scheme) -> Option<HeaderValue> {
        let kept = self.0.get(named)?;
        match scheme {
            Scheme::Raw => kept.raw.clone(),
            Scheme::Bearer => kept.bearer.clone(),
        }
    }
}

/// What stands where a configuration says.
///
/// # Errors
/// Nothing does.
pub(crate) fn secret(secret: &Secret) -> Result<String, NotServed> {
    let found = match secret {
        Secret::Env(name) => std::env::var(name).ok(),
        Secret::File(path) => std::fs::read_to_string(path).ok(),
    };
    let found = found.map(|text| text.trim().to_owned());
    let found = found.filter(|text| !text.is_empty());
    found.ok_or_else(|| NotServed::NoSecret(format!("`{secret}`")))
}
