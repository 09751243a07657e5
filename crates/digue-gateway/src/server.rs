//! Listeners: plain or TLS, HTTP/1.1 and HTTP/2, with limits on everything and a stop that loses no
//! response.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use digue_access::session::ClientIp;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use crate::arrival;
use crate::gateway::{Gateway, SharedGateway};
use digue_connections::facts::{ConnectionFacts, PeerAddress};
use digue_connections::ja4::{self, TlsFingerprint};
use digue_connections::paced::{KeptUntilSent, Paced, PacedSocket, UnderWay};
use digue_connections::table::{ConnectionLimits, ConnectionTable, Slot};
use digue_http::body::{Body, boxed, empty};

const HEADER_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
/// Connections that may wait to be accepted, as far as the system allows: while one address opens
/// hundreds at once, other clients wait behind them and are not rejected.
const BACKLOG: u32 = 4096;
/// Streams that a client may reset before they are accepted; more end the connection
/// (CVE-2023-44487).
const HTTP2_RESETS_MAX: usize = 32;
/// How long a connection closed in good order may finish what is in progress.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

/// Agreed on with certificate authorities alone: listeners without ACME do not offer it.
const HOST_PROOF_PROTOCOL: &[u8] = b"acme-tls/1";

/// One bound listener.
pub struct Listener {
    socket: TcpListener,
    tls: Option<Arc<ArcSwap<ServerConfig>>>,
}

