//! The segments on disk. A thread of its own writes new rows, merges small segments into larger
//! ones, and records in a manifest how far the index goes.
//!
//! Nothing here is evidence: when a manifest or file does not match, the index is rebuilt from the
//! journal. What rows mean is not known here.

use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use digue_journal::tree::Hash;
use digue_types::PopulationId;

use crate::block::{ExposureOrigin, ExposureRow};
use crate::names::NameTable;
use crate::persons::Persons;
use crate::pulse::ExposureCounters;
use crate::segment::{IndexError, IndexSegment};
use crate::segment_writer::{SegmentWriter, merge};

/// Numbers of rows at which chunks are written and segments merged; the defaults suit a year of a
/// nation.
#[derive(Clone, Copy, Debug)]
pub struct SegmentSizes {
    /// Rows of one chunk in memory.
    pub chunk_rows: usize,
    /// Rows that are written together.
    pub flush_rows: usize,
    /// Segments of one size that are merged into one of the next.
    pub merge_count: usize,
    /// A segment with at least so many rows is not merged again.
    pub segment_rows_max: u32,
    /// Rows that may wait for the disk; above it, `SegmentStore::add` blocks.
    pub waiting_rows_max: usize,
}

impl Default for SegmentSizes {
    fn default() -> Self {
        Self {
            chunk_rows: 4096,
            flush_rows: 512 << 10,
            merge_count: 32,
            segment_rows_max: 8 << 20,
            waiting_rows_max: 4 << 20,
        }
    }
}

/// Rows in memory, in the order of the journal. Does not change once it is in a layout.
#[derive(Clone, Default)]
pub(crate) struct RowChunk {
    pub(crate) rows: Vec<ExposureRow>,
    pub(crate) origins: Vec<ExposureOrigin>,
    pub(crate) entries: Range<u64>,
}

/// The segments and chunks of the index at one moment. Cloning it copies references only.
#[derive(Clone, Default)]
pub(crate) struct SegmentLayout {
    /// Oldest first.
    pub(crate) segments: Vec<Arc<IndexSegment>>,
    /// Chunks being written, then those that wait; oldest first.
    pub(crate) chunks: Vec<Arc<RowChunk>>,
    /// How many of `chunks` were handed to the thread.
    given: usize,
}

impl SegmentLayout {
    /// The part in memory.
    pub(crate) fn without_segments(&self) -> Self {
        Self {
            segments: Vec::new(),
            chunks: self.chunks.clone(),
            given: 0,
        }
    }
}

/// State shared by the index, its thread and its readers.
// Lock order: `names` before `persons`; `layout` before `failure`. The two pairs are never nested.
#[derive(Default)]
pub(crate) struct SharedIndex {
    /// Accounts and contexts. They only grow, so the numbers in a view stay valid.
    pub(crate) names: RwLock<NameTable>,
    /// The dictionary of persons; it only grows, too.
    pub(crate) persons: RwLock<Persons>,
    /// Held for copying or replacing references, never while a file is read or written.
    pub(crate) layout: Mutex<SegmentLayout>,
    /// Signals, for waiters on `layout`, that chunks were written or that writing failed.
    pub(crate) written: Condvar,
    /// Why the files are not written any more.
    pub(crate) failure: Mutex<Option<String>>,
}

impl SharedIndex {
    pub(crate) fn layout(&self) -> MutexGuard<'_, SegmentLayout> {
        self.layout.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A range to write, with the counters as they were at its end.
struct PendingSegment {
    chunks: Vec<Arc<RowChunk>>,
    end: u64,
    pulse: ExposureCounters,
    /// Acts since the previous range: entry, and the encoded event.
    acts: Vec<(u64, Vec<u8>)>,
    /// A size and root of the journal, at or before `end`.
    checkpoint: Option<(u64, Hash)>,
}

/// The index's side of the writing thread.
pub(crate) struct SegmentStore {
    shared: Arc<SharedIndex>,
    pub(crate) sizes: SegmentSizes,
    sender: Option<Sender<PendingSegment>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// An index as it was loaded from a folder.
pub(crate) struct LoadedIndex {
    pub(crate) shared: SharedIndex,
    pub(crate) size: u64,
    pub(crate) pulse: ExposureCounters,
    pub(crate) acts: Vec<(u64, Vec<u8>)>,
    pub(crate) checkpoint: Option<(u64, Hash)>,
    state: StoredState,
}

/// How much of the appended files counts, with running checksums: files are not read again to be
/// extended.
#[derive(Clone, Default)]
struct StoredState {
    persons: u32,
    persons_bytes: u64,
    persons_sum: crc32fast::Hasher,
    acts_bytes: u64,
    acts_sum: crc32fast::Hasher,
    next_file: u64,
}

impl SegmentStore {
    /// Without a folder: all rows stay in memory.
    pub(crate) fn in_memory(shared: Arc<SharedIndex>) -> Self {
        Self {
            shared,
            sizes: SegmentSizes::default(),
            sender: None,
            thread: None,
        }
    }

