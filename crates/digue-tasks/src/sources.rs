//! The tasks of each source, as the operations of its area tell them to this actor.

use digue_access::Role;
use digue_administration::reopening::{self, ClearedAccess};
use digue_administration::{accounts, approvals, break_glass};
use digue_app::{Actor, App, OperationError, require};
use digue_casework::incidents::IncidentView;
use digue_casework::{findings, incidents};
use digue_compliance::isms::reviews::{self, WaitingReview};
use digue_compliance::isms::{self, awareness};
use digue_compliance::space::assessment;
use digue_isms::assessment::Posture;
use digue_isms::calendar::{self, DueItem};
use digue_isms::check::{Check, CheckResult};
use digue_isms::signatures::is_same;
use digue_isms::standing::CheckStatement;
use digue_provisioning::overview::{DirectoryOverview, DirectoryStanding};
use digue_response::clock::{DueTime, LegalClock};
use digue_selfservice::persons::requests;
use digue_sources::overview::{SourceStanding, SourceView};
use digue_types::Timestamp;

use crate::task::{AwaitedAct, Task, TaskSource};

/// The open tasks of one source.
///
/// # Errors
/// `Denied` when the source is not for the role of the actor; others when it cannot be read.
pub(crate) async fn tasks(
    app: &App,
    actor: &Actor,
    source: TaskSource,
) -> Result<Vec<Task>, OperationError> {
    match source {
        TaskSource::Findings => findings(app, actor).await,
        TaskSource::Incidents => open_incidents(app, actor).await,
        TaskSource::Requests => open_requests(app, actor).await,
        TaskSource::Approvals => open_approvals(app, actor).await,
        TaskSource::BreakGlass => unreviewed(app, actor).await,
        TaskSource::Holders => unconfirmed(app, actor).await,
        TaskSource::Reviews => open_reviews(app, actor).await,
        TaskSource::Checks => checks(app, actor).await,
        TaskSource::Sources => data_sources(app, actor).await,
        TaskSource::Signals => signals(app, actor).await,
        TaskSource::Registers => overdue_records(app, actor).await,
        TaskSource::Assessment => due_assessment(app, actor).await,
        TaskSource::Learning => learning(app, actor).await,
    }
}

async fn findings(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let view = findings::view(app, actor).await?;
    let findings = view.findings.into_iter();
    let open = findings.filter(|finding| finding.decided.is_none());
    // A deputy may confirm a theft, too: what they may decide is theirs, not another's.
    let is_mine = findings::must_decide(actor, findings::FindingOutcome::Theft).is_ok();
    Ok(open.map(|finding| finding_task(finding, is_mine)).collect())
}

fn finding_task(finding: findings::ListedFinding, is_mine: bool) -> Task {
    Task {
        since: finding.at,
        due: None,
        is_mine,
        act: AwaitedAct::JudgeFinding {
            finding: finding.id,
            account: finding.account,
            organisation: finding.organisation,
            persons: finding.persons,
            taken: finding.action,
        },
    }
}

/// The duties of an incident that are not met, the nearest deadline first.
pub(crate) fn unmet(view: &IncidentView) -> Vec<LegalClock> {
    let mut clocks: Vec<LegalClock> = view
        .clocks
        .iter()
        .filter(|clock| clock.met_at.is_none())
        .copied()
        .collect();
    clocks.sort_by_key(|clock| (clock.due_at.is_none(), clock.due_at));
    clocks
}

async fn open_incidents(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    if actor.role.leads_agents() {
        // The operator leads them; a partner follows those about its own accounts.
        return Ok(following(&incidents::own(app, actor).await?, false));
    }
    Ok(following(
        &incidents::list(app, actor).await?,
        actor.role.can_respond(),
    ))
}

fn following(views: &[IncidentView], is_mine: bool) -> Vec<Task> {
    let open = views.iter().filter(|view| !view.incident.is_closed());
    open.map(|view| incident_task(view, is_mine)).collect()
}

fn incident_task(view: &IncidentView, is_mine: bool) -> Task {
    let next = unmet(view).into_iter().next();
    Task {
        since: view.record.opened_at,
        due: next.and_then(|clock| clock.due()),
        is_mine,
        act: AwaitedAct::LeadIncident {
            id: view.record.id.clone(),
            reference: view.reference(),
            title: view.incident.title.clone(),
            state: view.incident.told_state(),
            duty: next.map(|clock| clock.rule.kind),
        },
    }
}

