//! What can be asked for, and the text under which it waits: what is granted is what was read.

use digue_access::{Reach, Role};
use digue_store::ApprovalRecord;
use digue_types::{AccountId, Gate, OrganisationId, PopulationId, PortalId, Timestamp};
use ring::digest::{SHA256, digest};

use crate::caseloads::Addition;
use crate::reopening::Step;

/// An account to be added; it starts in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub role: Role,
    /// Where its invitation goes; without one it is printed.
    pub email: Option<String>,
}

impl NewAccount {
    fn line(&self) -> String {
        let email = self.email.as_deref().unwrap_or_default();
        format!("{} {} {} {email}", self.account, self.organisation, self.role.code()).trim_end().to_owned()
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let account = AccountId::parse(words.next()?).ok()?;
        let organisation = OrganisationId::parse(words.next()?).ok()?;
        let role = Role::parse(words.next()?)?;
        Some(Self { account, organisation, role, email: words.next().map(ToOwned::to_owned) })
    }
}

/// What needs a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Set a closed gate to something wider.
    OpenGate {
        reach: Reach,
        gate: Gate,
    },
    /// A step of a reopening after an incident.
    Reopen(Step),
    AddAccounts(Vec<NewAccount>),
    /// Give an account back to its holder; since when somebody else may have used it.
    RecoverAccount {
        account: AccountId,
        since: Timestamp,
    },
    /// Give a program a key of an account, bound to a private key that it holds.
    IssueKey {
        account: AccountId,
        thumbprint: String,
        name: String,
    },
    /// Let a portal's map be wider than the last one that was granted; `detail` says in what.
    WidenRules {
        portal: PortalId,
        detail: String,
    },
    /// Take the journal out of the house, for a day.
    ExportJournal,
    /// Let an organisation, or one of its accounts, see one more person.
    AddToCaseload(Addition),
    /// Make somebody else of the organisation its delegate; who was it becomes an agent.
    HandOver {
        organisation: OrganisationId,
        from: AccountId,
        to: AccountId,
    },
}

