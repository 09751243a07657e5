//! JSON answers.

use digue_testkit::Reply;

use super::Shows::{Persons, Unnamed};
use super::{LeakCase, over_transports};

pub(super) fn cases() -> Vec<LeakCase> {
    let mut cases = over_transports(
        "/json",
        "application/json",
        &[
            (
                "one",
                r#"{"items":[{"id":"P0001","nom":"DUPONT"}]}"#,
                Persons(&["P0001"]),
                true,
            ),
            (
                "two",
                r#"{"items":[{"nom":"A","id":"P0001"},{"id":"P0002"}]}"#,
                Persons(&["P0001", "P0002"]),
                true,
            ),
            ("none", r#"{"items":[]}"#, Persons(&[]), true),
            (
                "envelope",
                r#"{"ok":true,"count":2,"items":[{"id":"P0001"}],"page":1}"#,
                Persons(&["P0001"]),
                true,
            ),
            (
                "spaced",
                "{\"items\":[{\"id\":\" P0001\\n\"}]}",
                Persons(&["P0001"]),
                true,
            ),
            (
                "escaped",
                r#"{"items":[{"\u0069d":"\u00500001"}]}"#,
                Persons(&["P0001"]),
                true,
            ),
            (
                "invisible",
                "{\"items\":[{\"id\":\"P00\u{200b}01\"}]}",
                Persons(&["P0001"]),
                true,
            ),
            (
                "words",
                r#"{"items":[{"id":"P0001","note":NaN,"x":-Infinity}]}"#,
                Persons(&["P0001"]),
                true,
            ),
            (
                "guard",
                ")]}',\n{\"items\":[{\"id\":\"P0001\"}]}",
                Persons(&["P0001"]),
                true,
            ),
            (
                "note",
                r#"{"items":[{"id":"P0001","note":"voir\nP0002"}]}"#,
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "note-entity",
                r#"{"items":[{"id":"P0001","note":"&#80;0002"}]}"#,
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "note-percent",
                r#"{"items":[{"id":"P0001","l":"/x?i=%500002"}]}"#,
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "note-unicode",
                r#"{"items":[{"id":"P0001","n":"\u0050\u0030002"}]}"#,
                Persons(&["P0001", "P0002"]),
                true,
            ),
            (
                "note-soft",
                "{\"items\":[{\"id\":\"P0001\",\"n\":\"P\u{ad}0002\"}]}",
                Persons(&["P0001", "P0002"]),
                true,
            ),
            ("no-id", r#"{"items":[{"nom":"DUPONT"}]}"#, Unnamed, false),
            (
                "second-no-id",
                r#"{"items":[{"id":"P0001"},{"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "null",
                r#"{"items":[{"id":null,"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "blank",
                r#"{"items":[{"id":"","nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "white",
                "{\"items\":[{\"id\":\" \u{a0}\u{200b}\",\"nom\":\"DUPONT\"}]}",
                Unnamed,
                false,
            ),
            (
                "true",
                r#"{"items":[{"id":true,"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "list",
                r#"{"items":[{"id":["x"],"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "object",
                r#"{"items":[{"id":{"v":1},"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "other-name",
                r#"{"items":[{"ID":"x","nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "name-as-id",
                r#"{"items":[{"id":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "tutor",
                r#"{"items":[{"nom":"DUPONT","tuteur":{"id":"P0002"}}]}"#,
                Unnamed,
                false,
            ),
            ("strings", r#"{"items":["DUPONT"]}"#, Unnamed, false),
            ("lists", r#"{"items":[["DUPONT","Marie"]]}"#, Unnamed, false),
            ("numbers", r#"{"items":[1850578006084]}"#, Unnamed, false),
            (
                "by-name",
                r#"{"items":{"DUPONT":{"nom":"DUPONT"}}}"#,
                Unnamed,
                false,
            ),
            (
                "elsewhere",
                r#"{"items":[],"autres":[{"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "beside",
                r#"{"items":[{"id":"P0001"}],"autres":[{"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "facets",
                r#"{"items":[],"facettes":{"courriel":[{"valeur":"m@exemple.fr"}]}}"#,
                Unnamed,
                false,
            ),
            (
                "keys",
                r#"{"items":[],"par_nom":{"DUPONT Marie":3}}"#,
                Unnamed,
                false,
            ),
            (
                "telephone",
                r#"{"items":[],"tel":33612345678}"#,
                Unnamed,
                false,
            ),
            ("root-list", r#"[{"nom":"DUPONT"}]"#, Unnamed, false),
            ("root-text", r#""DUPONT""#, Unnamed, false),
            (
                "other-key",
                r#"{"Items":[{"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "twice",
                r#"{"items":[],"items":[{"nom":"DUPONT"}]}"#,
                Unnamed,
                false,
            ),
            (
                "wrapped",
                r#"{"data":{"items":[{"nom":"DUPONT"}]}}"#,
                Unnamed,
                false,
            ),
            (
                "string-inside",
                r#"{"items":"[{\"nom\":\"DUPONT\"}]"}"#,
                Unnamed,
                false,
            ),
            (
                "two-documents",
                "{\"items\":[]}\n{\"nom\":\"DUPONT\"}",
                Unnamed,
                false,
            ),
            ("cut", r#"{"items":[{"nom":"DUPONT"}"#, Unnamed, false),
            ("comment", "{\"items\":[] /* DUPONT */}", Unnamed, false),
        ],
    );
    let unnamed = r#"{"items":[{"nom":"DUPONT"}]}"#;
    for content_type in [
        "application/vnd.api+json",
        "text/json",
        "Application/JSON; charset=UTF-8",
    ] {
        cases.push(case(content_type, Reply::new(content_type, unnamed)));
    }
    for status in [201, 203, 207, 299, 400, 404, 409, 410, 422, 500, 503] {
        cases.push(case(
            &status.to_string(),
            Reply::new("application/json", unnamed).status(status),
        ));
    }
    cases.push(case(
        "latin-1",
        Reply::new(
            "application/json",
            &b"{\"items\":[{\"nom\":\"L\xe9a\"}]}"[..],
        ),
    ));
    cases.push(case(
        "no-type",
        Reply {
            headers: vec![],
            ..Reply::new("x", unnamed)
        },
    ));
    let latin = b"{\"items\":[{\"id\":\"P0001\",\"nom\":\"L\xe9a\"}]}";
    cases.push(LeakCase {
        name: "/json latin-1 with an identifier".to_owned(),
        path: "/json",
        reply: Reply::new("application/json", &latin[..]),
        shows: Persons(&["P0001"]),
        is_ordinary: true,
        header: None,
    });
    cases
}

fn case(name: &str, reply: Reply) -> LeakCase {
    LeakCase {
        name: format!("/json unnamed {name}"),
        path: "/json",
        reply,
        shows: Unnamed,
        is_ordinary: false,
        header: None,
    }
}
