//! A repository in an S3 bucket, each file locked as it is written.
//!
//! Signing and HTTP are the caller's: this file says what to ask and reads what comes back.
//!
//! Object lock protects a *version*. The holder of our credential may still overwrite a file, which
//! adds a version, or delete it, which adds a marker; both hide the true one from a plain read. All
//! reads are therefore by version, and of several versions the oldest counts: nothing in a
//! repository is ever written twice under one name.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use digue_types::Timestamp;
use ring::digest::{SHA256, digest};
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};

use crate::error::{BackupError, StoreFault};
use crate::folder_store::hex;
use crate::s3_listing::{ListedVersion, PageStart, parse_versions, time};
use crate::schedule::PackSlice;
use crate::stored::{LOCK_BYTES_MAX, RepositoryFiles, StoredFile, StoredLock, usable};

/// Signs a request of one bucket, sends it, and waits for the answer.
pub trait S3Transport: Send + Sync + 'static {
    /// Sends the request and reads the whole answer.
    ///
    /// # Errors
    /// When no answer came. An answer that refuses is no error.
    fn send(&self, request: &S3Request) -> Result<S3Answer, Box<dyn Error + Send + Sync>>;

    /// The clock that signs: a store refuses one that is a quarter of an hour wrong, and a lock
    /// that a moved clock would shorten with it.
    fn now(&self) -> Timestamp;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum S3Method {
    Get,
    Head,
    Put,
    Delete,
}

