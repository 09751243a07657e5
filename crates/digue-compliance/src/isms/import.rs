//! Import of a register from a spreadsheet: a preview shows what would change, old and new, and a
//! confirmation applies it.
//!
//! A cell is used, blank, or a fault with its place. A blank cell erases a value only where its
//! column exists; a missing column leaves its field unchanged. A row with a fault is reported and
//! not applied.

use digue_app::files::sha256;
use digue_app::{Actor, App, OperationError};
use digue_types::visible::is_blank;
use digue_uploads::UnnamedColumn;
use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_isms::check::Check;
use digue_isms::field::{FieldDef, FieldError, FieldFault, FieldShape, FieldValue as _, Values};
use digue_isms::kinds::{RegisterKind, YesNo};
use digue_isms::register::{Registers, Revision};
use digue_isms::standing::{MeasuredState, Measurements};
use digue_isms::statement;
use digue_locales::{Language, text};
use digue_tables::xlsx::UploadedCell;
use digue_types::Timestamp;
use digue_types::written::{DayOrder, folded};
use jiff::civil::Date;

use super::record_words::RecordWords;
use super::{IsmsState, RevisionDraft, add_all, free_number, in_force, unknown_links};

use digue_isms_words::sheet_cells::{self, ID, RegisterRowCells, RowFaults, SheetColumns};

pub use digue_isms_words::sheet_cells::lines_of;

/// The largest file. The confirmation sends it back in base 64, a third longer.
const FILE_BYTES_MAX: usize = 11 << 20;
/// The most faults that are listed.
const FAULTS_MAX: usize = 500;

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportCellFault {
    /// Counted from 1.
    pub row: u32,
    /// Sheet and cell: `Mesures!H3`.
    pub place: String,
    /// The code of the field; `id` for the record id.
    pub field: &'static str,
    pub unfit: FieldError,
    /// The text that the cell shows.
    pub seen: String,
}

/// A change of one field, as the texts of the old and the new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: &'static FieldDef,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// The change that a row makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    pub row: u32,
    /// The id that the record has or will have.
    pub id: String,
    pub is_new: bool,
    /// A current record with the same title.
    pub like: Option<String>,
    pub fields: Vec<FieldChange>,
}

/// What a person answered about a whole file: asked once, and not row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportAnswers {
    /// The value of a field that new rows leave out, by its code.
    pub defaults: BTreeMap<String, String>,
    /// Whose the records are that have a number of ours and another title.
    pub same_numbers: Option<SameNumbers>,
}

/// Whose the records are that have a number of ours and another title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameNumbers {
    /// Ours: they were renamed.
    Renamed,
    /// Of another installation: they are new here.
    Foreign,
}

impl SameNumbers {
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "renamed" => Some(Self::Renamed),
            "foreign" => Some(Self::Foreign),
            _ => None,
        }
    }
}

/// A row with the number of a record of ours and another title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameNumberRow {
    pub row: u32,
    pub id: String,
    pub ours: String,
    pub theirs: String,
}

/// The changes that a spreadsheet would make.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImportPreview {
    pub sheet: String,
    pub other_sheets: Vec<String>,
    pub ignored_columns: Vec<String>,
    pub unnamed_columns: Vec<UnnamedColumn>,
    pub changes: Vec<RowChange>,
    pub same: u32,
    /// Rows of which it is asked whose they are: nothing of them is proposed before.
    pub same_numbers: Vec<SameNumberRow>,
    /// Links of a file of another installation: they are not taken.
    pub foreign_links: u32,
    /// Fields that new rows leave out and that need a value, with the number of these rows.
    pub missing: BTreeMap<&'static str, u32>,
    /// The first faults.
    pub faults: Vec<ImportCellFault>,
    pub fault_count: u32,
    /// SHA-256 of exactly these changes: a confirmation names it.
    pub digest: String,
}

impl ImportPreview {
    pub fn added(&self) -> usize {
        self.changes.iter().filter(|change| change.is_new).count()
    }

