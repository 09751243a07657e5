//! An earlier register of violations, from a spreadsheet: each row becomes an incident.
//!
//! What is right is taken, what is not is told row by row and column by column, and a row that is
//! there already is left alone: the file can be mended and read again.

use std::collections::{BTreeMap, HashMap};

use digue_inspect::xlsx::UploadedCell;
use digue_locales::{Language, text, text_with};
use digue_response::clock::{Awareness, ClockKind};
use digue_response::incident::{Entry, REASON_CHARS_MIN, Source, State};
use digue_response::notification::{Field, Shape, Stage, Submission};
use digue_response::register::{COLUMNS, CellFault, Column, Earlier, RowReader};
use digue_response::vocabulary::Exemption;
use digue_response::{Incident, Note};
use digue_types::written::{DayOrder, folded};
use digue_types::{Timestamp, UnreadCause};

use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::House;
use crate::incidents::{self, TITLE_CHARS_MAX};
use crate::papers::{Reader, column_name, row_of};
use crate::uploaded_table::{TableWanted, UploadedTable};

const ROWS_MAX: usize = 5_000;
/// Faults that are listed.
const FAULTS_MAX: usize = 500;

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// From 1.
    pub row: u32,
    /// Sheet and cell: `Registre!B3`.
    pub place: String,
    /// Code of the column, and of the fault.
    pub column: &'static str,
    pub fault: &'static str,
    /// What the cell shows.
    pub seen: String,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImportedRegister {
    pub taken: u32,
    /// In the register already.
    pub known: u32,
    pub sheet: String,
    pub ignored_columns: Vec<String>,
    pub faults: Vec<RowFault>,
}

/// Reads a workbook that has a sheet with the register's columns, in either language.
pub async fn import(house: &House, actor: &Actor, bytes: &[u8]) -> Result<ImportedRegister, OperationError> {
    actor.must_respond()?;
    let table = find(bytes)?;
    let mut known = in_register(house, actor).await?;
    let mut done = ImportedRegister {
        sheet: table.sheet.clone(),
        ignored_columns: table.ignored.clone(),
        ..ImportedRegister::default()
    };
    let zone = house.response().zone.clone();
    let reader = RowReader {
        zone: &zone,
        now: house.clock.now(),
        choice: &choice,
        exemption: &exemption,
        state: &state,
        orders: table
            .columns
            .iter()
            .map(|(place, column)| (*column, DayOrder::of_column(table.texts_of(*place))))
            .collect(),
    };
    for row in &table.rows {
        let (cells, unreadable) = cells_of(&table, &row.cells);
        if cells.is_empty() && unreadable.is_empty() {
            continue;
        }
        let faults = match read(&reader, &cells, unreadable) {
            Ok(earlier) => match known.get(&identity(&earlier)) {
                Some(register) => match register.answered(&earlier).differs_from(&register.earlier) {
                    None => {
                        done.known += 1;
                        continue;
                    }
                    Some(column) => vec![(column, CellFault::Differs.code())],
                },
                None => match take(house, actor, &earlier).await? {
                    Ok(()) => {
                        done.taken += 1;
                        // The state of a row that says none is what the register makes of it.
                        let state = states_of(&earlier).last().copied().unwrap_or(State::Suspected);
                        let earlier = Earlier { state: Some(state), ..earlier };
                        known.insert(identity(&earlier), KnownViolation::new(earlier));
                        continue;
                    }
                    Err(column) => vec![(column, "refused")],
                },
            },
            Err(faults) => faults.into_iter().map(|(column, fault)| (column, fault.code())).collect(),
        };
        let told = faults.into_iter().map(|(column, fault)| RowFault {
            row: row.number,
            place: table.place(column, row.number),
            column,
            fault,
            seen: seen(&table, column, &row.cells),
        });
        done.faults.extend(told);
        done.faults.truncate(FAULTS_MAX);
    }
    Ok(done)
}

