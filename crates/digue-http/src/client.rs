//! The HTTP client: pooled keep-alive connections, with a limit on the time until the head of the
//! answer.
//!
//! Redirects are not followed: a request may carry secrets.

use std::error::Error as _;
use std::time::Duration;

use http::{Method, Request, Response, header};
use http_body::Body as _;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use crate::body::{Body, boxed, empty};

/// Idle connections kept open to one portal.
const IDLE_CONNECTIONS_MAX: usize = 256;

/// More than any portal sends; a portal with many cookies exceeds hyper's default of one hundred.
const PORTAL_HEADERS_MAX: usize = 512;

/// The connection pool.
#[derive(Clone)]
pub struct HttpClient(Client<HttpsConnector<HttpConnector>, Body>);

impl HttpClient {
    /// `roots` are the certificate authorities that sign the certificates of HTTPS portals.
    pub fn new(roots: RootCertStore, connect: Duration) -> Self {
        let tls = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        // By default it refuses `https` addresses, which the TLS layer around it passes down.
        http.enforce_http(false);
        http.set_connect_timeout(Some(connect));
        http.set_nodelay(true);
        // HTTP/1.1 only (decision 1).
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            // Shorter than the keep-alive of common servers, so that the portal is rarely closing a
            // pooled connection; the pool repeats a request that found one closed.
            .pool_idle_timeout(Duration::from_secs(15))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .http1_max_headers(PORTAL_HEADERS_MAX)
            .build(connector);
        Self(client)
    }

    /// Sends a request; returns the head of the response within `time_max`.
    pub async fn send(
        &self,
        request: Request<Body>,
        time_max: Duration,
    ) -> Result<Response<Body>, ClientError> {
        // The portal may close a kept connection as the request leaves on it. The pool repeats what
        // was not written; a request without content that changes nothing is repeated once here
        // (RFC 9110, 9.2.2), as browsers do.
        let again = repeatable(&request);
        let first = timeout(time_max, self.0.request(request)).await;
        let answer = match (first, again) {
            (Ok(Err(error)), Some(again)) if is_incomplete(&error) => {
                timeout(time_max, self.0.request(again)).await
            }
            (answer, _) => answer,
        };
        match answer {
            // Not sent again: the server may be carrying it out.
            Err(_) => Err(ClientError::TimedOut),
            Ok(Err(error)) => {
                // The error names the step and the address, never the request.
                let cause = error.source().map(tracing::field::display);
                tracing::warn!(error = %error, cause, "A server could not be reached");
                Err(if error.is_connect() {
                    ClientError::Unreached
                } else {
                    ClientError::Broken
                })
            }
            Ok(Ok(response)) => Ok(response.map(boxed)),
        }
    }
}

/// The same request once more, when it has no content and changes nothing.
fn repeatable(request: &Request<Body>) -> Option<Request<Body>> {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let is_plain =
        !request.headers().contains_key(header::UPGRADE) && request.body().is_end_stream();
    if !(is_safe && is_plain) {
        return None;
    }
    let mut again = Request::new(empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

/// True when the connection ended before the first byte of an answer.
fn is_incomplete(error: &hyper_util::client::legacy::Error) -> bool {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<hyper::Error>());
    cause.is_some_and(hyper::Error::is_incomplete_message)
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClientError {
    /// The server received nothing.
    #[error("it cannot be reached")]
    Unreached,
    /// The connection ended before the head of the answer. The server may have received the
    /// request.
    #[error("its connection ended without an answer")]
    Broken,
    /// The server may have received the request.
    #[error("it did not answer in time")]
    TimedOut,
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    /// Reads one request without content; its method.
    async fn heard(stream: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(stream.read_u8().await.unwrap());
        }
        let text = String::from_utf8(bytes).unwrap();
        text.split(' ').next().unwrap().to_owned()
    }

    /// Answers on a connection once, and closes it on the next request without a word; answers on
    /// the connections after it. Returns what was asked after the first answer.
    async fn hasty_portal(
        listener: TcpListener,
        asked: tokio::sync::mpsc::UnboundedSender<String>,
    ) {
        let (mut first, _) = listener.accept().await.unwrap();
        heard(&mut first).await;
        first.write_all(ANSWER).await.unwrap();
        asked.send(heard(&mut first).await).unwrap();
        drop(first);
        let (mut next, _) = listener.accept().await.unwrap();
        asked.send(heard(&mut next).await).unwrap();
        next.write_all(ANSWER).await.unwrap();
    }

    async fn second_answer(method: Method) -> (Result<(), ClientError>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
        let portal = tokio::spawn(hasty_portal(listener, sender));
        let client = HttpClient::new(RootCertStore::empty(), Duration::from_secs(5));
        let send = async |method: Method| {
            let mut request = Request::new(empty());
            *request.method_mut() = method;
            *request.uri_mut() = url.parse().unwrap();
            client.send(request, Duration::from_secs(5)).await
        };
        // Read to its end, so that the connection is kept.
        let first = send(Method::GET).await.unwrap();
        first.into_body().collect().await.unwrap();
        let second = send(method).await.map(drop);
        portal.abort();
        let mut heard = Vec::new();
        while let Ok(method) = asked.try_recv() {
            heard.push(method);
        }
        (second, heard)
    }

    #[tokio::test]
    async fn a_connection_that_the_portal_closes_costs_no_answer_and_repeats_no_write() {
        let (answer, asked) = second_answer(Method::GET).await;
        assert_eq!(answer, Ok(()));
        assert_eq!(asked, ["GET", "GET"]);
        let (answer, asked) = second_answer(Method::POST).await;
        assert!(answer.is_err());
        assert_eq!(asked, ["POST"], "it may have been carried out");
    }
}
