//! Evidence in the hands of outsiders: proofs, receipts, cosignatures; and the journal after
//! forgetting.

use std::path::Path;
use std::sync::Arc;

use digue_journal::checkpoint::Checkpoint;
use digue_journal::cosign::{Cosigner, CosignerKey};
use digue_journal::disk::{Disk, DurableStep, FaultEffect};
use digue_journal::heads::{HeadContradiction, JournalHead, contradiction};
use digue_journal::keyring::{OpenedKeyring, Stream};
use digue_journal::note::Signer;
use digue_journal::proof::Prover;
use digue_journal::receipt::{Receipt, ReceiptError};
use digue_journal::tree::{self, Hash};
use digue_journal::verify::{VerifyAgainst, VerifyFindingKind};
use digue_journal::witness::{AddCheckpoint, WitnessAnswer, WitnessState};
use digue_journal::{AppendError, Journal, OpenError, reader};
use digue_testkit::disk::{FailAt, IO_ERROR};
use digue_testkit::events::shown;
use digue_types::{Event, PortalId, Timestamp};
use proptest::prelude::*;

use crate::{audit, audit_against, events, open, open_with, signer, write};

fn leaves(folder: &Path, size: u64) -> Vec<Hash> {
    let entries = reader::entries(&Disk::new(folder), 0..size, size).unwrap();
    entries.iter().map(|entry| tree::leaf_hash(entry)).collect()
}

/// A journal of `size` entries in few commits.
fn filled(size: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    let events: Vec<Event> = (0..size).map(|n| shown(n, "a1", "P1")).collect();
    for batch in events.chunks(1000) {
        journal.append_and_wait(batch.to_vec()).unwrap();
    }
    journal.close();
    folder
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn proofs_from_tiles_are_those_of_the_whole_tree(size in 1u64..1500, picks in proptest::collection::vec(0u64..1500, 20)) {
        let folder = filled(size);
        let disk = Disk::new(folder.path());
        let all = leaves(folder.path(), size);
        let mut prover = Prover::new(&disk, size);
        for pick in picks {
            let older = pick % size + 1;
            let index = pick % older;
            let part = &all[..older as usize];
            prop_assert_eq!(prover.inclusion(index, older).unwrap(), tree::inclusion_proof(part, index as usize));
            prop_assert_eq!(prover.consistency(older, size).unwrap(), tree::consistency_proof(&all, older as usize));
            prop_assert_eq!(prover.root(older).unwrap(), tree::root_of(part));
        }
        prop_assert!(prover.inclusion(size, size).is_err() && prover.consistency(1, size + 1).is_err());
    }
}

#[test]
fn a_proof_reaches_over_three_levels_of_tiles() {
    let folder = filled(67_000);
    let disk = Disk::new(folder.path());
    let all = leaves(folder.path(), 67_000);
    let mut prover = Prover::new(&disk, 67_000);
    for index in [0, 255, 256, 65_535, 65_536, 66_999] {
        assert_eq!(
            prover.inclusion(index, 67_000).unwrap(),
            tree::inclusion_proof(&all, index as usize)
        );
    }
    for size in [1, 256, 65_536, 65_537, 66_048, 66_999] {
        assert_eq!(
            prover.consistency(size, 67_000).unwrap(),
            tree::consistency_proof(&all, size as usize)
        );
    }
}

#[test]
fn a_receipt_verifies_with_the_public_key_alone_and_discloses_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 300);
    let journal = open(folder.path()).unwrap();
    let hidden = journal.receipt(17, false).unwrap().to_text();
    let open_one = journal.receipt(17, true).unwrap().to_text();
    assert!(matches!(
        journal.receipt(300, true),
        Err(OpenError::Tampered(_))
    ));
    drop((journal, folder));
    let (signer, other) = (signer(), Signer::from_seed(crate::NAME, &[1; 32]).unwrap());
    let verify = |text: &str| Receipt::parse(text)?.verify(signer.verifier(), &[], 0);
    assert_eq!(verify(&hidden).unwrap().event, None);
    let proven = verify(&open_one).unwrap();
    assert_eq!(
        (proven.index, proven.event),
        (17, Some(shown(17, "a1", "P1")))
    );
    assert!(
        Receipt::parse(&open_one)
            .unwrap()
            .verify(other.verifier(), &[], 0)
            .is_err()
    );
    assert!(verify(&open_one.replace("index 17", "index 18")).is_err());
    // A changed character is either refused or changes nothing that the receipt proves.
    for (place, _) in open_one
        .char_indices()
        .filter(|(place, c)| place % 7 == 0 && c.is_ascii_alphanumeric())
    {
        let mut bytes = open_one.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let changed = verify(&text);
        assert!(
            changed.is_err() || changed == verify(&open_one),
            "at {place}"
        );
    }
}

