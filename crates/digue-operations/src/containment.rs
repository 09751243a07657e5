//! What is done about findings: written down, gates, sessions, word to people and machines; and what
//! people make of them.

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_detection::{Action, DeclaredBatch, Finding, Signal, SignalKind, Surroundings, Weight};
use digue_locales::{Language, Value, text_with};
use digue_response::incident::Source;
use digue_store::{FindingRecord, FindingVerdict};
use digue_types::{AccountId, Act, Gate, OrganisationId, PortalId, Timestamp};

use crate::actor::Actor;
use crate::app::{ActDetails, App};
use crate::closings::AccountClosing;
use crate::error::OperationError;
use crate::gates::{self, ActAuthority, REASON_CHARS_MAX, REASON_CHARS_MIN, parse_reason};
use crate::identity_cuts;
use crate::incidents;
use crate::mail::{self, Mail};
use crate::monitor::{MonitoredFinding, finding_before, portal_of};
use crate::recovery;
use crate::secret::name;

/// Mails about findings to one person within an hour; then the console has the rest.
const MAILS_AN_HOUR: usize = 6;

/// Carries out the step of a finding. The door withholds already; every failure is said and the
/// rest is done all the same.
pub async fn respond(app: &App, found: MonitoredFinding) -> Result<(), OperationError> {
    let MonitoredFinding { finding, step, is_trial } = found;
    let id = name("fi")?;
    let account = finding.account.as_deref().and_then(|account| AccountId::parse(account).ok());
    let record = FindingRecord {
        id: id.clone(),
        at: finding.at,
        account: account.clone(),
        organisation: OrganisationId::parse(&finding.organisation)
            .map_err(|_| OperationError::NotFound("organisation"))?,
        portal: portal_of(&finding).ok_or(OperationError::NotFound("portal"))?,
        weight: finding.weight.code().to_owned(),
        evidence: (f64::from(finding.evidence) * 1000.0) as i64,
        signals: to_json(&finding.signals),
        around: around_json(&finding),
        persons: finding.persons,
        action: step.taken.code().to_owned(),
        intended: step.intended.code().to_owned(),
        is_fused: step.is_fused,
        told_at: Timestamp::ZERO,
        verdict: None,
    };
    // The gate first: what is written can wait for a disk, a thief cannot.
    let acted = match &account {
        Some(account) if step.taken > Action::Observe => {
            act_on(app, account, &record, step.taken, &reason_of(&finding.signals)).await
        }
        _ => Ok(()),
    };
    let act = match finding.weight {
        // Nobody is cut off at a portal that is only observed: its journal does not say so.
        Weight::Containment if !is_trial => Act::WatchContained,
        Weight::Containment | Weight::Alert => Act::WatchAlerted,
    };
    let words = ActDetails {
        subject: subject_of(&record),
        before: format!("evidence:{:.1} persons:{}", finding.evidence, finding.persons),
        after: step.taken.code().to_owned(),
        reason: reason_of(&finding.signals),
    };
    let written = app.write_down(&Actor::digue(), act, words).await.map(drop);
    let begins = fuse_begins(app, &record).await;
    let stored = app.store.add_finding(&record).await.map_err(OperationError::from);
    if let Err(error) = tell_people(app, &record, begins).await {
        tracing::error!(%error, finding = id, "People could not be told of a finding");
    }
    acted?;
    written?;
    stored
}

/// Shuts what the step says, cuts sessions, lowers the limits for when it is open again.
async fn act_on(
    app: &App,
    account: &AccountId,
    record: &FindingRecord,
    action: Action,
    why: &str,
) -> Result<(), OperationError> {
    let digue = Actor::digue();
    let reason: String = format!("watch {}: {why}", record.id).chars().take(REASON_CHARS_MAX).collect();
    let reach = Reach::Account(account.clone());
    let gate = match action {
        Action::Observe | Action::LowerBudget => None,
        Action::CaseloadOnly => Some(Gate::CaseloadOnly),
        Action::StepUp => Some(Gate::StepUp),
        Action::CloseAccount | Action::CloseOrganisation | Action::ClosePortal => Some(Gate::Closed),
    };
    let mut shut = Vec::new();
    shut.extend(gate.map(|gate| (reach, gate)));
    if action >= Action::CloseOrganisation {
        shut.push((Reach::Organisation(record.organisation.clone()), Gate::Closed));
    }
    if action == Action::ClosePortal {
        shut.push((Reach::Portal(record.portal.clone()), Gate::Closed));
    }
    let mut failed = Ok(());
    for (reach, gate) in shut {
        let is_stricter = gate > app.gateway().rules().gates.of(&reach);
        if is_stricter
            && let Err(error) = gates::apply(app, &digue, reach, gate, &reason, ActAuthority::One).await
        {
            failed = Err(error);
        }
    }
    if action >= Action::CloseAccount {
        identity_cuts::cut_account(app, account).await?;
    }
    // The gate holds now, or its failure is said: the door's own list may forget the account.
    app.monitor().held(account);
    let reduction = recovery::reduction(app.clock.now());
    recovery::reduce(app, account, reduction).await?;
    failed
}

