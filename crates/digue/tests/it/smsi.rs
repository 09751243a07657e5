//! The ISMS: the first hour and the week of a five-person organisation in the browser, an
//! operator's checks recomputed from the journal alone, and every import and export.

use std::process::{Command, Output};

use digue_testkit::{Answer, Client};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging, reasons};
use crate::python::python;
use crate::webdriver::Browser;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=x")];

fn instance() -> Instance {
    Instance::open(
        &Plan::usual()
            .settings("[sessions]\nproof = \"1h\"\n")
            .caseload("a1", &["P1", "P2"]),
        obliging,
    )
}

#[track_caller]
fn post(client: &Client, place: &str, body: &str) -> Answer {
    let answer = client.send("POST", place, &FORM, body.as_bytes());
    assert_eq!(answer.status, 303, "{place} {body}: {}", answer.text());
    answer
}

const ANSWERS: &str = "name=Formations+du+Lac&who=training&portal=no&partners=yes&people=1-9&data=identity&data=health\
                       &head=Camille+Martin&ciso=&dpo=Dominique+Petit&hosting=provider&bonds=qualiopi";

/// Puts bytes into a form as its file.
fn upload(client: &Client, place: &str, bytes: &[u8]) -> Answer {
    let mut body =
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    client.send("POST", place, &MULTIPART, &body)
}

/// Sends back what a preview keeps: the file, and the digest of what it showed.
fn confirm(client: &Client, place: &str, preview: &str) -> Answer {
    confirm_with(client, place, preview, "")
}

/// The same with the fields that a person fills in, as parts of the form.
fn confirm_with(client: &Client, place: &str, preview: &str, more: &str) -> Answer {
    let value = |name: &str| {
        let field = preview.split(&format!("name=\"{name}\" value=\"")).nth(1);
        field
            .unwrap_or_else(|| panic!("no {name}: {preview}"))
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let part = |name: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{}\r\n",
            value(name)
        )
    };
    let body = format!("{}{}{more}--x--\r\n", part("digest"), part("kept"));
    client.send("POST", place, &MULTIPART, body.as_bytes())
}

fn script(name: &str, arguments: &[&str]) -> Output {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let script = std::path::Path::new(&here).join("../../tests").join(name);
    Command::new(python("python"))
        .arg(script)
        .args(arguments)
        .output()
        .unwrap()
}

