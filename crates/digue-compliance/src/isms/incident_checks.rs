//! The checks of incidents: their deadlines, their lists of persons, their lessons. Incidents taken
//! over from an earlier register were not handled with Digue, and are not counted.

use digue_app::{Actor, App, OperationError};
use digue_casework::incidents::{self, IncidentView};
use digue_isms::check::{DeadlineName, Measurement};
use digue_response::deadline::DeadlineStanding;
use digue_response::incident::Source;
use digue_types::Timestamp;

/// Every deadline of every incident, whichever duty it is of; those that are exceeded fail. The
/// value is the number of those that were left open with a written reason: the law allows it, and
/// they are neither kept nor exceeded.
pub(super) async fn deadlines(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    Ok(counted(&own(app).await?, now))
}

fn counted(views: &[IncidentView], now: Timestamp) -> Measurement {
    let mut found = Measurement::default();
    let mut left_open = 0;
    for view in views {
        let by_clock = view.clocks.iter().map(|clock| {
            let standing = view.incident.deadline(clock, now);
            (clock.rule.kind, standing)
        });
        for (duty, standing) in by_clock {
            match standing {
                Some(DeadlineStanding::Exceeded) => {
                    found.population += 1;
                    let name = DeadlineName {
                        incident: view.reference(),
                        duty: duty.code().to_owned(),
                    };
                    found.failing.push(name.to_string());
                }
                Some(DeadlineStanding::Kept | DeadlineStanding::Running) => found.population += 1,
                Some(DeadlineStanding::LeftOpen) => left_open += 1,
                // No deadline, or none that is known to run.
                None => {}
            }
        }
    }
    found.value = Some(left_open);
    found
}

/// Incidents about an account, and those of them without a list of persons.
pub(super) async fn evidence(app: &App) -> Result<Measurement, OperationError> {
    let mut views = own(app).await?;
    views.retain(|view| view.incident.about.is_account());
    let lacks_a_list = |view: &IncidentView| {
        let mut versions = view.incident.affected.iter();
        versions.all(|version| !version.has_list())
    };
    Ok(failing(&views, lacks_a_list))
}

/// Closed incidents, and those of them without a lesson.
pub(super) async fn lessons(app: &App) -> Result<Measurement, OperationError> {
    let mut views = own(app).await?;
    views.retain(|view| view.incident.is_closed());
    Ok(failing(&views, |view| view.incident.lessons.is_empty()))
}

/// Incidents of Digue itself. One that cannot be read is an error: the check then did not run.
async fn own(app: &App) -> Result<Vec<IncidentView>, OperationError> {
    let mut views = incidents::list(app, &Actor::digue()).await?;
    views.retain(|view| view.incident.source != Source::Imported);
    Ok(views)
}

fn failing(views: &[IncidentView], fails: impl Fn(&IncidentView) -> bool) -> Measurement {
    let names = views
        .iter()
        .filter(|view| fails(view))
        .map(IncidentView::reference);
    Measurement::of(views.len() as u64, names.collect())
}
