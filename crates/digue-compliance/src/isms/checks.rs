//! Checks: run twice a day, stored with the journal size and root that they saw, and disabled only
//! by an officer with a reason and an end.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_app::files::{hex, sha256};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordConfirmation, SETTLES_WITHIN, settled, with_journal_statement,
};
use digue_isms::check::{Check, CheckOutcome, CheckResult, DisabledCheck, Measurement, NotRun};
use digue_isms::standing::MeasuredState;
use digue_store::{CheckRecord, SwitchRecord};
use digue_types::{Act, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use super::act_contents::{CheckHash, CheckSwitch};
use super::{ask, in_force, must_read, now};

/// The longest time for which a check may be disabled.
// Half a year: an exception must be decided again before it is forgotten.
const OFF_MAX: Duration = Duration::from_hours(24 * 180);
/// The interval between two runs.
const EVERY: Duration = Duration::from_hours(12);
/// The most failing names that are stored; the count stays complete.
pub const NAMES_MAX: usize = 500;

/// A result as it is stored.
#[derive(Serialize, Deserialize)]
struct CheckContent {
    outcome: String,
    population: u64,
    failing: Vec<String>,
    failing_count: u64,
    value: Option<u64>,
    not_run: Option<String>,
    journal_size: u64,
    journal_root: String,
    version: String,
}

/// The last result of every check, and which are disabled. A result that cannot be read, or is not
/// the last one in the journal, is that of a check which did not run: nobody knows what it found.
pub async fn measured(app: &App) -> Result<MeasuredState, OperationError> {
    let mut measured = MeasuredState::default();
    let (records, altered) = last_results(app).await?;
    for record in records {
        // A name that only a later version knows; the comparison with the journal names it
        // (`stored`).
        let Some(check) = Check::parse(&record.name) else {
            continue;
        };
        let result = match result_of(&record) {
            Some(_) if altered.contains(&record.name) => {
                unknown_result(check, &record, NotRun::Altered)
            }
            Some(result) => result,
            None => unknown_result(check, &record, NotRun::Unreadable),
        };
        measured.results.insert(check, result);
    }
    for SwitchRecord {
        name,
        author,
        reason,
        until,
    } in app.store().check_switches().await?
    {
        if let Some(check) = Check::parse(&name) {
            measured.disabled.insert(
                check,
                DisabledCheck {
                    by: author,
                    reason,
                    until,
                },
            );
        }
    }
    Ok(measured)
}

/// The last stored result of every check, and the names of those that are not what the journal has.
async fn last_results(app: &App) -> Result<(Vec<CheckRecord>, BTreeSet<String>), OperationError> {
    let altered = |records: &[CheckRecord]| {
        with_journal_statement(app, |statement| {
            let differs =
                |one: &&CheckRecord| last_confirmed(statement, one) == RecordConfirmation::Differs;
            let names = records.iter().filter(differs).map(|one| one.name.clone());
            names.collect::<BTreeSet<String>>()
        })
    };
    let records = app.store().last_check_results().await?;
    let first = altered(&records);
    if first.is_empty() {
        return Ok((records, first));
    }
    // A check that is running has its act before its result.
    tokio::time::sleep(SETTLES_WITHIN).await;
    let records = app.store().last_check_results().await?;
    let both = altered(&records).intersection(&first).cloned().collect();
    Ok((records, both))
}

/// The journal's answer about the last stored result of a check.
pub(super) fn last_confirmed(
    statement: &JournalStatement<'_>,
    result: &CheckRecord,
) -> RecordConfirmation {
    let last = statement.journalled.checked(&result.name);
    let is_same = outcome_of(result).is_some_and(|known| last == Some(act_text(&known).as_str()));
    statement.unless_older(result.at, is_same)
}

pub(super) fn result_of(record: &CheckRecord) -> Option<CheckResult> {
    let check = Check::parse(&record.name)?;
    let content: CheckContent = serde_json::from_str(&record.content).ok()?;
    let not_run = match &content.not_run {
        Some(code) => Some(NotRun::parse(code)?),
        None => None,
    };
    let found = Measurement {
        population: content.population,
        failing_events: content.failing_count,
        failing: content.failing,
        value: content.value,
        not_run,
    };
    Some(CheckResult {
        check,
        at: record.at,
        outcome: CheckOutcome::parse(&content.outcome)?,
        found,
        journal_size: content.journal_size,
        journal_root: content.journal_root,
        version: content.version,
    })
}

fn unknown_result(check: Check, record: &CheckRecord, why: NotRun) -> CheckResult {
    CheckResult {
        check,
        at: record.at,
        outcome: CheckOutcome::NotRun,
        found: Measurement::unknown(why),
        journal_size: 0,
        journal_root: String::new(),
        version: String::new(),
    }
}

/// The outcome of a stored result and its hashed text; `None` when it cannot be read.
pub(super) fn outcome_of(record: &CheckRecord) -> Option<(CheckOutcome, String)> {
    let result = result_of(record)?;
    Some((result.outcome, result.canonical()))
}

/// A result as its act holds it.
pub(super) fn act_text((outcome, canonical): &(CheckOutcome, String)) -> String {
    CheckHash {
        outcome: *outcome,
        hash: sha256(canonical),
    }
    .to_string()
}

/// The journal's answer about a result of any age.
pub(super) fn confirmed(
    statement: &JournalStatement<'_>,
    result: &CheckRecord,
) -> RecordConfirmation {
    let is_same = outcome_of(result).is_some_and(|known| {
        let text = act_text(&known);
        statement
            .journalled
            .had_result(&result.name, &text, result.at)
    });
    statement.unless_older(result.at, is_same)
}

/// A result of a check with its hash, and the journal's answer about it.
#[derive(Clone, Debug)]
pub struct ComparedResult {
    pub result: CheckResult,
    pub hash: String,
    pub confirmation: RecordConfirmation,
}

/// Results of a check, the newest first, each compared with the journal.
pub async fn history(
    app: &App,
    actor: &Actor,
    check: Check,
) -> Result<Vec<ComparedResult>, OperationError> {
    must_read(actor)?;
    let records = app.store().check_results(check.code(), 100).await?;
    let confirm = |statement: &JournalStatement<'_>| {
        let one = |record| confirmed(statement, record);
        records.iter().map(one).collect::<Vec<_>>()
    };
    let confirmations = settled(app, confirm, |all| {
        all.contains(&RecordConfirmation::Differs)
    });
    let confirmations = confirmations.await;
    let compared = |(record, confirmation): (&CheckRecord, RecordConfirmation)| {
        let result =
            result_of(record).unwrap_or_else(|| unknown_result(check, record, NotRun::Unreadable));
        ComparedResult {
            // Of what is shown: the stored one proves nothing.
            hash: sha256(result.canonical()),
            result,
            confirmation,
        }
    };
    Ok(records.iter().zip(confirmations).map(compared).collect())
}

