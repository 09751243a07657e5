//! The kinds of approval requests, and how each is shown and journalled.
//!
//! Each request has three texts: `detail` is everything, for the store (`codec`); `summary` is for
//! the approver; `told` is for the journal, without addresses.

use std::fmt;
use std::time::Duration;

use digue_access::{KeyProof, Reach, Role};
use digue_app::files::sha256;
use digue_backup::acceptance::SnapshotAcceptance;
use digue_backup::deletion::BackupDeletion;
use digue_backup::retention::FrozenSnapshot;
use digue_evidence::reading::EXPORT_REQUEST;
use digue_types::{
    AccountId, ClassName, Gate, OrganisationId, PopulationId, PortalId, RouteName, Subject,
    Timestamp,
};

use crate::loads::{LoadTarget, WaitingLoad};

/// The kind of a request to open a record, as it is stored.
pub(crate) const OPEN_RECORD: &str = "open-record";
/// The kinds of requests that open a gate.
pub(crate) const OPEN_GATE: &str = "open-gate";
pub(crate) const REOPEN: &str = "reopen";

/// One relation that two persons agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedRelation {
    pub population: PopulationId,
    /// Canonical.
    pub person: String,
    /// One account; the whole organisation otherwise.
    pub account: Option<AccountId>,
    pub organisation: OrganisationId,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

impl AgreedRelation {
    fn line(&self) -> String {
        let account = self.account.as_ref().map_or("", AccountId::as_str);
        let until = self
            .until
            .map_or_else(String::new, |until| until.to_string());
        [self.population.as_str(), &self.person, account, &until]
            .join(" ")
            .trim_end()
            .to_owned()
    }
}

/// One record that a class of persons holds back, to be opened by one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRequest {
    pub portal: PortalId,
    pub population: PopulationId,
    /// `None` where the classes of persons were not known.
    pub class: Option<ClassName>,
    /// Canonical.
    pub person: String,
    pub account: AccountId,
    /// From the decision on.
    pub lasts: Duration,
}

impl RecordRequest {
    fn line(&self) -> String {
        let class = self.class.as_ref().map_or("?", ClassName::as_str);
        let hours = self.lasts.as_secs().div_ceil(3600);
        format!("{} {class} {} {hours} h", self.portal, self.person)
    }
}

/// One step of a reopening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReopeningStep {
    pub reach: Reach,
    pub gate: Gate,
    /// The percentage of the usual limits; 100 restores them.
    pub percent: u8,
    pub incident: String,
}

/// The subject of a set of rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RulesGuard {
    Portal(PortalId),
    /// A route that is added to the map of a portal from the console.
    AddedRoute(PortalId, RouteName),
    /// Every policy file together.
    Policies,
    /// The trusted proxies.
    Proxies,
}

impl RulesGuard {
    /// The subject of its acts and requests.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Portal(portal) | Self::AddedRoute(portal, _) => portal.into(),
            Self::Policies => Subject::Policies,
            Self::Proxies => Subject::Proxies,
        }
    }

    /// Its name in settings and stored requests: the text of its subject, and the name of an added
    /// route.
    pub fn name(&self) -> String {
        match self {
            // No name contains a space.
            Self::AddedRoute(_, route) => format!("{} {route}", self.subject()),
            Self::Portal(_) | Self::Policies | Self::Proxies => self.subject().to_string(),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        if let Some((portal, route)) = name.split_once(' ') {
            let Subject::Portal(portal) = Subject::parse(portal) else {
                return None;
            };
            return Some(Self::AddedRoute(portal, RouteName::parse(route).ok()?));
        }
        match Subject::parse(name) {
            Subject::Portal(portal) => Some(Self::Portal(portal)),
            Subject::Policies => Some(Self::Policies),
            Subject::Proxies => Some(Self::Proxies),
            _ => None,
        }
    }
}

/// An account to be added; it starts in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub role: Role,
    /// The address of its invitation; without one the link is handed over on paper.
    pub email: Option<String>,
}

impl NewAccount {
    fn line(&self) -> String {
        let email = self.email.as_deref().unwrap_or_default();
        format!(
            "{} {} {} {email}",
            self.account,
            self.organisation,
            self.role.code()
        )
        .trim_end()
        .to_owned()
    }
}

