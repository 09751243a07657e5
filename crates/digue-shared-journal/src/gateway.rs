//! The shared journal as one gateway uses it: what `Journal::open_followed` asks for.
//!
//! Two connections, one for each of its threads. The lease of serving is kept by the following
//! thread and fences every batch of the committing one.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use digue_journal::disk::Disk;
use digue_journal::note::Signer;
use digue_journal::tree::TreeEdge;
use digue_journal::{AppendError, DurableElsewhere, OpenError, SignedElsewhere, SignedEntries};

use crate::follower::{JournalFollower, entries_from, halt_all};
use crate::lease::{HeldFence, LeaseKeeper, LeaseTerms};
use crate::log::{BatchId, BootId, DatabaseError, EntryBatch, JournalDatabase as _};
use crate::postgres::{Agreement, KeyDigests, PostgresJournal, PostgresKeys, PostgresSettings};
use crate::publisher::{CheckpointPublisher, SharedJournalError, must_not_be_behind};
use crate::shared_files::SharedFiles;
use crate::writer::{self, BatchOutcome};

/// The lease of the gateway that serves: until requests can be forwarded to the owner of an
/// organisation, one gateway decides, and another takes over when it dies.
pub const SERVING: &str = "serving";

/// A file of hundreds of megabytes is replicated before it is acknowledged.
const FILE_ANSWERED_WITHIN: Duration = Duration::from_secs(120);

const KEYS_COPIED_EVERY: Duration = Duration::from_secs(60);

/// Fills bytes with cryptographic randomness.
pub type DrawName = Box<dyn Fn(&mut [u8]) + Send>;

/// What a gateway needs to use the shared journal.
pub struct SharedGatewayParts {
    pub settings: PostgresSettings,
    pub signer: Signer,
    /// For people: this gateway's name.
    pub name: String,
    pub terms: LeaseTerms,
    pub draw: DrawName,
}

/// A gateway that holds the lease of serving.
pub struct ServingGateway {
    pub writer: GatewayWriter,
    pub reader: GatewayReader,
    pub keys: Arc<PostgresKeys>,
    pub files: SharedFiles,
}

/// A gateway that waits to serve, and keeps its folder current meanwhile.
pub struct WaitingGateway {
    parts: SharedGatewayParts,
    boot: BootId,
    database: PostgresJournal,
    follower: JournalFollower,
    serving: LeaseKeeper,
    publisher: CheckpointPublisher,
    timeline: Arc<AtomicU32>,
    /// When the key files are copied next, on the database's clock.
    keys_at: Duration,
}

/// Where a waiting gateway stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitingStep {
    /// Another one holds the lease of serving: its name, for people.
    Waits(String),
    /// The journal is halted, for this reason.
    Halted(String),
    /// This one holds the lease; entries of the one before are not in its folder yet.
    CatchingUp,
    /// This one may serve: nothing was acknowledged that its folder does not have.
    Ready,
}

impl WaitingGateway {
    /// Connects, and opens or begins the copy in `disk`.
    pub fn open(parts: SharedGatewayParts, disk: Disk) -> Result<Self, SharedJournalError> {
        let timeline = Arc::new(AtomicU32::new(0));
        let key = parts.signer.verifier();
        let database = PostgresJournal::open_beside(parts.settings.clone(), key, &timeline)?;
        let follower = JournalFollower::open(disk, parts.signer.clone())?;
        let mut boot = [0; 16];
        (parts.draw)(&mut boot);
        let boot = BootId(boot);
        let serving = LeaseKeeper::new(SERVING, &parts.name, boot, parts.terms);
        let publisher =
            CheckpointPublisher::new(parts.signer.clone(), &parts.name, boot, parts.terms);
        Ok(Self {
            parts,
            boot,
            database,
            follower,
            serving,
            publisher,
            timeline,
            keys_at: Duration::ZERO,
        })
    }

