//! Promise 33: no one starves the others, and nothing from an unauthenticated client is kept.

use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;

use digue_testkit::client::{is_end_of_connection, read_answer};
use digue_testkit::{Client, Heard, Reply};

use crate::instance::{CONSOLE_HOST, Instance, PORTAL_HOST, Plan, obliging};

const ROUTER: &str = include_str!("../../../digue-console/src/router.rs");

fn ends(stream: &mut TcpStream) -> bool {
    let mut rest = [0; 4096];
    loop {
        match stream.read(&mut rest) {
            Ok(read) if read > 0 => {}
            end => return is_end_of_connection(&end),
        }
    }
}

#[test]
fn connections_that_send_nothing_shut_nobody_out() {
    let limits = "[limits]\nconnections = 60\nconnections_per_address = 40\n";
    let mut instance = Instance::open(
        &Plan::usual().settings(limits).caseload("a1", &["P1"]),
        obliging,
    );
    let a1 = instance.sign_in("a1");
    let mut silent: Vec<TcpStream> = (0..200).map(|_| a1.connect().unwrap()).collect();
    for _ in 0..20 {
        assert_eq!(a1.get("/fiche/P1").status, 200);
    }
    // The oldest went first.
    assert!(silent[..100].iter_mut().all(ends));
}

#[test]
fn whoever_keeps_the_listener_waiting_is_ended() {
    let limits = "[limits]\nfirst_request = \"1s\"\nkeep_alive = \"1s\"\nslow_after = \"1s\"\n";
    let mut instance = Instance::open(
        &Plan::usual().settings(limits).caseload("a1", &["P1"]),
        obliging,
    );
    let a1 = instance.sign_in("a1");
    let half_a_body = format!(
        "POST /.digue/enter HTTP/1.1\r\nhost: {CONSOLE_HOST}\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: 60000\r\n\r\nlink="
    );
    let half_a_report = format!(
        "POST /liste HTTP/1.1\r\nhost: {PORTAL_HOST}\r\ncookie: {}\r\ncontent-length: 60000\r\n\r\nx",
        a1.cookie
    );
    let asked_once = format!(
        "GET /fiche/P1 HTTP/1.1\r\nhost: {PORTAL_HOST}\r\ncookie: {}\r\n\r\n",
        a1.cookie
    );
    for sent in [
        "",
        "GET /fiche/P1 HTTP/1.1\r\nhost: ",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = a1.connect().unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        assert!(ends(&mut stream), "{sent:?}");
    }
    for sent in [half_a_body, half_a_report, asked_once] {
        let mut stream = a1.connect().unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        assert!(ends(&mut stream), "{sent:?}");
    }
    assert_eq!(a1.get("/fiche/P1").status, 200);
}

/// Method and path of each route of the console that takes a body.
fn routes_with_bodies() -> Vec<(&'static str, String)> {
    let mut routes = Vec::new();
    for route in ROUTER.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        let path = path
            .replace("{*rest}", "x")
            .replace("{*path}", "x")
            .replace(['{', '}'], "");
        for (call, method) in [("post(", "POST"), ("put(", "PUT"), ("any(", "POST")] {
            if route.split(".route").next().unwrap().contains(call) {
                routes.push((method, path.clone()));
            }
        }
    }
    routes
}

#[test]
fn nothing_of_a_stranger_is_read_before_it_is_refused() {
    let instance = Instance::open(&Plan::usual(), obliging);
    let routes = routes_with_bodies();
    assert!(routes.len() > 80, "{routes:?}");
    let console = Client::new(instance.address, CONSOLE_HOST);
    for (method, path) in routes {
        // A hundred megabytes are announced, and none is sent: the answer comes all the same.
        let mut stream = console.connect().unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {CONSOLE_HOST}\r\ncontent-type: \
             application/x-www-form-urlencoded\r\ncontent-length: 100000000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let answer = read_answer(&mut BufReader::new(stream), false).unwrap();
        assert!(
            matches!(answer.status, 303 | 401 | 404 | 405 | 413),
            "{method} {path}: {}",
            answer.status
        );
    }
}

#[test]
fn a_large_upload_of_somebody_without_the_role_is_refused_unread() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    let a1 = instance.console_session("a1");
    for (method, path) in [
        ("PUT", "/api/v1/caseloads/personnes"),
        ("POST", "/incidents/in-1/notices"),
    ] {
        let mut stream = a1.connect().unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {CONSOLE_HOST}\r\ncookie: {}\r\ncontent-length: 100000000\r\n\r\n",
            a1.cookie
        );
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(
            read_answer(&mut BufReader::new(stream), false)
                .unwrap()
                .status,
            403,
            "{path}"
        );
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The fields of a request, each written out (RFC 7541, 6.2.2).
fn fields(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in pairs {
        block.push(0);
        for text in [name, value] {
            block.push(
                u8::try_from(text.len())
                    .ok()
                    .filter(|length| *length < 127)
                    .unwrap(),
            );
            block.extend(text.as_bytes());
        }
    }
    block
}

