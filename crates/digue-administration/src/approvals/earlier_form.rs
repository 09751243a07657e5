//! The form of stored requests of version 0.1.0: words, tabs and lines, beside the subject of the
//! record.
//!
//! Only read, never written. A text that fits in two ways fits in none: a portal's identifier may
//! contain the separator.

use digue_access::{KeyProof, Reach, Role};
use digue_evidence::reading::EXPORT_REQUEST;
use digue_store::ApprovalRecord;
use digue_types::{AccountId, Gate, OrganisationId, Subject, Timestamp};

use super::request::{AgreedRelation, ApprovalRequest, NewAccount, ReopeningStep, RulesGuard};

/// The request of a record; `None` for another form. Kinds that 0.1.0 did not have are not read.
pub(super) fn read(record: &ApprovalRecord) -> Option<ApprovalRequest> {
    let detail = record.detail.as_str();
    match (record.kind.as_str(), &record.subject) {
        ("open-gate", subject) => Some(ApprovalRequest::OpenGate {
            reach: Reach::of(subject)?,
            gate: Gate::parse(detail)?,
        }),
        ("reopen", subject) => reopening(Reach::of(subject)?, detail),
        ("add-accounts", _) => {
            let accounts: Option<Vec<NewAccount>> = detail.lines().map(new_account).collect();
            // An empty list is no request: a record whose detail was lost would otherwise be
            // approved as nothing.
            accounts
                .filter(|accounts| !accounts.is_empty())
                .map(ApprovalRequest::AddAccounts)
        }
        ("recover-account", Subject::Account(account)) => Some(ApprovalRequest::RecoverAccount {
            account: account.clone(),
            since: Timestamp::from_micros(detail.parse().ok()?),
        }),
        ("issue-key", Subject::Account(account)) => {
            let (thumbprint, name) = detail.split_once(' ')?;
            let (proof, name) = (KeyProof::Signed(thumbprint.to_owned()), name.to_owned());
            Some(ApprovalRequest::IssueKey {
                account: account.clone(),
                proof,
                name,
            })
        }
        ("widen-rules", Subject::Portal(portal)) => Some(ApprovalRequest::WidenRules {
            of: RulesGuard::Portal(portal.clone()),
            detail: detail.to_owned(),
        }),
        (EXPORT_REQUEST, _) if detail.is_empty() => Some(ApprovalRequest::ExportJournal),
        ("add-to-caseload", Subject::Organisation(organisation)) => relation(organisation, detail),
        ("hand-over", Subject::Organisation(organisation)) => {
            let (from, to) = detail.split_once(' ')?;
            let (from, to) = (AccountId::parse(from).ok()?, AccountId::parse(to).ok()?);
            Some(ApprovalRequest::HandOver {
                organisation: organisation.clone(),
                from,
                to,
            })
        }
        _ => None,
    }
}

/// Gate, percent and incident.
fn reopening(reach: Reach, detail: &str) -> Option<ApprovalRequest> {
    let words: Vec<&str> = detail.split(' ').collect();
    let [gate, percent, incident] = words[..] else {
        return None;
    };
    let (gate, percent) = (Gate::parse(gate)?, percent.parse().ok()?);
    Some(ApprovalRequest::Reopen(ReopeningStep {
        reach,
        gate,
        percent,
        incident: incident.to_owned(),
    }))
}

/// Account, organisation, role, and an address if there is one.
fn new_account(line: &str) -> Option<NewAccount> {
    let words: Vec<&str> = line.split(' ').collect();
    let (account, organisation, role, email) = match words[..] {
        [account, organisation, role] => (account, organisation, role, None),
        [account, organisation, role, email] => {
            (account, organisation, role, Some(email.to_owned()))
        }
        _ => return None,
    };
    Some(NewAccount {
        account: account.parse().ok()?,
        organisation: organisation.parse().ok()?,
        role: Role::parse(role)?,
        email,
    })
}

