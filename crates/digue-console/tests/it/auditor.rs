//! An auditor at the console: opens what ISO/IEC 27001 asks for, follows each number to the records
//! behind it, and learns which records somebody changed beside Digue.

use std::collections::BTreeSet;

use digue_locales::{Language, text};
use digue_store::RevisionRecord;
use digue_types::Timestamp;
use serde_json::{Value, json};

use crate::html::{Element, parse};
use crate::world::{AUDITOR, CISO, Sent, World};

/// The documented information that the clauses name, where it stands in the console.
const REQUIRED: &[(&str, &str)] = &[
    ("4.3", "/smsi/registers/context"),
    ("5.2", "/smsi/policies"),
    ("5.3", "/smsi/registers/role"),
    ("6.1.2", "/smsi/registers/risk"),
    ("6.1.3 d", "/smsi/statement"),
    ("6.2", "/smsi/objectives"),
    ("7.2", "/smsi/registers/competence"),
    ("7.3", "/awareness/state"),
    ("7.4", "/smsi/registers/communication"),
    ("7.5", "/smsi/registers/document"),
    ("8.1", "/smsi/registers/measure"),
    ("9.1", "/smsi/checks"),
    ("9.2", "/smsi/registers/audit-programme"),
    ("9.3", "/smsi/registers/review"),
    ("10.2", "/smsi/registers/finding"),
];

async fn page(world: &World, target: &str) -> Element {
    let answer = world
        .answer(AUDITOR, Language::French, Sent::get(target))
        .await;
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    parse(&answer.text)
}

/// What the interface for programs says of a register: read by another way than the pages.
async fn register(world: &World, kind: &str) -> Value {
    let target = format!("/api/v1/registers/{kind}?count=1000");
    let answer = world
        .answer(AUDITOR, Language::French, Sent::get(&target))
        .await;
    serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{answer:?}"))
}

fn places(part: &Element) -> BTreeSet<String> {
    let links = part.all().into_iter().filter(|one| one.is("a"));
    let places = links.filter_map(|link| link.attribute("href"));
    places.map(ToOwned::to_owned).collect()
}

/// `Mesures (55) ME-3, ...` of the table of clauses: the register's code, and its number.
fn counted(cell: &Element) -> Vec<(String, u64)> {
    let links = cell.all().into_iter().filter(|one| one.is("a"));
    let kinds: Vec<&str> = links
        .filter_map(|link| link.attribute("href")?.strip_prefix("/smsi/registers/"))
        .collect();
    let text = cell.text();
    let numbers = text.split('(').skip(1);
    let numbers = numbers.filter_map(|rest| {
        let (number, _) = rest.split_once(')')?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    let found: Vec<u64> = numbers.collect();
    assert_eq!(kinds.len(), found.len(), "{text}");
    kinds
        .into_iter()
        .map(ToOwned::to_owned)
        .zip(found)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_opens_what_is_required_and_follows_each_number() {
    let world = World::lived_in().await;
    for (clause, place) in REQUIRED {
        let root = page(&world, place).await;
        let said = root.first("main").unwrap().text();
        assert!(said.len() > 100, "{clause} {place}: {said}");
    }
    let clauses = page(&world, "/smsi/clauses").await;
    let rows: Vec<&Element> = clauses
        .all()
        .into_iter()
        .filter(|row| row.is("tr") && row.attribute("id").is_some())
        .collect();
    assert!(rows.len() >= 22, "{}", rows.len());
    let mut followed = BTreeSet::new();
    for row in rows {
        let where_it_is = row
            .all()
            .into_iter()
            .find(|cell| cell.attribute("data-label") == Some("Où, et dernière modification"))
            .unwrap_or_else(|| panic!("{}", row.text()));
        for (kind, number) in counted(where_it_is) {
            let behind = register(&world, &kind).await;
            assert_eq!(behind["total"], number, "{kind}: {}", row.text());
            if !followed.insert(kind.clone()) {
                continue;
            }
            // The records behind the number, each with its history.
            for record in behind["items"].as_array().unwrap().iter().take(3) {
                let id = record["id"].as_str().unwrap();
                let place = format!("/smsi/registers/{kind}/{id}");
                let shown = page(&world, &place).await.text();
                assert!(shown.contains(id), "{place}");
                page(&world, &format!("{place}/revisions")).await;
            }
        }
        // What is missing leads to the record that lacks it.
        for place in places(row) {
            page(&world, &place).await;
        }
    }
    assert!(followed.len() >= 18, "{followed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_records_that_are_changed_beside_digue_are_each_named() {
    let world = World::lived_in().await;
    let mut broken = Vec::new();
    for kind in [
        "context",
        "role",
        "asset",
        "risk",
        "measure",
        "applicability",
        "objective",
        "document",
        "communication",
        "audit-programme",
    ] {
        let known = register(&world, kind).await;
        let record = &known["items"][0];
        let id = record["id"].as_str().unwrap_or_else(|| panic!("no {kind}"));
        let mut values = record["values"].clone();
        let (field, text) = values
            .as_object()
            .unwrap()
            .iter()
            .find_map(|(field, texts)| {
                let text = texts[0].as_str()?;
                text.contains(' ').then(|| (field.clone(), text.to_owned()))
            })
            .unwrap_or((String::new(), String::new()));
        match field.is_empty() {
            true => values["description"] = json!(["x"]),
            false => values[&field] = json!([format!("{text} !")]),
        }
        broken.push(RevisionRecord {
            kind: kind.to_owned(),
            id: id.to_owned(),
            number: u32::try_from(record["revision"].as_u64().unwrap()).unwrap() + 1,
            at: Timestamp::from_secs(1_800_000_000),
            author: CISO.account.to_owned(),
            is_over: false,
            content: values.to_string(),
        });
    }
    assert!(world.app.store().add_revisions(&broken).await.unwrap());
    world.post(CISO, "/smsi/checks", &[]).await;
    let warning = text(Language::French, "stored-differs");
    let named = page(&world, "/smsi/checks/records-intact").await.text();
    for record in &broken {
        assert!(named.contains(&record.id), "{}: {named}", record.id);
        let place = format!("/smsi/registers/{}/{}", record.kind, record.id);
        let shown = page(&world, &place).await.text();
        assert!(shown.contains(&warning), "{place}: {shown}");
    }
}
