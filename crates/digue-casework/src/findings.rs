//! Findings as officers see them, and their verdict: a theft, or work.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use digue_access::{Reach, Role};
use digue_app::act_contents::JudgedFinding;
use digue_app::gates::{self, ActAuthority, REASON_CHARS_MIN, parse_reason};
use digue_app::signals::{StoredSignals, signals_of, subject_of};
use digue_app::{ActDetails, Actor, App, OperationError, console_role};
use digue_detection::{Action, DeclaredBatch, Surroundings, Weight};
use digue_locales::{Language, Value, text_with};
use digue_response::incident::Source;
use digue_store::{FindingQuery, FindingRecord, FindingVerdict};
use digue_types::{
    AccountId, Act, FindingId, Gate, GateReason, OrganisationId, PortalId, Subject, Timestamp,
};

use crate::finding_queries::{READ_MAX, sisters};
use crate::{breach, incidents};

/// The surroundings of a finding, as far as they were stored.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum StoredSurroundings {
    Kept(Surroundings),
    /// The finding is older than this field, or about an organisation.
    NotKept,
    /// Something was stored and cannot be read: it must not pass for an ordinary day.
    Unreadable,
}

impl StoredSurroundings {
    pub const fn known(self) -> Option<Surroundings> {
        match self {
            Self::Kept(around) => Some(around),
            Self::NotKept | Self::Unreadable => None,
        }
    }
}

pub(crate) fn around_of(record: &FindingRecord) -> StoredSurroundings {
    if record.around.is_empty() {
        return StoredSurroundings::NotKept;
    }
    serde_json::from_str(&record.around)
        .map_or(StoredSurroundings::Unreadable, StoredSurroundings::Kept)
}

/// What a finding was, as an officer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingOutcome {
    Theft,
    Work,
}

impl FindingOutcome {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Theft => "theft",
            Self::Work => "work",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Theft, Self::Work]
            .into_iter()
            .find(|outcome| outcome.code() == code)
    }
}

/// The decision of an officer about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedFinding {
    pub outcome: FindingOutcome,
    pub by: AccountId,
    pub at: Timestamp,
    pub reason: String,
}

/// One finding, as pages and programs show it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedFinding {
    pub id: FindingId,
    pub at: Timestamp,
    /// `None`: about the organisation as a whole.
    pub account: Option<AccountId>,
    pub organisation: OrganisationId,
    pub portal: PortalId,
    /// `None` for a weight that only a later version knows; so are the two actions.
    pub weight: Option<Weight>,
    /// The decimal logarithm of the odds.
    pub evidence: f64,
    pub signals: StoredSignals,
    pub around: StoredSurroundings,
    /// Persons shown to the account that day.
    pub persons: u32,
    /// What was done, and what the playbook intended.
    pub action: Option<Action>,
    pub intended: Option<Action>,
    /// Too many accounts had been closed automatically: people were asked first.
    pub is_fused: bool,
    pub decided: Option<DecidedFinding>,
}

impl From<FindingRecord> for ListedFinding {
    fn from(record: FindingRecord) -> Self {
        Self {
            weight: Weight::parse(&record.weight),
            evidence: record.evidence as f64 / 1000.0,
            signals: signals_of(&record),
            around: around_of(&record),
            action: Action::parse(&record.action),
            intended: Action::parse(&record.intended),
            decided: record.verdict.map(|verdict| DecidedFinding {
                outcome: if verdict.is_theft {
                    FindingOutcome::Theft
                } else {
                    FindingOutcome::Work
                },
                by: verdict.by,
                at: verdict.at,
                reason: verdict.reason,
            }),
            id: record.id,
            at: record.at,
            account: record.account,
            organisation: record.organisation,
            portal: record.portal,
            persons: record.persons,
            is_fused: record.is_fused,
        }
    }
}

/// The beginning of the period in which automatic closings count towards the fuse.
pub(crate) fn fuse_since(app: &App) -> Timestamp {
    app.clock()
        .now()
        .minus(Duration::from_hours(u64::from(app.monitor().fuse().hours)))
}

