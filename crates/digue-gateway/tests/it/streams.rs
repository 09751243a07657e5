//! Responses that leave piece by piece: every event has its entry before it leaves, and one that
//! may not be shown ends the stream.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use digue_access::Reach;
use digue_http::body::Body;
use digue_types::{AccountId, Gate, Inspection, Outcome, RefusalReason, UninspectedCause};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;

use crate::world::{Visit, WayIn, World};

/// A portal that sends what the test hands it, when it does.
struct SlowPortal {
    world: World,
    pieces: Sender<&'static str>,
}

fn slow(content_type: &'static str) -> SlowPortal {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (pieces, received) = channel::<&str>();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            heard.push(byte[0]);
        }
        let asked = String::from_utf8(heard).unwrap();
        assert!(asked.contains("accept-encoding: identity"), "{asked}");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        client.write_all(head.as_bytes()).unwrap();
        for piece in received {
            let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
            if client.write_all(chunk.as_bytes()).is_err() {
                return;
            }
        }
        let _ = client.write_all(b"0\r\n\r\n");
    });
    SlowPortal {
        world: World::before(address),
        pieces,
    }
}

impl SlowPortal {
    async fn open(&mut self, target: &'static str) -> Response<Body> {
        let visit = Visit {
            account: "caseload",
            method: "GET",
            target,
        };
        let request = self.world.request(WayIn::Session, visit);
        let response = self.world.open(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["cache-control"], "private, no-store");
        response
    }

    fn say(&self, piece: &'static str) {
        self.pieces.send(piece).unwrap();
    }

    /// The persons of the entries so far.
    fn written(&self) -> Vec<String> {
        let entries = self.world.entries();
        let groups = entries.iter().flat_map(|entry| &entry.shown);
        let persons = groups.flat_map(|group| &group.persons);
        persons.map(|person| person.as_str().to_owned()).collect()
    }
}

/// The next piece; `None` at the end.
async fn next(body: &mut Body) -> Option<Result<String, String>> {
    let frame = tokio::time::timeout(digue_testkit::PATIENCE, body.frame());
    let frame = frame.await.expect("a piece or the end")?;
    Some(match frame {
        Ok(frame) => Ok(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()),
        Err(error) => Err(error.to_string()),
    })
}

async fn check_next(body: &mut Body, piece: &str) {
    assert_eq!(next(body).await, Some(Ok(piece.to_owned())));
}

async fn check_refused(body: &mut Body) {
    let refused = "a piece of the stream may not be shown".to_owned();
    assert_eq!(next(body).await, Some(Err(refused)));
    assert_eq!(next(body).await, None);
}

