//! The message desk: submitted messages are judged, forwarded ones are answered, and imitating
//! domains reach the public page only when an officer publishes them.

use base64::Engine as _;
use digue_testkit::{Answer, Client};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging};
use crate::webdriver::Browser;

const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=xyzzy")];
const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

const RECORDS: &str = include_str!("../../../digue-messages/tests/data/records.txt");
/// Signed by the official sender, with a key of the records.
const SIGNED: &[u8] = include_bytes!("../../../digue-messages/tests/data/signed/relaxed.eml");
/// Unsigned, from elsewhere; its second line of transport is the forger's own.
const FORGED_BENEATH: &[u8] =
    include_bytes!("../../../digue-messages/tests/data/forged-received/exim.eml");
const WINMAIL: &[u8] =
    include_bytes!("../../../digue-messages/tests/data/attached/winmail_dat.eml");
const BROKEN_OUTLOOK: &[u8] =
    include_bytes!("../../../digue-messages/tests/data/attached/outlook_msg.eml");

fn instance() -> Instance {
    let plan = Plan::usual()
        .settings("[messages]\ndomains = [\"portail.fr\"]\nnames = [\"Portail Emploi\"]\nrecords = \"records.txt\"\ninbox = \"inbox\"\n");
    Instance::open_with(&plan, obliging, &[("records.txt", RECORDS)])
}

fn show(client: &Client, text: &str, file: &[u8]) -> Answer {
    let mut body =
        format!("--xyzzy\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{text}\r\n")
            .into_bytes();
    body.extend_from_slice(
        b"--xyzzy\r\nContent-Disposition: form-data; name=\"file\"; filename=\"m.eml\"\r\n\r\n",
    );
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--xyzzy--\r\n");
    client.send("POST", "/messages", &MULTIPART, &body)
}

const FRAUD: &[u8] =
    b"From: Portail Emploi <info@portai.fr>\r\nTo: a1@exemple.fr\r\nSubject: Votre compte\r\n\
    Message-ID: <1@x>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <p>Votre compte sera suspendu. <img src=\"http://127.0.0.1:1/pixel.gif\"><script>alert(1)</script>\
    <a href=\"https://vol.example/x\">https://portail.fr/espace</a></p>\r\n";

