//! Compares the records of the database with the journal.
//!
//! An attacker who writes to the database directly changes what people read, decide and sign. Each record
//! whose creation or change is an act of the journal is compared with it: by its hash where the act holds
//! one, otherwise by the content of the act. Records whose acts are gone with their period key are counted
//! as older, not as confirmed. A difference is named; which of the two is right is for people to find out.

mod journalled;
mod warning;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use digue_access::AccountRecord;
use digue_locales::{Language, Value, text, text_with};
use digue_store::{
    ApprovalRecord, CampaignRecord, CheckRecord, EntryRecord, FindingRecord, GateRecord, ReviewLine,
    ReviewRecord, RevisionRecord, SwitchRecord,
};
use digue_types::{AccountId, Act, Timestamp, lists};

use self::journalled::JournalledAct;
pub(crate) use self::journalled::JournalledActs;
pub use self::warning::{PaperSources, PaperSubject};
use crate::actor::Actor;
use crate::app::App;
use crate::approvals::ApprovalRequest;
use crate::error::OperationError;
use crate::files::sha256;
use crate::isms::checks;
use crate::signals::{reason_of, signals_of, subject_of};
use crate::{incidents, notices};

lists! {
    /// The kinds of records that are compared.
    StoredKind "stored" {
        Account "account",
        Gate "gate",
        Approval "approval",
        Finding "finding",
        Incident "incident",
        Campaign "campaign",
        Record "record",
        Review "review",
        Check "check",
        Switch "switch",
    }
}

/// A record that differs from the journal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RecordDifference {
    pub kind: StoredKind,
    /// The name that people know: `a1`, `account:a1`, `RI-3`, `in-7 4`.
    pub name: String,
    /// It is in the journal and no longer in the database.
    pub is_missing: bool,
}

impl RecordDifference {
    /// True when it concerns `name`: `account:a1` is about `a1`, `in-7 4` about `in-7`.
    pub fn is_about(&self, name: &str) -> bool {
        self.name.split([':', ' ']).any(|part| part == name)
    }

    /// Its text in the result of a check: `gate:account:a1`, or `missing:record:RI-3`.
    pub fn to_code(&self) -> String {
        let missing = if self.is_missing { "missing:" } else { "" };
        format!("{missing}{}:{}", self.kind.code(), self.name)
    }

    /// Reads the text of `to_code`.
    pub fn parse(code: &str) -> Option<Self> {
        let rest = code.strip_prefix("missing:");
        let (kind, name) = rest.unwrap_or(code).split_once(':')?;
        Some(Self { kind: StoredKind::parse(kind)?, name: name.to_owned(), is_missing: rest.is_some() })
    }

    /// `Barrière de a1`, `Registre RI-3 : présent au journal, absent de la base`.
    pub fn in_words(&self, language: Language) -> String {
        let name = self.name.rsplit_once(':').map_or(self.name.as_str(), |(_, name)| name);
        let kind = text(language, &format!("stored-{}", self.kind.code()));
        let key = if self.is_missing { "stored-missing" } else { "stored-named" };
        text_with(language, key, &[("kind", Value::from(kind)), ("name", Value::from(name))])
    }
}

/// The result of a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordComparison {
    /// Records that could be compared.
    pub compared: u64,
    /// Records older than the first readable act: neither confirmed nor contradicted.
    pub older: u64,
    pub differences: BTreeSet<RecordDifference>,
}

/// The journal's answer about one record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RecordConfirmation {
    Same,
    Differs,
    /// Its acts may be among those whose period keys were destroyed.
    Older,
}

impl RecordComparison {
    fn note(&mut self, kind: StoredKind, name: impl Into<String>, confirmation: RecordConfirmation) {
        match confirmation {
            RecordConfirmation::Older => self.older += 1,
            RecordConfirmation::Same => self.compared += 1,
            RecordConfirmation::Differs => {
                self.compared += 1;
                self.differences.insert(RecordDifference { kind, name: name.into(), is_missing: false });
            }
        }
    }

    fn miss(&mut self, kind: StoredKind, name: impl Into<String>) {
        self.compared += 1;
        self.differences.insert(RecordDifference { kind, name: name.into(), is_missing: true });
    }
}

/// Compares the records of these kinds. A record and its act are written one after the other: differences
/// are therefore checked twice, and only those found both times are reported.
///
/// # Errors
/// `Unavailable` when the store cannot be read.
pub async fn compare(
    app: &App,
    actor: &Actor,
    kinds: &[StoredKind],
) -> Result<RecordComparison, OperationError> {
    actor.must_watch()?;
    compare_now(app, kinds).await
}

