//! One change of credentials at a time: an invitation or a recovery never interleaves with the
//! enrolment of a key.

use digue_access::Session;
use digue_app::{App, Area, OperationError};
use tokio::sync::{Mutex, MutexGuard};

/// Serialises the operations that first look at the credentials of an account and then write them.
// After `LoadLock`, before `App::rules`.
#[derive(Default)]
pub(crate) struct CredentialLock(Mutex<()>);

impl Area for CredentialLock {}

/// Takes the lock.
pub(crate) async fn hold(app: &App) -> MutexGuard<'_, ()> {
    app.area::<CredentialLock>().0.lock().await
}

/// Takes the lock for a change of the session's own account, and checks that the session is still
/// alive once it is held. An invitation or a recovery may have come first and cut it; the new
/// credential would otherwise survive both.
pub(crate) async fn hold_for<'h>(
    app: &'h App,
    session: &Session,
) -> Result<MutexGuard<'h, ()>, OperationError> {
    let turn = hold(app).await;
    let lives = app.gateway().sessions(|known| known.id == session.id).len() == 1;
    if lives {
        Ok(turn)
    } else {
        Err(OperationError::Denied)
    }
}
