//! A campaign of notices at a real SMTP server: signed, never twice, and resumed after a kill -9.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use digue_testkit::{Client, Mailbox};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging};
use crate::python::python;
use crate::webdriver::Browser;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=x")];
const BECAUSE: &str = "les+faits+du+journal+le+montrent";
const PERSONS: usize = 120;
const KEY: &str = include_str!("../data/dkim-test-key.pem");
const PUBLIC: &str = include_str!("../data/dkim-test-key.pub");

/// An instance with a mail server, and a breach of which the persons must be informed.
struct Told {
    instance: Instance,
    mailbox: Mailbox,
    dpo: Client,
    incident: String,
    /// The portal's own database, and the Maildir of what comes back.
    folder: tempfile::TempDir,
}

fn told() -> Told {
    told_with(true)
}

/// `can_mail`: a mail server is configured.
fn told_with(can_mail: bool) -> Told {
    let mailbox = Mailbox::open();
    let persons: Vec<String> = (0..PERSONS).map(|number| format!("V{number}")).collect();
    let held: Vec<&str> = persons.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("portail.db");
    let returns = folder.path().join("retours");
    std::fs::create_dir_all(returns.join("new")).unwrap();
    let mut settings = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nprotection = \"danger-none\"\nfrom = \"avis@exemple.fr\"\n\
         dkim_domain = \"exemple.fr\"\ndkim_selector = \"s1\"\ndkim_key_file = \"dkim.pem\"\n\
         returns = \"retours@exemple.fr\"\nreturns_folder = \"{}\"\n[sessions]\nproof = \"1h\"\n[response]\nname = \"Exemple Formation\"\ncontact_mail = \"dpo@exemple.fr\"\n\
         [response.contacts]\nurl = \"sqlite:{}\"\nquery = \"SELECT numero AS person, courriel AS email FROM usagers\"\n",
        mailbox.address.port(),
        returns.display(),
        source.display()
    );
    if !can_mail {
        settings = settings[settings.find("[sessions]").unwrap()..].to_owned();
    }
    let plan = Plan::usual().settings(&settings).caseload("a1", &held);
    let mut instance = Instance::open_with(&plan, obliging, &[("dkim.pem", KEY)]);
    assert!(instance.stop());
    let arguments = [
        "account",
        "dpo",
        "--organisation",
        "operateur",
        "--role",
        "dpo",
    ];
    assert!(digue(instance.folder.path(), &arguments).status.success());
    instance.start();
    let dpo = instance.console_session("dpo");
    let a1 = instance.sign_in("a1");
    for person in &persons {
        assert_eq!(a1.get(&format!("/fiche/{person}")).status, 200);
    }
    let opened = dpo.send(
        "POST",
        "/incidents",
        &FORM,
        b"title=Compte+vole&source=person&account=a1",
    );
    let incident = opened
        .header("location")
        .expect("it leads to the incident")
        .to_owned();
    let told = Told {
        instance,
        mailbox,
        dpo,
        incident,
        folder,
    };
    // The affected set is computed under a checkpoint: the last ones come within a second.
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    loop {
        told.post("/affected", "account=a1");
        if told
            .dpo
            .get(&format!("{}/affected", told.incident))
            .text()
            .contains(&format!("<strong>{PERSONS}</strong>"))
        {
            break;
        }
        assert!(Instant::now() < deadline, "not all persons are in the set");
        std::thread::park_timeout(Duration::from_millis(100));
    }
    told.post(
        "/entries",
        &format!("note=persons&inform=yes&reason={BECAUSE}"),
    );
    told
}

impl Told {
    #[track_caller]
    fn post(&self, room: &str, body: &str) {
        let answer = self.dpo.send(
            "POST",
            &format!("{}{room}", self.incident),
            &FORM,
            body.as_bytes(),
        );
        assert_eq!(answer.status, 303, "{room} {body}: {}", answer.text());
    }

