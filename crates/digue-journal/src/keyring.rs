//! Period keys: made with the first entry of a period, wrapped with the operator's master key,
//! destroyed at the end of the retention.
//!
//! One key for each *stream* (a portal, or the acts of administration) and period (a month or a
//! day, UTC), because portals may have different retentions in one journal (docs/decisions/0009). A
//! key file states what it is for and whether it was destroyed; without the master key it opens
//! nothing. When a key is due is the caller's decision.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_types::{Event, PortalId, Timestamp};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::codec;
use crate::disk::{Disk, Folders};
use crate::seal::{ClearHeader, EntryKey, PeriodKey, SealError};

const FOLDER: &str = "keys";
const MAGIC: &str = "digue-period-key-1";

/// Fills bytes with cryptographic randomness; this layer draws none by itself.
pub type Draw = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// Where the key files of a journal that several gateways write are kept for all of them.
///
/// What a call returns is durable: an entry under a key that is lost can never be read.
pub trait SharedKeys: Send + Sync {
    /// All key files, by ascending number.
    fn files(&self) -> io::Result<Vec<Vec<u8>>>;

    /// Keeps the file of a new key; `false` when another gateway was first with its number, or with
    /// its stream and period.
    fn add(&self, record: &PeriodKeyRecord, file: &[u8]) -> io::Result<bool>;

    /// Replaces the file of a key by the one that says that it was destroyed.
    fn destroy(&self, record: &PeriodKeyRecord, file: &[u8]) -> io::Result<()>;
}

/// The operator's key that wraps all others.
#[derive(Clone)]
pub struct MasterKey(LessSafeKey);

impl MasterKey {
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(
            UnboundKey::new(&AES_256_GCM, bytes).expect("a key of AES-256 has 32 bytes"),
        ))
    }
}

/// The entries that share a retention, and therefore keys. Its text is stored in the key files.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Stream {
    /// Acts of administration.
    Administration,
    Portal(PortalId),
}

impl Stream {
    pub fn of(event: &Event) -> Self {
        match event {
            Event::Exposure(exposure) => Self::Portal(exposure.portal.clone()),
            Event::Administration(_) => Self::Administration,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("portal:") {
            Some(portal) => PortalId::parse(portal).ok().map(Self::Portal),
            None => (text == "house").then_some(Self::Administration),
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The word stays: it is part of what each key file authenticates (`wrap`).
            Self::Administration => f.write_str("house"),
            Self::Portal(portal) => write!(f, "portal:{portal}"),
        }
    }
}

/// How long one key is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PeriodLength {
    Day,
    #[default]
    Month,
}

/// A period of the calendar, UTC: `2026-11` or `2026-11-22`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Period {
    year: i16,
    month: u8,
    /// 0 for a whole month.
    day: u8,
}

impl Period {
    pub fn of(at: Timestamp, length: PeriodLength) -> Self {
        let (year, month, day) = at.utc_date();
        Self {
            year,
            month,
            day: if length == PeriodLength::Day { day } else { 0 },
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let at =
            Timestamp::parse_date(text).or_else(|| Timestamp::parse_date(&format!("{text}-01")))?;
        let length = if text.len() > 7 {
            PeriodLength::Day
        } else {
            PeriodLength::Month
        };
        let period = Self::of(at, length);
        (period.to_string() == text).then_some(period)
    }

    /// The first moment after the period.
    pub fn end(self) -> Timestamp {
        const DAY: i64 = 86_400;
        let start = Self {
            day: self.day.max(1),
            ..self
        }
        .to_string();
        let start = Timestamp::parse_date(&start).unwrap_or(Timestamp::ZERO);
        let mut end = Timestamp::from_secs(start.secs() + DAY);
        // Day by day, because months differ in length; at most 31 steps.
        while self.day == 0 && Self::of(end, PeriodLength::Month) == self {
            end = Timestamp::from_secs(end.secs() + DAY);
        }
        end
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)?;
        if self.day == 0 {
            Ok(())
        } else {
            write!(f, "-{:02}", self.day)
        }
    }
}

