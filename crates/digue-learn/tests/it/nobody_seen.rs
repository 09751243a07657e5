//! Routes that showed nobody while they were learnt: what they show one day elsewhere than where
//! texts stood is refused, and a person is told of each of them.

use digue_learn::{Learnt, LearntFinding};
use digue_survey::HeldExchange;

use crate::kinds::{BOTH, HTML, JSON, Made, found, get, learnt};

/// A list of persons by number, so that there is something to learn.
fn list(from: usize) -> HeldExchange {
    let item = |number| {
        let person = Made(number);
        let (pk, last, first) = (person.pk(), person.last(), person.first());
        format!(r#"{{"pk":{pk},"nom":"{last}","prenom":"{first}"}}"#)
    };
    let items: Vec<String> = (from..from + 8).map(item).collect();
    get("/api/usagers", JSON, format!("[{}]", items.join(",")))
}

fn learnt_from(others: &[HeldExchange]) -> Learnt {
    let mut all: Vec<HeldExchange> = (0..4).map(|page| list(page * 8)).collect();
    all.extend(others.iter().cloned());
    learnt(&BOTH, &all)
}

#[track_caller]
fn check_refused_later(recorded: &[HeldExchange], later: &HeldExchange) {
    let learnt = learnt_from(recorded);
    for exchange in recorded {
        assert!(found(&learnt, exchange).is_some(), "{}", exchange.url);
    }
    let path = later.url.strip_prefix("https://p.fr").unwrap();
    let is_listed = |finding: &LearntFinding| {
        finding.code() == "nobody" && format!("{finding:?}").contains(path)
    };
    assert!(
        learnt.findings.iter().any(is_listed),
        "{:?}",
        learnt.findings
    );
    assert_eq!(found(&learnt, later), None, "{:#?}", learnt.map.routes);
}

fn person() -> String {
    let person = Made(7);
    let (pk, last, first) = (person.pk(), person.last(), person.first());
    format!(r#"{{"pk":{pk},"nom":"{last}","prenom":"{first}"}}"#)
}

#[test]
fn a_list_that_was_empty_shows_no_texts_later() {
    let empty = |_| get("/api/alertes", JSON, r#"{"alertes":[],"titre":"Alertes"}"#);
    let recorded: Vec<HeldExchange> = (0..5).map(empty).collect();
    let later = format!(r#"{{"alertes":[{}],"titre":"Alertes"}}"#, person());
    check_refused_later(&recorded, &get("/api/alertes", JSON, later));
}

#[test]
fn a_thing_shows_no_participant_later() {
    let event = |number: usize| {
        let body = format!(r#"{{"id":{number},"titre":"Réunion {number}","participant":null}}"#);
        get("/api/prochain", JSON, body)
    };
    let recorded: Vec<HeldExchange> = (0..6).map(event).collect();
    let later = format!(r#"{{"id":9,"titre":"Réunion","participant":{}}}"#, person());
    check_refused_later(&recorded, &get("/api/prochain", JSON, later));
}

#[test]
fn a_page_shows_no_table_of_persons_later() {
    let page = |number: usize| {
        get(
            "/accueil",
            HTML,
            format!("<h1>Bonjour</h1><p>{number} messages"),
        )
    };
    let recorded: Vec<HeldExchange> = (0..5).map(page).collect();
    let row = |number| format!("<tr><td>{}<td>{}", Made(number).pk(), Made(number).name());
    let rows: String = (0..5).map(row).collect();
    let later = get(
        "/accueil",
        HTML,
        format!("<h1>Bonjour</h1><table>{rows}</table>"),
    );
    check_refused_later(&recorded, &later);
}

#[test]
fn a_table_of_other_things_shows_no_column_of_persons_later() {
    let table = |number: usize| {
        let text = format!("code;libelle\nA;Lot {number}\nB;Lot {}\n", number + 1);
        get("/lots.csv", "text/csv", text)
    };
    let recorded: Vec<HeldExchange> = (0..4).map(table).collect();
    let later = get(
        "/lots.csv",
        "text/csv",
        "code;libelle;pk;nom\nA;Lot;8;Kremer\n",
    );
    check_refused_later(&recorded, &later);
}

#[test]
fn a_document_shows_no_element_of_persons_later() {
    let document = |number: usize| {
        let text = format!("<etat><titre>Lot {number}</titre></etat>");
        get("/etat.xml", "application/xml", text)
    };
    let recorded: Vec<HeldExchange> = (0..4).map(document).collect();
    let later = "<etat><titre>Lot</titre><personne><nom>Kremer</nom></personne></etat>";
    check_refused_later(&recorded, &get("/etat.xml", "application/xml", later));
}
