//! A certificate authority that nobody here wrote: Debian's `pebble`, and the name server that leads
//! it to this machine.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::client::PATIENCE;

/// Where the authority looks for proofs.
#[derive(Clone, Copy, Debug)]
pub struct ProofPorts {
    pub http: u16,
    pub tls: u16,
}

/// A running authority; ends with the test.
pub struct Pebble {
    authority: Child,
    names: Child,
    /// The URL of its directory.
    pub directory: String,
    /// The URL of the root of the certificates that it issues; another one at each start.
    pub root: String,
}

impl Pebble {
    /// Starts one in `folder`, whose `pebble.pem` and `pebble-key.pem` are its own certificate for
    /// 127.0.0.1.
    pub fn start(folder: &Path, ports: ProofPorts) -> Self {
        let (api, management, names) = (free_port(), free_port(), free_port());
        let settings = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{api}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.join("pebble.pem"),
            "privateKey": folder.join("pebble-key.pem"),
            "httpPort": ports.http,
            "tlsPort": ports.tls,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let file = folder.join("pebble.json");
        fs::write(&file, settings.to_string()).unwrap();
        let mut names_command = Command::new("pebble-challtestsrv");
        names_command
            .args(["-dns01", &format!("127.0.0.1:{names}")])
            .args(["-management", &format!("127.0.0.1:{}", free_port())])
            .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
            .args(["-defaultIPv6", ""]);
        let mut authority_command = Command::new("pebble");
        authority_command
            .arg("-config")
            .arg(&file)
            .args(["-dnsserver", &format!("127.0.0.1:{names}")])
            // Its pauses imitate a network.
            .env("PEBBLE_VA_NOSLEEP", "1");
        let pebble = Self {
            names: listening(names_command, "Starting management server"),
            authority: listening(authority_command, "ACME directory available at"),
            directory: format!("https://127.0.0.1:{api}/dir"),
            root: format!("https://127.0.0.1:{management}/roots/0"),
        };
        // It says so before it listens.
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", api)).is_err() {
            assert!(Instant::now() < end, "pebble does not listen");
            std::thread::yield_now();
        }
        pebble
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in [&mut self.authority, &mut self.names] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that is free for both protocols, as a name server needs.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The program, once it has said `ready`. Its lines are read to their end, so that it never waits.
fn listening(mut command: Command, ready: &str) -> Child {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("Debian's `pebble` is missing: {error}"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_ready = lines.any(|line| line.is_ok_and(|line| line.contains(ready)));
    assert!(is_ready, "{command:?} ended before {ready:?}");
    std::thread::spawn(move || lines.for_each(drop));
    child
}
