//! The space of a partner organisation: its people, its caseload, what its people were shown, and
//! what blocks them. Delegates and deputies see all of it; an agent sees their own part.

pub mod assessment;
pub mod attestation;

use std::collections::BTreeMap;

use digue_access::{Reach, Role, Snapshot};
use digue_administration::accounts;
use digue_administration::approvals::{self, AgreedRelation, ApprovalRequest};
use digue_administration::break_glass::BreakGlassUse;
use digue_app::directory::organisation_of;
use digue_app::{Actor, App, Area, OperationError, canonical, gates, require};
use digue_casework::{incidents, operator};
use digue_store::GateRecord;
use digue_types::{AccountId, Gate, OrganisationId, PopulationId, SlidingWindow, Timestamp};

use crate::isms::day_in;

/// Days that are searched for unusual ones.
const DAYS: i64 = 90;
/// A day is unusual above this many times the account's own median, and never below the floor.
const TIMES: usize = 3;
const FLOOR: usize = 20;
/// How far ahead the ends of relations are shown.
const ENDS_WITHIN: std::time::Duration = std::time::Duration::from_hours(24 * 30);
/// The most lines of a list on the page.
const LINES: usize = 20;

/// What the operator requires of its partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartnerRules {
    /// Days after a self-assessment expires, or after an organisation is first seen, before its
    /// posture is `due`.
    pub assessment_grace_days: i64,
}

impl Area for PartnerRules {}

impl Default for PartnerRules {
    fn default() -> Self {
        Self {
            assessment_grace_days: 30,
        }
    }
}

/// The organisation as its people see it.
#[derive(Clone, Debug)]
pub struct OrganisationSpace {
    pub organisation: OrganisationId,
    pub name: String,
    pub leads: bool,
    /// The organisation's accounts; for delegates and deputies only.
    pub accounts: Vec<accounts::OverseenAccount>,
    /// Distinct persons within 24 hours, of the organisation or of the agent.
    pub persons_day: u32,
    /// The limit of that period on the portal where it is nearest, if there is one.
    pub limit_day: Option<u32>,
    pub held: Vec<HeldReason>,
    pub unusual: Vec<UnusualDay>,
    /// The first day, as days since 1970, on which any of the accounts worked, within the days
    /// searched; nothing is known of earlier ones.
    pub watched_since: Option<i64>,
    pub caseload: Vec<Caseload>,
    pub break_glass: Vec<BreakGlassUse>,
    pub incidents_open: usize,
}

/// What keeps an account from its usual access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldReason {
    pub reach: Reach,
    pub gate: Gate,
    pub since: Timestamp,
    /// Its holder is not confirmed.
    pub is_quarantine: bool,
}

/// A day on which an account was shown far more persons than usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusualDay {
    pub account: AccountId,
    /// Days since 1970 in the operator's zone.
    pub day: i64,
    pub persons: usize,
    pub usual: usize,
}

/// The caseload of the organisation, as relations of a person and a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caseload {
    pub population: PopulationId,
    pub relations: usize,
    /// How many relations end at each time of the next month.
    pub ends: BTreeMap<Timestamp, usize>,
}

/// The actor's organisation.
pub(crate) fn own(rules: &Snapshot, actor: &Actor) -> Result<OrganisationId, OperationError> {
    let partner = matches!(actor.role, Role::Agent) || actor.role.leads_agents();
    require(partner)?;
    organisation_of(rules, actor).ok_or(OperationError::Denied)
}

/// The organisation that the actor leads.
pub(crate) fn led(app: &App, actor: &Actor) -> Result<OrganisationId, OperationError> {
    require(actor.role.leads_agents())?;
    own(&app.gateway().rules(), actor)
}

/// The space of the actor's organisation.
pub async fn show(app: &App, actor: &Actor) -> Result<OrganisationSpace, OperationError> {
    let rules = app.gateway().rules();
    let organisation = own(&rules, actor)?;
    let leads = actor.role.leads_agents();
    let theirs = people(&rules, actor, &organisation);
    let records = app.store().organisations().await?;
    let name = records
        .into_iter()
        .find(|record| record.id == organisation)
        .map(|record| record.name);
    let (persons_day, limit_day) = seen_today(app, actor, &organisation);
    let glass = app
        .store()
        .break_glass()
        .await?
        .into_iter()
        .filter(|one| theirs.contains(&one.account));
    let accounts = if leads {
        accounts::list(app, actor).await?
    } else {
        Vec::new()
    };
    let (unusual, watched_since) = unusual(app, &theirs).await?;
    let views = if leads {
        incidents::own(app, actor).await?
    } else {
        Vec::new()
    };
    Ok(OrganisationSpace {
        name: name.unwrap_or_else(|| organisation.to_string()),
        leads,
        accounts,
        persons_day,
        limit_day,
        held: held(app.store().gates().await?, &organisation, &theirs),
        unusual,
        watched_since,
        caseload: caseload(app, &rules, &organisation, &theirs),
        break_glass: glass.take(LINES).map(BreakGlassUse::from).collect(),
        incidents_open: views
            .iter()
            .filter(|view| !view.incident.is_closed())
            .count(),
        organisation,
    })
}

