//! Evidence on the command line: lists that prove themselves, receipts, witnesses, imports,
//! forgetting.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use digue_testkit::PATIENCE;
use serde_json::Value;

use crate::instance::{Instance, Plan, binary, digue, obliging};

/// Runs a command that must end with this code; its standard output.
#[track_caller]
fn run(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let done = digue(folder, arguments);
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert_eq!(
        done.status.code(),
        Some(code),
        "{arguments:?}\n{out}\n{err}"
    );
    out.into_owned()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Two accounts have read: a1 P1, P2 and P1 again, a2 P2. The instance is stopped.
fn worked() -> Instance {
    let plan = Plan::usual()
        .caseload("a1", &["P1", "P2"])
        .caseload("a2", &["P2"]);
    let mut instance = Instance::open(&plan, obliging);
    let (a1, a2) = (instance.sign_in("a1"), instance.sign_in("a2"));
    for path in ["/fiche/P1", "/fiche/P2", "/fiche/P1"] {
        assert_eq!(a1.get(path).status, 200);
    }
    assert_eq!(a2.get("/fiche/P2").status, 200);
    assert!(instance.stop());
    instance
}

#[test]
fn a_list_of_affected_persons_proves_itself() {
    let instance = worked();
    let folder = instance.folder.path();
    assert_eq!(
        run(folder, 0, &["scope", "--account", "a1", "--count"]).trim(),
        "2"
    );
    assert!(
        run(folder, 0, &["scope", "--account", "a1"])
            .contains("2 persons, shown 3 times (exact number)")
    );
    // An unknown name is not the same as a name that was shown no one.
    run(folder, 2, &["scope", "--account", "nobody", "--count"]);
    run(folder, 2, &["scope", "--session", "nothing", "--count"]);
    assert_eq!(
        run(folder, 0, &["scope", "--to", "2020-01-01", "--count"]).trim(),
        "0"
    );
    let all = lines(&run(
        folder,
        0,
        &["scope", "--organisation", "of-1", "--json"],
    ));
    assert_eq!(all[0]["quality"], "exact");
    let persons: Vec<&Value> = all[1..].iter().map(|line| &line["person"]).collect();
    assert_eq!(persons, ["P1", "P2"]);
    assert_eq!(
        (
            &all[1]["times"],
            all[2]["entries"].as_array().unwrap().len()
        ),
        (&2.into(), 2)
    );
    // Each named entry shows that person.
    for line in &all[1..] {
        for entry in line["entries"].as_array().unwrap() {
            let entry = entry.to_string();
            let shown = lines(&run(
                folder,
                0,
                &["journal", "show", "--first", &entry, "--count", "1"],
            ));
            assert_eq!(shown[0]["persons"][0]["person"], line["person"]);
        }
    }
    run(
        folder,
        0,
        &["scope", "--account", "a1", "--signed", "--out", "a1.list"],
    );
    run(
        folder,
        0,
        &["scope", "--account", "a2", "--signed", "--out", "a2.list"],
    );
    assert!(run(folder, 0, &["scope", "check", "a1.list"]).contains("2 persons"));
    run(folder, 0, &["scope", "check", "a1.list", "--from-journal"]);
    let compared = run(
        folder,
        0,
        &["scope", "compare", "a1.list", "a2.list", "--json"],
    );
    let both: Vec<Value> = lines(&compared);
    assert_eq!(both.len(), 2);
    assert_eq!(
        (&both[0]["in"], &both[0]["person"]),
        (&"both".into(), &"P2".into())
    );
    assert_eq!(
        (&both[1]["in"], &both[1]["person"]),
        (&"first".into(), &"P1".into())
    );
    let list = fs::read_to_string(folder.join("a1.list")).unwrap();
    fs::write(folder.join("forged.list"), list.replace("\"P2\"", "\"P9\"")).unwrap();
    assert!(run(folder, 1, &["scope", "check", "forged.list"]).contains("INVALID LIST"));
    run(folder, 2, &["scope", "check", "nowhere.list"]);
    // With the list and the public key alone, as the documents of a complaint say: what is signed
    // is verified, and the output says that nothing was computed again.
    let elsewhere = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("a1.list", "a1.list"),
        ("forged.list", "forged.list"),
        ("data/keys/journal.pub", "journal.pub"),
    ] {
        fs::copy(folder.join(from), elsewhere.path().join(to)).unwrap();
    }
    let key = ["--key", "journal.pub"];
    let said = run(
        elsewhere.path(),
        0,
        &[&["scope", "check", "a1.list"][..], &key].concat(),
    );
    assert!(
        said.contains("2 persons") && said.contains("not recomputed"),
        "{said}"
    );
    run(
        elsewhere.path(),
        1,
        &[&["scope", "check", "forged.list"][..], &key].concat(),
    );
    run(
        elsewhere.path(),
        2,
        &[
            &["scope", "check", "a1.list", "--journal", "data/journal"][..],
            &key,
        ]
        .concat(),
    );
    run(elsewhere.path(), 2, &["scope", "check", "a1.list"]);
    // A file is never overwritten.
    run(
        folder,
        2,
        &["scope", "--account", "a2", "--csv", "--out", "a1.list"],
    );
    assert_eq!(fs::read_to_string(folder.join("a1.list")).unwrap(), list);
}

