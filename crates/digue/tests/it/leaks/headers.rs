//! What is shown outside the body.

use digue_testkit::Reply;

use super::LeakCase;
use super::Shows::Persons;

pub(super) fn cases() -> Vec<LeakCase> {
    let body = r#"{"items":[{"id":"P0001"}]}"#;
    let ways = [
        ("location", "/fiche/P0002"),
        ("location", "/fiche/%50%30002"),
        ("content-location", "/fiche/P0002"),
        ("link", "</fiche/P0002>; rel=next"),
        ("content-disposition", "attachment; filename=\"P0002.pdf\""),
        (
            "content-disposition",
            "attachment; filename*=UTF-8''%50%30%30%302.pdf",
        ),
        ("refresh", "0; url=/fiche/P0002"),
        ("set-cookie", "vu=P0002; Path=/"),
        ("set-cookie", "vu=%500002"),
        ("x-person", "P0002"),
        ("x-message", "Bonjour P0002"),
        ("etag", "\"P0002\""),
        ("server-timing", "db;desc=P0002"),
        ("warning", "199 - \"P0002\""),
        ("sourcemap", "/P0002.map"),
    ];
    let mut cases = Vec::new();
    for (place, (name, value)) in ways.into_iter().enumerate() {
        for status in [200, 201, 303, 404] {
            let reply = Reply::new("application/json", body)
                .status(status)
                .header(name, value);
            let case = format!("header {name} {place} with {status}");
            cases.push(LeakCase {
                name: case,
                path: "/json",
                reply,
                // The answer leaves with the header written down, or without the header.
                shows: Persons(&["P0001"]),
                is_ordinary: false,
                header: Some((name, "P0002")),
            });
        }
    }
    cases
}
