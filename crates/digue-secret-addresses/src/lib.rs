//! Addresses that open one thing to whom holds them, without an account: a calendar program cannot
//! sign in.
//!
//! The journal alone says which address counts: the act that issued it holds the SHA-256 of its
//! secret, and a later act of the same purpose and subject replaces or ends it. Nothing is stored
//! beside it, so that who writes to the database neither makes an address nor brings one back. It
//! knows nothing of what an address opens.

use std::time::Duration;

use digue_app::files::sha256;
use digue_app::secret::Secret;
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_evidence::stored_records::{JournalledGrant, with_journal_statement};
use digue_types::{Act, Subject, Timestamp};

/// What an address opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPurpose {
    /// The dates of an account.
    Calendar,
}

impl AddressPurpose {
    const fn code(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
        }
    }

    /// How long an address counts: an owner who has left for good renews nothing.
    const fn lasts(self) -> Duration {
        match self {
            Self::Calendar => Duration::from_hours(366 * 24),
        }
    }
}

/// An address that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretAddress {
    pub subject: Subject,
    pub issued_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Its name in the journal: `address:calendar account:a1`.
fn name_of(purpose: AddressPurpose, subject: &Subject) -> String {
    format!("{} {}", prefix_of(purpose), subject.clone().canonical())
}

fn prefix_of(purpose: AddressPurpose) -> String {
    format!("address:{}", purpose.code())
}

/// The address that a journalled grant stands for, if it counts now.
fn counting(
    app: &App,
    purpose: AddressPurpose,
    name: &str,
    grant: &JournalledGrant,
) -> Option<SecretAddress> {
    let (prefix, subject) = name.split_once(' ')?;
    let is_granted = prefix == prefix_of(purpose) && grant.granted.is_some();
    let ends_at = grant.at.plus(purpose.lasts());
    (is_granted && app.clock().now() < ends_at).then(|| SecretAddress {
        subject: Subject::parse(subject),
        issued_at: grant.at,
        ends_at,
    })
}

/// Issues an address for `subject`, in the place of an earlier one; returns its secret, which is
/// shown once. The caller has authorised the actor.
///
/// # Errors
/// `ProofNeeded` without a fresh proof of identity: the address outlives the session.
pub async fn issue(
    app: &App,
    actor: &Actor,
    purpose: AddressPurpose,
    subject: Subject,
) -> Result<Secret, OperationError> {
    actor.must_be_fresh(app)?;
    let secret = Secret::draw()?;
    let name = name_of(purpose, &subject);
    let details = ActDetails {
        subject,
        after: format!("{name} sha256:{}", sha256(secret.reveal())),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::AddressIssued, details).await?;
    Ok(secret)
}

/// Ends the address of `subject`. The caller has authorised the actor.
///
/// # Errors
/// `NotFound` when none counts.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    purpose: AddressPurpose,
    subject: Subject,
) -> Result<(), OperationError> {
    if of_subject(app, purpose, &subject).is_none() {
        return Err(OperationError::NotFound("address"));
    }
    let details = ActDetails {
        before: name_of(purpose, &subject),
        subject,
        ..ActDetails::default()
    };
    app.write_down(actor, Act::AddressRevoked, details)
        .await
        .map(drop)
}

/// The address of `subject` that counts.
pub fn of_subject(app: &App, purpose: AddressPurpose, subject: &Subject) -> Option<SecretAddress> {
    let name = name_of(purpose, subject);
    with_journal_statement(app, |statement| {
        let grant = statement.journalled.grant(&name)?;
        counting(app, purpose, &name, grant)
    })
}

/// The address of this secret.
///
/// # Errors
/// `NotFound` for every other text, and for an address that was replaced, revoked or has ended.
pub fn of_secret(
    app: &App,
    purpose: AddressPurpose,
    secret: &str,
) -> Result<SecretAddress, OperationError> {
    let digest = sha256(secret);
    let found = with_journal_statement(app, |statement| {
        let mut all = statement.journalled.all_grants();
        all.find_map(|(name, grant)| {
            let is_it = grant.granted.as_ref() == Some(&digest);
            is_it.then(|| counting(app, purpose, name, grant)).flatten()
        })
    });
    found.ok_or(OperationError::NotFound("page"))
}
