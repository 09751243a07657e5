//! What the running system shows about an incident: the facts of its checklists, and how far it is.

use digue_access::Reach;
use digue_app::{Actor, App, OperationError};
use digue_locales::Language;
use digue_response::affected::CountDoubt;
use digue_response::progress::{IncidentProgress, ProgressFacts, RunningCampaign};
use digue_response::sheet::{MeasuredFacts, MeasuredPersons};
use digue_store::{FindingQuery, FindingsAbout};
use digue_types::{AccountId, Gate, OrganisationId, Subject};

use crate::finding_queries::findings_about;
use crate::incidents::{IncidentView, is_under_way};
use crate::notification;

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
    let found = found_about(app, &about, organisation.as_ref()).await?;
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
        findings: found.all,
        waiting: found.undecided,
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
    let waiting = match findings_about(&about) {
        Some(about) => counted(app, Some(about), true).await?,
        None => 0,
    };
    let facts = ProgressFacts {
        unknown: notification::draft(app, view, language).unknown(),
        campaigns: running.collect::<Result<_, _>>()?,
        findings: waiting,
    };
    Ok(view.incident.progress(&facts, &view.clocks, view.now))
}

/// How many findings there are about the subject of an incident.
#[derive(Default)]
struct FoundAbout {
    all: usize,
    undecided: usize,
}

/// Those about an account are its own and those about its organisation as a whole; where an
/// incident is about nothing, all are.
async fn found_about(
    app: &App,
    about: &Subject,
    organisation: Option<&OrganisationId>,
) -> Result<FoundAbout, OperationError> {
    let mut of = vec![findings_about(about)];
    if let (Subject::Account(_), Some(organisation)) = (about, organisation) {
        of.push(Some(FindingsAbout::OrganisationItself(
            organisation.clone(),
        )));
    }
    let mut found = FoundAbout::default();
    for about in of {
        found.all += counted(app, about.clone(), false).await?;
        found.undecided += counted(app, about, true).await?;
    }
    Ok(found)
}

async fn counted(
    app: &App,
    about: Option<FindingsAbout>,
    is_undecided: bool,
) -> Result<usize, OperationError> {
    let asked = FindingQuery {
        about,
        is_undecided,
        ..FindingQuery::default()
    };
    let counted = app.store().count_findings(&asked).await?.findings;
    Ok(usize::try_from(counted).unwrap_or(usize::MAX))
}
