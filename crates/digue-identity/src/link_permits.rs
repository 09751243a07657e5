//! Permits for the links of accounts: who may hold the link of an account, and who may confirm its
//! holder.
//!
//! The requester and the approver of an account or a recovery never hold its link and never confirm
//! its holder. Links are made elsewhere (`sign_in`), from a permit alone.

use std::time::Duration;

use digue_access::Session;
use digue_app::directory::answers_for;
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts, require};
use digue_store::UnconfirmedRecord;
use digue_types::{AccountId, Act, Subject, Timestamp};

/// The right to make a link of one account. Only this file constructs one: for the account's own
/// mail, for a person who neither requested nor approved, for the terminal, for the holder. A
/// function that takes a permit cannot be called by a requester or an approver.
pub(crate) struct LinkPermit {
    account: AccountId,
    issuer: Actor,
}

impl LinkPermit {
    pub(crate) fn account(&self) -> &AccountId {
        &self.account
    }

    /// The actor under whose name the link is journalled.
    pub(crate) fn issuer(&self) -> &Actor {
        &self.issuer
    }
}

/// True when the actor answers for the account or is an officer of the operator; never for their
/// own.
pub(crate) fn is_concerned(app: &App, actor: &Actor, account: &AccountId) -> bool {
    let rules = app.gateway().rules();
    let is_officer = actor.role.can_review() && rules.directory.find(account).is_some();
    actor.account != *account && (is_officer || answers_for(&rules, actor, account))
}

pub(crate) fn is_involved(record: &UnconfirmedRecord, actor: &Actor) -> bool {
    [&record.asked_by, &record.granted_by]
        .into_iter()
        .any(|name| *name == actor.account.as_str())
}

pub(crate) fn has_held(record: &UnconfirmedRecord, actor: &Actor) -> bool {
    record
        .handed_by
        .split(' ')
        .any(|name| name == actor.account.as_str())
}

/// True for the sole officer who asked for the account of a second one, which the printed key
/// granted: nobody else is left to confirm its holder, and they never had its link.
pub(crate) fn confirms_own_request(record: &UnconfirmedRecord, actor: &Actor) -> bool {
    let terminal = Actor::digue();
    let is_by_key = record.granted_by == terminal.account.as_str();
    is_by_key && record.asked_by == actor.account.as_str() && !has_held(record, actor)
}

/// The proof that an actor may hand over the invitation of an account now. Only `of` makes one, so
/// that no other way leads from an unconfirmed account to its link.
pub(crate) struct InvitationHandOver<'a> {
    actor: &'a Actor,
    record: UnconfirmedRecord,
}

impl<'a> InvitationHandOver<'a> {
    /// # Errors
    /// `Involved` for the requester and the approver; `Conflict` for an account whose holder is
    /// confirmed.
    pub(crate) fn of(
        app: &App,
        actor: &'a Actor,
        account: &AccountId,
    ) -> Result<Self, OperationError> {
        require(is_concerned(app, actor, account))?;
        actor.must_be_fresh(app)?;
        let record = app
            .unconfirmed()
            .find(account)
            .ok_or(OperationError::Conflict)?;
        if is_involved(&record, actor) {
            Err(OperationError::Involved)
        } else {
            Ok(Self { actor, record })
        }
    }

    /// The address of the request; empty when there is none.
    pub(crate) fn email(&self) -> &str {
        &self.record.email
    }

    /// Starts an invitation whose link the actor sees.
    pub(crate) async fn begin_by_hand(self, app: &App) -> Result<LinkPermit, OperationError> {
        begin_anew(app, self.actor, self.record, true)
            .await
            .map(|(permit, _)| permit)
    }

    /// Starts an invitation by mail, and returns the time that names it: `permit_of_mail` asks for
    /// it.
    pub(crate) async fn begin_by_mail(self, app: &App) -> Result<Timestamp, OperationError> {
        begin_anew(app, self.actor, self.record, false)
            .await
            .map(|(_, invited_at)| invited_at)
    }
}

/// Starts a new invitation. All that an earlier one led to (keys, links, sessions) is removed, so
/// that an interceptor of the earlier one holds nothing of the account. Returns the time of the
/// invitation, too.
async fn begin_anew(
    app: &App,
    actor: &Actor,
    record: UnconfirmedRecord,
    is_seen: bool,
) -> Result<(LinkPermit, Timestamp), OperationError> {
    let account = record.account.clone();
    let is_known = app
        .gateway()
        .rules()
        .directory
        .find(&account)
        .is_some_and(|r| !r.is_suspended);
    if !is_known {
        return Err(OperationError::Invalid("invalid-invitation-suspended"));
    }
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        after: if is_seen { "link" } else { "mail" }.to_owned(),
        ..ActDetails::default()
    };
    // Journalled before the earlier credentials go: a holder who is locked out by it must be able
    // to find out by whom.
    app.write_down(actor, Act::InvitationHandedOver, details)
        .await?;
    identity_cuts::cut_account(app, &account).await?;
    app.store().remove_factors(&account).await?;
    app.passkeys_changed(&account).await?;
    let mut handed_by = record.handed_by.clone();
    // Only who saw the link is excluded from confirming; one who had it mailed never held it.
    if is_seen && !has_held(&record, actor) {
        handed_by = format!("{handed_by} {}", actor.account)
            .trim_start()
            .to_owned();
    }
    // `permit_of_mail` recognises the last invitation by this time: two must not share it.
    let invited_at = app
        .clock()
        .now()
        .max(record.invited_at.plus(Duration::from_micros(1)));
    app.unconfirmed()
        .save(
            app,
            UnconfirmedRecord {
                handed_by,
                invited_at,
                ..record
            },
        )
        .await?;
    Ok((
        LinkPermit {
            account,
            issuer: actor.clone(),
        },
        invited_at,
    ))
}

/// The permit for the mail of an invitation, as long as no later one was started.
pub(crate) fn permit_of_mail(app: &App, account: &AccountId, at: Timestamp) -> Option<LinkPermit> {
    let record = app.unconfirmed().find(account)?;
    // Two invitations of one account differ in this time alone (`begin_anew`).
    let is_last = record.invited_at == at && !record.email.is_empty();
    is_last.then(|| LinkPermit {
        account: account.clone(),
        issuer: Actor::digue(),
    })
}

/// The permit of the person at the terminal. For a quarantined account it is a hand-over like any
/// other.
pub(crate) async fn permit_at_terminal(
    app: &App,
    actor: &Actor,
    account: &AccountId,
) -> Result<LinkPermit, OperationError> {
    require(*actor == Actor::digue())?;
    match app.unconfirmed().find(account) {
        Some(record) => begin_anew(app, actor, record, true)
            .await
            .map(|(permit, _)| permit),
        None => Ok(LinkPermit {
            account: account.clone(),
            issuer: actor.clone(),
        }),
    }
}

/// The permit of an account's own holder, with a fresh proof of identity.
pub(crate) fn permit_of_holder(app: &App, session: &Session) -> Result<LinkPermit, OperationError> {
    let actor = Actor::of_session(app, session)?;
    actor.must_be_fresh(app)?;
    Ok(LinkPermit {
        account: session.account.clone(),
        issuer: actor,
    })
}
