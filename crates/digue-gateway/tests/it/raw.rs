//! A portal and a client of which a test writes and reads every byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use digue_gateway::Gateway;
use digue_gateway::server::Listener;
use digue_testkit::PATIENCE;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// A portal that hands each connection to a function, and closes it afterwards.
pub(crate) fn raw_portal(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            stream.set_nodelay(true).expect("a connected socket");
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// A gateway behind a listener of its own; ends with the test.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) runtime: Runtime,
    _stop: watch::Sender<bool>,
}

impl Served {
    pub(crate) fn start(gateway: &Gateway) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let runtime = runtime.expect("threads");
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = runtime
            .block_on(Listener::bind(loopback, None))
            .expect("a free port");
        let address = listener.local_address().expect("bound");
        let (stop, stopping) = watch::channel(false);
        runtime.spawn(listener.serve(gateway.clone(), stopping, Duration::ZERO));
        Self {
            address,
            runtime,
            _stop: stop,
        }
    }

    /// Waits for the entries of responses that have left.
    pub(crate) fn settle(&self, gateway: &Gateway) {
        assert!(
            self.runtime.block_on(gateway.finish_entries(PATIENCE)),
            "all entries are written"
        );
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a listener");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// Reads until `end` was received, or the connection ends; returns all of it.
pub(crate) fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0u8; 4096];
    while !bytes.windows(end.len()).any(|window| window == end) {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return bytes,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
    bytes
}

/// Sends a request and reads all that comes, until the other side closes.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(request).expect("an open connection");
    let mut bytes = Vec::new();
    // A connection that breaks off is one way in which an answer may end.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

/// The head of a message, and what follows it.
pub(crate) fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(bytes.len(), |end| end + 4);
    bytes.split_at(end)
}

/// An answer as its client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawResponse {
    pub(crate) status_line: Vec<u8>,
    /// Names in lower case; sorted.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_whole: bool,
}

impl RawResponse {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn parse(bytes: &[u8], is_head: bool) -> Self {
        let (head, mut rest) = split_head(bytes);
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let status_line = lines.next().unwrap_or_default().to_vec();
        let status = status_line.get(9..12).unwrap_or_default();
        if status.starts_with(b"1") && status != b"101" {
            return Self::parse(rest, is_head);
        }
        let mut headers: Vec<(String, Vec<u8>)> = lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
                Some((name, line[colon + 1..].trim_ascii().to_vec()))
            })
            .collect();
        headers.sort();
        let find = |name: &str| {
            headers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let length = find("content-length")
            .and_then(|text| String::from_utf8(text).ok()?.parse::<usize>().ok());
        let (body, is_whole) = if is_head || status == b"204" || status == b"304" {
            (Vec::new(), true)
        } else if find("transfer-encoding").is_some() {
            read_chunks(&mut rest)
        } else if let Some(length) = length {
            (
                rest[..length.min(rest.len())].to_vec(),
                rest.len() >= length,
            )
        } else {
            (rest.to_vec(), !status_line.is_empty())
        };
        Self {
            status_line,
            headers,
            body,
            is_whole,
        }
    }
}

fn read_chunks(rest: &mut &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|window| window == b"\r\n") else {
            return (body, false);
        };
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            return (body, false);
        };
        *rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        let there = size.min(rest.len());
        body.extend_from_slice(&rest[..there]);
        if rest.len() < size + 2 {
            return (body, false);
        }
        *rest = &rest[size + 2..];
    }
}
