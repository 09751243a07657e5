//! Listeners: open while Digue serves, free while it does not.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use digue_locales::Value;

use crate::installation::{ExaminedInstallation, RunState};
use crate::report::{HealthCheck, HealthResult};

const CONNECTED_WITHIN: Duration = Duration::from_secs(3);

pub(crate) fn examine(installation: &ExaminedInstallation) -> HealthResult {
    let mut result = HealthResult::new(HealthCheck::Listeners);
    for address in installation.addresses() {
        let values = [("address", Value::from(address.to_string()))];
        result = result.looked_at("doctor-listeners", &values);
        result = match &installation.run {
            RunState::Running => accepts(result, address, installation.settings.journal.is_shared),
            RunState::Stopped | RunState::NeverStarted => is_free(result, address),
            RunState::Unknown(_) => result.unknown("doctor-listeners-unknown", &values),
        };
    }
    result
}

/// Connects and says nothing: Digue closes such a connection by itself.
fn accepts(result: HealthResult, address: SocketAddr, may_stand_by: bool) -> HealthResult {
    // The system chose that port, and told Digue alone.
    if address.port() == 0 {
        return result;
    }
    match TcpStream::connect_timeout(&reachable(address), CONNECTED_WITHIN) {
        Ok(_) => result,
        Err(error) if may_stand_by => {
            result.warning("doctor-listeners-standby", &values(address, &error))
        }
        Err(error) => result.bad("doctor-listeners-closed", &values(address, &error)),
    }
}

/// An address on which every interface is listened to is reached by this machine's own.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Opens the address as a start would, and closes it at once.
fn is_free(result: HealthResult, address: SocketAddr) -> HealthResult {
    let error = match TcpListener::bind(address) {
        Ok(_) => return result,
        Err(error) => error,
    };
    let values = values(address, &error);
    match error.kind() {
        ErrorKind::AddrInUse => result.bad("doctor-listeners-taken", &values),
        ErrorKind::AddrNotAvailable => result.bad("doctor-listeners-elsewhere", &values),
        // The service manager may give Digue the right to ports below 1024, and gives it to nobody
        // here.
        ErrorKind::PermissionDenied => result.unknown("doctor-listeners-denied", &values),
        _ => result.bad("doctor-listeners-failed", &values),
    }
}

fn values(address: SocketAddr, error: &Error) -> [(&'static str, Value); 2] {
    [
        ("address", Value::from(address.to_string())),
        ("cause", Value::from(error.to_string())),
    ]
}