    /// True while a question about the file has no answer: rows wait for it, and nothing is taken.
    pub fn is_unanswered(&self, answers: &ImportAnswers) -> bool {
        let is_open = |field: &&str| !answers.defaults.contains_key(*field);
        !self.same_numbers.is_empty() || self.missing.keys().any(is_open)
    }

    pub fn changed(&self) -> usize {
        self.changes.len() - self.added()
    }
}

/// The result of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    Taken(ImportPreview),
    /// The register changed since the preview, or a question has no answer. Nothing was applied; this
    /// is what the file would do now.
    Outdated(ImportPreview),
}

/// Shows what a spreadsheet would change in a register; changes nothing.
///
/// # Errors
/// `Invalid` for a file that is not a workbook, `Faults` where the table of the register is not
/// found.
pub async fn preview(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    bytes: &[u8],
    answers: &ImportAnswers,
) -> Result<ImportPreview, OperationError> {
    let registers = readable(app, actor, kind).await?;
    let free = free_number(app, &registers, kind).await?;
    let (file, answers) = (bytes.to_vec(), answers.clone());
    app.blocking(move || Ok(read_with(kind, &registers, free, (&file, &answers))?.preview))
        .await?
}

/// Applies the changes of a preview, named by its `digest`.
pub async fn import(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    (bytes, answers_given): (&[u8], &ImportAnswers),
    digest: &str,
) -> Result<ImportOutcome, OperationError> {
    readable(app, actor, kind).await?;
    // Held from the reading to the writing: the register must not change between the comparison and
    // the write.
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    let registers = in_force(app).await?;
    let free = free_number(app, &registers, kind).await?;
    // Computed anew and compared: the person confirmed these changes, and not the file.
    let (file, answers) = (bytes.to_vec(), answers_given.clone());
    let plan = move || {
        let plan = read_with(kind, &registers, free, (&file, &answers))?;
        Ok::<_, OperationError>((plan.preview, plan.drafts))
    };
    let (preview, drafts) = app.blocking(plan).await??;
    if preview.digest != digest || preview.is_unanswered(answers_given) {
        return Ok(ImportOutcome::Outdated(preview));
    }
    // All at once: a spreadsheet of thousands of rows is one write.
    add_all(app, actor, drafts).await?;
    Ok(ImportOutcome::Taken(preview))
}

/// A file as text for the confirmation form (base 64).
pub fn pack(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The file from the text of `pack`; `None` for other text.
pub fn unpack(kept: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(kept.trim_ascii()).ok()
}

async fn readable(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
) -> Result<std::sync::Arc<Registers>, OperationError> {
    actor.must_govern()?;
    if kind.is_written_by_digue() {
        return Err(OperationError::Denied);
    }
    in_force(app).await
}

/// The revisions that a spreadsheet leads to, and their preview.
struct RegisterImportPlan<'r> {
    kind: RegisterKind,
    answers: &'r ImportAnswers,
    registers: &'r Registers,
    /// The next number of a new record.
    free: u32,
    /// Current records by their folded titles.
    titles: HashMap<String, Vec<&'r Revision>>,
    /// Ids and new records that an earlier row has used.
    ids: HashSet<String>,
    new_records: HashSet<String>,
    /// The lines of the statement of applicability: a row that repeats one is not a new decision.
    statement: Vec<Values>,
    drafts: Vec<RevisionDraft>,
    preview: ImportPreview,
}

