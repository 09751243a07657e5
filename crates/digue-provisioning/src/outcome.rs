//! What follows from what a directory says: what takes is done at once, what gives waits.
//!
//! What is wanted is stored first, with every change marked as waiting; a change that is done loses its
//! mark. A crash in between leaves it waiting for a person, and nothing is lost or given.

use std::borrow::Cow;

use digue_administration::approvals::NewAccount;
use digue_administration::holders::HolderForm;
use digue_administration::{onboarding, provisioning};
use digue_app::OperationError;
use digue_scim::ScimError;
use digue_store::{ScimState, ScimUserRecord};
use serde_json::{Map, Value};

use crate::GroupRule;
use crate::brake::day_of;
use crate::caller::ChangeCaller;
use crate::change::{WantedChange, change_of, is_narrowing, place};
use crate::state::{ChangeTurn, DirectoryUser, DirectoryView, document, failed};

/// One user, as it was and as the directory wants it.
pub(crate) struct UserUpdate {
    /// `None` for a new one.
    pub(crate) before: Option<DirectoryUser>,
    pub(crate) after: ScimUserRecord,
}

/// A change of one account, and where the account is to stand afterwards.
struct AccountStep<'r> {
    update: UserUpdate,
    change: Option<WantedChange>,
    to: Option<Cow<'r, GroupRule>>,
    is_done_now: bool,
}

impl AccountStep<'_> {
    fn is(&self, change: WantedChange) -> bool {
        self.is_done_now && self.change == Some(change)
    }
}

/// Stores what the directory wants, and does what it may do by itself.
///
/// # Errors
/// 503 when a part failed; what was wanted is stored then, and waits.
pub(crate) async fn settle(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    turn: &ChangeTurn<'_>,
    updates: Vec<UserUpdate>,
) -> Result<(), ScimError> {
    let app = view.app;
    let now = app.clock().now();
    let mut steps: Vec<AccountStep<'_>> = updates
        .into_iter()
        .map(|update| step(view, update))
        .collect();
    apply_brake(view, turn, &mut steps).await.map_err(failed)?;
    for step in &mut steps {
        let waited = step.update.before.as_ref().and_then(|before| before.waits);
        // The age stays, also where another change waits by now: asking anew makes no old task
        // look young.
        let since = waited.map_or(now, |(_, since)| since);
        step.update.after.waits = step.change.map(|change| (change.code().to_owned(), since));
        step.update.after.asked_by = caller.actor.account.clone();
        step.update.after.changed_at = now;
    }
    let rows: Vec<ScimUserRecord> = steps.iter().map(|step| step.update.after.clone()).collect();
    app.store().save_scim_users(&rows).await.map_err(failed)?;
    let (done, failure) = carry_out(view, caller, &steps).await;
    // Before the failure is returned: what was done does not go on waiting for a person.
    if !done.is_empty() {
        app.store().save_scim_users(&done).await.map_err(failed)?;
    }
    if let Some(error) = failure {
        return Err(failed(error));
    }
    for step in &steps {
        write_holder(view, caller, step).await?;
    }
    Ok(())
}

fn step<'r>(view: &DirectoryView<'r>, mut update: UserUpdate) -> AccountStep<'r> {
    let rules = view.rules;
    // Open: what the directory closed before is no matter any more.
    update.after.is_closed_by &= update
        .before
        .as_ref()
        .and_then(|before| before.account.as_ref())
        .is_some_and(|account| account.is_suspended);
    let before = update.before.as_ref();
    let account = before.and_then(|before| before.account.as_ref());
    let was = before.and_then(|before| place(rules, &before.row, account));
    let to = place(rules, &update.after, account);
    let waited = before
        .and_then(|before| before.waits)
        .map(|(change, _)| change);
    let is_closed_by = update.after.is_closed_by;
    // As if the directory had never spoken: what is missing now, whatever it said last.
    let missing = change_of(None, to.as_deref(), account, is_closed_by);
    let wanted = change_of(was.as_deref(), to.as_deref(), account, is_closed_by);
    let takes = match (wanted, to.as_deref(), account) {
        (Some(WantedChange::Close), ..) => true,
        (Some(WantedChange::Move), Some(to), Some(account)) => is_narrowing(to, account),
        _ => false,
    };
    let is_done_now = match wanted {
        // Held before: it is a person's to release.
        Some(change) if waited == Some(change) => false,
        Some(WantedChange::Open) => waited.is_none(),
        Some(_) => takes,
        None => false,
    };
    // Nothing new is wanted: what waited goes on waiting, as far as it is still missing.
    let change = match wanted {
        Some(change) => Some(change),
        None => missing.filter(|_| waited.is_some()),
    };
    AccountStep {
        change,
        to,
        is_done_now,
        update,
    }
}

