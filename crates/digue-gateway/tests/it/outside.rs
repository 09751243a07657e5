//! Lists with persons outside the caseload: what leaves, what is written down, and what a
//! visitor is told.

use digue_testkit::{Heard, Portal, Reply};
use digue_types::{Outcome, OutsideHandling, RefusalReason};
use http::{HeaderName, HeaderValue, Response};
use serde_json::json;

use crate::world::{Visit, WayIn, World};

fn get(account: &'static str, target: &'static str) -> Visit {
    Visit {
        account,
        method: "GET",
        target,
    }
}

/// A record with a secret of its person; every value of it is telling.
fn record(id: &str) -> serde_json::Value {
    json!({ "id": id, "nom": format!("secret-{id}"), "age": 41, "tags": [format!("secret-{id}")] })
}

/// Lists the persons of the query, in the format of the route.
fn answer(heard: &Heard) -> Reply {
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    let mut ids = "";
    let mut summary = json!("rien");
    let mut is_gzip = false;
    let mut status = 200;
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "ids" => ids = value,
            "summary" => summary = json!(value),
            "gzip" => is_gzip = true,
            "status" => status = value.parse().unwrap(),
            _ => {}
        }
    }
    let records: Vec<_> = ids
        .split(',')
        .filter(|id| !id.is_empty())
        .map(record)
        .collect();
    if path == "/lignes" {
        let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
        return Reply::new("application/x-ndjson", lines.join("\n"));
    }
    let body = json!({ "count": records.len(), "items": records, "summary": summary }).to_string();
    let body = if is_gzip {
        gzip(body.as_bytes())
    } else {
        body.into_bytes()
    };
    let reply = Reply::new("application/json", body)
        .status(status)
        .header("etag", "\"v1\"")
        .header("last-modified", "Sat, 29 Nov 2025 10:00:00 GMT")
        .header("digue-outside", "forged=1");
    if is_gzip {
        reply.header("content-encoding", "gzip")
    } else {
        reply
    }
}

/// A gzip member whose one block is stored (RFC 1952; RFC 1951, 3.2.4).
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    let mut coded = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    coded.extend(length.to_le_bytes());
    coded.extend((!length).to_le_bytes());
    coded.extend(body);
    let mut sum = !0_u32;
    for byte in body {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
    }
    coded.extend((!sum).to_le_bytes());
    coded.extend(u32::from(length).to_le_bytes());
    coded
}

fn world() -> (World, Portal) {
    let portal = Portal::start(answer);
    (World::before(portal.address.to_string()), portal)
}

fn text<'r>(response: &'r Response<bytes::Bytes>, name: &str) -> Option<&'r str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