type RowFaults = Vec<(&'static str, CellFault)>;

fn read(
    reader: &RowReader<'_>,
    cells: &BTreeMap<&str, String>,
    unreadable: RowFaults,
) -> Result<Earlier, RowFaults> {
    let earlier = match reader.read(cells) {
        Ok(earlier) if unreadable.is_empty() => earlier,
        Ok(_) => return Err(unreadable),
        // A cell that cannot be read is not missing, too.
        Err(faults) => {
            let others =
                faults.into_iter().filter(|(name, _)| !unreadable.iter().any(|(same, _)| same == name));
            let others: RowFaults = others.collect();
            return Err(unreadable.into_iter().chain(others).collect());
        }
    };
    if earlier.title.chars().count() > TITLE_CHARS_MAX {
        return Err(vec![("title", CellFault::Long)]);
    }
    Ok(earlier)
}

/// The texts of a row by column, and the cells that cannot be read.
fn cells_of(
    table: &UploadedTable<&'static str>,
    cells: &BTreeMap<usize, UploadedCell>,
) -> (BTreeMap<&'static str, String>, RowFaults) {
    let (mut texts, mut faults) = (BTreeMap::new(), Vec::new());
    for (place, name) in &table.columns {
        match cells.get(place) {
            Some(UploadedCell::Text(text)) if !text.trim().is_empty() => {
                drop(texts.insert(*name, text.clone()))
            }
            Some(UploadedCell::Unreadable(UnreadCause::Formula, _)) => {
                faults.push((*name, CellFault::Formula))
            }
            Some(UploadedCell::Unreadable(..)) => faults.push((*name, CellFault::Error)),
            None | Some(UploadedCell::Text(_)) => {}
        }
    }
    (texts, faults)
}

fn seen(
    table: &UploadedTable<&'static str>,
    column: &'static str,
    cells: &BTreeMap<usize, UploadedCell>,
) -> String {
    let place = table.columns.iter().find(|(_, own)| **own == column).map(|(place, _)| *place);
    match place.and_then(|place| cells.get(&place)) {
        Some(UploadedCell::Text(text) | UploadedCell::Unreadable(_, text)) => text.chars().take(80).collect(),
        None => String::new(),
    }
}

/// What tells one violation from another.
type Identity = (String, Option<Timestamp>);

fn identity(earlier: &Earlier) -> Identity {
    (earlier.title.clone(), earlier.aware_at)
}

/// A violation of the register, as a file of it would say it.
struct KnownViolation {
    earlier: Earlier,
    /// Fields that somebody answered: the others are computed anew each time.
    answers: Vec<Field>,
}

impl KnownViolation {
    fn new(earlier: Earlier) -> Self {
        Self { answers: earlier.fields.keys().copied().collect(), earlier: without_origin(earlier) }
    }

    /// A row of a file without what was computed when it was written.
    fn answered(&self, row: &Earlier) -> Earlier {
        let mut row = row.clone();
        row.fields.retain(|field, _| self.answers.contains(field));
        without_origin(row)
    }
}

/// Reasons without the words that say where they come from.
fn without_origin(mut earlier: Earlier) -> Earlier {
    let origin = reason_from_there("");
    let decisions = [&mut earlier.authority, &mut earlier.persons];
    for (_, reason) in decisions.into_iter().flatten() {
        if let Some(plain) = reason.strip_prefix(&origin) {
            *reason = plain.to_owned();
        }
    }
    earlier
}

/// A reason of a few letters, which says nothing by itself, with where it comes from.
fn reason_from_there(reason: &str) -> String {
    let language = Language::default();
    let values = [("what", text(language, "register-earlier").into()), ("text", reason.into())];
    text_with(language, "log-pair", &values)
}

async fn in_register(
    house: &House,
    actor: &Actor,
) -> Result<HashMap<Identity, KnownViolation>, OperationError> {
    let reader = Reader { language: Language::default(), zone: house.response().zone.clone() };
    let mut known = HashMap::new();
    for view in incidents::list(house, actor).await? {
        let earlier = without_origin(Earlier::of(&row_of(house, &view, &reader)));
        let answers = view.incident.fields.keys().copied().collect();
        known.insert(identity(&earlier), KnownViolation { earlier, answers });
    }
    Ok(known)
}

fn find(bytes: &[u8]) -> Result<UploadedTable<&'static str>, OperationError> {
    let mut names: Vec<(String, &'static str)> = Vec::new();
    let mut add = |name: &str, column: &'static str| {
        let name = folded(name);
        if !names.iter().any(|(known, _)| *known == name) {
            names.push((name, column));
        }
    };
    let readers = Language::ALL.map(|language| Reader { language, zone: jiff::tz::TimeZone::UTC });
    for (name, column) in COLUMNS.iter() {
        readers.iter().for_each(|reader| add(&column_name(reader, name, *column), name));
    }
    COLUMNS.iter().for_each(|(name, _)| add(name, name));
    for name in ["aware-at", "notified", "told", "exemption"] {
        for language in Language::ALL {
            let others = text(language, &format!("import-register-{name}"));
            let name = COLUMNS.iter().find(|(known, _)| *known == name).map_or("title", |(name, _)| name);
            others.split('|').for_each(|other| add(other, name));
        }
    }
    let sheet_names: Vec<String> = Language::ALL
        .iter()
        .map(|language| digue_documents::sheet_name(&text(*language, "register-title")))
        .collect();
    UploadedTable::find(
        bytes,
        &TableWanted {
            sheet_names: &sheet_names,
            column_of: &|name| names.iter().find(|(known, _)| known == name).map(|(_, column)| *column),
            is_needed: &|column| column == "title",
            needed_name: &column_name(&readers[0], "title", Column::Title),
            rows_max: ROWS_MAX,
            invalid: "invalid-register",
        },
    )
}