/// The accounts of the organisation for delegates and deputies; an agent's own account.
fn people(rules: &Snapshot, actor: &Actor, organisation: &OrganisationId) -> Vec<AccountId> {
    if !actor.role.leads_agents() {
        return vec![actor.account.clone()];
    }
    let theirs = rules
        .directory
        .iter()
        .filter(|(_, record)| record.organisation == *organisation);
    let mut accounts: Vec<AccountId> = theirs.map(|(account, _)| account.clone()).collect();
    accounts.sort();
    accounts
}

/// Persons within 24 hours and their limit, on the portal where the limit is nearest.
fn seen_today(app: &App, actor: &Actor, organisation: &OrganisationId) -> (u32, Option<u32>) {
    let (gateway, now, day) = (app.gateway(), app.clock().now(), SlidingWindow::Day);
    let hosts = gateway.hosts();
    let seen = hosts.portals().map(|portal| {
        let leads = actor.role.leads_agents();
        let shown = gateway.with_budgets(&portal.id, |budgets| {
            let shown = if leads {
                budgets.shown_to_organisation(organisation, now)
            } else {
                budgets.shown_to(&actor.account, now)
            };
            shown[day.index()]
        });
        let limits = if leads {
            &portal.limits.organisation
        } else {
            &portal.limits.account
        };
        (shown.unwrap_or(0), limits.of(day))
    });
    let nearness = |(shown, limit): &(u32, Option<u32>)| match limit {
        Some(limit) => (u64::from(*shown) * 10_000) / u64::from((*limit).max(1)),
        None => 0,
    };
    seen.max_by_key(|one| (nearness(one), one.0))
        .unwrap_or_default()
}

fn held(
    gates: Vec<GateRecord>,
    organisation: &OrganisationId,
    theirs: &[AccountId],
) -> Vec<HeldReason> {
    let concerns = |reach: &Reach| match reach {
        Reach::Account(account) => theirs.contains(account),
        Reach::Organisation(named) => named == organisation,
        Reach::Portal(_) | Reach::Everything => true,
    };
    let shut = gates
        .into_iter()
        .filter(|record| record.gate != Gate::Open && concerns(&record.reach));
    shut.map(|record| HeldReason {
        is_quarantine: gates::is_quarantine(&record),
        gate: record.gate,
        since: record.set_at,
        reach: record.reach,
    })
    .collect()
}

/// Unusual days, the latest first; and since which day there are any figures.
async fn unusual(
    app: &App,
    accounts: &[AccountId],
) -> Result<(Vec<UnusualDay>, Option<i64>), OperationError> {
    let (epoch, zone) = (
        jiff::civil::Date::constant(1970, 1, 1),
        operator::rules(app).zone.clone(),
    );
    let day = move |at: Timestamp| digue_isms::register::days_between(epoch, day_in(at, &zone));
    let first = day(app.clock().now()) - DAYS;
    let (view, accounts) = (app.view(), accounts.to_vec());
    let look = move || {
        let mut found = Vec::new();
        let mut since: Option<i64> = None;
        for account in &accounts {
            let by_day = view.persons_by(account, &day)?;
            since = since
                .into_iter()
                .chain(by_day.range(first..).next().map(|(day, _)| *day))
                .min();
            found.extend(beyond(
                account,
                by_day.range(first..).map(|(day, persons)| (*day, *persons)),
            ));
        }
        Ok((found, since))
    };
    let (mut found, since) = app.answered(app.blocking(look).await?)?;
    found.sort_by_key(|one| (std::cmp::Reverse(one.day), std::cmp::Reverse(one.persons)));
    found.truncate(LINES);
    Ok((found, since))
}

