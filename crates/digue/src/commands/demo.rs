//! `digue demo`: a whole installation on one machine, with a sample portal, a year of its management
//! system and a working day in its journal.
//!
//! It writes a configuration and starts from it as any operator would: nothing here bypasses the
//! gateway. It starts twice: once with a clock that runs through the year, without listeners, and
//! then with the system's.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use digue_app::Actor;
use digue_app::clock::{ManualClock, SystemClock};
use digue_backup_acts::backups;
use digue_cluster::turn::JournalTurn;
use digue_compliance::isms::checks;
use digue_config::Config;
use digue_console::AttackProgress;
use digue_console::Demo;
use digue_demo::attack::DemoAttackKind;
use digue_demo::configuration::{self, CONSOLE_HOST, DemoAddresses, DemoUrls, FIRST_PAGE_HOST};
use digue_demo::mailbox::DemoMailbox;
use digue_demo::script::YearCalendar;
use digue_demo::tour::{self, TourParts};
use digue_demo::visitor::{LINK_LASTS, PORTAL_HOST, PortalVisitor};
use digue_demo::year::{self, PORTAL, YearStage};
use digue_gateway::ports::Clock as _;
use digue_identity::sign_in;
use digue_isms::check::Check;
use digue_locales::Value;
use digue_rehearsal::RehearsalStage;
use digue_rehearsal::ransomware::RehearsalFolder;
use digue_replay::attack::StolenData;
use digue_replay::{Population, day, portal};
use digue_types::{AccountId, PortalId};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use super::runtime;
use crate::serve::{RunningServer, start, start_at};
use digue_terminal::{BAD, GOOD, Output, StartPurpose};

/// Before the first step of the year.
const YEAR_BEGINS: i32 = -354;
/// Leaves about a minute to watch the page while the thief works.
const PACE: Duration = Duration::from_millis(60);
const ATTACK_REQUESTS_MAX: u64 = 800;

pub(crate) fn run(
    out: &Output,
    address: SocketAddr,
    folder: Option<PathBuf>,
    attack: Option<DemoAttackKind>,
) -> u8 {
    if attack == Some(DemoAttackKind::Ransomware) && folder.is_some() {
        out.complain("rehearsal-own-folder", &[]);
        return BAD;
    }
    let shown = runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(play(out, address, folder, attack)));
    match shown {
        Ok(()) => GOOD,
        Err(error) => out.failed(&error),
    }
}

async fn play(
    out: &Output,
    address: SocketAddr,
    folder: Option<PathBuf>,
    attack: Option<DemoAttackKind>,
) -> Result<()> {
    // Deleted when it is dropped, at the end.
    let temporary = RehearsalFolder::make()?;
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let population = Arc::new(Population::demonstration());
    let upstream = open_portal(population.clone()).await?;
    let (mailbox, mail) = DemoMailbox::open().await?;
    let address = free(address)?;
    let first_page = open_first_page(address).await?;
    let urls = DemoUrls::new(address, first_page.local_addr()?);
    let addresses = DemoAddresses {
        upstream,
        mail,
        gateway: address,
    };
    configuration::write(&folder, &addresses, &urls)?;
    if attack == Some(DemoAttackKind::Ransomware) {
        digue_rehearsal::declare(&temporary)?;
    }
    let stage = Arc::new(DemoAttack::new(population.clone(), address));
    let config = loaded(out, &folder)?;
    let is_new = !config.settings.data_folder.join("journal").exists();
    if is_new {
        out.say("demo-year", &[]);
        play_year(out, config, stage.clone(), &population).await?;
    }
    let config = loaded(out, &folder)?;
    let running = start(config, Some(stage.clone()), StartPurpose::Serving).await?;
    let played = match is_new {
        true => Some(play_today(&running, &population).await?),
        // A folder that was played keeps its own.
        false => None,
    };
    let stolen = stolen_account(&population)?;
    stage.give(&running, stolen.clone()).await?;
    if attack == Some(DemoAttackKind::Ransomware) {
        let rehearsed = RehearsalStage {
            folder: &temporary,
            running,
            population: &population,
            account: stolen,
            address,
        };
        return digue_rehearsal::play(out, rehearsed).await;
    }
    if is_new {
        back_up(&folder, &running.app)?;
    }
    show_first_page(out, first_page, &running, mailbox, &population, &urls)?;
    banner(out, &running, &population, &urls, played).await?;
    if attack == Some(DemoAttackKind::StolenAccount) {
        out.say(
            "demo-attack-start",
            &[("account", Value::from(stolen.as_str()))],
        );
        stage.start_attack();
        report(out, &stage, &running).await;
    }
    out.say("demo-stop", &[]);
    tokio::signal::ctrl_c().await?;
    running.stop().await
}

