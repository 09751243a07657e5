//! What the service manager is told: ready, alive, stopping (systemd's protocol, sd_notify(3)).
//!
//! Without a service manager nothing is told, and nothing is different.

use std::io;
use std::net::{SocketAddr as IpSocketAddr, TcpListener};
use std::os::fd::AsFd as _;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

/// Where a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    Ready,
    Alive,
    Stopping,
}

impl ServiceState {
    const fn message(self) -> &'static [u8] {
        match self {
            Self::Ready => b"READY=1",
            Self::Alive => b"WATCHDOG=1",
            Self::Stopping => b"STOPPING=1",
        }
    }
}

/// The manager that started this process and wants to be told.
#[derive(Clone)]
pub struct ServiceManager {
    socket: Arc<UnixDatagram>,
    /// How long it waits for a sign of life before it starts the service anew.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// `None` when no manager is told anything.
    pub fn of_environment() -> Option<Self> {
        let address = std::env::var_os("NOTIFY_SOCKET")?;
        let connected = connect(address.as_bytes());
        let socket = connected
            .inspect_err(
                |error| tracing::warn!(%error, "The service manager cannot be told anything"),
            )
            .ok()?;
        let text = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
        let watchdog = watchdog(
            text("WATCHDOG_USEC"),
            text("WATCHDOG_PID"),
            std::process::id(),
        );
        Some(Self {
            socket: Arc::new(socket),
            watchdog,
        })
    }

    pub fn tell(&self, state: ServiceState) {
        if let Err(error) = self.socket.send(state.message()) {
            tracing::warn!(%error, ?state, "The service manager was not told; it may start Digue anew");
        }
    }

    /// Tells for as long as the process runs that it is alive. A runtime that hangs tells nothing;
    /// a journal that cannot write is alive, since a new start would not mend its disk.
    pub fn keep_alive(self) {
        let Some(watchdog) = self.watchdog else {
            return;
        };
        tokio::spawn(async move {
            // Half of it, as sd_watchdog_enabled(3) asks.
            let mut every = tokio::time::interval(watchdog / 2);
            loop {
                every.tick().await;
                self.tell(ServiceState::Alive);
            }
        });
    }
}

/// A listening socket that the manager holds: connections wait in its queue while one process
/// follows another, and none is refused.
pub struct HeldListener {
    socket: TcpListener,
    address: IpSocketAddr,
}

impl HeldListener {
    /// The socket that the manager hands over as standard input (`StandardInput=socket`): the one
    /// descriptor that is taken over without `unsafe`. `None` when it hands over nothing.
    ///
    /// # Errors
    /// It says that it hands over a socket, and standard input is none that listens.
    pub fn of_environment() -> io::Result<Option<Self>> {
        let text = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
        if !is_handed_over(text("LISTEN_FDS"), text("LISTEN_PID"), std::process::id()) {
            return Ok(None);
        }
        let socket = TcpListener::from(io::stdin().as_fd().try_clone_to_owned()?);
        let address = socket.local_addr()?;
        Ok(Some(Self { socket, address }))
    }

    pub const fn address(&self) -> IpSocketAddr {
        self.address
    }

    /// Whether connections for `address` arrive at this socket. One for every address of both
    /// families stands for one of the older family: systemd's `ListenStream=443` is that.
    pub fn serves(&self, address: IpSocketAddr) -> bool {
        self.address == address
            || (self.address.port() == address.port()
                && self.address.ip().is_unspecified()
                && address.ip().is_unspecified())
    }

    pub fn into_socket(self) -> TcpListener {
        self.socket
    }
}

/// Whether one socket is there for this process, and not for one whose environment it inherited.
fn is_handed_over(count: Option<String>, process: Option<String>, this: u32) -> bool {
    count.as_deref() == Some("1") && process.is_some_and(|id| id.parse() == Ok(this))
}

fn connect(address: &[u8]) -> io::Result<UnixDatagram> {
    // A name that begins with `@` is of Linux' own namespace, and no file.
    let address = match address.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(address))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    // A manager that does not read must not hold Digue up.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The watchdog's time; `None` when it is another process's, inherited.
fn watchdog(micros: Option<String>, process: Option<String>, this: u32) -> Option<Duration> {
    let is_ours = process.is_none_or(|id| id.parse() == Ok(this));
    let micros: u64 = micros?.parse().ok()?;
    (is_ours && micros > 0).then(|| Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

    use super::*;

    #[test]
    fn a_watchdog_of_another_process_is_not_fed() {
        let of = |micros: &str, id: &str| watchdog(Some(micros.to_owned()), Some(id.to_owned()), 7);
        assert_eq!(of("2000000", "7"), Some(Duration::from_secs(2)));
        assert_eq!(of("2000000", "8"), None);
        assert_eq!(of("0", "7"), None);
        assert_eq!(of("soon", "7"), None);
        assert_eq!(
            watchdog(Some("1000".to_owned()), None, 7),
            Some(Duration::from_millis(1))
        );
        assert_eq!(watchdog(None, None, 7), None);
    }

    #[test]
    fn a_socket_of_another_process_is_not_taken() {
        let of =
            |count: &str, id: &str| is_handed_over(Some(count.to_owned()), Some(id.to_owned()), 7);
        assert!(of("1", "7"));
        assert!(!of("1", "8"));
        // Of several only the first is standard input: the others would be lost.
        assert!(!of("2", "7"));
        assert!(!is_handed_over(Some("1".to_owned()), None, 7));
        assert!(!is_handed_over(None, None, 7));
    }

    #[test]
    fn a_manager_is_reached_by_file_and_by_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let by_file = UnixDatagram::bind(&path).unwrap();
        let name = format!("digue-test-{}", std::process::id());
        let by_name =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        for (address, manager) in [
            (path.as_os_str().as_bytes().to_vec(), by_file),
            (format!("@{name}").into_bytes(), by_name),
        ] {
            let told = ServiceManager {
                socket: Arc::new(connect(&address).unwrap()),
                watchdog: None,
            };
            told.tell(ServiceState::Ready);
            let mut message = [0; 32];
            let length = manager.recv(&mut message).unwrap();
            assert_eq!(&message[..length], b"READY=1");
        }
    }
}
