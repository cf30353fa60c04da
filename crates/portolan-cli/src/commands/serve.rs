//! `portolan serve`: the reference gateway over a policy, until it is told to stop.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, anyhow, bail, ensure};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::text::quoted;
use portolan_gateway::config::{Config, Listener, Secret};
use portolan_gateway::{
    Clock, ClockFrom, Following, Gateway, Load, Loaded, Log, MachineClock, Mock, NotServed, Notes,
    Server, Settings,
};

use super::gateway;
use crate::load::{self, Policy, in_words};
use crate::render::diagnostic::Findings;
use crate::{Report, Status};

/// The first port of the listeners, where nobody names any.
const PORT: u16 = 8080;

/// What `serve` takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Serve the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// The configuration; `gateway.yaml` beside the policy where none is named
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve an endpoint at an address, like `us=127.0.0.1:8080`; give the flag again for others
    #[arg(long, value_name = "ENDPOINT=ADDRESS", value_parser = listener)]
    listen: Vec<(String, SocketAddr)>,
    /// Where `/metrics`, `/healthz`, `/readyz` and `/reload` are
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// Call this in the place of the catalog's endpoints
    #[arg(long, value_enum, value_name = "WHAT")]
    upstream: Option<Upstream>,
    /// Answer with the decision and call nobody
    #[arg(long)]
    dry_run: bool,
    /// Forward every call unchanged and log what the policy would have done; `/report` sums it up
    #[arg(long, conflicts_with = "dry_run")]
    observe: bool,
    /// With the mock or without calls: begin at this instant, like `2026-03-01`, not now
    #[arg(long, value_name = "DATE", value_parser = Instant::parse)]
    at: Option<Instant>,
    /// What every call is, in the policy's attributes
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::attribute)]
    set: Vec<(String, String)>,
    /// Where the decision log goes: a file, or `-` for standard error
    #[arg(long, value_name = "FILE")]
    log: Option<String>,
}

/// What stands in the place of the catalog's endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Upstream {
    /// An upstream in this process that answers and calls nobody.
    Mock,
}

fn listener(text: &str) -> Result<(String, SocketAddr), String> {
    let example = || "write it like `us=127.0.0.1:8080`".to_owned();
    let (endpoint, address) = text.split_once('=').ok_or_else(example)?;
    let address = address.parse().map_err(|_| example())?;
    Ok((endpoint.to_owned(), address))
}

/// Serves.
///
/// # Errors
/// When the policy is not sound or not proved, or an address cannot be listened on.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    // What it does beside calls; these have threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow!("cannot start: {}", in_words(&error)))?;
    runtime.block_on(serve(arguments.clone()))?;
    Ok(Report {
        status: Status::Yes,
        out: String::new(),
        err: String::new(),
    })
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let (_, config) = loaded(&arguments, &Loaded::default()).map_err(|why| anyhow!(why))?;
    let log = match arguments.log.as_deref().or(config.log.as_deref()) {
        None => Log::nowhere(),
        Some("-") => Log::to(io::stderr()),
        Some(path) => {
            let file = OpenOptions::new().append(true).create(true).open(path);
            let file =
                file.map_err(|error| anyhow!("cannot write `{path}`: {}", in_words(&error)))?;
            Log::to(file)
        }
    };
    let mock = arguments.upstream.map(|Upstream::Mock| Mock::default());
    let clock: Box<dyn Clock> = match arguments.at {
        None => Box::new(MachineClock),
        Some(at) => {
            // A real upstream lives today, and so do its models.
            ensure!(
                mock.is_some() || arguments.dry_run,
                "`--at` is for `--upstream mock` and `--dry-run`: calls are judged for when they are made"
            );
            Box::new(ClockFrom::new(at))
        }
    };
    let settings = Settings {
        dry_run: arguments.dry_run,
        observe: arguments.observe,
        mock,
        log,
        clock,
        ..Settings::default()
    };
    let again = arguments.clone();
    let last = Loaded::default();
    let told = last.clone();
    let load: Load = Box::new(move || loaded(&again, &told));
    let gateway = Gateway::new(load, settings)?;
    for line in gateway.proof().lines {
        say(&line)?;
    }
    let server = Server::bind(Arc::clone(&gateway)).await;
    let server = server.map_err(|(address, error)| {
        anyhow!("cannot listen on `{address}`: {}", in_words(&error))
    })?;
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let server = server
        .with_threads(threads)
        .map_err(|error| anyhow!("cannot start: {}", in_words(&error)))?;
    let addresses = server.addresses();
    for (listener, address) in config.listeners.iter().zip(&addresses) {
        let endpoints = quoted(listener.endpoints(), "and");
        say(&format!("listening: {endpoints} at http://{address}"))?;
    }
    if let (Some(address), Some(_)) = (addresses.get(config.listeners.len()), config.admin) {
        say(&format!("admin: http://{address}"))?;
    }
    if mock.is_none() && config.keys.is_none() {
        say("no keys are declared: whoever reaches a listener is served")?;
    }
    if arguments.observe {
        say("observing: calls are forwarded as they come, and nothing of what was proved holds")?;
    }
    say(&format!("ready: snapshot {}", gateway.snapshot()))?;
    let following = Following::new(Arc::clone(&gateway), last);
    let own = Arc::clone(&gateway);
    let told = move |outcome| reloaded(&own, &outcome);
    let following = tokio::spawn(following.follow(told));
    server.run(stopped(gateway)).await;
    following.abort();
    say("stopped")
}

/// Standard output, line by line: whoever waits for `ready` must see it at once.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| anyhow!("cannot write: {}", in_words(&error)))
}

