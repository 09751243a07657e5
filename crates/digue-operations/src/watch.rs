//! Looking: what happens now, and who saw whom. Reads only; nothing here changes anything.

use std::time::Duration;

use digue_access::budget::Usage;
use digue_exposure::{Coverage, Minute, Seen, Sight};
use digue_types::{AccountId, Administration, PersonRef, PortalId, Timestamp, Window};

use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::House;

/// The page of what happens now.
#[derive(Clone, Debug)]
pub struct Overview {
    pub now: Timestamp,
    /// Oldest first.
    pub minutes: Vec<(Timestamp, Minute)>,
    /// Distinct persons shown in the last day.
    pub persons_day: usize,
    pub nearest: Vec<(PortalId, Usage)>,
    pub coverage: Vec<PortalCoverage>,
    pub recent: Vec<Seen>,
    pub acts: Vec<(u64, Administration)>,
    pub journal: JournalView,
    pub sessions: usize,
}

#[derive(Clone, Debug)]
pub struct PortalCoverage {
    pub portal: PortalId,
    pub observes_only: bool,
    pub counts: Coverage,
}

#[derive(Clone, Debug)]
pub struct JournalView {
    pub size: u64,
    pub checkpoint_size: u64,
    pub checkpoint_at: Option<Timestamp>,
    pub failure: Option<String>,
}

/// Minutes in the picture.
const MINUTES: i64 = 60;

pub fn overview(house: &House, actor: &Actor) -> Result<Overview, OperationError> {
    actor.must_watch()?;
    let now = house.clock().now();
    let gateway = house.gateway();
    let hosts = gateway.hosts();
    let mut portals: Vec<_> = hosts.portals().cloned().collect();
    portals.sort_by(|a, b| a.id.cmp(&b.id));
    let mut nearest: Vec<(PortalId, Usage)> = Vec::new();
    for portal in &portals {
        let usages = gateway.with_budgets(&portal.id, |budgets| budgets.nearest(now, 10));
        nearest.extend(usages.unwrap_or_default().into_iter().map(|usage| (portal.id.clone(), usage)));
    }
    nearest.sort_by(|a, b| b.1.share().total_cmp(&a.1.share()));
    nearest.truncate(10);
    let status = house.journal_status();
    let sessions = gateway.session_count();
    let standing = house.standing();
    let coverage = portals.iter().map(|portal| PortalCoverage {
        portal: portal.id.clone(),
        observes_only: portal.mode == digue_access::Mode::ObserveOnly,
        counts: standing.index.coverage(&portal.id),
    });
    Ok(Overview {
        now,
        minutes: standing.index.minutes(now, MINUTES),
        persons_day: standing.index.distinct_since(now, Duration::from_hours(24)),
        nearest,
        coverage: coverage.collect(),
        recent: standing.index.recent(12).cloned().collect(),
        acts: standing.index.acts(8).cloned().collect(),
        journal: JournalView {
            size: status.size,
            checkpoint_size: status.checkpoint_size,
            checkpoint_at: standing.checkpoint.as_ref().map(|(_, at)| *at),
            failure: status.failure,
        },
        sessions,
    })
}

/// One account: what it was shown.
#[derive(Clone, Debug)]
pub struct AccountView {
    pub account: AccountId,
    pub organisation: Option<String>,
    /// Distinct persons in each window, on each portal, with the limit.
    pub budgets: Vec<(PortalId, Vec<(Window, u32, Option<u32>)>)>,
    pub exposures: Vec<Seen>,
    /// Person, times, last time.
    pub persons: Vec<(PersonRef, u32, Timestamp)>,
    pub sessions: usize,
}

pub fn account(house: &House, actor: &Actor, account: &AccountId) -> Result<AccountView, OperationError> {
    actor.must_watch()?;
    let now = house.clock().now();
    let gateway = house.gateway();
    let record = gateway.rules().directory.find(account).cloned();
    let standing = house.standing();
    let exposures: Vec<Seen> = standing.index.of_account(account, usize::MAX).into_iter().cloned().collect();
    if record.is_none() && exposures.is_empty() {
        return Err(OperationError::NotFound("account"));
    }
    let hosts = gateway.hosts();
    let mut budgets = Vec::new();
    for portal in hosts.portals() {
        let shown = gateway.with_budgets(&portal.id, |b| b.shown_to(account, now)).unwrap_or_default();
        let windows = Window::ALL
            .into_iter()
            .map(|window| (window, shown[window.index()], portal.limits.account.of(window)))
            .filter(|(_, _, limit)| limit.is_some());
        budgets.push((portal.id.clone(), windows.collect()));
    }
    let persons = standing.index.persons_of(account).into_iter().map(|(p, n, at)| (p.clone(), n, at));
    Ok(AccountView {
        account: account.clone(),
        organisation: record.map(|record| record.organisation.to_string()),
        budgets,
        persons: persons.collect(),
        exposures,
        sessions: gateway.sessions_of(account).len(),
    })
}

/// What a text of the search field names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Account(AccountId),
    Person(PersonRef),
}

/// The account of this name if there is one, else the person.
pub fn find(house: &House, actor: &Actor, text: &str) -> Result<Named, OperationError> {
    actor.must_watch()?;
    if let Ok(account) = AccountId::parse(text) {
        let is_known = house.gateway().rules().directory.find(&account).is_some()
            || !house.standing().index.of_account(&account, 1).is_empty();
        if is_known {
            return Ok(Named::Account(account));
        }
    }
    PersonRef::parse(text).map(Named::Person).map_err(|_| OperationError::NotFound("person"))
}

/// Everyone who was shown this person, newest first.
pub fn person(house: &House, actor: &Actor, person: &PersonRef) -> Result<Vec<Sight>, OperationError> {
    actor.must_watch()?;
    Ok(house.standing().index.of_person(person))
}
