//! Cutting an account whose identity another system vouches for.
//!
//! Digue's own sessions are removed. We cannot revoke a token or a proxy's header, so it is
//! refused: tokens of a sign-in before the cut, whenever they arrive; headers and the portal's own
//! sign-ins for as long as a session may last at most, because nothing in them distinguishes one
//! sign-in from the next.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use digue_types::{AccountId, Timestamp};

use crate::caller::CallerKind;
use crate::token::CLOCK_SKEW;

/// When an account was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountCut {
    pub at: Timestamp,
    /// An officer has let it work again: headers are accepted again. Tokens from before the cut are
    /// not: their holder may be the thief.
    pub is_lifted: bool,
}

/// All accounts that were cut. Its lock is a leaf.
#[derive(Debug, Default)]
pub struct AccountCuts(RwLock<HashMap<AccountId, AccountCut>>);

impl AccountCuts {
    pub fn set(&self, account: AccountId, cut: AccountCut) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(account, cut);
    }

    /// The cut of an account that may work again; `None` when there was none.
    pub fn lift(&self, account: &AccountId) -> Option<AccountCut> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let cut = all.get_mut(account)?;
        cut.is_lifted = true;
        Some(*cut)
    }

    /// True when an identity of this kind was cut and has not become valid since. `headers_for`:
    /// how long a header is refused.
    pub fn refuse(
        &self,
        account: &AccountId,
        kind: CallerKind,
        now: Timestamp,
        headers_for: Duration,
    ) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(cut) = all.get(account) else {
            return false;
        };
        match kind {
            // Their own stores end these: the session was removed, the key revoked.
            CallerKind::Session | CallerKind::Key => false,
            // The issuer dates sign-ins, by a clock that may be ahead of ours: what may have been
            // before the cut counts as before it, and who signs in at once after it does so again.
            // Zero, where the token gives no date, always counts as before.
            CallerKind::Token { signed_in_at } => signed_in_at <= cut.at.plus(CLOCK_SKEW),
            CallerKind::Header | CallerKind::PortalLogin => {
                !cut.is_lifted && now < cut.at.plus(headers_for)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_reaches_what_others_vouch_for() {
        let account = AccountId::parse("a1").unwrap();
        let at = Timestamp::from_secs;
        let hour = Duration::from_hours(1);
        let cuts = AccountCuts::default();
        let token = |secs| CallerKind::Token {
            signed_in_at: at(secs),
        };
        assert!(!cuts.refuse(&account, CallerKind::Header, at(100), hour));
        cuts.set(
            account.clone(),
            AccountCut {
                at: at(100),
                is_lifted: false,
            },
        );
        assert!(cuts.refuse(&account, CallerKind::Header, at(101), hour));
        assert!(!cuts.refuse(&account, CallerKind::Header, at(100 + 3600), hour));
        assert!(cuts.refuse(&account, token(100), at(100_000), hour));
        assert!(cuts.refuse(
            &account,
            CallerKind::Token {
                signed_in_at: Timestamp::ZERO
            },
            at(101),
            hour
        ));
        // Its issuer's clock may be ahead by as much as its tokens may be early.
        assert!(cuts.refuse(&account, token(101), at(102), hour));
        assert!(cuts.refuse(
            &account,
            token(100 + CLOCK_SKEW.as_secs() as i64),
            at(100_000),
            hour
        ));
        assert!(!cuts.refuse(
            &account,
            token(101 + CLOCK_SKEW.as_secs() as i64),
            at(200),
            hour
        ));
        assert!(!cuts.refuse(
            &AccountId::parse("a2").unwrap(),
            CallerKind::Header,
            at(101),
            hour
        ));
        assert_eq!(
            cuts.lift(&account),
            Some(AccountCut {
                at: at(100),
                is_lifted: true
            })
        );
        assert!(!cuts.refuse(&account, CallerKind::Header, at(101), hour));
        assert!(cuts.refuse(&account, token(99), at(101), hour));
    }
}
