//! What a running Digue does by itself, again and again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use digue_app::{App, OperationError, gaps};
use digue_backup_acts::runner::BackupRunner;
use digue_backup_acts::schedule::DueJob;
use digue_backup_acts::{backups, reports};
use digue_casework::alerts;
use digue_compliance::isms::{checks, continuity, digest, status_page, work_mails};
use digue_compliance::space::assessment;
use digue_config::server::Settings;
use digue_evidence::{journal_heads, retention, witnesses};
use digue_map_commands::name_files::NameFiles;
use digue_selfservice::persons::{codes, news};
use tokio::sync::{Mutex, watch};

use super::RunningServer;
use crate::acme;
use crate::backup_jobs::backup_command;
use crate::periodic::{repeat, store_apart};

impl RunningServer {
    /// Starts the periodic tasks.
    pub(super) fn keep_up(&mut self, settings: &Settings, stopping: &watch::Receiver<bool>) {
        macro_rules! every {
            ($time:expr, $what:literal, $work:expr) => {
                let task = repeat(self.app.clone(), $time, stopping.clone(), $what, $work);
                self.tasks.push(tokio::spawn(task));
            };
        }
        if let Some(ordered) = self.ordered.clone() {
            every!(acme::LOOK_EVERY, "certificates", move |app: Arc<App>| {
                let ordered = ordered.clone();
                async move { ordered.look(&app).await }
            });
        }
        let second = Duration::from_secs(1);
        if let Some(carrier) = self.carrier.clone() {
            every!(second, "files for the other gateways", move |_: Arc<
                App,
            >| {
                let carrier = carrier.clone();
                async move {
                    carrier.share_changed().await;
                    Ok(())
                }
            });
        }
        every!(Duration::from_secs(5), "mail", |app: Arc<App>| async move {
            digue_mail::send_due(&app).await.map(drop)
        });
        every!(second, "the journal's head", |app: Arc<App>| async move {
            journal_heads::remember(&app).await
        });
        every!(
            Duration::from_secs(5),
            "data sources",
            |app: Arc<App>| async move {
                // Not awaited: a source may take ten minutes, and a stop must not. What is cut off
                // is read again.
                tokio::spawn(async move {
                    if let Err(error) = digue_sources::reading::read_due(&app).await {
                        tracing::warn!(%error, "Reading the sources failed; retrying");
                    }
                });
                Ok(())
            }
        );
        every!(second, "security events", |app: Arc<App>| async move {
            // Not awaited: a transmitter may take its time, and a stop must not. What is not
            // acknowledged comes again.
            tokio::spawn(async move {
                if let Err(error) = digue_shared_signals::poll_due(&app).await {
                    tracing::warn!(%error, "Polling for security events failed; retrying");
                }
            });
            Ok(())
        });
        every!(second, "notices", |app: Arc<App>| async move {
            digue_notices::send_due(&app, NOTICES_A_SECOND)
                .await
                .map(drop)
        });
        every!(second, "preparing notices", |app: Arc<App>| async move {
            digue_notices::prepare_due(&app).await
        });
        every!(
            Duration::from_secs(5),
            "returned mail",
            |app: Arc<App>| async move { digue_notices::read_due(&app).await.map(drop) }
        );
        every!(second, "findings", |app: Arc<App>| async move {
            alerts::tell_due(&app).await.map(drop)
        });
        every!(Duration::from_secs(5), "missing entries", |app: Arc<
            App,
        >| async move {
            gaps::journal_due(&app).await
        });
        every!(settings.journal.witnesses.every, "witnesses", |app: Arc<
            App,
        >| async move {
            witnesses::ask_all(&app).await.map(drop)
        });
        every!(Duration::from_secs(5), "forwarded messages", |app: Arc<
            App,
        >| async move {
            digue_notices::desk::read_due(&app).await.map(drop)
        });
        every!(
            Duration::from_mins(10),
            "notifications to persons",
            |app: Arc<App>| async move { news::tell_due(&app).await.map(drop) }
        );
        every!(
            Duration::from_hours(1),
            "expired data",
            |app: Arc<App>| async move {
                codes::forget_due(&app).await?;
                digue_shared_signals::forget_due(&app).await?;
                digue_notices::desk::forget_due(&app).await.map(drop)
            }
        );
        every!(Duration::from_hours(1), "self-assessments", |app: Arc<
            App,
        >| async move {
            assessment::remind_due(&app).await.map(drop)
        });
        every!(Duration::from_secs(5), "results of backups", |app: Arc<
            App,
        >| async move {
            backups::journal_results(&app).await.map(drop)
        });
        if let Some(backup) = &settings.backup {
            let (config, repositories) = (settings.file.clone(), backup.repositories.clone());
            let command = move |job: &DueJob| backup_command(&config, &repositories, job);
            let runner = Arc::new(Mutex::new(BackupRunner::new(Box::new(command))));
            every!(Duration::from_secs(5), "backups", move |app: Arc<App>| {
                let runner = runner.clone();
                async move { runner.lock().await.start_due(&app).await }
            });
        }
        every!(
            Duration::from_mins(5),
            "reports of backups, and the continuity plan",
            |app: Arc<App>| async move {
                let read = reports::journal_reports(&app).await.map(drop);
                let plan = continuity::write_folder(&app).await;
                plan.and(status_page::write_folder(&app).await).and(read)
            }
        );
        every!(
            Duration::from_hours(1),
            "digest",
            |app: Arc<App>| async move { digest::send_due(&app).await.map(drop) }
        );
        every!(
            Duration::from_mins(5),
            "alerts about legal deadlines",
            |app: Arc<App>| async move { work_mails::alert_deadlines(&app).await.map(drop) }
        );
        // Keys end with a period, not at a set hour.
        every!(
            Duration::from_hours(1),
            "retention",
            |app: Arc<App>| async move { retention::forget_due(&app).await.map(drop) }
        );
        every!(
            Duration::from_mins(1),
            "sessions",
            |app: Arc<App>| async move { app.tidy_sessions().await }
        );
        // Not in the first minute: a start has more urgent work.
        let (app, stopping) = (self.app.clone(), stopping.clone());
        self.tasks.push(tokio::spawn(async move {
            let mut ending = stopping.clone();
            tokio::select! {
                () = tokio::time::sleep(Duration::from_mins(1)) => {}
                _ = ending.changed() => return,
            }
            let run = |app: Arc<App>| async move { checks::run_due(&app).await.map(drop) };
            repeat(app, Duration::from_mins(10), stopping, "checks", run).await;
        }));
    }

