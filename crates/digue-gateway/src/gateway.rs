//! The gateway's shared state, and the few operations by which the rest of Digue changes it.
//!
//! Requests load rules and portals as snapshots (`ArcSwap`) and hold no lock while they wait for a
//! portal, a disk or a client.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use digue_access::session::{ClientIp, Device};
use digue_access::{Budgets, EnforcementMode, OpenSession, Session, Sessions, Snapshot};
use digue_identifiers::PersonNameTable;
use digue_portal_login::known::KnownLogins;
use digue_types::{AccountId, Exposure, OperatorContact, PortalId, SessionId, Timestamp};
use tokio::sync::watch;

use crate::address_words::AddressWords;
use crate::caller::Caller;
use crate::cuts::{AccountCut, AccountCuts};
use crate::key::UsedProofs;
use crate::name_tables::NameTables;
use crate::portal::Portal;
use crate::ports::{
    Aliases, CaseloadPort, Clock, HostProofs, LocalPages, Recorder, ResponseMonitor,
    TrafficObserver,
};
use crate::remembered::RememberedAnswers;
use digue_connections::client_address::TrustedProxies;
use digue_connections::table::{ConnectionLimits, ConnectionTable};
use digue_headers::assertion::Asserter;
use digue_http::client::HttpClient;
use digue_quotas::account_requests::AccountRequests;
use digue_quotas::gaps::{JournalGaps, UnrecordedResponses};
use digue_quotas::hold::HeldBytes;
use digue_quotas::inspection_queue::InspectionQueue;
use digue_quotas::lock::lock;
use digue_quotas::pending_entries::{PendingEntries, PendingEntry};
use digue_quotas::refusal_counter::RefusalCounter;

/// The parts that the gateway is made of.
pub struct GatewayParts {
    pub hosts: Hosts,
    pub rules: Snapshot,
    pub sessions: Sessions,
    pub recorder: Arc<dyn Recorder>,
    pub monitor: Arc<dyn ResponseMonitor>,
    pub clock: Arc<dyn Clock>,
    pub aliases: Arc<dyn Aliases>,
    pub pages: Arc<dyn LocalPages>,
    pub asserter: Asserter,
    pub upstream: HttpClient,
    pub proxies: TrustedProxies,
    pub limits: GatewayLimits,
}

/// Limits that all clients share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayLimits {
    /// Bytes of messages held at the same time, including what inspection makes of them.
    pub held_bytes: usize,
    /// Requests of one account at the same time, on all portals.
    pub requests_per_account: usize,
    /// Requests of one account per minute: each may become a journal entry.
    pub requests_per_minute: u32,
    pub connections: ConnectionLimits,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            held_bytes: 1 << 30,
            requests_per_account: 64,
            requests_per_minute: 3000,
            connections: ConnectionLimits::default(),
        }
    }
}

/// Which portal, or the console, answers at which host.
pub struct Hosts {
    portals: HashMap<String, Arc<Portal>>,
    by_id: HashMap<PortalId, Arc<Portal>>,
    /// Hosts of the console.
    console: Vec<String>,
    /// Ports at which clients reach Digue.
    ports: BTreeSet<u16>,
    // One lock for each portal: a busy portal does not delay the decisions of another. Held for one
    // decision, and while `set_hosts` reads the journal; never together with
    // `SharedGateway::sessions`.
    budgets: HashMap<PortalId, Arc<Mutex<Budgets>>>,
}

