//! Promise 4: cut means cut, streams in flight included.

use std::io::{BufReader, Read as _, Write as _};
use std::time::{Duration, Instant};

use digue_testkit::client::read_answer;
use digue_testkit::{Client, Heard, Reply, is_end_of_connection};

use crate::instance::{Instance, Plan, obliging, reasons, shown_to};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

fn set_gate(officer: &Client, scope: &str, name: &str, gate: &str) {
    let body = format!("scope={scope}&name={name}&gate={gate}&reason=exercice");
    let answer = officer.send("POST", "/gates", &FORM, body.as_bytes());
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[test]
fn a_gate_closes_at_once_for_account_organisation_portal_and_everything() {
    let plan = Plan::usual()
        .caseload("a1", &["P1"])
        .caseload("b1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    assert!(instance.stop());
    let arguments = [
        "account",
        "dpo",
        "--organisation",
        "operateur",
        "--role",
        "dpo",
    ];
    assert!(
        crate::instance::digue(instance.folder.path(), &arguments)
            .status
            .success()
    );
    instance.start();
    let dpo = instance.console_session("dpo");
    let (a1, b1) = (instance.sign_in("a1"), instance.sign_in("b1"));
    let officer = instance.officer();
    for (scope, name, b1_status) in [
        ("account", "a1", 200),
        ("organisation", "of-1", 200),
        ("portal", "portail", 403),
        ("everything", "", 403),
    ] {
        set_gate(&officer, scope, name, "closed");
        let refused = a1.get("/fiche/P1");
        assert_eq!(
            (refused.status, reasons(&refused)),
            (403, vec![format!("gate-closed:{scope}")])
        );
        assert_eq!(b1.get("/fiche/P1").status, b1_status);
        // One person requests to open it, and nothing happens until another grants it.
        set_gate(&officer, scope, name, "open");
        assert_eq!(a1.get("/fiche/P1").status, 403);
        let waiting = dpo.get("/approvals").text();
        let id = waiting
            .split("name=\"id\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let body = format!("id={id}&granted=1");
        assert_eq!(
            officer
                .send("POST", "/approvals/decide", &FORM, body.as_bytes())
                .status,
            403
        );
        assert_eq!(
            dpo.send("POST", "/approvals/decide", &FORM, body.as_bytes())
                .status,
            303
        );
        assert_eq!(a1.get("/fiche/P1").status, 200);
    }
    // A gate survives a restart.
    set_gate(&officer, "account", "a1", "closed");
    instance.kill();
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 403);
}

#[test]
fn cutting_the_sessions_ends_them_for_good() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let a1 = instance.sign_in("a1");
    let officer = instance.officer();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let cut = officer.send(
        "POST",
        "/sessions/cut",
        &FORM,
        b"account=a1&reason=session+volee",
    );
    assert_eq!(cut.status, 303);
    assert_eq!(reasons(&a1.get("/fiche/P1")), ["no-session"]);
    instance.kill();
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 401);
}

fn large(heard: &Heard) -> Reply {
    if heard.target.starts_with("/liste") {
        let filler = "x".repeat(12 << 20);
        return Reply::new(
            "application/json",
            format!(r#"{{"items":[{{"id":"P1","f":"{filler}"}}]}}"#),
        );
    }
    obliging(heard)
}

#[test]
fn a_download_in_flight_stops_within_a_second_of_the_cut() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), large);
    let a1 = instance.sign_in("a1");
    let officer = instance.officer();
    // A slow reader: the head and some bytes, then nothing.
    let mut stream = a1.connect().unwrap();
    write!(
        stream,
        "GET /liste HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        a1.host, a1.cookie
    )
    .unwrap();
    let mut first = [0u8; 1024];
    stream.read_exact(&mut first).unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    set_gate(&officer, "account", "a1", "closed");
    // Buffered bytes still arrive; then the connection ends, long before the body does.
    let mut rest = Vec::new();
    let end = stream.read_to_end(&mut rest);
    assert!(is_end_of_connection(&end), "{end:?}");
    assert!(rest.len() < 12 << 20, "the whole body came");
}

#[test]
fn a_stop_loses_no_response() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), |heard: &Heard| {
        if heard.target.starts_with("/liste") {
            std::thread::park_timeout(Duration::from_millis(700));
            return Reply::new("application/json", r#"{"items":[{"id":"P1"}]}"#);
        }
        obliging(heard)
    });
    let a1 = instance.sign_in("a1");
    let mut stream = a1.connect().unwrap();
    write!(
        stream,
        "GET /liste HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        a1.host, a1.cookie
    )
    .unwrap();
    // The portal has been contacted: the response is on its way.
    while instance.portal.heard().is_empty() {
        std::thread::yield_now();
    }
    let reading =
        std::thread::spawn(move || read_answer(&mut BufReader::new(stream), false).unwrap());
    assert!(instance.stop());
    let answer = reading.join().unwrap();
    assert_eq!((answer.status, answer.is_whole), (200, true));
    assert_eq!(shown_to(&instance.exposures(), "a1"), ["P1"]);
}

#[test]
fn a_reload_takes_the_new_map_and_a_faulty_one_changes_nothing() {
    let names: Vec<String> = (1..20_000).map(|number| format!("P{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &names), obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/liste?ids=P1,P2").status, 200);
    let path = instance.folder.path().join("portals/portail.toml");
    let map = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        map.replace(
            "path = \"/liste\"",
            "path = \"/autre\"\nkind = \"nonsense\"",
        ),
    )
    .unwrap();
    instance.reload();
    assert_eq!(a1.get("/liste?ids=P1").status, 200);
    std::fs::write(&path, map.replace("\"24h\" = 100000", "\"24h\" = 2")).unwrap();
    instance.reload();
    // The new limit counts what was shown before it. A new person each time: those already shown
    // before it was applied stay shown.
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    let mut others = names[2..]
        .iter()
        .map(|name| a1.get(&format!("/fiche/{name}")).status);
    while others.next() != Some(429) {
        assert!(Instant::now() < deadline, "the reload was not taken");
    }
    assert_eq!(a1.get("/fiche/P1").status, 200);
}
