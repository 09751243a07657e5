//! Mails to those who have something to do: a digest of each account's own work once a week, and
//! alerts while a legal deadline runs.

use digue_access::Role;
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_governance::work::{alerts, of_account};
use digue_isms::calendar::{self, DueItem};
use digue_mail::{Mail, WorkFigures};

use super::{in_force, now};

/// Everything that is due in the registers, for accounts that read the ISMS or own some of it.
pub(super) async fn tell_owners(app: &App) -> Result<(), OperationError> {
    let registers = in_force(app).await?;
    let due: Vec<DueItem> = calendar::due(&registers, now(app));
    let rules = app.gateway().rules();
    for (account, address) in app.store().contacts().await? {
        let record = rules.directory.find(&account);
        let Some(record) = record.filter(|record| !record.is_suspended) else {
            continue;
        };
        let is_management = record.role == Role::Management;
        let work = of_account(&due, account.as_str(), is_management);
        if work.is_nothing() {
            continue;
        }
        let work = WorkFigures {
            late: work.late,
            soon: work.soon,
            escalated: work.escalated,
        };
        digue_mail::queue(app, &address, &Mail::WorkDue { account, work }).await?;
    }
    Ok(())
}

/// Alerts those who respond when half, four fifths and nearly all of a legal deadline have passed;
/// each once, also across a restart. Returns how many alerts were sent.
pub async fn alert_deadlines(app: &App) -> Result<usize, OperationError> {
    if !digue_mail::is_configured(app) {
        return Ok(0);
    }
    let at = app.clock().now();
    let mut sent = 0;
    for view in incidents::list(app, &Actor::digue()).await? {
        if view.incident.is_closed() {
            continue;
        }
        let open = view.clocks.iter().filter(|clock| clock.met_at.is_none());
        for clock in open {
            let Some(due_at) = clock.due_at else {
                continue;
            };
            let duty = clock.rule.kind.code();
            let id = &view.record.id;
            let mut untold = Vec::new();
            for percent in alerts(clock.started_at, due_at, at) {
                if !app.store().has_deadline_alert(id, duty, percent).await? {
                    untold.push(percent);
                }
            }
            // Of several that fell due while Digue was stopped the last one says it all.
            let Some(&percent) = untold.last() else {
                continue;
            };
            let incident = view.reference();
            let mail = |_| Mail::DeadlineNear {
                incident: incident.clone(),
                percent,
            };
            digue_mail::tell_roles(app, Role::can_respond, mail).await?;
            // Noted once it is queued: a failure in between repeats an alert of the law and skips none.
            for percent in untold {
                app.store().note_deadline_alert(id, duty, percent).await?;
            }
            sent += 1;
        }
    }
    Ok(sent)
}
