//! From an archive to a map and back: what a recorder writes is what is learnt.

use base64::Engine as _;
use digue_har::{HarLimits, read_har};
use digue_learn::{LearnFault, LearntFinding, learn};
use digue_survey::known::{ColumnChoice, PersonsTable};
use digue_survey::traffic::SurveyFault;
use digue_survey::{Exchange, ExchangeSource, HeldExchange, KnownPersons};
use serde_json::json;

use crate::made::portal;

/// An archive in memory.
struct Archive(String);

impl ExchangeSource for Archive {
    type Fault = digue_har::HarFault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), Self::Fault> {
        read_har(self.0.as_bytes(), &HarLimits::default(), take).map(|_| ())
    }
}

fn archive(exchanges: &[HeldExchange]) -> Archive {
    let entry = |held: &HeldExchange| {
        let bytes = held.body.as_ref().unwrap();
        let content = match std::str::from_utf8(bytes) {
            Ok(text) => json!({"size": bytes.len(), "mimeType": held.content_type, "text": text}),
            Err(_) => json!({
                "size": bytes.len(), "mimeType": held.content_type, "encoding": "base64",
                "text": base64::engine::general_purpose::STANDARD.encode(bytes),
            }),
        };
        let request = match held.request_body.is_empty() {
            true => json!({"method": held.method, "url": held.url, "headers": []}),
            false => json!({
                "method": held.method, "url": held.url, "headers": [],
                "postData": {"mimeType": held.request_type, "text": String::from_utf8_lossy(&held.request_body)},
            }),
        };
        json!({
            "request": request,
            "response": {
                "status": held.status,
                "headers": [{"name": "content-type", "value": held.content_type}],
                "content": content,
            },
        })
    };
    let entries: Vec<_> = exchanges.iter().map(entry).collect();
    Archive(json!({"log": {"version": "1.2", "entries": entries}}).to_string())
}

#[test]
fn an_archive_gives_the_map_that_its_exchanges_give() {
    let portal = portal(2);
    let exchanges = portal.learnt_from();
    let direct = learn(&mut exchanges.as_slice(), portal.known(1, true)).unwrap();
    let read = learn(&mut archive(&exchanges), portal.known(1, true)).unwrap();
    assert_eq!(direct.map, read.map);
    assert_eq!(direct.findings, read.findings);
}

