//! What the administration area keeps between calls.

use tokio::sync::Mutex;

use crate::app::App;
use crate::areas::Area;

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
