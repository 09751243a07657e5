//! One request of a person at a time: looking for earlier ones and adding the new one are one step.

use digue_app::{App, Area};
use tokio::sync::{Mutex, MutexGuard};

/// Serialises requests of persons.
// Held while the act is journalled; no other async lock is taken under it. Apart from the locks of
// the console, so that strangers never delay it.
#[derive(Default)]
pub(crate) struct PersonRequestLock(Mutex<()>);

impl Area for PersonRequestLock {}

pub(super) async fn hold(app: &App) -> MutexGuard<'_, ()> {
    app.area::<PersonRequestLock>().0.lock().await
}