/// Why an entry cannot be opened or sealed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("key {0} was destroyed at the end of its retention")]
    Forgotten(u32),
    #[error("key {0} cannot be unwrapped without the master key")]
    NoMaster(u32),
    #[error("key {0} is missing")]
    Missing(u32),
    #[error("{0} is damaged, or was wrapped with another master key")]
    Damaged(String),
    #[error(
        "{0} is not among the keys that the gateways share: the database is older than this folder"
    )]
    NotShared(String),
    #[error("{period} of {stream} is past its retention")]
    Closed { stream: Stream, period: Period },
    #[error("entry: {0}")]
    Entry(String),
    #[error("the key files cannot be read or written: {0}")]
    Disk(#[from] io::Error),
}

impl From<SealError> for KeyError {
    fn from(error: SealError) -> Self {
        Self::Entry(error.to_string())
    }
}

/// A period key without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeriodKeyRecord {
    pub number: u32,
    pub stream: Stream,
    pub period: Period,
    /// When it was destroyed.
    pub destroyed: Option<Timestamp>,
}

/// An entry that was opened, or whose key was destroyed. Any other reason is an error: an entry
/// that cannot be read must not pass for a forgotten one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenedKeyring {
    Event(Event),
    Forgotten(ClearHeader),
}

/// The period keys of one journal.
pub struct Keyring {
    disk: Disk,
    master: Option<MasterKey>,
    length: PeriodLength,
    /// `None` for readers, which make no keys.
    draw: Option<Draw>,
    /// `None` for the journal of one machine.
    shared: Option<Arc<dyn SharedKeys>>,
    /// Last in the lock order: no other lock is taken under it, and `Journal` takes it under its
    /// publisher. Held while a key file is written: two threads must not make two keys for one
    /// period.
    keys: Mutex<PeriodKeys>,
}

#[derive(Default)]
struct PeriodKeys {
    records: BTreeMap<u32, PeriodKeyRecord>,
    /// Unwrapped keys; never a destroyed one.
    open: HashMap<u32, Arc<PeriodKey>>,
    /// Cache by stream and day: saves each append the search through `records`.
    today: HashMap<(Stream, i64), Arc<PeriodKey>>,
}

impl Keyring {
    /// For the journal's writer, which makes missing keys.
    pub fn new(disk: Disk, master: MasterKey, length: PeriodLength, draw: Draw) -> Self {
        Self {
            disk,
            master: Some(master),
            length,
            draw: Some(draw),
            shared: None,
            keys: Mutex::default(),
        }
    }

    /// For readers, with or without the master key.
    pub fn reading(disk: Disk, master: Option<MasterKey>) -> Self {
        Self {
            disk,
            master,
            length: PeriodLength::Month,
            draw: None,
            shared: None,
            keys: Mutex::default(),
        }
    }

    /// For a journal that several gateways write: new keys are agreed on with the others first, and
    /// the folder holds a copy.
    pub fn sharing(self, shared: Arc<dyn SharedKeys>) -> Self {
        Self {
            shared: Some(shared),
            ..self
        }
    }

    /// Reads the key files. To be called before anything else; readers call it again when they meet
    /// an unknown number.
    pub fn load(&self) -> Result<(), KeyError> {
        self.load_into(&mut self.lock())
    }