#[track_caller]
fn good(done: &Output) -> String {
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn five_people_have_their_system_in_an_hour_and_keep_it_in_the_browser() {
    an_hour_and_a_week(&Browser::open("fr"));
}

#[test]
fn five_people_do_the_same_in_a_browser_that_runs_no_script() {
    an_hour_and_a_week(&Browser::without_scripts("fr"));
}

fn an_hour_and_a_week(browser: &Browser) {
    let mut instance = instance();
    let token = instance.link("rssi", CONSOLE_HOST);
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    browser.width(1280);
    browser.go(&format!("{console}/.digue/enter?link={token}"));
    browser.click("button.main");
    browser.sees("h1", "Mon compte");
    // The first hour: ten questions.
    browser.go(&format!("{console}/smsi"));
    browser.sees("main", "dix questions simples");
    browser.click("a.button");
    browser.sees("h1", "Commencer le SMSI");
    browser.page_at_both_widths("smsi-start");
    browser.write("#name", "Formations du Lac");
    browser.choose("#who", "training");
    browser.choose("#portal", "no");
    browser.choose("#partners", "yes");
    browser.choose("#people", "1-9");
    browser.choose("#hosting", "own");
    browser.click("input[name=data][value=identity]");
    browser.click("input[name=data][value=health]");
    browser.write("#head", "Camille Martin");
    browser.write("#dpo", "Dominique Petit");
    browser.click("input[name=bonds][value=qualiopi]");
    browser.submit("form[action='/smsi/start']", 0);
    browser.sees("main", "Trois choses à faire maintenant");
    assert_eq!(browser.count("main section ol li"), 3);
    browser.page_at_both_widths("smsi");
    for (place, name, seen) in [
        (
            "/smsi/registers",
            "smsi-registers",
            "Registre des traitements",
        ),
        (
            "/smsi/registers/risk",
            "smsi-risks",
            "Un rançongiciel chiffre les outils",
        ),
        ("/smsi/registers/measure", "smsi-measures", "Camille Martin"),
        ("/smsi/ebios", "smsi-ebios", "Sources de risque"),
        (
            "/smsi/calendar",
            "smsi-calendar",
            "Revue de direction annuelle",
        ),
        (
            "/smsi/contradictions",
            "smsi-contradictions",
            "rôle sans titulaire",
        ),
        (
            "/smsi/frameworks/qualiopi",
            "smsi-qualiopi",
            "Lien indirect",
        ),
        (
            "/smsi/samples?population=accounts&seed=1&size=2",
            "smsi-samples",
            "Graine du tirage",
        ),
        ("/smsi/exchange", "smsi-exchange", "CISO Assistant"),
        ("/awareness", "awareness", "Mots de passe volés"),
    ] {
        browser.go(&format!("{console}{place}"));
        browser.sees("main", seen);
        browser.page_at_both_widths(name);
    }
    // The week: a module is completed, a measure is in place, a fault is shown under its field.
    browser.go(&format!("{console}/awareness/calls"));
    for answer in ["q1'][value=b", "q2'][value=c", "q3'][value=b"] {
        browser.click(&format!("input[name='{answer}]"));
    }
    browser.submit("form[action='/awareness/calls']", 0);
    browser.sees("main", "2 bonnes réponses sur 3");
    browser.page_at_both_widths("awareness-module");
    for answer in ["q1'][value=a", "q2'][value=c", "q3'][value=b"] {
        browser.click(&format!("input[name='{answer}]"));
    }
    browser.submit("form[action='/awareness/calls']", 0);
    browser.sees("main", "fait le");
    browser.go(&format!("{console}/awareness/state"));
    browser.sees("table", "à faire");
    browser.page_at_both_widths("awareness-state");
    browser.go(&format!("{console}/smsi/registers/measure"));
    browser.click("tbody td a");
    browser.sees("form:has(#f-title)", "Intitulé");
    browser.choose("#f-declared", "in-place");
    browser.page_at_both_widths("smsi-record");
    browser.write("#f-evidence", "clés remises à tous le 20 novembre");
    browser.submit("form:has(#f-title)", 0);
    browser.sees("main", "en place, déclaré");
    // Declared is not measured: the check says what it sees.
    browser.go(&format!("{console}/smsi/checks"));
    browser.submit("form[action='/smsi/checks']", 0);
    browser.sees("table", "échec");
    browser.page_at_both_widths("smsi-checks");
    browser.go(&format!("{console}/smsi/checks/passkeys"));
    browser.sees("main", "a1");
    browser.page_at_both_widths("smsi-check");
    // What the ISMS begins with gives each control its reason: the statement can be signed at once.
    browser.go(&format!("{console}/smsi/statement"));
    browser.submit("form[action='/smsi/statement']", 0);
    browser.sees("main", "declaration-applicabilite-1.txt");
    browser.page_at_both_widths("smsi-statement");
    browser.click("button[lang=en]");
    browser.sees("nav", "Home");
    browser.go(&format!("{console}/smsi"));
    browser.sees("main", "Three things to do now");
    browser.page("smsi-english");
}

#[test]
fn no_page_of_the_system_needs_a_script() {
    let mut instance = instance();
    let officer = instance.officer();
    post(&officer, "/smsi/start", ANSWERS);
    assert_eq!(
        officer
            .send("POST", "/smsi/start", &FORM, ANSWERS.as_bytes())
            .status,
        409,
        "begun once"
    );
    for place in [
        "/smsi",
        "/smsi/calendar",
        "/smsi/contradictions",
        "/smsi/registers",
        "/smsi/registers/measure",
        "/smsi/registers/measure/new",
        "/smsi/registers/measure/ME-1",
        "/smsi/checks",
        "/smsi/checks/dormant",
        "/smsi/statement",
        "/smsi/frameworks/anssi",
        "/smsi/frameworks/recyf",
        "/smsi/ebios",
        "/smsi/exchange",
        "/reviews",
        "/awareness",
        "/awareness/phishing",
    ] {
        let page = officer.get(place);
        assert_eq!(page.status, 200, "{place}: {}", page.text());
        assert!(!page.text().contains("<script"), "{place} has a script");
    }
    for view in ["rssi", "dpo", "top-management", "auditor"] {
        let page = officer.get(&format!("/smsi?view={view}")).text();
        let figures = page.matches("<p><strong").count();
        assert!((3..=5).contains(&figures), "{figures} numbers for {view}");
    }
}

#[test]
fn what_checks_found_is_found_again_from_an_exported_journal_alone() {
    let mut instance = instance();
    assert!(instance.stop());
    for (account, organisation, role) in [("chef", "of-1", "delegate"), ("dpo", "operateur", "dpo")]
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
    let (a1, b1, officer) = (
        instance.sign_in("a1"),
        instance.sign_in("b1"),
        instance.officer(),
    );
    let (chef, dpo) = (
        instance.console_session("chef"),
        instance.console_session("dpo"),
    );
    for person in ["P1", "P2", "P1"] {
        assert_eq!(a1.get(&format!("/fiche/{person}")).status, 200);
    }
    // Break glass is used twice; one use is reviewed.
    for client in [&a1, &b1] {
        let reason = b"justification=Urgence+sociale+signalee+par+telephone";
        assert_eq!(
            client
                .send("POST", "/.digue/break-glass", &FORM, reason)
                .status,
            200
        );
        assert_eq!(client.get("/fiche/P9").status, 200);
    }
    // Two persons add an account, which waits in quarantine.
    post(
        &chef,
        "/approvals",
        "account=neuf&organisation=of-1&role=agent&reason=recrue+de+novembre",
    );
    let waiting = officer.get("/approvals").text();
    let id = waiting
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let granted = officer.send(
        "POST",
        "/approvals/decide",
        &FORM,
        format!("id={id}&granted=1").as_bytes(),
    );
    assert_eq!(
        granted.status,
        200,
        "its one-time link is shown: {}",
        granted.text()
    );
    // Every account's access is examined, except by its own holder.
    let opened = post(
        &officer,
        "/reviews",
        "title=Revue+2026&due=2099-01-01T10:00",
    );
    let place = opened.header("location").unwrap().to_owned();
    for account in ["a1", "a2", "b1", "chef", "dpo", "neuf"] {
        post(
            &officer,
            &place,
            // Not asked for where nothing is in doubt; the account of yesterday is in quarantine.
            &format!("account={account}&decision=keep&reason=Le+delegue+confirme+ce+compte"),
        );
    }
    post(&dpo, &place, "account=rssi&decision=keep");
    post(
        &officer,
        "/accounts/suspend",
        "account=b1&suspended=1&reason=depart+du+titulaire",
    );
    post(&officer, "/smsi/checks", "");
    let place = instance.folder.path().join("journal.ndjson");
    assert!(instance.stop());
    let exported = digue(
        instance.folder.path(),
        &["journal", "export", "--out", "journal.ndjson"],
    );
    assert!(
        exported.status.success(),
        "{}",
        String::from_utf8_lossy(&exported.stderr)
    );
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let done = Command::new(python("python"))
        .arg(std::path::Path::new(&here).join("../../tests/recompute_checks.py"))
        .stdin(std::fs::File::open(place).unwrap())
        .output()
        .unwrap();
    let found = good(&done);
    for line in found.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[1..3], words[3..5], "{line}");
    }
    // Population, and who of it fails: not only nothing of nobody.
    for expected in [
        "passkeys 6 6",
        "officers-passkeys 2 2",
        "never-used 4 0",
        "beyond-peers 1 0",
        "two-persons 1 0",
        "leaders 1 0",
        "deputies 1 1",
        "break-glass 2 0",
        "rights-reviews 3 0",
        "quarantine-old 6 0",
        "uninspected 5 0",
    ] {
        assert!(
            found
                .lines()
                .any(|line| line.starts_with(&format!("{expected} "))),
            "{expected}: {found}"
        );
    }
    assert!(found.lines().count() >= 16, "{found}");
}