/// Something that needs a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalRequest {
    /// Open or widen a closed gate.
    OpenGate {
        reach: Reach,
        gate: Gate,
    },
    /// A step of a reopening after an incident.
    Reopen(ReopeningStep),
    AddAccounts(Vec<NewAccount>),
    /// Return an account to its holder; `since` is when another person may have begun to use it.
    RecoverAccount {
        account: AccountId,
        since: Timestamp,
    },
    /// Issue an API key of an account, bound to a private key that the program holds, or to the
    /// addresses of SCIM.
    IssueKey {
        account: AccountId,
        proof: KeyProof,
        name: String,
    },
    /// Let a map or policies allow more than the last approved ones; `detail` is their digest and
    /// then the differences, one a line.
    WidenRules {
        of: RulesGuard,
        detail: String,
    },
    /// Export the journal, within a day.
    ExportJournal,
    /// Let an organisation, or one of its accounts, see one more person.
    AddToCaseload(AgreedRelation),
    /// Let an account open one record that a class of persons holds back.
    OpenRecord(RecordRequest),
    /// Apply the part of a file of caseloads, aliases or classes that widens access.
    Load(WaitingLoad),
    /// Let the programs of an account add up to `per_day` readings in 24 hours without approval.
    AllowFeed {
        account: AccountId,
        target: LoadTarget,
        per_day: u32,
    },
    /// Move an account to another organisation, or give it another role.
    MoveAccount {
        account: AccountId,
        organisation: OrganisationId,
        role: Role,
    },
    /// Make another account of the organisation its delegate; the current one becomes an agent.
    HandOver {
        organisation: OrganisationId,
        from: AccountId,
        to: AccountId,
    },
    /// Delete snapshots of a backup repository, three days after the approval.
    DeleteBackups(BackupDeletion),
    /// Say what snapshots hold that freeze the deletion of others.
    AcceptSnapshots(SnapshotAcceptance),
}

impl ApprovalRequest {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OpenGate { .. } => OPEN_GATE,
            Self::Reopen(_) => REOPEN,
            Self::AddAccounts(_) => "add-accounts",
            Self::RecoverAccount { .. } => "recover-account",
            Self::IssueKey { .. } => "issue-key",
            Self::WidenRules { .. } => "widen-rules",
            Self::ExportJournal => EXPORT_REQUEST,
            Self::AddToCaseload(_) => "add-to-caseload",
            Self::OpenRecord(_) => OPEN_RECORD,
            Self::Load(_) => "load",
            Self::AllowFeed { .. } => "allow-feed",
            Self::MoveAccount { .. } => "move-account",
            Self::HandOver { .. } => "hand-over",
            Self::DeleteBackups(_) => "delete-backups",
            Self::AcceptSnapshots(_) => "accept-snapshots",
        }
    }

    pub fn subject(&self) -> Subject {
        match self {
            Self::OpenGate { reach, .. } => reach.subject(),
            Self::Reopen(step) => step.reach.subject(),
            Self::AddAccounts(accounts) => match &accounts[..] {
                [one] => (&one.account).into(),
                many => Subject::Accounts(many.len() as u64),
            },
            Self::WidenRules { of, .. } => of.subject(),
            Self::ExportJournal => Subject::WholeJournal,
            Self::DeleteBackups(deletion) => Subject::Repository(deletion.repository.clone()),
            Self::AcceptSnapshots(accepted) => Subject::Repository(accepted.repository.clone()),
            Self::Load(load) => load.target.subject(),
            Self::RecoverAccount { account, .. }
            | Self::OpenRecord(RecordRequest { account, .. })
            | Self::IssueKey { account, .. }
            | Self::AllowFeed { account, .. }
            | Self::MoveAccount { account, .. } => account.into(),
            Self::AddToCaseload(AgreedRelation { organisation, .. })
            | Self::HandOver { organisation, .. } => organisation.into(),
        }
    }

    /// Its content besides the subject, as the approver reads it.
    pub fn summary(&self) -> String {
        match self {
            Self::OpenGate { gate, .. } => gate.code().to_owned(),
            Self::Reopen(step) => {
                format!("{} {} {}", step.gate.code(), step.percent, step.incident)
            }
            Self::AddAccounts(accounts) => {
                let lines: Vec<String> = accounts.iter().map(NewAccount::line).collect();
                lines.join("\n")
            }
            Self::RecoverAccount { since, .. } => since.to_string(),
            Self::IssueKey { proof, name, .. } => format!("{} {name}", proof.code()),
            Self::WidenRules { detail, .. } => detail.clone(),
            Self::ExportJournal => String::new(),
            Self::AddToCaseload(relation) => relation.line(),
            Self::OpenRecord(request) => request.line(),
            Self::Load(load) => load.detail(),
            Self::AllowFeed {
                target, per_day, ..
            } => format!("{} {per_day}", target.name()),
            Self::MoveAccount {
                organisation, role, ..
            } => format!("{organisation} {}", role.code()),
            Self::HandOver { from, to, .. } => format!("{from} {to}"),
            Self::DeleteBackups(deletion) => {
                let ids = deletion.snapshots.iter().map(|snapshot| snapshot.short());
                ids.collect::<Vec<_>>().join("\n")
            }
            Self::AcceptSnapshots(acceptance) => {
                let line = |frozen: &FrozenSnapshot| {
                    format!("{} {}", frozen.snapshot.short(), frozen.cause.code())
                };
                let lines: Vec<String> = acceptance.snapshots.iter().map(line).collect();
                format!("{}\n{}", acceptance.accepted_as.code(), lines.join("\n"))
            }
        }
    }

    /// The request as the journal keeps it: no addresses, and no list that would not fit an entry;
    /// a long one is named by its digest.
    pub(crate) fn journal_summary(&self) -> String {
        match self {
            Self::AddAccounts(accounts) => match &accounts[..] {
                [one] => format!("{} {} {}", self.kind(), one.role.code(), one.organisation),
                many => {
                    let digest = sha256(self.summary());
                    format!("{} accounts:{} sha256:{digest}", self.kind(), many.len())
                }
            },
            Self::AddToCaseload(AgreedRelation { population, .. }) => {
                // Without the person: the journal outlives the caseload, and their number is all
                // that the approval needs.
                format!("{} {population} persons:1", self.kind())
            }
            // Without the person, as above: the entry of the reading has the person and the reason.
            Self::OpenRecord(request) => {
                let class = request.class.as_ref().map_or("?", ClassName::as_str);
                let (portal, secs) = (&request.portal, request.lasts.as_secs());
                format!(
                    "{} {portal} class:{class} persons:1 lasts:{secs}",
                    self.kind()
                )
            }
            Self::WidenRules { detail, .. } => {
                let digest = detail.lines().next().unwrap_or_default();
                format!(
                    "{} {digest} differences:{}",
                    self.kind(),
                    detail.lines().skip(1).count()
                )
            }
            Self::DeleteBackups(deletion) => {
                let (count, digest) = (deletion.snapshots.len(), deletion.digest());
                format!("{} snapshots:{count} sha256:{digest}", self.kind())
            }
            Self::AcceptSnapshots(acceptance) => {
                let (count, digest) = (acceptance.snapshots.len(), acceptance.digest());
                let accepted_as = acceptance.accepted_as.code();
                format!(
                    "{} {accepted_as} snapshots:{count} sha256:{digest}",
                    self.kind()
                )
            }
            _ => format!("{} {}", self.kind(), self.summary())
                .trim_end()
                .to_owned(),
        }
    }

    /// True when approving both would do the same thing twice.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AddAccounts(these), Self::AddAccounts(those)) => these
                .iter()
                .any(|one| those.iter().any(|other| other.account == one.account)),
            (Self::AddToCaseload(one), Self::AddToCaseload(another)) => one == another,
            (Self::OpenRecord(one), Self::OpenRecord(another)) => {
                (&one.account, &one.population, &one.person)
                    == (&another.account, &another.population, &another.person)
            }
            (Self::Load(one), Self::Load(another)) => one == another,
            // Another text of the same route would take the place of the one that is read.
            (
                Self::WidenRules {
                    of: one @ RulesGuard::AddedRoute(..),
                    ..
                },
                Self::WidenRules { of: another, .. },
            ) => one == another,
            (Self::WidenRules { .. }, Self::WidenRules { .. }) => self == other,
            // By subject alone: two requests to open one gate to different degrees could otherwise
            // both be approved.
            _ => self.kind() == other.kind() && self.subject() == other.subject(),
        }
    }
}

