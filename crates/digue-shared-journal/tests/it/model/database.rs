//! A database whose standby may be behind, and whose answers may be lost.
//!
//! `present` is what the primary shows; `durable` what its standby has, too. An acknowledgement
//! brings the standby up to date, as the log of a server is replicated in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use digue_journal::checkpoint::Checkpoint;
use digue_journal::tree::{self, Hash};
use digue_shared_journal::log::{
    BatchId, BootId, CommitAttempt, CommitRefusal, DatabaseError, EntryBatch, JournalDatabase,
    LeaseFence, LeaseRow, PublishedTree, StoredBatch,
};
use digue_shared_journal::publisher::PUBLISHER;

use super::schedule::{Chance, Schedule};
use crate::signer;

#[derive(Clone)]
struct Rows {
    batches: Vec<(BatchId, StoredBatch)>,
    leases: BTreeMap<String, LeaseRow>,
    published: PublishedTree,
    checkpoint: Option<(u64, String)>,
    halted: Option<String>,
}

impl Rows {
    fn size(&self) -> u64 {
        let last = self.batches.last();
        last.map_or(0, |(_, batch)| batch.first + batch.entries.len() as u64)
    }

    fn is_held(&self, fence: &LeaseFence, boot: BootId) -> bool {
        let held = self.leases.get(&fence.name);
        held.is_some_and(|row| row.epoch == fence.epoch && row.boot == boot)
    }

    fn append(&mut self, batch: &EntryBatch) -> Result<u64, CommitRefusal> {
        if let Some(reason) = &self.halted {
            return Err(CommitRefusal::Halted(reason.clone()));
        }
        if !batch
            .fences
            .iter()
            .all(|fence| self.is_held(fence, batch.boot))
        {
            return Err(CommitRefusal::Fenced);
        }
        if self.batches.iter().any(|(id, _)| *id == batch.id) {
            return Err(CommitRefusal::Duplicate);
        }
        let first = self.size();
        let entries = batch.entries.clone();
        self.batches
            .push((batch.id, StoredBatch { first, entries }));
        Ok(first)
    }
}

/// A signature, as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Its tree was published and acknowledged before.
    pub(crate) was_published: bool,
    /// Another publisher held the lease already.
    pub(crate) was_deposed: bool,
}

/// The servers, the network and the clock.
pub(crate) struct World {
    chance: Chance,
    present: Rows,
    durable: Rows,
    /// Statements whose client gave up, and that the server still works on.
    twins: Vec<EntryBatch>,
    /// Connections older than this are broken.
    generation: u64,
    clock: Duration,
    /// A failover may lose acknowledged rows.
    is_lossy: bool,
    /// Nothing goes wrong any more: the end of a run.
    is_calm: bool,
    earlier: Vec<Rows>,
    counts: BTreeMap<&'static str, u64>,
    signatures: Vec<Signature>,
    acknowledged: Vec<PublishedTree>,
    lost_signed: bool,
}

impl World {
    pub(crate) fn new(seed: u64, is_lossy: bool) -> Self {
        let rows = Rows {
            batches: Vec::new(),
            leases: BTreeMap::new(),
            published: PublishedTree {
                epoch: 0,
                size: 0,
                root: tree::empty_root(),
            },
            checkpoint: None,
            halted: None,
        };
        Self {
            chance: Chance::new(seed),
            present: rows.clone(),
            durable: rows,
            twins: Vec::new(),
            generation: 1,
            clock: Duration::from_secs(1000),
            is_lossy,
            is_calm: false,
            earlier: Vec::new(),
            counts: BTreeMap::new(),
            signatures: Vec::new(),
            acknowledged: Vec::new(),
            lost_signed: false,
        }
    }

    pub(crate) fn history(&self) -> Vec<(BatchId, Vec<Vec<u8>>)> {
        let batches = self.present.batches.iter();
        batches
            .map(|(id, batch)| (*id, batch.entries.clone()))
            .collect()
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.counts.iter().map(|(name, count)| (*name, *count))
    }

