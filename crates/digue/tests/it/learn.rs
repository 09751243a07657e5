//! `digue learn` on a portal that nobody here wrote: Datasette, recorded, learnt, and put behind
//! the learnt map.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use digue_testkit::Client;
use regex::Regex;
use serde_json::{Value, json};

use crate::datasette::Datasette;
use crate::instance::{Instance, Plan, digue, obliging};

/// A recording of these requests, as a browser's developer tools write it.
fn record(datasette: &Datasette, targets: &[String]) -> Value {
    let client = Client::new(datasette.address.parse().unwrap(), "portail.test");
    let entries: Vec<Value> = targets
        .iter()
        .map(|target| {
            let answer = client.get(target);
            let media = answer.header("content-type").unwrap_or_default().to_owned();
            json!({
                "request": {"method": "GET", "url": format!("http://portail.test{target}"), "headers": []},
                "response": {
                    "status": answer.status,
                    "headers": [{"name": "content-type", "value": media}],
                    "content": {"size": answer.body.len(), "mimeType": media, "text": answer.text()},
                },
            })
        })
        .collect();
    json!({"log": {"version": "1.2", "creator": {"name": "test"}, "entries": entries}})
}

fn ids(folder: &Path) {
    let rows: String = (1..=600)
        .map(|n| format!("P{n:04};Nom \"{n}\"\n"))
        .collect();
    fs::write(folder.join("ids.csv"), format!("id;nom\n{rows}")).unwrap();
}

