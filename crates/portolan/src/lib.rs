//! Regional policy and routing for calls to large language models.
//!
//! One question: may this request go to this model, from here, at this moment? If so, exactly
//! where, in what order, at what price; if not, exactly why, and what would work instead.
//! This crate is the face: the names that an embedder needs, and nothing of its own but
//! [`MemoryFiles`]. Nothing here touches a file, a clock or a socket.
//!
//! # The pipeline
//!
//! 1. [`Files`] hands over text: a policy, and the catalog that it names.
//! 2. [`compile`] reads and checks all of it. A [`Compilation`] holds every [`Diagnostic`] at its
//!    line, and an [`Engine`] if none of them is an error. A policy that compiles cannot fail
//!    when it decides.
//! 3. A [`Draft`] is a call as you know it. [`Engine::request`] makes it a [`Request`], or gives
//!    back [`RequestErrors`]: an endpoint or attribute that nobody declared is a wrong input.
//! 4. [`Engine::decide`] weighs a request and the [`State`] of things now, and returns a
//!    [`Decision`]: route or [`Refusal`], plain ids, `Copy`, without an allocation. A refusal is an
//!    answer, not an error. [`Engine::view`](portolan_core::engine::Engine::view) reads the
//!    attempts, prices and warnings, and allocates nothing either.
//! 5. [`Engine::answer`] explains, as an [`Answer`]: names, prices, messages, help, rules with
//!    their file and line. It asks the reference interpreter, when somebody wants to know.
//!
//! A host that has its own request type fills in a [`Call`] instead of a draft: borrowed, plain
//! values. What is the same for many calls, endpoint and attributes, is accepted once, as a
//! [`Caller`].
//!
//! ```
//! use portolan::{Draft, Instant, MemoryFiles, Outcome, State, compile};
//!
//! let catalog = "
//! catalog: 1
//! regions: {eu: {processing: EU27, storage: EU27}, us: {processing: US, storage: US}}
//! endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
//! providers: {acme: {retention: zero}}
//! models: {m-1: {offerings: [{region: eu, provider: acme}, {region: us, provider: acme}]}}
//! ";
//! let policy = r#"
//! edition 1
//! policy stay
//! use catalog "catalog.yaml"
//!
//! lock processing, storage within EU27
//! "#;
//! let mut files = MemoryFiles::from([("p.portolan", policy), ("catalog.yaml", catalog)]);
//! let engine = compile("p.portolan", &mut files).engine.ok_or("the policy has errors")?;
//!
//! let draft = Draft::new("m-1", Instant::parse("2026-03-01")?);
//! let request = engine.request(draft)?;
//! let state = State::default();
//! let decision = engine.decide(&request, &state);
//! assert_eq!(decision.outcome, Outcome::Route);
//! let plan = engine.view(&request, &state, &decision);
//! assert_eq!(plan.attempts().count(), 1); // the US offering fell to the lock
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The whole core is [`core`], for those who need more than this page: the catalog's types, the
//! typed policy, the sources behind a diagnostic. Requests as clients post them, and decisions as
//! JSON, are the crate `portolan-wire`.

mod memory;

/// The examples of the project's front page, run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

pub use memory::MemoryFiles;
pub use portolan_core as core;

/// Reads, checks and compiles a policy file and all that it names.
///
/// ```
/// use portolan::{MemoryFiles, compile};
///
/// let mut files = MemoryFiles::from([("p.portolan", "edition 1\npolicy empty\nrefuse 999 oops")]);
/// let compilation = compile("p.portolan", &mut files);
/// assert!(compilation.engine.is_none());
/// ```
#[doc(inline)]
pub use portolan_core::engine::compile;

/// Carries an engine, or at least one error; every finding says where it stands.
///
/// ```
/// use portolan::{Compilation, MemoryFiles, compile};
///
/// let mut files = MemoryFiles::from([("p.portolan", "edition 1\npolicy p\nrefuzes 400 oops")]);
/// let Compilation { diagnostics, sources, .. } = compile("p.portolan", &mut files);
/// for found in &diagnostics {
///     let place = sources.locate(found.primary.span);
///     assert!(format!("{place}: {}", found.message).starts_with("p.portolan:"));
/// }
/// assert!(!diagnostics.is_empty());
/// ```
#[doc(inline)]
pub use portolan_core::engine::Compilation;