#[test]
fn anybody_shows_a_message_and_is_told_what_to_think_of_it() {
    let mut instance = instance();
    let (officer, a1) = (instance.officer(), instance.console_session("a1"));
    let stranger = Client::new(instance.address, CONSOLE_HOST);
    let told = show(&stranger, "", FRAUD);
    assert_eq!(told.status, 200, "{}", told.text());
    let page = told.text();
    assert!(
        page.contains("Message frauduleux") && page.contains("portai.fr"),
        "{page}"
    );
    assert!(page.contains("portail.fr / vol.example"), "{page}");
    // Nothing of the message is rendered: neither its picture nor its script.
    assert!(
        !page.contains("pixel.gif") && !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    let forged = b"Return-Path: <info@portail.fr>\r\nReceived: from x (x [198.51.100.9]) by mx; Sun, 22 Nov 2026 10:00:00 +0000\r\n\
        From: info@portail.fr\r\nTo: a1@exemple.fr\r\nSubject: Votre compte\r\n\r\nBonjour\r\n";
    let page = show(&stranger, "", forged).text();
    assert!(
        page.contains("Message frauduleux") && page.contains("rien ne le confirme"),
        "{page}"
    );
    // A server of the sender's is not a signature: nothing counts as proven, and nothing is
    // genuine.
    let honest = String::from_utf8_lossy(forged).replace("198.51.100.9", "192.0.2.9");
    let page = show(&stranger, "", honest.as_bytes()).text();
    assert!(
        page.contains("On ne peut pas savoir") && page.contains("Ce n&#39;est pas une preuve"),
        "{page}"
    );
    assert!(
        !page.contains("La signature prouve") && !page.contains("Message vrai"),
        "{page}"
    );
    let page = show(&stranger, "", SIGNED).text();
    assert!(
        page.contains("Message vrai") && page.contains("La signature prouve"),
        "{page}"
    );
    assert!(
        show(&a1, "On déjeune à midi ?", b"")
            .text()
            .contains("On ne peut pas savoir")
    );
    assert_eq!(show(&a1, "", b"").status, 422);
    assert_eq!(show(&a1, "", &vec![b'a'; (2 << 20) + 5000]).status, 422);
    // Officers read the reports, and publish; no one else does.
    let rows = officer.get("/messages/reports.csv").text();
    assert!(
        rows.lines()
            .any(|line| line.contains(";a1;") && line.contains("unknown")),
        "{rows}"
    );
    assert!(
        rows.lines()
            .any(|line| line.contains("portai.fr") && line.contains("fraud")),
        "{rows}"
    );
    assert_eq!(a1.get("/messages/reports").status, 403);
    assert!(!stranger.get("/messages").text().contains("<code>portai.fr"));
    let page = officer.get("/messages/reports").text();
    let id = page
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let body = format!("id={id}");
    assert_eq!(
        a1.send("POST", "/messages/publish", &FORM, body.as_bytes())
            .status,
        403
    );
    assert_eq!(
        officer
            .send("POST", "/messages/publish", &FORM, body.as_bytes())
            .status,
        303
    );
    assert_eq!(
        officer
            .send("POST", "/messages/publish", &FORM, body.as_bytes())
            .status,
        409
    );
    assert!(
        stranger
            .get("/messages")
            .text()
            .contains("<code>portai.fr</code>")
    );
    // Not for trying messages out, one after the other.
    let mut answers = (0..30).map(|_| show(&stranger, "bonjour", b"").status);
    assert!(
        answers.any(|status| status == 503 || status == 429),
        "{answers:?}"
    );
}

#[test]
fn what_is_attached_is_read_or_said_to_be_unread() {
    let mut instance = instance();
    let a1 = instance.console_session("a1");
    let page = show(&a1, "", FORGED_BENEATH).text();
    assert!(
        !page.contains("Message vrai") && !page.contains("La signature prouve"),
        "{page}"
    );
    let forwarded = |message: &[u8]| {
        let head = b"From: lea@exemple.org\r\nTo: guichet@portail.fr\r\nSubject: Tr: suspect\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoir PJ.\r\n\
            --b\r\nContent-Type: application/octet-stream; name=m.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        let body = base64::engine::general_purpose::STANDARD.encode(message);
        [&head[..], body.as_bytes(), b"\r\n--b--\r\n"].concat()
    };
    let page = show(&a1, "", &forwarded(SIGNED)).text();
    assert!(
        page.contains("Message vrai") && page.contains("en contient un autre"),
        "{page}"
    );
    assert!(
        show(&a1, "", &forwarded(FRAUD))
            .text()
            .contains("Message frauduleux")
    );
    for (file, name) in [
        (WINMAIL, "winmail.dat"),
        (BROKEN_OUTLOOK, "message d&#39;Outlook (.msg)"),
    ] {
        let page = show(&a1, "", file).text();
        assert!(
            page.contains("Une partie n&#39;a pas été lue") && page.contains(name),
            "{page}"
        );
        assert!(
            page.contains("Tout n&#39;a pas pu être lu") && !page.contains("Message vrai"),
            "{page}"
        );
    }
}

#[test]
fn hostile_files_neither_stop_the_desk_nor_make_it_fetch() {
    let mut instance = instance();
    let a1 = instance.console_session("a1");
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(2000);
    let parts = format!(
        "From: a@b.fr\r\nTo: c\r\nSubject: d\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(2000)
    );
    for hostile in [
        nested.as_bytes(),
        parts.as_bytes(),
        b"\xff\xfe\x00\x01",
        b"From: \r\n\r\n",
        b"From: a@b\r\nSubject: =?x?B?////?=\r\nTo: \xff\r\n\r\n\xff",
    ] {
        assert_eq!(show(&a1, "", hostile).status, 200);
    }
    assert!(instance.portal.heard().is_empty(), "nothing was fetched");
}

#[test]
fn what_is_forwarded_is_read_once_and_its_sender_found() {
    let mut instance = instance();
    let officer = instance.officer();
    let inbox = instance.folder.path().join("inbox");
    for folder in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(inbox.join(folder)).unwrap();
    }
    let mut outer = b"From: quelquun@exemple.fr\r\nTo: guichet@portail.fr\r\nSubject: Tr: suspect\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n".to_vec();
    outer.extend_from_slice(FRAUD);
    outer.extend_from_slice(b"\r\n--b--\r\n");
    std::fs::write(inbox.join("tmp/1"), &outer).unwrap();
    std::fs::rename(inbox.join("tmp/1"), inbox.join("new/1")).unwrap();
    let deadline = std::time::Instant::now() + digue_testkit::PATIENCE;
    while !inbox.join("cur/1:2,S").exists() {
        assert!(
            std::time::Instant::now() < deadline,
            "the message was not read"
        );
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    assert!(
        officer
            .get("/messages/reports.csv")
            .text()
            .contains("portai.fr")
    );
}

#[test]
fn the_desk_is_for_everybody_at_both_widths() {
    let mut instance = instance();
    assert!(instance.stop());
    let done = digue(
        instance.folder.path(),
        &[
            "account",
            "chef",
            "--organisation",
            "of-1",
            "--role",
            "delegate",
        ],
    );
    assert!(done.status.success());
    instance.start();
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let browser = Browser::open("fr");
    browser.width(1280);
    browser.go(&format!("{console}/messages"));
    browser.sees("h1", "Ce message est-il vrai ?");
    browser.write("#text", "De : Portail Emploi <aide@gmail.example>\nObjet : Urgent\n\nEnvoyez votre RIB et votre mot de passe sous 24 heures.");
    browser.submit("form[action='/messages']", 0);
    browser.sees("h2", "Message frauduleux");
    browser.sees("main", "signal-spam.fr");
    browser.page_at_both_widths("messages");
    let token = instance.link("rssi", CONSOLE_HOST);
    browser.go(&format!("{console}/.digue/enter?link={token}"));
    browser.click("button.main");
    browser.sees("h1", "Mon compte");
    browser.go(&format!("{console}/messages/reports"));
    browser.sees("table", "fraude");
    browser.page_at_both_widths("message-reports");
}
