//! The application: what every operation works with, how it is built, and how an act becomes durable.
//!
//! It holds no rule of any area: authorisation and validation belong to the operation that calls it.
//!
//! Lock order of the async locks: `loads`, `asking`, `rules`; then those of `isms`, `persons` and
//! `providers`, under which no async lock is taken. The std locks are never held across an `await`; their
//! order is `journalled`, `journal_state`, and then all others, under which none is taken.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use digue_access::{ApiKeys, OpenSession, Policies, SessionLimits, Sessions, Snapshot};
use digue_exposure::{IndexError, IndexView};
use digue_gateway::Gateway;
use digue_gateway::ports::Clock;
use digue_gateway::upstream::UpstreamClient;
use digue_journal::Journal;
use digue_journal::keyring::OpenedKeyring;
use digue_store::{Store, StoreError, live_break_glass};
use digue_types::{AccountId, Act, Administration, Event};
use tokio::sync::{Mutex, MutexGuard, Notify};

use crate::actor::Actor;
use crate::alias_tables::AliasTables;
use crate::areas::{Area, Areas};
use crate::committed::{ActDetails, ActSubscriber, CommittedAct};
use crate::error::OperationError;
use crate::indexing::{IndexFolder, Rebuilder};
use crate::kept_files::{UnfinishedFile, UnfinishedFiles};
use crate::monitor::DetectionMonitor;
use crate::recorder::JournalState;
use crate::unconfirmed::UnconfirmedAccounts;

/// The parts that an `App` is built from.
pub struct AppParts {
    pub store: Store,
    pub journal: Arc<Journal>,
    pub journal_state: Arc<RwLock<JournalState>>,
    pub clock: Arc<dyn Clock>,
    pub aliases: Arc<AliasTables>,
    pub policies: Policies,
    /// Changes with the text of maps and policies.
    pub policy_version: u64,
    pub session_limits: SessionLimits,
    /// Sensitive acts require a proof of identity no older than this.
    pub proof_lasts: Duration,
    /// Seals and hashes secrets, so that a copy of the database alone does not reveal them.
    pub key: [u8; 32],
    /// The HTTP client for witnesses and other services; without it none of them is contacted.
    pub client: Option<UpstreamClient>,
    /// Detection, which the gateway consults before each response leaves.
    pub monitor: Arc<DetectionMonitor>,
    /// True when the checkpoint and the tiles are public.
    pub is_published: bool,
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
    /// Called with each act once it is durable, in this order.
    pub subscribers: Vec<Box<dyn ActSubscriber>>,
}

/// The running Digue, shared by the console, the command line and the background tasks.
pub struct App {
    pub store: Store,
    pub journal: Arc<Journal>,
    // Guards the exposure index and the last checkpoint. The journal's own thread takes it for writing at
    // each commit and then, while holding it, the monitor's lock: never take it with the monitor's lock held.
    journal_state: Arc<RwLock<JournalState>>,
    rebuilder: Rebuilder,
    monitor: Arc<DetectionMonitor>,
    unconfirmed: UnconfirmedAccounts,
    client: Option<UpstreamClient>,
    is_published: bool,
    pub clock: Arc<dyn Clock>,
    pub aliases: Arc<AliasTables>,
    pub not_taken: UnfinishedFiles,
    // The next rules to publish. Each change is made and published under this lock, which is the last
    // async lock and may be held while an act is journalled (`gates`): no subscriber of acts may take it.
    // Readers use the published copy, `gateway().rules()`, and wait for no one.
    rules: Mutex<Snapshot>,
    gateway: OnceLock<Gateway>,
    pub session_limits: SessionLimits,
    proof_lasts: Duration,
    pub key: [u8; 32],
    pub data_folder: PathBuf,
    reload_wanted: Notify,
    is_closing: AtomicBool,
    console_url: String,
    portal_urls: Vec<(String, String)>,
    areas: Areas,
    subscribers: Vec<Box<dyn ActSubscriber>>,
}

impl App {
    /// Reads the state and prepares the rules; the gateway is attached by `attach`.
    pub async fn new(parts: AppParts) -> Result<Self, OperationError> {
        let now = parts.clock.now();
        let break_glass = live_break_glass(&parts.store.break_glass().await?, now);
        let version = parts.store.setting("caseload-version").await?;
        let rules = Snapshot {
            caseloads: std::collections::HashMap::new(),
            caseload_version: version.and_then(|text| text.parse().ok()).unwrap_or(0),
            directory: Arc::new(parts.store.accounts().await?.into_iter().collect()),
            gates: Arc::new(parts.store.gate_table().await?),
            policies: Arc::new(parts.policies),
            policy_version: parts.policy_version,
            break_glass: Arc::new(break_glass),
            reductions: Arc::new(parts.store.reductions(now).await?),
            keys: Arc::new(stored_keys(&parts.store).await?),
            // Filled before the listeners open.
            postures: Arc::default(),
        };
        let unconfirmed = UnconfirmedAccounts::new(parts.store.unconfirmed().await?);
        Ok(Self {
            store: parts.store,
            journal: parts.journal,
            journal_state: parts.journal_state,
            rebuilder: Rebuilder::new(parts.index_folder),
            monitor: parts.monitor,
            unconfirmed,
            client: parts.client,
            is_published: parts.is_published,
            clock: parts.clock,
            aliases: parts.aliases,
            not_taken: UnfinishedFiles::default(),
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
            subscribers: parts.subscribers,
        })
    }

