//! Recorded work by the command line, however it was written, packed, cut and shuffled.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::instance::{binary, digue};

/// Two weeks of work of three accounts, and a theft by one of them.
fn record() -> Vec<String> {
    let mut lines = Vec::new();
    for day in 1..15 {
        for account in 0..3 {
            for sheet in 0..4 {
                lines.push(format!(
                    r#"{{"at":"2026-06-{day:02}T{:02}:{:02}:00.5Z","account":"a{account}","organisation":"o","session":null,"persons":["P{}"],"client":{{"ip":"192.0.2.1","user_agent":null}}}}"#,
                    8 + sheet * 2,
                    account * 7,
                    account * 100 + (day * 3 + sheet) % 40
                ));
            }
        }
    }
    for second in 0..90 {
        lines.push(format!(
            r#"{{"at":"2026-06-15T10:{:02}:{:02}Z","account":"a1","organisation":"o","persons":["V{second}"],"client":null}}"#,
            second / 60,
            second % 60
        ));
    }
    lines
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
}

struct WatchRun {
    code: Option<i32>,
    decisions: String,
    said: String,
}

fn watch(folder: &Path, name: &str, bytes: &[u8]) -> WatchRun {
    fs::write(folder.join(name), bytes).unwrap();
    let _ = fs::remove_file(folder.join("decisions.ndjson"));
    let done = digue(
        folder,
        &[
            "watch",
            "--exposures",
            name,
            "--decisions",
            "decisions.ndjson",
        ],
    );
    WatchRun {
        code: done.status.code(),
        decisions: fs::read_to_string(folder.join("decisions.ndjson")).unwrap_or_default(),
        said: String::from_utf8(done.stderr).unwrap(),
    }
}

/// The same through a pipe, by the name that the command is given for it.
fn watch_piped(folder: &Path, name: &str, bytes: &[u8]) -> WatchRun {
    let mut child = Command::new(binary())
        .args(["watch", "--exposures", name])
        .current_dir(folder)
        .env("LANG", "en")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    // A command that refuses what it is given closes the pipe.
    let writing = std::thread::spawn(move || drop(pipe.write_all(&bytes)));
    let done = child.wait_with_output().unwrap();
    writing.join().unwrap();
    WatchRun {
        code: done.status.code(),
        decisions: String::from_utf8(done.stdout).unwrap(),
        said: String::from_utf8(done.stderr).unwrap(),
    }
}

#[test]
fn decisions_are_the_same_however_the_record_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lines = record();
    let text = joined(&lines);
    let first = watch(folder, "plain.ndjson", text.as_bytes());
    assert!(
        first.code == Some(0) && first.decisions.contains("containment"),
        "{}",
        first.said
    );
    for line in first.decisions.lines() {
        let decision: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = decision["at"].as_str().unwrap();
        assert!(
            at.len() == "2026-06-15T10:00:20.000000Z".len() && at.ends_with('Z'),
            "{at}"
        );
    }
    let (one, two) = (joined(&lines[..100]), joined(&lines[100..]));
    let mut shuffled = lines.clone();
    shuffled.reverse();
    let shuffled = joined(&shuffled);
    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [
        ("two-frames.zst", [zstd(&one), zstd(&two)].concat()),
        ("two-members.gz", [gzip(&one), gzip(&two)].concat()),
        ("shuffled.ndjson", shuffled.clone().into_bytes()),
        ("shuffled.zst", zstd(&shuffled)),
        ("mark.ndjson", format!("\u{feff}{text}").into_bytes()),
        ("crlf.ndjson", text.replace('\n', "\r\n").into_bytes()),
        ("utf-16.ndjson", utf_16),
    ] {
        let watched = watch(folder, name, &bytes);
        assert_eq!(
            (watched.code, &watched.decisions),
            (Some(0), &first.decisions),
            "{name}"
        );
        for pipe in ["-", "/dev/stdin"] {
            let watched = watch_piped(folder, pipe, &bytes);
            assert_eq!(
                (watched.code, &watched.decisions),
                (Some(0), &first.decisions),
                "{name} by {pipe}"
            );
        }
    }
}

