//! The space of a person: who consulted their record, and what they can request about it.
//!
//! Persons are the portal's own identifiers. A visitor proves to be one by a single-use code sent by letter,
//! or by an identity provider of the operator's choice. Sessions are short and live in memory only.

pub mod codes;
pub mod news;
pub mod requests;
pub mod sights;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_access::session::TokenHash;
use digue_store::KnownPerson;
use digue_types::{Act, PersonRef, PopulationId, Timestamp};

use crate::actor::Actor;
use crate::app::{ActDetails, App};
use crate::canonical;
use crate::error::OperationError;
use crate::files::sha256;
use crate::quotas::Quotas;
use crate::secret::{Secret, SecretSeal};

/// Short, because the device may be shared.
const IDLE: Duration = Duration::from_mins(20);
const ABSOLUTE: Duration = Duration::from_hours(1);
/// The most sessions of persons at once.
const SESSIONS_MAX: usize = 50_000;

/// The sessions of persons, and the limits of requests without a session.
pub(crate) struct PersonSessions {
    // A leaf lock, never held across an `await`.
    sessions: Mutex<HashMap<TokenHash, PersonSession>>,
    /// Requests for letters, by network address.
    letters: Quotas,
    // Serialises requests of persons: looking for earlier ones and adding the new one are one step. Held
    // while the act is journalled; apart from `App::asking`, so that strangers never delay the console.
    asking: tokio::sync::Mutex<()>,
}

impl Default for PersonSessions {
    fn default() -> Self {
        Self {
            sessions: Mutex::default(),
            letters: Quotas::new(codes::LETTERS),
            asking: tokio::sync::Mutex::default(),
        }
    }
}

#[derive(Clone)]
struct PersonSession {
    whose: KnownPerson,
    opened_at: Timestamp,
    seen_at: Timestamp,
    owed: Option<PersonDebts>,
}

/// What ties a person's session to the provider that opened it. The subject and `sid` are keyed hashes.
#[derive(Clone)]
pub(crate) struct PersonDebts {
    pub(crate) provider: String,
    pub(crate) subject: String,
    pub(crate) sid: Option<String>,
    pub(crate) id_token: String,
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
    pub fn whose(&self) -> &KnownPerson {
        &self.0
    }

    fn reference(&self) -> Result<PersonRef, OperationError> {
        PersonRef::parse(&self.0.person).map_err(|_| OperationError::NotFound("person"))
    }
}

/// The name of a person in the journal: a hash, the same for the same person.
fn journal_name(whose: &KnownPerson) -> String {
    format!("person:{}", &sha256(&format!("{} {}", whose.population, whose.person))[..16])
}

/// Opens a session for a person whose identity was proved; the secret is for a cookie.
pub(crate) async fn open(
    app: &App,
    whose: KnownPerson,
    way: &str,
    owed: Option<PersonDebts>,
) -> Result<Secret, OperationError> {
    let words = ActDetails { subject: journal_name(&whose), after: way.to_owned(), ..ActDetails::default() };
    app.write_down(&Actor::digue(), Act::PersonCame, words).await?;
    let secret = Secret::draw()?;
    let now = app.clock.now();
    let mut sessions = app.person_sessions().sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.retain(|_, session| session.is_live(now));
    if sessions.len() >= SESSIONS_MAX {
        return Err(OperationError::Busy);
    }
    sessions.insert(secret.hash(), PersonSession { whose, opened_at: now, seen_at: now, owed });
    Ok(secret)
}

/// The person of a session cookie.
///
/// # Errors
/// `Denied` for an unknown or expired one.
pub fn here(app: &App, secret: &str) -> Result<SignedInPerson, OperationError> {
    let now = app.clock.now();
    let mut sessions = app.person_sessions().sessions.lock().unwrap_or_else(PoisonError::into_inner);
    let session = sessions.get_mut(&digue_gateway::identity::token_hash(secret));
    let session = session.filter(|session| session.is_live(now)).ok_or(OperationError::Denied)?;
    session.seen_at = now;
    Ok(SignedInPerson(session.whose.clone()))
}

pub fn leave(app: &App, secret: &str) {
    let mut sessions = app.person_sessions().sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.remove(&digue_gateway::identity::token_hash(secret));
}

/// The provider's part in the session of a cookie.
pub(crate) fn owed(app: &App, secret: &str) -> Option<PersonDebts> {
    let sessions = app.person_sessions().sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.get(&digue_gateway::identity::token_hash(secret))?.owed.clone()
}

