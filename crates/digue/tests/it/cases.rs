//! Three named cases, each played over HTTP and worked through in the browser to its closed
//! incident. The fourth, Kairos, is `breach`.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use digue_testkit::{Client, Reply};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging, reasons};
use crate::officer::Officer;
use crate::python::python;
use crate::webdriver::Browser;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const SETTINGS: &str = "[sessions]\nproof = \"1h\"\n[response]\nname = \"Exemple Emploi\"\n\
                        contact_name = \"Camille Martin\"\ncontact_mail = \"dpo@exemple.fr\"\n";

/// An instance with a DPO, and a delegate of `of-1`'s agents.
fn instance(
    plan: Plan,
    answer: impl Fn(&digue_testkit::Heard) -> Reply + Send + Sync + 'static,
) -> Instance {
    let mut instance = Instance::open(&plan.settings(SETTINGS), answer);
    assert!(instance.stop());
    for (account, organisation, role) in [("dpo", "operateur", "dpo"), ("chef", "of-1", "delegate")]
    {
        let arguments = [
            "account",
            account,
            "--organisation",
            organisation,
            "--role",
            role,
        ];
        assert!(digue(instance.folder.path(), &arguments).status.success());
    }
    instance.start();
    instance
}

/// A DPO alone, in the browser.
fn officer(instance: &mut Instance) -> Officer {
    let token = instance.link("dpo", CONSOLE_HOST);
    let port = instance.address.port();
    Officer::enters(&format!(
        "http://{CONSOLE_HOST}:{port}/.digue/enter?link={token}"
    ))
}

fn everybody(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("V{number}")).collect()
}

/// The text of a document of the incident, read by another program than the one that wrote it.
fn paper(instance: &Instance, reader: &Client, officer: &Officer, name: &str) -> String {
    let place = officer
        .incident
        .split(&format!(":{}", instance.address.port()))
        .nth(1)
        .unwrap();
    let answer = reader.get(&format!("{place}/papers/{name}"));
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    let path = instance.folder.path().join(name);
    std::fs::write(&path, &answer.body).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let script = std::path::Path::new(&here).join("../../tests/read_document.py");
    let read = Command::new(python("python"))
        .arg(script)
        .arg(path)
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    String::from_utf8(read.stdout).unwrap()
}

#[track_caller]
fn says(text: &str, wanted: &[&str]) {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = plain(text);
    for wanted in wanted {
        assert!(text.contains(&plain(wanted)), "{wanted:?} in {text}");
    }
}

/// Cap Emploi, February 2024: passwords reset by a telephone call, accounts with rights over
/// everyone, mass reading; noticed days before the authority was notified.
#[test]
fn cap_emploi_accounts_that_may_read_everybody_are_stolen_together() {
    let persons = everybody(1000);
    let persons: Vec<&str> = persons.iter().map(String::as_str).collect();
    let plan = Plan::usual().settings("[watch]\nautomatic = \"close-organisation\"\n");
    // Rights as wide as the country: nothing restricts an adviser to a caseload, only detection
    // watches.
    let free = |action: &str| {
        (
            format!("action = \"{action}\""),
            format!("caseload = \"not-required\"\naction = \"{action}\""),
        )
    };
    let ((list, free_list), (open, free_open)) = (free("list"), free("open"));
    let wide = plan.replace(&list, &free_list).replace(&open, &free_open);
    let mut instance = instance(wide, obliging);
    let (a1, a2, ciso) = (
        instance.sign_in("a1"),
        instance.sign_in("a2"),
        instance.officer(),
    );
    // The first stolen account lists, the second opens record pages; the gateway withholds both.
    let mut shown = 0;
    for page in persons.chunks(10) {
        let answer = a1.get(&format!("/liste?ids={}", page.join(",")));
        if answer.status != 200 {
            break;
        }
        shown += page.len();
    }
    assert!((1..400).contains(&shown), "{shown} persons by lists");
    let refused = persons
        .iter()
        .map(|person| a2.get(&format!("/fiche/{person}")))
        .find(|a| a.status != 200);
    assert!(refused.is_some(), "the organisation is cut off");
    let mut officer = officer(&mut instance);
    let page = ciso.get("/watch").text();
    let finding = page
        .split("/watch/fi-")
        .nth(1)
        .expect("a finding")
        .split('"')
        .next()
        .unwrap();
    let body = format!(
        "id=fi-{finding}&verdict=theft&reason=appel+au+support+pour+changer+le+mot+de+passe"
    );
    assert_eq!(
        ciso.send("POST", "/watch/decide", &FORM, body.as_bytes())
            .status,
        303
    );

    officer.finds("Vol confirmé du compte");
    let browser = &officer.browser;
    // Both accounts are of one organisation: the set is the organisation's.
    officer.room("affected");
    let clear = "document.querySelector('#account').value = ''; document.querySelector('#organisation').value = 'of-1'; \
                 const one = document.querySelector('[name=session]'); if (one) one.checked = false";
    browser.ask(
        "POST",
        "/execute/sync",
        &serde_json::json!({"script": clear, "args": []}),
    );
    browser.submit("form[action$='/affected']", 0);
    browser.sees(".figures", "personnes touchées");
    let count: usize = browser
        .text(".figures strong")
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap();
    assert!(count >= shown, "{count} of at least {shown}");
    // Awareness was four days ago: the deadline has passed, and the page says so.
    officer.decides_aware_since(4);
    browser.sees("main", "de retard");
    // After the hour, the reasons come first.
    officer.room("notification");
    browser.submit("form:has(#receipt)", 0);
    browser.sees("main", "motifs du retard");
    officer.room("notification");
    browser.choose("#delay-clock", "authority");
    browser.write(
        "#delay-reason",
        "il a fallu compter les personnes sur vingt ans",
    );
    browser.submit("form:has(#delay-clock)", 0);
    officer.close("communication publique et courriel");
    let text = paper(&instance, &ciso, &officer, "notification.docx");
    says(
        &text,
        &[
            "Exemple Emploi",
            "il a fallu compter les personnes sur vingt ans",
            &count.to_string(),
        ],
    );
    let text = paper(&instance, &ciso, &officer, "complaint.pdf");
    says(
        &text,
        &[
            "Vol confirmé du compte a2",
            "confinement par la surveillance",
            &count.to_string(),
        ],
    );
}