    /// Follows, signs when nobody else does, and takes the lease of serving when nobody holds it.
    ///
    /// # Errors
    /// `Lost` is final, and has halted every gateway. After any other one the next step may succeed.
    pub fn step(&mut self) -> Result<WaitingStep, SharedJournalError> {
        match self.turn() {
            Err(error @ SharedJournalError::Lost(_)) => {
                halt_all(&mut self.database, &error.to_string());
                Err(error)
            }
            other => other,
        }
    }

    fn turn(&mut self) -> Result<WaitingStep, SharedJournalError> {
        self.follower.step(&mut self.database)?;
        // A key that was destroyed must not live on in the folder of a gateway that only waits.
        if self.database.now() >= self.keys_at {
            self.follower.copy_keys(&self.database.key_files()?)?;
            self.keys_at = self.database.now() + KEYS_COPIED_EVERY;
        }
        if let Some(reason) = self.database.halted()? {
            return Ok(WaitingStep::Halted(reason));
        }
        self.serving.keep(&mut self.database)?;
        // Also while another one serves: both leases of a gateway that dies are seen to stand still
        // from the same moment on.
        self.publisher
            .step(&mut self.database, self.follower.mirror().edge())?;
        if self.serving.fence(self.database.now()).is_none() {
            return Ok(WaitingStep::Waits(self.database.lease(SERVING)?.holder));
        }
        // After the lease was taken: no batch of the one before can still come, and what it
        // acknowledged last is counted in budgets only once it is in the folder.
        self.follower.step(&mut self.database)?;
        if self.database.size()? > self.follower.mirror().size() {
            return Ok(WaitingStep::CatchingUp);
        }
        Ok(WaitingStep::Ready)
    }

    /// Gives up waiting: what this gateway holds is free for the others.
    pub fn release(mut self) {
        self.publisher.release(&mut self.database);
        self.serving.release(&mut self.database);
    }

    /// Begins to serve, after `step` said `Ready`. The folder is released for
    /// `Journal::open_followed`.
    pub fn serve(self) -> Result<ServingGateway, SharedJournalError> {
        let parts = self.parts;
        let keys = Arc::new(PostgresKeys::new(parts.settings.clone(), &self.timeline)?);
        let key = parts.signer.verifier();
        let writing = PostgresJournal::open_beside(parts.settings.clone(), key, &self.timeline)?;
        let held = self.serving.fence(self.database.now());
        let epoch = held.as_ref().map(|held| held.epoch);
        let fence = HeldFence::default();
        fence.set(held);
        let slow = PostgresSettings {
            answer_within: FILE_ANSWERED_WITHIN,
            ..parts.settings.clone()
        };
        let files = SharedFiles {
            database: PostgresJournal::open_beside(slow, key, &self.timeline)?,
            fence: fence.clone(),
            boot: self.boot,
        };
        Ok(ServingGateway {
            writer: GatewayWriter {
                database: writing,
                name: parts.name,
                boot: self.boot,
                draw: parts.draw,
                digests: keys.digests(),
                fence: fence.clone(),
            },
            reader: GatewayReader {
                database: self.database,
                publisher: self.publisher,
                serving: self.serving,
                epoch,
                fence,
            },
            keys,
            files,
        })
    }

    /// Compares what all gateways must have alike.
    pub fn agree(&mut self, name: &str, digest: &[u8; 32]) -> Result<Agreement, DatabaseError> {
        self.database.agree(name, digest)
    }
}

/// Commits the gateway's batches.
pub struct GatewayWriter {
    database: PostgresJournal,
    name: String,
    boot: BootId,
    draw: DrawName,
    digests: Arc<KeyDigests>,
    fence: HeldFence,
}

