//! What follows a finding: gates, sessions, the journal, mail to officers; and the decision of an officer
//! about it.
//!
//! Which step is taken is decided by the playbook (`digue-detection`), not here.

pub mod stored;

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_app::act_contents::{FindingFigures, JudgedFinding};
use digue_app::closings::AccountClosing;
use digue_app::found::MonitoredFinding;
use digue_app::gates::{self, ActAuthority, REASON_CHARS_MAX, REASON_CHARS_MIN, parse_reason};
use digue_app::monitor::portal_of;
use digue_app::secret::name;
use digue_app::signals::{StoredSignals, reason_of, signals_of, subject_of};
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts};
use digue_detection::playbook::PlaybookStep;
use digue_detection::{Action, DeclaredBatch, Finding, Signal, Surroundings, Weight};
use digue_identity::recovery;
use digue_locales::{Language, Value, text_with};
use digue_mail::Mail;
use digue_response::incident::Source;
use digue_store::{FindingRecord, FindingVerdict};
use digue_types::{
    AccountId, Act, FindingId, Gate, GateReason, OrganisationId, PortalId, Subject, Timestamp,
};

use crate::{breach, incidents};

/// Mails about findings within an hour; the console shows the rest.
const MAILS_AN_HOUR: usize = 6;

/// Carries out the step of a finding. The monitor withholds the account's responses already. A failure of
/// one part does not stop the others: the first error is returned at the end.
pub async fn respond(app: &App, found: MonitoredFinding) -> Result<(), OperationError> {
    let MonitoredFinding { finding, step, is_trial } = found;
    let id = finding_id(app);
    let whom = FoundSubject::of(&finding);
    // The gate first: the journal can wait for a slow disk, containment cannot. Nor does it depend on what only
    // the record needs: a name that cannot be read leaves its own gate open, and no other.
    let acted = if step.taken > Action::Observe && whom.account.is_some() {
        act_on(app, &whom, &id, step.taken, &reason_of(&finding.signals)).await
    } else {
        Ok(())
    };
    let noted = match whom.named() {
        Ok(names) => note(app, (&finding, names), (id, step), is_trial).await,
        Err(error) => Err(error),
    };
    acted.and(noted)
}

/// An identifier for a finding. Without randomness the moment names it: no gate stays open for want of a name,
/// and guessing one is of no use.
fn finding_id(app: &App) -> FindingId {
    let text = name("fi").unwrap_or_else(|error| {
        tracing::error!(%error, "No randomness; the finding is named by its moment");
        format!("fi-{}", app.clock().now().micros())
    });
    FindingId::parse(&text).expect("a prefix and base64url or digits are an identifier")
}

/// Whom a finding is about. Each name is read by itself.
struct FoundSubject {
    /// `None`: about the organisation as a whole.
    account: Option<Result<AccountId, UnreadableName>>,
    organisation: Result<OrganisationId, UnreadableName>,
    portal: Result<PortalId, UnreadableName>,
}