    /// Prepares a campaign from these contacts; returns what its page says once it is written.
    fn prepare(&self, contacts: &str, rate: u32) -> String {
        let version = self.versions();
        let fields = [
            ("style", "fr"),
            ("version", version.as_str()),
            ("subject", "Exemple Formation : vos données"),
            ("happened", "Quelqu'un a lu des fiches avec un compte volé."),
            ("risks", "On peut vous écrire en mentant."),
            ("steps", "Ne donnez jamais un code.\nRegardez vos comptes."),
            ("contact", "dpo@exemple.fr"),
            ("address", "digue.exemple.fr/check"),
        ];
        let mut body = String::new();
        let rate = rate.to_string();
        for (name, value) in fields.into_iter().chain([("rate", rate.as_str())]) {
            let _ = write!(
                body,
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        let _ = write!(
            body,
            "--x\r\nContent-Disposition: form-data; name=\"contacts\"; filename=\"c.csv\"\r\n\r\n{contacts}\r\n--x--\r\n"
        );
        let target = format!("{}/notices", self.incident);
        let answer = self.dpo.send("POST", &target, &MULTIPART, body.as_bytes());
        assert_eq!(answer.status, 303, "{}", answer.text());
        let place = answer.header("location").unwrap().to_owned();
        self.sees(&place, |page| !page.contains("en préparation"))
    }

    /// The page at a place, as soon as it is as wanted.
    fn sees(&self, place: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        loop {
            let page = self.dpo.get(place).text();
            if is_wanted(&page) {
                return page;
            }
            assert!(Instant::now() < deadline, "{page}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn versions(&self) -> String {
        let page = self.dpo.get(&format!("{}/notices", self.incident)).text();
        let list = page
            .split("name=\"version\">")
            .nth(1)
            .expect("the list of versions")
            .to_owned();
        list.split("<option>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned()
    }

    /// The name of the campaign.
    fn campaign(&self) -> String {
        let page = self.dpo.get(&format!("{}/notices", self.incident)).text();
        let rest = page
            .split("/notices/ca-")
            .nth(1)
            .expect("a campaign")
            .to_owned();
        format!("ca-{}", rest.split('"').next().unwrap())
    }

    fn set(&self, campaign: &str, state: &str) {
        self.post(&format!("/notices/{campaign}"), &format!("state={state}"));
    }

    /// Messages that arrived, by recipient.
    fn arrived(&self) -> BTreeMap<String, Vec<String>> {
        let mut arrived: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (recipient, text) in self.mailbox.messages() {
            arrived.entry(recipient).or_default().push(text);
        }
        arrived
    }

    fn waits_for(&self, count: usize) {
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        while self.arrived().len() < count {
            assert!(
                Instant::now() < deadline,
                "{} of {count} arrived",
                self.arrived().len()
            );
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

fn contacts() -> String {
    (0..PERSONS).fold("person,email\n".to_owned(), |mut csv, number| {
        let _ = writeln!(csv, "V{number},v{number}@example.fr");
        csv
    })
}

/// The code of a message.
fn code_of(message: &str) -> String {
    let body = decoded(message);
    let rest = body.split("ce code").nth(1).expect("the code").to_owned();
    rest.trim_start_matches([' ', ':', '\u{a0}'])
        .chars()
        .take(16)
        .collect()
}

/// Quoted-printable or base 64, as the mail carries it.
fn decoded(message: &str) -> String {
    let (head, body) = message.split_once("\n\n").unwrap();
    if head.contains("quoted-printable") {
        let joined = body.replace("=\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((&first, tail)) = rest.split_first() {
            if first == b'=' && tail.len() >= 2 {
                let hex = std::str::from_utf8(&tail[..2]).unwrap();
                bytes.push(u8::from_str_radix(hex, 16).unwrap());
                rest = &tail[2..];
            } else {
                bytes.push(first);
                rest = tail;
            }
        }
        return String::from_utf8(bytes).unwrap();
    }
    use base64::Engine as _;
    let joined: String = body.split_whitespace().collect();
    String::from_utf8(
        base64::engine::general_purpose::STANDARD
            .decode(joined)
            .unwrap(),
    )
    .unwrap()
}

#[test]
fn a_campaign_killed_on_its_way_tells_everybody_and_nobody_twice() {
    let mut told = told();
    let page = told.prepare(&contacts(), 3000);
    assert!(
        page.contains(&format!("<strong>{PERSONS}</strong>")),
        "{page}"
    );
    assert!(
        told.arrived().is_empty(),
        "nothing leaves before somebody says so"
    );
    let campaign = told.campaign();
    told.set(&campaign, "sending");
    told.waits_for(20);
    told.instance.kill();
    let before = told.arrived().len();
    assert!(before < PERSONS, "it was killed too late: {before}");
    told.instance.start();
    let uncertain = || {
        let csv = told
            .dpo
            .get(&format!("{}/notices/{campaign}/others.csv", told.incident));
        assert_eq!(csv.status, 200, "{}", csv.text());
        let lines: Vec<String> = csv.text().lines().skip(1).map(ToOwned::to_owned).collect();
        lines
            .into_iter()
            .filter(|line| line.contains("uncertain"))
            .collect::<Vec<_>>()
    };
    let doubtful = uncertain();
    assert!(
        doubtful.len() <= 1,
        "one message is on its way at a time: {doubtful:?}"
    );
    // The one that was on its way may have arrived: what counts is that nobody waits any more.
    told.sees(&format!("{}/notices/{campaign}", told.incident), |page| {
        !page.contains("<td>en attente") && !page.contains("<td>en cours<")
    });
    let arrived = told.arrived();
    for (recipient, messages) in &arrived {
        assert_eq!(messages.len(), 1, "{recipient} was told twice");
    }
    // Persons who were not informed are on the list of those to be reached otherwise.
    let missing: Vec<String> = (0..PERSONS)
        .map(|n| format!("v{n}@example.fr"))
        .filter(|who| !arrived.contains_key(who))
        .collect();
    assert!(
        missing
            .iter()
            .all(|who| doubtful.iter().any(|line| line.contains(who.as_str()))),
        "{missing:?}"
    );
    let codes: BTreeSet<String> = arrived
        .values()
        .map(|messages| code_of(&messages[0]))
        .collect();
    assert_eq!(codes.len(), arrived.len(), "each has a code of its own");
    for messages in arrived.values() {
        let head = messages[0].split("\n\n").next().unwrap();
        assert!(
            head.contains("\nMIME-Version: 1.0") || head.starts_with("MIME-Version: 1.0"),
            "{head}"
        );
        assert!(
            head.contains("Message-ID: <ca-") && head.contains("@exemple.fr>"),
            "{head}"
        );
    }
    verify_signatures(&told, &arrived);
}

#[test]
fn without_a_mail_server_nothing_stands_as_if_it_would_leave() {
    let told = told_with(false);
    let page = told.prepare(&contacts(), 3000);
    let campaign = told.campaign();
    let place = format!("{}/notices/{campaign}", told.incident);
    let said = "Aucun serveur de courrier n&#39;est configuré";
    assert!(page.contains(said) && page.contains("[mail]"), "{page}");
    assert!(!page.contains("value=\"sending\""), "{page}");
    assert!(
        told.dpo
            .get(&format!("{}/notices", told.incident))
            .text()
            .contains(said)
    );
    let refused = told.dpo.send("POST", &place, &FORM, b"state=sending");
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains(said), "{}", refused.text());
    let incident = told.incident.trim_start_matches("/incidents/");
    let json = told
        .dpo
        .get(&format!("/api/v1/incidents/{incident}"))
        .text();
    assert!(
        json.contains("\"no-mail-server\"") && json.contains("\"state\":\"ready\""),
        "{json}"
    );
    // Letters and lists leave another way, and the campaign ends as it should.
    assert_eq!(told.dpo.get(&format!("{place}/others.csv")).status, 200);
    let public = |told: &Told| {
        told.dpo
            .get("/check/messages.txt")
            .text()
            .contains("vos données")
    };
    // Notices that neither left nor are in a file are given up only by an explicit act.
    let refused = told.dpo.send("POST", &place, &FORM, b"state=ended");
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("ni partis ni exportés"),
        "{}",
        refused.text()
    );
    told.set(&campaign, "ended&gives_up=1");
    assert!(!told.dpo.get(&place).text().contains(said));
    // Nothing left: the duty to inform stands, and no one is shown an official message that never
    // existed.
    let log = told.dpo.get(&told.incident).text();
    assert!(
        log.contains("les faits du journal le montrent") && !log.contains("vos données (0)"),
        "{log}"
    );
    assert!(!public(&told));
}

/// Another implementation of DKIM finds every message signed.
fn verify_signatures(told: &Told, arrived: &BTreeMap<String, Vec<String>>) {
    let folder = told.instance.folder.path();
    let key = folder.join("dkim.pub");
    std::fs::write(&key, PUBLIC).unwrap();
    let mut command = Command::new(python("python"));
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    command
        .arg(std::path::Path::new(&here).join("../../tests/verify_dkim.py"))
        .arg(key);
    for (place, messages) in arrived.values().enumerate() {
        let path = folder.join(format!("message-{place}.eml"));
        std::fs::write(&path, messages[0].replace('\n', "\r\n")).unwrap();
        command.arg(path);
    }
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        arrived.len().to_string()
    );
}

#[test]
fn a_notice_is_checked_by_anybody_and_a_copy_shows_itself() {
    let told = told();
    // A source with every fault: valid rows are sent, the others are reported.
    let mut csv = "person;email;phone;name;address\n".to_owned();
    csv += "V1;un@example.fr;;;\nV2;pas-une-adresse;;;\nV3;;0612345678;;\nV1;deux@example.fr;;;\n";
    csv += "V4;;;Jean Valjean;1 rue de la Digue, 59000 Lille\n";
    let page = told.prepare(&csv, 600);
    for wanted in ["ligne 3", "ligne 5", "art. 34"] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
    let campaign = told.campaign();
    told.set(&campaign, "sending");
    told.waits_for(1);
    let message = told.arrived().remove("un@example.fr").unwrap().remove(0);
    let body = decoded(&message);
    assert!(
        body.contains("1. Ne donnez jamais un code.") && !body.contains("http"),
        "{body}"
    );
    let code = code_of(&message);
    let stranger = Client::new(told.instance.address, CONSOLE_HOST);
    let check = |code: &str| {
        let body = format!("code={}", code.replace(' ', "+"));
        stranger.send("POST", "/check", &FORM, body.as_bytes())
    };
    let genuine = check(&code.to_lowercase().replace('-', " "));
    assert_eq!(genuine.status, 200);
    let text = genuine.text();
    assert!(
        text.contains("Ce code est le nôtre") && text.contains("u•••@e•••.fr"),
        "{text}"
    );
    assert!(
        !text.contains("un@example.fr") && !text.contains("V1"),
        "nothing personal: {text}"
    );
    // Goal L3, by the keystroke-level model: the address is typed, not clicked; then the code as it
    // is written, two thoughts, and the answer read at 200 words a minute.
    let console = format!("http://{CONSOLE_HOST}:{}", told.instance.address.port());
    let person = Browser::without_scripts("fr");
    person.go(&format!("{console}/check"));
    person.forget_effort();
    person.write("#code", &code);
    person.submit("form[action='/check']", 0);
    person.sees("[role=status]", "Ce code est le nôtre");
    let ((clicks, keys), read) = (
        person.effort(),
        person.text("[role=status]").split_whitespace().count(),
    );
    let typed = u32::try_from("digue.exemple.fr/check".len() + 1).unwrap();
    let dashes = u32::try_from(code.matches('-').count()).unwrap();
    let keys = keys - dashes;
    let minutes_to_read = f64::from(u32::try_from(read).unwrap()) / 200.0;
    let seconds =
        f64::from(typed + keys) * 0.28 + f64::from(clicks + 1) * 1.35 + minutes_to_read * 60.0;
    let verdict = seconds - f64::from(u32::try_from(read).unwrap() - 9) / 200.0 * 60.0;
    println!(
        "a notice verified: {} keystrokes, {clicks} clicks; the verdict {verdict:.1} s, every line {seconds:.1} s",
        typed + keys
    );
    // Unknown, mistyped and empty codes are answered in the same words.
    let plain = |answer: digue_testkit::Answer, typed: &str| answer.text().replace(typed, "");
    let unknown = plain(check("7K3M-9QXT-2BVN-R"), "7K3M-9QXT-2BVN-R");
    assert_eq!(unknown, plain(check("ZZZZ"), "ZZZZ"));
    assert!(unknown.contains("avons envoyé aucun message avec ce code"));
    // Trying out codes is slowed down.
    // However slow this machine is: what is allowed grows with time.
    assert!(
        (0..300).any(|_| check("ZZZZ").status == 429),
        "300 codes were tried"
    );
    // The public list says what was sent, and can be mirrored with its signature.
    let public = stranger.get("/check").text();
    assert!(
        public.contains("Exemple Formation") && public.contains("avis@exemple.fr"),
        "{public}"
    );
    let signed = stranger.get("/check/messages.txt").text();
    assert!(
        signed.starts_with("digue-messages-1\n") && signed.contains("\n— "),
        "{signed}"
    );
    // Letters with their code in a picture; then the end forgets every address.
    let letters = told
        .dpo
        .get(&format!("{}/notices/{campaign}/letters.pdf", told.incident));
    assert!(
        letters.status == 200 && letters.body.starts_with(b"%PDF"),
        "{}",
        letters.status
    );
    told.set(&campaign, "ended&gives_up=1");
    let others = told
        .dpo
        .get(&format!("{}/notices/{campaign}/others.csv", told.incident))
        .text();
    assert!(
        others.contains("V4") && !others.contains("Valjean"),
        "{others}"
    );
    let page = told.dpo.get(&told.incident).text();
    assert!(
        page.contains("par courriel"),
        "what left is in the log: {page}"
    );
    // Letters, and persons without a contact, are for people to handle.
    assert!(
        !page.contains("personnes concernées ont été informées"),
        "{page}"
    );
}

#[test]
fn contacts_are_asked_of_the_portal_and_what_comes_back_is_read() {
    let told = told();
    let usagers: String = (1..PERSONS)
        .map(|number| format!("('V{number}', 'v{number}@example.fr'),"))
        .collect();
    // One row without an address, one with a wrong one.
    let script = format!(
        "import sqlite3; base = sqlite3.connect({:?}); \
         base.execute('CREATE TABLE usagers (numero TEXT, courriel TEXT)'); \
         base.execute(\"INSERT INTO usagers VALUES {usagers} ('V0', NULL), ('V0', 'rien')\"); base.commit()",
        told.folder.path().join("portail.db")
    );
    let made = Command::new("python3")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let page = told.prepare("", 60_000);
    for wanted in [
        "prête",
        "<strong>119</strong> courriel",
        "<strong>1</strong> aucun moyen",
        "ligne 120",
    ] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
    let campaign = told.campaign();
    told.set(&campaign, "sending");
    told.waits_for(PERSONS - 1);
    // Each goes out under an address of its own, and the report of a failure comes back to it.
    let code = code_of(&told.arrived().remove("v7@example.fr").unwrap()[0]);
    let report = format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: retours+{}@exemple.fr\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; v7@example.fr\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n",
        code.to_lowercase()
    );
    let returns = told.folder.path().join("retours");
    std::fs::write(returns.join("new/1.hostile"), b"\xff\xfe not a report").unwrap();
    std::fs::write(returns.join("tmp-2"), report).unwrap();
    std::fs::rename(returns.join("tmp-2"), returns.join("new/2.report")).unwrap();
    let place = format!("{}/notices/{campaign}", told.incident);
    let page = told.sees(&place, |page| page.contains("Un message est revenu"));
    assert!(page.contains("à joindre autrement"), "{page}");
    let rows = told.dpo.get(&format!("{place}/others.csv")).text();
    assert!(
        rows.lines()
            .any(|row| row.contains("V7") && row.contains("returned")),
        "{rows}"
    );
    assert!(returns.join("cur/2.report:2,S").exists() && returns.join("cur/1.hostile:2,").exists());
}

#[test]
fn a_preparation_that_is_killed_goes_on_where_it_was() {
    let mut told = told();
    // A source that does not answer is reported, and nothing was sent.
    let page = told.prepare("", 600);
    assert!(
        page.contains("en échec") && page.contains("ne répond pas"),
        "{page}"
    );
    let page = told.prepare(&contacts(), 600);
    assert!(
        page.contains(&format!("<strong>{PERSONS}</strong> courriel")),
        "{page}"
    );
    told.instance.kill();
    // As a crash in the middle leaves it: half of the notices are written, the file is there.
    let campaign = {
        let base = told.instance.folder.path().join("data/state.db");
        let contacts_file = |name: &str| {
            told.instance
                .folder
                .path()
                .join(format!("data/incidents/contacts-{name}.csv"))
        };
        let script = format!(
            "import sqlite3; base = sqlite3.connect({base:?}); \
             name = base.execute(\"SELECT id FROM campaigns WHERE state = 'ready'\").fetchone()[0]; \
             base.execute('DELETE FROM notices WHERE number > 50'); \
             base.execute(\"UPDATE campaigns SET state = 'preparing' WHERE id = ?\", (name,)); \
             base.commit(); print(name)"
        );
        let done = Command::new("python3")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let name = String::from_utf8(done.stdout).unwrap().trim().to_owned();
        assert!(
            !contacts_file(&name).exists(),
            "the file of contacts goes when the campaign is ready"
        );
        std::fs::write(contacts_file(&name), contacts()).unwrap();
        name
    };
    told.instance.start();
    let place = format!("{}/notices/{campaign}", told.incident);
    let page = told.sees(&place, |page| page.contains("prête"));
    assert!(
        page.contains(&format!("<strong>{PERSONS}</strong> courriel")),
        "{page}"
    );
}
