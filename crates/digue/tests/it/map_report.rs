//! The net of names and the daily report, on the real binary: what a map misses is noticed, and by
//! nobody's name.

use std::fs;

use digue_testkit::{Heard, Reply};

use crate::instance::{Instance, Plan, digue};

const ROUTES: &str = r#"
[[routes]]
name = "assistant"
path = "/assistant"
action = "wizard"
caseload = "not-required"
uninspected = { names = "refuse" }
[[routes.response]]
format = "html"
no_records = "steps without a record"

[[routes]]
name = "reste"
path = "/api/**"
action = "api"
caseload = "not-required"
[[routes.response]]
format = "json"
no_records = "none known"
undescribed = "any"
persons = [{ at = "$.jamais" }]
"#;

fn answer(heard: &Heard) -> Reply {
    match heard.target.as_str() {
        "/assistant" => Reply::new("text/html", "<h1>Étape 1</h1><p>Avec M. Jean PETIT</p>"),
        "/fiche/P1" => Reply::new(
            "application/json",
            r#"{"id":"P1","nom":"DUPONT","prenom":"Marie"}"#,
        ),
        _ => Reply::new(
            "application/json",
            format!(r#"{{"texte":"{}"}}"#, "a".repeat(30_000)),
        ),
    }
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn what_the_map_misses_is_reported_and_no_name_is_kept() {
    let plan = Plan::usual().add(ROUTES).caseload("a1", &["P1"]);
    let mut instance = Instance::open(&plan, answer);
    let folder = instance.folder.path().to_owned();
    let nothing = digue(&folder, &["map", "report", "portail"]);
    assert!(
        said(&nothing).contains("Names: no table"),
        "{}",
        said(&nothing)
    );
    assert!(instance.stop());
    fs::write(
        folder.join("ids.csv"),
        "id;nom;prenom\nP1;DUPONT;Marie\nP2;PETIT;Jean\nP3;SEUL;\n",
    )
    .unwrap();
    let made = digue(&folder, &["names", "portail", "--persons", "ids.csv"]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    assert!(
        said(&made).contains("are searched for: 2") && said(&made).contains("1 without"),
        "{}",
        said(&made)
    );
    let table = fs::read(folder.join("data/names/portail.names")).unwrap();
    assert!(
        !String::from_utf8_lossy(&table)
            .to_lowercase()
            .contains("dupont")
    );
    instance.start();
    let a1 = instance.sign_in("a1");
    assert_eq!(
        a1.get("/fiche/P1").status,
        200,
        "the name stands with its identifier"
    );
    let refused = a1.get("/assistant");
    assert!(
        refused.status >= 400 && !refused.text().contains("PETIT"),
        "{}",
        refused.text()
    );
    assert_eq!(a1.get("/api/aide/1234").status, 200);
    assert!(a1.get("/fiche/P2").status >= 400);
    assert!(instance.stop());

    let report = digue(&folder, &["map", "report", "portail"]);
    let text = said(&report);
    assert_eq!(report.status.code(), Some(1), "{text}");
    for line in [
        "reste: 1 response without anybody",
        "reste: $.jamais",
        "/api/aide/{x}: 1 response by reste",
        "assistant: 1 response, 1 name",
        "uninspectable:name-without-identifier (name-without-identifier)",
        "Refusals due to the map: 1",
        "Refusals of unknown cause: 1",
        "Refusals due to stale data: 0",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let history = instance.history();
    let wizard = history
        .iter()
        .find(|entry| entry["route"] == "assistant")
        .unwrap();
    assert_eq!(
        (&wizard["names_alone"], &wizard["outcome"]),
        (&1.into(), &"refused".into())
    );
    let kept = format!("{text}{history:?}").to_lowercase();
    assert!(
        !kept.contains("petit") && !kept.contains("dupont"),
        "{kept}"
    );

    // A damaged table is a fault, and not a table without names.
    fs::write(
        folder.join("data/names/portail.names"),
        &table[..table.len() - 1],
    )
    .unwrap();
    let refused = digue(&folder, &["serve"]);
    assert!(
        !refused.status.success() && said(&refused).contains("digue names"),
        "{}",
        said(&refused)
    );
    assert!(
        digue(&folder, &["names", "portail", "--remove"])
            .status
            .success()
    );
    instance.start();
    assert_eq!(instance.stranger().get("/static/x").status, 200);
}
