//! Sessions of persons in their own space: short, in memory only.
//!
//! A person proves to be one by a single-use code sent by letter, or by an identity provider of the
//! operator's choice; how is no matter of this file.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_access::session::TokenHash;
use digue_app::files::sha256;
use digue_app::secret::Secret;
use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_store::KnownPerson;
use digue_types::{Act, PersonRef, Subject, Timestamp};

use crate::recent_logouts::RecentLogouts;

/// Short, because the device may be shared.
const IDLE: Duration = Duration::from_mins(20);
const ABSOLUTE: Duration = Duration::from_hours(1);
/// The most sessions of persons at once.
const SESSIONS_MAX: usize = 50_000;

/// The sessions of persons.
// Before the lock of recent logouts, and never held across an `await`.
#[derive(Default)]
pub(crate) struct PersonSessions(Mutex<HashMap<TokenHash, PersonSession>>);

impl Area for PersonSessions {}

fn sessions(app: &App) -> MutexGuard<'_, HashMap<TokenHash, PersonSession>> {
    app.area::<PersonSessions>()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct PersonSession {
    whose: KnownPerson,
    opened_at: Timestamp,
    seen_at: Timestamp,
    owed: Option<PersonDebts>,
}

/// What ties a person's session to the provider that opened it. The subject and `sid` are keyed
/// hashes.
#[derive(Clone)]
pub struct PersonDebts {
    pub(crate) provider: String,
    pub(crate) subject: String,
    pub(crate) sid: Option<String>,
    pub(crate) id_token: String,
    /// When the identity was verified here.
    pub(crate) vouched_at: Timestamp,
}

impl PersonDebts {
    /// True for a session of this provider, and of this subject and session there where they are
    /// given.
    fn is_of(&self, provider: &str, subject: Option<&str>, sid: Option<&str>) -> bool {
        self.provider == provider
            && subject.is_none_or(|subject| self.subject == subject)
            && sid.is_none_or(|sid| self.sid.as_deref() == Some(sid))
    }

    /// True when the provider ended this subject or session since the identity was verified.
    fn is_over(&self, app: &App) -> bool {
        let names = [
            self.subject.as_str(),
            self.sid.as_deref().unwrap_or_default(),
        ];
        app.area::<RecentLogouts>()
            .has_ended(&names, self.vouched_at)
    }
}

impl PersonSession {
    fn is_live(&self, now: Timestamp) -> bool {
        now.since(self.seen_at) < IDLE && now.since(self.opened_at) < ABSOLUTE
    }
}

/// A person whose identity was proved, or is vouched for by a portal's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInPerson(KnownPerson);

impl SignedInPerson {
    /// A person identified by others: a portal's program, the seal of a framing token,
    /// the address that the person gave while signed in.
    pub fn vouched_for(whose: KnownPerson) -> Self {
        Self(whose)
    }

    pub fn whose(&self) -> &KnownPerson {
        &self.0
    }

    pub fn reference(&self) -> Result<PersonRef, OperationError> {
        PersonRef::parse(&self.0.person).map_err(|_| OperationError::NotFound("person"))
    }
}

/// The name of a person in the journal: a hash, the same for the same person.
pub fn journal_name(whose: &KnownPerson) -> Subject {
    // The population is part of it: the same number may belong to different persons on two portals.
    Subject::Person(sha256(format!("{} {}", whose.population, whose.person))[..16].to_owned())
}

/// Opens a session for a person whose identity was proved; the secret is for a cookie.
///
/// # Errors
/// `Denied` when the provider ended it meanwhile; `Busy` beyond `SESSIONS_MAX`.
pub async fn open(
    app: &App,
    whose: KnownPerson,
    way: &str,
    owed: Option<PersonDebts>,
) -> Result<Secret, OperationError> {
    // Journalled before the session exists, as with accounts: nobody sees a record without a trace
    // of the visit.
    let details = ActDetails {
        subject: journal_name(&whose),
        after: way.to_owned(),
        ..ActDetails::default()
    };
    app.write_down(&Actor::digue(), Act::PersonCame, details)
        .await?;
    let secret = Secret::draw()?;
    let now = app.clock().now();
    let mut sessions = sessions(app);
    // Under the lock: a logout that comes later ends the session that is inserted here
    // (`end_owed`).
    if owed.as_ref().is_some_and(|owed| owed.is_over(app)) {
        return Err(OperationError::Denied);
    }
    sessions.retain(|_, session| session.is_live(now));
    // Refused, and not the oldest dropped: a flood must not sign out the persons who are here.
    if sessions.len() >= SESSIONS_MAX {
        return Err(OperationError::Busy);
    }
    sessions.insert(
        secret.hash(),
        PersonSession {
            whose,
            opened_at: now,
            seen_at: now,
            owed,
        },
    );
    Ok(secret)
}

/// The person of a session cookie.
///
/// # Errors
/// `Denied` for an unknown or expired one.
pub fn here(app: &App, secret: &str) -> Result<SignedInPerson, OperationError> {
    let now = app.clock().now();
    let mut sessions = sessions(app);
    let session = sessions.get_mut(&digue_gateway::identity::token_hash(secret));
    let session = session
        .filter(|session| session.is_live(now))
        .ok_or(OperationError::Denied)?;
    session.seen_at = now;
    Ok(SignedInPerson(session.whose.clone()))
}

pub fn leave(app: &App, secret: &str) {
    let mut sessions = sessions(app);
    sessions.remove(&digue_gateway::identity::token_hash(secret));
}

/// The provider's part in the session of a cookie.
pub(crate) fn owed(app: &App, secret: &str) -> Option<PersonDebts> {
    let sessions = sessions(app);
    sessions
        .get(&digue_gateway::identity::token_hash(secret))?
        .owed
        .clone()
}

/// Ends the sessions that a provider opened for this subject or provider session (keyed hashes);
/// returns how many.
pub(crate) fn end_owed(
    app: &App,
    provider: &str,
    subject: Option<&str>,
    sid: Option<&str>,
) -> usize {
    let mut sessions = sessions(app);
    let before = sessions.len();
    sessions.retain(|_, session| {
        let owed = session.owed.as_ref();
        !owed.is_some_and(|owed| owed.is_of(provider, subject, sid))
    });
    before - sessions.len()
}
