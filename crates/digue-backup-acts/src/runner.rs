//! Starts backups, readings and drills when they are due, each as a process of its own: one that
//! fails or is killed takes no request with it, and leaves its result as if a person had started
//! it.

use std::collections::HashMap;
use std::io;
use std::process::{Child, Command};
use std::time::Duration;

use digue_app::{App, OperationError};
use digue_types::Timestamp;

use crate::schedule::{self, DueJob};

/// A command that failed, or left nothing that the journal knows, is not started again before.
const AGAIN_AFTER: Duration = Duration::from_hours(1);

/// The command of a job; `None` while its repository is not there.
pub type CommandOfJob = Box<dyn Fn(&DueJob) -> io::Result<Option<Command>> + Send>;

/// At most one command at a time.
pub struct BackupRunner {
    command: CommandOfJob,
    running: Option<(DueJob, Child)>,
    ended: HashMap<DueJob, Timestamp>,
}

impl BackupRunner {
    pub fn new(command: CommandOfJob) -> Self {
        Self {
            command,
            running: None,
            ended: HashMap::new(),
        }
    }

    /// Starts the first command that is due, unless one runs.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn start_due(&mut self, app: &App) -> Result<(), OperationError> {
        let now = app.clock().now();
        if self.is_running(now) {
            return Ok(());
        }
        for job in schedule::due(app).await? {
            // A clock that went back since is no reason to wait until it comes there again.
            if self
                .ended
                .get(&job)
                .is_some_and(|ended| *ended <= now && now.since(*ended) < AGAIN_AFTER)
            {
                continue;
            }
            let started = (self.command)(&job)
                .and_then(|command| command.map(|mut command| command.spawn()).transpose());
            match started {
                Ok(None) => {}
                Ok(Some(child)) => {
                    self.running = Some((job, child));
                    return Ok(());
                }
                Err(error) => {
                    tracing::error!(?job, %error, "Command of a backup could not be started; retrying in an hour");
                    self.ended.insert(job, now);
                }
            }
        }
        Ok(())
    }

    fn is_running(&mut self, now: Timestamp) -> bool {
        let Some((job, child)) = &mut self.running else {
            return false;
        };
        match child.try_wait() {
            Ok(None) => return true,
            Ok(Some(status)) if status.success() => {}
            Ok(Some(status)) => {
                tracing::warn!(?job, %status, "Command of a backup failed; its result is in the journal");
            }
            Err(error) => {
                tracing::warn!(?job, %error, "Command of a backup was lost; it is started again when due");
            }
        }
        self.ended.insert(job.clone(), now);
        self.running = None;
        false
    }
}
