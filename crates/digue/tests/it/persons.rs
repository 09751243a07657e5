//! The space of a person: from the letter to the answer, what stays hidden, and what nobody else
//! sees.

use std::process::Command;

use digue_testkit::{Answer, Client};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging};
use crate::python::python;
use crate::webdriver::Browser;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// An instance whose DPO and auditor have accounts; `a1` sees P1 and P2.
fn instance() -> Instance {
    let plan = Plan::usual()
        .settings("[sessions]\nproof = \"1h\"\n")
        .caseload("a1", &["P1", "P2"])
        .caseload("b1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    assert!(instance.stop());
    for (account, role) in [("dpo", "dpo"), ("audit", "auditor")] {
        let arguments = [
            "account",
            account,
            "--organisation",
            "operateur",
            "--role",
            role,
        ];
        assert!(digue(instance.folder.path(), &arguments).status.success());
    }
    instance.start();
    instance
}

fn post(client: &Client, place: &str, body: &str) -> Answer {
    client.send("POST", place, &FORM, body.as_bytes())
}

/// The code of a letter, read from its PDF as its recipient reads it.
fn code_of(instance: &Instance, officer: &Client, person: &str) -> String {
    let letters = post(
        officer,
        "/requests/letters",
        &format!("population=personnes&persons={person}"),
    );
    assert_eq!(letters.status, 200, "{}", letters.text());
    let place = instance.folder.path().join("letters.pdf");
    std::fs::write(&place, &letters.body).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let script = std::path::Path::new(&here).join("../../tests/read_document.py");
    let read = Command::new(python("python"))
        .arg(script)
        .arg(&place)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    let is_code = |word: &&str| word.matches('-').count() == 3 && word.len() == 16;
    let code = text
        .split(|sign: char| sign.is_whitespace() || sign == ':')
        .find(is_code);
    code.unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// A browser of the person who types this code.
fn enter(instance: &Instance, code: &str) -> Client {
    let client = Client::new(instance.address, CONSOLE_HOST);
    let answer = post(&client, "/person/door", &format!("code={code}"));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Secure")
    );
    client.with_named_cookie(cookie.split(';').next().unwrap())
}

#[test]
fn a_person_reads_contests_and_gets_the_answer() {
    let mut instance = instance();
    let (a1, b1) = (instance.sign_in("a1"), instance.sign_in("b1"));
    // Sessions of persons live in memory: all of them sign in before.
    let (dpo, ciso, audit) = (
        instance.console_session("dpo"),
        instance.officer(),
        instance.console_session("audit"),
    );
    let agent = instance.console_session("a1");
    for client in [&a1, &b1] {
        assert_eq!(client.get("/fiche/P1").status, 200);
    }
    assert_eq!(
        a1.get("/liste?ids=P1,P2").status,
        200,
        "lists count like records"
    );
    // Without a code one learns nothing, and gets nowhere.
    let stranger = Client::new(instance.address, CONSOLE_HOST);
    assert_eq!(stranger.get("/person").status, 303);
    for person in ["P1", "INCONNU"] {
        let asked = post(
            &stranger,
            "/person/letter",
            &format!("population=personnes&person={person}"),
        );
        assert_eq!(
            (asked.status, asked.header("location").unwrap()),
            (303, "/person/door?asked=1"),
            "{person}"
        );
    }
    // An invalid identifier of the portal is reported: no one waits for a letter that does not
    // come.
    assert_eq!(
        post(
            &stranger,
            "/person/letter",
            "population=personnes&person=%3Cscript%3E"
        )
        .status,
        422
    );
    assert_eq!(
        post(&stranger, "/person/door", "code=0000-0000-0000-0").status,
        422
    );
    assert_eq!(
        post(
            &agent,
            "/requests/letters",
            "population=personnes&persons=P1"
        )
        .status,
        403
    );
    assert!(
        dpo.get("/requests")
            .text()
            .contains("2 courriers demandés attendent")
    );
    let code = code_of(&instance, &dpo, "P1");
    let marie = enter(&instance, &code);
    assert_eq!(
        post(&stranger, "/person/door", &format!("code={code}")).status,
        422,
        "once"
    );
    // One row for each consultation, with a stable name that identifies no one.
    let page = marie.get("/person").text();
    assert_eq!(page.matches("Je ne reconnais pas").count(), 3, "{page}");
    assert!(
        page.contains("of-1") && page.contains("of-2") && page.contains("Vous étiez suivi"),
        "{page}"
    );
    assert!(
        !page.contains(">a1<") && !page.contains("b1<"),
        "no agent's name: {page}"
    );
    assert!(page.contains("Journal complet depuis"), "{page}");
    let rows = marie.get("/person/consultations.csv").text();
    let alias = |organisation: &str| {
        let lines = rows.lines().filter(|line| line.contains(organisation));
        let mut aliases: Vec<String> = lines
            .map(|line| line.split(';').nth(2).unwrap().to_owned())
            .collect();
        aliases.dedup();
        aliases
    };
    assert_eq!((alias("of-1").len(), alias("of-2").len()), (1, 1), "{rows}");
    assert_ne!(alias("of-1"), alias("of-2"));
    // Another person's rows are another's.
    let paul = enter(&instance, &code_of(&instance, &dpo, "P2"));
    let theirs = paul.get("/person").text();
    assert_eq!(theirs.matches("Je ne reconnais pas").count(), 1, "{theirs}");
    let entry = |page: &str, place: usize| {
        page.split("kind=contest&amp;entry=")
            .nth(place)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let foreign = entry(&page, 2);
    assert_eq!(
        post(
            &paul,
            "/person/ask",
            &format!("kind=contest&what=unknown-body&entry={foreign}")
        )
        .status,
        404
    );
    // She does not recognise the last one, and asks who that was.
    let last = entry(&page, 1);
    assert_eq!(
        post(
            &marie,
            "/person/ask",
            &format!("kind=contest&what=not-in-contact&entry={last}")
        )
        .status,
        303
    );
    assert_eq!(
        post(
            &marie,
            "/person/ask",
            &format!("kind=contest&what=other&text=encore&entry={last}")
        )
        .status,
        409
    );
    assert_eq!(
        post(&marie, "/person/ask", &format!("kind=name&entry={foreign}")).status,
        303
    );
    assert_eq!(
        post(
            &marie,
            "/person/ask",
            "kind=rectification&text=Mon+adresse+a+change"
        )
        .status,
        303
    );
    assert_eq!(
        post(&marie, "/person/ask", "kind=rectification&text=").status,
        422
    );
    // The RSSI sees it among the acts of the account, the DPO with its deadline.
    assert!(
        ciso.get("/accounts/a1?list=acts")
            .text()
            .contains("demande d&#39;une personne")
    );
    let list = dpo.get("/requests.csv").text();
    let id = |kind: &str| {
        let line = list
            .lines()
            .find(|line| line.contains(&format!(";{kind};")))
            .unwrap();
        line.split(';')
            .next()
            .unwrap()
            .trim_start_matches('\u{feff}')
            .to_owned()
    };
    let answer = "outcome=explained&text=Votre+conseiller+preparait+un+rendez-vous.";
    assert_eq!(audit.get("/requests").status, 200);
    assert_eq!(
        post(&audit, &format!("/requests/{}", id("contest")), answer).status,
        403
    );
    assert_eq!(
        post(&dpo, &format!("/requests/{}", id("contest")), answer).status,
        303
    );
    assert_eq!(
        post(&dpo, &format!("/requests/{}", id("contest")), answer).status,
        409,
        "said once"
    );
    // Only the DPO may give a name.
    let name = "outcome=done&text=Camille+Durand%2C+formatrice";
    assert_eq!(
        post(&ciso, &format!("/requests/{}", id("name")), name).status,
        403
    );
    assert_eq!(
        post(&dpo, &format!("/requests/{}", id("name")), name).status,
        303
    );
    let late = post(
        &dpo,
        &format!("/requests/{}", id("rectification")),
        "extend=1&text=dossier+tres+complexe",
    );
    assert_eq!(late.status, 303);
    let page = marie.get("/person").text();
    assert!(
        page.contains("préparait") || page.contains("preparait"),
        "{page}"
    );
    assert!(
        page.contains("Camille Durand") && page.contains("Délai prolongé"),
        "{page}"
    );
    assert!(
        !paul.get("/person").text().contains("Camille"),
        "given to her alone"
    );
    // What nobody answered yet she takes back, and nobody else does; the consultation can then be
    // contested again.
    assert_eq!(
        post(
            &marie,
            "/person/ask",
            &format!("kind=contest&entry={foreign}")
        )
        .status,
        422,
        "a contest says what is not recognised"
    );
    let contest = format!("kind=contest&what=too-much&entry={foreign}");
    assert_eq!(post(&marie, "/person/ask", &contest).status, 303);
    let list = dpo.get("/requests.csv").text();
    let open = list
        .lines()
        .filter(|line| line.contains(";contest;"))
        .map(|line| {
            line.split(';')
                .next()
                .unwrap()
                .trim_start_matches('\u{feff}')
        })
        .find(|one| **one != *id("contest"))
        .expect("the second contest")
        .to_owned();
    let withdrawal = format!("id={open}");
    assert_eq!(post(&paul, "/person/withdraw", &withdrawal).status, 404);
    assert_eq!(post(&marie, "/person/withdraw", &withdrawal).status, 303);
    assert_eq!(post(&marie, "/person/withdraw", &withdrawal).status, 409);
    assert!(
        marie
            .get("/person")
            .text()
            .contains("retirée par la personne")
    );
    let late = post(&dpo, &format!("/requests/{open}"), answer);
    assert_eq!(late.status, 409, "it was taken back");
    assert_eq!(post(&marie, "/person/ask", &contest).status, 303);
    // She leaves, and the cookie opens nothing.
    assert_eq!(post(&marie, "/person/leave", "").status, 303);
    assert_eq!(marie.get("/person").status, 303);
}

#[test]
fn what_is_hidden_is_dated_counted_and_comes_back() {
    let mut instance = instance();
    let (a1, b1) = (instance.sign_in("a1"), instance.sign_in("b1"));
    let (dpo, ciso) = (instance.console_session("dpo"), instance.officer());
    for client in [&a1, &b1] {
        assert_eq!(client.get("/fiche/P1").status, 200);
    }
    let marie = enter(&instance, &code_of(&instance, &dpo, "P1"));
    assert_eq!(
        marie
            .get("/person/consultations.csv")
            .text()
            .lines()
            .count(),
        3
    );
    let hide = "scope=account&name=a1&from=2020-01-01T00:00&to=2099-01-01T00:00&reason=enquete+judiciaire+en+cours&until=";
    let soon = jiff::Zoned::now()
        .saturating_add(jiff::Span::new().days(30))
        .strftime("%Y-%m-%dT%H:%M")
        .to_string();
    let far = jiff::Zoned::now()
        .saturating_add(jiff::Span::new().days(300))
        .strftime("%Y-%m-%dT%H:%M")
        .to_string();
    assert_eq!(
        post(&ciso, "/requests/hidden", &format!("{hide}{soon}")).status,
        403,
        "the DPO alone"
    );
    assert_eq!(
        post(&dpo, "/requests/hidden", &format!("{hide}{far}")).status,
        422,
        "it ends within 180 days"
    );
    assert_eq!(
        post(
            &dpo,
            "/requests/hidden",
            &hide.replace("enquete+judiciaire+en+cours", "court")
        )
        .status,
        422
    );
    assert_eq!(
        post(&dpo, "/requests/hidden", &format!("{hide}{soon}")).status,
        303
    );
    let rows = marie.get("/person/consultations.csv").text();
    assert!(
        rows.lines().count() == 2 && !rows.contains("of-1"),
        "{rows}"
    );
    // Hidden rows are counted, for those who may look.
    let page = ciso.get("/requests").text();
    assert!(
        page.contains("compte a1") && page.contains(">1</td>"),
        "{page}"
    );
    let id = dpo
        .get("/requests")
        .text()
        .split("name=\"lift\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        post(&dpo, "/requests/hidden", &format!("lift={id}")).status,
        303
    );
    assert_eq!(
        marie
            .get("/person/consultations.csv")
            .text()
            .lines()
            .count(),
        3
    );
}

#[test]
fn a_portal_shows_the_log_in_its_own_pages() {
    let mut instance = instance();
    let (a1, audit) = (instance.sign_in("a1"), instance.console_session("audit"));
    assert_eq!(a1.get("/fiche/P1").status, 200);
    // Estonia's protocol, newest first, with its period.
    let agent = instance.console_session("a1");
    let user = [("x-road-userid", "EE60001019906")];
    assert_eq!(
        agent
            .send("GET", "/v2/findUsage?userCode=P1", &user, b"")
            .status,
        403
    );
    assert_eq!(
        audit.get("/v2/findUsage?userCode=P1").status,
        422,
        "who asks is named"
    );
    let found = audit.send(
        "GET",
        "/v2/findUsage?userCode=P1&offset=0&limit=10",
        &user,
        b"",
    );
    let found: serde_json::Value = serde_json::from_slice(&found.body).unwrap();
    assert_eq!(found["totalUsages"], 1, "{found}");
    let usage = &found["usages"][0];
    assert_eq!(usage["receiverName"], "of-1");
    assert!(
        usage["action"]
            .as_str()
            .unwrap()
            .starts_with("Vous étiez suivi"),
        "{usage}"
    );
    let none = audit.send(
        "GET",
        "/v2/findUsage?userCode=P1&periodEnd=2020-01-01T00:00:00Z",
        &user,
        b"",
    );
    assert!(none.text().contains("\"totalUsages\":0"), "{}", none.text());
    assert!(audit.get("/v2/usagePeriod").text().contains("periodStart"));
    assert!(audit.get("/v2/heartbeat").text().contains("\"OK\""));
    // A frame in the portal's "my space": the portal's origin alone, for minutes, without a cookie.
    let body = br#"{"population": "personnes", "person": "P1"}"#;
    assert_eq!(
        agent
            .send("POST", "/api/v1/person-links", &JSON, body)
            .status,
        403
    );
    let link = audit.send("POST", "/api/v1/person-links", &JSON, body);
    let link: serde_json::Value = serde_json::from_slice(&link.body).unwrap();
    let place = link["url"]
        .as_str()
        .unwrap()
        .split_once("/person/")
        .unwrap()
        .1
        .to_owned();
    let stranger = Client::new(instance.address, CONSOLE_HOST);
    let framed = stranger.get(&format!("/person/{place}"));
    assert!(
        framed.text().contains("of-1") && !framed.text().contains("<form"),
        "{}",
        framed.text()
    );
    let policy = framed.header("content-security-policy").unwrap().to_owned();
    assert!(
        policy.contains("frame-ancestors http") && policy.contains("portail.test"),
        "{policy}"
    );
    assert_eq!(stranger.get("/person/embed?token=AAAA").status, 404);
    let forged = format!("/person/{}A", place);
    assert_eq!(stranger.get(&forged).status, 404);
}

#[test]
fn the_persons_pages_are_for_everybody_at_both_widths() {
    let mut instance = instance();
    let (a1, dpo) = (instance.sign_in("a1"), instance.console_session("dpo"));
    for _ in 0..3 {
        assert_eq!(a1.get("/fiche/P1").status, 200);
    }
    let code = code_of(&instance, &dpo, "P1");
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let browser = Browser::open("fr");
    browser.width(1280);
    browser.go(&format!("{console}/person"));
    browser.sees("h1", "Qui a consulté mon dossier ?");
    browser.page_at_both_widths("person-door");
    browser.write("#code", &code.to_lowercase());
    browser.submit("form[action='/person/door']", 0);
    browser.sees("main", "Votre dossier a été consulté 3 fois");
    browser.page_at_both_widths("person-space");
    browser.click("a[href*='kind=contest']");
    browser.sees("h1", "Consultation non reconnue");
    browser.page_at_both_widths("person-contest");
    browser.click("input[value=not-in-contact]");
    browser.submit("form[action='/person/ask']", 0);
    browser.sees("#asked", "Consultation non reconnue");
    browser.sees("#asked", "elle ne me suivait pas à cette date");
    browser.sees("#asked", "Réponse au plus tard le");
    browser.click("button[lang=en]");
    browser.sees("main", "Your record was consulted 3 times");
    browser.page("person-space-english");
    browser.click("button[lang=fr]");
    browser.sees("h1", "Qui a consulté");
    browser.go(&format!("{console}/person/information"));
    browser.sees("h1", "Comment vos données sont traitées ici");
    browser.page_at_both_widths("person-information");
    browser.go(&format!("{console}/accessibility"));
    browser.sees("h1", "Accessibilité");
    browser.page_at_both_widths("accessibility");
    let token = instance.link("rssi", CONSOLE_HOST);
    browser.go(&format!("{console}/.digue/enter?link={token}"));
    browser.click("button.main");
    browser.sees("h1", "Mon compte");
    browser.go(&format!("{console}/requests"));
    browser.sees("table", "Consultation non reconnue");
    browser.page_at_both_widths("requests");
    browser.click("td a");
    browser.sees("main", "Réponse à la personne");
    browser.page_at_both_widths("request");
}

#[test]
fn two_browsers_without_scripts_one_contests_and_the_other_answers() {
    let mut instance = instance();
    let a1 = instance.sign_in("a1");
    let printer = instance.officer();
    // Made before the person signs in: a link made later restarts the instance, and ends their
    // session.
    let (first, second) = (
        instance.link("dpo", CONSOLE_HOST),
        instance.link("rssi", CONSOLE_HOST),
    );
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let enter = |token: &str| {
        let browser = Browser::without_scripts("fr");
        browser.go(&format!("{console}/.digue/enter?link={token}"));
        browser.submit("form[action='/.digue/enter']", 0);
        browser.sees("h1", "Mon compte");
        browser
    };
    let (dpo, ciso) = (enter(&first), enter(&second));

    // The letter is requested, printed, and its code typed.
    let person = Browser::without_scripts("fr");
    person.go(&format!("{console}/person/door"));
    person.write("#person", "P1");
    person.submit("form[action='/person/letter']", 0);
    person.sees("main", "C'est noté");
    let code = code_of(&instance, &printer, "P1");
    person.go(&format!("{console}/person/door"));
    person.write("#code", &code);
    person.submit("form[action='/person/door']", 0);
    person.sees("main", "Votre dossier a été consulté une fois");
    person.sees("table", "Vous étiez suivi par cette organisation");
    person.misses("table", "a1");

    // Contested; the security officer sees a signal, the DPO answers, the person reads the answer.
    person.click("a[href*='kind=contest']");
    person.click("input[value=unknown-body]");
    person.submit("form[action='/person/ask']", 0);
    person.sees("#asked", "Réponse au plus tard le");
    ciso.go(&format!("{console}/accounts/a1?list=acts"));
    ciso.sees("main", "demande d'une personne");
    dpo.go(&format!("{console}/requests"));
    dpo.sees("table", "Consultation non reconnue");
    dpo.click("td a");
    dpo.sees("main", "Réponse à la personne");
    dpo.choose("#outcome", "upheld");
    dpo.write(
        "#text",
        "Vous aviez raison : cette consultation n'avait pas lieu d'être. Elle est traitée.",
    );
    dpo.submit("form.stack", 0);
    dpo.sees("main", "Vous aviez raison");
    person.go(&format!("{console}/person"));
    person.sees("#asked", "Vous aviez raison");
    person.sees("#asked", "Elle est traitée.");
    // The code is used up, and who leaves has left.
    person.submit("form[action='/person/leave']", 0);
    person.sees("main", "J'ai reçu un courrier");
    person.write("#code", &code);
    person.submit("form[action='/person/door']", 0);
    person.sees("main", "Ce code n'est pas valable");
    // It may be the code of a notice: that is verified elsewhere, with one button.
    person.submit("form[action='/check']", 0);
    person.sees("h1", "Vérifier");
}
