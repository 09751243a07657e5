//! Casework: containment, incidents and breaches, papers.

pub mod alerts;
pub mod breach;
pub mod bundle;
mod clock_table;
mod complaint;
pub mod containment;
mod declared_figures;
mod entry_refusals;
mod finding_queries;
pub mod findings;
pub mod incident_forms;
pub mod incidents;
pub mod letterhead;
mod log_words;
pub mod measured;
pub mod notice_style;
pub mod notification;
pub mod operator;
pub mod paper_reader;
pub mod papers;
pub mod rate_limiter;
pub mod register_import;
pub mod register_paper;
pub mod security_contact;
mod statements;
pub mod step_forms;
pub mod subject_names;
pub mod typed_form;

use digue_app::Areas;

use crate::alerts::{AlertRules, AlertSender};
use crate::breach::VersionLock;
use crate::incidents::{IncidentFollowing, LessonSubscriber, Lessons};
use crate::operator::OperatorRules;
use crate::rate_limiter::RateLimiter;
use crate::register_import::ImportLock;

/// What casework is built with.
pub struct CaseworkSettings {
    pub operator: OperatorRules,
    pub alerts: AlertRules,
    /// Makes something of the lessons of incidents.
    pub lessons: Box<dyn LessonSubscriber>,
}

/// Adds what casework keeps between calls.
#[must_use]
pub fn areas(before: Areas, settings: CaseworkSettings) -> Areas {
    let CaseworkSettings {
        operator,
        alerts,
        lessons,
    } = settings;
    before
        .with(operator)
        .with(AlertSender::new(alerts))
        .with(Lessons(lessons))
        .with(IncidentFollowing::default())
        .with(RateLimiter::default())
        .with(ImportLock::default())
        .with(VersionLock::default())
}