fn targets(step: usize) -> Vec<String> {
    let mut targets = vec![
        "/-/static/app.css".to_owned(),
        "/data/persons?town=nowhere".to_owned(),
    ];
    for n in (1..60).map(|n| (n * step) % 590 + 1) {
        targets.push(match n % 6 {
            0 => format!("/data/persons?_next=P{n:04}&_size=50"),
            1 => format!("/data/persons.json?_size=20&_next=P{n:04}"),
            2 => format!("/data/persons.csv?_size=40&_next=P{n:04}"),
            3 => format!("/data/persons/P{n:04}"),
            4 => format!("/data/persons/P{n:04}.json"),
            _ => format!("/data/persons.json?_shape=objects&_size=10&_next=P{n:04}"),
        });
    }
    targets
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_learnt_map_mirrors_response_by_response_what_it_was_not_learnt_from() {
    let datasette = Datasette::start();
    let folder = tempfile::tempdir().unwrap();
    ids(folder.path());
    fs::write(
        folder.path().join("a.har"),
        record(&datasette, &targets(7)).to_string(),
    )
    .unwrap();
    let arguments = [
        "learn",
        "--har",
        "a.har",
        "--persons",
        "ids.csv",
        "--portal",
        "datasette",
        "--out",
        "map.toml",
    ];
    let upstream = format!("http://{}", datasette.address);
    let learnt = digue(
        folder.path(),
        &[&arguments[..], &["--upstream", &upstream]].concat(),
    );
    assert_eq!(
        learnt.status.code(),
        Some(1),
        "a map is something to review: {}",
        said(&learnt)
    );
    let map = fs::read_to_string(folder.path().join("map.toml")).unwrap();
    assert!(map.contains("# "), "{map}");

    // Learning again beside it changes nothing.
    let again = digue(
        folder.path(),
        &[
            "learn",
            "--har",
            "a.har",
            "--persons",
            "ids.csv",
            "--map",
            "map.toml",
            "--out",
            "again.toml",
        ],
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("again.toml")).unwrap(),
        map,
        "{}",
        said(&again)
    );
    assert!(said(&again).contains("no difference"), "{}", said(&again));

    let mut plan = Plan::usual();
    let url = regex::escape("http://portail.test");
    plan.map = Regex::new(&format!("url = \"{url}\""))
        .unwrap()
        .replace(&map, "url = \"{url}\"")
        .into_owned();
    plan.map = plan
        .map
        .replace("mode = \"pilot\"", "mode = \"enforced\"")
        .replace("action = ", "caseload = \"not-required\"\naction = ");
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let pattern = Regex::new(r"\bP[0-9]{4}\b").unwrap();
    let mut expected = Vec::new();
    for target in targets(11) {
        let answer = a1.get(&target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        let in_bytes: BTreeSet<String> = pattern
            .find_iter(&answer.text())
            .map(|found| found.as_str().to_owned())
            .collect();
        if !target.contains("static") {
            assert_eq!(answer.entry().is_some(), !in_bytes.is_empty(), "{target}");
        }
        expected.extend(answer.entry().map(|entry| (entry, in_bytes)));
    }
    assert!(expected.len() > 40);
    let history = instance.history();
    for (entry, in_bytes) in expected {
        let told = history
            .iter()
            .find(|known| known["entry"] == entry)
            .unwrap();
        let persons = told["persons"].as_array().unwrap().iter();
        let persons: BTreeSet<String> = persons
            .map(|person| person["person"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(persons, in_bytes, "entry {entry}");
    }
}

#[test]
fn a_recording_is_inspected_route_by_route() {
    let datasette = Datasette::start();
    let folder = tempfile::tempdir().unwrap();
    ids(folder.path());
    fs::write(
        folder.path().join("a.har"),
        record(&datasette, &targets(13)).to_string(),
    )
    .unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    let map = include_str!("../../../../docs/guide/datasette.toml");
    let map = map
        .replace("{upstream}", "http://127.0.0.1:9000")
        .replace("{url}", "http://portail.test");
    fs::write(folder.path().join("portals/portail.toml"), map).unwrap();
    let done = digue(
        folder.path(),
        &[
            "inspect",
            "datasette",
            "--har",
            "a.har",
            "--persons",
            "ids.csv",
        ],
    );
    let text = said(&done);
    assert_eq!(done.status.code(), Some(0), "{text}");
    assert!(
        text.contains("table-json: ") && text.contains("by a rule"),
        "{text}"
    );
    let each = [
        "inspect",
        "datasette",
        "--har",
        "a.har",
        "--persons",
        "ids.csv",
        "--each",
        "each.ndjson",
    ];
    assert_eq!(digue(folder.path(), &each).status.code(), Some(0));
    let each = fs::read_to_string(folder.path().join("each.ndjson")).unwrap();
    let lines: Vec<Value> = each
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), targets(13).len());
    assert!(lines.iter().all(|line| line["refused"] == false), "{each}");
    assert!(
        lines
            .iter()
            .any(|line| line["persons"].as_array().unwrap().len() >= 20),
        "{each}"
    );
    // A map that forgets a route says so.
    let map = fs::read_to_string(folder.path().join("portals/portail.toml")).unwrap();
    let fewer = map.replace("/data/persons.csv", "/data/others.csv");
    fs::write(folder.path().join("portals/portail.toml"), fewer).unwrap();
    let done = digue(
        folder.path(),
        &[
            "inspect",
            "datasette",
            "--har",
            "a.har",
            "--persons",
            "ids.csv",
        ],
    );
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("without a route"), "{}", said(&done));
}

#[test]
fn a_file_that_is_no_archive_is_named_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("bad.har"),
        "{\"log\": {\"entries\": [{\"request\": 7}]}}",
    )
    .unwrap();
    let done = digue(folder.path(), &["learn", "--har", "bad.har"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(said(&done).contains("bad.har: entry 1"), "{}", said(&done));
    fs::write(folder.path().join("page.har"), "<html>").unwrap();
    let done = digue(folder.path(), &["learn", "--har", "page.har"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        said(&done).contains("\"log\" is expected"),
        "{}",
        said(&done)
    );
    fs::write(folder.path().join("ids.csv"), "ville\nPau\n").unwrap();
    fs::write(
        folder.path().join("good.har"),
        "{\"log\": {\"entries\": []}}",
    )
    .unwrap();
    let done = digue(
        folder.path(),
        &["learn", "--har", "good.har", "--persons", "ids.csv"],
    );
    assert!(said(&done).contains("--id"), "{}", said(&done));
    let done = digue(folder.path(), &["learn", "--har", "good.har"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        said(&done).contains("no identifier is known") || said(&done).contains("No identifier"),
        "{}",
        said(&done)
    );
}
