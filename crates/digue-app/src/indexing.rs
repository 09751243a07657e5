//! The life of the exposure index beside the journal: opened, caught up, and rebuilt when it is
//! damaged or when period keys were destroyed.
//!
//! Each index has a numbered folder of its own; the file `current` names the one in use. While
//! another one is built the old one answers. The index is no evidence: in doubt it is thrown away
//! and rebuilt (docs/decisions/0010).

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use digue_exposure::{Index, IndexError, Opening, SegmentSizes};
use digue_journal::keyring::OpenedKeyring;
use digue_journal::{Committed, Journal, OpenError};

use crate::recorder::JournalState;

/// The folder of the indexes of one journal.
#[derive(Clone, Debug)]
pub struct IndexFolder(PathBuf);

/// The marker file in the folder of an index that still contains entries whose keys were destroyed.
const STALE: &str = "stale";

/// Why an index cannot be opened or rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum IndexingError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Journal(#[from] OpenError),
    #[error("the folder of the index cannot be read or written")]
    Disk(#[from] io::Error),
}

impl IndexFolder {
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn number(&self) -> u64 {
        // A missing or unreadable `current` costs a rebuild and nothing else.
        let text = std::fs::read_to_string(self.0.join("current")).unwrap_or_default();
        text.trim().parse().unwrap_or(1)
    }

    /// The folder in use.
    pub fn current(&self) -> PathBuf {
        self.0.join(self.number().to_string())
    }

    fn next(&self) -> (u64, PathBuf) {
        let number = self.number() + 1;
        (number, self.0.join(number.to_string()))
    }