/// The part of a finding whose name is no identifier.
#[derive(Clone, Copy, Debug)]
struct UnreadableName(&'static str);

impl From<UnreadableName> for OperationError {
    fn from(UnreadableName(part): UnreadableName) -> Self {
        Self::NotFound(part)
    }
}

/// All names of a finding.
struct FoundNames {
    account: Option<AccountId>,
    organisation: OrganisationId,
    portal: PortalId,
}

impl FoundSubject {
    fn of(finding: &Finding) -> Self {
        let account = finding.account.as_deref().map(AccountId::parse);
        let organisation = OrganisationId::parse(&finding.organisation);
        Self {
            account: account.map(|account| account.map_err(|_| UnreadableName("account"))),
            organisation: organisation.map_err(|_| UnreadableName("organisation")),
            portal: portal_of(finding).ok_or(UnreadableName("portal")),
        }
    }

    fn named(self) -> Result<FoundNames, OperationError> {
        let Self { account, organisation, portal } = self;
        Ok(FoundNames { account: account.transpose()?, organisation: organisation?, portal: portal? })
    }

    /// The gates that a step closes, from the narrowest reach to the widest: if a later one fails, the account
    /// itself is closed.
    fn gates(&self, action: Action) -> Vec<(Result<Reach, UnreadableName>, Gate)> {
        let gate = match action {
            Action::Observe | Action::LowerBudget => None,
            Action::CaseloadOnly => Some(Gate::CaseloadOnly),
            Action::StepUp => Some(Gate::StepUp),
            Action::CloseAccount | Action::CloseOrganisation | Action::ClosePortal => Some(Gate::Closed),
        };
        let account = self.account.clone().map(|account| account.map(Reach::Account));
        let mut shut: Vec<_> = account.into_iter().zip(gate).collect();
        if action >= Action::CloseOrganisation {
            shut.push((self.organisation.clone().map(Reach::Organisation), Gate::Closed));
        }
        if action == Action::ClosePortal {
            shut.push((self.portal.clone().map(Reach::Portal), Gate::Closed));
        }
        shut
    }
}

/// Journals and stores a finding, and tells people of it.
async fn note(
    app: &App,
    (finding, names): (&Finding, FoundNames),
    (id, step): (FindingId, PlaybookStep),
    is_trial: bool,
) -> Result<(), OperationError> {
    let FoundNames { account, organisation, portal } = names;
    let record = FindingRecord {
        id: id.clone(),
        at: finding.at,
        account,
        organisation,
        portal,
        weight: finding.weight.code().to_owned(),
        // Thousandths as an integer, so that every database returns exactly what was stored.
        evidence: (f64::from(finding.evidence) * 1000.0) as i64,
        signals: to_json(&finding.signals),
        around: around_json(finding),
        persons: finding.persons,
        action: step.taken.code().to_owned(),
        intended: step.intended.code().to_owned(),
        is_fused: step.is_fused,
        verdict: None,
    };
    let act = match finding.weight {
        // At an observe-only portal nobody is contained, and the journal must not claim it.
        Weight::Containment if !is_trial => Act::WatchContained,
        Weight::Containment | Weight::Alert => Act::WatchAlerted,
    };
    let details = ActDetails {
        subject: subject_of(&record),
        before: FindingFigures { evidence: finding.evidence.into(), persons: finding.persons }.to_string(),
        after: step.taken.code().to_owned(),
        reason: reason_of(&finding.signals),
    };
    let written = app.write_down(&Actor::digue(), act, details).await.map(drop);
    let begins = fuse_begins(app, &record).await;
    let stored = app.store().add_finding(&record).await.map_err(OperationError::from);
    if let Err(error) = tell_people(app, &record, begins).await {
        tracing::error!(%error, finding = %id, "Mail about a finding failed; the console shows it");
    }
    written.and(stored)
}

/// Closes the gates that the step names, cuts sessions, and lowers the limits that apply once the account
/// is open again.
async fn act_on(
    app: &App,
    whom: &FoundSubject,
    finding: &FindingId,
    action: Action,
    why: &str,
) -> Result<(), OperationError> {
    let digue = Actor::digue();
    let reason = GateReason::monitor(finding.clone(), why, REASON_CHARS_MAX);
    let mut failed = Ok(());
    for (reach, gate) in whom.gates(action) {
        // Remembered and not returned: the other gates are closed and the sessions cut even when one failed.
        let reach = match reach {
            Ok(reach) => reach,
            Err(unreadable) => {
                failed = Err(unreadable.into());
                continue;
            }
        };
        // A gate that a person closed further must not be opened to the degree of the playbook.
        let is_stricter = gate > app.gateway().rules().gates.of(&reach);
        if is_stricter
            && let Err(error) =
                gates::apply(app, &digue, reach, gate, reason.clone(), ActAuthority::One).await
        {
            failed = Err(error);
        }
    }
    let Some(Ok(account)) = &whom.account else { return failed };
    if action >= Action::CloseAccount
        && let Err(error) = identity_cuts::cut_account(app, account).await
    {
        // The sessions are over; their mark or their removal from the store failed.
        failed = Err(error);
    }
    // Only after the gate is in force may the monitor stop withholding. A gate is in force even when its
    // entry or its row failed (`gates::apply` publishes first), and that failure is returned.
    app.monitor().held(account);
    let reduction = recovery::reduction(app.clock().now());
    recovery::reduce(app, account, reduction).await?;
    failed
}

fn to_json(signals: &[Signal]) -> String {
    serde_json::to_string(signals).expect("texts and numbers always serialise")
}

/// The surroundings as JSON; empty for a finding about an organisation, which has no account's day.
fn around_json(finding: &Finding) -> String {
    match finding.account {
        Some(_) => serde_json::to_string(&finding.around).expect("numbers and booleans always serialise"),
        None => String::new(),
    }
}

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

fn around_of(record: &FindingRecord) -> StoredSurroundings {
    if record.around.is_empty() {
        return StoredSurroundings::NotKept;
    }
    serde_json::from_str(&record.around).map_or(StoredSurroundings::Unreadable, StoredSurroundings::Kept)
}

/// The beginning of the period in which automatic closings count towards the fuse.
fn fuse_since(app: &App) -> Timestamp {
    app.clock().now().minus(Duration::from_hours(u64::from(app.monitor().fuse().hours)))
}

/// True for the first finding of a portal that the fuse held back. Also true when the store cannot be
/// read: one mail too many is better than officers who do not know that closing has stopped.
async fn fuse_begins(app: &App, record: &FindingRecord) -> bool {
    if !record.is_fused {
        return false;
    }
    let since = fuse_since(app);
    let of_fuse = |known: &FindingRecord| {
        known.is_fused && known.portal == record.portal && known.at > since && known.id != record.id
    };
    !app.store().findings(FINDINGS).await.is_ok_and(|known| known.iter().any(of_fuse))
}

/// Findings read at a start; many, because the few closings lie among alerts.
const RECALLED: u32 = 10_000;

/// Restores the count of automatic closings after a start, so that a restart does not reset the fuse.
pub async fn recall_closings(app: &App) -> Result<(), OperationError> {
    let since = fuse_since(app);
    let rules = app.gateway().rules();
    let findings = app.store().findings(RECALLED).await?;
    let closings = findings.iter().filter(|record| record.at > since).filter_map(|record| {
        // Counted by what was done and not by what was intended: an observed finding closed nothing.
        let taken = Action::parse(&record.action).filter(|taken| *taken >= Action::CloseAccount)?;
        let of_organisation =
            rules.directory.iter().filter(|(_, known)| known.organisation == record.organisation).count();
        let closes_all = taken >= Action::CloseOrganisation;
        Some(AccountClosing {
            at: record.at,
            account: record.account.as_ref()?.to_string(),
            organisation: record.organisation.to_string(),
            portal: record.portal.to_string(),
            taken,
            accounts: if closes_all { u32::try_from(of_organisation).unwrap_or(u32::MAX) } else { 1 },
        })
    });
    app.monitor().recall_closings(closings);
    Ok(())
}

/// Mails the officers who decide: once for a finding, within an hourly limit; when the fuse blows, in any
/// case.
async fn tell_people(app: &App, record: &FindingRecord, fuse_begins: bool) -> Result<(), OperationError> {
    if !digue_mail::is_configured(app) {
        return Ok(());
    }
    if fuse_begins {
        let portal = record.portal.clone();
        return digue_mail::tell_roles(app, Role::can_act, |_| Mail::ClosingsHeld { portal: portal.clone() })
            .await;
    }
    let hour = app.clock().now().minus(Duration::from_hours(1));
    let lately = app.store().findings(100).await?.iter().filter(|known| known.at > hour).count();
    // Counted from the store, not in memory: a restart must not renew the allowance.
    if lately > MAILS_AN_HOUR {
        tracing::warn!(finding = %record.id, "Too many findings for mail; the console shows them");
        return Ok(());
    }
    let about = record.account.clone().unwrap_or_else(|| Actor::digue().account);
    digue_mail::tell_roles(app, Role::can_act, |_| Mail::Finding { account: about.clone() }).await
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
        [Self::Theft, Self::Work].into_iter().find(|outcome| outcome.code() == code)
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
                outcome: if verdict.is_theft { FindingOutcome::Theft } else { FindingOutcome::Work },
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

/// The findings page.
#[derive(Clone, Debug)]
pub struct WatchView {
    pub now: Timestamp,
    pub findings: Vec<ListedFinding>,
    /// Findings without a decision, and the time of the oldest.
    pub undecided: usize,
    pub oldest: Option<Timestamp>,
    /// Findings of the last thirty days that were decided to be work.
    pub false_alarms: usize,
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

/// What the fuse holds back now, and what it held back earlier and still waits for a decision; by portal.
fn held_closings(findings: &[FindingRecord], since: Timestamp) -> Vec<HeldClosings> {
    let mut held: Vec<HeldClosings> = Vec::new();
    let fused = |record: &&FindingRecord| record.is_fused && (record.at > since || record.verdict.is_none());
    for record in findings.iter().filter(fused) {
        let waiting = usize::from(record.verdict.is_none());
        match held.iter_mut().find(|known| known.portal == record.portal) {
            Some(known) => {
                known.since = known.since.min(record.at);
                known.waiting += waiting;
            }
            None => held.push(HeldClosings { portal: record.portal.clone(), since: record.at, waiting }),
        }
    }
    held.sort_by(|a, b| a.portal.cmp(&b.portal));
    held
}

/// The most findings on the page.
const FINDINGS: u32 = 500;
/// Days over which the rate of false alarms is computed.
const RATE_DAYS: u64 = 30;

pub async fn view(app: &App, actor: &Actor) -> Result<WatchView, OperationError> {
    actor.must_watch()?;
    let now = app.clock().now();
    let findings = app.store().findings(FINDINGS).await?;
    let waiting = || findings.iter().filter(|finding| finding.verdict.is_none());
    let since = now.minus(Duration::from_hours(24 * RATE_DAYS));
    let is_false = |finding: &&FindingRecord| {
        finding.at > since && finding.verdict.as_ref().is_some_and(|verdict| !verdict.is_theft)
    };
    Ok(WatchView {
        now,
        undecided: waiting().count(),
        oldest: waiting().map(|finding| finding.at).min(),
        false_alarms: findings.iter().filter(is_false).count(),
        account_days: app.gateway().rules().directory.iter().count() as u64 * RATE_DAYS,
        accounts: app.monitor().accounts(),
        held: held_closings(&findings, fuse_since(app)),
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
    /// The accounts that may confirm a theft: of the CISO, and of the DPO who stands in; and those that may decide
    /// that it was work.
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
            record.role == role && !record.is_suspended && !app.unconfirmed().has(account)
        });
        let mut accounts: Vec<AccountId> = active.map(|(account, _)| account.clone()).collect();
        accounts.sort();
        accounts
    };
    FindingDeciders { cisos: of(Role::Ciso), dpos: of(Role::Dpo) }
}

/// Days in the chart.
const DAYS: i64 = 30;

pub async fn finding(app: &App, actor: &Actor, id: &str) -> Result<FindingView, OperationError> {
    actor.must_watch()?;
    let record = app.store().finding(id).await?.ok_or(OperationError::NotFound("finding"))?;
    let last = record.at.utc_day();
    let mut days = Vec::new();
    let mut gate = app.gateway().rules().gates.of(&Reach::Organisation(record.organisation.clone()));
    if let Some(account) = &record.account {
        let (view, whose) = (app.view(), account.clone());
        let by_day = app.blocking(move || view.persons_by(&whose, &|at| at.utc_day())).await?;
        let by_day = app.answered(by_day)?;
        days = (last - DAYS + 1..=last).map(|day| (day, by_day.get(&day).copied().unwrap_or(0))).collect();
        gate = app.gateway().rules().gates.of(&Reach::Account(account.clone()));
    }
    let findings = app.store().findings(FINDINGS).await?;
    Ok(FindingView {
        sisters: sisters(&findings, &record).cloned().map(ListedFinding::from).collect(),
        incident: incidents::about(app, &subject_of(&record)).await,
        deciders: deciders(app),
        days,
        gate,
        fuse_hours: app.monitor().fuse().hours,
        batches: record.account.as_ref().map(|account| app.monitor().batches_of(account)).unwrap_or_default(),
        finding: record.into(),
    })
}

/// The finding of a record, as a verdict about it names it. An unreadable weight is the one that allows the
/// account the least.
fn judged(record: &FindingRecord) -> JudgedFinding {
    let weight = Weight::parse(&record.weight).unwrap_or(Weight::Alert);
    JudgedFinding { weight, at: Some(record.at) }
}

/// Two findings about the same subject within this time are of the same event.
const SISTERS_WITHIN: Duration = Duration::from_hours(24);

/// The findings without a verdict that are of the same event: about the same subject, within a day. A confirmed
/// theft takes them along, so that nobody decides the same night twice.
fn sisters<'f>(
    findings: &'f [FindingRecord],
    record: &'f FindingRecord,
) -> impl Iterator<Item = &'f FindingRecord> {
    findings.iter().filter(move |other| {
        let apart = other.at.since(record.at).max(record.at.since(other.at));
        other.id != record.id
            && other.verdict.is_none()
            && subject_of(other) == subject_of(record)
            && apart <= SISTERS_WITHIN
    })
}

