//! The acts of the journal that stored records are compared with: read once, then extended by new
//! ones.
//!
//! It knows nothing of the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use digue_types::{AccountId, Act, Administration, FindingId, Subject, Timestamp};

/// An act and its record are dated one after the other: within this time they belong together.
// Two minutes and not the exact time: act and record read the clock separately, and the journal may
// be slow between the two.
pub const SAME_MOMENT: Duration = Duration::from_mins(2);

/// True when an act and a record of these times may belong together.
pub fn is_same_moment(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).max(other.since(one)) <= SAME_MOMENT
}

/// The parts of an act that a record is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalledAct {
    /// In canonical form.
    pub about: Subject,
    pub at: Timestamp,
    pub by: AccountId,
    pub act: Act,
    pub before: String,
    pub after: String,
    pub reason: String,
}

impl JournalledAct {
    /// True when a record of this date belongs to the act.
    pub fn is_at(&self, at: Timestamp) -> bool {
        is_same_moment(self.at, at)
    }
}

/// One result of a check: outcome and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalledResult {
    pub at: Timestamp,
    pub after: String,
}

/// The acts that stored records are compared with, by their subjects.
#[derive(Debug, Default)]
pub struct JournalledActs {
    /// The number after the last entry that was added.
    end: u64,
    /// The time of the first readable act.
    first_at: Option<Timestamp>,
    /// The last organisation and role of an account: `of-1 agent`.
    accounts: HashMap<AccountId, String>,
    suspended: HashMap<AccountId, bool>,
    /// The last digest of who holds an account.
    holders: HashMap<AccountId, String>,
    /// The last change of each gate.
    gates: HashMap<Subject, JournalledAct>,
    requested: HashMap<Subject, Vec<JournalledAct>>,
    decided: HashMap<Subject, Vec<JournalledAct>>,
    /// Acts of detection, by subject; verdicts by the id of the finding.
    findings: HashMap<Subject, Vec<JournalledAct>>,
    verdicts: HashMap<FindingId, JournalledAct>,
    /// By the id of the campaign, as the state that a person last gave it.
    prepared: HashMap<String, JournalledAct>,
    campaign_states: HashMap<String, String>,
    reviews: HashMap<String, JournalledAct>,
    /// By review and account.
    review_lines: HashMap<(String, AccountId), JournalledAct>,
    /// By the code of the check.
    switches: HashMap<String, JournalledAct>,
    /// The results of each check, the oldest first.
    checks: HashMap<String, Vec<JournalledResult>>,
    /// Signed versions of the statement of applicability, by number.
    statements: BTreeMap<u64, JournalledAct>,
    /// The operator's own templates, the oldest first.
    templates: Vec<JournalledAct>,
    /// Requests of persons, by their id, and what was done about each.
    asked: HashMap<String, JournalledAct>,
    answered: HashMap<String, Vec<JournalledAct>>,
    /// What was last granted or withdrawn under a name: rules (`portal:kairos pieces`) and
    /// addresses (`address:calendar account:a1`).
    grants: HashMap<String, JournalledGrant>,
    /// Grants whose act does not name the rules, as earlier versions wrote them: by subject and
    /// digest, the last entry.
    unnamed_grants: HashMap<(Subject, String), u64>,
    /// Acts that hold a hash, by subject: their text, and who did them.
    hashed: HashMap<Subject, BTreeSet<(String, AccountId)>>,
}

/// What was last granted or withdrawn under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalledGrant {
    /// Its number in the journal.
    entry: u64,
    pub at: Timestamp,
    /// The SHA-256 of the text that was granted, in hexadecimal; `None` once it was withdrawn.
    pub granted: Option<String>,
}

impl JournalledActs {
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// The time of the first readable act; `None` without any.
    pub(super) const fn first_at(&self) -> Option<Timestamp> {
        self.first_at
    }