impl S3Method {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct S3Request {
    pub method: S3Method,
    /// The object; empty for the bucket. Lower-case letters, digits, `/`, `.`, `_` and `-`.
    pub key: String,
    /// Decoded.
    pub query: Vec<(&'static str, String)>,
    /// Beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl S3Request {
    pub(crate) fn new(method: S3Method, key: &str) -> Self {
        Self {
            method,
            key: key.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct S3Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

impl S3Answer {
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// The mode that nobody lifts before its end, the bucket's owner included.
pub(crate) const COMPLIANCE: &str = "COMPLIANCE";
pub(crate) const LOCK_MODE: &str = "x-amz-object-lock-mode";
pub(crate) const LOCK_UNTIL: &str = "x-amz-object-lock-retain-until-date";
const VERSION: &str = "x-amz-version-id";
/// Tries before a server that does not answer, or answers that it cannot now, is given up.
const TRIES: usize = 3;
/// The library's own list leaves the configuration out, without which nothing is read.
const EVERY_KIND: [FileType; 5] = [
    FileType::Config,
    FileType::Key,
    FileType::Snapshot,
    FileType::Index,
    FileType::Pack,
];

/// A lock as the store shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ObjectLock {
    pub(crate) mode: String,
    pub(crate) until: Timestamp,
}

/// What the renewal of locks found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LockRenewal {
    pub checked: u64,
    pub renewed: u64,
    /// Files that were not locked, or too briefly, when this began: one line each.
    pub late: Vec<String>,
    /// Files whose lock could not be renewed.
    pub failed: Vec<String>,
}

/// A repository's files in a bucket.
pub struct S3Store {
    place: String,
    prefix: String,
    transport: Arc<dyn S3Transport>,
    /// How long each file is locked from the moment at which it is written; `None` without lock.
    lock: Option<Duration>,
    /// The version that each name stands for.
    known: Mutex<BTreeMap<String, String>>,
}

impl S3Store {
    /// `place` is shown to people; `prefix` is a folder of the bucket, without `/` at its ends.
    pub fn new(
        place: &str,
        prefix: &str,
        transport: Arc<dyn S3Transport>,
        lock: Option<Duration>,
    ) -> Self {
        let prefix = match prefix.trim_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        Self {
            place: place.to_owned(),
            prefix,
            transport,
            lock,
            known: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.transport.now()
    }

    pub(crate) const fn lock(&self) -> Option<Duration> {
        self.lock
    }

    /// A name in the folder of this repository.
    pub(crate) fn name(&self, below: &str) -> String {
        format!("{}{below}", self.prefix)
    }

    fn folder(&self, kind: FileType) -> String {
        match kind {
            FileType::Config => self.name("config"),
            FileType::Pack | FileType::Key | FileType::Snapshot | FileType::Index => {
                self.name(&format!("{}/", kind.dirname()))
            }
        }
    }

    pub(crate) fn key(&self, kind: FileType, id: &Id) -> String {
        let name = id.to_hex().as_str().to_owned();
        match kind {
            FileType::Config => self.folder(kind),
            // restic's layout.
            FileType::Pack => format!("{}{}/{name}", self.folder(kind), &name[..2]),
            FileType::Key | FileType::Snapshot | FileType::Index => {
                format!("{}{name}", self.folder(kind))
            }
        }
    }

    /// Repeats what may be repeated: a second version of a file is as good as the first.
    pub(crate) fn ask(&self, request: &S3Request) -> Result<S3Answer, StoreFault> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.transport.send(request) {
                Ok(answer) if answer.status < 500 || tries == TRIES => return Ok(answer),
                Err(error) if tries == TRIES => return Err(StoreFault::Unreachable(error)),
                Ok(_) | Err(_) => {}
            }
        }
    }

    pub(crate) fn expect(&self, request: &S3Request) -> Result<S3Answer, StoreFault> {
        let answer = self.ask(request)?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(StoreFault::Refused(answer.status))
        }
    }

    /// Every version and marker whose name begins with `start`.
    pub(crate) fn versions(&self, start: &str) -> Result<Vec<ListedVersion>, StoreFault> {
        let mut found = Vec::new();
        let mut from: Option<PageStart> = None;
        loop {
            let mut request = S3Request::new(S3Method::Get, "")
                .query("versions", "")
                .query("prefix", start);
            if let Some(from) = &from {
                request = request.query("key-marker", &from.key);
                if !from.version.is_empty() {
                    request = request.query("version-id-marker", &from.version);
                }
            }
            let answer = self.expect(&request)?;
            let page = parse_versions(&answer.body).map_err(StoreFault::Protocol)?;
            found.extend(page.versions);
            if page.next.is_none() {
                return Ok(found);
            }
            if page.next == from {
                return Err(StoreFault::Protocol("the list goes round".to_owned()));
            }
            from = page.next;
        }
    }

    /// The true version of each name: the oldest that is no marker.
    fn oldest(listed: Vec<ListedVersion>) -> BTreeMap<String, ListedVersion> {
        let mut oldest: BTreeMap<String, ListedVersion> = BTreeMap::new();
        for version in listed.into_iter().filter(|version| !version.is_marker) {
            match oldest.get(&version.key) {
                // Lists are newest first: of two within the same second, the later line is older.
                Some(known) if known.modified < version.modified => {}
                Some(_) | None => {
                    oldest.insert(version.key.clone(), version);
                }
            }
        }
        oldest
    }

    fn remember(&self, key: &str, version: String) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.to_owned(), version);
    }

    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, StoreFault> {
        let folder = self.folder(kind);
        let mut found = Vec::new();
        for (key, listed) in Self::oldest(self.versions(&folder)?) {
            let id = match kind {
                FileType::Config if key == folder => Some(Id::default()),
                FileType::Config => None,
                FileType::Pack | FileType::Key | FileType::Snapshot | FileType::Index => {
                    key.rsplit('/').next().and_then(|name| name.parse().ok())
                }
            };
            // A name that is no identifier belongs to another.
            let Some(id) = id.filter(|id| self.key(kind, id) == key) else {
                continue;
            };
            // One that is longer than any file is nobody's lock to renew.
            let Ok(bytes) = u32::try_from(listed.bytes) else {
                continue;
            };
            self.remember(&key, listed.version);
            if self.is_ours(kind, &id)? {
                found.push((id, bytes));
            }
        }
        Ok(found)
    }