fn body(response: &Response<bytes::Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

async fn ask(
    world: &mut World,
    way: WayIn,
    visit: Visit,
    headers: &[(&'static str, &'static str)],
) -> Response<bytes::Bytes> {
    let mut request = world.request(way, visit);
    for (name, value) in headers {
        request.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    world.response(request).await
}

#[tokio::test]
async fn records_outside_the_caseload_are_taken_out_written_down_and_said() {
    let (mut world, _portal) = world();
    let response = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/coupe?ids=P1,P77,P2,P78,P79"),
        &[],
    )
    .await;
    assert_eq!(response.status(), 200, "{}", body(&response));
    assert_eq!(text(&response, "digue-outside"), Some("dropped=3"));
    let shown: serde_json::Value = serde_json::from_str(body(&response)).unwrap();
    assert_eq!(
        shown,
        json!({ "count": 5, "items": [record("P1"), record("P2")], "summary": "rien" })
    );
    for name in ["etag", "last-modified", "content-encoding"] {
        assert_eq!(text(&response, name), None, "{name}");
    }
    if let Some(length) = text(&response, "content-length") {
        assert_eq!(length, response.body().len().to_string());
    }
    let entry = world.entries().pop().unwrap();
    assert_eq!((entry.outcome, entry.reasons.len()), (Outcome::Released, 0));
    let persons: Vec<&str> = entry.persons().map(|person| person.as_str()).collect();
    assert_eq!((persons, entry.persons_found), (vec!["P1", "P2"], 2));
    let outside = entry.outside.clone().unwrap();
    assert_eq!(
        (outside.handling, outside.count, outside.cause),
        (OutsideHandling::Dropped, 3, RefusalReason::OutsideCaseload)
    );
    assert_eq!(world.entries().len(), 1);
    // Only those who left are counted as shown.
    assert_eq!(world.counts(&WayIn::Session.portal(), "caseload").0[0], 2);
}

#[tokio::test]
async fn masked_records_say_nothing() {
    let (mut world, _portal) = world();
    let response = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/masque?ids=P77,P1"),
        &[],
    )
    .await;
    assert_eq!(response.status(), 200, "{}", body(&response));
    assert_eq!(text(&response, "digue-outside"), Some("masked=1"));
    let shown: serde_json::Value = serde_json::from_str(body(&response)).unwrap();
    assert_eq!(
        shown["items"],
        json!([{ "id": "…", "nom": "…", "age": null, "tags": [] }, record("P1")])
    );
    assert_eq!(
        world.entries().pop().unwrap().outside.unwrap().handling,
        OutsideHandling::Masked
    );
}

#[tokio::test]
async fn what_is_compressed_leaves_without_its_coding() {
    let (mut world, _portal) = world();
    let response = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/coupe?ids=P1,P77&gzip=1"),
        &[("accept-encoding", "gzip")],
    )
    .await;
    assert_eq!(response.status(), 200, "{:?}", response.body());
    assert_eq!(text(&response, "content-encoding"), None);
    assert!(body(&response).contains("secret-P1") && !body(&response).contains("secret-P77"));
    let whole = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/coupe?ids=P1&gzip=1"),
        &[("accept-encoding", "gzip")],
    )
    .await;
    assert_eq!(
        (
            text(&whole, "content-encoding"),
            text(&whole, "digue-outside")
        ),
        (Some("gzip"), None)
    );
}

#[tokio::test]
async fn lines_leave_one_by_one() {
    let (mut world, _portal) = world();
    let response = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/lignes?ids=P77,P1,P78"),
        &[],
    )
    .await;
    assert_eq!(body(&response), format!("{}\n", record("P1")));
    assert_eq!(text(&response, "digue-outside"), Some("dropped=2"));
}

#[tokio::test]
async fn a_list_of_which_nothing_would_be_left_or_which_still_tells_is_refused() {
    let (mut world, _portal) = world();
    for target in [
        "/coupe?ids=P77,P78",
        "/masque?ids=P77",
        "/lignes?ids=P77",
        // In a part that shows nobody, by the map's word.
        "/coupe?ids=P1,P77&summary=P77",
        "/coupe?ids=P1,P77&summary=P78",
        "/masque?ids=P1,P77&summary=secret-P77",
        "/entier?ids=P1,P77",
        // A part of a document.
        "/coupe?ids=P1,P77&status=206",
    ] {
        let response = ask(&mut world, WayIn::Session, get("caseload", target), &[]).await;
        assert_eq!(response.status(), 403, "{target}");
        assert_eq!(text(&response, "digue-outside"), None);
        assert!(!body(&response).contains("secret"), "{target}");
        let entry = world.entries().pop().unwrap();
        assert_eq!(
            (entry.outcome, &entry.reasons[..], &entry.outside),
            (
                Outcome::Refused,
                &[RefusalReason::OutsideCaseload][..],
                &None
            ),
            "{target}"
        );
    }
    assert_eq!(world.counts(&WayIn::Session.portal(), "caseload").0[0], 0);
}

