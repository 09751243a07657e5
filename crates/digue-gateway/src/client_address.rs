//! The client's address: the peer's, or what named proxies in front of Digue say of it.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// The rightmost address of `X-Forwarded-For` that is not a trusted proxy's; the peer's when the
/// peer itself is not trusted. What stands left of it anybody can have written.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let mut client = peer;
    let values = headers.get_all("x-forwarded-for");
    let listed: Vec<&str> =
        values.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    for text in listed.into_iter().rev() {
        let Ok(address) = text.trim().parse::<IpAddr>() else {
            break;
        };
        client = address;
        if !is_trusted(&address) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &'static str, expected: &str) {
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert("x-forwarded-for", http::HeaderValue::from_static(forwarded));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let found = client_address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found, expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn believes_named_proxies_and_nobody_else() {
        check("192.0.2.1", "1.1.1.1", "192.0.2.1");
        check("10.0.0.1", "", "10.0.0.1");
        check("10.0.0.1", "198.51.100.7", "198.51.100.7");
        check("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7");
        check("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1");
    }
}
