//! What the operator's directory changes of accounts, by itself or released by an officer.
//!
//! The same steps as for people, with the same entries: an account of the directory begins in
//! quarantine, and its invitation is handed over and its holder confirmed by two persons who have
//! no part in it. Whether a change waits, and for whom, is decided above (`digue-provisioning`).
//! Accounts of the operator's own roles cannot be reached from here, whatever a caller says.

use std::pin::Pin;

use digue_access::Role;
use digue_app::{Actor, App, Area, OperationError, require};
use digue_types::{AccountId, OrganisationId};

use crate::approvals::NewAccount;
use crate::holders::{self, HolderForm};
use crate::{accounts, decisions};

/// One row of a list of accounts.
#[derive(Clone, Debug)]
pub struct AccountRow {
    pub account: AccountId,
    pub organisation: OrganisationId,
    /// Blank where the list does not say it.
    pub holder: HolderForm,
}

pub type AccountListTurn<'t> =
    Pin<Box<dyn Future<Output = Result<(), OperationError>> + Send + 't>>;

/// Does what follows from a list of accounts. The rules are those of a directory, whose crate the
/// reader of lists does not know.
pub trait AccountListPort: Send + Sync {
    /// Takes a whole list, read from a source, under the account of `actor`.
    ///
    /// # Errors
    /// `Invalid` with the locale key of a list that changes nothing.
    fn take<'t>(
        &'t self,
        app: &'t App,
        actor: &'t Actor,
        list: (&'t str, Vec<AccountRow>),
    ) -> AccountListTurn<'t>;
}

/// What takes lists of accounts.
pub struct AccountLists(pub Box<dyn AccountListPort>);

impl Area for AccountLists {}

/// The role of an account that a directory may change.
///
/// # Errors
/// `Denied` for an account of the operator's own roles.
fn reachable(app: &App, account: &AccountId) -> Result<Role, OperationError> {
    let rules = app.gateway().rules();
    let record = rules.directory.find(account);
    let record = record.ok_or(OperationError::NotFound("account"))?;
    require(record.role.can_come_from_directory())?;
    Ok(record.role)
}

/// Suspends an account and ends its sessions.
///
/// # Errors
/// `Conflict` for one that is suspended already.
pub async fn close(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    reason: &str,
) -> Result<(), OperationError> {
    reachable(app, account)?;
    accounts::suspend(app, actor, account, reason).await
}

/// Resumes a suspended account.
///
/// # Errors
/// `Denied` for all but those who may resume accounts: no directory does.
pub async fn reopen(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    reason: &str,
) -> Result<(), OperationError> {
    reachable(app, account)?;
    actor.must_act()?;
    require(!actor.is_program())?;
    accounts::resume(app, actor, account, reason).await
}

/// Adds accounts, in quarantine. `asked_by` is the account of the directory's key.
pub async fn add(
    app: &App,
    actor: &Actor,
    new: &[NewAccount],
    asked_by: &AccountId,
) -> Result<(), OperationError> {
    require(new.iter().all(|one| one.role.can_come_from_directory()))?;
    decisions::add_accounts(app, actor, new, asked_by)
        .await
        .map(drop)
}

/// Moves an account to another organisation or role; its sessions end.
///
/// # Errors
/// `Denied` for a program that would give more than the account has.
pub async fn move_account(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    (organisation, role): (&OrganisationId, Role),
) -> Result<(), OperationError> {
    let now = reachable(app, account)?;
    require(role.can_come_from_directory())?;
    let rules = app.gateway().rules();
    let is_same_place = rules
        .directory
        .find(account)
        .is_some_and(|record| record.organisation == *organisation);
    require(!actor.is_program() || (is_same_place && role < now))?;
    decisions::move_account(app, actor, account, organisation, role).await
}

/// Writes who holds an account, unless a person wrote it: what people call to make sure is not for
/// a directory to replace.
pub async fn write_holder(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    form: &HolderForm,
) -> Result<(), OperationError> {
    reachable(app, account)?;
    let known = app.store().holders().await?;
    let known = known.get(account);
    let emails = app.store().contacts().await?;
    let email = emails.get(account).map_or("", String::as_str);
    let mut form = form.clone();
    match known {
        Some(holder) if holder.written_by != actor.account => return Ok(()),
        Some(holder) => {
            let is_same = holder.name == form.name
                && holder.job == form.job
                && holder.telephone == form.telephone
                && email == form.email;
            if is_same {
                return Ok(());
            }
        }
        // The address of an approved request: persons vouched for it.
        None if !email.is_empty() => form.email = email.to_owned(),
        None => {}
    }
    holders::write(app, actor, account, &form).await
}
