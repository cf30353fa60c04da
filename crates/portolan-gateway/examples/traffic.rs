//! What `tests/load/run` measures with: an upstream that answers at once, a bare reverse proxy, and
//! a load of fixed concurrency.
//!
//! ```text
//! traffic mock 127.0.0.1:9100
//! traffic proxy 127.0.0.1:9101 127.0.0.1:9100
//! traffic gateway DIRECTORY
//! traffic fire 127.0.0.1:9101 PATH CONNECTIONS SECONDS PID MODEL [HEADER:VALUE …]
//! ```
//!
//! `fire` keeps as many connections busy as it is told, each with one call at a time, and prints one
//! line of numbers: calls, failures, p50 and p99 in microseconds, CPU milliseconds of the process
//! PID and all below it, and their memory in KiB. CPU time is what throughput a core is made of: it
//! does not depend on what else runs on the machine. `gateway` is what `portolan serve` is, without
//! the rest of the command: it serves the policy and the `gateway.yaml` of a directory.

#![expect(
    clippy::print_stdout,
    reason = "it is a program, and this is what it says"
)]

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portolan::{Engine, MemoryFiles, compile};
use portolan_core::diagnostic::Diagnostics;
use portolan_core::source::Sources;
use portolan_gateway::config::{self, Config};
use portolan_gateway::{Gateway, Log, Server, Settings};
use tokio::net::{TcpListener, TcpStream};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The same as that of `portolan serve`, for the bare proxy too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), BoxError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match *words.as_slice() {
        ["mock", address] => runtime.block_on(mock(address.parse()?)),
        ["proxy", address, upstream] => {
            runtime.block_on(proxy(address.parse()?, upstream.parse()?))
        }
        ["gateway", directory] => runtime.block_on(gateway(directory)),
        [
            "fire",
            address,
            path,
            connections,
            seconds,
            pid,
            model,
            ref headers @ ..,
        ] => {
            let load = Load {
                address: address.parse()?,
                path: path.to_owned(),
                connections: connections.parse()?,
                seconds: seconds.parse()?,
                pid: pid.parse()?,
                model: model.to_owned(),
                headers: headers.iter().map(ToString::to_string).collect(),
            };
            runtime.block_on(load.fire())
        }
        _ => Err("load mock|proxy|gateway|fire …".into()),
    }
}

const ANSWER: &str = r#"{"request_id":"4b1e1a4c-6a0f-4d0c-9f0a-5a4ff2a2b001","id":"chatcmpl-1","object":"chat.completion","created":1772323200,"model":"claude-sonnet-4-6","choices":[{"index":0,"message":{"role":"assistant","content":"A portolan was the chart a pilot sailed by: coasts, harbours, and the lines between them that could be sailed."},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":27,"total_tokens":69,"input_tokens":42,"output_tokens":27},"http_status_code":200,"response_time":150000000,"llm_status_code":200}"#;