    /// What an area keeps between calls.
    ///
    /// # Panics
    /// When the area is not among the parts: the program was put together without it.
    pub fn area<A: Area>(&self) -> &A {
        self.areas.get()
    }

    /// The rules and sessions that the gateway starts with.
    pub async fn first_state(&self) -> Result<(Snapshot, Sessions), OperationError> {
        let mut sessions = Sessions::new(self.session_limits);
        for (token, session) in self.store.sessions().await? {
            sessions.open(OpenSession { token, session });
        }
        let over = sessions.expire(self.clock.now());
        self.store.remove_sessions(&over).await?;
        Ok((self.rules.lock().await.clone(), sessions))
    }

    /// Attaches the gateway.
    ///
    /// # Panics
    /// When called twice.
    pub fn attach(&self, gateway: Gateway) {
        assert!(self.gateway.set(gateway).is_ok(), "the gateway is attached once");
    }

    pub fn data_folder(&self) -> &std::path::Path {
        &self.data_folder
    }

    pub fn gateway(&self) -> &Gateway {
        // Set later than the rest: the gateway is built from the console's pages, which hold this app.
        self.gateway.get().expect("`attach` is called at start, before the first operation")
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub fn aliases(&self) -> &AliasTables {
        &self.aliases
    }

    /// The index and the state of the journal. Do not hold it across slow work: the journal's next commit
    /// waits for it. `view` copies what a long question needs.
    pub fn journal_state(&self) -> RwLockReadGuard<'_, JournalState> {
        self.journal_state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index as it is now, for long questions: holds no lock and does not change.
    pub fn view(&self) -> IndexView {
        self.journal_state().index.view()
    }

    /// Rebuilds the index from the journal in the background; the old one answers meanwhile.
    pub fn rebuild_index(&self) {
        self.rebuilder.start(&self.journal, &self.journal_state);
    }

    /// Calls `take` with each event of the journal from entry `first` on. Entries whose period key was
    /// destroyed are left out.
    pub fn each_entry(&self, first: u64, take: &mut dyn FnMut(Event)) -> Result<(), OperationError> {
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
                // Only a closed gate stops work: an account that continues behind a step-up stays monitored.
                gates.of(&digue_access::Reach::Account(account)) != digue_types::Gate::Closed
            })
        };
        let read = |take: &mut dyn FnMut(Event)| {
            let read = self.journal.each(entries.start, &mut |index, opened| {
                if let OpenedKeyring::Event(event) = opened
                    && index < entries.end
                {
                    take(event);
                }
            });
            read.map_err(|error| OperationError::Unavailable(error.to_string()))
        };
        let hosts = self.gateway().hosts();
        let is_observed = |portal: &digue_types::PortalId| {
            hosts.portal(portal).is_some_and(|portal| portal.mode.enforcement().is_none())
        };
        self.monitor.remember(&read, &is_open, &is_observed, self.clock.now())
    }

    /// Writes the index to its folder at shutdown, so that the next start reads only newer entries.
    pub fn close_index(&self) {
        self.journal_state.write().unwrap_or_else(PoisonError::into_inner).index.close();
    }

    /// Marks the index as not to be used at the next start. To be called before period keys are destroyed.
    pub fn mark_index_stale(&self) -> Result<(), OperationError> {
        self.rebuilder.mark_stale().map_err(|error| OperationError::Unavailable(error.to_string()))
    }

    /// The detection that the gateway consults.
    pub fn monitor(&self) -> &DetectionMonitor {
        &self.monitor
    }

    /// Scheme, host and port of every portal: the pages that may frame a person's own list.
    pub fn portal_origins(&self) -> Vec<String> {
        self.portal_urls.iter().map(|(_, url)| url.clone()).collect()
    }

    /// Accounts whose holder nobody has confirmed.
    pub fn unconfirmed(&self) -> &UnconfirmedAccounts {
        &self.unconfirmed
    }

    /// The public addresses: the console's and each portal's.
    pub fn public_urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.console_url.as_str()).chain(self.portal_urls.iter().map(|(_, url)| url.as_str()))
    }

    /// The client for other services over HTTP; `None` where nothing may be contacted.
    pub fn client(&self) -> Option<&UpstreamClient> {
        self.client.as_ref()
    }

    /// True when the journal's checkpoint and tiles are public.
    pub fn is_published(&self) -> bool {
        self.is_published
    }

    /// True while the index is being rebuilt.
    pub fn is_rebuilding(&self) -> bool {
        self.rebuilder.is_running()
    }

    /// An answer of the index. A damaged index is rebuilt, and the question fails until then: an answer
    /// from the intact part would pass for a complete one.
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
        let rest = self.console_url.split_once("://").map_or(self.console_url.as_str(), |(_, rest)| rest);
        rest.split([':', '/']).next().unwrap_or_default()
    }

    /// The address under which people reach this host.
    pub fn url_of(&self, host: &str) -> Option<&str> {
        if self.console_host() == host {
            return Some(&self.console_url);
        }
        self.portal_urls.iter().find(|(known, _)| known == host).map(|(_, url)| url.as_str())
    }

    /// The next rules, to be changed and published while the guard is held.
    pub async fn rules(&self) -> MutexGuard<'_, Snapshot> {
        self.rules.lock().await
    }

    /// Publishes the rules: the next request and every stream in flight obey them. The caller holds the
    /// guard of `rules`, so that publications happen in the order of the changes.
    pub fn publish(&self, rules: &Snapshot) {
        // Before `attach` there is nothing to publish to: `first_state` hands the rules to the gateway.
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

    /// Makes an act of administration durable.
    pub async fn write_down(
        &self,
        actor: &Actor,
        act: Act,
        words: ActDetails,
    ) -> Result<u64, OperationError> {
        self.write_all(actor, act, vec![words]).await
    }

    /// Makes several acts of one kind durable in one append; returns the number of the first entry.
    pub async fn write_all(
        &self,
        actor: &Actor,
        act: Act,
        all: Vec<ActDetails>,
    ) -> Result<u64, OperationError> {
        if all.is_empty() {
            return Ok(0);
        }
        let at = self.clock.now();
        let event = |words: &ActDetails| {
            Event::Administration(Administration {
                at,
                actor: actor.account.clone(),
                act,
                subject: words.subject.clone(),
                before: words.before.clone(),
                after: words.after.clone(),
                reason: words.reason.clone(),
            })
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.journal.append(all.iter().map(event).collect(), move |result| {
            let _ = sender.send(result);
        });
        match receiver.await {
            Ok(Ok(receipt)) => {
                // After the entry is durable: incident logs cite its number. The caller may hold `rules`.
                for (entry, details) in (receipt.first..).zip(&all) {
                    for subscriber in &self.subscribers {
                        subscriber.committed(self, CommittedAct { actor, act, details, entry }).await;
                    }
                }
                Ok(receipt.first)
            }
            Ok(Err(error)) => Err(OperationError::Unavailable(error.to_string())),
            Err(_) => Err(OperationError::Unavailable("the journal is closed".to_owned())),
        }
    }

    /// Claims something in the store, then journals the act. In this order the journal never states that an
    /// act was done when a concurrent one won the claim. When journalling fails the claim is released.
    ///
    /// # Errors
    /// `Conflict` when the store refuses the claim; nothing is journalled then.
    pub async fn claim(
        &self,
        (actor, act, words): (&Actor, Act, ActDetails),
        claim: impl Future<Output = Result<bool, StoreError>>,
        release: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<u64, OperationError> {
        if !claim.await? {
            return Err(OperationError::Conflict);
        }
        match self.write_down(actor, act, words).await {
            Ok(entry) => Ok(entry),
            Err(error) => {
                if let Err(stuck) = release.await {
                    tracing::error!(
                        error = %stuck,
                        act = act.code(),
                        "Releasing a claim failed; the store keeps it although the act is not journalled"
                    );
                }
                Err(error)
            }
        }
    }

    /// Says in the journal that Digue started or stopped, and under which rules.
    pub async fn note(&self, act: Act, subject: String) -> Result<u64, OperationError> {
        self.write_down(&Actor::digue(), act, ActDetails { subject, ..ActDetails::default() }).await
    }

    /// Says, in the log and once in the journal, that a kept file is not in force.
    pub async fn note_not_taken(&self, name: &str, why: UnfinishedFile) -> Result<(), OperationError> {
        tracing::error!(file = name, cause = why.code(), "Kept file is not in force; load it again");
        if self.not_taken.note(name, why) {
            return Ok(());
        }
        let words =
            ActDetails { subject: name.to_owned(), after: why.code().to_owned(), ..ActDetails::default() };
        self.write_down(&Actor::digue(), Act::FileNotTaken, words).await.map(drop)
    }

    /// Kept files that are not in force, by what they are.
    pub fn files_not_taken(&self) -> std::collections::BTreeMap<String, UnfinishedFile> {
        self.not_taken.all()
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
        self.reload_wanted.notify_one();
    }

    /// Resolves when the files must be read again.
    pub async fn reload_wanted(&self) {
        self.reload_wanted.notified().await;
    }

    /// Ends sessions that are over, in memory and in the store.
    pub async fn tidy_sessions(&self) -> Result<(), OperationError> {
        let over = self.gateway().expire_sessions();
        if !over.is_empty() {
            self.store.remove_sessions(&over).await?;
        }
        Ok(())
    }
}

async fn stored_keys(store: &Store) -> Result<ApiKeys, OperationError> {
    Ok(store.keys().await?.into_iter().map(|record| (record.secret, record.key)).collect())
}