#[tokio::test]
async fn an_event_leaves_when_its_entry_is_written() {
    let mut portal = slow("text/event-stream");
    let mut body = portal.open("/courant").await.into_body();
    portal.say("data: {\"id\":\"P1\"}\n\n");
    check_next(&mut body, "data: {\"id\":\"P1\"}\n\n").await;
    assert_eq!(portal.written(), ["P1"]);
    // Nobody is shown: no entry.
    portal.say(": encore là\n\n");
    check_next(&mut body, ": encore là\n\n").await;
    portal.say("event: etat\ndata: ok\n\n");
    check_next(&mut body, "event: etat\ndata: ok\n\n").await;
    assert_eq!(portal.world.entries().len(), 1);
    // Two events in one piece of the network, and one in two.
    portal.say("data: {\"id\":\"P2\"}\n\ndata: {\"id\":");
    check_next(&mut body, "data: {\"id\":\"P2\"}\n\n").await;
    assert_eq!(portal.written(), ["P1", "P2"]);
    portal.say("\"P3\"}\n\n");
    check_next(&mut body, "data: {\"id\":\"P3\"}\n\n").await;
    assert_eq!(portal.written(), ["P1", "P2", "P3"]);
    let entries = portal.world.entries();
    assert!(
        entries.iter().all(|entry| entry.body_bytes == 19),
        "{entries:?}"
    );
    assert_ne!(entries[0].exchange, entries[1].exchange);
    drop(portal.pieces);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn a_person_outside_the_caseload_ends_the_stream() {
    let mut portal = slow("text/event-stream");
    let mut body = portal.open("/courant").await.into_body();
    portal.say("data: {\"id\":\"P1\"}\n\ndata: {\"id\":\"P99\"}\n\ndata: {\"id\":\"P2\"}\n\n");
    check_next(&mut body, "data: {\"id\":\"P1\"}\n\n").await;
    check_refused(&mut body).await;
    assert_eq!(portal.written(), ["P1"]);
    portal.world.gateway.record_counted_refusals(true).await;
    let last = portal.world.entries().pop().unwrap();
    assert_eq!(last.outcome, Outcome::Refused);
    assert_eq!(last.reasons, [RefusalReason::OutsideCaseload]);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_ends_the_stream() {
    for event in [
        "data: {\"nom\":\"Durand\"}\n\n",
        "event: inconnu\ndata: x\n\n",
        "data: {\"id\":\n\n",
    ] {
        let mut portal = slow("text/event-stream");
        let mut body = portal.open("/courant").await.into_body();
        portal.say(event);
        check_refused(&mut body).await;
    }
}

#[tokio::test]
async fn what_the_journal_does_not_take_does_not_leave() {
    let mut portal = slow("text/event-stream");
    let mut body = portal.open("/courant").await.into_body();
    *portal.world.journal.is_full.lock().unwrap() = true;
    portal.say("data: {\"id\":\"P1\"}\n\n");
    check_refused(&mut body).await;
}

#[tokio::test]
async fn the_budget_counts_over_the_whole_stream() {
    let mut portal = slow("text/event-stream");
    let mut body = portal.open("/courant").await.into_body();
    for event in [
        "data: {\"id\":\"P1\"}\n\n",
        "data: {\"id\":\"P2\"}\n\n",
        "data: {\"id\":\"P2\"}\n\n",
        "data: {\"id\":\"P3\"}\n\n",
        "data: {\"id\":\"P4\"}\n\n",
    ] {
        portal.say(event);
        check_next(&mut body, event).await;
    }
    portal.say("data: {\"id\":\"P5\"}\n\n");
    check_refused(&mut body).await;
}

#[tokio::test]
async fn a_cut_account_receives_no_further_event() {
    let mut portal = slow("text/event-stream");
    let mut body = portal.open("/courant").await.into_body();
    portal.say("data: {\"id\":\"P1\"}\n\n");
    check_next(&mut body, "data: {\"id\":\"P1\"}\n\n").await;
    let account = AccountId::parse("caseload").unwrap();
    portal.world.set_gate(Reach::Account(account), Gate::Closed);
    assert_eq!(
        next(&mut body).await,
        Some(Err("the account was cut".to_owned()))
    );
}

#[tokio::test]
async fn lines_leave_one_by_one_and_the_last_needs_no_end() {
    let mut portal = slow("application/x-ndjson");
    let mut body = portal.open("/suite").await.into_body();
    portal.say("{\"id\":\"P1\"}\n{\"id\"");
    check_next(&mut body, "{\"id\":\"P1\"}\n").await;
    assert_eq!(portal.written(), ["P1"]);
    portal.say(":\"P2\"}\r\n");
    check_next(&mut body, "{\"id\":\"P2\"}\r").await;
    check_next(&mut body, "\n").await;
    portal.say("{\"id\":\"P3\"}");
    // Nothing says that it is whole before the stream has ended.
    tokio::time::timeout(Duration::from_millis(50), body.frame())
        .await
        .unwrap_err();
    drop(portal.pieces);
    let SlowPortal { world, .. } = portal;
    check_next(&mut body, "{\"id\":\"P3\"}").await;
    assert_eq!(world.entries().len(), 3);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn a_piece_without_an_end_is_not_collected_for_ever() {
    let mut portal = slow("application/x-ndjson");
    let mut body = portal.open("/suite").await.into_body();
    let long: &'static str = Box::leak(" ".repeat(5 << 10).into_boxed_str());
    portal.say(long);
    let end = next(&mut body).await.unwrap().unwrap_err();
    assert!(end.contains("too-large"), "{end}");
    portal.world.gateway.record_counted_refusals(true).await;
    let last = portal.world.entries().pop().unwrap();
    let too_large = RefusalReason::Uninspectable(UninspectedCause::TooLarge);
    assert_eq!(
        (last.outcome, last.reasons),
        (Outcome::Refused, vec![too_large])
    );
    assert_eq!(last.inspection, Inspection::TooLarge);
}
