//! Import of an earlier data-breach register from a spreadsheet: a preview shows what would be
//! opened, and a confirmation opens it.
//!
//! A row is recognised by its reference, or by its title and hour of awareness: then it opens
//! nothing, and cells that differ from the register are reported. Faults are reported by row and
//! column; the file can be corrected and read again.

use std::collections::{BTreeMap, HashMap, HashSet};

use digue_app::files::sha256;
use digue_app::names::VisibleNames;
use digue_app::{Actor, App, Area, OperationError};
use digue_locales::{Language, text, text_with};
use digue_response::clock::{Awareness, ClockKind};
use digue_response::incident::{IncidentEntry, IncidentState, REASON_CHARS_MIN, Source};
use digue_response::notification::{Field, FormFieldShape, SentNotification, Stage};
use digue_response::register::{
    COLUMNS, EarlierViolation, ViolationCellFault, ViolationColumn, ViolationRowReader,
};
use digue_response::vocabulary::Exemption;
use digue_response::{Incident, IncidentNote};
use digue_tables::xlsx::{UnreadableCell, UploadedCell, UploadedRow};
use digue_types::written::{DayOrder, folded};
use digue_types::{Subject, Timestamp};
use digue_uploads::{
    CellUse, IgnoredCells, NameFit, TableWanted, UnnamedColumn, UploadedTable, is_named, taken,
};

use crate::incidents::{self, TITLE_CHARS_MAX};
use crate::operator;
use crate::paper_reader::PaperReader;
use crate::register_paper::{column_name, row_of};

/// Serialises imports of a register of violations: two of the same file would open each incident
/// twice.
// No other lock is held while it is taken.
#[derive(Default)]
pub(crate) struct ImportLock(tokio::sync::Mutex<()>);

impl Area for ImportLock {}

/// The largest file. The confirmation sends it back in base 64, a third longer.
const FILE_BYTES_MAX: usize = 11 << 20;
const ROWS_MAX: usize = 5_000;
/// The most faults that are listed.
const FAULTS_MAX: usize = 500;
/// The column of the incident references.
const REFERENCE: &str = "reference";

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Counted from 1.
    pub row: u32,
    /// Sheet and cell: `Registre!B3`.
    pub place: String,
    /// The codes of the column and of the fault.
    pub column: &'static str,
    pub fault: &'static str,
    /// The text that the cell shows.
    pub seen: String,
}

/// A breach that a row would open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowToOpen {
    pub row: u32,
    pub title: String,
    pub aware_at: Option<Timestamp>,
    /// Whether the authority and the persons were informed, and why.
    pub authority: Option<(bool, String)>,
    /// When the authority was notified, by the column of its own: a date within a reason is none.
    pub notified_at: Option<Timestamp>,
    pub persons: Option<(bool, String)>,
}

/// What a file would change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RegisterPreview {
    pub sheet: String,
    pub other_sheets: Vec<String>,
    pub ignored_columns: Vec<String>,
    pub unnamed_columns: Vec<UnnamedColumn>,
    pub opened: Vec<RowToOpen>,
    /// References that are in the register, or in an earlier row.
    pub known: Vec<String>,
    /// The first faults.
    pub faults: Vec<RowFault>,
    pub fault_count: u32,
    /// SHA-256 of exactly what would be opened: a confirmation names it.
    pub digest: String,
}

/// The result of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterOutcome {
    Taken(RegisterPreview),
    /// The register changed since the preview. Nothing was opened; this is what the file would do
    /// now.
    Outdated(RegisterPreview),
}

/// Shows what a file with the register's columns, in either language, would open; opens nothing.
///
/// # Errors
/// `Invalid` for a file that is not a table, `Faults` where the columns of the register are not
/// found.
pub async fn preview(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
) -> Result<RegisterPreview, OperationError> {
    Ok(plan(app, actor, bytes).await?.preview)
}

/// Applies a preview, named by its `digest`.
pub async fn import(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
    digest: &str,
) -> Result<RegisterOutcome, OperationError> {
    actor.must_respond()?;
    // Two confirmations of one file must open its breaches once.
    let _one_at_a_time = app.area::<ImportLock>().0.lock().await;
    let plan = plan(app, actor, bytes).await?;
    if plan.preview.digest != digest {
        return Ok(RegisterOutcome::Outdated(plan.preview));
    }
    for (title, notes) in plan.drafts {
        let id = incidents::open(app, actor, Source::Imported, &title, Subject::Nothing).await?;
        for note in notes {
            incidents::add(app, actor, &id, None, note).await?;
        }
    }
    Ok(RegisterOutcome::Taken(plan.preview))
}

