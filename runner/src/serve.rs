//! Serves a router on a listener, with limits on what a client may take: time for its request head, time in all,
//! connections at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// A client that has not finished its request head by then is cut off.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// A provider's connection ends after this time, whatever it does; it simply connects again.
pub const PROVIDER_LONGEST: Duration = Duration::from_secs(60);
/// The command line's may last as long as exporting the largest log takes.
pub const OPERATOR_LONGEST: Duration = Duration::from_secs(24 * 3600);
/// So many connections at once; more wait in the listener's queue.
const CONNECTIONS_MAX: usize = 256;

/// Serves until `stop` turns true, each connection for at most `longest`, then lets the requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    longest: Duration,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    while !*stop.borrow() {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
        let stream = tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The client went away before it was greeted, or the process is out of files: neither is the end.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (router, mut stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
            let service = TowerToHyperService::new(router);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = told(&mut stop) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
                () = tokio::time::sleep(longest) => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// Comes back once `stop` is true, or nobody can set it any more.
async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await.map(|_| ()));
}
