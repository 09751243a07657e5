//! An address outside the map becomes a part of it: one person adds it, another one approves.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use digue_testkit::{Answer, Client};

use crate::instance::{Instance, Plan, digue, obliging, shown_to};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const NEW: &str = "/portals/portail/routes/new?method=GET&path=/fiche/{x}&media=application/json";

fn with_dpo(plan: &Plan) -> (Instance, Client, Client) {
    let mut instance = Instance::open(plan, obliging);
    assert!(instance.stop());
    let dpo = [
        "account",
        "dpo",
        "--organisation",
        "operateur",
        "--role",
        "dpo",
    ];
    assert!(digue(instance.folder.path(), &dpo).status.success());
    instance.start();
    let (officer, dpo) = (instance.officer(), instance.console_session("dpo"));
    (instance, officer, dpo)
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn sends(client: &Client, lines: &str) -> Answer {
    let reason = encoded("La fiche manque à la carte.");
    let body = format!("lines={}&reason={reason}", encoded(lines));
    client.send("POST", NEW, &FORM, body.as_bytes())
}

fn waiting_id(page: &str) -> String {
    let rest = page
        .split("name=\"id\" value=\"")
        .nth(1)
        .expect("something waits");
    rest.split('"').next().unwrap().to_owned()
}

/// The lines that the form begins with, as a person would complete them.
fn typed(officer: &Client) -> String {
    let page = officer.get(NEW).text();
    let draft = page.split("<textarea").nth(1).expect("the form has lines");
    let draft = draft
        .split_once('>')
        .unwrap()
        .1
        .split("</textarea>")
        .next()
        .unwrap();
    let draft = draft
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    assert!(draft.contains("path = \"/fiche/{x}\""), "{draft}");
    draft
        .replace("$.items[*].id", "$.id")
        .replace("$.items[*]", "$")
}

/// A plan whose map lacks the record sheet.
fn plan() -> Plan {
    let mut plan = Plan::usual().caseload("a1", &["P1"]);
    let end = plan
        .map
        .find("[[routes]]\nname = \"fiche\"")
        .expect("the usual map has it");
    let export = plan.map[end..]
        .find("\n[[routes]]\n")
        .map(|next| plan.map[end + next..].to_owned());
    plan.map.truncate(end);
    plan.map.push_str(&export.unwrap_or_default());
    plan
}

#[test]
fn an_address_is_added_by_one_person_and_approved_by_another() {
    let (mut instance, officer, dpo) = with_dpo(&plan());
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 403);
    let lines = typed(&officer);
    assert_eq!(sends(&officer, &lines).status, 303);
    // One route of a name waits at a time: another text must not take the place of this one.
    let again = sends(&officer, &lines.replace("read", "open"));
    assert_eq!(again.status, 422);
    assert!(again.text().contains("attend déjà"), "{}", again.text());
    // Neither in force yet, nor to be approved by the one who asked.
    assert_eq!(a1.get("/fiche/P1").status, 403);
    let id = waiting_id(&dpo.get("/approvals").text());
    let decision = format!("id={id}&granted=1");
    let own = officer.send("POST", "/approvals/decide", &FORM, decision.as_bytes());
    assert_eq!(own.status, 403, "{}", own.text());
    let page = dpo.get("/approvals").text();
    assert!(page.contains("/fiche/{x}"), "the approver reads the lines");
    assert!(
        page.contains("Aucune autre route ne répond à ces adresses"),
        "and what it takes: {page}"
    );
    let granted = dpo.send("POST", "/approvals/decide", &FORM, decision.as_bytes());
    assert_eq!(granted.status, 303, "{}", granted.text());
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while a1.get("/fiche/P1").status != 200 {
        assert!(Instant::now() < deadline, "the granted route was not taken");
    }
    assert_eq!(
        a1.get("/fiche/P2").status,
        403,
        "held to the caseload like the others"
    );
    // After a restart, too; and the file alone asks for nobody's approval.
    assert!(instance.stop());
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert!(
        !dpo.get("/approvals").text().contains("name=\"id\""),
        "nothing waits"
    );
    // As a file, to be copied into the portal's.
    let copy = officer.get("/portals/portail/routes.toml").text();
    assert_eq!(copy.trim(), lines.trim());
    // Someone who writes to the database keeps a copy of what was granted.
    let state = instance.folder.path().join("data/state.db");
    edit(&state, "CREATE TABLE copy AS SELECT * FROM rules");
    // One person takes it out again.
    let page = officer.get("/portals").text();
    let place = page
        .split("action=\"/portals/portail/routes/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("the route is listed");
    let withdrawn = officer.send(
        "POST",
        &format!("/portals/portail/routes/{place}"),
        &FORM,
        b"",
    );
    assert_eq!(withdrawn.status, 303, "{}", withdrawn.text());
    while a1.get("/fiche/P1").status != 403 {
        assert!(
            Instant::now() < deadline,
            "the withdrawn route still answers"
        );
    }
    assert_eq!(shown_to(&instance.history(), "a1"), ["P1"]);
    let acts: Vec<_> = instance
        .acts()
        .iter()
        .map(|act| act["act"].clone())
        .collect();
    assert!(acts.contains(&"route-withdrawn".into()), "{acts:?}");
    // Put back by hand it is as it was granted, seal included; the journal has its withdrawal.
    let put_back = "UPDATE rules SET text = (SELECT text FROM copy WHERE copy.subject = rules.subject \
                    AND copy.state = rules.state) WHERE state = 'granted' AND text = ''; DROP TABLE copy";
    edit(&state, put_back);
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 403);
    let officer = instance.officer();
    let page = officer.get("/portals").text();
    assert!(page.contains("avait été retiré"), "{page}");
}

/// Changes the database as its owner can.
fn edit(state: &Path, statements: &str) {
    #[expect(clippy::disallowed_methods, reason = "./test says where its Python is")]
    let python = std::env::var("DIGUE_TEST_PYTHON").expect("./test prepares Python");
    let script = "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], timeout=30); \
                  base.executescript(sys.argv[2]); base.commit()";
    let done = Command::new(format!("{python}/bin/python"))
        .args(["-c", script])
        .arg(state)
        .arg(statements)
        .status()
        .unwrap();
    assert!(done.success());
}

#[test]
fn what_is_wrong_is_said_beside_what_was_typed_and_nothing_waits() {
    let (mut instance, officer, dpo) = with_dpo(&plan());
    let wider = format!(
        "{}\n[budgets.account]\n\"24h\" = 100000000\n",
        typed(&officer)
    );
    for (lines, told) in [
        (wider.as_str(), "[[routes]]"),
        ("[[routes]]\nname = \"x\"\npath = \"x\"\n", "Ligne 3"),
        ("<script>alert(1)</script>", "Ligne 1"),
    ] {
        let answer = sends(&officer, lines);
        assert_eq!(answer.status, 422);
        let page = answer.text();
        assert!(page.contains(told), "{told} is not in {page}");
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(
            page.contains("La fiche manque"),
            "the reason is kept: {page}"
        );
    }
    assert!(!dpo.get("/approvals").text().contains("name=\"id\""));
    // Not by an agent.
    let agent = instance.console_session("a1");
    assert_eq!(sends(&agent, "x").status, 403);
    assert_eq!(agent.get(NEW).status, 403);
}
