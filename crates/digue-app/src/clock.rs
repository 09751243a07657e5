//! The clock, in the operator's time zone; the only file of this crate that reads the system time.
//!
//! Everything below receives the time as an argument, so that a day can be replayed in a second.

use std::sync::atomic::{AtomicI64, Ordering};

use digue_gateway::ports::Clock;
use digue_types::Timestamp;
use jiff::tz::TimeZone;

/// The system's clock, seen from one time zone.
pub struct SystemClock {
    zone: TimeZone,
}

impl SystemClock {
    pub fn new(zone: TimeZone) -> Self {
        Self { zone }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
    }

    fn local(&self, at: Timestamp) -> (i64, i64) {
        local(&self.zone, at)
    }
}

/// A clock that stands still until it is set: for tests and replays.
pub struct ManualClock {
    micros: AtomicI64,
    zone: TimeZone,
}

impl ManualClock {
    pub fn new(at: Timestamp, zone: TimeZone) -> Self {
        Self {
            micros: AtomicI64::new(at.micros()),
            zone,
        }
    }

    pub fn set(&self, at: Timestamp) {
        self.micros.store(at.micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }

    fn local(&self, at: Timestamp) -> (i64, i64) {
        local(&self.zone, at)
    }
}

fn local(zone: &TimeZone, at: Timestamp) -> (i64, i64) {
    // Outside the years that `jiff` can represent: midnight on a Monday.
    let Ok(time) = jiff::Timestamp::from_microsecond(at.micros()) else {
        return (0, 1);
    };
    let time = time.to_zoned(zone.clone());
    (
        i64::from(time.hour()),
        i64::from(time.weekday().to_monday_one_offset()),
    )
}
