//! What the administration area keeps between calls.

use digue_app::{App, Area};

use tokio::sync::Mutex;

/// Which load is under way.
#[derive(Default)]
pub struct AdministrationState {
    // Serialises loads of caseloads and alias tables: two that started from the same state would lose one.
    // Before `asking` and `rules`. Apart from `rules`, so that reading a large file delays no gate.
    pub(crate) loads: Mutex<()>,
}

impl Area for AdministrationState {}

impl AdministrationState {
    pub fn of(app: &App) -> &Self {
        app.area()
    }
}