pub(crate) async fn compare_now(app: &App, kinds: &[StoredKind]) -> Result<RecordComparison, OperationError> {
    let first = compare_once(app, kinds).await?;
    if first.differences.is_empty() {
        return Ok(first);
    }
    tokio::time::sleep(SETTLES_WITHIN).await;
    let mut second = compare_once(app, kinds).await?;
    second.differences.retain(|difference| first.differences.contains(difference));
    Ok(second)
}

/// The time after which a record, its act and the index's knowledge of the act are all there.
const SETTLES_WITHIN: Duration = Duration::from_millis(500);

async fn compare_once(app: &App, kinds: &[StoredKind]) -> Result<RecordComparison, OperationError> {
    let mut comparison = RecordComparison::default();
    for kind in kinds {
        match kind {
            StoredKind::Account => accounts(app, &mut comparison).await?,
            StoredKind::Gate => gates(app, &mut comparison).await?,
            StoredKind::Approval => approvals(app, &mut comparison).await?,
            StoredKind::Finding => findings(app, &mut comparison).await?,
            StoredKind::Incident => incident_entries(app, &mut comparison).await?,
            StoredKind::Campaign => campaigns(app, &mut comparison).await?,
            StoredKind::Record => revisions(app, &mut comparison).await?,
            StoredKind::Review => reviews(app, &mut comparison).await?,
            StoredKind::Check => check_results(app, &mut comparison).await?,
            StoredKind::Switch => switches(app, &mut comparison).await?,
        }
    }
    Ok(comparison)
}

/// The acts of the journal, and the time from which they are readable.
struct JournalStatement<'j> {
    journalled: &'j JournalledActs,
    /// The first readable act; zero while the journal is complete.
    since: Timestamp,
}

impl JournalStatement<'_> {
    /// The confirmation of a record made at `at`: without an act it differs, unless the act may be among
    /// those that are no longer readable.
    fn unless_older(&self, at: Timestamp, is_same: bool) -> RecordConfirmation {
        match is_same {
            true => RecordConfirmation::Same,
            false if at < self.since => RecordConfirmation::Older,
            false => RecordConfirmation::Differs,
        }
    }
}

