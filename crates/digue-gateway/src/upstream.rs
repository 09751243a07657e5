//! The HTTP client for portals, and for other servers that Digue contacts: pooled keep-alive connections.

use std::error::Error as _;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use crate::body::{Body, boxed};
use crate::portal::Timeouts;
use crate::refusal::Refusal;

/// Idle connections kept open to one portal.
const IDLE_CONNECTIONS_MAX: usize = 256;

/// More than any portal sends; a portal with many cookies exceeds hyper's default of one hundred.
const PORTAL_HEADERS_MAX: usize = 512;

/// The connection pool.
#[derive(Clone)]
pub struct UpstreamClient(Client<HttpsConnector<HttpConnector>, Body>);

impl UpstreamClient {
    /// `roots` are the certificate authorities that sign the certificates of HTTPS portals.
    pub fn new(roots: RootCertStore, connect: Duration) -> Self {
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(connect));
        http.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            // Shorter than the keep-alive of common servers, so that the portal is rarely closing a pooled
            // connection; the pool repeats a request that found one closed.
            .pool_idle_timeout(Duration::from_secs(15))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .http1_max_headers(PORTAL_HEADERS_MAX)
            .build(connector);
        Self(client)
    }

    /// Sends a request; returns the head of the response within `timeouts.response`.
    pub async fn send(&self, request: Request<Body>, timeouts: &Timeouts) -> Result<Response<Body>, Refusal> {
        let failed = |status| Refusal::unavailable(status, "unavailable-title", "unavailable-portal");
        match timeout(timeouts.response, self.0.request(request)).await {
            Err(_) => Err(failed(StatusCode::GATEWAY_TIMEOUT).after_the_portal()),
            Ok(Err(error)) => {
                // The error names the step and the address, never the request.
                let cause = error.source().map(tracing::field::display);
                tracing::warn!(error = %error, cause, "A server could not be reached");
                let unavailable = failed(StatusCode::BAD_GATEWAY);
                Err(if error.is_connect() { unavailable } else { unavailable.after_the_portal() })
            }
            Ok(Ok(response)) => Ok(response.map(boxed)),
        }
    }
}