/// Answers whatever comes, at once.
async fn mock(address: SocketAddr) -> Result<(), BoxError> {
    let socket = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = socket.accept().await?;
        stream.set_nodelay(true)?;
        let service = service_fn(async |request: Request<Incoming>| {
            request.into_body().collect().await?;
            let mut response = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
            let json = http::HeaderValue::from_static("application/json");
            response.headers_mut().insert("content-type", json);
            Ok::<_, hyper::Error>(response)
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Passes on whatever comes, and what comes back: the least that a proxy can do with hyper.
async fn proxy(address: SocketAddr, upstream: SocketAddr) -> Result<(), BoxError> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Incoming> = Client::builder(TokioExecutor::new()).build(connector);
    let socket = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = socket.accept().await?;
        stream.set_nodelay(true)?;
        let client = client.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let client = client.clone();
            let path = request.uri().path().to_owned();
            async move {
                *request.uri_mut() = format!("http://{upstream}{path}").parse()?;
                request.headers_mut().remove(http::header::HOST);
                Ok::<_, BoxError>(client.request(request).await?)
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Serves a policy.
async fn gateway(directory: &str) -> Result<(), BoxError> {
    let directory = directory.to_owned();
    let load = move || -> Result<(Engine, Config), String> {
        let read = |name: &str| fs::read_to_string(format!("{directory}/{name}"));
        let text = |name: &str| read(name).map_err(|error| error.to_string());
        let (policy, catalog) = (text("policy.portolan")?, text("catalog.yaml")?);
        let mut files =
            MemoryFiles::from([("policy.portolan", &*policy), ("catalog.yaml", &*catalog)]);
        let engine = compile("policy.portolan", &mut files).engine;
        let engine = engine.ok_or("the policy has errors")?;
        let (mut sources, mut wrong) = (Sources::default(), Diagnostics::default());
        let id = sources.add("gateway.yaml", &*text("gateway.yaml")?);
        let config = config::read(&sources, id, &engine, &mut wrong);
        let config = config.ok_or("the configuration has errors")?;
        Ok((engine, config))
    };
    let (_, config) = load()?;
    let log = fs::File::create(config.log.as_deref().unwrap_or("/dev/null"))?;
    let settings = Settings {
        log: Log::to(log),
        ..Settings::default()
    };
    let gateway = Gateway::new(Box::new(load), settings)?;
    let server = Server::bind(gateway).await;
    let server = server.map_err(|(address, error)| format!("{address}: {error}"))?;
    let server = server.with_threads(available_parallelism()?)?;
    server.run(std::future::pending()).await;
    Ok(())
}

struct Load {
    address: SocketAddr,
    path: String,
    connections: usize,
    seconds: f64,
    pid: u32,
    model: String,
    headers: Vec<String>,
}

impl Load {
    async fn fire(self) -> Result<(), BoxError> {
        let before = cpu_ms(self.pid);
        let until = Instant::now() + Duration::from_secs_f64(self.seconds);
        let callers = (0..self.connections).map(|_| self.caller(until));
        let all = futures_util::future::join_all(callers).await;
        let cpu = cpu_ms(self.pid) - before;
        let (mut times, mut failed) = (Vec::new(), 0);
        for caller in all {
            let (own, wrong) = caller?;
            times.extend(own);
            failed += wrong;
        }
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100);
        let at = |percent: usize| at(percent).map_or(0, |time| time.as_nanos() / 100);
        let tenths = |time: u128| format!("{}.{}", time / 10, time % 10);
        println!(
            "{} {failed} {} {} {cpu} {}",
            times.len(),
            tenths(at(50)),
            tenths(at(99)),
            memory_kib(self.pid)
        );
        Ok(())
    }

    /// One connection, one call after the other.
    async fn caller(&self, until: Instant) -> Result<(Vec<Duration>, usize), BoxError> {
        let body = format!(
            r#"{{"model":"{}","messages":[{{"role":"system","content":"You answer in one sentence."}},{{"role":"user","content":"What was a portolan, and who used it? Please be brief, and say when it came into use."}}],"max_tokens":200,"temperature":0.2}}"#,
            self.model
        );
        let body = Bytes::from(body);
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driven = tokio::spawn(connection);
        let (mut times, mut failed) = (Vec::new(), 0);
        while Instant::now() < until {
            let mut request = Request::post(&self.path)
                .header("host", self.address.to_string())
                .header("content-type", "application/json");
            for (name, value) in self.headers.iter().filter_map(|h| h.split_once(':')) {
                request = request.header(name, value);
            }
            let request = request.body(Full::new(body.clone()))?;
            let begun = Instant::now();
            sender.ready().await?;
            let (head, answer) = sender.send_request(request).await?.into_parts();
            let answer = answer.collect().await?.to_bytes();
            times.push(begun.elapsed());
            let sound = head.status == 200 && answer.windows(8).any(|w| w == b"portolan");
            failed += usize::from(!sound);
            if !sound && failed == 1 {
                println!("# {} {}", head.status, String::from_utf8_lossy(&answer));
            }
        }
        drop(sender);
        driven.abort();
        Ok((times, failed))
    }
}

/// The process and all that it started.
fn family(pid: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some(parent) = stat(pid).get(1).and_then(|field| field.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(member) = family.get(next).copied() {
        family.extend(children.get(&member).into_iter().flatten());
        next += 1;
    }
    family
}

/// The fields of a process behind its name.
fn stat(pid: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let (_, fields) = text.rsplit_once(')').unwrap_or_default();
    fields.split_whitespace().map(str::to_owned).collect()
}

/// CPU time in milliseconds, of a kernel that counts in hundredths of a second.
fn cpu_ms(pid: u32) -> u64 {
    let ticks = |pid: u32| {
        let fields = stat(pid);
        let field = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok());
        field(11).unwrap_or(0) + field(12).unwrap_or(0)
    };
    family(pid).into_iter().map(ticks).sum::<u64>() * 10
}

/// Memory that is held now.
fn memory_kib(pid: u32) -> u64 {
    let held = |pid: u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or(0)
    };
    family(pid).into_iter().map(held).sum()
}