/// A word of either language as a code of the field.
fn choice(field: Field, word: &str) -> Option<String> {
    let (Shape::One(codes) | Shape::Many(codes)) = field.shape() else { return None };
    let word = folded(word);
    let is_it = |code: &&&str| {
        let key = field.choice_key(code).unwrap_or_default();
        **code == word || Language::ALL.iter().any(|language| folded(&text(*language, &key)) == word)
    };
    codes.iter().find(is_it).map(|code| (*code).to_owned())
}

fn exemption(word: &str) -> Option<Exemption> {
    let word = folded(word);
    let is_it = |one: &&Exemption| {
        one.code() == word || Language::ALL.iter().any(|language| folded(&text(*language, one.key())) == word)
    };
    Exemption::ALL.iter().find(is_it).copied()
}

fn state(word: &str) -> Option<State> {
    let word = folded(word);
    let is_it = |one: &&State| {
        one.code() == word || Language::ALL.iter().any(|language| folded(&text(*language, one.key())) == word)
    };
    State::ALL.iter().find(is_it).copied()
}

/// One row as an incident of its own; the column that the rules of incidents refuse, and then nothing is written.
async fn take(
    house: &House,
    actor: &Actor,
    earlier: &Earlier,
) -> Result<Result<(), &'static str>, OperationError> {
    let notes = notes_of(earlier);
    let now = house.clock.now();
    let opened =
        Note::Opened { source: Source::Imported, title: earlier.title.clone(), about: String::new() };
    let entry = |number: usize, note: &Note| Entry {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        at: now,
        recorded_at: now,
        author: actor.account.to_string(),
        note: note.clone(),
    };
    let mut entries = vec![entry(1, &opened)];
    let rules = house.response();
    for (column, note) in &notes {
        let Some(incident) = Incident::of(&entries) else { return Ok(Err("title")) };
        if incident.accepts(note, now, &rules.rules, &rules.zone).is_err() {
            return Ok(Err(column));
        }
        entries.push(entry(entries.len() + 1, note));
    }
    let id = incidents::open(house, actor, Source::Imported, &earlier.title, "").await?;
    for (_, note) in notes {
        incidents::add(house, actor, &id, None, note).await?;
    }
    Ok(Ok(()))
}