#[test]
fn lines_that_are_not_read_are_told_by_their_place_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = record();
    let expected = watch(folder.path(), "whole.ndjson", joined(&lines).as_bytes()).decisions;
    lines.reverse();
    lines.insert(10, r#"{"at":"2026-06-01T08:00:00Z","account":"#.to_owned());
    lines.insert(15, r#"{"account":"a1","persons":["P1"]}"#.to_owned());
    lines.insert(
        20,
        r#"{"at":"01/06/2026","account":"a1","persons":["P1"]}"#.to_owned(),
    );
    let text = joined(&lines);
    for watched in [
        watch(folder.path(), "faults.ndjson", text.as_bytes()),
        watch(folder.path(), "faults.zst", &zstd(&text)),
    ] {
        assert_eq!((watched.code, &watched.decisions), (Some(1), &expected));
        for sentence in [
            "3 lines",
            "line 11: not an object",
            "line 16: not an object",
            "line 21: timestamp missing or unreadable",
        ] {
            assert!(
                watched.said.contains(sentence),
                "{sentence} in {}",
                watched.said
            );
        }
    }
    let piped = watch_piped(folder.path(), "-", &gzip(&text));
    assert!(
        piped.code == Some(1) && piped.decisions == expected && piped.said.contains("line 21:")
    );
}

#[test]
fn an_input_that_ends_early_is_told_and_what_is_not_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lines = record();
    let (one, two) = (joined(&lines[..250]), joined(&lines[250..]));
    for (name, first, second) in [
        ("cut.gz", gzip(&one), gzip(&two)),
        ("cut.zst", zstd(&one), zstd(&two)),
    ] {
        let bytes = [&first[..], &second[..second.len() / 10]].concat();
        let watched = watch(folder, name, &bytes);
        assert_eq!(watched.code, Some(1), "{}", watched.said);
        assert!(
            watched.decisions.contains("containment"),
            "what was read is judged"
        );
        assert!(
            watched
                .said
                .contains(&format!("{name} ends early, after line 25")),
            "{}",
            watched.said
        );
        let piped = watch_piped(folder, "-", &bytes);
        assert!(piped.code == Some(1) && piped.decisions == watched.decisions);
        assert!(
            piped.said.contains("Standard input ends early"),
            "{}",
            piped.said
        );
    }
    let mut damaged = gzip(&one);
    let place = damaged.len() - 6;
    damaged[place] ^= 1;
    let watched = watch(folder, "damaged.gz", &damaged);
    assert!(
        watched.code == Some(1) && watched.said.contains("damaged"),
        "{}",
        watched.said
    );
    for (name, bytes, sentence) in [
        (
            "archive.zip",
            &b"PK\x03\x04\x14\0\0\0\x08\0"[..],
            "a ZIP archive",
        ),
        (
            "record.xz",
            b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46",
            "compressed with xz",
        ),
        (
            "record.bz2",
            b"BZh91AY&SY\x4e\xec\xe8\x36",
            "compressed with bzip2",
        ),
    ] {
        for watched in [
            watch(folder, name, bytes),
            watch_piped(folder, "/dev/stdin", bytes),
        ] {
            assert!(
                watched.code == Some(2) && watched.decisions.is_empty(),
                "{name}: {}",
                watched.said
            );
            assert!(
                watched.said.contains(sentence) && watched.said.contains("gzip or zstd"),
                "{}",
                watched.said
            );
        }
    }
    let said = |arguments: &[&str]| {
        let done = digue(folder, arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    assert!(
        said(&["watch", "--exposures", "absent.ndjson"])
            .starts_with("absent.ndjson cannot be read: ")
    );
    assert!(said(&["watch", "--exposures", "."]).starts_with(". cannot be read: "));
    fs::write(folder.join("one.ndjson"), &lines[0]).unwrap();
    let nowhere = said(&[
        "watch",
        "--exposures",
        "one.ndjson",
        "--decisions",
        "no/where",
    ]);
    assert!(
        nowhere.starts_with("no/where cannot be written: "),
        "{nowhere}"
    );
}

#[test]
fn lists_are_read_as_spreadsheets_write_them_and_every_fault_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let without = joined(&record()).replace(r#""organisation":"o""#, r#""organisation":null"#);
    fs::write(folder.join("work.ndjson"), without).unwrap();
    let with = |accounts: &[u8]| {
        fs::write(folder.join("accounts.csv"), accounts).unwrap();
        let done = digue(
            folder,
            &[
                "watch",
                "--exposures",
                "work.ndjson",
                "--accounts",
                "accounts.csv",
            ],
        );
        let said = String::from_utf8(done.stderr).unwrap();
        (
            done.status.code(),
            String::from_utf8(done.stdout).unwrap(),
            said,
        )
    };
    let (code, decisions, said) = with(
        b"account,organisation,note\r\na1,\"Dupont, p\xe8re\",\"two\r\nlines\"\r\na2,of-2,\r\n",
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(
        decisions.contains(r#""organisation":"Dupont, père""#),
        "{decisions}"
    );
    let (code, decisions, said) = with(b"account,created\n\"a\n1\",\na2,01/02/2026\n");
    assert!(code == Some(2) && decisions.is_empty());
    assert!(
        said.contains("accounts.csv: line 4 (created): a date"),
        "{said}"
    );
    let (code, _, said) = with(b"account,batch\na1,01:00-05:00 600\na2,1-5 600\n");
    assert!(
        code == Some(2) && said.contains("accounts.csv: line 3 (batch): hours"),
        "{said}"
    );
    let (code, _, said) = with(b"PK\x03\x04workbook");
    assert!(
        code == Some(2) && said.contains("accounts.csv is a ZIP archive"),
        "{said}"
    );
    let (code, _, said) = with(b"name;since\na1;x\n");
    assert!(
        code == Some(2) && said.contains("line 1: a header with exactly one account column"),
        "{said}"
    );
}
