//! The space of a person: who consulted their record, and what they can request about it.
//!
//! Persons are the portal's own identifiers. A visitor proves to be one by a single-use code sent
//! by letter, or by an identity provider of the operator's choice. Sessions are short and live in
//! memory only.

pub mod codes;
pub mod letters;
pub mod news;
pub mod received;
mod request_kinds;
pub(crate) mod request_lock;
pub mod requests;
pub mod sights;
pub(crate) mod stored;

use std::time::Duration;

use digue_app::secret::SecretSeal;
use digue_app::{ActDetails, Actor, App, OperationError, canonical};
use digue_identity::person_sessions::{SignedInPerson, journal_name};
use digue_store::KnownPerson;
use digue_types::{Act, PopulationId, Timestamp};

/// Populations that persons may belong to, as portals name them.
pub fn populations(app: &App) -> Vec<PopulationId> {
    let hosts = app.gateway().hosts();
    let mut populations: Vec<PopulationId> = hosts
        .portals()
        .map(|portal| portal.population.clone())
        .collect();
    populations.sort();
    populations.dedup();
    populations
}

/// How long the token is valid with which a portal's page frames a person's rows.
const EMBED_LASTS: Duration = Duration::from_mins(5);

/// Checks that a program may read the journal for a person. To be called before its input is
/// examined.
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
    // The header comes from another system and ends in the journal: control characters could forge
    // lines of an export.
    let user: String = user
        .chars()
        .filter(|sign| !sign.is_control())
        .take(128)
        .collect();
    let details = ActDetails {
        subject: journal_name(&whose),
        after: "findUsage".to_owned(),
        before: user,
        ..ActDetails::default()
    };
    app.write_down(actor, Act::PersonCame, details).await?;
    Ok(SignedInPerson::vouched_for(whose))
}

/// A person from typed text, in the named population; in the only one when none is named.
fn named(app: &App, population: &str, typed: &str) -> Result<KnownPerson, OperationError> {
    let population = match population {
        "" => {
            let mut all = populations(app);
            // No default among several: the same identifier is another person in each.
            if all.len() > 1 {
                return Err(OperationError::Invalid("invalid-query"));
            }
            all.pop().ok_or(OperationError::NotFound("population"))?
        }
        named => PopulationId::parse(named).map_err(|_| OperationError::NotFound("population"))?,
    };
    let person = canonical::person(app, &population, typed)?;
    Ok(KnownPerson {
        population: population.to_string(),
        person,
    })
}

/// Since when the consultations of every population are complete; `None` while there is no entry
/// that can be read.
pub async fn kept_since(app: &App, actor: &Actor) -> Result<Option<Timestamp>, OperationError> {
    actor.must_watch()?;
    Ok(sights::since(app, None).await?.known())
}

/// A token with which the portal frames one person's rows for some minutes. It carries the person
/// sealed, so that the URL reveals no identifier and cannot be changed to another one.
pub async fn embed(
    app: &App,
    actor: &Actor,
    population: &str,
    typed: &str,
) -> Result<String, OperationError> {
    actor.must_watch()?;
    let whose = named(app, population, typed)?;
    let details = ActDetails {
        subject: journal_name(&whose),
        after: "embed".to_owned(),
        ..ActDetails::default()
    };
    // Journalled when the token is made: opening it is anonymous, within the five minutes.
    app.write_down(actor, Act::PersonCame, details).await?;
    let until = app.clock().now().plus(EMBED_LASTS).micros();
    let plain = format!("{until}\t{}\t{}", whose.population, whose.person);
    SecretSeal::new(app.key(), EMBED)?.seal("embed", plain.as_bytes())
}

const EMBED: &[u8] = b"digue person embed";

/// The person of a framing token.
pub fn embedded(app: &App, token: &str) -> Result<SignedInPerson, OperationError> {
    let seal = SecretSeal::new(app.key(), EMBED)?;
    let plain = seal
        .open("embed", token)
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = plain.ok_or(OperationError::NotFound("page"))?;
    // The identifier last, because it alone may contain any character.
    let mut words = plain.splitn(3, '\t');
    let mut next = || words.next().ok_or(OperationError::NotFound("page"));
    let until: i64 = next()?
        .parse()
        .map_err(|_| OperationError::NotFound("page"))?;
    let whose = KnownPerson {
        population: next()?.to_owned(),
        person: next()?.to_owned(),
    };
    // The same answer for an expired, a forged and a malformed token.
    if app.clock().now().micros() >= until {
        return Err(OperationError::NotFound("page"));
    }
    Ok(SignedInPerson::vouched_for(whose))
}