impl Wish {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OpenGate { .. } => "open-gate",
            Self::Reopen(_) => "reopen",
            Self::AddAccounts(_) => "add-accounts",
            Self::RecoverAccount { .. } => "recover-account",
            Self::IssueKey { .. } => "issue-key",
            Self::WidenRules { .. } => "widen-rules",
            Self::ExportJournal => "export-journal",
            Self::AddToCaseload(_) => "add-to-caseload",
            Self::HandOver { .. } => "hand-over",
        }
    }

    pub(crate) fn subject(&self) -> String {
        match self {
            Self::OpenGate { reach, .. } => format!("{}:{}", reach.scope().code(), reach.name()),
            Self::Reopen(step) => format!("{}:{}", step.reach.scope().code(), step.reach.name()),
            Self::AddAccounts(accounts) => match &accounts[..] {
                [one] => format!("account:{}", one.account),
                many => format!("accounts:{}", many.len()),
            },
            Self::RecoverAccount { account, .. } => format!("account:{account}"),
            Self::IssueKey { account, .. } => format!("account:{account}"),
            Self::WidenRules { portal, .. } => format!("portal:{portal}"),
            Self::ExportJournal => "journal:".to_owned(),
            Self::AddToCaseload(Addition { organisation, .. }) | Self::HandOver { organisation, .. } => {
                format!("organisation:{organisation}")
            }
        }
    }

    pub(crate) fn detail(&self) -> String {
        match self {
            Self::OpenGate { gate, .. } => gate.code().to_owned(),
            Self::Reopen(step) => format!("{} {} {}", step.gate.code(), step.percent, step.incident),
            Self::AddAccounts(accounts) => {
                accounts.iter().map(NewAccount::line).collect::<Vec<_>>().join("\n")
            }
            Self::RecoverAccount { since, .. } => since.micros().to_string(),
            Self::IssueKey { thumbprint, name, .. } => format!("{thumbprint} {name}"),
            Self::WidenRules { detail, .. } => detail.clone(),
            Self::ExportJournal => String::new(),
            Self::AddToCaseload(Addition { population, person, account, until, .. }) => {
                let account = account.as_ref().map_or("", AccountId::as_str);
                let until = until.map(|until| until.to_string()).unwrap_or_default();
                [population.as_str(), person, account, &until].join("\t")
            }
            Self::HandOver { from, to, .. } => format!("{from} {to}"),
        }
    }

    /// What the journal keeps of it: no address of anybody, and no list that would not fit an entry;
    /// a long one is named by its digest.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::AddAccounts(accounts) => match &accounts[..] {
                [one] => format!("{} {} {}", self.kind(), one.role.code(), one.organisation),
                many => {
                    let digest = digest(&SHA256, self.detail().as_bytes());
                    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                    format!("{} accounts:{} sha256:{digest}", self.kind(), many.len())
                }
            },
            Self::AddToCaseload(Addition { population, .. }) => {
                format!("{} {population} persons:1", self.kind())
            }
            _ => format!("{} {}", self.kind(), self.detail()).trim_end().to_owned(),
        }
    }

    /// Back from what was kept.
    pub fn of(record: &ApprovalRecord) -> Option<Self> {
        let (scope, named) = record.subject.split_once(':')?;
        match record.kind.as_str() {
            "open-gate" => {
                let gate = Gate::parse(&record.detail)?;
                Some(Self::OpenGate { reach: Reach::parse(scope, named)?, gate })
            }
            "reopen" => {
                let mut words = record.detail.split(' ');
                let gate = Gate::parse(words.next()?)?;
                let percent = words.next()?.parse().ok()?;
                let incident = words.next()?.to_owned();
                Some(Self::Reopen(Step { reach: Reach::parse(scope, named)?, gate, percent, incident }))
            }
            "add-accounts" => {
                record.detail.lines().map(NewAccount::of_line).collect::<Option<_>>().map(Self::AddAccounts)
            }
            "recover-account" => {
                let since = Timestamp::from_micros(record.detail.parse().ok()?);
                Some(Self::RecoverAccount { account: AccountId::parse(named).ok()?, since })
            }
            "issue-key" => {
                let (thumbprint, name) = record.detail.split_once(' ')?;
                Some(Self::IssueKey {
                    account: AccountId::parse(named).ok()?,
                    thumbprint: thumbprint.to_owned(),
                    name: name.to_owned(),
                })
            }
            "widen-rules" => {
                let portal = PortalId::parse(named).ok()?;
                Some(Self::WidenRules { portal, detail: record.detail.clone() })
            }
            "export-journal" => Some(Self::ExportJournal),
            "add-to-caseload" => {
                let mut words = record.detail.split('\t');
                let population = PopulationId::parse(words.next()?).ok()?;
                let person = words.next()?.to_owned();
                let account = words.next().filter(|word| !word.is_empty());
                let account = account.map(AccountId::parse).transpose().ok()?;
                let until = words.next().filter(|word| !word.is_empty());
                let until = until.map(|word| Timestamp::parse_rfc3339(word).ok_or(())).transpose().ok()?;
                let organisation = OrganisationId::parse(named).ok()?;
                Some(Self::AddToCaseload(Addition { population, person, account, organisation, until }))
            }
            "hand-over" => {
                let (from, to) = record.detail.split_once(' ')?;
                Some(Self::HandOver {
                    organisation: OrganisationId::parse(named).ok()?,
                    from: AccountId::parse(from).ok()?,
                    to: AccountId::parse(to).ok()?,
                })
            }
            _ => None,
        }
    }

    /// True when granting both would do the same thing twice.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AddAccounts(these), Self::AddAccounts(those)) => {
                these.iter().any(|one| those.iter().any(|other| other.account == one.account))
            }
            (Self::AddToCaseload(one), Self::AddToCaseload(another)) => one == another,
            _ => self.kind() == other.kind() && self.subject() == other.subject(),
        }
    }
}

#[cfg(test)]
mod tests {
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
        let one = Wish::AddAccounts(vec![account(1)]);
        assert_eq!(one.told(), "add-accounts agent of-1");
        let many = Wish::AddAccounts((0..5_000).map(account).collect());
        assert!(many.told().starts_with("add-accounts accounts:5000 sha256:") && many.told().len() < 120);
        assert!(many.detail().contains('@') && !many.told().contains('@'));
        assert_eq!(Wish::ExportJournal.told(), "export-journal");
        assert_eq!(addition(None).told(), "add-to-caseload personnes persons:1");
    }

    fn addition(until: Option<Timestamp>) -> Wish {
        Wish::AddToCaseload(Addition {
            population: PopulationId::parse("personnes").unwrap(),
            person: "P 7".to_owned(),
            account: None,
            organisation: OrganisationId::parse("of-1").unwrap(),
            until,
        })
    }

    #[test]
    fn what_was_kept_is_what_was_asked() {
        let until = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z");
        let hand_over = Wish::HandOver {
            organisation: OrganisationId::parse("of-1").unwrap(),
            from: AccountId::parse("chef").unwrap(),
            to: AccountId::parse("adjointe").unwrap(),
        };
        for wish in [addition(None), addition(until), hand_over] {
            let record = ApprovalRecord {
                id: "ap-1".to_owned(),
                kind: wish.kind().to_owned(),
                subject: wish.subject(),
                detail: wish.detail(),
                organisation: OrganisationId::parse("of-1").unwrap(),
                reason: String::new(),
                asked_by: AccountId::parse("chef").unwrap(),
                asked_at: Timestamp::ZERO,
                expires_at: Timestamp::ZERO,
                decided: None,
            };
            assert_eq!(Wish::of(&record), Some(wish));
        }
    }
}
