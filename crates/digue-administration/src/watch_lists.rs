//! The lists that go with recorded exposures: accounts with their organisation, and caseloads.
//!
//! They are read like every other list of the operator: any usual encoding and delimiter, quoted
//! cells. A list with a fault is not used at all, because a theft could hide in the row that was
//! left out.

use digue_app::LineFault;
use digue_app::csv_file::{CsvColumn, CsvFile, CsvFileRow, PlacedFault};
use digue_detection::DeclaredBatch;
use digue_types::Timestamp;

/// The known properties of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAccount {
    pub account: String,
    /// Empty when the list does not state it.
    pub organisation: String,
    pub created: Option<Timestamp>,
    /// Declared automatic work of the account; its hours are in UTC.
    pub batch: Option<DeclaredBatch>,
}

/// A fictitious person, as the list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDecoy {
    pub portal: String,
    pub person: String,
    pub line: usize,
}

/// A person in the caseload of an account or an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseloadListRow {
    pub holder: String,
    pub person: String,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

const ACCOUNTS: [CsvColumn; 4] = [
    CsvColumn {
        name: "account",
        aliases: &["account", "compte"],
    },
    CsvColumn {
        name: "organisation",
        aliases: &["organisation", "organization", "organisme"],
    },
    CsvColumn {
        name: "created",
        aliases: &["created", "created at", "cree", "cree le"],
    },
    CsvColumn {
        name: "batch",
        aliases: &["batch", "traitement"],
    },
];

const CASELOAD: [CsvColumn; 5] = [
    CsvColumn {
        name: "account",
        aliases: &["account", "compte"],
    },
    CsvColumn {
        name: "organisation",
        aliases: &["organisation", "organization", "organisme"],
    },
    CsvColumn {
        name: "person",
        aliases: &["person", "personne"],
    },
    CsvColumn {
        name: "from",
        aliases: &["from", "du", "debut"],
    },
    CsvColumn {
        name: "until",
        aliases: &["until", "au", "fin"],
    },
];

const DECOYS: [CsvColumn; 2] = [
    CsvColumn {
        name: "portal",
        aliases: &["portal", "portail"],
    },
    CsvColumn {
        name: "person",
        aliases: &["person", "personne"],
    },
];

/// The most faults that are listed; reading stops there.
const FAULTS_MAX: usize = 20;

/// Reads CSV with a header: `account`, and optionally `organisation`, `created` (a date or an
/// instant) and `batch` (`01:00-05:00 600`: hours and persons a day).
///
/// # Errors
/// Every fault with its line and column.
pub fn accounts(bytes: &[u8]) -> Result<Vec<ListedAccount>, Vec<LineFault>> {
    rows(bytes, &ACCOUNTS, &[0], "watch-accounts", |row| {
        let account = row.cell(0);
        if account.is_empty() {
            return Err(LineFault::new(row.line, "watch-list-account").at("account"));
        }
        let organisation = row.cell(1).to_owned();
        let created = moment(row, 2, "created")?;
        let batch = batch(row, account)?;
        Ok(ListedAccount {
            account: account.to_owned(),
            organisation,
            created,
            batch,
        })
    })
}

/// Reads CSV with a header: `person`, `account` or `organisation`, and optionally `from` and
/// `until` (dates or instants).
///
/// # Errors
/// Every fault with its line and column.
pub fn caseload(bytes: &[u8]) -> Result<Vec<CaseloadListRow>, Vec<LineFault>> {
    rows(bytes, &CASELOAD, &[2], "watch-caseload", |row| {
        let holder = Some(row.cell(0))
            .filter(|name| !name.is_empty())
            .unwrap_or(row.cell(1));
        if holder.is_empty() {
            return Err(LineFault::new(row.line, "watch-list-holder"));
        }
        let person = row.cell(2);
        if person.is_empty() {
            return Err(LineFault::new(row.line, "watch-list-person").at("person"));
        }
        Ok(CaseloadListRow {
            holder: holder.to_owned(),
            person: person.to_owned(),
            from: moment(row, 3, "from")?,
            until: moment(row, 4, "until")?,
        })
    })
}

