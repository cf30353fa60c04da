//! Sockets: opened once, served until told to stop, then drained.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::config::Listener;
use crate::crew::Crew;
use crate::gateway::Gateway;
use crate::paths::{self, Connection};
use crate::reading::Paced;
use crate::steady::Steady;
use crate::traces::export;
use crate::transport::BoxError;

/// Bytes of all headers of a call.
const HEAD_BYTES: usize = 64 * 1024;

/// Connections at once to the admin listener.
const ADMIN: usize = 64;

/// How long the last spans may take to be sent, once nothing else is under way.
const LAST_SPANS: Duration = Duration::from_secs(5);

/// A gateway with its sockets open.
pub struct Server {
    gateway: Arc<Gateway>,
    open: Vec<(TcpListener, Door)>,
    crew: Option<Arc<Crew>>,
}

/// What is behind a socket.
#[derive(Clone)]
enum Door {
    /// Calls, on the listener of this position.
    Calls(usize, Arc<Listener>),
    Admin,
}

impl Server {
    /// Opens every socket of the configuration.
    ///
    /// # Errors
    /// The address that cannot be listened on, and why.
    pub async fn bind(gateway: Arc<Gateway>) -> Result<Self, (SocketAddr, io::Error)> {
        let config = gateway.config();
        let mut open = Vec::new();
        let doors = config.listeners.into_iter().enumerate();
        let door = |(at, listener): (usize, Listener)| {
            (listener.address, Door::Calls(at, Arc::new(listener)))
        };
        let doors = doors.map(door);
        let admin = config.admin.map(|address| (address, Door::Admin));
        for (address, door) in doors.chain(admin) {
            let socket = TcpListener::bind(address).await;
            open.push((socket.map_err(|error| (address, error))?, door));
        }
        Ok(Self {
            gateway,
            open,
            crew: None,
        })
    }

    /// Serves calls on so many threads of its own, each with a runtime: connections are handed out in
    /// turn and stay where they are. Without it they are served by the runtime that `run` is called
    /// in.
    ///
    /// # Errors
    /// Why a thread cannot be started.
    pub fn with_threads(self, threads: NonZeroUsize) -> io::Result<Self> {
        let crew = Some(Arc::new(Crew::of(threads)?));
        Ok(Self { crew, ..self })
    }

    /// The addresses of the listeners, in the order of the configuration, then that of the admin
    /// listener.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let addresses = self.open.iter();
        addresses
            .filter_map(|(socket, _)| socket.local_addr().ok())
            .collect()
    }

    /// Serves until `stop` comes, then lets calls under way end, for as long as the configuration
    /// gives them.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let bounds = self.gateway.config().bounds;
        let free = Arc::new(Semaphore::new(bounds.connections));
        let (stopping, stopped) = watch::channel(false);
        let mut doors = tokio::task::JoinSet::new();
        for (socket, door) in self.open {
            let admin = matches!(door, Door::Admin);
            let gateway = Arc::clone(&self.gateway);
            let crew = self.crew.clone().filter(|_| !admin);
            // Whoever asks how the gateway fares is not kept out by those that it serves.
            let free = if admin {
                Arc::new(Semaphore::new(ADMIN))
            } else {
                Arc::clone(&free)
            };
            let accepting = accept(gateway, (socket, door), crew, free, stopped.clone());
            // Whoever asks how the end is coming along is answered until it has come.
            if admin {
                tokio::spawn(accepting);
            } else {
                doors.spawn(accepting);
            }
        }
        let (last, ended) = oneshot::channel();
        let exporting = tokio::spawn(export(Arc::clone(&self.gateway), ended));
        stop.await;
        self.gateway.drain();
        let _ = stopping.send(true);
        let limit = Duration::from_secs(bounds.drain_s);
        let (sockets, all) = (&self.gateway.sockets, bounds.connections);
        let done = async {
            while doors.join_next().await.is_some() {}
            // A socket is no connection of a door any more.
            let all = u32::try_from(all).unwrap_or(u32::MAX);
            let _ = sockets.acquire_many(all).await;
        };
        let _ = tokio::time::timeout(limit, done).await;
        self.gateway.stop();
        let _ = last.send(());
        let _ = tokio::time::timeout(LAST_SPANS, exporting).await;
    }
}

/// Takes connections in until the gateway stops, and waits for those that are open.
async fn accept(
    gateway: Arc<Gateway>,
    (socket, door): (TcpListener, Door),
    crew: Option<Arc<Crew>>,
    free: Arc<Semaphore>,
    mut stopped: watch::Receiver<bool>,
) {
    let open = GracefulShutdown::new();
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped), if !matches!(door, Door::Admin) => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of files, most likely: a moment later there may be some.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (gateway, door, watcher) = (Arc::clone(&gateway), door.clone(), open.watcher());
        let serve = async move |stream: TcpStream| {
            taken_in(&gateway, &door, stream, watcher).await;
            drop(permit);
        };
        match &crew {
            Some(crew) => crew.take(stream, serve),
            None => drop(tokio::spawn(serve(stream))),
        }
    }
    drop(socket);
    open.shutdown().await;
}

/// One connection from its beginning to its end. How it ends is between the caller and its
/// answers, which are logged; but for a head that nobody can read, which is answered by 400 or 431
/// before it is a call.
async fn taken_in(gateway: &Arc<Gateway>, door: &Door, stream: TcpStream, watcher: Watcher) {
    let own = Connection::default();
    let afterwards = own.afterwards.clone();
    let limit = Duration::from_secs(gateway.served().config.bounds.reader_s);
    let told = Arc::clone(gateway);
    let stream = Paced::new(stream, limit, own.slow.clone(), move || told.cut_off());
    let acceptor = match door {
        Door::Calls(at, _) => gateway.served().acceptor(*at),
        Door::Admin => None,
    };
    let Some(acceptor) = acceptor else {
        let calls = watcher.watch(connection(gateway, door, (stream, own)));
        over(gateway, &Steady::new(calls, afterwards).await);
        return;
    };
    let head = Duration::from_secs(gateway.served().config.bounds.head_s);
    if let Ok(Ok(stream)) = tokio::time::timeout(head, acceptor.accept(stream)).await {
        let calls = watcher.watch(connection(gateway, door, (stream, own)));
        over(gateway, &Steady::new(calls, afterwards).await);
    }
}

/// Notes how a connection ended, where no call's line does.
fn over(gateway: &Gateway, ended: &Result<(), BoxError>) {
    let error = ended.as_ref().err();
    let error = error.and_then(|error| error.downcast_ref::<hyper::Error>());
    if error.is_some_and(hyper::Error::is_parse) {
        gateway.unreadable();
    }
}

/// One connection, HTTP/1 or HTTP/2.
fn connection<I>(
    gateway: &Arc<Gateway>,
    door: &Door,
    (stream, own): (I, Connection),
) -> impl GracefulConnection<Error = BoxError> + Send + use<I>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let head = Duration::from_secs(gateway.served().config.bounds.head_s);
    let (gateway, door) = (Arc::clone(gateway), door.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let (gateway, door) = (Arc::clone(&gateway), door.clone());
        let own = own.clone();
        async move {
            let response = match door {
                Door::Calls(_, listener) => paths::answer(gateway, listener, request, own).await,
                Door::Admin => paths::administer(gateway, request).await,
            };
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(head)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    builder
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .into_owned()
}
