//! Time as a value that callers pass in, and the four windows in which persons are counted.
//!
//! No clock is read here or in any crate of layers 0 and 1.

use std::fmt;
use std::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const ZERO: Self = Self(0);

    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn from_secs(secs: i64) -> Self {
        // Dates come from files and tokens, too: one beyond the range must not wrap into another
        // century.
        Self(secs.saturating_mul(1_000_000))
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Later by `by`; saturates.
    pub fn plus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// Earlier by `by`; saturates.
    pub fn minus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The time since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Days since 1970-01-01, UTC.
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }

    /// Year, month and day of the month, UTC; clamped to the years -9999 to 9999.
    pub fn utc_date(self) -> (i16, u8, u8) {
        // The range of `jiff`, in days from 1970, rounded inwards.
        let days = self.utc_day().clamp(-4_371_000, 2_932_000);
        let seconds =
            jiff::Timestamp::from_second(days * 86_400).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let date = seconds.to_zoned(jiff::tz::TimeZone::UTC).date();
        (
            date.year(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    }

    /// Midnight UTC of `2026-11-22`.
    pub fn parse_date(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(midnight.timestamp().as_microsecond()))
    }

    /// The times of web servers' access logs: `12/Jul/2025:21:04:05 +0200`,
    /// `2025-07-12 21:04:05.250 +0200`.
    pub fn parse_common_log(text: &str) -> Option<Self> {
        ["%d/%b/%Y:%H:%M:%S%.f %z", "%Y-%m-%d %H:%M:%S%.f %z"]
            .iter()
            .find_map(|form| {
                let parts = jiff::fmt::strtime::parse(form, text).ok()?;
                parts
                    .to_timestamp()
                    .ok()
                    .map(|at| Self(at.as_microsecond()))
            })
    }

    /// RFC 3339 with any offset: `2026-11-22T08:30:00Z`, `2026-11-22T10:30:00+02:00`. Microseconds
    /// are kept.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|t| Self(t.as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A sliding window in which distinct persons are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SlidingWindow {
    Minute,
    Hour,
    Day,
    Month,
}

impl SlidingWindow {
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Month];

    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Month => 30 * 86_400,
        })
    }

    /// The name used in portal maps and in the journal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Minute => "1min",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Month => "30d",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.code() == code)
    }

    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_rfc_3339() {
        let time = Timestamp::parse_rfc3339("2025-07-12T21:04:05Z").unwrap();
        assert_eq!(time.to_string(), "2025-07-12T21:04:05Z");
        assert_eq!(time.secs(), 1_752_354_245);
    }

    #[test]
    fn knows_its_date() {
        let check =
            |text: &str, date| assert_eq!(Timestamp::parse_rfc3339(text).unwrap().utc_date(), date);
        check("2025-07-12T23:59:59Z", (2025, 7, 12));
        check("2024-02-29T00:00:00Z", (2024, 2, 29));
        check("1969-12-31T23:00:00Z", (1969, 12, 31));
        assert_eq!(
            Timestamp::parse_date("2025-07-12"),
            Timestamp::parse_rfc3339("2025-07-12T00:00:00Z")
        );
        assert_eq!(Timestamp::parse_date("12/07/2025"), None);
        let _ = (
            Timestamp::from_micros(i64::MIN).utc_date(),
            Timestamp::from_micros(i64::MAX).utc_date(),
        );
    }

    #[test]
    fn since_never_goes_below_zero() {
        assert_eq!(
            Timestamp::from_secs(5).since(Timestamp::from_secs(9)),
            Duration::ZERO
        );
    }
}