/// Holds a checked policy over a checked catalog, and decides.
///
/// ```
/// use portolan::{Engine, MemoryFiles, compile};
/// # let catalog = "
/// # catalog: 1
/// # regions: {eu: {processing: EU27, storage: EU27}}
/// # endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
/// # providers: {acme: {retention: zero}}
/// # models: {m-1: {offerings: [{region: eu, provider: acme}]}}
/// # ";
/// # let policy = "edition 1\npolicy p\nuse catalog \"c.yaml\"\n";
///
/// let mut files = MemoryFiles::from([("p.portolan", policy), ("c.yaml", catalog)]);
/// let engine: Engine = compile("p.portolan", &mut files).engine.ok_or("errors")?;
///
/// fn shared(_: impl Send + Sync + 'static) {}
/// shared(std::sync::Arc::new(engine)); // one engine serves every thread
/// # Ok::<(), &str>(())
/// ```
#[doc(inline)]
pub use portolan_core::engine::Engine;

/// Hands over bytes by path: the host decides what a path means.
///
/// ```
/// use portolan::{Files, compile};
///
/// struct Nothing;
/// impl Files for Nothing {
///     fn read(&mut self, _path: &str) -> Result<Vec<u8>, String> {
///         Err("there is no such file".to_owned())
///     }
/// }
/// let compilation = compile("p.portolan", &mut Nothing);
/// assert_eq!(compilation.diagnostics[0].code, "unreadable-file");
/// ```
#[doc(inline)]
pub use portolan_core::source::Files;

/// Says what is wrong with a document, where, and what to do.
///
/// ```
/// use portolan::{MemoryFiles, compile};
///
/// let policy = "edition 1\npolicy p\nuse catalog \"missing.yaml\"\n";
/// let found = compile("p.portolan", &mut MemoryFiles::from([("p.portolan", policy)]));
/// let diagnostic: &portolan::Diagnostic = &found.diagnostics[0];
/// assert_eq!(diagnostic.code, "unreadable-file");
/// assert_eq!(found.sources.slice(diagnostic.primary.span), "\"missing.yaml\"");
/// ```
#[doc(inline)]
pub use portolan_core::diagnostic::Diagnostic;

/// Names a moment, in UTC.
///
/// ```
/// use portolan::Instant;
///
/// let noon = Instant::parse("2026-03-01T12:00:00+02:00")?;
/// assert_eq!(noon.to_string(), "2026-03-01T10:00:00Z");
/// assert!(Instant::parse("2026-03-01")? < noon);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(inline)]
pub use portolan_core::instant::Instant;

/// Describes a call as the outside knows it, in text.
///
/// ```
/// use portolan::{Draft, Instant};
///
/// let mut draft = Draft::new("m-1", Instant::parse("2026-03-01")?);
/// draft.endpoint = Some("eu".to_owned());
/// draft.attributes.insert("account".to_owned(), "paid".to_owned());
/// draft.body.max_tokens = Some(500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(inline)]
pub use portolan_core::request::Draft;

/// Tells a wrong input from a refusal.
///
/// ```
/// # use portolan::{Draft, Instant, MemoryFiles, compile};
/// # let catalog = "
/// # catalog: 1
/// # regions: {eu: {processing: EU27, storage: EU27}}
/// # endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
/// # providers: {acme: {retention: zero}}
/// # models: {m-1: {offerings: [{region: eu, provider: acme}]}}
/// # ";
/// # let policy = "edition 1\npolicy p\nuse catalog \"c.yaml\"\n";
/// # let mut files = MemoryFiles::from([("p.portolan", policy), ("c.yaml", catalog)]);
/// # let engine = compile("p.portolan", &mut files).engine.ok_or("errors")?;
/// let mut draft = Draft::new("m-1", Instant::parse("2026-03-01")?);
/// draft.endpoint = Some("moon".to_owned());
/// let errors = engine.request(draft).expect_err("nobody declared it");
/// assert_eq!(errors.to_string(), "no endpoint `moon`");
///
/// let unknown = Draft::new("m-2", Instant::parse("2026-03-01")?);
/// assert!(engine.request(unknown).is_ok()); // an unknown model is for the policy to refuse
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(inline)]
pub use portolan_core::request::{Request, RequestErrors};