#[test]
fn everyone_who_saw_a_person_is_told() {
    let instance = worked();
    let folder = instance.folder.path();
    let sights = lines(&run(folder, 0, &["seen", "--person", "P2", "--json"]));
    let seen: Vec<(&Value, &Value)> = sights
        .iter()
        .map(|one| (&one["account"], &one["basis"]))
        .collect();
    let caseload = Value::from("caseload");
    assert_eq!(seen, [(&"a2".into(), &caseload), (&"a1".into(), &caseload)]);
    assert!(run(folder, 0, &["seen", "--person", "P1"]).starts_with("Shown 2 times to 1 account"));
    run(folder, 2, &["seen", "--person", "P7"]);
    let csv = run(folder, 0, &["seen", "--person", "P2", "--csv"]);
    assert_eq!(csv.lines().count(), 3);
    // A file that is asked for is written, in each form, or the command says why not.
    run(
        folder,
        0,
        &["seen", "--person", "P2", "--csv", "--out", "seen.csv"],
    );
    assert_eq!(fs::read_to_string(folder.join("seen.csv")).unwrap(), csv);
    run(
        folder,
        0,
        &["seen", "--person", "P2", "--json", "--out", "seen.ndjson"],
    );
    assert_eq!(
        lines(&fs::read_to_string(folder.join("seen.ndjson")).unwrap()),
        sights
    );
    run(
        folder,
        0,
        &[
            "seen",
            "--person",
            "P2",
            "--parquet",
            "--out",
            "seen.parquet",
        ],
    );
    assert!(
        fs::read(folder.join("seen.parquet"))
            .unwrap()
            .starts_with(b"PAR1")
    );
    run(folder, 2, &["seen", "--person", "P2", "--out", "seen.txt"]);
}

#[test]
fn a_receipt_convinces_somebody_who_has_the_public_key_only() {
    let instance = worked();
    let folder = instance.folder.path();
    let entries = lines(&run(folder, 0, &["journal", "show", "--count", "1000"]));
    let entry = entries
        .iter()
        .find(|entry| entry["kind"] == "exposure")
        .unwrap();
    let number = entry["entry"].to_string();
    let elsewhere = tempfile::tempdir().unwrap();
    let receipt = run(folder, 0, &["journal", "prove", &number, "--disclose"]);
    let sealed = run(folder, 0, &["journal", "prove", &number]);
    let key = fs::read_to_string(folder.join("data/keys/journal.pub")).unwrap();
    let check = |code: i32, text: &str| {
        fs::write(elsewhere.path().join("receipt"), text).unwrap();
        run(
            elsewhere.path(),
            code,
            &["journal", "receipt", "receipt", "--key", key.trim()],
        )
    };
    assert!(check(0, &receipt).contains("\"account\": \"a1\""));
    assert!(check(0, &sealed).contains("sealed"));
    assert!(check(1, &receipt.replace("index ", "index 1")).contains("INVALID RECEIPT"));
    run(folder, 2, &["journal", "prove", "999999"]);
}

