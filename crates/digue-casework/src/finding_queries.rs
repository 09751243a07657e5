//! Which findings an operation is about. Each asks the store for exactly those: a page of the last
//! ones would call the others none.

use std::time::Duration;

use digue_app::signals::subject_of;
use digue_app::{App, OperationError};
use digue_store::{FindingQuery, FindingRecord, FindingsAbout};
use digue_types::Subject;

/// The most findings that are read at once. Counts have no such limit.
pub(crate) const READ_MAX: u32 = 10_000;

/// Two findings about the same subject within this time are of the same event.
const SISTERS_WITHIN: Duration = Duration::from_hours(24);

/// What findings about a subject are about; `None` for a subject that has none.
pub(crate) fn findings_about(subject: &Subject) -> Option<FindingsAbout> {
    match subject {
        Subject::Account(account) => Some(FindingsAbout::Account(account.clone())),
        Subject::Organisation(organisation) => {
            Some(FindingsAbout::Organisation(organisation.clone()))
        }
        Subject::Portal(portal) => Some(FindingsAbout::Portal(portal.clone())),
        _ => None,
    }
}

/// The findings without a verdict that are of the same event: about the same subject, within a day.
/// A confirmed theft takes them along, so that nobody decides the same night twice.
pub(crate) async fn sisters(
    app: &App,
    record: &FindingRecord,
) -> Result<Vec<FindingRecord>, OperationError> {
    let about = match &record.account {
        Some(account) => FindingsAbout::Account(account.clone()),
        None => FindingsAbout::OrganisationItself(record.organisation.clone()),
    };
    let asked = FindingQuery {
        about: Some(about),
        since: Some(record.at.minus(SISTERS_WITHIN)),
        until: Some(record.at.plus(SISTERS_WITHIN)),
        is_undecided: true,
        ..FindingQuery::default()
    };
    let mut sisters = app.store().findings_of(&asked, READ_MAX).await?;
    sisters.retain(|other| other.id != record.id && subject_of(other) == subject_of(record));
    Ok(sisters)
}

#[cfg(test)]
mod tests {
    use digue_detection::Action;
    use digue_store::CLOSING_ACTIONS;

    #[test]
    fn the_store_knows_every_action_that_closes() {
        let closing = Action::ALL
            .iter()
            .filter(|action| **action >= Action::CloseAccount);
        let codes: Vec<&str> = closing.map(|action| action.code()).collect();
        assert_eq!(codes, CLOSING_ACTIONS);
    }
}
