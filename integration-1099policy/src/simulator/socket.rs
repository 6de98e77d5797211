//! A listener whose connections can be cut or paused from inside a handler: that is how an answer gets lost.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

/// The handler's hold on its connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cut: AtomicBool,
    breaks_off: AtomicBool,
    pause_millis: AtomicU64,
}

impl Switch {
    /// Nothing more leaves on this connection; it closes.
    pub(super) fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
    }

    /// Half of the next answer leaves; then the connection closes.
    pub(super) fn break_off(&self) {
        self.0.breaks_off.store(true, Ordering::SeqCst);
    }

    /// The next answer pauses in its middle.
    pub(super) fn pause(&self, millis: u64) {
        self.0.pause_millis.store(millis, Ordering::SeqCst);
    }
}

pub(super) struct Doors(pub(super) TcpListener);

impl Listener for Doors {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.0).await;
        (Line { stream, switch: Switch::default(), pausing: None }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Doors>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Doors>) -> Self {
        stream.io().switch.clone()
    }
}

pub(super) struct Line {
    stream: TcpStream,
    switch: Switch,
    pausing: Option<Pin<Box<Sleep>>>,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.switch.0.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if let Some(pausing) = &mut self.pausing {
            if pausing.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.pausing = None;
        }
        if bytes.len() > 1 && self.switch.0.breaks_off.swap(false, Ordering::SeqCst) {
            self.switch.cut();
            return Pin::new(&mut self.stream).poll_write(cx, &bytes[..bytes.len() / 2]);
        }
        let pause = self.switch.0.pause_millis.swap(0, Ordering::SeqCst);
        let now = if pause > 0 && bytes.len() > 1 { &bytes[..bytes.len() / 2] } else { bytes };
        let wrote = Pin::new(&mut self.stream).poll_write(cx, now);
        if pause > 0 {
            self.pausing = Some(Box::pin(tokio::time::sleep(Duration::from_millis(pause))));
        }
        wrote
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