    /// Adds one act. They must come in the order of the journal: the last one about a subject
    /// counts.
    pub(super) fn add(&mut self, entry: u64, act: &Administration) {
        self.end = entry + 1;
        self.first_at.get_or_insert(act.at);
        let subject = act.subject.clone().canonical();
        let recorded = || JournalledAct {
            about: act.subject.clone().canonical(),
            at: act.at,
            by: act.actor.clone(),
            act: act.act,
            before: act.before.clone(),
            after: act.after.clone(),
            reason: act.reason.clone(),
        };
        match act.act {
            Act::AccountSaved | Act::AccountMoved => {
                if let Some(account) = subject.account() {
                    self.accounts.insert(account, act.after.clone());
                }
            }
            Act::AccountSuspended | Act::AccountResumed => {
                if let Some(account) = subject.account() {
                    self.suspended
                        .insert(account, act.act == Act::AccountSuspended);
                }
            }
            Act::HolderSaved => {
                if let Some(account) = subject.account() {
                    self.holders.insert(account, act.after.clone());
                }
            }
            Act::GateSet => drop(self.gates.insert(subject, recorded())),
            Act::ApprovalAsked => self.requested.entry(subject).or_default().push(recorded()),
            Act::ApprovalGranted | Act::ApprovalRefused => {
                self.decided.entry(subject).or_default().push(recorded());
            }
            Act::WatchContained | Act::WatchAlerted => {
                self.findings.entry(subject).or_default().push(recorded());
            }
            Act::FindingConfirmed | Act::FindingCleared => {
                // The verdict names the finding in its text; its subject is the account.
                if let Subject::Finding(finding) = Subject::parse(&act.after) {
                    self.verdicts.insert(finding, recorded());
                }
            }
            Act::CampaignPrepared => {
                if let Subject::Campaign(id) = subject {
                    self.prepared.insert(id, recorded());
                }
            }
            Act::CampaignSet => {
                if let Subject::Campaign(id) = subject {
                    self.campaign_states.insert(id, act.after.clone());
                }
            }
            Act::ReviewOpened => {
                if let Subject::Review(id) = subject {
                    self.reviews.insert(id, recorded());
                }
            }
            Act::ReviewDecided => {
                let review = Subject::parse(&act.before);
                if let (Some(account), Subject::Review(review)) = (subject.account(), review) {
                    self.review_lines.insert((review, account), recorded());
                }
            }
            Act::CheckSwitched => {
                if let Subject::Check(code) = subject {
                    self.switches.insert(code, recorded());
                }
            }
            Act::CheckRan => {
                if let Subject::Check(code) = subject {
                    let (at, after) = (act.at, act.after.clone());
                    let all = self.checks.entry(code).or_default();
                    all.push(JournalledResult { at, after });
                }
            }
            Act::StatementSigned => {
                if let Subject::Statement(number) = subject {
                    self.statements.insert(number, recorded());
                }
            }
            Act::RulesGranted | Act::AddressIssued => self.add_grant(entry, subject, act),
            Act::RouteWithdrawn => {
                // `pieces sha256:HASH`: an added route is named with its portal.
                if let Some((route, _)) = act.before.split_once(' ') {
                    self.withdraw(format!("{subject} {route}"), entry, act.at);
                }
            }
            Act::AddressRevoked => self.withdraw(act.before.clone(), entry, act.at),
            Act::Configured if subject == Subject::Template => self.templates.push(recorded()),
            Act::PersonAsked | Act::PersonAnswered => self.add_request(recorded()),
            Act::RecordSaved | Act::IncidentOpened | Act::IncidentNoted => {
                let all = self.hashed.entry(subject).or_default();
                all.insert((act.after.clone(), act.actor.clone()));
            }
            _ => {}
        }
    }

    /// `portal:kairos pieces sha256:HASH`; `sha256:HASH` alone in acts of earlier versions.
    fn add_grant(&mut self, entry: u64, subject: Subject, act: &Administration) {
        match act.after.split_once("sha256:") {
            Some(("", digest)) => {
                let key = (subject, digest.to_owned());
                self.unnamed_grants.insert(key, entry);
            }
            Some((name, digest)) => {
                let grant = JournalledGrant {
                    entry,
                    at: act.at,
                    granted: Some(digest.to_owned()),
                };
                self.grants.insert(name.trim_end().to_owned(), grant);
            }
            None => {}
        }
    }

