//! The questions that checks ask of the running system: a population, and those of it that fail.
//!
//! Where state and index were made by acts, the journal gives the same figures:
//! `tests/recompute_checks.py` recomputes them from an export.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use digue_access::{BudgetLimits, Role};
use digue_administration::approvals::ApprovalRequest;
use digue_app::{App, OperationError, gates};
use digue_casework::alerts;
use digue_detection::Action;
use digue_evidence::classes::{self, ClassLine};
use digue_evidence::stored_records::{self, StoredKind};
use digue_evidence::{retention, witnesses};
use digue_exposure::ScopeQuestion;
use digue_identity::password;
use digue_isms::awareness::Module;
use digue_isms::check::{Check, Measurement, NotRun};
use digue_isms::independence::own_work;
use digue_isms::kinds::{
    Asset, Audit, Document, Measure, RegisterKind, Risk, Role as Carried, RoleKey,
};
use digue_isms::privacy_kinds::{Processing, RetentionRule};
use digue_isms::register::{RegisterEntry, RegisterReading, Registers, days_between};
use digue_isms::signatures::signed;
use digue_isms::standing::Measurements;
use digue_privacy::retention as terms;
use digue_privacy::sheet::{self, SheetSide};
use digue_store::FindingQuery;
use digue_types::{AccountId, Gate, GateReason, PortalId, Timestamp};

use super::compared::compared;
use super::privacy_settings::sheet_settings;
use super::uses::last_uses;
use super::{advisories, awareness, day_of, incident_checks};
use digue_backup_acts::backups;

const DAY: Duration = Duration::from_hours(24);
/// An account without use for this long counts as unused, whether it was used before or never: the
/// same for checks, reviews and self-assessments.
pub(crate) const UNUSED_AFTER: Duration = Duration::from_hours(24 * 90);
const QUARANTINE_MAX: Duration = Duration::from_hours(24 * 7);
const KEYS_LAST: Duration = Duration::from_hours(24 * 365);
const REVIEWS_EVERY: Duration = Duration::from_hours(24 * 365);
const LOOK_BACK: Duration = Duration::from_hours(24 * 90);
const BREAK_GLASS_WITHIN: Duration = Duration::from_hours(72);
const DECIDE_WITHIN: Duration = Duration::from_hours(24);
const WITNESSED_WITHIN: Duration = Duration::from_hours(24);
/// An account with more than this many times the median of its peers is beyond them; never below
/// the floor.
const BEYOND: usize = 5;
const PERSONS_FLOOR: usize = 200;
const RISKS_EVERY_DAYS: i64 = 365;
const AUDITS_EVERY_DAYS: i64 = 365;

