//! An application in memory, with a clock that the test sets.

use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use digue_access::{Membership, Policies, Role, SessionLimits};
use digue_app::alias_tables::AliasTables;
use digue_app::recorder::{JournalIndexer, JournalRecorder, JournalState};
use digue_app::{ActSubscriber, Actor, App, AppParts, CommittedAct};
use digue_backup_acts::backups::BackupRules;
use digue_casework::CaseworkSettings;
use digue_casework::alerts::AlertRules;
use digue_casework::incidents::IncidentLog;
use digue_casework::operator::OperatorRules;
use digue_compliance::isms::LessonMeasures;
use digue_compliance::space::PartnerRules;
use digue_config::added_routes::AddedRouteReader;
use digue_connections::client_address::TrustedProxies;
use digue_evidence::EvidenceSettings;
use digue_evidence::retention::Retentions;
use digue_evidence::witnesses::WitnessRules;
use digue_gateway::identity::Asserter;
use digue_gateway::ports::{Clock, LocalPages};
use digue_gateway::{Gateway, GatewayParts, Hosts};
use digue_http::body::Body;
use digue_http::client::HttpClient;
use digue_identity::IdentitySettings;
use digue_identity::invitations::MailedInvitations;
use digue_identity::password::PasswordRules;
use digue_journal::disk::{Disk, Faults};
use digue_journal::keyring::OpenedKeyring;
use digue_journal::note::Signer;
use digue_journal::{Journal, JournalOptions, reader};
use digue_mail::{MailSettings, Protection};
use digue_notices::desk::DeskRules;
use digue_provisioning::ProvisioningRules;
use digue_selfservice::comparisons;
use digue_shared_signals::SignalRules;
use digue_sources::SourceRules;
use digue_store::Store;
use digue_types::{AccountId, Act, Event, OrganisationId, Timestamp};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

pub(crate) const CONSOLE: &str = "https://digue.test";
pub(crate) const CONSOLE_HOST: &str = "digue.test";
pub(crate) const PORTAL_HOST: &str = "portail.test";

/// Paris, insured: the clocks of a French operator.
fn home_rules() -> OperatorRules {
    OperatorRules {
        zone: jiff::tz::TimeZone::get("Europe/Paris").expect("a zone"),
        is_insured: true,
        ..Default::default()
    }
}

/// A clock that the test sets.
pub(crate) struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn local(&self, _: Timestamp) -> (i64, i64) {
        (10, 2)
    }
}

impl ManualClock {
    pub(crate) fn pass(&self, time: Duration) {
        self.0
            .fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

/// What happens while an act is being carried out: after its entry is durable, before it is stored.
type Interruption = Box<dyn for<'a> FnOnce(&'a App) -> BoxFuture<'a, ()> + Send>;

/// Lets a test do something in the middle of an act, once.
#[derive(Clone, Default)]
struct Interruptions(Arc<Mutex<Option<(Act, Interruption)>>>);

impl ActSubscriber for Interruptions {
    fn committed<'a>(&'a self, app: &'a App, act: CommittedAct<'a>) -> BoxFuture<'a, ()> {
        let mut planned = self.0.lock().unwrap();
        let is_its = planned
            .as_ref()
            .is_some_and(|(wanted, _)| *wanted == act.act);
        match planned.take_if(|_| is_its) {
            Some((_, interrupt)) => interrupt(app),
            None => Box::pin(async {}),
        }
    }
}

/// Options that differ from the defaults.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) password: Option<PasswordRules>,
    pub(crate) mail: Option<MailSettings>,
    /// Other systems that get findings; with a webhook the app has an HTTP client.
    pub(crate) alerts: AlertRules,
    /// Keeps the state in a file, as in operation.
    pub(crate) on_disk: bool,
    pub(crate) desk: DeskRules,
    /// Makes the journal's disk fail.
    pub(crate) faults: Option<Arc<dyn Faults>>,
    /// Backups that the operator configured.
    pub(crate) backups: Option<BackupRules>,
    pub(crate) sources: Vec<SourceRules>,
    /// The operator's directory.
    pub(crate) scim: Option<ProvisioningRules>,
    /// Streams of events; with one the app has an HTTP client.
    pub(crate) signals: SignalRules,
}

/// A client for other services; it trusts no certificate.
fn client() -> HttpClient {
    HttpClient::new(rustls::RootCertStore::empty(), Duration::from_secs(1))
}

/// Mail is sent to this inbox, unencrypted: it is on this machine.
pub(crate) fn mail_to(mailbox: &digue_testkit::Mailbox) -> MailSettings {
    MailSettings {
        host: "127.0.0.1".to_owned(),
        port: mailbox.address.port(),
        protection: Protection::DangerNone,
        user: None,
        password: None,
        from: "digue@exemple.fr".to_owned(),
        dkim: None,
        returns: None,
    }
}

