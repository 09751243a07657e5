//! Every part, in starting order; stopped in reverse.

mod upkeep;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use arc_swap::ArcSwap;
use digue_access::Policies;
use digue_administration::{additions, record_access, tables};
use digue_app::alias_tables::AliasTables;
use digue_app::clock::SystemClock;
use digue_app::gaps;
use digue_app::indexing::{self, IndexFolder};
use digue_app::monitor::{DetectionMonitor, MEMORY};
use digue_app::recorder::{JournalIndexer, JournalRecorder, JournalState};
use digue_app::{ActSubscriber, App, AppParts, identity_cuts};
use digue_casework::incidents::{self, IncidentLog};
use digue_casework::{CaseworkSettings, containment};
use digue_cluster::serving::GatewayCandidate;
use digue_cluster::turn::{self, CarriedFiles, JournalTurn};
use digue_compliance::isms::LessonMeasures;
use digue_compliance::space::assessment;
use digue_config::Config;
use digue_config::added_routes::AddedRouteReader;
use digue_config::rules_version::rules_version;
use digue_config::server::{ListenerSettings, Settings};
use digue_evidence::journal_heads::{self, HeadError};
use digue_evidence::retention::{self, Retentions};
use digue_evidence::{EvidenceSettings, witnesses};
use digue_gateway::identity::Asserter;
use digue_gateway::ports::Clock;
use digue_gateway::server::Listener;
use digue_gateway::{Gateway, GatewayParts, Hosts};
use digue_http::client::HttpClient;
use digue_identity::IdentitySettings;
use digue_identity::invitations::MailedInvitations;
use digue_journal::disk::Disk;
use digue_journal::keyring::Keyring;
use digue_journal::{Journal, JournalOptions};
use digue_selfservice::comparisons;
use digue_sources::look_up::SourceLookUp;
use digue_store::Store;
use digue_terminal::StartPurpose;
use digue_types::{Act, Event, Exposure, PortalId, SlidingWindow, Subject};
use jiff::tz::TimeZone;
use rustix::fs::Mode;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::acme::{self, OrderedCertificate};
use crate::pages::ConsolePages;
use crate::parts::{gateway_limits, portals_of, response_rules, watch_rules};
use crate::periodic::{respond, settle_budgets, store_apart, write_counted};
use crate::tls::CertificateEnds;
use crate::{keys, maps, monitoring, tls};
use digue_map_commands::name_files::NameFiles;
use digue_map_commands::traffic::Traffic;
use digue_map_commands::traffic_listener;
use digue_metrics::service_manager::HeldListener;

/// Appends that may wait for the disk; further ones are refused.
// Beyond it the disk is the bottleneck: refusing is faster for everyone than a queue that only
// grows.
const QUEUE_MAX: usize = 8192;
// Twice a second: a receipt is to be had at once, and a signature does not matter.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
/// How long an act at the terminal waits for another gateway's lease to end.
const TURN_WAIT_MAX: Duration = Duration::from_secs(15);
/// How long a stop waits for the entries of responses that have left.
const ENTRIES_WAIT_MAX: Duration = Duration::from_secs(10);

/// A running Digue.
pub(crate) struct RunningServer {
    pub(crate) app: Arc<App>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) addresses: Vec<SocketAddr>,
    certificates: Vec<(ListenerSettings, Arc<ArcSwap<ServerConfig>>)>,
    certificate_ends: CertificateEnds,
    /// Of the listeners with `acme = true`.
    ordered: Option<Arc<OrderedCertificate>>,
    store: Store,
    traffic: Arc<Traffic>,
    /// Of a gateway on a shared journal.
    carrier: Option<CarriedFiles>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Until a listener takes it.
    held: Option<HeldListener>,
}

/// Builds and starts every part.
pub(crate) async fn start(
    config: Config,
    demo: Option<Arc<dyn digue_console::Demo>>,
    purpose: StartPurpose,
) -> Result<RunningServer> {
    // A terminal does not stand by for another gateway's end.
    let candidate = candidate(&config.settings, Some(TURN_WAIT_MAX))?;
    let turn = JournalTurn::wait(candidate, std::future::pending()).await?;
    let turn = turn.expect("nothing stops this wait");
    start_on(turn, config, demo, purpose).await
}

