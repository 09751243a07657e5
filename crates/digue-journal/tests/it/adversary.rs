//! Someone with root changes files: every change is found.

use std::fs;
use std::path::{Path, PathBuf};

use digue_journal::OpenError;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::disk::Disk;
use digue_journal::verify::{VerifyAgainst, VerifyFindingKind, VerifyReport, verify};

use crate::{audit, audit_against, open, signer, write};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    found
}

/// A journal of 600 entries: full tiles, partial ones, two levels.
fn journal() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).unwrap();
    for batch in 0..6 {
        let events = (0..100)
            .map(|n| digue_testkit::events::shown(batch * 100 + n, "a1", "P1"))
            .collect();
        opened.append_and_wait(events).unwrap();
    }
    opened.close();
    folder
}

/// Files that the signed checkpoint depends on, and the keys of its entries; superseded partial
/// tiles are never read.
fn evidence(folder: &Path) -> Vec<PathBuf> {
    let current = |path: &PathBuf| {
        let text = path
            .strip_prefix(folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        text == "checkpoint"
            || text.starts_with("keys/")
            || (text.starts_with("tile")
                && (!text.contains(".p/") || text.ends_with(".p/88") || text.ends_with(".p/2")))
    };
    files(folder).into_iter().filter(current).collect()
}

#[test]
fn one_flipped_bit_anywhere_is_found() {
    let folder = journal();
    assert!(audit(folder.path()).is_intact());
    let evidence = evidence(folder.path());
    assert!(evidence.len() >= 9, "{evidence:?}");
    for path in evidence {
        let sound = fs::read(&path).unwrap();
        for place in [0, sound.len() / 3, sound.len() / 2, sound.len() - 1] {
            let mut bytes = sound.clone();
            bytes[place] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(
                !audit(folder.path()).is_intact(),
                "{} at {place}",
                path.display()
            );
        }
        fs::write(&path, &sound).unwrap();
    }
    assert!(audit(folder.path()).is_intact());
}

#[test]
fn a_removed_or_swapped_file_is_found() {
    let folder = journal();
    for path in evidence(folder.path()) {
        let sound = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!audit(folder.path()).is_intact(), "{}", path.display());
        fs::write(&path, &sound).unwrap();
    }
    let (one, two) = (
        folder.path().join("tile/entries/000"),
        folder.path().join("tile/entries/001"),
    );
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    fs::write(&one, second).unwrap();
    fs::write(&two, first).unwrap();
    assert!(!audit(folder.path()).is_intact());
}

fn audit_from(folder: &Path, earlier: &Checkpoint) -> VerifyReport {
    audit_against(
        folder,
        &VerifyAgainst {
            earlier: Some(earlier),
            ..VerifyAgainst::key(signer().verifier())
        },
    )
}

fn kept(folder: &Path) -> Checkpoint {
    let note = fs::read_to_string(folder.join("checkpoint")).unwrap();
    Checkpoint::open(&note, signer().verifier()).unwrap()
}

#[test]
fn a_dropped_tail_signed_with_the_right_key_is_found_from_a_kept_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 20);
    let snapshot = fs::read(folder.path().join("checkpoint")).unwrap();
    write(folder.path(), 20);
    let earlier = kept(folder.path());
    // A perfect rollback: an older checkpoint, genuinely signed, with all of its tiles.
    fs::write(folder.path().join("checkpoint"), snapshot).unwrap();
    for item in fs::read_dir(folder.path().join("wal")).unwrap() {
        fs::remove_file(item.unwrap().path()).unwrap();
    }
    assert!(audit(folder.path()).is_intact());
    let report = audit_from(folder.path(), &earlier);
    assert_eq!(report.findings[0].kind, VerifyFindingKind::Rewritten);
}

#[test]
fn a_recomputed_history_signed_with_the_right_key_is_found_from_a_kept_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 20);
    let earlier = kept(folder.path());
    let forged = tempfile::tempdir().unwrap();
    let journal = open(forged.path()).unwrap();
    for number in 0..30 {
        journal
            .append_and_wait(vec![digue_testkit::events::shown(number, "a2", "P1")])
            .unwrap();
    }
    journal.close();
    assert!(audit(forged.path()).is_intact());
    let report = audit_from(forged.path(), &earlier);
    assert_eq!(report.findings[0].kind, VerifyFindingKind::Rewritten);
}

#[test]
fn a_journal_signed_by_another_key_is_found() {
    let folder = journal();
    let other = digue_journal::note::Signer::from_seed(crate::NAME, &[7; 32]).unwrap();
    let report = audit_against(folder.path(), &VerifyAgainst::key(other.verifier()));
    assert_eq!(report.findings[0].kind, VerifyFindingKind::Checkpoint);
}

#[test]
fn a_tampered_journal_does_not_open() {
    let folder = journal();
    let path = folder.path().join("checkpoint");
    let note = fs::read_to_string(&path).unwrap();
    fs::write(&path, note.replace("\n600\n", "\n599\n")).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Tampered(_))));
    fs::remove_file(&path).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Tampered(_))));
    fs::write(&path, note).unwrap();
    assert!(open(folder.path()).is_ok());
}

#[test]
fn a_replayed_write_ahead_file_adds_nothing_and_a_gap_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    for number in 0..10 {
        journal
            .append_and_wait(vec![digue_testkit::events::shown(number, "a1", "P1")])
            .unwrap();
    }
    let wal = files(&folder.path().join("wal")).pop().unwrap();
    let segment = fs::read(&wal).unwrap();
    journal.close();
    write(folder.path(), 10);
    // An old segment, put back: its entries are known already.
    fs::write(folder.path().join("wal/00000000000000000000"), &segment).unwrap();
    let journal = open(folder.path()).unwrap();
    assert_eq!(journal.status().size, 20);
    journal.close();
    // A segment that begins beyond the end of the journal.
    fs::write(folder.path().join("wal/00000000000000000099"), {
        let mut bytes = segment.clone();
        bytes[12..20].copy_from_slice(&99u64.to_be_bytes());
        bytes
    })
    .unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Tampered(_))));
}

#[test]
fn a_journal_that_is_not_there_is_not_a_tampered_one() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere");
    assert!(
        verify(
            &Disk::new(&missing),
            &VerifyAgainst::key(signer().verifier()),
            |_, _| {}
        )
        .is_err()
    );
}