fn witness(folder: &Path, name: &str, seed: u8) -> WitnessState {
    let cosigner = Cosigner::from_seed(name, &[seed; 32]).unwrap();
    WitnessState::new(
        Disk::new(folder),
        cosigner,
        vec![signer().verifier().clone()],
    )
}

fn key(name: &str, seed: u8) -> CosignerKey {
    Cosigner::from_seed(name, &[seed; 32])
        .unwrap()
        .key()
        .clone()
}

const NOW: Timestamp = Timestamp::from_secs(1_763_900_000);

fn ask(witness: &WitnessState, journal: &Journal, old: u64) -> WitnessAnswer {
    let (note, proof) = journal.continuation(old).unwrap();
    let body = AddCheckpoint {
        old,
        proof,
        note: &note,
    }
    .to_body();
    witness.add_checkpoint(&body, NOW).unwrap()
}

#[test]
fn a_witness_cosigns_what_continues_and_remembers_over_restarts() {
    let (folder, memory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), 10);
    let journal = open(folder.path()).unwrap();
    assert!(matches!(
        ask(&witness(memory.path(), "w", 2), &journal, 0),
        WitnessAnswer::Cosigned(_)
    ));
    drop(journal);
    write(folder.path(), 300);
    let journal = open(folder.path()).unwrap();
    assert_eq!(
        ask(&witness(memory.path(), "w", 2), &journal, 0),
        WitnessAnswer::Conflict(10)
    );
    let WitnessAnswer::Cosigned(line) = ask(&witness(memory.path(), "w", 2), &journal, 10) else {
        panic!("it continues")
    };
    let (note, _) = journal.continuation(310).unwrap();
    journal.keep_witnessed(&format!("{note}{line}")).unwrap();
    let receipt = journal.receipt(5, false).unwrap();
    let proven = receipt
        .verify(signer().verifier(), &[key("w", 2)], 1)
        .unwrap();
    assert_eq!(proven.witnesses, [("w".to_owned(), NOW)]);
    let missing = receipt.verify(signer().verifier(), &[key("w", 3)], 1);
    assert_eq!(
        missing,
        Err(ReceiptError::Witnesses {
            found: 0,
            needed: 1
        })
    );
}

#[test]
fn a_witness_refuses_a_fork_signed_with_the_right_key_and_keeps_it_as_evidence() {
    let (folder, forked, memory) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    write(folder.path(), 10);
    let witness = witness(memory.path(), "w", 2);
    assert!(matches!(
        ask(&witness, &open(folder.path()).unwrap(), 0),
        WitnessAnswer::Cosigned(_)
    ));
    for (size, expected) in [
        (10, WitnessAnswer::Fork(10)),
        (20, WitnessAnswer::Inconsistent),
    ] {
        let journal = open(forked.path()).unwrap();
        let start = journal.status().size;
        for number in start..size {
            journal
                .append_and_wait(vec![shown(number, "a2", "P1")])
                .unwrap();
        }
        journal.close();
        assert_eq!(ask(&witness, &open(forked.path()).unwrap(), 10), expected);
    }
    assert_eq!(
        std::fs::read_dir(memory.path().join("refused"))
            .unwrap()
            .count(),
        2
    );
    // The true journal is still cosigned.
    write(folder.path(), 10);
    assert!(matches!(
        ask(&witness, &open(folder.path()).unwrap(), 10),
        WitnessAnswer::Cosigned(_)
    ));
}