async fn plan(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
) -> Result<ViolationImportPlan, OperationError> {
    actor.must_respond()?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(OperationError::Invalid("table-too-large"));
    }
    let file = bytes.to_vec();
    let table = app.blocking(move || find(&file)).await??;
    let known = KnownViolations::read(app, actor).await?;
    let zone = operator::rules(app).zone.clone();
    let reader = ViolationRowReader {
        zone: &zone,
        now: app.clock().now(),
        choice: &choice,
        exemption: &exemption,
        state: &state,
        orders: table
            .columns
            .iter()
            .map(|(place, column)| (*column, DayOrder::of_column(table.texts_of(*place))))
            .collect(),
    };
    let mut plan = ViolationImportPlan::new(&table, known);
    for row in &table.rows {
        let cells = ViolationRowCells::read(&table, row);
        if cells.is_blank() {
            continue;
        }
        for (column, fault) in plan.take(app, actor, &reader, row.number, &cells) {
            plan.preview.fault_count += 1;
            if plan.preview.faults.len() < FAULTS_MAX {
                let place = table.place(column, row.number);
                let seen = table.cell(row, column).map_or("", UploadedCell::seen);
                let seen = seen.chars().take(80).collect();
                let fault = fault.code();
                plan.preview.faults.push(RowFault {
                    row: row.number,
                    place,
                    column,
                    fault,
                    seen,
                });
            }
        }
    }
    plan.preview.digest =
        sha256(serde_json::to_string(&plan.drafts).expect("notes are plain data"));
    Ok(plan)
}

type RowFaults = Vec<(&'static str, ViolationCellFault)>;

/// The texts of a row by column, and its unusable cells.
struct ViolationRowCells {
    texts: BTreeMap<&'static str, String>,
    /// The reference in capitals.
    reference: String,
    faults: RowFaults,
}

impl ViolationRowCells {
    fn read(table: &UploadedTable<&'static str>, row: &UploadedRow) -> Self {
        let mut cells = Self {
            texts: BTreeMap::new(),
            reference: String::new(),
            faults: Vec::new(),
        };
        for (place, name) in &table.columns {
            match taken(row.cells.get(place), usage(name)) {
                Ok("") => {}
                Ok(text) if *name == REFERENCE => cells.reference = text.to_uppercase(),
                Ok(text) => drop(cells.texts.insert(*name, text.to_owned())),
                Err(untaken) => cells.faults.push((*name, fault_of(untaken))),
            }
        }
        cells
    }

    fn is_blank(&self) -> bool {
        self.texts.is_empty() && self.reference.is_empty() && self.faults.is_empty()
    }

    /// All faults of a row. A column whose cell is unreadable is not reported as missing as well.
    fn with_faults(&self, others: RowFaults) -> RowFaults {
        let is_new = |(name, _): &(&'static str, ViolationCellFault)| {
            !self.faults.iter().any(|(same, _)| same == name)
        };
        self.faults
            .iter()
            .copied()
            .chain(others.into_iter().filter(is_new))
            .collect()
    }
}

/// How a column uses a cell.
fn usage(name: &str) -> CellUse {
    match COLUMNS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, column)| *column)
    {
        Some(
            ViolationColumn::Aware | ViolationColumn::NotifiedAt | ViolationColumn::InformedAt,
        ) => CellUse::Day,
        Some(ViolationColumn::Exemption | ViolationColumn::State) => CellUse::Word,
        Some(ViolationColumn::Field(field)) => match field.shape() {
            FormFieldShape::Moment => CellUse::Day,
            FormFieldShape::Number => CellUse::Count,
            FormFieldShape::One(_) | FormFieldShape::Many(_) => CellUse::Word,
            FormFieldShape::Line | FormFieldShape::Text => CellUse::Text,
        },
        Some(
            ViolationColumn::Title
            | ViolationColumn::Authority
            | ViolationColumn::Delay
            | ViolationColumn::Persons,
        )
        | None => CellUse::Text,
    }
}

