//! Promise 29: what is shown outside the body is inspected or stripped; and what a refusal says
//! about the portal's work.

use std::io::{BufRead as _, BufReader, Write as _};

use digue_testkit::{Client, Heard, Reply};

use crate::instance::{Instance, Plan, obliging, reasons, shown_to};

/// A map whose identifiers can be told from any other word.
fn plan() -> Plan {
    Plan::usual()
        .replace("shape = \"[A-Za-z0-9-]{1,40}\"", "shape = \"P[0-9]{4}\"")
        .caseload("a1", &["P0001"])
}

/// Answers with the status and the header that the query asks for: see `talk`.
fn talkative(heard: &Heard) -> Reply {
    let asked = heard
        .target
        .strip_prefix("/liste?")
        .and_then(|query| query.split_once('~'));
    let Some((status, header)) = asked else {
        return obliging(heard);
    };
    let (name, coded) = header.split_once('=').unwrap();
    let bytes = coded
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    let value: String = bytes
        .map(|hex| char::from(u8::from_str_radix(hex, 16).unwrap()))
        .collect();
    let is_empty = status == "204" || status.starts_with('3');
    let body = if is_empty { "" } else { r#"{"items":[]}"# };
    Reply::new("application/json", body)
        .status(status.parse().unwrap())
        .header(name, &value)
}

/// The address at which the portal answers with this header, whatever its letters.
fn talk(status: &str, name: &str, value: &str) -> String {
    let coded: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("/liste?{status}~{name}={coded}")
}

const TALK: [(&str, &str); 9] = [
    ("location", "/fiche/PERSON"),
    ("content-location", "/fiche/%50PERSON"),
    ("link", "</fiche/PERSON>; rel=next"),
    ("refresh", "0; url=/fiche/PERSON"),
    (
        "content-disposition",
        "attachment; filename*=UTF-8''fiche_PERSON.pdf",
    ),
    ("set-cookie", "vu=PERSON; Path=/"),
    ("www-authenticate", "Basic realm=\"PERSON\""),
    ("vary", "X-PERSON"),
    ("content-language", "fr-x-PERSON"),
];

fn of(value: &str, person: &str) -> String {
    value
        .replace("%50PERSON", &person.replace('P', "%50"))
        .replace("PERSON", person)
}

#[test]
fn whom_a_header_shows_is_decided_upon_and_written_down() {
    let mut instance = Instance::open(&plan(), talkative);
    let a1 = instance.sign_in("a1");
    for (name, value) in TALK {
        for status in ["200", "204", "302", "404", "500"] {
            let target = talk(status, name, &of(value, "P0002"));
            for method in ["GET", "HEAD", "POST"] {
                let refused = a1.send(method, &target, &[], b"");
                assert_eq!(refused.status, 403, "{method} {status} {name}");
                let shown = format!("{:?} {}", refused.headers, refused.text());
                assert!(
                    !shown.contains("P0002") && !shown.contains("%500002"),
                    "{method} {status} {name}: {shown}"
                );
            }
            let answer = a1.get(&talk(status, name, &of(value, "P0001")));
            assert_eq!(answer.status, status.parse::<u16>().unwrap(), "{name}");
            assert!(
                answer.header(name).is_some() && answer.entry().is_some(),
                "{status} {name} {answer:?}"
            );
            assert_eq!(
                answer.header("cache-control"),
                Some("private, no-store"),
                "{status} {name}"
            );
        }
    }
    assert_eq!(shown_to(&instance.history(), "a1"), ["P0001"]);
}

#[test]
fn what_the_map_does_not_name_and_what_a_copy_lives_by_stays_behind() {
    let named = plan().replace(
        "[portal]",
        "[portal]\nresponse_headers = [\"x-total-count\"]",
    );
    let mut instance = Instance::open(&named, talkative);
    let a1 = instance.sign_in("a1");
    let answered = |name: &str, value: &str| a1.get(&talk("200", name, value));
    for (name, value) in [
        ("x-person", "P0001"),
        ("etag", "\"P0001\""),
        ("x-accel-expires", "60"),
        ("surrogate-control", "max-age=60"),
        ("cdn-cache-control", "max-age=60"),
        ("age", "1"),
        ("expires", "0"),
        ("pragma", "no-cache"),
        ("accept-ranges", "bytes"),
        ("clear-site-data", "\"cookies\""),
        ("set-cookie", "=__Host-digue=taken"),
        ("set-cookie", "__Host-Digue-device=taken"),
        ("alt-svc", "h3=\":443\""),
    ] {
        let answer = answered(name, value);
        assert_eq!(
            (answer.status, answer.header(name)),
            (200, None),
            "{name}: {value}"
        );
    }
    assert_eq!(
        answered("x-total-count", "7").header("x-total-count"),
        Some("7")
    );
    assert_eq!(answered("x-total-count", "P0002").status, 403);
    // The portal's own address is not one for its clients.
    let moved = a1.get(&talk(
        "302",
        "location",
        &format!("{}/autre", instance.portal.url()),
    ));
    let expected = format!("http://{}/autre", a1.host);
    assert_eq!(moved.header("location"), Some(expected.as_str()));
    // Nor does its reason phrase pass: the portal says `X`.
    let mut stream = a1.connect().unwrap();
    write!(
        stream,
        "GET /liste?ids= HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        a1.host, a1.cookie
    )
    .unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");
}

#[test]
fn without_anything_to_recognise_an_identifier_by_only_what_the_map_names_passes() {
    let wide = Plan::usual().caseload("a1", &["P0001"]);
    let mut instance = Instance::open(&wide, talkative);
    let a1 = instance.sign_in("a1");
    for (name, value) in TALK {
        let answer = a1.get(&talk("200", name, &of(value, "P0002")));
        assert_eq!((answer.status, answer.header(name)), (200, None), "{name}");
    }
    assert_eq!(
        a1.get(&talk("200", "x-frame-options", "DENY"))
            .header("x-frame-options"),
        Some("DENY")
    );
}

#[test]
fn an_error_page_that_shows_the_person_asked_for_shows_them() {
    let form = "[[routes]]\nname = \"formulaire\"\npath = \"/formulaire/{id}\"\naction = \"open\"\n\
                request = [{ in = \"path\", at = \"id\" }]\n[[routes.response]]\nformat = \"nobody\"\n\
                types = [\"text/html\"]\n";
    let named = plan()
        .add(form)
        .replace("[portal]", "[portal]\nrequest_headers = [\"x-status\"]");
    let mut instance = Instance::open(&named, |heard: &Heard| {
        let status = heard
            .header("x-status")
            .and_then(|status| status.parse().ok())
            .unwrap_or(200);
        let is_empty = (300..400).contains(&status);
        let body = if is_empty {
            ""
        } else {
            "<form>nom manquant</form>"
        };
        Reply::new("text/html", body).status(status)
    });
    let a1 = instance.sign_in("a1");
    let asked = |status: &str| a1.send("GET", "/formulaire/P0001", &[("x-status", status)], b"");
    for (status, is_shown) in [
        ("422", true),
        ("400", true),
        ("500", true),
        ("409", true),
        ("404", false),
        ("403", false),
        ("303", false),
    ] {
        let answer = asked(status);
        assert_eq!(answer.status.to_string(), status);
        assert_eq!(answer.entry().is_some(), is_shown, "{status}");
    }
    let history = instance.history();
    assert!(
        history
            .iter()
            .all(|entry| entry["persons"][0]["person"] == "P0001"),
        "{history:?}"
    );
}

#[test]
fn a_refused_write_has_happened_and_it_is_said() {
    let mut instance = Instance::open(&plan(), |heard: &Heard| match heard.target.as_str() {
        "/liste?pdf" => Reply::new("application/pdf", "%PDF"),
        "/liste?failed" => Reply::new("application/pdf", "%PDF").status(500),
        "/liste?other" => {
            Reply::new("application/json", r#"{"items":[{"id":"P0002"}]}"#).status(201)
        }
        _ => obliging(heard),
    });
    let a1 = instance.sign_in("a1");
    let asked = |method: &str, target: &str| reasons(&a1.send(method, target, &[], b""));
    assert_eq!(
        asked("POST", "/liste?pdf"),
        ["uninspectable:unknown-type", "done-not-shown"]
    );
    assert_eq!(
        asked("DELETE", "/liste?failed"),
        ["uninspectable:unknown-type", "outcome-unknown"]
    );
    assert_eq!(
        asked("PUT", "/liste?other"),
        ["outside-caseload", "done-not-shown"]
    );
    assert_eq!(asked("GET", "/liste?pdf"), ["uninspectable:unknown-type"]);
    // What the portal was not asked to do has not happened.
    assert_eq!(asked("POST", "/fiche/P0002"), ["outside-caseload"]);
    let page = |language: &str| {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        a1.send("POST", "/liste?pdf", &headers, b"").text()
    };
    assert!(
        page("fr").contains("Le portail a exécuté votre demande"),
        "{}",
        page("fr")
    );
    assert!(page("en").contains("The portal has carried out your request"));
    let history = instance.history();
    let done: Vec<(&str, u64)> = history
        .iter()
        .filter(|entry| {
            entry["reasons"]
                .as_array()
                .is_some_and(|all| all.contains(&"done-not-shown".into()))
        })
        .map(|entry| {
            (
                entry["outcome"].as_str().unwrap(),
                entry["status"].as_u64().unwrap(),
            )
        })
        .collect();
    assert!(
        done.contains(&("refused", 200)) && done.contains(&("refused", 201)),
        "{done:?}"
    );
}

/// A portal that hangs up on writes: no one knows whether it did what was asked.
#[test]
fn a_write_without_answer_may_have_happened() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut line = String::new();
            let _ = BufReader::new(stream).read_line(&mut line);
        }
    });
    let mut instance = Instance::open(&plan().replace("{upstream}", &upstream), obliging);
    let a1: Client = instance.sign_in("a1");
    let answer = a1.send("POST", "/liste", &[], b"x=1");
    assert_eq!(answer.status, 502);
    assert!(
        answer.text().contains("received your request")
            || answer.text().contains("a reçu votre demande")
    );
    assert!(answer.entry().is_some());
    assert_eq!(a1.get("/liste").entry(), None);
    let history = instance.history();
    assert_eq!(
        history.last().unwrap()["reasons"],
        serde_json::json!(["outcome-unknown"])
    );
}