#[test]
fn a_witness_answers_strangers_as_the_specification_says() {
    let memory = tempfile::tempdir().unwrap();
    let witness = witness(memory.path(), "w", 2);
    let head = |name: &str, seed: u8| {
        let signer = Signer::from_seed(name, &[seed; 32]).unwrap();
        Checkpoint {
            origin: name.to_owned(),
            size: 5,
            root: [7; 32],
        }
        .sign(&signer)
    };
    let body = |old: &str, note: &str| format!("old {old}\n\n{note}");
    let answer = |body: &str| witness.add_checkpoint(body, NOW).unwrap();
    assert_eq!(
        answer(&body("0", &head("another", 42))),
        WitnessAnswer::UnknownJournal
    );
    assert_eq!(
        answer(&body("0", &head(crate::NAME, 9))),
        WitnessAnswer::NotSigned
    );
    assert_eq!(
        answer(&body("6", &head(crate::NAME, 42))),
        WitnessAnswer::Malformed
    );
    assert_eq!(
        answer(&body("00", &head(crate::NAME, 42))),
        WitnessAnswer::Malformed
    );
    assert_eq!(
        answer(&body("3", &head(crate::NAME, 42))),
        WitnessAnswer::Conflict(0)
    );
    for nonsense in ["", "old 0", "old 0\n\n", "old 0\nAAAA\n\nx\n", "\n\n\n"] {
        assert_eq!(answer(nonsense), WitnessAnswer::Malformed, "{nonsense:?}");
    }
    let too_long = format!(
        "old 1\n{}\n{}",
        "A".repeat(43) + "=\n",
        head(crate::NAME, 42)
    );
    assert!(matches!(
        answer(&too_long),
        WitnessAnswer::Malformed | WitnessAnswer::Conflict(0)
    ));
}

#[test]
fn an_audit_asks_for_the_witnesses() {
    let (folder, memory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), 10);
    let journal = open(folder.path()).unwrap();
    let WitnessAnswer::Cosigned(line) = ask(&witness(memory.path(), "w", 2), &journal, 0) else {
        panic!()
    };
    let (note, _) = journal.continuation(0).unwrap();
    journal.keep_witnessed(&format!("{note}{line}")).unwrap();
    drop(journal);
    write(folder.path(), 10);
    let signer = signer();
    let (known, stranger) = ([key("w", 2)], [key("w", 3)]);
    let against = |witnesses| VerifyAgainst {
        witnesses,
        quorum: 1,
        ..VerifyAgainst::key(signer.verifier())
    };
    let report = audit_against(folder.path(), &against(&known));
    assert!(
        report.is_intact() && report.witnessed.len() == 1,
        "{report:?}"
    );
    let report = audit_against(folder.path(), &against(&stranger));
    assert_eq!(report.findings[0].kind, VerifyFindingKind::Witnesses);
    // A restored snapshot: older than what the witnesses saw.
    let restored = tempfile::tempdir().unwrap();
    write(restored.path(), 5);
    std::fs::copy(
        folder.path().join(reader::WITNESSED),
        restored.path().join(reader::WITNESSED),
    )
    .unwrap();
    let report = audit_against(restored.path(), &against(&known));
    assert_eq!(report.findings[0].kind, VerifyFindingKind::Rewritten);
}

fn portal() -> Stream {
    Stream::Portal(PortalId::parse("portail").unwrap())
}

/// Exposures of two months: 600 in the first, 100 in the second.
fn two_months(folder: &Path) {
    let journal = open(folder).unwrap();
    let at = |seconds: u64| shown(seconds, "a1", "P1");
    // `shown` counts seconds from 13 November 2025.
    let days = 86_400;
    journal
        .append_and_wait((0..600).map(&at).collect())
        .unwrap();
    journal
        .append_and_wait((0..100).map(|n| at(20 * days + n)).collect())
        .unwrap();
    journal.close();
}

fn date(text: &str) -> Timestamp {
    Timestamp::parse_date(text).unwrap()
}

