//! The settings that come from configuration files, as one page shows them.

use std::time::Duration;

use digue_access::session::HeldTo;
use digue_app::{Actor, App, OperationError};
use digue_identity::{password, providers};
use digue_store::MailRecord;

/// What is set in files.
#[derive(Clone, Debug)]
pub struct SettingsView {
    pub idle_mins: u64,
    pub absolute_mins: u64,
    pub proof_mins: u64,
    pub held_to: HeldTo,
    pub allows_passwords: bool,
    pub sends_mail: bool,
    /// Identity providers of others: their names, and how they say themselves.
    pub providers: Vec<(String, String)>,
    /// Mail that waits to leave.
    pub mails: Vec<MailRecord>,
    pub rules_version: String,
    pub console_url: String,
}

/// The settings that come from configuration files, for roles that see the portals.
pub async fn read(app: &App, actor: &Actor) -> Result<SettingsView, OperationError> {
    actor.must_see_coverage()?;
    let minutes = |time: Duration| time.as_secs() / 60;
    Ok(SettingsView {
        idle_mins: minutes(app.session_limits().idle),
        absolute_mins: minutes(app.session_limits().absolute),
        proof_mins: minutes(app.proof_lasts()),
        held_to: app.session_limits().held_to,
        allows_passwords: password::is_allowed(app),
        sends_mail: digue_mail::is_configured(app),
        providers: providers::known(app),
        mails: app.store().mails().await?,
        rules_version: format!("{:016x}", app.gateway().rules().policy_version),
        console_url: app.console_url().to_owned(),
    })
}
