//! Quotas of requests without an account: a limit for an address, one for a network, and a total
//! that is divided among the networks that ask.
//!
//! No sender starves another: under a flood from many networks each keeps its share, and a new
//! network is served. Nothing is kept after the period.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_types::Timestamp;

use crate::error::OperationError;

/// The limits of one period.
#[derive(Clone, Copy, Debug)]
pub struct QuotaLimits {
    pub period: Duration,
    pub per_address: u32,
    pub per_network: u32,
    /// The total, divided among the networks that ask.
    pub total: u32,
    /// The share of a network, however many others ask. The total may therefore be exceeded.
    pub least: u32,
}

/// The most networks that are counted at once, some tens of bytes each. Beyond it new ones are
/// refused.
const NETWORKS_MAX: usize = 200_000;

/// Counts of one period.
#[derive(Default)]
struct QuotaCounts {
    period: i64,
    /// Only addresses that were served: at most the share of each network, for `NETWORKS_MAX`
    /// networks.
    addresses: HashMap<QuotaAddress, u32>,
    networks: HashMap<QuotaNetwork, u32>,
}

/// What one machine may have: an IPv4 address, or the first 64 bits of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct QuotaAddress(u128);

/// What one customer of a provider may have: the first 24 bits of IPv4, or 48 of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct QuotaNetwork(u128);

fn places(ip: &str) -> (QuotaAddress, QuotaNetwork) {
    // IPv4 as IPv4-mapped IPv6, so that the two families share no key.
    let bits = match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.to_ipv6_mapped().to_bits(),
        Ok(IpAddr::V6(ip)) => {
            return (
                QuotaAddress(ip.to_bits() >> 64 << 64),
                QuotaNetwork(ip.to_bits() >> 80 << 80),
            );
        }
        // Senders without a valid address share one.
        Err(_) => 0,
    };
    (QuotaAddress(bits), QuotaNetwork(bits >> 8 << 8))
}

/// Counts requests by address and network.
pub struct Quotas {
    limits: QuotaLimits,
    // A leaf lock.
    counts: Mutex<QuotaCounts>,
}

impl Quotas {
    pub fn new(limits: QuotaLimits) -> Self {
        Self {
            limits,
            counts: Mutex::default(),
        }
    }

    fn lock(&self, now: Timestamp) -> MutexGuard<'_, QuotaCounts> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = i64::try_from(self.limits.period.as_secs())
            .unwrap_or(i64::MAX)
            .max(1);
        let period = now.secs().div_euclid(seconds);
        if counts.period != period {
            *counts = QuotaCounts {
                period,
                ..QuotaCounts::default()
            };
        }
        counts
    }

    /// Takes one request from the share of this address.
    ///
    /// # Errors
    /// `Busy` when the share is used up; it is renewed with the next period.
    pub fn pass(&self, now: Timestamp, ip: &str) -> Result<(), OperationError> {
        let (address, network) = places(ip);
        let mut counts = self.lock(now);
        let is_known = counts.networks.contains_key(&network);
        if !is_known && counts.networks.len() >= NETWORKS_MAX {
            return Err(OperationError::Busy);
        }
        // This network counts among those that ask, also at its first request.
        let asking =
            u32::try_from(counts.networks.len() + usize::from(!is_known)).unwrap_or(u32::MAX);
        let fair = (self.limits.total / asking.max(1)).max(self.limits.least);
        let of_network = counts.networks.get(&network).copied().unwrap_or(0);
        let of_address = counts.addresses.get(&address).copied().unwrap_or(0);
        if of_network >= self.limits.per_network.min(fair)
            || of_address >= self.limits.per_address.min(fair)
        {
            return Err(OperationError::Busy);
        }
        counts.networks.insert(network, of_network + 1);
        counts.addresses.insert(address, of_address + 1);
        Ok(())
    }

    /// True for a network that has taken nothing in this period.
    pub fn is_new(&self, now: Timestamp, ip: &str) -> bool {
        !self.lock(now).networks.contains_key(&places(ip).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas() -> Quotas {
        Quotas::new(QuotaLimits {
            period: Duration::from_mins(1),
            per_address: 20,
            per_network: 100,
            total: 3000,
            least: 2,
        })
    }

    fn passed(quotas: &Quotas, ip: &str, times: u32) -> u32 {
        let now = Timestamp::from_secs(60);
        (0..times)
            .map(|_| u32::from(quotas.pass(now, ip).is_ok()))
            .sum()
    }

    /// 151 addresses made the desk refuse everybody.
    #[test]
    fn many_addresses_that_ask_too_much_leave_everybody_else_their_share() {
        for attackers in [1, 150, 151, 3000, 50_000_u32] {
            let quotas = quotas();
            for number in 0..attackers {
                let ip = format!("10.{}.{}.7", number >> 8, number & 0xff);
                passed(&quotas, &ip, 30);
            }
            assert!(passed(&quotas, "192.0.2.7", 3) >= 2, "{attackers}");
            assert!(passed(&quotas, "2001:db8::1", 3) >= 2, "{attackers}");
        }
    }

    #[test]
    fn one_place_has_one_share_however_it_writes_its_address() {
        let quotas = quotas();
        assert_eq!(
            passed(&quotas, "192.0.2.7", 15) + passed(&quotas, "::ffff:192.0.2.7", 15),
            20
        );
        // A customer who has a whole network of addresses.
        let all: u32 = (0..1000)
            .map(|n| passed(&quotas, &format!("2001:db8:7:{n:x}::1"), 20))
            .sum();
        assert_eq!(all, 100);
        assert_eq!(
            passed(&quotas, "no address", 15) + passed(&quotas, "neither", 15),
            20
        );
        assert!(
            quotas.pass(Timestamp::from_secs(120), "192.0.2.7").is_ok(),
            "the minute is over"
        );
    }
}