#[test]
fn nothing_to_learn_from_is_said() {
    let known = || {
        let table = PersonsTable {
            header: vec!["id".into()],
            rows: vec![vec!["P0001".into()]],
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    };
    let none: &[HeldExchange] = &[];
    assert!(matches!(
        learn(&mut { none }, known()),
        Err(LearnFault::Survey(SurveyFault::NoExchange))
    ));
    let page = [HeldExchange::get(
        "https://p.fr/",
        "text/html",
        "<p>Bonjour",
    )];
    let unknown = learn(&mut page.as_slice(), KnownPersons::default());
    assert!(matches!(
        unknown,
        Err(LearnFault::Survey(SurveyFault::NoIdentifier))
    ));
}

fn students() -> KnownPersons {
    let rows = (1..40).map(|n| {
        vec![
            format!("P{n:04}"),
            format!("DURAND{}", (b'A' + n as u8 % 26) as char),
            "Marie".to_owned(),
        ]
    });
    let table = PersonsTable {
        header: vec!["id".into(), "nom".into(), "prenom".into()],
        rows: rows.collect(),
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

fn findings(exchanges: &[HeldExchange]) -> Vec<LearntFinding> {
    let mut source = exchanges;
    learn(&mut source, students()).unwrap().findings
}

#[test]
fn what_needs_a_person_is_listed() {
    let get = |path: &str, media: &str, body: &str| {
        HeldExchange::get(&format!("https://p.fr{path}"), media, body)
    };
    let list = |n: usize| {
        get(
            "/api/list",
            "application/json",
            &format!("{{\"items\":[{{\"id\":\"P{n:04}\"}}]}}"),
        )
    };
    let mut all: Vec<HeldExchange> = (1..9).map(list).collect();
    // A page with a name and no identifier.
    all.push(get("/wizard", "text/html", "<h1>DURANDC Marie</h1>"));
    // A type that nobody can read, and a file that is none.
    all.push(get("/sauvegarde/P0003", "application/x-tar", "P0003\0"));
    all.push(get("/bulletin/P0003.pdf", "application/pdf", "%PDF-1.7"));
    // A job, and what is fetched with it.
    all.push(get(
        "/export",
        "application/json",
        "{\"job\":\"9f8e7d6c5b4a39281706f5e4d3c2b1a0\"}",
    ));
    all.push(get(
        "/jobs/9f8e7d6c5b4a39281706f5e4d3c2b1a0",
        "text/csv",
        "id,nom\nP0001,a\nP0002,b\n",
    ));
    // A column that is not on every sheet.
    all.push(get(
        "/export.csv",
        "text/csv",
        "id;tuteur\nP0001;P0002\nP0003;P0004\n",
    ));
    all.push(get(
        "/export.csv",
        "text/csv",
        "id;ville\nP0001;Pau\nP0003;Albi\n",
    ));
    // Another host, a body that is missing, a write, a search.
    all.push(HeldExchange::get(
        "https://cdn.fr/x",
        "application/json",
        "{\"a\":\"P0001\"}",
    ));
    let mut gone = get("/gone", "application/json", "");
    gone.body = Err(digue_survey::BodyGap::Absent);
    all.push(gone);
    let mut write = get("/api/P0001", "application/json", "{\"id\":\"P0001\"}");
    write.method = "DELETE".into();
    all.push(write);
    for name in ["durand", "petit", "martin", "roux"] {
        all.push(get(
            &format!("/api/search?q={name}"),
            "application/json",
            "{\"items\":[{\"id\":\"P0001\"}]}",
        ));
    }
    let found = findings(&all);
    let codes: Vec<&str> = found.iter().map(LearntFinding::code).collect();
    for code in [
        "name-only",
        "unread-type",
        "unreadable",
        "fetched-later",
        "column",
        "origin",
        "no-body",
        "write",
        "search",
    ] {
        assert!(codes.contains(&code), "{code} is not in {found:#?}");
    }
}

#[test]
fn without_a_list_identifiers_are_guessed_and_said_to_be() {
    let portal = portal(0);
    let exchanges = portal.learnt_from();
    let learnt = learn(&mut exchanges.as_slice(), KnownPersons::default()).unwrap();
    assert!(
        learnt
            .findings
            .iter()
            .any(|finding| finding.code() == "inferred")
    );
    for route in &learnt.map.routes {
        for rule in route.blocks.iter().flat_map(|block| &block.persons) {
            let digue_learn::LineReason::Hits(evidence) = &rule.reason else {
                continue;
            };
            assert_eq!(
                evidence.confidence,
                digue_survey::evidence::RuleConfidence::ToReview
            );
        }
    }
}

#[test]
fn another_identifier_of_the_same_persons_is_found_beside_the_first() {
    let mut all = Vec::new();
    for n in 1..30 {
        let body = format!(
            "{{\"items\":[{{\"id\":\"P{n:04}\",\"uuid\":\"0b7f9d6e-3f0e-4f6e-9d4c-0000000{n:05}\"}}]}}"
        );
        all.push(HeldExchange::get(
            "https://p.fr/api/list",
            "application/json",
            body,
        ));
        let url = format!("https://p.fr/photo/0b7f9d6e-3f0e-4f6e-9d4c-0000000{n:05}");
        all.push(HeldExchange::get(
            &url,
            "application/json",
            "{\"url\":\"/x.jpg\"}",
        ));
    }
    let learnt = learn(&mut all.as_slice(), students()).unwrap();
    assert_eq!(learnt.aliases.len(), 1, "{:?}", learnt.findings);
    assert_eq!(learnt.aliases[0].kind, "uuid");
    assert_eq!(learnt.aliases[0].pairs.len(), 29);
    let photo = learnt
        .map
        .routes
        .iter()
        .find(|route| route.path.starts_with("/photo"))
        .unwrap();
    assert_eq!(photo.request.len(), 1);
    assert_eq!(learnt.map.kinds[photo.request[0].kind].name, "uuid");
}
