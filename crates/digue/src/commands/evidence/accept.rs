//! `digue journal accept`: an operator who lost a disk restores an older journal on purpose. The
//! remembered checkpoints of the lost one are kept under other names, and the act is journalled.

use std::path::Path;

use anyhow::Result;
use digue_config::Config;
use digue_evidence::journal_heads::{self, HeadError};
use digue_journal::disk::Disk;
use digue_journal::heads::HeadContradiction;
use digue_locales::Value;
use digue_store::Store;
use digue_types::{AccountId, Act, Administration, Event, Subject, Timestamp};

use super::{Done, forget};
use crate::commands::loading::loaded;
use crate::commands::runtime;
use crate::keys;
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn run(out: &Output, file: &Path) -> Done {
    let Some(config) = loaded(out, file) else {
        return Ok(BAD);
    };
    let now = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    let Some(found) = runtime()?.block_on(set_aside(&config, now))? else {
        out.say("journal-accept-nothing", &[]);
        return Ok(GOOD);
    };
    let journal = forget::open(&config)?;
    let act = accepted(now, &found, journal.status().size);
    journal.append_and_wait(vec![Event::Administration(act)])?;
    journal.close();
    out.say(
        "journal-accept-done",
        &[("suffix", Value::from(now.secs().to_string()))],
    );
    Ok(GOOD)
}

fn accepted(at: Timestamp, found: &HeadContradiction, size: u64) -> Administration {
    Administration {
        at,
        actor: AccountId::parse("digue").expect("`digue` is an account id"),
        act: Act::JournalAccepted,
        subject: Subject::Journal,
        before: found.to_string(),
        after: format!("size:{size}"),
        reason: String::new(),
    }
}

/// Sets aside the remembered checkpoints, if one of them contradicts the journal.
async fn set_aside(config: &Config, now: Timestamp) -> Result<Option<HeadContradiction>> {
    let settings = &config.settings;
    let store = Store::open(&settings.store_url).await?;
    let disk = Disk::new(&settings.data_folder.join("journal"));
    let signer = keys::journal_signer(&settings.data_folder.join("keys"), &settings.name)?;
    let key = signer.verifier();
    let found = match journal_heads::must_continue(&disk, key, &settings.data_folder, &store).await
    {
        Ok(()) => None,
        Err(HeadError::Contradiction(found)) => Some(found),
        Err(error) => return Err(error.into()),
    };
    if found.is_some() {
        journal_heads::set_aside(&settings.data_folder, &store, &now.secs().to_string()).await?;
    }
    store.close().await;
    Ok(found)
}
