//! Quotas: a bounded amount that many holders take from, so that none starves the others.
//!
//! A holder of weight *w* may hold at most *w* times the amount that remains free: an account of
//! weight 1 alone gets a half of all, two get a third each, and however many are greedy, something
//! is left for the next (the dynamic thresholds of Choudhury and Hahne, 1998, by which switches
//! share their buffers). A fixed part for each holder would leave memory unused while only few are
//! active.
//!
//! Nothing here knows what the amount is, or who the holders are.

use core::net::{IpAddr, Ipv6Addr};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sender to which limits apply: an IPv4 address, or the /64 network of an IPv6 address. One
/// client chooses freely among the 2^64 addresses of its network, so a limit for each would be
/// none.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

/// The shared amount, mostly bytes. `H` identifies a holder.
#[derive(Debug)]
pub struct SharedAmount<H> {
    limit: usize,
    /// Guards the amount in use in total and by holder, which must change together. Held for a few
    /// map operations; no other lock is taken under it.
    state: Mutex<SharedAmountState<H>>,
}

#[derive(Debug)]
struct SharedAmountState<H> {
    used: usize,
    held: HashMap<H, usize>,
}

/// The weight of a holder, in eighths: `Eighths(8)` is weight 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eighths(pub usize);

/// The amount is not free, or is more than the quota of one of the holders. Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the quota is exhausted")]
pub struct ShareExceeded;

/// The amount that one use holds, counted for each of its holders; given back when dropped.
#[derive(Debug)]
pub struct AmountShare<H: Clone + Eq + Hash> {
    from: Arc<SharedAmount<H>>,
    holders: Vec<(H, Eighths)>,
    amount: usize,
}

impl<H: Clone + Eq + Hash> SharedAmount<H> {
    pub fn new(limit: usize) -> Arc<Self> {
        let state = SharedAmountState {
            used: 0,
            held: HashMap::new(),
        };
        Arc::new(Self {
            limit,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, SharedAmountState<H>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn used(&self) -> usize {
        self.state().used
    }

    /// Begins a use that holds nothing yet. Each holder has its weight and must be named once.
    pub fn begin(self: &Arc<Self>, holders: Vec<(H, Eighths)>) -> AmountShare<H> {
        AmountShare {
            from: self.clone(),
            holders,
            amount: 0,
        }
    }
}

impl<H: Clone + Eq + Hash> AmountShare<H> {
    pub const fn amount(&self) -> usize {
        self.amount
    }

    /// Takes `amount` more.
    ///
    /// # Errors
    /// Nothing is taken when any of the holders would exceed its quota.
    pub fn grow(&mut self, amount: usize) -> Result<(), ShareExceeded> {
        let mut state = self.from.state();
        // Checked: sizes come from a client's `Content-Length`, and a wrapped sum would be granted.
        let used = state
            .used
            .checked_add(amount)
            .filter(|used| *used <= self.from.limit);
        let used = used.ok_or(ShareExceeded)?;
        let free = self.from.limit - used;
        // All holders are checked before any is charged. `free` is what is left after this use: a
        // quota of what is free before could take everything.
        for (holder, Eighths(weight)) in &self.holders {
            let held = state.held.get(holder).copied().unwrap_or_default() + amount;
            if held > (free / 8).saturating_mul(*weight) {
                return Err(ShareExceeded);
            }
        }
        for (holder, _) in &self.holders {
            *state.held.entry(holder.clone()).or_default() += amount;
        }
        state.used = used;
        self.amount += amount;
        Ok(())
    }

    /// Gives back all but `amount`.
    pub fn shrink_to(&mut self, amount: usize) {
        let given_back = self.amount.saturating_sub(amount);
        let mut state = self.from.state();
        state.used -= given_back;
        for (holder, _) in &self.holders {
            let Some(held) = state.held.get_mut(holder) else {
                continue;
            };
            *held -= given_back;
            // The map holds those who hold something: its size is bounded by the uses in progress.
            if *held == 0 {
                state.held.remove(holder);
            }
        }
        self.amount -= given_back;
    }
}

impl<H: Clone + Eq + Hash> Drop for AmountShare<H> {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_sender_and_a_mapped_address_is_ipv4() {
        let of = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }

    fn takes(share: &mut AmountShare<&'static str>, each: usize) -> usize {
        while share.grow(each).is_ok() {}
        share.amount()
    }

    #[test]
    fn one_holder_gets_a_half_and_leaves_something_for_each_that_comes() {
        let amount = SharedAmount::new(9600);
        let mut first = amount.begin(vec![("a", Eighths(8))]);
        assert_eq!(takes(&mut first, 8), 4800);
        let mut second = amount.begin(vec![("b", Eighths(8))]);
        assert_eq!(takes(&mut second, 8), 2400);
        let mut third = amount.begin(vec![("c", Eighths(8))]);
        assert_eq!(takes(&mut third, 8), 1200);
        assert!(first.grow(1).is_err());
        drop(first);
        assert!(takes(&mut third, 8) > 1200);
    }

    #[test]
    fn all_uses_of_one_holder_are_one_share() {
        let amount = SharedAmount::new(8000);
        let mut uses: Vec<_> = (0..100)
            .map(|_| amount.begin(vec![("a", Eighths(8)), ("portal", Eighths(24))]))
            .collect();
        let taken = uses
            .iter_mut()
            .map(|share| usize::from(share.grow(80).is_ok()) * 80)
            .sum::<usize>();
        assert_eq!((taken, amount.used()), (4000, 4000));
        uses.clear();
        assert_eq!((amount.used(), amount.state().held.len()), (0, 0));
    }

    #[test]
    fn a_group_is_bounded_too_however_many_belong_to_it() {
        let amount = SharedAmount::new(9600);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let mut uses: Vec<_> = names
            .iter()
            .map(|name| amount.begin(vec![(*name, Eighths(8)), ("of", Eighths(16))]))
            .collect();
        for share in &mut uses {
            takes(share, 8);
        }
        assert_eq!(amount.used(), 6400, "two thirds");
        assert!(
            amount
                .begin(vec![("other", Eighths(8)), ("of-2", Eighths(16))])
                .grow(100)
                .is_ok()
        );
    }

    #[test]
    fn what_cannot_be_had_changes_nothing() {
        let amount = SharedAmount::new(800);
        let mut share = amount.begin(vec![("a", Eighths(8)), ("b", Eighths(8))]);
        share.grow(160).unwrap();
        assert_eq!(share.grow(usize::MAX), Err(ShareExceeded));
        assert_eq!(share.grow(248), Err(ShareExceeded));
        assert_eq!((share.amount(), amount.used()), (160, 160));
        share.shrink_to(5);
        assert_eq!((share.amount(), amount.used()), (5, 5));
    }
}