/// Ends the sessions that a provider opened for this subject or provider session (keyed hashes).
pub(crate) fn end_owed(app: &App, provider: &str, subject: Option<&str>, sid: Option<&str>) {
    let mut sessions = app.person_sessions().sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.retain(|_, session| {
        let is_its = session.owed.as_ref().is_some_and(|owed| {
            owed.provider == provider
                && subject.is_none_or(|subject| owed.subject == subject)
                && sid.is_none_or(|sid| owed.sid.as_deref() == Some(sid))
        });
        !is_its
    });
}

/// Populations that persons may belong to, as portals name them.
pub fn populations(app: &App) -> Vec<PopulationId> {
    let hosts = app.gateway().hosts();
    let mut populations: Vec<PopulationId> =
        hosts.portals().map(|portal| portal.population.clone()).collect();
    populations.sort();
    populations.dedup();
    populations
}

/// How long the token is valid with which a portal's page frames a person's rows.
const EMBED_LASTS: Duration = Duration::from_mins(5);

/// Checks that a program may read the journal for a person. To be called before its input is examined.
pub fn must_read(actor: &Actor) -> Result<(), OperationError> {
    actor.must_watch()
}

/// The person that a portal's program asks about; the portal has identified its user itself.
///
/// # Errors
/// `Denied` unless the program may read the journal.
pub async fn of_program(
    app: &App,
    actor: &Actor,
    population: &str,
    typed: &str,
    user: &str,
) -> Result<SignedInPerson, OperationError> {
    actor.must_watch()?;
    let whose = named(app, population, typed)?;
    let user: String = user.chars().filter(|sign| !sign.is_control()).take(128).collect();
    let words = ActDetails {
        subject: journal_name(&whose),
        after: "findUsage".to_owned(),
        before: user,
        ..ActDetails::default()
    };
    app.write_down(actor, Act::PersonCame, words).await?;
    Ok(SignedInPerson(whose))
}

/// A person from typed text, in the named population; in the only one when none is named.
fn named(app: &App, population: &str, typed: &str) -> Result<KnownPerson, OperationError> {
    let population = match population {
        "" => {
            let mut all = populations(app);
            if all.len() > 1 {
                return Err(OperationError::Invalid("invalid-query"));
            }
            all.pop().ok_or(OperationError::NotFound("population"))?
        }
        named => PopulationId::parse(named).map_err(|_| OperationError::NotFound("population"))?,
    };
    let person = canonical::person(app, &population, typed)?;
    Ok(KnownPerson { population: population.to_string(), person })
}

/// The time of the first entry that is still kept.
pub fn kept_since(app: &App, actor: &Actor) -> Result<Option<Timestamp>, OperationError> {
    actor.must_watch()?;
    sights::since(app)
}

/// A token with which the portal frames one person's rows for some minutes. It carries the person sealed,
/// so that the URL reveals no identifier and cannot be changed to another one.
pub async fn embed(
    app: &App,
    actor: &Actor,
    population: &str,
    typed: &str,
) -> Result<String, OperationError> {
    actor.must_watch()?;
    let whose = named(app, population, typed)?;
    let words =
        ActDetails { subject: journal_name(&whose), after: "embed".to_owned(), ..ActDetails::default() };
    app.write_down(actor, Act::PersonCame, words).await?;
    let until = app.clock.now().plus(EMBED_LASTS).micros();
    let plain = format!("{until}\t{}\t{}", whose.population, whose.person);
    SecretSeal::new(&app.sign_in.key, EMBED)?.seal("embed", plain.as_bytes())
}

const EMBED: &[u8] = b"digue person embed";

/// The person of a framing token.
pub fn embedded(app: &App, token: &str) -> Result<SignedInPerson, OperationError> {
    let seal = SecretSeal::new(&app.sign_in.key, EMBED)?;
    let plain = seal.open("embed", token).and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = plain.ok_or(OperationError::NotFound("page"))?;
    let mut words = plain.splitn(3, '\t');
    let mut next = || words.next().ok_or(OperationError::NotFound("page"));
    let until: i64 = next()?.parse().map_err(|_| OperationError::NotFound("page"))?;
    let whose = KnownPerson { population: next()?.to_owned(), person: next()?.to_owned() };
    if app.clock.now().micros() >= until {
        return Err(OperationError::NotFound("page"));
    }
    Ok(SignedInPerson(whose))
}