/// Asks one check's question.
pub(super) async fn ask(
    app: &App,
    check: Check,
    registers: &Registers,
    now: Measurements,
) -> Result<Measurement, OperationError> {
    match check {
        Check::Passkeys => passkeys(app, |_| true).await,
        Check::OfficersPasskeys => {
            passkeys(app, |role| role.needs_passkey() && !role.leads_agents()).await
        }
        Check::Lockout => Ok(Measurement::value(u64::from(password::FAILURES_MAX))),
        Check::SessionLength => Ok(Measurement::value(
            app.session_limits().absolute.as_secs() / 60,
        )),
        Check::SessionsOld => Ok(sessions_old(app, now.at)),
        Check::KeysOld => keys_old(app, now.at).await,
        Check::Dormant => dormant(app, now.at).await,
        Check::NeverUsed => never_used(app, now.at).await,
        Check::QuarantineOld => quarantine_old(app, now.at).await,
        Check::BeyondPeers => beyond_peers(app, now.at).await,
        Check::WideCaseloads => Ok(wide_caseloads(app)),
        Check::RightsReviews => rights_reviews(app, now.at).await,
        Check::Leaders => Ok(partners(app, |_, leaders| leaders == 0)),
        // With a single leader there is no deputy.
        Check::Deputies => Ok(partners(app, |_, leaders| leaders < 2)),
        Check::PartnerContacts => partner_contacts(app).await,
        Check::TwoPersons => two_persons(app, |_| true, now.at).await,
        Check::ExportsGranted => {
            two_persons(
                app,
                |kind| kind == ApprovalRequest::ExportJournal.kind(),
                now.at,
            )
            .await
        }
        Check::Configuration => two_persons(app, |kind| kind == "widen-rules", now.at).await,
        Check::BreakGlass => break_glass(app, now.at).await,
        Check::ClassAgreements => class_agreements(app),
        Check::PortalsEnforced => Ok(portals_enforced(app)),
        Check::Budgets => Ok(budgets(app)),
        Check::Coverage => {
            let state = app.journal_state();
            Ok(failing(&all_portals(app), |id| {
                state.index.coverage(id).outside_map > 0
            }))
        }
        Check::Uninspected => Ok(uninspected(app)),
        Check::Encrypted => Ok(encrypted(app)),
        Check::MailSigned => Ok(digue_mail::mailer(app).map_or_else(
            || Measurement::unknown(NotRun::NoSource),
            |mailer| Measurement::whether("mail", mailer.is_signed()),
        )),
        Check::JournalVerified => verified(app).await,
        Check::RecordsIntact => records_intact(app).await,
        Check::JournalWitnessed => Ok(witnessed(app, now.at)),
        Check::Retention => Ok(retention(app, now.at)),
        Check::ClockDrift => Ok(clock_drift(app)),
        Check::Decoys => Ok(of_portals(app, |app| app.monitor().means().0 > 0)),
        Check::WatchActs => Ok(of_portals(app, |app| {
            app.monitor().means().1 >= Action::CloseAccount
        })),
        Check::AlertsLeave => Ok(Measurement::whether(
            "listener",
            alerts::has_listener(app) || digue_mail::is_configured(app),
        )),
        Check::FalseAlarms => false_alarms(app, now.at).await,
        Check::FindingsDecided => findings_decided(app, now.at).await,
        Check::Containment => contained(app).await,
        Check::IncidentDeadlines => incident_checks::deadlines(app, now.at).await,
        Check::IncidentEvidence => incident_checks::evidence(app).await,
        Check::IncidentLessons => incident_checks::lessons(app).await,
        Check::Backups | Check::RestoreDrills => backups::measure(app, check, now.at).await,
        Check::Awareness => Ok(aware(app, registers, now)),
        Check::MeasuresLate => Ok(of_entries(&registers.read::<Measure>(), |measure| {
            measure.record.overdue_days(now) > 0
        })),
        Check::Roles => Ok(roles_held(&registers.read::<Carried>())),
        Check::AssetsOwned => Ok(of_entries(&registers.read::<Asset>(), |asset| {
            asset.record.owner.0.is_empty()
        })),
        Check::RisksReviewed => Ok(risks_reviewed(app, registers, now)),
        Check::AuditsDone => Ok(audits_done(&compared(app).await?.registers, now)),
        Check::DocumentsCurrent => Ok(documents_current(&compared(app).await?.registers, now)),
        Check::ProcessingCurrent => Ok(processing_current(app, registers, now)),
        Check::Software => advisories::measure(app, registers, now.today).await,
        Check::RetentionPeriods => Ok(retention_periods(registers, now)),
    }
}

/// Terms that are exceeded, or of which a fresh count does not show that they are kept to.
fn retention_periods(registers: &Registers, now: Measurements) -> Measurement {
    let rules = terms::judged(registers, now.today);
    // Where nothing was ever counted, there is no source: neither kept to nor exceeded.
    let is_measured = rules.iter().any(|rule| rule.state.share().is_some());
    if !rules.is_empty() && !is_measured {
        return Measurement::unknown(NotRun::NoSource);
    }
    let failing = rules.iter().filter(|rule| !rule.state.is_within());
    let unread = registers.read::<RetentionRule>().unreadable.into_iter();
    let failing = failing.map(|rule| rule.entry.id.clone());
    let failing: Vec<String> = failing.chain(unread.map(|rule| rule.id)).collect();
    Measurement::of(
        registers.of(RegisterKind::RetentionRule).len() as u64,
        failing,
    )
}