/// An application and the parts that must live as long as it.
pub(crate) struct Home {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    journal: Arc<Journal>,
    disk: Disk,
    pub(crate) store: Store,
    folder: tempfile::TempDir,
    interruptions: Interruptions,
}

impl Home {
    pub(crate) async fn open() -> Self {
        Self::with(Plan::default()).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock(AtomicI64::new(1_763_812_800_000_000)));
        let journal_state: Arc<RwLock<JournalState>> = Arc::default();
        let disk = match plan.faults {
            Some(faults) => Disk::with_faults(folder.path(), faults),
            None => Disk::new(folder.path()),
        };
        let journal = Arc::new(
            Journal::open(JournalOptions {
                keyring: digue_testkit::keys::keyring(&disk),
                disk: disk.clone(),
                signer: Signer::from_seed("digue.test", &[1; 32]).unwrap(),
                queue_max: 64,
                checkpoint_every: Duration::from_millis(10),
                observer: Box::new(JournalIndexer {
                    journal_state: journal_state.clone(),
                    monitor: digue_app::monitor::unattended(),
                    clock: clock.clone(),
                }),
            })
            .unwrap(),
        );
        let aliases = Arc::new(AliasTables::default());
        let interruptions = Interruptions::default();
        let url = match plan.on_disk {
            true => format!("sqlite:{}", folder.path().join("state.db").display()),
            false => "sqlite::memory:".to_owned(),
        };
        let store = Store::open(&url).await.unwrap();
        const KEY: [u8; 32] = [7; 32];
        let subscribers: Vec<Box<dyn ActSubscriber>> =
            vec![Box::new(IncidentLog), Box::new(interruptions.clone())];
        let areas = digue_app::areas(&store, aliases.clone(), subscribers)
            .await
            .unwrap();
        let areas =
            digue_mail::areas(areas, plan.mail.as_ref(), Box::new(MailedInvitations)).unwrap();
        let evidence = EvidenceSettings {
            comparisons: comparisons::all(),
            retentions: Retentions::default(),
            witnesses: WitnessRules::default(),
            client: None,
            now: clock.now(),
        };
        let areas = digue_evidence::areas(areas, evidence);
        let identity = IdentitySettings {
            password: plan.password,
            providers: Vec::new(),
            key: &KEY,
            console_url: CONSOLE,
        };
        let areas = digue_identity::areas(areas, identity).unwrap();
        let casework = CaseworkSettings {
            operator: home_rules(),
            alerts: plan.alerts.clone(),
            lessons: Box::new(LessonMeasures),
        };
        let areas = digue_notices::areas(digue_casework::areas(areas, casework), plan.desk);
        let areas = digue_administration::areas(areas, Arc::new(AddedRouteReader));
        let areas = digue_sources::areas(areas, plan.sources, None);
        let areas = digue_provisioning::areas(areas, plan.scim);
        let has_streams = !plan.signals.receive.is_empty();
        let areas = digue_shared_signals::areas(areas, plan.signals);
        let areas = digue_compliance::areas(areas, PartnerRules::default(), plan.backups);
        let areas = digue_selfservice::areas(areas);
        let areas = digue_privacy_acts::retention_counts::areas(areas);
        let app = App::new(AppParts {
            monitor: digue_app::monitor::unattended(),
            store: store.clone(),
            client: (has_streams || plan.alerts.webhook.is_some()).then(client),
            index_folder: None,
            is_published: false,
            danger_asynchronous: false,
            journal: journal.clone(),
            journal_state,
            clock: clock.clone(),
            policies: Policies::default(),
            policy_version: 1,
            session_limits: SessionLimits::default(),
            proof_lasts: Duration::from_mins(5),
            key: KEY,
            data_folder: folder.path().to_owned(),
            console_url: CONSOLE.to_owned(),
            portal_urls: vec![(PORTAL_HOST.to_owned(), format!("https://{PORTAL_HOST}"))],
            areas,
        })
        .await
        .unwrap();
        let (rules, sessions) = app.first_state().await.unwrap();
        let random = ring::rand::SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        app.attach(Gateway::new(GatewayParts {
            monitor: Arc::new(digue_gateway::ports::NoMonitor),
            hosts: Hosts::new(vec![], vec![CONSOLE_HOST.to_owned()], []),
            rules,
            sessions,
            recorder: Arc::new(JournalRecorder(journal.clone())),
            clock: clock.clone(),
            aliases,
            pages: Arc::new(NoPages),
            asserter: Asserter::new(key.as_ref(), "digue.test").unwrap(),
            upstream: client(),
            proxies: TrustedProxies::default(),
            limits: digue_gateway::GatewayLimits::default(),
        }));
        Self {
            app,
            clock,
            journal,
            disk,
            store,
            folder,
            interruptions,
        }
    }

    /// Does something when the next such act is durable and not yet stored.
    pub(crate) fn interrupt(
        &self,
        act: Act,
        interrupt: impl for<'a> FnOnce(&'a App) -> BoxFuture<'a, ()> + Send + 'static,
    ) {
        *self.interruptions.0.lock().unwrap() = Some((act, Box::new(interrupt)));
    }

    /// True when the interruption has taken place.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.interruptions.0.lock().unwrap().is_none()
    }

    /// Changes the database of a running Digue by other means; returns the number of changed rows.
    pub(crate) fn change_beside(&self, sql: &str) -> u64 {
        #[expect(clippy::disallowed_methods, reason = "./test says where its Python is")]
        let home = std::env::var("DIGUE_TEST_PYTHON");
        let python = home.map_or("python3".to_owned(), |home| format!("{home}/bin/python"));
        let script = "import sqlite3, sys\nbase = sqlite3.connect(sys.argv[1], timeout=30)\n\
                      rows = base.execute(sys.argv[2]).rowcount\nbase.commit()\nprint(max(rows, 0))";
        let file = self.folder().join("state.db");
        let done = Command::new(python)
            .arg("-c")
            .arg(script)
            .arg(file)
            .arg(sql)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    pub(crate) async fn with_address(&self, account: &str, address: &str) {
        let account = AccountId::parse(account).unwrap();
        self.store.save_contact(&account, address).await.unwrap();
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the address of an account's holder.
    pub(crate) async fn contact(&self, account: &AccountId, email: &str) {
        self.store.save_contact(account, email).await.unwrap();
    }

    /// The date this many days from now.
    pub(crate) fn today(&self, days: i64) -> String {
        let today = digue_compliance::isms::now(&self.app).today;
        today
            .checked_add(jiff::Span::new().days(days))
            .unwrap()
            .to_string()
    }

    pub(crate) async fn account(&self, name: &str, role: Role) -> AccountId {
        let id = AccountId::parse(name).unwrap();
        let organisation = OrganisationId::parse("of-1").unwrap();
        let membership = Membership { organisation, role };
        digue_app::directory::save(&self.app, &Actor::digue(), vec![(id.clone(), membership)])
            .await
            .unwrap();
        id
    }

    /// Records that `account` was shown these persons, and waits for a checkpoint over the entry.
    pub(crate) async fn show(&self, account: &str, persons: &[&str]) {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let events = persons.iter().map(|person| {
            let number = NUMBER.fetch_add(1, Ordering::SeqCst);
            digue_testkit::events::shown(number, account, person)
        });
        self.append(events.collect()).await;
        self.settled().await;
    }

    /// Appends events and waits until they are durable.
    pub(crate) async fn append(&self, events: Vec<Event>) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.journal.append(events, move |result| {
            let _ = sender.send(result.is_ok());
        });
        assert!(receiver.await.unwrap());
    }

    /// Waits for a checkpoint over all entries.
    pub(crate) async fn settled(&self) {
        while self.journal.status().checkpoint_size < self.journal.status().size {
            tokio::task::yield_now().await;
        }
    }

    /// Ends the journal: whatever is to be written from then on is refused.
    pub(crate) fn close_journal(&self) {
        self.journal.close();
    }

    /// The acts of the journal with their subjects.
    pub(crate) fn acts(&self) -> Vec<(Act, String)> {
        self.close_journal();
        // Here alone the keys of the journal and of backups' results share a folder.
        let results = self.app.data_folder().join("keys/results.key");
        if let Err(error) = std::fs::remove_file(results) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
        let size = self.journal.status().size;
        let keyring = digue_testkit::keys::reading(&self.disk);
        let all = reader::entries(&self.disk, 0..size, size).unwrap();
        let acts = all
            .iter()
            .filter_map(|bytes| match keyring.open(bytes).unwrap() {
                OpenedKeyring::Event(Event::Administration(act)) => {
                    Some((act.act, act.subject.to_string()))
                }
                _ => None,
            });
        acts.collect()
    }
}

/// A console without pages.
pub(crate) struct NoPages;

impl LocalPages for NoPages {
    fn respond(&self, _: Request<Body>) -> digue_gateway::ports::BoxFuture<Response<Body>> {
        Box::pin(async { Response::new(digue_http::body::empty()) })
    }
}
