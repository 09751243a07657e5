//! `digue account` and `digue link`: what whoever holds the terminal may do while Digue is stopped.
//!
//! They open the store and the journal themselves: the journal's lock refuses them while `serve`
//! runs, where the console does the same.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use digue_access::{AccountRecord, Role};
use digue_operations::{Actor, sign_in};
use digue_types::{AccountId, OrganisationId};

use super::{BAD, GOOD, Out, runtime};
use crate::config::{self, Config};
use crate::serve::{Running, start};

/// How long a link made at the terminal is good for.
const LINK_LASTS: Duration = Duration::from_hours(1);

pub(crate) fn link(out: &Out, file: &Path, account: &str, host: &str) -> u8 {
    with_house(out, file, async |running| {
        let account = AccountId::parse(account)?;
        let link = sign_in::issue_link(&running.house, &Actor::digue(), &account, host, LINK_LASTS).await?;
        out.line(&link);
        Ok(())
    })
}

pub(crate) fn account(out: &Out, file: &Path, id: &str, organisation: &str, role: &str) -> u8 {
    with_house(out, file, async |running| {
        let record = AccountRecord {
            organisation: OrganisationId::parse(organisation)?,
            role: Role::parse(role).ok_or_else(|| anyhow!("role: {role}"))?,
            is_suspended: false,
        };
        let id = AccountId::parse(id)?;
        running.house.save_accounts(&Actor::digue(), vec![(id, record)]).await?;
        Ok(())
    })
}

fn with_house(out: &Out, file: &Path, act: impl AsyncFnOnce(&Running) -> Result<()>) -> u8 {
    let mut config = match config::load(file) {
        Ok(config) => config,
        Err(faults) => {
            out.faults(&faults);
            return BAD;
        }
    };
    // No door is opened for an act at the terminal.
    config.settings.listeners.clear();
    let done = runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            let running = start(Config { ..config }, None).await?;
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