/// AKTO, March 2025: part of the systems encrypted, the rest suspended as a precaution, and no one
/// can say who was read.
#[test]
fn akto_tools_are_encrypted_and_nobody_can_list_the_persons() {
    let is_down = Arc::new(AtomicBool::new(false));
    let down = is_down.clone();
    let mut instance = instance(Plan::usual().caseload("a1", &["P1"]), move |heard| {
        if down.load(Ordering::SeqCst) {
            obliging(heard).status(503)
        } else {
            obliging(heard)
        }
    });
    let (a1, ciso) = (instance.sign_in("a1"), instance.officer());
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let mut officer = officer(&mut instance);
    // The night: the portal's machines stop, and the officer closes it as a precaution.
    is_down.store(true, Ordering::SeqCst);
    assert_eq!(a1.get("/fiche/P1").status, 503);
    officer.opens("Chiffrement partiel dans la nuit", "");
    let shut = b"scope=portal&name=portail&gate=closed&reason=suspension+par+prudence";
    assert_eq!(ciso.send("POST", "/gates", &FORM, shut).status, 303);
    assert_eq!(reasons(&a1.get("/fiche/P1")), ["gate-closed:portal"]);

    let browser = &officer.browser;
    officer.room("sheets");
    browser.choose("#sheet", "ransomware");
    browser.submit("form:has(#sheet)", 0);
    browser.sees("main", "Les machines touchées sont isolées du réseau");
    officer.decide();
    officer.room("notification");
    browser.click("input[name=natures][value=availability]");
    browser.click("input[name=person-kinds][value=undetermined]");
    browser.click("input[name=consequences][value=service-stopped]");
    browser.choose("#f-cause", "external-malicious");
    browser.click("form[action$='/steps/authority'] button.main");
    browser.sees("main", "Réponses pour la CNIL enregistrées.");
    // How many is not known, and says who can answer; severity follows what was lost.
    officer.room("notification.json");
    browser.sees("body", "person-count");
    browser.sees("body", "\"unknown\":true");
    browser.sees("body", "availability");
    // The restart, by a step that a second person grants.
    is_down.store(false, Ordering::SeqCst);
    browser.go(&officer.incident);
    browser.write("#who", "portal:portail");
    browser.choose("#gate", "open");
    browser.write("#restart-reason", "machines remises en état et vérifiées");
    browser.submit("form[action$='/reopening']", 0);
    browser.sees("main", "rouvrir par étapes après un incident");
    assert_eq!(
        reasons(&a1.get("/fiche/P1")),
        ["gate-closed:portal"],
        "one person opens nothing"
    );
    let waiting = ciso.get("/approvals").text();
    let approval = waiting
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let granted = format!("id={approval}&granted=1");
    assert_eq!(
        ciso.send("POST", "/approvals/decide", &FORM, granted.as_bytes())
            .status,
        303
    );
    assert_eq!(a1.get("/fiche/P1").status, 200, "the door is open again");
    browser.go(&officer.incident);
    browser.sees("main", "Accès rouvert : portail portail");
    // How many is stated, with where the number comes from.
    officer.room("affected");
    browser.choose("#kind", "users");
    browser.write("#persons", "1200");
    browser.write("#basis", "fichier du portail avant la nuit");
    browser.submit("form:has(#basis)", 0);
    browser.sees(".figures", "personne touchée (au moins)");
    officer.close("communication publique");
    browser.go(&format!("{}/register", officer.console));
    browser.sees("table", "Chiffrement partiel dans la nuit");
    // An earlier register comes in as a spreadsheet, and twice adds nothing.
    let kept = ciso.get("/register/papers/register.xlsx");
    let path = instance.folder.path().join("registre.xlsx");
    std::fs::write(&path, &kept.body).unwrap();
    browser.write("input[type=file]", path.to_str().unwrap());
    browser.submit("form[action='/register/import']", 0);
    browser.sees("h1", "Rien à importer");
    browser.page_at_both_widths("register-imported");
    let text = paper(&instance, &ciso, &officer, "press.docx");
    says(&text, &["Exemple Emploi"]);
    let text = paper(&instance, &ciso, &officer, "notification.pdf");
    says(&text, &["perte de disponibilité"]);
}