/// Runs the checks that are due; returns how many.
pub async fn run_due(app: &App) -> Result<usize, OperationError> {
    let known = measured(app).await?;
    let at = app.clock().now();
    let is_unknown =
        |why: Option<NotRun>| matches!(why, Some(NotRun::Unreadable | NotRun::Altered));
    let is_due =
        |result: &CheckResult| at.since(result.at) >= EVERY || is_unknown(result.found.not_run);
    let due = Check::ALL
        .iter()
        .filter(|check| known.results.get(check).is_none_or(is_due));
    let seen = SeenJournal::of(app);
    let mut ran = 0;
    for check in due {
        // One after the other: they read the whole directory and the index, while requests are
        // served.
        run_and_keep(app, *check, &seen).await?;
        ran += 1;
    }
    Ok(ran)
}

/// Runs every check now.
pub async fn run_all(app: &App, actor: &Actor) -> Result<(), OperationError> {
    actor.must_govern()?;
    let seen = SeenJournal::of(app);
    for check in Check::ALL {
        run_and_keep(app, *check, &seen).await?;
    }
    Ok(())
}

/// Runs one check and stores its result.
pub async fn run_one(app: &App, check: Check) -> Result<CheckResult, OperationError> {
    run_and_keep(app, check, &SeenJournal::of(app)).await
}

