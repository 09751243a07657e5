//! Accounts whose holder nobody has confirmed yet: each request asks whether its account is one of
//! them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

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