#[test]
fn a_register_goes_out_is_edited_and_comes_in_again() {
    let mut instance = instance();
    let officer = instance.officer();
    post(&officer, "/smsi/start", ANSWERS);
    let path = instance.folder.path().join("mesures.xlsx");
    let sheet = path.to_str().unwrap();
    std::fs::write(&path, officer.get("/smsi/files/measure.xlsx").body).unwrap();
    // As it went out, nothing changes.
    let same = upload(
        &officer,
        "/smsi/registers/measure/import",
        &std::fs::read(&path).unwrap(),
    )
    .text();
    assert!(
        same.contains("<strong>0</strong> ajoutée") && same.contains("<strong>0</strong> modifiée"),
        "{same}"
    );
    let edits = [
        "ME-1",
        "Responsable",
        "Alex Durand",
        "ME-2",
        "Échéance",
        "demain",
        "ME-999",
        "Intitulé",
        "inconnue",
        "ME-3",
        "Déclaré",
        "En place",
    ];
    good(&script(
        "edit_sheet.py",
        &[&[sheet][..], &edits[..]].concat(),
    ));
    // A row without a name is new.
    good(&script(
        "edit_sheet.py",
        &[
            sheet,
            "",
            "Intitulé",
            "Fermer à clé",
            "",
            "Priorité",
            "P2 bientôt",
            "",
            "Déclaré",
            "à lancer",
        ],
    ));
    let place = "/smsi/registers/measure/import";
    let preview = upload(&officer, place, &std::fs::read(&path).unwrap()).text();
    assert!(
        preview.contains("<strong>2</strong> modifiées")
            && preview.contains("<strong>1</strong> ajoutée"),
        "{preview}"
    );
    // Sheet, cell and what was read.
    assert!(
        preview.contains("(Mesures!H3), Échéance\u{a0}: ce n&#39;est pas une date")
            && preview.contains("demain"),
        "{preview}"
    );
    assert!(preview.contains("rien de connu"), "{preview}");
    // Old and new are shown, and nothing is written before it is confirmed.
    assert!(
        preview.contains("<td>Camille Martin</td><td>Alex Durand</td>")
            || preview.contains("Alex Durand"),
        "{preview}"
    );
    assert!(
        !officer
            .get("/smsi/registers/measure/ME-1")
            .text()
            .contains("Alex Durand")
    );
    // A register that changed since is shown again instead.
    post(
        &officer,
        "/smsi/registers/measure",
        "title=Autre&priority=p2&declared=to-do",
    );
    let outdated = confirm(&officer, place, &preview).text();
    assert!(outdated.contains("a changé entre-temps"), "{outdated}");
    let done = confirm(&officer, place, &outdated).text();
    assert!(
        done.contains("<strong>2</strong> modifiées") && !done.contains("name=\"digest\""),
        "{done}"
    );
    assert!(
        officer
            .get("/smsi/registers/measure/ME-1")
            .text()
            .contains("Alex Durand")
    );
    assert!(
        officer
            .get("/smsi/registers/measure/ME-3")
            .text()
            .contains("en place")
    );
    assert!(
        officer
            .get("/smsi/registers/measure?q=Fermer")
            .text()
            .contains("Fermer à clé")
    );
    // Every register has its files, and all of them have one.
    for name in [
        "smsi.xlsx",
        "smsi.pdf",
        "smsi.docx",
        "risk.pdf",
        "processing.docx",
    ] {
        let file = officer.get(&format!("/smsi/files/{name}"));
        let start: &[u8] = if name.ends_with("pdf") {
            b"%PDF"
        } else {
            b"PK"
        };
        assert!(
            file.status == 200 && file.body.starts_with(start),
            "{name} {}",
            file.status
        );
    }
    assert_eq!(
        upload(&officer, "/smsi/registers/measure/import", b"rien").status,
        422
    );
    // Word documents use the operator's own template.
    assert_eq!(
        upload(&officer, "/smsi/exchange/template", b"rien").status,
        422
    );
    let paper = instance.folder.path().join("papier.docx");
    let make = "import sys, zipfile; file = zipfile.ZipFile(sys.argv[1], 'w'); \
                file.writestr('word/header1.xml', '<w:hdr>Formations du Lac</w:hdr>'); \
                body = '<w:p><w:r><w:t>{{title}}</w:t></w:r></w:p><w:p><w:r><w:t>{{content}}</w:t></w:r></w:p>'; \
                space = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'; \
                file.writestr('word/document.xml', f'<w:document xmlns:w=\"{space}\"><w:body>{body}</w:body></w:document>'); \
                file.close()";
    good(
        &Command::new(python("python"))
            .args(["-c", make])
            .arg(&paper)
            .output()
            .unwrap(),
    );
    assert_eq!(
        upload(
            &officer,
            "/smsi/exchange/template",
            &std::fs::read(&paper).unwrap()
        )
        .status,
        303
    );
    let risks = instance.folder.path().join("risques.docx");
    std::fs::write(&risks, officer.get("/smsi/files/risk.docx").body).unwrap();
    let read = good(&script("read_document.py", &[risks.to_str().unwrap()]));
    assert!(
        read.contains("Le compte d'un partenaire est volé") && !read.contains("{{"),
        "{read}"
    );
    assert!(String::from_utf8_lossy(&std::fs::read(&risks).unwrap()).contains("word/header1.xml"));
}

