//! The management system: settings are no failures, dead ends say how to go on, and links are chosen
//! by their names.

use digue_locales::Language;

use crate::html::{Element, parse};
use crate::world::{CISO, Sent, World};

async fn page(world: &World, target: &str) -> Element {
    let answer = world
        .answer(CISO, Language::French, Sent::get(target))
        .await;
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    parse(&answer.text)
}

fn cell(row: &Element, label: &str) -> String {
    let found = row
        .all()
        .into_iter()
        .find(|cell| cell.attribute("data-label") == Some(label));
    found.unwrap_or_else(|| panic!("no cell {label}")).text()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_no_failure() {
    let world = World::new().await;
    world.post(CISO, "/smsi/checks", &[]).await;
    let root = page(&world, "/smsi/checks").await;
    for name in [
        "Blocage après des échecs de connexion",
        "Durée des sessions",
    ] {
        let row = root
            .all()
            .into_iter()
            .find(|row| row.is("tr") && row.text().contains(name))
            .unwrap_or_else(|| panic!("no row {name}"));
        assert_eq!(cell(row, "En échec"), "", "{name}");
        let setting: u64 = cell(row, "Réglage relevé").trim().parse().unwrap();
        assert!(setting > 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_says_how_it_comes() {
    let world = World::new().await;
    world.post(CISO, "/smsi/checks", &[]).await;
    let backups = page(&world, "/smsi/checks/backups").await.text();
    assert!(
        backups.contains("[backup]") && backups.contains("docs/reference/backups.md"),
        "{backups}"
    );
    let calendar = page(&world, "/smsi/calendar").await;
    let main = calendar.first("main").unwrap();
    assert!(
        main.all()
            .iter()
            .any(|link| link.attribute("href") == Some("/smsi/start")),
        "an empty calendar leads to the ten questions"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_field_that_closes_an_audit_says_so_before_it_is_filled() {
    let world = World::new().await;
    let audit = [
        ("title", "Audit 2026"),
        ("scope", "accès"),
        ("auditor", "Claude"),
        ("planned-from", "2026-11-22"),
        ("population", "accounts"),
        ("seed", "7"),
        ("size", "2"),
        ("criteria", "iso-8.2"),
        ("criteria", "anssi-5"),
    ];
    world.post(CISO, "/smsi/registers/audit", &audit).await;
    let target = "/smsi/registers/audit/AU-1";
    let root = page(&world, target).await;
    let text = root.text();
    assert!(
        text.contains("ne peut plus être modifiée") && text.contains("n'est pas tiré"),
        "{text}"
    );
    // Requirements are chosen by their names, and those that were chosen are ticked.
    let ticked: Vec<&str> = root
        .all()
        .into_iter()
        .filter(|one| {
            one.attribute("name") == Some("criteria") && one.attribute("checked").is_some()
        })
        .filter_map(|one| one.attribute("value"))
        .collect();
    assert_eq!(ticked, ["iso-8.2", "anssi-5"]);
    assert!(!text.contains("Identifiants séparés par des virgules"));
    world.post(CISO, &format!("{target}/fill"), &[]).await;
    let text = page(&world, target).await.text();
    assert!(
        text.contains("Tiré parmi : comptes") && !text.contains("n'est pas tiré"),
        "{text}"
    );
    assert!(
        !text.contains("seed:") && !text.contains("sha256:"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn annex_a_shows_what_is_in_place_for_each_control() {
    let world = World::lived_in().await;
    let root = page(&world, "/smsi/frameworks/iso").await;
    let rows: Vec<&Element> = root
        .all()
        .into_iter()
        .filter(|row| row.is("tr") && row.first("td").is_some())
        .collect();
    assert_eq!(rows.len(), 93);
    for row in rows {
        assert!(!cell(row, "Mise en œuvre").trim().is_empty(), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_leads_to_what_it_drew_and_is_a_file() {
    let world = World::lived_in().await;
    let query = "population=accounts&seed=1&size=3";
    let root = page(&world, &format!("/smsi/samples?{query}")).await;
    let links = |beginning: &str| {
        let links = root.all().into_iter().filter(|link| link.is("a"));
        let places = links.filter_map(|link| link.attribute("href"));
        places.filter(|place| place.starts_with(beginning)).count()
    };
    assert_eq!(links("/accounts/"), 3);
    assert_eq!(links("/smsi/samples.csv?"), 1);
    let target = format!("/smsi/samples.csv?{query}");
    let file = world
        .answer(CISO, Language::French, Sent::get(&target))
        .await;
    assert_eq!(file.text.lines().count(), 4, "{}", file.text);
}