fn loaded(out: &Output, folder: &Path) -> Result<Config> {
    digue_config::load(&folder.join("digue.toml")).map_err(|faults| {
        anyhow!(
            "{}",
            faults
                .iter()
                .map(|f| f.say(out.language))
                .collect::<Vec<_>>()
                .join("; ")
        )
    })
}

/// The first page has the port after the console's, or any that is free.
async fn open_first_page(console: SocketAddr) -> Result<tokio::net::TcpListener> {
    let next = SocketAddr::new(console.ip(), console.port().saturating_add(1));
    match tokio::net::TcpListener::bind(next).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(tokio::net::TcpListener::bind(SocketAddr::new(console.ip(), 0)).await?),
    }
}

/// Serves the pages of the demonstration.
fn show_first_page(
    out: &Output,
    listener: tokio::net::TcpListener,
    running: &RunningServer,
    mailbox: DemoMailbox,
    population: &Population,
    urls: &DemoUrls,
) -> Result<()> {
    let port = listener.local_addr()?.port();
    let agent = population.account("of-000.agent2").context("an agent")?;
    let held = agent.caseload.first().context("a person of the agent")?;
    let other = population.account("of-001.agent2").context("an agent")?;
    let strange = other.caseload.first().context("a person of another")?;
    let number = |place: &usize| population.persons[*place].number.clone();
    let pages = tour::router(TourParts {
        app: running.app.clone(),
        mailbox,
        console_url: urls.console.clone(),
        portal_url: urls.portal.clone(),
        portal_host: PORTAL_HOST.to_owned(),
        hosts: ["127.0.0.1", "localhost", FIRST_PAGE_HOST]
            .map(|host| format!("{host}:{port}"))
            .to_vec(),
        person: number(held),
        stranger: number(strange),
        language: out.language,
    });
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, pages).await {
            tracing::error!(%error, "The first page of the demonstration stopped; the console goes on");
        }
    });
    Ok(())
}

/// A year of the operator, with a clock that runs through it and no listener.
async fn play_year(
    out: &Output,
    mut config: Config,
    stage: Arc<DemoAttack>,
    population: &Arc<Population>,
) -> Result<()> {
    config.settings.listeners.clear();
    let zone = TimeZone::get(&config.settings.time_zone)?;
    let calendar = YearCalendar {
        today: year::today(SystemClock::new(zone.clone()).now(), &zone),
        zone: zone.clone(),
    };
    let before = calendar.instant(calendar.day(YEAR_BEGINS), Time::constant(8, 0, 0, 0));
    let clock = Arc::new(ManualClock::new(before, zone));
    let running = start_at(
        JournalTurn::Local,
        config,
        Some(stage),
        StartPurpose::OneAct,
        clock.clone(),
    )
    .await?;
    year::play(YearStage {
        app: &running.app,
        clock: &clock,
        journal: &running.journal,
        population,
        calendar,
        language: out.language,
    })
    .await?;
    running.stop().await
}

/// The address itself, or one with a free port when the port is 0.
fn free(address: SocketAddr) -> Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    Ok(std::net::TcpListener::bind(address)?.local_addr()?)
}

async fn open_portal(population: Arc<Population>) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = portal::router(population);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "The sample portal stopped; the demonstration cannot continue");
        }
    });
    Ok(address)
}

