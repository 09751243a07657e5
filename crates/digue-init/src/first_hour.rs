//! What the first hour has so far, and its work: configuration, first backup, sheets, drill.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use digue_access::{Membership, Role};
use digue_administration::printed_key;
use digue_app::{Actor, App, OperationError};
use digue_identity::sign_in;
use digue_terminal::{DigueProgram, Output, StartPurpose, StartedServer};
use digue_types::{AccountId, OrganisationId};

use crate::answers::{Organisation, Provider, SmallAnswers};

/// Beside the configuration until the first hour is over: a process that ended in its middle has not
/// proved anything, and the questions are asked again.
const UNFINISHED: &str = "premiere-heure";
const LINK_LASTS: Duration = Duration::from_hours(1);

/// Whose place a link opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SmallAccount {
    /// Leads the management system.
    Officer,
    /// Answers the self-assessment for the organisation.
    Delegate,
}

impl SmallAccount {
    const fn names(self) -> (&'static str, &'static str, Role) {
        match self {
            Self::Officer => ("rssi", "operateur", Role::Ciso),
            Self::Delegate => ("direction", "organisme", Role::Delegate),
        }
    }

    fn id(self) -> Result<AccountId, OperationError> {
        AccountId::parse(self.names().0).map_err(|_| OperationError::NotFound("account"))
    }
}

/// One thing that is done, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct DoneStep {
    /// A locale key.
    pub(crate) key: &'static str,
    pub(crate) seconds: u64,
    /// What the command said.
    pub(crate) said: String,
}

/// The printed sheets of one repository.
#[derive(Clone, Debug)]
pub(crate) struct PrintedSheets {
    pub(crate) repository: &'static str,
    pub(crate) text: String,
}

/// How far the work is.
#[derive(Clone, Debug)]
pub(crate) enum HourStage {
    /// Questions are still open.
    Asking,
    Working,
    Failed(String),
    /// Everything is set up, and served.
    Done,
}

/// What the pages read and write.
pub(crate) struct Hour {
    pub(crate) organisation: Option<Organisation>,
    pub(crate) disk: Option<PathBuf>,
    pub(crate) provider: Option<Provider>,
    pub(crate) stage: HourStage,
    pub(crate) steps: Vec<DoneStep>,
    pub(crate) sheets: Vec<PrintedSheets>,
    app: Option<Arc<App>>,
}

/// The first hour of one folder.
pub(crate) struct FirstHour {
    home: PathBuf,
    port: u16,
    // A leaf lock.
    hour: Mutex<Hour>,
}

