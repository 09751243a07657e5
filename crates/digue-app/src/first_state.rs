//! The rules and sessions that the gateway starts with.
//!
//! A session that was ended before the stop does not come back, even if the store still has it.

use digue_access::{OpenSession, Sessions, Snapshot};

use crate::app::App;
use crate::error::OperationError;
use crate::identity_cuts;

impl App {
    /// The rules and sessions that the gateway starts with.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn first_state(&self) -> Result<(Snapshot, Sessions), OperationError> {
        let rules = self.rules().await.clone();
        let cuts = identity_cuts::stored(self.store()).await?;
        let mut sessions = Sessions::new(self.session_limits());
        let mut over = Vec::new();
        for (token, session) in self.store().sessions().await? {
            let is_cut = cuts
                .get(&session.account)
                .is_some_and(|cut| session.opened_at <= cut.at);
            let known = rules.directory.find(&session.account);
            if is_cut || known.is_none_or(|known| known.organisation != session.organisation) {
                over.push(session.id);
            } else {
                sessions.open(OpenSession { token, session });
            }
        }
        over.extend(sessions.expire(self.clock().now()));
        self.store().remove_sessions(&over).await?;
        Ok((rules, sessions))
    }
}
