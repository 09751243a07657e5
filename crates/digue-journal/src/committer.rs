//! The committing thread of a journal of one machine: one write and one sync for many entries.

use std::sync::Arc;

use crate::disk::WalFile;
use crate::journal_state::{
    AppendError, Appended, JournalStatus, SharedJournal, WaitingAppend, lock, next_batch,
    source_text,
};
use crate::keyring::OpenedKeyring;
use crate::observer::Committed;
use crate::open_error::OpenError;
use crate::reader;
use crate::wal;

/// Greatest number of entries in one write and sync; a single append may have more.
const BATCH_ENTRIES_MAX: usize = 4096;

/// Above this size a new write-ahead file is begun, so that the old one can be removed.
const WAL_BYTES_MAX: usize = 32 << 20;

pub(crate) struct Committer {
    shared: Arc<SharedJournal>,
    /// `None` after a failure, until `recover` creates a new one.
    wal: Option<WalFile>,
    /// Index of the next entry. Never goes back: lower indexes are in the journal for good.
    next: u64,
    wal_bytes: usize,
    /// The last batch had several appends.
    had_company: bool,
}

impl Committer {
    pub(crate) fn new(shared: Arc<SharedJournal>, wal: WalFile, next: u64) -> Self {
        Self {
            shared,
            wal: Some(wal),
            next,
            wal_bytes: 0,
            had_company: false,
        }
    }

    pub(crate) fn run(mut self) {
        while let Some(batch) = next_batch(&self.shared, &mut self.had_company, BATCH_ENTRIES_MAX) {
            match self.commit(&batch) {
                Ok(()) => self.tell(batch),
                Err(error) => self.fail(batch, &error),
            }
        }
        let mut queue = lock(&self.shared.queue);
        queue.is_drained = true;
        drop(queue);
        self.shared.closing.notify_all();
    }

    /// One write and one sync for the whole batch. On `Ok` every entry of it is durable.
    fn commit(&mut self, batch: &[WaitingAppend]) -> Result<(), OpenError> {
        self.ensure_wal()?;
        let mut buffer = Vec::with_capacity(64 * 1024);
        let entries = batch.iter().flat_map(|waiting| &waiting.entries);
        for (index, (bytes, _)) in (self.next..).zip(entries) {
            wal::push_record(&mut buffer, index, bytes);
        }
        let file = self.wal.as_mut().expect("ensured above");
        if let Err(error) = file.append(&buffer) {
            // The content of the file is unknown from here on: nothing more is appended to it.
            // After a failed sync the kernel may drop the dirty pages and report success the next
            // time.
            self.wal = None;
            return Err(error.into());
        }
        self.wal_bytes += buffer.len();
        Ok(())
    }

    fn ensure_wal(&mut self) -> Result<(), OpenError> {
        if self.wal.is_none() {
            return self.recover();
        }
        if self.wal_bytes < WAL_BYTES_MAX {
            return Ok(());
        }
        let mut publisher = lock(&self.shared.publisher);
        match publisher.create_wal(self.next) {
            Ok(file) => {
                self.wal = Some(file);
                self.wal_bytes = 0;
                Ok(())
            }
            Err(error) => {
                self.wal = None;
                Err(error.into())
            }
        }
    }

    /// Recovers from a failed disk, by the same steps as after a crash. Entries are read back and
    /// written to new files, since a file whose sync failed is not trusted again.
    fn recover(&mut self) -> Result<(), OpenError> {
        let shared = self.shared.clone();
        let mut publisher = lock(&shared.publisher);
        let from = self.next;
        let wal = publisher.recover()?;
        let size = publisher.edge.size();
        if size < from {
            return Err(OpenError::Tampered(format!(
                "{from} entries were acknowledged, {size} are left"
            )));
        }
        // They are in the write-ahead files, which were just published. Still under the publisher's
        // lock, or the publisher would add them a second time.
        lock(&shared.committed).clear();
        // Entries of a batch that was reported as failed may have reached the disk. They are part
        // of the history now, although their responses never left: the observer must count them.
        let late = reader::entries(&publisher.disk, from..size, size)?;
        drop(publisher);
        let mut committed = Vec::new();
        for (index, bytes) in (from..).zip(late) {
            if let OpenedKeyring::Event(event) = shared.keyring.open(&bytes)? {
                committed.push(Committed { index, event });
            }
        }
        self.next = size;
        self.wal = Some(wal);
        self.wal_bytes = 0;
        *lock(&shared.status) = JournalStatus {
            size,
            checkpoint_size: size,
            failure: None,
            is_ended: false,
        };
        lock(&shared.observer).committed(&committed);
        Ok(())
    }

    /// Answers the appends of a durable batch, then informs the observer.
    fn tell(&mut self, batch: Vec<WaitingAppend>) {
        let mut committed = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        let mut bytes_committed = Vec::new();
        for waiting in batch {
            let receipt = Appended {
                first: self.next,
                count: waiting.entries.len() as u64,
            };
            answers.push((waiting.done, receipt));
            for (bytes, event) in waiting.entries {
                committed.push(Committed {
                    index: self.next,
                    event,
                });
                bytes_committed.push(bytes);
                self.next += 1;
            }
        }
        lock(&self.shared.committed).append(&mut bytes_committed);
        lock(&self.shared.status).size = self.next;
        // The answers first: responses wait for them, and none for the observer.
        for (done, receipt) in answers {
            done(Ok(receipt));
        }
        lock(&self.shared.observer).committed(&committed);
    }

    fn fail(&self, batch: Vec<WaitingAppend>, error: &OpenError) {
        let text = source_text(error);
        lock(&self.shared.status).failure = Some(text.clone());
        lock(&self.shared.observer).failed(&text);
        for waiting in batch {
            (waiting.done)(Err(AppendError::Unavailable(text.clone())));
        }
    }
}