impl FirstHour {
    pub(crate) fn new(home: PathBuf, port: u16) -> Self {
        Self {
            home,
            port,
            hour: Mutex::new(Hour {
                organisation: None,
                disk: None,
                provider: None,
                stage: HourStage::Asking,
                steps: Vec::new(),
                sheets: Vec::new(),
                app: None,
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Hour> {
        self.hour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when an earlier first hour came to its end here.
    pub(crate) fn is_set_up(&self) -> bool {
        self.home.join("digue.toml").exists() && !self.home.join(UNFINISHED).exists()
    }

    pub(crate) fn set(&self, stage: HourStage) {
        self.lock().stage = stage;
    }

    /// A Digue of an earlier hour serves.
    pub(crate) fn came_up(&self, app: Arc<App>) {
        let mut hour = self.lock();
        hour.app = Some(app);
        hour.stage = HourStage::Done;
    }

    pub(crate) fn goes_down(&self) {
        self.lock().app = None;
    }

    /// The app, once it serves.
    pub(crate) fn app(&self) -> Option<Arc<App>> {
        self.lock().app.clone()
    }

    fn done(&self, key: &'static str, since: Instant, said: String) {
        self.lock().steps.push(DoneStep {
            key,
            seconds: since.elapsed().as_secs(),
            said,
        });
    }
}

/// A link for one sign-in, made when it is followed.
///
/// # Errors
/// `NotFound` before Digue serves; when the link cannot be made.
pub(crate) async fn link(hour: &FirstHour, whose: SmallAccount) -> Result<String, OperationError> {
    let app = hour.app().ok_or(OperationError::NotFound("server"))?;
    let host = app.console_host().to_owned();
    sign_in::issue_link(&app, &Actor::digue(), &whose.id()?, &host, LINK_LASTS).await
}

/// The key that stands for the second person, while there is one officer.
pub(crate) fn second_key(hour: &FirstHour) -> Option<String> {
    let app = hour.app()?;
    printed_key::printed(&app)
}

/// Configuration, start, first backup, sheets, drill; each is noted when it is done.
///
/// # Errors
/// What failed, as its command said it. What was done stays; the same may be tried again.
pub(crate) async fn work<S: StartedServer>(out: &Output, hour: &FirstHour) -> Result<S> {
    let home = hour.home.clone();
    {
        let mut hour = hour.lock();
        hour.stage = HourStage::Working;
        hour.steps.clear();
        hour.sheets.clear();
    }
    let since = Instant::now();
    let repositories = write(hour)?;
    // Without what runs by itself: it would make the first backup at the same moment.
    let quiet = S::start_on(out, &home, StartPurpose::OneAct).await?;
    let worked = back_up(out, hour, &quiet, repositories, since).await;
    quiet.stop().await?;
    worked?;
    let running = S::start_on(out, &home, StartPurpose::Serving).await?;
    fs::remove_file(home.join(UNFINISHED))?;
    hour.came_up(running.app().clone());
    Ok(running)
}

async fn back_up<S: StartedServer>(
    out: &Output,
    hour: &FirstHour,
    running: &S,
    repositories: Vec<&'static str>,
    since: Instant,
) -> Result<()> {
    admit(running.app()).await?;
    hour.done("small-step-started", since, String::new());
    let since = Instant::now();
    let said = command(out, &hour.home, &["backup", "--init"]).await?;
    hour.done("small-step-backup", since, said);
    for repository in repositories {
        let since = Instant::now();
        let split = ["backup", "--split-key", "2/3", "--repository", repository];
        let text = command(out, &hour.home, &split).await?;
        hour.lock().sheets.push(PrintedSheets { repository, text });
        hour.done("small-step-sheets", since, String::new());
    }
    let since = Instant::now();
    let said = command(out, &hour.home, &["drill"]).await?;
    hour.done("small-step-drill", since, said);
    Ok(())
}

fn write(hour: &FirstHour) -> Result<Vec<&'static str>> {
    let locked = hour.lock();
    let answers = SmallAnswers {
        organisation: locked.organisation.as_ref().context("an organisation")?,
        disk: locked.disk.as_deref().context("a disk")?,
        provider: locked.provider.as_ref(),
        port: hour.port,
    };
    fs::create_dir_all(&hour.home)?;
    fs::write(hour.home.join(UNFINISHED), "")?;
    answers.write(&hour.home)?;
    Ok(answers.repositories())
}

/// The accounts of the two parts that one person plays in a small organisation.
async fn admit(app: &App) -> Result<()> {
    let mut accounts = Vec::new();
    for whose in [SmallAccount::Officer, SmallAccount::Delegate] {
        let (_, organisation, role) = whose.names();
        let organisation = OrganisationId::parse(organisation)?;
        accounts.push((whose.id()?, Membership { organisation, role }));
    }
    let rules = app.gateway().rules();
    accounts.retain(|(account, _)| rules.directory.find(account).is_none());
    if !accounts.is_empty() {
        digue_app::directory::save(app, &Actor::digue(), accounts).await?;
    }
    Ok(())
}

/// Runs a command of this program, apart from the page's thread.
async fn command(out: &Output, home: &Path, words: &[&'static str]) -> Result<String> {
    let out = Output {
        language: out.language,
    };
    let (home, words) = (home.to_owned(), words.to_vec());
    let run = move || DigueProgram::beside(&out, &home)?.must(&words);
    tokio::task::spawn_blocking(run).await?
}
