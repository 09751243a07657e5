//! Other things that look like persons, and persons where no rule used to reach: shared shapes, names
//! of members, JSON in pages, pages that a parameter chooses.

use std::collections::BTreeSet;

use digue_learn::learn;
use digue_survey::HeldExchange;
use digue_survey::known::{ColumnChoice, KnownPersons, PersonsTable};

use crate::generated::uuid;
use crate::kinds::{BOTH, HTML, JSON, Made, check, found, get, learnt, persons};

const PERSONS: usize = 50;

fn known_uuids() -> KnownPersons {
    let table = PersonsTable {
        header: vec!["uuid".into()],
        rows: (0..PERSONS).map(|n| vec![uuid(1, n, 0)]).collect(),
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

/// A list of persons; each answer has a trace of its own.
fn traced(from: usize) -> HeldExchange {
    let items: Vec<String> = (from..from + 5)
        .map(|n| format!(r#"{{"uuid":"{}"}}"#, uuid(1, n, 0)))
        .collect();
    let trace = uuid(1, from, 9);
    let body = format!(r#"{{"trace":"{trace}","usagers":[{}]}}"#, items.join(","));
    get("/api/usagers", JSON, body)
}

#[test]
fn a_uuid_of_another_thing_is_nobody() {
    let recorded: Vec<HeldExchange> = (0..6).map(|page| traced(page * 5)).collect();
    let learnt = learn(&mut recorded.as_slice(), known_uuids()).unwrap();
    check(&learnt, &traced(40), &persons(40..45));
    let codes: Vec<&str> = learnt
        .findings
        .iter()
        .map(|finding| finding.code())
        .collect();
    assert!(codes.contains(&"narrowed"), "{codes:?}");
}

#[test]
fn the_search_stays_where_it_alone_finds_a_person() {
    let noted = |from: usize| {
        let HeldExchange { body, .. } = traced(from);
        let text = String::from_utf8(body.unwrap()).unwrap();
        let note = format!(r#""note":"voir {}","usagers""#, uuid(1, from + 7, 0));
        get("/api/usagers", JSON, text.replace("\"usagers\"", &note))
    };
    let recorded: Vec<HeldExchange> = (0..6).map(|page| noted(page * 5)).collect();
    let learnt = learn(&mut recorded.as_slice(), known_uuids()).unwrap();
    let shown = found(&learnt, &noted(40)).unwrap();
    assert!(
        shown.is_superset(&persons((40..45).chain([47]))),
        "{shown:?}"
    );
}

#[test]
fn persons_who_are_names_of_members_are_found() {
    let keyed = |numbers: std::ops::Range<usize>| {
        let member = |number: usize| {
            let person = Made(number);
            format!(
                r#""{}":{{"solde":{},"nom":"{}"}}"#,
                person.pk(),
                number * 7 % 100,
                person.name()
            )
        };
        let members: Vec<String> = numbers.map(member).collect();
        get(
            "/api/soldes",
            JSON,
            format!(r#"{{"usagers":{{{}}}}}"#, members.join(",")),
        )
    };
    let recorded = [keyed(0..6), keyed(4..12), keyed(9..20)];
    let learnt = learnt(&BOTH, &recorded);
    check(&learnt, &keyed(30..41), &persons(30..41));
}

fn json_of(numbers: std::ops::Range<usize>) -> String {
    let item = |number: usize| {
        let person = Made(number);
        format!(
            r#"{{"id":{},"nom":"{}","prenom":"{}","auteur":{{"id":3}}}}"#,
            person.pk(),
            person.last(),
            person.first()
        )
    };
    let items: Vec<String> = numbers.map(item).collect();
    format!(
        r#"{{"usagers":[{}],"menu":[{{"id":4,"titre":"Aide"}}]}}"#,
        items.join(",")
    )
}

#[test]
fn persons_in_the_data_of_a_script_are_found() {
    let page = |numbers: std::ops::Range<usize>| {
        let data = json_of(numbers);
        let body =
            format!("<div id=root></div><script id=donnees type=application/json>{data}</script>");
        get("/app", HTML, body)
    };
    let learnt = learnt(&BOTH, &[page(0..8), page(5..20)]);
    check(&learnt, &page(30..41), &persons(30..41));
}

#[test]
fn persons_in_the_data_of_an_attribute_are_found() {
    let page = |numbers: std::ops::Range<usize>| {
        let data = json_of(numbers).replace('"', "&quot;");
        get(
            "/inertia",
            HTML,
            format!("<div id=app data-page=\"{data}\"></div>"),
        )
    };
    let learnt = learnt(&BOTH, &[page(0..8), page(5..20)]);
    check(&learnt, &page(30..41), &persons(30..41));
}

#[test]
fn the_number_of_an_offer_is_no_persons_number() {
    let sheet = |number: usize| {
        let person = Made(number);
        let body = format!("<h1>{}</h1><p class=num>{}</p>", person.name(), person.pk());
        get(
            &format!("/index.php?page=usager&id={}", person.pk()),
            HTML,
            body,
        )
    };
    let offer = |number: usize| {
        let body = format!("<h1>Offre {number}</h1><p>12 places</p>");
        get(&format!("/index.php?page=offre&id={number}"), HTML, body)
    };
    let recorded: Vec<HeldExchange> = (0..9).map(sheet).chain((0..9).map(offer)).collect();
    let learnt = learnt(&BOTH, &recorded);
    check(&learnt, &sheet(40), &persons([40]));
    check(&learnt, &offer(30), &BTreeSet::new());
    // What is answered says whom it shows; the number alone is any thing's.
    let is_person = |page: &str| {
        let mut routes = learnt.map.routes.iter();
        let route = routes.find(|route| route.when.iter().any(|when| when.values == [page]));
        !route.unwrap().request.is_empty()
    };
    assert_eq!((is_person("usager"), is_person("offre")), (false, false));
}

#[test]
fn a_column_of_visits_is_not_one_of_pupils() {
    let rows = |numbers: std::ops::Range<usize>| {
        let row = |number: usize| {
            let person = Made(number);
            format!(
                r#"[{},"{}",{}]"#,
                person.pk(),
                person.name(),
                number % 9 + 1
            )
        };
        let rows: Vec<String> = numbers.map(row).collect();
        get(
            "/base/eleves.json",
            JSON,
            format!(r#"{{"rows":[{}]}}"#, rows.join(",")),
        )
    };
    let learnt = learnt(&BOTH, &[rows(0..15), rows(15..30)]);
    check(&learnt, &rows(40..55), &persons(40..55));
}

#[test]
fn one_parameter_names_persons_by_two_kinds() {
    let by_number = |number: usize| {
        let person = Made(number);
        let body = format!(
            r#"{{"matricule":"{}","nom":"{}"}}"#,
            person.matricule(),
            person.name()
        );
        get(&format!("/fiche?id={}", person.matricule()), JSON, body)
    };
    let by_key = |number: usize| {
        let person = Made(number);
        let body = format!("<h1>{}</h1><p>{}</p>", person.name(), person.matricule());
        get(&format!("/usagers/page?id={}", person.pk()), HTML, body)
    };
    let recorded: Vec<HeldExchange> = (0..9).map(by_number).chain((0..20).map(by_key)).collect();
    let learnt = learnt(&BOTH, &recorded);
    let map = digue_learn::compile::compile(&learnt.map).unwrap();
    let route = map
        .routes
        .iter()
        .find(|route| route.name == "fiche")
        .unwrap();
    let kinds: Vec<usize> = route.request.iter().map(|rule| rule.pick.kind).collect();
    assert_eq!(kinds, [0], "{:#?}", learnt.map.routes);
}
