//! Many accounts at once, from a CSV: every fault with its line, and nothing half taken.

use std::collections::HashMap;

use digue_access::Role;
use digue_types::{AccountId, OrganisationId};

use crate::accounts::organisation_of;
use crate::actor::{Actor, allow};
use crate::approvals::{NewAccount, Wish, may_add};
use crate::error::{LineFault, OperationError};
use crate::house::House;
use crate::mail::parse_address;
use crate::organisations::roles_to_give;

/// Accounts in one file at most; more come in several.
const ACCOUNTS_MAX: usize = 5_000;
/// Faults that are told at once.
const FAULTS_MAX: usize = 200;

/// The columns of a file, by place.
struct Columns {
    account: usize,
    organisation: Option<usize>,
    role: Option<usize>,
    email: Option<usize>,
}

impl Columns {
    /// French and English names; only the account is needed.
    fn of(header: &csv::StringRecord) -> Option<Self> {
        let place = |names: &[&str]| {
            let is_named = |cell: &str| names.contains(&cell.trim().to_lowercase().as_str());
            header.iter().position(is_named)
        };
        Some(Self {
            account: place(&["account", "compte"])?,
            organisation: place(&["organisation", "organization"]),
            role: place(&["role", "rôle"]),
            email: place(&["email", "e-mail", "courriel"]),
        })
    }
}

/// Reads the wish that a file describes: columns `account`, and `organisation`, `role`, `email` where
/// they differ from the actor's own organisation, an agent, and nobody's mail.
pub fn read(house: &House, actor: &Actor, bytes: &[u8]) -> Result<Wish, OperationError> {
    allow(!roles_to_give(actor).is_empty())?;
    let rules = house.gateway().rules();
    let own = organisation_of(&rules, actor);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        OperationError::Faults(vec![LineFault::new(line, "onboarding-fault-utf8")])
    })?;
    // The reader counts lines by their last character only when it is alone.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    // Spreadsheets of French computers write semicolons.
    let delimiter = if first.contains(';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let columns = reader.headers().ok().and_then(Columns::of);
    let columns =
        columns.ok_or_else(|| OperationError::Faults(vec![LineFault::new(1, "onboarding-fault-header")]))?;
    let mut accounts: Vec<NewAccount> = Vec::new();
    let mut lines: HashMap<AccountId, usize> = HashMap::new();
    let mut faults = Vec::new();
    for row in reader.records() {
        let Ok(row) = row else {
            faults.push(LineFault::new(0, "onboarding-fault-row"));
            break;
        };
        let line = row.position().map_or(0, |place| usize::try_from(place.line()).unwrap_or(0));
        match read_row(&row, &columns, own.as_ref()) {
            Err(key) => faults.push(LineFault::new(line, key)),
            Ok(one) if !may_add(actor, own.as_ref(), &one.organisation, one.role) => {
                faults.push(LineFault::new(line, "onboarding-fault-denied"));
            }
            Ok(one) if rules.directory.find(&one.account).is_some() => {
                faults.push(LineFault::new(line, "onboarding-fault-exists"));
            }
            Ok(one) if lines.insert(one.account.clone(), line).is_some() => {
                faults.push(LineFault::new(line, "onboarding-fault-twice"));
            }
            Ok(_) if accounts.len() == ACCOUNTS_MAX => {
                faults.push(LineFault::new(line, "onboarding-fault-many"));
                break;
            }
            Ok(one) => accounts.push(one),
        }
        if faults.len() == FAULTS_MAX {
            break;
        }
    }
    if accounts.is_empty() && faults.is_empty() {
        faults.push(LineFault::new(1, "onboarding-fault-empty"));
    }
    if faults.is_empty() { Ok(Wish::AddAccounts(accounts)) } else { Err(OperationError::Faults(faults)) }
}

/// The address of one person, as it will be kept; `None` when it is none.
pub fn parse_email(text: &str) -> Option<String> {
    parse_address(text)
}

fn read_row(
    row: &csv::StringRecord,
    columns: &Columns,
    own: Option<&OrganisationId>,
) -> Result<NewAccount, &'static str> {
    let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).unwrap_or_default().trim();
    let organisation = match cell(columns.organisation) {
        "" => own.cloned().ok_or("onboarding-fault-organisation")?,
        text => OrganisationId::parse(text).map_err(|_| "onboarding-fault-organisation")?,
    };
    let role = match cell(columns.role) {
        "" => Role::Agent,
        text => Role::parse(text).ok_or("onboarding-fault-role")?,
    };
    let email = match cell(columns.email) {
        "" => None,
        text => Some(parse_address(text).ok_or("onboarding-fault-email")?),
    };
    let account = AccountId::parse(cell(Some(columns.account))).map_err(|_| "onboarding-fault-account")?;
    Ok(NewAccount { account, organisation, role, email })
}
