//! The listener for programs: what it says of the running Digue, and who can reach it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use digue_locales::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::installation::{ExaminedInstallation, RunState};
use crate::listeners::reachable;
use crate::report::{HealthCheck, HealthResult};

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 1 << 16;

pub(crate) async fn examine(installation: Arc<ExaminedInstallation>) -> HealthResult {
    let result = HealthResult::new(HealthCheck::Monitoring);
    let Some(address) = installation.settings.monitoring else {
        return result.not_applicable("doctor-monitoring-none");
    };
    let values = [("address", Value::from(address.to_string()))];
    let result = result.looked_at("doctor-monitoring", &values);
    let result = if is_open(address.ip()) {
        result.warning("doctor-monitoring-open", &values)
    } else {
        result
    };
    match &installation.run {
        RunState::Stopped | RunState::NeverStarted => result.not_applicable("doctor-not-running"),
        RunState::Unknown(_) => result.unknown("doctor-listeners-unknown", &values),
        RunState::Running => {
            let answer = ask(reachable(address), "/readyz", ANSWER_BYTES_MAX).await;
            said(result, &values, answer)
        }
    }
}

/// True for addresses that others than this machine and its own network may reach.
fn is_open(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()),
    }
}

/// The whole answer of the listener, head and body, up to so many bytes.
pub(crate) async fn ask(address: SocketAddr, path: &str, bytes_max: u64) -> io::Result<String> {
    // HTTP/1.0, so that the answer ends with the connection.
    let question = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(question.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(bytes_max).read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    timeout(ANSWERED_WITHIN, asked)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn said(
    result: HealthResult,
    values: &[(&'static str, Value)],
    answer: io::Result<String>,
) -> HealthResult {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let cause = ("cause", Value::from(error.to_string()));
            return result.bad("doctor-monitoring-silent", &[values, &[cause]].concat());
        }
    };
    // The server states its own version, 1.1 perhaps (RFC 9110, 6.2). The status is not looked at:
    // with 503 come the same lines, and they say which condition failed.
    let body = answer
        .split_once("\r\n\r\n")
        .filter(|_| answer.starts_with("HTTP/1."));
    // Of no condition at all nothing is known.
    match body.filter(|(_, conditions)| !conditions.trim().is_empty()) {
        Some((_, conditions)) => conditions.lines().fold(result, condition),
        None => result.bad("doctor-monitoring-other", values),
    }
}

/// One line of `/readyz` (docs/reference/monitoring.md).
fn condition(result: HealthResult, line: &str) -> HealthResult {
    let (state, rest) = line.split_once(' ').unwrap_or((line, ""));
    let values = [("condition", Value::from(rest))];
    match state {
        "ok" => result.looked_at("doctor-monitoring-ok", &values),
        "failed" => result.bad("doctor-monitoring-failed", &values),
        "degraded" => result.warning("doctor-monitoring-degraded", &values),
        _ => result.unknown("doctor-monitoring-unread", &values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::HealthState;

    fn judged(answer: &str) -> HealthState {
        let result = HealthResult::new(HealthCheck::Monitoring);
        said(result, &[], Ok(answer.to_owned())).state()
    }

    #[test]
    fn each_condition_is_read_and_an_answer_of_another_program_is_bad() {
        let head = "HTTP/1.0 200 OK\r\n\r\n";
        assert_eq!(
            judged(&format!("{head}ok journal\nok state\n")),
            HealthState::Good
        );
        assert_eq!(
            judged(&format!("{head}ok journal\ndegraded index: rebuilt\n")),
            HealthState::Warning
        );
        assert_eq!(
            judged(&format!("{head}failed journal: disk\n")),
            HealthState::Bad
        );
        assert_eq!(judged(&format!("{head}<html>\n")), HealthState::Unknown);
        assert_eq!(judged(head), HealthState::Bad, "it said nothing");
        assert_eq!(judged("SSH-2.0-OpenSSH\r\n\r\n"), HealthState::Bad);
    }

    #[test]
    fn an_address_that_the_world_reaches_is_open() {
        for (address, is) in [
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("::1", false),
            ("fd00::1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("203.0.113.5", true),
        ] {
            assert_eq!(is_open(address.parse().unwrap()), is, "{address}");
        }
    }
}