/// Sheets whose review is due, or that lack what GDPR article 30 or 6 asks.
fn processing_current(app: &App, registers: &Registers, now: Measurements) -> Measurement {
    let settings = sheet_settings(app);
    of_entries(&registers.read::<Processing>(), |processing| {
        let record = &processing.record;
        let is_own = SheetSide::of(record) == SheetSide::Controller;
        record.review_on.is_none_or(|on| on < now.today)
            || (is_own && record.basis.0.is_none())
            || !sheet::missing(record, registers, &settings).is_empty()
    })
}

/// Active accounts with a matching role.
fn active(app: &App, fits: impl Fn(Role) -> bool) -> Vec<AccountId> {
    let rules = app.gateway().rules();
    let mut accounts: Vec<AccountId> = rules
        .directory
        .iter()
        .filter(|(_, record)| !record.is_suspended && fits(record.role))
        .map(|(account, _)| account.clone())
        .collect();
    accounts.sort();
    accounts
}

/// A measurement of a population: the names of those for which `fails` holds.
fn failing<N: ToString>(population: &[N], fails: impl Fn(&N) -> bool) -> Measurement {
    let names = population
        .iter()
        .filter(|one| fails(one))
        .map(ToString::to_string);
    Measurement::of(population.len() as u64, names.collect())
}

/// Active accounts with a matching role that have no passkey.
async fn passkeys(app: &App, fits: impl Fn(Role) -> bool) -> Result<Measurement, OperationError> {
    let counts = app.store().passkey_counts().await?;
    let accounts = active(app, fits);
    Ok(failing(&accounts, |account| {
        counts.get(account).copied().unwrap_or(0) == 0
    }))
}

fn sessions_old(app: &App, now: Timestamp) -> Measurement {
    let limit = app.session_limits().absolute;
    let sessions = app.gateway().sessions(|_| true);
    let old = sessions
        .iter()
        .filter(|session| now.since(session.opened_at) > limit);
    Measurement::of(
        sessions.len().max(1) as u64,
        old.map(|session| session.account.to_string()).collect(),
    )
}

async fn keys_old(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let keys = app.store().keys().await?;
    let old = keys
        .iter()
        .filter(|key| now.since(key.added_at) > KEYS_LAST);
    Ok(Measurement::of(
        keys.len() as u64,
        old.map(|key| key.name.clone()).collect(),
    ))
}

/// Active accounts that can read persons.
fn readers(app: &App) -> Vec<AccountId> {
    active(app, |role| {
        matches!(role, Role::Agent | Role::Delegate | Role::Deputy)
    })
}

/// Accounts that can read persons and were not used for long.
async fn dormant(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let accounts = readers(app);
    let last_uses = last_uses(app, accounts.clone()).await?;
    let is_dormant = |last: &Timestamp| now.since(*last) > UNUSED_AFTER;
    Ok(failing(&accounts, |account| {
        last_uses.get(account).is_some_and(is_dormant)
    }))
}

/// Accounts that can read persons, could sign in for long and never were used.
async fn never_used(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let accounts = readers(app);
    let last_uses = last_uses(app, accounts.clone()).await?;
    let mut names = Vec::new();
    for account in accounts
        .iter()
        .filter(|account| !last_uses.contains_key(account))
    {
        let passkeys = app.store().passkeys_of(account).await?;
        let since = passkeys.iter().map(|passkey| passkey.added_at).min();
        if since.is_some_and(|since| now.since(since) > UNUSED_AFTER) {
            names.push(account.to_string());
        }
    }
    Ok(Measurement::of(accounts.len() as u64, names))
}

async fn quarantine_old(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let gates = app.store().gates().await?;
    let waiting = gates.iter().filter(|gate| gates::is_quarantine(gate));
    let old = waiting.filter(|gate| now.since(gate.set_at) > QUARANTINE_MAX);
    let accounts = active(app, |_| true).len() as u64;
    Ok(Measurement::of(
        accounts,
        old.map(|gate| gate.reach.name().to_owned()).collect(),
    ))
}

