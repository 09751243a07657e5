//! What is known of the connection that a request came over: found out once, when it arrives, and
//! passed on. Nothing later looks at forwarded headers or at the socket again.

use std::net::IpAddr;

use digue_access::RequestOrigin;
use http::header::{self, HeaderMap};

use crate::client_address::{TrustedProxies, client_of};
use crate::ja4::TlsFingerprint;

/// What one connection knows about the other end.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress {
    pub address: IpAddr,
    /// The port of this machine that it came to.
    pub local_port: u16,
    pub is_secure: bool,
    /// What its TLS stack showed of itself, when TLS ends here.
    pub tls: Option<TlsFingerprint>,
}

/// What one request's connection was, as far as Digue can see.
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// The other end of the connection: a proxy's, maybe.
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
        let said = client_of(peer.address, headers, proxies);
        let is_from_proxy = proxies.contains(&peer.address);
        // What a proxy's TLS looks like says nothing about its clients.
        let tls = peer.tls.filter(|_| !is_from_proxy);
        if said.ip.is_unknown() {
            tracing::warn!(
                peer = %peer.address,
                "A trusted proxy does not say readably for whom it asks; no session is good from there"
            );
        }
        Self {
            peer: peer.address,
            is_from_proxy,
            is_secure: said.is_secure.unwrap_or(peer.is_secure),
            local_port: peer.local_port,
            origin: RequestOrigin {
                ip: said.ip,
                agent: user_agent(headers),
                tls: tls.map(|tls| tls.as_str().to_owned()).unwrap_or_default(),
            },
        }
    }
}

/// What a client says of itself goes to the journal: bounded. Bytes that are no text are written as the
/// replacement character, so that two such clients differ where they can.
fn user_agent(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT).map(http::HeaderValue::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(said).chars().filter(|sign| !sign.is_control()).take(200).collect()
}
