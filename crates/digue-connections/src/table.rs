//! How many connections there may be, in total and from one address, and which one is closed for a
//! new one.
//!
//! A full table refuses nothing while connections are idle: the connection that has waited for its
//! client the longest is closed, first those that never sent a request. An address of a trusted
//! proxy stands for many clients: its connections count in the total only. Requests are counted by
//! the address of the client, through a proxy or not.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_access::shares::network_of;
use ipnet::IpNet;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::activity::{Activity, Ending, PaceLimits};

/// Limits of all listeners together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub in_all: usize,
    /// From one IPv4 address, or one IPv6 network of 64 bits; also the number of concurrent
    /// requests.
    pub per_address: usize,
    /// Concurrent requests on one HTTP/2 connection.
    pub streams: u32,
    pub tls_handshake: Duration,
    pub pace: PaceLimits,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            in_all: 16_384,
            per_address: 512,
            streams: 128,
            tls_handshake: Duration::from_secs(10),
            pace: PaceLimits::default(),
        }
    }
}

/// All connections.
#[derive(Debug)]
pub struct ConnectionTable {
    limits: ConnectionLimits,
    trusted: Vec<IpNet>,
    // Taken before the lock of a connection's activity, never within it.
    rows: Mutex<ConnectionRows>,
    /// Requests in progress, by client: one HTTP/2 connection, or one of a proxy, carries many.
    // A leaf, never held together with `rows`.
    requests: Mutex<HashMap<IpAddr, usize>>,
}

#[derive(Debug, Default)]
struct ConnectionRows {
    next: u64,
    all: HashMap<u64, ConnectionRow>,
    /// Numbers of the connections of each client; those of trusted proxies are not included.
    by_client: HashMap<IpAddr, HashSet<u64>>,
}

#[derive(Debug)]
struct ConnectionRow {
    client: Option<IpAddr>,
    activity: Arc<Activity>,
}

/// No slot is free, and no connection can be closed for this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableFull {
    #[error("too many connections from this address")]
    Address,
    #[error("too many connections")]
    All,
}

/// A connection's slot in the table, freed when dropped.
#[derive(Debug)]
pub struct Slot {
    table: Arc<ConnectionTable>,
    number: u64,
    is_proxy: bool,
    pub activity: Arc<Activity>,
}

impl Slot {
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Identifies the connection for quotas; `None` for a trusted proxy, whose connections carry
    /// many clients.
    pub fn share_key(&self) -> Option<u64> {
        (!self.is_proxy).then_some(self.number)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.table.rows().remove(self.number);
    }
}

/// One request of a client, counted until dropped.
#[derive(Debug)]
pub struct ClientRequest {
    table: Arc<ConnectionTable>,
    client: IpAddr,
}

impl Drop for ClientRequest {
    fn drop(&mut self) {
        let mut requests = lock(&self.table.requests);
        if let Some(count) = requests.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                requests.remove(&self.client);
            }
        }
    }
}

