//! What the layer asks of its surroundings: everything that a pure engine cannot know.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::request::Parts;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::State;

/// Where a call came in, and from whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// The endpoint's name; the catalog's default endpoint where absent.
    pub endpoint: Option<String>,
    /// Values of the attributes that the policy declares, by name.
    pub attributes: BTreeMap<String, String>,
}

/// The surroundings of a layer.
pub trait Host: Send + Sync + 'static {
    /// The policy that holds now. A call keeps the engine that it was judged by.
    fn engine(&self) -> Arc<Engine>;

    /// The instant that calls are judged for.
    fn now(&self) -> Instant;

    /// An id for a call, of visible ASCII characters; it names the call in answers and logs.
    fn request_id(&self) -> String;

    /// Where a call came in, and from whom. By default nothing is known of it.
    fn who(&self, parts: &Parts) -> Who {
        let _ = parts;
        Who::default()
    }

    /// What is known now of models and routes. By default nothing.
    fn state(&self) -> State {
        State::default()
    }
}
