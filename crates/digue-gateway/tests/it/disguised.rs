//! Ways around the inspection: a response without its body, a table under the address of a picture,
//! two lengths at once, a handshake that the portal declines.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use digue_types::{Exposure, Inspection, Outcome};

use crate::raw::{RawResponse, Served, exchange, raw_portal, read_until};
use crate::world::{Visit, WayIn, World};

const fn visit(method: &'static str, target: &'static str) -> Visit {
    Visit {
        account: "caseload",
        method,
        target,
    }
}

fn persons(entry: &Exposure) -> usize {
    entry.shown.iter().map(|shown| shown.persons.len()).sum()
}

#[tokio::test]
async fn the_head_of_a_response_is_decided_upon_as_the_whole() {
    let mut world = World::new();
    // Not named by the request: only the response says whom it shows.
    for target in ["/liste?ids=P99", "/liste?ids=P1,P99", "/entier?ids=P99"] {
        let whole = world.visit(WayIn::Session, visit("GET", target)).await;
        let head = world.visit(WayIn::Session, visit("HEAD", target)).await;
        assert_eq!((whole.status, head.status), (403, 403), "{target}");
        let entries = world.entries();
        let [.., whole, head] = &entries[..] else {
            panic!("two entries");
        };
        assert_eq!(head.outcome, Outcome::Refused);
        assert_eq!(head.reasons, whole.reasons, "{target}");
    }
    let target = "/liste?ids=P1,P2";
    let request = world.request(WayIn::Session, visit("GET", target));
    let whole = world.response(request).await;
    let request = world.request(WayIn::Session, visit("HEAD", target));
    let head = world.response(request).await;
    assert_eq!((head.status(), head.body().len()), (whole.status(), 0));
    let length = whole.body().len().to_string();
    assert_eq!(head.headers()["content-length"], length.as_str());
    let entries = world.entries();
    let [.., whole, head] = &entries[..] else {
        panic!("two entries");
    };
    assert_eq!(head.shown, whole.shown);
    assert_eq!(persons(head), 2);
}

#[test]
fn the_head_of_a_stream_says_nothing_and_ends() {
    let portal = raw_portal(|mut stream: TcpStream| {
        let _ = read_until(&mut stream, b"\r\n\r\n");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(b"b\r\n{\"id\":\"P1\"}\n\r\n");
        // It never ends by itself.
        let _ = stream.read(&mut [0; 16]);
    });
    let world = World::before(portal.to_string());
    let served = Served::start(&world.gateway);
    let cookie = world.session_cookie("caseload", "portail.test");
    let request = format!(
        "HEAD /suite HTTP/1.1\r\nhost: portail.test\r\ncookie: {cookie}\r\nx-forwarded-for: 198.51.100.7\r\nconnection: close\r\n\r\n"
    );
    let head = RawResponse::parse(&exchange(served.address, request.as_bytes()), true);
    assert!(head.status_line.starts_with(b"HTTP/1.1 200"), "{head:?}");
    assert!(!head.has("content-length"), "{head:?}");
}

#[tokio::test]
async fn an_address_makes_no_picture_of_a_table() {
    let mut world = World::new();
    // The portal answers both with JSON; the map declares them to be resources.
    for (target, status) in [
        ("/image/P9001", 502),
        ("/style/P9001", 502),
        ("/image/a.png", 200),
        ("/style/a.css", 200),
    ] {
        let answer = world.visit(WayIn::Session, visit("GET", target)).await;
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        let reasons = match status {
            200 => vec![],
            _ => vec!["uninspectable:undescribed".to_owned()],
        };
        assert_eq!(answer.reasons, reasons, "{target}");
    }
    // That of a visitor whom nobody knows has no entry.
    let entries = world.entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].outcome, Outcome::Refused);
}

