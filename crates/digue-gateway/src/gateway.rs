//! The gateway's shared state, and the few acts by which the rest of the house changes it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use digue_access::session::Device;
use digue_access::{Budgets, OpenSession, Session, Sessions, Snapshot};
use digue_types::{AccountId, Exposure, PortalId, SessionId};
use ipnet::IpNet;
use tokio::sync::watch;

use crate::after::After;
use crate::hold::Room;
use crate::identity::Asserter;
use crate::key::UsedProofs;
use crate::portal::Portal;
use crate::ports::{Aliases, Clock, LocalPages, Recorder, Sentinel};
use crate::upstream::UpstreamClient;

/// Everything the gateway is made of.
pub struct GatewayParts {
    pub hosts: Hosts,
    pub rules: Snapshot,
    pub sessions: Sessions,
    pub recorder: Arc<dyn Recorder>,
    pub sentinel: Arc<dyn Sentinel>,
    pub clock: Arc<dyn Clock>,
    pub aliases: Arc<dyn Aliases>,
    pub pages: Arc<dyn LocalPages>,
    pub asserter: Asserter,
    pub upstream: UpstreamClient,
    /// Proxies in front of Digue whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Bytes of responses held at the same time.
    pub held_bytes_max: usize,
}

/// Which host is what.
pub struct Hosts {
    portals: HashMap<String, Arc<Portal>>,
    by_id: HashMap<PortalId, Arc<Portal>>,
    /// Hosts of the console.
    console: Vec<String>,
    budgets: HashMap<PortalId, Arc<Mutex<Budgets>>>,
}

impl Hosts {
    /// `portals` have distinct ids and hosts, none of them a console's: the configuration's checks.
    pub fn new(portals: Vec<Portal>, console: Vec<String>) -> Self {
        let mut hosts =
            Self { portals: HashMap::new(), by_id: HashMap::new(), console, budgets: HashMap::new() };
        for portal in portals {
            let budgets = Arc::new(Mutex::new(Budgets::new(portal.limits.clone())));
            hosts.budgets.insert(portal.id.clone(), budgets);
            let portal = Arc::new(portal);
            for host in &portal.hosts {
                hosts.portals.insert(host.clone(), portal.clone());
            }
            hosts.by_id.insert(portal.id.clone(), portal);
        }
        hosts
    }

    pub fn portal_at(&self, host: &str) -> Option<&Arc<Portal>> {
        self.portals.get(host)
    }

    pub fn portal(&self, id: &PortalId) -> Option<&Arc<Portal>> {
        self.by_id.get(id)
    }

    pub fn portals(&self) -> impl Iterator<Item = &Arc<Portal>> {
        self.by_id.values()
    }

    pub fn is_console(&self, host: &str) -> bool {
        self.console.iter().any(|known| known == host)
    }

    pub(crate) fn budgets(&self, portal: &PortalId) -> &Mutex<Budgets> {
        self.budgets.get(portal).expect("every portal has its budgets")
    }
}

/// State shared by all requests.
pub struct Shared {
    pub(crate) hosts: ArcSwap<Hosts>,
    pub(crate) rules: ArcSwap<Snapshot>,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) sentinel: Arc<dyn Sentinel>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) aliases: Arc<dyn Aliases>,
    pub(crate) pages: Arc<dyn LocalPages>,
    pub(crate) asserter: Asserter,
    pub(crate) upstream: UpstreamClient,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) room: Arc<Room>,
    /// Copies of what passes by observed portals: their own, so that observing takes nothing from the others.
    pub(crate) observed_room: Arc<Room>,
    /// What is looked at when a response has left.
    pub(crate) after: After,
    /// Observed responses that left without an entry, since the start.
    unrecorded: AtomicU64,
    /// Proofs of programs that were used.
    pub(crate) used_proofs: UsedProofs,
    /// Told whenever rules or sessions change; streams in flight listen.
    pub(crate) changes: watch::Sender<u64>,
    exchanges: AtomicU64,
    /// Tells this process's exchanges from those of the one before.
    boot: u64,
}

impl Shared {
    /// A name for one request and its response, unique over restarts.
    pub(crate) fn next_exchange(&self) -> digue_types::ExchangeId {
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed);
        digue_types::ExchangeId::parse(&format!("{:x}-{number:x}", self.boot))
            .expect("hexadecimal digits and a hyphen")
    }
}

impl Shared {
    /// An observed response has no entry: nothing stops for it, and it is said.
    pub(crate) fn note_unrecorded(&self, cause: &str) {
        let count = self.unrecorded.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::error!(cause, count, "An observed response left without an entry in the journal");
    }
}

/// A handle on the running gateway.
#[derive(Clone)]
pub struct Gateway(pub(crate) Arc<Shared>);