#[test]
fn an_earlier_register_of_violations_is_shown_before_it_is_opened() {
    let mut instance = instance();
    let officer = instance.officer();
    let place = "/register/import";
    let csv = "Titre;Prise de connaissance;Nombre de personnes;\nVol de dossiers;02/03/2024 14:05;12;à voir\n\
               Perte;03/03/2024;200 %;\n";
    let preview = upload(&officer, place, csv.as_bytes()).text();
    assert!(
        preview.contains("<strong>1</strong> violations à ouvrir"),
        "{preview}"
    );
    assert!(
        preview.contains("(CSV!C3)") && preview.contains("D (1)"),
        "{preview}"
    );
    assert!(
        !officer.get("/register").text().contains("Vol de dossiers"),
        "nothing is written before"
    );
    let done = confirm(&officer, place, &preview).text();
    assert!(
        done.contains("<strong>1</strong> violations importées"),
        "{done}"
    );
    let register = officer.get("/register").text();
    assert!(register.contains("Vol de dossiers"), "{register}");
    let again = upload(&officer, place, csv.as_bytes()).text();
    assert!(
        again.contains("Déjà au registre\u{a0}: INC-") && !again.contains("name=\"digest\""),
        "{again}"
    );
    let ods = [
        &b"PK\x03\x04"[..],
        &[0; 26],
        b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
    ]
    .concat();
    let refused = upload(&officer, place, &ods);
    assert!(
        refused.status == 422 && refused.text().contains("OpenDocument"),
        "{}",
        refused.text()
    );
    // What was not chosen is not decided, and one bad value writes nothing of the others.
    let incident = register
        .split("/incidents/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let entries = format!("/incidents/{incident}/entries");
    let add = |body: &str| {
        officer
            .send("POST", &entries, &FORM, body.as_bytes())
            .status
    };
    assert_eq!(
        add("note=authority&notify=peut-%C3%AAtre&reason=parce+que+les+faits+le+montrent"),
        422
    );
    let sheet = format!("/incidents/{incident}/steps/authority");
    let body = b"controller-name=Autre+organisme&person-count=beaucoup";
    assert_eq!(officer.send("POST", &sheet, &FORM, body).status, 422);
    assert!(
        !officer
            .get(&format!("/incidents/{incident}/notification"))
            .text()
            .contains("Autre organisme")
    );
}

const PIA: &str = r#"{"pia": {"id": 7, "name": "Accompagnement", "status": 1},
    "answers": [], "measures": [], "comments": [],
    "evaluations": [
      {"reference_to": "3.1.2", "status": 2, "action_plan_comment": "<p>Authentification &agrave; deux facteurs</p>",
       "estimated_implementation_date": "2024-06-30T00:00:00.000Z", "person_in_charge": "Alex Durand"},
      {"reference_to": "3.1.4", "status": 2, "action_plan_comment": "Limiter les droits", "person_in_charge": ""},
      {"reference_to": "3.2.1", "status": 3, "action_plan_comment": ""}
    ]}"#;

