use std::io::Write as _;

use digue_detection::{Engine, EngineOptions};
use proptest::prelude::*;

use super::super::lists::{AccountList, CaseloadList};
use super::*;

/// A week of work of three accounts, and a theft by one of them.
fn record() -> Vec<String> {
    let mut lines = Vec::new();
    for day in 1..8 {
        for account in 0..3 {
            for sheet in 0..4 {
                lines.push(format!(
                    r#"{{"at":"2026-06-{day:02}T{:02}:{:02}:00Z","account":"a{account}","organisation":"o","persons":["P{}"],"client":{{"ip":"192.0.2.1","user_agent":"Firefox"}}}}"#,
                    8 + sheet * 2,
                    account * 7,
                    account * 100 + (day * 3 + sheet) % 40
                ));
            }
        }
    }
    for second in 0..90 {
        lines.push(format!(
            r#"{{"at":"2026-06-08T10:{:02}:{:02}Z","account":"a1","organisation":null,"persons":["V{second}"]}}"#,
            second / 60,
            second % 60
        ));
    }
    lines
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

#[derive(Clone, Copy, Debug)]
enum How {
    File,
    Pipe,
}

fn try_play(bytes: &[u8], how: How, run_bytes: usize) -> Result<RecordOutcome, PlayError> {
    let (accounts, caseload) = (AccountList::default(), CaseloadList::default());
    let watcher = || Watcher::new(Engine::new(EngineOptions::default()), &accounts, &caseload);
    let player = RecordPlayer {
        watcher: &watcher,
        temporary: &tempfile::tempfile,
        run_bytes,
    };
    match how {
        How::Pipe => player.play(RecordSource::Pipe(Box::new(io::Cursor::new(
            bytes.to_vec(),
        )))),
        How::File => {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(bytes).unwrap();
            player.play(RecordSource::File(file.path().to_owned()))
        }
    }
}

fn play(bytes: &[u8], how: How) -> RecordOutcome {
    try_play(bytes, how, RUN_BYTES).unwrap()
}

fn joined(lines: &[String]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| format!("{line}\n").into_bytes())
        .collect()
}

#[test]
fn the_record_holds_a_theft() {
    let played = play(&joined(&record()), How::File);
    assert!(
        played
            .findings
            .iter()
            .any(|finding| finding.account.as_deref() == Some("a1"))
    );
    assert_eq!(
        (played.lines, played.accounts, played.unread.count),
        (174, 3, 0)
    );
    assert!(played.stopped.is_none());
}

/// Malformed lines, and why.
const FAULTY: [(&str, LineError); 4] = [
    ("nonsense", LineError::Form),
    (
        r#"{"at":"2026-06-01T08:00:00Z","account":"a1","persons":["P1"]"#,
        LineError::Form,
    ),
    (r#"{"account":"a1","persons":["P1"]}"#, LineError::Form),
    (
        r#"{"at":"yesterday","account":"a1","persons":["P1"]}"#,
        LineError::Instant,
    ),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn however_a_record_is_shuffled_split_and_packed_it_says_the_same(
        order in Just(record()).prop_shuffle(),
        is_shuffled in any::<bool>(),
        faulty in proptest::collection::vec((any::<proptest::sample::Index>(), 0..FAULTY.len()), 0..5),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..4),
        packing in 0..3,
        how in prop_oneof![Just(How::File), Just(How::Pipe)],
        run_bytes in prop_oneof![Just(RUN_BYTES), 2000_usize..8000],
    ) {
        let expected = play(&joined(&record()), How::File).findings;
        let mut lines = if is_shuffled { order } else { record() };
        for (place, kind) in &faulty {
            lines.insert(place.index(lines.len() + 1), FAULTY[*kind].0.to_owned());
        }
        let wanted: Vec<(u64, LineError)> = (1..)
            .zip(&lines)
            .filter_map(|(number, line)| {
                let (_, reason) = FAULTY.iter().find(|(text, _)| text == line)?;
                Some((number, *reason))
            })
            .collect();
        let text = joined(&lines);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        places.extend([0, text.len()]);
        places.sort_unstable();
        let parts = places.windows(2).map(|range| &text[range[0]..range[1]]);
        let bytes: Vec<u8> = match packing {
            0 => text.clone(),
            1 => parts.flat_map(gzip).collect(),
            _ => parts.flat_map(zstd).collect(),
        };
        let played = try_play(&bytes, how, run_bytes).unwrap();
        prop_assert_eq!(played.findings, expected);
        prop_assert_eq!(played.lines, 174);
        prop_assert_eq!(played.unread.count, wanted.len() as u64);
        prop_assert_eq!(played.unread.named, wanted);
        prop_assert!(played.stopped.is_none());
    }
}

#[test]
fn an_input_that_ends_early_is_judged_as_far_as_it_goes() {
    let lines = record();
    let mut late = lines.clone();
    late.swap(0, 1);
    for (text, how) in [
        (joined(&lines), How::File),
        (joined(&late), How::File),
        (joined(&late), How::Pipe),
    ] {
        for packed in [gzip(&text), zstd(&text)] {
            // All of the text is there; the missing end is reported.
            let cut = &packed[..packed.len() - 3];
            let played = play(cut, how);
            let stopped = played.stopped.expect("ends early");
            assert!(
                matches!(stopped.error, InputError::EndsEarly),
                "{stopped:?}"
            );
            assert_eq!((stopped.after, played.lines), (174, 174));
            assert!(!played.findings.is_empty());
        }
    }
    // Truncated within the second of two frames: the first is judged.
    let (first, second) = lines.split_at(100);
    let packed = [zstd(&joined(first)), zstd(&joined(second))].concat();
    let played = play(&packed[..zstd(&joined(first)).len() + 20], How::File);
    assert_eq!(
        (played.stopped.map(|fault| fault.after), played.lines),
        (Some(100), 100)
    );
}

#[test]
fn a_line_that_is_too_long_is_told_by_its_number_and_loses_nothing() {
    let mut lines = record();
    let expected = play(&joined(&lines), How::File).findings;
    lines.insert(10, "x".repeat(LINE_BYTES_MAX + 1));
    lines.swap(0, 1);
    let played = play(&gzip(&joined(&lines)), How::Pipe);
    assert_eq!(
        played.unread,
        UnreadLines {
            count: 1,
            named: vec![(11, LineError::Length)]
        }
    );
    assert_eq!(played.findings, expected);
}

#[test]
fn what_cannot_be_read_at_all_gives_no_findings() {
    for how in [How::File, How::Pipe] {
        let refused = try_play(b"PK\x03\x04archive", how, RUN_BYTES)
            .err()
            .expect("an archive");
        assert!(matches!(
            refused,
            PlayError::Input(InputFault {
                error: InputError::Foreign(_),
                ..
            })
        ));
    }
    let absent = RecordSource::File(PathBuf::from("/nowhere/at/all"));
    let (accounts, caseload) = (AccountList::default(), CaseloadList::default());
    let watcher = || Watcher::new(Engine::new(EngineOptions::default()), &accounts, &caseload);
    let player = RecordPlayer::new(&watcher, &tempfile::tempfile);
    assert!(matches!(player.play(absent), Err(PlayError::Input(_))));
    // The disk of the temporary file is full.
    let full = || File::options().read(true).write(true).open("/dev/full");
    let player = RecordPlayer::new(&watcher, &full);
    let pipe = RecordSource::Pipe(Box::new(io::Cursor::new(joined(&record()))));
    assert!(matches!(player.play(pipe), Err(PlayError::Spill(_))));
}
