//! What every page works with.

use digue_app::App;
use digue_app::names::RecentNames;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::body_storage::Bodies;
use crate::task_counts::RecentCounts;

/// What pages work with.
#[derive(Clone)]
pub struct Console {
    pub app: Arc<App>,
    pub zone: TimeZone,
    pub demo: Option<Arc<dyn Demo>>,
    pub bodies: Arc<Bodies>,
    pub counts: Arc<RecentCounts>,
    pub names: Arc<RecentNames>,
}

/// The demonstration's button.
pub trait Demo: Send + Sync {
    /// Starts the attack; false when it is running already.
    fn start_attack(&self) -> bool;
    /// What it has done so far.
    fn progress(&self) -> Option<AttackProgress>;
}

/// How far a played attack has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttackProgress {
    pub account: String,
    pub requests: u64,
    pub refused: u64,
    pub shown: u64,
    pub is_over: bool,
}
