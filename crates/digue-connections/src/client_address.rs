//! The client's address: the peer's, or the one that trusted proxies in front of Digue report.
//!
//! What a trusted proxy reports in an unreadable form is *unknown*, never the proxy's own address:
//! sessions are bound to addresses, and all clients of one proxy would count as one.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use digue_access::session::ClientIp;
use http::HeaderMap;
use ipnet::IpNet;

/// Proxies in front of Digue, and how they name the client.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    pub networks: Vec<IpNet>,
    pub says_client_in: ClientHeader,
    /// SHA-256 of the secrets, any of which a proxy sends when it asks about a client's request
    /// (forward authentication): one, or two while it is being replaced.
    pub secrets: Vec<[u8; 32]>,
    /// A secret is asked for, also while none counts: the one that the file has now waits for a second
    /// person.
    pub asks_secret: bool,
}

impl TrustedProxies {
    /// Proxies of these networks, with the usual header.
    pub fn of(networks: Vec<IpNet>) -> Self {
        Self {
            networks,
            ..Self::default()
        }
    }

    pub fn contains(&self, address: &IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(address))
    }
}

/// The header in which proxies list addresses. Only one: the client could write the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClientHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// What trusted proxies report about a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardedClient {
    pub ip: ClientIp,
    /// Whether its connection was encrypted; `None` when the proxies do not say.
    pub is_secure: Option<bool>,
}

/// The rightmost address that is not a trusted proxy's; the peer's when the peer itself is not
/// trusted. Anyone can have written the addresses to its left.
pub fn client_of(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> ForwardedClient {
    // Its headers are not read at all: anyone who reaches the port could have written them.
    if !proxies.contains(&peer) {
        return ForwardedClient {
            ip: ClientIp::Known(peer),
            is_secure: None,
        };
    }
    match proxies.says_client_in {
        ClientHeader::XForwardedFor => {
            let values = headers
                .get_all("x-forwarded-for")
                .iter()
                .map(http::HeaderValue::as_bytes);
            let listed: Vec<&[u8]> = values
                .flat_map(|value| value.split(|byte| *byte == b','))
                .collect();
            let (ip, place) =
                last_untrusted(peer, listed.iter().map(|text| parse_bytes(text)), proxies);
            let proxies_after = place.map_or(0, |place| listed.len() - 1 - place);
            ForwardedClient {
                ip,
                is_secure: scheme_before(headers, proxies_after),
            }
        }
        ClientHeader::Forwarded => {
            let elements = forwarded_elements(headers);
            let addresses = elements.iter().map(|element| element.address);
            let (ip, place) = last_untrusted(peer, addresses, proxies);
            ForwardedClient {
                ip,
                is_secure: place.and_then(|place| elements[place].is_secure),
            }
        }
    }
}

/// The address where the walk from the right ends, and its position in the list.
fn last_untrusted(
    peer: IpAddr,
    listed: impl DoubleEndedIterator<Item = Option<IpAddr>> + ExactSizeIterator,
    proxies: &TrustedProxies,
) -> (ClientIp, Option<usize>) {
    let mut client = (ClientIp::Known(peer), None);
    for (place, address) in listed.enumerate().rev() {
        // Not skipped: the unreadable address may be the client's, and the one to its left
        // anyone's.
        let Some(address) = address else {
            return (ClientIp::Unknown, Some(place));
        };
        client = (ClientIp::Known(address), Some(place));
        if !proxies.contains(&address) {
            break;
        }
    }
    client
}

/// `X-Forwarded-Proto`, as the proxy says that the client reached; `proxies_after` further trusted
/// ones have added their words to the right of it. What stands to its left is the client's own. A
/// proxy that sets the header instead of adding to it leaves fewer words: the first of them is then
/// the one of the outermost proxy.
fn scheme_before(headers: &HeaderMap, proxies_after: usize) -> Option<bool> {
    let values = headers
        .get_all("x-forwarded-proto")
        .iter()
        .map(http::HeaderValue::as_bytes);
    let listed: Vec<&[u8]> = values
        .flat_map(|value| value.split(|byte| *byte == b','))
        .collect();
    let place = listed.len().checked_sub(1)?.saturating_sub(proxies_after);
    parse_scheme(std::str::from_utf8(listed[place]).ok()?)
}

fn parse_scheme(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(true),
        "http" | "ws" => Some(false),
        _ => None,
    }
}

