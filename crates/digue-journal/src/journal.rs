//! The writer: entries in, one durable commit for many, a signed checkpoint every second.
//!
//! Two threads. The *committer* appends waiting entries to the write-ahead file and makes them
//! durable with one sync; only then are callers told. The *publisher* turns committed entries into
//! tiles and replaces the checkpoint. Opening a journal after a crash, and coming back after a
//! failed disk, are one function: `recover`.

use std::fs::File;
use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use digue_types::Event;

use crate::checkpoint::Checkpoint;
use crate::codec;
use crate::disk::{Disk, Folders, WalFile};
use crate::note::Signer;
use crate::reader;
use crate::tile::{self, ENTRY_BYTES_MAX};
use crate::tree::{self, Edge, Hash, TILE_WIDTH};
use crate::wal;

/// A write-ahead file is followed by a new one above this size.
const WAL_BYTES_MAX: usize = 32 << 20;

/// Entries made durable by one sync.
const BATCH_ENTRIES_MAX: usize = 4096;

/// How long the committer waits for company when the last batch had some. On a disk that syncs in
/// 0.2 ms, syncing for every two or three entries costs more than all the rest of a response.
const GATHER: Duration = Duration::from_micros(700);

/// What a journal needs to run.
pub struct Options {
    pub disk: Disk,
    pub signer: Signer,
    /// Appends that may wait; the next one is refused with `AppendError::Busy`.
    pub queue_max: usize,
    /// The longest time between a commit and the checkpoint that covers it.
    pub checkpoint_every: Duration,
    pub observer: Box<dyn Observer>,
}

/// Is told what became durable, in order, without gap. Must return quickly: commits wait for it.
pub trait Observer: Send {
    fn committed(&mut self, entries: &[Committed]);
    fn checkpoint(&mut self, _checkpoint: &Checkpoint) {}
    /// The disk refused; appends fail until it accepts again.
    fn failed(&mut self, _error: &str) {}
}

/// Observes nothing.
pub struct NoObserver;

impl Observer for NoObserver {
    fn committed(&mut self, _entries: &[Committed]) {}
}

/// An entry that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub index: u64,
    pub event: Event,
}

/// Where an append lies in the journal: `count` entries from `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub first: u64,
    pub count: u64,
}

/// Why an entry is not in the journal. Nothing was promised; no response may leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("{limit} entries already wait for the disk")]
    Busy { limit: usize },
    #[error("an entry has {bytes} bytes, at most {ENTRY_BYTES_MAX} fit")]
    TooLong { bytes: usize },
    #[error("the journal cannot be written: {0}")]
    Unavailable(String),
    #[error("the journal is closed")]
    Closed,
}

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another process holds this journal")]
    Held,
    #[error("the journal was changed by something else than Digue: {0}")]
    Tampered(String),
    #[error("the journal's files cannot be used")]
    Disk(#[from] io::Error),
}

/// A running journal. Dropping it closes it.
pub struct Journal {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// The folder's lock, held until the journal is closed.
    lock: Mutex<Option<File>>,
}

/// Where the journal stands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Status {
    /// Entries that are durable.
    pub size: u64,
    /// Entries under the last signed checkpoint.
    pub checkpoint_size: u64,
    /// The disk's last refusal, until it accepts again.
    pub failure: Option<String>,
}

type Done = Box<dyn FnOnce(Result<Receipt, AppendError>) + Send>;

struct Waiting {
    entries: Vec<(Vec<u8>, Event)>,
    done: Done,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Wakes the committer: entries wait, or the journal closes.
    work: Condvar,
    /// Wakes the publisher at closing time.
    closing: Condvar,
    publisher: Mutex<Publisher>,
    committed: Mutex<Vec<Vec<u8>>>,
    status: Mutex<Status>,
    observer: Mutex<Box<dyn Observer>>,
    queue_max: usize,
    checkpoint_every: Duration,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_closed: bool,
    is_drained: bool,
}

