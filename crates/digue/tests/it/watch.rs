//! Detection in the real binary: a theft is stopped within tens of persons, decided by people, and
//! remembered after a restart; and recorded work, on the command line.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::evidence::wait_for;
use crate::instance::{Instance, Plan, binary, digue, obliging, reasons, shown_to};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const WATCH: &str = "[watch]\nautomatic = \"close-organisation\"\n";

/// Reads record pages one after the other until the account is closed; returns the persons shown.
fn steal(client: &digue_testkit::Client, most: usize) -> (HashSet<String>, Vec<String>) {
    let mut shown = HashSet::new();
    for number in 0..most {
        let person = format!("V{number}");
        let answer = client.get(&format!("/fiche/{person}"));
        if answer.status != 200 {
            return (shown, reasons(&answer));
        }
        shown.insert(person);
    }
    (shown, Vec::new())
}

fn everybody() -> Plan {
    watched(WATCH)
}

fn watched(settings: &str) -> Plan {
    let persons: Vec<String> = (0..400).map(|number| format!("V{number}")).collect();
    let persons: Vec<&str> = persons.iter().map(String::as_str).collect();
    Plan::usual()
        .settings(settings)
        .caseload("a1", &persons)
        .caseload("a2", &persons)
}

#[test]
fn a_theft_is_cut_off_within_tens_of_persons_and_people_decide() {
    let mut instance = Instance::open(&everybody(), obliging);
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
    let (a1, b1, officer) = (
        instance.sign_in("a1"),
        instance.sign_in("b1"),
        instance.officer(),
    );
    let (shown, why) = steal(&a1, 400);
    assert!(shown.len() <= 50, "{} persons", shown.len());
    assert_eq!(why, ["withheld"]);
    // The session has ended and the gate is closed; others continue to work.
    let refused = a1.get("/fiche/V1");
    assert!([401, 403].contains(&refused.status), "{}", refused.status);
    assert_ne!(b1.get("/fiche/V1").status, 401);
    let page = officer.get("/watch").text();
    assert!(page.contains("a1") && page.contains("/watch/fi-"), "{page}");
    let id = page
        .split("/watch/fi-")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let id = format!("fi-{id}");
    let finding = officer.get(&format!("/watch/{id}")).text();
    assert!(finding.contains("name=\"verdict\""), "{finding}");
    // It explains itself: the days around it, what would have been innocent, that nobody is known
    // yet.
    for said in [
        "un jour ordinaire",
        "suffi à elle seule à un signalement",
        "depuis 0 jour",
        "pas un verdict",
    ] {
        assert!(
            finding.contains(said) || finding.contains(&said.replace("&#39;", "'")),
            "{said}: {finding}"
        );
    }
    // Exported, and decided once, with a reason.
    assert!(officer.get("/watch.csv").text().contains("a1"));
    let body = format!("id={id}&verdict=work&reason=inventaire+de+fin+de+mois");
    assert_eq!(
        officer
            .send("POST", "/watch/decide", &FORM, body.as_bytes())
            .status,
        303
    );
    assert_eq!(
        officer
            .send("POST", "/watch/decide", &FORM, body.as_bytes())
            .status,
        409
    );
    // A closed account is reopened by two persons, with lower budgets.
    let open = b"scope=account&name=a1&gate=open&reason=inventaire";
    assert_eq!(officer.send("POST", "/gates", &FORM, open).status, 303);
    let waiting = dpo.get("/approvals").text();
    let approval = waiting
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let granted = dpo.send(
        "POST",
        "/approvals/decide",
        &FORM,
        format!("id={approval}&granted=1").as_bytes(),
    );
    assert_eq!(granted.status, 303);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/V1").status, 200);
    let history = instance.history();
    let journalled = shown_to(&history, "a1");
    assert_eq!(
        journalled.len(),
        shown.len(),
        "what was shown is what was written"
    );
}

