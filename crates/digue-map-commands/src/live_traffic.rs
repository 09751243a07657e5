//! The exchanges of a portal in pilot mode, handed to a `digue learn` on this machine as they pass.
//!
//! Through a socket that only the user of Digue can open. Nothing is stored on either side: bodies
//! are in memory until they were looked at. Who reads too slowly misses exchanges, and is told how
//! many; nobody waits for a reader.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use digue_gateway::ports::PassedExchange;
use digue_survey::{BodyGap, HeldExchange};
use digue_types::PortalId;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// The most bytes of a body that is handed over.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// Bytes, and exchanges, that may wait for a reader.
const WAITING_BYTES_MAX: usize = 64 << 20;
const WAITING_MAX: usize = 1024;
/// The longest head of an exchange: method, address, types.
const HEAD_BYTES_MAX: usize = 256 << 10;

/// Where `digue serve` listens for readers.
pub fn socket_path(data_folder: &Path) -> PathBuf {
    data_folder.join("learning").join("traffic.sock")
}

/// What precedes the bodies of an exchange.
#[derive(Debug, Serialize, Deserialize)]
struct ExchangeHead {
    method: String,
    target: String,
    request_type: String,
    status: u16,
    location: Option<String>,
    content_type: Option<String>,
    content_encoding: String,
    request_bytes: usize,
    /// `None` where the body was not copied whole.
    body_bytes: Option<usize>,
    /// Exchanges that this reader missed before this one.
    missed: u64,
}

/// Writes an exchange: the length of its head, the head, the two bodies; `None` when the head is
/// longer than a reader takes.
fn frame(exchange: &PassedExchange<'_>, missed: u64) -> Option<Vec<u8>> {
    let head = serde_json::to_vec(&head_of(exchange, missed))
        .expect("texts and numbers can be written as JSON");
    if head.len() > HEAD_BYTES_MAX {
        return None;
    }
    let mut frame = Vec::with_capacity(4 + head.len() + exchange.request_body.len() + BODY_HINT);
    frame.extend_from_slice(&(head.len() as u32).to_le_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(exchange.request_body);
    frame.extend_from_slice(exchange.body.unwrap_or_default());
    Some(frame)
}

fn head_of(exchange: &PassedExchange<'_>, missed: u64) -> ExchangeHead {
    ExchangeHead {
        method: exchange.method.to_owned(),
        target: exchange.target.to_owned(),
        request_type: exchange.request_type.to_owned(),
        status: exchange.status,
        location: exchange.location.map(ToOwned::to_owned),
        content_type: exchange.content_type.map(ToOwned::to_owned),
        content_encoding: exchange.content_encoding.to_owned(),
        request_bytes: exchange.request_body.len(),
        body_bytes: exchange.body.map(<[u8]>::len),
        missed,
    }
}

/// Most bodies are smaller; larger ones grow the frame.
const BODY_HINT: usize = 16 << 10;

/// An exchange that was handed over, and how many were missed before it.
#[derive(Debug, PartialEq, Eq)]
pub struct HandedExchange {
    pub exchange: HeldExchange,
    pub missed: u64,
}

/// Reads the next exchange; `origin` is what its address begins with.
///
/// # Errors
/// The stream ends, or is none of ours.
pub fn read_exchange(input: &mut dyn Read, origin: &str) -> io::Result<HandedExchange> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let odd = |_| io::Error::from(io::ErrorKind::InvalidData);
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(odd)?;
    let head: ExchangeHead = serde_json::from_slice(&read_bytes(input, length, HEAD_BYTES_MAX)?)?;
    let request_body = read_bytes(input, head.request_bytes, BODY_BYTES_MAX)?;
    let body = match head.body_bytes {
        Some(bytes) => Ok(read_bytes(input, bytes, BODY_BYTES_MAX)?),
        None => Err(BodyGap::TooLarge),
    };
    let exchange = HeldExchange {
        method: head.method,
        url: format!("{origin}{}", head.target),
        request_type: head.request_type,
        request_body,
        status: head.status,
        location: head.location,
        content_type: head.content_type,
        content_encoding: head.content_encoding,
        body,
    };
    Ok(HandedExchange {
        exchange,
        missed: head.missed,
    })
}