impl Hosts {
    /// `portals` have distinct ids and hosts, none of them a console's (checked with the
    /// configuration). `ports` are those of public addresses, besides the usual ones and those of
    /// the listeners.
    pub fn new(
        portals: Vec<Portal>,
        console: Vec<String>,
        ports: impl IntoIterator<Item = u16>,
    ) -> Self {
        let mut hosts = Self {
            portals: HashMap::new(),
            by_id: HashMap::new(),
            console,
            ports: [80, 443].into_iter().chain(ports).collect(),
            budgets: HashMap::new(),
        };
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

    /// True for a port that may appear in `Host`: with another, links that the portal generates
    /// would lead elsewhere.
    pub(crate) fn has_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    pub(crate) fn budgets(&self, portal: &PortalId) -> &Mutex<Budgets> {
        self.budgets
            .get(portal)
            .expect("`new` and `set_hosts` insert the budgets of every portal")
    }
}

/// State shared by all requests.
pub struct SharedGateway {
    pub(crate) hosts: ArcSwap<Hosts>,
    pub(crate) rules: ArcSwap<Snapshot>,
    // A leaf: held for one look-up or change, and no other lock is taken meanwhile.
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) monitor: Arc<dyn ResponseMonitor>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) aliases: Arc<dyn Aliases>,
    pub(crate) pages: Arc<dyn LocalPages>,
    pub(crate) asserter: Asserter,
    pub(crate) upstream: HttpClient,
    pub(crate) proxies: TrustedProxies,
    pub(crate) cuts: AccountCuts,
    pub(crate) held: Arc<HeldBytes>,
    /// Copies of what passes where rules are only tried, counted apart so that observing takes
    /// nothing from enforced portals.
    pub(crate) observed: Arc<HeldBytes>,
    /// Entries of responses that have already left.
    pub(crate) pending_entries: PendingEntries,
    /// Observed responses that left without an entry.
    gaps: JournalGaps,
    /// Words in addresses that no map describes.
    pub(crate) address_words: AddressWords,
    pub(crate) names: NameTables,
    /// Whom the files show that are fetched by a token.
    pub(crate) remembered: RememberedAnswers,
    /// Set once, before a listener opens.
    pub(crate) traffic: OnceLock<Arc<dyn TrafficObserver>>,
    /// Set once, before a listener opens; absent where the configuration says none.
    pub(crate) contact: OnceLock<Arc<OperatorContact>>,
    /// Set once, before a listener opens; absent where no authority looks for any.
    pub(crate) host_proofs: OnceLock<Arc<dyn HostProofs>>,
    /// What portals said of their users.
    pub(crate) known_logins: KnownLogins,
    /// Set once, before a listener opens.
    pub(crate) caseload_port: OnceLock<Arc<dyn CaseloadPort>>,
    pub(crate) inspections: Arc<InspectionQueue>,
    pub(crate) account_requests: Arc<AccountRequests>,
    pub(crate) connections: Arc<ConnectionTable>,
    pub(crate) refusals: RefusalCounter,
    /// Proofs of possession that programs have used.
    pub(crate) used_proofs: UsedProofs,
    /// Changes whenever rules or sessions change; responses being sent subscribe to it.
    pub(crate) changes: watch::Sender<u64>,
    exchanges: AtomicU64,
    /// Distinguishes the exchanges of this process from those of earlier ones: the microsecond of
    /// its start.
    boot: u64,
}

impl SharedGateway {
    /// The most bytes of a body that the observer wants of a portal.
    pub(crate) fn observed_bytes_max(&self, portal: &Portal) -> usize {
        match (portal.mode, self.traffic.get()) {
            (EnforcementMode::Pilot, Some(observer)) => observer.body_bytes_max(&portal.id),
            (
                EnforcementMode::Pilot | EnforcementMode::ObserveOnly | EnforcementMode::Enforced,
                _,
            ) => 0,
        }
    }

    /// An identifier for one request and its response, unique across restarts.
    pub(crate) fn next_exchange(&self) -> digue_types::ExchangeId {
        // Relaxed: the numbers only have to differ; nothing is published with them.
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed);
        digue_types::ExchangeId::parse(&format!("{:x}-{number:x}", self.boot))
            .expect("hexadecimal digits and a hyphen form an exchange id")
    }

    /// True when an identity vouched for by another system was cut.
    pub(crate) fn is_cut(&self, caller: &Caller, now: Timestamp) -> bool {
        if !caller.kind.is_vouched_for() {
            return false;
        }
        let headers_for = lock(&self.sessions).limits().absolute;
        self.cuts
            .refuse(&caller.account, caller.kind, now, headers_for)
    }
}

