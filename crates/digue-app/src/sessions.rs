//! Opening and ending sessions: no session survives a cut that came while it was being opened.
//!
//! An opening takes time, because it is journalled and stored before the gateway knows the session.
//! It is announced first. Ending sessions also ends the openings under way, and an ended one
//! is never completed. What an account may do is no matter of this file.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use digue_access::session::TokenHash;
use digue_access::{OpenSession, Session};
use digue_gateway::cuts::AccountCut;
use digue_types::{AccountId, SessionId};

use crate::app::App;
use crate::areas::Area;
use crate::error::OperationError;

/// The openings under way, and the ended sessions that the store still has.
#[derive(Default)]
pub(crate) struct SessionChanges {
    // Before the gateway's table of sessions, which is changed under it: an end and a completion
    // exclude each other. Never held across an `await`.
    openings: Mutex<SessionOpenings>,
    // A leaf lock. Sessions whose removal failed; each was a live session once, which bounds their
    // number.
    unremoved: Mutex<HashSet<SessionId>>,
}

impl Area for SessionChanges {}

#[derive(Default)]
struct SessionOpenings {
    /// One for each sign-in under way.
    announced: HashMap<SessionId, AnnouncedSession>,
    /// Counts the cuts of accounts since the start.
    cuts: u64,
    /// The number of the last cut of each account that was cut since the start.
    last_cut: HashMap<AccountId, u64>,
}

struct AnnouncedSession {
    session: Session,
    is_ended: bool,
}

impl SessionOpenings {
    fn end_announced(&mut self, which: &dyn Fn(&Session) -> bool) -> Vec<SessionId> {
        let mut ended = Vec::new();
        for announced in self
            .announced
            .values_mut()
            .filter(|announced| which(&announced.session))
        {
            announced.is_ended = true;
            ended.push(announced.session.id.clone());
        }
        ended
    }
}

/// When a proof of identity began, in cuts of accounts. A cut of the account since then makes the
/// proof void: a recovery may have taken the credential away that it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProofStart(u64);

impl SessionChanges {
    fn openings(&self) -> MutexGuard<'_, SessionOpenings> {
        self.openings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unremoved(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.unremoved
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The opening of a session, from its announcement on. Forgotten when dropped.
pub struct SessionOpening<'a> {
    app: &'a App,
    id: SessionId,
}

impl SessionOpening<'_> {
    /// Lets the gateway know the session, which is journalled and stored by now.
    ///
    /// # Errors
    /// `Denied` when it was ended since its announcement; the caller removes it from the store.
    pub fn complete(self, token: TokenHash) -> Result<(), OperationError> {
        let mut openings = self.app.area::<SessionChanges>().openings();
        match openings.announced.remove(&self.id) {
            Some(AnnouncedSession {
                session,
                is_ended: false,
            }) => {
                self.app
                    .gateway()
                    .open_session(OpenSession { token, session });
                Ok(())
            }
            Some(AnnouncedSession { is_ended: true, .. }) | None => Err(OperationError::Denied),
        }
    }
}

impl Drop for SessionOpening<'_> {
    fn drop(&mut self) {
        self.app
            .area::<SessionChanges>()
            .openings()
            .announced
            .remove(&self.id);
    }
}

impl App {
    /// To be called before a proof of identity is verified.
    pub fn begin_proof(&self) -> ProofStart {
        ProofStart(self.area::<SessionChanges>().openings().cuts)
    }

    /// Announces a session that is about to be opened, by a proof that began at `begun`. To be
    /// called before it is checked that its account may have one: whatever ends the account's
    /// sessions from here on ends this one.
    ///
    /// # Errors
    /// `Denied` when the account was cut since the proof began.
    pub fn announce_session(
        &self,
        session: &Session,
        begun: ProofStart,
    ) -> Result<SessionOpening<'_>, OperationError> {
        let mut openings = self.area::<SessionChanges>().openings();
        if openings
            .last_cut
            .get(&session.account)
            .is_some_and(|cut| *cut > begun.0)
        {
            return Err(OperationError::Denied);
        }
        let announced = AnnouncedSession {
            session: session.clone(),
            is_ended: false,
        };
        openings.announced.insert(session.id.clone(), announced);
        Ok(SessionOpening {
            app: self,
            id: session.id.clone(),
        })
    }

    /// Ends the sessions that `which` selects, those that are being opened included, at once and
    /// then in the store; returns their names.
    ///
    /// # Errors
    /// `Unavailable` when the store could not remove them. They are over nonetheless
    /// (`remove_sessions`).
    pub async fn end_sessions(
        &self,
        which: impl Fn(&Session) -> bool,
    ) -> Result<Vec<SessionId>, OperationError> {
        let ended = self.cut_sessions(which);
        self.remove_sessions(&ended).await?;
        Ok(ended)
    }

    /// The first half of `end_sessions`, for callers that journal the end before they touch the
    /// store, which still has the sessions.
    #[must_use = "the store still has these sessions"]
    pub fn cut_sessions(&self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let mut openings = self.area::<SessionChanges>().openings();
        let announced = openings.end_announced(&which);
        [self.gateway().cut_sessions(which), announced].concat()
    }

    /// Ends all sessions of an account, and from now on refuses the identities that others vouch
    /// for. The store still has the sessions (`remove_sessions`).
    pub(crate) fn cut_account(&self, account: &AccountId) -> (Vec<SessionId>, AccountCut) {
        let mut openings = self.area::<SessionChanges>().openings();
        openings.cuts += 1;
        let number = openings.cuts;
        openings.last_cut.insert(account.clone(), number);
        let announced = openings.end_announced(&|session| session.account == *account);
        let (sessions, cut) = self.gateway().cut_account(account);
        ([sessions, announced].concat(), cut)
    }

    /// Removes ended sessions from the store, and those that it could not remove before.
    ///
    /// # Errors
    /// `Unavailable` when the store fails; the next call removes them, at the latest that of
    /// `tidy_sessions`.
    pub async fn remove_sessions(&self, ended: &[SessionId]) -> Result<(), OperationError> {
        // Noted first: a cancelled request leaves them to the next call, too.
        let all: Vec<SessionId> = {
            let mut unremoved = self.area::<SessionChanges>().unremoved();
            unremoved.extend(ended.iter().cloned());
            unremoved.iter().cloned().collect()
        };
        if !all.is_empty() {
            self.store().remove_sessions(&all).await?;
            self.area::<SessionChanges>()
                .unremoved()
                .retain(|id| !all.contains(id));
        }
        Ok(())
    }

    /// Ends sessions that have expired, and removes what the store could not remove before.
    pub async fn tidy_sessions(&self) -> Result<(), OperationError> {
        self.remove_sessions(&self.gateway().expire_sessions())
            .await
    }
}