#[test]
fn entries_leave_in_four_forms() {
    let instance = worked();
    let folder = instance.folder.path();
    let all = lines(&run(folder, 0, &["journal", "export"]));
    let shown = lines(&run(folder, 0, &["journal", "show", "--count", "100000"]));
    assert_eq!(all, shown);
    let ocsf = lines(&run(folder, 0, &["journal", "export", "--ocsf"]));
    assert_eq!(ocsf.len(), all.len());
    assert_eq!(
        ocsf.iter()
            .filter(|event| event["class_uid"] == 6005)
            .count(),
        4
    );
    let csv = run(folder, 0, &["journal", "export", "--csv"]);
    assert_eq!(csv.lines().count(), all.len() + 1);
    run(
        folder,
        0,
        &["journal", "export", "--parquet", "--out", "journal.parquet"],
    );
    assert!(
        fs::read(folder.join("journal.parquet"))
            .unwrap()
            .starts_with(b"PAR1")
    );
    run(folder, 2, &["journal", "export", "--parquet"]);
    assert_eq!(
        run(folder, 0, &["journal", "export", "--to", "2020-01-01"]),
        ""
    );
}

#[test]
fn nothing_of_a_person_lies_readable_in_the_journals_folder() {
    let instance = worked();
    let mut folders = vec![instance.journal()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                for word in [&b"fiche"[..], b"of-1", b"account:"] {
                    assert!(
                        !bytes.windows(word.len()).any(|found| found == word),
                        "{}",
                        path.display()
                    );
                }
            }
        }
    }
    // Without the master key one can still verify, and a script learns that contents were not.
    fs::rename(
        instance.folder.path().join("data/keys/master.key"),
        instance.folder.path().join("away"),
    )
    .unwrap();
    let folder = instance.folder.path();
    assert!(run(folder, 1, &["journal", "verify"]).contains("not opened"));
    run(folder, 2, &["journal", "show"]);
    assert!(
        run(
            folder,
            0,
            &["journal", "show", "--count", "1000", "--master", "away"]
        )
        .contains("fiche")
    );
}

/// A running witness; ends with the test.
struct WitnessAt {
    child: Child,
    key: String,
    url: String,
}

impl Drop for WitnessAt {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn witness(folder: &Path, name: &str) -> WitnessAt {
    let log = fs::read_to_string(folder.join("data/keys/journal.pub")).unwrap();
    let mut child = Command::new(binary())
        .args([
            "witness",
            "--folder",
            name,
            "--name",
            name,
            "--address",
            "127.0.0.1:0",
            "--log",
            log.trim(),
        ])
        .current_dir(folder)
        .env("LANG", "en")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut after = |mark: &str| {
        let line = lines
            .find(|line| line.contains(mark))
            .expect("the witness starts");
        line.split(mark).nth(1).unwrap().trim().to_owned()
    };
    let key = after("witness:");
    let url = after("is listening on");
    WitnessAt { child, key, url }
}

/// Polls until `is_so`.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn witnesses_cosign_and_their_absence_is_an_alarm() {
    let mut instance = worked();
    let folder = instance.folder.path().to_owned();
    let (one, two) = (witness(&folder, "w1"), witness(&folder, "w2"));
    let mut settings = fs::read_to_string(folder.join("digue.toml")).unwrap();
    settings
        .push_str("\n[journal]\nwitness_every = \"100ms\"\nwitness_alarm = \"2s\"\nquorum = 2\n");
    for witness in [&one, &two] {
        settings.push_str(&format!(
            "[[journal.witnesses]]\nkey = \"{}\"\nurl = \"{}\"\n",
            witness.key, witness.url
        ));
    }
    fs::write(folder.join("digue.toml"), settings).unwrap();
    instance.start();
    let cosigned = folder.join("data/journal/checkpoint.witnessed");
    wait_for("a quorum cosigns", || cosigned.exists());
    let keys = ["--witness", &one.key, "--witness", &two.key];
    let verified = run(&folder, 0, &[&["journal", "verify"], &keys[..]].concat());
    assert!(
        verified.contains("witness w1") && verified.contains("witness w2"),
        "{verified}"
    );
    drop(two);
    let tail = || run(&folder, 0, &["journal", "show", "--count", "100000"]);
    wait_for("the alarm is journalled", || {
        tail().contains("witnesses-missing")
    });
    assert!(instance.stop());
    // Another history, signed with the right key: the witness knows better.
    run(&folder, 0, &["journal", "verify", "--witness", &one.key]);
    let stranger = run(
        &folder,
        1,
        &["journal", "verify", "--witness", &other_key(&folder)],
    );
    assert!(stranger.contains("too few witnesses"), "{stranger}");
}

/// The key of a witness that was never contacted.
fn other_key(folder: &Path) -> String {
    witness(folder, "w3").key.clone()
}

fn ago(days: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)
}

