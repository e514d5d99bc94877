//! Connections: accepted while there is room for one more, served until they end or the server stops.

use crate::address::Loopback;
use crate::limits::Limits;
use crate::patience::Patience;
use crate::proxy::Proxy;
use crate::receiver::receive;
use crate::sink::Sink;
use crate::traffic::Traffic;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 * 1024;
/// How long accepting rests when the system has no more sockets to give.
const BREATH: Duration = Duration::from_millis(100);

/// What all connections of a server share.
pub(crate) struct Shared<S> {
    pub(crate) port: u16,
    pub(crate) limits: Limits,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) sink: S,
    pub(crate) proxy: Option<Proxy>,
}

/// Serves until `stop` is cancelled; then requests under way get a moment to end.
pub async fn serve<S: Sink>(
    address: Loopback,
    limits: Limits,
    sink: S,
    proxy: Option<Proxy>,
    traffic: Arc<Traffic>,
    stop: CancellationToken,
) {
    let shared = Arc::new(Shared {
        port: address.port(),
        limits,
        traffic,
        sink,
        proxy,
    });
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            match address.accept().await {
                Ok((stream, _)) => Some((place, stream)),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(BREATH).await;
                    None
                }
            }
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        if let Some((place, stream)) = accepted {
            let (shared, stop) = (Arc::clone(&shared), stop.clone());
            connections.spawn(async move {
                connection(stream, shared, stop).await;
                drop(place);
            });
        }
    }
    drop(address);
    connections.close();
    connections.wait().await;
}

async fn connection<S: Sink>(stream: TcpStream, shared: Arc<Shared<S>>, stop: CancellationToken) {
    // An answer is one small write: waiting for more to send would only delay it.
    let _ = stream.set_nodelay(true);
    let limits = shared.limits;
    let stream = Patience::new(stream, limits.answer);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(receive(request, &shared).await) }
    });
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            timeout(limits.farewell, served).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
