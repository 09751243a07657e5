//! Every part, in starting order; stopped in reverse.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use arc_swap::ArcSwap;
use digue_gateway::identity::Asserter;
use digue_gateway::ports::Clock;
use digue_gateway::server::Listener;
use digue_gateway::upstream::UpstreamClient;
use digue_gateway::{Gateway, GatewayParts, Hosts};
use digue_journal::disk::Disk;
use digue_journal::{Committed, Journal, Options, codec, reader};
use digue_operations::aliases::AliasTables;
use digue_operations::clock::SystemClock;
use digue_operations::recorder::{Feeder, JournalRecorder, Standing};
use digue_operations::{House, HouseParts, SignInRules, caseloads, mail, rules};
use digue_store::Store;
use digue_types::{Act, Event, Exposure};
use jiff::tz::TimeZone;
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::config::server::{ListenerSettings, Settings};
use crate::pages::Pages;
use crate::{keys, tls};

/// Appends that may wait for the disk.
const QUEUE_MAX: usize = 8192;
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// A Digue that runs.
pub(crate) struct Running {
    pub(crate) house: Arc<House>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) addresses: Vec<SocketAddr>,
    certificates: Vec<(ListenerSettings, Arc<ArcSwap<ServerConfig>>)>,
    store: Store,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    disk: Disk,
}

/// Builds and starts everything.
pub(crate) async fn start(config: Config, demo: Option<Arc<dyn digue_console::Demo>>) -> Result<Running> {
    tls::install();
    let Config { settings, mut portals, portal_urls, policies, version } = config;
    let zone = TimeZone::get(&settings.time_zone)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(zone.clone()));
    std::fs::create_dir_all(&settings.data_folder)
        .with_context(|| settings.data_folder.display().to_string())?;

    // 1. The state: accounts, gates, sessions.
    let store = Store::open(&settings.store_url).await?;

    // 2. The journal: recovered, then read once for the index and the budgets.
    let keys_folder = settings.data_folder.join("keys");
    let signer = keys::journal_signer(&keys_folder, &settings.name)?;
    let standing = Arc::new(RwLock::new(Standing::default()));
    let disk = Disk::new(&settings.data_folder.join("journal"));
    let journal = Arc::new(Journal::open(Options {
        disk: disk.clone(),
        signer,
        queue_max: QUEUE_MAX,
        checkpoint_every: CHECKPOINT_EVERY,
        observer: Box::new(Feeder { standing: standing.clone(), clock: clock.clone() }),
    })?);
    feed(&disk, &journal, &standing)?;

    // 3. The house: rules as the state has them.
    let aliases = Arc::new(AliasTables::default());
    let house = Arc::new(
        House::new(HouseParts {
            store: store.clone(),
            journal: journal.clone(),
            standing: standing.clone(),
            clock: clock.clone(),
            aliases: aliases.clone(),
            policies,
            policy_version: version,
            session_limits: settings.sessions,
            sign_in: SignInRules {
                proof_lasts: settings.proof_lasts,
                password: settings.password.clone(),
                key: keys::secrets_key(&keys_folder)?,
            },
            mail: settings.mail.clone(),
            data_folder: settings.data_folder.clone(),
            console_url: settings.console_url.clone(),
            portal_urls,
        })
        .await?,
    );

    // 4. The lock, its budgets counted from the journal; a map that became wider waits.
    rules::hold_back(&house, &mut portals).await?;
    let (rules, sessions) = house.first_state().await?;
    let roots = tls::authorities(settings.upstream_authorities.as_deref())?;
    let gateway = Gateway::new(GatewayParts {
        hosts: Hosts::new(portals, vec![settings.console_host.clone()]),
        rules,
        sessions,
        recorder: Arc::new(JournalRecorder(journal.clone())),
        clock,
        aliases,
        pages: Arc::new(Pages {
            router: digue_console::router(house.clone(), zone, demo),
            house: house.clone(),
        }),
        asserter: Asserter::new(&keys::identity_key(&keys_folder)?, &settings.name)?,
        upstream: UpstreamClient::new(roots, Duration::from_secs(5)),
        trusted_proxies: settings.trusted_proxies.clone(),
        held_bytes_max: settings.held_bytes_max,
    });
    each_exposure(&disk, &journal, &mut |exposure| gateway.restore(exposure))?;
    house.attach(gateway.clone());
    caseloads::load_kept(&house).await?;
    caseloads::load_kept_aliases(&house)?;
    house.note(Act::Started, format!("rules:{version:016x}")).await?;

    // 5. The doors.
    let (stop, stopping) = watch::channel(false);
    let mut running = Running {
        house,
        journal,
        addresses: Vec::new(),
        certificates: Vec::new(),
        store,
        stop,
        tasks: Vec::new(),
        disk,
    };
    for listener in &settings.listeners {
        running.open(listener, &gateway, &stopping, &settings).await?;
    }
    running.tasks.push(tokio::spawn(settle_budgets(gateway, stopping.clone())));
    running.tasks.push(tokio::spawn(send_mail(running.house.clone(), stopping.clone())));
    running.tasks.push(tokio::spawn(tidy_sessions(running.house.clone(), stopping)));
    Ok(running)
}

