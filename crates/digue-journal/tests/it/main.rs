//! The journal on real files: commits, crashes, faults, enemies.

mod adversary;
mod commits;
mod faults;
mod kill;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use digue_journal::disk::{Disk, Faults};
use digue_journal::journal::NoObserver;
use digue_journal::note::Signer;
use digue_journal::verify::{Report, verify};
use digue_journal::{Journal, OpenError, Options};

pub(crate) const NAME: &str = "digue.test/journal";

pub(crate) fn signer() -> Signer {
    Signer::from_seed(NAME, &[42; 32]).unwrap()
}

pub(crate) fn options(disk: Disk) -> Options {
    Options {
        disk,
        signer: signer(),
        queue_max: 1024,
        checkpoint_every: Duration::from_millis(5),
        observer: Box::new(NoObserver),
    }
}

pub(crate) fn open(folder: &Path) -> Result<Journal, OpenError> {
    Journal::open(options(Disk::new(folder)))
}

pub(crate) fn open_with(folder: &Path, faults: Arc<dyn Faults>) -> Result<Journal, OpenError> {
    Journal::open(options(Disk::with_faults(folder, faults)))
}

pub(crate) fn audit(folder: &Path) -> Report {
    verify(&Disk::new(folder), signer().verifier(), None, |_| {}).unwrap()
}

/// Writes `count` entries, one by one, and closes.
pub(crate) fn write(folder: &Path, count: u64) {
    let journal = open(folder).unwrap();
    let start = journal.status().size;
    for number in start..start + count {
        journal.append_and_wait(vec![digue_testkit::events::shown(number, "a1", "P1")]).unwrap();
    }
    journal.close();
}