    fn load_into(&self, keys: &mut PeriodKeys) -> Result<(), KeyError> {
        if let Some(shared) = &self.shared {
            copy_files(&self.disk, &shared.files()?)?;
        }
        for name in self.disk.list(FOLDER)? {
            // A draft that a crash left behind: the key was never used.
            if name.ends_with(".tmp") {
                continue;
            }
            let path = format!("{FOLDER}/{name}");
            let text = self.disk.read(&path)?.unwrap_or_default();
            let (record, wrapped) = parse(&text).ok_or_else(|| KeyError::Damaged(path.clone()))?;
            // A key file under another name would hide the key of that number.
            if file(record.number) != path {
                return Err(KeyError::Damaged(path));
            }
            if let (Some(master), Some(wrapped)) = (&self.master, wrapped) {
                let secret = unwrap(master, &record, wrapped).ok_or(KeyError::Damaged(path))?;
                keys.open.insert(
                    record.number,
                    Arc::new(PeriodKey::new(record.number, &secret)),
                );
            }
            if record.destroyed.is_some() {
                // A reader that loaded the key before it was destroyed must not go on opening
                // entries with it, nor a writer sealing them.
                if keys.open.remove(&record.number).is_some() {
                    keys.today.clear();
                }
            }
            keys.records.insert(record.number, record);
        }
        Ok(())
    }

    /// Seals an event with the key of its stream and period; the first entry of a period makes the
    /// key.
    pub fn seal(&self, event: &Event, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let key = self.key_for(Stream::of(event), event.at())?;
        Ok(key.seal(event.at(), bytes))
    }

    fn key_for(&self, stream: Stream, at: Timestamp) -> Result<Arc<PeriodKey>, KeyError> {
        let mut keys = self.lock();
        let today = (stream, at.utc_day());
        if let Some(key) = keys.today.get(&today) {
            return Ok(key.clone());
        }
        let (stream, period) = (today.0.clone(), Period::of(at, self.length));
        let key = loop {
            if let Some(key) = known_key(&keys, &stream, period)? {
                break key;
            }
            if let Some(key) = self.make(&mut keys, &stream, period)? {
                break key;
            }
            // Another gateway was first with this number or for this period.
            self.load_into(&mut keys)?;
        };
        // Honest use is the days of a year for a few portals. Imports with hostile dates must not
        // grow the cache without bound; clearing it costs one search each.
        if keys.today.len() >= 4096 {
            keys.today.clear();
        }
        keys.today.insert(today, key.clone());
        Ok(key)
    }

    /// Makes the key of a period; `None` when another gateway made one meanwhile.
    fn make(
        &self,
        keys: &mut PeriodKeys,
        stream: &Stream,
        period: Period,
    ) -> Result<Option<Arc<PeriodKey>>, KeyError> {
        // A period before a destroyed one of its stream is past its retention as well. Otherwise an
        // import could write entries that should have been forgotten.
        let is_past = |known: &PeriodKeyRecord| {
            known.stream == *stream
                && known.destroyed.is_some()
                && known.period.end() >= period.end()
        };
        if keys.records.values().any(is_past) {
            return Err(KeyError::Closed {
                stream: stream.clone(),
                period,
            });
        }
        // Numbers of destroyed keys stay taken: sealed entries name their key by number, for good.
        let number = keys
            .records
            .last_key_value()
            .map_or(1, |(last, _)| last + 1);
        let (Some(master), Some(draw)) = (&self.master, &self.draw) else {
            return Err(KeyError::Missing(number));
        };
        let record = PeriodKeyRecord {
            number,
            stream: stream.clone(),
            period,
            destroyed: None,
        };
        let (mut secret, mut nonce) = ([0; 32], [0; NONCE_LEN]);
        draw(&mut secret);
        // 96 random bits do not repeat here: a master key wraps a few keys a month.
        draw(&mut nonce);
        let wrapped = wrap(master, &record, &secret, nonce);
        let mut folders = Folders::default();
        let text = format!("{}{}\n", head(&record), STANDARD.encode(wrapped));
        if let Some(shared) = &self.shared
            && !shared.add(&record, text.as_bytes())?
        {
            return Ok(None);
        }
        // Durable before its first use: an entry whose key is lost can never be read.
        self.disk
            .write_key(&file(number), text.as_bytes(), &mut folders)?;
        self.disk.sync_folders(&folders)?;
        let key = Arc::new(PeriodKey::new(number, &secret));
        keys.open.insert(number, key.clone());
        keys.records.insert(number, record);
        Ok(Some(key))
    }