pub(crate) fn subject_of(record: &FindingRecord) -> String {
    match &record.account {
        Some(account) => format!("account:{account}"),
        None => format!("organisation:{}", record.organisation),
    }
}

/// The signals with their figures, as the journal keeps them: `pace 43/9 in 1 min`.
pub(crate) fn reason_of(signals: &[Signal]) -> String {
    let said = signals.iter().map(|signal| {
        let figures = signal.figures;
        let within = if figures.minutes > 0 { format!(" in {} min", figures.minutes) } else { String::new() };
        format!("{} {}/{}{within}", signal.kind, figures.seen, figures.usual)
    });
    said.collect::<Vec<_>>().join("; ")
}

fn to_json(signals: &[Signal]) -> String {
    serde_json::to_string(signals).unwrap_or_else(|_| "[]".to_owned())
}

/// Signals as they were stored; what a later version wrote and this one does not know is left out.
pub fn signals_of(record: &FindingRecord) -> Vec<Signal> {
    #[derive(serde::Deserialize)]
    struct StoredSignal {
        kind: String,
        evidence: f32,
        figures: StoredFigures,
    }
    #[derive(serde::Deserialize)]
    struct StoredFigures {
        seen: u32,
        usual: u32,
        minutes: u32,
    }
    let stored: Vec<StoredSignal> = serde_json::from_str(&record.signals).unwrap_or_default();
    let signals = stored.into_iter().filter_map(|signal| {
        let StoredFigures { seen, usual, minutes } = signal.figures;
        let figures = digue_detection::Figures { seen, usual, minutes };
        Some(Signal { kind: SignalKind::parse(&signal.kind)?, evidence: signal.evidence, figures })
    });
    signals.collect()
}

/// A finding about an organisation as a whole has no account's day around it.
fn around_json(finding: &Finding) -> String {
    match finding.account {
        Some(_) => serde_json::to_string(&finding.around).expect("numbers and truth values are written"),
        None => String::new(),
    }
}

/// What lies around a finding, as far as it was kept.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum StoredSurroundings {
    Kept(Surroundings),
    /// The finding is of before it was kept, or about an organisation.
    NotKept,
    /// Something was kept and cannot be read: it is not taken for an ordinary day.
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

pub fn around_of(record: &FindingRecord) -> StoredSurroundings {
    if record.around.is_empty() {
        return StoredSurroundings::NotKept;
    }
    serde_json::from_str(&record.around).map_or(StoredSurroundings::Unreadable, StoredSurroundings::Kept)
}

/// Since when a fuse that holds something back now did so.
fn fuse_since(app: &App) -> Timestamp {
    app.clock.now().minus(Duration::from_hours(u64::from(app.monitor().fuse().hours)))
}

/// True for the first finding of a portal that the fuse held back. A store that cannot be read is no reason
/// to leave people without word.
async fn fuse_begins(app: &App, record: &FindingRecord) -> bool {
    if !record.is_fused {
        return false;
    }
    let since = fuse_since(app);
    let of_fuse = |known: &FindingRecord| {
        known.is_fused && known.portal == record.portal && known.at > since && known.id != record.id
    };
    !app.store.findings(FINDINGS).await.is_ok_and(|known| known.iter().any(of_fuse))
}

/// Findings read at a start: closings lie among many alerts.
const RECALLED: u32 = 10_000;