/// The findings page.
#[derive(Clone, Debug)]
pub struct WatchView {
    pub now: Timestamp,
    pub findings: Vec<ListedFinding>,
    /// Findings without a decision, and the time of the oldest.
    pub undecided: u64,
    pub oldest: Option<Timestamp>,
    /// Older ones without a decision that the list has no room for.
    pub unlisted: u64,
    /// Findings of the last thirty days that were decided to be work.
    pub false_alarms: u64,
    /// The number of accounts times thirty days.
    pub account_days: u64,
    /// Accounts whose habits are known to detection.
    pub accounts: usize,
    /// Portals whose fuse has ended automatic closing.
    pub held: Vec<HeldClosings>,
    /// The period in which automatic closings are counted, in hours.
    pub fuse_hours: u32,
}

/// A portal where the fuse holds back automatic closings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldClosings {
    pub portal: PortalId,
    pub since: Timestamp,
    /// Findings that it held back and that are not decided.
    pub waiting: usize,
}

/// What the fuse holds back now, and what it held back earlier and still waits for a decision; by
/// portal.
async fn held_closings(app: &App, since: Timestamp) -> Result<Vec<HeldClosings>, OperationError> {
    let fused = FindingQuery {
        is_fused: true,
        ..FindingQuery::default()
    };
    let lately = FindingQuery {
        since: Some(since),
        ..fused.clone()
    };
    let waiting = FindingQuery {
        is_undecided: true,
        ..fused
    };
    let mut held: BTreeMap<PortalId, HeldClosings> = BTreeMap::new();
    for record in both(app, &lately, &waiting).await? {
        let known = held
            .entry(record.portal.clone())
            .or_insert_with(|| HeldClosings {
                portal: record.portal.clone(),
                since: record.at,
                waiting: 0,
            });
        known.since = known.since.min(record.at);
        known.waiting += usize::from(record.verdict.is_none());
    }
    Ok(held.into_values().collect())
}

/// The findings that one of two queries selects, newest first.
async fn both(
    app: &App,
    one: &FindingQuery,
    other: &FindingQuery,
) -> Result<Vec<FindingRecord>, OperationError> {
    let mut findings = app.store().findings_of(one, READ_MAX).await?;
    let known: HashSet<FindingId> = findings.iter().map(|record| record.id.clone()).collect();
    let others = app.store().findings_of(other, READ_MAX).await?;
    findings.extend(
        others
            .into_iter()
            .filter(|record| !known.contains(&record.id)),
    );
    findings.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
    Ok(findings)
}

/// Decided findings on the page, the newest ones; those without a decision are all there.
const DECIDED_LISTED: u32 = 500;
/// Days over which the rate of false alarms is computed.
const RATE_DAYS: u64 = 30;

pub async fn view(app: &App, actor: &Actor) -> Result<WatchView, OperationError> {
    actor.must_watch()?;
    let now = app.clock().now();
    let undecided = FindingQuery {
        is_undecided: true,
        ..FindingQuery::default()
    };
    let work = FindingQuery {
        is_work: true,
        since: Some(now.minus(Duration::from_hours(24 * RATE_DAYS))),
        ..FindingQuery::default()
    };
    let (store, waiting) = (app.store(), app.store().count_findings(&undecided).await?);
    let mut findings = store.findings_of(&undecided, READ_MAX).await?;
    let unlisted = waiting.findings.saturating_sub(findings.len() as u64);
    let newest = store
        .findings_of(&FindingQuery::default(), DECIDED_LISTED)
        .await?;
    findings.extend(newest.into_iter().filter(|record| record.verdict.is_some()));
    findings.sort_by_key(|record| Reverse(record.at));
    Ok(WatchView {
        now,
        undecided: waiting.findings,
        oldest: waiting.oldest,
        unlisted,
        false_alarms: store.count_findings(&work).await?.findings,
        account_days: app.gateway().rules().directory.iter().count() as u64 * RATE_DAYS,
        accounts: app.monitor().accounts(),
        held: held_closings(app, fuse_since(app)).await?,
        fuse_hours: app.monitor().fuse().hours,
        findings: findings.into_iter().map(ListedFinding::from).collect(),
    })
}

