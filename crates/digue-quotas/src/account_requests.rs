//! How much one account may request: so many requests at the same time, because a portal behind
//! Digue has fewer workers than one client has streams, and so many per minute, because each may
//! become a journal entry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use digue_types::{AccountId, Timestamp};

use crate::lock::lock;

/// Requests of each account.
#[derive(Debug)]
pub struct AccountRequests {
    at_once: usize,
    per_minute: u32,
    // A leaf: no other lock is taken while it is held.
    accounts: Mutex<Accounts>,
}

#[derive(Debug, Default)]
struct Accounts {
    known: HashMap<AccountId, Asking>,
    /// Above this size, accounts without requests are removed: twice as many as were left last
    /// time, so that the scan stays cheap on average.
    full_at: usize,
}

impl Accounts {
    fn of(&mut self, account: &AccountId, now: i64) -> &mut Asking {
        if self.known.len() >= self.full_at.max(REMEMBERED) {
            // Accounts with requests in progress must stay: their guards count down an entry that
            // has to be there.
            self.known
                .retain(|_, asking| asking.under_way > 0 || asking.due_at > now);
            self.full_at = self.known.len() * 2;
        }
        self.known.entry(account.clone()).or_default()
    }
}

#[derive(Debug, Default)]
struct Asking {
    under_way: usize,
    /// When the requests so far would have been made if evenly spaced: microseconds, at most a
    /// minute ahead.
    due_at: i64,
}

/// Accounts kept at least, before any is removed.
const REMEMBERED: usize = 1024;
const MINUTE_MICROS: i64 = 60_000_000;

/// This account has as many requests in progress as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests of one account at once")]
pub struct TooMany;

/// One request in progress, until dropped.
#[derive(Debug)]
pub struct AccountRequest {
    of: Arc<AccountRequests>,
    account: AccountId,
}

impl AccountRequests {
    pub fn new(at_once: usize, per_minute: u32) -> Arc<Self> {
        Arc::new(Self {
            at_once,
            // `may_ask` divides by it.
            per_minute: per_minute.max(1),
            accounts: Mutex::default(),
        })
    }

    pub fn begin(self: &Arc<Self>, account: &AccountId) -> Result<AccountRequest, TooMany> {
        let mut accounts = lock(&self.accounts);
        // No removal here: that needs the current time, which this function is not given.
        let asking = accounts.known.entry(account.clone()).or_default();
        if asking.under_way >= self.at_once {
            return Err(TooMany);
        }
        asking.under_way += 1;
        Ok(AccountRequest {
            of: self.clone(),
            account: account.clone(),
        })
    }

    /// True, and counted, while the account has requests left in this minute. The generic cell rate
    /// algorithm: a minute's worth at once, then as many as become free.
    pub fn may_ask(&self, account: &AccountId, now: Timestamp) -> bool {
        let mut accounts = lock(&self.accounts);
        let now = now.micros();
        let asking = accounts.of(account, now);
        let due_at = asking.due_at.max(now) + MINUTE_MICROS / i64::from(self.per_minute);
        // A refused request is not counted: `due_at` stays, so an account that keeps trying is not
        // locked out for longer.
        if due_at > now + MINUTE_MICROS {
            return false;
        }
        asking.due_at = due_at;
        true
    }
}

impl Drop for AccountRequest {
    fn drop(&mut self) {
        let mut accounts = lock(&self.of.accounts);
        if let Some(asking) = accounts.known.get_mut(&self.account) {
            asking.under_way -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountId {
        AccountId::parse(name).unwrap()
    }

    #[test]
    fn one_account_has_so_many_at_once_and_others_have_theirs() {
        let requests = AccountRequests::new(2, 100);
        let first = requests.begin(&account("a1")).unwrap();
        let _second = requests.begin(&account("a1")).unwrap();
        assert_eq!(requests.begin(&account("a1")).unwrap_err(), TooMany);
        assert!(requests.begin(&account("b1")).is_ok());
        drop(first);
        assert!(requests.begin(&account("a1")).is_ok());
    }

    #[test]
    fn one_account_has_so_many_in_a_minute() {
        let requests = AccountRequests::new(2, 60);
        let asks = |name, secs, times: usize| {
            let now = Timestamp::from_secs(secs);
            (0..times)
                .filter(|_| requests.may_ask(&account(name), now))
                .count()
        };
        assert_eq!(asks("a1", 1000, 100), 60);
        assert_eq!(asks("b1", 1000, 10), 10);
        assert_eq!(asks("a1", 1010, 100), 10);
        assert_eq!(asks("a1", 2000, 100), 60);
        // An hour gives at most an hour's worth, and the burst of one minute.
        let hour: usize = (3000..6600).map(|secs| asks("c1", secs, 5)).sum();
        assert!((3600..=3660).contains(&hour), "{hour}");
    }

    #[test]
    fn accounts_that_ask_nothing_are_forgotten() {
        let requests = AccountRequests::new(2, 60);
        for number in 0..5000 {
            assert!(requests.may_ask(
                &account(&format!("a{number}")),
                Timestamp::from_secs(number * 100)
            ));
        }
        assert!(lock(&requests.accounts).known.len() <= REMEMBERED);
    }
}