#[test]
fn what_an_impact_assessment_promised_is_the_loudest_line() {
    let mut instance = instance();
    let officer = instance.officer();
    let place = "/smsi/exchange/pia";
    let priority = "--x\r\nContent-Disposition: form-data; name=\"priority\"\r\n\r\np2\r\n";
    let shown = upload(&officer, place, PIA.as_bytes()).text();
    assert!(
        shown.contains("2 mesures à suivre, 0 déjà suivies, 1 sans date ou sans responsable"),
        "{shown}"
    );
    assert!(
        !officer
            .get("/smsi/registers/measure")
            .text()
            .contains("Limiter les droits"),
        "nothing is written before"
    );
    assert_eq!(
        confirm(&officer, place, &shown).status,
        422,
        "the priority is asked"
    );
    let done = confirm_with(&officer, place, &shown, priority).text();
    assert!(
        done.contains("Ajouté de l&#39;analyse d&#39;impact") && !done.contains("name=\"digest\""),
        "{done}"
    );
    let again = upload(&officer, "/smsi/exchange/pia", PIA.as_bytes()).text();
    assert!(
        again.contains("0 mesure à suivre, 2 déjà suivies"),
        "{again}"
    );
    let wrong = officer.get("/smsi/contradictions").text();
    assert!(
        wrong.contains("promis, mais pas fait") && wrong.contains("jours de retard"),
        "{wrong}"
    );
    for hostile in [&b"{}"[..], b"[", b"{\"pia\": {\"name\": 4}}"] {
        assert_eq!(upload(&officer, "/smsi/exchange/pia", hostile).status, 422);
    }
    // What the tool's older exports hold: entities, lists, days of 1970, plans of evaluations that
    // became acceptable.
    let file = |name: &str| {
        #[expect(
            clippy::disallowed_methods,
            reason = "cargo says where the crate is, at run time"
        )]
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let folder = std::path::Path::new(&here).join("../digue-privacy-acts/tests/data/pia");
        std::fs::read(folder.join(name)).unwrap()
    };
    let shown = upload(&officer, place, &file("pia-entites.json")).text();
    assert!(
        shown.contains("4 mesures à suivre") && shown.contains("1 plan ignoré"),
        "{shown}"
    );
    confirm_with(&officer, place, &shown, priority);
    assert!(
        officer
            .get("/smsi/registers/measure?q=habilitation")
            .text()
            .contains("Créer une procédure")
    );
    let nothing = upload(
        &officer,
        "/smsi/exchange/pia",
        &file("pia-cas-nom-null.json"),
    )
    .text();
    assert!(nothing.contains("pas d&#39;action"), "{nothing}");
}