fn log_line(days: i64, account: &str, path: &str, status: u16) -> String {
    let at = ago(days)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%d/%b/%Y:%H:%M:%S %z")
        .to_string();
    format!(
        "192.0.2.7 - {account} [{at}] \"GET {path} HTTP/1.1\" {status} 512 \"-\" \"Mozilla/5.0\"\n"
    )
}

#[test]
fn access_logs_give_the_answer_of_last_year_and_are_taken_once() {
    let instance = worked();
    let folder = instance.folder.path();
    let mut log = String::new();
    for person in 0..300 {
        log.push_str(&log_line(300, "a1", &format!("/fiche/L{person}"), 200));
    }
    log.push_str(&log_line(300, "a1", "/fiche/L0", 200));
    log.push_str(&log_line(300, "a1", "/fiche/L999", 403));
    log.push_str(&log_line(300, "-", "/fiche/L1", 200));
    log.push_str(&log_line(300, "a1", "/elsewhere", 200));
    log.push_str(&log_line(500, "a1", "/fiche/L2", 200));
    log.push_str("no request at all\n");
    fs::write(folder.join("access.log"), &log).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, log.as_bytes()).unwrap();
    fs::write(folder.join("access.log.1.gz"), packed.finish().unwrap()).unwrap();
    let import = |code: i32, files: &[&str]| {
        run(
            folder,
            code,
            &[&["import", "--map", "portals/portail.toml"][..], files].concat(),
        )
    };
    let trial = import(1, &["--trial", "access.log"]);
    assert!(
        trial.contains("301 exposures, 301 persons named"),
        "{trial}"
    );
    assert_eq!(
        run(
            folder,
            0,
            &["scope", "--account", "a1", "--to", "2999-01-01", "--count"]
        )
        .trim(),
        "2"
    );
    let _ = fs::remove_file(folder.join("rejects.ndjson"));
    let done = import(1, &["access.log"]);
    assert!(done.contains("301 exposures written"), "{done}");
    for word in [
        "no account",
        "does not know this route",
        "beyond the retention",
        "declared format",
    ] {
        assert!(done.contains(word), "{word} in {done}");
    }
    let rejects = lines(&fs::read_to_string(folder.join("rejects.ndjson")).unwrap());
    assert_eq!(rejects.len(), 4);
    assert_eq!(
        (&rejects[0]["line"], &rejects[0]["reason"]),
        (&303.into(), &"no-account".into())
    );
    // The same lines again, compressed and under another name: nothing is added.
    let again = import(1, &["access.log.1.gz", "access.log"]);
    assert!(
        again.contains("0 exposures written") && again.contains("602 already known"),
        "{again}"
    );
    let day = ago(299).strftime("%Y-%m-%d").to_string();
    let scope = run(folder, 0, &["scope", "--account", "a1", "--to", &day]);
    assert!(
        scope.contains("300 persons, shown 301 times (an estimate)"),
        "{scope}"
    );
    let seen = lines(&run(folder, 0, &["seen", "--person", "L7", "--json"]));
    let entry = seen[0]["entry"].to_string();
    let shown = lines(&run(
        folder,
        0,
        &["journal", "show", "--first", &entry, "--count", "1"],
    ));
    assert_eq!(
        (&shown[0]["source"], &shown[0]["organisation"]),
        (&"access.log:8".into(), &"of-1".into())
    );
    run(folder, 0, &["journal", "verify"]);
}