/// What followed from a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerdictOutcome {
    /// The incident of a theft: a new one, or the open one about the same subject.
    pub incident: Option<String>,
    /// Findings of the same event that were decided with it.
    pub sisters: usize,
}

/// Whether an actor may decide that a finding was this. A theft keeps access closed and starts the legal clocks, so
/// either officer may confirm it: the DPO stands in for the CISO. Work ends a suspicion and may widen access: only
/// the CISO decides it.
pub fn must_decide(actor: &Actor, outcome: FindingOutcome) -> Result<(), OperationError> {
    match outcome {
        FindingOutcome::Theft => actor.must_respond(),
        FindingOutcome::Work => actor.must_act(),
    }
}

/// Decides what a finding was, a theft or work: once, by an officer who may (`must_decide`), with a reason. A theft
/// opens its incident with the list of the persons shown, and takes the findings of the same event along.
///
/// "Work" teaches detection, by its entry in the journal. A gate that detection closed is not opened by
/// this: that needs two persons.
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
    let record = app.store().finding(id).await?.ok_or(OperationError::NotFound("finding"))?;
    give_verdict(app, actor, &record, is_theft, &reason).await?;
    if is_theft {
        let findings = app.store().findings(FINDINGS).await?;
        let mut taken = 0;
        for sister in sisters(&findings, &record) {
            // Another officer may have decided it meanwhile: their verdict stands.
            match give_verdict(app, actor, sister, is_theft, &reason).await {
                Ok(()) => taken += 1,
                Err(OperationError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        let incident = incident_of_theft(app, actor, &record).await?;
        return Ok(VerdictOutcome { incident: Some(incident), sisters: taken });
    }
    if let Some(account) = &record.account {
        // A step-up or a caseload-only gate ends with the suspicion; a closed gate needs two persons.
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
    let act = if is_theft { Act::FindingConfirmed } else { Act::FindingCleared };
    let details = ActDetails {
        subject: subject_of(record),
        before: judged(record).to_string(),
        after: Subject::from(&record.id).to_string(),
        reason: reason.to_owned(),
    };
    let verdict = FindingVerdict { is_theft, by: actor.account.clone(), at: now, reason: reason.to_owned() };
    let id = record.id.as_str();
    let claim = app.store().decide_finding(id, &verdict);
    // Claimed before it is journalled: of two officers who decide at once one gets a conflict.
    app.claim((actor, act, details), claim, app.store().release_finding(id, &actor.account)).await.map(drop)
}

/// The open incident about the subject of a theft, or a new one. A new one begins with the list of the persons
/// shown: it is the first thing that everybody asks for.
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
    let whom = record.account.as_ref().map_or(record.organisation.as_str(), AccountId::as_str);
    let title =
        text_with(Language::default(), "incident-of-theft", &[("whom", Value::from(whom.to_owned()))]);
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
    breach::compute_affected(app, actor, id, question).await.map(drop)
}
