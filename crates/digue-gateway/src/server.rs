//! Listeners: plain or TLS, HTTP/1.1 and HTTP/2, with limits on everything and a stop that loses
//! no response.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use crate::arrival::{self, Peer};
use crate::body::boxed;
use crate::gateway::Gateway;
use crate::ja4::{self, Fingerprint};

/// Connections at the same time, on one listener.
const CONNECTIONS_MAX: usize = 16_384;
const TLS_HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what waits for it.
const WRITE_STALL_MAX: Duration = Duration::from_secs(60);
const HEADER_READ_MAX: Duration = Duration::from_secs(15);
const HTTP2_STREAMS_MAX: u32 = 128;
const HEADER_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;

/// One bound listener.
pub struct Listener {
    socket: TcpListener,
    tls: Option<Arc<ArcSwap<ServerConfig>>>,
}

impl Listener {
    pub async fn bind(address: SocketAddr, tls: Option<Arc<ArcSwap<ServerConfig>>>) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, tls })
    }

    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` turns true, then finishes what is under way, at most `grace` long.
    pub async fn serve(self, gateway: Gateway, mut stop: watch::Receiver<bool>, grace: Duration) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let graceful = Arc::new(GracefulShutdown::new());
        let server = Arc::new(builder());
        loop {
            let permit = connections.clone().acquire_owned().await.expect("never closed");
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: wait for some to come back.
                    tracing::warn!(error = %error, "A connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let connection = Connection {
                gateway: gateway.clone(),
                tls: self.tls.as_ref().map(|tls| tls.load_full()),
                server: server.clone(),
                watcher: graceful.watcher(),
                address,
            };
            tokio::spawn(async move {
                connection.run(stream).await;
                drop(permit);
            });
        }
        drop(self.socket);
        if let Ok(graceful) = Arc::try_unwrap(graceful) {
            let _ = timeout(grace, graceful.shutdown()).await;
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX as u32)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

struct Connection {
    gateway: Gateway,
    tls: Option<Arc<ServerConfig>>,
    server: Arc<Builder<TokioExecutor>>,
    watcher: hyper_util::server::graceful::Watcher,
    address: SocketAddr,
}

impl Connection {
    async fn run(self, stream: TcpStream) {
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(WRITE_STALL_MAX));
        match self.tls.clone() {
            None => self.serve(TokioIo::new(stream), None).await,
            Some(config) => {
                let acceptor = TlsAcceptor::from(config);
                let handshake = async {
                    let (tls, stream) = ja4::overhear(stream).await?;
                    Ok::<_, io::Error>((tls, acceptor.accept(stream).await?))
                };
                if let Ok(Ok((tls, stream))) = timeout(TLS_HANDSHAKE_MAX, handshake).await {
                    self.serve(TokioIo::new(stream), Some(tls)).await;
                }
            }
        }
    }

    /// `tls` is what the client's TLS showed of itself; `None` without TLS.
    async fn serve<I>(self, io: I, tls: Option<Option<Fingerprint>>)
    where
        I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let address = self.address.ip().to_canonical();
        let peer = Peer { address, is_secure: tls.is_some(), tls: tls.flatten() };
        let shared = self.gateway.0.clone();
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let shared = shared.clone();
            async move {
                let response = arrival::respond(shared, peer, request.map(boxed)).await;
                Ok::<_, std::convert::Infallible>(response)
            }
        });
        let connection = self.server.serve_connection_with_upgrades(io, service);
        // A connection that ends in an error is the client's affair, or a cut of ours.
        let _ = self.watcher.watch(connection.into_owned()).await;
    }
}
