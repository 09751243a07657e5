//! The contradictions of the management system, with those of incidents.

use digue_app::{Actor, App, OperationError};
use digue_casework::incidents::{self, IncidentView};
use digue_isms::contradictions::{
    RegisterContradiction, contradictions, declared_less, unreadable_incidents, with_incidents,
};
use digue_isms::register::Registers;
use digue_isms::standing::{MeasuredState, Measurements};

/// All contradictions, for readers of the ISMS. Incidents that cannot be read are one of them, and
/// hide no other; the management reads that one contradicts its register, and not the incident.
pub async fn all(
    app: &App,
    actor: &Actor,
    registers: &Registers,
    (measured, now): (&MeasuredState, Measurements),
) -> Result<Vec<RegisterContradiction>, OperationError> {
    super::must_read(actor)?;
    let found = contradictions(registers, measured, now);
    let of_incidents = match incidents::list(app, &Actor::digue()).await {
        Ok(views) => views.iter().filter_map(of_incident).collect(),
        Err(OperationError::Unavailable(error)) => {
            tracing::error!(
                error,
                "Incidents cannot be read; told among the contradictions"
            );
            vec![unreadable_incidents()]
        }
        Err(error) => return Err(error),
    };
    Ok(with_incidents(found, of_incidents))
}

fn of_incident(view: &IncidentView) -> Option<RegisterContradiction> {
    let is_less = !view.incident.open_figures().is_empty();
    is_less.then(|| {
        let title = format!("{} – {}", view.reference(), view.incident.title);
        declared_less(&view.record.id, &title)
    })
}
