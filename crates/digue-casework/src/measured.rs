//! What the running system shows about an incident: the facts of its checklists, and how far it is.

use digue_access::Reach;
use digue_app::{Actor, App, OperationError};
use digue_locales::Language;
use digue_response::affected::CountDoubt;
use digue_response::progress::{IncidentProgress, ProgressFacts, RunningCampaign};
use digue_response::sheet::{ConcernedAccounts, CountedFindings, MeasuredFacts, MeasuredPersons};
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
    let concerned = concerned(app, &about);
    let colleagues = organisation.as_ref().map(|own| {
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
        concerned,
        is_shut: is_suspended || is_closed,
        findings: found,
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

/// The accounts that an incident is about; `None` for one that names neither an account nor an
/// organisation.
fn concerned(app: &App, about: &Subject) -> Option<ConcernedAccounts> {
    let concerns = |account: &AccountId, of: &OrganisationId| match about {
        Subject::Account(named) => account == named,
        Subject::Organisation(named) => of == named,
        _ => false,
    };
    if !matches!(about, Subject::Account(_) | Subject::Organisation(_)) {
        return None;
    }
    let rules = app.gateway().rules();
    let known = rules.directory.iter();
    Some(ConcernedAccounts {
        accounts: known
            .filter(|(id, record)| concerns(id, &record.organisation))
            .count(),
        sessions: app
            .gateway()
            .sessions(|one| concerns(&one.account, &one.organisation))
            .len(),
    })
}

/// How many findings there are about the subject of an incident; `None` for one that names nothing
/// which findings are about. Those about an account are its own and those about its organisation as
/// a whole.
async fn found_about(
    app: &App,
    about: &Subject,
    organisation: Option<&OrganisationId>,
) -> Result<Option<CountedFindings>, OperationError> {
    let Some(own) = findings_about(about) else {
        return Ok(None);
    };
    let mut of = vec![own];
    if let (Subject::Account(_), Some(organisation)) = (about, organisation) {
        of.push(FindingsAbout::OrganisationItself(organisation.clone()));
    }
    let mut found = CountedFindings::default();
    for about in of {
        found.all += counted(app, Some(about.clone()), false).await?;
        found.waiting += counted(app, Some(about), true).await?;
    }
    Ok(Some(found))
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