/// Reads CSV with a header: `portal` and `person`.
///
/// # Errors
/// The first line that cannot be read; the first of all when there is no header. A decoy that is
/// left out would be missed by nobody.
pub fn decoys(bytes: &[u8]) -> Result<Vec<ListedDecoy>, usize> {
    let file = CsvFile::open(bytes, &DECOYS, &[0, 1]).map_err(|fault| fault.line)?;
    let (mut taken, mut wrong) = (Vec::new(), None);
    file.each(|row| {
        match row.map_err(|fault| fault.line).and_then(|row| decoy(&row)) {
            Ok(decoy) => taken.push(decoy),
            Err(line) => wrong = Some(line),
        }
        wrong.is_none()
    });
    wrong.map_or(Ok(taken), Err)
}

fn decoy(row: &CsvFileRow<'_>) -> Result<ListedDecoy, usize> {
    let (portal, person) = (row.cell(0), row.cell(1));
    // A quote that is never closed takes the next lines along.
    let is_torn = person.contains(char::is_control) || portal.contains(char::is_control);
    if portal.is_empty() || person.is_empty() || is_torn {
        return Err(row.line);
    }
    Ok(ListedDecoy {
        portal: portal.to_owned(),
        person: person.to_owned(),
        line: row.line,
    })
}

