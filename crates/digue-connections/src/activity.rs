//! What one connection is doing: since when it waits for its client, and how fast that client moves
//! bytes.
//!
//! Only time that the *client* takes is counted: a slow portal, or a page that waits for an event,
//! is not the client's fault. This module knows neither sockets nor requests; its callers supply
//! the instants.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a connection may wait for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceLimits {
    /// Until the first request is complete, the TLS handshake included.
    pub first_request: Duration,
    /// From one request until the next is complete.
    pub idle: Duration,
    /// The least number of bytes a second that a client sends or receives, averaged over `window`
    /// of its own time.
    pub bytes_per_second_min: u64,
    pub window: Duration,
}

impl Default for PaceLimits {
    /// Generous: a line of 1 kB/s, the slowest on which a page still loads, is eight times the
    /// minimum. The window is nginx's: on a slow line the kernel's buffers empty in large parts,
    /// far apart.
    fn default() -> Self {
        Self {
            first_request: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            bytes_per_second_min: 128,
            window: Duration::from_secs(60),
        }
    }
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// No complete request within the time limit.
    Silent,
    /// No further request within the time limit.
    Idle,
    /// A body, in either direction, slower than the minimum.
    Slow,
    /// Others needed the slot, and this connection had waited for its client the longest.
    Displaced,
}

impl Ending {
    /// The client kept to the limits: what is in progress may finish in good order.
    pub const fn is_polite(self) -> bool {
        matches!(self, Self::Idle | Self::Displaced)
    }
}

/// Whose turn it is while a body is neither empty nor finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The client sends: we wait for it while no data has arrived.
    FromClient,
    /// The client receives: we wait for it from one piece until it asks for the next.
    #[default]
    ToClient,
}

impl Direction {
    /// Consecutive slow windows that close the connection. The kernel's send buffer empties in
    /// large parts: on a line of 1 kB/s minutes can pass between two of them.
    const fn patience(self) -> u8 {
        match self {
            Self::FromClient => 1,
            Self::ToClient => 4,
        }
    }
}

/// Empty windows after which one transfer counts as stalled, although others on its connection
/// move.
const STALLED_WINDOWS: u8 = 2;

/// The socket's own writes; bodies are numbered from 1.
const SOCKET: u64 = 0;

/// One connection.
#[derive(Debug)]
pub struct Activity {
    // A leaf, taken after the lock of `ConnectionTable::rows` or without it.
    state: Mutex<ActivityState>,
    end: Notify,
}

#[derive(Debug)]
struct ActivityState {
    ending: Option<Ending>,
    requests: usize,
    has_served: bool,
    /// Since when no request has been in progress.
    idle_since: Instant,
    next: u64,
    transfers: HashMap<u64, Transfer>,
    /// Bytes of all transfers so far.
    moved: u64,
}

/// One direction of one body, or the socket.
#[derive(Clone, Copy, Debug, Default)]
struct Transfer {
    direction: Direction,
    /// Since when it has been the client's turn.
    waits_since: Option<Instant>,
    /// The client's time in the current window, up to its last turn.
    waited: Duration,
    /// Bytes in the current window.
    bytes: u64,
    // `ActivityState::moved` when this window began.
    moved_before: u64,
    slow_windows: u8,
    empty_windows: u8,
}

impl Transfer {
    fn waited(&self, now: Instant) -> Duration {
        let current = self
            .waits_since
            .map(|since| now.saturating_duration_since(since));
        self.waited + current.unwrap_or_default()
    }

    fn stop_waiting(&mut self, now: Instant) {
        self.waited = self.waited(now);
        self.waits_since = None;
    }

    /// Closes a window of the client's time; true when too many of them were too slow.
    ///
    /// Streams of one connection share its bandwidth: one that gets its turn late is not slow, one
    /// that moves nothing for several windows has stalled.
    fn end_window(&mut self, now: Instant, moved: u64, is_slow: bool) -> bool {
        let in_a_row = |before: u8, is_so: bool| if is_so { before.saturating_add(1) } else { 0 };
        *self = Self {
            direction: self.direction,
            waits_since: self.waits_since.map(|_| now),
            moved_before: moved,
            slow_windows: in_a_row(self.slow_windows, is_slow),
            empty_windows: in_a_row(self.empty_windows, self.bytes == 0),
            ..Self::default()
        };
        let patience = self.direction.patience();
        self.slow_windows >= patience || self.empty_windows >= patience.max(STALLED_WINDOWS)
    }
}