/// What was closed unasked before a start, for the fuse to count on.
pub async fn recall_closings(app: &App) -> Result<(), OperationError> {
    let since = fuse_since(app);
    let rules = app.gateway().rules();
    let findings = app.store.findings(RECALLED).await?;
    let closings = findings.iter().filter(|record| record.at > since).filter_map(|record| {
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

/// Mail to everybody who decides, once a finding, and no storm; once a fuse in any case.
async fn tell_people(app: &App, record: &FindingRecord, fuse_begins: bool) -> Result<(), OperationError> {
    if !app.sends_mail() {
        return Ok(());
    }
    if fuse_begins {
        let portal = record.portal.clone();
        return mail::tell_roles(app, Role::can_act, |_| Mail::ClosingsHeld { portal: portal.clone() }).await;
    }
    let hour = app.clock.now().minus(Duration::from_hours(1));
    let lately = app.store.findings(100).await?.iter().filter(|known| known.at > hour).count();
    if lately > MAILS_AN_HOUR {
        tracing::warn!(finding = record.id, "Too many findings for mail; the console has them");
        return Ok(());
    }
    let about = record.account.clone().unwrap_or_else(|| Actor::digue().account);
    mail::tell_roles(app, Role::can_act, |_| Mail::Finding { account: about.clone() }).await
}

/// The room where one decides.
#[derive(Clone, Debug)]
pub struct WatchView {
    pub now: Timestamp,
    pub findings: Vec<FindingRecord>,
    /// Findings that nobody has decided, and since when the oldest waits.
    pub undecided: usize,
    pub oldest: Option<Timestamp>,
    /// Found to be work, of the last thirty days.
    pub false_alarms: usize,
    /// Accounts times days of the last thirty.
    pub account_days: u64,
    pub accounts: usize,
    /// Portals that close no account by themselves any more.
    pub held: Vec<HeldClosings>,
    /// Hours within which automatic closings are counted.
    pub fuse_hours: u32,
}

/// A portal where the fuse holds automatic closings back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldClosings {
    pub portal: PortalId,
    pub since: Timestamp,
    /// Findings that it held back and that nobody has decided.
    pub waiting: usize,
}

/// What the fuse holds back now, and what it did and waits for a decision; by portal.
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

/// Findings on the page.
const FINDINGS: u32 = 500;
/// False alarms are reckoned over so many days.
const RATE_DAYS: u64 = 30;

pub async fn view(app: &App, actor: &Actor) -> Result<WatchView, OperationError> {
    actor.must_watch()?;
    let now = app.clock.now();
    let findings = app.store.findings(FINDINGS).await?;
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
        findings,
    })
}

/// One finding with what the account was shown.
#[derive(Clone, Debug)]
pub struct FindingView {
    pub record: FindingRecord,
    pub signals: Vec<Signal>,
    pub around: StoredSurroundings,
    /// Distinct persons of each of the last days, the oldest first, as (day since 1970, persons).
    pub days: Vec<(i64, usize)>,
    pub gate: Gate,
    /// Hours within which automatic closings are counted.
    pub fuse_hours: u32,
    /// Work of the account that comes by itself.
    pub batches: Vec<DeclaredBatch>,
}

/// Days in the picture.
const DAYS: i64 = 30;

pub async fn finding(app: &App, actor: &Actor, id: &str) -> Result<FindingView, OperationError> {
    actor.must_watch()?;
    let record = app.store.finding(id).await?.ok_or(OperationError::NotFound("finding"))?;
    let last = record.at.utc_day();
    let mut days = Vec::new();
    let mut gate = app.gateway().rules().gates.of(&Reach::Organisation(record.organisation.clone()));
    if let Some(account) = &record.account {
        let by_day = app.answered(app.view().persons_by(account, &|at| at.utc_day()))?;
        days = (last - DAYS + 1..=last).map(|day| (day, by_day.get(&day).copied().unwrap_or(0))).collect();
        gate = app.gateway().rules().gates.of(&Reach::Account(account.clone()));
    }
    Ok(FindingView {
        signals: signals_of(&record),
        around: around_of(&record),
        days,
        gate,
        fuse_hours: app.monitor().fuse().hours,
        batches: record.account.as_ref().map(|account| app.monitor().batches_of(account)).unwrap_or_default(),
        record,
    })
}

/// Says what a finding was: a theft, or work. Decided once, by whoever may act, with a reason.
///
/// Work feeds the account's habits, by its entry in the journal. A gate that the watch closed is opened apart, by two persons.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: &str,
    is_theft: bool,
    reason: &str,
) -> Result<(), OperationError> {
    actor.must_act()?;
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let record = app.store.finding(id).await?.ok_or(OperationError::NotFound("finding"))?;
    let now = app.clock.now();
    let act = if is_theft { Act::FindingConfirmed } else { Act::FindingCleared };
    let words = ActDetails {
        subject: subject_of(&record),
        before: finding_before(&record),
        after: format!("finding:{}", record.id),
        reason: reason.clone(),
    };
    let verdict = FindingVerdict { is_theft, by: actor.account.clone(), at: now, reason };
    let claim = app.store.decide_finding(id, &verdict);
    app.claim((actor, act, words), claim, app.store.release_finding(id, &actor.account)).await?;
    if is_theft && incidents::about(app, &subject_of(&record)).await.is_none() {
        let whom = subject_of(&record);
        let whom = whom.split_once(':').map_or(whom.as_str(), |(_, name)| name);
        let title =
            text_with(Language::default(), "incident-of-theft", &[("whom", Value::from(whom.to_owned()))]);
        incidents::open(app, actor, Source::Containment, &title, &subject_of(&record)).await?;
    }
    if let Some(account) = &record.account
        && !is_theft
    {
        // A step-up or a narrower view that the watch asked for ends; a closed gate needs two persons.
        let reach = Reach::Account(account.clone());
        let gate = app.gateway().rules().gates.of(&reach);
        if matches!(gate, Gate::StepUp | Gate::CaseloadOnly) {
            let reason = format!("finding {}", record.id);
            gates::apply(app, actor, reach, Gate::Open, &reason, ActAuthority::One).await?;
        }
    }
    Ok(())
}