#[test]
fn what_is_forgotten_cannot_be_read_and_every_proof_still_holds() {
    let folder = tempfile::tempdir().unwrap();
    two_months(folder.path());
    let kept = {
        let note = std::fs::read_to_string(folder.path().join("checkpoint")).unwrap();
        Checkpoint::open(&note, signer().verifier()).unwrap()
    };
    let journal = open(folder.path()).unwrap();
    let before = journal.receipt(17, true).unwrap();
    let forgotten = journal.forget(&portal(), date("2025-12-01"), NOW).unwrap();
    assert_eq!((forgotten.keys.len(), forgotten.minimum), (1, 512));
    assert_eq!(
        journal
            .forget(&portal(), date("2025-12-01"), NOW)
            .unwrap()
            .keys,
        []
    );
    let left = journal.entries(0..700).unwrap();
    assert_eq!(left.len(), 700 - 512);
    assert!(
        left.iter()
            .all(|(index, opened)| matches!(opened, OpenedKeyring::Forgotten(_)) == (*index < 600))
    );
    // New proofs of entries that are left, old proofs of those that are not; and the journal
    // accepts more.
    assert!(
        journal
            .receipt(650, true)
            .unwrap()
            .verify(signer().verifier(), &[], 0)
            .is_ok()
    );
    assert!(before.verify(signer().verifier(), &[], 0).is_ok());
    assert!(journal.receipt(17, false).is_err());
    let refused = journal.append_and_wait(vec![shown(5, "a1", "P1")]);
    assert!(
        matches!(refused, Err(AppendError::PastRetention(_))),
        "{refused:?}"
    );
    journal
        .append_and_wait(vec![shown(20 * 86_400, "a1", "P2")])
        .unwrap();
    journal.close();
    let signer = signer();
    let against = VerifyAgainst {
        earlier: Some(&kept),
        ..VerifyAgainst::key(signer.verifier())
    };
    let report = audit_against(folder.path(), &against);
    assert!(report.is_intact(), "{:?}", report.findings);
    assert_eq!(
        (report.minimum, report.forgotten, report.size),
        (512, 88, 701)
    );
    let journal = open(folder.path()).unwrap();
    assert_eq!((journal.minimum(), journal.status().size), (512, 701));
}

#[test]
fn a_beginning_that_is_missing_without_a_signed_word_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    two_months(folder.path());
    std::fs::remove_file(folder.path().join("tile/entries/000")).unwrap();
    assert_eq!(
        audit(folder.path()).findings[0].kind,
        VerifyFindingKind::MissingFile
    );
    // A note that another key signed is no excuse.
    let other = Signer::from_seed(crate::NAME, &[1; 32]).unwrap();
    let root = base64_of(&[0; 32]);
    let note = other.sign(&format!(
        "digue-pruned-1\n{}\n256\n{root}\n2026-01-01T00:00:00Z\n",
        crate::NAME
    ));
    std::fs::write(folder.path().join("pruned"), note).unwrap();
    assert!(!audit(folder.path()).is_intact());
    assert!(matches!(open(folder.path()), Err(OpenError::Tampered(_))));
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn administration_and_exposures_are_kept_for_their_own_times() {
    let folder = tempfile::tempdir().unwrap();
    two_months(folder.path());
    let journal = open(folder.path()).unwrap();
    assert_eq!(
        journal
            .forget(&Stream::Administration, date("2026-12-01"), NOW)
            .unwrap()
            .keys,
        []
    );
    assert_eq!(journal.minimum(), 0);
    journal.close();
    assert_eq!(events(folder.path(), 700).len(), 700);
}

#[test]
fn a_clock_that_was_moved_back_changes_nothing_in_the_order() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    journal
        .append_and_wait(vec![shown(5000, "a1", "P1"), shown(10, "a1", "P2")])
        .unwrap();
    journal.close();
    let journal = open(folder.path()).unwrap();
    assert_eq!(
        journal
            .append_and_wait(vec![shown(5, "a1", "P3")])
            .unwrap()
            .first,
        2
    );
    journal.close();
    let report = audit(folder.path());
    assert!(report.is_intact() && report.size == 3);
    let dates: Vec<i64> = events(folder.path(), 3)
        .iter()
        .map(|event| event.at().secs())
        .collect();
    assert_eq!(dates, [1_763_005_000, 1_763_000_010, 1_763_000_005]);
}

#[test]
fn forgetting_that_is_broken_off_leaves_a_sound_journal_and_can_be_done_again() {
    let steps = [
        DurableStep::KeyWrite,
        DurableStep::KeySync,
        DurableStep::KeyRename,
        DurableStep::KeyOverwrite,
        DurableStep::FolderSync,
        DurableStep::CheckpointWrite,
        DurableStep::CheckpointSync,
        DurableStep::CheckpointRename,
        DurableStep::Remove,
    ];
    for step in steps {
        for (nth, strike) in [
            (0, FaultEffect::Fail(IO_ERROR)),
            (0, FaultEffect::FailAfter(IO_ERROR)),
            (1, FaultEffect::Short(IO_ERROR)),
        ] {
            let folder = tempfile::tempdir().unwrap();
            two_months(folder.path());
            let what = format!("{step:?} {nth} {strike:?}");
            if let Ok(journal) =
                open_with(folder.path(), Arc::new(FailAt::new(step, nth, 1, strike)))
            {
                let _ = journal.forget(&portal(), date("2025-12-01"), NOW);
                journal.close();
            }
            let report = audit(folder.path());
            assert!(report.is_intact(), "{what}: {:?}", report.findings);
            let journal = open(folder.path()).unwrap();
            journal.forget(&portal(), date("2025-12-01"), NOW).unwrap();
            let left = journal.entries(0..700).unwrap();
            assert!(
                left.iter().all(
                    |(index, one)| matches!(one, OpenedKeyring::Forgotten(_)) == (*index < 600)
                ),
                "{what}"
            );
            journal.close();
            let report = audit(folder.path());
            assert!(
                report.is_intact() && report.minimum == 512,
                "{what}: {:?}",
                report.findings
            );
        }
    }
}

