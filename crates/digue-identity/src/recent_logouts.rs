//! Recent logouts at providers: each token is carried out once, and no sign-in that was under way
//! survives one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_app::Area;
use digue_types::Timestamp;

/// How long a logout is remembered: longer than the age at which its token is refused (ten minutes,
/// `peer`), and than a sign-in takes.
const KNOWN_FOR: Duration = Duration::from_mins(15);
/// The most logouts that are remembered. Beyond it new ones are refused: an unremembered token
/// could be replayed.
const TOKENS_MAX: usize = 100_000;

/// The logouts of the last minutes.
#[derive(Default)]
pub(crate) struct RecentLogouts {
    // A leaf lock.
    known: Mutex<KnownLogouts>,
}

#[derive(Default)]
struct KnownLogouts {
    /// By the keyed hash of `jti`: those that were carried out, or are being carried out.
    tokens: HashMap<String, Timestamp>,
    /// Subjects and provider sessions (keyed hashes) that a token named, at most two for each.
    ended: HashMap<String, Timestamp>,
}

/// A token that is being carried out. Dropped without `done`, after a failure or when the request
/// was cancelled, it may be used again.
pub(crate) struct LogoutTurn<'l> {
    logouts: &'l RecentLogouts,
    token: String,
    is_done: bool,
}

impl Area for RecentLogouts {}

impl LogoutTurn<'_> {
    /// The token is used up.
    pub(crate) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for LogoutTurn<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.logouts.lock().tokens.remove(&self.token);
        }
    }
}

impl RecentLogouts {
    fn lock(&self) -> MutexGuard<'_, KnownLogouts> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a token, for one caller at a time. From here on sign-ins of what it names that began
    /// before are refused. `None` for a token that was carried out already, or that cannot be
    /// remembered.
    pub(crate) fn begin<'t>(
        &self,
        token: &str,
        ended: impl Iterator<Item = &'t String>,
        now: Timestamp,
    ) -> Option<LogoutTurn<'_>> {
        let mut known = self.lock();
        known.tokens.retain(|_, at| now.since(*at) < KNOWN_FOR);
        known.ended.retain(|_, at| now.since(*at) < KNOWN_FOR);
        if known.tokens.len() >= TOKENS_MAX || known.tokens.contains_key(token) {
            return None;
        }
        known.tokens.insert(token.to_owned(), now);
        known.ended.extend(ended.map(|name| (name.clone(), now)));
        drop(known);
        Some(LogoutTurn {
            logouts: self,
            token: token.to_owned(),
            is_done: false,
        })
    }

    /// From here on sign-ins of this subject or session that began before are refused, whatever
    /// ended it.
    pub(crate) fn note(&self, name: String, now: Timestamp) {
        let mut known = self.lock();
        known.ended.retain(|_, at| now.since(*at) < KNOWN_FOR);
        known.ended.insert(name, now);
    }

    /// True when a provider ended one of these subjects and sessions (keyed hashes) at `since` or
    /// later.
    pub(crate) fn has_ended(&self, names: &[&str], since: Timestamp) -> bool {
        let known = self.lock();
        names
            .iter()
            .any(|name| known.ended.get(*name).is_some_and(|at| *at >= since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_failed_may_be_used_again_and_one_that_is_done_may_not() {
        let (logouts, now) = (RecentLogouts::default(), Timestamp::from_secs(1_000));
        let subject = "subject".to_owned();
        let begin = || logouts.begin("jti", std::iter::once(&subject), now);
        let turn = begin().unwrap();
        assert!(begin().is_none(), "another request carries it out");
        drop(turn);
        begin().unwrap().done();
        assert!(begin().is_none());
    }

    #[test]
    fn a_sign_in_of_before_the_logout_is_over_and_one_of_after_it_is_not() {
        let (logouts, at) = (RecentLogouts::default(), Timestamp::from_secs);
        let sid = "sid".to_owned();
        logouts
            .begin("jti", std::iter::once(&sid), at(1_000))
            .unwrap()
            .done();
        assert!(logouts.has_ended(&["subject", "sid"], at(999)));
        assert!(logouts.has_ended(&["sid"], at(1_000)));
        assert!(!logouts.has_ended(&["sid"], at(1_001)));
        assert!(!logouts.has_ended(&["subject", ""], at(0)));
    }
}