async fn beyond_peers(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let accounts = active(app, |role| {
        matches!(role, Role::Agent | Role::Delegate | Role::Deputy)
    });
    let (view, from) = (app.view(), Some(now.minus(DAY * 30)));
    let count = move || {
        let mut read: Vec<(AccountId, usize)> = Vec::new();
        for account in accounts {
            let question = ScopeQuestion {
                accounts: vec![account.clone()],
                from,
                ..ScopeQuestion::default()
            };
            let persons = view.count(&question)?;
            if persons > 0 {
                read.push((account, persons));
            }
        }
        Ok(read)
    };
    Ok(beyond(app.answered(app.blocking(count).await?)?))
}

/// The accounts with more than `BEYOND` times the median, above the floor.
fn beyond(counted: Vec<(AccountId, usize)>) -> Measurement {
    let mut sizes: Vec<usize> = counted.iter().map(|(_, size)| *size).collect();
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
    let limit = (median * BEYOND).max(PERSONS_FLOOR);
    let names = counted
        .iter()
        .filter(|(_, size)| *size > limit)
        .map(|(account, _)| account.to_string());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Measurement::of(counted.len() as u64, names)
}

fn wide_caseloads(app: &App) -> Measurement {
    let rules = app.gateway().rules();
    let mut sizes: HashMap<AccountId, usize> = HashMap::new();
    for caseloads in rules.caseloads.values() {
        for (account, size) in caseloads.sizes() {
            *sizes.entry(account.clone()).or_default() += size;
        }
    }
    beyond(sizes.into_iter().collect())
}

/// Organisations whose accounts were in a completed review within a year.
async fn rights_reviews(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let rules = app.gateway().rules();
    let mut organisations: Vec<String> = rules
        .directory
        .iter()
        .map(|(_, record)| record.organisation.to_string())
        .collect();
    organisations.sort();
    organisations.dedup();
    let mut reviewed = HashSet::new();
    for review in app.store().reviews().await? {
        if review.closed_at > Timestamp::ZERO && now.since(review.closed_at) <= REVIEWS_EVERY {
            let lines = app.store().review_lines(&review.id).await?;
            reviewed.extend(lines.into_iter().map(|line| line.organisation.to_string()));
        }
    }
    Ok(failing(&organisations, |organisation| {
        !reviewed.contains(organisation)
    }))
}

/// Active accounts of each organisation that has any: its agents, and the delegates and deputies
/// who lead them.
fn led(app: &App) -> BTreeMap<String, (usize, usize)> {
    let rules = app.gateway().rules();
    let mut led: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (_, record) in rules
        .directory
        .iter()
        .filter(|(_, record)| !record.is_suspended)
    {
        let (agents, leaders) = led.entry(record.organisation.to_string()).or_default();
        match record.role {
            Role::Agent => *agents += 1,
            role if role.leads_agents() => *leaders += 1,
            _ => {}
        }
    }
    led.retain(|_, (agents, leaders)| *agents + *leaders > 0);
    led
}

/// Organisations for whose agents and leaders `fails` holds.
fn partners(app: &App, fails: impl Fn(usize, usize) -> bool) -> Measurement {
    let led = led(app);
    let names = led
        .iter()
        .filter(|(_, (agents, leaders))| fails(*agents, *leaders));
    Measurement::of(
        led.len() as u64,
        names.map(|(name, _)| name.clone()).collect(),
    )
}

/// Organisations that cannot be reached by mail.
async fn partner_contacts(app: &App) -> Result<Measurement, OperationError> {
    let organisations: Vec<String> = led(app).into_keys().collect();
    let known = app.store().organisations().await?.into_iter();
    let reached: HashSet<String> = known
        .filter(|known| !known.email.is_empty())
        .map(|known| known.id.to_string())
        .collect();
    Ok(failing(&organisations, |name| !reached.contains(name)))
}

