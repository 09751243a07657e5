//! Users whom portals have named, for as long as the map lets their answers count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use digue_types::Timestamp;
use tokio::sync::{OnceCell, watch};

use crate::credentials::SignIn;
use crate::{LoginAnswer, LoginFault, PortalUser};

/// The most sign-ins that are remembered.
const SIGN_INS_MAX: usize = 100_000;
/// The most questions of one client address at once: a portal that is slow to answer keeps only the
/// visitors of that address waiting.
const QUESTIONS_MAX: usize = 64;

/// From so many questions on, abandoned ones are looked for.
const ABANDONED_MAX: usize = 10_000;

/// Below this number, sign-ins that nobody watches any more are left alone.
const WATCHED_USUAL: usize = 1_000;

type Outcome = Result<LoginAnswer, LoginFault>;

/// What portals said of recent sign-ins. Its lock is a leaf; nothing waits under it.
#[derive(Default)]
pub struct KnownLogins(Mutex<LoginTable>);

/// By what the map names of a sign-in.
#[derive(Default)]
struct LoginTable {
    users: HashMap<[u8; 32], KnownUser>,
    /// Questions on their way.
    asked: HashMap<[u8; 32], LoginFlight>,
    /// How many questions each address has on their way.
    addresses: HashMap<String, usize>,
    /// Sign-ins of responses that have not ended.
    watched: HashMap<[u8; 32], watch::Sender<SignInNews>>,
    /// From so many on, those that nobody watches any more are looked for.
    swept_at: usize,
}

/// What became of a sign-in while a response to it is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInNews {
    /// Nothing is known to have changed.
    Unchanged,
    /// It may be another user's now: a request may have changed it.
    Doubted,
    /// The portal has named its user again.
    Named(PortalUser),
    /// The portal has named nobody.
    Ended,
}

struct KnownUser {
    /// The whole of what was presented: the answer counts for nothing else.
    sign_in: SignIn,
    user: PortalUser,
    until: Timestamp,
}

#[derive(Clone)]
struct LoginFlight {
    sign_in: SignIn,
    outcome: Arc<OnceCell<Outcome>>,
}

impl KnownLogins {
    pub fn user(&self, sign_in: &SignIn, now: Timestamp) -> Option<PortalUser> {
        let table = self.table();
        let known = table.users.get(&sign_in.named())?;
        let counts = known.sign_in == *sign_in && now < known.until;
        counts.then(|| known.user.clone())
    }

    /// Asks, or waits for the answer to the same question: a page and its parts ask once, whatever
    /// the answer is. A user is remembered until `until`, unless the sign-in was forgotten
    /// meanwhile.
    ///
    /// # Errors
    /// Those of the question, and `Busy`.
    pub async fn ask_once(
        &self,
        sign_in: SignIn,
        address: &str,
        until: Timestamp,
        asking: impl Future<Output = Outcome> + Send,
    ) -> Outcome {
        let outcome = self.table().question(sign_in);
        let asked = async {
            let _counted = CountedQuestion::begin(self, address)?;
            asking.await
        };
        let answer = outcome.get_or_init(|| asked).await.clone();
        let mut table = self.table();
        // The first one puts the answer away; later ones find another question, or none.
        if table.takes(&sign_in, &outcome)
            && let Ok(LoginAnswer::User(user)) = &answer
        {
            table.insert(sign_in, user.clone(), until);
        }
        answer
    }

    /// Remembers whom a response named.
    pub fn keep_named(&self, sign_in: SignIn, user: PortalUser, until: Timestamp) {
        self.table().insert(sign_in, user, until);
    }

    /// Forgets a sign-in that may have become another user's, or nobody's; an answer on its way is
    /// not kept.
    pub fn forget(&self, sign_in: &SignIn) {
        self.forget_as(sign_in, SignInNews::Doubted);
    }

    /// Forgets a sign-in of which its portal has said that it is nobody's.
    pub fn end(&self, sign_in: &SignIn) {
        self.forget_as(sign_in, SignInNews::Ended);
    }

    /// Forgets a sign-in in whose place a response has put another, of the user whom it names.
    pub fn replace(&self, sign_in: &SignIn, user: PortalUser) {
        self.forget_as(sign_in, SignInNews::Named(user));
    }

    fn forget_as(&self, sign_in: &SignIn, news: SignInNews) {
        let mut table = self.table();
        table.users.remove(&sign_in.named());
        table.asked.remove(&sign_in.named());
        table.tell(sign_in, news);
    }