async fn open_requests(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let waiting = requests::waiting(app, actor).await?;
    let is_mine = actor.role.can_respond();
    let mut tasks: Vec<Task> = waiting
        .open
        .into_iter()
        .map(|one| Task {
            since: one.opened_at,
            due: Some(DueTime::At(one.due)),
            is_mine,
            act: AwaitedAct::AnswerRequest {
                id: one.id,
                kind: one.kind,
            },
        })
        .collect();
    if let Some(since) = waiting.letters_since {
        tasks.push(Task {
            since,
            due: None,
            is_mine,
            act: AwaitedAct::SendLetters(waiting.letters),
        });
    }
    Ok(tasks)
}

async fn open_approvals(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let waiting = approvals::list(app, actor).await?;
    let open = waiting.into_iter().filter(|one| !one.is_over);
    let mut tasks: Vec<Task> = open.map(approval_task).collect();
    if actor.role.can_watch() {
        tasks.extend(to_reopen(app, actor).await?);
    }
    Ok(tasks)
}

/// Access that stays closed although its finding was work. Once its opening is requested, the
/// request is the task.
async fn to_reopen(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let cleared = reopening::cleared(app, actor).await?;
    let open = cleared.into_iter().filter(|one| !one.is_asked);
    let task = |one: ClearedAccess| Task {
        since: one.since,
        due: None,
        is_mine: actor.role.can_act(),
        act: AwaitedAct::ReopenAccess {
            finding: one.finding,
            reach: one.reach,
        },
    };
    Ok(open.map(task).collect())
}

fn approval_task(one: approvals::WaitingApproval) -> Task {
    Task {
        since: one.record.asked_at,
        due: Some(DueTime::At(one.record.expires_at)),
        is_mine: one.may_decide,
        act: AwaitedAct::DecideApproval {
            id: one.record.id,
            kind: one.record.kind,
            subject: one.record.subject,
            asked_by: one.record.asked_by,
            deciders: one.deciders,
        },
    }
}

async fn unreviewed(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let uses = break_glass::list(app, actor).await?;
    let open = uses.into_iter().filter(|one| one.reviewed.is_none());
    let task = |one: break_glass::BreakGlassUse| Task {
        since: one.opened_at,
        due: None,
        // A use is reviewed by another than the one who needed it.
        is_mine: actor.role.can_review() && one.account != actor.account,
        act: AwaitedAct::ReviewBreakGlass {
            id: one.id,
            account: one.account,
        },
    };
    Ok(open.map(task).collect())
}

/// New accounts whose holder the actor can confirm. Officers find them on the page of accounts:
/// theirs are those of all organisations, which their delegates confirm.
async fn unconfirmed(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    require(actor.role.leads_agents())?;
    let known = accounts::list(app, actor).await?;
    let open = known
        .into_iter()
        .filter(|one| one.is_quarantined && one.may_confirm);
    let task = |one: accounts::OverseenAccount| {
        Task::undated(AwaitedAct::ConfirmHolder {
            account: one.account,
        })
    };
    Ok(open.map(task).collect())
}

async fn open_reviews(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let is_mine = reviews::may_decide(actor);
    let task = |review: WaitingReview| Task {
        since: review.opened_at,
        due: Some(DueTime::At(review.due_at)),
        is_mine,
        act: AwaitedAct::DecideReview {
            left: review.left,
            id: review.id,
            title: review.title,
        },
    };
    Ok(reviews::waiting(app, actor)
        .await?
        .into_iter()
        .map(task)
        .collect())
}

/// Sources of caseloads and aliases that need a person.
async fn data_sources(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let task = |source: SourceView| {
        let since = source.held.as_ref().map(|held| held.at).or(source.good_at);
        Task {
            since: since.unwrap_or_else(|| app.clock().now()),
            due: None,
            is_mine: actor.role.can_load(),
            act: act_for_source(source),
        }
    };
    let sources = digue_sources::overview::list(app, actor).await?;
    let open = sources.into_iter().filter(SourceView::needs_a_person);
    let mut tasks: Vec<Task> = open.map(task).collect();
    tasks.extend(directory(app, actor).await?);
    Ok(tasks)
}