fn read_bytes(input: &mut dyn Read, length: usize, most: usize) -> io::Result<Vec<u8>> {
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The one who reads the exchanges of a portal.
#[derive(Debug)]
struct TrafficReader {
    portal: PortalId,
    frames: mpsc::Sender<Vec<u8>>,
    waiting_bytes: Arc<AtomicUsize>,
    missed: AtomicU64,
}

/// Exchanges that wait for a reader.
pub struct WaitingFrames {
    frames: mpsc::Receiver<Vec<u8>>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl WaitingFrames {
    /// The next exchange as it is sent.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        let frame = self.frames.recv().await?;
        // Relaxed, here and below: a bound on memory that a few frames more or less do not matter
        // to.
        self.waiting_bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }
}

/// The readers, at most one of each portal. The lock is a leaf.
#[derive(Debug, Default)]
pub struct TrafficReaders(Mutex<Vec<TrafficReader>>);

impl TrafficReaders {
    fn readers(&self) -> MutexGuard<'_, Vec<TrafficReader>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when another command reads the portal already.
    pub fn begin(&self, portal: &PortalId) -> Option<WaitingFrames> {
        let mut readers = self.readers();
        readers.retain(|reader| !reader.frames.is_closed());
        if readers.iter().any(|reader| reader.portal == *portal) {
            return None;
        }
        let (frames, receiver) = mpsc::channel(WAITING_MAX);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let missed = AtomicU64::new(0);
        readers.push(TrafficReader {
            portal: portal.clone(),
            frames,
            waiting_bytes: waiting_bytes.clone(),
            missed,
        });
        Some(WaitingFrames {
            frames: receiver,
            waiting_bytes,
        })
    }

    pub fn is_read(&self, portal: &PortalId) -> bool {
        self.readers()
            .iter()
            .any(|reader| reader.portal == *portal && !reader.frames.is_closed())
    }

    /// Hands an exchange over, unless its reader is too slow.
    pub fn hand_over(&self, exchange: &PassedExchange<'_>) {
        let readers = self.readers();
        let Some(reader) = readers
            .iter()
            .find(|reader| reader.portal == *exchange.portal)
        else {
            return;
        };
        // A route may hold more than a reader takes: that body was not copied, for the reader.
        let exchange = &PassedExchange {
            body: exchange.body.filter(|body| body.len() <= BODY_BYTES_MAX),
            ..*exchange
        };
        let bytes = exchange.body.map_or(0, <[u8]>::len) + exchange.request_body.len();
        if reader.waiting_bytes.load(Ordering::Relaxed) + bytes > WAITING_BYTES_MAX {
            reader.missed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let missed = reader.missed.swap(0, Ordering::Relaxed);
        // A reader takes a longer head for that of another program, and ends.
        let Some(frame) = frame(exchange, missed) else {
            reader.missed.fetch_add(missed + 1, Ordering::Relaxed);
            return;
        };
        let length = frame.len();
        // Before it is sent: the other side subtracts as soon as it has the frame, and a count
        // without sign must not go below zero.
        reader.waiting_bytes.fetch_add(length, Ordering::Relaxed);
        if reader.frames.try_send(frame).is_err() {
            reader.waiting_bytes.fetch_sub(length, Ordering::Relaxed);
            // With those that this frame would have told of.
            reader.missed.fetch_add(missed + 1, Ordering::Relaxed);
        }
    }
}

/// The answer to a reader's first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderAnswer {
    Begun,
    NoPortal,
    NotPilot,
    Busy,
}

impl ReaderAnswer {
    const ALL: [Self; 4] = [Self::Begun, Self::NoPortal, Self::NotPilot, Self::Busy];

    pub const fn line(self) -> &'static str {
        match self {
            Self::Begun => "begun\n",
            Self::NoPortal => "no-portal\n",
            Self::NotPilot => "not-pilot\n",
            Self::Busy => "busy\n",
        }
    }
}