    /// What becomes of a sign-in from now on, for a response that stays open.
    pub fn watch(&self, sign_in: &SignIn) -> watch::Receiver<SignInNews> {
        let mut table = self.table();
        // Those whose responses have all ended.
        if table.watched.len() >= table.swept_at.max(WATCHED_USUAL) {
            table.watched.retain(|_, news| news.receiver_count() > 0);
            table.swept_at = table.watched.len() * 2;
        }
        let news = table.watched.entry(sign_in.named());
        news.or_insert_with(|| watch::Sender::new(SignInNews::Unchanged))
            .subscribe()
    }

    fn table(&self) -> MutexGuard<'_, LoginTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One question of an address, counted while it is on its way.
struct CountedQuestion<'k> {
    known: &'k KnownLogins,
    address: String,
}

impl<'k> CountedQuestion<'k> {
    fn begin(known: &'k KnownLogins, address: &str) -> Result<Self, LoginFault> {
        let mut table = known.table();
        let asked = table.addresses.entry(address.to_owned()).or_default();
        if *asked >= QUESTIONS_MAX {
            return Err(LoginFault::Busy);
        }
        *asked += 1;
        Ok(Self {
            known,
            address: address.to_owned(),
        })
    }
}

impl Drop for CountedQuestion<'_> {
    fn drop(&mut self) {
        let mut table = self.known.table();
        if let Some(asked) = table.addresses.get_mut(&self.address) {
            *asked -= 1;
            if *asked == 0 {
                table.addresses.remove(&self.address);
            }
        }
    }
}

impl LoginTable {
    /// The question on its way about exactly this sign-in, or a new one.
    fn question(&mut self, sign_in: SignIn) -> Arc<OnceCell<Outcome>> {
        let known = self.asked.get(&sign_in.named());
        if let Some(question) = known.filter(|question| question.sign_in == sign_in) {
            return question.outcome.clone();
        }
        // Questions that nobody waits for any more: their clients have gone.
        if self.asked.len() >= ABANDONED_MAX {
            self.asked
                .retain(|_, question| Arc::strong_count(&question.outcome) > 1);
        }
        let outcome = Arc::new(OnceCell::new());
        let question = LoginFlight {
            sign_in,
            outcome: outcome.clone(),
        };
        self.asked.insert(sign_in.named(), question);
        outcome
    }

    /// Ends a question; false when it was forgotten, or replaced by another.
    fn takes(&mut self, sign_in: &SignIn, outcome: &Arc<OnceCell<Outcome>>) -> bool {
        let named = sign_in.named();
        let is_this = self
            .asked
            .get(&named)
            .is_some_and(|question| Arc::ptr_eq(&question.outcome, outcome));
        is_this && self.asked.remove(&named).is_some()
    }

    fn insert(&mut self, sign_in: SignIn, user: PortalUser, until: Timestamp) {
        let named = sign_in.named();
        if self.users.len() >= SIGN_INS_MAX && !self.users.contains_key(&named) {
            // The half that ends first: what is dropped is only asked for again.
            let mut ends: Vec<Timestamp> = self.users.values().map(|known| known.until).collect();
            let middle = ends.len() / 2;
            let (_, middle, _) = ends.select_nth_unstable(middle);
            let middle = *middle;
            self.users.retain(|_, known| known.until > middle);
        }
        self.tell(&sign_in, SignInNews::Named(user.clone()));
        let known = KnownUser {
            sign_in,
            user,
            until,
        };
        self.users.insert(named, known);
    }

