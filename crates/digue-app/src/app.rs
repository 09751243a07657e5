//! The application: what every operation works with, and how it is built.
//!
//! It holds no rule and no state of any area: authorisation and validation belong to the operation
//! that calls it, and what an area keeps is found by its type (`App::area`).
//!
//! Lock order of the async locks: `LoadLock`, `CredentialLock`, `AccountSaveLock`, `rules`; then
//! those of registers and of requests of persons, under which no async lock is taken. The std locks
//! are never held across an `await`; their order is `journalled`, `journal_state`, and then all
//! others, under which none is taken.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use digue_access::{ApiKeys, Policies, SessionLimits, Snapshot};
use digue_exposure::{IndexError, IndexView};
use digue_gateway::Gateway;
use digue_gateway::ports::Clock;
use digue_http::client::HttpClient;
use digue_journal::Journal;
use digue_journal::keyring::OpenedKeyring;
use digue_store::{Store, live_break_glass};
use digue_types::{AccountId, Event};
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::areas::{Area, Areas};
use crate::class_sights::ClassSights;
use crate::error::OperationError;
use crate::indexing::{IndexFolder, Rebuilder};
use crate::monitor::DetectionMonitor;
use crate::recorder::JournalState;

/// The parts that an `App` is built from.
pub struct AppParts {
    pub store: Store,
    pub journal: Arc<Journal>,
    pub journal_state: Arc<RwLock<JournalState>>,
    pub clock: Arc<dyn Clock>,
    pub policies: Policies,
    /// Changes with the text of maps and policies.
    pub policy_version: u64,
    pub session_limits: SessionLimits,
    /// Sensitive acts require a proof of identity no older than this.
    pub proof_lasts: Duration,
    /// Seals and hashes secrets, so that a copy of the database alone does not reveal them.
    pub key: [u8; 32],
    /// The HTTP client for witnesses and other services; without it none of them is contacted.
    pub client: Option<HttpClient>,
    /// Detection, which the gateway consults before each response leaves.
    pub monitor: Arc<DetectionMonitor>,
    /// True when the checkpoint and the tiles are public.
    pub is_published: bool,
    /// True when the journal's database may lose what it acknowledged: said on every page.
    pub danger_asynchronous: bool,
    /// Where the index is rebuilt; `None` keeps it in memory.
    pub index_folder: Option<IndexFolder>,
    /// Where caseload files and alias tables are kept.
    pub data_folder: PathBuf,
    /// Scheme, host and port under which people reach the console: `https://digue.exemple.fr`.
    pub console_url: String,
    /// The same for each portal, as (host, URL).
    pub portal_urls: Vec<(String, String)>,
    /// What each area of operations keeps between calls.
    pub areas: Areas,
}

/// The running Digue, shared by the console, the command line and the background tasks.
pub struct App {
    store: Store,
    journal: Arc<Journal>,
    // Guards the exposure index and the last checkpoint. The journal's own thread takes it for
    // writing at each commit and then, while holding it, the monitor's lock: never take it with the
    // monitor's lock held.
    journal_state: Arc<RwLock<JournalState>>,
    rebuilder: Rebuilder,
    monitor: Arc<DetectionMonitor>,
    client: Option<HttpClient>,
    is_published: bool,
    danger_asynchronous: bool,
    clock: Arc<dyn Clock>,
    // The next rules to publish. Each change is made and published under this lock, which is the
    // last async lock and may be held while an act is journalled (`gates`): no subscriber of acts
    // may take it. Readers use the published copy, `gateway().rules()`, and wait for no one.
    rules: Mutex<Snapshot>,
    gateway: OnceLock<Gateway>,
    session_limits: SessionLimits,
    proof_lasts: Duration,
    key: [u8; 32],
    data_folder: PathBuf,
    reload_wanted: Notify,
    is_closing: AtomicBool,
    console_url: String,
    portal_urls: Vec<(String, String)>,
    areas: Areas,
}

impl App {
    /// Reads the state and prepares the rules; the gateway is attached by `attach`.
    pub async fn new(parts: AppParts) -> Result<Self, OperationError> {
        let now = parts.clock.now();
        let break_glass = live_break_glass(&parts.store.break_glass().await?, now);
        let version = parts.store.caseload_version().await?;
        let rules = Snapshot {
            caseloads: std::collections::HashMap::new(),
            caseload_version: version.unwrap_or(0),
            directory: Arc::new(parts.store.accounts().await?.into_iter().collect()),
            gates: Arc::new(parts.store.gate_table().await?),
            policies: Arc::new(parts.policies),
            policy_version: parts.policy_version,
            break_glass: Arc::new(break_glass),
            reductions: Arc::new(parts.store.reductions(now).await?),
            keys: Arc::new(stored_keys(&parts.store).await?),
            // Filled before the listeners open.
            postures: Arc::default(),
            passkey_holders: Arc::new(parts.store.passkey_counts().await?.into_keys().collect()),
            additions: std::collections::HashMap::new(),
            // All three are read before the listeners open; until then classes are not known.
            classes: std::collections::HashMap::new(),
            agreements: Arc::default(),
        };
        Ok(Self {
            store: parts.store,
            journal: parts.journal,
            journal_state: parts.journal_state,
            rebuilder: Rebuilder::new(parts.index_folder),
            monitor: parts.monitor,
            client: parts.client,
            is_published: parts.is_published,
            danger_asynchronous: parts.danger_asynchronous,
            clock: parts.clock,
            rules: Mutex::new(rules),
            gateway: OnceLock::new(),
            session_limits: parts.session_limits,
            proof_lasts: parts.proof_lasts,
            key: parts.key,
            data_folder: parts.data_folder,
            reload_wanted: Notify::new(),
            is_closing: AtomicBool::new(false),
            console_url: parts.console_url,
            portal_urls: parts.portal_urls,
            areas: parts.areas,
        })
    }

