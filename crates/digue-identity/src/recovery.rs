//! Recovery: returning an account to its holder after a theft or the loss of a device.
//!
//! One person requests it, another approves it; no one can set another person's password. Every
//! session, key and credential is removed, the gate closes until the holder is confirmed, the
//! limits are lower for a while, the administrators of the organisation are informed, and what the
//! account was shown since the presumed date can be read. A person who neither requested nor
//! approved hands the new invitation over (`invitations`), never by mail: the thief may read the
//! holder's mail.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use digue_access::decide::Reduction;
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts};
use digue_evidence::reading::{self, EvidenceForm};
use digue_exposure::CountedExposure;
use digue_mail::Mail;
use digue_store::{ApprovalRecord, RecoveryRecord};
use digue_types::{AccountId, Act, PersonRef, Subject, Timestamp};

use crate::invitations::{self, Invitation, InvolvedAccounts};
use crate::{credential_lock, keys};

/// The percentage of its limits that an account has after a recovery, and for how long.
pub const PERCENT_AFTER: u8 = 25;
pub const REDUCED_FOR: Duration = Duration::from_hours(14 * 24);

/// The reduction that begins now: after a recovery, and after a containment.
pub fn reduction(now: Timestamp) -> Reduction {
    Reduction {
        percent: PERCENT_AFTER,
        until: now.plus(REDUCED_FOR),
    }
}

/// Lowers the limits of an account; stored first, then in force.
pub async fn reduce(
    app: &App,
    account: &AccountId,
    reduction: Reduction,
) -> Result<(), OperationError> {
    app.store().save_reduction(account, reduction).await?;
    let now = app.clock().now();
    let mut rules = app.rules().await;
    let reductions: &mut HashMap<_, _> = Arc::make_mut(&mut rules.reductions);
    // Expired ones are dropped on this occasion; no task exists for it.
    reductions.retain(|_, known| now < known.until);
    reductions.insert(account.clone(), reduction);
    app.publish(&rules);
    Ok(())
}

/// Carries out an approved recovery. The link is not made here: a third person hands it over.
pub async fn carry_out(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    since: Timestamp,
    request: &ApprovalRecord,
) -> Result<Invitation, OperationError> {
    // Held to the end: no credential can be enrolled, and no link used, between the steps below.
    let _one_at_a_time = credential_lock::hold(app).await;
    let now = app.clock().now();
    let involved = InvolvedAccounts {
        asked_by: &request.asked_by,
        granted_by: &actor.account,
        email: None,
    };
    invitations::put_aside(app, actor, account, involved).await?;
    // The gate is closed by now. Sessions before credentials: a live session could enrol another
    // one.
    let cut = identity_cuts::cut_account(app, account).await?;
    app.store().remove_factors(account).await?;
    app.passkeys_changed(account).await?;
    keys::revoke_all(app, account).await?;
    let reduction = reduction(now);
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        before: format!("sessions:{} since:{since}", cut.sessions.len()),
        after: format!("percent:{} until:{}", reduction.percent, reduction.until),
        reason: request.reason.clone(),
    };
    app.write_down(actor, Act::AccountRecovered, details)
        .await?;
    reduce(app, account, reduction).await?;
    let record = RecoveryRecord {
        id: name("re")?,
        account: account.clone(),
        since,
        reason: request.reason.clone(),
        asked_by: request.asked_by.clone(),
        granted_by: actor.account.clone(),
        granted_at: now,
    };
    app.store().add_recovery(&record).await?;
    tell_administrators(app, account).await?;
    Ok(Invitation {
        account: account.clone(),
        email: None,
        link: None,
    })
}

/// Mails the delegates and deputies of the organisation, the operator's officers, and the holder.
async fn tell_administrators(app: &App, account: &AccountId) -> Result<(), OperationError> {
    if !digue_mail::is_configured(app) {
        return Ok(());
    }
    let rules = app.gateway().rules();
    let organisation = rules
        .directory
        .find(account)
        .map(|record| record.organisation.clone());
    let mut addresses: Vec<String> = Vec::new();
    for (known, email) in app.store().contacts().await? {
        let Some(record) = rules
            .directory
            .find(&known)
            .filter(|record| !record.is_suspended)
        else {
            continue;
        };
        let leads =
            record.role.leads_agents() && Some(&record.organisation) == organisation.as_ref();
        if leads || record.role.can_review() || known == *account {
            addresses.push(email);
        }
    }
    let organisations = app.store().organisations().await?;
    let own = organisations
        .into_iter()
        .find(|known| Some(&known.id) == organisation.as_ref());
    addresses.extend(own.map(|own| own.email).filter(|email| !email.is_empty()));
    addresses.sort();
    // One person may be delegate, officer and holder of the organisation's address.
    addresses.dedup();
    for address in addresses {
        digue_mail::queue(
            app,
            &address,
            &Mail::Recovered {
                account: account.clone(),
            },
        )
        .await?;
    }
    Ok(())
}

/// The persons that an account was shown since a date.
#[derive(Clone, Debug)]
pub struct LookBack {
    pub record: RecoveryRecord,
    /// Distinct persons, with the last time that each was shown.
    pub persons: Vec<(PersonRef, Timestamp)>,
    pub exposures: Vec<CountedExposure>,
    pub reduction: Option<Reduction>,
}

/// The most exposures of a look-back, the latest ones; its persons are complete.
const EXPOSURES_MAX: usize = 10_000;

/// The last recovery of an account, and what the account was shown since the presumed date.
///
/// # Errors
/// `NotFound` for an account that was never recovered.
pub async fn look_back(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    form: EvidenceForm,
) -> Result<LookBack, OperationError> {
    let fetch = async {
        looked_back(app, account)
            .await?
            .ok_or(OperationError::NotFound("recovery"))
    };
    reading::read(app, actor, form, fetch, |_| {
        Subject::LookBack(account.clone())
    })
    .await
}

async fn looked_back(app: &App, account: &AccountId) -> Result<Option<LookBack>, OperationError> {
    let known = app
        .store()
        .recoveries()
        .await?
        .into_iter()
        .find(|record| record.account == *account);
    let Some(record) = known else { return Ok(None) };
    let (view, whose) = (app.view(), account.clone());
    let (since, until) = (record.since, record.granted_at);
    let look = move || {
        let exposures = view.exposures_between(&whose, since, until, EXPOSURES_MAX)?;
        Ok((exposures, view.persons_between(&whose, since, until)?))
    };
    let (exposures, persons) = app.answered(app.blocking(look).await?)?;
    let persons = persons
        .into_iter()
        .map(|(person, _, last)| (person, last))
        .collect();
    let now = app.clock().now();
    let reduction = app
        .gateway()
        .rules()
        .reductions
        .get(account)
        .copied()
        .filter(|r| now < r.until);
    Ok(Some(LookBack {
        persons,
        exposures,
        reduction,
        record,
    }))
}
