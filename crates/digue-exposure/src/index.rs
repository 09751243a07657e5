//! The writer of the index: takes entries as they become durable, in order and without a gap.
//!
//! Questions are answered by `view`, files are written by `segment_store`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use digue_journal::tree::Hash;
use digue_journal::{Committed, codec};
use digue_types::{AccountId, Administration, Event, Exposure, PortalId, Timestamp};

use crate::block::{ExposureOrigin, ExposureRow, NOBODY};
use crate::outside::OutsideRow;
use crate::pulse::{CountedExposure, Coverage, ExposureCounters, Minute};
use crate::segment::IndexError;
use crate::segment_store::{self, RowChunk, SegmentSizes, SegmentStore, SharedIndex};
use crate::view::IndexView;

/// The index of one journal.
pub struct Index {
    shared: Arc<SharedIndex>,
    segment_store: SegmentStore,
    folder: Option<PathBuf>,
    size: u64,
    /// The chunk that is being filled.
    chunk: RowChunk,
    origins: HashMap<ExposureOrigin, u32>,
    pulse: ExposureCounters,
    acts: Vec<(u64, Administration)>,
    /// How many of `acts` were handed over to be written.
    acts_kept: usize,
    /// A size and root of the journal, by which the index is recognised at the next start.
    checkpoint: Option<(u64, Hash)>,
}

/// The result of opening an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Entries that it covers; the caller adds those from there on.
    pub size: u64,
    /// Why an index that was there is discarded and begins with nothing.
    pub rebuilt: Option<String>,
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

impl Index {
    /// An index in memory only.
    pub fn new() -> Self {
        let shared = Arc::new(SharedIndex::default());
        Self::over(shared.clone(), SegmentStore::in_memory(shared), None)
    }

    fn over(
        shared: Arc<SharedIndex>,
        segment_store: SegmentStore,
        folder: Option<PathBuf>,
    ) -> Self {
        Self {
            shared,
            segment_store,
            folder,
            size: 0,
            chunk: RowChunk::default(),
            origins: HashMap::new(),
            pulse: ExposureCounters::default(),
            acts: Vec::new(),
            acts_kept: 0,
            checkpoint: None,
        }
    }

    /// Opens the index in `folder`, or begins one there. `root_at` gives the journal's root at a
    /// size. An index that is damaged, or was made from a journal with another root, is discarded
    /// and begins with nothing.
    pub fn open(
        folder: &Path,
        root_at: &dyn Fn(u64) -> Option<Hash>,
        sizes: SegmentSizes,
    ) -> Result<(Self, Opening), IndexError> {
        let (index, opening) = Self::read(folder, root_at)?;
        let Some((mut index, state)) = index else {
            segment_store::clear(folder)?;
            let shared = Arc::new(SharedIndex::default());
            let segment_store = SegmentStore::in_folder(
                shared.clone(),
                folder,
                segment_store::LoadedState::default(),
                sizes,
            )?;
            return Ok((
                Self::over(shared, segment_store, Some(folder.to_owned())),
                opening,
            ));
        };
        segment_store::remove_strangers(folder, &index.shared.layout().segments)?;
        index.segment_store = SegmentStore::in_folder(index.shared.clone(), folder, state, sizes)?;
        index.folder = Some(folder.to_owned());
        Ok((index, opening))
    }

    /// Opens the index in `folder` beside the process that writes it: entries that are added stay
    /// in memory. Without an intact index it begins with nothing.
    pub fn open_reading(
        folder: &Path,
        root_at: &dyn Fn(u64) -> Option<Hash>,
    ) -> Result<(Self, Opening), IndexError> {
        let (index, opening) = Self::read(folder, root_at)?;
        Ok((index.map_or_else(Self::new, |(index, _)| index), opening))
    }

    /// The size and root of the journal from which the index in `folder` was last made; `None`
    /// without an index, or with one whose manifest is damaged.
    pub fn remembered(folder: &Path) -> Result<Option<(u64, Hash)>, IndexError> {
        segment_store::remembered(folder)
    }

