//! Organisations: their names, the number of their accounts, and how many persons these were shown.

use digue_app::directory::organisation_of;
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_mail::parse_address;
use digue_types::visible::is_blank;
use std::collections::HashMap;

use digue_access::{Reach, Role};
use digue_store::OrganisationRecord;
use digue_types::{Act, Gate, OrganisationId, PortalId, SlidingWindow, Subject};

const NAME_CHARS_MAX: usize = 120;

/// An organisation as officers and its delegate see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverseenOrganisation {
    pub record: OrganisationRecord,
    pub accounts: usize,
    pub suspended: usize,
    /// Delegates and deputies.
    pub leaders: usize,
    pub sessions: usize,
    /// Distinct persons shown within 24 hours, on the portal with the most.
    pub persons_day: u32,
    pub gate: Gate,
}

/// All organisations for officers; their own one for delegates and deputies.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<OverseenOrganisation>, OperationError> {
    require(actor.role.oversees())?;
    let rules = app.gateway().rules();
    let own = organisation_of(&rules, actor);
    let mut records = app.store().organisations().await?;
    records.retain(|record| actor.role.can_watch() || Some(&record.id) == own.as_ref());
    let counts = app.gateway().session_counts();
    let mut known: HashMap<OrganisationId, OverseenOrganisation> = HashMap::new();
    for record in records {
        let of = OverseenOrganisation {
            accounts: 0,
            suspended: 0,
            leaders: 0,
            sessions: 0,
            persons_day: persons_day(app, &record.id),
            gate: rules.gates.of(&Reach::Organisation(record.id.clone())),
            record,
        };
        known.insert(of.record.id.clone(), of);
    }
    for (account, record) in rules.directory.iter() {
        if let Some(of) = known.get_mut(&record.organisation) {
            of.accounts += 1;
            of.suspended += usize::from(record.is_suspended);
            of.leaders += usize::from(record.role.leads_agents() && !record.is_suspended);
            of.sessions += counts.get(account).copied().unwrap_or(0);
        }
    }
    let mut known: Vec<OverseenOrganisation> = known.into_values().collect();
    known.sort_by(|a, b| a.record.id.cmp(&b.record.id));
    Ok(known)
}

fn persons_day(app: &App, organisation: &OrganisationId) -> u32 {
    let now = app.clock().now();
    let gateway = app.gateway();
    let hosts = gateway.hosts();
    let shown = hosts.portals().filter_map(|portal| {
        gateway.with_budgets(&portal.id, |budgets| {
            budgets.shown_to_organisation(organisation, now)
        })
    });
    shown
        .map(|windows| windows[SlidingWindow::Day.index()])
        // Not the sum: a person who was shown on two portals would count twice.
        .max()
        .unwrap_or(0)
}

/// One organisation with its limits.
#[derive(Clone, Debug)]
pub struct OrganisationView {
    pub known: OverseenOrganisation,
    /// Distinct persons in each window, on each portal, with the limit.
    pub budgets: Vec<(PortalId, SlidingWindow, u32, u32)>,
    /// The reader may change its name and address.
    pub may_change: bool,
}

pub async fn view(
    app: &App,
    actor: &Actor,
    id: &OrganisationId,
) -> Result<OrganisationView, OperationError> {
    let known = list(app, actor)
        .await?
        .into_iter()
        .find(|known| known.record.id == *id);
    let known = known.ok_or(OperationError::NotFound("organisation"))?;
    let (gateway, now) = (app.gateway(), app.clock().now());
    let hosts = gateway.hosts();
    let mut budgets = Vec::new();
    for portal in hosts.portals() {
        let shown = gateway.with_budgets(&portal.id, |known| known.shown_to_organisation(id, now));
        let shown = shown.unwrap_or_default();
        budgets.extend(SlidingWindow::ALL.into_iter().filter_map(|window| {
            let limit = portal.limits.organisation.of(window)?;
            Some((portal.id.clone(), window, shown[window.index()], limit))
        }));
    }
    Ok(OrganisationView {
        known,
        budgets,
        may_change: actor.role.can_act(),
    })
}

/// Adds an organisation, or changes its name and address.
pub async fn save(
    app: &App,
    actor: &Actor,
    id: &OrganisationId,
    called: &str,
    email: &str,
) -> Result<(), OperationError> {
    actor.must_act()?;
    let called = called.trim();
    let is_name = !is_blank(called) && called.chars().count() <= NAME_CHARS_MAX;
    if !is_name || called.chars().any(char::is_control) {
        return Err(OperationError::Invalid("invalid-organisation-name"));
    }
    let email = match email.trim() {
        "" => String::new(),
        text => parse_address(text).ok_or(OperationError::Invalid("invalid-email"))?,
    };
    let before = app
        .store()
        .organisations()
        .await?
        .into_iter()
        .find(|known| known.id == *id);
    let details = ActDetails {
        subject: Subject::Organisation(id.clone()),
        before: before.map(|known| known.name).unwrap_or_default(),
        after: called.to_owned(),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::OrganisationSaved, details)
        .await?;
    let record = OrganisationRecord {
        id: id.clone(),
        name: called.to_owned(),
        email,
    };
    Ok(app.store().save_organisation(&record).await?)
}

/// Roles that the actor may give to a new account.
pub fn roles_to_give(actor: &Actor) -> Vec<Role> {
    match actor.role {
        role if role.can_act() => Role::ALL.to_vec(),
        role if role.leads_agents() => vec![Role::Agent],
        _ => Vec::new(),
    }
}