    /// Marks the index as not to be used at the next start, because keys of entries that it
    /// contains are about to be destroyed. Marked before the keys go: after a crash in between, the
    /// index must not answer from entries that the journal can no longer show.
    pub fn mark_stale(&self) -> io::Result<()> {
        let folder = self.current();
        if folder.is_dir() {
            // The file and its folder entry: either alone may be lost in a power failure.
            std::fs::File::create(folder.join(STALE))?.sync_all()?;
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// True when the index in use must not be opened again.
    pub fn is_stale(&self) -> bool {
        self.current().join(STALE).exists()
    }

    /// Removes the mark: no key was destroyed after all.
    pub fn unmark(&self) -> io::Result<()> {
        match std::fs::remove_file(self.current().join(STALE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Deletes an index that is marked stale.
    fn remove_stale(&self) -> io::Result<()> {
        let folder = self.current();
        if self.is_stale() {
            std::fs::remove_dir_all(folder)
        } else {
            Ok(())
        }
    }

    /// Makes `number` the index in use and deletes the others.
    fn switch(&self, number: u64) -> io::Result<()> {
        // Renamed into place, so that `current` is never half written. Not synced: losing it means
        // a rebuild.
        let draft = self.0.join("current.tmp");
        std::fs::write(&draft, format!("{number}\n"))?;
        std::fs::rename(draft, self.0.join("current"))?;
        self.remove_others()
    }

    fn remove_others(&self) -> io::Result<()> {
        let current = self.current();
        for item in std::fs::read_dir(&self.0)? {
            let path = item?.path();
            if path.is_dir() && path != current {
                std::fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }
}

/// Opens the index of `journal` and brings it up to date; the `Opening` says whether it had to
/// start from nothing, and why. `progress` receives the number of the entry that was just read.
pub fn open(
    folder: &IndexFolder,
    journal: &Journal,
    progress: &mut dyn FnMut(u64),
) -> Result<(Index, Opening), IndexingError> {
    std::fs::create_dir_all(&folder.0)?;
    // Leftovers of a rebuild that a crash interrupted.
    folder.remove_others()?;
    folder.remove_stale()?;
    let (mut index, opening) = Index::open(
        &folder.current(),
        &|size| journal.root(size),
        SegmentSizes::default(),
    )?;
    if let Some(cause) = &opening.rebuilt {
        tracing::warn!(
            cause,
            "Exposure index was damaged; rebuilding it from the journal"
        );
    }
    catch_up(&mut index, journal, progress)?;
    Ok((index, opening))
}

fn catch_up(
    index: &mut Index,
    journal: &Journal,
    progress: &mut dyn FnMut(u64),
) -> Result<(), OpenError> {
    let status = journal.status();
    if let Some(root) = journal
        .root(status.checkpoint_size)
        .filter(|_| index.size() >= status.checkpoint_size)
    {
        index.note_checkpoint(status.checkpoint_size, root);
    }
    let mut marked = index.size();
    journal.each(index.size(), &mut |entry, opened| {
        take(index, entry, opened);
        if entry % 65_536 == 0 {
            progress(entry);
        }
        // Segments written on the way need a root that identifies this journal: without one, a
        // start after an interruption would throw them away.
        if index.size() - marked >= 1 << 20 {
            marked = index.size();
            if let Some(root) = journal.root(marked) {
                index.note_checkpoint(marked, root);
            }
        }
    })?;
    let size = index.size().min(journal.status().checkpoint_size);
    if let Some(root) = journal.root(size) {
        index.note_checkpoint(size, root);
    }
    Ok(())
}

/// Adds one entry as it was read from a journal.
pub fn take(index: &mut Index, entry: u64, opened: OpenedKeyring) {
    // Entries between the last one and this one were pruned.
    index.skip_to(entry);
    match opened {
        OpenedKeyring::Event(event) => index.add(&Committed {
            index: entry,
            event,
        }),
        OpenedKeyring::Forgotten(_) => index.skip_to(entry + 1),
    }
}

/// Rebuilds the index, at most once at a time.
pub(crate) struct Rebuilder {
    folder: Option<IndexFolder>,
    is_running: Arc<AtomicBool>,
    /// A rebuild was requested after the current one began, which may have read entries that are
    /// gone now.
    is_wanted: Arc<AtomicBool>,
}

impl Rebuilder {
    pub(crate) fn new(folder: Option<IndexFolder>) -> Self {
        Self {
            folder,
            is_running: Arc::default(),
            is_wanted: Arc::default(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// Marks the index in use as stale; to be called before keys are destroyed.
    pub(crate) fn mark_stale(&self) -> io::Result<()> {
        self.folder.as_ref().map_or(Ok(()), IndexFolder::mark_stale)
    }

    /// Starts a rebuild on its own thread. Requests during a rebuild cause exactly one more after
    /// it.
    pub(crate) fn start(&self, journal: &Arc<Journal>, state: &Arc<RwLock<JournalState>>) {
        // Before `is_running` is looked at: either the running rebuild sees the request, or this
        // call sees that it has ended and starts another.
        self.is_wanted.store(true, Ordering::Release);
        if self.is_running.swap(true, Ordering::AcqRel) {
            return;
        }
        let (folder, journal, state) = (self.folder.clone(), journal.clone(), state.clone());
        let (is_running, is_wanted) = (self.is_running.clone(), self.is_wanted.clone());
        let work = move || {
            loop {
                while is_wanted.swap(false, Ordering::AcqRel) {
                    // A panic must not leave `is_running` set: no index would ever be rebuilt
                    // again.
                    let rebuilt = std::panic::catch_unwind(AssertUnwindSafe(|| {
                        rebuild(folder.as_ref(), &journal, &state)
                    }));
                    match rebuilt {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            tracing::error!(%error, "Index rebuild failed; the old index stays in use");
                        }
                        Err(_) => {
                            tracing::error!("Index rebuild panicked; the old index stays in use");
                            forget_backlog(&state);
                        }
                    }
                }
                is_running.store(false, Ordering::Release);
                // A request between the last check and the store above saw `is_running` and started
                // no thread: this one continues, unless a later request has started another.
                if !is_wanted.load(Ordering::Acquire) || is_running.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        };
        if std::thread::Builder::new()
            .name("index-again".into())
            .spawn(work)
            .is_err()
        {
            self.is_running.store(false, Ordering::Release);
        }
    }
}

/// Ends the collection of entries for an index that will not be.
fn forget_backlog(state: &RwLock<JournalState>) {
    state
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .backlog = None;
}

fn rebuild(
    folder: Option<&IndexFolder>,
    journal: &Journal,
    state: &RwLock<JournalState>,
) -> Result<(), IndexingError> {
    let write = || state.write().unwrap_or_else(PoisonError::into_inner);
    let next = folder.map(IndexFolder::next);
    let mut fresh = match &next {
        Some((_, path)) => {
            // What a rebuild that failed has left; usually there is nothing.
            let _ = std::fs::remove_dir_all(path);
            Index::open(path, &|_| None, SegmentSizes::default())?.0
        }
        None => Index::new(),
    };
    // The long part, with no lock held: commits go on.
    catch_up(&mut fresh, journal, &mut |_| {})?;
    // From here on new commits also go to the backlog. The second pass reads those that came during
    // the first; entries that are in both are filtered out by their number below.
    write().backlog = Some(Vec::new());
    let caught_up = catch_up(&mut fresh, journal, &mut |_| {});
    let mut state = write();
    let backlog = state.backlog.take().unwrap_or_default();
    caught_up?;
    for committed in backlog
        .iter()
        .filter(|committed| committed.index >= fresh.size())
        .cloned()
        .collect::<Vec<_>>()
    {
        fresh.add(&committed);
    }
    let mut old = std::mem::replace(&mut state.index, fresh);
    drop(state);
    // Outside the lock: closing writes to disk, and the journal's commits wait for the lock.
    old.close();
    drop(old);
    if let (Some(folder), Some((number, _))) = (folder, next) {
        // Last, because it deletes the folder of the old index, which had to be closed before.
        folder.switch(number)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_knows_what_was_forgotten_is_not_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let indexes = IndexFolder::new(folder.path());
        // Nothing there yet: nothing to mark.
        indexes.mark_stale().unwrap();
        std::fs::create_dir_all(indexes.current()).unwrap();
        indexes.mark_stale().unwrap();
        indexes.unmark().unwrap();
        indexes.remove_stale().unwrap();
        assert!(indexes.current().exists());
        indexes.mark_stale().unwrap();
        indexes.remove_stale().unwrap();
        assert!(!indexes.current().exists());
    }
}