impl Journal {
    /// Opens or creates the journal in the folder of `options.disk`, recovering what a crash left.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let lock = options.disk.lock()?.ok_or(OpenError::Held)?;
        let mut publisher = Publisher {
            disk: options.disk,
            signer: options.signer,
            edge: Edge::new(),
            bundle: Vec::new(),
            covered_wals: Vec::new(),
        };
        let wal = publisher.recover()?;
        let size = publisher.edge.size();
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
            closing: Condvar::new(),
            publisher: Mutex::new(publisher),
            committed: Mutex::default(),
            status: Mutex::new(Status { size, checkpoint_size: size, failure: None }),
            observer: Mutex::new(options.observer),
            queue_max: options.queue_max,
            checkpoint_every: options.checkpoint_every,
        });
        let committer = Committer {
            shared: shared.clone(),
            wal: Some(wal),
            next: size,
            wal_bytes: 0,
            had_company: false,
        };
        let publishing = shared.clone();
        let threads = vec![
            std::thread::Builder::new().name("journal-commit".into()).spawn(|| committer.run())?,
            std::thread::Builder::new()
                .name("journal-publish".into())
                .spawn(move || publish_until_closed(&publishing))?,
        ];
        Ok(Self { shared, threads: Mutex::new(threads), lock: Mutex::new(Some(lock)) })
    }

    /// Adds `events` as one unit. `done` is called once, from the committing thread, when all of
    /// them are durable or none is promised.
    pub fn append(
        &self,
        events: Vec<Event>,
        done: impl FnOnce(Result<Receipt, AppendError>) + Send + 'static,
    ) {
        if let Err((error, done)) = self.enqueue(events, Box::new(done)) {
            done(Err(error));
        }
    }

    fn enqueue(&self, events: Vec<Event>, done: Done) -> Result<(), (AppendError, Done)> {
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            let bytes = codec::encode(&event);
            if bytes.len() > ENTRY_BYTES_MAX {
                return Err((AppendError::TooLong { bytes: bytes.len() }, done));
            }
            entries.push((bytes, event));
        }
        let mut queue = lock(&self.shared.queue);
        if queue.is_closed {
            return Err((AppendError::Closed, done));
        }
        if queue.waiting.len() >= self.shared.queue_max {
            return Err((AppendError::Busy { limit: self.shared.queue_max }, done));
        }
        queue.waiting.push(Waiting { entries, done });
        drop(queue);
        self.shared.work.notify_one();
        Ok(())
    }

    /// `append`, waiting for the answer on this thread.
    pub fn append_and_wait(&self, events: Vec<Event>) -> Result<Receipt, AppendError> {
        let (sender, receiver) = mpsc::channel();
        self.append(events, move |result| {
            let _ = sender.send(result);
        });
        receiver.recv().unwrap_or(Err(AppendError::Closed))
    }

    /// The bytes of published entries, for whoever shows them.
    ///
    /// # Errors
    /// When the range goes past the last checkpoint, or a file does not read.
    pub fn entries(&self, range: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>, OpenError> {
        // While it reads nothing is published: the last bundle keeps its name.
        let publisher = lock(&self.shared.publisher);
        reader::entries(&publisher.disk, range, publisher.edge.size())
    }

    pub fn status(&self) -> Status {
        lock(&self.shared.status).clone()
    }

    /// Commits what waits, publishes it, and lets the folder go. Later appends are refused.
    pub fn close(&self) {
        lock(&self.shared.queue).is_closed = true;
        self.shared.work.notify_all();
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
        lock(&self.lock).take();
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

/// A thread that panicked leaves its data behind a poisoned lock; the journal's invariants are
/// asserted by `recover`, not by the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Committer {
    shared: Arc<Shared>,
    /// `None` after a failure, until `recover` gives a new one.
    wal: Option<WalFile>,
    next: u64,
    wal_bytes: usize,
    had_company: bool,
}

impl Committer {
    fn run(mut self) {
        while let Some(batch) = self.next_batch() {
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

    fn next_batch(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = lock(&self.shared.queue);
        while queue.waiting.is_empty() {
            if queue.is_closed {
                return None;
            }
            queue = self.shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        // A lone writer never waits: its own next entry comes after this answer.
        if self.had_company && !queue.is_closed {
            drop(queue);
            std::thread::park_timeout(GATHER);
            queue = lock(&self.shared.queue);
        }
        self.had_company = queue.waiting.len() > 1;
        let mut entries = 0;
        let fitting = queue.waiting.iter().take_while(|waiting| {
            entries += waiting.entries.len();
            entries <= BATCH_ENTRIES_MAX
        });
        let count = fitting.count().max(1);
        let rest = queue.waiting.split_off(count);
        Some(std::mem::replace(&mut queue.waiting, rest))
    }

    /// One write and one sync for the whole batch. On `Ok` every entry of it is durable.
    fn commit(&mut self, batch: &[Waiting]) -> Result<(), OpenError> {
        self.ensure_wal()?;
        let mut buffer = Vec::with_capacity(64 * 1024);
        let entries = batch.iter().flat_map(|waiting| &waiting.entries);
        for (index, (bytes, _)) in (self.next..).zip(entries) {
            wal::push_record(&mut buffer, index, bytes);
        }
        let file = self.wal.as_mut().expect("ensured above");
        if let Err(error) = file.append(&buffer) {
            // What is on disk is unknown from here on: nothing more goes to this file.
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

    /// Comes back from a failed disk: the same lines as after a crash.
    fn recover(&mut self) -> Result<(), OpenError> {
        let shared = self.shared.clone();
        let mut publisher = lock(&shared.publisher);
        let from = self.next;
        let wal = publisher.recover()?;
        let size = publisher.edge.size();
        if size < from {
            return Err(OpenError::Tampered(format!("{from} entries were promised, {size} are left")));
        }
        lock(&shared.committed).clear();
        // Entries of a batch that was reported as failed may have reached the disk: they are part
        // of the history now, although their responses never left.
        let late = reader::entries(&publisher.disk, from..size, size)?;
        drop(publisher);
        let mut committed = Vec::new();
        for (index, bytes) in (from..).zip(late) {
            let event = codec::decode(&bytes).map_err(|e| OpenError::Tampered(e.to_string()))?;
            committed.push(Committed { index, event });
        }
        self.next = size;
        self.wal = Some(wal);
        self.wal_bytes = 0;
        *lock(&shared.status) = Status { size, checkpoint_size: size, failure: None };
        lock(&shared.observer).committed(&committed);
        Ok(())
    }

    fn tell(&mut self, batch: Vec<Waiting>) {
        let mut committed = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        let mut bytes_committed = Vec::new();
        for waiting in batch {
            let receipt = Receipt { first: self.next, count: waiting.entries.len() as u64 };
            answers.push((waiting.done, receipt));
            for (bytes, event) in waiting.entries {
                committed.push(Committed { index: self.next, event });
                bytes_committed.push(bytes);
                self.next += 1;
            }
        }
        lock(&self.shared.committed).append(&mut bytes_committed);
        lock(&self.shared.status).size = self.next;
        for (done, receipt) in answers {
            done(Ok(receipt));
        }
        lock(&self.shared.observer).committed(&committed);
    }

    fn fail(&self, batch: Vec<Waiting>, error: &OpenError) {
        let text = source_text(error);
        lock(&self.shared.status).failure = Some(text.clone());
        lock(&self.shared.observer).failed(&text);
        for waiting in batch {
            (waiting.done)(Err(AppendError::Unavailable(text.clone())));
        }
    }
}

fn source_text(error: &OpenError) -> String {
    match error {
        OpenError::Disk(source) => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

fn publish_until_closed(shared: &Shared) {
    loop {
        let queue = lock(&shared.queue);
        let is_last = if queue.is_drained {
            true
        } else {
            let waited = shared.closing.wait_timeout(queue, shared.checkpoint_every);
            waited.unwrap_or_else(PoisonError::into_inner).0.is_drained
        };
        publish_committed(shared);
        if is_last {
            return;
        }
    }
}

fn publish_committed(shared: &Shared) {
    let mut publisher = lock(&shared.publisher);
    let entries = std::mem::take(&mut *lock(&shared.committed));
    if entries.is_empty() {
        return;
    }
    match publisher.publish(&entries) {
        Ok(checkpoint) => {
            lock(&shared.status).checkpoint_size = checkpoint.size;
            lock(&shared.observer).checkpoint(&checkpoint);
        }
        Err(error) => {
            // Nothing is lost: the entries are in the write-ahead file and go back in line.
            let mut committed = lock(&shared.committed);
            let newer = std::mem::replace(&mut *committed, entries);
            committed.extend(newer);
            lock(&shared.observer).failed(&error.to_string());
        }
    }
}

/// Owns the tree's files: tiles, bundles, checkpoint, and the list of write-ahead files.
struct Publisher {
    disk: Disk,
    signer: Signer,
    /// The right edge at the last checkpoint.
    edge: Edge,
    /// The bytes of the unfinished entry bundle at the last checkpoint.
    bundle: Vec<u8>,
    /// Where each write-ahead file starts, oldest first.
    covered_wals: Vec<u64>,
}

impl Publisher {
    /// Reads what is on disk, publishes what only the write-ahead files hold, and starts a new one.
    fn recover(&mut self) -> Result<WalFile, OpenError> {
        self.load_checkpoint()?;
        let tail = reader::wal_tail(&self.disk, self.edge.size())?;
        if !tail.is_empty() || self.disk.read("checkpoint")?.is_none() {
            self.publish(&tail)?;
        }
        for name in self.disk.list(wal::FOLDER)? {
            self.disk.remove(&format!("{}/{name}", wal::FOLDER))?;
        }
        self.covered_wals.clear();
        Ok(self.create_wal(self.edge.size())?)
    }

    fn load_checkpoint(&mut self) -> Result<(), OpenError> {
        let tampered = |what: &str| OpenError::Tampered(what.to_owned());
        let Some(note) = self.disk.read("checkpoint")? else {
            if !self.disk.list("tile")?.is_empty() || !self.disk.list(wal::FOLDER)?.is_empty() {
                return Err(tampered("the checkpoint is missing"));
            }
            (self.edge, self.bundle) = (Edge::new(), Vec::new());
            return Ok(());
        };
        let note = String::from_utf8(note).map_err(|_| tampered("the checkpoint is no text"))?;
        let head = Checkpoint::open(&note, self.signer.verifier())
            .map_err(|error| OpenError::Tampered(format!("the checkpoint: {error}")))?;
        let edge = reader::edge(&self.disk, head.size)?;
        if edge.root() != head.root {
            return Err(tampered("the tiles lead to another root than the checkpoint"));
        }
        let (index, width) = tile::tiles_at(0, head.size);
        self.bundle.clear();
        if width > 0 {
            for entry in reader::bundle(&self.disk, index, width)? {
                tile::push_entry(&mut self.bundle, &entry);
            }
        }
        self.edge = edge;
        Ok(())
    }

    fn create_wal(&mut self, start: u64) -> io::Result<WalFile> {
        let file = self.disk.create_wal(&wal::name(start), &wal::header(start))?;
        self.covered_wals.push(start);
        Ok(file)
    }

    /// Tiles and bundles first, the checkpoint last: a reader never sees a head without its tree.
    fn publish(&mut self, entries: &[Vec<u8>]) -> io::Result<Checkpoint> {
        let mut edge = self.edge.clone();
        let mut bundle = self.bundle.clone();
        let mut folders = Folders::default();
        let mut full_tiles = Vec::new();
        for entry in entries {
            tile::push_entry(&mut bundle, entry);
            for full in edge.push(tree::leaf_hash(entry)) {
                let path = tile::hash_tile_path(full.level, full.index, TILE_WIDTH);
                self.disk.write_tile(&path, &full.hashes.concat(), &mut folders)?;
                full_tiles.push(path);
            }
            if edge.size().is_multiple_of(TILE_WIDTH as u64) {
                let path = tile::entry_bundle_path(edge.size() / TILE_WIDTH as u64 - 1, TILE_WIDTH);
                self.disk.write_tile(&path, &std::mem::take(&mut bundle), &mut folders)?;
                full_tiles.push(path);
            }
        }
        self.write_partial_tiles(&edge, &bundle, &mut folders)?;
        self.disk.sync_folders(&folders)?;
        let root: Hash = edge.root();
        let origin = self.signer.verifier().name().to_owned();
        let checkpoint = Checkpoint { origin, size: edge.size(), root };
        // The promise: from this rename on, the published journal has this size.
        self.disk.replace_checkpoint(checkpoint.sign(&self.signer).as_bytes())?;
        (self.edge, self.bundle) = (edge, bundle);
        for path in &full_tiles {
            self.disk.remove_partials(path)?;
        }
        self.remove_covered_wals()?;
        Ok(checkpoint)
    }

    fn write_partial_tiles(&self, edge: &Edge, bundle: &[u8], folders: &mut Folders) -> io::Result<()> {
        for (level, hashes) in edge.partial_tiles() {
            let place = tile::tiles_at(level, edge.size());
            if place != tile::tiles_at(level, self.edge.size()) {
                let path = tile::hash_tile_path(level, place.0, place.1);
                self.disk.write_tile(&path, &hashes.concat(), folders)?;
            }
        }
        let (index, width) = tile::tiles_at(0, edge.size());
        if width > 0 && edge.size() != self.edge.size() {
            let path = tile::entry_bundle_path(index, width);
            self.disk.write_tile(&path, bundle, folders)?;
        }
        Ok(())
    }

    /// A write-ahead file may go when a later one starts at or below the checkpoint.
    fn remove_covered_wals(&mut self) -> io::Result<()> {
        while let [oldest, next, ..] = self.covered_wals[..] {
            if next > self.edge.size() {
                break;
            }
            self.disk.remove(&wal::name(oldest))?;
            self.covered_wals.remove(0);
        }
        Ok(())
    }
}