/// Asks for `target` on so many streams of one connection that takes no byte of a body; the streams
/// that were answered, and how many of them well.
fn ask_and_take_nothing(client: &Client, target: &str, streams: u32) -> (TcpStream, usize) {
    let mut stream = client.connect().unwrap();
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    sent.extend(frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]));
    let block = fields(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", PORTAL_HOST),
        (":path", target),
        ("cookie", &client.cookie),
    ]);
    for number in 0..streams {
        sent.extend(frame(1, 5, 2 * number + 1, &block));
    }
    stream.write_all(&sent).unwrap();
    let (mut answered, mut good) = (0, 0);
    while answered < streams {
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).unwrap();
        match head[3] {
            1 => {
                answered += 1;
                // `:status 200` is one entry of the static table; every other status is not.
                good += usize::from(payload[0] == 0x88);
            }
            // Settings are acknowledged; the rest is not for us.
            4 if head[4] & 1 == 0 => stream.write_all(&frame(4, 1, 0, &[])).unwrap(),
            _ => {}
        }
    }
    (stream, good)
}

#[test]
fn an_account_that_takes_nothing_of_its_answers_leaves_room_for_others() {
    let limits = "[limits]\nheld_bytes = \"8MiB\"\nrequests_per_account = 1000\n";
    let long = "x".repeat(300_000);
    let answer = move |heard: &Heard| match heard.target.strip_prefix("/fiche/") {
        Some(id) => Reply::new(
            "application/json",
            format!(r#"{{"id":"{id}","nom":"{long}"}}"#),
        ),
        None => obliging(heard),
    };
    let plan = Plan::usual()
        .settings(limits)
        .caseload("a1", &["P1"])
        .caseload("b1", &["P1"]);
    let mut instance = Instance::open(&plan, answer);
    let (a1, b1) = (instance.sign_in("a1"), instance.sign_in("b1"));
    let (held, good) = ask_and_take_nothing(&a1, "/fiche/P1", 71);
    assert!(
        (1..20).contains(&good),
        "{good} answers wait for one that takes none"
    );
    for _ in 0..5 {
        assert_eq!(b1.get("/fiche/P1").status, 200);
    }
    drop(held);
}

#[test]
fn one_account_has_so_many_requests_at_once() {
    let limits = "[limits]\nrequests_per_account = 5\n";
    let long = "x".repeat(100_000);
    let answer = move |heard: &Heard| {
        Reply::new(
            "application/json",
            format!(r#"{{"id":"{}","nom":"{long}"}}"#, &heard.target[7..]),
        )
    };
    let plan = Plan::usual()
        .settings(limits)
        .caseload("a1", &["P1"])
        .caseload("b1", &["P1"]);
    let mut instance = Instance::open(&plan, answer);
    let (a1, b1) = (instance.sign_in("a1"), instance.sign_in("b1"));
    let (held, good) = ask_and_take_nothing(&a1, "/fiche/P1", 20);
    assert_eq!(good, 5);
    assert_eq!(a1.get("/fiche/P1").status, 503);
    assert_eq!(b1.get("/fiche/P1").status, 200);
    drop(held);
}

#[test]
fn a_flood_of_refusals_is_counted_and_not_written_one_by_one() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let (a1, b1) = (instance.sign_in("a1"), instance.sign_in("b1"));
    for number in 0..150 {
        let refused = a1.get(&format!("/nulle-part/{number}"));
        assert_eq!(
            (refused.status, refused.entry().is_some()),
            (403, number < 10),
            "{number}"
        );
    }
    // Another account's and another kind's are written as ever.
    assert!(b1.get("/nulle-part").entry().is_some());
    assert!(a1.get("/fiche/P9").entry().is_some());
    let history = instance.history();
    let of = |entry: &&serde_json::Value| {
        entry["account"] == "a1"
            && entry["reasons"][0] == "unknown-route"
            && entry["outcome"] == "refused"
    };
    let entries: Vec<&serde_json::Value> = history.iter().filter(of).collect();
    let requests = |entry: &&serde_json::Value| entry["repeated"]["count"].as_u64().unwrap_or(1);
    assert_eq!(entries.iter().map(requests).sum::<u64>(), 150);
    assert!(entries.len() <= 12, "{}", entries.len());
    let counted = entries
        .iter()
        .find(|entry| !entry["repeated"].is_null())
        .unwrap();
    assert!(counted["at"].as_str().unwrap() <= counted["repeated"]["until"].as_str().unwrap());
}
