//! Promise 28 on the wire: whatever a portal answers, its client receives it through a pilot as
//! without one.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use digue_testkit::PATIENCE;
use digue_types::{Inspection, Outcome};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::raw::{RawResponse, Served, connect, exchange, raw_portal, read_until, split_head};
use crate::world::World;

const HOST: &str = "pilote.test";

/// What every proxy ends or sets for itself, in a response: fields of the connection (RFC 9110,
/// 7.6.1), and a date where the portal sends none. Interim responses and trailers are not
/// forwarded, and names of fields arrive in lower case.
const CHANGED_IN_RESPONSES: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The same in a request, with what tells the portal where it comes from.
const CHANGED_IN_REQUESTS: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// How a portal says where its body ends.
#[derive(Clone, Debug)]
enum Framing {
    Length,
    /// In pieces of so many bytes; the last one may be malformed.
    Chunks(usize, bool),
    Close,
    /// So many bytes fewer than it declares.
    CutShort(usize),
}

/// A request, and the answer that a portal writes to it.
#[derive(Clone, Debug)]
struct RawCase {
    method: &'static str,
    path: &'static str,
    status: u16,
    phrase: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    framing: Framing,
    has_interim: bool,
}

fn any_case() -> impl Strategy<Value = RawCase> {
    let method =
        prop_oneof![4 => Just("GET"), 1 => Just("HEAD"), 1 => Just("POST"), 1 => Just("PROPFIND")];
    let path = prop::sample::select(vec![
        "/fiche/P1",
        "/liste",
        "/opaque/P1",
        "/image/a.png",
        "/style/a.css",
        "/autre/12",
        "/",
        "//a",
        "/fiche/P1;x",
        "/fiche/%zz",
    ]);
    let status = prop::sample::select(vec![
        200u16, 201, 203, 204, 206, 226, 300, 301, 302, 304, 307, 400, 401, 403, 404, 410, 418,
        422, 429, 500, 502, 503, 599,
    ]);
    let names = vec![
        "ETag",
        "Cache-Control",
        "X-Total-Count",
        "Set-Cookie",
        "Link",
        "Vary",
        "Server",
        "Date",
        "X-Accel-Expires",
        "Clear-Site-Data",
        "Accept-Ranges",
        "Content-Range",
        "Last-Modified",
        "Location",
        "WWW-Authenticate",
        "Content-Disposition",
        "Content-Type",
        "Content-Encoding",
        "Digue-Receipt",
        "Digue-Identity",
        "Age",
    ];
    let kinds = [
        "text/html",
        "application/json",
        "text/event-stream",
        "text/csv",
        "application/pdf",
        "x",
        "gzip",
        "br",
    ];
    let value = prop_oneof![
        2 => prop::collection::vec(prop_oneof![9 => 0x21u8..0x7f, 1 => 0x80u8..=0xff], 0..20),
        1 => prop::sample::select(kinds.map(|kind| kind.as_bytes().to_vec()).to_vec()),
    ];
    let headers = prop::collection::vec((prop::sample::select(names), value), 0..6);
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..3000),
        Just(br#"{"items":[{"id":"P1"},{"id":"P99"}]}"#.to_vec()),
        Just(br#"{"items":[{"id":"#.to_vec()),
        Just(vec![b' '; 100_000]),
        Just(b"\x1f\x8b\x08\x00garbage".to_vec()),
        Just(b"data: P1\n\ndata: P2\n\n".to_vec()),
    ];
    let framing = prop_oneof![
        3 => Just(Framing::Length),
        3 => (1usize..50_000, prop::bool::weighted(0.2)).prop_map(|(size, is_bad)| Framing::Chunks(size, is_bad)),
        1 => Just(Framing::Close),
        1 => (1usize..50).prop_map(Framing::CutShort),
    ];
    let request = (method, path, status, "[A-Z][a-z ]{0,12}[a-z]");
    (request, headers, body, framing, any::<bool>()).prop_map(
        |(request, headers, body, framing, has_interim)| {
            let (method, path, status, phrase) = request;
            RawCase {
                method,
                path,
                status,
                phrase,
                headers,
                body,
                framing,
                has_interim,
            }
        },
    )
}

