//! What is kept of streams and tokens, and one token after the other.

use std::time::Duration;

use digue_app::{App, OperationError};
use digue_store::SignalStreamRecord;
use tokio::sync::{Mutex, MutexGuard};

use crate::{SharedSignals, SignalRefusal};

/// How long tokens are kept, for the page and against replays: longer than the greatest age of a
/// token (`verify::AGE_MAX`).
pub(crate) const KEPT_FOR: Duration = Duration::from_hours(30 * 24);
const _: () = assert!(KEPT_FOR.as_secs() > crate::verify::AGE_MAX.as_secs());
/// The most tokens that are kept. Beyond it new ones are refused for now: one that is not remembered
/// could be replayed.
pub(crate) const KEPT_MAX: u64 = 1_000_000;

/// Serialises tokens: what the brake counts must not change meanwhile.
// The first of the async locks, before that of the rules.
#[derive(Default)]
pub(crate) struct SignalTurn(Mutex<()>);

/// Held while a token is carried out, or what waits is decided.
pub(crate) struct SignalTurnHeld<'t> {
    _held: MutexGuard<'t, ()>,
}

pub(crate) async fn turn(app: &App) -> SignalTurnHeld<'_> {
    SignalTurnHeld {
        _held: app.area::<SharedSignals>().turn.0.lock().await,
    }
}

impl SignalTurnHeld<'_> {
    /// Changes what is kept of a stream.
    pub(crate) async fn update(
        &self,
        app: &App,
        name: &str,
        change: impl FnOnce(&mut SignalStreamRecord),
    ) -> Result<(), OperationError> {
        let known = app.store().signal_streams().await?;
        let known = known.into_iter().find(|known| known.name == name);
        let mut record = known.unwrap_or_else(|| SignalStreamRecord::new(name));
        change(&mut record);
        Ok(app.store().set_signal_stream(&record).await?)
    }

    /// Counts a token that was refused.
    pub(crate) async fn refused(
        &self,
        app: &App,
        name: &str,
        why: SignalRefusal,
    ) -> Result<(), OperationError> {
        let now = app.clock().now();
        let count = |record: &mut SignalStreamRecord| {
            record.refused = record.refused.saturating_add(1);
            record.refusal = Some((now, why.code().to_owned()));
        };
        self.update(app, name, count).await
    }
}

/// Forgets tokens that are older than they are kept.
pub async fn forget_due(app: &App) -> Result<(), OperationError> {
    let before = app.clock().now().minus(KEPT_FOR);
    app.store().forget_signals(before).await?;
    Ok(())
}