/// `start`, on the journal that this process may write.
pub(crate) async fn start_on(
    turn: JournalTurn,
    config: Config,
    demo: Option<Arc<dyn digue_console::Demo>>,
    purpose: StartPurpose,
) -> Result<RunningServer> {
    let zone = TimeZone::get(&config.settings.time_zone)?;
    let clock = Arc::new(SystemClock::new(zone));
    start_at(turn, config, demo, purpose, clock).await
}

/// This gateway among those that share a journal; `None` where it is of one machine.
pub(crate) fn candidate(
    settings: &Settings,
    gives_up_after: Option<Duration>,
) -> Result<Option<GatewayCandidate>> {
    if !settings.journal.is_shared {
        return Ok(None);
    }
    tls::install();
    let folder = settings.data_folder.join("keys");
    let signer = keys::journal_signer(&folder, &settings.name)?;
    let alike = keys::alike(&folder, &settings.journal.master_key)?;
    let draw = keys::draw;
    Ok(turn::candidate(
        settings,
        signer,
        alike,
        draw,
        gives_up_after,
    ))
}

/// `start_on`, with another clock than the system's: the demonstration plays its year first.
pub(crate) async fn start_at(
    turn: JournalTurn,
    config: Config,
    demo: Option<Arc<dyn digue_console::Demo>>,
    purpose: StartPurpose,
    clock: Arc<dyn Clock>,
) -> Result<RunningServer> {
    // What is written from here on is persons, accounts and keys: for this user alone, whatever the
    // shell allows that started it. The packaged service says the same (`UMask=0077`).
    rustix::process::umask(Mode::from_raw_mode(0o077));
    // Before any TLS configuration is built, which takes the provider of the process.
    tls::install();
    let hosts = acme::hosts_of(&config);
    let Config {
        settings,
        maps,
        policies: policy_files,
        warnings: _,
    } = config;
    let zone = TimeZone::get(&settings.time_zone)?;
    std::fs::create_dir_all(&settings.data_folder)
        .with_context(|| settings.data_folder.display().to_string())?;

    // 1. The state: accounts, gates, sessions.
    // Before the journal: what the store remembers of its head decides whether it may be opened.
    let store = Store::open(&settings.store_url).await?;
    let set_aside = store.set_aside().await?.len();
    if set_aside > 0 {
        let hint = "see docs/decisions/0023, and delete them once they are dealt with";
        tracing::warn!(
            rows = set_aside,
            hint,
            "Rows that belong to nothing were set aside in `set_aside`"
        );
    }

    // 2. The journal: recovered, then read once for the index and the budgets.
    let keys_folder = settings.data_folder.join("keys");
    let signer = keys::journal_signer(&keys_folder, &settings.name)?;
    // Guards the index and its state, which the journal's thread writes and everyone reads.
    let journal_state = Arc::new(RwLock::new(JournalState::default()));
    let monitor = Arc::new(DetectionMonitor::new(watch_rules(
        &settings, &*clock, &maps,
    )));
    let disk = Disk::new(&settings.data_folder.join("journal"));
    let master = keys::master_key(&settings.journal.master_key)?;
    let keyring = Keyring::new(
        disk.clone(),
        master,
        settings.journal.period,
        Box::new(keys::draw),
    );
    // Before anything is written: an older copy of the folder must not be continued.
    journal_heads::must_continue(&disk, signer.verifier(), &settings.data_folder, &store).await?;
    let options = JournalOptions {
        disk,
        keyring,
        signer,
        queue_max: QUEUE_MAX,
        checkpoint_every: CHECKPOINT_EVERY,
        observer: Box::new(JournalIndexer {
            journal_state: journal_state.clone(),
            monitor: monitor.clone(),
            clock: clock.clone(),
        }),
    };
    let (journal, carrier) = turn.open(options, &settings.data_folder)?;
    let journal = Arc::new(journal);
    let carrier = carrier.map(CarriedFiles::new);
    let index_folder = IndexFolder::new(&settings.data_folder.join("index"));
    let (index, opening) = indexing::open(&index_folder, &journal, &mut |_| {})?;
    journal_state
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .index = index;

    let roots = tls::authorities(settings.upstream_authorities.as_deref())?;

    // 3. The app: rules as the store has them.
    let aliases = Arc::new(AliasTables::default());
    let secrets_key = keys::secrets_key(&keys_folder)?;
    let client = HttpClient::new(roots.clone(), Duration::from_secs(5));
    let retentions = Retentions {
        app: settings.journal.retention.clone(),
        portals: digue_config::retentions(&maps),
    };
    let subscribers: Vec<Box<dyn ActSubscriber>> = vec![Box::new(IncidentLog)];
    let areas = digue_app::areas(&store, aliases.clone(), subscribers).await?;
    let areas = digue_mail::areas(areas, settings.mail.as_ref(), Box::new(MailedInvitations))?;
    let evidence = EvidenceSettings {
        comparisons: comparisons::all(),
        retentions,
        witnesses: settings.journal.witnesses.clone(),
        client: Some(client.clone()),
        now: clock.now(),
    };
    let areas = digue_evidence::areas(areas, evidence);
    let identity = IdentitySettings {
        password: settings.password.clone(),
        providers: settings.providers.clone(),
        key: &secrets_key,
        console_url: &settings.console_url,
    };
    let areas = digue_identity::areas(areas, identity)?;
    let casework = CaseworkSettings {
        operator: response_rules(&settings, zone.clone()),
        alerts: settings.watch.alerts.clone(),
        lessons: Box::new(LessonMeasures),
    };
    let areas = digue_notices::areas(
        digue_casework::areas(areas, casework),
        settings.desk.clone(),
    );
    let areas = digue_administration::areas(areas, Arc::new(AddedRouteReader));
    let areas = digue_sources::areas(areas, settings.sources.clone(), Some(client.clone()));
    let areas = digue_provisioning::areas(areas, settings.scim.clone());
    let areas = digue_shared_signals::areas(areas, settings.signals.clone());
    let expected = settings
        .backup
        .as_ref()
        .map(|backup| backup.rules(zone.clone()));
    let areas = digue_compliance::areas(areas, settings.partners, expected);
    let areas = digue_selfservice::areas(areas);
    let areas = digue_privacy_acts::retention_counts::areas(areas);
    let app = Arc::new(
        App::new(AppParts {
            store: store.clone(),
            journal: journal.clone(),
            journal_state: journal_state.clone(),
            clock: clock.clone(),
            // Until `maps::policies_in_force`, which needs the app, sets the real ones; no listener
            // is open yet.
            policies: Policies::default(),
            policy_version: 0,
            session_limits: settings.sessions,
            proof_lasts: settings.proof_lasts,
            key: secrets_key,
            client: Some(client.clone()),
            index_folder: Some(index_folder),
            monitor: monitor.clone(),
            is_published: settings.journal.is_published,
            danger_asynchronous: settings.journal.is_shared && settings.journal.danger_asynchronous,
            data_folder: settings.data_folder.clone(),
            console_url: settings.console_url.clone(),
            portal_urls: digue_config::portal_urls(&maps),
            areas,
        })
        .await?,
    );

    // Only now, because witnesses are asked with the app's client; no act has been journalled yet.
    witnesses::must_continue(&app)
        .await
        .map_err(HeadError::from)?;

    // 4. The gateway, its budgets counted from the journal; a map that became wider waits. The
    //    demonstration writes its own map, with the random port of its portal, so that each start
    //    would look like a wider map.
    let maps = match demo {
        Some(_) => maps::danger_take_all(&app, maps).await?,
        None => maps::in_force(&app, maps).await?,
    };
    let policies = maps::policies_in_force(&app, policy_files).await?;
    let version = rules_version(&maps, &policies.texts);
    app.set_policies(policies.policies, version).await;
    let proxies = maps::proxies_in_force(&app, settings.proxies.clone()).await?;
    let ports = digue_config::public_ports(&maps, &settings.console_url);
    let retentions = Retentions {
        app: settings.journal.retention.clone(),
        portals: digue_config::retentions(&maps),
    };
    retention::set(&app, retentions);
    let (rules, sessions) = app.first_state().await?;
    let gateway = Gateway::new(GatewayParts {
        hosts: Hosts::new(portals_of(maps), vec![settings.console_host.clone()], ports),
        rules,
        sessions,
        recorder: Arc::new(JournalRecorder(journal.clone())),
        monitor: monitor.clone(),
        clock,
        aliases,
        pages: Arc::new(ConsolePages {
            router: digue_console::router(app.clone(), zone, demo),
            app: app.clone(),
        }),
        asserter: Asserter::new(&keys::identity_key(&keys_folder)?, &settings.name)?,
        upstream: HttpClient::new(roots, Duration::from_secs(5)),
        proxies,
        limits: gateway_limits(&settings),
    });
    // Before a listener opens: the first response must find the counts of the whole window.
    each_counted_exposure(&app, &mut |exposure| gateway.restore(exposure))?;
    let mut names = NameFiles::new(&settings.data_folder, keys::names_key(&keys_folder)?);
    names.read_all(&gateway)?;
    let portals: Vec<PortalId> = gateway
        .hosts()
        .portals()
        .map(|portal| portal.id.clone())
        .collect();
    let traffic = Arc::new(Traffic::open(&settings.data_folder, portals.into_iter()));
    gateway.observe_traffic(traffic.clone());
    if let Some(contact) = settings.contact.clone() {
        gateway.name_contact(contact);
    }
    gateway.add_to_caseloads_by(Arc::new(SourceLookUp::new(app.clone())));
    app.attach(gateway.clone());
    identity_cuts::restore(&app).await?;
    tables::load_kept(&app).await?;
    record_access::restore(&app).await?;
    additions::restore(&app).await?;
    assessment::refresh(&app).await?;
    app.note(Act::Started, Subject::Rules(version)).await?;
    if let Some(cause) = opening.rebuilt {
        app.note(Act::IndexRebuilt, Subject::Other(cause)).await?;
    }

    // Detection rebuilds its memory while requests are served; until then a fresh engine monitors
    // responses.
    remember(&app, &journal);
    containment::recall_closings(&app).await?;

    // Open incidents are followed again.
    incidents::follow_open(&app).await?;
    digue_notices::after_a_start(&app).await?;

    // 5. The listeners, last: everything that a request needs is ready.
    let (stop, stopping) = watch::channel(false);
    let certificate_ends = CertificateEnds::default();
    let ordered = OrderedCertificate::of(&settings, hosts, client, certificate_ends.clone());
    if let Some(ordered) = &ordered {
        ordered.show_proofs_at(&gateway);
    }
    let mut running = RunningServer {
        app,
        journal,
        addresses: Vec::new(),
        certificates: Vec::new(),
        certificate_ends,
        ordered,
        store,
        traffic,
        carrier,
        stop,
        tasks: Vec::new(),
        held: HeldListener::of_environment().context("standard input is no socket")?,
    };
    for listener in &settings.listeners {
        running
            .open(listener, &gateway, &stopping, &settings)
            .await?;
    }
    // Connections would wait in its queue for ever.
    if let Some(held) = &running.held {
        anyhow::bail!("no listener is {}, which is held", held.address());
    }
    if let Some(address) = settings.monitoring {
        running.open_monitoring(address, &stopping).await?;
    }
    running.tasks.push(tokio::spawn(
        gateway
            .connections()
            .clone()
            .keep_checking(stopping.clone()),
    ));
    running.tasks.push(tokio::spawn(write_counted(
        gateway.clone(),
        stopping.clone(),
    )));
    running
        .tasks
        .push(tokio::spawn(settle_budgets(gateway, stopping.clone())));
    if let Some(found) = monitor.take_found() {
        running.tasks.push(tokio::spawn(respond(
            running.app.clone(),
            found,
            stopping.clone(),
        )));
    }
    if purpose == StartPurpose::OneAct {
        return Ok(running);
    }
    running.follow_names(names, &stopping);
    running.store_traffic(&stopping);
    if let Some(listener) = traffic_listener::open(&running.app, &settings.data_folder) {
        let parts = (running.app.clone(), running.traffic.clone());
        let readers = traffic_listener::serve(listener, parts.0, parts.1, stopping.clone());
        running.tasks.push(tokio::spawn(readers));
    }
    running.keep_up(&settings, &stopping);
    Ok(running)
}

