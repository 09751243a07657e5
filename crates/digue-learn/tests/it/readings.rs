//! Requests by POST: which are proposed as readings, which stay comments, and the identifiers within
//! their values.

use digue_inspect::RequestContent;
use digue_learn::compile::compile;
use digue_learn::{Learnt, LearntFinding, LearntMap, learn};
use digue_survey::known::{ColumnChoice, PersonsTable};
use digue_survey::{HeldExchange, KnownPersons};
use digue_types::path::Segments;

fn known(values: impl Iterator<Item = String>) -> KnownPersons {
    let table = PersonsTable {
        header: vec!["id".into()],
        rows: values.map(|value| vec![value]).collect(),
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

fn posted(target: &str, request: (&str, &str), answer: (&str, &str)) -> HeldExchange {
    HeldExchange {
        method: "POST".to_owned(),
        request_type: request.0.to_owned(),
        request_body: request.1.as_bytes().to_vec(),
        ..HeldExchange::get(&format!("https://p.fr{target}"), answer.0, answer.1)
    }
}

fn learnt(exchanges: &[HeldExchange]) -> Learnt {
    let persons = known((0..50).map(|n| format!("P{n:04}")));
    learn(&mut &*exchanges, persons).unwrap()
}

/// The route of the map that answers, without the proposals in comments.
fn route(map: &LearntMap, exchange: &HeldExchange) -> Option<String> {
    let target = exchange.url.strip_prefix("https://p.fr").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let map = compile(map).unwrap();
    let content = RequestContent::of(query, &exchange.request_type, &exchange.request_body);
    let path = Segments::parse(path).unwrap();
    let (route, _) = map.route(&exchange.method, &path, &content)?;
    Some(route.name.clone())
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn remote_calls_that_read_have_a_route_each() {
    let call = |method: &str, answer: &str| {
        let body = format!(r#"{{"id":1,"method":"{method}","params":[]}}"#);
        posted("/rpc", (JSON, &body), (JSON, answer))
    };
    let read = call(
        "person.read",
        r#"{"id":1,"result":[{"id":"P0001"},{"id":"P0002"}]}"#,
    );
    let search = call("person.search", r#"{"id":1,"result":["P0001","P0003"]}"#);
    let delete = call("person.delete", r#"{"id":1,"result":["P0001"]}"#);
    let view = call("view.get", r#"{"id":1,"result":{"title":"x"}}"#);
    let made = [read.clone(), search.clone(), delete.clone(), view.clone()];
    let learnt = learnt(&made);
    assert_eq!(
        route(&learnt.map, &read).as_deref(),
        Some("rpc-person.read")
    );
    assert_eq!(
        route(&learnt.map, &search).as_deref(),
        Some("rpc-person.search")
    );
    assert_eq!(route(&learnt.map, &delete), None);
    // The portal's word counts although no record was seen: what the route shows is read.
    assert_eq!(route(&learnt.map, &view).as_deref(), Some("rpc-view.get"));
    let asked = |code: &str| {
        let codes = learnt.findings.iter().map(LearntFinding::code);
        codes.filter(|own| *own == code).count()
    };
    assert_eq!(
        (asked("reads"), asked("may-read"), asked("write")),
        (3, 0, 1)
    );
    assert_eq!(learnt.map.writes.len(), 1);
}

#[test]
fn graphql_queries_have_a_route_and_mutations_none() {
    let asked = |query: &str| {
        let body = serde_json::json!({ "query": query }).to_string();
        let answer = r#"{"data":{"personnes":[{"id":"P0001"},{"id":"P0002"}]}}"#;
        posted("/graphql", (JSON, &body), (JSON, answer))
    };
    let query = asked("{ personnes { id } }");
    let mutation = asked("mutation { personnes { id } }");
    let learnt = learnt(&[query.clone(), mutation.clone()]);
    assert!(route(&learnt.map, &query).is_some());
    assert!(route(&learnt.map, &asked("query Q { personnes { id nom } }")).is_some());
    assert_eq!(route(&learnt.map, &mutation), None);
    assert_eq!(
        route(&learnt.map, &asked("{ personnes { id } journal { id } }")),
        None
    );
}

#[test]
fn a_redirect_or_a_button_that_saves_speaks_against_a_reading() {
    let list = "<table><tr><td>P0001</td></tr><tr><td>P0002</td></tr></table>";
    let searched = posted(
        "/personnes/recherche",
        (FORM, "q=dupont"),
        ("text/html", list),
    );
    assert!(route(&learnt(std::slice::from_ref(&searched)).map, &searched).is_some());
    let redirected = |location: Option<&str>| HeldExchange {
        status: 303,
        location: location.map(str::to_owned),
        ..searched.clone()
    };
    for location in [None, Some("/personnes/12"), Some("recherche?enregistre=1")] {
        let both = learnt(&[searched.clone(), redirected(location)]);
        assert_eq!(route(&both.map, &searched), None, "{location:?}");
    }
    // To itself, with what was asked for: a list that takes its filter by a form.
    let both = learnt(&[
        searched.clone(),
        redirected(Some("recherche?q=dupont&page=1")),
    ]);
    assert!(route(&both.map, &searched).is_some());
    let saved = HeldExchange {
        request_body: b"q=dupont&save=".to_vec(),
        ..searched.clone()
    };
    assert_eq!(
        route(&learnt(&[searched.clone(), saved]).map, &searched),
        None
    );
}

#[test]
fn an_identifier_within_a_parameter_is_a_persons() {
    let asked = |n: usize| {
        let url = format!("https://p.fr/fiche?DN=uid%3DP{n:04}%2Cou%3Dx");
        HeldExchange::get(&url, "text/html", format!("<h1>P{n:04}</h1>"))
    };
    let made: Vec<HeldExchange> = (0..9).map(asked).collect();
    let learnt = learnt(&made);
    let [rule] = learnt.map.routes[0].request.as_slice() else {
        panic!("{:?}", learnt.map.routes[0]);
    };
    assert_eq!(rule.at, "DN");
    let pattern = regex::Regex::new(rule.pattern.as_deref().unwrap()).unwrap();
    assert_eq!(&pattern.captures("uid=P0042,ou=x").unwrap()[1], "P0042");
}
