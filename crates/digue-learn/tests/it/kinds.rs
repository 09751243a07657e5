//! Persons who stand under two kinds of identifiers, random identifiers, and numbers that are
//! others': each place where known persons stand has a rule or a finding.

use std::collections::BTreeSet;

use digue_identifiers::ResponseReading;
use digue_inspect::{Message, RequestContent, inspect};
use digue_learn::compile::compile;
use digue_learn::model::{LearntMap, LearntRecords, RequestPlace};
use digue_learn::{Learnt, LearntFinding, learn};
use digue_survey::known::{ColumnChoice, PersonsTable};
use digue_survey::{HeldExchange, KnownPersons};
use digue_types::path::Segments;
use proptest::prelude::*;

pub(crate) const HTML: &str = "text/html";
pub(crate) const JSON: &str = "application/json";

const FIRST: [&str; 10] = [
    "Ania", "Boris", "Cléo", "Dany", "Elsa", "Farid", "Gaël", "Hana", "Igor", "Jeanne",
];
const LAST: [&str; 10] = [
    "Kremer", "Lopez", "Morel", "Nguyen", "Ortega", "Perrin", "Quentin", "Roux", "Sanchez",
    "Tessier",
];

/// The person of a number: matricule, key, name.
pub(crate) struct Made(pub(crate) usize);

impl Made {
    pub(crate) fn matricule(&self) -> String {
        let check = char::from(b'A' + (self.0 % 11) as u8);
        format!("{:06}{check}", 120_000 + self.0 * 7_919 % 800_000)
    }

    pub(crate) fn pk(&self) -> usize {
        self.0 + 1
    }

    /// As a program draws it: digits and letters of both cases in no order.
    pub(crate) fn object(&self) -> String {
        object(self.0, 1)
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.first(), self.last())
    }

    pub(crate) fn first(&self) -> &'static str {
        FIRST[self.0 % 10]
    }

    pub(crate) fn last(&self) -> &'static str {
        LAST[self.0 / 10 % 10]
    }
}

fn object(number: usize, salt: u64) -> String {
    const SIGNS: &[u8] = b"aZ3bY7cX1dW9eV5fU2gT8hS4iR6jQ0kP";
    let mut state = (number as u64 + 11)
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(salt);
    let sign = |_| {
        state = state
            .wrapping_mul(2_862_933_555_777_941_757)
            .wrapping_add(3_037_000_493);
        char::from(SIGNS[(state >> 59) as usize])
    };
    (0..10).map(sign).collect()
}

pub(crate) const PERSONS: usize = 60;

