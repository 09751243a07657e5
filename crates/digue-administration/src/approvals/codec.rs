//! The stored form of approval requests: JSON with a version.
//!
//! The names of the fields cannot change: requests made before an upgrade are read after it. The
//! form of version 0.1.0 is read by `earlier_form`.

use std::time::Duration;

use digue_access::{KeyProof, Reach, Role};
use digue_app::OperationError;
use digue_backup::acceptance::SnapshotAcceptance;
use digue_backup::deletion::BackupDeletion;
use digue_backup::{RepositoryId, SnapshotId};
use digue_evidence::reading::EXPORT_REQUEST;
use digue_store::ApprovalRecord;
use digue_types::{Gate, Timestamp};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use super::earlier_form;
use super::request::{
    AgreedRelation, ApprovalRequest, NewAccount, OPEN_RECORD, RecordRequest, ReopeningStep,
    RulesGuard,
};
use crate::loads::{LoadTarget, WaitingLoad};

/// The version of the stored form.
const VERSION: u32 = 1;

/// A stored request that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored approval request {id} ({kind}) cannot be read")]
pub struct UnreadableRequest {
    pub id: String,
    pub kind: String,
}

impl From<UnreadableRequest> for OperationError {
    fn from(unreadable: UnreadableRequest) -> Self {
        Self::Unavailable(unreadable.to_string())
    }
}

