//! Releasing what waits: an officer does what the directory wanted, exactly as it was shown.
//!
//! The account of the directory's key is the one who asked, and the officer the one who agrees. A
//! new account still begins in quarantine, with two others who hand over and confirm.

use std::collections::BTreeMap;

use digue_administration::approvals::NewAccount;
use digue_administration::provisioning;
use digue_app::{Actor, App, OperationError, require};
use digue_store::ScimUserRecord;
use digue_types::AccountId;

use crate::change::{WantedChange, place};
use crate::outcome::new_account;
use crate::overview::{WaitingChange, read};
use crate::state::change_turn;
use crate::{AccountGroups, GroupRule, ProvisioningRules, rules};

/// The reason of the acts of a release.
const fn reason(rules: &ProvisioningRules) -> &'static str {
    match rules.groups {
        AccountGroups::Named(_) => "scim",
        AccountGroups::Listed => "source",
    }
}

/// Does the changes that wait, as far as the actor may; returns how many. Those of the page with
/// this digest.
///
/// # Errors
/// `Conflict` when others wait by now; `Involved` for the account of the directory's key; `Denied`
/// for a program, and when none of them is for this role.
pub async fn release(app: &App, actor: &Actor, digest: &str) -> Result<usize, OperationError> {
    actor.must_review()?;
    require(!actor.is_program())?;
    let rules = rules(app).ok_or(OperationError::NotFound("directory"))?;
    actor.must_be_fresh(app)?;
    // Before the digest is compared: no request of the directory comes between what was read and
    // what is done.
    let _turn = change_turn(app).await;
    let shown = read(app, rules).await?;
    if shown.waiting.is_empty() || shown.digest != digest {
        return Err(OperationError::Conflict);
    }
    if shown
        .waiting
        .iter()
        .any(|one| one.asked_by == actor.account)
    {
        return Err(OperationError::Involved);
    }
    let mine: Vec<&WaitingChange> = shown
        .waiting
        .iter()
        // Who resumes and suspends accounts is the CISO, here as elsewhere.
        .filter(|one| match one.change {
            WantedChange::Open | WantedChange::Move => true,
            WantedChange::Reopen | WantedChange::Close => actor.role.can_act(),
        })
        .collect();
    require(!mine.is_empty())?;
    let mut opened: BTreeMap<AccountId, Vec<NewAccount>> = BTreeMap::new();
    for one in &mine {
        let row = row_of(app, one).await?;
        let snapshot = app.gateway().rules();
        let to = place(rules, &row, snapshot.directory.find(&one.account));
        match (one.change, to.as_deref()) {
            (WantedChange::Open, Some(to)) => {
                let account = new_account(&row, to);
                let account = account.map_err(|error| OperationError::Unavailable(error.detail))?;
                opened
                    .entry(one.asked_by.clone())
                    .or_default()
                    .push(account);
            }
            (change, to) => {
                carry_out(app, actor, reason(rules), (&row, change, to)).await?;
                settled(app, row, change == WantedChange::Close).await?;
            }
        }
    }
    for (asked_by, accounts) in opened {
        provisioning::add(app, actor, &accounts, &asked_by).await?;
        for account in accounts {
            // A crash before this leaves the mark, and `waiting_change` finds nothing missing.
            if let Some(row) = app.store().scim_user(&account.account).await? {
                settled(app, row, false).await?;
            }
        }
    }
    Ok(mine.len())
}

async fn row_of(app: &App, one: &WaitingChange) -> Result<ScimUserRecord, OperationError> {
    let row = app.store().scim_user(&one.account).await?;
    row.ok_or(OperationError::Conflict)
}

async fn carry_out(
    app: &App,
    actor: &Actor,
    reason: &str,
    (row, change, to): (&ScimUserRecord, WantedChange, Option<&GroupRule>),
) -> Result<(), OperationError> {
    let account = &row.account;
    match (change, to) {
        (WantedChange::Close, _) => provisioning::close(app, actor, account, reason).await,
        (WantedChange::Move, Some(to)) => {
            let place = (&to.organisation, to.role);
            provisioning::move_account(app, actor, account, place).await
        }
        (WantedChange::Reopen, Some(to)) => {
            let snapshot = app.gateway().rules();
            let record = snapshot.directory.find(account);
            let is_there = record.is_some_and(|record| to.is_place_of(record));
            // Moved while it is still closed.
            if !is_there {
                let place = (&to.organisation, to.role);
                provisioning::move_account(app, actor, account, place).await?;
            }
            provisioning::reopen(app, actor, account, reason).await
        }
        (WantedChange::Open, _) | (WantedChange::Move | WantedChange::Reopen, None) => {
            // Without a place it is another change than the one that was shown.
            Err(OperationError::Conflict)
        }
    }
}

/// The change is made: nothing waits any more.
async fn settled(app: &App, row: ScimUserRecord, is_closed_by: bool) -> Result<(), OperationError> {
    let row = ScimUserRecord {
        waits: None,
        is_closed_by,
        ..row
    };
    Ok(app.store().save_scim_users(&[row]).await?)
}
