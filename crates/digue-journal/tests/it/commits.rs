//! The journal without faults.

use std::sync::{Arc, Mutex};

use digue_journal::observer::JournalObserver;
use digue_journal::{AppendError, Committed, Journal, OpenError};
use digue_testkit::events::shown;
use digue_types::Event;

use crate::{audit, open, options, write};

#[test]
fn entries_are_numbered_in_order_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    assert_eq!(
        journal
            .append_and_wait(vec![shown(0, "a1", "P1")])
            .unwrap()
            .first,
        0
    );
    let two = journal
        .append_and_wait(vec![shown(1, "a1", "P1"), shown(2, "a1", "P2")])
        .unwrap();
    assert_eq!((two.first, two.count), (1, 2));
    journal.close();
    let journal = open(folder.path()).unwrap();
    assert_eq!(
        journal
            .append_and_wait(vec![shown(3, "a1", "P1")])
            .unwrap()
            .first,
        3
    );
    journal.close();
    let report = audit(folder.path());
    assert!(report.is_intact(), "{:?}", report.findings);
    assert_eq!(report.size, 4);
}

#[test]
fn full_tiles_of_two_levels_verify() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    let mut written = 0;
    for _ in 0..40 {
        let events: Vec<Event> = (0..1700).map(|n| shown(written + n, "a1", "P1")).collect();
        written += 1700;
        journal.append_and_wait(events).unwrap();
    }
    journal.close();
    let report = audit(folder.path());
    assert!(report.is_intact(), "{:?}", report.findings);
    assert_eq!(report.size, 68_000);
    assert!(folder.path().join("tile/1/000").exists());
    assert!(!folder.path().join("tile/0/000.p").exists());
}

#[test]
fn two_processes_cannot_write_one_journal() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path()).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Held)));
}

#[test]
fn an_entry_that_does_not_fit_is_refused_and_the_next_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    let Event::Exposure(mut large) = shown(0, "a1", "P1") else {
        unreachable!()
    };
    large.justification = Some("x".repeat(70_000));
    let refused = journal.append_and_wait(vec![Event::Exposure(large)]);
    assert!(matches!(refused, Err(AppendError::TooLong { .. })));
    assert_eq!(
        journal
            .append_and_wait(vec![shown(0, "a1", "P1")])
            .unwrap()
            .first,
        0
    );
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u64>>>);

impl JournalObserver for Log {
    fn committed(&mut self, entries: &[Committed]) {
        self.0
            .lock()
            .unwrap()
            .extend(entries.iter().map(|entry| entry.index));
    }
}

#[test]
fn an_observer_is_told_every_entry_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::default();
    let mut options = options(digue_journal::disk::Disk::new(folder.path()));
    options.observer = Box::new(log.clone());
    let journal = Arc::new(Journal::open(options).unwrap());
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let journal = journal.clone();
            std::thread::spawn(move || {
                for number in 0..50 {
                    journal
                        .append_and_wait(vec![shown(number, "a1", "P1")])
                        .unwrap();
                }
            })
        })
        .collect();
    writers
        .into_iter()
        .for_each(|writer| writer.join().unwrap());
    drop(journal);
    assert_eq!(*log.0.lock().unwrap(), (0..400).collect::<Vec<u64>>());
}

#[test]
fn a_kept_checkpoint_is_a_prefix_of_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 300);
    let note = std::fs::read_to_string(folder.path().join("checkpoint")).unwrap();
    write(folder.path(), 300);
    let signer = crate::signer();
    let earlier = digue_journal::checkpoint::Checkpoint::open(&note, signer.verifier()).unwrap();
    let against = digue_journal::verify::VerifyAgainst::key(signer.verifier());
    let against = digue_journal::verify::VerifyAgainst {
        earlier: Some(&earlier),
        ..against
    };
    let report = crate::audit_against(folder.path(), &against);
    assert!(report.is_intact() && earlier.size == 300 && report.size == 600);
}

#[test]
fn any_part_of_the_history_is_read_wherever_its_last_bundle_ends() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 300);
    let disk = digue_journal::disk::Disk::new(folder.path());
    let all = digue_journal::reader::entries(&disk, 0..300, 300).unwrap();
    for range in [0..1, 0..256, 255..257, 250..299, 299..300, 256..256] {
        let part = digue_journal::reader::entries(&disk, range.clone(), 300).unwrap();
        assert_eq!(
            part,
            all[range.start as usize..range.end as usize],
            "{range:?}"
        );
    }
}