impl Listener {
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<ArcSwap<ServerConfig>>>,
    ) -> io::Result<Self> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // As `TcpListener::bind` does: the port may still be in TIME_WAIT after a restart.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self {
            socket: socket.listen(BACKLOG)?,
            tls,
        })
    }

    /// Takes over a socket that listens already: a service manager holds it while one process
    /// follows another.
    ///
    /// # Errors
    /// What the system says.
    pub fn held(
        socket: std::net::TcpListener,
        tls: Option<Arc<ArcSwap<ServerConfig>>>,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: TcpListener::from_std(socket)?,
            tls,
        })
    }

    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` turns true, then finishes requests in progress, for at most `grace`.
    pub async fn serve(self, gateway: Gateway, mut stop: watch::Receiver<bool>, grace: Duration) {
        let connections = gateway.connections().clone();
        let server = Arc::new(builder(connections.limits()));
        // Returns `None` once the last connection has dropped its sender.
        let (open, mut all_closed) = mpsc::channel::<()>(1);
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    make_room(&connections, &error).await;
                    continue;
                }
            };
            // Without a slot the socket is closed here, unread.
            let Ok(slot) = connections.admit(address.ip(), Instant::now()) else {
                continue;
            };
            // Responses are written in large pieces; Nagle's algorithm would only delay the last
            // one.
            let _ = stream.set_nodelay(true);
            // Fails only for a connection that is already gone, whose port does not matter.
            let local_port = stream.local_addr().map_or(0, |local| local.port());
            let connection = Connection {
                gateway: gateway.clone(),
                tls: self.tls.as_ref().map(|tls| tls.load_full()),
                server: server.clone(),
                slot: Arc::new(slot),
                address,
                stop: stop.clone(),
                local_port,
            };
            let open = open.clone();
            tokio::spawn(async move {
                connection.run(stream).await;
                drop(open);
            });
        }
        // The loop's own sender as well, or `recv` would wait for the whole of `grace` each time.
        drop((self.socket, open));
        let _ = timeout(grace, all_closed.recv()).await;
    }
}

/// Drops the borrowed value: the guard of a watch must not be held across an await.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Usually no file descriptors are left: closing idle connections frees some.
async fn make_room(connections: &ConnectionTable, error: &io::Error) {
    let displaced = connections.displace();
    tracing::warn!(error = %error, displaced, "A connection could not be accepted; retrying");
    // `EMFILE` lasts until a descriptor is free: without a pause, this loop would spin meanwhile.
    tokio::time::sleep(Duration::from_millis(10)).await;
}

fn builder(limits: &ConnectionLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // hyper's own timeout would include the time between two requests; `activity` distinguishes
        // them.
        .header_read_timeout(None)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_pending_accept_reset_streams(HTTP2_RESETS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX as u32)
        // Bounds what each stream keeps in memory for a client that does not read.
        .max_send_buf_size(HEADER_BYTES_MAX)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

struct Connection {
    gateway: Gateway,
    tls: Option<Arc<ServerConfig>>,
    server: Arc<Builder<TokioExecutor>>,
    slot: Arc<Slot>,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
    local_port: u16,
}

impl Connection {
    async fn run(self, stream: TcpStream) {
        let stream = PacedSocket::new(stream, self.slot.activity.clone());
        let Some(config) = self.tls.clone() else {
            return self.serve(TokioIo::new(stream), None).await;
        };
        let acceptor = TlsAcceptor::from(config);
        let handshake = async {
            let (tls, stream) = ja4::overhear(stream).await?;
            Ok::<_, io::Error>((tls, acceptor.accept(stream).await?))
        };
        let longest = self.gateway.connections().limits().tls_handshake;
        let shaken = tokio::select! {
            shaken = timeout(longest, handshake) => shaken,
            _ = self.slot.activity.ended() => return,
        };
        // Failed handshakes are not logged: anyone can cause as many as they like.
        if let Ok(Ok((tls, stream))) = shaken {
            // The handshake was all that a certificate authority wanted (RFC 8737, 3).
            if stream.get_ref().1.alpn_protocol() == Some(HOST_PROOF_PROTOCOL) {
                return;
            }
            self.serve(TokioIo::new(stream), Some(tls)).await;
        }
    }

    /// `tls` is the client's fingerprint, when it has one; `None` without TLS.
    async fn serve<I>(mut self, io: I, tls: Option<Option<TlsFingerprint>>)
    where
        I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let address = self.address.ip().to_canonical();
        let local_port = self.local_port;
        let peer = PeerAddress {
            address,
            local_port,
            is_secure: tls.is_some(),
            tls: tls.flatten(),
        };
        let (shared, slot) = (self.gateway.0.clone(), self.slot.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (shared, slot) = (shared.clone(), slot.clone());
            async move { Ok::<_, std::convert::Infallible>(respond(shared, slot, peer, request).await) }
        });
        let mut connection = std::pin::pin!(
            self.server
                .serve_connection_with_upgrades(io, service)
                .into_owned()
        );
        // Errors of the connection are the client's doing, or a cut of ours: none is logged.
        tokio::select! {
            _ = connection.as_mut() => return,
            ending = self.slot.activity.ended() => {
                if ending.is_polite() {
                    connection.as_mut().graceful_shutdown();
                    let _ = timeout(LAST_WORDS_MAX, connection).await;
                }
                return;
            }
            () = stopped(&mut self.stop) => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = connection => {}
            _ = self.slot.activity.ended() => {}
        }
    }
}

/// Answers one request, and keeps it counted until its last byte has left.
async fn respond(
    shared: Arc<SharedGateway>,
    slot: Arc<Slot>,
    peer: PeerAddress,
    request: Request<Incoming>,
) -> Response<Paced> {
    let facts = ConnectionFacts::of(peer, request.headers(), &shared.proxies);
    // Clients whose proxy sends no readable address are counted as one.
    let client = match facts.origin.ip {
        ClientIp::Known(client) => client,
        ClientIp::Unknown => peer.address,
    };
    let admitted = shared.connections.admit_request(client).ok();
    let is_crowded = admitted.is_none();
    let under_way = UnderWay::begin(slot.clone(), admitted);
    if is_crowded {
        return too_many().map(|body| Paced::to_client(body, under_way, None));
    }
    let mut request = request.map(|body| Paced::from_client(boxed(body), slot.activity()));
    // For tunnels, which outlive the request, and for the connection's quota of held bytes.
    request.extensions_mut().insert(slot);
    let mut response = arrival::respond(shared, facts, request).await;
    let kept = response.extensions_mut().remove::<KeptUntilSent>();
    response.map(|body| Paced::to_client(body, under_way, kept))
}

/// Without a page: a client that sends so many requests at once reads none of them.
fn too_many() -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(
        http::header::RETRY_AFTER,
        http::HeaderValue::from_static("1"),
    );
    response
}
