//! What the running system shows about an incident: the facts of its checklists, and how far it is.

use digue_access::Reach;
use digue_app::{Actor, App, OperationError};
use digue_locales::Language;
use digue_response::affected::CountDoubt;
use digue_response::progress::{IncidentProgress, ProgressFacts, RunningCampaign};
use digue_response::sheet::{MeasuredFacts, MeasuredPersons};
use digue_store::FindingRecord;
use digue_types::{AccountId, Gate, OrganisationId, Subject};

use crate::incidents::{IncidentView, is_about, is_under_way};
use crate::notification;

/// The most findings that are read: those about one incident are among the last ones.
const FINDINGS: u32 = 500;

/// The facts that Digue can state in checklists.
pub async fn facts(
    app: &App,
    actor: &Actor,
    view: &IncidentView,
) -> Result<MeasuredFacts, OperationError> {
    actor.must_watch()?;
    let rules = app.gateway().rules();
    let about = view.incident.about.clone().canonical();
    let organisation = match &about {
        Subject::Organisation(organisation) => Some(organisation.clone()),
        Subject::Account(account) => rules
            .directory
            .find(account)
            .map(|record| record.organisation.clone()),
        _ => None,
    };
    let concerns = |account: &AccountId, of: &OrganisationId| match &about {
        Subject::Account(named) => account == named,
        Subject::Organisation(named) => of == named,
        _ => true,
    };
    let accounts = rules
        .directory
        .iter()
        .filter(|(id, record)| concerns(id, &record.organisation))
        .count();
    let sessions = app
        .gateway()
        .sessions(|one| concerns(&one.account, &one.organisation))
        .len();
    let colleagues = organisation.as_ref().map_or(0, |own| {
        rules
            .directory
            .iter()
            .filter(|(_, record)| record.organisation == *own)
            .count()
    });
    let is_suspended = match &about {
        Subject::Account(account) => rules
            .directory
            .find(account)
            .is_some_and(|record| record.is_suspended),
        _ => false,
    };
    let is_closed = Reach::of(&about).is_some_and(|reach| rules.gates.of(&reach) == Gate::Closed);
    let findings = app.store().findings(FINDINGS).await?;
    let found: Vec<&FindingRecord> = findings
        .iter()
        .filter(|finding| {
            let account = finding.account.as_ref();
            account.map_or_else(
                || organisation.as_ref() == Some(&finding.organisation),
                |account| concerns(account, &finding.organisation),
            )
        })
        .collect();
    let affected = view.incident.affected().map(|version| {
        let unread = version
            .reasons
            .iter()
            .filter(|reason| reason.doubt == CountDoubt::Uninspected);
        MeasuredPersons {
            persons: version.persons,
            has_list: version.has_list(),
            categories: version.by_category.keys().cloned().collect(),
            uninspected: unread.map(|reason| reason.count).sum(),
        }
    });
    Ok(MeasuredFacts {
        accounts,
        sessions,
        is_shut: is_suspended || is_closed,
        findings: found.len(),
        waiting: found
            .iter()
            .filter(|finding| finding.verdict.is_none())
            .count(),
        gates: app.store().gates().await?.len(),
        journal: app.journal_status().size,
        colleagues,
        affected,
    })
}

/// How far an incident is, and the one thing to do next.
pub async fn progress(
    app: &App,
    actor: &Actor,
    view: &IncidentView,
    language: Language,
) -> Result<IncidentProgress, OperationError> {
    actor.must_watch()?;
    let campaigns = app.store().campaigns().await?;
    let running = campaigns
        .iter()
        .filter(|one| one.incident == view.record.id && is_under_way(&one.state));
    let running = running.map(|one| {
        let unread =
            || OperationError::Unavailable(format!("the state of campaign {} is unknown", one.id));
        RunningCampaign::parse(&one.state).ok_or_else(unread)
    });
    let about = view.incident.about.clone().canonical();
    let findings = app.store().findings(FINDINGS).await?;
    let waiting = findings
        .iter()
        .filter(|finding| finding.verdict.is_none() && is_about(finding, &about));
    let facts = ProgressFacts {
        unknown: notification::draft(app, view, language).unknown(),
        campaigns: running.collect::<Result<_, _>>()?,
        findings: waiting.count(),
    };
    Ok(view.incident.progress(&facts, &view.clocks, view.now))
}