/// What the log says of a row, each note with the column that it comes from.
fn notes_of(earlier: &Earlier) -> Vec<(&'static str, Note)> {
    let language = Language::default();
    let why = text(language, "register-earlier");
    // As it was written; a few letters are no reason and say where they come from, too.
    let reasoned = |reason: &str| match reason.chars().count() {
        REASON_CHARS_MIN.. => reason.to_owned(),
        _ => reason_from_there(reason),
    };
    let mut notes = Vec::new();
    if let Some(at) = earlier.aware_at {
        notes.push(("aware-at", Note::Aware { at: at.micros(), reason: why.clone(), of: Awareness::Data }));
    }
    let fields = earlier
        .fields
        .iter()
        .map(|(field, value)| (field.code(), Note::FieldSet { field: *field, value: value.clone() }));
    notes.extend(fields);
    if let Some((notify, reason)) = &earlier.authority {
        notes.push(("authority", Note::AuthorityDecided { notify: *notify, reason: reasoned(reason) }));
    }
    if let Some((inform, reason)) = &earlier.persons {
        let note =
            Note::PersonsDecided { inform: *inform, exemption: earlier.exemption, reason: reasoned(reason) };
        notes.push(("persons", note));
    }
    notes.extend(duties_of(earlier, &why));
    let states = states_of(earlier).iter();
    notes.extend(states.map(|state| ("state", Note::StateSet { state: *state, reason: why.clone() })));
    notes
}

/// The states that a violation goes through. A register that does not say them is one of violations that are over, as far as its
/// decisions were carried out.
fn states_of(earlier: &Earlier) -> &'static [State] {
    let is_notified = earlier.authority.as_ref().is_some_and(|(is, _)| !is || earlier.notified_at.is_some());
    let is_told = earlier.persons.as_ref().is_some_and(|(is, _)| !is || earlier.told_at.is_some());
    match earlier.state {
        Some(State::Suspected) => &[],
        Some(State::Confirmed) => &[State::Confirmed],
        Some(State::Contained) => &[State::Contained],
        Some(State::Resolved) => &[State::Contained, State::Resolved],
        Some(State::Dismissed) => &[State::Dismissed],
        None if is_notified && is_told => &[State::Contained, State::Resolved],
        None => &[State::Contained],
    }
}

/// When the authority and the persons were told, and why late.
fn duties_of(earlier: &Earlier, why: &str) -> Vec<(&'static str, Note)> {
    let mut notes = Vec::new();
    let language = Language::default();
    let unknown = || text(language, "register-delay-unknown");
    let explained = |clock, reason: Option<&String>| Note::DelayExplained {
        clock,
        reason: reason
            .filter(|reason| reason.chars().count() >= REASON_CHARS_MIN)
            .cloned()
            .unwrap_or_else(unknown),
    };
    // After the hour, reasons come first (art. 33(1)).
    let is_late = |at: Timestamp| {
        let aware = earlier.aware_at.unwrap_or(at);
        at.since(aware) > std::time::Duration::from_secs(72 * 3600)
    };
    if let Some(at) = earlier.notified_at {
        if earlier.delay.is_some() || is_late(at) {
            notes.push(("delay", explained(ClockKind::Authority, earlier.delay.as_ref())));
        }
        let submission = Submission {
            stage: Stage::Complete,
            submitted_at: at.micros(),
            receipt: String::new(),
            snapshot: BTreeMap::new(),
            unknown: Vec::new(),
        };
        notes.push(("notified", Note::Submitted(submission)));
    }
    if let Some(at) = earlier.told_at {
        let means = earlier.fields.get(&Field::InformedBy).and_then(|means| means.first());
        let to = means.cloned().unwrap_or_else(|| why.to_owned());
        let receipt = String::new();
        let met = Note::Met { clock: ClockKind::Persons, at: at.micros(), to, receipt, persons: None };
        notes.push(("told", met));
    }
    notes
}

/// What a column is called in a reader's language.
pub fn column(reader: &Reader, name: &str) -> String {
    let found = COLUMNS.iter().find(|(known, _)| *known == name);
    found.map(|(name, column)| column_name(reader, name, *column)).unwrap_or_default()
}
