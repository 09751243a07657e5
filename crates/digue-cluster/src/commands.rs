//! `digue journal share` and `fetch`, `digue cluster status`. For a stopped Digue, save for the
//! status.

use std::path::Path;

use anyhow::{Result, anyhow};
use digue_config::server::Settings;
use digue_journal::disk::Disk;
use digue_journal::note::Signer;
use digue_locales::Value;
use digue_shared_journal::log::JournalDatabase as _;
use digue_shared_journal::postgres::PostgresSettings;
use digue_shared_journal::{BootId, PostgresJournal, transfer};
use digue_terminal::{BAD, GOOD, Output, Progress};

/// Moves the journal of this machine, which is closed, into the database.
pub fn share(out: &Output, settings: &Settings, signer: &Signer) -> Result<u8> {
    let disk = Disk::new(&settings.data_folder.join("journal"));
    let mut database = PostgresJournal::create(must_have(settings)?, signer.verifier())?;
    let mut progress = Progress::default();
    let mut show = |done: u64, total: u64| progress.show(done, total);
    let shared = transfer::share(&mut database, &disk, signer, &mut show)?;
    drop(progress);
    out.say("share-done", &[("size", Value::from(shared.size))]);
    Ok(GOOD)
}

/// Copies the journal of the database into `folder`; `moves` halts the database and lets the folder
/// go on alone. `boot` is 16 random bytes of this process.
pub fn fetch(
    out: &Output,
    settings: &Settings,
    signer: &Signer,
    folder: &Path,
    moves: bool,
    boot: [u8; 16],
) -> Result<u8> {
    let mut database = PostgresJournal::open(must_have(settings)?, signer.verifier())?;
    let disk = Disk::new(folder);
    let fetched = transfer::fetch(&mut database, &disk, signer, BootId(boot), moves)?;
    let values = [
        ("size", Value::from(fetched.size)),
        ("folder", Value::from(folder.display().to_string())),
    ];
    out.say(if moves { "fetch-moved" } else { "fetch-done" }, &values);
    Ok(GOOD)
}

/// Says what the database says of itself; `BAD` when the journal is halted.
pub fn status(out: &Output, settings: &Settings, signer: &Signer) -> Result<u8> {
    let database = must_have(settings)?;
    let is_asynchronous = database.danger_asynchronous;
    let mut database = PostgresJournal::open(database, signer.verifier())?;
    let servers = database.servers()?;
    let values = [
        ("version", Value::from(servers.version)),
        ("standbys", Value::from(servers.synchronous_standbys)),
    ];
    out.say("cluster-server", &values);
    if is_asynchronous {
        out.say("cluster-asynchronous", &[]);
    }
    for (name, state) in servers.standbys {
        let values = [("name", Value::from(name)), ("state", Value::from(state))];
        out.say("cluster-standby", &values);
    }
    let signed = database.checkpoint()?.map_or(0, |(size, _)| size);
    let values = [
        ("size", Value::from(database.size()?)),
        ("signed", Value::from(signed)),
    ];
    out.say("cluster-journal", &values);
    for (name, lease) in database.leases()? {
        let values = [
            ("name", Value::from(name)),
            ("holder", Value::from(lease.holder)),
            ("epoch", Value::from(lease.epoch)),
        ];
        out.say("cluster-lease", &values);
    }
    match servers.halted {
        None => Ok(GOOD),
        Some(reason) => {
            out.say("cluster-halted", &[("reason", Value::from(reason))]);
            Ok(BAD)
        }
    }
}

fn must_have(settings: &Settings) -> Result<PostgresSettings> {
    crate::database_of(&settings.journal).ok_or_else(|| {
        anyhow!("no PostgreSQL database is configured: see `databases` in the section [journal]")
    })
}
