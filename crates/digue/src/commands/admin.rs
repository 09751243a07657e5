//! `digue account`, `digue link`, `digue confirm` and `digue printed-key`: what the operator may do at the terminal
//! while Digue is stopped.
//!
//! They open the store and the journal themselves: the journal's lock refuses them while `serve`
//! runs, where the console offers the same acts.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use digue_access::Role;
use digue_administration::accounts::{self, AtTerminal};
use digue_app::{Actor, OperationError};
use digue_config::Config;
use digue_identity::invitations;
use digue_locales::{Value, text};
use digue_types::{AccountId, OrganisationId};

use super::loading::loaded;
use super::{runtime, serve};
use crate::serve::{RunningServer, start};
use digue_terminal::{BAD, GOOD, Output, StartPurpose};

/// How long a link made at the terminal is valid.
const LINK_LASTS: Duration = Duration::from_hours(1);

pub(crate) fn link(out: &Output, file: &Path, account: &str, host: &str) -> u8 {
    with_app(out, file, async |running| {
        let account = AccountId::parse(account)?;
        match accounts::link_at_terminal(&running.app, &account, host, LINK_LASTS).await {
            Ok(link) => {
                out.line(&link);
                Ok(())
            }
            Err(OperationError::Invalid(key)) => Err(anyhow!(text(out.language, key))),
            Err(error) => Err(error.into()),
        }
    })
}

pub(crate) fn account(
    out: &Output,
    file: &Path,
    id: &str,
    organisation: &str,
    role: &str,
    moves: bool,
) -> u8 {
    with_app(out, file, async |running| {
        let organisation = OrganisationId::parse(organisation)?;
        let role = Role::parse(role).ok_or_else(|| anyhow!("role: {role}"))?;
        let id = AccountId::parse(id)?;
        match accounts::set_at_terminal(&running.app, &id, (organisation, role), moves).await {
            Ok(AtTerminal::Saved) => Ok(()),
            Ok(AtTerminal::Waiting(_)) => {
                out.say("account-waits", &[("account", Value::from(id.as_str()))]);
                Ok(())
            }
            Err(OperationError::Invalid(key)) => Err(anyhow!(text(out.language, key))),
            Err(error) => Err(error.into()),
        }
    })
}

/// Confirms the holder of an account, for when everyone else has requested or granted it.
pub(crate) fn confirm(out: &Output, file: &Path, account: &str, code: &str, how: &str) -> u8 {
    with_app(out, file, async |running| {
        let account = AccountId::parse(account)?;
        Ok(invitations::confirm(&running.app, &Actor::digue(), &account, code, how).await?)
    })
}

/// Prints the key of the second person; nothing once there is a second officer.
pub(crate) fn printed_key(out: &Output, file: &Path) -> u8 {
    with_app(out, file, async |running| {
        serve::print_key(out, running);
        Ok(())
    })
}

fn with_app(out: &Output, file: &Path, act: impl AsyncFnOnce(&RunningServer) -> Result<()>) -> u8 {
    let Some(mut config) = loaded(out, file) else {
        return BAD;
    };
    // No listener is opened for an act at the terminal.
    config.settings.listeners.clear();
    config.settings.monitoring = None;
    let done = runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            let running = start(Config { ..config }, None, StartPurpose::OneAct).await?;
            let done = act(&running).await;
            running.stop().await?;
            done
        })
    });
    match done {
        Ok(()) => GOOD,
        Err(error) => out.failed(&error),
    }
}