impl SharedGateway {
    /// Lets the entry of a response that has left be written; where it cannot, the gap is noted.
    pub(crate) fn follow_up(
        &self,
        pending: PendingEntry,
        portal: &PortalId,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        if pending.is_one_too_many() {
            self.note_unrecorded(portal, "too many entries are waiting");
        } else if !pending.spawn(work) {
            self.note_unrecorded(portal, "the process is stopping");
        }
    }

    /// Reports an observed response without an entry: observing stops nothing, so this is all that
    /// can be done now. The journal is told how many there were once it can be written again.
    pub(crate) fn note_unrecorded(&self, portal: &PortalId, cause: &str) {
        let count = self.gaps.note(portal, self.clock.now());
        tracing::error!(portal.id = %portal, cause, count, "An observed response left without a journal entry");
    }
}

/// A handle to the running gateway.
#[derive(Clone)]
pub struct Gateway(pub(crate) Arc<SharedGateway>);

impl Gateway {
    pub fn new(parts: GatewayParts) -> Self {
        let started = parts.clock.now();
        let boot = u64::try_from(started.micros()).unwrap_or(0);
        Self(Arc::new(SharedGateway {
            hosts: ArcSwap::from_pointee(parts.hosts),
            rules: ArcSwap::from_pointee(parts.rules),
            sessions: Mutex::new(parts.sessions),
            recorder: parts.recorder,
            monitor: parts.monitor,
            clock: parts.clock,
            aliases: parts.aliases,
            pages: parts.pages,
            asserter: parts.asserter,
            upstream: parts.upstream,
            connections: ConnectionTable::new(
                parts.limits.connections,
                parts.proxies.networks.clone(),
            ),
            proxies: parts.proxies,
            cuts: AccountCuts::default(),
            held: HeldBytes::new(parts.limits.held_bytes),
            // A copy that finds no room costs an observed response nothing but the reading of its
            // body: the entry says `partial` (decision 25).
            observed: HeldBytes::new(parts.limits.held_bytes / 4),
            pending_entries: PendingEntries::default(),
            gaps: JournalGaps::default(),
            address_words: AddressWords::default(),
            names: NameTables::default(),
            remembered: RememberedAnswers::default(),
            traffic: OnceLock::new(),
            contact: OnceLock::new(),
            host_proofs: OnceLock::new(),
            known_logins: KnownLogins::default(),
            caseload_port: OnceLock::new(),
            inspections: InspectionQueue::of_this_machine(),
            account_requests: AccountRequests::new(
                parts.limits.requests_per_account,
                parts.limits.requests_per_minute,
            ),
            used_proofs: UsedProofs::new(started),
            refusals: RefusalCounter::default(),
            changes: watch::Sender::new(0),
            exchanges: AtomicU64::new(0),
            boot,
        }))
    }

    /// Replaces the rules, for the next request and for every response being sent.
    pub fn set_rules(&self, rules: Snapshot) {
        // Before the notification: a guard that it wakes must find these rules.
        self.0.rules.store(Arc::new(rules));
        self.notify();
    }

    /// Lets an observer be told of what passes; only the first one is.
    pub fn observe_traffic(&self, observer: Arc<dyn TrafficObserver>) {
        // One gateway has one observer: a second call is a fault of the wiring, and changes
        // nothing.
        let _ = self.0.traffic.set(observer);
    }

    /// Whom refusals say that their readers can ask; only the first one is kept.
    /// Answers a certificate authority with `proofs` at every host, before any portal.
    pub fn show_proofs(&self, proofs: Arc<dyn HostProofs>) {
        // Set once, at start.
        let _ = self.0.host_proofs.set(proofs);
    }

    pub fn name_contact(&self, contact: OperatorContact) {
        // A second call is a fault of the wiring, and changes nothing.
        let _ = self.0.contact.set(Arc::new(contact));
    }

    pub fn contact(&self) -> Option<&OperatorContact> {
        self.0.contact.get().map(AsRef::as_ref)
    }

    /// Lets caseloads grow between two readings of a source; only the first call counts.
    pub fn add_to_caseloads_by(&self, port: Arc<dyn CaseloadPort>) {
        // As `observe_traffic`: a second call is a fault of the wiring, and changes nothing.
        let _ = self.0.caseload_port.set(port);
    }

