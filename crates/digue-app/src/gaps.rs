//! Responses that left without an entry, where rules are only tried: the journal is told of them as
//! soon as it is written again, and the entry is an alarm.

use digue_quotas::gaps::UnrecordedResponses;
use digue_types::{Act, Subject};

use crate::actor::Actor;
use crate::acts::ActDetails;
use crate::app::App;
use crate::error::OperationError;

/// Journals what is missing, one entry for each portal. To be called often.
///
/// # Errors
/// The journal cannot be written yet; what is missing is kept for the next call.
pub async fn journal_due(app: &App) -> Result<(), OperationError> {
    let mut failure = None;
    for gap in app.gateway().take_unrecorded() {
        if let Err(error) = app
            .write_down(&Actor::digue(), Act::ResponsesUnrecorded, details_of(&gap))
            .await
        {
            app.gateway().put_back_unrecorded(gap);
            failure = Some(error);
        }
    }
    failure.map_or(Ok(()), Err)
}

fn details_of(gap: &UnrecordedResponses) -> ActDetails {
    ActDetails {
        subject: Subject::Portal(gap.portal.clone()),
        before: format!("{} {}", gap.since, gap.until),
        after: format!("responses:{}", gap.count),
        ..ActDetails::default()
    }
}