    /// Opens an entry of the journal.
    pub fn open(&self, sealed: &[u8]) -> Result<OpenedKeyring, KeyError> {
        let clear = ClearHeader::of(sealed)?;
        match self.period_key(clear.key) {
            Ok(key) => {
                let event = codec::decode(&key.open(sealed)?);
                let event = event.map_err(|error| KeyError::Entry(error.to_string()))?;
                // Auditors without a key rely on the clear date: it must be the event's.
                if event.at() != clear.at {
                    return Err(KeyError::Entry("the clear date is not the event's".into()));
                }
                Ok(OpenedKeyring::Event(event))
            }
            Err(KeyError::Forgotten(_)) => Ok(OpenedKeyring::Forgotten(clear)),
            Err(error) => Err(error),
        }
    }

    /// The key of this entry alone, to be disclosed.
    pub fn disclose(&self, sealed: &[u8]) -> Result<EntryKey, KeyError> {
        Ok(self
            .period_key(ClearHeader::of(sealed)?.key)?
            .key_of(sealed)?)
    }

    fn period_key(&self, number: u32) -> Result<Arc<PeriodKey>, KeyError> {
        let known = |keys: &PeriodKeys| {
            (
                keys.open.get(&number).cloned(),
                keys.records.get(&number).cloned(),
            )
        };
        let mut found = known(&self.lock());
        if found.1.is_none() {
            // The writer may have made it since this reader loaded the files.
            self.load()?;
            found = known(&self.lock());
        }
        match found {
            (Some(key), _) => Ok(key),
            (None, Some(record)) if record.destroyed.is_some() => Err(KeyError::Forgotten(number)),
            (None, Some(_)) => Err(KeyError::NoMaster(number)),
            (None, None) => Err(KeyError::Missing(number)),
        }
    }

    /// All keys, by ascending number.
    pub fn records(&self) -> Vec<PeriodKeyRecord> {
        self.lock().records.values().cloned().collect()
    }