const fn fault_of(untaken: IgnoredCells) -> ViolationCellFault {
    match untaken {
        IgnoredCells::Unreadable(UnreadableCell::Error) => ViolationCellFault::Error,
        IgnoredCells::Unreadable(UnreadableCell::Formula) => ViolationCellFault::Formula,
        IgnoredCells::Unreadable(UnreadableCell::Covered) => ViolationCellFault::Covered,
        IgnoredCells::Unit => ViolationCellFault::Unit,
        IgnoredCells::Unseen => ViolationCellFault::Unseen,
        IgnoredCells::Truth => ViolationCellFault::Truth,
    }
}

/// The breaches that a file leads to.
struct ViolationImportPlan {
    known: KnownViolations,
    /// References that a row has used.
    references: HashSet<String>,
    /// Title and notes of each new incident.
    drafts: Vec<(String, Vec<IncidentNote>)>,
    preview: RegisterPreview,
}

impl ViolationImportPlan {
    fn new(table: &UploadedTable<&'static str>, known: KnownViolations) -> Self {
        let preview = RegisterPreview {
            sheet: table.sheet.clone(),
            other_sheets: table.other_sheets.clone(),
            ignored_columns: table.ignored.clone(),
            unnamed_columns: table.unnamed.clone(),
            ..RegisterPreview::default()
        };
        Self {
            known,
            references: HashSet::new(),
            drafts: Vec::new(),
            preview,
        }
    }

    /// Adds a row to the plan, or returns all its faults.
    fn take(
        &mut self,
        app: &App,
        actor: &Actor,
        reader: &ViolationRowReader<'_>,
        row: u32,
        cells: &ViolationRowCells,
    ) -> RowFaults {
        let (earlier, known) = match self.known.find(reader, cells) {
            Ok(found) => found,
            Err(faults) => return cells.with_faults(faults),
        };
        if !cells.faults.is_empty() {
            return cells.with_faults(Vec::new());
        }
        if let Some(known) = known {
            let known = &self.known.all[known];
            let faults = known.differences(&earlier);
            if !known.reference.is_empty() && !self.references.insert(known.reference.clone()) {
                return vec![(REFERENCE, ViolationCellFault::Twice)];
            }
            if faults.is_empty() {
                self.preview.known.push(known.reference.clone());
            }
            return faults;
        }
        let notes = match accepted(app, actor, &earlier) {
            Ok(notes) => notes.into_iter().map(|(_, note)| note).collect(),
            Err(column) => return vec![(column, ViolationCellFault::Refused)],
        };
        self.drafts.push((earlier.title.clone(), notes));
        self.preview.opened.push(RowToOpen {
            row,
            title: earlier.title.clone(),
            aware_at: earlier.aware_at,
            authority: earlier.authority.clone(),
            notified_at: earlier.notified_at,
            persons: earlier.persons.clone(),
        });
        self.known.add(KnownViolation::planned(earlier));
        Vec::new()
    }
}

/// What distinguishes breaches without a reference.
type Identity = (String, Option<Timestamp>);

fn identity(earlier: &EarlierViolation) -> Identity {
    (earlier.title.clone(), earlier.aware_at)
}

/// A breach of the register, in the form of a file.
struct KnownViolation {
    /// Empty for a row of this file.
    reference: String,
    /// In each language, because computed texts are in the reader's language.
    rows: Vec<EarlierViolation>,
    /// Fields that a person answered; the others are computed on each read.
    answers: Vec<Field>,
}

impl KnownViolation {
    fn planned(earlier: EarlierViolation) -> Self {
        // A row without a state has the one that the register derives.
        let state = states_of(&earlier)
            .last()
            .copied()
            .unwrap_or(IncidentState::Suspected);
        let answers = earlier.fields.keys().copied().collect();
        let row = without_origin(EarlierViolation {
            state: Some(state),
            ..earlier
        });
        Self {
            reference: String::new(),
            rows: vec![row],
            answers,
        }
    }

    /// The columns in which a row differs from the register in every language.
    fn differences(&self, row: &EarlierViolation) -> RowFaults {
        let row = without_origin(row.clone());
        let mut differing = self
            .rows
            .iter()
            .map(|register| row.differences_from(register));
        let mut columns = differing.next().unwrap_or_default();
        for others in differing {
            columns.retain(|column| others.contains(column));
        }
        columns
            .into_iter()
            .map(|column| (column, self.fault(column)))
            .collect()
    }

