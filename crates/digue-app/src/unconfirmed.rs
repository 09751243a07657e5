//! Accounts whose holder nobody has confirmed yet: each request asks whether its account is one of
//! them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use digue_access::Role;
use digue_store::UnconfirmedRecord;
use digue_types::AccountId;

use crate::app::App;
use crate::areas::Area;
use crate::error::OperationError;

/// The accounts whose holder is not confirmed: a copy of the store, because each request of an
/// actor asks.
// A leaf lock, never held across an `await`. The store is written first: what this copy says
// survives.
#[derive(Default)]
pub struct UnconfirmedAccounts(RwLock<HashMap<AccountId, UnconfirmedRecord>>);

impl Area for UnconfirmedAccounts {}

impl App {
    /// Accounts whose holder nobody has confirmed.
    pub fn unconfirmed(&self) -> &UnconfirmedAccounts {
        self.area()
    }
}

impl UnconfirmedAccounts {
    pub(crate) fn new(records: Vec<UnconfirmedRecord>) -> Self {
        let known = records
            .into_iter()
            .map(|record| (record.account.clone(), record));
        Self(RwLock::new(known.collect()))
    }

    pub fn find(&self, account: &AccountId) -> Option<UnconfirmedRecord> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(account)
            .cloned()
    }

    pub fn has(&self, account: &AccountId) -> bool {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(account)
    }

    /// The officers who may confirm the holder: those who neither asked for the account, nor
    /// granted it, nor held its link. None for an account whose holder is confirmed.
    pub fn confirmers(&self, app: &App, account: &AccountId) -> Vec<AccountId> {
        let Some(record) = self.find(account) else {
            return Vec::new();
        };
        let involved: Vec<&str> = [record.asked_by.as_str(), record.granted_by.as_str()]
            .into_iter()
            .chain(record.handed_by.split(' '))
            .collect();
        let rules = app.gateway().rules();
        let officers = rules.directory.iter().filter(|(other, known)| {
            known.role.can_review()
                && !known.is_suspended
                && !self.has(other)
                && !involved.contains(&other.as_str())
        });
        let mut confirmers: Vec<AccountId> = officers.map(|(other, _)| other.clone()).collect();
        confirmers.sort();
        confirmers
    }

    /// The role that an account has in the console now. Until its holder is confirmed it is only an
    /// agent: an intercepted invitation must not give an attacker the role of an officer.
    pub fn role_of(&self, account: &AccountId, role: Role) -> Role {
        if self.has(account) { Role::Agent } else { role }
    }

    pub async fn save(&self, app: &App, record: UnconfirmedRecord) -> Result<(), OperationError> {
        app.store().save_unconfirmed(&record).await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(record.account.clone(), record);
        Ok(())
    }

    pub fn forget(&self, account: &AccountId) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(account);
    }
}