    fn tell(&self, sign_in: &SignIn, news: SignInNews) {
        if let Some(watched) = self.watched.get(&sign_in.named()) {
            watched.send_replace(news);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use digue_types::PortalId;
    use http::HeaderMap;
    use http::header::COOKIE;
    use tokio::sync::Notify;

    use super::*;
    use crate::credentials::CredentialPlaces;

    fn sign_in(cookies: &str) -> SignIn {
        let places = CredentialPlaces {
            cookies: vec!["s".to_owned()],
            headers: Vec::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, cookies.parse().unwrap());
        let portal = PortalId::parse("p").unwrap();
        places.sign_in(&portal, &headers, |_| false).unwrap()
    }

    fn user(account: &str) -> PortalUser {
        PortalUser {
            account: account.to_owned(),
            organisation: None,
        }
    }

    fn named(account: &str) -> Outcome {
        Ok(LoginAnswer::User(user(account)))
    }

    const fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[tokio::test]
    async fn an_answer_counts_until_its_end_and_for_exactly_what_was_presented() {
        let known = KnownLogins::default();
        let one = sign_in("s=1; other=a");
        let answer = known
            .ask_once(one, "a", at(130), async { named("a1") })
            .await;
        assert_eq!(answer, named("a1"));
        assert_eq!(known.user(&one, at(129)), Some(user("a1")));
        assert_eq!(known.user(&one, at(130)), None);
        assert_eq!(known.user(&sign_in("s=2"), at(100)), None);
        assert_eq!(known.user(&sign_in("s=1; other=b"), at(100)), None);
    }

    #[tokio::test]
    async fn an_answer_asked_for_before_a_sign_in_changed_is_not_kept() {
        let known = KnownLogins::default();
        let (one, other) = (sign_in("s=1"), sign_in("s=2"));
        let asking = async {
            known.forget(&one);
            named("a1")
        };
        assert_eq!(known.ask_once(one, "a", at(130), asking).await, named("a1"));
        assert_eq!(known.user(&one, at(100)), None);
        // What others change is nothing to it.
        let asking = async {
            known.forget(&other);
            named("a1")
        };
        known.ask_once(one, "a", at(130), asking).await.unwrap();
        assert_eq!(known.user(&one, at(100)), Some(user("a1")));
    }

    #[tokio::test]
    async fn one_request_asks_and_the_others_take_its_answer_whatever_it_is() {
        for outcome in [
            named("a1"),
            Ok(LoginAnswer::Nobody),
            Err(LoginFault::Unanswered),
        ] {
            let known = Arc::new(KnownLogins::default());
            let (asked, answers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
            let waiting: Vec<_> = (0..20)
                .map(|_| {
                    let (known, asked) = (known.clone(), asked.clone());
                    let (answers, outcome) = (answers.clone(), outcome.clone());
                    tokio::spawn(async move {
                        let asking = async {
                            asked.fetch_add(1, Ordering::SeqCst);
                            answers.notified().await;
                            outcome
                        };
                        known.ask_once(sign_in("s=1"), "a", at(130), asking).await
                    })
                })
                .collect();
            while asked.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            // Another sign-in does not wait.
            let other = known.ask_once(sign_in("s=2"), "a", at(1), async { named("b") });
            assert_eq!(other.await, named("b"));
            answers.notify_one();
            for answer in waiting {
                assert_eq!(answer.await.unwrap(), outcome);
            }
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
    }

    #[tokio::test]
    async fn one_address_keeps_only_its_own_visitors_waiting() {
        let known = Arc::new(KnownLogins::default());
        let waiting: Vec<_> = (0..QUESTIONS_MAX)
            .map(|n| {
                let known = known.clone();
                tokio::spawn(async move {
                    let asking = std::future::pending();
                    known
                        .ask_once(sign_in(&format!("s={n}")), "a", at(1), asking)
                        .await
                })
            })
            .collect();
        while known.table().addresses.get("a") != Some(&QUESTIONS_MAX) {
            tokio::task::yield_now().await;
        }
        let of = async |address: &str| {
            let asking = async { named("a1") };
            known
                .ask_once(sign_in("s=new"), address, at(1), asking)
                .await
        };
        assert_eq!(of("a").await, Err(LoginFault::Busy));
        assert_eq!(of("b").await, named("a1"));
        for one in waiting {
            one.abort();
            let _ = one.await;
        }
        assert_eq!(of("a").await, named("a1"));
    }

    #[tokio::test]
    async fn an_open_response_hears_what_becomes_of_its_sign_in() {
        let known = KnownLogins::default();
        let (one, other) = (sign_in("s=1"), sign_in("s=2"));
        let mut news = known.watch(&one);
        known.end(&other);
        assert!(!news.has_changed().unwrap());
        known.forget(&one);
        assert_eq!(*news.borrow_and_update(), SignInNews::Doubted);
        known.keep_named(one, user("a1"), at(130));
        assert_eq!(*news.borrow_and_update(), SignInNews::Named(user("a1")));
        known.end(&one);
        assert_eq!(*news.borrow_and_update(), SignInNews::Ended);
        assert_eq!(known.user(&one, at(100)), None);
        // What nobody watches takes no room.
        drop(news);
        for n in 0..3 * WATCHED_USUAL {
            drop(known.watch(&sign_in(&format!("s={n}"))));
        }
        assert!(known.table().watched.len() <= WATCHED_USUAL + 1);
    }

    #[test]
    fn a_full_table_drops_what_ends_first() {
        let known = KnownLogins::default();
        let all: Vec<SignIn> = (0..=SIGN_INS_MAX)
            .map(|n| sign_in(&format!("s={n}")))
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
