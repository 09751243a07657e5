//! Deterministic keys.

use std::sync::atomic::{AtomicU64, Ordering};

use digue_journal::disk::Disk;
use digue_journal::keyring::{Keyring, MasterKey, PeriodLength};

/// The master key of every journal in tests.
pub fn master() -> MasterKey {
    MasterKey::new(&[9; 32])
}

/// A keyring for writing to the journal in `disk`; its keys are distinct, and not secret.
pub fn keyring(disk: &Disk) -> Keyring {
    let next = AtomicU64::new(1);
    let draw = move |bytes: &mut [u8]| {
        let number = next.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        bytes
            .iter_mut()
            .zip(number.iter().cycle())
            .for_each(|(byte, drawn)| *byte = *drawn);
    };
    Keyring::new(disk.clone(), master(), PeriodLength::Month, Box::new(draw))
}

/// A keyring that opens the entries of the journal in `disk`.
pub fn reading(disk: &Disk) -> Keyring {
    Keyring::reading(disk.clone(), Some(master()))
}