/// The organisation's delegate, in the browser: reports what happened, and finds it again.
fn tells_the_operator(instance: &mut Instance) {
    let token = instance.link("chef", CONSOLE_HOST);
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let browser = Browser::open("fr");
    browser.width(1280);
    browser.go(&format!("{console}/.digue/enter?link={token}"));
    browser.click("button.main");
    browser.sees("nav", "Incidents");
    browser.go(&format!("{console}/own-incidents"));
    browser.sees("h1", "Incidents de notre organisation");
    browser.write("#title", "Comptes demandés par un compte volé");
    browser.write("#text", "Nous n'avons engagé personne.");
    browser.click("form[action='/own-incidents'] button.main");
    browser.sees("table", "Comptes demandés par un compte volé");
    browser.page_at_both_widths("own-incidents");
}

/// Missions locales, December 2025: a delegate's account is stolen, requests two more, and records
/// are read through it and a colleague's.
#[test]
fn missions_locales_a_leaders_account_wants_two_more() {
    let persons = everybody(60);
    let persons: Vec<&str> = persons.iter().map(String::as_str).collect();
    let plan = Plan::usual()
        .caseload("chef", &persons[..40])
        .caseload("a1", &persons[20..]);
    let mut instance = instance(plan, obliging);
    let chef = instance.sign_in("chef");
    let mut dpo = officer(&mut instance);
    let (a1, leader, ciso) = (
        instance.sign_in("a1"),
        instance.console_session("chef"),
        instance.officer(),
    );
    // The thief requests accounts of its own: they wait for a second person, and read no one.
    for name in ["nouveau1", "nouveau2"] {
        let body =
            format!("account={name}&organisation=of-1&role=agent&email=&reason=deux+arrivees");
        assert_eq!(
            leader
                .send("POST", "/approvals", &FORM, body.as_bytes())
                .status,
            303
        );
    }
    for person in &persons[..30] {
        assert_eq!(chef.get(&format!("/fiche/{person}")).status, 200);
    }
    for person in &persons[25..45] {
        assert_eq!(a1.get(&format!("/fiche/{person}")).status, 200);
    }
    // A colleague informs the operator; the two requests are refused.
    let waiting = ciso.get("/approvals").text();
    let asked: Vec<&str> = waiting
        .split("name=\"id\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(asked.len() >= 2, "{waiting}");
    for approval in asked.iter().collect::<std::collections::BTreeSet<_>>() {
        let refused = format!("id={approval}&granted=0");
        assert_eq!(
            ciso.send("POST", "/approvals/decide", &FORM, refused.as_bytes())
                .status,
            303
        );
    }
    tells_the_operator(&mut instance);

    dpo.finds("Comptes demandés par un compte volé");
    let browser = &dpo.browser;
    browser.sees("main", "engagé personne");
    dpo.room("affected");
    browser.write("#account", "chef");
    browser.submit("form[action$='/affected']", 0);
    browser.sees(".figures", "personnes touchées");
    assert_eq!(browser.text(".figures strong"), "30");
    dpo.unfold();
    // The whole organisation: a larger version, and the first one stays.
    browser.submit("form[action$='/affected']", 0);
    browser.sees("h2", "Par catégorie de données");
    assert_eq!(
        browser.count("table:has(code) tbody tr"),
        2,
        "two versions stay"
    );
    assert_eq!(
        browser.text(".figures strong"),
        "45",
        "the union, each person once"
    );
    dpo.unfold();
    browser.choose("#kind", "relatives");
    browser.write("#persons", "12");
    browser.write("#basis", "tiers de confiance cités dans les fiches");
    browser.submit("form:has(#basis)", 0);
    browser.sees(".figures", "proches et tiers de confiance");
    dpo.decide();
    dpo.close("courriel et lettre");
    // The organisation reads what it must know, and no other organisation's incident.
    let papers = leader.get("/own-incidents").text();
    let place = papers
        .split("/own-incidents/in-")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let answer = leader.get(&format!("/own-incidents/in-{place}"));
    assert!(
        answer.status == 200 && answer.body.starts_with(b"%PDF"),
        "{}",
        answer.status
    );
    let text = paper(&instance, &ciso, &dpo, "partner.pdf");
    says(&text, &["INC-", "organisation of-1", "57"]);
}
