//! Serves a router on a listener, with limits on what a client may take: time for its request head, time in all,
//! connections at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::ingress::sources::Peer;

/// A request head may have so many headers.
pub const HEADERS_MAX: usize = 64;
/// It is read up to some so many bytes: what is read at once may be more.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// A provider's connection ends after this time, whatever it does; it simply connects again.
pub const PROVIDER_LONGEST: Duration = Duration::from_secs(60);
/// The command line's may last as long as exporting the largest log takes.
pub const OPERATOR_LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What a client may take of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many connections at once; more wait in the listener's queue.
    pub connections: usize,
    /// A client that has not finished its request head by then is cut off.
    pub head_within: Duration,
    /// A connection ends after this time, whatever happens on it.
    pub longest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 256, head_within: Duration::from_secs(5), longest: PROVIDER_LONGEST }
    }
}

/// Serves until `stop` turns true, each connection for at most `longest`, then lets the requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    longest: Duration,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    serve_within(listener, router, Limits { longest, ..Limits::default() }, stop).await
}

/// The same with limits of the caller's. Each request carries its [`Peer`].
pub async fn serve_within(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    while !*stop.borrow() {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // The client went away before it was greeted, or the process is out of files: neither is the end.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (router, stop) = (router.clone().layer(Extension(Peer(peer))), stop.clone());
        connections.spawn(async move {
            one(stream, router, limits, stop).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// Serves one connection to its end.
async fn one(stream: TcpStream, router: Router, limits: Limits, mut stop: watch::Receiver<bool>) {
    // Told the version it need not wait for it: that wait has no limit, not even that of the head.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    let mut http = builder.http1();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_within);
    http.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = tokio::time::sleep(limits.longest) => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Comes back once `stop` is true, or nobody can set it any more.
async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await.map(|_| ()));
}