impl ApprovalRequest {
    /// The whole request as it is stored. Named JSON fields and not one line of words: a portal's
    /// identifiers may contain anything, and must not run into the next field.
    pub(crate) fn detail(&self) -> String {
        let mut json = match self {
            Self::OpenGate { reach, gate } => {
                json!({"reach": reach_json(reach), "gate": gate.code()})
            }
            Self::Reopen(step) => json!({
                "reach": reach_json(&step.reach),
                "gate": step.gate.code(),
                "percent": step.percent,
                "incident": step.incident,
            }),
            Self::AddAccounts(accounts) => {
                json!({"accounts": accounts.iter().map(account_json).collect::<Vec<_>>()})
            }
            Self::RecoverAccount { account, since } => {
                json!({"account": account, "since": since.micros()})
            }
            Self::IssueKey {
                account,
                proof,
                name,
            } => {
                json!({"account": account, "thumbprint": proof.code(), "name": name})
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
            Self::OpenRecord(one) => json!({
                "portal": one.portal,
                "population": one.population,
                "class": one.class,
                "person": one.person,
                "account": one.account,
                "lasts": one.lasts.as_secs(),
            }),
            Self::Load(load) => json!({"target": load.target.name(), "load": load.detail()}),
            Self::AllowFeed {
                account,
                target,
                per_day,
            } => {
                json!({"account": account, "target": target.name(), "per_day": per_day})
            }
            Self::MoveAccount {
                account,
                organisation,
                role,
            } => {
                json!({"account": account, "organisation": organisation, "role": role.code()})
            }
            Self::HandOver {
                organisation,
                from,
                to,
            } => {
                json!({"organisation": organisation, "from": from, "to": to})
            }
            Self::DeleteBackups(deletion) => json!({
                "repository": deletion.repository,
                "id": deletion.id,
                "snapshots": deletion.snapshots,
            }),
            Self::AcceptSnapshots(acceptance) => json!({"acceptance": acceptance}),
        };
        json["version"] = VERSION.into();
        json.to_string()
    }

    /// Reads a stored request. It is never completed by guessing, because an approver read the
    /// original.
    ///
    /// # Errors
    /// `UnreadableRequest` for one that a later version stored, or that was changed: it must be
    /// made again.
    pub fn of(record: &ApprovalRecord) -> Result<Self, UnreadableRequest> {
        let unreadable = || UnreadableRequest {
            id: record.id.clone(),
            kind: record.kind.clone(),
        };
        // The forms of 0.1.0 are no JSON objects.
        if !record.detail.starts_with('{') {
            return earlier_form::read(record).ok_or_else(unreadable);
        }
        let json: Json = serde_json::from_str(&record.detail).map_err(|_| unreadable())?;
        // Without a version: stored before versions were, in the form of version 1.
        if json
            .get("version")
            .is_some_and(|version| *version != VERSION)
        {
            return Err(unreadable());
        }
        Self::of_json(&record.kind, &json).ok_or_else(unreadable)
    }

    /// What the journal may hold of a stored request: its current form, and the form of 0.1.0.
    ///
    /// # Errors
    /// As `of`.
    pub(crate) fn journal_summaries(
        record: &ApprovalRecord,
    ) -> Result<Vec<String>, UnreadableRequest> {
        let mut forms = vec![Self::of(record)?.journal_summary()];
        if !record.detail.starts_with('{') {
            forms.push(
                format!("{} {}", record.kind, record.detail)
                    .trim_end()
                    .to_owned(),
            );
        }
        Ok(forms)
    }

    fn of_json(kind: &str, json: &Json) -> Option<Self> {
        match kind {
            "open-gate" => {
                let gate = Gate::parse(json["gate"].as_str()?)?;
                Some(Self::OpenGate {
                    reach: reach_of(&json["reach"])?,
                    gate,
                })
            }
            "reopen" => Some(Self::Reopen(ReopeningStep {
                reach: reach_of(&json["reach"])?,
                gate: Gate::parse(json["gate"].as_str()?)?,
                percent: json["percent"].as_u64()?.try_into().ok()?,
                incident: json["incident"].as_str()?.to_owned(),
            })),
            "add-accounts" => {
                let accounts = json["accounts"].as_array()?;
                accounts
                    .iter()
                    .map(account_of)
                    .collect::<Option<_>>()
                    .map(Self::AddAccounts)
            }
            "recover-account" => Some(Self::RecoverAccount {
                account: id(json, "account")?,
                since: Timestamp::from_micros(json["since"].as_i64()?),
            }),
            "issue-key" => Some(Self::IssueKey {
                account: id(json, "account")?,
                proof: KeyProof::parse(json["thumbprint"].as_str()?),
                name: json["name"].as_str()?.to_owned(),
            }),
            "widen-rules" => Some(Self::WidenRules {
                of: RulesGuard::parse(json["of"].as_str()?)?,
                detail: json["rules"].as_str()?.to_owned(),
            }),
            EXPORT_REQUEST => Some(Self::ExportJournal),
            "add-to-caseload" => Some(Self::AddToCaseload(AgreedRelation {
                population: id(json, "population")?,
                person: json["person"].as_str()?.to_owned(),
                account: maybe(json, "account", |text| text.parse().ok())?,
                organisation: id(json, "organisation")?,
                until: maybe(json, "until", Timestamp::parse_rfc3339)?,
            })),
            OPEN_RECORD => Some(Self::OpenRecord(RecordRequest {
                portal: id(json, "portal")?,
                population: id(json, "population")?,
                class: maybe(json, "class", |text| text.parse().ok())?,
                person: json["person"].as_str()?.to_owned(),
                account: id(json, "account")?,
                lasts: Duration::from_secs(json["lasts"].as_u64()?),
            })),
            "load" => {
                let target = LoadTarget::parse(json["target"].as_str()?)?;
                WaitingLoad::parse(target, json["load"].as_str()?).map(Self::Load)
            }
            "allow-feed" => Some(Self::AllowFeed {
                account: id(json, "account")?,
                target: LoadTarget::parse(json["target"].as_str()?)?,
                per_day: json["per_day"].as_u64()?.try_into().ok()?,
            }),
            "move-account" => Some(Self::MoveAccount {
                account: id(json, "account")?,
                organisation: id(json, "organisation")?,
                role: Role::parse(json["role"].as_str()?)?,
            }),
            "hand-over" => Some(Self::HandOver {
                organisation: id(json, "organisation")?,
                from: id(json, "from")?,
                to: id(json, "to")?,
            }),
            "delete-backups" => {
                let snapshots = json["snapshots"].as_array()?.iter();
                let snapshots = snapshots.map(|text| SnapshotId::parse(text.as_str()?).ok());
                Some(Self::DeleteBackups(BackupDeletion {
                    repository: json["repository"].as_str()?.to_owned(),
                    id: RepositoryId::parse(json["id"].as_str()?).ok()?,
                    snapshots: snapshots.collect::<Option<_>>()?,
                }))
            }
            "accept-snapshots" => {
                let acceptance = SnapshotAcceptance::deserialize(&json["acceptance"]).ok()?;
                Some(Self::AcceptSnapshots(acceptance))
            }
            _ => None,
        }
    }
}

fn account_json(one: &NewAccount) -> Json {
    json!({
        "account": one.account,
        "organisation": one.organisation,
        "role": one.role.code(),
        "email": one.email,
    })
}

fn account_of(json: &Json) -> Option<NewAccount> {
    Some(NewAccount {
        account: id(json, "account")?,
        organisation: id(json, "organisation")?,
        role: Role::parse(json["role"].as_str()?)?,
        email: maybe(json, "email", |text| Some(text.to_owned()))?,
    })
}

/// An identifier in a field of stored JSON.
fn id<T: std::str::FromStr>(json: &Json, field: &str) -> Option<T> {
    json[field].as_str()?.parse().ok()
}

/// An optional field. The outer `None` means that a value is there and cannot be read: taking it
/// for absent would turn one account into a whole organisation, or a dated relation into an endless
/// one.
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

#[cfg(test)]
mod tests {
    use digue_types::{AccountId, OrganisationId, PopulationId, Subject};

    use digue_backup::acceptance::AcceptedAs;
    use digue_backup::retention::{FreezeCause, FrozenSnapshot};

    use super::*;