/// The account that made a request, as the journal has it beside a decision.
pub(crate) struct AskedBy<'a>(pub(crate) &'a AccountId);

impl fmt::Display for AskedBy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asked by {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use digue_types::PopulationId;

    use super::*;

    fn account(number: usize) -> NewAccount {
        NewAccount {
            account: AccountId::parse(&format!("agent{number}")).unwrap(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            role: Role::Agent,
            email: Some(format!("agent{number}@exemple.fr")),
        }
    }

    #[test]
    fn the_journal_is_told_no_address_and_no_long_list() {
        let one = ApprovalRequest::AddAccounts(vec![account(1)]);
        assert_eq!(one.journal_summary(), "add-accounts agent of-1");
        let many = ApprovalRequest::AddAccounts((0..5_000).map(account).collect());
        assert!(
            many.journal_summary()
                .starts_with("add-accounts accounts:5000 sha256:")
                && many.journal_summary().len() < 120
        );
        assert!(many.detail().contains('@') && !many.journal_summary().contains('@'));
        assert_eq!(
            ApprovalRequest::ExportJournal.journal_summary(),
            "export-journal"
        );
        assert_eq!(
            addition(None).journal_summary(),
            "add-to-caseload personnes persons:1"
        );
    }

    fn addition(until: Option<Timestamp>) -> ApprovalRequest {
        ApprovalRequest::AddToCaseload(AgreedRelation {
            population: PopulationId::parse("personnes").unwrap(),
            person: "P 7".to_owned(),
            account: None,
            organisation: OrganisationId::parse("of-1").unwrap(),
            until,
        })
    }

    #[test]
    fn rules_are_named_and_found_again() {
        let portal = RulesGuard::Portal(PortalId::parse("kairos").unwrap());
        let added = RulesGuard::AddedRoute(
            PortalId::parse("kairos").unwrap(),
            RouteName::parse("pieces").unwrap(),
        );
        for of in [portal, added, RulesGuard::Policies, RulesGuard::Proxies] {
            assert_eq!(RulesGuard::parse(&of.name()), Some(of));
        }
        assert_eq!(RulesGuard::parse("policies:x"), None);
        assert_eq!(RulesGuard::parse("policies pieces"), None);
    }
}