fn rows<T>(
    bytes: &[u8],
    columns: &[CsvColumn],
    needed: &[usize],
    prefix: &str,
    mut read: impl FnMut(&CsvFileRow<'_>) -> Result<T, LineFault>,
) -> Result<Vec<T>, Vec<LineFault>> {
    let line_fault = |fault: PlacedFault| fault.line_fault(prefix);
    let file = CsvFile::open(bytes, columns, needed).map_err(|fault| vec![line_fault(fault)])?;
    let (mut taken, mut faults) = (Vec::new(), Vec::new());
    file.each(|row| {
        match row.map_err(line_fault).and_then(|row| read(&row)) {
            Ok(row) => taken.push(row),
            Err(fault) => faults.push(fault),
        }
        faults.len() < FAULTS_MAX
    });
    if faults.is_empty() {
        Ok(taken)
    } else {
        Err(faults)
    }
}

fn batch(row: &CsvFileRow<'_>, account: &str) -> Result<Option<DeclaredBatch>, LineFault> {
    let text = row.cell(3);
    if text.is_empty() {
        return Ok(None);
    }
    parse_batch(text, account)
        .map(Some)
        .ok_or_else(|| LineFault::new(row.line, "watch-list-batch").at("batch"))
}

/// `22:00-04:30 500`.
fn parse_batch(text: &str, account: &str) -> Option<DeclaredBatch> {
    let (hours, persons) = text.split_once(' ')?;
    let (from_minute, until_minute) = parse_hours(hours)?;
    let persons = persons.trim().parse().ok().filter(|persons| *persons > 0)?;
    Some(DeclaredBatch {
        account: account.to_owned(),
        from_minute,
        until_minute,
        persons,
    })
}

fn parse_hours(text: &str) -> Option<(u32, u32)> {
    let (from, until) = text.split_once('-')?;
    let hours = (parse_minute(from)?, parse_minute(until)?);
    // Equal ends could mean a whole day or no time at all.
    (hours.0 != hours.1).then_some(hours)
}

/// The minute of the day of `01:00`. `24:00` is refused: the end of a day is written `00:00`.
pub fn parse_minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        let is_written = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        // `parse` alone would take `+1` for an hour.
        part.parse::<u32>().ok().filter(|_| is_written)
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// The text that `parse_minute` reads.
pub fn written_minute(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

fn moment(row: &CsvFileRow<'_>, column: usize, name: &str) -> Result<Option<Timestamp>, LineFault> {
    match row.cell(column) {
        "" => Ok(None),
        text => match Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_date(text)) {
            Some(at) => Ok(Some(at)),
            None => Err(LineFault::new(row.line, "watch-list-date").at(name)),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Option<Timestamp> {
        Some(Timestamp::parse_date(text).unwrap())
    }

    #[test]
    fn quoted_separators_and_line_breaks_stand_in_cells() {
        let text = "account,organisation,note,created\r\n\
                    a1,\"Dupont, frères\",\"two\r\nlines\",2026-01-02\r\n\
                    \"a;2\",of-2,,2026-01-02T08:00:00Z\r\n";
        let listed = accounts(text.as_bytes()).unwrap();
        let of = |account: &str, organisation: &str, created| ListedAccount {
            account: account.to_owned(),
            organisation: organisation.to_owned(),
            created,
            batch: None,
        };
        let instant = Timestamp::parse_rfc3339("2026-01-02T08:00:00Z");
        assert_eq!(
            listed,
            [
                of("a1", "Dupont, frères", date("2026-01-02")),
                of("a;2", "of-2", instant)
            ]
        );
        let listed = caseload(
            b"compte;organisme;personne;du;au\na1;;P1;2026-01-02;\n;o;\"P;2\";;2026-02-01\n",
        );
        let of = |holder: &str, person: &str, from, until| CaseloadListRow {
            holder: holder.to_owned(),
            person: person.to_owned(),
            from,
            until,
        };
        let expected = [
            of("a1", "P1", date("2026-01-02"), None),
            of("o", "P;2", None, date("2026-02-01")),
        ];
        assert_eq!(listed.unwrap(), expected);
    }

    #[test]
    fn decoys_need_a_header_and_may_be_quoted() {
        let of = |portal: &str, person: &str, line| ListedDecoy {
            portal: portal.to_owned(),
            person: person.to_owned(),
            line,
        };
        let listed = decoys("\u{feff}portal;person\r\n\r\nkairos;\"V;7\"\r\n".as_bytes());
        assert_eq!(listed, Ok(vec![of("kairos", "V;7", 3)]));
        let listed = decoys(b"person,portal\nV7,kairos\nV8,kairos\n");
        let expected = vec![of("kairos", "V7", 2), of("kairos", "V8", 3)];
        assert_eq!(listed, Ok(expected));
        // Without a header its first decoy would be lost without a word.
        assert_eq!(decoys(b"kairos,V7\nkairos,V8\n"), Err(1));
        assert_eq!(decoys(b"portal,person\nkairos,V7\nkairos,\n"), Err(3));
        assert_eq!(decoys(b"portal,person\nkairos,\"V7\nkairos,V8\n"), Err(2));
    }

    #[test]
    fn a_batch_has_hours_and_persons() {
        let listed = accounts(b"account;batch\na1;23:30-05:00 600\na2;\n").unwrap();
        let batch = DeclaredBatch {
            account: "a1".into(),
            from_minute: 1410,
            until_minute: 300,
            persons: 600,
        };
        assert_eq!((&listed[0].batch, &listed[1].batch), (&Some(batch), &None));
        for wrong in [
            "01:00-05:00",
            "01:00-05:00 0",
            "1:00-05:00 6",
            "01:00-24:00 6",
            "01:00-01:00 6",
            "600",
        ] {
            let fault = LineFault::new(2, "watch-list-batch").at("batch");
            assert_eq!(
                accounts(format!("account,batch\na1,{wrong}\n").as_bytes()),
                Err(vec![fault]),
                "{wrong}"
            );
        }
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_column() {
        let of = |line, column: Option<&str>, key: &str| LineFault {
            line,
            column: column.map(ToOwned::to_owned),
            key: key.to_owned(),
        };
        assert_eq!(
            accounts(b"name\nx\n"),
            Err(vec![of(1, None, "watch-accounts-fault-header")])
        );
        assert_eq!(
            accounts(b"account,created\n\"a\n1\",2026-13-01\n,2026-01-01\na3,2026-01-01\n"),
            Err(vec![
                of(2, Some("created"), "watch-list-date"),
                of(4, Some("account"), "watch-list-account"),
            ])
        );
        assert_eq!(
            caseload(b"account,person\n,P1\na1,\n\"a2,P2\na3,P3\n"),
            Err(vec![
                of(2, None, "watch-list-holder"),
                of(3, Some("person"), "watch-list-person"),
                of(4, None, "watch-caseload-fault-row"),
            ])
        );
    }

    proptest! {
        #[test]
        fn hostile_lists_do_no_harm(text in "(account|person|created|until|[,;\"\n ]|[a-z0-9é-]{1,4}){0,60}") {
            let _ = (accounts(text.as_bytes()), caseload(text.as_bytes()));
        }
    }
}