impl Gateway {
    pub fn new(parts: GatewayParts) -> Self {
        let boot = u64::try_from(parts.clock.now().micros()).unwrap_or(0);
        Self(Arc::new(Shared {
            hosts: ArcSwap::from_pointee(parts.hosts),
            rules: ArcSwap::from_pointee(parts.rules),
            sessions: Mutex::new(parts.sessions),
            recorder: parts.recorder,
            sentinel: parts.sentinel,
            clock: parts.clock,
            aliases: parts.aliases,
            pages: parts.pages,
            asserter: parts.asserter,
            upstream: parts.upstream,
            trusted_proxies: parts.trusted_proxies,
            room: Room::new(parts.held_bytes_max),
            observed_room: Room::new(parts.held_bytes_max / 4),
            after: After::default(),
            unrecorded: AtomicU64::new(0),
            used_proofs: UsedProofs::default(),
            changes: watch::Sender::new(0),
            exchanges: AtomicU64::new(0),
            boot,
        }))
    }

    /// Swaps the rules; felt by the next request and by every stream in flight.
    pub fn set_rules(&self, rules: Snapshot) {
        self.0.rules.store(Arc::new(rules));
        self.notify();
    }

    pub fn rules(&self) -> Arc<Snapshot> {
        self.0.rules.load_full()
    }

    /// Swaps the portals' maps; persons counted so far stay counted. `history` gives all exposures
    /// of the journal, in order, to fill windows that were not watched so far.
    pub fn set_hosts(&self, mut hosts: Hosts, history: &dyn Fn(&mut dyn FnMut(&Exposure))) {
        let current = self.0.hosts.load();
        for (id, portal) in &hosts.by_id {
            match current.budgets.get(id) {
                Some(budgets) => {
                    lock(budgets).adopt(portal.limits.clone(), |take| history(&mut of_portal(id, take)));
                    hosts.budgets.insert(id.clone(), budgets.clone());
                }
                None => {
                    let mut budgets = lock(&hosts.budgets[id]);
                    history(&mut of_portal(id, &mut |exposure| budgets.restore(exposure)));
                }
            }
        }
        self.0.hosts.store(Arc::new(hosts));
        self.notify();
    }

    /// Counts an exposure of the journal, before the first request is served.
    pub fn restore(&self, exposure: &Exposure) {
        let hosts = self.0.hosts.load();
        if let Some(budgets) = hosts.budgets.get(&exposure.portal) {
            lock(budgets).restore(exposure);
        }
    }

    pub fn hosts(&self) -> Arc<Hosts> {
        self.0.hosts.load_full()
    }

    /// Looks at the budgets of a portal.
    pub fn with_budgets<T>(&self, portal: &PortalId, look: impl FnOnce(&mut Budgets) -> T) -> Option<T> {
        let hosts = self.0.hosts.load();
        hosts.budgets.get(portal).map(|budgets| look(&mut lock(budgets)))
    }

    /// Sorts in what the budgets left for later, a little at a time so that no response waits long.
    pub fn settle_budgets(&self) {
        const AT_ONCE: usize = 1000;
        for budgets in self.0.hosts.load().budgets.values() {
            while lock(budgets).settle(AT_ONCE) {}
        }
    }

    pub fn open_session(&self, open: OpenSession) {
        lock(&self.0.sessions).open(open);
    }

    /// Live sessions of each account that has one.
    pub fn session_counts(&self) -> HashMap<AccountId, usize> {
        let mut counts = HashMap::new();
        for (_, session) in lock(&self.0.sessions).iter() {
            *counts.entry(session.account.clone()).or_default() += 1;
        }
        counts
    }

    /// Notes a fresh proof of identity on a session.
    pub fn prove_session(&self, id: &SessionId, at: digue_types::Timestamp) {
        lock(&self.0.sessions).prove(id, at);
    }

    /// Binds a session to the key of a device, or gives it its next short cookie.
    pub fn bind_session(&self, id: &SessionId, device: Device) {
        lock(&self.0.sessions).bind(id, device);
    }

    /// Ends sessions; streams in flight stop.
    pub fn cut_sessions(&self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let cut = lock(&self.0.sessions).cut(which);
        self.notify();
        cut
    }

    pub fn expire_sessions(&self) -> Vec<SessionId> {
        lock(&self.0.sessions).expire(self.0.clock.now())
    }

    pub fn sessions_of(&self, account: &AccountId) -> Vec<Session> {
        let sessions = lock(&self.0.sessions);
        sessions.iter().map(|(_, s)| s).filter(|s| s.account == *account).cloned().collect()
    }

    /// The live sessions for which `which` holds.
    pub fn sessions(&self, which: impl Fn(&Session) -> bool) -> Vec<Session> {
        lock(&self.0.sessions).iter().map(|(_, s)| s).filter(|s| which(s)).cloned().collect()
    }

    pub fn session_count(&self) -> usize {
        lock(&self.0.sessions).len()
    }

    /// The key set that portals verify identities with.
    pub fn jwks(&self) -> String {
        self.0.asserter.jwks().to_owned()
    }

    /// Observed responses that left without an entry, since the start.
    pub fn unrecorded(&self) -> u64 {
        self.0.unrecorded.load(Ordering::Relaxed)
    }

    /// Waits for the entries of responses that have left; false when some are still missing.
    pub async fn finish_entries(&self, at_most: Duration) -> bool {
        self.0.after.finish(at_most).await
    }

    fn notify(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }
}

fn of_portal(id: &PortalId, take: &mut dyn FnMut(&Exposure)) -> impl FnMut(&Exposure) {
    move |exposure| {
        if exposure.portal == *id {
            take(exposure);
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
