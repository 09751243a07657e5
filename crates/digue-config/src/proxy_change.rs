//! Are more proxies trusted than before, or in another way?
//!
//! A trusted proxy states the addresses of clients and receives identities. A new one, another
//! header, another secret: each may widen access and waits for a second person.

use digue_connections::client_address::{ClientHeader, TrustedProxies};
use ipnet::IpNet;

const HEADER: &str = "client_header: ";
const SECRET: &str = "secret: ";

/// A line of a stored text that `written` would not write.
#[derive(Debug, thiserror::Error)]
#[error("the granted proxies have an invalid line: {0:?}")]
pub struct ProxyLineFault(String);

/// The text stored when proxies are granted: one line each, always in the same order.
pub fn written(proxies: &TrustedProxies) -> String {
    let mut lines: Vec<String> = proxies.networks.iter().map(ToString::to_string).collect();
    lines.sort_unstable();
    if proxies.says_client_in != ClientHeader::default() {
        lines.push(format!("{HEADER}{}", header_name(proxies.says_client_in)));
    }
    // Hashes of the secrets, which are useless without them.
    let secrets = proxies.secrets.iter();
    lines.extend(secrets.map(|hash| format!("{SECRET}{}", hex(hash))));
    lines.join("\n")
}

/// # Errors The first line that `written` would not write.
pub fn read(text: &str) -> Result<TrustedProxies, ProxyLineFault> {
    let mut proxies = TrustedProxies::default();
    for line in text.lines() {
        let fault = || ProxyLineFault(line.to_owned());
        if let Some(name) = line.strip_prefix(HEADER) {
            proxies.says_client_in = header_of(name).ok_or_else(fault)?;
        } else if let Some(hash) = line.strip_prefix(SECRET) {
            proxies.secrets.push(unhex(hash).ok_or_else(fault)?);
            proxies.asks_secret = true;
        } else {
            let network = line.parse::<IpNet>().map_err(|_| fault())?;
            proxies.networks.push(network);
        }
    }
    Ok(proxies)
}

fn header_of(name: &str) -> Option<ClientHeader> {
    let known = [ClientHeader::XForwardedFor, ClientHeader::Forwarded];
    known
        .into_iter()
        .find(|header| header_name(*header) == name)
}

/// The part of `wanted` that may be in force now, and one line for each change that waits.
pub fn in_force(granted: &TrustedProxies, wanted: TrustedProxies) -> (TrustedProxies, Vec<String>) {
    let waiting = waiting_lines(granted, &wanted);
    let taken = TrustedProxies {
        asks_secret: wanted.asks_secret || !wanted.secrets.is_empty(),
        // A new secret waits, and one that is no longer wanted counts no more: it may have been
        // stolen. One that was granted and is still listed goes on.
        secrets: wanted
            .secrets
            .into_iter()
            .filter(|secret| granted.secrets.contains(secret))
            .collect(),
        // Networks that are no longer wanted go at once: fewer proxies only narrow.
        networks: wanted
            .networks
            .into_iter()
            .filter(|net| is_granted(granted, net))
            .collect(),
        says_client_in: granted.says_client_in,
    };
    (taken, waiting)
}

fn is_granted(granted: &TrustedProxies, net: &IpNet) -> bool {
    granted.networks.iter().any(|known| known.contains(net))
}

fn has_new_secret(granted: &TrustedProxies, wanted: &TrustedProxies) -> bool {
    let mut secrets = wanted.secrets.iter();
    secrets.any(|secret| !granted.secrets.contains(secret))
}

/// A line for each change that widens what is granted.
fn waiting_lines(granted: &TrustedProxies, wanted: &TrustedProxies) -> Vec<String> {
    let networks = wanted.networks.iter();
    let new = networks.filter(|net| !is_granted(granted, net));
    let mut waiting: Vec<String> = new
        .map(|net| format!("proxies.trusted: - -> {net}"))
        .collect();
    if wanted.says_client_in != granted.says_client_in {
        let [before, after] = [granted, wanted].map(|one| header_name(one.says_client_in));
        waiting.push(format!("proxies.client_header: {before} -> {after}"));
    }
    if has_new_secret(granted, wanted) {
        waiting.push("proxies.secret_file: ~".to_owned());
    }
    waiting
}

