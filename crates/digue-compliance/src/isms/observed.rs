//! A processing activity as the gateway observes it: the categories of data of a portal, and its
//! readers.

use std::collections::HashMap;
use std::time::Duration;

use digue_app::{Actor, App, OperationError};
use digue_types::visible::is_blank;
use digue_types::{OrganisationId, PortalId};

use super::must_read;

/// How far back an organisation counts as a recipient.
const RECENT: Duration = Duration::from_hours(24 * 30);

/// The observations about a portal.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Observed {
    /// Categories of its map's routes.
    pub categories: Vec<String>,
    /// Categories with which it showed persons within thirty days, by the journal.
    pub shown: Vec<String>,
    /// The names of organisations to which this portal showed persons within thirty days.
    pub recipients: Vec<String>,
}

/// The observations about a portal; `None` for an unknown one.
pub async fn of_portal(
    app: &App,
    actor: &Actor,
    name: &str,
) -> Result<Option<Observed>, OperationError> {
    must_read(actor)?;
    let Ok(id) = PortalId::parse(name) else {
        return Ok(None);
    };
    let Some(portal) = app.gateway().hosts().portal(&id).cloned() else {
        return Ok(None);
    };
    let mut categories: Vec<String> = portal
        .routes
        .iter()
        .flat_map(|route| &route.categories)
        .map(ToString::to_string)
        .collect();
    categories.sort();
    categories.dedup();
    let (view, now) = (app.view(), app.clock().now());
    let look = move || {
        let from = now.minus(RECENT);
        let shown = view.shown_categories(&id, from, now)?;
        Ok((view.recipients(&id, from, now)?, shown))
    };
    let (recipients, shown) = app.answered(app.blocking(look).await?)?;
    let known = app.store().organisations().await?.into_iter();
    let names: HashMap<OrganisationId, String> = known
        .filter(|one| !is_blank(&one.name))
        .map(|one| (one.id, one.name))
        .collect();
    let name = |id: &OrganisationId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let recipients = recipients.iter().map(name).collect();
    Ok(Some(Observed {
        categories,
        shown: shown.into_iter().collect(),
        recipients,
    }))
}