#[test]
fn a_containment_survives_kill_9_and_so_do_habits() {
    let mut instance = Instance::open(&everybody(), obliging);
    let a1 = instance.sign_in("a1");
    // Below the bar before the crash, above it after: what was seen before counts.
    for number in 0..15 {
        assert_eq!(a1.get(&format!("/fiche/V{number}")).status, 200);
    }
    instance.kill();
    instance.start();
    let (shown, why) = steal(&a1, 400);
    assert!(
        shown.len() <= 50 && !why.is_empty(),
        "{} {why:?}",
        shown.len()
    );
    // Its gate is an entry before anything else can be asked about it.
    let officer = instance.officer();
    while !officer.get("/watch").text().contains("/watch/fi-") {
        std::thread::yield_now();
    }
    instance.kill();
    instance.start();
    assert_ne!(a1.get("/fiche/V1").status, 200);
    let text = String::from_utf8(
        digue(
            instance.folder.path(),
            &["journal", "show", "--count", "1000000"],
        )
        .stdout,
    );
    assert!(text.unwrap().contains("watch-contained"));
}

#[test]
fn a_trial_only_tells() {
    let plan = watched("[watch]\nautomatic = \"observe\"\n");
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let (shown, _) = steal(&a1, 100);
    assert_eq!(shown.len(), 100);
    let officer = instance.officer();
    assert!(officer.get("/watch").text().contains("/watch/fi-"));
}

#[test]
fn a_person_who_does_not_exist_closes_the_account_at_once() {
    let plan = watched(&format!("{WATCH}decoys = \"decoys.csv\"\n"));
    let mut instance = Instance::open_with(
        &plan,
        obliging,
        &[("decoys.csv", "portal,person\nportail,V7\n")],
    );
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/V1").status, 200);
    let refused = a1.get("/fiche/V7");
    assert_eq!(reasons(&refused), ["withheld"]);
    assert!(!refused.text().contains("Nom de V7"));
}

#[test]
fn decoys_are_drawn_in_the_portals_own_shape_and_never_stand_in_a_caseload() {
    let plan = watched(&format!("{WATCH}decoys = \"decoys.csv\"\n"));
    let mut instance = Instance::open_with(
        &plan,
        obliging,
        &[("decoys.csv", "portal,person\nportail,V7\n")],
    );
    let folder = instance.folder.path();
    let drawn = digue(
        folder,
        &[
            "decoys", "--portal", "portail", "--like", "V12345", "--count", "30",
        ],
    );
    assert!(
        drawn.status.success(),
        "{}",
        String::from_utf8_lossy(&drawn.stderr)
    );
    let lines = String::from_utf8(drawn.stdout).unwrap();
    let persons: HashSet<&str> = lines
        .lines()
        .skip(1)
        .filter_map(|line| line.strip_prefix("portail,"))
        .collect();
    assert_eq!(persons.len(), 30, "{lines}");
    assert!(
        persons
            .iter()
            .all(|person| person.len() == 6 && person[1..].parse::<u32>().is_ok()),
        "{lines}"
    );
    let unknown = digue(
        folder,
        &["decoys", "--portal", "nulle-part", "--like", "V1"],
    );
    assert_eq!(unknown.status.code(), Some(2));
    let officer = instance.officer();
    let csv = [("content-type", "text/csv")];
    let load = b"account,person\na1,V1\na1,V7\n";
    let answer = officer.send("PUT", "/api/v1/caseloads/personnes", &csv, load);
    assert_eq!(answer.status, 422);
    assert!(
        answer.text().contains("caseload-fault-decoy"),
        "{}",
        answer.text()
    );
}

/// A month of work of five accounts, and in its last hour a theft by one of them.
fn record() -> String {
    let mut lines = String::new();
    for day in 1..28 {
        for account in 0..5 {
            for sheet in 0..4 {
                let _ = writeln!(
                    lines,
                    r#"{{"at":"2026-06-{day:02}T{:02}:{:02}:00Z","account":"a{account}","organisation":"o","session":"s","portal":"p","route":"fiche","action":"open","persons":["P{}"],"categories":["identity"],"client":{{"ip":"192.0.2.1","user_agent":"Firefox"}}}}"#,
                    8 + sheet * 2,
                    account * 7,
                    account * 100 + (day * 3 + sheet) % 40
                );
            }
        }
    }
    for second in 0..120 {
        let _ = writeln!(
            lines,
            r#"{{"at":"2026-06-28T10:{:02}:{:02}Z","account":"a3","organisation":"o","portal":"p","route":"fiche","action":"open","persons":["V{second}"]}}"#,
            second / 60,
            second % 60
        );
    }
    lines
}

