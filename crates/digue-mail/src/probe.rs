//! Whether the mail server answers, without sending anything.

use std::error::Error as _;

use lettre::transport::smtp::Error as SmtpError;

use crate::{MailSettings, Mailer};

/// Why the mail server takes no mail now. What the server said stays out: it repeats names and
/// addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayFault {
    /// Settings that no server can be reached with.
    Settings(String),
    /// It refuses, with the code of its answer (RFC 5321, 4.2): 535 is a wrong password.
    Refused(u16),
    TimedOut,
    /// What answers does not speak SMTP.
    NotSmtp,
    /// Its certificate, or the way TLS begins.
    Tls(String),
    Unreached(String),
}

/// Connects, greets, begins TLS and signs in as for a mail, and leaves.
///
/// # Errors
/// The first step that failed.
pub async fn answers(settings: &MailSettings) -> Result<(), RelayFault> {
    let mailer = Mailer::new(settings).map_err(|error| RelayFault::Settings(error.to_string()))?;
    match mailer.transport.test_connection().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(RelayFault::Unreached("NOOP".to_owned())),
        Err(error) => Err(fault_of(&error)),
    }
}

fn fault_of(error: &SmtpError) -> RelayFault {
    let cause = || {
        error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string)
    };
    if let Some(code) = error.status() {
        RelayFault::Refused(code.into())
    } else if error.is_response() {
        RelayFault::NotSmtp
    } else if error.is_timeout() {
        RelayFault::TimedOut
    } else if error.is_tls() {
        RelayFault::Tls(cause())
    } else {
        RelayFault::Unreached(cause())
    }
}