fn read_with<'r>(
    kind: RegisterKind,
    registers: &'r Registers,
    free: u32,
    (bytes, answers): (&[u8], &'r ImportAnswers),
) -> Result<RegisterImportPlan<'r>, OperationError> {
    // Before it is unpacked: a spreadsheet is an archive, and may be a bomb.
    if bytes.len() > FILE_BYTES_MAX {
        return Err(OperationError::Invalid("table-too-large"));
    }
    let table = sheet_cells::find(kind, bytes)?;
    let mut titles: HashMap<String, Vec<&Revision>> = HashMap::new();
    for known in registers.of(kind) {
        titles
            .entry(folded(&title_of(registers, kind, &known.values)))
            .or_default()
            .push(known);
    }
    let mut plan = RegisterImportPlan {
        kind,
        answers,
        registers,
        free,
        titles,
        ids: HashSet::new(),
        new_records: HashSet::new(),
        statement: if kind == RegisterKind::Applicability {
            statement_lines(registers)
        } else {
            Vec::new()
        },
        drafts: Vec::new(),
        preview: ImportPreview {
            sheet: table.sheet.clone(),
            other_sheets: table.other_sheets.clone(),
            ignored_columns: table.ignored.clone(),
            unnamed_columns: table.unnamed.clone(),
            ..ImportPreview::default()
        },
    };
    let orders: BTreeMap<usize, DayOrder> =
        // The order of day and month is judged by the whole column: in one cell 03/04 says nothing.
        table.columns.keys().map(|place| (*place, DayOrder::of_column(table.texts_of(*place)))).collect();
    let columns = SheetColumns {
        kind,
        places: &table.columns,
        orders: &orders,
    };
    for row in &table.rows {
        let is_blank = |place: &usize| row.cells.get(place).is_none_or(UploadedCell::is_blank);
        if table.columns.keys().all(is_blank) {
            continue;
        }
        for (field, unfit, seen) in plan.take(row.number, columns.read(&row.cells)) {
            plan.preview.fault_count += 1;
            if plan.preview.faults.len() < FAULTS_MAX {
                let place = table.place(field, row.number);
                plan.preview.faults.push(ImportCellFault {
                    row: row.number,
                    place,
                    field,
                    unfit,
                    seen,
                });
            }
        }
    }
    let drafts: Vec<(&str, u32, &Values)> = plan
        .drafts
        .iter()
        .map(|draft| (draft.id.as_str(), draft.number, &draft.values))
        .collect();
    plan.preview.digest = sha256(serde_json::to_string(&drafts).expect("strings always serialise"));
    Ok(plan)
}

impl<'r> RegisterImportPlan<'r> {
    /// Adds a row to the plan, or returns all its faults.
    fn take(&mut self, row: u32, cells: RegisterRowCells) -> RowFaults {
        let RegisterRowCells {
            mut id,
            values: mut seen,
            mut faults,
        } = cells;
        let Self {
            kind,
            registers,
            answers,
            ..
        } = *self;
        if let Some(own) = own_template_row(registers, kind, &id, &seen) {
            id = own;
            // Written by the export around the measure's own, with its state and its checks.
            take_written_description(registers, kind, &id, &mut seen);
        }
        let named = registers
            .find(kind, &id)
            // Ids are in upper case, and people type them as they like.
            .or_else(|| registers.find(kind, &id.to_uppercase()));
        if answers.same_numbers == Some(SameNumbers::Foreign) {
            self.preview.foreign_links += drop_links(kind, &mut seen);
        }
        let named = match named.and_then(|known| other_title(row, known, &seen)) {
            // In a file of another installation its numbers beyond ours are its own, too.
            None if named.is_none()
                && !id.is_empty()
                && answers.same_numbers == Some(SameNumbers::Foreign) =>
            {
                keep_foreign_number(kind, &mut seen, &id);
                id = String::new();
                None
            }
            None => named,
            Some(other) => match answers.same_numbers {
                Some(SameNumbers::Renamed) => named,
                Some(SameNumbers::Foreign) => {
                    keep_foreign_number(kind, &mut seen, &id);
                    id = String::new();
                    None
                }
                None => {
                    self.preview.same_numbers.push(other);
                    // What cannot be read is told already now.
                    return faults;
                }
            },
        };
        let known = named.or_else(|| self.decision(&id, &seen));
        let id_fault = |unfit| (ID, unfit, id.clone());
        let is_readable =
            |faults: &RowFaults, field: &str| !faults.iter().any(|(known, ..)| *known == field);
        if !id.is_empty() && known.is_none() {
            faults.push(id_fault(FieldError::Unknown));
        }
        if let Some(known) = known
            // Two rows about one record: which of them is meant cannot be known.
            && !self.ids.insert(known.id.clone())
        {
            faults.push(id_fault(FieldError::Twice));
        }
        let mut whole = known.map(|known| known.values.clone()).unwrap_or_default();
        whole.extend(seen.clone());
        // Blank cells erase: the sender emptied a cell whose column is there.
        whole.retain(|_, texts| texts.iter().any(|text| !is_blank(text)));
        // What a file leaves out everywhere is one question, and not a fault of each row.
        let mut asked = Vec::new();
        if known.is_none() && id.is_empty() {
            for field in left_out(kind, &whole) {
                *self.preview.missing.entry(field).or_default() += 1;
                match answers.defaults.get(field) {
                    Some(value) => drop(whole.insert(field.to_owned(), vec![value.clone()])),
                    None => asked.push(field),
                }
            }
        }
        let (values, unfit) = checked(registers, kind, &whole);
        for FieldFault { field, unfit } in unfit {
            // An unreadable cell is not reported as missing as well; and of an unknown record no
            // field can be called missing.
            let is_reported = unfit != FieldError::Missing
                || (id.is_empty() && !asked.contains(&field))
                || known.is_some();
            if is_reported && is_readable(&faults, field) {
                let text = seen
                    .get(field)
                    .map(|texts| texts.join(", "))
                    .unwrap_or_default();
                faults.push((field, unfit, text));
            }
        }
        match values {
            Some(values) if faults.is_empty() => self
                .plan(row, known, &id, &seen, values)
                .err()
                .into_iter()
                .collect(),
            _ => faults,
        }
    }

