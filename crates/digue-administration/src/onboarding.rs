//! Adding many accounts from a CSV: all or nothing, every fault with its line.
//!
//! An unknown column with content is a fault: ignoring it could lose a role or an address.

use std::collections::{HashMap, HashSet};

use digue_access::{Role, Snapshot};
use digue_app::csv_file::{CsvColumn, CsvFile, CsvFileRow, PlacedFault};
use digue_app::directory::organisation_of;
use digue_app::{Actor, App, LineFault, OperationError, require};
use digue_locales::{Language, text as locale_text};
use digue_mail::parse_address;
use digue_types::{AccountId, OrganisationId};

use crate::approvals::{ApprovalRequest, NewAccount, may_add};
use crate::organisations::roles_to_give;

/// The most accounts in one file.
const ACCOUNTS_MAX: usize = 5_000;
/// The most faults that are listed.
const FAULTS_MAX: usize = 200;

const ACCOUNT: usize = 0;
const ORGANISATION: usize = 1;
const ROLE: usize = 2;
const EMAIL: usize = 3;

/// French and English column names; only the account is required.
const COLUMNS: [CsvColumn; 4] = [
    CsvColumn {
        name: "account",
        aliases: &["account", "compte", "identifiant"],
    },
    CsvColumn {
        name: "organisation",
        aliases: &["organisation", "organization", "organisme"],
    },
    CsvColumn {
        name: "role",
        aliases: &["role", "rôle"],
    },
    CsvColumn {
        name: "email",
        aliases: &["email", "e-mail", "mail", "courriel"],
    },
];

/// Reads a file into an approval request: column `account`, and optionally `organisation` (default:
/// the actor's own), `role` (default: agent) and `email` (default: none).
pub async fn read(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
) -> Result<ApprovalRequest, OperationError> {
    require(!roles_to_give(actor).is_empty())?;
    let (rules, actor, bytes) = (app.gateway().rules(), actor.clone(), bytes.to_vec());
    app.blocking(move || accounts_in(&rules, &actor, &bytes))
        .await?
}

fn accounts_in(
    rules: &Snapshot,
    actor: &Actor,
    bytes: &[u8],
) -> Result<ApprovalRequest, OperationError> {
    let own = organisation_of(rules, actor);
    let line_fault = |fault: PlacedFault| fault.line_fault("onboarding");
    let file = CsvFile::open(bytes, &COLUMNS, &[ACCOUNT])
        .map_err(|fault| OperationError::Faults(vec![line_fault(fault)]))?;
    let mut accounts: Vec<NewAccount> = Vec::new();
    let mut lines: HashMap<AccountId, usize> = HashMap::new();
    let mut faults = Vec::new();
    let mut unknown: HashSet<usize> = HashSet::new();
    file.each(|read| {
        let row = match read {
            Ok(row) => row,
            Err(fault) => {
                faults.push(line_fault(fault));
                return faults.len() < FAULTS_MAX;
            }
        };
        // Reported once for each column.
        for column in row
            .filled_ignored()
            .filter(|column| unknown.insert(*column))
        {
            faults.push(
                LineFault::new(row.line, "onboarding-fault-column").at(&file.ignored[column]),
            );
        }
        let fault =
            |column: usize, key: &str| LineFault::new(row.line, key).at(COLUMNS[column].name);
        match read_row(&row, own.as_ref()) {
            Err((column, key)) => faults.push(fault(column, key)),
            Ok(one) if !may_add(actor, own.as_ref(), &one.organisation, one.role) => {
                faults.push(fault(ROLE, "onboarding-fault-denied"));
            }
            Ok(one) if rules.directory.find(&one.account).is_some() => {
                faults.push(fault(ACCOUNT, "onboarding-fault-exists"));
            }
            Ok(one) if lines.insert(one.account.clone(), row.line).is_some() => {
                faults.push(fault(ACCOUNT, "onboarding-fault-twice"));
            }
            Ok(_) if accounts.len() == ACCOUNTS_MAX => {
                faults.push(LineFault::new(row.line, "onboarding-fault-many"));
                return false;
            }
            Ok(one) => accounts.push(one),
        }
        faults.len() < FAULTS_MAX
    });
    if accounts.is_empty() && faults.is_empty() {
        faults.push(LineFault::new(1, "onboarding-fault-empty"));
    }
    if faults.is_empty() {
        Ok(ApprovalRequest::AddAccounts(accounts))
    } else {
        Err(OperationError::Faults(faults))
    }
}

