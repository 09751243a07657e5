//! The space of a partner organisation: its self-assessment from empty to sheet, its caseload, and
//! a stolen delegate's account that creates nobody.

use std::process::Command;

use digue_testkit::{Answer, Client};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging};
use crate::python::python;
use crate::webdriver::Browser;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=x")];

/// An instance with the delegate `chef` and the deputy `adj` of `of-1`, and the data protection
/// officer.
fn instance(plan: &Plan) -> Instance {
    let mut instance = Instance::open(plan, obliging);
    assert!(instance.stop());
    for (account, organisation, role) in [
        ("chef", "of-1", "delegate"),
        ("adj", "of-1", "deputy"),
        ("autre", "of-2", "delegate"),
        ("dpo", "operateur", "dpo"),
    ] {
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

fn usual() -> Plan {
    Plan::usual()
        .settings("[sessions]\nproof = \"1h\"\n")
        .caseload("a1", &["P1", "P2"])
}

#[track_caller]
fn post(client: &Client, place: &str, body: &str) -> Answer {
    let answer = client.send("POST", place, &FORM, body.as_bytes());
    assert_eq!(answer.status, 303, "{place} {body}: {}", answer.text());
    answer
}

fn refused(client: &Client, place: &str, body: &str) -> (u16, String) {
    let answer = client.send("POST", place, &FORM, body.as_bytes());
    (answer.status, answer.text())
}

const QUESTIONS: [&str; 19] = [
    "updates",
    "antivirus",
    "rights",
    "lost",
    "backups",
    "offline",
    "restored",
    "stored",
    "exports",
    "retention",
    "providers",
    "own-accounts",
    "passkeys",
    "passwords",
    "leavers",
    "deputy",
    "procedure",
    "contacts",
    "trained",
];

#[test]
fn a_delegate_answers_alone_and_leaves_with_a_sheet() {
    let mut instance = instance(&usual());
    let token = instance.link("chef", CONSOLE_HOST);
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let browser = Browser::without_scripts("fr");
    let seen = Browser::open("fr");
    browser.width(1280);
    browser.go(&format!("{console}/.digue/enter?link={token}"));
    browser.click("button.main");
    browser.sees("h1", "Mon compte");
    browser.go(&format!("{console}/space"));
    browser.sees("h1", "of-1");
    browser.sees("main", "Répondez à dix-neuf questions");
    browser.click("a.button");
    browser.sees("h1", "Auto-évaluation");
    browser.click("a.button");
    // Theme by theme; what is not known is an answer.
    for (theme, next) in [
        ("Vos outils", 4),
        ("Vos sauvegardes", 3),
        ("Vos données", 4),
        ("Vos comptes", 5),
        ("Les incidents", 3),
    ] {
        browser.sees("h2", theme);
        assert_eq!(browser.count("fieldset"), next, "{theme}");
        for question in QUESTIONS {
            let said = match question {
                "backups" => "unknown",
                "offline" => "no",
                _ => "yes",
            };
            let radio = format!("input[name='{question}'][value='{said}']");
            if browser.count(&radio) == 1 {
                browser.click(&radio);
            }
        }
        browser.submit("main form", 0);
    }
    browser.sees("main", "Trois choses à faire");
    // Said and seen side by side: nobody of these has a passkey.
    browser.sees("main", "sur 4");
    browser.sees("main", "le portail voit autre chose");
    assert!(
        browser
            .text("main section ol li:first-child")
            .contains("clé d'accès"),
        "{}",
        browser.text("main section ol")
    );
    // The operator reads nothing until it is signed.
    let officer = instance.officer();
    assert!(
        !officer.get("/assessments.csv").text().contains("passkeys"),
        "only what was signed"
    );
    browser.submit("form[action='/space/assessment/sign']", 0);
    browser.sees("main", "AE-1");
    let told = officer.get("/assessments.csv").text();
    assert!(
        told.lines()
            .any(|line| line.starts_with("of-1;current;") && line.contains("passkeys")),
        "{told}"
    );
    assert!(
        told.lines().any(|line| line.starts_with("of-2;grace;;")),
        "{told}"
    );
    assert!(
        officer
            .get("/smsi/registers/assessment")
            .text()
            .contains("of-1")
    );
    browser.go(&format!("{console}/space"));
    browser.sees("main", "à jour");
    // The same pages where axe looks at them.
    let token = instance.link("adj", CONSOLE_HOST);
    seen.width(1280);
    seen.go(&format!("{console}/.digue/enter?link={token}"));
    seen.click("button.main");
    for (place, name) in [
        ("/space", "space"),
        ("/space/assessment", "assessment"),
        ("/space/assessment?theme=accounts", "assessment-theme"),
    ] {
        seen.go(&format!("{console}{place}"));
        seen.page_at_both_widths(name);
    }
    seen.click("button[lang=en]");
    seen.sees("nav", "My space");
    seen.go(&format!("{console}/space"));
    seen.sees("main", "Three things to do");
    seen.page("space-english");
    // The attestation, dated, with what is measured.
    let deputy = instance.console_session("adj");
    let sheet = instance.folder.path().join("attestation.pdf");
    std::fs::write(&sheet, deputy.get("/space/attestation.pdf").body).unwrap();
    let read = script("read_document.py", &[sheet.to_str().unwrap()]);
    assert!(
        read.contains("Attestation de sécurité") || read.contains("Security attestation"),
        "{read}"
    );
    assert!(read.contains("AE-1") || read.contains("chef"), "{read}");
}

fn script(name: &str, arguments: &[&str]) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let script = std::path::Path::new(&here).join("../../tests").join(name);
    let done = Command::new(python("python"))
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn the_questions_go_out_as_a_spreadsheet_and_come_in_again() {
    let mut instance = instance(&usual());
    let (chef, a1) = (
        instance.console_session("chef"),
        instance.console_session("a1"),
    );
    let place = instance.folder.path().join("questions.xlsx");
    std::fs::write(&place, chef.get("/space/assessment.xlsx").body).unwrap();
    let fill = "import sys, openpyxl; book = openpyxl.load_workbook(sys.argv[1]); sheet = book.worksheets[0]; \
                [sheet.cell(row, 4, sys.argv[2]) for row in range(2, sheet.max_row + 1)]; book.save(sys.argv[1])";
    let filled = |answer: &str| {
        let done = Command::new(python("python"))
            .args(["-c", fill])
            .arg(&place)
            .arg(answer)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        std::fs::read(&place).unwrap()
    };
    let send = |client: &Client, bytes: &[u8]| {
        let mut body =
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
                .to_vec();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--x--\r\n");
        client.send("POST", "/space/assessment/import", &MULTIPART, &body)
    };
    let wrong = send(&chef, &filled("peut-être"));
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains("pas dans la liste"),
        "{}",
        wrong.text()
    );
    let good = filled("Je ne sais pas");
    assert_eq!(send(&a1, &good).status, 403, "an agent answers for nobody");
    assert_eq!(send(&chef, &good).status, 303);
    assert!(chef.get("/space/assessment").text().contains("19"));
    post(&chef, "/space/assessment/sign", "");
    // What was signed is not answered again without being signed again.
    assert_eq!(refused(&chef, "/space/assessment/sign", "").0, 422);
    for hostile in [&b""[..], b"PK\x03\x04", b"<html>"] {
        assert_eq!(send(&chef, hostile).status, 422);
    }
}

#[test]
fn an_organisation_asks_for_a_person_and_sees_it_once_the_operator_grants() {
    let mut instance = instance(&usual());
    let (a1, chef) = (instance.sign_in("a1"), instance.console_session("chef"));
    let (officer, other) = (instance.officer(), instance.console_session("autre"));
    assert_eq!(a1.get("/fiche/P7").status, 403);
    let asked = "population=personnes&person=P7&account=a1&until=&reason=entretien+du+12+decembre";
    assert_eq!(
        refused(&instance.console_session("a1"), "/space/persons", asked).0,
        403
    );
    // Another organisation's account is nobody's to ask for.
    assert_eq!(refused(&other, "/space/persons", asked).0, 403);
    assert_eq!(
        refused(
            &chef,
            "/space/persons",
            "population=personnes&person=%3Cx%3E&reason=essai+hostile"
        )
        .0,
        422
    );
    post(&chef, "/space/persons", asked);
    assert_eq!(
        refused(&chef, "/space/persons", asked).0,
        409,
        "it waits already"
    );
    post(&chef, "/space/persons", &asked.replace("P7", "P8"));
    let page = officer.get("/approvals").text();
    let ids: Vec<&str> = page
        .split("name=\"id\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(ids.len(), 2, "{page}");
    assert_eq!(
        refused(
            &chef,
            "/approvals/decide",
            &format!("id={}&granted=1", ids[0])
        )
        .0,
        403
    );
    for id in ids {
        post(&officer, "/approvals/decide", &format!("id={id}&granted=1"));
    }
    assert_eq!(a1.get("/fiche/P7").status, 200);
    assert_eq!(
        a1.get("/fiche/P1").status,
        200,
        "and what was there still is"
    );
    // After a restart, too: the caseload's file holds it.
    instance.kill();
    instance.start();
    assert_eq!(a1.get("/fiche/P8").status, 200);
    assert!(
        chef.get("/space").text().contains('4'),
        "four persons given"
    );
}

#[test]
fn a_stolen_delegates_account_creates_no_reader_and_hands_itself_to_nobody() {
    let mut instance = instance(&usual());
    let (chef, adj) = (
        instance.console_session("chef"),
        instance.console_session("adj"),
    );
    let officer = instance.officer();
    post(
        &chef,
        "/approvals",
        "account=faux&organisation=of-1&role=agent&reason=recrue+urgente",
    );
    let page = chef.get("/approvals").text();
    assert!(
        !page.contains("name=\"granted\""),
        "who asks does not grant"
    );
    let page = officer.get("/approvals").text();
    let id = page
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        refused(&chef, "/approvals/decide", &format!("id={id}&granted=1")).0,
        403
    );
    // Even when the operator grants it in good faith, it waits in quarantine: the thief does not
    // let it out.
    assert_eq!(
        refused(&officer, "/approvals/decide", &format!("id={id}&granted=1")).0,
        200
    );
    let (status, told) = refused(
        &chef,
        "/accounts/confirm",
        "account=faux&how=appel+telephonique",
    );
    assert_eq!(status, 409, "{told}");
    // Another person may, once its holder has a passkey: there is none yet.
    assert_eq!(
        refused(
            &adj,
            "/accounts/confirm",
            "account=faux&how=appel+telephonique"
        )
        .0,
        422
    );
    // A role is not handed to an account without a passkey, in another organisation, or to oneself.
    for to in ["a1", "b1", "chef", "personne"] {
        let body = format!("account={to}&reason=je+pars+demain");
        let (status, _) = refused(&chef, "/space/hand-over", &body);
        assert_eq!(status, 422, "{to}");
    }
    assert!(
        !officer
            .get("/approvals")
            .text()
            .contains("name=\"granted\""),
        "nothing waits"
    );
    // The delegate leaves: sessions end at once, and the deputy continues.
    post(&chef, "/space/leave", "");
    assert_eq!(chef.get("/space").status, 303, "to the door");
    assert_eq!(adj.get("/space").status, 200);
    let (status, told) = refused(&adj, "/space/leave", "");
    assert_eq!(status, 422, "{told}");
    assert_eq!(
        refused(&officer, "/space/leave", "").0,
        403,
        "the operator's people are not dismissed by a click"
    );
}

#[test]
fn a_thief_in_a_delegates_browser_gets_no_reader() {
    let mut instance = instance(&usual());
    let officer = instance.officer();
    let (deputy, dpo) = (
        instance.console_session("adj"),
        instance.console_session("dpo"),
    );
    let token = instance.link("chef", CONSOLE_HOST);
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let thief = Browser::open("fr");
    thief.width(1280);
    thief.go(&format!("{console}/.digue/enter?link={token}"));
    thief.click("button.main");
    thief.sees("h1", "Mon compte");

    // A reader is requested. The requester cannot grant it, and neither of the two holds the
    // invitation.
    thief.go(&format!("{console}/approvals"));
    thief.write("#account", "faux");
    thief.choose("#role", "agent");
    thief.write("#reason", "recrue urgente");
    thief.submit("form[action='/approvals']", 0);
    thief.sees("table", "attend une autre personne");
    assert_eq!(thief.count("form[action='/approvals/decide']"), 0);
    let page = officer.get("/approvals").text();
    let id = page
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        refused(&officer, "/approvals/decide", &format!("id={id}&granted=1")).0,
        200
    );

    // Granted in good faith: neither the thief nor the officer who granted it has the invitation.
    thief.go(&format!("{console}/accounts"));
    thief.sees("table", "en quarantaine");
    assert_eq!(thief.count("form[action='/accounts/confirm']"), 0);
    assert_eq!(thief.count("form[action='/accounts/invite']"), 0);
    assert_eq!(refused(&officer, "/accounts/invite", "account=faux").0, 409);
    // The deputy hands it over in good faith, too; the thief takes the paper, and makes a passkey.
    let (status, handed) = refused(&deputy, "/accounts/invite", "account=faux");
    assert_eq!(status, 200, "{handed}");
    let invitation = handed
        .split("<code>")
        .nth(1)
        .unwrap()
        .split("</code>")
        .next()
        .unwrap()
        .to_owned();
    let reader = Browser::open("fr");
    reader.plug_in_authenticator();
    reader.go(&invitation);
    reader.click("button.main");
    reader.sees("h1", "Mon compte");
    reader.write("#name", "poste");
    reader.click("form[data-passkey='create'] button");
    reader.sees("table", "poste");
    reader.sees("main", "Code de confirmation");
    let code = reader.text("code.confirmation");
    // It stays in quarantine: the thief requested it, and has the code; the people who may confirm
    // know no one who could read it out.
    thief.go(&format!("{console}/accounts"));
    assert_eq!(thief.count("form[action='/accounts/confirm']"), 0);
    for involved in [&officer, &deputy] {
        let body = format!("account=faux&code={code}&how=appel+au+standard");
        assert_eq!(refused(involved, "/accounts/confirm", &body).0, 409);
    }
    let (status, told) = refused(
        &dpo,
        "/accounts/confirm",
        "account=faux&code=AAAA-AAAA&how=appel",
    );
    assert_eq!(status, 422, "{told}");
    assert!(told.contains("pas le code"), "{told}");
    reader.go(&format!("{console}/space"));
    reader.sees("main", "Nouveau compte");
    reader.sees("main", "compte faux – fermée");

    // The role is not handed over without the operator, and the caseload does not grow.
    thief.go(&format!("{console}/space"));
    thief.click("section details:has(form[action='/space/persons']) summary");
    thief.write("#person", "P9");
    thief.write("#reason", "suivi urgent");
    thief.submit("form[action='/space/persons']", 0);
    thief.go(&format!("{console}/approvals"));
    thief.sees("table", "P9");
    thief.page_at_both_widths("approvals-thief");
    assert_eq!(thief.count("form[action='/approvals/decide']"), 0);

    // The officer cuts the account: the next click leads to the sign-in page.
    post(
        &officer,
        "/accounts/suspend",
        "account=chef&suspended=1&reason=vol+de+session",
    );
    thief.go(&format!("{console}/space"));
    thief.sees("h1", "Se connecter");
    let shown = instance.history();
    assert!(shown.is_empty(), "nobody was shown: {shown:?}");
}

#[test]
fn a_policy_may_ask_for_a_current_assessment() {
    let plan = usual()
        .settings("[partners]\nassessment_grace = \"0h\"\n")
        .policy("posture.cedar", "permit(principal, action, resource);\nforbid(principal, action, resource) when { context.posture != \"current\" };");
    let mut instance = instance(&plan);
    let (a1, chef) = (instance.sign_in("a1"), instance.console_session("chef"));
    assert_eq!(a1.get("/fiche/P1").status, 403);
    let answers: Vec<String> = QUESTIONS
        .iter()
        .map(|question| format!("{question}=yes"))
        .collect();
    post(&chef, "/space/assessment", &answers.join("&"));
    assert_eq!(a1.get("/fiche/P1").status, 403, "answered is not signed");
    post(&chef, "/space/assessment/sign", "");
    assert_eq!(a1.get("/fiche/P1").status, 200);
}
