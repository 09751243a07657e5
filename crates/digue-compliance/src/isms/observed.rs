//! A processing activity as the gateway observes it: the categories of data of a portal, and its readers.

use digue_app::{Actor, App, OperationError};
use digue_types::{OrganisationId, PortalId};

use super::must_read;

/// The observations about a portal.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Observed {
    /// Categories of its map's routes.
    pub categories: Vec<String>,
    /// Organisations with an account whose last reading was on this portal, within thirty days.
    pub recipients: Vec<String>,
}

/// The observations about a portal; `None` for an unknown one.
pub fn of_portal(app: &App, actor: &Actor, name: &str) -> Result<Option<Observed>, OperationError> {
    must_read(actor)?;
    let Ok(id) = PortalId::parse(name) else { return Ok(None) };
    let Some(portal) = app.gateway().hosts().portal(&id).cloned() else { return Ok(None) };
    let mut categories: Vec<String> =
        portal.routes.iter().flat_map(|route| &route.categories).map(ToString::to_string).collect();
    categories.sort();
    categories.dedup();
    let since = app.clock.now().minus(std::time::Duration::from_hours(24 * 30));
    let view = app.view();
    let mut recipients: Vec<OrganisationId> = Vec::new();
    for (account, record) in app.gateway().rules().directory.iter() {
        if recipients.contains(&record.organisation) {
            continue;
        }
        let last = app.answered(view.of_account(account, 1))?;
        if last.first().is_some_and(|seen| seen.at > since && seen.portal == id) {
            recipients.push(record.organisation.clone());
        }
    }
    recipients.sort();
    let recipients = recipients.iter().map(ToString::to_string).collect();
    Ok(Some(Observed { categories, recipients }))
}