    fn fault(&self, column: &str) -> ViolationCellFault {
        let field = COLUMNS
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, column)| *column);
        match field {
            Some(ViolationColumn::Field(field)) if !self.answers.contains(&field) => {
                ViolationCellFault::Computed
            }
            _ => ViolationCellFault::Differs,
        }
    }
}

/// The register, with the rows of the file that will be added.
#[derive(Default)]
struct KnownViolations {
    all: Vec<KnownViolation>,
    by_reference: HashMap<String, usize>,
    by_identity: HashMap<Identity, usize>,
}

impl KnownViolations {
    async fn read(app: &App, actor: &Actor) -> Result<Self, OperationError> {
        let zone = operator::rules(app).zone.clone();
        let readers = Language::ALL.map(|language| PaperReader {
            language,
            zone: zone.clone(),
            names: VisibleNames::default(),
        });
        let mut known = Self::default();
        for view in incidents::list(app, actor).await? {
            let row = |reader: &PaperReader| {
                without_origin(EarlierViolation::of(&row_of(app, &view, reader)))
            };
            known.add(KnownViolation {
                reference: view.reference(),
                rows: readers.iter().map(row).collect(),
                answers: view.incident.fields.keys().copied().collect(),
            });
        }
        Ok(known)
    }

    fn add(&mut self, violation: KnownViolation) {
        let at = self.all.len();
        if !violation.reference.is_empty() {
            self.by_reference.insert(violation.reference.clone(), at);
        }
        let row = violation
            .rows
            .first()
            .expect("`rows` has one row for each language");
        self.by_identity.insert(identity(row), at);
        self.all.push(violation);
    }

    /// The fields of a row, and the breach that it is about, if known. The reference comes first; a
    /// foreign reference that this register gave to another breach does not hide a match by title
    /// and hour.
    fn find(
        &self,
        reader: &ViolationRowReader<'_>,
        cells: &ViolationRowCells,
    ) -> Result<(EarlierViolation, Option<usize>), RowFaults> {
        let named = self
            .by_reference
            .get(&cells.reference)
            .or_else(|| self.unaware(cells))
            .copied();
        let earlier = match named {
            Some(at) => reader.read_known(&cells.texts, &self.all[at].rows[0])?,
            None => reader.read(&cells.texts)?,
        };
        if earlier.title.chars().count() > TITLE_CHARS_MAX {
            return Err(vec![("title", ViolationCellFault::Long)]);
        }
        let same = self.by_identity.get(&identity(&earlier)).copied();
        let is_as_it_is = |at: &usize| self.all[*at].differences(&earlier).is_empty();
        Ok((earlier.clone(), same.filter(is_as_it_is).or(named).or(same)))
    }

    /// The breach of this title with unknown hour of awareness, for a row that states none.
    fn unaware(&self, cells: &ViolationRowCells) -> Option<&usize> {
        let title = cells
            .texts
            .get("title")
            .filter(|_| !cells.texts.contains_key("aware-at"))?;
        self.by_identity.get(&(title.trim().to_owned(), None))
    }
}

/// Reasons without the prefix that names their origin.
fn without_origin(mut earlier: EarlierViolation) -> EarlierViolation {
    let origin = reason_from_there("");
    let decisions = [&mut earlier.authority, &mut earlier.persons];
    for (_, reason) in decisions.into_iter().flatten() {
        if let Some(plain) = reason.strip_prefix(&origin) {
            *reason = plain.to_owned();
        }
    }
    earlier
}

/// A reason of a few letters, which says nothing alone, with its origin.
fn reason_from_there(reason: &str) -> String {
    let language = Language::default();
    let values = [
        ("what", text(language, "register-earlier").into()),
        ("text", reason.into()),
    ];
    text_with(language, "log-pair", &values)
}

