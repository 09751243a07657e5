//! Promise 1, on the disk: whatever step fails, an entry that was promised is there after the
//! restart, and one that was not promised let nothing leave.

use std::sync::Arc;

use digue_journal::disk::{DurableStep, FaultEffect};
use digue_testkit::disk::{DISK_FULL, FailAt, IO_ERROR};
use digue_testkit::events::shown;

use crate::{audit, events, open, open_with};

/// Appends while the fault strikes, reopens on a sound disk, and compares with what was
/// acknowledged.
#[track_caller]
fn check(step: DurableStep, nth: usize, strike: FaultEffect) {
    let folder = tempfile::tempdir().unwrap();
    let faults = Arc::new(FailAt::new(step, nth, 1, strike));
    let mut promised = Vec::new();
    // A journal that does not even open promises nothing.
    if let Ok(journal) = open_with(folder.path(), faults.clone()) {
        for number in 0..40 {
            let event = shown(number, "a1", &format!("P{number}"));
            if let Ok(receipt) = journal.append_and_wait(vec![event.clone()]) {
                promised.push((receipt.first, event));
            }
        }
        journal.close();
    }
    let what = format!("{step:?} {nth} {strike:?}");
    let journal = open(folder.path()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let size = journal.status().size;
    journal
        .append_and_wait(vec![shown(99, "a1", "after")])
        .unwrap();
    journal.close();
    let report = audit(folder.path());
    assert!(report.is_intact(), "{what}: {:?}", report.findings);
    let entries = events(folder.path(), size);
    for (index, event) in promised {
        let found = entries
            .get(index as usize)
            .unwrap_or_else(|| panic!("{what}: {index} is gone"));
        assert_eq!(*found, event, "{what}");
    }
}

#[test]
fn no_entry_no_bytes_at_every_durable_step() {
    for step in DurableStep::ALL {
        for nth in 0..4 {
            for strike in [
                FaultEffect::Fail(IO_ERROR),
                FaultEffect::Fail(DISK_FULL),
                FaultEffect::FailAfter(IO_ERROR),
                FaultEffect::Short(DISK_FULL),
            ] {
                check(step, nth, strike);
            }
        }
    }
}

#[test]
fn a_full_disk_refuses_and_the_journal_comes_back_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    // Every write fails for a while, as a full disk does.
    let faults = Arc::new(FailAt::new(
        DurableStep::WalWrite,
        1,
        1,
        FaultEffect::Fail(DISK_FULL),
    ));
    let journal = open_with(folder.path(), faults.clone()).unwrap();
    journal.append_and_wait(vec![shown(0, "a1", "P0")]).unwrap();
    let refused = journal.append_and_wait(vec![shown(1, "a1", "P1")]);
    assert!(refused.is_err() && faults.has_struck());
    assert!(journal.status().failure.is_some());
    let after = journal.append_and_wait(vec![shown(2, "a1", "P2")]).unwrap();
    assert_eq!((after.first, journal.status().failure), (1, None));
    journal.close();
    assert!(audit(folder.path()).is_intact());
}

#[test]
fn a_failed_sync_is_never_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let faults = Arc::new(FailAt::new(
        DurableStep::WalSync,
        1,
        1,
        FaultEffect::FailAfter(IO_ERROR),
    ));
    let journal = open_with(folder.path(), faults).unwrap();
    journal.append_and_wait(vec![shown(0, "a1", "P0")]).unwrap();
    assert!(journal.append_and_wait(vec![shown(1, "a1", "P1")]).is_err());
    // What was read back is written again, to new files: the page cache may lie after a failure.
    journal.append_and_wait(vec![shown(2, "a1", "P2")]).unwrap();
    journal.close();
    let report = audit(folder.path());
    assert!(report.is_intact() && report.size >= 2);
}