    pub(crate) fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The epochs of the trees that were published, in order.
    pub(crate) fn published_epochs(&self) -> Vec<u64> {
        self.acknowledged.iter().map(|tree| tree.epoch).collect()
    }

    pub(crate) fn lost_signed_entries(&self) -> bool {
        self.lost_signed
    }

    pub(crate) fn calm(&mut self) {
        self.is_calm = true;
        self.twins.clear();
        self.durable = self.present.clone();
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.is_calm
    }

    fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    /// What happens between two operations.
    fn pass(&mut self) {
        let millis = self.chance.below(150);
        self.clock += Duration::from_millis(millis);
        if self.is_calm {
            return;
        }
        if self.chance.permille(4) {
            self.clock += Duration::from_secs(12);
        }
        if !self.twins.is_empty() && self.chance.permille(200) {
            let batch = self.twins.remove(0);
            if self.present.append(&batch).is_ok() {
                self.count("twin");
                // Acknowledged to nobody; the standby may have it or not.
                if self.chance.permille(500) {
                    self.durable = self.present.clone();
                }
            }
        }
        if self.chance.permille(10) {
            self.fail_over();
        }
        if self.chance.permille(10) {
            // The same server comes back, with what it had not replicated.
            self.count("crash");
            self.generation += 1;
            self.twins.clear();
        }
        if self.chance.permille(50) {
            self.durable = self.present.clone();
        }
        if self.chance.permille(10) {
            self.earlier.push(self.durable.clone());
        }
    }

    fn fail_over(&mut self) {
        self.count("failover");
        self.generation += 1;
        self.twins.clear();
        let next = if self.is_lossy && !self.earlier.is_empty() && self.chance.permille(500) {
            let place = self.chance.below(self.earlier.len() as u64) as usize;
            self.earlier[place].clone()
        } else {
            self.durable.clone()
        };
        let signed = self.signatures.iter().map(|signed| signed.size).max();
        if signed.is_some_and(|signed| signed > next.size()) {
            self.lost_signed = true;
        }
        self.present = next.clone();
        self.durable = next;
    }
}

/// A client's connection to the model.
pub(crate) struct ModelDatabase {
    world: Arc<Mutex<World>>,
    schedule: Arc<Schedule>,
    actor: usize,
    boot: BootId,
    session: u64,
    generation: u64,
    tries: u32,
}

impl ModelDatabase {
    pub(crate) fn new(
        world: &Arc<Mutex<World>>,
        schedule: &Arc<Schedule>,
        actor: usize,
        boot: BootId,
    ) -> Self {
        Self {
            world: world.clone(),
            schedule: schedule.clone(),
            actor,
            boot,
            session: 0,
            generation: 0,
            tries: 3,
        }
    }

