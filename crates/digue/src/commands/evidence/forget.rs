//! `digue journal forget`: for a stopped Digue; a running one forgets by itself.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use digue_app::indexing::IndexFolder;
use digue_config::Config;
use digue_evidence::journal_heads::{self, HeadError};
use digue_evidence::retention::{self, ForgetError, Retentions};
use digue_journal::disk::Disk;
use digue_journal::heads::contradiction;
use digue_journal::keyring::{Keyring, Stream};
use digue_journal::observer::NoObserver;
use digue_journal::{Journal, JournalOptions};
use digue_locales::Value;
use digue_types::PortalId;

use super::Done;
use super::place::moment;
use crate::commands::loading::loaded;
use crate::keys;
use digue_terminal::{BAD, GOOD, Output};

pub(super) fn run(out: &Output, file: &Path, before: &str, portal: Option<&str>) -> Done {
    let Some(config) = loaded(out, file) else {
        return Ok(BAD);
    };
    let before = moment(before)?;
    let only = portal.map(PortalId::parse).transpose()?.map(Stream::Portal);
    let journal = open(&config)?;
    let portals = config.retentions();
    let retentions = Retentions {
        app: config.settings.journal.retention,
        portals,
    };
    let now = digue_types::Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    // The index contains what must be forgotten; the next start rebuilds it.
    let index = config.settings.data_folder.join("index");
    let indexes = IndexFolder::new(&index);
    // Marked before a key is destroyed: a crash in between must not leave an index in use that
    // still knows.
    indexes.mark_stale()?;
    let forgotten = retention::forget_in(&journal, &retentions, before, only.as_ref(), now);
    let forgotten = match forgotten {
        Ok(forgotten) => forgotten,
        Err(ForgetError::WithinRetention(stream)) => {
            indexes.unmark()?;
            out.say(
                "forget-within",
                &[("stream", Value::from(stream.to_string()))],
            );
            return Ok(BAD);
        }
        Err(ForgetError::NoStream) => {
            return Err(anyhow!("there is no such portal in the journal"));
        }
        Err(ForgetError::Journal(error)) => return Err(error.into()),
        Err(ForgetError::Append(error)) => return Err(error.into()),
    };
    for (stream, forgotten) in forgotten {
        let periods: Vec<String> = forgotten
            .keys
            .iter()
            .map(|key| key.period.to_string())
            .collect();
        let values = [
            ("stream", Value::from(stream.to_string())),
            ("count", Value::from(periods.len())),
            ("periods", Value::from(periods.join(" "))),
            ("minimum", Value::from(forgotten.minimum)),
        ];
        out.say("forget-done", &values);
    }
    journal.close();
    if index.exists() {
        std::fs::remove_dir_all(index)?;
    }
    Ok(GOOD)
}

pub(super) fn open(config: &Config) -> Result<Journal> {
    let settings = &config.settings;
    let disk = Disk::new(&settings.data_folder.join("journal"));
    let master = keys::master_key(&settings.journal.master_key)?;
    let signer = keys::journal_signer(&settings.data_folder.join("keys"), &settings.name)?;
    let heads = journal_heads::beside(&settings.data_folder, signer.verifier())?;
    if let Some(found) = contradiction(&disk, signer.verifier(), &heads)? {
        return Err(HeadError::from(found).into());
    }
    Ok(Journal::open(JournalOptions {
        keyring: Keyring::new(
            disk.clone(),
            master,
            settings.journal.period,
            Box::new(keys::draw),
        ),
        disk,
        signer,
        queue_max: 64,
        checkpoint_every: Duration::from_millis(100),
        observer: Box::new(NoObserver),
    })?)
}