/// Backs up, reads back and restores for proof, as an operator's timer does, beside the running
/// demonstration; then the two checks that say so run.
fn back_up(folder: &Path, app: &Arc<digue_app::App>) -> Result<()> {
    const WORDS: [&[&str]; 3] = [&["backup", "--init"], &["backup", "--verify"], &["drill"]];
    let (program, config) = (std::env::current_exe()?, folder.join("digue.toml"));
    let (done, is_done) = oneshot::channel();
    // A thread and not a task: the end of the demonstration waits for none of it.
    std::thread::spawn(move || {
        for words in WORDS {
            let mut command = std::process::Command::new(&program);
            command.args(words).arg("--config").arg(&config);
            command.stdin(Stdio::null()).stdout(Stdio::null());
            match command.stderr(Stdio::null()).status() {
                Ok(ended) if ended.success() => {}
                Ok(ended) => tracing::warn!(?words, %ended, "A backup of the demonstration failed"),
                Err(error) => tracing::warn!(?words, %error, "A backup cannot be started"),
            }
        }
        // Nobody listens any more when the demonstration has ended.
        let _ = done.send(());
    });
    let app = app.clone();
    tokio::spawn(async move {
        if is_done.await.is_ok()
            && let Err(error) = note_backups(&app).await
        {
            tracing::warn!(%error, "The checks of backups did not run; they run within the hour");
        }
    });
    Ok(())
}

async fn note_backups(app: &digue_app::App) -> Result<(), digue_app::OperationError> {
    backups::journal_results(app).await?;
    for check in [Check::Backups, Check::RestoreDrills] {
        checks::run_one(app, check).await?;
    }
    Ok(())
}

fn portal_id() -> Result<PortalId> {
    Ok(PortalId::parse(PORTAL)?)
}

/// The working day that ends now.
async fn play_today(
    running: &RunningServer,
    population: &Arc<Population>,
) -> Result<day::WorldDay> {
    let (app, journal) = (running.app.clone(), running.journal.clone());
    let population = digue_demo::at_work(&app, population, 0);
    let id = portal_id()?;
    let played = tokio::task::spawn_blocking(move || {
        let portal = app.gateway().hosts().portal(&id).cloned();
        let portal = portal.ok_or_else(|| anyhow!("the sample portal is missing"))?;
        let now = app.clock().now();
        Ok::<_, anyhow::Error>(day::play(
            app.gateway(),
            &journal,
            &portal,
            &population,
            now,
            12,
        )?)
    });
    played.await?
}

fn stolen_account(population: &Population) -> Result<AccountId> {
    let account = population
        .accounts
        .iter()
        .find(|account| account.id.as_str() == "of-212.agent2");
    Ok(account
        .ok_or_else(|| anyhow!("the population has no such account"))?
        .id
        .clone())
}

async fn banner(
    out: &Output,
    running: &RunningServer,
    population: &Population,
    urls: &DemoUrls,
    played: Option<day::WorldDay>,
) -> Result<()> {
    let app = &running.app;
    let agent = &population
        .accounts
        .iter()
        .find(|a| !a.is_delegate)
        .ok_or_else(|| anyhow!("no agent"))?
        .id;
    let delegate = &population
        .accounts
        .iter()
        .find(|a| a.is_delegate)
        .ok_or_else(|| anyhow!("no delegate"))?
        .id;
    let officer = AccountId::parse("rssi")?;
    let link = async |account: &AccountId, host: &str| {
        sign_in::issue_link(app, &Actor::digue(), account, host, LINK_LASTS).await
    };
    out.line("");
    out.say("demo-title", &[]);
    out.line("");
    out.say("demo-first-page", &[]);
    out.line(&format!("    {}", urls.first_page));
    out.say("demo-portal", &[]);
    out.line(&format!("    {}", urls.portal));
    out.say("demo-console", &[]);
    out.line(&format!("    {}", urls.console));
    out.line("");
    if let Some(day) = played {
        let values = [
            ("entries", Value::from(day.entries)),
            ("persons", Value::from(day.persons)),
        ];
        out.say("demo-day", &values);
        out.line("");
    }
    out.say("demo-links", &[]);
    out.say("demo-agent", &[("account", Value::from(agent.as_str()))]);
    out.line(&format!("    {}", link(agent, PORTAL_HOST).await?));
    out.say(
        "demo-delegate",
        &[("account", Value::from(delegate.as_str()))],
    );
    out.line(&format!("    {}", link(delegate, CONSOLE_HOST).await?));
    out.say("demo-dpo", &[]);
    out.line(&format!(
        "    {}",
        link(&AccountId::parse("dpo")?, CONSOLE_HOST).await?
    ));
    out.say("demo-auditor", &[]);
    out.line(&format!(
        "    {}",
        link(&AccountId::parse("audit")?, CONSOLE_HOST).await?
    ));
    out.say("demo-rssi", &[]);
    out.line(&format!("    {}", link(&officer, CONSOLE_HOST).await?));
    out.say("demo-second", &[]);
    out.line(&format!(
        "    {}",
        link(&AccountId::parse("rssi2")?, CONSOLE_HOST).await?
    ));
    out.line("");
    Ok(())
}