fn known(columns: &[&str]) -> KnownPersons {
    let cell = |column: &str, person: &Made| match column {
        "matricule" => person.matricule(),
        "pk" => person.pk().to_string(),
        "objectId" => person.object(),
        "nom" => person.last().to_owned(),
        _ => person.first().to_owned(),
    };
    let row = |number| {
        let person = Made(number);
        columns.iter().map(|column| cell(column, &person)).collect()
    };
    let table = PersonsTable {
        header: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows: (0..PERSONS).map(row).collect(),
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

pub(crate) const BOTH: [&str; 4] = ["matricule", "pk", "nom", "prenom"];

pub(crate) fn get(target: &str, media: &str, body: impl Into<Vec<u8>>) -> HeldExchange {
    HeldExchange::get(&format!("https://p.fr{target}"), media, body)
}

fn missing(target: &str) -> HeldExchange {
    HeldExchange {
        status: 404,
        ..get(target, JSON, r#"{"error":"not found"}"#)
    }
}

/// Whom the map finds in an answer; `None` when it does not leave, or no route answers.
pub(crate) fn found(learnt: &Learnt, exchange: &HeldExchange) -> Option<BTreeSet<u32>> {
    let map = compile(&learnt.map).unwrap();
    let target = exchange.url.strip_prefix("https://p.fr").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let content = RequestContent::of(query, &exchange.request_type, &exchange.request_body);
    let path = Segments::parse(path).unwrap();
    let (route, _) = map.route(&exchange.method, &path, &content)?;
    let message = Message {
        status: exchange.status,
        content_type: exchange.content_type.as_deref(),
        content_encoding: "",
        body: exchange.body.as_ref().unwrap(),
    };
    match inspect(&route.response, &map.kinds, &message, &route.limits) {
        ResponseReading::Persons(shown) => {
            let texts = shown.identifiers();
            // Of one who is not known, a number beyond all.
            let person = |text: &str| learnt.known.person(text).unwrap_or(u32::MAX);
            Some(texts.map(|identifier| person(&identifier.text)).collect())
        }
        ResponseReading::ShowsNobody(_) => Some(BTreeSet::new()),
        ResponseReading::Unreadable(_) => None,
    }
}

pub(crate) fn persons(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<u32> {
    numbers.into_iter().map(|number| number as u32).collect()
}

#[track_caller]
pub(crate) fn check(learnt: &Learnt, exchange: &HeldExchange, expected: &BTreeSet<u32>) {
    let map = || map_of(&learnt.map);
    assert_eq!(
        found(learnt, exchange).as_ref(),
        Some(expected),
        "{} {}",
        exchange.url,
        map()
    );
}

fn map_of(map: &LearntMap) -> String {
    format!("{:#?}", map.routes)
}

pub(crate) fn learnt(columns: &[&str], exchanges: &[HeldExchange]) -> Learnt {
    learn(&mut &*exchanges, known(columns)).unwrap()
}

/// A table with matricules, above it a list of everybody by key.
fn page_with_choices(numbers: &[usize]) -> String {
    let row = |number: &usize| {
        let person = Made(*number);
        format!("<tr><td>{}<td>{}", person.matricule(), person.name())
    };
    let rows: String = numbers.iter().map(row).collect();
    let option = |number| {
        let person = Made(number);
        format!("<option value={}>{}</option>", person.pk(), person.name())
    };
    let options: String = (0..PERSONS).map(option).collect();
    format!(
        "<form><select name=tuteur><option value=''>tous</option>{options}</select></form>\
         <table class=listing>{rows}</table>"
    )
}

#[test]
fn the_choices_of_a_list_are_found_beside_a_table_of_another_kind() {
    let page = |page: usize| {
        let numbers: Vec<usize> = (page * 6..page * 6 + 6).collect();
        get(
            &format!("/usagers/?p={page}"),
            HTML,
            page_with_choices(&numbers),
        )
    };
    let made: Vec<HeldExchange> = (0..5).map(page).collect();
    let learnt = learnt(&BOTH, &made);
    check(&learnt, &page(8), &persons(0..PERSONS));
    let codes: Vec<&str> = learnt.findings.iter().map(LearntFinding::code).collect();
    assert!(codes.contains(&"kinds"), "{codes:?}");
}

#[test]
fn random_identifiers_and_one_not_found_make_one_route() {
    let one = |number: usize| {
        let (person, tutor) = (Made(number), Made(number + 1));
        let pointer = format!(
            r#"{{"__type":"Pointer","className":"Usager","objectId":"{}"}}"#,
            tutor.object()
        );
        let body = format!(
            r#"{{"objectId":"{}","nom":"{}","prenom":"{}","tuteur":{pointer}}}"#,
            person.object(),
            person.last(),
            person.first()
        );
        get(&format!("/classes/Usager/{}", person.object()), JSON, body)
    };
    let mut made: Vec<HeldExchange> = (0..12).map(one).collect();
    made.push(missing("/classes/Usager/zzzzzzzzzz"));
    let learnt = learnt(&["objectId", "nom", "prenom"], &made);
    let paths: Vec<&str> = learnt
        .map
        .routes
        .iter()
        .map(|route| route.path.as_str())
        .collect();
    assert_eq!(paths, ["/classes/Usager/{x}"]);
    check(&learnt, &one(30), &persons([30, 31]));
    let request = &learnt.map.routes[0].request;
    assert!(request.iter().any(|rule| rule.place == RequestPlace::Path));
}

#[test]
fn a_request_that_names_get_as_its_method_reads() {
    let asked = |method: &str, numbers: std::ops::Range<usize>| {
        let item = |number| {
            let person = Made(number);
            format!(
                r#"{{"objectId":"{}","nom":"{}","prenom":"{}"}}"#,
                person.object(),
                person.last(),
                person.first()
            )
        };
        let items: Vec<String> = numbers.map(item).collect();
        HeldExchange {
            method: "POST".to_owned(),
            request_type: "text/plain".to_owned(),
            request_body: format!(r#"{{"where":{{}},"_method":"{method}"}}"#).into_bytes(),
            ..get(
                "/classes/Usager",
                JSON,
                format!(r#"{{"results":[{}]}}"#, items.join(",")),
            )
        }
    };
    let made = [asked("GET", 0..9), asked("GET", 4..14), asked("PUT", 3..4)];
    let learnt = learnt(&["objectId", "nom", "prenom"], &made);
    check(&learnt, &asked("GET", 20..27), &persons(20..27));
    assert_eq!(found(&learnt, &asked("PUT", 3..4)), None);
    assert_eq!(found(&learnt, &asked("DELETE", 3..4)), None);
}

#[test]
fn a_global_identifier_is_the_one_in_it() {
    use base64::Engine as _;
    let list = |numbers: std::ops::Range<usize>| {
        let item = |number| {
            let person = Made(number);
            let global = format!("Usager:{}", person.object());
            let global = base64::engine::general_purpose::STANDARD.encode(global);
            format!(
                r#"{{"id":"{global}","nom":"{}","prenom":"{}"}}"#,
                person.last(),
                person.first()
            )
        };
        let items: Vec<String> = numbers.map(item).collect();
        get("/api/usagers", JSON, format!("[{}]", items.join(",")))
    };
    let learnt = learnt(&["objectId", "nom", "prenom"], &[list(0..10), list(10..24)]);
    check(&learnt, &list(30..41), &persons(30..41));
}

#[test]
fn a_number_is_a_persons_where_the_segments_before_it_say_so() {
    let usager = |number: usize| {
        let person = Made(number);
        let body = format!(
            "<h1>{}</h1><a href=/usager/edit/{}/>{}</a>",
            person.name(),
            person.pk(),
            person.name()
        );
        get(&format!("/usager/edit/{}/", person.pk()), HTML, body)
    };
    let suivi = |number: usize| {
        let (id, person) = (number + 3, Made(number * 7 % PERSONS));
        let body = format!(
            "<a href=/suivi/edit/{id}/>Suivi de {}</a><a href=/users/edit/1/>Administrateur</a>",
            person.name()
        );
        get(&format!("/suivi/edit/{id}/"), HTML, body)
    };
    let made: Vec<HeldExchange> = (0..15).map(usager).chain((0..15).map(suivi)).collect();
    let learnt = learnt(&BOTH, &made);
    check(&learnt, &usager(40), &persons([40]));
    let route = learnt
        .map
        .routes
        .iter()
        .find(|route| route.path.starts_with("/suivi"));
    let route = route.unwrap();
    assert_eq!(route.request, [], "{}", map_of(&learnt.map));
    let shown = found(&learnt, &suivi(30)).unwrap_or_default();
    assert_eq!(shown, BTreeSet::new());
}

#[test]
fn a_table_that_names_persons_is_never_called_nobodys() {
    let page = |page: usize| {
        let row = |number: usize| format!("<tr><td>{page}{number}<td>{}", Made(number).name());
        let rows: String = (page * 5..page * 5 + 5).map(row).collect();
        let option = |number| {
            let person = Made(number);
            format!("<option value={}>{}</option>", person.pk(), person.name())
        };
        let options: String = (0..PERSONS).map(option).collect();
        let body = format!(
            "<form><select name=usager>{options}</select></form><table class=listing>{rows}</table>"
        );
        get("/suivis/", HTML, body)
    };
    let made: Vec<HeldExchange> = (0..6).map(page).collect();
    let learnt = learnt(&BOTH, &made);
    for block in learnt.map.routes.iter().flat_map(|route| &route.blocks) {
        assert_eq!(block.no_person, [] as [String; 0]);
        if let LearntRecords::At(records) = &block.records {
            assert!(records.iter().all(|record| !record.contains("option")));
        }
    }
    check(&learnt, &page(7), &persons(0..PERSONS));
}

#[test]
fn a_list_that_was_always_empty_makes_records_of_persons_alone() {
    let list = |number: usize| {
        let person = Made(number);
        let body = format!(
            r#"{{"objectId":"{}","nom":"{}","prenom":"{}"}}"#,
            person.object(),
            person.last(),
            person.first()
        );
        get("/api/usager", JSON, body)
    };
    let config = |_| get("/api/config", JSON, r#"{"version":"x","newFeatures":[]}"#);
    let members = |_| get("/api/membres", JSON, r#"{"total":"x","results":[]}"#);
    let made: Vec<HeldExchange> = (0..9)
        .map(list)
        .chain((0..3).map(config))
        .chain((0..3).map(members))
        .collect();
    let learnt = learnt(&["objectId", "nom", "prenom"], &made);
    let rules = |path: &str| {
        let route = learnt.map.routes.iter().find(|route| route.path == path);
        let blocks = &route.unwrap().blocks;
        blocks
            .iter()
            .map(|block| block.persons.len())
            .sum::<usize>()
    };
    assert_eq!((rules("/api/config"), rules("/api/membres")), (0, 1));
}

#[test]
fn links_in_a_page_within_a_text_of_json_are_read() {
    let chooser = |numbers: std::ops::Range<usize>| {
        let row = |number| {
            let person = Made(number);
            format!(
                "<tr><td><a href='/choose/usager/chosen/{}/'>{}</a></td></tr>",
                person.pk(),
                person.name()
            )
        };
        let rows: String = numbers.map(row).collect();
        let body =
            serde_json::json!({ "step": "choose", "html": format!("<table>{rows}</table>") });
        get("/choose/usager/", JSON, body.to_string())
    };
    let learnt = learnt(&BOTH, &[chooser(0..12), chooser(12..30)]);
    check(&learnt, &chooser(40..52), &persons(40..52));
}

#[test]
fn one_address_that_answers_many_things_has_a_route_for_each() {
    let users = |numbers: std::ops::Range<usize>| {
        let item = |number| {
            let person = Made(number);
            format!(
                r#"{{"id":{},"name":"{}","slug":"x"}}"#,
                person.pk(),
                person.name()
            )
        };
        let items: Vec<String> = numbers.map(item).collect();
        let body = format!("[{}]", items.join(","));
        get("/?rest_route=/wp/v2/users", JSON, body)
    };
    let comments = |number: usize| {
        let items: Vec<String> = (number..number + 8)
            .map(|id| format!(r#"{{"id":{id},"post":3,"date":"x","content":{{"rendered":"y"}}}}"#))
            .collect();
        let body = format!("[{}]", items.join(","));
        get("/?rest_route=/wp/v2/comments", JSON, body)
    };
    let learnt = learnt(
        &["pk", "nom", "prenom"],
        &[users(0..10), users(10..30), comments(5), comments(20)],
    );
    check(&learnt, &users(30..42), &persons(30..42));
    assert_eq!(found(&learnt, &comments(33)), Some(BTreeSet::new()));
}

/// One page of a made portal, and whom it shows.
#[derive(Clone, Debug)]
enum MadePage {
    Choices(Vec<usize>),
    Nested(Vec<usize>),
    Edit(usize),
    Missing(usize),
}

impl MadePage {
    fn exchange(&self) -> HeldExchange {
        match self {
            Self::Choices(numbers) => get("/usagers/", HTML, page_with_choices(numbers)),
            Self::Nested(numbers) => {
                let person = |number: usize| {
                    let person = Made(number);
                    format!(
                        r#"{{"pk":{},"nom":"{}","prenom":"{}""#,
                        person.pk(),
                        person.last(),
                        person.first()
                    )
                };
                let item = |number: &usize| {
                    let tutor = (number + 17) % PERSONS;
                    let own = person(*number);
                    let matricule = Made(*number).matricule();
                    format!(
                        r#"{own},"matricule":"{matricule}","tuteurs":[{}}}]}}"#,
                        person(tutor)
                    )
                };
                let items: Vec<String> = numbers.iter().map(item).collect();
                get(
                    "/api/usagers",
                    JSON,
                    format!(r#"{{"items":[{}]}}"#, items.join(",")),
                )
            }
            Self::Edit(number) => {
                let person = Made(*number);
                let body = format!(
                    "<h1>{}</h1><form><input type=hidden name=usager value={}></form>",
                    person.name(),
                    person.pk()
                );
                get(&format!("/usager/edit/{}/", person.pk()), HTML, body)
            }
            Self::Missing(number) => missing(&format!("/usager/edit/x{number}/")),
        }
    }

    fn shows(&self) -> BTreeSet<u32> {
        match self {
            Self::Choices(_) => persons(0..PERSONS),
            Self::Nested(numbers) => {
                let both = numbers
                    .iter()
                    .flat_map(|number| [*number, (number + 17) % PERSONS]);
                persons(both)
            }
            Self::Edit(number) => persons([*number]),
            Self::Missing(_) => BTreeSet::new(),
        }
    }
}

fn made_page() -> impl Strategy<Value = MadePage> {
    let numbers = || proptest::collection::btree_set(0..PERSONS, 1..8);
    prop_oneof![
        numbers().prop_map(|numbers| MadePage::Choices(numbers.into_iter().collect())),
        numbers().prop_map(|numbers| MadePage::Nested(numbers.into_iter().collect())),
        (0..PERSONS).prop_map(MadePage::Edit),
        (0usize..9).prop_map(MadePage::Missing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whoever is known in the bytes is found by the map, or the route is named in a finding.
    #[test]
    fn nobody_known_is_silently_missed(pages in proptest::collection::vec(made_page(), 1..16)) {
        let exchanges: Vec<HeldExchange> = pages.iter().map(MadePage::exchange).collect();
        let learnt = learn(&mut exchanges.as_slice(), known(&BOTH)).unwrap();
        for (page, exchange) in pages.iter().zip(&exchanges) {
            let shown = found(&learnt, exchange).unwrap_or_default();
            if shown.is_superset(&page.shows()) {
                continue;
            }
            let path = exchange.url.strip_prefix("https://p.fr").unwrap();
            let stem = path.trim_end_matches(|c: char| c == '/' || c.is_ascii_digit());
            let is_named = |finding: &LearntFinding| format!("{finding:?}").contains(stem);
            prop_assert!(
                learnt.findings.iter().any(is_named),
                "{page:?}: {shown:?}, {:#?} {:#?}", learnt.findings, learnt.map.routes
            );
        }
    }
}
