//! `digue backup`, `digue drill`, `digue restore`, `digue continuity`: beside a running Digue, or without one.
//!
//! The journal belongs to the process that serves: what happened here is left in the data folder as
//! a result, and journalled by it within seconds, or at its next start.

mod begun;
mod deletion;
mod drill;
mod make;
mod restore;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use digue_app::clock::SystemClock;
use digue_app::files::keep;
use digue_backup::BackupError;
use digue_backup::history::BackupEvent;
use digue_backup::progress::ProgressSink;
use digue_backup::results::{RESULTS_KEY, ResultsKey};
use digue_backup_acts::backups::results_folder;
use digue_config::backup::BackupSettings;
use digue_config::server::Settings;
use digue_continuity::ContinuityError;
use digue_continuity::place::RepositorySettings;
use digue_continuity::plan_folder;
use digue_gateway::ports::Clock as _;
use digue_http::client::HttpClient;
use digue_locales::{Value, text};
use digue_types::Timestamp;
use jiff::tz::TimeZone;

use super::loading::loaded;
use crate::cli::backup::{BackupTask, ExportedFiles};
use crate::tls;
use digue_terminal::Progress;
use digue_terminal::{BAD, GOOD, Output};

/// All of a repository is read within this many nights.
const NIGHTS: u32 = 30;

/// An exit code, or why there is none.
type Done = Result<u8>;

pub(crate) fn run(out: &Output, task: BackupTask) -> u8 {
    let done = match task {
        BackupTask::Make(arguments) => {
            configured(out, &arguments.config).map(|settings| make::run(out, &settings, &arguments))
        }
        BackupTask::Drill(arguments) => configured(out, &arguments.config)
            .map(|settings| drill::run(out, &settings, &arguments)),
        BackupTask::Restore(arguments) => Ok(restore::run(out, &arguments)),
        BackupTask::Export(config, what, into) => loaded(out, &config)
            .ok_or(BAD)
            .map(|config| export(out, &config.settings.data_folder, (what, &into))),
    };
    match done {
        Ok(Err(error)) => match cause_of(&error) {
            Some(known) => {
                say_failure(out, "-", "-", explain(out, known));
                BAD
            }
            None => out.failed(&error),
        },
        Ok(Ok(code)) => code,
        Err(code) => code,
    }
}

/// Copies the continuity plan, or the state of the services, that the running Digue wrote last.
fn export(out: &Output, data: &Path, (what, into): (ExportedFiles, &Path)) -> Done {
    let path = |path: &Path| Value::from(path.display().to_string());
    let exported = match what {
        ExportedFiles::Plan => plan_folder::export(data, into)?,
        ExportedFiles::Status => plan_folder::export_status(data, into)?,
    };
    let Some(plan) = exported else {
        out.complain("continuity-not-written", &[("folder", path(data))]);
        return Ok(BAD);
    };
    let at = Value::from(plan.written.to_string());
    out.say(
        "continuity-exported",
        &[("file", path(&plan.file)), ("at", at)],
    );
    Ok(GOOD)
}

/// The settings of a configuration that has `[backup]`.
struct Configured {
    settings: Settings,
    backup: BackupSettings,
    client: HttpClient,
}

const CONNECT_WITHIN: Duration = Duration::from_secs(10);

fn client(authorities: Option<&Path>) -> Result<HttpClient> {
    tls::install();
    Ok(HttpClient::new(
        tls::authorities(authorities)?,
        CONNECT_WITHIN,
    ))
}

fn progress() -> Option<Arc<dyn ProgressSink>> {
    Some(Arc::new(RepositoryProgress(
        Mutex::new(Progress::default()),
    )))
}

struct RepositoryProgress(Mutex<Progress>);

impl ProgressSink for RepositoryProgress {
    fn bytes(&self, done: u64, all: u64) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .show(done, all);
    }
}

fn configured(out: &Output, file: &Path) -> Result<Configured, u8> {
    let settings = loaded(out, file).ok_or(BAD)?.settings;
    let Some(backup) = settings.backup.clone() else {
        out.complain("backup-not-configured", &[]);
        return Err(BAD);
    };
    let client =
        client(settings.upstream_authorities.as_deref()).map_err(|error| out.failed(&error))?;
    let mut configured = Configured {
        settings,
        backup,
        client,
    };
    configured.expect_known_repositories(out);
    Ok(configured)
}

impl Configured {
    /// The repository of this name, or all.
    fn repositories(&self, name: Option<&str>) -> Result<Vec<&RepositorySettings>> {
        let all = &self.backup.repositories;
        let chosen: Vec<_> = all
            .iter()
            .filter(|one| name.is_none_or(|name| one.name == name))
            .collect();
        if chosen.is_empty() {
            return Err(anyhow!("{}", name.unwrap_or_default()));
        }
        Ok(chosen)
    }

    /// A repository without a configured `id` must be the one that the journal knows under its name:
    /// a thief who puts another in its place has the same password.
    fn expect_known_repositories(&mut self, out: &Output) {
        let history = match drill::known(self) {
            Ok(Some(history)) => history,
            Ok(None) => return,
            // Nothing is kept from being stored; `digue backup` says what it could not judge.
            Err(error) => {
                say_failure(out, "-", "-", format!("{error:#}"));
                return;
            }
        };
        for repository in &mut self.backup.repositories {
            if repository.id.is_none() {
                repository.id = history.last_id(&repository.name).cloned();
            }
        }
    }

    fn folder(&self) -> PathBuf {
        self.settings.data_folder.join("backup")
    }

    /// Leaves a result for the process that serves.
    fn leave(&self, event: &BackupEvent) -> Result<()> {
        let folder = results_folder(&self.settings.data_folder);
        // Several within a microsecond would be one file.
        let path = |name: &str| folder.join(format!("{name}.json"));
        let name = (0..)
            .map(|number| format!("{}-{number}", now().micros()))
            .find(|name| !path(name).exists());
        let name = name.context("a name that is free")?;
        let path = path(&name);
        let key = ResultsKey::read_or_make(&self.settings.data_folder).context(RESULTS_KEY)?;
        keep(&path, key.seal(&name, event).as_bytes()).with_context(|| path.display().to_string())
    }
}

/// The repository's own error below others: it has advice.
fn cause_of(error: &anyhow::Error) -> Option<&BackupError> {
    if let Some(ContinuityError::Backup(error)) = error.downcast_ref() {
        return Some(error);
    }
    error.downcast_ref()
}

fn now() -> Timestamp {
    SystemClock::new(TimeZone::UTC).now()
}

/// An error with all its causes, and what to do first where that is known.
fn explain(out: &Output, error: &BackupError) -> String {
    let code = digue_backup::history::BackupFailure::from(error).code();
    let mut causes = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        let text = one.to_string();
        causes.push(text.lines().next().unwrap_or_default().to_owned());
        cause = one.source();
    }
    let advice = text(out.language, &format!("backup-failure-{code}"));
    format!("{advice} ({})", causes.join(": "))
}

fn say_failure(out: &Output, repository: &str, source: &str, cause: String) {
    let values = [
        ("repository", Value::from(repository)),
        ("source", Value::from(source)),
        ("cause", Value::from(cause)),
    ];
    out.complain("backup-not-stored", &values);
}