    fn withdraw(&mut self, name: String, entry: u64, at: Timestamp) {
        let granted = None;
        self.grants
            .insert(name, JournalledGrant { entry, at, granted });
    }

    /// `contest rq-1 HASH` in the text of a request; in the text before an act about one: its
    /// answer, its extension, or that the person took it back. A letter has no id and no answer.
    fn add_request(&mut self, act: JournalledAct) {
        let id = |text: &str| text.split(' ').nth(1).map(ToOwned::to_owned);
        match (id(&act.before), id(&act.after)) {
            (Some(id), _) => self.answered.entry(id).or_default().push(act),
            (None, Some(id)) => drop(self.asked.insert(id, act)),
            (None, None) => {}
        }
    }

    /// The last organisation and role: `of-1 agent`.
    pub fn account(&self, account: &AccountId) -> Option<&str> {
        self.accounts.get(account).map(String::as_str)
    }

    /// The digest of who holds an account, as it was last written.
    pub fn holder(&self, account: &AccountId) -> Option<&str> {
        self.holders.get(account).map(String::as_str)
    }

    pub fn holders(&self) -> impl Iterator<Item = &AccountId> {
        self.holders.keys()
    }

    pub fn is_suspended(&self, account: &AccountId) -> bool {
        self.suspended.get(account).copied().unwrap_or(false)
    }

    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.keys()
    }

    /// By the canonical subject, as with all that follow.
    pub fn gate(&self, subject: &Subject) -> Option<&JournalledAct> {
        self.gates.get(subject)
    }

    pub fn gates(&self) -> impl Iterator<Item = (&Subject, &JournalledAct)> {
        self.gates.iter()
    }

    pub fn requested(&self, subject: &Subject) -> &[JournalledAct] {
        self.requested.get(subject).map_or(&[], Vec::as_slice)
    }

    pub fn all_requested(&self) -> impl Iterator<Item = (&Subject, &JournalledAct)> {
        self.requested
            .iter()
            .flat_map(|(subject, all)| all.iter().map(move |act| (subject, act)))
    }

    pub fn decided(&self, subject: &Subject) -> &[JournalledAct] {
        self.decided.get(subject).map_or(&[], Vec::as_slice)
    }

    pub fn findings(&self, subject: &Subject) -> &[JournalledAct] {
        self.findings.get(subject).map_or(&[], Vec::as_slice)
    }

    pub fn verdict(&self, finding: &FindingId) -> Option<&JournalledAct> {
        self.verdicts.get(finding)
    }

    pub fn all_findings(&self) -> impl Iterator<Item = (&Subject, &[JournalledAct])> {
        self.findings
            .iter()
            .map(|(subject, all)| (subject, all.as_slice()))
    }

    /// By the id of the finding.
    pub fn all_verdicts(&self) -> impl Iterator<Item = (&FindingId, &JournalledAct)> {
        self.verdicts.iter()
    }

    pub fn verdicts(&self) -> impl Iterator<Item = &FindingId> {
        self.verdicts.keys()
    }

    pub fn campaign(&self, id: &str) -> Option<&JournalledAct> {
        self.prepared.get(id)
    }

    pub fn campaigns(&self) -> impl Iterator<Item = &str> {
        self.prepared.keys().map(String::as_str)
    }

    /// The state that a person last gave a campaign.
    pub fn campaign_state(&self, id: &str) -> Option<&str> {
        self.campaign_states.get(id).map(String::as_str)
    }

    pub fn review(&self, id: &str) -> Option<&JournalledAct> {
        self.reviews.get(id)
    }

    pub fn reviews(&self) -> impl Iterator<Item = &str> {
        self.reviews.keys().map(String::as_str)
    }

    pub fn review_line(&self, review: &str, account: &AccountId) -> Option<&JournalledAct> {
        self.review_lines.get(&(review.to_owned(), account.clone()))
    }

    pub fn switched(&self, check: &str) -> Option<&JournalledAct> {
        self.switches.get(check)
    }

    /// The checks that were disabled or enabled.
    pub fn all_switched(&self) -> impl Iterator<Item = &str> {
        self.switches.keys().map(String::as_str)
    }

    /// The checks that have a result.
    pub fn all_checked(&self) -> impl Iterator<Item = &str> {
        self.checks.keys().map(String::as_str)
    }

    /// Outcome and hash of the last result of a check.
    pub fn checked(&self, check: &str) -> Option<&str> {
        let last = self.checks.get(check)?.last()?;
        Some(last.after.as_str())
    }

    /// True when a check had exactly this result at this time, at any age.
    pub fn had_result(&self, check: &str, after: &str, at: Timestamp) -> bool {
        let acts = self.results(check);
        // In the order of the journal, and so of time: two years of results are not all compared.
        let first = acts.partition_point(|act| act.at < at.minus(SAME_MOMENT));
        acts[first..]
            .iter()
            .take_while(|act| is_same_moment(act.at, at))
            .any(|act| act.after == after)
    }

    /// The results of a check, the oldest first.
    pub fn results(&self, check: &str) -> &[JournalledResult] {
        self.checks.get(check).map_or(&[], Vec::as_slice)
    }

    /// Signed versions of the statement of applicability, by number.
    pub fn statements(&self) -> &BTreeMap<u64, JournalledAct> {
        &self.statements
    }

    /// The operator's own templates, the oldest first.
    pub fn templates(&self) -> &[JournalledAct] {
        &self.templates
    }

    /// Requests of persons, by their id.
    pub fn asked(&self) -> &HashMap<String, JournalledAct> {
        &self.asked
    }

    /// What was done about a request, the oldest first.
    pub fn answered(&self, request: &str) -> &[JournalledAct] {
        self.answered.get(request).map_or(&[], Vec::as_slice)
    }

    /// What was last granted or withdrawn under this name; `None` when no act has it.
    pub fn grant(&self, name: &str) -> Option<&JournalledGrant> {
        self.grants.get(name)
    }

    /// Every name under which something was granted or withdrawn.
    pub fn all_grants(&self) -> impl Iterator<Item = (&str, &JournalledGrant)> {
        self.grants.iter().map(|(name, last)| (name.as_str(), last))
    }

    /// True when the last act about the rules `name` of `subject` granted the text of this digest.
    pub fn grants(&self, name: &str, subject: &Subject, digest: &str) -> bool {
        let last = self.grants.get(name);
        if last.is_some_and(|last| last.granted.as_deref() == Some(digest)) {
            return true;
        }
        // A grant that names no rules counts unless a later act names them.
        let key = (subject.clone(), digest.to_owned());
        let unnamed = self.unnamed_grants.get(&key);
        unnamed.is_some_and(|entry| last.is_none_or(|last| last.entry < *entry))
    }

    /// True when the account `by` did an act on `subject` with exactly this text.
    pub fn holds(&self, subject: &Subject, after: &str, by: &str) -> bool {
        // An author that is no valid account cannot have done an act of the journal: the record
        // differs.
        let Ok(by) = AccountId::parse(by) else {
            return false;
        };
        self.hashed
            .get(subject)
            .is_some_and(|all| all.contains(&(after.to_owned(), by)))
    }

    /// The texts of acts with a hash on one subject.
    pub fn texts_on(&self, subject: &Subject) -> impl Iterator<Item = &str> {
        let all = self.hashed.get(subject).into_iter().flatten();
        all.map(|(after, _)| after.as_str())
    }

    /// The texts of acts with a hash, with their subjects.
    pub fn hashed(&self) -> impl Iterator<Item = (&Subject, &str)> {
        self.hashed
            .iter()
            .flat_map(|(subject, all)| all.iter().map(move |(after, _)| (subject, after.as_str())))
    }
}