    /// Sets or takes away the known names of a portal, for the next response.
    pub fn set_names(&self, portal: &PortalId, table: Option<Arc<PersonNameTable>>) {
        self.0.names.set(portal, table);
    }

    pub fn rules(&self) -> Arc<Snapshot> {
        self.0.rules.load_full()
    }

    /// Replaces the portals' maps; persons already counted stay counted. `history` supplies all
    /// exposures of the journal, in order, to fill windows that were not counted so far.
    pub fn set_hosts(&self, mut hosts: Hosts, history: &dyn Fn(&mut dyn FnMut(&Exposure))) {
        let current = self.0.hosts.load();
        for (id, portal) in &hosts.by_id {
            match current.budgets.get(id) {
                // The same budgets under their lock, not a copy: requests that still hold the old
                // maps charge them, too.
                Some(budgets) => {
                    lock(budgets).adopt(portal.limits.clone(), |take| {
                        history(&mut of_portal(id, take))
                    });
                    hosts.budgets.insert(id.clone(), budgets.clone());
                }
                None => {
                    let mut budgets = lock(&hosts.budgets[id]);
                    history(&mut of_portal(id, &mut |exposure| {
                        budgets.restore(exposure)
                    }));
                }
            }
        }
        // Last, when the budgets are filled: no request may meet a portal whose past is not counted
        // yet.
        self.0.hosts.store(Arc::new(hosts));
        self.notify();
    }

    /// Counts an exposure of the journal, before the first request is served.
    pub fn restore(&self, exposure: &Exposure) {
        let hosts = self.0.hosts.load();
        if let Some(budgets) = hosts.budgets.get(&exposure.portal) {
            let mut budgets = lock(budgets);
            each_response(exposure, &mut |exposure| budgets.restore(exposure));
        }
    }

    /// Journals the refusals counted in the last minute, or all of them at a stop.
    pub async fn record_counted_refusals(&self, are_all: bool) {
        let shared = &self.0;
        // One append each: after an error, only what is not durable may be counted again.
        for refusals in shared.refusals.due(shared.clock.now(), are_all) {
            if let Err(error) = shared.recorder.record(vec![refusals.clone()]).await {
                tracing::error!(error = %error, "Counted refusals were not written; retrying with the next");
                shared.refusals.put_back(refusals);
            }
        }
    }

    /// The connections of all listeners.
    pub fn connections(&self) -> &Arc<ConnectionTable> {
        &self.0.connections
    }

    pub fn hosts(&self) -> Arc<Hosts> {
        self.0.hosts.load_full()
    }

    /// Calls `look` with the budgets of a portal; `None` for an unknown portal.
    pub fn with_budgets<T>(
        &self,
        portal: &PortalId,
        look: impl FnOnce(&mut Budgets) -> T,
    ) -> Option<T> {
        let hosts = self.0.hosts.load();
        hosts
            .budgets
            .get(portal)
            .map(|budgets| look(&mut lock(budgets)))
    }

    /// Applies the queued charges, a batch at a time, so that no response waits long for the lock.
    pub fn settle_budgets(&self) {
        const AT_ONCE: usize = 1000;
        for budgets in self.0.hosts.load().budgets.values() {
            // The lock is released between batches: a decision waits for one of them at most
            // (decision 6).
            while lock(budgets).settle(AT_ONCE) {}
        }
    }

    pub fn open_session(&self, open: OpenSession) {
        lock(&self.0.sessions).open(open);
    }

    /// Live sessions of each account that has any.
    pub fn session_counts(&self) -> HashMap<AccountId, usize> {
        let mut counts = HashMap::new();
        for (_, session) in lock(&self.0.sessions).iter() {
            *counts.entry(session.account.clone()).or_default() += 1;
        }
        counts
    }

    /// Records a fresh proof of identity on a session.
    pub fn prove_session(&self, id: &SessionId, at: Timestamp) {
        lock(&self.0.sessions).prove(id, at);
    }

    /// Binds a session to a device key, or stores its next short cookie.
    pub fn bind_session(&self, id: &SessionId, device: Device) {
        lock(&self.0.sessions).bind(id, device);
    }

