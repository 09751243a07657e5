//! The actor of an operation: an account with its role and its last proof of identity, or Digue
//! itself.
//!
//! An `Actor` is a snapshot: it is made for each request from the directory in force, and is not
//! kept.

use digue_access::{Reach, Role, Session};
use digue_types::{AccountId, Gate, Timestamp};

use crate::app::App;
use crate::error::OperationError;

/// The role that counts in the console now. An account whose own gate is closed is only an agent
/// there: a thief who is kept from the portals must not grant, sign or decide either.
pub fn console_role(app: &App, account: &AccountId, role: Role) -> Role {
    let gate = app
        .gateway()
        .rules()
        .gates
        .of(&Reach::Account(account.clone()));
    match gate {
        Gate::Closed => Role::Agent,
        Gate::Open | Gate::CaseloadOnly | Gate::StepUp => app.unconfirmed().role_of(account, role),
    }
}

/// Who performs an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub account: AccountId,
    pub role: Role,
    /// When the identity was last proved; `Timestamp::ZERO` for a program, which cannot prove it.
    pub proved_at: Timestamp,
}

impl Actor {
    /// The account of a session, with the role that the directory gives it now.
    ///
    /// # Errors
    /// `Denied` for an account that is suspended or no longer exists.
    pub fn of_session(app: &App, session: &Session) -> Result<Self, OperationError> {
        let rules = app.gateway().rules();
        let record = rules
            .directory
            .find(&session.account)
            .filter(|record| !record.is_suspended);
        let record = record.ok_or(OperationError::Denied)?;
        let role = console_role(app, &session.account, record.role);
        Ok(Self {
            account: session.account.clone(),
            role,
            proved_at: session.proved_at,
        })
    }

    /// A program that signed its request with an API key of this account. It cannot give a fresh
    /// proof of identity, so every act that requires one is refused to it.
    pub fn of_program(app: &App, account: &AccountId) -> Result<Self, OperationError> {
        let rules = app.gateway().rules();
        let record = rules
            .directory
            .find(account)
            .filter(|record| !record.is_suspended);
        let record = record.ok_or(OperationError::Denied)?;
        let role = console_role(app, account, record.role);
        Ok(Self {
            account: account.clone(),
            role,
            proved_at: Timestamp::ZERO,
        })
    }

    /// Digue itself, or the person at its terminal. Its proof of identity is always fresh.
    pub fn digue() -> Self {
        let account = AccountId::parse("digue").expect("`digue` is a valid account name");
        Self {
            account,
            role: Role::Ciso,
            proved_at: Timestamp::from_micros(i64::MAX),
        }
    }

    pub fn is_digue(&self) -> bool {
        *self == Self::digue()
    }

    /// True for a program that acts by an API key.
    pub fn is_program(&self) -> bool {
        self.proved_at == Timestamp::ZERO
    }

    /// Sensitive acts (requesting or approving what widens access, taking data out) require a proof
    /// of identity from the last minutes: a session that was left open, or stolen, can do none of
    /// them.
    pub fn must_be_fresh(&self, app: &App) -> Result<(), OperationError> {
        let age = app.clock().now().since(self.proved_at);
        if age <= app.proof_lasts() {
            Ok(())
        } else {
            Err(OperationError::ProofNeeded)
        }
    }

    pub fn must_watch(&self) -> Result<(), OperationError> {
        require(self.role.can_watch())
    }

    pub fn must_read_isms(&self) -> Result<(), OperationError> {
        require(self.role.reads_isms())
    }

    pub fn must_see_coverage(&self) -> Result<(), OperationError> {
        require(self.role.sees_coverage())
    }

    pub fn must_act(&self) -> Result<(), OperationError> {
        require(self.role.can_act())
    }

    pub fn must_load(&self) -> Result<(), OperationError> {
        require(self.role.can_load())
    }

    pub fn must_respond(&self) -> Result<(), OperationError> {
        require(self.role.can_respond())
    }

    /// Checks that the actor may write to the ISMS and set the template of papers: the two
    /// officers. To be called before any input is read.
    pub fn must_govern(&self) -> Result<(), OperationError> {
        require(self.role.can_govern())
    }

    pub fn must_review(&self) -> Result<(), OperationError> {
        require(self.role.can_review())
    }
}

pub fn require(may: bool) -> Result<(), OperationError> {
    if may {
        Ok(())
    } else {
        Err(OperationError::Denied)
    }
}
