//! A tower layer before whatever calls a model: it reads a posted call, asks the policy, and
//! either answers itself or passes the call on, rewritten to the first attempt of its plan.
//!
//! The layer holds no policy and no wording. What it needs of its surroundings is a [`Host`]: the
//! engine, the instant, who calls, what is known now. What comes behind it finds the whole plan in
//! the request's extensions, as [`Routed`], and carries it out: a layer cannot know whether an
//! answer that has begun may be tried again. A body that two readers would read differently goes
//! nowhere, whatever the policy says of it.
//!
//! `examples/axum.rs` puts it before a route, `examples/hyper.rs` before plain hyper.
//!
//! ```
//! use std::sync::Arc;
//! use portolan_core::engine::Engine;
//! use portolan_core::instant::Instant;
//! use portolan_tower::{Host, PortolanLayer};
//!
//! struct Fixed(Arc<Engine>);
//!
//! impl Host for Fixed {
//!     fn engine(&self) -> Arc<Engine> {
//!         Arc::clone(&self.0)
//!     }
//!     fn now(&self) -> Instant {
//!         Instant::from_unix_seconds(1_772_323_200)
//!     }
//!     fn request_id(&self) -> String {
//!         "7d0c".to_owned()
//!     }
//! }
//!
//! fn layer(engine: Arc<Engine>) -> PortolanLayer<Fixed> {
//!     PortolanLayer::new(Fixed(engine))
//! }
//! ```

mod host;
mod judge;
mod layer;
mod routed;
mod service;

pub use host::{Host, Who};
pub use layer::PortolanLayer;
pub use routed::Routed;
pub use service::{PortolanService, ResponseBody};