/// The journal's root at a size, as another place remembers it.
fn head_at(folder: &Path, size: u64) -> JournalHead {
    let root = open(folder).unwrap().root(size);
    JournalHead {
        place: "elsewhere".to_owned(),
        size,
        root: Some(root.expect("so many are published")),
    }
}

fn contradicts(folder: &Path, head: &JournalHead) -> Option<HeadContradiction> {
    contradiction(
        &Disk::new(folder),
        signer().verifier(),
        std::slice::from_ref(head),
    )
    .unwrap()
}

/// A journal of 700 entries of one account, of which the first 512 are pruned.
fn pruned(account: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    journal
        .append_and_wait((0..600).map(|n| shown(n, account, "P1")).collect())
        .unwrap();
    journal
        .append_and_wait(
            (0..100)
                .map(|n| shown(20 * 86_400 + n, account, "P1"))
                .collect(),
        )
        .unwrap();
    // Pruning goes as far as what is published, which closing waits for.
    journal.close();
    let journal = open(folder.path()).unwrap();
    journal.forget(&portal(), date("2025-12-01"), NOW).unwrap();
    assert_eq!(journal.minimum(), 512);
    journal.close();
    folder
}

#[test]
fn a_fork_is_noticed_from_a_head_of_entries_that_were_pruned() {
    let (one, other) = (pruned("a1"), pruned("a2"));
    for size in [1, 300, 511, 512, 513, 700] {
        let head = head_at(one.path(), size);
        assert_eq!(contradicts(one.path(), &head), None, "{size}");
        assert_eq!(
            contradicts(other.path(), &head),
            Some(HeadContradiction::Fork { head }),
            "{size}"
        );
    }
}

/// The tiles of the true history beside a checkpoint of another one: the head is compared with what
/// is signed.
#[test]
fn tiles_of_the_true_journal_do_not_hide_a_fork() {
    let (one, other) = (pruned("a1"), pruned("a2"));
    let head = head_at(one.path(), 512);
    for tile in ["tile/0/000", "tile/0/001"] {
        std::fs::copy(one.path().join(tile), other.path().join(tile)).unwrap();
    }
    assert_eq!(
        contradicts(other.path(), &head),
        Some(HeadContradiction::Fork { head })
    );
}

#[test]
fn the_pruning_note_of_another_journal_excuses_nothing() {
    let (one, other) = (pruned("a1"), pruned("a2"));
    std::fs::copy(one.path().join("pruned"), other.path().join("pruned")).unwrap();
    assert_eq!(
        audit(other.path()).findings[0].kind,
        VerifyFindingKind::Rewritten
    );
    assert!(matches!(open(other.path()), Err(OpenError::Tampered(_))));
    // Nor does the note of a longer one.
    let short = tempfile::tempdir().unwrap();
    write(short.path(), 10);
    std::fs::copy(one.path().join("pruned"), short.path().join("pruned")).unwrap();
    assert_eq!(
        audit(short.path()).findings[0].kind,
        VerifyFindingKind::Rewritten
    );
    assert!(matches!(open(short.path()), Err(OpenError::Tampered(_))));
}

#[test]
fn cosignatures_that_cannot_be_read_are_not_absent_ones() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 10);
    let (signer, known) = (signer(), [key("w", 2)]);
    let against = VerifyAgainst {
        witnesses: &known,
        quorum: 0,
        ..VerifyAgainst::key(signer.verifier())
    };
    assert!(audit_against(folder.path(), &against).is_intact());
    std::fs::write(folder.path().join(reader::WITNESSED), b"\xff").unwrap();
    assert_eq!(
        audit_against(folder.path(), &against).findings[0].kind,
        VerifyFindingKind::Witnesses
    );
}