/// The operator's directory, when it is silent or a change of it waits.
async fn directory(app: &App, actor: &Actor) -> Result<Option<Task>, OperationError> {
    let found = digue_provisioning::overview::overview(app, actor).await?;
    let Some(found) = found.filter(DirectoryOverview::needs_a_person) else {
        return Ok(None);
    };
    let (act, since, is_mine) = match found.standing {
        DirectoryStanding::Held => (
            AwaitedAct::DecideDirectory {
                changes: found.waiting_count,
            },
            found.waiting_since,
            actor.role.can_review(),
        ),
        DirectoryStanding::Late | DirectoryStanding::Unheard | DirectoryStanding::Fresh => (
            AwaitedAct::RepairDirectory,
            found.heard_at,
            actor.role.can_load(),
        ),
    };
    Ok(Some(Task {
        since: since.unwrap_or_else(|| app.clock().now()),
        due: None,
        is_mine,
        act,
    }))
}

/// What identity providers ask for and a person decides.
async fn signals(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let waiting = digue_shared_signals::overview::waiting_for(app, actor).await?;
    let task = waiting.map(|(changes, since)| Task {
        since,
        due: None,
        is_mine: actor.role.can_act(),
        act: AwaitedAct::DecideSignals { changes },
    });
    Ok(task.into_iter().collect())
}

fn act_for_source(source: SourceView) -> AwaitedAct {
    let name = source.name;
    match source.standing {
        SourceStanding::Held => AwaitedAct::DecideSource { name },
        SourceStanding::Late
        | SourceStanding::Failing
        | SourceStanding::Unread
        | SourceStanding::Fresh => AwaitedAct::RepairSource { name },
    }
}

async fn checks(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let measured = isms::measured(app, actor).await?;
    let now = isms::now(app);
    let results_of = |wanted: CheckStatement| -> Vec<&CheckResult> {
        let checks = Check::ALL
            .iter()
            .filter(|check| measured.says(**check, now) == wanted);
        checks
            .filter_map(|check| measured.results.get(check))
            .collect()
    };
    let failing: Vec<Timestamp> = results_of(CheckStatement::Fail)
        .iter()
        .map(|result| result.at)
        .collect();
    // What did not run for a stated reason is on the page of checks; a result that grew old has no
    // reason.
    let mut old = results_of(CheckStatement::Unknown);
    old.retain(|result| !result.is_fresh(now.at));
    let old: Vec<Timestamp> = old.iter().map(|result| result.at).collect();
    let tasks = [
        (AwaitedAct::RepairChecks(failing.len()), failing),
        (AwaitedAct::RunChecks(old.len()), old),
    ];
    let task = |(act, times): (AwaitedAct, Vec<Timestamp>)| {
        let since = times.into_iter().min()?;
        Some(Task {
            since,
            due: None,
            is_mine: actor.role.can_govern(),
            act,
        })
    };
    Ok(tasks.into_iter().filter_map(task).collect())
}

async fn overdue_records(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let compared = isms::compared::registers(app, actor).await?;
    let registers = compared.registers;
    let now = isms::now(app);
    let requests = isms::signatures::open_requests(&registers).into_iter();
    let asked = requests.map(|one| Task {
        since: one.asked_at,
        due: one.due.map(|due| DueTime::At(isms::end_of_day(app, due))),
        is_mine: is_same(&one.signatory, actor.account.as_str()),
        act: AwaitedAct::SignRecord(one),
    });
    let late = calendar::due(&registers, now)
        .into_iter()
        .filter(|due| due.days_late > 0);
    let task = |due: DueItem| {
        let day = now.at.minus(std::time::Duration::from_hours(
            24 * due.days_late.unsigned_abs(),
        ));
        Task {
            since: day,
            due: Some(DueTime::At(day)),
            is_mine: actor.role.can_govern(),
            act: AwaitedAct::OverdueRecord(due),
        }
    };
    Ok(late.map(task).chain(asked).collect())
}

async fn due_assessment(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    require(actor.role == Role::Delegate)?;
    let own = assessment::show(app, actor).await?;
    let is_due = own.posture == Posture::Due;
    let task = is_due.then(|| Task::undated(AwaitedAct::Assess));
    Ok(task.into_iter().collect())
}

async fn learning(app: &App, actor: &Actor) -> Result<Vec<Task>, OperationError> {
    let modules = awareness::own(app, actor).await?.into_iter();
    let open = modules.filter(|(_, done)| done.is_none());
    let lessons = open.map(|(module, _)| AwaitedAct::LearnModule(module.code()));
    let documents = awareness::documents(app, actor).await?.into_iter();
    let unread = documents.filter(|one| one.read_on.is_none());
    let readings = unread.map(|one| AwaitedAct::ReadDocument {
        title: one.document.title.0.clone(),
        id: one.id,
    });
    Ok(lessons.chain(readings).map(Task::undated).collect())
}