fn find(bytes: &[u8]) -> Result<UploadedTable<&'static str>, OperationError> {
    let readers = Language::ALL.map(|language| PaperReader {
        language,
        zone: jiff::tz::TimeZone::UTC,
        names: VisibleNames::default(),
    });
    let names = names_of_columns(&readers);
    let sheet_names: Vec<String> = Language::ALL
        .iter()
        .map(|language| digue_documents::sheet_name(&text(*language, "register-title")))
        .collect();
    UploadedTable::find(
        bytes,
        &TableWanted {
            sheet_names: &sheet_names,
            column_of: &|name| {
                names
                    .iter()
                    .find(|(known, ..)| known == name)
                    .map(|(_, column, fit)| (*column, *fit))
            },
            is_needed: &|column| column == "title",
            needed_name: &column_name(&readers[0], "title", ViolationColumn::Title),
            rows_max: ROWS_MAX,
            invalid: "invalid-register",
        },
    )
}

/// Column names in folded form, those of the export first.
fn names_of_columns(readers: &[PaperReader]) -> Vec<(String, &'static str, NameFit)> {
    let mut names: Vec<(String, &'static str, NameFit)> = Vec::new();
    let mut add = |name: &str, column: &'static str, fit: NameFit| {
        let name = folded(name);
        if !names.iter().any(|(known, ..)| *known == name) {
            names.push((name, column, fit));
        }
    };
    for (name, column) in COLUMNS.iter() {
        readers
            .iter()
            .for_each(|reader| add(&column_name(reader, name, *column), name, NameFit::Own));
    }
    readers
        .iter()
        .for_each(|reader| add(&reader.say("column-reference"), REFERENCE, NameFit::Own));
    COLUMNS
        .iter()
        .for_each(|(name, _)| add(name, name, NameFit::Code));
    add(REFERENCE, REFERENCE, NameFit::Code);
    for name in ["aware-at", "notified", "told", "exemption"] {
        for reader in readers {
            let others = reader.say(&format!("import-register-{name}"));
            let name = COLUMNS
                .iter()
                .find(|(known, _)| *known == name)
                .map_or("title", |(name, _)| name);
            others
                .split('|')
                .for_each(|other| add(other, name, NameFit::Other));
        }
    }
    names
}

/// A word of either language as a code of the field.
fn choice(field: Field, word: &str) -> Option<String> {
    let (FormFieldShape::One(codes) | FormFieldShape::Many(codes)) = field.shape() else {
        return None;
    };
    let word = folded(word);
    let is_it = |code: &&&str| {
        let key = field.choice_key(code).unwrap_or_default();
        **code == word
            || Language::ALL
                .iter()
                .any(|language| folded(&text(*language, &key)) == word)
    };
    codes.iter().find(is_it).map(|code| (*code).to_owned())
}

fn exemption(word: &str) -> Option<Exemption> {
    let mut all = Exemption::ALL.iter().copied();
    all.find(|one| is_named(word, one.code(), one.key()))
}

fn state(word: &str) -> Option<IncidentState> {
    let mut all = IncidentState::ALL.iter().copied();
    all.find(|one| is_named(word, one.code(), one.key()))
}

