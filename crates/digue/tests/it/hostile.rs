//! Promise 10, fail closed, and clients that lie about where their messages end.

use digue_testkit::{Heard, Reply};

use crate::instance::{Instance, PORTAL_HOST, Plan, obliging, reasons};

#[test]
fn unknown_hosts_routes_and_paths_are_refused() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let a1 = instance.sign_in("a1");
    let elsewhere = digue_testkit::Client {
        host: "ailleurs.test".into(),
        ..a1.clone()
    };
    assert_eq!(elsewhere.get("/fiche/P1").status, 421);
    assert_eq!(reasons(&a1.get("/autre")), ["unknown-route"]);
    let asked = instance.portal.heard().len();
    for path in [
        "//fiche/P1",
        "/static/../fiche/P1",
        "/static/%2e%2e/fiche/P1",
        "/fiche%2fP1",
        "/fiche/P1;x",
        "/fiche/%00",
        "/fiche/%zz",
        "/static/..%5cfiche",
    ] {
        assert_eq!(a1.get(path).status, 400, "{path}");
    }
    assert_eq!(instance.portal.heard().len(), asked);
    let history = instance.history();
    assert!(
        history
            .iter()
            .any(|entry| entry["reasons"][0] == "unknown-route")
    );
}

/// However a message lies about its length, the portal receives one request or none, and never one
/// that was not decided upon.
#[test]
fn no_request_is_smuggled() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), |heard: &Heard| {
        if heard.target == "/fiche/P2" {
            Reply::new("text/plain", "smuggled")
        } else {
            obliging(heard)
        }
    });
    let a1 = instance.sign_in("a1");
    let head = format!(
        "POST /liste HTTP/1.1\r\nhost: {PORTAL_HOST}\r\ncookie: {}\r\n",
        a1.cookie
    );
    let hidden = format!("GET /fiche/P2 HTTP/1.1\r\nhost: {PORTAL_HOST}\r\n\r\n");
    let length = hidden.len() + 5;
    let messages = [
        format!(
            "{head}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
        ),
        format!("{head}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}content-length: 0\r\ncontent-length: {length}\r\n\r\n{hidden}"),
        format!("{head}content-length: +0\r\n\r\n{hidden}"),
        format!("{head}content-length : 0\r\n\r\n{hidden}"),
        format!("{head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}transfer-encoding:\u{b}chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n0;x\n\n\r\n{hidden}"),
        format!("{head} folded: x\r\ncontent-length: 0\r\n\r\n{hidden}"),
        format!(
            "POST /liste HTTP/1.1\r\nhost: {PORTAL_HOST}\r\nhost: autre\r\ncookie: {}\r\n\r\n",
            a1.cookie
        ),
        format!(
            "POST http://autre/liste HTTP/1.1\r\nhost: {PORTAL_HOST}\r\ncookie: {}\r\n\r\n",
            a1.cookie
        ),
        format!(
            "GET /liste HTTP/1.1\r\nhost: {PORTAL_HOST}\r\nx: a\rb\r\ncookie: {}\r\n\r\n",
            a1.cookie
        ),
    ];
    for message in &messages {
        let answer = a1.raw(message.as_bytes()).unwrap_or_default();
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.contains("smuggled"), "{message:?} gave {text:?}");
    }
    assert!(
        instance
            .portal
            .heard()
            .iter()
            .all(|heard| heard.target != "/fiche/P2")
    );
    // And it still works.
    assert_eq!(a1.get("/fiche/P1").status, 200);
}

#[test]
fn hostile_portals_are_refused_and_the_process_lives() {
    let mut instance =
        Instance::open(
            &Plan::usual().caseload("a1", &["P1"]),
            |heard: &Heard| match heard.target.as_str() {
                "/liste?deep" => Reply::new("application/json", "[".repeat(200_000)),
                "/liste?shape" => {
                    Reply::new("application/json", r#"{"items":[{"id":"<script>"}]}"#)
                }
                "/liste?cookie" => Reply::new("application/json", "{}")
                    .header("set-cookie", "__Host-digue=taken; Path=/; Secure"),
                "/liste?range" => Reply::new("application/json", "{}").status(206),
                "/liste?upgrade" => Reply::new("application/json", "").status(101),
                _ => obliging(heard),
            },
        );
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/liste?deep").status, 502);
    assert_eq!(a1.get("/liste?shape").status, 502);
    assert_eq!(a1.get("/liste?cookie").header("set-cookie"), None);
    assert_eq!(a1.get("/liste?upgrade").status, 502);
    let ranged = a1.send(
        "GET",
        "/fiche/P1",
        &[("range", "bytes=0-3"), ("if-none-match", "x")],
        b"",
    );
    assert_eq!(ranged.status, 200);
    let heard = instance.portal.heard().pop().unwrap();
    assert_eq!(
        (heard.header("range"), heard.header("if-none-match")),
        (None, None)
    );
    assert_eq!(a1.get("/fiche/P1").status, 200);
}

#[test]
fn a_portal_that_does_not_answer_is_said_so() {
    let plan = Plan::usual()
        .replace("{upstream}", "http://127.0.0.1:1")
        .caseload("a1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let answer = a1.get("/fiche/P1");
    assert_eq!(answer.status, 502);
    assert!(!answer.text().contains("127.0.0.1"));
}
