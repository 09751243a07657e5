//! Names of people and organisations, for every place of a page that knows an identifier only.
//!
//! Read once and shared until the journal says that another one was written.
//! A reader sees the names that the holders' book lets them see; every other account stays its
//! identifier.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_access::{AccountRecord, Snapshot};
use digue_types::{AccountId, Act, Administration, OrganisationId, Subject, Timestamp};

use crate::directory::organisation_of;
use crate::{Actor, App, OperationError};

/// The names of all accounts and organisations.
#[derive(Debug, Default)]
struct KnownNames {
    people: HashMap<AccountId, String>,
    organisations: HashMap<OrganisationId, String>,
}

impl KnownNames {
    async fn read(app: &App) -> Result<Self, OperationError> {
        let people = app.store().holders().await?.into_iter();
        let organisations = app.store().organisations().await?.into_iter();
        Ok(Self {
            people: people
                .map(|(account, known)| (account, known.name))
                .collect(),
            organisations: organisations.map(|known| (known.id, known.name)).collect(),
        })
    }
}

/// The names as they were when the journal ended at an act.
#[derive(Clone)]
struct ReadNames {
    known: Arc<KnownNames>,
    act: Option<u64>,
    at: Timestamp,
}

/// The names that were read last.
// A leaf lock, never held across an `await`.
#[derive(Default)]
pub struct RecentNames(Mutex<Option<ReadNames>>);

/// A name is written down before it is stored: what was read in between is read again.
const NAMES_LAST: Duration = Duration::from_secs(60);

impl RecentNames {
    /// The names that a reader may see; none while they cannot be read, and pages show identifiers.
    pub async fn seen_by(&self, app: &App, actor: &Actor) -> VisibleNames {
        match self.read(app).await {
            Ok(known) => {
                let rules = app.gateway().rules();
                VisibleNames {
                    own: organisation_of(&rules, actor),
                    sees_all: actor.role.reads_isms(),
                    known,
                    rules,
                }
            }
            Err(error) => {
                tracing::warn!(%error, "Names of people could not be read; pages show accounts");
                VisibleNames::default()
            }
        }
    }

    async fn read(&self, app: &App) -> Result<Arc<KnownNames>, OperationError> {
        let now = app.clock().now();
        let read = self.locked().clone();
        if let Some(read) = read
            && now.since(read.at) < NAMES_LAST
            && !names_changed(app, read.act)
        {
            return Ok(read.known);
        }
        // Taken before the names are read: an act in between makes the next page read again.
        let act = app
            .journal_state()
            .index
            .acts(1)
            .next()
            .map(|(entry, _)| *entry);
        let known = Arc::new(KnownNames::read(app).await?);
        *self.locked() = Some(ReadNames {
            known: known.clone(),
            act,
            at: now,
        });
        Ok(known)
    }

    fn locked(&self) -> MutexGuard<'_, Option<ReadNames>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a name was written since an act.
fn names_changed(app: &App, since: Option<u64>) -> bool {
    let state = app.journal_state();
    let newer = |(entry, _): &&(u64, Administration)| since.is_none_or(|since| *entry > since);
    state
        .index
        .acts(usize::MAX)
        .take_while(newer)
        .any(|(_, act)| matches!(act.act, Act::HolderSaved | Act::OrganisationSaved))
}

/// True when a reader may see who holds an account: who watches sees all, everybody sees officers and
/// who holds the accounts of their own organisation.
pub fn may_see_holder(
    record: &AccountRecord,
    sees_all: bool,
    own: Option<&OrganisationId>,
) -> bool {
    sees_all || record.role.can_review() || Some(&record.organisation) == own
}

/// The names that one reader may see.
#[derive(Clone, Default)]
pub struct VisibleNames {
    known: Arc<KnownNames>,
    rules: Arc<Snapshot>,
    own: Option<OrganisationId>,
    sees_all: bool,
}

impl fmt::Debug for VisibleNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisibleNames").finish_non_exhaustive()
    }
}

impl VisibleNames {
    /// The name of an account's holder, or the identifier.
    pub fn person_or_id(&self, account: impl fmt::Display) -> String {
        let account = account.to_string();
        let name = self.person(&account).map(ToOwned::to_owned);
        name.unwrap_or(account)
    }

    /// The name of an account's holder; `None` where none is written, for an account that the
    /// reader may not see, and for a text that is no account.
    pub fn person(&self, account: &str) -> Option<&str> {
        let account = AccountId::parse(account).ok()?;
        let record = self.rules.directory.find(&account)?;
        let is_seen = may_see_holder(record, self.sees_all, self.own.as_ref());
        let name = self.known.people.get(&account).filter(|_| is_seen)?;
        Some(name.as_str())
    }

    /// The name of the organisation that an act is about: its own, or that of the account.
    pub fn organisation_about(&self, subject: &Subject) -> Option<&str> {
        let about = subject.clone().canonical();
        if let Subject::Organisation(id) = &about {
            return self.organisation(id.as_str());
        }
        let Subject::Account(account) = &about else {
            return None;
        };
        let record = self.rules.directory.find(account)?;
        self.organisation(record.organisation.as_str())
    }

    /// The name of an organisation, with the same three reasons for none.
    pub fn organisation(&self, id: &str) -> Option<&str> {
        let id = OrganisationId::parse(id).ok()?;
        let is_seen = self.sees_all || Some(&id) == self.own.as_ref();
        let name = self.known.organisations.get(&id).filter(|_| is_seen)?;
        Some(name.as_str())
    }
}
