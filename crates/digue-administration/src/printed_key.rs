//! The printed key: the second person of an operator that has one officer only.
//!
//! A sole officer could never be given a second one, because each account takes two people. Until
//! there is another officer's account, the key that the terminal prints at the first start counts
//! as the second person, for one thing: approving the account of a second officer. A person other
//! than the officer keeps it. They use it in a browser that is signed in to nothing, and get the
//! new officer's link there: the officer who asked never sees it. That officer confirms the holder,
//! since nobody else is left; alone, neither of the two can do any of it.

use digue_access::Role;
use digue_app::{Actor, App, OperationError};
use digue_identity::invitations::{INVITATION_LASTS, Invitation};
use digue_identity::sign_in;
use digue_store::ApprovalRecord;
use digue_types::AccountId;
use ring::hmac;

use crate::approvals::{self, ApprovalRequest, NewAccount};
use crate::decisions;

/// Crockford's base 32: no I, L, O or U, which are misread.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 100 bits: nobody finds it by trying.
const KEY_SIGNS: usize = 20;

/// The key as it is printed, in groups of five; `None` once a second officer's account exists, for
/// good.
pub fn printed(app: &App) -> Option<String> {
    sole_officer(app)?;
    let key = key(app);
    let groups = key
        .as_bytes()
        .chunks(5)
        .map(|group| String::from_utf8_lossy(group).into_owned());
    Some(groups.collect::<Vec<_>>().join("-"))
}

/// The only account of an officer there ever was: accounts are never deleted.
pub fn sole_officer(app: &App) -> Option<AccountId> {
    let rules = app.gateway().rules();
    let mut officers = rules
        .directory
        .iter()
        .filter(|(_, record)| record.role.can_review());
    let (account, record) = officers.next()?;
    (officers.next().is_none() && !record.is_suspended).then(|| account.clone())
}

/// Drawn from the installation's own key: it is stored nowhere.
fn key(app: &App) -> String {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    let tag = hmac::sign(&secret, b"printed key of the second person");
    // 32 divides 256, so that the remainder favours no sign.
    tag.as_ref()
        .iter()
        .take(KEY_SIGNS)
        .map(|byte| char::from(SIGNS[usize::from(*byte) % 32]))
        .collect()
}

/// An officer's account that waits for the printed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingOfficer {
    /// Of the request.
    pub id: String,
    pub account: NewAccount,
    pub asked_by: AccountId,
    pub reason: String,
}

/// The officer's accounts that wait, for the holder of the key.
///
/// # Errors
/// `Invalid` for another key, and once a second officer's account exists.
pub async fn waiting(app: &App, typed: &str) -> Result<Vec<WaitingOfficer>, OperationError> {
    must_hold(app, typed)?;
    let officer = sole_officer(app).ok_or(OperationError::Invalid("invalid-printed-key"))?;
    let all = approvals::list(app, &Actor::digue()).await?;
    let open = all
        .into_iter()
        .filter(|one| !one.is_over && one.record.asked_by == officer);
    Ok(open.filter_map(|one| officer_of(&one.record)).collect())
}

/// Compares without saying how much of it was right.
fn must_hold(app: &App, typed: &str) -> Result<(), OperationError> {
    let plain = |text: &str| -> Vec<u8> {
        text.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|sign| sign.to_ascii_uppercase())
            .collect()
    };
    let by = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    let tag = hmac::sign(&by, key(app).as_bytes());
    let is_same = hmac::verify(&by, &plain(typed), tag.as_ref()).is_ok();
    if is_same && sole_officer(app).is_some() {
        Ok(())
    } else {
        Err(OperationError::Invalid("invalid-printed-key"))
    }
}

/// The one new officer that a request is about; a request for anything else takes another person.
fn officer_of(record: &ApprovalRecord) -> Option<WaitingOfficer> {
    let Ok(ApprovalRequest::AddAccounts(accounts)) = ApprovalRequest::of(record) else {
        return None;
    };
    let [account] = <[NewAccount; 1]>::try_from(accounts).ok()?;
    let is_officer = matches!(account.role, Role::Ciso | Role::Dpo);
    is_officer.then(|| WaitingOfficer {
        id: record.id.clone(),
        account,
        asked_by: record.asked_by.clone(),
        reason: record.reason.clone(),
    })
}

/// Approves the account of the second officer, and returns its link for the holder of the key to
/// hand over.
///
/// # Errors
/// `Invalid` for another key; `NotFound` for a request that does not wait for it; `Conflict` when
/// it was decided.
pub async fn grant(app: &App, typed: &str, id: &str) -> Result<Invitation, OperationError> {
    let found = waiting(app, typed)
        .await?
        .into_iter()
        .find(|one| one.id == id);
    let WaitingOfficer { account, .. } = found.ok_or(OperationError::NotFound("approval"))?;
    // The key was printed at the terminal: its holder acts under the terminal's name.
    let terminal = Actor::digue();
    decisions::decide(app, &terminal, id, true).await?;
    let host = app.console_host();
    let link =
        sign_in::issue_link(app, &terminal, &account.account, host, INVITATION_LASTS).await?;
    Ok(Invitation {
        account: account.account,
        email: None,
        link: Some(link),
    })
}
