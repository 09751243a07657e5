//! An earlier register of violations, from a spreadsheet: each row becomes an incident.
//!
//! What is right is taken, what is not is told row by row and column by column, and a row that is
//! there already is left alone: the file can be mended and read again.

use std::collections::{BTreeMap, HashSet};

use digue_inspect::xlsx;
use digue_locales::{Language, Value, text, text_with};
use digue_response::clock::Awareness;
use digue_response::incident::{Source, State};
use digue_response::notification::{Field, Shape};
use digue_response::register::{COLUMNS, Column, Earlier, read_row};
use digue_response::vocabulary::Exemption;
use digue_response::{Incident, Note};
use digue_types::Timestamp;

use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::House;
use crate::incidents;
use crate::papers::{Reader, column_name};

/// A spreadsheet once unpacked, and its rows.
const BYTES_MAX: usize = 64 << 20;
const ROWS_MAX: usize = 5_000;
/// Faults that are listed.
const FAULTS_MAX: usize = 500;

/// A cell that cannot be used: row from 1, the column's code, and the fault's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    pub row: u32,
    pub column: &'static str,
    pub fault: &'static str,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImportedRegister {
    pub taken: u32,
    /// In the register already.
    pub known: u32,
    pub faults: Vec<RowFault>,
}

/// Reads a workbook whose first sheet has the register's columns, in either language.
pub async fn import(house: &House, actor: &Actor, bytes: &[u8]) -> Result<ImportedRegister, OperationError> {
    actor.must_respond()?;
    let unreadable = |_| OperationError::Invalid("invalid-register");
    let rows = xlsx::first_sheet(bytes, BYTES_MAX, ROWS_MAX).map_err(unreadable)?;
    let mut rows = rows.into_iter();
    let (_, header) = rows.next().ok_or(OperationError::Invalid("invalid-register"))?;
    let places = places(&header);
    if !places.iter().any(|(_, name)| *name == "title") {
        return Err(OperationError::Invalid("invalid-register"));
    }
    let known = incidents::list(house, actor).await?;
    let mut known: HashSet<(String, Option<Timestamp>)> =
        known.iter().map(|view| identity(&view.incident)).collect();
    let mut done = ImportedRegister::default();
    for (row, cells) in rows {
        let named = places.iter().filter_map(|(place, name)| Some((*name, cells.get(place)?.clone())));
        let cells: BTreeMap<&str, String> = named.collect();
        match read_row(&cells, &choice) {
            Ok(earlier) if !known.insert((earlier.title.clone(), earlier.aware_at)) => done.known += 1,
            Ok(earlier) => {
                take(house, actor, earlier).await?;
                done.taken += 1;
            }
            Err(faults) => {
                let told =
                    faults.into_iter().map(|(column, fault)| RowFault { row, column, fault: fault.code() });
                done.faults.extend(told);
                done.faults.truncate(FAULTS_MAX);
            }
        }
    }
    Ok(done)
}

/// What tells one violation from another.
fn identity(incident: &Incident) -> (String, Option<Timestamp>) {
    (incident.title.clone(), incident.aware_at())
}

/// Which column is which, by its name in either language or its code.
fn places(header: &BTreeMap<usize, String>) -> Vec<(usize, &'static str)> {
    let readers = Language::ALL.map(|language| Reader { language, zone: jiff::tz::TimeZone::UTC });
    let named = |text: &str| {
        let text = text.trim().to_lowercase();
        COLUMNS.iter().find(|(name, column)| {
            text == *name
                || readers.iter().any(|reader| column_name(reader, name, *column).to_lowercase() == text)
        })
    };
    header.iter().filter_map(|(place, text)| named(text).map(|(name, _)| (*place, *name))).collect()
}

/// A word of either language as a code of the field.
fn choice(field: Field, word: &str) -> Option<String> {
    let (Shape::One(codes) | Shape::Many(codes)) = field.shape() else { return None };
    let word = word.trim().to_lowercase();
    let is_it = |code: &&&str| {
        let key = field.choice_key(code).unwrap_or_default();
        **code == word || Language::ALL.iter().any(|language| text(*language, &key).to_lowercase() == word)
    };
    codes.iter().find(is_it).map(|code| (*code).to_owned())
}

/// One row as an incident of its own.
async fn take(house: &House, actor: &Actor, earlier: Earlier) -> Result<(), OperationError> {
    let why = text(Language::default(), "register-earlier");
    let id = incidents::open(house, actor, Source::Imported, &earlier.title, "").await?;
    let mut notes = Vec::new();
    if let Some(at) = earlier.aware_at {
        notes.push(Note::Aware { at: at.micros(), reason: why.clone(), of: Awareness::Data });
    }
    notes.extend(earlier.fields.into_iter().map(|(field, value)| Note::FieldSet { field, value }));
    let (authority, persons) = (earlier.authority, earlier.persons);
    let is_over =
        authority.as_ref().is_some_and(|(is, _)| !is) && persons.as_ref().is_some_and(|(is, _)| !is);
    let reasoned = |reason: String| {
        let values = [("what", Value::from(why.clone())), ("text", Value::from(reason))];
        text_with(Language::default(), "log-pair", &values)
    };
    if let Some((notify, reason)) = authority {
        notes.push(Note::AuthorityDecided { notify, reason: reasoned(reason) });
    }
    if let Some((inform, reason)) = persons {
        let exemption = (!inform).then_some(Exemption::RiskNotHigh);
        notes.push(Note::PersonsDecided { inform, exemption, reason: reasoned(reason) });
    }
    notes.push(Note::StateSet { state: State::Contained, reason: why.clone() });
    if is_over {
        notes.push(Note::StateSet { state: State::Resolved, reason: why });
    }
    for note in notes {
        incidents::add(house, actor, &id, None, note).await?;
    }
    Ok(())
}

/// What a column is called in a reader's language.
pub fn column(reader: &Reader, name: &str) -> String {
    let found: Option<&(&str, Column)> = COLUMNS.iter().find(|(known, _)| *known == name);
    found.map(|(name, column)| column_name(reader, name, *column)).unwrap_or_default()
}
