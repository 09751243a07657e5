//! Users whom portals have named, for as long as the map lets their answers count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use digue_types::Timestamp;
use tokio::sync::OwnedMutexGuard;

use crate::PortalUser;
use crate::credentials::SignIn;

/// The most sign-ins that are remembered.
const SIGN_INS_MAX: usize = 100_000;

/// What portals said of recent sign-ins. Its locks are leaves; nothing waits under them.
#[derive(Default)]
pub struct KnownLogins(Mutex<LoginTable>);

#[derive(Default)]
struct LoginTable {
    users: HashMap<SignIn, KnownUser>,
    /// One turn for each sign-in that is being asked about.
    asked: HashMap<SignIn, Arc<tokio::sync::Mutex<()>>>,
    /// Counts what was forgotten: an answer that was asked for before is not kept after.
    forgotten: u64,
}

struct KnownUser {
    user: PortalUser,
    until: Timestamp,
}

/// The turn to ask a portal about one sign-in.
pub struct AskingTurn {
    forgotten: u64,
    _turn: OwnedMutexGuard<()>,
}

impl KnownLogins {
    pub fn user(&self, sign_in: &SignIn, now: Timestamp) -> Option<PortalUser> {
        let table = self.table();
        let known = table.users.get(sign_in)?;
        (now < known.until).then(|| known.user.clone())
    }

    /// Waits until no other request asks about this sign-in: a page and its parts ask once. The
    /// caller looks once more whether the user is known by then.
    pub async fn turn(&self, sign_in: &SignIn) -> AskingTurn {
        let (turn, forgotten) = {
            let mut table = self.table();
            // Turns that nobody holds any more; a few hundred at most are held at a time.
            if table.asked.len() > 1_000 {
                table.asked.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            let forgotten = table.forgotten;
            (table.asked.entry(*sign_in).or_default().clone(), forgotten)
        };
        AskingTurn {
            forgotten,
            _turn: turn.lock_owned().await,
        }
    }

    /// Remembers a user until `until`, unless something was forgotten since the portal was asked.
    pub fn keep(&self, sign_in: SignIn, user: PortalUser, until: Timestamp, asked: &AskingTurn) {
        let mut table = self.table();
        if table.forgotten == asked.forgotten {
            table.insert(sign_in, KnownUser { user, until });
        }
    }

    /// Remembers whom a response named.
    pub fn keep_named(&self, sign_in: SignIn, user: PortalUser, until: Timestamp) {
        self.table().insert(sign_in, KnownUser { user, until });
    }

    /// Forgets a sign-in that may have become another user's, or nobody's.
    pub fn forget(&self, sign_in: &SignIn) {
        let mut table = self.table();
        table.users.remove(sign_in);
        table.forgotten += 1;
    }

    fn table(&self) -> MutexGuard<'_, LoginTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginTable {
    fn insert(&mut self, sign_in: SignIn, known: KnownUser) {
        if self.users.len() >= SIGN_INS_MAX && !self.users.contains_key(&sign_in) {
            // The half that ends first: what is dropped is only asked for again.
            let mut ends: Vec<Timestamp> = self.users.values().map(|known| known.until).collect();
            let middle = ends.len() / 2;
            let (_, middle, _) = ends.select_nth_unstable(middle);
            let middle = *middle;
            self.users.retain(|_, known| known.until > middle);
        }
        self.users.insert(sign_in, known);
    }
}

#[cfg(test)]
mod tests {
    use digue_types::PortalId;
    use http::HeaderMap;
    use http::header::COOKIE;

    use super::*;
    use crate::credentials::CredentialPlaces;

    fn sign_in(secret: &str) -> SignIn {
        let places = CredentialPlaces {
            cookies: vec!["s".to_owned()],
            headers: Vec::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("s={secret}").parse().unwrap());
        let portal = PortalId::parse("p").unwrap();
        places.sign_in(&portal, &headers).unwrap()
    }

    fn user(account: &str) -> PortalUser {
        PortalUser {
            account: account.to_owned(),
            organisation: None,
        }
    }

    const fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[tokio::test]
    async fn an_answer_counts_until_its_end_and_no_longer() {
        let known = KnownLogins::default();
        let one = sign_in("1");
        let turn = known.turn(&one).await;
        known.keep(one, user("a1"), at(130), &turn);
        assert_eq!(known.user(&one, at(129)), Some(user("a1")));
        assert_eq!(known.user(&one, at(130)), None);
        assert_eq!(known.user(&sign_in("2"), at(100)), None);
    }

    #[tokio::test]
    async fn an_answer_asked_for_before_a_sign_in_changed_is_not_kept() {
        let known = KnownLogins::default();
        let one = sign_in("1");
        let turn = known.turn(&one).await;
        known.forget(&one);
        known.keep(one, user("a1"), at(130), &turn);
        assert_eq!(known.user(&one, at(100)), None);
    }

    #[tokio::test]
    async fn one_request_asks_and_the_others_wait_for_its_answer() {
        let known = Arc::new(KnownLogins::default());
        let one = sign_in("1");
        let turn = known.turn(&one).await;
        let waiting = {
            let known = known.clone();
            tokio::spawn(async move {
                let _turn = known.turn(&one).await;
                known.user(&one, at(100))
            })
        };
        // Another sign-in does not wait.
        drop(known.turn(&sign_in("2")).await);
        known.keep(one, user("a1"), at(130), &turn);
        drop(turn);
        assert_eq!(waiting.await.unwrap(), Some(user("a1")));
    }

    #[test]
    fn a_full_table_drops_what_ends_first() {
        let known = KnownLogins::default();
        let all: Vec<SignIn> = (0..=SIGN_INS_MAX)
            .map(|n| sign_in(&n.to_string()))
            .collect();
        for (place, sign_in) in all.iter().enumerate() {
            known.keep_named(*sign_in, user("a1"), at(1_000 + place as i64));
        }
        assert_eq!(known.user(&all[0], at(0)), None);
        assert_eq!(known.user(&all[SIGN_INS_MAX - 1], at(0)), Some(user("a1")));
        assert_eq!(known.user(&all[SIGN_INS_MAX], at(0)), Some(user("a1")));
        assert!(known.table().users.len() <= SIGN_INS_MAX);
    }
}