/// One finding, with what the account was shown around it.
#[derive(Clone, Debug)]
pub struct FindingView {
    pub finding: ListedFinding,
    /// Distinct persons of each of the last days, the oldest first, as (day since 1970, persons).
    pub days: Vec<(i64, usize)>,
    pub gate: Gate,
    /// The period in which automatic closings are counted, in hours.
    pub fuse_hours: u32,
    /// The declared automatic work of the account.
    pub batches: Vec<DeclaredBatch>,
    /// Findings of the same event that wait for a verdict, too.
    pub sisters: Vec<ListedFinding>,
    /// The open incident about the same subject.
    pub incident: Option<String>,
    /// The accounts that may confirm a theft: of the CISO, and of the DPO who stands in; and those
    /// that may decide that it was work.
    pub deciders: FindingDeciders,
}

/// Who may decide about a finding, by role: accounts that can sign in now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingDeciders {
    pub cisos: Vec<AccountId>,
    pub dpos: Vec<AccountId>,
}

fn deciders(app: &App) -> FindingDeciders {
    let rules = app.gateway().rules();
    let of = |role: Role| {
        let active = rules.directory.iter().filter(|(account, record)| {
            !record.is_suspended && console_role(app, account, record.role) == role
        });
        let mut accounts: Vec<AccountId> = active.map(|(account, _)| account.clone()).collect();
        accounts.sort();
        accounts
    };
    FindingDeciders {
        cisos: of(Role::Ciso),
        dpos: of(Role::Dpo),
    }
}

/// Days in the chart.
const DAYS: i64 = 30;

pub async fn finding(app: &App, actor: &Actor, id: &str) -> Result<FindingView, OperationError> {
    actor.must_watch()?;
    let record = app
        .store()
        .finding(id)
        .await?
        .ok_or(OperationError::NotFound("finding"))?;
    let last = record.at.utc_day();
    let mut days = Vec::new();
    let mut gate = app
        .gateway()
        .rules()
        .gates
        .of(&Reach::Organisation(record.organisation.clone()));
    if let Some(account) = &record.account {
        let (view, whose) = (app.view(), account.clone());
        let by_day = app
            .blocking(move || view.persons_by(&whose, &|at| at.utc_day()))
            .await?;
        let by_day = app.answered(by_day)?;
        days = (last - DAYS + 1..=last)
            .map(|day| (day, by_day.get(&day).copied().unwrap_or(0)))
            .collect();
        gate = app
            .gateway()
            .rules()
            .gates
            .of(&Reach::Account(account.clone()));
    }
    let sisters = sisters(app, &record).await?;
    Ok(FindingView {
        sisters: sisters.into_iter().map(ListedFinding::from).collect(),
        incident: incidents::about(app, &subject_of(&record)).await,
        deciders: deciders(app),
        days,
        gate,
        fuse_hours: app.monitor().fuse().hours,
        batches: record
            .account
            .as_ref()
            .map(|account| app.monitor().batches_of(account))
            .unwrap_or_default(),
        finding: record.into(),
    })
}

/// The finding of a record, as a verdict about it names it. An unreadable weight is the one that
/// allows the account the least.
fn judged(record: &FindingRecord) -> JudgedFinding {
    let weight = Weight::parse(&record.weight).unwrap_or(Weight::Alert);
    JudgedFinding {
        weight,
        at: Some(record.at),
    }
}

/// What followed from a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerdictOutcome {
    /// The incident of a theft: a new one, or the open one about the same subject.
    pub incident: Option<String>,
    /// Findings of the same event that were decided with it.
    pub sisters: usize,
}

/// Whether an actor may decide that a finding was this. A theft keeps access closed and starts the
/// legal clocks, so either officer may confirm it: the DPO stands in for the CISO. Work ends a
/// suspicion and may widen access: only the CISO decides it.
pub fn must_decide(actor: &Actor, outcome: FindingOutcome) -> Result<(), OperationError> {
    match outcome {
        FindingOutcome::Theft => actor.must_respond(),
        FindingOutcome::Work => actor.must_act(),
    }
}