/// Counts what would be done, and holds it where it is too much for a day. All of one request waits
/// then: half of a list is nobody's decision.
async fn apply_brake(
    view: &DirectoryView<'_>,
    turn: &ChangeTurn<'_>,
    steps: &mut [AccountStep<'_>],
) -> Result<(), OperationError> {
    let app = view.app;
    let state = turn.state(app).await?;
    let mut day = day_of(state.day, view.open_accounts(), app.clock().now());
    // Only a narrowing is a move that is done without a person, so that moves count as closings.
    let takes =
        |step: &AccountStep<'_>| step.is(WantedChange::Close) || step.is(WantedChange::Move);
    let count = |is: &dyn Fn(&AccountStep<'_>) -> bool, steps: &[AccountStep<'_>]| {
        steps.iter().filter(|step| is(step)).count() as u64
    };
    let closed = count(&takes, steps);
    let opened = count(&|step| step.is(WantedChange::Open), steps);
    if closed + opened == 0 {
        return Ok(());
    }
    let brake = view.rules.brake;
    if day.closed + closed > brake.may_close(&day) {
        hold(steps, takes);
    } else {
        day.closed += closed;
    }
    if day.opened + opened > brake.may_open(&day) {
        hold(steps, |step| step.is(WantedChange::Open));
    } else {
        day.opened += opened;
    }
    // Counted before it is done: a failure leaves less for the day, and never more.
    let state = ScimState {
        heard_at: app.clock().now(),
        day: Some(day),
    };
    Ok(app.store().set_scim_state(&state).await?)
}

fn hold(steps: &mut [AccountStep<'_>], is_meant: impl Fn(&AccountStep<'_>) -> bool) {
    let mut held = 0;
    for step in steps.iter_mut() {
        if is_meant(step) {
            step.is_done_now = false;
            held += 1;
        }
    }
    if held > 0 {
        tracing::warn!(
            accounts = held,
            "The directory changes more than its brake lets pass; a person must look"
        );
    }
}

/// Does what is done now. Returns the rows without their mark, and the first failure: what takes is
/// tried for all of them.
async fn carry_out(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    steps: &[AccountStep<'_>],
) -> (Vec<ScimUserRecord>, Option<OperationError>) {
    let mut done = Vec::new();
    let mut failure = None;
    let mut opened = Vec::new();
    for step in steps.iter().filter(|step| step.is_done_now) {
        let result = match (step.change, step.to.as_deref()) {
            (Some(WantedChange::Open), Some(to)) => {
                opened.push((step, to));
                continue;
            }
            (Some(WantedChange::Move), Some(to)) => {
                let account = &step.update.after.account;
                let place = (&to.organisation, to.role);
                provisioning::move_account(view.app, &caller.actor, account, place).await
            }
            (Some(WantedChange::Close), _) => close(view, caller, step).await,
            (Some(_) | None, _) => continue,
        };
        match result {
            Ok(()) => done.push(without_mark(step)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    if !opened.is_empty() {
        let accounts: Result<Vec<NewAccount>, ScimError> = opened
            .iter()
            .map(|(step, to)| new_account(&step.update.after, to))
            .collect();
        let added = match accounts {
            Ok(accounts) => {
                let by = &caller.actor;
                provisioning::add(view.app, by, &accounts, &by.account).await
            }
            Err(error) => Err(OperationError::Unavailable(error.detail)),
        };
        match added {
            Ok(()) => done.extend(opened.iter().map(|(step, _)| without_mark(step))),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    (done, failure)
}

fn without_mark(step: &AccountStep<'_>) -> ScimUserRecord {
    ScimUserRecord {
        waits: None,
        is_closed_by: step.update.after.is_closed_by || step.is(WantedChange::Close),
        ..step.update.after.clone()
    }
}

async fn close(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    step: &AccountStep<'_>,
) -> Result<(), OperationError> {
    let account = &step.update.after.account;
    let closed = provisioning::close(view.app, &caller.actor, account, &caller.reason).await;
    match closed {
        // Closed by people meanwhile.
        Ok(()) | Err(OperationError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The account that a user of the directory gets.
pub(crate) fn new_account(row: &ScimUserRecord, to: &GroupRule) -> Result<NewAccount, ScimError> {
    let email = best(&document(row)?, "emails");
    Ok(NewAccount {
        account: row.account.clone(),
        organisation: to.organisation.clone(),
        role: to.role,
        email: email.as_deref().and_then(onboarding::parse_email),
    })
}

/// Writes who holds the account, where there is one and the directory says something new.
async fn write_holder(
    view: &DirectoryView<'_>,
    caller: &ChangeCaller,
    step: &AccountStep<'_>,
) -> Result<(), ScimError> {
    let before = step.update.before.as_ref();
    let is_new = before.is_none_or(|before| before.row.document != step.update.after.document)
        || step.is(WantedChange::Open);
    let account = &step.update.after.account;
    // Asked anew: it may just have been added.
    let rules = view.app.gateway().rules();
    let is_there = rules.directory.find(account).is_some();
    let form = holder_form(&document(&step.update.after)?);
    let Some(mut form) = form.filter(|_| is_new && is_there) else {
        return Ok(());
    };
    let parts: [fn(&mut HolderForm); 3] = [
        |form| form.telephone.clear(),
        |form| form.email.clear(),
        |form| form.job.clear(),
    ];
    // Directories hold telephones like "poste 12": one bad part must not hide the others, and least
    // of all stop a closing.
    for part in std::iter::once(None).chain(parts.into_iter().map(Some)) {
        if let Some(clear) = part {
            clear(&mut form);
        }
        match provisioning::write_holder(view.app, &caller.actor, account, &form).await {
            Ok(()) => return Ok(()),
            Err(OperationError::Invalid(key)) => {
                tracing::info!(%account, key, "The directory has a contact that cannot be kept");
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Who holds an account, as the directory says; `None` without a name.
fn holder_form(document: &Map<String, Value>) -> Option<HolderForm> {
    let text = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let name = document.get("name");
    let part = |of: &str| text(name.and_then(|name| name.get(of)));
    let parts = || {
        let parts: Vec<String> = ["givenName", "familyName"]
            .into_iter()
            .filter_map(part)
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let name = text(document.get("displayName"))
        .or_else(|| part("formatted"))
        .or_else(parts)?;
    Some(HolderForm {
        name,
        job: text(document.get("title")).unwrap_or_default(),
        telephone: best(document, "phoneNumbers").unwrap_or_default(),
        email: best(document, "emails").unwrap_or_default(),
    })
}

/// The primary value of a list, or that of work, or the first.
fn best(document: &Map<String, Value>, name: &str) -> Option<String> {
    let values = document.get(name)?.as_array()?;
    let is_work = |value: &&Value| {
        let kind = value.get("type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    let primary = values
        .iter()
        .find(|value| value.get("primary") == Some(&Value::Bool(true)));
    let chosen = primary
        .or_else(|| values.iter().find(is_work))
        .or_else(|| values.first())?;
    chosen.get("value")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_holder_has_the_name_and_the_primary_contacts() {
        let document = json!({
            "name": {"givenName": "Léa", "familyName": "Martin"},
            "emails": [{"value": "a@exemple.fr"}, {"value": "b@exemple.fr", "type": "Work"}],
            "phoneNumbers": [{"value": "1", "type": "work"}, {"value": "2", "primary": true}],
        });
        let form = holder_form(document.as_object().unwrap()).unwrap();
        assert_eq!(
            (
                form.name.as_str(),
                form.email.as_str(),
                form.telephone.as_str()
            ),
            ("Léa Martin", "b@exemple.fr", "2")
        );
        assert!(holder_form(&Map::new()).is_none());
    }
}