/// Calls `ask` with the acts of the journal, as far as the index has read them.
fn with_word<T>(app: &App, ask: impl FnOnce(&JournalStatement<'_>) -> T) -> T {
    let mut journalled = app.journalled();
    // `journal_state` is held only to copy the new acts: the journal's commits wait for it. The index
    // yields the newest first; they are added in the order of the journal below.
    let new: Vec<_> = {
        let standing = app.journal_state();
        let newer = standing.index.acts(usize::MAX).take_while(|(entry, _)| *entry >= journalled.end());
        newer.cloned().collect()
    };
    for (entry, act) in new.iter().rev() {
        journalled.add(*entry, act);
    }
    let is_whole = app.journal_minimum() == 0;
    let since = journalled.first_at().filter(|_| !is_whole).unwrap_or(Timestamp::ZERO);
    ask(&JournalStatement { journalled: &journalled, since })
}

async fn accounts(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.accounts().await?;
    with_word(app, |word| {
        for (account, record) in &stored {
            to.note(StoredKind::Account, account.as_str(), account_is(word, account, record));
        }
        let known: BTreeSet<&AccountId> = stored.iter().map(|(account, _)| account).collect();
        for account in word.journalled.accounts().filter(|account| !known.contains(account)) {
            to.miss(StoredKind::Account, account.as_str());
        }
    });
    Ok(())
}

fn account_is(
    word: &JournalStatement<'_>,
    account: &AccountId,
    record: &AccountRecord,
) -> RecordConfirmation {
    let Some(said) = word.journalled.account(account) else {
        // The record has no date of creation: in an incomplete journal its act may be unreadable.
        let is_older = word.since > Timestamp::ZERO;
        return if is_older { RecordConfirmation::Older } else { RecordConfirmation::Differs };
    };
    let is_same = said == format!("{} {}", record.organisation, record.role.code())
        && word.journalled.is_suspended(account) == record.is_suspended;
    if is_same { RecordConfirmation::Same } else { RecordConfirmation::Differs }
}

async fn gates(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.gates().await?;
    with_word(app, |word| {
        let mut known = BTreeSet::new();
        for gate in &stored {
            let subject = format!("{}:{}", gate.reach.scope().code(), gate.reach.name());
            to.note(StoredKind::Gate, subject.as_str(), gate_is(word, &subject, gate));
            known.insert(subject);
        }
        for (subject, said) in word.journalled.gates() {
            if said.after != "open" && !known.contains(subject) {
                to.miss(StoredKind::Gate, subject);
            }
        }
    });
    Ok(())
}

fn gate_is(word: &JournalStatement<'_>, subject: &str, gate: &GateRecord) -> RecordConfirmation {
    let is_same = word.journalled.gate(subject).is_some_and(|said| {
        said.after == gate.gate.code() && said.reason == gate.reason && said.by == gate.set_by
    });
    word.unless_older(gate.set_at, is_same)
}

async fn approvals(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.approvals().await?;
    with_word(app, |word| {
        for approval in &stored {
            let is_same = is_asked(word, approval) && is_decided(word, approval, &stored);
            to.note(
                StoredKind::Approval,
                approval.id.as_str(),
                word.unless_older(approval.asked_at, is_same),
            );
        }
        // Requests are never deleted by Digue: a missing one was removed by other means.
        for (subject, said) in word.journalled.all_asked() {
            let is_it = |known: &ApprovalRecord| {
                known.asked_by == said.by
                    && is_at(said, known.asked_at)
                    && journalled::is_about(known, subject)
            };
            if !stored.iter().any(is_it) {
                to.miss(StoredKind::Approval, subject);
            }
        }
    });
    Ok(())
}

/// An act and its record are dated one after the other: within this time they belong together.
pub(crate) const SAME_MOMENT: Duration = Duration::from_mins(2);

fn is_at(said: &JournalledAct, at: Timestamp) -> bool {
    said.at.since(at).max(at.since(said.at)) <= SAME_MOMENT
}

/// The request as the journal has it; `None` when the record cannot be read.
fn told(approval: &ApprovalRecord) -> Option<String> {
    ApprovalRequest::of(approval).map(|request| request.told())
}

fn is_asked(word: &JournalStatement<'_>, approval: &ApprovalRecord) -> bool {
    let Some(told) = told(approval) else { return false };
    word.journalled.asked(&approval.subject).iter().any(|said| {
        said.after == told
            && said.reason == approval.reason
            && said.by == approval.asked_by
            && is_at(said, approval.asked_at)
    })
}

fn is_decided(word: &JournalStatement<'_>, approval: &ApprovalRecord, all: &[ApprovalRecord]) -> bool {
    let asked_by = format!("asked by {}", approval.asked_by);
    let told = told(approval);
    let mut said = word.journalled.decided(&approval.subject).iter().filter(|said| {
        said.before == asked_by && Some(&said.after) == told.as_ref() && said.reason == approval.reason
    });
    match &approval.decided {
        Some(decided) => {
            let act = if decided.is_granted { Act::ApprovalGranted } else { Act::ApprovalRefused };
            said.any(|said| said.act == act && said.by == decided.by && is_at(said, decided.at))
        }
        // Undecided, although the journal has a decision that belongs to no other identical request.
        None => !said.any(|said| {
            let is_others = all.iter().filter(|other| other.id != approval.id).any(|other| {
                other.decided.as_ref().is_some_and(|decided| is_at(said, decided.at) && said.by == decided.by)
            });
            said.at >= approval.asked_at && said.at <= approval.expires_at && !is_others
        }),
    }
}

/// The most findings that are compared: more than any real operation has.
const FINDINGS_MAX: u32 = 100_000;

async fn findings(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.findings(FINDINGS_MAX).await?;
    with_word(app, |word| {
        for finding in &stored {
            let is_same = is_found(word, finding) && is_judged(word, finding);
            to.note(StoredKind::Finding, finding.id.as_str(), word.unless_older(finding.at, is_same));
        }
        let known: BTreeSet<&str> = stored.iter().map(|finding| finding.id.as_str()).collect();
        for finding in word.journalled.verdicts().filter(|finding| !known.contains(finding)) {
            to.miss(StoredKind::Finding, finding);
        }
        for subject in taken_away(word, &stored) {
            to.miss(StoredKind::Finding, subject);
        }
    });
    Ok(())
}

/// Subjects about which detection acted more often than there are findings: findings were deleted. The act
/// does not hold the id of its finding, so that an undecided one can only be counted by its subject; those
/// with a verdict are known by their id.
fn taken_away<'j>(word: &JournalStatement<'j>, stored: &[FindingRecord]) -> Vec<&'j str> {
    let oldest = stored.iter().map(|finding| finding.at).min().unwrap_or(Timestamp::ZERO);
    let is_cut = stored.len() >= FINDINGS_MAX as usize;
    let known: BTreeSet<&str> = stored.iter().map(|finding| finding.id.as_str()).collect();
    let mut kept: HashMap<String, usize> = HashMap::new();
    for finding in stored {
        *kept.entry(subject_of(finding)).or_default() += 1;
    }
    for (finding, said) in word.journalled.all_verdicts() {
        if !known.contains(finding) {
            *kept.entry(said.about.clone()).or_default() += 1;
        }
    }
    let acted = word.journalled.all_findings().filter(|(subject, all)| {
        let readable = all.iter().filter(|said| !is_cut || said.at >= oldest).count();
        readable > kept.get(*subject).copied().unwrap_or(0)
    });
    acted.map(|(subject, _)| subject).collect()
}

