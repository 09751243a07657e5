//! The directory as pages and tasks show it: its age, and the changes that wait for a person.

use digue_app::act_contents::AccountPlace;
use digue_app::{Actor, App, OperationError};
use digue_store::ScimUserRecord;
use digue_types::{AccountId, Timestamp, lists};
use ring::digest::{SHA256, digest};

pub use crate::change::WantedChange;
use crate::change::{change_of, place};
use crate::{AccountGroups, ProvisioningRules, rules};

/// The most changes that are shown, and released, at a time.
pub const SHOWN_MAX: usize = 200;

lists! {
    /// How the directory stands; the first that holds, in this order.
    DirectoryStanding "directory-standing" {
        /// Changes wait for a person.
        Held "held",
        /// It has been silent for longer than the configuration allows.
        Late "late",
        /// It never spoke.
        Unheard "unheard",
        Fresh "fresh",
    }
}

/// One change that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingChange {
    pub account: AccountId,
    pub change: WantedChange,
    /// Where the account is to stand; `None` for a closing.
    pub place: Option<AccountPlace>,
    pub since: Timestamp,
    /// The account of the directory's key.
    pub asked_by: AccountId,
}

#[derive(Clone, Debug)]
pub struct DirectoryOverview {
    /// A list of accounts, and no directory: its age is that of its source.
    pub is_list: bool,
    pub standing: DirectoryStanding,
    /// The last request.
    pub heard_at: Option<Timestamp>,
    /// The first `SHOWN_MAX`, the oldest first.
    pub waiting: Vec<WaitingChange>,
    /// Of the one that has waited the longest.
    pub waiting_since: Option<Timestamp>,
    /// How many wait in all.
    pub waiting_count: usize,
    /// Of what is shown: what is released is what was read.
    pub digest: String,
}

impl DirectoryOverview {
    pub fn needs_a_person(&self) -> bool {
        match self.standing {
            DirectoryStanding::Held | DirectoryStanding::Late => true,
            DirectoryStanding::Unheard | DirectoryStanding::Fresh => false,
        }
    }
}

/// `None` where no directory is configured. The names of accounts are for those who see accounts.
pub async fn overview(
    app: &App,
    actor: &Actor,
) -> Result<Option<DirectoryOverview>, OperationError> {
    actor.must_see_coverage()?;
    let Some(rules) = rules(app) else {
        return Ok(None);
    };
    let mut found = read(app, rules).await?;
    if !actor.role.can_watch() {
        found.waiting.clear();
    }
    Ok(Some(found))
}

pub(crate) async fn read(
    app: &App,
    rules: &ProvisioningRules,
) -> Result<DirectoryOverview, OperationError> {
    let state = app.store().scim_state().await?;
    let heard_at = state.map(|state| state.heard_at);
    let mut waiting = Vec::new();
    for row in app.store().scim_waiting().await? {
        waiting.extend(waiting_change(app, rules, &row)?);
    }
    waiting.sort_by(|a, b| (a.since, &a.account).cmp(&(b.since, &b.account)));
    let waiting_since = waiting.first().map(|one: &WaitingChange| one.since);
    let waiting_count = waiting.len();
    waiting.truncate(SHOWN_MAX);
    let is_late = heard_at.is_some_and(|at| app.clock().now().since(at) > rules.late_after);
    let is_list = rules.groups == AccountGroups::Listed;
    let standing = match heard_at {
        _ if waiting_count > 0 => DirectoryStanding::Held,
        // Its source says how old it is.
        _ if is_list => DirectoryStanding::Fresh,
        Some(_) if is_late => DirectoryStanding::Late,
        Some(_) => DirectoryStanding::Fresh,
        None => DirectoryStanding::Unheard,
    };
    Ok(DirectoryOverview {
        is_list,
        standing,
        heard_at: heard_at.filter(|_| !is_list),
        digest: digest_of(&waiting),
        waiting,
        waiting_since,
        waiting_count,
    })
}

/// What is missing of a change that waits; `None` when people have made it, or undone it, meanwhile.
pub(crate) fn waiting_change(
    app: &App,
    rules: &ProvisioningRules,
    row: &ScimUserRecord,
) -> Result<Option<WaitingChange>, OperationError> {
    let Some((code, since)) = &row.waits else {
        return Ok(None);
    };
    // The mark only says that something waits. What is missing follows from the account as it is
    // now: people may have made a part of it.
    WantedChange::parse(code).ok_or_else(|| {
        OperationError::Unavailable(format!("the change {code} of the directory cannot be read"))
    })?;
    let snapshot = app.gateway().rules();
    let record = snapshot.directory.find(&row.account);
    // The operator's own roles since: no directory changes them.
    if record.is_some_and(|record| !record.role.can_come_from_directory()) {
        return Ok(None);
    }
    let to = place(rules, row, record);
    let change = change_of(None, to.as_deref(), record, row.is_closed_by);
    Ok(change.map(|change| WaitingChange {
        account: row.account.clone(),
        change,
        place: to.map(|to| AccountPlace {
            organisation: to.organisation.clone(),
            role: to.role,
        }),
        since: *since,
        asked_by: row.asked_by.clone(),
    }))
}

fn digest_of(waiting: &[WaitingChange]) -> String {
    let line = |one: &WaitingChange| {
        let place = one.place.as_ref().map(AccountPlace::to_string);
        let change = one.change.code();
        format!("{}\t{change}\t{}\n", one.account, place.unwrap_or_default())
    };
    let text: String = waiting.iter().map(line).collect();
    let digest = digest(&SHA256, text.as_bytes());
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