fn parse_bytes(text: &[u8]) -> Option<IpAddr> {
    parse_address(std::str::from_utf8(text).ok()?)
}

/// One address in any of the forms that proxies write: plain, with a port, in brackets, in quotes,
/// with a zone, or IPv4 mapped into IPv6.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => text,
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return parse_v6(address).filter(|_| is_port);
    }
    if let Some(address) = parse_v6(text) {
        return Some(address);
    }
    let address = match text.split_once(':') {
        Some((address, port)) => address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port)),
        None => text.parse::<Ipv4Addr>().ok(),
    };
    address.map(IpAddr::V4)
}

/// An address as an access log or a report gives it, for the journal: canonical where it parses,
/// else the text as it is, at most 64 characters.
pub fn reported_address(text: &str) -> String {
    parse_address(text).map_or_else(
        || text.chars().take(64).collect(),
        |address| address.to_string(),
    )
}

/// The zone of a link-local address names an interface of the proxy and says nothing about the
/// client.
fn parse_v6(text: &str) -> Option<IpAddr> {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    // A dual-stack proxy writes IPv4 addresses in their IPv6 form; networks are configured in the
    // other.
    address
        .parse::<Ipv6Addr>()
        .ok()
        .map(|address| IpAddr::V6(address).to_canonical())
}

fn is_port(text: &str) -> bool {
    // By its digits first: `u16::from_str` also accepts a plus sign.
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// One element of `Forwarded` (RFC 7239): the client of the proxy that wrote it, and its scheme.
struct ForwardedElement {
    address: Option<IpAddr>,
    is_secure: Option<bool>,
}

fn forwarded_elements(headers: &HeaderMap) -> Vec<ForwardedElement> {
    let mut elements = Vec::new();
    for value in headers.get_all("forwarded") {
        let Ok(text) = value.to_str() else {
            // It keeps its place in the list: the walk from the right must stop there and not pass
            // over it.
            elements.push(ForwardedElement {
                address: None,
                is_secure: None,
            });
            continue;
        };
        elements.extend(split_outside_quotes(text, ',').map(parse_element));
    }
    elements
}

fn parse_element(text: &str) -> ForwardedElement {
    let mut element = ForwardedElement {
        address: None,
        is_secure: None,
    };
    for pair in split_outside_quotes(text, ';') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let value = unquoted(value.trim());
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => element.address = parse_address(&value),
            "proto" => element.is_secure = parse_scheme(&value),
            _ => {}
        }
    }
    element
}

/// The parts of a list whose values may be quoted (RFC 9110, 5.6.4).
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |sign: char| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match sign {
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return sign == separator && !is_quoted,
        }
        false
    })
}

