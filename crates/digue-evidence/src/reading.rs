//! Reading evidence: one rule for every page, file and API that shows it.
//!
//! Evidence connects persons with the accounts that were shown them: entries of the journal, what
//! an account was shown, who was shown a person, scopes, affected lists, archives. Reading it needs
//! an officer's role and a fresh proof of identity, and leaves an entry. A stolen open session and
//! a program, which cannot give a fresh proof, therefore read none. Raw entries of the journal
//! beyond a daily allowance need a second person, whether page by page or in one file.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_store::ApprovalRecord;
use digue_types::{AccountId, Act, Subject, Timestamp};

/// How the evidence is handed over. The rule is the same; the act in the journal differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceForm {
    /// On a page, or to a program.
    Shown,
    /// As a file that stays with the reader.
    File,
}

/// Entries of the journal that one account reads within a day without a second person: ten pages.
pub(crate) const ENTRIES_A_DAY: u64 = 500;

/// The kind of an approval request to export the journal, as it is stored.
pub const EXPORT_REQUEST: &str = "export-journal";
/// How long an approved export may be made.
const EXPORT_LASTS: Duration = Duration::from_hours(24);

/// Journal entries that each account has read today, as (UTC day, entries). In memory only: a
/// restart renews the allowance.
// A leaf lock.
#[derive(Default)]
pub(crate) struct EvidenceReads(Mutex<HashMap<AccountId, (i64, u64)>>);

impl Area for EvidenceReads {}

impl EvidenceReads {
    /// Takes entries from the day's allowance, all or none; false when too few are left.
    fn take(&self, account: &AccountId, now: Timestamp, entries: u64) -> bool {
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now.utc_day();
        // Yesterday's counts go here: the map stays as small as the number of accounts that read
        // today.
        readings.retain(|_, (day, _)| *day == today);
        let (_, read) = readings.entry(account.clone()).or_insert((today, 0));
        let is_within = read.saturating_add(entries) <= ENTRIES_A_DAY;
        // All or none: a refused page must not use up what a smaller one could still read.
        *read += if is_within { entries } else { 0 };
        is_within
    }
}

/// A reading of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceRead {
    pub(crate) form: EvidenceForm,
    /// The number of raw journal entries; zero for everything else.
    pub(crate) entries: u64,
}

impl From<EvidenceForm> for EvidenceRead {
    fn from(form: EvidenceForm) -> Self {
        Self { form, entries: 0 }
    }
}

/// Reads evidence: authorises, fetches, journals what was read, and only then returns it. `named`
/// gives the subject of the entry.
///
/// # Errors
/// `Denied` without an officer's role; `ProofNeeded` without a fresh proof; `SecondNeeded` beyond
/// the daily allowance of journal entries.
pub async fn read<T>(
    app: &App,
    actor: &Actor,
    reading: impl Into<EvidenceRead>,
    fetch: impl Future<Output = Result<T, OperationError>>,
    named: impl FnOnce(&T) -> Subject,
) -> Result<T, OperationError> {
    let EvidenceRead { form, entries } = reading.into();
    may_read(app, actor, entries).await?;
    let found = fetch.await?;
    let act = match form {
        EvidenceForm::Shown => Act::EvidenceRead,
        EvidenceForm::File => Act::Exported,
    };
    // After the fetch, because the entry names what was found; before the result is returned, so
    // that an unjournalled reading shows nothing.
    app.write_down(
        actor,
        act,
        ActDetails {
            subject: named(&found),
            ..ActDetails::default()
        },
    )
    .await?;
    Ok(found)
}

async fn may_read(app: &App, actor: &Actor, entries: u64) -> Result<(), OperationError> {
    actor.must_watch()?;
    actor.must_be_fresh(app)?;
    let now = app.clock().now();
    // Asked before the allowance is touched: an approved export must not use it up.
    if entries == 0 || may_export(app, &actor.account, now).await? {
        return Ok(());
    }
    if app
        .area::<EvidenceReads>()
        .take(&actor.account, now, entries)
    {
        Ok(())
    } else {
        Err(OperationError::SecondNeeded)
    }
}

async fn may_export(
    app: &App,
    account: &AccountId,
    now: Timestamp,
) -> Result<bool, OperationError> {
    Ok(app
        .store()
        .approvals()
        .await?
        .iter()
        .any(|record| allows_export(record, account, now)))
}

/// True when this is the account's own request to export the journal, granted less than a day ago.
fn allows_export(record: &ApprovalRecord, account: &AccountId, now: Timestamp) -> bool {
    let granted = record.decided.as_ref().filter(|decided| decided.is_granted);
    record.kind == EXPORT_REQUEST
        && record.asked_by == *account
        && granted.is_some_and(|decided| now.since(decided.at) < EXPORT_LASTS)
}

#[cfg(test)]
mod tests {
    use digue_store::ApprovalDecision;
    use digue_types::OrganisationId;

    use super::*;

    #[test]
    fn an_export_needs_the_readers_own_request_granted_within_the_last_day() {
        let (reader, other) = (
            AccountId::parse("rssi").unwrap(),
            AccountId::parse("dpo").unwrap(),
        );
        let granted_at = Timestamp::from_secs(86_400);
        let soon = granted_at.plus(Duration::from_hours(23));
        let decided = |is_granted| {
            Some(ApprovalDecision {
                by: other.clone(),
                at: granted_at,
                is_granted,
            })
        };
        let granted = ApprovalRecord {
            id: "ap-1".to_owned(),
            kind: EXPORT_REQUEST.to_owned(),
            subject: Subject::WholeJournal,
            detail: String::new(),
            organisation: OrganisationId::parse("op").unwrap(),
            reason: "contrôle annuel".to_owned(),
            asked_by: reader.clone(),
            asked_at: granted_at,
            expires_at: granted_at.plus(Duration::from_hours(24)),
            decided: decided(true),
        };
        assert!(allows_export(&granted, &reader, soon));
        assert!(
            !allows_export(&granted, &other, soon),
            "the request of another account"
        );
        let too_late = granted_at.plus(EXPORT_LASTS);
        assert!(
            !allows_export(&granted, &reader, too_late),
            "granted a day ago"
        );
        for (record, why) in [
            (
                ApprovalRecord {
                    decided: None,
                    ..granted.clone()
                },
                "undecided",
            ),
            (
                ApprovalRecord {
                    decided: decided(false),
                    ..granted.clone()
                },
                "refused",
            ),
            (
                ApprovalRecord {
                    kind: "open-gate".to_owned(),
                    ..granted.clone()
                },
                "another request",
            ),
        ] {
            assert!(!allows_export(&record, &reader, soon), "{why}");
        }
    }

    #[test]
    fn a_day_holds_so_many_entries_however_they_are_asked_for() {
        let readings = EvidenceReads::default();
        let (a, b) = (
            AccountId::parse("a").unwrap(),
            AccountId::parse("b").unwrap(),
        );
        let now = Timestamp::from_secs(86_400);
        assert!(!readings.take(&a, now, ENTRIES_A_DAY + 1));
        let pages = (0..100).filter(|_| readings.take(&a, now, 50)).count() as u64;
        assert_eq!(pages * 50, ENTRIES_A_DAY);
        assert!(!readings.take(&a, now, 1));
        assert!(!readings.take(&a, now, u64::MAX));
        assert!(readings.take(&b, now, 1), "each has its own");
        assert!(
            readings.take(&a, Timestamp::from_secs(2 * 86_400), 50),
            "and tomorrow is another day"
        );
    }
}