impl ConnectionTable {
    pub fn new(limits: ConnectionLimits, trusted: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            trusted,
            rows: Mutex::default(),
            requests: Mutex::default(),
        })
    }

    pub fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    /// See `rows` for its place in the lock order.
    fn rows(&self) -> MutexGuard<'_, ConnectionRows> {
        lock(&self.rows)
    }

    pub fn len(&self) -> usize {
        self.rows().all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A slot for a connection from `peer`, if necessary that of an idle one.
    pub fn admit(self: &Arc<Self>, peer: IpAddr, now: Instant) -> Result<Slot, TableFull> {
        let peer = peer.to_canonical();
        let is_proxy = self.trusted.iter().any(|network| network.contains(&peer));
        let client = (!is_proxy).then(|| network_of(peer));
        let activity = Arc::new(Activity::new(now));
        let mut rows = self.rows();
        // The address's own limit first: a client at its limit must displace its own connections,
        // not others'.
        if let Some(client) = client
            && rows
                .by_client
                .get(&client)
                .is_some_and(|own| own.len() >= self.limits.per_address)
            && rows.displace(Some(client), self.limits.per_address) == 0
        {
            return Err(TableFull::Address);
        }
        if rows.all.len() >= self.limits.in_all && rows.displace(None, self.limits.in_all) == 0 {
            return Err(TableFull::All);
        }
        let number = rows.add(client, activity.clone());
        drop(rows);
        Ok(Slot {
            table: self.clone(),
            number,
            is_proxy,
            activity,
        })
    }

    /// Closes some of the connections that have waited longest: the system has no file descriptors
    /// left.
    pub fn displace(&self) -> usize {
        let mut rows = self.rows();
        let present = rows.all.len();
        rows.displace(None, present)
    }

    /// Counts a request of a client, through a trusted proxy or not.
    pub fn admit_request(self: &Arc<Self>, client: IpAddr) -> Result<ClientRequest, TableFull> {
        let client = network_of(client);
        let mut requests = lock(&self.requests);
        let count = requests.entry(client).or_default();
        if *count >= self.limits.per_address {
            return Err(TableFull::Address);
        }
        *count += 1;
        drop(requests);
        Ok(ClientRequest {
            table: self.clone(),
            client,
        })
    }

    /// Closes the connections whose client does not keep to the limits.
    pub fn check(&self, now: Instant) -> Vec<Ending> {
        // Copied, so that thousands of activities are not examined while new connections wait for
        // the lock.
        let all: Vec<(u64, Arc<Activity>)> = self
            .rows()
            .all
            .iter()
            .map(|(number, row)| (*number, row.activity.clone()))
            .collect();
        let mut endings = Vec::new();
        for (number, activity) in all {
            if let Some(ending) = activity.check(now, &self.limits.pace) {
                // Now, and not when its task ends: a client that takes nothing may hold that up
                // while others wait.
                self.rows().remove(number);
                endings.push(ending);
            }
        }
        endings
    }

    /// Checks periodically until `stop` turns true.
    pub async fn keep_checking(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let pace = &self.limits.pace;
        let shortest = pace.first_request.min(pace.idle).min(pace.window);
        // A quarter of the shortest limit: a client gets at most that much more than its limit.
        let every = (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let mut ticks = tokio::time::interval(every);
        // Missed ticks are not made up: a second check right after the first finds nothing new.
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                now = ticks.tick() => note(&self.check(now)),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }
}

fn note(endings: &[Ending]) {
    let count = |which: Ending| endings.iter().filter(|ending| **ending == which).count();
    let (silent, slow) = (count(Ending::Silent), count(Ending::Slow));
    if silent + slow > 0 {
        tracing::debug!(silent, slow, "Ended connections that kept others waiting");
    }
}

impl ConnectionRows {
    fn add(&mut self, client: Option<IpAddr>, activity: Arc<Activity>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.all.insert(number, ConnectionRow { client, activity });
        if let Some(client) = client {
            self.by_client.entry(client).or_default().insert(number);
        }
        number
    }

    fn remove(&mut self, number: u64) {
        let Some(client) = self.all.remove(&number).and_then(|row| row.client) else {
            return;
        };
        if let Some(own) = self.by_client.get_mut(&client) {
            own.remove(&number);
            if own.is_empty() {
                self.by_client.remove(&client);
            }
        }
    }

    /// Closes the connections, of one client or of all, that have waited longest; returns how many.
    /// Several at once: examining the whole table for each new connection would itself be an
    /// attack.
    fn displace(&mut self, client: Option<IpAddr>, limit: usize) -> usize {
        let candidates: Vec<u64> = match client {
            Some(client) => self
                .by_client
                .get(&client)
                .into_iter()
                .flatten()
                .copied()
                .collect(),
            None => self.all.keys().copied().collect(),
        };
        let waiting = |number: u64| Some((self.all.get(&number)?.activity.waits_since()?, number));
        let mut waiting: Vec<_> = candidates.into_iter().filter_map(waiting).collect();
        let enough = (limit / 32).max(1).min(waiting.len());
        if enough == 0 {
            return 0;
        }
        // A selection and no sort: the table may hold tens of thousands of connections, under its
        // lock.
        waiting.select_nth_unstable(enough - 1);
        for (_, number) in &waiting[..enough] {
            if let Some(row) = self.all.get(number) {
                row.activity.end(Ending::Displaced);
            }
            self.remove(*number);
        }
        enough
    }
}

/// Locks, also after a panic: a panic costs one connection, and the rest must be served.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(in_all: usize, per_address: usize) -> Arc<ConnectionTable> {
        let limits = ConnectionLimits {
            in_all,
            per_address,
            ..ConnectionLimits::default()
        };
        ConnectionTable::new(limits, vec!["10.0.0.0/8".parse().unwrap()])
    }

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn one_address_never_takes_more_than_its_share_and_the_newest_stay() {
        let (table, start) = (table(1000, 4), Instant::now());
        let slots: Vec<Slot> = (0..20)
            .map(|n| {
                table
                    .admit(from(1), start + Duration::from_secs(n))
                    .unwrap()
            })
            .collect();
        assert_eq!(table.len(), 4);
        let live: HashSet<u64> = table.rows().all.keys().copied().collect();
        assert_eq!(live, slots[16..].iter().map(|slot| slot.number).collect());
        table.admit(from(2), start).unwrap();
        drop(slots);
        assert!(table.is_empty());
    }

    #[test]
    fn a_full_table_ends_those_who_never_asked_first() {
        let (table, start) = (table(3, 3), Instant::now());
        let after = |secs| start + Duration::from_secs(secs);
        let served = table.admit(from(1), start).unwrap();
        served.activity.begin_request();
        served.activity.end_request(after(1));
        let silent = table.admit(from(2), after(2)).unwrap();
        let busy = table.admit(from(3), after(3)).unwrap();
        busy.activity.begin_request();
        let fourth = table.admit(from(4), after(4)).unwrap();
        let present = |slot: &Slot| table.rows().all.contains_key(&slot.number);
        assert!(present(&served) && present(&busy) && !present(&silent));
        let fifth = table.admit(from(5), after(5)).unwrap();
        assert!(present(&fifth) && present(&served) && !present(&fourth));
    }

    #[test]
    fn when_everybody_is_being_answered_a_newcomer_is_refused() {
        let (table, now) = (table(2, 2), Instant::now());
        let slots = [
            table.admit(from(1), now).unwrap(),
            table.admit(from(2), now).unwrap(),
        ];
        slots.iter().for_each(|slot| slot.activity.begin_request());
        assert_eq!(table.admit(from(3), now).unwrap_err(), TableFull::All);
        let body = slots[0]
            .activity
            .begin_transfer(crate::activity::Direction::FromClient);
        slots[0].activity.turn(body, 0, true, now);
        assert!(
            table.admit(from(3), now).is_ok(),
            "an unfinished body is waiting, too"
        );
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let (table, now) = (table(1000, 2), Instant::now());
        for last in 0..10 {
            let peer = format!("2001:db8:1:2::{last}").parse().unwrap();
            std::mem::forget(table.admit(peer, now).unwrap());
        }
        assert_eq!(table.len(), 2);
        std::mem::forget(
            table
                .admit("2001:db8:1:3::1".parse().unwrap(), now)
                .unwrap(),
        );
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn a_trusted_proxy_is_not_one_client_and_those_behind_it_are_counted() {
        let (table, now) = (table(1000, 2), Instant::now());
        let proxy: IpAddr = "10.1.1.1".parse().unwrap();
        let slots: Vec<Slot> = (0..50).map(|_| table.admit(proxy, now).unwrap()).collect();
        assert_eq!((table.len(), slots[0].share_key()), (50, None));
        let first = table.admit_request(from(1)).unwrap();
        let _second = table.admit_request(from(1)).unwrap();
        assert_eq!(
            table.admit_request(from(1)).unwrap_err(),
            TableFull::Address
        );
        assert!(table.admit_request(from(2)).is_ok());
        drop(first);
        assert!(table.admit_request(from(1)).is_ok());
    }

    #[test]
    fn silent_connections_end_by_themselves() {
        let (table, now) = (table(1000, 1000), Instant::now());
        let slots: Vec<Slot> = (0..100)
            .map(|_| table.admit(from(1), now).unwrap())
            .collect();
        slots[0].activity.begin_request();
        let endings = table.check(now + Duration::from_secs(15));
        assert_eq!((endings.len(), table.len()), (99, 1));
        assert!(endings.iter().all(|ending| *ending == Ending::Silent));
    }
}
