use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq)]
struct Taken {
    line: String,
    request: (String, String),
    content_type: Option<String>,
    body: Result<Vec<u8>, BodyGap>,
    coding: String,
}

fn taken(text: &str, limits: &HarLimits) -> (Vec<Taken>, Result<HarTally, HarFault>) {
    let mut all = Vec::new();
    let tally = read_har(text.as_bytes(), limits, &mut |exchange| {
        all.push(Taken {
            line: format!("{} {} {}", exchange.method, exchange.url, exchange.status),
            request: (
                exchange.request_type.to_owned(),
                String::from_utf8_lossy(exchange.request_body).into_owned(),
            ),
            content_type: exchange.content_type.map(str::to_owned),
            body: match exchange.body {
                RecordedBody::Bytes(bytes) => Ok(bytes.to_vec()),
                RecordedBody::NotRecorded(gap) => Err(gap),
            },
            coding: exchange.content_encoding.to_owned(),
        });
    });
    (all, tally)
}

fn archive(entries: &[serde_json::Value]) -> String {
    json!({"log": {"version": "1.2", "creator": {"name": "x"}, "entries": entries}}).to_string()
}

fn entry(content: serde_json::Value) -> serde_json::Value {
    json!({
        "startedDateTime": "2026-01-01T00:00:00Z", "time": 1.5, "cache": {}, "timings": {},
        "request": {"method": "get", "url": "https://p.fr/a", "headers": [{"name": "Cookie", "value": "s=1"}]},
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "text/html; charset=ISO-8859-1"}],
            "content": content,
        },
    })
}

fn one(content: serde_json::Value) -> Taken {
    let (mut all, tally) = taken(&archive(&[entry(content)]), &HarLimits::default());
    assert_eq!(tally.unwrap().entries, 1);
    all.pop().unwrap()
}

#[test]
fn a_text_is_utf_8_whatever_the_portal_declares() {
    let got = one(json!({"size": 6, "mimeType": "text/html", "text": "prénom"}));
    assert_eq!(got.body, Ok("prénom".as_bytes().to_vec()));
    assert_eq!(
        got.content_type.as_deref(),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(got.line, "GET https://p.fr/a 200");
}

#[test]
fn base64_is_undone_and_the_portals_character_set_stays() {
    let got = one(json!({"size": 2, "text": "6Q0K", "encoding": "base64"}));
    assert_eq!(got.body, Ok(vec![0xe9, 0x0d, 0x0a]));
    assert_eq!(
        got.content_type.as_deref(),
        Some("text/html; charset=ISO-8859-1")
    );
    let lied = one(json!({"text": "<p>not base64", "encoding": "base64"}));
    assert_eq!(lied.body, Ok(b"<p>not base64".to_vec()));
    assert_eq!(
        one(json!({"text": "AAA", "encoding": "base64"})).body,
        Err(BodyGap::Undecodable)
    );
}

#[test]
fn a_body_that_was_not_recorded_is_said_and_not_empty() {
    assert_eq!(
        one(json!({"size": 12, "mimeType": "text/html"})).body,
        Err(BodyGap::Absent)
    );
    assert_eq!(one(json!({"size": -1})).body, Err(BodyGap::Absent));
    assert_eq!(
        one(json!({"size": 1000, "text": "<p>"})).body,
        Err(BodyGap::Truncated)
    );
    assert_eq!(one(json!({"size": 0})).body, Ok(vec![]));
    let (all, tally) = taken(
        &archive(&[entry(json!({"size": 9}))]),
        &HarLimits::default(),
    );
    assert_eq!(all.len(), 1);
    assert_eq!(tally.unwrap().gap(BodyGap::Absent), 1);
}

#[test]
fn a_body_that_is_still_packed_keeps_its_coding() {
    let mut packed = entry(json!({"text": "H4sIAAAAAAAA", "encoding": "base64"}));
    packed["response"]["headers"] = json!([{"name": "content-encoding", "value": "gzip"}]);
    let (all, _) = taken(&archive(&[packed.clone()]), &HarLimits::default());
    assert_eq!(all[0].coding, "gzip");
    packed["response"]["content"] = json!({"text": "PHA+", "encoding": "base64"});
    let (all, _) = taken(&archive(&[packed]), &HarLimits::default());
    assert_eq!(all[0].coding, "");
}

#[test]
fn the_body_of_a_request_comes_from_its_text_or_its_parameters() {
    let with = |data: serde_json::Value| {
        let mut entry = entry(json!({"text": ""}));
        entry["request"]["postData"] = data;
        taken(&archive(&[entry]), &HarLimits::default())
    };
    let form = "application/x-www-form-urlencoded";
    let text = with(json!({"mimeType": form, "text": "a=1&b=2"}));
    assert_eq!(text.0[0].request, (form.to_owned(), "a=1&b=2".to_owned()));
    let parameters =
        json!({"mimeType": form, "params": [{"name": "a", "value": "1"}, {"name": "b"}]});
    assert_eq!(with(parameters).0[0].request.1, "a=1&b=");
    let parts = json!({"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a", "value": "1"}]});
    assert_eq!(with(parts).1.unwrap().request_gaps, 1);
}

