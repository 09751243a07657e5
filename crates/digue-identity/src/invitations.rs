//! Invitations: who may hold the link of an account, and who confirms its holder.
//!
//! The same rule holds for new accounts and for recoveries. The requester and the approver never
//! hold the link and never confirm. A third person, who answers for the account, hands the link
//! over: on paper, or by mail to the address of the request, and then without seeing it. A person
//! who saw the link does not confirm either. Confirming takes the code that the account's own page
//! shows once a key exists: the confirmer hears it from the person they know, so that a link in the
//! wrong hands leads nowhere. Until then the account can see no person, and in the console it is an
//! agent, whatever its role.
//!
//! Where no such third person is left, the operator does it at the terminal. The sole officer whose
//! request for a second one was granted by the printed key confirms that one.
//!
//! Who may hold a link is decided in `link_permits`, and nowhere else.

use std::time::Duration;

use digue_access::{Reach, Session};
use digue_app::gates::{self, ActAuthority, REASON_CHARS_MIN, is_quarantine, parse_reason};
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts, require};
use digue_mail::Mail;
use digue_store::UnconfirmedRecord;
use digue_types::{AccountId, Act, Gate, GateReason, Subject, Timestamp};
use futures_util::future::BoxFuture;
use ring::hmac;

use crate::link_permits::{
    InvitationHandOver, confirms_own_request, has_held, is_concerned, is_involved, permit_of_mail,
};
use crate::{credential_lock, sign_in};

/// How long an invitation is valid.
pub const INVITATION_LASTS: Duration = Duration::from_hours(72);

/// An invitation and how it reaches its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub account: AccountId,
    /// The holder's address, from the request.
    pub email: Option<String>,
    /// Shown once, to the person who hands it over; `None` while it waits, and when it goes by
    /// mail.
    pub link: Option<String>,
}

/// The accounts that requested and approved an account or a recovery.
pub struct InvolvedAccounts<'i> {
    pub asked_by: &'i AccountId,
    pub granted_by: &'i AccountId,
    pub email: Option<&'i str>,
}