#[test]
fn a_log_is_read_to_its_end_or_it_is_said_where_it_ends() {
    let instance = worked();
    let folder = instance.folder.path();
    let all: Vec<String> = (0..200)
        .map(|person| log_line(300, "a1", &format!("/fiche/L{person}"), 200))
        .collect();
    let log = |persons: std::ops::Range<usize>| all[persons].concat();
    let packed = |text: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let frame = |text: &str| {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress_to_vec(text.as_bytes(), level)
    };
    let import = |file: &str| digue(folder, &["import", "--map", "portals/portail.toml", file]);
    let said = |done: &std::process::Output| {
        String::from_utf8_lossy(&[done.stdout.clone(), done.stderr.clone()].concat()).into_owned()
    };
    // Rotated logs one after the other: every frame counts.
    fs::write(
        folder.join("frames.zst"),
        [frame(&log(0..50)), frame(&log(50..100))].concat(),
    )
    .unwrap();
    let done = import("frames.zst");
    assert!(
        done.status.code() == Some(0) && said(&done).contains("100 exposures written"),
        "{}",
        said(&done)
    );
    // Truncated: what is there is imported, and the output says where it ends.
    let second = packed(&log(150..200));
    let cut = [&packed(&log(100..150))[..], &second[..12]].concat();
    fs::write(folder.join("cut.gz"), cut).unwrap();
    let done = import("cut.gz");
    assert_eq!(done.status.code(), Some(1));
    assert!(
        said(&done).contains("50 exposures written"),
        "{}",
        said(&done)
    );
    assert!(
        said(&done).contains("cut.gz ends early, after line 50"),
        "{}",
        said(&done)
    );
    // The same in UTF-16 and through a pipe, whose rejected line has its own number.
    let text = format!("{}nonsense\n", log(0..100));
    let bytes: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(folder.join("utf-16.log"), bytes).unwrap();
    let file = fs::File::open(folder.join("utf-16.log")).unwrap();
    let done = Command::new(binary())
        .args(["import", "--map", "portals/portail.toml", "-"])
        .current_dir(folder)
        .env("LANG", "en")
        .stdin(file)
        .output()
        .unwrap();
    assert!(
        done.status.code() == Some(1) && said(&done).contains("100 already known"),
        "{}",
        said(&done)
    );
    let rejects = lines(&fs::read_to_string(folder.join("rejects.ndjson")).unwrap());
    let last = rejects.last().unwrap();
    assert_eq!(
        (&last["file"], &last["line"]),
        (&"stdin".into(), &101.into())
    );
    fs::write(folder.join("archive.log"), b"PK\x03\x04archive").unwrap();
    let done = import("archive.log");
    assert!(
        done.status.code() == Some(2) && said(&done).contains("a ZIP archive"),
        "{}",
        said(&done)
    );
}

#[test]
fn exposures_of_other_systems_are_taken_in_from_files() {
    let instance = worked();
    let folder = instance.folder.path();
    let map = fs::read_to_string(folder.join("portals/portail.toml")).unwrap();
    fs::write(
        folder.join("portals/portail.toml"),
        format!("{map}\n[import]\nformat = \"exposures\"\n"),
    )
    .unwrap();
    let line = |person: &str, portal: &str| {
        format!(
            "{{\"at\":\"{}\",\"account\":\"x1\",\"organisation\":\"of-9\",\"portal\":\"{portal}\",\"route\":\"fiche\",\
             \"action\":\"open\",\"persons\":[\"{person}\"],\"categories\":[\"identite\"],\
             \"client\":{{\"ip\":\"192.0.2.9\",\"user_agent\":\"\"}}}}\n",
            ago(20)
        )
    };
    let lines_of =
        line("E1", "portail") + &line("E2", "portail") + &line("E3", "elsewhere") + "nonsense\n";
    let lines_of = lines_of.replace("\"user_agent\":\"\"", "\"user_agent\":null");
    fs::write(
        folder.join("reported.ndjson"),
        format!("\u{feff}{lines_of}"),
    )
    .unwrap();
    let import = || {
        run(
            folder,
            1,
            &["import", "--map", "portals/portail.toml", "reported.ndjson"],
        )
    };
    let first = import();
    assert!(
        first.contains("2 exposures written") && first.contains("another portal"),
        "{first}"
    );
    assert!(import().contains("0 exposures written"));
    let scope = run(
        folder,
        0,
        &["scope", "--account", "x1", "--ip", "192.0.2.0/24"],
    );
    assert!(
        scope.contains("2 persons, shown 2 times (exact number)"),
        "{scope}"
    );
}