impl RawCase {
    fn request(&self, number: usize) -> Vec<u8> {
        let body = if self.method == "POST" { "nom=x" } else { "" };
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("content-length: {}\r\n", body.len())
        };
        let (method, path) = (self.method, self.path);
        format!("{method} {path}?case={number} HTTP/1.1\r\nhost: {HOST}\r\n{length}connection: close\r\n\r\n{body}")
            .into_bytes()
    }

    fn answer(&self) -> Vec<u8> {
        let interim: &[u8] = if self.has_interim {
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        } else {
            b""
        };
        let mut bytes = interim.to_vec();
        bytes.extend_from_slice(format!("HTTP/1.1 {} {}\r\n", self.status, self.phrase).as_bytes());
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        let is_bodiless = [204, 304].contains(&self.status);
        let length = match &self.framing {
            Framing::Length => Some(self.body.len()),
            Framing::CutShort(missing) => Some(self.body.len() + missing),
            Framing::Chunks(..) | Framing::Close => None,
        };
        match (&self.framing, length) {
            // Neither may be framed (RFC 9112, 6.3).
            _ if is_bodiless => {}
            (_, Some(length)) => {
                bytes.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes())
            }
            (Framing::Chunks(..), None) => {
                bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n")
            }
            _ => {}
        }
        // This portal closes each connection, and says so: a client must not send another request
        // on it.
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        if is_bodiless || self.method == "HEAD" {
            return bytes;
        }
        match self.framing {
            Framing::Chunks(size, is_bad) => {
                for piece in self.body.chunks(size) {
                    bytes.extend_from_slice(format!("{:X};ext=1\r\n", piece.len()).as_bytes());
                    bytes.extend_from_slice(piece);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(if is_bad { b"zz\r\n" } else { b"0\r\n\r\n" });
            }
            Framing::Length | Framing::Close | Framing::CutShort(_) => {
                bytes.extend_from_slice(&self.body)
            }
        }
        bytes
    }
}

/// Without what every proxy changes.
fn comparable(mut response: RawResponse, has_own_date: bool) -> RawResponse {
    response.headers.retain(|(name, _)| {
        !CHANGED_IN_RESPONSES.contains(&name.as_str()) && (has_own_date || name != "date")
    });
    response
}

#[test]
fn whatever_a_portal_answers_its_client_receives_it_byte_for_byte() {
    let answers: Arc<Mutex<HashMap<usize, Vec<u8>>>> = Arc::default();
    let written = answers.clone();
    let portal = raw_portal(move |mut stream| {
        let heard = read_until(&mut stream, b"\r\n\r\n");
        let text = String::from_utf8_lossy(&heard).into_owned();
        // What is left unread when a connection is closed resets it, and may cost the client the
        // answer.
        if text.starts_with("POST") && !text.ends_with("nom=x") {
            read_until(&mut stream, b"nom=x");
        }
        let number = text
            .split_once("case=")
            .map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
        let Some(number) = number.and_then(|number| number.parse().ok()) else {
            return;
        };
        let answer = written.lock().unwrap().get(&number).cloned();
        // A client that has enough may be gone.
        let _ = stream.write_all(&answer.unwrap_or_default());
    });
    let world = World::before(portal.to_string());
    let served = Served::start(&world.gateway);
    let asked = AtomicUsize::new(0);
    let mut runner = TestRunner::new(Config::with_cases(400));
    let run = runner.run(&any_case(), |case| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        answers.lock().unwrap().insert(number, case.answer());
        let (request, is_head) = (case.request(number), case.method == "HEAD");
        let without = RawResponse::parse(&exchange(portal, &request), is_head);
        let with = RawResponse::parse(&exchange(served.address, &request), is_head);
        let has_date = without.has("date");
        prop_assert_eq!(comparable(with, has_date), comparable(without, has_date));
        Ok(())
    });
    run.unwrap();
    served.settle(&world.gateway);
    let entries = world.entries();
    assert!(
        entries
            .iter()
            .all(|entry| entry.outcome != Outcome::Refused)
    );
    assert!(
        entries
            .iter()
            .any(|entry| entry.outcome == Outcome::WouldRefuse)
    );
}

/// One portal that answers once, step by step, as the test says.
fn stepwise(
    serve: impl Fn(&mut TcpStream, &Receiver<()>, &SyncSender<Vec<u8>>) + Send + Sync + 'static,
) -> Steps {
    let (allow, allowed) = sync_channel(8);
    let (report, reported) = sync_channel(8);
    let ends = Mutex::new((allowed, report));
    let portal = raw_portal(move |mut stream| {
        let (allowed, report) = &*ends.lock().unwrap();
        serve(&mut stream, allowed, report);
    });
    let world = World::before(portal.to_string());
    let served = Served::start(&world.gateway);
    Steps {
        world,
        served,
        allow,
        reported,
    }
}

struct Steps {
    world: World,
    served: Served,
    allow: SyncSender<()>,
    reported: Receiver<Vec<u8>>,
}

#[test]
fn an_event_reaches_the_client_before_the_portal_writes_the_next() {
    let steps = stepwise(|stream, allowed, _| {
        read_until(stream, b"\r\n\r\n");
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head).unwrap();
        stream.write_all(b"a\r\ndata: P1\n\n\r\n").unwrap();
        allowed.recv_timeout(PATIENCE).unwrap();
        stream.write_all(b"a\r\ndata: P2\n\n\r\n0\r\n\r\n").unwrap();
    });
    let mut client = connect(steps.served.address);
    write!(
        client,
        "GET /flux HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let first = read_until(&mut client, b"data: P1\n\n");
    assert!(
        !String::from_utf8_lossy(&first).contains("P2"),
        "the portal has not written it"
    );
    // Only now may the portal write on: with a copy that waited for the end, nobody would come this
    // far.
    steps.allow.send(()).unwrap();
    let rest = read_until(&mut client, b"\r\n0\r\n\r\n");
    assert!(String::from_utf8_lossy(&rest).contains("data: P2\n\n"));
    steps.served.settle(&steps.world.gateway);
    let entry = &steps.world.entries()[0];
    assert_eq!(
        (entry.inspection, entry.status),
        (Inspection::NotLooked, 200)
    );
    assert_eq!(
        entry.unmapped.as_ref().unwrap().media_type,
        "text/event-stream"
    );
}