#[tokio::test]
async fn budgets_and_the_monitor_decide_upon_what_is_left() {
    let (mut world, _portal) = world();
    // Four persons in a minute.
    let many = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/coupe?ids=P1,P2,P3,P4,P5,P77"),
        &[],
    )
    .await;
    assert_eq!(many.status(), 429);
    let decoy = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/coupe?ids=P6,P77"),
        &[],
    )
    .await;
    assert_eq!(decoy.status(), 403);
    let entry = world.entries().pop().unwrap();
    assert_eq!(
        (&entry.reasons[..], &entry.outside),
        (&[RefusalReason::Withheld][..], &None)
    );
    // The monitor was shown what is missing before it gave its verdict.
    let asked = world.monitor_calls();
    let asked = asked
        .iter()
        .rfind(|call| call.wants_verdict && call.exposure.outcome == Outcome::Released);
    assert_eq!(asked.unwrap().exposure.outside.as_ref().unwrap().count, 1);
}

#[tokio::test]
async fn where_rules_are_only_tried_no_byte_changes_and_the_entry_says_what_would() {
    let (mut world, _portal) = world();
    for (way, target, handling) in [
        (
            WayIn::Observed,
            "/coupe?ids=P1,P77,P78",
            OutsideHandling::WouldDrop,
        ),
        (
            WayIn::Observed,
            "/masque?ids=P1,P77,P78",
            OutsideHandling::WouldMask,
        ),
        (
            WayIn::Pilot,
            "/coupe?ids=P1,P77,P78",
            OutsideHandling::WouldDrop,
        ),
    ] {
        let response = ask(&mut world, way, get("caseload", target), &[]).await;
        let whole = json!({ "count": 3, "items": [record("P1"), record("P77"), record("P78")], "summary": "rien" });
        assert_eq!(body(&response), whole.to_string());
        assert_eq!(text(&response, "etag"), Some("\"v1\""));
        let entry = world.entries().pop().unwrap();
        assert_eq!(
            (entry.outcome, entry.persons_found),
            (Outcome::WouldRefuse, 3)
        );
        let outside = entry.outside.unwrap();
        assert_eq!((outside.handling, outside.count), (handling, 2));
    }
    let nothing_left = ask(
        &mut world,
        WayIn::Observed,
        get("caseload", "/coupe?ids=P77"),
        &[],
    )
    .await;
    assert!(body(&nothing_left).contains("secret-P77"));
    assert_eq!(world.entries().pop().unwrap().outside, None);
}

#[tokio::test]
async fn an_officer_learns_who_was_outside_and_nobody_else_does() {
    let (mut world, _portal) = world();
    let target = "/entier?ids=P1,P77,P78";
    let agent = ask(&mut world, WayIn::Session, get("caseload", target), &[]).await;
    assert!(!body(&agent).contains("P77"), "{}", body(&agent));
    world.make_officer("caseload");
    let officer = ask(&mut world, WayIn::Session, get("caseload", target), &[]).await;
    assert_eq!(officer.status(), 403);
    let problem: serde_json::Value = serde_json::from_str(body(&officer)).unwrap();
    assert_eq!(problem["outside"], json!(["P77", "P78"]));
    let entry = world.entries().pop().unwrap();
    assert_eq!(entry.outcome, Outcome::Refused);
    let named = entry.outside.unwrap();
    assert_eq!((named.handling, named.count), (OutsideHandling::Named, 2));
    assert!(entry.shown.is_empty());
    let page = ask(
        &mut world,
        WayIn::Session,
        get("caseload", target),
        &[("accept", "text/html")],
    )
    .await;
    assert!(body(&page).contains("P77") && !body(&page).contains("secret"));
}

