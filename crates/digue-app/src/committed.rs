//! Acts once they are durable, and who is told of them.

use digue_types::Act;
use futures_util::future::BoxFuture;

use crate::actor::Actor;
use crate::app::App;

/// The texts of an act.
#[derive(Clone, Debug, Default)]
pub struct ActDetails {
    pub subject: String,
    pub before: String,
    pub after: String,
    pub reason: String,
}

/// An act that the journal holds.
#[derive(Clone, Copy, Debug)]
pub struct CommittedAct<'a> {
    pub actor: &'a Actor,
    pub act: Act,
    pub details: &'a ActDetails,
    /// The number of its journal entry.
    pub entry: u64,
}

/// An area that follows acts. It is called after the act is durable and before the operation returns, so
/// that the next page shows what followed.
///
/// The operation may hold the lock of the rules (`App::rules`): a subscriber never takes it. A failure is
/// the subscriber's own to report; the act has happened.
pub trait ActSubscriber: Send + Sync {
    fn committed<'a>(&'a self, app: &'a App, act: CommittedAct<'a>) -> BoxFuture<'a, ()>;
}
