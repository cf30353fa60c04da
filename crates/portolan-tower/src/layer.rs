//! The layer, and what can be set of it.

use std::sync::Arc;

use portolan_core::limits;
use portolan_wire::http::Dialect;
use tower_layer::Layer;

use crate::host::Host;
use crate::service::PortolanService;

/// Puts a policy before a service.
pub struct PortolanLayer<H> {
    host: Arc<H>,
    settings: Settings,
}

/// What can be set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How errors are worded, unless a caller asks for problems.
    pub(crate) dialect: Dialect,
    /// Bytes of a body that are read.
    pub(crate) body_limit: usize,
}

impl<H: Host> PortolanLayer<H> {
    /// A layer that words its errors as `OpenAI`'s clients expect, and reads bodies of up to
    /// `limits::BODY_BYTES`.
    pub fn new(host: H) -> Self {
        Self {
            host: Arc::new(host),
            settings: Settings {
                dialect: Dialect::default(),
                body_limit: limits::BODY_BYTES,
            },
        }
    }

    /// Words errors in another dialect.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = dialect;
        self
    }

    /// Reads bodies of up to so many bytes, at most `limits::BODY_BYTES`.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = bytes.min(limits::BODY_BYTES);
        self
    }
}

impl<H> Clone for PortolanLayer<H> {
    fn clone(&self) -> Self {
        Self {
            host: Arc::clone(&self.host),
            settings: self.settings,
        }
    }
}

impl<S, H> Layer<S> for PortolanLayer<H> {
    type Service = PortolanService<S, H>;

    fn layer(&self, inner: S) -> Self::Service {
        PortolanService::new(inner, Arc::clone(&self.host), self.settings)
    }
}
