//! Who asks: an account with its role, or Digue itself.

use digue_access::{Role, Session};
use digue_types::AccountId;

use crate::error::OperationError;
use crate::house::House;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub account: AccountId,
    pub role: Role,
}

impl Actor {
    /// The account behind a session, as the directory knows it now.
    pub fn of_session(house: &House, session: &Session) -> Result<Self, OperationError> {
        let rules = house.gateway().rules();
        let record = rules.directory.find(&session.account).filter(|record| !record.is_suspended);
        let record = record.ok_or(OperationError::Denied)?;
        Ok(Self { account: session.account.clone(), role: record.role })
    }

    /// Digue itself, or whoever holds its terminal.
    pub fn digue() -> Self {
        Self { account: AccountId::parse("digue").expect("a fixed name"), role: Role::Rssi }
    }

    pub(crate) fn must_watch(&self) -> Result<(), OperationError> {
        if self.role.can_watch() { Ok(()) } else { Err(OperationError::Denied) }
    }

    pub(crate) fn must_act(&self) -> Result<(), OperationError> {
        if self.role.can_act() { Ok(()) } else { Err(OperationError::Denied) }
    }

    pub(crate) fn must_review(&self) -> Result<(), OperationError> {
        let may = matches!(self.role, Role::Rssi | Role::Dpo);
        if may { Ok(()) } else { Err(OperationError::Denied) }
    }
}
