//! Acts: how one becomes durable, and who follows it.

use digue_journal::AppendError;
use digue_store::StoreError;
use digue_types::{Act, Administration, Event, Subject};
use futures_util::future::BoxFuture;

use crate::actor::Actor;
use crate::app::App;
use crate::areas::Area;
use crate::error::OperationError;

/// What an act is about, and its texts. Texts that are read again have types (`act_contents`).
#[derive(Clone, Debug, Default)]
pub struct ActDetails {
    pub subject: Subject,
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

/// An act that the journal did not confirm.
#[derive(Debug)]
enum UnconfirmedAct {
    /// Nothing of it was written, nor will be.
    NotWritten(String),
    /// It may be found in the journal later.
    Unknown(String),
}

impl From<AppendError> for UnconfirmedAct {
    fn from(error: AppendError) -> Self {
        let text = error.to_string();
        match error {
            // Refused before it was queued.
            AppendError::Busy { .. }
            | AppendError::TooLong { .. }
            | AppendError::PastRetention(_)
            | AppendError::NotSealed(_)
            | AppendError::Closed => Self::NotWritten(text),
            AppendError::Unavailable(_) => Self::Unknown(text),
        }
    }
}

impl From<UnconfirmedAct> for OperationError {
    fn from(act: UnconfirmedAct) -> Self {
        match act {
            UnconfirmedAct::NotWritten(text) | UnconfirmedAct::Unknown(text) => {
                Self::Unavailable(text)
            }
        }
    }
}

/// An area that follows acts. It is called after the act is durable and before the operation
/// returns, so that the next page shows what followed.
///
/// The operation may hold the lock of the rules (`App::rules`): a subscriber never takes it. A
/// failure is the subscriber's own to report; the act has happened.
pub trait ActSubscriber: Send + Sync {
    fn committed<'a>(&'a self, app: &'a App, act: CommittedAct<'a>) -> BoxFuture<'a, ()>;
}

/// The areas that follow acts, called in this order.
pub(crate) struct Subscribers(pub(crate) Vec<Box<dyn ActSubscriber>>);

impl Area for Subscribers {}

impl App {
    /// Makes an act of administration durable.
    pub async fn write_down(
        &self,
        actor: &Actor,
        act: Act,
        details: ActDetails,
    ) -> Result<u64, OperationError> {
        self.write_all(actor, act, vec![details]).await
    }

    /// Makes several acts of one kind durable in one append; returns the number of the first entry.
    pub async fn write_all(
        &self,
        actor: &Actor,
        act: Act,
        all: Vec<ActDetails>,
    ) -> Result<u64, OperationError> {
        Ok(self.append_acts(actor, act, all).await?)
    }

    async fn append_acts(
        &self,
        actor: &Actor,
        act: Act,
        all: Vec<ActDetails>,
    ) -> Result<u64, UnconfirmedAct> {
        if all.is_empty() {
            return Ok(0);
        }
        let at = self.clock().now();
        let event = |details: &ActDetails| {
            Event::Administration(Administration {
                at,
                actor: actor.account.clone(),
                act,
                subject: details.subject.clone(),
                before: details.before.clone(),
                after: details.after.clone(),
                reason: details.reason.clone(),
            })
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.journal()
            .append(all.iter().map(event).collect(), move |result| {
                let _ = sender.send(result);
            });
        match receiver.await {
            Ok(Ok(receipt)) => {
                // After the entry is durable: incident logs cite its number. The caller may hold
                // `rules`.
                for (entry, details) in (receipt.first..).zip(&all) {
                    for subscriber in &self.area::<Subscribers>().0 {
                        subscriber
                            .committed(
                                self,
                                CommittedAct {
                                    actor,
                                    act,
                                    details,
                                    entry,
                                },
                            )
                            .await;
                    }
                }
                Ok(receipt.first)
            }
            Ok(Err(error)) => Err(error.into()),
            // The journal ended with the append in its hands.
            Err(_) => Err(UnconfirmedAct::Unknown("the journal is closed".to_owned())),
        }
    }

    /// Claims something in the store, then journals the act. In this order the journal never states
    /// that an act was done when a concurrent one won the claim. The claim is released when the
    /// journal certainly does not have the act. Where it may have it, the act is journalled once
    /// more; if that fails too, the claim is kept: the journal could otherwise state what the store
    /// denies.
    ///
    /// # Errors
    /// `Conflict` when the store refuses the claim; nothing is journalled then. `Unavailable` when
    /// the act is not journalled, or not known to be; in the second case what was claimed stays
    /// done.
    pub async fn claim(
        &self,
        (actor, act, details): (&Actor, Act, ActDetails),
        claim: impl Future<Output = Result<bool, StoreError>>,
        release: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<u64, OperationError> {
        if !claim.await? {
            return Err(OperationError::Conflict);
        }
        match self.append_acts(actor, act, vec![details.clone()]).await {
            Ok(entry) => return Ok(entry),
            Err(error @ UnconfirmedAct::NotWritten(_)) => {
                if let Err(stuck) = release.await {
                    tracing::error!(
                        error = %stuck,
                        act = act.code(),
                        "Releasing a claim failed; the store keeps it although the act is not journalled"
                    );
                }
                return Err(error.into());
            }
            Err(UnconfirmedAct::Unknown(_)) => {}
        }
        // Once more, on the files of a recovered journal: an act that is stated twice misleads
        // nobody.
        let again = self.append_acts(actor, act, vec![details]).await;
        again.map_err(|error| {
            tracing::error!(
                ?error,
                act = act.code(),
                "An act may or may not be in the journal; the store keeps it as done"
            );
            error.into()
        })
    }

    /// Says in the journal that Digue started or stopped, and under which rules.
    pub async fn note(&self, act: Act, subject: Subject) -> Result<u64, OperationError> {
        self.write_down(
            &Actor::digue(),
            act,
            ActDetails {
                subject,
                ..ActDetails::default()
            },
        )
        .await
    }
}
