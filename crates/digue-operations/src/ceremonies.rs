//! What waits for its second half: each good once, and for a while.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_types::Timestamp;

use crate::error::OperationError;
use crate::secret::Secret;

/// How long the second half may take.
const CEREMONY_LASTS: Duration = Duration::from_mins(5);
/// Under way at once; about a kilobyte each. The oldest give way to new ones.
const CEREMONIES_MAX: usize = 50_000;

/// Halves that wait, by a name that cannot be guessed.
pub(crate) struct Ceremonies<T>(Mutex<HashMap<String, (Timestamp, T)>>);

impl<T> Default for Ceremonies<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Ceremonies<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the first half; its name is 43 characters of base64url.
    pub(crate) fn begin(&self, now: Timestamp, state: T) -> Result<String, OperationError> {
        let id = Secret::draw()?.reveal().to_owned();
        self.keep(now, &id, state);
        Ok(id)
    }

    /// The same under a secret name that was drawn before.
    pub(crate) fn keep(&self, now: Timestamp, id: &str, state: T) {
        let mut waiting = self.lock();
        if waiting.len() >= CEREMONIES_MAX {
            waiting.retain(|_, (at, _)| now.since(*at) < CEREMONY_LASTS);
        }
        if waiting.len() >= CEREMONIES_MAX {
            let oldest = waiting.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| id.clone());
            oldest.map(|id| waiting.remove(&id));
        }
        waiting.insert(id.to_owned(), (now, state));
    }

    /// Looks at a first half without taking it.
    pub(crate) fn look<V>(&self, now: Timestamp, id: &str, view: impl FnOnce(&T) -> V) -> Option<V> {
        let waiting = self.lock();
        waiting.get(id).filter(|(at, _)| now.since(*at) < CEREMONY_LASTS).map(|(_, state)| view(state))
    }

    /// Takes the first half away: whatever comes of it, it is used up.
    pub(crate) fn end(&self, now: Timestamp, id: &str) -> Result<T, OperationError> {
        let (at, state) = self.lock().remove(id).ok_or(OperationError::Invalid("invalid-ceremony"))?;
        if now.since(at) < CEREMONY_LASTS {
            Ok(state)
        } else {
            Err(OperationError::Invalid("invalid-ceremony"))
        }
    }
}