#[test]
fn recorded_exposures_are_watched_with_nothing_else_needed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("work.ndjson"), record()).unwrap();
    let run = |exposures: &str, decisions: &str| {
        let done = digue(
            folder.path(),
            &["watch", "--exposures", exposures, "--decisions", decisions],
        );
        let text = std::fs::read_to_string(folder.path().join(decisions)).unwrap_or_default();
        (
            done.status.code(),
            text,
            String::from_utf8(done.stderr).unwrap(),
        )
    };
    let (code, decisions, _) = run("work.ndjson", "decisions.ndjson");
    assert_eq!(code, Some(0));
    let lines: Vec<serde_json::Value> = decisions
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let contained: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "containment")
        .collect();
    assert_eq!(contained.len(), 1, "{decisions}");
    assert_eq!(contained[0]["account"], "a3");
    assert!(contained[0]["at"].as_str().unwrap() < "2026-06-28T10:00:50Z");
    assert!(!contained[0]["reasons"].as_array().unwrap().is_empty());
    // Lines in any order give the same result; a line that cannot be read is reported and loses
    // nothing.
    let mut shuffled: Vec<String> = record().lines().map(ToOwned::to_owned).collect();
    shuffled.reverse();
    std::fs::write(folder.path().join("reversed.ndjson"), shuffled.join("\n")).unwrap();
    assert_eq!(run("reversed.ndjson", "again.ndjson").1, decisions);
    std::fs::write(
        folder.path().join("broken.ndjson"),
        format!("{{\"at\":1}}\n{}", record()),
    )
    .unwrap();
    let (code, with_fault, said) = run("broken.ndjson", "broken-decisions.ndjson");
    assert_eq!((code, with_fault), (Some(1), decisions));
    assert!(said.contains("line 1"), "{said}");
}

#[test]
fn the_benchmark_is_named_and_played_from_the_command_line() {
    let run = |arguments: &[&str]| {
        let done = std::process::Command::new(binary())
            .args(arguments)
            .env("LANG", "fr")
            .output()
            .unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, list) = run(&["replay", "--list"]);
    assert!(code == Some(0) && list.contains("kairos") && list.contains("inside-caseload"));
    let (code, played) = run(&[
        "replay",
        "kairos",
        "--seed",
        "1",
        "--json",
        "--caseload",
        "without",
    ]);
    let first: serde_json::Value = serde_json::from_str(played.lines().next().unwrap()).unwrap();
    assert_eq!(
        (code, &first["scenario"]),
        (Some(0), &serde_json::json!("kairos"))
    );
    assert!(first["persons"]["max"].as_u64().unwrap() <= 50, "{played}");
    let (_, again) = run(&[
        "replay",
        "kairos",
        "--seed",
        "1",
        "--json",
        "--caseload",
        "without",
    ]);
    assert_eq!(played, again);
    let (code, with) = run(&["replay", "kairos", "--seed", "1", "--caseload", "with"]);
    assert!(code == Some(0) && with.contains("340"), "{with}");
    assert_eq!(run(&["replay", "nothing"]).0, Some(1));
}

