//! The index's life beside the journal: opened, caught up, and made again when it is damaged or when
//! something was forgotten.
//!
//! Each making has a folder of its own, numbered; the file `current` names the one in use. While
//! another is being made the old one answers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use digue_exposure::{Index, IndexError, Opening, SegmentSizes};
use digue_journal::keyring::OpenedKeyring;
use digue_journal::{Committed, Journal, OpenError};

use crate::recorder::JournalState;

/// Where the indexes of one journal lie.
#[derive(Clone, Debug)]
pub struct IndexFolder(PathBuf);

/// In the folder of an index that knows what was forgotten.
const STALE: &str = "stale";

/// Why an index cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum IndexingError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Journal(#[from] OpenError),
    #[error("the index's folder cannot be used")]
    Disk(#[from] io::Error),
}

impl IndexFolder {
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn number(&self) -> u64 {
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

    /// Says that the index in use may not be believed at the next start: something it knows was, or is
    /// about to be, forgotten. Said before the keys go, so that a crash in between forgets all the same.
    pub fn mark_stale(&self) -> io::Result<()> {
        let folder = self.current();
        if folder.is_dir() {
            std::fs::File::create(folder.join(STALE))?.sync_all()?;
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// True when the index in use may not be believed.
    pub fn is_stale(&self) -> bool {
        self.current().join(STALE).exists()
    }

    /// Nothing was forgotten after all.
    pub fn unmark(&self) -> io::Result<()> {
        match std::fs::remove_file(self.current().join(STALE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Throws away an index that may not be believed.
    fn remove_stale(&self) -> io::Result<()> {
        let folder = self.current();
        if self.is_stale() { std::fs::remove_dir_all(folder) } else { Ok(()) }
    }

    /// From here on `number` is in use; the others go.
    fn switch(&self, number: u64) -> io::Result<()> {
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

/// Opens the index of `journal` and brings it up to date; says when it had to start from nothing.
/// `progress` is told how many entries were read.
pub fn open(
    folder: &IndexFolder,
    journal: &Journal,
    progress: &mut dyn FnMut(u64),
) -> Result<(Index, Opening), IndexingError> {
    std::fs::create_dir_all(&folder.0)?;
    folder.remove_others()?;
    folder.remove_stale()?;
    let (mut index, opening) =
        Index::open(&folder.current(), &|size| journal.root(size), SegmentSizes::default())?;
    if let Some(cause) = &opening.rebuilt {
        tracing::warn!(cause, "The exposure index was damaged and is made again from the journal");
    }
    catch_up(&mut index, journal, progress)?;
    Ok((index, opening))
}

fn catch_up(index: &mut Index, journal: &Journal, progress: &mut dyn FnMut(u64)) -> Result<(), OpenError> {
    let status = journal.status();
    if let Some(root) =
        journal.root(status.checkpoint_size).filter(|_| index.size() >= status.checkpoint_size)
    {
        index.note_checkpoint(status.checkpoint_size, root);
    }
    let mut marked = index.size();
    journal.each(index.size(), &mut |entry, opened| {
        take(index, entry, opened);
        if entry % 65_536 == 0 {
            progress(entry);
        }
        // So that what is written on the way is recognised as this journal's.
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
    // What lies before it was pruned.
    index.skip_to(entry);
    match opened {
        OpenedKeyring::Event(event) => index.add(&Committed { index: entry, event }),
        OpenedKeyring::Forgotten(_) => index.skip_to(entry + 1),
    }
}

/// Makes the index again, at most one at a time.
pub(crate) struct Rebuilder {
    folder: Option<IndexFolder>,
    is_running: Arc<AtomicBool>,
    /// Asked for since the making that runs began: what it has read may be out of date.
    is_wanted: Arc<AtomicBool>,
}

impl Rebuilder {
    pub(crate) fn new(folder: Option<IndexFolder>) -> Self {
        Self { folder, is_running: Arc::default(), is_wanted: Arc::default() }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// Before something is forgotten.
    pub(crate) fn mark_stale(&self) -> io::Result<()> {
        self.folder.as_ref().map_or(Ok(()), IndexFolder::mark_stale)
    }

    /// Starts making another index on a thread of its own; while one is being made, one more follows.
    pub(crate) fn start(&self, journal: &Arc<Journal>, standing: &Arc<RwLock<JournalState>>) {
        self.is_wanted.store(true, Ordering::Release);
        if self.is_running.swap(true, Ordering::AcqRel) {
            return;
        }
        let (folder, journal, standing) = (self.folder.clone(), journal.clone(), standing.clone());
        let (is_running, is_wanted) = (self.is_running.clone(), self.is_wanted.clone());
        let work = move || {
            loop {
                while is_wanted.swap(false, Ordering::AcqRel) {
                    if let Err(error) = rebuild(folder.as_ref(), &journal, &standing) {
                        tracing::error!(%error, "The exposure index could not be made again");
                    }
                }
                is_running.store(false, Ordering::Release);
                // Asked for between the two: this thread goes on, unless another has begun.
                if !is_wanted.load(Ordering::Acquire) || is_running.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        };
        if std::thread::Builder::new().name("index-again".into()).spawn(work).is_err() {
            self.is_running.store(false, Ordering::Release);
        }
    }
}

fn rebuild(
    folder: Option<&IndexFolder>,
    journal: &Journal,
    standing: &RwLock<JournalState>,
) -> Result<(), IndexingError> {
    let write = || standing.write().unwrap_or_else(PoisonError::into_inner);
    let next = folder.map(IndexFolder::next);
    let mut fresh = match &next {
        Some((_, path)) => {
            let _ = std::fs::remove_dir_all(path);
            Index::open(path, &|_| None, SegmentSizes::default())?.0
        }
        None => Index::new(),
    };
    catch_up(&mut fresh, journal, &mut |_| {})?;
    // From here on what comes is set aside; what came in between is in the journal.
    write().backlog = Some(Vec::new());
    let caught_up = catch_up(&mut fresh, journal, &mut |_| {});
    let mut standing = write();
    let backlog = standing.backlog.take().unwrap_or_default();
    caught_up?;
    for committed in
        backlog.iter().filter(|committed| committed.index >= fresh.size()).cloned().collect::<Vec<_>>()
    {
        fresh.add(&committed);
    }
    let mut old = std::mem::replace(&mut standing.index, fresh);
    drop(standing);
    old.close();
    drop(old);
    if let (Some(folder), Some((number, _))) = (folder, next) {
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