    /// Goes on among other actors.
    pub(crate) fn join(&mut self, schedule: &Arc<Schedule>, actor: usize) {
        self.schedule = schedule.clone();
        self.actor = actor;
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Waits for a turn; a broken connection is replaced.
    fn turn(&mut self) {
        self.schedule.wait(self.actor);
        let generation = {
            let mut world = self.world();
            world.pass();
            world.generation
        };
        if self.generation != generation {
            self.generation = generation;
            self.session += 1;
        }
    }

    fn ask<T>(&mut self, read: impl FnOnce(&Rows) -> T) -> Result<T, DatabaseError> {
        self.turn();
        let mut world = self.world();
        if !world.is_calm && world.chance.permille(20) {
            drop(world);
            self.generation = 0;
            return Err(DatabaseError::Unreachable("no answer".to_owned()));
        }
        Ok(read(&world.present))
    }

    /// One statement that changes rows, and the fate of its answer.
    fn commit<T>(
        &mut self,
        change: impl FnOnce(&mut Rows) -> Result<T, CommitRefusal>,
    ) -> CommitAttempt<T> {
        self.turn();
        self.committed(change)
    }

    fn committed<T>(
        &mut self,
        change: impl FnOnce(&mut Rows) -> Result<T, CommitRefusal>,
    ) -> CommitAttempt<T> {
        let mut world = self.world();
        let fate = if world.is_calm {
            999
        } else {
            world.chance.below(1000)
        };
        if fate < 30 {
            world.count("never sent");
            drop(world);
            self.generation = 0;
            return CommitAttempt::Doubtful("no answer".to_owned());
        }
        let mut next = world.present.clone();
        let value = match change(&mut next) {
            Ok(value) => value,
            Err(refusal) => return CommitAttempt::Refused(refusal),
        };
        world.present = next;
        if fate < 70 {
            world.count("lost answer");
            world.durable = world.present.clone();
            drop(world);
            self.generation = 0;
            return CommitAttempt::Doubtful("no answer".to_owned());
        }
        if fate < 110 {
            // The wait for the standby was cancelled: a warning, and the connection goes on, or is
            // dropped by the careful.
            world.count("not replicated");
            drop(world);
            self.generation = 0;
            return CommitAttempt::Doubtful("a warning".to_owned());
        }
        if fate < 118 {
            world.count("long answer");
            world.clock += Duration::from_secs(15);
        }
        world.durable = world.present.clone();
        CommitAttempt::Acknowledged(value)
    }
}

impl JournalDatabase for ModelDatabase {
    fn now(&self) -> Duration {
        self.world().clock
    }

    fn may_try_again(&mut self, attempts: u32) -> bool {
        attempts < self.tries
    }

    fn session(&self) -> u64 {
        self.session
    }

    fn append(&mut self, batch: &EntryBatch) -> CommitAttempt<u64> {
        self.turn();
        let is_delayed = {
            let mut world = self.world();
            !world.is_calm && world.chance.permille(40)
        };
        if is_delayed {
            self.world().twins.push(batch.clone());
            self.generation = 0;
            return CommitAttempt::Doubtful("no answer in time".to_owned());
        }
        self.committed(|rows| rows.append(batch))
    }

    fn settle(&mut self, id: BatchId) -> CommitAttempt<Option<u64>> {
        self.commit(|rows| {
            let found = rows.batches.iter().find(|(known, _)| *known == id);
            Ok(found.map(|(_, batch)| batch.first))
        })
    }

    fn batches(&mut self, from: u64) -> Result<Vec<StoredBatch>, DatabaseError> {
        self.ask(|rows| {
            let later = rows.batches.iter().map(|(_, batch)| batch);
            later
                .filter(|batch| batch.first + batch.entries.len() as u64 > from)
                .take(3)
                .cloned()
                .collect()
        })
    }

    fn lease(&mut self, name: &str) -> Result<LeaseRow, DatabaseError> {
        self.ask(|rows| {
            let held = rows.leases.get(name).cloned();
            held.unwrap_or_else(LeaseRow::never_held)
        })
    }

    fn take_lease(
        &mut self,
        name: &str,
        seen: &LeaseRow,
        boot: BootId,
        holder: &str,
    ) -> CommitAttempt<u64> {
        let taken = self.commit(|rows| {
            let held = rows.leases.get(name).cloned();
            if held.unwrap_or_else(LeaseRow::never_held) != *seen {
                return Err(CommitRefusal::Overtaken);
            }
            let row = LeaseRow {
                epoch: seen.epoch + 1,
                boot,
                holder: holder.to_owned(),
                ticks: 0,
            };
            rows.leases.insert(name.to_owned(), row);
            Ok(seen.epoch + 1)
        });
        if seen.epoch > 0 && matches!(taken, CommitAttempt::Acknowledged(_)) {
            self.world().count("takeover");
        }
        taken
    }