/// Checks a row against the rules of incidents; the column that they refuse otherwise.
fn accepted(
    app: &App,
    actor: &Actor,
    earlier: &EarlierViolation,
) -> Result<Vec<(&'static str, IncidentNote)>, &'static str> {
    let notes = notes_of(earlier);
    let now = app.clock().now();
    let opened = IncidentNote::Opened {
        source: Source::Imported,
        title: earlier.title.clone(),
        about: Subject::Nothing,
    };
    let entry = |number: usize, note: &IncidentNote| IncidentEntry {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        at: now,
        recorded_at: now,
        author: actor.account.to_string(),
        note: note.clone(),
    };
    let mut entries = vec![entry(1, &opened)];
    let rules = operator::rules(app);
    for (column, note) in &notes {
        let incident = Incident::of(&entries).ok_or("title")?;
        incident
            .accepts(note, now, &rules.rules, &rules.zone)
            .map_err(|_| *column)?;
        entries.push(entry(entries.len() + 1, note));
    }
    Ok(notes)
}

/// The log entries of a row, each with its column.
fn notes_of(earlier: &EarlierViolation) -> Vec<(&'static str, IncidentNote)> {
    let language = Language::default();
    let why = text(language, "register-earlier");
    // Unchanged; a reason of a few letters also gets its origin.
    let reasoned = |reason: &str| match reason.chars().count() {
        REASON_CHARS_MIN.. => reason.to_owned(),
        _ => reason_from_there(reason),
    };
    let mut notes = Vec::new();
    if let Some(at) = earlier.aware_at {
        notes.push((
            "aware-at",
            IncidentNote::Aware {
                at: at.micros(),
                reason: why.clone(),
                of: Awareness::Data,
            },
        ));
    }
    let fields = earlier.fields.iter().map(|(field, value)| {
        (
            field.code(),
            IncidentNote::FieldSet {
                field: *field,
                value: value.clone(),
            },
        )
    });
    notes.extend(fields);
    if let Some((notify, reason)) = &earlier.authority {
        notes.push((
            "authority",
            IncidentNote::AuthorityDecided {
                notify: *notify,
                reason: reasoned(reason),
            },
        ));
    }
    if let Some((inform, reason)) = &earlier.persons {
        let note = IncidentNote::PersonsDecided {
            inform: *inform,
            exemption: earlier.exemption,
            reason: reasoned(reason),
        };
        notes.push(("persons", note));
    }
    notes.extend(duties_of(earlier, &why));
    let states = states_of(earlier).iter();
    notes.extend(states.map(|state| {
        (
            "state",
            IncidentNote::StateSet {
                state: *state,
                reason: why.clone(),
            },
        )
    }));
    notes
}

/// The states that a breach passes through. A register without states describes closed ones, as far
/// as their decisions were carried out.
fn states_of(earlier: &EarlierViolation) -> &'static [IncidentState] {
    let is_notified = earlier
        .authority
        .as_ref()
        .is_some_and(|(is, _)| !is || earlier.notified_at.is_some());
    let is_informed = earlier
        .persons
        .as_ref()
        .is_some_and(|(is, _)| !is || earlier.informed_at.is_some());
    match earlier.state {
        Some(IncidentState::Suspected) => &[],
        Some(IncidentState::Confirmed) => &[IncidentState::Confirmed],
        Some(IncidentState::Contained) => &[IncidentState::Contained],
        Some(IncidentState::Resolved) => &[IncidentState::Contained, IncidentState::Resolved],
        Some(IncidentState::Dismissed) => &[IncidentState::Dismissed],
        None if is_notified && is_informed => &[IncidentState::Contained, IncidentState::Resolved],
        None => &[IncidentState::Contained],
    }
}

/// When the authority and the persons were informed, and why late.
fn duties_of(earlier: &EarlierViolation, why: &str) -> Vec<(&'static str, IncidentNote)> {
    let mut notes = Vec::new();
    let language = Language::default();
    let unknown = || text(language, "register-delay-unknown");
    let explained = |clock, reason: Option<&String>| IncidentNote::DelayExplained {
        clock,
        reason: reason
            .filter(|reason| reason.chars().count() >= REASON_CHARS_MIN)
            .cloned()
            .unwrap_or_else(unknown),
    };
    // After the deadline the reasons must come first (GDPR art. 33(1)).
    let is_late = |at: Timestamp| {
        let aware = earlier.aware_at.unwrap_or(at);
        at.since(aware) > std::time::Duration::from_secs(72 * 3600)
    };
    if let Some(at) = earlier.notified_at {
        if earlier.delay.is_some() || is_late(at) {
            notes.push((
                "delay",
                explained(ClockKind::Authority, earlier.delay.as_ref()),
            ));
        }
        let submission = SentNotification {
            stage: Stage::Complete,
            submitted_at: at.micros(),
            receipt: String::new(),
            snapshot: BTreeMap::new(),
            unknown: Vec::new(),
        };
        notes.push(("notified", IncidentNote::Submitted(submission)));
    }
    if let Some(at) = earlier.informed_at {
        let means = earlier
            .fields
            .get(&Field::InformedBy)
            .and_then(|means| means.first());
        let to = means.cloned().unwrap_or_else(|| why.to_owned());
        let receipt = String::new();
        let met = IncidentNote::Met {
            clock: ClockKind::Persons,
            at: at.micros(),
            to,
            receipt,
            persons: None,
        };
        notes.push(("told", met));
    }
    notes
}

/// The name of a column in a reader's language.
pub fn column(reader: &PaperReader, name: &str) -> String {
    if name == REFERENCE {
        return reader.say("column-reference");
    }
    let found = COLUMNS.iter().find(|(known, _)| *known == name);
    found
        .map(|(name, column)| column_name(reader, name, *column))
        .unwrap_or_default()
}
