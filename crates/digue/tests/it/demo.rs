//! `digue demo`: a year of an operator, the first page with its links, and with `--attack kairos`
//! the flood, the refusal, and the number that stays at the budget.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use digue_testkit::Client;
use digue_testkit::vocabulary::Vocabulary;
use regex::Regex;

use crate::instance::binary;

/// A demonstration without an attack, for trying it out by hand.
pub(crate) struct Stage {
    child: std::process::Child,
    /// Agent, delegate, data protection officer, security officer.
    pub(crate) links: Vec<String>,
    /// The second security officer's.
    pub(crate) second: String,
    /// The pages of the demonstration itself.
    first_page: String,
}

impl Stage {
    pub(crate) fn open() -> Self {
        Self::open_in("en")
    }

    /// The same, with registers and names of things in a language.
    pub(crate) fn open_in(language: &str) -> Self {
        let mut child = Command::new(binary())
            .args(["demo", "--language", language, "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let (mut links, mut first_page) = (Vec::new(), String::new());
        while links.len() < 6 {
            let line = lines.next().expect("the banner names six links");
            if line.contains("link=") {
                links.push(line.trim().to_owned());
            } else if line.contains("demo.localhost") {
                line.trim().clone_into(&mut first_page);
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        let second = links.pop().expect("six links");
        let _auditor = links.remove(3);
        Self {
            child,
            links,
            second,
            first_page,
        }
    }

    /// A page of the demonstration itself: of a role, or the letter of a person.
    pub(crate) fn tour(&self, page: &str) -> String {
        format!("{}/{page}?lang=fr", self.first_page)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ROLES: [&str; 6] = ["rssi", "dpo", "delegate", "agent", "person", "auditor"];

/// An address in parts: a client of its host, and the rest.
pub(crate) fn client_of(address: &str) -> (Client, String) {
    let rest = address.strip_prefix("http://").unwrap();
    let (authority, path) = rest
        .split_once('/')
        .map_or((rest, "/".to_owned()), |(authority, path)| {
            (authority, format!("/{path}"))
        });
    let port: u16 = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    (Client::new(([127, 0, 0, 1], port).into(), authority), path)
}

/// Signs in with a link; returns the secret of the session.
pub(crate) fn enter(link: &str) -> String {
    let (client, path) = client_of(link);
    let token = path.rsplit_once('=').unwrap().1;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let entered = client.send(
        "POST",
        "/.digue/enter",
        &form,
        format!("link={token}").as_bytes(),
    );
    let cookie = entered.header("set-cookie").unwrap();
    let secret = cookie.strip_prefix("__Host-digue=").unwrap();
    secret.split(';').next().unwrap().to_owned()
}

/// The texts of the main part of a page, without those that show a code on purpose.
fn texts(page: &str) -> Vec<String> {
    let main = page
        .split_once("<main")
        .map_or(page, |(_, rest)| rest.split("</main>").next().unwrap());
    let shown = Regex::new(
        "(?s)<code.*?</code>|<pre.*?</pre>|<textarea.*?</textarea>|<script.*?</script>|<style.*?</style>",
    )
    .unwrap();
    let main = shown.replace_all(main, "\n");
    let tag = Regex::new("(?s)<[^>]*>|^[^>]*>").unwrap();
    let plain = tag.replace_all(&main, "\n");
    plain
        .lines()
        .map(|line| {
            line.replace("&#39;", "'")
                .replace("&quot;", "\"")
                .replace("&amp;", "&")
        })
        .filter(|line| !line.trim().is_empty())
        .collect()
}

fn codes(words: &Vocabulary, page: &str, is_french: bool) -> Vec<String> {
    let texts = texts(page);
    assert!(!texts.is_empty(), "an empty page");
    texts
        .iter()
        .filter_map(|text| {
            let code = words.code_in(text, is_french)?;
            Some(format!("{code} in {text:?}"))
        })
        .collect()
}

/// Where the code of the letter on a page leads, typed at the address of the first line.
fn opened_by_letter(page: &str, door: &str) -> String {
    let code = Regex::new("<code>([^<]+)</code>").unwrap();
    let code = &code.captures(page).expect("a letter with a code")[1];
    let (client, path) = client_of(door);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let opened = client.send("POST", &path, &form, format!("code={code}").as_bytes());
    assert_eq!(opened.status, 303);
    opened.header("location").unwrap().to_owned()
}

#[test]
fn every_link_of_the_first_pages_answers_its_role_and_no_page_shows_a_code() {
    let stage = Stage::open();
    let words = Vocabulary::read();
    let (pages, _) = client_of(&stage.first_page);
    assert_eq!(pages.get("/").status, 200);
    let mut foreign = pages.clone();
    foreign.host = "evil.example".to_owned();
    assert_eq!(foreign.get("/").status, 421);
    let link = Regex::new("href=\"([^\"]+)\"").unwrap();
    let things = Regex::new("(?s)<ol class=things>(.*?)</ol>").unwrap();
    let mut faults = Vec::new();
    for role in ROLES {
        for (language, is_french) in [("fr", true), ("en", false)] {
            let page = pages.get(&format!("/{role}?lang={language}"));
            assert_eq!(page.status, 200, "{role}");
            faults.extend(codes(&words, &page.text(), is_french));
        }
        let page = pages.get(&format!("/{role}?lang=fr")).text();
        let list = things.captures(&page).unwrap()[1].to_owned();
        let targets: Vec<String> = link
            .captures_iter(&list)
            .map(|found| found[1].to_owned())
            .collect();
        assert_eq!(targets.len(), 5, "{role}: {list}");
        let session = |host: &str| {
            let entered = pages.get(&format!("/enter/{role}"));
            let way_in = entered.header("location")?.to_owned();
            way_in.contains(host).then(|| enter(&way_in))
        };
        let secret = session("localhost");
        assert_eq!(secret.is_none(), role == "person");
        if role == "person" {
            assert_eq!(opened_by_letter(&page, &targets[0]), "/person");
        }
        for target in targets {
            let (mut client, path) = client_of(&target);
            if let Some(secret) = &secret {
                client = client.with_cookie(secret);
            }
            let french = [("accept-language", "fr")];
            let answer = client.send("GET", &path, &french, b"");
            // The portal's session is another one: its first page is tried with it.
            let is_led_on =
                answer.status == 303 && role == "agent" && !target.contains("kairos.localhost");
            assert!(
                answer.status == 200 || is_led_on,
                "{role}: {target} answers {}",
                answer.status
            );
            if answer.status == 200 && target.contains("digue.localhost") {
                let found = codes(&words, &answer.text(), true);
                faults.extend(found.into_iter().map(|code| format!("{target}: {code}")));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

const OF_REGISTERS: [&str; 12] = [
    "rights-reviews",
    "incident-deadlines",
    "incident-evidence",
    "incident-lessons",
    "awareness",
    "roles",
    "measures-late",
    "risks-reviewed",
    "audits-done",
    "documents-current",
    "processing-current",
    "assets-owned",
];

#[test]
fn the_demonstration_opens_on_a_lived_in_operator() {
    let stage = Stage::open();
    let get = |secret: &str, path: &str| {
        let (client, _) = client_of(&stage.links[3]);
        let english = [("accept-language", "en")];
        let answer = client.with_cookie(secret).send("GET", path, &english, b"");
        assert_eq!(answer.status, 200, "{path}");
        answer.text()
    };
    let [_, delegate, dpo, ciso] = [0, 1, 2, 3].map(|place| enter(&stage.links[place]));
    // No finding by the demonstration itself, and each home has work.
    let findings = get(&ciso, "/watch");
    assert!(findings.contains("Nothing to report"), "{findings}");
    for (secret, awaited) in [
        (&ciso, "Computer stolen from an office"),
        (&dpo, "Computer stolen from an office"),
        (&delegate, "Yearly review of all access"),
    ] {
        let home = get(secret, "/");
        assert!(home.contains(awaited), "{awaited}: {home}");
    }
    // Every check of the registers and of incidents stands on content.
    let checks = get(&ciso, "/smsi/checks.csv");
    for check in OF_REGISTERS {
        let line = checks.lines().find(|line| line.starts_with(check));
        let state = line.and_then(|line| line.split(',').nth(2));
        assert!(matches!(state, Some("pass" | "fail")), "{check}: {line:?}");
    }
    // The broken promise is the loudest line.
    let wrong = get(&ciso, "/smsi/contradictions.csv");
    let first = wrong.lines().nth(1).unwrap_or_default().to_owned();
    assert!(first.contains("Encrypt the exports of lists"), "{first}");
    let kinds: BTreeSet<&str> = wrong
        .lines()
        .skip(1)
        .filter_map(|line| line.split(",ME-").next())
        .collect();
    assert!(kinds.len() >= 3, "{kinds:?}");
    // Three closed incidents and one whose clocks run.
    let register = get(&dpo, "/incidents.csv");
    assert_eq!(register.lines().count(), 5, "{register}");
    // A closed incident is complete: a reader learns from it what a register looks like.
    let register: serde_json::Value = serde_json::from_str(&get(&dpo, "/register.json")).unwrap();
    let closed = register.as_array().unwrap().iter();
    let closed: Vec<_> = closed.filter(|one| one["state"] == "resolved").collect();
    assert_eq!(closed.len(), 3, "{register}");
    for one in closed {
        let value = |field: &str| {
            one["fields"][field]["value"][0]
                .as_str()
                .map(ToOwned::to_owned)
        };
        let persons = value("person-count").and_then(|count| count.parse::<u32>().ok());
        assert!(persons.is_some_and(|count| count > 0), "{one}");
        for field in [
            "natures",
            "origins",
            "cause",
            "what",
            "data-kinds",
            "gravity",
        ] {
            assert!(value(field).is_some(), "{field}: {one}");
        }
    }
}

/// Each register and its first record: the page of a signature showed the codes of fields.
#[test]
fn no_page_of_a_register_shows_a_code() {
    let stage = Stage::open_in("fr");
    let words = Vocabulary::read();
    let secret = enter(&stage.links[3]);
    let get = |path: &str| {
        let (client, _) = client_of(&stage.links[3]);
        let french = [("accept-language", "fr")];
        let answer = client.with_cookie(&secret).send("GET", path, &french, b"");
        assert_eq!(answer.status, 200, "{path}");
        answer.text()
    };
    let kind = Regex::new("href=\"(/smsi/registers/[a-z-]+)\"").unwrap();
    let kinds: BTreeSet<String> = kind
        .captures_iter(&get("/smsi/registers"))
        .map(|found| found[1].to_owned())
        .collect();
    assert!(kinds.len() > 40, "{kinds:?}");
    let (mut faults, mut records) = (Vec::new(), 0);
    for kind in &kinds {
        let page = get(kind);
        let record = Regex::new(&format!("href=\"({kind}/[A-Z]+-[0-9]+)\"")).unwrap();
        let first = record.captures(&page).map(|found| found[1].to_owned());
        records += usize::from(first.is_some());
        let pages = [(kind.clone(), page)].into_iter();
        for (place, page) in pages.chain(first.map(|place| (place.clone(), get(&place)))) {
            let found = codes(&words, &page, true);
            faults.extend(found.into_iter().map(|code| format!("{place}: {code}")));
        }
    }
    assert!(records > 35, "the year fills most registers: {records}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_played_theft_stays_at_the_budget() {
    let mut child = Command::new(binary())
        .args([
            "demo",
            "--language",
            "en",
            "--port",
            "0",
            "--attack",
            "kairos",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut links = Vec::new();
    // Ends with the test, however that ends.
    let _stage = Stage {
        child,
        links: Vec::new(),
        second: String::new(),
        first_page: String::new(),
    };
    let mut shown = Vec::new();
    // Ten reports are twenty seconds: by then the budget has been met long ago.
    for line in lines.by_ref() {
        if line.contains("link=") {
            links.push(line.trim().to_owned());
        }
        if let Some(count) = line.strip_suffix(" persons shown") {
            shown.push(count.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
        }
        if shown.len() == 10 {
            break;
        }
    }
    assert_eq!(links.len(), 6);
    // 19 of its own caseload, 10 exact searches a minute: then no one.
    assert!(shown.iter().all(|count| *count <= 19 + 10), "{shown:?}");
    assert!(shown.last().unwrap() > &0);
    let (client, _) = client_of(&links[4]);
    let client = client.with_cookie(&enter(&links[4]));
    let english = [("accept-language", "en")];
    let page = client.send("GET", "/", &english, b"").text();
    assert!(page.contains("of-212.agent2"), "{page}");
    // The theft is the state of things, above what a year has left to do.
    assert!(
        page.contains("account closed at") && page.contains("to be decided"),
        "{page}"
    );
}

#[test]
fn a_ransomware_is_rehearsed_from_the_backup_to_the_restart_and_the_loss_is_said() {
    let words = [
        "demo",
        "--language",
        "en",
        "--attack",
        "rancongiciel",
        "--port",
        "0",
    ];
    let done = Command::new(binary()).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complained = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}{complained}");
    for wanted in [
        "opens an incident with its sheet: ",
        "120 files are back, identical",
        "Journal verified against the checkpoint of the witness",
        "issued before verif",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    // Every step with its time, in order.
    let step = Regex::new(r"(?m)^(\d+)\. .* \(\d+ s\)$").unwrap();
    let numbers: Vec<u32> = step
        .captures_iter(&said)
        .map(|found| found[1].parse().unwrap())
        .collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<u32>>(), "{said}");
    let lost =
        Regex::new(r"Lost: ([\d\s,.\u{a0}\u{202f}]+) journal entr\w+, exactly, about (\d+) person")
            .unwrap();
    let lost = lost.captures(&said).unwrap_or_else(|| panic!("{said}"));
    let persons: u32 = lost[2].parse().unwrap();
    assert!(persons > 0, "persons were shown after the backup: {said}");

    // No other folder than its own.
    let folder = tempfile::tempdir().unwrap();
    let refused = Command::new(binary())
        .args(words)
        .arg("--folder")
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
