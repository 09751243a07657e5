//! The journal of an installation, once this process may write it: that of one machine, or the shared
//! one when it is this gateway's turn.

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use digue_config::server::Settings;
use digue_journal::disk::Disk;
use digue_journal::note::Signer;
use digue_journal::{Journal, JournalOptions, OpenError};
use digue_shared_journal::lease::LeaseTerms;
use digue_shared_journal::{ServingGateway, SharedJournalError};

use crate::files::FileCarrier;
use crate::serving::{GatewayCandidate, ServingError, wait_to_serve};

/// How often a journal that may have ended is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What this process writes.
pub enum JournalTurn {
    /// The journal of one machine.
    Local,
    /// The shared journal, whose lease of serving this gateway holds.
    Shared(Box<ServingGateway>),
}

/// The journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalTurnError {
    #[error(transparent)]
    Journal(#[from] OpenError),
    #[error(transparent)]
    Shared(#[from] SharedJournalError),
}

/// This gateway as a candidate to serve on the shared journal; `None` where the journal is of one
/// machine. `alike` are names and SHA-256 of what all gateways must have alike.
pub fn candidate(
    settings: &Settings,
    signer: Signer,
    alike: Vec<(String, [u8; 32])>,
    draw: fn(&mut [u8]),
    gives_up_after: Option<Duration>,
) -> Option<GatewayCandidate> {
    let journal = &settings.journal;
    let database = crate::database_of(journal).filter(|_| journal.is_shared)?;
    Some(GatewayCandidate {
        settings: database,
        signer,
        name: journal.gateway.clone().unwrap_or_else(host_name),
        disk: Disk::new(&settings.data_folder.join("journal")),
        draw,
        terms: LeaseTerms::default(),
        alike,
        gives_up_after,
    })
}

/// For people only: leases go by the process, and not by a name.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname");
    name.map_or_else(|_| "?".to_owned(), |name| name.trim().to_owned())
}

impl JournalTurn {
    /// Waits until this process may write; `None` when `stop` came first.
    pub async fn wait(
        candidate: Option<GatewayCandidate>,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Self>, ServingError> {
        let Some(candidate) = candidate else {
            return Ok(Some(Self::Local));
        };
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stopped = is_stopped.clone();
        let mut waiting = tokio::task::spawn_blocking(move || {
            wait_to_serve(candidate, &|| !stopped.load(Ordering::Acquire))
        });
        let waited = tokio::select! {
            waited = &mut waiting => waited,
            () = stop => {
                is_stopped.store(true, Ordering::Release);
                waiting.await
            }
        };
        let gateway = waited.map_err(|error| ServingError::GaveUp(error.to_string()))??;
        Ok(gateway.map(|gateway| Self::Shared(Box::new(gateway))))
    }

    /// Opens the journal. Files of the data folder that the gateway before had are there afterwards,
    /// so that the state is read after this.
    pub fn open(
        self,
        options: JournalOptions,
        data_folder: &Path,
    ) -> Result<(Journal, Option<FileCarrier>), JournalTurnError> {
        let gateway = match self {
            Self::Local => return Ok((Journal::open(options)?, None)),
            Self::Shared(gateway) => *gateway,
        };
        let options = JournalOptions {
            keyring: options.keyring.sharing(gateway.keys),
            ..options
        };
        // The lease is renewed from here on: files may be large.
        let (writer, reader) = (Box::new(gateway.writer), Box::new(gateway.reader));
        let journal = Journal::open_followed(options, writer, reader)?;
        let mut carrier = FileCarrier::new(gateway.files, data_folder);
        // On a thread of its own: the database's connection blocks, and this may be a task's.
        std::thread::scope(|scope| {
            let fetching = scope.spawn(|| carrier.fetch());
            fetching.join().unwrap_or_else(|_| {
                let text = "fetching the shared files panicked";
                Err(SharedJournalError::Folder(text.to_owned()))
            })
        })?;
        Ok((journal, Some(carrier)))
    }
}

/// The carrier of files, called from tasks.
#[derive(Clone)]
pub struct CarriedFiles(Arc<Mutex<FileCarrier>>);

impl CarriedFiles {
    pub fn new(carrier: FileCarrier) -> Self {
        Self(Arc::new(Mutex::new(carrier)))
    }

    /// Shares the files that changed, on a thread that may block.
    pub async fn share_changed(&self) {
        let carrier = self.0.clone();
        let shared = tokio::task::spawn_blocking(move || {
            let mut carrier = carrier.lock().unwrap_or_else(PoisonError::into_inner);
            carrier.share_changed()
        });
        let shared = shared.await.map_err(std::io::Error::other);
        if let Err(error) = shared.and_then(|shared| shared) {
            tracing::warn!(%error, "Files were not shared with the other gateways; retrying");
        }
    }
}

/// Resolves once the journal acknowledges nothing any more, with the reason: only a new start of
/// this process helps.
pub async fn ended(journal: &Journal) -> String {
    loop {
        let status = journal.status();
        if status.is_ended {
            let unsaid = || "the journal names no reason".to_owned();
            return status.failure.unwrap_or_else(unsaid);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