/// An e-mail address in normal form; `None` when the text is not one.
pub fn parse_email(text: &str) -> Option<String> {
    parse_address(text)
}

fn read_row(
    row: &CsvFileRow<'_>,
    own: Option<&OrganisationId>,
) -> Result<NewAccount, (usize, &'static str)> {
    let organisation = read_organisation(row.cell(ORGANISATION), own)
        .ok_or((ORGANISATION, "onboarding-fault-organisation"))?;
    let role = match row.cell(ROLE) {
        "" => Role::Agent,
        text => role_named(text).ok_or((ROLE, "onboarding-fault-role"))?,
    };
    let email = read_email(row.cell(EMAIL))?;
    let account = AccountId::parse(row.cell(ACCOUNT));
    Ok(NewAccount {
        account: account.map_err(|_| (ACCOUNT, "onboarding-fault-account"))?,
        organisation,
        role,
        email,
    })
}

/// That of the sender where the cell is empty.
fn read_organisation(text: &str, own: Option<&OrganisationId>) -> Option<OrganisationId> {
    match text {
        "" => own.cloned(),
        text => OrganisationId::parse(text).ok(),
    }
}

fn read_email(text: &str) -> Result<Option<String>, (usize, &'static str)> {
    match text {
        "" => Ok(None),
        text => parse_address(text)
            .map(Some)
            .ok_or((EMAIL, "onboarding-fault-email")),
    }
}

/// A role by its code or by its name in either language, ignoring case.
fn role_named(text: &str) -> Option<Role> {
    let name = text.trim().to_lowercase();
    let is_named = |role: &Role| {
        let names =
            Language::ALL.map(|language| locale_text(language, role_key(*role)).to_lowercase());
        role.code() == name || names.contains(&name) || plain(&name) == plain(&names[0])
    };
    Role::ALL.into_iter().find(is_named)
}

const fn role_key(role: Role) -> &'static str {
    match role {
        Role::Agent => "role-agent",
        Role::Deputy => "role-deputy",
        Role::Delegate => "role-delegate",
        Role::PortalTeam => "role-portal-team",
        Role::Ciso => "role-rssi",
        Role::Dpo => "role-dpo",
        Role::Auditor => "role-auditor",
        Role::Management => "role-direction",
    }
}

/// The text without French accents and without the feminine `e`, so that `Déléguée` is found.
fn plain(text: &str) -> String {
    let plain = text.chars().map(|sign| match sign {
        'é' | 'è' | 'ê' => 'e',
        'à' | 'â' => 'a',
        'ô' => 'o',
        sign => sign,
    });
    let plain: String = plain.collect();
    plain
        .strip_suffix("ee")
        .map(|stem| format!("{stem}e"))
        .unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_people_write_them() {
        for (text, role) in [
            ("agent", Some(Role::Agent)),
            ("Agent", Some(Role::Agent)),
            ("délégué", Some(Role::Delegate)),
            ("Déléguée", Some(Role::Delegate)),
            ("DELEGUE", Some(Role::Delegate)),
            ("delegate", Some(Role::Delegate)),
            ("suppléant", Some(Role::Deputy)),
            ("Équipe du portail", Some(Role::PortalTeam)),
            ("RSSI", Some(Role::Ciso)),
            ("chef", None),
            ("", None),
        ] {
            assert_eq!(role_named(text), role, "{text}");
        }
    }
}
