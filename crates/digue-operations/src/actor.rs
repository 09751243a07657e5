//! Who asks: an account with its role and its last proof of identity, or Digue itself.

use digue_access::{Role, Session};
use digue_types::{AccountId, Timestamp};

use crate::app::App;
use crate::error::OperationError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub account: AccountId,
    pub role: Role,
    /// When it was last proved who this is.
    pub proved_at: Timestamp,
}

impl Actor {
    /// The account behind a session, as the directory knows it now.
    pub fn of_session(app: &App, session: &Session) -> Result<Self, OperationError> {
        let rules = app.gateway().rules();
        let record = rules.directory.find(&session.account).filter(|record| !record.is_suspended);
        let record = record.ok_or(OperationError::Denied)?;
        let role = role_now(app, &session.account, record.role);
        Ok(Self { account: session.account.clone(), role, proved_at: session.proved_at })
    }

    /// A program that signed its request with a key of this account. It cannot prove afresh who it
    /// is, so it does nothing that asks for that.
    pub fn of_program(app: &App, account: &AccountId) -> Result<Self, OperationError> {
        let rules = app.gateway().rules();
        let record = rules.directory.find(account).filter(|record| !record.is_suspended);
        let record = record.ok_or(OperationError::Denied)?;
        let role = role_now(app, account, record.role);
        Ok(Self { account: account.clone(), role, proved_at: Timestamp::ZERO })
    }

    /// Digue itself, or whoever holds its terminal.
    pub fn digue() -> Self {
        let account = AccountId::parse("digue").expect("a fixed name");
        Self { account, role: Role::Ciso, proved_at: Timestamp::from_micros(i64::MAX) }
    }

    pub(crate) fn is_digue(&self) -> bool {
        *self == Self::digue()
    }

    /// A program's key, which proves nothing afresh.
    pub(crate) fn is_program(&self) -> bool {
        self.proved_at == Timestamp::ZERO
    }

    /// Sensitive acts (granting, asking for what widens, taking data out) ask for a proof of
    /// identity of the last minutes: a session that was left open, or stolen, does none of them.
    pub(crate) fn must_be_fresh(&self, app: &App) -> Result<(), OperationError> {
        let age = app.clock.now().since(self.proved_at);
        if age <= app.sign_in.proof_lasts { Ok(()) } else { Err(OperationError::ProofNeeded) }
    }

    pub(crate) fn must_watch(&self) -> Result<(), OperationError> {
        allow(self.role.can_watch())
    }

    pub(crate) fn must_see_coverage(&self) -> Result<(), OperationError> {
        allow(self.role.sees_coverage())
    }

    pub(crate) fn must_act(&self) -> Result<(), OperationError> {
        allow(self.role.can_act())
    }

    pub(crate) fn must_load(&self) -> Result<(), OperationError> {
        allow(self.role.can_load())
    }

    pub(crate) fn must_respond(&self) -> Result<(), OperationError> {
        allow(self.role.can_respond())
    }

    pub(crate) fn must_review(&self) -> Result<(), OperationError> {
        allow(self.role.can_review())
    }
}

/// As long as nobody has confirmed who holds an account, it is an agent on the console: whoever got hold
/// of its invitation acts as nobody.
fn role_now(app: &App, account: &AccountId, role: Role) -> Role {
    if app.unconfirmed().has(account) { Role::Agent } else { role }
}

pub(crate) fn allow(may: bool) -> Result<(), OperationError> {
    if may { Ok(()) } else { Err(OperationError::Denied) }
}