    /// The existing decision about the control of a row without id, as in an exported statement.
    fn decision(&self, id: &str, seen: &Values) -> Option<&'r Revision> {
        let wanted = seen.get("requirement").filter(|texts| !texts.is_empty())?;
        let is_about = |known: &&Revision| known.values.get("requirement") == Some(wanted);
        let is_asked = self.kind == RegisterKind::Applicability && id.is_empty();
        // The last decision: earlier ones about the same control were replaced by it.
        self.registers
            .of(self.kind)
            .iter()
            .rfind(is_about)
            .filter(|_| is_asked)
    }

    /// Plans a valid row: unchanged, a revision, or a new record.
    fn plan(
        &mut self,
        row: u32,
        known: Option<&'r Revision>,
        typed: &str,
        seen: &Values,
        values: Values,
    ) -> Result<(), (&'static str, FieldError, String)> {
        let kind = self.kind;
        let alike = self.alike(&values);
        let is_same_as = |other: &Values| {
            seen.keys()
                .all(|field| other.get(field) == values.get(field))
        };
        let (id, number) = match known {
            _ if typed.is_empty() && self.statement.iter().any(&is_same_as) => {
                return self.leave();
            }
            // Compared after normalisation: a date in another form is no change.
            Some(known) if known.values == values => return self.leave(),
            Some(known) if kind.is_closed(&known.values) => {
                return Err((ID, FieldError::Closed, typed.to_owned()));
            }
            Some(known) => (known.id.clone(), known.number + 1),
            None if alike.iter().any(|other| is_same_as(&other.values)) => return self.leave(),
            None => (format!("{}-{}", kind.prefix(), self.free), 1),
        };
        if known.is_none() {
            let content = serde_json::to_string(&values).expect("strings always serialise");
            // The same new record twice in one file is a copied row.
            if !self.new_records.insert(content) {
                let title = title_of(self.registers, kind, &values);
                return Err((ID, FieldError::Twice, title));
            }
            self.free += 1;
        }
        let like = alike
            .first()
            .filter(|_| known.is_none())
            .map(|other| other.id.clone());
        let before = known.map(|known| known.values.clone()).unwrap_or_default();
        let fields = changes_between(kind, &before, &values);
        self.preview.changes.push(RowChange {
            row,
            id: id.clone(),
            is_new: known.is_none(),
            like,
            fields,
        });
        self.drafts.push(RevisionDraft {
            kind,
            id,
            number,
            is_over: false,
            values,
        });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), (&'static str, FieldError, String)> {
        self.preview.same += 1;
        Ok(())
    }

    /// Current records with the same title.
    fn alike(&self, values: &Values) -> Vec<&'r Revision> {
        let name = folded(&title_of(self.registers, self.kind, values));
        self.titles
            .get(&name)
            .filter(|_| !name.is_empty())
            .cloned()
            .unwrap_or_default()
    }
}