#[test]
fn a_resource_is_what_its_bytes_are() {
    let portal = raw_portal(|mut stream: TcpStream| {
        let request = read_until(&mut stream, b"\r\n\r\n");
        let request = String::from_utf8_lossy(&request).into_owned();
        let (kind, body): (&str, &[u8]) = match request.split(' ').nth(1) {
            Some("/image/tableau.png") => ("image/png", b"id;nom\nP9001;Durand\n"),
            Some("/image/classeur.css") => ("text/css", b"PK\x03\x04\x14\0\0\0"),
            Some("/image/brut") => ("application/octet-stream", b"\x02\x07\x01\0"),
            Some("/image/police") => ("application/octet-stream", b"wOF2\0\x01\0\0"),
            _ => ("image/png", b"\x89PNG\r\n\x1a\nP9001"),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body);
    });
    let world = World::before(portal.to_string());
    let served = Served::start(&world.gateway);
    for (name, status) in [
        ("tableau.png", 502),
        ("classeur.css", 502),
        ("brut", 502),
        ("police", 200),
        ("photo.png", 200),
    ] {
        let cookie = world.session_cookie("caseload", "portail.test");
        let request = format!(
            "GET /image/{name} HTTP/1.1\r\nhost: portail.test\r\ncookie: {cookie}\r\naccept: application/json\r\nx-forwarded-for: 198.51.100.7\r\nconnection: close\r\n\r\n"
        );
        let answer = RawResponse::parse(&exchange(served.address, request.as_bytes()), false);
        let line = String::from_utf8_lossy(&answer.status_line).into_owned();
        assert!(line.contains(&format!(" {status}")), "{name}: {line}");
    }
}

#[test]
fn a_response_with_two_lengths_is_read_and_left_in_one_way() {
    let body = r#"{"items":[{"id":"P1"},{"id":"P2"}]}"#;
    let portal = raw_portal(move |mut stream: TcpStream| {
        let _ = read_until(&mut stream, b"\r\n\r\n");
        let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(chunks.as_bytes());
        let _ = stream.read(&mut [0; 16]);
    });
    for host in ["portail.test", "pilote.test"] {
        let world = World::before(portal.to_string());
        let served = Served::start(&world.gateway);
        let cookie = world.session_cookie("caseload", host);
        let request = format!(
            "GET /liste?ids=P1,P2 HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nx-forwarded-for: 198.51.100.7\r\nconnection: close\r\n\r\n"
        );
        let bytes = exchange(served.address, request.as_bytes());
        let answer = RawResponse::parse(&bytes, false);
        let lengths = ["content-length", "transfer-encoding"].map(|name| answer.has(name));
        assert!(!(lengths[0] && lengths[1]), "{host}: {answer:?}");
        served.settle(&world.gateway);
        let entries = world.entries();
        match answer.status_line.starts_with(b"HTTP/1.1 200") {
            true => {
                assert_eq!(
                    (answer.body.as_slice(), answer.is_whole),
                    (body.as_bytes(), true),
                    "{host}"
                );
                assert_eq!(persons(&entries[0]), 2, "{host}");
            }
            // Refused whole: nothing of it has left.
            false => assert!(!String::from_utf8_lossy(&bytes).contains("P1\""), "{host}"),
        }
    }
}

#[tokio::test]
async fn the_entry_of_a_tunnel_says_what_the_portal_answered() {
    // A portal that knows no WebSocket.
    let mut world = World::new();
    let declined = world.upgrade(visit("GET", "/canal/P1")).await;
    assert_eq!(declined.status, 502);
    let entries = world.entries();
    assert_eq!(
        (entries[0].status, entries[0].inspection),
        (200, Inspection::Stream)
    );
    assert!(entries[0].shown.is_empty(), "{entries:?}");
    let portal = raw_portal(|mut stream: TcpStream| {
        let _ = read_until(&mut stream, b"\r\n\r\n");
        let head = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.read(&mut [0; 16]);
    });
    let mut world = World::before(portal.to_string());
    let opened = world.upgrade(visit("GET", "/canal/P1")).await;
    assert_eq!(opened.status, 101);
    let entries = world.entries();
    assert_eq!((entries[0].status, entries[0].shown.len()), (101, 1));
}