/// What a webhook that is unavailable at first and a syslog collector receive about one theft.
#[test]
fn a_finding_is_told_once_to_machines() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    // The receiver is away for the first two calls.
    let calls = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let receiver = digue_testkit::Portal::start(move |_| {
        let is_away = seen.fetch_add(1, Ordering::SeqCst) < 2;
        digue_testkit::Reply::new("text/plain", "").status(if is_away { 503 } else { 204 })
    });
    let syslog = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    syslog
        .set_read_timeout(Some(digue_testkit::PATIENCE))
        .unwrap();
    let settings = format!(
        "{WATCH}webhook = \"{}/soc\"\nwebhook_secret_file = \"secret\"\nsyslog = \"{}\"\n",
        receiver.url(),
        syslog.local_addr().unwrap(),
    );
    let secret = "a-secret-of-thirty-two-characters";
    let mut instance = Instance::open_with(&watched(&settings), obliging, &[("secret", secret)]);
    let officer = instance.officer();
    let a1 = instance.sign_in("a1");
    steal(&a1, 400);
    // An alert may come first; the containment is the last word.
    let mut packet = [0; 65_536];
    let mut told = Vec::new();
    while !told
        .last()
        .is_some_and(|line: &String| line.starts_with("<81>1 "))
    {
        let length = syslog.recv(&mut packet).unwrap();
        told.push(String::from_utf8(packet[..length].to_vec()).unwrap());
    }
    let line = told.last().unwrap();
    let event: serde_json::Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
    let user = &event["evidences"][0]["actor"]["user"]["uid"];
    assert_eq!((&event["class_uid"], user), (&2004.into(), &"a1".into()));
    // The webhook has its own progress. Each was sent once that was possible, signed, and not
    // again.
    wait_for("the webhook", || receiver.heard().len() >= 2 + told.len());
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2 + told.len());
    let last = heard.last().unwrap();
    let signature = last.header("digue-signature").unwrap();
    let time = signature
        .strip_prefix("t=")
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let body = String::from_utf8(last.body.clone()).unwrap();
    let now = digue_types::Timestamp::from_secs(time.parse().unwrap());
    assert_eq!(
        signature,
        digue_casework::alerts::signature(secret, now, &body)
    );
    assert!(officer.get("/watch").text().contains("a1"));
    assert_eq!(receiver.heard().len(), heard.len());
}

/// `digue check` of the usual plan with this at its end.
fn checked(settings: &str) -> (bool, String) {
    let instance = Instance::open(&Plan::usual(), obliging);
    let place = instance.folder.path().join("digue.toml");
    let text = std::fs::read_to_string(&place).unwrap();
    // The `[watch]` section of the usual plan comes last.
    std::fs::write(&place, format!("{text}\n{settings}")).unwrap();
    let done = digue(instance.folder.path(), &["check"]);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    (done.status.success(), said)
}

#[test]
fn declared_batches_kinds_of_work_and_the_fuse_are_read_or_told_with_their_line() {
    let batch = |rest: &str| format!("[[watch.batches]]\naccount = \"of-1.nuit\"\n{rest}");
    let hours = "from = \"23:00\"\nuntil = \"03:00\"\n";
    let good = format!(
        "{}[watch.work]\nportail = \"desk\"\n",
        batch(&format!("{hours}persons = 600\n"))
    );
    let (is_good, said) = checked(&good);
    assert!(is_good, "{said}");
    for (settings, expected) in [
        (batch(&format!("{hours}persons = 0\n")), "persons"),
        (batch(hours), "persons"),
        (
            batch("from = \"24:00\"\nuntil = \"03:00\"\npersons = 6\n"),
            "00:00-23:59",
        ),
        (
            batch("from = \"03:00\"\nuntil = \"03:00\"\npersons = 6\n"),
            "until",
        ),
        (
            batch(&format!("{hours}persons = 6\n")).replace("of-1.nuit", "of 1/nuit"),
            "account",
        ),
        (
            "[watch.work]\nportail = \"counter\"\n".to_owned(),
            "files | desk",
        ),
        (
            "[watch.work]\nelsewhere = \"desk\"\n".to_owned(),
            "elsewhere",
        ),
    ] {
        let (is_good, said) = checked(&settings);
        assert!(
            !is_good && said.contains(expected) && said.contains("digue.toml:"),
            "{settings}: {said}"
        );
    }
}

#[test]
fn a_portal_cannot_be_set_to_close_by_itself() {
    let instance = Instance::open(&watched(WATCH), obliging);
    let place = instance.folder.path().join("digue.toml");
    let text = std::fs::read_to_string(&place).unwrap();
    for (setting, expected) in [
        ("automatic = \"close-portal\"", "close-organisation"),
        ("automatic = \"close-account\"\nfuse_share = 101", "1-100"),
        ("fuse_accounts = 0", "fuse_accounts"),
        ("fuse_hours = 0", "fuse_hours"),
    ] {
        std::fs::write(
            &place,
            text.replace("automatic = \"close-organisation\"", setting),
        )
        .unwrap();
        let done = digue(instance.folder.path(), &["check"]);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(
            !done.status.success() && said.contains(expected),
            "{setting}: {said}"
        );
    }
}
