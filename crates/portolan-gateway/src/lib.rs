//! The reference gateway: a policy between clients and the endpoints of its catalog.
//!
//! [`config`] reads `gateway.yaml` and [`proof`] proves it: both are here without the feature
//! `server`, for whoever checks. With it, [`Gateway`] holds what all calls share and [`Server`] its
//! sockets. A call passes `paths` (host, path, method), `chat` (read), `plan` (judged), `dispatch`
//! (carried out, by `attempt`), and is answered in its own framing (`stream`, `reframe`).
//!
//! No policy is here and no wording: what may be called, what moves a plan on and how long that may
//! take are the policy's; what callers read is worded by `portolan-wire`.

pub mod config;
mod fences;
mod host;
pub mod proof;

#[cfg(feature = "server")]
mod ask;
#[cfg(feature = "server")]
mod attempt;
#[cfg(feature = "server")]
mod audio;
#[cfg(feature = "server")]
mod budgets;
#[cfg(feature = "server")]
mod chat;
#[cfg(feature = "server")]
mod clock;
#[cfg(feature = "server")]
mod crew;
#[cfg(feature = "server")]
mod dispatch;
#[cfg(feature = "server")]
mod evidence;
#[cfg(feature = "server")]
mod exchange;
#[cfg(feature = "server")]
mod following;
#[cfg(feature = "server")]
mod gateway;
#[cfg(feature = "server")]
mod given;
#[cfg(feature = "server")]
mod heads;
#[cfg(feature = "server")]
mod health;
#[cfg(feature = "server")]
mod injection;
#[cfg(feature = "server")]
mod ledger;
#[cfg(feature = "server")]
mod log;
#[cfg(feature = "server")]
mod mock;
#[cfg(feature = "server")]
mod models;
#[cfg(feature = "server")]
mod passing;
#[cfg(feature = "server")]
mod observe;
#[cfg(feature = "server")]
mod paths;
#[cfg(feature = "server")]
mod plan;
#[cfg(feature = "server")]
mod reading;
#[cfg(feature = "server")]
mod redact;
#[cfg(feature = "server")]
mod reframe;
#[cfg(feature = "server")]
mod repair;
#[cfg(feature = "server")]
mod said;
#[cfg(feature = "server")]
mod secrets;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod shared;
#[cfg(feature = "server")]
mod steady;
#[cfg(feature = "server")]
mod stream;
#[cfg(feature = "server")]
mod telemetry;
#[cfg(feature = "server")]
mod tls;
#[cfg(feature = "server")]
mod traces;
#[cfg(feature = "server")]
mod transport;
#[cfg(feature = "server")]
mod ways;
#[cfg(feature = "server")]
mod windows;

#[cfg(feature = "server")]
pub use clock::{Clock, ClockFrom, MachineClock};
#[cfg(feature = "server")]
pub use following::{Following, Loaded, Notes};
#[cfg(feature = "server")]
pub use gateway::{Gateway, Load, NotServed, Settings};
#[cfg(feature = "server")]
pub use log::Log;
#[cfg(feature = "server")]
pub use mock::Mock;
#[cfg(feature = "server")]
pub use server::Server;
#[cfg(feature = "server")]
pub use transport::{Body, BoxError, Upstream};