    /// False for a file that is not what its name says. Who holds our credential can add one, and a
    /// repository with a snapshot that cannot be read would open for nobody.
    fn is_ours(&self, kind: FileType, id: &Id) -> Result<bool, StoreFault> {
        match kind {
            FileType::Config | FileType::Pack => Ok(true),
            FileType::Key | FileType::Snapshot | FileType::Index => {
                Ok(digest(&SHA256, &self.read(kind, id)?).as_ref() == hex(id).as_slice())
            }
        }
    }

    /// The version that a name stands for; 404 without one.
    fn version(&self, key: &str) -> Result<String, StoreFault> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(version) = known.get(key) {
            return Ok(version.clone());
        }
        drop(known);
        let mut oldest = Self::oldest(self.versions(key)?);
        let found = oldest.remove(key).ok_or(StoreFault::Refused(404))?;
        self.remember(key, found.version.clone());
        Ok(found.version)
    }

    fn read(&self, kind: FileType, id: &Id) -> Result<Bytes, StoreFault> {
        let key = self.key(kind, id);
        let version = self.version(&key)?;
        let request = S3Request::new(S3Method::Get, &key).query("versionId", &version);
        Ok(self.expect(&request)?.body)
    }

    fn upload(&self, kind: FileType, id: &Id, content: BytesList) -> Result<(), StoreFault> {
        let key = self.key(kind, id);
        let body: Bytes = content.into_vec().concat().into();
        let version = self.put(&key, body, self.lock)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert(version);
        Ok(())
    }

    /// Writes an object, locked for so long; the version that it became. The lock is read back: some
    /// servers take the header and lock nothing.
    pub(crate) fn put(
        &self,
        key: &str,
        body: Bytes,
        lock: Option<Duration>,
    ) -> Result<String, StoreFault> {
        let until = lock.map(|lock| whole_seconds(self.now().plus(lock)));
        let mut request = S3Request::new(S3Method::Put, key);
        request.body = body;
        if let Some(until) = until {
            request = request
                .header(LOCK_MODE, COMPLIANCE)
                .header(LOCK_UNTIL, &until.to_string());
        }
        let answer = self.expect(&request)?;
        match (answer.headers.get(VERSION), until) {
            (Some(version), Some(until)) => {
                self.must_be_locked(key, version, until)?;
                Ok(version.clone())
            }
            (Some(version), None) => Ok(version.clone()),
            // A bucket without versions locks nothing.
            (None, Some(_)) => Err(StoreFault::NotLocked(key.to_owned())),
            // What S3 calls the only version of a bucket without versions.
            (None, None) => Ok("null".to_owned()),
        }
    }

    fn must_be_locked(&self, key: &str, version: &str, until: Timestamp) -> Result<(), StoreFault> {
        match self.lock_of(key, version)? {
            Some(lock) if lock.mode == COMPLIANCE && lock.until >= until => Ok(()),
            Some(_) | None => Err(StoreFault::NotLocked(key.to_owned())),
        }
    }

    /// The lock of a version as the store shows it.
    pub(crate) fn lock_of(
        &self,
        key: &str,
        version: &str,
    ) -> Result<Option<ObjectLock>, StoreFault> {
        let request = S3Request::new(S3Method::Head, key).query("versionId", version);
        let answer = self.expect(&request)?;
        let (mode, until) = (
            answer.headers.get(LOCK_MODE),
            answer.headers.get(LOCK_UNTIL),
        );
        let Some((mode, until)) = mode.zip(until) else {
            return Ok(None);
        };
        Ok(Some(ObjectLock {
            mode: mode.clone(),
            until: time(until).map_err(StoreFault::Protocol)?,
        }))
    }

    /// Asks the store to lock a version in this mode until then; its status.
    pub(crate) fn set_lock(
        &self,
        key: &str,
        version: &str,
        (mode, until): (&str, Timestamp),
        bypasses: bool,
    ) -> Result<u16, StoreFault> {
        let mut request = S3Request::new(S3Method::Put, key)
            .query("retention", "")
            .query("versionId", version);
        if bypasses {
            request = request.header(BYPASS, "true");
        }
        let until = whole_seconds(until);
        let xml = format!(
            "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>{mode}</Mode>\
             <RetainUntilDate>{until}</RetainUntilDate></Retention>"
        );
        request.body = xml.into();
        self.ask(&request).map(|answer| answer.status)
    }

    /// Asks the store to delete one version; its status.
    pub(crate) fn delete_version(
        &self,
        key: &str,
        version: Option<&str>,
        bypasses: bool,
    ) -> Result<u16, StoreFault> {
        let mut request = S3Request::new(S3Method::Delete, key);
        if let Some(version) = version {
            request = request.query("versionId", version);
        }
        if bypasses {
            request = request.header(BYPASS, "true");
        }
        self.ask(&request).map(|answer| answer.status)
    }

    /// Renews the locks of this share of the files, for the whole time again, and reads each one
    /// back. Packs that no index names are left to end: nothing needs them.
    ///
    /// # Errors
    /// When the store cannot be listed. A lock that cannot be renewed is in the result.
    pub fn renew_locks(
        &self,
        share: PackSlice,
        packs: &BTreeSet<String>,
    ) -> Result<LockRenewal, BackupError> {
        let mut result = LockRenewal::default();
        let Some(lock) = self.lock else {
            return Ok(result);
        };
        let now = self.now();
        for kind in EVERY_KIND {
            let listed = self
                .list(kind)
                .map_err(|fault| BackupError::of(&self.place, fault.wrap("listing files")))?;
            for (id, _) in listed {
                let name = id.to_hex();
                let is_needed = kind != FileType::Pack || packs.contains(name.as_str());
                let first = u32::from(hex(&id)[0]);
                if is_needed && first % share.of == share.part - 1 {
                    self.renew(&self.key(kind, &id), (now, lock), &mut result);
                }
            }
        }
        Ok(result)
    }

    fn renew(&self, key: &str, (now, lock): (Timestamp, Duration), result: &mut LockRenewal) {
        result.checked += 1;
        let until = whole_seconds(now.plus(lock));
        let renewed = || {
            let version = self.version(key)?;
            let before = self.lock_of(key, &version)?;
            // A lock in this mode is only ever extended: after a shorter `lock` in the configuration
            // the store would refuse each of them until the longer ones end.
            if before
                .as_ref()
                .is_some_and(|known| known.mode == COMPLIANCE && known.until >= until)
            {
                return Ok(true);
            }
            let status = self.set_lock(key, &version, (COMPLIANCE, until), false)?;
            if !(200..300).contains(&status) {
                return Err(StoreFault::Refused(status));
            }
            self.must_be_locked(key, &version, until)?;
            // Renewed in time, half of it is left at least.
            Ok(before.is_some_and(|lock_before| lock_before.until >= now.plus(lock / 2)))
        };
        match renewed() {
            Ok(was_in_time) => {
                result.renewed += 1;
                if !was_in_time {
                    result.late.push(key.to_owned());
                }
            }
            Err(fault) => result.failed.push(format!("{key}: {fault}")),
        }
    }
}