    /// What an area keeps between calls.
    ///
    /// # Panics
    /// When the area is not among the parts: the program was put together without it.
    pub fn area<A: Area>(&self) -> &A {
        self.areas.get()
    }

    /// Attaches the gateway.
    ///
    /// # Panics
    /// When called twice.
    pub fn attach(&self, gateway: Gateway) {
        assert!(
            self.gateway.set(gateway).is_ok(),
            "the gateway is attached once"
        );
    }

    /// The state in the database. Operations use it; the console does not.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The journal. Operations use it; the console does not.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Seals and hashes secrets.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    pub fn session_limits(&self) -> SessionLimits {
        self.session_limits
    }

    /// Where caseload files and alias tables are kept.
    pub fn data_folder(&self) -> &Path {
        &self.data_folder
    }

    pub fn gateway(&self) -> &Gateway {
        // Set later than the rest: the gateway is built from the console's pages, which hold this
        // app.
        self.gateway
            .get()
            .expect("`attach` is called at start, before the first operation")
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The index and the state of the journal. Do not hold it across slow work: the journal's next
    /// commit waits for it. `view` copies what a long question needs.
    pub fn journal_state(&self) -> RwLockReadGuard<'_, JournalState> {
        self.journal_state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The index as it is now, for long questions: holds no lock and does not change.
    pub fn view(&self) -> IndexView {
        self.journal_state().index.view()
    }

    /// Rebuilds the index from the journal in the background; the old one answers meanwhile.
    pub fn rebuild_index(&self) {
        self.rebuilder.start(&self.journal, &self.journal_state);
    }

    /// Calls `take` with each event of the journal from entry `first` on. Entries whose period key
    /// was destroyed are left out.
    pub fn each_entry(
        &self,
        first: u64,
        take: &mut dyn FnMut(Event),
    ) -> Result<(), OperationError> {
        let read = self.journal.each(first, &mut |_, opened| {
            if let OpenedKeyring::Event(event) = opened {
                take(event);
            }
        });
        read.map_err(|error| OperationError::Unavailable(error.to_string()))
    }

    /// Rebuilds the memory of detection from these entries of the journal.
    pub fn remember(&self, entries: std::ops::Range<u64>) -> Result<(), OperationError> {
        let gates = self.gateway().rules().gates.clone();
        let is_open = |account: &str| {
            AccountId::parse(account).is_ok_and(|account| {
                // Only a closed gate stops work: an account that continues behind a step-up stays
                // monitored.
                gates.of(&digue_access::Reach::Account(account)) != digue_types::Gate::Closed
            })
        };
        let past = RefCell::new(ClassSights::default());
        let read = |take: &mut dyn FnMut(Event)| {
            let read = self.journal.each(entries.start, &mut |index, opened| {
                if let OpenedKeyring::Event(event) = opened
                    && index < entries.end
                {
                    if let Event::Exposure(exposure) = &event {
                        past.borrow_mut().note(index, exposure);
                    }
                    take(event);
                }
            });
            read.map_err(|error| OperationError::Unavailable(error.to_string()))
        };
        let hosts = self.gateway().hosts();
        let is_observed = |portal: &digue_types::PortalId| {
            hosts
                .portal(portal)
                .is_some_and(|portal| portal.mode.enforcement().is_none())
        };
        self.monitor
            .remember(&read, &is_open, &is_observed, self.clock.now())?;
        let mut state = self
            .journal_state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Detection reads the journal again when a trial ends: what was read once is known.
        if !state.class_sights.is_complete() {
            state.class_sights.complete(past.into_inner());
        }
        Ok(())
    }

    /// Writes the index to its folder at shutdown, so that the next start reads only newer entries.
    pub fn close_index(&self) {
        self.journal_state
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .index
            .close();
    }

    /// Marks the index as not to be used at the next start. To be called before period keys are
    /// destroyed.
    pub fn mark_index_stale(&self) -> Result<(), OperationError> {
        self.rebuilder
            .mark_stale()
            .map_err(|error| OperationError::Unavailable(error.to_string()))
    }

    /// The detection that the gateway consults.
    pub fn monitor(&self) -> &DetectionMonitor {
        &self.monitor
    }

    /// Scheme, host and port of every portal: the pages that may frame a person's own list.
    pub fn portal_origins(&self) -> Vec<String> {
        self.portal_urls
            .iter()
            .map(|(_, url)| url.clone())
            .collect()
    }

    /// The public addresses: the console's and each portal's.
    pub fn public_urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.console_url.as_str())
            .chain(self.portal_urls.iter().map(|(_, url)| url.as_str()))
    }

    /// The client for other services over HTTP; `None` where nothing may be contacted.
    pub fn client(&self) -> Option<&HttpClient> {
        self.client.as_ref()
    }

    /// True when the journal's checkpoint and tiles are public.
    pub fn is_published(&self) -> bool {
        self.is_published
    }

    /// True when the journal's database may lose what it acknowledged.
    pub fn danger_asynchronous(&self) -> bool {
        self.danger_asynchronous
    }

    /// True while the index is being rebuilt.
    pub fn is_rebuilding(&self) -> bool {
        self.rebuilder.is_running()
    }

    /// An answer of the index. A damaged index is rebuilt, and the question fails until then: an
    /// answer from the intact part would pass for a complete one.
    pub fn answered<T>(&self, answer: Result<T, IndexError>) -> Result<T, OperationError> {
        answer.map_err(|error| {
            tracing::error!(%error, "Exposure index query failed; the index is rebuilt if it is damaged");
            if matches!(error, IndexError::Damaged(_)) {
                self.rebuild_index();
            }
            OperationError::Unavailable(error.to_string())
        })
    }

    pub fn journal_status(&self) -> digue_journal::journal::JournalStatus {
        self.journal.status()
    }

    /// The first entry of the journal that has not been pruned.
    pub fn journal_minimum(&self) -> u64 {
        self.journal.minimum()
    }

    pub fn console_url(&self) -> &str {
        &self.console_url
    }

    /// How long a proof of identity counts as fresh.
    pub fn proof_lasts(&self) -> Duration {
        self.proof_lasts
    }

    /// The console's host name, without scheme and port.
    pub fn console_host(&self) -> &str {
        let rest = self
            .console_url
            .split_once("://")
            .map_or(self.console_url.as_str(), |(_, rest)| rest);
        rest.split([':', '/']).next().unwrap_or_default()
    }

    /// The address under which people reach this host.
    pub fn url_of(&self, host: &str) -> Option<&str> {
        if self.console_host() == host {
            return Some(&self.console_url);
        }
        self.portal_urls
            .iter()
            .find(|(known, _)| known == host)
            .map(|(_, url)| url.as_str())
    }

    /// The next rules, to be changed and published while the guard is held.
    pub async fn rules(&self) -> MutexGuard<'_, Snapshot> {
        self.rules.lock().await
    }

    /// Publishes the rules: the next request and every stream in flight obey them. The caller holds
    /// the guard of `rules`, so that publications happen in the order of the changes.
    pub fn publish(&self, rules: &Snapshot) {
        // Before `attach` there is nothing to publish to: `first_state` hands the rules to the
        // gateway.
        if let Some(gateway) = self.gateway.get() {
            gateway.set_rules(rules.clone());
        }
    }

    /// Replaces policies, as a reload does.
    pub async fn set_policies(&self, policies: Policies, version: u64) {
        let mut rules = self.rules().await;
        rules.policies = Arc::new(policies);
        rules.policy_version = version;
        self.publish(&rules);
    }

    /// Publishes whether an account has a passkey, after one was added or all were removed.
    ///
    /// # Errors
    /// The store cannot say.
    pub async fn passkeys_changed(&self, account: &AccountId) -> Result<(), OperationError> {
        let mut rules = self.rules().await;
        // Read under the guard: of two changes at once, the later one publishes what both made.
        let is_holder = !self.store.passkeys_of(account).await?.is_empty();
        if rules.passkey_holders.contains(account) != is_holder {
            let holders = Arc::make_mut(&mut rules.passkey_holders);
            match is_holder {
                true => holders.insert(account.clone()),
                false => holders.remove(account),
            };
            self.publish(&rules);
        }
        Ok(())
    }

    /// From now on nothing that goes on by itself is kept open.
    pub fn close_streams(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
    }

    pub fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    /// Signals that the files must be read again, because wider rules were approved.
    pub fn want_reload(&self) {
        // A permit is kept until it is taken: a request that comes while the files are being read
        // is not lost.
        self.reload_wanted.notify_one();
    }

    /// Resolves when the files must be read again.
    pub async fn reload_wanted(&self) {
        self.reload_wanted.notified().await;
    }
}

/// The stored version of the caseloads; 0 before the first load.
///
/// # Errors
/// `Unavailable` for one that cannot be read: entries would name the rules of another version.
async fn stored_keys(store: &Store) -> Result<ApiKeys, OperationError> {
    Ok(store
        .keys()
        .await?
        .into_iter()
        .map(|record| (record.secret, record.key))
        .collect())
}