    /// Writes to `folder`, continuing from the `loaded` state.
    pub(crate) fn in_folder(
        shared: Arc<SharedIndex>,
        folder: &Path,
        loaded: LoadedState,
        sizes: SegmentSizes,
    ) -> io::Result<Self> {
        // Unbounded, and short nevertheless: `add` blocks while more than `waiting_rows_max` rows
        // wait.
        let (sender, receiver) = channel();
        let keeper = SegmentThread {
            shared: shared.clone(),
            folder: folder.to_owned(),
            state: loaded.0,
            sizes,
        };
        let thread = std::thread::Builder::new()
            .name("index".into())
            .spawn(|| keeper.run(receiver))?;
        Ok(Self {
            shared,
            sizes,
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Adds a full chunk to the layout; blocks while too many rows wait for the disk. After a
    /// failure it does not block: rows then stay in memory.
    pub(crate) fn add(&self, chunk: RowChunk) {
        let mut layout = self.shared.layout();
        layout.chunks.push(Arc::new(chunk));
        while self.sender.is_some()
            && layout.chunks.len() * self.sizes.chunk_rows > self.sizes.waiting_rows_max
            && !self.has_failed()
        {
            layout = self
                .shared
                .written
                .wait(layout)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// True when enough rows wait to be written.
    pub(crate) fn is_due(&self) -> bool {
        let layout = self.shared.layout();
        self.sender.is_some()
            && layout.chunks[layout.given..].len() * self.sizes.chunk_rows >= self.sizes.flush_rows
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.shared
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// Hands the waiting chunks to the thread.
    pub(crate) fn flush(
        &self,
        end: u64,
        pulse: ExposureCounters,
        acts: Vec<(u64, Vec<u8>)>,
        checkpoint: Option<(u64, Hash)>,
    ) {
        let Some(sender) = &self.sender else { return };
        let mut layout = self.shared.layout();
        let chunks = layout.chunks[layout.given..].to_vec();
        layout.given = layout.chunks.len();
        drop(layout);
        let checkpoint = checkpoint.filter(|(size, _)| *size <= end);
        // Fails only when the thread has ended, which it does after setting `failure`.
        let _ = sender.send(PendingSegment {
            chunks,
            end,
            pulse,
            acts,
            checkpoint,
        });
    }

    /// Waits until everything handed over is on disk, or the thread has failed.
    pub(crate) fn close(&mut self) {
        self.sender.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for SegmentStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// The state on disk, opaque to `index`.
#[derive(Default)]
pub(crate) struct LoadedState(StoredState);

impl LoadedIndex {
    /// Takes it apart: shared state, state for the thread, size, counters, acts.
    pub(crate) fn into_parts(
        self,
    ) -> (
        SharedIndex,
        LoadedState,
        u64,
        ExposureCounters,
        Vec<(u64, Vec<u8>)>,
    ) {
        (
            self.shared,
            LoadedState(self.state),
            self.size,
            self.pulse,
            self.acts,
        )
    }
}

/// The thread that writes.
struct SegmentThread {
    shared: Arc<SharedIndex>,
    folder: PathBuf,
    state: StoredState,
    sizes: SegmentSizes,
}

impl SegmentThread {
    fn run(mut self, receiver: Receiver<PendingSegment>) {
        for stretch in receiver {
            if let Err(error) = self.keep(&stretch) {
                // Nothing is lost, since the journal has every entry: rows stay in memory from here
                // on, and `Index::failure` reports why.
                //
                // Under `layout`: `add` looks at `failure` while it holds it, and would sleep for
                // ever if this came between its look and its wait.
                let layout = self.shared.layout();
                *self
                    .shared
                    .failure
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                self.shared.written.notify_all();
                drop(layout);
                return;
            }
        }
    }

    fn keep(&mut self, stretch: &PendingSegment) -> Result<(), IndexError> {
        if !stretch.chunks.is_empty() {
            let segment = Arc::new(self.write(&stretch.chunks)?);
            // Both in one step: a reader sees each row once, in the segment or in the chunks.
            let mut layout = self.shared.layout();
            layout.segments.push(segment);
            layout.chunks.drain(..stretch.chunks.len());
            layout.given -= stretch.chunks.len();
        }
        self.shared.written.notify_all();
        self.append_persons()?;
        self.append_acts(&stretch.acts)?;
        let replaced = self.merge()?;
        self.write_manifest(stretch)?;
        // Only now: the old manifest names them, and a crash before would leave it without its
        // files. Views that still read them have them open.
        for segment in replaced {
            fs::remove_file(segment.path())?;
        }
        Ok(())
    }

    fn write(&mut self, chunks: &[Arc<RowChunk>]) -> Result<IndexSegment, IndexError> {
        let entries = chunks[0].entries.start..chunks[chunks.len() - 1].entries.end;
        let mut rows = Vec::with_capacity(chunks.iter().map(|chunk| chunk.rows.len()).sum());
        let mut origins: Vec<&ExposureOrigin> = Vec::new();
        for chunk in chunks {
            let base = origins.len() as u32;
            origins.extend(&chunk.origins);
            rows.extend(chunk.rows.iter().map(|row| ExposureRow {
                origin: row.origin + base,
                ..*row
            }));
        }
        rows.sort_unstable_by_key(|row| (row.account, row.at, row.entry, row.person));
        let path = self.next_path();
        let mut writer = SegmentWriter::create(&path, entries, rows.len())?;
        for account in rows.chunk_by(|a, b| a.account == b.account) {
            writer.account(account[0].account, account, &|number| {
                origins[number as usize]
            })?;
        }
        writer.finish()
    }

    fn next_path(&mut self) -> PathBuf {
        self.state.next_file += 1;
        self.folder
            .join(format!("segments/{:08}", self.state.next_file))
    }

    /// Merges the last segments while there are enough of about one size; returns those that were
    /// replaced.
    fn merge(&mut self) -> Result<Vec<Arc<IndexSegment>>, IndexError> {
        let mut replaced = Vec::new();
        loop {
            let segments = self.shared.layout().segments.clone();
            let Some(last) = segments
                .last()
                .filter(|last| last.rows() < self.sizes.segment_rows_max)
            else {
                break;
            };
            let alike = |segment: &&Arc<IndexSegment>| {
                segment.rows() < last.rows().saturating_mul(4).max(1)
            };
            let count = segments
                .iter()
                .rev()
                .take_while(alike)
                .take(self.sizes.merge_count)
                .count();
            if count < self.sizes.merge_count {
                break;
            }
            let start = segments.len() - count;
            let merged = merge(&segments[start..], &self.next_path())?;
            let mut layout = self.shared.layout();
            // `start` still holds: this thread alone changes the segments.
            replaced.extend(layout.segments.splice(start.., [Arc::new(merged)]));
        }
        Ok(replaced)
    }

    fn append_persons(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        let count = {
            // It may be ahead of the range, with persons of later entries. After a restart those
            // entries find their numbers here, and add nobody twice.
            let persons = self
                .shared
                .persons
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            persons.write_from(self.state.persons, &mut bytes);
            persons.len()
        };
        append(
            &self.folder.join("persons"),
            &mut self.state.persons_bytes,
            &mut self.state.persons_sum,
            &bytes,
        )?;
        self.state.persons = count;
        Ok(())
    }

    fn append_acts(&mut self, acts: &[(u64, Vec<u8>)]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for (entry, act) in acts {
            bytes.extend_from_slice(&entry.to_le_bytes());
            bytes.extend_from_slice(&(act.len() as u32).to_le_bytes());
            bytes.extend_from_slice(act);
        }
        append(
            &self.folder.join("acts"),
            &mut self.state.acts_bytes,
            &mut self.state.acts_sum,
            &bytes,
        )
    }

    fn write_manifest(&self, stretch: &PendingSegment) -> io::Result<()> {
        let state = &self.state;
        let (populations, names) = {
            // Names before persons, as `Index::add` takes them: in the other order both could wait
            // for ever.
            let names = self
                .shared
                .names
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            let persons = self
                .shared
                .persons
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            (persons.populations().to_vec(), names.to_text())
        };
        let persons_sum = state.persons_sum.clone().finalize();
        let acts_sum = state.acts_sum.clone().finalize();
        let mut text = format!(
            "size {}\nfiles {}\npersons {} {} {persons_sum}\nacts {} {acts_sum}\nnames {} {}\n",
            stretch.end,
            state.next_file,
            state.persons,
            state.persons_bytes,
            state.acts_bytes,
            names.len(),
            crc32fast::hash(names.as_bytes()),
        );
        if let Some((size, root)) = &stretch.checkpoint {
            let root: String = root.iter().map(|byte| format!("{byte:02x}")).collect();
            text.push_str(&format!("checkpoint {size} {root}\n"));
        }
        for population in populations {
            text.push_str(&format!("population {population}\n"));
        }
        for segment in &self.shared.layout().segments {
            let name = segment
                .path()
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            text.push_str(&format!("segment {name}\n"));
        }
        text.push_str(&stretch.pulse.to_lines());
        // Two files that must match: the manifest, replaced last, contains the number of its names
        // file.
        replace(
            &self.folder.join(format!("names.{}", state.next_file)),
            names.as_bytes(),
        )?;
        let text = format!("{MAGIC}\n{}\n{text}", crc32fast::hash(text.as_bytes()));
        replace(&self.folder.join("manifest"), text.as_bytes())?;
        remove_old_names(&self.folder, state.next_file)
    }
}

const MAGIC: &str = "digue-index-1";

fn remove_old_names(folder: &Path, current: u64) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let name = item?.file_name().to_string_lossy().into_owned();
        let number = name
            .strip_prefix("names.")
            .and_then(|number| number.parse::<u64>().ok());
        if number.is_some_and(|number| number < current) {
            fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

/// Appends `bytes` after the first `length` bytes of a file, and advances `length` and `sum`.
fn append(
    path: &Path,
    length: &mut u64,
    sum: &mut crc32fast::Hasher,
    bytes: &[u8],
) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    // Whatever follows was written before a crash, and no manifest counts it.
    file.set_len(*length)?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(*length))?;
    file.write_all(bytes)?;
    file.sync_data()?;
    sum.update(bytes);
    *length += bytes.len() as u64;
    Ok(())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("tmp");
    let mut file = fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // The folder is not synced: should a power cut bring an old manifest back whose files are gone,
    // the index is rebuilt.
    fs::rename(&draft, path)
}

/// The checkpoint in the manifest of an index; `None` without an index or with a damaged manifest.
pub(crate) fn remembered(folder: &Path) -> Result<Option<(u64, Hash)>, IndexError> {
    match fs::read_to_string(folder.join("manifest")) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::InvalidData
            ) =>
        {
            Ok(None)
        }
        read => Ok(Manifest::parse(&read?).and_then(|manifest| manifest.checkpoint)),
    }
}

/// Loads the index in a folder; `None` when there is none yet.
///
/// # Errors
/// `Damaged` when any file does not match the manifest, `Disk` when one cannot be read: only the
/// first is a reason to rebuild.
pub(crate) fn load(folder: &Path) -> Result<Option<LoadedIndex>, IndexError> {
    let damaged = |what: &str| IndexError::Damaged(what.to_owned());
    let text = match fs::read_to_string(folder.join("manifest")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // Not UTF-8: a damage like any other, which a rebuild mends.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(damaged("the manifest"));
        }
        read => read?,
    };
    let manifest = Manifest::parse(&text).ok_or_else(|| damaged("the manifest"))?;
    let names = read_part(
        &folder.join(format!("names.{}", manifest.files)),
        manifest.names,
    )?;
    let names =
        names.and_then(|(bytes, _)| NameTable::from_text(std::str::from_utf8(&bytes).ok()?));
    let persons = read_part(
        &folder.join("persons"),
        (manifest.persons.1, manifest.persons.2),
    )?;
    let (persons, persons_sum) = persons.ok_or_else(|| damaged("the persons' dictionary"))?;
    let persons = Persons::read(&persons, manifest.populations.clone(), manifest.persons.0);
    let acts = read_part(&folder.join("acts"), manifest.acts)?;
    let (acts, acts_sum) = acts.ok_or_else(|| damaged("the acts"))?;
    let mut segments = Vec::new();
    for name in &manifest.segments {
        segments.push(Arc::new(IndexSegment::open(
            &folder.join("segments").join(name),
        )?));
    }
    Ok(Some(LoadedIndex {
        shared: SharedIndex {
            names: RwLock::new(names.ok_or_else(|| damaged("the names"))?),
            persons: RwLock::new(persons.ok_or_else(|| damaged("the persons' dictionary"))?),
            layout: Mutex::new(SegmentLayout {
                segments,
                chunks: Vec::new(),
                given: 0,
            }),
            ..SharedIndex::default()
        },
        size: manifest.size,
        pulse: manifest.pulse,
        acts: parse_acts(&acts).ok_or_else(|| damaged("the acts"))?,
        checkpoint: manifest.checkpoint,
        state: StoredState {
            persons: manifest.persons.0,
            persons_bytes: manifest.persons.1,
            persons_sum,
            acts_bytes: manifest.acts.0,
            acts_sum,
            next_file: manifest.files,
        },
    }))
}

/// The first `length` bytes of a file and their hasher; `None` when there are fewer, or another
/// checksum.
fn read_part(
    path: &Path,
    (length, sum): (u64, u32),
) -> io::Result<Option<(Vec<u8>, crc32fast::Hasher)>> {
    let mut bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    if (bytes.len() as u64) < length {
        return Ok(None);
    }
    // Longer is no damage: a crash may fall between the appending and the manifest that counts it.
    bytes.truncate(length as usize);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes);
    Ok((hasher.clone().finalize() == sum).then_some((bytes, hasher)))
}

fn parse_acts(mut bytes: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut acts = Vec::new();
    while !bytes.is_empty() {
        let (entry, rest) = bytes.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (act, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        acts.push((u64::from_le_bytes(*entry), act.to_vec()));
        bytes = rest;
    }
    Some(acts)
}

#[derive(Default)]
struct Manifest {
    size: u64,
    files: u64,
    persons: (u32, u64, u32),
    acts: (u64, u32),
    names: (u64, u32),
    checkpoint: Option<(u64, Hash)>,
    populations: Vec<PopulationId>,
    segments: Vec<String>,
    pulse: ExposureCounters,
}

impl Manifest {
    fn parse(text: &str) -> Option<Self> {
        let (magic, rest) = text.split_once('\n')?;
        let (sum, body) = rest.split_once('\n')?;
        if magic != MAGIC || sum.parse() != Ok(crc32fast::hash(body.as_bytes())) {
            return None;
        }
        let mut manifest = Self::default();
        for line in body.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["size", size] => manifest.size = size.parse().ok()?,
                ["files", files] => manifest.files = files.parse().ok()?,
                ["persons", count, bytes, sum] => {
                    manifest.persons =
                        (count.parse().ok()?, bytes.parse().ok()?, sum.parse().ok()?);
                }
                ["acts", bytes, sum] => manifest.acts = (bytes.parse().ok()?, sum.parse().ok()?),
                ["names", bytes, sum] => manifest.names = (bytes.parse().ok()?, sum.parse().ok()?),
                ["checkpoint", size, root] => {
                    manifest.checkpoint = Some((size.parse().ok()?, parse_hex(root)?));
                }
                ["population", name] => manifest.populations.push(name.parse().ok()?),
                ["segment", name] if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                    manifest.segments.push(name.to_owned());
                }
                _ => manifest.pulse.read_line(line)?,
            }
        }
        Some(manifest)
    }
}

fn parse_hex(text: &str) -> Option<Hash> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.filter(|_| rest.is_empty())?.try_into().ok()
}

/// Removes an index, to be rebuilt from the journal.
pub(crate) fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder.join("segments")),
    }
}

/// Removes segments that the manifest does not name, which a crash left behind.
pub(crate) fn remove_strangers(folder: &Path, known: &[Arc<IndexSegment>]) -> io::Result<()> {
    for item in fs::read_dir(folder.join("segments"))? {
        let path = item?.path();
        if !known.iter().any(|segment| segment.path() == path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

pub(crate) fn read_any_bytes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // With the checksum that a damaged file would lack.
    let _ = Manifest::parse(&format!(
        "{MAGIC}\n{}\n{text}",
        crc32fast::hash(text.as_bytes())
    ));
    let _ = (NameTable::from_text(&text), parse_acts(bytes));
    let populations = vec![PopulationId::parse("p").expect("a name")];
    let _ = Persons::read(bytes, populations, 3);
}