/// Quarantines an account until its holder is confirmed: its gate closes. A gate that is closed
/// already keeps its own reason, and the confirmation will not open it.
pub async fn put_aside(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    involved: InvolvedAccounts<'_>,
) -> Result<(), OperationError> {
    let record = UnconfirmedRecord {
        account: account.clone(),
        asked_by: involved.asked_by.to_string(),
        granted_by: involved.granted_by.to_string(),
        email: involved.email.unwrap_or_default().to_owned(),
        handed_by: String::new(),
        invited_at: Timestamp::ZERO,
        since: app.clock().now(),
    };
    // The mark before the gate: from here on only a confirmation can open the account, so that it
    // is never without one of the two.
    app.unconfirmed().save(app, record).await?;
    let reach = Reach::Account(account.clone());
    match gates::apply(
        app,
        actor,
        reach,
        Gate::Closed,
        GateReason::Quarantine,
        ActAuthority::Two,
    )
    .await
    {
        Ok(()) | Err(OperationError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// True when this actor may hand the invitation over.
pub fn may_hand_over(app: &App, actor: &Actor, account: &AccountId) -> bool {
    let record = app.unconfirmed().find(account);
    is_concerned(app, actor, account) && record.is_some_and(|record| !is_involved(&record, actor))
}

/// True when this actor may confirm the holder.
pub fn may_confirm(app: &App, actor: &Actor, account: &AccountId) -> bool {
    let record = app.unconfirmed().find(account);
    let is_free = |record: UnconfirmedRecord| {
        let has_no_part = !is_involved(&record, actor) && !has_held(&record, actor);
        has_no_part || confirms_own_request(&record, actor)
    };
    is_concerned(app, actor, account) && record.is_some_and(is_free)
}

/// Shows the link of an unconfirmed account to a person who neither requested nor approved, to hand
/// over.
///
/// # Errors
/// `Involved` for the requester and the approver; `Conflict` for an account whose holder is
/// confirmed.
pub async fn hand_over(
    app: &App,
    actor: &Actor,
    account: &AccountId,
) -> Result<Invitation, OperationError> {
    let _one_at_a_time = credential_lock::hold(app).await;
    let permit = InvitationHandOver::of(app, actor, account)?
        .begin_by_hand(app)
        .await?;
    let link = sign_in::make_link(app, &permit, app.console_host(), INVITATION_LASTS).await?;
    Ok(Invitation {
        account: account.clone(),
        email: None,
        link: Some(link),
    })
}

/// Mails the invitation of a new account to the address of its request, for which this actor, who
/// neither requested nor approved, vouches. Nobody in the console sees the link. After a recovery
/// nothing goes by mail: the thief of an account may read its holder's mail.
pub async fn send(
    app: &App,
    actor: &Actor,
    account: &AccountId,
) -> Result<Invitation, OperationError> {
    let _one_at_a_time = credential_lock::hold(app).await;
    let hand_over = InvitationHandOver::of(app, actor, account)?;
    if hand_over.email().is_empty() || !digue_mail::is_configured(app) {
        return Err(OperationError::NotFound("address"));
    }
    // Copied before `begin_by_mail` consumes the permit: it is consumed so that one permission
    // makes one invitation.
    let email = hand_over.email().to_owned();
    let at = hand_over.begin_by_mail(app).await?;
    digue_mail::queue(
        app,
        &email,
        &Mail::Invitation {
            account: account.clone(),
            at,
        },
    )
    .await?;
    Ok(Invitation {
        account: account.clone(),
        email: Some(email),
        link: None,
    })
}

/// Makes the links of invitations by mail.
pub struct MailedInvitations;

impl digue_mail::InvitationLinks for MailedInvitations {
    fn is_current(&self, app: &App, account: &AccountId, at: Timestamp) -> bool {
        permit_of_mail(app, account, at).is_some()
    }

    fn make<'a>(
        &'a self,
        app: &'a App,
        account: &'a AccountId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(String, Duration), OperationError>> {
        Box::pin(async move {
            let permit =
                permit_of_mail(app, account, at).ok_or(OperationError::NotFound("invitation"))?;
            let link =
                sign_in::make_link(app, &permit, app.console_host(), INVITATION_LASTS).await?;
            Ok((link, INVITATION_LASTS))
        })
    }
}

/// The credentials of the account, as texts that change when one is replaced.
async fn factors(app: &App, account: &AccountId) -> Result<Vec<String>, OperationError> {
    let mut factors: Vec<String> = Vec::new();
    factors.extend(
        app.store()
            .passkeys_of(account)
            .await?
            .into_iter()
            .map(|key| format!("passkey {}", key.id)),
    );
    factors.extend(
        app.store()
            .identities_of(account)
            .await?
            .into_iter()
            .map(|one| format!("identity {}", one.hash)),
    );
    factors.extend(
        app.store()
            .password_of(account)
            .await?
            .map(|password| format!("password {}", password.hash)),
    );
    // The holder's page and the confirmer each compute the code from their own rows: the order of
    // these must not change it.
    factors.sort();
    Ok(factors)
}

/// Crockford's base 32: no I, L, O or U, which are misheard or misread.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 40 bits: enough for a code that is entered by an authenticated person, one try a request.
const CODE_SIGNS: usize = 8;

/// The confirmation code, `K7Q3-9XTM`. It depends on the invitation and on all credentials: a key
/// that an intruder adds after the holder read out the code changes it.
fn code_of(app: &App, record: &UnconfirmedRecord, factors: &[String]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    let account = &record.account;
    // The time of the invitation is part of it: the code of a replaced invitation confirms nothing.
    let text = format!(
        "confirmation {account}\n{}\n{}",
        record.invited_at.micros(),
        factors.join("\n")
    );
    written_code(hmac::sign(&key, text.as_bytes()).as_ref())
}

fn written_code(tag: &[u8]) -> String {
    let signs = tag.iter().take(CODE_SIGNS);
    // 32 divides 256, so that the remainder favours no sign.
    let code: String = signs
        .map(|byte| char::from(SIGNS[usize::from(*byte) % 32]))
        .collect();
    format!("{}-{}", &code[..CODE_SIGNS / 2], &code[CODE_SIGNS / 2..])
}

/// The code that the holder of an unconfirmed account tells the confirmer; `None` without a
/// credential, and for an account whose holder is confirmed.
pub async fn own_code(app: &App, session: &Session) -> Result<Option<String>, OperationError> {
    Actor::of_session(app, session)?;
    let Some(record) = app.unconfirmed().find(&session.account) else {
        return Ok(None);
    };
    let factors = factors(app, &session.account).await?;
    Ok((!factors.is_empty()).then(|| code_of(app, &record, &factors)))
}

/// Confirms the holder of an account: a person with no part in its invitation has verified them
/// over another channel, named in `how`, and heard the code of the account's page. Sessions end, so
/// that only the credentials that the code covers open the account.
///
/// # Errors
/// `Involved` for the requester, the approver and those who held the link; `Invalid` for a wrong
/// code.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    code: &str,
    how: &str,
) -> Result<(), OperationError> {
    let how = parse_reason(how, REASON_CHARS_MIN)?;
    require(is_concerned(app, actor, account))?;
    actor.must_be_fresh(app)?;
    // Held until the end: a credential that is added after the code was compared would be covered
    // by no code.
    let _one_at_a_time = credential_lock::hold(app).await;
    let record = app
        .unconfirmed()
        .find(account)
        .ok_or(OperationError::Conflict)?;
    // The terminal may confirm what it handed over: its user can do all of this anyway.
    let is_terminal = *actor == Actor::digue();
    let has_part = is_involved(&record, actor) || (has_held(&record, actor) && !is_terminal);
    if has_part && !confirms_own_request(&record, actor) {
        return Err(OperationError::Involved);
    }
    let factors = factors(app, account).await?;
    if factors.is_empty() {
        return Err(OperationError::Invalid("invalid-confirm-passkey"));
    }
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|sign| sign.to_ascii_uppercase())
            .collect()
    };
    // A plain comparison is enough: each guess takes a request of a freshly proved, journalled
    // person.
    if plain(code) != plain(&code_of(app, &record, &factors)) {
        return Err(OperationError::Invalid("invalid-confirm-code"));
    }
    // Before the confirmation, and even if that fails: an interceptor's open session must not
    // become a confirmed one.
    identity_cuts::cut_account(app, account).await?;
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        reason: how.clone(),
        ..ActDetails::default()
    };
    let claim = app.store().remove_unconfirmed(account);
    let release = app.store().save_unconfirmed(&record);
    app.claim((actor, Act::HolderConfirmed, details), claim, release)
        .await?;
    // The copy in memory last: while it is there the account counts as unconfirmed, which is the
    // safe error.
    app.unconfirmed().forget(account);
    // Only the quarantine is lifted here: a gate that was closed for another reason needs two
    // persons.
    let reach = Reach::Account(account.clone());
    let gates = app.store().gates().await?;
    if gates
        .iter()
        .any(|gate| gate.reach == reach && is_quarantine(gate))
    {
        gates::apply(
            app,
            actor,
            reach,
            Gate::Open,
            GateReason::Officer(how),
            ActAuthority::Two,
        )
        .await?;
    }
    Ok(())
}