/// Decides what a finding was, a theft or work: once, by an officer who may (`must_decide`), with a
/// reason. A theft opens its incident with the list of the persons shown, and takes the findings of
/// the same event along.
///
/// "Work" teaches detection, by its entry in the journal. A gate that detection closed is not
/// opened by this: that needs two persons.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: &str,
    outcome: FindingOutcome,
    reason: &str,
) -> Result<VerdictOutcome, OperationError> {
    must_decide(actor, outcome)?;
    let is_theft = outcome == FindingOutcome::Theft;
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let record = app
        .store()
        .finding(id)
        .await?
        .ok_or(OperationError::NotFound("finding"))?;
    // Before its incident: of two officers at once only the one whose verdict stands opens one.
    give_verdict(app, actor, &record, is_theft, &reason).await?;
    if is_theft {
        let mut taken = 0;
        for sister in sisters(app, &record).await? {
            // Another officer may have decided it meanwhile: their verdict stands.
            match give_verdict(app, actor, &sister, is_theft, &reason).await {
                Ok(()) => taken += 1,
                Err(OperationError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        let incident = incident_of_theft(app, actor, &record).await?;
        return Ok(VerdictOutcome {
            incident: Some(incident),
            sisters: taken,
        });
    }
    if let Some(account) = &record.account {
        // A step-up or a caseload-only gate ends with the suspicion; a closed gate needs two
        // persons.
        let reach = Reach::Account(account.clone());
        let gate = app.gateway().rules().gates.of(&reach);
        if matches!(gate, Gate::StepUp | Gate::CaseloadOnly) {
            let reason = GateReason::Cleared(record.id.clone());
            gates::apply(app, actor, reach, Gate::Open, reason, ActAuthority::One).await?;
        }
    }
    Ok(VerdictOutcome::default())
}

/// Claims one finding and journals its verdict.
async fn give_verdict(
    app: &App,
    actor: &Actor,
    record: &FindingRecord,
    is_theft: bool,
    reason: &str,
) -> Result<(), OperationError> {
    let now = app.clock().now();
    let act = if is_theft {
        Act::FindingConfirmed
    } else {
        Act::FindingCleared
    };
    let details = ActDetails {
        subject: subject_of(record),
        before: judged(record).to_string(),
        after: Subject::from(&record.id).to_string(),
        reason: reason.to_owned(),
    };
    let verdict = FindingVerdict {
        is_theft,
        by: actor.account.clone(),
        at: now,
        reason: reason.to_owned(),
    };
    let id = record.id.as_str();
    let claim = app.store().decide_finding(id, &verdict);
    // Claimed before it is journalled: of two officers who decide at once one gets a conflict.
    app.claim(
        (actor, act, details),
        claim,
        app.store().release_finding(id, &actor.account),
    )
    .await
    .map(drop)
}

/// The open incident about the subject of a theft, or a new one. A new one begins with the list of
/// the persons shown: it is the first thing that everybody asks for.
async fn incident_of_theft(
    app: &App,
    actor: &Actor,
    record: &FindingRecord,
) -> Result<String, OperationError> {
    let subject = subject_of(record);
    // A second incident about the account would split its clock and its log.
    if let Some(known) = incidents::about(app, &subject).await {
        return Ok(known);
    }
    let whom = record
        .account
        .as_ref()
        .map_or(record.organisation.as_str(), AccountId::as_str);
    let title = text_with(
        Language::default(),
        "incident-of-theft",
        &[("whom", Value::from(whom.to_owned()))],
    );
    let id = incidents::open(app, actor, Source::Containment, &title, subject).await?;
    if let Err(error) = first_list(app, actor, &id).await {
        // The incident is open all the same, and its page asks for the list.
        tracing::error!(%error, incident = id, "Computing the affected set failed; the incident asks for it");
    }
    Ok(id)
}

async fn first_list(app: &App, actor: &Actor, id: &str) -> Result<(), OperationError> {
    let view = incidents::view(app, actor, id).await?;
    let question = breach::suggested(app, &view).await?;
    breach::compute_affected(app, actor, id, question).await?;
    Ok(())
}