/// Runs the attack, started from the command line or by the page's button.
struct DemoAttack {
    population: Arc<Population>,
    address: SocketAddr,
    runtime: tokio::runtime::Handle,
    part: OnceLock<(Arc<digue_app::App>, AccountId)>,
    stolen: Arc<StolenData>,
    has_begun: AtomicBool,
}

impl DemoAttack {
    fn new(population: Arc<Population>, address: SocketAddr) -> Self {
        Self {
            population,
            address,
            runtime: tokio::runtime::Handle::current(),
            part: OnceLock::new(),
            stolen: Arc::default(),
            has_begun: AtomicBool::new(false),
        }
    }

    async fn give(&self, running: &RunningServer, account: AccountId) -> Result<()> {
        self.part
            .set((running.app.clone(), account))
            .map_err(|_| anyhow!("the part is given once"))
    }
}

impl Demo for DemoAttack {
    fn start_attack(&self) -> bool {
        let Some((app, account)) = self.part.get().cloned() else {
            return false;
        };
        if self.has_begun.swap(true, Ordering::SeqCst) {
            return false;
        }
        let (population, stolen, address) =
            (self.population.clone(), self.stolen.clone(), self.address);
        self.runtime.spawn(async move {
            let thief = PortalVisitor {
                account,
                address,
                pace: PACE,
            };
            let read = thief.read(&app, &population, ATTACK_REQUESTS_MAX, &stolen);
            if let Err(error) = read.await {
                tracing::warn!(error = %error, "The simulated attack ended early");
            }
            stolen.is_over.store(true, Ordering::SeqCst);
        });
        true
    }

    fn progress(&self) -> Option<AttackProgress> {
        if !self.has_begun.load(Ordering::SeqCst) {
            return None;
        }
        let (_, account) = self.part.get()?;
        Some(AttackProgress {
            account: account.to_string(),
            requests: self.stolen.requests.load(Ordering::Relaxed),
            refused: self.stolen.refused.load(Ordering::Relaxed),
            shown: self.stolen.shown(),
            is_over: self.stolen.is_over.load(Ordering::SeqCst),
        })
    }
}

/// Prints the thief's progress every two seconds, until the end.
async fn report(out: &Output, stage: &DemoAttack, running: &RunningServer) {
    let mut every = tokio::time::interval(Duration::from_secs(2));
    loop {
        every.tick().await;
        let Some(progress) = stage.progress() else {
            return;
        };
        let values = [
            ("requests", Value::from(progress.requests)),
            ("refused", Value::from(progress.refused)),
            ("shown", Value::from(progress.shown)),
        ];
        out.say("demo-attack-line", &values);
        if progress.is_over {
            break;
        }
    }
    let limit = portal_id().ok().and_then(|id| {
        let hosts = running.app.gateway().hosts();
        hosts
            .portal(&id)
            .and_then(|p| p.limits.exact_search.of(digue_types::SlidingWindow::Hour))
    });
    let values = [
        ("shown", Value::from(stage.stolen.shown())),
        (
            "asked",
            Value::from(stage.stolen.asked.load(Ordering::Relaxed)),
        ),
        ("limit", Value::from(limit.unwrap_or_default())),
    ];
    out.say("demo-attack-end", &values);
}