fn beyond(account: &AccountId, days: impl Iterator<Item = (i64, usize)>) -> Vec<UnusualDay> {
    let days: Vec<(i64, usize)> = days.collect();
    let mut sizes: Vec<usize> = days.iter().map(|(_, persons)| *persons).collect();
    sizes.sort_unstable();
    // The lower median of an even number: a single bad day must not make itself usual.
    let usual = sizes
        .get(sizes.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0);
    // Without another day to compare with, only the floor applies.
    let usual = if sizes.len() < 2 { 0 } else { usual };
    let limit = (usual * TIMES).max(FLOOR);
    let over = days.into_iter().filter(|(_, persons)| *persons > limit);
    over.map(|(day, persons)| UnusualDay {
        account: account.clone(),
        day,
        persons,
        usual,
    })
    .collect()
}

fn caseload(
    app: &App,
    rules: &Snapshot,
    organisation: &OrganisationId,
    theirs: &[AccountId],
) -> Vec<Caseload> {
    let now = app.clock().now();
    let last = now.plus(ENDS_WITHIN);
    let mut known: Vec<Caseload> = rules
        .caseloads
        .iter()
        .map(|(population, caseloads)| {
            let extent = caseloads.extent(organisation, theirs, now);
            let ends = extent
                .ends
                .into_iter()
                .take_while(|(at, _)| *at <= last)
                .collect();
            Caseload {
                population: population.clone(),
                relations: extent.relations,
                ends,
            }
        })
        .collect();
    known.sort_by(|a, b| a.population.cmp(&b.population));
    known
}

/// Requests one more person in the caseload, with a reason.
pub async fn ask_for_person(
    app: &App,
    actor: &Actor,
    (population, person): (&str, &str),
    account: Option<AccountId>,
    until: Option<Timestamp>,
    reason: &str,
) -> Result<(), OperationError> {
    let organisation = led(app, actor)?;
    let population =
        PopulationId::parse(population).map_err(|_| OperationError::NotFound("population"))?;
    let person = canonical::person(app, &population, person)?;
    let addition = AgreedRelation {
        population,
        person,
        account,
        organisation,
        until,
    };
    approvals::ask(
        app,
        actor,
        &ApprovalRequest::AddToCaseload(addition),
        reason,
    )
    .await
    .map(drop)
}

/// Requests that another account becomes the delegate.
pub async fn ask_hand_over(
    app: &App,
    actor: &Actor,
    to: AccountId,
    reason: &str,
) -> Result<(), OperationError> {
    let organisation = led(app, actor)?;
    require(actor.role == Role::Delegate)?;
    // Errors must not reveal accounts of other organisations.
    let is_own = app
        .gateway()
        .rules()
        .directory
        .find(&to)
        .is_some_and(|r| r.organisation == organisation);
    if is_own && app.store().passkeys_of(&to).await?.is_empty() {
        return Err(OperationError::Invalid("invalid-successor-passkey"));
    }
    let request = ApprovalRequest::HandOver {
        organisation,
        from: actor.account.clone(),
        to,
    };
    approvals::ask(app, actor, &request, reason).await.map(drop)
}

/// Reports that an agent's use of break glass was not expected: an incident is opened for the
/// operator.
pub async fn doubt_break_glass(
    app: &App,
    actor: &Actor,
    id: &str,
    title: &str,
    why: &str,
) -> Result<String, OperationError> {
    let organisation = led(app, actor)?;
    let rules = app.gateway().rules();
    let found = app.store().break_glass().await?.into_iter().find(|one| {
        let record = rules.directory.find(&one.account);
        one.id == id && record.is_some_and(|record| record.organisation == organisation)
    });
    let one = found.ok_or(OperationError::NotFound("break-glass"))?;
    incidents::report(app, actor, title, &format!("{id} {}: {why}", one.account)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_far_beyond_the_own_median_is_unusual() {
        let account = AccountId::parse("a1").unwrap();
        let of = |sizes: &[usize]| {
            let days = sizes
                .iter()
                .enumerate()
                .map(|(day, size)| (i64::try_from(day).unwrap(), *size));
            beyond(&account, days)
                .into_iter()
                .map(|one| (one.persons, one.usual))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&[10, 12, 11, 300]), [(300, 11)]);
        assert_eq!(of(&[10, 12, 11, 30]), []);
        assert_eq!(of(&[1, 1, 1, 20]), [], "below the floor nothing is");
        assert_eq!(of(&[1, 200]), [(200, 1)]);
        assert_eq!(of(&[200]), [(200, 0)]);
        assert_eq!(of(&[100, 90, 110]), []);
        assert_eq!(of(&[]), []);
    }
}