#[test]
fn an_entry_without_an_answer_is_counted_and_not_handed_over() {
    let mut blocked = entry(json!({}));
    blocked["response"]["status"] = json!(0);
    let mut data = entry(json!({"text": "x"}));
    data["request"]["url"] = json!("data:text/html,x");
    let (all, tally) = taken(&archive(&[blocked, data]), &HarLimits::default());
    assert_eq!((all.len(), tally.unwrap().without_answer), (0, 2));
}

#[test]
fn a_fault_names_its_entry_and_what_was_expected() {
    let expectation = |text: &str| match taken(text, &HarLimits::default()).1 {
        Err(HarFault::NotHar { expected, .. }) => expected,
        other => panic!("{text}: {other:?}"),
    };
    for text in ["", "[]", "{}", "<html>", "{\"a\": 1}"] {
        assert_eq!(expectation(text), HarExpectation::Log, "{text}");
    }
    for text in [
        "{\"log\"",
        "{\"log\": {}}",
        "{\"log\": []}",
        "{\"log\": {\"entries\": 1}}",
    ] {
        assert_eq!(expectation(text), HarExpectation::Entries, "{text}");
    }
    let good = entry(json!({"text": "x"}));
    let mut bad = good.clone();
    bad["request"]["url"] = json!(7);
    let (all, fault) = taken(&archive(&[good.clone(), bad]), &HarLimits::default());
    assert_eq!(all.len(), 1);
    assert!(
        matches!(fault, Err(HarFault::Entry { entry: 2, .. })),
        "{fault:?}"
    );
    let whole = archive(&[good.clone(), good]);
    let (all, fault) = taken(&whole[..whole.len() - 30], &HarLimits::default());
    assert_eq!(all.len(), 1);
    assert!(
        matches!(fault, Err(HarFault::EndsEarly { entry: 2 })),
        "{fault:?}"
    );
}

#[test]
fn every_bound_is_kept_and_named() {
    let large = archive(&[entry(json!({"text": "x".repeat(200_000)}))]);
    let limits = HarLimits {
        bytes_max: 100_000,
        ..HarLimits::default()
    };
    assert!(matches!(
        taken(&large, &limits).1,
        Err(HarFault::TooLarge { most: 100_000 })
    ));
    let limits = HarLimits {
        entry_bytes_max: 100_000,
        ..HarLimits::default()
    };
    assert!(matches!(
        taken(&large, &limits).1,
        Err(HarFault::EntryTooLarge { entry: 1, .. })
    ));
    let three = archive(&vec![entry(json!({"text": "x"})); 3]);
    let limits = HarLimits {
        entries_max: 2,
        ..HarLimits::default()
    };
    let (all, fault) = taken(&three, &limits);
    assert_eq!(all.len(), 2);
    assert!(matches!(fault, Err(HarFault::TooManyEntries { most: 2 })));
    // What is skipped is skipped without a stack.
    let nest = (100_000, "[", "]");
    let (open, close) = (nest.1.repeat(nest.0), nest.2.repeat(nest.0));
    let deep = format!("{{\"log\": {{\"x\": {open}1{close}, \"entries\": []}}}}");
    assert_eq!(taken(&deep, &HarLimits::default()).1.unwrap().entries, 0);
    let deep = format!("{{\"log\": {{\"entries\": [{open}{close}]}}}}");
    assert!(taken(&deep, &HarLimits::default()).1.is_err());
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let text = format!("\u{feff}{}", archive(&[entry(json!({"text": "x"}))]));
    assert_eq!(taken(&text, &HarLimits::default()).0.len(), 1);
}

proptest! {
    /// Whatever stands in an archive, reading it ends, and hands over no more than its entries.
    #[test]
    fn no_bytes_make_it_panic(cut in 0usize..400, with in "[{}\\[\\]\",:0-9a-z\\\\]{0,12}") {
        let whole = archive(&[entry(json!({"text": "x", "size": 1})), entry(json!({"size": 4}))]);
        let mut at = cut.min(whole.len());
        while !whole.is_char_boundary(at) { at -= 1; }
        let text = format!("{}{with}{}", &whole[..at], &whole[at..]);
        let (all, tally) = taken(&text, &HarLimits::default());
        if let Ok(tally) = tally {
            prop_assert_eq!(all.len() + tally.without_answer, tally.entries);
        }
        prop_assert!(all.len() <= 2);
    }
}