/// Makes detection read its memory of all accounts from the journal again, while requests are
/// served.
fn remember(app: &Arc<App>, journal: &Journal) {
    app.monitor().begin_remembering();
    let known = app.view().entry_since(app.clock().now().minus(MEMORY))..journal.status().size;
    let remembering = app.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = remembering.remember(known) {
            tracing::error!(%error, "Detection could not rebuild all of its memory; it runs with less");
        }
    });
}

/// Portals whose rules are only tried.
fn observed(hosts: &Hosts) -> BTreeSet<PortalId> {
    let observed = hosts
        .portals()
        .filter(|portal| portal.mode.enforcement().is_none());
    observed.map(|portal| portal.id.clone()).collect()
}

impl RunningServer {
    async fn open(
        &mut self,
        listener: &ListenerSettings,
        gateway: &Gateway,
        stopping: &watch::Receiver<bool>,
        settings: &Settings,
    ) -> Result<()> {
        let ordered = self.ordered.as_ref().filter(|_| listener.has_acme());
        let certificate = match (&listener.tls, ordered) {
            // Its certificate changes by itself.
            (Some(_), Some(ordered)) => Some(ordered.server_config()),
            (Some(files), None) => Some(tls::server_config(files)?),
            (None, _) => None,
        };
        let certificate = certificate.map(|config| Arc::new(ArcSwap::new(config)));
        let held = self.held.take_if(|held| held.serves(listener.address));
        let bound = match held {
            Some(held) => Listener::held(held.into_socket(), certificate.clone()),
            None => Listener::bind(listener.address, certificate.clone()).await,
        };
        let bound = bound.with_context(|| listener.address.to_string())?;
        self.addresses.push(bound.local_address()?);
        if let Some(files) = &listener.tls {
            self.certificate_ends
                .note(listener.address, files, self.app.clock().now());
        }
        if let Some(certificate) = certificate {
            self.certificates.push((listener.clone(), certificate));
        }
        let (gateway, stopping, grace) = (
            gateway.clone(),
            stopping.clone(),
            settings.limits.stop_grace,
        );
        self.tasks.push(tokio::spawn(async move {
            bound.serve(gateway, stopping, grace).await
        }));
        Ok(())
    }

