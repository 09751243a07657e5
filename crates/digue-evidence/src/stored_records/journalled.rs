//! The acts of the journal that stored records are compared with: read once, then extended by new ones.
//!
//! It knows nothing of the store.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use digue_types::{AccountId, Act, Administration, OrganisationId, Timestamp};

/// An act and its record are dated one after the other: within this time they belong together.
pub const SAME_MOMENT: Duration = Duration::from_mins(2);

/// The parts of an act that a record is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalledAct {
    /// `account:a1`, in canonical form.
    pub about: String,
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
        self.at.since(at).max(at.since(self.at)) <= SAME_MOMENT
    }
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
    /// The last change of a gate, by `account:a1`.
    gates: HashMap<String, JournalledAct>,
    asked: HashMap<String, Vec<JournalledAct>>,
    decided: HashMap<String, Vec<JournalledAct>>,
    /// Acts of detection, by subject; verdicts by the id of the finding.
    findings: HashMap<String, Vec<JournalledAct>>,
    verdicts: HashMap<String, JournalledAct>,
    prepared: HashMap<String, JournalledAct>,
    campaign_states: HashMap<String, String>,
    reviews: HashMap<String, JournalledAct>,
    /// By review and account.
    review_lines: HashMap<(String, AccountId), JournalledAct>,
    switches: HashMap<String, JournalledAct>,
    /// The last result of each check.
    checks: HashMap<String, String>,
    /// Acts that hold a hash, by subject: their text, and who did them.
    hashed: HashMap<String, BTreeSet<(String, AccountId)>>,
}

impl JournalledActs {
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// The time of the first readable act; `None` without any.
    pub(super) const fn first_at(&self) -> Option<Timestamp> {
        self.first_at
    }

    /// Adds one act. They must come in the order of the journal: the last one about a subject counts.
    pub(super) fn add(&mut self, entry: u64, act: &Administration) {
        self.end = entry + 1;
        self.first_at.get_or_insert(act.at);
        let subject = canonical(&act.subject);
        let said = || JournalledAct {
            about: canonical(&act.subject),
            at: act.at,
            by: act.actor.clone(),
            act: act.act,
            before: act.before.clone(),
            after: act.after.clone(),
            reason: act.reason.clone(),
        };
        match act.act {
            Act::AccountSaved | Act::AccountMoved => {
                if let Some(account) = account_of(&subject) {
                    self.accounts.insert(account, act.after.clone());
                }
            }
            Act::AccountSuspended | Act::AccountResumed => {
                if let Some(account) = account_of(&subject) {
                    self.suspended.insert(account, act.act == Act::AccountSuspended);
                }
            }
            Act::GateSet => drop(self.gates.insert(subject, said())),
            Act::ApprovalAsked => self.asked.entry(subject).or_default().push(said()),
            Act::ApprovalGranted | Act::ApprovalRefused => {
                self.decided.entry(subject).or_default().push(said());
            }
            Act::WatchContained | Act::WatchAlerted => {
                self.findings.entry(subject).or_default().push(said());
            }
            Act::FindingConfirmed | Act::FindingCleared => {
                if let Some(finding) = act.after.strip_prefix("finding:") {
                    self.verdicts.insert(finding.to_owned(), said());
                }
            }
            Act::CampaignPrepared => drop(self.prepared.insert(subject, said())),
            Act::CampaignSet => drop(self.campaign_states.insert(subject, act.after.clone())),
            Act::ReviewOpened => drop(self.reviews.insert(subject, said())),
            Act::ReviewDecided => {
                let review = act.before.strip_prefix("review:");
                if let (Some(account), Some(review)) = (account_of(&subject), review) {
                    self.review_lines.insert((review.to_owned(), account), said());
                }
            }
            Act::CheckSwitched => drop(self.switches.insert(subject, said())),
            Act::CheckRan => drop(self.checks.insert(subject, act.after.clone())),
            Act::RecordSaved | Act::IncidentOpened | Act::IncidentNoted => {
                let all = self.hashed.entry(subject).or_default();
                all.insert((act.after.clone(), act.actor.clone()));
            }
            _ => {}
        }
    }

    /// The last organisation and role: `of-1 agent`.
    pub fn account(&self, account: &AccountId) -> Option<&str> {
        self.accounts.get(account).map(String::as_str)
    }