/// Opens a workbook as another program does and saves it again; every register that goes through it
/// changes nothing.
#[test]
fn every_register_goes_through_another_program_unchanged() {
    let mut instance = instance();
    let officer = instance.officer();
    post(&officer, "/smsi/start", ANSWERS);
    post(
        &officer,
        "/smsi/registers/objective",
        "title=Moins&indicator=i&target=3&unit=alertes&side=at-most&due=2027-01-15",
    );
    post(
        &officer,
        "/smsi/registers/exception",
        "title=E&justification=j&approver=A&expires-on=2027-01-15",
    );
    // Days are cells with a format already; they get the one that people's programs give them.
    let resave = "import sys, datetime, openpyxl; book = openpyxl.load_workbook(sys.argv[1]); \
                  cells = [cell for sheet in book for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]; \
                  days = [cell for cell in cells if isinstance(cell.value, (datetime.date, datetime.datetime))]; \
                  [setattr(cell, 'number_format', 'DD/MM/YYYY') for cell in days]; \
                  book.create_sheet('Notes', 0)['A1'] = 'à lire'; book.save(sys.argv[1]); print(len(days))";
    let mut days = 0;
    for language in ["fr", "en"] {
        for kind in [
            "measure",
            "risk",
            "processing",
            "role",
            "context",
            "objective",
            "exception",
            "asset",
            "document",
        ] {
            let path = instance.folder.path().join(format!("{kind}.xlsx"));
            let asked = [("accept-language", language)];
            let file = officer.send("GET", &format!("/smsi/files/{kind}.xlsx"), &asked, b"");
            std::fs::write(&path, file.body).unwrap();
            let done = Command::new(python("python"))
                .args(["-c", resave])
                .arg(&path)
                .output()
                .unwrap();
            days += good(&done).trim().parse::<u32>().unwrap();
            let place = format!("/smsi/registers/{kind}/import");
            let answer = upload(&officer, &place, &std::fs::read(&path).unwrap());
            let same = answer.text();
            assert_eq!(answer.status, 200, "{kind}: {same}");
            assert!(
                same.contains("<strong>0</strong> ajoutée")
                    && same.contains("<strong>0</strong> modifiée")
                    && same.contains("<strong>0</strong> cellule à revoir"),
                "{kind}: {same}"
            );
        }
    }
    assert!(days > 20, "{days}");
}