/// Says what is known now; what is not known skips nothing.
///
/// ```
/// use portolan::{State, Usage};
///
/// let mut state = State::default();
/// let used = Usage { used: Some(30), reset_s: Some(12), ..Usage::default() };
/// state.models.insert("m-1".to_owned(), used);
/// ```
#[doc(inline)]
pub use portolan_core::request::{State, Usage};

/// Says what came of a request, in ids.
///
/// ```
/// # use portolan::{Draft, Instant, MemoryFiles, State, compile};
/// # let catalog = "
/// # catalog: 1
/// # regions: {eu: {processing: EU27, storage: EU27}}
/// # endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
/// # providers: {acme: {retention: zero}}
/// # models: {m-1: {offerings: [{region: eu, provider: acme}]}}
/// # ";
/// # let policy = "edition 1\npolicy p\nuse catalog \"c.yaml\"\n";
/// # let mut files = MemoryFiles::from([("p.portolan", policy), ("c.yaml", catalog)]);
/// # let engine = compile("p.portolan", &mut files).engine.ok_or("errors")?;
/// use portolan::Outcome;
///
/// let request = engine.request(Draft::new("m-1", Instant::parse("2026-03-01")?))?;
/// let decision = engine.decide(&request, &State::default());
/// assert_eq!(decision.snapshot, engine.snapshot()); // which policy decided
/// match decision.outcome {
///     Outcome::Route => {}
///     Outcome::Refuse(refusal) => assert!(!refusal.retryable),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(inline)]
pub use portolan_core::decision::{Decision, Outcome, Refusal, Snapshot};

/// Is one call in borrowed, plain values, decided without an allocation.
///
/// ```
/// # use portolan::{Instant, MemoryFiles, State, compile};
/// # let catalog = "
/// # catalog: 1
/// # regions: {eu: {processing: EU27, storage: EU27}}
/// # endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
/// # providers: {acme: {retention: zero}}
/// # models: {m-1: {offerings: [{region: eu, provider: acme}]}}
/// # ";
/// # let policy = "edition 1\npolicy p\nuse catalog \"c.yaml\"\n";
/// # let mut files = MemoryFiles::from([("p.portolan", policy), ("c.yaml", catalog)]);
/// # let engine = compile("p.portolan", &mut files).engine.ok_or("errors")?;
/// use portolan::{Call, Fields};
///
/// let caller = engine.caller(Some("eu"), &Default::default())?; // once
/// let body = Fields { model: Some("m-1"), messages: true, ..Fields::default() };
/// let call = Call::new(&caller, Instant::parse("2026-03-01")?, body);
/// let state = State::default();
/// let decision = engine.decide_call(&call, &state);
/// let plan = engine.view_call(&call, &state, &decision);
/// let first = plan.attempts().next().ok_or("refused")?;
/// assert_eq!(first.url(), "https://eu.example.com/v1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(inline)]
pub use portolan_core::request::{Call, Caller, Fields};

/// Says what came of a request, in words.
///
/// ```
/// # use portolan::{Draft, Instant, MemoryFiles, State, compile};
/// # let catalog = "
/// # catalog: 1
/// # regions: {eu: {processing: EU27, storage: EU27}}
/// # endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
/// # providers: {acme: {retention: zero}}
/// # models: {m-1: {offerings: [{region: eu, provider: acme}]}}
/// # ";
/// # let policy = "edition 1\npolicy p\nuse catalog \"c.yaml\"\n";
/// # let mut files = MemoryFiles::from([("p.portolan", policy), ("c.yaml", catalog)]);
/// # let engine = compile("p.portolan", &mut files).engine.ok_or("errors")?;
/// use portolan::core::answer::Outcome;
///
/// let (request, state) = (engine.request(Draft::new("m-11", Instant::parse("2026-03-01")?))?, State::default());
/// let answer: portolan::Answer = engine.answer(&request, &state);
/// let Outcome::Refuse(refusal) = answer.outcome else { return Err("it routed".into()) };
/// assert_eq!((refusal.status, &*refusal.message), (404, "no model `m-11`"));
/// assert_eq!(refusal.help, ["did you mean `m-1`?"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(inline)]
pub use portolan_core::answer::Answer;