    /// Opens the listener for programs that watch Digue.
    async fn open_monitoring(
        &mut self,
        address: SocketAddr,
        stopping: &watch::Receiver<bool>,
    ) -> Result<()> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| address.to_string())?;
        tracing::info!(address = %listener.local_addr()?, "Readiness and figures");
        let (app, stopping, ends) = (
            self.app.clone(),
            stopping.clone(),
            self.certificate_ends.clone(),
        );
        self.tasks.push(tokio::spawn(monitoring::serve(
            app, ends, listener, stopping,
        )));
        Ok(())
    }

    /// Applies new maps, policies and certificates; connections stay. Listeners, folders and the
    /// store change at a restart only.
    pub(crate) async fn reload(&self, config: Config) -> Result<()> {
        let hosts = acme::hosts_of(&config);
        let Config {
            settings,
            maps,
            policies: policy_files,
            warnings: _,
        } = config;
        let maps = maps::in_force(&self.app, maps).await?;
        let retentions = digue_config::retentions(&maps);
        let policies = maps::policies_in_force(&self.app, policy_files).await?;
        let version = rules_version(&maps, &policies.texts);
        if let Some(ordered) = &self.ordered {
            ordered.reload(hosts, self.app.clone()).await;
        }
        let of_files = self.certificates.iter();
        for (listener, certificate) in of_files.filter(|(listener, _)| !listener.has_acme()) {
            let files = settings
                .listeners
                .iter()
                .find(|known| known.address == listener.address);
            if let Some(files) = files.and_then(|known| known.tls.as_ref()) {
                certificate.store(tls::server_config(files)?);
                self.certificate_ends
                    .note(listener.address, files, self.app.clock().now());
            }
        }
        let ports = digue_config::public_ports(&maps, &settings.console_url);
        let hosts = Hosts::new(portals_of(maps), vec![settings.console_host.clone()], ports);
        let gateway = self.app.gateway();
        let is_other_watch = observed(&hosts) != observed(&gateway.hosts());
        let retentions = Retentions {
            app: settings.journal.retention,
            portals: retentions,
        };
        retention::set(&self.app, retentions);
        let unread = std::cell::RefCell::new(None);
        gateway.set_hosts(hosts, &|take| {
            if let Err(error) = each_counted_exposure(&self.app, &mut |exposure| take(exposure)) {
                unread.replace(Some(error));
            }
        });
        // The closure cannot fail; its error is taken out here, before anything enforces rules with
        // counts of zero.
        if let Some(error) = unread.into_inner() {
            return Err(error);
        }
        self.app.set_policies(policies.policies, version).await;
        if is_other_watch {
            // What a trial taught counts from the moment at which rules are enforced.
            remember(&self.app, &self.journal);
        }
        tables::load_kept(&self.app).await?;
        self.app
            .note(Act::Configured, Subject::Rules(version))
            .await?;
        Ok(())
    }

    /// Finishes requests in progress, then stops every part, the journal last.
    pub(crate) async fn stop(self) -> Result<()> {
        // Pages with live refresh never end by themselves: without this, every stop would last the
        // whole grace period.
        self.app.close_streams();
        self.stop.send_replace(true);
        // A task that failed must not keep the journal from being closed: it is reported at the
        // end.
        let mut failure = None;
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "A task failed; stopping goes on");
                failure.get_or_insert(error);
            }
        }
        if !self.app.gateway().finish_entries(ENTRIES_WAIT_MAX).await {
            tracing::error!(
                "Some responses where rules are only tried have no entry; stopping without them"
            );
        }
        if let Err(error) = gaps::journal_due(&self.app).await {
            tracing::error!(%error, "The journal cannot be told which entries are missing; the log has them");
        }
        if let Err(error) = store_apart(self.traffic).await {
            tracing::warn!(%error, "The last minute of traffic is missing in reports on the maps");
        }
        // After the listeners have stopped: no request can add to these counts any more.
        self.app.gateway().record_counted_refusals(true).await;
        self.app.note(Act::Stopped, Subject::Nothing).await?;
        // The next gateway reads them; the lease is given back with the journal.
        if let Some(carrier) = &self.carrier {
            carrier.share_changed().await;
        }
        // App and gateway hold each other, so neither is ever dropped: journal and index are closed
        // by name.
        let (journal, app) = (self.journal, self.app.clone());
        tokio::task::spawn_blocking(move || {
            journal.close();
            app.close_index();
        })
        .await?;
        // The last checkpoint now covers every entry.
        journal_heads::remember(&self.app).await?;
        self.store.close().await;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Passes the exposures that budgets may count: those of the longest window.
fn each_counted_exposure(app: &App, take: &mut dyn FnMut(&Exposure)) -> Result<()> {
    let since = app.clock().now().minus(SlidingWindow::Month.length());
    let first = app.view().entry_since(since);
    app.each_entry(first, &mut |event| {
        if let Event::Exposure(exposure) = &event {
            take(exposure);
        }
    })?;
    Ok(())
}
