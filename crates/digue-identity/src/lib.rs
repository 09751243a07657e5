//! Identity: how people prove who they are (passkeys, passwords, providers), how accounts get their
//! first credential, and how they get another after a loss.

mod ceremonies;
mod credential_lock;
pub mod devices;
mod factor_notice;
pub mod invitations;
pub mod keys;
mod link_permits;
pub mod passkey;
pub mod password;
mod password_strength;
pub mod person_sessions;
pub mod providers;
mod recent_logouts;
pub mod recovery;
pub mod sign_in;

use digue_app::{Areas, OperationError};

use crate::credential_lock::CredentialLock;
use crate::devices::Challenges;
use crate::passkey::PasskeyArea;
use crate::password::{PasswordArea, PasswordRules};
use crate::person_sessions::PersonSessions;
use crate::providers::{ProviderRules, Providers};
use crate::recent_logouts::RecentLogouts;

/// What identity is built with.
pub struct IdentitySettings<'s> {
    /// `None` where agents may not sign in with a password and a one-time code.
    pub password: Option<PasswordRules>,
    pub providers: Vec<ProviderRules>,
    /// Seals and hashes secrets.
    pub key: &'s [u8; 32],
    /// The address that passkeys are bound to.
    pub console_url: &'s str,
}

/// Adds what identity keeps between calls.
///
/// # Errors
/// `Unavailable` when the system has no randomness.
pub fn areas(before: Areas, settings: IdentitySettings<'_>) -> Result<Areas, OperationError> {
    let IdentitySettings {
        password,
        providers,
        key,
        console_url,
    } = settings;
    Ok(before
        .with(CredentialLock::default())
        .with(PasskeyArea::new(console_url))
        .with(PasswordArea::new(password, key)?)
        .with(Providers::new(providers))
        .with(RecentLogouts::default())
        .with(Challenges::default())
        .with(PersonSessions::default()))
}
