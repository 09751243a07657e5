//! Cutting an account: Digue's own sessions, and the identities that other systems vouch for.
//!
//! A proxy's header and a token of the portal's own login cannot be revoked at their source. They
//! are refused from the cut on (`digue_gateway::cuts`), and the mark survives a restart.

use std::collections::HashMap;

use digue_gateway::cuts::AccountCut;
use digue_store::{IdentityCutRecord, Store};
use digue_types::{AccountId, SessionId, Timestamp};

use crate::app::App;
use crate::error::OperationError;

/// The result of a cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutDone {
    pub sessions: Vec<SessionId>,
    /// Until when a proxy's header for this account is refused. Tokens of a login made before the
    /// cut are refused for good.
    pub headers_refused_until: Timestamp,
}

/// Cuts first and stores second: containment must not wait for a failing disk.
pub async fn cut_account(app: &App, account: &AccountId) -> Result<CutDone, OperationError> {
    let (sessions, cut) = app.cut_account(account);
    let marked = app.store().save_identity_cut(&record(account, cut)).await;
    // Removed also where the mark failed: a restart brings back what is in the store.
    app.remove_sessions(&sessions).await?;
    marked?;
    // As long as a session may last at most: nothing in a header tells a new sign-in from the
    // stolen one.
    let headers_refused_until = cut.at.plus(app.gateway().headers_refused_for());
    Ok(CutDone {
        sessions,
        headers_refused_until,
    })
}

/// Accepts the account's external identities again.
pub async fn lift(app: &App, account: &AccountId) -> Result<(), OperationError> {
    match app.gateway().lift_cut(account) {
        Some(cut) => Ok(app.store().save_identity_cut(&record(account, cut)).await?),
        None => Ok(()),
    }
}

/// Restores the stored cuts at a start, once the gateway is attached.
pub async fn restore(app: &App) -> Result<(), OperationError> {
    for (account, cut) in stored(app.store()).await? {
        app.gateway().restore_cut(account, cut);
    }
    Ok(())
}

/// The stored cuts, the lifted ones included.
///
/// # Errors
/// `Unavailable` for one that cannot be read. Skipping it would accept what it refused, so a start
/// fails instead.
pub(crate) async fn stored(
    store: &Store,
) -> Result<HashMap<AccountId, AccountCut>, OperationError> {
    let cuts = store.identity_cuts().await?.into_iter();
    Ok(cuts
        .map(|cut| {
            (
                cut.account,
                AccountCut {
                    at: cut.at,
                    is_lifted: cut.is_lifted,
                },
            )
        })
        .collect())
}

fn record(account: &AccountId, cut: AccountCut) -> IdentityCutRecord {
    IdentityCutRecord {
        account: account.clone(),
        at: cut.at,
        is_lifted: cut.is_lifted,
    }
}
