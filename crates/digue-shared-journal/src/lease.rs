//! A lease as its holder and its takers see it: by their own clocks only.
//!
//! Trust in a lease saves work, and ends early. Whether a transaction may still commit is decided
//! by the database, which compares the epoch: a holder that was stopped for an hour wakes up
//! trusting nothing, and could commit nothing if it did.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::log::{BootId, CommitAttempt, DatabaseError, JournalDatabase, LeaseFence, LeaseRow};

/// How long a lease lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseTerms {
    /// How long others wait without seeing a renewal before they take it.
    pub lasts: Duration,
    pub renew_every: Duration,
    /// How long before its end the holder stops relying on it: clocks differ in speed.
    pub margin: Duration,
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self {
            lasts: Duration::from_secs(10),
            renew_every: Duration::from_secs(2),
            margin: Duration::from_secs(3),
        }
    }
}

/// The lease as all threads see it.
#[derive(Clone, Default)]
pub(crate) struct HeldFence(Arc<Mutex<Option<LeaseFence>>>);

impl HeldFence {
    pub(crate) fn current(&self) -> Option<LeaseFence> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set(&self, held: Option<LeaseFence>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}

/// One lease, from the side of a process that wants to hold it.
#[derive(Debug)]
pub struct LeaseKeeper {
    name: String,
    holder: String,
    boot: BootId,
    terms: LeaseTerms,
    held: Option<HeldLease>,
    /// The lease of another holder, when it was first seen like this, and over which connection.
    seen: Option<(LeaseRow, Duration, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct HeldLease {
    epoch: u64,
    renew_at: Duration,
    trusted_until: Duration,
}

impl LeaseKeeper {
    pub fn new(name: &str, holder: &str, boot: BootId, terms: LeaseTerms) -> Self {
        Self {
            name: name.to_owned(),
            holder: holder.to_owned(),
            boot,
            terms,
            held: None,
            seen: None,
        }
    }

    pub fn boot(&self) -> BootId {
        self.boot
    }

    /// The lease as a transaction must find it; `None` when it is not held, or about to end.
    pub fn fence(&self, now: Duration) -> Option<LeaseFence> {
        let held = self.held.filter(|held| now < held.trusted_until)?;
        Some(LeaseFence {
            name: self.name.clone(),
            epoch: held.epoch,
        })
    }

    /// Gives the lease back, so that the next one need not wait for its end. Where the database does
    /// not say that it was, the next one waits.
    pub fn release(&mut self, database: &mut impl JournalDatabase) {
        if let Some(held) = self.held.take() {
            drop(database.release_lease(&self.name, self.boot, held.epoch));
        }
    }

    /// Gives up trust in the lease, after the database refused it.
    pub fn concede(&mut self) {
        self.held = None;
    }

    /// Renews the lease when that is due, or takes it when its holder has not been heard of.
    pub fn keep(&mut self, database: &mut impl JournalDatabase) -> Result<(), DatabaseError> {
        // Before the database is asked: its answer may take long, and the lease runs from here.
        let started = database.now();
        if let Some(held) = self.held {
            if started >= held.trusted_until {
                self.held = None;
            } else if started < held.renew_at {
                return Ok(());
            } else {
                return self.renew(database, held.epoch, started);
            }
        }
        let row = database.lease(&self.name)?;
        // An answer that was lost: the lease was taken, or renewed, and this process is its holder.
        if row.epoch > 0 && row.boot == self.boot {
            return self.renew(database, row.epoch, started);
        }
        let is_free =
            row.boot == BootId::NOBODY || self.is_abandoned(&row, started, database.session());
        if !is_free {
            return Ok(());
        }
        match database.take_lease(&self.name, &row, self.boot, &self.holder) {
            CommitAttempt::Acknowledged(epoch) => self.hold(epoch, started),
            // Another one was faster, or nobody knows: what is stored is read again.
            CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => self.seen = None,
        }
        Ok(())
    }

    /// True when the lease has been seen unchanged for as long as it lasts, over one connection: a
    /// failover keeps its holder from renewing it for as long as others from looking.
    fn is_abandoned(&mut self, row: &LeaseRow, now: Duration, session: u64) -> bool {
        match &self.seen {
            Some((seen, since, over)) if seen == row && *over == session => {
                now.saturating_sub(*since) >= self.terms.lasts
            }
            Some(_) | None => {
                self.seen = Some((row.clone(), now, session));
                false
            }
        }
    }

    fn renew(
        &mut self,
        database: &mut impl JournalDatabase,
        epoch: u64,
        started: Duration,
    ) -> Result<(), DatabaseError> {
        match database.renew_lease(&self.name, self.boot, epoch) {
            CommitAttempt::Acknowledged(()) => self.hold(epoch, started),
            CommitAttempt::Refused(_) => self.held = None,
            // Trusted until its end, and not longer: the next call tries again.
            CommitAttempt::Doubtful(_) => {}
        }
        Ok(())
    }

    fn hold(&mut self, epoch: u64, since: Duration) {
        self.seen = None;
        self.held = Some(HeldLease {
            epoch,
            renew_at: since + self.terms.renew_every,
            trusted_until: since + self.terms.lasts.saturating_sub(self.terms.margin),
        });
    }
}
