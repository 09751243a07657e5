//! Limits of requests without an account, so that codes cannot be guessed and no address starves
//! the others.

use std::time::Duration;

use digue_app::quotas::{QuotaLimits, Quotas};
use digue_app::{App, Area, OperationError};

/// Checks within a minute: more than people make, and shared fairly among all addresses.
// The total bounds a guesser with many addresses: 3,000 a minute find no code of 60 bits.
const CHECKS: QuotaLimits = QuotaLimits {
    period: Duration::from_mins(1),
    per_address: 20,
    per_network: 100,
    total: 3000,
    least: 2,
};

/// The requests without an account of the last minute and day.
pub(crate) struct RateLimiter {
    checks: Quotas,
    reports: Quotas,
}

/// Messages submitted without an account that are kept within a day.
const REPORTS: QuotaLimits = QuotaLimits {
    period: Duration::from_hours(24),
    per_address: 50,
    per_network: 200,
    total: 5000,
    least: 2,
};

impl Default for RateLimiter {
    fn default() -> Self {
        Self {
            checks: Quotas::new(CHECKS),
            reports: Quotas::new(REPORTS),
        }
    }
}

impl Area for RateLimiter {}

/// Counts a request without an account.
///
/// # Errors
/// `Busy` when this address, its network or all of them made too many.
pub fn pass(app: &App, ip: &str) -> Result<(), OperationError> {
    app.area::<RateLimiter>().checks.pass(app.clock().now(), ip)
}

/// True while submissions from this address are kept.
pub fn keeps_report(app: &App, ip: &str) -> bool {
    app.area::<RateLimiter>()
        .reports
        .pass(app.clock().now(), ip)
        .is_ok()
}