/// Approvals of ninety days, of matching kinds; those approved by their own requester fail.
async fn two_persons(
    app: &App,
    fits: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Result<Measurement, OperationError> {
    let mut approvals = app.store().approvals().await?;
    approvals.retain(|approval| now.since(approval.asked_at) <= LOOK_BACK && fits(&approval.kind));
    let granted: Vec<_> = approvals
        .iter()
        .filter_map(|approval| approval.decided.as_ref().map(|decided| (approval, decided)))
        .filter(|(_, decided)| decided.is_granted)
        .collect();
    let alone = granted
        .iter()
        .filter(|(approval, decided)| approval.asked_by == decided.by);
    Ok(Measurement::of(
        granted.len() as u64,
        alone.map(|(approval, _)| approval.id.clone()).collect(),
    ))
}

async fn break_glass(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let mut opened = app.store().break_glass().await?;
    opened.retain(|one| now.since(one.opened_at) <= LOOK_BACK);
    let late = opened.iter().filter(|one| match &one.reviewed {
        Some((_, at)) => at.since(one.opened_at) > BREAK_GLASS_WITHIN,
        None => now.since(one.opened_at) > BREAK_GLASS_WITHIN,
    });
    Ok(Measurement::of(
        opened.len() as u64,
        late.map(|one| one.id.clone()).collect(),
    ))
}

/// Consultations within thirty days of classes that need an agreement; those without one fail. The
/// value is the number of persons of these classes.
fn class_agreements(app: &App) -> Result<Measurement, OperationError> {
    let view = classes::numbers(app);
    let is_restricted = |line: &&ClassLine| line.rules.iter().any(|(_, rule)| rule.restricts());
    let lines: Vec<&ClassLine> = view.lines.iter().filter(is_restricted).collect();
    if lines.is_empty() {
        return Ok(Measurement::unknown(NotRun::NoSource));
    }
    if !view.is_complete {
        let cause = "the journal of before the start is still being read";
        return Err(OperationError::Unavailable(cause.to_owned()));
    }
    let sum = |number: fn(&ClassLine) -> u64| lines.iter().map(|line| number(line)).sum::<u64>();
    let (shown, agreed) = (sum(|line| line.count.shown), sum(|line| line.count.agreed));
    // Of an entry whose classes were not known, each person may have needed one.
    Ok(Measurement {
        population: shown + view.unknown,
        failing_events: shown - agreed + view.unknown,
        value: lines
            .iter()
            .map(|line| line.held.map(|held| held as u64))
            .sum(),
        ..Measurement::default()
    })
}

fn all_portals(app: &App) -> Vec<PortalId> {
    let mut portals: Vec<PortalId> = app
        .gateway()
        .hosts()
        .portals()
        .map(|portal| portal.id.clone())
        .collect();
    portals.sort();
    portals
}

/// A condition that holds for all portals or for none.
fn of_portals(app: &App, holds: impl Fn(&App) -> bool) -> Measurement {
    failing(&all_portals(app), |_| !holds(app))
}

/// Portals that refuse nothing, or are no longer served.
fn portals_enforced(app: &App) -> Measurement {
    let hosts = app.gateway().hosts();
    let refuses_nothing = |id: &PortalId| {
        hosts
            .portal(id)
            .is_none_or(|portal| portal.mode.enforcement().is_none())
    };
    failing(&all_portals(app), refuses_nothing)
}

/// Portals without a limit for accounts or for organisations, or no longer served.
fn budgets(app: &App) -> Measurement {
    let hosts = app.gateway().hosts();
    failing(&all_portals(app), |id| {
        hosts.portal(id).is_none_or(|portal| {
            is_unlimited(&portal.limits.account) || is_unlimited(&portal.limits.organisation)
        })
    })
}

fn is_unlimited(limits: &BudgetLimits) -> bool {
    limits.0.iter().all(Option::is_none)
}

/// Uninspected responses, of all responses.
fn uninspected(app: &App) -> Measurement {
    let state = app.journal_state();
    let coverage = all_portals(app)
        .into_iter()
        .map(|portal| state.index.coverage(&portal));
    let (mut all, mut blind) = (0, 0);
    for counts in coverage {
        all += counts.inspected + counts.uninspected;
        blind += counts.uninspected;
    }
    Measurement {
        population: all,
        failing_events: blind,
        ..Measurement::default()
    }
}

fn encrypted(app: &App) -> Measurement {
    let urls: Vec<&str> = app.public_urls().collect();
    failing(&urls, |url| !url.starts_with("https://"))
}

/// Verifies the journal from disk against its signed root.
async fn verified(app: &App) -> Result<Measurement, OperationError> {
    let journal = app.journal().clone();
    let read = tokio::task::spawn_blocking(move || journal.verify()).await;
    let read = read.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    Ok(match read {
        Ok(report) => {
            let faults = report
                .findings
                .iter()
                .map(|finding| format!("{}@{}", finding.kind, finding.entry));
            Measurement::of(report.size.max(1), faults.collect())
        }
        Err(error) => {
            tracing::error!(%error, "Journal verification could not run; the check counts as not run");
            Measurement::unknown(NotRun::Failed)
        }
    })
}

/// Stored records that differ from the acts of the journal.
async fn records_intact(app: &App) -> Result<Measurement, OperationError> {
    let compared = stored_records::compare_now(app, StoredKind::ALL).await?;
    let names = compared
        .differences
        .iter()
        .map(stored_records::RecordDifference::to_code);
    Ok(Measurement::of(compared.compared, names.collect()))
}

fn witnessed(app: &App, now: Timestamp) -> Measurement {
    let view = witnesses::view(app);
    if view.quorum == 0 {
        return Measurement::whether("witnesses", false);
    }
    let late = view
        .witnesses
        .iter()
        .filter(|(_, at, _)| at.is_none_or(|at| now.since(at) > WITNESSED_WITHIN));
    let late: Vec<String> = late.map(|(name, ..)| name.clone()).collect();
    // With a quorum nothing fails: further witnesses may be away.
    let enough = view.witnesses.len() - late.len() >= view.quorum;
    Measurement::of(
        view.witnesses.len() as u64,
        if enough { Vec::new() } else { late },
    )
}

/// Period keys that should have been destroyed, with one day of tolerance.
fn retention(app: &App, now: Timestamp) -> Measurement {
    let (keys, retentions) = (app.journal().keys(), retention::in_force(app));
    let is_due = |key: &&digue_journal::keyring::PeriodKeyRecord| {
        key.destroyed.is_none()
            && key.period.end() <= retentions.of(&key.stream).limit(now.minus(DAY))
    };
    let due = keys
        .iter()
        .filter(is_due)
        .map(|key| format!("{}:{}", key.stream, key.period));
    Measurement::of(keys.len() as u64, due.collect())
}

/// Seconds between this clock and the witnesses', whose cosignatures are dated.
fn clock_drift(app: &App) -> Measurement {
    match witnesses::drift_secs(app) {
        Some(seconds) => Measurement::value(seconds),
        None => Measurement::unknown(NotRun::NoSource),
    }
}

/// Findings of thirty days that a person called honest work, by account-days.
async fn false_alarms(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let work = FindingQuery {
        is_work: true,
        since: Some(now.minus(DAY * 30)),
        ..FindingQuery::default()
    };
    let wrong = app.store().count_findings(&work).await?.findings;
    let account_days = active(app, |_| true).len() as u64 * 30;
    // Per 100,000 account-days: ten of them are one in ten thousand.
    Ok(match (wrong * 100_000).checked_div(account_days) {
        Some(rate) => Measurement::value(rate),
        None => Measurement::default(),
    })
}

/// Findings that are named; their number has no such bound.
const FINDINGS_NAMED: u32 = 10_000;

/// Findings that await a verdict for too long.
async fn findings_decided(app: &App, now: Timestamp) -> Result<Measurement, OperationError> {
    let old = FindingQuery {
        until: Some(now.minus(DECIDE_WITHIN)),
        ..FindingQuery::default()
    };
    let all = app.store().count_findings(&old).await?.findings;
    let open = FindingQuery {
        is_undecided: true,
        ..old
    };
    let open = app.store().findings_of(&open, FINDINGS_NAMED).await?;
    let names = open.iter().map(|finding| finding.id.to_string());
    Ok(Measurement::of(all, names.collect()))
}

/// Seconds between the last finding that closed an account and the gate that closed it.
async fn contained(app: &App) -> Result<Measurement, OperationError> {
    let closing = FindingQuery {
        has_closed: true,
        ..FindingQuery::default()
    };
    let last = app.store().findings_of(&closing, 1).await?;
    let Some(finding) = last.first() else {
        return Ok(Measurement::default());
    };
    let gates = app.store().gates().await?;
    let is_its = |reason: &GateReason| reason.finding() == Some(&finding.id);
    let shut = gates
        .iter()
        .find(|gate| gate.gate == Gate::Closed && is_its(&gate.reason));
    Ok(match shut {
        Some(gate) => Measurement::value(gate.set_at.since(finding.at).as_secs()),
        // Reopened since: the gate's row is gone, and with it the time of closing.
        None => Measurement::unknown(NotRun::Gone),
    })
}

/// Active accounts that lack an attestation of some module.
fn aware(app: &App, registers: &Registers, now: Measurements) -> Measurement {
    let done = awareness::done(registers, now.today);
    let missing = |account: &AccountId, module: &Module| {
        !done.contains_key(&(account.to_string(), module.code()))
    };
    failing(&active(app, |_| true), |account| {
        Module::ALL.iter().any(|module| missing(account, module))
    })
}

/// Risks whose last review is older than a year, or whose own date of review is over.
fn risks_reviewed(app: &App, registers: &Registers, now: Measurements) -> Measurement {
    of_entries(&registers.read::<Risk>(), |risk| {
        let age = days_between(day_of(app, risk.at), now.today);
        age > RISKS_EVERY_DAYS || risk.record.review_on.is_some_and(|on| on < now.today)
    })
}

/// Audits that were done without being complete and signed; and whether the last one is recent.
fn audits_done(registers: &Registers, now: Measurements) -> Measurement {
    let audits = registers.read::<Audit>();
    let last = audits
        .entries
        .iter()
        .filter_map(|audit| audit.record.done_on)
        .max();
    let is_done = last.is_some_and(|on| days_between(on, now.today) <= AUDITS_EVERY_DAYS);
    // A date without scope, criteria and conclusion is not an audit, nor is one without signature, or
    // of one's own work.
    let mut found = of_entries(&audits, |audit| {
        audit.record.done_on.is_some()
            && (audit.record.is_empty()
                || !is_signed(registers, RegisterKind::Audit, &audit.id)
                || !own_work(registers, &audit.record).is_empty())
    });
    if !is_done {
        found.failing.push("audit".to_owned());
    }
    found
}

/// Documents without approval, content or signature, and those whose date of review is over.
fn documents_current(registers: &Registers, now: Measurements) -> Measurement {
    of_entries(
        &registers.read::<Document>(),
        |RegisterEntry { id, record, .. }| {
            record.approved_on.is_none()
                || record.review_on.is_none_or(|on| on < now.today)
                || record.is_empty()
                || !is_signed(registers, RegisterKind::Document, id)
        },
    )
}

/// True when the account that the record names signed its current revision, and nothing contradicts
/// it.
fn is_signed(registers: &Registers, kind: RegisterKind, id: &str) -> bool {
    let revision = registers.find(kind, id);
    revision
        .and_then(|revision| signed(registers, revision))
        .is_some_and(|signed| signed.stands())
}

/// The roles that every ISMS needs: those that are missing, and those without a holder.
fn roles_held(roles: &RegisterReading<Carried>) -> Measurement {
    if roles.count() == 0 {
        return Measurement::default();
    }
    let is_held = |key: RoleKey| {
        roles
            .entries
            .iter()
            .any(|role| role.record.role.0 == Some(key) && !role.record.holder.0.is_empty())
    };
    let needed = [RoleKey::TopManagement, RoleKey::Ciso, RoleKey::Dpo];
    let missing = needed
        .iter()
        .filter(|key| !is_held(**key))
        .map(|key| key.code().to_owned());
    let vacant = of_entries(roles, |role| role.record.holder.0.is_empty());
    Measurement::of(
        roles.count().max(needed.len() as u64),
        missing.chain(vacant.failing).collect(),
    )
}

/// All records of a kind, and those that fail. One that cannot be read fails: nothing shows that it
/// passes.
fn of_entries<R>(
    records: &RegisterReading<R>,
    fails: impl Fn(&RegisterEntry<R>) -> bool,
) -> Measurement {
    let failing = records
        .entries
        .iter()
        .filter(|entry| fails(entry))
        .map(|entry| entry.id.clone());
    let unreadable = records.unreadable.iter().map(|record| record.id.clone());
    Measurement::of(records.count(), failing.chain(unreadable).collect())
}