#[test]
fn an_upload_reaches_the_portal_as_it_is_sent() {
    let steps = stepwise(|stream, _, report| {
        let heard = read_until(stream, b"debut");
        report.send(heard).unwrap();
        report.send(read_until(stream, b"-fin-")).unwrap();
        stream
            .write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
    });
    let mut client = connect(steps.served.address);
    write!(
        client,
        "PUT /depot/12 HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 10\r\n\r\ndebut"
    )
    .unwrap();
    let heard = steps.reported.recv_timeout(PATIENCE).unwrap();
    assert!(heard.ends_with(b"debut"), "before the rest was sent");
    client.write_all(b"-fin-").unwrap();
    assert!(
        steps
            .reported
            .recv_timeout(PATIENCE)
            .unwrap()
            .ends_with(b"-fin-")
    );
    assert!(read_until(&mut client, b"\r\n\r\n").starts_with(b"HTTP/1.1 201 Created"));
}

#[test]
fn a_range_is_asked_for_and_answered_as_one() {
    let steps = stepwise(|stream, _, report| {
        report.send(read_until(stream, b"\r\n\r\n")).unwrap();
        let head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/36\r\nContent-Length: 5\r\n\
                    Content-Type: application/json\r\nConnection: close\r\n\r\n{\"ite";
        stream.write_all(head.as_bytes()).unwrap();
    });
    let request = format!(
        "GET /liste HTTP/1.1\r\nhost: {HOST}\r\nrange: bytes=0-4\r\nif-range: \"v\"\r\nconnection: close\r\n\r\n"
    );
    let got = RawResponse::parse(&exchange(steps.served.address, request.as_bytes()), false);
    assert_eq!(
        (&got.body[..], got.has("content-range")),
        (&b"{\"ite"[..], true)
    );
    let heard = steps.reported.recv_timeout(PATIENCE).unwrap();
    assert!(String::from_utf8_lossy(&heard).contains("range: bytes=0-4"));
    steps.served.settle(&steps.world.gateway);
    assert_eq!(
        steps.world.entries()[0].inspection,
        Inspection::Partial,
        "the rest may show persons"
    );
}

#[test]
fn the_request_reaches_the_portal_as_the_client_sent_it() {
    let steps = stepwise(|stream, _, report| {
        report.send(read_until(stream, b"\r\n\r\n")).unwrap();
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            .unwrap();
    });
    let sent = "GET /fiche/../%2e//P1;x?q=%20a&&b HTTP/1.1\r\nhost: pilote.test\r\nauthorization: Bearer z\r\n\
                cookie: sessionid=abc; nom=\"x\r\nx-http-method-override: DELETE\r\nx_custom_: 1\r\n\
                accept-encoding: exotic, gzip\r\nif-none-match: \"v7\"\r\nforwarded: for=1.2.3.4\r\n\
                digue-key: abc\r\nx-original-url: /y\r\ndpop: eyJ\r\n\r\n";
    let mut client = connect(steps.served.address);
    client.write_all(sent.as_bytes()).unwrap();
    let heard = steps.reported.recv_timeout(PATIENCE).unwrap();
    let lines = |bytes: &[u8]| -> Vec<String> {
        let (head, _) = split_head(bytes);
        let text = String::from_utf8_lossy(head).into_owned();
        let is_kept = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default();
            !line.is_empty() && !CHANGED_IN_REQUESTS.contains(&name)
        };
        let mut lines: Vec<String> = text
            .split("\r\n")
            .filter(is_kept)
            .map(str::to_owned)
            .collect();
        lines[1..].sort();
        lines
    };
    assert_eq!(lines(&heard), lines(sent.as_bytes()));
    drop(client);
}

#[test]
fn a_body_beyond_the_copy_passes_whole_and_the_entry_says_that_its_persons_are_unknown() {
    let steps = stepwise(|stream, _, _| {
        read_until(stream, b"\r\n\r\n");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\
                    Connection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b' '; 4_000_000]).unwrap();
        let _ = stream.read(&mut [0]);
    });
    let request = format!("GET /liste HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n");
    let got = RawResponse::parse(&exchange(steps.served.address, request.as_bytes()), false);
    assert_eq!((got.body.len(), got.is_whole), (4_000_000, true));
    steps.served.settle(&steps.world.gateway);
    let entry = &steps.world.entries()[0];
    assert_eq!(
        (entry.inspection, entry.body_bytes),
        (Inspection::TooLarge, 4_000_000)
    );
    assert!(entry.inspection.is_uninspected(), "its persons are unknown");
}