    fn read(
        folder: &Path,
        root_at: &dyn Fn(u64) -> Option<Hash>,
    ) -> Result<(Option<(Self, segment_store::LoadedState)>, Opening), IndexError> {
        let nothing = |rebuilt| Ok((None, Opening { size: 0, rebuilt }));
        let loaded = match segment_store::load(folder) {
            Ok(None) => return nothing(None),
            Ok(Some(loaded)) => loaded,
            Err(IndexError::Damaged(what)) => return nothing(Some(what)),
            Err(other) => return Err(other),
        };
        let checkpoint = loaded.checkpoint;
        // By the root and not by the size alone: a journal that was restored from a backup may have
        // as many entries.
        if checkpoint.is_none_or(|(size, root)| root_at(size) != Some(root)) {
            return nothing(Some(
                "it is of another journal, or of one that was changed".to_owned(),
            ));
        }
        let (shared, state, size, pulse, kept) = loaded.into_parts();
        let mut acts = Vec::with_capacity(kept.len());
        for (entry, bytes) in kept {
            match codec::decode(&bytes) {
                Ok(Event::Administration(act)) => acts.push((entry, act)),
                _ => return nothing(Some("the acts".to_owned())),
            }
        }
        let shared = Arc::new(shared);
        let mut index = Self::over(shared.clone(), SegmentStore::in_memory(shared), None);
        (index.size, index.pulse, index.acts_kept) = (size, pulse, acts.len());
        (index.acts, index.checkpoint, index.chunk.entries) = (acts, checkpoint, size..size);
        Ok((
            Some((index, state)),
            Opening {
                size,
                rebuilt: None,
            },
        ))
    }

    /// Entries that the index covers.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds one entry; entries come in order and without a gap.
    ///
    /// # Panics
    /// When an entry was skipped: an index with a gap would give wrong answers for ever.
    pub fn add(&mut self, committed: &Committed) {
        assert_eq!(
            committed.index, self.size,
            "the index takes entries in order"
        );
        match &committed.event {
            Event::Exposure(exposure) => self.add_exposure(committed.index, exposure),
            Event::Administration(act) => self.acts.push((committed.index, act.clone())),
        }
        self.reach(committed.index + 1);
    }

    /// Skips entries that can no longer be read, up to `entry`.
    pub fn skip_to(&mut self, entry: u64) {
        self.reach(entry.max(self.size));
    }

    fn reach(&mut self, size: u64) {
        self.size = size;
        self.chunk.entries.end = size;
        if self.chunk.rows.len() >= self.segment_store.sizes.chunk_rows {
            self.end_chunk();
            if self.segment_store.is_due() {
                self.flush();
            }
        }
    }

    fn end_chunk(&mut self) {
        let next = RowChunk {
            entries: self.size..self.size,
            ..RowChunk::default()
        };
        let full = std::mem::replace(&mut self.chunk, next);
        self.origins.clear();
        self.segment_store.add(full);
    }

    fn flush(&mut self) {
        let new = self.acts[self.acts_kept..].iter();
        let acts =
            new.map(|(entry, act)| (*entry, codec::encode(&Event::Administration(act.clone()))));
        let acts: Vec<_> = acts.collect();
        self.acts_kept = self.acts.len();
        // Counters as they are now: further entries are counted before the thread has written this
        // range.
        self.segment_store
            .flush(self.size, self.pulse.clone(), acts, self.checkpoint);
    }

    /// Writes everything to the folder and ends the writing thread; the next start has nothing to
    /// catch up.
    pub fn close(&mut self) {
        if self.folder.is_some() {
            if !self.chunk.rows.is_empty() {
                self.end_chunk();
            }
            self.flush();
            self.segment_store.close();
        }
    }

    /// Records a checkpoint of the journal, by which this index is recognised at the next start.
    pub fn note_checkpoint(&mut self, size: u64, root: Hash) {
        // Only one that this index has reached: its manifest must not claim a root for entries that
        // it does not cover.
        if size <= self.size {
            self.checkpoint = Some((size, root));
        }
    }

