//! The shared journal: on a model that loses what it did not acknowledge, and on PostgreSQL servers
//! of this run's own.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod contract;
mod failover;
mod figures;
mod gateways;
mod model;
mod servers;
mod transfers;

use std::time::Duration;

use digue_journal::note::Signer;
use digue_shared_journal::log::{EntryBatch, LeaseFence};
use digue_shared_journal::postgres::PostgresSettings;
use digue_shared_journal::{BatchId, BootId};

pub(crate) fn signer() -> Signer {
    Signer::from_seed("digue.test/journal", &[42; 32]).unwrap()
}

pub(crate) fn boot(number: u8) -> BootId {
    BootId([number; 16])
}

/// Settings for tests: nothing is waited for longer than a broken server deserves.
pub(crate) fn settings(urls: &[&str]) -> PostgresSettings {
    PostgresSettings {
        answer_within: Duration::from_secs(4),
        settle_within: Duration::from_secs(4),
        ..PostgresSettings::new(urls.iter().map(|url| (*url).to_owned()).collect())
    }
}

/// A batch whose entries say who sent them: `gateway` and `number` name it.
pub(crate) fn batch(gateway: u8, number: u64, entries: u64) -> EntryBatch {
    let mut id = [gateway; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    EntryBatch {
        id: BatchId(id),
        gateway: format!("gateway {gateway}"),
        boot: boot(gateway),
        fences: Vec::new(),
        keys: Vec::new(),
        entries: (0..entries)
            .map(|entry| format!("{gateway}-{number}-{entry}").into_bytes())
            .collect(),
    }
}

pub(crate) fn fenced(batch: EntryBatch, name: &str, epoch: u64) -> EntryBatch {
    EntryBatch {
        fences: vec![LeaseFence {
            name: name.to_owned(),
            epoch,
        }],
        ..batch
    }
}