fn header_name(header: ClientHeader) -> &'static str {
    match header {
        ClientHeader::XForwardedFor => "x-forwarded-for",
        ClientHeader::Forwarded => "forwarded",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if !text.is_ascii() || text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str], header: ClientHeader, secrets: &[u8]) -> TrustedProxies {
        TrustedProxies {
            networks: networks.iter().map(|net| net.parse().unwrap()).collect(),
            says_client_in: header,
            secrets: secrets.iter().map(|byte| [*byte; 32]).collect(),
            asks_secret: !secrets.is_empty(),
        }
    }

    const USUAL: ClientHeader = ClientHeader::XForwardedFor;

    #[test]
    fn what_was_granted_is_read_as_it_was_written() {
        for one in [
            proxies(&[], USUAL, &[]),
            proxies(
                &["10.0.0.0/8", "2001:db8::/32"],
                ClientHeader::Forwarded,
                &[0xa7, 0xb8],
            ),
        ] {
            assert_eq!(written(&read(&written(&one)).unwrap()), written(&one));
        }
        // As it was stored before there were other lines.
        assert_eq!(written(&read("10.0.0.0/8").unwrap()), "10.0.0.0/8");
        for odd in [
            "nowhere",
            "secret: 12",
            "secret: \u{e9}",
            "client_header: via",
        ] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }

    #[track_caller]
    fn check(
        granted: &TrustedProxies,
        wanted: TrustedProxies,
        taken: &TrustedProxies,
        waiting: &[&str],
    ) {
        let (found, waits) = in_force(granted, wanted);
        assert_eq!(
            (written(&found), waits),
            (
                written(taken),
                waiting.iter().map(ToString::to_string).collect()
            )
        );
    }

    #[test]
    fn what_is_believed_more_or_otherwise_waits() {
        let granted = proxies(&["10.0.0.0/8"], USUAL, &[1]);
        check(&granted, granted.clone(), &granted, &[]);
        let narrower = proxies(&["10.1.0.0/16"], USUAL, &[]);
        check(&granted, narrower.clone(), &narrower, &[]);
        check(
            &granted,
            proxies(
                &["10.0.0.0/8", "192.0.2.0/24"],
                ClientHeader::Forwarded,
                &[2],
            ),
            &proxies(&["10.0.0.0/8"], USUAL, &[]),
            &[
                "proxies.trusted: - -> 192.0.2.0/24",
                "proxies.client_header: x-forwarded-for -> forwarded",
                "proxies.secret_file: ~",
            ],
        );
        check(
            &proxies(&["10.0.0.0/8"], USUAL, &[]),
            proxies(&["10.0.0.0/8"], USUAL, &[1]),
            &proxies(&["10.0.0.0/8"], USUAL, &[]),
            &["proxies.secret_file: ~"],
        );
    }

    #[test]
    fn while_the_only_secret_waits_one_is_still_asked_for() {
        let [before, after] = [&[1], &[2]].map(|secrets| proxies(&["10.0.0.0/8"], USUAL, secrets));
        let (found, _) = in_force(&before, after);
        assert!(found.secrets.is_empty() && found.asks_secret);
        let (found, _) = in_force(&before, proxies(&["10.0.0.0/8"], USUAL, &[]));
        assert!(!found.asks_secret);
    }

    #[test]
    fn while_a_secret_is_replaced_the_granted_one_goes_on() {
        let granted = proxies(&["10.0.0.0/8"], USUAL, &[1]);
        check(
            &granted,
            proxies(&["10.0.0.0/8"], USUAL, &[2, 1]),
            &granted,
            &["proxies.secret_file: ~"],
        );
        // Once both are granted, the old one goes at once.
        let both = proxies(&["10.0.0.0/8"], USUAL, &[2, 1]);
        let new = proxies(&["10.0.0.0/8"], USUAL, &[2]);
        check(&both, both.clone(), &both, &[]);
        check(&both, new.clone(), &new, &[]);
    }
}