/// Names the portal, and reads the answer.
pub fn ask(stream: &mut (impl Read + Write), portal: &str) -> io::Result<ReaderAnswer> {
    stream.write_all(format!("{portal}\n").as_bytes())?;
    let line = read_line(stream)?;
    let known = ReaderAnswer::ALL
        .into_iter()
        .find(|answer| answer.line().trim_end() == line);
    known.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// One short line, and not a byte more.
fn read_line(input: &mut dyn Read) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    // Byte by byte: a buffer would swallow the beginning of the first exchange.
    while line.len() < 200 {
        input.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            return String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into());
        }
        line.push(byte[0]);
    }
    Err(io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal() -> PortalId {
        PortalId::parse("portail").unwrap()
    }

    fn exchange<'e>(portal: &'e PortalId, body: Option<&'e [u8]>) -> PassedExchange<'e> {
        PassedExchange {
            portal,
            method: "POST",
            target: "/fiche?x=1",
            request_type: "application/json",
            request_body: b"{}",
            status: 200,
            location: Some("/fiche?x=2"),
            content_type: Some("text/html"),
            content_encoding: "gzip",
            body,
        }
    }

    #[test]
    fn an_exchange_arrives_as_it_passed() {
        let portal = portal();
        let mut bytes = frame(&exchange(&portal, Some(b"page")), 3).unwrap();
        bytes.extend(frame(&exchange(&portal, None), 0).unwrap());
        let mut input = &bytes[..];
        let first = read_exchange(&mut input, "https://portail.test").unwrap();
        assert_eq!(
            (first.missed, first.exchange.body.as_deref()),
            (3, Ok(&b"page"[..]))
        );
        assert_eq!(first.exchange.url, "https://portail.test/fiche?x=1");
        assert_eq!(first.exchange.request_body, b"{}");
        assert_eq!(first.exchange.location.as_deref(), Some("/fiche?x=2"));
        let second = read_exchange(&mut input, "").unwrap();
        assert_eq!(
            (second.missed, second.exchange.body),
            (0, Err(BodyGap::TooLarge))
        );
        read_exchange(&mut input, "").unwrap_err();
    }

    #[test]
    fn no_bytes_of_another_program_take_memory() {
        for bytes in [&b"\xff\xff\xff\xff{}"[..], b"\x02\0\0\0{}", b"\x01", b""] {
            read_exchange(&mut &*bytes, "").unwrap_err();
        }
    }

    #[tokio::test]
    async fn who_reads_too_slowly_misses_exchanges_and_is_told() {
        let (readers, portal) = (TrafficReaders::default(), portal());
        assert!(!readers.is_read(&portal));
        let mut frames = readers.begin(&portal).unwrap();
        assert!(readers.begin(&portal).is_none() && readers.is_read(&portal));
        let body = vec![b'x'; BODY_BYTES_MAX];
        for _ in 0..20 {
            readers.hand_over(&exchange(&portal, Some(&body)));
        }
        let mut received = 0;
        while let Ok(frame) = frames.frames.try_recv() {
            frames
                .waiting_bytes
                .fetch_sub(frame.len(), Ordering::Relaxed);
            received += 1;
        }
        assert!(received * BODY_BYTES_MAX <= WAITING_BYTES_MAX && received > 0);
        readers.hand_over(&exchange(&portal, Some(b"page")));
        let frame = frames.next().await.unwrap();
        assert_eq!(
            read_exchange(&mut &*frame, "").unwrap().missed as usize,
            20 - received
        );
        drop(frames);
        assert!(!readers.is_read(&portal) && readers.begin(&portal).is_some());
    }

    #[test]
    fn the_answer_to_a_reader_is_one_line() {
        struct Both<'b>(&'b [u8], Vec<u8>);
        impl Read for Both<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                self.0.read(into)
            }
        }
        impl Write for Both<'_> {
            fn write(&mut self, from: &[u8]) -> io::Result<usize> {
                self.1.write(from)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for answer in ReaderAnswer::ALL {
            let mut stream = Both(answer.line().as_bytes(), Vec::new());
            assert_eq!(ask(&mut stream, "portail").unwrap(), answer);
            assert_eq!(stream.1, b"portail\n");
        }
        ask(&mut Both(b"HTTP/1.1 200\n", Vec::new()), "portail").unwrap_err();
    }
}