/// The title of a record for comparison, in one language.
fn title_of(registers: &Registers, kind: RegisterKind, values: &Values) -> String {
    let words = RecordWords {
        language: Language::default(),
        registers,
    };
    words.title(kind, values)
}

/// The record that has the number of a row and another title: the same number in another
/// installation is another record.
fn other_title(row: u32, known: &Revision, seen: &Values) -> Option<SameNumberRow> {
    let title = |values: &Values| {
        let texts = values.get("title").map(|texts| texts.concat());
        texts.filter(|text| !is_blank(text))
    };
    let (ours, theirs) = (title(&known.values)?, title(seen)?);
    (folded(&ours) != folded(&theirs)).then(|| SameNumberRow {
        row,
        id: known.id.clone(),
        ours,
        theirs,
    })
}

/// The number that a record has elsewhere stays with it, where its kind has a place for it.
fn keep_foreign_number(kind: RegisterKind, seen: &mut Values, id: &str) {
    const FIELD: &str = "origin-reference";
    let has_place = kind.fields().iter().any(|field| field.code == FIELD);
    let is_blank_there = seen
        .get(FIELD)
        .is_none_or(|texts| texts.iter().all(|text| is_blank(text)));
    if has_place && is_blank_there {
        seen.insert(FIELD.to_owned(), vec![id.to_owned()]);
    }
}

/// Leaves out links to records, whose numbers are those of another installation: the same numbers
/// here are other records. Returns how many.
fn drop_links(kind: RegisterKind, seen: &mut Values) -> u32 {
    let mut dropped = 0;
    for field in kind.fields() {
        if matches!(field.shape, FieldShape::Link(_) | FieldShape::Links(_))
            && let Some(links) = seen.remove(field.code)
        {
            let links = links.iter().filter(|link| !is_blank(link)).count();
            dropped += u32::try_from(links).unwrap_or(u32::MAX);
        }
    }
    dropped
}

/// Needed choices that a row leaves out: a file of another program often has no such column.
fn left_out(kind: RegisterKind, whole: &Values) -> Vec<&'static str> {
    let fields = kind.fields().iter();
    let out = fields.filter(|field| {
        let is_choice = matches!(field.shape, FieldShape::One(..));
        field.is_needed && is_choice && !whole.contains_key(field.code)
    });
    out.map(|field| field.code).collect()
}

/// The measure of a row of our own file for MonServiceSécurisé, whose description begins with its
/// number (`exchange::mss_row`). Only with its own title: elsewhere the number is another measure.
fn own_template_row(
    registers: &Registers,
    kind: RegisterKind,
    id: &str,
    seen: &Values,
) -> Option<String> {
    if kind != RegisterKind::Measure || !id.is_empty() {
        return None;
    }
    let first = |field: &str| seen.get(field).and_then(|texts| texts.first());
    let (number, _) = first("description")?.split_once(" – ")?;
    let known = registers.find(kind, number.trim())?;
    let ours = known.values.get("title").and_then(|texts| texts.first())?;
    (folded(ours) == folded(first("title")?)).then(|| known.id.clone())
}

