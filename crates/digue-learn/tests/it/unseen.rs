//! What comes after the recording: longer names, the next build's files, addresses made of tokens,
//! writes that a person takes over.

use digue_learn::{Learnt, learn};
use digue_survey::HeldExchange;
use digue_survey::known::{ColumnChoice, KnownPersons, PersonsTable};
use regex::Regex;

fn known(ids: &[String]) -> KnownPersons {
    let table = PersonsTable {
        header: vec!["id".into()],
        rows: ids.iter().map(|id| vec![id.clone()]).collect(),
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

fn numbered() -> Vec<String> {
    (0..60).map(|n| format!("P{n:04}")).collect()
}

fn learnt(ids: &[String], exchanges: &[HeldExchange]) -> Learnt {
    learn(&mut { exchanges }, known(ids)).unwrap()
}

fn list(from: usize) -> String {
    let items: Vec<String> = (from..from + 5)
        .map(|n| format!("{{\"id\":\"P{n:04}\",\"ville\":\"Pau\"}}"))
        .collect();
    format!("{{\"items\":[{}]}}", items.join(","))
}

#[test]
fn the_next_persons_name_may_be_longer_than_all_known_ones() {
    let names = [
        "eva.roy",
        "adam.blanc",
        "ines.petit",
        "paul.morel",
        "lea.simon",
        "hugo.andre",
    ];
    let ids: Vec<String> = (0..60)
        .map(|n| format!("{}.{}", names[n % names.len()], 100 + n))
        .collect();
    let pages: Vec<HeldExchange> = ids
        .iter()
        .map(|id| {
            HeldExchange::get(
                "https://p.fr/x",
                "application/json",
                format!("{{\"login\":\"{id}\"}}"),
            )
        })
        .collect();
    let learnt = learnt(&ids, &pages);
    let shape = learnt.map.kinds[0]
        .shape
        .clone()
        .expect("logins have a shape");
    let whole = Regex::new(&format!("^(?:{shape})$")).unwrap();
    assert!(whole.is_match("maximilienne.vandenbrouck.163"), "{shape}");
    assert!(!whole.is_match("12.34.56"), "{shape}");
}

#[test]
fn a_list_by_post_that_nothing_calls_a_reading_keeps_its_rules_for_persons() {
    let lists: Vec<HeldExchange> = (0..6)
        .map(|n| {
            let mut made =
                HeldExchange::get("https://p.fr/traitement", "application/json", list(n * 5));
            made.method = "POST".to_owned();
            made
        })
        .collect();
    let learnt = learnt(&numbered(), &lists);
    assert!(
        learnt
            .map
            .routes
            .iter()
            .all(|route| route.methods != ["POST"])
    );
    let write = &learnt.map.writes[0];
    assert!(
        write.blocks.iter().any(|block| !block.persons.is_empty()),
        "uncommented as it stands, it finds the persons: {write:?}"
    );
}

#[test]
fn files_of_a_build_are_described_together_beside_a_manifest() {
    let mut files: Vec<HeldExchange> = [
        "accueil", "liste", "fiche", "menu", "aide", "carte", "profil", "panier", "notes",
    ]
    .iter()
    .map(|name| {
        HeldExchange::get(
            &format!("https://p.fr/build/{name}.js"),
            "text/javascript",
            "let a = 1;",
        )
    })
    .collect();
    files.push(HeldExchange::get(
        "https://p.fr/build/manifest.json",
        "application/json",
        "{\"name\":\"portail\"}",
    ));
    files.extend(
        (0..5).map(|n| HeldExchange::get("https://p.fr/liste", "application/json", list(n * 5))),
    );
    let learnt = learnt(&numbered(), &files);
    let paths: Vec<&str> = learnt
        .map
        .routes
        .iter()
        .map(|route| route.path.as_str())
        .collect();
    assert!(paths.contains(&"/build/*.js"), "{paths:?}");
    assert!(
        !paths.iter().any(|path| path.starts_with("/build/accueil")),
        "{paths:?}"
    );
}

#[test]
fn an_export_under_a_new_token_each_time_is_one_route() {
    let tokens = [
        "JkmiuuCQ3FfIaMaKLKdD1795977639",
        "lsBMbsKZxNiX84TdUXBp1795977642",
        "WEfIvkzMuUud66bgQw1795977650",
    ];
    let exports: Vec<HeldExchange> = tokens
        .iter()
        .enumerate()
        .map(|(n, token)| {
            let body = format!("id;ville\nP{:04};Pau\nP{:04};Albi\n", n * 2, n * 2 + 1);
            HeldExchange::get(&format!("https://p.fr/tmp/{token}.csv"), "text/csv", body)
        })
        .collect();
    let learnt = learnt(&numbered(), &exports);
    let paths: Vec<&str> = learnt
        .map
        .routes
        .iter()
        .map(|route| route.path.as_str())
        .collect();
    assert_eq!(paths, ["/tmp/{x}.csv"]);
}
