//! The organisations of the accounts that an incident's log names: a sentence says of which
//! organisation an account is, and not only its identifier.

use std::collections::HashMap;
use std::sync::Arc;

use digue_access::Snapshot;
use digue_app::{App, OperationError};
use digue_response::incident::ReopenedGate;
use digue_response::{IncidentEntry, IncidentNote};
use digue_types::{AccountId, OrganisationId, Subject};

/// Names of organisations, of one moment.
pub(crate) struct OrganisationNames {
    rules: Arc<Snapshot>,
    names: HashMap<OrganisationId, String>,
}

impl OrganisationNames {
    pub(crate) async fn read(app: &App) -> Result<Self, OperationError> {
        let names = app.store().organisations().await?;
        let names = names.into_iter().map(|known| (known.id, known.name));
        Ok(Self {
            rules: app.gateway().rules(),
            names: names.collect(),
        })
    }

    /// The names that the log of an incident about `about` needs.
    pub(crate) fn of(&self, entries: &[IncidentEntry], about: &Subject) -> SubjectNames {
        let mut known = SubjectNames::default();
        let acted = entries.iter().filter_map(|entry| acted_on(&entry.note));
        for subject in acted.chain([about.clone()]) {
            match subject.canonical() {
                Subject::Account(account) => {
                    if let Some(record) = self.rules.directory.find(&account) {
                        let name = self.name(&record.organisation);
                        known.of_account.insert(account, name);
                    }
                }
                Subject::Organisation(organisation) => {
                    let name = self.name(&organisation);
                    known.organisations.insert(organisation, name);
                }
                _ => {}
            }
        }
        known
    }

    /// The identifier where no name is stored.
    pub(crate) fn name(&self, organisation: &OrganisationId) -> String {
        let name = self.names.get(organisation).cloned();
        name.unwrap_or_else(|| organisation.to_string())
    }
}

/// Whose access an entry changed.
fn acted_on(note: &IncidentNote) -> Option<Subject> {
    match note {
        IncidentNote::Seen { subject, .. } => Some(subject.clone()),
        IncidentNote::Reopening { what, .. } => ReopenedGate::parse(what).map(|gate| gate.subject),
        _ => None,
    }
}

/// What the accounts and organisations of one incident are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectNames {
    of_account: HashMap<AccountId, String>,
    organisations: HashMap<OrganisationId, String>,
}

impl SubjectNames {
    /// The organisation of an account; `None` for an account that no longer exists.
    pub fn organisation_of(&self, account: &AccountId) -> Option<&str> {
        self.of_account.get(account).map(String::as_str)
    }

    /// The name of an organisation, or its identifier.
    pub fn organisation(&self, id: &OrganisationId) -> String {
        let name = self.organisations.get(id).cloned();
        name.unwrap_or_else(|| id.to_string())
    }
}
