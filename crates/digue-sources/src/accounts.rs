//! A list of accounts as a source gives it: who works here, and in which organisation.
//!
//! It says nothing of roles: deputies and delegates are appointed in Digue by two persons, and no
//! list names the operator's own people.

use std::collections::HashSet;

use digue_access::Role;
use digue_access::caseload::parse_moment;
use digue_administration::holders::HolderForm;
use digue_administration::provisioning::AccountRow;
use digue_app::csv_file::{CsvColumn, CsvFileRow, CsvForm};
use digue_app::{LineFault, OperationError};
use digue_types::{AccountId, OrganisationId, Timestamp};

const ACCOUNT: usize = 0;
const ORGANISATION: usize = 1;
const ROLE: usize = 2;
const NAME: usize = 3;
const JOB: usize = 4;
const TELEPHONE: usize = 5;
const EMAIL: usize = 6;
const UNTIL: usize = 7;

/// The columns that a query may have.
pub(crate) const COLUMNS: [&str; 8] = [
    "account",
    "organisation",
    "role",
    "name",
    "job",
    "telephone",
    "email",
    "until",
];

const FORM: CsvForm = CsvForm {
    prefix: "account-list",
    columns: &[
        column(ACCOUNT, &["account", "compte"]),
        column(ORGANISATION, &["organisation", "organization", "organisme"]),
        column(ROLE, &["role", "rôle"]),
        column(NAME, &["name", "nom"]),
        column(JOB, &["job", "title", "fonction"]),
        column(TELEPHONE, &["telephone", "téléphone", "phone"]),
        column(EMAIL, &["email", "e-mail", "mail", "courriel"]),
        column(UNTIL, &["until", "au", "fin"]),
    ],
    needed: &[ACCOUNT, ORGANISATION],
    one_of: &[],
};

const fn column(place: usize, aliases: &'static [&'static str]) -> CsvColumn {
    CsvColumn {
        name: COLUMNS[place],
        aliases,
    }
}

/// Reads a list, without those whose time has ended.
///
/// # Errors
/// `Faults`: a list with a fault is not used at all, since each row that is left out would be an
/// account that is closed.
pub(crate) fn read(csv: &[u8], now: Timestamp) -> Result<Vec<AccountRow>, OperationError> {
    let mut rows = Vec::new();
    let mut named = HashSet::new();
    FORM.each_row(csv, &mut |cells| {
        let (row, until) = read_row(cells)?;
        // In two organisations at once: which one is meant, nobody said.
        if !named.insert(row.account.clone()) {
            return Err(FORM.fault(cells, ACCOUNT, "account-list-fault-twice"));
        }
        if until.is_none_or(|until| now < until) {
            rows.push(row);
        }
        Ok(())
    })?;
    Ok(rows)
}

fn read_row(row: &CsvFileRow<'_>) -> Result<(AccountRow, Option<Timestamp>), LineFault> {
    let fault = |column, key| FORM.fault(row, column, key);
    let account = AccountId::parse(row.cell(ACCOUNT))
        .map_err(|_| fault(ACCOUNT, "account-list-fault-account"))?;
    // The names under which entries are Digue's own acts, or nobody's.
    if ["digue", "unknown"].contains(&account.as_str()) {
        return Err(fault(ACCOUNT, "account-list-fault-account"));
    }
    let organisation = OrganisationId::parse(row.cell(ORGANISATION))
        .map_err(|_| fault(ORGANISATION, "account-list-fault-organisation"))?;
    match row.cell(ROLE) {
        "" => {}
        role if Role::parse(&role.to_lowercase()) == Some(Role::Agent) => {}
        _ => return Err(fault(ROLE, "account-list-fault-role")),
    }
    let until =
        parse_moment(row.cell(UNTIL)).ok_or_else(|| fault(UNTIL, "account-list-fault-date"))?;
    let text = |column| row.cell(column).to_owned();
    let holder = HolderForm {
        name: text(NAME),
        job: text(JOB),
        telephone: text(TELEPHONE),
        email: text(EMAIL),
    };
    let row = AccountRow {
        account,
        organisation,
        holder,
    };
    Ok((row, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Faults = Vec<(usize, String)>;

    fn read_at(csv: &str, now: &str) -> Result<Vec<AccountRow>, Faults> {
        let now = Timestamp::parse_rfc3339(now).unwrap();
        match read(csv.as_bytes(), now) {
            Ok(rows) => Ok(rows),
            Err(OperationError::Faults(faults)) => Err(faults
                .into_iter()
                .map(|fault| (fault.line, fault.key))
                .collect()),
            Err(error) => panic!("{error}"),
        }
    }

    const NOW: &str = "2026-06-01T00:00:00Z";

    #[test]
    fn a_list_is_read_as_spreadsheets_write_it_and_ends_with_its_dates() {
        let csv = "Compte;Organisme;Nom;Téléphone;Courriel;Fin\n\
                   A1;of-1;Léa Martin;01 02 03 04 05;lea@exemple.fr;\n\
                   a2;OF-2;;;;31/05/2026\n\
                   a3;of-2;;;;01/06/2026\n\
                   a4;of-2;;;;2026-06-02\n";
        let rows = read_at(csv, NOW).unwrap();
        let names: Vec<(&str, &str)> = rows
            .iter()
            .map(|row| (row.account.as_str(), row.organisation.as_str()))
            .collect();
        assert_eq!(names, [("a1", "of-1"), ("a4", "of-2")]);
        assert_eq!(rows[0].holder.name, "Léa Martin");
        assert_eq!(rows[0].holder.email, "lea@exemple.fr");
    }

    #[test]
    fn one_bad_row_refuses_the_list_and_no_list_gives_a_role() {
        let with = |row: &str| {
            read_at(
                &format!("account,organisation,role,until\na1,of-1,agent,\n{row}\n"),
                NOW,
            )
        };
        assert_eq!(with("a2,of-1,,").unwrap().len(), 2);
        for (row, key) in [
            ("a1,of-2,,", "account-list-fault-twice"),
            ("a b,of-1,,", "account-list-fault-account"),
            ("digue,of-1,,", "account-list-fault-account"),
            ("a2,,,", "account-list-fault-organisation"),
            ("a2,of-1,deputy,", "account-list-fault-role"),
            ("a2,of-1,delegate,", "account-list-fault-role"),
            ("a2,of-1,rssi,", "account-list-fault-role"),
            ("a2,of-1,chef,", "account-list-fault-role"),
            ("a2,of-1,,demain", "account-list-fault-date"),
        ] {
            assert_eq!(with(row).unwrap_err(), [(3, key.to_owned())], "{row}");
        }
        let header = read_at("account\na1\n", NOW);
        let expected = [(1, "account-list-fault-header".to_owned())];
        assert_eq!(header.unwrap_err(), expected);
    }
}