    fn account(number: usize) -> NewAccount {
        NewAccount {
            account: AccountId::parse(&format!("agent{number}")).unwrap(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            role: Role::Agent,
            email: Some(format!("agent{number}@exemple.fr")),
        }
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
    fn what_was_kept_is_what_was_asked_whatever_stands_in_it() {
        let until = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z");
        let (of_1, chef): (OrganisationId, AccountId) =
            ("of-1".parse().unwrap(), "chef".parse().unwrap());
        let mut requests = vec![
            addition(None),
            addition(until),
            ApprovalRequest::HandOver {
                organisation: of_1.clone(),
                from: chef.clone(),
                to: "adj".parse().unwrap(),
            },
            ApprovalRequest::OpenGate {
                reach: Reach::Everything,
                gate: Gate::StepUp,
            },
            ApprovalRequest::OpenGate {
                reach: Reach::Account(chef.clone()),
                gate: Gate::Open,
            },
            ApprovalRequest::Reopen(ReopeningStep {
                reach: Reach::Organisation(of_1.clone()),
                gate: Gate::Open,
                percent: 25,
                incident: "in-1".to_owned(),
            }),
            ApprovalRequest::AddAccounts((0..3).map(account).collect()),
            ApprovalRequest::RecoverAccount {
                account: chef.clone(),
                since: Timestamp::from_micros(7),
            },
            ApprovalRequest::ExportJournal,
            ApprovalRequest::DeleteBackups(BackupDeletion {
                repository: "disque".to_owned(),
                id: RepositoryId::parse(&"a".repeat(64)).unwrap(),
                snapshots: ["1", "2"]
                    .map(|digit| SnapshotId::parse(&digit.repeat(64)).unwrap())
                    .to_vec(),
            }),
            ApprovalRequest::AcceptSnapshots(SnapshotAcceptance {
                repository: "disque".to_owned(),
                id: RepositoryId::parse(&"a".repeat(64)).unwrap(),
                accepted_as: AcceptedAs::Unsound,
                snapshots: vec![FrozenSnapshot {
                    snapshot: SnapshotId::parse(&"1".repeat(64)).unwrap(),
                    cause: FreezeCause::AheadOfClock,
                }],
            }),
            ApprovalRequest::OpenRecord(RecordRequest {
                portal: "kairos".parse().unwrap(),
                population: "personnes".parse().unwrap(),
                class: "archived".parse().ok(),
                person: "P7\tchef".to_owned(),
                account: chef.clone(),
                lasts: Duration::from_hours(8),
            }),
        ];
        // Identifiers of a portal and names are anything: no text runs into the next field.
        for hostile in [
            "P\t7",
            "P7\tchef\t2030-01-01T00:00:00Z",
            "a\nb",
            "\"}",
            "\\",
            " ",
            "é\u{1}",
        ] {
            let mut one = addition(until);
            if let ApprovalRequest::AddToCaseload(addition) = &mut one {
                addition.person = hostile.to_owned();
                addition.account = Some(chef.clone());
            }
            requests.push(one);
            let (proof, name) = (KeyProof::Signed("x".repeat(43)), hostile.to_owned());
            requests.push(ApprovalRequest::IssueKey {
                account: chef.clone(),
                proof,
                name,
            });
        }
        for request in requests {
            let record = record(request.kind(), request.subject(), &request.detail());
            assert_eq!(ApprovalRequest::of(&record).as_ref(), Ok(&request));
            // As it was stored before there were versions.
            let mut json: Json = serde_json::from_str(&record.detail).unwrap();
            json.as_object_mut().unwrap().remove("version");
            let earlier = ApprovalRecord {
                detail: json.to_string(),
                ..record
            };
            assert_eq!(ApprovalRequest::of(&earlier), Ok(request));
        }
    }

    fn record(kind: &str, subject: Subject, detail: &str) -> ApprovalRecord {
        ApprovalRecord {
            id: "ap-1".to_owned(),
            kind: kind.to_owned(),
            subject,
            detail: detail.to_owned(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            reason: String::new(),
            asked_by: AccountId::parse("chef").unwrap(),
            asked_at: Timestamp::ZERO,
            expires_at: Timestamp::ZERO,
            decided: None,
        }
    }

    #[test]
    fn a_request_that_cannot_be_read_is_an_error_that_names_it() {
        let later = r#"{"version":2,"from":"chef","to":"adj","organisation":"of-1"}"#;
        for (kind, detail) in [
            ("hand-over", later),
            (
                "hand-over",
                r#"{"version":"1","from":"chef","to":"adj","organisation":"of-1"}"#,
            ),
            (
                "hand-over",
                r#"{"version":1,"from":"chef","organisation":"of-1"}"#,
            ),
            ("hand-over", "{"),
            ("hand-over", "chef"),
            ("a-later-kind", "{}"),
        ] {
            let of_1 = OrganisationId::parse("of-1").unwrap();
            let found = ApprovalRequest::of(&record(kind, of_1.into(), detail)).unwrap_err();
            assert_eq!(
                found.to_string(),
                format!("the stored approval request ap-1 ({kind}) cannot be read")
            );
        }
    }
}