pub(crate) const BYPASS: &str = "x-amz-bypass-governance-retention";

/// Stores keep whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.secs())
}

impl RepositoryFiles for S3Store {
    fn stored(&self, kind: FileType) -> RusticResult<Vec<StoredFile>> {
        let folder = self.folder(kind);
        let listed = self.versions(&folder);
        let listed = listed.map_err(|fault| fault.wrap("listing files"))?;
        let mut found = Vec::new();
        for (key, listed) in Self::oldest(listed) {
            let below = key.strip_prefix(&self.prefix).unwrap_or(&key);
            let Some((folder, name)) = below.rsplit_once('/') else {
                continue;
            };
            self.remember(&key, listed.version);
            found.push(StoredFile::named(kind, folder, name, listed.bytes));
        }
        // A name in a folder of a folder has a name that is ours, and is not.
        for file in &mut found {
            file.id = file
                .id
                .filter(|id| self.key(kind, id) == self.name(&file.path));
        }
        Ok(found)
    }

    fn locks(&self) -> RusticResult<Vec<StoredLock>> {
        let read = || {
            // Of each name, the newest line says whether it is there: restic deletes by markers.
            let mut newest: BTreeMap<String, ListedVersion> = BTreeMap::new();
            for version in self.versions(&self.name("locks/"))? {
                match newest.get(&version.key) {
                    Some(known) if known.modified >= version.modified => {}
                    Some(_) | None => {
                        newest.insert(version.key.clone(), version);
                    }
                }
            }
            let mut found = Vec::new();
            for (key, listed) in newest {
                if listed.is_marker || listed.bytes > LOCK_BYTES_MAX {
                    continue;
                }
                let request =
                    S3Request::new(S3Method::Get, &key).query("versionId", &listed.version);
                found.push(StoredLock {
                    content: self.expect(&request)?.body,
                    name: key,
                });
            }
            Ok(found)
        };
        read().map_err(|fault: StoreFault| fault.wrap("listing locks"))
    }
}

