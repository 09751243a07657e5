//! `digue init --small`: from one command to a proved backup on a disk and at a provider, by pages
//! alone and without JavaScript.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use digue_testkit::{Answer, Client};
use regex::Regex;

use crate::backup::rest_double::{Deleting, RestDouble};
use crate::backup::tree;
use crate::demo::{client_of, enter};
use crate::instance::{binary, digue};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// The page that leads through the hour; ends with the test.
struct LedHour {
    child: Child,
    client: Client,
    /// The secret part of each address, with its `/`.
    root: String,
}

impl Drop for LedHour {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl LedHour {
    fn open(home: &Path, disks: &Path) -> Self {
        let mut child = Command::new(binary())
            .args(["--language", "fr", "init", "--small", "--disks"])
            .args([disks, home])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let told = lines.find(|line| line.contains("http://127.0.0.1:"));
        std::thread::spawn(move || lines.for_each(drop));
        let told = told.expect("the terminal says where the page is");
        let (client, root) = client_of(told.split(' ').next_back().unwrap());
        Self {
            child,
            client,
            root,
        }
    }

    fn get(&self, page: &str) -> Answer {
        self.client.get(&format!("{}{page}", self.root))
    }

    fn post(&self, page: &str, values: &[(&str, &str)]) -> Answer {
        let body = values
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)));
        let body = body.collect::<Vec<_>>().join("&");
        let target = format!("{}{page}", self.root);
        self.client.send("POST", &target, &FORM, body.as_bytes())
    }

    fn leads_to(&self, answer: &Answer, page: &str) {
        let to = answer.header("location").unwrap_or_default();
        let wanted = format!("{}{page}", self.root);
        assert_eq!(
            (answer.status, to),
            (303, wanted.as_str()),
            "{}",
            answer.text()
        );
    }

    /// The page of the work once it is over.
    fn worked(&self) -> String {
        loop {
            let page = self.get("work");
            if page.status != 200 || !page.text().contains("http-equiv=refresh") {
                return page.text();
            }
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The words of the sheets, by repository, as the page prints them.
fn sheets(page: &str) -> BTreeMap<String, Vec<String>> {
    let section =
        Regex::new("(?s)<section class=sheet><h2>([^<]+)</h2><pre>([^<]*)</pre>").unwrap();
    let mut found = BTreeMap::new();
    for part in section.captures_iter(page) {
        let (mut sheets, mut was_words) = (Vec::<String>::new(), false);
        for line in part[2].lines() {
            let is_words = line.starts_with("  ") && line.contains(char::is_alphabetic);
            match (is_words, was_words, sheets.last_mut()) {
                (true, true, Some(sheet)) => sheet.push_str(line),
                (true, ..) => sheets.push(line.to_owned()),
                (false, ..) => {}
            }
            was_words = is_words;
        }
        found.insert(part[1].to_owned(), sheets);
    }
    found
}

struct SmallOffice {
    folder: tempfile::TempDir,
}

impl SmallOffice {
    fn new() -> Self {
        let office = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["Documents/2026", "Export mail", "media", "digue"] {
            fs::create_dir_all(office.path(name)).unwrap();
        }
        for number in 0..30 {
            let text = format!("Convention {number} : signée.\n").repeat(50);
            let name = format!("Documents/2026/convention {number}.txt");
            fs::write(office.path(&name), text).unwrap();
        }
        fs::write(
            office.path("Export mail/Inbox.mbox"),
            "From a@b\n\nBonjour\n",
        )
        .unwrap();
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

#[test]
fn one_command_and_pages_lead_a_small_organisation_to_a_proved_backup() {
    let (office, server) = (SmallOffice::new(), RestDouble::start(Deleting::Refused));
    let hour = LedHour::open(&office.path("digue"), &office.path("media"));

    // Another site's name for this address, and another path, open nothing.
    let foreign = Client::new(hour.client.address, "evil.example");
    assert_eq!(foreign.get(&hour.root).status, 421);
    assert_eq!(hour.client.get("/").status, 404);

    let first = hour.get("").text();
    assert!(
        first.contains("<html lang=fr>") && !first.contains("<script"),
        "{first}"
    );
    let documents = office.text("Documents");
    let mut answers = [
        ("organisation", "Formation « Été »"),
        ("contact", "Camille Martin"),
        ("mail", "camille@formation.example"),
        ("folder", "/n'existe/pas"),
        ("mailbox", &office.text("Export mail")),
    ];
    let again = hour.post("", &answers);
    assert_eq!(again.status, 422);
    assert!(
        again.text().contains("Formation « Été »"),
        "{}",
        again.text()
    );
    answers[3].1 = &documents;
    hour.leads_to(&hour.post("", &answers), "disk");

    // No disk yet; then it is plugged in, and the page sees it.
    assert!(hour.get("disk").text().contains("http-equiv=refresh"));
    fs::create_dir(office.path("media/SAUVEGARDE")).unwrap();
    assert!(hour.get("disk").text().contains("SAUVEGARDE"));
    hour.leads_to(&hour.post("disk", &[("disk", &documents)]), "disk");
    let disk = office.text("media/SAUVEGARDE");
    hour.leads_to(&hour.post("disk", &[("disk", &disk)]), "provider");

    // A provider that does not answer is said, and nothing is lost by it.
    let server_at = |address: &str| {
        let url = format!("http://{address}/depot");
        let values = [("kind", "server"), ("url", &url)];
        hour.leads_to(&hour.post("provider", &values), "start");
        hour.leads_to(&hour.post("start", &[]), "work");
    };
    server_at("127.0.0.1:9");
    assert_eq!(hour.worked(), "");
    let failed = hour.get("start").text();
    assert!(
        failed.contains("n'a pas abouti") || failed.contains("n&#x27;a pas abouti"),
        "{failed}"
    );
    server_at(&server.address.to_string());
    let done = hour.worked();
    assert!(
        done.contains("C'est sauvegardé") || done.contains("C&#x27;est sauvegardé"),
        "{done}"
    );

    // Two sheets of each repository bring everything back.
    let page = hour.get("sheets").text();
    assert!(page.contains("La clé de la seconde personne"), "{page}");
    let printed = sheets(&page);
    let url = format!("http://{}/depot", server.address);
    let disk = office.text("media/SAUVEGARDE/sauvegarde-digue");
    for (name, place) in [("disque", disk), ("fournisseur", url)] {
        let of_it = &printed[name];
        assert_eq!(of_it.len(), 3, "{printed:?}");
        for number in [0, 2] {
            fs::write(office.path(&format!("{name}{number}")), &of_it[number]).unwrap();
        }
        let (one, three) = (format!("{name}0"), format!("{name}2"));
        for (source, folder) in [("dossiers", "Documents"), ("messagerie", "Export mail")] {
            let into = format!("{name}-{source}");
            let words = [
                "restore", "--from", &place, "--sheet", &one, "--sheet", &three,
            ];
            let rest = ["--source", source, "--into", &into];
            let restored = digue(office.folder.path(), &[&words[..], &rest].concat());
            assert!(restored.status.success(), "{restored:?}");
            assert_eq!(tree(&office.path(&into)), tree(&office.path(folder)));
        }
    }

    // The console opens by the page, and the management system begins there.
    let link = hour.get("enter/console");
    let link = link.header("location").unwrap().to_owned();
    let (console, _) = client_of(&link);
    let console = console.with_cookie(&enter(&link));
    assert_eq!(console.get("/smsi/start").status, 200);
    let checks = console.get("/smsi/checks/restore-drills");
    assert_eq!(checks.status, 200, "{}", checks.text());
    let link = hour.get("enter/assessment");
    let link = link.header("location").unwrap().to_owned();
    let (space, _) = client_of(&link);
    let space = space.with_cookie(&enter(&link));
    assert_eq!(space.get("/space/assessment").status, 200);

    // The same command opens what is set up.
    drop(hour);
    let hour = LedHour::open(&office.path("digue"), &office.path("media"));
    assert!(hour.worked().contains("enter/console"));
    assert_eq!(hour.get("enter/console").status, 303);
}
