//! The continuity plan in an incident: each step of the restart becomes a task of the incident, with
//! the hour by which it must be done. Who did it, and when, is an entry of the incident's log.

use std::time::Duration;

use digue_app::{Actor, App, OperationError};
use digue_casework::incidents::{self, IncidentView};
use digue_isms::continuity::PlannedActivity;
use digue_isms::kinds::RegisterKind;
use digue_locales::{Language, text};
use digue_response::incident::{IncidentNote, IncidentTask};
use digue_response::sheet::Sheet;
use digue_types::Timestamp;

use super::continuity;

/// An open incident in which a restart is led.
#[derive(Clone, Debug)]
pub struct RestartIncident {
    pub id: String,
    pub title: String,
    /// The tasks that came from the plan, in its order.
    pub tasks: Vec<IncidentTask>,
}

impl RestartIncident {
    /// The step of one activity; `None` before the plan was taken.
    pub fn task_of(&self, activity: &str) -> Option<&IncidentTask> {
        let start = format!("{} {activity} – ", prefix());
        self.tasks
            .iter()
            .find(|task| task.title.starts_with(&start))
    }

    /// The number of tasks that are done.
    pub fn done(&self) -> usize {
        let done = self.tasks.iter().filter(|task| task.done_at.is_some());
        done.count()
    }
}

/// The open incidents with the checklist of a ransomware.
///
/// # Errors
/// For readers who may not watch; when incidents cannot be read.
pub async fn open(app: &App, actor: &Actor) -> Result<Vec<RestartIncident>, OperationError> {
    let views = incidents::list(app, actor).await?;
    Ok(views.iter().filter(|view| is_led(view)).map(led).collect())
}

fn is_led(view: &IncidentView) -> bool {
    !view.incident.is_closed() && view.incident.sheets.contains(&Sheet::Ransomware)
}

fn led(view: &IncidentView) -> RestartIncident {
    // A task that a person wrote in like words names no activity.
    let start = format!("{} {}-", prefix(), RegisterKind::BusinessActivity.prefix());
    let of_plan = |task: &&IncidentTask| task.title.starts_with(&start);
    RestartIncident {
        id: view.record.id.clone(),
        title: format!("{} – {}", view.reference(), view.incident.title),
        tasks: view
            .incident
            .tasks
            .iter()
            .filter(of_plan)
            .cloned()
            .collect(),
    }
}

/// How the titles of such tasks begin: they are stored in the language of the body's papers.
fn prefix() -> String {
    text(Language::default(), "continuity-task-begins")
}

/// The part of a title that a correction of the activity's own title leaves.
fn start_of(activity: &PlannedActivity) -> String {
    format!("{} {} – ", prefix(), activity.entry.id)
}

/// Adds the steps of the plan to an incident, in their order; how many were added. Those that it has
/// are not added again, so that a plan that grew can be taken once more.
///
/// # Errors
/// `NotFound` for an incident that is closed or of another kind; for accounts that may not respond.
pub async fn take_into(app: &App, actor: &Actor, incident: &str) -> Result<usize, OperationError> {
    actor.must_respond()?;
    let views = incidents::list(app, actor).await?;
    let view = views
        .iter()
        .find(|view| view.record.id == incident && is_led(view))
        .ok_or(OperationError::NotFound("incident"))?;
    let (_, plan) = continuity::plan(app, actor).await?;
    let began = app.clock().now();
    let mut added = 0;
    for activity in plan.activities() {
        let start = start_of(activity);
        if view
            .incident
            .tasks
            .iter()
            .any(|task| task.title.starts_with(&start))
        {
            continue;
        }
        let title = format!("{start}{}", activity.entry.record.title.0);
        let note = IncidentNote::TaskAdded {
            title,
            owner: owner_of(activity),
            due: due(activity, began),
        };
        incidents::add(app, actor, incident, None, note).await?;
        added += 1;
    }
    Ok(added)
}

fn owner_of(activity: &PlannedActivity) -> String {
    match activity.entry.record.lead.0.as_str() {
        "" => text(Language::default(), "continuity-nobody"),
        lead => lead.to_owned(),
    }
}

/// The tolerance of the activity, from the moment when the restart began; microseconds UTC.
fn due(activity: &PlannedActivity, began: Timestamp) -> Option<i64> {
    let minutes = activity.entry.record.outage.0?;
    let tolerance = Duration::from_secs(u64::from(minutes) * 60);
    Some(began.plus(tolerance).micros())
}