fn is_found(word: &JournalStatement<'_>, finding: &FindingRecord) -> bool {
    let reason = reason_of(&signals_of(finding));
    let persons = format!(" persons:{}", finding.persons);
    word.journalled
        .findings(&subject_of(finding))
        .iter()
        .any(|said| said.after == finding.action && said.reason == reason && said.before.ends_with(&persons))
}

fn is_judged(word: &JournalStatement<'_>, finding: &FindingRecord) -> bool {
    match (&finding.verdict, word.journalled.verdict(&finding.id)) {
        (None, None) => true,
        (Some(verdict), Some(said)) => {
            let act = if verdict.is_theft { Act::FindingConfirmed } else { Act::FindingCleared };
            said.act == act && said.by == verdict.by && said.reason == verdict.reason
        }
        _ => false,
    }
}

async fn incident_entries(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut stored = Vec::new();
    for incident in app.store.incidents().await? {
        stored.extend(app.store.incident_entries(&incident.id).await?);
    }
    with_word(app, |word| {
        let mut known = BTreeSet::new();
        for entry in &stored {
            let name = format!("{} {}", entry.incident, entry.number);
            to.note(StoredKind::Incident, name.as_str(), entry_is(word, entry));
            known.insert(name);
        }
        for (incident, said) in word.journalled.hashed("incident:") {
            let number = said.split(' ').next().unwrap_or_default();
            let name = format!("{incident} {number}");
            if !known.contains(&name) {
                to.miss(StoredKind::Incident, name);
            }
        }
    });
    Ok(())
}

fn entry_is(word: &JournalStatement<'_>, entry: &EntryRecord) -> RecordConfirmation {
    let subject = format!("incident:{}", entry.incident);
    let forms = incidents::journalled_forms(entry);
    let is_same = forms.iter().any(|form| word.journalled.holds(&subject, form, &entry.author));
    word.unless_older(entry.recorded_at, is_same)
}

async fn campaigns(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.campaigns().await?;
    with_word(app, |word| {
        for campaign in &stored {
            to.note(StoredKind::Campaign, campaign.id.as_str(), campaign_is(word, campaign));
        }
        let known: BTreeSet<&str> = stored.iter().map(|campaign| campaign.id.as_str()).collect();
        for campaign in word.journalled.campaigns().filter(|campaign| !known.contains(campaign)) {
            to.miss(StoredKind::Campaign, campaign);
        }
    });
    Ok(())
}

/// True when the letter and the number of persons are those of the journal, or older than it. A letter that
/// was changed in the database must not be sent in the operator's name.
pub(crate) async fn is_as_prepared(app: &App, campaign: &CampaignRecord) -> bool {
    let is_so = || {
        with_word(app, |word| {
            let confirmation = word.unless_older(campaign.made_at, is_prepared(word, campaign));
            confirmation != RecordConfirmation::Differs
        })
    };
    if is_so() {
        return true;
    }
    // The index may not have read the act yet.
    tokio::time::sleep(SETTLES_WITHIN).await;
    is_so()
}

fn is_prepared(word: &JournalStatement<'_>, campaign: &CampaignRecord) -> bool {
    word.journalled.campaign(&campaign.id).is_some_and(|said| {
        notices::journalled_forms(campaign).contains(&said.before)
            && said.after == format!("persons:{}", campaign.persons)
            && said.by == campaign.made_by
    })
}

fn campaign_is(word: &JournalStatement<'_>, campaign: &CampaignRecord) -> RecordConfirmation {
    let is_same = is_prepared(word, campaign);
    // Only "ready" and "failed" are set by Digue without an act.
    let is_state = match word.journalled.campaign_state(&campaign.id) {
        None => !matches!(campaign.state.as_str(), "sending" | "paused" | "ended"),
        Some(said) => said == campaign.state,
    };
    word.unless_older(campaign.made_at, is_same && is_state)
}