impl Activity {
    pub fn new(now: Instant) -> Self {
        let state = ActivityState {
            ending: None,
            requests: 0,
            has_served: false,
            idle_since: now,
            next: SOCKET + 1,
            transfers: HashMap::new(),
            moved: 0,
        };
        Self {
            state: Mutex::new(state),
            end: Notify::new(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, ActivityState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin_request(&self) {
        self.state().requests += 1;
    }

    pub fn end_request(&self, now: Instant) {
        let mut state = self.state();
        state.requests = state.requests.saturating_sub(1);
        state.has_served = true;
        if state.requests == 0 {
            state.idle_since = now;
        }
    }

    /// Registers a body; its first poll says whose turn it is.
    pub fn begin_transfer(&self, direction: Direction) -> u64 {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        let transfer = Transfer {
            direction,
            moved_before: state.moved,
            ..Transfer::default()
        };
        state.transfers.insert(number, transfer);
        number
    }

    pub fn end_transfer(&self, number: u64) {
        self.state().transfers.remove(&number);
    }

    /// Counts the bytes moved, and whether it is now the client's turn.
    pub fn turn(&self, number: u64, bytes: u64, is_clients: bool, now: Instant) {
        let mut state = self.state();
        // The socket carries the bytes of the bodies again: counting both would double them.
        if number != SOCKET {
            state.moved += bytes;
        }
        let Some(transfer) = state.transfers.get_mut(&number) else {
            return;
        };
        transfer.bytes += bytes;
        transfer.stop_waiting(now);
        if is_clients {
            transfer.waits_since = Some(now);
        }
    }

    /// The socket cannot take more of what was written, or can again.
    pub fn socket(&self, bytes: u64, is_blocked: bool, now: Instant) {
        self.state().transfers.entry(SOCKET).or_default();
        self.turn(SOCKET, bytes, is_blocked, now);
    }

    /// Whether this connection ever served a request, and since when it has waited for its client
    /// alone; `None` while a request is waiting for anything else. Ordered so that connections that
    /// never served one come first.
    pub fn waits_since(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        if state.requests == 0 {
            return Some((state.has_served, state.idle_since));
        }
        let bodies = || {
            state
                .transfers
                .iter()
                .filter(|(number, _)| **number != SOCKET)
        };
        // Some request has no body in transfer: a portal, or an inspection, is working on it.
        if bodies().count() < state.requests {
            return None;
        }
        let since: Option<Vec<Instant>> =
            bodies().map(|(_, transfer)| transfer.waits_since).collect();
        // The latest of them: a connection has waited only since its last transfer came to a halt.
        Some((state.has_served, since?.into_iter().max()?))
    }

    /// Checks whether the client keeps to the limits, and closes the connection when it does not.
    pub fn check(&self, now: Instant, limits: &PaceLimits) -> Option<Ending> {
        // The guard is dropped with this statement: `end` takes the same lock.
        let found = self.state().judge(now, limits)?;
        self.end(found);
        Some(found)
    }

    pub fn end(&self, ending: Ending) {
        // The first reason stays: it decides whether the connection may still finish in good order.
        self.state().ending.get_or_insert(ending);
        self.end.notify_one();
    }

    /// Resolves when the connection is to be closed.
    pub async fn ended(&self) -> Ending {
        loop {
            if let Some(ending) = self.state().ending {
                return ending;
            }
            // `notify_one` stores a permit, so an `end` between the check and this line is not
            // lost.
            self.end.notified().await;
        }
    }
}

impl ActivityState {
    fn judge(&mut self, now: Instant, limits: &PaceLimits) -> Option<Ending> {
        // Without a request the last response may still lie in the socket's buffer, because its
        // client takes nothing.
        if self.requests == 0 && !self.is_writing() {
            let idle = now.saturating_duration_since(self.idle_since);
            if !self.has_served && idle >= limits.first_request {
                return Some(Ending::Silent);
            }
            if idle >= limits.idle {
                return Some(Ending::Idle);
            }
        }
        let least = limits
            .bytes_per_second_min
            .saturating_mul(limits.window.as_secs().max(1));
        let mut is_slow = false;
        for (number, transfer) in &mut self.transfers {
            if transfer.waited(now) >= limits.window {
                let of_connection = self.moved.saturating_sub(transfer.moved_before);
                let seen = if *number == SOCKET {
                    transfer.bytes
                } else {
                    of_connection
                };
                is_slow |= transfer.end_window(now, self.moved, seen < least);
            }
        }
        is_slow.then_some(Ending::Slow)
    }

    fn is_writing(&self) -> bool {
        self.transfers
            .get(&SOCKET)
            .is_some_and(|socket| socket.waits_since.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PaceLimits = PaceLimits {
        first_request: Duration::from_secs(15),
        idle: Duration::from_secs(75),
        bytes_per_second_min: 100,
        window: Duration::from_secs(30),
    };

    struct Clock(Instant);

    impl Clock {
        fn after(&mut self, secs: u64) -> Instant {
            self.0 += Duration::from_secs(secs);
            self.0
        }
    }

    fn begin() -> (Clock, Activity) {
        let now = Instant::now();
        (Clock(now), Activity::new(now))
    }

    #[test]
    fn a_client_that_asks_nothing_is_ended() {
        let (mut clock, activity) = begin();
        assert_eq!(activity.check(clock.after(14), &LIMITS), None);
        assert_eq!(
            activity.check(clock.after(1), &LIMITS),
            Some(Ending::Silent)
        );
    }

    #[test]
    fn a_client_that_asks_nothing_more_is_ended_later() {
        let (mut clock, activity) = begin();
        activity.begin_request();
        assert_eq!(
            activity.check(clock.after(1000), &LIMITS),
            None,
            "the portal takes its time"
        );
        activity.end_request(clock.0);
        assert_eq!(activity.check(clock.after(74), &LIMITS), None);
        assert_eq!(activity.check(clock.after(1), &LIMITS), Some(Ending::Idle));
    }

    #[test]
    fn a_body_that_drips_is_ended_and_one_that_flows_is_not() {
        for (bytes_each_second, expected) in [(99, Some(Ending::Slow)), (100, None), (5000, None)] {
            let (mut clock, activity) = begin();
            activity.begin_request();
            let body = activity.begin_transfer(Direction::FromClient);
            activity.turn(body, 0, true, clock.0);
            for _ in 0..30 {
                activity.turn(body, bytes_each_second, true, clock.after(1));
            }
            assert_eq!(
                activity.check(clock.0, &LIMITS),
                expected,
                "{bytes_each_second}"
            );
        }
    }

    #[test]
    fn the_time_of_the_portal_is_not_the_clients() {
        let (mut clock, activity) = begin();
        activity.begin_request();
        let body = activity.begin_transfer(Direction::FromClient);
        for _ in 0..100 {
            activity.turn(body, 1, false, clock.0);
            activity.turn(body, 0, true, clock.after(29));
            activity.turn(body, 2900, false, clock.after(29));
            assert_eq!(activity.check(clock.0, &LIMITS), None);
        }
    }

    #[test]
    fn streams_share_one_line_and_a_stalled_one_is_found() {
        let (mut clock, activity) = begin();
        activity.begin_request();
        let begin = || activity.begin_transfer(Direction::FromClient);
        let (moving, stalled) = (begin(), begin());
        activity.turn(moving, 0, true, clock.0);
        activity.turn(stalled, 0, true, clock.0);
        activity.turn(moving, 10_000, true, clock.after(30));
        assert_eq!(activity.check(clock.0, &LIMITS), None, "its turn may come");
        activity.turn(moving, 10_000, true, clock.after(30));
        assert_eq!(activity.check(clock.0, &LIMITS), Some(Ending::Slow));
    }

    #[test]
    fn a_socket_that_takes_nothing_is_ended_although_no_request_is_under_way() {
        let (mut clock, activity) = begin();
        activity.begin_request();
        activity.socket(0, true, clock.0);
        activity.end_request(clock.0);
        for _ in 0..3 {
            activity.socket(1, true, clock.after(20));
            assert_eq!(activity.check(clock.after(10), &LIMITS), None);
        }
        assert_eq!(activity.check(clock.after(30), &LIMITS), Some(Ending::Slow));
    }

    #[test]
    fn a_slow_line_that_takes_a_large_part_every_few_minutes_goes_on() {
        let (mut clock, activity) = begin();
        activity.begin_request();
        activity.socket(0, true, clock.0);
        for _ in 0..20 {
            for _ in 0..3 {
                assert_eq!(activity.check(clock.after(30), &LIMITS), None);
            }
            activity.socket(90_000, true, clock.0);
        }
    }

    #[test]
    fn what_waits_for_its_client_may_be_displaced_and_nothing_else() {
        let (mut clock, activity) = begin();
        assert_eq!(activity.waits_since(), Some((false, clock.0)));
        activity.begin_request();
        assert_eq!(activity.waits_since(), None, "it is answered");
        let body = activity.begin_transfer(Direction::FromClient);
        assert_eq!(
            activity.waits_since(),
            None,
            "nobody waits for the body yet"
        );
        let since = clock.after(1);
        activity.turn(body, 0, true, since);
        assert_eq!(activity.waits_since(), Some((false, since)));
        activity.end_transfer(body);
        assert_eq!(activity.waits_since(), None);
        activity.end_request(clock.after(1));
        assert_eq!(activity.waits_since(), Some((true, clock.0)));
    }

    #[tokio::test]
    async fn an_ending_is_kept_until_it_is_asked_for() {
        let (_, activity) = begin();
        activity.end(Ending::Displaced);
        activity.end(Ending::Idle);
        assert_eq!(activity.ended().await, Ending::Displaced);
    }
}
