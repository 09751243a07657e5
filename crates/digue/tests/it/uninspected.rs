//! Promise 5: nothing is silently uninspected.

use std::io::Write as _;

use digue_testkit::{Heard, Reply};

use crate::instance::{Instance, Plan, obliging, reasons};

fn difficult(heard: &Heard) -> Reply {
    let list = r#"{"items":[{"id":"P1"}]}"#;
    match heard.target.as_str() {
        "/liste?broken" => Reply::new("application/json", r#"{"items":[{"id":"P1"}"#),
        "/liste?pdf" => Reply::new("application/pdf", "%PDF-1.4 P1"),
        "/liste?untyped" => Reply {
            headers: vec![],
            ..Reply::new("x", list)
        },
        "/liste?large" => Reply::new("application/json", " ".repeat(300_000)),
        "/liste?large-chunked" => Reply::new("application/json", " ".repeat(300_000)).chunked(),
        "/liste?bomb" => {
            // Twenty times what the route holds.
            let zeros = vec![b' '; 5 << 20];
            Reply::new("application/json", gzip(&zeros)).header("content-encoding", "gzip")
        }
        "/liste?coding" => {
            Reply::new("application/json", list).header("content-encoding", "exotic")
        }
        "/liste?gzip" => {
            Reply::new("application/json", gzip(list.as_bytes())).header("content-encoding", "gzip")
        }
        "/liste?two-types" => {
            Reply::new("application/json", list).header("content-type", "text/html")
        }
        "/liste?error" => Reply::new("application/json", r#"{"items":[{"id":"P9"}]}"#).status(500),
        _ => obliging(heard),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn plan(choices: &str) -> Plan {
    Plan::usual().caseload("a1", &["P1"]).replace(
        "path = \"/liste\"",
        &format!("path = \"/liste\"\nheld_bytes = \"256KiB\"\ndecoded_bytes = \"1MiB\"\n{choices}"),
    )
}

#[test]
fn what_cannot_be_read_is_refused_when_the_map_says_nothing() {
    let mut instance = Instance::open(&plan(""), difficult);
    let a1 = instance.sign_in("a1");
    for (what, cause) in [
        ("broken", "broken"),
        ("pdf", "unknown-type"),
        ("untyped", "unknown-type"),
        ("large", "too-large"),
        ("large-chunked", "too-large"),
        ("bomb", "too-large"),
        ("coding", "unknown-type"),
        ("two-types", "broken"),
    ] {
        let answer = a1.get(&format!("/liste?{what}"));
        assert_eq!(
            (answer.status, reasons(&answer)),
            (502, vec![format!("uninspectable:{cause}")]),
            "{what}"
        );
        assert!(!answer.text().contains("P1"), "{what}");
    }
    // An error page that shows a person is a page that shows a person.
    assert_eq!(reasons(&a1.get("/liste?error")), ["outside-caseload"]);
    // A coded body leaves as it came.
    let coded = a1.get("/liste?gzip");
    assert_eq!(
        (coded.status, coded.header("content-encoding")),
        (200, Some("gzip"))
    );
    assert_eq!(coded.body, gzip(br#"{"items":[{"id":"P1"}]}"#));
    assert!(
        instance
            .history()
            .iter()
            .filter(|e| e["outcome"] == "refused")
            .count()
            >= 9
    );
}

#[test]
fn what_the_map_releases_is_an_entry_with_its_size_under_its_own_budget() {
    let choices = "uninspected = { too-large = \"release\", unknown-type = \"release\" }";
    let plan = plan(choices).add("[budgets.uninspected]\n\"24h\" = 3\n");
    let mut instance = Instance::open(&plan, difficult);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/liste?pdf").body, b"%PDF-1.4 P1");
    let large = a1.get("/liste?large");
    assert_eq!(
        (large.status, large.body.len(), large.is_whole),
        (200, 300_000, true)
    );
    let chunked = a1.get("/liste?large-chunked");
    assert_eq!(
        (chunked.status, chunked.body.len(), chunked.is_whole),
        (200, 300_000, true)
    );
    let fourth = a1.get("/liste?pdf");
    assert_eq!(
        (fourth.status, reasons(&fourth)),
        (429, vec!["uninspected-budget:24h".to_owned()])
    );
    assert_eq!(a1.get("/liste?broken").status, 502);
    let history = instance.history();
    let released: Vec<(&str, u64)> = history
        .iter()
        .filter(|entry| entry["outcome"] == "released")
        .map(|entry| {
            (
                entry["inspection"].as_str().unwrap(),
                entry["body_bytes"].as_u64().unwrap(),
            )
        })
        .collect();
    assert!(released.contains(&("unknown-type", 11)), "{released:?}");
    // With a declared length one entry tells the size; without, a second one closes the account.
    assert_eq!(
        released
            .iter()
            .filter(|entry| **entry == ("too-large", 300_000))
            .count(),
        2,
        "{released:?}"
    );
}