    /// Ends sessions; responses being sent to them stop.
    pub fn cut_sessions(&self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let cut = lock(&self.0.sessions).cut(which);
        self.notify();
        cut
    }

    /// Cuts an account: its sessions, and identities vouched for before now.
    pub fn cut_account(&self, account: &AccountId) -> (Vec<SessionId>, AccountCut) {
        let cut = AccountCut {
            at: self.0.clock.now(),
            is_lifted: false,
        };
        // Before `cut_sessions`, which wakes the guards of responses being sent: they must see this
        // cut.
        self.0.cuts.set(account.clone(), cut);
        (
            self.cut_sessions(|session| session.account == *account),
            cut,
        )
    }

    /// Restores a cut made before this start.
    pub fn restore_cut(&self, account: AccountId, cut: AccountCut) {
        self.0.cuts.set(account, cut);
    }

    /// Lets an account that a proxy vouches for work again; `None` when it was not cut.
    pub fn lift_cut(&self, account: &AccountId) -> Option<AccountCut> {
        self.0.cuts.lift(account)
    }

    /// How long a cut applies to a proxy's header: the longest that a session may last.
    pub fn headers_refused_for(&self) -> Duration {
        lock(&self.0.sessions).limits().absolute
    }

    /// Records that the holder of a session also uses this address, which they have just proved.
    /// False when it is not the first address of another family (IPv4 or IPv6).
    pub fn know_other_address(&self, id: &SessionId, ip: ClientIp) -> bool {
        lock(&self.0.sessions).know_other_address(id, ip)
    }

    pub fn expire_sessions(&self) -> Vec<SessionId> {
        lock(&self.0.sessions).expire(self.0.clock.now())
    }

    pub fn sessions_of(&self, account: &AccountId) -> Vec<Session> {
        let sessions = lock(&self.0.sessions);
        sessions
            .iter()
            .map(|(_, s)| s)
            .filter(|s| s.account == *account)
            .cloned()
            .collect()
    }

    /// The live sessions for which `which` is true.
    pub fn sessions(&self, which: impl Fn(&Session) -> bool) -> Vec<Session> {
        lock(&self.0.sessions)
            .iter()
            .map(|(_, s)| s)
            .filter(|s| which(s))
            .cloned()
            .collect()
    }

    pub fn session_count(&self) -> usize {
        lock(&self.0.sessions).len()
    }

    /// The key set with which portals verify identities.
    pub fn jwks(&self) -> String {
        self.0.asserter.jwks().to_owned()
    }

    /// Observed responses that left without an entry, since the start.
    pub fn unrecorded(&self) -> u64 {
        self.0.gaps.total()
    }

    /// Those of them that the journal has not been told of, by portal; each is returned once.
    pub fn take_unrecorded(&self) -> Vec<UnrecordedResponses> {
        self.0.gaps.take()
    }

    /// Keeps for later what could not be journalled either.
    pub fn put_back_unrecorded(&self, gap: UnrecordedResponses) {
        self.0.gaps.put_back(gap);
    }

    /// Waits for the entries of responses that have left; false when some are still missing after
    /// `at_most`.
    pub async fn finish_entries(&self, at_most: Duration) -> bool {
        self.0.pending_entries.finish(at_most).await
    }

    fn notify(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }
}

fn of_portal(id: &PortalId, take: &mut dyn FnMut(&Exposure)) -> impl FnMut(&Exposure) {
    move |exposure| {
        if exposure.portal == *id {
            each_response(exposure, take);
        }
    }
}

/// The most responses of one entry that are counted one by one: the loop runs under the budgets'
/// lock.
const MERGED_MAX: u64 = 1000;

/// Passes the responses for which an entry stands, each as it was counted when it left. Their times
/// are not known: that of the last one forgets none too soon.
fn each_response(exposure: &Exposure, take: &mut dyn FnMut(&Exposure)) {
    match exposure.repeated {
        Some(repeated) if exposure.is_released() => {
            let one = Exposure {
                at: repeated.until,
                repeated: None,
                ..exposure.clone()
            };
            (0..repeated.count.min(MERGED_MAX)).for_each(|_| take(&one));
        }
        Some(_) | None => take(exposure),
    }
}
