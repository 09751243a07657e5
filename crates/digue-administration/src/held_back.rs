//! Whether the record of a person is held back by a class until another person agrees.

use std::time::Duration;

use digue_access::ClassRule;
use digue_app::{App, OperationError};
use digue_gateway::Portal;
use digue_types::{ClassName, PersonRef, PortalId};

/// The class that holds a record back until another person agrees, and for how long it then opens.
/// A class that shows no record at all comes first: nobody can agree to that.
///
/// # Errors
/// `Invalid` for a record that no agreement opens, or that needs none.
pub(crate) fn held_back(
    app: &App,
    map: &Portal,
    person: &PersonRef,
) -> Result<(Option<ClassName>, Duration), OperationError> {
    let rules = app.gateway().rules();
    let strictest = match rules.classes.get(&map.population) {
        Some(table) => {
            let classes = table.of(map.person_key(person));
            let classes = classes.map(|class| (map.classes.of(class), Some(class.clone())));
            classes.max_by_key(|(rule, _)| *rule)
        }
        None => Some((map.classes.strictest(), None)),
    };
    match strictest {
        Some((ClassRule::Agreement { lasts }, class)) => Ok((class, lasts)),
        Some((ClassRule::Mark | ClassRule::Watch | ClassRule::Refuse, _)) | None => {
            Err(OperationError::Invalid("invalid-record-class"))
        }
    }
}

/// Refuses a request whose record needs no agreement any more, or can no longer be shown.
pub(crate) fn must_be_held_back(
    app: &App,
    portal: &PortalId,
    person: &str,
) -> Result<(), OperationError> {
    let hosts = app.gateway().hosts();
    let map = hosts
        .portal(portal)
        .ok_or(OperationError::NotFound("portal"))?;
    let person = PersonRef::parse(person).map_err(|_| OperationError::Invalid("invalid-person"))?;
    held_back(app, map, &person).map(drop)
}