/// Takes off what the export wrote around a description: `ME-1 – en place. Description`, then a line
/// for each check (`exchange::mss_row`). What was edited since stays, and is shown as a change.
fn take_written_description(
    registers: &Registers,
    kind: RegisterKind,
    id: &str,
    seen: &mut Values,
) {
    let first = |values: &Values| {
        let texts = values.get("description");
        texts
            .and_then(|texts| texts.first().cloned())
            .unwrap_or_default()
    };
    let written = first(seen);
    // Nothing follows the point where the measure had no description: cells are read trimmed.
    let own = written.split_once(". ").map(|(_, own)| own);
    let Some(own) = own.or(written.ends_with('.').then_some("")) else {
        return;
    };
    let names = Check::ALL.iter();
    let names: Vec<String> = names
        .map(|check| text(Language::French, &check.key()))
        .collect();
    let is_of_check = |line: &&str| {
        let name = line.split_once(" : ").map(|(name, _)| name);
        name.is_some_and(|name| names.iter().any(|check| check == name))
    };
    let lines: Vec<&str> = own.lines().filter(|line| !is_of_check(line)).collect();
    let own = lines.join("\n").trim_end().to_owned();
    let ours = registers.find(kind, id).map(|known| first(&known.values));
    if ours.as_deref() == Some(&own) {
        seen.remove("description");
    } else {
        seen.insert("description".to_owned(), vec![own]);
    }
}

/// The lines of the statement, in the form of decisions.
fn statement_lines(registers: &Registers) -> Vec<Values> {
    // Any date and no measurements: neither changes whether and why a control applies.
    let now = Measurements {
        today: Date::constant(2000, 1, 1),
        at: Timestamp::from_micros(0),
    };
    let lines = statement::statement(registers, &MeasuredState::default(), now);
    lines.iter().map(line_values).collect()
}

fn line_values(line: &statement::StatementLine) -> Values {
    let applies = if line.applies() {
        YesNo::Yes
    } else {
        YesNo::No
    };
    let exclusion = line
        .decided
        .as_ref()
        .map(|decided| decided.record.exclusion.clone());
    let texts = [
        ("requirement", vec![line.control.id.to_owned()]),
        ("applies", vec![applies.code().to_owned()]),
        (
            "inclusion",
            line.inclusion
                .iter()
                .map(|reason| reason.code().to_owned())
                .collect(),
        ),
        ("exclusion", exclusion.unwrap_or_default().write()),
        (
            "measures",
            line.measures.iter().map(|(id, _)| id.clone()).collect(),
        ),
    ];
    texts
        .into_iter()
        .filter(|(_, texts)| !texts.is_empty())
        .map(|(field, texts)| (field.to_owned(), texts))
        .collect()
}

/// The normalised values of a record when they are valid, and every fault of fields and links.
fn checked(
    registers: &Registers,
    kind: RegisterKind,
    whole: &Values,
) -> (Option<Values>, Vec<FieldFault>) {
    let links = |values: &Values| {
        unknown_links(registers, kind, values)
            .err()
            .unwrap_or_default()
    };
    match kind.checked(whole) {
        Ok(values) => {
            let faults = links(&values);
            (Some(values), faults)
        }
        Err(mut faults) => {
            // Without normalised values the links are split and checked field by field, so that all
            // faults of a row are reported at once.
            for field in kind
                .fields()
                .iter()
                .filter(|field| matches!(field.shape, FieldShape::Link(_) | FieldShape::Links(_)))
            {
                let names: Vec<String> = whole
                    .get(field.code)
                    .map_or(Vec::new(), |texts| names_in(field.shape, texts));
                faults.extend(links(&Values::from([(field.code.to_owned(), names)])));
            }
            (None, faults)
        }
    }
}

fn names_in(shape: FieldShape, texts: &[String]) -> Vec<String> {
    let parts = texts.iter().flat_map(|text| match shape {
        FieldShape::Links(_) => text.split([',', ';', '\n']).collect::<Vec<_>>(),
        _ => vec![text.as_str()],
    });
    parts
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn changes_between(kind: RegisterKind, before: &Values, after: &Values) -> Vec<FieldChange> {
    let texts = |values: &Values, field: &str| values.get(field).cloned().unwrap_or_default();
    let change = |field: &'static FieldDef| {
        let (before, after) = (texts(before, field.code), texts(after, field.code));
        (before != after).then_some(FieldChange {
            field,
            before,
            after,
        })
    };
    kind.fields().iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests;