fn unquoted(text: &str) -> Cow<'_, str> {
    match text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inside) if inside.contains('\\') => Cow::Owned(inside.replace('\\', "")),
        Some(inside) => Cow::Borrowed(inside),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies(says_client_in: ClientHeader) -> TrustedProxies {
        TrustedProxies {
            says_client_in,
            ..TrustedProxies::of(vec![
                "10.0.0.0/8".parse().unwrap(),
                "fd00::/8".parse().unwrap(),
            ])
        }
    }

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, http::HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn known(text: &str) -> ClientIp {
        ClientIp::Known(text.parse().unwrap())
    }

    #[track_caller]
    fn check(peer: &str, forwarded: &str, expected: ClientIp) {
        let headers = headers(&[("x-forwarded-for", forwarded.as_bytes())]);
        let client = client_of(
            peer.parse().unwrap(),
            &headers,
            &proxies(ClientHeader::XForwardedFor),
        );
        assert_eq!(client.ip, expected, "{forwarded}");
    }

    #[test]
    fn named_proxies_are_believed_and_nobody_else() {
        check("192.0.2.1", "1.1.1.1", known("192.0.2.1"));
        check("10.0.0.1", "198.51.100.7", known("198.51.100.7"));
        check(
            "10.0.0.1",
            "6.6.6.6, 198.51.100.7, 10.0.0.2",
            known("198.51.100.7"),
        );
        check("10.0.0.1", "nonsense, 198.51.100.7", known("198.51.100.7"));
        check("10.0.0.1", "\"[fd00::1]:443\"", known("fd00::1"));
        let alone = client_of(
            "10.0.0.1".parse().unwrap(),
            &HeaderMap::new(),
            &proxies(Default::default()),
        );
        assert_eq!(alone.ip, known("10.0.0.1"), "a proxy that asks for itself");
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        for (text, address) in [
            ("198.51.100.7", "198.51.100.7"),
            ("198.51.100.7:51234", "198.51.100.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("\"198.51.100.7:51234\"", "198.51.100.7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("::ffff:c633:6407", "198.51.100.7"),
            ("[::ffff:198.51.100.7]:443", "198.51.100.7"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:80", "fe80::1"),
        ] {
            check("10.0.0.1", text, known(address));
        }
    }

    #[test]
    fn what_a_trusted_proxy_says_and_nobody_can_read_is_unknown() {
        for text in [
            "",
            "unknown",
            "_hidden",
            "unix:",
            "198.51.100.7:",
            "198.51.100.7:99999",
            "198.51.100.7:4x",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[198.51.100.7]:80",
            "1.2.3",
            "\"1.2.3.4",
            "198.51.100.7, ",
            "198.51.100.7, nonsense",
            "198.51.100.7;6",
            "é",
        ] {
            check("10.0.0.1", text, ClientIp::Unknown);
        }
        // Bytes that are not text do not make the reader continue with what the client wrote.
        let hidden = headers(&[
            ("x-forwarded-for", b"6.6.6.6"),
            ("x-forwarded-for", b"\xff"),
        ]);
        let client = client_of(
            "10.0.0.1".parse().unwrap(),
            &hidden,
            &proxies(Default::default()),
        );
        assert_eq!(client.ip, ClientIp::Unknown);
    }

    #[test]
    fn the_scheme_of_the_client_is_what_the_trusted_proxy_says() {
        for (scheme, expected) in [
            ("https", Some(true)),
            ("HTTPS", Some(true)),
            ("http, https", Some(true)),
            ("wss", Some(true)),
            ("http", Some(false)),
            ("gopher", None),
        ] {
            let headers = headers(&[("x-forwarded-proto", scheme.as_bytes())]);
            let proxies = proxies(ClientHeader::XForwardedFor);
            let of = |peer: &str| client_of(peer.parse().unwrap(), &headers, &proxies).is_secure;
            assert_eq!(of("10.0.0.1"), expected, "{scheme}");
            assert_eq!(of("192.0.2.1"), None, "{scheme}: nobody's word");
        }
    }

    #[test]
    fn a_client_claims_no_scheme_of_its_own() {
        for (addresses, schemes, expected) in [
            // One proxy adds what it saw to what the client wrote, on the same line or on another.
            ("198.51.100.7", &["https, http"][..], Some(false)),
            ("198.51.100.7", &["https", "http"], Some(false)),
            (
                "6.6.6.6, 198.51.100.7",
                &["https, https, http"],
                Some(false),
            ),
            ("198.51.100.7", &["http, https"], Some(true)),
            // Two proxies: the client's connection was to the first.
            ("198.51.100.7, 10.0.0.9", &["http, https, http"], Some(true)),
            (
                "198.51.100.7, 10.0.0.9",
                &["https, http, https"],
                Some(false),
            ),
            // The second passes on the header of the first.
            ("198.51.100.7, 10.0.0.9", &["https"], Some(true)),
            ("198.51.100.7", &["https, gopher"], None),
        ] {
            let addresses = [("x-forwarded-for", addresses.as_bytes())];
            let schemes: Vec<_> = schemes
                .iter()
                .map(|scheme| ("x-forwarded-proto", scheme.as_bytes()))
                .collect();
            let headers = headers(&[&addresses[..], &schemes[..]].concat());
            let client = client_of(
                "10.0.0.1".parse().unwrap(),
                &headers,
                &proxies(Default::default()),
            );
            assert_eq!(client.is_secure, expected, "{schemes:?}");
        }
        // Bytes that are not text do not make the reader continue with what the client wrote.
        let hidden = headers(&[
            ("x-forwarded-proto", b"https"),
            ("x-forwarded-proto", b"\xff"),
        ]);
        let client = client_of(
            "10.0.0.1".parse().unwrap(),
            &hidden,
            &proxies(Default::default()),
        );
        assert_eq!(client.is_secure, None);
    }

    #[test]
    fn forwarded_is_read_where_the_operator_says_so_and_only_there() {
        let check = |text: &str, ip: ClientIp, is_secure: Option<bool>| {
            let headers = headers(&[
                ("forwarded", text.as_bytes()),
                ("x-forwarded-for", b"6.6.6.6"),
            ]);
            let peer = "10.0.0.1".parse().unwrap();
            let client = client_of(peer, &headers, &proxies(ClientHeader::Forwarded));
            assert_eq!(client, ForwardedClient { ip, is_secure }, "{text}");
            let usual = client_of(peer, &headers, &proxies(ClientHeader::XForwardedFor));
            assert_eq!(usual.ip, known("6.6.6.6"));
        };
        check("for=198.51.100.7", known("198.51.100.7"), None);
        check(
            "For=\"[2001:db8::1]:4711\";Proto=https",
            known("2001:db8::1"),
            Some(true),
        );
        check(
            "for=6.6.6.6, for=198.51.100.7;proto=http, for=10.0.0.9",
            known("198.51.100.7"),
            Some(false),
        );
        check(
            "for=\"198.51.100.7:80\";by=\"a,b;c\"",
            known("198.51.100.7"),
            None,
        );
        check("for=unknown;proto=https", ClientIp::Unknown, Some(true));
        check("proto=https", ClientIp::Unknown, Some(true));
        check("for=198.51.100.7, secret", ClientIp::Unknown, None);
    }

    proptest! {
        #[test]
        fn an_address_survives_every_form_it_is_written_in(bits: u128, is_v4: bool, port: u16) {
            let address = match is_v4 {
                true => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
                false => IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical(),
            };
            let mut forms = vec![address.to_string(), format!("\"{address}\""), format!(" {address}\t")];
            match address {
                IpAddr::V4(v4) => {
                    let mapped = v4.to_ipv6_mapped();
                    forms.extend([format!("{v4}:{port}"), mapped.to_string(), format!("[{mapped}]:{port}")]);
                    forms.push(format!("::ffff:{:x}:{:x}", v4.to_bits() >> 16, v4.to_bits() & 0xffff));
                }
                IpAddr::V6(v6) => {
                    forms.extend([format!("[{v6}]"), format!("[{v6}]:{port}"), format!("\"[{v6}]:{port}\"")]);
                    forms.push(format!("{v6}%eth0"));
                }
            }
            for form in forms {
                prop_assert_eq!(parse_address(&form), Some(address), "{}", form);
            }
        }

        #[test]
        fn no_text_makes_the_reader_fail_or_invent(text in ".{0,60}") {
            if let Some(address) = parse_address(&text) {
                prop_assert!(text.contains(|sign: char| sign.is_ascii_hexdigit() || sign == ':'), "{}", address);
            }
        }

        #[test]
        fn what_a_client_writes_left_of_its_address_changes_nothing(claimed in "[ -~]{0,40}") {
            let claimed = format!("{claimed}, 198.51.100.7");
            let headers = headers(&[("x-forwarded-for", claimed.as_bytes())]);
            let client = client_of("10.0.0.1".parse().unwrap(), &headers, &proxies(Default::default()));
            prop_assert_eq!(client.ip, known("198.51.100.7"));
        }
    }
}