/// Reads, checks and compiles; in words what is wrong. Whatever comes of it, it is told which files
/// that was.
fn loaded(arguments: &Arguments, last: &Loaded) -> Result<(Engine, Config), String> {
    let mut notes = Notes::default();
    let read = read(arguments, &mut notes);
    last.tell(notes);
    read.map_err(|error| format!("{error:#}"))
}

/// Reads, checks and compiles, and notes each file before it is read.
fn read(arguments: &Arguments, notes: &mut Notes) -> anyhow::Result<(Engine, Config)> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot serve `{}`: this is a catalog; serve a policy that uses it",
        arguments.policy.display()
    );
    let mut compiled = policy.compile_telling(&mut |path| notes.look(path));
    let Some(engine) = compiled.engine.take() else {
        let findings = Findings {
            diagnostics: &compiled.diagnostics,
            sources: &compiled.sources,
            policy: &policy,
            left_out: compiled.left_out,
        };
        bail!("the policy is wrong\n{}", findings.compact().trim_end());
    };
    let mut sources = compiled.sources;
    let (read, place) = match &arguments.config {
        None => {
            let unchanged = BTreeMap::new();
            notes.look(&policy.beside_directory(gateway::FILE));
            let read = gateway::beside(&policy, &engine, &unchanged, &mut sources)?;
            (read, policy)
        }
        Some(path) => {
            notes.look(path);
            let place = Policy::of_file(path)?;
            let name = place.entry().to_owned();
            let read = gateway::read_text(load::text(path)?, name, &engine, &mut sources);
            (Some(read), place)
        }
    };
    let config = match read {
        None => Config::of_listeners(Vec::new()),
        Some(read) => {
            let findings = Findings {
                diagnostics: &read.findings,
                sources: &sources,
                policy: &place,
                left_out: 0,
            };
            let wrong = || {
                format!(
                    "the configuration is wrong\n{}",
                    findings.compact().trim_end()
                )
            };
            read.config.with_context(wrong)?
        }
    };
    let config = flags(arguments, config, &engine)?;
    for secret in config.secrets() {
        match secret {
            Secret::File(path) => notes.look(Path::new(path)),
            Secret::Env(_) => {}
        }
    }
    Ok((engine, config))
}

/// What the command line says, over what the file says.
fn flags(arguments: &Arguments, mut config: Config, engine: &Engine) -> anyhow::Result<Config> {
    let catalog = engine.catalog();
    if !arguments.listen.is_empty() {
        config.listeners = Vec::new();
        for (endpoint, address) in &arguments.listen {
            let known = catalog.endpoint_named(endpoint).is_some();
            ensure!(known, "the catalog has no endpoint `{endpoint}`");
            // The address was named by whoever runs this: it may be reached from elsewhere.
            let mut listener = Listener::of_endpoint(endpoint, *address);
            listener.open = true;
            config.listeners.push(listener);
        }
    }
    if config.listeners.is_empty() {
        let mut endpoints: Vec<_> = catalog.endpoints.iter().collect();
        endpoints.sort_by_key(|endpoint| !endpoint.default);
        for (port, endpoint) in (PORT..).zip(endpoints) {
            let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
            config
                .listeners
                .push(Listener::of_endpoint(&*endpoint.name, address));
        }
    }
    config.admin = arguments.admin.or(config.admin);
    config.attributes.extend(super::attributes(&arguments.set)?);
    if config.keys.is_none() {
        for listener in &config.listeners {
            for endpoint in listener.endpoints() {
                let caller = engine.caller(Some(endpoint), &config.attributes);
                caller.map_err(|errors| anyhow!("{errors}"))?;
            }
        }
    }
    let calls = arguments.upstream.is_none() && !arguments.dry_run;
    if calls && config.keys.is_none() {
        let endpoints = config.listeners.iter().flat_map(Listener::endpoints);
        for endpoint in endpoints {
            ensure!(
                config.secret(endpoint, None).is_some(),
                "there is no key for endpoint `{endpoint}`: name it in `{}`, as `upstreams: \
                 {{{endpoint}: {{key: env:NAME}}}}`, or try `--upstream mock`",
                shown(arguments)
            );
        }
    }
    Ok(config)
}

fn shown(arguments: &Arguments) -> String {
    let file = arguments.config.as_deref();
    file.unwrap_or(Path::new(gateway::FILE))
        .display()
        .to_string()
}

/// Comes when the process is told to stop. Until then a hang-up loads the policy anew.
#[cfg(unix)]
fn stopped(gateway: Arc<Gateway>) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    async move {
        let listen = |kind| signal(kind).ok();
        let mut ends = listen(SignalKind::terminate());
        let mut hangs = listen(SignalKind::hangup());
        loop {
            tokio::select! {
                () = came(&mut ends) => return,
                _ = tokio::signal::ctrl_c() => return,
                () = came(&mut hangs) => reload(&gateway).await,
            }
        }
    }
}

/// Waits for a signal; for good where it cannot be listened for.
#[cfg(unix)]
async fn came(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
fn stopped(_: Arc<Gateway>) -> impl Future<Output = ()> {
    async move {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Loads anew and says what came of it.
#[cfg(unix)]
async fn reload(gateway: &Arc<Gateway>) {
    let again = Arc::clone(gateway);
    let outcome = tokio::task::spawn_blocking(move || again.reload()).await;
    match outcome {
        Ok(outcome) => reloaded(gateway, &outcome.map(|_| ())),
        Err(_) => warn("not reloaded, the old policy stays"),
    }
}

/// Says what came of a reload.
fn reloaded(gateway: &Gateway, outcome: &Result<(), NotServed>) {
    match outcome {
        Ok(()) => warn(&format!("reloaded: snapshot {}", gateway.snapshot())),
        Err(why) => warn(&format!("not reloaded, the old policy stays: {why}")),
    }
}

fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