    fn renew_lease(&mut self, name: &str, boot: BootId, epoch: u64) -> CommitAttempt<()> {
        let fence = LeaseFence {
            name: name.to_owned(),
            epoch,
        };
        self.commit(|rows| {
            if !rows.is_held(&fence, boot) {
                return Err(CommitRefusal::Fenced);
            }
            if let Some(row) = rows.leases.get_mut(name) {
                row.ticks += 1;
            }
            Ok(())
        })
    }

    fn release_lease(&mut self, name: &str, boot: BootId, epoch: u64) -> CommitAttempt<()> {
        let fence = LeaseFence {
            name: name.to_owned(),
            epoch,
        };
        self.commit(|rows| {
            if !rows.is_held(&fence, boot) {
                return Err(CommitRefusal::Fenced);
            }
            if let Some(row) = rows.leases.get_mut(name) {
                row.boot = BootId::NOBODY;
                row.ticks += 1;
            }
            Ok(())
        })
    }

    fn published(&mut self) -> Result<PublishedTree, DatabaseError> {
        self.ask(|rows| rows.published)
    }

    fn publish(
        &mut self,
        session: u64,
        fence: &LeaseFence,
        boot: BootId,
        last: &PublishedTree,
        next: &PublishedTree,
    ) -> CommitAttempt<()> {
        let generation = self.world().generation;
        if self.session != session || self.generation != generation {
            return CommitAttempt::Refused(CommitRefusal::Overtaken);
        }
        let published = self.commit(|rows| {
            if let Some(reason) = &rows.halted {
                return Err(CommitRefusal::Halted(reason.clone()));
            }
            if !rows.is_held(fence, boot) {
                return Err(CommitRefusal::Fenced);
            }
            if rows.published != *last || next.size > rows.size() {
                return Err(CommitRefusal::Overtaken);
            }
            rows.published = *next;
            Ok(())
        });
        match &published {
            CommitAttempt::Acknowledged(()) => self.world().acknowledged.push(*next),
            CommitAttempt::Refused(CommitRefusal::Fenced) => self.world().count("deposed"),
            CommitAttempt::Refused(_) | CommitAttempt::Doubtful(_) => {}
        }
        published
    }

    fn keep_checkpoint(&mut self, size: u64, note: &str) -> CommitAttempt<()> {
        // Before the turn: nothing else has run since it was signed.
        {
            let boot = self.boot;
            let mut world = self.world();
            let signed = Checkpoint::open(note, signer().verifier()).unwrap();
            let is_it = |tree: &PublishedTree| tree.size == signed.size && tree.root == signed.root;
            let was_published = world.acknowledged.iter().any(is_it);
            let holder = world.present.leases.get(PUBLISHER).map(|row| row.boot);
            world.signatures.push(Signature {
                size: signed.size,
                root: signed.root,
                was_published,
                was_deposed: holder != Some(boot),
            });
            world.count("signature");
        }
        self.commit(|rows| {
            if rows
                .checkpoint
                .as_ref()
                .is_some_and(|(known, _)| *known >= size)
            {
                return Err(CommitRefusal::Overtaken);
            }
            rows.checkpoint = Some((size, note.to_owned()));
            Ok(())
        })
    }

    fn checkpoint(&mut self) -> Result<Option<(u64, String)>, DatabaseError> {
        self.ask(|rows| rows.checkpoint.clone())
    }

    fn pruned(&mut self) -> Result<Option<String>, DatabaseError> {
        Ok(None)
    }

    fn pruned_leaves(&mut self, _tile: u64) -> Result<Vec<Hash>, DatabaseError> {
        Ok(Vec::new())
    }

    fn halt(&mut self, reason: &str) -> CommitAttempt<()> {
        self.commit(|rows| match &rows.halted {
            Some(known) => Err(CommitRefusal::Halted(known.clone())),
            None => {
                rows.halted = Some(reason.to_owned());
                Ok(())
            }
        })
    }

    fn halted(&mut self) -> Result<Option<String>, DatabaseError> {
        self.ask(|rows| rows.halted.clone())
    }
}

/// What was lost, as the actors found it.
pub(crate) type Findings = BTreeSet<String>;
