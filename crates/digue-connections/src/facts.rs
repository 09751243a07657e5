//! What is known about the connection of a request: established once, when the request arrives, and
//! passed on. No later step reads forwarded headers or the socket again.

use std::net::IpAddr;

use digue_access::RequestOrigin;
use http::header::{self, HeaderMap};

use crate::client_address::{TrustedProxies, client_of};
use crate::ja4::TlsFingerprint;

/// What one connection knows about its other end.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress {
    pub address: IpAddr,
    /// The port of this machine to which it was made.
    pub local_port: u16,
    pub is_secure: bool,
    /// The fingerprint of its TLS stack, when TLS ends here.
    pub tls: Option<TlsFingerprint>,
}

/// The connection of one request, as far as Digue can see it.
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// The other end of the connection, possibly a proxy.
    pub peer: IpAddr,
    /// The other end is a proxy that the configuration trusts.
    pub is_from_proxy: bool,
    /// The client's own connection was encrypted.
    pub is_secure: bool,
    pub local_port: u16,
    pub origin: RequestOrigin,
}

impl ConnectionFacts {
    pub fn of(peer: PeerAddress, headers: &HeaderMap, proxies: &TrustedProxies) -> Self {
        let client = client_of(peer.address, headers, proxies);
        let is_from_proxy = proxies.contains(&peer.address);
        // The fingerprint of a proxy's TLS says nothing about its clients.
        let tls = peer.tls.filter(|_| !is_from_proxy);
        if client.ip.is_unknown() {
            tracing::warn!(
                peer = %peer.address,
                "A trusted proxy sent no readable client address; sessions are refused for this request"
            );
        }
        Self {
            peer: peer.address,
            is_from_proxy,
            is_secure: client.is_secure.unwrap_or(peer.is_secure),
            local_port: peer.local_port,
            origin: RequestOrigin {
                ip: client.ip,
                agent: user_agent(headers),
                tls: tls.map(|tls| tls.as_str().to_owned()).unwrap_or_default(),
            },
        }
    }
}

/// What a client says about itself goes to the journal, so it is bounded. Bytes that are not UTF-8
/// become the replacement character, so that two such clients still differ where they can.
fn user_agent(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::USER_AGENT)
        .map(http::HeaderValue::as_bytes)
        .unwrap_or_default();
    String::from_utf8_lossy(value)
        .chars()
        .filter(|sign| !sign.is_control())
        .take(200)
        .collect()
}
