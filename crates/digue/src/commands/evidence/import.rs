//! `digue import`: access logs of a portal, for a stopped Digue.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use digue_administration::aliases;
use digue_administration::import::{ImportError, ImportTally, Importer, known_lines};
use digue_app::alias_tables::AliasTables;
use digue_config::{Config, portal_map};
use digue_journal::Journal;
use digue_locales::Value;
use digue_store::Store;
use digue_types::{AccountId, OrganisationId, Timestamp};

use super::{Done, forget};
use crate::cli::evidence::ImportArguments;
use crate::commands::runtime;
use digue_terminal::Progress;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output, input};

pub(super) fn run(out: &Output, file: &Path, arguments: &ImportArguments) -> Done {
    let mut faults = Vec::new();
    let map = portal_map::read(&arguments.map, &mut faults, &mut Vec::new());
    let config = match digue_config::load(file) {
        Ok(config) if faults.is_empty() => config,
        Ok(_) => {
            out.faults(&faults);
            return Ok(BAD);
        }
        Err(found) => {
            faults.extend(found);
            out.faults(&faults);
            return Ok(BAD);
        }
    };
    let map = map.ok_or_else(|| anyhow!("{}: no portal", arguments.map.display()))?;
    let now = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    let journal = forget::open(&config)?;
    let organisations = organisations(&config)?;
    let aliases = AliasTables::default();
    if let Some(table) = aliases::kept_table(&config.settings.data_folder, &map.portal)? {
        aliases.set(map.portal.id.clone(), table);
    }
    let importer = Importer {
        portal: &map.portal,
        form: map.logs,
        aliases: &aliases,
        journal: &journal,
        organisations,
        oldest: map.retention.limit(now),
        now,
        is_trial: arguments.is_trial,
    };
    let rejects = arguments
        .rejects
        .clone()
        .unwrap_or_else(|| PathBuf::from("rejects.ndjson"));
    let read = read_all(out, &importer, &journal, &arguments.files, &rejects)?;
    journal.close();
    tell(out, &read.total, &rejects, arguments.is_trial);
    Ok(read.code())
}

/// The outcome of all files.
#[derive(Default)]
struct FilesOutcome {
    total: ImportTally,
    /// A file is truncated or damaged.
    is_cut: bool,
    /// A file could not be read at all; those after it were not opened.
    is_refused: bool,
}

impl FilesOutcome {
    fn code(&self) -> u8 {
        match (
            self.is_refused,
            self.is_cut || !self.total.rejected.is_empty(),
        ) {
            (true, _) => NOT_RUN,
            (false, true) => BAD,
            (false, false) => GOOD,
        }
    }
}

fn read_all(
    out: &Output,
    importer: &Importer<'_>,
    journal: &Journal,
    files: &[PathBuf],
    rejects: &Path,
) -> Result<FilesOutcome> {
    // Lines are known by their content: a file can be imported again, renamed or compressed
    // differently.
    let mut known = known_lines(journal)?;
    let kept = OpenOptions::new().create(true).append(true).open(rejects);
    let mut kept = BufWriter::new(kept.with_context(|| rejects.display().to_string())?);
    let mut all = FilesOutcome::default();
    for path in files {
        let file = input::open(path).with_context(|| path.display().to_string())?;
        let (log, position) = CountingFile::new(file.reader);
        let mut progress = Progress::default();
        let name = input::name(path);
        let show = &mut |_| {
            progress.show(
                position.load(std::sync::atomic::Ordering::Relaxed),
                file.length,
            )
        };
        let read = importer.read(&name, log, &mut known, &mut kept, show);
        drop(progress);
        let read = match read {
            Err(ImportError::Input(fault)) => {
                input::complain(out, path, &fault);
                all.is_refused = true;
                break;
            }
            read => read.with_context(|| path.display().to_string())?,
        };
        if let Some(fault) = &read.stopped {
            input::complain_stopped(out, path, fault);
            all.is_cut = true;
        }
        let tally = read.tally;
        let values = [
            ("file", Value::from(input::shown(out.language, path))),
            ("lines", Value::from(tally.lines)),
            ("written", Value::from(tally.written)),
            ("known", Value::from(tally.known)),
        ];
        out.say("import-file", &values);
        add(&mut all.total, tally);
    }
    kept.flush()?;
    Ok(all)
}

fn add(total: &mut ImportTally, tally: ImportTally) {
    total.lines += tally.lines;
    total.written += tally.written;
    total.known += tally.known;
    total.persons += tally.persons;
    total.without_persons += tally.without_persons;
    for (reason, count) in tally.rejected {
        *total.rejected.entry(reason).or_default() += count;
    }
}

fn tell(out: &Output, total: &ImportTally, rejects: &Path, is_trial: bool) {
    let values = [
        ("written", Value::from(total.written)),
        ("persons", Value::from(total.persons)),
        ("known", Value::from(total.known)),
        ("without", Value::from(total.without_persons)),
    ];
    out.say(
        if is_trial {
            "import-trial"
        } else {
            "import-done"
        },
        &values,
    );
    tell_rejected(out, total, rejects);
}

fn tell_rejected(out: &Output, total: &ImportTally, rejects: &Path) {
    for (reason, count) in &total.rejected {
        let reason = digue_locales::text(out.language, &format!("import-reject-{reason}"));
        let values = [
            ("count", Value::from(*count)),
            ("reason", Value::from(reason)),
        ];
        out.say("import-rejected", &values);
    }
    if !total.rejected.is_empty() {
        let file = Value::from(rejects.display().to_string());
        out.say("import-rejects-file", &[("file", file)]);
    }
}

/// The organisation of each account.
fn organisations(config: &Config) -> Result<HashMap<AccountId, OrganisationId>> {
    let accounts = runtime()?.block_on(async {
        let store = Store::open(&config.settings.store_url).await?;
        let accounts = store.accounts().await;
        store.close().await;
        accounts
    })?;
    let organisations = accounts
        .into_iter()
        .map(|(account, record)| (account, record.organisation));
    Ok(organisations.collect())
}

/// A file that counts the bytes read from it, before they are decompressed.
struct CountingFile {
    file: Box<dyn Read>,
    position: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl CountingFile {
    fn new(file: Box<dyn Read>) -> (Self, std::sync::Arc<std::sync::atomic::AtomicU64>) {
        let position = std::sync::Arc::default();
        (
            Self {
                file,
                position: std::sync::Arc::clone(&position),
            },
            position,
        )
    }
}

impl Read for CountingFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.position
            .fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(count)
    }
}
