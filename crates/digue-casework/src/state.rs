//! What the casework area keeps between calls.

use digue_app::{App, Area};

use tokio::sync::Mutex;

use crate::alerts::{AlertRules, AlertSender};
use crate::desk::DeskRules;
use crate::genuine::RateLimiter;
use crate::incidents::{IncidentFollowing, LessonSubscriber, OperatorRules};

/// The operator's rules, the incidents that follow acts, and what leaves for other systems.
pub struct CaseworkState {
    pub alert_sender: AlertSender,
    operator: OperatorRules,
    pub(crate) desk: DeskRules,
    pub(crate) following: IncidentFollowing,
    pub rate_limiter: RateLimiter,
    pub(crate) lessons: Box<dyn LessonSubscriber>,
    // Serialises imports of a register of violations: two of the same file would open each incident twice.
    // No other lock is held while it is taken.
    pub(crate) importing: Mutex<()>,
}

impl Area for CaseworkState {}

impl CaseworkState {
    pub fn new(
        operator: OperatorRules,
        alerts: AlertRules,
        desk: DeskRules,
        lessons: Box<dyn LessonSubscriber>,
    ) -> Self {
        Self {
            alert_sender: AlertSender::new(alerts),
            operator,
            desk,
            following: IncidentFollowing::default(),
            rate_limiter: RateLimiter::default(),
            lessons,
            importing: Mutex::default(),
        }
    }

    pub fn of(app: &App) -> &Self {
        app.area()
    }

    /// The controller's details, and which legal clocks apply.
    pub fn operator(&self) -> &OperatorRules {
        &self.operator
    }
}
