//! Proof that an object lock holds: by writing a canary and trying everything that would lift its
//! lock, then reading the canary again by its version.
//!
//! An answer that accepts or refuses proves nothing: stores were found that took a lock in
//! compliance mode and let it be shortened, or turned into one that a header bypasses. What counts
//! is the canary afterwards.

use std::time::Duration;

use rustic_core::Id;

use crate::canary::DeletionProof;
use crate::error::StoreFault;
use crate::s3_store::{COMPLIANCE, S3Method, S3Request, S3Store};

/// Long enough to be tried against, short enough that canaries do not pile up.
const CANARY_LOCK: Duration = Duration::from_hours(24);

/// Tries to lift the lock of a canary in `store`'s bucket, and reads the locks of its real files.
///
/// The canaries are in the folder `canary` beside the repository's own.
pub fn try_to_unlock(store: &S3Store) -> DeletionProof {
    if store.lock().is_none() {
        return DeletionProof::NotImmutable;
    }
    match tried(store) {
        Ok(possible) if possible.is_empty() => DeletionProof::Refused,
        Ok(possible) => DeletionProof::Deletable(possible),
        // The store said yes to the lock and did not lock: that is an answer, not a failure to ask.
        Err(StoreFault::NotLocked(key)) => DeletionProof::Deletable(vec![key]),
        Err(fault) => DeletionProof::NotRun(fault.to_string()),
    }
}

fn tried(store: &S3Store) -> Result<Vec<String>, StoreFault> {
    let now = store.now();
    let mut possible: Vec<String> = Vec::new();
    for (key, lock) in store.lock_sample()? {
        let is_locked = lock.is_some_and(|lock| lock.mode == COMPLIANCE && lock.until > now);
        if !is_locked {
            possible.push(key);
        }
    }
    let content = Id::random().to_hex().as_str().to_owned();
    let key = store.name(&format!("canary/{content}"));
    let until = now.plus(CANARY_LOCK);
    // Each on a canary of its own: one that succeeds would hide the next.
    for attempt in LockAttempt::ALL {
        let key = format!("{key}-{}", attempt.code());
        let body = bytes::Bytes::from(content.clone());
        let version = store.put(&key, body, Some(CANARY_LOCK))?;
        attempt.make(store, &key, &version)?;
        let request = S3Request::new(S3Method::Get, &key).query("versionId", &version);
        let read = store.ask(&request)?;
        let is_there = read.is_success() && read.body == content.as_bytes();
        let is_locked = is_there
            && store
                .lock_of(&key, &version)?
                .is_some_and(|lock| lock.mode == COMPLIANCE && lock.until.secs() >= until.secs());
        if !is_locked {
            possible.push(attempt.code().to_owned());
        }
    }
    Ok(possible)
}

/// What a thief would try.
#[derive(Clone, Copy)]
enum LockAttempt {
    DeleteVersion,
    DeleteWithBypass,
    Shorten,
    Weaken,
    Overwrite,
    Hide,
}

impl LockAttempt {
    const ALL: [Self; 6] = [
        Self::DeleteVersion,
        Self::DeleteWithBypass,
        Self::Shorten,
        Self::Weaken,
        Self::Overwrite,
        Self::Hide,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::DeleteVersion => "delete-version",
            Self::DeleteWithBypass => "delete-with-bypass",
            Self::Shorten => "shorten-lock",
            Self::Weaken => "weaken-lock",
            Self::Overwrite => "overwrite",
            Self::Hide => "delete",
        }
    }

    fn make(self, store: &S3Store, key: &str, version: &str) -> Result<(), StoreFault> {
        let soon = store.now().plus(Duration::from_mins(1));
        let later = store.now().plus(CANARY_LOCK * 2);
        match self {
            Self::DeleteVersion => store.delete_version(key, Some(version), false),
            Self::DeleteWithBypass => store.delete_version(key, Some(version), true),
            Self::Shorten => store.set_lock(key, version, (COMPLIANCE, soon), true),
            Self::Weaken => store.set_lock(key, version, ("GOVERNANCE", later), true),
            Self::Overwrite => {
                let mut request = S3Request::new(S3Method::Put, key);
                request.body = bytes::Bytes::from_static(b"x");
                store.ask(&request).map(|answer| answer.status)
            }
            Self::Hide => store.delete_version(key, None, false),
        }
        .map(drop)
    }
}
