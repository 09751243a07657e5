//! The kinds of approval requests, and how each is stored, shown and journalled.
//!
//! Each request has three texts: `detail` is everything, for the store; `summary` is for the approver;
//! `told` is for the journal, without addresses. The names of the stored fields cannot change: requests
//! made before an upgrade are read after it.

use digue_access::{Reach, Role};
use digue_evidence::reading::EXPORT_REQUEST;
use digue_store::ApprovalRecord;
use digue_types::{AccountId, Gate, OrganisationId, PopulationId, PortalId, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::{Value as Json, json};

use crate::loads::{LoadTarget, WaitingLoad};

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
    /// Every policy file together.
    Policies,
    /// The trusted proxies.
    Proxies,
}

impl RulesGuard {
    /// Its name in settings, requests and the journal: `portal:kairos`, `policies:`, `proxies:`.
    pub fn name(&self) -> String {
        match self {
            Self::Portal(portal) => format!("portal:{portal}"),
            Self::Policies => "policies:".to_owned(),
            Self::Proxies => "proxies:".to_owned(),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("portal", name) => PortalId::parse(name).ok().map(Self::Portal),
            ("policies", "") => Some(Self::Policies),
            ("proxies", "") => Some(Self::Proxies),
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
        format!("{} {} {} {email}", self.account, self.organisation, self.role.code()).trim_end().to_owned()
    }

    fn to_json(&self) -> Json {
        json!({
            "account": self.account,
            "organisation": self.organisation,
            "role": self.role.code(),
            "email": self.email,
        })
    }

    fn of_json(json: &Json) -> Option<Self> {
        Some(Self {
            account: id(json, "account")?,
            organisation: id(json, "organisation")?,
            role: Role::parse(json["role"].as_str()?)?,
            email: maybe(json, "email", |text| Some(text.to_owned()))?,
        })
    }
}

/// An identifier in a field of stored JSON.
fn id<T: std::str::FromStr>(json: &Json, field: &str) -> Option<T> {
    json[field].as_str()?.parse().ok()
}

/// An optional field. The outer `None` means that a value is there and cannot be read: taking it for
/// absent would turn one account into a whole organisation, or a dated relation into an endless one.
fn maybe<T>(json: &Json, field: &str, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match &json[field] {
        Json::Null => Some(None),
        Json::String(text) => read(text).map(Some),
        _ => None,
    }
}

fn reach_json(reach: &Reach) -> Json {
    json!({"scope": reach.scope().code(), "name": reach.name()})
}

fn reach_of(json: &Json) -> Option<Reach> {
    Reach::parse(json["scope"].as_str()?, json["name"].as_str()?)
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
    /// Issue an API key of an account, bound to a private key that the program holds.
    IssueKey {
        account: AccountId,
        thumbprint: String,
        name: String,
    },
    /// Let a map or policies allow more than the last approved ones; `detail` is their digest and then the
    /// differences, one a line.
    WidenRules {
        of: RulesGuard,
        detail: String,
    },
    /// Export the journal, within a day.
    ExportJournal,
    /// Let an organisation, or one of its accounts, see one more person.
    AddToCaseload(AgreedRelation),
    /// Apply the part of a caseload file or an alias table that widens access.
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
}

impl ApprovalRequest {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OpenGate { .. } => "open-gate",
            Self::Reopen(_) => "reopen",
            Self::AddAccounts(_) => "add-accounts",
            Self::RecoverAccount { .. } => "recover-account",
            Self::IssueKey { .. } => "issue-key",
            Self::WidenRules { .. } => "widen-rules",
            Self::ExportJournal => EXPORT_REQUEST,
            Self::AddToCaseload(_) => "add-to-caseload",
            Self::Load(_) => "load",
            Self::AllowFeed { .. } => "allow-feed",
            Self::MoveAccount { .. } => "move-account",
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
            Self::WidenRules { of, .. } => of.name(),
            Self::ExportJournal => "journal:".to_owned(),
            Self::Load(load) => load.target.name(),
            Self::AllowFeed { account, .. } | Self::MoveAccount { account, .. } => {
                format!("account:{account}")
            }
            Self::AddToCaseload(AgreedRelation { organisation, .. })
            | Self::HandOver { organisation, .. } => {
                format!("organisation:{organisation}")
            }
        }
    }

    /// Its content besides the subject, as the approver reads it.
    pub fn summary(&self) -> String {
        match self {
            Self::OpenGate { gate, .. } => gate.code().to_owned(),
            Self::Reopen(step) => format!("{} {} {}", step.gate.code(), step.percent, step.incident),
            Self::AddAccounts(accounts) => {
                accounts.iter().map(NewAccount::line).collect::<Vec<_>>().join("\n")
            }
            Self::RecoverAccount { since, .. } => since.to_string(),
            Self::IssueKey { thumbprint, name, .. } => format!("{thumbprint} {name}"),
            Self::WidenRules { detail, .. } => detail.clone(),
            Self::ExportJournal => String::new(),
            Self::AddToCaseload(AgreedRelation { population, person, account, until, .. }) => {
                let account = account.as_ref().map_or("", AccountId::as_str);
                let until = until.map(|until| until.to_string()).unwrap_or_default();
                [population.as_str(), person, account, &until].join(" ").trim_end().to_owned()
            }
            Self::Load(load) => load.detail(),
            Self::AllowFeed { target, per_day, .. } => format!("{} {per_day}", target.name()),
            Self::MoveAccount { organisation, role, .. } => format!("{organisation} {}", role.code()),
            Self::HandOver { from, to, .. } => format!("{from} {to}"),
        }
    }

    /// The whole request as it is stored. Named JSON fields and not one line of words: a portal's
    /// identifiers may contain anything, and must not run into the next field.
    pub(crate) fn detail(&self) -> String {
        let json = match self {
            Self::OpenGate { reach, gate } => json!({"reach": reach_json(reach), "gate": gate.code()}),
            Self::Reopen(step) => json!({
                "reach": reach_json(&step.reach),
                "gate": step.gate.code(),
                "percent": step.percent,
                "incident": step.incident,
            }),
            Self::AddAccounts(accounts) => {
                json!({"accounts": accounts.iter().map(NewAccount::to_json).collect::<Vec<_>>()})
            }
            Self::RecoverAccount { account, since } => {
                json!({"account": account, "since": since.micros()})
            }
            Self::IssueKey { account, thumbprint, name } => {
                json!({"account": account, "thumbprint": thumbprint, "name": name})
            }
            Self::WidenRules { of, detail } => json!({"of": of.name(), "rules": detail}),
            Self::ExportJournal => json!({}),
            Self::AddToCaseload(one) => json!({
                "population": one.population,
                "person": one.person,
                "account": one.account,
                "organisation": one.organisation,
                "until": one.until.map(|until| until.to_string()),
            }),
            Self::Load(load) => json!({"target": load.target.name(), "load": load.detail()}),
            Self::AllowFeed { account, target, per_day } => {
                json!({"account": account, "target": target.name(), "per_day": per_day})
            }
            Self::MoveAccount { account, organisation, role } => {
                json!({"account": account, "organisation": organisation, "role": role.code()})
            }
            Self::HandOver { organisation, from, to } => {
                json!({"organisation": organisation, "from": from, "to": to})
            }
        };
        json.to_string()
    }

    /// The request as the journal keeps it: no addresses, and no list that would not fit an entry; a long
    /// one is named by its digest.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::AddAccounts(accounts) => match &accounts[..] {
                [one] => format!("{} {} {}", self.kind(), one.role.code(), one.organisation),
                many => {
                    let digest = digest(&SHA256, self.summary().as_bytes());
                    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                    format!("{} accounts:{} sha256:{digest}", self.kind(), many.len())
                }
            },
            Self::AddToCaseload(AgreedRelation { population, .. }) => {
                format!("{} {population} persons:1", self.kind())
            }
            Self::WidenRules { detail, .. } => {
                let digest = detail.lines().next().unwrap_or_default();
                format!("{} {digest} differences:{}", self.kind(), detail.lines().skip(1).count())
            }
            _ => format!("{} {}", self.kind(), self.summary()).trim_end().to_owned(),
        }
    }

    /// Reads a stored request; `None` for one that another version stored differently: it must be made
    /// again. It is never completed by guessing, because an approver read the original.
    pub fn of(record: &ApprovalRecord) -> Option<Self> {
        let json: Json = serde_json::from_str(&record.detail).ok()?;
        match record.kind.as_str() {
            "open-gate" => {
                let gate = Gate::parse(json["gate"].as_str()?)?;
                Some(Self::OpenGate { reach: reach_of(&json["reach"])?, gate })
            }
            "reopen" => Some(Self::Reopen(ReopeningStep {
                reach: reach_of(&json["reach"])?,
                gate: Gate::parse(json["gate"].as_str()?)?,
                percent: json["percent"].as_u64()?.try_into().ok()?,
                incident: json["incident"].as_str()?.to_owned(),
            })),
            "add-accounts" => {
                let accounts = json["accounts"].as_array()?;
                accounts.iter().map(NewAccount::of_json).collect::<Option<_>>().map(Self::AddAccounts)
            }
            "recover-account" => Some(Self::RecoverAccount {
                account: id(&json, "account")?,
                since: Timestamp::from_micros(json["since"].as_i64()?),
            }),
            "issue-key" => Some(Self::IssueKey {
                account: id(&json, "account")?,
                thumbprint: json["thumbprint"].as_str()?.to_owned(),
                name: json["name"].as_str()?.to_owned(),
            }),
            "widen-rules" => Some(Self::WidenRules {
                of: RulesGuard::parse(json["of"].as_str()?)?,
                detail: json["rules"].as_str()?.to_owned(),
            }),
            EXPORT_REQUEST => Some(Self::ExportJournal),
            "add-to-caseload" => Some(Self::AddToCaseload(AgreedRelation {
                population: id(&json, "population")?,
                person: json["person"].as_str()?.to_owned(),
                account: maybe(&json, "account", |text| text.parse().ok())?,
                organisation: id(&json, "organisation")?,
                until: maybe(&json, "until", Timestamp::parse_rfc3339)?,
            })),
            "load" => {
                let target = LoadTarget::parse(json["target"].as_str()?)?;
                WaitingLoad::parse(target, json["load"].as_str()?).map(Self::Load)
            }
            "allow-feed" => Some(Self::AllowFeed {
                account: id(&json, "account")?,
                target: LoadTarget::parse(json["target"].as_str()?)?,
                per_day: json["per_day"].as_u64()?.try_into().ok()?,
            }),
            "move-account" => Some(Self::MoveAccount {
                account: id(&json, "account")?,
                organisation: id(&json, "organisation")?,
                role: Role::parse(json["role"].as_str()?)?,
            }),
            "hand-over" => Some(Self::HandOver {
                organisation: id(&json, "organisation")?,
                from: id(&json, "from")?,
                to: id(&json, "to")?,
            }),
            _ => None,
        }
    }

    /// True when approving both would do the same thing twice.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AddAccounts(these), Self::AddAccounts(those)) => {
                these.iter().any(|one| those.iter().any(|other| other.account == one.account))
            }
            (Self::AddToCaseload(one), Self::AddToCaseload(another)) => one == another,
            (Self::Load(one), Self::Load(another)) => one == another,
            (Self::WidenRules { .. }, Self::WidenRules { .. }) => self == other,
            _ => self.kind() == other.kind() && self.subject() == other.subject(),
        }
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
        assert_eq!(one.told(), "add-accounts agent of-1");
        let many = ApprovalRequest::AddAccounts((0..5_000).map(account).collect());
        assert!(many.told().starts_with("add-accounts accounts:5000 sha256:") && many.told().len() < 120);
        assert!(many.detail().contains('@') && !many.told().contains('@'));
        assert_eq!(ApprovalRequest::ExportJournal.told(), "export-journal");
        assert_eq!(addition(None).told(), "add-to-caseload personnes persons:1");
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
        for of in [portal, RulesGuard::Policies, RulesGuard::Proxies] {
            assert_eq!(RulesGuard::parse(&of.name()), Some(of));
        }
        assert_eq!(RulesGuard::parse("policies:x"), None);
    }

    #[test]
    fn what_was_kept_is_what_was_asked_whatever_stands_in_it() {
        let until = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z");
        let (of_1, chef): (OrganisationId, AccountId) = ("of-1".parse().unwrap(), "chef".parse().unwrap());
        let mut requests = vec![
            addition(None),
            addition(until),
            ApprovalRequest::HandOver {
                organisation: of_1.clone(),
                from: chef.clone(),
                to: "adj".parse().unwrap(),
            },
            ApprovalRequest::OpenGate { reach: Reach::Everything, gate: Gate::StepUp },
            ApprovalRequest::OpenGate { reach: Reach::Account(chef.clone()), gate: Gate::Open },
            ApprovalRequest::Reopen(ReopeningStep {
                reach: Reach::Organisation(of_1.clone()),
                gate: Gate::Open,
                percent: 25,
                incident: "in-1".to_owned(),
            }),
            ApprovalRequest::AddAccounts((0..3).map(account).collect()),
            ApprovalRequest::RecoverAccount { account: chef.clone(), since: Timestamp::from_micros(7) },
            ApprovalRequest::ExportJournal,
        ];
        // Identifiers of a portal and names are anything: no text runs into the next field.
        for hostile in ["P\t7", "P7\tchef\t2030-01-01T00:00:00Z", "a\nb", "\"}", "\\", " ", "é\u{1}"] {
            let mut one = addition(until);
            if let ApprovalRequest::AddToCaseload(addition) = &mut one {
                addition.person = hostile.to_owned();
                addition.account = Some(chef.clone());
            }
            requests.push(one);
            let (thumbprint, name) = ("x".repeat(43), hostile.to_owned());
            requests.push(ApprovalRequest::IssueKey { account: chef.clone(), thumbprint, name });
        }
        for request in requests {
            let record = ApprovalRecord {
                id: "ap-1".to_owned(),
                kind: request.kind().to_owned(),
                subject: request.subject(),
                detail: request.detail(),
                organisation: of_1.clone(),
                reason: String::new(),
                asked_by: chef.clone(),
                asked_at: Timestamp::ZERO,
                expires_at: Timestamp::ZERO,
                decided: None,
            };
            assert_eq!(ApprovalRequest::of(&record), Some(request));
        }
    }
}