#[test]
fn what_is_past_its_retention_is_forgotten_and_not_a_day_before() {
    let mut instance = worked();
    let folder = instance.folder.path().to_owned();
    let log: String = (0..600)
        .map(|n| log_line(300, "a1", &format!("/fiche/L{n}"), 200))
        .collect();
    fs::write(folder.join("access.log"), log).unwrap();
    run(
        &folder,
        0,
        &["import", "--map", "portals/portail.toml", "access.log"],
    );
    let map = fs::read_to_string(folder.join("portals/portail.toml")).unwrap();
    fs::write(
        folder.join("portals/portail.toml"),
        format!("{map}\n[journal]\nretention = \"180d\"\n"),
    )
    .unwrap();
    let date = |days: i64| ago(days).strftime("%Y-%m-%d").to_string();
    let forget = |code: i32, before: &str| {
        run(
            &folder,
            code,
            &[
                "journal", "forget", "--portal", "portail", "--before", before,
            ],
        )
    };
    assert!(forget(1, &date(100)).contains("Nothing was erased"));
    assert_eq!(
        run(&folder, 0, &["scope", "--account", "a1", "--count"]).trim(),
        "602"
    );
    let done = forget(0, &date(200));
    assert!(done.contains("1 key destroyed"), "{done}");
    assert_eq!(
        run(&folder, 0, &["scope", "--account", "a1", "--count"]).trim(),
        "2"
    );
    let verified = run(&folder, 0, &["journal", "verify"]);
    assert!(
        verified.contains("no one can read them any more"),
        "{verified}"
    );
    let entries = lines(&run(&folder, 0, &["journal", "show", "--count", "100000"]));
    assert!(entries.iter().any(|entry| entry["kind"] == "forgotten"));
    assert!(
        entries
            .iter()
            .any(|entry| entry["act"] == "forgotten" && entry["subject"] == "portal:portail")
    );
    // It continues, and forgotten entries are not imported again.
    instance.start();
    assert!(instance.stop());
    let again = run(
        &folder,
        1,
        &["import", "--map", "portals/portail.toml", "access.log"],
    );
    assert!(again.contains("beyond the retention"), "{again}");
}

#[test]
fn the_console_gives_the_same_list_and_the_same_receipts() {
    let plan = Plan::usual().caseload("a1", &["P1", "P2"]);
    let mut instance = Instance::open(&plan, obliging);
    let (a1, officer) = (instance.sign_in("a1"), instance.officer());
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(a1.get("/fiche/P2").status, 200);
    let shown = || officer.get("/scope?account=a1").text();
    wait_for("both are under a checkpoint", || {
        shown().contains("<strong>2</strong>")
    });
    for (question, wanted) in [
        ("account=a1&network=nonsense", 422),
        ("account=a%20%2F", 422),
        ("from=tomorrow", 422),
    ] {
        assert_eq!(
            officer.get(&format!("/scope?{question}")).status,
            wanted,
            "{question}"
        );
    }
    assert!(
        officer
            .get("/scope?account=a2")
            .text()
            .contains("<strong>0</strong>")
    );
    let list = officer.get("/scope.ndjson?account=a1");
    assert_eq!(list.status, 200, "{}", list.text());
    assert_eq!(
        officer.get("/scope.csv?account=a1").text().lines().count(),
        3
    );
    let receipt = officer.get("/journal/3/receipt");
    assert_eq!(
        (receipt.status, officer.get("/journal/99999/receipt").status),
        (200, 404)
    );
    assert!(instance.stop());
    let folder = instance.folder.path();
    fs::write(folder.join("list"), &list.body).unwrap();
    fs::write(folder.join("receipt"), &receipt.body).unwrap();
    assert!(run(folder, 0, &["scope", "check", "list"]).contains("2 persons"));
    run(
        folder,
        0,
        &[
            "journal",
            "receipt",
            "receipt",
            "--key",
            "data/keys/journal.pub",
        ],
    );
    // Released responses are journalled.
    let acts = run(folder, 0, &["journal", "show", "--count", "100000"]);
    assert!(
        acts.contains("scope:2 persons") && acts.contains("receipt:3"),
        "{acts}"
    );
}

#[test]
fn whoever_publishes_a_journal_publishes_nothing_else() {
    let instance = Instance::open(
        &Plan::usual().settings("[journal]\npublished = true\n"),
        obliging,
    );
    let stranger = digue_testkit::Client::new(instance.address, crate::instance::CONSOLE_HOST);
    let get = |path: &str| stranger.get(&format!("/.digue/tlog/{path}"));
    let checkpoint = get("checkpoint");
    assert!(checkpoint.status == 200 && checkpoint.text().starts_with("digue.test\n"));
    let size = checkpoint.text().lines().nth(1).unwrap().to_owned();
    for path in [
        format!("tile/0/000.p/{size}"),
        format!("tile/entries/000.p/{size}"),
    ] {
        assert_eq!(get(&path).status, 200, "{path}");
    }
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/000.p",
        "pruned",
        "keys/0000000001",
        "wal/00000000000000000000",
        "lock",
        "tile/../keys/0000000001",
        "tile/%2e%2e/keys/0000000001",
        "tile/..%2f..%2fkeys/journal.key",
        "tile//keys",
        "tile/0/000.p/9999",
        "checkpoint.witnessed",
    ] {
        let status = get(path).status;
        assert!(status == 404 || status == 400, "{path}: {status}");
    }
}
