//! Every format, response by response: the persons in the bytes are the persons in the journal.

use digue_testkit::{Heard, Reply};

use crate::instance::{Instance, Plan, shown_to};

const MAP: &str = r#"
[[routes]]
name = "page"
path = "/page"
caseload = "not-required"
action = "list"
[[routes.response]]
format = "html"
records = ["a.p"]
persons = [{ at = "a.p", take = "@href", pattern = "^/p/([A-Z0-9]+)$" }]

[[routes]]
name = "export"
path = "/export"
caseload = "not-required"
action = "export"
[[routes.response]]
format = "csv"
types = ["text/plain"]
persons = [{ at = "id" }]
[[routes.response]]
format = "ndjson"
records = ["$"]
persons = [{ at = "$.id" }]
"#;

#[test]
fn whom_a_response_shows_is_whom_the_journal_names() {
    let mut instance = Instance::open(&Plan::usual().add(MAP), |heard: &Heard| {
        match heard.target.as_str() {
            "/page" => Reply::new(
                "text/html; charset=utf-8",
                "<p><a class=p href='/p/A1'>x</a><a class=\"p\" href=/p/A2>y</a><a href='/p/NO'>z</a><!-- <a class=p href=/p/NO2> -->",
            ),
            "/export" => Reply::new("text/plain", "nom;id\r\nDupont;B1\r\nDurand;B2\r\n"),
            "/export?lines" => {
                Reply::new("application/x-ndjson", "{\"id\":\"C1\"}\n{\"id\":\"C2\"}\n")
            }
            _ => Reply::new("text/plain", ""),
        }
    });
    let a1 = instance.sign_in("a1");
    for target in ["/page", "/export", "/export?lines"] {
        let answer = a1.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    }
    assert_eq!(
        shown_to(&instance.history(), "a1"),
        ["A1", "A2", "B1", "B2", "C1", "C2"]
    );
}