    /// Stores what passed, for reports on the maps.
    pub(super) fn store_traffic(&mut self, stopping: &watch::Receiver<bool>) {
        let traffic = self.traffic.clone();
        let store = move |_: Arc<App>| {
            let traffic = traffic.clone();
            async move { store_apart(traffic).await }
        };
        let every = Duration::from_mins(1);
        let task = repeat(
            self.app.clone(),
            every,
            stopping.clone(),
            "the tally of traffic",
            store,
        );
        self.tasks.push(tokio::spawn(task));
    }

    /// Reads the tables of names again when they change.
    pub(super) fn follow_names(&mut self, names: NameFiles, stopping: &watch::Receiver<bool>) {
        let names = Arc::new(std::sync::Mutex::new(names));
        let read = move |app: Arc<App>| {
            let names = names.clone();
            async move {
                // Apart from the workers that serve connections: a table may have hundreds of
                // megabytes.
                let reading = tokio::task::spawn_blocking(move || {
                    names
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .read_changed(app.gateway());
                });
                reading
                    .await
                    .map_err(|error| OperationError::Unavailable(error.to_string()))
            }
        };
        let every = Duration::from_secs(20);
        let task = repeat(
            self.app.clone(),
            every,
            stopping.clone(),
            "tables of names",
            read,
        );
        self.tasks.push(tokio::spawn(task));
    }
}

/// The most notices handed over in one second, for all campaigns together.
const NOTICES_A_SECOND: u32 = 1000;