    pub fn is_suspended(&self, account: &AccountId) -> bool {
        self.suspended.get(account).copied().unwrap_or(false)
    }

    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.keys()
    }

    pub fn gate(&self, subject: &str) -> Option<&JournalledAct> {
        self.gates.get(&canonical(subject))
    }

    pub fn gates(&self) -> impl Iterator<Item = (&str, &JournalledAct)> {
        self.gates.iter().map(|(subject, said)| (subject.as_str(), said))
    }

    pub fn asked(&self, subject: &str) -> &[JournalledAct] {
        self.asked.get(&canonical(subject)).map_or(&[], Vec::as_slice)
    }

    pub fn all_asked(&self) -> impl Iterator<Item = (&str, &JournalledAct)> {
        self.asked.iter().flat_map(|(subject, all)| all.iter().map(move |said| (subject.as_str(), said)))
    }

    pub fn decided(&self, subject: &str) -> &[JournalledAct] {
        self.decided.get(&canonical(subject)).map_or(&[], Vec::as_slice)
    }

    pub fn findings(&self, subject: &str) -> &[JournalledAct] {
        self.findings.get(&canonical(subject)).map_or(&[], Vec::as_slice)
    }

    pub fn verdict(&self, finding: &str) -> Option<&JournalledAct> {
        self.verdicts.get(finding)
    }

    pub fn all_findings(&self) -> impl Iterator<Item = (&str, &[JournalledAct])> {
        self.findings.iter().map(|(subject, all)| (subject.as_str(), all.as_slice()))
    }

    /// By the name of the finding.
    pub fn all_verdicts(&self) -> impl Iterator<Item = (&str, &JournalledAct)> {
        self.verdicts.iter().map(|(finding, said)| (finding.as_str(), said))
    }

    pub fn verdicts(&self) -> impl Iterator<Item = &str> {
        self.verdicts.keys().map(String::as_str)
    }

    pub fn campaign(&self, id: &str) -> Option<&JournalledAct> {
        self.prepared.get(&format!("campaign:{id}"))
    }

    pub fn campaigns(&self) -> impl Iterator<Item = &str> {
        self.prepared.keys().filter_map(|subject| subject.strip_prefix("campaign:"))
    }

    /// The state that a person last gave a campaign.
    pub fn campaign_state(&self, id: &str) -> Option<&str> {
        self.campaign_states.get(&format!("campaign:{id}")).map(String::as_str)
    }

    pub fn review(&self, id: &str) -> Option<&JournalledAct> {
        self.reviews.get(&format!("review:{id}"))
    }

    pub fn reviews(&self) -> impl Iterator<Item = &str> {
        self.reviews.keys().filter_map(|subject| subject.strip_prefix("review:"))
    }

    pub fn review_line(&self, review: &str, account: &AccountId) -> Option<&JournalledAct> {
        self.review_lines.get(&(review.to_owned(), account.clone()))
    }

    pub fn switched(&self, check: &str) -> Option<&JournalledAct> {
        self.switches.get(&format!("check:{check}"))
    }

    /// The checks that were disabled or enabled.
    pub fn all_switched(&self) -> impl Iterator<Item = &str> {
        self.switches.keys().filter_map(|subject| subject.strip_prefix("check:"))
    }

    /// The checks that have a result.
    pub fn all_checked(&self) -> impl Iterator<Item = &str> {
        self.checks.keys().filter_map(|subject| subject.strip_prefix("check:"))
    }

    /// Outcome and hash of the last result of a check.
    pub fn checked(&self, check: &str) -> Option<&str> {
        self.checks.get(&format!("check:{check}")).map(String::as_str)
    }

    /// True when the account `by` did an act on `subject` with exactly this text.
    pub fn holds(&self, subject: &str, after: &str, by: &str) -> bool {
        let Ok(by) = AccountId::parse(by) else { return false };
        self.hashed.get(subject).is_some_and(|all| all.contains(&(after.to_owned(), by)))
    }

    /// The texts of acts with a hash, for each subject with this prefix, such as `record:`.
    pub fn hashed(&self, prefix: &'static str) -> impl Iterator<Item = (&str, &str)> {
        let named =
            self.hashed.iter().filter_map(move |(subject, all)| Some((subject.strip_prefix(prefix)?, all)));
        named.flat_map(|(name, all)| all.iter().map(move |(after, _)| (name, after.as_str())))
    }
}

/// True when the subject of a record is this subject of the journal, however the record spells it.
pub fn is_same_subject(stored: &str, journalled: &str) -> bool {
    canonical(stored) == journalled
}

/// The canonical subject: older entries spell accounts and organisations differently.
fn canonical(subject: &str) -> String {
    let name = match subject.split_once(':') {
        Some(("account", name)) => AccountId::parse(name).ok().map(|id| format!("account:{id}")),
        Some(("organisation", name)) => {
            OrganisationId::parse(name).ok().map(|id| format!("organisation:{id}"))
        }
        _ => None,
    };
    name.unwrap_or_else(|| subject.to_owned())
}

fn account_of(subject: &str) -> Option<AccountId> {
    AccountId::parse(subject.strip_prefix("account:")?).ok()
}
