//! The journal on real files: commits, crashes, faults, attackers.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod adversary;
mod client;
mod commits;
mod evidence;
mod faults;
mod kill;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use digue_journal::disk::{Disk, Faults};
use digue_journal::keyring::OpenedKeyring;
use digue_journal::note::Signer;
use digue_journal::observer::NoObserver;
use digue_journal::verify::{VerifyAgainst, VerifyReport, verify};
use digue_journal::{Journal, JournalOptions, OpenError, reader};
use digue_types::Event;

pub(crate) const NAME: &str = "digue.test/journal";

pub(crate) fn signer() -> Signer {
    Signer::from_seed(NAME, &[42; 32]).unwrap()
}

pub(crate) fn options(disk: Disk) -> JournalOptions {
    JournalOptions {
        keyring: digue_testkit::keys::keyring(&disk),
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

pub(crate) fn audit(folder: &Path) -> VerifyReport {
    audit_against(folder, &VerifyAgainst::key(signer().verifier()))
}

/// An audit with the keys at hand: entries are opened, too.
pub(crate) fn audit_against(folder: &Path, against: &VerifyAgainst<'_>) -> VerifyReport {
    let disk = Disk::new(folder);
    let keyring = digue_testkit::keys::reading(&disk);
    let with_keys = VerifyAgainst {
        keyring: Some(&keyring),
        ..*against
    };
    let report = verify(&disk, &with_keys, |_, _| {}).unwrap();
    // Without keys an audit finds the same, except for what only a key can show.
    let blind = verify(&disk, against, |_, _| {}).unwrap();
    assert!(report.is_intact() || !blind.is_intact() || report.findings[0].kind.needs_keys());
    report
}

/// The events of the published entries.
pub(crate) fn events(folder: &Path, size: u64) -> Vec<Event> {
    let disk = Disk::new(folder);
    let keyring = digue_testkit::keys::reading(&disk);
    let sealed = reader::entries(&disk, 0..size, size).unwrap();
    let opened = sealed.iter().map(|bytes| keyring.open(bytes).unwrap());
    opened
        .map(|opened| match opened {
            OpenedKeyring::Event(event) => event,
            OpenedKeyring::Forgotten(clear) => panic!("forgotten: {clear:?}"),
        })
        .collect()
}

/// Writes `count` entries, one by one, and closes.
pub(crate) fn write(folder: &Path, count: u64) {
    let journal = open(folder).unwrap();
    let start = journal.status().size;
    for number in start..start + count {
        journal
            .append_and_wait(vec![digue_testkit::events::shown(number, "a1", "P1")])
            .unwrap();
    }
    journal.close();
}
