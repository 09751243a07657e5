//! Sessions kept on the server: idle and absolute limits, cut at once.
//!
//! The cookie carries a random secret; only its SHA-256 is known here, so a copy of this table
//! opens no door. Each session is good for one host: a portal's or the console's.

use std::collections::HashMap;
use std::time::Duration;

use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};

/// SHA-256 of the secret in the cookie.
pub type TokenHash = [u8; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    pub idle: Duration,
    pub absolute: Duration,
}

impl Default for SessionLimits {
    // Thirty minutes and ten hours: a working day without a second login, and no session that
    // outlives it (the 2026 DGFiP breach lived 15 h 51 on one).
    fn default() -> Self {
        Self { idle: Duration::from_mins(30), absolute: Duration::from_hours(10) }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub id: SessionId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    /// The host that it is good for.
    pub host: String,
    pub opened_at: Timestamp,
    pub seen_at: Timestamp,
    /// The last fresh proof of identity.
    pub proved_at: Timestamp,
    /// Where and with what it was opened, for its holder to recognise it.
    pub ip: String,
    pub agent: String,
}

impl Session {
    fn is_live(&self, now: Timestamp, limits: &SessionLimits) -> bool {
        now.since(self.seen_at) < limits.idle && now.since(self.opened_at) < limits.absolute
    }
}

/// A session to be opened.
pub struct OpenSession {
    pub token: TokenHash,
    pub session: Session,
}

/// All live sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    by_token: HashMap<TokenHash, Session>,
    /// Streams in flight ask by name, many times a second.
    tokens: HashMap<SessionId, TokenHash>,
    limits: SessionLimits,
}

impl Sessions {
    pub fn new(limits: SessionLimits) -> Self {
        Self { by_token: HashMap::new(), tokens: HashMap::new(), limits }
    }

    pub fn open(&mut self, open: OpenSession) {
        self.tokens.insert(open.session.id.clone(), open.token);
        self.by_token.insert(open.token, open.session);
    }

    /// The live session of this cookie on this host, marked as used now.
    pub fn touch(&mut self, token: &TokenHash, host: &str, now: Timestamp) -> Option<&Session> {
        let limits = self.limits;
        let known = self.by_token.get(token).filter(|session| session.host == host)?;
        if !known.is_live(now, &limits) {
            let over = known.id.clone();
            self.tokens.remove(&over);
            self.by_token.remove(token);
            return None;
        }
        let session = self.by_token.get_mut(token)?;
        session.seen_at = session.seen_at.max(now);
        Some(session)
    }

    /// Notes a fresh proof of identity.
    pub fn prove(&mut self, id: &SessionId, at: Timestamp) {
        if let Some(session) = self.tokens.get(id).and_then(|token| self.by_token.get_mut(token)) {
            session.proved_at = session.proved_at.max(at);
        }
    }

    /// True when a session of this name is still live; asked by streams in flight.
    pub fn is_live(&self, id: &SessionId, now: Timestamp) -> bool {
        let session = self.tokens.get(id).and_then(|token| self.by_token.get(token));
        session.is_some_and(|session| session.is_live(now, &self.limits))
    }

    /// Ends every session for which `which` holds; returns their names.
    pub fn cut(&mut self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let mut cut = Vec::new();
        self.by_token.retain(|_, session| {
            let keep = !which(session);
            if !keep {
                self.tokens.remove(&session.id);
                cut.push(session.id.clone());
            }
            keep
        });
        cut
    }

    /// Forgets what is over; returns the names.
    pub fn expire(&mut self, now: Timestamp) -> Vec<SessionId> {
        let limits = self.limits;
        self.cut(|session| !session.is_live(now, &limits))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TokenHash, &Session)> {
        self.by_token.iter()
    }

    pub fn len(&self) -> usize {
        self.by_token.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_token.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        let mut sessions = Sessions::new(SessionLimits::default());
        let at = Timestamp::from_secs(0);
        sessions.open(OpenSession {
            token: [1; 32],
            session: Session {
                id: SessionId::parse("s1").unwrap(),
                account: AccountId::parse("a1").unwrap(),
                organisation: OrganisationId::parse("o1").unwrap(),
                host: "portal.test".into(),
                opened_at: at,
                seen_at: at,
                proved_at: at,
                ip: String::new(),
                agent: String::new(),
            },
        });
        sessions
    }

    fn minutes(count: i64) -> Timestamp {
        Timestamp::from_secs(count * 60)
    }

    #[test]
    fn ends_after_half_an_hour_without_use() {
        let mut sessions = sessions();
        assert!(sessions.touch(&[1; 32], "portal.test", minutes(29)).is_some());
        assert!(sessions.touch(&[1; 32], "portal.test", minutes(58)).is_some());
        assert!(sessions.touch(&[1; 32], "portal.test", minutes(88)).is_none());
        assert!(sessions.is_empty());
    }

    #[test]
    fn ends_after_ten_hours_however_busy() {
        let mut sessions = sessions();
        for minute in (0..600).step_by(20) {
            assert!(sessions.touch(&[1; 32], "portal.test", minutes(minute)).is_some());
        }
        assert!(sessions.touch(&[1; 32], "portal.test", minutes(600)).is_none());
    }

    #[test]
    fn is_worth_nothing_on_another_host() {
        assert!(sessions().touch(&[1; 32], "other.test", minutes(1)).is_none());
    }

    #[test]
    fn is_cut_at_once() {
        let mut sessions = sessions();
        let cut = sessions.cut(|session| session.account.as_str() == "a1");
        assert_eq!(cut.len(), 1);
        assert!(sessions.touch(&[1; 32], "portal.test", minutes(0)).is_none());
    }
}