async fn revisions(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.all_revisions().await?;
    with_word(app, |word| {
        let mut known = BTreeSet::new();
        for revision in &stored {
            to.note(StoredKind::Record, revision.id.as_str(), revision_is(word, revision));
            known.insert((revision.id.as_str(), revision.number));
        }
        for (id, said) in word.journalled.hashed("record:") {
            // `measure 3 HASH`.
            let number = said.split(' ').nth(1).and_then(|number| number.parse().ok());
            if number.is_none_or(|number| !known.contains(&(id, number))) {
                to.miss(StoredKind::Record, id);
            }
        }
    });
    Ok(())
}

fn revision_is(word: &JournalStatement<'_>, revision: &RevisionRecord) -> RecordConfirmation {
    let words = crate::isms::words_of(revision);
    let is_same = word.journalled.holds(&words.subject, &words.after, &revision.author);
    word.unless_older(revision.at, is_same)
}

async fn reviews(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let mut stored = Vec::new();
    for review in app.store.reviews().await? {
        let lines = app.store.review_lines(&review.id).await?;
        stored.push((review, lines));
    }
    with_word(app, |word| {
        for (review, lines) in &stored {
            to.note(StoredKind::Review, review.id.as_str(), review_is(word, review, lines));
            for line in lines {
                let name = format!("{} {}", review.id, line.account);
                to.note(StoredKind::Review, name, line_is(word, line));
            }
        }
        let known: BTreeSet<&str> = stored.iter().map(|(review, _)| review.id.as_str()).collect();
        for review in word.journalled.reviews().filter(|review| !known.contains(review)) {
            to.miss(StoredKind::Review, review);
        }
    });
    Ok(())
}

fn review_is(word: &JournalStatement<'_>, review: &ReviewRecord, lines: &[ReviewLine]) -> RecordConfirmation {
    let is_same = word.journalled.review(&review.id).is_some_and(|said| {
        said.after == format!("accounts:{} due:{}", lines.len(), review.due_at) && said.by == review.opened_by
    });
    word.unless_older(review.opened_at, is_same)
}

fn line_is(word: &JournalStatement<'_>, line: &ReviewLine) -> RecordConfirmation {
    let said = word.journalled.review_line(&line.review, &line.account);
    match (line.decision.as_str(), said) {
        ("", None) => RecordConfirmation::Same,
        (decision, Some(said)) => {
            let is_same =
                said.after == decision && said.reason == line.reason && said.by.as_str() == line.decided_by;
            if is_same { RecordConfirmation::Same } else { RecordConfirmation::Differs }
        }
        (_, None) => word.unless_older(line.decided_at, false),
    }
}

async fn check_results(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.last_check_results().await?;
    with_word(app, |word| {
        for result in &stored {
            to.note(StoredKind::Check, result.name.as_str(), result_is(word, result));
        }
    });
    Ok(())
}

fn result_is(word: &JournalStatement<'_>, result: &CheckRecord) -> RecordConfirmation {
    let is_same = checks::outcome_of(result).is_some_and(|(outcome, canonical)| {
        let found = format!("{} {}", outcome.code(), sha256(&canonical));
        word.journalled.checked(&result.name) == Some(found.as_str())
    });
    word.unless_older(result.at, is_same)
}

async fn switches(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store.check_switches().await?;
    with_word(app, |word| {
        for switch in &stored {
            to.note(StoredKind::Switch, switch.name.as_str(), switch_is(word, switch));
        }
    });
    Ok(())
}

fn switch_is(word: &JournalStatement<'_>, switch: &SwitchRecord) -> RecordConfirmation {
    let Some(said) = word.journalled.switched(&switch.name) else {
        let is_older = word.since > Timestamp::ZERO;
        return if is_older { RecordConfirmation::Older } else { RecordConfirmation::Differs };
    };
    let after = if switch.until > said.at { format!("off until {}", switch.until) } else { "on".to_owned() };
    let is_same = said.after == after && said.reason == switch.reason && said.by.as_str() == switch.author;
    if is_same { RecordConfirmation::Same } else { RecordConfirmation::Differs }
}

#[cfg(test)]
mod tests {
    use super::{RecordDifference, StoredKind};

    #[test]
    fn a_difference_is_about_the_record_that_it_names() {
        for (found, name, expected) in [
            ("account:a1", "a1", true),
            ("account:a12", "a1", false),
            ("in-7 4", "in-7", true),
            ("in-71 4", "in-7", false),
            ("RI-3", "RI-3", true),
        ] {
            let one =
                RecordDifference { kind: StoredKind::Record, name: found.to_owned(), is_missing: false };
            assert_eq!(one.is_about(name), expected, "{found} {name}");
            for one in [one.clone(), RecordDifference { is_missing: true, ..one }] {
                assert_eq!(RecordDifference::parse(&one.to_code()), Some(one));
            }
        }
    }
}