impl DurableElsewhere for GatewayWriter {
    fn commit(&mut self, entries: Vec<Vec<u8>>) -> Result<u64, AppendError> {
        let unavailable = |text: &str| AppendError::Unavailable(text.to_owned());
        let Some(fence) = self.fence.current() else {
            return Err(unavailable("another gateway serves"));
        };
        let Some(keys) = self.digests.of(&entries) else {
            return Err(unavailable("a period key was destroyed meanwhile"));
        };
        let mut id = [0; 16];
        (self.draw)(&mut id);
        let batch = EntryBatch {
            id: BatchId(id),
            gateway: self.name.clone(),
            boot: self.boot,
            fences: vec![fence],
            keys,
            entries,
        };
        match writer::commit(&mut self.database, &batch) {
            BatchOutcome::Committed(first) => Ok(first),
            BatchOutcome::Refused(refusal) => Err(unavailable(&refusal.to_string())),
            BatchOutcome::Unknown(BatchId(id)) => {
                let name: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
                tracing::error!(
                    batch = name,
                    "Outcome of a batch unknown; its responses were not delivered"
                );
                Err(unavailable(
                    "the database did not say whether it is durable",
                ))
            }
        }
    }
}

/// Keeps the leases, signs when this gateway publishes, and reads what was signed.
pub struct GatewayReader {
    database: PostgresJournal,
    publisher: CheckpointPublisher,
    serving: LeaseKeeper,
    /// The epoch under which this gateway began to serve; its state is of no later one.
    epoch: Option<u64>,
    fence: HeldFence,
}

/// Why a turn ended badly.
enum TurnError {
    Shared(SharedJournalError),
    /// Another gateway has served meanwhile: this one must begin again.
    Deposed,
}

impl From<SharedJournalError> for TurnError {
    fn from(error: SharedJournalError) -> Self {
        Self::Shared(error)
    }
}

impl From<DatabaseError> for TurnError {
    fn from(error: DatabaseError) -> Self {
        Self::Shared(error.into())
    }
}

impl GatewayReader {
    /// Renews the lease of serving; never takes it again once another gateway had it.
    fn keep_serving(&mut self) -> Result<(), TurnError> {
        let kept = self.serving.keep(&mut self.database);
        let held = self.serving.fence(self.database.now());
        let is_ours = held.as_ref().map(|held| held.epoch) == self.epoch;
        // Also when the database cannot be reached: trust in the lease ends by this clock.
        self.fence.set(held.filter(|_| is_ours));
        kept?;
        if is_ours || Some(self.database.lease(SERVING)?.epoch) == self.epoch {
            Ok(())
        } else {
            Err(TurnError::Deposed)
        }
    }

    fn turn(&mut self, known: &TreeEdge) -> Result<Option<SignedEntries>, TurnError> {
        self.keep_serving()?;
        self.publisher.step(&mut self.database, known)?;
        must_not_be_behind(&self.database.published()?, known.size(), &known.root())?;
        let Some((size, note)) = self.database.checkpoint()? else {
            return Ok(None);
        };
        if size <= known.size() {
            return Ok(None);
        }
        let mut entries = Vec::new();
        while known.size() + (entries.len() as u64) < size {
            let more = entries_from(&mut self.database, known.size() + entries.len() as u64)?;
            if more.is_empty() {
                let what = "entries that were signed are not in the database";
                return Err(SharedJournalError::Lost(what.to_owned()).into());
            }
            entries.extend(more);
        }
        // Later ones may not be durable yet.
        entries.truncate(usize::try_from(size - known.size()).unwrap_or(usize::MAX));
        Ok(Some(SignedEntries { entries, note }))
    }
}

impl SignedElsewhere for GatewayReader {
    fn next(&mut self, known: &TreeEdge) -> Result<Option<SignedEntries>, OpenError> {
        self.turn(known).map_err(|error| match error {
            TurnError::Deposed => OpenError::Held,
            TurnError::Shared(SharedJournalError::Lost(reason)) => {
                self.fence.set(None);
                halt_all(&mut self.database, &reason);
                OpenError::Tampered(reason)
            }
            TurnError::Shared(other) => OpenError::Disk(std::io::Error::other(other.to_string())),
        })
    }

    fn finish(&mut self) {
        self.fence.set(None);
        self.publisher.release(&mut self.database);
        self.serving.release(&mut self.database);
    }
}
