//! The management system: settings are no failures, dead ends say how to go on, and links are chosen
//! by their names.

use digue_locales::Language;
use digue_store::{FileRecord, RevisionRecord};
use digue_types::Timestamp;

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

#[tokio::test(flavor = "multi_thread")]
async fn what_the_journal_does_not_confirm_is_named_and_not_signed() {
    let world = World::new().await;
    world.give_reasons().await;
    let decision = [
        ("requirement", "iso-5.7"),
        ("applies", "no"),
        ("exclusion", "Motif vrai."),
    ];
    world
        .post(CISO, "/smsi/registers/applicability", &decision)
        .await;
    let exception = [
        ("title", "Navigateur ancien"),
        ("justification", "motif"),
        ("approver", "rssi"),
        ("expires-on", "2027-06-01"),
    ];
    world
        .post(CISO, "/smsi/registers/exception", &exception)
        .await;
    world.post(CISO, "/smsi/statement", &[]).await;
    let signed = page(&world, "/smsi/registers/exception/DE-1").await.text();
    assert!(
        signed.contains("Signée par rssi (RSSI), avec son propre compte"),
        "{signed}"
    );
    // Beside Digue: a reason of exclusion, a further revision of the exception, a version.
    let store = world.app.store();
    let revision = |kind: &str, id: &str, number, content: &str| RevisionRecord {
        kind: kind.to_owned(),
        id: id.to_owned(),
        number,
        at: Timestamp::from_secs(1_800_000_000),
        author: "rssi".to_owned(),
        is_over: false,
        content: content.to_owned(),
    };
    let planted = [
        revision(
            "applicability",
            "AP-2",
            2,
            r#"{"requirement":["iso-5.7"],"applies":["no"],"exclusion":["Motif faux."]}"#,
        ),
        revision("exception", "DE-1", 2, r#"{"title":["Autre"]}"#),
    ];
    assert!(store.add_revisions(&planted).await.unwrap());
    let version = FileRecord {
        subject: "statement:".to_owned(),
        hash: digue_app::files::sha256("autre"),
        name: "autre.txt".to_owned(),
        size: 5,
        kept_at: Timestamp::from_secs(1_800_000_000),
        kept_by: "rssi".parse().unwrap(),
    };
    assert!(store.add_file(&version, b"autre").await.unwrap());
    let sent = Sent {
        method: "POST",
        target: "/smsi/statement",
        kind: "application/x-www-form-urlencoded",
        body: Vec::new(),
    };
    let refused = world.answer(CISO, Language::French, sent).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let text = parse(&refused.text).text();
    assert!(
        text.contains("Rien n'a été signé") && text.contains("Registre AP-2"),
        "{text}"
    );
    assert!(!text.contains("DE-1"), "it is in no statement: {text}");
    let statement = page(&world, "/smsi/statement").await;
    let text = statement.text();
    assert!(
        text.contains("Registre AP-2") && text.contains("n'est pas celle qui a été signée"),
        "{text}"
    );
    let place = format!("/smsi/statement/{}", version.hash);
    assert!(
        statement
            .all()
            .iter()
            .all(|link| link.attribute("href") != Some(place.as_str())),
        "no link leads to it"
    );
    let served = world
        .answer(CISO, Language::French, Sent::get(&place))
        .await;
    assert_eq!(served.status, 409, "{served:?}");
    assert!(
        served.text.contains("ne l'utilisez pas") || served.text.contains("ne l&#39;utilisez pas"),
        "{served:?}"
    );
    // Of the records in memory, and once another record was saved, which are read again then.
    for _ in 0..2 {
        let record = page(&world, "/smsi/registers/exception/DE-1").await.text();
        assert!(
            record.contains("Signature non valable") && !record.contains("Signée par rssi"),
            "{record}"
        );
        let wrong = page(&world, "/smsi/contradictions").await.text();
        assert!(wrong.contains("signature non valable"), "{wrong}");
        let other = [
            ("title", "Autre dérogation"),
            ("justification", "motif"),
            ("approver", "x"),
            ("expires-on", "2027-06-01"),
        ];
        world.post(CISO, "/smsi/registers/exception", &other).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ten_questions_say_what_they_made_until_something_is_corrected() {
    let world = World::new().await;
    let start = [
        ("name", "Essai"),
        ("who", "operator"),
        ("portal", "yes"),
        ("partners", "yes"),
        ("people", "50-249"),
        ("data", "identity"),
        ("head", "Claude Dupré"),
        ("hosting", "own"),
    ];
    assert_eq!(world.post(CISO, "/smsi/start", &start).await, "/smsi");
    let root = page(&world, "/smsi").await;
    let text = root.first("main").unwrap().text();
    assert!(
        text.contains("mesures créées") && text.contains("risques créés"),
        "{text}"
    );
    let leads = |place: &str| {
        root.first("main")
            .unwrap()
            .all()
            .into_iter()
            .any(|link| link.attribute("href") == Some(place))
    };
    assert!(leads("/smsi/registers/measure") && leads("/smsi/registers/risk"));
    let target = "/smsi/registers/measure/ME-1";
    let form = page(&world, target).await;
    let form = crate::forms::PageForm::at(&form, target);
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|(name, value)| match name.as_str() {
            "title" => ("title", "Un autre titre"),
            name => (name, value.as_str()),
        })
        .collect();
    world.post(CISO, target, &fields).await;
    let text = page(&world, "/smsi").await.text();
    assert!(!text.contains("mesures créées"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_lacks_a_value_says_which_and_keeps_the_others() {
    let world = World::new().await;
    let sent = Sent {
        method: "POST",
        target: "/smsi/registers/measure",
        kind: "application/x-www-form-urlencoded",
        body: b"title=&description=une+fois+par+mois".to_vec(),
    };
    let answer = world.answer(CISO, Language::French, sent).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    let root = parse(&answer.text);
    let title = root.first("title").unwrap().text();
    assert!(
        title.starts_with("Erreur") && title.contains("Mesures"),
        "{title}"
    );
    let all = root.all();
    let names = |name: &str, value: &str| all.iter().any(|one| one.attribute(name) == Some(value));
    assert!(names("href", "#f-title") && names("id", "f-title"));
    assert!(
        root.text().contains("une fois par mois"),
        "typed text is kept"
    );
    let invalid = all
        .iter()
        .find(|one| one.attribute("id") == Some("f-title"));
    assert_eq!(invalid.unwrap().attribute("aria-invalid"), Some("true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_requirement_leads_to_its_line_of_the_statement() {
    let world = World::lived_in().await;
    let statement = page(&world, "/smsi/statement").await;
    let lines: Vec<&str> = statement
        .all()
        .into_iter()
        .filter(|row| row.is("tr"))
        .filter_map(|row| row.attribute("id"))
        .collect();
    let framework = page(&world, "/smsi/frameworks/anssi").await;
    let links: Vec<&str> = framework
        .all()
        .into_iter()
        .filter_map(|link| link.attribute("href")?.strip_prefix("/smsi/statement#"))
        .collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        assert!(lines.contains(&link), "{link}");
    }
}