impl Running {
    async fn open(
        &mut self,
        listener: &ListenerSettings,
        gateway: &Gateway,
        stopping: &watch::Receiver<bool>,
        settings: &Settings,
    ) -> Result<()> {
        let certificate = match &listener.tls {
            Some(files) => Some(Arc::new(ArcSwap::new(tls::server_config(files)?))),
            None => None,
        };
        let bound = Listener::bind(listener.address, certificate.clone())
            .await
            .with_context(|| listener.address.to_string())?;
        self.addresses.push(bound.local_address()?);
        if let Some(certificate) = certificate {
            self.certificates.push((listener.clone(), certificate));
        }
        let (gateway, stopping, grace) = (gateway.clone(), stopping.clone(), settings.stop_grace);
        self.tasks.push(tokio::spawn(async move { bound.serve(gateway, stopping, grace).await }));
        Ok(())
    }

    /// Takes over new maps, policies and certificates; connections stay. Listeners, folders and the
    /// store change with a restart only.
    pub(crate) async fn reload(&self, config: Config) -> Result<()> {
        let Config { settings, mut portals, policies, version, .. } = config;
        rules::hold_back(&self.house, &mut portals).await?;
        for (listener, certificate) in &self.certificates {
            let files = settings.listeners.iter().find(|known| known.address == listener.address);
            if let Some(files) = files.and_then(|known| known.tls.as_ref()) {
                certificate.store(tls::server_config(files)?);
            }
        }
        let hosts = Hosts::new(portals, vec![settings.console_host.clone()]);
        let gateway = self.house.gateway();
        let mut history: Vec<Exposure> = Vec::new();
        each_exposure(&self.disk, &self.journal, &mut |exposure| history.push(exposure.clone()))?;
        gateway.set_hosts(hosts, &|take| history.iter().for_each(|exposure| take(exposure)));
        self.house.set_policies(policies, version).await;
        caseloads::load_kept(&self.house).await?;
        self.house.note(Act::Configured, format!("rules:{version:016x}")).await?;
        Ok(())
    }

    /// Finishes what is under way, then lets everything go, journal last.
    pub(crate) async fn stop(self) -> Result<()> {
        self.house.close_streams();
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await?;
        }
        self.house.note(Act::Stopped, String::new()).await?;
        self.store.close().await;
        // House and lock hold each other; what matters is that the journal is closed, and by name.
        let journal = self.journal;
        tokio::task::spawn_blocking(move || journal.close()).await?;
        Ok(())
    }
}

/// Reads the journal into the index.
fn feed(disk: &Disk, journal: &Journal, standing: &RwLock<Standing>) -> Result<()> {
    let mut standing = standing.write().unwrap_or_else(PoisonError::into_inner);
    each_entry(disk, journal, &mut |index, event| {
        standing.index.add(&Committed { index, event });
    })
}

fn each_exposure(disk: &Disk, journal: &Journal, take: &mut dyn FnMut(&Exposure)) -> Result<()> {
    each_entry(disk, journal, &mut |_, event| {
        if let Event::Exposure(exposure) = &event {
            take(exposure);
        }
    })
}

/// Entries read at once.
const READ_CHUNK: u64 = 64 * 256;

fn each_entry(disk: &Disk, journal: &Journal, take: &mut dyn FnMut(u64, Event)) -> Result<()> {
    let size = journal.status().checkpoint_size;
    let mut at = 0;
    while at < size {
        let end = size.min(at + READ_CHUNK);
        for (index, bytes) in (at..).zip(reader::entries(disk, at..end, size)?) {
            let event = codec::decode(&bytes).map_err(|error| anyhow!("entry {index}: {error}"))?;
            take(index, event);
        }
        at = end;
    }
    // Durable already, and not under a checkpoint yet.
    for (index, bytes) in (size..).zip(reader::unpublished(disk, size)?) {
        let event = codec::decode(&bytes).map_err(|error| anyhow!("entry {index}: {error}"))?;
        take(index, event);
    }
    Ok(())
}

/// Sorts in what the responses of the last moment charged.
async fn settle_budgets(gateway: Gateway, mut stopping: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(Duration::from_millis(20));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => gateway.settle_budgets(),
            _ = stopping.changed() => return,
        }
    }
}

/// Sends what waits, a few times a minute.
async fn send_mail(house: Arc<House>, mut stopping: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let is_stopping = tokio::select! {
            _ = every.tick() => false,
            changed = stopping.changed() => changed.is_err() || *stopping.borrow(),
        };
        if is_stopping {
            return;
        }
        if let Err(error) = mail::send_due(&house).await {
            tracing::warn!(%error, "Mail could not be looked after");
        }
    }
}

async fn tidy_sessions(house: Arc<House>, mut stopping: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(Duration::from_mins(1));
    loop {
        let is_stopping = tokio::select! {
            _ = every.tick() => false,
            changed = stopping.changed() => changed.is_err() || *stopping.borrow(),
        };
        if is_stopping {
            return;
        }
        if let Err(error) = house.tidy_sessions().await {
            tracing::warn!(%error, "Ended sessions could not be removed from the store");
        }
    }
}