#[tokio::test]
async fn htmx_gets_a_fragment_and_a_place_for_it() {
    let (mut world, _portal) = world();
    let htmx = [
        ("hx-request", "true"),
        ("accept", "*/*"),
        ("hx-current-url", "https://portail.test/page?a=1"),
    ];
    let response = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/entier?ids=P77"),
        &htmx,
    )
    .await;
    assert_eq!(response.status(), 403);
    let told: Vec<_> = ["content-type", "hx-retarget", "hx-reswap", "hx-push-url"]
        .iter()
        .map(|name| text(&response, name).unwrap())
        .collect();
    assert_eq!(
        told,
        ["text/html; charset=utf-8", "body", "afterbegin", "false"]
    );
    assert!(body(&response).starts_with("<section") && !body(&response).contains("P77"));
    let stranger = ask(
        &mut world,
        WayIn::Session,
        get("nobody", "/entier?ids=P77"),
        &htmx,
    )
    .await;
    assert_eq!(stranger.status(), 401);
    assert!(
        body(&stranger).contains("/.digue/sign-in?next=%2Fpage%3Fa%3D1"),
        "{}",
        body(&stranger)
    );
}

#[tokio::test]
async fn a_single_page_application_gets_a_problem_with_a_page_to_open() {
    let (mut world, _portal) = world();
    for headers in [
        &[("accept", "application/json, text/plain, */*")][..],
        &[("accept", "text/html, */*"), ("sec-fetch-dest", "empty")][..],
    ] {
        let response = ask(
            &mut world,
            WayIn::Session,
            get("caseload", "/entier?ids=P77"),
            headers,
        )
        .await;
        assert_eq!(
            text(&response, "content-type"),
            Some("application/problem+json")
        );
        let problem: serde_json::Value = serde_json::from_str(body(&response)).unwrap();
        let page: &'static str = problem["page"].as_str().unwrap().to_owned().leak();
        assert!(
            page.contains("outside%2Dcaseload") && page.contains("exceptional=1"),
            "{page}"
        );
        let opened = ask(
            &mut world,
            WayIn::Session,
            get("caseload", page),
            &[("accept", "text/html"), ("accept-language", "fr")],
        )
        .await;
        assert_eq!(opened.status(), 200);
        assert!(
            body(&opened).contains("portefeuille") && body(&opened).contains("/.digue/break-glass")
        );
    }
    let unknown = ask(
        &mut world,
        WayIn::Session,
        get("caseload", "/.digue/refused?reason=%3Cb%3E"),
        &[],
    )
    .await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_write_that_names_somebody_outside_never_reaches_the_portal() {
    let (mut world, portal) = world();
    let form = "application/x-www-form-urlencoded";
    let json = "application/json";
    let writes = |id: &str| {
        vec![
            ("POST", format!("/chemin/{id}"), "", String::new()),
            ("DELETE", format!("/chemin/{id}"), "", String::new()),
            ("PUT", format!("/parametre?id={id}"), "", String::new()),
            (
                "POST",
                "/formulaire".to_owned(),
                form,
                format!("a=1&id={id}"),
            ),
            (
                "PATCH",
                "/corps".to_owned(),
                json,
                json!({ "dossiers": [{ "id": "P1" }, { "id": id }] }).to_string(),
            ),
        ]
    };
    for id in ["P77", "P2"] {
        for (method, target, kind, sent) in writes(id) {
            let before = portal.heard().len();
            let visit = Visit {
                account: "caseload",
                method,
                target: target.clone().leak(),
            };
            let mut request = world.request(WayIn::Session, visit);
            if !kind.is_empty() {
                request
                    .headers_mut()
                    .insert("content-type", HeaderValue::from_static(kind));
            }
            *request.body_mut() = digue_http::body::full(sent.clone().into_bytes());
            let response = world.response(request).await;
            let heard = portal.heard();
            if id == "P77" {
                assert_eq!(
                    (response.status().as_u16(), heard.len()),
                    (403, before),
                    "{target}"
                );
                let entry = world.entries().pop().unwrap();
                assert_eq!((entry.outcome, entry.status), (Outcome::Refused, 0));
                assert_eq!(entry.reasons, [RefusalReason::OutsideCaseload]);
            } else {
                assert_eq!(heard.len(), before + 1, "{target}: {}", body(&response));
                assert_eq!(heard.last().unwrap().body, sent.into_bytes());
            }
        }
    }
}