    /// Destroys the keys of `stream` whose period ends at or before `before`; returns them.
    ///
    /// A storage medium may keep the old blocks, and a backup keeps the whole folder: the master
    /// key must not be stored beside either.
    pub fn destroy(
        &self,
        stream: &Stream,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<PeriodKeyRecord>, KeyError> {
        let mut keys = self.lock();
        let due = |known: &&PeriodKeyRecord| {
            known.stream == *stream && known.destroyed.is_none() && known.period.end() <= before
        };
        let due: Vec<PeriodKeyRecord> = keys.records.values().filter(due).cloned().collect();
        let mut destroyed = Vec::new();
        for mut record in due {
            record.destroyed = Some(now);
            let mut folders = Folders::default();
            let text = format!("{}destroyed {now}\n", head(&record));
            if let Some(shared) = &self.shared {
                shared.destroy(&record, text.as_bytes())?;
            }
            // On disk first: after an error the key is still known, and destroying it is tried
            // again.
            self.disk
                .replace_key(&file(record.number), text.as_bytes(), &mut folders)?;
            self.disk.sync_folders(&folders)?;
            keys.open.remove(&record.number);
            keys.records.insert(record.number, record.clone());
            // Or the next entry of that period would be sealed with the key that was just
            // destroyed.
            keys.today.clear();
            destroyed.push(record);
        }
        Ok(destroyed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PeriodKeys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a period that was made earlier.
fn known_key(
    keys: &PeriodKeys,
    stream: &Stream,
    period: Period,
) -> Result<Option<Arc<PeriodKey>>, KeyError> {
    let is_it = |known: &&PeriodKeyRecord| known.stream == *stream && known.period == period;
    match keys.records.values().find(is_it) {
        Some(record) if record.destroyed.is_some() => Err(KeyError::Closed {
            stream: stream.clone(),
            period,
        }),
        Some(record) => keys
            .open
            .get(&record.number)
            .cloned()
            .map(Some)
            .ok_or(KeyError::NoMaster(record.number)),
        None => Ok(None),
    }
}

/// Brings the key files of the journal in `disk` to those that all gateways share.
pub fn copy_files(disk: &Disk, files: &[Vec<u8>]) -> Result<(), KeyError> {
    let mut folders = Folders::default();
    let mut shared = BTreeSet::new();
    for bytes in files {
        let (record, _) =
            parse(bytes).ok_or_else(|| KeyError::Damaged("a shared key file".to_owned()))?;
        let path = file(record.number);
        match disk.read(&path)? {
            Some(known) if known == *bytes => {}
            None => disk.write_key(&path, bytes, &mut folders)?,
            // Another gateway ended a retention.
            Some(_) if record.destroyed.is_some() => {
                disk.replace_key(&path, bytes, &mut folders)?;
            }
            Some(_) => return Err(KeyError::Damaged(path)),
        }
        shared.insert(path);
    }
    // A key is copied here only once it is durable there: one that is missing there was lost.
    for name in disk.list(FOLDER)? {
        let path = format!("{FOLDER}/{name}");
        if !name.ends_with(".tmp") && !shared.contains(&path) {
            return Err(KeyError::NotShared(path));
        }
    }
    Ok(disk.sync_folders(&folders)?)
}

/// The key files of the journal in `disk` as they are stored, by ascending number.
pub fn files(disk: &Disk) -> Result<Vec<(PeriodKeyRecord, Vec<u8>)>, KeyError> {
    let mut found = Vec::new();
    for name in disk.list(FOLDER)? {
        if name.ends_with(".tmp") {
            continue;
        }
        let path = format!("{FOLDER}/{name}");
        let bytes = disk.read(&path)?.unwrap_or_default();
        match parse(&bytes) {
            Some((record, _)) if file(record.number) == path => found.push((record, bytes)),
            Some(_) | None => return Err(KeyError::Damaged(path)),
        }
    }
    Ok(found)
}

fn file(number: u32) -> String {
    format!("{FOLDER}/{number:010}")
}

fn head(record: &PeriodKeyRecord) -> String {
    format!(
        "{MAGIC}\n{} {} {}\n",
        record.number, record.stream, record.period
    )
}

/// Parses a key file: the record, and the wrapped secret unless it was destroyed.
pub fn parse(bytes: &[u8]) -> Option<(PeriodKeyRecord, Option<Vec<u8>>)> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let mut lines = text.split('\n');
    if lines.next()? != MAGIC {
        return None;
    }
    let mut words = lines.next()?.split(' ');
    let mut record = PeriodKeyRecord {
        number: words.next()?.parse().ok()?,
        stream: Stream::parse(words.next()?)?,
        period: Period::parse(words.next()?)?,
        destroyed: None,
    };
    let last = lines.next()?;
    if words.next().is_some() || lines.next().is_some() {
        return None;
    }
    match last.strip_prefix("destroyed ") {
        Some(when) => {
            record.destroyed = Some(Timestamp::parse_rfc3339(when)?);
            Some((record, None))
        }
        None => Some((record, Some(STANDARD.decode(last).ok()?))),
    }
}

fn wrap(
    master: &MasterKey,
    record: &PeriodKeyRecord,
    secret: &[u8; 32],
    nonce: [u8; NONCE_LEN],
) -> Vec<u8> {
    let mut body = secret.to_vec();
    // The head is authenticated: a key moved to another period would be destroyed at another date.
    let aad = Aad::from(head(record));
    let sealed =
        master
            .0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body);
    sealed.expect("32 bytes are far below the limit of AES-GCM");
    [nonce.as_slice(), &body].concat()
}

fn unwrap(master: &MasterKey, record: &PeriodKeyRecord, wrapped: Vec<u8>) -> Option<[u8; 32]> {
    let (nonce, body) = wrapped.split_first_chunk::<NONCE_LEN>()?;
    let mut body = body.to_vec();
    let aad = Aad::from(head(record));
    let secret = master
        .0
        .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut body)
        .ok()?;
    (&*secret).try_into().ok()
}

#[cfg(test)]
mod tests;
