//! `[limits]`: what all clients share, and how long a client is waited for.

use std::time::Duration;

use digue_gateway::GatewayLimits;

use super::reader::ConfigSection;

/// `[limits]`, with defaults for absent keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    pub gateway: GatewayLimits,
    pub stop_grace: Duration,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            gateway: GatewayLimits::default(),
            stop_grace: Duration::from_secs(30),
        }
    }
}

pub(crate) fn read_limits(section: Option<&ConfigSection<'_>>) -> LimitSettings {
    let mut settings = LimitSettings::default();
    let Some(section) = section else {
        return settings;
    };
    let GatewayLimits {
        held_bytes,
        requests_per_account,
        requests_per_minute,
        connections,
    } = &mut settings.gateway;
    if let Some(bytes) = section.bytes("held_bytes") {
        *held_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    count(section, "requests_per_account", requests_per_account);
    if let Some(requests) = positive(section, "requests_per_minute") {
        *requests_per_minute = requests;
    }
    count(section, "connections", &mut connections.in_all);
    count(
        section,
        "connections_per_address",
        &mut connections.per_address,
    );
    if let Some(streams) = positive(section, "requests_per_connection") {
        connections.streams = streams;
    }
    let pace = &mut connections.pace;
    for (key, time) in [
        ("tls_handshake", &mut connections.tls_handshake),
        ("first_request", &mut pace.first_request),
        ("keep_alive", &mut pace.idle),
        ("slow_after", &mut pace.window),
        ("stop_grace", &mut settings.stop_grace),
    ] {
        if let Some(given) = section.duration(key) {
            *time = given;
        }
    }
    if let Some(bytes) = section.bytes("bytes_per_second_min") {
        pace.bytes_per_second_min = bytes;
    }
    settings
}

fn count(section: &ConfigSection<'_>, key: &str, into: &mut usize) {
    if let Some(number) = positive(section, key) {
        *into = number as usize;
    }
}

/// Zero would refuse every client.
fn positive(section: &ConfigSection<'_>, key: &str) -> Option<u32> {
    let number = section.number(key)?;
    if number == 0 {
        section.fault(key, "fault-value", "1, 2, 3...");
        return None;
    }
    Some(number)
}