/// The journal that a round of checks saw, at least.
struct SeenJournal {
    /// Entries.
    size: u64,
    /// Hexadecimal; empty where the journal cannot say it.
    root: String,
}

impl SeenJournal {
    // Taken before the first question, and once for a round: its results can be compared with one
    // checkpoint.
    fn of(app: &App) -> Self {
        let size = app.journal_status().checkpoint_size;
        Self {
            size,
            root: app
                .journal()
                .root(size)
                .map(|root| hex(&root))
                .unwrap_or_default(),
        }
    }
}

/// An error is stored as "not run", never as a pass.
async fn run_and_keep(
    app: &App,
    check: Check,
    seen: &SeenJournal,
) -> Result<CheckResult, OperationError> {
    let registers = in_force(app).await?;
    let now = now(app);
    let found = match ask::ask(app, check, &registers, now).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, check = check.code(), "Check could not run; stored as not run");
            Measurement::unknown(NotRun::Failed)
        }
    };
    let found = shortened(found);
    let result = CheckResult {
        check,
        at: now.at,
        outcome: check.judge(&found),
        found,
        journal_size: seen.size,
        journal_root: seen.root.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    keep(app, &result).await?;
    Ok(result)
}

/// Shortens the names and keeps the count. Before hashing, so that the hash can be recomputed from
/// what is stored.
fn shortened(mut found: Measurement) -> Measurement {
    found.failing_events = found.failing_count();
    found.failing.truncate(NAMES_MAX);
    found
}

async fn keep(app: &App, result: &CheckResult) -> Result<(), OperationError> {
    let hash = sha256(result.canonical());
    let found = &result.found;
    let details = ActDetails {
        subject: Subject::Check(result.check.code().to_owned()),
        before: format!(
            "population:{} failing:{}",
            found.population,
            found.failing_count()
        ),
        after: CheckHash {
            outcome: result.outcome,
            hash: hash.clone(),
        }
        .to_string(),
        ..ActDetails::default()
    };
    // Journalled before it is stored: a result in the store without its act would look forged.
    app.write_down(&Actor::digue(), Act::CheckRan, details)
        .await?;
    let content = CheckContent {
        outcome: result.outcome.code().to_owned(),
        population: found.population,
        failing: found.failing.clone(),
        failing_count: found.failing_count(),
        value: found.value,
        not_run: found.not_run.map(|why| why.code().to_owned()),
        journal_size: result.journal_size,
        journal_root: result.journal_root.clone(),
        version: result.version.clone(),
    };
    let record = CheckRecord {
        name: result.check.code().to_owned(),
        at: result.at,
        content: serde_json::to_string(&content).expect("strings and numbers always serialise"),
        hash,
    };
    Ok(app.store().add_check_result(&record).await?)
}

/// Disables a check until a date, with a reason; a past date enables it.
pub async fn switch(
    app: &App,
    actor: &Actor,
    check: Check,
    until: Timestamp,
    reason: &str,
) -> Result<(), OperationError> {
    actor.must_govern()?;
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let now = app.clock().now();
    if until > now.plus(OFF_MAX) {
        return Err(OperationError::Invalid("invalid-switch-long"));
    }
    let details = ActDetails {
        subject: Subject::Check(check.code().to_owned()),
        after: CheckSwitch::at(now, until).to_string(),
        reason: reason.clone(),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::CheckSwitched, details).await?;
    let switch = SwitchRecord {
        name: check.code().to_owned(),
        author: actor.account.to_string(),
        reason,
        until,
    };
    Ok(app.store().switch_check(&switch).await?)
}
