//! The weekly digest by mail: late and upcoming duties, contradictions, failing checks, and to each
//! account what it answers for itself.

use std::time::Duration;

use digue_access::Role;
use digue_app::{Actor, App, OperationError};
use digue_isms::calendar;
use digue_mail::{Mail, WeeklyFigures};

use super::compared::compared;
use super::{checks, contradicted, in_force, now};

const EVERY: Duration = Duration::from_hours(24 * 7);
/// Days that the mail looks ahead.
const AHEAD: i64 = 14;

pub async fn week(app: &App) -> Result<WeeklyFigures, OperationError> {
    let (registers, now) = (compared(app).await?.registers, now(app));
    let measured = checks::measured(app).await?;
    let due = calendar::due(&registers, now);
    let fails = digue_isms::Check::ALL
        .iter()
        .filter(|check| measured.says(**check, now) == digue_isms::standing::CheckStatement::Fail);
    let wrong = contradicted::all(app, &Actor::digue(), &registers, (&measured, now)).await?;
    Ok(WeeklyFigures {
        late: due.iter().filter(|one| one.days_late > 0).count(),
        soon: due
            .iter()
            .filter(|one| (-AHEAD..=0).contains(&one.days_late))
            .count(),
        contradictions: wrong.len(),
        failing: fails.count(),
        euros: due.iter().map(|one| one.euros).sum(),
    })
}

/// Mails the officers once a week, if a mail server is configured and the registers are not empty.
pub async fn send_due(app: &App) -> Result<bool, OperationError> {
    if !digue_mail::is_configured(app) || in_force(app).await?.is_empty() {
        return Ok(false);
    }
    let at = app.clock().now();
    if app
        .store()
        .digest_at()
        .await?
        .is_some_and(|last| at.since(last) < EVERY)
    {
        return Ok(false);
    }
    // Marked before the mails are queued: a failure in between skips a week and repeats no mail.
    app.store().set_digest_at(at).await?;
    let week = week(app).await?;
    digue_mail::tell_roles(app, Role::can_govern, |account| Mail::Digest {
        account,
        week,
    })
    .await?;
    super::work_mails::tell_owners(app).await?;
    Ok(true)
}