/// Population, person, account and end; the last two may be empty.
fn relation(organisation: &OrganisationId, detail: &str) -> Option<ApprovalRequest> {
    let cells: Vec<&str> = detail.split('\t').collect();
    let [population, person, account, until] = cells[..] else {
        return None;
    };
    let account = match account {
        "" => None,
        account => Some(account.parse().ok()?),
    };
    let until = match until {
        "" => None,
        until => Some(Timestamp::parse_rfc3339(until)?),
    };
    Some(ApprovalRequest::AddToCaseload(AgreedRelation {
        population: population.parse().ok()?,
        person: person.to_owned(),
        account,
        organisation: organisation.clone(),
        until,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, subject: &str, detail: &str) -> Option<ApprovalRequest> {
        read(&ApprovalRecord {
            id: "ap-1".to_owned(),
            kind: kind.to_owned(),
            subject: Subject::parse(subject),
            detail: detail.to_owned(),
            organisation: "of-1".parse().unwrap(),
            reason: String::new(),
            asked_by: "chef".parse().unwrap(),
            asked_at: Timestamp::ZERO,
            expires_at: Timestamp::ZERO,
            decided: None,
        })
    }

    #[test]
    fn rows_of_0_1_0_are_read() {
        let chef = || AccountId::parse("chef").unwrap();
        let of_1 = || OrganisationId::parse("of-1").unwrap();
        let relation = |account: Option<AccountId>, until: Option<&str>| {
            ApprovalRequest::AddToCaseload(AgreedRelation {
                population: "personnes".parse().unwrap(),
                person: "P 7".to_owned(),
                account,
                organisation: of_1(),
                until: until.and_then(Timestamp::parse_rfc3339),
            })
        };
        let account = |email: Option<&str>| NewAccount {
            account: "a1".parse().unwrap(),
            organisation: of_1(),
            role: Role::Agent,
            email: email.map(ToOwned::to_owned),
        };
        let end = "2026-12-01T00:00:00Z";
        for (kind, subject, detail, expected) in [
            (
                "open-gate",
                "account:chef",
                "open",
                ApprovalRequest::OpenGate {
                    reach: Reach::Account(chef()),
                    gate: Gate::Open,
                },
            ),
            (
                "reopen",
                "organisation:of-1",
                "open 25 in-1",
                ApprovalRequest::Reopen(ReopeningStep {
                    reach: Reach::Organisation(of_1()),
                    gate: Gate::Open,
                    percent: 25,
                    incident: "in-1".to_owned(),
                }),
            ),
            (
                "add-accounts",
                "accounts:2",
                "a1 of-1 agent a1@exemple.fr\na1 of-1 agent",
                ApprovalRequest::AddAccounts(vec![account(Some("a1@exemple.fr")), account(None)]),
            ),
            (
                "recover-account",
                "account:chef",
                "7",
                ApprovalRequest::RecoverAccount {
                    account: chef(),
                    since: Timestamp::from_micros(7),
                },
            ),
            (
                "issue-key",
                "account:chef",
                "abc une feuille",
                ApprovalRequest::IssueKey {
                    account: chef(),
                    proof: KeyProof::Signed("abc".to_owned()),
                    name: "une feuille".to_owned(),
                },
            ),
            (
                "widen-rules",
                "portal:kairos",
                "sha256:ab\nbudgets",
                ApprovalRequest::WidenRules {
                    of: RulesGuard::Portal("kairos".parse().unwrap()),
                    detail: "sha256:ab\nbudgets".to_owned(),
                },
            ),
            (
                "export-journal",
                "journal:",
                "",
                ApprovalRequest::ExportJournal,
            ),
            (
                "add-to-caseload",
                "organisation:of-1",
                "personnes\tP 7\t\t",
                relation(None, None),
            ),
            (
                "add-to-caseload",
                "organisation:of-1",
                "personnes\tP 7\tchef\t2026-12-01T00:00:00Z",
                relation(Some(chef()), Some(end)),
            ),
            (
                "hand-over",
                "organisation:of-1",
                "chef adj",
                ApprovalRequest::HandOver {
                    organisation: of_1(),
                    from: chef(),
                    to: "adj".parse().unwrap(),
                },
            ),
        ] {
            assert_eq!(of(kind, subject, detail), Some(expected), "{kind}");
        }
    }

    #[test]
    fn a_row_of_0_1_0_that_fits_in_two_ways_is_not_read() {
        for (kind, subject, detail) in [
            // A person `P7<tab>chef`, or the person `P7` for the account `chef`?
            (
                "add-to-caseload",
                "organisation:of-1",
                "personnes\tP7\tchef\t2030-01-01T00:00:00Z\t\t",
            ),
            (
                "add-to-caseload",
                "organisation:of-1",
                "personnes\tP7\tchef\tdemain",
            ),
            ("add-accounts", "account:a1", "a1 of-1 agent x y"),
            ("add-accounts", "account:a1", ""),
            ("reopen", "account:chef", "open 25"),
            ("open-gate", "chef", "open"),
            ("export-journal", "journal:", "x"),
            ("move-account", "account:chef", "of-2 agent"),
        ] {
            assert_eq!(of(kind, subject, detail), None, "{detail}");
        }
    }
}