impl ReadBackend for S3Store {
    fn location(&self) -> String {
        self.place.clone()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            return self.list(kind).map_err(|fault| fault.wrap("listing files"));
        }
        Ok(usable(kind, self.stored(kind)?))
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let bytes = self
            .read(kind, id)
            .map_err(|fault| fault.wrap("reading a file"))?;
        if matches!(kind, FileType::Snapshot | FileType::Index)
            && digest(&SHA256, &bytes).as_ref() != hex(id).as_slice()
        {
            return Err(StoreFault::WrongHash.wrap("a file differs from its name"));
        }
        Ok(bytes)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let read = || {
            let key = self.key(kind, id);
            let version = self.version(&key)?;
            let last = u64::from(offset) + u64::from(length) - 1;
            let request = S3Request::new(S3Method::Get, &key)
                .query("versionId", &version)
                .header("range", &format!("bytes={offset}-{last}"));
            let answer = self.expect(&request)?;
            match answer.body.len() {
                found if found == length as usize && (answer.status == 206 || offset == 0) => {
                    Ok(answer.body)
                }
                found => Err(StoreFault::Protocol(format!("{found} bytes of {length}"))),
            }
        };
        read().map_err(|fault: StoreFault| fault.wrap("reading a part of a file"))
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.key(kind, id)
    }
}

impl WriteBackend for S3Store {
    fn create(&self) -> RusticResult<()> {
        // A bucket has no folders, and is its owner's to make: with object lock, which few stores
        // add later.
        Ok(())
    }

    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        self.upload(kind, id, content)
            .map_err(|fault| fault.wrap("writing a file"))
    }

    /// Every version of the file goes: a marker alone would leave it and hide it.
    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let key = self.key(kind, id);
        let removed = || {
            let versions = self.versions(&key)?;
            for version in versions.into_iter().filter(|version| version.key == key) {
                let status = self.delete_version(&key, Some(&version.version), false)?;
                if !(200..300).contains(&status) {
                    return Err(StoreFault::Refused(status));
                }
            }
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.remove(&key);
            Ok(())
        };
        removed().map_err(|fault| fault.wrap("removing a file"))
    }
}

impl S3Store {
    /// The oldest version of each file that a repository cannot be read without, as a sample of the
    /// real repository: its configuration, keys, and some of every other kind.
    pub(crate) fn lock_sample(&self) -> Result<Vec<(String, Option<ObjectLock>)>, StoreFault> {
        const OF_EACH: usize = 8;
        let mut found = Vec::new();
        for kind in EVERY_KIND {
            let oldest = Self::oldest(self.versions(&self.folder(kind))?);
            let step = oldest.len().div_ceil(OF_EACH).max(1);
            for (key, listed) in oldest.into_iter().step_by(step) {
                let lock = self.lock_of(&key, &listed.version)?;
                found.push((key, lock));
            }
        }
        Ok(found)
    }
}