    /// Why the folder is not written any more; `None` while it is.
    pub fn failure(&self) -> Option<String> {
        self.shared
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn add_exposure(&mut self, entry: u64, exposure: &Exposure) {
        self.pulse.add(entry, exposure);
        let origin = self.origin(exposure);
        // Lock order: names, then persons.
        let mut names = self
            .shared
            .names
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let account = names.account(&exposure.account);
        let at = u32::try_from(exposure.at.secs().max(0)).unwrap_or(u32::MAX);
        let row = |person, context, found| ExposureRow {
            account,
            person,
            at,
            entry,
            context,
            origin,
            found,
        };
        // Before the lock of `persons`, which most refusals then never take.
        if exposure.shown.is_empty() {
            let context = names.context(account, exposure, None);
            self.chunk
                .rows
                .push(row(NOBODY, context, exposure.persons_found));
            return;
        }
        let mut persons = self
            .shared
            .persons
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for group in &exposure.shown {
            let context = names.context(account, exposure, Some((group.basis, group.means)));
            for person in &group.persons {
                let person = persons.number(&exposure.population, person);
                self.chunk.rows.push(row(person, context, 0));
            }
        }
    }

    fn origin(&mut self, exposure: &Exposure) -> u32 {
        // Most often the session of the previous exposure: no key is built for the look-up then.
        if let Some(last) = self.chunk.origins.last()
            && *last.session == *exposure.session.as_str()
            && *last.ip == *exposure.client.ip
        {
            return self.chunk.origins.len() as u32 - 1;
        }
        let origin = ExposureOrigin {
            session: exposure.session.as_str().into(),
            ip: exposure.client.ip.as_str().into(),
        };
        let next = self.chunk.origins.len() as u32;
        let chunk = &mut self.chunk;
        *self.origins.entry(origin).or_insert_with_key(|origin| {
            chunk.origins.push(origin.clone());
            next
        })
    }

    /// The index as it is now, for questions that take long: the layout is a copy of references,
    /// and segments and chunks never change.
    pub fn view(&self) -> IndexView {
        let mut layout = self.shared.layout().clone();
        // The chunk that is being filled is copied, 4,096 rows at most; full ones are shared.
        layout.chunks.push(Arc::new(self.chunk.clone()));
        IndexView::new(self.shared.clone(), layout, self.size)
    }

    /// The last `count` minutes up to `now`, oldest first, those without traffic included.
    pub fn minutes(&self, now: Timestamp, count: i64) -> Vec<(Timestamp, Minute)> {
        self.pulse.minutes(now, count)
    }

    pub fn coverage(&self, portal: &PortalId) -> Coverage {
        self.pulse.coverage(portal)
    }

    /// The addresses of a portal that no map described when they were asked for, the most requested
    /// first; and how many requests were for further ones.
    pub fn outside(&self, portal: &PortalId) -> (Vec<OutsideRow>, u64) {
        self.pulse.outside(portal)
    }

    /// The last `count` exposures of all accounts, newest first.
    pub fn recent(&self, count: usize) -> impl Iterator<Item = &CountedExposure> {
        self.pulse.recent(count)
    }

    /// The last `count` acts of administration, newest first.
    pub fn acts(&self, count: usize) -> impl Iterator<Item = &(u64, Administration)> {
        self.acts.iter().rev().take(count)
    }

    /// The last `count` acts by an account or upon it, newest first.
    pub fn acts_about(&self, account: &AccountId, count: usize) -> Vec<&(u64, Administration)> {
        let is_about = |act: &Administration| {
            act.actor == *account || act.subject.account().as_ref() == Some(account)
        };
        self.acts
            .iter()
            .rev()
            .filter(|(_, act)| is_about(act))
            .take(count)
            .collect()
    }

    /// Number of persons that were ever shown.
    pub fn persons(&self) -> usize {
        self.shared
            .persons
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len() as usize
    }

    /// True when an entry of this account was ever added.
    pub fn knows(&self, account: &AccountId) -> bool {
        let names = self
            .shared
            .names
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        names.find_account(account).is_some()
    }
}
