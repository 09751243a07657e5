//! Portals that `tests/portals` recorded, measured without the program: the figures of
//! `tests/portals/measure` in the time that a test takes to build.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use digue_learn::compile::compile;
use digue_learn::{MapReporter, learn};
use digue_survey::HeldExchange;
use digue_survey::known::{ColumnChoice, KnownPersons, PersonsTable};
use serde_json::Value;

/// The exchanges of a recording, each with the persons whom it shows.
fn recording(folder: &Path, name: &str) -> Vec<(HeldExchange, BTreeSet<String>)> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let archive: Value = serde_json::from_str(&text).unwrap();
    let entries = archive["log"]["entries"].as_array().unwrap().iter();
    entries.map(entry).collect()
}

fn entry(entry: &Value) -> (HeldExchange, BTreeSet<String>) {
    let (request, response) = (&entry["request"], &entry["response"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let content = &response["content"];
    let body = match content["encoding"].as_str() {
        Some("base64") => base64::engine::general_purpose::STANDARD
            .decode(text(&content["text"]))
            .unwrap(),
        _ => text(&content["text"]).into_bytes(),
    };
    let media = text(&content["mimeType"]);
    let exchange = HeldExchange {
        method: text(&request["method"]),
        url: text(&request["url"]),
        request_type: text(&request["postData"]["mimeType"]),
        request_body: text(&request["postData"]["text"]).into_bytes(),
        status: response["status"].as_u64().unwrap() as u16,
        location: location(response),
        content_type: Some(media).filter(|media| !media.is_empty()),
        content_encoding: String::new(),
        body: Ok(body),
    };
    let persons = entry["_persons"].as_array().into_iter().flatten();
    (exchange, persons.map(text).collect())
}

fn location(response: &Value) -> Option<String> {
    let mut headers = response["headers"].as_array()?.iter();
    let is_location = |header: &&Value| {
        let name = header["name"].as_str();
        name.is_some_and(|name| name.eq_ignore_ascii_case("location"))
    };
    let found = headers.find(is_location)?;
    found["value"].as_str().map(str::to_owned)
}

fn known(folder: &Path, choice: &ColumnChoice) -> KnownPersons {
    let text = std::fs::read_to_string(folder.join("ids.csv")).unwrap();
    let mut rows = text
        .lines()
        .map(|line| line.split(';').map(str::to_owned).collect());
    let table = PersonsTable {
        header: rows.next().unwrap(),
        rows: rows.collect(),
    };
    KnownPersons::from_table(&table, choice).unwrap().0
}

#[test]
#[ignore = "a measurement: DIGUE_PORTAL=FOLDER of tests/portals/measure"]
#[expect(
    clippy::disallowed_methods,
    reason = "which recording is measured, the caller says"
)]
fn a_recorded_portal() {
    let folder = std::env::var("DIGUE_PORTAL").unwrap();
    let columns = std::env::var("DIGUE_PORTAL_COLUMNS").unwrap_or_default();
    let choice = ColumnChoice {
        identifiers: columns.split_whitespace().map(str::to_owned).collect(),
        names: Vec::new(),
    };
    let folder = Path::new(&folder);
    let known = known(folder, &choice);
    let traffic: Vec<HeldExchange> = recording(folder, "learn.har")
        .into_iter()
        .map(|(exchange, _)| exchange)
        .collect();
    let learnt = learn(&mut traffic.as_slice(), known).unwrap();
    let map = compile(&learnt.map).unwrap();
    let mut reporter = MapReporter::new(&map, &learnt.known, &learnt.map.origin);
    let (mut truth, mut found, mut right, mut refused, mut answers) = (0, 0, 0, 0, 0);
    for (exchange, shown) in recording(folder, "held.har") {
        let tried = reporter.observe(&exchange.as_exchange());
        answers += 1;
        truth += shown.len();
        if tried.is_refused {
            refused += usize::from(exchange.status < 400);
        } else {
            found += tried.persons.len();
            right += tried.persons.intersection(&shown).count();
        }
        if tried.is_refused && exchange.status < 400 || tried.persons != shown {
            let missed: Vec<&String> = shown.difference(&tried.persons).take(3).collect();
            let wrong: Vec<&String> = tried.persons.difference(&shown).take(3).collect();
            let (method, url) = (&exchange.method, &exchange.url);
            let is_refused = tried.is_refused;
            let route = tried.route.as_deref().unwrap_or("none");
            println!(
                "{method} {url} route {route}, refused {is_refused}, missed {missed:?}, invented {wrong:?}"
            );
        }
    }
    let report = reporter.finish();
    for (key, line) in &report.routes {
        println!("{key:?}: {line:?}");
    }
    for finding in &learnt.findings {
        println!("{finding:?}");
    }
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    println!(
        "{}: {} learnt from, {truth} pairs, recall {:.4}, precision {:.4}, {refused} of {answers} refused, {} to review",
        folder.display(),
        traffic.len(),
        share(right, truth),
        share(right, found),
        learnt.findings.len()
    );
}
