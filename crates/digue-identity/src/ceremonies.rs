//! State of multi-step exchanges with a browser (passkeys, provider sign-ins) between their steps:
//! usable once, for some minutes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_app::OperationError;
use digue_app::secret::Secret;
use digue_types::Timestamp;

/// How long the next step may take.
const CEREMONY_LASTS: Duration = Duration::from_mins(5);
/// The most exchanges under way; about a kilobyte each. Beyond it the oldest is dropped, because
/// refusing new ones would let strangers block every sign-in.
const CEREMONIES_MAX: usize = 50_000;

/// The waiting states, by an id that cannot be guessed. The lock is taken alone and released at
/// once.
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

    /// Keeps a state; returns its id, 43 characters of base64url.
    pub(crate) fn begin(&self, now: Timestamp, state: T) -> Result<String, OperationError> {
        let id = Secret::draw()?.reveal().to_owned();
        self.keep(now, &id, state);
        Ok(id)
    }

    /// Keeps a state under a secret id that was drawn before.
    pub(crate) fn keep(&self, now: Timestamp, id: &str, state: T) {
        let mut waiting = self.lock();
        if waiting.len() >= CEREMONIES_MAX {
            // Only when there is no room: `look` and `end` refuse an expired state by its age.
            waiting.retain(|_, (at, _)| now.since(*at) < CEREMONY_LASTS);
        }
        if waiting.len() >= CEREMONIES_MAX {
            let oldest = waiting
                .iter()
                .min_by_key(|(_, (at, _))| *at)
                .map(|(id, _)| id.clone());
            oldest.map(|id| waiting.remove(&id));
        }
        waiting.insert(id.to_owned(), (now, state));
    }

    /// Reads a state without using it up.
    pub(crate) fn look<V>(
        &self,
        now: Timestamp,
        id: &str,
        view: impl FnOnce(&T) -> V,
    ) -> Option<V> {
        let waiting = self.lock();
        waiting
            .get(id)
            .filter(|(at, _)| now.since(*at) < CEREMONY_LASTS)
            .map(|(_, state)| view(state))
    }

    /// Takes a state: whatever the outcome of the step, it is used up.
    pub(crate) fn end(&self, now: Timestamp, id: &str) -> Result<T, OperationError> {
        // Removed before its age is checked: an expired state must not stay behind to be tried
        // again.
        let (at, state) = self
            .lock()
            .remove(id)
            .ok_or(OperationError::Invalid("invalid-ceremony"))?;
        if now.since(at) < CEREMONY_LASTS {
            Ok(state)
        } else {
            Err(OperationError::Invalid("invalid-ceremony"))
        }
    }
}
