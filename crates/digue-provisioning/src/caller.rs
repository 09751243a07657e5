//! The key of a directory: the only authority here. No cookie and no other key counts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use digue_app::{Actor, App};
use digue_gateway::identity::token_hash;
use digue_scim::ScimError;
use digue_types::{SessionId, Timestamp};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Provisioning, directory_rules};

/// Requests of one key in a minute: twice what Entra ID sends at most (25 a second).
const REQUESTS_A_MINUTE: u32 = 3_000;
/// Requests of all keys at a time.
const AT_ONCE: usize = 8;

/// Who says who works here: a directory by its key, or a list by its source.
#[derive(Clone, Debug)]
pub struct ChangeCaller {
    pub actor: Actor,
    /// The reason of its acts: which key, or which source.
    pub(crate) reason: String,
}

/// The directory behind a request.
#[derive(Clone, Debug)]
pub struct DirectoryCaller(pub ChangeCaller);

/// The requests of each key in the running minute.
pub(crate) struct DirectoryRequests {
    // A leaf.
    counts: Mutex<(i64, HashMap<SessionId, u32>)>,
    at_once: Semaphore,
}

impl Default for DirectoryRequests {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
        }
    }
}

impl DirectoryRequests {
    fn pass(&self, key: &SessionId, now: Timestamp) -> Result<(), ScimError> {
        let minute = now.secs().div_euclid(60);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.0 != minute {
            *counts = (minute, HashMap::new());
        }
        let count = counts.1.entry(key.clone()).or_default();
        if *count >= REQUESTS_A_MINUTE {
            return Err(busy());
        }
        *count += 1;
        Ok(())
    }

    /// # Errors
    /// 429 while too many requests are being answered.
    pub(crate) fn begin(&self) -> Result<SemaphorePermit<'_>, ScimError> {
        self.at_once.try_acquire().map_err(|_| busy())
    }
}

fn busy() -> ScimError {
    ScimError::new(429, None, "too many requests: try again in a minute")
}

/// Who sends a request, by its `Authorization: Bearer` alone.
///
/// # Errors
/// 404 where no directory is configured; 401 for no key, one of programs, one that has ended, and
/// one whose account may not load; 429.
pub fn authenticate(app: &App, headers: &HeaderMap) -> Result<DirectoryCaller, ScimError> {
    if directory_rules(app).is_none() {
        return Err(ScimError::not_found("no directory is configured"));
    }
    let unknown = || ScimError::new(401, None, "the key of a directory is needed");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unknown());
    };
    let value = value.to_str().map_err(|_| unknown())?;
    let (scheme, secret) = value.split_once(' ').ok_or_else(unknown)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unknown());
    }
    let now = app.clock().now();
    let snapshot = app.gateway().rules();
    let key = snapshot
        .keys
        .find(&token_hash(secret.trim()), now)
        .filter(|key| key.proof.is_of_directory())
        .ok_or_else(unknown)?;
    let actor = Actor::of_program(app, &key.account).map_err(|_| unknown())?;
    // The account may have lost its role since two persons agreed to the key.
    actor.must_load().map_err(|_| unknown())?;
    // Last: what strangers send takes nothing from the minute of a key, and fills no memory.
    app.area::<Provisioning>().requests.pass(&key.id, now)?;
    let reason = format!("scim {}", key.id);
    Ok(DirectoryCaller(ChangeCaller { actor, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_that_asks_too_often_waits_and_no_other() {
        let requests = DirectoryRequests::default();
        let key = |name: &str| SessionId::parse(name).unwrap();
        let pass = |name: &str, secs| requests.pass(&key(name), Timestamp::from_secs(secs));
        let passed = (0..4_000).filter(|_| pass("key-a", 30).is_ok()).count();
        assert_eq!(passed, 3_000);
        assert!(pass("key-b", 30).is_ok() && pass("key-a", 60).is_ok());
    }
}