#[test]
fn other_programs_read_what_is_exported() {
    let mut instance = instance();
    let officer = instance.officer();
    post(&officer, "/smsi/start", ANSWERS);
    post(&officer, "/smsi/checks", "");
    let folder = instance.folder.path();
    let oscal = folder.join("oscal.json");
    std::fs::write(&oscal, officer.get("/smsi/exchange/oscal.json").body).unwrap();
    let read = good(&script("check_oscal.py", &[oscal.to_str().unwrap()]));
    let counts: Vec<usize> = read
        .split_whitespace()
        .map(|count| count.parse().unwrap())
        .collect();
    assert!(counts[0] >= 49 && counts[1] >= 10, "{read}");
    // What no check measured is neither satisfied nor not.
    let oscal: serde_json::Value = serde_json::from_slice(&std::fs::read(&oscal).unwrap()).unwrap();
    let result = &oscal["assessment-results"]["results"][0];
    for finding in result["findings"].as_array().unwrap() {
        assert!(
            !finding["related-observations"]
                .as_array()
                .unwrap()
                .is_empty(),
            "{finding}"
        );
    }
    let excluded = &result["reviewed-controls"]["control-selections"][0]["exclude-controls"];
    assert!(!excluded.as_array().unwrap().is_empty(), "{excluded}");
    let ocsf: serde_json::Value =
        serde_json::from_slice(&officer.get("/smsi/exchange/ocsf.json").body).unwrap();
    assert!(
        ocsf.as_array()
            .unwrap()
            .iter()
            .all(|event| event["class_uid"] == 2003 && event["type_uid"] == 200_301)
    );
    let yaml = officer.get("/smsi/exchange/ciso-assistant.yaml").text();
    let library = folder.join("library.yaml");
    std::fs::write(&library, &yaml).unwrap();
    let read = good(&script("check_library.py", &[library.to_str().unwrap()]));
    assert!(read.trim().parse::<usize>().unwrap() > 30, "{read}");
    let mss = folder.join("mss.xlsx");
    std::fs::write(&mss, officer.get("/smsi/exchange/mss.xlsx").body).unwrap();
    let read = "import sys, openpyxl; book = openpyxl.load_workbook(sys.argv[1]); sheet = book.worksheets[0]; \
                print(book.sheetnames, [cell.value for cell in sheet[6]], sheet.max_row)";
    let done = Command::new(python("python"))
        .args(["-c", read])
        .arg(&mss)
        .output()
        .unwrap();
    let read = good(&done);
    let header = "['Template mesures'] ['Intitulé de la mesure *', 'Description de la mesure', 'Catégorie *'] ";
    let rows: usize = read
        .trim()
        .strip_prefix(header)
        .expect("the template's header")
        .parse()
        .unwrap();
    assert!((30..=46).contains(&rows), "at most forty: {rows}");
    assert_eq!(officer.get("/smsi/exchange/mss-2.xlsx").status, 404);
    // The same again is the same version; a change is a later one. Another installation's has
    // another name.
    let line = |yaml: &str, name: &str| {
        yaml.lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let version = |yaml: &str| {
        line(yaml, "version: ")
            .rsplit(' ')
            .next()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let again = officer.get("/smsi/exchange/ciso-assistant.yaml").text();
    assert_eq!(again, yaml);
    assert!(line(&yaml, "urn: ").starts_with("urn: urn:digue:risk:library:measures-"));
    assert!(version(&yaml) > 1, "{}", version(&yaml));
}

#[test]
fn a_review_suspends_at_the_lock_the_same_second() {
    let mut instance = instance();
    assert!(instance.stop());
    for (account, organisation, role) in [
        ("chef", "of-1", "delegate"),
        ("audit", "operateur", "auditor"),
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
    let (a1, officer) = (instance.sign_in("a1"), instance.officer());
    let (chef, audit) = (
        instance.console_session("chef"),
        instance.console_session("audit"),
    );
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let opened = post(
        &officer,
        "/reviews",
        "title=Revue+2026&due=2099-01-01T10:00",
    );
    let place = opened.header("location").unwrap().to_owned();
    // The delegate sees and decides the own organisation's only; the auditor looks.
    let page = chef.get(&place).text();
    assert!(page.contains("a1") && !page.contains("b1"), "{page}");
    assert_eq!(audit.get(&place).status, 200);
    assert_eq!(
        audit
            .send("POST", &place, &FORM, b"account=a1&decision=keep")
            .status,
        403
    );
    assert_eq!(
        chef.send("POST", &place, &FORM, b"account=b1&decision=keep")
            .status,
        404
    );
    assert_eq!(
        chef.send(
            "POST",
            &place,
            &FORM,
            b"account=a1&decision=suspend&reason="
        )
        .status,
        422
    );
    post(
        &chef,
        &place,
        "account=a1&decision=suspend&reason=a+quitte+l'organisme",
    );
    assert_eq!(a1.get("/fiche/P1").status, 401, "its session is gone");
    assert_eq!(
        chef.send("POST", &place, &FORM, b"account=a1&decision=keep")
            .status,
        409,
        "decided once"
    );
    let csv = officer.get(&format!("{place}/lines.csv")).text();
    assert!(
        csv.lines()
            .any(|line| line.contains("a1") && line.contains("suspend") && line.contains("chef")),
        "{csv}"
    );
    assert_eq!(
        officer
            .send(
                "POST",
                "/reviews",
                &FORM,
                b"title=Autre&due=2099-01-01T10:00"
            )
            .status,
        409
    );
}

#[test]
fn an_auditor_draws_the_same_sample_and_a_document_is_read_and_kept() {
    let mut instance = instance();
    let officer = instance.officer();
    let audit = "title=Audit+2026&scope=acces&auditor=Claude&planned-from=2026-11-22&population=accounts&seed=7&size=2";
    post(&officer, "/smsi/registers/audit", audit);
    post(&officer, "/smsi/registers/audit/AU-1/fill", "");
    let drawn = |page: &str| {
        page.split("liste entière : ")
            .nth(1)
            .unwrap()
            .split("</textarea>")
            .next()
            .unwrap()
            .to_owned()
    };
    let first = drawn(&officer.get("/smsi/registers/audit/AU-1").text());
    post(&officer, "/smsi/registers/audit/AU-1/fill", "");
    assert_eq!(
        drawn(&officer.get("/smsi/registers/audit/AU-1").text()),
        first
    );
    assert_eq!(first.lines().count(), 3, "{first}");
    // Another user draws the same without writing anything.
    let page = officer
        .get("/smsi/samples?population=accounts&seed=7&size=2")
        .text();
    assert!(
        first
            .lines()
            .skip(1)
            .all(|name| page.contains(&format!(">{name}</a></li>"))),
        "{page}"
    );
    assert!(
        page.contains(first.lines().next().unwrap()),
        "the same hash: {page}"
    );
    // What was signed is not changed any more, and a review signed has its inputs.
    post(
        &officer,
        "/smsi/registers/review",
        "title=Revue&held-on=2026-11-22&chair=Camille",
    );
    post(&officer, "/smsi/registers/review/RD-1/fill", "");
    assert!(
        officer
            .get("/smsi/registers/review/RD-1")
            .text()
            .contains("Audits réalisés")
    );
    let signed = "revision=2&title=Revue&held-on=2026-11-22&chair=Camille&signed-by=Camille&signed-on=2026-11-22";
    let unsaid = officer.send(
        "POST",
        "/smsi/registers/review/RD-1",
        &FORM,
        signed.as_bytes(),
    );
    assert_eq!(unsaid.status, 422, "signed without its inputs");
    let inputs =
        "actions=a&issues=b&parties=c&performance=d&feedback=e&risks=f&improvement=g&decisions=h";
    let signed = format!("{signed}&{inputs}");
    post(&officer, "/smsi/registers/review/RD-1", &signed);
    let again = signed.replace("Camille&signed", "Alex&signed");
    let again = again.replace("revision=2", "revision=3");
    assert_eq!(
        officer
            .send(
                "POST",
                "/smsi/registers/review/RD-1",
                &FORM,
                again.as_bytes()
            )
            .status,
        409
    );
    assert!(
        !officer
            .get("/smsi/registers/review/RD-1")
            .text()
            .contains("name=\"decisions\"")
    );
    // A document: approved, with its file, read by an agent, and read once.
    let policy = "title=Politique&about=policy&edition=2&audience=everybody&approved-by=Camille&approved-on=2026-11-20";
    post(&officer, "/smsi/registers/document", policy);
    assert_eq!(
        upload(&officer, "/smsi/documents/DO-1", b"%PDF-1.7 politique").status,
        303
    );
    let a1 = instance.console_session("a1");
    let page = a1.get("/awareness").text();
    assert!(page.contains("Politique"), "{page}");
    assert_eq!(
        a1.get("/awareness/documents/DO-1").body,
        b"%PDF-1.7 politique"
    );
    post(&a1, "/awareness/documents/DO-1", "");
    assert_eq!(
        a1.send("POST", "/awareness/documents/DO-1", &FORM, b"")
            .status,
        409
    );
    assert!(officer.get("/smsi/registers/receipt").text().contains("a1"));
    // Nobody writes a receipt or an attestation by a form, and an agent reads no register.
    let forged = "document=DO-1&edition=2&reader=a2&read-on=2026-11-22";
    assert_eq!(
        officer
            .send("POST", "/smsi/registers/receipt", &FORM, forged.as_bytes())
            .status,
        403
    );
    assert_eq!(a1.get("/smsi").status, 403);
    let refused = instance.stranger().get("/fiche/P1");
    assert_eq!((refused.status, reasons(&refused).is_empty()), (401, false));
}
