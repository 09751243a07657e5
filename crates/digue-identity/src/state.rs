//! What the identity area keeps between calls.

use digue_app::{App, Area, OperationError};

use tokio::sync::Mutex;

use crate::devices::Challenges;
use crate::passkey::Passkeys;
use crate::password::{PasswordRules, Passwords};
use crate::person_sessions::PersonSessions;
use crate::providers::{ProviderRules, Providers};

/// How people prove their identity, and who is in the middle of doing so.
///
/// Lock order: `asking` before the app's `rules`; the locks of `persons` and `providers` are leaves.
pub struct IdentityState {
    passkeys: Option<Passkeys>,
    passwords: Option<Passwords>,
    pub(crate) providers: Providers,
    pub(crate) challenges: Challenges,
    pub persons: PersonSessions,
    // Serialises the operations that first look at the store and then write: approval requests (no
    // duplicates) and every change of the credentials of an account (an invitation or a recovery never
    // interleaves with the enrolment of a key). After `loads`, before `rules`.
    pub asking: Mutex<()>,
}

impl Area for IdentityState {}

impl IdentityState {
    /// `password` is `None` where agents may not sign in with a password and a one-time code; `key` seals
    /// and hashes secrets; `console_url` is the address that passkeys are bound to.
    pub fn new(
        password: Option<PasswordRules>,
        providers: Vec<ProviderRules>,
        key: &[u8; 32],
        console_url: &str,
    ) -> Result<Self, OperationError> {
        Ok(Self {
            passkeys: Passkeys::new(console_url),
            passwords: password.map(|rules| Passwords::new(rules, key)).transpose()?,
            providers: Providers::new(providers),
            challenges: Challenges::default(),
            persons: PersonSessions::default(),
            asking: Mutex::default(),
        })
    }

    pub fn of(app: &App) -> &Self {
        app.area()
    }

    pub(crate) fn passkeys(&self) -> Result<&Passkeys, OperationError> {
        self.passkeys.as_ref().ok_or(OperationError::Invalid("invalid-passkey-host"))
    }

    /// Passwords and one-time codes, where the operator allows them.
    pub(crate) fn passwords(&self) -> Result<&Passwords, OperationError> {
        self.passwords.as_ref().ok_or(OperationError::NotFound("password"))
    }

    /// True when agents may sign in with a password and a one-time code.
    pub fn allows_passwords(&self) -> bool {
        self.passwords.is_some()
    }
}
